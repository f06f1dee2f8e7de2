/*
 * The vault and the choice of a store, as the monitor sees them: its real
 * handlers, and helpers that keep their keys in folders.
 */

#include "config.h"

#include <sys/stat.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "ringlet-monitor/keystore.h"
#include "secret.h"
#include "keyrig.h"
#include "xmalloc.h"

/* --- the vault --- */

START_TEST(opens_and_locks)
{
	/* Nothing is made unasked, over something, or with a poor passphrase.
	 */
	rig_say_unlock(PASS, false);
	rig_refused(RL_ERR_NOTFOUND);
	ck_assert_ptr_nonnull(strstr(w.why, "ringlet keychain unlock"));
	rig_say_unlock("short", true);
	rig_refused(RL_ERR_INVALID);
	rig_say_unlock("", false);
	rig_refused(RL_ERR_INVALID);
	ck_assert(!vault_is_there(w.env.vault));
	rig_open();
	ck_assert_uint_eq(vault_generation(w.env.vault), 1);
	ck_assert_str_eq(
	    rig_get("%s/vault.generation", w.env.paths.state_dir), "1\n");
	rig_say_unlock(PASS, true);
	rig_refused(RL_ERR_EXISTS);
	ck_assert(vault_is_open(w.env.vault));
	rig_lock();
	rig_lock();
	rig_say_unlock("not this one", false);
	rig_refused(RL_ERR_PASSPHRASE);
	ck_assert(!vault_is_open(w.env.vault));
	rig_open();
	/* A wrong one changes nothing for a vault that is open. */
	rig_say_unlock("not this one", false);
	rig_refused(RL_ERR_PASSPHRASE);
	ck_assert(vault_is_open(w.env.vault));
}
END_TEST

START_TEST(one_at_a_time)
{
	rig_open();
	rig_say_unlock(PASS, false);
	rig_say_unlock(PASS, false);
	rig_refused(RL_ERR_STATE);
	rig_done(MSG_KEYCHAIN_UNLOCKED);
}
END_TEST

START_TEST(another_passphrase)
{
	struct msg_keychain_passphrase req = { .old = rig_bin("wrong one"),
		.fresh = rig_bin("new passphrase") };

	rig_say(MSG_KEYCHAIN_PASSPHRASE, &req);
	rig_refused(RL_ERR_NOTFOUND);
	rig_open();
	rig_say(MSG_KEYCHAIN_PASSPHRASE, &req);
	rig_refused(RL_ERR_PASSPHRASE);
	req.old = rig_bin(PASS);
	req.fresh = rig_bin("short");
	rig_say(MSG_KEYCHAIN_PASSPHRASE, &req);
	rig_refused(RL_ERR_INVALID);
	req.fresh = rig_bin("new passphrase");
	rig_say(MSG_KEYCHAIN_PASSPHRASE, &req);
	rig_done(MSG_OK);
	ck_assert(vault_is_open(w.env.vault));
	rig_lock();
	rig_say_unlock(PASS, false);
	rig_refused(RL_ERR_PASSPHRASE);
	/* Locked before, locked afterwards; the key was there meanwhile. */
	req.old = rig_bin("new passphrase");
	req.fresh = rig_bin(PASS);
	rig_say(MSG_KEYCHAIN_PASSPHRASE, &req);
	rig_done(MSG_OK);
	ck_assert(!vault_is_open(w.env.vault));
	rig_open();
}
END_TEST

