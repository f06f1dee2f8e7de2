/*
 * Who wants to be told what happens in the daemon, and what each is told.
 *
 * The monitor says each event once; here it goes to every client that wants
 * its type, however it listens.  A client that does not read as fast as things
 * happen misses some, and is told how many: what is kept for it is bounded, and
 * nobody waits for it.  Events say what has changed and hold no secret; who
 * wants to know how things are asks the other routes.
 */
#include "config.h"

#include <sys/queue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "events.h"
#include "log.h"
#include "ringletd.h"
#include "xmalloc.h"

#define BACKLOG_MAX (64 * 1024) /* bytes that a client has not taken */

struct subscriber {
	struct env *env;
	const struct subscriber_ops *ops;
	void *arg;
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

bool
subscriber_may(
    const struct subscriber *s, char *const *topics, char *why, size_t size)
{
	size_t i, n = s != NULL ? s->ntopics : 0;

	for (i = 0; topics[i] != NULL; i++) {
		if (strlen(topics[i]) > TOPIC_LEN || !topic_ok(topics[i])) {
			(void)snprintf(why, size,
			    "element %zu is no type of events, nor one's "
			    "beginning with .*, nor *",
			    i);
			return false;
		}
		if (s == NULL || find_topic(s, topics[i]) == s->ntopics)
			n++;
	}
	if (n > TOPICS_MAX)
		(void)snprintf(why, size, "more than %d topics", TOPICS_MAX);
	return n <= TOPICS_MAX;
}

void
subscriber_choose(struct subscriber *s, char *const *topics, bool on)
{
	size_t i, at;

	s->chosen = true;
	for (i = 0; topics[i] != NULL; i++) {
		at = find_topic(s, topics[i]);
		if (on && at == s->ntopics && at < TOPICS_MAX)
			s->topics[s->ntopics++] = xstrdup(topics[i]);
		else if (!on && at < s->ntopics)
			drop_topic(s, at);
	}
}

json_t *
subscriber_topics(const struct subscriber *s)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < s->ntopics; i++)
		json_array_append_new(list, json_string(s->topics[i]));
	return list;
}

/* --- what they are told --- */

bool
subscriber_output(struct subscriber *s)
{
	uint64_t count = s->dropped;

	s->dropped = 0;
	if (count > 0)
		s->ops->dropped(s->arg, count);
	return count > 0;
}

static void
tell(struct subscriber *s, const char *type, json_t *data)
{
	if (s->ops->closing(s->arg) || !wants(s, type))
		return;
	if (s->dropped > 0 || s->ops->backlog(s->arg) > BACKLOG_MAX) {
		s->dropped++;
		return;
	}
	s->ops->event(s->arg, s->env->nevents, type, data);
	s->ops->pump(s->arg);
}

void
events_tell(struct env *env, const char *type, const char *data)
{
	struct subscriber *s, *next;
	json_t *obj = json_loads(data, JSON_REJECT_DUPLICATES, NULL);

	env->nevents++;
	if (obj == NULL) {
		log_error("event %s: its data is no JSON", type);
		return;
	}
	for (s = TAILQ_FIRST(&env->subscribers); s != NULL; s = next) {
		next = TAILQ_NEXT(s, link);
		tell(s, type, obj);
	}
	json_decref(obj);
}

/* --- life --- */

struct subscriber *
subscriber_new(
    struct request *r, const struct subscriber_ops *ops, void *arg)
{
	struct env *env = r->env;
	struct subscriber *s;

	if (env->nsubscribers >= SUBSCRIBERS_MAX) {
		reply_error(
		    r, 429, RL_ERR_LIMIT, "too many clients listen to events");
		return NULL;
	}
	s = xcalloc(1, sizeof(*s));
	s->env = env;
	s->ops = ops;
	s->arg = arg;
	TAILQ_INSERT_TAIL(&env->subscribers, s, link);
	env->nsubscribers++;
	return s;
}

void
subscriber_free(struct subscriber *s)
{
	if (s == NULL)
		return;
	TAILQ_REMOVE(&s->env->subscribers, s, link);
	s->env->nsubscribers--;
	while (s->ntopics > 0)
		drop_topic(s, 0);
	free(s);
}
