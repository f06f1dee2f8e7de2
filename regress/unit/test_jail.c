/*
 * From a plan to bwrap's arguments, word for word; what jail_check() refuses;
 * and the writing side of rings against the reading side.
 */

#include "config.h"

#include <sys/mman.h>
#include <check.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "err.h"
#include "jail.h"
#include "ring-write.h"
#include "ring.h"

/* --- plans --- */

static const char *argv[] = { "claude", "-p", "say hi", "" };
static const char *env[] = { "PATH=/usr/bin", "KEY=a=b", "EMPTY=" };
static struct msg_bind binds[] = {
	{ BIND_RO, "/usr", "/usr", 0 },
	{ BIND_SYMLINK, "usr/bin", "/bin", 0 },
	{ BIND_PROC, "", "/proc", 0 },
	{ BIND_DEV, "", "/dev", 0 },
	{ BIND_TMPFS, "", "/tmp", 1073741824 },
	{ BIND_TMPFS, "", "/run", 0 },
	{ BIND_DIR, "", "/var/empty", 0 },
	{ BIND_EMPTY, "", "/usr/src", 0 },
	{ BIND_RW, "/home/u/.claude-profiles/x", "/home/u/.claude-profiles/x",
	    0 },
	{ BIND_RW, "/home/u/src dir", "/home/u/src dir", 0 },
};
static const char *flags[] = { "--unshare-net", "--ro-bind", "/data", "/data" };

static const struct msg_jail_start full = {
	.id = "0123456789abcdef",
	.sandboxed = true,
	.path = "/opt/claude",
	.argv = { argv, 4 },
	.env = { env, 3 },
	.cwd = "/home/u/src dir",
	.home = "/home/u/.claude-profiles/x",
	.binds = { binds, 10 },
	.flags = { flags, 4 },
	.cols = 80,
	.rows = 24,
};

static struct jail
jail_of(const struct msg_jail_start *plan)
{
	struct jail j = { .plan = plan,
		.init = "/usr/libexec/ringlet/ringlet-jail-init",
		.proof = { { plan->cwd, 1, 18446744073709551615ULL },
		    { plan->home, 65024, 42 } } };

	return j;
}

/* Compares the words that go through --args with want, one a line. */
static void
jail_args_are(const struct jail *j, const char *want)
{
	struct buf *out = buf_new(65536);
	char *text;
	size_t i, len;

	ck_assert_int_eq(jail_bwrap_args(j, out), 0);
	len = buf_len(out);
	text = malloc(len + 1);
	ck_assert_ptr_nonnull(text);
	memcpy(text, buf_ptr(out), len);
	text[len] = '\0';
	for (i = 0; i < len; i++) {
		if (text[i] == '\0')
			text[i] = '\n';
	}
	ck_assert_str_eq(text, want);
	free(text);
	buf_free(out);
}

static void
args_are(const struct msg_jail_start *plan, const char *want)
{
	struct jail j = jail_of(plan);

	jail_args_are(&j, want);
}

static void
command_is(const struct msg_jail_start *plan, const char *const *want)
{
	struct jail j = jail_of(plan);
	char **got = jail_command(&j);
	size_t i;

	for (i = 0; want[i] != NULL; i++) {
		ck_assert_ptr_nonnull(got[i]);
		ck_assert_str_eq(got[i], want[i]);
	}
	ck_assert_ptr_null(got[i]);
	free(got);
}

