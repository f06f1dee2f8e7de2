/*
 * vault-items.c: what is inside of a vault, as bytes and as a list.
 *
 * Bytes are decoded only after they were found to be authentic; they are
 * checked as if they were not, for they become environments and header lines.
 * All copies are in guarded memory.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "err.h"
#include "log.h"
#include "vault-format.h"
#include "xmalloc.h"

/* Contents end at a multiple of this, so that the size tells little. */
#define PADDING 256

#define COUNT_LEN 4 /* bytes of the number of items */

void
vault_items_clear(struct vault_items *items)
{
	free(items->v);
	sodium_free(items->plain); /* wipes */
	memset(items, 0, sizeof(*items));
}

static void *
guarded(size_t len)
{
	void *p = sodium_malloc(len);

	if (p == NULL)
		fatal("out of guarded memory (%zu bytes)", len);
	return p;
}

const struct vault_item *
vault_items_find(const struct vault_items *items, const char *profile)
{
	size_t i;

	for (i = 0; i < items->n; i++) {
		if (strcmp(items->v[i].profile, profile) == 0)
			return &items->v[i];
	}
	return NULL;
}

int
vault_items_drop(struct vault_items *items, const char *profile)
{
	const struct vault_item *found = vault_items_find(items, profile);
	size_t i;

	if (found == NULL)
		return 0;
	i = (size_t)(found - items->v);
	items->n--;
	memmove(&items->v[i], &items->v[i + 1],
	    (items->n - i) * sizeof(items->v[0]));
	return 1;
}

void
vault_items_put(struct vault_items *items, const struct vault_item *item)
{
	(void)vault_items_drop(items, item->profile);
	items->v = xreallocarray(items->v, items->n + 1, sizeof(items->v[0]));
	items->v[items->n++] = *item;
}

/* Takes a terminated string from *p, which has *left bytes; NULL: none. */
static const char *
take_string(const uint8_t **p, size_t *left)
{
	const uint8_t *nul = memchr(*p, '\0', *left);
	const char *s = (const char *)*p;

	if (nul == NULL)
		return NULL;
	*left -= (size_t)(nul - *p) + 1;
	*p = nul + 1;
	return s;
}

/* Takes one item from *p; 0: there is none that could have been put there. */
static int
take_item(const uint8_t **p, size_t *left, struct vault_item *item)
{
	char why[128];

	item->profile = take_string(p, left);
	if (item->profile == NULL)
		return 0;
	item->provider = take_string(p, left);
	if (item->provider == NULL || *left < 2)
		return 0;
	item->len = (size_t)(*p)[0] | (size_t)(*p)[1] << 8;
	*p += 2;
	*left -= 2;
	if (item->len > *left)
		return 0;
	item->key = (const char *)*p;
	*p += item->len;
	*left -= item->len;
	return kc_item_ok(item->profile, item->provider) &&
	       kc_value_check(item->key, item->len, why, sizeof(why)) == RL_OK;
}

static int
decode(struct vault_items *items, size_t len)
{
	const uint8_t *p = items->plain;
	struct vault_item item;
	size_t left = len, n, i;

	if (left < COUNT_LEN || left % PADDING != 0)
		return 0;
	n = (size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 |
	    (size_t)p[3] << 24;
	p += COUNT_LEN;
	left -= COUNT_LEN;
	if (n > KC_ITEMS_MAX)
		return 0;
	for (i = 0; i < n; i++) {
		if (!take_item(&p, &left, &item) ||
		    vault_items_find(items, item.profile) != NULL)
			return 0;
		vault_items_put(items, &item);
	}
	if (left >= PADDING)
		return 0;
	for (i = 0; i < left; i++) {
		if (p[i] != 0)
			return 0;
	}
	return 1;
}

int
vault_items_decode(const uint8_t *p, size_t len, struct vault_items *items,
    char *why, size_t whysz)
{
	memset(items, 0, sizeof(*items));
	if (len <= VAULT_PLAIN_MAX) {
		items->plain = guarded(len + 1);
		memcpy(items->plain, p, len);
		if (decode(items, len))
			return RL_OK;
	}
	vault_items_clear(items);
	snprintf(why, whysz, "its contents are not as Ringlet writes them");
	return RL_ERR_DAMAGED;
}

static uint8_t *
put_bytes(uint8_t *to, const void *from, size_t len)
{
	memcpy(to, from, len);
	return to + len;
}

int
vault_items_encode(const struct vault_items *items, uint8_t **out, size_t *len,
    char *why, size_t whysz)
{
	const struct vault_item *it;
	size_t size = COUNT_LEN, i;
	uint8_t *p;

	for (i = 0; i < items->n; i++) {
		it = &items->v[i];
		size += strlen(it->profile) + 1 + strlen(it->provider) + 1 + 2 +
			it->len;
	}
	size = (size + PADDING - 1) / PADDING * PADDING;
	if (items->n > KC_ITEMS_MAX || size > VAULT_PLAIN_MAX) {
		snprintf(why, whysz,
		    "it is full: %d keys, or %d bytes, are the most",
		    KC_ITEMS_MAX, VAULT_PLAIN_MAX);
		return RL_ERR_LIMIT;
	}
	*out = p = guarded(size);
	*len = size;
	memset(p, 0, size);
	for (i = 0; i < COUNT_LEN; i++)
		*p++ = (uint8_t)(items->n >> 8 * i);
	for (i = 0; i < items->n; i++) {
		it = &items->v[i];
		p = put_bytes(p, it->profile, strlen(it->profile) + 1);
		p = put_bytes(p, it->provider, strlen(it->provider) + 1);
		*p++ = (uint8_t)it->len;
		*p++ = (uint8_t)(it->len >> 8);
		p = put_bytes(p, it->key, it->len);
	}
	return RL_OK;
}
