/*
 * HTTP/2 as clients see it: the rules of HTTP/1.1 on another wire, many
 * requests at once, and what is malformed.  WebSockets are in
 * test_http2_ws.c, limits in test_http2_limits.c.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "front.h"
#include "h2client.h"
#include "ringletd/ringletd.h"
#include "suites.h"

#define GOOD "authorization", "Bearer good"
#define JSON "content-type", "application/json"

#define X8(s)	 s s s s s s s s
#define X512(s)	 X8(X8(X8(s)))
#define LONG_8K	 X512(X8("a") X8("a"))
#define LONG_16K LONG_8K LONG_8K
#define TEN(f)	 f, f, f, f, f, f, f, f, f, f

static const struct {
	const char *name;
	int status;
	const char *method;
	const char *path;
	const char *fields[160];
	const char *body;
	const char *in_head; /* or NULL */
} rows[] = {
	{ "ping", 200, "GET", "/api/ping", { GOOD }, NULL,
	    "cache-control: no-store\n" },
	{ "the page", 200, "GET", "/", { NULL }, NULL,
	    "content-type: text/html" },
	{ "no token", 401, "GET", "/api/ping", { NULL }, NULL,
	    "www-authenticate: Bearer" },
	{ "a wrong token", 401, "GET", "/api/ping",
	    { "authorization", "Bearer bad" }, NULL,
	    "www-authenticate: Bearer" },
	{ "two tokens", 400, "GET", "/api/ping", { GOOD, GOOD }, NULL, NULL },
	{ "a token in the URL", 401, "GET", "/api/ping?token=good", { GOOD },
	    NULL, NULL },
	{ "a query", 400, "GET", "/api/ping?a", { GOOD }, NULL, NULL },
	{ "a foreign authority", 403, "GET", "/api/ping",
	    { GOOD, ":authority", "evil.example" }, NULL, NULL },
	{ "a Host alone", 200, "GET", "/api/ping",
	    { GOOD, ":authority", "", "host", "localhost" }, NULL, NULL },
	{ "a foreign Host alone", 403, "GET", "/api/ping",
	    { GOOD, ":authority", "", "host", "evil.example" }, NULL, NULL },
	{ "the same Host", 200, "GET", "/api/ping",
	    { GOOD, "host", "localhost" }, NULL, NULL },
	{ "another Host", 400, "GET", "/api/ping",
	    { GOOD, "host", "127.0.0.1" }, NULL, NULL },
	{ "a foreign origin", 403, "GET", "/api/ping",
	    { GOOD, "origin", "http://evil.example" }, NULL, NULL },
	{ "its own origin", 200, "GET", "/api/ping",
	    { GOOD, "origin", "http://localhost" }, NULL, NULL },
	{ "another scheme", 400, "GET", "/api/ping",
	    { GOOD, ":scheme", "https" }, NULL, NULL },
	{ "no route", 404, "GET", "/nothing", { GOOD }, NULL, NULL },
	{ "no route at all", 404, "OPTIONS", "*", { GOOD }, NULL, NULL },
	{ "a bad encoding", 400, "GET", "/api/%zz", { GOOD }, NULL, NULL },
	{ "a fragment", 400, "GET", "/api/ping#a", { GOOD }, NULL, NULL },
	{ "no method", 405, "BREW", "/api/ping", { GOOD }, NULL,
	    "allow: GET, HEAD\n" },
	{ "another method", 405, "DELETE", "/api/profiles", { GOOD }, NULL,
	    "allow: GET, HEAD, POST\n" },
	{ "a long method", 400, "AAAAAAAAAAAAAAAAA", "/", { NULL }, NULL,
	    NULL },
	{ "no body", 411, "POST", "/api/profiles", { GOOD, JSON }, NULL, NULL },
	{ "another type", 415, "POST", "/api/profiles",
	    { GOOD, "content-type", "text/plain" }, "{}", NULL },
	{ "not JSON", 400, "POST", "/api/profiles", { GOOD, JSON }, "{", NULL },
	{ "a body for GET", 400, "GET", "/api/ping", { GOOD }, "{}", NULL },
	{ "an expectation", 417, "POST", "/api/profiles",
	    { GOOD, JSON, "expect", "wonders" }, "{}", NULL },
	{ "too long", 413, "POST", "/api/profiles", { GOOD, JSON },
	    LONG_16K LONG_16K LONG_16K LONG_16K "a", NULL },
	{ "a length with a zero before it", 400, "POST", "/api/profiles",
	    { GOOD, JSON, "content-length", "02" }, "{}", NULL },
	{ "a long path", 414, "GET", "/" LONG_8K, { GOOD }, NULL, NULL },
	{ "a long field", 431, "GET", "/api/ping", { GOOD, "x", LONG_16K },
	    NULL, NULL },
	{ "many fields", 431, "GET", "/api/ping",
	    { GOOD, TEN("x"), TEN("x"), TEN("x"), TEN("x"), TEN("x"), TEN("x"),
		TEN("x"), TEN("x"), TEN("x"), TEN("x"), TEN("x"), TEN("x"),
		TEN("x") },
	    NULL, NULL },
	{ "a proxy's CONNECT", 400, "CONNECT", "", { GOOD, ":scheme", "" },
	    NULL, NULL },
	{ "a WebSocket by GET", 400, "GET", "/ws/terminal/" LIVE, { GOOD },
	    NULL, NULL },
};

