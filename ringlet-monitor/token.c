/*
 * token.c: the file of the main bearer token.
 *
 * The monitor makes it at its first start and loads it at every one.  No token
 * must stay in memory: what is kept is its BLAKE2b digest.  A token has 256
 * random bits, so its digest tells nothing about it.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "err.h"
#include "fdpass.h"
#include "paths.h"
#include "secret.h"
#include "token.h"
#include "xmalloc.h"

#define TOKEN_BYTES	(TOKEN_LEN / 2)
#define TOKEN_FILE_SIZE (TOKEN_LEN + 1)

void
token_digest(const void *p, size_t len, uint8_t out[TOKEN_DIGEST])
{
	_Static_assert(TOKEN_DIGEST == crypto_generichash_BYTES,
	    "size of a BLAKE2b digest");
	(void)crypto_generichash(out, TOKEN_DIGEST, p, len, NULL, 0);
}

void
token_random(char text[TOKEN_LEN + 1])
{
	uint8_t raw[TOKEN_BYTES];

	randombytes_buf(raw, sizeof(raw));
	sodium_bin2hex(text, TOKEN_LEN + 1, raw, sizeof(raw));
	secret_wipe(raw, sizeof(raw));
}

static int
failed(const char *what, const char *path, char *why, size_t size)
{
	snprintf(why, size, "%s %s: %s", what, path, strerror(errno));
	return RL_ERR_SYSTEM;
}

/*
 * The file is completed under another name and then linked to its own.  So
 * nobody ever sees a part of a token, and link(2), unlike rename(2), never
 * replaces what is there.
 */
int
token_make(const char *path, char *why, size_t size)
{
	char text[TOKEN_FILE_SIZE + 1];
	char *temp = NULL, *dir = NULL, *slash;
	int fd = -1, dirfd = -1, made = 0, r;

	if ((slash = strrchr(path, '/')) == NULL || slash == path) {
		snprintf(why, size, "%s is no file in a folder", path);
		return RL_ERR_INVALID;
	}
	dir = xstrndup(path, (size_t)(slash - path));
	temp = xasprintf("%s.%08x", path, randombytes_random());
	token_random(text);
	text[TOKEN_LEN] = '\n';

	dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd == -1) {
		r = failed("cannot open", dir, why, size);
		goto out;
	}
	fd = open(
	    temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1) {
		r = failed("cannot make", temp, why, size);
		goto out;
	}
	made = 1;
	/* A umask can only have taken bits away; put the owner's back. */
	if (fchmod(fd, 0600) == -1 ||
	    paths_write_all(fd, text, TOKEN_FILE_SIZE) != 0 || fsync(fd) == -1) {
		r = failed("cannot write", temp, why, size);
		goto out;
	}
	if (link(temp, path) == -1) {
		if (errno == EEXIST) {
			snprintf(why, size, "%s is there already", path);
			r = RL_ERR_EXISTS;
		} else
			r = failed("cannot make", path, why, size);
		goto out;
	}
	if (unlink(temp) == -1) {
		r = failed("cannot remove", temp, why, size);
		goto out;
	}
	made = 0;
	if (fsync(dirfd) == -1) {
		r = failed("cannot sync", dir, why, size);
		goto out;
	}
	r = RL_OK;
out:
	secret_wipe(text, sizeof(text));
	if (made)
		unlink(temp);
	fd_close(fd);
	fd_close(dirfd);
	free(temp);
	free(dir);
	return r;
}

int
token_replace(const char *path, uint8_t digest[TOKEN_DIGEST], char *why,
    size_t size)
{
	char text[TOKEN_FILE_SIZE + 1];
	int r;

	token_random(text);
	token_digest(text, TOKEN_LEN, digest);
	text[TOKEN_LEN] = '\n';
	r = paths_write_file(path, text, TOKEN_FILE_SIZE);
	secret_wipe(text, sizeof(text));
	return r == RL_OK ? RL_OK : failed("cannot replace", path, why, size);
}

int
token_load(
    const char *path, uint8_t digest[TOKEN_DIGEST], char *why, size_t size)
{
	/* One byte more than a token has, to notice a longer file. */
	char text[TOKEN_FILE_SIZE + 1];
	struct stat st;
	ssize_t n;
	int fd, r;

	memset(text, 0, sizeof(text));
	/* O_NONBLOCK: a fifo of that name must not stop us. */
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1) {
		if (errno == ENOENT) {
			snprintf(why, size, "%s does not exist", path);
			return RL_ERR_NOTFOUND;
		}
		if (errno == ELOOP) {
			snprintf(why, size,
			    "%s is a symbolic link: replace it "
			    "by a file, or remove it",
			    path);
			return RL_ERR_DENIED;
		}
		return failed("cannot open", path, why, size);
	}
	if (fstat(fd, &st) == -1) {
		r = failed("cannot examine", path, why, size);
		goto out;
	}
	r = RL_ERR_DENIED;
	if (!S_ISREG(st.st_mode)) {
		snprintf(
		    why, size, "%s is not a regular file: remove it", path);
		goto out;
	}
	if (st.st_uid != geteuid()) {
		snprintf(why, size,
		    "%s belongs to user %lu, not to you: "
		    "remove it",
		    path, (unsigned long)st.st_uid);
		goto out;
	}
	if ((st.st_mode & 077) != 0) {
		/* Others may have read it: mending the mode is not enough. */
		snprintf(why, size,
		    "%s has mode %04o, so others may know the "
		    "token: remove the file, a new one will be made",
		    path, (unsigned)st.st_mode & 07777);
		goto out;
	}
	n = paths_read_all(fd, text, sizeof(text));
	if (n == -1) {
		r = failed("cannot read", path, why, size);
		goto out;
	}
	if (n != TOKEN_FILE_SIZE || text[TOKEN_LEN] != '\n' ||
	    strspn(text, "0123456789abcdef") != TOKEN_LEN) {
		snprintf(why, size,
		    "%s does not hold %d lower-case hex digits "
		    "and a newline: remove the file, a new one will be made",
		    path, TOKEN_LEN);
		r = RL_ERR_INVALID;
		goto out;
	}
	token_digest(text, TOKEN_LEN, digest);
	r = RL_OK;
out:
	secret_wipe(text, sizeof(text));
	close(fd);
	return r;
}
