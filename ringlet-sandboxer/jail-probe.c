/*
 * Finds out what of a jail can be had here: see jail-probe.h.
 *
 * Nothing is concluded from a version or a setting alone: a jail is built in
 * the way of a session's, and only if that fails are the usual causes tried,
 * one by one, for a sentence that says what to do.
 */

#include "config.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fdpass.h"
#include "jail-landlock.h"
#include "jail-probe.h"
#include "loop.h"
#include "valid.h"

#define TRY_MS	      5000
#define WORDS_MAX     512
#define ARGS_PROBE    32
#define VERSION_MAJOR 0 /* of bwrap, the oldest that has all we use */
#define VERSION_MINOR 8

/* How a program ended, and what it said. */
struct outcome {
	int error; /* of the exec, 0: it ran */
	int status;
	bool late; /* it had to be killed */
	char words[WORDS_MAX];
};

static void __attribute__((__noreturn__))
child(char **argv, int out, int failed, int landlock)
{
	static char *no_env[] = { NULL };
	sigset_t none;
	int null, signo;

	for (signo = 1; signo < NSIG; signo++)
		(void)signal(signo, SIG_DFL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (setsid() != -1 && null != -1 && dup2(null, STDIN_FILENO) != -1 &&
	    dup2(out, STDOUT_FILENO) != -1 && dup2(out, STDERR_FILENO) != -1 &&
	    chdir("/") == 0 &&
	    (landlock == -1 || jail_landlock_enter(landlock) == 0))
		execve(argv[0], argv, no_env);
	null = errno;
	if (write(failed, &null, sizeof(null)) == -1)
		_exit(126);
	_exit(127);
}

/* Keeps the beginning of what it says, until it and its children are silent. */
static void
read_words(int fd, struct outcome *o)
{
	struct pollfd pfd = { fd, POLLIN, 0 };
	uint64_t end = loop_now() + TRY_MS, now;
	char block[256], raw[WORDS_MAX / 2] = "";
	size_t len = 0, keep;
	ssize_t n;

	while ((now = loop_now()) < end) {
		n = poll(&pfd, 1, (int)(end - now));
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		if ((n = read(fd, block, sizeof(block))) <= 0)
			goto out;
		keep = sizeof(raw) - 1 - len;
		if ((size_t)n < keep)
			keep = (size_t)n;
		memcpy(raw + len, block, keep);
		len += keep;
	}
	o->late = true;
out:
	while (len > 0 && raw[len - 1] == '\n')
		len--;
	raw[len] = '\0';
	for (n = 0; raw[n] != '\0'; n++) {
		if (raw[n] == '\n')
			raw[n] = ' ';
	}
	(void)text_escape(o->words, sizeof(o->words), raw);
}

static void
run(char **argv, int landlock, struct outcome *o)
{
	int out[2] = { -1, -1 }, failed[2] = { -1, -1 };
	pid_t pid = -1;

	memset(o, 0, sizeof(*o));
	if (pipe2(out, O_CLOEXEC) == -1 || pipe2(failed, O_CLOEXEC) == -1 ||
	    (pid = fork()) == -1)
		o->error = errno;
	if (pid == 0)
		child(argv, out[1], failed[1], landlock);
	fd_close(out[1]);
	fd_close(failed[1]);
	if (pid > 0) {
		if (read(failed[0], &o->error, sizeof(o->error)) !=
		    sizeof(o->error))
			o->error = 0;
		read_words(out[0], o);
		if (o->late)
			(void)kill(-pid, SIGKILL);
		while (waitpid(pid, &o->status, 0) == -1 && errno == EINTR)
			;
	}
	fd_close(out[0]);
	fd_close(failed[0]);
}

static bool
worked(const struct outcome *o)
{
	return o->error == 0 && !o->late && WIFEXITED(o->status) &&
	       WEXITSTATUS(o->status) == 0;
}

/* The jail of a session, but for what it shows; whole: with all of it. */
static void
try_jail(const struct jail_probe_with *with, bool whole, struct outcome *o)
{
	static const char *const words[] = { "--unshare-user", "--unshare-pid",
		"--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try",
		"--cap-drop", "ALL", "--ro-bind", "/", "/", "--dev", "/dev" };
	static const char *const more[] = { "--disable-userns", "--proc",
		"/proc" };
	const char *argv[ARGS_PROBE];
	size_t i, n = 0;

	argv[n++] = with->bwrap;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		argv[n++] = words[i];
	for (i = 0; whole && i < sizeof(more) / sizeof(more[0]); i++)
		argv[n++] = more[i];
	argv[n++] = "--";
	argv[n++] = with->init;
	argv[n++] = "-t";
	argv[n] = NULL;
	run((char **)(uintptr_t)argv, with->landlock, o);
}

/* --- why it failed --- */

/* A number in the file DIR/NAME, or -1. */
static long
sysctl_number(const struct jail_probe_with *with, const char *name)
{
	char path[256], text[32] = "";
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", with->sys, name);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	return n > 0 && text[0] >= '0' && text[0] <= '9'
		   ? strtol(text, NULL, 10)
		   : -1;
}

/* Whether bwrap says of itself that it is older than what we need. */
static bool
too_old(const struct jail_probe_with *with, char *version, size_t size)
{
	const char *argv[] = { with->bwrap, "--version", NULL }, *p;
	struct outcome o;
	int major, minor;

	run((char **)(uintptr_t)argv, -1, &o);
	p = strrchr(o.words, ' ');
	if (!worked(&o) || p == NULL ||
	    sscanf(p, " %d.%d", &major, &minor) != 2)
		return false;
	(void)snprintf(version, size, "%d.%d", major, minor);
	return major == VERSION_MAJOR && minor < VERSION_MINOR;
}

/* The error of making a user namespace, or 0. */
static int
try_userns(void)
{
	int status = 0;
	pid_t pid;

	if ((pid = fork()) == 0)
		_exit(unshare(CLONE_NEWUSER) == 0 ? 0 : errno);
	if (pid == -1)
		return errno;
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;
}

static void __attribute__((__format__(printf, 2, 3)))
say(struct jail_probe *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(p->text, sizeof(p->text), fmt, ap);
	va_end(ap);
}

/* Without user namespaces nobody but root can build a jail. */
static void
explain_userns(
    const struct jail_probe_with *with, int error, struct jail_probe *p)
{
	if (error == ENOSPC)
		say(p,
		    "the kernel allows no more user namespaces "
		    "(user.max_user_namespaces is %ld): the administrator can "
		    "raise it: sysctl user.max_user_namespaces=15000",
		    sysctl_number(with, "user/max_user_namespaces"));
	else if (sysctl_number(with, "kernel/unprivileged_userns_clone") == 0)
		say(p, "user namespaces are for root alone here "
		       "(kernel.unprivileged_userns_clone is 0): the "
		       "administrator can allow them: sysctl "
		       "kernel.unprivileged_userns_clone=1");
	else if (error == EINVAL || error == ENOSYS)
		say(p, "the kernel was built without user namespaces "
		       "(CONFIG_USER_NS): another kernel is needed");
	else
		say(p,
		    "user namespaces are forbidden here (%s), as in a "
		    "container with the usual filter, or in a chroot: run "
		    "Ringlet outside of it, or start the container with a "
		    "filter that allows unshare and clone",
		    strerror(error));
}

static void
explain(const struct jail_probe_with *with, const struct outcome *o,
    struct jail_probe *p)
{
	char version[32];
	int error;

	if (o->error == ENOENT)
		say(p,
		    "bubblewrap is not installed (there is no %s): on Debian "
		    "and Ubuntu: apt install bubblewrap",
		    with->bwrap);
	else if (o->error != 0)
		say(p, "bubblewrap cannot be run: %s: %s", with->bwrap,
		    strerror(o->error));
	else if (too_old(with, version, sizeof(version)))
		say(p,
		    "bubblewrap %s is too old: %d.%d or later is needed, "
		    "which Debian 12 and Ubuntu 24.04 have",
		    version, VERSION_MAJOR, VERSION_MINOR);
	else if ((error = try_userns()) != 0)
		explain_userns(with, error, p);
	else if (sysctl_number(
		     with, "kernel/apparmor_restrict_unprivileged_userns") == 1)
		say(p,
		    "AppArmor lets only listed programs use user namespaces "
		    "(kernel.apparmor_restrict_unprivileged_userns is 1), and "
		    "bwrap says \"%s\": the administrator can install "
		    "Ringlet's profile (%s/apparmor)",
		    o->words, RINGLET_DATADIR);
	else if (o->late)
		say(p, "bubblewrap does not end; so far it has said \"%s\"",
		    o->words);
	else
		say(p, "bubblewrap cannot build a jail here: %s",
		    o->words[0] != '\0' ? o->words : "it says nothing");
}

void
jail_probe(const struct jail_probe_with *with, struct jail_probe *p)
{
	struct outcome whole, part;
	bool scope = with->landlock != -1;

	p->text[0] = '\0';
	try_jail(with, true, &whole);
	if (worked(&whole)) {
		p->tier = scope ? TIER_FULL : TIER_NO_LANDLOCK_SCOPE;
		if (!scope)
			say(p,
			    "the kernel's Landlock has no scopes: agents get "
			    "no unix sockets: Linux 6.12 or later is needed, "
			    "with Landlock switched on");
		return;
	}
	/* A bwrap that is too old is not taken at its second word. */
	if (whole.error == 0 && !whole.late) {
		try_jail(with, false, &part);
		if (worked(&part) && strstr(whole.words, "proc") != NULL) {
			p->tier = scope ? TIER_NO_FRESH_PROC : TIER_MINIMAL;
			say(p,
			    "a fresh /proc cannot be mounted (bwrap says "
			    "\"%s\"), as in a container that masks parts of "
			    "its own: agents get an empty one%s: start the "
			    "container with all of /proc (docker and podman: "
			    "--security-opt systempaths=unconfined)",
			    whole.words, scope ? "" : ", and no unix sockets");
			return;
		}
	}
	p->tier = TIER_UNAVAILABLE;
	explain(with, &whole, p);
}
