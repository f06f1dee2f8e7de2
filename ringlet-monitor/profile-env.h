#ifndef PROFILE_ENV_H
#define PROFILE_ENV_H
/*
 * What an agent is started with: its whole environment, rebuilt from nothing,
 * and its arguments.
 */

#include <stdbool.h>
#include <stddef.h>

struct agent_binary;
struct manifest_provider;
struct manifest_set;
struct manifest_vars;
struct paths;
struct profile;
struct secret;

struct profile_run {
	/* Who runs it. */
	const struct manifest_set *manifests;
	const struct profile *profile;
	const struct agent_binary *binary;
	const struct secret *key; /* NULL: the provider takes none */
	bool jailed;
	/* What the asker sent; lists end in NULL, may be NULL. */
	const char *const *args;       /* after the profile's own */
	const char *const *client_env; /* TERM, LANG, LC_*, TZ ...: K=V; other
					  names are passed over */
	const char *const *pass_env;   /* K=V of those that settings and grants
					  name, checked */
	const char *const *hook_env;   /* K=V for hooks, as hookrun.h makes
					  them; no other of a name counts */
	const char *auth_sock;	       /* SSH_AUTH_SOCK inside, or NULL */
	const char *const *search;     /* folders for PATH outside a jail */
};

/* Both lists end in NULL.  The environment lies in guarded memory. */
struct profile_plan {
	char *home;
	char **argv; /* argv[0] included */
	const char **env;
	struct secret *env_memory; /* private */
	size_t nargv;
	size_t nenv;
};

/*
 * What the variables of templates stand for, but for ${key}; borrowed from the
 * profile, the provider and home.  RL_ERR_INVALID and why[size].
 */
int profile_vars(const struct profile *, const struct manifest_provider *,
    const char *home, struct manifest_vars *, char *why, size_t size);

/*
 * Fills *out: PATH, HOME, TERM, LANG, USER, LOGNAME, SHELL, what of LC_* and
 * TZ was given, then the agent's and the profile's variables; the arguments of
 * manifest, profile and asker.  No name comes twice.  RL_ERR_NOTFOUND: the
 * provider takes a key and there is none; RL_ERR_INVALID or RL_ERR_TOOBIG:
 * why[size] says what.  profile_plan_clear() wipes and frees, after errors
 * too.
 */
int profile_plan_make(const struct paths *, const struct profile_run *,
    struct profile_plan *out, char *why, size_t size);
void profile_plan_clear(struct profile_plan *);

/*
 * Shows instead of the values of variables that the profile sets itself, or
 * that are passed on from the asker, hide.  The list then is no environment
 * any more.
 */
void profile_plan_hide(struct profile_plan *, const struct profile_run *,
    const char *hide);

/*
 * Whether a profile of this agent may set the variable name itself (len bytes).
 * Otherwise why[size] says why not: one that loads code, that Ringlet sets, or
 * that would carry the key or move where it is sent.  Without a set the last
 * two are not looked at, as manifests alone say which they are.
 */
bool profile_env_allowed(const struct manifest_set *, const char *agent_id,
    const char *provider_id, const char *name, size_t len, char *why,
    size_t size);

#endif /* PROFILE_ENV_H */
