/*
 * vault-file.c: the vault's file on disk.
 *
 * It is never written in place, and never opened through a link, so that at
 * every moment one whole vault is there, whatever ends this process.  Writers
 * take turns by a lock on a file beside it: the vault itself is another file
 * after each of them.  Readers need no lock.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/file.h>
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
#include "vault-file.h"
#include "vault-format.h"
#include "xmalloc.h"

struct vault_file {
	int dir;
	int lock;   /* -1: not taken */
	char *name; /* in the folder; and two others beside it */
	char *temp_name;
	char *lock_name;
};

static int
failed(const char *what, char *why, size_t whysz)
{
	snprintf(why, whysz, "%s: %s", what, strerror(errno));
	return RL_ERR_UNAVAILABLE;
}

/* --- the folder -------------------------------------------------------------
 */

/* Whoever can write the folder can put another file into the vault's place. */
static int
dir_check(int fd, char *why, size_t whysz)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return failed("looking at its folder", why, whysz);
	if (st.st_uid != geteuid()) {
		snprintf(why, whysz, "its folder belongs to user %u",
		    (unsigned)st.st_uid);
		return RL_ERR_DENIED;
	}
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		snprintf(why, whysz,
		    "its folder can be written by others (mode %03o): chmod "
		    "go-w",
		    (unsigned)st.st_mode & 0777);
		return RL_ERR_DENIED;
	}
	return RL_OK;
}

int
vault_file_open(
    const char *path, struct vault_file **out, char *why, size_t whysz)
{
	struct vault_file *f;
	const char *slash = strrchr(path, '/');
	char *folder;
	int r = RL_OK;

	*out = NULL;
	if (slash == NULL || slash == path || slash[1] == '\0') {
		snprintf(why, whysz, "it is no file in a folder");
		return RL_ERR_INVALID;
	}
	f = xcalloc(1, sizeof(*f));
	f->lock = -1;
	f->name = xstrdup(slash + 1);
	f->temp_name = xasprintf("%s.new", slash + 1);
	f->lock_name = xasprintf("%s.lock", slash + 1);
	folder = xstrndup(path, (size_t)(slash - path));
	f->dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(folder);
	if (f->dir == -1)
		r = errno == ENOENT ? RL_ERR_NOTFOUND : RL_ERR_UNAVAILABLE;
	if (r != RL_OK)
		(void)failed("opening its folder", why, whysz);
	else
		r = dir_check(f->dir, why, whysz);
	if (r == RL_OK)
		*out = f;
	else
		vault_file_close(f);
	return r;
}

void
vault_file_close(struct vault_file *f)
{
	if (f == NULL)
		return;
	fd_close(f->lock);
	fd_close(f->dir);
	free(f->name);
	free(f->temp_name);
	free(f->lock_name);
	free(f);
}

int
vault_file_lock(struct vault_file *f, char *why, size_t whysz)
{
	int r;

	f->lock = openat(f->dir, f->lock_name,
	    O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK,
	    S_IRUSR | S_IWUSR);
	if (f->lock == -1)
		return failed("opening its lock", why, whysz);
	do
		r = flock(f->lock, LOCK_EX);
	while (r == -1 && errno == EINTR);
	return r == 0 ? RL_OK : failed("locking it", why, whysz);
}

/* --- reading ----------------------------------------------------------------
 */

static int
file_check(const struct stat *st, char *why, size_t whysz)
{
	if (!S_ISREG(st->st_mode)) {
		snprintf(why, whysz, "it is not a plain file");
		return RL_ERR_DENIED;
	}
	if (st->st_uid != geteuid()) {
		snprintf(
		    why, whysz, "it belongs to user %u", (unsigned)st->st_uid);
		return RL_ERR_DENIED;
	}
	if ((st->st_mode & (S_IRWXG | S_IRWXO)) != 0) {
		snprintf(why, whysz,
		    "others have access to it (mode %03o): chmod 600",
		    (unsigned)st->st_mode & 0777);
		return RL_ERR_DENIED;
	}
	if (st->st_size > VAULT_FILE_MAX) {
		snprintf(why, whysz, "it is larger than a vault can be");
		return RL_ERR_DAMAGED;
	}
	return RL_OK;
}

