/*
 * Viewers: what a WebSocket client gets of a session, byte by byte, and what
 * its own bytes can do.
 */
#include "config.h"

#include <sys/socket.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "front.h"
#include "ringletd/ringletd.h"
#include "suites.h"

#define WS(id) FRONT_WS("/ws/terminal/" id)

#define FIN_TEXT   0x81
#define FIN_BINARY 0x82
#define FIN_CLOSE  0x88
#define FIN_PING   0x89

static char head[4096];
static struct frame frame;

/* Opens a viewer; the handshake must succeed. */
static int
view(const char *request)
{
	int fd = front_connect();

	ck_assert(front_send(fd, request, strlen(request)));
	ck_assert_int_eq(front_reply(fd, head, sizeof(head), NULL, 0), 101);
	return fd;
}

static void
type(int fd, const char *text)
{
	ck_assert(front_frame(fd, FIN_BINARY, text, strlen(text)));
}

static void
control(int fd, const char *text)
{
	ck_assert(front_frame(fd, FIN_TEXT, text, strlen(text)));
}

/* Reads binary frames until these bytes have come, exactly. */
static void
expect(int fd, const char *text)
{
	size_t len = strlen(text), got = 0;

	while (got < len) {
		front_next(fd, &frame);
		ck_assert_uint_eq(frame.op, 2);
		ck_assert_uint_le(frame.len, len - got);
		ck_assert_mem_eq(frame.data, text + got, frame.len);
		got += frame.len;
	}
}

/* Reads binary frames with the bytes of the pattern from one to another. */
static void
expect_bytes(int fd, uint64_t offset, uint64_t end)
{
	size_t i;

	for (; offset < end; offset += frame.len) {
		front_next(fd, &frame);
		ck_assert_uint_eq(frame.op, 2);
		for (i = 0; i < frame.len; i++)
			ck_assert_uint_eq(
			    frame.data[i], pattern_byte(offset + i));
	}
	ck_assert_uint_eq(offset, end);
}

static void
expect_close(int fd, unsigned code)
{
	do {
		front_next(fd, &frame);
	} while (frame.op == 1 || frame.op == 2);
	ck_assert_uint_eq(frame.op, 8);
	ck_assert_uint_ge(frame.len, 2);
	ck_assert_uint_eq(frame.data[0] * 256U + frame.data[1], code);
	ck_assert(front_closes(fd, 5000));
}

