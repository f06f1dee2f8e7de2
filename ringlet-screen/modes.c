/*
 * modes.c: SM and RM, their private ones, the cursor's style, soft reset, and
 * the ways to encode keys.  What is set on the viewer's keyboard and mouse
 * changes nothing that is shown here; it is kept for the next viewer.
 */

#include "config.h"

#include <string.h>

#include "internal.h"

static const struct {
	uint16_t number;
	uint32_t bit;
} privates[] = {
	{ 1, M_APP_CURSOR },
	{ 5, M_REVERSE },
	{ 7, M_WRAP },
	{ 12, M_BLINK },
	{ 25, M_VISIBLE },
	{ 45, M_BACKWRAP },
	{ 66, M_KEYPAD },
	{ 1004, M_FOCUS },
	{ 1005, M_UTF8_MOUSE },
	{ 1007, M_ALT_SCROLL },
	{ 1015, M_URXVT },
	{ 2004, M_PASTE },
	{ 2026, M_SYNC },
	{ 2031, M_SCHEME },
};

#define NPRIVATES (sizeof(privates) / sizeof(privates[0]))

static void
set_bit(struct screen *s, uint32_t bit, bool on)
{
	if (on)
		s->modes |= bit;
	else
		s->modes &= ~bit;
}

static void
set_alternate(struct screen *s, bool on, bool and_cursor)
{
	if (on && and_cursor)
		cursor_save(s);
	page_show(s, on ? ALTERNATE : NORMAL);
	if (!on && and_cursor)
		cursor_restore(s);
}

static void
set_private(struct screen *s, int32_t n, bool on)
{
	switch (n) {
	case 2: /* leaving VT52 mode, which is never entered */
		if (on)
			memset(s->set.g, CHARSET_ASCII, sizeof(s->set.g));
		return;
	case 6:
		set_bit(s, M_ORIGIN, on);
		cursor_set(s, 0, 0);
		return;
	case 9:
	case 1000:
	case 1002:
	case 1003:
		s->mouse = on ? (uint16_t)n : 0;
		return;
	case 1006:
	case 1016:
		s->encode = on ? (uint16_t)n : 0;
		return;
	case 47:
	case 1047:
		set_alternate(s, on, false);
		return;
	case 1048:
		if (on)
			cursor_save(s);
		else
			cursor_restore(s);
		return;
	case 1049:
		set_alternate(s, on, true);
		return;
	}
	for (size_t i = 0; i < NPRIVATES; i++)
		if (n == privates[i].number)
			set_bit(s, privates[i].bit, on);
}

void
mode_set(struct screen *s, bool private, bool on)
{
	for (unsigned int i = 0; i < s->p.npar; i++) {
		if (private)
			set_private(s, s->p.par[i], on);
		else if (s->p.par[i] == 4)
			set_bit(s, M_INSERT, on);
		else if (s->p.par[i] == 20)
			set_bit(s, M_NEWLINE, on);
	}
}

/* Above 6 it says whether to blink and leaves the shape; 7, 8: the default. */
void
mode_cursor_style(struct screen *s)
{
	int32_t n = par(s, 0);
	bool steady = n % 2 == 0;

	if (n > 6 && s->style >= 1 && s->style <= 6)
		n = (s->style - 1) / 2 * 2 + (steady ? 2 : 1);
	else if (n > 6)
		n = steady ? 8 : 7;
	s->style = (uint8_t)n;
}

void
mode_soft_reset(struct screen *s)
{
	struct page *pg = s->cur;

	s->modes = (s->modes & ~M_SOFT) | M_WRAP | M_VISIBLE;
	s->style = 0;
	memset(&s->pen, 0, sizeof(s->pen));
	memset(&s->set, 0, sizeof(s->set));
	memset(&pg->saved, 0, sizeof(pg->saved));
	pg->top = 0;
	pg->bottom = s->rows - 1;
}

#define KEYS_MASK 31

void
keys_push(struct screen *s)
{
	struct keys *k = &s->cur->keys;

	if (k->n == KEYS_MAX) {
		memmove(k->stack, k->stack + 1, KEYS_MAX - 1);
		k->n--;
	}
	k->stack[k->n++] = k->flags;
	k->flags = (uint8_t)(par(s, 0) & KEYS_MASK);
}

void
keys_pop(struct screen *s)
{
	struct keys *k = &s->cur->keys;
	int32_t n = par1(s, 0);

	for (; n > 0; n--) {
		if (k->n == 0) {
			k->flags = 0;
			break;
		}
		k->flags = k->stack[--k->n];
		k->stack[k->n] = 0;
	}
}

void
keys_set(struct screen *s)
{
	struct keys *k = &s->cur->keys;
	uint8_t flags = (uint8_t)(par(s, 0) & KEYS_MASK);

	switch (par1(s, 1)) {
	case 1:
		k->flags = flags;
		break;
	case 2:
		k->flags |= flags;
		break;
	case 3:
		k->flags &= (uint8_t)~flags;
		break;
	}
}
