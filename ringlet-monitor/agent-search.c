/*
 * agent-search.c: looks for a program by name, in the asker's folders and in
 * those where installers put things.
 *
 * What it returns will be run with a key in its environment.  So it must pass
 * over everything that another user could have written, and everything that a
 * jailed agent could: a home of a profile is never looked into.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent-binary.h"
#include "agent-package.h"
#include "agent-search.h"
#include "profile-home.h"
#include "xmalloc.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

/* In the PATH of every jail. */
static const char *const standard_dirs[] = {
	"/usr/local/bin",
	"/usr/bin",
	"/bin",
};

/* Where installers put programs, below the user's home. */
static const char *const home_dirs[] = {
	".local/bin",
	".npm-global/bin",
	".claude/local",
	".bun/bin",
	".cargo/bin",
	".local/share/pnpm",
	".opencode/bin",
	"bin",
};

bool
path_is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (strcmp(dir, "/") == 0)
		return true;
	return strncmp(path, dir, n) == 0 &&
	       (path[n] == '/' || path[n] == '\0');
}

char *
path_parent(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL || slash == path)
		return xstrdup("/");
	return xstrndup(path, (size_t)(slash - path));
}

const char *
path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

/*
 * Whether somebody else may write what st describes.  In the system's folders
 * groups are the administrator's choice: Debian gives /usr/local to "staff".
 */
static bool
others_write(const struct stat *st, bool system)
{
	if ((st->st_mode & S_IWOTH) != 0)
		return true;
	return !system && (st->st_mode & S_IWGRP) != 0 && st->st_gid != 0 &&
	       st->st_gid != getegid();
}

/*
 * Whether path, free of links, is a program that can be trusted as far as the
 * user trusts their own files.  *problem says what is wrong otherwise.
 */
static bool
program_ok(const char *path, const char *home, const char **problem)
{
	struct stat st, dir;
	char *parent;
	bool system = agent_binary_is_system(path);
	int r;

	if (stat(path, &st) == -1 || !S_ISREG(st.st_mode)) {
		*problem = "is not a regular file";
		return false;
	}
	if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == -1) {
		*problem = "cannot be executed";
		return false;
	}
	if (agent_package_is_shim(path)) {
		*problem = "is a shim of 'ringlet aliases'";
		return false;
	}
	/* A jailed agent writes there; it must not get to run outside. */
	if (profile_homes_hold(home, path)) {
		*problem = "lies in a profile's home";
		return false;
	}
	parent = path_parent(path);
	r = stat(parent, &dir);
	free(parent);
	if (others_write(&st, system) || r == -1 ||
	    (others_write(&dir, system) && (dir.st_mode & S_ISVTX) == 0)) {
		*problem = "can be written by others";
		return false;
	}
	if (!system && st.st_uid != 0 && st.st_uid != geteuid()) {
		*problem = "belongs to somebody else";
		return false;
	}
	return true;
}

/*
 * The native program of a package whose installer did not put it in its place
 * (npm's --ignore-scripts): it is in a package for the platform, below the same
 * tree or below the package itself.  For free(), or NULL.
 */
static char *
native_of(const char *real, const char *const *natives, const char *home)
{
	char *dirs[2], *path, *program = NULL;
	const char *problem;
	size_t i, j;

	dirs[0] = agent_package_tree(real);
	dirs[1] = agent_package_dir(real);
	for (i = 0; natives != NULL && natives[i] != NULL; i++) {
		for (j = 0; j < 2 && program == NULL; j++) {
			if (dirs[j] == NULL)
				continue;
			path = xasprintf("%s%s/%s", dirs[j],
			    j == 0 ? "" : "/node_modules", natives[i]);
			program = realpath(path, NULL);
			free(path);
			if (program != NULL &&
			    (!program_ok(program, home, &problem) ||
				!agent_package_runs(program))) {
				free(program);
				program = NULL;
			}
		}
	}
	free(dirs[0]);
	free(dirs[1]);
	return program;
}

