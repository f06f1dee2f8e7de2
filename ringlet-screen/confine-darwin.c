/*
 * confine-darwin.c: see confine.h.  One layer, a sandbox profile that allows
 * nothing at all, and resource limits.  Descriptors that are open, and those
 * that come over the channel, are not asked about.
 */

#include "config.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <sandbox.h>

#include "confine.h"
#include "err.h"
#include "snapshot.h"

#define FILES_MAX 16

/* A signal to ourselves is how abort(3) ends. */
static const char profile[] = "(version 1)\n"
			      "(deny default)\n"
			      "(allow signal (target self))\n";

static bool
is_refused(long r)
{
	return r == -1 && errno == EPERM;
}

static bool
try_open(void)
{
	int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	bool could = !is_refused(fd);

	if (fd != -1)
		(void)close(fd);
	return could;
}

static bool
try_connect(void)
{
	struct sockaddr sa = { .sa_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	bool could;

	if (fd == -1)
		return !is_refused(fd);
	could = !is_refused(connect(fd, &sa, sizeof(sa)));
	(void)close(fd);
	return could;
}

static bool
try_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return !is_refused(pid);
}

static const struct confine_probe probes[] = {
	{ "it could open a file", try_open },
	{ "it could connect", try_connect },
	{ "it could start a process", try_fork },
};

const struct confine_probe *
confine_probes(size_t *n)
{
	*n = sizeof(probes) / sizeof(probes[0]);
	return probes;
}

int
confine_enter(const char **why)
{
	const struct rlimit none = { 0, 0 };
	const struct rlimit files = { FILES_MAX, FILES_MAX };
	const struct rlimit size = { SNAPSHOT_MAX, SNAPSHOT_MAX };
	char *error = NULL;
	int fd;

	*why = "opening /dev/null";
	if ((fd = open("/dev/null", O_RDWR | O_CLOEXEC)) == -1)
		return RL_ERR_SYSTEM;
	for (int std = STDIN_FILENO; std <= STDERR_FILENO; std++)
		if (dup2(fd, std) == -1)
			return RL_ERR_SYSTEM;
	(void)close(fd);
	*why = "setting limits";
	if (setrlimit(RLIMIT_CORE, &none) == -1 ||
	    setrlimit(RLIMIT_NOFILE, &files) == -1 ||
	    setrlimit(RLIMIT_FSIZE, &size) == -1)
		return RL_ERR_SYSTEM;
	*why = "sandbox_init";
	if (sandbox_init(profile, 0, &error) != 0) {
		sandbox_free_error(error);
		return RL_ERR_SYSTEM;
	}
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++)
		if (probes[i].could()) {
			*why = probes[i].what;
			return RL_ERR_STATE;
		}
	*why = NULL;
	return 0;
}
