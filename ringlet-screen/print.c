/*
 * print.c: characters onto the screen, and the combinations that do not fit
 * into a cell.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "xmalloc.h"

#define COMBS_FIRST 64

#define ZWJ	   0x200d
#define STYLE	   0xfe0f  /* as a picture, and not as text */
#define TONE_FIRST 0x1f3fb /* colours of skin */
#define TONE_LAST  0x1f3ff

unsigned int
cell_chars(const struct screen *s, const struct cell *c, uint32_t cp[COMB_MAX])
{
	const struct comb *m;

	if (c->ch & CH_COMB) {
		m = &s->combs[c->ch & CH_CODE];
		memcpy(cp, m->cp, m->n * sizeof(*cp));
		return m->n;
	}
	cp[0] = c->ch & CH_CODE;
	return cp[0] != 0;
}

/* Frees the combinations that no cell has any more. */
static unsigned int
comb_sweep(struct screen *s)
{
	const struct cell *c;
	unsigned int live = 0;
	uint8_t *seen = xcalloc(s->ncombs, 1);

	for (int i = NORMAL; i <= ALTERNATE; i++) {
		if (s->page[i].rows == NULL)
			continue;
		c = s->page[i].block;
		for (size_t n = (size_t)s->cols * s->rows; n > 0; n--, c++)
			if (c->ch & CH_COMB)
				seen[c->ch & CH_CODE] = 1;
	}
	for (unsigned int i = 0; i < s->ncombs; i++)
		if (seen[i])
			live++;
		else
			s->combs[i].n = 0;
	free(seen);
	s->comb_next = 0;
	return live;
}

/* A free combination's number; there is one for each cell at most. */
static unsigned int
comb_new(struct screen *s)
{
	unsigned int n;

	for (;;) {
		for (; s->comb_next < s->ncombs; s->comb_next++)
			if (s->combs[s->comb_next].n == 0)
				return s->comb_next++;
		if (s->ncombs != 0 && comb_sweep(s) <= s->ncombs / 2)
			continue;
		n = s->ncombs == 0 ? COMBS_FIRST : s->ncombs * 2;
		s->combs = xreallocarray(s->combs, n, sizeof(*s->combs));
		memset(s->combs + s->ncombs, 0,
		    (n - s->ncombs) * sizeof(*s->combs));
		s->comb_next = s->ncombs;
		s->ncombs = n;
	}
}

static bool
is_full(const struct screen *s, const struct cell *c)
{
	return c->ch & CH_COMB && s->combs[c->ch & CH_CODE].n == COMB_MAX;
}

/* The cell is not full. */
static void
combine(struct screen *s, struct cell *c, uint32_t cp)
{
	struct comb *m;
	unsigned int i;
	uint32_t first;

	if (c->ch & CH_COMB) {
		m = &s->combs[c->ch & CH_CODE];
		m->cp[m->n++] = cp;
		return;
	}
	first = c->ch & CH_CODE;
	i = comb_new(s);
	m = &s->combs[i];
	m->cp[0] = first;
	m->cp[1] = cp;
	m->n = 2;
	c->ch = (c->ch & CH_WIDTH) | CH_COMB | i;
}

/* What printing leaves: the colour of an underline only where there is one. */
static struct cell
pen_cell(const struct screen *s)
{
	struct cell c = { .a = s->pen };

	if (!(c.a.flags & A_UL_MASK) && c.a.link == 0)
		c.a.ul = COLOR_DEFAULT;
	return c;
}

/* The left half of what the cursor stands on the right half of. */
static void
split_before(struct screen *s, struct row *r, struct cell blank)
{
	if (s->x > 0 && s->x < s->cols && cell_is_half(&r->cells[s->x])) {
		r->cells[s->x - 1] = blank;
		r->cells[s->x] = blank;
	}
}

static void
split_after(struct screen *s, struct row *r, struct cell blank)
{
	if (s->x < s->cols && cell_is_half(&r->cells[s->x]))
		r->cells[s->x] = blank;
}

