/*
 * vtparse.c: which characters form a control sequence.  The states and their
 * edges are those of xterm.js, which are Paul Williams' for the VT500 with
 * UTF-8.
 *
 * Controls within a sequence are done when it ends, just before it, rather
 * than when they are read.  The outcome is the same, and until the end the
 * screen is that before the sequence.
 */

#include "config.h"

#include <string.h>

#include "internal.h"

static void
clear(struct parser *p)
{
	p->collect = 0;
	p->par[0] = 0;
	p->sub_from[0] = p->sub_to[0] = 0;
	p->npar = 1;
	p->nsub = 0;
	p->reject = p->reject_sub = p->in_sub = false;
}

static void
add_param(struct parser *p)
{
	p->in_sub = false;
	if (p->npar >= PARAMS_MAX) {
		p->reject = true;
		return;
	}
	p->sub_from[p->npar] = p->sub_to[p->npar] = p->nsub;
	p->par[p->npar++] = 0;
}

static void
add_sub(struct parser *p)
{
	p->in_sub = true;
	if (p->reject || p->nsub >= PARAMS_MAX) {
		p->reject_sub = true;
		return;
	}
	p->sub[p->nsub++] = -1;
	p->sub_to[p->npar - 1]++;
}

static void
add_digit(struct parser *p, int32_t d)
{
	int32_t *n;

	if (p->reject || (p->in_sub && (p->reject_sub || p->nsub == 0)))
		return;
	n = p->in_sub ? &p->sub[p->nsub - 1] : &p->par[p->npar - 1];
	if (*n == -1)
		*n = d;
	else if (*n > (PARAM_MAX - d) / 10)
		*n = PARAM_MAX;
	else
		*n = *n * 10 + d;
}

static void
add_any(struct parser *p, uint32_t c)
{
	if (c == ';')
		add_param(p);
	else if (c == ':')
		add_sub(p);
	else
		add_digit(p, (int32_t)c - '0');
}

/* Controls that came within the sequence which ends now. */
static void
run_controls(struct screen *s)
{
	uint8_t n = s->p.nc0;

	s->p.nc0 = 0;
	for (uint8_t i = 0; i < n; i++)
		control_execute(s, s->p.c0[i]);
}

/* The sequence is complete, or given up; nothing of it is pending. */
static void
enter_base(struct screen *s, enum state base)
{
	run_controls(s);
	s->p.state = s->p.base = base;
}

static void
later(struct screen *s, uint32_t c)
{
	struct parser *p = &s->p;

	if (p->state == p->base) /* nothing of this sequence is kept */
		control_execute(s, c);
	else if (p->nc0 == C0_MAX) {
		parse_overflow(s);
		control_execute(s, c);
	} else
		p->c0[p->nc0++] = (uint8_t)c;
}

void
parse_overflow(struct screen *s)
{
	switch (s->p.state) {
	case S_CSI_ENTRY:
	case S_CSI_PARAM:
	case S_CSI_INTER:
		enter_base(s, S_CSI_IGNORE);
		break;
	case S_DCS_ENTRY:
	case S_DCS_PARAM:
	case S_DCS_INTER:
		enter_base(s, S_DCS_DATA);
		break;
	case S_OSC:
		enter_base(s, S_OSC_SKIP);
		break;
	default:
		enter_base(s, S_GROUND);
		break;
	}
}

static void
osc_put(struct parser *p, uint32_t c)
{
	uint8_t *to = p->osc + p->nosc;

	/* Never: this many are pending, and it would have been given up. */
	if (p->nosc + 4 > sizeof(p->osc))
		return;
	if (c < 0x80)
		*to++ = (uint8_t)c;
	else if (c < 0x800) {
		*to++ = (uint8_t)(0xc0 | c >> 6);
		*to++ = (uint8_t)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*to++ = (uint8_t)(0xe0 | c >> 12);
		*to++ = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		*to++ = (uint8_t)(0x80 | (c & 0x3f));
	} else {
		*to++ = (uint8_t)(0xf0 | c >> 18);
		*to++ = (uint8_t)(0x80 | (c >> 12 & 0x3f));
		*to++ = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		*to++ = (uint8_t)(0x80 | (c & 0x3f));
	}
	p->nosc = (size_t)(to - p->osc);
}

/* Another character of an OSC; one that has no effect is not kept. */
static void
add_osc(struct screen *s, uint32_t c)
{
	struct parser *p = &s->p;

	osc_put(p, c);
	if (p->osc_named)
		return;
	if (c == ';' && osc_is_known(p))
		p->osc_named = true;
	else if (c < '0' || c > '9')
		enter_base(s, S_OSC_SKIP);
}

/* A string ends; done says whether by its terminator. */
static void
end_string(struct screen *s, bool done)
{
	enum state was = s->p.state;

	if (was != S_OSC && was != S_OSC_SKIP && was != S_DCS_DATA)
		return;
	enter_base(s, S_GROUND);
	if (was == S_OSC && done)
		osc_dispatch(s);
	s->join = 0;
}

