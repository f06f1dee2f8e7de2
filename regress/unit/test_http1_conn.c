/*
 * HTTP/1.1 on a connection (RFC 9110 and RFC 9112): which status each request
 * gets, in which order, and whether the connection is good for another one
 * afterwards or is closed.  What the parser makes of bytes is test_http1.c's.
 */
#include "config.h"

#include <sys/socket.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "front-http1.h"
#include "front.h"
#include "ringletd/ringletd.h"
#include "suites.h"

#define GET	"GET /api/ping HTTP/1.1\r\n" HOST GOOD
#define POST	"POST /api/profiles HTTP/1.1\r\n" HOST GOOD JSON
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"
#define PROFILE                                                                \
	"{\"alias\":\"a\",\"agent_id\":\"b\",\"provider_id\":\"c\"}" /* 46 */
#define LENGTH "Content-Length: 46\r\n\r\n"
#define X64    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X1K    X64 X64 X64 X64 X64 X64 X64 X64 X64 X64 X64 X64 X64 X64 X64 X64
#define X8K    X1K X1K X1K X1K X1K X1K X1K X1K
#define F8     "a:\r\na:\r\na:\r\na:\r\na:\r\na:\r\na:\r\na:\r\n"

/* A reply without a body, whatever its Content-Length says. */
#define HEAD(status) (-(status))

