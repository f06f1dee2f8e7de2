/*
 * The vault on disk: whatever is in its place, or ends or hinders a writer,
 * the former vault or the new one is there whole; and writers lose nothing of
 * each other's.  System calls of the code under test come by here, so that a
 * child can end, or be refused, at each of them.
 */
#include "config.h"

#include <sys/types.h>
#include <sys/resource.h>
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

#include "err.h"
#include "keychain-backend.h"
#include "secret.h"
#include "strlist.h"
#include "vault-format.h"
#include "xmalloc.h"

#define PASS "correct horse"
#define DIED 77

/* --- system calls, counted --------------------------------------------------
 */

enum stop { NOTHING, DIE, FAIL };

static enum stop stop_how;
static unsigned stop_at; /* the number of the call */
static unsigned calls;
static const char *appears; /* a file that another program makes meanwhile */

int __real_openat(int, const char *, int, ...);
ssize_t __real_write(int, const void *, size_t);
int __real_fsync(int);
int __real_close(int);
int __real_renameat(int, const char *, int, const char *);
int __real_linkat(int, const char *, int, const char *, int);
int __real_unlinkat(int, const char *, int);
int __wrap_openat(int, const char *, int, ...);
ssize_t __wrap_write(int, const void *, size_t);
int __wrap_fsync(int);
int __wrap_close(int);
int __wrap_renameat(int, const char *, int, const char *);
int __wrap_linkat(int, const char *, int, const char *, int);
int __wrap_unlinkat(int, const char *, int);

/* Just before a file gets its name. */
static void
appear(void)
{
	if (appears != NULL)
		(void)!symlink("x", appears);
}

/* Whether this call must fail; does not come back if the process ends here. */
static bool
stopped(void)
{
	if (stop_how == NOTHING || ++calls != stop_at)
		return false;
	if (stop_how == DIE)
		_exit(DIED);
	errno = ENOSPC;
	return true;
}

int
__wrap_openat(int dir, const char *name, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = (flags & O_CREAT) != 0 ? (mode_t)va_arg(ap, int) : 0;
	va_end(ap);
	return stopped() ? -1 : __real_openat(dir, name, flags, mode);
}

ssize_t
__wrap_write(int fd, const void *p, size_t len)
{
	/* A part has reached the file before the end comes. */
	if (stop_how != NOTHING && calls + 1 == stop_at)
		(void)!__real_write(fd, p, len / 2);
	return stopped() ? -1 : __real_write(fd, p, len);
}

int
__wrap_fsync(int fd)
{
	return stopped() ? -1 : __real_fsync(fd);
}

int
__wrap_close(int fd)
{
	return stopped() ? -1 : __real_close(fd);
}

int
__wrap_renameat(int a, const char *from, int b, const char *to)
{
	appear();
	return stopped() ? -1 : __real_renameat(a, from, b, to);
}

int
__wrap_linkat(int a, const char *from, int b, const char *to, int flags)
{
	appear();
	return stopped() ? -1 : __real_linkat(a, from, b, to, flags);
}

int
__wrap_unlinkat(int dir, const char *name, int flags)
{
	return stopped() ? -1 : __real_unlinkat(dir, name, flags);
}

/* --- a vault of its own
 * -------------------------------------------------------
 */

static const struct keychain_backend *const b = &keychain_vault;
static char folder[64], path[80], why[512];
static uint8_t key[KC_VAULT_KEY_LEN];

static struct kc_reach
reach(const uint8_t *k)
{
	struct kc_reach r = { .vault = path, .vault_key = k };

	return r;
}

static int
store(const char *profile, const char *value)
{
	const struct kc_item item = { profile, "openai" };
	struct kc_reach r = reach(key);

	why[0] = '\0';
	return b->store(&r, &item, value, strlen(value), why, sizeof(why));
}

static int
drop(const char *profile)
{
	const struct kc_item item = { profile, "" };
	struct kc_reach r = reach(key);

	return b->remove(&r, &item, why, sizeof(why));
}

