/*
 * snapshot-row.c: the rows of a page as bytes that draw them.  A run of cells
 * costs little more than its text: blank ones are passed over or erased, and
 * attributes are told where they change.
 *
 * The page is blank and the pen plain before; the region is the whole screen,
 * and lines wrap.
 */

#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "internal.h"
#include "xmalloc.h"

void
pen_put(struct pen *pen, const char *fmt, ...)
{
	char text[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text))
		pen->err = RL_ERR_TOOBIG;
	else if (pen->err == 0)
		pen->err = buf_put(pen->out, text, (size_t)n);
}

static void
pen_text(struct pen *pen, const char *s)
{
	if (pen->err == 0)
		pen->err = buf_puts(pen->out, s);
}

static void
pen_utf8(struct pen *pen, uint32_t c)
{
	char t[5] = "";

	if (c < 0x80)
		t[0] = (char)c;
	else if (c < 0x800) {
		t[0] = (char)(0xc0 | c >> 6);
		t[1] = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		t[0] = (char)(0xe0 | c >> 12);
		t[1] = (char)(0x80 | (c >> 6 & 0x3f));
		t[2] = (char)(0x80 | (c & 0x3f));
	} else {
		t[0] = (char)(0xf0 | c >> 18);
		t[1] = (char)(0x80 | (c >> 12 & 0x3f));
		t[2] = (char)(0x80 | (c >> 6 & 0x3f));
		t[3] = (char)(0x80 | (c & 0x3f));
	}
	pen_text(pen, t);
}

/* All attributes of to, the link included, for what is printed next. */
void
pen_attr(struct pen *pen, const struct attr *to)
{
	const struct link *l;
	char sgr[160];
	bool protect = (to->flags & A_PROTECTED) != 0;

	if (attr_same(&pen->a, to))
		return;
	if (sgr_print(&pen->a, to, sgr, sizeof(sgr)) > 0) {
		/* That takes protection away in xterm.js, elsewhere not. */
		if (pen->a.flags & A_PROTECTED)
			pen_put(pen, "\033[0\"q");
		pen->a.flags &= (uint16_t)~A_PROTECTED;
		pen_put(pen, "\033[%sm", strcmp(sgr, ";0") == 0 ? "" : sgr + 1);
	}
	if (protect != ((pen->a.flags & A_PROTECTED) != 0))
		pen_put(pen, "\033[%d\"q", protect);
	if (pen->links && pen->a.link != to->link) {
		if (to->link == 0)
			pen_put(pen, "\033]8;;\033\\");
		else {
			l = &pen->s->links[to->link - 1];
			pen_text(pen, "\033]8;");
			if (l->id[0] != '\0') {
				pen_text(pen, "id=");
				pen_text(pen, l->id);
			}
			pen_text(pen, ";");
			pen_text(pen, l->uri);
			pen_text(pen, "\033\\");
		}
	}
	pen->a = *to;
}

void
pen_goto(struct pen *pen, unsigned int x, unsigned int y)
{
	if (pen->x == x && pen->y == y)
		return;
	if (pen->y == y && x > pen->x)
		pen_put(
		    pen, x - pen->x == 1 ? "\033[C" : "\033[%uC", x - pen->x);
	else if (x == 0 && y == pen->y)
		pen_put(pen, "\r");
	else if (x == 0 && y == pen->y + 1 && pen->page != NULL &&
		 !pen->page->rows[y].wrapped) /* a line feed ends wrapping */
		pen_put(pen, "\r\n");
	else if (x == 0)
		pen_put(pen, "\033[%uH", y + 1);
	else
		pen_put(pen, "\033[%u;%uH", y + 1, x + 1);
	pen->x = x;
	pen->y = y;
}

/* The characters of a cell, as they must be typed while set is in use. */
void
pen_chars(struct pen *pen, const struct cell *c, unsigned int set)
{
	uint32_t cp[COMB_MAX];
	unsigned int n = cell_chars(pen->s, c, cp);

	for (unsigned int i = 0; i < n; i++)
		pen_utf8(pen, charset_unmap(set, cp[i]));
	pen->x += cell_width(c) != 0 ? cell_width(c) : 1;
}

static bool
is_blank(const struct cell *c)
{
	return c->ch == CH_ONE && !cell_is_remnant(c);
}

/* A wide character whose left half is then overwritten, or its right one. */
static void
remnant_at(
    struct pen *pen, unsigned int x, unsigned int y, const struct attr *a)
{
	pen_goto(pen, x - 1, y);
	pen_attr(pen, a);
	pen_text(pen, "\343\200\200"); /* U+3000, two columns */
	pen->x = x + 1;
	/* Where two columns end the row, the cursor stays in the last. */
	pen_put(pen, "\r");
	pen->x = 0;
	pen_goto(pen, x - 1, y);
	pen_put(pen, "x");
	pen->x = x;
}

/*
 * Remnants cannot be written, only left.  Making one spoils the cell on its
 * left, so they are made from right to left, those at the row's beginning one
 * column further right and then moved.  Returns whether there were any.
 */
static bool
draw_remnants(struct pen *pen, const struct row *r, unsigned int y)
{
	unsigned int cols = pen->s->cols, lead = 0, x;
	bool any = false;

	while (lead < cols - 1 && cell_is_remnant(&r->cells[lead]))
		lead++;
	if (lead > 0) {
		any = true;
		for (x = lead; x > 0; x--)
			remnant_at(pen, x, y, &r->cells[x - 1].a);
		pen_put(pen, "\r");
		pen->x = 0;
		pen_attr(pen, &(struct attr){ 0 });
		pen_put(pen, "\033[P");
	}
	for (x = cols - 1; x > lead; x--)
		if (cell_is_remnant(&r->cells[x])) {
			any = true;
			remnant_at(pen, x, y, &r->cells[x].a);
		}
	return any;
}

