/*
 * Bodies made from the field tables.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "msggen.h"
#include "xmalloc.h"

struct block {
	struct block *next;
	_Alignas(16) unsigned char data[];
};

struct msggen {
	uint64_t state;
	struct block *blocks;
};

struct msggen *
msggen_new(uint64_t seed)
{
	struct msggen *g = xcalloc(1, sizeof(*g));

	g->state = seed * 2 + 1;
	return g;
}

void
msggen_free(struct msggen *g)
{
	struct block *b;

	if (g == NULL)
		return;
	while ((b = g->blocks) != NULL) {
		g->blocks = b->next;
		free(b);
	}
	free(g);
}

/* xorshift64*: no quality is needed, only that it is the same everywhere. */
static uint64_t
next(struct msggen *g)
{
	g->state ^= g->state >> 12;
	g->state ^= g->state << 25;
	g->state ^= g->state >> 27;
	return g->state * 0x2545f4914f6cdd1du;
}

uint64_t
msggen_below(struct msggen *g, uint64_t n)
{
	return (next(g) >> 11) % n;
}

void *
msggen_alloc(struct msggen *g, size_t len)
{
	struct block *b = xcalloc(1, sizeof(*b) + len + 1);

	b->next = g->blocks;
	g->blocks = b;
	return b->data;
}

const char *
msggen_str(struct msggen *g, size_t len)
{
	static const char *const chars[] = { "a", "\x1b", "\\", "\n", "\"", "/",
		"\xc3\xa4", "\xe2\x82\xac" };
	char *s = msggen_alloc(g, len + 1), *p = s;
	const char *c;

	while (len > 0) {
		c = chars[msggen_below(g, 8)];
		if (strlen(c) > len)
			c = "z";
		memcpy(p, c, strlen(c));
		p += strlen(c);
		len -= strlen(c);
	}
	return s;
}

void *
msggen_empty(struct msggen *g, const struct msg_rec *rec)
{
	return msggen_alloc(g, rec->size);
}

/* A length or number up to max: small, anything, or max itself. */
static uint64_t
pick(struct msggen *g, uint64_t max)
{
	switch (msggen_below(g, 4)) {
	case 0:
		return max;
	case 1:
		return max == UINT64_MAX ? next(g) : next(g) % (max + 1);
	default:
		return max < 20 ? msggen_below(g, max + 1)
				: msggen_below(g, 20);
	}
}

static size_t
pick_count(struct msggen *g, uint64_t max)
{
	return (size_t)msggen_below(g, max < 3 ? max + 1 : 4);
}

static void fill(struct msggen *, const struct msg_rec *, unsigned char *);

static void
fill_field(struct msggen *g, const struct msg_field *f, unsigned char *body)
{
	void *at = body + f->off;
	struct msg_strs *strs;
	struct msg_recs *recs;
	struct msg_bin *bin;
	uint8_t *p;

	switch (f->kind) {
	case MF_U64:
		*(uint64_t *)at = pick(g, f->max);
		break;
	case MF_I64:
		*(int64_t *)at = (int64_t)pick(g, f->max);
		if (msggen_below(g, 2) == 0)
			*(int64_t *)at = -*(int64_t *)at - 1;
		break;
	case MF_BOOL:
		*(bool *)at = msggen_below(g, 2) != 0;
		break;
	case MF_STR:
		*(const char **)at = msggen_str(g, (size_t)pick(g, f->max));
		break;
	case MF_BIN:
		bin = at;
		bin->len = (size_t)pick(g, f->max);
		bin->p = p = msggen_alloc(g, bin->len);
		for (size_t i = 0; i < bin->len; i++)
			p[i] = (uint8_t)next(g);
		break;
	case MF_STRS:
		strs = at;
		strs->n = pick_count(g, f->max);
		strs->v = msggen_alloc(g, (strs->n + 1) * sizeof(*strs->v));
		for (size_t i = 0; i < strs->n; i++)
			strs->v[i] =
			    msggen_str(g, (size_t)msggen_below(g, 300));
		break;
	case MF_RECS:
		recs = at;
		recs->n = pick_count(g, f->max);
		recs->v = msggen_alloc(g, (recs->n + 1) * f->rec->size);
		for (size_t i = 0; i < recs->n; i++)
			fill(g, f->rec,
			    (unsigned char *)recs->v + i * f->rec->size);
		break;
	}
}

