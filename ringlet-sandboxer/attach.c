/*
 * Viewers: whoever watches a session or types into it.  Each has a channel
 * of its own from ringletd or a CLI, an eventfd, and (elsewhere) the ring.
 *
 * A viewer may be hostile: ringletd may have been taken over.  All it can say
 * is in the six rows below; a viewer that may only read has but two of them,
 * so that typing, resizing and signalling are not refused by a handler but
 * have no row.  Anything else closes this one viewer.  What it can cost is
 * bounded: one held frame of input, one eventfd write for each AT and each time
 * that something is typed, one saved screen for each SEEK, and no more of the
 * agent's time than STALL_MS.
 */

#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "buf.h"
#include "err.h"
#include "fdpass.h"
#include "log.h"
#include "loop.h"
#include "msgdef.h"
#include "peer.h"
#include "ring-write.h"
#include "ring.h"
#include "sandboxer.h"
#include "xmalloc.h"

#define PST_READ_ONLY 0x0100 /* instead of PST_SERVING */

/* What an eventfd is written: PROTOCOL.ipc, VIEWER_AT. */
#define WAKE_MORE UINT64_C(1)
#define WAKE_ECHO (UINT64_C(1) << 32)

static int on_input(struct peer *, struct msg *);
static int on_answer(struct peer *, struct msg *);
static int on_resize(struct peer *, struct msg *);
static int on_signal(struct peer *, struct msg *);
static int on_at(struct peer *, struct msg *);
static void on_closed(struct peer *, int, const char *);

/* Lengths: the field's bound and a few bytes of msgpack around it. */
static const struct msg_rule rules[] = {
	{ MSG_VIEWER_INPUT, FROM_VIEWER, PST_SERVING, 0, INPUT_MAX + 16, 0, 0,
	    on_input },
	{ MSG_VIEWER_ANSWER, FROM_VIEWER, PST_SERVING, 0, INPUT_MAX + 16, 0, 0,
	    on_answer },
	{ MSG_VIEWER_RESIZE, FROM_VIEWER, PST_SERVING, 0, 32, 0, 0, on_resize },
	{ MSG_VIEWER_SIGNAL, FROM_VIEWER, PST_SERVING, 0, 16, 0, 0, on_signal },
	{ MSG_VIEWER_AT, FROM_VIEWER, PST_SERVING | PST_READ_ONLY, 0, 16, 0, 0,
	    on_at },
	{ MSG_VIEWER_SEEK, FROM_VIEWER, PST_SERVING | PST_READ_ONLY, 0, 16, 0,
	    0, on_viewer_seek },
};

static const struct peer_ops ops = {
	.rules = rules,
	.nrules = sizeof(rules) / sizeof(rules[0]),
	.closed = on_closed,
};

/*
 * An echo is short, and more may come of what was typed: the viewer is told
 * that it will be woken once more, and need not ask for that.
 */
static void
wake(struct viewer *v, bool echo)
{
	const uint64_t number = echo ? WAKE_ECHO : WAKE_MORE;

	v->armed = echo;
	/* Full (EAGAIN) means that it has not looked at the last one. */
	if (write(v->event, &number, sizeof(number)) == -1 && errno != EAGAIN)
		log_debug("session %s: viewer %llu cannot be woken",
		    v->session->id, (unsigned long long)v->number);
}

/* The next to decide about the window: whoever has one. */
static void
find_owner(struct session *s)
{
	struct viewer *v;

	TAILQ_FOREACH (v, &s->viewers, link) {
		if (v->cols != 0) {
			s->owner = v;
			pump_resize(s, v->cols, v->rows);
			return;
		}
	}
}

static void
viewer_free(struct viewer *v)
{
	struct session *s = v->session;

	TAILQ_REMOVE(&s->viewers, v, link);
	if (s->owner == v)
		s->owner = NULL;
	if (v->held != NULL) {
		s->holding--;
		buf_free(v->held);
	}
	peer_free(v->peer);
	fd_close(v->event);
	free(v);
}

static void
on_left(void *arg)
{
	struct session *s = arg;

	s->left = false;
	pump_flow(s);
}

/*
 * Most who leave do so because a connection broke, or ringletd, and come back
 * for the next byte.  It is kept for them as for one that stands still; not
 * for one that has never read, so that nobody stops the agent by coming and
 * going.
 */
