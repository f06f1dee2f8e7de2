/*
 * The monitor's side of keychain calls, against helpers that answer, hang,
 * die, and lie.  This program is its own helper (keyhelper.h): started with a
 * channel on descriptor 3 it behaves as the profile's name in the request says.
 */
#include "config.h"

#include <sys/types.h>
#include <sys/wait.h>
#include <check.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "fdpass.h"
#include "keychain-call.h"
#include "keychain.h"
#include "keyhelper.h"
#include "loop.h"
#include "msgdef.h"
#include "proc.h"
#include "secret.h"
#include "strlist.h"

static char self[PATH_MAX];
static struct loop *loop;
static struct keychain *kc;

struct result {
	int calls;
	int err;
	char key[64];
	char text[512];
	char items[512];
	int *left; /* the loop ends when this reaches 0 */
};

static void
on_result(void *arg, int err, struct secret *key, const char *text)
{
	struct result *r = arg;

	r->calls++;
	r->err = err;
	if (key != NULL)
		strlcpy(r->key, secret_ptr(key), sizeof(r->key));
	strlcpy(r->text, text, sizeof(r->text));
	secret_free(key);
	if (r->left != NULL && --*r->left == 0)
		loop_stop(loop);
}

static void
on_list(void *arg, int err, const struct strlist *items, const char *text)
{
	struct result *r = arg;
	size_t i;

	for (i = 0; i < items->n; i++) {
		strlcat(r->items, items->v[i], sizeof(r->items));
		strlcat(r->items, ";", sizeof(r->items));
	}
	on_result(arg, err, NULL, text);
}

static void
on_deadline(void *arg)
{
	ck_abort_msg("the loop did not end");
}

/* Runs the loop until *left answers have come. */
static void
run(void)
{
	struct loop_timer *t = loop_timer_new(loop, on_deadline, NULL);

	loop_timer_arm(t, 20000);
	ck_assert_int_eq(loop_run(loop), 0);
	loop_timer_free(t);
}

static void
on_turn(void *arg)
{
	loop_stop(loop);
}

/* Runs the loop for ms. */
static void
turn(uint64_t ms)
{
	struct loop_timer *t = loop_timer_new(loop, on_turn, NULL);

	loop_timer_arm(t, ms);
	ck_assert_int_eq(loop_run(loop), 0);
	loop_timer_free(t);
}

/* All helpers are gone and reaped, within a bound. */
static void
no_children(void)
{
	int i;

	for (i = 0; i < 500; i++) {
		if (waitid(P_ALL, 0, NULL, WNOHANG | WNOWAIT | WEXITED) == -1 &&
		    errno == ECHILD)
			return;
		turn(20);
	}
	ck_abort_msg("a helper is left");
}

static void
setup(void)
{
	secret_init();
	setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere", 1);
	setenv("XDG_RUNTIME_DIR", "/nowhere", 1);
	setenv("RINGLET_TEST_LEAK", "leak", 1);
	loop = loop_new();
	kc = keychain_new(loop, self);
	keychain_set_timeout(kc, 10000, 10000);
}

static void
teardown(void)
{
	keychain_free(kc);
	loop_free(loop);
}

/* One lookup, to its end. */
static struct result
lookup(const char *profile)
{
	struct result r;
	int left = 1;

	memset(&r, 0, sizeof(r));
	r.left = &left;
	ck_assert_ptr_nonnull(
	    keychain_lookup(kc, STORE, profile, "anthropic", on_result, &r));
	/* Never from inside the call. */
	ck_assert_int_eq(r.calls, 0);
	run();
	ck_assert_int_eq(r.calls, 1);
	return r;
}

START_TEST(hands_keys_on)
{
	struct result r = lookup("work");

	ck_assert_int_eq(r.err, RL_OK);
	ck_assert_str_eq(r.key, CANARY);
	ck_assert_str_eq(r.text, "");
	no_children();
}
END_TEST