START_TEST(test_args)
{
	struct msg_jail_start plan = full;

	args_are(&plan,
	    "--unshare-user\n--unshare-pid\n--unshare-ipc\n--unshare-uts\n"
	    "--unshare-cgroup-try\n--cap-drop\nALL\n"
	    "--as-pid-1\n--clearenv\n--disable-userns\n"
	    "--ro-bind\n/usr\n/usr\n"
	    "--symlink\nusr/bin\n/bin\n"
	    "--proc\n/proc\n"
	    "--dev\n/dev\n"
	    "--size\n1073741824\n--tmpfs\n/tmp\n"
	    "--tmpfs\n/run\n"
	    "--dir\n/var/empty\n"
	    "--tmpfs\n/usr/src\n--remount-ro\n/usr/src\n"
	    "--bind\n/home/u/.claude-profiles/x\n/home/u/.claude-profiles/x\n"
	    "--bind\n/home/u/src dir\n/home/u/src dir\n"
	    "--setenv\nPATH\n/usr/bin\n"
	    "--setenv\nKEY\na=b\n"
	    "--setenv\nEMPTY\n\n"
	    "--chdir\n/home/u/src dir\n"
	    "--unshare-net\n--ro-bind\n/data\n/data\n"
	    "--ro-bind\n/usr/libexec/ringlet/ringlet-jail-init\n"
	    "/run/ringlet/jail-init\n"
	    "--remount-ro\n/dev\n--remount-ro\n/\n"
	    "--seccomp\n5\n");
	plan.binds.n = plan.env.n = plan.flags.n = 0;
	plan.unshare_net = plan.nesting = true;
	args_are(&plan,
	    "--unshare-user\n--unshare-pid\n--unshare-ipc\n--unshare-uts\n"
	    "--unshare-cgroup-try\n--cap-drop\nALL\n"
	    "--as-pid-1\n--clearenv\n--unshare-net\n"
	    "--chdir\n/home/u/src dir\n"
	    "--ro-bind\n/usr/libexec/ringlet/ringlet-jail-init\n"
	    "/run/ringlet/jail-init\n"
	    "--remount-ro\n/\n"
	    "--seccomp\n5\n");
}
END_TEST

/* Where a fresh /proc cannot be had there is an empty one, and never an old. */
START_TEST(test_args_no_proc)
{
	struct msg_jail_start plan = full;
	struct jail j = jail_of(&plan);

	plan.binds.v = (void *)(uintptr_t)&binds[2]; /* /proc, /dev */
	plan.binds.n = 2;
	plan.env.n = plan.flags.n = 0;
	j.no_proc = true;
	jail_args_are(&j,
	    "--unshare-user\n--unshare-pid\n--unshare-ipc\n--unshare-uts\n"
	    "--unshare-cgroup-try\n--cap-drop\nALL\n"
	    "--as-pid-1\n--clearenv\n"
	    "--dir\n/proc\n"
	    "--dev\n/dev\n"
	    "--chdir\n/home/u/src dir\n"
	    "--ro-bind\n/usr/libexec/ringlet/ringlet-jail-init\n"
	    "/run/ringlet/jail-init\n"
	    "--remount-ro\n/dev\n--remount-ro\n/\n"
	    "--seccomp\n5\n");
}
END_TEST

START_TEST(test_args_bounded)
{
	struct jail j = jail_of(&full);
	struct buf *out = NULL;
	size_t max;

	/* Whatever the bound, it is an error and no crash. */
	for (max = 0; max < 400; max++) {
		out = buf_new(max);
		ck_assert_int_eq(jail_bwrap_args(&j, out), RL_ERR_TOOBIG);
		buf_free(out);
	}
}
END_TEST

/* The limits of a process are the init's to set. */
START_TEST(test_command_limits)
{
	static const char *const want[] = { PATH_BWRAP, "--args", "4", "--",
		"/run/ringlet/jail-init", "-l", "0", "64", "0",
		"18446744073709551615", "3" };
	struct jail j = jail_of(&full);
	char **got;
	size_t i;

	j.limits.processes = 64;
	j.limits.cpu = UINT64_MAX;
	got = jail_command(&j);
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		ck_assert_str_eq(got[i], want[i]);
	free(got);
}
END_TEST

/* Nothing of the environment is in a command line. */
START_TEST(test_command)
{
	static const char *const jailed[] = { PATH_BWRAP, "--args", "4", "--",
		"/run/ringlet/jail-init", "3", "/home/u/src dir", "1",
		"18446744073709551615", "/home/u/.claude-profiles/x", "65024",
		"42", "--", "/opt/claude", "claude", "-p", "say hi", "", NULL };
	static const char *const unjailed[] = {
		"/usr/libexec/ringlet/ringlet-jail-init", "-u", "3", "--",
		"/opt/claude", "claude", "-p", "say hi", "", NULL
	};
	struct msg_jail_start plan = full;

	command_is(&plan, jailed);
	plan.sandboxed = false;
	command_is(&plan, unjailed);
}
END_TEST

static void
check_says(const struct msg_jail_start *plan, const char *words)
{
	char why[256] = "";
	int ret = jail_check(plan, why, sizeof(why));

	ck_assert_msg(ret == RL_ERR_INVALID, "accepted, not \"%s\"", words);
	ck_assert_msg(
	    strstr(why, words) != NULL, "\"%s\", not \"%s\"", why, words);
}

