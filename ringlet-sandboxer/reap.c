/*
 * Children and orphans.
 *
 * The sandboxer is the subreaper of all that it started.  Whatever becomes
 * its child without being one it forked has lost the process that was to
 * look after it (bwrap killed in mid-build, an init killed from outside) and
 * has no session to belong to: it is killed at once.
 */

#include "config.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "log.h"
#include "loop.h"
#include "sandboxer.h"

static struct session *
find_child(struct env *env, pid_t pid)
{
	struct session *s;

	TAILQ_FOREACH (s, &env->sessions, link) {
		if (s->child == pid)
			return s;
	}
	return NULL;
}

/*
 * Kills every child that no session knows.  The kernel's list holds our own
 * unreaped children, so that no number in it can be another process by now.
 */
static void
kill_orphans(struct env *env)
{
	char path[64];
	FILE *fp;
	int pid;

	(void)snprintf(
	    path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	if ((fp = fopen(path, "re")) == NULL)
		return;
	while (fscanf(fp, "%d", &pid) == 1) {
		if (pid > 1 && find_child(env, pid) == NULL &&
		    !keeper_is(env, pid)) {
			log_info("killing the orphaned process %d", pid);
			(void)kill(pid, SIGKILL);
		}
	}
	(void)fclose(fp);
}

static void
on_sigchld(int signo, void *arg)
{
	struct env *env = arg;
	struct session *s;
	bool any = false;
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		any = true;
		if (keeper_reaped(env, pid, status) ||
		    (s = find_child(env, pid)) == NULL)
			continue;
		s->child = 0;
		s->child_status = status;
		session_check(s);
	}
	/* Orphans appear when a child of ours, or another orphan, dies. */
	if (any)
		kill_orphans(env);
}

void
reap_start(struct env *env)
{
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) == -1)
		fatal("cannot become a subreaper: %s", strerror(errno));
	env->sigchld = loop_signal_new(env->loop, SIGCHLD, on_sigchld, env);
}

int
reap_signal(int pidfd, int signo)
{
	if (pidfd == -1) {
		errno = ESRCH;
		return RL_ERR_SYSTEM;
	}
	if (syscall(SYS_pidfd_send_signal, pidfd, signo, NULL, 0) == -1)
		return RL_ERR_SYSTEM;
	return 0;
}

int
reap_pid(int pidfd, uint64_t *out)
{
	char line[128];
	FILE *fp;
	int pid = 0;
	bool found = false;

	(void)snprintf(line, sizeof(line), "/proc/self/fdinfo/%d", pidfd);
	if ((fp = fopen(line, "re")) == NULL)
		return RL_ERR_SYSTEM;
	while (!found && fgets(line, sizeof(line), fp) != NULL)
		found = sscanf(line, "Pid: %d", &pid) == 1;
	(void)fclose(fp);
	*out = pid > 0 ? (uint64_t)pid : 0;
	return found ? 0 : RL_ERR_INVALID;
}
