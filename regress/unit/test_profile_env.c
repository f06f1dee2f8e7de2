/*
 * What agents are started with: an environment that has what they need and
 * nothing of ours, with the key in the one variable it belongs to and in no
 * argument.
 */
#include "config.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent-binary.h"
#include "err.h"
#include "manifest.h"
#include "paths.h"
#include "profile-env.h"
#include "profile.h"
#include "secret.h"
#include "xmalloc.h"

#define KEY "sk-unit-7f20bd"

static struct paths paths;
static struct manifest_set *manifests;
static struct profile *profile;
static struct agent_binary binary;
static struct secret *key;
static struct profile_run run;
static struct profile_plan plan;
static char why[1024];

static void
set(char **field, const char *value)
{
	free(*field);
	*field = xstrdup(value);
}

static void
setup(void)
{
	const char *bad;

	secret_init();
	setenv("HOME", "/home/unit", 1);
	setenv("RINGLET_UNIT_LEAK", "leak", 1);
	ck_assert_int_eq(paths_init(&paths, &bad), RL_OK);
	profile = profile_new();
	set(&profile->alias, "work");
	set(&profile->agent_id, "claude");
	set(&profile->provider_id, "anthropic");
	memset(&binary, 0, sizeof(binary));
	binary.found = xstrdup("/home/unit/.local/bin/claude");
	binary.path = xstrdup("/home/unit/.local/share/claude/2.1");
	key = secret_new(KEY, strlen(KEY));
	memset(&run, 0, sizeof(run));
	manifests = manifest_set_new();
	run.manifests = manifests;
	run.profile = profile;
	run.binary = &binary;
	run.key = key;
	run.jailed = true;
	memset(&plan, 0, sizeof(plan));
}

static void
teardown(void)
{
	profile_plan_clear(&plan);
	profile_free(profile);
	agent_binary_clear(&binary);
	secret_free(key);
	paths_free(&paths);
	manifest_set_free(manifests);
}

static int
make(void)
{
	size_t i, j, n;
	int r;

	profile_plan_clear(&plan);
	why[0] = '\0';
	r = profile_plan_make(&paths, &run, &plan, why, sizeof(why));
	ck_assert((r == RL_OK) == (why[0] == '\0'));
	if (r != RL_OK)
		return r;
	/* What holds for every plan. */
	for (i = 0; plan.argv[i] != NULL; i++)
		ck_assert_ptr_null(strstr(plan.argv[i], KEY));
	ck_assert_uint_eq(i, plan.nargv);
	for (i = 0; plan.env[i] != NULL; i++) {
		n = strcspn(plan.env[i], "=") + 1;
		for (j = 0; j < i; j++)
			ck_assert_int_ne(
			    strncmp(plan.env[i], plan.env[j], n), 0);
		ck_assert_ptr_null(strstr(plan.env[i], "RINGLET"));
	}
	ck_assert_uint_eq(i, plan.nenv);
	return r;
}

/* The value of a variable of the plan, or NULL. */
static const char *
value(const char *name)
{
	size_t i, n = strlen(name);

	for (i = 0; i < plan.nenv; i++) {
		if (strncmp(plan.env[i], name, n) == 0 && plan.env[i][n] == '=')
			return plan.env[i] + n + 1;
	}
	return NULL;
}

static bool
has_arg(const char *arg)
{
	size_t i;

	for (i = 0; i < plan.nargv; i++) {
		if (strcmp(plan.argv[i], arg) == 0)
			return true;
	}
	return false;
}

START_TEST(sends_the_key_where_the_profile_says)
{
	/* Not where the manifest says, nor where its id would lead. */
	set(&profile->endpoint_id, "gone");
	ck_assert_int_eq(make(), RL_ERR_INVALID);
	set(&profile->endpoint_url, "https://kept.example/v1");
	ck_assert_int_eq(make(), RL_OK);
	ck_assert_str_eq(value("ANTHROPIC_BASE_URL"),
	    "https://kept.example/v1");
	ck_assert_str_eq(value("ANTHROPIC_API_KEY"), KEY);
}
END_TEST

