/*
 * The planner.  The root of a jail is an allow-list: what is not named here is
 * not there.  A folder of sockets must never be named, not even read-only: a
 * unix socket on a read-only mount can still be connected to.
 *
 * Root is nobody's: an empty file system that bwrap makes, with
 *	/usr /etc /opt /nix/store	read-only, where they exist
 *	/bin /sbin /lib*		as they are outside: links, or read-only
 *	/proc /dev			fresh and minimal
 *	/tmp /var/tmp /run		empty and private
 *	the agent's program		read-only at its own place
 *	the profile's home		read-write at its own place
 *	the working folder		read-write at its own place
 */

#include "config.h"

#include <sys/stat.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent-binary.h"
#include "err.h"
#include "fdpass.h"
#include "jailplan.h"
#include "manifest.h"
#include "paths.h"
#include "xmalloc.h"

#define TMP_SIZE (2ULL * 1024 * 1024 * 1024) /* bytes of /tmp, at most */
#define RUN_SIZE (16ULL * 1024 * 1024)

/* Folders of the system that every jail shows, if they exist. */
static const char *const system_dirs[] = { "/usr", "/etc", "/opt",
	"/nix/store", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32" };

/*
 * What no working folder, bind or agent may lie in.  /run and /dev hold
 * sockets and devices; /proc and /sys are the kernel's.
 */
static const char *const never_dirs[] = { "/proc", "/sys", "/dev", "/run",
	"/var/run", "/boot" };

/* Of the real home: credentials that are not the agent's. */
static const char *const never_home[] = { ".ssh", ".gnupg",
	".local/share/keyrings", ".pki", ".aws", ".netrc",
	".docker", ".kube", ".password-store" };

/*
 * Of the real home, closed to a working folder: what is written there is run
 * outside at the next login, or as soon as its name is typed.
 */
static const char *const never_writable[] = { ".config/autostart",
	".config/environment.d", ".config/systemd", ".local/bin",
	".local/share/applications", ".local/share/dbus-1",
	".local/share/systemd" };

/* Whether path is dir or lies in it. */
static bool
within(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	if (strcmp(dir, "/") == 0)
		return true;
	return strncmp(path, dir, len) == 0 &&
	    (path[len] == '\0' || path[len] == '/');
}

static bool
overlaps(const char *a, const char *b)
{
	return within(a, b) || within(b, a);
}

/* Whether path is dir or lies in it, whatever links lead to dir. */
static bool
within_real(const char *path, const char *dir)
{
	char *real = realpath(dir, NULL);
	bool in = within(path, dir) || (real != NULL && within(path, real));

	free(real);
	return in;
}

/*
 * The same both ways.  path is free of links, but a home, or a folder in it,
 * may be reached by one: then its names would have nothing in common.
 */
static bool
overlaps_real(const char *path, const char *dir)
{
	char *real = realpath(dir, NULL);
	bool both = overlaps(path, dir) ||
	    (real != NULL && overlaps(path, real));

	free(real);
	return both;
}

static int
hidden(const char *path, const char *what, char *why, size_t size)
{
	snprintf(why, size, "%s: %s %s, which a jail never shows", path,
	    within_real(path, what) ? "is or lies in" : "holds", what);
	return RL_ERR_DENIED;
}

/* As jailplan_may_show(), but for the profile home that is allowed. */
static int
check_hidden(const struct paths *paths, const char *path,
    const char *allowed_home, char *why, size_t size)
{
	const char *own[] = { paths->config_dir, paths->data_dir,
		paths->state_dir, paths->runtime_dir };
	const struct manifest_agent *agents;
	char dir[PATH_MAX], *home;
	size_t n;
	bool above;

	for (size_t i = 0; i < sizeof(never_dirs) / sizeof(*never_dirs); i++)
		if (overlaps(path, never_dirs[i]))
			return hidden(path, never_dirs[i], why, size);
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		if (overlaps_real(path, own[i]))
			return hidden(path, own[i], why, size);
	for (size_t i = 0; i < sizeof(never_home) / sizeof(*never_home);
	     i++) {
		snprintf(dir, sizeof(dir), "%s/%s", paths->home,
		    never_home[i]);
		if (overlaps_real(path, dir))
			return hidden(path, dir, why, size);
	}
	if (allowed_home != NULL && within_real(path, allowed_home))
		return 0;
	agents = manifest_agents(&n);
	for (size_t i = 0; i < n; i++) {
		snprintf(dir, sizeof(dir), "%s/%s", paths->home,
		    agents[i].homes);
		if (overlaps_real(path, dir))
			return hidden(path, dir, why, size);
	}
	/* Above the home lie the homes of all profiles, and more. */
	home = realpath(paths->home, NULL);
	above = within(paths->home, path) ||
	    (home != NULL && within(home, path));
	free(home);
	if (above)
		return hidden(path, paths->home, why, size);
	return 0;
}

int
jailplan_may_show(
    const struct paths *paths, const char *path, char *why, size_t size)
{
	return check_hidden(paths, path, NULL, why, size);
}

int
jailplan_may_cover(const char *path, char *why, size_t size)
{
	static const char *const kept[] = { "/proc", "/dev", "/sys", "/run",
		"/usr", "/etc", "/bin", "/sbin", "/lib", "/lib32", "/lib64",
		"/libx32", "/nix" };

	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		if (overlaps(path, kept[i])) {
			snprintf(why, size, "%s: nothing may be mounted over "
			    "%s", path, kept[i]);
			return RL_ERR_DENIED;
		}
	return 0;
}

/*
 * bwrap makes what is missing of a place and follows links on the way, while
 * the old root still is there: a link in a folder of the agent's would have it
 * make a file anywhere outside.
 */
int
jailplan_may_mount(const char *home, const char *cwd, char *const *proofs,
    size_t n, char *why, size_t size)
{
	const char *in;

	for (size_t i = 0; i < n; i += 3) {
		in = within(proofs[i], home) ? home
		    : within(proofs[i], cwd) ? cwd
					     : NULL;
		for (size_t k = 0; in == NULL && k < i; k += 3)
			if (strcmp(proofs[i], proofs[k]) != 0 &&
			    within(proofs[i], proofs[k]))
				in = proofs[k];
		if (in == NULL)
			continue;
		snprintf(why, size, "--bwrap-flags: %s: nothing may be "
		    "mounted in %s, where an agent may have put links",
		    proofs[i], in);
		return RL_ERR_DENIED;
	}
	return 0;
}

/* --- the working folder --- */

static int
check_writable(
    const struct paths *paths, const char *path, char *why, size_t size)
{
	char dir[PATH_MAX];

	for (size_t i = 0;
	     i < sizeof(never_writable) / sizeof(*never_writable); i++) {
		snprintf(dir, sizeof(dir), "%s/%s", paths->home,
		    never_writable[i]);
		if (!overlaps_real(path, dir))
			continue;
		snprintf(why, size, "%s: %s %s, from where programs are run "
		    "outside a jail", path,
		    within_real(path, dir) ? "is or lies in" : "holds", dir);
		return RL_ERR_DENIED;
	}
	return 0;
}

char *
jailplan_real_name(int fd)
{
	char link[64], name[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, name, sizeof(name));
	if (n <= 0 || (size_t)n >= sizeof(name) || name[0] != '/')
		return NULL;
	return xstrndup(name, (size_t)n);
}

int
jailplan_open_cwd(const struct paths *paths, const char *home,
    const char *path, char **real, char *why, size_t size)
{
	struct stat st;
	int fd, r = RL_ERR_DENIED;

	*real = NULL;
	if (path[0] != '/') {
		snprintf(why, size, "working folder '%s' is not an absolute "
		    "path", path);
		return RL_ERR_INVALID;
	}
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1) {
		r = errno == ENOENT ? RL_ERR_NOTFOUND : RL_ERR_INVALID;
		snprintf(why, size, "working folder %s: %s", path,
		    strerror(errno));
		return r;
	}
	if (fstat(fd, &st) == -1 || (*real = jailplan_real_name(fd)) == NULL) {
		snprintf(why, size, "working folder %s: its name cannot be "
		    "found out", path);
		r = RL_ERR_SYSTEM;
	} else if (st.st_uid != geteuid())
		snprintf(why, size, "working folder %s: belongs to another "
		    "user", *real);
	else if (within_real(*real, home) ||
	    ((r = check_hidden(paths, *real, home, why, size)) == 0 &&
		(r = check_writable(paths, *real, why, size)) == 0))
		return fd;
	fd_close(fd);
	free(*real);
	*real = NULL;
	return r;
}

