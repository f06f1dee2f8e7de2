/*
 * Pictures for agents: folders, names and bytes on the disk.  It knows nothing
 * of who asks.
 *
 *	RUNTIME/files/		0700: all of it
 *	RUNTIME/files/ID/	one session's: complete files, and nothing else
 *	RUNTIME/files/ID.part	the one that is under way
 *
 * A jail shows the session's folder alone, and read-only: its agent can put
 * nothing in the way.  One without a jail can, so folders are opened a name at
 * a time without following links, and must be ours; a file is made where there
 * is none, and gets its name by a link, which replaces nothing.
 */

#include "config.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "err.h"
#include "fdpass.h"
#include "log.h"
#include "paths.h"
#include "uploads.h"
#include "xmalloc.h"

#define NELEM(a)     (sizeof(a) / sizeof((a)[0]))
#define TOP	     "files" /* in the runtime folder */
#define PART_LEN     (UPLOADS_ID_LEN + sizeof(".part"))
#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

struct upload {
	int fd;
	char name[UPLOADS_NAME_LEN];
	const char *type;
	uint64_t size;
	uint64_t received;
	uint64_t at; /* loop_now() of the last piece */
	crypto_hash_sha256_state hash;
};

/* --- folders --- */

static int
system_error(const char *what, char *why, size_t size)
{
	snprintf(why, size, "%s: %s", what, strerror(errno));
	return RL_ERR_SYSTEM;
}

/*
 * A folder that is ours and closed to others, and no link: name in dir, or
 * with AT_FDCWD an absolute one.
 */
static int
open_folder(int dir, const char *name)
{
	struct stat st;
	int fd;

	if ((fd = openat(dir, name, FOLDER_FLAGS)) == -1)
		return -1;
	if (fstat(fd, &st) == 0 && st.st_uid == geteuid() &&
	    (st.st_mode & (S_IRWXG | S_IRWXO)) == 0)
		return fd;
	fd_close(fd);
	errno = EPERM;
	return -1;
}

/*
 * The folder of all sessions.  The runtime folder is never made here: it may
 * have gone, and runtime.c sees to that.  -1 and errno.
 */
static int
open_top(const char *runtime_dir)
{
	int dir = open_folder(AT_FDCWD, runtime_dir), top = -1;

	if (dir != -1 && (mkdirat(dir, TOP, S_IRWXU) == 0 || errno == EEXIST))
		top = open_folder(dir, TOP);
	fd_close(dir);
	return top;
}

static bool
id_ok(const char *id)
{
	return strlen(id) == UPLOADS_ID_LEN &&
	       id[strspn(id, "0123456789abcdef")] == '\0';
}

static void
set_names(
    struct uploads *u, const char *runtime_dir, const char *id, bool moved)
{
	memset(u, 0, sizeof(*u));
	u->top = xasprintf("%s/" TOP, runtime_dir);
	u->path = xasprintf("%s/%s", u->top, id);
	u->id = xstrdup(id);
	u->place = moved ? UPLOADS_PLACE : u->path;
}

int
uploads_make(struct uploads *u, const char *runtime_dir, bool moved, char *why,
    size_t size)
{
	uint8_t random[UPLOADS_ID_LEN / 2];
	char id[UPLOADS_ID_LEN + 1];
	int top, r = 0;

	randombytes_buf(random, sizeof(random));
	sodium_bin2hex(id, sizeof(id), random, sizeof(random));
	set_names(u, runtime_dir, id, moved);
	top = open_top(runtime_dir);
	if (top == -1 || mkdirat(top, id, S_IRWXU) == -1) {
		r = system_error(u->path, why, size);
		uploads_forget(u);
	}
	fd_close(top);
	return r;
}

void
uploads_plan(struct uploads *u, const char *runtime_dir, bool moved)
{
	set_names(u, runtime_dir, "SESSION", moved);
}

