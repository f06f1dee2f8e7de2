/*
 * profile-home.c: makes, opens and removes the homes of profiles.
 *
 * What is below a home was written by an agent and counts as hostile: a link
 * where a folder was, a folder swapped for a link while it is being walked,
 * folders nested deeper than there are descriptors.  The rules: names are
 * single components, opened relative to a descriptor, with O_NOFOLLOW; what
 * was opened is checked by fstat; nothing outside is ever reached.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/stat.h>

#include <dirent.h>
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
#include "manifest.h"
#include "paths.h"
#include "profile-home.h"
#include "strlist.h"
#include "valid.h"
#include "xmalloc.h"

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* Folders open at once while removing; deeper ones are moved up first. */
#define DEPTH_MAX 32

/* Readings of one folder while removing; more means that somebody fills it. */
#define PASSES_MAX 1000

bool
profile_homes_hold(const char *home, const char *path)
{
	size_t n = strlen(home), len;
	char *first;
	bool is;

	if (strncmp(path, home, n) != 0 || path[n] != '/')
		return false;
	path += n + 1;
	len = strcspn(path, "/");
	first = xstrndup(path, len);
	is = valid_homes_folder(first);
	free(first);
	return is;
}

void
profile_homes_list(const struct paths *paths, struct strlist *out)
{
	struct dirent *e;
	DIR *d;

	if ((d = opendir(paths->home)) == NULL)
		return;
	while ((e = readdir(d)) != NULL)
		if (valid_homes_folder(e->d_name))
			strlist_addf(out, "%s/%s", paths->home, e->d_name);
	closedir(d);
}

char *
profile_home_path(const struct paths *paths, const struct manifest_agent *agent,
    const char *alias)
{
	return xasprintf("%s/%s/%s", paths->home, agent->homes, alias);
}

/* The user's own home; it may be a link, as on machines that move homes. */
static int
open_user_home(const struct paths *paths, char *why, size_t size)
{
	int fd;

	fd = open(paths->home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1) {
		snprintf(why, size, "%s: %s", paths->home, strerror(errno));
		return RL_ERR_SYSTEM;
	}
	return fd;
}

/* Opens the folder that holds the homes, ~/homes. */
static int
open_homes(const struct paths *paths, const char *homes, bool make, char *why,
    size_t size)
{
	char *shown;
	int home, fd;

	if ((home = open_user_home(paths, why, size)) < 0)
		return home;
	shown = xasprintf("%s/%s", paths->home, homes);
	fd = make ? home_dir_make(home, homes, shown, why, size)
		  : home_dir_open(home, homes, shown, why, size);
	free(shown);
	close(home);
	return fd;
}

int
profile_home_make(const struct paths *paths, const struct manifest_agent *agent,
    const char *alias, char *why, size_t size)
{
	char *shown = NULL;
	int homes = -1, home = -1, r;

	if (!valid_alias(alias)) {
		snprintf(why, size, "that is not a profile's name");
		return RL_ERR_INVALID;
	}
	if ((homes = open_homes(paths, agent->homes, true, why, size)) < 0) {
		r = homes;
		goto out;
	}
	shown = profile_home_path(paths, agent, alias);
	if ((home = home_dir_make(homes, alias, shown, why, size)) < 0) {
		r = home;
		goto out;
	}
	/* Histories and settings are nobody else's business. */
	if (fchmod(home, 0700) == -1) {
		snprintf(why, size, "%s: %s", shown, strerror(errno));
		r = RL_ERR_SYSTEM;
		goto out;
	}
	r = RL_OK;
out:
	fd_close(home);
	fd_close(homes);
	free(shown);
	return r;
}

int
profile_home_open(const struct paths *paths, const struct manifest_agent *agent,
    const char *alias, char *why, size_t size)
{
	char *shown;
	int homes, fd;

	if (!valid_alias(alias)) {
		snprintf(why, size, "that is not a profile's name");
		return RL_ERR_INVALID;
	}
	if ((homes = open_homes(paths, agent->homes, false, why, size)) < 0)
		return homes;
	shown = profile_home_path(paths, agent, alias);
	fd = home_dir_open(homes, alias, shown, why, size);
	free(shown);
	close(homes);
	return fd;
}

/* --- removal -------------------------------------------------------------- */

/* What a removal carries down the tree. */
struct removal {
	int top;	     /* the home */
	dev_t dev;	     /* its file system */
	unsigned long moved; /* folders moved up so far */
	bool again;	     /* something was moved: walk the home once more */
};

/*
 * Moves a folder that lies too deep to the top of the home, under a name that
 * is free there.
 */
