/*
 * WebSockets on streams of HTTP/2 (RFC 8441): viewers of several sessions and
 * requests share one connection, and neither a client that does not read nor
 * a session that does not take input stops another stream.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "front.h"
#include "h2client.h"
#include "ringletd/http2.h"
#include "suites.h"

#define GOOD "authorization", "Bearer good"
#define WS   ":protocol", "websocket", "sec-websocket-version", "13"

#define FIN_TEXT   0x81
#define FIN_BINARY 0x82
#define FIN_CLOSE  0x88
#define FIN_PING   0x89

static struct h2_client c;
static struct frame frame;

/* A viewer: its stream, and how far its frames have been looked at. */
struct view {
	struct h2_answer *a;
	size_t at;
};

static struct view
view_with(const char *path, const char *protocols)
{
	const char *const fields[] = { WS, "sec-websocket-protocol", protocols,
		NULL };
	struct view v = { NULL, 0 };

	v.a = h2_ask_open(&c, "CONNECT", path, fields, "", 0);
	ck_assert(h2_head(&c, v.a));
	ck_assert_int_eq(v.a->status, 200);
	ck_assert_ptr_nonnull(
	    strstr(v.a->head, "sec-websocket-protocol: bearer\n"));
	ck_assert_ptr_null(strstr(v.a->head, "good"));
	return v;
}

static struct view
view(const char *path)
{
	return view_with(path, "bearer, good");
}

/* The next frame; op 0 if none comes. */
static void
next(struct view *v)
{
	struct h2_view at = { &c, v->a, v->at };

	h2_next(&at, &frame);
	v->at = at.at;
}

static void
event(struct view *v, const char *type)
{
	char want[64];

	snprintf(want, sizeof(want), "\"type\":\"%s\"", type);
	do {
		next(v);
		ck_assert_msg(frame.op != 0, "no event %s", type);
	} while (frame.op != 1 || strstr((char *)frame.data, want) == NULL);
}

/* The bytes of a session, from wherever they are in its frames. */
static void
expect(struct view *v, const char *text)
{
	size_t done = 0, len = strlen(text);

	while (done < len) {
		next(v);
		ck_assert_msg(frame.op != 0, "no '%s'", text + done);
		if (frame.op != 2)
			continue;
		ck_assert_uint_le(frame.len, len - done);
		ck_assert_int_eq(memcmp(frame.data, text + done, frame.len), 0);
		done += frame.len;
	}
}

static void
type(struct view *v, const char *text)
{
	h2_frame(&c, v->a, FIN_BINARY, text, strlen(text));
}

START_TEST(frames_go_both_ways)
{
	struct view v, quiet;
	struct h2_answer *a;

	front_start();
	h2_open(&c, 0);
	v = view("/ws/terminal/" LIVE);
	event(&v, "connected");
	expect(&v, GREETING);
	type(&v, "typed");
	expect(&v, "typed");
	h2_frame(&c, v.a, FIN_TEXT, "{\"type\":\"signal\",\"signal\":2}", 28);
	expect(&v, "signal 2\n");
	h2_frame(&c, v.a, FIN_TEXT,
	    "{\"type\":\"resize\",\"cols\":90,\"rows\":30}", 37);
	event(&v, "resized");
	ck_assert_ptr_nonnull(strstr((char *)frame.data, "\"cols\":90"));
	h2_frame(&c, v.a, FIN_PING, "ping", 4);
	next(&v);
	ck_assert_uint_eq(frame.op, 10);
	/* So is one to a session that is silent: nothing else wakes it. */
	quiet = view("/ws/terminal/" DEAF);
	event(&quiet, "connected");
	h2_frame(&c, quiet.a, FIN_PING, "ping", 4);
	next(&quiet);
	ck_assert_uint_eq(frame.op, 10);
	/* Requests go on beside it. */
	a = h2_ask(
	    &c, "GET", "/api/ping", (const char *[]){ GOOD, NULL }, NULL);
	ck_assert(h2_finish(&c, a));
	ck_assert_int_eq(a->status, 200);
	/* The end comes last, and ends the stream when the client says so. */
	type(&v, "exit\n");
	expect(&v, "last words");
	event(&v, "state_changed");
	ck_assert_ptr_nonnull(strstr((char *)frame.data, "\"exit_code\":7"));
	next(&v);
	ck_assert_uint_eq(frame.op, 8);
	ck_assert_uint_eq((unsigned)frame.data[0] << 8 | frame.data[1], 1000);
	h2_no_more(&c, v.a);
	ck_assert(h2_finish(&c, v.a));
	ck_assert_uint_eq(v.a->code, NGHTTP2_NO_ERROR);
	/* One that does not say so is told to leave. */
	v = view("/ws/terminal/" ENDED);
	event(&v, "connected");
	expect(&v, "it was");
	ck_assert(h2_finish(&c, v.a));
	ck_assert_uint_eq(v.a->code, NGHTTP2_NO_ERROR);
	h2_close(&c);
	front_stop();
}
END_TEST

