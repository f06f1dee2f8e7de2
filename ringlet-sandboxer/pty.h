#ifndef RINGLET_SANDBOXER_PTY_H
#define RINGLET_SANDBOXER_PTY_H
/*
 * Pseudo-terminals of sessions.
 */

#include <stdint.h>

struct pty {
	int master; /* non-blocking */
	int slave;  /* for the child; close it after the fork */
};

/*
 * Opens a pair, both close-on-exec and nobody's controlling terminal, with
 * the modes of a sane UTF-8 terminal and that size.  The descriptors are the
 * caller's.  RL_ERR_SYSTEM: none is open then.
 */
int pty_open(struct pty *, unsigned int cols, unsigned int rows);

/*
 * Sets the size; the kernel tells the foreground processes (SIGWINCH) if it
 * changed.  0 or RL_ERR_SYSTEM.
 */
int pty_resize(int master, unsigned int cols, unsigned int rows);

/*
 * Sends SIGINT or SIGQUIT to the terminal's foreground processes, as its keys
 * do.  0 or RL_ERR_SYSTEM.
 */
int pty_signal(int master, int signo);

#endif /* RINGLET_SANDBOXER_PTY_H */
