#ifndef JAILPLAN_H
#define JAILPLAN_H
/*
 * The planner: what a jail is made of, as data.  It looks at the file system
 * and changes nothing.
 */

#include <stddef.h>

#include "msgdef.h"

struct agent_binary;
struct paths;

#define JAILPLAN_BINDS_MAX 48

struct jailplan {
	struct msg_bind binds[JAILPLAN_BINDS_MAX];
	size_t nbinds;
	char *strings[2 * JAILPLAN_BINDS_MAX]; /* private */
	size_t nstrings;
};

/*
 * Plans the mounts of a jail with that profile home and working folder (both
 * absolute, without symbolic links, checked) and agent.  RL_ERR_DENIED: the
 * agent lies where a jail must not look; RL_ERR_SYSTEM; RL_ERR_LIMIT; why[size]
 * says more.  Free with jailplan_clear() in any case.
 */
int jailplan_make(const struct paths *, const char *home, const char *cwd,
    const struct agent_binary *, struct jailplan *out, char *why,
    size_t size);
void jailplan_clear(struct jailplan *);

/*
 * Opens path as a working folder and checks it: a folder, ours, and neither
 * in, nor above, anything that a jail hides or that is run at login; home is
 * the profile's, which is fine itself.  Returns an O_PATH descriptor and its name without symbolic
 * links in *real (for the caller to free); RL_ERR_NOTFOUND, RL_ERR_DENIED,
 * RL_ERR_INVALID or RL_ERR_SYSTEM, with why[size].
 */
int jailplan_open_cwd(const struct paths *, const char *home,
    const char *path, char **real, char *why, size_t size);

/*
 * Whether the folder fd, of that name without symbolic links, which
 * jailplan_open_cwd() has opened, may be the working folder for somebody who
 * did not name it at this machine: who asks over HTTP, or has named a link
 * that an agent may have made.  RL_ERR_DENIED and why[size]: it lies in a
 * hidden folder of the user's home or in ~/bin, or holds a socket, such as a
 * terminal multiplexer's; RL_ERR_SYSTEM.
 */
int jailplan_may_offer(const struct paths *, const char *home, int fd,
    const char *path, char *why, size_t size);

/*
 * Whether path (absolute, without symbolic links) may be shown read-only.
 * RL_ERR_DENIED and why[size]: it is, holds, or lies in something that a jail
 * hides (Ringlet's own files, profiles' homes, keyrings, ~/.ssh, folders of
 * sockets, kernel file systems).
 */
int jailplan_may_show(
    const struct paths *, const char *path, char *why, size_t size);
/*
 * The name of an open file, without symbolic links, for the caller to free;
 * NULL if it has none that can be found out.
 */
char *jailplan_real_name(int fd);
/* Whether something may be mounted over path inside. */
int jailplan_may_cover(const char *path, char *why, size_t size);

/*
 * Whether what is added to a jail may be mounted at these places: proofs[n]
 * are those of struct bwrap_flags.  RL_ERR_DENIED and why[size]: one lies in
 * the home, in the working folder or in another, where an agent may have put
 * links for bwrap to follow.
 */
int jailplan_may_mount(const char *home, const char *cwd, char *const *proofs,
    size_t n, char *why, size_t size);

#endif /* JAILPLAN_H */
