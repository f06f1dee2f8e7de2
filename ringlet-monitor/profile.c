/*
 * profile.c: profiles as files.
 *
 * The monitor alone writes here.  Files are read as strictly as if a stranger
 * had written them, for a person may have: a wrong member is an error that
 * names it, never a default.  What is damaged is reported and left alone.
 * A key must never get into one of these files.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "json.h"
#include "manifest.h"
#include "paths.h"
#include "profile.h"
#include "valid.h"
#include "xmalloc.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

#define FORMAT_VERSION 1
#define SUFFIX	       ".json"
#define NAME_LEN       128  /* bytes of ids and names of stores */
#define TEXT_LEN       4096 /* bytes of paths and addresses */

/* A file: the profile and what only the file has. */
struct stored {
	long long version;
	struct profile p;
};

#define STR(f, max, flags)                                                     \
	{                                                                      \
#f, JK_STRING, offsetof(struct stored, p.f), max, 0, 0, flags, NULL \
	}
#define STRS(f)                                                                \
	{                                                                      \
#f, JK_STRINGS, offsetof(struct stored, p.f), ARGS_MAX, 0, 0,  \
		    0, NULL                                                    \
	}
#define INT(f)                                                                 \
	{                                                                      \
#f, JK_INT, offsetof(struct stored, p.f), 0, 0, LLONG_MAX, 0, NULL \
	}

static const struct json_member members[] = {
	{ "version", JK_INT, offsetof(struct stored, version), 0,
	    FORMAT_VERSION, FORMAT_VERSION, JSONF_REQUIRED, NULL },
	STR(alias, ALIAS_MAX, JSONF_REQUIRED),
	STR(agent_id, NAME_LEN, JSONF_REQUIRED),
	STR(provider_id, NAME_LEN, JSONF_REQUIRED),
	STR(endpoint_id, TEXT_LEN, 0),
	STR(endpoint_url, TEXT_LEN, 0),
	STR(model, NAME_LEN, 0),
	STR(working_dir, TEXT_LEN, 0),
	STRS(args),
	STRS(env),
	STRS(grants),
	STR(keychain, NAME_LEN, 0),
	STR(keychain_item, TEXT_LEN, 0),
	INT(created_at),
	INT(key_set_at),
	INT(last_used),
	INT(total_runs),
};

/* The string members, for those who handle them all alike. */
static const size_t strings[] = {
	offsetof(struct profile, alias),
	offsetof(struct profile, agent_id),
	offsetof(struct profile, provider_id),
	offsetof(struct profile, endpoint_id),
	offsetof(struct profile, endpoint_url),
	offsetof(struct profile, model),
	offsetof(struct profile, working_dir),
	offsetof(struct profile, keychain),
	offsetof(struct profile, keychain_item),
};

static char **
string_at(struct profile *p, size_t i)
{
	return (char **)(void *)((char *)p + strings[i]);
}

/* Members that are not there count as "". */
static void
fill(struct profile *p)
{
	size_t i;

	for (i = 0; i < NELEM(strings); i++) {
		if (*string_at(p, i) == NULL)
			*string_at(p, i) = xstrdup("");
	}
}

struct profile *
profile_new(void)
{
	struct profile *p = xcalloc(1, sizeof(*p));

	fill(p);
	return p;
}

static void
list_free(char **list)
{
	size_t i;

	for (i = 0; list != NULL && list[i] != NULL; i++)
		free(list[i]);
	free(list);
}

void
profile_free(struct profile *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < NELEM(strings); i++)
		free(*string_at(p, i));
	list_free(p->args);
	list_free(p->env);
	list_free(p->grants);
	hooks_clear(&p->hooks);
	free(p);
}

/* --- files ------------------------------------------------------------------
 */

static char *
file_of(const struct paths *paths, const char *alias)
{
	return xasprintf("%s/%s%s", paths->profile_dir, alias, SUFFIX);
}

static void
put(json_t *obj, const char *name, json_t *value)
{
	/* Both fail only for lack of memory: all text was checked as UTF-8. */
	if (value == NULL || json_object_set_new(obj, name, value) == -1)
		abort();
}

static json_t *
strings_json(char *const *list)
{
	json_t *a = json_array();
	size_t i;

	for (i = 0; list != NULL && list[i] != NULL; i++) {
		if (json_array_append_new(a, json_string(list[i])) == -1)
			abort();
	}
	return a;
}

