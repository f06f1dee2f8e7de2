/*
 * JSON that is not exactly what a table says is refused with the place and
 * the reason, and never with a value, which may be a key.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "json.h"
#include "suites.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

struct target {
	char *name;
	long long count;
	bool on;
	char **words;
	char *note;
	struct {
		char *id;
		long long n;
	} inner;
};

static const struct json_member inner[] = {
	{ "id", JK_STRING, offsetof(struct target, inner.id) -
	    offsetof(struct target, inner), 4, 0, 0, JSONF_REQUIRED, NULL },
	{ "n", JK_INT, offsetof(struct target, inner.n) -
	    offsetof(struct target, inner), 0, 0, 9, 0, NULL },
};
static const struct json_table inner_table = { inner, NELEM(inner) };

static const struct json_member table[] = {
	{ "name", JK_STRING, offsetof(struct target, name), 8, 0, 0,
	    JSONF_REQUIRED, NULL },
	{ "count", JK_INT, offsetof(struct target, count), 0, -2, 100, 0, NULL },
	{ "on", JK_BOOL, offsetof(struct target, on), 0, 0, 0, 0, NULL },
	{ "words", JK_STRINGS, offsetof(struct target, words), 3, 0, 0, 0, NULL },
	{ "note", JK_STRING, offsetof(struct target, note), 40, 0, 0, 0, NULL },
	{ "many", JK_STRINGS, offsetof(struct target, words), 3, 0, 0,
	    JSONF_ONE, NULL },
	{ "in", JK_OBJECT, offsetof(struct target, inner), 0, 0, 0, 0,
	    &inner_table },
};

static char why[200];

/* From memory of exactly its size, so that a sanitizer sees overreads. */
static json_t *
parse(const char *text, size_t len)
{
	char *p = malloc(len + (len == 0));
	json_t *v;

	memcpy(p, text, len);
	why[0] = '\0';
	v = json_parse_object(p, len, why, sizeof(why));
	free(p);
	return v;
}

START_TEST(refuses_text)
{
	static const struct {
		const char *text;
		const char *why;
	} rows[] = {
		{ "", "line 1 column 0: the text ends too early" },
		{ "{", "line 1 column 1: the text ends too early" },
		{ "{\"a\":1}x",
		    "line 1 column 8: there is text after the end" },
		{ "{\"a\":1}{}", NULL },
		{ "[]", "not a JSON object" },
		{ "\"s\"", NULL },
		{ "null", NULL },
		{ "{\"a\":1,\"a\":1}",
		    "line 1 column 10, member 'a': it comes twice" },
		{ "{\"b\":{\"a\":1,\"a\":2}}",
		    "line 1 column 15, member 'b.a': it comes twice" },
		{ "{\"x\":[1,{\"a\":\"\\u0000\"}]}",
		    "line 1 column 21, member 'x[1].a': a string contains a "
		    "NUL" },
		{ "{\n\"a\":\"\\u0000\"}", NULL },
		{ "{\"a\\u0000b\":1}", NULL },
		{ "{\"a\":\"\xff\"}", NULL },
		{ "{\"a\":\"\xc0\xaf\"}", NULL },
		{ "{\"a\":\"\\ud800\"}",
		    "line 1 column 13, member 'a': a \\u escape is half a "
		    "character" },
		{ "{\"a\":\"\\udc00\\ud800\"}", NULL },
		{ "{\"b\":1,\"a\\ud800\":1}", NULL },
		{ "{a:1}", NULL },
		{ "{'a':1}", NULL },
		{ "{\"a\":01}", NULL },
		{ "{\"a\":1,}", NULL },
		{ "{\"a\":+1}", NULL },
		{ "{\"a\":NaN}", NULL },
		{ "{\"a\":99999999999999999999}", NULL },
		{ "{\"a\":1e999}",
		    "line 1 column 10, member 'a': a number is too large" },
		{ "{\"a\":\"\n\"}", NULL },
		{ "/* */{}", NULL },
		{ "{\"b\":1,\"a\":[[[[[[[[1]]]]]]]]}",
		    "nested more than 8 deep, member 'a'" },
		/* As it is written, so that it drives no terminal. */
		{ "{\"\\u001b\":{\"a\":1,\"a\":1}}",
		    "line 1 column 20, member '\\\\u001b.a': it comes "
		    "twice" },
	};

	for (size_t i = 0; i < NELEM(rows); i++) {
		ck_assert_msg(parse(rows[i].text, strlen(rows[i].text)) == NULL,
		    "%s", rows[i].text);
		ck_assert_str_ne(why, "");
		if (rows[i].why != NULL)
			ck_assert_str_eq(why, rows[i].why);
	}
	ck_assert_ptr_null(parse("{}\0", 3));
	ck_assert_ptr_null(parse("{\"a\":\"\0\"}", 9));
}
END_TEST

