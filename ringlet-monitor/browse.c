/*
 * Folders for a picker.  Whoever asks may be hostile, and so may be what lies
 * in the folders: an agent wrote it.  So a name is looked up in its root
 * alone, a step at a time from an open folder, and no step may be a link; what
 * is above a root is never opened, and is refused as what does not exist is.
 */

#include "config.h"

#include <sys/stat.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent-search.h"
#include "browse.h"
#include "err.h"
#include "fdpass.h"
#include "jailcheck.h"
#include "paths.h"
#include "valid.h"
#include "xmalloc.h"

/* What the answer is made with. */
struct search {
	const struct paths *paths;
	const struct strlist *bounds; /* the policy's, or NULL */
	struct strlist closed; /* what no working folder is, lies in or holds */
	char *dir;	       /* the folder as it was asked for */
	const char *begin;     /* of the names wanted; "" for all */
	struct browse *out;
	char *why;
	size_t size;
};

static int __attribute__((__format__(printf, 3, 4)))
refuse(struct search *s, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(s->why, s->size, fmt, ap);
	va_end(ap);
	return err;
}

static void
add_folder(struct search *s, const char *name, bool usable)
{
	struct browse *out = s->out;

	if (out->folders == NULL)
		out->folders = xcalloc(BROWSE_MAX, sizeof(*out->folders));
	if (out->n == BROWSE_MAX) {
		out->truncated = true;
		return;
	}
	out->folders[out->n].name = xstrdup(name);
	out->folders[out->n++].usable = usable;
}

