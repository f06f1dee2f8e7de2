/*
 * sgr.c: CSI m, both ways: what it does to the pen, and how to say what a pen
 * has.  Colours come as 38;5;N, 38;2;R;G;B, 38:5:N, 38:2:R:G:B and
 * 38:2:SPACE:R:G:B, and mixed, as xterm.js takes them.
 */

#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

static uint32_t
color_of(uint32_t old, int32_t kind, const int32_t *v)
{
	if (kind == 2)
		return COLOR_RGB | ((uint32_t)v[0] & 0xff) << 16 |
		       ((uint32_t)v[1] & 0xff) << 8 | ((uint32_t)v[2] & 0xff);
	if (kind == 5)
		return COLOR_256 | ((uint32_t)v[0] & 0xff);
	return old;
}

/*
 * An extended colour from parameter i on.  v is {what, kind, colour space,
 * three values, and two that do not count}; where the colour space is not
 * given its place stays empty.  Returns how many parameters more it took.
 */
static unsigned int
take_color(struct screen *s, unsigned int i)
{
	const struct parser *p = &s->p;
	int32_t v[8] = { 0, 0, -1, 0, 0, 0, 0, 0 };
	unsigned int n = 0, space = 0, k;

	do {
		v[n + space] = p->par[i + n];
		if (p->sub_to[i + n] > p->sub_from[i + n]) {
			unsigned int from = p->sub_from[i + n];
			unsigned int subs = p->sub_to[i + n] - from;

			k = 0;
			do {
				if (v[1] == 5)
					space = 1;
				v[n + k + 1 + space] = p->sub[from + k];
			} while (++k < subs && k + n + 1 + space < 6);
			break;
		}
		if ((v[1] == 5 && n + space >= 2) ||
		    (v[1] == 2 && n + space >= 5))
			break;
		if (v[1] != 0)
			space = 1;
	} while (++n + i < p->npar && n + space < 6);
	for (k = 2; k < 6; k++)
		if (v[k] == -1)
			v[k] = 0;
	switch (v[0]) {
	case 38:
		s->pen.fg = color_of(s->pen.fg, v[1], v + 3);
		break;
	case 48:
		s->pen.bg = color_of(s->pen.bg, v[1], v + 3);
		break;
	case 58:
		s->pen.ul = color_of(s->pen.ul, v[1], v + 3);
		break;
	}
	return n;
}

static void
set_underline(struct attr *a, int32_t style)
{
	if (style < 0 || style > 5)
		style = 1;
	a->flags = (uint16_t)((a->flags & ~A_UL_MASK) | style << A_UL_SHIFT);
}

/* What it switches on and off again, by its number. */
static const struct {
	uint8_t on;
	uint8_t off;
	uint16_t flag;
} flags[] = {
	{ 1, 22, A_BOLD },
	{ 2, 22, A_FAINT },
	{ 3, 23, A_ITALIC },
	{ 5, 25, A_BLINK },
	{ 7, 27, A_INVERSE },
	{ 8, 28, A_INVISIBLE },
	{ 9, 29, A_STRIKE },
	{ 53, 55, A_OVERLINE },
};

#define NFLAGS (sizeof(flags) / sizeof(flags[0]))

static void
set_flags(struct attr *a, int32_t n)
{
	for (size_t i = 0; i < NFLAGS; i++) {
		if (n == flags[i].on)
			a->flags |= flags[i].flag;
		else if (n == flags[i].off)
			a->flags &= (uint16_t)~flags[i].flag;
	}
}

void
sgr_dispatch(struct screen *s)
{
	const struct parser *p = &s->p;
	struct attr *a = &s->pen;

	for (unsigned int i = 0; i < p->npar; i++) {
		int32_t n = p->par[i];

		if (n >= 30 && n <= 37)
			a->fg = COLOR_16 | (uint32_t)(n - 30);
		else if (n >= 40 && n <= 47)
			a->bg = COLOR_16 | (uint32_t)(n - 40);
		else if (n >= 90 && n <= 97)
			a->fg = COLOR_16 | 8 | (uint32_t)(n - 90);
		else if (n >= 100 && n <= 107)
			a->bg = COLOR_16 | 8 | (uint32_t)(n - 100);
		else if (n == 38 || n == 48 || n == 58)
			i += take_color(s, i);
		else if (n == 39)
			a->fg = COLOR_DEFAULT;
		else if (n == 49)
			a->bg = COLOR_DEFAULT;
		else if (n == 59)
			a->ul = COLOR_DEFAULT;
		else if (n == 4)
			set_underline(a, p->sub_to[i] > p->sub_from[i]
					     ? p->sub[p->sub_from[i]]
					     : 1);
		else if (n == 21)
			set_underline(a, 2);
		else if (n == 24)
			set_underline(a, 0);
		else if (n == 0) {
			a->fg = a->bg = a->ul = COLOR_DEFAULT;
			a->flags = 0; /* protection ends, too */
		} else
			set_flags(a, n);
	}
}

struct text {
	char *p;
	size_t size;
	size_t len;
};

static void add(struct text *, const char *, ...)
    __attribute__((__format__(printf, 2, 3)));

static void
add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->p + t->len, t->size - t->len, fmt, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < t->size - t->len)
		t->len += (size_t)n;
}

/* base: 30 or 40. */
static void
add_color(struct text *t, uint32_t c, unsigned int base)
{
	unsigned int v = c & 0xffffff;

	switch (c & COLOR_KIND) {
	case COLOR_DEFAULT:
		add(t, ";%u", base + 9);
		break;
	case COLOR_16:
		add(t, ";%u", v < 8 ? base + v : base + 60 + v - 8);
		break;
	case COLOR_256:
		add(t, ";%u;5;%u", base + 8, v);
		break;
	default:
		add(t, ";%u;2;%u;%u;%u", base + 8, v >> 16, v >> 8 & 0xff,
		    v & 0xff);
		break;
	}
}

/* Only from all switched off: xterm.js takes 59 for white. */
static void
add_flags(struct text *t, const struct attr *a)
{
	unsigned int ul = (a->flags & A_UL_MASK) >> A_UL_SHIFT;
	unsigned int v = a->ul & 0xffffff;

	for (size_t i = 0; i < NFLAGS; i++)
		if (a->flags & flags[i].flag)
			add(t, ";%u", flags[i].on);
	if (ul == 1)
		add(t, ";4");
	else if (ul > 1)
		add(t, ";4:%u", ul);
	if ((a->ul & COLOR_KIND) == COLOR_256)
		add(t, ";58:5:%u", v);
	else if ((a->ul & COLOR_KIND) == COLOR_RGB)
		add(t, ";58:2::%u:%u:%u", v >> 16, v >> 8 & 0xff, v & 0xff);
}

size_t
sgr_print(
    const struct attr *from, const struct attr *to, char *dst, size_t size)
{
	struct text t = { .p = dst, .size = size };
	uint16_t mine = (uint16_t)~A_PROTECTED;
	uint32_t fg = from->fg, bg = from->bg;

	dst[0] = '\0';
	if ((from->flags & mine) != (to->flags & mine) || from->ul != to->ul) {
		add(&t, ";0");
		fg = bg = COLOR_DEFAULT;
		add_flags(&t, to);
	}
	if (fg != to->fg)
		add_color(&t, to->fg, 30);
	if (bg != to->bg)
		add_color(&t, to->bg, 40);
	return t.len;
}
