#ifndef COMMON_TIER_H
#define COMMON_TIER_H
/*
 * How much of a jail this machine can build, from nothing to all of it.
 */

#include <stdbool.h>

enum jail_tier {
	TIER_UNAVAILABLE = 0,
	TIER_MINIMAL,		/* lacks both of what the next two lack */
	TIER_NO_FRESH_PROC,	/* /proc is empty */
	TIER_NO_LANDLOCK_SCOPE, /* unix sockets are denied */
	TIER_FULL
};

#define TIER_MAX TIER_FULL

/* "full" and so on; static. */
const char *tier_name(enum jail_tier);

/*
 * Whether jails of the tier of that name have unix sockets, which Landlock's
 * scope confines, and a /proc.  One that is not known, or NULL, has both.
 */
bool tier_has_scope(const char *name);
bool tier_has_proc(const char *name);

#endif /* COMMON_TIER_H */
