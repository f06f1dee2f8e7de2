#ifndef RUN_H
#define RUN_H
/*
 * From a profile's name to what is started: the profile, the agent's program,
 * the key from the keychain, the environment and arguments.
 */

#include <stdbool.h>

#include "agent-binary.h"
#include "monitor.h"
#include "profile-env.h"

struct manifest_agent;
struct profile;
struct run;

/*
 * err 0: run is the callback's, for run_free().  Otherwise run is NULL and why
 * says what is wrong and what to do.
 */
typedef void (*run_cb)(void *arg, struct run *run, int err, const char *why);

struct run {
	struct env *env;
	struct profile *profile;
	const struct manifest_agent *agent;
	struct agent_binary binary;
	struct profile_plan plan;

	/* Private: what was asked, until the key is here. */
	char **args;
	char **client_env;
	char **search;
	bool jailed;
	run_cb cb;
	void *arg;
};

/*
 * Calls cb exactly once; before it returns where no key is needed or something
 * is wrong at once.  The lists are copied.
 */
void run_prepare(struct env *, const char *alias, const struct msg_strs *args,
    const struct msg_strs *client_env, const struct msg_strs *search,
    bool jailed, run_cb cb, void *arg);
void run_free(struct run *);

#endif /* RUN_H */
