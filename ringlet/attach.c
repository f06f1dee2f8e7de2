/*
 * Attaching: the monitor judges and hands out the ring, a wake-up and a
 * channel to the sandboxer; view.c shows the session; what is left is to say
 * how it ended, which is the exit status.
 */

#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fdpass.h"
#include "record.h"
#include "ring.h"
#include "ringlet.h"
#include "view.h"
#include "xmalloc.h"

/* How long the monitor may take to answer one who attaches again. */
#define AGAIN_TIMEOUT_MS 3000

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
					  : "'ringlet terminal info' "
					    "says more");
}

/* How an ended session ended; only the monitor has words for it. */
static void
ask_fate(struct cli *cli, struct view *view)
{
	const struct msg_session_id req = { .id = view->id };
	const struct msg_session *s;
	struct msg m;

	if (client_ask(cli, MSG_SESSION_GET, &req, AGAIN_TIMEOUT_MS, &m) != 0)
		return;
	if (m.hdr.type == MSG_SESSION) {
		s = m.body;
		free(view->text);
		view->text = xstrdup(s->text);
	}
	msg_clear(&m);
}

/* Takes what an answer to SESSION_ATTACH brought; false: it is of no use. */
static bool
take(struct view *view, struct msg *m, int *ring)
{
	const struct msg_attached *a = m->body;
	bool live = m->hdr.type == MSG_ATTACHED;

	fd_close(view->channel);
	fd_close(view->event);
	fd_close(view->screen);
	view->channel = view->event = view->screen = *ring = -1;
	if (live) {
		view->channel = msg_take_fd(m, 0);
		*ring = msg_take_fd(m, 1);
		view->event = msg_take_fd(m, 2);
	} else if (m->hdr.type == MSG_ATTACHED_ENDED) {
		*ring = msg_take_fd(m, 0);
		view->screen = msg_take_fd(m, 1);
	}
	if (*ring == -1 || (live && (view->channel == -1 || view->event == -1)))
		return false;
	view->clean = a->clean;
	view->read_only = a->read_only;
	view->exit_code = a->exit_code;
	view->signal = a->signal;
	return true;
}

/* One attempt, connected; see view.h. */
static int
attach_again(struct cli *cli, struct view *view)
{
	const struct msg_session_attach req = { .id = view->id,
		.offset =
		    view->offset != VIEW_FRESH ? (int64_t)view->offset : -1,
		.read_only = view->read_only };
	const struct msg_error *e;
	struct msg m;
	int r, ring = -1;

	/* The monitor may be the next to go, or about to be replaced. */
	if (client_ask(cli, MSG_SESSION_ATTACH, &req, AGAIN_TIMEOUT_MS, &m))
		return RL_ERR_AGAIN;
	if (m.hdr.type == MSG_ERROR) {
		e = m.body;
		r = (int)e->code;
		if (r == RL_ERR_UNAVAILABLE)
			r = RL_ERR_AGAIN;
		else
			view->text = xstrdup(e->text);
	} else if (!take(view, &m, &ring))
		r = RL_ERR_PROTOCOL;
	else
		r = m.hdr.type == MSG_ATTACHED ? 0 : RL_ERR_STATE;
	/* The ring is the one that is mapped: it is the session's, for good. */
	fd_close(ring);
	msg_clear(&m);
	if (r == RL_ERR_STATE)
		ask_fate(cli, view);
	return r;
}

static int
on_broken(struct view *view)
{
	struct cli *cli = view->cli;
	char why[1024] = "";
	int r;

	free(view->text);
	view->text = NULL;
	r = client_connect(cli, why, sizeof(why));
	if (r == RL_ERR_NOTFOUND && daemon_is_locked(cli))
		return RL_ERR_AGAIN;
	if (r == RL_ERR_NOTFOUND)
		return RL_ERR_UNAVAILABLE;
	if (r != 0) {
		view->text = xstrdup(why);
		return r;
	}
	r = attach_again(cli, view);
	client_close(cli);
	return r;
}

