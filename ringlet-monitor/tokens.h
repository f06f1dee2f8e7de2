#ifndef TOKENS_H
#define TOKENS_H
/*
 * Every token that opens the HTTP port: the main one, of http_token, and those
 * that `ringlet token create` makes, whose digests are in tokens.json.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "token.h"

#define TOKENS_MAX	 64  /* besides the main one */
#define TOKEN_ID_LEN	 8   /* hex digits */
#define TOKEN_LABEL_MAX	 100 /* bytes */
#define TOKEN_MAIN	 "main" /* its id */

struct token {
	char id[TOKEN_ID_LEN + 1];
	uint8_t digest[TOKEN_DIGEST];
	bool control; /* else it may only look */
	char *label;  /* never NULL */
	long long created_at; /* seconds since 1970; the main one: 0 */
	long long expires_at; /* the same; 0: never */
};

struct tokens;

/*
 * Loads both files; a missing http_token is made, a missing tokens.json is an
 * empty one.  RL_ERR_*, and why[size] says which file, where and what to do.
 * *out is for tokens_free().
 */
int tokens_open(const char *main_file, const char *file, struct tokens **out,
    char *why, size_t size);
void tokens_free(struct tokens *);

/*
 * The token that the len bytes at p are, if it has not expired at now (seconds
 * since 1970), or NULL.  Takes the same time whichever it is, or none.
 * Borrowed until the next change.
 */
const struct token *tokens_find(
    const struct tokens *, const void *p, size_t len, long long now);

/* All of them; the main one is number 0.  NULL past the last. */
const struct token *tokens_get(const struct tokens *, size_t i);

/*
 * Makes one and writes it down; text is the token, for the caller to hand out
 * once and wipe.  RL_ERR_INVALID: the label or the time; RL_ERR_LIMIT;
 * RL_ERR_SYSTEM, and then nothing has changed.
 */
int tokens_add(struct tokens *, bool control, const char *label,
    long long now, long long expires_at, char text[TOKEN_LEN + 1],
    const struct token **out, char *why, size_t size);
/*
 * Takes one out; digest was its.  id may be a unique prefix.  RL_ERR_NOTFOUND;
 * RL_ERR_INVALID: it is the prefix of several; RL_ERR_DENIED: the main one can
 * be replaced, not revoked; RL_ERR_SYSTEM, and then nothing has changed.
 */
int tokens_revoke(struct tokens *, const char *id,
    uint8_t digest[TOKEN_DIGEST], char *why, size_t size);
/*
 * Takes out one that has expired at now; digest was its.  False: there is
 * none.  It needs no file: an expired one is not taken from there either.
 */
bool tokens_expire(
    struct tokens *, long long now, uint8_t digest[TOKEN_DIGEST]);
/* When the next one expires; 0: none does. */
long long tokens_next_expiry(const struct tokens *);
/* Replaces the main one; digest was its.  RL_ERR_SYSTEM. */
int tokens_rotate(
    struct tokens *, uint8_t digest[TOKEN_DIGEST], char *why, size_t size);

#endif /* TOKENS_H */
