/*
 * The control socket: where the CLI connects.  Its folder is closed to
 * everybody else, and the kernel says who connects: a peer of another uid is
 * turned away before a byte of it is read.
 */

#include "config.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "keychain.h"
#include "log.h"
#include "loop.h"
#include "monitor.h"
#include "platform.h"
#include "xmalloc.h"

#define BACKLOG	    64
#define CLIENTS_MAX 256 /* CLI connections at once */
#define PAUSE_MS    250 /* before descriptors are looked for again */

void
client_add(struct env *env, struct client *c)
{
	c->env = env;
	c->serial = ++env->next_serial;
	TAILQ_INSERT_TAIL(&env->clients, c, link);
}

void
client_remove(struct client *c)
{
	TAILQ_REMOVE(&c->env->clients, c, link);
	c->peer = NULL;
	c->serial = 0;
}

struct asker
asker_of(struct peer *p, const struct msg *m)
{
	struct client *c = peer_arg(p);

	return (struct asker){ .client = c->serial, .id = m->hdr.id,
		.who = c->who };
}

struct peer *
asker_peer(struct env *env, const struct asker *a)
{
	struct client *c;

	TAILQ_FOREACH(c, &env->clients, link)
		if (c->serial == a->client)
			return c->peer;
	return NULL;
}

void
control_closed(struct peer *p, int err, const char *why)
{
	struct client *c = peer_arg(p);

	if (err != RL_ERR_EOF)
		log_warn("closing a control connection: %s", why);
	keychain_client_gone(c->env->keychain, c->serial);
	client_remove(c);
	peer_free(p);
	free(c);
}

static size_t
count_clients(const struct env *env)
{
	const struct client *c;
	size_t n = 0;

	TAILQ_FOREACH(c, &env->clients, link)
		n += c->child == NULL;
	return n;
}

static void
on_pause_end(void *arg)
{
	struct env *env = arg;

	if (env->control_io != NULL)
		loop_io_want(env->control_io, LOOP_READ);
}

/*
 * Nobody was accepted, and whoever connects still waits: a socket that is
 * looked at all the same would wake us without end, and fill the log.
 */
static void
not_accepted(struct env *env, int error)
{
	if (error == EAGAIN || error == EINTR || error == ECONNABORTED)
		return;
	if (!env->control_waits)
		log_error("control socket: %s: who connects has to wait",
		    strerror(error));
	env->control_waits = true;
	loop_io_want(env->control_io, 0);
	if (env->control_timer == NULL)
		env->control_timer =
		    loop_timer_new(env->loop, on_pause_end, env);
	loop_timer_arm(env->control_timer, PAUSE_MS);
}

static void
on_connection(int fd, unsigned events, void *arg)
{
	struct env *env = arg;
	struct client *c;
	uid_t uid;
	int s;

	if ((s = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) == -1) {
		not_accepted(env, errno);
		return;
	}
	env->control_waits = false;
	if (platform_peer_uid(s, &uid) != 0 || uid != geteuid()) {
		log_warn("control socket: turned away uid %u", (unsigned)uid);
		close(s);
		return;
	}
	if (count_clients(env) >= CLIENTS_MAX) {
		log_warn("control socket: %u connections are open: turned "
			 "one away", CLIENTS_MAX);
		close(s);
		return;
	}
	c = xcalloc(1, sizeof(*c));
	c->who.kind = AUDIT_CLI;
	c->who.uid = uid;
	platform_peer_process(s, &c->who.pid, c->who.exe,
	    sizeof(c->who.exe), c->who.comm, sizeof(c->who.comm));
	client_add(env, c);
	c->peer = peer_new(env->loop, s, FROM_CLI, PST_SERVING, "ringlet",
	    &control_ops, c);
}

/* A socket of that name, whatever was there; -1 and why[size]. */
static int
bind_socket(const char *path, char *why, size_t size)
{
	struct sockaddr_un sun;
	mode_t old;
	int fd;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	if (strlcpy(sun.sun_path, path, sizeof(sun.sun_path)) >=
	    sizeof(sun.sun_path)) {
		(void)snprintf(why, size,
		    "%s: longer than a socket's name can be (%zu bytes): "
		    "set XDG_RUNTIME_DIR to a shorter folder",
		    path, sizeof(sun.sun_path) - 1);
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* The lock is ours, so a socket of that name is a dead monitor's. */
	if (fd != -1)
		unlink(path);
	old = umask(0177);
	if (fd == -1 || bind(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1 ||
	    listen(fd, BACKLOG) == -1) {
		(void)snprintf(why, size, "%s: %s", path, strerror(errno));
		fd_close(fd);
		fd = -1;
	}
	umask(old);
	return fd;
}

void
control_open(struct env *env)
{
	const char *path = env->paths.control_sock;
	char why[512];

	env->control_fd = bind_socket(path, why, sizeof(why));
	if (env->control_fd == -1)
		fatal("%s", why);
	env->control = named_now(path);
}

int
control_again(struct env *env, char *why, size_t size)
{
	const char *path = env->paths.control_sock;
	bool accepting = env->control_io != NULL;
	int fd = bind_socket(path, why, size);

	if (fd == -1)
		return -1;
	loop_io_free(env->control_io);
	env->control_io = NULL;
	fd_close(env->control_fd);
	env->control_fd = fd;
	env->control = named_now(path);
	if (accepting)
		control_accept(env);
	return 0;
}

void
control_accept(struct env *env)
{
	if (env->control_io != NULL)
		return;
	env->control_io =
	    loop_io_new(env->loop, env->control_fd, on_connection, env);
	loop_io_want(env->control_io, LOOP_READ);
}

void
control_close(struct env *env)
{
	struct client *c, *next;

	loop_io_free(env->control_io);
	env->control_io = NULL;
	loop_timer_free(env->control_timer);
	env->control_timer = NULL;
	if (env->control_fd != -1) {
		/* By now it may be another daemon's. */
		if (named_is(env->paths.control_sock, &env->control))
			unlink(env->paths.control_sock);
		fd_close(env->control_fd);
		env->control_fd = -1;
	}
	for (c = TAILQ_FIRST(&env->clients); c != NULL; c = next) {
		struct peer *p = c->peer;

		next = TAILQ_NEXT(c, link);
		if (c->child != NULL)
			continue;
		client_remove(c);
		peer_free(p);
		free(c);
	}
}
