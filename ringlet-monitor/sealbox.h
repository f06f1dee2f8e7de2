#ifndef SEALBOX_H
#define SEALBOX_H
/*
 * The key pair that clients seal API keys to, so that ringletd forwards what
 * it cannot read: libsodium's sealed boxes (crypto_box_seal).
 *
 * What is sealed is the API key alone, or bound to what it is for:
 *
 *	SEALBOX_LABEL NUL alias NUL agent NUL provider NUL endpoint NUL key
 *
 * with agent, provider and endpoint as the profile has them (endpoint "": the
 * provider's default).  A key that is bound opens for that profile alone:
 * whoever forwards it can use it for no profile of his own.  A key alone has
 * no NUL, so the two cannot be confused.
 *
 * A ciphertext is good once.  What was opened is remembered, and when so many
 * are that no more fit, another key pair takes the place of this one.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct secret;

#define SEALBOX_LABEL	 "ringlet-sealed-key-1"
#define SEALBOX_USES	 256 /* ciphertexts for one key pair */
#define SEALBOX_HASH_LEN 16

struct sealbox {
	struct secret *secret; /* NULL: none was made yet */
	uint8_t public[32];
	char id[17]; /* of the public key, hex */
	uint8_t used[SEALBOX_USES][SEALBOX_HASH_LEN];
	size_t nused;
};

/* What a key is offered for; "" is what the profile has for none. */
struct sealbox_use {
	const char *alias;
	const char *agent_id;
	const char *provider_id;
	const char *endpoint;
};

/* Makes a new pair in place of what was there. */
void sealbox_make(struct sealbox *);
/*
 * Takes up one that was handed over.  RL_ERR_INVALID: the lengths are not
 * those of a pair and of hashes.
 */
int sealbox_restore(struct sealbox *, const uint8_t *secret, size_t secret_len,
    const uint8_t *public, size_t public_len, const uint8_t *used,
    size_t used_len);
void sealbox_free(struct sealbox *);

/*
 * Opens the len bytes at p, which were sealed to the key of that id.  *out is
 * for secret_free(); it is not judged as a key.  RL_ERR_STALE: another id, or
 * a ciphertext that was opened before; RL_ERR_INVALID: it does not open;
 * RL_ERR_DENIED: it is bound to something else than use, or (must_bind) to
 * nothing; why[size] says which, and what to do.
 */
int sealbox_open(struct sealbox *, const char *id, const uint8_t *p, size_t len,
    const struct sealbox_use *use, bool must_bind, struct secret **out,
    char *why, size_t size);

#endif /* SEALBOX_H */
