#ifndef RINGLET_JAIL_HOOK_H
#define RINGLET_JAIL_HOOK_H
/*
 * What ringlet-jail-hook reports, over a pipe with a name, and the file that
 * says what it executes.  All three programs are of one build, so the record is
 * a plain struct; it is shorter than PIPE_BUF, so that it is written whole.
 *
 *	ringlet-jail-hook EVENT HASH
 *
 * with RINGLET_HOOKS, a folder with a file named HASH, and RINGLET_HOOK_REPORT,
 * the pipe or, without a jail, the monitor's control socket.
 *
 * The file: alias, event, index, time-out in seconds, matcher, each with a NUL
 * behind it; then the command, to the end.
 */

#include <stdint.h>

#define JAIL_HOOK_MAGIC 0x524a4831u /* "RJH1" */

struct jail_hook_record {
	uint32_t magic;
	uint32_t event; /* enum hook_event */
	uint32_t index;
	uint32_t phase; /* enum hook_phase */
	int32_t status;
	uint8_t hash[32];
};

#define JAIL_HOOK_TIMED_OUT 124 /* as timeout(1) */

#endif /* RINGLET_JAIL_HOOK_H */
