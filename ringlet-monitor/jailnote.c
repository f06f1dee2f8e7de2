/*
 * Notes about jails that run.  They outlive an exec of the monitor in a memory
 * file: five lists, each string with its NUL, each list ended by an empty one.
 */

#include "config.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "fdpass.h"
#include "jailnote.h"
#include "paths.h"
#include "repo.h"
#include "valid.h"
#include "xmalloc.h"

#define PATH_SHOWN 280 /* bytes of a name in a line */
#define NOTE_MAX   (8 * 1024 * 1024) /* bytes; far above what there can be */

static struct strlist *
list(struct jailnote *n, size_t i)
{
	struct strlist *const lists[] = { &n->writable, &n->mounts, &n->roots,
		&n->files, &n->changed };

	return i < sizeof(lists) / sizeof(lists[0]) ? lists[i] : NULL;
}

void
jailnote_clear(struct jailnote *n)
{
	for (size_t i = 0; list(n, i) != NULL; i++)
		strlist_clear(list(n, i));
}

void
jailnote_move(struct jailnote *to, struct jailnote *from)
{
	jailnote_clear(to);
	*to = *from;
	memset(from, 0, sizeof(*from));
}

void
jailnote_scan(struct jailnote *n, const char *root)
{
	struct stat st;

	if (stat(root, &st) == -1)
		return;
	strlist_addf(&n->roots, "%ju:%ju %s", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino, root);
	repo_scan(root, &n->files);
}

/* --- the end --- */

static const char *
path_of(const char *entry)
{
	const char *space = strchr(entry, ' ');

	return space == NULL ? "" : space + 1;
}

/* The entry of that path, or NULL. */
static const char *
entry_of(const struct strlist *l, const char *path)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(path_of(l->v[i]), path) == 0)
			return l->v[i];
	return NULL;
}

/* Whether the folder is the one that was scanned. */
static bool
same_root(const char *root)
{
	char *now = NULL;
	struct stat st;
	bool same;

	if (stat(path_of(root), &st) == -1)
		return false;
	now = xasprintf("%ju:%ju %s", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino, path_of(root));
	same = strcmp(now, root) == 0;
	free(now);
	return same;
}

static void
tell(struct strlist *changed, size_t *more, const char *what, const char *path)
{
	char shown[PATH_SHOWN];

	/* An agent may have chosen the name. */
	if (changed->n + 1 < JAILNOTE_CHANGED_MAX)
		strlist_addf(changed, "%s %s", what,
		    text_escape(shown, sizeof(shown), path));
	else
		(*more)++;
}

void
jailnote_compare(struct jailnote *n)
{
	struct strlist now = { NULL, 0 }, changed = { NULL, 0 };
	const char *was;
	size_t more = 0;

	for (size_t i = 0; i < n->roots.n; i++) {
		if (same_root(n->roots.v[i]))
			repo_scan(path_of(n->roots.v[i]), &now);
		else
			tell(&changed, &more, "moved",
			    path_of(n->roots.v[i]));
	}
	for (size_t i = 0; i < now.n; i++) {
		was = entry_of(&n->files, path_of(now.v[i]));
		if (was == NULL)
			tell(&changed, &more, "new", path_of(now.v[i]));
		else if (strcmp(was, now.v[i]) != 0)
			tell(&changed, &more, "changed", path_of(now.v[i]));
	}
	for (size_t i = 0; i < n->files.n; i++)
		if (entry_of(&now, path_of(n->files.v[i])) == NULL)
			tell(&changed, &more, "removed",
			    path_of(n->files.v[i]));
	if (more > 0)
		strlist_addf(&changed, "and %zu more", more);
	strlist_clear(&now);
	jailnote_clear(n);
	n->changed = changed;
}

/* --- memory file --- */

int
jailnote_save(const struct jailnote *note)
{
	struct jailnote *n = (struct jailnote *)(uintptr_t)note;
	struct strlist *l;
	int fd, r = 0;

	if ((fd = memfd_create("ringlet-note", MFD_CLOEXEC)) == -1)
		return RL_ERR_SYSTEM;
	for (size_t i = 0; (l = list(n, i)) != NULL && r == 0; i++) {
		for (size_t k = 0; k < l->n && r == 0; k++)
			r = paths_write_all(fd, l->v[k], strlen(l->v[k]) + 1);
		if (r == 0)
			r = paths_write_all(fd, "", 1);
	}
	if (r == 0)
		return fd;
	fd_close(fd);
	return r;
}

int
jailnote_load(struct jailnote *n, int fd)
{
	struct strlist *l;
	struct stat st;
	char *text, *p, *end;
	size_t i = 0, len;
	int r = RL_ERR_INVALID;

	memset(n, 0, sizeof(*n));
	if (!fd_is(fd, FD_MEM) || fstat(fd, &st) == -1 || st.st_size <= 0 ||
	    st.st_size > NOTE_MAX)
		return RL_ERR_INVALID;
	len = (size_t)st.st_size;
	text = xmalloc(len);
	if (pread(fd, text, len, 0) != st.st_size || text[len - 1] != '\0')
		goto out;
	end = text + len;
	for (p = text; p < end && (l = list(n, i)) != NULL;
	     p += strlen(p) + 1) {
		if (*p == '\0')
			i++;
		else
			strlist_add(l, p);
	}
	if (p == end && list(n, i) == NULL)
		r = 0;
out:
	free(text);
	return r;
}
