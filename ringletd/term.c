/*
 * A viewer: one WebSocket that looks at one session.
 *
 * Output is pulled: whenever the client's socket has taken what it had, the
 * next piece is copied out of the session's ring into one binary frame.
 * So a slow client costs nothing but its place in the ring, and one that
 * falls out of the ring is told what it missed (gap).  Where to begin, and
 * where to go on after a gap, the sandboxer says (SEEK); unless that is where
 * the client left off, it comes with a screen to draw first, so that the
 * client's terminal is then as if it had seen everything (termseek.c).  When
 * all has been read the sandboxer is told (AT), and wakes us by the eventfd
 * once there is more.  While output streams, reading again every STREAM_MS
 * instead saves the wake-up for every few bytes that the agent writes.
 *
 * Input, sizes and signals go to the sandboxer over the viewer's own socket.
 * Both its ends and the ring are less trusted than the monitor that handed
 * them over, but each can only spoil this one viewer.
 */
#include "config.h"

#include <sys/wait.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "fdpass.h"
#include "log.h"
#include "loop.h"
#include "msgdef.h"
#include "peer.h"
#include "ring.h"
#include "ringletd.h"
#include "term.h"
#include "xmalloc.h"

#define STREAM_MS      2  /* between two looks at a ring that is being filled */
#define STREAM_GAP_MS  5  /* two wake-ups closer than this: it streams */
#define INPUT_MAX      (256 * 1024) /* bytes of input the sandboxer owes us */
#define INPUT_RETRY_MS 20 /* until we look again whether it has read them */

static json_t *
exit_code(const struct term *t)
{
	return t->exit_code >= 0 ? json_integer(t->exit_code) : json_null();
}

static void
send_state(struct term *t)
{
	ws_send_json(t->ws, json_pack("{s:s, s:s, s:o, s:o, s:o}",
	    "type", "state_changed",
	    "state", session_state_name(t->state),
	    "exit_code", exit_code(t),
	    "signal", t->signal != 0 ? json_integer((json_int_t)t->signal) :
	    json_null(),
	    "reason", reply_text(t->reason)));
}

/* Tells the sandboxer how far we are; it paces the agent by that. */
static void
report(struct term *t)
{
	struct msg_viewer_at at = { t->offset };

	t->reported = t->offset;
	if (t->viewer != NULL)
		(void)peer_send(t->viewer, MSG_VIEWER_AT, &at, NULL, 0);
}

/* All there is has been sent. */
static void
wait_for_more(struct term *t)
{
	if (t->state == SST_TERMINATED) {
		send_state(t);
		ws_close(t->ws, WS_CLOSE_NORMAL, "session ended");
		return;
	}
	if (t->lost) {
		term_send_error(t, "the session was lost: its keeper has ended");
		ws_close(t->ws, WS_CLOSE_INTERNAL, "session lost");
		return;
	}
	if (t->streaming) {
		loop_timer_arm(t->stream_timer, STREAM_MS);
	} else if (!t->waiting) {
		t->waiting = true;
		report(t);
	}
}

/* --- output --- */

/* Tells the sizes whose byte is next.  How many bytes are before another. */
static size_t
pass_sizes(struct term *t, size_t max)
{
	const struct termsize *next;

	while ((next = termsizes_next(&t->sizes)) != NULL) {
		if (next->offset > t->offset)
			return next->offset - t->offset < max
				   ? (size_t)(next->offset - t->offset)
				   : max;
		term_send_resized(t, next->cols, next->rows);
		termsizes_drop(&t->sizes);
	}
	return max;
}

/* Sends one piece of the ring.  False: there is nothing, or it's over. */
static bool
send_piece(struct term *t)
{
	uint64_t oldest;
	uint8_t *p;
	size_t max;
	ssize_t n;

	(void)pass_sizes(t, 0);
	if (!ws_frame_reserve(t->ws, &p, &max))
		return false;
	n = ring_read(t->ring, t->offset, p, pass_sizes(t, max), &oldest);
	if (n == RL_ERR_TOOBIG)
		return term_catch_up(t);
	if (n < 0) {
		log_warn("session %s: its ring makes no sense", t->id);
		ws_close(t->ws, WS_CLOSE_INTERNAL, "the output is damaged");
		return false;
	}
	if (n == 0) {
		wait_for_more(t);
		return false;
	}
	ws_frame_commit(t->ws, (size_t)n);
	t->offset += (uint64_t)n;
	/* Behind, but getting on: it must know, or it would stop the agent. */
	if (t->offset - t->reported > ring_reader_capacity(t->ring) / 8)
		report(t);
	return true;
}

