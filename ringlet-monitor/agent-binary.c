/*
 * agent-binary.c: finds an agent's program and works out what a jail must show
 * of it: the program, its package, its interpreter.
 *
 * The monitor calls it for every run and listing.  It only looks at files, and
 * never runs one.  It must never choose a program that another user, or a
 * jailed agent, could have put there, and never name a folder for a jail that
 * holds the user's home.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "agent-binary.h"
#include "err.h"
#include "manifest.h"
#include "xmalloc.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

#define SHEBANG_MAX  256	  /* bytes of a script's first line */
#define PACKAGE_MAX  (256 * 1024) /* bytes of a package.json */
#define VERSION_MAX  64
#define NODE_MODULES "/node_modules/"

/* Shown read-only by every jail, where they exist. */
static const char *const system_dirs[] = {
	"/usr",
	"/bin",
	"/sbin",
	"/lib",
	"/lib32",
	"/lib64",
	"/libx32",
	"/etc",
	"/opt",
	"/nix/store",
};

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
	"bin",
};

/*
 * A jail puts something of its own there, or keeps it empty; a bind over one
 * of them would undo that.
 */
static const char *const never_bound[] = {
	"/",
	"/dev",
	"/home",
	"/mnt",
	"/proc",
	"/root",
	"/run",
	"/sys",
	"/tmp",
	"/var",
	"/var/tmp",
};

/* Whether path is dir or below it; both absolute and without a last slash. */
static bool
is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (strcmp(dir, "/") == 0)
		return true;
	return strncmp(path, dir, n) == 0 &&
	       (path[n] == '/' || path[n] == '\0');
}

int
agent_binary_is_system(const char *path)
{
	size_t i;

	for (i = 0; i < NELEM(system_dirs); i++) {
		if (is_below(path, system_dirs[i]))
			return 1;
	}
	return 0;
}

static char *
parent_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL || slash == path)
		return xstrdup("/");
	return xstrndup(path, (size_t)(slash - path));
}

static const char *
base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

/* Whether a jail may get a bind of this folder. */
static bool
dir_may_be_bound(const char *dir, const char *home)
{
	size_t i;

	if (is_below(home, dir))
		return false;
	for (i = 0; i < NELEM(never_bound); i++) {
		if (strcmp(dir, never_bound[i]) == 0)
			return false;
	}
	return true;
}

/* Whether somebody else may write what st describes. */
static bool
others_write(const struct stat *st)
{
	if ((st->st_mode & S_IWOTH) != 0)
		return true;
	return (st->st_mode & S_IWGRP) != 0 && st->st_gid != 0 &&
	       st->st_gid != getegid();
}

/*
 * Whether path, free of links, is a program that can be trusted as far as the
 * user trusts their own files.  *problem says what is wrong otherwise.
 */
static bool
program_ok(const char *path, const char *home, const char **problem)
{
	const struct manifest_agent *agents;
	struct stat st, dir;
	char *parent, *homes;
	size_t i, n;
	bool inside;
	int r;

	if (stat(path, &st) == -1 || !S_ISREG(st.st_mode)) {
		*problem = "is not a regular file";
		return false;
	}
	if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == -1) {
		*problem = "cannot be executed";
		return false;
	}
	/* A jailed agent writes there; it must not get to run outside. */
	agents = manifest_agents(&n);
	for (i = 0; i < n; i++) {
		homes = xasprintf("%s/%s", home, agents[i].homes);
		inside = is_below(path, homes);
		free(homes);
		if (inside) {
			*problem = "lies in a profile's home";
			return false;
		}
	}
	parent = parent_of(path);
	r = stat(parent, &dir);
	free(parent);
	if (others_write(&st) || r == -1 ||
	    (others_write(&dir) && (dir.st_mode & S_ISVTX) == 0)) {
		*problem = "can be written by others";
		return false;
	}
	if (!agent_binary_is_system(path) && st.st_uid != 0 &&
	    st.st_uid != geteuid()) {
		*problem = "belongs to somebody else";
		return false;
	}
	return true;
}

/*
 * Tries dir/name.  Returns the name without links, for free(), or NULL; *found
 * is then the name in the folder, which has no links itself.  A program that
 * exists but cannot be taken is told in why.
 */
