/*
 * What a jail never shows, which folders may be the working folder, and where
 * things may be mounted inside.  These functions look at the file system and
 * change nothing.  A folder of sockets must never pass, not even read-only: a
 * unix socket on a read-only mount can still be connected to.
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

#include "agent-search.h"
#include "err.h"
#include "fdpass.h"
#include "jailcheck.h"
#include "paths.h"
#include "profile-home.h"
#include "strlist.h"
#include "xmalloc.h"

/*
 * What no working folder, bind or agent may lie in.  /run and /dev hold
 * sockets and devices; /proc and /sys are the kernel's.
 */
static const char *const never_dirs[] = { "/proc", "/sys", "/dev", "/run",
	"/var/run", "/boot", "/tmp/.X11-unix", "/tmp/.ICE-unix" };

/* Of the real home: credentials that are not the agent's. */
static const char *const never_home[] = { ".ssh", ".gnupg",
	".local/share/keyrings", ".local/share/kwalletd", ".pki", ".aws",
	".netrc", ".docker", ".kube", ".password-store" };

/* The same where a variable says that they are elsewhere. */
static const struct {
	const char *variable, *below;
} never_moved[] = {
	{ "XDG_DATA_HOME", "/keyrings" },
	{ "XDG_DATA_HOME", "/kwalletd" },
	{ "GNUPGHOME", "" },
	{ "PASSWORD_STORE_DIR", "" },
	{ "XDG_RUNTIME_DIR", "" },
};

/*
 * Of the real home, closed to a working folder: what is written there is run
 * outside at the next login, or as soon as its name is typed.
 */
static const char *const never_writable[] = { ".config/autostart",
	".config/environment.d", ".config/systemd", ".local/bin",
	".local/share/applications", ".local/share/dbus-1",
	".local/share/systemd" };

/* The same for what a grant makes writable: shells, editors, git, ssh. */
static const char *const never_granted[] = { ".bash_aliases", ".bash_login",
	".bash_logout", ".bash_profile", ".bashrc", ".cargo/bin",
	".config/fish", ".config/git", ".config/nvim", ".emacs", ".emacs.d",
	".gitconfig", ".inputrc", ".kshrc", ".login", ".npmrc",
	".pam_environment",
	".profile", ".tmux.conf", ".vim", ".vimrc", ".xinitrc", ".xprofile",
	".xsession", ".xsessionrc", ".zlogin", ".zprofile", ".zshenv", ".zshrc",
	"bin" };

static bool
overlaps(const char *a, const char *b)
{
	return path_is_below(a, b) || path_is_below(b, a);
}

/*
 * As realpath(3), which asks the kernel about each folder on the way: a start
 * needs dozens of these names, and most of them are not there.  What cannot be
 * opened for any other reason is left to it, so that no lack of descriptors
 * makes a folder pass.
 */
static char *
real_name(const char *path)
{
	char *real = NULL;
	int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd == -1 && errno == ENOENT)
		return NULL;
	if (fd != -1)
		real = jailcheck_real_name(fd);
	fd_close(fd);
	return real != NULL ? real : realpath(path, NULL);
}