START_TEST(locks_by_itself)
{
	struct msg_keychain_unlock req = {
		.passphrase = rig_bin(PASS), .own_time = true, .lock_after = 1
	};

	w.env.conf.vault_lock_s = 0;
	rig_open();
	ck_assert_int_eq(vault_locks_at(w.env.vault), 0);
	/* The setting counts for a vault that is open already. */
	w.env.conf.vault_lock_s = 3600;
	vault_settings(w.env.vault);
	ck_assert_int_gt(vault_locks_at(w.env.vault), time(NULL) + 3000);
	rig_say(MSG_KEYCHAIN_UNLOCK, &req);
	rig_done(MSG_KEYCHAIN_UNLOCKED);
	ck_assert_int_le(vault_locks_at(w.env.vault), time(NULL) + 2);
	/* Not while somebody needs it. */
	vault_hold(w.env.vault);
	for (int i = 0; i < 300; i++)
		rig_turn();
	ck_assert(vault_is_open(w.env.vault));
	rig_say_lock();
	rig_refused(RL_ERR_STATE);
	vault_release(w.env.vault);
	ck_assert(!vault_is_open(w.env.vault));
	rig_say(MSG_KEYCHAIN_UNLOCK, &req);
	rig_done(MSG_KEYCHAIN_UNLOCKED);
	for (int i = 0; i < 2000 && vault_is_open(w.env.vault); i++)
		rig_turn();
	ck_assert(!vault_is_open(w.env.vault));
}
END_TEST

/* A file that was put back is noticed, also by the next monitor. */
START_TEST(remembers_the_generation)
{
	rig_open();
	rig_put("8", "%s/generation", w.env.paths.home);
	rig_open();
	ck_assert_uint_eq(vault_generation(w.env.vault), 8);
	vault_free(w.env.vault);
	w.env.vault = vault_new(&w.env);
	ck_assert_uint_eq(vault_generation(w.env.vault), 8);
	rig_put("7", "%s/generation", w.env.paths.home);
	rig_say_unlock(PASS, false);
	rig_refused(RL_ERR_DAMAGED);
	/* A new vault goes on, so that the old one stays old. */
	ck_assert_int_eq(unlink(vault_file(w.env.vault)), 0);
	rig_remove("%s/generation", w.env.paths.home);
	rig_open();
	ck_assert_uint_eq(vault_generation(w.env.vault), 9);
}
END_TEST

/* --- systemd's credential --- */

static void
take_credential(const char *text, mode_t mode)
{
	char *file = xasprintf("%s/ringlet-vault-passphrase", w.base);

	unlink(file);
	rig_put(text, "%s", file);
	ck_assert_int_eq(chmod(file, mode), 0);
	setenv("CREDENTIALS_DIRECTORY", w.base, 1);
	vault_take_credential(w.env.vault);
	free(file);
	monitor_ready(&w.env);
	for (int i = 0; i < 2000 && vault_is_starting(w.env.vault); i++)
		rig_turn();
}

START_TEST(takes_a_credential)
{
	char *file = xasprintf("%s/ringlet-vault-passphrase", w.base);

	take_credential(PASS, 0400);
	ck_assert(!vault_is_there(w.env.vault)); /* it makes none */
	ck_assert_uint_eq(w.ready, 1);
	rig_open();
	rig_lock();
	/* Who waits for the daemon waits for it, and finds the vault open. */
	take_credential(PASS "\n", 0440);
	ck_assert(vault_is_open(w.env.vault));
	ck_assert_uint_eq(w.ready, 2);
	rig_lock();
	take_credential("not this one", 0400);
	ck_assert(!vault_is_open(w.env.vault));
	ck_assert_uint_eq(w.ready, 3);
	take_credential(PASS, 0404);
	ck_assert(!vault_is_open(w.env.vault));
	take_credential(PASS, 0460);
	ck_assert(!vault_is_open(w.env.vault));
	take_credential("", 0400);
	ck_assert(!vault_is_open(w.env.vault));
	unlink(file);
	ck_assert_int_eq(symlink(vault_file(w.env.vault), file), 0);
	vault_take_credential(w.env.vault);
	ck_assert(!vault_is_starting(w.env.vault));
	free(file);
}
END_TEST

/* --- which store --- */

static struct {
	int err;
	char store[64];
} chosen;

static void
on_choice(void *arg, int err, const char *store, const char *text)
{
	ck_assert_ptr_eq(arg, &chosen);
	chosen.err = err;
	strlcpy(chosen.store, store, sizeof(chosen.store));
	strlcpy(w.why, text, sizeof(w.why));
}

