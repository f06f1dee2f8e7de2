/*
 * Starting the other programs of Ringlet and telling what became of them.
 *
 * The child is made by clone(2) with a copy of our memory and runs
 * child_main() until its exec.  Our signal handlers and locks mean nothing in
 * that copy, so child_main() and what it calls use system calls alone, on
 * values that were prepared before.  What fails there is told through a pipe
 * that a successful exec closes.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "fdpass.h"
#include "log.h"
#include "msgdef.h"
#include "proc.h"

#define NAMESPACES                                                             \
	(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET |           \
	    CLONE_NEWIPC | CLONE_NEWUTS)

#define FAR_FD	    10	  /* beyond those that the child renumbers */
#define CHILD_STACK 32768 /* bytes; the child calls nothing deep */

/* What the child was at when it failed. */
enum stage {
	STAGE_MAP = 1, /* writing the maps of its user namespace */
	STAGE_SETUP,
	STAGE_EXEC
};

struct failure {
	int stage;
	int error;
};

/* All that the child needs, made before the clone. */
struct child {
	const struct proc_spec *spec;
	bool seal;
	int null; /* >= FAR_FD, like the next two */
	int channel;
	int program;   /* likewise, or -1 */
	int report;    /* write end of the failure pipe */
	int report_rd; /* our own end of it, which the child closes */
	char uid_map[32];
	char gid_map[32];
};

/* --- the child, between clone and exec --- */

static void
child_fail(int fd, enum stage stage)
{
	struct failure f = { stage, errno };

	/* Less than PIPE_BUF, so it is written whole or not at all. */
	if (write(fd, &f, sizeof(f)) == -1)
		_exit(126);
	_exit(127);
}

static int
child_put(const char *path, const char *text)
{
	size_t len = strlen(text);
	ssize_t n;
	int fd;

	if ((fd = open(path, O_WRONLY | O_CLOEXEC)) == -1)
		return -1;
	n = write(fd, text, len);
	if (close(fd) == -1 || n != (ssize_t)len)
		return -1;
	return 0;
}

/* Maps our uid and gid to 0 of the new user namespace, and nothing else. */
static int
child_map(const struct child *c)
{
	/*
	 * The memory was copied from a process that is not dumpable, whose
	 * files in /proc belong to the real root, so it has to be dumpable
	 * to write its own maps.  The exec that follows replaces the memory.
	 */
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == -1 ||
	    child_put("/proc/self/setgroups", "deny") == -1 ||
	    child_put("/proc/self/uid_map", c->uid_map) == -1 ||
	    child_put("/proc/self/gid_map", c->gid_map) == -1)
		return -1;
	return 0;
}

/*
 * Where memory ends, the sealed process is the first that the kernel takes:
 * whoever has taken it over could hold the rings of sessions long ended, which
 * no limit counts.  If it cannot be said, it is for the kernel to choose.
 */
