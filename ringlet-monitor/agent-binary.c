/*
 * agent-binary.c: finds an agent's program and works out what a jail must show
 * of it: the program, its package, its interpreter.
 *
 * The monitor calls it for every run and listing.  It only looks at files, and
 * never runs one.  It must never name a folder for a jail that holds the user's
 * home.
 */

#include "config.h"

#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent-binary.h"
#include "agent-package.h"
#include "agent-search.h"
#include "err.h"
#include "manifest.h"
#include "xmalloc.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

#define SHEBANG_MAX 256 /* bytes of a script's first line */

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

int
agent_binary_is_system(const char *path)
{
	size_t i;

	for (i = 0; i < NELEM(system_dirs); i++) {
		if (path_is_below(path, system_dirs[i]))
			return 1;
	}
	return 0;
}

/* Whether a jail may get a bind of this folder. */
static bool
dir_may_be_bound(const char *dir, const char *home)
{
	size_t i;

	if (path_is_below(home, dir))
		return false;
	for (i = 0; i < NELEM(never_bound); i++) {
		if (strcmp(dir, never_bound[i]) == 0)
			return false;
	}
	return true;
}

/* Adds path, which becomes out's, unless a jail has it anyway. */
static void
bind_add(struct agent_binary *out, char *path)
{
	size_t i;

	for (i = 0; i < out->nbinds; i++) {
		if (path_is_below(path, out->binds[i])) {
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
	char *dir;

	if ((dir = agent_package_tree(real)) == NULL)
		dir = path_parent(real);
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

	dir = path_parent(real);
	local = xasprintf("%s/.local", home);
	if (strcmp(path_base(dir), "bin") == 0) {
		prefix = path_parent(dir);
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
	struct agent_wanted w;
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
	if (strcmp(path_base(word), "env") != 0) {
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
	w = (struct agent_wanted){ word, home, search, NULL, problem,
		sizeof(problem) };
	real = agent_search(&w, &found);
	if (real == NULL) {
		snprintf(why, size,
		    "%s needs the interpreter %.100s, which is "
		    "not installed%s%s",
		    out->found, word, *problem != '\0' ? ": " : "", problem);
		return RL_ERR_NOTFOUND;
	}
	/* PATH must lead to the same name inside, where links may be gone. */
	if (strcmp(path_base(real), word) == 0) {
		out->interp_dir = path_parent(real);
		bind_interpreter(out, real, home);
	} else {
		out->interp_dir = path_parent(found);
		bind_program(out, found, home);
		bind_interpreter(out, real, home);
	}
	if (agent_search_standard(out->interp_dir)) {
		free(out->interp_dir);
		out->interp_dir = NULL;
	}
	free(real);
	free(found);
	return RL_OK;
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
		if (strcmp(path_base(pw->pw_shell), refusing[i]) == 0)
			return xstrdup("/bin/sh");
	}
	return xstrdup(pw->pw_shell);
}

int
agent_binary_find(const struct manifest_agent *agent, const char *home,
    const char *const *search, struct agent_binary *out, char *why, size_t size)
{
	char problem[512] = "", *shell = NULL, *real_home, *dir;
	struct agent_wanted w;
	int r;

	memset(out, 0, sizeof(*out));
	/* Names are compared with the home's, so that must be the real one. */
	if ((real_home = realpath(home, NULL)) == NULL) {
		snprintf(
		    why, size, "the home folder %s: %s", home, strerror(errno));
		return RL_ERR_NOTFOUND;
	}
	w = (struct agent_wanted){ agent->binary, real_home, search,
		agent->natives, problem, sizeof(problem) };
	if (agent->binary == NULL) {
		shell = agent_binary_shell();
		w.name = path_base(shell);
		dir = path_parent(shell);
		out->path = agent_search_in(&w, dir, &out->found);
		free(dir);
	} else
		out->path = agent_search(&w, &out->found);
	if (out->path != NULL) {
		out->version = agent_package_version(out->path);
		bind_program(out, out->path, real_home);
		r = interpreter_find(out, real_home, search, why, size);
	} else {
		if (*problem != '\0')
			snprintf(why, size, "%s: %s", agent->name, problem);
		else
			snprintf(why, size,
			    "%s (%s) was not found in PATH or the usual "
			    "folders%s%s",
			    agent->name, w.name,
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