/* Whether path is dir or lies in it, whatever links lead to dir. */
static bool
within_real(const char *path, const char *dir)
{
	char *real = real_name(dir);
	bool in = path_is_below(path, dir) ||
	    (real != NULL && path_is_below(path, real));

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
	char *real = real_name(dir);
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

/* As jailcheck_may_show(), but for the profile home that is allowed. */
static int
check_hidden(const struct paths *paths, const char *path,
    const char *allowed_home, char *why, size_t size)
{
	const char *own[] = { paths->config_dir, paths->data_dir,
		paths->state_dir, paths->runtime_dir };
	struct strlist homes = { NULL, 0 };
	char dir[PATH_MAX], *home;
	bool above;
	int r = 0;

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
	for (size_t i = 0;
	     i < sizeof(never_moved) / sizeof(*never_moved); i++) {
		home = getenv(never_moved[i].variable);
		if (home == NULL || home[0] != '/')
			continue;
		snprintf(dir, sizeof(dir), "%s%s", home,
		    never_moved[i].below);
		if (overlaps_real(path, dir))
			return hidden(path, dir, why, size);
	}
	if (allowed_home != NULL && within_real(path, allowed_home))
		return 0;
	profile_homes_list(paths, &homes);
	for (size_t i = 0; i < homes.n && r == 0; i++)
		if (overlaps_real(path, homes.v[i]))
			r = hidden(path, homes.v[i], why, size);
	strlist_clear(&homes);
	if (r != 0)
		return r;
	/* Above the home lie the homes of all profiles, and more. */
	home = real_name(paths->home);
	if (profile_homes_hold(paths->home, path) ||
	    (home != NULL && profile_homes_hold(home, path))) {
		/* The home could not be listed. */
		free(home);
		return hidden(path, path, why, size);
	}
	above = path_is_below(paths->home, path) ||
	    (home != NULL && path_is_below(home, path));
	free(home);
	if (above)
		return hidden(path, paths->home, why, size);
	return 0;
}

int
jailcheck_may_show(
    const struct paths *paths, const char *path, char *why, size_t size)
{
	return check_hidden(paths, path, NULL, why, size);
}

int
jailcheck_may_cover(const char *path, char *why, size_t size)
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

/* As it is named, and without links, where that is another name. */
static void
add_closed(struct strlist *out, const char *dir)
{
	char *real = real_name(dir);

	strlist_add(out, dir);
	if (real != NULL && strcmp(real, dir) != 0)
		strlist_add(out, real);
	free(real);
}

static void
add_below(struct strlist *out, const char *dir, const char *below)
{
	char *path = xasprintf("%s/%s", dir, below);

	add_closed(out, path);
	free(path);
}

void
jailcheck_closed(const struct paths *paths, struct strlist *out)
{
	const char *own[] = { paths->config_dir, paths->data_dir,
		paths->state_dir, paths->runtime_dir };
	struct strlist homes = { NULL, 0 };
	const char *moved;
	char *path;
	size_t i;

	for (i = 0; i < sizeof(never_dirs) / sizeof(*never_dirs); i++)
		add_closed(out, never_dirs[i]);
	for (i = 0; i < sizeof(own) / sizeof(*own); i++)
		add_closed(out, own[i]);
	for (i = 0; i < sizeof(never_home) / sizeof(*never_home); i++)
		add_below(out, paths->home, never_home[i]);
	for (i = 0; i < sizeof(never_writable) / sizeof(*never_writable); i++)
		add_below(out, paths->home, never_writable[i]);
	for (i = 0; i < sizeof(never_moved) / sizeof(*never_moved); i++) {
		moved = getenv(never_moved[i].variable);
		if (moved == NULL || moved[0] != '/')
			continue;
		path = xasprintf("%s%s", moved, never_moved[i].below);
		add_closed(out, path);
		free(path);
	}
	profile_homes_list(paths, &homes);
	for (i = 0; i < homes.n; i++)
		add_closed(out, homes.v[i]);
	strlist_clear(&homes);
}

char *
jailcheck_real_name(int fd)
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
jailcheck_open_cwd(const struct paths *paths, const char *home,
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
	if (fstat(fd, &st) == -1 || (*real = jailcheck_real_name(fd)) == NULL) {
		snprintf(why, size, "working folder %s: its name cannot be "
		    "found out", path);
		r = RL_ERR_SYSTEM;
	} else if (st.st_uid != geteuid())
		snprintf(why, size, "working folder %s: belongs to another "
		    "user", *real);
	else if ((home != NULL && within_real(*real, home)) ||
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
	return path[0] == '.' || path_is_below(path, "bin");
}

bool
jailcheck_in_settings(const struct paths *paths, const char *path)
{
	char *home = real_name(paths->home);
	bool in = in_settings(path, paths->home) ||
	    (home != NULL && in_settings(path, home));

	free(home);
	return in;
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
jailcheck_no_socket_in(int fd, const char *path, char *why, size_t size)
{
	char name[NAME_MAX + 1];
	struct stat st;

	if (fstat(fd, &st) == -1 || !S_ISDIR(st.st_mode) ||
	    find_socket(fd, name, sizeof(name)) != 0)
		return 0;
	snprintf(why, size, "%s: holds the socket %s, which may lead out of a "
	    "jail", path, name);
	return RL_ERR_DENIED;
}

int
jailcheck_may_offer(const struct paths *paths, const char *home, int fd,
    const char *path, char *why, size_t size)
{
	char name[NAME_MAX + 1];
	int r;

	if (home != NULL && within_real(path, home))
		return 0;
	if (jailcheck_in_settings(paths, path)) {
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

/* --- settings and grants --- */

char *
jailcheck_setting(const struct paths *paths, const char *value)
{
	if (strncmp(value, "~/", 2) == 0)
		return xasprintf("%s%s", paths->home, value + 1);
	return xstrdup(value);
}

/* Places of a jail that are its own, however they are called outside. */
static int
check_private(const char *path, char *why, size_t size)
{
	static const char *const dirs[] = { "/tmp", "/var/tmp", "/home",
		"/root", "/var", "/mnt", "/media" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++)
		if (strcmp(path, dirs[i]) == 0) {
			snprintf(why, size, "%s: too much lies in it: name "
			    "the folder in it that is meant", path);
			return RL_ERR_DENIED;
		}
	return 0;
}

static int
check_granted(
    const struct paths *paths, const char *path, char *why, size_t size)
{
	char dir[PATH_MAX];

	for (size_t i = 0;
	     i < sizeof(never_granted) / sizeof(*never_granted); i++) {
		snprintf(dir, sizeof(dir), "%s/%s", paths->home,
		    never_granted[i]);
		if (!overlaps_real(path, dir))
			continue;
		snprintf(why, size, "%s: %s %s, which programs outside a jail "
		    "run or obey", path,
		    within_real(path, dir) ? "is or lies in" : "holds", dir);
		return RL_ERR_DENIED;
	}
	return 0;
}

int
jailcheck_may_grant(const struct paths *paths, int fd, const char *path,
    bool writable, char *why, size_t size)
{
	struct stat st;
	int r;

	if (fstat(fd, &st) == -1) {
		snprintf(why, size, "%s: %s", path, strerror(errno));
		return RL_ERR_SYSTEM;
	}
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode)) {
		snprintf(why, size, "%s: is neither a folder nor a regular "
		    "file", path);
		return RL_ERR_DENIED;
	}
	if ((r = jailcheck_may_show(paths, path, why, size)) != 0 ||
	    (r = jailcheck_may_cover(path, why, size)) != 0 ||
	    (r = check_private(path, why, size)) != 0 ||
	    (writable &&
		((r = check_writable(paths, path, why, size)) != 0 ||
		    (r = check_granted(paths, path, why, size)) != 0)))
		return r;
	return jailcheck_no_socket_in(fd, path, why, size);
}

int
jailcheck_may_hide(const char *path, char *why, size_t size)
{
	static const char *const needed[] = { "/usr/bin", "/usr/lib", "/usr",
		"/etc", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32",
		"/nix/store" };
	static const char *const own[] = { "/proc", "/dev", "/sys", "/run" };
	static const char *const memory[] = { "/tmp", "/var/tmp" };

	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
		if (path_is_below(needed[i], path)) {
			snprintf(why, size, "%s: is or holds %s, without "
			    "which nothing runs", path, needed[i]);
			return RL_ERR_DENIED;
		}
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		if (overlaps(path, own[i])) {
			snprintf(why, size, "%s: each jail has a %s of its "
			    "own", path, own[i]);
			return RL_ERR_DENIED;
		}
	for (size_t i = 0; i < sizeof(memory) / sizeof(*memory); i++)
		if (path_is_below(memory[i], path)) {
			snprintf(why, size, "%s: each jail has a %s of its "
			    "own", path, memory[i]);
			return RL_ERR_DENIED;
		}
	return 0;
}

int
jailcheck_may_be_agent(
    const struct paths *paths, const char *path, char *why, size_t size)
{
	static const char *const buses[] = { "/run/dbus", "/run/systemd",
		"/var/run", "/tmp/.X11-unix", "/tmp/.ICE-unix" };
	static const char *const names[] = { "bus", "systemd", "docker.sock",
		"podman", "pipewire-0", "wayland-0", "S.gpg-agent",
		"S.gpg-agent.extra", "S.scdaemon", "control.sock" };
	const char *own[] = { paths->config_dir, paths->data_dir,
		paths->state_dir, paths->runtime_dir };
	char *copy, *part, *next;
	bool bad = false;

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		bad = bad || within_real(path, own[i]);
	for (size_t i = 0; i < sizeof(buses) / sizeof(*buses); i++)
		bad = bad || path_is_below(path, buses[i]);
	next = copy = xstrdup(path);
	while (!bad && (part = strsep(&next, "/")) != NULL)
		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
			bad = bad || strcmp(part, names[i]) == 0;
	free(copy);
	if (!bad)
		return 0;
	snprintf(why, size, "%s: is no socket of an agent of keys", path);
	return RL_ERR_DENIED;
}
