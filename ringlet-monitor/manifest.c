/*
 * manifest.c: the set of manifests that hold.
 *
 * It owns them all.  A manifest that is wrong never takes part, and never
 * keeps another one from taking part.
 */

#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "manifest-data.h"
#include "manifest.h"
#include "xmalloc.h"

struct entry {
	struct manifest *m;
	enum manifest_kind kind;
	enum manifest_source source;
	char *label; /* as manifest_source() says it */
};

struct manifest_set {
	struct entry *entries; /* by id, then those that hold first */
	size_t nentries;
	struct manifest_broken *broken;
	size_t nbroken;
	/* Those that hold. */
	const struct manifest_agent **agents;
	size_t nagents;
	const struct manifest_provider **providers;
	size_t nproviders;
};

static int
by_id(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;
	int r;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if ((r = strcmp(manifest_id(a->m), manifest_id(b->m))) != 0)
		return r;
	return a->source > b->source ? -1 : a->source < b->source;
}

/* Whether the i-th entry is the first of its kind and id: it holds. */
static bool
holds(const struct manifest_set *set, size_t i)
{
	const struct entry *e = &set->entries[i];

	return i == 0 || e[-1].kind != e->kind ||
	    strcmp(manifest_id(e[-1].m), manifest_id(e->m)) != 0;
}

static void
sort(struct manifest_set *set)
{
	size_t i;

	qsort(set->entries, set->nentries, sizeof(*set->entries), by_id);
	set->nagents = set->nproviders = 0;
	set->agents = xreallocarray(
	    set->agents, set->nentries + 1, sizeof(*set->agents));
	set->providers = xreallocarray(
	    set->providers, set->nentries + 1, sizeof(*set->providers));
	for (i = 0; i < set->nentries; i++) {
		if (!holds(set, i))
			continue;
		if (set->entries[i].kind == MANIFEST_AGENT)
			set->agents[set->nagents++] =
			    manifest_get_agent(set->entries[i].m);
		else
			set->providers[set->nproviders++] =
			    manifest_get_provider(set->entries[i].m);
	}
}

static void
add(struct manifest_set *set, struct manifest *m, enum manifest_kind kind,
    enum manifest_source source, char *label)
{
	set->entries = xreallocarray(
	    set->entries, set->nentries + 1, sizeof(*set->entries));
	set->entries[set->nentries++] =
	    (struct entry){ m, kind, source, label };
}

struct manifest_set *
manifest_set_new(void)
{
	struct manifest_set *set = xcalloc(1, sizeof(*set));
	const struct manifest_text *t;
	struct manifest *m;
	char why[256];

	for (t = manifest_texts; t->text != NULL; t++) {
		if (manifest_parse(t->text, strlen(t->text), t->kind, &m, why,
			sizeof(why)) != RL_OK)
			abort(); /* a test sees to it that none is wrong */
		add(set, m, t->kind, MANIFEST_BUILTIN, xstrdup("built-in"));
	}
	sort(set);
	return set;
}

static void
free_broken(const struct manifest_broken *b)
{
	free((char *)(uintptr_t)b->id);
	free((char *)(uintptr_t)b->where);
	free((char *)(uintptr_t)b->why);
}

void
manifest_set_free(struct manifest_set *set)
{
	size_t i;

	if (set == NULL)
		return;
	for (i = 0; i < set->nentries; i++) {
		manifest_free(set->entries[i].m);
		free(set->entries[i].label);
	}
	for (i = 0; i < set->nbroken; i++)
		free_broken(&set->broken[i]);
	free(set->entries);
	free(set->broken);
	free(set->agents);
	free(set->providers);
	free(set);
}

void
manifest_set_broken(struct manifest_set *set, enum manifest_kind kind,
    const char *where, const char *id, const char *why)
{
	/* Those that are told are bounded as those that hold are. */
	if (set->nbroken >= 2 * MANIFESTS_MAX)
		return;
	set->broken = xreallocarray(
	    set->broken, set->nbroken + 1, sizeof(*set->broken));
	set->broken[set->nbroken++] = (struct manifest_broken){ kind,
		xstrdup(id), xstrdup(where), xstrdup(why) };
}

/* How many of a kind are there that are not built in. */
static size_t
count(const struct manifest_set *set, enum manifest_kind kind)
{
	size_t i, n = 0;

	for (i = 0; i < set->nentries; i++)
		n += set->entries[i].kind == kind &&
		    set->entries[i].source != MANIFEST_BUILTIN;
	return n;
}

int
manifest_set_add(struct manifest_set *set, enum manifest_kind kind,
    enum manifest_source source, const char *where, const char *id,
    const char *text, size_t len, char *why, size_t size)
{
	struct manifest *m = NULL;
	int r;

	if (count(set, kind) >= MANIFESTS_MAX) {
		snprintf(why, size, "there are %d already: this one is one too "
		    "many", MANIFESTS_MAX);
		r = RL_ERR_LIMIT;
	} else if ((r = manifest_parse(text, len, kind, &m, why, size)) ==
		RL_OK && strcmp(manifest_id(m), id) != 0) {
		snprintf(why, size, "member 'id' is not the name of the file");
		r = RL_ERR_INVALID;
	}
	if (r != RL_OK) {
		manifest_free(m);
		manifest_set_broken(set, kind, where, id, why);
		return r;
	}
	add(set, m, kind, source, xasprintf("%s %s",
	    source == MANIFEST_USER ? "user" : "registry", where));
	sort(set);
	return RL_OK;
}

/* --- questions -------------------------------------------------------------- */

const struct manifest_agent *const *
manifest_agents(const struct manifest_set *set, size_t *n)
{
	*n = set->nagents;
	return set->agents;
}

const struct manifest_provider *const *
manifest_providers(const struct manifest_set *set, size_t *n)
{
	*n = set->nproviders;
	return set->providers;
}

const struct manifest_agent *
manifest_agent(const struct manifest_set *set, const char *id)
{
	size_t i;

	for (i = 0; i < set->nagents; i++) {
		if (strcmp(set->agents[i]->id, id) == 0)
			return set->agents[i];
	}
	return NULL;
}

const struct manifest_provider *
manifest_provider(const struct manifest_set *set, const char *id)
{
	size_t i;

	for (i = 0; i < set->nproviders; i++) {
		if (strcmp(set->providers[i]->id, id) == 0)
			return set->providers[i];
	}
	return NULL;
}

const char *
manifest_source(const struct manifest_set *set, enum manifest_kind kind,
    const char *id, size_t n, enum manifest_source *source)
{
	size_t i;

	for (i = 0; i < set->nentries; i++) {
		if (set->entries[i].kind != kind ||
		    strcmp(manifest_id(set->entries[i].m), id) != 0 ||
		    n-- > 0)
			continue;
		if (source != NULL)
			*source = set->entries[i].source;
		return set->entries[i].label;
	}
	return NULL;
}

const struct manifest_broken *
manifest_broken(const struct manifest_set *set, size_t i)
{
	return i < set->nbroken ? &set->broken[i] : NULL;
}
