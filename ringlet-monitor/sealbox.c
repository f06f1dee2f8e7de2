/*
 * API keys that come sealed: opens them, once each, and holds against what
 * they are bound to.  It knows no process and no message; whether a key must
 * come sealed is its caller's to decide.
 */

#include "config.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "apikey.h"
#include "err.h"
#include "sealbox.h"
#include "secret.h"

/* What a box may hold: a key, and the longest binding there can be. */
#define PLAIN_MAX (APIKEY_MAX + 5 * 1024 - crypto_box_SEALBYTES)

static void
name(struct sealbox *b)
{
	uint8_t id[(sizeof(b->id) - 1) / 2];

	_Static_assert(sizeof(b->public) == crypto_box_PUBLICKEYBYTES,
	    "size of a crypto_box public key");
	crypto_generichash(
	    id, sizeof(id), b->public, sizeof(b->public), NULL, 0);
	sodium_bin2hex(b->id, sizeof(b->id), id, sizeof(id));
}

void
sealbox_make(struct sealbox *b)
{
	uint8_t sk[crypto_box_SECRETKEYBYTES];

	secret_free(b->secret);
	crypto_box_keypair(b->public, sk);
	b->secret = secret_new(sk, sizeof(sk));
	secret_wipe(sk, sizeof(sk));
	b->nused = 0;
	name(b);
}

int
sealbox_restore(struct sealbox *b, const uint8_t *secret, size_t secret_len,
    const uint8_t *public, size_t public_len, const uint8_t *used,
    size_t used_len)
{
	if (secret_len != crypto_box_SECRETKEYBYTES ||
	    public_len != sizeof(b->public) || used_len >= sizeof(b->used) ||
	    used_len % SEALBOX_HASH_LEN != 0)
		return RL_ERR_INVALID;
	secret_free(b->secret);
	b->secret = secret_new(secret, secret_len);
	memcpy(b->public, public, sizeof(b->public));
	if (used_len > 0)
		memcpy(b->used, used, used_len);
	b->nused = used_len / SEALBOX_HASH_LEN;
	name(b);
	return 0;
}

void
sealbox_free(struct sealbox *b)
{
	secret_free(b->secret);
	memset(b, 0, sizeof(*b));
}

/*
 * Whether the ciphertext is new; it is not from now on.  Its box cannot be
 * changed into another that opens: nonce and key are made of all its bytes.
 */
static bool
use_up(struct sealbox *b, const uint8_t *p, size_t len)
{
	uint8_t hash[SEALBOX_HASH_LEN];

	crypto_generichash(hash, sizeof(hash), p, len, NULL, 0);
	for (size_t i = 0; i < b->nused; i++)
		if (memcmp(b->used[i], hash, sizeof(hash)) == 0)
			return false;
	memcpy(b->used[b->nused++], hash, sizeof(hash));
	return true;
}

/* Takes one string and its NUL off the front; NULL if there is none. */
static const char *
take(const char **p, size_t *len)
{
	const char *s = *p, *end = memchr(s, '\0', *len);

	if (end == NULL)
		return NULL;
	*len -= (size_t)(end - s) + 1;
	*p = end + 1;
	return s;
}

/* Takes the binding off; *p and *len are then the key. */
static int
check_binding(const char **p, size_t *len, const struct sealbox_use *use,
    bool must_bind, char *why, size_t size)
{
	const struct {
		const char *what;
		const char *value;
	} parts[] = {
		{ "alias", use->alias },
		{ "agent", use->agent_id },
		{ "provider", use->provider_id },
		{ "endpoint", use->endpoint },
	};
	const char *s;

	if (*len < sizeof(SEALBOX_LABEL) ||
	    memcmp(*p, SEALBOX_LABEL, sizeof(SEALBOX_LABEL)) != 0) {
		if (!must_bind)
			return 0;
		snprintf(why, size,
		    "sealed_key: it is not bound to a profile, which "
		    "RequireSealedKeys demands: see PROTOCOL.http");
		return RL_ERR_DENIED;
	}
	*p += sizeof(SEALBOX_LABEL);
	*len -= sizeof(SEALBOX_LABEL);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if ((s = take(p, len)) == NULL) {
			snprintf(why, size,
			    "sealed_key: what it is bound to is cut short "
			    "before the %s",
			    parts[i].what);
			return RL_ERR_INVALID;
		}
		if (strcmp(s, parts[i].value) != 0) {
			snprintf(why, size,
			    "sealed_key: it was sealed for another %s than "
			    "that of this request",
			    parts[i].what);
			return RL_ERR_DENIED;
		}
	}
	return 0;
}

int
sealbox_open(struct sealbox *b, const char *id, const uint8_t *p, size_t len,
    const struct sealbox_use *use, bool must_bind, struct secret **out,
    char *why, size_t size)
{
	uint8_t plain[PLAIN_MAX];
	const char *key = (const char *)plain;
	size_t n;
	int err;

	*out = NULL;
	if (strcmp(id, b->id) != 0) {
		snprintf(why, size,
		    "sealed_key: key_id is not this daemon's any more: fetch "
		    "the public key again, and seal to it");
		return RL_ERR_STALE;
	}
	if (len <= crypto_box_SEALBYTES ||
	    len - crypto_box_SEALBYTES > sizeof(plain) ||
	    crypto_box_seal_open(plain, p, len, b->public,
		(const uint8_t *)secret_ptr(b->secret)) != 0) {
		snprintf(why, size,
		    "sealed_key: ciphertext does not open with this daemon's "
		    "key");
		return RL_ERR_INVALID;
	}
	n = len - crypto_box_SEALBYTES;
	if (!use_up(b, p, len)) {
		snprintf(why, size,
		    "sealed_key: this ciphertext was used before: seal the "
		    "key again");
		err = RL_ERR_STALE;
		goto out;
	}
	if ((err = check_binding(&key, &n, use, must_bind, why, size)) == 0)
		*out = secret_new(key, n);
	if (b->nused == SEALBOX_USES)
		sealbox_make(b);
out:
	secret_wipe(plain, sizeof(plain));
	return err;
}
