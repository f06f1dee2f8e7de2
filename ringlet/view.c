/*
 * The viewer's loop.  Output does not come through the channel: it is read
 * from the ring, and the channel and an eventfd only tell that there is more.
 *
 *	ring -> block -> standard output	go_on(), on_writable()
 *	standard input -> escapes -> channel	on_readable()
 *
 * One block is in hand at a time.  While it cannot be written the ring fills;
 * the sandboxer learns by AT how far we are, and waits for us for as long as
 * half a ring lasts.  Input goes on meanwhile, so that ^C and ~. work while
 * output is stuck.
 */

#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "escape.h"
#include "fdpass.h"
#include "log.h"
#include "loop.h"
#include "peer.h"
#include "ring.h"
#include "ringlet.h"
#include "secret.h"
#include "termmode.h"
#include "tty.h"
#include "view.h"
#include "xmalloc.h"

#define BLOCK_SIZE	 (64 * 1024)
#define BLOCKING_WRITE	 512	     /* where a write might block */
#define INPUT_SIZE	 (16 * 1024) /* bytes in one message */
#define INPUT_QUEUED_MAX (128 * 1024)
#define INPUT_RETRY_MS	 20
#define UNDO_TIMEOUT_MS	 1000
#define UNDO_MAX	 1024

/* Signals that end or stop this process, or change its terminal. */
static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP,
	SIGCONT, SIGWINCH };

struct viewer {
	struct view *view;
	struct loop *loop;
	struct loop_signal *signals[NELEM(signals)];
	struct peer *peer; /* NULL: gone, or never there */
	struct loop_io *event;

	int out;
	size_t out_max;		/* bytes in one write */
	struct loop_io *out_io; /* NULL: a file, always ready */
	struct loop_timer *out_timer;
	uint8_t block[BLOCK_SIZE];
	size_t pos, len; /* what of it is to be written */
	uint64_t told;	 /* the sandboxer knows that we are here */
	struct termmode modes;

	int in; /* -1: not read (any more) */
	struct loop_io *in_io;
	struct loop_timer *in_timer;
	struct escape escape;
	bool in_tty; /* raw; escapes mean something */
	bool out_tty;

	bool over; /* no more output than what is in the ring */
	bool finished;
	enum view_end how;   /* once over */
	uint64_t cols, rows; /* the session's, where they are not ours */
};

static void go_on(struct viewer *);

/* A line of ours between the session's output. */
static void __attribute__((__format__(printf, 2, 3)))
say(const struct viewer *v, const char *fmt, ...)
{
	const char *eol = v->in_tty ? "\r\n" : "\n";
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "%sringlet: ", v->in_tty ? eol : "");
	vfprintf(stderr, fmt, ap);
	fputs(eol, stderr);
	va_end(ap);
}

static void
finish(struct viewer *v, enum view_end end)
{
	if (v->finished)
		return;
	v->finished = true;
	v->view->end = end;
	loop_stop(v->loop);
}

/* --- output --- */

/* Tells the sandboxer how far we are, and so to wake us past it. */
static void
send_at(struct viewer *v)
{
	const struct msg_viewer_at at = { .offset = v->view->offset };

	v->told = at.offset;
	if (v->peer != NULL && !v->over)
		(void)peer_send(v->peer, MSG_VIEWER_AT, &at, NULL, 0);
}

