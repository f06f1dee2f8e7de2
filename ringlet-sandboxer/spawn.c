/*
 * The child that becomes bwrap: descriptors made here, fork, the few calls
 * between fork and exec.
 *
 * The child gets no environment but what bwrap is told through a pipe, no
 * descriptor but the listed ones, no controlling terminal, and (where the
 * kernel has it) Landlock's scope.  The sandboxer itself has none of these
 * restrictions: every jail would inherit them, bwrap's own work included.
 */

#include "config.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "err.h"
#include "fdpass.h"
#include "jail-landlock.h"
#include "jail.h"
#include "log.h"
#include "sandboxer.h"
#include "xmalloc.h"

#define ARGS_BYTES_MAX (1024 * 1024) /* what an ordinary user's pipe holds */

/* What the child needs; all of it is made before the fork. */
struct child {
	struct env *env;
	const struct jail *jail;
	char **argv;
	char **envp;
	pid_t parent;
	int slave;
	int cwd;
	int report;
	int words;
	int args;
	int seccomp;
	int cgroup;
};

const char *
spawn_tier(const struct env *env, bool sandboxed)
{
	return sandboxed ? tier_name(env->probe.tier) : "none";
}

/*
 * Says on standard error, a pipe to our parent, what stopped the child.  Not by
 * dprintf(3): its stream would be in the parent's list of streams, where a
 * signal that ends the child would leave it.
 */
static void __attribute__((__noreturn__)) child_fail(const char *what)
{
	char text[PATH_MAX + 128];
	int n = snprintf(text, sizeof(text), "%s: %s\n", what, strerror(errno));

	if (n < 0 || (size_t)n >= sizeof(text) ||
	    write(STDERR_FILENO, text, (size_t)n) == -1)
		_exit(126);
	_exit(127);
}

/*
 * Puts fds[i] at number i, and closes everything above.  The numbers may
 * overlap, so each is moved out of the way first.
 */
static void
child_place(const int *fds, int n)
{
	int moved[JAIL_FD_LIMIT];
	int i;

	for (i = 0; i < n; i++) {
		if (fds[i] == -1) {
			moved[i] = -1;
			continue;
		}
		moved[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, JAIL_FD_LIMIT);
		if (moved[i] == -1)
			child_fail("cannot place a descriptor");
	}
	for (i = 0; i < n; i++) {
		if (moved[i] == -1)
			close(i);
		else if (dup2(moved[i], i) == -1)
			child_fail("cannot place a descriptor");
	}
	if (syscall(SYS_close_range, n, ~0U, 0) == -1)
		child_fail("cannot close descriptors");
}

/*
 * Between fork and exec.  Standard error goes first, so that every failure
 * has a place to be told, and the signals last: until then they are blocked.
 */
static void __attribute__((__noreturn__, __noinline__))
child_main(const struct child *c)
{
	const int fds[JAIL_FD_LIMIT] = { c->slave, c->slave, c->words,
		c->report, c->args, c->seccomp };
	bool sandboxed = c->jail->plan->sandboxed;
	struct sigaction sa;
	sigset_t none;
	int signo;

	if (dup2(c->words, STDERR_FILENO) == -1)
		_exit(127);
	/* No parent-death signal: see jail-bwrap.c. */
	if (getppid() != c->parent)
		_exit(127);
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = SIG_DFL;
	for (signo = 1; signo < NSIG; signo++)
		(void)sigaction(signo, &sa, NULL);
	/* A new session has no terminal: the agent's init takes this one. */
	if (setsid() == -1)
		child_fail("setsid");
	(void)umask(022);
	/* Before anything is started that would have to be moved after it. */
	if (c->cgroup != -1 && write(c->cgroup, "0", 1) != 1)
		child_fail("cannot enter the session's cgroup");
	if (sandboxed ? chdir("/") == -1 : fchdir(c->cwd) == -1)
		child_fail("cannot enter the working folder");
	if (sandboxed && c->env->landlock != -1 &&
	    jail_landlock_enter(c->env->landlock) != 0)
		child_fail("cannot enter Landlock's scope");
	child_place(fds, JAIL_FD_LIMIT);
	if (setrlimit(RLIMIT_NOFILE, &c->env->nofile) == -1)
		child_fail("setrlimit");
	sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) == -1)
		child_fail("sigprocmask");
	execve(c->argv[0], c->argv, c->envp);
	child_fail(c->argv[0]);
}

/*
 * By vfork(2) the child has our memory, none of which need be copied, and we
 * stand still until it has executed or ended.  So none of our handlers may run
 * in it, and child_main(), which the compiler must not make a part of us,
 * changes nothing but errno and what is its own: descriptors, signals, limits,
 * its part of the stack.  Where it may have to wait, for the kernel to move it
 * into a cgroup, or for a folder that is on another machine, nobody else's
 * session shall wait with it.
 */