/* The key of a profile, "" if there is none; fails on anything else. */
static const char *
lookup(const char *profile)
{
	static char buf[KC_SECRET_MAX + 1];
	const struct kc_item item = { profile, "openai" };
	struct kc_reach r = reach(key);
	size_t len;
	int e;

	e = b->lookup(&r, &item, buf, sizeof(buf), &len, why, sizeof(why));
	ck_assert_msg(e == RL_OK || e == RL_ERR_NOTFOUND, "%d: %s", e, why);
	return e == RL_OK ? buf : "";
}

static int
unlock(const char *pass, uint8_t *k)
{
	struct kc_reach r = reach(NULL);

	return b->unlock(&r, pass, strlen(pass), k, why, sizeof(why));
}

static int
make(uint8_t *k)
{
	struct kc_reach r = reach(NULL);

	return b->make(&r, PASS, strlen(PASS), k, why, sizeof(why));
}

static uint64_t
generation(void)
{
	struct kc_reach r = reach(key);

	ck_assert_int_eq(b->status(&r, why, sizeof(why)), RL_OK);
	return r.generation;
}

static void
setup(void)
{
	secret_init();
	(void)umask(022);
	snprintf(folder, sizeof(folder), "/tmp/ringlet-vault.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/vault", folder);
	ck_assert_int_eq(make(key), RL_OK);
	ck_assert_int_eq(store("work", "sk-work"), RL_OK);
}

static void
teardown(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

struct bytes {
	uint8_t *p;
	size_t len;
};

static struct bytes
slurp(void)
{
	struct bytes f = { xcalloc(1, 1 << 16), 0 };
	FILE *fp = fopen(path, "r");

	ck_assert_ptr_nonnull(fp);
	f.len = fread(f.p, 1, 1 << 16, fp);
	fclose(fp);
	return f;
}

static void
spill(const uint8_t *p, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, p, len), (ssize_t)len);
	close(fd);
}

static void
is_still(const struct bytes *f)
{
	struct bytes now = slurp();

	ck_assert_uint_eq(now.len, f->len);
	ck_assert_mem_eq(now.p, f->p, f->len);
	free(now.p);
}

static void
says(const char *words)
{
	ck_assert_msg(
	    strstr(why, words) != NULL, "\"%s\" is not in \"%s\"", words, why);
}

/* --- what it does --------------------------------------------------------- */

START_TEST(keeps_keys)
{
	struct kc_reach r = reach(NULL);
	uint8_t got[KC_VAULT_KEY_LEN];
	struct bytes f;
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_str_eq(lookup("work"), "sk-work");
	f = slurp();
	ck_assert_ptr_null(memmem(f.p, f.len, "sk-work", 7));
	ck_assert_ptr_null(memmem(f.p, f.len, "openai", 6));
	free(f.p);
	ck_assert_int_eq(unlock(PASS, got), RL_OK);
	ck_assert_mem_eq(got, key, sizeof(key));
	memset(got, 1, sizeof(got));
	ck_assert_int_eq(unlock("correct", got), RL_ERR_PASSPHRASE);
	says("another passphrase");
	says(path);
	ck_assert_mem_ne(got, key, sizeof(key));
	ck_assert_int_eq(b->status(&r, why, sizeof(why)), RL_ERR_LOCKED);
	says("ringlet keychain unlock");
	/* Each write is a generation; reading is none. */
	ck_assert_uint_eq(generation(), 2);
	ck_assert_int_eq(store("work", "sk-2"), RL_OK);
	ck_assert_int_eq(drop("nobody"), RL_ERR_NOTFOUND);
	ck_assert_str_eq(lookup("work"), "sk-2");
	ck_assert_uint_eq(generation(), 3);
	r = reach(key);
	r.generation = 4;
	ck_assert_int_eq(b->status(&r, why, sizeof(why)), RL_ERR_DAMAGED);
	says("older file was put back");
}
END_TEST