START_TEST(test_check)
{
	struct msg_jail_start p = full;
	char why[256];

	ck_assert_int_eq(jail_check(&p, why, sizeof(why)), 0);
#define BAD(field, value, words)                                               \
	do {                                                                   \
		p = full;                                                      \
		p.field = value;                                               \
		check_says(&p, words);                                         \
	} while (0)
	BAD(id, "0123456789abcde", "session id");
	BAD(id, "0123456789ABCDEF", "session id");
	BAD(path, "opt/claude", "opt/claude");
	BAD(path, "/opt/../claude", "/opt/../claude");
	BAD(argv.n, 0, "argument list");
	BAD(cwd, "src", "src");
	BAD(cwd, "/home/u/", "/home/u/");
	BAD(home, "", "absolute");
	BAD(cols, 0, "size");
	BAD(rows, 4097, "size");
	BAD(sandboxed, false, "without a jail");
#undef BAD
}
END_TEST

START_TEST(test_check_env)
{
	static const char *const bad[] = { "", "A", "=b", "1A=b", "A B=c",
		"LD_PRELOAD=/x", "LD_AUDIT=x", "GCONV_PATH=/tmp", NULL };
	struct msg_jail_start p = full;
	const char *one[1];
	size_t i;
	char why[256];

	p.env.v = one;
	p.env.n = 1;
	for (i = 0; bad[i] != NULL; i++) {
		one[0] = bad[i];
		check_says(&p, "variable 1");
		/* A value may be a key: it is never shown. */
		(void)jail_check(&p, why, sizeof(why));
		ck_assert_ptr_null(strstr(why, "/x"));
	}
}
END_TEST

START_TEST(test_check_binds)
{
	static const struct {
		struct msg_bind bind;
		const char *words;
	} bad[] = {
		{ { BIND_RO, "/", "/host", 0 }, "\"/\" cannot be put" },
		{ { BIND_RW, "/", "/host", 0 }, "\"/\" cannot be put" },
		{ { BIND_RO, "/usr", "/", 0 }, "\"/\" cannot be a place" },
		{ { BIND_TMPFS, "", "/", 0 }, "\"/\" cannot be a place" },
		{ { BIND_RO, "usr", "/usr", 0 }, "\"usr\"" },
		{ { BIND_RO, "/usr", "usr", 0 }, "\"usr\"" },
		{ { BIND_RW, "/a/../..", "/a", 0 }, "\"/a/../..\"" },
		{ { BIND_RW, "/a", "/b/./c", 0 }, "\"/b/./c\"" },
		{ { BIND_SYMLINK, "", "/bin", 0 }, "no target" },
		{ { 0, "/a", "/a", 0 }, "kind 0" },
		{ { 9, "/a", "/a", 0 }, "kind 9" },
		{ { UINT64_MAX, "/a", "/a", 0 }, "unknown" },
	};
	struct msg_jail_start p = full;
	struct msg_bind b;
	size_t i;

	p.binds.v = &b;
	p.binds.n = 1;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		b = bad[i].bind;
		check_says(&p, bad[i].words);
	}
}
END_TEST