static int
move_up(struct removal *rm, int dirfd, const char *name)
{
	char temp[64];
	struct stat st;

	do {
		(void)snprintf(
		    temp, sizeof(temp), ".ringlet-removed-%lu", rm->moved++);
	} while (fstatat(rm->top, temp, &st, AT_SYMLINK_NOFOLLOW) == 0);
	rm->again = true;
	return renameat(dirfd, name, rm->top, temp);
}

static int empty_dir(struct removal *, int, int);

/* Removes name from the folder fd, with all that is in it.  -1 and errno. */
static int
remove_entry(struct removal *rm, int fd, const char *name, int depth)
{
	struct stat st;
	int sub;

	if (unlinkat(fd, name, 0) == 0 || errno == ENOENT)
		return 0;
	/* Linux says EISDIR for a folder, others EPERM; so may a real EPERM. */
	if (errno != EISDIR && errno != EPERM)
		return -1;
	if (errno == EPERM &&
	    (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
		!S_ISDIR(st.st_mode))) {
		errno = EPERM;
		return -1;
	}
	if (unlinkat(fd, name, AT_REMOVEDIR) == 0)
		return 0;
	if (depth >= DEPTH_MAX)
		return move_up(rm, fd, name);
	if ((sub = home_dir_try(fd, name)) == -1 ||
	    empty_dir(rm, sub, depth + 1) == -1)
		return -1;
	return unlinkat(fd, name, AT_REMOVEDIR);
}

/*
 * Empties the folder that fd is, and closes fd.  It is read again until
 * nothing is found in it, as a file system may skip names while others are
 * being removed.  -1 and errno; EXDEV: a file system is mounted below.
 */
static int
empty_dir(struct removal *rm, int fd, int depth)
{
	struct stat st;
	struct dirent *e;
	DIR *d = NULL;
	int passes, found = 1, r = -1, saved;

	if (fstat(fd, &st) == -1)
		goto out;
	if (st.st_dev != rm->dev) {
		errno = EXDEV;
		goto out;
	}
	if ((st.st_mode & 0700) != 0700 && fchmod(fd, 0700) == -1)
		goto out;
	if ((d = fdopendir(fd)) == NULL)
		goto out;
	for (passes = 0; found > 0; passes++) {
		if (passes == PASSES_MAX) {
			errno = EBUSY;
			goto out;
		}
		rewinddir(d);
		found = 0;
		while (errno = 0, (e = readdir(d)) != NULL) {
			if (strcmp(e->d_name, ".") == 0 ||
			    strcmp(e->d_name, "..") == 0)
				continue;
			found++;
			if (remove_entry(rm, fd, e->d_name, depth) == -1)
				goto out;
		}
		if (errno != 0)
			goto out;
	}
	r = 0;
out:
	saved = errno;
	if (d != NULL)
		closedir(d);
	else
		close(fd);
	errno = saved;
	return r;
}

int
profile_home_remove(const struct paths *paths, const char *name,
    const char *alias, char *why, size_t size)
{
	struct removal rm;
	struct stat st;
	char *shown = NULL;
	int homes = -1, fd, r;

	memset(&rm, 0, sizeof(rm));
	if (!valid_alias(alias) || !valid_homes_folder(name)) {
		snprintf(why, size, "that is not a profile's name");
		return RL_ERR_INVALID;
	}
	if ((homes = open_homes(paths, name, false, why, size)) < 0)
		return homes;
	shown = xasprintf("%s/%s/%s", paths->home, name, alias);
	if ((rm.top = home_dir_open(homes, alias, shown, why, size)) < 0) {
		r = rm.top;
		goto out;
	}
	r = RL_ERR_SYSTEM;
	if (fstat(rm.top, &st) == -1) {
		snprintf(why, size, "%s: %s", shown, strerror(errno));
		goto out;
	}
	rm.dev = st.st_dev;
	do {
		rm.again = false;
		fd = openat(rm.top, ".", DIR_FLAGS);
		if (fd == -1 || empty_dir(&rm, fd, 0) == -1) {
			snprintf(why, size, "cannot remove all of %s: %s",
			    shown,
			    errno == EXDEV ? "another file system is "
					     "mounted in it"
					   : strerror(errno));
			goto out;
		}
	} while (rm.again);
	if (unlinkat(homes, alias, AT_REMOVEDIR) == -1) {
		snprintf(
		    why, size, "cannot remove %s: %s", shown, strerror(errno));
		goto out;
	}
	r = RL_OK;
out:
	fd_close(rm.top);
	fd_close(homes);
	free(shown);
	return r;
}