START_TEST(changes_its_passphrase)
{
	struct kc_reach r = reach(key);
	uint8_t got[KC_VAULT_KEY_LEN];

	ck_assert_int_eq(b->passphrase(&r, "new", 3, why, sizeof(why)), RL_OK);
	ck_assert_uint_eq(r.generation, 3);
	ck_assert_int_eq(unlock(PASS, got), RL_ERR_PASSPHRASE);
	ck_assert_int_eq(unlock("new", got), RL_OK);
	/* Who has it unlocked goes on. */
	ck_assert_mem_eq(got, key, sizeof(key));
	ck_assert_str_eq(lookup("work"), "sk-work");
	/* One may hold anything. */
	ck_assert_int_eq(
	    b->passphrase(&r, "a\0b\xff", 4, why, sizeof(why)), RL_OK);
	r = reach(NULL);
	ck_assert_int_eq(
	    b->unlock(&r, "a", 1, got, why, sizeof(why)), RL_ERR_PASSPHRASE);
	ck_assert_int_eq(
	    b->unlock(&r, "a\0b\xff", 4, got, why, sizeof(why)), RL_OK);
	r = reach(NULL);
	ck_assert_int_eq(
	    b->passphrase(&r, "x", 1, why, sizeof(why)), RL_ERR_LOCKED);
}
END_TEST

START_TEST(is_told_when_it_is_not_there)
{
	struct kc_reach r = reach(NULL);
	uint8_t got[KC_VAULT_KEY_LEN];

	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(unlock(PASS, got), RL_ERR_NOTFOUND);
	says("there is none yet");
	ck_assert_int_eq(store("a", "b"), RL_ERR_NOTFOUND);
	ck_assert_int_eq(access(path, F_OK), -1);
	r.generation = 5;
	ck_assert_int_eq(b->status(&r, why, sizeof(why)), RL_ERR_NOTFOUND);
	says("gone");
	/* A new one goes on from there: the former is older. */
	ck_assert_int_eq(
	    b->make(&r, PASS, strlen(PASS), got, why, sizeof(why)), RL_OK);
	ck_assert_uint_eq(r.generation, 6);
	ck_assert_mem_ne(got, key, sizeof(key));
	ck_assert_int_eq(store("a", "b"), RL_ERR_DAMAGED);
	says("another vault");
	snprintf(path, sizeof(path), "%s/no/vault", folder);
	ck_assert_int_eq(make(got), RL_ERR_UNAVAILABLE);
	says("folder");
	path[0] = '\0';
	ck_assert_int_eq(make(got), RL_ERR_NOTFOUND);
}
END_TEST

/* --- what is in its place ------------------------------------------------- */

START_TEST(refuses_what_is_not_ours)
{
	char other[96];
	struct bytes f = slurp();

	ck_assert_int_eq(chmod(path, 0640), 0);
	ck_assert_int_eq(store("a", "b"), RL_ERR_DENIED);
	says("chmod 600");
	ck_assert_int_eq(chmod(path, 0602), 0);
	ck_assert_int_eq(store("a", "b"), RL_ERR_DENIED);
	ck_assert_int_eq(chmod(path, 0600), 0);
	ck_assert_int_eq(chmod(folder, 0770), 0);
	ck_assert_int_eq(store("a", "b"), RL_ERR_DENIED);
	says("folder can be written by others");
	ck_assert_int_eq(chmod(folder, 0700), 0);
	is_still(&f);
	free(f.p);

	snprintf(other, sizeof(other), "%s/other", folder);
	ck_assert_int_eq(rename(path, other), 0);
	ck_assert_int_eq(symlink(other, path), 0);
	ck_assert_int_eq(store("a", "b"), RL_ERR_DENIED);
	says("symbolic link");
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(store("a", "b"), RL_ERR_DENIED);
	says("not a plain file");
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(store("a", "b"), RL_ERR_DENIED);
	ck_assert_int_eq(rmdir(path), 0);
	/* A size that nobody reads. */
	ck_assert_int_eq(open(path, O_CREAT | O_WRONLY, 0600) >= 0, 1);
	ck_assert_int_eq(truncate(path, (off_t)1 << 40), 0);
	ck_assert_int_eq(store("a", "b"), RL_ERR_DAMAGED);
	if (geteuid() == 0) {
		ck_assert_int_eq(truncate(path, 0), 0);
		ck_assert_int_eq(chown(path, 1, 1), 0);
		ck_assert_int_eq(store("a", "b"), RL_ERR_DENIED);
		says("belongs to user 1");
	}
}
END_TEST

