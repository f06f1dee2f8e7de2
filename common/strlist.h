#ifndef COMMON_STRLIST_H
#define COMMON_STRLIST_H
/*
 * A growing list of strings of its own.  Start with { NULL, 0 }.  v ends in
 * NULL once there is one.
 */

#include <stdbool.h>
#include <stddef.h>

struct strlist {
	char **v;
	size_t n;
};

/* Appends a copy. */
void strlist_add(struct strlist *, const char *);
void strlist_addf(struct strlist *, const char *fmt, ...)
    __attribute__((__format__(printf, 2, 3)));
bool strlist_has(const struct strlist *, const char *);
/* Makes to, whose strings are freed, a copy of from. */
void strlist_copy(struct strlist *to, const struct strlist *from);
/* Frees the strings and leaves an empty list. */
void strlist_clear(struct strlist *);

#endif /* COMMON_STRLIST_H */
