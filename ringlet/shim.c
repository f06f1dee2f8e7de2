/*
 * Shims in folders of PATH, and the record of them: see shim.h.
 *
 * What is in such a folder is executed by the user's shell, so every step
 * here asks who else could have put something there, and nothing that is not
 * known to be ours is touched.
 */

#include "config.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "fdpass.h"
#include "json.h"
#include "ringlet.h"
#include "shim.h"
#include "shimtext.h"
#include "valid.h"
#include "xmalloc.h"

#define RECORD_MAX (1024 * 1024) /* bytes of the record */
#define TEXT_MAX   (32 * 1024)	 /* of a shim: two paths, quoted */

/* --- the record --- */

static const struct json_member members[] = {
	{ "alias", JK_STRING, offsetof(struct shim, alias), 64, 0, 0,
	    JSONF_REQUIRED, NULL },
	{ "dir", JK_STRING, offsetof(struct shim, dir), PATH_MAX, 0, 0,
	    JSONF_REQUIRED, NULL },
	{ "ringlet", JK_STRING, offsetof(struct shim, ringlet), PATH_MAX, 0, 0,
	    JSONF_REQUIRED, NULL },
};

static void
shim_clear(struct shim *s)
{
	free(s->alias);
	free(s->dir);
	free(s->ringlet);
	memset(s, 0, sizeof(*s));
}

struct shim *
shims_find(const struct shims *all, const char *alias)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->v[i].alias, alias) == 0)
			return &all->v[i];
	return NULL;
}

static int
take(struct shims *all, const json_t *o, char *why, size_t size)
{
	struct shim s = { 0 };
	int r = json_get_members(o, members, NELEM(members), &s, why, size);

	if (r == 0 && (!valid_alias(s.alias) || !valid_abs_path(s.dir) ||
			  !valid_abs_path(s.ringlet) || all->n == SHIMS_MAX ||
			  shims_find(all, s.alias))) {
		(void)snprintf(why, size, "an entry makes no sense");
		r = RL_ERR_INVALID;
	}
	if (r != 0) {
		shim_clear(&s);
		return r;
	}
	all->v[all->n++] = s;
	return 0;
}

static int
parse(struct shims *all, const char *text, size_t len, char *why, size_t size)
{
	json_t *doc = json_parse_object(text, len, why, size), *list, *o;
	size_t i;
	int r = 0;

	if (doc == NULL)
		return RL_ERR_INVALID;
	list = json_object_get(doc, "aliases");
	if (!json_is_array(list) || json_object_size(doc) != 2 ||
	    json_integer_value(json_object_get(doc, "schema")) != 1) {
		(void)snprintf(
		    why, size, "it must have \"schema\" 1 and \"aliases\"");
		r = RL_ERR_INVALID;
	}
	if (r == 0)
		json_array_foreach(list, i, o)
		{
			if ((r = take(all, o, why, size)) != 0)
				break;
		}
	json_decref(doc);
	return r;
}

/* 0 with all->lock held, or an error. */
static int
lock(struct shims *all, const char *state_dir, char *why, size_t size)
{
	char *path;
	int r;

	if ((r = paths_make_private_dir(state_dir)) != 0) {
		(void)snprintf(why, size, "%s: %s", state_dir,
		    r == RL_ERR_DENIED ? "must be a folder of yours with mode "
					 "0700: mend it with chmod 700"
				       : strerror(errno));
		return r;
	}
	path = xasprintf("%s/aliases.lock", state_dir);
	all->lock = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (all->lock == -1 || flock(all->lock, LOCK_EX) == -1) {
		(void)snprintf(why, size, "%s: %s", path, strerror(errno));
		r = RL_ERR_SYSTEM;
	}
	free(path);
	return r;
}

int
shims_open(struct shims *all, const char *state_dir, bool change, char *why,
    size_t size)
{
	char problem[512] = "", *text;
	size_t len;
	int r;

	memset(all, 0, sizeof(*all));
	all->lock = -1;
	all->file = xasprintf("%s/aliases.json", state_dir);
	all->v = xcalloc(SHIMS_MAX, sizeof(*all->v));
	if (change && (r = lock(all, state_dir, why, size)) != 0)
		goto fail;
	r = paths_read_file(all->file, RECORD_MAX, &text, &len);
	if (r == RL_ERR_NOTFOUND)
		return 0;
	if (r != 0) {
		(void)snprintf(why, size, "%s: %s", all->file, rl_strerror(r));
		goto fail;
	}
	r = parse(all, text, len, problem, sizeof(problem));
	free(text);
	if (r == 0)
		return 0;
	(void)snprintf(why, size,
	    "%s: %s: mend it, or remove it and then the shims by hand",
	    all->file, problem);
fail:
	shims_close(all);
	return r;
}

