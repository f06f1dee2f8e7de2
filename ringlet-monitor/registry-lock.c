/*
 * registry.lock: which version is used, what else is kept, and how far each
 * channel had come.  That last is what an old version, validly signed, is
 * refused by.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "json.h"
#include "paths.h"
#include "registry-store.h"
#include "valid.h"
#include "xmalloc.h"

#define NELEM(a)      (sizeof(a) / sizeof((a)[0]))
#define LOCK_FILE_MAX (64 * 1024)
#define SCHEMA	      1
#define URL_MAX	      4096

/* --- text --- */

struct head {
	long long schema;
	char *pin;
	char *url;
};

#define TEXT(s, f, max)                                                        \
	{                                                                      \
#f, JK_STRING, offsetof(struct s, f), max, 0, 0,               \
		    JSONF_REQUIRED, NULL                                       \
	}
#define NUMBER(s, f, min, max)                                                 \
	{                                                                      \
#f, JK_INT, offsetof(struct s, f), 0, min, max,                \
		    JSONF_REQUIRED, NULL                                       \
	}

static const struct json_member head_members[] = {
	NUMBER(head, schema, SCHEMA, SCHEMA),
	TEXT(head, pin, REGISTRY_REF_MAX),
	TEXT(head, url, URL_MAX),
};
static const struct json_member version_members[] = {
	TEXT(registry_version, folder, REGISTRY_FOLDER_MAX),
	TEXT(registry_version, id, REGISTRY_ID_MAX - 1),
	TEXT(registry_version, name, ALIAS_MAX),
	TEXT(registry_version, version, ALIAS_MAX),
	TEXT(registry_version, channel, ALIAS_MAX),
	TEXT(registry_version, sha256, 2 * REGISTRY_SHA256),
	TEXT(registry_version, key, MINISIGN_ID_TEXT - 1),
	NUMBER(registry_version, serial, 1, REGISTRY_SERIAL_MAX),
	NUMBER(registry_version, installed_at, 0, INT64_MAX),
};
static const struct json_member mark_members[] = {
	TEXT(registry_mark, name, ALIAS_MAX),
	TEXT(registry_mark, channel, ALIAS_MAX),
	TEXT(registry_mark, sha256, 2 * REGISTRY_SHA256),
	NUMBER(registry_mark, serial, 1, REGISTRY_SERIAL_MAX),
};

static void
version_free(struct registry_version *v)
{
	json_free_members(version_members, NELEM(version_members), v);
}

static void
mark_free(struct registry_mark *m)
{
	json_free_members(mark_members, NELEM(mark_members), m);
}

void
registry_lock_free(struct registry_lock *l)
{
	free(l->pin);
	free(l->url);
	for (size_t i = 0; i < l->nversions; i++)
		version_free(&l->versions[i]);
	for (size_t i = 0; i < l->nmarks; i++)
		mark_free(&l->marks[i]);
	memset(l, 0, sizeof(*l));
}

/* A name in our folder and in no other: what we call versions. */
static bool
folder_ok(const char *s)
{
	return s[0] >= '0' && s[0] <= '9' && valid_alias(s);
}

static int
parse_versions(
    const json_t *list, struct registry_lock *l, char *why, size_t size)
{
	size_t n = json_array_size(list);

	if (!json_is_array(list) || n > REGISTRY_KEEP) {
		(void)snprintf(why, size,
		    "versions: is not an array of at "
		    "most %d objects",
		    REGISTRY_KEEP);
		return RL_ERR_DAMAGED;
	}
	for (size_t i = 0; i < n; i++) {
		struct registry_version *v = &l->versions[l->nversions++];

		if (!json_is_object(json_array_get(list, i)) ||
		    json_get_members(json_array_get(list, i), version_members,
			NELEM(version_members), v, why, size) != 0 ||
		    !folder_ok(v->folder)) {
			(void)snprintf(why, size,
			    "versions[%zu]: is not as it was written", i);
			return RL_ERR_DAMAGED;
		}
	}
	return 0;
}

static int
parse_marks(const json_t *list, struct registry_lock *l, char *why, size_t size)
{
	size_t n = json_array_size(list);

	if (!json_is_array(list) || n > REGISTRY_MARKS) {
		(void)snprintf(why, size,
		    "marks: is not an array of at most "
		    "%d objects",
		    REGISTRY_MARKS);
		return RL_ERR_DAMAGED;
	}
	for (size_t i = 0; i < n; i++) {
		struct registry_mark *m = &l->marks[l->nmarks++];

		if (!json_is_object(json_array_get(list, i)) ||
		    json_get_members(json_array_get(list, i), mark_members,
			NELEM(mark_members), m, why, size) != 0) {
			(void)snprintf(why, size,
			    "marks[%zu]: is not as it was written", i);
			return RL_ERR_DAMAGED;
		}
	}
	return 0;
}

