/*
 * home-file.c: puts our part into files of a profile's home.
 *
 * Called before each run, by the monitor, with a home that an agent may have
 * filled with anything: links that lead out of it, FIFOs that would block,
 * files of any size and depth.  It must never read or write outside the home,
 * nor lose what a person or the agent has written.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "fdpass.h"
#include "home-file.h"
#include "json.h"
#include "paths.h"
#include "valid.h"
#include "xmalloc.h"

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* A file while it is worked on: the folder that holds it, and its name. */
struct place {
	int dir;
	const char *leaf;
};

/* --- folders -------------------------------------------------------------- */

/* AT_SYMLINK_NOFOLLOW sees to it that no file elsewhere gets permissions. */
int
home_dir_try(int dirfd, const char *name)
{
	int fd;

	fd = openat(dirfd, name, DIR_FLAGS);
	if (fd == -1 && errno == EACCES) {
		if (fchmodat(dirfd, name, 0700, AT_SYMLINK_NOFOLLOW) == -1)
			return -1;
		fd = openat(dirfd, name, DIR_FLAGS);
	}
	return fd;
}

int
home_dir_open(
    int dirfd, const char *name, const char *shown, char *why, size_t size)
{
	struct stat st;
	int fd;

	if ((fd = home_dir_try(dirfd, name)) == -1) {
		if (errno == ENOENT) {
			snprintf(why, size, "%s does not exist", shown);
			return RL_ERR_NOTFOUND;
		}
		if (errno == ELOOP || errno == ENOTDIR) {
			snprintf(why, size, "%s is not a folder", shown);
			return RL_ERR_DENIED;
		}
		snprintf(why, size, "%s: %s", shown, strerror(errno));
		return RL_ERR_SYSTEM;
	}
	if (fstat(fd, &st) == -1) {
		snprintf(why, size, "%s: %s", shown, strerror(errno));
		close(fd);
		return RL_ERR_SYSTEM;
	}
	if (st.st_uid != geteuid()) {
		snprintf(why, size, "%s belongs to user %lu, not to you", shown,
		    (unsigned long)st.st_uid);
		close(fd);
		return RL_ERR_DENIED;
	}
	return fd;
}

int
home_dir_make(
    int dirfd, const char *name, const char *shown, char *why, size_t size)
{
	if (mkdirat(dirfd, name, 0700) == -1 && errno != EEXIST) {
		snprintf(
		    why, size, "cannot make %s: %s", shown, strerror(errno));
		return RL_ERR_SYSTEM;
	}
	return home_dir_open(dirfd, name, shown, why, size);
}

/* Opens the folder that holds path, making what is missing if make says so. */
static int
place_open(int home, const char *path, bool make, struct place *at, char *why,
    size_t size)
{
	const char *p = path, *slash;
	char *name, *shown;
	int next;

	at->dir = -1;
	if (!valid_rel_path(path)) {
		snprintf(why, size, "a file's path must be relative, without "
		    "'..' and empty parts");
		return RL_ERR_INVALID;
	}
	if ((at->dir = fcntl(home, F_DUPFD_CLOEXEC, 0)) == -1) {
		snprintf(why, size, "%s: %s", path, strerror(errno));
		return RL_ERR_SYSTEM;
	}
	for (; (slash = strchr(p, '/')) != NULL; p = slash + 1) {
		name = xstrndup(p, (size_t)(slash - p));
		shown = xstrndup(path, (size_t)(slash - path));
		next = make ? home_dir_make(at->dir, name, shown, why, size)
			    : home_dir_open(at->dir, name, shown, why, size);
		free(name);
		free(shown);
		close(at->dir);
		if ((at->dir = next) < 0)
			return next;
	}
	at->leaf = p;
	return RL_OK;
}

/* --- files ---------------------------------------------------------------- */

/*
 * Opens what is there for reading and checks it by its descriptor.  Not
 * blocking: a FIFO in its place must not stop us.
 */
static int
leaf_open(const struct place *at, const char *path, struct stat *st, char *why,
    size_t size)
{
	int fd;

	fd = openat(at->dir, at->leaf,
	    O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd == -1) {
		if (errno == ENOENT) {
			snprintf(why, size, "%s does not exist", path);
			return RL_ERR_NOTFOUND;
		}
		snprintf(why, size, "%s: %s", path,
		    errno == ELOOP ? "is a symbolic link, which is never "
				     "followed here: put the file itself there"
				   : strerror(errno));
		/* ENXIO: a socket. */
		return errno == ELOOP || errno == EACCES || errno == ENXIO
		    ? RL_ERR_DENIED : RL_ERR_SYSTEM;
	}
	if (fstat(fd, st) == -1) {
		snprintf(why, size, "%s: %s", path, strerror(errno));
		close(fd);
		return RL_ERR_SYSTEM;
	}
	if (!S_ISREG(st->st_mode) || st->st_uid != geteuid()) {
		snprintf(why, size, "%s: is not a regular file of yours", path);
		close(fd);
		return RL_ERR_DENIED;
	}
	return fd;
}