/* Whatever is there, making a vault leaves it. */
START_TEST(never_makes_one_over_a_file)
{
	uint8_t got[KC_VAULT_KEY_LEN];
	struct bytes f = slurp();

	ck_assert_int_eq(make(got), RL_ERR_EXISTS);
	is_still(&f);
	f.p[100] ^= 1;
	spill(f.p, f.len);
	ck_assert_int_eq(make(got), RL_ERR_EXISTS);
	is_still(&f);
	f.len = 0;
	spill(f.p, 0);
	ck_assert_int_eq(make(got), RL_ERR_EXISTS);
	is_still(&f);
	free(f.p);
	ck_assert_int_eq(chmod(path, 0), 0);
	ck_assert_int_ne(make(got), RL_OK);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink("/nonexistent/x", path), 0);
	ck_assert_int_eq(make(got), RL_ERR_DENIED);
	ck_assert_int_eq(unlink(path), 0);
	/* Nor if it comes at the last moment. */
	appears = path;
	ck_assert_int_eq(make(got), RL_ERR_EXISTS);
	ck_assert_int_eq(unlink(path), 0);
	appears = NULL;
	ck_assert_int_eq(make(got), RL_OK);
}
END_TEST

static void
nothing_writes(const struct bytes *f)
{
	struct kc_reach r = reach(key);
	uint8_t got[KC_VAULT_KEY_LEN];

	ck_assert_int_ne(store("new", "sk-new"), RL_OK);
	ck_assert_int_ne(drop("work"), RL_OK);
	ck_assert_int_ne(b->passphrase(&r, "new", 3, why, sizeof(why)), RL_OK);
	ck_assert_int_ne(unlock(PASS, got), RL_OK);
	ck_assert_int_ne(make(got), RL_OK);
	is_still(f);
}

START_TEST(leaves_a_damaged_file_as_it_is)
{
	struct bytes f = slurp(), cut;
	size_t i;

	for (i = 0; i < f.len; i++) {
		f.p[i] ^= 0x20;
		spill(f.p, f.len);
		nothing_writes(&f);
		f.p[i] ^= 0x20;
	}
	for (i = 0; i < f.len; i++) {
		cut = f;
		cut.len = i;
		spill(f.p, i);
		nothing_writes(&cut);
	}
	spill(f.p, f.len);
	ck_assert_str_eq(lookup("work"), "sk-work");
	free(f.p);
}
END_TEST

/* --- ends and failures ------------------------------------------------------
 */

enum act { STORE, REPLACE, DROP, PASSPHRASE, MAKE, NACTS };

static int
act(enum act what)
{
	struct kc_reach r = reach(key);
	uint8_t got[KC_VAULT_KEY_LEN];

	switch (what) {
	case STORE:
		return store("new", "sk-new");
	case REPLACE:
		return store("work", "sk-changed");
	case DROP:
		return drop("work");
	case PASSPHRASE:
		return b->passphrase(&r, "new", 3, why, sizeof(why));
	default:
		return make(got);
	}
}

/*
 * Does act in a child that is stopped at call number n.  Its status: DIED, or
 * 1 for an error, 0 when all was done.
 */
