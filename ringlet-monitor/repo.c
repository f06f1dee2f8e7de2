/*
 * Files of a working folder that are executed outside.
 *
 * An agent may have written all of this, and may be writing it now.  No link
 * is followed, what is opened is opened without blocking, and depth, number
 * and size are bounded.
 */

#include "config.h"

#include <sys/types.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "fdpass.h"
#include "repo.h"
#include "valid.h"
#include "xmalloc.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

#define FOUND_MAX   48	 /* that are protected in one folder */
#define SCANNED_MAX 512	 /* files of which a signature is taken */
#define DEPTH_MAX   4	 /* of a folder below one of these */
#define HASHED_MAX  (256 * 1024) /* bytes of a file that are read */
#define HASH_LEN    16

/*
 * "*" stands for any one name.  Files that an agent must be able to change to
 * do its work, such as a Makefile or package.json, are not here, although they
 * are executed too.
 */
static const char *const host_run[] = {
	/* git: programs in aliases, filters, fsmonitor and hooks. */
	".git",		    /* only as a file: it says where the rest is */
	".git/config",
	".git/config.worktree",
	".git/hooks",
	".git/commondir",   /* where all of these are instead */
	".git/modules/*/config",
	".git/modules/*/commondir",
	".git/modules/*/hooks",
	".git/modules/*/*/config",
	".git/modules/*/*/commondir",
	".git/modules/*/*/hooks",
	".git/modules/*/*/*/config",
	".git/modules/*/*/*/commondir",
	".git/modules/*/*/*/hooks",
	".git/worktrees/*/config.worktree",
	".git/worktrees/*/commondir",
	".githooks",
	".husky",
	".pre-commit-config.yaml",
	"lefthook.yml",
	/* Agents: hooks, and servers that they start. */
	".claude/hooks",
	".claude/settings.json",
	".claude/settings.local.json",
	".codex",
	".cursor/hooks.json",
	".cursor/mcp.json",
	".gemini/settings.json",
	".mcp.json",
	"opencode.json",
	/* Editors and shells: what they run when the folder is opened. */
	".devcontainer",
	".envrc",
	".vscode/launch.json",
	".vscode/settings.json",
	".vscode/tasks.json",
	/* Package managers: programs that they load or run instead. */
	".cargo/config.toml",
	".npmrc",
	".pnpmfile.cjs",
	".yarnrc.yml",
};

/* The same of a folder that is a git folder itself. */
static const char *const of_git[] = {
	"config",
	"config.worktree",
	"hooks",
	"commondir",
	"modules/*/config",
	"modules/*/commondir",
	"modules/*/hooks",
	"modules/*/*/config",
	"modules/*/*/commondir",
	"modules/*/*/hooks",
	"modules/*/*/*/config",
	"modules/*/*/*/commondir",
	"modules/*/*/*/hooks",
	"worktrees/*/config.worktree",
	"worktrees/*/commondir",
};

/*
 * Not protected, but told when they change: git looks into repositories in the
 * folder, too, where the index of the folder's own says so, and an agent can
 * make it say so.
 */
static const char *const told[] = {
	"*/.git",
	"*/.git/config",
	"*/.git/commondir",
};

struct walk {
	repo_cb found;
	void (*skipped)(void *arg, const char *path, const char *why);
	void *arg;
	size_t n;
};

static void
skip(struct walk *w, const char *path, const char *why)
{
	if (w->skipped != NULL)
		w->skipped(w->arg, path, why);
}

