#ifndef AUDIT_FILES_H
#define AUDIT_FILES_H
/*
 * The files of the audit log: the one that is written, and those before it.  A
 * byte of the log has a number, counted over all of them since the first; a
 * file before the last is named after its first byte's, so that the number of
 * a byte stays the same when files are removed.
 */

#include <sys/types.h>
#include <stddef.h>
#include <stdint.h>

/* audit-000000000000000.jsonl and its NUL */
#define AUDIT_NAME_LEN 28
#define AUDIT_BASE_MAX UINT64_C(999999999999999)

struct audit_file {
	char name[AUDIT_NAME_LEN];
	uint64_t base; /* number of its first byte */
	uint64_t size; /* when the folder was read */
};

struct audit_files {
	struct audit_file *v; /* in their order; without the one written */
	size_t n;
	uint64_t end; /* number of the first byte after them */
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
 * Opens one for reading, if it is still a file that only the user can write.
 * A descriptor, or -1 and errno.
 */
int audit_files_open(int dirfd, const char *name);

#endif /* AUDIT_FILES_H */
