/*
 * Bytes between a session's terminal, its ring and its input queue.
 *
 * Output: read from the terminal and appended to the ring at once; who reads
 * the ring, and how fast, does not matter here, with one exception.  While
 * every viewer is more than half a ring behind, or the newest screen more than
 * seven eighths (keeper.c), reading pauses, and the kernel then stops the
 * agent's writes: whoever watches sees all of it.  A viewer that stands still
 * for STALL_MS meanwhile is not waited for until it has caught up, so that a
 * dead browser tab never stops an agent.  The place of the last to leave is
 * kept for RETURN_MS: most come back, and for the next byte.  Without a viewer
 * the agent runs freely.
 *
 * Input: one bounded queue in the order of arrival.  It does not wait for
 * output, so ^C passes even while reading is paused.
 *
 * The bytes mean nothing here: some are looked for that may be the end of a
 * notice (notice.c), and all that can come of it is that a keeper looks.
 */

#include "config.h"

#include <errno.h>
#include <unistd.h>

#include "buf.h"
#include "err.h"
#include "fdpass.h"
#include "log.h"
#include "loop.h"
#include "pty.h"
#include "ring-write.h"
#include "sandboxer.h"

#define READ_SIZE  4096		 /* a terminal gives no more at a time */
#define DRAIN_MAX  (1024 * 1024) /* bytes; the kernel holds far less */

static void
watch(struct session *s)
{
	unsigned int want = 0;

	if (s->master_io == NULL)
		return;
	if (!s->paused)
		want |= LOOP_READ;
	if (buf_len(s->input) > 0)
		want |= LOOP_WRITE;
	loop_io_want(s->master_io, want);
}

/*
 * Reads once into the ring.  Returns the bytes read, RL_ERR_AGAIN, or
 * RL_ERR_EOF: nobody holds the other side any more, and nothing is left.
 */
static ssize_t
read_once(struct session *s)
{
	uint8_t block[READ_SIZE];
	ssize_t n;

	n = read(s->master, block, sizeof(block));
	if (n > 0) {
		ring_writer_append(s->ring, block, (size_t)n);
		notice_output(s, block, (size_t)n);
		return n;
	}
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return RL_ERR_AGAIN;
	/* Linux says EIO once the last slave is closed. */
	return RL_ERR_EOF;
}

/*
 * One read, then others get their turn: a key and its echo both wait for as
 * many reads as there are sessions that flood.
 */
static void
on_output(struct session *s)
{
	ssize_t n = read_once(s);

	viewers_wake(s, ring_writer_head(s->ring));
	if (n == RL_ERR_EOF) {
		pump_stop(s);
		session_check(s);
		return;
	}
	if (ring_writer_head(s->ring) > s->pause_at ||
	    ring_writer_head(s->ring) >= s->check_at)
		pump_flow(s);
}

/* Types once.  Returns how many of these bytes nobody needs to keep. */
static size_t
type(struct session *s, const void *p, size_t len)
{
	ssize_t n;

	n = write(s->master, p, len);
	if (n > 0) {
		s->typed = true;
		return (size_t)n;
	}
	if (n == 0 || errno == EAGAIN || errno == EINTR)
		return 0;
	/* Nobody is there to read it; reading tells the same soon. */
	return len;
}

static void
on_input_room(struct session *s)
{
	buf_consume(
	    s->input, type(s, buf_ptr(s->input), buf_len(s->input)));
	if (s->holding > 0)
		viewers_resume(s);
	watch(s);
}

static void
on_master(int fd, unsigned events, void *arg)
{
	struct session *s = arg;

	if (events & LOOP_WRITE && buf_len(s->input) > 0)
		on_input_room(s);
	if (events & LOOP_READ && !s->paused)
		on_output(s);
}

/* Paused for STALL_MS: whoever stood still is not waited for. */
static void
on_stall(void *arg)
{
	struct session *s = arg;
	struct viewer *v;

	TAILQ_FOREACH (v, &s->viewers, link) {
		if (v->at < v->mark || v->at - v->mark < STALL_BYTES)
			v->stalled = true;
		v->mark = v->at;
	}
	pump_flow(s);
	if (s->paused && s->behind)
		loop_timer_arm(s->stall_timer, STALL_MS);
}