char *
profile_format(const struct profile *p)
{
	json_t *obj = json_object();
	char *text;

	put(obj, "version", json_integer(FORMAT_VERSION));
	put(obj, "alias", json_string(p->alias));
	put(obj, "agent_id", json_string(p->agent_id));
	put(obj, "provider_id", json_string(p->provider_id));
	put(obj, "endpoint_id", json_string(p->endpoint_id));
	put(obj, "endpoint_url", json_string(p->endpoint_url));
	put(obj, "model", json_string(p->model));
	put(obj, "working_dir", json_string(p->working_dir));
	put(obj, "args", strings_json(p->args));
	put(obj, "env", strings_json(p->env));
	put(obj, "grants", strings_json(p->grants));
	put(obj, "keychain", json_string(p->keychain));
	put(obj, "keychain_item", json_string(p->keychain_item));
	put(obj, "created_at", json_integer(p->created_at));
	put(obj, "key_set_at", json_integer(p->key_set_at));
	put(obj, "last_used", json_integer(p->last_used));
	put(obj, "total_runs", json_integer(p->total_runs));
	if (p->hooks.n > 0)
		put(obj, "hooks", hooks_json(&p->hooks));
	text = json_dumps(obj, JSON_INDENT(2));
	json_decref(obj);
	if (text == NULL)
		abort();
	return text;
}

/* Writes what profile_check_form() has passed. */
static int
save(const struct paths *paths, const struct profile *p, char *why, size_t size)
{
	char *file = NULL, *text, *body = NULL;
	int r;

	text = profile_format(p);
	if (strlen(text) >= PROFILE_FILE_MAX) {
		snprintf(why, size,
		    "%s: arguments, variables and hooks need "
		    "more than %d bytes",
		    p->alias, PROFILE_FILE_MAX);
		r = RL_ERR_TOOBIG;
		goto out;
	}
	if ((r = paths_make_private_dir(paths->profile_dir)) != RL_OK) {
		snprintf(why, size, "%s: %s", paths->profile_dir,
		    r == RL_ERR_DENIED ? "is not a folder of yours that is "
					 "closed to others (mode 0700)"
				       : rl_strerror(r));
		goto out;
	}
	file = file_of(paths, p->alias);
	body = xasprintf("%s\n", text);
	if ((r = paths_write_file(file, body, strlen(body))) != RL_OK)
		snprintf(
		    why, size, "cannot write %s: %s", file, rl_strerror(r));
out:
	free(body);
	free(file);
	free(text);
	return r;
}

int
profile_create(const struct paths *paths, const struct manifest_set *set,
    const struct profile *p, char *why, size_t size)
{
	struct stat st;
	char *file;
	int r;

	if ((r = profile_check(set, p, why, size)) != RL_OK)
		return r;
	/* Only the monitor writes here, and its lock makes it the only one. */
	file = file_of(paths, p->alias);
	if (lstat(file, &st) == 0) {
		snprintf(why, size, "profile %s exists already (%s)", p->alias,
		    file);
		r = RL_ERR_EXISTS;
	} else if (errno != ENOENT) {
		snprintf(why, size, "%s: %s", file, strerror(errno));
		r = RL_ERR_SYSTEM;
	} else
		r = save(paths, p, why, size);
	free(file);
	return r;
}

int
profile_parse(const char *text, size_t len, const char *alias,
    struct profile **out, char *why, size_t size)
{
	struct stored s;
	json_t *obj;
	int r;

	*out = NULL;
	memset(&s, 0, sizeof(s));
	if ((obj = json_parse_object(text, len, why, size)) == NULL)
		return RL_ERR_INVALID;
	/* An array of objects is more than a table can say. */
	r = hooks_take(obj, &s.p.hooks, why, size);
	if (r == RL_OK)
		r = json_get_members(
		    obj, members, NELEM(members), &s, why, size);
	json_decref(obj);
	if (r != RL_OK)
		goto out;
	fill(&s.p);
	if ((r = profile_check_form(&s.p, why, size)) != RL_OK)
		goto out;
	if (strcmp(s.p.alias, alias) != 0) {
		snprintf(why, size, "alias: is not the name of the file");
		r = RL_ERR_INVALID;
		goto out;
	}
	*out = xmalloc(sizeof(**out));
	**out = s.p;
	return RL_OK;
out:
	json_free_members(members, NELEM(members), &s);
	hooks_clear(&s.p.hooks);
	return r;
}

