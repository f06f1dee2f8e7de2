/*
 * flood.c: output that has scrolled away before anybody sees it.
 *
 * Text without control sequences moves the cursor down and scrolls, and no
 * more.  With a region of the whole screen, whatever stands before the last
 * 2 * rows - y ends of lines of such text is gone from the screen after it,
 * with the cursor in row y before it: rows - 1 - y of them bring it to the
 * bottom if none did before, and rows more scroll all out that was there.
 * Behind a CR LF no character is under way and the cursor is in column 0, so
 * reading on from there leads to the same state.
 */

#include "config.h"

#include <string.h>

#include "internal.h"

#define BLOCK	256 /* bytes looked at at once */
#define EACH(b) ((b)*0x0101010101010101u)
#define TOP	EACH(0x80u)

#define NOT_PLAIN 1u /* some byte is not plain */
#define MAYBE_C1  2u /* some byte is 0xc2, which all C1 controls begin with */

/* Text, and the controls that only move the cursor to the right or left. */
static inline bool
is_plain(uint8_t c)
{
	return c >= 0x20 ? c != 0x7f : (c >= 0x07 && c <= 0x0a) || c == 0x0d;
}

/*
 * What is in a block, eight bytes at a time and without branches.  Adding n
 * to the low seven bits of a byte sets its top bit if they are 0x80 - n or
 * more, and carries nothing into the next byte.
 */
static unsigned int
look(const uint8_t *p)
{
	uint64_t w, low, plain, bad = 0, c2 = 0;

	for (int i = 0; i < BLOCK; i += 8) {
		memcpy(&w, p + i, 8);
		low = w & ~TOP;
		plain =
		    (low + EACH(0x60u)) |			   /* >= 0x20 */
		    ((low + EACH(0x79u)) & ~(low + EACH(0x75u))) | /* 7-10 */
		    ((low + EACH(0x73u)) & ~(low + EACH(0x72u)));  /* 13 */
		bad |= ~w & (~plain | (low + EACH(0x01u)));	   /* or 0x7f */
		c2 |= w & ~((low ^ EACH(0x42u)) + EACH(0x7fu));
	}
	return ((bad & TOP) != 0 ? NOT_PLAIN : 0) |
	       ((c2 & TOP) != 0 ? MAYBE_C1 : 0);
}

static size_t
plain_slowly(const uint8_t *p, size_t from, size_t len)
{
	size_t i;

	for (i = from; i < len && is_plain(p[i]); i++)
		if (p[i] == 0xc2 &&
		    (i + 1 == len || (p[i + 1] >= 0x80 && p[i + 1] < 0xa0)))
			break;
	return i;
}

/* How many of the bytes are plain text. */
static size_t
plain_length(const uint8_t *p, size_t len)
{
	size_t i = 0, n;
	unsigned int seen;

	while (len - i >= BLOCK) {
		if ((seen = look(p + i)) == 0) {
			i += BLOCK;
			continue;
		}
		if (seen & NOT_PLAIN)
			return plain_slowly(p, i, i + BLOCK);
		/* One more, for a pair across the edge. */
		n = i + BLOCK < len ? i + BLOCK + 1 : len;
		if ((n = plain_slowly(p, i, n)) < i + BLOCK)
			return n;
		i += BLOCK;
	}
	return plain_slowly(p, i, len);
}

size_t
flood_skip(const struct screen *s, const uint8_t *p, size_t len, size_t *plain)
{
	const uint8_t *end, *nl;
	unsigned int want = 2 * s->rows - s->y;

	*plain = 0;
	if (s->cur->top != 0 || s->cur->bottom != s->rows - 1 ||
	    (s->modes & (M_ORIGIN | M_INSERT | M_BACKWRAP)) != 0)
		return 0;
	*plain = plain_length(p, len);
	end = p + *plain;
	while (end > p) {
		if ((nl = memrchr(p, '\n', (size_t)(end - p))) == NULL ||
		    nl == p)
			return 0;
		end = nl;
		if (nl[-1] == '\r' && want-- == 0)
			return (size_t)(nl + 1 - p);
	}
	return 0;
}