static const struct {
	const char *name;
	const char *bytes;
	int status[4];
	bool closes;
	const char *in_head; /* of the last; or NULL */
} rows[] = {
	/* RFC 9112 9.3: how long a connection lives. */
	{ "one request", PING, { 200 }, false, NULL },
	{ "close", GET "Connection: close\r\n\r\n", { 200 }, true,
	    "Connection: close\r\n" },
	{ "close, and others", GET "Connection: x, Close\r\n\r\n", { 200 },
	    true, NULL },
	{ "HTTP/1.0", "GET / HTTP/1.0\r\n" HOST "\r\n", { 200 }, true, NULL },
	{ "HTTP/1.0 keep-alive",
	    "GET / HTTP/1.0\r\n" HOST "Connection: keep-alive\r\n\r\n", { 200 },
	    false, NULL },
	{ "an error keeps it", "GET /nothing HTTP/1.1\r\n" HOST "\r\n", { 404 },
	    false, NULL },
	/* 9.3.2: several at once. */
	{ "three at once",
	    PING "GET /nothing HTTP/1.1\r\n" HOST
		 "\r\nGET /api/ping HTTP/1.1\r\n" HOST "\r\n",
	    { 200, 404, 401 }, false, NULL },
	{ "one with a body among them",
	    PING POST LENGTH PROFILE "HEAD / HTTP/1.1\r\n" HOST "\r\n" PING,
	    { 200, 201, HEAD(200), 200 }, false, NULL },
	{ "what follows close", GET "Connection: close\r\n\r\n" PING, { 200 },
	    true, NULL },
	{ "what follows a bad one", PING "GET\r\n\r\n" PING, { 200, 400 }, true,
	    "Connection: close\r\n" },
	{ "what is smuggled by two lengths",
	    POST "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n"
		 "0\r\n\r\n" PING,
	    { 400 }, true, NULL },
	{ "what is smuggled in a long body",
	    POST "Content-Length: 2\r\nContent-Length: 100\r\n\r\n{}" PING,
	    { 400 }, true, NULL },
	{ "the body of what is not there",
	    "POST /nothing HTTP/1.1\r\n" HOST GOOD JSON LENGTH PROFILE PING,
	    { 404, 200 }, false, NULL },
	/* 7.1: chunks. */
	{ "a chunk", CHUNKED "2E\r\n" PROFILE "\r\n0\r\n\r\n", { 201 }, false,
	    NULL },
	{ "a chunk, and zeros before its size",
	    CHUNKED "0000002e\r\n" PROFILE "\r\n00\r\n\r\n" PING, { 201, 200 },
	    false, NULL },
	{ "no chunks", CHUNKED "0\r\n\r\n" PING, { 400, 200 }, false, NULL },
	{ "an extension", CHUNKED "2e;a=b\r\n" PROFILE "\r\n0\r\n\r\n" PING,
	    { 400 }, true, NULL },
	{ "a trailer", CHUNKED "2e\r\n" PROFILE "\r\n0\r\nA: b\r\n\r\n" PING,
	    { 400 }, true, NULL },
	{ "a size beyond all", CHUNKED "ffffffffffffffff\r\n", { 400 }, true,
	    NULL },
	{ "a chunk that is too long", CHUNKED "10001\r\n", { 413 }, true,
	    NULL },
	{ "an unknown coding", POST "Transfer-Encoding: gzip\r\n\r\n", { 400 },
	    true, NULL },
	/* RFC 9110 10.1.1: Expect. */
	{ "an expectation without a body", GET "Expect: 100-continue\r\n\r\n",
	    { 200 }, false, NULL },
	{ "an expectation whose body is there",
	    POST "Expect: 100-continue\r\n" LENGTH PROFILE PING, { 201, 200 },
	    false, NULL },
	{ "another expectation", POST "Expect: wonders\r\n" LENGTH PROFILE,
	    { 417 }, true, NULL },
	{ "an expectation in HTTP/1.0",
	    "POST /api/profiles HTTP/1.0\r\n" HOST GOOD JSON
	    "Expect: 100-continue\r\n" LENGTH PROFILE,
	    { 201 }, true, NULL },
	/* RFC 9112 2.2, 5: lines and fields. */
	{ "a folded line", GET "A: b\r\n c\r\n\r\n" PING, { 400 }, true, NULL },
	{ "LF alone", GET "A: b\n\r\n" PING, { 400 }, true, NULL },
	{ "CR alone", GET "A: b\rc\r\n\r\n" PING, { 400 }, true, NULL },
	{ "an empty line first", "\r\n" PING, { 400 }, true, NULL },
	{ "a space before the colon", GET "A : b\r\n\r\n" PING, { 400 }, true,
	    NULL },
	{ "two Hosts", GET HOST "\r\n" PING, { 400 }, true, NULL },
	{ "no Host", "GET / HTTP/1.1\r\n\r\n" PING, { 400 }, true, NULL },
	{ "a length with a sign", POST "Content-Length: +2\r\n\r\n{}" PING,
	    { 400 }, true, NULL },
	{ "a list of lengths", POST "Content-Length: 2, 2\r\n\r\n{}" PING,
	    { 400 }, true, NULL },
	{ "a length that is too long", POST "Content-Length: 65537\r\n\r\n",
	    { 413 }, true, NULL },
	{ "many fields", GET F8 F8 F8 F8 F8 F8 F8 F8 "\r\n" PING, { 431 }, true,
	    NULL },
	{ "a long field", GET "A: " X8K X8K "\r\n\r\n", { 431 }, true, NULL },
	/* 3: the request line. */
	{ "the absolute form",
	    "GET http://localhost/api/ping HTTP/1.1\r\n" HOST GOOD "\r\n",
	    { 200 }, false, NULL },
	{ "the absolute form of another host",
	    "GET http://127.0.0.1/api/ping HTTP/1.1\r\n" HOST GOOD "\r\n",
	    { 400 }, true, NULL },
	{ "a long target", "GET /" X8K " HTTP/1.1\r\n" HOST "\r\n", { 414 },
	    true, NULL },
	{ "a version to come", "GET / HTTP/4.0\r\n" HOST "\r\n", { 505 }, true,
	    NULL },
	{ "HTTP/0.9", "GET /\r\n", { 400 }, true, NULL },
	/* RFC 9110 9: methods. */
	{ "HEAD", "HEAD /api/ping HTTP/1.1\r\n" HOST GOOD "\r\n" PING,
	    { HEAD(200), 200 }, false, NULL },
	{ "HEAD of what is not there",
	    "HEAD /nothing HTTP/1.1\r\n" HOST "\r\n" PING, { HEAD(404), 200 },
	    false, NULL },
	{ "OPTIONS", "OPTIONS /api/profiles HTTP/1.1\r\n" HOST GOOD "\r\n",
	    { 405 }, false, "Allow: GET, HEAD, POST\r\n" },
	{ "OPTIONS of all", "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", { 404 },
	    false, NULL },
	{ "TRACE", "TRACE / HTTP/1.1\r\n" HOST "\r\n", { 405 }, false,
	    "Allow: GET, HEAD\r\n" },
	{ "CONNECT", "CONNECT localhost:22 HTTP/1.1\r\n" HOST "\r\n", { 400 },
	    true, NULL },
	{ "another method, with a body",
	    "PUT /api/profiles HTTP/1.1\r\n" HOST GOOD JSON LENGTH PROFILE PING,
	    { 405, 200 }, false, NULL },
	/* 15: what else is wrong. */
	{ "no length", POST "\r\n" PING, { 411, 200 }, false, NULL },
	{ "another type",
	    "POST /api/profiles HTTP/1.1\r\n" HOST GOOD
	    "Content-Type: text/plain\r\n" LENGTH PROFILE PING,
	    { 415, 200 }, false, NULL },
	{ "a body for GET", GET LENGTH PROFILE PING, { 400, 200 }, false,
	    NULL },
	/* 7.8: HTTP/2 by Upgrade is not spoken. */
	{ "an Upgrade to h2c",
	    GET "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
		"HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n" PING,
	    { 200, 200 }, false, NULL },
};

