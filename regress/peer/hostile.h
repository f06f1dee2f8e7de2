#ifndef REGRESS_PEER_HOSTILE_H
#define REGRESS_PEER_HOSTILE_H
/*
 * A peer of the monitor that means harm; see hostile.c.
 */

#define HOSTILE_WAIT_MS 20000 /* longer than anything here takes */

/* Attacks a running monitor on its control socket; the exit status. */
int hostile_control(const char *path);

/*
 * Takes the place of the daemon of that name, does what it is told through
 * a FIFO, and waits to be killed for it.  Does not return.
 */
void hostile_daemon(const char *name) __attribute__((__noreturn__));

#endif /* REGRESS_PEER_HOSTILE_H */
