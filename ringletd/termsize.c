/*
 * The queue of a viewer's sizes.  It is bounded: the sandboxer, which may be
 * in a stranger's hands, fills it.
 */
#include "config.h"

#include <stdlib.h>

#include "termsize.h"
#include "xmalloc.h"

void
termsizes_init(struct termsizes *q)
{
	STAILQ_INIT(&q->list);
	q->n = 0;
}

void
termsizes_put(
    struct termsizes *q, uint64_t offset, uint64_t cols, uint64_t rows)
{
	struct termsize *size = xcalloc(1, sizeof(*size));
	const struct termsize *last = STAILQ_LAST(&q->list, termsize, link);

	if (last != NULL && offset < last->offset)
		termsizes_clear(q);
	if (q->n == TERMSIZE_MAX)
		termsizes_drop(q);
	size->offset = offset;
	size->cols = cols;
	size->rows = rows;
	STAILQ_INSERT_TAIL(&q->list, size, link);
	q->n++;
}

const struct termsize *
termsizes_next(const struct termsizes *q)
{
	return STAILQ_FIRST(&q->list);
}

void
termsizes_drop(struct termsizes *q)
{
	struct termsize *size = STAILQ_FIRST(&q->list);

	if (size == NULL)
		return;
	STAILQ_REMOVE_HEAD(&q->list, link);
	q->n--;
	free(size);
}

void
termsizes_begin(struct termsizes *q, uint64_t offset)
{
	const struct termsize *size;

	while ((size = termsizes_next(q)) != NULL && size->offset < offset)
		termsizes_drop(q);
}

void
termsizes_clear(struct termsizes *q)
{
	while (q->n > 0)
		termsizes_drop(q);
}
