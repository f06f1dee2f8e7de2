#ifndef RINGLET_SANDBOXER_JAIL_H
#define RINGLET_SANDBOXER_JAIL_H
/*
 * A jail as data.  The monitor plans it; jail_check() judges the plan once
 * more; jail-bwrap.c turns it into bwrap's arguments.  All of it is borrowed
 * from the message it came in.
 */

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

#include "msgdef.h"

struct buf;

/* Where ringlet-jail-init lies inside every jail. */
#define JAIL_INIT_INSIDE "/run/ringlet/jail-init"
/* And where its hooks report, if it has any. */
#define JAIL_HOOK_REPORT "/run/ringlet/hook-report"

/* Descriptors in bwrap's process, and in that of an unjailed init. */
#define JAIL_FD_REPORT	3 /* kept until the agent's exec */
#define JAIL_FD_ARGS	4 /* bwrap closes it */
#define JAIL_FD_SECCOMP 5 /* likewise */
#define JAIL_FD_LIMIT	6 /* the first that must not be open */

/* A path inside the jail, and the file that must be there. */
struct jail_proof {
	const char *path;
	uint64_t dev;
	uint64_t ino;
};

/* Limits of the agent's process and its children; 0: none. */
struct jail_limits {
	uint64_t memory;    /* bytes of private memory, RLIMIT_DATA */
	uint64_t processes; /* RLIMIT_NPROC */
	uint64_t files;	    /* RLIMIT_NOFILE */
	uint64_t cpu;	    /* seconds, RLIMIT_CPU */
};

struct jail {
	const struct msg_jail_start *plan;
	const char *init; /* ringlet-jail-init's absolute name outside */
	struct jail_proof proof[2]; /* working folder and home */
	struct jail_limits limits;
	bool no_proc; /* a fresh /proc cannot be had: an empty one */
};

/*
 * Whether a plan can be carried out as it is written: names are absolute and
 * normal, words of bwrap are known ones that loosen nothing on their own,
 * sizes are within bounds.  0, or RL_ERR_INVALID and *why (size bytes) says
 * what is wrong.
 */
int jail_check(const struct msg_jail_start *plan, char *why, size_t size);

/*
 * Appends the words that go through `--args`, each with its NUL, to out.
 * Pure: the same jail gives the same bytes.  RL_ERR_TOOBIG: out is full.
 */
int jail_bwrap_args(const struct jail *, struct buf *out);

/*
 * The command: bwrap's own words, jail-init's, and the agent's; for a plan
 * that is not sandboxed, jail-init's and the agent's alone.  NULL-terminated,
 * one block with its strings: free() it.
 */
char **jail_command(const struct jail *);

#endif /* RINGLET_SANDBOXER_JAIL_H */