/* Whether path lies in a hidden folder of dir, or in dir's bin. */
static bool
in_settings(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	if (strncmp(path, dir, len) != 0 || path[len] != '/')
		return false;
	path += len + 1;
	return path[0] == '.' || within(path, "bin");
}

/* The first socket in the folder that fd names, in name[size]. */
static int
find_socket(int fd, char *name, size_t size)
{
	struct dirent *e;
	struct stat st;
	DIR *d;
	int dfd, r = RL_ERR_NOTFOUND;

	dfd = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dfd == -1)
		return RL_ERR_SYSTEM;
	if ((d = fdopendir(dfd)) == NULL) {
		fd_close(dfd);
		return RL_ERR_SYSTEM;
	}
	while (r == RL_ERR_NOTFOUND && (e = readdir(d)) != NULL)
		if (e->d_type == DT_SOCK ||
		    (e->d_type == DT_UNKNOWN &&
			fstatat(dfd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) ==
			    0 &&
			S_ISSOCK(st.st_mode))) {
			snprintf(name, size, "%s", e->d_name);
			r = 0;
		}
	closedir(d);
	return r;
}

int
jailplan_may_offer(const struct paths *paths, const char *home, int fd,
    const char *path, char *why, size_t size)
{
	char name[NAME_MAX + 1], *user_home;
	bool settings;
	int r;

	if (within_real(path, home))
		return 0;
	user_home = realpath(paths->home, NULL);
	settings = in_settings(path, paths->home) ||
	    (user_home != NULL && in_settings(path, user_home));
	free(user_home);
	if (settings) {
		snprintf(why, size, "working folder %s: holds settings or "
		    "programs: it must be named as it is here, on the "
		    "command line", path);
		return RL_ERR_DENIED;
	}
	if ((r = find_socket(fd, name, sizeof(name))) == RL_ERR_NOTFOUND)
		return 0;
	if (r != 0)
		snprintf(why, size, "working folder %s: %s", path,
		    strerror(errno));
	else {
		snprintf(why, size, "working folder %s: holds the socket %s, "
		    "which may lead out of the jail: remove it, or name the "
		    "folder as it is here, on the command line", path, name);
		r = RL_ERR_DENIED;
	}
	return r;
}

