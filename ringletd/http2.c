/*
 * HTTP/2 without TLS, by prior knowledge (RFC 9113): one client's connection.
 *
 * nghttp2 parses and makes the frames; it has no socket.  conn.c hands in what
 * the client sent, and asks for more output when the socket has taken all: so
 * frames are made only as they can be sent, and hardly any wait here.  Streams
 * are h2stream.c's.
 *
 * Everything that comes is a stranger's.  nghttp2 checks the frames and the
 * grammar of heads; h2watch.c counts what could keep us busy for nothing, and
 * the limits of http2.h bound what is held.  Whatever a client does wrong ends
 * its stream, or its connection with GOAWAY, and nothing else.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "http2.h"
#include "log.h"
#include "loop.h"
#include "secret.h"
#include "xmalloc.h"

bool
http2_preface(const uint8_t *p, size_t len)
{
	_Static_assert(NGHTTP2_CLIENT_MAGIC_LEN == HTTP2_PREFACE_LEN,
	    "the preface has 24 bytes");

	if (len > HTTP2_PREFACE_LEN)
		len = HTTP2_PREFACE_LEN;
	return memcmp(p, NGHTTP2_CLIENT_MAGIC, len) == 0;
}

void
http2_end(struct http2 *h, uint32_t code, const char *why)
{
	if (h->ending)
		return;
	h->ending = true;
	if (code != NGHTTP2_NO_ERROR)
		log_debug("an HTTP/2 connection is ended: %s", why);
	if (nghttp2_session_terminate_session(h->session, code) != 0)
		conn_abort(h->conn);
}

void
http2_drop_table(struct http2 *h)
{
	static const nghttp2_settings_entry none = {
		NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, H2_TABLE_IN
	};

	if (h->tableless || h->ending)
		return;
	h->tableless = true;
	if (nghttp2_submit_settings(h->session, NGHTTP2_FLAG_NONE, &none, 1) !=
	    0)
		http2_end(h, NGHTTP2_INTERNAL_ERROR, "cannot say SETTINGS");
}

/* Nothing of it is answered any more. */
static void
close_streams(struct http2 *h)
{
	struct h2_stream *s;

	while ((s = TAILQ_FIRST(&h->streams)) != NULL)
		h2_stream_closed(s);
}

/* --- memory: heads hold tokens --- */

static void *
mem_malloc(size_t len, void *arg)
{
	(void)arg;
	return wipe_alloc(len);
}

static void
mem_free(void *p, void *arg)
{
	(void)arg;
	wipe_free(p);
}

static void *
mem_calloc(size_t n, size_t size, void *arg)
{
	(void)arg;
	return wipe_calloc(n, size);
}

static void *
mem_realloc(void *p, size_t len, void *arg)
{
	(void)arg;
	return wipe_realloc(p, len);
}

/* --- nghttp2's callbacks; arg is the connection --- */

static struct h2_stream *
stream_of(nghttp2_session *session, int32_t id)
{
	return nghttp2_session_get_stream_user_data(session, id);
}

