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
#include "audit-line.h"
#include "audit.h"
#include "err.h"
#include "fdpass.h"
#include "platform.h"
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
	if (files->n > 0)
		qsort(files->v, files->n, sizeof(*files->v), by_base);
	audit_files_until(files, AUDIT_BASE_MAX + 1);
	return 0;
}

void
audit_files_until(struct audit_files *files, uint64_t base)
{
	const struct audit_file *last;

	for (; files->n > 0 && files->v[files->n - 1].base >= base; files->n--)
		files->foreign++;
	last = files->n > 0 ? &files->v[files->n - 1] : NULL;
	files->end = last != NULL ? last->base + last->size : 0;
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

/* --- which place one has --- */

/* Whether it begins as one does that goes on after another, and after which. */
static bool
goes_on_after(int fd, uint64_t *base)
{
	char text[AUDIT_LINE_MAX], why[128];
	struct audit_entry e;
	const char *nl;
	ssize_t n = pread(fd, text, sizeof(text), 0);

	return n > 0 && (nl = memchr(text, '\n', (size_t)n)) != NULL &&
	       audit_line_parse(
		   text, (size_t)(nl - text), &e, why, sizeof(why)) == 0 &&
	       strcmp(e.event, AUDIT_TURNED) == 0 &&
	       parse_name(e.object, base) && *base <= AUDIT_BASE_MAX;
}

static bool
begins_in_place(int dirfd, const struct audit_file *f)
{
	int fd = audit_files_open(dirfd, f->name);
	uint64_t before = 0;
	bool is = fd != -1 && goes_on_after(fd, &before) && before < f->base;

	fd_close(fd);
	return is;
}

uint64_t
audit_files_place(
    int dirfd, const struct audit_files *files, int fd, off_t size)
{
	const struct audit_file *f = files->v, *end = files->v + files->n;
	uint64_t before, at = 0;

	if (size > 0 && goes_on_after(fd, &before)) {
		while (f < end && f->base != before)
			f++;
		return before + (f < end && f->size > 0 ? f->size : 1);
	}
	for (; f < end; f++)
		if (f->base == at || begins_in_place(dirfd, f))
			at = f->base + f->size;
	return at;
}

/* --- putting one aside --- */

/*
 * Never takes the place of anything.  Where the file's system has no such
 * renaming (NFS) both names are there for a moment.  0, or -1 and errno: all is
 * as it was.
 */
static int
move(int dirfd, const char *from, const char *to)
{
	int saved;

	if (platform_rename_new(dirfd, from, dirfd, to) == 0)
		return 0;
	if (errno != EINVAL || linkat(dirfd, from, dirfd, to, 0) == -1)
		return -1;
	if (unlinkat(dirfd, from, 0) == 0)
		return 0;
	saved = errno;
	(void)unlinkat(dirfd, to, 0);
	errno = saved;
	return -1;
}

int
audit_files_aside(int dirfd, const char *now, const char *name)
{
	int fd, saved, r = RL_ERR_SYSTEM;

	if (move(dirfd, now, name) == -1)
		return r;
	fd = openat(dirfd, now,
	    O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    0600);
	if (fd != -1)
		return fd;
	saved = errno;
	if (move(dirfd, name, now) == -1)
		r = RL_ERR_NOTFOUND;
	errno = saved;
	return r;
}

bool
audit_files_finish(int dirfd, const char *now, const struct stat *st)
{
	struct audit_files files;
	struct stat other;
	bool was = false;

	if (st->st_nlink < 2)
		return false;
	if (audit_files_list(dirfd, &files) == 0)
		for (size_t i = 0; i < files.n && !was; i++)
			was = fstatat(dirfd, files.v[i].name, &other,
				  AT_SYMLINK_NOFOLLOW) == 0 &&
			      other.st_dev == st->st_dev &&
			      other.st_ino == st->st_ino &&
			      unlinkat(dirfd, now, 0) == 0;
	audit_files_clear(&files);
	return was;
}
