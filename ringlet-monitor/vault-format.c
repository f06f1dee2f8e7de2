/*
 * vault-format.c: the vault's file as bytes.
 *
 * The file lies where others may have written: on a backup, a stick, another
 * machine.  Everything in it is checked before it is used, and what was only
 * damaged is told from what another passphrase would open.  Nothing here opens
 * a file or keeps a key.
 */

#include "config.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "err.h"
#include "log.h"
#include "vault-format.h"
#include "xmalloc.h"

static const char magic[8] = { 'R', 'L', 'V', 'A', 'U', 'L', 'T', '\n' };

/* Of the header; what every version has begins it, and its checksum ends it. */
#define VERSION_AT    8
#define HEADER_LEN_AT 12
#define COMMON_LEN    16
#define KDF_AT	      16
#define PASSES_AT     20
#define MEMORY_AT     24
#define SALT_AT	      32
#define WRAP_NONCE_AT 48
#define WRAPPED_AT    72
#define GENERATION_AT 120
#define TAG_AT	      128
#define CHECKSUM_AT   160

#define HEADER_LEN_MAX 4096 /* that a newer version may have */
#define KDF_ARGON2ID   2
#define TAG_LEN	       32

/* Of the contents' head. */
#define HEAD_GENERATION_AT (VAULT_HEADER + 0)
#define HEAD_LEN_AT	   (VAULT_HEADER + 8)
#define HEAD_NONCE_AT	   (VAULT_HEADER + 16)
#define HEAD_CHECKSUM_AT   (VAULT_HEADER + 40)

/* What the data key itself is never used for; see crypto_kdf. */
#define SUBKEY_CONTEXT	"RLvault1"
#define SUBKEY_CONTENTS 1
#define SUBKEY_HEADER	2

#define SEAL_LEN crypto_aead_xchacha20poly1305_ietf_ABYTES

_Static_assert(
    SALT_AT + crypto_pwhash_SALTBYTES == WRAP_NONCE_AT &&
	WRAP_NONCE_AT + crypto_aead_xchacha20poly1305_ietf_NPUBBYTES ==
	    WRAPPED_AT &&
	WRAPPED_AT + KC_VAULT_KEY_LEN + SEAL_LEN == GENERATION_AT &&
	CHECKSUM_AT + VAULT_CHECKSUM == VAULT_HEADER,
    "the header's parts follow each other");
_Static_assert(
    crypto_aead_xchacha20poly1305_ietf_KEYBYTES == KC_VAULT_KEY_LEN &&
	crypto_kdf_KEYBYTES == KC_VAULT_KEY_LEN,
    "all keys are as long as the vault's");

/* --- numbers and checksums ---------------------------------------------------
 */

static uint64_t
get(const uint8_t *p, size_t bytes)
{
	uint64_t v = 0;

	while (bytes-- > 0)
		v = v << 8 | p[bytes];
	return v;
}

static void
put(uint8_t *p, size_t bytes, uint64_t v)
{
	size_t i;

	for (i = 0; i < bytes; i++, v >>= 8)
		p[i] = (uint8_t)v;
}

/* In the clear: it finds damage, and holds nobody back. */
static void
checksum(uint8_t out[VAULT_CHECKSUM], const uint8_t *p, size_t len)
{
	(void)crypto_generichash(out, VAULT_CHECKSUM, p, len, NULL, 0);
}

static int
checksum_ok(const uint8_t *sum, const uint8_t *p, size_t len)
{
	uint8_t want[VAULT_CHECKSUM];

	checksum(want, p, len);
	return memcmp(want, sum, sizeof(want)) == 0;
}

/* A key for one use, made from the vault's. */
static void
subkey(uint8_t out[KC_VAULT_KEY_LEN], uint64_t use,
    const uint8_t key[KC_VAULT_KEY_LEN])
{
	(void)crypto_kdf_derive_from_key(
	    out, KC_VAULT_KEY_LEN, use, SUBKEY_CONTEXT, key);
}

/* The header's tag, which only who has the vault's key can make. */
static void
header_tag(uint8_t out[TAG_LEN], const uint8_t *file,
    const uint8_t key[KC_VAULT_KEY_LEN])
{
	uint8_t sub[KC_VAULT_KEY_LEN];

	subkey(sub, SUBKEY_HEADER, key);
	(void)crypto_generichash(out, TAG_LEN, file, TAG_AT, sub, sizeof(sub));
	sodium_memzero(sub, sizeof(sub));
}

