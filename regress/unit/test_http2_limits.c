/*
 * What an HTTP/2 client may not do too much of: each flood that servers have
 * been brought down with, and what merely takes too much room or time.  Each
 * ends the connection that does it, with a word, and leaves the next alone.
 */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "front.h"
#include "h2client.h"
#include "ringletd/http2.h"
#include "suites.h"

#define GOOD "authorization", "Bearer good"
#define SLOW "authorization", "Bearer slow"
#define JSON "content-type", "application/json"

/* A GET that the monitor is asked about, and does not answer. */
#define H2_SLOW                                                                \
	"\x82\x86\x04\x09/api/ping\x01\x09localhost\x0f\x08\x0b"               \
	"Bearer slow"

/* --- floods --- */

static bool
reset_at_once(int fd, unsigned i)
{
	return h2_raw_frame(fd, NGHTTP2_HEADERS, 0x05, 2 * i + 1, H2_SLOW,
		   sizeof(H2_SLOW) - 1) &&
	       h2_raw_frame(
		   fd, NGHTTP2_RST_STREAM, 0, 2 * i + 1, "\0\0\0\x08", 4);
}

/* A window that grows too wide makes the server reset the stream. */
static bool
make_it_reset(int fd, unsigned i)
{
	return h2_raw_frame(fd, NGHTTP2_HEADERS, 0x05, 2 * i + 1, H2_SLOW,
		   sizeof(H2_SLOW) - 1) &&
	       h2_raw_frame(fd, NGHTTP2_WINDOW_UPDATE, 0, 2 * i + 1,
		   "\x7f\xff\xff\xff", 4);
}

static bool
ask(int fd, unsigned i)
{
	return h2_raw_frame(
	    fd, NGHTTP2_HEADERS, 0x05, 2 * i + 1, H2_SLOW, sizeof(H2_SLOW) - 1);
}

static bool
malformed(int fd, unsigned i)
{
	return h2_raw_frame(fd, NGHTTP2_HEADERS, 0x05, 2 * i + 1, "\x82", 1);
}

static bool
ping(int fd, unsigned i)
{
	(void)i;
	return h2_raw_frame(fd, NGHTTP2_PING, 0, 0, "12345678", 8);
}

static bool
ping_answer(int fd, unsigned i)
{
	(void)i;
	return h2_raw_frame(fd, NGHTTP2_PING, 1, 0, "12345678", 8);
}

static bool
settings(int fd, unsigned i)
{
	(void)i;
	return h2_raw_frame(fd, NGHTTP2_SETTINGS, 0, 0, NULL, 0);
}

static bool
window(int fd, unsigned i)
{
	(void)i;
	return h2_raw_frame(fd, NGHTTP2_WINDOW_UPDATE, 0, 0, "\0\0\0\1", 4);
}

static bool
priority(int fd, unsigned i)
{
	return h2_raw_frame(
	    fd, NGHTTP2_PRIORITY, 0, 2 * i + 1, "\0\0\0\0\x10", 5);
}

static bool
unknown(int fd, unsigned i)
{
	(void)i;
	return h2_raw_frame(fd, 0xbe, 0, 0, "x", 1);
}

/* An open request, then nothing for its body. */
static bool
open_post(int fd)
{
	return h2_raw_frame(fd, NGHTTP2_HEADERS, 0x04, 1,
	    "\x83\x86\x04\x0d/api/profiles\x01\x09localhost"
	    "\x0f\x08\x0b"
	    "Bearer good"
	    "\x0f\x10\x10"
	    "application/json",
	    61);
}

static bool
empty_data(int fd, unsigned i)
{
	if (i == 0 && !open_post(fd))
		return false;
	return h2_raw_frame(fd, NGHTTP2_DATA, 0, 1, NULL, 0);
}

static bool
padded_data(int fd, unsigned i)
{
	if (i == 0 && !open_post(fd))
		return false;
	return h2_raw_frame(
	    fd, NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, 1, "\1\0", 2);
}

