/*
 * The versions that programs have said, and their file: see detect.h.  The
 * file is ours, but may be damaged; nothing in it is used before it is checked,
 * and all it can do is show a wrong version.
 */

#include "config.h"

#include <sys/stat.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "detect.h"
#include "err.h"
#include "json.h"
#include "paths.h"
#include "valid.h"
#include "version.h"
#include "xmalloc.h"

#define FILE_MAX  (512 * 1024)
#define WHY_BYTES 1024
#define DAY	  (24 * 60 * 60)
#define HOUR	  (60 * 60)

int
detect_key(struct detect_key *k, const char *path, const char *argument)
{
	struct stat st;

	if (stat(path, &st) == -1)
		return RL_ERR_NOTFOUND;
	memset(k, 0, sizeof(*k));
	k->path = path;
	k->argument = argument;
	k->dev = (uint64_t)st.st_dev;
	k->ino = (uint64_t)st.st_ino;
#if defined(__APPLE__)
	k->mtime_s = (int64_t)st.st_mtimespec.tv_sec;
	k->mtime_ns = (int64_t)st.st_mtimespec.tv_nsec;
#else
	k->mtime_s = (int64_t)st.st_mtim.tv_sec;
	k->mtime_ns = (int64_t)st.st_mtim.tv_nsec;
#endif
	k->size = (int64_t)st.st_size;
	return 0;
}

static void
entry_free(struct detect_entry *e)
{
	free((char *)(uintptr_t)e->key.path);
	free((char *)(uintptr_t)e->key.argument);
	free(e->version);
	free(e->why);
	free(e);
}

static bool
same_name(const struct detect_key *a, const struct detect_key *b)
{
	return strcmp(a->path, b->path) == 0 &&
	       strcmp(a->argument, b->argument) == 0;
}

static bool
same_program(const struct detect_key *a, const struct detect_key *b)
{
	return same_name(a, b) && a->dev == b->dev && a->ino == b->ino &&
	       a->mtime_s == b->mtime_s && a->mtime_ns == b->mtime_ns &&
	       a->size == b->size;
}

struct detect_entry *
detect_find(struct detect_cache *c, const struct detect_key *k)
{
	for (size_t i = 0; i < c->n; i++)
		if (same_program(&c->v[i]->key, k))
			return c->v[i];
	return NULL;
}

static void
drop(struct detect_cache *c, size_t i)
{
	entry_free(c->v[i]);
	c->v[i] = c->v[--c->n];
}

struct detect_entry *
detect_get(struct detect_cache *c, const struct detect_key *k)
{
	struct detect_entry *e;
	size_t oldest = 0;

	if ((e = detect_find(c, k)) != NULL)
		return e;
	for (size_t i = 0; i < c->n; i++)
		if (same_name(&c->v[i]->key, k)) {
			drop(c, i);
			break;
		}
	if (c->n == DETECT_MAX) {
		for (size_t i = 1; i < c->n; i++)
			if (c->v[i]->asked < c->v[oldest]->asked)
				oldest = i;
		drop(c, oldest);
	}
	e = xcalloc(1, sizeof(*e));
	e->key = *k;
	e->key.path = xstrdup(k->path);
	e->key.argument = xstrdup(k->argument);
	c->v[c->n++] = e;
	return e;
}

void
detect_set(
    struct detect_entry *e, const char *version, const char *why, int64_t now)
{
	free(e->version);
	free(e->why);
	e->version = version != NULL ? xstrdup(version) : NULL;
	e->why = why != NULL ? xstrdup(why) : NULL;
	e->asked = now;
}

bool
detect_is_stale(const struct detect_entry *e, int64_t now)
{
	int64_t keep = e->version != NULL ? DAY : HOUR;

	/* A clock that was set back must not keep it for years. */
	return e->asked == 0 || e->asked > now || now - e->asked >= keep;
}

void
detect_clear(struct detect_cache *c)
{
	while (c->n > 0)
		drop(c, c->n - 1);
}

/* --- the file --- */

struct row {
	char *path, *argument, *version, *why;
	long long dev, ino, mtime_s, mtime_ns, size, asked;
};

#define NUMBER(f, from)                                                        \
	{                                                                      \
#f, JK_INT, offsetof(struct row, f), 0, from, LLONG_MAX,       \
		    JSONF_REQUIRED, NULL                                       \
	}

