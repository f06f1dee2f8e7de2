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

#include <sys/queue.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "log.h"
#include "loop.h"
#include "msgdef.h"
#include "peer.h"
#include "valid.h"
#include "xmalloc.h"

#define READ_SIZE (64 * 1024) /* bytes taken from the socket at a time */

/* Descriptors that go with the frame that starts at stream position pos. */
struct fdmark {
	uint64_t pos;
	int fds[MSG_MAX_FDS];
	size_t nfds;
	TAILQ_ENTRY(fdmark) link;
};

struct call {
	struct peer *peer;
	uint32_t id;
	uint16_t type;
	peer_cb cb;
	void *arg;
	struct loop_timer *timer; /* NULL: no limit */
	TAILQ_ENTRY(call) link;
};

struct peer {
	struct loop *loop;
	int fd;
	uint16_t from;
	uint16_t state;
	char *name;
	const struct peer_ops *ops;
	void *arg;
	struct loop_io *io;
	struct loop_timer *fail_timer; /* reports err on the next turn */
	struct buf *in;
	int in_fds[MSG_MAX_FDS];
	size_t nin_fds;
	struct buf *out;
	uint64_t out_pos; /* stream position of out's first byte */
	TAILQ_HEAD(, fdmark) marks;
	TAILQ_HEAD(, call) calls;
	uint32_t next_id;
	bool *said; /* one for each rule row: RULE_ONCE */
	bool paused;
	bool gone;  /* the other side has closed; its last words are unread */
	bool freed; /* peer_free() came while busy */
	unsigned busy; /* callbacks in progress */
	int err; /* the channel is over */
	const char *why;
};

static void peer_destroy(struct peer *);

static void
peer_want(struct peer *p)
{
	unsigned want = 0;

	if (p->err == 0) {
		if (!p->paused && p->state != PST_CLOSING)
			want |= LOOP_READ;
		if (buf_len(p->out) > 0)
			want |= LOOP_WRITE;
	}
	loop_io_want(p->io, want);
}

/* The channel is over; closed() is called on the next turn of the loop. */
static void
peer_fail(struct peer *p, int err, const char *why)
{
	if (p->err != 0)
		return;
	p->err = err;
	p->why = why;
	loop_io_want(p->io, 0);
	loop_timer_arm(p->fail_timer, 0);
}

static void
call_free(struct call *c)
{
	TAILQ_REMOVE(&c->peer->calls, c, link);
	loop_timer_free(c->timer);
	free(c);
}

static void
end_calls(struct peer *p, int err)
{
	struct call *c;

	while ((c = TAILQ_FIRST(&p->calls)) != NULL) {
		peer_cb cb = c->cb;
		void *arg = c->arg;

		call_free(c);
		/* NULL: timed out or cancelled, its caller has been told. */
		if (cb != NULL)
			cb(arg, NULL, err);
	}
}

/* A callback may call peer_free(): that waits until the last one is done. */
static void
peer_enter(struct peer *p)
{
	p->busy++;
}

/* Returns whether p is still there. */
static bool
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
	end_calls(p, p->err);
	if (!p->freed)
		p->ops->closed(p, p->err, p->why);
	peer_leave(p);
}

/* --- sending --- */

/* How many bytes may go in one call, and with which descriptors. */
static size_t
sendable(const struct peer *p, const int **fds, size_t *nfds)
{
	const struct fdmark *m = TAILQ_FIRST(&p->marks);
	size_t len = buf_len(p->out);

	*fds = NULL;
	*nfds = 0;
	if (m != NULL && m->pos == p->out_pos) {
		*fds = m->fds;
		*nfds = m->nfds;
		m = TAILQ_NEXT(m, link);
	}
	if (m != NULL && m->pos - p->out_pos < len)
		len = (size_t)(m->pos - p->out_pos);
	return len;
}

static void
mark_free(struct peer *p, struct fdmark *m)
{
	TAILQ_REMOVE(&p->marks, m, link);
	while (m->nfds > 0)
		fd_close(m->fds[--m->nfds]);
	free(m);
}

static void
drop_output(struct peer *p)
{
	while (!TAILQ_EMPTY(&p->marks))
		mark_free(p, TAILQ_FIRST(&p->marks));
	p->out_pos += buf_len(p->out);
	buf_reset(p->out);
}

static void
peer_flush(struct peer *p)
{
	const int *fds;
	size_t len, nfds;
	ssize_t n;

	while (p->err == 0 && buf_len(p->out) > 0) {
		len = sendable(p, &fds, &nfds);
		n = fdpass_send(p->fd, buf_ptr(p->out), len, fds, nfds);
		if (n == RL_ERR_AGAIN)
			break;
		if (n == RL_ERR_EOF && !p->paused && p->state != PST_CLOSING) {
			/*
			 * It may have said why before it closed: that is
			 * read first, and the end of file after it is the end.
			 */
			p->gone = true;
			drop_output(p);
			break;
		}
		if (n < 0) {
			peer_fail(p, (int)n, "cannot send");
			return;
		}
		if (nfds > 0)
			mark_free(p, TAILQ_FIRST(&p->marks));
		buf_consume(p->out, (size_t)n);
		p->out_pos += (uint64_t)n;
	}
	peer_want(p);
}

static void
trace(const struct peer *p, const char *arrow, uint16_t type, uint32_t id,
    const void *body)
{
	const struct msg_type *t;
	char text[LOG_LINE_MAX / 2];

	if (log_get_level() < LOGL_TRACE || type == MSG_LOG ||
	    (t = msg_type_get(type)) == NULL)
		return;
	log_trace("%s %s %s #%u %s", p->name, arrow, t->name, id,
	    msg_print(t, body, text, sizeof(text)));
}

