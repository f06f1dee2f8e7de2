/*
 * Calls: a request that was sent, and who waits for its answer.  Whatever the
 * other end does, each is ended exactly once.
 */

#include "config.h"

#include <stdlib.h>

#include "buf.h"
#include "err.h"
#include "loop.h"
#include "peerint.h"
#include "xmalloc.h"

#define GATHER_MAX (64 * 1024) /* bytes of calls that wait for a turn's end */

void
peer_call_free(struct call *c)
{
	TAILQ_REMOVE(&c->peer->calls, c, link);
	c->peer->ncalls--;
	loop_timer_free(c->timer);
	free(c);
}

void
peer_calls_end(struct peer *p, int err)
{
	struct call *c;

	while ((c = TAILQ_FIRST(&p->calls)) != NULL) {
		peer_cb cb = c->cb;
		void *arg = c->arg;

		peer_call_free(c);
		/* NULL: timed out or cancelled, its caller has been told. */
		if (cb != NULL)
			cb(arg, NULL, err);
	}
}

struct call *
peer_call_find(struct peer *p, uint32_t id)
{
	struct call *c;

	TAILQ_FOREACH(c, &p->calls, link)
		if (c->id == id)
			return c;
	return NULL;
}

static void
on_call_timeout(void *arg)
{
	struct call *c = arg;
	struct peer *p = c->peer;
	peer_cb cb = c->cb;
	void *cb_arg = c->arg;

	/* The call stays known, without a caller: its answer may yet come. */
	c->cb = NULL;
	peer_enter(p);
	cb(cb_arg, NULL, RL_ERR_TIMEOUT);
	if (peer_leave(p))
		peer_flush(p);
}

/*
 * Calls that are gathered wait for on_gather(), or for whatever is sent before
 * and takes them along.
 */
static int
queue_call(struct peer *p, uint16_t type, uint32_t id, const void *body,
    const int *fds, size_t nfds)
{
	int r;

	/* What is long already need not become longer before it goes. */
	if (p->gather_timer == NULL || buf_len(p->out) >= GATHER_MAX)
		return peer_queue(p, type, id, body, fds, nfds);
	p->busy++;
	r = peer_queue(p, type, id, body, fds, nfds);
	if (--p->busy == 0 && !p->gathering) {
		p->gathering = true;
		loop_timer_soon(p->gather_timer);
	}
	return r;
}

int
peer_call(struct peer *p, uint16_t type, const void *body, const int *fds,
    size_t nfds, uint64_t timeout_ms, peer_cb cb, void *arg, uint32_t *call)
{
	struct call *c;
	uint32_t id;
	int r;

	/* The rest of the queue is for what cannot be put off. */
	if (p->ncalls >= PEER_CALLS_MAX || buf_len(p->out) > PEER_CALLS_BYTES)
		return RL_ERR_LIMIT;
	do { /* ids wrap around after 2^32 calls; skip those still open */
		if ((id = ++p->next_id) == 0)
			id = ++p->next_id;
	} while (peer_call_find(p, id) != NULL);
	if ((r = queue_call(p, type, id, body, fds, nfds)) != 0)
		return r;
	c = xcalloc(1, sizeof(*c));
	c->peer = p;
	c->id = id;
	c->type = type;
	c->cb = cb;
	c->arg = arg;
	if (timeout_ms > 0) {
		c->timer = loop_timer_new(p->loop, on_call_timeout, c);
		loop_timer_arm(c->timer, timeout_ms);
	}
	TAILQ_INSERT_TAIL(&p->calls, c, link);
	p->ncalls++;
	if (call != NULL)
		*call = id;
	return 0;
}

void
peer_call_cancel(struct peer *p, uint32_t id)
{
	struct call *c = peer_call_find(p, id);

	if (c != NULL) {
		c->cb = NULL;
		if (c->timer != NULL)
			loop_timer_disarm(c->timer);
	}
}