START_TEST(test_check_flags)
{
	static const char *const bad[][4] = {
		{ "--args", "0", NULL, "\"--args\"" },
		{ "--seccomp", "0", NULL, "\"--seccomp\"" },
		{ "--add-seccomp-fd", "0", NULL, "\"--add-seccomp-fd\"" },
		{ "--file", "0", "/x", "\"--file\"" },
		{ "--bind-data", "0", "/x", "\"--bind-data\"" },
		{ "--ro-bind-data", "0", "/x", "\"--ro-bind-data\"" },
		{ "--bind-fd", "0", "/x", "\"--bind-fd\"" },
		{ "--ro-bind-fd", "0", "/x", "\"--ro-bind-fd\"" },
		{ "--userns", "0", NULL, "\"--userns\"" },
		{ "--userns2", "0", NULL, "\"--userns2\"" },
		{ "--pidns", "0", NULL, "\"--pidns\"" },
		{ "--info-fd", "0", NULL, "\"--info-fd\"" },
		{ "--json-status-fd", "0", NULL, "\"--json-status-fd\"" },
		{ "--block-fd", "0", NULL, "\"--block-fd\"" },
		{ "--userns-block-fd", "0", NULL, "\"--userns-block-fd\"" },
		{ "--sync-fd", "0", NULL, "\"--sync-fd\"" },
		{ "--lock-file", "/x", NULL, "\"--lock-file\"" },
		{ "--cap-add", "ALL", NULL, "\"--cap-add\"" },
		{ "--exec-label", "x", NULL, "\"--exec-label\"" },
		{ "--", "/bin/sh", NULL, "\"--\"" },
		{ "/bin/sh", NULL, NULL, "\"/bin/sh\"" },
		{ "--ro-bind", "/a", NULL, "needs 2" },
		{ "--hostname", NULL, NULL, "needs 1" },
		/* A word that follows is a value, not an option. */
		{ "--hostname", "--cap-add", "ALL", "\"ALL\"" },
		{ "--setenv", "LD_PRELOAD", "/x", "\"--setenv\"" },
		/* The monitor lets none of these through; nor do we. */
		{ "--bind", "/x", "/x", "\"--bind\"" },
		{ "--dev-bind", "/dev", "/dev", "\"--dev-bind\"" },
		{ "--symlink", "", "/x", "no target" },
		{ "--symlink", "/x", "/", "\"/\"" },
		{ "--tmpfs", "/x", NULL, "stays writable" },
		{ "--tmpfs", "/x", "--remount-ro", "stays writable" },
		{ "--dir", "x", NULL, "\"x\"" },
		{ "--remount-ro", "/", NULL, "\"/\"" },
		{ "--chmod", "0777", "/x", "\"--chmod\"" },
		{ "--ro-bind", "/", "/x", "\"/\"" },
		{ "--ro-bind", "/x", "/", "\"/\"" },
		{ "--ro-bind", "/x/../etc", "/x", "\"/x/../etc\"" },
	};
	struct msg_jail_start p = full;
	const char *v[3];
	size_t i, n;

	p.flags.v = v;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		for (n = 0; n < 3 && bad[i][n] != NULL; n++)
			v[n] = bad[i][n];
		p.flags.n = n;
		check_says(&p, bad[i][3]);
	}
}
END_TEST

/* The words for the init are a place, a device and an inode, in turn. */
START_TEST(test_check_proofs)
{
	static const char *const bad[][3] = { { "/data", "1", NULL },
		{ "/data", NULL, NULL }, { "data", "1", "2" },
		{ "--", "1", "2" }, { "/data", "-1", "2" },
		{ "/data", "", "2" }, { "/data", "1", "2x" } };
	struct msg_jail_start p = full;
	const char *v[3];
	char why[256];
	size_t i, n;

	p.proofs.v = v;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		for (n = 0; n < 3 && bad[i][n] != NULL; n++)
			v[n] = bad[i][n];
		p.proofs.n = n;
		check_says(&p, "inode number");
	}
	v[0] = "/data";
	v[1] = "1";
	v[2] = "18446744073709551615";
	p.proofs.n = 3;
	ck_assert_int_eq(jail_check(&p, why, sizeof(why)), 0);
}
END_TEST

/* --- rings --- */