/* The length of a run of blanks like the first one. */
static unsigned int
blank_run(const struct row *r, unsigned int x, unsigned int cols)
{
	unsigned int n = x;

	while (n < cols && is_blank(&r->cells[n]) &&
	       r->cells[n].a.bg == r->cells[x].a.bg)
		n++;
	return n - x;
}

/*
 * Cells that were spoiled, by remnants or by what made the rows wrap, are
 * erased where they are to be blank; all others are blank already.
 */
static void
draw_blanks(struct pen *pen, const struct row *r, unsigned int x,
    unsigned int n, unsigned int y, bool spoiled)
{
	struct attr a = { .bg = r->cells[x].a.bg };

	if (a.bg == COLOR_DEFAULT && !spoiled)
		return;
	pen_goto(pen, x, y);
	pen_attr(pen, &a);
	/* EL in the first column would also end the wrapping. */
	if (x + n == pen->s->cols && x > 0)
		pen_put(pen, "\033[K");
	else
		pen_put(pen, n == 1 ? "\033[X" : "\033[%uX", n);
}

/* Whether printing on from the end of the row above wraps into this one. */
static bool
wraps_itself(const struct row *above, const struct row *r, unsigned int cols)
{
	return cell_has_char(&r->cells[0]) && cell_width(&r->cells[0]) > 0 &&
	       (cell_has_char(&above->cells[cols - 1]) ||
		   cell_is_half(&above->cells[cols - 1]));
}

/* A sequence, so that what follows does not combine with what is before. */
static void
pen_alone(struct pen *pen, const struct attr *a)
{
	pen_put(pen, "\033[m");
	pen->a = (struct attr){ .link = pen->a.link };
	pen_attr(pen, a);
}

static bool
is_forced(
    const struct row *rows, const bool *flows, unsigned int y, unsigned int n)
{
	return y < n && rows[y].wrapped && !flows[y];
}

/* flows: whether each row that is wrapped becomes so by printing on. */
static void
find_flows(
    const struct page *pg, unsigned int cols, unsigned int rows, bool *flows)
{
	const struct row *r;

	for (unsigned int y = rows - 1; y > 0; y--) {
		r = &pg->rows[y];
		flows[y] = r->wrapped &&
			   wraps_itself(&pg->rows[y - 1], r, cols) &&
			   !is_forced(pg->rows, flows, y + 1, rows);
		for (unsigned int x = 0; flows[y] && x < cols; x++)
			if (cell_is_remnant(&r->cells[x]))
				flows[y] = false;
	}
	flows[0] = false;
}

/* Whether a cell, printed behind the one before, would become a part of it. */
static bool
would_join(const struct screen *s, const struct page *pg, unsigned int x,
    unsigned int y)
{
	const struct cell *c = &pg->rows[y].cells[x], *before;
	uint32_t cp[COMB_MAX];

	if (cell_chars(s, c, cp) == 0)
		return false;
	if (x == 0 && y == 0)
		return false;
	before = x > 0 ? c - 1 : &pg->rows[y - 1].cells[s->cols - 1];
	if (cell_is_half(before))
		before--;
	return cell_would_join(s, before, cp[0]);
}

static void
draw_row(
    struct pen *pen, const struct page *pg, unsigned int y, const bool *flows)
{
	const struct row *r = &pg->rows[y];
	unsigned int cols = pen->s->cols, x, n;
	bool spoiled;

	spoiled = is_forced(pg->rows, flows, y, pen->s->rows);
	if (is_forced(pg->rows, flows, y + 1, pen->s->rows)) {
		/* The next row is made to be wrapped before both are drawn. */
		pen_goto(pen, cols - 1, y);
		pen_attr(pen, &(struct attr){ 0 });
		pen_put(pen, "xx");
		pen->x = 1;
		pen->y = y + 1;
		spoiled = true;
	}
	if (draw_remnants(pen, r, y))
		spoiled = true;
	for (x = 0; x < cols; x += n) {
		const struct cell *c = &r->cells[x];

		n = 1;
		if (cell_is_remnant(c) || cell_is_half(c))
			continue;
		if (is_blank(c)) {
			n = blank_run(r, x, cols);
			draw_blanks(pen, r, x, n, y, spoiled);
			continue;
		}
		if (x == 0 && flows[y]) {
			pen->x = 0;
			pen->y = y;
		} else
			pen_goto(pen, x, y);
		pen_attr(pen, &c->a);
		if (cell_width(c) == 0 || would_join(pen->s, pg, x, y))
			pen_alone(pen, &c->a);
		pen_chars(pen, c, CHARSET_ASCII);
	}
}

void
pen_rows(struct pen *pen, const struct page *pg)
{
	bool *flows = xcalloc(pen->s->rows, sizeof(*flows));

	pen->page = pg;
	find_flows(pg, pen->s->cols, pen->s->rows, flows);
	for (unsigned int y = 0; y < pen->s->rows && pen->err == 0; y++)
		draw_row(pen, pg, y, flows);
	free(flows);
	pen->page = NULL;
	pen_attr(pen, &(struct attr){ 0 });
}
