/*
 * The agent's filter against the kernel: every row is tried under the filter,
 * and the same call without it, which must not fail in that way.
 *
 * Many of these calls fail for an ordinary user anyway, and with the same
 * errno.  So the filter that is loaded here answers with errors that the
 * kernel never gives: only its own denials can be mistaken for none.
 */

#include "config.h"

#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jail-seccomp.h"
#include "xmalloc.h"

#define BAD  ((long)-4096) /* nonsense as a pointer, a flag or a number */
#define HIGH (1L << 40)	   /* a bit that the kernel ignores in an int */

/* The error that stands for err in the filter under test. */
static int
marker(int err)
{
	switch (err) {
	case EPERM:
		return EBFONT;
	case ENOSYS:
		return EXFULL;
	case EAFNOSUPPORT:
		return ENOANO;
	case EPROTONOSUPPORT:
		return EBADRQC;
	default:
		ck_abort_msg("the filter has an error unknown here: %d", err);
	}
}

/* The filter of that variant, its errors replaced. */
static struct sock_fprog
load(unsigned int variant)
{
	struct sock_fprog prog;
	struct sock_filter *f;
	uint8_t *bytes;
	size_t len, i;

	ck_assert_int_eq(jail_seccomp_build(variant, &bytes, &len), 0);
	ck_assert_uint_eq(len % sizeof(*f), 0);
	f = (struct sock_filter *)(void *)bytes;
	prog.filter = f;
	prog.len = (unsigned short)(len / sizeof(*f));
	for (i = 0; i < prog.len; i++) {
		if (BPF_CLASS(f[i].code) == BPF_RET &&
		    (f[i].k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO)
			f[i].k =
			    SECCOMP_RET_ERRNO |
			    (uint32_t)marker((int)(f[i].k & SECCOMP_RET_DATA));
	}
	return prog;
}

struct call {
	long nr;
	long arg[6];
};

/*
 * Makes the call in a child, under the filter if there is one.  Returns the
 * errno (0: none), or -signal.
 */
static int
try_call(const struct sock_fprog *prog, const struct call *c)
{
	pid_t pid;
	int status;
	long ret;

	if ((pid = fork()) == 0) {
		/* Nothing that a filter lets through must get far. */
		alarm(10);
		if (prog != NULL &&
		    (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
			prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, prog) == -1))
			_exit(255);
		ret = syscall(c->nr, c->arg[0], c->arg[1], c->arg[2], c->arg[3],
		    c->arg[4], c->arg[5]);
		_exit(ret == -1 ? errno : 0);
	}
	ck_assert_int_ne(pid, -1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return -WTERMSIG(status);
	ck_assert_int_ne(WEXITSTATUS(status), 255);
	return WEXITSTATUS(status);
}

/*
 * Arguments that meet the row's conditions and are nonsense otherwise.
 * high: bits above an int are set, where the kernel does not look.
 */
static struct call
call_of(const struct jail_seccomp_row *row, bool high)
{
	struct call c = { row->nr, { BAD, BAD, BAD, BAD, BAD, BAD } };
	size_t i;

	for (i = 0; i < JAIL_SECCOMP_CONDS && row->cond[i].mask != 0; i++) {
		c.arg[row->cond[i].arg] =
		    (long)row->cond[i].value |
		    (high && row->cond[i].mask == 0xffffffff ? HIGH : 0);
	}
	/* clone and unshare: the one flag, and nothing that would work. */
	if (row->nr == SYS_clone)
		c.arg[0] |= CLONE_FS;
	return c;
}

/* Every row of every variant: denied with the filter, not so without. */
START_TEST(test_rows)
{
	unsigned int variant = (unsigned int)_i;
	struct sock_fprog prog = load(variant);
	const struct jail_seccomp_row *rows;
	struct call c;
	size_t i, n;
	bool active;
	int got, high;

	rows = jail_seccomp_rows(&n);
	ck_assert_uint_gt(n, 40);
	for (i = 0; i < n; i++) {
		if (rows[i].nr < 0)
			continue; /* not on this architecture */
		active = (rows[i].when & variant) == rows[i].when &&
			 (rows[i].unless & variant) == 0;
		for (high = 0; high < 2; high++) {
			c = call_of(&rows[i], high != 0);
			got = try_call(&prog, &c);
			if (active)
				ck_assert_msg(got == marker(rows[i].error),
				    "%s (row %zu, high %d): %d", rows[i].name,
				    i, high, got);
			else
				ck_assert_msg(got != marker(rows[i].error),
				    "%s is denied in variant %u", rows[i].name,
				    variant);
			got = try_call(NULL, &c);
			ck_assert_msg(got != marker(rows[i].error),
			    "the kernel itself says %d to %s", got,
			    rows[i].name);
		}
	}
	free(prog.filter);
}
END_TEST

START_TEST(test_netlink)
{
	struct sock_fprog prog = load(0);
	struct call c = { SYS_socket, { AF_NETLINK, SOCK_RAW, 0, 0, 0, 0 } };
	int protocol, got, want = marker(EPROTONOSUPPORT);

	for (protocol = 0; protocol < JAIL_SECCOMP_NETLINKS; protocol++) {
		c.arg[2] = protocol | (protocol % 2 == 0 ? 0 : HIGH);
		got = try_call(&prog, &c);
		ck_assert_msg((got == want) == !jail_seccomp_netlink(protocol),
		    "protocol %d: %d", protocol, got);
		ck_assert_int_ne(try_call(NULL, &c), want);
	}
	ck_assert(jail_seccomp_netlink(NETLINK_ROUTE));
	ck_assert(!jail_seccomp_netlink(NETLINK_AUDIT));
	ck_assert(!jail_seccomp_netlink(NETLINK_KOBJECT_UEVENT));
	free(prog.filter);
}
END_TEST

/* A mode with the set-user-ID bit, by every call that takes a mode. */
START_TEST(test_setuid)
{
	struct sock_fprog prog = load(0);
	char path[] = "/tmp/ringlet-suid.XXXXXX";
	const long mode = 04755, plain = 02755;
	const long name = (long)(intptr_t)path;
	int fd = mkstemp(path), want = marker(EPERM);
	struct call c;

	ck_assert_int_ge(fd, 0);
	c = (struct call){ SYS_fchmod, { fd, mode } };
	ck_assert_int_eq(try_call(&prog, &c), want);
	ck_assert_int_eq(try_call(NULL, &c), 0);
	c.arg[1] = plain;
	ck_assert_int_eq(try_call(&prog, &c), 0);
	c = (struct call){ SYS_fchmodat, { AT_FDCWD, name, mode } };
	ck_assert_int_eq(try_call(&prog, &c), want);
	ck_assert_int_eq(try_call(NULL, &c), 0);
	c.arg[2] = plain;
	ck_assert_int_eq(try_call(&prog, &c), 0);
	/* A mode only counts where a file is made. */
	c = (struct call){ SYS_openat, { AT_FDCWD, name, O_RDONLY, mode } };
	ck_assert_int_eq(try_call(&prog, &c), 0);
	c.arg[2] |= O_CREAT;
	ck_assert_int_eq(try_call(&prog, &c), want);
	c.arg[3] = plain;
	ck_assert_int_eq(try_call(&prog, &c), 0);
	(void)unlink(path);
	close(fd);
	free(prog.filter);
}
END_TEST

START_TEST(test_families)
{
	struct sock_fprog prog = load(0);
	struct call c = { SYS_socket, { 0, SOCK_DGRAM, 0, 0, 0, 0 } };
	struct call pair = { SYS_socketpair, { 0, SOCK_STREAM, 0, BAD } };
	int family, got, want = marker(EAFNOSUPPORT);

	for (family = 0; family < JAIL_SECCOMP_FAMILIES; family++) {
		c.arg[0] = family;
		got = try_call(&prog, &c);
		ck_assert_msg((got == want) == !jail_seccomp_family(family),
		    "family %d: %d", family, got);
		c.arg[0] |= HIGH;
		got = try_call(&prog, &c);
		ck_assert_msg((got == want) == !jail_seccomp_family(family),
		    "family %d with a high bit: %d", family, got);
		ck_assert_int_ne(try_call(NULL, &c), want);
		/* A pair of any family is made before it is refused. */
		pair.arg[0] = c.arg[0];
		got = try_call(&prog, &pair);
		ck_assert_msg((got == want) == (family != AF_UNIX),
		    "a pair of family %d: %d", family, got);
		ck_assert_int_ne(try_call(NULL, &pair), want);
	}
	ck_assert(jail_seccomp_family(AF_UNIX));
	ck_assert(jail_seccomp_family(AF_INET));
	ck_assert(jail_seccomp_family(AF_INET6));
	ck_assert(jail_seccomp_family(AF_NETLINK));
	ck_assert(!jail_seccomp_family(AF_PACKET));
	ck_assert(!jail_seccomp_family(AF_VSOCK));
	ck_assert(!jail_seccomp_family(AF_ALG));
	free(prog.filter);
}
END_TEST

/* What agents need stays possible, next to what is denied. */
START_TEST(test_allowed)
{
	static const struct {
		const char *name;
		struct call call;
	} calls[] = {
		{ "getpid", { SYS_getpid, { 0 } } },
		{ "a TCP socket", { SYS_socket, { AF_INET, SOCK_STREAM } } },
		{ "a UDP socket",
		    { SYS_socket, { AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC } } },
		{ "a unix socket", { SYS_socket, { AF_UNIX, SOCK_STREAM } } },
		{ "routes", { SYS_socket, { AF_NETLINK, SOCK_RAW, 0 } } },
		{ "fork", { SYS_clone, { SIGCHLD } } },
		{ "threads", { SYS_clone, { CLONE_VM | CLONE_SIGHAND |
					      CLONE_THREAD | CLONE_FILES |
					      CLONE_FS | CLONE_SYSVSEM } } },
		{ "a debugger", { SYS_ptrace, { 0 } } },
		{ "a new file table", { SYS_unshare, { CLONE_FILES } } },
		{ "TIOCGWINSZ", { SYS_ioctl, { 0, TIOCGWINSZ, BAD } } },
		{ "FIONREAD", { SYS_ioctl, { 0, FIONREAD, BAD } } },
		{ "inotify", { SYS_inotify_init1, { 0 } } },
		{ "multipath TCP",
		    { SYS_socket, { AF_INET, SOCK_STREAM, 262 } } },
		{ "ping", { SYS_socket, { AF_INET, SOCK_DGRAM, 1 } } },
		{ "a unix packet socket",
		    { SYS_socket, { AF_UNIX, SOCK_SEQPACKET } } },
		{ "reading another's memory",
		    { SYS_process_vm_readv, { 1, BAD, 1, BAD, 1, 0 } } },
		{ "a mode", { SYS_fchmod, { -1, 02755 } } },
		{ "memfd_create", { SYS_memfd_create, { BAD, 0 } } },
	};
	struct sock_fprog prog = load(0);
	size_t i;
	int with, without;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		/* A thread without a stack would run on ours. */
		if (calls[i].call.nr == SYS_clone &&
		    calls[i].call.arg[0] & CLONE_VM)
			continue;
		with = try_call(&prog, &calls[i].call);
		without = try_call(NULL, &calls[i].call);
		ck_assert_msg(with == without, "%s: %d with, %d without",
		    calls[i].name, with, without);
	}
	free(prog.filter);
}
END_TEST