static int
open_dir(int at, const char *name)
{
	return openat(at, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

static void match(struct walk *, int, const char *, const char *);

/* The last name of a pattern has been reached. */
static void
match_last(struct walk *w, int at, const char *path, const char *name)
{
	struct stat st;

	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return;
	if (S_ISLNK(st.st_mode))
		skip(w, path, "it is a symbolic link");
	else if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		skip(w, path, "it is neither a file nor a folder");
	else if (strcmp(name, ".git") == 0 && S_ISDIR(st.st_mode))
		return;
	else if (strlen(path) >= PATH_MAX || !valid_utf8(path, strlen(path)))
		skip(w, path, "its name is too long or not UTF-8");
	else if (w->n == FOUND_MAX)
		skip(w, path, "there are too many of its kind");
	else {
		w->n++;
		w->found(w->arg, path, &st);
	}
}

/* One name of a pattern, with the rest of it behind. */
static void
match_name(struct walk *w, int at, const char *dir, const char *name,
    const char *rest)
{
	char *path = xasprintf("%s/%s", dir, name);
	struct stat st;
	int fd;

	if (*rest == '\0')
		match_last(w, at, path, name);
	else if ((fd = open_dir(at, name)) >= 0) {
		match(w, fd, path, rest);
		fd_close(fd);
	} else if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISLNK(st.st_mode))
		skip(w, path, "it is a symbolic link");
	free(path);
}

/* What pattern matches in the folder at, called dir. */
static void
match(struct walk *w, int at, const char *dir, const char *pattern)
{
	size_t len = strcspn(pattern, "/"), n = 0;
	const char *rest = pattern[len] == '/' ? pattern + len + 1 : "";
	struct dirent *e;
	char *name;
	DIR *d;
	int fd;

	if (strncmp(pattern, "*", len) != 0) {
		name = xstrndup(pattern, len);
		match_name(w, at, dir, name, rest);
		free(name);
		return;
	}
	if ((fd = open_dir(at, ".")) == -1)
		return;
	if ((d = fdopendir(fd)) == NULL) {
		fd_close(fd);
		return;
	}
	while ((e = readdir(d)) != NULL && n++ < SCANNED_MAX)
		if (e->d_name[0] != '.')
			match_name(w, at, dir, e->d_name, rest);
	closedir(d);
}

/* Whether the folder is what .git otherwise is. */
static bool
is_git(int at)
{
	struct stat head, objects;

	return fstatat(at, "HEAD", &head, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(head.st_mode) &&
	    fstatat(at, "objects", &objects, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(objects.st_mode);
}

/* Whether there is something of the first name of a longer pattern. */
static bool
may_match(int at, const char *pattern, size_t len)
{
	char *name;
	struct stat st;
	bool may;

	if (pattern[len] == '\0' || *pattern == '*')
		return true;
	name = xstrndup(pattern, len);
	may =
	    fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
	free(name);
	return may;
}

/* Patterns of one folder stand together, and it often is not there. */
static void
match_each(struct walk *w, int at, const char *root, const char *const *list,
    size_t n)
{
	size_t len = 0;
	bool may = true;

	for (size_t i = 0; i < n; i++) {
		/* In this order: list[i] may be shorter than len. */
		if (i == 0 || strncmp(list[i - 1], list[i], len + 1) != 0 ||
		    list[i][len] != '/') {
			len = strcspn(list[i], "/");
			may = may_match(at, list[i], len);
		}
		if (may)
			match(w, at, root, list[i]);
	}
}

void
repo_find(const char *root, repo_cb found,
    void (*skipped)(void *arg, const char *path, const char *why), void *arg)
{
	struct walk w = { found, skipped, arg, 0 };
	int at = open_dir(AT_FDCWD, root);

	if (at == -1)
		return;
	if (is_git(at))
		match_each(&w, at, root, of_git, NELEM(of_git));
	match_each(&w, at, root, host_run, NELEM(host_run));
	fd_close(at);
}

/* --- signatures --- */

/* The hash of a small regular file as text, or "-". */
static void
hash_file(int at, const char *name, char *hex, size_t size)
{
	uint8_t hash[HASH_LEN], *p;
	struct stat st;
	ssize_t n;
	int fd;

	(void)strlcpy(hex, "-", size);
	fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size <= HASHED_MAX) {
		p = xmalloc(HASHED_MAX + 1);
		n = pread(fd, p, HASHED_MAX + 1, 0);
		if (n >= 0 && n <= HASHED_MAX &&
		    crypto_generichash(hash, sizeof(hash), p, (size_t)n, NULL,
			0) == 0)
			sodium_bin2hex(hex, size, hash, sizeof(hash));
		free(p);
	}
	fd_close(fd);
}

static void scan_name(struct strlist *, int, const char *, const char *, int);

static void
scan_dir(struct strlist *out, int at, const char *dir, int depth)
{
	struct dirent *e;
	DIR *d;
	int fd;

	if (depth > DEPTH_MAX || (fd = open_dir(at, ".")) == -1)
		return;
	if ((d = fdopendir(fd)) == NULL) {
		fd_close(fd);
		return;
	}
	while (out->n < SCANNED_MAX && (e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0)
			scan_name(out, at, dir, e->d_name, depth);
	closedir(d);
}

/*
 * A file whose content is not read is told by the time of its last change,
 * which its owner cannot set back.
 */
static void
scan_name(struct strlist *out, int at, const char *dir, const char *name,
    int depth)
{
	char hex[2 * HASH_LEN + 1], target[PATH_MAX], *path;
	struct stat st;
	ssize_t n;
	int fd;

	if (out->n >= SCANNED_MAX ||
	    fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return;
	path = xasprintf("%s/%s", dir, name);
	if (S_ISDIR(st.st_mode)) {
		if ((fd = open_dir(at, name)) >= 0) {
			scan_dir(out, fd, path, depth + 1);
			fd_close(fd);
		}
	} else if (S_ISLNK(st.st_mode)) {
		n = readlinkat(at, name, target, sizeof(target) - 1);
		target[n > 0 ? n : 0] = '\0';
		for (char *p = target; *p != '\0'; p++)
			if (*p == ' ')
				*p = '\t';
		strlist_addf(out, "link:%s %s", target, path);
	} else {
		hash_file(at, name, hex, sizeof(hex));
		if (strcmp(hex, "-") == 0)
			strlist_addf(out, "%o:%lld:%lld.%ld %s",
			    (unsigned)st.st_mode, (long long)st.st_size,
			    (long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec,
			    path);
		else
			strlist_addf(out, "%o:%s %s", (unsigned)st.st_mode,
			    hex, path);
	}
	free(path);
}

/* The folder and the name of path, without a link on the way below root. */
static void
scan_path(void *arg, const char *path, const struct stat *st)
{
	const char *slash = strrchr(path, '/');
	char *dir = xstrndup(path, (size_t)(slash - path));
	struct strlist *out = arg;
	int at = open_dir(AT_FDCWD, dir);

	(void)st;
	if (at >= 0)
		scan_name(out, at, dir, slash + 1, 0);
	fd_close(at);
	free(dir);
}

/* A link is what it says, too. */
static void
scan_link(void *arg, const char *path, const char *why)
{
	struct stat st;

	(void)why;
	if (lstat(path, &st) == 0)
		scan_path(arg, path, &st);
}

/* Other links in the working folder are nothing to tell, nor one twice. */
static void
scan_git_link(void *arg, const char *path, const char *why)
{
	const struct strlist *out = arg;
	const char *name = strrchr(path, '/'), *space;

	if (name == NULL || strcmp(name, "/.git") != 0)
		return;
	for (size_t i = 0; i < out->n; i++)
		if ((space = strchr(out->v[i], ' ')) != NULL &&
		    strcmp(space + 1, path) == 0)
			return;
	scan_link(arg, path, why);
}

void
repo_scan(const char *root, struct strlist *out)
{
	struct walk w = { scan_path, scan_git_link, out, 0 };
	int at;

	repo_find(root, scan_path, scan_link, out);
	if ((at = open_dir(AT_FDCWD, root)) == -1)
		return;
	match_each(&w, at, root, told, NELEM(told));
	fd_close(at);
}