START_TEST(answers_bearer_alone)
{
	int fd;

	front_start();
	fd = view(WS(LIVE));
	ck_assert_ptr_nonnull(strstr(head,
	    "\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
	ck_assert_ptr_nonnull(strstr(head,
	    "\r\nSec-WebSocket-Protocol: bearer\r\n"));
	ck_assert_ptr_null(strstr(head, "good"));
	close(fd);
	fd = view("GET /ws/terminal/" LIVE " HTTP/1.1\r\n"
	    "Host: 127.0.0.1\r\nAuthorization: Bearer good\r\n"
	    "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
	    "Sec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
	ck_assert_ptr_null(strstr(head, "Sec-WebSocket-Protocol"));
	close(fd);
	front_stop();
}
END_TEST

static const struct {
	const char *name;
	const char *request;
	int status;
} refusals[] = {
	{ "no such session", WS(MISSING), 404 },
	{ "no session's name", WS("x"), 404 },
	{ "a prefix of one", WS("00000000"), 404 },
	{ "a forged ring", WS(FORGED), 503 },
	{ "an unknown query", WS(LIVE "?a=b"), 400 },
	{ "an offset twice", WS(LIVE "?offset=1&offset=2"), 400 },
	{ "no number", WS(LIVE "?offset=x"), 400 },
	{ "no offset", WS(LIVE "?offset="), 400 },
	{ "an offset below zero", WS(LIVE "?offset=-1"), 400 },
	{ "a token in the URL", WS(LIVE "?token=good"), 401 },
	{ "a foreign origin", "GET /ws/terminal/" LIVE " HTTP/1.1\r\n"
	    "Host: localhost\r\nOrigin: http://evil.example\r\n"
	    "Connection: Upgrade\r\nUpgrade: websocket\r\n"
	    "Sec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	    "Sec-WebSocket-Protocol: bearer, good\r\n\r\n", 403 },
	{ "a wrong token", "GET /ws/terminal/" LIVE " HTTP/1.1\r\n"
	    "Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
	    "Sec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	    "Sec-WebSocket-Protocol: bearer, bad\r\n\r\n", 401 },
};

START_TEST(refuses)
{
	int fd;

	front_start();
	fd = front_connect();
	ck_assert(front_send(fd, refusals[_i].request,
	    strlen(refusals[_i].request)));
	ck_assert_msg(front_reply(fd, head, sizeof(head), NULL, 0) ==
	    refusals[_i].status, "%s: %s", refusals[_i].name, head);
	close(fd);
	front_stop();
}
END_TEST

START_TEST(shows_and_types)
{
	int fd, i;

	front_start();
	fd = view(WS(LIVE));
	ck_assert(front_event(fd, &frame, "connected"));
	ck_assert_ptr_nonnull(strstr((char *)frame.data,
	    "\"session_id\":\"" LIVE "\""));
	ck_assert_ptr_nonnull(strstr((char *)frame.data, "\"offset\":0"));
	expect(fd, GREETING);
	for (i = 0; i < 50; i++) {
		type(fd, "key");
		expect(fd, "key");
	}
	control(fd, "{\"type\":\"resize\",\"cols\":9,\"rows\":8}");
	ck_assert(front_event(fd, &frame, "resized"));
	ck_assert_ptr_nonnull(strstr((char *)frame.data,
	    "\"cols\":9,\"rows\":8"));
	control(fd, "{\"type\":\"signal\",\"signal\":15}");
	expect(fd, "signal 15\n");
	control(fd, "{\"type\":\"x\"}");
	ck_assert(front_event(fd, &frame, "error"));
	type(fd, "still here");
	expect(fd, "still here");
	close(fd);
	front_stop();
}
END_TEST

/* An echo that says so costs no AT; output that does not say so costs one. */
START_TEST(asks_once_for_many_echoes)
{
	int fd, i;

	front_start();
	fd = view(WS(LIVE));
	ck_assert(front_event(fd, &frame, "connected"));
	expect(fd, GREETING);
	type(fd, "ats\n");
	expect(fd, "1 ats\n");
	for (i = 0; i < 5; i++) {
		type(fd, "echo\n");
		expect(fd, "echo\n");
	}
	type(fd, "twice\n");
	expect(fd, "twice\n");
	type(fd, "ats\n");
	expect(fd, "3 ats\n");
	close(fd);
	front_stop();
}
END_TEST

START_TEST(begins_where_asked)
{
	int fd;

	front_start();
	fd = view(WS(LIVE "?offset=2"));
	ck_assert(front_event(fd, &frame, "connected"));
	ck_assert_ptr_nonnull(strstr((char *)frame.data, "\"offset\":2"));
	expect(fd, &GREETING[2]);
	close(fd);
	front_stop();
}
END_TEST

START_TEST(read_only_only_reads)
{
	int fd;

	front_start();
	fd = view(WS(LIVE "?read_only=1"));
	ck_assert(front_event(fd, &frame, "connected"));
	ck_assert_ptr_nonnull(strstr((char *)frame.data,
	    "\"read_only\":true"));
	expect(fd, GREETING);
	type(fd, "exit\n");
	ck_assert(front_event(fd, &frame, "error"));
	control(fd, "{\"type\":\"signal\",\"signal\":9}");
	ck_assert(front_frame(fd, FIN_PING, "p", 1));
	/* Nothing of it has come back before the Pong. */
	front_next(fd, &frame);
	ck_assert_uint_eq(frame.op, 10);
	close(fd);
	front_stop();
}
END_TEST

/* Whether this frame is text with that "type". */
static bool
is_event(const struct frame *f, const char *type)
{
	char want[64];

	snprintf(want, sizeof(want), "{\"type\":\"%s\"", type);
	return f->op == 1 &&
	       strncmp((const char *)f->data, want, strlen(want)) == 0;
}

/* Offsets that were overwritten: the client is told which. */
START_TEST(tells_what_was_missed)
{
	unsigned long from = 9, to = 9;
	char *at;
	int fd;

	front_start();
	fd = view(WS(LAPPED "?offset=0"));
	ck_assert(front_event(fd, &frame, "connected"));
	ck_assert_ptr_nonnull(strstr((char *)frame.data,
	    "\"offset\":0,\"head\":196608,\"cols\":100,\"rows\":30"));
	front_next(fd, &frame);
	ck_assert(is_event(&frame, "gap"));
	ck_assert_ptr_nonnull(at = strstr((char *)frame.data, "\"from\":"));
	from = strtoul(at + 7, NULL, 10);
	ck_assert_ptr_nonnull(at = strstr((char *)frame.data, "\"to\":"));
	to = strtoul(at + 5, NULL, 10);
	ck_assert_uint_eq(from, 0);
	ck_assert_uint_ge(to, 2 * FRONT_RING);
	/* What it has missed is drawn, in the size of that time. */
	front_next(fd, &frame);
	ck_assert(is_event(&frame, "screen"));
	ck_assert_ptr_nonnull(strstr((char *)frame.data, SCREEN_BASE64));
	ck_assert_ptr_nonnull(strstr((char *)frame.data,
	    "\"cols\":100,\"rows\":30,\"exact\":true"));
	ck_assert_ptr_nonnull(at = strstr((char *)frame.data, "\"offset\":"));
	ck_assert_uint_eq(strtoul(at + 9, NULL, 10), to);
	expect_bytes(fd, to, 3 * FRONT_RING);
	close(fd);
	front_stop();
}
END_TEST

/*
 * A screen that is larger than a frame is one message in several, and nothing
 * of another message comes between them.
 */
START_TEST(draws_large_screens)
{
	static char text[2 * DRAWN_LEN];
	size_t len = 0, i, got;
	int fd, small = 64 * 1024;
	uint8_t *data;
	char *from;

	front_start();
	fd = front_connect();
	ck_assert_int_eq(
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
	ck_assert(front_send(fd, WS(DRAWN), strlen(WS(DRAWN))));
	ck_assert_int_eq(front_reply(fd, head, sizeof(head), NULL, 0), 101);
	ck_assert(front_event(fd, &frame, "connected"));
	front_next(fd, &frame);
	ck_assert(is_event(&frame, "screen"));
	ck_assert(!frame.last);
	control(fd, "{\"type\":\"x\"}");
	ck_assert(front_frame(fd, FIN_PING, "p", 1));
	for (;;) {
		if (frame.op != 10) {
			ck_assert_uint_lt(len + frame.len, sizeof(text));
			memcpy(text + len, frame.data, frame.len);
			len += frame.len;
			if (frame.last)
				break;
		}
		front_next(fd, &frame);
		ck_assert(frame.op == FRAME_MORE || frame.op == 10);
	}
	ck_assert_ptr_nonnull(from = strstr(text, "\"data\":\""));
	from += strlen("\"data\":\"");
	ck_assert_int_eq(strcmp(text + len - 2, "\"}"), 0);
	data = base64_decode(from, (size_t)(text + len - 2 - from), &got);
	ck_assert_ptr_nonnull(data);
	ck_assert_uint_eq(got, DRAWN_LEN);
	for (i = 0; i < got; i++)
		ck_assert_uint_eq(data[i], pattern_byte(i));
	free(data);
	/* What had to wait for it comes next. */
	front_next(fd, &frame);
	ck_assert(is_event(&frame, "error"));
	ck_assert(frame.last);
	front_next(fd, &frame);
	ck_assert(frame.op == 2 || frame.op == 10);
	close(fd);
	front_stop();
}
END_TEST

/*
 * A client that does not read for a while, while much more is written than
 * the ring holds: every byte that it gets is the right one at its offset, and
 * gaps account for the others.
 */
START_TEST(slow_clients_get_gaps)
{
	uint64_t offset = 0, from, to;
	int fd, small = 4096;
	size_t i;
	char *at;

	front_start();
	fd = front_connect();
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small,
	    sizeof(small)), 0);
	ck_assert(front_send(fd, WS(FLOOD), strlen(WS(FLOOD))));
	ck_assert_int_eq(front_reply(fd, head, sizeof(head), NULL, 0), 101);
	type(fd, "go");
	usleep(300000);
	while (offset < FLOOD_LEN) {
		front_next(fd, &frame);
		ck_assert_uint_ne(frame.op, 0);
		if (frame.op == 1) {
			if ((at = strstr((char *)frame.data, "\"from\":")) ==
			    NULL)
				continue;
			from = strtoul(at + 7, NULL, 10);
			ck_assert_uint_eq(from, offset);
			ck_assert_ptr_nonnull(at = strstr(at, "\"to\":"));
			to = strtoul(at + 5, NULL, 10);
			ck_assert_uint_gt(to, from);
			offset = to;
			continue;
		}
		for (i = 0; i < frame.len; i++)
			ck_assert_uint_eq(frame.data[i],
			    pattern_byte(offset + i));
		offset += frame.len;
	}
	ck_assert_uint_eq(offset, FLOOD_LEN);
	type(fd, "exit\n");
	expect(fd, "last words");
	close(fd);
	front_stop();
}
END_TEST

START_TEST(the_end_comes_last)
{
	int fd;

	front_start();
	fd = view(WS(LIVE));
	ck_assert(front_event(fd, &frame, "connected"));
	expect(fd, GREETING);
	type(fd, "exit\n");
	expect(fd, "last words");
	front_next(fd, &frame);
	ck_assert_uint_eq(frame.op, 1);
	ck_assert_ptr_nonnull(strstr((char *)frame.data,
	    "\"type\":\"state_changed\",\"state\":\"terminated\","
	    "\"exit_code\":7"));
	expect_close(fd, 1000);
	close(fd);
	/* One that is over already. */
	fd = view(WS(ENDED));
	ck_assert(front_event(fd, &frame, "connected"));
	expect(fd, "it was");
	ck_assert(front_event(fd, &frame, "state_changed"));
	ck_assert_ptr_nonnull(strstr((char *)frame.data, "\"exit_code\":3"));
	expect_close(fd, 1000);
	close(fd);
	front_stop();
}
END_TEST

/* The longest text that a sandboxer may send ends this session alone. */
START_TEST(a_long_reason)
{
	int fd;

	front_start();
	fd = view(WS(LIVE));
	ck_assert(front_event(fd, &frame, "connected"));
	expect(fd, GREETING);
	type(fd, "blather\n");
	expect(fd, "last words");
	ck_assert(front_event(fd, &frame, "state_changed"));
	ck_assert_ptr_nonnull(strstr((char *)frame.data, LONG_REASON));
	expect_close(fd, 1000);
	close(fd);
	front_stop();
}
END_TEST

START_TEST(a_lost_sandboxer_is_told)
{
	int fd;

	front_start();
	fd = view(WS(LIVE));
	ck_assert(front_event(fd, &frame, "connected"));
	expect(fd, GREETING);
	type(fd, "vanish\n");
	ck_assert(front_event(fd, &frame, "error"));
	expect_close(fd, 1011);
	close(fd);
	front_stop();
}
END_TEST

/* Input that nobody takes stops the client, not the server. */
START_TEST(input_is_bounded)
{
	static char block[4000];
	struct pollfd pfd;
	size_t sent = 0;
	int fd, other;

	front_start();
	fd = view(WS(DEAF));
	pfd.fd = fd;
	pfd.events = POLLOUT;
	while (sent < 64 * 1024 * 1024 && poll(&pfd, 1, 300) == 1) {
		ck_assert(front_frame(fd, FIN_BINARY, block, sizeof(block)));
		sent += sizeof(block);
	}
	ck_assert_uint_lt(sent, 64 * 1024 * 1024);
	other = view(WS(LIVE));
	ck_assert(front_event(other, &frame, "connected"));
	expect(other, GREETING);
	close(other);
	close(fd);
	front_stop();
}
END_TEST

/* --- frames that are wrong --- */

static const struct {
	const char *name;
	unsigned code;
	unsigned first;
	const char *data;
	size_t len;
} wrong[] = {
	{ "a reserved bit", 1002, 0xc2, "x", 1 },
	{ "an unknown opcode", 1002, 0x83, "x", 1 },
	{ "an unknown control opcode", 1002, 0x8b, "x", 1 },
	{ "a Ping in pieces", 1002, 0x09, "x", 1 },
	{ "a continuation of nothing", 1002, 0x80, "x", 1 },
	{ "a Close of one byte", 1002, FIN_CLOSE, "\003", 1 },
	{ "a Close with a code nobody may send", 1002, FIN_CLOSE,
	    "\003\355", 2 },
	{ "text that is not UTF-8", 1007, FIN_TEXT, "\377", 1 },
	{ "text with half a character", 1007, FIN_TEXT, "\303", 1 },
};

START_TEST(ends_on_wrong_frames)
{
	int fd;

	front_start();
	fd = view(WS(LIVE));
	ck_assert(front_frame(fd, wrong[_i].first, wrong[_i].data,
	    wrong[_i].len));
	expect_close(fd, wrong[_i].code);
	close(fd);
	front_stop();
}
END_TEST

START_TEST(ends_on_unmasked_frames)
{
	int fd;

	front_start();
	fd = view(WS(LIVE));
	ck_assert(front_send(fd, "\202\001x", 3));
	expect_close(fd, 1002);
	close(fd);
	/* A length in more bytes than it needs. */
	fd = view(WS(LIVE));
	ck_assert(front_send(fd, "\202\376\000\001maskx", 9));
	expect_close(fd, 1002);
	close(fd);
	/* A Ping that is too long to be one. */
	fd = view(WS(LIVE));
	ck_assert(front_send(fd, "\211\376\000\200mask", 8));
	expect_close(fd, 1002);
	close(fd);
	front_stop();
}
END_TEST

START_TEST(ends_on_long_messages)
{
	static char text[WS_TEXT_MAX + 1];
	int fd, i;

	front_start();
	memset(text, 'x', sizeof(text));
	fd = view(WS(LIVE));
	ck_assert(front_frame(fd, FIN_TEXT, text, sizeof(text)));
	expect_close(fd, 1009);
	close(fd);
	/* In pieces, each of which is short. */
	fd = view(WS(LIVE));
	ck_assert(front_frame(fd, 0x01, text, 2000));
	ck_assert(front_frame(fd, 0x00, text, 2000));
	ck_assert(front_frame(fd, 0x00, text, 2000));
	expect_close(fd, 1009);
	close(fd);
	/* A length that nobody has. */
	fd = view(WS(LIVE));
	ck_assert(front_send(fd,
	    "\202\377\177\377\377\377\377\377\377\377maskx", 15));
	expect_close(fd, 1009);
	close(fd);
	/* Many pieces of nothing cost nothing. */
	fd = view(WS(LIVE));
	ck_assert(front_frame(fd, 0x02, "", 0));
	for (i = 0; i < 20000; i++)
		ck_assert(front_frame(fd, 0x00, "", 0));
	ck_assert(front_frame(fd, 0x80, "end", 3));
	ck_assert(front_event(fd, &frame, "connected"));
	expect(fd, GREETING);
	expect(fd, "end");
	close(fd);
	front_stop();
}
END_TEST

START_TEST(takes_messages_in_pieces)
{
	int fd;

	front_start();
	fd = view(WS(LIVE));
	ck_assert(front_event(fd, &frame, "connected"));
	expect(fd, GREETING);
	ck_assert(front_frame(fd, 0x01, "{\"type\":\"resi", 13));
	ck_assert(front_frame(fd, FIN_PING, "ping", 4));
	ck_assert(front_frame(fd, 0x00, "ze\",\"cols\":7,", 13));
	ck_assert(front_frame(fd, 0x80, "\"rows\":6}", 9));
	front_next(fd, &frame);
	ck_assert_uint_eq(frame.op, 10);
	ck_assert_uint_eq(frame.len, 4);
	ck_assert_mem_eq(frame.data, "ping", 4);
	ck_assert(front_event(fd, &frame, "resized"));
	/* The client's good-bye is answered with its own code. */
	ck_assert(front_frame(fd, FIN_CLOSE, "\003\350bye", 5));
	expect_close(fd, 1000);
	close(fd);
	front_stop();
}
END_TEST

/* Pings by the thousand, whose Pongs nobody reads. */
START_TEST(pongs_are_bounded)
{
	static char ping[125];
	struct pollfd pfd;
	size_t sent = 0;
	int fd;

	front_start();
	fd = view(WS(LIVE));
	pfd.fd = fd;
	pfd.events = POLLOUT;
	while (sent < 64 * 1024 * 1024 && poll(&pfd, 1, 300) == 1) {
		ck_assert(front_frame(fd, FIN_PING, ping, sizeof(ping)));
		sent += sizeof(ping);
	}
	ck_assert_uint_lt(sent, 64 * 1024 * 1024);
	close(fd);
	front_stop();
}
END_TEST

/* Every end gives back what the viewer had. */
START_TEST(gives_descriptors_back)
{
	unsigned before;
	int fd, i;

	front_start();
	fd = view(WS(ENDED));
	expect_close(fd, 1000);
	close(fd);
	for (i = 0; i < 250 && front_fds() > 8; i++)
		usleep(20000);
	before = front_fds();
	for (i = 0; i < 100; i++) {
		fd = view(WS(LIVE));
		if (i % 3 == 0)
			type(fd, "exit\n");
		else if (i % 3 == 1)
			type(fd, "vanish\n");
		close(fd);
	}
	for (i = 0; i < 250 && front_fds() > before; i++)
		usleep(20000);
	ck_assert_uint_le(front_fds(), before);
	front_stop();
}
END_TEST

Suite *
suite_term(void)
{
	Suite *s = suite_create("term");
	TCase *tc = tcase_create("viewers");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, answers_bearer_alone);
	tcase_add_loop_test(tc, refuses, 0, (int)NELEM(refusals));
	tcase_add_test(tc, shows_and_types);
	tcase_add_test(tc, asks_once_for_many_echoes);
	tcase_add_test(tc, begins_where_asked);
	tcase_add_test(tc, read_only_only_reads);
	tcase_add_test(tc, tells_what_was_missed);
	tcase_add_test(tc, draws_large_screens);
	tcase_add_test(tc, slow_clients_get_gaps);
	tcase_add_test(tc, the_end_comes_last);
	tcase_add_test(tc, a_long_reason);
	tcase_add_test(tc, a_lost_sandboxer_is_told);
	tcase_add_test(tc, input_is_bounded);
	tcase_add_loop_test(tc, ends_on_wrong_frames, 0, (int)NELEM(wrong));
	tcase_add_test(tc, ends_on_unmasked_frames);
	tcase_add_test(tc, ends_on_long_messages);
	tcase_add_test(tc, takes_messages_in_pieces);
	tcase_add_test(tc, pongs_are_bounded);
	tcase_add_test(tc, gives_descriptors_back);
	suite_add_tcase(s, tc);
	return s;
}
