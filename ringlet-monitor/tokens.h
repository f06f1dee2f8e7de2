#ifndef TOKENS_H
#define TOKENS_H
/*
 * Every token that opens the HTTP port: the main one, of http_token, and those
 * that `ringlet token create` and the dashboard's sign-in make, whose digests
 * are in tokens.json.
 *
 * A token that expires does so by two clocks, whichever is there first: the
 * wall clock, which says what its holder was told, and the one that counts from
 * the machine's start, which nobody can set back.
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
	uint64_t ends_at; /* the other clock's end of it, where it has one */
	long long made_at; /* as created_at, also of the main one */
	bool outdated;	   /* tokens_outdated() has told of it */
};

/* Now, by both clocks. */
struct token_time {
	long long wall; /* seconds since 1970 */
	uint64_t boot;	/* platform_boot_ms() */
};

/* What they say. */
struct token_time token_time(void);

struct tokens;

/*
 * Loads both files; a missing http_token is made, a missing tokens.json is an
 * empty one.  The time that is left to each is what the wall clock says, and
 * no more than its whole time.  RL_ERR_*, and why[size] says which file, where
 * and what to do.  *out is for tokens_free().
 */
int tokens_open(const char *main_file, const char *file,
    const struct token_time *now, struct tokens **out, char *why, size_t size);
void tokens_free(struct tokens *);

/*
 * The token that the len bytes at p are, if it has not expired, or NULL.  Takes
 * the same time whichever it is, or none.  Borrowed until the next change.
 */
const struct token *tokens_find(const struct tokens *, const void *p,
    size_t len, const struct token_time *now);

/* All of them; the main one is number 0.  NULL past the last. */
const struct token *tokens_get(const struct tokens *, size_t i);

/*
 * Makes one and writes it down; text is the token, for the caller to hand out
 * once and wipe.  RL_ERR_INVALID: the label or the time; RL_ERR_LIMIT;
 * RL_ERR_SYSTEM, and then nothing has changed.
 */
int tokens_add(struct tokens *, bool control, const char *label,
    const struct token_time *now, long long expires_at,
    char text[TOKEN_LEN + 1], const struct token **out, char *why,
    size_t size);
/* How many may still be made. */
size_t tokens_room(const struct tokens *);
/*
 * Takes one out; digest was its.  id may be a unique prefix.  RL_ERR_NOTFOUND;
 * RL_ERR_INVALID: it is the prefix of several; RL_ERR_DENIED: the main one can
 * be replaced, not revoked; RL_ERR_SYSTEM, and then nothing has changed.
 */
int tokens_revoke(struct tokens *, const char *id,
    uint8_t digest[TOKEN_DIGEST], char *why, size_t size);
/*
 * Takes out one that has expired; digest was its.  False: there is none.  That
 * never fails; then tokens_tidy() takes it out of the file, too.
 */
bool tokens_expire(struct tokens *, const struct token_time *now,
    uint8_t digest[TOKEN_DIGEST]);
/*
 * Writes the file, if tokens have expired that are still in it: with another
 * clock they would be good again.  RL_ERR_SYSTEM: they still are.
 */
int tokens_tidy(struct tokens *, char *why, size_t size);
/* Milliseconds until the next one expires, by either clock; -1: none does. */
long long tokens_next_expiry(
    const struct tokens *, const struct token_time *now);

/* From now on tokens are good for that many seconds; 0: as long as they say. */
void tokens_max_age(struct tokens *, long long seconds);
/* Whether the token is older than that, by the wall clock. */
bool tokens_is_old(
    const struct tokens *, const struct token *, const struct token_time *now);
/* One that has become so, each once; digest is its.  False: there is none. */
bool tokens_outdated(struct tokens *, const struct token_time *now,
    uint8_t digest[TOKEN_DIGEST]);
/* Replaces the main one; digest was its.  RL_ERR_SYSTEM. */
int tokens_rotate(
    struct tokens *, uint8_t digest[TOKEN_DIGEST], char *why, size_t size);

#endif /* TOKENS_H */
