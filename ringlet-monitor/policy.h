#ifndef POLICY_H
#define POLICY_H
/*
 * The administrator's policy, ringlet-policy.conf(5): what users may do, as
 * data, and the questions that are asked of it.  Pure functions but for
 * policy_read().
 *
 *	policy-parse.c	the table of keywords, and the file's text
 *	policy-file.c	the file: whose it is, and whether others can write it
 *	policy.c	the questions
 *	policy-url.c	addresses, as they are matched
 *	policy-conf.c	what it makes of the user's settings
 *	api-policy.c	where the monitor asks, and requests about it
 *
 * Every question may be asked of NULL, which is no policy and allows all.  The
 * answer is 0, or RL_ERR_DENIED and why[size], which names the rule and its
 * line.
 */

#include <sys/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "grant.h"

struct conf;
struct msg_strs;
struct policy;

/* In the order of the table in policy-parse.c. */
enum policy_keyword {
	PK_ALLOW_AGENTS = 0,
	PK_DENY_AGENTS,
	PK_ALLOW_PROVIDERS,
	PK_DENY_PROVIDERS,
	PK_ALLOW_ENDPOINTS,
	PK_DENY_ENDPOINTS,
	PK_ALLOW_REGISTRIES,
	PK_DENY_REGISTRIES,
	PK_REGISTRY_KEYS,
	PK_ALLOW_MANIFESTS,
	PK_ALLOW_HOOKS,
	PK_NO_SANDBOX,
	PK_FORCE_NETWORK,
	PK_DENY_GRANTS,
	PK_DENY_BWRAP_FLAGS,
	PK_JAIL_HIDE,
	PK_JAIL_MINIMUM,
	PK_JAIL_PROTECT_REPO,
	PK_LIMIT_MEMORY,
	PK_LIMIT_PROCESSES,
	PK_LIMIT_FILES,
	PK_LIMIT_CPU,
	PK_LIMIT_TMP,
	PK_MAX_SESSIONS,
	PK_MAX_VIEWERS,
	PK_SESSION_KEEP,
	PK_VAULT_LOCK_AFTER,
	PK_LOCK_LISTEN,
	PK_REQUIRE_SAME_USER,
	PK_REQUIRE_SEALED_KEYS,
	PK_REQUIRE_FULL_SEAL,
	PK_ALLOW_UPLOADS,
	PK_BROWSE_ROOTS,
	PK_ALLOW_KEYCHAINS,
	PK_MAX_KEY_AGE,
	PK_MAX_TOKEN_AGE,
	PK_AUDIT_SYSLOG,
	PK_AUDIT_FULL,
	PK_AUDIT_KEEP,
	PK_MAX
};

#define POLICY_HASH_LEN 64 /* hex digits */

/*
 * Reads the text of a policy; file is its name in errors.  0 and *out for
 * policy_free(), or RL_ERR_INVALID and why[size] with file and line.
 */
int policy_parse(const char *text, size_t len, const char *file,
    struct policy **out, char *why, size_t size);
void policy_free(struct policy *);

/*
 * Reads the file, which must be owner's (the administrator's, 0) with its
 * folder, and closed to the writing of others; no symbolic link is followed.
 * 0 and *out; *out is NULL where there is no such file.  RL_ERR_DENIED,
 * RL_ERR_INVALID, RL_ERR_TOOBIG, RL_ERR_SYSTEM: why[size] says what to do.
 */
int policy_read(
    const char *path, uid_t owner, struct policy **out, char *why, size_t size);

/* What it is called, and the BLAKE2b hash of its text; "none" of none. */
const char *policy_file(const struct policy *);
const char *policy_hash(const struct policy *);

/* --- to be shown --- */

/* A keyword's name, and what it is for, in the table's order; or NULL. */
const char *policy_keyword_name(size_t keyword);
/* Its values joined by blanks, for free(), and its line; NULL: not set. */
char *policy_value(const struct policy *, size_t keyword, unsigned *line);

/* --- the questions --- */

int policy_may_agent(
    const struct policy *, const char *id, char *why, size_t size);
int policy_may_provider(
    const struct policy *, const char *id, char *why, size_t size);
/* "" is a provider without an address, and always allowed. */
int policy_may_endpoint(
    const struct policy *, const char *url, char *why, size_t size);
/*
 * url: https://, file://, or a folder's absolute name without links; key: the
 * text of the minisign public key, whole.  Either may be NULL, and is not asked
 * about then.
 */
int policy_may_registry(const struct policy *, const char *url, const char *key,
    char *why, size_t size);
/* source: "built-in", "registry ..." or "user ...", as of a manifest. */
int policy_may_manifest(const struct policy *, const char *id,
    const char *source, char *why, size_t size);
/* Whether the command of a hook may run, be it approved or not. */
int policy_may_hook(
    const struct policy *, const char *command, char *why, size_t size);
/* Whether some keyword of the policy is about jails. */
bool policy_has_jail_rules(const struct policy *, unsigned *line);
int policy_may_grant(
    const struct policy *, const struct grant *, char *why, size_t size);
/* options: the names of what --bwrap-flags asks for (bwrapflags.h). */
int policy_may_flags(const struct policy *, char *const *options, size_t n,
    char *why, size_t size);
/* Whether jails have no network. */
bool policy_no_network(const struct policy *);
/* Whether a grant of that limit is no more than what a jail would get. */
int policy_may_limit(const struct policy *, enum grant_limit, uint64_t value,
    char *why, size_t size);
/* Bounds *value (0: no bound) of that limit.  True: it was changed. */
bool policy_limit(const struct policy *, enum grant_limit, uint64_t *value);
/* Whether the store of that name may hold keys. */
int policy_may_keychain(
    const struct policy *, const char *store, char *why, size_t size);
/*
 * Whether a key stored at set_at (seconds since 1970) may be used at now.  1:
 * yes, but why[size] says that it will soon be too old.
 */
int policy_may_key(const struct policy *, const char *alias, long long set_at,
    long long now, char *why, size_t size);
/* Seconds that a token may live, and the rule's line; 0: any time. */
long long policy_token_age(const struct policy *, unsigned *line);
/* Seconds that a vault stays open, 0 without end: no more than it allows. */
uint64_t policy_vault_lock(const struct policy *, uint64_t seconds);
/* Whether an address in the form of conf.listen may be listened on. */
int policy_may_listen(
    const struct policy *, const char *address, char *why, size_t size);
/* Folders that a picker is bound to, NULL: none. */
const struct strlist *policy_browse_bounds(const struct policy *);
/* The line that has each audit entry go to the system's log; 0: none. */
unsigned policy_audit_syslog(const struct policy *);

/*
 * Makes the settings as tight as the policy wants, where they are not, and
 * notes the line in c->from.
 */
void policy_apply(const struct policy *, struct conf *c);

#endif /* POLICY_H */
