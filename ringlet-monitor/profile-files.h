#ifndef PROFILE_FILES_H
#define PROFILE_FILES_H
/*
 * The files that an agent's manifest puts into a profile's home.
 */

#include <stddef.h>

struct manifest_agent;
struct manifest_vars;

/*
 * Writes those that hold for the provider's type into the folder home, see
 * home-file.h for how.  Any error means that the agent must not be started: a
 * file may be what says where the key goes.  why[size] says what is wrong.
 */
int profile_files_write(int home, const struct manifest_agent *,
    const struct manifest_vars *, char *why, size_t size);

#endif /* PROFILE_FILES_H */
