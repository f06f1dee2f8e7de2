#ifndef RINGLET_SANDBOXER_REASON_H
#define RINGLET_SANDBOXER_REASON_H
/*
 * Why a session ended: in a word that programs compare, and in words.
 */

#include <stdbool.h>
#include <stdint.h>

/* What is known at the end. */
struct ending {
	bool reported;	     /* status is the agent's own */
	int status;	     /* as wait(2)'s */
	bool kill_asked;     /* somebody asked for the end */
	bool killed;	     /* we sent SIGKILL, asked or not */
	uint64_t oom_before; /* reason_oom_kills() when the agent began */
	uint64_t oom_after;  /* and now */
	bool cpu_out;	     /* SIGKILL was for its processor time */
};

struct reason {
	const char *word; /* exit, kill, limit, memory, lost */
	const char *text; /* "" where the word says all */
};

void reason_of(const struct ending *, struct reason *);
/*
 * How many processes the kernel has killed for want of memory, in our own
 * cgroup where that can be read, else on the machine; 0 where neither can.
 * root is put before all names: "" but in tests.
 */
uint64_t reason_oom_kills(const char *root);

#endif /* RINGLET_SANDBOXER_REASON_H */
