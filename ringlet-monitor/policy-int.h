#ifndef POLICY_INT_H
#define POLICY_INT_H
/*
 * What a policy is made of, for policy*.c alone.
 */

#include "conf.h"
#include "policy.h"
#include "strlist.h"

#define POLICY_WORDS_MAX 256 /* of one keyword */

struct policy_value {
	unsigned line; /* the first; 0: not set */
	struct strlist words;
	unsigned lines[POLICY_WORDS_MAX]; /* of each word */
	long long number; /* of a keyword that is one, or an enum's value */
	long long warn;	  /* MaxKeyAge */
};

struct policy {
	char *file;
	char hash[POLICY_HASH_LEN + 1];
	struct policy_value v[PK_MAX];
};

/* RL_ERR_DENIED, and why: "what: refused by RULE (FILE line N)". */
int policy_refuse(const struct policy *, enum policy_keyword, unsigned line,
    const char *what, char *why, size_t size);

/* --- policy-url.c --- */

/* An address, taken apart; lower case, names without the dot at the end. */
struct policy_url {
	char scheme[16]; /* of a pattern: "" is any */
	char host[256];	 /* addresses in one form; "" of a file */
	long port;	 /* -1: any; 0: the scheme's own */
	char path[1024]; /* "" or begins with a slash */
	bool wild;	 /* of a pattern: any name below host, or any at all */
};

/* 0, or RL_ERR_INVALID where two readers could read it differently. */
int policy_url_parse(const char *url, struct policy_url *);
int policy_pattern_parse(const char *pattern, struct policy_url *);
/*
 * Whether the address is meant.  A pattern without a port means the scheme's
 * own where it allows, and every one where it denies.
 */
bool policy_url_match(const struct policy_url *pattern,
    const struct policy_url *url, bool denies);

#endif /* POLICY_INT_H */