/* A header block without an end, in frames of nothing ... */
static bool
continuations(int fd, unsigned i)
{
	return i == 0
		   ? h2_raw_frame(fd, NGHTTP2_HEADERS, 0, 1, H2_GET, H2_GET_LEN)
		   : h2_raw_frame(fd, NGHTTP2_CONTINUATION, 0, 1, NULL, 0);
}

/* ... and in large ones. */
static bool
large_continuations(int fd, unsigned i)
{
	static char field[16000] = "\0\1x\x7f\x80\x7b"; /* x: 15999 bytes */

	if (i > 0)
		return h2_raw_frame(
		    fd, NGHTTP2_CONTINUATION, 0, 1, field, sizeof(field));
	return h2_raw_frame(fd, NGHTTP2_HEADERS, 0, 1, H2_GET, H2_GET_LEN);
}

/* A few bytes that stand for many: a table's entry, again and again. */
static bool
bomb(int fd, unsigned i)
{
	static char block[16384];

	/* 40: a literal that is put into the table: x with 3900 bytes */
	memset(block, 'a', sizeof(block));
	memcpy(block, H2_GET "\x40\1x\x7f\xbd\x1d", H2_GET_LEN + 6);
	memset(block + H2_GET_LEN + 6 + 3900, 0xbe,
	    sizeof(block) - H2_GET_LEN - 6 - 3900);
	return h2_raw_frame(
	    fd, NGHTTP2_HEADERS, 0x05, 2 * i + 1, block, sizeof(block));
}

static const struct {
	const char *name;
	bool (*frame)(int fd, unsigned i);
	unsigned n;    /* so many are enough */
	unsigned fine; /* so many are taken */
} floods[] = {
	{ "streams that are reset", reset_at_once, H2_FAULTS_MAX + 1,
	    H2_FAULTS_MAX / 2 },
	{ "streams that we must reset", make_it_reset, 4 * H2_FAULTS_MAX,
	    H2_STREAMS_MAX / 2 },
	{ "streams over their bound", ask, H2_STREAMS_MAX + H2_FAULTS_MAX + 1,
	    H2_STREAMS_MAX - 1 },
	{ "malformed requests", malformed, 4 * H2_FAULTS_MAX,
	    H2_FAULTS_MAX / 2 },
	{ "PING", ping, H2_CHATTER_MAX + 1, H2_CHATTER_MAX / 2 },
	{ "answers to no PING", ping_answer, H2_CHATTER_MAX + 1,
	    H2_CHATTER_MAX / 2 },
	{ "SETTINGS", settings, H2_CHATTER_MAX + 1, H2_CHATTER_MAX / 2 },
	{ "WINDOW_UPDATE", window, H2_CHATTER_MAX + 1, H2_CHATTER_MAX / 2 },
	{ "PRIORITY", priority, H2_CHATTER_MAX + 1, H2_CHATTER_MAX / 2 },
	{ "frames of no kind", unknown, H2_CHATTER_MAX + 1,
	    H2_CHATTER_MAX / 2 },
	{ "empty DATA", empty_data, H2_CHATTER_MAX + 10, H2_CHATTER_MAX / 2 },
	{ "padding", padded_data, H2_CHATTER_MAX + 10, H2_CHATTER_MAX / 2 },
	{ "empty CONTINUATION", continuations, H2_CONTINUATIONS_MAX + 2, 0 },
	{ "large CONTINUATION", large_continuations, 3, 0 },
	{ "a table's entry", bomb, 1, 0 },
};

/* A request on a connection of its own is answered. */
static void
is_served(void)
{
	struct h2_client c;
	struct h2_answer *a;

	h2_open(&c, 0);
	a = h2_ask(
	    &c, "GET", "/api/ping", (const char *[]){ GOOD, NULL }, NULL);
	ck_assert(h2_finish(&c, a));
	ck_assert_int_eq(a->status, 200);
	h2_close(&c);
}

