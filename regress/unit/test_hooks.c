/*
 * Hooks as a profile's file and Claude Code's settings have them: what is
 * refused and how that is told, what is approved by which hash, and that no
 * change of anything of a hook leaves it approved.
 */
#include "config.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "hook.h"
#include "hooks.h"
#include "profile.h"

#define NELEM(a) (int)(sizeof(a) / sizeof((a)[0]))

static char why[512];

static const struct msg_hook_text guard = { "PreToolUse", "Bash|Edit",
	"sh -c 'exit 2'", 60 };

/* --- what a hook may be --- */

static char long_text[HOOK_COMMAND_MAX + 2];

static const struct {
	struct msg_hook_text text;
	const char *says; /* NULL: it may be */
} checked[] = {
	{ { "PreToolUse", "", "x", 1 }, NULL },
	{ { "PostToolUse", "*", "x", HOOK_TIMEOUT_MAX }, NULL },
	{ { "Notification", "permission_prompt", "x", 60 }, NULL },
	{ { "Stop", "", "printf 'a\nb' \"$x\" `y` \\ \t\x01", 60 }, NULL },
	{ { "PreToolUse", "mcp__.*__write.*", "x", 60 }, NULL },
	{ { "PreToolUse", "^(Edit|Write)[A-Z]?$", "x", 60 }, NULL },
	{ { "PreToolUse", "[(]\\)\\[", "x", 60 }, NULL },
	{ { "", "", "x", 60 }, "event" },
	{ { "SessionStart", "", "x", 60 }, "event" },
	{ { "pretooluse", "", "x", 60 }, "event" },
	{ { "Stop", "x", "x", 60 }, "Stop has none" },
	{ { "PreToolUse", "(Bash", "x", 60 }, "lacks a )" },
	{ { "PreToolUse", "Bash)", "x", 60 }, ") too many" },
	{ { "PreToolUse", "[Bash", "x", 60 }, "lacks a ]" },
	{ { "PreToolUse", "Bash]", "x", 60 }, "] too many" },
	{ { "PreToolUse", "Bash\\", "x", 60 }, "backslash" },
	{ { "PreToolUse", "*x", "x", 60 }, "repetition" },
	{ { "PreToolUse", "Bash|*", "x", 60 }, "repetition" },
	{ { "PreToolUse", "(+a)", "x", 60 }, "repetition" },
	{ { "PreToolUse", "Bash**", "x", 60 }, "repetition" },
	{ { "PreToolUse", "Bash.+*", "x", 60 }, "repetition" },
	{ { "PreToolUse", "Bash{2,1}", "x", 60 }, "brace" },
	{ { "PreToolUse", "[z-a]", "x", 60 }, "range" },
	{ { "PreToolUse", "Bash$*", "x", 60 }, "repetition" },
	{ { "PreToolUse", "\\b+", "x", 60 }, "repetition" },
	{ { "PreToolUse", "[]", "x", 60 }, "empty set" },
	{ { "PreToolUse", "(?Bash)", "x", 60 }, "(?" },
	{ { "PreToolUse", "a\nb", "x", 60 }, "control character" },
	{ { "PreToolUse", "\xff", "x", 60 }, "UTF-8" },
	{ { "PreToolUse", long_text, "x", 60 }, "longer" },
	{ { "PreToolUse", "", "", 60 }, "command: is empty" },
	{ { "PreToolUse", "", "\xc3", 60 }, "UTF-8" },
	{ { "PreToolUse", "", long_text, 60 }, "longer" },
	{ { "PreToolUse", "", "x", 0 }, "timeout" },
	{ { "PreToolUse", "", "x", HOOK_TIMEOUT_MAX + 1 }, "timeout" },
};

START_TEST(knows_what_a_hook_may_be)
{
	memset(long_text, 'x', sizeof(long_text) - 1);
	if (checked[_i].says == NULL) {
		ck_assert_msg(
		    hook_check(&checked[_i].text, why, sizeof(why)) == 0, "%s",
		    why);
		return;
	}
	ck_assert_int_eq(
	    hook_check(&checked[_i].text, why, sizeof(why)), RL_ERR_INVALID);
	ck_assert_msg(strstr(why, checked[_i].says) != NULL, "%s", why);
}
END_TEST

