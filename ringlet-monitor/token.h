#ifndef TOKEN_H
#define TOKEN_H
/*
 * The bearer token of the HTTP interface: a file of 64 lower-case hex digits
 * (256 random bits) and a newline, mode 0600.  Only a keyed hash of it stays
 * in memory.
 */

#include <stdbool.h>
#include <stddef.h>

#define TOKEN_LEN 64 /* characters, without the newline */

struct token;

/*
 * Makes path with a fresh token, complete and of mode 0600 from the instant it
 * has that name.  An existing file, link or whatever is left alone:
 * RL_ERR_EXISTS.  Its folder must be there (paths_make_private_dir()).
 * RL_ERR_SYSTEM otherwise; why[size] says what failed.
 */
int token_make(const char *path, char *why, size_t size);

/*
 * Reads path.  RL_ERR_NOTFOUND: not there; RL_ERR_DENIED: not a regular file,
 * not ours, or open to others; RL_ERR_INVALID: not a token; RL_ERR_SYSTEM.
 * why[size] says what is wrong and how to mend it.  On RL_OK *out is for
 * token_free().
 */
int token_load(const char *path, struct token **out, char *why, size_t size);
void token_free(struct token *);

/* Whether the len bytes at p are the token; takes the same time for all. */
bool token_verify(const struct token *, const void *p, size_t len);

#endif /* TOKEN_H */
