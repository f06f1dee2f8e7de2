/*
 * Secret keys and signatures in minisign's format: an Ed25519 key that a
 * stream from scrypt covers, with a checksum that tells whether the passphrase
 * was right.
 */

#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "buf.h"
#include "err.h"
#include "secret.h"
#include "signing.h"
#include "xmalloc.h"

#define SALT_LEN     crypto_pwhash_scryptsalsa208sha256_SALTBYTES
#define SECRET_LEN   crypto_sign_SECRETKEYBYTES
#define CHECKSUM_LEN crypto_generichash_BYTES
#define COVERED_LEN  (MINISIGN_ID_LEN + SECRET_LEN + CHECKSUM_LEN)
#define RAW_LEN	     (2 + 2 + 2 + SALT_LEN + 8 + 8 + COVERED_LEN)
#define LINE_MAX_LEN 1024
/* What minisign itself asks for, and no file may ask for more. */
#define OPS_MAX crypto_pwhash_scryptsalsa208sha256_OPSLIMIT_SENSITIVE
#define MEM_MAX crypto_pwhash_scryptsalsa208sha256_MEMLIMIT_SENSITIVE

#define UNTRUSTED "untrusted comment: "

/* In libsodium's guarded memory. */
struct signing_key {
	uint8_t salt[SALT_LEN];
	uint64_t ops, mem;
	uint8_t covered[COVERED_LEN]; /* id, secret key, checksum */
};

static uint64_t
get64(const uint8_t *p)
{
	uint64_t v = 0;

	for (size_t i = 8; i-- > 0;)
		v = v << 8 | p[i];
	return v;
}

static int
wrong(char *why, size_t size, const char *what)
{
	(void)snprintf(why, size, "it is no secret key of minisign: %s", what);
	return RL_ERR_INVALID;
}

/* The checksum is over the algorithm's name and the key with its id. */
static bool
is_right(const struct signing_key *k)
{
	static const uint8_t algorithm[] = { 'E', 'd' };
	crypto_generichash_state st;
	uint8_t sum[CHECKSUM_LEN];
	bool right;

	crypto_generichash_init(&st, NULL, 0, sizeof(sum));
	crypto_generichash_update(&st, algorithm, sizeof(algorithm));
	crypto_generichash_update(
	    &st, k->covered, MINISIGN_ID_LEN + SECRET_LEN);
	crypto_generichash_final(&st, sum, sizeof(sum));
	right = sodium_memcmp(sum, k->covered + MINISIGN_ID_LEN + SECRET_LEN,
		    sizeof(sum)) == 0;
	secret_wipe(&st, sizeof(st));
	secret_wipe(sum, sizeof(sum));
	return right;
}

/*
 * minisign leaves the checksum of a key without passphrase blank: then the key
 * itself tells, for its second half follows from its first.
 */
static bool
is_plain_key(const struct signing_key *k)
{
	const uint8_t *sk = k->covered + MINISIGN_ID_LEN;
	uint8_t pk[crypto_sign_PUBLICKEYBYTES], again[SECRET_LEN];
	bool same;

	if (is_right(k))
		return true;
	if (!sodium_is_zero(sk + SECRET_LEN, CHECKSUM_LEN))
		return false;
	(void)crypto_sign_seed_keypair(pk, again, sk);
	same = sodium_memcmp(again, sk, sizeof(again)) == 0;
	secret_wipe(again, sizeof(again));
	return same;
}

/* The decoded bytes of the file's second line. */
static int
take_raw(const uint8_t *raw, struct signing_key *k, bool *encrypted, char *why,
    size_t size)
{
	if (memcmp(raw, "Ed", 2) != 0)
		return wrong(why, size, "it is of another algorithm");
	*encrypted = memcmp(raw + 2, "Sc", 2) == 0;
	if (!*encrypted && memcmp(raw + 2, "\0\0", 2) != 0)
		return wrong(why, size, "it is encrypted in an unknown way");
	if (memcmp(raw + 4, "B2", 2) != 0)
		return wrong(why, size, "its checksum is of an unknown kind");
	raw += 6;
	memcpy(k->salt, raw, SALT_LEN);
	k->ops = get64(raw + SALT_LEN);
	k->mem = get64(raw + SALT_LEN + 8);
	memcpy(k->covered, raw + SALT_LEN + 16, COVERED_LEN);
	if (*encrypted && (k->ops > OPS_MAX || k->mem > MEM_MAX))
		return wrong(why, size,
		    "its passphrase would cost more than minisign's do");
	if (!*encrypted && !is_plain_key(k))
		return wrong(why, size, "it is damaged");
	return 0;
}

