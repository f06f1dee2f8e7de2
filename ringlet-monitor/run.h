#ifndef RUN_H
#define RUN_H
/*
 * From a profile's name to what is started: the profile, the agent's program,
 * the key from the keychain, the environment and arguments.
 */

#include <stdbool.h>

#include "agent-binary.h"
#include "hookrun.h"
#include "monitor.h"
#include "profile-env.h"
#include "strlist.h"

struct profile;
struct run;

/*
 * err 0: run is the callback's, for run_free().  Otherwise run is NULL and why
 * says what is wrong and what to do.
 */
typedef void (*run_cb)(void *arg, struct run *run, int err, const char *why);

/* What is asked; copied by those who take it. */
struct run_ask {
	const char *alias;
	struct msg_strs args;	    /* after the profile's own */
	struct msg_strs client_env; /* TERM LANG LC_* TZ ...: K=V */
	struct msg_strs search;	    /* folders of the asker's PATH */
	struct msg_strs pass_env;   /* K=V that settings or grants may name */
	const char *auth_sock;	    /* SSH_AUTH_SOCK; NULL or "": none */
	const struct asker *asker;  /* whom the keychain may ask, or NULL */
	const struct audit_who *who; /* asks ... */
	const char *purpose;	     /* ... for what, in a static word */
	bool jailed;
	bool cli;    /* else pass_env is our own environment's */
	bool no_key; /* none is read: its variable gets other text */
	enum hook_where hooks; /* 0: it gets none */
};

struct run {
	struct env *env;
	struct profile *profile;
	struct agent_binary binary;
	struct profile_plan plan;
	struct hook_run hooks;

	char *auth_sock; /* that the jail gets, or NULL */

	/* Private: what was asked, until the key is here. */
	struct strlist args;
	struct strlist client_env;
	struct strlist search;
	struct strlist pass_env;
	struct audit_who who;
	const char *purpose;
	bool jailed;
	bool endpoint_found; /* it is to be written down */
	bool asks; /* the keychain may ask asker */
	struct asker asker;
	run_cb cb;
	void *arg;
};

/*
 * Calls cb exactly once; before it returns where no key is needed or something
 * is wrong at once.
 */
void run_prepare(struct env *, const struct run_ask *, run_cb cb, void *arg);
/*
 * The same for looking at it alone: nothing is made, no key is read, and
 * "<secret>" stands for it and for what may be one.  0 and *out for
 * run_free(), or an error and why[size].
 */
int run_explain(struct env *, const struct run_ask *, struct run **out,
    char *why, size_t size);
void run_free(struct run *);
/*
 * Puts ringlet-jail-check in the agent's place, with the asker's arguments
 * alone; in a jail flags come to show it.  RL_ERR_UNAVAILABLE and why[size].
 */
struct bwrap_flags;
int run_become_check(
    struct run *, struct bwrap_flags *flags, char *why, size_t size);

#endif /* RUN_H */
