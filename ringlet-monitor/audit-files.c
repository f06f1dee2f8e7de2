/*
 * Which files the audit log has.  Whoever can write the folder can put others
 * there, or take some away: here they are only found and put in order;
 * audit-verify.c says whether they are what was written.
 */

#include "config.h"

#include <sys/stat.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit-files.h"
#include "err.h"
#include "fdpass.h"
#include "xmalloc.h"

#define BEGIN  "audit-"
#define END    ".jsonl"
#define DIGITS 15

void
audit_files_name(uint64_t base, char name[AUDIT_NAME_LEN])
{
	(void)snprintf(
	    name, AUDIT_NAME_LEN, BEGIN "%0*" PRIu64 END, DIGITS, base);
}

/* Whether it is such a name, and of which byte. */
static bool
parse_name(const char *name, uint64_t *base)
{
	const char *p = name + sizeof(BEGIN) - 1;

	if (strlen(name) != AUDIT_NAME_LEN - 1 ||
	    strncmp(name, BEGIN, sizeof(BEGIN) - 1) != 0 ||
	    strspn(p, "0123456789") != DIGITS || strcmp(p + DIGITS, END) != 0)
		return false;
	*base = strtoull(p, NULL, 10);
	return true;
}

static bool
is_ours(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_uid == geteuid() &&
	       (st->st_mode & 077) == 0;
}

static int
by_base(const void *a, const void *b)
{
	const struct audit_file *x = a, *y = b;

	return x->base < y->base ? -1 : x->base > y->base;
}

static void
take(struct audit_files *files, int dirfd, const char *name)
{
	struct audit_file *f;
	struct stat st;
	uint64_t base;

	if (!parse_name(name, &base) ||
	    fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !is_ours(&st))
		return;
	files->v = xreallocarray(files->v, files->n + 1, sizeof(*files->v));
	f = &files->v[files->n++];
	(void)strlcpy(f->name, name, sizeof(f->name));
	f->base = base;
	f->size = (uint64_t)st.st_size;
}

int
audit_files_list(int dirfd, struct audit_files *files)
{
	const struct audit_file *last;
	struct dirent *e;
	DIR *d;
	int fd;

	memset(files, 0, sizeof(*files));
	fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return RL_ERR_SYSTEM;
	if ((d = fdopendir(fd)) == NULL) {
		fd_close(fd);
		return RL_ERR_SYSTEM;
	}
	for (errno = 0; (e = readdir(d)) != NULL; errno = 0)
		take(files, dirfd, e->d_name);
	if (errno != 0) {
		(void)closedir(d);
		return RL_ERR_SYSTEM;
	}
	(void)closedir(d);
	if (files->n == 0)
		return 0;
	qsort(files->v, files->n, sizeof(*files->v), by_base);
	last = &files->v[files->n - 1];
	files->end = last->base + last->size;
	return 0;
}

void
audit_files_clear(struct audit_files *files)
{
	free(files->v);
	memset(files, 0, sizeof(*files));
}

int
audit_files_open(int dirfd, const char *name)
{
	struct stat st;
	int fd;

	fd =
	    openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == -1 || !is_ours(&st)) {
		fd_close(fd);
		errno = EPERM;
		return -1;
	}
	return fd;
}
