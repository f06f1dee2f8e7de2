/*
 * The outside of a test of the jail: see stage.h.  Everything has a name of
 * its own, made by chance, so that nothing of the user's is in the way, and
 * nothing of it is touched.
 */

#include "config.h"

#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "fdpass.h"
#include "err.h"
#include "stage.h"
#include "xmalloc.h"

#define VICTIM_WAIT_MS 5000
#define USER_KEYRING   (-4)
#define KEYCTL_SETPERM 5
#define KEYCTL_UNLINK  9
#define KEYCTL_SEARCH  10
#define KEY_ALL_OURS   0x3f3f0000 /* possessor and user may do all */

static void __attribute__((__format__(printf, 2, 3)))
give(struct stage *s, const char *fmt, ...)
{
	char *text;
	va_list ap;

	if (s->ntargets == STAGE_TARGETS)
		return;
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) != -1)
		s->targets[s->ntargets++] = text;
	va_end(ap);
}

/* --- files --- */

static int
put_file(const char *dir, const char *name, const char *text, mode_t mode)
{
	char *path = xasprintf("%s/%s", dir, name);
	int fd, r = RL_ERR_SYSTEM;

	fd = open(
	    path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd != -1 && paths_write_all(fd, text, strlen(text)) == 0)
		r = 0;
	fd_close(fd);
	free(path);
	return r;
}

static int
make_folders(struct stage *s, const char *profile_home, char *why, size_t size)
{
	static const char program[] = "#!/bin/sh\n: >\"$0.ran\"\n";
	const char *slash = strrchr(profile_home, '/');
	char *name;

	s->secret = xasprintf("%s/ringlet-check-%s.secret", s->home, s->id);
	s->other = xasprintf("%.*s/ringlet-check-%s.other",
	    (int)(slash - profile_home), profile_home, s->id);
	if (mkdir(s->secret, 0700) == -1 || mkdir(s->other, 0700) == -1 ||
	    put_file(s->secret, "file", s->id, 0600) != 0 ||
	    put_file(s->secret, "append", "", 0600) != 0 ||
	    put_file(s->secret, "doomed", "", 0600) != 0 ||
	    put_file(s->secret, "moved", s->id, 0600) != 0 ||
	    put_file(s->secret, "program", program, 0700) != 0 ||
	    put_file(s->other, "file", s->id, 0600) != 0) {
		snprintf(why, size, "%s: %s", s->secret, strerror(errno));
		return RL_ERR_SYSTEM;
	}
	/* What of these cannot be made is refused inside, too. */
	name = xasprintf("ringlet-check-%s", s->id);
	(void)put_file("/tmp", name, s->id, 0600);
	(void)put_file("/var/tmp", name, s->id, 0600);
	(void)put_file("/dev/shm", name, s->id, 0600);
	free(name);
	give(s, "secret=%s", s->secret);
	give(s, "secretname=ringlet-check-%s.secret", s->id);
	give(s, "other=%s", s->other);
	return 0;
}

/* The folder above the working folder, unless the agent may write there. */
static void
find_parent(struct stage *s, const char *profile_home)
{
	const char *slash = strrchr(s->work, '/');
	size_t len = strlen(profile_home);

	if (slash == NULL || slash == s->work ||
	    (strncmp(s->work, profile_home, len) == 0 && s->work[len] == '/'))
		return;
	s->parent = xstrndup(s->work, (size_t)(slash - s->work));
	give(s, "parent=%s", s->parent);
}

/* --- sockets --- */

/* A name that begins with '@' is an abstract one. */
static int
listen_at(const char *name, int type)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t len = strlen(name);
	socklen_t size;
	int fd;

	if (len >= sizeof(sun.sun_path))
		return -1;
	memcpy(sun.sun_path, name, len);
	size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1);
	if (name[0] == '@') {
		sun.sun_path[0] = '\0';
		size--;
	}
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd != -1 && (bind(fd, (struct sockaddr *)&sun, size) == -1 ||
			    (type != SOCK_DGRAM && listen(fd, 8) == -1))) {
		fd_close(fd);
		fd = -1;
	}
	return fd;
}

