/*
 * The seal on macOS: see seal.h.  One layer, a sandbox profile that denies
 * all but what serving needs, and resource limits (main.c).  There are no
 * namespaces and no filter of system calls; memory that is written is kept
 * from being executed by the system's own rules alone.
 *
 * Then the test, as on Linux: what a stranger who has taken us over would do
 * next is tried, and if any of it works we do not serve.
 */
#include "config.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <netinet/in.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sandbox.h>

#include "err.h"
#include "seal.h"

/*
 * Descriptors that are open are not asked about again, with one exception:
 * accepting a connection.  Listening takes network-bind as well, which is
 * not there.  A signal to ourselves is how abort(3) ends.
 */
static const char profile[] = "(version 1)\n"
			      "(deny default)\n"
			      "(allow network-inbound)\n"
			      "(allow signal (target self))\n";

static bool
is_refused(long r)
{
	return r == -1 && errno == EPERM;
}

/* Whether fd is a descriptor or failed for another reason; closes it. */
static bool
was_opened(int fd)
{
	if (is_refused(fd))
		return false;
	if (fd != -1)
		(void)close(fd);
	return true;
}

static bool
try_open(void)
{
	return was_opened(open("/etc/passwd", O_RDONLY | O_CLOEXEC)) ||
	       was_opened(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static bool
try_creat(void)
{
	static const char path[] = "/tmp/ringletd-seal";
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd != -1)
		(void)unlink(path);
	return was_opened(fd);
}

static bool
try_shared_memory(void)
{
	static const char name[] = "/ringletd-seal";
	int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);

	if (fd != -1)
		(void)shm_unlink(name);
	return was_opened(fd);
}

/*
 * An internet socket that is not connected is of no use, and the system may
 * give one.  To port: where somebody may listen, or 0, to be chosen.
 */
static bool
try_socket(int (*call)(int, const struct sockaddr *, socklen_t), in_port_t port)
{
	struct sockaddr_in sin;
	bool could;
	int fd;

	if ((fd = socket(AF_INET, SOCK_STREAM, 0)) == -1)
		return !is_refused(-1);
	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_port = htons(port);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	could = !is_refused(call(fd, (struct sockaddr *)&sin, sizeof(sin)));
	(void)close(fd);
	return could;
}

static bool
try_connect(void)
{
	return try_socket(connect, 9);
}

static bool
try_bind(void)
{
	return try_socket(bind, 0);
}

static bool
try_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return !is_refused(pid);
}

static bool
try_kill(void)
{
	return !is_refused(kill(getppid(), 0));
}

/* If this works there is nobody left to serve, which is right as well. */
static bool
try_exec(void)
{
	char name[] = "false";
	char *const argv[] = { name, NULL };
	char *const envp[] = { NULL };

	return !is_refused(execve("/usr/bin/false", argv, envp));
}

/* The last one is tried only if nothing before it has worked. */
static const struct seal_probe probes[] = {
	{ "open a file", try_open },
	{ "create a file", try_creat },
	{ "share memory", try_shared_memory },
	{ "connect", try_connect },
	{ "listen", try_bind },
	{ "start a process", try_fork },
	{ "send a signal", try_kill },
	{ "run a program", try_exec },
};

const struct seal_probe *
seal_probes(size_t *n)
{
	*n = sizeof(probes) / sizeof(probes[0]);
	return probes;
}

static int
seal_test(struct seal *s)
{
	const size_t n = sizeof(probes) / sizeof(probes[0]);
	size_t i, len;
	int r = 0;

	for (i = 0; i < n && (r == 0 || i + 1 < n); i++) {
		if (!probes[i].could())
			continue;
		len = strlen(s->text);
		(void)snprintf(s->text + len, sizeof(s->text) - len,
		    "%sit could %s", len > 0 ? "; " : "", probes[i].what);
		r = RL_ERR_STATE;
	}
	return r;
}

static int
enter_sandbox(struct seal *s)
{
	char *why = NULL;

	/* Apple calls it deprecated, and has no other for programs like us. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
	if (sandbox_init(profile, 0, &why) == 0)
		return 0;
	(void)snprintf(s->text, sizeof(s->text), "sandbox_init: %s",
	    why != NULL ? why : "it gives no reason");
	if (why != NULL)
		sandbox_free_error(why);
#pragma GCC diagnostic pop
	return RL_ERR_SYSTEM;
}

int
seal_enter(struct seal *s)
{
	int r;

	memset(s, 0, sizeof(*s));
	s->full = true;
	if ((r = enter_sandbox(s)) != 0)
		return r;
	return seal_test(s);
}
