/*
 * GET /ws: what happens in the daemon, told to whoever has subscribed.
 *
 * The monitor says each event once; here it goes to every client that wants
 * its type.  A client that does not read as fast as things happen misses some,
 * and is told how many: what is kept for it is bounded, and nobody waits for
 * it.  Events say what has changed and hold no secret; who wants to know how
 * things are asks the other routes.
 */
#include "config.h"

#include <sys/queue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "json.h"
#include "msgdef.h"
#include "ringletd.h"
#include "xmalloc.h"

#define BACKLOG_MAX (64 * 1024) /* bytes that a client has not taken */
#define TOPICS_MAX  32		/* that it may subscribe to */
#define TOPIC_LEN   64		/* bytes of one */

struct subscriber {
	struct env *env;
	struct ws *ws;
	char *topics[TOPICS_MAX];
	size_t ntopics;
	bool chosen; /* it has said what it wants; until then: everything */
	uint64_t dropped; /* events since it last took what it had */
	TAILQ_ENTRY(subscriber) link;
};

/* --- topics --- */

/*
 * "session.started", "session.*" or "*": a type, or the beginning of one up to
 * a dot and a star.
 */
static bool
topic_ok(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz_.");

	if (strcmp(s, "*") == 0)
		return true;
	if (n == 0 || s[0] == '.')
		return false;
	return s[n] == '\0' ? s[n - 1] != '.'
			    : strcmp(s + n, "*") == 0 && s[n - 1] == '.';
}

static bool
topic_covers(const char *topic, const char *type)
{
	size_t n = strlen(topic);

	if (topic[n - 1] == '*')
		return strncmp(topic, type, n - 1) == 0;
	return strcmp(topic, type) == 0;
}

static bool
wants(const struct subscriber *s, const char *type)
{
	size_t i;

	for (i = 0; i < s->ntopics; i++)
		if (topic_covers(s->topics[i], type))
			return true;
	return !s->chosen;
}

static size_t
find_topic(const struct subscriber *s, const char *topic)
{
	size_t i;

	for (i = 0; i < s->ntopics; i++)
		if (strcmp(s->topics[i], topic) == 0)
			break;
	return i;
}

static void
drop_topic(struct subscriber *s, size_t i)
{
	free(s->topics[i]);
	s->topics[i] = s->topics[--s->ntopics];
}

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
tell_error(struct subscriber *s, const char *why)
{
	ws_send_json(s->ws,
	    json_pack("{s:s, s:s}", "type", "error", "message", why));
}

static void
tell_topics(struct subscriber *s)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < s->ntopics; i++)
		json_array_append_new(list, json_string(s->topics[i]));
	ws_send_json(s->ws,
	    json_pack("{s:s, s:o}", "type", "subscribed", "topics", list));
}

/* Whether all of them can be subscribed to besides what there is. */
static bool
topics_ok(const struct subscriber *s, char *const *topics, char *why,
    size_t size)
{
	size_t i, n = s->ntopics;

	for (i = 0; topics[i] != NULL; i++) {
		if (strlen(topics[i]) > TOPIC_LEN || !topic_ok(topics[i])) {
			(void)snprintf(why, size,
			    "member 'topics': element %zu is no type of "
			    "events, nor one's beginning with .*, nor *",
			    i);
			return false;
		}
		if (find_topic(s, topics[i]) == s->ntopics)
			n++;
	}
	if (n > TOPICS_MAX)
		(void)snprintf(why, size,
		    "member 'topics': more than %d topics", TOPICS_MAX);
	return n <= TOPICS_MAX;
}

static void
subscribe(struct subscriber *s, char *const *topics, bool on)
{
	size_t i, at;

	s->chosen = true;
	for (i = 0; topics[i] != NULL; i++) {
		at = find_topic(s, topics[i]);
		if (on && at == s->ntopics)
			s->topics[s->ntopics++] = xstrdup(topics[i]);
		else if (!on && at < s->ntopics)
			drop_topic(s, at);
	}
	tell_topics(s);
}

