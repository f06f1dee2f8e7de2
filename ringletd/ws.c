/*
 * WebSocket (RFC 6455): the handshake, and frames by wslay, which only this
 * file knows.
 *
 * wslay parses what the client sends and queues the answers that the protocol
 * wants (Pong, Close).  It has no bound on that queue, so it gets input in
 * small portions and its queue is emptied after each.  What we send is
 * framed here: a frame is built in the carrier's output, where its payload
 * has been written once.  Either way whole frames are put, so they can't mix.
 * A text message may be put in several, as the client takes them; other ones
 * wait until it is complete.
 */
#include "config.h"

#include <sys/types.h>
#include <sha1.h>
#include <stdlib.h>
#include <string.h>

#include <wslay/wslay.h>

#include "buf.h"
#include "log.h"
#include "ringletd.h"
#include "xmalloc.h"

#define WS_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

#define PORTION 4096 /* bytes of input between emptyings of wslay's queue */

#define CONTROL_MAX 125 /* bytes of a control frame; wslay sees to it */

#define LATER_MAX (64 * 1024) /* bytes of text messages that wait */

#define OP_MORE	  0x0 /* goes on with a message */
#define OP_TEXT	  0x1
#define OP_BINARY 0x2
#define OP_CLOSE  0x8
#define OP_PING	  0x9
#define FIN	  0x80

struct ws {
	struct carrier *via;
	wslay_event_context_ptr wslay;
	const struct ws_ops *ops;
	void *arg;
	const uint8_t *in; /* input that wslay has not taken yet */
	size_t in_len;
	uint8_t frame;	 /* opcode of the frame that is coming in */
	uint8_t message; /* opcode of the message that it belongs to */
	uint64_t binary_len;
	uint8_t close[CONTROL_MAX]; /* body of a Close, as it comes */
	size_t close_len;
	char text[WS_TEXT_MAX];
	size_t text_len;
	uint16_t fail; /* close code for what the client did; 0: nothing */
	struct buf *later; /* frames that wait for the text's last piece */
	bool in_text;	   /* a piece of a text has been put, not the last */
	bool closing;  /* a Close frame has been put: nothing follows it */
	bool pinged;   /* since the client was last heard */
};

/* --- handshake --- */

int
ws_handshake(struct request *r, const char **why)
{
	uint8_t digest[SHA1_DIGEST_LENGTH], *nonce;
	size_t len;
	SHA1_CTX sha1;
	char *text;

	/* RFC 8441: what Upgrade and the key say is said by CONNECT. */
	if (r->connect) {
		if (span_is(&r->ws_version, "13"))
			return 0;
		*why = "Sec-WebSocket-Version is not 13";
		return 400;
	}
	if (!r->upgrade || r->upgrade_to.p == NULL ||
	    !span_is_nocase(&r->upgrade_to, "websocket") || r->head) {
		*why = "this route is a WebSocket: Upgrade is missing";
		return 400;
	}
	if (!span_is(&r->ws_version, "13")) {
		*why = "Sec-WebSocket-Version is not 13";
		return 400;
	}
	*why = "Sec-WebSocket-Key is not 16 bytes in base64";
	if (r->ws_key.len != 24)
		return 400;
	nonce = base64_decode(r->ws_key.p, r->ws_key.len, &len);
	free(nonce);
	if (nonce == NULL || len != 16)
		return 400;

	SHA1Init(&sha1);
	SHA1Update(&sha1, (const uint8_t *)r->ws_key.p, r->ws_key.len);
	SHA1Update(&sha1, (const uint8_t *)WS_GUID, sizeof(WS_GUID) - 1);
	SHA1Final(digest, &sha1);
	text = base64_encode(digest, sizeof(digest));
	(void)strlcpy(r->ws_accept, text, sizeof(r->ws_accept));
	free(text);
	return 0;
}

/* --- our frames --- */

