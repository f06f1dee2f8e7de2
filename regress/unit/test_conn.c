/*
 * Connections as clients see them: order, limits, ends, and what is refused
 * before it costs anything.
 */
#include "config.h"

#include <sys/socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "front-http1.h"
#include "front.h"
#include "ringletd/ringletd.h"
#include "suites.h"

static char head[4096], body[4096];

static int
reply(int fd)
{
	return front_reply(fd, head, sizeof(head), body, sizeof(body));
}

static const struct {
	const char *name;
	int status;
	const char *bytes;
	const char *in_head; /* or NULL */
} rows[] = {
	{ "ping", 200, PING, "Cache-Control: no-store\r\n" },
	{ "the page", 200, "GET / HTTP/1.1\r\n" HOST "\r\n",
	    "Content-Type: text/html" },
	{ "no token", 401, "GET /api/ping HTTP/1.1\r\n" HOST "\r\n",
	    "WWW-Authenticate: Bearer" },
	{ "a wrong token", 401, "GET /api/ping HTTP/1.1\r\n" HOST
	    "Authorization: Bearer bad\r\n\r\n", "WWW-Authenticate: Bearer" },
	{ "a token in the URL", 401, "GET /api/ping?token=good HTTP/1.1\r\n"
	    HOST GOOD "\r\n", NULL },
	{ "a token in the page's URL", 401, "GET /?token=good HTTP/1.1\r\n"
	    HOST "\r\n", NULL },
	{ "a query", 400, "GET /api/ping?a HTTP/1.1\r\n" HOST GOOD "\r\n",
	    NULL },
	{ "an empty query", 400, "GET /api/ping? HTTP/1.1\r\n" HOST GOOD
	    "\r\n", NULL },
	{ "a foreign host", 403, "GET /api/ping HTTP/1.1\r\n"
	    "Host: evil.example\r\n" GOOD "\r\n", NULL },
	{ "a foreign host for the page", 403, "GET / HTTP/1.1\r\n"
	    "Host: evil.example\r\n\r\n", NULL },
	{ "a foreign origin", 403, "GET /api/ping HTTP/1.1\r\n" HOST GOOD
	    "Origin: http://evil.example\r\n\r\n", NULL },
	{ "its own origin", 200, "GET /api/ping HTTP/1.1\r\n" HOST GOOD
	    "Origin: http://localhost\r\n\r\n", NULL },
	{ "no route", 404, "GET /nothing HTTP/1.1\r\n" HOST GOOD "\r\n",
	    NULL },
	{ "no method", 405, "BREW /api/ping HTTP/1.1\r\n" HOST GOOD "\r\n",
	    "Allow: GET, HEAD\r\n" },
	{ "another method", 405, "DELETE /api/profiles HTTP/1.1\r\n" HOST
	    GOOD "\r\n", "Allow: GET, HEAD, POST\r\n" },
	{ "no length", 411, "POST /api/profiles HTTP/1.1\r\n" HOST GOOD JSON
	    "\r\n", NULL },
	{ "another type", 415, "POST /api/profiles HTTP/1.1\r\n" HOST GOOD
	    "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", NULL },
	{ "no type", 415, "POST /api/profiles HTTP/1.1\r\n" HOST GOOD
	    "Content-Length: 2\r\n\r\n{}", NULL },
	{ "not JSON", 400, "POST /api/profiles HTTP/1.1\r\n" HOST GOOD JSON
	    "Content-Length: 1\r\n\r\n{", NULL },
	{ "a body for GET", 400, "GET /api/ping HTTP/1.1\r\n" HOST GOOD
	    "Content-Length: 2\r\n\r\n{}", NULL },
	{ "malformed", 400, "GET /\r\n\r\n", "Connection: close\r\n" },
	{ "too long", 413, "POST /api/profiles HTTP/1.1\r\n" HOST GOOD JSON
	    "Content-Length: 65537\r\n\r\n", "Connection: close\r\n" },
	{ "another version", 505, "GET / HTTP/3.0\r\n" HOST "\r\n",
	    "Connection: close\r\n" },
	{ "not a WebSocket", 400, "GET /ws/terminal/" LIVE " HTTP/1.1\r\n"
	    HOST GOOD "\r\n", NULL },
};