enum vault_state { NONE, LOCKED, OPEN, GONE };

static const struct {
	int setting;
	int service; /* what its status call says */
	enum vault_state vault;
	int err;
	const char *store; /* if err is 0 */
	const char *words; /* that w.why has otherwise */
} choices[] = {
#define AUTO CONF_KEYCHAIN_AUTO
	{ AUTO, 0, OPEN, 0, SERVICE, NULL },
	{ AUTO, 0, NONE, 0, SERVICE, NULL },
	/* A locked one is not passed by. */
	{ AUTO, RL_ERR_LOCKED, OPEN, 0, SERVICE, NULL },
	{ AUTO, RL_ERR_NOSERVICE, OPEN, 0, VAULT, NULL },
	{ AUTO, RL_ERR_NOSERVICE, LOCKED, RL_ERR_LOCKED, NULL,
	    "ringlet keychain unlock' unlocks" },
	{ AUTO, RL_ERR_NOSERVICE, NONE, RL_ERR_NOSERVICE, NULL,
	    "ringlet keychain unlock' makes" },
	{ AUTO, RL_ERR_NOSERVICE, GONE, RL_ERR_NOSERVICE, NULL, "backup" },
	/* Nor is one that fails: it may answer next time. */
	{ AUTO, RL_ERR_TIMEOUT, OPEN, RL_ERR_TIMEOUT, NULL, "" },
	{ AUTO, RL_ERR_DENIED, OPEN, RL_ERR_DENIED, NULL, "" },
	{ AUTO, RL_ERR_UNAVAILABLE, OPEN, RL_ERR_UNAVAILABLE, NULL, "" },
	{ CONF_KEYCHAIN_SERVICE, RL_ERR_NOSERVICE, OPEN, 0, SERVICE, NULL },
	{ CONF_KEYCHAIN_VAULT, 0, OPEN, 0, VAULT, NULL },
	{ CONF_KEYCHAIN_VAULT, 0, LOCKED, RL_ERR_LOCKED, NULL,
	    "ringlet keychain unlock' unlocks" },
	{ CONF_KEYCHAIN_VAULT, 0, NONE, RL_ERR_NOSERVICE, NULL,
	    "ringlet keychain unlock' makes" },
};

START_TEST(chooses)
{
	char number[16];

	if (choices[_i].vault != NONE)
		rig_open();
	if (choices[_i].vault == LOCKED)
		rig_lock();
	if (choices[_i].vault == GONE)
		rig_remove("%s", vault_file(w.env.vault));
	w.env.conf.keychain = choices[_i].setting;
	if (choices[_i].service != 0) {
		snprintf(number, sizeof(number), "%d", choices[_i].service);
		rig_put(
		    number, "%s/" SERVICE ".%d.", w.env.paths.home, KC_STATUS);
	}
	chosen.err = 1;
	keystore_choose(&w.env, on_choice, &chosen);
	for (int i = 0; i < 2000 && chosen.err == 1; i++)
		rig_turn();
	ck_assert_int_eq(chosen.err, choices[_i].err);
	if (chosen.err == 0)
		ck_assert_str_eq(chosen.store, choices[_i].store);
	else
		ck_assert_msg(
		    strstr(w.why, choices[_i].words) != NULL, "%s", w.why);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("unlock");
	TCase *tc = tcase_create("monitor");
	SRunner *sr;
	int failed;

	if ((failed = rig_helper()) != -1)
		return failed;
	secret_init();
	log_set_level(LOGL_ERROR);
	signal(SIGPIPE, SIG_IGN);
	tcase_add_checked_fixture(tc, rig_setup, rig_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, opens_and_locks);
	tcase_add_test(tc, one_at_a_time);
	tcase_add_test(tc, another_passphrase);
	tcase_add_test(tc, locks_by_itself);
	tcase_add_test(tc, remembers_the_generation);
	tcase_add_test(tc, takes_a_credential);
	tcase_add_loop_test(
	    tc, chooses, 0, sizeof(choices) / sizeof(choices[0]));
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