int
vault_file_read(
    struct vault_file *f, uint8_t **p, size_t *len, char *why, size_t whysz)
{
	struct stat st;
	ssize_t n;
	int fd, r;

	*p = NULL;
	/* Not waiting, should it be a pipe. */
	fd = openat(f->dir, f->name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1) {
		r = errno == ENOENT ? RL_ERR_NOTFOUND : RL_ERR_UNAVAILABLE;
		if (errno == ELOOP || errno == EMLINK) {
			snprintf(why, whysz, "it is a symbolic link");
			return RL_ERR_DENIED;
		}
		(void)failed("opening it", why, whysz);
		return r;
	}
	if (fstat(fd, &st) == -1)
		r = failed("looking at it", why, whysz);
	else
		r = file_check(&st, why, whysz);
	if (r == RL_OK) {
		*p = xcalloc(1, (size_t)st.st_size + 1);
		/* A shorter file is judged by its bytes. */
		n = paths_read_all(fd, *p, (size_t)st.st_size);
		if (n == -1)
			r = failed("reading it", why, whysz);
		else
			*len = (size_t)n;
	}
	fd_close(fd);
	if (r != RL_OK) {
		free(*p);
		*p = NULL;
	}
	return r;
}

/* --- writing ----------------------------------------------------------------
 */

/* Writes the whole new file beside the old one, down to the disk. */
static int
write_beside(
    struct vault_file *f, const uint8_t *p, size_t len, char *why, size_t whysz)
{
	int fd, r = RL_OK;

	/* What a writer left that was ended; we have the lock. */
	if (unlinkat(f->dir, f->temp_name, 0) == -1 && errno != ENOENT)
		return failed("removing what an earlier try left", why, whysz);
	fd = openat(f->dir, f->temp_name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    S_IRUSR | S_IWUSR);
	if (fd == -1)
		return failed("writing beside it", why, whysz);
	if (paths_write_all(fd, p, len) != 0 || fsync(fd) == -1)
		r = failed("writing beside it", why, whysz);
	if (close(fd) == -1 && r == RL_OK)
		r = failed("writing beside it", why, whysz);
	if (r != RL_OK)
		(void)unlinkat(f->dir, f->temp_name, 0);
	return r;
}

static int
sync_folder(struct vault_file *f, char *why, size_t whysz)
{
	if (fsync(f->dir) == -1)
		return failed("it is written, but may not survive a loss of "
			      "power",
		    why, whysz);
	return RL_OK;
}

int
vault_file_replace(
    struct vault_file *f, const uint8_t *p, size_t len, char *why, size_t whysz)
{
	int r;

	if ((r = write_beside(f, p, len, why, whysz)) != RL_OK)
		return r;
	if (renameat(f->dir, f->temp_name, f->dir, f->name) == -1) {
		r = failed("replacing it", why, whysz);
		(void)unlinkat(f->dir, f->temp_name, 0);
		return r;
	}
	return sync_folder(f, why, whysz);
}

int
vault_file_create(
    struct vault_file *f, const uint8_t *p, size_t len, char *why, size_t whysz)
{
	int r;

	if ((r = write_beside(f, p, len, why, whysz)) != RL_OK)
		return r;
	/* Unlike a rename, a link never replaces what is there. */
	if (linkat(f->dir, f->temp_name, f->dir, f->name, 0) == -1) {
		r = errno == EEXIST ? RL_ERR_EXISTS : RL_ERR_UNAVAILABLE;
		(void)failed("making it", why, whysz);
	}
	(void)unlinkat(f->dir, f->temp_name, 0);
	return r == RL_OK ? sync_folder(f, why, whysz) : r;
}