/* --- taking apart ------------------------------------------------------------
 */

static int
truncated(size_t len, size_t want, char *why, size_t whysz)
{
	snprintf(why, whysz,
	    "it is truncated: %zu bytes are there, %zu or more belong to it",
	    len, want);
	return RL_ERR_DAMAGED;
}

static int
altered(const char *what, char *why, size_t whysz)
{
	snprintf(why, whysz, "its %s altered or damaged", what);
	return RL_ERR_DAMAGED;
}

#define HEADER_WAS    "header was"
#define CONTENTS_WERE "contents were"

/* Of another version than ours only this much can be said. */
static int
parse_other(const uint8_t *p, size_t len, char *why, size_t whysz)
{
	uint64_t hlen = get(p + HEADER_LEN_AT, 4);
	uint64_t version = get(p + VERSION_AT, 4);

	if (hlen < COMMON_LEN + VAULT_CHECKSUM || hlen > HEADER_LEN_MAX)
		return altered(HEADER_WAS, why, whysz);
	if (len < hlen)
		return truncated(len, (size_t)hlen, why, whysz);
	if (!checksum_ok(
		p + hlen - VAULT_CHECKSUM, p, (size_t)hlen - VAULT_CHECKSUM) ||
	    version < VAULT_FORMAT)
		return altered(HEADER_WAS, why, whysz);
	snprintf(why, whysz,
	    "it has format %llu, and this Ringlet knows %d: a newer one made "
	    "it",
	    (unsigned long long)version, VAULT_FORMAT);
	return RL_ERR_UNAVAILABLE;
}

/* Before any memory is reserved: a file must not choose how much. */
static int
cost_check(const struct vault *v, char *why, size_t whysz)
{
	if (get(v->p + KDF_AT, 4) == KDF_ARGON2ID &&
	    v->passes >= VAULT_PASSES && v->passes <= VAULT_PASSES_MAX &&
	    v->memory >= VAULT_MEMORY && v->memory <= VAULT_MEMORY_MAX)
		return RL_OK;
	snprintf(why, whysz,
	    "it asks for %llu passes over %llu bytes to unlock it, which "
	    "Ringlet never writes: it was altered",
	    (unsigned long long)v->passes, (unsigned long long)v->memory);
	return RL_ERR_DAMAGED;
}

static int
parse_header(struct vault *v, char *why, size_t whysz)
{
	const uint8_t *p = v->p;
	size_t known = v->len < sizeof(magic) ? v->len : sizeof(magic);

	if (memcmp(p, magic, known) != 0) {
		snprintf(why, whysz, "it is no vault of Ringlet's");
		return RL_ERR_DAMAGED;
	}
	if (v->len < COMMON_LEN)
		return truncated(v->len, VAULT_HEADER, why, whysz);
	if (get(p + VERSION_AT, 4) != VAULT_FORMAT)
		return parse_other(p, v->len, why, whysz);
	if (v->len < VAULT_HEADER)
		return truncated(v->len, VAULT_HEADER, why, whysz);
	if (get(p + HEADER_LEN_AT, 4) != VAULT_HEADER ||
	    !checksum_ok(p + CHECKSUM_AT, p, CHECKSUM_AT))
		return altered(HEADER_WAS, why, whysz);
	v->passes = get(p + PASSES_AT, 4);
	v->memory = get(p + MEMORY_AT, 8);
	v->generation = get(p + GENERATION_AT, 8);
	memcpy(v->lock.bytes, p + VAULT_LOCK_AT, VAULT_LOCK_LEN);
	return cost_check(v, why, whysz);
}

static int
parse_contents(struct vault *v, char *why, size_t whysz)
{
	const uint8_t *p = v->p;
	uint64_t sealed;
	size_t room;

	if (v->len < VAULT_SEALED_AT + VAULT_CHECKSUM)
		return truncated(
		    v->len, VAULT_SEALED_AT + VAULT_CHECKSUM, why, whysz);
	if (!checksum_ok(p + HEAD_CHECKSUM_AT, p + VAULT_HEADER,
		HEAD_CHECKSUM_AT - VAULT_HEADER))
		return altered(CONTENTS_WERE, why, whysz);
	sealed = get(p + HEAD_LEN_AT, 8);
	room = v->len - VAULT_SEALED_AT - VAULT_CHECKSUM;
	if (sealed < SEAL_LEN || sealed > VAULT_PLAIN_MAX + SEAL_LEN)
		return altered(CONTENTS_WERE, why, whysz);
	if (sealed > room)
		return truncated(v->len,
		    VAULT_SEALED_AT + (size_t)sealed + VAULT_CHECKSUM, why,
		    whysz);
	if (sealed < room ||
	    !checksum_ok(p + v->len - VAULT_CHECKSUM, p + VAULT_HEADER,
		v->len - VAULT_HEADER - VAULT_CHECKSUM))
		return altered(CONTENTS_WERE, why, whysz);
	v->sealed_len = (size_t)sealed;
	v->contents_generation = get(p + HEAD_GENERATION_AT, 8);
	return RL_OK;
}

