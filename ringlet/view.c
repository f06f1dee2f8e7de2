/*
 * A viewer's beginning and end, and the signals that it gets.
 */

#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fdpass.h"
#include "log.h"
#include "peer.h"
#include "ringlet.h"
#include "tty.h"
#include "view.h"
#include "viewer.h"
#include "xmalloc.h"

/* Signals that end or stop this process, or change its terminal. */
static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP,
	SIGCONT, SIGWINCH };
_Static_assert(NELEM(signals) == VIEW_SIGNALS, "one object for each");

#define WAIT_MS 1000

void
view_say(const struct viewer *v, const char *fmt, ...)
{
	const char *eol = v->in_tty ? "\r\n" : "\n";
	char *raw, *safe;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&raw, fmt, ap) == -1)
		raw = xstrdup("out of memory");
	va_end(ap);
	safe = text_safe(raw);
	progress_hide();
	fprintf(stderr, "%sringlet: %s%s", v->in_tty ? eol : "", safe, eol);
	free(safe);
	free(raw);
}

void
view_finish(struct viewer *v, enum view_end end)
{
	if (v->finished)
		return;
	v->finished = true;
	v->view->end = end;
	loop_stop(v->loop);
}

bool
view_can_wait(int fd)
{
	struct stat st;

	return isatty(fd) || (fstat(fd, &st) == 0 && (S_ISFIFO(st.st_mode) ||
							 S_ISSOCK(st.st_mode)));
}

static void
on_signal(int signo, void *arg)
{
	struct viewer *v = arg;

	switch (signo) {
	case SIGTSTP:
		view_undo_modes(v);
		tty_suspend();
		kill(getpid(), SIGSTOP);
		break; /* SIGCONT comes next */
	case SIGCONT:
		tty_resume();
		view_send_size(v);
		view_redraw(v);
		break;
	case SIGWINCH:
		view_send_size(v);
		break;
	default:
		v->view->signo = signo;
		view_finish(v, VIEW_SIGNALLED);
	}
}

/* Nothing else shows that a silent viewer waits. */
static void
on_wait(void *arg)
{
	struct viewer *v = arg;

	progress_tick(v->view->cli);
	loop_timer_arm(v->wait_timer, WAIT_MS);
}

static void
wait_visibly(struct viewer *v)
{
	v->wait_timer = loop_timer_new(v->loop, on_wait, v);
	progress_begin(v->view->cli, "the session to end");
	loop_timer_arm(v->wait_timer, WAIT_MS);
}

static void
close_all(struct viewer *v)
{
	if (v->wait_timer != NULL)
		progress_end(v->view->cli);
	loop_timer_free(v->wait_timer);
	view_undo_modes(v);
	if (v->replay)
		view_drain_input(v);
	tty_restore();
	v->in_tty = false;
	for (size_t i = 0; i < NELEM(signals); i++)
		loop_signal_free(v->signals[i]);
	view_close_channel(v);
	view_close_input(v);
	view_close_output(v);
	loop_free(v->loop);
}

void
view_run(struct view *view)
{
	struct viewer *v = xcalloc(1, sizeof(*v));

	v->view = view;
	v->loop = loop_new();
	v->replay = view->channel == -1;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a recording that may not grow */
	for (size_t i = 0; i < NELEM(signals); i++)
		v->signals[i] =
		    loop_signal_new(v->loop, signals[i], on_signal, v);
	view_open_output(v);
	view_open_input(v);
	view_open_channel(v);
	view_wait_for_input(v);
	view_go_on(v);
	if (view->silent)
		wait_visibly(v);
	/* An ended session without output is over before the loop begins. */
	if (!v->finished && loop_run(v->loop) != 0)
		fatal("event loop: %s", strerror(errno));
	close_all(v);
	free(v);
}
