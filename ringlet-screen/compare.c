/*
 * compare.c: whether two screens are in the same state, and all that one
 * holds.  Only tests use this.
 */

#include "config.h"

#include <string.h>

#include "buf.h"
#include "internal.h"

static bool
same_link(
    const struct screen *a, uint16_t i, const struct screen *b, uint16_t j)
{
	if (i == 0 || j == 0)
		return i == j;
	return strcmp(a->links[i - 1].id, b->links[j - 1].id) == 0 &&
	       strcmp(a->links[i - 1].uri, b->links[j - 1].uri) == 0;
}

static bool
same_attr(const struct screen *a, const struct attr *x, const struct screen *b,
    const struct attr *y)
{
	return x->fg == y->fg && x->bg == y->bg && x->ul == y->ul &&
	       x->flags == y->flags && same_link(a, x->link, b, y->link);
}

static bool
same_cell(const struct screen *a, const struct cell *x, const struct screen *b,
    const struct cell *y)
{
	uint32_t p[COMB_MAX], q[COMB_MAX];
	unsigned int n = cell_chars(a, x, p);

	return (x->ch & CH_WIDTH) == (y->ch & CH_WIDTH) &&
	       n == cell_chars(b, y, q) && memcmp(p, q, n * sizeof(*p)) == 0 &&
	       same_attr(a, &x->a, b, &y->a);
}

static bool
same_set(const struct charset *a, const struct charset *b)
{
	return memcmp(a->g, b->g, sizeof(a->g)) == 0 && a->level == b->level;
}

static const char *
page_differ(const struct screen *a, const struct screen *b, int which)
{
	const struct page *p = &a->page[which], *q = &b->page[which];

	if (p->top != q->top || p->bottom != q->bottom)
		return "region";
	if (p->y != q->y)
		return "row when left";
	if (memcmp(p->tabs, q->tabs, SCREEN_SIDE_MAX) != 0)
		return "tabs";
	if (p->saved.x != q->saved.x || p->saved.y != q->saved.y)
		return "saved cursor";
	if (!same_attr(a, &p->saved.pen, b, &q->saved.pen))
		return "saved pen";
	if (!same_set(&p->saved.set, &q->saved.set))
		return "saved character sets";
	if (p->keys.flags != q->keys.flags || p->keys.n != q->keys.n ||
	    memcmp(p->keys.stack, q->keys.stack, KEYS_MAX) != 0)
		return "keyboard flags";
	if ((p->rows == NULL) != (q->rows == NULL))
		return "screen shown";
	if (p->rows == NULL)
		return NULL;
	for (unsigned int y = 0; y < a->rows; y++) {
		if (p->rows[y].wrapped != q->rows[y].wrapped)
			return "wrapping";
		for (unsigned int x = 0; x < a->cols; x++)
			if (!same_cell(a, &p->rows[y].cells[x], b,
				&q->rows[y].cells[x]))
				return "cell";
	}
	return NULL;
}

static bool
same_title(const struct title *a, const struct title *b)
{
	if (a->n != b->n || (a->now == NULL) != (b->now == NULL) ||
	    (a->now != NULL && strcmp(a->now, b->now) != 0))
		return false;
	for (unsigned int i = 0; i < a->n; i++)
		if (strcmp(a->stack[i], b->stack[i]) != 0)
			return false;
	return true;
}

static const char *
parser_differ(const struct parser *a, const struct parser *b)
{
	if (a->state != b->state || a->base != b->base)
		return "state of the parser";
	if (a->pending != b->pending)
		return "pending bytes";
	if (a->need != b->need || (a->need != 0 && a->cp != b->cp))
		return "character under way";
	if (a->nc0 != b->nc0 || memcmp(a->c0, b->c0, a->nc0) != 0)
		return "controls within a sequence";
	return NULL;
}

const char *
screen_differ(const struct screen *a, const struct screen *b)
{
	const char *what;

	if (a->cols != b->cols || a->rows != b->rows)
		return "size";
	if (a->x != b->x || a->y != b->y)
		return "cursor";
	if (!same_attr(a, &a->pen, b, &b->pen))
		return "pen";
	if (a->join != b->join ||
	    (a->join != 0 && a->cluster != b->cluster))
		return "last character";
	if (!same_set(&a->set, &b->set))
		return "character sets";
	if (a->modes != b->modes)
		return "modes";
	if (a->mouse != b->mouse || a->encode != b->encode)
		return "mouse";
	if (a->style != b->style)
		return "cursor's style";
	if (a->modify != b->modify)
		return "modifyOtherKeys";
	if (!same_title(&a->title, &b->title))
		return "title";
	if (!same_title(&a->icon, &b->icon))
		return "icon's title";
	if (memcmp(a->colors, b->colors, sizeof(a->colors)) != 0)
		return "colours";
	if ((what = page_differ(a, b, NORMAL)) != NULL ||
	    (what = page_differ(a, b, ALTERNATE)) != NULL)
		return what;
	return parser_differ(&a->p, &b->p);
}