static void
make_sockets(struct stage *s)
{
	const struct {
		const char *fmt;
		const char *what;
		int type;
	} names[SS_COUNT] = {
		{ "%s/stream", s->secret, SOCK_STREAM },
		{ "%s/dgram", s->secret, SOCK_DGRAM },
		{ "/tmp/ringlet-check-%s.sock", s->id, SOCK_STREAM },
		{ "@ringlet-check-%s-stream", s->id, SOCK_STREAM },
		{ "@ringlet-check-%s-seqpacket", s->id, SOCK_SEQPACKET },
		{ "@ringlet-check-%s-dgram", s->id, SOCK_DGRAM },
		{ "@ringlet-check-%s-pair", s->id, SOCK_DGRAM },
	};
	char name[PATH_MAX], *path;
	size_t i, n;

	for (i = 0; i < SS_COUNT; i++) {
		/* One %s each; written out, as a format must be a literal. */
		n = strcspn(names[i].fmt, "%");
		snprintf(name, sizeof(name), "%.*s%s%s", (int)n, names[i].fmt,
		    names[i].what, names[i].fmt + n + 2);
		s->sockets[i] = listen_at(name, names[i].type);
	}
	path = xasprintf("%s/fifo", s->secret);
	if (mkfifo(path, 0600) == 0)
		s->fifo = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	free(path);
	s->pty = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (s->pty != -1 && grantpt(s->pty) == 0 && unlockpt(s->pty) == 0 &&
	    ptsname_r(s->pty, name, sizeof(name)) == 0)
		give(s, "pty=%s", name);
}

/* --- a process --- */

static void __attribute__((__noreturn__))
victim_exec(const struct stage *s, const char *program, int in, int out)
{
	char *env = xasprintf("RINGLET_CHECK=%s", s->id);
	char name[] = "ringlet-jail-check", mode[] = "--victim";
	char id[STAGE_ID_LEN + 1];
	char *argv[] = { name, mode, id, NULL }, *envp[] = { env, NULL };

	memcpy(id, s->id, sizeof(id));
	(void)setpgid(0, 0);
	if (dup2(in, STDIN_FILENO) != -1 && dup2(out, STDOUT_FILENO) != -1 &&
	    chdir(s->secret) == 0)
		execve(program, argv, envp);
	_exit(127);
}

/* Reads one line; false: none came in time. */
static bool
victim_line(const struct stage *s, char *line, size_t size)
{
	struct pollfd pfd = { s->victim_out, POLLIN, 0 };
	size_t n = 0;

	while (n < size - 1 && poll(&pfd, 1, VICTIM_WAIT_MS) == 1 &&
	       read(s->victim_out, line + n, 1) == 1)
		if (line[n++] == '\n') {
			line[n - 1] = '\0';
			return true;
		}
	return false;
}

static void
make_victim(struct stage *s, const char *program)
{
	int in[2], out[2];
	char line[64], at[32];
	struct rlimit rl;
	int fd;

	if (pipe2(in, O_CLOEXEC) == -1)
		return;
	if (pipe2(out, O_CLOEXEC) == -1) {
		fd_close(in[0]);
		fd_close(in[1]);
		return;
	}
	s->victim = fork();
	if (s->victim == 0)
		victim_exec(s, program, in[0], out[1]);
	fd_close(in[0]);
	fd_close(out[1]);
	s->victim_in = in[1];
	s->victim_out = out[0];
	if (s->victim == -1) {
		s->victim = 0;
		return;
	}
	if (!victim_line(s, line, sizeof(line)) ||
	    sscanf(line, "ready %d %31s", &fd, at) != 2)
		return;
	if (prlimit(s->victim, RLIMIT_NOFILE, NULL, &rl) == 0)
		s->victim_limit = rl.rlim_cur;
	s->victim_nice = getpriority(PRIO_PROCESS, (id_t)s->victim);
	give(s, "victim=%d", (int)s->victim);
	give(s, "vmem=%s", at);
	give(s, "vfd=%d", fd);
}

