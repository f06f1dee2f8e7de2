#ifndef HOME_FILE_H
#define HOME_FILE_H
/*
 * Files that Ringlet keeps in a profile's home: settings of the agent, of
 * which some members are ours and the rest is the person's and the agent's.
 *
 * What is in a home counts as hostile.  A path is relative (valid_rel_path());
 * each step goes by descriptor and follows no symbolic link; folders on the
 * way are made (0700) and must be ours.  A file is replaced in one step, keeps
 * its mode, is not written if nothing would change, and stays as it is after
 * any error.  All return RL_OK or an error, and then why[size] begins with
 * the path and says what is wrong.
 */

#include <stddef.h>

#include <jansson.h>

/*
 * Bytes of a file that is read.  The monitor does nothing else meanwhile: it is
 * some 25 ms for each MiB, and a start reads up to five times.
 */
#define HOME_FILE_MAX	(4 * 1024 * 1024)
#define HOME_FILE_DEPTH 64 /* objects and arrays within each other */

/*
 * Reads the JSON object that path below the folder home holds, into *out for
 * json_decref().  An empty file counts as an empty object.  RL_ERR_NOTFOUND;
 * RL_ERR_DENIED (a link, not a regular file, not ours); RL_ERR_INVALID (not a
 * JSON object, a member twice, or nested too deep); RL_ERR_TOOBIG;
 * RL_ERR_SYSTEM.
 */
int home_file_read(
    int home, const char *path, json_t **out, char *why, size_t size);

/*
 * Puts ours into the JSON object that path holds, which is made if there is
 * none.  Where both have an object their members are put together; any other
 * value of ours replaces what is there; members that ours does not name stay.
 * whole, which may be NULL, ends in NULL: members at the top that become what
 * they are in ours as a whole, and go where ours has none.  Errors as above.
 */
int home_file_merge(int home, const char *path, const json_t *ours,
    const char *const *whole, char *why, size_t size);

/*
 * Writes len bytes as path unless something has that name: a person's file is
 * theirs.  RL_ERR_DENIED if what is there is not a regular file of ours.
 */
int home_file_place(int home, const char *path, const char *text, size_t len,
    char *why, size_t size);

/*
 * Opens the folder name in dirfd, which must be no link and ours; an agent can
 * have taken all permissions from it, and then it gets them back.  Returns the
 * descriptor, or RL_ERR_NOTFOUND, RL_ERR_DENIED, RL_ERR_SYSTEM; shown is its
 * name for people.
 */
int home_dir_open(
    int dirfd, const char *name, const char *shown, char *why, size_t size);
/* The same, making the folder (0700) first if it is missing. */
int home_dir_make(
    int dirfd, const char *name, const char *shown, char *why, size_t size);
/* No more than the opening, without any check but O_NOFOLLOW: -1 and errno. */
int home_dir_try(int dirfd, const char *name);

#endif /* HOME_FILE_H */
