/*
 * ringlet-jail-init: process 1 of a jail, and the parent of the agent.
 *
 * bwrap executes it once the jail stands.  It proves that the working folder
 * and the home it sees are the very files that the monitor opened (paths can
 * be exchanged between that check and bwrap's bind), gives the agent a
 * session with the terminal as its own, reaps what is orphaned, and reports
 * over a socket.  When it ends, the kernel kills the rest of the jail.
 *
 * With -u it runs outside any jail, as the subreaper of one unjailed agent,
 * and kills all that the agent left behind before it ends itself.
 *
 * It shares a uid and a pid namespace with a hostile agent.  So it is not
 * dumpable before the agent exists (no ptrace, no /proc/1/mem, no
 * /proc/1/fd), it reads nothing that the agent can write, and the agent
 * inherits neither the socket nor any other descriptor.  libc only.
 */

#include "config.h"

#include <sys/prctl.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jail-init.h"

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

extern char **environ;

#define NLIMITS	  4 /* words of -l */
#define CPU_GRACE 5 /* seconds from SIGXCPU to SIGKILL */

struct init {
	int report; /* socket to the sandboxer */
	int sigfd;
	int execfd; /* end of file once the agent's exec worked; or -1 */
	bool unjailed;
	uint64_t limits[NLIMITS]; /* of the agent; 0: none */
	pid_t agent;
	bool ended; /* status is valid */
	int status; /* as wait(2)'s */
};

/* What the agent's process tells its parent when it could not start. */
struct exec_error {
	int step;
	int error;
};

/*
 * For a call that the sandboxer got wrong; standard error is a pipe to it
 * until the agent's process takes the terminal.  _exit(): there is nothing to
 * flush, and what a sanitiser does at exit needs ptrace.
 */
static void __attribute__((__noreturn__)) usage(const char *why)
{
	dprintf(STDERR_FILENO,
	    "ringlet-jail-init: %s\n"
	    "usage: ringlet-jail-init [-u] [-l memory processes files "
	    "seconds] fd [path dev ino] ... "
	    "-- program argv0 [argument ...]\n",
	    why);
	_exit(JAIL_INIT_FAILED);
}

/*
 * Sends one record, with a descriptor unless fd is -1.  A failure means that
 * the sandboxer is gone, which the main loop finds out by itself.
 */
static void
report(
    int sock, enum jail_report_type type, int value, unsigned int index, int fd)
{
	struct jail_report rep = { JAIL_REPORT_MAGIC, type, value, index };
	struct iovec iov = { &rep, sizeof(rep) };
	union {
		struct cmsghdr hdr;
		char buf[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr mh;
	struct cmsghdr *cmsg;

	memset(&mh, 0, sizeof(mh));
	mh.msg_iov = &iov;
	mh.msg_iovlen = 1;
	if (fd != -1) {
		memset(&control, 0, sizeof(control));
		mh.msg_control = control.buf;
		mh.msg_controllen = sizeof(control.buf);
		cmsg = CMSG_FIRSTHDR(&mh);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	}
	while (sendmsg(sock, &mh, MSG_NOSIGNAL) == -1 && errno == EINTR)
		;
}

static void __attribute__((__noreturn__)) fail(const struct init *in,
    enum jail_report_type type, int value, unsigned int index)
{
	report(in->report, type, value, index, -1);
	_exit(JAIL_INIT_FAILED);
}

/*
 * Reports type together with a pidfd of this process.  The sandboxer could
 * not get one from a number without racing against its reuse.
 */
static int
report_self(int sock, enum jail_report_type type)
{
	int fd;

	fd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	if (fd == -1)
		return -1;
	report(sock, type, 0, 0, fd);
	close(fd);
	return 0;
}

static bool
parse_u64(const char *s, uint64_t *out)
{
	char *end;

	if (*s < '0' || *s > '9')
		return false;
	errno = 0;
	*out = strtoull(s, &end, 10);
	return errno == 0 && *end == '\0';
}

/*
 * Checks the triples v[0 .. n*3-1]; does not return if one does not match.
 * The last component is not followed: a bind is never a symbolic link, and
 * what lies on the way was made by bwrap.
 */
static void
verify(const struct init *in, char **v, unsigned int n)
{
	struct stat st;
	uint64_t dev, ino;
	unsigned int i;

	for (i = 0; i < n; i++, v += 3) {
		if (v[0][0] != '/' || !parse_u64(v[1], &dev) ||
		    !parse_u64(v[2], &ino))
			usage("malformed path, dev or ino");
		if (fstatat(AT_FDCWD, v[0], &st, AT_SYMLINK_NOFOLLOW) == -1)
			fail(in, JREP_VERIFY_FAILED, errno, i);
		if (st.st_dev != dev || st.st_ino != ino)
			fail(in, JREP_VERIFY_FAILED, 0, i);
	}
}

/*
 * In the agent's own process: this one must not be bounded.  The hard limit of
 * processor time is later, so that who wants to can save its work at SIGXCPU.
 */
static int
limit_self(const struct init *in)
{
	static const int what[NLIMITS] = { RLIMIT_DATA, RLIMIT_NPROC,
		RLIMIT_NOFILE, RLIMIT_CPU };
	struct rlimit rl;
	int i;

	for (i = 0; i < NLIMITS; i++) {
		if (in->limits[i] == 0)
			continue;
		if (getrlimit(what[i], &rl) == -1)
			return -1;
		/* One that is lower already may not be raised. */
		if (in->limits[i] > rl.rlim_max)
			continue;
		rl.rlim_cur = in->limits[i];
		if (what[i] != RLIMIT_CPU)
			rl.rlim_max = in->limits[i];
		else if (rl.rlim_max > in->limits[i] + CPU_GRACE)
			rl.rlim_max = in->limits[i] + CPU_GRACE;
		if (setrlimit(what[i], &rl) == -1)
			return -1;
	}
	return 0;
}

/*
 * The agent's side of the vfork, in its parent's memory.  All signals are
 * blocked and some may be ignored by inheritance; the agent gets them all as
 * they are by default.
 */
static void __attribute__((__noreturn__, __noinline__))
agent_exec(const struct init *in, int errfd, char **argv)
{
	struct exec_error ee = { JSTEP_TERMINAL, 0 };
	struct sigaction sa;
	sigset_t none;
	int signo;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = SIG_DFL;
	for (signo = 1; signo < NSIG; signo++)
		(void)sigaction(signo, &sa, NULL);
	if (setsid() == -1 || ioctl(STDIN_FILENO, TIOCSCTTY, 0) == -1 ||
	    dup2(STDIN_FILENO, STDOUT_FILENO) == -1 ||
	    dup2(STDIN_FILENO, STDERR_FILENO) == -1)
		goto failed;
	ee.step = JSTEP_SETUP;
	if (report_self(in->report, JREP_AGENT) == -1 || limit_self(in) == -1)
		goto failed;
	sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) == -1)
		goto failed;
	ee.step = JSTEP_EXEC;
	execve(argv[0], argv + 1, environ);
failed:
	ee.error = errno;
	if (write(errfd, &ee, sizeof(ee)) == -1)
		_exit(JAIL_INIT_FAILED - 1);
	_exit(JAIL_INIT_FAILED);
}

