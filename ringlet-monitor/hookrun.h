#ifndef HOOKRUN_H
#define HOOKRUN_H
/*
 * The hooks of one run.  What is approved goes into the agent's settings in
 * the profile's home, as a call of ringlet-jail-hook with a hash; what it is
 * to execute lies in a file of that hash's name in a folder of Ringlet's own,
 * which a jail shows read-only.  No text of a hook ever becomes a part of
 * another command.
 */

#include <stdbool.h>
#include <stddef.h>

#include "strlist.h"

#define HOOKRUN_PROGRAM "/run/ringlet/jail-hook" /* places in a jail */
#define HOOKRUN_DIR	"/run/ringlet/hooks"

struct env;
struct manifest_agent;
struct profile;

enum hook_where {
	HOOK_JAILED = 1, /* a session in a jail */
	HOOK_SESSION,	 /* one without */
	HOOK_LOCAL	 /* the command becomes the agent */
};

struct hook_run {
	bool any;      /* there are some, and what follows is set */
	char *dir;     /* what each is to execute */
	char *program; /* ringlet-jail-hook */
	char *report;  /* where it reports: a pipe with a name, or a socket */
	bool made;     /* that pipe is ours to remove */
	struct strlist env;	 /* variables of the agent, K=V */
	struct strlist left_out; /* which hooks, and why: for people */
};

/* Whether the agent can be given hooks. */
bool hook_run_supports(const struct manifest_agent *);

/*
 * Writes the approved hooks of the profile into its home, which is there, and
 * fills *out; what is not approved, or was put into the home by others, is
 * taken out of there.  An error and why[size]: then nothing may be started.
 * Free with hook_run_clear() in any case, which removes the pipe.
 */
int hook_run_make(struct env *, const struct profile *,
    const struct manifest_agent *, enum hook_where, struct hook_run *out,
    char *why, size_t size);
/* Fills *out as far as that goes without making anything. */
void hook_run_plan(struct env *, const struct profile *,
    const struct manifest_agent *, enum hook_where, struct hook_run *out);
void hook_run_clear(struct hook_run *);

/* Removes what there is of a profile's hooks besides its file. */
void hook_run_forget(struct env *, const char *alias);

#endif /* HOOKRUN_H */