static pid_t
child_start(const struct child *c)
{
	sigset_t all, old;
	pid_t pid;

	if (c->cgroup != -1 || !c->jail->plan->sandboxed) {
		if ((pid = fork()) == 0)
			child_main(c);
		return pid;
	}
	sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, &old) == -1)
		return -1;
	if ((pid = vfork()) == 0)
		child_main(c);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	return pid;
}

/* --- before the fork --- */

/*
 * The read end of a pipe that holds these bytes: read once, they are gone.
 * -1 with errno.
 */
static int
pipe_with(const void *p, size_t len)
{
	ssize_t n;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) == -1)
		return -1;
	/* A page more: the kernel counts in pages, not in bytes. */
	if (len > 4096 && fcntl(fds[1], F_SETPIPE_SZ, (int)len + 4096) == -1)
		goto failed;
	n = write(fds[1], p, len);
	if (n == -1)
		goto failed;
	if ((size_t)n != len) {
		errno = ENOBUFS;
		goto failed;
	}
	if (fcntl(fds[0], F_SETFL, 0) == -1)
		goto failed;
	close(fds[1]);
	return fds[0];
failed:
	fd_close(fds[0]);
	fd_close(fds[1]);
	return -1;
}

/* The filter of this variant, made once in the life of the process. */
static int
seccomp_fd(struct env *env, const struct msg_jail_start *plan)
{
	unsigned int variant = 0;
	struct filter *f;
	int ret;

	if (env->landlock == -1)
		variant |= JAIL_SECCOMP_NO_UNIX;
	if (plan->nesting)
		variant |= JAIL_SECCOMP_NESTING;
	f = &env->filters[variant];
	if (f->prog == NULL &&
	    (ret = jail_seccomp_build(variant, &f->prog, &f->len)) != 0) {
		errno = EPROTO;
		return -1;
	}
	return pipe_with(f->prog, f->len);
}

static int
args_fd(const struct jail *jail, char *why, size_t size)
{
	struct buf *args;
	int fd = -1, ret;

	/* It holds the environment, and so the key. */
	args = buf_new_secret(ARGS_BYTES_MAX);
	if ((ret = jail_bwrap_args(jail, args)) != 0)
		(void)snprintf(
		    why, size, "bwrap's arguments: %s", rl_strerror(ret));
	else if ((fd = pipe_with(buf_ptr(args), buf_len(args))) == -1)
		(void)snprintf(why, size, "a pipe for bwrap's arguments: %s",
		    strerror(errno));
	buf_free(args);
	return fd;
}

/*
 * Both ends of the report socket and of the pipe for standard error.  What
 * stays here does not block.
 */
static int
make_channels(struct spawn *sp, struct child *c)
{
	int sv[2], p[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) == -1)
		return RL_ERR_SYSTEM;
	sp->report = sv[0];
	c->report = sv[1];
	if (pipe2(p, O_CLOEXEC) == -1)
		return RL_ERR_SYSTEM;
	sp->words = p[0];
	c->words = p[1];
	if (fd_nonblock(sp->report) != 0 || fd_nonblock(sp->words) != 0)
		return RL_ERR_SYSTEM;
	return 0;
}

int
spawn_child(struct env *env, struct spawn *sp, char *why, size_t size)
{
	static char *no_env[] = { NULL };
	const struct msg_jail_start *plan = sp->jail->plan;
	struct child c = { .env = env,
		.jail = sp->jail,
		.envp = no_env,
		.parent = getpid(),
		.slave = sp->slave,
		.cwd = sp->cwd,
		.cgroup = sp->cgroup,
		.report = -1,
		.words = -1,
		.args = -1,
		.seccomp = -1 };
	int ret = RL_ERR_SYSTEM;

	sp->pid = -1;
	sp->report = sp->words = -1;
	if (make_channels(sp, &c) != 0) {
		(void)snprintf(
		    why, size, "channels of the jail: %s", strerror(errno));
		goto out;
	}
	if (plan->sandboxed) {
		if ((c.args = args_fd(sp->jail, why, size)) == -1)
			goto out;
		if ((c.seccomp = seccomp_fd(env, plan)) == -1) {
			(void)snprintf(why, size,
			    "the filter of system "
			    "calls: %s",
			    strerror(errno));
			goto out;
		}
	} else
		c.envp = (char **)(uintptr_t)plan->env.v;
	c.argv = jail_command(sp->jail);
	sp->pid = child_start(&c);
	free(c.argv);
	if (sp->pid == -1) {
		(void)snprintf(why, size, "fork: %s", strerror(errno));
		goto out;
	}
	ret = 0;
out:
	fd_close(c.report);
	fd_close(c.words);
	fd_close(c.args);
	fd_close(c.seccomp);
	if (ret != 0) {
		fd_close(sp->report);
		fd_close(sp->words);
	}
	return ret;
}
