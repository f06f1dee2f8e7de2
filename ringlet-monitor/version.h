#ifndef VERSION_H
#define VERSION_H
/*
 * The version of an agent's program, where no package says it: the program is
 * run in a jail and what it prints is read.
 *
 *	version-text.c		what it may print
 *	version-ask.c		the process that asks
 *	version-jail-*.c	the jail that it asks in
 */

#include <stddef.h>

struct msg_version_ask;

#define VERSION_MAX	 64   /* bytes of a version */
#define VERSION_TEXT_MAX 4096 /* bytes of what is printed that are read */

/*
 * Finds the version in what a program printed, len bytes: the first word of
 * its first lines that is N.N or N.N.N ..., with a "v", a name and "/" or "@"
 * before it perhaps, and "-beta.1" or "+build" behind it.  Lines with control
 * characters, or longer than 256 bytes, are passed over.  0 and out[size];
 * RL_ERR_NOTFOUND: there is none.
 */
int version_find(const char *text, size_t len, char *out, size_t size);

/*
 * Runs ask->path with ask->argument in a jail: no network, no home, the
 * system and ask->binds read-only, an environment of its own, bounds.  After
 * 5 seconds, or once the other end of channel is closed, all of it is killed;
 * nothing of it lives when this returns.  The caller must have no children
 * of its own.
 * 0 and the first *len (at most VERSION_TEXT_MAX) bytes of its standard
 * output; else an error and why[size], in which what others wrote is escaped.
 */
int version_jail_run(const struct msg_version_ask *, const char *bwrap,
    int channel, char *out, size_t *len, char *why, size_t size);

/* The process: what the monitor does with -A. */
void version_ask_main(void) __attribute__((__noreturn__));

#endif /* VERSION_H */