void
pump_start(struct session *s)
{
	s->stall_timer = loop_timer_new(s->env->loop, on_stall, s);
	s->master_io = loop_io_new(s->env->loop, s->master, on_master, s);
	pump_flow(s);
}

void
pump_stop(struct session *s)
{
	loop_io_free(s->master_io);
	s->master_io = NULL;
	loop_timer_disarm(s->stall_timer);
	if (s->resize_timer != NULL)
		loop_timer_disarm(s->resize_timer);
	fd_close(s->master);
	s->master = -1;
	buf_reset(s->input);
	viewers_resume(s);
}

int
pump_input(struct session *s, const void *p, size_t len)
{
	size_t n = 0;
	int ret;

	if (s->master == -1)
		return 0; /* nobody will read it any more */
	/* A key need not wait for a turn of its own. */
	if (buf_len(s->input) == 0)
		n = type(s, p, len);
	if (n == len)
		return 0;
	if ((ret = buf_put(s->input, (const uint8_t *)p + n, len - n)) == 0)
		watch(s);
	return ret;
}

bool
pump_drain(struct session *s)
{
	size_t total = 0;
	ssize_t n;

	if (s->master == -1)
		return true;
	while ((n = read_once(s)) > 0 && total < DRAIN_MAX)
		total += (size_t)n;
	viewers_wake(s, ring_writer_head(s->ring));
	if (n != RL_ERR_EOF)
		return false;
	pump_stop(s);
	return true;
}

void
pump_flow(struct session *s)
{
	struct viewer *v;
	uint64_t best = 0, limit = UINT64_MAX;
	bool counted = false, behind, paused;

	if (s->master == -1)
		return;
	TAILQ_FOREACH (v, &s->viewers, link) {
		if (v->stalled)
			continue;
		counted = true;
		if (v->at > best)
			best = v->at;
	}
	s->pause_at = keeper_check(s);
	s->check_at = keeper_due(s);
	if (s->left) {
		counted = true;
		if (s->left_at > best)
			best = s->left_at;
	}
	if (counted)
		limit = best + ring_writer_capacity(s->ring) / 2;
	behind = ring_writer_head(s->ring) > limit;
	if (limit < s->pause_at)
		s->pause_at = limit;
	/* An agent that has ended cannot be stopped, only lost. */
	paused =
	    s->phase != SP_ENDING && ring_writer_head(s->ring) > s->pause_at;
	if (paused && behind && !s->behind) {
		TAILQ_FOREACH (v, &s->viewers, link)
			v->mark = v->at;
		loop_timer_arm(s->stall_timer, STALL_MS);
	} else if (!paused || !behind)
		loop_timer_disarm(s->stall_timer);
	s->behind = behind;
	s->paused = paused;
	watch(s);
}

static void
resize(struct session *s, unsigned int cols, unsigned int rows)
{
	if (s->master == -1 || (s->cols == cols && s->rows == rows))
		return;
	s->resized_at = loop_now();
	if (pty_resize(s->master, cols, rows) != 0) {
		log_warn("session %s: cannot resize its terminal", s->id);
		return;
	}
	s->cols = cols;
	s->rows = rows;
	ring_writer_set_size(s->ring, cols, rows);
	keeper_resized(s, cols, rows);
	viewers_size(s);
}

static void
on_resize_timer(void *arg)
{
	struct session *s = arg;

	resize(s, s->next_cols, s->next_rows);
}

/*
 * Whoever drags a window's edge sends a size for every step of it, and for
 * each the agent would draw all of its screen.  The first is taken at once,
 * then the last one of every RESIZE_MS.
 */
void
pump_resize(struct session *s, unsigned int cols, unsigned int rows)
{
	uint64_t since = loop_now() - s->resized_at;

	s->next_cols = cols;
	s->next_rows = rows;
	if (since >= RESIZE_MS) {
		resize(s, cols, rows);
		return;
	}
	if (s->resize_timer == NULL)
		s->resize_timer =
		    loop_timer_new(s->env->loop, on_resize_timer, s);
	loop_timer_arm(s->resize_timer, RESIZE_MS - since);
}

void
pump_resize_now(struct session *s)
{
	if (s->next_cols != 0)
		resize(s, s->next_cols, s->next_rows);
}