static int
stopped_child(enum act what, enum stop how, unsigned n)
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		stop_how = how;
		stop_at = n;
		_exit(act(what) == RL_OK ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* The vault is whole: as it was before act, or as after it. */
static void
is_before_or_after(enum act what, int status)
{
	uint8_t got[KC_VAULT_KEY_LEN];
	const char *work = lookup("work");
	bool done = false;

	switch (what) {
	case STORE:
		ck_assert_str_eq(work, "sk-work");
		done = strcmp(lookup("new"), "sk-new") == 0;
		break;
	case REPLACE:
		done = strcmp(work, "sk-changed") == 0;
		ck_assert(done || strcmp(work, "sk-work") == 0);
		break;
	case DROP:
		done = *work == '\0';
		ck_assert(done || strcmp(work, "sk-work") == 0);
		break;
	case PASSPHRASE:
		ck_assert_str_eq(work, "sk-work");
		done = unlock("new", got) == RL_OK;
		ck_assert(done || unlock(PASS, got) == RL_OK);
		break;
	default:
		break;
	}
	/* What was reported as done is done. */
	ck_assert(status != 0 || done);
}

/* Back to a vault with one key. */
static void
again(void)
{
	struct kc_reach r = reach(key);

	ck_assert_int_eq(
	    b->passphrase(&r, PASS, strlen(PASS), why, sizeof(why)), RL_OK);
	(void)drop("new");
	ck_assert_int_eq(store("work", "sk-work"), RL_OK);
}

START_TEST(survives_a_stop_at_every_call)
{
	enum stop how = _i == 0 ? DIE : FAIL;
	unsigned n, what;
	int status;

	for (what = STORE; what < MAKE; what++) {
		for (n = 1;; n++) {
			status = stopped_child(what, how, n);
			is_before_or_after(what, status);
			again();
			if (status == 0 && n > 12)
				break; /* more than there are */
			ck_assert_uint_lt(n, 100);
		}
	}
}
END_TEST

START_TEST(is_made_whole_or_not)
{
	enum stop how = _i == 0 ? DIE : FAIL;
	uint8_t got[KC_VAULT_KEY_LEN];
	unsigned n;
	int status, r;

	for (n = 1; n < 20; n++) {
		ck_assert(unlink(path) == 0 || errno == ENOENT);
		status = stopped_child(MAKE, how, n);
		r = unlock(PASS, got);
		ck_assert(r == RL_OK || r == RL_ERR_NOTFOUND);
		ck_assert(status != 0 || r == RL_OK);
		if (r == RL_ERR_NOTFOUND)
			ck_assert_int_eq(make(got), RL_OK);
	}
}
END_TEST

/* A disk without room, as a process sees it. */
START_TEST(survives_a_full_disk)
{
	struct bytes f = slurp();
	struct rlimit limit;
	char temp[96];
	pid_t pid;
	int status;

	for (size_t n = 0; n < f.len; n += 37) {
		pid = fork();
		ck_assert_int_ne(pid, -1);
		if (pid == 0) {
			(void)signal(SIGXFSZ, SIG_IGN);
			limit.rlim_cur = limit.rlim_max = n;
			if (setrlimit(RLIMIT_FSIZE, &limit) == -1)
				_exit(2);
			_exit(store("new", "sk-new") == RL_ERR_UNAVAILABLE
				  ? strstr(why, "File too large") == NULL
				  : 3);
		}
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_int_eq(status, 0);
		is_still(&f);
		/* Nor is anything left that takes the room. */
		snprintf(temp, sizeof(temp), "%s.new", path);
		ck_assert_int_eq(access(temp, F_OK), -1);
	}
	free(f.p);
	ck_assert_int_eq(store("new", "sk-new"), RL_OK);
}
END_TEST

START_TEST(loses_no_concurrent_write)
{
	enum { WRITERS = 6, EACH = 15 };
	char name[32];
	pid_t pid[WRITERS];
	int i, k, status;

	for (i = 0; i < WRITERS; i++) {
		ck_assert_int_ne(pid[i] = fork(), -1);
		if (pid[i] != 0)
			continue;
		for (k = 0; k < EACH; k++) {
			snprintf(name, sizeof(name), "p%d-%d", i, k);
			if (store(name, name) != RL_OK)
				_exit(1);
		}
		_exit(0);
	}
	for (i = 0; i < WRITERS; i++) {
		ck_assert_int_eq(waitpid(pid[i], &status, 0), pid[i]);
		ck_assert_int_eq(status, 0);
	}
	for (i = 0; i < WRITERS; i++)
		for (k = 0; k < EACH; k++) {
			snprintf(name, sizeof(name), "p%d-%d", i, k);
			ck_assert_str_eq(lookup(name), name);
		}
	ck_assert_str_eq(lookup("work"), "sk-work");
	ck_assert_uint_eq(generation(), 2 + WRITERS * EACH);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("vault-file");
	TCase *tc = tcase_create("file");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, keeps_keys);
	tcase_add_test(tc, changes_its_passphrase);
	tcase_add_test(tc, is_told_when_it_is_not_there);
	tcase_add_test(tc, refuses_what_is_not_ours);
	tcase_add_test(tc, never_makes_one_over_a_file);
	tcase_add_test(tc, leaves_a_damaged_file_as_it_is);
	tcase_add_loop_test(tc, survives_a_stop_at_every_call, 0, 2);
	tcase_add_loop_test(tc, is_made_whole_or_not, 0, 2);
	tcase_add_test(tc, survives_a_full_disk);
	tcase_add_test(tc, loses_no_concurrent_write);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
