/*
 * GET /api/events: what events look like, over both versions of HTTP; who asks
 * in a wrong way, who does not read, who has gone, and whose token has.
 */
#include "config.h"

#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "front.h"
#include "h2client.h"
#include "ringletd/ringletd.h"
#include "suites.h"

#define BEARER "Authorization: Bearer good\r\n"
#define GET(target)                                                            \
	"GET " target " HTTP/1.1\r\nHost: localhost\r\n" BEARER "\r\n"
#define FIRST "event: test.event\ndata: {\"n\":0,"

/* --- HTTP/1.1 --- */

static char head[4096];

struct stream {
	int fd;
	bool chunked;
	size_t left; /* of the chunk */
};

static bool
byte(struct stream *s, char *c)
{
	struct pollfd pfd = { s->fd, POLLIN, 0 };

	return poll(&pfd, 1, 20000) == 1 && recv(s->fd, c, 1, 0) == 1;
}

/* The next byte of the body; false at its end. */
static bool
body_byte(struct stream *s, char *c)
{
	char line[16];
	size_t n = 0;

	if (s->chunked && s->left == 0) {
		do {
			ck_assert_uint_lt(n, sizeof(line) - 1);
			if (!byte(s, &line[n]))
				return false;
		} while (line[n++] != '\n');
		line[n] = '\0';
		s->left = strtoul(line, NULL, 16);
		ck_assert_msg(s->left > 0, "chunk %s", line);
	}
	if (!byte(s, c))
		return false;
	if (s->chunked && --s->left == 0) {
		ck_assert(byte(s, &line[0]) && byte(s, &line[1]));
		ck_assert_mem_eq(line, "\r\n", 2);
	}
	return true;
}

/* The next block, which ends with an empty line; false: it has ended. */
static bool
block(struct stream *s, char *text, size_t size)
{
	size_t n = 0;

	do {
		ck_assert_uint_lt(n, size - 1);
		if (!body_byte(s, &text[n]))
			return false;
		text[++n] = '\0';
	} while (n < 2 || strcmp(text + n - 2, "\n\n") != 0);
	return true;
}

static char text[8192];

static void
next_is(struct stream *s, const char *want)
{
	/* Half a minute may have passed: then a ping is between. */
	do
		ck_assert_msg(block(s, text, sizeof(text)), "no %s", want);
	while (strcmp(text, ": ping\n\n") == 0 &&
	       strstr(want, "ping") == NULL);
	ck_assert_msg(
	    strstr(text, want) != NULL, "%.200s is not %s", text, want);
}

static struct stream
listen_to(const char *request)
{
	struct stream s = { front_connect(), false, 0 };

	ck_assert(front_send(s.fd, request, strlen(request)));
	ck_assert_int_eq(front_reply(s.fd, head, sizeof(head), NULL, 0), 200);
	s.chunked = strstr(head, "Transfer-Encoding: chunked\r\n") != NULL;
	next_is(&s, ": listening\n");
	return s;
}

START_TEST(tells_who_wants_it)
{
	struct stream all, star, other;

	front_start();
	all = listen_to(GET("/api/events"));
	ck_assert(all.chunked);
	ck_assert_ptr_nonnull(
	    strstr(head, "Content-Type: text/event-stream\r\n"));
	ck_assert_ptr_nonnull(strstr(head, "Cache-Control: no-store\r\n"));
	ck_assert_ptr_nonnull(strstr(head, "Connection: close\r\n"));
	ck_assert_ptr_nonnull(
	    strstr(head, "X-Content-Type-Options: nosniff\r\n"));
	ck_assert_ptr_null(strstr(head, "Content-Length"));
	star = listen_to(GET("/api/events?topics=a.b,test.*"));
	other = listen_to(GET("/api/events?topics=test%2Eeve"));
	front_events();
	next_is(&all, "id: 1\n" FIRST);
	next_is(&all, "id: 2\nevent: test.event\ndata: {\"n\":1,");
	next_is(&star, "id: 1\n" FIRST);
	/* What it still says has no meaning. */
	ck_assert(front_send(star.fd, GET("/"), strlen(GET("/"))));
	next_is(&star, "id: 2\n");
	front_skip(30000);
	next_is(&other, ": ping\n");
	close(all.fd);
	close(star.fd);
	close(other.fd);
	front_stop();
}
END_TEST