/* An error before this one has been told. */
static void
end_record(const struct cli *cli, struct record *rec)
{
	if (rec != NULL && record_error(rec) == 0 && record_end(rec) != 0)
		(void)fail_error(cli, RL_ERR_SYSTEM, "%s: %s", record_path(rec),
		    strerror(record_error(rec)));
}

static int
conclude(struct cli *cli, const struct view *view)
{
	switch (view->end) {
	case VIEW_ENDED:
		if (view->text != NULL && *view->text != '\0' &&
		    session_status(view->exit_code, view->signal) >= 0)
			hint(cli, "session %s: %s", view->id, view->text);
		return status_of_end(
		    cli, view->id, view->exit_code, view->signal, view->text);
	case VIEW_DETACHED:
		if (isatty(STDERR_FILENO) && !cli->quiet)
			fputc('\n', stderr);
		hint(cli,
		    "left session %s: 'ringlet terminal attach %s' "
		    "shows it again",
		    view->id, view->id);
		return STATUS_DONE;
	case VIEW_SIGNALLED:
		if (view->silent)
			hint(cli,
			    "the recording ends here, session %s does not",
			    view->id);
		/* Die of it, so that whoever waits for us can tell. */
		signal(view->signo, SIG_DFL);
		raise(view->signo);
		return 128 + view->signo;
	case VIEW_OUTPUT:
		return fail_error(cli, RL_ERR_SYSTEM,
		    "standard output: %s: session %s is as it was",
		    strerror(view->error), view->id);
	case VIEW_RECORD:
		return fail_error(cli, RL_ERR_SYSTEM,
		    "%s: %s: the recording ends there, session %s is as it "
		    "was",
		    record_path(view->record),
		    strerror(record_error(view->record)), view->id);
	case VIEW_LOST:
		break;
	}
	if (view->error == RL_ERR_UNAVAILABLE)
		return fail_daemon(cli,
		    "the daemon has ended, and session %s with it", view->id);
	return fail_error(cli, view->error,
	    "the channel to session %s is broken (%s)" HINT "if it still runs, "
	    "'ringlet terminal attach %s' shows it",
	    view->id, view->text != NULL ? view->text : "bad data", view->id);
}

int
attach_session(struct cli *cli, const struct attach *how)
{
	const struct msg_session_attach req = {
		.id = how->id, .offset = -1, .read_only = how->read_only
	};
	struct view view = { .cli = cli,
		.offset = VIEW_FRESH,
		.channel = -1,
		.event = -1,
		.screen = -1,
		.silent = how->silent,
		.record = how->record,
		.again = on_broken };
	const struct msg_attached *a;
	struct ring_reader *ring = NULL;
	int ring_fd = -1, r;
	struct msg m;

	r = client_call(cli, MSG_SESSION_ATTACH, &req, 0, &m);
	if (r != 0)
		return r;
	if (!take(&view, &m, &ring_fd) ||
	    ring_reader_new(ring_fd, &ring) != 0) {
		r = fail_error(cli, RL_ERR_PROTOCOL,
		    "the daemon's answer cannot be used: it may be of another "
		    "version" HINT "'ringlet daemon restart'");
		goto out;
	}
	a = m.body;
	view.id = a->id;
	view.ring = ring;
	if (view.channel == -1)
		ask_fate(cli, &view);
	client_close(cli);
	if (view.silent)
		hint(cli, "recording to %s: ^C ends the recording",
		    record_path(how->record));
	else if (view.channel != -1 && isatty(STDIN_FILENO))
		hint(cli, "session %s%s: ~. leaves it, ~? says more", view.id,
		    view.read_only ? " (read-only)" : "");
	view_run(&view);
	end_record(cli, how->record);
	r = conclude(cli, &view);
out:
	ring_reader_free(ring);
	free(view.text);
	fd_close(view.channel);
	fd_close(view.event);
	fd_close(view.screen);
	fd_close(ring_fd);
	msg_clear(&m);
	return r;
}