int
vault_parse(
    const uint8_t *p, size_t len, struct vault *v, char *why, size_t whysz)
{
	int r;

	memset(v, 0, sizeof(*v));
	v->p = p;
	v->len = len;
	if (len > VAULT_FILE_MAX) {
		snprintf(why, whysz, "it is larger than a vault can be");
		return RL_ERR_DAMAGED;
	}
	if ((r = parse_header(v, why, whysz)) != RL_OK)
		return r;
	return parse_contents(v, why, whysz);
}

/* --- the passphrase --------------------------------------------------------
 */

/*
 * The key that a passphrase makes, with the cost and the salt of a header that
 * was checked.
 */
static int
stretch(const uint8_t *header, const char *pass, size_t len,
    uint8_t out[KC_VAULT_KEY_LEN], char *why, size_t whysz)
{
	uint64_t memory = get(header + MEMORY_AT, 8);

	if (crypto_pwhash(out, KC_VAULT_KEY_LEN, pass, len, header + SALT_AT,
		get(header + PASSES_AT, 4), (size_t)memory,
		crypto_pwhash_ALG_ARGON2ID13) == 0)
		return RL_OK;
	snprintf(why, whysz,
	    "its passphrase cannot be tried: %llu MiB of memory are needed for "
	    "a moment",
	    (unsigned long long)(memory >> 20));
	return RL_ERR_UNAVAILABLE;
}

/* The fields that every header of ours begins with. */
static void
header_begin(uint8_t *header)
{
	memcpy(header, magic, sizeof(magic));
	put(header + VERSION_AT, 4, VAULT_FORMAT);
	put(header + HEADER_LEN_AT, 4, VAULT_HEADER);
}

int
vault_wrap(struct vault_lock *lock, const char *pass, size_t len,
    const uint8_t key[KC_VAULT_KEY_LEN], char *why, size_t whysz)
{
	uint8_t h[VAULT_HEADER], outer[KC_VAULT_KEY_LEN];
	int r;

	memset(h, 0, sizeof(h));
	header_begin(h);
	put(h + KDF_AT, 4, KDF_ARGON2ID);
	put(h + PASSES_AT, 4, VAULT_PASSES);
	put(h + MEMORY_AT, 8, VAULT_MEMORY);
	randombytes_buf(h + SALT_AT, WRAPPED_AT - SALT_AT);
	if ((r = stretch(h, pass, len, outer, why, whysz)) == RL_OK) {
		(void)crypto_aead_xchacha20poly1305_ietf_encrypt(h + WRAPPED_AT,
		    NULL, key, KC_VAULT_KEY_LEN, h, WRAP_NONCE_AT, NULL,
		    h + WRAP_NONCE_AT, outer);
		memcpy(lock->bytes, h + VAULT_LOCK_AT, VAULT_LOCK_LEN);
	}
	sodium_memzero(outer, sizeof(outer));
	return r;
}

int
vault_unwrap(const struct vault *v, const char *pass, size_t len,
    uint8_t key[KC_VAULT_KEY_LEN], char *why, size_t whysz)
{
	uint8_t outer[KC_VAULT_KEY_LEN];
	int r;

	if ((r = stretch(v->p, pass, len, outer, why, whysz)) != RL_OK)
		return r;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(key, NULL, NULL,
		v->p + WRAPPED_AT, KC_VAULT_KEY_LEN + SEAL_LEN, v->p,
		WRAP_NONCE_AT, v->p + WRAP_NONCE_AT, outer) != 0) {
		snprintf(why, whysz, "it has another passphrase");
		r = RL_ERR_PASSPHRASE;
	}
	sodium_memzero(outer, sizeof(outer));
	return r;
}

/* --- contents ---------------------------------------------------------------
 */

