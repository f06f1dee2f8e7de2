#ifndef RINGLET_SANDBOXER_JAIL_PROBE_H
#define RINGLET_SANDBOXER_JAIL_PROBE_H
/*
 * What of a jail can be had on this machine, found out by building one, and
 * what to do where it is not all.
 */

#include <stddef.h>

#include "tier.h"

#define PROBE_TEXT_MAX 1024

struct jail_probe {
	enum jail_tier tier;
	/* What is missing and how to mend it, for people; "" for full. */
	char text[PROBE_TEXT_MAX];
};

/* What is tried; tests have others. */
struct jail_probe_with {
	const char *bwrap; /* absolute names */
	const char *init;
	const char *sys; /* "/proc/sys" */
	int landlock;	 /* ruleset of jail_landlock_open(), or -1 */
};

/*
 * Builds an empty jail, or finds out why that fails.  Takes some 10 ms, and
 * at most 15 s where bwrap hangs.
 */
void jail_probe(const struct jail_probe_with *, struct jail_probe *out);

#endif /* RINGLET_SANDBOXER_JAIL_PROBE_H */