START_TEST(stores_and_deletes)
{
	struct secret *key = secret_new(CANARY, strlen(CANARY));
	struct result r, d, s;
	int left = 3;

	memset(&r, 0, sizeof(r));
	r.left = &left;
	d = s = r;
	keychain_store(kc, STORE, "work", "anthropic", key, on_result, &r);
	secret_free(key); /* it was copied */
	keychain_delete(kc, STORE, "work", on_result, &d);
	keychain_status(kc, STORE, on_result, &s);
	run();
	ck_assert_int_eq(r.err, RL_OK);
	ck_assert_int_eq(d.err, RL_OK);
	ck_assert_int_eq(s.err, RL_OK);
	/* A value that nobody asked for goes nowhere. */
	ck_assert_str_eq(d.key, "");
	ck_assert_str_eq(s.key, "");
	no_children();
}
END_TEST

START_TEST(tells_errors)
{
	struct result r = lookup("locked");

	ck_assert_int_eq(r.err, RL_ERR_LOCKED);
	ck_assert_str_eq(r.text, "it is locked");
	r = lookup("unasked");
	ck_assert_int_eq(r.err, RL_ERR_LOCKED);
	ck_assert_str_eq(r.key, "");
	r = lookup("die");
	ck_assert_int_eq(r.err, RL_ERR_UNAVAILABLE);
	r = lookup("empty");
	ck_assert_int_eq(r.err, RL_ERR_UNAVAILABLE);
	r = lookup("badresult");
	ck_assert_int_eq(r.err, RL_ERR_UNAVAILABLE);
	no_children();
}
END_TEST

START_TEST(ends_liars)
{
	static const char *const liars[] = {
		"lie-noise",
		"lie-othertype",
		"lie-otherid",
	};
	struct result r = lookup(liars[_i]);

	ck_assert_int_eq(r.err, RL_ERR_UNAVAILABLE);
	ck_assert_str_eq(r.key, "");
	/* Not by waiting for a helper that stays: it is killed. */
	no_children();
}
END_TEST

START_TEST(keeps_the_deadline)
{
	uint64_t began = loop_now();
	struct result r;

	keychain_set_timeout(kc, 300, 300);
	r = lookup("hang");
	ck_assert_int_eq(r.err, RL_ERR_TIMEOUT);
	ck_assert_uint_ge(loop_now() - began, 290);
	no_children();
}
END_TEST

START_TEST(gives_a_small_environment)
{
	struct result r = lookup("environ");

	ck_assert_int_eq(r.err, RL_OK);
	ck_assert_ptr_nonnull(
	    strstr(r.text, "DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere\n"));
	ck_assert_ptr_null(strstr(r.text, "leak"));
	ck_assert_ptr_null(strstr(r.text, "PATH="));
}
END_TEST

START_TEST(queues_and_limits)
{
	enum { N = KEYCHAIN_RUNNING + KEYCHAIN_WAITING + 5 };
	struct result r[N];
	int left = N, i, ok = 0, limited = 0;

	memset(r, 0, sizeof(r));
	for (i = 0; i < N; i++) {
		r[i].left = &left;
		keychain_lookup(
		    kc, STORE, "work", "anthropic", on_result, &r[i]);
	}
	run();
	for (i = 0; i < N; i++) {
		ck_assert_int_eq(r[i].calls, 1);
		if (r[i].err == RL_OK)
			ok++;
		else if (r[i].err == RL_ERR_LIMIT)
			limited++;
	}
	ck_assert_int_eq(ok, KEYCHAIN_RUNNING + KEYCHAIN_WAITING);
	ck_assert_int_eq(limited, 5);
	no_children();
}
END_TEST

START_TEST(cancels)
{
	struct keychain_call *hang[KEYCHAIN_RUNNING], *waiting;
	struct result none, r;
	int i;

	memset(&none, 0, sizeof(none));
	for (i = 0; i < KEYCHAIN_RUNNING; i++)
		hang[i] = keychain_lookup(
		    kc, STORE, "hang", "anthropic", on_result, &none);
	waiting =
	    keychain_lookup(kc, STORE, "work", "anthropic", on_result, &none);
	keychain_cancel(waiting);
	turn(50);
	for (i = 0; i < KEYCHAIN_RUNNING; i++)
		keychain_cancel(hang[i]);
	/* Their places are free again. */
	r = lookup("work");
	ck_assert_int_eq(r.err, RL_OK);
	ck_assert_int_eq(none.calls, 0);
	no_children();

	/* So is everything at the end, and nobody is called. */
	keychain_lookup(kc, STORE, "hang", "anthropic", on_result, &none);
	keychain_lookup(kc, STORE, "work", "anthropic", on_result, &none);
	keychain_free(kc);
	kc = NULL;
	turn(50);
	ck_assert_int_eq(none.calls, 0);
}
END_TEST

