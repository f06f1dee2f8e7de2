/*
 * The route table and what is taken out of a request's head: which row a path
 * leads to, tokens in their two places, and queries.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "msgdef.h"
#include "ringletd/ringletd.h"
#include "suites.h"

static struct span
span(const char *s)
{
	struct span out = { s, s != NULL ? strlen(s) : 0 };

	return out;
}

static const struct {
	unsigned method;
	const char *path;
	void (*handler)(struct request *); /* NULL: no such route */
	const char *param;
	unsigned allow; /* where there is no row */
} rows[] = {
	{ METHOD_GET, "/", api_page, "", 0 },
	{ METHOD_GET, "/assets/app-X1.js", api_asset, "app-X1.js", 0 },
	{ METHOD_GET, "/api/ping", api_ping, "", 0 },
	{ METHOD_GET, "/api/openapi.json", api_openapi, "", 0 },
	{ METHOD_GET, "/api/daemon/status", api_status, "", 0 },
	{ METHOD_POST, "/api/shutdown", api_shutdown, "", 0 },
	{ METHOD_GET, "/api/token", api_token, "", 0 },
	{ METHOD_DELETE, "/api/token", api_token_end, "", 0 },
	{ METHOD_POST, "/api/token/exchange", api_exchange, "", 0 },
	{ METHOD_GET, "/api/tokens", api_token_list, "", 0 },
	{ METHOD_DELETE, "/api/tokens/0123abcd", api_token_revoke, "0123abcd",
	    0 },
	{ METHOD_POST, "/api/tokens", NULL, "", METHOD_GET },
	{ METHOD_GET, "/api/agents", api_agents, "", 0 },
	{ METHOD_GET, "/api/agents/claude", api_agents, "claude", 0 },
	{ METHOD_GET, "/api/profiles", api_profile_list, "", 0 },
	{ METHOD_POST, "/api/profiles", api_profile_create, "", 0 },
	{ METHOD_GET, "/api/profiles/a.b_c-d", api_profile_get, "a.b_c-d",
	    0 },
	{ METHOD_DELETE, "/api/profiles/web", api_profile_delete, "web", 0 },
	{ METHOD_PUT, "/api/profiles/web/key", api_profile_rekey, "web", 0 },
	{ METHOD_GET, "/api/profiles/web/jail", api_jail, "web", 0 },
	{ METHOD_POST, "/api/profiles/web/jail", NULL, "", METHOD_GET },
	{ METHOD_PUT, "/api/profiles/key/key", api_profile_rekey, "key", 0 },
	{ METHOD_GET, "/api/keychain/public-key", api_public_key, "", 0 },
	{ METHOD_GET, "/api/terminal/sessions", api_session_list, "", 0 },
	{ METHOD_POST, "/api/terminal/sessions", api_session_create, "", 0 },
	{ METHOD_GET, "/api/terminal/sessions/0123", api_session_get, "0123",
	    0 },
	{ METHOD_DELETE, "/api/terminal/sessions/0123", api_session_delete,
	    "0123", 0 },
	{ METHOD_POST, "/api/terminal/sessions/0123/files", api_upload_begin,
	    "0123", 0 },
	/* What was shown to an agent is not shown to others. */
	{ METHOD_GET, "/api/terminal/sessions/0123/files/paste-1.png", NULL,
	    "", METHOD_PUT | METHOD_DELETE },
	{ METHOD_GET, "/api/terminal/sessions/0123/files", NULL, "",
	    METHOD_POST },
	{ METHOD_POST, "/api/terminal/cleanup", api_session_cleanup, "", 0 },
	{ METHOD_GET, "/api/audit", api_audit, "", 0 },
	{ METHOD_GET, "/api/settings", api_settings, "", 0 },
	{ METHOD_PUT, "/api/settings", NULL, "", METHOD_GET },
	{ METHOD_GET, "/api/registry", api_registry, "", 0 },
	{ METHOD_POST, "/api/registry/sync", api_registry_sync, "", 0 },
	{ METHOD_POST, "/api/registry/pin", api_registry_pin, "", 0 },
	{ METHOD_GET, "/api/fs/list", api_fs_list, "", 0 },
	{ METHOD_GET, "/api/fs/complete", api_fs_complete, "", 0 },
	{ METHOD_GET, "/ws/terminal/0123", api_terminal, "0123", 0 },
	{ METHOD_GET, "/ws", api_events_ws, "", 0 },
	{ METHOD_GET, "/api/events", api_events, "", 0 },
	{ METHOD_POST, "/api/events", NULL, "", METHOD_GET },

	{ METHOD_POST, "/api/ping", NULL, "", METHOD_GET },
	{ METHOD_GET, "/api/token/exchange", NULL, "", METHOD_POST },
	{ METHOD_POST, "/api/token/exchange/", NULL, "", 0 },
	{ METHOD_GET, "/api/shutdown", NULL, "", METHOD_POST },
	{ METHOD_PUT, "/api/profiles", NULL, "", METHOD_GET | METHOD_POST },
	{ METHOD_POST, "/api/profiles/web", NULL, "",
	    METHOD_GET | METHOD_DELETE },
	{ METHOD_GET, "/api/profiles/web/key", NULL, "", METHOD_PUT },
	{ METHOD_PUT, "/api/profiles/key", NULL, "",
	    METHOD_GET | METHOD_DELETE },
	{ METHOD_PUT, "/api/profiles//key", NULL, "", 0 },
	{ METHOD_PUT, "/api/profiles/a/b/key", NULL, "", 0 },
	{ METHOD_PUT, "/api/profiles/web/key/", NULL, "", 0 },
	{ METHOD_PUT, "/api/profiles/web/keys", NULL, "", 0 },
	{ METHOD_PUT, "/api/profiles/web/hooks", NULL, "",
	    METHOD_GET | METHOD_POST },
	{ METHOD_POST, "/api/profiles/web/hooks/export", NULL, "", METHOD_GET },
	{ METHOD_GET, "/api/profiles/web/hooks/import", NULL, "", METHOD_POST },
	{ METHOD_POST, "/api/profiles/web/hooks/approve", NULL, "", 0 },
	{ METHOD_POST, "/api/profiles/web/hooks/Stop/0", NULL, "",
	    METHOD_DELETE },
	{ METHOD_DELETE, "/api/profiles/web/hooks/Stop/0/x", NULL, "", 0 },
	{ 0, "/api/ping", NULL, "", METHOD_GET },
	{ METHOD_GET, "/api", NULL, "", 0 },
	{ METHOD_GET, "/api/", NULL, "", 0 },
	{ METHOD_GET, "/api/ping/", NULL, "", 0 },
	{ METHOD_GET, "/api/pin", NULL, "", 0 },
	{ METHOD_GET, "/api/pings", NULL, "", 0 },
	{ METHOD_GET, "/API/ping", NULL, "", 0 },
	{ METHOD_GET, "//api/ping", NULL, "", 0 },
	{ METHOD_GET, "/api//ping", NULL, "", 0 },
	{ METHOD_GET, "/api/./ping", NULL, "", 0 },
	{ METHOD_GET, "/api/%70ing", NULL, "", 0 },
	{ METHOD_GET, "/api/profiles/", NULL, "", 0 },
	{ METHOD_GET, "/api/profiles/a/b", NULL, "", 0 },
	{ METHOD_GET, "/api/profiles/a%2fb", NULL, "", 0 },
	{ METHOD_GET, "/api/profiles/../ping/", NULL, "", 0 },
	{ METHOD_GET, "*", NULL, "", 0 },
	{ METHOD_GET, "", NULL, "", 0 },
	{ METHOD_GET, "/api/profiles/%", NULL, "", 0 },
	{ METHOD_GET, "/api/profiles/{alias}", api_profile_get, "{alias}", 0 },
};