/*
 * Whether the sandboxer has died, whose end of the socket then is closed.
 * That is how a jail dies with it.
 */
static bool
abandoned(const struct init *in)
{
	struct pollfd pfd = { in->report, 0, 0 };

	return poll(&pfd, 1, 0) == 1;
}

/*
 * By vfork(2): there is nothing to copy, and nobody to answer before the agent
 * runs.  While its exec waits for a file system, so do we; who kills us then
 * kills it, too: it is in our pid namespace, or becomes an orphan (reap.c).
 */
static void
agent_start(struct init *in, char **argv)
{
	pid_t pid;
	int p[2];

	if (pipe2(p, O_CLOEXEC) == -1)
		fail(in, JREP_EXEC_FAILED, errno, JSTEP_SETUP);
	if ((pid = vfork()) == -1)
		fail(in, JREP_EXEC_FAILED, errno, JSTEP_FORK);
	if (pid == 0)
		agent_exec(in, p[1], argv);
	in->agent = pid;
	close(p[1]);
	in->execfd = p[0];
}

/* The agent's exec worked or failed: the pipe says which. */
static void
on_exec(struct init *in)
{
	struct exec_error ee;
	ssize_t n;

	n = read(in->execfd, &ee, sizeof(ee));
	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	close(in->execfd);
	in->execfd = -1;
	if (n == 0) {
		report(in->report, JREP_STARTED, 0, 0, -1);
		return;
	}
	if (n != sizeof(ee)) {
		ee.step = JSTEP_FORK;
		ee.error = EPROTO;
	}
	fail(in, JREP_EXEC_FAILED, ee.error, ee.step);
}

/* Reaps every child that has ended, orphans of the jail included. */
static void
reap(struct init *in)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == in->agent) {
			in->ended = true;
			in->status = status;
		}
	}
}

static void
on_signal(struct init *in)
{
	struct signalfd_siginfo si;

	while (read(in->sigfd, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo == SIGCHLD)
			reap(in);
		else if (!in->ended)
			kill(in->agent, (int)si.ssi_signo);
	}
}

/*
 * Kills every child of this process once.  The numbers come from the kernel's
 * list of our own children, which stay ours until they are reaped: none can
 * be another process by now.  Returns how many were signalled, or -1 if there
 * is no such list.
 */
