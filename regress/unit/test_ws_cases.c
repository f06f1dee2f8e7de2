/*
 * WebSockets by the case, in HTTP/1.1 and on streams of HTTP/2: what the
 * Autobahn test suite asks of a server, told again as tables (ws_cases.c).
 *
 * The cases have Autobahn's categories and, where there is one like it, its
 * numbers: 1 framing, 2 pings and pongs, 3 reserved bits, 4 opcodes,
 * 5 fragmentation, 6 UTF-8, 7 closing, 9 limits, 10 fragments made by a
 * machine.  10 and more within a category that Autobahn has less of are our
 * own.  Autobahn's server echoes; ours types binary messages into a session
 * that echoes, and takes text messages for JSON, so one that is text but no
 * JSON is answered with an error message.  After each case that closes nothing
 * the connection must still answer a Ping.
 *
 * 12 and 13, compression, come to one case: it is offered, and declined.
 */
#include "config.h"

#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "front.h"
#include "h2client.h"
#include "ringletd/ringletd.h"
#include "suites.h"
#include "ws_cases.h"
#include "xmalloc.h"

#define FIN_TEXT 0x81
#define FIN_PING 0x89
#define NCASES	 125
#define OFFER	 "permessage-deflate; client_max_window_bits"

/* A connection of either kind. */
static bool h2;
static int fd;
static struct h2_client client;
static struct h2_view view;
static struct frame frame;

/* What has been made and not been sent. */
static uint8_t *made;
static size_t made_len, made_size;

static bool
put_bytes(const void *p, size_t len)
{
	if (!h2)
		return front_send(fd, p, len);
	h2_more(&client, view.a, p, len);
	h2_turn(&client);
	return true;
}

static void
next(void)
{
	if (h2)
		h2_next(&view, &frame);
	else
		front_next(fd, &frame);
}

