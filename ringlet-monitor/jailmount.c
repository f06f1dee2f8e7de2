/*
 * The mounts of a jail beyond those that every jail has.
 *
 * A mount inside a folder that an agent can write needs care.  bwrap finds its
 * place by name, while the old root still is there.  Another session that runs
 * in the same folder could put a link on the way, and bwrap would follow it,
 * and make files outside.  What helps is that a place which is a mount in that
 * other session cannot be renamed or removed by it.  So every folder on the
 * way becomes a mount of its own (a pin), and a mount is made only if each
 * session that could write on the way has all of these as mounts, too.
 *
 * None of that holds an agent that may make namespaces: the kernel asks whether
 * a name is a mount in the namespace of whoever renames it, and one that has
 * let go of all mounts but keeps a folder open has none.
 */

#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent-search.h"
#include "conf.h"
#include "err.h"
#include "fdpass.h"
#include "jailcheck.h"
#include "jailmount.h"
#include "jailnote.h"
#include "jailplan.h"
#include "repo.h"
#include "valid.h"
#include "xmalloc.h"

static struct mount_wish *
push(struct mounts *ms, enum mount_priority prio, enum bind_kind kind,
    const char *path, const char *rule)
{
	struct mount_wish *w;

	ms->v = xreallocarray(ms->v, ms->n + 1, sizeof(*ms->v));
	w = &ms->v[ms->n++];
	*w = (struct mount_wish){ .prio = prio, .kind = kind,
		.path = xstrdup(path), .rule = rule };
	w->src = w->path;
	return w;
}

static void
drop(struct mounts *ms, size_t i)
{
	free(ms->v[i].path);
	memmove(&ms->v[i], &ms->v[i + 1],
	    (ms->n - i - 1) * sizeof(ms->v[0]));
	ms->n--;
}

static void
prove(struct mount_wish *w, const struct stat *st)
{
	w->proof = true;
	w->dev = st->st_dev;
	w->ino = st->st_ino;
}

void
mounts_add(struct mounts *ms, enum mount_priority prio, const char *path,
    const char *rule)
{
	struct mount_wish *w = push(
	    ms, prio, prio == MP_OWN ? BIND_RW : BIND_RO, path, rule);
	struct stat st;

	/* Home and working folder were opened: those are compared. */
	if (prio != MP_OWN && lstat(path, &st) == 0)
		prove(w, &st);
}

int
mounts_grant(struct mounts *ms, const char *path, bool writable,
    const char *rule, char *why, size_t size)
{
	char *real = NULL, more[512];
	struct stat st;
	int fd, r;

	if ((fd = open(path, O_PATH | O_CLOEXEC)) == -1 &&
	    (errno == ENOENT || errno == ENOTDIR)) {
		strlist_addf(ms->left_out, "%s: %s: not there", rule, path);
		return 0;
	}
	if (fd == -1 || fstat(fd, &st) == -1 ||
	    (real = jailcheck_real_name(fd)) == NULL) {
		snprintf(why, size, "%s: %s: %s", rule, path, strerror(errno));
		r = RL_ERR_DENIED;
	} else if ((r = jailcheck_may_grant(ms->in->paths, fd, real, writable,
			more, sizeof(more))) != 0)
		snprintf(why, size, "%s: %s", rule, more);
	else
		prove(push(ms, writable ? MP_RW : MP_RO,
			  writable ? BIND_RW : BIND_RO, real, rule),
		    &st);
	fd_close(fd);
	free(real);
	return r;
}

int
mounts_hide(struct mounts *ms, const char *path, char *why, size_t size)
{
	char *real = realpath(path, NULL), more[512];
	struct mount_wish *w;
	struct stat st;
	int r = 0;

	if (real == NULL || stat(real, &st) == -1) {
		strlist_addf(ms->left_out, "JailHide: %s: not there", path);
		goto out;
	}
	if ((r = jailcheck_may_hide(real, more, sizeof(more))) != 0 ||
	    path_is_below(ms->in->home, real) ||
	    path_is_below(ms->in->cwd, real)) {
		if (r == 0)
			snprintf(more, sizeof(more), "%s: is or holds the %s",
			    real, path_is_below(ms->in->cwd, real)
				? "working folder" : "profile's home");
		snprintf(why, size, "JailHide: %s", more);
		r = RL_ERR_DENIED;
		goto out;
	}
	w = push(ms, MP_HIDE, BIND_EMPTY, real, MOUNT_HIDE);
	if (!S_ISDIR(st.st_mode)) {
		w->kind = BIND_RO;
		w->src = "/dev/null";
	}
out:
	free(real);
	return r;
}

