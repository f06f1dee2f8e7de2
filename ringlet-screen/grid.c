/*
 * grid.c: cells, rows and pages.  It knows where cells are and nothing of
 * what bytes mean.  Whatever it does, a wide character is whole afterwards or
 * gone: a half that is left over becomes a blank.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "xmalloc.h"

#define TAB_WIDTH 8

void
page_default_tabs(struct page *pg, unsigned int from, unsigned int cols)
{
	for (unsigned int i = from; i < cols; i += TAB_WIDTH)
		pg->tabs[i] = 1;
}

int
page_alloc(struct page *pg, unsigned int cols, unsigned int rows)
{
	pg->block = xcalloc((size_t)cols * rows, sizeof(*pg->block));
	pg->rows = xcalloc(rows, sizeof(*pg->rows));
	for (unsigned int y = 0; y < rows; y++)
		pg->rows[y].cells = pg->block + (size_t)y * cols;
	return 0;
}

void
page_free_rows(struct page *pg)
{
	free(pg->block);
	free(pg->rows);
	pg->block = NULL;
	pg->rows = NULL;
}

struct cell
grid_blank(const struct screen *s)
{
	struct cell c = { .a = { .bg = s->pen.bg } };

	return c;
}

void
row_fill(struct row *r, unsigned int cols, struct cell fill)
{
	if (fill.a.bg == COLOR_DEFAULT && fill.a.flags == 0)
		memset(r->cells, 0, cols * sizeof(*r->cells));
	else
		for (unsigned int x = 0; x < cols; x++)
			r->cells[x] = fill;
}

bool
row_begins_with_remnants(const struct row *r, unsigned int n)
{
	while (n > 0 && cell_is_remnant(&r->cells[n - 1]))
		n--;
	return n == 0;
}

void
row_erase(struct row *r, unsigned int cols, unsigned int from, unsigned int to,
    struct cell fill, bool keep_protected)
{
	struct cell *c = r->cells;

	if (to > cols)
		to = cols;
	if (from >= to)
		return;
	/* A wide character is erased with either half. */
	if (cell_is_half(&c[from]))
		from--;
	if (to < cols && cell_is_half(&c[to]))
		to++;
	for (unsigned int x = from; x < to; x++)
		if (!keep_protected || !(c[x].a.flags & A_PROTECTED))
			c[x] = fill;
}

/* Splits the wide character that at is the right half of, if it is. */
static void
row_split(struct row *r, unsigned int at, struct cell fill)
{
	if (cell_is_half(&r->cells[at])) {
		r->cells[at - 1] = fill;
		r->cells[at] = fill;
	}
}

void
row_insert(struct row *r, unsigned int cols, unsigned int at, unsigned int n,
    struct cell fill)
{
	struct cell *c = r->cells;

	row_split(r, at, fill);
	if (n > cols - at)
		n = cols - at;
	memmove(c + at + n, c + at, (cols - at - n) * sizeof(*c));
	for (unsigned int x = at; x < at + n; x++)
		c[x] = fill;
	if (cell_width(&c[cols - 1]) == 2)
		c[cols - 1] = fill;
}

void
row_delete(struct row *r, unsigned int cols, unsigned int at, unsigned int n,
    struct cell fill)
{
	struct cell *c = r->cells;

	row_split(r, at, fill);
	if (n > cols - at)
		n = cols - at;
	if (at + n < cols)
		row_split(r, at + n, fill);
	memmove(c + at, c + at + n, (cols - at - n) * sizeof(*c));
	for (unsigned int x = cols - n; x < cols; x++)
		c[x] = fill;
}

void
grid_scroll_up(struct screen *s, unsigned int top, unsigned int bottom,
    unsigned int n, struct cell fill)
{
	struct row *rows = s->cur->rows;
	unsigned int height = bottom - top + 1;
	struct row r;

	if (n > height)
		n = height;
	/* One row is by far the most frequent. */
	if (n == 1) {
		r = rows[top];
		memmove(
		    rows + top, rows + top + 1, (height - 1) * sizeof(*rows));
		rows[bottom] = r;
	} else if (n < height) {
		struct row *tmp = xcalloc(n, sizeof(*tmp));

		memcpy(tmp, rows + top, n * sizeof(*rows));
		memmove(
		    rows + top, rows + top + n, (height - n) * sizeof(*rows));
		memcpy(rows + bottom + 1 - n, tmp, n * sizeof(*rows));
		free(tmp);
	}
	for (unsigned int y = bottom + 1 - n; y <= bottom; y++) {
		row_fill(&rows[y], s->cols, fill);
		rows[y].wrapped = false;
	}
	rows[0].wrapped = false;
}

void
grid_scroll_down(struct screen *s, unsigned int top, unsigned int bottom,
    unsigned int n, struct cell fill)
{
	struct row *rows = s->cur->rows;
	unsigned int height = bottom - top + 1;

	if (n > height)
		n = height;
	if (n < height) {
		struct row *tmp = xcalloc(n, sizeof(*tmp));

		memcpy(tmp, rows + bottom + 1 - n, n * sizeof(*rows));
		memmove(
		    rows + top + n, rows + top, (height - n) * sizeof(*rows));
		memcpy(rows + top, tmp, n * sizeof(*rows));
		free(tmp);
	}
	for (unsigned int y = top; y < top + n; y++) {
		row_fill(&rows[y], s->cols, fill);
		rows[y].wrapped = false;
	}
}

/*
 * Columns are cut or added on the right.  Rows are taken away below the
 * cursor first and then from the top, where they would go to a scrollback;
 * they are added at the bottom.  *y is the cursor's row on that page.  What is
 * left of a row gets a blank at its end if all of it was remnants.
 */
void
page_resize(struct screen *s, struct page *pg, unsigned int cols,
    unsigned int rows, unsigned int *y)
{
	struct cell blank = { 0 };
	struct page old = *pg;
	unsigned int off = 0, keep, n = cols < s->cols ? cols : s->cols;

	if (rows < s->rows) {
		unsigned int less = s->rows - rows, below = s->rows - 1 - *y;

		off = less > below ? less - below : 0;
	}
	keep = rows < s->rows ? rows : s->rows;
	page_alloc(pg, cols, rows);
	for (unsigned int i = 0; i < keep; i++) {
		memcpy(pg->rows[i].cells, old.rows[off + i].cells,
		    n * sizeof(struct cell));
		pg->rows[i].wrapped = old.rows[off + i].wrapped;
		if (cell_width(&pg->rows[i].cells[n - 1]) == 2 ||
		    row_begins_with_remnants(&pg->rows[i], n))
			pg->rows[i].cells[n - 1] = blank;
	}
	pg->rows[0].wrapped = false;
	page_free_rows(&old);
	*y -= off < *y ? off : *y;
	pg->saved.y -= off < pg->saved.y ? off : pg->saved.y;
}