static const struct {
	const char *name;
	int status;
	const char *path;
	const char *fields[16];
} rows[] = {
	{ "a token in Authorization", 200, "/ws/terminal/" LIVE, { WS, GOOD } },
	{ "no token", 401, "/ws/terminal/" LIVE, { WS } },
	{ "a wrong token", 401, "/ws/terminal/" LIVE,
	    { WS, "sec-websocket-protocol", "bearer, bad" } },
	{ "two tokens", 400, "/ws/terminal/" LIVE,
	    { WS, GOOD, "sec-websocket-protocol", "bearer, good" } },
	{ "no version", 400, "/ws/terminal/" LIVE,
	    { ":protocol", "websocket", GOOD } },
	{ "another version", 400, "/ws/terminal/" LIVE,
	    { ":protocol", "websocket", "sec-websocket-version", "8", GOOD } },
	{ "another protocol", 400, "/ws/terminal/" LIVE,
	    { ":protocol", "connect-udp", "sec-websocket-version", "13",
		GOOD } },
	{ "a foreign origin", 403, "/ws/terminal/" LIVE,
	    { WS, GOOD, "origin", "http://evil.example" } },
	{ "a foreign authority", 403, "/ws/terminal/" LIVE,
	    { WS, GOOD, ":authority", "evil.example" } },
	{ "no such session", 404, "/ws/terminal/" MISSING, { WS, GOOD } },
	{ "no WebSocket's route", 400, "/api/ping", { WS, GOOD } },
	{ "the page", 400, "/", { WS } },
	{ "no route", 404, "/nothing", { WS, GOOD } },
	{ "a bad query", 400, "/ws/terminal/" LIVE "?offset=x", { WS, GOOD } },
};

START_TEST(judges_handshakes)
{
	struct h2_answer *a;

	front_start();
	h2_open(&c, 0);
	a = h2_ask_open(&c, "CONNECT", rows[_i].path, rows[_i].fields, "", 0);
	ck_assert_msg(h2_head(&c, a), "%s: no answer", rows[_i].name);
	ck_assert_msg(a->status == rows[_i].status, "%s: %d %s", rows[_i].name,
	    a->status, a->head);
	if (a->status != 200) {
		ck_assert(h2_finish(&c, a));
		ck_assert_uint_eq(a->code, NGHTTP2_NO_ERROR);
		ck_assert_ptr_nonnull(
		    strstr((char *)a->body, "\"success\":false"));
	}
	h2_close(&c);
	front_stop();
}
END_TEST

/* Frames that come with the handshake wait until it has been judged. */
START_TEST(takes_frames_that_come_early)
{
	const char *const fields[] = { WS, GOOD, NULL };
	struct view v = { NULL, 0 };

	front_start();
	h2_open(&c, 0);
	v.a = h2_ask_open(&c, "CONNECT", "/ws/terminal/" LIVE, fields, "", 0);
	type(&v, "early");
	event(&v, "connected");
	expect(&v, GREETING "early");
	/* And with them, if need be, the end. */
	v.at = 0;
	v.a = h2_ask_open(&c, "CONNECT", "/ws/terminal/" LIVE, fields, "", 0);
	h2_frame(&c, v.a, FIN_PING, "p", 1);
	h2_no_more(&c, v.a);
	ck_assert(h2_finish(&c, v.a));
	ck_assert_int_eq(v.a->status, 200);
	ck_assert_uint_eq(v.a->code, NGHTTP2_NO_ERROR);
	h2_close(&c);
	front_stop();
}
END_TEST

START_TEST(ends_on_wrong_frames)
{
	static char large[WS_TEXT_MAX + 1];
	struct view v;

	front_start();
	h2_open(&c, 0);
	v = view("/ws/terminal/" LIVE);
	event(&v, "connected");
	expect(&v, GREETING);
	h2_frame(&c, v.a, 0x83, "x", 1);
	next(&v);
	ck_assert_uint_eq(frame.op, 8);
	ck_assert_uint_eq((unsigned)frame.data[0] << 8 | frame.data[1], 1002);
	v = view("/ws/terminal/" LIVE);
	event(&v, "connected");
	expect(&v, GREETING);
	h2_frame(&c, v.a, FIN_TEXT, large, sizeof(large));
	next(&v);
	ck_assert_uint_eq(frame.op, 8);
	ck_assert_uint_eq((unsigned)frame.data[0] << 8 | frame.data[1], 1009);
	/* The client's Close is answered, and its end too. */
	v = view("/ws/terminal/" LIVE);
	h2_frame(&c, v.a, FIN_CLOSE, "\003\350", 2);
	h2_no_more(&c, v.a);
	ck_assert(h2_finish(&c, v.a));
	ck_assert_uint_eq(v.a->code, NGHTTP2_NO_ERROR);
	h2_close(&c);
	front_stop();
}
END_TEST