static void
open_one(void)
{
	static const char request[] =
	    "GET /ws/terminal/" LIVE " HTTP/1.1\r\nHost: localhost\r\n"
	    "Connection: Upgrade\r\nUpgrade: websocket\r\n"
	    "Sec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	    "Sec-WebSocket-Extensions: " OFFER "\r\n"
	    "Sec-WebSocket-Protocol: bearer, good\r\n\r\n";
	const char *const fields[] = { ":protocol", "websocket",
		"sec-websocket-version", "13", "sec-websocket-extensions",
		OFFER, "sec-websocket-protocol", "bearer, good", NULL };
	static char head[4096];
	int on = 1;

	if (h2) {
		h2_open(&client, 0);
		(void)setsockopt(
		    client.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		view.c = &client;
		view.at = 0;
		view.a = h2_ask_open(
		    &client, "CONNECT", "/ws/terminal/" LIVE, fields, "", 0);
		ck_assert(h2_head(&client, view.a));
		ck_assert_int_eq(view.a->status, 200);
		(void)strlcpy(head, view.a->head, sizeof(head));
	} else {
		fd = front_connect();
		/* Pieces are sent as pieces. */
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		ck_assert(front_send(fd, request, sizeof(request) - 1));
		ck_assert_int_eq(
		    front_reply(fd, head, sizeof(head), NULL, 0), 101);
	}
	/* What is not accepted is not in use. */
	ck_assert_ptr_null(strcasestr(head, "extensions"));
	do {
		next();
		ck_assert_uint_ne(frame.op, 0);
	} while (frame.op != 2);
}

static void
close_one(void)
{
	if (h2)
		h2_close(&client);
	else
		close(fd);
}

static bool
ends(void)
{
	if (!h2)
		return front_closes(fd, 5000);
	h2_no_more(&client, view.a);
	return h2_finish(&client, view.a) && view.a->code == NGHTTP2_NO_ERROR;
}

/* --- frames --- */

static void
make(const void *p, size_t len)
{
	if (made_size - made_len < len) {
		made_size = 2 * (made_len + len) + 64;
		made = xreallocarray(made, made_size, 1);
	}
	memcpy(made + made_len, p, len);
	made_len += len;
}

static void
make_frame(const struct ws_put *put)
{
	static const uint8_t mask[4] = { 0x37, 0xfa, 0x21, 0x3d };
	uint8_t head[10] = { (uint8_t)put->first }, c;
	size_t n = 2, i, bytes;

	if (put->len < 126 && put->head < HEAD_WIDE) {
		head[1] = (uint8_t)put->len;
	} else {
		bytes = put->len < 65536 && put->head != HEAD_HUGE ? 2 : 8;
		head[1] = bytes == 2 ? 126 : 127;
		for (i = 0; i < bytes; i++)
			head[n++] = (uint8_t)((uint64_t)put->len >>
					      (8 * (bytes - 1 - i)));
		if (put->head == HEAD_HUGE)
			head[2] = 0x80;
	}
	if (put->head != HEAD_BARE)
		head[1] |= 0x80;
	make(head, n);
	if (put->head != HEAD_BARE)
		make(mask, sizeof(mask));
	for (i = 0; i < put->len; i++) {
		c = put->p != NULL ? (uint8_t)put->p[i] : 'a';
		if (put->head != HEAD_BARE)
			c ^= mask[i % 4];
		make(&c, 1);
	}
}

/* Sends what was made, so many bytes at a time. */
static void
send_made(size_t chop)
{
	size_t at, n;

	if (chop == 0)
		chop = made_len;
	for (at = 0; at < made_len; at += n) {
		n = made_len - at < chop ? made_len - at : chop;
		if (!put_bytes(made + at, n))
			break; /* it has closed; what it said is still there */
	}
	free(made);
	made = NULL;
	made_len = made_size = 0;
}

/* --- verdicts --- */

/* Whether the session's bytes come to hold the text. */
static bool
echoes(const char *text)
{
	char tail[256];
	size_t len = strlen(text), have = 0, n;

	for (;;) {
		next();
		if (frame.op == 0 || frame.op == 8)
			return false;
		if (frame.op != 2)
			continue;
		if (memmem(frame.data, frame.len, text, len) != NULL)
			return true;
		/* It may be cut by two frames. */
		n = frame.len < len ? frame.len : len;
		memcpy(tail + have, frame.data, n);
		if (memmem(tail, have + n, text, len) != NULL)
			return true;
		n = frame.len < len ? frame.len : len - 1;
		if (frame.len >= len) {
			memcpy(tail, frame.data + frame.len - n, n);
			have = n;
		} else
			have += n;
		ck_assert_uint_lt(have, sizeof(tail) / 2);
	}
}

/* The next frame of that kind, others skipped but a Close. */
static bool
comes(unsigned op)
{
	do {
		next();
	} while (frame.op != 0 && frame.op != 8 && frame.op != op);
	return frame.op == op;
}

static bool
closes_with(unsigned code)
{
	unsigned got = 0;

	if (!comes(8))
		return false;
	if (frame.len >= 2)
		got = (unsigned)frame.data[0] << 8 | frame.data[1];
	return got == code && frame.len != 1 && ends();
}

static bool
is_alive(void)
{
	const struct ws_put ping = { FIN_PING, "alive", 5, 1, HEAD_PLAIN };

	make_frame(&ping);
	send_made(0);
	while (comes(10)) {
		if (strcmp((char *)frame.data, "alive") == 0)
			return true;
	}
	return false;
}

static bool
is_met(const struct ws_case *c)
{
	switch (c->want) {
	case WANT_CLOSE:
		return closes_with(c->code);
	case WANT_ERROR:
		return comes(1) &&
		       strstr((char *)frame.data, "\"type\":\"error\"") !=
			   NULL &&
		       is_alive();
	case WANT_ECHO:
		return echoes(c->text) && is_alive();
	case WANT_PONG:
		while (comes(10)) {
			if (frame.len == strlen(c->text) &&
			    memcmp(frame.data, c->text, frame.len) == 0)
				return is_alive();
		}
		return false;
	case WANT_NOTHING:
		return is_alive();
	}
	return false;
}

START_TEST(answers_as_it_must)
{
	const struct ws_case *c = &ws_cases[_i / 2];
	size_t i;
	unsigned n;

	h2 = _i % 2 != 0;
	front_start();
	open_one();
	for (i = 0; i < WS_PUTS; i++) {
		const struct ws_put *put = &c->puts[i];

		if (put->first == 0 && put->times == 0)
			break;
		for (n = 0; n < put->times || n == 0; n++)
			make_frame(put);
	}
	send_made(c->chop);
	ck_assert_msg(is_met(c), "%s over %s: last frame %u, '%s'", c->id,
	    h2 ? "HTTP/2" : "HTTP/1.1", frame.op, (char *)frame.data);
	close_one();
	front_stop();
}
END_TEST

/* Whole, byte by byte, and in two frames that are cut at each place. */
START_TEST(knows_utf8)
{
	struct ws_put put = { FIN_TEXT, NULL, 0, 1, HEAD_PLAIN };
	size_t i, cut;
	bool met;

	h2 = _i % 2 != 0;
	front_start();
	for (i = 0; i < ws_nutf8; i++) {
		const struct ws_utf8 *u = &ws_utf8[i];

		for (cut = 0; cut <= u->len; cut++) {
			open_one();
			put.first = cut == 0 ? FIN_TEXT : 1;
			put.p = u->p;
			put.len = cut == 0 ? u->len : cut;
			make_frame(&put);
			put.first = 0x80;
			put.p = u->p + cut;
			put.len = u->len - cut;
			if (cut > 0)
				make_frame(&put);
			send_made(cut % 2);
			met = u->right ? comes(1) && strstr((char *)frame.data,
							 "\"error\"") != NULL
				       : closes_with(1007);
			ck_assert_msg(
			    met, "%s, cut at %zu: %u", u->id, cut, frame.op);
			close_one();
		}
	}
	front_stop();
}
END_TEST

/* It need not be over for the error to be told. */
START_TEST(fails_fast)
{
	const struct ws_put put = { 1, "\316\272\341\275\271\355\240\200", 8, 1,
		HEAD_PLAIN };

	h2 = _i % 2 != 0;
	front_start();
	open_one();
	make_frame(&put);
	send_made(0);
	ck_assert(closes_with(1007));
	close_one();
	/* Nor need the frame. */
	open_one();
	make_frame(&put);
	made[1] = 0x80 | 100;
	send_made(0);
	ck_assert(closes_with(1007));
	close_one();
	front_stop();
}
END_TEST

/* A client that sleeps is asked; one that is gone, by whose word ever, goes. */
START_TEST(asks_who_is_silent)
{
	const struct ws_put pong = { 0x8a, "", 0, 1, HEAD_PLAIN };

	h2 = _i % 2 != 0;
	front_start();
	open_one();
	/* One that answers may be silent for as long as it likes. */
	front_skip(WS_PING_MS);
	ck_assert(comes(9));
	make_frame(&pong);
	send_made(0);
	ck_assert(is_alive());
	front_skip((WS_DEAD_PINGS * WS_PING_MS) - 5000);
	ck_assert(comes(9));
	make_frame(&pong);
	send_made(0);
	ck_assert(is_alive());
	/* One that does not is asked once, and then its stream alone goes. */
	front_skip(WS_PING_MS);
	ck_assert(comes(9));
	front_skip((WS_DEAD_PINGS * WS_PING_MS) - WS_PING_MS - 10000);
	if (h2) {
		nghttp2_submit_ping(client.session, 0, NULL);
		h2_turn(&client);
	}
	front_skip(15000);
	next();
	ck_assert_uint_eq(frame.op, 0);
	if (h2)
		ck_assert(view.a->closed && view.a->code == NGHTTP2_CANCEL);
	else
		ck_assert_int_eq(recv(fd, &frame, 1, 0), 0);
	/* A connection that says nothing goes with all its streams. */
	front_skip((WS_DEAD_PINGS * WS_PING_MS));
	if (h2)
		ck_assert(h2_end(&client));
	close_one();
	front_stop();
}
END_TEST

START_TEST(are_all_there)
{
	ck_assert_uint_eq(ws_ncases, NCASES);
}
END_TEST

Suite *
suite_ws_cases(void)
{
	Suite *s = suite_create("ws-cases");
	TCase *tc = tcase_create("cases");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, are_all_there);
	tcase_add_loop_test(tc, answers_as_it_must, 0, 2 * NCASES);
	tcase_add_loop_test(tc, knows_utf8, 0, 2);
	tcase_add_loop_test(tc, fails_fast, 0, 2);
	tcase_add_loop_test(tc, asks_who_is_silent, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}