int
shims_save(const struct shims *all)
{
	json_t *list = json_array(), *doc;
	char *text;
	int r = RL_ERR_SYSTEM;

	for (size_t i = 0; i < all->n; i++)
		json_array_append_new(list,
		    json_pack("{s:s, s:s, s:s}", "alias", all->v[i].alias,
			"dir", all->v[i].dir, "ringlet", all->v[i].ringlet));
	doc = json_pack("{s:i, s:o}", "schema", 1, "aliases", list);
	if ((text = json_text_of(doc)) != NULL)
		r = paths_write_file(all->file, text, strlen(text));
	free(text);
	json_decref(doc);
	return r;
}

void
shims_close(struct shims *all)
{
	for (size_t i = 0; i < all->n; i++)
		shim_clear(&all->v[i]);
	free(all->v);
	free(all->file);
	fd_close(all->lock);
	memset(all, 0, sizeof(*all));
	all->lock = -1;
}

void
shims_forget(struct shims *all, const char *alias)
{
	struct shim *s = shims_find(all, alias);

	if (s == NULL)
		return;
	shim_clear(s);
	*s = all->v[--all->n];
	memset(&all->v[all->n], 0, sizeof(all->v[0]));
}

void
shims_note(
    struct shims *all, const char *alias, const char *dir, const char *ringlet)
{
	/* A copy first: they may be strings of the older one. */
	struct shim s = { xstrdup(alias), xstrdup(dir), xstrdup(ringlet) };

	shims_forget(all, alias);
	if (all->n == SHIMS_MAX)
		shim_clear(&s);
	else
		all->v[all->n++] = s;
}

/* --- one shim --- */

char *
shim_text(const struct shim *s)
{
	struct buf *b = buf_new(TEXT_MAX);
	char *text = NULL;

	if (buf_puts(b, SHIM_BEGIN "exec ") == 0 &&
	    text_put_shell(b, s->ringlet) == 0 &&
	    buf_puts(b, " profiles run ") == 0 &&
	    text_put_shell(b, s->alias) == 0 &&
	    buf_puts(b, " -- \"$@\"\n") == 0)
		text = xstrndup((const char *)buf_ptr(b), buf_len(b));
	buf_free(b);
	return text;
}

char *
shim_path(const struct shim *s)
{
	return xasprintf("%s/%s", s->dir, s->alias);
}

enum shim_state
shim_state(const struct shim *s)
{
	char *path = shim_path(s), *text = shim_text(s), *there = NULL;
	enum shim_state state = SHIM_CHANGED;
	struct stat st;
	size_t len = 0;

	if (lstat(path, &st) == -1) {
		if (errno == ENOENT || errno == ENOTDIR)
			state = SHIM_GONE;
	} else if (text != NULL && S_ISREG(st.st_mode) && st.st_nlink == 1 &&
		   st.st_uid == geteuid() && (st.st_mode & 0777) == 0755 &&
		   paths_read_file(path, TEXT_MAX, &there, &len) == 0 &&
		   len == strlen(text) && memcmp(there, text, len) == 0)
		state = SHIM_INTACT;
	free(there);
	free(text);
	free(path);
	return state;
}

/* --- the folder --- */

/* Whether others than root could put something of theirs in its place. */
static const char *
folder_problem(const struct stat *st, bool last)
{
	if (!S_ISDIR(st->st_mode))
		return "is no folder";
	if (st->st_uid != geteuid() && (last || st->st_uid != 0))
		return "belongs to somebody else";
	if ((st->st_mode & 022) != 0 && (last || (st->st_mode & S_ISVTX) == 0))
		return "can be written by others: chmod go-w it";
	return NULL;
}