START_TEST(ends_floods)
{
	unsigned i, first = 1;
	int fd;

	front_start();
	/* Not so many are an ordinary client's. */
	fd = h2_raw();
	for (i = 0; i < floods[_i].fine; i++)
		ck_assert(floods[_i].frame(fd, i));
	if (floods[_i].fine > 0)
		ck_assert(h2_raw_frame(fd, NGHTTP2_HEADERS, 0x05, 20001, H2_GET,
			      H2_GET_LEN) &&
			  h2_raw_comes(fd, NGHTTP2_DATA));
	close(fd);
	fd = h2_raw();
	for (i = 0; i < floods[_i].n && first; i++)
		first = floods[_i].frame(fd, i);
	ck_assert_msg(
	    h2_raw_error(fd, NGHTTP2_GOAWAY) == NGHTTP2_ENHANCE_YOUR_CALM, "%s",
	    floods[_i].name);
	ck_assert_msg(front_closes(fd, 20000), "%s", floods[_i].name);
	close(fd);
	is_served();
	front_stop();
}
END_TEST

/* --- room --- */

START_TEST(bounds_streams)
{
	struct h2_answer *a[H2_STREAMS_MAX], *more;
	struct h2_client c;
	size_t i;

	front_start();
	h2_open(&c, 0);
	a[0] = h2_ask(&c, "GET", "/", NULL, NULL);
	ck_assert(h2_finish(&c, a[0]));
	ck_assert_uint_eq(nghttp2_session_get_remote_settings(c.session,
			      NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS),
	    H2_STREAMS_MAX);
	for (i = 0; i < H2_STREAMS_MAX; i++)
		a[i] = h2_ask(&c, "GET", "/api/ping",
		    (const char *[]){ SLOW, NULL }, NULL);
	/* The client's library holds this back until there is room. */
	more = h2_ask(&c, "GET", "/", NULL, NULL);
	h2_turn(&c);
	nghttp2_submit_rst_stream(c.session, 0, a[7]->id, NGHTTP2_CANCEL);
	ck_assert(h2_finish(&c, more));
	ck_assert_int_eq(more->status, 200);
	h2_close(&c);
	front_stop();
}
END_TEST

/* Before the client has heard of the bound, what is over it can be repeated. */
START_TEST(refuses_streams)
{
	unsigned i;
	int fd;

	front_start();
	fd = h2_raw();
	for (i = 0; i <= H2_STREAMS_MAX; i++)
		ck_assert(h2_raw_frame(fd, NGHTTP2_HEADERS, 0x05, 2 * i + 1,
		    H2_SLOW, sizeof(H2_SLOW) - 1));
	ck_assert_uint_eq(
	    h2_raw_error(fd, NGHTTP2_RST_STREAM), NGHTTP2_REFUSED_STREAM);
	close(fd);
	is_served();
	front_stop();
}
END_TEST

static bool
one_is_refused(const void *arg)
{
	const struct h2_client *c = arg;
	size_t i;

	for (i = 0; i < c->n; i++) {
		if (c->answers[i].status == 429)
			return true;
	}
	return false;
}