/* Those who have come so far. */
struct amount {
	const struct h2_answer *a;
	size_t len;
};

static bool
has_come(const void *arg)
{
	const struct amount *m = arg;

	return m->a->closed || m->a->len >= m->len;
}

/*
 * The client's window is all that is sent.  The viewer reads no further than
 * that, and goes on where it was.
 */
START_TEST(output_obeys_the_window)
{
	enum { WINDOW = 1000, TYPED = 40000 };
	static const char greeting[] = GREETING;
	static char all[sizeof(greeting) + TYPED];
	char *text = all + sizeof(greeting) - 1;
	struct view v = { NULL, 0 };
	struct h2_answer *a;
	struct amount m;
	size_t i;

	memcpy(all, greeting, sizeof(greeting));
	for (i = 0; i < TYPED; i++)
		text[i] = (char)('a' + pattern_byte(i) % 26);
	front_start();
	h2_open(&c, WINDOW);
	v.a = h2_ask_open(&c, "CONNECT", "/ws/terminal/" LIVE,
	    (const char *[]){ WS, GOOD, NULL }, "", 0);
	ck_assert(h2_head(&c, v.a));
	type(&v, text);
	for (i = 1; i <= 4; i++) {
		m = (struct amount){ v.a, i * WINDOW };
		ck_assert(h2_until(&c, has_come, &m, 5000));
		/* Another stream gets through meanwhile: it has its own. */
		a = h2_ask(&c, "GET", "/api/ping",
		    (const char *[]){ GOOD, NULL }, NULL);
		ck_assert(h2_finish(&c, a));
		ck_assert_int_eq(a->status, 200);
		h2_grant(&c, a, a->len);
		ck_assert_uint_eq(v.a->len, i * WINDOW);
		h2_grant(&c, v.a, WINDOW);
	}
	/* The rest as usual. */
	c.hoards = false;
	event(&v, "connected");
	expect(&v, all);
	h2_close(&c);
	front_stop();
}
END_TEST

/* Nobody's output waits for another's: both get on. */
START_TEST(viewers_share_the_connection)
{
	struct view flood, live;
	struct amount m;

	front_start();
	h2_open(&c, 0);
	flood = view("/ws/terminal/" FLOOD);
	live = view("/ws/terminal/" LIVE);
	event(&live, "connected");
	expect(&live, GREETING);
	type(&flood, "go");
	type(&live, "x");
	expect(&live, "x");
	/* And the flood comes, but for what its ring has lost. */
	m = (struct amount){ flood.a, FRONT_RING / 2 };
	ck_assert(h2_until(&c, has_come, &m, 5000));
	type(&live, "y");
	expect(&live, "y");
	h2_close(&c);
	front_stop();
}
END_TEST

static bool
window_is_full(const void *arg)
{
	const struct h2_answer *const *a = arg;

	return a[0]->len + a[1]->len >= H2_WINDOW;
}

/* The connection's window is not for whoever came first. */
START_TEST(viewers_share_the_window)
{
	const char *const fields[] = { WS, GOOD, NULL };
	const nghttp2_settings_entry open = {
		NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, H2_WINDOW
	};
	struct h2_answer *a[2];
	struct amount m;
	size_t i;

	front_start();
	h2_open(&c, 1);
	for (i = 0; i < 2; i++) {
		a[i] = h2_ask_open(
		    &c, "CONNECT", "/ws/terminal/" LAPPED, fields, "", 0);
		ck_assert(h2_head(&c, a[i]));
		/* It knows where to begin. */
		m = (struct amount){ a[i], 1 };
		ck_assert(h2_until(&c, has_come, &m, 5000));
	}
	/* Both have more to say than the window lets through, at once. */
	ck_assert_int_eq(nghttp2_submit_settings(c.session, 0, &open, 1), 0);
	ck_assert(h2_until(&c, window_is_full, a, 5000));
	ck_assert_uint_ge(a[0]->len, H2_FRAME_MAX);
	ck_assert_uint_ge(a[1]->len, H2_FRAME_MAX);
	h2_close(&c);
	front_stop();
}
END_TEST