static void
wrap(struct screen *s)
{
	struct page *pg = s->cur;

	s->x = 0;
	if (s->y == pg->bottom)
		grid_scroll_up(s, pg->top, pg->bottom, 1, grid_blank(s));
	else if (s->y < s->rows - 1)
		s->y++;
	pg->rows[s->y].wrapped = s->y > 0;
}

/*
 * What is left blank at a row's end by a wide character that does not fit has
 * the pen's attributes.  So have halves that are left of wide characters, but
 * next to what was printed: that no row has only such blanks is seen to here.
 */
static void
leave_blank(struct screen *s, struct row *r, struct cell c)
{
	if (row_begins_with_remnants(r, s->cols - 1))
		c = grid_blank(s);
	r->cells[s->cols - 1] = c;
	s->x = s->cols;
}

/* A character without width that has nothing to combine with. */
static void
print_lone(struct screen *s, uint32_t cp)
{
	struct row *r = &s->cur->rows[s->y];
	struct cell c = pen_cell(s);

	s->join = 0;
	if (s->x >= s->cols)
		return;
	split_before(s, r, c);
	r->cells[s->x] = c;
	r->cells[s->x].ch = cp | CH_NONE;
	s->x++;
	split_after(s, r, c);
}

/* What may join a character of w columns. */
static uint8_t
cluster_of(uint32_t cp, unsigned int w)
{
	return (uint8_t)((w == 1 && char_takes_style(cp) ? CL_STYLE : 0) |
			 (char_is_picture(cp) ? CL_PICTURE : 0));
}

static bool
is_tone(uint32_t cp)
{
	return cp >= TONE_FIRST && cp <= TONE_LAST;
}

/*
 * Whether cp, of *w columns, joins what has old ones and that cluster: then *w
 * is how many they have together, and *cluster what may join them.
 */
static bool
joins(uint32_t cp, unsigned int old, unsigned int *w, uint8_t *cluster)
{
	uint8_t was = *cluster;

	*cluster = was & CL_PICTURE;
	if (cp == STYLE && was & CL_STYLE)
		*w = 2;
	else if (*w == 0) {
		*w = old;
		if (cp == ZWJ && was & CL_PICTURE)
			*cluster |= CL_ZWJ;
	} else if ((was & CL_ZWJ && char_is_picture(cp)) ||
		   (was & CL_PICTURE && is_tone(cp)))
		*w = *w > old ? *w : old;
	else
		return false;
	return true;
}

/*
 * The character before the cursor gets cp, and w columns in all.  Where the
 * second one is not there, it goes to the next row, or stays as it is.
 */
static void
print_joined(struct screen *s, uint32_t cp, unsigned int w)
{
	struct row *r = &s->cur->rows[s->y];
	unsigned int old = s->join;
	struct cell c = pen_cell(s), moved;

	if (s->x + w - old > s->cols) {
		if (!(s->modes & M_WRAP)) {
			s->x = s->cols - 1;
			s->join = 0;
			return;
		}
		moved = r->cells[s->x - old];
		s->x -= old;
		leave_blank(s, r, c);
		wrap(s);
		r = &s->cur->rows[s->y];
		/* It may have been the first half of a wide one. */
		if (s->cols > 1 && cell_is_half(&r->cells[1]))
			r->cells[1] = c;
		r->cells[0] = moved;
		s->x = old;
	}
	combine(s, &r->cells[s->x - old], cp);
	if (w > old) {
		r->cells[s->x - old].ch =
		    (r->cells[s->x - old].ch & ~(uint32_t)CH_WIDTH) | CH_TWO;
		if (s->x + 1 < s->cols && cell_width(&r->cells[s->x]) == 2)
			r->cells[s->x + 1] = c;
		r->cells[s->x] = c;
		r->cells[s->x++].ch = CH_NONE;
		split_after(s, r, c);
	}
	s->join = (uint8_t)w;
}

