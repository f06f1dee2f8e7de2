/*
 * What the service manager is told: that we serve, are being reloaded or end,
 * what we are doing, and that we are alive.
 *
 * The protocol (sd_notify(3)) is one datagram of lines to the unix socket that
 * NOTIFY_SOCKET names.  That is spoken here in place of libsystemd, which would
 * bring five more libraries into the process that has the keys.  Nothing is
 * ever read, and nobody is waited for but once, a second, where the message is
 * one that a start or an end depends on.
 */

#include "config.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fdpass.h"
#include "log.h"
#include "monitor.h"
#include "service.h"
#include "xmalloc.h"

#define WAIT_MS	 1000
#define TEXT_MAX 2048 /* bytes of a message */

/* What systemd.exec(5) says in the environment; the first is the socket. */
static const char *const names[] = { "NOTIFY_SOCKET", "WATCHDOG_USEC",
	"WATCHDOG_PID" };
#define NNAMES (sizeof(names) / sizeof(names[0]))

struct service {
	char *values[NNAMES]; /* NULL: not there */
	bool heard;	      /* there is a socket */
	uint64_t watchdog;    /* ms, 0: none */
	bool ready;	      /* it was told so, and nothing else since */
	bool stopping;
	char *status; /* as it was told last */
};

/* --- the socket --- */

/* False: what NOTIFY_SOCKET says is no name of a unix socket. */
static bool
address_of(const char *name, struct sockaddr_un *sun, socklen_t *len)
{
	size_t n = strlen(name);

	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	if ((name[0] != '/' && name[0] != '@') || n < 2 ||
	    n >= sizeof(sun->sun_path))
		return false;
	memcpy(sun->sun_path, name, n);
	if (name[0] == '@')
		sun->sun_path[0] = '\0';
	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	return true;
}

/* Whether there is room now, or within a second. */
static bool
has_room(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };

	return poll(&pfd, 1, WAIT_MS) == 1 && (pfd.revents & POLLOUT) != 0;
}

static void
send_text(const struct service *s, const char *text, bool matters)
{
	const int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
	struct sockaddr_un sun;
	size_t n = strlen(text);
	socklen_t len;
	ssize_t sent = -1;
	int fd;

	if (!s->heard || !address_of(s->values[0], &sun, &len))
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* A connected one can be asked whether there is room. */
	if (fd != -1 && connect(fd, (struct sockaddr *)&sun, len) == 0) {
		sent = send(fd, text, n, flags);
		if (sent == -1 && errno == EAGAIN && matters && has_room(fd))
			sent = send(fd, text, n, flags);
	}
	if (sent != (ssize_t)n)
		log_warn("the service manager cannot be told: %s: %s",
		    s->values[0], strerror(errno));
	fd_close(fd);
}

static void __attribute__((__format__(printf, 3, 4)))
tell(const struct service *s, bool matters, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	send_text(s, text, matters);
}

/* --- what there is to say --- */

void
service_alive(struct env *env)
{
	tell(env->service, false, "WATCHDOG=1");
}

/* Words are one line of the message: nothing in them may begin another. */
static void
say(struct service *s, const char *words)
{
	char line[TEXT_MAX / 2];

	(void)strlcpy(line, words, sizeof(line));
	line[strcspn(line, "\n")] = '\0';
	if (s->status != NULL && strcmp(s->status, line) == 0)
		return;
	free(s->status);
	s->status = xstrdup(line);
	tell(s, false, "STATUS=%s", line);
}

void
service_say(struct env *env, const char *fmt, ...)
{
	va_list ap;
	char *words;

	if (env->service == NULL)
		return;
	va_start(ap, fmt);
	if (vasprintf(&words, fmt, ap) == -1)
		fatal("out of memory");
	va_end(ap);
	say(env->service, words);
	free(words);
}

void
service_status(struct env *env)
{
	const struct child *all[] = { &env->ringletd, &env->sandboxer };
	struct service *s = env->service;
	size_t n;
	char *words;

	/* What is going on otherwise was said when it began. */
	if (s == NULL || !s->ready || s->stopping)
		return;
	for (size_t i = 0; i < 2; i++)
		if ((words = child_trouble(all[i])) != NULL) {
			say(s, words);
			free(words);
			return;
		}
	n = session_count(env, NULL);
	service_say(env, "%zu session%s", n, n == 1 ? "" : "s");
}

