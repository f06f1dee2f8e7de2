/*
 * A request as it comes on a stream of HTTP/2: field by field, then its body
 * in pieces.
 *
 * A head is kept in the same record as that of HTTP/1.1 and judged by the same
 * functions (http1_take_*), so that what one refuses the other does.  nghttp2
 * has checked the grammar of fields; what they say is a stranger's all the
 * same.  What is held counts against the connection's bound.  After the first
 * fault the rest is skipped; it is told when the head is whole.
 */
#include "config.h"

#include <string.h>

#include "buf.h"
#include "err.h"
#include "http2.h"
#include "log.h"
#include "loop.h"
#include "msgdef.h"

void
h2_request_forget(struct h2_stream *s)
{
	request_forget(&s->req);
	buf_free(s->in);
	buf_free(s->body);
	s->in = s->body = NULL;
	s->h->held -= s->held;
	s->held = 0;
}

/* Bytes to be held for it.  False: there are too many already. */
static bool
hold(struct h2_stream *s, size_t len)
{
	if (len > H2_HELD_MAX - s->h->held)
		return false;
	s->h->held += len;
	s->held += len;
	return true;
}

static void
wrong(struct h2_stream *s, int status, const char *reason)
{
	if (s->status != 0)
		return;
	s->status = status;
	s->reason = reason;
}

/* The place of a value that is to be kept, by its name; NULL: not so. */
static struct http1_slice *
pseudo_field(struct h2_stream *s, const uint8_t *name, size_t len)
{
	static const struct {
		const char *name;
		size_t slice;
	} known[] = {
		{ ":authority", offsetof(struct h2_stream, authority) },
		{ ":method", offsetof(struct h2_stream, head.method) },
		{ ":path", offsetof(struct h2_stream, head.path) },
		{ ":protocol", offsetof(struct h2_stream, protocol) },
		{ ":scheme", offsetof(struct h2_stream, scheme) },
	};
	size_t i;

	for (i = 0; i < NELEM(known); i++) {
		if (strlen(known[i].name) == len &&
		    memcmp(known[i].name, name, len) == 0)
			return (struct http1_slice *)(void *)((char *)s +
							      known[i].slice);
	}
	return NULL;
}

/* Whether a field is a place where tokens come, even a wrong one. */
static bool
may_hold_token(
    const uint8_t *name, size_t name_len, const uint8_t *value, size_t len)
{
	static const char *const places[] = { "authorization",
		"proxy-authorization", "sec-websocket-protocol", "cookie" };
	size_t i;

	for (i = 0; i < NELEM(places); i++) {
		if (strlen(places[i]) == name_len &&
		    memcmp(places[i], name, name_len) == 0)
			return true;
	}
	return name_len == 5 && memcmp(name, ":path", 5) == 0 &&
	       memchr(value, '?', len) != NULL;
}

/*
 * nghttp2 has checked names and values, that each pseudo-field comes once and
 * before the others, and that none is missing.
 */
int
h2_request_field(struct h2_stream *s, const uint8_t *name, size_t name_len,
    const uint8_t *value, size_t len)
{
	struct http1_slice *place = NULL;
	size_t off;
	int keep = 0;

	if (may_hold_token(name, name_len, value, len))
		http2_drop_table(s->h);
	s->list += name_len + len + 32;
	if (s->list > H2_LIST_STOP)
		return -1;
	if (s->list > s->h->env->limits.head)
		wrong(s, 431, "header block is too long");
	if (s->status != 0)
		return 0;
	off = buf_len(s->in);
	if (name_len > 0 && name[0] == ':') {
		place = pseudo_field(s, name, name_len);
		keep = place != NULL;
		if (place == &s->head.path && len > HTTP1_LINE_MAX)
			wrong(s, 414, "request line is too long");
		if (place == &s->head.method && len > HTTP1_METHOD_MAX)
			wrong(s, 400, "bad method");
	} else if (++s->fields > HTTP1_FIELDS_MAX)
		wrong(s, 431, "too many header fields");
	else {
		keep = http1_take_field(&s->head, name, name_len, off, len);
		if (keep == -1)
			wrong(s, s->head.status, s->head.reason);
	}
	if (keep == 1 && s->status == 0 && !hold(s, len))
		wrong(s, 429, "too many requests at once on this connection");
	if (keep != 1 || s->status != 0)
		return 0;
	if (buf_put(s->in, value, len) != 0)
		fatal("http2: a header list is over its bound");
	/* Not before its bytes are there: its method is looked at anyway. */
	if (place != NULL)
		*place = (struct http1_slice){ off, len };
	return 0;
}

static bool
slice_is(
    const struct h2_stream *s, const struct http1_slice *v, const char *text)
{
	return v->len == strlen(text) &&
	       memcmp(buf_ptr(s->in) + v->off, text, v->len) == 0;
}

/* What the fields say together.  end: there is no body. */
static void
judge_head(struct h2_stream *s, bool end)
{
	struct http1 *h = &s->head;
	struct http1_slice path = h->path;
	bool connect = slice_is(s, &h->method, "CONNECT");

	/* By its end, as a chunked body: its length need not be said. */
	if (!end && !connect && !http1_has(h, HTTP1_CONTENT_LENGTH))
		h->flags |= HTTP1_F_CHUNKED;
	if (connect && (s->protocol.len == 0 || end ||
			   !slice_is(s, &s->protocol, "websocket")))
		wrong(s, 400, "CONNECT is for WebSockets");
	else if (!slice_is(s, &s->scheme, "http"))
		wrong(s, 400, "the scheme is not http");
	else if (path.len == 0 ||
		 (buf_ptr(s->in)[path.off] != '/' && !slice_is(s, &path, "*")))
		wrong(s, 400, "target is not a path");
	else if ((buf_ptr(s->in)[path.off] == '/' &&
		     http1_take_path(h, buf_ptr(s->in), path.off, path.len) ==
			 -1) ||
		 http1_take_end(h, buf_ptr(s->in), &s->authority) == -1)
		wrong(s, h->status, h->reason);
}

