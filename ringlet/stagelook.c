/*
 * What attempts to get out of a jail have left outside: see stage.h.  Nothing
 * that the attempt said of itself counts here.
 */

#include "config.h"

#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fdpass.h"
#include "stage.h"
#include "xmalloc.h"

#define USER_KEYRING  (-4)
#define KEYCTL_UNLINK 9
#define KEYCTL_SEARCH 10

/* Whether DIR/NAME is there, of that type of file and mode bit, if any. */
static bool
there(const char *dir, const char *name, mode_t type, mode_t bit)
{
	char *path;
	struct stat st;
	bool yes;

	if (dir == NULL)
		return false;
	path = xasprintf("%s/%s", dir, name);
	yes = lstat(path, &st) == 0 &&
	      (type == 0 || (st.st_mode & S_IFMT) == type) &&
	      (bit == 0 || (st.st_mode & bit) != 0);
	free(path);
	return yes;
}

/* Files: where each attempt would have left one. */
static int
left_file(const struct stage *s, const char *attempt)
{
	const struct {
		const char *attempt;
		const char *dir;
		const char *below; /* the same, further down */
		const char *suffix;
		mode_t type, bit;
	} files[] = {
		{ "settings-write", s->config_dir, "", ".left", 0, 0 },
		{ "profiles-write", s->profile_dir, "", ".left", 0, 0 },
		{ "home-write", s->home, "", ".left", 0, 0 },
		{ "other-write", s->other, "", ".left", 0, 0 },
		{ "parent-write", s->parent, "", ".up", 0, 0 },
		{ "root-write", "", "", ".left", 0, 0 },
		{ "usr-write", "/usr", "", ".left", 0, 0 },
		{ "etc-write", "/etc", "", ".left", 0, 0 },
		{ "setuid-chmod", s->work, "", ".suid1", S_IFREG, S_ISUID },
		{ "setuid-create", s->work, "", ".suid2", S_IFREG, S_ISUID },
		{ "setuid-mknod", s->work, "", ".suid3", S_IFREG, S_ISUID },
		{ "device-node", s->work, "", ".null", S_IFCHR, 0 },
		{ "tmp-left", "/tmp", "", ".left", 0, 0 },
		{ "vartmp-left", "/var/tmp", "", ".left", 0, 0 },
		{ "shm-left", "/dev/shm", "", ".left", 0, 0 },
		{ "autostart", s->home, "/.config/autostart", ".left", 0, 0 },
		{ "user-unit", s->home, "/.config/systemd/user", ".left", 0,
		    0 },
		{ "user-program", s->home, "/.local/bin", ".left", 0, 0 },
	};
	char *dir, name[64];
	size_t i;
	int yes = -1;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (strcmp(files[i].attempt, attempt) != 0)
			continue;
		if (files[i].dir == NULL)
			return 0;
		dir = xasprintf("%s%s", files[i].dir, files[i].below);
		snprintf(name, sizeof(name), "ringlet-check-%s%s", s->id,
		    files[i].suffix);
		yes = there(dir, name, files[i].type, files[i].bit);
		free(dir);
		break;
	}
	return yes;
}

static bool
left_capability(const struct stage *s)
{
	char *path = xasprintf("%s/ringlet-check-%s.caps", s->work, s->id);
	char value[64];
	bool yes =
	    getxattr(path, "security.capability", value, sizeof(value)) > 0;

	free(path);
	return yes;
}

static bool
left_appended(const struct stage *s)
{
	char *path = xasprintf("%s/append", s->secret);
	struct stat st;
	bool yes = stat(path, &st) == 0 && st.st_size > 0;

	free(path);
	return yes;
}

/* Whether a connection waits, or a datagram. */
static bool
left_at_socket(int fd)
{
	struct pollfd pfd = { fd, POLLIN, 0 };

	return fd != -1 && poll(&pfd, 1, 0) == 1 && (pfd.revents & POLLIN);
}

