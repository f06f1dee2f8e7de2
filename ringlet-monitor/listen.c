/*
 * The HTTP listeners.  They belong to the monitor, so they outlive ringletd:
 * a browser that connects while it restarts waits in the backlog.
 */

#include "config.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "monitor.h"
#include "policy.h"
#include "service.h"
#include "xmalloc.h"

#define BACKLOG 128

/* Splits "host:port" or "[host]:port", which conf.c has checked. */
static void
split_address(const char *address, char **host, char **port)
{
	const char *colon = strrchr(address, ':');

	if (colon == NULL)
		fatal("ListenAddress %s has no port", address);
	*port = xstrdup(colon + 1);
	if (address[0] == '[')
		*host = xstrndup(address + 1, (size_t)(colon - address) - 2);
	else
		*host = xstrndup(address, (size_t)(colon - address));
}

static int
open_tcp(const char *address)
{
	struct addrinfo hints, *ai;
	char *host, *port;
	int fd, r, on = 1;

	split_address(address, &host, &port);
	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
	if ((r = getaddrinfo(host, port, &hints, &ai)) != 0)
		fatal("ListenAddress %s: %s", address, gai_strerror(r));
	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	if (fd == -1)
		fatal("ListenAddress %s: %s", address, strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (ai->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) == -1 ||
	    listen(fd, BACKLOG) == -1)
		fatal("ListenAddress %s: %s%s", address, strerror(errno),
		    errno == EADDRINUSE
			? ": another program has that port: choose another "
			  "with ListenAddress in ringlet.conf; if it is "
			  "systemd for ringlet.socket: systemctl --user "
			  "start ringlet.service"
			: "");
	freeaddrinfo(ai);
	free(host);
	free(port);
	return fd;
}

/* -1 and errno. */
static int
open_local(const char *path)
{
	struct sockaddr_un sun;
	struct stat st;
	mode_t old;
	int fd, saved;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	if (strlcpy(sun.sun_path, path, sizeof(sun.sun_path)) >=
	    sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	/*
	 * The lock is ours, so a socket of that name is a dead monitor's.
	 * Any other file is not, and bind(2) refuses to take its place.
	 */
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(path);
	old = umask(0177);
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1 ||
	    listen(fd, BACKLOG) == -1) {
		saved = errno;
		fd_close(fd);
		fd = -1;
		errno = saved;
	}
	umask(old);
	return fd;
}

static void
open_all(struct env *env)
{
	for (size_t i = 0; i < env->conf.nlisten; i++) {
		const char *address = env->conf.listen[i];
		struct listener *l = &env->listeners[env->nlisteners++];

		l->local = address[0] == '/';
		if (l->local) {
			if ((l->fd = open_local(address)) == -1)
				fatal("ListenAddress %s: %s", address,
				    strerror(errno));
			l->named = named_now(address);
			l->address = xstrdup(address);
			l->unlink = xstrdup(address);
		} else {
			l->fd = open_tcp(address);
			l->address = handed_tcp_address(l->fd);
		}
		log_info("listening on %s", l->address);
	}
}

void
listen_open(struct env *env)
{
	if (handed_take(env) == 0)
		open_all(env);
	for (size_t i = 0; i < env->nlisteners; i++)
		if (conf_is_remote(env->listeners[i].address))
			log_warn("%s can be reached from other machines, and "
				 "what goes there is not encrypted: ssh -L is "
				 "the safer way",
			    env->listeners[i].address);
}

static void
close_one(struct listener *l)
{
	fd_close(l->fd);
	/* By now it may be another daemon's. */
	if (l->unlink != NULL && named_is(l->unlink, &l->named))
		unlink(l->unlink);
	free(l->unlink);
	free(l->address);
	free(l->unit);
}

void
listen_close(struct env *env)
{
	for (size_t i = 0; i < env->nlisteners; i++)
		close_one(&env->listeners[i]);
	env->nlisteners = 0;
}

/*
 * What is closed here is not closed in systemd, which has no way to be told:
 * the kernel goes on taking connections there, and nobody answers them.
 */
static void
note_still_open(struct env *env, const struct listener *l)
{
	const char *unit = l->unit != NULL ? l->unit : "ringlet.socket";
	char *trouble;

	strlist_add(&env->still_open, l->address);
	if (!strlist_has(&env->still_units, unit))
		strlist_add(&env->still_units, unit);
	trouble = listen_trouble(env);
	log_warn("%s", trouble);
	free(trouble);
}

/* For free(). */
static char *
join(const struct strlist *l, const char *between)
{
	char *all = xstrdup(""), *more;

	for (size_t i = 0; i < l->n; i++) {
		more = xasprintf("%s%s%s", all, i > 0 ? between : "", l->v[i]);
		free(all);
		all = more;
	}
	return all;
}

char *
listen_trouble(const struct env *env)
{
	char *addresses, *units, *text;

	if (env->still_open.n == 0)
		return NULL;
	addresses = join(&env->still_open, ", ");
	units = join(&env->still_units, " ");
	text = xasprintf("systemd still has %s open, which the policy has "
			 "closed here: whoever connects there waits in vain: "
			 "'systemctl --user stop %s' closes it there (said "
			 "until the daemon is started again)",
	    addresses, units);
	free(addresses);
	free(units);
	return text;
}

/* ringletd has them open, too: a fresh one is given what is left. */
void
listen_tighten(struct env *env)
{
	char why[512];
	size_t n = 0;

	for (size_t i = 0; i < env->nlisteners; i++) {
		struct listener *l = &env->listeners[i];

		if (policy_may_listen(
			env->policy, l->address, why, sizeof(why)) == 0) {
			env->listeners[n++] = *l;
			continue;
		}
		log_warn("%s: no longer listening there", why);
		if (l->handed)
			note_still_open(env, l);
		close_one(l);
	}
	if (n == env->nlisteners)
		return;
	env->nlisteners = n;
	child_condemn(&env->ringletd, NULL);
}

void
listen_again(struct env *env)
{
	bool any = false;
	struct stat st;

	for (size_t i = 0; i < env->nlisteners; i++) {
		struct listener *l = &env->listeners[i];
		int fd;

		if (l->unlink == NULL || lstat(l->unlink, &st) == 0)
			continue;
		if ((fd = open_local(l->unlink)) == -1) {
			log_error("ListenAddress %s: it is gone, and cannot be "
				  "made again: %s",
			    l->unlink, strerror(errno));
			continue;
		}
		fd_close(l->fd);
		l->fd = fd;
		l->named = named_now(l->unlink);
		log_info("listening on %s again", l->address);
		any = true;
	}
	if (any)
		child_condemn(&env->ringletd, NULL);
}

void
listen_give(struct env *env)
{
	for (size_t i = 0; i < env->nlisteners; i++) {
		struct listener *l = &env->listeners[i];
		struct msg_listeners body = { .address = l->address,
			.local_socket = l->local };

		peer_send(env->ringletd.client.peer, MSG_LISTENERS, &body,
		    &l->fd, 1);
	}
}