static char head[4096], body[4096];

static int
reply(int fd, int want)
{
	bool empty = want < 0;

	return front_reply(fd, head, sizeof(head), empty ? NULL : body,
	    empty ? 1 : sizeof(body));
}

START_TEST(answers_and_stays_or_goes)
{
	size_t i, last = 0;
	int fd, got, want;

	front_start();
	fd = front_connect();
	(void)front_send(fd, rows[_i].bytes, strlen(rows[_i].bytes));
	for (i = 0; i < NELEM(rows[_i].status); i++) {
		if ((want = rows[_i].status[i]) == 0)
			break;
		got = reply(fd, want);
		ck_assert_msg(got == abs(want), "%s: reply %zu is %d %s",
		    rows[_i].name, i, got, head);
		last = i;
	}
	if (rows[_i].in_head != NULL)
		ck_assert_msg(strstr(head, rows[_i].in_head) != NULL, "%s: %s",
		    rows[_i].name, head);
	if (rows[_i].closes) {
		/* It says so, and nothing else comes. */
		ck_assert_msg(strstr(head, "Connection: close\r\n") != NULL,
		    "%s: %s", rows[_i].name, head);
		ck_assert_msg(reply(fd, 1) == 0, "%s: %s", rows[_i].name, head);
		ck_assert_msg(front_closes(fd, 20000), "%s", rows[_i].name);
	} else {
		ck_assert_msg(strstr(head, "Connection: close") == NULL,
		    "%s: reply %zu: %s", rows[_i].name, last, head);
		ck_assert(front_send(fd, PING, sizeof(PING) - 1));
		ck_assert_msg(reply(fd, 1) == 200, "%s", rows[_i].name);
	}
	close(fd);
	front_stop();
}
END_TEST

/* The time for a request runs also where its first bytes came with another. */
START_TEST(gives_up_half_a_request)
{
	static const char both[] = PING "GET /api/ping HTTP/1.1\r\n";
	static const char rest[] = HOST GOOD "\r\n";
	int slow, idle;

	front_start();
	slow = front_connect();
	idle = front_connect();
	ck_assert(front_send(slow, both, sizeof(both) - 1));
	ck_assert_int_eq(front_reply(slow, head, sizeof(head), NULL, 0), 200);
	ck_assert(front_send(idle, PING, sizeof(PING) - 1));
	ck_assert_int_eq(front_reply(idle, head, sizeof(head), NULL, 0), 200);
	front_skip(REQUEST_MS + 1000);
	ck_assert(front_closes(slow, 10000));
	ck_assert(front_send(idle, both, sizeof(both) - 1));
	ck_assert(front_send(idle, rest, sizeof(rest) - 1));
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(
		    front_reply(idle, head, sizeof(head), NULL, 0), 200);
	front_skip(IDLE_MS + 1000);
	ck_assert(front_closes(idle, 10000));
	close(slow);
	close(idle);
	front_stop();
}
END_TEST

Suite *
suite_http1_conn(void)
{
	Suite *s = suite_create("http1-conn");
	TCase *tc = tcase_create("clients");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, answers_and_stays_or_goes, 0, (int)NELEM(rows));
	tcase_add_test(tc, gives_up_half_a_request);
	suite_add_tcase(s, tc);
	return s;
}
