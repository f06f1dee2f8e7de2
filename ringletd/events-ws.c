/*
 * GET /ws: events over a WebSocket, whose client may change what it is
 * subscribed to as it goes.  Who is told what is decided in events.c.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "events.h"
#include "json.h"
#include "msgdef.h"
#include "ringletd.h"
#include "xmalloc.h"

struct client {
	struct ws *ws;
	struct subscriber *sub;
};

/* --- what the client says --- */

struct text {
	char *type;
	char **topics;
};

static const struct json_member topic_members[] = {
	{ "type", JK_STRING, offsetof(struct text, type), 32, 0, 0,
	    JSONF_REQUIRED, NULL },
	{ "topics", JK_STRINGS, offsetof(struct text, topics), TOPICS_MAX, 0, 0,
	    JSONF_REQUIRED, NULL },
};

static const struct json_member ping_members[] = {
	{ "type", JK_STRING, offsetof(struct text, type), 32, 0, 0,
	    JSONF_REQUIRED, NULL },
};

static void
tell_error(struct client *c, const char *why)
{
	ws_send_json(
	    c->ws, json_pack("{s:s, s:s}", "type", "error", "message", why));
}

static void
subscribe(struct client *c, char *const *topics, bool on)
{
	char why[160], text[200];

	if (on && !subscriber_may(c->sub, topics, why, sizeof(why))) {
		(void)snprintf(text, sizeof(text), "member 'topics': %s", why);
		tell_error(c, text);
		return;
	}
	subscriber_choose(c->sub, topics, on);
	ws_send_json(c->ws, json_pack("{s:s, s:o}", "type", "subscribed",
				"topics", subscriber_topics(c->sub)));
}

static void
on_topics(struct client *c, const json_t *obj, bool on)
{
	char *const none[] = { NULL };
	struct text t = { NULL, NULL };
	char why[200];

	if (json_get_members(obj, topic_members, NELEM(topic_members), &t, why,
		sizeof(why)) != 0)
		tell_error(c, why);
	else
		subscribe(c, t.topics != NULL ? t.topics : none, on);
	json_free_members(topic_members, NELEM(topic_members), &t);
}

static void
on_ping(struct client *c, const json_t *obj)
{
	struct text t = { NULL, NULL };
	char why[200];

	if (json_get_members(obj, ping_members, NELEM(ping_members), &t, why,
		sizeof(why)) != 0)
		tell_error(c, why);
	else
		ws_send_json(c->ws, json_pack("{s:s}", "type", "pong"));
	json_free_members(ping_members, NELEM(ping_members), &t);
}

static void
on_text(void *arg, const char *p, size_t len)
{
	struct client *c = arg;
	const char *type;
	char why[200];
	json_t *obj;

	if ((obj = json_parse_object(p, len, why, sizeof(why))) == NULL) {
		tell_error(c, why);
		return;
	}
	type = json_string_value(json_object_get(obj, "type"));
	if (type == NULL)
		tell_error(c, "member 'type' is not a string");
	else if (strcmp(type, "subscribe") == 0)
		on_topics(c, obj, true);
	else if (strcmp(type, "unsubscribe") == 0)
		on_topics(c, obj, false);
	else if (strcmp(type, "ping") == 0)
		on_ping(c, obj);
	else
		tell_error(
		    c, "member 'type' must be subscribe, unsubscribe or ping");
	json_decref(obj);
}

static void
on_binary(void *arg, const uint8_t *p, size_t len)
{
	struct client *c = arg;

	(void)p;
	(void)len;
	ws_close(c->ws, WS_CLOSE_UNSUPPORTED, "this WebSocket is for text");
}

/* --- what it is told --- */

static bool
is_closing(const void *arg)
{
	const struct client *c = arg;

	return ws_is_closing(c->ws);
}

static size_t
backlog(const void *arg)
{
	const struct client *c = arg;

	return ws_backlog(c->ws);
}

static void
put_event(void *arg, uint64_t number, const char *type, json_t *data)
{
	struct client *c = arg;

	(void)number;
	ws_send_json(c->ws, json_pack("{s:s, s:{s:s, s:O}}", "type", "event",
				"event", "type", type, "data", data));
}

static void
put_dropped(void *arg, uint64_t count)
{
	struct client *c = arg;

	ws_send_json(c->ws, json_pack("{s:s, s:I}", "type", "dropped", "count",
				(json_int_t)count));
}

static void
pump(void *arg)
{
	struct client *c = arg;

	ws_pump(c->ws);
}

static const struct subscriber_ops subscriber_ops = {
	.closing = is_closing,
	.backlog = backlog,
	.event = put_event,
	.dropped = put_dropped,
	.pump = pump,
};

/* --- life --- */

static bool
on_output(void *arg)
{
	struct client *c = arg;

	return subscriber_output(c->sub);
}

static void
on_free(void *arg)
{
	struct client *c = arg;

	subscriber_free(c->sub);
	free(c);
}

static const struct ws_ops ws_ops = {
	.binary = on_binary,
	.text = on_text,
	.output = on_output,
	.free = on_free,
};

/* The token is good. */
static void
on_welcome(struct request *r, struct msg *m)
{
	struct client *c = xcalloc(1, sizeof(*c));

	(void)m;
	c->sub = subscriber_new(r, &subscriber_ops, c);
	if (c->sub == NULL) {
		free(c);
		return;
	}
	c->ws = ws_new(r, &ws_ops, c);
	ws_start(c->ws, r);
}

void
api_events_ws(struct request *r)
{
	struct msg_token_only m = { request_token_bin(r) };

	request_call(r, MSG_AUTH_CHECK, &m, on_welcome);
}
