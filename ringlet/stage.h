#ifndef RINGLET_STAGE_H
#define RINGLET_STAGE_H
/*
 * stage.c, stagelook.c: what stands outside while `ringlet sandbox check` runs:
 * files, sockets, keys and a process to be found, all made for the test and
 * removed after it.
 */

#include <sys/resource.h>
#include <sys/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "paths.h"

#define STAGE_ID_LEN  16
#define STAGE_TARGETS 32

enum stage_socket {
	SS_HOME_STREAM,
	SS_HOME_DGRAM,
	SS_TMP_STREAM,
	SS_ABSTRACT_STREAM,
	SS_ABSTRACT_SEQPACKET,
	SS_ABSTRACT_DGRAM,
	SS_ABSTRACT_PAIR,
	SS_COUNT
};

struct stage {
	char id[STAGE_ID_LEN + 1];
	char *home;   /* the user's, without links */
	char *secret; /* the folder of what is to be found */
	char *other;  /* one beside the profiles' homes */
	char *work;   /* the session's working folder */
	char *parent; /* the folder above it, or NULL: within the home */
	char *profile_dir, *config_dir;
	int sockets[SS_COUNT];
	int fifo;
	int pty;
	pid_t victim; /* 0: none */
	int victim_in, victim_out;
	int victim_nice;     /* before */
	rlim_t victim_limit; /* likewise */
	bool niced, limited; /* what became of them */
	long key;	     /* serial, -1: none */
	int shm, msq;	     /* System V, -1: none */
	int32_t shm_left;    /* the key that is free */
	unsigned signals;    /* that reached the victim, by number */
	char *targets[STAGE_TARGETS];
	size_t ntargets;
};

/*
 * Sets it up for a session of the profile with that home, in that working
 * folder.  0, or RL_ERR_SYSTEM and why[size]: the folders could not be made.
 * What else cannot be had is left out.  stage_end() in either case.
 */
int stage_begin(struct stage *, const struct paths *, const char *profile_home,
    const char *work, char *why, size_t size);
/*
 * Whether the attempt of that name, which leaves something outside, has.  To
 * be asked once the session has ended.
 */
bool stage_left(struct stage *, const char *name);
/* Ends the process that was to be found; what it saw is known from then on. */
void stage_end_victim(struct stage *);
/* Removes everything, also what attempts have left. */
void stage_end(struct stage *);

#endif /* RINGLET_STAGE_H */
