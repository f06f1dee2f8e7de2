#ifndef RINGLETD_SEAL_H
#define RINGLETD_SEAL_H
/*
 * The seal: what ringletd takes away from itself before it reads the first
 * byte of a stranger.  One sibling file an operating system.
 */

#include <stdbool.h>

#define SEAL_TEXT_MAX 512

struct seal {
	bool full;		  /* all that this system's seal has */
	char text[SEAL_TEXT_MAX]; /* what is missing from full, or "" */
};

/*
 * Seals the process for good and tests that it is sealed.  Descriptors that
 * are open stay usable.  0; or RL_ERR_SYSTEM when a step fails that should
 * not, or RL_ERR_STATE when something that the seal forbids can still be done:
 * then s->text says what, and the process must not serve.
 */
int seal_enter(struct seal *s);

#endif /* RINGLETD_SEAL_H */
