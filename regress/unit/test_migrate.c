/*
 * KEYCHAIN_MIGRATE: both ways, and with everything that can go wrong on the
 * way, by its real handler and helpers that keep their keys in folders.
 */

#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fdpass.h"
#include "log.h"
#include "loop.h"
#include "ringlet-monitor/profile.h"
#include "secret.h"
#include "keyrig.h"
#include "xmalloc.h"

/* A profile with its key in that store. */
static void
make_profile(const char *alias, const char *store)
{
	struct profile p = { .alias = (char *)(uintptr_t)alias,
		.agent_id = (char[]){ "shell" },
		.provider_id = (char[]){ "anthropic" },
		.endpoint_id = (char[]){ "" },
		.endpoint_url = (char[]){ "" },
		.model = (char[]){ "" },
		.working_dir = (char[]){ "" },
		.keychain = (char *)(uintptr_t)store,
		.keychain_item = (char *)(uintptr_t)alias };

	ck_assert_msg(profile_create(&w.env.paths, w.env.manifests, &p, w.why,
			  sizeof(w.why)) == 0,
	    "%s", w.why);
	if (strcmp(store, KEYCHAIN_NONE) != 0)
		rig_put(alias, "%s/%s/%s", w.env.paths.home, store, alias);
}

/* Whether the profile says that store, and that store alone has its key. */
static void
is_in(const char *alias, const char *store, const char *other)
{
	struct profile *p;
	const char *key;

	ck_assert_msg(
	    profile_load(&w.env.paths, alias, &p, w.why, sizeof(w.why)) == 0,
	    "%s", w.why);
	ck_assert_str_eq(p->keychain, store);
	profile_free(p);
	key = rig_get("%s/%s/%s", w.env.paths.home, store, alias);
	ck_assert_msg(key != NULL, "%s is not in %s", alias, store);
	ck_assert_str_eq(key, alias);
	ck_assert_msg(
	    rig_get("%s/%s/%s", w.env.paths.home, other, alias) == NULL,
	    "%s is in %s, too", alias, other);
}

static void
say_migrate(const char *target)
{
	struct msg_keychain_migrate req = { .target = target };

	rig_say(MSG_KEYCHAIN_MIGRATE, &req);
}

static void
migrate(const char *target, uint64_t moved, uint64_t there, size_t left)
{
	const struct msg_keychain_moved *k;
	struct msg m;

	say_migrate(target);
	rig_hear(MSG_KEYCHAIN_MOVED, &m);
	k = m.body;
	ck_assert_str_eq(k->target, target);
	ck_assert_uint_eq(k->moved, moved);
	ck_assert_uint_eq(k->there, there);
	ck_assert_uint_eq(k->left.n, left);
	msg_clear(&m);
	ck_assert_ptr_null(w.env.migration);
	ck_assert(LIST_EMPTY(&w.env.busy));
}

START_TEST(moves_both_ways)
{
	make_profile("a", SERVICE);
	make_profile("b", SERVICE);
	make_profile("keyless", KEYCHAIN_NONE);
	rig_put(".audit", "%s/" SERVICE "/.audit", w.env.paths.home);
	say_migrate("nowhere");
	rig_refused(RL_ERR_INVALID);
	say_migrate(VAULT);
	rig_refused(RL_ERR_NOTFOUND);
	ck_assert_ptr_nonnull(strstr(w.why, "keychain unlock --new"));
	rig_open();
	rig_lock();
	say_migrate(VAULT);
	rig_refused(RL_ERR_LOCKED);
	rig_open();
	migrate(VAULT, 2, 0, 0);
	is_in("a", VAULT, SERVICE);
	is_in("b", VAULT, SERVICE);
	ck_assert_str_eq(
	    rig_get("%s/" VAULT "/.audit", w.env.paths.home), ".audit");
	ck_assert_ptr_null(rig_get("%s/" SERVICE "/.audit", w.env.paths.home));
	migrate(VAULT, 0, 2, 0);
	migrate(SERVICE, 2, 0, 0);
	is_in("a", SERVICE, VAULT);
	is_in("b", SERVICE, VAULT);
	ck_assert_ptr_null(rig_get("%s/" VAULT "/.audit", w.env.paths.home));
}
END_TEST

/* Whatever goes wrong on the way: all is as it was. */
static const struct {
	const char *store;
	int op;
	const char *profile;
	int err;	 /* that the store gives, and the asker gets */
	const char *key; /* or a key */
} mishaps[] = {
	{ VAULT, KC_STATUS, "", RL_ERR_DENIED, NULL },
	{ SERVICE, KC_LOOKUP, "b", RL_ERR_NOSERVICE, NULL },
	{ SERVICE, KC_LOOKUP, "c", RL_ERR_NOTFOUND, NULL },
	{ VAULT, KC_STORE, "a", RL_ERR_DENIED, NULL },
	{ VAULT, KC_STORE, "b", RL_ERR_TIMEOUT, NULL },
	{ VAULT, KC_LOOKUP, "c", RL_ERR_DAMAGED, NULL },
	{ VAULT, KC_LOOKUP, "b", RL_ERR_UNAVAILABLE, "key:another" },
};

