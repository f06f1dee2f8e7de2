#ifndef COMMON_VALID_H
#define COMMON_VALID_H
/*
 * The grammars of names that cross a trust boundary, and the escaping of text
 * that is shown to a person.  Pure functions.
 */

#include <stdbool.h>
#include <stddef.h>

#define ALIAS_MAX	64
#define SESSION_ID_LEN	16
#define ENV_NAME_MAX	128
#define ARG_MAX_LEN	(32 * 1024) /* bytes of one argument or value */
#define ARGS_MAX	256	    /* arguments or variables in one request */
#define TERM_SIZE_MAX	4096	    /* columns or rows of a terminal */
#define NOTICE_MAX	256	    /* bytes of a notice's title or text */

/* 1-64 of A-Z a-z 0-9 . _ -, starting with a letter or digit. */
bool valid_alias(const char *);
/* Ids of agents, providers, endpoints: 1-64 of a-z 0-9 . _ -, as above. */
bool valid_ident(const char *);
/* Exactly 16 lower-case hex digits. */
bool valid_session_id(const char *);
/* 1-16 lower-case hex digits. */
bool valid_session_prefix(const char *);
/* [A-Za-z_][A-Za-z0-9_]*, at most ENV_NAME_MAX bytes. */
bool valid_env_name(const char *, size_t len);
/*
 * Whether a variable of this name would let its setter run code in, or
 * redirect, the programs it is given to (LD_*, GCONV_PATH, BASH_ENV ...).
 */
bool valid_env_is_dangerous(const char *, size_t len);
/*
 * Whether a variable of this name has programs speak through another, trust
 * others, or start one that it names (HTTPS_PROXY, SSL_CERT_FILE, GIT_PAGER
 * ...), in whatever case: for a person to set, and no manifest.
 */
bool valid_env_is_personal(const char *, size_t len);
/* Whether Ringlet always sets it itself: HOME, LOGNAME, SHELL, USER. */
bool valid_env_is_ours(const char *, size_t len);
/* "K=V" with a valid, harmless name and a value of at most ARG_MAX_LEN. */
bool valid_env_assignment(const char *);
/* Absolute, no "." or ".." or empty component, no trailing slash (but "/"). */
bool valid_abs_path(const char *);
/*
 * Relative: parts of 1-255 bytes between single slashes, none "." or "..", no
 * control character, REL_PATH_MAX bytes and REL_PATH_PARTS parts at most.
 */
#define REL_PATH_MAX   512
#define REL_PATH_PARTS 8
bool valid_rel_path(const char *);
/*
 * The folder of an agent's profile homes, below the user's: ".NAME-profiles",
 * where NAME is 1-48 of a-z 0-9 . _ -, and no ".." comes in it.  A jail hides
 * all of that form, whoever made them.
 */
bool valid_homes_folder(const char *);
/* Well-formed UTF-8 of len bytes, without NUL. */
bool valid_utf8(const char *, size_t len);

/* UTF-8 without control characters, as text_escape() has them. */
bool valid_line(const char *);

/*
 * Copies len bytes at p into dst (size bytes, at least one) without control
 * characters, without what is not UTF-8, and without blanks at the end.  What
 * does not fit is left out at a whole character.  Returns the length.
 */
size_t text_clean(char *dst, size_t size, const char *p, size_t len);

/*
 * Copies s into dst (size bytes) with control characters (those that turn the
 * direction of text included), and bytes that are not UTF-8, written as \xNN,
 * backslash as \\.  Truncates at a whole escape and ends with "..." when it
 * must.  Returns dst.
 */
char *text_escape(char *dst, size_t size, const char *s);

#endif /* COMMON_VALID_H */