static void
child_first_to_go(void)
{
	/* Dumpable for that: see child_map(). */
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == -1)
		return;
	(void)child_put("/proc/self/oom_score_adj", "1000");
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static int
child_signals(void)
{
	struct sigaction sa;
	sigset_t none;
	int signo;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = SIG_DFL;
	/* The C library keeps some for itself: those fail, and may. */
	for (signo = 1; signo < NSIG; signo++)
		(void)sigaction(signo, &sa, NULL);
	(void)sigemptyset(&none);
	return sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * Whether the parent was gone before PR_SET_PDEATHSIG could have told.
 * getppid() says nothing in a new pid namespace; a pipe without a reader
 * does.
 */
static bool
child_is_orphan(int report)
{
	struct pollfd pfd = { report, POLLOUT, 0 };

	return poll(&pfd, 1, 0) == 1 && (pfd.revents & POLLERR) != 0;
}

static int
child_descriptors(struct child *c)
{
	int last = PROC_CHANNEL_FD + 1;

	if (dup2(c->null, STDIN_FILENO) == -1 ||
	    dup2(c->null, STDOUT_FILENO) == -1)
		return -1;
	if (fcntl(STDERR_FILENO, F_GETFD) == -1 &&
	    dup2(c->null, STDERR_FILENO) == -1)
		return -1;
	if (dup2(c->channel, PROC_CHANNEL_FD) == -1 ||
	    dup3(c->report, last, O_CLOEXEC) == -1)
		return -1;
	c->report = last;
	if (c->program != -1) {
		if (dup3(c->program, ++last, O_CLOEXEC) == -1)
			return -1;
		c->program = last;
	}
	return (int)syscall(SYS_close_range, last + 1, UINT32_MAX, 0);
}

static void
child_exec(const struct child *c)
{
	if (c->program == -1)
		(void)execve(c->spec->path, c->spec->argv, c->spec->envp);
	else
		(void)syscall(SYS_execveat, c->program, "", c->spec->argv,
		    c->spec->envp, AT_EMPTY_PATH);
}

static int
child_main(void *arg)
{
	struct child *c = arg;

	(void)close(c->report_rd);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1)
		child_fail(c->report, STAGE_SETUP);
	if (child_is_orphan(c->report))
		_exit(0);
	if (c->spec->seal)
		child_first_to_go();
	if (c->seal && child_map(c) == -1)
		child_fail(c->report, STAGE_MAP);
	if (child_signals() == -1 || setsid() == -1 || chdir("/") == -1 ||
	    child_descriptors(c) == -1)
		child_fail(c->report, STAGE_SETUP);
	child_exec(c);
	child_fail(c->report, STAGE_EXEC);
	return 0;
}

/* --- the parent --- */

/* The child's report.  1: it failed and *f says how; 0: it has exec'ed. */
static int
read_failure(int fd, struct failure *f)
{
	ssize_t n;

	do
		n = read(fd, f, sizeof(*f));
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return RL_ERR_SYSTEM;
	return n == (ssize_t)sizeof(*f);
}

static void
reap_failed(pid_t pid)
{
	int saved = errno;

	while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		continue;
	errno = saved;
}

/* Whether a failure means that namespaces are not to be had here. */
static bool
is_forbidden(int error)
{
	return error == EPERM || error == EACCES || error == ENOSPC ||
	       error == EUSERS || error == EINVAL || error == ENOSYS ||
	       error == ENOENT;
}

/*
 * One attempt.  Fills pid and pidfd of *out.  On failure f->stage is 0 if
 * there never was a child; f->error always is the cause.
 */
static int
spawn_once(struct child *c, struct proc *out, struct failure *f)
{
	_Alignas(64) char stack[CHILD_STACK];
	sigset_t all, old;
	int p[2] = { -1, -1 }, flags, r = RL_ERR_SYSTEM;

	f->stage = 0;
	out->pidfd = -1;
	if (pipe2(p, O_CLOEXEC) == -1)
		goto out;
	c->report_rd = p[0];
	if ((c->report = fcntl(p[1], F_DUPFD_CLOEXEC, FAR_FD)) == -1)
		goto out;
	fd_close(p[1]);
	p[1] = -1;

	/* None of our handlers may run in the copy. */
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &old);
	flags = CLONE_PIDFD | SIGCHLD | (c->seal ? NAMESPACES : 0);
	out->pid =
	    clone(child_main, stack + sizeof(stack), flags, c, &out->pidfd);
	f->error = errno;
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	errno = f->error;
	fd_close(c->report);
	c->report = -1;
	if (out->pid == -1)
		goto out;

	if ((r = read_failure(p[0], f)) == 0)
		goto out;
	if (r == 1) {
		errno = f->error;
		r = RL_ERR_SYSTEM;
	} else
		(void)proc_signal(out, SIGKILL);
	reap_failed(out->pid);
	fd_close(out->pidfd);
	out->pidfd = -1;
out:
	f->error = errno;
	fd_close(c->report);
	c->report = -1;
	fd_close(p[0]);
	fd_close(p[1]);
	if (r != 0)
		out->pid = 0;
	errno = f->error;
	return r;
}