int
registry_lock_parse(const char *text, size_t len, struct registry_lock *l,
    char *why, size_t size)
{
	struct head h = { 0 };
	json_t *obj, *versions, *marks;
	int r;

	memset(l, 0, sizeof(*l));
	if ((obj = json_parse_object(text, len, why, size)) == NULL)
		return RL_ERR_DAMAGED;
	versions = json_incref(json_object_get(obj, "versions"));
	marks = json_incref(json_object_get(obj, "marks"));
	(void)json_object_del(obj, "versions");
	(void)json_object_del(obj, "marks");
	r = json_get_members(
		obj, head_members, NELEM(head_members), &h, why, size) == 0
		? 0
		: RL_ERR_DAMAGED;
	l->pin = h.pin;
	l->url = h.url;
	if (r == 0 && l->pin[0] != '\0' && !registry_ref_ok(l->pin)) {
		(void)snprintf(why, size, "pin: is no reference");
		r = RL_ERR_DAMAGED;
	}
	if (r == 0)
		r = parse_versions(versions, l, why, size);
	if (r == 0)
		r = parse_marks(marks, l, why, size);
	json_decref(versions);
	json_decref(marks);
	json_decref(obj);
	return r;
}

char *
registry_lock_format(const struct registry_lock *l)
{
	json_t *versions = json_array(), *marks = json_array(), *obj;
	char *text;

	for (size_t i = 0; i < l->nversions; i++) {
		const struct registry_version *v = &l->versions[i];

		json_array_append_new(versions,
		    json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I}",
			"folder", v->folder, "id", v->id, "name", v->name,
			"version", v->version, "channel", v->channel, "sha256",
			v->sha256, "key", v->key, "serial",
			(json_int_t)v->serial, "installed_at",
			(json_int_t)v->installed_at));
	}
	for (size_t i = 0; i < l->nmarks; i++) {
		const struct registry_mark *m = &l->marks[i];

		json_array_append_new(
		    marks, json_pack("{s:s, s:s, s:s, s:I}", "name", m->name,
			       "channel", m->channel, "sha256", m->sha256,
			       "serial", (json_int_t)m->serial));
	}
	obj = json_pack("{s:i, s:s, s:s, s:o, s:o}", "schema", SCHEMA, "pin",
	    l->pin, "url", l->url, "versions", versions, "marks", marks);
	text = json_text_of(obj);
	json_decref(obj);
	return text;
}

/* --- the file --- */

int
registry_lock_load(
    const struct paths *paths, struct registry_lock *l, char *why, size_t size)
{
	char inner[512], *text;
	size_t len;
	int r;

	memset(l, 0, sizeof(*l));
	r = paths_read_file(paths->registry_lock, LOCK_FILE_MAX, &text, &len);
	if (r == RL_ERR_NOTFOUND) {
		l->pin = xstrdup("");
		l->url = xstrdup("");
		return 0;
	}
	if (r != 0) {
		(void)snprintf(
		    why, size, "%s: %s", paths->registry_lock, rl_strerror(r));
		return r;
	}
	r = registry_lock_parse(text, len, l, inner, sizeof(inner));
	free(text);
	if (r != 0)
		(void)snprintf(why, size,
		    "%s: %s: it is damaged: move it away, then sync",
		    paths->registry_lock, inner);
	return r;
}

int
registry_lock_save(const struct paths *paths, const struct registry_lock *l,
    char *why, size_t size)
{
	char *text = registry_lock_format(l);
	int r;

	if (text == NULL) {
		(void)snprintf(why, size, "registry.lock cannot be formatted");
		return RL_ERR_INTERNAL;
	}
	r = paths_write_file(paths->registry_lock, text, strlen(text));
	if (r != 0)
		(void)snprintf(
		    why, size, "%s: %s", paths->registry_lock, rl_strerror(r));
	free(text);
	return r;
}

/* --- what is remembered --- */

static struct registry_mark *
find_mark(const struct registry_lock *l, const char *name, const char *channel)
{
	for (size_t i = 0; i < l->nmarks; i++)
		if (strcmp(l->marks[i].name, name) == 0 &&
		    strcmp(l->marks[i].channel, channel) == 0)
			return (struct registry_mark *)(uintptr_t)&l->marks[i];
	return NULL;
}

