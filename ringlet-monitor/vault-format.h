#ifndef VAULT_FORMAT_H
#define VAULT_FORMAT_H
/*
 * The vault's file as bytes: taking it apart, finding its key, opening and
 * sealing its contents.  ringlet-vault(5) has the format.  Functions over
 * buffers that open no file; keychain-vault.c does.
 *
 * why[whysz] says in words what an error is about and never holds a secret.
 */

#include <stddef.h>
#include <stdint.h>

#include "keychain-backend.h"

#define VAULT_FORMAT 1

/*
 * What Argon2id costs: passes, and bytes of memory.  These are libsodium's
 * "moderate" limits, the next above the interactive ones.  Each guess at the
 * passphrase of a stolen file costs as much as one unlocking, half a second and
 * 256 MiB; the next step, 1 GiB, is more than the small servers and containers
 * have that need a vault.  A file may ask for more, up to that, and not for
 * less.  Tests define less of it for themselves.
 */
#ifndef VAULT_PASSES
#define VAULT_PASSES 3
#define VAULT_MEMORY (256ULL << 20)
#endif
#define VAULT_PASSES_MAX 16
#define VAULT_MEMORY_MAX (1ULL << 30)

/* Where the parts of a file begin, and how long they are, in bytes. */
#define VAULT_LOCK_AT	16 /* cost, salt, and the key sealed with them */
#define VAULT_LOCK_LEN	104
#define VAULT_HEADER	192 /* of it all */
#define VAULT_HEAD	72  /* of the contents */
#define VAULT_SEALED_AT (VAULT_HEADER + VAULT_HEAD)
#define VAULT_CHECKSUM	32 /* at the end */

#define VAULT_PLAIN_MAX (4 << 20) /* bytes of contents */
#define VAULT_FILE_MAX	(VAULT_PLAIN_MAX + 1024)

/* --- contents: the keys, before they are sealed (vault-items.c) --- */

struct vault_item {
	const char *profile;
	const char *provider;
	const char *key; /* len bytes, not terminated */
	size_t len;
};

/* Start with zeros; end with vault_items_clear(). */
struct vault_items {
	struct vault_item *v;
	size_t n;
	uint8_t *plain; /* guarded; what v points to, if it was decoded */
};

/* Frees and wipes; leaves zeros. */
void vault_items_clear(struct vault_items *);
/*
 * Takes contents apart, copying them into guarded memory.  Everything is
 * checked: RL_ERR_DAMAGED.
 */
int vault_items_decode(const uint8_t *p, size_t len, struct vault_items *,
    char *why, size_t whysz);
/*
 * Puts contents together.  *out is guarded, *len bytes, for sodium_free().
 * RL_ERR_LIMIT: more than a vault holds.
 */
int vault_items_encode(const struct vault_items *, uint8_t **out, size_t *len,
    char *why, size_t whysz);
/* The key of a profile, or NULL. */
const struct vault_item *vault_items_find(
    const struct vault_items *, const char *profile);
/* Makes item, which is borrowed, the only one of its profile. */
void vault_items_put(struct vault_items *, const struct vault_item *item);
/* Takes a profile's out; 0: there is none. */
int vault_items_drop(struct vault_items *, const char *profile);

/* --- the file --- */

/* The part of the header that a passphrase opens. */
struct vault_lock {
	uint8_t bytes[VAULT_LOCK_LEN];
};

/* A file that was taken apart.  p stays the caller's. */
struct vault {
	const uint8_t *p;
	size_t len;
	uint64_t passes;
	uint64_t memory;
	uint64_t generation;	      /* of the header */
	uint64_t contents_generation; /* the same, but for a mixture */
	size_t sealed_len;
	struct vault_lock lock;
};

/*
 * Takes a file apart as far as that goes without a key.  RL_ERR_DAMAGED: cut,
 * altered, no vault, or asking for what must not be given; RL_ERR_UNAVAILABLE:
 * of a newer format.
 */
int vault_parse(
    const uint8_t *p, size_t len, struct vault *, char *why, size_t whysz);

/*
 * Seals key with a passphrase, with a fresh salt and the cost above.  Takes its
 * time and memory.  RL_ERR_UNAVAILABLE: the memory is not to be had.
 */
int vault_wrap(struct vault_lock *, const char *pass, size_t len,
    const uint8_t key[KC_VAULT_KEY_LEN], char *why, size_t whysz);
/* The reverse.  RL_ERR_PASSPHRASE: that is not it. */
int vault_unwrap(const struct vault *, const char *pass, size_t len,
    uint8_t key[KC_VAULT_KEY_LEN], char *why, size_t whysz);

/*
 * Opens the contents.  RL_ERR_DAMAGED: they, or the header, are not what was
 * sealed with this key, or do not belong together, or are of a generation below
 * lowest.  On RL_OK the items are the caller's to clear.
 */
int vault_open(const struct vault *, const uint8_t key[KC_VAULT_KEY_LEN],
    uint64_t lowest, struct vault_items *, char *why, size_t whysz);
/*
 * Makes a file.  *out has *len bytes, for free(); nothing in it is secret.
 * Errors as vault_items_encode().
 */
int vault_seal(const struct vault_lock *, const uint8_t key[KC_VAULT_KEY_LEN],
    uint64_t generation, const struct vault_items *, uint8_t **out, size_t *len,
    char *why, size_t whysz);

#endif /* VAULT_FORMAT_H */
