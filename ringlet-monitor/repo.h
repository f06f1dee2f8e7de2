#ifndef REPO_H
#define REPO_H
/*
 * Files of a working folder that programs outside a jail execute, or that tell
 * them what to execute: hooks and settings of version control, of agents, of
 * editors and of package managers.
 */

#include <sys/stat.h>
#include <stdbool.h>
#include <stddef.h>

#include "strlist.h"

/* One that is there.  path is absolute. */
typedef void (*repo_cb)(void *arg, const char *path, const struct stat *);

/*
 * Calls found for each that is below root, an absolute name without links: a
 * regular file or a folder, reached without following a link.  skipped is
 * called for those that are reached by a link or are too many; it may be NULL.
 */
void repo_find(const char *root, repo_cb found,
    void (*skipped)(void *arg, const char *path, const char *why), void *arg);

/*
 * Appends "SIGNATURE PATH" for each such file, for those in such folders, and
 * for the settings of repositories in the folders below; the signature tells
 * whether kind, permissions, size or content has changed.
 */
void repo_scan(const char *root, struct strlist *out);

#endif /* REPO_H */