/* --- what programs outside execute --- */

/*
 * By another name, which an agent gave a file that it made in an earlier
 * session, it can be written still.
 */
static void
on_protected(void *arg, const char *path, const struct stat *st)
{
	struct mounts *ms = arg;
	char shown[512];

	prove(push(ms, MP_PROTECT, BIND_RO, path, "JailProtectRepo"), st);
	if (S_ISREG(st->st_mode) && st->st_nlink > 1)
		strlist_addf(ms->left_out, "JailProtectRepo: %s: it has "
		    "another name, by which it can be changed",
		    text_escape(shown, sizeof(shown), path));
}

static void
on_skipped(void *arg, const char *path, const char *why)
{
	struct mounts *ms = arg;
	char shown[512];

	/* An agent may have chosen the name. */
	strlist_addf(ms->left_out, "JailProtectRepo: %s: %s",
	    text_escape(shown, sizeof(shown), path), why);
}

/*
 * In the working folder, unless that is the home, whose settings are the
 * agent's own; and in what else is writable.
 */
static void
protect(struct mounts *ms)
{
	size_t n = ms->n;
	char *root;

	if (!ms->in->conf->jail_protect_repo)
		return;
	if (strcmp(ms->in->cwd, ms->in->home) != 0)
		repo_find(ms->in->cwd, on_protected, on_skipped, ms);
	for (size_t i = 0; i < n; i++) {
		if (ms->v[i].prio != MP_RW)
			continue;
		root = xstrdup(ms->v[i].path);
		repo_find(root, on_protected, on_skipped, ms);
		free(root);
	}
}

/* --- order --- */

/* By name, so that a folder comes before what is in it. */
static int
compare(const void *a, const void *b)
{
	const struct mount_wish *x = a, *y = b;
	int r = strcmp(x->path, y->path);

	return r != 0 ? r : (int)y->prio - (int)x->prio;
}

static void
sort(struct mounts *ms)
{
	qsort(ms->v, ms->n, sizeof(*ms->v), compare);
	for (size_t i = 1; i < ms->n;)
		if (strcmp(ms->v[i].path, ms->v[i - 1].path) == 0)
			drop(ms, i);
		else
			i++;
}

/* The nearest mount that v[i] lies in, or NULL. */
static const struct mount_wish *
around(const struct mounts *ms, size_t i)
{
	for (size_t k = i; k-- > 0;)
		if (path_is_below(ms->v[i].path, ms->v[k].path))
			return &ms->v[k];
	return NULL;
}

/* Takes away what changes nothing, or lies in what is hidden. */
static void
prune(struct mounts *ms)
{
	const struct mount_wish *out;

	for (size_t i = 0; i < ms->n;) {
		const struct mount_wish *w = &ms->v[i];

		out = around(ms, i);
		if (out == NULL) {
			i++;
			continue;
		}
		if (out->prio == MP_HIDE && w->prio != MP_HIDE &&
		    w->prio != MP_PROTECT)
			strlist_addf(ms->left_out, "%s: %s: lies in %s, "
			    "which JailHide hides", w->rule, w->path,
			    out->path);
		if (out->prio == MP_HIDE ||
		    (out->kind == w->kind && w->src == w->path))
			drop(ms, i);
		else
			i++;
	}
}

/* --- other sessions --- */

/* The next name in path behind the first len bytes: its end. */
static size_t
next_part(const char *path, size_t len)
{
	return len + 1 + strcspn(path + len + 1, "/");
}

/*
 * Whether a session that runs could put a link on the way from the folder
 * around to path.
 */
