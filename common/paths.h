#ifndef COMMON_PATHS_H
#define COMMON_PATHS_H
/*
 * Where things are.  Names are computed once from XDG variables (or the
 * RINGLET_*_DIR overrides) and are absolute; nothing is created here.
 */

#include <sys/types.h>
#include <stddef.h>

struct paths {
	char *home;	   /* the user's real home, from the password file
			      unless HOME is set and absolute */
	char *config_dir;  /* ~/.config/ringlet */
	char *data_dir;	   /* ~/.local/share/ringlet */
	char *state_dir;   /* ~/.local/state/ringlet */
	char *runtime_dir; /* $XDG_RUNTIME_DIR/ringlet */
	char *conf_file;   /* config_dir/ringlet.conf */
	char *token_file;  /* config_dir/http_token */
	char *tokens_file; /* config_dir/tokens.json */
	char *profile_dir; /* config_dir/profiles */
	char *policy_file; /* the administrator's; compiled in */
	char *policy_state; /* state_dir/policy.state */
	char *log_file;	   /* state_dir/ringlet.log */
	char *registry_dir; /* data_dir/registry */
	char *registry_lock; /* registry_dir/registry.lock */
	char *audit_file;  /* state_dir/audit.jsonl */
	char *audit_state; /* state_dir/audit.state */
	char *control_sock; /* runtime_dir/control.sock */
	char *lock_file;   /* runtime_dir/ringlet.lock */
	char *libexec_dir; /* where the daemons' programs are */
	char *ringletd;	   /* absolute names of programs */
	char *monitor;
	char *sandboxer;
	char *jail_init;
	char *jail_check;
	char *jail_hook;
	char *screen;
	char *keychain;
	char *fetch;
};

/*
 * Fills *p.  Without XDG_RUNTIME_DIR the runtime folder is
 * /run/user/UID/ringlet if /run/user/UID is ours, else state_dir/run.
 * RL_ERR_INVALID: a variable is set but is not an absolute path without "..";
 * *bad names it (static).  Free with paths_free(), which is not needed after
 * an error.
 */
int paths_init(struct paths *p, const char **bad);
void paths_free(struct paths *);

/*
 * Makes the folder path and its missing parents, mode 0700, and checks that
 * the last one is a real folder, ours, and closed to group and others.
 * RL_ERR_DENIED: it is there but is not; RL_ERR_INVALID: path is not absolute
 * or has a ".."; RL_ERR_SYSTEM.
 */
int paths_make_private_dir(const char *path);

/*
 * Writes len bytes as path: a temporary file of mode 0600 beside it, fsync,
 * rename, fsync of the folder.  Either the old or the new content is there
 * afterwards, whatever happens.  RL_ERR_SYSTEM.
 */
int paths_write_file(const char *path, const void *p, size_t len);

/*
 * The same without waiting for the disk: for what is made again where it is
 * not as it should be, as it may be after a loss of power.
 */
int paths_write_cache(const char *path, const void *p, size_t len);

/* The same as paths_write_file() in the folder dirfd, with that mode. */
int paths_replace_at(
    int dirfd, const char *name, mode_t mode, const void *p, size_t len);

/* The same, but what has that name already stays: RL_ERR_EXISTS. */
int paths_place_at(
    int dirfd, const char *name, mode_t mode, const void *p, size_t len);

/*
 * Reads a descriptor that blocks to its end, size bytes at most: how many, or
 * -1 and errno.
 */
ssize_t paths_read_all(int fd, void *p, size_t size);

/* Writes all len bytes to a descriptor that blocks.  0 or RL_ERR_SYSTEM. */
int paths_write_all(int fd, const void *p, size_t len);

/*
 * Reads path, a regular file of ours (O_NOFOLLOW) of at most max bytes, into
 * a NUL-terminated block that the caller frees.  RL_ERR_NOTFOUND,
 * RL_ERR_DENIED (not regular, or not ours), RL_ERR_TOOBIG, RL_ERR_SYSTEM.
 */
int paths_read_file(const char *path, size_t max, char **out, size_t *len);

#endif /* COMMON_PATHS_H */
