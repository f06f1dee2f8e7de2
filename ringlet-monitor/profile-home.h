#ifndef PROFILE_HOME_H
#define PROFILE_HOME_H
/*
 * The homes of profiles, ~/HOMES/ALIAS, where HOMES comes from the agent's
 * manifest.  An agent may have written anything below: links, folders without
 * permissions, a depth without end.  So every step goes by descriptor, and
 * none follows a symbolic link.
 */

#include <stdbool.h>
#include <stddef.h>

struct manifest_agent;
struct paths;
struct strlist;

/*
 * Whether path lies in a folder of profiles' homes, or is one, below home; both
 * absolute and alike in that they have links or none.  Any agent's counts,
 * known or not (valid_homes_folder()).
 */
bool profile_homes_hold(const char *home, const char *path);
/* Adds the folders of profiles' homes that are there, by absolute names. */
void profile_homes_list(const struct paths *, struct strlist *out);

/* The home's absolute name; the caller frees it. */
char *profile_home_path(
    const struct paths *, const struct manifest_agent *, const char *alias);

/*
 * Makes the home (0700; its parent too) unless it is there.  Returns 0,
 * RL_ERR_INVALID (alias), RL_ERR_DENIED (something of that name is not a folder
 * of ours) or RL_ERR_SYSTEM, with why[size].
 */
int profile_home_make(const struct paths *, const struct manifest_agent *,
    const char *alias, char *why, size_t size);

/*
 * Opens the home, checked: a folder, not a link, ours.  Returns a descriptor
 * or an error as above; RL_ERR_NOTFOUND if it is not there.
 */
int profile_home_open(const struct paths *, const struct manifest_agent *,
    const char *alias, char *why, size_t size);

/*
 * Removes ~/homes/alias with all that is in it, without following a link and
 * without leaving its file system.  RL_ERR_NOTFOUND if there is none,
 * RL_ERR_DENIED if it is not a folder of ours.
 */
int profile_home_remove(const struct paths *, const char *homes,
    const char *alias, char *why, size_t size);

#endif /* PROFILE_HOME_H */
