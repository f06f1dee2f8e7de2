/*
 * An allocator for libraries whose memory may hold a token or an API key:
 * each block knows its length and is wiped before it is given back, however
 * the library frees it.
 */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "secret.h"
#include "wipe.h"
#include "xmalloc.h"

/* Before each block: how long it is. */
union block {
	size_t len;
	max_align_t align;
};

void *
wipe_alloc(size_t len)
{
	union block *b;

	if (len > SIZE_MAX - sizeof(*b))
		return NULL;
	b = xmalloc(sizeof(*b) + len);
	b->len = len;
	return b + 1;
}

void *
wipe_calloc(size_t n, size_t size)
{
	void *p;

	if (size != 0 && n > SIZE_MAX / size)
		return NULL;
	if ((p = wipe_alloc(n * size)) != NULL)
		memset(p, 0, n * size);
	return p;
}

void *
wipe_realloc(void *p, size_t len)
{
	union block *b = p;
	void *to = wipe_alloc(len);

	if (p == NULL || to == NULL)
		return to;
	b--;
	memcpy(to, p, b->len < len ? b->len : len);
	wipe_free(p);
	return to;
}

void
wipe_free(void *p)
{
	union block *b = p;

	if (b == NULL)
		return;
	b--;
	secret_wipe(b + 1, b->len);
	free(b);
}