void
service_ready(struct env *env)
{
	struct service *s = env->service;

	if (s == NULL)
		return;
	if (!s->ready)
		tell(s, true, "READY=1\nMAINPID=%d", (int)getpid());
	s->ready = true;
	service_status(env);
}

bool
service_reloading(struct env *env)
{
	struct service *s = env->service;
	struct timespec now;

	/* Before it is ready there is nothing that could be reloaded. */
	if (s == NULL || !s->ready || s->stopping)
		return false;
	if (clock_gettime(CLOCK_MONOTONIC, &now) == -1)
		fatal("clock_gettime: %s", strerror(errno));
	s->ready = false;
	tell(s, true, "RELOADING=1\nMONOTONIC_USEC=%llu",
	    (unsigned long long)now.tv_sec * 1000000 +
		(unsigned long long)now.tv_nsec / 1000);
	return true;
}

void
service_stopping(struct env *env)
{
	struct service *s = env->service;
	size_t n = session_count(env, NULL);

	if (s == NULL || s->stopping)
		return;
	s->stopping = true;
	tell(s, true, "STOPPING=1\nSTATUS=ending %zu session%s", n,
	    n == 1 ? "" : "s");
}

/* --- the environment --- */

/* WATCHDOG_USEC in ms, if it is meant for us. */
static uint64_t
watchdog_of(const struct service *s)
{
	const char *usec = s->values[1], *pid = s->values[2], *errstr;
	long long n;

	if (usec == NULL || (pid != NULL && (pid_t)strtonum(pid, 1, INT32_MAX,
						&errstr) != getpid()))
		return 0;
	n = strtonum(usec, 1, INT64_MAX, &errstr);
	if (errstr != NULL) {
		log_warn("WATCHDOG_USEC is %s: there is no watchdog", errstr);
		return 0;
	}
	return (uint64_t)n / 1000;
}

/* Whether systemd has started this very process. */
static bool
is_main_process(void)
{
	const char *pid = getenv("SYSTEMD_EXEC_PID"), *errstr;

	return pid != NULL &&
	       (pid_t)strtonum(pid, 1, INT32_MAX, &errstr) == getpid();
}

static void
take(struct service *s)
{
	const char *value;

	for (size_t i = 0; i < NNAMES; i++) {
		if ((value = getenv(names[i])) != NULL && *value != '\0')
			s->values[i] = xstrdup(value);
		(void)unsetenv(names[i]);
	}
}

void
service_open(struct env *env)
{
	struct service *s = xcalloc(1, sizeof(*s));
	struct sockaddr_un sun;
	socklen_t len;

	env->service = s;
	take(s);
	if (env->foreground && s->values[0] != NULL) {
		s->heard = address_of(s->values[0], &sun, &len);
		if (s->heard)
			s->watchdog = watchdog_of(s);
		else
			log_warn("NOTIFY_SOCKET is no name of a unix socket: "
				 "the service manager is told nothing");
	}
	if (!env->foreground || (!s->heard && !is_main_process()))
		service_close(env);
}

void
service_close(struct env *env)
{
	struct service *s = env->service;

	if (s == NULL)
		return;
	for (size_t i = 0; i < NNAMES; i++)
		free(s->values[i]);
	free(s->status);
	free(s);
	env->service = NULL;
}

const char *
service_manager(const struct env *env)
{
	return env->service != NULL ? "systemd" : "";
}

uint64_t
service_watchdog(const struct env *env)
{
	return env->service != NULL ? env->service->watchdog : 0;
}

void
service_hand_on(struct env *env, bool on)
{
	const struct service *s = env->service;

	for (size_t i = 0; s != NULL && i < NNAMES; i++)
		if (s->values[i] != NULL &&
		    (on ? setenv(names[i], s->values[i], 1)
			: unsetenv(names[i])) == -1)
			log_error("%s: %s", names[i], strerror(errno));
}