START_TEST(test_ring)
{
	enum { CAP = RING_CAPACITY_MIN };
	struct ring_writer *w;
	struct ring_reader *r;
	static uint8_t in[3 * CAP], out[CAP];
	uint64_t total = 0, oldest = 0, i;
	size_t len;
	ssize_t n;
	int fd = ring_create(CAP);

	ck_assert_int_ge(fd, 0);
	ck_assert(!ring_is_sealed(fd));
	ck_assert_int_eq(ring_writer_new(fd, &w), 0);
	ck_assert(ring_is_sealed(fd));
	ck_assert_int_eq(ring_reader_new(fd, &r), 0);
	ck_assert_uint_eq(ring_writer_capacity(w), CAP);
	for (i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(i * 7 + i / 251);

	/* Odd pieces, so that every kind of wrap occurs. */
	while (total + 4099 <= sizeof(in)) {
		ring_writer_append(w, in + total, 4099);
		total += 4099;
		ck_assert_uint_eq(ring_reader_head(r), total);
		ck_assert_uint_eq(
		    ring_reader_tail(r), total > CAP ? total - CAP : 0);
		len = total > CAP ? CAP : (size_t)total;
		n = ring_read(r, total - len, out, sizeof(out), &oldest);
		ck_assert_int_eq(n, (ssize_t)len);
		ck_assert_int_eq(memcmp(out, in + total - len, len), 0);
	}
	/* What was lapped is told. */
	ck_assert_int_eq(
	    ring_read(r, 0, out, sizeof(out), &oldest), RL_ERR_TOOBIG);
	ck_assert_uint_eq(oldest, total - CAP);
	/* More at once than the ring holds: the end of it stays. */
	ring_writer_append(w, in, sizeof(in));
	total += sizeof(in);
	ck_assert_uint_eq(ring_writer_head(w), total);
	n = ring_read(r, total - CAP, out, sizeof(out), &oldest);
	ck_assert_int_eq(n, CAP);
	ck_assert_int_eq(memcmp(out, in + sizeof(in) - CAP, CAP), 0);
	ring_writer_append(w, in, 0);
	ck_assert_uint_eq(ring_writer_head(w), total);

	ck_assert_uint_eq(ring_reader_state(r), SST_STARTING);
	ring_writer_set_running(w);
	ck_assert_uint_eq(ring_reader_state(r), SST_RUNNING);
	ring_writer_end(w, 3 << 8);
	ck_assert_uint_eq(ring_reader_state(r), SST_TERMINATED);
	ck_assert_int_eq(ring_reader_status(r), 3 << 8);
	ring_writer_free(w);
	/* Its end stays readable. */
	ck_assert_int_eq(ring_read(r, total - 1, out, 1, &oldest), 1);
	ring_reader_free(r);
	close(fd);
}
END_TEST

/* After sealing, nobody else can write to it, shrink it or unseal it. */
START_TEST(test_ring_sealed)
{
	struct ring_writer *w, *second;
	void *p;
	int fd = ring_create(RING_CAPACITY_MIN);

	ck_assert_int_eq(ring_writer_new(fd, &w), 0);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ck_assert(p == MAP_FAILED);
	ck_assert_int_eq(pwrite(fd, "x", 1, 0), -1);
	ck_assert_int_eq(ftruncate(fd, 0), -1);
	ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
	ck_assert_int_eq(ring_writer_new(fd, &second), RL_ERR_SYSTEM);
	ring_writer_free(w);
	close(fd);
}
END_TEST

/* A second memfd that only looks like a ring. */
START_TEST(test_ring_refused)
{
	struct ring_writer *w;
	struct ring_header h = { .magic = RING_MAGIC,
		.version = RING_VERSION,
		.capacity = RING_CAPACITY_MIN };
	static const size_t offsets[] = { offsetof(struct ring_header, magic),
		offsetof(struct ring_header, version),
		offsetof(struct ring_header, capacity),
		offsetof(struct ring_header, head),
		offsetof(struct ring_header, tail) };
	size_t i;
	int fd;

	for (i = 0; i <= sizeof(offsets) / sizeof(offsets[0]); i++) {
		fd = memfd_create("x", MFD_ALLOW_SEALING | MFD_CLOEXEC);
		ck_assert_int_eq(
		    ftruncate(fd, RING_HEADER_SIZE + RING_CAPACITY_MIN), 0);
		ck_assert_int_eq(pwrite(fd, &h, sizeof(h), 0), sizeof(h));
		if (i < sizeof(offsets) / sizeof(offsets[0])) {
			ck_assert_int_eq(
			    pwrite(fd, "\x7f", 1, (off_t)offsets[i]), 1);
			ck_assert_int_eq(
			    ring_writer_new(fd, &w), RL_ERR_INVALID);
		} else {
			/* Unchanged, it is accepted: the control. */
			ck_assert_int_eq(ring_writer_new(fd, &w), 0);
			ring_writer_free(w);
		}
		close(fd);
	}
	fd = memfd_create("x", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	ck_assert_int_eq(ring_writer_new(fd, &w), RL_ERR_INVALID);
	close(fd);
	fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	ck_assert_int_eq(ring_writer_new(fd, &w), RL_ERR_INVALID);
	close(fd);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("jail");
	TCase *t = tcase_create("jail");

	tcase_add_test(t, test_args);
	tcase_add_test(t, test_args_no_proc);
	tcase_add_test(t, test_args_bounded);
	tcase_add_test(t, test_command_limits);
	tcase_add_test(t, test_command);
	tcase_add_test(t, test_check);
	tcase_add_test(t, test_check_env);
	tcase_add_test(t, test_check_binds);
	tcase_add_test(t, test_check_flags);
	tcase_add_test(t, test_check_proofs);
	suite_add_tcase(s, t);
	t = tcase_create("ring");
	tcase_add_test(t, test_ring);
	tcase_add_test(t, test_ring_sealed);
	tcase_add_test(t, test_ring_refused);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	SRunner *sr = srunner_create(suite());
	int failed;

	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
