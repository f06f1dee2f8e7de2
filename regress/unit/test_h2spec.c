/*
 * HTTP/2 by the case: the conformance tests that h2spec 2.6 is made of, told
 * again as a table (h2spec_cases.c), against a server on a real socket.
 *
 * The cases have h2spec's numbers: its part (generic, http2 or hpack), the
 * section of RFC 7540 or RFC 7541, or of h2spec's own list for the generic
 * ones, and a number within that.  There are 146 of them, and http2/5.4.1/2,
 * which h2spec runs in its strict mode only.
 *
 * h2spec takes the end of a connection in place of any error.  Here the error
 * must be said: GOAWAY or RST_STREAM with a code that h2spec takes, and after
 * GOAWAY the connection must end.
 */
#include "config.h"

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "front.h"
#include "h2client.h"
#include "h2spec.h"
#include "suites.h"

#define COUNT	147
#define WAIT_MS 20000

struct in {
	int type; /* -1: the connection is over, or nothing comes */
	uint8_t flags;
	uint32_t id;
	size_t len;
	uint8_t p[16384];
};

static struct in in;
static int fd;
static size_t got; /* frames */

static bool
take(uint8_t *p, size_t len)
{
	struct pollfd pfd = { fd, POLLIN, 0 };
	ssize_t n;

	for (; len > 0; p += n, len -= (size_t)n) {
		if (poll(&pfd, 1, WAIT_MS) != 1 ||
		    (n = recv(fd, p, len, 0)) <= 0)
			return false;
	}
	return true;
}

static uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

/* Reads a frame; false when there is none. */
static bool
next(void)
{
	uint8_t head[9];

	in.type = -1;
	if (!take(head, sizeof(head)))
		return false;
	in.len = be32(head) >> 8;
	ck_assert_uint_le(in.len, sizeof(in.p));
	if (!take(in.p, in.len))
		return false;
	in.type = head[3];
	in.flags = head[4];
	in.id = be32(head + 5);
	got++;
	return true;
}

static bool
until(int type, uint8_t flags)
{
	while (next()) {
		if (in.type == type && (in.flags & flags) == flags)
			return true;
	}
	return false;
}

static bool
until_end(void)
{
	while (next()) {
		if ((in.type == NGHTTP2_DATA || in.type == NGHTTP2_HEADERS) &&
		    in.flags & NGHTTP2_FLAG_END_STREAM)
			return true;
	}
	return false;
}

/* The preface and settings, both ways. */
static void
shake_hands(void)
{
	bool theirs = false, ours = false;

	ck_assert(
	    front_send(fd, NGHTTP2_CLIENT_MAGIC, NGHTTP2_CLIENT_MAGIC_LEN));
	ck_assert(h2_raw_frame(
	    fd, NGHTTP2_SETTINGS, 0, 0, "\x00\x04\x00\x00\xff\xff", 6));
	while (!theirs || !ours) {
		ck_assert(next());
		if (in.type != NGHTTP2_SETTINGS)
			continue;
		if (in.flags & NGHTTP2_FLAG_ACK)
			ours = true;
		else
			theirs = true;
	}
	ck_assert(
	    h2_raw_frame(fd, NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, NULL, 0));
}

static void
do_step(const struct h2spec_step *s)
{
	static char large[16385];
	size_t i;

	switch (s->type) {
	case STEP_RAW:
	case STEP_BARE:
		(void)front_send(fd, s->p, s->len);
		break;
	case STEP_ACK:
		ck_assert(until(NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK));
		break;
	case STEP_END:
		ck_assert(until_end());
		break;
	case STEP_DATA:
		ck_assert(until(NGHTTP2_DATA, 0));
		break;
	case STEP_LARGE:
		memset(large, 'x', sizeof(large));
		(void)h2_raw_frame(fd, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1,
		    large, s->len);
		break;
	case STEP_MANY:
		for (i = 0; i < s->len; i++)
			(void)h2_raw_frame(fd, NGHTTP2_HEADERS, 0x05,
			    2 * (uint32_t)i + 1, H2_GET, H2_GET_LEN);
		break;
	default:
		(void)h2_raw_frame(fd, s->type, s->flags, s->id, s->p, s->len);
		break;
	}
}

/* Whether the frame that came says one of the case's errors. */
static bool
is_error(const struct h2spec_case *c, int type)
{
	size_t at = type == NGHTTP2_GOAWAY ? 4 : 0;
	uint32_t code;

	if (in.type != type || in.len < at + 4)
		return false;
	code = be32(in.p + at);
	return code < 32 && (c->codes >> code & 1) != 0;
}

static bool
until_error(const struct h2spec_case *c, bool conn, bool stream)
{
	while (next()) {
		if ((conn && is_error(c, NGHTTP2_GOAWAY)) ||
		    (stream && is_error(c, NGHTTP2_RST_STREAM)))
			return true;
	}
	return false;
}

static bool
is_met(const struct h2spec_case *c)
{
	switch (c->want) {
	case WANT_CONN:
		return until_error(c, true, false) && front_closes(fd, WAIT_MS);
	case WANT_GOAWAY:
		return until_error(c, true, false);
	case WANT_STREAM:
		return until_error(c, true, true);
	case WANT_RESET:
		return until_error(c, false, true) && in.id == 1;
	case WANT_CLOSE:
		return front_closes(fd, WAIT_MS);
	case WANT_HEADERS:
		return until(NGHTTP2_HEADERS, 0) && in.id == 1;
	case WANT_DATA:
		return until(NGHTTP2_DATA, 0);
	case WANT_BYTE:
		return until(NGHTTP2_DATA, 0) && in.len == 1;
	case WANT_PONG:
		return until(NGHTTP2_PING, NGHTTP2_FLAG_ACK) && in.len == 8 &&
		       memcmp(in.p, "h2spec\0\0", 8) == 0;
	case WANT_ACK:
		return until(NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK);
	case WANT_SETTINGS:
		return next() && got == 1 && in.type == NGHTTP2_SETTINGS &&
		       (in.flags & NGHTTP2_FLAG_ACK) == 0;
	}
	return false;
}

START_TEST(answers_as_it_must)
{
	const struct h2spec_case *c = &h2spec_cases[_i];
	size_t i;

	front_start();
	fd = front_connect();
	got = 0;
	if (c->steps[0].type != STEP_BARE)
		shake_hands();
	for (i = 0; i < H2SPEC_STEPS; i++) {
		/* All zero: there is none. */
		if (c->steps[i].type != NGHTTP2_DATA || c->steps[i].len > 0)
			do_step(&c->steps[i]);
	}
	ck_assert_msg(is_met(c), "%s: %s: last frame %d, flags %#x, stream %u",
	    c->id, c->name, in.type, in.flags, in.id);
	close(fd);
	front_stop();
}
END_TEST

START_TEST(are_all_there)
{
	size_t i, j;

	ck_assert_uint_eq(h2spec_ncases, COUNT);
	for (i = 0; i < h2spec_ncases; i++) {
		for (j = 0; j < i; j++)
			ck_assert_str_ne(
			    h2spec_cases[i].id, h2spec_cases[j].id);
	}
}
END_TEST

Suite *
suite_h2spec(void)
{
	Suite *s = suite_create("h2spec");
	TCase *tc = tcase_create("cases");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, are_all_there);
	tcase_add_loop_test(tc, answers_as_it_must, 0, COUNT);
	suite_add_tcase(s, tc);
	return s;
}
