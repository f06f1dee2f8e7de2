/*
 * Installed versions of a registry.  A version is written into a folder of its
 * own, which nothing refers to until registry.lock, replaced by a rename, says
 * that it is the one to use.  Whatever interrupts that, the old version or the
 * new one is used, and what was left behind goes with the next installation.
 */

#include "config.h"

#include <sys/stat.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "conf.h"
#include "err.h"
#include "fdpass.h"
#include "paths.h"
#include "policy.h"
#include "registry-store.h"
#include "xmalloc.h"

#define NEW	   ".new-" /* begins the name of one that is being written */
#define FOLDER_TRY 100	   /* names of folders that one version may have */
#define NAMES_MAX  1024	   /* in the store, that a removal looks at */

static const char *const parts[] = { "agents", "providers" };

/* --- trust --- */

static const char *
only(const struct strlist *list)
{
	return list->n > 0 ? list->v[0] : "";
}

void
registry_trust_init(
    struct registry_trust *t, const struct conf *c, const struct policy *policy)
{
	char why[512];

	memset(t, 0, sizeof(*t));
	t->url = only(&c->registry_url);
	t->channel = only(&c->registry_channel);
	t->keys = xcalloc(c->registry_key.n + 1, sizeof(*t->keys));
	for (size_t i = 0; i < c->registry_key.n; i++) {
		const char *key = c->registry_key.v[i];

		/* By its whole text: anybody can make one of the same id. */
		if (policy_may_registry(policy, NULL, key, why, sizeof(why)) !=
		    0)
			strlist_add(&t->refused, why);
		else if (minisign_key_parse(key, &t->keys[t->nkeys]))
			t->nkeys++;
	}
}

void
registry_trust_free(struct registry_trust *t)
{
	free(t->keys);
	strlist_clear(&t->refused);
	memset(t, 0, sizeof(*t));
}

bool
registry_trust_told(const struct registry_trust *t, const char *why)
{
	for (size_t i = 0; i < t->refused.n; i++)
		if (strstr(why, t->refused.v[i]) != NULL)
			return true;
	return false;
}

static int
need_keys(const struct registry_trust *t, char *why, size_t size)
{
	if (t->nkeys > 0)
		return 0;
	(void)strlcpy(why,
	    t->refused.n > 0
		? t->refused.v[0]
		: "RegistryKey is not set: without a key no registry is used "
		  "(ringlet.conf(5))",
	    size);
	return RL_ERR_DENIED;
}

/* Reads and verifies; a key that was left out may be what is missing. */
static int
read_trusted(int dir, const struct registry_trust *t,
    struct registry_bundle **out, char *why, size_t size)
{
	int r = registry_bundle_read(dir, t->keys, t->nkeys, out, why, size);

	for (size_t i = 0; r == RL_ERR_DENIED && i < t->refused.n; i++) {
		(void)strlcat(why, "; ", size);
		(void)strlcat(why, t->refused.v[i], size);
	}
	return r;
}

/* --- folders --- */

