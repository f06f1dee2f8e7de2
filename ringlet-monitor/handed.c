/*
 * Listening sockets that the service manager has opened and hands over
 * (sd_listen_fds(3)): LISTEN_FDS of them, from descriptor 3 on, for the process
 * LISTEN_PID.  They take the place of those of ListenAddress, and must be what
 * that could have opened: a unit is as easily written wrong as ringlet.conf,
 * and the administrator's policy is not to be passed by another way.
 */

#include "config.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "confkey.h"
#include "err.h"
#include "fdpass.h"
#include "log.h"
#include "monitor.h"
#include "policy.h"
#include "service.h"
#include "xmalloc.h"

#define FIRST_FD 3 /* SD_LISTEN_FDS_START */

static char *
tcp_address(int fd)
{
	struct sockaddr_storage ss = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof(ss);
	char host[NI_MAXHOST], port[NI_MAXSERV];

	if (getsockname(fd, (struct sockaddr *)&ss, &len) == -1 ||
	    getnameinfo((struct sockaddr *)&ss, len, host, sizeof(host), port,
		sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return NULL;
	return xasprintf(
	    ss.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

char *
handed_tcp_address(int fd)
{
	char *address = tcp_address(fd);

	if (address == NULL)
		fatal("cannot read the address of a listener");
	return address;
}

/* --- how many --- */

static int
number_of(const char *name, const char *value, long long max, long long *n,
    char *why, size_t size)
{
	const char *errstr;

	*n = strtonum(value, 1, max, &errstr);
	if (errstr == NULL)
		return 0;
	snprintf(why, size, "%s is %s", name, errstr);
	return RL_ERR_INVALID;
}

int
handed_count(const char *pid, const char *fds, pid_t self, size_t *n, char *why,
    size_t size)
{
	long long number;
	int r;

	*n = 0;
	if (pid == NULL || fds == NULL)
		return 0;
	if ((r = number_of("LISTEN_PID", pid, INT32_MAX, &number, why, size)) !=
	    0)
		return r;
	if (number != self)
		return 0;
	if ((r = number_of(
		 "LISTEN_FDS", fds, CONF_LISTEN_MAX, &number, why, size)) == 0)
		*n = (size_t)number;
	return r;
}

/* --- which --- */

/*
 * The name of a unix socket, for free().  One without a name in the file system
 * is open to every user: modes are what keeps others out.
 */
static int
judge_local(int fd, char **address, char *why, size_t size)
{
	struct sockaddr_un sun;
	socklen_t len = sizeof(sun);
	struct stat st;
	char *path;
	bool local;

	memset(&sun, 0, sizeof(sun));
	if (getsockname(fd, (struct sockaddr *)&sun, &len) == -1) {
		snprintf(why, size, "getsockname: %s", strerror(errno));
		return RL_ERR_DENIED;
	}
	path = xstrndup(sun.sun_path, sizeof(sun.sun_path));
	*address = path[0] == '/' ? conf_listen_clean(path, &local) : NULL;
	if (*address == NULL)
		snprintf(why, size,
		    "a unix socket without an absolute name "
		    "is open to every user: "
		    "ListenStream=%%t/ringlet/http.sock");
	else if (lstat(path, &st) == -1)
		snprintf(why, size, "%s: %s", path, strerror(errno));
	else if (!S_ISSOCK(st.st_mode) || st.st_uid != geteuid())
		snprintf(why, size, "%s: not a socket of yours", path);
	else if ((st.st_mode & 077) != 0)
		snprintf(why, size,
		    "%s: open to other users: "
		    "SocketMode=0600",
		    path);
	else {
		free(path);
		return 0;
	}
	free(path);
	return RL_ERR_DENIED;
}

static int
judge_tcp(
    int fd, const struct conf *conf, char **address, char *why, size_t size)
{
	int on = 0;
	socklen_t len = sizeof(on);
	bool local = false;
	char *bound;

	/* Only TCP has the option. */
	if (getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &len) == -1) {
		snprintf(why, size, "a stream socket, but not of TCP");
		return RL_ERR_DENIED;
	}
	bound = tcp_address(fd);
	*address = bound != NULL ? conf_listen_clean(bound, &local) : NULL;
	if (*address == NULL)
		snprintf(why, size, "%s is no address for ListenAddress",
		    bound != NULL ? bound : "what it is bound to");
	else if (!local && !conf->allow_remote)
		snprintf(why, size,
		    "other machines can reach %s: "
		    "ListenStream=127.0.0.1:8765, or AllowRemote yes in "
		    "ringlet.conf",
		    bound);
	else {
		free(bound);
		return 0;
	}
	free(bound);
	return RL_ERR_DENIED;
}

int
handed_judge(int fd, const struct conf *conf, const struct policy *policy,
    char **address, char *why, size_t size)
{
	struct sockaddr_storage ss = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof(ss);
	int r;

	*address = NULL;
	if (fcntl(fd, F_GETFD) == -1 || !fd_is(fd, FD_LISTENER) ||
	    getsockname(fd, (struct sockaddr *)&ss, &len) == -1) {
		snprintf(why, size,
		    "not a listening stream socket: "
		    "ListenStream and Accept=no are needed");
		return RL_ERR_DENIED;
	}
	if (ss.ss_family == AF_UNIX)
		r = judge_local(fd, address, why, size);
	else if (ss.ss_family == AF_INET || ss.ss_family == AF_INET6)
		r = judge_tcp(fd, conf, address, why, size);
	else {
		snprintf(why, size, "neither TCP nor a unix socket");
		return RL_ERR_DENIED;
	}
	if (r == 0)
		r = policy_may_listen(policy, *address, why, size);
	if (r != 0) {
		free(*address);
		*address = NULL;
	}
	return r == 0 ? 0 : RL_ERR_DENIED;
}

/* --- all of it --- */

/* The socket's name of LISTEN_FDNAMES, "a:b:c"; "?" where there is none. */
static char *
name_of(const char *names, size_t i)
{
	const char *p = names;

	for (; p != NULL && i > 0; i--)
		if ((p = strchr(p, ':')) != NULL)
			p++;
	if (p == NULL || *p == '\0' || *p == ':')
		return xstrdup("?");
	return xstrndup(p, strcspn(p, ":"));
}

char *
handed_unit(const char *name)
{
	static const char end[] = ".socket";
	size_t n = strlen(name);

	/* systemd.unit(5), without the backslash: a shell would take it. */
	if (n > sizeof(end) - 1 &&
	    strcmp(name + n - (sizeof(end) - 1), end) == 0 && name[0] != '-' &&
	    name[strspn(name,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789:-_.@")] == '\0')
		return xstrdup(name);
	return xstrdup("ringlet.socket");
}

static void
take_one(struct env *env, int fd, const char *name)
{
	struct listener *l = &env->listeners[env->nlisteners++];
	char why[512];

	l->unit = handed_unit(name);
	if (handed_judge(fd, &env->conf, env->policy, &l->address, why,
		sizeof(why)) != 0)
		fatal("the socket that the service manager hands over as "
		      "descriptor %d (%s): %s (systemctl --user stop %s "
		      "closes it)",
		    fd, name, why, l->unit);
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) == -1 || fd_nonblock(fd) != 0)
		fatal("descriptor %d (%s): %s", fd, name, strerror(errno));
	l->fd = fd;
	l->local = l->address[0] == '/';
	l->unlink = NULL;
	l->handed = true;
	log_info("listening on %s, which the service manager has opened (%s)",
	    l->address, name);
}

/* `ListenAddress none` is the user's word against the unit's. */
static void
refuse_none(const struct conf *c)
{
	size_t i = conf_keyword_find("ListenAddress");

	if (c->nlisten == 0 && c->from[i].policy == 0)
		fatal("ListenAddress is none, and the service manager hands "
		      "over a socket: remove that line, or systemctl --user "
		      "disable --now ringlet.socket");
}

size_t
handed_take(struct env *env)
{
	static const char *const names[] = { "LISTEN_PID", "LISTEN_FDS",
		"LISTEN_FDNAMES" };
	const char *fdnames = getenv("LISTEN_FDNAMES");
	char why[128], *name;
	size_t n;

	if (handed_count(getenv("LISTEN_PID"), getenv("LISTEN_FDS"), getpid(),
		&n, why, sizeof(why)) != 0)
		fatal("the sockets of the service manager: %s", why);
	if (n > 0)
		refuse_none(&env->conf);
	for (size_t i = 0; i < n; i++) {
		name = name_of(fdnames, i);
		take_one(env, FIRST_FD + (int)i, name);
		free(name);
	}
	/* Nobody else is to take them for his. */
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)unsetenv(names[i]);
	return n;
}
