/*
 * A profile that is being deleted, for as long as the keychain takes: nothing
 * starts with it any more, whichever of the two came first.
 */

#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keyrig.h"
#include "log.h"
#include "ringlet-monitor/manifest.h"
#include "ringlet-monitor/profile.h"
#include "secret.h"
#include "xmalloc.h"

static void
set(char **to, const char *text)
{
	free(*to);
	*to = xstrdup(text);
}

/* A profile of the shell, and its key. */
static void
profile(const char *alias)
{
	struct profile *pr = profile_new();
	char why[512];

	set(&pr->alias, alias);
	set(&pr->agent_id, "shell");
	set(&pr->provider_id, "anthropic");
	set(&pr->keychain, SERVICE);
	ck_assert_msg(profile_create(&w.env.paths, w.env.manifests, pr, why,
			  sizeof(why)) == 0,
	    "%s", why);
	profile_free(pr);
	rig_put("sk-key", "%s/%s/%s", w.env.paths.home, SERVICE, alias);
}

/* The keychain takes its time for what is asked of a, until go_on(). */
static void
hold(enum kc_op op)
{
	rig_put("", "%s/%s.%d.a.wait", w.env.paths.home, SERVICE, (int)op);
}

static void
go_on(enum kc_op op)
{
	rig_remove("%s/%s.%d.a.wait", w.env.paths.home, SERVICE, (int)op);
}

static void
say_env(void)
{
	const struct msg_profile_run req = { .alias = "a" };

	rig_say(MSG_PROFILE_ENV, &req);
}

static void
say_delete(void)
{
	const struct msg_profile_delete req = { .alias = "a",
		.keep_home = true };

	rig_say(MSG_PROFILE_DELETE, &req);
}

static void
until_it_has_begun(void)
{
	while (LIST_EMPTY(&w.env.busy))
		rig_turn();
}

/* It is being deleted, and that is said; then it is gone. */
static void
refused_and_deleted(void)
{
	rig_refused(RL_ERR_STATE);
	ck_assert_msg(strstr(w.why, "being deleted") != NULL, "%s", w.why);
	go_on(KC_DELETE);
	rig_done(MSG_OK);
	say_env();
	rig_refused(RL_ERR_NOTFOUND);
}

START_TEST(nothing_starts_meanwhile)
{
	profile("a");
	say_env();
	rig_done(MSG_RUN_PLAN);
	hold(KC_DELETE);
	say_delete();
	until_it_has_begun();
	say_env();
	refused_and_deleted();
}
END_TEST

START_TEST(nothing_goes_on_meanwhile)
{
	profile("a");
	hold(KC_LOOKUP);
	hold(KC_DELETE);
	say_env();
	while (!keychain_is_busy(w.env.keychain))
		rig_turn();
	say_delete();
	until_it_has_begun();
	go_on(KC_LOOKUP);
	refused_and_deleted();
}
END_TEST

/* One whose key could not be deleted is kept whole. */
START_TEST(a_kept_profile_starts)
{
	char locked[16];

	profile("a");
	snprintf(locked, sizeof(locked), "%d", RL_ERR_LOCKED);
	rig_put(locked, "%s/%s.%d.a", w.env.paths.home, SERVICE, KC_DELETE);
	say_delete();
	rig_refused(RL_ERR_LOCKED);
	say_env();
	rig_done(MSG_RUN_PLAN);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("deletion");
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
	tcase_add_test(tc, nothing_starts_meanwhile);
	tcase_add_test(tc, nothing_goes_on_meanwhile);
	tcase_add_test(tc, a_kept_profile_starts);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