/* The client has its error.  What it still sends is dropped. */
static void
refuse(struct h2_stream *s, int status, const char *reason)
{
	reply_error(&s->req, status,
	    status == 429 ? RL_ERR_LIMIT : RL_ERR_INVALID, "%s", reason);
	h2_request_forget(s);
}

/* Whether as many as may be are judged for a client that nobody knows yet. */
static bool
must_wait(const struct h2_stream *s)
{
	const struct h2_stream *other;
	unsigned n = 0;

	if (s->req.route->scope == SCOPE_NONE || conn_is_trusted(s->h->conn))
		return false;
	TAILQ_FOREACH (other, &s->h->streams, link)
		n += h2_stream_working(other);
	return n >= H2_STRANGE_MAX;
}

/* The handler's turn: nothing of the request is needed afterwards. */
static void
run_now(struct h2_stream *s)
{
	s->waiting = false;
	s->deadline = 0; /* the monitor has its own */
	if (buf_len(s->body) > 0) {
		s->req.body.p = (const char *)buf_ptr(s->body);
		s->req.body.len = buf_len(s->body);
	}
	route_run(&s->req);
	/* A WebSocket's first bytes may have come before it is open. */
	if (!s->req.connect) {
		h2_request_forget(s);
		return;
	}
	request_forget(&s->req);
	buf_free(s->in);
	s->in = NULL;
}

/* The request is whole. */
static void
run(struct h2_stream *s)
{
	s->ran = true;
	if (!must_wait(s)) {
		run_now(s);
		return;
	}
	s->waiting = s->h->waiting = true;
	loop_timer_arm(s->h->next_timer, 0);
}

/* Its token is good: none has to wait any more. */
static void
on_checked(struct request *r, struct msg *m)
{
	(void)m;
	run_now((struct h2_stream *)(void *)r->via);
}

/*
 * What is under way may take long for reasons of its own, so the token of the
 * first that waits is judged by itself.
 */
void
h2_request_next(struct http2 *h)
{
	struct msg_token_only m;
	struct h2_stream *s, *next;

	h->waiting = false;
	TAILQ_FOREACH_SAFE (s, &h->streams, link, next) {
		if (!s->waiting || s->replied || h->ending)
			continue;
		if (!must_wait(s)) {
			if (!h2_stream_working(s))
				run_now(s);
			continue;
		}
		h->waiting = true;
		if (h2_stream_working(s))
			return;
		if (s->req.route->scope == SCOPE_CODE)
			continue;
		m.token = request_token_bin(&s->req);
		request_call(&s->req, MSG_AUTH_CHECK, &m, on_checked);
		return;
	}
}

static void
say_continue(struct h2_stream *s)
{
	nghttp2_nv nv = { (uint8_t *)(uintptr_t) ":status",
		(uint8_t *)(uintptr_t) "100", 7, 3, NGHTTP2_NV_FLAG_NONE };

	(void)nghttp2_submit_headers(
	    s->h->session, NGHTTP2_FLAG_NONE, s->id, NULL, &nv, 1, NULL);
}

/*
 * As on an HTTP/1.1 connection, what will be refused is refused by its head,
 * before its body is there.
 */
void
h2_request_head(struct h2_stream *s, bool end)
{
	struct request *r = &s->req;

	s->ended = end;
	if (s->status == 0)
		judge_head(s, end);
	request_fill(r, &s->carrier, &s->head, buf_ptr(s->in));
	if (s->status != 0) {
		refuse(s, s->status, s->reason);
		return;
	}
	if (s->protocol.len != 0) {
		r->connect = true;
		r->method = METHOD_GET;
		r->has_length = r->has_body = false;
	}
	if (!route_check(r)) {
		h2_request_forget(s);
		return;
	}
	if (end || r->connect)
		run(s);
	else if (s->head.flags & HTTP1_F_CONTINUE)
		say_continue(s);
}

/* True: the bytes have their place, and more may come. */
bool
h2_request_body(struct h2_stream *s, const uint8_t *p, size_t len)
{
	/* It was refused.  The rest is dropped, for the client may not stop. */
	if (s->replied || s->body == NULL)
		return true;
	if (buf_len(s->body) + len > s->head.body_max)
		refuse(s, 413, "body is too long");
	else if (!hold(s, len))
		refuse(s, 429, "too many requests at once on this connection");
	else if (buf_put(s->body, p, len) != 0)
		fatal("http2: a body is over its bound");
	/* A WebSocket that is not open yet gets one window, no more. */
	return !s->req.connect;
}

void
h2_request_end(struct h2_stream *s)
{
	if (!s->ran && !s->replied)
		run(s);
}

void
h2_request_trailers(struct h2_stream *s)
{
	/* They could bring a field after it was judged. */
	if (!s->ran && !s->replied)
		refuse(s, 400, "trailer fields are not taken");
}
