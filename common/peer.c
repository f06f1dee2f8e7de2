/*
 * Channels in an event loop, and the dispatcher: the one place where it is
 * decided whether a peer may say what it says.  In order: a header is judged
 * by its rule row (type, direction, state, length, descriptors) before its
 * body is even read; the body must fit its record; a reply must answer a call
 * that is open; a token is judged; only then a handler runs.
 *
 * The other end may be hostile.  Whatever it sends ends at worst in closed()
 * for this one channel.  Nothing here logs: the owner does, in closed().
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "log.h"
#include "loop.h"
#include "msgdef.h"
#include "peerint.h"
#include "xmalloc.h"

#define READ_SIZE (64 * 1024) /* bytes taken from the socket at a time */

static void peer_destroy(struct peer *);

bool
peer_is_ahead(const struct peer *p)
{
	return p->in_step && buf_len(p->out) > PEER_STEP_BYTES;
}

void
peer_want(struct peer *p)
{
	unsigned want = 0;

	if (p->err == 0) {
		if (!p->paused && p->state != PST_CLOSING && !peer_is_ahead(p))
			want |= LOOP_READ;
		if (buf_len(p->out) > 0)
			want |= LOOP_WRITE;
	}
	loop_io_want(p->io, want);
}

void
peer_fail(struct peer *p, int err, const char *why)
{
	if (p->err != 0)
		return;
	p->err = err;
	p->why = why;
	loop_io_want(p->io, 0);
	loop_timer_arm(p->fail_timer, 0);
}

void
peer_enter(struct peer *p)
{
	p->busy++;
}

bool
peer_leave(struct peer *p)
{
	if (--p->busy == 0 && p->freed) {
		peer_destroy(p);
		return false;
	}
	return true;
}

static void
on_fail(void *arg)
{
	struct peer *p = arg;

	peer_enter(p);
	peer_calls_end(p, p->err);
	if (!p->freed)
		p->ops->closed(p, p->err, p->why);
	peer_leave(p);
}

/* --- receiving --- */

static void
no_answer_wanted(void *arg, struct msg *m, int err)
{
	(void)arg;
	(void)m;
	(void)err;
}

/* The row that permits this header now, or NULL and *why. */
static const struct msg_rule *
rule_find(const struct peer *p, const struct msg_hdr *h, const char **why)
{
	const struct msg_rule *r;
	const struct call *c = peer_call_find((struct peer *)(uintptr_t)p, h->id);

	*why = "a message that it may not send";
	for (size_t i = 0; i < p->ops->nrules; i++) {
		r = &p->ops->rules[i];
		if (r->type != h->type || !(r->from & p->from))
			continue;
		if (!(r->states & p->state)) {
			*why = "a message out of its state";
			continue;
		}
		if (r->answers != 0 && (c == NULL || c->type != r->answers)) {
			*why = "an answer to no question";
			continue;
		}
		if (h->len > r->maxlen) {
			*why = "a message that is too long";
			return NULL;
		}
		if (h->nfds != r->nfds) {
			*why = "a message with a wrong number of descriptors";
			return NULL;
		}
		if (r->flags & RULE_ONCE && p->said[i]) {
			*why = "a second message of a kind it may send once";
			return NULL;
		}
		return r;
	}
	return NULL;
}

static int
authorise(struct peer *p, const struct msg_rule *r, const struct msg *m)
{
	const struct msg_field *f = m->type->rec->fields;

	if (!(r->flags & RULE_TOKEN) || p->from != FROM_RINGLETD)
		return 0;
	if (m->type->rec->nfields == 0 || f->kind != MF_BIN || f->off != 0 ||
	    strcmp(f->name, "token") != 0 || p->ops->authorise == NULL)
		fatal("%s: the rule wants a token, the record has none",
		    m->type->name);
	return p->ops->authorise(
	    p, m->body, (r->flags & RULE_CONTROL) != 0);
}

static void
answer(struct peer *p, struct msg *m)
{
	struct call *c = peer_call_find(p, m->hdr.id);
	peer_cb cb = c->cb != NULL ? c->cb : no_answer_wanted;
	void *arg = c->arg;

	peer_call_free(c);
	cb(arg, m, 0);
}