START_TEST(finds_routes)
{
	struct span path = span(rows[_i].path);
	const struct route *r;
	char params[ROUTE_PARAMS][ALIAS_MAX + 1];
	unsigned allow;

	r = route_find(rows[_i].method, &path, params, &allow);
	if (rows[_i].handler == NULL) {
		ck_assert_msg(r == NULL, "%s has a route", rows[_i].path);
		ck_assert_msg(allow == rows[_i].allow, "%s allows %#x",
		    rows[_i].path, allow);
		return;
	}
	ck_assert_msg(r != NULL && r->handler == rows[_i].handler, "%s",
	    rows[_i].path);
	ck_assert_str_eq(params[0], rows[_i].param);
	ck_assert_str_eq(params[1], "");
}
END_TEST

/*
 * Only static files may be had without a token.  Where a code takes the token's
 * place, that alone is what the monitor is asked.
 */
START_TEST(all_but_static_files_want_a_token)
{
	static const unsigned methods[] = { METHOD_GET, METHOD_POST,
		METHOD_DELETE, METHOD_PUT };
	const struct route *r;
	struct span path;
	char params[ROUTE_PARAMS][ALIAS_MAX + 1];
	unsigned allow;
	size_t i, m;

	for (i = 0; i < NELEM(rows); i++) {
		path = span(rows[i].path);
		for (m = 0; m < NELEM(methods); m++) {
			r = route_find(methods[m], &path, params, &allow);
			if (r != NULL && r->handler != api_page &&
			    r->handler != api_asset)
				ck_assert_msg(r->scope != SCOPE_NONE &&
				    r->asks != 0 &&
				    (r->scope == SCOPE_CODE) ==
					(r->asks == MSG_TOKEN_EXCHANGE),
				    "%s", rows[i].path);
		}
	}
}
END_TEST