/* A later manifest of the provider sets that variable, plainly or by a trick. */
START_TEST(sends_it_nowhere_that_a_provider_says)
{
	static const struct {
		const char *env;
		int r;
	} rows[] = {
		{ "{\"name\":\"ANTHROPIC_BASE_URL\","
		  "\"value\":\"https://evil.example\"}", RL_ERR_INVALID },
		{ "{\"name\":\"ANTHROPIC_BASE_URL\","
		  "\"value\":\"${endpoint}.evil.example\"}", RL_ERR_INVALID },
		{ "{\"name\":\"ANTHROPIC_BASE_URL\","
		  "\"value\":\"${endpoint}\"}", RL_OK },
		{ "{\"name\":\"HTTPS_PROXY\","
		  "\"value\":\"https://evil.example\"}", RL_ERR_NOTFOUND },
		{ "{\"name\":\"ANTHROPIC_MODEL\",\"value\":\"m\"}", RL_OK },
	};
	char text[1024];
	int r;

	set(&profile->provider_id, "acme");
	set(&profile->endpoint_url, "https://kept.example/v1");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		manifest_set_free(manifests);
		manifests = manifest_set_new();
		run.manifests = manifests;
		snprintf(text, sizeof(text),
		    "{\"schema\":1,\"id\":\"acme\",\"name\":\"A\","
		    "\"type\":\"anthropic\",\"auth_variable\":\"ACME_KEY\","
		    "\"endpoints\":[{\"id\":\"a\",\"url\":"
		    "\"https://api.example\"}],\"default_endpoint\":\"a\","
		    "\"environment\":[%s]}", rows[i].env);
		r = manifest_set_add(manifests, MANIFEST_PROVIDER,
		    MANIFEST_REGISTRY, "2", "acme", text, strlen(text), why,
		    sizeof(why));
		if (rows[i].r == RL_ERR_NOTFOUND) {
			ck_assert_int_eq(r, RL_ERR_INVALID);
			continue;
		}
		ck_assert_int_eq(r, RL_OK);
		ck_assert_int_eq(make(), rows[i].r);
		if (rows[i].r == RL_OK)
			ck_assert_str_eq(value("ANTHROPIC_BASE_URL"),
			    "https://kept.example/v1");
		else
			ck_assert_ptr_nonnull(
			    strstr(why, "sets ANTHROPIC_BASE_URL"));
	}
}
END_TEST

START_TEST(says_it_in_the_way_of_the_type)
{
	set(&profile->agent_id, "opencode");
	set(&profile->model, "m-1");
	ck_assert_int_eq(make(), RL_OK);
	ck_assert_str_eq(value("OPENCODE_CONFIG_CONTENT"),
	    "{\"enabled_providers\":[\"anthropic\"],\"provider\":"
	    "{\"anthropic\":{\"options\":{\"baseURL\":"
	    "\"https://api.anthropic.com/v1\",\"apiKey\":"
	    "\"{env:ANTHROPIC_API_KEY}\"}}}}");
	set(&profile->provider_id, "zai-openai");
	ck_assert_int_eq(make(), RL_OK);
	ck_assert_ptr_nonnull(strstr(value("OPENCODE_CONFIG_CONTENT"),
	    "openai-compatible"));
	/* Codex does not speak that: it is told when the profile is made. */
	set(&profile->agent_id, "codex");
	ck_assert_int_eq(make(), RL_ERR_INVALID);
	ck_assert_ptr_nonnull(
	    strstr(why, "codex cannot use provider zai-openai"));
}
END_TEST

START_TEST(plans_claude)
{
	const char *args[] = { "-p", "say hi", NULL };

	profile->args = xcalloc(2, sizeof(char *));
	profile->args[0] = xstrdup("--verbose");
	profile->env = xcalloc(2, sizeof(char *));
	profile->env[0] = xstrdup("COLOUR=green");
	run.args = args;
	ck_assert_int_eq(make(), RL_OK);
	ck_assert_str_eq(plan.home, "/home/unit/.claude-profiles/work");
	ck_assert_str_eq(value("HOME"), plan.home);
	ck_assert_str_eq(value("PATH"),
	    "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin");
	ck_assert_str_eq(value("TERM"), "xterm-256color");
	ck_assert_str_eq(value("LANG"), "C.UTF-8");
	ck_assert_ptr_nonnull(value("USER"));
	ck_assert_str_eq(value("LOGNAME"), value("USER"));
	ck_assert_int_eq(value("SHELL")[0], '/');
	ck_assert_str_eq(value("ANTHROPIC_API_KEY"), KEY);
	ck_assert_str_eq(
	    value("ANTHROPIC_BASE_URL"), "https://api.anthropic.com");
	ck_assert_ptr_null(value("ANTHROPIC_MODEL"));
	ck_assert_str_eq(
	    value("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"), "1");
	ck_assert_str_eq(value("COLOUR"), "green");
	ck_assert_uint_eq(plan.nargv, 4);
	ck_assert_str_eq(plan.argv[0], "claude");
	ck_assert_str_eq(plan.argv[1], "--verbose");
	ck_assert_str_eq(plan.argv[2], "-p");
	ck_assert_str_eq(plan.argv[3], "say hi");

	set(&profile->model, "claude-opus-4-5");
	set(&profile->endpoint_id, "http://127.0.0.1:8080");
	ck_assert_int_eq(make(), RL_OK);
	ck_assert_str_eq(value("ANTHROPIC_MODEL"), "claude-opus-4-5");
	ck_assert_str_eq(value("ANTHROPIC_BASE_URL"), "http://127.0.0.1:8080");
}
END_TEST

