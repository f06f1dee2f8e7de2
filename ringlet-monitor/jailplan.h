#ifndef JAILPLAN_H
#define JAILPLAN_H
/*
 * The planner: what a jail is made of, as data.  It looks at the file system
 * and changes nothing; the same request, settings and files give the same
 * plan.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "msgdef.h"
#include "strlist.h"

struct agent_binary;
struct bwrap_flags;
struct conf;
struct hook_run;
struct uploads;
struct jailnote;
struct paths;
struct policy;

#define JAILPLAN_BINDS_MAX 240 /* ARGS_MAX less what flags may add */
#define JAILPLAN_AGENT	   "/run/ringlet/ssh-agent" /* its socket inside */

/* What a plan is made from; all of it is borrowed. */
struct jailplan_in {
	const struct paths *paths;
	const char *home; /* the profile's; absolute, without links, checked */
	const char *cwd;  /* the same */
	const struct agent_binary *binary;
	const char *const *agent_binds; /* its manifest's; NULL: none */
	const struct conf *conf;
	char *const *grants;   /* the profile's, ends in NULL; NULL: none */
	const struct policy *policy; /* bounds the limits; NULL: none */
	const char *auth_sock; /* the asker's SSH_AUTH_SOCK; NULL or "": none */
	bool unix_sockets;     /* the agent may have them */
	const struct hook_run *hooks; /* NULL: it has none */
	const struct uploads *uploads; /* NULL: it takes no pictures */
	/* Jails that run: what is in their reach is not trusted to stay. */
	const struct jailnote *const *others;
	size_t nothers;
};

struct jailplan {
	struct msg_bind binds[JAILPLAN_BINDS_MAX]; /* strings in `strings` */
	const char *rules[JAILPLAN_BINDS_MAX];	   /* why each is there */
	size_t nbinds;
	size_t nsystem; /* the first so many are every jail's */
	struct strlist proofs; /* place, device, inode number, in turn */
	struct strlist left_out; /* what is not there, and why */
	bool ssh_agent;
	bool nesting;
	uint64_t memory, processes, files, cpu; /* 0: no bound */
	struct strlist strings; /* private */
};

/*
 * Plans the mounts of a jail.  RL_ERR_DENIED: the agent, a setting or a grant
 * names what a jail must not show; RL_ERR_INVALID (a grant), RL_ERR_SYSTEM,
 * RL_ERR_LIMIT; why[size] says more.  Free with jailplan_clear() in any case.
 */
int jailplan_make(const struct jailplan_in *, struct jailplan *out, char *why,
    size_t size);
void jailplan_clear(struct jailplan *);

/*
 * Whether the mounts that flags add may be made on top.  RL_ERR_DENIED and
 * why[size]: one lies where an agent may have put links for bwrap to follow, or
 * shows what JailHide hides.
 */
int jailplan_may_add(const struct jailplan *, const struct bwrap_flags *,
    char *why, size_t size);

/*
 * Appends the words that are missing: a mount that flags make read-only takes
 * with it the pins inside, which are mounts of their own.
 */
void jailplan_close(const struct jailplan *, const struct bwrap_flags *,
    struct strlist *words);

/*
 * Writes down for later plans, and for the end of the session, what this jail
 * can write and where it has mounts.
 */
void jailplan_note(const struct jailplan *, struct jailnote *);

#endif /* JAILPLAN_H */