int
proc_spawn(const struct proc_spec *spec, struct proc *out)
{
	struct child c;
	struct failure f;
	int null = -1, r = RL_ERR_SYSTEM, saved;

	memset(out, 0, sizeof(*out));
	out->pidfd = -1;
	memset(&c, 0, sizeof(c));
	c.spec = spec;
	c.seal = spec->seal;
	c.null = c.channel = c.program = c.report = -1;
	(void)snprintf(
	    c.uid_map, sizeof(c.uid_map), "0 %u 1\n", (unsigned)geteuid());
	(void)snprintf(
	    c.gid_map, sizeof(c.gid_map), "0 %u 1\n", (unsigned)getegid());

	if ((null = open("/dev/null", O_RDWR | O_CLOEXEC)) == -1 ||
	    (c.null = fcntl(null, F_DUPFD_CLOEXEC, FAR_FD)) == -1 ||
	    (c.channel = fcntl(spec->channel, F_DUPFD_CLOEXEC, FAR_FD)) == -1)
		goto out;
	if (spec->program != 0 &&
	    (c.program = fcntl(spec->program, F_DUPFD_CLOEXEC, FAR_FD)) == -1)
		goto out;
	r = spawn_once(&c, out, &f);
	if (r != 0 && c.seal && (f.stage == 0 || f.stage == STAGE_MAP) &&
	    is_forbidden(f.error)) {
		c.seal = false;
		r = spawn_once(&c, out, &f);
	}
	out->sealed = r == 0 && c.seal;
out:
	saved = errno;
	fd_close(null);
	fd_close(c.null);
	fd_close(c.channel);
	fd_close(c.program);
	errno = saved;
	return r;
}

int
proc_signal(const struct proc *p, int signo)
{
	long r;

	/* kill(2) would take 0 and below for whole groups. */
	if (p->pid <= 0) {
		errno = ESRCH;
		return RL_ERR_SYSTEM;
	}
	if (p->pidfd != -1)
		r = syscall(SYS_pidfd_send_signal, p->pidfd, signo, NULL, 0);
	else
		r = kill(p->pid, signo);
	return r == -1 ? RL_ERR_SYSTEM : 0;
}

void
proc_release(struct proc *p)
{
	fd_close(p->pidfd);
	memset(p, 0, sizeof(*p));
	p->pidfd = -1;
}

int
proc_reap(struct proc *p, int *status)
{
	pid_t pid;

	if (p->pid <= 0) {
		errno = ECHILD;
		return RL_ERR_SYSTEM;
	}
	do
		pid = waitpid(p->pid, status, WNOHANG);
	while (pid == -1 && errno == EINTR);
	if (pid == -1)
		return RL_ERR_SYSTEM;
	if (pid == 0)
		return 0;
	proc_release(p); /* the number may be somebody else's from now on */
	return 1;
}

char *
proc_describe(int status, char *dst, size_t size)
{
	if (WIFEXITED(status))
		(void)snprintf(
		    dst, size, "exited with status %d", WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		(void)snprintf(dst, size, "was killed by signal %d (%s)",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		(void)snprintf(
		    dst, size, "ended with wait status 0x%x", status);
	return dst;
}

void
proc_child_begin(void)
{
	if (!fd_is(PROC_CHANNEL_FD, FD_SOCKET))
		fatal("descriptor %d is no channel: this program is started "
		      "by ringlet-monitor, not by hand",
		    PROC_CHANNEL_FD);
	if (fcntl(PROC_CHANNEL_FD, F_SETFD, FD_CLOEXEC) == -1)
		fatal("descriptor %d: %s", PROC_CHANNEL_FD, strerror(errno));
	if (syscall(SYS_close_range, PROC_CHANNEL_FD + 1, UINT32_MAX, 0) == -1)
		fatal("close_range: %s", strerror(errno));
}

static void
to_channel(enum log_level level, const char *text, void *arg)
{
	struct msg_log m = { .level = level, .text = text };

	(void)arg;
	/* If that fails there is nobody left to tell. */
	(void)msg_write(PROC_CHANNEL_FD, MSG_LOG, 0, &m, NULL, 0);
}

void
proc_child_log(void)
{
	log_set_sink(to_channel, NULL);
}