int
uploads_adopt(struct uploads *u, const char *runtime_dir, const char *id,
    bool moved, uint64_t used, uint64_t files)
{
	if (!id_ok(id))
		return RL_ERR_INVALID;
	set_names(u, runtime_dir, id, moved);
	u->used = used;
	u->files = files;
	return 0;
}

static void
part_name(const struct uploads *u, char name[PART_LEN])
{
	snprintf(name, PART_LEN, "%s.part", u->id);
}

/* Lets go of the file that is under way, and of its bytes. */
static void
give_up(struct uploads *u)
{
	char part[PART_LEN];
	int top;

	if (u->now == NULL)
		return;
	fd_close(u->now->fd);
	free(u->now);
	u->now = NULL;
	part_name(u, part);
	if ((top = open_folder(AT_FDCWD, u->top)) == -1)
		return;
	(void)unlinkat(top, part, 0);
	fd_close(top);
}

/* Removes a folder of ours; a folder in it is none of ours, and stays. */
static void
remove_folder(int top, const char *name)
{
	struct dirent *e;
	DIR *d = NULL;
	int fd;

	if ((fd = open_folder(top, name)) != -1 && (d = fdopendir(fd)) == NULL)
		fd_close(fd);
	while (d != NULL && (e = readdir(d)) != NULL)
		(void)unlinkat(dirfd(d), e->d_name, 0);
	if (d != NULL)
		closedir(d);
	if (unlinkat(top, name, AT_REMOVEDIR) == -1 && errno != ENOENT)
		log_warn("files/%s in the runtime folder stays: %s", name,
		    strerror(errno));
}

void
uploads_remove(struct uploads *u)
{
	int top;

	if (u->id == NULL)
		return;
	give_up(u);
	if ((top = open_folder(AT_FDCWD, u->top)) != -1) {
		remove_folder(top, u->id);
		fd_close(top);
	}
	uploads_forget(u);
}

void
uploads_forget(struct uploads *u)
{
	if (u->now != NULL)
		fd_close(u->now->fd);
	free(u->now);
	free(u->top);
	free(u->id);
	free(u->path);
	memset(u, 0, sizeof(*u));
}

void
uploads_sweep(const char *runtime_dir,
    bool (*is_kept)(void *arg, const char *id), void *arg)
{
	char *path = xasprintf("%s/" TOP, runtime_dir);
	struct dirent *e;
	DIR *d = NULL;
	int top;

	if ((top = open_folder(AT_FDCWD, path)) != -1 &&
	    (d = fdopendir(top)) == NULL)
		fd_close(top);
	while (d != NULL && (e = readdir(d)) != NULL) {
		if (id_ok(e->d_name) && !is_kept(arg, e->d_name))
			remove_folder(dirfd(d), e->d_name);
		else if (!id_ok(e->d_name))
			(void)unlinkat(dirfd(d), e->d_name, 0);
	}
	if (d != NULL)
		closedir(d);
	free(path);
}

/* --- what a file is --- */

/*
 * By what it begins with, which is what those look at who show it.  NULL: it is
 * none of these.
 */
static const char *
type_of(const uint8_t *p, size_t len, const char **ending)
{
	static const struct {
		const char *type, *ending, *magic;
		size_t len, off;
		const char *more; /* 4 bytes at 8, or NULL */
	} types[] = {
		{ "image/png", "png", "\x89PNG\r\n\x1a\n", 8, 0, NULL },
		{ "image/jpeg", "jpg", "\xff\xd8\xff", 3, 0, NULL },
		{ "image/gif", "gif", "GIF87a", 6, 0, NULL },
		{ "image/gif", "gif", "GIF89a", 6, 0, NULL },
		{ "image/webp", "webp", "RIFF", 4, 0, "WEBP" },
	};

	if (len < UPLOADS_HEAD)
		return NULL;
	for (size_t i = 0; i < NELEM(types); i++) {
		if (memcmp(p, types[i].magic, types[i].len) != 0 ||
		    (types[i].more != NULL &&
			memcmp(p + 8, types[i].more, 4) != 0))
			continue;
		*ending = types[i].ending;
		return types[i].type;
	}
	return NULL;
}