/* Without Landlock's scope no unix socket can reach an abstract address. */
START_TEST(test_no_unix)
{
	struct sock_fprog prog = load(JAIL_SECCOMP_NO_UNIX);
	struct call c = { SYS_socketpair, { AF_UNIX, 0, 0, BAD, 0, 0 } };
	int want = marker(EPERM);

	/* Connected types stay: pipes between processes are made of them. */
	c.arg[1] = SOCK_STREAM | SOCK_CLOEXEC;
	ck_assert_int_eq(try_call(&prog, &c), EFAULT);
	c.arg[1] = SOCK_SEQPACKET;
	ck_assert_int_eq(try_call(&prog, &c), EFAULT);
	c.arg[1] = SOCK_DGRAM | SOCK_NONBLOCK;
	ck_assert_int_eq(try_call(&prog, &c), want);
	c.arg[1] = SOCK_RAW | SOCK_CLOEXEC;
	ck_assert_int_eq(try_call(&prog, &c), want);
	c.nr = SYS_socket;
	c.arg[1] = SOCK_STREAM;
	c.arg[2] = 0;
	ck_assert_int_eq(try_call(&prog, &c), want);
	ck_assert_int_eq(try_call(NULL, &c), 0);
	free(prog.filter);
}
END_TEST

#if defined(__x86_64__) && !defined(__ILP32__)
/* The 32-bit entry, where number 20 is getpid. */
static int
try_int80(const struct sock_fprog *prog)
{
	pid_t pid;
	int status;

	if ((pid = fork()) == 0) {
		long ret = 20;

		if (prog != NULL &&
		    (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
			prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, prog) == -1))
			_exit(255);
		__asm__ volatile("int $0x80"
				 : "+a"(ret)
				 :
				 : "r8", "r9", "r10", "r11", "memory");
		_exit(ret == getpid() ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* Other calling conventions would renumber what the rows forbid. */
START_TEST(test_conventions)
{
	struct sock_fprog prog = load(0);
	struct call x32 = { 0x40000000L | SYS_getpid, { 0 } };

	ck_assert_int_eq(try_call(&prog, &x32), -SIGSYS);
	ck_assert_int_ne(try_call(NULL, &x32), -SIGSYS);
	ck_assert_int_eq(try_int80(&prog), -SIGSYS);
	ck_assert_int_ne(try_int80(NULL), -SIGSYS);
	free(prog.filter);
}
END_TEST
#endif

static Suite *
suite(void)
{
	Suite *s = suite_create("seccomp");
	TCase *t = tcase_create("seccomp");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, test_rows, 0, JAIL_SECCOMP_VARIANTS);
	tcase_add_test(t, test_families);
	tcase_add_test(t, test_netlink);
	tcase_add_test(t, test_setuid);
	tcase_add_test(t, test_allowed);
	tcase_add_test(t, test_no_unix);
#if defined(__x86_64__) && !defined(__ILP32__)
	tcase_add_test(t, test_conventions);
#endif
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	SRunner *sr;
	int failed;

	/* Some of these calls would do harm if root made them. */
	if (getuid() == 0 && (setgid(65534) == -1 || setuid(65534) == -1)) {
		perror("cannot become an ordinary user");
		return 1;
	}
	sr = srunner_create(suite());
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