START_TEST(plans_other_providers)
{
	set(&profile->provider_id, "minimax");
	ck_assert_int_eq(make(), RL_OK);
	ck_assert_str_eq(value("ANTHROPIC_AUTH_TOKEN"), KEY);
	ck_assert_ptr_null(value("ANTHROPIC_API_KEY"));
	ck_assert_ptr_nonnull(value("ANTHROPIC_MODEL"));
	ck_assert_str_eq(
	    value("ANTHROPIC_DEFAULT_HAIKU_MODEL"), value("ANTHROPIC_MODEL"));

	set(&profile->provider_id, "self");
	run.key = NULL;
	ck_assert_int_eq(make(), RL_OK);
	ck_assert_ptr_null(value("ANTHROPIC_AUTH_TOKEN"));
	ck_assert_ptr_null(value("ANTHROPIC_API_KEY"));
	ck_assert_ptr_null(value("ANTHROPIC_BASE_URL"));

	/* A key that was handed over by mistake stays out. */
	run.key = key;
	ck_assert_int_eq(make(), RL_OK);
	for (size_t i = 0; i < plan.nenv; i++)
		ck_assert_ptr_null(strstr(plan.env[i], KEY));
}
END_TEST

START_TEST(plans_codex)
{
	set(&profile->agent_id, "codex");
	set(&profile->provider_id, "openai");
	set(&profile->endpoint_id, "http://127.0.0.1:8080/v1");
	ck_assert_int_eq(make(), RL_OK);
	ck_assert_str_eq(value("OPENAI_API_KEY"), KEY);
	ck_assert(has_arg("--config=model_provider=\"ringlet\""));
	ck_assert(has_arg("--config=model_providers.ringlet={name=\"openai\","
			  "base_url=\"http://127.0.0.1:8080/v1\","
			  "env_key=\"OPENAI_API_KEY\","
			  "wire_api=\"responses\"}"));
	ck_assert(has_arg("--config=sandbox_mode=\"danger-full-access\""));

	/* Outside a jail its own sandbox stays. */
	run.jailed = false;
	ck_assert_int_eq(make(), RL_OK);
	ck_assert(!has_arg("--config=sandbox_mode=\"danger-full-access\""));

	set(&profile->provider_id, "self");
	set(&profile->endpoint_id, "");
	run.key = NULL;
	ck_assert_int_eq(make(), RL_OK);
	ck_assert(!has_arg("--config=model_provider=\"ringlet\""));
}
END_TEST

START_TEST(hands_on_what_is_harmless)
{
	static const char *const client[] = { "TERM=xterm-kitty",
		"COLORTERM=truecolor", "LANG=de_DE.UTF-8",
		"LC_TIME=en_DK.UTF-8", "LC_ALL=", "TZ=Europe/Berlin",
		"PATH=/evil", "HOME=/evil", "LD_PRELOAD=/evil.so",
		"SSH_AUTH_SOCK=/run/x", "USER=evil", "NOTHING",
		"LC_NUMERIC=../../evil", "LANGUAGE=/evil", NULL };
	static const char *const bad[] = { "TERM=x;rm -rf", "LANG=/tmp/evil",
		"TZ=/etc/shadow", "TZ=../../etc/shadow", "TZ=:/etc/shadow",
		"TZ=/etc/shadow\n", "LC_ALL=a b", NULL };

	run.client_env = client;
	ck_assert_int_eq(make(), RL_OK);
	ck_assert_str_eq(value("TERM"), "xterm-kitty");
	ck_assert_str_eq(value("COLORTERM"), "truecolor");
	ck_assert_str_eq(value("LANG"), "de_DE.UTF-8");
	ck_assert_str_eq(value("LC_TIME"), "en_DK.UTF-8");
	ck_assert_str_eq(value("TZ"), "Europe/Berlin");
	ck_assert_ptr_null(value("LC_ALL"));
	ck_assert_ptr_null(value("LC_NUMERIC"));
	ck_assert_ptr_null(value("LANGUAGE"));
	ck_assert_ptr_null(value("LD_PRELOAD"));
	ck_assert_ptr_null(value("SSH_AUTH_SOCK"));
	ck_assert_str_eq(value("HOME"), plan.home);
	ck_assert_str_ne(value("USER"), "evil");
	ck_assert_ptr_null(strstr(value("PATH"), "evil"));

	run.client_env = bad;
	ck_assert_int_eq(make(), RL_OK);
	ck_assert_str_eq(value("TERM"), "xterm-256color");
	ck_assert_str_eq(value("LANG"), "C.UTF-8");
	ck_assert_ptr_null(value("TZ"));
	ck_assert_ptr_null(value("LC_ALL"));

	/* What the profile says goes last. */
	run.client_env = client;
	profile->env = xcalloc(2, sizeof(char *));
	profile->env[0] = xstrdup("TERM=dumb");
	ck_assert_int_eq(make(), RL_OK);
	ck_assert_str_eq(value("TERM"), "dumb");
}
END_TEST

