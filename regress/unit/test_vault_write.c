/*
 * Writers of the vault: whatever ends or hinders one, the former vault or the
 * new one is there whole; and they lose nothing of each other's.
 */
#include "config.h"

#include <sys/types.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "vaultrig.h"

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
	Suite *s = suite_create("vault-write");
	TCase *tc = tcase_create("writers");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, vault_setup, vault_teardown);
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
