/*
 * dump.c: what a screen holds as text, for tests: a line a run of cells with
 * the same attributes, blank ones left out.  regress/screen/compare.js writes
 * the same of xterm.js.
 *
 * Printable ASCII stands for itself, \\ for a backslash, \_ for a blank cell
 * and \{CODE,...:WIDTH} for all else; right halves are left out.
 */

#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "internal.h"

struct out {
	const struct screen *s;
	struct buf *buf;
	int err;
};

static void put(struct out *, const char *, ...)
    __attribute__((__format__(printf, 2, 3)));

static void
put(struct out *o, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (o->err == 0)
		o->err = buf_puts(o->buf, text);
}

static void
put_text(struct out *o, const char *s)
{
	for (; *s != '\0'; s++)
		if (*s > 0x20 && *s < 0x7f && *s != '%')
			put(o, "%c", *s);
		else
			put(o, "%%%02x", (uint8_t)*s);
}

static void
put_color(struct out *o, const char *what, uint32_t c)
{
	if ((c & COLOR_KIND) == COLOR_16)
		put(o, " %s16:%u", what, c & 0xff);
	else if ((c & COLOR_KIND) == COLOR_256)
		put(o, " %s256:%u", what, c & 0xff);
	else if ((c & COLOR_KIND) == COLOR_RGB)
		put(o, " %s#%06x", what, c & 0xffffff);
}

static void
put_attr(struct out *o, const struct attr *a)
{
	static const char *const names[] = { "bold", "faint", "italic", "blink",
		"inverse", "invisible", "strike", "overline", "protected" };
	unsigned int ul = (a->flags & A_UL_MASK) >> A_UL_SHIFT;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (a->flags & (1u << i))
			put(o, " %s", names[i]);
	if (ul != 0)
		put(o, " ul%u", ul);
	put_color(o, "fg", a->fg);
	put_color(o, "bg", a->bg);
	put_color(o, "ul", a->ul);
	if (a->link != 0) {
		put(o, " link=");
		put_text(o, o->s->links[a->link - 1].id);
		put(o, ";");
		put_text(o, o->s->links[a->link - 1].uri);
	}
}

static void
put_cell(struct out *o, const struct cell *c)
{
	uint32_t cp[COMB_MAX];
	unsigned int n = cell_chars(o->s, c, cp);

	if (cell_is_half(c))
		return;
	if (n == 0)
		put(o, "\\_");
	else if (n == 1 && cp[0] == '\\')
		put(o, "\\\\");
	else if (n == 1 && cp[0] < 0x7f)
		put(o, "%c", (int)cp[0]);
	else {
		for (unsigned int i = 0; i < n; i++)
			put(o, "%s%x", i == 0 ? "\\{" : ",", cp[i]);
		put(o, ":%u}", cell_width(c));
	}
}

static void
put_row(struct out *o, const struct row *r, unsigned int y)
{
	static const struct cell blank;
	unsigned int cols = o->s->cols, x, n, end = cols;

	while (
	    end > 0 && memcmp(&r->cells[end - 1], &blank, sizeof(blank)) == 0)
		end--;
	if (end == 0 && !r->wrapped)
		return;
	put(o, "row %u%s\n", y, r->wrapped ? " wrapped" : "");
	for (x = 0; x < end; x += n) {
		for (n = 1; x + n < end &&
			    attr_same(&r->cells[x + n].a, &r->cells[x].a);
		     n++)
			;
		put(o, " %u", x);
		put_attr(o, &r->cells[x].a);
		put(o, " |");
		for (unsigned int i = 0; i < n; i++)
			put_cell(o, &r->cells[x + i]);
		put(o, "|\n");
	}
}

static void
put_modes(struct out *o)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} modes[] = {
		{ M_APP_CURSOR, "cursor-keys" },
		{ M_KEYPAD, "keypad" },
		{ M_PASTE, "paste" },
		{ M_INSERT, "insert" },
		{ M_ORIGIN, "origin" },
		{ M_BACKWRAP, "backwrap" },
		{ M_FOCUS, "focus" },
		{ M_SYNC, "sync" },
		{ M_WRAP, "wrap" },
		{ M_NEWLINE, "newline" },
		{ M_BLINK, "blink" },
		{ M_VISIBLE, "visible" },
	};

	put(o, "modes");
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (o->s->modes & modes[i].bit)
			put(o, " %s", modes[i].name);
	put(o, " mouse=%u encode=%u style=%u\n", o->s->mouse, o->s->encode,
	    o->s->style);
}

int
screen_dump(const struct screen *s, struct buf *buf)
{
	struct out o = { .s = s, .buf = buf };

	put(&o, "size %u %u\n", s->cols, s->rows);
	put(&o, "cursor %u %u\n", s->x, s->y);
	put_modes(&o);
	put(&o, "title ");
	if (s->title.now != NULL)
		put_text(&o, s->title.now);
	put(&o, "\nregion %u %u\n", s->cur->top, s->cur->bottom);
	for (int i = NORMAL; i <= ALTERNATE; i++) {
		if (s->page[i].rows == NULL)
			continue;
		put(&o, "%s\n", i == NORMAL ? "normal" : "alternate");
		for (unsigned int y = 0; y < s->rows; y++)
			put_row(&o, &s->page[i].rows[y], y);
	}
	return o.err;
}