START_TEST(a_param_is_bounded)
{
	char text[128], params[ROUTE_PARAMS][ALIAS_MAX + 1];
	struct span path = { text, 0 };
	unsigned allow;

	memset(text, 'a', sizeof(text));
	memcpy(text, "/api/profiles/", 14);
	path.len = 14 + ALIAS_MAX;
	ck_assert_ptr_nonnull(route_find(METHOD_GET, &path, params, &allow));
	ck_assert_uint_eq(strlen(params[0]), ALIAS_MAX);
	path.len++;
	ck_assert_ptr_null(route_find(METHOD_GET, &path, params, &allow));
	ck_assert_uint_eq(allow, 0);
	ck_assert_str_eq(params[0], "");
}
END_TEST

START_TEST(a_route_may_have_more)
{
	struct span path =
	    span("/api/terminal/sessions/0123/files/paste-1.png");
	char params[ROUTE_PARAMS][ALIAS_MAX + 1];
	const struct route *r;
	unsigned allow;

	r = route_find(METHOD_PUT, &path, params, &allow);
	ck_assert(r != NULL && r->handler == api_upload_more);
	ck_assert_str_eq(params[0], "0123");
	ck_assert_str_eq(params[1], "paste-1.png");
	ck_assert_str_eq(params[2], "");
	r = route_find(METHOD_DELETE, &path, params, &allow);
	ck_assert(r != NULL && r->handler == api_upload_drop);
}
END_TEST

