/*
 * A file of the audit log is put aside, and another begun: whoever stops that at
 * any call, or comes between with a file of the same name or by doing the same,
 * no file is lost; also where the file's system knows no renaming that takes
 * nothing's place.
 */

#include "config.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit-files.h"
#include "err.h"
#include "fdpass.h"
#include "platform.h"
#include "xmalloc.h"

#define NOW    "audit.jsonl"
#define ASIDE  "audit-000000000000100.jsonl"
#define OURS   "what we have written\n"
#define THEIRS "what somebody else has written\n"

/* --- what comes before the n-th call --- */

enum what { STOP, PLANT_ASIDE, PLANT_NOW, LINK_ASIDE, SECOND, WHATS };

static struct {
	char root[64];
	int dir;
	bool plain; /* a file system without renaming that takes no place */
	enum what what;
	long calls;
	long at;     /* 0: never */
	int planted; /* 0, or errno of why not */
	int second;  /* what a second call returned */
} t;

static void
plant(const char *name)
{
	int fd = openat(t.dir, name, O_WRONLY | O_CREAT | O_EXCL, 0600);

	t.planted = fd == -1 ? errno : 0;
	if (fd != -1)
		ck_assert_int_eq(write(fd, THEIRS, strlen(THEIRS)),
		    (ssize_t)strlen(THEIRS));
	fd_close(fd);
}

static void
step(void)
{
	if (t.at == 0 || ++t.calls != t.at)
		return;
	t.at = 0;
	switch (t.what) {
	case STOP:
		(void)kill(getpid(), SIGKILL);
		break;
	case PLANT_ASIDE:
		plant(ASIDE);
		break;
	case PLANT_NOW:
		plant(NOW);
		break;
	case LINK_ASIDE:
		t.planted = symlinkat("nowhere", t.dir, ASIDE) == 0 ? 0 : errno;
		break;
	default:
		t.second = audit_files_aside(t.dir, NOW, ASIDE);
		break;
	}
}

#define NAMED(name) __asm__(name)

int real_rename_new(int, const char *, int, const char *)
    NAMED("__real_platform_rename_new");
int wrap_rename_new(int, const char *, int, const char *)
    NAMED("__wrap_platform_rename_new");
int real_openat(int, const char *, int, ...) NAMED("__real_openat");
int wrap_openat(int, const char *, int, ...) NAMED("__wrap_openat");
int real_linkat(int, const char *, int, const char *, int)
    NAMED("__real_linkat");
int wrap_linkat(int, const char *, int, const char *, int)
    NAMED("__wrap_linkat");
int real_unlinkat(int, const char *, int) NAMED("__real_unlinkat");
int wrap_unlinkat(int, const char *, int) NAMED("__wrap_unlinkat");

int
wrap_rename_new(int a, const char *from, int b, const char *to)
{
	step();
	if (!t.plain)
		return real_rename_new(a, from, b, to);
	errno = EINVAL;
	return -1;
}

