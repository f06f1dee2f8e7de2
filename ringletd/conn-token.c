/*
 * Which tokens have come on a connection, and which connections go when one
 * ends or when places run out.
 *
 * The monitor judges tokens; what is known here of one is its digest, and that
 * it was good or wrong when it came.  A connection that has brought more of
 * them than are remembered is ended with any: a proxy's clients connect again.
 */
#include "config.h"

#include <string.h>

#include "conn.h"

void
conn_trust(struct conn *c, const uint8_t digest[TOKEN_DIGEST])
{
	unsigned i;

	c->trusted = true;
	for (i = 0; i < c->ndigests && i < CONN_TOKENS; i++)
		if (memcmp(c->digests[i], digest, TOKEN_DIGEST) == 0)
			return;
	/* It was good when it was judged, and has ended since. */
	for (i = 0; i < GONE_MAX; i++)
		if (memcmp(c->env->gone[i], digest, TOKEN_DIGEST) == 0) {
			conn_abort(c);
			return;
		}
	if (c->ndigests < CONN_TOKENS)
		memcpy(c->digests[c->ndigests], digest, TOKEN_DIGEST);
	if (c->ndigests <= CONN_TOKENS)
		c->ndigests++;
}

bool
conn_is_trusted(const struct conn *c)
{
	return c->trusted;
}

bool
conn_distrust(struct conn *c)
{
	return ++c->wrong >= WRONG_MAX && !c->trusted;
}

/* Whether it may have brought that token. */
static bool
brought(const struct conn *c, const uint8_t digest[TOKEN_DIGEST])
{
	unsigned i;

	for (i = 0; i < c->ndigests && i < CONN_TOKENS; i++)
		if (memcmp(c->digests[i], digest, TOKEN_DIGEST) == 0)
			return true;
	return c->ndigests > CONN_TOKENS;
}

void
conn_token_gone(struct env *env, const uint8_t digest[TOKEN_DIGEST])
{
	struct conn *c, *next;

	memcpy(env->gone[env->ngone++ % GONE_MAX], digest, TOKEN_DIGEST);
	for (c = TAILQ_FIRST(&env->conns); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		if (brought(c, digest))
			conn_abort(c);
	}
}

/* The monitor has been asked, and may say that a token is good. */
static bool
is_working(struct conn *c)
{
	if (c->state == CONN_UPGRADED && c->ops->working != NULL)
		return c->ops->working(c->arg);
	return c->state == CONN_WORKING;
}

bool
conn_evict(struct env *env)
{
	struct conn *c;

	/* The list is in the order of accepting. */
	TAILQ_FOREACH (c, &env->conns, link) {
		if (!c->trusted && !is_working(c)) {
			conn_abort(c);
			return true;
		}
	}
	return false;
}
