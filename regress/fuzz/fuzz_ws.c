/*
 * Fuzzes the WebSocket glue: what a client sends after its handshake.  The
 * first byte says in how large pieces the rest arrives.  The connection is a
 * buffer; a viewer echoes messages, so that our own frames lie between the
 * answers that wslay makes.  No message may pass its limit, and what comes out
 * must be whole, unmasked frames in order, with nothing after a Close.
 */
#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "ringletd.h"
#include "valid.h"

#define ROOM (512 * 1024)

#define OP_TEXT	  0x1
#define OP_BINARY 0x2
#define OP_CLOSE  0x8
#define OP_PING	  0x9
#define OP_PONG	  0xa

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
require(int cond)
{
	if (!cond)
		abort();
}

/* UTF-8, in which a client may also send NUL. */
static bool
is_text(const char *p, size_t len)
{
	const char *nul;

	while ((nul = memchr(p, '\0', len)) != NULL) {
		if (!valid_utf8(p, (size_t)(nul - p)))
			return false;
		len -= (size_t)(nul - p) + 1;
		p = nul + 1;
	}
	return valid_utf8(p, len);
}

/* --- the carrier, in place of a connection --- */

struct conn {
	struct carrier carrier;
	const struct conn_ops *ops;
	void *arg;
	bool finished;
};

static struct conn *
conn_of(struct carrier *via)
{
	return (struct conn *)(void *)via;
}

static void
carry_upgrade(struct carrier *via, const struct request *r,
    const struct conn_ops *ops, void *arg)
{
	require(r->via == via);
	conn_of(via)->ops = ops;
	conn_of(via)->arg = arg;
}

static void
carry_pump(struct carrier *via)
{
	struct conn *c = conn_of(via);

	if (!c->finished)
		(void)c->ops->output(c->arg);
}

static void
carry_pause(struct carrier *via, bool paused)
{
	(void)via;
	(void)paused;
}

static void
carry_finish(struct carrier *via)
{
	conn_of(via)->finished = true;
}

static const struct carrier_ops carrier_ops = {
	.upgrade = carry_upgrade,
	.pump = carry_pump,
	.pause = carry_pause,
	.finish = carry_finish,
};

/* --- reply.c --- */

void
reply_error(struct request *r, int status, int err, const char *fmt, ...)
{
	(void)r;
	(void)status;
	(void)err;
	(void)fmt;
	abort(); /* only the bodies of requests lead here */
}

/* --- the viewer --- */

struct viewer {
	struct ws *ws;
	unsigned freed;
};

static void
on_binary(void *arg, const uint8_t *p, size_t len)
{
	struct viewer *v = arg;
	uint8_t *to;
	size_t max;

	require(len > 0 && len <= WS_BINARY_MAX && !ws_is_closing(v->ws));
	if (ws_frame_reserve(v->ws, &to, &max)) {
		require(max == WS_FRAME_MAX);
		if (len > max)
			len = max;
		memcpy(to, p, len);
		ws_frame_commit(v->ws, len);
	}
}

static void
on_text(void *arg, const char *p, size_t len)
{
	struct viewer *v = arg;
	struct control c;
	char why[200];

	require(len <= WS_TEXT_MAX && !ws_is_closing(v->ws));
	require(is_text(p, len));
	if (control_parse(p, len, &c, why, sizeof(why)) == 0)
		ws_send_json(v->ws, json_pack("{si}", "type", (int)c.type));
	else
		ws_close(v->ws, WS_CLOSE_PROTOCOL, why);
}

static bool
on_output(void *arg)
{
	(void)arg;
	return false;
}

static void
on_free(void *arg)
{
	struct viewer *v = arg;

	v->freed++;
}

static const struct ws_ops ops = {
	.binary = on_binary,
	.text = on_text,
	.output = on_output,
	.free = on_free,
};

/* --- what came out --- */

static void
check_output(struct buf *out)
{
	const uint8_t *p = buf_ptr(out);
	size_t left = buf_len(out), head, len;
	uint8_t op = 0;

	while (left > 0) {
		require(op != OP_CLOSE);
		require(left >= 2 && (p[0] & 0xf0) == 0x80 && p[1] < 127);
		op = p[0] & 0x0f;
		head = 2;
		len = p[1];
		if (len == 126) {
			require(left >= 4);
			head = 4;
			len = (size_t)(p[2] << 8 | p[3]);
			require(len >= 126 && len <= WS_FRAME_MAX);
		}
		require(left - head >= len);
		/* The reason may be the client's own, which wslay returns. */
		if (op == OP_CLOSE)
			require(len != 1 && len <= 125);
		else if (op == OP_PING || op == OP_PONG)
			require(len <= 125);
		else
			require(op == OP_TEXT || op == OP_BINARY);
		p += head + len;
		left -= head + len;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct env env = { .limits.ping_ms = WS_PING_MS };
	struct conn conn = { .carrier = {
				 .ops = &carrier_ops, .env = &env, .out = buf_new(ROOM) } };
	struct viewer v = { .freed = 0 };
	struct request r;
	size_t piece, n;

	if (len == 0) {
		buf_free(conn.carrier.out);
		return 0;
	}
	body_init();
	memset(&r, 0, sizeof(r));
	r.via = &conn.carrier;
	v.ws = ws_new(&r, &ops, &v);
	ws_start(v.ws, &r);
	piece = data[0] == 0 ? len : data[0];
	data++;
	len--;
	while (len > 0 && !conn.finished) {
		n = len < piece ? len : piece;
		conn.ops->input(conn.arg, data, n);
		data += n;
		len -= n;
	}
	conn.ops->tick(conn.arg, WS_PING_MS);
	require(!conn.ops->output(conn.arg));
	require(conn.finished == ws_is_closing(v.ws));
	check_output(conn.carrier.out);
	conn.ops->free(conn.arg);
	require(v.freed == 1);
	buf_free(conn.carrier.out);
	return 0;
}
