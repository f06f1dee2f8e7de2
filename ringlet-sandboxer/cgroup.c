/*
 * Control groups: see cgroup.h.  Everything here is files below one folder;
 * what cannot be written is a bound that does not hold, and is told as such.
 */

#include "config.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "fdpass.h"
#include "xmalloc.h"

#define DAEMON	  "ringlet.daemon"   /* the group of our own processes */
#define SESSION	  "ringlet.session." /* and an id */
#define TEXT_MAX  4096
#define MOVES_MAX 8 /* rounds, should processes start meanwhile */

struct cgroup_session {
	char *dir;
	int procs;
};

/* --- files --- */

static bool
put(const char *dir, const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", dir, name);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t len = strlen(text);
	bool ok = fd != -1 && write(fd, text, len) == (ssize_t)len;

	fd_close(fd);
	free(path);
	return ok;
}

static bool
put_number(const char *dir, const char *name, uint64_t n)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	return put(dir, name, text);
}

/* The file's beginning into text[TEXT_MAX]; "" if it cannot be read. */
static void
get(const char *dir, const char *name, char *text)
{
	char *path = xasprintf("%s/%s", dir, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	n = fd == -1 ? 0 : read(fd, text, TEXT_MAX - 1);
	text[n > 0 ? n : 0] = '\0';
	fd_close(fd);
	free(path);
}

/* The number behind "KEY " at the beginning of a line. */
static uint64_t
get_count(const char *dir, const char *name, const char *key)
{
	char text[TEXT_MAX], *line, *next = text;
	size_t len = strlen(key);

	get(dir, name, text);
	while ((line = strsep(&next, "\n")) != NULL) {
		if (strncmp(line, key, len) == 0 && line[len] == ' ')
			return strtoull(line + len + 1, NULL, 10);
	}
	return 0;
}

static bool
has_word(const char *text, const char *word)
{
	size_t len = strlen(word);
	const char *p = text;

	while ((p = strstr(p, word)) != NULL) {
		if ((p == text || p[-1] == ' ') &&
		    (p[len] == ' ' || p[len] == '\n' || p[len] == '\0'))
			return true;
		p += len;
	}
	return false;
}

/* --- the daemon's own --- */

/* Where the hierarchy is mounted, or NULL. */
static char *
find_mount(const char *root)
{
	char *path = xasprintf("%s/proc/self/mounts", root), *found = NULL;
	char line[TEXT_MAX], at[TEXT_MAX], type[64];
	FILE *fp = fopen(path, "re");

	free(path);
	while (found == NULL && fp != NULL &&
	       fgets(line, sizeof(line), fp) != NULL) {
		if (sscanf(line, "%*s %4095s %63s", at, type) == 2 &&
		    strcmp(type, "cgroup2") == 0)
			found = xasprintf("%s%s", root, at);
	}
	if (fp != NULL)
		(void)fclose(fp);
	return found;
}

/* The folder of our own group, or of its parent if we are in DAEMON already. */
static char *
find_own(const char *root)
{
	char *mount, *dir = NULL, *path, *line, *next, *slash;
	char text[TEXT_MAX];

	if ((mount = find_mount(root)) == NULL)
		return NULL;
	path = xasprintf("%s/proc/self", root);
	get(path, "cgroup", text);
	free(path);
	next = text;
	while (dir == NULL && (line = strsep(&next, "\n")) != NULL) {
		if (strncmp(line, "0::/", 4) == 0)
			dir = xasprintf("%s%s", mount,
			    strcmp(line + 3, "/") == 0 ? "" : line + 3);
	}
	free(mount);
	if (dir != NULL && (slash = strrchr(dir, '/')) != NULL &&
	    strcmp(slash + 1, DAEMON) == 0)
		*slash = '\0';
	return dir;
}

static bool
may_write(const char *dir, const char *name)
{
	char *path = xasprintf("%s/%s", dir, name);
	bool yes = access(path, W_OK) == 0;

	free(path);
	return yes;
}

static long
parent_of(const char *root, long pid)
{
	char *dir = xasprintf("%s/proc/%ld", root, pid);
	char text[TEXT_MAX], *line, *next = text;
	long ppid = -1;

	get(dir, "status", text);
	free(dir);
	while (ppid == -1 && (line = strsep(&next, "\n")) != NULL) {
		if (sscanf(line, "PPid: %ld", &ppid) != 1)
			ppid = -1;
	}
	return ppid;
}

/*
 * Moves those in the group into DAEMON; with look, only judges whether all of
 * them are the monitor or its children.  False: one is not, or does not move.
 */
static bool
each_process(const char *root, const char *dir, bool look)
{
	char text[TEXT_MAX], *line, *next = text, *sub;
	long pid, monitor = (long)getppid();
	bool ok = true;

	get(dir, "cgroup.procs", text);
	sub = xasprintf("%s/%s", dir, DAEMON);
	while (ok && (line = strsep(&next, "\n")) != NULL && *line != '\0') {
		pid = strtol(line, NULL, 10);
		if (look)
			ok = pid == monitor || pid == (long)getpid() ||
			     parent_of(root, pid) == monitor;
		else
			ok = put(sub, "cgroup.procs", line) || errno == ESRCH;
	}
	free(sub);
	return ok;
}

static bool
move_all(const char *root, const char *dir)
{
	char text[TEXT_MAX];
	int i;

	for (i = 0; i < MOVES_MAX; i++) {
		if (!each_process(root, dir, false))
			return false;
		get(dir, "cgroup.procs", text);
		if (text[0] == '\0')
			return true;
	}
	return false;
}

static void
remove_group(const char *dir)
{
	(void)put(dir, "cgroup.kill", "1");
	(void)rmdir(dir);
}

static void
remove_leftovers(const char *dir)
{
	struct dirent *e;
	char *path;
	DIR *d;

	if ((d = opendir(dir)) == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		if (strncmp(e->d_name, SESSION, sizeof(SESSION) - 1) != 0)
			continue;
		path = xasprintf("%s/%s", dir, e->d_name);
		remove_group(path);
		free(path);
	}
	closedir(d);
}

void
cgroup_find(struct cgroup *c, const char *root, const char **why)
{
	char text[TEXT_MAX], *sub;
	char *dir = find_own(root);

	memset(c, 0, sizeof(*c));
	*why = "there is no cgroup of version 2";
	if (dir == NULL)
		return;
	sub = xasprintf("%s/%s", dir, DAEMON);
	*why = "the daemon's cgroup is not delegated to it";
	if (access(dir, W_OK) == -1 || !may_write(dir, "cgroup.procs") ||
	    !may_write(dir, "cgroup.subtree_control"))
		goto out;
	*why = "other programs are in the daemon's cgroup";
	if (!each_process(root, dir, true))
		goto out;
	*why = "the daemon's cgroup cannot be divided";
	if ((mkdir(sub, 0755) == -1 && errno != EEXIST) || !move_all(root, dir))
		goto out;
	remove_leftovers(dir);
	/* One at a time: one that is not there must not cost the other. */
	(void)put(dir, "cgroup.subtree_control", "+memory");
	(void)put(dir, "cgroup.subtree_control", "+pids");
	get(dir, "cgroup.subtree_control", text);
	c->memory = has_word(text, "memory");
	c->pids = has_word(text, "pids");
	c->dir = dir;
	dir = NULL;
	*why = "";
out:
	free(sub);
	free(dir);
}

void
cgroup_clear(struct cgroup *c)
{
	free(c->dir);
	memset(c, 0, sizeof(*c));
}

/* --- a session's --- */

struct cgroup_session *
cgroup_session_new(
    const struct cgroup *c, const char *id, uint64_t memory, uint64_t pids)
{
	struct cgroup_session *s;
	char *path;
	int error;

	if (c->dir == NULL) {
		errno = ENOTSUP;
		return NULL;
	}
	s = xcalloc(1, sizeof(*s));
	s->dir = xasprintf("%s/" SESSION "%s", c->dir, id);
	s->procs = -1;
	if (mkdir(s->dir, 0755) == -1)
		goto failed;
	if ((memory != 0 && !put_number(s->dir, "memory.max", memory)) ||
	    (pids != 0 && !put_number(s->dir, "pids.max", pids)))
		goto failed;
	/* Swap would be memory without a bound; it is not always there. */
	if (memory != 0)
		(void)put(s->dir, "memory.swap.max", "0");
	path = xasprintf("%s/cgroup.procs", s->dir);
	s->procs = open(path, O_WRONLY | O_CLOEXEC);
	free(path);
	if (s->procs != -1)
		return s;
failed:
	error = errno;
	cgroup_session_free(s);
	errno = error;
	return NULL;
}

int
cgroup_session_procs(const struct cgroup_session *s)
{
	return s->procs;
}

uint64_t
cgroup_session_cpu(const struct cgroup_session *s)
{
	return get_count(s->dir, "cpu.stat", "usage_usec");
}

uint64_t
cgroup_session_oom(const struct cgroup_session *s)
{
	return get_count(s->dir, "memory.events", "oom_kill");
}

void
cgroup_session_kill(const struct cgroup_session *s)
{
	(void)put(s->dir, "cgroup.kill", "1");
}

void
cgroup_session_free(struct cgroup_session *s)
{
	if (s == NULL)
		return;
	fd_close(s->procs);
	remove_group(s->dir);
	free(s->dir);
	free(s);
}
