#ifndef COMMON_UNITS_H
#define COMMON_UNITS_H
/*
 * Numbers with a unit, as people write sizes and times: one reader for the
 * settings and for the command.  A pure function over text.
 */

#include <stdbool.h>

struct unit {
	const char *name; /* in lower case; "": of a bare number */
	long long factor; /* greater than 0 */
};

/* Tables end with a name that is NULL. */
extern const struct unit units_count[];	 /* no unit */
extern const struct unit units_size[];	 /* bytes: k, m, g, or none */
extern const struct unit units_time[];	 /* milliseconds: ms, s, m; none: s */
extern const struct unit units_period[]; /* seconds: s, m, h, d; none: s */
extern const struct unit units_span[];	 /* seconds: s, m, h, d, w */

/*
 * Reads digits and one of the units, in either case: *out is their product if
 * that is within min and max.  False: it is not, or s is anything else.
 */
bool units_parse(const char *s, const struct unit *, long long min,
    long long max, long long *out);

#endif /* COMMON_UNITS_H */
