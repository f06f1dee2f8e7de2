/*
 * A viewer's output.  It does not come through the channel: it is read from
 * the ring, and the channel and an eventfd only tell that there is more.
 *
 * One block is in hand at a time.  While it cannot be written the ring fills;
 * the sandboxer learns by AT how far we are, and waits for us for as long as
 * half a ring lasts.  Input goes on meanwhile, so that ^C and ~. work while
 * output is stuck.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "err.h"
#include "fdpass.h"
#include "log.h"
#include "ring.h"
#include "ringlet.h"
#include "snapshot.h"
#include "view.h"
#include "viewer.h"

#define ESCAPE	'\033'
#define ENQUIRY '\005' /* a terminal may answer this, too */
#define INEXACT                                                                \
	"the screen may differ from what the session has shown: what keeps "   \
	"it has failed"

#define BLOCKING_WRITE	512 /* where a write might block */
#define UNDO_TIMEOUT_MS 1000
#define UNDO_MAX	1024

/* Whether a screen is of use: a pipe gets the session's own bytes alone. */
static bool
draws(const struct viewer *v)
{
	return v->out_tty;
}

static void
drop_screen(struct viewer *v)
{
	snapshot_unmap(v->screen, v->screen_len);
	v->screen = NULL;
	v->screen_len = 0;
}

void
view_drop(struct viewer *v)
{
	v->left = 0;
	drop_screen(v);
}

/*
 * On a terminal a line would be amid the session's own, and the next screen
 * would wipe it off: it comes at the end.
 */
static bool
may_say(const struct viewer *v)
{
	return !(v->out_tty && isatty(STDERR_FILENO));
}

void
view_missed(struct viewer *v, uint64_t from, uint64_t to)
{
	if (to <= from)
		return;
	if (may_say(v))
		view_say(v, "output was missed: %llu bytes, from %llu to %llu",
		    (unsigned long long)(to - from), (unsigned long long)from,
		    (unsigned long long)to);
	else
		v->missed += to - from;
}

void
view_inexact(struct viewer *v)
{
	if (!v->inexact && may_say(v))
		view_say(v, INEXACT);
	v->inexact = true;
}

int
view_place(struct viewer *v, uint64_t offset, int fd)
{
	const uint8_t *screen;
	size_t len;

	view_record_until(v, offset, fd);
	if (fd != -1 && draws(v)) {
		if (snapshot_map(fd, &screen, &len) != 0)
			return RL_ERR_INVALID;
		view_drop(v);
		v->screen = v->p = screen;
		v->screen_len = v->left = len;
	}
	v->view->offset = offset;
	v->placed = true;
	return 0;
}

/*
 * The session has ended since: the monitor has a screen of it.  How it ended
 * is known already.
 */
static void
fetch_screen(struct viewer *v)
{
	struct view *w = v->view, got = *w;

	if (w->again == NULL || w->screen != -1 || v->fetched ||
	    !(draws(v) || w->record != NULL))
		return;
	v->fetched = true;
	got.channel = got.event = -1;
	got.text = NULL;
	if (got.again(&got) == RL_ERR_STATE) {
		w->screen = got.screen;
		w->clean = got.clean;
	} else
		fd_close(got.screen);
	fd_close(got.channel);
	fd_close(got.event);
	free(got.text);
}

void
view_place_alone(struct viewer *v, uint64_t wanted)
{
	const struct view *w = v->view;
	uint64_t from = ring_reader_tail(w->ring);
	bool fresh = wanted == VIEW_FRESH;
	int screen = -1;

	if (fresh)
		wanted = 0;
	if (wanted < from) {
		if (v->over)
			fetch_screen(v);
		if (w->clean >= from && w->clean <= ring_reader_head(w->ring)) {
			from = w->clean;
			screen = w->screen;
		}
		if (screen == -1 && draws(v))
			view_inexact(v);
		/* Who comes to a terminal now has missed nothing. */
		if (!fresh || !v->out_tty)
			view_missed(v, wanted, from);
		wanted = from;
	}
	if (view_place(v, wanted, screen) != 0) {
		view_inexact(v);
		(void)view_place(v, wanted, -1);
	}
}

/* The ring's header makes no sense. */
static void
nonsense(struct viewer *v)
{
	v->over = true;
	v->how = VIEW_LOST;
}