int
wrap_openat(int dir, const char *name, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if (flags & O_CREAT) {
		step();
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	return real_openat(dir, name, flags, mode);
}

int
wrap_linkat(int a, const char *from, int b, const char *to, int flags)
{
	step();
	return real_linkat(a, from, b, to, flags);
}

int
wrap_unlinkat(int dir, const char *name, int flags)
{
	step();
	return real_unlinkat(dir, name, flags);
}

/* --- a world --- */

static void
put(const char *name, const char *text)
{
	int fd = openat(t.dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_eq(
	    write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void
begin(void)
{
	t.at = 0;
	(void)unlinkat(t.dir, NOW, 0);
	(void)unlinkat(t.dir, ASIDE, 0);
	put(NOW, OURS);
	t.calls = 0;
	t.planted = -1;
	t.second = RL_ERR_SYSTEM;
}

/* How often text is what a file holds; a file of two names counts once. */
static int
has(const char *text)
{
	static const char *const names[] = { NOW, ASIDE };
	struct stat st;
	char got[128];
	ino_t seen = 0;
	int fd, n = 0;
	ssize_t len;

	for (size_t i = 0; i < 2; i++) {
		fd = openat(t.dir, names[i], O_RDONLY | O_NOFOLLOW);
		if (fd == -1)
			continue;
		ck_assert_int_eq(fstat(fd, &st), 0);
		len = read(fd, got, sizeof(got));
		if (st.st_ino != seen && len == (ssize_t)strlen(text) &&
		    memcmp(got, text, (size_t)len) == 0)
			n++;
		seen = st.st_ino;
		close(fd);
	}
	return n;
}

static void
setup(void)
{
	memset(&t, 0, sizeof(t));
	(void)strlcpy(t.root, "/tmp/ringlet-aside-XXXXXX", sizeof(t.root));
	ck_assert_ptr_nonnull(mkdtemp(t.root));
	t.dir = open(t.root, O_RDONLY | O_DIRECTORY);
	ck_assert_int_ne(t.dir, -1);
}

static void
teardown(void)
{
	(void)unlinkat(t.dir, NOW, 0);
	(void)unlinkat(t.dir, ASIDE, 0);
	close(t.dir);
	ck_assert_int_eq(rmdir(t.root), 0);
}

/* --- tests --- */

START_TEST(is_put_aside)
{
	struct stat st;
	int fd;

	t.plain = _i == 1;
	begin();
	fd = audit_files_aside(t.dir, NOW, ASIDE);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(st.st_size, 0);
	ck_assert(!audit_files_finish(t.dir, NOW, &st));
	ck_assert_int_ne(fcntl(fd, F_GETFL) & O_APPEND, 0);
	ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	close(fd);
	ck_assert_int_eq(has(OURS), 1);
	/* The name is taken. */
	put(NOW, THEIRS);
	ck_assert_int_eq(audit_files_aside(t.dir, NOW, ASIDE), RL_ERR_SYSTEM);
	ck_assert_int_eq(errno, EEXIST);
	ck_assert_int_eq(has(OURS), 1);
	ck_assert_int_eq(has(THEIRS), 1);
}
END_TEST

/* The process is killed before any of the calls, and comes again. */
START_TEST(stopped_anywhere)
{
	struct stat st;
	int status;
	pid_t pid;
	long n;

	t.plain = _i == 1;
	t.what = STOP;
	for (n = 1;; n++) {
		begin();
		if ((pid = fork()) == 0) {
			t.at = n;
			_exit(audit_files_aside(t.dir, NOW, ASIDE) < 0);
		}
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_int_eq(has(OURS), 1);
		/* As it is opened at a start. */
		if (fstatat(t.dir, NOW, &st, AT_SYMLINK_NOFOLLOW) == 0) {
			if (audit_files_finish(t.dir, NOW, &st))
				ck_assert_int_eq(faccessat(t.dir, NOW, F_OK, 0),
				    -1);
			ck_assert_int_eq(has(OURS), 1);
		}
		if (faccessat(t.dir, ASIDE, F_OK, 0) == 0) {
			ck_assert_int_eq(
			    fstatat(t.dir, ASIDE, &st, 0), 0);
			ck_assert_uint_eq(st.st_nlink, 1);
		}
		if (WIFEXITED(status)) {
			ck_assert_int_eq(WEXITSTATUS(status), 0);
			break;
		}
		ck_assert_int_eq(WTERMSIG(status), SIGKILL);
	}
	ck_assert_int_ge(n, t.plain ? 5 : 3);
}
END_TEST

/* Another comes before any of the calls; neither loses anything. */
START_TEST(raced_anywhere)
{
	long n, done = 0;
	int r;

	t.plain = _i >= WHATS;
	t.what = (enum what)(_i % WHATS);
	if (t.what == STOP)
		return;
	for (n = 1;; n++) {
		begin();
		t.at = n;
		r = audit_files_aside(t.dir, NOW, ASIDE);
		if (t.at != 0)
			break; /* there are no more calls */
		ck_assert_int_eq(has(OURS), 1);
		if (t.planted == 0) {
			done++;
			ck_assert_int_lt(r, 0);
			if (t.what != LINK_ASIDE)
				ck_assert_int_eq(has(THEIRS), 1);
		}
		/* Of two, one has it, and both say what they did. */
		if (t.what == SECOND) {
			done++;
			ck_assert(r < 0 || t.second < 0);
		}
		if (t.second >= 0)
			close(t.second);
		if (r >= 0)
			close(r);
	}
	if (r >= 0)
		close(r);
	ck_assert_int_gt(done, 0);
}
END_TEST

/* A link that is no file of the log's is nothing to be finished. */
START_TEST(another_name)
{
	struct stat st;

	begin();
	ck_assert_int_eq(linkat(t.dir, NOW, t.dir, "copy", 0), 0);
	ck_assert_int_eq(fstatat(t.dir, NOW, &st, 0), 0);
	ck_assert(!audit_files_finish(t.dir, NOW, &st));
	ck_assert_int_eq(has(OURS), 1);
	ck_assert_int_eq(unlinkat(t.dir, "copy", 0), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("audit-aside");
	TCase *tc = tcase_create("aside");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, is_put_aside, 0, 2);
	tcase_add_loop_test(tc, stopped_anywhere, 0, 2);
	tcase_add_loop_test(tc, raced_anywhere, 0, 2 * WHATS);
	tcase_add_test(tc, another_name);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