/* Writes the head of a frame of len bytes to p; returns its length. */
static size_t
put_head(uint8_t *p, uint8_t first, size_t len)
{
	p[0] = first;
	if (len < 126) {
		p[1] = (uint8_t)len;
		return 2;
	}
	p[1] = 126;
	p[2] = (uint8_t)(len >> 8);
	p[3] = (uint8_t)len;
	return 4;
}

/*
 * A whole frame.  Without room for it the carrier has no use any more.  Only
 * control frames may come between the pieces of a message.
 */
static void
put_frame(struct ws *ws, uint8_t op, const void *p, size_t len)
{
	struct buf *out = ws->via->out;
	uint8_t *to;
	size_t n;

	if (ws->closing)
		return;
	if (ws->in_text && op == OP_TEXT) {
		if (ws->later == NULL)
			ws->later = buf_new(LATER_MAX);
		out = ws->later;
	}
	if (len > WS_FRAME_MAX ||
	    buf_reserve(out, WS_FRAME_HDR_MAX + len, &to) != 0) {
		ws->closing = true;
		ws->via->ops->finish(ws->via);
		return;
	}
	n = put_head(to, FIN | op, len);
	if (len > 0)
		memcpy(to + n, p, len);
	buf_commit(out, n + len);
}

bool
ws_frame_reserve(struct ws *ws, uint8_t **p, size_t *max)
{
	uint8_t *to;

	if (ws->closing || buf_reserve(ws->via->out,
			       WS_FRAME_HDR_MAX + WS_FRAME_MAX, &to) != 0)
		return false;
	*p = to + WS_FRAME_HDR_MAX;
	*max = WS_FRAME_MAX;
	return true;
}

/* The head of the frame whose len bytes of payload were put in that room. */
static void
commit(struct ws *ws, uint8_t first, size_t len)
{
	struct buf *out = ws->via->out;
	uint8_t *to;
	size_t n;

	/* The same place as before: nothing has been put in between. */
	if (buf_reserve(out, WS_FRAME_HDR_MAX + WS_FRAME_MAX, &to) != 0)
		fatal("ws: the room for a frame has gone");
	n = put_head(to, first, len);
	/* A short frame has a shorter head. */
	if (n < WS_FRAME_HDR_MAX)
		memmove(to + n, to + WS_FRAME_HDR_MAX, len);
	buf_commit(out, n + len);
}

void
ws_frame_commit(struct ws *ws, size_t len)
{
	if (len > 0)
		commit(ws, FIN | OP_BINARY, len);
}

void
ws_text_commit(struct ws *ws, size_t len, bool last)
{
	uint8_t first = ws->in_text ? OP_MORE : OP_TEXT;

	commit(ws, last ? FIN | first : first, len);
	ws->in_text = !last;
	if (!last || ws->later == NULL)
		return;
	if (buf_put(ws->via->out, buf_ptr(ws->later), buf_len(ws->later)) !=
	    0) {
		ws->closing = true;
		ws->via->ops->finish(ws->via);
	}
	buf_free(ws->later);
	ws->later = NULL;
}

void
ws_send_json(struct ws *ws, json_t *msg)
{
	char *text = json_dumps(msg, JSON_COMPACT);

	json_decref(msg);
	if (text == NULL)
		fatal("ws_send_json: not JSON");
	put_frame(ws, OP_TEXT, text, strlen(text));
	body_free(text);
}

void
ws_close(struct ws *ws, uint16_t code, const char *reason)
{
	uint8_t body[125];
	size_t len = strlen(reason);

	if (ws->closing)
		return;
	if (len > sizeof(body) - 2)
		len = sizeof(body) - 2;
	body[0] = (uint8_t)(code >> 8);
	body[1] = (uint8_t)code;
	memcpy(body + 2, reason, len);
	put_frame(ws, OP_CLOSE, body, len + 2);
	ws->closing = true;
	ws->via->ops->finish(ws->via);
}

size_t
ws_backlog(const struct ws *ws)
{
	return buf_len(ws->via->out);
}