START_TEST(judges_requests)
{
	int fd;

	front_start();
	fd = front_connect();
	front_say(fd, rows[_i].bytes);
	ck_assert_msg(reply(fd) == rows[_i].status, "%s: %s", rows[_i].name,
	    head);
	if (rows[_i].in_head != NULL)
		ck_assert_msg(strstr(head, rows[_i].in_head) != NULL,
		    "%s: %s", rows[_i].name, head);
	ck_assert_msg(strstr(head, "X-Content-Type-Options: nosniff\r\n") !=
	    NULL && strstr(head, "Content-Security-Policy: default-src 'none'")
	    != NULL, "%s: %s", rows[_i].name, head);
	if (strstr(head, "application/json") != NULL)
		ck_assert_msg(strstr(body, rows[_i].status == 200 ?
		    "\"success\":true" : "\"success\":false") != NULL,
		    "%s: %s", rows[_i].name, body);
	close(fd);
	front_stop();
}
END_TEST

START_TEST(answers_in_order)
{
	int fd;

	front_start();
	fd = front_connect();
	/* Five requests at once; the fourth is in the middle of a cut. */
	front_say(fd, PING "GET /nothing HTTP/1.1\r\n" HOST "\r\n" PING
	    "GET / HTTP/1.1\r\nHo");
	ck_assert_int_eq(reply(fd), 200);
	ck_assert_int_eq(reply(fd), 404);
	ck_assert_int_eq(reply(fd), 200);
	front_say(fd, "st: localhost\r\n\r\n" PING);
	ck_assert_int_eq(reply(fd), 200);
	ck_assert_ptr_nonnull(strstr(head, "text/html"));
	ck_assert_int_eq(reply(fd), 200);
	ck_assert_ptr_nonnull(strstr(body, "\"ok\""));
	close(fd);
	front_stop();
}
END_TEST

START_TEST(takes_bytes_as_they_come)
{
	static const char text[] = "POST /api/profiles HTTP/1.1\r\n" HOST GOOD
	    JSON "Transfer-Encoding: chunked\r\n\r\n"
	    "10\r\n{\"alias\":\"a\",\"pr\r\n32\r\n"
	    "ovider_id\":\"anthropic\",\"agent_id\":\"sh\",\"model\":\"m\"\r\n"
	    "1\r\n}\r\n0\r\n\r\n";
	size_t i;
	int fd;

	front_start();
	fd = front_connect();
	for (i = 0; i < sizeof(text) - 1; i++) {
		ck_assert(front_send(fd, text + i, 1));
		if (i % 16 == 0)
			usleep(1000);
	}
	ck_assert_int_eq(reply(fd), 201);
	ck_assert_ptr_nonnull(strstr(body, "\"alias\":\"a\""));
	ck_assert_ptr_nonnull(strstr(body, "\"model\":\"m\""));
	ck_assert_ptr_nonnull(strstr(body, "\"has_key\":false"));
	close(fd);
	front_stop();
}
END_TEST

