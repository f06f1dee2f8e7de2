#ifndef MANIFEST_H
#define MANIFEST_H
/*
 * The agents and providers that there are: those built in, those of the
 * registry, those of the user (agents.d and providers.d in the configuration
 * folder).  Of several with one id the user's holds before the registry's, and
 * that before the built-in one; what is shadowed is remembered, and so is what
 * was wrong.
 */

#include "manifest-format.h"

struct paths;

/* In the order in which they hold, the last one first. */
enum manifest_source {
	MANIFEST_BUILTIN = 1,
	MANIFEST_REGISTRY,
	MANIFEST_USER
};

#define MANIFESTS_MAX 100 /* of one kind, besides those built in */

/*
 * All that hold now.  What is borrowed from a set is good until another takes
 * its place: nobody keeps it across the loop, but an id.
 */
struct manifest_set;

/* The built-in ones alone. */
struct manifest_set *manifest_set_new(void);
void manifest_set_free(struct manifest_set *);

/*
 * Adds one.  where is shown to people: the version of a registry, the name of a
 * file.  id is what its file is called, which it must say itself.  One that is
 * wrong is left out and remembered as broken: an error, and why[size].
 */
int manifest_set_add(struct manifest_set *, enum manifest_kind,
    enum manifest_source, const char *where, const char *id, const char *text,
    size_t len, char *why, size_t size);
/* Remembers one that could not even be read. */
void manifest_set_broken(struct manifest_set *, enum manifest_kind,
    const char *where, const char *id, const char *why);
/* Adds all of the user's. */
void manifest_set_add_user(struct manifest_set *, const struct paths *);

/* The one of that id, or NULL. */
const struct manifest_agent *manifest_agent(
    const struct manifest_set *, const char *id);
const struct manifest_provider *manifest_provider(
    const struct manifest_set *, const char *id);
/* All of them, sorted by id; *n of them. */
const struct manifest_agent *const *manifest_agents(
    const struct manifest_set *, size_t *n);
const struct manifest_provider *const *manifest_providers(
    const struct manifest_set *, size_t *n);

/*
 * Where the i-th of that id comes from, as "built-in", "registry WHERE" or
 * "user WHERE": 0 is the one that holds, the next ones it shadows.  NULL: there
 * are no more.  *source, unless that is NULL, is the same as a number.
 */
const char *manifest_source(const struct manifest_set *, enum manifest_kind,
    const char *id, size_t i, enum manifest_source *source);

/* What was left out; the i-th, or NULL. */
struct manifest_broken {
	enum manifest_kind kind;
	const char *id; /* from its file's name */
	const char *where;
	const char *why;
};
const struct manifest_broken *manifest_broken(
    const struct manifest_set *, size_t i);

#endif /* MANIFEST_H */
