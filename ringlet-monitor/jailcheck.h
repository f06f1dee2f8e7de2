#ifndef JAILCHECK_H
#define JAILCHECK_H
/*
 * What a jail never shows, and what may be a working folder.
 */

#include <stdbool.h>
#include <stddef.h>

struct paths;
struct strlist;

/*
 * Opens path as a working folder and checks it: a folder, ours, and neither
 * in, nor above, anything that a jail hides or that is run at login; home is
 * the profile's, which is fine itself, or NULL.  Returns an O_PATH descriptor
 * and its name without symbolic links in *real (for the caller to free);
 * RL_ERR_NOTFOUND, RL_ERR_DENIED, RL_ERR_INVALID or RL_ERR_SYSTEM, with
 * why[size].
 */
int jailcheck_open_cwd(const struct paths *, const char *home,
    const char *path, char **real, char *why, size_t size);

/*
 * Adds every folder, by its name and by its name without links, that no working
 * folder may be, lie in or hold, whose session has no profile's home: for those
 * who look at many.
 */
void jailcheck_closed(const struct paths *, struct strlist *out);
/* Whether path lies in a hidden folder of the user's home, or in its bin. */
bool jailcheck_in_settings(const struct paths *, const char *path);

/*
 * Whether the folder fd, of that name without symbolic links, which
 * jailcheck_open_cwd() has opened, may be the working folder for somebody who
 * did not name it at this machine: who asks over HTTP, or has named a link
 * that an agent may have made.  RL_ERR_DENIED and why[size]: it lies in a
 * hidden folder of the user's home or in ~/bin, or holds a socket, such as a
 * terminal multiplexer's; RL_ERR_SYSTEM.
 */
int jailcheck_may_offer(const struct paths *, const char *home, int fd,
    const char *path, char *why, size_t size);

/*
 * Whether path (absolute, without symbolic links) may be shown read-only.
 * RL_ERR_DENIED and why[size]: it is, holds, or lies in something that a jail
 * hides (Ringlet's own files, profiles' homes, keyrings, ~/.ssh, folders of
 * sockets, kernel file systems).
 */
int jailcheck_may_show(
    const struct paths *, const char *path, char *why, size_t size);
/*
 * The name of an open file, without symbolic links, for the caller to free;
 * NULL if it has none that can be found out.
 */
char *jailcheck_real_name(int fd);
/* Whether something may be mounted over path inside. */
int jailcheck_may_cover(const char *path, char *why, size_t size);

/*
 * A path of a setting, which may begin with "~/"; for free().
 */
char *jailcheck_setting(const struct paths *, const char *value);

/*
 * Whether the folder fd, of that name, is free of sockets; what is no folder
 * is.  RL_ERR_DENIED and why[size].
 */
int jailcheck_no_socket_in(int fd, const char *path, char *why, size_t size);

/*
 * Whether a setting or a grant may show the file fd, of that name without
 * links, and make it writable.  Besides what jailcheck_may_show() refuses:
 * what every jail has anyway, folders that hold a socket, and for writing what
 * is run or obeyed outside.  RL_ERR_DENIED and why[size]; RL_ERR_SYSTEM.
 */
int jailcheck_may_grant(const struct paths *, int fd, const char *path,
    bool writable, char *why, size_t size);

/* Whether path may be hidden: RL_ERR_DENIED and why[size] otherwise. */
int jailcheck_may_hide(const char *path, char *why, size_t size);

/*
 * Whether the socket of that name (without links) can be an agent's that keeps
 * keys, rather than Ringlet's own or a bus.  RL_ERR_DENIED and why[size].
 */
int jailcheck_may_be_agent(
    const struct paths *, const char *path, char *why, size_t size);

#endif /* JAILCHECK_H */
