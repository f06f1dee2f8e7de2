/*
 * A viewer's input: standard input -> escapes -> channel.
 */

#include "config.h"

#include <errno.h>
#include <unistd.h>

#include "peer.h"
#include "ringlet.h"
#include "secret.h"
#include "tty.h"
#include "view.h"
#include "viewer.h"

#define INPUT_SIZE	 (16 * 1024) /* bytes in one message */
#define INPUT_QUEUED_MAX (128 * 1024)
#define INPUT_RETRY_MS	 20

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

	view_say(v, "session %s%s", v->view->id,
	    v->view->read_only ? ", which you may only watch" : "");
	view_say(
	    v, "~. or ~d leaves it running, ~~ types ~; at line start alone");
	if (v->cols != 0 && session_terminal_size(&cols, &rows))
		view_say(v,
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
			view_finish(v, VIEW_DETACHED);
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
			view_finish(v, VIEW_DETACHED);
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

void
view_open_input(struct viewer *v)
{
	v->in = -1;
	v->in_timer = loop_timer_new(v->loop, on_in_timer, v);
	/* Nobody to type for: leave it to whoever comes after us. */
	if (v->peer == NULL || (v->view->read_only && !isatty(STDIN_FILENO)))
		return;
	v->in = STDIN_FILENO;
	if (isatty(STDIN_FILENO))
		v->in_tty = tty_raw(STDIN_FILENO, v->view->read_only) == 0;
	if (view_can_wait(STDIN_FILENO))
		v->in_io = loop_io_new(v->loop, v->in, on_readable, v);
	wait_for_input(v);
}
