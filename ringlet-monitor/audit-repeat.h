#ifndef AUDIT_REPEAT_H
#define AUDIT_REPEAT_H
/*
 * Refusals that come again and again, as one entry and a count.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit-line.h"

/* An entry is not written again for so long after it was. */
#define AUDIT_REPEAT_MS 60000
/* Different ones that are remembered. */
#define AUDIT_REPEAT_MAX 32

struct audit_repeat;

/* An entry as audit_event() has it; details are pairs, ended by NULL. */
struct audit_saying {
	const struct audit_who *who;
	const char *event;
	const char *object;
	const char *outcome;
	const char *const *details;
};

/*
 * Writes an entry once more, for it came so many times since.  0, or it could
 * not be written: then the count is kept.
 */
typedef int (*audit_repeat_cb)(
    void *arg, const struct audit_saying *, uint64_t times);

struct audit_repeat *audit_repeat_new(audit_repeat_cb cb, void *arg);
/* Also NULL.  Counts that were not told are gone. */
void audit_repeat_free(struct audit_repeat *);
/*
 * Whether the same was written less than AUDIT_REPEAT_MS ago; then it is
 * counted, and need not be written.  now: loop_now().
 */
bool audit_repeat_counts(
    struct audit_repeat *, const struct audit_saying *, uint64_t now);
/*
 * It has been written.  When AUDIT_REPEAT_MAX are remembered the oldest makes
 * room: its count is told, or, if that cannot be, this one is not remembered.
 */
void audit_repeat_written(
    struct audit_repeat *, const struct audit_saying *, uint64_t now);
/*
 * Tells the counts of those whose time is over; all: of all.  Returns after how
 * many milliseconds there is more to tell; 0: nothing is remembered.
 */
uint64_t audit_repeat_tell(struct audit_repeat *, uint64_t now, bool all);

#endif /* AUDIT_REPEAT_H */
