/*
 * A viewer's channel to the sandboxer: what is said there, but for what is
 * typed.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "fdpass.h"
#include "log.h"
#include "peer.h"
#include "ring.h"
#include "ringlet.h"
#include "view.h"
#include "viewer.h"
#include "xmalloc.h"

#define AGAIN_TIMEOUT_MS 10000 /* for another channel */
#define AGAIN_MS	 200   /* between attempts */

void
view_send_at(struct viewer *v)
{
	const struct msg_viewer_at at = { .offset = v->view->offset };

	v->told = at.offset;
	if (v->peer != NULL && !v->over)
		(void)peer_send(v->peer, MSG_VIEWER_AT, &at, NULL, 0);
}

void
view_send_size(struct viewer *v)
{
	struct msg_viewer_resize size;

	if (v->peer == NULL || v->view->read_only ||
	    !(v->in_tty || v->out_tty) ||
	    !session_terminal_size(&size.cols, &size.rows))
		return;
	(void)peer_send(v->peer, MSG_VIEWER_RESIZE, &size, NULL, 0);
}

static void
on_event(int fd, unsigned events, void *arg)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) == -1 && errno != EAGAIN &&
	    errno != EINTR)
		loop_io_want(((struct viewer *)arg)->event, 0);
	view_go_on(arg);
}

/* What the SEEK wanted, or else where we were: for view_place_alone(). */
static uint64_t
wanted(const struct viewer *v)
{
	return v->sought >= 0 ? (uint64_t)v->sought : v->view->offset;
}

/*
 * Safe from a hostile sandboxer: numbers are within their fields' bounds, and
 * the text is escaped before it is shown.
 */
static int
on_VIEWER_STATE(struct peer *p, struct msg *m)
{
	struct viewer *v = peer_arg(p);
	const struct msg_viewer_state *s = m->body;

	if (s->state != SST_TERMINATED || v->over)
		return 0;
	v->over = true;
	v->how = VIEW_ENDED;
	v->view->exit_code = s->exit_code;
	v->view->signal = s->signal;
	v->view->text = xstrdup(s->text);
	/* The other side was closed before the SEEK could be sent. */
	if (!v->placed && !v->seeking)
		view_place_alone(v, wanted(v));
	view_go_on(v);
	return 0;
}

/* Safe: bounded numbers, only shown. */
static int
on_VIEWER_SIZE(struct peer *p, struct msg *m)
{
	struct viewer *v = peer_arg(p);
	const struct msg_viewer_size *s = m->body;

	v->cols = s->cols;
	v->rows = s->rows;
	v->sized = s->offset;
	return 0;
}

static const struct msg_rule rules[] = {
	{ MSG_VIEWER_STATE, FROM_SANDBOXER, PST_SERVING, 0, 4096, 0, 0,
	    on_VIEWER_STATE },
	{ MSG_VIEWER_SIZE, FROM_SANDBOXER, PST_SERVING, 0, 64, 0, 0,
	    on_VIEWER_SIZE },
	{ MSG_VIEWER_FROM, FROM_SANDBOXER, PST_SERVING, 0, 64, 0,
	    MSG_VIEWER_SEEK, NULL },
	{ MSG_VIEWER_SCREEN, FROM_SANDBOXER, PST_SERVING, 1, 64, 0,
	    MSG_VIEWER_SEEK, NULL },
	{ MSG_ERROR, FROM_SANDBOXER, PST_SERVING, 0, 4096, 0, MSG_VIEWER_SEEK,
	    NULL },
};

/* --- where to read --- */

/* The size at a byte; those of later ones have been told before. */
static void
size_then(struct viewer *v, uint64_t offset, uint64_t cols, uint64_t rows)
{
	if (v->sized > offset)
		return;
	v->cols = cols;
	v->rows = rows;
}

/*
 * Safe from a hostile sandboxer: an offset that is not in the ring ends the
 * view when it is read, and a screen must be sealed.  What it draws is output
 * like any other.
 */
static int
place_as_told(struct viewer *v, struct msg *m)
{
	const struct msg_viewer_from *f = m->body;
	const struct msg_viewer_screen *s = m->body;

	if (m->hdr.type == MSG_VIEWER_FROM) {
		size_then(v, f->offset, f->cols, f->rows);
		return view_place(v, f->offset, -1);
	}
	size_then(v, s->offset, s->cols, s->rows);
	if (view_place(v, s->offset, m->fds[0]) != 0)
		return RL_ERR_INVALID;
	if (v->out_tty && !s->exact)
		view_inexact(v);
	if (v->sought >= 0)
		view_missed(v, (uint64_t)v->sought, s->offset);
	else if (!v->out_tty)
		view_missed(v, 0, s->offset);
	return 0;
}