static const struct {
	const char *authorization;
	const char *protocols; /* not NULL: a WebSocket */
	int status;
	const char *token;
} tokens[] = {
	{ "Bearer abc", NULL, 0, "abc" },
	{ "bearer AZaz09-._~+/=", NULL, 0, "AZaz09-._~+/=" },
	{ "BEARER   abc", NULL, 0, "abc" },
	{ NULL, "bearer, abc", 0, "abc" },
	{ NULL, "bearer ,\tabc", 0, "abc" },
	{ NULL, "bearer,abc", 0, "abc" },

	{ NULL, NULL, 401, NULL },
	{ "", NULL, 401, NULL },
	{ "Bearer", NULL, 401, NULL },
	{ "Bearer ", NULL, 401, NULL },
	{ "Bearer\tabc", NULL, 401, NULL },
	{ "Bearerabc", NULL, 401, NULL },
	{ "Basic abc", NULL, 401, NULL },
	{ "abc", NULL, 401, NULL },
	{ "Bearer a b", NULL, 401, NULL },
	{ "Bearer a,b", NULL, 401, NULL },
	{ "Bearer a\303\244", NULL, 401, NULL },
	{ NULL, "", 401, NULL },
	{ NULL, "bearer", 401, NULL },
	{ NULL, "bearer,", 401, NULL },
	{ NULL, "abc", 401, NULL },
	{ NULL, "abc, bearer", 401, NULL },
	{ NULL, "Bearer, abc", 401, NULL },
	{ NULL, "bearer abc", 401, NULL },
	{ NULL, "bearer, abc, def", 401, NULL },
	{ NULL, "bearerx, abc", 401, NULL },
	{ "Bearer abc", "bearer, abc", 400, NULL },
};

START_TEST(finds_tokens)
{
	struct request r;
	const char *why;
	int status;

	memset(&r, 0, sizeof(r));
	r.authorization = span(tokens[_i].authorization);
	r.ws_protocol = span(tokens[_i].protocols);
	status = request_token(&r, tokens[_i].protocols != NULL, &why);
	ck_assert_msg(status == tokens[_i].status, "row %d: %d", _i, status);
	if (status == 0)
		ck_assert_msg(span_is(&r.token, tokens[_i].token), "row %d",
		    _i);
	else
		ck_assert_msg(why[0] != '\0', "row %d", _i);
}
END_TEST

/* A subprotocol is no token where there is no WebSocket. */
START_TEST(subprotocols_are_for_websockets)
{
	struct request r;
	const char *why;

	memset(&r, 0, sizeof(r));
	r.ws_protocol = span("bearer, abc");
	ck_assert_int_eq(request_token(&r, false, &why), 401);
}
END_TEST

START_TEST(a_token_is_bounded)
{
	struct request r;
	char text[7 + 257 + 1];
	const char *why;

	memset(&r, 0, sizeof(r));
	memset(text, 'a', sizeof(text));
	memcpy(text, "Bearer ", 7);
	r.authorization.p = text;
	r.authorization.len = 7 + 256;
	ck_assert_int_eq(request_token(&r, false, &why), 0);
	r.authorization.len++;
	ck_assert_int_eq(request_token(&r, false, &why), 401);
}
END_TEST

static const struct {
	const char *query;
	bool has;
} queries[] = {
	{ "token=abc", true },
	{ "token", true },
	{ "TOKEN=abc", true },
	{ "a=b&access_token=abc", true },
	{ "&&bearer=", true },
	{ "api_key=x", true },
	{ "", false },
	{ "offset=1", false },
	{ "tokens=1", false },
	{ "a=token", false },
};

START_TEST(sees_tokens_in_queries)
{
	struct request r;

	memset(&r, 0, sizeof(r));
	r.query = span(queries[_i].query);
	ck_assert_msg(request_query_has_token(&r) == queries[_i].has, "%s",
	    queries[_i].query);
}
END_TEST

START_TEST(takes_queries_apart)
{
	struct span q = span("a=1&b&=2&&c=d=e"), name, value;
	static const char *const want[][2] = { { "a", "1" }, { "b", "" },
		{ "", "2" }, { "", "" }, { "c", "d=e" } };
	size_t i;

	for (i = 0; i < NELEM(want); i++) {
		ck_assert(request_query_next(&q, &name, &value));
		ck_assert(span_is(&name, want[i][0]));
		ck_assert(span_is(&value, want[i][1]));
	}
	ck_assert(!request_query_next(&q, &name, &value));
}
END_TEST

