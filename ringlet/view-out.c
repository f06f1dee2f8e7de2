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
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "err.h"
#include "log.h"
#include "ring.h"
#include "view.h"
#include "viewer.h"

#define BLOCKING_WRITE	512 /* where a write might block */
#define UNDO_TIMEOUT_MS 1000
#define UNDO_MAX	1024

/* The next block from the ring; false if there is nothing more by now. */
static bool
refill(struct viewer *v)
{
	struct view *w = v->view;
	uint64_t oldest;
	ssize_t n;

	n = ring_read(w->ring, w->offset, v->block, sizeof(v->block), &oldest);
	if (n == RL_ERR_TOOBIG && oldest > w->offset) {
		view_say(v, "output was missed: %llu bytes, from %llu to %llu",
		    (unsigned long long)(oldest - w->offset),
		    (unsigned long long)w->offset, (unsigned long long)oldest);
		w->offset = oldest;
		n = ring_read(
		    w->ring, w->offset, v->block, sizeof(v->block), &oldest);
	}
	if (n < 0 && n != RL_ERR_TOOBIG) {
		/* The ring's header makes no sense. */
		v->over = true;
		v->how = VIEW_LOST;
		return false;
	}
	v->pos = 0;
	v->len = n > 0 ? (size_t)n : 0;
	w->offset += v->len;
	if (w->offset - v->told >= ring_reader_capacity(w->ring) / 8)
		view_send_at(v);
	/* Overtaken twice in a row: there is more, just not yet in hand. */
	return n != 0;
}

void
view_go_on(struct viewer *v)
{
	if (v->pos == v->len && !refill(v)) {
		if (v->out_io != NULL)
			loop_io_want(v->out_io, 0);
		if (v->over)
			view_finish(v, v->how);
		else
			view_send_at(v);
	} else if (v->out_io != NULL)
		loop_io_want(v->out_io, LOOP_WRITE);
	else
		loop_timer_arm(v->out_timer, 0);
}

static void
write_some(struct viewer *v)
{
	size_t len = v->len - v->pos;
	ssize_t n;

	n = write(
	    v->out, v->block + v->pos, len < v->out_max ? len : v->out_max);
	if (n == -1 && errno != EAGAIN && errno != EINTR) {
		v->view->error = errno;
		view_finish(v, VIEW_OUTPUT);
		return;
	}
	if (n > 0) {
		if (v->out_tty)
			termmode_feed(&v->modes, v->block + v->pos, (size_t)n);
		v->pos += (size_t)n;
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
	v->out = STDOUT_FILENO;
	v->out_max = BLOCK_SIZE;
	v->out_tty = isatty(STDOUT_FILENO);
	v->out_timer = loop_timer_new(v->loop, on_out_timer, v);
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
	struct buf *b = buf_new(UNDO_MAX);
	uint64_t end = loop_now() + UNDO_TIMEOUT_MS;
	ssize_t n;

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
}
