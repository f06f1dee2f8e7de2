#ifndef RINGLET_JAIL_INIT_H
#define RINGLET_JAIL_INIT_H
/*
 * What ringlet-jail-init tells the sandboxer: one record a datagram, over a
 * SOCK_SEQPACKET pair, in the order of the enum.  Both are of one build, so
 * the record is a plain struct.
 *
 *	ringlet-jail-init [-u] [-l MEMORY PROCESSES FILES SECONDS] FD
 *	    [PATH DEV INO]... -- PROGRAM ARGV0 [ARG]...
 *	ringlet-jail-init -t
 *
 * -l bounds the agent: bytes of private memory, processes of its user,
 * descriptors, processor time; 0: not.  With -t it ends at once, with status 0.
 *FD is the socket; DEV and INO are decimal.
 */

#include <stdint.h>

#define JAIL_REPORT_MAGIC 0x524a4931u /* "RJI1" */

enum jail_report_type {
	/* The jail stands and every path is what it must be; carries a pidfd
	   of the init itself. */
	JREP_BUILT = 1,
	/* Path number index is not that file; value is errno, or 0 where
	   another file is in its place.  The last record. */
	JREP_VERIFY_FAILED = 2,
	/* Sent by the agent's process before exec; carries its pidfd. */
	JREP_AGENT = 3,
	/* The agent's program runs. */
	JREP_STARTED = 4,
	/* It could not be started: value is errno, index a jail_step.  The
	   last record. */
	JREP_EXEC_FAILED = 5,
	/* The agent ended: value is its exit code, or the signal.  The last
	   record. */
	JREP_EXITED = 6,
	JREP_SIGNALLED = 7
};

/* Where a start failed. */
enum jail_step {
	JSTEP_SETUP = 0, /* the init's own preparations */
	JSTEP_FORK = 1,
	JSTEP_TERMINAL = 2, /* taking the terminal */
	JSTEP_EXEC = 3	    /* execve(2) of the program */
};

struct jail_report {
	uint32_t magic;
	uint32_t type; /* enum jail_report_type */
	int32_t value;
	uint32_t index;
};

/*
 * Exit status of the init.  0: the agent ended, was reported, and (-u) none
 * of its processes is left.
 */
#define JAIL_INIT_FAILED  125 /* the last record, if any, says why */
#define JAIL_INIT_ORPHANS 124 /* -u: processes are left that it may not kill   \
			       */

#endif /* RINGLET_JAIL_INIT_H */
