#ifndef RINGLET_SANDBOXER_JAIL_DARWIN_H
#define RINGLET_SANDBOXER_JAIL_DARWIN_H
/*
 * The same plan as a jail of macOS: a profile for sandbox-exec(1).
 */

#include <stddef.h>

struct buf;
struct jail;
struct msg_jail_start;

/*
 * Whether macOS can do what the plan says: nothing is seen at another place
 * than its own there, and there are no mounts.  RL_ERR_INVALID and *why (size
 * bytes).  After jail_check().
 */
int jail_darwin_check(
    const struct msg_jail_start *plan, char *why, size_t size);

/*
 * Appends the profile.  It has no text of the plan's in it: each name is a
 * parameter, (param "BIND_0"), given by jail_command().  Pure.  RL_ERR_TOOBIG:
 * out is full.
 */
int jail_darwin_profile(const struct jail *, struct buf *out);

#endif /* RINGLET_SANDBOXER_JAIL_DARWIN_H */