static bool
on_output(void *arg)
{
	struct term *t = arg;

	if (t->seeking)
		return false;
	/* Piece by piece, as the client takes it. */
	if (t->drawing.open)
		return term_send_drawing(t);
	if (!t->greeted) {
		if (t->viewer == NULL) {
			term_begin_ended(t);
			return true;
		}
		term_seek(t, t->wanted);
		return !t->seeking;
	}
	return send_piece(t);
}

/* --- wake-ups --- */

/*
 * The head has passed the offset of our AT.  If it was for echoes alone, each
 * of which adds 2^32, we are woken again without another AT.
 */
static void
on_event(int fd, unsigned events, void *arg)
{
	struct term *t = arg;
	uint64_t now, count = 1;

	(void)events;
	if (read(fd, &count, sizeof(count)) == -1 && errno != EAGAIN) {
		/* Not an eventfd after all: it would wake us for ever. */
		loop_io_want(t->event_io, 0);
		return;
	}
	now = loop_now();
	t->waiting = (count & UINT32_MAX) == 0;
	if (!t->waiting && now - t->woken_at < STREAM_GAP_MS && !t->typed)
		t->streaming = true;
	t->typed = false;
	t->woken_at = now;
	ws_pump(t->ws);
}

static void
on_stream(void *arg)
{
	struct term *t = arg;

	/* Nothing came since the last look: the next one is for the eventfd. */
	if (ring_reader_head(t->ring) <= t->offset)
		t->streaming = false;
	ws_pump(t->ws);
}

/* --- the client's messages --- */

/* The sandboxer does not take input faster than the agent reads it. */
static void
pace_input(struct term *t)
{
	bool full = t->viewer != NULL && peer_backlog(t->viewer) > INPUT_MAX;

	ws_pause(t->ws, full);
	if (full)
		loop_timer_arm(t->input_timer, INPUT_RETRY_MS);
}

static void
on_input_retry(void *arg)
{
	pace_input(arg);
}

/* Whether the client may act on the session; if not, it is told once. */
static bool
may_act(struct term *t)
{
	if (t->viewer == NULL)
		return false;
	if (!t->read_only)
		return true;
	if (!t->told_read_only)
		term_send_error(t, "this viewer is read-only");
	t->told_read_only = true;
	return false;
}

static void
on_binary(void *arg, const uint8_t *p, size_t len)
{
	struct term *t = arg;
	struct msg_viewer_input m = { { p, len } };

	if (!may_act(t))
		return;
	(void)peer_send(t->viewer, MSG_VIEWER_INPUT, &m, NULL, 0);
	/* The echo does not wait for the next look. */
	t->typed = true;
	if (t->streaming) {
		t->streaming = false;
		loop_timer_disarm(t->stream_timer);
		ws_pump(t->ws);
	}
	pace_input(t);
}

static void
on_text(void *arg, const char *p, size_t len)
{
	struct term *t = arg;
	struct control c;
	struct msg_viewer_resize size;
	struct msg_viewer_signal sig;
	char why[200];

	if (control_parse(p, len, &c, why, sizeof(why)) != 0) {
		term_send_error(t, why);
		return;
	}
	if (!may_act(t))
		return;
	switch (c.type) {
	case CONTROL_RESIZE:
		size.cols = c.cols;
		size.rows = c.rows;
		(void)peer_send(t->viewer, MSG_VIEWER_RESIZE, &size, NULL, 0);
		break;
	case CONTROL_SIGNAL:
		sig.signal = c.signal;
		(void)peer_send(t->viewer, MSG_VIEWER_SIGNAL, &sig, NULL, 0);
		break;
	}
}

/* --- the sandboxer's messages --- */

/*
 * STATE.  The sandboxer may be in a stranger's hands: the worst it can do is
 * to tell this client a wrong end.  The message is shown only after all
 * output that came before it: see wait_for_more().
 */
static int
on_STATE(struct peer *p, struct msg *m)
{
	struct term *t = peer_arg(p);
	const struct msg_viewer_state *s = m->body;

	t->state = s->state;
	t->exit_code = s->exit_code;
	t->signal = s->signal;
	(void)strlcpy(t->reason, s->reason, sizeof(t->reason));
	if (t->state != SST_TERMINATED && t->greeted)
		send_state(t);
	t->streaming = false;
	ws_pump(t->ws);
	return 0;
}

/*
 * SIZE: another viewer has typed and brought its size.  It is told where it
 * belongs in the output.
 */
static int
on_SIZE(struct peer *p, struct msg *m)
{
	struct term *t = peer_arg(p);
	const struct msg_viewer_size *s = m->body;

	termsizes_put(&t->sizes, s->offset, s->cols, s->rows);
	ws_pump(t->ws);
	return 0;
}

