/*
 * The vault on disk: what it keeps, and what may be in its place; a file that
 * is not the user's own whole vault is told as what it is, and left alone.
 */
#include "config.h"

#include <sys/types.h>
#include <sys/stat.h>

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "vaultrig.h"

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

int
main(void)
{
	Suite *s = suite_create("vault-file");
	TCase *tc = tcase_create("file");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, vault_setup, vault_teardown);
	tcase_add_test(tc, keeps_keys);
	tcase_add_test(tc, changes_its_passphrase);
	tcase_add_test(tc, is_told_when_it_is_not_there);
	tcase_add_test(tc, refuses_what_is_not_ours);
	tcase_add_test(tc, never_makes_one_over_a_file);
	tcase_add_test(tc, leaves_a_damaged_file_as_it_is);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
