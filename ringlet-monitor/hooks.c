/*
 * hooks.c: the hooks in a profile's file.  Read as strictly as the rest of it:
 * a hook that is not understood is an error, never left out in silence, for it
 * may be a guard.
 */

#include "config.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "hooks.h"
#include "json.h"
#include "xmalloc.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

#define STR(f, max)                                                            \
	{                                                                      \
#f, JK_STRING, offsetof(struct hook, f), max, 0, 0,            \
		    JSONF_REQUIRED, NULL                                       \
	}
#define INT(f, lo, hi)                                                         \
	{                                                                      \
#f, JK_INT, offsetof(struct hook, f), 0, lo, hi,               \
		    JSONF_REQUIRED, NULL                                       \
	}
#define ASTR(f, max)                                                           \
	{                                                                      \
#f, JK_STRING, offsetof(struct hook_approval, f), max, 0, 0,   \
		    JSONF_REQUIRED, NULL                                       \
	}
#define AINT(f, lo, hi)                                                        \
	{                                                                      \
#f, JK_INT, offsetof(struct hook_approval, f), 0, lo, hi,      \
		    JSONF_REQUIRED, NULL                                       \
	}

static const struct json_member approval_members[] = {
	ASTR(event, HOOK_EVENT_MAX),
	ASTR(matcher, HOOK_MATCHER_MAX),
	ASTR(command, HOOK_COMMAND_MAX),
	AINT(timeout, 1, HOOK_TIMEOUT_MAX),
	ASTR(hash, HOOK_HASH_LEN),
	AINT(at, 0, LLONG_MAX),
};
static const struct json_table approval = { approval_members,
	NELEM(approval_members) };

static const struct json_member members[] = {
	STR(event, HOOK_EVENT_MAX),
	STR(matcher, HOOK_MATCHER_MAX),
	STR(command, HOOK_COMMAND_MAX),
	INT(timeout, 1, HOOK_TIMEOUT_MAX),
	INT(added_at, 0, LLONG_MAX),
	STR(added_by, 2 * 128),
	{ "approved", JK_OBJECT, offsetof(struct hook, approved), 0, 0, 0, 0,
	    &approval },
};

struct msg_hook_text
hook_text(const struct hook *h)
{
	return (struct msg_hook_text){ h->event, h->matcher, h->command,
		(uint64_t)h->timeout };
}

static struct msg_hook_text
approved_text(const struct hook_approval *a)
{
	return (struct msg_hook_text){ a->event, a->matcher, a->command,
		(uint64_t)a->timeout };
}

bool
hook_is_approved(const struct hook *h)
{
	const struct msg_hook_text text = hook_text(h);
	char hash[HOOK_HASH_LEN + 1];

	if (h->approved.hash == NULL)
		return false;
	hook_hash(&text, hash);
	return strcmp(hash, h->approved.hash) == 0;
}

struct hook *
hooks_at(const struct hooks *hs, const char *event, uint64_t index)
{
	for (size_t i = 0; i < hs->n; i++)
		if (strcmp(hs->v[i].event, event) == 0 && index-- == 0)
			return &hs->v[i];
	return NULL;
}

uint64_t
hooks_index(const struct hooks *hs, size_t at)
{
	uint64_t n = 0;

	for (size_t i = 0; i < at; i++)
		n += strcmp(hs->v[i].event, hs->v[at].event) == 0;
	return n;
}

static void
approval_clear(struct hook_approval *a)
{
	free(a->event);
	free(a->matcher);
	free(a->command);
	free(a->hash);
	memset(a, 0, sizeof(*a));
}

static void
hook_clear(struct hook *h)
{
	free(h->event);
	free(h->matcher);
	free(h->command);
	free(h->added_by);
	approval_clear(&h->approved);
	memset(h, 0, sizeof(*h));
}

void
hooks_clear(struct hooks *hs)
{
	for (size_t i = 0; i < hs->n; i++)
		hook_clear(&hs->v[i]);
	free(hs->v);
	hs->v = NULL;
	hs->n = 0;
}

/* Whether the same is there already, but for the one that is to go. */
static bool
is_there(const struct hooks *hs, const struct msg_hook_text *t,
    const struct hook *but)
{
	char hash[HOOK_HASH_LEN + 1], other[HOOK_HASH_LEN + 1];
	struct msg_hook_text text;

	hook_hash(t, hash);
	for (size_t i = 0; i < hs->n; i++) {
		text = hook_text(&hs->v[i]);
		hook_hash(&text, other);
		if (&hs->v[i] != but && strcmp(hash, other) == 0)
			return true;
	}
	return false;
}

