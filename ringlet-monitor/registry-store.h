#ifndef REGISTRY_STORE_H
#define REGISTRY_STORE_H
/*
 * The versions of a registry that are installed: a folder each, and
 * registry.lock, which says which of them is used.  What is used has been
 * verified, every time, with the keys that the settings have then.
 *
 *	registry-store.c  the files: a version in, old ones out
 *	registry-lock.c	  registry.lock, and what it remembers
 *	api-registry.c	  requests, and who is told
 *	registry-fetch.c  a process that fetches
 */

#include <stdbool.h>
#include <stddef.h>

#include "registry.h"
#include "strlist.h"

struct conf;
struct paths;
struct policy;

#define REGISTRY_KEEP	    3 /* versions, that in use among them */
#define REGISTRY_FOLDER_MAX (REGISTRY_ID_MAX + 8)
#define REGISTRY_MARKS	    32
#define REGISTRY_REF_MAX    64

/* What settings say: borrowed from them, but for the keys. */
struct registry_trust {
	struct minisign_key *keys;
	size_t nkeys;
	const char *url;     /* "": none */
	const char *channel; /* "": whatever the registry is of */
	struct strlist refused; /* why the policy leaves keys out, each */
};
/* Keys that the policy refuses are not among them. */
void registry_trust_init(
    struct registry_trust *, const struct conf *, const struct policy *);
void registry_trust_free(struct registry_trust *);
/* Whether an error of what follows is because the policy refuses a key. */
bool registry_trust_told(const struct registry_trust *, const char *why);

/* --- registry-lock.c --- */

/* A version that is installed. */
struct registry_version {
	char *folder; /* in registry_dir */
	char *id;
	char *name;
	char *version;
	char *channel;
	char *sha256; /* of registry.json */
	char *key;    /* that signed it, when it was installed */
	long long serial;
	long long installed_at;
};

/* The newest that was ever installed of a registry's channel. */
struct registry_mark {
	char *name;
	char *channel;
	char *sha256;
	long long serial;
};

struct registry_lock {
	char *pin; /* or "" */
	char *url; /* RegistryURL when what is used was installed, or "" */
	struct registry_version versions[REGISTRY_KEEP + 1]; /* [0] is used */
	size_t nversions;
	struct registry_mark marks[REGISTRY_MARKS]; /* newest first */
	size_t nmarks;
};

/*
 * Reads registry.lock; there is none: an empty one.  RL_ERR_DAMAGED,
 * RL_ERR_DENIED, RL_ERR_SYSTEM: why[size] names the file.  Free with
 * registry_lock_free() in either case.
 */
int registry_lock_load(
    const struct paths *, struct registry_lock *, char *why, size_t size);
void registry_lock_free(struct registry_lock *);
/* Writes it: the old or the new one is there afterwards, whatever happens. */
int registry_lock_save(
    const struct paths *, const struct registry_lock *, char *why, size_t size);
/* The text of it, and back: pure functions. */
char *registry_lock_format(const struct registry_lock *);
int registry_lock_parse(const char *text, size_t len, struct registry_lock *,
    char *why, size_t size);
/* Puts what was installed first, and marks it; no more than fit are kept. */
void registry_lock_add(struct registry_lock *, const struct registry_bundle *,
    const char *folder, long long now);
/* Puts versions[i] first. */
void registry_lock_use(struct registry_lock *, size_t i);
/*
 * Whether the version may be installed by what is remembered and set: 0, or
 * RL_ERR_DENIED and why[size].  want is another pin, of the asker, or "": it
 * forbids, and permits nothing.  One that is used already may be older than
 * what was here: somebody had pinned it.
 */
int registry_lock_may(const struct registry_lock *,
    const struct registry_trust *, const struct registry_index *, bool used,
    const char *want, char *why, size_t size);

/* --- registry-store.c --- */

/* What came of an installation. */
struct registry_done {
	bool unchanged; /* it was in use already */
	char id[REGISTRY_ID_MAX];
};

/*
 * Installs what lies in the folder dir, if it is signed and may be, and makes
 * it the version that is used.  force writes it anew even if it is in use.
 * 0, *done and *out (for registry_bundle_free()); or an error, why[size], and
 * nothing has changed.
 */
int registry_install(const struct paths *, const struct registry_trust *,
    int dir, const char *want, bool force, struct registry_done *done,
    struct registry_bundle **out, char *why, size_t size);
/*
 * Whether that pin takes nobody back: it refers to what is used, or is none.
 * RL_ERR_DENIED and why[size] otherwise.
 */
int registry_pin_keeps(
    const struct paths *, const char *ref, char *why, size_t size);
/*
 * Pins to ref, or to nothing with "".  A version that is kept and that ref
 * refers to is used from now on, if it can be verified.  *switched: another
 * one is used now.  0 or an error and why[size].
 */
int registry_pin(const struct paths *, const struct registry_trust *,
    const char *ref, bool *switched, char *why, size_t size);
/*
 * The version in use, verified and in memory, for registry_bundle_free().
 * RL_ERR_NOTFOUND: there is none.  Another error: there is one, and must not
 * be used; why[size] says why.
 */
int registry_current(const struct paths *, const struct registry_trust *,
    struct registry_bundle **out, char *why, size_t size);

#endif /* REGISTRY_STORE_H */
