#ifndef COMMON_MINISIGN_H
#define COMMON_MINISIGN_H
/*
 * Signatures in minisign's format: Ed25519 over a file, or over its
 * BLAKE2b-512, and over the comment that comes with it.  Pure functions over
 * buffers; nobody has to be believed who made them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MINISIGN_ID_LEN	     8
#define MINISIGN_ID_TEXT     (2 * MINISIGN_ID_LEN + 1)
#define MINISIGN_KEY_LEN     32
#define MINISIGN_SIG_LEN     64
#define MINISIGN_KEY_TEXT    56	   /* characters of a public key in base64 */
#define MINISIGN_COMMENT_MAX 1024  /* bytes of the untrusted comment */
#define MINISIGN_TRUSTED_MAX 8192  /* of the trusted one */
#define MINISIGN_FILE_MAX    10240 /* of a signature's file */

struct minisign_key {
	uint8_t id[MINISIGN_ID_LEN];
	uint8_t key[MINISIGN_KEY_LEN];
};

struct minisign_sig {
	bool prehashed; /* "ED": over the file's hash; else "Ed" */
	uint8_t id[MINISIGN_ID_LEN];
	uint8_t sig[MINISIGN_SIG_LEN];
	uint8_t global[MINISIGN_SIG_LEN];	/* over sig and the comment */
	char trusted[MINISIGN_TRUSTED_MAX + 1]; /* trusted once verified */
};

/*
 * The public key in minisign's base64: the second line of its .pub file.
 * False if it is none, or of another algorithm.
 */
bool minisign_key_parse(const char *text, struct minisign_key *);

/* A key's id as minisign prints it, into dst (MINISIGN_ID_TEXT).  Returns dst.
 */
char *minisign_id_text(const uint8_t id[MINISIGN_ID_LEN], char *dst);

/*
 * Reads a signature's file.  RL_ERR_INVALID: why[size] says what is wrong with
 * it; nothing of it is believed before minisign_verify().
 */
int minisign_sig_parse(const char *text, size_t len, struct minisign_sig *,
    char *why, size_t size);

/*
 * Whether one of n keys has signed len bytes at p, and the trusted comment.
 * 0 and *which is its index; RL_ERR_DENIED: it is none of these keys';
 * RL_ERR_DAMAGED: it is one's, but what was signed was something else.
 */
int minisign_verify(const struct minisign_key *keys, size_t n,
    const struct minisign_sig *, const void *p, size_t len, size_t *which,
    char *why, size_t size);

#endif /* COMMON_MINISIGN_H */
