#ifndef SHIM_H
#define SHIM_H
/*
 * Shims: small scripts named after profiles, in a folder of PATH, and the
 * record of them, aliases.json in the state folder.
 *
 * A file is ours if the record has it, it is a regular file of this user's
 * with one name, and its text is the one that was written.  Nothing else is
 * ever replaced or removed.
 */

#include <stdbool.h>
#include <stddef.h>

#define SHIMS_MAX 512

enum shim_state {
	SHIM_INTACT,
	SHIM_GONE,   /* nothing is there */
	SHIM_CHANGED /* something else is there */
};

struct shim {
	char *alias;
	char *dir;     /* absolute, without links */
	char *ringlet; /* the program that it runs */
};

struct shims {
	char *file; /* the record */
	int lock;   /* held, or -1 */
	struct shim *v;
	size_t n;
};

/*
 * Reads the record in the folder state_dir, which is made if it is to be
 * changed; then nobody else reads it for a change until shims_close().  0, or
 * a negative error and why[size].
 */
int shims_open(
    struct shims *, const char *state_dir, bool change, char *why, size_t size);
/* Writes it.  RL_ERR_SYSTEM with errno. */
int shims_save(const struct shims *);
void shims_close(struct shims *);
/* That of alias, or NULL. */
struct shim *shims_find(const struct shims *, const char *alias);
/* Notes a shim, in place of an older one of that alias. */
void shims_note(
    struct shims *, const char *alias, const char *dir, const char *ringlet);
void shims_forget(struct shims *, const char *alias);

/* Its text, for free(). */
char *shim_text(const struct shim *);
/* The absolute name of its file, for free(). */
char *shim_path(const struct shim *);
enum shim_state shim_state(const struct shim *);

/*
 * Opens a folder for shims: an absolute name without links, of a folder that
 * is ours, in which, and above which, nobody else can write.  The descriptor,
 * or RL_ERR_DENIED, RL_ERR_NOTFOUND and why[size] with what to do.
 */
int shim_open_dir(const char *dir, char *why, size_t size);
/*
 * Writes the shim into the open folder, complete at once and mode 0755, if
 * nothing is there, or with replace over what is there.  0, RL_ERR_EXISTS,
 * or RL_ERR_SYSTEM with errno.
 */
int shim_write(int dir, const struct shim *, bool replace);

/* Where a command of that name is, seen from a folder of PATH. */
enum shim_place {
	SHIM_NOWHERE,
	SHIM_BEFORE, /* in a folder before it: that one is run */
	SHIM_BEHIND  /* behind it: the shim would hide that one */
};
/*
 * Looks for name in the folders of path (as PATH has them), and in those of
 * the system, but not in dir.  on_path becomes whether dir is among them; if
 * it is not, it counts as the first.  where[size] is what was found.
 */
enum shim_place shim_look(const char *name, const char *dir, const char *path,
    bool *on_path, char *where, size_t size);
/* Whether a shell would never look for a file of that name. */
bool shim_is_shell_word(const char *name);

#endif /* SHIM_H */