void
registry_lock_use(struct registry_lock *l, size_t i)
{
	struct registry_version v = l->versions[i];

	memmove(&l->versions[1], &l->versions[0], i * sizeof(v));
	l->versions[0] = v;
}

static void
set_mark(struct registry_lock *l, const struct registry_index *x)
{
	struct registry_mark *m = find_mark(l, x->name, x->channel), keep;

	if (m == NULL) {
		if (l->nmarks == REGISTRY_MARKS)
			mark_free(&l->marks[--l->nmarks]);
		m = &l->marks[l->nmarks++];
		memset(m, 0, sizeof(*m));
		m->name = xstrdup(x->name);
		m->channel = xstrdup(x->channel);
	}
	/* One that was pinned may be older: it does not lower the mark. */
	if (x->serial > m->serial) {
		free(m->sha256);
		m->sha256 = xstrdup(x->sha256);
		m->serial = x->serial;
	}
	keep = *m;
	memmove(
	    &l->marks[1], &l->marks[0], (size_t)(m - l->marks) * sizeof(keep));
	l->marks[0] = keep;
}

void
registry_lock_add(struct registry_lock *l, const struct registry_bundle *b,
    const char *folder, long long now)
{
	const struct registry_index *x = &b->index;
	struct registry_version v = { .folder = xstrdup(folder),
		.id = xstrdup(x->id),
		.name = xstrdup(x->name),
		.version = xstrdup(x->version),
		.channel = xstrdup(x->channel),
		.sha256 = xstrdup(x->sha256),
		.key = xstrdup(b->key),
		.serial = x->serial,
		.installed_at = now };

	/* It may be there already, in a folder that it replaces. */
	for (size_t i = 0; i < l->nversions; i++)
		if (strcmp(l->versions[i].id, v.id) == 0) {
			version_free(&l->versions[i]);
			l->nversions--;
			memmove(&l->versions[i], &l->versions[i + 1],
			    (l->nversions - i) * sizeof(v));
			break;
		}
	l->versions[l->nversions++] = v;
	registry_lock_use(l, l->nversions - 1);
	while (l->nversions > REGISTRY_KEEP)
		version_free(&l->versions[--l->nversions]);
	set_mark(l, x);
}

int
registry_lock_may(const struct registry_lock *l, const struct registry_trust *t,
    const struct registry_index *x, bool used, const char *want, char *why,
    size_t size)
{
	const struct registry_mark *m = find_mark(l, x->name, x->channel);
	const struct registry_version *now =
	    l->nversions > 0 ? &l->versions[0] : NULL;
	bool pinned = l->pin[0] != '\0';

	if (t->channel[0] != '\0' && strcmp(t->channel, x->channel) != 0)
		(void)snprintf(why, size,
		    "it is of the channel %s, and RegistryChannel is %s",
		    x->channel, t->channel);
	else if (pinned && !registry_ref_is(
			       l->pin, x->version, x->serial, x->id, x->sha256))
		(void)snprintf(why, size,
		    "version %s (%s) is not what the registry is pinned to, "
		    "%s: 'ringlet registry unpin' lets newer ones in",
		    x->version, x->id, l->pin);
	else if (want[0] != '\0' && !registry_ref_is(want, x->version,
					x->serial, x->id, x->sha256))
		(void)snprintf(why, size,
		    "version %s (%s) is not RINGLET_REGISTRY_PIN, %s",
		    x->version, x->id, want);
	else if (now != NULL && strcmp(l->url, t->url) == 0 &&
		 strcmp(now->name, x->name) != 0)
		(void)snprintf(why, size,
		    "the registry is called %s now, and was %s: if that is "
		    "right, move registry.lock away",
		    x->name, now->name);
	else if (now != NULL && t->channel[0] == '\0' &&
		 strcmp(now->name, x->name) == 0 &&
		 strcmp(now->channel, x->channel) != 0)
		(void)snprintf(why, size,
		    "it is of the channel %s, and what is used of %s: set "
		    "RegistryChannel if you mean to change",
		    x->channel, now->channel);
	else if (!used && !pinned && m != NULL && x->serial < m->serial)
		(void)snprintf(why, size,
		    "version %s has the serial %lld, and %lld was here "
		    "already: it is older ('ringlet registry pin %s' takes "
		    "it nevertheless)",
		    x->version, x->serial, m->serial, x->id);
	else if (!used && !pinned && m != NULL && x->serial == m->serial &&
		 strcmp(x->sha256, m->sha256) != 0)
		(void)snprintf(why, size,
		    "version %s has the serial %lld, which had other content "
		    "before: whoever publishes it must raise the serial",
		    x->version, x->serial);
	else
		return 0;
	return RL_ERR_DENIED;
}