START_TEST(judges_requests)
{
	struct h2_client c;
	struct h2_answer *a;

	front_start();
	h2_open(&c, 0);
	a = h2_ask(
	    &c, rows[_i].method, rows[_i].path, rows[_i].fields, rows[_i].body);
	ck_assert_msg(h2_finish(&c, a), "%s: no answer", rows[_i].name);
	ck_assert_msg(a->status == rows[_i].status, "%s: %d %s", rows[_i].name,
	    a->status, a->head);
	ck_assert_msg(a->code == NGHTTP2_NO_ERROR, "%s: closed with %u",
	    rows[_i].name, a->code);
	if (rows[_i].in_head != NULL)
		ck_assert_msg(strstr(a->head, rows[_i].in_head) != NULL,
		    "%s: %s", rows[_i].name, a->head);
	ck_assert_msg(
	    strstr(a->head, "x-content-type-options: nosniff\n") != NULL &&
		strstr(a->head,
		    "content-security-policy: default-src 'none'") != NULL,
	    "%s: %s", rows[_i].name, a->head);
	if (strstr(a->head, "application/json") != NULL)
		ck_assert_msg(
		    strstr((char *)a->body, rows[_i].status == 200
						? "\"success\":true"
						: "\"success\":false") != NULL,
		    "%s: %s", rows[_i].name, (char *)a->body);
	/* Whatever it was, the connection is good for another. */
	a = h2_ask(
	    &c, "GET", "/api/ping", (const char *[]){ GOOD, NULL }, NULL);
	ck_assert_msg(
	    h2_finish(&c, a) && a->status == 200, "%s", rows[_i].name);
	ck_assert_uint_eq(c.goaway, H2_NOTHING);
	h2_close(&c);
	front_stop();
}
END_TEST

/* What is no request at all ends its stream, and that alone. */
static const struct {
	const char *name;
	const char *block;
	size_t len;
} malformed[] = {
#define BLOCK(b) b, sizeof(b) - 1
	{ "a name in capitals", BLOCK(H2_GET "\x00\x01X\x01y") },
	{ "a control character", BLOCK(H2_GET "\x00\x01x\x01\x01") },
	{ "a space after a value", BLOCK(H2_GET "\x00\x01x\x02y ") },
	{ "Connection", BLOCK(H2_GET "\x00\x0a"
				     "connection\x05"
				     "close") },
	{ "Transfer-Encoding", BLOCK(H2_GET "\x00\x11transfer-encoding"
					    "\x07"
					    "chunked") },
	{ "no path", BLOCK("\x82\x86\x01\x09localhost") },
	{ "no host", BLOCK("\x82\x86\x84") },
	{ "two methods", BLOCK("\x82" H2_GET) },
	{ "a pseudo-field late", BLOCK("\x82\x86\x01\x09localhost"
				       "\x00\x01x\x01y\x84") },
	{ "an unknown pseudo-field", BLOCK(H2_GET "\x00\x02:x\x01y") },
};