static const struct json_member row_members[] = {
	{ "path", JK_STRING, offsetof(struct row, path), 4096, 0, 0,
	    JSONF_REQUIRED, NULL },
	{ "argument", JK_STRING, offsetof(struct row, argument), 128, 0, 0,
	    JSONF_REQUIRED, NULL },
	NUMBER(dev, LLONG_MIN),
	NUMBER(ino, LLONG_MIN),
	NUMBER(mtime_s, LLONG_MIN),
	NUMBER(mtime_ns, 0),
	NUMBER(size, 0),
	NUMBER(asked, 1),
	{ "version", JK_STRING, offsetof(struct row, version), VERSION_MAX, 0,
	    0, 0, NULL },
	{ "why", JK_STRING, offsetof(struct row, why), WHY_BYTES, 0, 0, 0,
	    NULL },
};

#define NMEMBERS (sizeof(row_members) / sizeof(row_members[0]))

/* A version in the file must be one that could have been found. */
static bool
version_ok(const char *version)
{
	char again[VERSION_MAX + 1];

	return version_find(version, strlen(version), again, sizeof(again)) ==
		   0 &&
	       strcmp(version, again) == 0;
}

static int
take_row(struct detect_cache *c, const json_t *o, char *why, size_t size)
{
	struct row row = { 0 };
	struct detect_key k;
	int r;

	r = json_get_members(o, row_members, NMEMBERS, &row, why, size);
	if (r == 0 && (!valid_abs_path(row.path) || c->n == DETECT_MAX ||
			  (row.version == NULL) == (row.why == NULL) ||
			  (row.version != NULL && !version_ok(row.version)))) {
		(void)snprintf(why, size, "a program makes no sense");
		r = RL_ERR_INVALID;
	}
	if (r == 0) {
		k = (struct detect_key){ row.path, row.argument,
			(uint64_t)row.dev, (uint64_t)row.ino, row.mtime_s,
			row.mtime_ns, row.size };
		detect_set(detect_get(c, &k), row.version, row.why, row.asked);
	}
	json_free_members(row_members, NMEMBERS, &row);
	return r;
}

int
detect_load(struct detect_cache *c, const char *file, char *why, size_t size)
{
	char problem[512] = "", *text;
	json_t *doc, *list, *o;
	size_t len, i;
	int r;

	detect_clear(c);
	r = paths_read_file(file, FILE_MAX, &text, &len);
	if (r == RL_ERR_NOTFOUND)
		return 0;
	if (r != 0) {
		(void)snprintf(why, size, "%s: %s", file, rl_strerror(r));
		return r;
	}
	doc = json_parse_object(text, len, problem, sizeof(problem));
	free(text);
	list = doc != NULL ? json_object_get(doc, "programs") : NULL;
	r = doc == NULL ? RL_ERR_INVALID : 0;
	if (r == 0 &&
	    (!json_is_array(list) || json_object_size(doc) != 2 ||
		json_integer_value(json_object_get(doc, "schema")) != 1)) {
		(void)snprintf(problem, sizeof(problem),
		    "it must have \"schema\" 1 and \"programs\"");
		r = RL_ERR_INVALID;
	}
	if (r == 0)
		json_array_foreach(list, i, o)
		{
			r = take_row(c, o, problem, sizeof(problem));
			if (r != 0)
				break;
		}
	if (r != 0) {
		(void)snprintf(why, size, "%s: %s", file, problem);
		detect_clear(c);
	}
	json_decref(doc);
	return r;
}

static json_t *
entry_json(const struct detect_entry *e)
{
	const struct detect_key *k = &e->key;
	json_t *o = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I}",
	    "path", k->path, "argument", k->argument, "dev", (json_int_t)k->dev,
	    "ino", (json_int_t)k->ino, "mtime_s", (json_int_t)k->mtime_s,
	    "mtime_ns", (json_int_t)k->mtime_ns, "size", (json_int_t)k->size,
	    "asked", (json_int_t)e->asked);

	if (o != NULL && e->version != NULL)
		json_object_set_new(o, "version", json_string(e->version));
	else if (o != NULL)
		json_object_set_new(o, "why", json_string(e->why));
	return o;
}

int
detect_save(const struct detect_cache *c, const char *file)
{
	json_t *list = json_array(), *doc;
	char *text;
	int r = RL_ERR_SYSTEM;

	for (size_t i = 0; i < c->n; i++)
		if (c->v[i]->version != NULL || c->v[i]->why != NULL)
			json_array_append_new(list, entry_json(c->v[i]));
	doc = json_pack("{s:i, s:o}", "schema", 1, "programs", list);
	if ((text = json_text_of(doc)) != NULL)
		r = paths_write_file(file, text, strlen(text));
	free(text);
	json_decref(doc);
	return r;
}