static const struct {
	const char *json;
	int status;
	const char *says;
} bodies[] = {
	{ "{\"alias\":\"a\",\"agent_id\":\"b\",\"provider_id\":\"c\","
	    "\"api_key\":\"secret\"}", 201, "\"has_key\":true" },
	{ "{\"alias\":\"a\",\"agent_id\":\"b\",\"provider_id\":\"c\","
	    "\"sealed_key\":{\"key_id\":\"x\",\"ciphertext\":\"AAAA\"}}", 201,
	    "\"has_key\":true" },
	{ "{\"alias\":\"a\",\"agent_id\":\"b\"}", 400, "provider_id" },
	{ "{\"alias\":7,\"agent_id\":\"b\",\"provider_id\":\"c\"}", 400,
	    "alias" },
	{ "{\"alias\":\"a\",\"agent_id\":\"b\",\"provider_id\":\"c\","
	    "\"alias\":\"d\"}", 400, "twice" },
	{ "{\"alias\":\"a\",\"agent_id\":\"b\",\"provider_id\":\"c\","
	    "\"args\":[1]}", 400, "args" },
	{ "{\"alias\":\"a\",\"agent_id\":\"b\",\"provider_id\":\"c\","
	    "\"other\":null}", 400, "other" },
	{ "{\"alias\":\"a\",\"agent_id\":\"b\",\"provider_id\":\"c\","
	    "\"sealed_key\":\"x\"}", 400, "sealed_key" },
	{ "{\"alias\":\"a\",\"agent_id\":\"b\",\"provider_id\":\"c\","
	    "\"sealed_key\":{\"key_id\":\"x\"}}", 400, "ciphertext" },
	{ "{\"alias\":\"a\",\"agent_id\":\"b\",\"provider_id\":\"c\","
	    "\"sealed_key\":{\"key_id\":\"x\",\"ciphertext\":\"!\"}}", 400,
	    "base64" },
	{ "{\"alias\":\"a\",\"agent_id\":\"b\",\"provider_id\":\"c\","
	    "\"api_key\":\"secret\",\"sealed_key\":{\"key_id\":\"x\","
	    "\"ciphertext\":\"AAAA\"}}", 400, "both" },
	{ "[]", 400, "object" },
	{ "{\"alias\":\"\\u0000\"}", 400, "NUL" },
	{ "[[[[[[[[[[[[]]]]]]]]]]]]", 400, "deep" },
};

START_TEST(reads_bodies)
{
	char request[1024];
	int fd;

	front_start();
	fd = front_connect();
	snprintf(request, sizeof(request), "POST /api/profiles HTTP/1.1\r\n"
	    HOST GOOD JSON "Content-Length: %zu\r\n\r\n%s",
	    strlen(bodies[_i].json), bodies[_i].json);
	front_say(fd, request);
	ck_assert_msg(reply(fd) == bodies[_i].status, "%s: %s",
	    bodies[_i].json, body);
	ck_assert_msg(strstr(body, bodies[_i].says) != NULL, "%s: %s",
	    bodies[_i].json, body);
	/* Neither a reply nor an error says a key. */
	ck_assert_ptr_null(strstr(body, "secret"));
	/* The connection is good for another. */
	front_say(fd, PING);
	ck_assert_int_eq(reply(fd), 200);
	close(fd);
	front_stop();
}
END_TEST

static const struct {
	const char *json;
	int status;
	const char *says;
} keys[] = {
	{ "{\"api_key\":\"secret\"}", 200, "\"keychain\":\"plain\"" },
	{ "{\"sealed_key\":{\"key_id\":\"x\",\"ciphertext\":\"AAAA\"}}",
	    200, "\"sessions\":[\"0123456789abcdef\"]" },
	{ "{\"sealed_key\":{\"key_id\":\"x\",\"ciphertext\":\"AAAA\"}}",
	    200, "\"keychain\":\"sealed\"" },
	{ "{}", 400, "give one of" },
	{ "{\"api_key\":\"secret\",\"sealed_key\":{\"key_id\":\"x\","
	    "\"ciphertext\":\"AAAA\"}}", 400, "give one of" },
	{ "{\"api_key\":7}", 400, "api_key" },
	{ "{\"api_key\":\"secret\",\"api_key\":\"secret\"}", 400, "twice" },
	{ "{\"alias\":\"web\",\"api_key\":\"secret\"}", 400, "alias" },
	{ "{\"sealed_key\":{\"key_id\":\"x\"}}", 400, "ciphertext" },
	{ "{\"sealed_key\":{\"key_id\":\"x\",\"ciphertext\":\"\"}}", 400,
	    "base64" },
	{ "[]", 400, "object" },
};