START_TEST(refuses_what_is_malformed)
{
	int fd;

	front_start();
	fd = h2_raw();
	ck_assert(h2_raw_frame(fd, NGHTTP2_HEADERS, 0x05, 1,
	    malformed[_i].block, malformed[_i].len));
	ck_assert_msg(
	    h2_raw_error(fd, NGHTTP2_RST_STREAM) == NGHTTP2_PROTOCOL_ERROR,
	    "%s", malformed[_i].name);
	/* The next one is served. */
	ck_assert(
	    h2_raw_frame(fd, NGHTTP2_HEADERS, 0x05, 3, H2_GET, H2_GET_LEN));
	ck_assert(h2_raw_comes(fd, NGHTTP2_DATA));
	close(fd);
	front_stop();
}
END_TEST

START_TEST(leaves_the_body_out_for_head)
{
	struct h2_client c;
	struct h2_answer *a;

	front_start();
	h2_open(&c, 0);
	a = h2_ask(&c, "HEAD", "/", NULL, NULL);
	ck_assert(h2_finish(&c, a));
	ck_assert_int_eq(a->status, 200);
	ck_assert_ptr_nonnull(strstr(a->head, "content-length: "));
	ck_assert_uint_eq(a->len, 0);
	a = h2_ask(&c, "HEAD", "/nothing", NULL, NULL);
	ck_assert(h2_finish(&c, a));
	ck_assert_int_eq(a->status, 404);
	ck_assert_uint_eq(a->len, 0);
	h2_close(&c);
	front_stop();
}
END_TEST

#define PROFILE                                                                \
	"{\"alias\":\"a\",\"agent_id\":\"b\",\"provider_id\":\"c\","           \
	"\"api_key\":\"secret\"}"

START_TEST(reads_bodies)
{
	const char *const fields[] = { GOOD, JSON, NULL };
	struct h2_client c;
	struct h2_answer *a, *b;
	size_t i;

	front_start();
	h2_open(&c, 0);
	a = h2_ask(&c, "POST", "/api/profiles", fields, PROFILE);
	ck_assert(h2_finish(&c, a));
	ck_assert_int_eq(a->status, 201);
	ck_assert_ptr_nonnull(strstr((char *)a->body, "\"has_key\":true"));
	ck_assert_ptr_null(strstr((char *)a->body, "secret"));
	/* Byte by byte, two at once. */
	a = h2_ask_open(&c, "POST", "/api/profiles", fields, "", 0);
	b = h2_ask_open(&c, "POST", "/api/profiles", fields, "", 0);
	for (i = 0; i < strlen(PROFILE); i++) {
		h2_more(&c, a, &PROFILE[i], 1);
		h2_more(&c, b, &PROFILE[i], 1);
		h2_turn(&c);
	}
	h2_no_more(&c, a);
	h2_no_more(&c, b);
	ck_assert(h2_finish(&c, a) && h2_finish(&c, b));
	ck_assert_int_eq(a->status, 201);
	ck_assert_int_eq(b->status, 201);
	h2_close(&c);
	front_stop();
}
END_TEST