/* Two hooks that differ in anything, or in where one text ends, differ. */
START_TEST(hashes_all_of_it)
{
	static const struct msg_hook_text others[] = {
		{ "PostToolUse", "Bash|Edit", "sh -c 'exit 2'", 60 },
		{ "PreToolUse", "Bash|Edit ", "sh -c 'exit 2'", 60 },
		{ "PreToolUse", "Bash|Edits", "h -c 'exit 2'", 60 },
		{ "PreToolUse", "Bash|Edit", "sh -c 'exit 2' ", 60 },
		{ "PreToolUse", "Bash|Edit", "sh -c 'exit 2'", 6 },
	};
	char a[HOOK_HASH_LEN + 1], b[HOOK_HASH_LEN + 1];

	hook_hash(&guard, a);
	ck_assert(hook_hash_ok(a));
	hook_hash(&guard, b);
	ck_assert_str_eq(a, b);
	for (int i = 0; i < NELEM(others); i++) {
		hook_hash(&others[i], b);
		ck_assert_str_ne(a, b);
	}
	ck_assert(!hook_hash_ok(""));
	a[0] = 'A';
	ck_assert(!hook_hash_ok(a));
}
END_TEST

/* --- the list --- */

static size_t
add(struct hooks *hs, const struct msg_hook_text *t)
{
	size_t at;

	ck_assert_msg(
	    hooks_add(hs, t, -1, 1000, "cli", &at, why, sizeof(why)) == 0, "%s",
	    why);
	return at;
}

static void
approve(struct hooks *hs, const char *event, uint64_t index)
{
	const struct msg_hook_text t = hook_text(hooks_at(hs, event, index));
	char hash[HOOK_HASH_LEN + 1];

	hook_hash(&t, hash);
	ck_assert_int_eq(hooks_approve(hs, event, index, hash, 2000), 0);
}

START_TEST(approves_by_hash)
{
	static const struct msg_hook_text stop = { "Stop", "", "x", 1 },
					  other = { "PreToolUse", "Bash|Edit",
						  "sh -c 'exit 0'", 60 };
	struct hooks hs = { NULL, 0 };
	char hash[HOOK_HASH_LEN + 1];

	add(&hs, &guard);
	add(&hs, &stop);
	ck_assert(!hook_is_approved(&hs.v[0]));
	hook_hash(&other, hash);
	ck_assert_int_eq(
	    hooks_approve(&hs, "PreToolUse", 0, hash, 1), RL_ERR_STATE);
	ck_assert_int_eq(
	    hooks_approve(&hs, "PreToolUse", 1, hash, 1), RL_ERR_NOTFOUND);
	ck_assert(!hook_is_approved(&hs.v[0]));
	approve(&hs, "PreToolUse", 0);
	ck_assert(hook_is_approved(&hs.v[0]));
	ck_assert(!hook_is_approved(&hs.v[1]));
	/* In its place: what was approved is kept, and is no approval. */
	ck_assert_int_eq(
	    hooks_add(&hs, &other, 0, 3000, "http", NULL, why, sizeof(why)), 0);
	ck_assert(!hook_is_approved(&hs.v[0]));
	ck_assert_str_eq(hs.v[0].command, other.command);
	ck_assert_str_eq(hs.v[0].added_by, "http");
	ck_assert_str_eq(hs.v[0].approved.command, guard.command);
	/* As it was, it is approved. */
	ck_assert_int_eq(
	    hooks_add(&hs, &guard, 0, 3000, "http", NULL, why, sizeof(why)), 0);
	ck_assert(hook_is_approved(&hs.v[0]));
	hooks_clear(&hs);
}
END_TEST

START_TEST(counts_by_event)
{
	static const struct msg_hook_text a = { "Stop", "", "a", 1 },
					  b = { "PreToolUse", "", "b", 1 },
					  c = { "Stop", "", "c", 1 };
	struct hooks hs = { NULL, 0 };

	add(&hs, &a);
	add(&hs, &b);
	ck_assert_uint_eq(add(&hs, &c), 2);
	ck_assert_uint_eq(hooks_index(&hs, 2), 1);
	ck_assert_ptr_eq(hooks_at(&hs, "Stop", 1), &hs.v[2]);
	ck_assert_ptr_null(hooks_at(&hs, "Stop", 2));
	ck_assert_int_eq(hooks_remove(&hs, "Stop", 2), RL_ERR_NOTFOUND);
	ck_assert_int_eq(hooks_remove(&hs, "Stop", 0), 0);
	ck_assert_uint_eq(hs.n, 2);
	ck_assert_str_eq(hooks_at(&hs, "Stop", 0)->command, "c");
	ck_assert_int_eq(
	    hooks_add(&hs, &c, -1, 1, "cli", NULL, why, sizeof(why)),
	    RL_ERR_EXISTS);
	ck_assert_int_eq(
	    hooks_add(&hs, &a, 7, 1, "cli", NULL, why, sizeof(why)),
	    RL_ERR_NOTFOUND);
	hooks_clear(&hs);
}
END_TEST

START_TEST(bounds_their_number)
{
	struct msg_hook_text t = { "Stop", "", "x", 1 };
	struct hooks hs = { NULL, 0 };

	for (t.timeout = 1; t.timeout <= HOOKS_MAX; t.timeout++)
		add(&hs, &t);
	ck_assert_int_eq(
	    hooks_add(&hs, &t, -1, 1, "cli", NULL, why, sizeof(why)),
	    RL_ERR_LIMIT);
	ck_assert_uint_eq(hs.n, HOOKS_MAX);
	hooks_clear(&hs);
}
END_TEST

