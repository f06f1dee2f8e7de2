#ifndef RINGLETD_TERMSIZE_H
#define RINGLETD_TERMSIZE_H
/*
 * Changes of a terminal's size that belong to bytes which a viewer has not
 * been sent yet, in their order.
 */

#include <sys/queue.h>
#include <stdint.h>

#define TERMSIZE_MAX 160 /* more than the sandboxer remembers */

struct termsize {
	uint64_t offset; /* from this byte on */
	uint64_t cols;
	uint64_t rows;
	STAILQ_ENTRY(termsize) link;
};

struct termsizes {
	STAILQ_HEAD(, termsize) list;
	unsigned n;
};

void termsizes_init(struct termsizes *);
/*
 * Adds one.  Of too many the oldest is forgotten: it was not for long.  One
 * that is before the last begins the list anew.
 */
void termsizes_put(
    struct termsizes *, uint64_t offset, uint64_t cols, uint64_t rows);
/* The next one; NULL: there is none. */
const struct termsize *termsizes_next(const struct termsizes *);
/* Removes it. */
void termsizes_drop(struct termsizes *);
/* Removes those before a byte. */
void termsizes_begin(struct termsizes *, uint64_t offset);
void termsizes_clear(struct termsizes *);

#endif /* RINGLETD_TERMSIZE_H */
