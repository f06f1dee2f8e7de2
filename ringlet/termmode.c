/*
 * A parser of the few control sequences that outlast a session.  It follows
 * ECMA-48's shape (ESC [ prefix parameters intermediates final) and ignores
 * what it does not know; strings (OSC, DCS, APC, PM, SOS) are skipped, so
 * that their text is not taken for sequences.
 */

#include "config.h"

#include <string.h>

#include "buf.h"
#include "termmode.h"

#define NELEM(a)    (sizeof(a) / sizeof((a)[0]))
#define PARAM_LIMIT 100000 /* no mode has so high a number */

enum { GROUND, ESC, CSI, STRING, STRING_ESC };

/* DEC private modes, and what they are before anything is said. */
static const struct {
	unsigned mode;
	bool initially;
} modes[] = {
	{ 2026, false }, /* output held back: off before all else */
	{ 1, false },	 /* application cursor keys */
	{ 5, false },	 /* reverse screen */
	{ 6, false },	 /* origin mode */
	{ 7, true },	 /* wrap */
	{ 9, false },	 /* mouse reports, in all their variants */
	{ 1000, false },
	{ 1001, false },
	{ 1002, false },
	{ 1003, false },
	{ 1004, false }, /* focus reports */
	{ 1005, false },
	{ 1006, false },
	{ 1015, false },
	{ 1016, false },
	{ 2004, false }, /* bracketed paste */
	{ 2031, false }, /* reports of the colour scheme */
	{ 2048, false }, /* reports of the size */
	{ 47, false },	 /* alternate screen, in all its variants */
	{ 1047, false },
	{ 1049, false },
	{ 25, true },	 /* cursor shown */
};

static bool
is_alternate(unsigned mode)
{
	return mode == 47 || mode == 1047 || mode == 1049;
}

/* There is one alternate screen: whichever mode leaves it, it is left. */
static void
leave_alternate(struct termmode *t)
{
	for (size_t k = 0; k < NELEM(modes); k++)
		if (is_alternate(modes[k].mode))
			t->changed &= ~(UINT32_C(1) << k);
}

static void
set_modes(struct termmode *t, bool on)
{
	for (size_t i = 0; i < t->nparams; i++) {
		for (size_t k = 0; k < NELEM(modes); k++) {
			if (modes[k].mode != t->params[i])
				continue;
			if (is_alternate(modes[k].mode))
				leave_alternate(t);
			if (on != modes[k].initially)
				t->changed |= UINT32_C(1) << k;
			else
				t->changed &= ~(UINT32_C(1) << k);
		}
	}
}

/* The keyboard protocols: CSI > Ps u pushes, CSI < Ps u pops. */
static void
set_keyboard(struct termmode *t)
{
	unsigned n = t->params[0];

	if (t->prefix == '>')
		t->keyboards++;
	else if (n == 0)
		n = 1;
	if (t->prefix == '<')
		t->keyboards -= n < t->keyboards ? n : t->keyboards;
}

static void
finish(struct termmode *t, char final)
{
	bool plain = t->prefix == 0 && t->middle == 0;

	if (t->prefix == '?' && t->middle == 0 &&
	    (final == 'h' || final == 'l'))
		set_modes(t, final == 'h');
	else if (final == 'u' && (t->prefix == '>' || t->prefix == '<'))
		set_keyboard(t);
	else if (final == 'm' && t->prefix == '>')
		t->other_keys = t->nparams > 1 && t->params[1] != 0;
	else if (final == 'm' && plain)
		t->attributes = t->params[t->nparams - 1] != 0;
	else if (final == 'r' && plain)
		t->region = t->nparams > 1;
	else if (final == 'q' && t->middle == ' ')
		t->cursor_shape = t->params[0] != 0;
}

static void
in_csi(struct termmode *t, char c)
{
	unsigned *p = &t->params[t->nparams - 1];

	if (c >= '0' && c <= '9') {
		if (*p < PARAM_LIMIT)
			*p = *p * 10 + (unsigned)(c - '0');
	} else if (c == ';' || c == ':') {
		if (t->nparams < TERMMODE_PARAMS)
			t->params[t->nparams++] = 0;
		else
			*p = 0; /* the last one is the one that is kept */
	} else if (c >= '<' && c <= '?')
		t->prefix = c;
	else if (c >= ' ' && c <= '/')
		t->middle = c;
	else {
		if (c >= '@' && c <= '~')
			finish(t, c);
		t->state = GROUND;
	}
}

static void
after_esc(struct termmode *t, char c)
{
	t->state = GROUND;
	switch (c) {
	case '[':
		t->state = CSI;
		t->prefix = t->middle = 0;
		t->params[0] = 0;
		t->nparams = 1;
		break;
	case ']':
	case 'P':
	case '_':
	case '^':
	case 'X':
		t->state = STRING;
		break;
	case '=':
		t->keypad = true;
		break;
	case '>':
		t->keypad = false;
		break;
	case 'c': /* a full reset */
		memset(t, 0, sizeof(*t));
		break;
	}
}

void
termmode_feed(struct termmode *t, const uint8_t *p, size_t len)
{
	const uint8_t *esc;

	for (size_t i = 0; i < len; i++) {
		char c = (char)p[i];

		if (c == '\033') {
			t->state = t->state == STRING ? STRING_ESC : ESC;
			continue;
		}
		switch (t->state) {
		case GROUND:
			/* Nearly all output is text: go to the next ESC. */
			esc = memchr(p + i, '\033', len - i);
			if (esc == NULL)
				return;
			i = (size_t)(esc - p) - 1;
			break;
		case ESC:
			after_esc(t, c);
			break;
		case CSI:
			in_csi(t, c);
			break;
		case STRING:
			/* BEL ends an OSC, CAN and SUB end any string. */
			if (c == '\a' || c == 0x18 || c == 0x1a)
				t->state = GROUND;
			break;
		case STRING_ESC:
			t->state = GROUND;
			if (c != '\\')
				after_esc(t, c);
			break;
		}
	}
}

int
termmode_undo(const struct termmode *t, struct buf *out)
{
	int r = 0;

	if (t->keyboards > 0)
		r |= buf_putf(out, "\033[<%uu", t->keyboards);
	if (t->other_keys)
		r |= buf_puts(out, "\033[>4m");
	if (t->attributes)
		r |= buf_puts(out, "\033[0m");
	if (t->region)
		/* It moves the cursor as well: put that back. */
		r |= buf_puts(out, "\0337\033[r\0338");
	if (t->cursor_shape)
		r |= buf_puts(out, "\033[0 q");
	if (t->keypad)
		r |= buf_puts(out, "\033>");
	for (size_t k = 0; k < NELEM(modes); k++) {
		if (!(t->changed & (UINT32_C(1) << k)))
			continue;
		r |= buf_putf(out, "\033[?%u%c", modes[k].mode,
		    modes[k].initially ? 'h' : 'l');
		/* 1049 alone puts the cursor back by itself. */
		if (modes[k].mode == 47 || modes[k].mode == 1047)
			r |= buf_puts(out, "\0338");
	}
	return r;
}
