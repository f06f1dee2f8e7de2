/*
 * Signatures in minisign's format, checked.  Everything in such a file comes
 * from whoever can write to where it lay: lengths, encodings and algorithms
 * are checked before anything is computed, and the trusted comment counts only
 * after both signatures have.
 */

#include "config.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "err.h"
#include "minisign.h"

#define UNTRUSTED "untrusted comment: "
#define TRUSTED	  "trusted comment: "

#define ALGORITHM_LEN 2

_Static_assert(MINISIGN_KEY_LEN == crypto_sign_PUBLICKEYBYTES &&
		   MINISIGN_SIG_LEN == crypto_sign_BYTES,
    "the lengths of Ed25519");

/* A line of a text that is cut up. */
struct line {
	const char *p;
	size_t len;
};

/* Takes the next line, without its end; false: there is none. */
static bool
next_line(const char **p, size_t *left, struct line *out)
{
	const char *end;
	size_t n;

	if (*left == 0)
		return false;
	end = memchr(*p, '\n', *left);
	n = end == NULL ? *left : (size_t)(end - *p);
	out->p = *p;
	out->len = n > 0 && (*p)[n - 1] == '\r' ? n - 1 : n;
	if (end != NULL)
		n++;
	*p += n;
	*left -= n;
	return true;
}

#define BASE64                                                                 \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="

/*
 * Exactly len bytes in base64.  libsodium takes some bytes that are no ASCII
 * for letters.
 */
static bool
decode(const struct line *l, uint8_t *out, size_t len)
{
	const char *end = NULL;
	size_t n = 0;

	for (size_t i = 0; i < l->len; i++)
		if (l->p[i] == '\0' || strchr(BASE64, l->p[i]) == NULL)
			return false;
	return sodium_base642bin(out, len, l->p, l->len, NULL, &n, &end,
		   sodium_base64_VARIANT_ORIGINAL) == 0 &&
	       n == len && end == l->p + l->len;
}

bool
minisign_key_parse(const char *text, struct minisign_key *out)
{
	uint8_t raw[ALGORITHM_LEN + MINISIGN_ID_LEN + MINISIGN_KEY_LEN];
	const struct line l = { text, strlen(text) };

	if (l.len != MINISIGN_KEY_TEXT || !decode(&l, raw, sizeof(raw)) ||
	    memcmp(raw, "Ed", ALGORITHM_LEN) != 0)
		return false;
	memcpy(out->id, raw + ALGORITHM_LEN, MINISIGN_ID_LEN);
	memcpy(
	    out->key, raw + ALGORITHM_LEN + MINISIGN_ID_LEN, MINISIGN_KEY_LEN);
	return true;
}

/* A number of eight bytes, the last of them first. */
char *
minisign_id_text(const uint8_t id[MINISIGN_ID_LEN], char *dst)
{
	for (size_t i = 0; i < MINISIGN_ID_LEN; i++)
		(void)snprintf(
		    dst + 2 * i, 3, "%02X", id[MINISIGN_ID_LEN - 1 - i]);
	return dst;
}

static int
wrong(char *why, size_t size, const char *what)
{
	(void)snprintf(why, size, "the signature %s", what);
	return RL_ERR_INVALID;
}

static bool
begins(const struct line *l, const char *with, size_t max)
{
	size_t n = strlen(with);

	return l->len >= n && l->len - n <= max && memcmp(l->p, with, n) == 0;
}

int
minisign_sig_parse(const char *text, size_t len, struct minisign_sig *out,
    char *why, size_t size)
{
	uint8_t raw[ALGORITHM_LEN + MINISIGN_ID_LEN + MINISIGN_SIG_LEN];
	struct line untrusted, sig, trusted, global;
	size_t n;

	memset(out, 0, sizeof(*out));
	if (len > MINISIGN_FILE_MAX)
		return wrong(why, size, "is too long");
	if (memchr(text, '\0', len) != NULL)
		return wrong(why, size, "has a NUL byte");
	if (!next_line(&text, &len, &untrusted) ||
	    !next_line(&text, &len, &sig) ||
	    !next_line(&text, &len, &trusted) ||
	    !next_line(&text, &len, &global) || len > 0)
		return wrong(why, size, "has not the four lines of minisign's");
	if (!begins(&untrusted, UNTRUSTED, MINISIGN_COMMENT_MAX))
		return wrong(why, size, "has no untrusted comment on line 1");
	if (!decode(&sig, raw, sizeof(raw)))
		return wrong(why, size, "cannot be decoded on line 2");
	if (memcmp(raw, "ED", ALGORITHM_LEN) == 0)
		out->prehashed = true;
	else if (memcmp(raw, "Ed", ALGORITHM_LEN) != 0)
		return wrong(why, size, "is of an unknown algorithm");
	if (!begins(&trusted, TRUSTED, MINISIGN_TRUSTED_MAX))
		return wrong(why, size, "has no trusted comment on line 3");
	if (!decode(&global, out->global, sizeof(out->global)))
		return wrong(why, size, "cannot be decoded on line 4");
	memcpy(out->id, raw + ALGORITHM_LEN, MINISIGN_ID_LEN);
	memcpy(
	    out->sig, raw + ALGORITHM_LEN + MINISIGN_ID_LEN, MINISIGN_SIG_LEN);
	n = strlen(TRUSTED);
	memcpy(out->trusted, trusted.p + n, trusted.len - n);
	out->trusted[trusted.len - n] = '\0';
	return 0;
}

static bool
file_is_signed(const struct minisign_key *k, const struct minisign_sig *s,
    const void *p, size_t len)
{
	uint8_t hash[crypto_generichash_BYTES_MAX];

	if (!s->prehashed)
		return crypto_sign_verify_detached(s->sig, p, len, k->key) == 0;
	crypto_generichash(hash, sizeof(hash), p, len, NULL, 0);
	return crypto_sign_verify_detached(
		   s->sig, hash, sizeof(hash), k->key) == 0;
}

static bool
comment_is_signed(const struct minisign_key *k, const struct minisign_sig *s)
{
	uint8_t both[MINISIGN_SIG_LEN + MINISIGN_TRUSTED_MAX];
	size_t n = strlen(s->trusted);

	memcpy(both, s->sig, MINISIGN_SIG_LEN);
	memcpy(both + MINISIGN_SIG_LEN, s->trusted, n);
	return crypto_sign_verify_detached(
		   s->global, both, MINISIGN_SIG_LEN + n, k->key) == 0;
}

int
minisign_verify(const struct minisign_key *keys, size_t n,
    const struct minisign_sig *s, const void *p, size_t len, size_t *which,
    char *why, size_t size)
{
	char id[MINISIGN_ID_TEXT];
	bool known = false, file = false;

	/* Two keys may have the same id: it is only eight bytes. */
	for (size_t i = 0; i < n; i++) {
		if (memcmp(keys[i].id, s->id, MINISIGN_ID_LEN) != 0)
			continue;
		known = true;
		if (!file_is_signed(&keys[i], s, p, len))
			continue;
		file = true;
		if (comment_is_signed(&keys[i], s)) {
			*which = i;
			return 0;
		}
	}
	minisign_id_text(s->id, id);
	if (!known)
		(void)snprintf(why, size,
		    "it is signed by the key %s, which is none of RegistryKey",
		    id);
	else
		(void)snprintf(why, size,
		    "the signature of the key %s is of %s", id,
		    file ? "another trusted comment" : "other content");
	return known ? RL_ERR_DAMAGED : RL_ERR_DENIED;
}
