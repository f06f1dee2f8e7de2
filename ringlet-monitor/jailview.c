/*
 * A path is walked name by name, as the kernel of the jail would: each name is
 * looked up in the mount that covers it there, and links start anew.
 */

#include "config.h"

#include <sys/stat.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent-search.h"
#include "jailplan.h"
#include "jailview.h"
#include "msgdef.h"
#include "xmalloc.h"

#define LINKS_MAX 40 /* as the kernel's */

struct look {
	const struct msg_jail_mount *v;
	size_t n;
	unsigned links;
};

enum found { FOUND, FOUND_LINK, NOT_FOUND, OWN /* no names are known */ };

/* The mount that covers path: the last one that was made there or above. */
static const struct msg_jail_mount *
cover(const struct look *l, const char *path)
{
	for (size_t i = l->n; i-- > 0;)
		if (path_is_below(path, l->v[i].dst))
			return &l->v[i];
	return NULL;
}

/* Whether a mount that can be seen lies below path, which then is a folder. */
static bool
leads_to_mount(const struct look *l, const char *path)
{
	for (size_t i = 0; i < l->n; i++)
		if (path_is_below(l->v[i].dst, path) &&
		    cover(l, l->v[i].dst) == &l->v[i])
			return true;
	return false;
}

static char *
outside_of(const struct msg_jail_mount *m, const char *path)
{
	const char *rest = strcmp(m->dst, "/") == 0 ? path
						    : path + strlen(m->dst);

	if (strcmp(m->src, "/") == 0)
		return xstrdup(*rest != '\0' ? rest : "/");
	return xasprintf("%s%s", m->src, rest);
}

static bool
has_outside(const struct msg_jail_mount *m)
{
	return m != NULL && (m->kind == BIND_RO || m->kind == BIND_RW);
}

static char *
read_link(const char *path)
{
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	if (n <= 0)
		return NULL;
	return xstrndup(target, (size_t)n);
}

