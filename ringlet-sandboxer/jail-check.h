#ifndef RINGLET_SANDBOXER_JAIL_CHECK_H
#define RINGLET_SANDBOXER_JAIL_CHECK_H
/*
 * The private header of ringlet-jail-check: what its files offer each other.
 *
 *	jail-check.c		the targets, the tries, the lines
 *	jail-check-files.c	files and folders; what is left of them
 *	jail-check-sockets.c	sockets
 *	jail-check-kernel.c	keys and kernel
 *	jail-check-procs.c	processes, and what they leave
 *
 * Every try runs in a process of its own, so that it may do to itself
 * whatever it likes.
 */

#include <stdbool.h>
#include <stddef.h>

#define ABSENT	 (-1) /* there is nothing to try it on */
#define TEXT_MAX 4096

struct attempt {
	const char *name; /* as in common/battery-list.c */
	/* 0: it was reached; an errno: refused; ABSENT. */
	int (*run)(const struct attempt *);
	const char *on; /* see target_expand() */
	int a, b, c;
};

extern const struct attempt check_files[], check_sockets[], check_kernel[],
    check_procs[];
extern const size_t check_nfiles, check_nsockets, check_nkernel, check_nprocs;

/* What follows KEY= in the arguments, or NULL. */
const char *target(const char *key);
/* The same as a number, or -1. */
long target_number(const char *key);

/*
 * Copies the first alternative of *from (they are separated by '|') into dst,
 * with {KEY} replaced, and moves *from past it.  False: there is none left, or
 * it does not fit.  One with a key that was not given is passed over.
 */
bool target_expand(const char **from, char *dst, size_t size);
/*
 * Calls one() with every alternative of a->on until it returns 0; returns
 * that, or the last errno, or ABSENT if there was none.
 */
int target_any(
    const struct attempt *, int (*one)(const struct attempt *, const char *));

/* Whether the open file holds the id that the test chose.  Closes it. */
int is_secret(int fd);
/* Whether the file has the id somewhere in its first TEXT_MAX bytes. */
int file_has_id(const char *path);
/* Whether more than the standard descriptors were open at the start. */
bool had_descriptors(void);
/* The process that waits outside to be found: jail-check-procs.c. */
void victim_main(const char *id) __attribute__((__noreturn__));

#endif /* RINGLET_SANDBOXER_JAIL_CHECK_H */
