/*
 * Tables: columns of text, as wide as what is in them, cut down to a terminal
 * that is narrower.  What is not shown on one is never cut, nor coloured.
 */

#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ringlet.h"
#include "xmalloc.h"

struct cell {
	char *text;
	size_t width;
	enum colour colour;
};

struct table {
	struct cell *cells;
	size_t ncells;
	size_t ncols;
	size_t shrink; /* a column, or ncols */
};

#define GAP	   2 /* columns of a terminal between those of a table */
#define SHRINK_MIN 8

static void
add_cell(struct table *t, enum colour colour, char *text)
{
	struct cell *c;

	t->cells = xreallocarray(t->cells, t->ncells + 1, sizeof(*t->cells));
	c = &t->cells[t->ncells++];
	c->text = text;
	c->width = text_width(text);
	c->colour = colour;
}

struct table *
table_new(const char *const *headings, size_t ncols)
{
	struct table *t = xcalloc(1, sizeof(*t));

	t->ncols = t->shrink = ncols;
	for (size_t i = 0; i < ncols; i++)
		add_cell(t, COLOUR_FAINT, xstrdup(headings[i]));
	return t;
}

void
table_free(struct table *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->ncells; i++)
		free(t->cells[i].text);
	free(t->cells);
	free(t);
}

void
table_cell(struct table *t, enum colour colour, const char *fmt, ...)
{
	va_list ap;
	char *raw;

	va_start(ap, fmt);
	raw = text_vformat(fmt, ap);
	va_end(ap);
	add_cell(t, colour, *raw != '\0' ? text_safe(raw) : xstrdup("-"));
	free(raw);
}

void
table_shrink(struct table *t, size_t column)
{
	t->shrink = column;
}

/* Cuts column c down by as much as is over and it can; what is over still. */
static size_t
cut(size_t *widths, size_t c, size_t over)
{
	size_t n;

	if (widths[c] <= SHRINK_MIN)
		return over;
	n = widths[c] - SHRINK_MIN < over ? widths[c] - SHRINK_MIN : over;
	widths[c] -= n;
	return over - n;
}

/*
 * Cuts columns down until the rows fit on a terminal: first the one that may
 * be, then the widest of the others.  The first names what the row is about:
 * it has to be typed, and stays whole unless it is the one.
 */
static void
fit(const struct table *t, size_t *widths)
{
	uint64_t cols, rows;
	size_t all = (t->ncols - 1) * GAP, over, widest;

	if (!output_size(&cols, &rows))
		return;
	for (size_t i = 0; i < t->ncols; i++)
		all += widths[i];
	if (all <= cols)
		return;
	over = all - (size_t)cols;
	if (t->shrink < t->ncols)
		over = cut(widths, t->shrink, over);
	while (over > 0) {
		widest = 1;
		for (size_t i = 2; i < t->ncols; i++)
			if (widths[i] > widths[widest])
				widest = i;
		if (widest >= t->ncols || widths[widest] <= SHRINK_MIN)
			return;
		/* One at a time, so that wide ones become equal. */
		widths[widest]--;
		over--;
	}
}

void
table_print(const struct table *t)
{
	static const char *const on[] = { [COLOUR_GOOD] = "\033[32m",
		[COLOUR_BAD] = "\033[31m",
		[COLOUR_FAINT] = "\033[2m" };
	size_t *widths = xcalloc(t->ncols, sizeof(*widths));
	bool colour = output_colour();

	for (size_t i = 0; i < t->ncells; i++)
		if (t->cells[i].width > widths[i % t->ncols])
			widths[i % t->ncols] = t->cells[i].width;
	fit(t, widths);
	for (size_t i = 0; i < t->ncells; i++) {
		const struct cell *c = &t->cells[i];
		size_t width = widths[i % t->ncols];
		char *text = text_cut(c->text, width);

		if (colour && c->colour != COLOUR_NONE)
			fputs(on[c->colour], stdout);
		fputs(text, stdout);
		if (colour && c->colour != COLOUR_NONE)
			fputs("\033[0m", stdout);
		if (i % t->ncols == t->ncols - 1)
			putchar('\n');
		else
			printf(
			    "%*s", (int)(width + GAP - text_width(text)), "");
		free(text);
	}
	free(widths);
}