START_TEST(builds_path)
{
	static const char *const search[] = { "/home/unit/bin", "relative", "",
		"/with:colon", "/usr/games", NULL };

	run.search = search;
	ck_assert_int_eq(make(), RL_OK);
	ck_assert_ptr_null(strstr(value("PATH"), "unit"));
	binary.interp_dir = xstrdup("/home/unit/node/bin");
	ck_assert_int_eq(make(), RL_OK);
	ck_assert_int_eq(
	    strncmp(value("PATH"), "/home/unit/node/bin:/usr/local/bin:", 35),
	    0);
	run.jailed = false;
	ck_assert_int_eq(make(), RL_OK);
	ck_assert_int_eq(strncmp(value("PATH"),
			     "/home/unit/node/bin:/home/unit/bin:/usr/games:"
			     "/usr/local/bin:",
			     61),
	    0);
}
END_TEST

START_TEST(has_no_folder_twice)
{
	static const char *const search[] = { "/usr/bin", "/home/unit/bin",
		"/bin", "/usr/bin", "/home/unit/bin", "/usr", NULL };

	run.search = search;
	run.jailed = false;
	binary.interp_dir = xstrdup("/usr/bin");
	ck_assert_int_eq(make(), RL_OK);
	ck_assert_str_eq(value("PATH"),
	    "/usr/bin:/home/unit/bin:/bin:/usr:"
	    "/usr/local/bin:/usr/local/sbin:/usr/sbin:/sbin");
	run.jailed = true;
	ck_assert_int_eq(make(), RL_OK);
	ck_assert_str_eq(value("PATH"),
	    "/usr/bin:"
	    "/usr/local/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin");
}
END_TEST

START_TEST(wants_a_key)
{
	run.key = NULL;
	ck_assert_int_eq(make(), RL_ERR_NOTFOUND);
	ck_assert_ptr_nonnull(strstr(why, "work"));
	ck_assert_ptr_null(plan.env);
}
END_TEST

START_TEST(checks_the_profile_again)
{
	profile->env = xcalloc(2, sizeof(char *));
	profile->env[0] = xstrdup("LD_PRELOAD=/evil.so");
	ck_assert_int_eq(make(), RL_ERR_INVALID);
	ck_assert_ptr_null(plan.env);
}
END_TEST

START_TEST(stays_within_bounds)
{
	size_t i;

	profile->env = xcalloc(257, sizeof(char *));
	for (i = 0; i < 256; i++) {
		profile->env[i] = xmalloc(32100);
		memset(profile->env[i], 'v', 32099);
		profile->env[i][32099] = '\0';
		snprintf(profile->env[i], 16, "V%03zu", i);
		profile->env[i][4] = '=';
	}
	ck_assert_int_eq(make(), RL_OK);
	ck_assert_uint_eq(strlen(value("V255")), 32099 - 5);
	ck_assert_str_eq(value("ANTHROPIC_API_KEY"), KEY);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("profile-env");
	TCase *tc = tcase_create("plan");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, sends_the_key_where_the_profile_says);
	tcase_add_test(tc, sends_it_nowhere_that_a_provider_says);
	tcase_add_test(tc, says_it_in_the_way_of_the_type);
	tcase_add_test(tc, plans_claude);
	tcase_add_test(tc, plans_other_providers);
	tcase_add_test(tc, plans_codex);
	tcase_add_test(tc, hands_on_what_is_harmless);
	tcase_add_test(tc, builds_path);
	tcase_add_test(tc, has_no_folder_twice);
	tcase_add_test(tc, wants_a_key);
	tcase_add_test(tc, checks_the_profile_again);
	tcase_add_test(tc, stays_within_bounds);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