static bool
left_bytes(int fd)
{
	char byte;

	return fd != -1 && read(fd, &byte, 1) == 1;
}

/* The process that holds the lock; it is ended. */
static bool
left_survivor(const struct stage *s, int n)
{
	char *path = xasprintf("%s/ringlet-check-%s.lock%d", s->work, s->id, n);
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	bool yes = false;
	int fd;

	fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (fd != -1 && fcntl(fd, F_GETLK, &fl) == 0 && fl.l_type != F_UNLCK) {
		yes = true;
		if (fl.l_pid > 1)
			(void)kill(fl.l_pid, SIGKILL);
	}
	fd_close(fd);
	free(path);
	return yes;
}

static bool
left_key(const struct stage *s)
{
	char name[64];
	long key;

	snprintf(name, sizeof(name), "ringlet-check-%s.left", s->id);
	key = syscall(SYS_keyctl, KEYCTL_SEARCH, USER_KEYRING, "user", name, 0);
	if (key == -1)
		return false;
	(void)syscall(SYS_keyctl, KEYCTL_UNLINK, key, USER_KEYRING);
	return true;
}

static bool
left_queue(const struct stage *s)
{
	char name[64];
	long fd;

	snprintf(name, sizeof(name), "ringlet-check-%s.left", s->id);
	fd = syscall(SYS_mq_open, name, O_RDONLY, 0, NULL);
	if (fd == -1)
		return false;
	fd_close((int)fd);
	return true;
}

bool
stage_left(struct stage *s, const char *name)
{
	static const struct {
		const char *attempt;
		enum stage_socket socket;
	} sockets[] = {
		{ "home-stream", SS_HOME_STREAM },
		{ "home-dgram", SS_HOME_DGRAM },
		{ "tmp-stream", SS_TMP_STREAM },
		{ "abstract-stream", SS_ABSTRACT_STREAM },
		{ "abstract-seqpacket", SS_ABSTRACT_SEQPACKET },
		{ "abstract-dgram", SS_ABSTRACT_DGRAM },
		{ "abstract-pair", SS_ABSTRACT_PAIR },
	};
	static const char *const signals[] = { "signal-kill", "signal-thread",
		"signal-pidfd", "signal-group", "signal-owner" };
	static const char *const survivors[] = { "survivor", "survivor-deaf",
		"survivor-stopped", "survivor-pair" };
	int file = left_file(s, name);

	stage_end_victim(s);
	if (file != -1)
		return file != 0;
	for (size_t i = 0; i < sizeof(sockets) / sizeof(sockets[0]); i++)
		if (strcmp(sockets[i].attempt, name) == 0)
			return left_at_socket(s->sockets[sockets[i].socket]);
	for (size_t i = 0; i < sizeof(survivors) / sizeof(*survivors); i++)
		if (strcmp(survivors[i], name) == 0)
			return left_survivor(s, (int)i);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (strcmp(signals[i], name) == 0) {
			return (s->signals & (1u << (i + 1))) != 0;
		}
	if (strcmp(name, "secret-write") == 0)
		return left_appended(s);
	if (strcmp(name, "secret-remove") == 0)
		return !there(s->secret, "doomed", 0, 0);
	if (strcmp(name, "secret-exec") == 0)
		return there(s->secret, "program.ran", 0, 0);
	if (strcmp(name, "home-fifo") == 0)
		return left_bytes(s->fifo);
	if (strcmp(name, "terminal") == 0)
		return left_bytes(s->pty);
	if (strcmp(name, "key-add") == 0)
		return left_key(s);
	if (strcmp(name, "capability") == 0)
		return left_capability(s);
	if (strcmp(name, "memory-left") == 0)
		return shmget(s->shm_left, 0, 0) != -1;
	if (strcmp(name, "queue-left") == 0)
		return left_queue(s);
	if (strcmp(name, "priority") == 0)
		return s->niced;
	if (strcmp(name, "limits") == 0)
		return s->limited;
	/* An attempt that nobody looks for is no attempt. */
	return true;
}
