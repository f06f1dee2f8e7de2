#ifndef AUDIT_FILES_H
#define AUDIT_FILES_H
/*
 * The files of the audit log: the one that is written, and those before it.  A
 * byte of the log has a number, counted over all of them since the first; a
 * file before the last is named after its first byte's, so that the number of
 * a byte stays the same when files are removed.
 */

#include <sys/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* audit-000000000000000.jsonl and its NUL */
#define AUDIT_NAME_LEN 28
/* No log is so long: the numbers after it need one digit more some day. */
#define AUDIT_BASE_MAX UINT64_C(499999999999999)

struct stat;

struct audit_file {
	char name[AUDIT_NAME_LEN];
	uint64_t base; /* number of its first byte */
	uint64_t size; /* when the folder was read */
};

struct audit_files {
	struct audit_file *v; /* in their order; without the one written */
	size_t n;
	uint64_t end;	/* number of the first byte after them */
	size_t foreign; /* so many in v after those are none of the log's */
};

/* The name of a file that begins with that byte. */
void audit_files_name(uint64_t base, char name[AUDIT_NAME_LEN]);
/*
 * Looks for the files before the one that is written in the folder dirfd.
 * Links, and what is not the user's alone, are left out.  0, or RL_ERR_SYSTEM
 * and errno.  audit_files_clear() in either case.
 */
int audit_files_list(int dirfd, struct audit_files *);
void audit_files_clear(struct audit_files *);
/*
 * Which byte the file fd begins with, which is the one written and has size
 * bytes: its first entry names the file before it.  One that is empty, or
 * begins with something else, stands behind the last file that begins so
 * itself, or begins where one before ends; 0: behind none.  What is named as if
 * it came later is not believed.
 */
uint64_t audit_files_place(
    int dirfd, const struct audit_files *, int fd, off_t size);
/* Those that begin with that byte or a later one become foreign. */
void audit_files_until(struct audit_files *, uint64_t base);
/*
 * Opens one for reading, if it is still a file that only the user can write.
 * A descriptor, or -1 and errno.
 */
int audit_files_open(int dirfd, const char *name);
/*
 * The file `now' gets the name `name', unless something has that, and an empty
 * one, private, is made as `now'; its descriptor is returned.  Nothing is ever
 * written over or removed, and a process that is killed in between leaves the
 * file under one of the names, or both: audit_files_finish().  RL_ERR_SYSTEM
 * and errno: all is as it was.  RL_ERR_NOTFOUND and errno: it has its new name,
 * and as `now' there is none, or one that somebody else has put there.
 */
int audit_files_aside(int dirfd, const char *now, const char *name);
/*
 * st is the file `now'.  If it is one of the files before as well, it is that
 * alone from here; true: it was, and as `now' there is none.
 */
bool audit_files_finish(int dirfd, const char *now, const struct stat *st);

#endif /* AUDIT_FILES_H */
