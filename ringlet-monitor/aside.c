/*
 * Processes beside the loop: see aside.h.
 */

#include "config.h"

#include <poll.h>
#include <signal.h>
#include <string.h>

#include "aside.h"
#include "fdpass.h"
#include "loop.h"
#include "msgdef.h"

#define DYING_MS 2000 /* from its end to its death */

int
aside_start(struct aside *a, struct loop *loop, const struct aside_ask *ask)
{
	struct proc_spec spec = {
		.path = ask->path, .argv = ask->argv, .envp = ask->envp
	};
	int sv[2], r;

	if ((r = fd_pair(sv)) != 0)
		return r;
	spec.channel = sv[1];
	r = proc_spawn(&spec, &a->proc);
	fd_close(sv[1]);
	if (r != 0) {
		fd_close(sv[0]);
		memset(&a->proc, 0, sizeof(a->proc));
		return r;
	}
	a->peer = peer_new(
	    loop, sv[0], ask->from, PST_SERVING, ask->name, ask->ops, ask->arg);
	r = peer_call(a->peer, ask->type, ask->body, NULL, 0, ask->timeout_ms,
	    ask->cb, ask->arg, NULL);
	if (r != 0)
		aside_end(a, SIGKILL);
	return r;
}

void
aside_end(struct aside *a, int signo)
{
	struct peer *p = a->peer;

	a->peer = NULL;
	a->ended = loop_now();
	peer_free(p);
	if (signo != 0)
		(void)proc_signal(&a->proc, signo);
	/* Its SIGCHLD may have come before. */
	(void)aside_reap(a);
}

bool
aside_reap(struct aside *a)
{
	int status;

	if (a->peer != NULL || a->proc.pid == 0 ||
	    proc_reap(&a->proc, &status) == 0)
		return false;
	proc_release(&a->proc);
	return true;
}

bool
aside_is_busy(const struct aside *a)
{
	return a->proc.pid != 0 &&
	       (a->peer != NULL || loop_now() - a->ended < DYING_MS);
}

void
aside_leave(struct aside *a, int ms)
{
	struct pollfd p = { .events = POLLIN };

	if (a->peer != NULL)
		aside_end(a, 0);
	p.fd = a->proc.pidfd;
	if (a->proc.pid != 0 && (poll(&p, 1, ms) != 1 || !aside_reap(a)))
		(void)proc_signal(&a->proc, SIGKILL);
	aside_clear(a);
}

void
aside_clear(struct aside *a)
{
	if (a->peer != NULL)
		aside_end(a, SIGKILL);
	if (a->proc.pid != 0)
		proc_release(&a->proc);
}