/* HTTP/1.0 knows no chunks. */
START_TEST(without_chunks)
{
	struct stream s;

	front_start();
	s = listen_to(
	    "GET /api/events HTTP/1.0\r\nHost: localhost\r\n" BEARER "\r\n");
	ck_assert(!s.chunked);
	front_events();
	next_is(&s, "id: 1\n" FIRST);
	close(s.fd);
	front_stop();
}
END_TEST

#define T8 "a,b,c,d,e,f,g,h"

static const struct {
	const char *request;
	int status;
	const char *says;
} wrong[] = {
	{ GET("/api/events?topics=a.b&topics=c"), 400, "topics comes twice" },
	{ GET("/api/events?topic=a.b"), 400, "it may have topics" },
	{ GET("/api/events?topics="), 400, "element 0" },
	{ GET("/api/events?topics=a,A"), 400, "element 1" },
	{ GET("/api/events?topics=a+b"), 400, "has a '+'" },
	{ GET("/api/events?topics=%0aid:1"), 400, "element 0" },
	{ GET("/api/events?topics=%ff"), 400, "UTF-8" },
	{ GET("/api/events?topics=" T8 "," T8 "," T8 "," T8 ",i"), 400,
	    "more than 32 topics" },
	{ GET("/api/events?token=good"), 401, "URL" },
	{ "GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n", 401, "token" },
	{ "GET /api/events HTTP/1.1\r\nHost: localhost\r\n"
	  "Authorization: Bearer bad\r\n\r\n",
	    401, "no" },
	{ "GET /api/events HTTP/1.1\r\nHost: localhost\r\n" BEARER
	  "Content-Length: 1\r\n\r\nx",
	    400, "body" },
	{ "GET /api/events HTTP/1.1\r\nHost: localhost\r\n" BEARER
	  "Origin: http://elsewhere\r\n\r\n",
	    403, "Origin" },
	{ "POST /api/events HTTP/1.1\r\nHost: localhost\r\n" BEARER
	  "Content-Length: 0\r\n\r\n",
	    405, "method" },
};

START_TEST(refuses)
{
	int fd;

	front_start();
	fd = front_connect();
	ck_assert(front_send(fd, wrong[_i].request, strlen(wrong[_i].request)));
	ck_assert_int_eq(
	    front_reply(fd, head, sizeof(head), text, sizeof(text)),
	    wrong[_i].status);
	ck_assert_msg(strstr(text, wrong[_i].says) != NULL, "%s", text);
	close(fd);
	front_stop();
}
END_TEST

/* HEAD gets the head, and the connection goes on. */
START_TEST(head_alone)
{
	static const char ask[] =
	    "HEAD /api/events?topics=a HTTP/1.1\r\nHost: localhost\r\n" BEARER
	    "\r\n";
	int fd, i;

	front_start();
	fd = front_connect();
	for (i = 0; i < 2; i++) {
		ck_assert(front_send(fd, ask, strlen(ask)));
		ck_assert_int_eq(
		    front_reply(fd, head, sizeof(head), NULL, 1), 200);
		ck_assert_ptr_nonnull(
		    strstr(head, "Content-Type: text/event-stream\r\n"));
		ck_assert_ptr_null(strstr(head, "Transfer-Encoding"));
		ck_assert_ptr_null(strstr(head, "Content-Length"));
	}
	ck_assert(front_send(fd, GET("/"), strlen(GET("/"))));
	ck_assert_int_eq(front_reply(fd, head, sizeof(head), NULL, 0), 200);
	close(fd);
	front_stop();
}
END_TEST

/* The number behind name in the block. */
static unsigned long
number(const char *name)
{
	const char *at = strstr(text, name);

	ck_assert_msg(at != NULL, "%.200s", text);
	return strtoul(at + strlen(name), NULL, 10);
}

START_TEST(tells_what_was_missed)
{
	unsigned long next = 0, dropped = 0;
	struct stream lazy, quick;

	front_start();
	lazy = listen_to(GET("/api/events?topics=*"));
	front_events();
	/* Nobody else waits for it. */
	quick = listen_to(GET("/api/events?topics=a.b"));
	do {
		ck_assert(block(&lazy, text, sizeof(text)));
		if (strncmp(text, "event: dropped\n", 15) == 0) {
			dropped = number("\"count\":");
			break;
		}
		ck_assert_uint_eq(number("{\"n\":"), next);
		ck_assert_uint_eq(number("id: "), next + 1);
		next++;
	} while (next < FRONT_EVENTS);
	ck_assert_uint_gt(dropped, 0);
	ck_assert_uint_eq(next + dropped, FRONT_EVENTS);
	/* And from then on it is as any other. */
	front_events();
	next_is(&lazy, FIRST);
	ck_assert_uint_eq(number("id: "), FRONT_EVENTS + 1);
	close(lazy.fd);
	close(quick.fd);
	front_stop();
}
END_TEST

