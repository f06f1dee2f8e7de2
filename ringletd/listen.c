/*
 * The listeners and the decision when to accept.  They belong to the monitor,
 * which opened them and outlives us; this process could not open one.
 *
 * Any user of the machine can connect to 127.0.0.1.  So when all places are
 * taken, the connection that has waited longest without having shown a good
 * token makes room; when nobody can, or descriptors have run out, accepting
 * pauses, for a listener that is ready and not accepted from would wake us
 * without end.
 */
#include "config.h"

#include <sys/socket.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fdpass.h"
#include "log.h"
#include "loop.h"
#include "ringletd.h"
#include "xmalloc.h"

#define ACCEPT_BATCH 16	 /* connections taken before others get their turn */
#define PAUSE_MS     250 /* before descriptors are looked for again */
#define QUEUE_MS     20	 /* before the monitor's queue is */

struct listener {
	TAILQ_ENTRY(listener) link;
	struct env *env;
	int fd;
	struct loop_io *io;
	char *address;
};

static void
set_accepting(struct env *env, bool accepting)
{
	struct listener *l;

	if (env->accepting == accepting)
		return;
	env->accepting = accepting;
	TAILQ_FOREACH (l, &env->listeners, link)
		loop_io_want(l->io, accepting ? LOOP_READ : 0);
}

static void
on_pause_end(void *arg)
{
	set_accepting(arg, true);
}

/* For what may pass without a word to us. */
static void
pause_for(struct env *env, uint64_t ms)
{
	set_accepting(env, false);
	if (env->accept_timer == NULL)
		env->accept_timer =
		    loop_timer_new(env->loop, on_pause_end, env);
	loop_timer_arm(env->accept_timer, ms);
}

/* Out of descriptors or memory. */
static void
pause_after(struct env *env, int error)
{
	if (env->accepting)
		log_warn(
		    "cannot accept connections for now: %s", strerror(error));
	pause_for(env, PAUSE_MS);
}

static void
on_ready(int fd, unsigned events, void *arg)
{
	struct listener *l = arg;
	struct env *env = l->env;
	int i, s;

	(void)events;
	for (i = 0; i < ACCEPT_BATCH; i++) {
		if (env->nadmitting >= ADMIT_MAX) {
			/* listen_resume() goes on. */
			set_accepting(env, false);
			return;
		}
		/* It would not be asked whose the next one is. */
		if (peer_backlog(env->monitor) > PEER_CALLS_BYTES) {
			pause_for(env, QUEUE_MS);
			return;
		}
		/* Who waits for the monitor's word will have a place, too. */
		if (env->nconns + env->nadmitting >= env->limits.connections &&
		    !conn_evict(env)) {
			/* listen_resume() goes on. */
			log_warn("all %u places for connections are taken",
			    env->limits.connections);
			set_accepting(env, false);
			return;
		}
		s = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (s == -1) {
			if (errno == EMFILE || errno == ENFILE ||
			    errno == ENOBUFS || errno == ENOMEM)
				pause_after(env, errno);
			/* Else there is none, or it has gone already. */
			return;
		}
		admit(env, s);
	}
}

void
listener_add(struct env *env, int fd, const char *address)
{
	struct listener *l;

	if (fd_nonblock(fd) != 0)
		fatal("listener %s: cannot make it non-blocking", address);
	l = xcalloc(1, sizeof(*l));
	l->env = env;
	l->fd = fd;
	l->address = xstrdup(address);
	l->io = loop_io_new(env->loop, fd, on_ready, l);
	TAILQ_INSERT_TAIL(&env->listeners, l, link);
	if (env->accepting)
		loop_io_want(l->io, LOOP_READ);
	log_info("serving %s", address);
}

bool
listener_has_host(const struct env *env, const struct span *host)
{
	const struct listener *l;

	TAILQ_FOREACH (l, &env->listeners, link) {
		if (host_is_address(host, l->address))
			return true;
	}
	return false;
}

void
listen_resume(struct env *env)
{
	if (env->nconns + env->nadmitting < env->limits.connections &&
	    env->nadmitting < ADMIT_MAX)
		set_accepting(env, true);
}
