/*
 * osc.c: titles, colours, hyperlinks and notifications: what an operating
 * system command says.  All others have no effect that is kept.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "xmalloc.h"

#define LINKS_FIRST 16

/* The first len bytes at most, and no part of a character. */
static size_t
cut(const uint8_t *p, size_t len, size_t max)
{
	if (len <= max)
		return len;
	while (max > 0 && (p[max] & 0xc0) == 0x80)
		max--;
	return max;
}

static void
title_set(struct title *t, const char *p, size_t len)
{
	free(t->now);
	t->now = xstrndup(p, cut((const uint8_t *)p, len, TITLE_MAX));
}

void
title_push(struct title *t)
{
	if (t->n == TITLE_STACK_MAX) {
		free(t->stack[0]);
		memmove(t->stack, t->stack + 1,
		    (TITLE_STACK_MAX - 1) * sizeof(t->stack[0]));
		t->n--;
	}
	/* From now on a viewer's is to be the empty one, too. */
	if (t->now == NULL)
		t->now = xstrdup("");
	t->stack[t->n++] = xstrdup(t->now);
}

void
title_pop(struct title *t)
{
	if (t->n == 0)
		return;
	free(t->now);
	t->now = t->stack[--t->n];
	t->stack[t->n] = NULL;
}

void
title_free(struct title *t)
{
	free(t->now);
	while (t->n > 0)
		free(t->stack[--t->n]);
}

/* The text before the next semicolon, which is dropped; NULL at the end. */
static const char *
next_slot(const char **p, const char *end, size_t *len)
{
	const char *slot = *p, *semi;

	if (slot == NULL)
		return NULL;
	semi = memchr(slot, ';', (size_t)(end - slot));
	*len = (size_t)((semi != NULL ? semi : end) - slot);
	*p = semi != NULL ? semi + 1 : NULL;
	return slot;
}

static int
hex_value(const char *p, size_t len, uint32_t *v)
{
	*v = 0;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c >= '0' && c <= '9')
			*v = *v << 4 | (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			*v = *v << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return -1;
	}
	return 0;
}

/* rgb:R/G/B with 1 to 4 digits each, as many for all. */
static uint32_t
parse_slashes(const char *p, size_t len)
{
	size_t each = (len - 2) / 3;
	uint32_t rgb = 0, v, top;

	if (len < 5 || each > 4 || each * 3 + 2 != len || p[each] != '/' ||
	    p[2 * each + 1] != '/')
		return 0;
	top = (1u << 4 * each) - 1;
	for (size_t i = 0; i < 3; i++) {
		if (hex_value(p + i * (each + 1), each, &v) == -1)
			return 0;
		rgb = rgb << 8 | (v * 510 + top) / (2 * top);
	}
	return COLOR_SET | rgb;
}

/* #RGB with 1 to 4 digits each; those left out are zeros. */
static uint32_t
parse_hash(const char *p, size_t len)
{
	size_t each = len / 3;
	uint32_t rgb = 0, v;

	if (each < 1 || each > 4 || each * 3 != len)
		return 0;
	for (size_t i = 0; i < 3; i++) {
		if (hex_value(p + i * each, each, &v) == -1)
			return 0;
		rgb = rgb << 8 | (each == 1 ? v << 4 : v >> (4 * each - 8));
	}
	return COLOR_SET | rgb;
}

/* COLOR_SET and the colour, or 0: none that is known, or a question. */
static uint32_t
parse_color(const char *p, size_t len)
{
	if (len > 4 && strncasecmp(p, "rgb:", 4) == 0)
		return parse_slashes(p + 4, len - 4);
	if (len > 1 && p[0] == '#')
		return parse_hash(p + 1, len - 1);
	return 0;
}

static int
parse_index(const char *p, size_t len)
{
	unsigned int n = 0;

	if (len == 0)
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		if ((n = n * 10 + (unsigned int)(p[i] - '0')) > 255)
			return -1;
	}
	return (int)n;
}

static void
set_palette(struct screen *s, const char *p, const char *end)
{
	const char *index, *spec;
	size_t ilen, slen;
	uint32_t rgb;
	int i;

	while ((index = next_slot(&p, end, &ilen)) != NULL &&
	       (spec = next_slot(&p, end, &slen)) != NULL)
		if ((i = parse_index(index, ilen)) >= 0 &&
		    (rgb = parse_color(spec, slen)) != 0)
			s->colors[i] = rgb;
}

static void
reset_palette(struct screen *s, const char *p, const char *end)
{
	const char *slot;
	size_t len;
	int i;

	if (p == end) {
		memset(s->colors, 0, COLOR_FG * sizeof(s->colors[0]));
		return;
	}
	while ((slot = next_slot(&p, end, &len)) != NULL)
		if ((i = parse_index(slot, len)) >= 0)
			s->colors[i] = 0;
}

/* Foreground, background, cursor, from the one that which is on. */
static void
set_special(struct screen *s, int which, const char *p, const char *end)
{
	const char *slot;
	size_t len;
	uint32_t rgb;

	while (which < NCOLORS && (slot = next_slot(&p, end, &len)) != NULL) {
		if ((rgb = parse_color(slot, len)) != 0)
			s->colors[which] = rgb;
		which++;
	}
}

static void
mark_links(const struct screen *s, uint8_t *seen)
{
	const struct cell *c;

	if (s->pen.link != 0)
		seen[s->pen.link - 1] = 1;
	for (int i = NORMAL; i <= ALTERNATE; i++) {
		if (s->page[i].rows == NULL)
			continue;
		c = s->page[i].block;
		for (size_t n = (size_t)s->cols * s->rows; n > 0; n--, c++)
			if (c->a.link != 0)
				seen[c->a.link - 1] = 1;
	}
}

