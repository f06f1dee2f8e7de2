/*
 * snapshot.c: the bytes that make a terminal show what a screen holds.
 *
 * They begin by taking whatever terminal reads them to a known state, without
 * a reset (RIS), which would clear its scrollback.  Then the normal screen is
 * drawn and, if it is shown, the alternate one; at last come the modes, the
 * cursor and the pen.  A keeper that goes on from a snapshot reads it as a
 * viewer does, so all of the state must be in it.
 */

#include "config.h"

#include <string.h>

#include "buf.h"
#include "err.h"
#include "internal.h"

static const struct attr plain;

/* What can be switched on and stay on; the two screens' parts come later. */
static void
put_known_state(struct pen *pen)
{
	/* Ends a string or sequence; then the normal screen, soft reset. */
	pen_put(pen, "\033\\\033[?1047l\033[!p");
	pen_put(pen,
	    "\033[?25;1;5;6;9;12;45;66;69;1000;1002;1003;1004;1005;1006;"
	    "1007;1015;1016;2004;2026;2031l\033[?7h\033[4;20l");
	pen_put(pen, "\033[r\033(B\033)B\033*B\033+B\017\033[m\033[0\"q"
		     "\033[0 q\033[>4m");
	pen_put(pen, "\033]8;;\033\\\033]104\033\\\033]110\033\\"
		     "\033]111\033\\\033]112\033\\");
	for (int i = 0; i < TITLE_STACK_MAX; i++)
		pen_put(pen, "\033[23t");
	pen_put(pen, "\033[H\033[2J");
}

static void
put_tabs(struct pen *pen, const struct page *pg)
{
	pen_put(pen, "\r\033[3g");
	pen->x = 0;
	for (unsigned int x = 0; x < pen->s->cols; x++)
		if (pg->tabs[x]) {
			pen_goto(pen, x, pen->y);
			pen_put(pen, "\033H");
		}
}

static bool
has_default_tabs(const struct screen *s, const struct page *pg)
{
	for (unsigned int x = 0; x < s->cols; x++)
		if ((pg->tabs[x] != 0) != (x % 8 == 0))
			return false;
	return true;
}

static void
put_charsets(struct pen *pen, const struct charset *to)
{
	static const char intro[] = "()*+";
	static const char *const shift[] = { "\017", "\016", "\033n", "\033o" };

	for (int i = 0; i < 4; i++)
		if (pen->set.g[i] != to->g[i])
			pen_put(
			    pen, "\033%c%c", intro[i], charset_final(to->g[i]));
	if (pen->set.level != to->level)
		pen_put(pen, "%s", shift[to->level]);
	pen->set = *to;
}

/* The flags of the keyboard protocol, and those below on its stack. */
static void
put_keys(struct pen *pen, const struct keys *k)
{
	pen_put(pen, "\033[<%uu", KEYS_MAX + 1);
	for (unsigned int i = 0; i <= k->n; i++) {
		unsigned int flags = i < k->n ? k->stack[i] : k->flags;

		if (i > 0)
			pen_put(pen, "\033[>%uu", flags);
		else if (flags != 0)
			pen_put(pen, "\033[=%uu", flags);
	}
}

static void
put_saved(struct pen *pen, const struct saved *v)
{
	pen_put(pen, "\033[%u;%uH", v->y + 1, v->x + 1);
	pen->x = v->x;
	pen->y = v->y;
	pen_attr(pen, &v->pen);
	put_charsets(pen, &v->set);
	pen_put(pen, "\0337");
}

/* What each of the two screens has, after it was drawn. */
static void
put_page_state(struct pen *pen, const struct page *pg)
{
	static const struct charset ascii;

	put_saved(pen, &pg->saved);
	put_keys(pen, &pg->keys);
	pen_attr(pen, &plain);
	put_charsets(pen, &ascii);
}

static void
put_region(struct pen *pen, const struct page *pg)
{
	if (pg->top == 0 && pg->bottom == pen->s->rows - 1)
		return;
	pen_put(pen, "\033[%u;%ur", pg->top + 1, pg->bottom + 1);
	pen->x = pen->y = 0;
}

static void
put_pages(struct pen *pen)
{
	const struct screen *s = pen->s;
	const struct page *normal = &s->page[NORMAL];
	const struct page *alt = &s->page[ALTERNATE];
	bool shown = s->cur == alt;

	if (!shown) { /* what it has even now */
		pen_put(pen, "\033[?1047h");
		put_page_state(pen, alt);
		pen_put(pen, "\033[?1047l");
	}
	pen_put(pen, "\033[H");
	pen->x = pen->y = 0;
	pen_rows(pen, normal);
	put_tabs(pen, normal);
	put_page_state(pen, normal);
	put_region(pen, normal);
	if (!shown)
		return;
	pen_put(pen, "\033[%uH\033[?1047h\033[2J\033[H", normal->y + 1);
	pen->x = pen->y = 0;
	pen_rows(pen, alt);
	if (!has_default_tabs(s, alt))
		put_tabs(pen, alt);
	put_page_state(pen, alt);
	put_region(pen, alt);
}

static void
put_colors(struct pen *pen)
{
	const struct screen *s = pen->s;

	for (unsigned int i = 0; i < NCOLORS; i++) {
		unsigned int rgb = s->colors[i] & 0xffffff;

		if (!(s->colors[i] & COLOR_SET))
			continue;
		if (i < COLOR_FG)
			pen_put(pen, "\033]4;%u;#%06x\033\\", i, rgb);
		else
			pen_put(
			    pen, "\033]%u;#%06x\033\\", 10 + i - COLOR_FG, rgb);
	}
}

