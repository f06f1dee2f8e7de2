#ifndef RINGLET_SANDBOXER_SCREENS_H
#define RINGLET_SANDBOXER_SCREENS_H
/*
 * What a session's terminal showed at some offsets of its output, and when its
 * size changed: two lists in the order of offsets.  What is before the ring's
 * oldest byte goes, but for the size that the terminal had there, and for the
 * newest screen, since from it a keeper goes on.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCREENS_MAX 12	/* saved ones */
#define SIZES_MAX   128 /* that the terminal had */

struct screen {
	uint64_t offset; /* it is that before this byte */
	unsigned int cols;
	unsigned int rows;
	int fd;	    /* sealed, see common/snapshot.h */
	bool exact; /* every byte before was seen by a keeper */
};

struct size_at {
	uint64_t offset; /* from this byte on */
	unsigned int cols;
	unsigned int rows;
};

struct screens {
	struct screen saved[SCREENS_MAX];
	size_t n; /* at least one */
	struct size_at sizes[SIZES_MAX];
	size_t nsizes; /* at least one */
};

/* Begins with a blank screen at offset 0.  0 or RL_ERR_SYSTEM. */
int screens_init(struct screens *, unsigned int cols, unsigned int rows);
/* Closes what is there; also one that is all zero. */
void screens_clear(struct screens *);
/*
 * Adds a screen that is not before the newest; fd is taken.  space: nearer to
 * each other than this many bytes they are not worth keeping.
 */
void screens_add(
    struct screens *, uint64_t offset, int fd, bool exact, uint64_t space);
/* The ring's oldest byte is that at tail: forgets what is not needed. */
void screens_trim(struct screens *, uint64_t tail);
/* Nothing is known any more: a blank screen at offset, not exact. */
void screens_lost(struct screens *, uint64_t offset, int fd);
const struct screen *screens_newest(const struct screens *);
/* The oldest at or after offset; NULL: there is none. */
const struct screen *screens_from(const struct screens *, uint64_t offset);
/*
 * The size changes at offset, which is not before the last change.  Of too many
 * the first is forgotten, since the last must be right; if a screen was still
 * to be made from there, that will not be exact.
 */
void screens_resize(
    struct screens *, uint64_t offset, unsigned int cols, unsigned int rows);
/* How many changes there were since the newest screen. */
size_t screens_unsaved(const struct screens *);
/* The size at offset, as far back as it is known. */
void screens_size(const struct screens *, uint64_t offset, unsigned int *cols,
    unsigned int *rows);

#endif /* RINGLET_SANDBOXER_SCREENS_H */