START_TEST(a_code_is_exchanged_once)
{
	const char *const fields[] = { JSON, NULL };
	struct h2_client c;
	struct h2_answer *a;

	front_start();
	h2_open(&c, 0);
	a = h2_ask(&c, "POST", "/api/token/exchange", fields,
	    "{\"code\":\"code\"}");
	ck_assert(h2_finish(&c, a));
	ck_assert_int_eq(a->status, 201);
	ck_assert_ptr_nonnull(strstr(a->head, "cache-control: no-store\n"));
	ck_assert_ptr_nonnull(strstr((char *)a->body, "\"token\":\"good\""));
	/* At the third wrong one, and no token, it is over. */
	for (int i = 0; i < 2; i++) {
		a = h2_ask(&c, "POST", "/api/token/exchange", fields,
		    "{\"code\":\"code\"}");
		ck_assert(h2_finish(&c, a));
		ck_assert_int_eq(a->status, 401);
	}
	(void)h2_ask(&c, "POST", "/api/token/exchange", fields,
	    "{\"code\":\"code\"}");
	ck_assert(h2_end(&c));
	ck_assert_uint_eq(c.goaway, NGHTTP2_ENHANCE_YOUR_CALM);
	h2_close(&c);
	front_stop();
}
END_TEST

/* Fields after a body could say something else than those before it. */
START_TEST(refuses_trailers)
{
	int fd;

	front_start();
	fd = h2_raw();
	ck_assert(h2_raw_frame(fd, NGHTTP2_HEADERS, 0x04, 1,
	    "\x83\x86\x04\x0d/api/profiles\x01\x09localhost"
	    "\x0f\x08\x0b"
	    "Bearer good"
	    "\x0f\x10\x10"
	    "application/json",
	    2 + 15 + 11 + 14 + 19));
	ck_assert(h2_raw_frame(fd, NGHTTP2_DATA, 0, 1, "{}", 2));
	ck_assert(
	    h2_raw_frame(fd, NGHTTP2_HEADERS, 0x05, 1, "\x00\x01x\x01y", 5));
	ck_assert(h2_raw_comes(fd, NGHTTP2_HEADERS));
	ck_assert(h2_raw_has(fd, "trailer fields are not taken"));
	close(fd);
	front_stop();
}
END_TEST

START_TEST(says_continue)
{
	const char *const fields[] = { GOOD, JSON, "expect", "100-continue",
		NULL };
	struct h2_client c;
	struct h2_answer *a;

	front_start();
	h2_open(&c, 0);
	a = h2_ask_open(&c, "POST", "/api/profiles", fields, "", 0);
	ck_assert(h2_interim(&c, a));
	ck_assert_int_eq(a->status, 100);
	h2_more(&c, a, PROFILE, strlen(PROFILE));
	h2_no_more(&c, a);
	ck_assert(h2_finish(&c, a));
	ck_assert_int_eq(a->status, 201);
	h2_close(&c);
	front_stop();
}
END_TEST

/* By its head, while the body is still to come. */
START_TEST(refuses_before_the_body)
{
	const char *const fields[] = { JSON, NULL };
	const char *const length[] = { GOOD, JSON, "content-length", "65537",
		NULL };
	struct h2_client c;
	struct h2_answer *a;

	front_start();
	h2_open(&c, 0);
	a = h2_ask_open(&c, "POST", "/api/profiles", fields, "{", 1);
	ck_assert(h2_head(&c, a));
	ck_assert_int_eq(a->status, 401);
	/* One that goes on sending is told to stop, in the end. */
	ck_assert(h2_finish(&c, a));
	ck_assert_uint_eq(a->code, NGHTTP2_NO_ERROR);
	a = h2_ask_open(&c, "POST", "/api/profiles", length, "{", 1);
	ck_assert(h2_head(&c, a));
	ck_assert_int_eq(a->status, 413);
	h2_close(&c);
	front_stop();
}
END_TEST

#define SLOW "authorization", "Bearer slow"
#define LATE "authorization", "Bearer late"