static bool
in_reach(const struct jailnote *other, const char *out, const char *path)
{
	char *part;
	bool fixed = true;

	for (size_t i = 0; fixed && i < other->writable.n; i++) {
		const char *root = other->writable.v[i];
		size_t end = strlen(out), top = strlen(root);

		if (!path_is_below(path, root) || strcmp(path, root) == 0)
			continue;
		if (top > end)
			end = top;
		while (fixed && path[end] != '\0') {
			end = next_part(path, end);
			part = xstrndup(path, end);
			fixed = strlist_has(&other->mounts, part);
			free(part);
		}
	}
	return !fixed;
}

static bool
in_reach_of_any(const struct mounts *ms, const char *out, const char *path)
{
	for (size_t i = 0; i < ms->in->nothers; i++)
		if (in_reach(ms->in->others[i], out, path))
			return true;
	return false;
}

/*
 * Takes away what cannot be mounted safely.  What is protected or is the
 * agent's program may go: a session that runs can change it anyway.
 */
static int
check_reach(struct mounts *ms, char *why, size_t size)
{
	const struct mount_wish *out;

	for (size_t i = 0; i < ms->n;) {
		const struct mount_wish *w = &ms->v[i];

		out = around(ms, i);
		if (out == NULL || !in_reach_of_any(ms, out->path, w->path)) {
			i++;
			continue;
		}
		if (w->prio != MP_PROTECT && w->prio != MP_AGENT) {
			snprintf(why, size, "%s: %s: lies in %s, where "
			    "another session could change it meanwhile: end "
			    "that one first", w->rule, w->path, out->path);
			return RL_ERR_DENIED;
		}
		strlist_addf(ms->left_out, "%s: %s: another session can "
		    "change it", w->rule, w->path);
		drop(ms, i);
	}
	return 0;
}

/*
 * What an agent with namespaces of its own can move out of the way, the next
 * session would not find: what must not be seen, or be changed, is refused.
 */
static int
check_nesting(struct mounts *ms, char *why, size_t size)
{
	const struct mount_wish *out;

	for (size_t i = 0; i < ms->n; i++) {
		const struct mount_wish *w = &ms->v[i];

		out = around(ms, i);
		if (out == NULL || out->kind != BIND_RW)
			continue;
		if (w->prio == MP_HIDE || w->prio == MP_RO) {
			snprintf(why, size, "%s: %s: lies in %s, where an "
			    "agent with nested-sandbox could move it: revoke "
			    "that grant, or take another working folder",
			    w->rule, w->path, out->path);
			return RL_ERR_DENIED;
		}
		strlist_addf(ms->left_out, "%s: %s: with nested-sandbox the "
		    "agent can move it", w->rule, w->path);
	}
	return 0;
}

/* Pins the folders between each mount and the writable one around it. */
static void
pin(struct mounts *ms)
{
	size_t n = ms->n;
	const struct mount_wish *out;
	struct strlist parts = { NULL, 0 };
	struct stat st;

	for (size_t i = 0; i < n; i++) {
		const char *path = ms->v[i].path;
		size_t end;

		if ((out = around(ms, i)) == NULL || out->kind != BIND_RW)
			continue;
		end = next_part(path, strlen(out->path));
		for (; path[end] != '\0'; end = next_part(path, end)) {
			char *part = xstrndup(path, end);

			strlist_add(&parts, part);
			free(part);
		}
	}
	for (size_t i = 0; i < parts.n; i++)
		if (lstat(parts.v[i], &st) == 0 && S_ISDIR(st.st_mode))
			prove(push(ms, MP_PIN, BIND_RW, parts.v[i],
				  MOUNT_PIN),
			    &st);
	strlist_clear(&parts);
	sort(ms);
}

int
mounts_settle(struct mounts *ms, char *why, size_t size)
{
	int r;

	protect(ms);
	sort(ms);
	prune(ms);
	if ((r = check_reach(ms, why, size)) == 0 && ms->nesting)
		r = check_nesting(ms, why, size);
	if (r == 0)
		pin(ms);
	return r;
}

void
mounts_clear(struct mounts *ms)
{
	for (size_t i = 0; i < ms->n; i++)
		free(ms->v[i].path);
	free(ms->v);
	ms->v = NULL;
	ms->n = 0;
}
