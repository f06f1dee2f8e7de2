/*
 * manifest-user.c: the user's own manifests, agents.d/ID.json and
 * providers.d/ID.json in the configuration folder.
 *
 * A manifest decides what is run and where keys are sent, so it must be as much
 * the user's own as ringlet.conf is: a folder that others can write, and a file
 * that is a link or somebody else's, are not read, and that is told.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "manifest.h"
#include "paths.h"
#include "strlist.h"
#include "valid.h"
#include "xmalloc.h"

#define SUFFIX ".json"

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of files, sorted.  NULL, or what is wrong with the folder. */
static const char *
list(const char *dir, struct strlist *names)
{
	struct dirent *e;
	struct stat st;
	DIR *d;
	int fd;

	if ((fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return errno == ENOENT ? NULL : strerror(errno);
	if (fstat(fd, &st) == -1 || (d = fdopendir(fd)) == NULL) {
		close(fd);
		return strerror(errno);
	}
	if (st.st_uid != geteuid() || (st.st_mode & S_IWOTH) != 0) {
		closedir(d);
		return "is not read, as it is not yours or others can write "
		       "in it: mend it with chmod 700";
	}
	/* What editors leave behind begins with a dot or ends otherwise. */
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' && strlen(e->d_name) > strlen(SUFFIX) &&
		    strcmp(e->d_name + strlen(e->d_name) - strlen(SUFFIX),
			SUFFIX) == 0)
			strlist_add(names, e->d_name);
	closedir(d);
	if (names->n > 1)
		qsort(names->v, names->n, sizeof(*names->v), by_name);
	return NULL;
}

static void
add_file(struct manifest_set *set, enum manifest_kind kind, const char *dir,
    const char *name)
{
	char *file = xasprintf("%s/%s", dir, name), *text, why[512];
	char *id = xstrndup(name, strlen(name) - strlen(SUFFIX));
	size_t len;
	int r;

	if (!valid_ident(id)) {
		manifest_set_broken(set, kind, file, id,
		    "its name must be ID.json, with an ID of a-z 0-9 . _ -");
		goto out;
	}
	r = paths_read_file(file, MANIFEST_MAX, &text, &len);
	if (r == RL_OK) {
		(void)manifest_set_add(set, kind, MANIFEST_USER, file, id, text,
		    len, why, sizeof(why));
		free(text);
	} else
		manifest_set_broken(set, kind, file, id,
		    r == RL_ERR_DENIED	     ? "is not a regular file of yours"
			: r == RL_ERR_TOOBIG ? "is too long"
					     : rl_strerror(r));
out:
	free(id);
	free(file);
}

static void
add_folder(struct manifest_set *set, enum manifest_kind kind,
    const struct paths *paths, const char *name)
{
	char *dir = xasprintf("%s/%s", paths->config_dir, name);
	struct strlist names = { NULL, 0 };
	const char *wrong;

	if ((wrong = list(dir, &names)) != NULL)
		manifest_set_broken(set, kind, dir, name, wrong);
	for (size_t i = 0; i < names.n; i++)
		add_file(set, kind, dir, names.v[i]);
	strlist_clear(&names);
	free(dir);
}

void
manifest_set_add_user(struct manifest_set *set, const struct paths *paths)
{
	add_folder(set, MANIFEST_AGENT, paths, "agents.d");
	add_folder(set, MANIFEST_PROVIDER, paths, "providers.d");
}