/* Another key: the alias is in the path, the key in the body. */
START_TEST(reads_keys)
{
	char request[1024];
	int fd;

	front_start();
	fd = front_connect();
	snprintf(request, sizeof(request),
	    "PUT /api/profiles/web/key HTTP/1.1\r\n" HOST GOOD JSON
	    "Content-Length: %zu\r\n\r\n%s",
	    strlen(keys[_i].json), keys[_i].json);
	front_say(fd, request);
	ck_assert_msg(
	    reply(fd) == keys[_i].status, "%s: %s", keys[_i].json, body);
	ck_assert_msg(strstr(body, keys[_i].says) != NULL, "%s: %s",
	    keys[_i].json, body);
	ck_assert_ptr_null(strstr(body, "secret"));
	if (keys[_i].status == 200)
		ck_assert_ptr_nonnull(strstr(body, "\"alias\":\"web\""));
	front_say(fd, "PUT /api/profiles/..web/key HTTP/1.1\r\n" HOST GOOD JSON
		"Content-Length: 2\r\n\r\n{}");
	ck_assert_int_eq(reply(fd), 404);
	close(fd);
	front_stop();
}
END_TEST

START_TEST(leaves_the_body_out_for_head)
{
	int fd;

	front_start();
	fd = front_connect();
	front_say(fd, "HEAD / HTTP/1.1\r\n" HOST "\r\n" PING);
	ck_assert_int_eq(front_reply(fd, head, sizeof(head), NULL, 1), 200);
	ck_assert_ptr_nonnull(strstr(head, "Content-Length: "));
	/* The next bytes are the next reply's. */
	ck_assert_int_eq(reply(fd), 200);
	close(fd);
	front_stop();
}
END_TEST

START_TEST(closes_when_asked)
{
	int fd;

	front_start();
	fd = front_connect();
	front_say(fd, "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n" PING);
	ck_assert_int_eq(reply(fd), 200);
	ck_assert_ptr_nonnull(strstr(head, "Connection: close\r\n"));
	ck_assert(front_closes(fd, 5000));
	close(fd);
	fd = front_connect();
	front_say(fd, "GET / HTTP/1.0\r\n" HOST "\r\n");
	ck_assert_int_eq(reply(fd), 200);
	ck_assert(front_closes(fd, 5000));
	close(fd);
	/* A client that has shut its half down gets its reply. */
	fd = front_connect();
	front_say(fd, PING);
	shutdown(fd, SHUT_WR);
	ck_assert_int_eq(reply(fd), 200);
	ck_assert(front_closes(fd, 5000));
	close(fd);
	front_stop();
}
END_TEST

/* A refusal arrives even though the client goes on sending. */
START_TEST(refuses_without_a_reset)
{
	char *junk;
	int fd;

	front_start();
	ck_assert_ptr_nonnull(junk = calloc(1, 300000));
	fd = front_connect();
	front_say(fd, "POST /api/profiles HTTP/1.1\r\n" HOST GOOD JSON
	    "Content-Length: 300000\r\n\r\n");
	(void)front_send(fd, junk, 300000);
	ck_assert_int_eq(reply(fd), 413);
	ck_assert(front_closes(fd, 5000));
	close(fd);
	/* By its head alone, before its body is there. */
	fd = front_connect();
	front_say(fd, "POST /api/profiles HTTP/1.1\r\n" HOST JSON
	    "Content-Length: 60000\r\n\r\n{");
	ck_assert_int_eq(reply(fd), 401);
	ck_assert(front_closes(fd, 5000));
	close(fd);
	free(junk);
	front_stop();
}
END_TEST

