/*
 * Where things are, and the few operations on files that matter: private
 * folders, files replaced atomically, files read with a bound.
 *
 * Every file is opened first and judged by fstat(2) on the descriptor, never
 * by its name; no final symbolic link is followed.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "fdpass.h"
#include "paths.h"
#include "xmalloc.h"

#define PRIVATE_DIR  0700
#define PRIVATE_FILE 0600

/*
 * A copy of the absolute path s without empty and "." components and without
 * a slash at the end.  NULL if s is not absolute or has a ".." component,
 * which has no meaning without asking the file system.
 */
static char *
path_clean(const char *s)
{
	char *out, *o;
	size_t n;

	if (s[0] != '/')
		return NULL;
	out = o = xmalloc(strlen(s) + 1);
	while (*s != '\0') {
		s += strspn(s, "/");
		n = strcspn(s, "/");
		if (n == 2 && memcmp(s, "..", 2) == 0) {
			free(out);
			return NULL;
		}
		if (n > 0 && !(n == 1 && s[0] == '.')) {
			*o++ = '/';
			memcpy(o, s, n);
			o += n;
		}
		s += n;
	}
	if (o == out)
		*o++ = '/';
	*o = '\0';
	return out;
}

static char *
path_join(const char *dir, const char *name)
{
	return xasprintf("%s/%s", strcmp(dir, "/") == 0 ? "" : dir, name);
}

/*
 * The folder that the variable names, cleaned; *out stays NULL if it is not
 * set or empty.
 */
static int
dir_from_env(const char *name, char **out, const char **bad)
{
	const char *v;

	if ((v = getenv(name)) == NULL || v[0] == '\0')
		return 0;
	if ((*out = path_clean(v)) == NULL) {
		*bad = name;
		return RL_ERR_INVALID;
	}
	return 0;
}

/* override as it is, else $xdg/ringlet, else home/fallback. */
static int
pick_dir(const char *override, const char *xdg, const char *home,
    const char *fallback, char **out, const char **bad)
{
	char *base = NULL;
	int r;

	if ((r = dir_from_env(override, out, bad)) != 0 || *out != NULL)
		return r;
	if ((r = dir_from_env(xdg, &base, bad)) != 0)
		return r;
	if (base != NULL)
		*out = path_join(base, "ringlet");
	else
		*out = path_join(home, fallback);
	free(base);
	return 0;
}

static int
pick_home(char **out, const char **bad)
{
	const struct passwd *pw;
	const char *v;

	v = getenv("HOME");
	if (v != NULL && (*out = path_clean(v)) != NULL)
		return 0;
	errno = 0;
	if ((pw = getpwuid(getuid())) != NULL &&
	    (*out = path_clean(pw->pw_dir)) != NULL)
		return 0;
	*bad = "HOME";
	return RL_ERR_INVALID;
}

static int
pick_runtime(struct paths *p, const char **bad)
{
	struct stat st;
	char *base = NULL;
	int r;

	r = dir_from_env("RINGLET_RUNTIME_DIR", &p->runtime_dir, bad);
	if (r != 0 || p->runtime_dir != NULL)
		return r;
	if ((r = dir_from_env("XDG_RUNTIME_DIR", &base, bad)) != 0)
		return r;
	if (base == NULL) {
		base = xasprintf("/run/user/%ju", (uintmax_t)geteuid());
		if (lstat(base, &st) == -1 || !S_ISDIR(st.st_mode) ||
		    st.st_uid != geteuid()) {
			p->runtime_dir = path_join(p->state_dir, "run");
			free(base);
			return 0;
		}
	}
	p->runtime_dir = path_join(base, "ringlet");
	free(base);
	return 0;
}