void
stage_end_victim(struct stage *s)
{
	struct rlimit rl;
	char line[64];
	int n;

	if (s->victim == 0)
		return;
	s->niced = getpriority(PRIO_PROCESS, (id_t)s->victim) != s->victim_nice;
	s->limited = prlimit(s->victim, RLIMIT_NOFILE, NULL, &rl) == 0 &&
		     rl.rlim_cur != s->victim_limit;
	fd_close(s->victim_in);
	s->victim_in = -1;
	/* What it was sent is there before it ends: each signal is a line. */
	while (victim_line(s, line, sizeof(line)))
		if (sscanf(line, "signal %d", &n) == 1 && n > 0 && n < 32)
			s->signals |= 1u << n;
	(void)kill(s->victim, SIGKILL);
	while (waitpid(s->victim, NULL, 0) == -1 && errno == EINTR)
		;
	s->victim = 0;
}

/* --- what the kernel keeps --- */

static void
make_kernel(struct stage *s)
{
	char name[64], *shared;
	int32_t keys[3];
	long queue;

	randombytes_buf(keys, sizeof(keys));
	for (size_t i = 0; i < 3; i++)
		keys[i] = (keys[i] & INT32_MAX) | 1;
	s->shm = shmget(keys[0], 4096, IPC_CREAT | IPC_EXCL | 0600);
	shared = s->shm == -1 ? (char *)-1 : shmat(s->shm, NULL, 0);
	if (shared != (char *)-1) {
		memcpy(shared, s->id, sizeof(s->id));
		(void)shmdt(shared);
		give(s, "shm=%d", (int)keys[0]);
	}
	s->msq = msgget(keys[1], IPC_CREAT | IPC_EXCL | 0600);
	if (s->msq != -1)
		give(s, "msq=%d", (int)keys[1]);
	s->shm_left = keys[2];
	give(s, "shmleft=%d", (int)keys[2]);

	snprintf(name, sizeof(name), "ringlet-check-%s", s->id);
	queue =
	    syscall(SYS_mq_open, name, O_RDWR | O_CREAT | O_EXCL, 0600, NULL);
	if (queue != -1)
		fd_close((int)queue);
	s->key = syscall(SYS_add_key, "user", name, s->id, (size_t)STAGE_ID_LEN,
	    USER_KEYRING);
	if (s->key != -1)
		(void)syscall(SYS_keyctl, KEYCTL_SETPERM, s->key, KEY_ALL_OURS);
}

/* --- the whole --- */

/* What is the user's own, by its name alone. */
static void
give_own(struct stage *s, const struct paths *paths)
{
	const char *v, unix_path[] = "unix:path=";
	struct passwd *pw = getpwuid(getuid());

	give(s, "id=%s", s->id);
	give(s, "home=%s", s->home);
	give(s, "token=%s", paths->token_file);
	give(s, "config=%s", paths->config_dir);
	give(s, "state=%s", paths->state_dir);
	give(s, "profiles=%s", paths->profile_dir);
	give(s, "control=%s", paths->control_sock);
	if (pw != NULL)
		give(s, "user=%s", pw->pw_name);
	if ((v = getenv("XDG_RUNTIME_DIR")) != NULL && *v == '/')
		give(s, "xdg=%s", v);
	if ((v = getenv("SSH_AUTH_SOCK")) != NULL && *v == '/')
		give(s, "sshagent=%s", v);
	v = getenv("DBUS_SESSION_BUS_ADDRESS");
	if (v != NULL && strncmp(v, unix_path, sizeof(unix_path) - 1) == 0) {
		v += sizeof(unix_path) - 1;
		give(s, "bus=%.*s", (int)strcspn(v, ",;"), v);
	}
}

int
stage_begin(struct stage *s, const struct paths *paths,
    const char *profile_home, const char *work, char *why, size_t size)
{
	uint8_t random[STAGE_ID_LEN / 2];
	int r;

	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < SS_COUNT; i++)
		s->sockets[i] = -1;
	s->fifo = s->pty = s->victim_in = s->victim_out = -1;
	s->shm = s->msq = -1;
	s->key = -1;
	if (sodium_init() == -1)
		return RL_ERR_SYSTEM;
	randombytes_buf(random, sizeof(random));
	sodium_bin2hex(s->id, sizeof(s->id), random, sizeof(random));
	if ((s->home = realpath(paths->home, NULL)) == NULL) {
		snprintf(why, size, "%s: %s", paths->home, strerror(errno));
		return RL_ERR_SYSTEM;
	}
	s->work = xstrdup(work);
	s->profile_dir = xstrdup(paths->profile_dir);
	s->config_dir = xstrdup(paths->config_dir);
	give_own(s, paths);
	if ((r = make_folders(s, profile_home, why, size)) != 0)
		return r;
	find_parent(s, profile_home);
	make_sockets(s);
	make_kernel(s);
	make_victim(s, paths->jail_check);
	return 0;
}

