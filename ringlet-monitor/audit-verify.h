#ifndef AUDIT_VERIFY_H
#define AUDIT_VERIFY_H
/*
 * Whether an audit log is as it was written: fed with its files' bytes in any
 * pieces, it says what was changed, removed, put in or moved, and where.
 * Pure functions.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit-line.h"

#define AUDIT_FINDINGS_MAX 64 /* that are told one by one */

struct audit_finding {
	uint64_t line; /* 0: of the file as a whole */
	uint64_t seq;  /* 0: none can be named */
	char time[AUDIT_TIME_LEN + 1];
	/* damaged changed missing order key truncated rewritten told file */
	const char *kind;
	char text[256];
};

struct audit_result {
	uint64_t lines;		/* of the last file */
	uint64_t entries;	/* lines that are whole */
	uint64_t keyed;		/* of these: with a key's hash */
	struct audit_link last; /* as the last of them says */
	uint64_t last_keyed;	/* number of the last that a key covers, or 0 */
	uint64_t uncovered;	/* entries after that */
	uint64_t unvouched;	/* of them: those after the checkpoint */
	bool partial;		/* it ends within a line */
	uint64_t partial_bytes;
	uint64_t nfindings; /* all that there were */
	uint64_t untold;    /* of them: that the log itself does not tell */
	struct audit_finding findings[AUDIT_FINDINGS_MAX];
};

struct audit_verify;

/*
 * key NULL: hashes that were made with one cannot be checked, which is a
 * finding.  known: what must be in the log, or NULL.  Both are copied.
 */
struct audit_verify *audit_verify_new(
    const struct secret *key, const struct audit_link *known);
void audit_verify_free(struct audit_verify *);
/* Entries after that one were added to a log that ended with it. */
void audit_verify_began(struct audit_verify *, uint64_t seq);
/*
 * What follows is another file, or the first; "": the one that is written,
 * which is the last.  Findings in others begin with their name.
 */
void audit_verify_file(struct audit_verify *, const char *name);
void audit_verify_feed(struct audit_verify *, const void *p, size_t len);
/*
 * The end of the file.  head: the last entry as the writer has it in memory,
 * or NULL.  The result lives as long as v.
 */
const struct audit_result *audit_verify_end(
    struct audit_verify *, const struct audit_link *head);
/* A finding of somebody else's; line 0: about the file as a whole. */
void audit_verify_add(struct audit_verify *, const char *kind, const char *fmt,
    ...) __attribute__((__format__(printf, 3, 4)));

#endif /* AUDIT_VERIFY_H */