static int
kill_children(void)
{
	char path[64];
	FILE *fp;
	int pid, n = 0;

	snprintf(
	    path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	if ((fp = fopen(path, "re")) == NULL)
		return -1;
	while (fscanf(fp, "%d", &pid) == 1) {
		if (pid > 1 && kill(pid, SIGKILL) == 0)
			n++;
	}
	fclose(fp);
	return n;
}

/*
 * Unjailed: ends all that the agent left.  Whatever forks away meanwhile is
 * re-parented to us, so that the loop ends only when no child is left.
 * Returns false if one is left that we may not signal (a set-uid program).
 */
static bool
sweep(void)
{
	int n;

	for (;;) {
		n = kill_children();
		while (waitpid(-1, NULL, n > 0 ? 0 : WNOHANG) > 0)
			n--;
		if (waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD)
			return true;
		if (n <= 0 && kill_children() <= 0)
			return false;
	}
}

static void
serve(struct init *in)
{
	struct pollfd pfd[3];

	while (!in->ended || in->execfd != -1) {
		pfd[0].fd = in->sigfd;
		pfd[0].events = POLLIN;
		pfd[1].fd = in->report;
		pfd[1].events = 0; /* POLLHUP is always told */
		pfd[2].fd = in->execfd;
		pfd[2].events = POLLIN;
		if (poll(pfd, 3, -1) == -1) {
			if (errno == EINTR)
				continue;
			break;
		}
		if (pfd[1].revents != 0) {
			/* As abandoned(). */
			break;
		}
		if (pfd[2].revents != 0)
			on_exec(in);
		if (pfd[0].revents != 0)
			on_signal(in);
	}
}

int
main(int argc, char **argv)
{
	struct init in = { -1, -1, -1, false, { 0 }, -1, false, 0 };
	uint64_t fd;
	socklen_t len;
	sigset_t all, wanted;
	char **triples;
	int type;
	unsigned int n = 0, i;

	argv++;
	/* A test whether a jail can be built: it is. */
	if (argc == 2 && strcmp(argv[0], "-t") == 0)
		_exit(0);
	if (argc > 1 && strcmp(argv[0], "-u") == 0) {
		in.unjailed = true;
		argv++;
	}
	if (*argv != NULL && strcmp(*argv, "-l") == 0) {
		for (i = 0, argv++; i < NLIMITS; i++, argv++) {
			if (*argv == NULL || !parse_u64(*argv, &in.limits[i]))
				usage("-l needs four numbers");
		}
	}
	if (*argv == NULL || !parse_u64(*argv, &fd) || fd > INT_MAX)
		usage("a descriptor number is needed");
	in.report = (int)fd;
	len = sizeof(type);
	if (getsockopt(in.report, SOL_SOCKET, SO_TYPE, &type, &len) == -1 ||
	    type != SOCK_SEQPACKET)
		usage("that descriptor is not the sandboxer's socket");
	triples = ++argv;
	while (*argv != NULL && strcmp(*argv, "--") != 0) {
		if (argv[1] == NULL || argv[2] == NULL)
			usage("a path needs its dev and ino");
		argv += 3;
		n++;
	}
	if (*argv == NULL || argv[1] == NULL || argv[1][0] != '/' ||
	    argv[2] == NULL)
		usage("an absolute program name and argv0 are needed");
	argv++;

	/* In this order: closed to the agent before there is an agent. */
	if (prctl(PR_SET_DUMPABLE, 0) == -1)
		fail(&in, JREP_EXEC_FAILED, errno, JSTEP_SETUP);
	if (!in.unjailed && getpid() != 1)
		fail(&in, JREP_EXEC_FAILED, EPERM, JSTEP_SETUP);
	/* A jail without its bwrap ends; its sandboxer sees to the rest. */
	if (in.unjailed ? prctl(PR_SET_CHILD_SUBREAPER, 1) == -1
			: prctl(PR_SET_PDEATHSIG, SIGKILL) == -1)
		fail(&in, JREP_EXEC_FAILED, errno, JSTEP_SETUP);
	if (syscall(SYS_close_range, STDERR_FILENO + 1, ~0U,
		CLOSE_RANGE_CLOEXEC) == -1)
		fail(&in, JREP_EXEC_FAILED, errno, JSTEP_SETUP);
	sigfillset(&all);
	sigemptyset(&wanted);
	sigaddset(&wanted, SIGCHLD);
	sigaddset(&wanted, SIGTERM);
	sigaddset(&wanted, SIGHUP);
	sigaddset(&wanted, SIGINT);
	if (sigprocmask(SIG_SETMASK, &all, NULL) == -1 ||
	    (in.sigfd = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK)) ==
		-1)
		fail(&in, JREP_EXEC_FAILED, errno, JSTEP_SETUP);
	verify(&in, triples, n);
	if (report_self(in.report, JREP_BUILT) == -1)
		fail(&in, JREP_EXEC_FAILED, errno, JSTEP_SETUP);

	if (abandoned(&in))
		_exit(JAIL_INIT_FAILED);
	agent_start(&in, argv);
	serve(&in);

	if (in.ended && WIFSIGNALED(in.status))
		report(in.report, JREP_SIGNALLED, WTERMSIG(in.status), 0, -1);
	else if (in.ended)
		report(in.report, JREP_EXITED, WEXITSTATUS(in.status), 0, -1);
	if (in.unjailed && !sweep())
		_exit(JAIL_INIT_ORPHANS);
	_exit(in.ended ? 0 : JAIL_INIT_FAILED);
}