static int
queue(struct peer *p, uint16_t type, uint32_t id, const void *body,
    const int *fds, size_t nfds)
{
	struct fdmark *m = NULL;
	uint64_t pos = p->out_pos + buf_len(p->out);
	int r;

	if (p->err != 0 || p->gone || p->freed)
		return RL_ERR_EOF;
	if (nfds > MSG_MAX_FDS)
		return RL_ERR_INVALID;
	if (nfds > 0) {
		m = xcalloc(1, sizeof(*m));
		m->pos = pos;
		TAILQ_INSERT_TAIL(&p->marks, m, link);
		for (; m->nfds < nfds; m->nfds++) {
			int fd = fcntl(fds[m->nfds], F_DUPFD_CLOEXEC, 3);

			if (fd == -1) {
				mark_free(p, m);
				return RL_ERR_SYSTEM;
			}
			m->fds[m->nfds] = fd;
		}
	}
	if ((r = msg_encode(p->out, type, id, nfds, body)) != 0) {
		if (m != NULL)
			mark_free(p, m);
		if (r == RL_ERR_TOOBIG) {
			peer_fail(p, RL_ERR_LIMIT, "does not read its channel");
			r = RL_ERR_LIMIT;
		}
		return r;
	}
	trace(p, "<-", type, id, body);
	if (p->busy == 0)
		peer_flush(p);
	return 0;
}

int
peer_send(struct peer *p, uint16_t type, const void *body, const int *fds,
    size_t nfds)
{
	return queue(p, type, 0, body, fds, nfds);
}

int
peer_reply(struct peer *p, uint32_t id, uint16_t type, const void *body,
    const int *fds, size_t nfds)
{
	int r = queue(p, type, id, body, fds, nfds);

	/* Whoever asked must not wait for an answer that cannot be sent. */
	if (r == RL_ERR_INVALID)
		peer_reply_error(p, id, RL_ERR_INTERNAL,
		    "the answer does not fit a message");
	return r;
}

int
peer_reply_error(struct peer *p, uint32_t id, int err, const char *fmt, ...)
{
	struct msg_error body = { .code = err };
	char text[512], safe[2 * sizeof(text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* It may quote a file's name, or have been cut within a character. */
	body.text = valid_utf8(text, strlen(text))
	    ? text
	    : text_escape(safe, sizeof(safe), text);
	return queue(p, MSG_ERROR, id, &body, NULL, 0);
}

/* --- calls --- */

static struct call *
call_find(struct peer *p, uint32_t id)
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

int
peer_call(struct peer *p, uint16_t type, const void *body, const int *fds,
    size_t nfds, uint64_t timeout_ms, peer_cb cb, void *arg, uint32_t *call)
{
	struct call *c;
	uint32_t id;
	int r;

	do { /* ids wrap around after 2^32 calls; skip those still open */
		if ((id = ++p->next_id) == 0)
			id = ++p->next_id;
	} while (call_find(p, id) != NULL);
	if ((r = queue(p, type, id, body, fds, nfds)) != 0)
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
	if (call != NULL)
		*call = id;
	return 0;
}

void
peer_call_cancel(struct peer *p, uint32_t id)
{
	struct call *c = call_find(p, id);

	if (c != NULL) {
		c->cb = NULL;
		if (c->timer != NULL)
			loop_timer_disarm(c->timer);
	}
}

static void
no_answer_wanted(void *arg, struct msg *m, int err)
{
	(void)arg;
	(void)m;
	(void)err;
}

/* --- receiving --- */

/* The row that permits this header now, or NULL and *why. */
static const struct msg_rule *
rule_find(const struct peer *p, const struct msg_hdr *h, const char **why)
{
	const struct msg_rule *r;
	const struct call *c = call_find((struct peer *)(uintptr_t)p, h->id);

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
	struct call *c = call_find(p, m->hdr.id);
	peer_cb cb = c->cb != NULL ? c->cb : no_answer_wanted;
	void *arg = c->arg;

	call_free(c);
	cb(arg, m, 0);
}

/* Judges and delivers one whole frame.  0, or an error that ends p. */
static int
deliver(struct peer *p, const struct msg_rule *r, const struct msg_hdr *h,
    const uint8_t *body, const char **why)
{
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
	trace(p, "->", h->type, h->id, m.body);
	if (r->answers != 0) {
		answer(p, &m);
		goto out;
	}
	if ((err = authorise(p, r, &m)) != 0) {
		peer_reply_error(p, h->id, err, "%s", rl_strerror(err));
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
	int err;

	while (p->err == 0 && !p->freed && !p->paused) {
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
	p->io = loop_io_new(loop, fd, on_io, p);
	peer_want(p);
	return p;
}

static void
peer_destroy(struct peer *p)
{
	struct fdmark *m;

	while ((m = TAILQ_FIRST(&p->marks)) != NULL)
		mark_free(p, m);
	while (p->nin_fds > 0)
		fd_close(p->in_fds[--p->nin_fds]);
	loop_io_free(p->io);
	loop_timer_free(p->fail_timer);
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
	end_calls(p, RL_ERR_EOF);
	loop_io_want(p->io, 0);
	loop_timer_disarm(p->fail_timer);
	peer_leave(p);
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

void
peer_drain(struct peer *p)
{
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