/* Removes dir with the files in it; it has no folders. */
static void
remove_folder(const char *dir, const char *const *names, size_t n)
{
	char *path;

	for (size_t i = 0; dir != NULL && i < n; i++) {
		path = xasprintf("%s/%s", dir, names[i]);
		(void)unlink(path);
		free(path);
	}
	if (dir != NULL)
		(void)rmdir(dir);
}

/* Removes DIR/ringlet-check-IDSUFFIX. */
static void
remove_left(const struct stage *s, const char *dir, const char *suffix)
{
	char *path;

	if (dir == NULL)
		return;
	path = xasprintf("%s/ringlet-check-%s%s", dir, s->id, suffix);
	(void)unlink(path);
	free(path);
}

static void
remove_all_left(const struct stage *s)
{
	static const char *const in_home[] = { "", "/.config/autostart",
		"/.config/systemd/user", "/.local/bin" };
	static const char *const in_work[] = { ".suid1", ".suid2", ".suid3",
		".null", ".caps", ".lock0", ".lock1", ".lock2", ".lock3",
		".brought" };
	static const char *const shared[] = { "/tmp", "/var/tmp", "/dev/shm",
		"/usr", "/etc", "/" };
	char *dir;

	for (size_t i = 0; i < sizeof(in_home) / sizeof(in_home[0]); i++) {
		dir = xasprintf("%s%s", s->home, in_home[i]);
		remove_left(s, dir, ".left");
		free(dir);
	}
	for (size_t i = 0; i < sizeof(in_work) / sizeof(in_work[0]); i++)
		remove_left(s, s->work, in_work[i]);
	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++) {
		remove_left(s, shared[i], ".left");
		remove_left(s, shared[i], "");
	}
	remove_left(s, "/tmp", ".sock");
	remove_left(s, s->parent, ".up");
	remove_left(s, s->profile_dir, ".left");
	remove_left(s, s->config_dir, ".left");
	remove_left(s, s->other, ".left");
}

static void
remove_kernel(const struct stage *s)
{
	char name[64];
	int shm;

	snprintf(name, sizeof(name), "ringlet-check-%s.left", s->id);
	(void)syscall(SYS_mq_unlink, name);
	name[strlen(name) - strlen(".left")] = '\0';
	(void)syscall(SYS_mq_unlink, name);
	if (s->key != -1)
		(void)syscall(SYS_keyctl, KEYCTL_UNLINK, s->key, USER_KEYRING);
	if (s->shm != -1)
		(void)shmctl(s->shm, IPC_RMID, NULL);
	if (s->msq != -1)
		(void)msgctl(s->msq, IPC_RMID, NULL);
	if (s->shm_left != 0 && (shm = shmget(s->shm_left, 0, 0)) != -1)
		(void)shmctl(shm, IPC_RMID, NULL);
}

void
stage_end(struct stage *s)
{
	static const char *const secrets[] = { "file", "append", "doomed",
		"moved", "program", "program.ran", "stream", "dgram", "fifo" };
	static const char *const others[] = { "file" };

	stage_end_victim(s);
	if (s->home != NULL)
		remove_all_left(s);
	remove_folder(s->secret, secrets, sizeof(secrets) / sizeof(*secrets));
	remove_folder(s->other, others, sizeof(others) / sizeof(*others));
	remove_kernel(s);
	for (size_t i = 0; i < SS_COUNT; i++)
		fd_close(s->sockets[i]);
	fd_close(s->fifo);
	fd_close(s->pty);
	fd_close(s->victim_in);
	fd_close(s->victim_out);
	for (size_t i = 0; i < s->ntargets; i++)
		free(s->targets[i]);
	free(s->home);
	free(s->secret);
	free(s->other);
	free(s->work);
	free(s->parent);
	free(s->profile_dir);
	free(s->config_dir);
	memset(s, 0, sizeof(*s));
}