static void
put_title(struct pen *pen, unsigned int osc, const char *text)
{
	pen_put(pen, "\033]%u;", osc);
	if (pen->err == 0)
		pen->err = buf_puts(pen->out, text);
	pen_put(pen, "\033\\");
}

static void
put_titles(struct pen *pen, unsigned int osc, const struct title *t)
{
	for (unsigned int i = 0; i < t->n; i++) {
		put_title(pen, osc, t->stack[i]);
		pen_put(pen, "\033[22;%ut", osc);
	}
	if (t->now != NULL)
		put_title(pen, osc, t->now);
}

/* Modes that are on; those that matter to drawing come after the cursor. */
static void
put_modes(struct pen *pen)
{
	static const struct {
		uint32_t bit;
		const char *set;
	} modes[] = {
		{ M_APP_CURSOR, "\033[?1h" },
		{ M_REVERSE, "\033[?5h" },
		{ M_BLINK, "\033[?12h" },
		{ M_BACKWRAP, "\033[?45h" },
		{ M_KEYPAD, "\033[?66h" },
		{ M_FOCUS, "\033[?1004h" },
		{ M_UTF8_MOUSE, "\033[?1005h" },
		{ M_ALT_SCROLL, "\033[?1007h" },
		{ M_URXVT, "\033[?1015h" },
		{ M_PASTE, "\033[?2004h" },
		{ M_SCHEME, "\033[?2031h" },
		{ M_INSERT, "\033[4h" },
		{ M_NEWLINE, "\033[20h" },
	};
	const struct screen *s = pen->s;

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (s->modes & modes[i].bit)
			pen_put(pen, "%s", modes[i].set);
	if (!(s->modes & M_WRAP))
		pen_put(pen, "\033[?7l");
	if (s->mouse != 0)
		pen_put(pen, "\033[?%uh", s->mouse);
	if (s->encode != 0)
		pen_put(pen, "\033[?%uh", s->encode);
	if (s->style != 0)
		pen_put(pen, "\033[%u q", s->style);
	if (s->modify != 0)
		pen_put(pen, "\033[>4;%um", s->modify);
	if (s->modes & M_SYNC)
		pen_put(pen, "\033[?2026h");
	/* In any case: nothing can be added to what was printed before. */
	pen_put(pen, s->modes & M_VISIBLE ? "\033[?25h" : "\033[?25l");
}

/* In origin mode rows are counted from the region's top. */
static void
put_cursor(struct pen *pen, unsigned int x)
{
	const struct screen *s = pen->s;
	unsigned int y = s->y;

	if (s->modes & M_ORIGIN)
		y -= s->cur->top;
	pen_put(pen, "\033[%u;%uH", y + 1, x + 1);
	pen->x = x;
	pen->y = s->y;
}

/* The column of the character left of column x. */
static unsigned int
before(const struct row *r, unsigned int x)
{
	return cell_is_half(&r->cells[x - 1]) ? x - 2 : x - 1;
}

/*
 * The cursor, in the wrapping column too, and the pen.  If the last thing was
 * a character then more of it may come: accents, or REP.  It is printed again
 * as the very last, into a gap that is made for it where printing inserts.
 */
static void
put_position(struct pen *pen)
{
	const struct screen *s = pen->s;
	const struct row *r = &s->cur->rows[s->y];
	uint32_t cp[COMB_MAX];
	unsigned int at;

	if (s->modes & M_ORIGIN)
		pen_put(pen, "\033[?6h");
	if (s->join == 0 && s->x == s->cols) {
		at = before(r, s->x);
		put_cursor(pen, at);
		pen_attr(pen, &r->cells[at].a);
		pen_chars(pen, &r->cells[at], CHARSET_ASCII);
	} else if (s->join == 0)
		put_cursor(pen, s->x);
	else
		put_cursor(pen, s->x - s->join);
	put_modes(pen);
	put_charsets(pen, &s->set);
	pen_attr(pen, &s->pen);
	if (s->join == 0)
		return;
	at = s->x - s->join;
	/* What makes it wider afterwards does not insert. */
	if (s->modes & M_INSERT && cell_chars(s, &r->cells[at], cp) > 0)
		pen_put(pen, "\033[%uP", char_width(cp[0]));
	pen_chars(pen, &r->cells[at], s->set.g[s->set.level]);
}

/* Within a string that has no effect: what follows is still a part of it. */
static void
put_string(struct pen *pen)
{
	switch (pen->s->p.base) {
	case S_CSI_IGNORE:
		pen_put(pen, "\033[<<");
		break;
	case S_DCS_DATA:
		pen_put(pen, "\033P~");
		break;
	case S_OSC_SKIP:
		pen_put(pen, "\033]9999;");
		break;
	case S_STRING:
		pen_put(pen, "\033X");
		break;
	default:
		break;
	}
}

static int
snapshot(const struct screen *s, struct buf *out, bool links)
{
	struct pen pen = { .s = s, .out = out, .links = links };

	put_known_state(&pen);
	put_pages(&pen);
	put_colors(&pen);
	put_titles(&pen, 2, &s->title);
	put_titles(&pen, 1, &s->icon);
	put_position(&pen);
	put_string(&pen);
	return pen.err;
}

int
screen_snapshot(const struct screen *s, struct buf *out)
{
	return snapshot(s, out, true);
}

int
screen_snapshot_plain(const struct screen *s, struct buf *out)
{
	return snapshot(s, out, false);
}
