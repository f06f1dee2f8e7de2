/*
 * A viewer's channel to the sandboxer: what is said there, but for what is
 * typed.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
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
	v->cols = v->rows = 0; /* told again if it stays another one */
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
	view_go_on(v);
	return 0;
}

/* Safe: two bounded numbers, only shown. */
static int
on_VIEWER_SIZE(struct peer *p, struct msg *m)
{
	struct viewer *v = peer_arg(p);
	const struct msg_viewer_size *s = m->body;

	v->cols = s->cols;
	v->rows = s->rows;
	return 0;
}

static const struct msg_rule rules[] = {
	{ MSG_VIEWER_STATE, FROM_SANDBOXER, PST_SERVING, 0, 4096, 0, 0,
	    on_VIEWER_STATE },
	{ MSG_VIEWER_SIZE, FROM_SANDBOXER, PST_SERVING, 0, 64, 0, 0,
	    on_VIEWER_SIZE },
};

static void
on_closed(struct peer *p, int err, const char *why)
{
	struct viewer *v = peer_arg(p);

	peer_free(p);
	v->peer = NULL;
	if (v->over)
		return;
	v->over = true;
	v->how = VIEW_LOST;
	v->view->text = xstrdup(why);
	view_go_on(v);
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

	if (v->view->channel == -1) {
		v->over = true;
		v->how = VIEW_ENDED;
		return;
	}
	if ((fd = fcntl(v->view->channel, F_DUPFD_CLOEXEC, 3)) == -1 ||
	    fd_nonblock(v->view->event) != 0)
		fatal("the viewer's channel: %s", strerror(errno));
	v->peer = peer_new(
	    v->loop, fd, FROM_SANDBOXER, PST_SERVING, "sandboxer", &ops, v);
	v->event = loop_io_new(v->loop, v->view->event, on_event, v);
	loop_io_want(v->event, LOOP_READ);
}
