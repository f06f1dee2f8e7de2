#ifndef UPLOADS_H
#define UPLOADS_H
/*
 * Pictures that a person gives to a session's agent: a folder for each session
 * in the runtime folder, which a jail shows read-only at UPLOADS_PLACE.  Names
 * are made here, and the first bytes say what a file is.  How much a session
 * has taken is counted here, and not looked for in the folder: an agent
 * without a jail can do there what it likes.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UPLOADS_PLACE	 "/run/ringlet/files" /* in a jail */
#define UPLOADS_FILES	 1000		      /* of one session */
#define UPLOADS_HEAD	 12    /* bytes that say what a file is */
#define UPLOADS_STALE_MS 30000 /* no piece for so long: given up */
#define UPLOADS_NAME_LEN 32    /* bytes of a file's name, with its NUL */
#define UPLOADS_ID_LEN	 16    /* hex digits that name a folder */

/*
 * The runtime folder is often memory, and others need it: the system bus, the
 * sound, our own sockets.  So many bytes of its file system stay free, or a
 * quarter of it where that is less, and so many names where they are counted.
 */
#define UPLOADS_FLOOR	    (64ULL * 1024 * 1024)
#define UPLOADS_FLOOR_FILES 1024

struct upload; /* a file that is not complete yet */

struct uploads {	    /* zero: the session takes none */
	char *top;	    /* the folder of all such folders */
	char *id;	    /* the name of this one in it; NULL: none */
	char *path;	    /* of it */
	const char *place;  /* as the agent sees it: path, or static */
	uint64_t used;	    /* bytes of the files that are complete */
	uint64_t files;	    /* that have been begun */
	struct upload *now; /* one at a time, or NULL */
};

struct upload_bounds {
	uint64_t file;	  /* bytes of one */
	uint64_t session; /* of all of a session */
};

/*
 * Makes an empty folder of mode 0700 below runtime_dir, which must be there.
 * moved: the agent sees it at UPLOADS_PLACE.  Errors of the system: why[size].
 */
int uploads_make(struct uploads *, const char *runtime_dir, bool moved,
    char *why, size_t size);
/* The same without making one: for a plan that is only looked at. */
void uploads_plan(struct uploads *, const char *runtime_dir, bool moved);
/*
 * Takes over the folder of that name from a monitor before us.
 * RL_ERR_INVALID: it cannot be one.
 */
int uploads_adopt(struct uploads *, const char *runtime_dir, const char *id,
    bool moved, uint64_t used, uint64_t files);
/* Removes the folder and all files in it; the session takes no more. */
void uploads_remove(struct uploads *);
/* Forgets it, and leaves the folder to whoever adopts it. */
void uploads_forget(struct uploads *);
/*
 * Removes what is in the folder of all, but for folders of which is_kept says
 * so by their names.
 */
void uploads_sweep(const char *runtime_dir,
    bool (*is_kept)(void *arg, const char *id), void *arg);

/*
 * Begins a file of size bytes with the first len of them, UPLOADS_HEAD at least
 * where it has so many; now is loop_now().  RL_ERR_TOOBIG, RL_ERR_LIMIT (the
 * session's bound, or UPLOADS_FLOOR), RL_ERR_INVALID (no picture), RL_ERR_STATE
 * (another is under way), errors of the system: why[wsize] says all of it.
 */
int upload_begin(struct uploads *, const struct upload_bounds *, uint64_t size,
    const uint8_t *p, size_t len, uint64_t now, char *why, size_t wsize);
/*
 * Goes on with the file of that name.  RL_ERR_NOTFOUND: no such one is under
 * way; RL_ERR_STATE: offset is not where it has got to, and nothing is written;
 * RL_ERR_TOOBIG: more than was said, and it is given up, as it is for
 * RL_ERR_LIMIT (UPLOADS_FLOOR) and an error of the system.
 */
int upload_more(struct uploads *, const char *name, uint64_t offset,
    const uint8_t *p, size_t len, uint64_t now, char *why, size_t size);
/* Gives up the file of that name.  RL_ERR_NOTFOUND: no such one. */
int upload_drop(struct uploads *, const char *name, char *why, size_t size);
/* Of the file that is under way. */
const char *upload_name(const struct upload *);
const char *upload_type(const struct upload *);
uint64_t upload_size(const struct upload *);
uint64_t upload_received(const struct upload *);
/* SHA-256 of what has come, in hex, of a file that is whole. */
#define UPLOAD_HASH_LEN 64
void upload_hash(struct upload *, char hex[UPLOAD_HASH_LEN + 1]);
/*
 * Puts the file, which must be whole, where the agent sees it, and forgets it.
 * What has that name already stays: RL_ERR_EXISTS.  Errors as above.
 */
int upload_finish(struct uploads *, char *why, size_t size);

#endif /* UPLOADS_H */