/* --- mounts --- */

static const char *
keep_string(struct jailplan *jp, const char *s)
{
	return jp->strings[jp->nstrings++] = xstrdup(s);
}

static int
add(struct jailplan *jp, enum bind_kind kind, const char *src,
    const char *dst, uint64_t bytes)
{
	struct msg_bind *b;

	if (jp->nbinds == JAILPLAN_BINDS_MAX)
		return RL_ERR_LIMIT;
	b = &jp->binds[jp->nbinds++];
	b->kind = kind;
	b->src = keep_string(jp, src);
	b->dst = keep_string(jp, dst);
	b->size = bytes;
	return 0;
}

/* A folder of the system: a link stays a link (/bin -> usr/bin). */
static int
add_system(struct jailplan *jp, const char *dir)
{
	struct stat st;
	char target[PATH_MAX];
	ssize_t n;

	if (lstat(dir, &st) == -1)
		return 0;
	if (S_ISDIR(st.st_mode))
		return add(jp, BIND_RO, dir, dir, 0);
	if (!S_ISLNK(st.st_mode))
		return 0;
	n = readlink(dir, target, sizeof(target) - 1);
	if (n <= 0)
		return RL_ERR_SYSTEM;
	target[n] = '\0';
	return add(jp, BIND_SYMLINK, target, dir, 0);
}

/* /etc/resolv.conf often is a link into /run: that one file is shown. */
static int
add_resolv_conf(struct jailplan *jp)
{
	char real[PATH_MAX];

	if (realpath("/etc/resolv.conf", real) == NULL ||
	    !within(real, "/run"))
		return 0;
	return add(jp, BIND_RO, real, real, 0);
}

int
jailplan_make(const struct paths *paths, const char *home, const char *cwd,
    const struct agent_binary *binary, struct jailplan *jp, char *why,
    size_t size)
{
	int r = 0;

	memset(jp, 0, sizeof(*jp));
	for (size_t i = 0;
	     r == 0 && i < sizeof(system_dirs) / sizeof(*system_dirs); i++)
		r = add_system(jp, system_dirs[i]);
	if (r != 0 || (r = add(jp, BIND_PROC, "", "/proc", 0)) != 0 ||
	    (r = add(jp, BIND_DEV, "", "/dev", 0)) != 0 ||
	    (r = add(jp, BIND_TMPFS, "", "/tmp", TMP_SIZE)) != 0 ||
	    (r = add(jp, BIND_TMPFS, "", "/var/tmp", TMP_SIZE)) != 0 ||
	    (r = add(jp, BIND_TMPFS, "", "/run", RUN_SIZE)) != 0 ||
	    (r = add_resolv_conf(jp)) != 0)
		goto fail;
	for (size_t i = 0; i < binary->nbinds; i++) {
		const char *b = binary->binds[i];

		if ((r = check_hidden(paths, b, NULL, why, size)) != 0)
			return r;
		if ((r = add(jp, BIND_RO, b, b, 0)) != 0)
			goto fail;
	}
	if ((r = add(jp, BIND_RW, home, home, 0)) != 0)
		goto fail;
	if (!within(cwd, home) && (r = add(jp, BIND_RW, cwd, cwd, 0)) != 0)
		goto fail;
	return 0;
fail:
	snprintf(why, size, "the jail cannot be planned: %s", rl_strerror(r));
	return r;
}

void
jailplan_clear(struct jailplan *jp)
{
	for (size_t i = 0; i < jp->nstrings; i++)
		free(jp->strings[i]);
	memset(jp, 0, sizeof(*jp));
}
