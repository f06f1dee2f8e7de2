/*
 * A viewer's input: standard input -> escapes -> channel.
 */

#include "config.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "answer.h"
#include "buf.h"
#include "peer.h"
#include "ringlet.h"
#include "secret.h"
#include "tty.h"
#include "view.h"
#include "viewer.h"

#define INPUT_SIZE	 (16 * 1024) /* bytes in one message */
#define INPUT_QUEUED_MAX (128 * 1024)
#define INPUT_RETRY_MS	 20
#define HELD_MAX	 (16 * 1024) /* typed without a channel */
#define DRAIN_MS	 1000

static void
send_input(struct viewer *v, const uint8_t *p, size_t len)
{
	const struct msg_viewer_input in = { .data = { p, len } };

	if (len == 0 || v->over || v->view->read_only)
		return;
	if (v->peer == NULL) {
		/* What does not fit is not typed. */
		if (v->held == NULL)
			v->held = buf_new_secret(HELD_MAX);
		(void)buf_put(v->held, p, len);
		return;
	}
	(void)peer_send(v->peer, MSG_VIEWER_INPUT, &in, NULL, 0);
}

/* Of what nobody typed, nothing is kept until there is a channel. */
static void
send_answer(struct viewer *v, const uint8_t *p, size_t len)
{
	const struct msg_viewer_input in = { .data = { p, len } };

	if (!v->over && !v->view->read_only && v->peer != NULL)
		(void)peer_send(v->peer, MSG_VIEWER_ANSWER, &in, NULL, 0);
}

static void
say_help(const struct viewer *v)
{
	uint64_t cols, rows;

	view_say(v, "session %s%s", v->view->id,
	    v->view->read_only ? ", which you may only watch" : "");
	view_say(v,
	    "~. or ~d leaves it running, ~^Z stops this viewer, ~~ types ~: "
	    "at the beginning of a line");
	if (v->cols != 0 && session_terminal_size(&cols, &rows) &&
	    (cols != v->cols || rows != v->rows))
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
		else if (action == ESCAPE_SUSPEND)
			kill(getpid(), SIGTSTP);
		else if (action == ESCAPE_HELP)
			say_help(v);
		p += used;
		len -= used;
	}
	secret_wipe(out, sizeof(out));
}

/* Answers of the terminal come between the keys. */
static void
from_terminal(struct viewer *v, const uint8_t *p, size_t len)
{
	bool is_answer;
	size_t n;

	for (; len > 0 && !v->finished; p += n, len -= n) {
		n = answer_part(p, len, &is_answer);
		if (is_answer)
			send_answer(v, p, n);
		else
			type(v, p, n);
	}
}

void
view_wait_for_input(struct viewer *v)
{
	/* Until there is a channel again, what is piped in can wait. */
	bool full = v->peer != NULL ? peer_backlog(v->peer) > INPUT_QUEUED_MAX
				    : !v->over && !v->in_tty;

	if (v->peer != NULL && v->held != NULL) {
		send_input(v, buf_ptr(v->held), buf_len(v->held));
		buf_free(v->held);
		v->held = NULL;
	}
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
		from_terminal(v, block, (size_t)n);
	else
		send_input(v, block, (size_t)n);
	secret_wipe(block, sizeof(block));
	view_wait_for_input(v);
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

	if (v->in_io != NULL || (v->peer == NULL && !v->over))
		view_wait_for_input(v);
	else if (v->in != -1)
		read_some(v);
}

void
view_open_input(struct viewer *v)
{
	bool live = v->view->channel != -1, tty = isatty(STDIN_FILENO);

	v->in = -1;
	v->in_timer = loop_timer_new(v->loop, on_in_timer, v);
	if (v->view->silent)
		return;
	/*
	 * Nobody to type for: leave it to whoever comes after us, but for the
	 * answers of a terminal to what an ended session has asked it.
	 */
	if (!(live && (tty || !v->view->read_only)) && !(tty && v->out_tty))
		return;
	v->in = STDIN_FILENO;
	if (tty)
		v->in_tty =
		    tty_raw(STDIN_FILENO, !live || v->view->read_only) == 0;
	if (view_can_wait(STDIN_FILENO))
		v->in_io = loop_io_new(v->loop, v->in, on_readable, v);
}

/*
 * What an ended session printed is printed again, and the terminal answers
 * again what it was asked.  Nobody reads that any more but the user's shell,
 * as if it had been typed.  Terminals answer in turn: one more question, and
 * all before its answer is taken away.
 */
void
view_drain_input(struct viewer *v)
{
	static const char question[] = "\033[5n", answer[] = "\033[0n";
	struct pollfd pfd = { .fd = STDIN_FILENO, .events = POLLIN };
	uint64_t now, end = loop_now() + DRAIN_MS;
	size_t found = 0;
	char c;

	if (!v->in_tty || !v->escapes ||
	    write(v->out, question, strlen(question)) == -1)
		return;
	while (found < strlen(answer) && (now = loop_now()) < end) {
		if (poll(&pfd, 1, (int)(end - now)) != 1 ||
		    read(STDIN_FILENO, &c, 1) != 1)
			continue;
		if (c == answer[found])
			found++;
		else
			found = c == answer[0];
	}
}

void
view_close_input(struct viewer *v)
{
	loop_io_free(v->in_io);
	loop_timer_free(v->in_timer);
	buf_free(v->held);
}