/*
 * One that listens and says nothing is kept, however long; one that takes
 * nothing for that long is given up.
 */
START_TEST(is_given_up)
{
	struct stream quiet, stuck;
	unsigned before;

	front_start();
	quiet = listen_to(GET("/api/events?topics=a"));
	before = front_fds();
	stuck = listen_to(GET("/api/events"));
	front_events();
	for (int i = 0; i < 12; i++) {
		front_skip(30000);
		next_is(&quiet, ": ping\n");
	}
	/* Told that it ends, it has the time of a reply to take the rest. */
	for (int i = 0; i < 20 && front_fds() > before; i++) {
		front_skip(31000);
		next_is(&quiet, ": ping\n");
	}
	ck_assert_uint_eq(front_fds(), before);
	close(stuck.fd);
	close(quiet.fd);
	front_stop();
}
END_TEST

START_TEST(ends_with_its_token)
{
	struct stream s, other;

	front_start();
	other = listen_to(GET("/api/events"));
	s = listen_to("GET /api/events HTTP/1.1\r\nHost: localhost\r\n"
		      "Authorization: Bearer brief\r\n\r\n");
	front_token_ends();
	ck_assert(front_closes(s.fd, 5000));
	front_events();
	next_is(&other, FIRST);
	close(s.fd);
	close(other.fd);
	front_stop();
}
END_TEST

/*
 * A token that ends while the monitor makes the answer: the connection is gone
 * before there is something to upgrade.
 */
START_TEST(ends_before_it_begins)
{
	static const char *const asks[] = {
		"GET /api/events HTTP/1.1\r\nHost: localhost\r\n"
		"Authorization: Bearer racing\r\n\r\n",
		"GET /ws HTTP/1.1\r\nHost: localhost\r\n"
		"Connection: Upgrade\r\nUpgrade: websocket\r\n"
		"Sec-WebSocket-Version: 13\r\n"
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		"Authorization: Bearer racing\r\n\r\n",
	};
	struct stream s;
	int fd;

	front_start();
	fd = front_connect();
	ck_assert(front_send(fd, asks[_i], strlen(asks[_i])));
	ck_assert(front_closes(fd, 5000));
	close(fd);
	s = listen_to(GET("/api/events"));
	front_events();
	next_is(&s, FIRST);
	close(s.fd);
	front_stop();
}
END_TEST

/* --- HTTP/2 --- */

static struct h2_client c;

#define GOOD "authorization", "Bearer good"

static const char *const good[] = { GOOD, NULL };

struct has {
	struct h2_answer *a;
	const char *want;
};

static bool
has_text(const void *arg)
{
	const struct has *h = arg;

	return h->a->closed ||
	       (h->a->len > 0 && memmem(h->a->body, h->a->len, h->want,
				     strlen(h->want)) != NULL);
}

static bool
comes(struct h2_answer *a, const char *want)
{
	struct has h = { a, want };

	return h2_until(&c, has_text, &h, 5000) && !a->closed;
}

static struct h2_answer *
listen_h2(const char *path)
{
	struct h2_answer *a = h2_ask(&c, "GET", path, good, NULL);

	ck_assert(comes(a, ": listening\n\n"));
	ck_assert_int_eq(a->status, 200);
	return a;
}

START_TEST(over_http2)
{
	struct h2_answer *all, *other, *ping, *a;

	front_start();
	h2_open(&c, 0);
	all = listen_h2("/api/events?topics=test.*");
	ck_assert_ptr_nonnull(
	    strstr(all->head, "content-type: text/event-stream\n"));
	ck_assert_ptr_nonnull(strstr(all->head, "cache-control: no-store\n"));
	ck_assert_ptr_null(strstr(all->head, "transfer-encoding"));
	ck_assert_ptr_null(strstr(all->head, "content-length"));
	other = listen_h2("/api/events?topics=a.b");
	/* Others go on beside them. */
	ping = h2_ask(&c, "GET", "/api/ping", good, NULL);
	ck_assert(h2_finish(&c, ping));
	ck_assert_int_eq(ping->status, 200);
	front_events();
	ck_assert(comes(all, "\n\nid: 1\n" FIRST));
	ck_assert(comes(all, "\n\nid: 2\n"));
	front_skip(30000);
	ck_assert(comes(other, ": ping\n\n"));
	ck_assert_ptr_null(memmem(other->body, other->len, "test.event", 10));
	a = h2_ask(&c, "HEAD", "/api/events", good, NULL);
	ck_assert(h2_finish(&c, a));
	ck_assert_int_eq(a->status, 200);
	ck_assert_uint_eq(a->len, 0);
	a = h2_ask(&c, "GET", "/api/events", good, "body");
	ck_assert(h2_finish(&c, a));
	ck_assert_int_eq(a->status, 400);
	h2_close(&c);
	front_stop();
}
END_TEST

