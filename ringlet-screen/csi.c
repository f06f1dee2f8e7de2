/*
 * csi.c: what controls, escape and CSI sequences do.  Queries are answered by
 * viewers' terminals, not here.
 */

#include "config.h"

#include <string.h>

#include "internal.h"

void
control_execute(struct screen *s, uint32_t c)
{
	s->join = 0;
	switch (c) {
	case 0x07:
		notice_bell(s);
		break;
	case 0x08:
		cursor_backspace(s);
		break;
	case 0x09:
		cursor_tab(s, 1);
		break;
	case 0x0a:
	case 0x0b:
	case 0x0c:
		cursor_line_feed(s);
		break;
	case 0x0d:
		s->x = 0;
		break;
	case 0x0e:
		s->set.level = 1;
		break;
	case 0x0f:
		s->set.level = 0;
		break;
	case 0x84:
		cursor_index(s);
		break;
	case 0x85:
		s->x = 0;
		cursor_index(s);
		break;
	case 0x88:
		if (s->x < s->cols)
			s->cur->tabs[s->x] = 1;
		break;
	}
}

static void
alignment_test(struct screen *s)
{
	struct cell e = { .ch = 'E', .a = s->pen };

	/* An underline is a plain one in xterm.js. */
	e.a.link = 0;
	e.a.ul = COLOR_DEFAULT;
	if (e.a.flags & A_UL_MASK)
		e.a.flags = (uint16_t)((e.a.flags & ~A_UL_MASK) |
				       1u << A_UL_SHIFT);
	cursor_set(s, 0, 0);
	for (unsigned int y = s->y; y < s->rows; y++) {
		for (unsigned int x = 0; x < s->cols; x++)
			s->cur->rows[y].cells[x] = e;
		s->cur->rows[y].wrapped = false;
	}
	cursor_set(s, 0, 0);
}

static void
designate(struct screen *s, uint32_t which, uint32_t final)
{
	static const char names[] = "()*+-.";
	static const uint8_t level[] = { 0, 1, 2, 3, 1, 2 };
	const char *at;
	int set = charset_find(final);

	at = which > 0 && which < 0x80 ? strchr(names, (int)which) : NULL;
	if (at != NULL && set >= 0)
		s->set.g[level[at - names]] = (uint8_t)set;
}

void
esc_dispatch(struct screen *s, uint32_t c)
{
	switch (s->p.collect) {
	case 0:
		break;
	case '#':
		if (c == '8')
			alignment_test(s);
		return;
	case '%':
		if (c == '@' || c == 'G')
			s->set.level = s->set.g[0] = 0;
		return;
	default:
		designate(s, s->p.collect, c);
		return;
	}
	switch (c) {
	case '7':
		cursor_save(s);
		break;
	case '8':
		cursor_restore(s);
		break;
	case 'D':
		cursor_index(s);
		break;
	case 'E':
		s->x = 0;
		cursor_index(s);
		break;
	case 'H':
		control_execute(s, 0x88);
		break;
	case 'M':
		cursor_reverse_index(s);
		break;
	case '=':
		s->modes |= M_KEYPAD;
		break;
	case '>':
		s->modes &= ~M_KEYPAD;
		break;
	case 'c':
		screen_reset(s);
		break;
	case 'n':
	case '}':
		s->set.level = 2;
		break;
	case 'o':
	case '|':
		s->set.level = 3;
		break;
	case '~':
		s->set.level = 1;
		break;
	}
}

static void
clear_rows(struct screen *s, unsigned int from, unsigned int to, bool keep)
{
	for (unsigned int y = from; y < to; y++) {
		struct row *r = &s->cur->rows[y];

		if (keep)
			row_erase(r, s->cols, 0, s->cols, grid_blank(s), true);
		else
			row_fill(r, s->cols, grid_blank(s));
		r->wrapped = false;
	}
}

static void
erase_display(struct screen *s, bool keep)
{
	struct row *r;

	cursor_restrict(s, s->cols);
	r = &s->cur->rows[s->y];
	switch (par(s, 0)) {
	case 0:
		row_erase(r, s->cols, s->x, s->cols, grid_blank(s), keep);
		if (s->x == 0)
			r->wrapped = false;
		clear_rows(s, s->y + 1, s->rows, keep);
		break;
	case 1:
		row_erase(r, s->cols, 0, s->x + 1, grid_blank(s), keep);
		r->wrapped = false;
		if (s->x + 1 >= s->cols && s->y + 1 < s->rows)
			s->cur->rows[s->y + 1].wrapped = false;
		clear_rows(s, 0, s->y, keep);
		cursor_settle(s);
		break;
	case 2:
		clear_rows(s, 0, s->rows, keep);
		cursor_settle(s);
		break;
	}
}