static int
by_name(const void *a, const void *b)
{
	const struct browse_folder *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* --- what a session would take --- */

/* Whether path, free of links, is or lies in what is closed. */
static bool
is_closed(const struct search *s, const char *path)
{
	for (size_t i = 0; i < s->closed.n; i++)
		if (path_is_below(path, s->closed.v[i]))
			return true;
	return jailcheck_in_settings(s->paths, path);
}

/* Whether something that is closed lies in path. */
static bool
holds_closed(const struct search *s, const char *path)
{
	for (size_t i = 0; i < s->closed.n; i++)
		if (path_is_below(s->closed.v[i], path))
			return true;
	return false;
}

/*
 * The folder itself gets the judgement that a session's start would give; of a
 * profile's home, which only its own sessions may have, nothing is known here.
 */
static void
judge(struct search *s, int open_fd)
{
	struct browse *out = s->out;
	char path[64], *real;
	int fd;

	/* By its name another one might be judged by now. */
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", open_fd);
	fd = jailcheck_open_cwd(
	    s->paths, NULL, path, &real, out->why, sizeof(out->why));
	if (fd < 0)
		return;
	if (jailcheck_may_offer(
		s->paths, NULL, fd, real, out->why, sizeof(out->why)) == 0) {
		out->usable = true;
		out->why[0] = '\0';
	}
	fd_close(fd);
	free(real);
}

/* --- the way there --- */

/*
 * Opens what rel names below the folder fd, which it closes: parts without "."
 * and "..".  A descriptor, or an error as open(2) has it.
 */
static int
walk(int fd, const char *rel)
{
	char part[NAME_MAX + 1];
	size_t n;
	int next;

	while (fd != -1 && *rel != '\0') {
		rel += strspn(rel, "/");
		n = strcspn(rel, "/");
		if (n == 0)
			break;
		if (n > NAME_MAX) {
			fd_close(fd);
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(part, rel, n);
		part[n] = '\0';
		rel += n;
		next = openat(
		    fd, part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next == -1) {
			n = (size_t)errno;
			fd_close(fd);
			errno = (int)n;
			return -1;
		}
		fd_close(fd);
		fd = next;
	}
	return fd;
}

/*
 * Finds the root that dir lies in, by its name or its name without links; *rel
 * is what follows.  False: there is none.
 */
static bool
find_root(const struct strlist *roots, const char *dir, const char **root,
    const char **rel)
{
	char *real;
	bool below;

	for (size_t i = 0; i < roots->n; i++) {
		if (path_is_below(dir, roots->v[i])) {
			*root = roots->v[i];
			*rel = dir + strlen(*root);
			return true;
		}
		if ((real = realpath(roots->v[i], NULL)) == NULL)
			continue;
		below = path_is_below(dir, real);
		*rel = dir + strlen(real);
		free(real);
		*root = roots->v[i];
		if (below)
			return true;
	}
	return false;
}

/* Whether the policy lets the folder of that name, without links, be seen. */
static bool
is_bounded(const struct search *s, const char *real)
{
	bool below = s->bounds == NULL || s->bounds->n == 0;
	char *top;

	for (size_t i = 0; !below && i < s->bounds->n; i++) {
		top = realpath(s->bounds->v[i], NULL);
		below = top != NULL && path_is_below(real, top);
		free(top);
	}
	return below;
}

/*
 * Opens the folder as *fd.  Its name without links, for free(); NULL: *err says
 * why not.
 */
static char *
open_folder(struct search *s, const struct strlist *roots, int *fd, int *err)
{
	const char *root, *rel;
	char *top, *real;
	bool inside;

	if (!find_root(roots, s->dir, &root, &rel)) {
		*err = refuse(s, RL_ERR_DENIED,
		    "%s: is in none of the folders that BrowseRoots names",
		    s->dir);
		return NULL;
	}
	/* A root is whatever its owner said, links included. */
	*fd = walk(open(root, O_PATH | O_DIRECTORY | O_CLOEXEC), rel);
	if (*fd == -1) {
		*err = errno == ENOENT ? RL_ERR_NOTFOUND : RL_ERR_DENIED;
		(void)refuse(s, *err, "%s: %s", s->dir,
		    errno == ENOTDIR || errno == ELOOP
			? "is no folder, or is reached by a link"
			: strerror(errno));
		return NULL;
	}
	real = jailcheck_real_name(*fd);
	top = realpath(root, NULL);
	inside = real != NULL && top != NULL && path_is_below(real, top);
	free(top);
	if (inside && is_bounded(s, real) && !is_closed(s, real))
		return real;
	if (inside && !is_bounded(s, real))
		*err = refuse(s, RL_ERR_DENIED,
		    "%s: is in none of the folders that the policy's "
		    "BrowseRoots names",
		    s->dir);
	else
		*err = refuse(s, RL_ERR_DENIED, "%s: %s", s->dir,
		    inside ? "a session over HTTP cannot work there"
			   : "has moved: try again");
	fd_close(*fd);
	free(real);
	return NULL;
}

/* --- what is in it --- */

/* Text that a person can tell from other text, on one line. */
static bool
is_text(const char *name)
{
	for (const char *p = name; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return false;
	return valid_utf8(name, strlen(name));
}

static bool
is_wanted(const struct search *s, const char *name)
{
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	if (name[0] == '.' && s->begin[0] != '.')
		return false;
	return strncmp(name, s->begin, strlen(s->begin)) == 0;
}

static void
take_entry(struct search *s, int dfd, const char *real, const char *name)
{
	struct stat st;
	char *path;

	/* A link is no folder here, whatever it leads to. */
	if (fstatat(dfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !S_ISDIR(st.st_mode))
		return;
	if (!is_text(name)) {
		s->out->skipped++;
		return;
	}
	path = xasprintf("%s/%s", strcmp(real, "/") == 0 ? "" : real, name);
	if (!is_closed(s, path))
		add_folder(
		    s, name, st.st_uid == geteuid() && !holds_closed(s, path));
	free(path);
}

/* Takes the folder fd, but does not close it. */
static int
scan(struct search *s, int fd, const char *real)
{
	struct dirent *e;
	size_t seen = 0;
	DIR *d;
	int dfd;

	dfd = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dfd == -1 || (d = fdopendir(dfd)) == NULL) {
		refuse(s, RL_ERR_DENIED, "%s: %s", s->dir, strerror(errno));
		if (dfd != -1)
			fd_close(dfd);
		return RL_ERR_DENIED;
	}
	while ((e = readdir(d)) != NULL && !s->out->truncated) {
		if (++seen > BROWSE_SCAN)
			s->out->truncated = true;
		else if (is_wanted(s, e->d_name) &&
			 (e->d_type == DT_DIR || e->d_type == DT_UNKNOWN))
			take_entry(s, dfd, real, e->d_name);
	}
	closedir(d);
	return 0;
}

/* The roots that the beginning of a name can lead to. */
static void
offer_roots(struct search *s, const struct strlist *roots, const char *begin)
{
	char *real;

	for (size_t i = 0; i < roots->n; i++) {
		if (strncmp(roots->v[i], begin, strlen(begin)) != 0 ||
		    !is_text(roots->v[i]))
			continue;
		real = realpath(roots->v[i], NULL);
		if (real == NULL || is_bounded(s, real))
			add_folder(s, roots->v[i], false);
		free(real);
	}
}

static int
look(struct search *s, const struct strlist *roots)
{
	char *real;
	int fd = -1, r = RL_ERR_INTERNAL;

	if (!valid_abs_path(s->dir) || !valid_utf8(s->dir, strlen(s->dir)))
		return refuse(s, RL_ERR_INVALID,
		    "the folder is not an "
		    "absolute path without . and .. parts");
	if ((real = open_folder(s, roots, &fd, &r)) == NULL)
		return r;
	if ((r = scan(s, fd, real)) == 0)
		judge(s, fd);
	fd_close(fd);
	free(real);
	return r;
}

/* The folder in path, and what its names are to begin with. */
static void
split(struct search *s, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL) {
		s->dir = xstrdup("");
		s->begin = path;
		return;
	}
	s->begin = slash + 1;
	s->dir = slash == path ? xstrdup("/")
			       : xstrndup(path, (size_t)(slash - path));
}

int
browse(const struct paths *paths, const struct strlist *roots,
    const struct strlist *bounds, const char *path, bool complete,
    struct browse *out, char *why, size_t size)
{
	struct search s = { .paths = paths,
		.bounds = bounds,
		.begin = "",
		.out = out,
		.why = why,
		.size = size };
	const char *root, *rel;
	int r;

	memset(out, 0, sizeof(*out));
	if (roots->n == 0)
		return refuse(&s, RL_ERR_DENIED,
		    "BrowseRoots is none: no "
		    "folders are shown over HTTP");
	jailcheck_closed(paths, &s.closed);
	if (complete)
		split(&s, path);
	else
		s.dir = xstrdup(path[0] != '\0' ? path : roots->v[0]);
	if (complete && s.dir[0] == '/' &&
	    !find_root(roots, s.dir, &root, &rel)) {
		offer_roots(&s, roots, path);
		out->path = xstrdup("");
		r = 0;
	} else if ((r = look(&s, roots)) == 0) {
		out->path = s.dir;
		s.dir = NULL;
	}
	if (r != 0)
		browse_free(out);
	else if (out->n > 1)
		qsort(out->folders, out->n, sizeof(*out->folders), by_name);
	strlist_clear(&s.closed);
	free(s.dir);
	return r;
}

void
browse_free(struct browse *b)
{
	for (size_t i = 0; i < b->n; i++)
		free(b->folders[i].name);
	free(b->folders);
	free(b->path);
	memset(b, 0, sizeof(*b));
}