static const struct {
	const char *query;
	const char *value; /* NULL: refused ... */
	const char *why;   /* ... because of that */
} texts[] = {
	{ "prefix=/a/b", "/a/b", NULL },
	{ "prefix=", "", NULL },
	{ "prefix", "", NULL },
	{ "prefix=%2Fa%20b%2f%C3%A4", "/a b/\303\244", NULL },
	{ "prefix=a=b", "a=b", NULL },
	{ "&prefix=a", NULL, "may have prefix" },
	{ "", NULL, "prefix is missing" },
	{ "prefix=a&prefix=b", NULL, "prefix comes twice" },
	{ "prefix=a&x=1", NULL, "may have prefix" },
	{ "Prefix=a", NULL, "may have prefix" },
	{ "%70refix=a", NULL, "may have prefix" },
	{ "prefix=a+b", NULL, "'+'" },
	{ "prefix=%", NULL, "hexadecimal" },
	{ "prefix=%2", NULL, "hexadecimal" },
	{ "prefix=%2g", NULL, "hexadecimal" },
	{ "prefix=%%20", NULL, "hexadecimal" },
	{ "prefix=a%00b", NULL, "NUL" },
	{ "prefix=%ff", NULL, "UTF-8" },
	{ "prefix=%c0%af", NULL, "UTF-8" },
	{ "prefix=%ed%a0%80", NULL, "UTF-8" },
	{ "prefix=123456789012345", "123456789012345", NULL },
	{ "prefix=1234567890123456", NULL, "too long" },
};

START_TEST(decodes_texts)
{
	static const struct route row = { .query = fs_complete_query };
	char out[16], why[100] = "";
	struct request r;
	bool ok;

	memset(&r, 0, sizeof(r));
	r.route = &row;
	r.query = span(texts[_i].query);
	ok = request_query_text(&r, out, sizeof(out), why, sizeof(why));
	ck_assert_msg(ok == (texts[_i].value != NULL), "%s: %s",
	    texts[_i].query, why);
	if (ok)
		ck_assert_str_eq(out, texts[_i].value);
	else
		ck_assert_msg(strstr(why, texts[_i].why) != NULL, "%s: %s",
		    texts[_i].query, why);
}
END_TEST

START_TEST(reads_numbers)
{
	struct span s;
	int64_t n;

#define NUMBER(text, max) (s = span(text), span_number(&s, max, &n))
	ck_assert(NUMBER("0", 9) && n == 0);
	ck_assert(NUMBER("9", 9) && n == 9);
	ck_assert(NUMBER("007", 9) && n == 7);
	ck_assert(NUMBER("9223372036854775807", INT64_MAX) && n == INT64_MAX);
	ck_assert(!NUMBER("9223372036854775808", INT64_MAX));
	ck_assert(!NUMBER("99999999999999999999999", INT64_MAX));
	ck_assert(!NUMBER("10", 9));
	ck_assert(!NUMBER("", 9));
	ck_assert(!NUMBER("-1", 9));
	ck_assert(!NUMBER("+1", 9));
	ck_assert(!NUMBER("1 ", 9));
	ck_assert(!NUMBER("1a", 9));
#undef NUMBER
}
END_TEST

Suite *
suite_route(void)
{
	Suite *s = suite_create("route");
	TCase *tc = tcase_create("heads");

	tcase_add_loop_test(tc, finds_routes, 0, (int)NELEM(rows));
	tcase_add_test(tc, all_but_static_files_want_a_token);
	tcase_add_test(tc, a_param_is_bounded);
	tcase_add_test(tc, a_route_may_have_more);
	tcase_add_loop_test(tc, finds_tokens, 0, (int)NELEM(tokens));
	tcase_add_test(tc, subprotocols_are_for_websockets);
	tcase_add_test(tc, a_token_is_bounded);
	tcase_add_loop_test(tc, sees_tokens_in_queries, 0,
	    (int)NELEM(queries));
	tcase_add_test(tc, takes_queries_apart);
	tcase_add_loop_test(tc, decodes_texts, 0, (int)NELEM(texts));
	tcase_add_test(tc, reads_numbers);
	suite_add_tcase(s, tc);
	return s;
}
