#ifndef AUDIT_LINE_H
#define AUDIT_LINE_H
/*
 * One entry of the audit log as a line of text, ringlet-audit(5): making it,
 * reading it, and the hash that chains it to the one before.  Pure functions.
 */

#include <sys/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AUDIT_LINE_MAX	8192 /* bytes of a line, its newline included */
#define AUDIT_TEXT_MAX	512  /* bytes of a value; what is longer is cut */
#define AUDIT_HASH_LEN	32
#define AUDIT_KEY_LEN	32
#define AUDIT_KEYID_LEN 16 /* hex digits that name a key */
#define AUDIT_TIME_LEN	24 /* 2026-01-31T23:59:59.999Z */

struct buf;
struct secret;

/* Who did it. */
enum audit_kind { AUDIT_MONITOR = 0, AUDIT_CLI, AUDIT_HTTP };

struct audit_who {
	enum audit_kind kind;
	uid_t uid; /* of a CLI: these three */
	pid_t pid;
	char exe[256];	/* its program, or "" where that is not to be seen */
	char comm[32];	/* what it calls itself */
	char token[64]; /* over HTTP: the token's id */
};

/* Where a chain stands: the last entry's number and hash; all zero: nowhere. */
struct audit_link {
	uint64_t seq;
	uint8_t hash[AUDIT_HASH_LEN];
};

/*
 * Begins a line in b, which is empty and holds AUDIT_LINE_MAX.  ms: since
 * 1970.  Strings need not be UTF-8, nor short: they are made so.
 */
void audit_line_begin(struct buf *b, int64_t ms, uint64_t seq,
    const struct audit_who *, const char *event, const char *object,
    const char *outcome);
/*
 * One more member, where there is room.  A name of those that every entry has
 * would be there twice: that is a mistake of ours.
 */
void audit_line_add(struct buf *b, const char *name, const char *value);
/*
 * Ends the line.  key NULL: there is none.  link is where the chain stands and
 * becomes where it stands then.
 */
void audit_line_end(
    struct buf *b, const struct secret *key, struct audit_link *link);

/* The id of a key, AUDIT_KEYID_LEN digits and a NUL. */
void audit_key_id(const struct secret *key, char *id);

/* What is known of a line. */
struct audit_entry {
	uint64_t seq;
	char time[AUDIT_TIME_LEN + 1];
	char event[64];
	char object[AUDIT_TEXT_MAX + 8];
	char key[AUDIT_KEYID_LEN + 1]; /* "": none */
	char what[AUDIT_TEXT_MAX + 8]; /* the members of that name, or "" */
	uint64_t bytes;
	/* Of an entry that begins a file: the one before. */
	bool begins;
	struct audit_link after;
	uint64_t up_to; /* the number in the member of that name, or 0 */
	uint8_t hash[AUDIT_HASH_LEN]; /* as it says itself */
	size_t hashed;		      /* bytes of the line that it is over */
};

/* Reads a line, without its newline.  0, or RL_ERR_INVALID and why[size]. */
int audit_line_parse(
    const char *p, size_t len, struct audit_entry *out, char *why, size_t size);
/* The hash that the line should have after an entry with that hash. */
void audit_line_hash(const char *p, size_t hashed,
    const uint8_t before[AUDIT_HASH_LEN], const struct secret *key,
    uint8_t out[AUDIT_HASH_LEN]);

/*
 * What the keychain holds: the key, and how far the log had got when that was
 * written, as text of less than AUDIT_VALUE_MAX bytes.
 */
#define AUDIT_VALUE_MAX 256
void audit_value_make(const struct secret *key, const struct audit_link *,
    char dst[AUDIT_VALUE_MAX]);
/* 0 and *key for secret_free(), or RL_ERR_INVALID. */
int audit_value_parse(
    const char *p, size_t len, struct secret **key, struct audit_link *);

#endif /* AUDIT_LINE_H */