/* A character that begins something else wherever it comes. */
static bool
parse_anywhere(struct screen *s, uint32_t c)
{
	struct parser *p = &s->p;
	size_t mine = c < 0x80 ? 1 : 2;

	if (c != 0x18 && c != 0x1a && c != 0x1b && (c < 0x80 || c > 0x9f))
		return false;
	if (c == 0x9c || c < 0x80)
		end_string(s, c == 0x1b || c == 0x9c);
	enter_base(s, S_GROUND);
	switch (c) {
	case 0x1b:
		p->state = S_ESC;
		break;
	case 0x90:
		p->state = S_DCS_ENTRY;
		break;
	case 0x9b:
		p->state = S_CSI_ENTRY;
		break;
	case 0x9d:
		p->state = S_OSC;
		p->nosc = 0;
		p->osc_named = false;
		break;
	case 0x98:
	case 0x9e:
	case 0x9f:
		enter_base(s, S_STRING);
		return true;
	case 0x9c:
		return true;
	default:
		control_execute(s, c);
		return true;
	}
	clear(p);
	p->pending = mine;
	return true;
}

static void
parse_escape(struct screen *s, uint32_t c)
{
	struct parser *p = &s->p;

	switch (c) {
	case '[':
		p->state = S_CSI_ENTRY;
		clear(p);
		return;
	case ']':
		p->state = S_OSC;
		p->nosc = 0;
		p->osc_named = false;
		return;
	case 'P':
		p->state = S_DCS_ENTRY;
		clear(p);
		return;
	case 'X':
	case '^':
	case '_':
		enter_base(s, S_STRING);
		return;
	}
	enter_base(s, S_GROUND);
	esc_dispatch(s, c);
	s->join = 0;
}

static void
collect(struct parser *p, uint32_t c, enum state next)
{
	p->collect = p->collect << 8 | c;
	p->state = next;
}

static void
parse_csi(struct screen *s, uint32_t c)
{
	struct parser *p = &s->p;

	if (c >= 0x40) {
		enter_base(s, S_GROUND);
		csi_dispatch(s, c);
		s->join = 0;
	} else if (c < 0x30)
		collect(p, c, S_CSI_INTER);
	else if (p->state == S_CSI_INTER)
		enter_base(s, S_CSI_IGNORE);
	else if (c < 0x3c) {
		add_any(p, c);
		p->state = S_CSI_PARAM;
	} else if (p->state == S_CSI_ENTRY)
		collect(p, c, S_CSI_PARAM);
	else
		enter_base(s, S_CSI_IGNORE);
}

size_t
parse_numbers(struct screen *s, const uint8_t *p, size_t len)
{
	struct parser *q = &s->p;
	size_t n = 0;

	if ((q->state != S_CSI_ENTRY && q->state != S_CSI_PARAM) ||
	    q->need != 0)
		return 0;
	if (len > SCREEN_PENDING_MAX - q->pending)
		len = SCREEN_PENDING_MAX - q->pending;
	while (n < len && p[n] >= '0' && p[n] <= ';')
		add_any(q, p[n++]);
	if (n > 0)
		q->state = S_CSI_PARAM;
	q->pending += n;
	return n;
}

/* What a device control string says is of no interest, only where it ends. */
static void
parse_dcs(struct screen *s, uint32_t c)
{
	struct parser *p = &s->p;

	if (c >= 0x40)
		enter_base(s, S_DCS_DATA);
	else if (c < 0x30)
		p->state = S_DCS_INTER;
	else if (p->state == S_DCS_INTER ||
		 (c >= 0x3c && p->state == S_DCS_PARAM))
		enter_base(s, S_DCS_DATA); /* ignored: the same to us */
	else
		p->state = S_DCS_PARAM;
}

void
parse_char(struct screen *s, uint32_t c)
{
	struct parser *p = &s->p;

	if (parse_anywhere(s, c))
		return;
	if (p->state == S_GROUND) {
		if (c >= 0x20 && c != 0x7f)
			print_char(s, c);
		else if (c < 0x20)
			control_execute(s, c);
		return;
	}
	if (c >= 0xa0) { /* no sequence has these; strings may */
		if (p->state == S_OSC)
			add_osc(s, c);
		else if (p->state != S_OSC_SKIP && p->state != S_DCS_DATA &&
			 p->state != S_CSI_IGNORE)
			enter_base(s, S_GROUND);
		return;
	}
	switch (p->state) {
	case S_OSC:
	case S_OSC_SKIP:
		if (c == 0x07)
			end_string(s, true);
		else if (c >= 0x20 && p->state == S_OSC)
			add_osc(s, c);
		return;
	case S_STRING:
	case S_DCS_DATA:
		return;
	case S_DCS_ENTRY:
	case S_DCS_PARAM:
	case S_DCS_INTER:
		if (c >= 0x20 && c != 0x7f)
			parse_dcs(s, c);
		return;
	default:
		break;
	}
	if (c < 0x20) {
		later(s, c);
		return;
	}
	if (c == 0x7f)
		return;
	switch (p->state) {
	case S_ESC:
	case S_ESC_INTER:
		if (c < 0x30)
			collect(p, c, S_ESC_INTER);
		else if (p->state == S_ESC)
			parse_escape(s, c);
		else {
			enter_base(s, S_GROUND);
			esc_dispatch(s, c);
			s->join = 0;
		}
		break;
	case S_CSI_IGNORE:
		if (c >= 0x40)
			enter_base(s, S_GROUND);
		break;
	default:
		parse_csi(s, c);
		break;
	}
}