/* The next block from the ring; false if there is nothing more by now. */
static bool
refill(struct viewer *v)
{
	struct view *w = v->view;
	uint64_t oldest;
	ssize_t n;

	drop_screen(v);
	if (!v->placed)
		return false;
	n = ring_read(w->ring, w->offset, v->block, sizeof(v->block), &oldest);
	if (n == RL_ERR_TOOBIG) {
		if (v->peer != NULL && !v->over) {
			view_seek(v, (int64_t)w->offset);
			return false;
		}
		view_place_alone(v, w->offset);
		return true; /* there is more, just not yet in hand */
	}
	if (n < 0) {
		nonsense(v);
		return false;
	}
	view_record(v, w->offset, v->block, (size_t)n);
	v->p = v->block;
	v->left = w->silent ? 0 : (size_t)n;
	w->offset += (uint64_t)n;
	if (w->offset - v->told >= ring_reader_capacity(w->ring) / 8)
		view_send_at(v);
	return n > 0;
}

void
view_go_on(struct viewer *v)
{
	if (v->left == 0 && !refill(v)) {
		if (v->out_io != NULL)
			loop_io_want(v->out_io, 0);
		/* An answer may yet tell where the rest begins. */
		if (v->over && !v->seeking)
			view_finish(v, v->how);
		else if (v->placed)
			view_send_at(v);
	} else if (v->out_io != NULL)
		loop_io_want(v->out_io, LOOP_WRITE);
	else
		loop_timer_arm(v->out_timer, 0);
}

static void
write_some(struct viewer *v)
{
	ssize_t n;

	if (v->left == 0) {
		view_go_on(v);
		return;
	}
	n = write(v->out, v->p, v->left < v->out_max ? v->left : v->out_max);
	if (n == -1 && errno != EAGAIN && errno != EINTR) {
		v->view->error = errno;
		view_finish(v, VIEW_OUTPUT);
		return;
	}
	if (n > 0) {
		if (v->out_tty) {
			termmode_feed(&v->modes, v->p, (size_t)n);
			v->escapes = v->escapes ||
				     memchr(v->p, ESCAPE, (size_t)n) != NULL ||
				     memchr(v->p, ENQUIRY, (size_t)n) != NULL;
		}
		v->p += n;
		v->left -= (size_t)n;
	}
	view_go_on(v);
}

static void
on_writable(int fd, unsigned events, void *arg)
{
	write_some(arg);
}

static void
on_out_timer(void *arg)
{
	write_some(arg);
}

/*
 * The same file with a description of our own: non-blocking mode on the one
 * we were given would be seen by all who share it, the user's shell first.
 * Where there is no such thing, a copy that may block.
 */
static int
own_description(int fd, int flags)
{
	char path[32];
	int own;

	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	own = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return own != -1 ? own : fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

void
view_open_output(struct viewer *v)
{
	v->out_timer = loop_timer_new(v->loop, on_out_timer, v);
	v->out = -1;
	if (v->view->silent)
		return;
	v->out = STDOUT_FILENO;
	v->out_max = BLOCK_SIZE;
	/* A dumb one would print the sequences that draw and undo a screen. */
	v->out_tty = terminal_is_smart(STDOUT_FILENO);
	if (!view_can_wait(STDOUT_FILENO))
		return;
	if ((v->out = own_description(STDOUT_FILENO, O_WRONLY)) == -1)
		fatal("standard output: %s", strerror(errno));
	if ((fcntl(v->out, F_GETFL) & O_NONBLOCK) == 0)
		v->out_max = BLOCKING_WRITE;
	v->out_io = loop_io_new(v->loop, v->out, on_writable, v);
}

void
view_undo_modes(struct viewer *v)
{
	struct pollfd pfd = { .fd = v->out, .events = POLLOUT };
	struct buf *b;
	uint64_t end = loop_now() + UNDO_TIMEOUT_MS;
	ssize_t n;

	if (!v->out_tty)
		return;
	b = buf_new(UNDO_MAX);
	(void)termmode_undo(&v->modes, b);
	while (buf_len(b) > 0 && loop_now() < end &&
	       (poll(&pfd, 1, UNDO_TIMEOUT_MS) == 1 || errno == EINTR)) {
		n = write(v->out, buf_ptr(b), buf_len(b));
		if (n > 0)
			buf_consume(b, (size_t)n);
		else if (n == -1 && errno != EAGAIN && errno != EINTR)
			break;
	}
	buf_free(b);
	memset(&v->modes, 0, sizeof(v->modes));
}

void
view_close_output(struct viewer *v)
{
	view_drop(v);
	loop_io_free(v->out_io);
	loop_timer_free(v->out_timer);
	if (v->out != STDOUT_FILENO)
		fd_close(v->out);
	/* The terminal is the user's again: what could not be said before. */
	if (v->missed > 0)
		view_say(v,
		    "%llu bytes of output were not shown: the terminal was "
		    "too slow, and its screen was drawn anew",
		    (unsigned long long)v->missed);
	if (v->inexact && !may_say(v))
		view_say(v, INEXACT);
}