bool
ws_is_closing(const struct ws *ws)
{
	return ws->closing;
}

void
ws_pump(struct ws *ws)
{
	ws->via->ops->pump(ws->via);
}

void
ws_pause(struct ws *ws, bool paused)
{
	ws->via->ops->pause(ws->via, paused);
}

/* --- wslay's callbacks --- */

static ssize_t
on_wslay_recv(
    wslay_event_context_ptr ctx, uint8_t *buf, size_t len, int flags, void *arg)
{
	struct ws *ws = arg;

	(void)flags;
	if (ws->in_len == 0) {
		wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	if (len > ws->in_len)
		len = ws->in_len;
	memcpy(buf, ws->in, len);
	ws->in += len;
	ws->in_len -= len;
	return (ssize_t)len;
}

static ssize_t
on_wslay_send(wslay_event_context_ptr ctx, const uint8_t *data, size_t len,
    int flags, void *arg)
{
	struct ws *ws = arg;

	(void)flags;
	if (buf_put(ws->via->out, data, len) != 0) {
		wslay_event_set_error(ctx, WSLAY_ERR_CALLBACK_FAILURE);
		return -1;
	}
	return (ssize_t)len;
}

/* Stops reading; take_portion() sends the Close. */
static void
fail(struct ws *ws, uint16_t code)
{
	ws->fail = code;
	wslay_event_shutdown_read(ws->wslay);
}

static void
on_wslay_start(wslay_event_context_ptr ctx,
    const struct wslay_event_on_frame_recv_start_arg *a, void *arg)
{
	struct ws *ws = arg;

	(void)ctx;
	ws->frame = a->opcode;
	if (wslay_is_ctrl_frame(a->opcode)) {
		ws->close_len = 0;
		/* Half a status code; wslay takes it for none. */
		if (a->opcode == OP_CLOSE && a->payload_length == 1)
			fail(ws, WS_CLOSE_PROTOCOL);
		return;
	}
	if (a->opcode != WSLAY_CONTINUATION_FRAME) {
		ws->message = a->opcode;
		ws->text_len = 0;
		ws->binary_len = 0;
	}
	/* wslay has held the frame against the limit; this is the message. */
	if (ws->message == OP_TEXT) {
		if (a->payload_length > WS_TEXT_MAX - ws->text_len)
			fail(ws, WS_CLOSE_TOO_BIG);
	} else if (a->payload_length > WS_BINARY_MAX - ws->binary_len)
		fail(ws, WS_CLOSE_TOO_BIG);
	else
		ws->binary_len += a->payload_length;
}

/*
 * A piece of a Close.  wslay leaves the first two bytes of each out when it
 * looks for UTF-8, and would answer a reason that is none as if it were right.
 */
static void
take_close(struct ws *ws, const uint8_t *p, size_t len)
{
	if (len > sizeof(ws->close) - ws->close_len) {
		fail(ws, WS_CLOSE_PROTOCOL);
		return;
	}
	memcpy(ws->close + ws->close_len, p, len);
	ws->close_len += len;
}

static void
on_wslay_chunk(wslay_event_context_ptr ctx,
    const struct wslay_event_on_frame_recv_chunk_arg *a, void *arg)
{
	struct ws *ws = arg;

	(void)ctx;
	if (ws->fail != 0 || a->data_length == 0 || ws->closing)
		return;
	if (ws->frame == OP_CLOSE)
		take_close(ws, a->data, a->data_length);
	if (wslay_is_ctrl_frame(ws->frame))
		return;
	if (ws->message == OP_BINARY) {
		ws->ops->binary(ws->arg, a->data, a->data_length);
		return;
	}
	if (a->data_length > WS_TEXT_MAX - ws->text_len) {
		fail(ws, WS_CLOSE_TOO_BIG);
		return;
	}
	memcpy(ws->text + ws->text_len, a->data, a->data_length);
	ws->text_len += a->data_length;
}

static void
on_wslay_message(wslay_event_context_ptr ctx,
    const struct wslay_event_on_msg_recv_arg *a, void *arg)
{
	struct ws *ws = arg;

	(void)ctx;
	if (ws->fail != 0 || ws->closing)
		return;
	if (a->opcode == OP_TEXT)
		ws->ops->text(ws->arg, ws->text, ws->text_len);
	else if (a->opcode == OP_CLOSE && ws->close_len > 2 &&
		 !valid_utf8((const char *)ws->close + 2, ws->close_len - 2))
		fail(ws, WS_CLOSE_NOT_TEXT);
}

static const struct wslay_event_callbacks callbacks = {
	.recv_callback = on_wslay_recv,
	.send_callback = on_wslay_send,
	.on_frame_recv_start_callback = on_wslay_start,
	.on_frame_recv_chunk_callback = on_wslay_chunk,
	.on_msg_recv_callback = on_wslay_message,
};

/* --- the carrier's callbacks --- */

/* One portion.  False: there will be no other. */
static bool
take_portion(struct ws *ws)
{
	int r = wslay_event_recv(ws->wslay);

	if (ws->closing)
		return false;
	if (ws->fail != 0) {
		ws_close(ws, ws->fail, "");
		return false;
	}
	if (r != 0) {
		/* A broken frame; wslay has queued a Close without a code. */
		ws_close(ws, WS_CLOSE_PROTOCOL, "");
		return false;
	}
	if (wslay_event_want_write(ws->wslay) &&
	    wslay_event_send(ws->wslay) != 0) {
		ws->closing = true;
		ws->via->ops->finish(ws->via);
		return false;
	}
	if (wslay_event_get_read_enabled(ws->wslay))
		return true;
	/* Its Close is out: an answer to the client's, or 1002, 1007, 1009. */
	ws->closing = true;
	ws->via->ops->finish(ws->via);
	return false;
}

static void
on_input(void *arg, const uint8_t *p, size_t len)
{
	struct ws *ws = arg;
	size_t n;

	ws->pinged = false;
	while (len > 0 && !ws->closing) {
		n = len < PORTION ? len : PORTION;
		ws->in = p;
		ws->in_len = n;
		p += n;
		len -= n;
		if (!take_portion(ws))
			break;
	}
	ws->in = NULL;
	ws->in_len = 0;
}

static bool
on_output(void *arg)
{
	struct ws *ws = arg;

	return !ws->closing && ws->ops->output(ws->arg);
}

/* A client that has gone to sleep sends nothing, not even an end. */
static void
on_tick(void *arg, uint64_t silent_ms)
{
	struct ws *ws = arg;

	if (silent_ms < ws->via->env->limits.ping_ms || ws->pinged ||
	    ws->closing)
		return;
	ws->pinged = true;
	put_frame(ws, OP_PING, NULL, 0);
	ws->via->ops->pump(ws->via);
}

static void
on_free(void *arg)
{
	struct ws *ws = arg;

	ws->ops->free(ws->arg);
	buf_free(ws->later);
	wslay_event_context_free(ws->wslay);
	free(ws);
}

static const struct conn_ops conn_ops = {
	.input = on_input,
	.output = on_output,
	.tick = on_tick,
	.free = on_free,
};

struct ws *
ws_new(struct request *r, const struct ws_ops *ops, void *arg)
{
	struct ws *ws = xcalloc(1, sizeof(*ws));

	ws->via = r->via;
	ws->ops = ops;
	ws->arg = arg;
	if (wslay_event_context_server_init(&ws->wslay, &callbacks, ws) != 0)
		fatal("out of memory (wslay)");
	/* Pieces are handed on as they come: wslay stores no message. */
	wslay_event_config_set_no_buffering(ws->wslay, 1);
	wslay_event_config_set_max_recv_msg_length(ws->wslay, WS_BINARY_MAX);
	return ws;
}

void
ws_start(struct ws *ws, struct request *r)
{
	ws->via->ops->upgrade(ws->via, r, &conn_ops, ws);
}