static void
fill(struct msggen *g, const struct msg_rec *rec, unsigned char *body)
{
	for (size_t i = 0; i < rec->nfields; i++)
		fill_field(g, &rec->fields[i], body);
}

void *
msggen_random(struct msggen *g, const struct msg_rec *rec)
{
	void *body = msggen_empty(g, rec);

	fill(g, rec, body);
	return body;
}

bool
msggen_set_bound(
    struct msggen *g, const struct msg_field *f, void *body, uint64_t excess)
{
	void *at = (unsigned char *)body + f->off;
	struct msg_strs *strs;
	struct msg_recs *recs;
	struct msg_bin *bin;
	size_t n = (size_t)f->max + (size_t)excess;

	switch (f->kind) {
	case MF_U64:
		if (f->max > UINT64_MAX - excess)
			return false;
		*(uint64_t *)at = f->max + excess;
		return true;
	case MF_I64:
		if (f->max > (uint64_t)INT64_MAX - excess)
			return false;
		*(int64_t *)at = (int64_t)(f->max + excess);
		return true;
	case MF_BOOL:
		*(bool *)at = true;
		return excess == 0;
	case MF_STR:
		*(const char **)at = msggen_str(g, n);
		return true;
	case MF_BIN:
		bin = at;
		bin->len = n;
		bin->p = msggen_alloc(g, n);
		return true;
	case MF_STRS:
		strs = at;
		strs->n = n;
		strs->v = msggen_alloc(g, (n + 1) * sizeof(*strs->v));
		for (size_t i = 0; i < n; i++)
			strs->v[i] = "";
		return true;
	case MF_RECS:
		recs = at;
		recs->n = n;
		recs->v = msggen_alloc(g, (n + 1) * f->rec->size);
		return true;
	}
	return false;
}

static bool
equal_str(const char *a, const char *b)
{
	return strcmp(a == NULL ? "" : a, b == NULL ? "" : b) == 0;
}

static bool
equal_field(
    const struct msg_field *f, const unsigned char *a, const unsigned char *b)
{
	const void *x = a + f->off, *y = b + f->off;
	const struct msg_strs *sx = x, *sy = y;
	const struct msg_recs *rx = x, *ry = y;
	const struct msg_bin *bx = x, *by = y;
	size_t i;

	switch (f->kind) {
	case MF_U64:
	case MF_I64:
		return memcmp(x, y, sizeof(uint64_t)) == 0;
	case MF_BOOL:
		return *(const bool *)x == *(const bool *)y;
	case MF_STR:
		return equal_str(
		    *(const char *const *)x, *(const char *const *)y);
	case MF_BIN:
		return bx->len == by->len &&
		       (bx->len == 0 || memcmp(bx->p, by->p, bx->len) == 0);
	case MF_STRS:
		for (i = 0; i < sx->n && i < sy->n; i++)
			if (!equal_str(sx->v[i], sy->v[i]))
				return false;
		return sx->n == sy->n;
	case MF_RECS:
		for (i = 0; i < rx->n && i < ry->n; i++)
			if (!msggen_equal(f->rec,
				(const unsigned char *)rx->v + i * f->rec->size,
				(const unsigned char *)ry->v +
				    i * f->rec->size))
				return false;
		return rx->n == ry->n;
	}
	return false;
}

bool
msggen_equal(const struct msg_rec *rec, const void *a, const void *b)
{
	for (size_t i = 0; i < rec->nfields; i++)
		if (!equal_field(&rec->fields[i], a, b))
			return false;
	return true;
}