bool
cell_would_join(const struct screen *s, const struct cell *before, uint32_t cp)
{
	uint32_t was[COMB_MAX];
	unsigned int n, w, next;
	uint8_t cluster;

	/* Nearly all: with columns, and nothing that joins() asks for. */
	if (char_width(cp) > 0 && !char_is_picture(cp) && !is_tone(cp))
		return false;
	n = cell_chars(s, before, was);
	if (n == 0 || (w = char_width(was[0])) == 0)
		return false;
	cluster = cluster_of(was[0], w);
	for (unsigned int i = 1; i < n; i++) {
		next = char_width(was[i]);
		if (joins(was[i], w, &next, &cluster))
			w = next;
	}
	next = char_width(cp);
	return joins(cp, w, &next, &cluster);
}

void
print_char(struct screen *s, uint32_t cp)
{
	struct row *r = &s->cur->rows[s->y];
	uint8_t cluster = s->cluster;
	struct cell c;
	unsigned int w, both;

	cp = charset_map(s->set.g[s->set.level], cp);
	w = both = char_width(cp);
	if (s->join != 0 && s->x >= s->join &&
	    joins(cp, s->join, &both, &cluster)) {
		if (!is_full(s, &r->cells[s->x - s->join])) {
			s->cluster = cluster;
			print_joined(s, cp, both);
			return;
		}
		/* What is not kept must not change what is. */
		if (w == 0)
			return;
	}
	if (w == 0) {
		print_lone(s, cp);
		return;
	}
	c = pen_cell(s);
	if (s->x + w > s->cols) {
		if (s->modes & M_WRAP) {
			split_before(s, r, c);
			if (s->x < s->cols)
				leave_blank(s, r, c);
			wrap(s);
			r = &s->cur->rows[s->y];
		} else {
			s->x = s->cols - 1;
			s->join = 0;
			if (w == 2)
				return;
		}
	}
	split_before(s, r, c);
	if (s->modes & M_INSERT)
		row_insert(r, s->cols, s->x, w, c);
	r->cells[s->x] = c;
	r->cells[s->x++].ch = cp | (w == 2 ? CH_TWO : CH_ONE);
	if (w == 2) {
		/* The second half of what is overwritten, if it has one. */
		if (s->x + 1 < s->cols && cell_width(&r->cells[s->x]) == 2)
			r->cells[s->x + 1] = c;
		r->cells[s->x] = c;
		r->cells[s->x++].ch = CH_NONE;
	}
	split_after(s, r, c);
	s->join = (uint8_t)w;
	s->cluster = cluster_of(cp, w);
}

/* Printable ASCII with the plain character set, as fast as memory allows. */
void
print_ascii(struct screen *s, const uint8_t *p, size_t len)
{
	struct cell c, *to;
	struct row *r;
	uint8_t last = len > 0 ? p[len - 1] : 0;
	size_t n;

	if (s->set.g[s->set.level] != CHARSET_ASCII || s->modes & M_INSERT) {
		while (len-- > 0)
			print_char(s, *p++);
		return;
	}
	c = pen_cell(s);
	while (len > 0) {
		r = &s->cur->rows[s->y];
		if (s->x >= s->cols) {
			if (s->modes & M_WRAP) {
				wrap(s);
				r = &s->cur->rows[s->y];
			} else
				s->x = s->cols - 1;
		}
		split_before(s, r, c);
		n = s->cols - s->x;
		if (n > len)
			n = len;
		to = r->cells + s->x;
		/* The last cell may be a wide one's first half. */
		if (s->x + n < s->cols && cell_is_half(&to[n]))
			to[n] = c;
		for (size_t i = 0; i < n; i++) {
			to[i].ch = p[i];
			to[i].a = c.a;
		}
		s->x += (unsigned int)n;
		p += n;
		len -= n;
	}
	s->join = 1;
	s->cluster = cluster_of(last, 1);
}

/*
 * Past a screen of the same only the cursor's column still changes, and that
 * with every row.
 */
void
print_repeat(struct screen *s, unsigned int n)
{
	uint32_t cp[COMB_MAX];
	unsigned int len, max = s->cols * s->rows;

	if (s->join == 0 || s->x < s->join)
		return;
	len = cell_chars(s, &s->cur->rows[s->y].cells[s->x - s->join], cp);
	if (n > max)
		n = max + (n - max) % (s->cols / s->join);
	while (n-- > 0)
		for (unsigned int i = 0; i < len; i++)
			print_char(s, cp[i]);
}
