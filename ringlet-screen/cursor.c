/*
 * cursor.c: where the cursor goes.  Column cols means that the last column
 * was printed and that the next character wraps.
 */

#include "config.h"

#include "internal.h"

void
cursor_restrict(struct screen *s, unsigned int max_x)
{
	unsigned int low = 0, high = s->rows - 1;

	if (s->x > max_x)
		s->x = max_x;
	if (s->modes & M_ORIGIN) {
		low = s->cur->top;
		high = s->cur->bottom;
	}
	if (s->y < low)
		s->y = low;
	if (s->y > high)
		s->y = high;
}

/* In origin mode y counts from the region's top, for all that moves. */
void
cursor_set(struct screen *s, int64_t x, int64_t y)
{
	if (s->modes & M_ORIGIN)
		y += s->cur->top;
	s->x = x < 0 ? 0 : x >= s->cols ? s->cols - 1 : (unsigned int)x;
	s->y = y < 0 ? 0 : y >= s->rows ? s->rows - 1 : (unsigned int)y;
	cursor_restrict(s, s->cols - 1);
}

void
cursor_move(struct screen *s, int64_t dx, int64_t dy)
{
	cursor_restrict(s, s->cols - 1);
	cursor_set(s, s->x + dx, s->y + dy);
}

void
cursor_settle(struct screen *s)
{
	if (s->x >= s->cols)
		s->x = s->cols - 1;
}

void
cursor_save(struct screen *s)
{
	struct saved *v = &s->cur->saved;

	v->x = s->x < s->cols ? s->x : s->cols - 1;
	v->y = s->y;
	v->pen = s->pen;
	v->pen.link = 0;
	v->set = s->set;
}

void
cursor_restore(struct screen *s)
{
	const struct saved *v = &s->cur->saved;
	uint16_t link = s->pen.link;

	s->x = v->x;
	s->y = v->y;
	s->pen = v->pen;
	s->pen.link = link;
	s->set = v->set;
	cursor_restrict(s, s->cols - 1);
}

/* One row down; returns whether it scrolled. */
static bool
next_row(struct screen *s)
{
	struct page *pg = s->cur;

	if (s->y == pg->bottom) {
		grid_scroll_up(s, pg->top, pg->bottom, 1, grid_blank(s));
		return true;
	}
	if (s->y < s->rows - 1) {
		s->y++;
		return false;
	}
	return true; /* below the region, at the last row */
}

void
cursor_line_feed(struct screen *s)
{
	if (s->modes & M_NEWLINE)
		s->x = 0;
	if (!next_row(s))
		s->cur->rows[s->y].wrapped = false;
	cursor_settle(s);
}

void
cursor_index(struct screen *s)
{
	cursor_restrict(s, s->cols - 1);
	(void)next_row(s);
	cursor_restrict(s, s->cols - 1);
}

void
cursor_reverse_index(struct screen *s)
{
	struct page *pg = s->cur;

	cursor_restrict(s, s->cols - 1);
	if (s->y == pg->top)
		grid_scroll_down(s, pg->top, pg->bottom, 1, grid_blank(s));
	else if (s->y > 0) {
		s->y--;
		cursor_restrict(s, s->cols - 1);
	}
}

void
cursor_backspace(struct screen *s)
{
	struct page *pg = s->cur;
	struct row *r;

	if (!(s->modes & M_BACKWRAP)) {
		cursor_restrict(s, s->cols - 1);
		if (s->x > 0)
			s->x--;
		return;
	}
	cursor_restrict(s, s->cols);
	r = &pg->rows[s->y];
	if (s->x > 0)
		s->x--;
	else if (s->y > pg->top && s->y <= pg->bottom && r->wrapped) {
		r->wrapped = false;
		s->y--;
		s->x = s->cols - 1;
		/* Blank where a wide character did not fit. */
		if (cell_width(&pg->rows[s->y].cells[s->x]) != 0 &&
		    !cell_has_char(&pg->rows[s->y].cells[s->x]))
			s->x--;
	}
	cursor_restrict(s, s->cols - 1);
}

void
cursor_tab(struct screen *s, unsigned int n)
{
	if (s->x >= s->cols)
		return;
	while (n-- > 0 && s->x < s->cols - 1)
		do
			s->x++;
		while (s->x < s->cols - 1 && !s->cur->tabs[s->x]);
}

void
cursor_back_tab(struct screen *s, unsigned int n)
{
	if (s->x >= s->cols)
		return;
	while (n-- > 0 && s->x > 0)
		do
			s->x--;
		while (s->x > 0 && !s->cur->tabs[s->x]);
}
