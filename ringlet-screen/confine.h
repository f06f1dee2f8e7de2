#ifndef RINGLET_SCREEN_CONFINE_H
#define RINGLET_SCREEN_CONFINE_H
/*
 * What a screen keeper takes away from itself before it reads the first byte
 * that an agent wrote.  One sibling file an operating system.
 */

#include <stdbool.h>
#include <stddef.h>

/*
 * For good: from here on the process computes, reads memory that is mapped or
 * that it is handed, writes to descriptors that it is handed, and nothing
 * else.  Tries that this is so.  0; or RL_ERR_SYSTEM or RL_ERR_STATE and *why
 * (static): then it must not go on.
 */
int confine_enter(const char **why);

/* What a confined process must not be able to do; for the test, too. */
struct confine_probe {
	const char *what;
	bool (*could)(void);
};
const struct confine_probe *confine_probes(size_t *n);

#endif /* RINGLET_SCREEN_CONFINE_H */