int
signing_key_parse(const char *text, size_t len, struct signing_key **out,
    bool *encrypted, char *why, size_t size)
{
	uint8_t raw[RAW_LEN];
	const char *nl = memchr(text, '\n', len), *end = NULL;
	struct signing_key *k;
	size_t n = 0, line;
	int r;

	*out = NULL;
	if (nl == NULL || (size_t)(nl - text) > LINE_MAX_LEN ||
	    strncmp(text, UNTRUSTED, strlen(UNTRUSTED)) != 0)
		return wrong(why, size, "it begins with no comment");
	nl++;
	for (line = 0; line < len - (size_t)(nl - text) && nl[line] != '\n' &&
		       nl[line] != '\r';
	     line++)
		;
	if (sodium_base642bin(raw, sizeof(raw), nl, line, NULL, &n, &end,
		sodium_base64_VARIANT_ORIGINAL) != 0 ||
	    n != sizeof(raw) || end != nl + line) {
		secret_wipe(raw, sizeof(raw));
		return wrong(why, size, "it cannot be decoded");
	}
	if ((k = sodium_malloc(sizeof(*k))) == NULL)
		abort();
	r = take_raw(raw, k, encrypted, why, size);
	secret_wipe(raw, sizeof(raw));
	if (r != 0)
		signing_key_free(k);
	else
		*out = k;
	return r;
}

void
signing_key_free(struct signing_key *k)
{
	sodium_free(k);
}

int
signing_key_open(struct signing_key *k, const struct secret *passphrase,
    char *why, size_t size)
{
	uint8_t *stream = sodium_malloc(COVERED_LEN);
	int r = RL_ERR_PASSPHRASE;

	if (stream == NULL ||
	    crypto_pwhash_scryptsalsa208sha256(stream, COVERED_LEN,
		secret_ptr(passphrase), secret_len(passphrase), k->salt, k->ops,
		(size_t)k->mem) != 0) {
		(void)snprintf(why, size,
		    "there is not enough memory for its passphrase: %llu MiB "
		    "are needed",
		    (unsigned long long)(k->mem >> 20));
		sodium_free(stream);
		return RL_ERR_SYSTEM;
	}
	for (size_t i = 0; i < COVERED_LEN; i++)
		k->covered[i] ^= stream[i];
	if (is_right(k))
		r = 0;
	else {
		for (size_t i = 0; i < COVERED_LEN; i++)
			k->covered[i] ^= stream[i];
		(void)snprintf(why, size, "the passphrase is another one");
	}
	sodium_free(stream);
	return r;
}

void
signing_key_public(const struct signing_key *k, struct minisign_key *out)
{
	memcpy(out->id, k->covered, MINISIGN_ID_LEN);
	(void)crypto_sign_ed25519_sk_to_pk(
	    out->key, k->covered + MINISIGN_ID_LEN);
}

char *
signing_sign(
    const struct signing_key *k, const void *p, size_t len, const char *trusted)
{
	const uint8_t *sk = k->covered + MINISIGN_ID_LEN;
	uint8_t hash[crypto_generichash_BYTES_MAX];
	uint8_t raw[2 + MINISIGN_ID_LEN + MINISIGN_SIG_LEN];
	static const uint8_t algorithm[] = { 'E', 'D' };
	uint8_t global[MINISIGN_SIG_LEN];
	struct buf *both;
	char sig[sodium_base64_ENCODED_LEN(
	    sizeof(raw), sodium_base64_VARIANT_ORIGINAL)];
	char over[sodium_base64_ENCODED_LEN(
	    MINISIGN_SIG_LEN, sodium_base64_VARIANT_ORIGINAL)];
	size_t n = strlen(trusted);

	crypto_generichash(hash, sizeof(hash), p, len, NULL, 0);
	memcpy(raw, algorithm, sizeof(algorithm));
	memcpy(raw + 2, k->covered, MINISIGN_ID_LEN);
	crypto_sign_detached(
	    raw + 2 + MINISIGN_ID_LEN, NULL, hash, sizeof(hash), sk);
	both = buf_new(MINISIGN_SIG_LEN + n);
	if (buf_put(both, raw + 2 + MINISIGN_ID_LEN, MINISIGN_SIG_LEN) != 0 ||
	    buf_put(both, trusted, n) != 0)
		abort();
	crypto_sign_detached(global, NULL, buf_ptr(both), buf_len(both), sk);
	buf_free(both);
	sodium_bin2base64(
	    sig, sizeof(sig), raw, sizeof(raw), sodium_base64_VARIANT_ORIGINAL);
	sodium_bin2base64(over, sizeof(over), global, sizeof(global),
	    sodium_base64_VARIANT_ORIGINAL);
	return xasprintf(UNTRUSTED "signature from minisign secret key\n"
				   "%s\ntrusted comment: %s\n%s\n",
	    sig, trusted, over);
}
