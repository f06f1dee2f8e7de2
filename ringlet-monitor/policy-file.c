/*
 * The policy's file.  It is opened once, and judged by what was opened: its
 * folder first, then the file in that folder.  Whoever could write either could
 * write the policy, so a file that is there but not the administrator's is an
 * error, and never taken as if there were none.
 */

#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "fdpass.h"
#include "paths.h"
#include "policy.h"
#include "xmalloc.h"

#define FILE_MAX (256 * 1024)

/* What is wrong with it, or NULL. */
static const char *
judge(const struct stat *st, bool folder, uid_t owner)
{
	if (folder ? !S_ISDIR(st->st_mode) : !S_ISREG(st->st_mode))
		return folder ? "is no folder" : "is not a regular file";
	if (st->st_uid != owner)
		return "does not belong to the administrator: chown it to root";
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return "can be written by others: chmod go-w it";
	return NULL;
}

static int
refuse(int err, const char *path, const char *what, char *why, size_t size)
{
	snprintf(why, size, "the policy %s: %s", path, what);
	return err;
}

/* Reads what fd is, FILE_MAX at most.  0 and a block for free(). */
static int
read_text(int fd, off_t length, char **text, size_t *len)
{
	ssize_t n;

	if (length > FILE_MAX)
		return RL_ERR_TOOBIG;
	*text = xmalloc(FILE_MAX + 1);
	n = paths_read_all(fd, *text, FILE_MAX + 1);
	if (n >= 0 && n <= FILE_MAX) {
		*len = (size_t)n;
		return 0;
	}
	free(*text);
	return n < 0 ? RL_ERR_SYSTEM : RL_ERR_TOOBIG;
}

static int
read_opened(int folder, int fd, const char *path, uid_t owner,
    struct policy **out, char *why, size_t size)
{
	const char *wrong;
	struct stat st;
	char *text, *dir;
	size_t len;
	int r;

	if (fstat(folder, &st) == -1)
		return refuse(RL_ERR_SYSTEM, path, strerror(errno), why, size);
	if ((wrong = judge(&st, true, owner)) != NULL) {
		dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));
		r = refuse(RL_ERR_DENIED, dir, wrong, why, size);
		free(dir);
		return r;
	}
	if (fstat(fd, &st) == -1)
		return refuse(RL_ERR_SYSTEM, path, strerror(errno), why, size);
	if ((wrong = judge(&st, false, owner)) != NULL)
		return refuse(RL_ERR_DENIED, path, wrong, why, size);
	if ((r = read_text(fd, st.st_size, &text, &len)) != 0)
		return refuse(r, path, rl_strerror(r), why, size);
	r = policy_parse(text, len, path, out, why, size);
	free(text);
	return r;
}

/* errno of an open that failed. */
static int
no_open(const char *path, char *why, size_t size)
{
	if (errno == ENOENT)
		return 0;
	return refuse(RL_ERR_DENIED, path,
	    errno == ELOOP || errno == ENOTDIR
		? "is a symbolic link, or lies in what is no folder"
		: strerror(errno),
	    why, size);
}

int
policy_read(
    const char *path, uid_t owner, struct policy **out, char *why, size_t size)
{
	const char *name = strrchr(path, '/') + 1;
	char *dir = xstrndup(path, (size_t)(name - 1 - path));
	int folder, fd = -1, r;

	*out = NULL;
	folder = open(dir, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder == -1)
		r = no_open(dir, why, size);
	/* O_NONBLOCK: a pipe of that name must not stop us. */
	else if ((fd = openat(folder, name,
		      O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)) == -1)
		r = no_open(path, why, size);
	else
		r = read_opened(folder, fd, path, owner, out, why, size);
	fd_close(fd);
	fd_close(folder);
	free(dir);
	return r;
}
