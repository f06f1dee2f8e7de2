#ifndef COMMON_CONFKEY_H
#define COMMON_CONFKEY_H
/*
 * The table of keywords, for conf.c, which has it, and confprint.c alone.
 */

#include <stddef.h>

#include "conf.h"

enum conf_kind {
	CK_LISTEN = 1,
	CK_BOOL,	/* bool: yes, no */
	CK_LEVEL,	/* int: a level's name */
	CK_DESTINATION, /* int: a word */
	CK_FACILITY,	/* int: a word */
	CK_COUNT,	/* unsigned */
	CK_SIZE,	/* uint64_t: bytes, with K, M or G; a power of two */
	CK_TIME,	/* unsigned: milliseconds; ms, s or m, s without a unit */
	CK_PERIOD	/* unsigned: seconds; s, m, h or d, s without a unit */
};

struct conf_keyword {
	const char *name;
	enum conf_kind kind;
	enum conf_when when;
	size_t off;
	long long min, max;
	const char *accepts; /* for people */
};

/* The words of a kind; a table ends with NULL. */
struct conf_word {
	const char *name;
	int value;
};

/* A keyword, in the order of the table, or NULL past the last. */
const struct conf_keyword *conf_keyword_get(size_t i);
/* The words of CK_DESTINATION or CK_FACILITY. */
const struct conf_word *conf_words(enum conf_kind);

#endif /* COMMON_CONFKEY_H */