/* --- a profile's file --- */

#define HEAD                                                                   \
	"{\"version\":1,\"alias\":\"a\",\"agent_id\":\"claude\","              \
	"\"provider_id\":\"self\",\"hooks\":"
#define HOOK(more)                                                             \
	"{\"event\":\"Stop\",\"matcher\":\"\",\"command\":\"x\","              \
	"\"timeout\":1,\"added_at\":1,\"added_by\":\"cli\"" more "}"

START_TEST(keeps_them_in_the_file)
{
	struct profile *p = profile_new(), *q = NULL;
	char *text;

	free(p->alias);
	free(p->agent_id);
	free(p->provider_id);
	p->alias = strdup("a");
	p->agent_id = strdup("claude");
	p->provider_id = strdup("self");
	add(&p->hooks, &guard);
	add(&p->hooks, &(struct msg_hook_text){
			   "Stop", "", "printf 'a\nb' \"\\\" \x01", 5 });
	approve(&p->hooks, "PreToolUse", 0);
	text = profile_format(p);
	ck_assert_msg(
	    profile_parse(text, strlen(text), "a", &q, why, sizeof(why)) == 0,
	    "%s", why);
	ck_assert_uint_eq(q->hooks.n, 2);
	ck_assert(hook_is_approved(&q->hooks.v[0]));
	ck_assert(!hook_is_approved(&q->hooks.v[1]));
	ck_assert_str_eq(q->hooks.v[1].command, p->hooks.v[1].command);
	ck_assert_int_eq((int)q->hooks.v[0].approved.at, 2000);
	free(text);
	profile_free(p);
	profile_free(q);
}
END_TEST

static const struct {
	const char *text, *says;
} files[] = {
	{ HEAD "[]}", NULL },
	{ HEAD "[" HOOK("") "]}", NULL },
	{ HEAD "[" HOOK(",\"approved\":null") "]}", NULL },
	{ HEAD "{}}", "hooks: must be an array" },
	{ HEAD "[1]}", "hooks[0]: is not an object" },
	{ HEAD "[{}]}", "hooks[0]: member 'event' is missing" },
	{ HEAD "[" HOOK("") "," HOOK("") "]}", "hooks[1]: comes twice" },
	{ HEAD "[" HOOK(",\"run\":true") "]}", "member 'run'" },
	{ HEAD "[" HOOK(",\"approved\":true") "]}", "member 'approved'" },
	{ HEAD "[" HOOK(",\"approved\":{}") "]}", "'approved.event'" },
	{ HEAD "[{\"event\":\"x\",\"matcher\":\"\",\"command\":\"x\","
	       "\"timeout\":1,\"added_at\":1,\"added_by\":\"\"}]}",
	    "hooks[0]: event" },
	{ HEAD "[" HOOK(",\"approved\":{\"event\":\"Stop\",\"matcher\":\"\","
			"\"command\":\"x\",\"timeout\":1,\"at\":1,\"hash\":"
			"\"00\"}") "]}",
	    "'approved.hash' is not that of the text" },
};

START_TEST(reads_files_strictly)
{
	struct profile *p = NULL;
	int r;

	r = profile_parse(
	    files[_i].text, strlen(files[_i].text), "a", &p, why, sizeof(why));
	if (files[_i].says == NULL)
		ck_assert_msg(r == 0, "%s", why);
	else {
		ck_assert_int_eq(r, RL_ERR_INVALID);
		ck_assert_msg(strstr(why, files[_i].says) != NULL, "%s", why);
	}
	profile_free(p);
}
END_TEST

/* --- Claude Code's settings --- */

#define SET(hooks) "{\"model\":\"x\",\"hooks\":" hooks "}"
#define PRE(entry) SET("{\"PreToolUse\":[" entry "]}")
#define CMD(more)  "{\"type\":\"command\",\"command\":\"x\"" more "}"

