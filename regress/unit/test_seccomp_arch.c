/*
 * The agent's filter for each architecture, judged by bpfsim.c and compared
 * with what the table says: for every row as it is meant, with each of its
 * conditions missed, and with bits set where the kernel does not look; and for
 * calls by chance.
 */

#include "config.h"

#include <sys/socket.h>
#include <check.h>
#include <errno.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bpfsim.h"
#include "jail-seccomp.h"

#define X32_BIT	  0x40000000
#define HIGH	  (UINT64_C(1) << 40)
#define NR_MAX	  1024 /* more than any architecture here has */
#define BY_CHANCE 200000

static const uint32_t archs[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64 };
#define NARCHS ((int)(sizeof(archs) / sizeof(archs[0])))

struct filter {
	uint32_t arch;
	unsigned int variant;
	struct sock_filter *prog;
	size_t n;
};

static void
filter_build(struct filter *f, uint32_t arch, unsigned int variant)
{
	uint8_t *bytes;
	size_t len;

	ck_assert_int_eq(
	    jail_seccomp_build_for(arch, variant, &bytes, &len), 0);
	f->arch = arch;
	f->variant = variant;
	f->prog = (struct sock_filter *)(void *)bytes;
	f->n = len / sizeof(*f->prog);
	ck_assert_uint_gt(f->n, 100);
	ck_assert_uint_le(f->n, BPF_MAXINSNS);
}

/*
 * The row's number on that architecture, negative where it has no such call;
 * *named: whether libseccomp knows it by name.
 */
static int
nr_on(uint32_t arch, const struct jail_seccomp_row *row, bool *named)
{
	char *name =
	    seccomp_syscall_resolve_num_arch(seccomp_arch_native(), row->nr);
	int nr;

	*named = name != NULL;
	if (name == NULL)
		return row->nr;
	ck_assert_str_eq(name, row->name);
	nr = seccomp_syscall_resolve_name_arch(arch, name);
	free(name);
	return nr;
}

static bool
row_matches(const struct jail_seccomp_row *row, const __u64 *args)
{
	size_t i;

	for (i = 0; i < JAIL_SECCOMP_CONDS && row->cond[i].mask != 0; i++) {
		if ((args[row->cond[i].arg] & row->cond[i].mask) !=
		    row->cond[i].value)
			return false;
	}
	return true;
}

/* Whether the program's answer is one that the table gives. */
static bool
is_right(const struct filter *f, const struct seccomp_data *d, uint64_t got)
{
	const struct jail_seccomp_row *rows;
	int family = (int)(uint32_t)d->args[0];
	int protocol = (int)(uint32_t)d->args[2];
	bool denied = false, named;
	size_t i, n;

	rows = jail_seccomp_rows(&n);
	for (i = 0; i < n; i++) {
		if ((rows[i].when & f->variant) != rows[i].when ||
		    (rows[i].unless & f->variant) != 0 ||
		    nr_on(f->arch, &rows[i], &named) != d->nr ||
		    (!named && f->arch != seccomp_arch_native()) ||
		    !row_matches(&rows[i], d->args))
			continue;
		denied = true;
		if (got == (SECCOMP_RET_ERRNO | (uint32_t)rows[i].error))
			return true;
	}
	if (d->nr == seccomp_syscall_resolve_name_arch(f->arch, "socket")) {
		if (family >= 0 && family < JAIL_SECCOMP_FAMILIES &&
		    !jail_seccomp_family(family)) {
			denied = true;
			if (got == (SECCOMP_RET_ERRNO | EAFNOSUPPORT))
				return true;
		}
		if (family == AF_NETLINK && protocol >= 0 &&
		    protocol < JAIL_SECCOMP_NETLINKS &&
		    !jail_seccomp_netlink(protocol)) {
			denied = true;
			if (got == (SECCOMP_RET_ERRNO | EPROTONOSUPPORT))
				return true;
		}
	}
	if (d->nr == seccomp_syscall_resolve_name_arch(f->arch, "socketpair") &&
	    family >= 0 && family < JAIL_SECCOMP_FAMILIES &&
	    family != AF_UNIX) {
		denied = true;
		if (got == (SECCOMP_RET_ERRNO | EAFNOSUPPORT))
			return true;
	}
	return !denied && got == SECCOMP_RET_ALLOW;
}

static void
must_be_right(const struct filter *f, const struct seccomp_data *d)
{
	uint64_t got = bpfsim_run(f->prog, f->n, d);

	ck_assert_msg(is_right(f, d, got),
	    "arch %#x variant %u: %#llx for call %d(%#llx, %#llx, %#llx, "
	    "%#llx)",
	    f->arch, f->variant, (unsigned long long)got, d->nr,
	    (unsigned long long)d->args[0], (unsigned long long)d->args[1],
	    (unsigned long long)d->args[2], (unsigned long long)d->args[3]);
}

/* The call that a row means; nothing else of it matches anything. */
static void
call_of(
    const struct jail_seccomp_row *row, uint64_t high, struct seccomp_data *d)
{
	size_t i;

	for (i = 0; i < 6; i++)
		d->args[i] = UINT64_C(0x7fff0000) | high;
	for (i = 0; i < JAIL_SECCOMP_CONDS && row->cond[i].mask != 0; i++)
		d->args[row->cond[i].arg] = row->cond[i].value | high;
}