static void
erase_line(struct screen *s, bool keep)
{
	struct row *r;

	cursor_restrict(s, s->cols);
	r = &s->cur->rows[s->y];
	switch (par(s, 0)) {
	case 0:
		row_erase(r, s->cols, s->x, s->cols, grid_blank(s), keep);
		if (s->x == 0)
			r->wrapped = false;
		break;
	case 1:
		row_erase(r, s->cols, 0, s->x + 1, grid_blank(s), keep);
		cursor_settle(s);
		break;
	case 2:
		row_erase(r, s->cols, 0, s->cols, grid_blank(s), keep);
		r->wrapped = false;
		cursor_settle(s);
		break;
	}
}

static unsigned int
count(const struct screen *s)
{
	return (unsigned int)par1(s, 0);
}

static bool
in_region(const struct screen *s)
{
	return s->y >= s->cur->top && s->y <= s->cur->bottom;
}

/* IL and DL. */
static void
shift_lines(struct screen *s, bool insert)
{
	cursor_restrict(s, s->cols - 1);
	if (!in_region(s))
		return;
	if (insert)
		grid_scroll_down(
		    s, s->y, s->cur->bottom, count(s), grid_blank(s));
	else
		grid_scroll_up(
		    s, s->y, s->cur->bottom, count(s), grid_blank(s));
	s->x = 0;
}

/* SL, SR, DECIC and DECDC: a column of the region's rows comes or goes. */
static void
shift_columns(struct screen *s, unsigned int at, bool insert)
{
	if (!in_region(s))
		return;
	at %= s->cols;
	for (unsigned int y = s->cur->top; y <= s->cur->bottom; y++) {
		struct row *r = &s->cur->rows[y];

		if (insert)
			row_insert(r, s->cols, at, count(s), grid_blank(s));
		else
			row_delete(r, s->cols, at, count(s), grid_blank(s));
		r->wrapped = false;
	}
	cursor_settle(s);
}

static void
move_up(struct screen *s)
{
	int64_t n = count(s);

	if (s->y >= s->cur->top && n > s->y - s->cur->top)
		n = s->y - s->cur->top;
	cursor_move(s, 0, -n);
}

static void
move_down(struct screen *s)
{
	int64_t n = count(s);

	if (s->y <= s->cur->bottom && n > s->cur->bottom - s->y)
		n = s->cur->bottom - s->y;
	cursor_move(s, 0, n);
}

static void
set_region(struct screen *s)
{
	uint32_t top = (uint32_t)par1(s, 0), bottom = (uint32_t)par(s, 1);

	if (bottom == 0 || bottom > s->rows)
		bottom = s->rows;
	if (bottom <= top)
		return;
	s->cur->top = top - 1;
	s->cur->bottom = bottom - 1;
	cursor_set(s, 0, 0);
}

static void
clear_tabs(struct screen *s)
{
	if (par(s, 0) == 3)
		memset(s->cur->tabs, 0, SCREEN_SIDE_MAX);
	else if (par(s, 0) == 0 && s->x < s->cols)
		s->cur->tabs[s->x] = 0;
}

static void
title_stacks(struct screen *s)
{
	int32_t which = par(s, 1);
	void (*op)(struct title *);

	if (par(s, 0) == 22)
		op = title_push;
	else if (par(s, 0) == 23)
		op = title_pop;
	else
		return;
	if (which == 0 || which == 2)
		op(&s->title);
	if (which == 0 || which == 1)
		op(&s->icon);
}

static void
edit_chars(struct screen *s, uint32_t final)
{
	unsigned int n = count(s);
	struct row *r;

	cursor_restrict(s, s->cols - 1);
	r = &s->cur->rows[s->y];
	if (final == '@')
		row_insert(r, s->cols, s->x, n, grid_blank(s));
	else if (final == 'P')
		row_delete(r, s->cols, s->x, n, grid_blank(s));
	else
		row_erase(r, s->cols, s->x,
		    n > s->cols - s->x ? s->cols : s->x + n, grid_blank(s),
		    false);
}