static const struct {
	const char *text, *says;
} settings[] = {
	{ SET("{}"), NULL },
	{ PRE("{\"matcher\":\"Bash\",\"hooks\":[" CMD("") "]}"), NULL },
	{ PRE("{\"hooks\":[" CMD(",\"timeout\":5") "," CMD("") "]}"), NULL },
	{ SET("{\"Stop\":[{\"matcher\":\"*\",\"hooks\":[" CMD("") "]}]}"),
	    NULL },
	{ "[]", "not a JSON object" },
	{ "{}", "no member 'hooks'" },
	{ SET("[]"), "'hooks' must be an object" },
	{ SET("{\"SessionStart\":[]}"), "event 'SessionStart'" },
	{ SET("{\"\\u001b[2J\":[]}"), "event '\\x1b[2J'" },
	{ SET("{\"Stop\":{}}"), "'hooks.Stop' must be an array" },
	{ PRE("1"), "hooks.PreToolUse[0]: is not an object" },
	{ PRE("{}"), "'hooks' must be an array" },
	{ PRE("{\"hooks\":[],\"if\":\"x\"}"), "member 'if'" },
	{ PRE("{\"matcher\":1,\"hooks\":[]}"), "'matcher' must be a string" },
	{ PRE("{\"matcher\":\"(\",\"hooks\":[" CMD("") "]}"), "lacks a )" },
	{ PRE("{\"hooks\":[1]}"), "hooks.PreToolUse[0].hooks[0]: is not" },
	{ PRE("{\"hooks\":[{\"type\":\"prompt\",\"prompt\":\"x\"}]}"),
	    "type is not \"command\"" },
	{ PRE("{\"hooks\":[{\"type\":\"command\"}]}"), "'command' must be" },
	{ PRE("{\"hooks\":[{\"type\":\"command\",\"command\":\"a\\u0000b\"}]}"),
	    "without NUL" },
	{ PRE("{\"hooks\":[" CMD(",\"async\":true") "]}"), "member 'async'" },
	{ PRE("{\"hooks\":[" CMD(",\"timeout\":0.5") "]}"), "'timeout'" },
	{ PRE("{\"hooks\":[" CMD(",\"timeout\":-1") "]}"), "'timeout'" },
	{ PRE("{\"hooks\":[" CMD(",\"timeout\":99999") "]}"), "timeout" },
};

START_TEST(reads_settings)
{
	struct msg_hook_text *v;
	size_t n;
	int r;

	r = hook_texts_parse(settings[_i].text, strlen(settings[_i].text), &v,
	    &n, why, sizeof(why));
	if (settings[_i].says == NULL)
		ck_assert_msg(r == 0, "%s", why);
	else {
		ck_assert_int_eq(r, RL_ERR_INVALID);
		ck_assert_msg(
		    strstr(why, settings[_i].says) != NULL, "%s", why);
		ck_assert_ptr_null(v);
	}
	hook_texts_free(v, n);
}
END_TEST

START_TEST(writes_what_it_reads)
{
	static const struct msg_hook_text texts[] = {
		{ "PreToolUse", "Bash", "a 'b' \"c\"\n\\", 5 },
		{ "PreToolUse", "Bash", "d", 60 },
		{ "PreToolUse", "", "e", 60 },
		{ "PreToolUse", "Bash", "f", 60 },
		{ "Stop", "", "g", 60 },
	};
	struct msg_hook_text *v;
	json_t *hooks = hook_texts_json(texts, NELEM(texts));
	size_t n;

	ck_assert_uint_eq(
	    json_array_size(json_object_get(hooks, "PreToolUse")), 3);
	ck_assert_msg(
	    hook_texts_read(hooks, &v, &n, why, sizeof(why)) == 0, "%s", why);
	ck_assert_uint_eq(n, NELEM(texts));
	for (size_t i = 0; i < n; i++) {
		ck_assert_str_eq(v[i].event, texts[i].event);
		ck_assert_str_eq(v[i].matcher, texts[i].matcher);
		ck_assert_str_eq(v[i].command, texts[i].command);
		ck_assert_uint_eq(v[i].timeout, texts[i].timeout);
	}
	hook_texts_free(v, n);
	json_decref(hooks);
}
END_TEST

START_TEST(takes_so_many_and_no_more)
{
	json_t *list = json_array(), *hooks;
	struct msg_hook_text *v;
	size_t n;

	for (int i = 0; i <= HOOKS_MAX; i++)
		json_array_append_new(
		    list, json_pack("{s:[{s:s, s:s}]}", "hooks", "type",
			      "command", "command", "x"));
	hooks = json_pack("{s:o}", "Stop", list);
	ck_assert_int_eq(
	    hook_texts_read(hooks, &v, &n, why, sizeof(why)), RL_ERR_LIMIT);
	json_decref(hooks);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("hooks");
	TCase *tc = tcase_create("hooks");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc, knows_what_a_hook_may_be, 0, NELEM(checked));
	tcase_add_test(tc, hashes_all_of_it);
	tcase_add_test(tc, approves_by_hash);
	tcase_add_test(tc, counts_by_event);
	tcase_add_test(tc, bounds_their_number);
	tcase_add_test(tc, keeps_them_in_the_file);
	tcase_add_loop_test(tc, reads_files_strictly, 0, NELEM(files));
	tcase_add_loop_test(tc, reads_settings, 0, NELEM(settings));
	tcase_add_test(tc, writes_what_it_reads);
	tcase_add_test(tc, takes_so_many_and_no_more);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