/* A key in the wrong place must not come back in the error. */
START_TEST(error_hides_values)
{
	static const char *const rows[] = {
		"{\"api_key\":\"CANARY\"",
		"{\"api_key\":CANARY}",
		"{\"api_key\" \"CANARY\"}",
		"{\"name\":\"CANARYCANARY\"}",
		"{\"name\":\"a\",\"words\":[\"CANARY\",1]}",
		"{\"name\":\"a\",\"count\":\"CANARY\"}",
		"{\"name\":\"a\",\"words\":\"CANARY\"}",
		"{\"x\":\"CANARY\xff\"}",
		"{\"x\":\"CANARY\\ud800\"}",
		"{\"x\":[\"CANARY\", \"CANARY\" \"CANARY\"]}",
		"{\"x\":\"\\\"CANARY\\\",\\\"CANARY\":1}",
		"{\"name\":\"a\",\"in\":\"CANARY\"}",
		"{\"name\":\"a\",\"in\":{\"id\":\"CANARY\"}}",
	};
	struct target t;
	json_t *v;

	for (size_t i = 0; i < NELEM(rows); i++) {
		memset(&t, 0, sizeof(t));
		v = parse(rows[i], strlen(rows[i]));
		if (v != NULL) {
			ck_assert_int_eq(
			    json_get_members(
				v, table, NELEM(table), &t, why, sizeof(why)),
			    RL_ERR_INVALID);
			json_decref(v);
			json_free_members(table, NELEM(table), &t);
		}
		ck_assert_str_ne(why, "");
		ck_assert_ptr_null(strstr(why, "CANARY"));
	}
}
END_TEST

START_TEST(depth)
{
	static char deep[200001];
	static const char *const good[] = {
		"{\"a\":[[[[[[[1]]]]]]]}",
		/* Brackets in strings are text. */
		"{\"a\":\"[[[[[[[[[[\\\"[[[[[\"}",
		"{\"a\":[],\"b\":[[]],\"c\":{},\"d\":{},\"e\":[]}",
	};
	json_t *v;

	for (size_t i = 0; i < NELEM(good); i++) {
		v = parse(good[i], strlen(good[i]));
		ck_assert_msg(v != NULL, "%s: %s", good[i], why);
		json_decref(v);
	}
	/* Would overflow the stack of a parser that recurses. */
	memset(deep, '[', sizeof(deep));
	deep[0] = '{';
	ck_assert_ptr_null(parse(deep, sizeof(deep)));
	ck_assert_str_eq(why, "nested more than 8 deep");
	memcpy(deep, "{\"a\":", 5);
	ck_assert_ptr_null(parse(deep, sizeof(deep)));
	ck_assert_str_eq(why, "nested more than 8 deep, member 'a'");
}
END_TEST

static int
get(const char *text, struct target *t)
{
	json_t *v = parse(text, strlen(text));
	int r;

	ck_assert_msg(v != NULL, "%s: %s", text, why);
	r = json_get_members(v, table, NELEM(table), t, why, sizeof(why));
	json_decref(v);
	return r;
}

START_TEST(takes_members)
{
	struct target t = { .count = 42 };

	ck_assert_int_eq(get("{\"on\":true,\"words\":[\"a\",\"\"],"
			     "\"name\":\"12345678\"}",
			     &t),
	    0);
	ck_assert_str_eq(t.name, "12345678");
	ck_assert_int_eq(t.count, 42);
	ck_assert(t.on);
	ck_assert_str_eq(t.words[0], "a");
	ck_assert_str_eq(t.words[1], "");
	ck_assert_ptr_null(t.words[2]);
	ck_assert_ptr_null(t.note);
	/* A second time over the same target leaks nothing. */
	ck_assert_int_eq(get("{\"name\":\"\\u00e4\",\"words\":[],"
			     "\"count\":-2,\"on\":false}",
			     &t),
	    0);
	ck_assert_str_eq(t.name, "\xc3\xa4");
	ck_assert_int_eq(t.count, -2);
	ck_assert(!t.on);
	ck_assert_ptr_null(t.words[0]);
	json_free_members(table, NELEM(table), &t);
	ck_assert_ptr_null(t.name);
	ck_assert_ptr_null(t.words);
	json_free_members(table, NELEM(table), &t);
	/* One of many may stand alone; an object in the object is taken. */
	ck_assert_int_eq(get("{\"name\":\"a\",\"many\":\"b\","
			     "\"in\":{\"n\":7,\"id\":\"c\"}}",
			     &t),
	    0);
	ck_assert_str_eq(t.words[0], "b");
	ck_assert_ptr_null(t.words[1]);
	ck_assert_str_eq(t.inner.id, "c");
	ck_assert_int_eq(t.inner.n, 7);
	json_free_members(table, NELEM(table), &t);
	ck_assert_ptr_null(t.inner.id);
}
END_TEST

