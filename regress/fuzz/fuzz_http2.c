/*
 * Fuzzes the HTTP/2 glue: what a client sends after it has connected.  The
 * first byte says in how large pieces it arrives (0: one).  The second says
 * how the world goes on after each piece: how much the socket takes, whether
 * the monitor answers, and how late it has become.
 *
 * The connection, the loop and the monitor are stand-ins; a request whose path
 * ends in "ping" is put to the monitor, a WebSocket echoes.  Every call must be
 * answered or taken back, what is held must stay in its bounds and be given
 * back, and what comes out must be whole frames of a server.
 */
#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "http2.h"
#include "loop.h"
#include "msg.h"
#include "msgdef.h"
#include "peer.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
require(int cond)
{
	if (!cond)
		abort();
}

/* --- the connection, in place of conn.c --- */

struct conn {
	unsigned wrong;
	struct buf *out;
	const struct conn_ops *ops;
	struct http2 *h;
	uint8_t head[H2_FRAME_HEAD]; /* of the frame that is going out */
	size_t have;
	size_t left;  /* of its payload */
	bool settled; /* SETTINGS came first */
	bool gone;    /* GOAWAY has been said */
	bool busy;
	bool paused;
	bool finished;
	bool aborted;
	bool hungry; /* it has not said that there is nothing to send */
	size_t room; /* what the socket takes before the next piece */
	uint64_t stuck_at;
};

static struct conn *conn;

/* The head of a frame of ours is whole. */
static void
check_frame(struct conn *c)
{
	const uint8_t *p = c->head;
	uint32_t id = (uint32_t)p[5] << 24 | (uint32_t)p[6] << 16 |
		      (uint32_t)p[7] << 8 | p[8];

	c->left = (size_t)p[0] << 16 | (size_t)p[1] << 8 | p[2];
	require(c->left <= H2_FRAME_MAX);
	require(c->settled || p[3] == NGHTTP2_SETTINGS);
	c->settled = true;
	switch (p[3]) {
	case NGHTTP2_DATA:
	case NGHTTP2_RST_STREAM:
		require(id % 2 == 1);
		break;
	case NGHTTP2_HEADERS:
		require(id % 2 == 1 && (p[4] & NGHTTP2_FLAG_END_HEADERS));
		break;
	case NGHTTP2_SETTINGS:
	case NGHTTP2_PING:
	case NGHTTP2_GOAWAY:
		require(id == 0);
		break;
	case NGHTTP2_WINDOW_UPDATE:
		break;
	default:
		abort();
	}
}

/* The socket takes len bytes. */
static void
sent(struct conn *c, size_t len)
{
	const uint8_t *p = buf_ptr(c->out);
	size_t n, left = len;

	while (left > 0) {
		if (c->left > 0) {
			n = left < c->left ? left : c->left;
			c->left -= n;
		} else {
			n = sizeof(c->head) - c->have;
			n = left < n ? left : n;
			memcpy(c->head + c->have, p, n);
			c->have += n;
			if (c->have == sizeof(c->head)) {
				c->have = 0;
				check_frame(c);
			}
		}
		p += n;
		left -= n;
	}
	buf_consume(c->out, len);
}

static void
flush(struct conn *c)
{
	size_t n = buf_len(c->out);

	if (n > c->room)
		n = c->room;
	c->room -= n;
	if (n > 0 || buf_len(c->out) == 0)
		c->stuck_at = 0;
	else if (c->stuck_at == 0)
		c->stuck_at = loop_now();
	sent(c, n);
}

struct buf *
conn_out(struct conn *c)
{
	return c->out;
}

void
conn_pump(struct conn *c)
{
	unsigned rounds = 0;

	if (c->busy || c->finished || c->aborted)
		return;
	c->busy = true;
	flush(c);
	c->hungry = true;
	while (buf_len(c->out) == 0 && !c->finished && !c->aborted &&
	       rounds++ < 4 && (c->hungry = c->ops->output(c->h)))
		flush(c);
	c->busy = false;
}

void
conn_pause(struct conn *c, bool paused)
{
	c->paused = paused;
}

void
conn_finish(struct conn *c)
{
	c->finished = true;
}

void
conn_abort(struct conn *c)
{
	c->aborted = true;
}

void
conn_trust(struct conn *c, const uint8_t digest[TOKEN_DIGEST])
{
	(void)c; /* it may be over: an answer can come before it is freed */
	(void)digest;
}

bool
conn_is_trusted(const struct conn *c)
{
	(void)c;
	return false;
}

bool
conn_distrust(struct conn *c)
{
	return ++c->wrong >= WRONG_MAX;
}

uint64_t
conn_stuck_ms(const struct conn *c)
{
	return c->stuck_at != 0 ? loop_now() - c->stuck_at : 0;
}