/* Judges and delivers one whole frame.  0, or an error that ends p. */
static int
deliver(struct peer *p, const struct msg_rule *r, const struct msg_hdr *h,
    const uint8_t *body, const char **why)
{
	const char *text;
	struct msg m;
	int err;

	memset(&m, 0, sizeof(m));
	m.hdr = *h;
	for (size_t i = 0; i < MSG_MAX_FDS; i++)
		m.fds[i] = -1;
	if (h->nfds > 0) {
		if (p->nin_fds != h->nfds) {
			*why = "a message without its descriptors";
			return RL_ERR_PROTOCOL;
		}
		memcpy(m.fds, p->in_fds, p->nin_fds * sizeof(int));
		p->nin_fds = 0;
	}
	if ((err = msg_decode(&m, body, h->len, why)) != 0)
		goto out;
	p->said[r - p->ops->rules] = true;
	peer_trace(p, "->", h->type, h->id, m.body);
	if (r->answers != 0) {
		answer(p, &m);
		goto out;
	}
	if ((err = authorise(p, r, &m)) != 0) {
		text = p->ops->refusal != NULL ? p->ops->refusal(p) : NULL;
		peer_reply_error(p, h->id, err, "%s",
		    text != NULL ? text : rl_strerror(err));
		err = 0;
		goto out;
	}
	*why = "a message that makes no sense";
	err = r->handler(p, &m) < 0 ? RL_ERR_PROTOCOL : 0;
out:
	msg_clear(&m);
	return err;
}

static void
process_input(struct peer *p)
{
	const struct msg_rule *r;
	struct msg_hdr h;
	const char *why;
	unsigned n = 0;
	int err;

	while (p->err == 0 && !p->freed && !p->paused) {
		if (peer_is_ahead(p)) {
			/* peer_flush() has it go on. */
			p->held = true;
			return;
		}
		/* A flood must not keep the loop from everybody else. */
		if (n++ == PEER_TURN_MAX) {
			loop_timer_arm(p->more_timer, 0);
			return;
		}
		err = msg_hdr_parse(buf_ptr(p->in), buf_len(p->in), &h);
		if (err == RL_ERR_AGAIN)
			break;
		why = "a malformed header";
		if (err != 0 || (r = rule_find(p, &h, &why)) == NULL) {
			peer_fail(p, RL_ERR_PROTOCOL, why);
			return;
		}
		if (buf_len(p->in) - MSG_HDR_LEN < h.len)
			break;
		err = deliver(
		    p, r, &h, buf_ptr(p->in) + MSG_HDR_LEN, &why);
		if (err != 0) {
			peer_fail(p, err, why);
			return;
		}
		buf_consume(p->in, MSG_HDR_LEN + h.len);
	}
	if (buf_len(p->in) == 0 && p->nin_fds > 0)
		peer_fail(p, RL_ERR_PROTOCOL,
		    "descriptors that belong to no message");
}

static void
on_more(void *arg)
{
	struct peer *p = arg;

	peer_enter(p);
	process_input(p);
	if (peer_leave(p))
		peer_flush(p);
}

/*
 * How many bytes to read: never past the end of a frame that has begun, since
 * the next one's descriptors would come along and be taken for its own.  0: a
 * whole frame is there.
 */
static size_t
wanted(const struct peer *p)
{
	size_t have = buf_len(p->in), frame = MSG_HDR_LEN;
	struct msg_hdr h;

	if (have == 0)
		return READ_SIZE;
	if (msg_hdr_parse(buf_ptr(p->in), have, &h) == 0)
		frame += h.len;
	if (have >= frame)
		return 0;
	return frame - have < READ_SIZE ? frame - have : READ_SIZE;
}

/* Returns whether there may be more. */
static bool
take_input(struct peer *p)
{
	uint8_t *to;
	size_t nfds = MSG_MAX_FDS - p->nin_fds, len = wanted(p);
	ssize_t n;

	if (len == 0) {
		process_input(p);
		return true;
	}
	if (buf_reserve(p->in, len, &to) != 0) {
		peer_fail(p, RL_ERR_PROTOCOL, "a message that is too long");
		return false;
	}
	n = fdpass_recv(p->fd, to, len, p->in_fds + p->nin_fds, &nfds);
	if (n == RL_ERR_AGAIN)
		return false;
	if (n < 0) {
		peer_fail(p, (int)n,
		    n == RL_ERR_PROTOCOL ? "too many descriptors"
		    : n == RL_ERR_EOF	 ? "closed"
					 : "cannot receive");
		return false;
	}
	p->nin_fds += nfds;
	buf_commit(p->in, (size_t)n);
	process_input(p);
	return true;
}

static void
on_io(int fd, unsigned events, void *arg)
{
	struct peer *p = arg;

	(void)fd;
	peer_enter(p);
	if (events & LOOP_READ)
		(void)take_input(p);
	if (peer_leave(p))
		peer_flush(p);
}

static void
on_gather(void *arg)
{
	struct peer *p = arg;

	p->gathering = false;
	peer_flush(p);
}

/* --- life --- */