int
profile_load(const struct paths *paths, const char *alias, struct profile **out,
    char *why, size_t size)
{
	char *file, *text = NULL, reason[512];
	size_t len;
	int r;

	*out = NULL;
	if (!valid_alias(alias)) {
		snprintf(why, size, "that is not a profile's name");
		return RL_ERR_INVALID;
	}
	file = file_of(paths, alias);
	r = paths_read_file(file, PROFILE_FILE_MAX, &text, &len);
	switch (r) {
	case RL_OK:
		r = profile_parse(
		    text, len, alias, out, reason, sizeof(reason));
		if (r != RL_OK)
			snprintf(why, size, "%s: %s", file, reason);
		break;
	case RL_ERR_NOTFOUND:
		snprintf(why, size, "there is no profile %s", alias);
		break;
	case RL_ERR_DENIED:
		snprintf(why, size, "%s: not a regular file of yours", file);
		break;
	default:
		snprintf(why, size, "%s: %s", file, rl_strerror(r));
		break;
	}
	free(text);
	free(file);
	return r;
}

/*
 * The alias in a file's name, for free(); NULL for names that are not a
 * profile's file, such as one that a crash left half-written.
 */
static char *
alias_of(const char *name)
{
	size_t len = strlen(name), n = sizeof(SUFFIX) - 1;
	char *alias;

	if (len <= n || strcmp(name + len - n, SUFFIX) != 0)
		return NULL;
	alias = xstrndup(name, len - n);
	if (!valid_alias(alias)) {
		free(alias);
		return NULL;
	}
	return alias;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All aliases, sorted, as a list that ends in NULL; *n of them. */
static int
aliases(const struct paths *paths, char ***out, size_t *n)
{
	char **list, *alias;
	struct dirent *e;
	DIR *d;
	int r = RL_OK;

	*n = 0;
	list = xcalloc(1, sizeof(*list));
	*out = list;
	if ((d = opendir(paths->profile_dir)) == NULL)
		return errno == ENOENT ? RL_OK : RL_ERR_SYSTEM;
	for (;;) {
		errno = 0;
		if ((e = readdir(d)) == NULL) {
			if (errno != 0)
				r = RL_ERR_SYSTEM;
			break;
		}
		if ((alias = alias_of(e->d_name)) == NULL)
			continue;
		list = xreallocarray(list, *n + 2, sizeof(*list));
		list[(*n)++] = alias;
		list[*n] = NULL;
	}
	closedir(d);
	qsort(list, *n, sizeof(*list), by_name);
	*out = list;
	return r;
}

int
profile_list(const struct paths *paths, struct profile_entry **out, size_t *n,
    char *why, size_t size)
{
	struct profile_entry *list;
	char **names, reason[1024];
	size_t i;
	int r;

	*out = NULL;
	r = aliases(paths, &names, n);
	if (r != RL_OK) {
		snprintf(why, size, "cannot list %s: %s", paths->profile_dir,
		    rl_strerror(r));
		list_free(names);
		*n = 0;
		return r;
	}
	list = xcalloc(*n + 1, sizeof(*list));
	for (i = 0; i < *n; i++) {
		list[i].alias = names[i];
		if (profile_load(paths, names[i], &list[i].profile, reason,
			sizeof(reason)) != RL_OK)
			list[i].damage = xstrdup(reason);
	}
	free(names);
	*out = list;
	return RL_OK;
}

void
profile_list_free(struct profile_entry *list, size_t n)
{
	size_t i;

	if (list == NULL)
		return;
	for (i = 0; i < n; i++) {
		free(list[i].alias);
		profile_free(list[i].profile);
		free(list[i].damage);
	}
	free(list);
}

size_t
profile_count(const struct paths *paths)
{
	char **names;
	size_t n;

	if (aliases(paths, &names, &n) != RL_OK)
		n = 0;
	list_free(names);
	return n;
}

int
profile_write(
    const struct paths *paths, const struct profile *p, char *why, size_t size)
{
	int r;

	if ((r = profile_check_form(p, why, size)) != RL_OK)
		return r;
	return save(paths, p, why, size);
}

int
profile_remove(
    const struct paths *paths, const char *alias, char *why, size_t size)
{
	char *file;
	int r = RL_OK;

	if (!valid_alias(alias)) {
		snprintf(why, size, "that is not a profile's name");
		return RL_ERR_INVALID;
	}
	file = file_of(paths, alias);
	if (unlink(file) == -1) {
		if (errno == ENOENT) {
			snprintf(why, size, "there is no profile %s", alias);
			r = RL_ERR_NOTFOUND;
		} else {
			snprintf(why, size, "cannot remove %s: %s", file,
			    strerror(errno));
			r = RL_ERR_SYSTEM;
		}
	}
	free(file);
	return r;
}
