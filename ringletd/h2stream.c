/*
 * One stream of HTTP/2: its life, its reply, or its WebSocket (RFC 8441).  The
 * request is h2request.c's.
 *
 * To routes and handlers a stream is a carrier like a connection.  Many
 * streams of a connection may wait for the monitor at once; one that ends
 * before its answer comes takes its question back.
 *
 * Everything comes from a stranger.  What a stream holds counts against its
 * connection's bounds, its windows open only as bytes are taken, and each
 * state of it has a deadline.  The memory of a closed stream goes on the next
 * turn of the loop: who closed it may be up the stack.
 */
#include "config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "http2.h"
#include "log.h"
#include "loop.h"
#include "xmalloc.h"

#define OUTPUT_ROUNDS 4 /* times a viewer is asked for more in a row */

/* ":status" and then as many as a reply has. */
#define NV_MAX	     (REPLY_FIELDS_MAX + 1)
#define NAME_MAX_LEN 40 /* of the longest field that a reply has */

static const struct carrier_ops carrier_ops;

static struct h2_stream *
stream_of(struct carrier *via)
{
	return (struct h2_stream *)(void *)via;
}

/* From now on that many bytes of its reply wait to be taken. */
static void
owe(struct h2_stream *s, size_t len)
{
	s->h->owed += len - s->owed;
	limits_owe(s->h->env, &s->owed, len);
}

/* Whether a reply of len bytes may wait, too. */
static bool
may_owe(const struct h2_stream *s, size_t len)
{
	return len <= OWED_FREE || (s->h->owed + len <= H2_OWED_MAX &&
				       limits_may_owe(s->h->env, len));
}

/* --- life --- */

struct h2_stream *
h2_stream_new(struct http2 *h, int32_t id)
{
	/* Otherwise the first of them would be served until it is done. */
	const nghttp2_extpri equal = { NGHTTP2_EXTPRI_DEFAULT_URGENCY, 1 };
	struct h2_stream *s = xcalloc(1, sizeof(*s));

	s->carrier.ops = &carrier_ops;
	s->carrier.env = h->env;
	s->carrier.out = buf_new(OUT_MAX);
	s->h = h;
	s->id = id;
	s->in = buf_new_secret(H2_LIST_MAX);
	s->body = buf_new_secret(HTTP1_BODY_MAX);
	request_begin(&s->head, h->env);
	s->heard_at = loop_now();
	s->deadline = s->heard_at + h->env->limits.request_ms;
	TAILQ_INSERT_TAIL(&h->streams, s, link);
	h->nstreams++;
	(void)nghttp2_session_change_extpri_stream_priority(
	    h->session, id, &equal, 1);
	return s;
}

void
h2_stream_closed(struct h2_stream *s)
{
	struct http2 *h = s->h;

	(void)nghttp2_session_set_stream_user_data(h->session, s->id, NULL);
	s->dead = true;
	request_cancel(&s->req);
	h2_request_forget(s);
	owe(s, 0);
	TAILQ_REMOVE(&h->streams, s, link);
	TAILQ_INSERT_TAIL(&h->dead, s, link);
	if (s->ops != NULL)
		h->nsockets--;
	if (s->oneway)
		h->noneway--;
	if (--h->nstreams == 0)
		h->deadline = loop_now() + h->env->limits.idle_ms;
	loop_timer_arm(h->reap_timer, 0);
	if (h->waiting)
		loop_timer_arm(h->next_timer, 0);
}

void
h2_stream_reap(struct http2 *h)
{
	struct h2_stream *s;

	while ((s = TAILQ_FIRST(&h->dead)) != NULL) {
		TAILQ_REMOVE(&h->dead, s, link);
		if (s->ops != NULL)
			s->ops->free(s->arg);
		buf_free(s->carrier.out);
		free(s);
	}
}

static void
reset(struct h2_stream *s, uint32_t code)
{
	(void)nghttp2_submit_rst_stream(
	    s->h->session, NGHTTP2_FLAG_NONE, s->id, code);
}

/* The monitor has judged one more. */
static void
go_on(struct http2 *h)
{
	if (h->waiting)
		loop_timer_arm(h->next_timer, 0);
}

/* Something has been queued: it goes out, now or when we are back. */
static void
push(struct h2_stream *s)
{
	go_on(s->h);
	if (!s->h->busy)
		conn_pump(s->h->conn);
}

bool
h2_stream_working(const struct h2_stream *s)
{
	return s->req.calling;
}

/* --- what comes in --- */

/* Opens the stream's window for what has been taken. */
static void
settle(struct h2_stream *s)
{
	if (s->untaken == 0 || s->paused || s->dead ||
	    (s->ops != NULL && buf_len(s->carrier.out) > H2_STREAM_MARK))
		return;
	(void)nghttp2_session_consume_stream(s->h->session, s->id, s->untaken);
	s->untaken = 0;
}