void
conn_upgrade(struct conn *c, const struct conn_ops *ops, void *arg)
{
	c->ops = ops;
	c->h = arg;
}

/* --- the loop --- */

struct loop_timer {
	void (*cb)(void *arg);
	void *arg;
	bool armed;
};

#define TIMERS 2 /* one reaps, the other runs those that wait */

static struct loop_timer timers[TIMERS];
static unsigned ntimers;
static uint64_t now;

struct loop_timer *
loop_timer_new(struct loop *loop, void (*cb)(void *arg), void *arg)
{
	(void)loop;
	timers[ntimers % TIMERS] = (struct loop_timer){ .cb = cb, .arg = arg };
	return &timers[ntimers++ % TIMERS];
}

void
loop_timer_arm(struct loop_timer *t, uint64_t ms)
{
	require(ms == 0);
	t->armed = true;
}

void
loop_timer_free(struct loop_timer *t)
{
	t->armed = false;
}

uint64_t
loop_now(void)
{
	return now;
}

/* --- the monitor --- */

#define CALLS_MAX 512

static struct {
	peer_cb cb;
	void *arg;
} calls[CALLS_MAX];
static unsigned ncalls; /* under way */

int
peer_call(struct peer *p, uint16_t type, const void *body, const int *fds,
    size_t nfds, uint64_t timeout_ms, peer_cb cb, void *arg, uint32_t *call)
{
	uint32_t i;

	(void)p;
	(void)body;
	(void)fds;
	(void)nfds;
	(void)timeout_ms;
	require(type == MSG_AUTH_CHECK);
	for (i = 0; i < CALLS_MAX; i++) {
		if (calls[i].cb != NULL)
			continue;
		calls[i].cb = cb;
		calls[i].arg = arg;
		*call = i;
		ncalls++;
		return 0;
	}
	abort(); /* more calls than there can be streams */
}

unsigned
peer_calls(const struct peer *p)
{
	(void)p;
	return ncalls;
}

size_t
peer_backlog(const struct peer *p)
{
	(void)p;
	return 0;
}

void
peer_call_cancel(struct peer *p, uint32_t call)
{
	(void)p;
	require(call < CALLS_MAX && calls[call].cb != NULL);
	calls[call].cb = NULL;
	ncalls--;
}

/* The newest question is answered first. */
static void
answer(int err)
{
	struct msg m;
	peer_cb cb;
	uint32_t i;

	memset(&m, 0, sizeof(m));
	m.hdr.type = MSG_OK;
	for (i = CALLS_MAX; i-- > 0;) {
		if ((cb = calls[i].cb) == NULL)
			continue;
		calls[i].cb = NULL;
		ncalls--;
		cb(calls[i].arg, err == 0 ? &m : NULL, err);
		return;
	}
}

/* --- routes and handlers --- */

struct viewer {
	struct ws *ws;
	unsigned more; /* frames that it has to say */
};

static void
on_binary(void *arg, const uint8_t *p, size_t len)
{
	struct viewer *v = arg;
	uint8_t *to;
	size_t max;

	require(len > 0 && !ws_is_closing(v->ws));
	if (!ws_frame_reserve(v->ws, &to, &max))
		return;
	memcpy(to, p, len < max ? len : max);
	ws_frame_commit(v->ws, len < max ? len : max);
	ws_pause(v->ws, p[0] == 'p');
	ws_pump(v->ws);
}

static void
on_text(void *arg, const char *p, size_t len)
{
	struct viewer *v = arg;

	if (len > 0 && p[0] == 'c')
		ws_close(v->ws, WS_CLOSE_NORMAL, "");
	if (len > 0 && p[0] == 'm')
		v->more = 10;
	ws_pause(v->ws, false);
	ws_pump(v->ws);
}

/* Asked for more only when the client's windows are open. */
static bool
on_output(void *arg)
{
	struct viewer *v = arg;
	uint8_t *to;
	size_t max;

	if (v->more == 0)
		return false;
	if (--v->more == 0) {
		ws_close(v->ws, WS_CLOSE_NORMAL, "the end");
		return false;
	}
	require(ws_frame_reserve(v->ws, &to, &max));
	memset(to, 'm', max);
	ws_frame_commit(v->ws, v->more % 2 != 0 ? max : 1);
	return true;
}

static const struct ws_ops ws_ops = {
	.binary = on_binary,
	.text = on_text,
	.output = on_output,
	.free = free,
};

static void
on_answer(struct request *r, struct msg *m)
{
	struct viewer *v;

	(void)m;
	if (!r->connect) {
		reply_json(r, 200, "{}");
		return;
	}
	if ((v = calloc(1, sizeof(*v))) == NULL)
		abort();
	v->ws = ws_new(r, &ws_ops, v);
	ws_start(v->ws, r);
}