/* --- a file --- */

static int
check_room(const struct uploads *u, const struct upload_bounds *b,
    uint64_t size, char *why, size_t wsize)
{
	if (size > b->file) {
		snprintf(why, wsize,
		    "a picture of %llu bytes: at most %llu "
		    "are taken (UploadMaxSize)",
		    (unsigned long long)size, (unsigned long long)b->file);
		return RL_ERR_TOOBIG;
	}
	if (u->files >= UPLOADS_FILES) {
		snprintf(why, wsize,
		    "the session has had %d pictures, which "
		    "is as many as there may be",
		    UPLOADS_FILES);
		return RL_ERR_LIMIT;
	}
	if (b->session < u->used || size > b->session - u->used) {
		snprintf(why, wsize,
		    "the session has %llu bytes of pictures, "
		    "and takes %llu in all (UploadQuota)",
		    (unsigned long long)u->used,
		    (unsigned long long)b->session);
		return RL_ERR_LIMIT;
	}
	return 0;
}

/*
 * Whether so many bytes more leave enough free where fd is.  A file system that
 * does not say how large it is (f_blocks 0) has no quarter: all counts.
 */
static int
check_floor(
    const struct uploads *u, int fd, uint64_t more, char *why, size_t size)
{
	struct statvfs v;
	uint64_t all, avail, least;

	if (fstatvfs(fd, &v) == -1)
		return system_error(u->top, why, size);
	all = (uint64_t)v.f_blocks * v.f_frsize;
	avail = (uint64_t)v.f_bavail * v.f_frsize;
	least = all > 0 && all / 4 < UPLOADS_FLOOR ? all / 4 : UPLOADS_FLOOR;
	if (avail < least || avail - least < more) {
		snprintf(why, size,
		    "%s: %llu bytes are free there, and %llu of them stay "
		    "free: end sessions that have pictures, or make room",
		    u->top, (unsigned long long)avail,
		    (unsigned long long)least);
		return RL_ERR_LIMIT;
	}
	if (v.f_files > 0 && v.f_favail < UPLOADS_FLOOR_FILES) {
		snprintf(why, size,
		    "%s: there is room for %llu files more, and for %d it "
		    "stays: end sessions that have pictures, or make room",
		    u->top, (unsigned long long)v.f_favail,
		    UPLOADS_FLOOR_FILES);
		return RL_ERR_LIMIT;
	}
	return 0;
}

/* Writes a piece.  Errors of the system, and too little room, end the file. */
static int
take(struct uploads *u, const uint8_t *p, size_t len, uint64_t now, char *why,
    size_t size)
{
	struct upload *f = u->now;
	int r;

	if ((r = check_floor(u, f->fd, len, why, size)) == 0 &&
	    (r = paths_write_all(f->fd, p, len)) != 0)
		snprintf(why, size, "the picture cannot be stored: %s",
		    strerror(errno));
	if (r != 0) {
		give_up(u);
		return r;
	}
	(void)crypto_hash_sha256_update(&f->hash, p, len);
	f->received += len;
	f->at = now;
	return 0;
}

/* A new file, which nobody sees before it is complete.  -1 and errno. */
static int
open_part(const struct uploads *u)
{
	char part[PART_LEN];
	int top, fd;

	if ((top = open_folder(AT_FDCWD, u->top)) == -1)
		return -1;
	part_name(u, part);
	/* What a monitor before us had begun. */
	(void)unlinkat(top, part, 0);
	fd = openat(top, part,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    S_IRUSR | S_IWUSR);
	fd_close(top);
	return fd;
}

