/*
 * The user's own systemd, where it has opened Ringlet's socket
 * (ringlet.socket): then a daemon that we started would not get the address, so
 * systemd is asked to start its own.
 */

#include "config.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc.h"
#include "ringlet.h"
#include "xmalloc.h"

/* Folders that the unit's daemon would not have. */
static const char *const overrides[] = { "RINGLET_CONFIG_DIR",
	"RINGLET_DATA_DIR", "RINGLET_STATE_DIR", "RINGLET_RUNTIME_DIR" };

/* Whether there is a systemd of this user's. */
static bool
has_systemd(void)
{
	const char *run = getenv("XDG_RUNTIME_DIR");
	struct stat st;
	char *path;
	bool there;

	for (size_t i = 0; i < NELEM(overrides); i++)
		if (getenv(overrides[i]) != NULL)
			return false;
	if (run == NULL || run[0] != '/' || access(PATH_SYSTEMCTL, X_OK) == -1)
		return false;
	path = xasprintf("%s/systemd/private", run);
	there = lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) &&
		st.st_uid == geteuid();
	free(path);
	return there;
}

static void __attribute__((__noreturn__))
run_systemctl(const char *verb, const char *unit)
{
	char *argv[] = { (char[]){ "systemctl" }, (char[]){ "--user" },
		(char[]){ "--quiet" }, (char *)(uintptr_t)verb,
		(char *)(uintptr_t)unit, NULL };
	int null = open("/dev/null", O_RDWR);

	if (null == -1 || dup2(null, STDIN_FILENO) == -1 ||
	    dup2(null, STDOUT_FILENO) == -1 || dup2(null, STDERR_FILENO) == -1)
		_exit(126);
	closefrom(STDERR_FILENO + 1);
	execv(PATH_SYSTEMCTL, argv);
	_exit(127);
}

/* Its wait status; -1: it cannot be run. */
static int
systemctl(const char *verb, const char *unit)
{
	int status;
	pid_t pid;

	fflush(NULL);
	if ((pid = fork()) == 0)
		run_systemctl(verb, unit);
	if (pid == -1)
		return -1;
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return -1;
	return status;
}

bool
unit_has_socket(void)
{
	return has_systemd() && systemctl("is-active", "ringlet.socket") == 0;
}

int
unit_start(char *why, size_t size)
{
	char text[128];
	int status = systemctl("start", "ringlet.service");

	if (status == 0)
		return 0;
	snprintf(why, size,
	    "systemd has ringlet.socket, and 'systemctl --user "
	    "start ringlet.service' %s: see 'journalctl --user -u "
	    "ringlet.service'",
	    status == -1 ? "cannot be run"
			 : proc_describe(status, text, sizeof(text)));
	return RL_ERR_UNAVAILABLE;
}