static void
on_sought(void *arg, struct msg *reply, int err)
{
	struct viewer *v = arg;
	const struct msg_error *e;

	v->seeking = false;
	if (err != 0 && !v->over)
		return; /* on_closed() comes next */
	if (v->redraw && !v->over) {
		v->redraw = false;
		view_seek(v, SEEK_SCREEN);
		return;
	}
	if (err == 0 && reply->hdr.type == MSG_ERROR && !v->over) {
		e = reply->body;
		view_say(v, "%s", e->text);
	}
	if (err != 0 || reply->hdr.type == MSG_ERROR ||
	    place_as_told(v, reply) != 0)
		view_place_alone(v, wanted(v));
	view_go_on(v);
}

void
view_seek(struct viewer *v, int64_t offset)
{
	const struct msg_viewer_seek seek = { .offset = offset };

	v->placed = false;
	v->sought = offset;
	v->seeking = peer_call(v->peer, MSG_VIEWER_SEEK, &seek, NULL, 0, 0,
			 on_sought, v, NULL) == 0;
	/* Otherwise the channel is about to be closed. */
}

void
view_redraw(struct viewer *v)
{
	if (!v->out_tty || v->peer == NULL || v->over)
		return;
	view_drop(v);
	if (v->seeking)
		v->redraw = true;
	else
		view_seek(v, SEEK_SCREEN);
}

/* The first SEEK on a channel. */
static void
seek_first(struct viewer *v)
{
	if (v->view->offset != VIEW_FRESH)
		view_seek(v, (int64_t)v->view->offset);
	else
		view_seek(v, v->out_tty && v->view->record == NULL
				 ? SEEK_SCREEN
				 : SEEK_OLDEST);
}

/* --- the channel's beginning and end --- */

static void
lost(struct viewer *v, int err, const char *why)
{
	v->over = true;
	v->how = VIEW_LOST;
	v->view->error = err;
	if (v->view->text == NULL)
		v->view->text = xstrdup(why);
	if (!v->placed)
		view_place_alone(v, wanted(v));
	view_go_on(v);
}

static void
on_again(void *arg)
{
	struct viewer *v = arg;
	struct view *w = v->view;
	int r;

	r = w->again(w);
	if (r == RL_ERR_AGAIN && loop_now() < v->again_until) {
		if (!v->again_told)
			view_say(v,
			    "the channel to session %s is broken (%s): "
			    "trying to get another",
			    w->id, v->again_why);
		v->again_told = true;
		loop_timer_arm(v->again_timer, AGAIN_MS);
		return;
	}
	if (r == 0) {
		view_say(v, "session %s: attached again, after: %s", w->id,
		    v->again_why);
		view_open_channel(v);
		view_wait_for_input(v);
	} else if (r == RL_ERR_STATE) {
		v->over = true;
		v->how = VIEW_ENDED;
		view_place_alone(v, w->offset);
		view_go_on(v);
	} else
		lost(v, r, v->again_why);
	free(v->again_why);
	v->again_why = NULL;
	v->again_told = false;
}

/*
 * A channel that breaks although the session lives on is replaced, and output
 * goes on with the very next byte.  One that breaks again and again is not.
 */
static void
on_closed(struct peer *p, int err, const char *why)
{
	struct viewer *v = peer_arg(p);
	uint64_t now = loop_now();

	peer_free(p);
	v->peer = NULL;
	loop_io_free(v->event);
	v->event = NULL;
	if (v->over) {
		view_go_on(v);
		return;
	}
	if (v->view->again == NULL || err == RL_ERR_PROTOCOL) {
		lost(v, err, why);
		return;
	}
	if (!v->placed && v->sought < 0)
		v->view->offset = VIEW_FRESH;
	v->again_why = xstrdup(why);
	loop_timer_arm(v->again_timer, now < v->again_until ? AGAIN_MS : 0);
	if (now >= v->again_until)
		v->again_until = now + AGAIN_TIMEOUT_MS;
	view_wait_for_input(v);
}

static const struct peer_ops ops = {
	.rules = rules,
	.nrules = NELEM(rules),
	.closed = on_closed,
};

void
view_open_channel(struct viewer *v)
{
	int fd;

	if (v->again_timer == NULL)
		v->again_timer = loop_timer_new(v->loop, on_again, v);
	if (v->view->channel == -1) {
		v->over = true;
		v->how = VIEW_ENDED;
		view_place_alone(v, v->view->offset);
		return;
	}
	if ((fd = fcntl(v->view->channel, F_DUPFD_CLOEXEC, 3)) == -1 ||
	    fd_nonblock(v->view->event) != 0)
		fatal("the viewer's channel: %s", strerror(errno));
	v->peer = peer_new(
	    v->loop, fd, FROM_SANDBOXER, PST_SERVING, "sandboxer", &ops, v);
	v->event = loop_io_new(v->loop, v->view->event, on_event, v);
	loop_io_want(v->event, LOOP_READ);
	/* The size first, so that a screen is drawn in it. */
	view_send_size(v);
	seek_first(v);
}

void
view_close_channel(struct viewer *v)
{
	if (v->peer != NULL)
		peer_free(v->peer);
	loop_io_free(v->event);
	loop_timer_free(v->again_timer);
	free(v->again_why);
}