START_TEST(says_continue)
{
	static const char want[] = "HTTP/1.1 100 Continue\r\n\r\n";
	char got[sizeof(want)] = "";
	int fd;

	front_start();
	fd = front_connect();
	front_say(fd, "POST /api/profiles HTTP/1.1\r\n" HOST GOOD JSON
	    "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
	ck_assert_int_eq(recv(fd, got, sizeof(want) - 1, MSG_WAITALL),
	    sizeof(want) - 1);
	ck_assert_str_eq(got, want);
	front_say(fd, "{}");
	ck_assert_int_eq(reply(fd), 400);
	/* The body is here already: it needs no asking for. */
	front_say(fd, "POST /api/profiles HTTP/1.1\r\n" HOST GOOD JSON
	    "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}");
	ck_assert_int_eq(reply(fd), 400);
	/* Nor is the body of what will be refused. */
	front_say(fd, "POST /api/profiles HTTP/1.1\r\n" HOST JSON
	    "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
	ck_assert_int_eq(reply(fd), 401);
	close(fd);
	front_stop();
}
END_TEST

/* A client that goes while its request is with the monitor. */
START_TEST(forgets_clients_that_go)
{
	unsigned before;
	int fd, i;

	front_start();
	fd = front_connect();
	front_say(fd, PING);
	ck_assert_int_eq(reply(fd), 200);
	before = front_fds();
	for (i = 0; i < 50; i++) {
		int other = front_connect();

		front_say(other, "GET /api/ping HTTP/1.1\r\n" HOST
		    "Authorization: Bearer slow\r\n\r\n");
		front_say(other, PING PING PING);
		close(other);
		other = front_connect();
		front_say(other, PING "GET /api/pi");
		close(other);
	}
	front_say(fd, PING);
	ck_assert_int_eq(reply(fd), 200);
	/* Those with an answer outstanding may still be there: no others. */
	for (i = 0; i < 100 && front_fds() > before + 50; i++)
		usleep(20000);
	ck_assert_uint_le(front_fds(), before + 50);
	close(fd);
	front_stop();
}
END_TEST

/* Strangers take all places; somebody with a token is served. */
START_TEST(makes_room)
{
	static int idle[CONN_MAX + 50];
	size_t i;
	int fd, trusted;

	front_start();
	trusted = front_connect();
	front_say(trusted, PING);
	ck_assert_int_eq(reply(trusted), 200);
	for (i = 0; i < NELEM(idle); i++)
		idle[i] = front_connect();
	fd = front_connect();
	front_say(fd, PING);
	ck_assert_int_eq(reply(fd), 200);
	/* The oldest stranger went; who had a good token stays. */
	ck_assert(front_closes(idle[0], 5000));
	front_say(trusted, PING);
	ck_assert_int_eq(reply(trusted), 200);
	ck_assert_uint_le(front_fds(), CONN_MAX + 20);
	close(fd);
	close(trusted);
	for (i = 0; i < NELEM(idle); i++)
		close(idle[i]);
	front_stop();
}
END_TEST

/* Out of descriptors: connections wait, and nobody turns in circles. */
START_TEST(waits_for_descriptors)
{
	static int idle[60];
	unsigned long before;
	size_t i;
	int fd;

	front_limit(40);
	front_start();
	for (i = 0; i < NELEM(idle); i++)
		idle[i] = front_connect();
	/* It has no room for this one until others go. */
	fd = front_connect();
	front_say(fd, PING);
	for (i = 0; i < 250 && front_fds() < 40; i++)
		usleep(20000);
	ck_assert_uint_ge(front_fds(), 40);
	before = front_ticks();
	usleep(1000000);
	ck_assert_uint_le(front_ticks() - before, 20);
	for (i = 0; i < NELEM(idle); i++)
		close(idle[i]);
	ck_assert_int_eq(reply(fd), 200);
	close(fd);
	front_stop();
}
END_TEST

Suite *
suite_conn(void)
{
	Suite *s = suite_create("conn");
	TCase *tc = tcase_create("clients");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, judges_requests, 0, (int)NELEM(rows));
	tcase_add_test(tc, answers_in_order);
	tcase_add_test(tc, takes_bytes_as_they_come);
	tcase_add_loop_test(tc, reads_bodies, 0, (int)NELEM(bodies));
	tcase_add_loop_test(tc, reads_keys, 0, (int)NELEM(keys));
	tcase_add_test(tc, leaves_the_body_out_for_head);
	tcase_add_test(tc, closes_when_asked);
	tcase_add_test(tc, refuses_without_a_reset);
	tcase_add_test(tc, says_continue);
	tcase_add_test(tc, forgets_clients_that_go);
	tcase_add_test(tc, makes_room);
	tcase_add_test(tc, waits_for_descriptors);
	suite_add_tcase(s, tc);
	return s;
}