START_TEST(refuses_members)
{
	static const struct {
		const char *text;
		const char *why;
	} rows[] = {
		{ "{}", "member 'name' is missing" },
		{ "{\"name\":\"a\",\"nome\":1}",
		    "member 'nome' is not known here" },
		{ "{\"name\":\"a\",\"NAME\":\"b\"}",
		    "member 'NAME' is not known here" },
		{ "{\"name\":\"a\",\"\\u001b[31m\":1}",
		    "member '\\x1b[31m' is not known here" },
		{ "{\"name\":1}", "member 'name' must be a string" },
		{ "{\"name\":null}", "member 'name' must be a string" },
		{ "{\"name\":\"123456789\"}",
		    "member 'name' may have at most 8 bytes" },
		{ "{\"name\":\"a\",\"count\":101}",
		    "member 'count' must be an integer from -2 to 100" },
		{ "{\"name\":\"a\",\"count\":-3}", NULL },
		{ "{\"name\":\"a\",\"count\":1.0}", NULL },
		{ "{\"name\":\"a\",\"count\":\"1\"}", NULL },
		{ "{\"name\":\"a\",\"count\":true}", NULL },
		{ "{\"name\":\"a\",\"on\":1}",
		    "member 'on' must be true or false" },
		{ "{\"name\":\"a\",\"on\":\"true\"}", NULL },
		{ "{\"name\":\"a\",\"words\":{}}",
		    "member 'words' must be an array" },
		{ "{\"name\":\"a\",\"words\":[\"1\",\"2\",\"3\",\"4\"]}",
		    "member 'words' may have at most 3 elements" },
		{ "{\"name\":\"a\",\"words\":[\"1\",2]}",
		    "member 'words' has an element 1 that is not a string" },
		{ "{\"name\":\"a\",\"words\":[[\"1\"]]}", NULL },
		{ "{\"name\":\"a\",\"words\":\"1\"}", NULL },
		{ "{\"name\":\"a\",\"many\":1}",
		    "member 'many' must be an array or a string" },
		{ "{\"name\":\"a\",\"in\":[]}",
		    "member 'in' must be an object" },
		{ "{\"name\":\"a\",\"in\":{}}",
		    "member 'in.id' is missing" },
		{ "{\"name\":\"a\",\"in\":{\"id\":\"b\",\"x\":1}}",
		    "member 'in.x' is not known here" },
		{ "{\"name\":\"a\",\"in\":{\"id\":\"b\",\"n\":10}}",
		    "member 'in.n' must be an integer from 0 to 9" },
	};
	struct target t;

	for (size_t i = 0; i < NELEM(rows); i++) {
		memset(&t, 0, sizeof(t));
		ck_assert_int_eq(get(rows[i].text, &t), RL_ERR_INVALID);
		if (rows[i].why != NULL)
			ck_assert_str_eq(why, rows[i].why);
		json_free_members(table, NELEM(table), &t);
	}
}
END_TEST

START_TEST(long_names_and_elements)
{
	static char text[64 * 1024];
	struct target t = { 0 };
	char *p = text;

	p += sprintf(p, "{\"name\":\"a\",\"");
	memset(p, 'n', 1000);
	p += 1000;
	strcpy(p, "\":1}");
	ck_assert_int_eq(get(text, &t), RL_ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(why, "nnn...' is not known here"));
	json_free_members(table, NELEM(table), &t);

	p = text;
	p += sprintf(p, "{\"name\":\"a\",\"words\":[\"");
	memset(p, 'w', 32 * 1024 + 1);
	p += 32 * 1024 + 1;
	strcpy(p, "\"]}");
	ck_assert_int_eq(get(text, &t), RL_ERR_INVALID);
	ck_assert_str_eq(
	    why, "member 'words' has an element 0 longer than 32768 bytes");
	json_free_members(table, NELEM(table), &t);
}
END_TEST

Suite *
suite_json(void)
{
	Suite *s = suite_create("json");
	TCase *tc = tcase_create("json");

	tcase_add_test(tc, refuses_text);
	tcase_add_test(tc, error_hides_values);
	tcase_add_test(tc, depth);
	tcase_add_test(tc, takes_members);
	tcase_add_test(tc, refuses_members);
	tcase_add_test(tc, long_names_and_elements);
	suite_add_tcase(s, tc);
	return s;
}