static int
on_begin_headers(
    nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct http2 *h = arg;
	struct h2_stream *s;
	int32_t id = frame->hd.stream_id;

	if (frame->headers.cat != NGHTTP2_HCAT_REQUEST || h->ending)
		return 0;
	s = h2_stream_new(h, id);
	return nghttp2_session_set_stream_user_data(session, id, s) == 0
		   ? 0
		   : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int
on_header(nghttp2_session *session, const nghttp2_frame *frame,
    const uint8_t *name, size_t name_len, const uint8_t *value, size_t len,
    uint8_t flags, void *arg)
{
	struct h2_stream *s = stream_of(session, frame->hd.stream_id);
	struct http2 *h = arg;

	(void)flags;
	if (s == NULL || frame->headers.cat != NGHTTP2_HCAT_REQUEST) {
		/* Nobody looks at it: it may be anything. */
		http2_drop_table(h);
		return 0;
	}
	if (h2_request_field(s, name, name_len, value, len) == 0)
		return 0;
	http2_end(h, NGHTTP2_ENHANCE_YOUR_CALM, "a header list without end");
	return NGHTTP2_ERR_CALLBACK_FAILURE;
}

/*
 * A field that is against the grammar: RFC 9113 8.2.1 wants it refused, where
 * some versions of nghttp2 would skip it.
 */
static int
on_invalid_header(nghttp2_session *session, const nghttp2_frame *frame,
    const uint8_t *name, size_t name_len, const uint8_t *value, size_t len,
    uint8_t flags, void *arg)
{
	(void)name;
	(void)name_len;
	(void)value;
	(void)len;
	(void)flags;
	/* Nor is what follows it looked at. */
	http2_drop_table(arg);
	(void)nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE,
	    frame->hd.stream_id, NGHTTP2_PROTOCOL_ERROR);
	return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

/* Without HTTP/2's own frames, which nghttp2 has answered already. */
static int
on_frame_recv(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct http2 *h = arg;
	struct h2_stream *s;
	bool end = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;

	if (h->ending || (frame->hd.type != NGHTTP2_HEADERS &&
			     frame->hd.type != NGHTTP2_DATA))
		return 0;
	if ((s = stream_of(session, frame->hd.stream_id)) == NULL)
		return 0;
	if (frame->hd.type == NGHTTP2_DATA) {
		if (end)
			h2_stream_end(s);
	} else if (frame->headers.cat == NGHTTP2_HCAT_REQUEST)
		h2_request_head(s, end);
	else {
		h2_request_trailers(s);
		h2_stream_end(s);
	}
	return 0;
}

static int
on_data_chunk(nghttp2_session *session, uint8_t flags, int32_t id,
    const uint8_t *p, size_t len, void *arg)
{
	struct h2_stream *s = stream_of(session, id);
	struct http2 *h = arg;

	(void)flags;
	/* The connection's window is for all streams: none may stop it. */
	if (nghttp2_session_consume_connection(session, len) != 0)
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	if (s != NULL && !h->ending)
		h2_stream_data(s, p, len);
	return 0;
}

static int
on_frame_send(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct http2 *h = arg;
	struct h2_stream *s;
	const char *why = NULL;
	uint8_t type = frame->hd.type;

	if (type == NGHTTP2_RST_STREAM &&
	    frame->rst_stream.error_code != NGHTTP2_NO_ERROR)
		why = h2_watch_reset(&h->watch, loop_now());
	if (why != NULL)
		http2_end(h, NGHTTP2_ENHANCE_YOUR_CALM, why);
	if (type == NGHTTP2_DATA)
		h2_watch_sent(&h->watch);
	if ((type == NGHTTP2_DATA || type == NGHTTP2_HEADERS) &&
	    (s = stream_of(session, frame->hd.stream_id)) != NULL)
		h2_stream_sent(
		    s, (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0);
	return 0;
}

static int
on_stream_close(nghttp2_session *session, int32_t id, uint32_t code, void *arg)
{
	struct h2_stream *s = stream_of(session, id);

	(void)code;
	(void)arg;
	if (s != NULL) {
		(void)nghttp2_session_set_stream_user_data(session, id, NULL);
		h2_stream_closed(s);
	}
	return 0;
}

/* --- the session --- */

static void
set_callbacks(nghttp2_session_callbacks *cbs)
{
	nghttp2_session_callbacks_set_on_begin_headers_callback(
	    cbs, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(cbs, on_header);
	nghttp2_session_callbacks_set_on_invalid_header_callback(
	    cbs, on_invalid_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(
	    cbs, on_frame_recv);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
	    cbs, on_data_chunk);
	nghttp2_session_callbacks_set_on_frame_send_callback(
	    cbs, on_frame_send);
	nghttp2_session_callbacks_set_on_stream_close_callback(
	    cbs, on_stream_close);
}

static void
set_options(nghttp2_option *opt)
{
	/* A window opens when its bytes have been taken, not before. */
	nghttp2_option_set_no_auto_window_update(opt, 1);
	/* Closed streams are kept for a priority that nobody uses. */
	nghttp2_option_set_no_closed_streams(opt, 1);
	nghttp2_option_set_max_deflate_dynamic_table_size(opt, H2_TABLE_OUT);
	nghttp2_option_set_max_outbound_ack(opt, H2_CHATTER_MAX);
	nghttp2_option_set_max_settings(opt, H2_SETTINGS_MAX);
}

static void
send_settings(nghttp2_session *session, const struct limits *l)
{
	const nghttp2_settings_entry ours[] = {
		{ NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, l->streams },
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, H2_WINDOW },
		{ NGHTTP2_SETTINGS_MAX_FRAME_SIZE, H2_FRAME_MAX },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, (uint32_t)l->head },
		/* RFC 8441: WebSockets. */
		{ NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1 },
		/* No tree of priorities: h2_stream_new() makes all equal. */
		{ NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1 },
	};

	if (nghttp2_submit_settings(
		session, NGHTTP2_FLAG_NONE, ours, NELEM(ours)) != 0)
		fatal("http2: cannot say SETTINGS");
}

static nghttp2_session *
session_new(struct http2 *h)
{
	nghttp2_mem mem = { NULL, mem_malloc, mem_free, mem_calloc,
		mem_realloc };
	nghttp2_session_callbacks *cbs;
	nghttp2_option *opt;
	nghttp2_session *session;

	if (nghttp2_session_callbacks_new(&cbs) != 0 ||
	    nghttp2_option_new(&opt) != 0)
		fatal("out of memory (nghttp2)");
	set_callbacks(cbs);
	set_options(opt);
	if (nghttp2_session_server_new3(&session, cbs, h, opt, &mem) != 0)
		fatal("out of memory (nghttp2)");
	nghttp2_option_del(opt);
	nghttp2_session_callbacks_del(cbs);
	return session;
}

/* --- the connection's callbacks --- */

/*
 * Answers are made when the socket takes them.  A client that asks and does
 * not read is not read either; then on_tick() gives it up.
 */
static void
pace(struct http2 *h)
{
	conn_pause(h->conn,
	    nghttp2_session_get_outbound_queue_size(h->session) > H2_QUEUE_MAX);
}

static void
on_input(void *arg, const uint8_t *p, size_t len)
{
	struct http2 *h = arg;
	struct h2_fault fault;
	ssize_t n;

	h->pinged = false;
	if (h->ending)
		return;
	len = h2_watch_input(&h->watch, p, len, loop_now(), &fault);
	h->busy = true;
	n = nghttp2_session_mem_recv(h->session, p, len);
	h->busy = false;
	if (n < 0)
		http2_end(h,
		    n == NGHTTP2_ERR_FLOODED ? NGHTTP2_ENHANCE_YOUR_CALM
					     : NGHTTP2_PROTOCOL_ERROR,
		    nghttp2_strerror((int)n));
	if (fault.why != NULL)
		http2_end(h, fault.code, fault.why);
	pace(h);
}

static bool
on_output(void *arg)
{
	struct http2 *h = arg;
	struct buf *out = conn_out(h->conn);
	const uint8_t *p;
	ssize_t n = 0;

	while (buf_len(out) < H2_OUT_MARK &&
	       (n = nghttp2_session_mem_send(h->session, &p)) > 0) {
		if (buf_put(out, p, (size_t)n) != 0)
			fatal("http2: output is over its mark");
		/* It is nghttp2's own, which looks at it no more. */
		if (h->secret)
			secret_wipe((void *)(uintptr_t)p, (size_t)n);
	}
	if (n < 0) {
		log_debug("http2: %s", nghttp2_strerror((int)n));
		conn_abort(h->conn);
		return false;
	}
	pace(h);
	/* GOAWAY is out, ours or an answer to an error of the connection. */
	if (nghttp2_session_want_read(h->session) == 0 &&
	    nghttp2_session_want_write(h->session) == 0) {
		h->ending = true;
		close_streams(h);
		conn_finish(h->conn);
		return false;
	}
	return buf_len(out) > 0;
}

/*
 * What takes too long.  Only WebSockets and streams may wait for a client that
 * sleeps.
 */
static void
on_tick(void *arg, uint64_t silent_ms)
{
	struct http2 *h = arg;
	struct h2_stream *s, *next;
	uint64_t now = loop_now();

	if (conn_stuck_ms(h->conn) > h->env->limits.write_ms &&
	    (h->ending || h->nsockets == 0 || h->nsockets < h->nstreams)) {
		conn_abort(h->conn);
		return;
	}
	/* Who only listens says nothing, but must answer this. */
	if (h->noneway > 0 && silent_ms >= h->env->limits.ping_ms &&
	    !h->pinged && !h->ending) {
		h->pinged = true;
		(void)nghttp2_submit_ping(h->session, NGHTTP2_FLAG_NONE, NULL);
	}
	h->busy = true;
	TAILQ_FOREACH_SAFE (s, &h->streams, link, next)
		h2_stream_tick(s, now);
	h->busy = false;
	if (h2_watch_block_ms(&h->watch, now) > h->env->limits.request_ms)
		http2_end(h, NGHTTP2_ENHANCE_YOUR_CALM, "a slow header block");
	else if (h->nstreams == 0 && now > h->deadline)
		http2_end(h, NGHTTP2_NO_ERROR, "idle");
	conn_pump(h->conn);
}

static bool
on_working(void *arg)
{
	struct http2 *h = arg;
	struct h2_stream *s;

	TAILQ_FOREACH (s, &h->streams, link) {
		if (h2_stream_working(s))
			return true;
	}
	return false;
}

static void
on_free(void *arg)
{
	struct http2 *h = arg;

	close_streams(h);
	h2_stream_reap(h);
	loop_timer_free(h->reap_timer);
	loop_timer_free(h->next_timer);
	nghttp2_session_del(h->session);
	free(h);
}

static const struct conn_ops conn_ops = {
	.input = on_input,
	.output = on_output,
	.tick = on_tick,
	.free = on_free,
	.working = on_working,
};

static void
on_reap(void *arg)
{
	h2_stream_reap(arg);
}

static void
on_next(void *arg)
{
	struct http2 *h = arg;

	h->busy = true;
	h2_request_next(h);
	h->busy = false;
	conn_pump(h->conn);
}

void
http2_start(struct conn *c, struct env *env, uint64_t deadline)
{
	struct http2 *h = xcalloc(1, sizeof(*h));

	h->env = env;
	h->conn = c;
	h->deadline = deadline;
	TAILQ_INIT(&h->streams);
	TAILQ_INIT(&h->dead);
	h->reap_timer = loop_timer_new(env->loop, on_reap, h);
	h->next_timer = loop_timer_new(env->loop, on_next, h);
	h2_watch_init(&h->watch, loop_now());
	h->session = session_new(h);
	send_settings(h->session, &env->limits);
	conn_upgrade(c, &conn_ops, h);
}