/* A window that is shut is as a socket that is full. */
START_TEST(missed_over_http2)
{
	struct h2_answer *a;

	front_start();
	h2_open(&c, 20000);
	c.hoards = true;
	a = listen_h2("/api/events");
	front_events();
	ck_assert(comes(a, "id: 4\n"));
	c.hoards = false;
	h2_grant(&c, a, a->len);
	ck_assert(comes(a, "event: dropped\ndata: {\"count\":"));
	h2_close(&c);
	front_stop();
}
END_TEST

/*
 * A client that answers our PING is there, though it never says a word; one
 * that does not is gone.
 */
START_TEST(gone_over_http2)
{
	struct h2_answer *a;
	size_t had;

	front_start();
	h2_open(&c, 0);
	a = listen_h2("/api/events");
	for (int i = 0; i < 12; i++) {
		had = a->len;
		front_skip(30000);
		while (a->len == had && !a->closed)
			h2_turn(&c);
		ck_assert(!a->closed);
	}
	ck_assert_uint_eq(c.goaway, H2_NOTHING);
	/* From now on it says nothing. */
	front_skip(12 * 30000);
	ck_assert(front_closes(c.fd, 5000));
	h2_close(&c);
	front_stop();
}
END_TEST

START_TEST(token_over_http2)
{
	static const char *const brief[] = { "authorization", "Bearer brief",
		NULL };
	struct h2_answer *a;

	front_start();
	h2_open(&c, 0);
	a = h2_ask(&c, "GET", "/api/events", brief, NULL);
	ck_assert(comes(a, ": listening\n\n"));
	front_token_ends();
	ck_assert(h2_end(&c));
	h2_close(&c);
	front_stop();
}
END_TEST

#define PER_CLIENT 60 /* streams of a connection */

/* There are only so many. */
START_TEST(too_many)
{
	static struct h2_client cs[SUBSCRIBERS_MAX / PER_CLIENT + 1];
	struct h2_answer *a;
	unsigned n = 0, refused = 0;

	front_start();
	for (size_t i = 0; i < NELEM(cs); i++) {
		h2_open(&cs[i], 0);
		for (unsigned k = 0; k < PER_CLIENT; k++) {
			a = h2_ask(&cs[i], "GET", "/api/events", good, NULL);
			ck_assert(h2_head(&cs[i], a));
			if (a->status == 200)
				n++;
			else {
				ck_assert_int_eq(a->status, 429);
				refused++;
			}
		}
	}
	ck_assert_uint_eq(n, SUBSCRIBERS_MAX);
	ck_assert_uint_gt(refused, 0);
	/* One that leaves makes room. */
	h2_close(&cs[0]);
	do {
		a = h2_ask(&cs[1], "GET", "/api/events", good, NULL);
		ck_assert(h2_head(&cs[1], a));
	} while (a->status != 200);
	for (size_t i = 1; i < NELEM(cs); i++)
		h2_close(&cs[i]);
	front_stop();
}
END_TEST

Suite *
suite_sse(void)
{
	Suite *s = suite_create("sse");
	TCase *tc = tcase_create("events");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, tells_who_wants_it);
	tcase_add_test(tc, without_chunks);
	tcase_add_loop_test(tc, refuses, 0, NELEM(wrong));
	tcase_add_test(tc, head_alone);
	tcase_add_test(tc, tells_what_was_missed);
	tcase_add_test(tc, is_given_up);
	tcase_add_test(tc, ends_with_its_token);
	tcase_add_loop_test(tc, ends_before_it_begins, 0, 2);
	tcase_add_test(tc, over_http2);
	tcase_add_test(tc, missed_over_http2);
	tcase_add_test(tc, gone_over_http2);
	tcase_add_test(tc, token_over_http2);
	tcase_add_test(tc, too_many);
	suite_add_tcase(s, tc);
	return s;
}
