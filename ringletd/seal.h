#ifndef RINGLETD_SEAL_H
#define RINGLETD_SEAL_H
/*
 * The seal: what ringletd takes away from itself before it reads the first
 * byte of a stranger.  One sibling file an operating system.
 */

#include <stdbool.h>
#include <stddef.h>

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

/*
 * One thing that a sealed process must not be able to do: seal_enter() tries
 * them all.  In a process that is not sealed they can do harm to that process
 * (it may become a traced one, or lose its descriptor 3), and to no other.
 */
struct seal_probe {
	const char *what; /* "it could ..." */
	bool (*could)(void);
};

/* All of them, *n in number; constant. */
const struct seal_probe *seal_probes(size_t *n);

#endif /* RINGLETD_SEAL_H */
