/*
 * GET /api/events: events as a reply without end.  Who is told what is decided
 * in events.c; what an event looks like, in sse.c.
 *
 * The client has said all when it has asked: what it still sends is dropped.
 * So that an end which nobody told us of is noticed, something is said from
 * time to time; one that takes nothing for as long as a WebSocket may be silent
 * is given up, and so is one whose machine does not say that it has got it
 * (conn_listens(); HTTP/2 asks for an answer).
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "events.h"
#include "json.h"
#include "log.h"
#include "loop.h"
#include "msgdef.h"
#include "ringletd.h"
#include "sse.h"
#include "xmalloc.h"

#define EVENT_MAX (64 * 1024) /* bytes of one, as it is sent */

/* In a query, a comma behind each but the last. */
#define QUERY_LEN (TOPICS_MAX * (TOPIC_LEN + 1))

struct client {
	struct carrier *via;
	struct subscriber *sub;
	uint64_t said_at; /* loop_now() when something was last put ... */
	uint64_t took_at; /* ... and when the client last took all of it */
	bool closing;
};

const struct route_query events_query[] = {
	{ "topics", "string", false,
	    "types of events, with commas between them; session.* for all "
	    "that begin so" },
	{ NULL, NULL, false, NULL },
};

/* --- topics --- */

/*
 * Cuts text at its commas; list has room for one more than TOPICS_MAX, and a
 * NULL.
 */
static void
split(char *text, char *list[TOPICS_MAX + 2])
{
	size_t n = 0;
	char *comma;

	while (text != NULL && n <= TOPICS_MAX) {
		if ((comma = strchr(text, ',')) != NULL)
			*comma++ = '\0';
		list[n++] = text;
		text = comma;
	}
	list[n] = NULL;
}

/* --- what is told --- */

static void
give_up(struct client *c)
{
	c->closing = true;
	c->via->ops->finish(c->via);
}

/* Puts what is in b. */
static void
put(struct client *c, struct buf *b)
{
	c->said_at = loop_now();
	if (buf_len(c->via->out) == 0)
		c->took_at = c->said_at;
	if (!carrier_put(c->via, buf_ptr(b), buf_len(b)))
		give_up(c);
}

static void
put_text(struct client *c, uint64_t id, const char *type, json_t *data)
{
	struct buf *b = buf_new(EVENT_MAX);
	char *text = json_dumps(data, JSON_COMPACT);

	if (text == NULL || sse_event(b, id, type, text) != 0)
		log_error("event %s cannot be formatted", type);
	else
		put(c, b);
	body_free(text);
	buf_free(b);
}

static void
put_comment(struct client *c, const char *text)
{
	struct buf *b = buf_new(EVENT_MAX);

	if (sse_comment(b, text) == 0)
		put(c, b);
	buf_free(b);
}

static bool
is_closing(const void *arg)
{
	const struct client *c = arg;

	return c->closing;
}

static size_t
backlog(const void *arg)
{
	const struct client *c = arg;

	return buf_len(c->via->out);
}

static void
put_event(void *arg, uint64_t number, const char *type, json_t *data)
{
	put_text(arg, number, type, data);
}

/* It is no event of its own, and has no number. */
static void
put_dropped(void *arg, uint64_t count)
{
	json_t *data = json_pack("{s:I}", "count", (json_int_t)count);

	put_text(arg, 0, "dropped", data);
	json_decref(data);
}

static void
pump(void *arg)
{
	struct client *c = arg;

	c->via->ops->pump(c->via);
}

static const struct subscriber_ops subscriber_ops = {
	.closing = is_closing,
	.backlog = backlog,
	.event = put_event,
	.dropped = put_dropped,
	.pump = pump,
};

/* --- the carrier's callbacks --- */

/* Nothing that it says has a meaning any more. */
static void
on_input(void *arg, const uint8_t *p, size_t len)
{
	(void)arg;
	(void)p;
	(void)len;
}

static bool
on_output(void *arg)
{
	struct client *c = arg;

	c->took_at = loop_now();
	return !c->closing && subscriber_output(c->sub);
}

static void
on_tick(void *arg, uint64_t silent_ms)
{
	struct client *c = arg;
	uint64_t now = loop_now(), ping = c->via->env->limits.ping_ms;

	(void)silent_ms;
	if (c->closing)
		return;
	if (buf_len(c->via->out) > 0) {
		if (now - c->took_at > WS_DEAD_PINGS * ping)
			give_up(c);
		return;
	}
	if (now - c->said_at < ping)
		return;
	put_comment(c, "ping");
	c->via->ops->pump(c->via);
}

static void
on_free(void *arg)
{
	struct client *c = arg;

	subscriber_free(c->sub);
	free(c);
}

static const struct conn_ops conn_ops = {
	.input = on_input,
	.output = on_output,
	.tick = on_tick,
	.free = on_free,
};

/* --- the route --- */

/* The token is good. */
static void
on_welcome(struct request *r, struct msg *m)
{
	struct client *c;
	char *list[TOPICS_MAX + 2], *text = request_kept(r);

	(void)m;
	if (r->head) {
		free(text);
		reply_stream_head(r, SSE_TYPE);
		return;
	}
	c = xcalloc(1, sizeof(*c));
	c->via = r->via;
	c->said_at = c->took_at = loop_now();
	c->sub = subscriber_new(r, &subscriber_ops, c);
	if (c->sub == NULL) {
		free(text);
		free(c);
		return;
	}
	if (text != NULL) {
		split(text, list);
		subscriber_choose(c->sub, list, true);
	}
	free(text);
	reply_stream(r, SSE_TYPE, &conn_ops, c);
	/* From here on nothing is missed. */
	put_comment(c, "listening");
	pump(c);
}

/* Takes the query apart; topics has room for QUERY_LEN + 1 bytes. */
static bool
get_topics(const struct request *r, char *topics, char *why, size_t size)
{
	char *list[TOPICS_MAX + 2], *copy;
	bool good;

	if (!request_query_text(r, topics, QUERY_LEN + 1, why, size))
		return false;
	if (r->query.len == 0)
		return true;
	(void)strlcpy(why, "topics: ", size);
	copy = xstrdup(topics);
	split(copy, list);
	good =
	    subscriber_may(NULL, list, why + strlen(why), size - strlen(why));
	free(copy);
	return good;
}

void
api_events(struct request *r)
{
	struct msg_token_only m = { request_token_bin(r) };
	char topics[QUERY_LEN + 1], why[200];

	if (!get_topics(r, topics, why, sizeof(why))) {
		reply_error(r, 400, RL_ERR_INVALID, "the query: %s", why);
		return;
	}
	if (r->query.len > 0)
		request_keep(r, topics);
	request_call(r, MSG_AUTH_CHECK, &m, on_welcome);
}
