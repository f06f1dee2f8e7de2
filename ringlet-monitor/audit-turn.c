/*
 * The audit log goes on in another file when one is long enough: the old one
 * gets a name that it keeps (audit-files.h), and the first entry of the new one
 * says after which entry it stands, and that entry's hash.  So the chain goes
 * through all files, and can be checked from the first that is left.
 *
 * Where there are to be no more than so many, the oldest is removed, after an
 * entry that says up to which the log is gone.
 *
 * A file that cannot be put aside goes on: nothing is lost for being long.
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

#include <sodium.h>

#include "audit-files.h"
#include "audit-int.h"
#include "err.h"
#include "fdpass.h"
#include "log.h"
#include "loop.h"
#include "xmalloc.h"

#define AGAIN_MS 60000 /* from a failure to the next try */
#define PROOF_MAX (8 * AUDIT_LINE_MAX) /* bytes in which a key's hash is */

static int
folder(const struct audit *a)
{
	return open(
	    a->env->paths.state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static const char *
leaf(const struct audit *a)
{
	return strrchr(a->env->paths.audit_file, '/') + 1;
}

/* As audit_files_list(), for what is known once the log was opened. */
static int
list(const struct audit *a, int dir, struct audit_files *files)
{
	int r = audit_files_list(dir, files);

	if (r == 0 && a->taken)
		audit_files_until(files, a->base);
	return r;
}

/* --- the start --- */

/* The last entry of a file before; false: there is none. */
static bool
end_of(int dir, const struct audit_file *f, struct audit_entry *e)
{
	int fd = audit_files_open(dir, f->name);
	bool found;

	if (fd == -1)
		return false;
	found = audit_file_last(fd, (off_t)f->size, e);
	fd_close(fd);
	return found;
}

/* No entry is in the file: the chain goes on from the one before, if any. */
static void
go_on(struct audit *a, int dir, const struct audit_file *before)
{
	struct audit_entry e;

	if (!end_of(dir, before, &e)) {
		log_error("%s/%s: its end is no entry", a->env->paths.state_dir,
		    before->name);
		return;
	}
	a->head.seq = a->began = e.seq;
	memcpy(a->head.hash, e.hash, sizeof(e.hash));
	(void)strlcpy(a->before, before->name, sizeof(a->before));
	a->turned = true;
}

/*
 * Whoever can write the folder can put a file there that is named as if the log
 * went on in it.  It does not: it would begin anew after whatever its end says,
 * under numbers that its name has chosen.
 */
static void
tell_foreign(const struct audit *a, const struct audit_files *files)
{
	for (size_t i = 0; i < files->foreign; i++)
		log_error("%s/%s: is none of the audit log's files, though "
			  "named as one that follows them: it is left out: "
			  "look at it, then remove it",
		    a->env->paths.state_dir, files->v[files->n + i].name);
}

void
audit_turn_begin(struct audit *a, bool fresh)
{
	struct audit_files files;
	int dir = folder(a);

	a->base = 0;
	if (dir == -1)
		return;
	if (audit_files_list(dir, &files) == 0) {
		a->base = audit_files_place(dir, &files, a->fd, a->size);
		audit_files_until(&files, a->base);
		tell_foreign(a, &files);
		if (files.n > 0 && fresh)
			go_on(a, dir, &files.v[files.n - 1]);
	}
	audit_files_clear(&files);
	fd_close(dir);
}

bool
audit_turn_finish(struct audit *a, const struct stat *st)
{
	int dir = folder(a);
	bool was = dir != -1 && audit_files_finish(dir, leaf(a), st);

	fd_close(dir);
	return was;
}

/* --- another file --- */

/* The file has that name now; fd, which may be -1, is the one to go on in. */
static void
is_aside(struct audit *a, const char *name, int fd, const struct stat *st)
{
	fd_close(a->fd);
	a->fd = fd;
	a->dev = st->st_dev;
	a->ino = st->st_ino;
	a->base += (uint64_t)a->size;
	a->size = 0;
	(void)strlcpy(a->before, name, sizeof(a->before));
	a->turned = true;
}

/* 0, or -1 and errno: then it goes on, or a->fd is -1. */
static int
put_aside(struct audit *a, int dir, const char *name)
{
	struct stat st = { 0 };
	int fd = audit_files_aside(dir, leaf(a), name), saved;

	if (fd >= 0 && fstat(fd, &st) == 0) {
		is_aside(a, name, fd, &st);
		return 0;
	}
	saved = errno;
	if (fd != RL_ERR_SYSTEM) {
		is_aside(a, name, -1, &st);
		/* Whatever is in it, it is none of ours. */
		if (saved == EEXIST)
			a->wrong = "was replaced by another";
		(void)snprintf(a->why, sizeof(a->why),
		    "another file cannot be begun: %s", strerror(saved));
	}
	if (fd >= 0)
		fd_close(fd);
	errno = saved;
	return -1;
}

static void
turn(struct audit *a)
{
	char name[AUDIT_NAME_LEN];
	int dir, r = -1;

	audit_files_name(a->base, name);
	if ((dir = folder(a)) != -1)
		r = put_aside(a, dir, name);
	if (r != 0 && a->fd != -1) {
		log_error("%s: it is longer than AuditMaxSize, and cannot be "
			  "put aside as %s: %s",
		    a->env->paths.audit_file, name, strerror(errno));
		a->turn_at = loop_now() + AGAIN_MS;
	}
	fd_close(dir);
}

/* --- files that are too many --- */

/*
 * Whether lines go on after before, the first of them saying so, up to one that
 * has the hash of our key; without one the first is enough.
 */
static bool
goes_on(const struct audit *a, const char *p, size_t len,
    const struct audit_link *before)
{
	struct audit_link at = *before;
	struct audit_entry e;
	uint8_t hash[AUDIT_HASH_LEN];
	const char *nl;
	char why[128];
	bool first = true, keyed;

	for (; (nl = memchr(p, '\n', len)) != NULL; first = false) {
		if (audit_line_parse(
			p, (size_t)(nl - p), &e, why, sizeof(why)) != 0 ||
		    e.seq != at.seq + 1 ||
		    (first && (strcmp(e.event, AUDIT_TURNED) != 0 ||
				  !e.begins || e.after.seq != at.seq)))
			return false;
		keyed = e.key[0] != '\0';
		if (keyed && (a->key == NULL || strcmp(e.key, a->keyid) != 0))
			return false;
		audit_line_hash(
		    p, e.hashed, at.hash, keyed ? a->key : NULL, hash);
		if (memcmp(hash, e.hash, sizeof(hash)) != 0)
			return false;
		if (keyed || a->key == NULL)
			return true;
		at.seq = e.seq;
		memcpy(at.hash, e.hash, sizeof(at.hash));
		len -= (size_t)(nl + 1 - p);
		p = nl + 1;
	}
	return false;
}

/*
 * Whether a file begins behind that entry.  Whoever can write the folder can
 * put a file there whose end has any number, and what we say of it with the key
 * is believed.
 */
static bool
is_behind(const struct audit *a, int dir, const struct audit_file *f,
    const struct audit_entry *e)
{
	struct audit_link end = { .seq = e->seq };
	int fd = audit_files_open(dir, f->name);
	char *text;
	ssize_t n;
	bool is;

	if (fd == -1)
		return false;
	memcpy(end.hash, e->hash, sizeof(end.hash));
	text = xmalloc(PROOF_MAX);
	n = pread(fd, text, PROOF_MAX, 0);
	is = n > 0 && goes_on(a, text, (size_t)n, &end);
	free(text);
	fd_close(fd);
	return is;
}

/* 0, or -1: it stays. */
static int
drop(struct audit *a, int dir, const struct audit_file *f,
    const struct audit_file *next)
{
	struct audit_entry e;
	char seq[32];

	if (!end_of(dir, f, &e) || !is_behind(a, dir, next, &e)) {
		log_error("%s/%s: nothing shows that %s goes on behind it: it "
			  "is not removed, though AuditKeep is %u",
		    a->env->paths.state_dir, f->name, next->name,
		    a->env->conf.audit_keep);
		return -1;
	}
	(void)snprintf(seq, sizeof(seq), "%" PRIu64, e.seq);
	if (audit_write(a, &audit_monitor, AUDIT_PRUNED, f->name, AUDIT_OK,
		(const char *[]){ "up_to", seq, NULL }) != 0)
		return -1;
	if (unlinkat(dir, f->name, 0) == -1) {
		log_error("%s/%s: cannot be removed: %s",
		    a->env->paths.state_dir, f->name, strerror(errno));
		return -1;
	}
	log_info("the audit log: %s is removed (AuditKeep %u)", f->name,
	    a->env->conf.audit_keep);
	return 0;
}

/*
 * Once the log has had a key, what it says without is not believed: files that
 * are too many then stay until another begins with the key at hand.
 */
static bool
is_believed(const struct audit *a)
{
	if (a->key != NULL)
		return true;
	/* Before audit_begin() nothing is known of a key. */
	return a->retry != NULL && !audit_key_pending(a) &&
	       a->was_keyid[0] == '\0';
}

/* Whoever reads them all just now is not disturbed. */
static void
prune(struct audit *a)
{
	const unsigned keep = a->env->conf.audit_keep;
	struct audit_files files;
	int dir;

	if (keep == 0 || a->scan != NULL || a->verifying > 0 ||
	    !is_believed(a) || (dir = folder(a)) == -1)
		return;
	if (list(a, dir, &files) == 0)
		for (size_t i = 0; files.n - i > keep; i++)
			if (drop(a, dir, &files.v[i], &files.v[i + 1]) != 0)
				break;
	audit_files_clear(&files);
	fd_close(dir);
}

/* The first entry of a file. */
static int
tell(struct audit *a)
{
	char seq[32], hash[2 * AUDIT_HASH_LEN + 1];

	(void)snprintf(seq, sizeof(seq), "%" PRIu64, a->head.seq);
	sodium_bin2hex(hash, sizeof(hash), a->head.hash, AUDIT_HASH_LEN);
	if (audit_write(a, &audit_monitor, AUDIT_TURNED, a->before, AUDIT_OK,
		(const char *[]){ "after", seq, "after_hash", hash, NULL }) !=
	    0)
		return -1;
	a->turned = false;
	return 0;
}

int
audit_turn(struct audit *a)
{
	const uint64_t max = a->env->conf.audit_max_size;

	if (!a->turned && (uint64_t)a->size >= max && !a->dangling &&
	    loop_now() >= a->turn_at)
		turn(a);
	if (a->fd == -1)
		return -1;
	if (!a->turned)
		return 0;
	if (tell(a) != 0)
		return -1;
	prune(a);
	return 0;
}

/* --- reading --- */

/* Opens the file before the one written that has that byte; -1: none has. */
static int
find_before(int dir, const struct audit_files *files, uint64_t number,
    struct audit_place *out, char *why, size_t size)
{
	const struct audit_file *f = files->v, *end = files->v + files->n;
	int fd;

	while (f < end && number >= f->base + f->size)
		f++;
	if (f == end)
		return -1;
	out->at = number > f->base ? (off_t)(number - f->base) : 0;
	out->number = f->base + (uint64_t)out->at;
	if ((fd = audit_files_open(dir, f->name)) != -1)
		return fd;
	(void)snprintf(why, size, "%s: %s", f->name, strerror(errno));
	return RL_ERR_SYSTEM;
}

int
audit_turn_find(struct audit *a, uint64_t number, struct audit_place *out,
    char *why, size_t size)
{
	struct audit_files files = { 0 };
	off_t length = 0;
	int dir, fd = RL_ERR_SYSTEM, before;

	memset(out, 0, sizeof(*out));
	if ((dir = folder(a)) == -1 || list(a, dir, &files) != 0) {
		(void)strlcpy(why, strerror(errno), size);
		goto out;
	}
	if ((fd = audit_open_path(a, &length, why, size)) < 0)
		goto out;
	out->end = files.end + (uint64_t)length;
	before = find_before(dir, &files, number, out, why, size);
	if (before != -1) {
		fd_close(fd);
		fd = before;
	} else {
		out->number = number;
		out->at = (off_t)(number - files.end);
	}
out:
	audit_files_clear(&files);
	fd_close(dir);
	return fd;
}

struct audit_scan *
audit_turn_scan(struct audit *a, int fd, off_t size, struct audit_verify *v,
    audit_scan_cb cb, void *arg)
{
	struct audit_files files = { 0 };
	int dir = folder(a);

	if (dir == -1 || list(a, dir, &files) != 0)
		audit_verify_add(v, "file", "%s: %s", a->env->paths.state_dir,
		    strerror(errno));
	for (size_t i = 0; i < files.foreign; i++)
		audit_verify_add(v, "file",
		    "does not go on in %s, which is named as if it did: look "
		    "at that, then remove it",
		    files.v[files.n + i].name);
	return audit_scan_start(
	    a->env->loop, dir, &files, fd, size, v, cb, arg);
}
