#ifndef TOKEN_H
#define TOKEN_H
/*
 * One bearer token as text and as a digest, and the file of the main one: 64
 * lower-case hex digits (256 random bits) and a newline, mode 0600.  Only
 * digests stay in memory.
 */

#include <stddef.h>
#include <stdint.h>

#define TOKEN_LEN    64 /* characters, without the newline */
#define TOKEN_DIGEST 32 /* bytes of BLAKE2b */

/* What is kept and compared instead of a token: of any len bytes at p. */
void token_digest(const void *p, size_t len, uint8_t out[TOKEN_DIGEST]);

/*
 * Makes up a token, NUL-terminated; the caller wipes it.
 */
void token_random(char text[TOKEN_LEN + 1]);

/*
 * Makes path with a fresh token, complete and of mode 0600 from the instant it
 * has that name.  An existing file, link or whatever is left alone:
 * RL_ERR_EXISTS.  Its folder must be there (paths_make_private_dir()).
 * RL_ERR_SYSTEM otherwise; why[size] says what failed.
 */
int token_make(const char *path, char *why, size_t size);

/*
 * Replaces path by one with a fresh token, whatever it held; digest is that of
 * the new one.  Either the old file or the new one is there, whatever happens.
 * RL_ERR_SYSTEM.
 */
int token_replace(const char *path, uint8_t digest[TOKEN_DIGEST], char *why,
    size_t size);

/*
 * Reads path.  RL_ERR_NOTFOUND: not there; RL_ERR_DENIED: not a regular file,
 * not ours, or open to others; RL_ERR_INVALID: not a token; RL_ERR_SYSTEM.
 * why[size] says what is wrong and how to mend it.
 */
int token_load(const char *path, uint8_t digest[TOKEN_DIGEST], char *why,
    size_t size);

#endif /* TOKEN_H */
