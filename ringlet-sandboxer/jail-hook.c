/*
 * ringlet-jail-hook: runs one hook of an agent, and reports that.
 *
 * The agent's settings name this program with a hash.  The command that was
 * approved is in a file of that name, which a jail shows read-only; it goes to
 * sh(1) as one argument, as it is.  Standard input, output, error and the exit
 * status are the hook's own: agents speak with hooks by them.
 *
 * What cannot be found, or reported, is not run.  To an agent 2 means to let a
 * tool be, any other status that a hook has failed: so before a tool is used
 * every fault of ours is 2.
 *
 * It runs as the agent, which can call it, or not, with whatever it likes: its
 * reports are the jail's word.
 */

#include "config.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "err.h"
#include "fdpass.h"
#include "hook.h"
#include "jail-hook.h"
#include "msgdef.h"

#define FILE_MAX  (HOOK_COMMAND_MAX + HOOK_MATCHER_MAX + 512)
#define REPORT_MS 5000 /* for a report to be taken */
#define GRACE_MS  1000 /* from TERM to KILL */
#define FIELDS	  5    /* before the command */

extern char **environ;

struct run {
	unsigned event;
	const char *hash;
	char file[FILE_MAX + 1];
	const char *alias;
	uint64_t index;
	struct msg_hook_text text;
};

static void __attribute__((__noreturn__, __format__(printf, 2, 3)))
fail(const struct run *r, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "ringlet-jail-hook: ");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n");
	exit(r->event == HOOK_PRE_TOOL_USE ? 2 : 1);
}

/* --- what is to be executed --- */

static size_t
read_file(struct run *r, const char *dir)
{
	char path[4096];
	struct stat st;
	size_t len = 0;
	ssize_t n = 0;
	int fd;

	if (snprintf(path, sizeof(path), "%s/%s", dir, r->hash) >=
	    (int)sizeof(path))
		fail(r, "RINGLET_HOOKS is too long");
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT)
		fail(r, "this hook is not approved any more");
	if (fd == -1 || fstat(fd, &st) == -1)
		fail(r, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		fail(r, "%s: is not a regular file", path);
	while (
	    len < FILE_MAX && (n = read(fd, r->file + len, FILE_MAX - len)) > 0)
		len += (size_t)n;
	if (n != 0)
		fail(r, "%s: cannot be read", path);
	close(fd);
	r->file[len] = '\0';
	return len;
}

/* What the name says it is, it must be. */
static void
find(struct run *r)
{
	const char *dir = getenv("RINGLET_HOOKS"), *f[FIELDS], *p, *why;
	char hash[HOOK_HASH_LEN + 1];
	size_t len;

	if (dir == NULL)
		fail(r, "there is no RINGLET_HOOKS: start the agent with "
			"'ringlet profiles run'");
	len = read_file(r, dir);
	p = r->file;
	for (int i = 0; i < FIELDS; i++) {
		f[i] = p;
		p += strlen(p) + 1;
		if (p > r->file + len)
			fail(r, "its file is damaged");
	}
	r->alias = f[0];
	r->text.event = f[1];
	r->index = (uint64_t)strtonum(f[2], 0, HOOKS_MAX - 1, &why);
	if (why == NULL)
		r->text.timeout =
		    (uint64_t)strtonum(f[3], 1, HOOK_TIMEOUT_MAX, &why);
	r->text.matcher = f[4];
	r->text.command = p;
	if (why != NULL || hook_event_find(f[1]) != r->event ||
	    strlen(p) != (size_t)(r->file + len - p))
		fail(r, "its file is damaged");
	hook_hash(&r->text, hash);
	if (strcmp(hash, r->hash) != 0)
		fail(r, "it is not what was approved");
}

/* --- reports --- */