char *
agent_search_in(const struct agent_wanted *w, const char *dir, char **found)
{
	const char *problem;
	char *path, *real, *real_dir, *native;

	*found = NULL;
	if (*dir != '/' || (real_dir = realpath(dir, NULL)) == NULL)
		return NULL;
	path = xasprintf("%s/%s", real_dir, w->name);
	free(real_dir);
	if ((real = realpath(path, NULL)) == NULL) {
		free(path);
		return NULL;
	}
	if (!program_ok(real, w->home, &problem))
		goto fail;
	if (!agent_package_runs(real)) {
		problem = "cannot be run: its installation is not complete";
		native = native_of(real, w->natives, w->home);
		if (native == NULL)
			goto fail;
		free(real);
		real = native;
	}
	*found = path;
	return real;
fail:
	snprintf(w->problem, w->size, "%s %s", path, problem);
	free(real);
	free(path);
	return NULL;
}

/* Orders "v9.2.0" before "v18.0.1": digits count as numbers. */
static int
version_cmp(const char *a, const char *b)
{
	unsigned long na, nb;
	char *ea, *eb;

	while (*a != '\0' && *b != '\0') {
		if (*a >= '0' && *a <= '9' && *b >= '0' && *b <= '9') {
			na = strtoul(a, &ea, 10);
			nb = strtoul(b, &eb, 10);
			if (na != nb)
				return na < nb ? -1 : 1;
			a = ea;
			b = eb;
			continue;
		}
		if (*a != *b)
			return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
		a++;
		b++;
	}
	return (*a != '\0') - (*b != '\0');
}

/* The bin folder of the newest node that nvm installed, or NULL. */
static char *
nvm_bin(const char *home)
{
	char *base, *best = NULL, *dir = NULL;
	struct dirent *e;
	DIR *d;

	base = xasprintf("%s/.nvm/versions/node", home);
	if ((d = opendir(base)) != NULL) {
		while ((e = readdir(d)) != NULL) {
			if (e->d_name[0] != 'v' ||
			    (best != NULL && version_cmp(e->d_name, best) <= 0))
				continue;
			free(best);
			best = xstrdup(e->d_name);
		}
		closedir(d);
	}
	if (best != NULL)
		dir = xasprintf("%s/%s/bin", base, best);
	free(best);
	free(base);
	return dir;
}

/* Looks through a list of folders with colons between them. */
static char *
search_list(const struct agent_wanted *w, const char *list, char **found)
{
	char *dir, *real = NULL;
	size_t n;

	while (real == NULL && *list != '\0') {
		n = strcspn(list, ":");
		dir = xstrndup(list, n);
		real = agent_search_in(w, dir, found);
		free(dir);
		list += n;
		if (*list == ':')
			list++;
	}
	return real;
}

char *
agent_search(const struct agent_wanted *w, char **found)
{
	const char *own;
	char *dir, *real;
	size_t i;

	for (i = 0; w->search != NULL && w->search[i] != NULL; i++) {
		if ((real = agent_search_in(w, w->search[i], found)) != NULL)
			return real;
	}
	/* Who asks over HTTP has no PATH; the daemon's is the user's too. */
	if ((own = getenv("PATH")) != NULL &&
	    (real = search_list(w, own, found)) != NULL)
		return real;
	for (i = 0; i < NELEM(standard_dirs); i++) {
		if ((real = agent_search_in(w, standard_dirs[i], found)) !=
		    NULL)
			return real;
	}
	for (i = 0; i < NELEM(home_dirs); i++) {
		dir = xasprintf("%s/%s", w->home, home_dirs[i]);
		real = agent_search_in(w, dir, found);
		free(dir);
		if (real != NULL)
			return real;
	}
	if ((dir = nvm_bin(w->home)) != NULL) {
		real = agent_search_in(w, dir, found);
		free(dir);
		if (real != NULL)
			return real;
	}
	return NULL;
}

bool
agent_search_standard(const char *dir)
{
	size_t i;

	for (i = 0; i < NELEM(standard_dirs); i++) {
		if (strcmp(dir, standard_dirs[i]) == 0)
			return true;
	}
	return false;
}