/* The next block from the ring; false if there is nothing more by now. */
static bool
refill(struct viewer *v)
{
	struct view *w = v->view;
	uint64_t oldest;
	ssize_t n;

	n = ring_read(w->ring, w->offset, v->block, sizeof(v->block), &oldest);
	if (n == RL_ERR_TOOBIG && oldest > w->offset) {
		say(v, "output was missed: %llu bytes, from %llu to %llu",
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
		send_at(v);
	/* Overtaken twice in a row: there is more, just not yet in hand. */
	return n != 0;
}

/* Decides what output waits for. */
static void
go_on(struct viewer *v)
{
	if (v->pos == v->len && !refill(v)) {
		if (v->out_io != NULL)
			loop_io_want(v->out_io, 0);
		if (v->over)
			finish(v, v->how);
		else
			send_at(v);
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
		finish(v, VIEW_OUTPUT);
		return;
	}
	if (n > 0) {
		if (v->out_tty)
			termmode_feed(&v->modes, v->block + v->pos, (size_t)n);
		v->pos += (size_t)n;
	}
	go_on(v);
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

static void
on_event(int fd, unsigned events, void *arg)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) == -1 && errno != EAGAIN &&
	    errno != EINTR)
		loop_io_want(((struct viewer *)arg)->event, 0);
	go_on(arg);
}

/* --- the channel --- */

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
	go_on(v);
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
	go_on(v);
}

static const struct peer_ops ops = {
	.rules = rules,
	.nrules = NELEM(rules),
	.closed = on_closed,
};

static void
send_size(struct viewer *v)
{
	struct msg_viewer_resize size;

	if (v->peer == NULL || v->view->read_only ||
	    !(v->in_tty || v->out_tty) ||
	    !session_terminal_size(&size.cols, &size.rows))
		return;
	v->cols = v->rows = 0; /* told again if it stays another one */
	(void)peer_send(v->peer, MSG_VIEWER_RESIZE, &size, NULL, 0);
}

/* --- input --- */

static void
send_input(struct viewer *v, const uint8_t *p, size_t len)
{
	const struct msg_viewer_input in = { .data = { p, len } };

	if (len == 0 || v->peer == NULL || v->over || v->view->read_only)
		return;
	(void)peer_send(v->peer, MSG_VIEWER_INPUT, &in, NULL, 0);
}

static void
say_help(const struct viewer *v)
{
	uint64_t cols, rows;

	say(v, "session %s%s", v->view->id,
	    v->view->read_only ? ", which you may only watch" : "");
	say(v, "~. or ~d leaves it running, ~~ types ~; at line start alone");
	if (v->cols != 0 && session_terminal_size(&cols, &rows))
		say(v,
		    "its size is %llux%llu, another viewer's; type, and it "
		    "becomes %llux%llu",
		    (unsigned long long)v->cols, (unsigned long long)v->rows,
		    (unsigned long long)cols, (unsigned long long)rows);
}

static void
type(struct viewer *v, const uint8_t *p, size_t len)
{
	uint8_t out[INPUT_SIZE + 1];
	enum escape_action action;
	size_t outlen, used;

	while (len > 0 && !v->finished) {
		action = escape_feed(&v->escape, p, len, out, &outlen, &used);
		send_input(v, out, outlen);
		if (action == ESCAPE_DETACH)
			finish(v, VIEW_DETACHED);
		else if (action == ESCAPE_HELP)
			say_help(v);
		p += used;
		len -= used;
	}
	secret_wipe(out, sizeof(out));
}

static void
wait_for_input(struct viewer *v)
{
	bool full = v->peer != NULL && peer_backlog(v->peer) > INPUT_QUEUED_MAX;

	if (v->in_io != NULL)
		loop_io_want(v->in_io, full || v->in == -1 ? 0 : LOOP_READ);
	if (v->in != -1 && (full || v->in_io == NULL))
		loop_timer_arm(v->in_timer, full ? INPUT_RETRY_MS : 0);
}

static void
read_some(struct viewer *v)
{
	uint8_t block[INPUT_SIZE];
	ssize_t n;

	n = read(v->in, block, sizeof(block));
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		n = 0;
	else if (n <= 0) {
		v->in = -1;
		if (v->in_tty) /* it has gone away */
			finish(v, VIEW_DETACHED);
	} else if (v->in_tty)
		type(v, block, (size_t)n);
	else
		send_input(v, block, (size_t)n);
	secret_wipe(block, sizeof(block));
	wait_for_input(v);
}