int
shim_open_dir(const char *dir, char *why, size_t size)
{
	char part[PATH_MAX];
	const char *slash, *bad = NULL;
	struct stat st;
	int fd, next;

	if (!valid_abs_path(dir) || strlen(dir) >= sizeof(part) ||
	    strcmp(dir, "/") == 0) {
		(void)snprintf(why, size, "%s: no folder for shims", dir);
		return RL_ERR_INVALID;
	}
	if ((fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) == -1)
		return RL_ERR_SYSTEM;
	for (slash = dir; slash != NULL && slash[1] != '\0';) {
		const char *name = slash + 1;
		size_t n = strcspn(name, "/");

		memcpy(part, name, n);
		part[n] = '\0';
		slash = name[n] == '/' ? name + n : NULL;
		next = openat(fd, part,
		    (slash == NULL ? O_RDONLY : O_PATH) | O_DIRECTORY |
			O_NOFOLLOW | O_CLOEXEC);
		fd_close(fd);
		if ((fd = next) == -1) {
			(void)snprintf(why, size, "%s: %s", dir,
			    errno == ENOENT
				? "is not there: make it first"
				: (errno == ELOOP || errno == ENOTDIR
					  ? "is no folder, or is reached by a "
					    "link"
					  : strerror(errno)));
			return errno == ENOENT ? RL_ERR_NOTFOUND
					       : RL_ERR_DENIED;
		}
		if (fstat(fd, &st) == -1)
			bad = strerror(errno);
		else
			bad = folder_problem(&st, slash == NULL);
		if (bad != NULL) {
			(void)snprintf(why, size, "%s: %.*s %s", dir,
			    (int)(name + n - dir), dir, bad);
			fd_close(fd);
			return RL_ERR_DENIED;
		}
	}
	return fd;
}

int
shim_write(int dir, const struct shim *s, bool replace)
{
	char *text = shim_text(s);
	int saved, r = RL_ERR_SYSTEM;

	if (text == NULL) {
		errno = ENAMETOOLONG;
		return r;
	}
	r = replace ? paths_replace_at(dir, s->alias, 0755, text, strlen(text))
		    : paths_place_at(dir, s->alias, 0755, text, strlen(text));
	saved = errno;
	free(text);
	errno = saved;
	return r;
}

/* --- PATH --- */

/* Besides PATH: a shell that was set up otherwise has them. */
#define SYSTEM_PATH                                                            \
	"/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"

static bool
is_command(const char *dir, const char *name, char *where, size_t size)
{
	char path[PATH_MAX];
	struct stat st;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >=
		(int)sizeof(path) ||
	    stat(path, &st) == -1 || !S_ISREG(st.st_mode) ||
	    (st.st_mode & 0111) == 0)
		return false;
	(void)snprintf(where, size, "%s", path);
	return true;
}

enum shim_place
shim_look(const char *name, const char *dir, const char *path, bool *on_path,
    char *where, size_t size)
{
	char *all = xasprintf("%s:%s", path != NULL ? path : "", SYSTEM_PATH);
	char *p = all, *folder, *real;
	enum shim_place place = SHIM_NOWHERE;
	size_t listed = path != NULL ? strlen(path) : 0;
	bool same;

	*on_path = false;
	where[0] = '\0';
	while ((folder = strsep(&p, ":")) != NULL) {
		/* Relative ones are no place to run commands from. */
		if (*folder != '/' || (real = realpath(folder, NULL)) == NULL)
			continue;
		same = strcmp(real, dir) == 0;
		free(real);
		if (same) {
			*on_path |= (size_t)(folder - all) < listed;
			continue;
		}
		if (place == SHIM_NOWHERE &&
		    is_command(folder, name, where, size))
			place = *on_path ? SHIM_BEHIND : SHIM_BEFORE;
	}
	free(all);
	/* Where a folder that is not there yet will be put, nobody knows. */
	if (place == SHIM_BEFORE && !*on_path)
		place = SHIM_BEHIND;
	return place;
}

bool
shim_is_shell_word(const char *name)
{
	/* Of sh, and those of bash and zsh that people know. */
	static const char *const words[] = { "alias", "bg", "bind", "break",
		"builtin", "caller", "case", "cd", "command", "compgen",
		"complete", "compopt", "continue", "coproc", "declare", "dirs",
		"disown", "do", "done", "elif", "else", "enable", "esac",
		"eval", "exec", "exit", "export", "fc", "fg", "fi", "for",
		"foreach", "function", "getopts", "hash", "help", "history",
		"if", "in", "jobs", "let", "local", "logout", "mapfile",
		"noglob", "popd", "pushd", "read", "readarray", "readonly",
		"rehash", "repeat", "return", "select", "set", "setopt",
		"shift", "shopt", "source", "suspend", "then", "time", "times",
		"trap", "type", "typeset", "ulimit", "umask", "unalias",
		"unset", "unsetopt", "until", "vared", "wait", "whence",
		"where", "while" };

	for (size_t i = 0; i < NELEM(words); i++)
		if (strcmp(name, words[i]) == 0)
			return true;
	return false;
}