/* Each answer goes out when it is there, whoever asked before. */
START_TEST(answers_out_of_order)
{
	struct h2_answer *slow[20], *late, *good;
	struct h2_client c;
	size_t i;

	front_start();
	h2_open(&c, 0);
	good = h2_ask(
	    &c, "GET", "/api/ping", (const char *[]){ GOOD, NULL }, NULL);
	ck_assert(h2_finish(&c, good));
	for (i = 0; i < NELEM(slow); i++)
		slow[i] = h2_ask(&c, "GET", "/api/ping",
		    (const char *[]){ SLOW, NULL }, NULL);
	late = h2_ask(
	    &c, "GET", "/api/ping", (const char *[]){ LATE, NULL }, NULL);
	good =
	    h2_ask(&c, "GET", "/nothing", (const char *[]){ GOOD, NULL }, NULL);
	ck_assert(h2_finish(&c, good));
	ck_assert_int_eq(good->status, 404);
	ck_assert_int_eq(late->status, 0);
	/* The monitor answers the late one when it hears of this one. */
	good = h2_ask(
	    &c, "GET", "/api/ping", (const char *[]){ GOOD, NULL }, NULL);
	ck_assert(h2_finish(&c, good) && h2_finish(&c, late));
	ck_assert_int_eq(good->status, 200);
	ck_assert_int_eq(late->status, 200);
	for (i = 0; i < NELEM(slow); i++)
		ck_assert_int_eq(slow[i]->status, 0);
	h2_close(&c);
	front_stop();
}
END_TEST

/* Who cancels gets no answer, and the answer that comes finds nobody. */
START_TEST(cancels_a_call)
{
	struct h2_client c;
	struct h2_answer *late, *good;
	int i;

	front_start();
	h2_open(&c, 0);
	for (i = 0; i < 20; i++) {
		late = h2_ask(&c, "GET", "/api/ping",
		    (const char *[]){ LATE, NULL }, NULL);
		good = h2_ask(&c, "GET", "/nothing",
		    (const char *[]){ GOOD, NULL }, NULL);
		ck_assert(h2_finish(&c, good));
		nghttp2_submit_rst_stream(
		    c.session, 0, late->id, NGHTTP2_CANCEL);
		good = h2_ask(&c, "GET", "/api/ping",
		    (const char *[]){ GOOD, NULL }, NULL);
		ck_assert(h2_finish(&c, good));
		ck_assert_int_eq(good->status, 200);
		ck_assert_int_eq(late->status, 0);
	}
	/* The same with the connection. */
	(void)h2_ask(
	    &c, "GET", "/api/ping", (const char *[]){ LATE, NULL }, NULL);
	good =
	    h2_ask(&c, "GET", "/nothing", (const char *[]){ GOOD, NULL }, NULL);
	ck_assert(h2_finish(&c, good));
	h2_close(&c);
	h2_open(&c, 0);
	good = h2_ask(
	    &c, "GET", "/api/ping", (const char *[]){ GOOD, NULL }, NULL);
	ck_assert(h2_finish(&c, good));
	ck_assert_int_eq(good->status, 200);
	h2_close(&c);
	front_stop();
}
END_TEST

