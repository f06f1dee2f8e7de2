#ifndef COMMON_CONFKEY_H
#define COMMON_CONFKEY_H
/*
 * The table of keywords, for conf.c, which has it, and confprint.c alone.
 */

#include <stdbool.h>
#include <stddef.h>

#include "conf.h"

enum conf_kind {
	CK_LISTEN = 1,
	CK_BOOL,	/* bool: yes, no */
	CK_LEVEL,	/* int: a level's name */
	CK_WORD,	/* int: one of words */
	CK_COUNT,	/* unsigned */
	CK_SIZE,	/* uint64_t: bytes, with K, M or G; a power of two */
	CK_TIME,	/* unsigned: milliseconds; ms, s or m, s without a unit */
	CK_PERIOD,	/* unsigned: seconds; s, m, h or d, s without a unit */
	CK_PATHS,	/* struct strlist: a path a line */
	CK_NAMES,	/* struct strlist: a variable's name a line */
	CK_ROOTS,	/* struct strlist: a path a line; ~/ too */
	CK_SIGNERS,	/* struct strlist: minisign's public key a line */
	/* struct strlist of one at most, which may come once in a call. */
	CK_PLACE,	/* of a registry, as registry-url.c takes them */
	CK_IDENT	/* an id: valid_ident() */
};

/* A table of words ends with NULL. */
struct conf_word {
	const char *name;
	int value;
};

struct conf_keyword {
	const char *name;
	enum conf_kind kind;
	enum conf_when when;
	size_t off;
	long long min, max;
	const char *accepts; /* for people */
	const struct conf_word *words; /* of CK_WORD, else NULL */
};

/* A keyword, in the order of the table, or NULL past the last. */
const struct conf_keyword *conf_keyword_get(size_t i);

/* --- confnum.c --- */

/* A number with a unit of the keyword's kind, within its bounds. */
bool conf_number(const struct conf_keyword *, const char *s, long long *out);

/* --- conflisten.c --- */

/*
 * The canonical form of a value: what conf.h says of `listen`, for free().
 * NULL if it is none.  *local: cannot be reached from another machine.
 */
char *conf_listen_clean(const char *value, bool *local);

/* --- conflist.c: keywords that are lists --- */

/*
 * Adds value to the list of that kind, or empties it for "none".  NULL, or
 * what is wrong with it, as a text that goes on after the keyword.
 */
const char *conflist_add(
    enum conf_kind, struct strlist *, const char *value);
/* Whether the kind's field is a struct strlist. */
bool conflist_is(enum conf_kind);
/* Whether it may come once only, as a keyword that is no list. */
bool conflist_is_single(enum conf_kind);

#endif /* COMMON_CONFKEY_H */
