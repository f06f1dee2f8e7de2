/*
 * screen.c: a screen's life, its size, and the bytes that come in: UTF-8 is
 * decoded here, as xterm.js does it, which drops what is malformed.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "xmalloc.h"

#define FLOOD_RETRY 4096 /* bytes until a short cut is looked for again */
#define SOME_BYTES  1024 /* each may be a part of a slow sequence */

static void
clamp_size(unsigned int *cols, unsigned int *rows)
{
	if (*cols < SCREEN_COLS_MIN)
		*cols = SCREEN_COLS_MIN;
	if (*cols > SCREEN_SIDE_MAX)
		*cols = SCREEN_SIDE_MAX;
	if (*rows < SCREEN_SIDE_MIN)
		*rows = SCREEN_SIDE_MIN;
	if (*rows > SCREEN_SIDE_MAX)
		*rows = SCREEN_SIDE_MAX;
	if (*rows > SCREEN_CELLS_MAX / *cols)
		*rows = SCREEN_CELLS_MAX / *cols;
}

/* Region, tabs and saved cursor of a page as they are at first. */
static void
page_reset(struct screen *s, struct page *pg)
{
	pg->top = 0;
	pg->bottom = s->rows - 1;
	pg->y = 0;
	memset(pg->tabs, 0, SCREEN_SIDE_MAX);
	page_default_tabs(pg, 0, s->cols);
}

struct screen *
screen_new(unsigned int cols, unsigned int rows)
{
	struct screen *s = xcalloc(1, sizeof(*s));

	clamp_size(&cols, &rows);
	s->cols = cols;
	s->rows = rows;
	s->cur = &s->page[NORMAL];
	for (int i = NORMAL; i <= ALTERNATE; i++) {
		s->page[i].tabs = xcalloc(SCREEN_SIDE_MAX, 1);
		page_reset(s, &s->page[i]);
	}
	page_alloc(s->cur, cols, rows);
	s->modes = M_DEFAULT;
	return s;
}

void
screen_free(struct screen *s)
{
	if (s == NULL)
		return;
	for (int i = NORMAL; i <= ALTERNATE; i++) {
		page_free_rows(&s->page[i]);
		free(s->page[i].tabs);
	}
	title_free(&s->title);
	title_free(&s->icon);
	links_free(s);
	free(s->combs);
	free(s);
}

unsigned int
screen_cols(const struct screen *s)
{
	return s->cols;
}

unsigned int
screen_rows(const struct screen *s)
{
	return s->rows;
}

/* RIS.  Titles, colours, blinking and newline mode outlast it in xterm.js. */
void
screen_reset(struct screen *s)
{
	struct cell blank = { 0 };

	page_free_rows(&s->page[ALTERNATE]);
	s->cur = &s->page[NORMAL];
	for (int i = NORMAL; i <= ALTERNATE; i++) {
		struct page *pg = &s->page[i];

		page_reset(s, pg);
		memset(&pg->saved, 0, sizeof(pg->saved));
		memset(&pg->keys, 0, sizeof(pg->keys));
	}
	for (unsigned int y = 0; y < s->rows; y++) {
		row_fill(&s->cur->rows[y], s->cols, blank);
		s->cur->rows[y].wrapped = false;
	}
	s->x = s->y = 0;
	memset(&s->pen, 0, sizeof(s->pen));
	memset(&s->set, 0, sizeof(s->set));
	s->modes = (s->modes & ~M_HARD) | M_WRAP;
	s->mouse = s->encode = 0;
	s->style = s->modify = 0;
}

/* The alternate screen is made when it is entered, and gone when it is left. */
void
page_show(struct screen *s, int which)
{
	struct page *pg = &s->page[which], *alt = &s->page[ALTERNATE];

	if (s->cur == pg)
		return;
	cursor_settle(s);
	s->cur = pg;
	if (which == ALTERNATE) {
		s->page[NORMAL].y = s->y;
		page_alloc(pg, s->cols, s->rows);
		for (unsigned int y = 0; y < s->rows; y++)
			row_fill(&pg->rows[y], s->cols, grid_blank(s));
	} else {
		pg->y = 0;
		page_free_rows(alt);
		page_reset(s, alt);
	}
	cursor_restrict(s, s->cols - 1);
}

/* The column from where tabs are set up to a new width. */
static void
widen_tabs(struct page *pg, unsigned int cols)
{
	unsigned int i = cols;

	do
		i--;
	while (i > 0 && !pg->tabs[i]);
	page_default_tabs(pg, i, cols);
	memset(pg->tabs + cols, 0, SCREEN_SIDE_MAX - cols);
}

void
screen_resize(struct screen *s, unsigned int cols, unsigned int rows)
{
	clamp_size(&cols, &rows);
	if (cols == s->cols && rows == s->rows)
		return;
	s->join = 0;
	for (int i = NORMAL; i <= ALTERNATE; i++) {
		struct page *pg = &s->page[i];

		if (pg->rows != NULL)
			page_resize(
			    s, pg, cols, rows, pg == s->cur ? &s->y : &pg->y);
		pg->top = 0;
		pg->bottom = rows - 1;
		widen_tabs(pg, cols);
		if (pg->saved.x >= cols)
			pg->saved.x = cols - 1;
		if (pg->saved.y >= rows)
			pg->saved.y = rows - 1;
	}
	s->cols = cols;
	s->rows = rows;
	cursor_restrict(s, cols - 1);
}