static int
open_store(const struct paths *paths)
{
	return open(paths->registry_dir,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int
open_in(int dir, const char *name)
{
	return openat(
	    dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/*
 * Calls each with the names in dir, "." and ".." left out: gathered first, for
 * it may remove them.
 */
static void
each_name(int dir, void (*each)(int dir, const char *name, const void *arg),
    const void *arg)
{
	struct strlist names = { NULL, 0 };
	const struct dirent *e;
	DIR *d;
	int fd;

	/* A folder of its own: reading moves a place that a dup() shares. */
	if ((fd = open_in(dir, ".")) == -1)
		return;
	if ((d = fdopendir(fd)) == NULL) {
		fd_close(fd);
		return;
	}
	while (names.n < NAMES_MAX && (e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			strlist_add(&names, e->d_name);
	closedir(d);
	for (size_t i = 0; i < names.n; i++)
		each(dir, names.v[i], arg);
	strlist_clear(&names);
}

static void
unlink_one(int dir, const char *name, const void *arg)
{
	(void)arg;
	(void)unlinkat(dir, name, 0);
}

/* A version has folders of files, and no more below them. */
static void
remove_version(int store, const char *name)
{
	int fd, sub;

	if ((fd = open_in(store, name)) == -1) {
		/* A lock's file that was not put in place. */
		if (errno == ENOTDIR)
			(void)unlinkat(store, name, 0);
		return;
	}
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if ((sub = open_in(fd, parts[i])) == -1)
			continue;
		each_name(sub, unlink_one, NULL);
		fd_close(sub);
		(void)unlinkat(fd, parts[i], AT_REMOVEDIR);
	}
	each_name(fd, unlink_one, NULL);
	fd_close(fd);
	(void)unlinkat(store, name, AT_REMOVEDIR);
}

/* Names that we give, "12-0a1b2c3d" or "12-0a1b2c3d.1", and no others. */
static bool
is_ours(const char *name)
{
	size_t n;

	if (strncmp(name, NEW, strlen(NEW)) == 0)
		return true;
	n = strspn(name, "0123456789");
	if (n == 0 || name[n] != '-' ||
	    strspn(name + n + 1, "0123456789abcdef") != 8)
		return false;
	name += n + 1 + 8;
	return name[0] == '\0' ||
	       (name[0] == '.' &&
		   strspn(name + 1, "0123456789") == strlen(name + 1));
}

static void
remove_unknown(int store, const char *name, const void *arg)
{
	const struct registry_lock *l = arg;

	if (!is_ours(name))
		return;
	for (size_t i = 0; i < l->nversions; i++)
		if (strcmp(l->versions[i].folder, name) == 0)
			return;
	remove_version(store, name);
}

/* --- writing --- */

static int
write_one(int dir, const char *name, const char *text, size_t len)
{
	int fd, r = RL_ERR_SYSTEM;

	fd = openat(dir, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return r;
	if (paths_write_all(fd, text, len) == 0 && fsync(fd) == 0)
		r = 0;
	fd_close(fd);
	return r;
}

static int
write_files(int dir, const struct registry_bundle *b)
{
	int subs[2] = { -1, -1 }, r = RL_ERR_SYSTEM;

	for (size_t i = 0; i < 2; i++)
		if (mkdirat(dir, parts[i], 0700) == -1 ||
		    (subs[i] = open_in(dir, parts[i])) == -1)
			goto out;
	for (size_t i = 0; i < b->index.nfiles; i++) {
		const struct registry_file *f = &b->index.files[i];
		size_t n = strcspn(f->path, "/");

		if (write_one(subs[strncmp(f->path, parts[0], n) == 0 ? 0 : 1],
			f->path + n + 1, b->texts[i], f->size) != 0)
			goto out;
	}
	if (write_one(dir, REGISTRY_INDEX, b->index_text, b->index_len) != 0 ||
	    write_one(dir, REGISTRY_SIG, b->sig_text, b->sig_len) != 0)
		goto out;
	if (fsync(subs[0]) == 0 && fsync(subs[1]) == 0 && fsync(dir) == 0)
		r = 0;
out:
	fd_close(subs[0]);
	fd_close(subs[1]);
	return r;
}

/*
 * Gives the folder its name for good: the version's id, with a number behind
 * it where that is taken, for what is in use is never touched.
 */
static int
name_folder(
    int store, const char *temporary, const char *id, char *folder, size_t size)
{
	struct stat st;

	for (int i = 0; i < FOLDER_TRY; i++) {
		if (i == 0)
			(void)snprintf(folder, size, "%s", id);
		else
			(void)snprintf(folder, size, "%s.%d", id, i);
		if (fstatat(store, folder, &st, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		if (errno != ENOENT)
			return RL_ERR_SYSTEM;
		return renameat(store, temporary, store, folder) == 0
			   ? 0
			   : RL_ERR_SYSTEM;
	}
	errno = EEXIST;
	return RL_ERR_SYSTEM;
}

/* Writes the whole version; *folder becomes its name in the store. */
static int
write_version(
    int store, const struct registry_bundle *b, char *folder, size_t size)
{
	char name[40];
	int dir, saved, r = RL_ERR_SYSTEM;

	(void)snprintf(name, sizeof(name), NEW "%08x%08x",
	    (unsigned)arc4random(), (unsigned)arc4random());
	if (mkdirat(store, name, 0700) == -1)
		return r;
	if ((dir = open_in(store, name)) != -1)
		r = write_files(dir, b);
	fd_close(dir);
	if (r == 0)
		r = name_folder(store, name, b->index.id, folder, size);
	if (r == 0 && fsync(store) == -1)
		r = RL_ERR_SYSTEM;
	if (r != 0) {
		saved = errno;
		remove_version(store, name);
		errno = saved;
	}
	return r;
}

/* --- what others call --- */

/* Reads and verifies a version that is installed. */
static int
read_version(const struct paths *paths, const struct registry_trust *t,
    const struct registry_version *v, struct registry_bundle **out, char *why,
    size_t size)
{
	char inner[1024];
	int store, dir = -1, r = RL_ERR_SYSTEM;

	if ((store = open_store(paths)) == -1 ||
	    (dir = open_in(store, v->folder)) == -1)
		(void)snprintf(inner, sizeof(inner), "%s", strerror(errno));
	else
		r = read_trusted(dir, t, out, inner, sizeof(inner));
	/* Validly signed is not enough: it must be that very version. */
	if (r == 0 && strcmp((*out)->index.sha256, v->sha256) != 0) {
		(void)snprintf(inner, sizeof(inner),
		    "is another version than was installed there");
		registry_bundle_free(*out);
		r = RL_ERR_DAMAGED;
	}
	if (r != 0) {
		*out = NULL;
		(void)snprintf(why, size, "%s/%s: %s", paths->registry_dir,
		    v->folder, inner);
	}
	fd_close(dir);
	fd_close(store);
	return r;
}

int
registry_current(const struct paths *paths, const struct registry_trust *t,
    struct registry_bundle **out, char *why, size_t size)
{
	struct registry_lock l;
	int r;

	*out = NULL;
	if ((r = registry_lock_load(paths, &l, why, size)) == 0) {
		if (l.nversions == 0) {
			(void)snprintf(why, size, "no registry is installed");
			r = RL_ERR_NOTFOUND;
		} else if ((r = need_keys(t, why, size)) == 0)
			r = read_version(
			    paths, t, &l.versions[0], out, why, size);
	}
	registry_lock_free(&l);
	return r;
}

/* Whether what is used is x, and is there undamaged. */
static bool
is_in_use(const struct paths *paths, const struct registry_trust *t,
    const struct registry_lock *l, const struct registry_index *x)
{
	struct registry_bundle *b;
	char why[1024];

	if (l->nversions == 0 ||
	    strcmp(l->versions[0].sha256, x->sha256) != 0 ||
	    read_version(paths, t, &l->versions[0], &b, why, sizeof(why)) != 0)
		return false;
	registry_bundle_free(b);
	return true;
}

/* Writes what has been judged, and has it used. */
static int
put(const struct paths *paths, const struct registry_trust *t,
    struct registry_lock *l, const struct registry_bundle *b, char *why,
    size_t size)
{
	char folder[REGISTRY_FOLDER_MAX + 1];
	int store, r;

	if ((r = paths_make_private_dir(paths->registry_dir)) != 0 ||
	    (store = open_store(paths)) == -1) {
		(void)snprintf(why, size, "%s: %s", paths->registry_dir,
		    r == RL_ERR_DENIED ? "must be a folder of yours with mode "
					 "0700"
				       : rl_strerror(RL_ERR_SYSTEM));
		return r != 0 ? r : RL_ERR_SYSTEM;
	}
	r = write_version(store, b, folder, sizeof(folder));
	if (r != 0)
		(void)snprintf(why, size, "%s: cannot write version %s: %s",
		    paths->registry_dir, b->index.version, strerror(errno));
	else {
		registry_lock_add(l, b, folder, (long long)time(NULL));
		free(l->url);
		l->url = xstrdup(t->url);
		r = registry_lock_save(paths, l, why, size);
	}
	fd_close(store);
	return r;
}

/*
 * Removes what the lock does not name: versions that it names no longer, and
 * what was interrupted.  Not after an error, when its file may be the old one.
 */
static void
tidy(const struct paths *paths, const struct registry_lock *l)
{
	int store = open_store(paths);

	if (store != -1)
		each_name(store, remove_unknown, l);
	fd_close(store);
}

int
registry_install(const struct paths *paths, const struct registry_trust *t,
    int dir, const char *want, bool force, struct registry_done *done,
    struct registry_bundle **out, char *why, size_t size)
{
	struct registry_bundle *b = NULL;
	struct registry_lock l;
	int r;

	*out = NULL;
	memset(done, 0, sizeof(*done));
	if ((r = registry_lock_load(paths, &l, why, size)) != 0 ||
	    (r = need_keys(t, why, size)) != 0 ||
	    (r = read_trusted(dir, t, &b, why, size)) != 0)
		goto out;
	strlcpy(done->id, b->index.id, sizeof(done->id));
	done->unchanged = is_in_use(paths, t, &l, &b->index);
	r = registry_lock_may(
	    &l, t, &b->index, done->unchanged, want, why, size);
	if (r == 0 && (force || !done->unchanged)) {
		done->unchanged = false;
		r = put(paths, t, &l, b, why, size);
	} else if (r == 0 && strcmp(l.url, t->url) != 0) {
		/* The same comes from elsewhere, which a policy may judge. */
		free(l.url);
		l.url = xstrdup(t->url);
		r = registry_lock_save(paths, &l, why, size);
	}
	if (r == 0)
		tidy(paths, &l);
out:
	registry_lock_free(&l);
	if (r == 0)
		*out = b;
	else
		registry_bundle_free(b);
	return r;
}

int
registry_pin_keeps(
    const struct paths *paths, const char *ref, char *why, size_t size)
{
	struct registry_lock l;
	const struct registry_version *now;
	int r;

	if (ref[0] == '\0' || !registry_ref_ok(ref))
		return 0; /* the second is refused for what it is */
	if ((r = registry_lock_load(paths, &l, why, size)) == 0) {
		now = &l.versions[0];
		if (l.nversions == 0 ||
		    !registry_ref_is(ref, now->version, now->serial, now->id,
			now->sha256)) {
			(void)snprintf(why, size,
			    "over HTTP nothing but the version that is used "
			    "can be pinned to: 'ringlet registry pin %s' takes "
			    "others",
			    ref);
			r = RL_ERR_DENIED;
		}
	}
	registry_lock_free(&l);
	return r;
}

int
registry_pin(const struct paths *paths, const struct registry_trust *t,
    const char *ref, bool *switched, char *why, size_t size)
{
	struct registry_bundle *b = NULL;
	struct registry_lock l;
	bool other = false; /* a version other than the one in use */
	size_t i;
	int r;

	*switched = false;
	if (ref[0] != '\0' && !registry_ref_ok(ref)) {
		(void)snprintf(why, size,
		    "it is no reference: a version, a serial, an id or the "
		    "SHA-256 of a registry.json");
		return RL_ERR_INVALID;
	}
	if ((r = registry_lock_load(paths, &l, why, size)) != 0)
		goto out;
	for (i = 0; ref[0] != '\0' && i < l.nversions; i++)
		if (registry_ref_is(ref, l.versions[i].version,
			l.versions[i].serial, l.versions[i].id,
			l.versions[i].sha256))
			break;
	if (ref[0] != '\0' && i > 0 && i < l.nversions) {
		if ((r = need_keys(t, why, size)) != 0 ||
		    (r = read_version(
			 paths, t, &l.versions[i], &b, why, size)) != 0)
			goto out;
		registry_bundle_free(b);
		registry_lock_use(&l, i);
		other = true;
	}
	free(l.pin);
	l.pin = xstrdup(ref);
	if ((r = paths_make_private_dir(paths->registry_dir)) != 0)
		(void)snprintf(
		    why, size, "%s: %s", paths->registry_dir, rl_strerror(r));
	else
		r = registry_lock_save(paths, &l, why, size);
	*switched = r == 0 && other;
out:
	registry_lock_free(&l);
	return r;
}