/* Bodies that are to come are held for a few requests, not for all. */
START_TEST(bounds_what_is_held)
{
	enum { N = 8, LEN = 60000 };
	static char body[LEN];
	const char *const fields[] = { GOOD, JSON, NULL };
	struct h2_answer *a[N];
	struct h2_client c;
	unsigned served = 0;
	size_t i;

	memset(body, ' ', sizeof(body));
	front_start();
	h2_open(&c, 0);
	for (i = 0; i < N; i++) {
		a[i] =
		    h2_ask_open(&c, "POST", "/api/profiles", fields, body, LEN);
		h2_turn(&c);
	}
	/* It cannot hold them all, so it says so before any has ended. */
	ck_assert(h2_until(&c, one_is_refused, &c, 5000));
	for (i = 0; i < N; i++)
		h2_no_more(&c, a[i]);
	for (i = 0; i < N; i++) {
		ck_assert(h2_finish(&c, a[i]));
		ck_assert_msg(a[i]->status == 400 || a[i]->status == 429, "%d",
		    a[i]->status);
		served += a[i]->status == 400;
	}
	ck_assert_uint_ge(served, 3);
	/* What was held is given back. */
	for (i = 0; i < N; i++) {
		a[0] =
		    h2_ask_open(&c, "POST", "/api/profiles", fields, body, LEN);
		h2_no_more(&c, a[0]);
		ck_assert(h2_finish(&c, a[0]));
		ck_assert_int_eq(a[0]->status, 400);
	}
	h2_close(&c);
	front_stop();
}
END_TEST

static bool
has_heads(const void *arg)
{
	const struct h2_client *c = arg;
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->answers[i].status == 0)
			return false;
	return true;
}

/*
 * Replies that are not taken are held for some clients, not for all that may
 * come; and for others again once they have gone.
 */
START_TEST(bounds_what_all_are_owed)
{
	enum { N = 64 };
	static struct h2_client c[N];
	size_t i, k, n = 0, room = 0;

	front_start();
	for (i = 0; i < N && room == i * H2_STREAMS_MAX; i++) {
		h2_open(&c[i], 1);
		for (k = 0; k < H2_STREAMS_MAX; k++)
			h2_ask(&c[i], "GET", "/api/openapi.json",
			    (const char *[]){ GOOD, NULL }, NULL);
		ck_assert(h2_until(&c[i], has_heads, &c[i], 10000));
		for (k = 0; k < c[i].n; k++) {
			ck_assert(c[i].answers[k].status == 200 ||
				  c[i].answers[k].status == 503);
			room += c[i].answers[k].status == 200;
		}
		n++;
	}
	ck_assert_msg(n < N, "%zu replies are held", room);
	ck_assert_uint_gt(n, 2);
	for (i = 0; i < n; i++)
		h2_close(&c[i]);
	is_served();
	h2_open(&c[0], 1);
	h2_ask(&c[0], "GET", "/api/openapi.json",
	    (const char *[]){ GOOD, NULL }, NULL);
	ck_assert(h2_until(&c[0], has_heads, &c[0], 10000));
	ck_assert_int_eq(c[0].answers[0].status, 200);
	h2_close(&c[0]);
	front_stop();
}
END_TEST

/*
 * However many strangers wait for the monitor, who has shown a good token is
 * served.
 */
START_TEST(keeps_calls_for_who_is_known)
{
	enum { N = PEER_CALLS_MAX / H2_STRANGE_MAX };
	struct h2_client known;
	struct h2_answer *a;
	int fds[N];
	size_t i, k;

	front_start();
	h2_open(&known, 0);
	a = h2_ask(&known, "GET", "/api/ping", (const char *[]){ GOOD, NULL },
	    NULL);
	ck_assert(h2_finish(&known, a));
	for (i = 0; i < N; i++) {
		fds[i] = h2_raw();
		for (k = 0; k < H2_STRANGE_MAX; k++)
			ck_assert(ask(fds[i], (unsigned)k));
	}
	/* It is busy. */
	ck_assert(h2_raw_comes(fds[N - 1], NGHTTP2_HEADERS));
	a = h2_ask(&known, "GET", "/api/ping", (const char *[]){ GOOD, NULL },
	    NULL);
	ck_assert(h2_finish(&known, a));
	ck_assert_int_eq(a->status, 200);
	h2_close(&known);
	for (i = 0; i < N; i++)
		close(fds[i]);
	front_stop();
}
END_TEST

/*
 * Of strangers who use all their streams not all are judged at once, so that a
 * client that nobody knows yet has its turn.
 */