/* A free slot's number, or -1: as many as are kept are on the screen. */
static int
links_slot(struct screen *s)
{
	unsigned int n;
	uint8_t *seen;
	int slot = -1;

	for (n = 0; n < s->nlinks; n++)
		if (s->links[n].uri == NULL)
			return (int)n;
	if (s->nlinks < LINKS_MAX) {
		n = s->nlinks == 0 ? LINKS_FIRST : s->nlinks * 2;
		s->links = xreallocarray(s->links, n, sizeof(*s->links));
		memset(s->links + s->nlinks, 0,
		    (n - s->nlinks) * sizeof(*s->links));
		slot = (int)s->nlinks;
		s->nlinks = n;
		return slot;
	}
	seen = xcalloc(s->nlinks, 1);
	mark_links(s, seen);
	for (n = 0; n < s->nlinks; n++)
		if (!seen[n]) {
			free(s->links[n].id);
			free(s->links[n].uri);
			memset(&s->links[n], 0, sizeof(s->links[n]));
			slot = (int)n;
		}
	free(seen);
	return slot;
}

void
links_free(struct screen *s)
{
	for (unsigned int n = 0; n < s->nlinks; n++) {
		free(s->links[n].id);
		free(s->links[n].uri);
	}
	free(s->links);
}

static uint32_t
hash_text(uint32_t h, const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)p[i]) * 16777619u;
	return h;
}

static bool
is_text(const char *s, const char *p, size_t len)
{
	return strncmp(s, p, len) == 0 && s[len] == '\0';
}

static uint16_t
link_get(
    struct screen *s, const char *id, size_t idlen, const char *uri, size_t len)
{
	uint32_t h = hash_text(hash_text(2166136261u, id, idlen) + 1, uri, len);
	struct link *l;
	int slot;

	for (unsigned int n = 0; n < s->nlinks; n++) {
		l = &s->links[n];
		if (l->hash == h && l->uri != NULL &&
		    is_text(l->id, id, idlen) && is_text(l->uri, uri, len))
			return (uint16_t)(n + 1);
	}
	/* What the pen has is not to be kept for its sake. */
	s->pen.link = 0;
	if ((slot = links_slot(s)) == -1)
		return 0;
	l = &s->links[slot];
	l->id = xstrndup(id, idlen);
	l->uri = xstrndup(uri, len);
	l->hash = h;
	return (uint16_t)(slot + 1);
}

/* The value of id= in a list of parameters with colons between them. */
static const char *
link_id(const char *p, size_t len, size_t *idlen)
{
	const char *colon;
	size_t n;

	*idlen = 0;
	for (;;) {
		colon = memchr(p, ':', len);
		n = colon != NULL ? (size_t)(colon - p) : len;
		if (n >= 3 && memcmp(p, "id=", 3) == 0) {
			*idlen = n - 3;
			return p + 3;
		}
		if (colon == NULL)
			return p;
		p += n + 1;
		len -= n + 1;
	}
}

static void
set_link(struct screen *s, const char *p, const char *end)
{
	const char *id, *params, *uri = p;
	size_t plen, idlen, len;

	params = next_slot(&uri, end, &plen);
	if (uri == NULL)
		return;
	while (plen > 0 && *params == ' ') {
		params++;
		plen--;
	}
	while (plen > 0 && params[plen - 1] == ' ')
		plen--;
	len = (size_t)(end - uri);
	if (len == 0) {
		if (plen == 0)
			s->pen.link = 0;
		return;
	}
	id = link_id(params, plen, &idlen);
	if (idlen > LINK_ID_MAX || len > LINK_URI_MAX)
		s->pen.link = 0;
	else
		s->pen.link = link_get(s, id, idlen, uri, len);
}

/* The number that an OSC begins with, and where the rest of it is; or -1. */
static int
osc_number(const struct parser *o, const char **rest)
{
	const char *p = (const char *)o->osc, *end = p + o->nosc;
	int id = -1;

	for (; p < end && *p != ';'; p++) {
		if (*p < '0' || *p > '9')
			return -1;
		id = id < 0 ? 0 : id;
		id = id < 1000 ? id * 10 + (*p - '0') : id;
	}
	*rest = p < end ? p + 1 : p;
	return id;
}

bool
osc_is_known(const struct parser *o)
{
	static const uint16_t known[] = { 0, 1, 2, 4, 8, 9, 10, 11, 12, 99, 104,
		110, 111, 112, 777 };
	const char *rest;
	int id = osc_number(o, &rest);

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (id == known[i])
			return true;
	return false;
}

void
osc_dispatch(struct screen *s)
{
	const char *p, *end = (const char *)s->p.osc + s->p.nosc;
	int id = osc_number(&s->p, &p);

	switch (id) {
	case 0:
	case 1:
	case 2:
		if (id != 1)
			title_set(&s->title, p, (size_t)(end - p));
		if (id != 2)
			title_set(&s->icon, p, (size_t)(end - p));
		break;
	case 4:
		set_palette(s, p, end);
		break;
	case 8:
		set_link(s, p, end);
		break;
	case 10:
	case 11:
	case 12:
		set_special(s, COLOR_FG + id - 10, p, end);
		break;
	case 104:
		reset_palette(s, p, end);
		break;
	case 9:
	case 99:
	case 777:
		notice_osc(s, id, p, (size_t)(end - p));
		break;
	case 110:
	case 111:
	case 112:
		s->colors[COLOR_FG + id - 110] = 0;
		break;
	}
}