int
hooks_add(struct hooks *hs, const struct msg_hook_text *t, int64_t index,
    long long now, const char *by, size_t *out, char *why, size_t size)
{
	struct hook *h = NULL, kept;
	int r;

	if ((r = hook_check(t, why, size)) != 0)
		return r;
	if (index >= 0 &&
	    (h = hooks_at(hs, t->event, (uint64_t)index)) == NULL) {
		snprintf(why, size, "there is no hook %s %lld", t->event,
		    (long long)index);
		return RL_ERR_NOTFOUND;
	}
	if (is_there(hs, t, h)) {
		snprintf(why, size, "the same hook of %s is there already",
		    t->event);
		return RL_ERR_EXISTS;
	}
	if (h == NULL && hs->n >= HOOKS_MAX) {
		snprintf(why, size, "a profile may have %d hooks", HOOKS_MAX);
		return RL_ERR_LIMIT;
	}
	if (h == NULL) {
		hs->v = xreallocarray(hs->v, hs->n + 1, sizeof(*hs->v));
		h = &hs->v[hs->n++];
		memset(h, 0, sizeof(*h));
	}
	kept = *h;
	memset(&kept.approved, 0, sizeof(kept.approved));
	h->event = xstrdup(t->event);
	h->matcher = xstrdup(t->matcher);
	h->command = xstrdup(t->command);
	h->timeout = (long long)t->timeout;
	h->added_at = now;
	h->added_by = xstrdup(by);
	hook_clear(&kept);
	if (out != NULL)
		*out = (size_t)(h - hs->v);
	return 0;
}

int
hooks_remove(struct hooks *hs, const char *event, uint64_t index)
{
	struct hook *h = hooks_at(hs, event, index);
	size_t at;

	if (h == NULL)
		return RL_ERR_NOTFOUND;
	at = (size_t)(h - hs->v);
	hook_clear(h);
	memmove(h, h + 1, (hs->n - at - 1) * sizeof(*h));
	hs->n--;
	return 0;
}

int
hooks_approve(struct hooks *hs, const char *event, uint64_t index,
    const char *hash, long long now)
{
	struct hook *h = hooks_at(hs, event, index);
	struct msg_hook_text text;
	char own[HOOK_HASH_LEN + 1];

	if (h == NULL)
		return RL_ERR_NOTFOUND;
	text = hook_text(h);
	hook_hash(&text, own);
	if (strcmp(own, hash) != 0)
		return RL_ERR_STATE;
	approval_clear(&h->approved);
	h->approved.event = xstrdup(h->event);
	h->approved.matcher = xstrdup(h->matcher);
	h->approved.command = xstrdup(h->command);
	h->approved.timeout = h->timeout;
	h->approved.hash = xstrdup(own);
	h->approved.at = now;
	return 0;
}

/* --- the file --- */

/* All text was checked as UTF-8. */
json_t *
hooks_json(const struct hooks *hs)
{
	json_t *a = json_must(json_array()), *o;

	for (size_t i = 0; i < hs->n; i++) {
		const struct hook *h = &hs->v[i];
		const struct hook_approval *p = &h->approved;

		o = json_must(json_pack("{s:s, s:s, s:s, s:I, s:I, s:s}", "event",
		    h->event, "matcher", h->matcher, "command", h->command,
		    "timeout", (json_int_t)h->timeout, "added_at",
		    (json_int_t)h->added_at, "added_by", h->added_by));
		json_object_set_new(o, "approved",
		    p->hash == NULL
			? json_must(json_null())
			: json_must(json_pack("{s:s, s:s, s:s, s:I, s:s, s:I}",
			      "event", p->event, "matcher", p->matcher,
			      "command", p->command, "timeout",
			      (json_int_t)p->timeout, "hash", p->hash, "at",
			      (json_int_t)p->at)));
		json_array_append_new(a, o);
	}
	return a;
}

static int __attribute__((__format__(printf, 4, 5)))
wrong(char *why, size_t size, size_t i, const char *fmt, ...)
{
	char what[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	(void)snprintf(why, size, "hooks[%zu]: %s", i, what);
	return RL_ERR_INVALID;
}

/* One element, which becomes the last of out. */
static int
take_one(json_t *obj, size_t i, struct hooks *out, char *why, size_t size)
{
	struct hook *h = &out->v[out->n];
	char reason[512], hash[HOOK_HASH_LEN + 1];
	struct msg_hook_text text;

	if (!json_is_object(obj))
		return wrong(why, size, i, "is not an object");
	/* Nothing was approved. */
	if (json_is_null(json_object_get(obj, "approved")))
		json_object_del(obj, "approved");
	out->n++;
	if (json_get_members(
		obj, members, NELEM(members), h, reason, sizeof(reason)) != 0)
		return wrong(why, size, i, "%s", reason);
	text = hook_text(h);
	if (hook_check(&text, reason, sizeof(reason)) != 0)
		return wrong(why, size, i, "%s", reason);
	if (is_there(out, &text, h))
		return wrong(why, size, i, "comes twice");
	if (h->approved.hash == NULL)
		return 0;
	text = approved_text(&h->approved);
	hook_hash(&text, hash);
	if (strcmp(hash, h->approved.hash) != 0)
		return wrong(why, size, i,
		    "member 'approved.hash' is not that "
		    "of the text beside it");
	return 0;
}

int
hooks_take(json_t *obj, struct hooks *out, char *why, size_t size)
{
	json_t *a = json_object_get(obj, "hooks");
	int r = 0;

	out->v = NULL;
	out->n = 0;
	if (a == NULL)
		return 0;
	if (!json_is_array(a) || json_array_size(a) > HOOKS_MAX) {
		snprintf(why, size, "hooks: must be an array of at most %d",
		    HOOKS_MAX);
		return RL_ERR_INVALID;
	}
	out->v = xcalloc(json_array_size(a) + 1, sizeof(*out->v));
	for (size_t i = 0; r == 0 && i < json_array_size(a); i++)
		r = take_one(json_array_get(a, i), i, out, why, size);
	json_object_del(obj, "hooks");
	return r;
}
