#ifndef GRANT_H
#define GRANT_H
/*
 * What a profile's jails get beyond the default, as text: "ro PATH",
 * "rw PATH", "env NAME", "ssh-agent", "nested-sandbox", "limit NAME=VALUE".
 * Pure functions; what a path may be is judged by jailcheck.c.
 */

#include <stddef.h>
#include <stdint.h>

enum grant_kind {
	GRANT_RO = 1,
	GRANT_RW,
	GRANT_ENV,
	GRANT_SSH_AGENT,
	GRANT_NESTED,
	GRANT_LIMIT
};

enum grant_limit {
	LIMIT_MEMORY = 1, /* bytes */
	LIMIT_PROCESSES,
	LIMIT_FILES,
	LIMIT_CPU, /* seconds */
	LIMIT_TMP  /* bytes */
};

struct grant {
	enum grant_kind kind;
	const char *value; /* path or name, within the text; "" without */
	enum grant_limit limit;
	uint64_t number; /* of the limit */
};

/*
 * Parses one.  RL_ERR_INVALID: why[size] says what is wrong.  A path must be
 * absolute and normal.
 */
int grant_parse(const char *text, struct grant *, char *why, size_t size);

/*
 * Whether two take each other's place: the same limit, or the same path with
 * ro and rw, or equal texts.
 */
int grant_same(const char *a, const char *b);

#endif /* GRANT_H */