static void
on_topics(struct subscriber *s, const json_t *obj, bool on)
{
	char *const none[] = { NULL };
	struct text t = { NULL, NULL };
	char *const *topics;
	char why[200];

	if (json_get_members(obj, topic_members, NELEM(topic_members), &t, why,
		sizeof(why)) != 0)
		tell_error(s, why);
	else {
		topics = t.topics != NULL ? t.topics : none;
		if (!on || topics_ok(s, topics, why, sizeof(why)))
			subscribe(s, topics, on);
		else
			tell_error(s, why);
	}
	json_free_members(topic_members, NELEM(topic_members), &t);
}

static void
on_ping(struct subscriber *s, const json_t *obj)
{
	struct text t = { NULL, NULL };
	char why[200];

	if (json_get_members(obj, ping_members, NELEM(ping_members), &t, why,
		sizeof(why)) != 0)
		tell_error(s, why);
	else
		ws_send_json(s->ws, json_pack("{s:s}", "type", "pong"));
	json_free_members(ping_members, NELEM(ping_members), &t);
}

static void
on_text(void *arg, const char *p, size_t len)
{
	struct subscriber *s = arg;
	const char *type;
	char why[200];
	json_t *obj;

	if ((obj = json_parse_object(p, len, why, sizeof(why))) == NULL) {
		tell_error(s, why);
		return;
	}
	type = json_string_value(json_object_get(obj, "type"));
	if (type == NULL)
		tell_error(s, "member 'type' is not a string");
	else if (strcmp(type, "subscribe") == 0)
		on_topics(s, obj, true);
	else if (strcmp(type, "unsubscribe") == 0)
		on_topics(s, obj, false);
	else if (strcmp(type, "ping") == 0)
		on_ping(s, obj);
	else
		tell_error(s,
		    "member 'type' must be subscribe, unsubscribe or ping");
	json_decref(obj);
}

static void
on_binary(void *arg, const uint8_t *p, size_t len)
{
	struct subscriber *s = arg;

	(void)p;
	(void)len;
	ws_close(s->ws, WS_CLOSE_UNSUPPORTED, "this WebSocket is for text");
}

/* --- what it is told --- */

/* It has taken all that there was. */
static bool
on_output(void *arg)
{
	struct subscriber *s = arg;

	if (s->dropped == 0)
		return false;
	ws_send_json(s->ws,
	    json_pack("{s:s, s:I}", "type", "dropped", "count",
		(json_int_t)s->dropped));
	s->dropped = 0;
	return true;
}

void
events_tell(struct env *env, const char *type, const char *data)
{
	struct subscriber *s, *next;

	for (s = TAILQ_FIRST(&env->subscribers); s != NULL; s = next) {
		next = TAILQ_NEXT(s, link);
		if (ws_is_closing(s->ws) || !wants(s, type))
			continue;
		if (s->dropped > 0 || ws_backlog(s->ws) > BACKLOG_MAX) {
			s->dropped++;
			continue;
		}
		ws_send_json(s->ws,
		    json_pack("{s:s, s:{s:s, s:o}}", "type", "event", "event",
			"type", type, "data",
			json_loads(data, JSON_REJECT_DUPLICATES, NULL)));
		ws_pump(s->ws);
	}
}

/* --- life --- */

static void
on_free(void *arg)
{
	struct subscriber *s = arg;

	TAILQ_REMOVE(&s->env->subscribers, s, link);
	while (s->ntopics > 0)
		drop_topic(s, 0);
	free(s);
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
	struct subscriber *s = xcalloc(1, sizeof(*s));

	(void)m;
	s->env = r->env;
	TAILQ_INSERT_TAIL(&s->env->subscribers, s, link);
	s->ws = ws_new(r, &ws_ops, s);
	ws_start(s->ws, r);
}

void
api_events(struct request *r)
{
	struct msg_token_only m = { request_token_bin(r) };

	request_call(r, MSG_AUTH_CHECK, &m, on_welcome);
}