static int
read_object(int fd, const struct stat *st, const char *path, json_t **out,
    char *why, size_t size)
{
	char *text, reason[512];
	size_t room;
	ssize_t n;
	int r = RL_OK;

	if (st->st_size > HOME_FILE_MAX) {
		snprintf(why, size,
		    "%s: is larger than %d MiB, which is more than an agent's "
		    "settings have: make it shorter, or move it away",
		    path, HOME_FILE_MAX / (1024 * 1024));
		return RL_ERR_TOOBIG;
	}
	/* One byte more than there is, to notice that it grows. */
	room = (size_t)st->st_size + 1;
	text = xmalloc(room);
	if ((n = paths_read_all(fd, text, room)) == -1) {
		snprintf(why, size, "%s: %s", path, strerror(errno));
		r = RL_ERR_SYSTEM;
	} else if ((size_t)n == room) {
		snprintf(why, size, "%s: changed while it was read", path);
		r = RL_ERR_UNAVAILABLE;
	} else if (n == 0)
		*out = json_object();
	else if ((*out = json_parse_foreign(text, (size_t)n, HOME_FILE_DEPTH,
		      reason, sizeof(reason))) == NULL) {
		snprintf(why, size, "%s: %s", path, reason);
		r = RL_ERR_INVALID;
	}
	explicit_bzero(text, room); /* agents keep sign-ins in such files */
	free(text);
	return r;
}

/* What came of writing path: r of paths_replace_at() and its like. */
static int
written(int r, const char *path, char *why, size_t size)
{
	if (r != RL_OK)
		snprintf(why, size, "%s: cannot be written: %s", path,
		    strerror(errno));
	return r;
}

/* --- putting together ----------------------------------------------------- */

static void
must(int r)
{
	/* Fails for lack of memory alone: names and values were JSON. */
	if (r == -1)
		abort();
}

/*
 * ours is at most as deep as what parsed it allows, so this recursion ends;
 * where both have an object, so is what is there.  Whether something changed.
 */
static bool
merge(json_t *into, const json_t *ours)
{
	/* The iterator wants a pointer to non-const, but does not write. */
	json_t *o = (json_t *)(uintptr_t)ours, *old, *value;
	const char *name;
	bool changed = false;

	json_object_foreach(o, name, value) {
		old = json_object_get(into, name);
		if (json_is_object(old) && json_is_object(value)) {
			changed |= merge(old, value);
		} else if (!json_equal(old, value)) {
			must(json_object_set_new(
			    into, name, json_deep_copy(value)));
			changed = true;
		}
	}
	return changed;
}

static bool
replace_whole(json_t *into, const json_t *ours, const char *const *whole)
{
	const json_t *value, *old;
	bool changed = false;

	for (; whole != NULL && *whole != NULL; whole++) {
		value = json_object_get(ours, *whole);
		old = json_object_get(into, *whole);
		if (value == NULL) {
			changed |= json_object_del(into, *whole) == 0;
		} else if (!json_equal(old, value)) {
			must(json_object_set_new(
			    into, *whole, json_deep_copy(value)));
			changed = true;
		}
	}
	return changed;
}

int
home_file_read(
    int home, const char *path, json_t **out, char *why, size_t size)
{
	struct place at;
	struct stat st;
	int fd, r;

	*out = NULL;
	if ((r = place_open(home, path, false, &at, why, size)) != RL_OK)
		goto out;
	if ((fd = leaf_open(&at, path, &st, why, size)) < 0) {
		r = fd;
		goto out;
	}
	r = read_object(fd, &st, path, out, why, size);
	close(fd);
out:
	fd_close(at.dir);
	return r;
}

int
home_file_merge(int home, const char *path, const json_t *ours,
    const char *const *whole, char *why, size_t size)
{
	struct place at;
	struct stat st;
	json_t *there = NULL;
	char *text = NULL;
	size_t len;
	bool changed;
	int fd = -1, r;

	if ((r = place_open(home, path, true, &at, why, size)) != RL_OK)
		goto out;
	fd = leaf_open(&at, path, &st, why, size);
	if (fd < 0 && fd != RL_ERR_NOTFOUND) {
		r = fd;
		goto out;
	}
	if (fd < 0) {
		there = json_object();
		st.st_mode = 0600;
	} else if ((r = read_object(fd, &st, path, &there, why, size)) !=
		   RL_OK)
		goto out;
	changed = merge(there, ours);
	changed |= replace_whole(there, ours, whole);
	if (!changed)
		goto out;
	text = json_dumps(there, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
	if (text == NULL)
		abort();
	len = strlen(text);
	text[len] = '\n'; /* in the place of the NUL */
	r = written(
	    paths_replace_at(at.dir, at.leaf, st.st_mode & 0777, text, len + 1),
	    path, why, size);
	explicit_bzero(text, len + 1);
out:
	free(text);
	json_decref(there);
	fd_close(fd);
	fd_close(at.dir);
	return r;
}

int
home_file_place(int home, const char *path, const char *text, size_t len,
    char *why, size_t size)
{
	struct place at;
	struct stat st;
	int fd, r;

	if ((r = place_open(home, path, true, &at, why, size)) != RL_OK)
		goto out;
	fd = leaf_open(&at, path, &st, why, size);
	if (fd >= 0)
		close(fd);
	else if (fd != RL_ERR_NOTFOUND)
		r = fd;
	else {
		r = paths_place_at(at.dir, at.leaf, 0600, text, len);
		/* Somebody was faster: it is theirs. */
		r = r == RL_ERR_EXISTS ? RL_OK : written(r, path, why, size);
	}
out:
	fd_close(at.dir);
	return r;
}
