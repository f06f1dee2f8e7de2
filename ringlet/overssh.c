/*
 * The program at the other end of ssh.
 *
 * Where there is no terminal, sshd tells what it has started nothing of a
 * connection that is gone: a command that waits would do so for good.  So the
 * command runs in a child, and this process looks whether anybody can still
 * read what it prints.  It also tells of a signal that ended the command by
 * an exit status, which comes through ssh, as the signal does not.
 */

#include "config.h"

#include <sys/wait.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop.h"
#include "ringlet.h"
#include "ssh.h"

#define LOOK_MS 200

struct over {
	struct loop *loop;
	struct loop_timer *timer;
	pid_t pid;
	int status;
};

static bool
has_ended(struct over *o)
{
	if (waitpid(o->pid, &o->status, WNOHANG) != o->pid)
		return false;
	loop_stop(o->loop);
	return true;
}

static void
on_signal(int signo, void *arg)
{
	struct over *o = arg;

	if (!has_ended(o) && signo != SIGCHLD)
		(void)kill(o->pid, signo);
}

/* Standard output is a socket of sshd's, a pipe or a terminal. */
static void
on_look(void *arg)
{
	struct over *o = arg;
	struct pollfd pfd = { .fd = STDOUT_FILENO };

	if (has_ended(o))
		return;
	if (poll(&pfd, 1, 0) == 1 && pfd.revents & (POLLHUP | POLLERR))
		(void)kill(o->pid, SIGHUP);
	else
		loop_timer_arm(o->timer, LOOK_MS);
}

void
over_ssh(void)
{
	static const int signals[] = { SIGCHLD, SIGHUP, SIGTERM };
	struct over o = { .loop = NULL };

	if ((o.pid = fork()) == 0)
		return;
	if (o.pid == -1)
		_exit(STATUS_FAILED);
	/* A terminal sends these to the command as well, and it decides. */
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGQUIT, SIG_IGN);
	o.loop = loop_new();
	for (size_t i = 0; i < NELEM(signals); i++)
		(void)loop_signal_new(o.loop, signals[i], on_signal, &o);
	o.timer = loop_timer_new(o.loop, on_look, &o);
	/* It may have ended before anybody listened. */
	loop_timer_arm(o.timer, 0);
	(void)loop_run(o.loop);
	_exit(WIFSIGNALED(o.status) ? 128 + WTERMSIG(o.status)
				    : WEXITSTATUS(o.status));
}