static void
on_readable(int fd, unsigned events, void *arg)
{
	read_some(arg);
}

static void
on_in_timer(void *arg)
{
	struct viewer *v = arg;

	if (v->in_io != NULL)
		wait_for_input(v);
	else if (v->in != -1)
		read_some(v);
}

/* --- signals --- */

static void
on_signal(int signo, void *arg)
{
	struct viewer *v = arg;

	switch (signo) {
	case SIGTSTP:
		tty_suspend();
		kill(getpid(), SIGSTOP);
		break; /* SIGCONT comes next */
	case SIGCONT:
		tty_resume();
		send_size(v);
		break;
	case SIGWINCH:
		send_size(v);
		break;
	default:
		v->view->signo = signo;
		finish(v, VIEW_SIGNALLED);
	}
}

/* --- beginning and end --- */

/* Whether one can wait for fd: for others it is always ready. */
static bool
can_wait(int fd)
{
	struct stat st;

	return isatty(fd) || (fstat(fd, &st) == 0 && (S_ISFIFO(st.st_mode) ||
							 S_ISSOCK(st.st_mode)));
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

static void
open_output(struct viewer *v)
{
	v->out = STDOUT_FILENO;
	v->out_max = BLOCK_SIZE;
	v->out_tty = isatty(STDOUT_FILENO);
	v->out_timer = loop_timer_new(v->loop, on_out_timer, v);
	if (!can_wait(STDOUT_FILENO))
		return;
	if ((v->out = own_description(STDOUT_FILENO, O_WRONLY)) == -1)
		fatal("standard output: %s", strerror(errno));
	if ((fcntl(v->out, F_GETFL) & O_NONBLOCK) == 0)
		v->out_max = BLOCKING_WRITE;
	v->out_io = loop_io_new(v->loop, v->out, on_writable, v);
}

static void
open_input(struct viewer *v)
{
	v->in = -1;
	v->in_timer = loop_timer_new(v->loop, on_in_timer, v);
	/* Nobody to type for: leave it to whoever comes after us. */
	if (v->peer == NULL || (v->view->read_only && !isatty(STDIN_FILENO)))
		return;
	v->in = STDIN_FILENO;
	if (isatty(STDIN_FILENO))
		v->in_tty = tty_raw(STDIN_FILENO, v->view->read_only) == 0;
	if (can_wait(STDIN_FILENO))
		v->in_io = loop_io_new(v->loop, v->in, on_readable, v);
	wait_for_input(v);
}

static void
open_channel(struct viewer *v)
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

/* Switches off what the session has switched on in our terminal. */
static void
undo_modes(struct viewer *v)
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

static void
close_all(struct viewer *v)
{
	if (v->out_tty)
		undo_modes(v);
	tty_restore();
	for (size_t i = 0; i < NELEM(signals); i++)
		loop_signal_free(v->signals[i]);
	if (v->peer != NULL)
		peer_free(v->peer);
	loop_io_free(v->event);
	loop_io_free(v->in_io);
	loop_io_free(v->out_io);
	loop_timer_free(v->in_timer);
	loop_timer_free(v->out_timer);
	loop_free(v->loop);
	if (v->out != STDOUT_FILENO)
		fd_close(v->out);
}

void
view_run(struct view *view)
{
	struct viewer *v = xcalloc(1, sizeof(*v));

	v->view = view;
	v->loop = loop_new();
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < NELEM(signals); i++)
		v->signals[i] =
		    loop_signal_new(v->loop, signals[i], on_signal, v);
	open_channel(v);
	open_output(v);
	open_input(v);
	send_size(v);
	go_on(v);
	/* An ended session without output is over before the loop begins. */
	if (!v->finished && loop_run(v->loop) != 0)
		fatal("event loop: %s", strerror(errno));
	close_all(v);
	free(v);
}