size_t
screen_pending(const struct screen *s)
{
	return s->p.pending;
}

/* A character is complete: is it one? */
static bool
is_valid(uint32_t cp, unsigned int bytes)
{
	switch (bytes) {
	case 2:
		return cp >= 0x80;
	case 3:
		return cp >= 0x800 && (cp < 0xd800 || cp > 0xdfff) &&
		       cp != 0xfeff;
	default:
		return cp >= 0x10000 && cp <= 0x10ffff;
	}
}

static void
decode_byte(struct screen *s, uint8_t c)
{
	struct parser *p = &s->p;

	if (p->need != 0) {
		if ((c & 0xc0) == 0x80) {
			p->cp = p->cp << 6 | (c & 0x3f);
			p->got++;
			if (--p->need == 0 && is_valid(p->cp, p->got))
				parse_char(s, p->cp);
			return;
		}
		/* Cut short: dropped, and c is something else. */
		p->need = 0;
		if (p->state == p->base)
			p->pending = 1;
	}
	if (c < 0x80) {
		parse_char(s, c);
		return;
	}
	p->got = 1;
	if ((c & 0xe0) == 0xc0) {
		p->need = 1;
		p->cp = c & 0x1f;
	} else if ((c & 0xf0) == 0xe0) {
		p->need = 2;
		p->cp = c & 0x0f;
	} else if ((c & 0xf8) == 0xf0) {
		p->need = 3;
		p->cp = c & 0x07;
	}
}

static void
feed_byte(struct screen *s, uint8_t c)
{
	struct parser *p = &s->p;

	p->pending++;
	s->offset++;
	decode_byte(s, c);
	if (p->pending > SCREEN_PENDING_MAX) {
		parse_overflow(s);
		p->pending = p->got;
	}
	if (p->need == 0 && p->state == p->base)
		p->pending = 0;
}

/* How many bytes from the first one on are printable ASCII. */
static size_t
ascii_length(const uint8_t *p, size_t len)
{
	size_t i = 0;

	while (i < len && (uint8_t)(p[i] - 0x20) < 0x5f)
		i++;
	return i;
}

/*
 * A character of two or three bytes that are all there, in ground state; most
 * of what is not ASCII.  Returns how many bytes, or 0: not such a one.
 */
static size_t
feed_char(struct screen *s, const uint8_t *p, size_t len)
{
	uint32_t cp;

	if (len >= 3 && (p[0] & 0xf0) == 0xe0 && (p[1] & 0xc0) == 0x80 &&
	    (p[2] & 0xc0) == 0x80) {
		cp = (uint32_t)(p[0] & 0x0f) << 12 |
		     (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3fu);
		if (is_valid(cp, 3))
			print_char(s, cp);
		return 3;
	}
	if (len >= 2 && (p[0] & 0xe0) == 0xc0 && (p[1] & 0xc0) == 0x80) {
		cp = (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3fu);
		if (cp < 0xa0) /* a control, or malformed */
			return 0;
		print_char(s, cp);
		return 2;
	}
	return 0;
}

/* All of it, or until max bytes were taken one by one.  Returns how many. */
static size_t
feed(struct screen *s, const uint8_t *p, size_t len, bool short_cut, size_t max)
{
	size_t i = 0, n, plain, next = 0;

	while (i < len && max > 0) {
		if (s->p.state != S_GROUND || s->p.need != 0) {
			if ((n = parse_numbers(s, p + i, len - i)) > 0) {
				i += n;
				s->offset += n;
			} else {
				feed_byte(s, p[i++]);
				max--;
			}
			continue;
		}
		if (short_cut && i >= next && len - i > 4 * s->rows) {
			n = flood_skip(s, p + i, len - i, &plain);
			next = i + plain + FLOOD_RETRY;
			if (n > 0) {
				s->x = 0;
				s->join = 0;
				notice_flood(s, p + i, n);
				i += n;
				s->offset += n;
			}
		}
		if ((n = ascii_length(p + i, len - i)) > 0) {
			print_ascii(s, p + i, n);
			i += n;
			s->offset += n;
		} else if ((n = feed_char(s, p + i, len - i)) > 0) {
			i += n;
			s->offset += n;
		} else {
			feed_byte(s, p[i++]);
			max--;
		}
	}
	return i;
}

void
screen_feed(struct screen *s, const uint8_t *p, size_t len)
{
	(void)feed(s, p, len, true, len);
}

size_t
screen_feed_some(struct screen *s, const uint8_t *p, size_t len)
{
	return feed(s, p, len, true, SOME_BYTES);
}

void
screen_feed_slowly(struct screen *s, const uint8_t *p, size_t len)
{
	(void)feed(s, p, len, false, len);
}
