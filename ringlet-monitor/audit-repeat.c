/*
 * Refusals that come again and again: whoever holds a token, be it one that may
 * only look, can have as many as he likes.  The first is written as it comes.
 * The same again is counted for a minute, and then written once more with the
 * count; so a minute has one, however many there were, and none is missing.
 *
 * What is the same says the same of the same thing for the same token.
 */

#include "config.h"

#include <sys/queue.h>
#include <stdlib.h>
#include <string.h>

#include "audit-repeat.h"
#include "strlist.h"
#include "xmalloc.h"

struct seen {
	TAILQ_ENTRY(seen) link;
	struct audit_who who;
	struct strlist words; /* event, object, outcome, details */
	uint64_t written_at;
	uint64_t times; /* since then */
};

TAILQ_HEAD(seen_list, seen);

struct audit_repeat {
	audit_repeat_cb cb;
	void *arg;
	struct seen_list list; /* in the order of written_at */
	unsigned n;
};

struct audit_repeat *
audit_repeat_new(audit_repeat_cb cb, void *arg)
{
	struct audit_repeat *r = xcalloc(1, sizeof(*r));

	r->cb = cb;
	r->arg = arg;
	TAILQ_INIT(&r->list);
	return r;
}

static void
forget(struct audit_repeat *r, struct seen *s)
{
	TAILQ_REMOVE(&r->list, s, link);
	r->n--;
	strlist_clear(&s->words);
	free(s);
}

void
audit_repeat_free(struct audit_repeat *r)
{
	struct seen *s;

	if (r == NULL)
		return;
	while ((s = TAILQ_FIRST(&r->list)) != NULL)
		forget(r, s);
	free(r);
}

static void
put_words(struct strlist *words, const struct audit_saying *e)
{
	strlist_add(words, e->event);
	strlist_add(words, e->object);
	strlist_add(words, e->outcome);
	for (size_t i = 0; e->details[i] != NULL; i++)
		strlist_add(words, e->details[i]);
}

static bool
is_same(const struct seen *s, const struct audit_saying *e)
{
	char *const *w = s->words.v;
	size_t i;

	if (s->who.kind != e->who->kind ||
	    strcmp(s->who.token, e->who->token) != 0 ||
	    strcmp(w[0], e->event) != 0 || strcmp(w[1], e->object) != 0 ||
	    strcmp(w[2], e->outcome) != 0)
		return false;
	for (i = 3; i < s->words.n && e->details[i - 3] != NULL; i++)
		if (strcmp(w[i], e->details[i - 3]) != 0)
			return false;
	return i == s->words.n && e->details[i - 3] == NULL;
}

bool
audit_repeat_counts(
    struct audit_repeat *r, const struct audit_saying *e, uint64_t now)
{
	struct seen *s;

	TAILQ_FOREACH (s, &r->list, link) {
		if (!is_same(s, e))
			continue;
		/* Its time is over, and nobody has looked yet. */
		if (s->times == 0 && now - s->written_at >= AUDIT_REPEAT_MS) {
			forget(r, s);
			return false;
		}
		s->times++;
		return true;
	}
	return false;
}

/* Writes how often it came.  False: that could not be written. */
static bool
tell(struct audit_repeat *r, struct seen *s)
{
	char *const *w = s->words.v;
	const struct audit_saying e = { &s->who, w[0], w[1], w[2],
		(const char *const *)(w + 3) };

	return s->times == 0 || r->cb(r->arg, &e, s->times) == 0;
}

void
audit_repeat_written(
    struct audit_repeat *r, const struct audit_saying *e, uint64_t now)
{
	struct seen *s;

	if (r->n >= AUDIT_REPEAT_MAX) {
		s = TAILQ_FIRST(&r->list);
		if (!tell(r, s))
			return;
		forget(r, s);
	}
	s = xcalloc(1, sizeof(*s));
	s->who = *e->who;
	put_words(&s->words, e);
	s->written_at = now;
	TAILQ_INSERT_TAIL(&r->list, s, link);
	r->n++;
}

uint64_t
audit_repeat_tell(struct audit_repeat *r, uint64_t now, bool all)
{
	struct seen *s, *next;
	unsigned left = r->n;
	bool over;

	for (s = TAILQ_FIRST(&r->list); s != NULL && left > 0; s = next) {
		next = TAILQ_NEXT(s, link);
		left--;
		over = now - s->written_at >= AUDIT_REPEAT_MS;
		if (!over && !all)
			break;
		if (s->times == 0) {
			if (over)
				forget(r, s);
			continue;
		}
		/* Its next minute begins, also where the disk is full. */
		if (tell(r, s))
			s->times = 0;
		s->written_at = now;
		TAILQ_REMOVE(&r->list, s, link);
		TAILQ_INSERT_TAIL(&r->list, s, link);
	}
	s = TAILQ_FIRST(&r->list);
	if (s == NULL)
		return 0;
	return now - s->written_at < AUDIT_REPEAT_MS
		   ? s->written_at + AUDIT_REPEAT_MS - now
		   : 1;
}