int
upload_begin(struct uploads *u, const struct upload_bounds *b, uint64_t size,
    const uint8_t *p, size_t len, uint64_t now, char *why, size_t wsize)
{
	const char *type, *ending;
	struct upload *f;
	int r;

	if (u->now != NULL && now - u->now->at < UPLOADS_STALE_MS) {
		snprintf(why, wsize,
		    "another picture is on its way to the "
		    "session: try again");
		return RL_ERR_STATE;
	}
	if ((r = check_room(u, b, size, why, wsize)) != 0)
		return r;
	if (len > size || (type = type_of(p, len, &ending)) == NULL) {
		snprintf(why, wsize,
		    "it does not begin as a picture: PNG, "
		    "JPEG, GIF and WebP are taken");
		return RL_ERR_INVALID;
	}
	give_up(u);
	f = xcalloc(1, sizeof(*f));
	if ((f->fd = open_part(u)) == -1) {
		free(f);
		return system_error(u->path, why, wsize);
	}
	/* What will not fit is not begun; others take room meanwhile. */
	if ((r = check_floor(u, f->fd, size, why, wsize)) != 0) {
		u->now = f;
		give_up(u);
		return r;
	}
	snprintf(f->name, sizeof(f->name), "paste-%llu.%s",
	    (unsigned long long)++u->files, ending);
	f->type = type;
	f->size = size;
	(void)crypto_hash_sha256_init(&f->hash);
	u->now = f;
	return take(u, p, len, now, why, wsize);
}

/* 0, or RL_ERR_NOTFOUND and why: it is not the one that is under way. */
static int
find(const struct uploads *u, const char *name, char *why, size_t size)
{
	if (u->now != NULL && strcmp(u->now->name, name) == 0)
		return 0;
	snprintf(why, size, "no such picture is on its way: begin again");
	return RL_ERR_NOTFOUND;
}

int
upload_more(struct uploads *u, const char *name, uint64_t offset,
    const uint8_t *p, size_t len, uint64_t now, char *why, size_t size)
{
	struct upload *f = u->now;
	int r;

	if ((r = find(u, name, why, size)) != 0)
		return r;
	if (offset != f->received || len == 0) {
		snprintf(why, size, "%s: goes on at byte %llu", name,
		    (unsigned long long)f->received);
		return RL_ERR_STATE;
	}
	if (len > f->size - f->received) {
		snprintf(why, size,
		    "%s: is longer than the %llu bytes that "
		    "were said",
		    name, (unsigned long long)f->size);
		give_up(u);
		return RL_ERR_TOOBIG;
	}
	return take(u, p, len, now, why, size);
}

int
upload_drop(struct uploads *u, const char *name, char *why, size_t size)
{
	int r;

	if ((r = find(u, name, why, size)) == 0)
		give_up(u);
	return r;
}

const char *
upload_name(const struct upload *f)
{
	return f->name;
}

const char *
upload_type(const struct upload *f)
{
	return f->type;
}

uint64_t
upload_size(const struct upload *f)
{
	return f->size;
}

uint64_t
upload_received(const struct upload *f)
{
	return f->received;
}

void
upload_hash(struct upload *f, char hex[UPLOAD_HASH_LEN + 1])
{
	crypto_hash_sha256_state copy = f->hash;
	uint8_t hash[crypto_hash_sha256_BYTES];

	(void)crypto_hash_sha256_final(&copy, hash);
	sodium_bin2hex(hex, UPLOAD_HASH_LEN + 1, hash, sizeof(hash));
}

int
upload_finish(struct uploads *u, char *why, size_t size)
{
	const struct upload *f = u->now;
	uint64_t bytes = f->size;
	char part[PART_LEN];
	int top, dir = -1, r = 0;

	part_name(u, part);
	if ((top = open_folder(AT_FDCWD, u->top)) == -1 ||
	    (dir = open_folder(top, u->id)) == -1)
		r = system_error(u->path, why, size);
	else if (linkat(top, part, dir, f->name, 0) == -1) {
		r = errno == EEXIST ? RL_ERR_EXISTS : RL_ERR_SYSTEM;
		(void)system_error(f->name, why, size);
	} else
		u->used += bytes;
	fd_close(dir);
	fd_close(top);
	give_up(u);
	return r;
}
