/*
 * codes.c: one-time codes.
 *
 * A code is good once and for a minute.  Only its digest is kept, and nothing
 * is written down: whoever reads files or a later process finds none.  What is
 * wrong uses nothing up, and how often that comes changes nothing for a code
 * that is right.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "codes.h"
#include "err.h"
#include "secret.h"
#include "token.h"
#include "xmalloc.h"

#define CODE_BYTES 24

struct code {
	uint8_t digest[TOKEN_DIGEST];
	uint64_t ends_at;
	struct code_offer offer;
};

struct codes {
	struct code v[CODES_MAX];
	size_t n;
	unsigned wrong; /* that have come since wrong_at */
	uint64_t wrong_at;
};

struct codes *
codes_new(void)
{
	return xcalloc(1, sizeof(struct codes));
}

void
codes_free(struct codes *cs)
{
	if (cs == NULL)
		return;
	secret_wipe(cs, sizeof(*cs));
	free(cs);
}

static void
drop(struct codes *cs, size_t i)
{
	cs->v[i] = cs->v[--cs->n];
	secret_wipe(&cs->v[cs->n], sizeof(cs->v[0]));
}

static void
drop_ended(struct codes *cs, uint64_t now)
{
	for (size_t i = cs->n; i-- > 0;)
		if (cs->v[i].ends_at <= now)
			drop(cs, i);
}

int
codes_make(struct codes *cs, uint64_t now, const struct code_offer *offer,
    char text[CODE_LEN + 1])
{
	uint8_t raw[CODE_BYTES];
	struct code *c;

	_Static_assert(
	    CODE_LEN == CODE_BYTES * 4 / 3, "base64 without padding");
	drop_ended(cs, now);
	if (cs->n == CODES_MAX)
		return RL_ERR_LIMIT;
	randombytes_buf(raw, sizeof(raw));
	sodium_bin2base64(text, CODE_LEN + 1, raw, sizeof(raw),
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	secret_wipe(raw, sizeof(raw));
	c = &cs->v[cs->n++];
	token_digest(text, CODE_LEN, c->digest);
	c->ends_at = now + CODE_LIFE_MS;
	c->offer = *offer;
	return 0;
}

/* One more that is none. */
static int
count_wrong(struct codes *cs, uint64_t now)
{
	if (cs->wrong == 0 || now - cs->wrong_at >= CODES_WRONG_MS) {
		cs->wrong = 0;
		cs->wrong_at = now;
	}
	if (cs->wrong == CODES_WRONG)
		return RL_ERR_LIMIT;
	cs->wrong++;
	return RL_ERR_AUTH;
}

/*
 * p comes from whoever can reach the listener.  As with tokens every digest is
 * compared, each in constant time.
 */
int
codes_use(struct codes *cs, uint64_t now, const void *p, size_t len,
    struct code_offer *offer)
{
	uint8_t digest[TOKEN_DIGEST];
	size_t found = CODES_MAX;

	drop_ended(cs, now);
	token_digest(p, len, digest);
	for (size_t i = 0; i < cs->n; i++)
		if (sodium_memcmp(digest, cs->v[i].digest, TOKEN_DIGEST) == 0)
			found = i;
	if (found == CODES_MAX)
		return count_wrong(cs, now);
	*offer = cs->v[found].offer;
	drop(cs, found);
	return 0;
}

size_t
codes_waiting(struct codes *cs, uint64_t now)
{
	drop_ended(cs, now);
	return cs->n;
}
