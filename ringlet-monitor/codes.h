#ifndef CODES_H
#define CODES_H
/*
 * One-time codes: what `ringlet dashboard` puts into a URL, and a page
 * exchanges for a token of its own.  They are in memory alone, by their
 * digests, and end with this process.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CODES_MAX    8	   /* that wait to be used */
#define CODE_LEN     32	   /* base64url characters: 192 random bits */
#define CODE_LIFE_MS 60000 /* from making one to its end */
/* Wrong codes in CODES_WRONG_MS, before others like it are told to wait. */
#define CODES_WRONG    20
#define CODES_WRONG_MS 60000

/* What the token will be that a code is exchanged for. */
struct code_offer {
	bool control;	    /* else it may only look */
	long long lifetime; /* seconds */
};

struct codes;

struct codes *codes_new(void);
/* Forgets them all. */
void codes_free(struct codes *);

/*
 * Makes one; text is the code, for the caller to hand out once and wipe.  now
 * is platform_boot_ms(), here and below: no clock that is set makes a code live
 * longer, and it ends while the machine sleeps.  RL_ERR_LIMIT: CODES_MAX wait.
 */
int codes_make(struct codes *, uint64_t now, const struct code_offer *offer,
    char text[CODE_LEN + 1]);

/*
 * Uses up the code that the len bytes at p are; *offer is what it was made
 * for.  Takes the same time whichever it is, or none.
 * RL_ERR_AUTH: it is none, or its time is over, or it was used before;
 * RL_ERR_LIMIT: the same, after many such.  A right one is never refused.
 */
int codes_use(struct codes *, uint64_t now, const void *p, size_t len,
    struct code_offer *offer);

/* How many wait. */
size_t codes_waiting(struct codes *, uint64_t now);

#endif /* CODES_H */