START_TEST(test_rows)
{
	uint32_t arch = archs[_i % NARCHS];
	struct filter f;
	const struct jail_seccomp_row *rows;
	struct seccomp_data d = { 0 };
	bool named, active;
	size_t i, k, n, unnamed = 0, there = 0;
	uint64_t got;

	filter_build(&f, arch, (unsigned int)(_i / NARCHS));
	d.arch = arch;
	rows = jail_seccomp_rows(&n);
	for (i = 0; i < n; i++) {
		d.nr = nr_on(arch, &rows[i], &named);
		if (!named)
			unnamed++;
		if (d.nr < 0 || (!named && arch != seccomp_arch_native()))
			continue;
		there++;
		active = (rows[i].when & f.variant) == rows[i].when &&
			 (rows[i].unless & f.variant) == 0;
		for (k = 0; k < 2; k++) {
			call_of(&rows[i], k == 0 ? 0 : HIGH, &d);
			must_be_right(&f, &d);
			got = bpfsim_run(f.prog, f.n, &d);
			if (active)
				ck_assert_msg(got != SECCOMP_RET_ALLOW,
				    "arch %#x: %s is allowed", arch,
				    rows[i].name);
		}
		for (k = 0; k < JAIL_SECCOMP_CONDS && rows[i].cond[k].mask != 0;
		     k++) {
			call_of(&rows[i], 0, &d);
			d.args[rows[i].cond[k].arg] ^= rows[i].cond[k].mask;
			must_be_right(&f, &d);
		}
	}
	/* Those that libseccomp may be too old to know by name. */
	ck_assert_uint_le(unnamed, 2);
	ck_assert_uint_gt(there, 60);
	free(f.prog);
}
END_TEST

/* The other architecture, the other convention, and what is not listed. */
START_TEST(test_conventions)
{
	uint32_t arch = archs[_i % NARCHS];
	static const uint32_t others[] = { AUDIT_ARCH_X86_64,
		AUDIT_ARCH_AARCH64, AUDIT_ARCH_I386, AUDIT_ARCH_ARM,
		AUDIT_ARCH_RISCV64, 0, UINT32_MAX };
	struct filter f;
	struct seccomp_data d = { 0 };
	size_t i;
	int nr;

	filter_build(&f, arch, (unsigned int)(_i / NARCHS));
	for (nr = 0; nr < NR_MAX; nr++) {
		d.nr = nr;
		d.arch = arch;
		for (i = 0; i < 6; i++)
			d.args[i] = UINT64_C(0x7fff0000);
		must_be_right(&f, &d);
		for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
			d.arch = others[i];
			if (d.arch != arch)
				ck_assert_uint_eq(bpfsim_run(f.prog, f.n, &d),
				    SECCOMP_RET_KILL_PROCESS);
		}
		if (arch != AUDIT_ARCH_X86_64)
			continue;
		d.arch = arch;
		d.nr = nr | X32_BIT;
		ck_assert_uint_eq(
		    bpfsim_run(f.prog, f.n, &d), SECCOMP_RET_KILL_PROCESS);
	}
	free(f.prog);
}
END_TEST

static uint64_t
any_arg(const struct jail_seccomp_row *row, unsigned int arg)
{
	static const uint64_t some[] = { 0, 1, 2, 3, 5, 6, 9, 10, 16, 17, 33,
		40, 115, 132, 0x80001, 0x800, 0x5412, 0x10000000, 0xffffffff };
	uint64_t v = some[(size_t)random() % (sizeof(some) / sizeof(some[0]))];
	size_t i;

	for (i = 0; i < JAIL_SECCOMP_CONDS && row->cond[i].mask != 0; i++) {
		if (row->cond[i].arg == arg && random() % 2 == 0)
			v = row->cond[i].value;
	}
	if (random() % 4 == 0)
		v |= HIGH;
	if (random() % 8 == 0)
		v ^= UINT64_C(1) << (random() % 64);
	return v;
}

START_TEST(test_chance)
{
	uint32_t arch = archs[_i % NARCHS];
	struct filter f;
	const struct jail_seccomp_row *rows, *row;
	struct seccomp_data d = { 0 };
	size_t n;
	unsigned int k;
	bool named;
	long i;

	filter_build(&f, arch, (unsigned int)(_i / NARCHS));
	d.arch = arch;
	rows = jail_seccomp_rows(&n);
	for (i = 0; i < BY_CHANCE / (NARCHS * JAIL_SECCOMP_VARIANTS); i++) {
		row = &rows[(size_t)random() % n];
		d.nr = nr_on(arch, row, &named);
		if (d.nr < 0)
			continue;
		for (k = 0; k < 6; k++)
			d.args[k] = any_arg(row, k);
		must_be_right(&f, &d);
	}
	free(f.prog);
}
END_TEST

/* Without this the tests above would prove nothing. */
START_TEST(test_simulator)
{
	const struct sock_filter prog[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 7, 0, 2),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 16),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	const struct sock_filter off[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct seccomp_data d = { .nr = 7 };

	ck_assert_uint_eq(bpfsim_run(prog, 5, &d), SECCOMP_RET_ALLOW);
	d.nr = 6;
	ck_assert_uint_eq(bpfsim_run(prog, 5, &d), SECCOMP_RET_KILL_PROCESS);
	ck_assert_uint_eq(bpfsim_run(prog, 4, &d), BPFSIM_BROKEN);
	ck_assert_uint_eq(bpfsim_run(off, 2, &d), BPFSIM_BROKEN);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("seccomp_arch");
	TCase *t = tcase_create("seccomp_arch");
	SRunner *sr;
	int failed, n = NARCHS * JAIL_SECCOMP_VARIANTS;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_simulator);
	tcase_add_loop_test(t, test_rows, 0, n);
	tcase_add_loop_test(t, test_conventions, 0, n);
	tcase_add_loop_test(t, test_chance, 0, n);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