static const struct msg_rule rules[] = {
	{ MSG_VIEWER_STATE, FROM_SANDBOXER, PST_SERVING, 0, 8192, 0, 0,
	    on_STATE },
	{ MSG_VIEWER_SIZE, FROM_SANDBOXER, PST_SERVING, 0, 64, 0, 0,
	    on_SIZE },
	{ MSG_VIEWER_FROM, FROM_SANDBOXER, PST_SERVING, 0, 64, 0,
	    MSG_VIEWER_SEEK, NULL },
	{ MSG_VIEWER_SCREEN, FROM_SANDBOXER, PST_SERVING, 1, 64, 0,
	    MSG_VIEWER_SEEK, NULL },
	{ MSG_ERROR, FROM_SANDBOXER, PST_SERVING, 0, 4096, 0,
	    MSG_VIEWER_SEEK, NULL },
};

/*
 * The ring outlives the sandboxer, and says whether the session had ended
 * before the sandboxer did.
 */
static bool
end_of_ring(struct term *t)
{
	int status;

	if (ring_reader_state(t->ring) != SST_TERMINATED)
		return false;
	status = ring_reader_status(t->ring);
	t->state = SST_TERMINATED;
	t->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	t->signal = WIFSIGNALED(status) ? (uint64_t)WTERMSIG(status) : 0;
	return true;
}

static void
on_closed(struct peer *p, int err, const char *why)
{
	struct term *t = peer_arg(p);

	if (err != RL_ERR_EOF)
		log_warn("session %s: viewer's channel: %s", t->id, why);
	t->viewer = NULL;
	peer_free(p);
	if (t->state != SST_TERMINATED && !end_of_ring(t))
		t->lost = true;
	t->streaming = false;
	ws_pump(t->ws);
}

static const struct peer_ops viewer_ops = {
	.rules = rules,
	.nrules = NELEM(rules),
	.closed = on_closed,
};

/* --- life --- */

static void
term_free(void *arg)
{
	struct term *t = arg;

	loop_timer_free(t->stream_timer);
	loop_timer_free(t->input_timer);
	loop_io_free(t->event_io);
	fd_close(t->event);
	peer_free(t->viewer);
	ring_reader_free(t->ring);
	fd_close(t->screen);
	term_drop_drawing(t);
	termsizes_clear(&t->sizes);
	free(t);
}

static const struct ws_ops ws_ops = {
	.binary = on_binary,
	.text = on_text,
	.output = on_output,
	.free = term_free,
};

/* Takes the descriptors of a living session.  0, or RL_ERR_*. */
static int
take_live(struct term *t, struct msg *m)
{
	int ring = m->fds[1];

	if (!fd_is(m->fds[0], FD_SOCKET) || !fd_is(m->fds[2], FD_EVENT) ||
	    !ring_is_sealed(ring) || fd_nonblock(m->fds[2]) != 0)
		return RL_ERR_INVALID;
	if (ring_reader_new(ring, &t->ring) != 0)
		return RL_ERR_INVALID;
	t->viewer = peer_new(t->env->loop, msg_take_fd(m, 0), FROM_SANDBOXER,
	    PST_SERVING, "viewer", &viewer_ops, t);
	t->event = msg_take_fd(m, 2);
	t->event_io = loop_io_new(t->env->loop, t->event, on_event, t);
	loop_io_want(t->event_io, LOOP_READ);
	return 0;
}

/*
 * ATTACHED or ATTACHED_ENDED, from the monitor: the descriptors are checked
 * all the same, for the socket and the ring are the sandboxer's.
 */
void
term_attached(struct request *r, struct msg *m)
{
	const struct msg_attached *a = m->body;
	struct term *t = xcalloc(1, sizeof(*t));
	int err;

	t->env = r->env;
	t->event = t->screen = -1;
	termsizes_init(&t->sizes);
	t->wanted = a->wanted;
	t->clean = a->clean;
	t->offset = t->reported = a->offset;
	t->cols = a->cols;
	t->rows = a->rows;
	t->state = a->state;
	t->exit_code = a->exit_code;
	t->signal = a->signal;
	t->read_only = a->read_only;
	(void)strlcpy(t->id, a->id, sizeof(t->id));
	if (m->hdr.type == MSG_ATTACHED)
		err = take_live(t, m);
	else {
		err = ring_reader_new(m->fds[0], &t->ring);
		t->screen = msg_take_fd(m, 1);
		t->state = SST_TERMINATED;
	}
	if (err != 0) {
		log_error("session %s: bad descriptors came with it", a->id);
		term_free(t);
		reply_failure(r, RL_ERR_UNAVAILABLE,
		    "the session's output cannot be read");
		return;
	}
	t->stream_timer = loop_timer_new(t->env->loop, on_stream, t);
	t->input_timer = loop_timer_new(t->env->loop, on_input_retry, t);
	t->ws = ws_new(r, &ws_ops, t);
	ws_start(t->ws, r);
}
