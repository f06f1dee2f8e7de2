#ifndef RINGLET_SCREEN_SCREEN_H
#define RINGLET_SCREEN_SCREEN_H
/*
 * What a terminal shows after the bytes that were fed to it: a pure library,
 * without input, output or clock.  What bytes mean is what they mean to
 * xterm.js 6, which the dashboard has; some of what it ignores and others
 * know is kept too, so that a viewer of another kind is set up right.
 *
 * Memory is bounded by the size of the screen, whatever is fed.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "valid.h"

struct buf;
struct screen;

#define SCREEN_SIDE_MIN	 1
#define SCREEN_COLS_MIN	 2 /* a wide character must fit; xterm.js's, too */
#define SCREEN_SIDE_MAX	 4096
#define SCREEN_CELLS_MAX (512 * 1024) /* columns times rows */

/*
 * A terminal just reset.  Sizes beyond the bounds are taken as the nearest
 * one within; rows give way where there would be too many cells.
 */
struct screen *screen_new(unsigned int cols, unsigned int rows);
void screen_free(struct screen *);

void screen_feed(struct screen *, const uint8_t *p, size_t len);
/*
 * As much of it as can be done in little time; returns how many bytes, at
 * least one.  On a large screen all of 256 KiB can take a minute: each erases
 * it, say.
 */
size_t screen_feed_some(struct screen *, const uint8_t *p, size_t len);
/* As a terminal does that keeps no scrollback and does not wrap anew. */
void screen_resize(struct screen *, unsigned int cols, unsigned int rows);

unsigned int screen_cols(const struct screen *);
unsigned int screen_rows(const struct screen *);

/*
 * How many bytes at the end of what was fed belong to a character or sequence
 * that is not complete.  They are at most SCREEN_PENDING_MAX.
 */
#define SCREEN_PENDING_MAX 8192
size_t screen_pending(const struct screen *);

/*
 * What was to make a person look: the last bell (BEL that ends no string) and
 * the last notification (OSC 9, 99, 777).  Places are offsets of the byte
 * behind it; 0: there was none.  The text is the program's own word, without
 * control characters.
 */
struct screen_notices {
	uint64_t bell;
	uint64_t note;
	char title[NOTICE_MAX + 1];
	char text[NOTICE_MAX + 1];
};
const struct screen_notices *screen_notices(const struct screen *);
/* Forgets them. */
void screen_notices_clear(struct screen *);
/* The same, and the next byte that is fed has that offset. */
void screen_notices_from(struct screen *, uint64_t offset);

/*
 * Appends to out the bytes that make a terminal of this size show the same,
 * whatever it shows now; its scrollback stays.  The state is that before the
 * pending bytes.  RL_ERR_TOOBIG: they do not fit; out has a part of them then.
 */
int screen_snapshot(const struct screen *, struct buf *out);
/* The same without hyperlinks, which can be most of it. */
int screen_snapshot_plain(const struct screen *, struct buf *out);

/*
 * For tests: whether both are in the same state, in every field.  NULL, or
 * what differs (static).
 */
const char *screen_differ(const struct screen *, const struct screen *);
/* For tests: parses all of p, with no short cut for floods. */
void screen_feed_slowly(struct screen *, const uint8_t *p, size_t len);
/* For tests: appends what every cell holds, and every mode, as JSON. */
int screen_dump(const struct screen *, struct buf *out);

#endif /* RINGLET_SCREEN_SCREEN_H */
