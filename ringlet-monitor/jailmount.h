#ifndef JAILMOUNT_H
#define JAILMOUNT_H
/*
 * Which of the mounts that a jail is asked to have it gets, and in which
 * order: a part of the planner.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "grant.h"
#include "msgdef.h"
#include "strlist.h"

struct jailplan_in;

/* Of two with the same place the one further down holds. */
enum mount_priority {
	MP_PIN = 1, /* a folder on the way, fixed in its place */
	MP_PROTECT, /* what programs outside execute, read-only */
	MP_RO,	    /* settings and grants */
	MP_RW,
	MP_AGENT, /* the agent's program, read-only */
	MP_OWN,	  /* home and working folder */
	MP_HIDE
};

#define MOUNT_PIN  "pin"      /* the rule of MP_PIN */
#define MOUNT_HIDE "JailHide" /* that of MP_HIDE */

struct mount_wish {
	enum mount_priority prio;
	enum bind_kind kind;
	char *path;	  /* outside, and the same inside */
	const char *src;  /* path, or what is put there instead */
	const char *rule; /* static */
	bool proof;	  /* dev and ino are to be compared */
	uint64_t dev, ino;
};

struct mounts {
	const struct jailplan_in *in;
	struct strlist *left_out; /* gets what is not done, and why */
	bool nesting; /* the agent may make mount namespaces */
	struct mount_wish *v;
	size_t n;
};

/*
 * A mount of a place that was checked already.  What is the agent's program is
 * compared inside with what is there now.
 */
void mounts_add(struct mounts *, enum mount_priority, const char *path,
    const char *rule);

/*
 * What a setting or a grant names; what is not there is left out.
 * RL_ERR_DENIED and why[size]: a jail must not show it.
 */
int mounts_grant(struct mounts *, const char *path, bool writable,
    const char *rule, char *why, size_t size);
int mounts_hide(struct mounts *, const char *path, char *why, size_t size);

/*
 * Adds what of the writable folders must be read-only, settles which mount
 * holds, and sorts.  RL_ERR_DENIED and why[size]: one cannot be had safely.
 */
int mounts_settle(struct mounts *, char *why, size_t size);
void mounts_clear(struct mounts *);

#endif /* JAILMOUNT_H */