static void
on_chain(void *arg, int err, struct secret *key, const char *text)
{
	secret_free(key);
	keychain_lookup(kc, STORE, "work", "anthropic", on_result, arg);
}

/* A result that ends the loop when it comes. */
static void
expect(struct result *r)
{
	static int left;

	memset(r, 0, sizeof(*r));
	left = 1;
	r->left = &left;
}

START_TEST(reaches_the_vault)
{
	struct keychain_vault vault = { .path = "/v" };
	struct result r;

	/* Without a vault there is nothing to name. */
	expect(&r);
	keychain_lookup(kc, KEYCHAIN_VAULT, "a", "b", on_result, &r);
	run();
	ck_assert_str_eq(r.text, " locked 0");

	vault.generation = 3;
	keychain_set_vault(kc, &vault);
	expect(&r);
	keychain_lookup(kc, KEYCHAIN_VAULT, "a", "b", on_result, &r);
	run();
	ck_assert_int_eq(r.err, RL_OK);
	ck_assert_str_eq(r.text, "/v locked 3");
	ck_assert_uint_eq(vault.generation, 7);

	vault.key = secret_new(VKEY, strlen(VKEY));
	expect(&r);
	keychain_lookup(kc, KEYCHAIN_VAULT, "old", "b", on_result, &r);
	run();
	ck_assert_int_eq(r.err, RL_ERR_DAMAGED);
	ck_assert_str_eq(r.key, "");
	ck_assert_str_eq(r.text, "/v open 7");
	ck_assert_uint_eq(vault.generation, 7);

	/* Never a lower one. */
	vault.generation = 8;
	expect(&r);
	keychain_list(kc, KEYCHAIN_VAULT, on_list, &r);
	run();
	ck_assert_int_eq(r.err, RL_OK);
	ck_assert_str_eq(r.items, "one anthropic;two openai;");
	ck_assert_uint_eq(vault.generation, 8);

	/* Other stores see nothing of it. */
	expect(&r);
	keychain_lookup(kc, "", "work", "anthropic", on_result, &r);
	run();
	ck_assert_int_eq(r.err, RL_OK);
	ck_assert_str_eq(r.key, CANARY);
	expect(&r);
	keychain_lookup(kc, KEYCHAIN_NONE, "work", "a", on_result, &r);
	run();
	ck_assert_int_eq(r.err, RL_ERR_NOTFOUND);
	secret_free(vault.key);
	no_children();
}
END_TEST

START_TEST(unlocks)
{
	static const struct {
		const char *pass;
		int err;
	} tries[] = {
		{ "pass", RL_OK },
		{ "Pass", RL_ERR_PASSPHRASE },
		{ "short", RL_ERR_UNAVAILABLE },
	};
	struct keychain_vault vault = { .path = "/v" };
	struct secret *pass;
	struct result r;
	size_t i;

	vault.key = secret_new("x", 1); /* which this call has no use for */
	keychain_set_vault(kc, &vault);
	for (i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		pass = secret_new(tries[i].pass, strlen(tries[i].pass));
		expect(&r);
		keychain_unlock(kc, KEYCHAIN_VAULT, pass, on_result, &r);
		run();
		ck_assert_int_eq(r.err, tries[i].err);
		ck_assert_str_eq(r.key, r.err == RL_OK ? VKEY : "");
		expect(&r);
		keychain_vault_new(kc, KEYCHAIN_VAULT, pass, on_result, &r);
		run();
		ck_assert_int_eq(r.err, tries[i].err);
		ck_assert_str_eq(r.key, r.err == RL_OK ? VKEY : "");
		secret_free(pass);
	}
	secret_free(vault.key);
	vault.key = secret_new(VKEY, strlen(VKEY));
	/* A processor's time is not held to another program's deadline. */
	pass = secret_new("slow", 4);
	keychain_set_timeout(kc, 300, 300);
	expect(&r);
	keychain_unlock(kc, KEYCHAIN_VAULT, pass, on_result, &r);
	run();
	ck_assert_int_eq(r.err, RL_OK);
	secret_free(pass);
	pass = secret_new("pass", 4);
	expect(&r);
	keychain_vault_passphrase(kc, KEYCHAIN_VAULT, pass, on_result, &r);
	run();
	ck_assert_int_eq(r.err, RL_OK);
	ck_assert_str_eq(r.key, "");
	ck_assert_str_eq(r.text, "/v open 7");
	secret_free(pass);
	secret_free(vault.key);
	no_children();
}
END_TEST