int
paths_init(struct paths *p, const char **bad)
{
	char *sbin = NULL;
	int r;

	memset(p, 0, sizeof(*p));
	*bad = NULL;
	if ((r = pick_home(&p->home, bad)) != 0)
		goto out;
	if ((r = pick_dir("RINGLET_CONFIG_DIR", "XDG_CONFIG_HOME", p->home,
		 ".config/ringlet", &p->config_dir, bad)) != 0)
		goto out;
	if ((r = pick_dir("RINGLET_DATA_DIR", "XDG_DATA_HOME", p->home,
		 ".local/share/ringlet", &p->data_dir, bad)) != 0)
		goto out;
	if ((r = pick_dir("RINGLET_STATE_DIR", "XDG_STATE_HOME", p->home,
		 ".local/state/ringlet", &p->state_dir, bad)) != 0)
		goto out;
	if ((r = pick_runtime(p, bad)) != 0)
		goto out;
	if ((r = dir_from_env("RINGLET_LIBEXEC_DIR", &p->libexec_dir, bad)) !=
	    0)
		goto out;
	if (p->libexec_dir == NULL) {
		p->libexec_dir = xstrdup(RINGLET_LIBEXECDIR);
		sbin = xstrdup(RINGLET_SBINDIR);
	} else {
		sbin = xstrdup(p->libexec_dir);
	}

	p->conf_file = path_join(p->config_dir, "ringlet.conf");
	p->token_file = path_join(p->config_dir, "http_token");
	p->tokens_file = path_join(p->config_dir, "tokens.json");
	p->profile_dir = path_join(p->config_dir, "profiles");
	p->log_file = path_join(p->state_dir, "ringlet.log");
	p->registry_dir = path_join(p->data_dir, "registry");
	p->registry_lock = path_join(p->registry_dir, "registry.lock");
	p->audit_file = path_join(p->state_dir, "audit.jsonl");
	p->policy_file = xstrdup(RINGLET_POLICY);
	p->policy_state = path_join(p->state_dir, "policy.state");
	p->audit_state = path_join(p->state_dir, "audit.state");
	p->control_sock = path_join(p->runtime_dir, "control.sock");
	p->lock_file = path_join(p->runtime_dir, "ringlet.lock");
	p->ringletd = path_join(sbin, "ringletd");
	p->monitor = path_join(p->libexec_dir, "ringlet-monitor");
	p->sandboxer = path_join(p->libexec_dir, "ringlet-sandboxer");
	p->jail_init = path_join(p->libexec_dir, "ringlet-jail-init");
	p->jail_check = path_join(p->libexec_dir, "ringlet-jail-check");
	p->jail_hook = path_join(p->libexec_dir, "ringlet-jail-hook");
	p->screen = path_join(p->libexec_dir, "ringlet-screen");
	p->keychain = path_join(p->libexec_dir, "ringlet-keychain");
	p->fetch = path_join(p->libexec_dir, "ringlet-fetch");
out:
	free(sbin);
	if (r != 0)
		paths_free(p);
	return r;
}

void
paths_free(struct paths *p)
{
	if (p == NULL)
		return;
	free(p->home);
	free(p->config_dir);
	free(p->data_dir);
	free(p->state_dir);
	free(p->runtime_dir);
	free(p->conf_file);
	free(p->token_file);
	free(p->tokens_file);
	free(p->profile_dir);
	free(p->log_file);
	free(p->registry_dir);
	free(p->registry_lock);
	free(p->audit_file);
	free(p->audit_state);
	free(p->policy_file);
	free(p->policy_state);
	free(p->control_sock);
	free(p->lock_file);
	free(p->libexec_dir);
	free(p->ringletd);
	free(p->monitor);
	free(p->sandboxer);
	free(p->jail_init);
	free(p->jail_check);
	free(p->jail_hook);
	free(p->screen);
	free(p->keychain);
	free(p->fetch);
	memset(p, 0, sizeof(*p));
}

/*
 * Opens the folder name in dirfd, making it if it is missing.  Parents may be
 * symbolic links (people move their ~/.config), the last one may not.
 */
static int
open_or_make_dir(int dirfd, const char *name, bool last)
{
	int fd, flags = O_PATH | O_DIRECTORY | O_CLOEXEC;

	if (last)
		flags |= O_NOFOLLOW;
	fd = openat(dirfd, name, flags);
	if (fd != -1 || errno != ENOENT)
		return fd;
	if (mkdirat(dirfd, name, PRIVATE_DIR) == -1 && errno != EEXIST)
		return -1;
	return openat(dirfd, name, flags);
}