void
h2_stream_data(struct h2_stream *s, const uint8_t *p, size_t len)
{
	s->heard_at = loop_now();
	s->untaken += len;
	if (s->ops == NULL) {
		if (h2_request_body(s, p, len))
			settle(s);
		return;
	}
	if (!s->finished)
		s->ops->input(s->arg, p, len);
	/* It may have an answer, such as a Pong. */
	if (buf_len(s->carrier.out) > 0)
		(void)nghttp2_session_resume_data(s->h->session, s->id);
	settle(s);
}

void
h2_stream_end(struct h2_stream *s)
{
	s->ended = true;
	if (s->ops == NULL) {
		h2_request_end(s);
		return;
	}
	s->finished = true;
	(void)nghttp2_session_resume_data(s->h->session, s->id);
}

/* --- what goes out --- */

/* The next bytes of a body that was not copied. */
static ssize_t
read_fixed(struct h2_stream *s, uint8_t *buf, size_t len, uint32_t *flags)
{
	size_t n = s->fixed_len < len ? s->fixed_len : len;

	memcpy(buf, s->fixed, n);
	s->fixed += n;
	s->fixed_len -= n;
	if (s->fixed_len == 0)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)n;
}

/* nghttp2 has room for up to len bytes of the stream's. */
static ssize_t
on_read(nghttp2_session *session, int32_t id, uint8_t *buf, size_t len,
    uint32_t *flags, nghttp2_data_source *source, void *arg)
{
	struct h2_stream *s = source->ptr;
	struct buf *out = s->carrier.out;
	unsigned rounds = 0;
	size_t n;

	(void)session;
	(void)id;
	(void)arg;
	if (s->dead)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	s->pulling = true;
	while (s->ops != NULL && !s->finished && buf_len(out) == 0 &&
	       rounds++ < OUTPUT_ROUNDS && s->ops->output(s->arg))
		continue;
	s->pulling = false;
	if (s->fixed_len > 0)
		return read_fixed(s, buf, len, flags);
	n = buf_len(out);
	if (n > len)
		n = len;
	memcpy(buf, buf_ptr(out), n);
	buf_consume(out, n);
	if (s->ops == NULL)
		owe(s, s->owed - n);
	settle(s);
	if (buf_len(out) == 0 && (s->finished || s->ops == NULL))
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	else if (n == 0)
		return NGHTTP2_ERR_DEFERRED;
	return (ssize_t)n;
}

void
h2_stream_sent(struct h2_stream *s, bool end)
{
	if (s->replied && s->ops == NULL)
		s->deadline = loop_now() + s->h->env->limits.write_ms;
	/*
	 * The client may be on its way to an end.  A reset now could destroy
	 * the reply: clients drop what they have not looked at yet.
	 */
	if (end && !s->ended) {
		s->said_all = true;
		s->deadline = loop_now() + LINGER_MS;
	}
}

static void
put_nv(nghttp2_nv *nv, const char *name, const char *value)
{
	nv->name = (uint8_t *)(uintptr_t)name;
	nv->namelen = strlen(name);
	nv->value = (uint8_t *)(uintptr_t)value;
	nv->valuelen = strlen(value);
	nv->flags = NGHTTP2_NV_FLAG_NONE;
}

/* Names are in small letters here (RFC 9113 8.2). */
static void
lower(char *to, const char *name)
{
	size_t i, n = strlen(name);

	if (n >= NAME_MAX_LEN)
		fatal("http2: field name %s", name);
	for (i = 0; i <= n; i++)
		to[i] = (char)tolower((unsigned char)name[i]);
}

static void
submit(struct h2_stream *s, int status, const struct field *fields, size_t n,
    bool data)
{
	nghttp2_data_provider provider = { { .ptr = s }, on_read };
	char names[REPLY_FIELDS_MAX][NAME_MAX_LEN], text[16];
	nghttp2_nv nv[NV_MAX];
	size_t i;

	(void)snprintf(text, sizeof(text), "%d", status);
	put_nv(&nv[0], ":status", text);
	for (i = 0; i < n; i++) {
		lower(names[i], fields[i].name);
		put_nv(&nv[i + 1], names[i], fields[i].value);
	}
	if (nghttp2_submit_response(
		s->h->session, s->id, nv, n + 1, data ? &provider : NULL) != 0)
		reset(s, NGHTTP2_INTERNAL_ERROR);
}

/* --- the stream as a carrier --- */