START_TEST(calls_from_a_callback)
{
	struct result r;
	int left = 1;

	memset(&r, 0, sizeof(r));
	r.left = &left;
	keychain_lookup(kc, STORE, "work", "anthropic", on_chain, &r);
	run();
	ck_assert_int_eq(r.err, RL_OK);
	ck_assert_str_eq(r.key, CANARY);
}
END_TEST

struct prompts {
	int n;
	uint64_t client;
	uint32_t id;
	bool leave; /* whoever asked goes as soon as it is asked */
};

static void
on_prompt(void *arg, uint64_t client, uint32_t id)
{
	struct prompts *p = arg;

	p->n++;
	p->client = client;
	p->id = id;
	if (p->leave)
		keychain_client_gone(kc, client);
}

/* One lookup in which somebody can be asked. */
static struct result
lookup_asking(const char *profile)
{
	struct result r;
	int left = 1;

	memset(&r, 0, sizeof(r));
	r.left = &left;
	keychain_may_ask(keychain_lookup(kc, KEYCHAIN_SECRET_SERVICE, profile,
			     "anthropic", on_result, &r),
	    true, 7, 9);
	run();
	ck_assert_int_eq(r.calls, 1);
	no_children();
	return r;
}

/* The same for somebody who goes: at once, or once the helper was started. */
static struct result
lookup_gone(bool started)
{
	struct result r;
	int left = 1;

	memset(&r, 0, sizeof(r));
	r.left = &left;
	keychain_may_ask(keychain_lookup(kc, KEYCHAIN_SECRET_SERVICE,
			     "ask-never", "anthropic", on_result, &r),
	    true, 7, 9);
	if (started)
		keychain_start_waiting(kc);
	keychain_client_gone(kc, 7);
	run();
	ck_assert_int_eq(r.calls, 1);
	no_children();
	return r;
}

START_TEST(asks)
{
	struct prompts p = { 0, 0, 0, false };
	struct result r;

	keychain_on_prompt(kc, on_prompt, &p);
	r = lookup_asking("ask-done");
	ck_assert_int_eq(r.err, RL_OK);
	ck_assert_str_eq(r.key, CANARY);
	ck_assert_int_eq(p.n, 1);
	ck_assert_uint_eq(p.client, 7);
	ck_assert_uint_eq(p.id, 9);
	/* A person has another deadline. */
	keychain_set_timeout(kc, 10000, 300);
	r = lookup_asking("ask-never");
	ck_assert_int_eq(r.err, RL_ERR_TIMEOUT);
	ck_assert_ptr_nonnull(strstr(r.text, "window"));
	keychain_set_timeout(kc, 300, 10000);
	r = lookup_asking("hang");
	ck_assert_int_eq(r.err, RL_ERR_TIMEOUT);
	ck_assert_ptr_null(strstr(r.text, "window"));
	/* Whoever asked has gone. */
	p.leave = true;
	keychain_set_timeout(kc, 10000, 10000);
	r = lookup_asking("ask-stays");
	ck_assert_int_eq(r.err, RL_ERR_DISMISSED);
	r = lookup_asking("ask-never");
	ck_assert_int_eq(r.err, RL_ERR_DISMISSED);
	/* Or had gone before its turn came, or before it was asked. */
	p.n = 0;
	p.leave = false;
	r = lookup_gone(false);
	ck_assert_int_eq(r.err, RL_ERR_LOCKED);
	r = lookup_gone(true);
	ck_assert_int_eq(r.err, RL_ERR_DISMISSED);
	ck_assert_int_eq(p.n, 0);
	/* Where nobody can be asked, nobody is. */
	r = lookup("ask-done");
	ck_assert_int_eq(r.err, RL_ERR_LOCKED);
	r = lookup("ask-unasked");
	ck_assert_int_eq(r.err, RL_ERR_UNAVAILABLE);
	ck_assert_int_eq(p.n, 0);
	/* And not again before that has ended. */
	p.leave = false;
	r = lookup_asking("ask-twice");
	ck_assert_int_eq(r.err, RL_ERR_UNAVAILABLE);
	no_children();
}
END_TEST

