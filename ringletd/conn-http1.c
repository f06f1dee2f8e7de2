/*
 * HTTP/1.1 on a client's connection: a request is parsed, judged by its head,
 * run, and replied to; then comes the next.
 *
 * Called by conn.c with what a stranger has sent.  One request is at work at a
 * time.  Nothing of it is kept once its handler has run.
 */
#include "config.h"

#include <stdlib.h>

#include "buf.h"
#include "conn.h"
#include "err.h"
#include "log.h"
#include "loop.h"
#include "secret.h"
#include "xmalloc.h"

/* --- requests --- */

void
conn_forget_body(struct conn *c)
{
	if (c->body != NULL)
		secret_wipe(c->body, c->body_size);
	free(c->body);
	c->body = NULL;
}

/*
 * The head is there, the body is not: a request that will be refused is
 * refused now, and one that waits for 100 (Continue) gets it.  Returns
 * whether there is something to send.
 */
static bool
check_head(struct conn *c)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

	if (c->checked || c->http1.head_end == 0)
		return false;
	request_fill(&c->req, &c->carrier, &c->http1, buf_ptr(c->in));
	/* If it is refused its body stays unread: nothing can follow it. */
	c->last = true;
	c->state = CONN_WORKING;
	if (!route_check(&c->req))
		return true;
	c->state = CONN_READING;
	c->checked = true;
	if ((c->http1.flags & HTTP1_F_CONTINUE) == 0)
		return false;
	return buf_put(c->carrier.out, go_on, sizeof(go_on) - 1) == 0;
}

/* A whole request is at the front of the input. */
static void
run_request(struct conn *c)
{
	struct http1 *h = &c->http1;
	struct request *r = &c->req;

	c->first = c->checked = c->begun = false;
	c->last = (h->flags & HTTP1_F_KEEP_ALIVE) == 0;
	c->state = CONN_WORKING;
	c->deadline = 0; /* the monitor has its own */
	request_fill(&c->req, &c->carrier, &c->http1, buf_ptr(c->in));
	if ((h->flags & HTTP1_F_CHUNKED) != 0 && h->body_len > 0) {
		c->body_size = h->body_len;
		c->body = xmalloc(c->body_size);
	}
	r->body.p = (const char *)http1_body(h, buf_ptr(c->in), c->body);
	r->body.len = h->body_len;
	if (route_check(r))
		route_run(r);
	request_forget(r);
	conn_forget_body(c);
	buf_consume(c->in, h->end);
	request_begin(h, c->env);
}

bool
conn_next_request(struct conn *c)
{
	if (buf_len(c->in) == 0)
		return false;
	if (c->first && http2_preface(buf_ptr(c->in), buf_len(c->in))) {
		if (buf_len(c->in) < HTTP2_PREFACE_LEN)
			return false;
		http2_start(c, c->env, c->deadline);
		return true;
	}
	switch (http1_parse(&c->http1, buf_ptr(c->in), buf_len(c->in))) {
	case HTTP1_COMPLETE:
		run_request(c);
		return true;
	case HTTP1_BAD:
		c->state = CONN_WORKING;
		reply_bad(&c->carrier, c->http1.status, c->http1.reason);
		return true;
	case HTTP1_MORE:
		break;
	}
	return check_head(c);
}

/* --- the connection as a carrier --- */

static struct conn *
conn_of(struct carrier *via)
{
	return (struct conn *)(void *)via;
}

/*
 * The reply is whole.  It may stay here until the client reads it, so it counts
 * with those of all; but a file of the dashboard is none's, and nobody needs a
 * token for it.
 */
static void
on_reply(struct carrier *via, const struct reply *reply)
{
	struct conn *c = conn_of(via);
	bool last = c->last || reply->last, body = !reply->head;

	if (body && !reply->fixed && !limits_may_owe(c->env, reply->len)) {
		reply_error(&c->req, 503, RL_ERR_UNAVAILABLE,
		    "too many replies wait for clients to read them");
		return;
	}
	if (reply->secret)
		buf_make_secret(via->out);
	if (!reply_write(reply, via->out, last)) {
		/* The reply before this one is not taken: give up. */
		buf_reset(via->out);
		last = true;
	} else if (body && reply->fixed) {
		c->fixed = reply->body;
		c->fixed_len = reply->len;
	}
	if (c->state != CONN_WORKING)
		return;
	limits_owe(c->env, &c->owed, buf_len(via->out));
	c->state = last ? CONN_CLOSING : CONN_READING;
	c->deadline = loop_now() + c->env->limits.write_ms;
	conn_pump(c);
}

static void
on_trust(struct carrier *via, const uint8_t digest[TOKEN_DIGEST])
{
	conn_trust(conn_of(via), digest);
}

static bool
on_trusted(const struct carrier *via)
{
	return conn_is_trusted((const struct conn *)(const void *)via);
}

static void
on_distrust(struct carrier *via)
{
	struct conn *c = conn_of(via);

	if (conn_distrust(c))
		c->last = true;
}

static void
on_upgrade(struct carrier *via, const struct request *r,
    const struct conn_ops *ops, void *arg)
{
	reply_switch(r, via->out);
	conn_upgrade(conn_of(via), ops, arg);
}

/*
 * The body ends with the connection: nothing can follow.  It is in chunks all
 * the same, so that a client sees whether it was cut amid one.
 */
static void
on_stream(struct carrier *via, struct reply *reply, const struct conn_ops *ops,
    void *arg)
{
	struct conn *c = conn_of(via);

	via->chunked = !c->req.http10;
	if (via->chunked)
		reply_field(reply, "Transfer-Encoding", "chunked");
	conn_listens(c);
	if (!reply_write(reply, via->out, true))
		fatal("a stream's head finds no room");
	conn_upgrade(c, ops, arg);
}

static void
on_pump(struct carrier *via)
{
	conn_pump(conn_of(via));
}

static void
on_pause(struct carrier *via, bool paused)
{
	conn_pause(conn_of(via), paused);
}

static void
on_finish(struct carrier *via)
{
	conn_finish(conn_of(via));
}

const struct carrier_ops conn_http1_ops = {
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