/* A path is one as HTTP/1.1 would have taken it. */
static void
check_request(const struct request *r)
{
	size_t i;

	require(r->path.len > 0 && r->host.len > 0);
	require(r->path.len + r->query.len <= HTTP1_LINE_MAX);
	require(r->path.p[0] == '/' || span_is(&r->path, "*"));
	for (i = 0; i < r->path.len; i++)
		require(r->path.p[i] > ' ' && r->path.p[i] < 0x7f &&
			r->path.p[i] != '?' && r->path.p[i] != '#');
	require(r->body.len <= HTTP1_BODY_MAX);
}

bool
route_check(struct request *r)
{
	static const struct route rows[] = { { .scope = SCOPE_VIEW },
		{ .scope = SCOPE_CODE } };

	check_request(r);
	r->route = &rows[r->path.len % 2];
	if (span_is(&r->path, "/") || r->authorization.p != NULL)
		return true;
	reply_error(r, 401, RL_ERR_AUTH, "no");
	return false;
}

void
route_run(struct request *r)
{
	static const char page[100000];
	struct msg_token_only m = { { NULL, 0 } };

	check_request(r);
	if (r->connect ||
	    (r->path.len >= 4 &&
		memcmp(r->path.p + r->path.len - 4, "ping", 4) == 0))
		request_call(r, MSG_AUTH_CHECK, &m, on_answer);
	else if (r->body.len > 0)
		json_decref(body_object(r));
	else
		reply_page(r, "text/html", "x", page, sizeof(page));
}

/* --- a run --- */

/* What can be sent has been: nothing but a window holds a frame back. */
static void
check_streams(const struct http2 *h)
{
	struct h2_stream *s;

	if (conn->hungry || conn->finished || conn->aborted || h->ending)
		return;
	TAILQ_FOREACH (s, &h->streams, link) {
		if (s->ops != NULL && buf_len(s->carrier.out) > 0)
			require(nghttp2_session_get_stream_remote_window_size(
				    h->session, s->id) <= 0 ||
				nghttp2_session_get_remote_window_size(
				    h->session) <= 0);
	}
}

static void
check_bounds(const struct http2 *h)
{
	require(h->held <= H2_HELD_MAX);
	/* What is short goes over the bound: one for each stream. */
	require(h->owed <= H2_OWED_MAX + H2_STREAMS_MAX * OWED_FREE);
	require(h->nstreams <= H2_STREAMS_MAX);
	require(h->nsockets <= h->nstreams);
	require(h->nstreams > 0 || (h->held == 0 && h->owed == 0));
	require(
	    buf_len(conn->out) <= H2_OUT_MARK + H2_FRAME_MAX + H2_FRAME_HEAD);
}

/* What happens between two pieces, by the bits of how. */
static void
turn(struct conn *c, uint8_t how, unsigned n)
{
	static const size_t rooms[] = { SIZE_MAX, 100000, 1000, 100, 9, 1, 0,
		0 };
	static const uint64_t steps[] = { 0, 100, 2000, 20000 };
	unsigned i;

	c->room = rooms[how & 7];
	/* A socket that is stuck for good is given up by time alone. */
	if ((how & 7) == 7 && n % 16 == 0)
		c->room = 64;
	conn_pump(c);
	check_streams(c->h);
	if ((how >> 3 & 7) != 0 && n % (how >> 3 & 7) == 0)
		answer(n % 5 == 4 ? RL_ERR_TIMEOUT : 0);
	now += steps[how >> 6];
	if (!c->finished && !c->aborted)
		c->ops->tick(c->h, steps[how >> 6]);
	for (i = 0; i < TIMERS; i++) {
		if (!timers[i].armed)
			continue;
		timers[i].armed = false;
		timers[i].cb(timers[i].arg);
	}
	check_bounds(c->h);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct conn c;
	struct env env;
	size_t piece, n;
	unsigned turns = 0;
	uint8_t how;

	if (len < 2)
		return 0;
	body_init();
	memset(&c, 0, sizeof(c));
	memset(&env, 0, sizeof(env));
	c.out = buf_new(OUT_MAX);
	conn = &c;
	now = 1000000;
	limits_default(&env.limits);
	http2_start(&c, &env, now + FIRST_MS);
	piece = data[0] == 0 ? len : data[0];
	how = data[1];
	data += 2;
	len -= 2;
	while (len > 0 && !c.finished && !c.aborted) {
		if (!c.paused) {
			n = len < piece ? len : piece;
			c.busy = true;
			c.ops->input(c.h, data, n);
			c.busy = false;
			data += n;
			len -= n;
		} else if (turns > 5000)
			break;
		turn(&c, how, turns++);
	}
	turn(&c, how, turns);
	(void)c.ops->working(c.h);
	c.ops->free(c.h);
	require(ncalls == 0);
	buf_free(c.out);
	return 0;
}
