#ifndef RINGLETD_SPAN_H
#define RINGLETD_SPAN_H
/*
 * Pieces of text that somebody else keeps, as a request has them: compared,
 * read as numbers, taken apart where they are lists.  Pure functions, over
 * bytes that may be anything.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* len bytes at p, not NUL-terminated.  p NULL: there is none. */
struct span {
	const char *p;
	size_t len;
};

/* A blank, or a tab: what may stand around the parts of a field. */
bool span_is_blank(char c);
/* Whether s is exactly text. */
bool span_is(const struct span *s, const char *text);
/* The same without regard to the case of letters. */
bool span_is_nocase(const struct span *s, const char *text);
/* Decimal digits as a number of at most max; false if it is not that. */
bool span_number(const struct span *s, int64_t max, int64_t *out);
/*
 * Takes the next part of a list, up to sep, off *rest: *part is what is between
 * the blanks around it, and may be empty.  False: that was the last.
 */
bool span_next(struct span *rest, char sep, struct span *part);
/*
 * Whether a list with commas has that word, without regard to the case of
 * letters.
 */
bool span_list_has(struct span list, const char *word);

#endif /* RINGLETD_SPAN_H */