static char *
try(const char *dir, const char *name, const char *home, char **found,
    char *why, size_t size)
{
	const char *problem;
	char *path, *real, *real_dir;

	*found = NULL;
	if (*dir != '/' || (real_dir = realpath(dir, NULL)) == NULL)
		return NULL;
	path = xasprintf("%s/%s", real_dir, name);
	free(real_dir);
	if ((real = realpath(path, NULL)) == NULL) {
		free(path);
		return NULL;
	}
	if (!program_ok(real, home, &problem)) {
		snprintf(why, size, "%s %s", path, problem);
		free(real);
		free(path);
		return NULL;
	}
	*found = path;
	return real;
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

/* Looks through all folders; as try(). */
static char *
search_all(const char *name, const char *home, const char *const *search,
    char **found, char *why, size_t size)
{
	char *dir, *real;
	size_t i;

	for (i = 0; search != NULL && search[i] != NULL; i++) {
		if ((real = try(search[i], name, home, found, why, size)) !=
		    NULL)
			return real;
	}
	for (i = 0; i < NELEM(standard_dirs); i++) {
		if ((real = try(standard_dirs[i], name, home, found, why,
			 size)) != NULL)
			return real;
	}
	for (i = 0; i < NELEM(home_dirs); i++) {
		dir = xasprintf("%s/%s", home, home_dirs[i]);
		real = try(dir, name, home, found, why, size);
		free(dir);
		if (real != NULL)
			return real;
	}
	if ((dir = nvm_bin(home)) != NULL) {
		real = try(dir, name, home, found, why, size);
		free(dir);
		if (real != NULL)
			return real;
	}
	return NULL;
}

/* Adds path, which becomes out's, unless a jail has it anyway. */
static void
bind_add(struct agent_binary *out, char *path)
{
	size_t i;

	for (i = 0; i < out->nbinds; i++) {
		if (is_below(path, out->binds[i])) {
			free(path);
			return;
		}
	}
	if (agent_binary_is_system(path) || out->nbinds == AGENT_BINDS_MAX) {
		free(path);
		return;
	}
	out->binds[out->nbinds++] = path;
}

/*
 * The bind for a program: the whole tree of packages if npm installed it, as
 * packages find each other there; else its folder, as programs have files
 * beside them; else, where that would show too much, the file alone.
 */
static void
bind_program(struct agent_binary *out, const char *real, const char *home)
{
	const char *p;
	char *dir;

	if ((p = strstr(real, NODE_MODULES)) != NULL)
		dir = xstrndup(
		    real, (size_t)(p - real) + sizeof(NODE_MODULES) - 2);
	else
		dir = parent_of(real);
	if (!dir_may_be_bound(dir, home)) {
		free(dir);
		dir = xstrdup(real);
	}
	bind_add(out, dir);
}

/* An interpreter that is PREFIX/bin/NAME needs PREFIX/lib and the like. */
static void
bind_interpreter(struct agent_binary *out, const char *real, const char *home)
{
	char *dir, *prefix, *local;

	dir = parent_of(real);
	local = xasprintf("%s/.local", home);
	if (strcmp(base_of(dir), "bin") == 0) {
		prefix = parent_of(dir);
		if (dir_may_be_bound(prefix, home) &&
		    strcmp(prefix, local) != 0)
			bind_add(out, xstrdup(prefix));
		free(prefix);
	}
	free(local);
	free(dir);
	/* A no-op if the prefix is bound already. */
	bind_program(out, real, home);
}

static bool
in_standard_dir(const char *dir)
{
	size_t i;

	for (i = 0; i < NELEM(standard_dirs); i++) {
		if (strcmp(dir, standard_dirs[i]) == 0)
			return true;
	}
	return false;
}

/*
 * The next word of a #! line, cut out of *line, or NULL.
 */
static char *
next_word(char **line)
{
	char *word;

	*line += strspn(*line, " \t");
	if (**line == '\0')
		return NULL;
	word = *line;
	*line += strcspn(*line, " \t");
	if (**line != '\0')
		*(*line)++ = '\0';
	return word;
}

/*
 * If path is a script, finds its interpreter and adds what a jail needs for
 * it.  "#!/usr/bin/env NAME" is looked up as the program itself was.
 * RL_ERR_NOTFOUND, with why, if there is none.
 */
static int
interpreter_find(struct agent_binary *out, const char *home,
    const char *const *search, char *why, size_t size)
{
	char line[SHEBANG_MAX + 1], *p, *word, *found = NULL, *real;
	char problem[512] = "";
	ssize_t n;
	int fd;

	fd = open(out->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return RL_OK; /* may be executable without being readable */
	n = read(fd, line, SHEBANG_MAX);
	close(fd);
	if (n < 2 || line[0] != '#' || line[1] != '!')
		return RL_OK;
	line[n] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	p = line + 2;
	if ((word = next_word(&p)) == NULL)
		return RL_OK;
	if (strcmp(base_of(word), "env") != 0) {
		if (*word == '/' && (real = realpath(word, NULL)) != NULL) {
			bind_interpreter(out, real, home);
			free(real);
			return RL_OK;
		}
		snprintf(why, size,
		    "%s needs the interpreter %.200s, which is "
		    "not there",
		    out->found, word);
		return RL_ERR_NOTFOUND;
	}
	do {
		word = next_word(&p);
	} while (word != NULL && (*word == '-' || strchr(word, '=') != NULL));
	if (word == NULL || strchr(word, '/') != NULL)
		return RL_OK;
	real = search_all(word, home, search, &found, problem, sizeof(problem));
	if (real == NULL) {
		snprintf(why, size,
		    "%s needs the interpreter %.100s, which is "
		    "not installed%s%s",
		    out->found, word, *problem != '\0' ? ": " : "", problem);
		return RL_ERR_NOTFOUND;
	}
	/* PATH must lead to the same name inside, where links may be gone. */
	if (strcmp(base_of(real), word) == 0) {
		out->interp_dir = parent_of(real);
		bind_interpreter(out, real, home);
	} else {
		out->interp_dir = parent_of(found);
		bind_program(out, found, home);
		bind_interpreter(out, real, home);
	}
	if (in_standard_dir(out->interp_dir)) {
		free(out->interp_dir);
		out->interp_dir = NULL;
	}
	free(real);
	free(found);
	return RL_OK;
}

static bool
version_ok(const char *s)
{
	size_t len = strlen(s);

	return len > 0 && len <= VERSION_MAX && s[0] >= '0' && s[0] <= '9' &&
	       strspn(s, "0123456789.+-_abcdefghijklmnopqrstuvwxyz"
			 "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == len;
}

/* The "version" of the package.json in a package's folder, or NULL. */
static char *
package_version(const char *dir)
{
	char *path, *text = NULL, *version = NULL;
	const char *s;
	struct stat st;
	json_t *obj = NULL;
	ssize_t n;
	int fd;

	path = xasprintf("%s/package.json", dir);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	free(path);
	if (fd == -1)
		return NULL;
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) || st.st_size <= 0 ||
	    st.st_size > PACKAGE_MAX)
		goto out;
	text = xmalloc((size_t)st.st_size);
	n = read(fd, text, (size_t)st.st_size);
	if (n != st.st_size)
		goto out;
	obj = json_loadb(text, (size_t)n, 0, NULL);
	s = json_string_value(json_object_get(obj, "version"));
	if (s != NULL && version_ok(s))
		version = xstrdup(s);
out:
	json_decref(obj);
	free(text);
	close(fd);
	return version;
}

/* What can be said of the version without running anything. */
static char *
version_find(const char *real)
{
	const char *p, *last = NULL, *end;
	char *dir, *version;

	for (p = real; (p = strstr(p, NODE_MODULES)) != NULL; p++)
		last = p;
	if (last == NULL) {
		/* Some installers name the file after the version. */
		return version_ok(base_of(real)) ? xstrdup(base_of(real))
						 : NULL;
	}
	p = last + sizeof(NODE_MODULES) - 1;
	end = strchr(p, '/');
	if (end != NULL && *p == '@')
		end = strchr(end + 1, '/');
	if (end == NULL)
		return NULL;
	dir = xstrndup(real, (size_t)(end - real));
	version = package_version(dir);
	free(dir);
	return version;
}

char *
agent_binary_shell(void)
{
	static const char *const refusing[] = { "nologin", "false", "true" };
	const struct passwd *pw = getpwuid(geteuid());
	size_t i;

	if (pw == NULL || pw->pw_shell == NULL || pw->pw_shell[0] != '/' ||
	    faccessat(AT_FDCWD, pw->pw_shell, X_OK, AT_EACCESS) == -1)
		return xstrdup("/bin/sh");
	for (i = 0; i < NELEM(refusing); i++) {
		if (strcmp(base_of(pw->pw_shell), refusing[i]) == 0)
			return xstrdup("/bin/sh");
	}
	return xstrdup(pw->pw_shell);
}

int
agent_binary_find(const struct manifest_agent *agent, const char *home,
    const char *const *search, struct agent_binary *out, char *why, size_t size)
{
	char problem[512] = "", *shell = NULL, *real_home, *dir;
	const char *name = agent->binary;
	int r;

	memset(out, 0, sizeof(*out));
	/* Names are compared with the home's, so that must be the real one. */
	if ((real_home = realpath(home, NULL)) == NULL) {
		snprintf(
		    why, size, "the home folder %s: %s", home, strerror(errno));
		return RL_ERR_NOTFOUND;
	}
	if (name == NULL) {
		name = shell = agent_binary_shell();
		dir = parent_of(shell);
		out->path = try(dir, base_of(shell), real_home, &out->found,
		    problem, sizeof(problem));
		free(dir);
	} else
		out->path = search_all(name, real_home, search, &out->found,
		    problem, sizeof(problem));
	if (out->path != NULL) {
		out->version = version_find(out->path);
		bind_program(out, out->path, real_home);
		r = interpreter_find(out, real_home, search, why, size);
	} else {
		if (*problem != '\0')
			snprintf(why, size, "%s", problem);
		else
			snprintf(why, size,
			    "%s (%s) was not found in PATH or "
			    "the usual folders%s%s",
			    agent->name, name,
			    agent->install != NULL ? ": " : "",
			    agent->install != NULL ? agent->install : "");
		r = RL_ERR_NOTFOUND;
	}
	free(shell);
	free(real_home);
	return r;
}

void
agent_binary_clear(struct agent_binary *b)
{
	size_t i;

	free(b->found);
	free(b->path);
	free(b->interp_dir);
	free(b->version);
	for (i = 0; i < b->nbinds; i++)
		free(b->binds[i]);
	memset(b, 0, sizeof(*b));
}