static int
open_contents(const struct vault *v, const uint8_t key[KC_VAULT_KEY_LEN],
    struct vault_items *items, char *why, size_t whysz)
{
	uint8_t sub[KC_VAULT_KEY_LEN];
	size_t len = v->sealed_len - SEAL_LEN;
	uint8_t *plain;
	int r;

	if ((plain = sodium_malloc(len + 1)) == NULL)
		fatal("out of guarded memory (%zu bytes)", len);
	subkey(sub, SUBKEY_CONTENTS, key);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL,
		v->p + VAULT_SEALED_AT, v->sealed_len, v->p, VAULT_SEALED_AT,
		v->p + HEAD_NONCE_AT, sub) != 0)
		r = altered(CONTENTS_WERE, why, whysz);
	else
		r = vault_items_decode(plain, len, items, why, whysz);
	sodium_memzero(sub, sizeof(sub));
	sodium_free(plain); /* wipes */
	return r;
}

int
vault_open(const struct vault *v, const uint8_t key[KC_VAULT_KEY_LEN],
    uint64_t lowest, struct vault_items *items, char *why, size_t whysz)
{
	uint8_t tag[TAG_LEN];
	int r;

	memset(items, 0, sizeof(*items));
	header_tag(tag, v->p, key);
	if (sodium_memcmp(tag, v->p + TAG_AT, TAG_LEN) != 0) {
		snprintf(why, whysz,
		    "its header was altered, or it is another vault");
		return RL_ERR_DAMAGED;
	}
	if (v->generation != v->contents_generation) {
		snprintf(why, whysz,
		    "a header of generation %llu precedes contents of "
		    "generation %llu: one of them was rolled back",
		    (unsigned long long)v->generation,
		    (unsigned long long)v->contents_generation);
		return RL_ERR_DAMAGED;
	}
	if ((r = open_contents(v, key, items, why, whysz)) != RL_OK)
		return r;
	if (v->generation < lowest) {
		snprintf(why, whysz,
		    "it has generation %llu, and %llu was seen: an older file "
		    "was put back",
		    (unsigned long long)v->generation,
		    (unsigned long long)lowest);
		vault_items_clear(items);
		return RL_ERR_DAMAGED;
	}
	return RL_OK;
}

/* Fills in what precedes the sealed contents of a file. */
static void
header_make(uint8_t *file, const struct vault_lock *lock,
    const uint8_t key[KC_VAULT_KEY_LEN], uint64_t generation, size_t sealed)
{
	header_begin(file);
	memcpy(file + VAULT_LOCK_AT, lock->bytes, VAULT_LOCK_LEN);
	put(file + GENERATION_AT, 8, generation);
	header_tag(file + TAG_AT, file, key);
	checksum(file + CHECKSUM_AT, file, CHECKSUM_AT);
	put(file + HEAD_GENERATION_AT, 8, generation);
	put(file + HEAD_LEN_AT, 8, sealed);
	randombytes_buf(file + HEAD_NONCE_AT, HEAD_CHECKSUM_AT - HEAD_NONCE_AT);
	checksum(file + HEAD_CHECKSUM_AT, file + VAULT_HEADER,
	    HEAD_CHECKSUM_AT - VAULT_HEADER);
}

int
vault_seal(const struct vault_lock *lock, const uint8_t key[KC_VAULT_KEY_LEN],
    uint64_t generation, const struct vault_items *items, uint8_t **out,
    size_t *len, char *why, size_t whysz)
{
	uint8_t sub[KC_VAULT_KEY_LEN], *plain, *file;
	size_t plain_len, sealed, size;
	int r;

	r = vault_items_encode(items, &plain, &plain_len, why, whysz);
	if (r != RL_OK)
		return r;
	sealed = plain_len + SEAL_LEN;
	size = VAULT_SEALED_AT + sealed + VAULT_CHECKSUM;
	file = xcalloc(1, size);
	header_make(file, lock, key, generation, sealed);
	subkey(sub, SUBKEY_CONTENTS, key);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(file + VAULT_SEALED_AT,
	    NULL, plain, plain_len, file, VAULT_SEALED_AT, NULL,
	    file + HEAD_NONCE_AT, sub);
	checksum(file + size - VAULT_CHECKSUM, file + VAULT_HEADER,
	    size - VAULT_HEADER - VAULT_CHECKSUM);
	sodium_memzero(sub, sizeof(sub));
	sodium_free(plain); /* wipes */
	*out = file;
	*len = size;
	return RL_OK;
}