int
paths_make_private_dir(const char *path)
{
	struct stat st;
	char *clean, *name, *next;
	int fd, sub, r = RL_ERR_SYSTEM;

	if ((clean = path_clean(path)) == NULL)
		return RL_ERR_INVALID;
	if ((fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) == -1)
		goto out;
	for (name = clean + 1; *name != '\0'; name = next) {
		next = name + strcspn(name, "/");
		if (*next == '/')
			*next++ = '\0';
		sub = open_or_make_dir(fd, name, *next == '\0');
		if (sub == -1) {
			/* The last one is there, but is no real folder. */
			if (*next == '\0' &&
			    (errno == ENOTDIR || errno == ELOOP))
				r = RL_ERR_DENIED;
			goto out;
		}
		fd_close(fd);
		fd = sub;
	}
	if (fstat(fd, &st) == -1)
		goto out;
	if (st.st_uid != geteuid() || (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		r = RL_ERR_DENIED;
	else
		r = 0;
out:
	fd_close(fd);
	free(clean);
	return r;
}

ssize_t
paths_read_all(int fd, void *p, size_t size)
{
	char *at = p;
	size_t len = 0;
	ssize_t n;

	while (len < size) {
		n = read(fd, at + len, size - len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

int
paths_write_all(int fd, const void *p, size_t len)
{
	const char *at = p;
	ssize_t n;

	while (len > 0) {
		n = write(fd, at, len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return RL_ERR_SYSTEM;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Opens the folder that holds path and sets *leaf to path's last part. */
static int
open_parent(const char *path, const char **leaf)
{
	const char *slash;
	char *dir;
	int fd;

	if ((slash = strrchr(path, '/')) == NULL) {
		*leaf = path;
		return open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	*leaf = slash + 1;
	dir = slash == path ? xstrdup("/")
			    : xstrndup(path, (size_t)(slash - path));
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(dir);
	return fd;
}

/* What is behind a name is on the disk before the name is. */
#define LASTING 1

/*
 * Makes a whole new file in dirfd, of a name that goes to tmp: hidden and
 * unguessable, so that nobody takes it for the real one.  0 or RL_ERR_SYSTEM,
 * and then there is none.
 */
static int
write_beside(int dirfd, char *tmp, size_t size, mode_t mode, const void *p,
    size_t len, int flags)
{
	int fd, saved, r = RL_ERR_SYSTEM;

	(void)snprintf(tmp, size, ".new-%08x%08x", (unsigned)arc4random(),
	    (unsigned)arc4random());
	fd = openat(dirfd, tmp,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, PRIVATE_FILE);
	if (fd == -1)
		return r;
	/* The mode comes last, and in spite of the umask. */
	if (paths_write_all(fd, p, len) == 0 && fchmod(fd, mode) == 0 &&
	    ((flags & LASTING) == 0 || fsync(fd) == 0))
		r = 0;
	saved = errno;
	if (r != 0)
		(void)unlinkat(dirfd, tmp, 0);
	fd_close(fd);
	errno = saved;
	return r;
}

static int
replace(int dirfd, const char *name, mode_t mode, const void *p, size_t len,
    int flags)
{
	char tmp[40];
	int saved;

	if (write_beside(dirfd, tmp, sizeof(tmp), mode, p, len, flags) != 0)
		return RL_ERR_SYSTEM;
	if (renameat(dirfd, tmp, dirfd, name) == 0)
		return (flags & LASTING) == 0 || fsync(dirfd) == 0
			   ? 0
			   : RL_ERR_SYSTEM;
	saved = errno;
	(void)unlinkat(dirfd, tmp, 0);
	errno = saved;
	return RL_ERR_SYSTEM;
}

int
paths_replace_at(
    int dirfd, const char *name, mode_t mode, const void *p, size_t len)
{
	return replace(dirfd, name, mode, p, len, LASTING);
}

int
paths_place_at(
    int dirfd, const char *name, mode_t mode, const void *p, size_t len)
{
	char tmp[40];
	int saved, r = 0;

	if (write_beside(dirfd, tmp, sizeof(tmp), mode, p, len, LASTING) != 0)
		return RL_ERR_SYSTEM;
	/* Unlike rename(2), it never takes the place of anything. */
	if (linkat(dirfd, tmp, dirfd, name, 0) == -1)
		r = errno == EEXIST ? RL_ERR_EXISTS : RL_ERR_SYSTEM;
	saved = errno;
	(void)unlinkat(dirfd, tmp, 0);
	errno = saved;
	if (r == 0 && fsync(dirfd) == -1)
		r = RL_ERR_SYSTEM;
	return r;
}

static int
write_path(const char *path, const void *p, size_t len, int flags)
{
	const char *leaf;
	int dirfd, saved, r;

	if ((dirfd = open_parent(path, &leaf)) == -1)
		return RL_ERR_SYSTEM;
	r = replace(dirfd, leaf, PRIVATE_FILE, p, len, flags);
	saved = errno;
	fd_close(dirfd);
	errno = saved;
	return r;
}

int
paths_write_file(const char *path, const void *p, size_t len)
{
	return write_path(path, p, len, LASTING);
}

int
paths_write_cache(const char *path, const void *p, size_t len)
{
	return write_path(path, p, len, 0);
}

/*
 * Reads fd to its end into a block of hint + 1 bytes at first.  The block
 * never moves while the file is as long as fstat(2) said, so a secret leaves
 * no copies behind; what does get freed is wiped.
 */
static int
read_all(int fd, size_t hint, size_t max, char **out, size_t *len)
{
	char *p, *bigger;
	size_t used = 0, size;
	ssize_t n;

	size = hint + 2; /* one to notice growth, one for the NUL */
	p = xmalloc(size);
	for (;;) {
		n = read(fd, p + used, size - 1 - used);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 || (size_t)n > max - used) {
			explicit_bzero(p, size);
			free(p);
			return n == -1 ? RL_ERR_SYSTEM : RL_ERR_TOOBIG;
		}
		used += (size_t)n;
		if (n == 0)
			break;
		if (used == size - 1) {
			bigger = xcalloc(2, size);
			memcpy(bigger, p, used);
			explicit_bzero(p, size);
			free(p);
			p = bigger;
			size *= 2;
		}
	}
	p[used] = '\0';
	*out = p;
	*len = used;
	return 0;
}

int
paths_read_file(const char *path, size_t max, char **out, size_t *len)
{
	struct stat st;
	int fd, r;

	*out = NULL;
	*len = 0;
	/* Not blocking: a FIFO in its place must not stop us. */
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1) {
		if (errno == ENOENT)
			return RL_ERR_NOTFOUND;
		return errno == ELOOP ? RL_ERR_DENIED : RL_ERR_SYSTEM;
	}
	if (fstat(fd, &st) == -1)
		r = RL_ERR_SYSTEM;
	else if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
		r = RL_ERR_DENIED;
	else if (st.st_size < 0 || (uintmax_t)st.st_size > max)
		r = RL_ERR_TOOBIG;
	else
		r = read_all(fd, (size_t)st.st_size, max, out, len);
	fd_close(fd);
	return r;
}