/* Calls that ask do not use up the places of those that do not. */
START_TEST(asks_beside_others)
{
	enum { N = KEYCHAIN_PROMPTING };
	struct result asking[N], r;
	struct prompts p = { 0, 0, 0, false };
	int i, left = 1;

	memset(asking, 0, sizeof(asking));
	keychain_on_prompt(kc, on_prompt, &p);
	for (i = 0; i < N; i++)
		keychain_may_ask(
		    keychain_lookup(kc, KEYCHAIN_SECRET_SERVICE, "ask-never",
			"anthropic", on_result, &asking[i]),
		    true, 7, 9);
	while (p.n < N)
		turn(20);
	r = lookup("work");
	ck_assert_int_eq(r.err, RL_OK);
	/* More than that are not asked. */
	memset(&r, 0, sizeof(r));
	r.left = &left;
	keychain_may_ask(keychain_lookup(kc, KEYCHAIN_SECRET_SERVICE,
			     "ask-done", "anthropic", on_result, &r),
	    true, 7, 9);
	run();
	ck_assert_int_eq(r.err, RL_ERR_LOCKED);
	/* Another's end is not theirs. */
	keychain_client_gone(kc, 8);
	turn(50);
	for (i = 0; i < N; i++)
		ck_assert_int_eq(asking[i].calls, 0);
	keychain_client_gone(kc, 7);
	turn(50);
	for (i = 0; i < N; i++)
		ck_assert_int_eq(asking[i].err, RL_ERR_DISMISSED);
	no_children();
}
END_TEST

START_TEST(needs_its_program)
{
	struct result r;

	keychain_free(kc);
	kc = keychain_new(loop, "/nonexistent/ringlet-keychain");
	r = lookup("work");
	ck_assert_int_eq(r.err, RL_ERR_UNAVAILABLE);
	ck_assert_ptr_nonnull(strstr(r.text, "ringlet-keychain"));
	no_children();
}
END_TEST

START_TEST(refuses_what_does_not_fit)
{
	static char big[8193];
	struct secret *key;
	struct result r;
	int left = 1;

	memset(big, 'k', sizeof(big));
	memset(&r, 0, sizeof(r));
	r.left = &left;
	key = secret_new(big, sizeof(big));
	keychain_store(kc, STORE, "work", "anthropic", key, on_result, &r);
	secret_free(key);
	run();
	ck_assert_int_eq(r.err, RL_ERR_INVALID);
	no_children();
}
END_TEST

int
main(void)
{
	Suite *s;
	TCase *tc;
	SRunner *sr;
	ssize_t n;
	int failed;

	if (fd_is(PROC_CHANNEL_FD, FD_SOCKET) && getenv("PATH") == NULL)
		return keyhelper_main();
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n == -1)
		return 1;
	self[n] = '\0';
	s = suite_create("keychain");
	tc = tcase_create("calls");
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, hands_keys_on);
	tcase_add_test(tc, stores_and_deletes);
	tcase_add_test(tc, tells_errors);
	tcase_add_loop_test(tc, ends_liars, 0, 3);
	tcase_add_test(tc, keeps_the_deadline);
	tcase_add_test(tc, gives_a_small_environment);
	tcase_add_test(tc, queues_and_limits);
	tcase_add_test(tc, cancels);
	tcase_add_test(tc, reaches_the_vault);
	tcase_add_test(tc, unlocks);
	tcase_add_test(tc, calls_from_a_callback);
	tcase_add_test(tc, asks);
	tcase_add_test(tc, asks_beside_others);
	tcase_add_test(tc, needs_its_program);
	tcase_add_test(tc, refuses_what_does_not_fit);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
