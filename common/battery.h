#ifndef COMMON_BATTERY_H
#define COMMON_BATTERY_H
/*
 * The attempts of `ringlet sandbox check`: what there is to try, in the order
 * in which it is tried, and the lines in which a try is told.
 *
 * One line an attempt, and one at the end:
 *
 *	RJC1 NAME reached
 *	RJC1 NAME refused ERRNO
 *	RJC1 NAME killed SIGNAL
 *	RJC1 NAME absent		there was nothing to try
 *	RJC1 end COUNT
 */

#include <stddef.h>

#define BATTERY_TAG "RJC1"

enum battery_group {
	BG_FILES = 0,
	BG_SOCKETS,
	BG_KERNEL,
	BG_PROCESSES,
	BG_LEFT,
	BG_COUNT
};

struct battery_attempt {
	const char *name;
	enum battery_group group;
	/*
	 * 0: it got through if it says so.  1: if it has left something where
	 * it must not, whatever it says: a file in a private /tmp is none.
	 */
	int outside;
	const char *what; /* for people */
};

/* In order. */
const struct battery_attempt *battery_attempts(size_t *n);
/* The group's name, for people. */
const char *battery_group(enum battery_group);

enum battery_verdict {
	BV_NONE = 0, /* no line told of it */
	BV_REACHED,
	BV_REFUSED,
	BV_KILLED,
	BV_ABSENT
};

struct battery_result {
	enum battery_verdict verdict;
	int number; /* errno or signal */
};

/*
 * Reads the lines in text (len bytes), which may end in CR LF, into
 * results[], one for each attempt in order.  0, or a negative RL_ERR_INVALID
 * and why (size bytes): another line, one attempt told twice, a number out of
 * its bounds, attempts left out.
 */
int battery_parse(const char *text, size_t len, struct battery_result *results,
    char *why, size_t size);

#endif /* COMMON_BATTERY_H */