/* Those that move the cursor; false if it is another one. */
static bool
csi_cursor(struct screen *s, uint32_t final)
{
	int64_t n = count(s);

	switch (final) {
	case 'A':
		move_up(s);
		break;
	case 'B':
		move_down(s);
		break;
	case 'C':
	case 'a':
		cursor_move(s, n, 0);
		break;
	case 'D':
		cursor_move(s, -n, 0);
		break;
	case 'E':
		move_down(s);
		s->x = 0;
		break;
	case 'F':
		move_up(s);
		s->x = 0;
		break;
	case 'G':
	case '`':
		cursor_set(s, n - 1, s->y);
		break;
	case 'H':
	case 'f':
		cursor_set(s, (int64_t)par1(s, 1) - 1, n - 1);
		break;
	case 'I':
		cursor_tab(s, count(s));
		break;
	case 'Z':
		cursor_back_tab(s, count(s));
		break;
	case 'd':
		cursor_set(s, s->x, n - 1);
		break;
	case 'e':
		cursor_move(s, 0, n);
		break;
	case 's':
		cursor_save(s);
		break;
	case 'u':
		cursor_restore(s);
		break;
	default:
		return false;
	}
	return true;
}

static void
csi_plain(struct screen *s, uint32_t final)
{
	struct cell blank = { 0 };
	struct page *pg = s->cur;

	if (csi_cursor(s, final))
		return;
	switch (final) {
	case '@':
	case 'P':
	case 'X':
		edit_chars(s, final);
		break;
	case 'J':
		erase_display(s, false);
		break;
	case 'K':
		erase_line(s, false);
		break;
	case 'L':
	case 'M':
		shift_lines(s, final == 'L');
		break;
	case 'S':
		grid_scroll_up(s, pg->top, pg->bottom, count(s), grid_blank(s));
		cursor_settle(s);
		break;
	case 'T': /* xterm.js takes no background here */
		grid_scroll_down(s, pg->top, pg->bottom, count(s), blank);
		cursor_settle(s);
		break;
	case 'b':
		print_repeat(s, count(s));
		break;
	case 'g':
		clear_tabs(s);
		break;
	case 'h':
	case 'l':
		mode_set(s, false, final == 'h');
		break;
	case 'm':
		sgr_dispatch(s);
		break;
	case 'r':
		set_region(s);
		break;
	case 't':
		title_stacks(s);
		break;
	}
}

static void
select_protected(struct screen *s)
{
	if (par(s, 0) == 1)
		s->pen.flags |= A_PROTECTED;
	else if (par(s, 0) == 0 || par(s, 0) == 2)
		s->pen.flags &= (uint16_t)~A_PROTECTED;
}

/* modifyOtherKeys, CSI > 4 ; N m; without N it is as at first. */
static void
modify_keys(struct screen *s)
{
	if (par(s, 0) == 4 && par(s, 1) <= 3)
		s->modify = (uint8_t)par(s, 1);
}

#define ID(collect, final) ((uint32_t)(collect) << 8 | (uint32_t)(final))

void
csi_dispatch(struct screen *s, uint32_t final)
{
	if (s->p.collect == 0) {
		csi_plain(s, final);
		return;
	}
	if (s->p.collect > 0xffff)
		return;
	switch (ID(s->p.collect, final)) {
	case ID(' ', '@'):
	case ID(' ', 'A'):
		shift_columns(s, 0, final == 'A');
		break;
	case ID('\'', '}'):
	case ID('\'', '~'):
		shift_columns(s, s->x, final == '}');
		break;
	case ID('?', 'J'):
		erase_display(s, true);
		break;
	case ID('?', 'K'):
		erase_line(s, true);
		break;
	case ID('?', 'h'):
	case ID('?', 'l'):
		mode_set(s, true, final == 'h');
		break;
	case ID('!', 'p'):
		mode_soft_reset(s);
		break;
	case ID(' ', 'q'):
		mode_cursor_style(s);
		break;
	case ID('"', 'q'):
		select_protected(s);
		break;
	case ID('>', 'u'):
		keys_push(s);
		break;
	case ID('<', 'u'):
		keys_pop(s);
		break;
	case ID('=', 'u'):
		keys_set(s);
		break;
	case ID('>', 'm'):
		modify_keys(s);
		break;
	}
}