static void
on_reply(struct carrier *via, const struct reply *reply)
{
	struct h2_stream *s = stream_of(via);
	bool body = !reply->head && reply->len > 0;

	if (s->dead || s->replied)
		return;
	/* The replies before it wait for clients that do not read. */
	if (body && !reply->fixed && !may_owe(s, reply->len)) {
		reply_error(&s->req, 503, RL_ERR_UNAVAILABLE,
		    "the replies before this one have not been taken");
		return;
	}
	s->replied = true;
	s->deadline = loop_now() + s->h->env->limits.write_ms;
	if (reply->secret) {
		buf_make_secret(via->out);
		buf_make_secret(conn_out(s->h->conn));
		s->h->secret = true;
	}
	if (body && reply->fixed) {
		s->fixed = reply->body;
		s->fixed_len = reply->len;
	} else if (body) {
		if (buf_put(via->out, reply->body, reply->len) != 0)
			fatal("http2: a reply is over its bound");
		owe(s, reply->len);
	}
	submit(s, reply->status, reply->fields, reply->nfields, body);
	push(s);
}

static void
on_trust(struct carrier *via, const uint8_t digest[TOKEN_DIGEST])
{
	struct h2_stream *s = stream_of(via);

	if (!s->dead)
		conn_trust(s->h->conn, digest);
}

static bool
on_trusted(const struct carrier *via)
{
	const struct h2_stream *s = (const void *)via;

	return conn_is_trusted(s->h->conn);
}

static void
on_distrust(struct carrier *via)
{
	struct h2_stream *s = stream_of(via);

	/* One more frame than this may come before the client sees GOAWAY. */
	if (!s->dead && conn_distrust(s->h->conn))
		http2_end(s->h, NGHTTP2_ENHANCE_YOUR_CALM, "wrong tokens");
}

/* 200 opens it; there is nothing to be proven as in HTTP/1.1. */
static void
on_upgrade(struct carrier *via, const struct request *r,
    const struct conn_ops *ops, void *arg)
{
	struct h2_stream *s = stream_of(via);
	const struct field fields[] = {
		{ "Date", reply_date(r->env) },
		{ "Sec-WebSocket-Protocol", "bearer" },
	};

	bool busy = s->h->busy;

	s->ops = ops;
	s->arg = arg;
	if (s->dead)
		return;
	s->replied = true;
	s->deadline = 0;
	s->h->nsockets++;
	submit(s, 200, fields, r->ws_bearer ? 2 : 1, true);
	if (buf_len(s->body) > 0) {
		s->h->busy = true;
		ops->input(arg, buf_ptr(s->body), buf_len(s->body));
		s->h->busy = busy;
	}
	h2_request_forget(s);
	settle(s);
	if (s->ended)
		s->finished = true;
	push(s);
}

/* The client has ended its side; ours ends with the stream. */
static void
on_stream(struct carrier *via, struct reply *reply, const struct conn_ops *ops,
    void *arg)
{
	struct h2_stream *s = stream_of(via);

	s->ops = ops;
	s->arg = arg;
	if (s->dead)
		return;
	s->replied = s->oneway = true;
	s->deadline = 0;
	s->h->nsockets++;
	s->h->noneway++;
	submit(s, reply->status, reply->fields, reply->nfields, true);
	push(s);
}

static void
on_pump(struct carrier *via)
{
	struct h2_stream *s = stream_of(via);

	if (s->dead || s->pulling)
		return;
	(void)nghttp2_session_resume_data(s->h->session, s->id);
	push(s);
}

static void
on_pause(struct carrier *via, bool paused)
{
	struct h2_stream *s = stream_of(via);

	s->paused = paused;
	if (s->dead || paused || s->untaken == 0)
		return;
	settle(s);
	push(s);
}

static void
on_finish(struct carrier *via)
{
	struct h2_stream *s = stream_of(via);

	if (s->dead || s->finished)
		return;
	s->finished = true;
	s->deadline = loop_now() + s->h->env->limits.write_ms;
	on_pump(via);
}

static const struct carrier_ops carrier_ops = {
	.reply = on_reply,
	.trust = on_trust,
	.distrust = on_distrust,
	.trusted = on_trusted,
	.upgrade = on_upgrade,
	.stream = on_stream,
	.pump = on_pump,
	.pause = on_pause,
	.finish = on_finish,
};

/* --- time --- */

void
h2_stream_tick(struct h2_stream *s, uint64_t now)
{
	if (s->deadline != 0 && now > s->deadline) {
		/* NO_ERROR: it has had all, and only would not leave. */
		reset(s, s->said_all ? NGHTTP2_NO_ERROR : NGHTTP2_CANCEL);
		s->deadline = 0;
	} else if (s->ops != NULL && !s->oneway &&
		   now - s->heard_at >
		       WS_DEAD_PINGS * s->h->env->limits.ping_ms)
		reset(s, NGHTTP2_CANCEL);
	else if (s->ops != NULL && !s->finished)
		s->ops->tick(s->arg, now - s->heard_at);
}
