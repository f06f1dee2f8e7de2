/*
 * The audit log's file: opened, looked after, and appended to.
 *
 * It is opened once.  Before each entry the file's name, inode and size must
 * be what they were: whoever has cut it off, put another in its place or
 * written into it is told of in the log, and the chain goes on from what is in
 * memory, so that the place can be found.
 */

#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit-int.h"
#include "err.h"
#include "fdpass.h"
#include "log.h"
#include "xmalloc.h"

#define TAIL_MAX (8 * AUDIT_LINE_MAX) /* bytes in which the last line is */

/* Whether it is a file that only we can write.  0 or an error, and why. */
static int
check_file(const struct stat *st, char *why, size_t size)
{
	if (!S_ISREG(st->st_mode))
		strlcpy(why, "it is not a regular file: remove it", size);
	else if (st->st_uid != geteuid())
		snprintf(why, size, "it belongs to user %lu: remove it",
		    (unsigned long)st->st_uid);
	else if ((st->st_mode & 077) != 0)
		snprintf(why, size,
		    "it has mode %04o, so others could have "
		    "written it: look at it, then chmod 600 it",
		    (unsigned)st->st_mode & 07777);
	else
		return 0;
	return RL_ERR_DENIED;
}

static int
open_checked(
    const char *path, int flags, struct stat *st, char *why, size_t size)
{
	int fd, r;

	/* O_NONBLOCK: a pipe of that name must not stop us. */
	fd = open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd == -1) {
		r = errno == ENOENT ? RL_ERR_NOTFOUND : RL_ERR_SYSTEM;
		strlcpy(why,
		    errno == ELOOP ? "it is a symbolic link: remove it"
				   : strerror(errno),
		    size);
		return r;
	}
	if (fstat(fd, st) == -1) {
		strlcpy(why, strerror(errno), size);
		r = RL_ERR_SYSTEM;
	} else
		r = check_file(st, why, size);
	if (r != 0) {
		fd_close(fd);
		return r;
	}
	return fd;
}

int
audit_open_path(const struct audit *a, off_t *size, char *why, size_t size_)
{
	struct stat st;
	int fd;

	fd = open_checked(a->env->paths.audit_file, O_RDONLY, &st, why, size_);
	if (fd < 0)
		return fd;
	*size = st.st_size;
	if (a->fd != -1 && (st.st_dev != a->dev || st.st_ino != a->ino)) {
		strlcpy(
		    why, "it is not the file that the daemon writes", size_);
		fd_close(fd);
		return RL_ERR_DENIED;
	}
	return fd;
}

/* The file by its name becomes the one that is written.  0 or -1 and why. */
static int
open_file(struct audit *a)
{
	struct stat st;
	int fd;
	char last;

	fd = open_checked(a->env->paths.audit_file, O_RDWR | O_APPEND | O_CREAT,
	    &st, a->why, sizeof(a->why));
	if (fd >= 0 && audit_turn_finish(a, &st)) {
		fd_close(fd);
		fd = open_checked(a->env->paths.audit_file,
		    O_RDWR | O_APPEND | O_CREAT, &st, a->why, sizeof(a->why));
	}
	if (fd < 0)
		return -1;
	a->fd = fd;
	a->dev = st.st_dev;
	a->ino = st.st_ino;
	a->size = st.st_size;
	a->dangling =
	    st.st_size > 0 &&
	    (pread(fd, &last, 1, st.st_size - 1) != 1 || last != '\n');
	return 0;
}

void
audit_file_close(struct audit *a)
{
	fd_close(a->fd);
	a->fd = -1;
}