START_TEST(judges_strangers_by_turns)
{
	enum { N = PEER_CALLS_MAX / H2_STREAMS_MAX };
	int fds[N];
	unsigned i, k;

	front_start();
	for (i = 0; i < N; i++) {
		fds[i] = h2_raw();
		for (k = 0; k < H2_STREAMS_MAX; k++)
			ck_assert(ask(fds[i], k));
		/* What is answered comes behind all these. */
		ck_assert(
		    h2_raw_frame(fds[i], NGHTTP2_PING, 0, 0, "01234567", 8));
		ck_assert(h2_raw_comes(fds[i], NGHTTP2_PING));
	}
	is_served();
	for (i = 0; i < N; i++)
		close(fds[i]);
	front_stop();
}
END_TEST

/* One good token is enough, however long what came before it takes. */
START_TEST(waits_for_no_slow_ones)
{
	struct h2_answer *a[H2_STREAMS_MAX];
	struct h2_client c;
	unsigned i;

	front_start();
	h2_open(&c, 0);
	for (i = 0; i < NELEM(a); i++)
		a[i] = h2_ask(&c, "GET", "/api/ping",
		    i < H2_STRANGE_MAX ? (const char *[]){ SLOW, NULL }
				       : (const char *[]){ GOOD, NULL },
		    NULL);
	for (i = H2_STRANGE_MAX; i < NELEM(a); i++) {
		ck_assert(h2_finish(&c, a[i]));
		ck_assert_int_eq(a[i]->status, 200);
	}
	h2_close(&c);
	front_stop();
}
END_TEST

/* --- time --- */

static bool
is_closed(const void *arg)
{
	const struct h2_answer *a = arg;

	return a->closed;
}

START_TEST(gives_up_who_is_slow)
{
	static const char magic[] = NGHTTP2_CLIENT_MAGIC;
	struct h2_client c;
	struct h2_answer *a;
	int fds[4];
	size_t i;

	front_start();
	fds[0] = front_connect();
	ck_assert(front_send(fds[0], magic, 20));
	fds[1] = h2_raw();
	fds[2] = h2_raw();
	ck_assert(
	    h2_raw_frame(fds[2], NGHTTP2_HEADERS, 0, 1, H2_GET, H2_GET_LEN));
	fds[3] = h2_raw();
	ck_assert(front_send(fds[3], "\0\0", 2));
	h2_open(&c, 0);
	a = h2_ask_open(&c, "POST", "/api/profiles",
	    (const char *[]){ GOOD, JSON, NULL }, "{", 1);
	/* The stream alone, for the connection has done nothing wrong. */
	ck_assert(h2_until(&c, is_closed, a, 30000));
	ck_assert_uint_eq(a->code, NGHTTP2_CANCEL);
	a = h2_ask(&c, "GET", "/", NULL, NULL);
	ck_assert(h2_finish(&c, a));
	for (i = 0; i < NELEM(fds); i++) {
		ck_assert_msg(front_closes(fds[i], 30000), "%zu", i);
		close(fds[i]);
	}
	h2_close(&c);
	front_stop();
}
END_TEST

Suite *
suite_http2_limits(void)
{
	Suite *s = suite_create("http2-limits");
	TCase *tc = tcase_create("clients");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, ends_floods, 0, (int)NELEM(floods));
	tcase_add_test(tc, bounds_streams);
	tcase_add_test(tc, refuses_streams);
	tcase_add_test(tc, bounds_what_is_held);
	tcase_add_test(tc, bounds_what_all_are_owed);
	tcase_add_test(tc, keeps_calls_for_who_is_known);
	tcase_add_test(tc, judges_strangers_by_turns);
	tcase_add_test(tc, waits_for_no_slow_ones);
	tcase_add_test(tc, gives_up_who_is_slow);
	suite_add_tcase(s, tc);
	return s;
}
