/*
 * Tries on files and folders, and what is left of them.
 */

#include "config.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "jail-check.h"

#define NELEM(v) (sizeof(v) / sizeof((v)[0]))

/* Opens with the flags a->a, and no more: nothing is written. */
static int
one_open(const struct attempt *a, const char *path)
{
	int fd = open(path, a->a | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd == -1)
		return errno;
	close(fd);
	return 0;
}

static int
try_open(const struct attempt *a)
{
	return target_any(a, one_open);
}

static int
one_exists(const struct attempt *a, const char *path)
{
	return access(path, F_OK) == 0 ? 0 : errno;
}

static int
try_exists(const struct attempt *a)
{
	return target_any(a, one_exists);
}

/* Reads a file that the test has made. */
static int
one_secret(const struct attempt *a, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd == -1 ? errno : is_secret(fd);
}

static int
try_secret(const struct attempt *a)
{
	return target_any(a, one_secret);
}

/* A folder with anything in it; with a->a, with the test's own folder. */
static int
one_list(const struct attempt *a, const char *path)
{
	const char *wanted = "{secretname}";
	char name[NAME_MAX + 1];
	struct dirent *e;
	DIR *d;
	int ret = ENODATA;

	if (a->a && !target_expand(&wanted, name, sizeof(name)))
		return ABSENT;
	if ((d = opendir(path)) == NULL)
		return errno;
	while (ret != 0 && (e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (!a->a || strcmp(e->d_name, name) == 0)
			ret = 0;
	}
	closedir(d);
	return ret;
}

static int
try_list(const struct attempt *a)
{
	return target_any(a, one_list);
}

/* Makes a file of mode a->a (0: 0600); a write would take the set-ID bits. */
static int
one_create(const struct attempt *a, const char *path)
{
	int fd, ret = 0;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    a->a != 0 ? (mode_t)a->a : 0600);
	if (fd == -1)
		return errno;
	if (a->a == 0 && write(fd, "x", 1) != 1)
		ret = errno;
	close(fd);
	return ret;
}

static int
try_create(const struct attempt *a)
{
	return target_any(a, one_create);
}

static int
one_append(const struct attempt *a, const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC), ret = 0;

	if (fd == -1)
		return errno;
	if (write(fd, "x", 1) != 1)
		ret = errno;
	close(fd);
	return ret;
}

static int
try_append(const struct attempt *a)
{
	return target_any(a, one_append);
}

static int
one_unlink(const struct attempt *a, const char *path)
{
	return unlink(path) == 0 ? 0 : errno;
}

static int
try_unlink(const struct attempt *a)
{
	return target_any(a, one_unlink);
}