struct peer *
peer_new(struct loop *loop, int fd, uint16_t from, uint16_t state,
    const char *name, const struct peer_ops *ops, void *arg)
{
	struct peer *p = xcalloc(1, sizeof(*p));

	if (fd_nonblock(fd) != 0)
		fatal("%s: cannot make its channel non-blocking", name);
	p->loop = loop;
	p->fd = fd;
	p->from = from;
	p->state = state;
	p->name = xstrdup(name);
	p->ops = ops;
	p->arg = arg;
	p->in = buf_new_secret(MSG_HDR_LEN + MSG_MAX_BODY + READ_SIZE);
	p->out = buf_new_secret(PEER_QUEUE_MAX);
	TAILQ_INIT(&p->marks);
	TAILQ_INIT(&p->calls);
	p->said = xcalloc(ops->nrules, sizeof(*p->said));
	p->fail_timer = loop_timer_new(loop, on_fail, p);
	p->more_timer = loop_timer_new(loop, on_more, p);
	p->io = loop_io_new(loop, fd, on_io, p);
	peer_want(p);
	return p;
}

static void
peer_destroy(struct peer *p)
{
	peer_drop_output(p);
	while (p->nin_fds > 0)
		fd_close(p->in_fds[--p->nin_fds]);
	loop_io_free(p->io);
	loop_timer_free(p->fail_timer);
	loop_timer_free(p->more_timer);
	loop_timer_free(p->gather_timer);
	loop_timer_free(p->stall_timer);
	buf_free(p->in);
	buf_free(p->out);
	fd_close(p->fd);
	free(p->said);
	free(p->name);
	free(p);
}

void
peer_free(struct peer *p)
{
	if (p == NULL || p->freed)
		return;
	p->freed = true;
	peer_enter(p);
	peer_calls_end(p, RL_ERR_EOF);
	loop_io_want(p->io, 0);
	loop_timer_disarm(p->fail_timer);
	loop_timer_disarm(p->more_timer);
	if (p->gather_timer != NULL)
		loop_timer_disarm(p->gather_timer);
	if (p->stall_timer != NULL)
		loop_timer_disarm(p->stall_timer);
	peer_leave(p);
}

void
peer_gather(struct peer *p)
{
	if (p->gather_timer == NULL)
		p->gather_timer = loop_timer_new(p->loop, on_gather, p);
}

void *
peer_arg(const struct peer *p)
{
	return p->arg;
}

const char *
peer_name(const struct peer *p)
{
	return p->name;
}

uint16_t
peer_from(const struct peer *p)
{
	return p->from;
}

uint16_t
peer_state(const struct peer *p)
{
	return p->state;
}

void
peer_set_state(struct peer *p, uint16_t state)
{
	p->state = state;
	if (p->busy == 0)
		peer_want(p);
}

int
peer_fd(const struct peer *p)
{
	return p->fd;
}

size_t
peer_backlog(const struct peer *p)
{
	return buf_len(p->out);
}

unsigned
peer_calls(const struct peer *p)
{
	return p->ncalls;
}

void
peer_drain(struct peer *p)
{
	/* It may be that nobody reads any more what we say. */
	p->in_step = false;
	peer_enter(p);
	while (p->err == 0 && !p->freed && !p->paused &&
	    p->state != PST_CLOSING)
		if (!take_input(p))
			break;
	if (peer_leave(p))
		peer_flush(p);
}

bool
peer_is_idle(const struct peer *p)
{
	return TAILQ_EMPTY(&p->calls) && buf_len(p->in) == 0 &&
	    buf_len(p->out) == 0;
}

static void
on_stall(void *arg)
{
	peer_fail(arg, RL_ERR_LIMIT, "does not read its channel");
}

void
peer_in_step(struct peer *p, uint64_t stall_ms)
{
	p->in_step = true;
	p->stall_ms = stall_ms;
	p->stall_timer = loop_timer_new(p->loop, on_stall, p);
}

void
peer_time_stall(struct peer *p, bool taken)
{
	bool ahead = p->err == 0 && peer_is_ahead(p);

	if (p->timed && (taken || !ahead))
		loop_timer_disarm(p->stall_timer);
	if (ahead && (taken || !p->timed))
		loop_timer_arm(p->stall_timer, p->stall_ms);
	p->timed = ahead;
}

/* What arrived before the pause is handled first when reading resumes. */
void
peer_pause(struct peer *p, bool paused)
{
	if (p->paused == paused)
		return;
	p->paused = paused;
	if (p->busy > 0)
		return;
	if (!paused) {
		peer_enter(p);
		process_input(p);
		if (!peer_leave(p))
			return;
	}
	peer_flush(p);
}
