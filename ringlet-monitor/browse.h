#ifndef BROWSE_H
#define BROWSE_H
/*
 * Which folders a picker may offer: those in the roots of BrowseRoots that a
 * session could have as its working folder, or that lead to such ones.
 *
 * It looks at file systems that may not answer, so it runs in a process of its
 * own (api-fs.c).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "strlist.h"

struct paths;

#define BROWSE_MAX  1000  /* folders in an answer */
#define BROWSE_SCAN 20000 /* names of a folder that are looked at */

struct browse_folder {
	char *name;  /* in `path`, or where that is "" an absolute one */
	bool usable; /* as a working folder, as far as its name and owner say */
};

struct browse {
	char *path;    /* the folder that they lie in; "": the roots do */
	bool usable;   /* that folder itself, judged in full ... */
	char why[512]; /* ... and why it is not */
	struct browse_folder *folders; /* by name */
	size_t n;
	bool truncated;	  /* there are more */
	uint64_t skipped; /* names that are no text */
};

/*
 * Looks for folders below roots (absolute names).  With complete, path is the
 * beginning of a name, of which what follows the last slash is yet to be
 * completed; else a folder, or "" for the first root.  Folders whose name
 * begins with a dot are left out unless that beginning has it, too.
 *
 * Nothing outside of the roots, nor of bounds (NULL or empty: there are none),
 * is looked at, and no link is followed below
 * one.  0 and out, which browse_free() frees; or RL_ERR_INVALID, RL_ERR_DENIED,
 * RL_ERR_NOTFOUND or RL_ERR_SYSTEM and why[size].
 */
int browse(const struct paths *, const struct strlist *roots,
    const struct strlist *bounds, const char *path, bool complete,
    struct browse *out, char *why, size_t size);
void browse_free(struct browse *);

#endif /* BROWSE_H */