static int
one_exec(const struct attempt *a, const char *path)
{
	int status = 0;
	pid_t pid;

	if ((pid = fork()) == 0) {
		execl(path, path, (char *)NULL);
		_exit(errno);
	}
	if (pid == -1 || waitpid(pid, &status, 0) != pid)
		return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

static int
try_exec(const struct attempt *a)
{
	return target_any(a, one_exec);
}

/*
 * Brings a file into the working folder by another name, with a->a: by a
 * symbolic link, 1: a hard link, 2: a new name.
 */
static int
one_bring(const struct attempt *a, const char *path)
{
	const char *from = "ringlet-check-{id}.brought";
	char name[NAME_MAX + 1];
	int fd, ret;

	if (!target_expand(&from, name, sizeof(name)))
		return ABSENT;
	ret = a->a == 0	  ? symlink(path, name)
	      : a->a == 1 ? link(path, name)
			  : rename(path, name);
	if (ret == -1)
		return errno;
	fd = open(name, O_RDONLY | O_CLOEXEC);
	ret = fd == -1 ? errno : is_secret(fd);
	(void)unlink(name);
	return ret;
}

static int
try_bring(const struct attempt *a)
{
	return target_any(a, one_bring);
}

static int
one_climb(const struct attempt *a, const char *path)
{
	int fd, i;

	for (i = 0; i < 64; i++) {
		if (chdir("..") == -1)
			return errno;
	}
	fd = open(path + 1, O_RDONLY | O_CLOEXEC);
	return fd == -1 ? errno : is_secret(fd);
}

static int
try_climb(const struct attempt *a)
{
	return target_any(a, one_climb);
}

/* --- what is left in the working folder --- */

static int
one_chmod(const struct attempt *a, const char *path)
{
	int ret;

	if ((ret = one_create(a, path)) != 0)
		return ret;
	return chmod(path, 04755) == 0 ? 0 : errno;
}

static int
try_chmod(const struct attempt *a)
{
	return target_any(a, one_chmod);
}

static int
one_mknod(const struct attempt *a, const char *path)
{
	return mknod(path, (mode_t)a->a, makedev(1, 3)) == 0 ? 0 : errno;
}

static int
try_mknod(const struct attempt *a)
{
	return target_any(a, one_mknod);
}

static int
one_capability(const struct attempt *a, const char *path)
{
	/* Version 2, effective; permitted: CAP_SYS_ADMIN. */
	static const unsigned char value[20] = { 1, 0, 0, 2, 0, 0, 0x20 };
	int ret;

	if ((ret = one_create(a, path)) != 0)
		return ret;
	return setxattr(path, "security.capability", value, sizeof(value), 0) ==
		       0
		   ? 0
		   : errno;
}

static int
try_capability(const struct attempt *a)
{
	return target_any(a, one_capability);
}

#define RD O_RDONLY
#define WR O_WRONLY
#define AP (O_WRONLY | O_APPEND)
#define ME "ringlet-check-{id}"

const struct attempt check_files[] = {
	{ "token-read", try_open, "{token}", RD, 0, 0 },
	{ "settings-list", try_list, "{config}", 0, 0, 0 },
	{ "settings-write", try_create, "{config}/" ME ".left", 0, 0, 0 },
	{ "profiles-list", try_list, "{profiles}", 0, 0, 0 },
	{ "profiles-write", try_create, "{profiles}/" ME ".left", 0, 0, 0 },
	{ "logs-list", try_list, "{state}", 0, 0, 0 },
	{ "home-list", try_list, "{home}", 1, 0, 0 },
	{ "home-write", try_create, "{home}/" ME ".left", 0, 0, 0 },
	{ "secret-read", try_secret, "{secret}/file", 0, 0, 0 },
	{ "secret-write", try_append, "{secret}/append", 0, 0, 0 },
	{ "secret-remove", try_unlink, "{secret}/doomed", 0, 0, 0 },
	{ "secret-exec", try_exec, "{secret}/program", 0, 0, 0 },
	{ "secret-symlink", try_bring, "{secret}/file", 0, 0, 0 },
	{ "secret-hardlink", try_bring, "{secret}/file", 1, 0, 0 },
	{ "secret-rename", try_bring, "{secret}/moved", 2, 0, 0 },
	{ "secret-climb", try_climb, "{secret}/file", 0, 0, 0 },
	{ "secret-procroot", try_secret,
	    "/proc/1/root{secret}/file|/proc/self/root{secret}/file|"
	    "/proc/{victim}/root{secret}/file",
	    0, 0, 0 },
	{ "secret-proccwd", try_secret, "/proc/{victim}/cwd/file", 0, 0, 0 },
	{ "other-read", try_secret, "{other}/file", 0, 0, 0 },
	{ "other-write", try_create, "{other}/" ME ".left", 0, 0, 0 },
	{ "parent-write", try_create, "{parent}/" ME ".up", 0, 0, 0 },
	{ "ssh-list", try_list, "{home}/.ssh", 0, 0, 0 },
	{ "keyrings-list", try_list, "{home}/.local/share/keyrings", 0, 0, 0 },
	{ "gnupg-list", try_list, "{home}/.gnupg", 0, 0, 0 },
	{ "tmp-read", try_secret, "/tmp/" ME, 0, 0, 0 },
	{ "vartmp-read", try_secret, "/var/tmp/" ME, 0, 0, 0 },
	{ "shm-read", try_secret, "/dev/shm/" ME, 0, 0, 0 },
	{ "varlib-list", try_list, "/var/lib", 0, 0, 0 },
	{ "run-list", try_exists,
	    "/run/lock|/run/systemd|/run/dbus|/run/user|/run/utmp", 0, 0, 0 },
	{ "sys-list", try_list, "/sys", 0, 0, 0 },
	{ "root-write", try_create, "/" ME ".left", 0, 0, 0 },
	{ "usr-write", try_create, "/usr/" ME ".left", 0, 0, 0 },
	{ "etc-write", try_create, "/etc/" ME ".left", 0, 0, 0 },
	{ "sysctl-write", try_open, "/proc/sys/kernel/core_pattern", WR, 0, 0 },
	{ "sysrq-write", try_open, "/proc/sysrq-trigger", WR, 0, 0 },
	{ "kcore-read", try_open, "/proc/kcore|/dev/mem|/dev/kmem", RD, 0, 0 },
	{ "key-names", try_open, "/proc/keys", RD, 0, 0 },
	{ "disk-read", try_open,
	    "/dev/sda|/dev/vda|/dev/nvme0n1|/dev/xvda|/dev/mmcblk0|/dev/dm-0|"
	    "/dev/loop0",
	    RD, 0, 0 },
	{ "fuse-open", try_open, "/dev/fuse", O_RDWR, 0, 0 },
	{ "tun-open", try_open, "/dev/net/tun", O_RDWR, 0, 0 },
	{ "kvm-open", try_open, "/dev/kvm", O_RDWR, 0, 0 },

	{ "setuid-chmod", try_chmod, ME ".suid1", 0, 0, 0 },
	{ "setuid-create", try_create, ME ".suid2", 04755, 0, 0 },
	{ "setuid-mknod", try_mknod, ME ".suid3", S_IFREG | 04755, 0, 0 },
	{ "device-node", try_mknod, ME ".null", S_IFCHR | 0600, 0, 0 },
	{ "capability", try_capability, ME ".caps", 0, 0, 0 },
	{ "tmp-left", try_create, "/tmp/" ME ".left", 0, 0, 0 },
	{ "vartmp-left", try_create, "/var/tmp/" ME ".left", 0, 0, 0 },
	{ "shm-left", try_create, "/dev/shm/" ME ".left", 0, 0, 0 },
	{ "shell-start", try_open,
	    "{home}/.bashrc|{home}/.profile|{home}/.zshrc|{home}/.bash_profile",
	    AP, 0, 0 },
	{ "git-settings", try_open,
	    "{home}/.gitconfig|{home}/.config/git/config", AP, 0, 0 },
	{ "login-keys", try_open, "{home}/.ssh/authorized_keys", AP, 0, 0 },
	{ "crontab", try_open,
	    "/var/spool/cron/crontabs/{user}|/var/spool/cron/{user}", AP, 0,
	    0 },
	{ "autostart", try_create, "{home}/.config/autostart/" ME ".left", 0, 0,
	    0 },
	{ "user-unit", try_create, "{home}/.config/systemd/user/" ME ".left", 0,
	    0, 0 },
	{ "user-program", try_create, "{home}/.local/bin/" ME ".left", 0, 0,
	    0 },
};
const size_t check_nfiles = NELEM(check_files);