/* What is wrong with the file that we write, or NULL. */
static const char *
file_trouble(const struct audit *a)
{
	struct stat st;

	if (fstatat(AT_FDCWD, a->env->paths.audit_file, &st,
		AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? "was removed" : "cannot be seen";
	if (st.st_dev != a->dev || st.st_ino != a->ino)
		return "was replaced by another";
	if (st.st_size < a->size)
		return "was cut off";
	if (st.st_size > a->size)
		return "was written by somebody else";
	if (st.st_uid != geteuid() || (st.st_mode & 077) != 0)
		return "was opened to others";
	return NULL;
}

int
audit_file_put(struct audit *a, const void *p, size_t len)
{
	ssize_t n = write(a->fd, p, len);

	if (n == (ssize_t)len) {
		a->size += n;
		return 0;
	}
	strlcpy(a->why, strerror(n == -1 ? errno : ENOSPC), sizeof(a->why));
	if (n > 0 && ftruncate(a->fd, a->size) == -1) {
		a->size += n;
		a->dangling = true;
		a->partial = (size_t)n;
	}
	return -1;
}

/* --- where the chain stands --- */

/* The last entry in text, which begins with a whole line; false: none. */
static bool
last_entry(const char *text, size_t len, struct audit_entry *out)
{
	const char *end = text + len, *begin;
	struct audit_entry e;
	char why[128];

	while (end > text) {
		for (begin = end; begin > text && begin[-1] != '\n'; begin--)
			;
		if (audit_line_parse(begin, (size_t)(end - begin), &e, why,
			sizeof(why)) == 0) {
			*out = e;
			return true;
		}
		end = begin > text ? begin - 1 : text;
	}
	return false;
}

bool
audit_file_last(int fd, off_t size, struct audit_entry *out)
{
	size_t want = size < TAIL_MAX ? (size_t)size : TAIL_MAX;
	char *text = xmalloc(want + 1);
	ssize_t n = pread(fd, text, want, size - (off_t)want);
	bool found = n > 0 && last_entry(text, (size_t)n, out);

	free(text);
	return found;
}

/*
 * Where the chain stands, from the end of the file.  A line that a crash has
 * cut short stays where it is, ended by a newline, and is told of.
 */
static void
take_up(struct audit *a)
{
	size_t want = a->size < TAIL_MAX ? (size_t)a->size : TAIL_MAX;
	char *text = xmalloc(want + 1), bytes[32];
	const char *nl;
	struct audit_entry e = { 0 };
	size_t tail = 0;
	bool found, was_dangling = a->dangling;
	ssize_t n;

	n = pread(a->fd, text, want, a->size - (off_t)want);
	if (n < 0)
		n = 0;
	found = last_entry(text, (size_t)n, &e);
	/* A crash may have cut the first line of another file short. */
	a->taken = true;
	audit_turn_begin(a, !found && (off_t)n == a->size &&
				memchr(text, '\n', (size_t)n) == NULL);
	if (found) {
		a->head.seq = a->began = e.seq;
		memcpy(a->head.hash, e.hash, sizeof(e.hash));
	}
	if (was_dangling) {
		nl = memrchr(text, '\n', (size_t)n);
		tail = nl != NULL ? (size_t)(text + n - nl - 1) : (size_t)n;
		if (nl == NULL && (off_t)n < a->size)
			found = false;
		/* All of it but the newline may be there. */
		if (tail > 0 && audit_line_parse(text + n - tail, tail, &e,
				    bytes, sizeof(bytes)) == 0)
			tail = 0;
		snprintf(bytes, sizeof(bytes), "%zu", tail);
		if (audit_write(a, &audit_monitor, AUDIT_RECOVERED,
			"audit.jsonl", AUDIT_OK,
			(const char *[]){ "bytes", bytes, NULL }) != 0)
			a->lost++;
	}
	if (!found && a->size > 0 && !was_dangling) {
		log_error("%s: its end is no entry", a->env->paths.audit_file);
		if (audit_write(a, &audit_monitor, AUDIT_DAMAGED, "audit.jsonl",
			AUDIT_FAILED,
			(const char *[]){
			    "what", "its end is no entry", NULL }) != 0)
			a->lost++;
	}
	free(text);
}

/* --- what may be wrong --- */

/* The piece of a line that a full disk has left there is told of. */
static int
tell_partial(struct audit *a)
{
	char bytes[32];

	if (a->partial == 0)
		return 0;
	snprintf(bytes, sizeof(bytes), "%zu", a->partial);
	if (audit_write(a, &audit_monitor, AUDIT_RECOVERED, "audit.jsonl",
		AUDIT_OK, (const char *[]){ "bytes", bytes, NULL }) != 0)
		return -1;
	a->partial = 0;
	return 0;
}

/* Opens it again if it is not ours any more, and says so.  0 or -1. */
static int
mend(struct audit *a)
{
	char size[32], seq[32];
	const char *wrong = NULL;

	if (a->fd != -1 && (wrong = file_trouble(a)) != NULL) {
		log_error("%s: the audit log %s, after entry %" PRIu64,
		    a->env->paths.audit_file, wrong, a->head.seq);
		/* What comes of it is not told instead. */
		if (a->wrong == NULL) {
			a->wrong = wrong;
			a->wrong_size = a->size;
		}
		audit_file_close(a);
	} else if (a->fd != -1) {
		if (tell_partial(a) != 0)
			return -1;
		if (a->wrong == NULL)
			return 0;
	}
	if (a->fd == -1) {
		if (open_file(a) != 0)
			return -1;
		a->partial = 0;
	}
	if (!a->taken) {
		take_up(a);
		audit_key_again(a);
	}
	if (a->wrong == NULL)
		return 0;
	snprintf(seq, sizeof(seq), "%" PRIu64, a->head.seq);
	snprintf(size, sizeof(size), "%lld", (long long)a->wrong_size);
	if (audit_write(a, &audit_monitor, AUDIT_DAMAGED, "audit.jsonl",
		AUDIT_FAILED,
		(const char *[]){
		    "what", a->wrong, "after", seq, "size", size, NULL }) != 0)
		return -1;
	a->wrong = NULL;
	return 0;
}

int
audit_file_mend(struct audit *a)
{
	return mend(a) == 0 ? audit_turn(a) : -1;
}

void
audit_file_open(struct audit *a)
{
	if (open_file(a) == 0)
		take_up(a);
}