static void
keep_place(const struct viewer *v)
{
	struct session *s = v->session;

	if (v->stalled || !v->reads || s->phase != SP_RUNNING ||
	    (s->left && v->at <= s->left_at))
		return;
	if (s->left_timer == NULL)
		s->left_timer = loop_timer_new(s->env->loop, on_left, s);
	s->left_at = v->at;
	s->left = true;
	loop_timer_arm(s->left_timer, RETURN_MS);
}

/*
 * The viewer went, or broke the protocol and has to go.  Others are not
 * touched; the monitor counts one viewer less.
 */
static void
on_closed(struct peer *p, int err, const char *why)
{
	struct viewer *v = peer_arg(p);
	struct session *s = v->session;
	struct msg_viewer_gone gone = { .id = s->id, .viewer = v->number };
	bool owned = s->owner == v;

	if (err == RL_ERR_EOF)
		log_debug("session %s: viewer %llu has left", s->id,
		    (unsigned long long)v->number);
	else
		log_warn("session %s: viewer %llu is dropped: %s", s->id,
		    (unsigned long long)v->number, why);
	(void)peer_send(s->env->monitor, MSG_VIEWER_GONE, &gone, NULL, 0);
	if (err == RL_ERR_EOF)
		keep_place(v);
	viewer_free(v);
	if (owned)
		find_owner(s);
	pump_flow(s);
}

int
viewer_add(
    struct session *s, uint64_t number, bool read_only, int sock, int event)
{
	struct viewer *v;
	char name[64];

	if (s->phase == SP_ENDED || fd_nonblock(event) != 0) {
		fd_close(sock);
		fd_close(event);
		return RL_ERR_STATE;
	}
	(void)snprintf(name, sizeof(name), "viewer %llu of %s",
	    (unsigned long long)number, s->id);
	v = xcalloc(1, sizeof(*v));
	v->session = s;
	v->number = number;
	v->event = event;
	v->read_only = read_only;
	/* It will say where it starts (seek.c).  Until then, if one has just
	   left, this is taken for that one. */
	v->at = s->left ? s->left_at : ring_writer_head(s->ring);
	v->mark = v->at;
	TAILQ_INSERT_TAIL(&s->viewers, v, link);
	v->peer = peer_new(s->env->loop, sock, FROM_VIEWER,
	    read_only ? PST_READ_ONLY : PST_SERVING, name, &ops, v);
	pump_flow(s);
	return 0;
}

/* Types for a viewer.  Without room it is held, and the viewer not read. */
static void
type(struct viewer *v, const struct msg_bin *data)
{
	struct session *s = v->session;

	if (data->len == 0 || pump_input(s, data->p, data->len) == 0)
		return;
	v->held = buf_new_secret(INPUT_MAX);
	(void)buf_put(v->held, data->p, data->len);
	s->holding++;
	peer_pause(v->peer, true);
}

/*
 * Bytes to type.  Safe from a hostile viewer: they go to the agent's own
 * terminal, in bounded number, and are not looked at.  Without room they are
 * held, and this viewer is not read until there is some.
 */
static int
on_input(struct peer *p, struct msg *m)
{
	struct viewer *v = peer_arg(p);
	struct session *s = v->session;
	const struct msg_viewer_input *in = m->body;

	if (s->owner != v) {
		s->owner = v;
		if (v->cols != 0)
			pump_resize(s, v->cols, v->rows);
	}
	/* What runs because of these keys sees the window they came from. */
	pump_resize_now(s);
	type(v, &in->data);
	return 0;
}

/*
 * An answer of its terminal.  Several would confuse the agent, and none of
 * them was typed.  Safe: of all viewers one is heard, who may type anyway.
 */
static int
on_answer(struct peer *p, struct msg *m)
{
	struct viewer *v = peer_arg(p);
	const struct msg_viewer_input *in = m->body;

	if (v->session->owner == v)
		type(v, &in->data);
	return 0;
}

void
viewers_resume(struct session *s)
{
	struct viewer *v, *next;

	for (v = TAILQ_FIRST(&s->viewers); v != NULL; v = next) {
		next = TAILQ_NEXT(v, link);
		if (v->held == NULL ||
		    pump_input(s, buf_ptr(v->held), buf_len(v->held)) != 0)
			continue;
		buf_free(v->held);
		v->held = NULL;
		s->holding--;
		/* This may handle more of its frames, and hold again. */
		peer_pause(v->peer, false);
	}
}

/*
 * Its window.  Safe: sizes are within the field's bounds, and count only
 * while this viewer is the one who typed last (or there is none).
 */
