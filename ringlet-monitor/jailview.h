#ifndef JAILVIEW_H
#define JAILVIEW_H
/*
 * What a path leads to inside a jail, worked out from its mounts.
 */

#include <stdbool.h>
#include <stddef.h>

struct jailplan;
struct msg_jail_mount;
struct msg_strs;

struct jailview {
	char *inside;  /* the name there, after all links */
	char *outside; /* what it is outside; NULL: nothing outside */
	bool there;
	bool readable;
	bool writable;	  /* or, of what is not there, can be made */
	const char *rule; /* of the mount that decides; static or borrowed */
	const char *text; /* for people; static */
};

/*
 * The mounts of a plan and, on top, those that the words of struct bwrap_flags
 * make, in order: a block of *n for free(), whose strings are theirs.
 */
struct msg_jail_mount *jailview_mounts(
    const struct jailplan *, const struct msg_strs *flags, size_t *n);

/*
 * Looks path (absolute; . and .. are followed as the kernel does) up in the
 * mounts, which were made in this order.  Free with jailview_clear().
 */
void jailview_look(const struct msg_jail_mount *, size_t n, const char *path,
    struct jailview *out);
void jailview_clear(struct jailview *);

#endif /* JAILVIEW_H */
