#ifndef JAILNOTE_H
#define JAILNOTE_H
/*
 * What the monitor remembers of a jail while it runs: what it can write, where
 * it has mounts, and how the files looked that programs outside execute.
 */

#include <stdbool.h>
#include <stddef.h>

#include "strlist.h"

struct jailnote {
	struct strlist writable; /* places; the same inside and outside */
	struct strlist mounts;	 /* places that are mounts inside */
	struct strlist roots;	 /* folders that were scanned, with
				    "DEV:INO PATH" */
	struct strlist files;	 /* "SIGNATURE PATH", as repo_scan() has it */
	struct strlist changed;	 /* once it has ended: lines for people */
};

#define JAILNOTE_CHANGED_MAX 64 /* lines, of at most 300 bytes */

/* Makes to, whose strings are freed, what from was; from is empty then. */
void jailnote_move(struct jailnote *to, struct jailnote *from);
void jailnote_clear(struct jailnote *);

/* Notes how the files that programs outside execute look now, below root. */
void jailnote_scan(struct jailnote *, const char *root);

/*
 * Puts into changed a line for each such file that is new, has changed or has
 * gone since the note was made, the last one saying how many more there are;
 * then forgets the rest.
 */
void jailnote_compare(struct jailnote *);

/*
 * A memory file that holds the note, close-on-exec, or RL_ERR_SYSTEM; and
 * back.  RL_ERR_INVALID: it holds something else.
 */
int jailnote_save(const struct jailnote *);
int jailnote_load(struct jailnote *, int fd);

#endif /* JAILNOTE_H */
