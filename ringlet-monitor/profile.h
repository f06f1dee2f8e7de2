#ifndef PROFILE_H
#define PROFILE_H
/*
 * The store of profiles: one JSON file each, config_dir/profiles/ALIAS.json.
 * Metadata only; a key never gets here.  Written atomically, read strictly; a
 * damaged file is reported, and never overwritten or removed by accident.
 */

#include <stdbool.h>
#include <stddef.h>

#include "hooks.h"

struct manifest_set;
struct paths;

#define PROFILE_FILE_MAX (1024 * 1024) /* bytes of one profile's file */

/* Strings are the profile's own and never NULL unless said so. */
struct profile {
	char *alias;
	char *agent_id;
	char *provider_id;
	char *endpoint_id;    /* id or URL; "": the provider's default */
	char *endpoint_url;   /* where the key goes, whatever a later manifest
				 says; "": not known yet, or no endpoints */
	char *model;	      /* "": the agent's default */
	char *working_dir;    /* absolute, or "" */
	char **args;	      /* ends in NULL; NULL: none */
	char **env;	      /* K=V, ends in NULL; NULL: none */
	char **grants;	      /* see grant.h; ends in NULL; NULL: none */
	char *keychain;	      /* the store that has the key, or "none" */
	char *keychain_item;  /* how the key is named there, or "" */
	long long created_at; /* seconds since 1970 */
	long long key_set_at; /* the same; 0: see profile_key_time() */
	long long last_used;  /* the same; 0: never */
	long long total_runs;
	struct hooks hooks; /* what the agent is to run at its events */
};

/* One file of the store. */
struct profile_entry {
	char *alias;		 /* from the file's name */
	struct profile *profile; /* NULL: the file is damaged */
	char *damage;		 /* what is wrong with it, else NULL */
};

/* An empty profile: all strings "", no lists. */
struct profile *profile_new(void);
void profile_free(struct profile *);

/*
 * Checks a profile against grammar and manifests: names, agent and provider
 * that go together, endpoint, model, working folder, arguments and variables.
 * RL_ERR_INVALID, and why[size] names the member and what is wrong with it.
 */
int profile_check(const struct manifest_set *, const struct profile *,
    char *why, size_t size);
/*
 * The same as far as it needs no manifest: a profile can be read, shown and
 * deleted whose agent or provider is not there any more, but not run.
 */
int profile_check_form(const struct profile *, char *why, size_t size);

/*
 * The text of a profile's file, and back: pure functions.  profile_format()
 * wants what profile_check_form() passes; its result is for free().
 * profile_parse() checks that too, and that the profile is called alias.
 * RL_ERR_INVALID: why[size] says what and where.  *out is for profile_free().
 */
char *profile_format(const struct profile *);
int profile_parse(const char *text, size_t len, const char *alias,
    struct profile **out, char *why, size_t size);

/*
 * Writes a new profile after profile_check().  RL_ERR_EXISTS: there is
 * already a file of that name, damaged or not.  RL_ERR_INVALID, RL_ERR_TOOBIG,
 * RL_ERR_SYSTEM; why[size] says more.
 */
int profile_create(const struct paths *, const struct manifest_set *,
    const struct profile *, char *why, size_t size);

/*
 * Reads one.  RL_ERR_NOTFOUND; RL_ERR_INVALID: the alias is none, or the file
 * is damaged: why[size] names file and member; RL_ERR_DENIED: the file is a
 * link, not regular or not ours; RL_ERR_SYSTEM.  *out is for profile_free().
 */
int profile_load(const struct paths *, const char *alias, struct profile **out,
    char *why, size_t size);

/*
 * Reads all, sorted by alias; damaged ones are among them.  *list (n entries)
 * is for profile_list_free().  No folder yet is an empty list.  RL_ERR_SYSTEM.
 */
int profile_list(const struct paths *, struct profile_entry **list, size_t *n,
    char *why, size_t size);
void profile_list_free(struct profile_entry *, size_t n);
/* How many profile files there are; 0 where they cannot be listed. */
size_t profile_count(const struct paths *);

/*
 * Takes grant into the profile, in place of one that it replaces, or out of
 * it.  RL_ERR_NOTFOUND: what is to be revoked is not there; else as
 * profile_load() and profile_check(), and RL_ERR_SYSTEM.
 */
int profile_grant(const struct paths *, const struct manifest_set *,
    const char *alias, const char *grant, bool revoke, char *why, size_t size);

/*
 * Writes one that profile_load() has read, and that was changed since, after
 * profile_check_form().  Errors as profile_create()'s.
 */
int profile_write(
    const struct paths *, const struct profile *, char *why, size_t size);

/* Says that the key is in that store now.  As profile_touch(). */
int profile_set_keychain(const struct paths *, const char *alias,
    const char *store, char *why, size_t size);

/*
 * When its key was stored: where the file does not say, when the profile was
 * made.
 */
long long profile_key_time(const struct profile *);
/* Says that it was stored now.  As profile_touch(). */
int profile_set_key_time(const struct paths *, const char *alias, long long now,
    char *why, size_t size);

/* Says where the key goes from now on.  As profile_touch(). */
int profile_set_endpoint(const struct paths *, const char *alias,
    const char *id, const char *url, char *why, size_t size);

/*
 * Counts runs, and notes when the last one was.  As profile_load(), and
 * RL_ERR_SYSTEM.
 */
int profile_touch(const struct paths *, const char *alias, long long now,
    long long runs, char *why, size_t size);

/*
 * Removes the file (not key or home), damaged or not.  RL_ERR_NOTFOUND,
 * RL_ERR_INVALID, RL_ERR_SYSTEM.
 */
int profile_remove(
    const struct paths *, const char *alias, char *why, size_t size);

#endif /* PROFILE_H */