static void
all_in_service(void)
{
	is_in("a", SERVICE, VAULT);
	is_in("b", SERVICE, VAULT);
	is_in("c", SERVICE, VAULT);
	ck_assert_ptr_null(w.env.migration);
	ck_assert(LIST_EMPTY(&w.env.busy));
}

static void
make_three(void)
{
	make_profile("a", SERVICE);
	make_profile("b", SERVICE);
	make_profile("c", SERVICE);
	rig_open();
}

START_TEST(moves_all_or_nothing)
{
	char *file = xasprintf("%s/%s.%d.%s", w.env.paths.home,
	    mishaps[_i].store, mishaps[_i].op, mishaps[_i].profile);
	char *number = xasprintf("%d", mishaps[_i].err);

	make_three();
	rig_put(mishaps[_i].key != NULL ? mishaps[_i].key : number, "%s", file);
	say_migrate(VAULT);
	rig_refused(mishaps[_i].err);
	ck_assert_ptr_nonnull(strstr(w.why, "no key was moved"));
	all_in_service();
	rig_remove("%s", file);
	migrate(VAULT, 3, 0, 0);
	free(number);
	free(file);
}
END_TEST

/* The last key is there, but then a profile's file cannot be written. */
START_TEST(writes_all_or_nothing)
{
	char *file = xasprintf("%s/b.json", w.env.paths.profile_dir);

	make_three();
	rig_put(file, "%s/" VAULT ".%d.c.kill", w.env.paths.home, KC_LOOKUP);
	say_migrate(VAULT);
	rig_refused(RL_ERR_NOTFOUND);
	make_profile("b", SERVICE);
	all_in_service();
	free(file);
}
END_TEST

/* What could not be removed is told of, and goes with the next attempt. */
START_TEST(clears_what_was_left)
{
	char *file =
	    xasprintf("%s/" SERVICE ".%d.a", w.env.paths.home, KC_DELETE);
	char *number = xasprintf("%d", RL_ERR_LOCKED);

	make_profile("a", SERVICE);
	make_profile("b", SERVICE);
	rig_open();
	rig_put(number, "%s", file);
	migrate(VAULT, 2, 0, 1);
	ck_assert_ptr_nonnull(rig_get("%s/" SERVICE "/a", w.env.paths.home));
	is_in("b", VAULT, SERVICE);
	ck_assert_int_eq(unlink(file), 0);
	/* Another program's, or a profile's that nobody knows, stays. */
	rig_put("stranger", "%s/" SERVICE "/stranger", w.env.paths.home);
	migrate(VAULT, 0, 2, 0);
	is_in("a", VAULT, SERVICE);
	ck_assert_ptr_nonnull(
	    rig_get("%s/" SERVICE "/stranger", w.env.paths.home));
	free(number);
	free(file);
}
END_TEST

START_TEST(moves_alone)
{
	make_profile("a", SERVICE);
	make_profile("b", SERVICE);
	rig_open();
	say_migrate(VAULT);
	say_migrate(VAULT);
	rig_say_lock();
	rig_refused(RL_ERR_STATE);
	rig_refused(RL_ERR_STATE);
	rig_done(MSG_KEYCHAIN_MOVED);
	rig_lock();
	/* A profile that is being changed, or is damaged, stops all. */
	rig_open();
	ck_assert(alias_reserve(&w.env, "b"));
	say_migrate(SERVICE);
	rig_refused(RL_ERR_STATE);
	alias_release(&w.env, "b");
	ck_assert(LIST_EMPTY(&w.env.busy));
	rig_put("{", "%s/z.json", w.env.paths.profile_dir);
	say_migrate(SERVICE);
	rig_refused(RL_ERR_INVALID);
	ck_assert(LIST_EMPTY(&w.env.busy));
	is_in("a", VAULT, SERVICE);
	/* Who asked is gone: it goes on. */
	rig_remove("%s/z.json", w.env.paths.profile_dir);
	say_migrate(SERVICE);
	rig_turn();
	ck_assert_ptr_nonnull(w.env.migration);
	fd_close(w.cli);
	w.cli = -1;
	for (int i = 0; i < 2000 && w.env.migration != NULL; i++)
		rig_turn();
	is_in("a", SERVICE, VAULT);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("migrate");
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
	tcase_add_test(tc, moves_both_ways);
	tcase_add_loop_test(
	    tc, moves_all_or_nothing, 0, sizeof(mishaps) / sizeof(mishaps[0]));
	tcase_add_test(tc, writes_all_or_nothing);
	tcase_add_test(tc, clears_what_was_left);
	tcase_add_test(tc, moves_alone);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