/* Input that nobody takes stops its stream, not the others. */
START_TEST(input_is_bounded)
{
	enum { TYPED = 4 * 1024 * 1024 };
	static char block[32768];
	struct view deaf, live;
	size_t i;

	memset(block, 'x', sizeof(block));
	front_start();
	h2_open(&c, 0);
	deaf = view("/ws/terminal/" DEAF);
	for (i = 0; i < TYPED / sizeof(block); i++)
		h2_frame(&c, deaf.a, FIN_BINARY, block, sizeof(block));
	live = view("/ws/terminal/" LIVE);
	event(&live, "connected");
	expect(&live, GREETING);
	for (i = 0; i < 20; i++) {
		type(&live, "x");
		expect(&live, "x");
	}
	/* All that others get is what socket buffers and windows hold. */
	while (
	    h2_until(&c, has_come, &(struct amount){ deaf.a, SIZE_MAX }, 300))
		ck_assert(!deaf.a->closed);
	ck_assert_uint_lt(deaf.a->up_sent, TYPED);
	h2_close(&c);
	front_stop();
}
END_TEST

/* Viewers that are cut off leave nothing behind. */
START_TEST(forgets_viewers_that_go)
{
	struct h2_answer *a;
	struct view v[10];
	unsigned before;
	size_t i;

	front_start();
	h2_open(&c, 0);
	a = h2_ask(&c, "GET", "/", NULL, NULL);
	ck_assert(h2_finish(&c, a));
	before = front_fds();
	for (i = 0; i < NELEM(v); i++)
		v[i] = view("/ws/terminal/" LIVE);
	ck_assert_uint_gt(front_fds(), before);
	for (i = 0; i < NELEM(v); i++)
		nghttp2_submit_rst_stream(
		    c.session, 0, v[i].a->id, NGHTTP2_CANCEL);
	for (i = 0; i < 250 && front_fds() > before; i++) {
		h2_turn(&c);
		usleep(20000);
	}
	ck_assert_uint_le(front_fds(), before);
	for (i = 0; i < NELEM(v); i++)
		v[i] = view("/ws/terminal/" LIVE);
	h2_close(&c);
	for (i = 0; i < 250 && front_fds() >= before; i++)
		usleep(20000);
	ck_assert_uint_lt(front_fds(), before);
	front_stop();
}
END_TEST

/*
 * A token that ends takes its WebSockets along, those that are being opened at
 * that moment as well; one connection is all of it.
 */
START_TEST(end_with_their_token)
{
	static const char *const paths[] = { "/ws/terminal/" LIVE,
		"/ws/terminal/" ENDED, "/ws" };
	const char *const racing[] = { WS, "sec-websocket-protocol",
		"bearer, racing", NULL };
	struct h2_answer *a;
	struct view v[3];
	unsigned before;
	size_t i, k;

	front_start();
	h2_open(&c, 0);
	a = h2_ask(&c, "GET", "/", NULL, NULL);
	ck_assert(h2_finish(&c, a));
	before = front_fds();
	for (i = 0; i < NELEM(v); i++)
		v[i] = view_with(paths[i], "bearer, brief");
	event(&v[0], "connected");
	front_token_ends();
	ck_assert(h2_end(&c));
	h2_close(&c);
	for (k = 0; k < NELEM(paths); k++) {
		h2_open(&c, 0);
		a = h2_ask_open(&c, "CONNECT", paths[k], racing, "", 0);
		ck_assert(h2_end(&c));
		ck_assert_int_eq(a->status, 0);
		h2_close(&c);
	}
	/* Nothing of them is left, and others are served. */
	h2_open(&c, 0);
	v[0] = view("/ws/terminal/" LIVE);
	event(&v[0], "connected");
	nghttp2_submit_rst_stream(c.session, 0, v[0].a->id, NGHTTP2_CANCEL);
	for (i = 0; i < 250 && front_fds() > before; i++) {
		h2_turn(&c);
		usleep(20000);
	}
	ck_assert_uint_le(front_fds(), before);
	h2_close(&c);
	front_stop();
}
END_TEST

Suite *
suite_http2_ws(void)
{
	Suite *s = suite_create("http2-ws");
	TCase *tc = tcase_create("viewers");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, frames_go_both_ways);
	tcase_add_loop_test(tc, judges_handshakes, 0, (int)NELEM(rows));
	tcase_add_test(tc, takes_frames_that_come_early);
	tcase_add_test(tc, ends_on_wrong_frames);
	tcase_add_test(tc, output_obeys_the_window);
	tcase_add_test(tc, viewers_share_the_connection);
	tcase_add_test(tc, viewers_share_the_window);
	tcase_add_test(tc, input_is_bounded);
	tcase_add_test(tc, forgets_viewers_that_go);
	tcase_add_test(tc, end_with_their_token);
	suite_add_tcase(s, tc);
	return s;
}
