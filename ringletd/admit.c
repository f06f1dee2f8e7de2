/*
 * Between accept(2) and the first byte: whose connection it is.
 *
 * Any user of the machine can connect to 127.0.0.1, and a token that has got
 * out would let him in.  So a connection is shown to the monitor, which looks
 * up whose process is at its other end; nothing is read from it before.  We
 * could not look ourselves: this process has a network of its own.
 *
 * What waits for the monitor's word is bounded; then accepting pauses.
 */
#include "config.h"

#include <sys/queue.h>
#include <stdlib.h>

#include "err.h"
#include "fdpass.h"
#include "log.h"
#include "msgdef.h"
#include "peer.h"
#include "ringletd.h"
#include "xmalloc.h"

struct newcomer {
	struct env *env;
	int fd;
};

static void
on_word(void *arg, struct msg *m, int err)
{
	struct newcomer *n = arg;
	struct env *env = n->env;

	env->nadmitting--;
	if (err == 0 && m->hdr.type == MSG_OK)
		conn_new(env, n->fd);
	else
		/* Nothing is said: whoever it is has nothing to ask here. */
		fd_close(n->fd);
	free(n);
	listen_resume(env);
}

void
admit(struct env *env, int fd)
{
	struct newcomer *n;

	if (!env->same_user) {
		conn_new(env, fd);
		return;
	}
	n = xcalloc(1, sizeof(*n));
	n->env = env;
	n->fd = fd;
	if (peer_call(env->monitor, MSG_CONN_CHECK, NULL, &fd, 1,
		env->limits.first_ms, on_word, n, NULL) != 0) {
		log_warn("cannot ask whose a connection is: it is closed");
		fd_close(fd);
		free(n);
		return;
	}
	env->nadmitting++;
}
