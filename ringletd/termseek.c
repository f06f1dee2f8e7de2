/*
 * Where a viewer reads the ring, and what its client is told about that.
 *
 * The sandboxer is asked at the beginning, and whenever the next byte has left
 * the ring.  Meanwhile nothing is sent.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "msgdef.h"
#include "peer.h"
#include "ring.h"
#include "ringletd.h"
#include "snapshot.h"
#include "term.h"

#define SEEK_MS 20000 /* the sandboxer's time for a screen */

void
term_send_error(struct term *t, const char *text)
{
	ws_send_json(t->ws, json_pack("{s:s, s:s}", "type", "error",
	    "message", text));
}

static void
send_connected(struct term *t)
{
	ws_send_json(t->ws, json_pack(
	    "{s:s, s:s, s:I, s:I, s:I, s:I, s:s, s:b}",
	    "type", "connected",
	    "session_id", t->id,
	    "offset", (json_int_t)t->offset,
	    "head", (json_int_t)ring_reader_head(t->ring),
	    "cols", (json_int_t)t->cols,
	    "rows", (json_int_t)t->rows,
	    "state", session_state_name(t->state),
	    "read_only", t->read_only ? 1 : 0));
}

static void
send_gap(struct term *t, uint64_t from, uint64_t to)
{
	ws_send_json(t->ws, json_pack("{s:s, s:I, s:I}", "type", "gap",
	    "from", (json_int_t)from, "to", (json_int_t)to));
}

void
term_send_resized(struct term *t, uint64_t cols, uint64_t rows)
{
	if (t->cols == cols && t->rows == rows)
		return;
	t->cols = cols;
	t->rows = rows;
	ws_send_json(t->ws, json_pack("{s:s, s:I, s:I}",
	    "type", "resized", "cols", (json_int_t)cols,
	    "rows", (json_int_t)rows));
}

void
term_drop_drawing(struct term *t)
{
	snapshot_unmap(t->drawing.p, t->drawing.len);
	memset(&t->drawing, 0, sizeof(t->drawing));
}

/*
 * A screen, which is in the file fd: it is sent before any other output, as
 * one text message.  It may be far larger than a frame; see on_output().
 */
static int
send_screen(struct term *t, int fd, const struct msg_viewer_screen *s)
{
	struct drawing *d = &t->drawing;
	int err;

	term_drop_drawing(t);
	if ((err = snapshot_map(fd, &d->p, &d->len)) != 0)
		return err;
	d->screen = *s;
	d->open = true;
	return 0;
}

/* What stands before the bytes of the screen.  Its length. */
static size_t
print_head(const struct msg_viewer_screen *s, char *dst, size_t size)
{
	int n;

	n = snprintf(dst, size,
	    "{\"type\":\"screen\",\"offset\":%llu,\"cols\":%llu,"
	    "\"rows\":%llu,\"exact\":%s,\"data\":\"",
	    (unsigned long long)s->offset, (unsigned long long)s->cols,
	    (unsigned long long)s->rows, s->exact ? "true" : "false");
	return n < 0 ? 0 : (size_t)n;
}

/* The bytes are passed on unread. */
bool
term_send_drawing(struct term *t)
{
	static const char end[] = { '"', '}' };
	struct drawing *d = &t->drawing;
	size_t max, n = 0, len = d->len - d->sent, text_len;
	uint8_t *to;
	char *text;

	if (!ws_frame_reserve(t->ws, &to, &max))
		return false;
	if (!d->begun)
		n = print_head(&d->screen, (char *)to, max);
	d->begun = true;
	/* All of the rest, or whole groups of three bytes. */
	if (len > (max - n - sizeof(end)) / 4 * 3)
		len = (max - n - sizeof(end)) / 4 * 3;
	text = base64_encode(len > 0 ? d->p + d->sent : NULL, len);
	text_len = strlen(text);
	memcpy(to + n, text, text_len);
	free(text);
	n += text_len;
	d->sent += len;
	d->open = d->sent < d->len;
	if (!d->open) {
		memcpy(to + n, end, sizeof(end));
		n += sizeof(end);
	}
	ws_text_commit(t->ws, n, !d->open);
	if (!d->open)
		term_drop_drawing(t);
	return true;
}

