#ifndef INIT_H
#define INIT_H
/*
 * What the steps of `ringlet init` share.
 */

#include <stdbool.h>

#include "ringlet.h"

/* How a step ended. */
enum init_state {
	INIT_DONE,
	INIT_LEFT,    /* it needs a person, or something that is not there */
	INIT_SKIPPED, /* it was not wanted */
	INIT_FAILED   /* what Ringlet needs does not work */
};

struct init {
	struct cli *cli;
	bool asks; /* there is somebody to ask */
	json_t *steps;
	json_t *agents;
	json_t *profiles;
	json_t *next;	  /* commands to go on with */
	json_t *installs; /* and those of which one gets an agent */
	unsigned failed;
	bool jailless; /* no jail can be built */
	int error; /* of the last init_ask() */
};

/* Tells how a step ended, and what to do where that is not well. */
void init_say(struct init *, const char *step, enum init_state, const char *fmt,
    ...) __attribute__((__format__(printf, 4, 5)));
/* Something to type next. */
void init_next(struct init *, const char *fmt, ...)
    __attribute__((__format__(printf, 2, 3)));
/*
 * Asks the daemon without a word to the user: true and *m for msg_clear(), or
 * why[size].
 */
bool init_ask(struct init *, uint16_t type, const void *body, uint16_t want,
    struct msg *m, char *why, size_t size);

/*
 * How an agent is installed, for free(), from what its manifest says.  Where
 * npm is the system's, its global folder is, too, and only root may write
 * there: then npm gets one in the user's home, which is a folder of agents,
 * too.
 */
char *init_install(const char *install);

/* init-profile.c: makes a profile, unless there is one. */
void init_profile(struct init *, const struct msg_agents *);

#endif /* INIT_H */
