/*
 * profile-edit.c: changes of one thing in a profile's file: it is read, changed
 * and written whole, and what could not be read is left alone.
 */

#include "config.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "grant.h"
#include "profile.h"
#include "xmalloc.h"

int
profile_touch(const struct paths *paths, const char *alias, long long now,
    long long runs, char *why, size_t size)
{
	struct profile *p;
	int r;

	if ((r = profile_load(paths, alias, &p, why, size)) != RL_OK)
		return r;
	p->last_used = now;
	if (runs <= LLONG_MAX - p->total_runs)
		p->total_runs += runs;
	r = profile_write(paths, p, why, size);
	profile_free(p);
	return r;
}

long long
profile_key_time(const struct profile *p)
{
	return p->key_set_at != 0 ? p->key_set_at : p->created_at;
}

int
profile_set_key_time(const struct paths *paths, const char *alias,
    long long now, char *why, size_t size)
{
	struct profile *p;
	int r;

	if ((r = profile_load(paths, alias, &p, why, size)) != RL_OK)
		return r;
	p->key_set_at = now;
	r = profile_write(paths, p, why, size);
	profile_free(p);
	return r;
}

int
profile_set_keychain(const struct paths *paths, const char *alias,
    const char *store, char *why, size_t size)
{
	struct profile *p;
	int r;

	if ((r = profile_load(paths, alias, &p, why, size)) != RL_OK)
		return r;
	free(p->keychain);
	p->keychain = xstrdup(store);
	r = profile_write(paths, p, why, size);
	profile_free(p);
	return r;
}

int
profile_set_endpoint(const struct paths *paths, const char *alias,
    const char *id, const char *url, char *why, size_t size)
{
	struct profile *p;
	int r;

	if ((r = profile_load(paths, alias, &p, why, size)) != RL_OK)
		return r;
	free(p->endpoint_id);
	free(p->endpoint_url);
	p->endpoint_id = xstrdup(id);
	p->endpoint_url = xstrdup(url);
	r = profile_write(paths, p, why, size);
	profile_free(p);
	return r;
}

/* Appends a copy of s to the list, which may be NULL. */
static void
list_add(char ***list, const char *s)
{
	size_t n = 0;

	while (*list != NULL && (*list)[n] != NULL)
		n++;
	*list = xreallocarray(*list, n + 2, sizeof(char *));
	(*list)[n] = xstrdup(s);
	(*list)[n + 1] = NULL;
}

/* Takes out what grant replaces, or with exact what is equal alone. */
static bool
list_drop(char **list, const char *grant, bool exact)
{
	bool found = false;
	size_t i, k = 0;

	for (i = 0; list != NULL && list[i] != NULL; i++) {
		if (exact ? strcmp(list[i], grant) == 0
			  : grant_same(list[i], grant) != 0) {
			free(list[i]);
			found = true;
		} else
			list[k++] = list[i];
	}
	if (list != NULL)
		list[k] = NULL;
	return found;
}

int
profile_grant(const struct paths *paths, const struct manifest_set *set,
    const char *alias, const char *grant, bool revoke, char *why, size_t size)
{
	struct profile *p;
	int r;

	if ((r = profile_load(paths, alias, &p, why, size)) != RL_OK)
		return r;
	if (!list_drop(p->grants, grant, revoke) && revoke) {
		snprintf(why, size, "profile %s has no grant '%s': "
		    "'ringlet profiles inspect %s' lists them", alias, grant,
		    alias);
		r = RL_ERR_NOTFOUND;
	}
	if (r == RL_OK && !revoke) {
		list_add(&p->grants, grant);
		r = profile_check(set, p, why, size);
	}
	if (r == RL_OK)
		r = profile_write(paths, p, why, size);
	profile_free(p);
	return r;
}