/* Into the sandboxer's pipe.  Others may have filled it: it is emptied soon. */
static int
report_pipe(
    const struct run *r, const char *path, enum hook_phase phase, int status)
{
	struct jail_hook_record rec = { JAIL_HOOK_MAGIC, r->event,
		(uint32_t)r->index, phase, status, { 0 } };
	struct pollfd pfd;
	int fd, ret = -1;

	if (sodium_hex2bin(rec.hash, sizeof(rec.hash), r->hash, HOOK_HASH_LEN,
		NULL, NULL, NULL) != 0)
		return -1;
	fd = open(path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return -1;
	pfd = (struct pollfd){ fd, POLLOUT, 0 };
	for (int i = 0; ret == -1 && i < 20; i++) {
		if (write(fd, &rec, sizeof(rec)) == sizeof(rec))
			ret = 0;
		else if (errno == EAGAIN)
			(void)poll(&pfd, 1, REPORT_MS / 20);
		else if (errno != EINTR)
			break;
	}
	close(fd);
	return ret;
}

/* To the monitor, which answers once it is written down. */
static int
report_socket(
    const struct run *r, const char *path, enum hook_phase phase, int status)
{
	const struct msg_hook_run body = { .alias = r->alias,
		.event = r->text.event,
		.index = r->index,
		.hash = r->hash,
		.phase = phase,
		.status = status };
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct msg m;
	int fd, ret = -1;

	if (strlcpy(sun.sun_path, path, sizeof(sun.sun_path)) >=
	    sizeof(sun.sun_path))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd != -1 &&
	    connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0 &&
	    msg_write(fd, MSG_HOOK_RUN, 1, &body, NULL, 0) == 0 &&
	    msg_read(fd, REPORT_MS, &m) == 0) {
		ret = m.hdr.type == MSG_OK ? 0 : -1;
		msg_clear(&m);
	}
	fd_close(fd);
	return ret;
}

static int
report(const struct run *r, enum hook_phase phase, int status)
{
	const char *path = getenv("RINGLET_HOOK_REPORT");
	struct stat st;

	if (path == NULL || lstat(path, &st) == -1)
		return -1;
	if (S_ISFIFO(st.st_mode))
		return report_pipe(r, path, phase, status);
	if (S_ISSOCK(st.st_mode))
		return report_socket(r, path, phase, status);
	return -1;
}

/* --- the run --- */

static uint64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* The next of the signals in set, or -1 once it is that time. */
static int
next_signal(const sigset_t *set, uint64_t end)
{
	uint64_t now;
	struct timespec ts;
	int signo;

	do {
		now = now_ms();
		if (now >= end)
			return -1;
		ts.tv_sec = (time_t)((end - now) / 1000);
		ts.tv_nsec = (long)((end - now) % 1000) * 1000000;
		signo = sigtimedwait(set, NULL, &ts);
	} while (signo == -1 && errno == EINTR);
	return signo;
}

static int
wait_for(pid_t pid, const sigset_t *set, uint64_t ms)
{
	uint64_t end = now_ms() + ms;
	bool late = false;
	int status, signo;

	for (;;) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			break;
		signo = next_signal(set, end);
		if (signo == SIGCHLD)
			continue;
		if (signo != -1)
			(void)kill(-pid, signo);
		else if (late) {
			(void)kill(-pid, SIGKILL);
			(void)waitpid(pid, &status, 0);
			break;
		} else {
			late = true;
			(void)kill(-pid, SIGTERM);
			end = now_ms() + GRACE_MS;
		}
	}
	if (late) {
		/* What did not go with it. */
		(void)kill(-pid, SIGKILL);
		return JAIL_HOOK_TIMED_OUT;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* As one argument; the group is what a time-out ends. */
static void __attribute__((__noreturn__))
execute(const struct run *r, const sigset_t *old)
{
	char *const argv[] = { (char *)(uintptr_t) "sh",
		(char *)(uintptr_t) "-c", (char *)(uintptr_t)r->text.command,
		NULL };

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)setpgid(0, 0);
	(void)sigprocmask(SIG_SETMASK, old, NULL);
	execve("/bin/sh", argv, environ);
	_exit(127);
}

int
main(int argc, char **argv)
{
	static struct run r;
	sigset_t set, old;
	pid_t pid;
	int status;

	if (argc != 3 || !hook_hash_ok(argv[2]) ||
	    (r.event = hook_event_find(argv[1])) == 0) {
		fprintf(stderr, "usage: ringlet-jail-hook EVENT HASH\n");
		return 2;
	}
	r.hash = argv[2];
	if (sodium_init() == -1)
		fail(&r, "libsodium does not start");
	find(&r);
	if (report(&r, HOOK_BEGINS, 0) != 0)
		fail(&r, "it could not be reported, so it was not run: does "
			 "the daemon run?");
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &set, &old);
	if ((pid = fork()) == -1)
		fail(&r, "fork: %s", strerror(errno));
	if (pid == 0)
		execute(&r, &old);
	(void)setpgid(pid, pid);
	status = wait_for(pid, &set, r.text.timeout * 1000);
	(void)report(&r, HOOK_ENDED, status);
	return status;
}