static bool
is_device(const char *name)
{
	static const char *const names[] = { "null", "zero", "full", "random",
		"urandom", "tty", "console", "ptmx", "pts", "shm", "fd",
		"stdin", "stdout", "stderr", "core" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/*
 * Processes, and what leads to one's own, are not known before they run; the
 * rest of /proc is the kernel's, and has the same names outside.
 */
static enum found
in_proc(const char *path, const char *name)
{
	static const char *const links[] = { "self", "thread-self", "net",
		"mounts" };
	size_t len = strcspn(name, "/");
	struct stat st;

	if (len > 0 && strspn(name, "0123456789") == len)
		return OWN;
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++)
		if (strlen(links[i]) == len &&
		    strncmp(links[i], name, len) == 0)
			return OWN;
	return lstat(path, &st) == 0 ? FOUND : NOT_FOUND;
}

/* One name; *target is that of a link, for free(). */
static enum found
look_up(const struct look *l, const char *path, char **target)
{
	const struct msg_jail_mount *m = cover(l, path);
	enum found r = NOT_FOUND;
	char *outside;
	struct stat st;

	*target = NULL;
	if (m != NULL && m->kind == BIND_SYMLINK) {
		*target = xstrdup(m->src);
		return FOUND_LINK;
	}
	if (m != NULL && m->kind == BIND_PROC)
		return strcmp(path, m->dst) == 0 ? FOUND
			: in_proc(path, path + strlen(m->dst) + 1);
	if (m != NULL && m->kind == BIND_DEV && strcmp(path, m->dst) != 0)
		return is_device(path + strlen(m->dst) + 1) ? FOUND : OWN;
	if (!has_outside(m)) {
		if (m != NULL && strcmp(path, m->dst) == 0)
			return FOUND;
		return leads_to_mount(l, path) ? FOUND : NOT_FOUND;
	}
	outside = outside_of(m, path);
	if (lstat(outside, &st) == 0) {
		r = FOUND;
		/* A mount's own place is what was bound, never a link. */
		if (S_ISLNK(st.st_mode) && strcmp(path, m->dst) != 0 &&
		    (*target = read_link(outside)) != NULL)
			r = FOUND_LINK;
	} else if (leads_to_mount(l, path))
		r = FOUND;
	free(outside);
	return r;
}

/* Takes the last name off cur. */
static void
go_up(char *cur)
{
	char *slash = strrchr(cur, '/');

	if (slash != NULL)
		*slash = '\0';
}

/*
 * Walks to the end, or to where nothing is; *inside is the name that it got to,
 * for free().
 */
static enum found
walk(struct look *l, const char *path, char **inside)
{
	char *todo = xstrdup(path), *cur = xstrdup(""), *next, *target, *p;
	enum found r = FOUND;

	for (p = todo; r == FOUND && *p != '\0';) {
		size_t len;

		p += strspn(p, "/");
		if ((len = strcspn(p, "/")) == 0)
			break;
		if (len == 1 && *p == '.') {
			p++;
			continue;
		}
		if (len == 2 && strncmp(p, "..", 2) == 0) {
			go_up(cur);
			p += 2;
			continue;
		}
		next = xasprintf("%s/%.*s", cur, (int)len, p);
		p += len;
		r = look_up(l, next, &target);
		if (r == FOUND_LINK && target != NULL) {
			char *again = xasprintf("%s%s", target, p);

			if (*target == '/')
				*cur = '\0';
			free(target);
			free(todo);
			p = todo = again;
			free(next);
			r = ++l->links > LINKS_MAX ? NOT_FOUND : FOUND;
			continue;
		}
		free(cur);
		cur = next;
	}
	if (*cur == '\0') {
		free(cur);
		cur = xstrdup("/");
	}
	*inside = cur;
	free(todo);
	return r;
}

/* What the mount allows with the file outside, as this user. */
static void
judge(const struct msg_jail_mount *m, struct jailview *out)
{
	const char *path = out->outside;
	struct stat st;

	if (stat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		out->text = "a socket: it can be connected to";
	/* bwrap's binds are without devices. */
	if (stat(path, &st) == 0 &&
	    (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))) {
		out->text = "hidden: it can be neither read nor written";
		return;
	}
	out->readable = faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0;
	out->writable = m->kind == BIND_RW &&
	    faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0;
	if (!out->readable)
		out->text = "there, but its permissions keep this user out";
	else if (m->kind == BIND_RW && !out->writable)
		out->text = "its permissions do not let this user write";
}

/*
 * Whether what is not there, and what would lie in it, can be made: in the
 * folder above.
 */
static bool
can_make(const struct look *l, const char *inside)
{
	char *dir = path_parent(inside), *outside;
	const struct msg_jail_mount *m = cover(l, dir);
	bool can = m != NULL && (m->kind == BIND_TMPFS ||
	    m->kind == BIND_DIR);

	if (m != NULL && m->kind == BIND_RW) {
		outside = outside_of(m, dir);
		can = faccessat(AT_FDCWD, outside, W_OK, AT_EACCESS) == 0;
		free(outside);
	}
	/* Below the file system that is the root there is nothing to write. */
	free(dir);
	return can;
}

static void
conclude(const struct look *l, const struct msg_jail_mount *m,
    struct jailview *out)
{
	if (!out->there) {
		out->writable = can_make(l, out->inside);
		out->text = out->writable ? "not there; it could be made"
					  : "not there";
		return;
	}
	if (has_outside(m)) {
		out->outside = outside_of(m, out->inside);
		judge(m, out);
		return;
	}
	out->readable = true;
	if (m == NULL)
		out->text = "only leads to what is mounted";
	else if (m->kind == BIND_EMPTY)
		out->text = "hidden: it is empty inside";
	else if (m->kind == BIND_PROC) {
		out->readable = in_proc(out->inside, out->inside +
		    strlen(m->dst) + (out->inside[strlen(m->dst)] == '/')) ==
		    OWN || access(out->inside, R_OK) == 0;
		out->text = "the jail's own processes; /proc/sys is "
			    "read-only";
	}
	else if (m->kind == BIND_DEV) {
		out->writable = strcmp(out->inside, m->dst) != 0;
		out->text = "the jail's own devices";
	} else {
		out->writable = m->kind == BIND_TMPFS || m->kind == BIND_DIR;
		out->text = "the jail's own; gone with the session";
	}
}

/* --- mounts --- */

/* A list of mounts that grows. */
struct grown {
	struct msg_jail_mount *v;
	size_t n;
};

static void
grow(struct grown *g, uint64_t kind, const char *src, const char *dst,
    uint64_t size, const char *rule)
{
	g->v = xreallocarray(g->v, g->n + 1, sizeof(*g->v));
	g->v[g->n++] = (struct msg_jail_mount){ .kind = kind, .src = src,
		.dst = dst, .size = size, .rule = rule };
}

/* The last mount at dst is read-only from now on. */
static void
close_mount(struct grown *g, const char *dst)
{
	for (size_t i = g->n; i-- > 0;) {
		if (strcmp(g->v[i].dst, dst) != 0)
			continue;
		if (g->v[i].kind == BIND_RW)
			g->v[i].kind = BIND_RO;
		else if (g->v[i].kind == BIND_TMPFS)
			g->v[i].kind = BIND_EMPTY;
		return;
	}
}

/* A folder in memory is writable where that around it is. */
static void
make_folder(struct grown *g, const char *dst, const char *rule)
{
	const struct look l = { g->v, g->n, 0 };
	const struct msg_jail_mount *m = cover(&l, dst);

	if (m == NULL || m->kind == BIND_EMPTY)
		grow(g, BIND_EMPTY, "", dst, 0, rule);
	else if (m->kind == BIND_TMPFS)
		grow(g, BIND_TMPFS, "", dst, 0, rule);
	/* Elsewhere it was there, or bwrap fails. */
}

struct msg_jail_mount *
jailview_mounts(
    const struct jailplan *jp, const struct msg_strs *w, size_t *n)
{
	static const char rule[] = "--bwrap-flags";
	struct grown g = { NULL, 0 };

	for (size_t i = 0; i < jp->nbinds; i++)
		grow(&g, jp->binds[i].kind, jp->binds[i].src,
		    jp->binds[i].dst, jp->binds[i].size, jp->rules[i]);
	for (size_t i = 0; i + 1 < w->n; i++) {
		const char *a = w->v[i + 1];
		const char *b = i + 2 < w->n ? w->v[i + 2] : NULL;

		if (strcmp(w->v[i], "--ro-bind") == 0 && b != NULL) {
			grow(&g, BIND_RO, a, b, 0, rule);
			i += 2;
		} else if (strcmp(w->v[i], "--symlink") == 0 && b != NULL) {
			grow(&g, BIND_SYMLINK, a, b, 0, rule);
			i += 2;
		} else if (strcmp(w->v[i], "--tmpfs") == 0) {
			grow(&g, BIND_TMPFS, "", a, 0, rule);
			i++;
		} else if (strcmp(w->v[i], "--remount-ro") == 0) {
			close_mount(&g, a);
			i++;
		} else if (strcmp(w->v[i], "--dir") == 0) {
			make_folder(&g, a, rule);
			i++;
		} else if (strcmp(w->v[i], "--hostname") == 0)
			i++;
	}
	*n = g.n;
	return g.v;
}

void
jailview_look(const struct msg_jail_mount *v, size_t n, const char *path,
    struct jailview *out)
{
	struct look l = { v, n, 0 };
	const struct msg_jail_mount *m;
	enum found r;

	memset(out, 0, sizeof(*out));
	out->text = "";
	r = walk(&l, path, &out->inside);
	m = cover(&l, out->inside);
	out->rule = m == NULL ? "empty root" : m->rule;
	if (l.links > LINKS_MAX) {
		out->text = "too many symbolic links";
		return;
	}
	out->there = r == FOUND || (r == OWN && m != NULL &&
	    m->kind == BIND_PROC);
	conclude(&l, m, out);
}

void
jailview_clear(struct jailview *v)
{
	free(v->inside);
	free(v->outside);
	memset(v, 0, sizeof(*v));
}