/* Goes on at to, and says so if that leaves bytes out. */
static void
go_on_at(struct term *t, uint64_t to, uint64_t cols, uint64_t rows)
{
	uint64_t from = t->offset;

	if (!t->greeted) {
		t->greeted = true;
		/* What was asked for by number is what is missed. */
		from = t->wanted >= 0 ? (uint64_t)t->wanted : to;
		t->offset = from;
		t->cols = cols;
		t->rows = rows;
		send_connected(t);
	}
	if (from != to)
		send_gap(t, from, to);
	t->offset = to;
	term_send_resized(t, cols, rows);
}

/* No screen can be had: the oldest byte that is there must do. */
static void
go_on_anyhow(struct term *t)
{
	uint64_t tail = ring_reader_tail(t->ring);

	go_on_at(t, t->offset < tail ? tail : t->offset, t->cols, t->rows);
}

/*
 * FROM, SCREEN or ERROR.  The sandboxer may be in a stranger's hands: an
 * offset that does not exist ends in a read that fails, and a screen is for
 * this client's eyes alone, as its output is.
 */
static void
on_sought(void *arg, struct msg *reply, int err)
{
	struct term *t = arg;
	const struct msg_viewer_from *from;
	const struct msg_viewer_screen *screen;

	t->seeking = false;
	if (err != 0 || reply->hdr.type == MSG_ERROR) {
		termsizes_clear(&t->sizes);
		go_on_anyhow(t);
		/* One that has ended, or is lost, says so itself. */
		if (err == RL_ERR_TIMEOUT ||
		    (err == 0 && ((const struct msg_error *)reply->body)
			    ->code != RL_ERR_STATE))
			term_send_error(t, "what the terminal shows is not known");
	} else if (reply->hdr.type == MSG_VIEWER_FROM) {
		from = reply->body;
		termsizes_begin(&t->sizes, from->offset);
		go_on_at(t, from->offset, from->cols, from->rows);
	} else {
		screen = reply->body;
		termsizes_begin(&t->sizes, screen->offset);
		go_on_at(t, screen->offset, screen->cols, screen->rows);
		if (send_screen(t, reply->fds[0], screen) != 0)
			term_send_error(t, "what the terminal shows is damaged");
	}
	ws_pump(t->ws);
}

void
term_seek(struct term *t, int64_t offset)
{
	const struct msg_viewer_seek m = { offset };

	if (t->seeking)
		return;
	t->seeking = true;
	if (peer_call(t->viewer, MSG_VIEWER_SEEK, &m, NULL, 0, SEEK_MS,
		on_sought, t, NULL) != 0) {
		t->seeking = false;
		go_on_anyhow(t);
	}
}

/* Of an ended session one screen is kept, for those who miss its beginning. */
void
term_begin_ended(struct term *t)
{
	struct msg_viewer_screen s = { .offset = t->clean, .cols = t->cols,
		.rows = t->rows, .exact = true };
	uint64_t tail = ring_reader_tail(t->ring);

	if (t->offset >= tail && (t->wanted >= 0 || tail == 0))
		go_on_at(t, t->offset, t->cols, t->rows);
	else if (t->clean < tail)
		go_on_anyhow(t);
	else {
		go_on_at(t, t->clean, t->cols, t->rows);
		if (send_screen(t, t->screen, &s) != 0)
			term_send_error(t, "what the terminal shows is damaged");
	}
}

/* The next byte has left the ring. */
bool
term_catch_up(struct term *t)
{
	if (t->viewer != NULL) {
		term_seek(t, (int64_t)t->offset);
		return !t->seeking;
	}
	go_on_anyhow(t);
	return true;
}