/* The preface may come byte by byte; what is nearly it is HTTP/1.1. */
START_TEST(knows_the_preface)
{
	static const char magic[] = NGHTTP2_CLIENT_MAGIC;
	static const char one[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
	static const struct {
		const char *text;
		int status;
	} others[] = {
		{ "PRI * HTTP/2.0\r\n\r\nSM\r\n\n", 505 },
		{ "PRI * HTTP/1.1\r\n\r\n", 400 },
		{ "PRJ * HTTP/2.0\r\n\r\n", 505 },
		{ "PUT / HTTP/1.1\r\nHost: a b\r\n\r\n", 400 },
	};
	char head[4096];
	size_t i;
	int fd;

	front_start();
	fd = front_connect();
	for (i = 0; i < sizeof(magic) - 1; i++) {
		ck_assert(front_send(fd, magic + i, 1));
		usleep(1000);
	}
	ck_assert(h2_raw_frame(fd, NGHTTP2_SETTINGS, 0, 0, NULL, 0));
	ck_assert(
	    h2_raw_frame(fd, NGHTTP2_HEADERS, 0x05, 1, H2_GET, H2_GET_LEN));
	ck_assert(h2_raw_comes(fd, NGHTTP2_DATA));
	close(fd);
	for (i = 0; i < NELEM(others); i++) {
		fd = front_connect();
		ck_assert(
		    front_send(fd, others[i].text, strlen(others[i].text)));
		ck_assert_int_eq(front_reply(fd, head, sizeof(head), NULL, 0),
		    others[i].status);
		ck_assert(front_closes(fd, 5000));
		close(fd);
	}
	/* A second request cannot be the preface. */
	fd = front_connect();
	ck_assert(front_send(fd, one, sizeof(one) - 1));
	ck_assert_int_eq(front_reply(fd, head, sizeof(head), NULL, 0), 200);
	ck_assert(front_send(fd, magic, sizeof(magic) - 1));
	ck_assert_int_eq(front_reply(fd, head, sizeof(head), NULL, 0), 505);
	close(fd);
	/* After it there must be SETTINGS. */
	fd = front_connect();
	ck_assert(front_send(fd, magic, sizeof(magic) - 1));
	ck_assert(h2_raw_frame(fd, NGHTTP2_PING, 0, 0, "12345678", 8));
	ck_assert_uint_eq(
	    h2_raw_error(fd, NGHTTP2_GOAWAY), NGHTTP2_PROTOCOL_ERROR);
	ck_assert(front_closes(fd, 5000));
	close(fd);
	front_stop();
}
END_TEST

static uint32_t
table_of(struct h2_client *c)
{
	return nghttp2_session_get_remote_settings(
	    c->session, NGHTTP2_SETTINGS_HEADER_TABLE_SIZE);
}

/* A token would stay in the table of what a client sends. */
START_TEST(keeps_no_table_with_tokens)
{
	static const struct {
		const char *path;
		const char *fields[3];
	} places[] = {
		{ "/api/ping", { GOOD, NULL } },
		{ "/api/ping", { "sec-websocket-protocol", "bearer, good",
				   NULL } },
		{ "/?token=good", { NULL } },
	};
	struct h2_client c;
	struct h2_answer *a;
	size_t i;

	front_start();
	for (i = 0; i < NELEM(places); i++) {
		h2_open(&c, 0);
		a = h2_ask(&c, "GET", "/", NULL, NULL);
		ck_assert(h2_finish(&c, a));
		ck_assert_uint_eq(table_of(&c), 4096);
		a = h2_ask(&c, "GET", places[i].path, places[i].fields, NULL);
		ck_assert(h2_finish(&c, a));
		ck_assert_msg(table_of(&c) == 0, "%zu", i);
		/* And it goes on like that. */
		a = h2_ask(&c, "GET", "/", NULL, NULL);
		ck_assert(h2_finish(&c, a));
		ck_assert_int_eq(a->status, 200);
		ck_assert_uint_eq(table_of(&c), 0);
		h2_close(&c);
	}
	front_stop();
}
END_TEST

Suite *
suite_http2(void)
{
	Suite *s = suite_create("http2");
	TCase *tc = tcase_create("clients");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, judges_requests, 0, (int)NELEM(rows));
	tcase_add_loop_test(
	    tc, refuses_what_is_malformed, 0, (int)NELEM(malformed));
	tcase_add_test(tc, leaves_the_body_out_for_head);
	tcase_add_test(tc, reads_bodies);
	tcase_add_test(tc, a_code_is_exchanged_once);
	tcase_add_test(tc, refuses_trailers);
	tcase_add_test(tc, says_continue);
	tcase_add_test(tc, refuses_before_the_body);
	tcase_add_test(tc, answers_out_of_order);
	tcase_add_test(tc, cancels_a_call);
	tcase_add_test(tc, knows_the_preface);
	tcase_add_test(tc, keeps_no_table_with_tokens);
	suite_add_tcase(s, tc);
	return s;
}
