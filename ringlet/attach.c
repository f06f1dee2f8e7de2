/*
 * Attaching: the monitor judges and hands out the ring, a wake-up and a
 * channel to the sandboxer; view.c shows the session; what is left is to say
 * how it ended, which is the exit status.
 */

#include "config.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fdpass.h"
#include "loop.h"
#include "ring.h"
#include "ringlet.h"
#include "view.h"
#include "xmalloc.h"

/* How long the monitor may take to see that a sandboxer has died. */
#define FATE_TIMEOUT_MS 3000

/* The session's own status, or why there is none. */
static int
status_of_end(const struct cli *cli, const char *id, int64_t exit_code,
    uint64_t signal, const char *text)
{
	int status = session_status(exit_code, signal);

	if (status >= 0)
		return status;
	return fail_error(cli, RL_ERR_STATE,
	    "session %s did not end by itself: %s", id,
	    text != NULL && *text != '\0' ? text
					  : "`ringlet terminal info` "
					    "says more");
}

/* The channel is gone and nobody has said why: asks the monitor. */
static int
ask_fate(struct cli *cli, const struct view *view)
{
	const struct msg_session_id req = { .id = view->id };
	uint64_t end = loop_now() + FATE_TIMEOUT_MS;
	const struct msg_session *s;
	char why[1024];
	struct msg m;
	int r;

	if (client_connect(cli, why, sizeof(why)) != 0)
		return fail_daemon(cli,
		    "the daemon has ended, and session %s with it", view->id);
	for (;;) {
		r = client_call(cli, MSG_SESSION_GET, &req, MSG_SESSION, &m);
		if (r != 0)
			return r;
		s = m.body;
		if (s->state == SST_TERMINATED || loop_now() >= end)
			break;
		msg_clear(&m);
		poll(NULL, 0, 50);
	}
	if (s->state == SST_TERMINATED)
		r = status_of_end(
		    cli, view->id, s->exit_code, s->signal, s->text);
	else
		r = fail_error(cli, RL_ERR_EOF,
		    "the channel to session %s is broken (%s): it still runs, "
		    "`ringlet terminal attach %s` shows it",
		    view->id, view->text != NULL ? view->text : "bad data",
		    view->id);
	msg_clear(&m);
	return r;
}

static int
conclude(struct cli *cli, const struct view *view)
{
	switch (view->end) {
	case VIEW_ENDED:
		return status_of_end(
		    cli, view->id, view->exit_code, view->signal, view->text);
	case VIEW_DETACHED:
		if (isatty(STDERR_FILENO) && !cli->quiet)
			fputc('\n', stderr);
		hint(cli,
		    "left session %s: `ringlet terminal attach %s` "
		    "shows it again",
		    view->id, view->id);
		return STATUS_DONE;
	case VIEW_SIGNALLED:
		/* Die of it, so that whoever waits for us can tell. */
		signal(view->signo, SIG_DFL);
		raise(view->signo);
		return 128 + view->signo;
	case VIEW_OUTPUT:
		return fail_error(cli, RL_ERR_SYSTEM,
		    "standard output: %s: session %s is as it was",
		    strerror(view->error), view->id);
	case VIEW_LOST:
		break;
	}
	return ask_fate(cli, view);
}

int
attach_session(struct cli *cli, const char *id, bool read_only)
{
	const struct msg_session_attach req = {
		.id = id, .offset = -1, .read_only = read_only
	};
	struct view view = { .cli = cli, .channel = -1, .event = -1 };
	const struct msg_attached *a;
	struct ring_reader *ring = NULL;
	int ring_fd = -1, r;
	struct msg m;
	bool live;

	r = client_call(cli, MSG_SESSION_ATTACH, &req, 0, &m);
	if (r != 0)
		return r;
	if (m.hdr.type == MSG_ATTACHED) {
		view.channel = msg_take_fd(&m, 0);
		ring_fd = msg_take_fd(&m, 1);
		view.event = msg_take_fd(&m, 2);
	} else if (m.hdr.type == MSG_ATTACHED_ENDED)
		ring_fd = msg_take_fd(&m, 0);
	live = m.hdr.type == MSG_ATTACHED;
	if (ring_fd == -1 || (live && view.channel == -1) ||
	    (live && view.event == -1) ||
	    ring_reader_new(ring_fd, &ring) != 0) {
		r = fail_error(cli, RL_ERR_PROTOCOL,
		    "the daemon's answer cannot be used: it may be of another "
		    "version: `ringlet daemon restart`");
		goto out;
	}
	a = m.body;
	view.id = a->id;
	view.ring = ring;
	view.offset = a->offset;
	view.read_only = a->read_only;
	view.exit_code = a->exit_code;
	view.signal = a->signal;
	client_close(cli);
	if (view.channel != -1 && isatty(STDIN_FILENO))
		hint(cli, "session %s%s: ~. leaves it, ~? says more", view.id,
		    view.read_only ? " (read-only)" : "");
	view_run(&view);
	r = conclude(cli, &view);
out:
	ring_reader_free(ring);
	free(view.text);
	fd_close(view.channel);
	fd_close(view.event);
	fd_close(ring_fd);
	msg_clear(&m);
	return r;
}