static int
on_resize(struct peer *p, struct msg *m)
{
	struct viewer *v = peer_arg(p);
	struct session *s = v->session;
	const struct msg_viewer_resize *size = m->body;
	struct msg_viewer_size now;

	if (size->cols == 0 || size->rows == 0)
		return RL_ERR_INVALID;
	v->cols = (unsigned int)size->cols;
	v->rows = (unsigned int)size->rows;
	if (s->owner == NULL)
		s->owner = v;
	if (s->owner == v) {
		pump_resize(s, v->cols, v->rows);
		return 0;
	}
	now.offset = s->ring != NULL ? ring_writer_head(s->ring) : 0;
	now.cols = s->cols;
	now.rows = s->rows;
	(void)peer_send(p, MSG_VIEWER_SIZE, &now, NULL, 0);
	return 0;
}

/* Safe: four signals, to this session's own processes. */
static int
on_signal(struct peer *p, struct msg *m)
{
	struct viewer *v = peer_arg(p);
	const struct msg_viewer_signal *sig = m->body;

	switch (sig->signal) {
	case 2:
	case 3:
	case 9:
	case 15:
		session_signal(v->session, (int)sig->signal);
		return 0;
	default:
		return RL_ERR_INVALID;
	}
}

/*
 * How far it has read.  Safe: a position beyond the end would claim bytes
 * that do not exist; one that goes back counts against itself; and steps of a
 * byte do not make a viewer one that keeps up.
 */
static int
on_at(struct peer *p, struct msg *m)
{
	struct viewer *v = peer_arg(p);
	struct session *s = v->session;
	const struct msg_viewer_at *at = m->body;
	uint64_t head;

	if (s->ring == NULL) /* ended: the state message wakes it */
		return 0;
	head = ring_writer_head(s->ring);
	if (at->offset > head)
		return RL_ERR_INVALID;
	v->at = at->offset;
	v->reads = v->armed = true;
	if (head - v->at <= ring_writer_capacity(s->ring) / 2)
		v->stalled = false;
	if (head > v->at)
		viewers_wake(s, head);
	pump_flow(s);
	return 0;
}

static void
wake_armed(struct session *s, uint64_t head)
{
	struct viewer *v;
	bool echo = s->typed;

	s->woke = loop_now();
	s->woke_head = head;
	TAILQ_FOREACH (v, &s->viewers, link) {
		if (v->armed && head > v->at) {
			wake(v, echo);
			s->typed = false;
		}
	}
}

static void
on_wake_timer(void *arg)
{
	struct session *s = arg;

	s->wake_waits = false;
	if (s->ring != NULL)
		wake_armed(s, ring_writer_head(s->ring));
}

/*
 * After a silence the first byte wakes at once, and so does the first after
 * something was typed: it is the echo.  In a stream of output WAKE_MS pass, or
 * WAKE_BYTES, before the next time: else agent, sandboxer and viewer would take
 * turns at every line, and be as slow as that.
 */
void
viewers_wake(struct session *s, uint64_t head)
{
	uint64_t since;

	if (TAILQ_EMPTY(&s->viewers))
		return;
	since = loop_now() - s->woke;
	if (s->typed || since >= WAKE_MS ||
	    head - s->woke_head >= WAKE_BYTES) {
		wake_armed(s, head);
		return;
	}
	if (s->wake_waits)
		return;
	if (s->wake_timer == NULL)
		s->wake_timer = loop_timer_new(s->env->loop, on_wake_timer, s);
	s->wake_waits = true;
	loop_timer_arm(s->wake_timer, WAKE_MS - since);
}

void
viewers_size(struct session *s)
{
	struct msg_viewer_size size = { .offset = ring_writer_head(s->ring),
		.cols = s->cols,
		.rows = s->rows };
	struct viewer *v;

	/* Also the one whose window it is: it knows no offset by itself. */
	TAILQ_FOREACH (v, &s->viewers, link)
		(void)peer_send(v->peer, MSG_VIEWER_SIZE, &size, NULL, 0);
}

void
viewers_end(struct session *s, int64_t code, uint64_t signo, const char *reason,
    const char *text)
{
	struct msg_viewer_state state = { .state = SST_TERMINATED,
		.exit_code = code,
		.signal = signo,
		.reason = reason,
		.text = text };
	struct viewer *v;

	TAILQ_FOREACH (v, &s->viewers, link) {
		(void)peer_send(v->peer, MSG_VIEWER_STATE, &state, NULL, 0);
		wake(v, false);
	}
}

void
viewers_free(struct session *s)
{
	struct viewer *v;

	while ((v = TAILQ_FIRST(&s->viewers)) != NULL)
		viewer_free(v);
}
