/*
 * A bounded byte queue.  The bytes lie at [off, end) of one block; consuming
 * moves off, and the block is compacted only when the end needs room, so a
 * queue that is drained as fast as it fills never copies.
 */

#include "config.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "log.h"
#include "secret.h"
#include "xmalloc.h"

#define BUF_FIRST_SIZE 512 /* bytes of the first block */
#define BUF_KEEP_SIZE  (64 * 1024) /* a larger empty block is given back */

struct buf {
	uint8_t *p;
	size_t off;
	size_t end;
	size_t size;
	size_t max;
	bool secret;
};

struct buf *
buf_new(size_t max)
{
	struct buf *b = xcalloc(1, sizeof(*b));

	b->max = max;
	return b;
}

struct buf *
buf_new_secret(size_t max)
{
	struct buf *b = buf_new(max);

	b->secret = true;
	return b;
}

void
buf_make_secret(struct buf *b)
{
	b->secret = true;
}

static void
buf_drop_block(struct buf *b)
{
	if (b->secret && b->p != NULL)
		secret_wipe(b->p, b->size);
	free(b->p);
	b->p = NULL;
	b->off = b->end = b->size = 0;
}

void
buf_free(struct buf *b)
{
	if (b == NULL)
		return;
	buf_drop_block(b);
	free(b);
}

size_t
buf_len(const struct buf *b)
{
	return b->end - b->off;
}

const uint8_t *
buf_ptr(const struct buf *b)
{
	static const uint8_t none[1];

	return b->p == NULL ? none : b->p + b->off;
}

size_t
buf_room(const struct buf *b)
{
	return b->max - buf_len(b);
}

/* Moves the bytes into a block of at least need bytes, wiping the old one. */
static void
buf_grow(struct buf *b, size_t need)
{
	size_t len = buf_len(b), size = b->size;
	uint8_t *p;

	if (size < BUF_FIRST_SIZE)
		size = BUF_FIRST_SIZE;
	while (size < need)
		size = size > b->max / 2 ? need : size * 2;
	p = xmalloc(size);
	if (len > 0)
		memcpy(p, b->p + b->off, len);
	buf_drop_block(b);
	b->p = p;
	b->end = len;
	b->size = size;
}

int
buf_reserve(struct buf *b, size_t len, uint8_t **p)
{
	size_t have = buf_len(b);

	if (len > b->max - have)
		return RL_ERR_TOOBIG;
	if (len > b->size - b->end) {
		if (b->p != NULL && len <= b->size - have) {
			memmove(b->p, b->p + b->off, have);
			if (b->secret)
				secret_wipe(b->p + have, b->end - have);
			b->off = 0;
			b->end = have;
		} else
			buf_grow(b, have + len);
	}
	*p = b->p + b->end;
	return 0;
}

void
buf_commit(struct buf *b, size_t len)
{
	if (len > b->size - b->end)
		fatal("buf_commit: %zu bytes were not reserved", len);
	b->end += len;
}

int
buf_put(struct buf *b, const void *p, size_t len)
{
	uint8_t *to;
	int r;

	if (len == 0)
		return 0;
	if ((r = buf_reserve(b, len, &to)) != 0)
		return r;
	memcpy(to, p, len);
	buf_commit(b, len);
	return 0;
}

int
buf_puts(struct buf *b, const char *s)
{
	return buf_put(b, s, strlen(s));
}

int
buf_putf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n, r;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n == -1)
		fatal("out of memory (formatting)");
	r = buf_put(b, s, (size_t)n);
	if (b->secret)
		secret_wipe(s, (size_t)n);
	free(s);
	return r;
}

void
buf_consume(struct buf *b, size_t len)
{
	if (len > buf_len(b))
		fatal("buf_consume: %zu of %zu bytes", len, buf_len(b));
	if (b->secret && len > 0)
		secret_wipe(b->p + b->off, len);
	b->off += len;
	if (b->off == b->end) {
		b->off = b->end = 0;
		if (b->size > BUF_KEEP_SIZE)
			buf_drop_block(b);
	}
}

void
buf_reset(struct buf *b)
{
	buf_consume(b, buf_len(b));
}
