#ifndef RINGLET_SIGNING_H
#define RINGLET_SIGNING_H
/*
 * Making a signature in minisign's format with a secret key in minisign's
 * format.  The format is read here rather than by minisign's own program, so
 * that a registry can be signed where that is not installed, and so that its
 * passphrase goes through no terminal of another's; a test holds the result
 * against Debian's minisign.
 */

#include <stdbool.h>
#include <stddef.h>

#include "minisign.h"

struct secret;
struct signing_key;

/*
 * Reads a secret key's file.  RL_ERR_INVALID: why[size] says what is wrong.
 * *encrypted: signing_key_open() needs its passphrase.
 */
int signing_key_parse(const char *text, size_t len, struct signing_key **out,
    bool *encrypted, char *why, size_t size);
void signing_key_free(struct signing_key *);
/*
 * Decrypts it, which takes a gigabyte of memory and a second or more.
 * RL_ERR_PASSPHRASE: it is another's; RL_ERR_SYSTEM: no memory.
 */
int signing_key_open(struct signing_key *, const struct secret *passphrase,
    char *why, size_t size);
/* The public part; of a key that is open. */
void signing_key_public(const struct signing_key *, struct minisign_key *);
/* The text of a signature over len bytes, with that comment; for free(). */
char *signing_sign(
    const struct signing_key *, const void *p, size_t len, const char *trusted);

#endif /* RINGLET_SIGNING_H */
