/*
 * Fuzz target: the vault's file.  The first byte chooses: 'R', a file as it is;
 * 'M', a file whose checksums are made right first, so that what is behind
 * them is reached; 'C', contents as they are when opened.  Nothing opens with a
 * key but what was sealed with it, and contents that are taken are written
 * again as the same bytes.
 */
#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "err.h"
#include "vault-format.h"

#define CONTENTS     192 /* as in ringlet-vault(5) */
#define CONTENTS_SUM 232

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* That of regress/unit/vault-1. */
static const uint8_t key[KC_VAULT_KEY_LEN] = {
	0x22,
	0x1b,
	0x98,
	0xf1,
	0x67,
	0x03,
	0xef,
	0x42,
	0x5d,
	0x85,
	0x56,
	0x20,
	0x10,
	0xc8,
	0xde,
	0xde,
	0xd1,
	0x00,
	0x2a,
	0x51,
	0x50,
	0x08,
	0xdb,
	0x3f,
	0x4c,
	0x9e,
	0x10,
	0xff,
	0x17,
	0x7d,
	0x33,
	0x29,
};

static void
require(bool cond)
{
	if (!cond)
		abort();
}

static void
mend(uint8_t *p, size_t len)
{
	if (len < VAULT_SEALED_AT + VAULT_CHECKSUM)
		return;
	(void)crypto_generichash(
	    p + CONTENTS - 32, 32, p, CONTENTS - 32, NULL, 0);
	(void)crypto_generichash(p + CONTENTS_SUM, 32, p + CONTENTS,
	    CONTENTS_SUM - CONTENTS, NULL, 0);
	(void)crypto_generichash(
	    p + len - 32, 32, p + CONTENTS, len - 32 - CONTENTS, NULL, 0);
}

static void
fuzz_file(const uint8_t *p, size_t len)
{
	char why[512] = "";
	struct vault_items items;
	struct vault v;
	size_t i;
	int r;

	r = vault_parse(p, len, &v, why, sizeof(why));
	require((r == RL_OK) == (why[0] == '\0'));
	if (r != RL_OK) {
		require(r == RL_ERR_DAMAGED || r == RL_ERR_UNAVAILABLE);
		return;
	}
	require(v.memory <= VAULT_MEMORY_MAX && v.passes <= VAULT_PASSES_MAX);
	require(VAULT_SEALED_AT + v.sealed_len + VAULT_CHECKSUM == len);
	r = vault_open(&v, key, 0, &items, why, sizeof(why));
	require(r == RL_OK || r == RL_ERR_DAMAGED);
	for (i = 0; i < items.n; i++)
		require(
		    kc_item_ok(items.v[i].profile, items.v[i].provider) != 0);
	vault_items_clear(&items);
}

static void
fuzz_contents(const uint8_t *p, size_t len)
{
	char why[512] = "";
	struct vault_items items;
	uint8_t *out;
	size_t outlen;

	if (vault_items_decode(p, len, &items, why, sizeof(why)) == RL_OK) {
		require(vault_items_encode(
			    &items, &out, &outlen, why, sizeof(why)) == RL_OK);
		require(outlen == len && memcmp(out, p, len) == 0);
		sodium_free(out);
	} else
		require(why[0] != '\0');
	vault_items_clear(&items);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy;

	require(sodium_init() >= 0);
	if (size < 1)
		return 0;
	/* Of its own length, so that a sanitizer sees what is read. */
	copy = malloc(size);
	require(copy != NULL);
	memcpy(copy, data + 1, size - 1);
	if (data[0] == 'M')
		mend(copy, size - 1);
	if (data[0] == 'C')
		fuzz_contents(copy, size - 1);
	else
		fuzz_file(copy, size - 1);
	free(copy);
	return 0;
}
