/*
 * main.c: the program ringlet-screen, a session's screen keeper.
 *
 * The sandboxer starts it and tells it, on descriptor 3, which bytes of the
 * session's ring to read and when to write down what the terminal shows.  It
 * parses what agents write, so it is confined before it reads any of that:
 * whoever takes it over can show this session's viewers what he likes, as the
 * agent can anyway, and nothing else.
 *
 * One channel and nothing else to wait for: messages are obeyed in order, by
 * blocking calls.  What goes wrong is told by the exit status, since there is
 * no terminal and no file to tell it.  It ends by _exit(): there is nothing to
 * flush, and what libraries would do at an exit is not allowed.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "confine.h"
#include "err.h"
#include "fdpass.h"
#include "log.h"
#include "msg.h"
#include "msgdef.h"
#include "paths.h"
#include "proc.h"
#include "ring.h"
#include "screen.h"
#include "snapshot.h"

/* ringlet-screen(8) has these. */
enum {
	EXIT_CONFINE = 2, /* it cannot be confined */
	EXIT_LAPPED = 3,  /* bytes were overwritten before they were read */
	EXIT_CHANNEL = 4, /* a message that makes no sense, or no channel */
	EXIT_WRITE = 5	  /* a screen that is too large, or cannot be written */
};

#define SLICE	(256 * 1024) /* bytes of the ring at a time */
#define BUSY_MS 1000	     /* between two signs of life */

struct keeper {
	struct ring_reader *ring;
	struct screen *screen;
	uint64_t offset; /* read up to here */
	uint64_t told;	 /* when the sandboxer has last heard of us, ms */
	/*
	 * A change of size amid a sequence waits until that is complete: the
	 * screen that is saved before is the one before the sequence, and has
	 * the size that the terminal had there.
	 */
	bool resize;
	uint64_t resize_at;
	unsigned int cols;
	unsigned int rows;
};

static void
usage(void)
{
	fprintf(stderr, "ringlet-screen is started by ringlet-sandboxer, not "
			"by hand\n");
	exit(2);
}

static void
resize_if_due(struct keeper *k)
{
	if (!k->resize || k->offset - screen_pending(k->screen) < k->resize_at)
		return;
	screen_resize(k->screen, k->cols, k->rows);
	k->resize = false;
}

static uint64_t
now_ms(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_MONOTONIC, &t) == -1)
		return 0;
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void
say(struct keeper *k, uint16_t type, uint32_t id, const void *body)
{
	if (msg_write(PROC_CHANNEL_FD, type, id, body, NULL, 0) != 0)
		_exit(EXIT_CHANNEL);
	k->told = now_ms();
}

/* It takes long, but gets on. */
static void
say_busy(struct keeper *k)
{
	const struct msg_screen_busy busy = { k->offset };

	if (now_ms() - k->told >= BUSY_MS)
		say(k, MSG_SCREEN_BUSY, 0, &busy);
}

static void
feed(struct keeper *k, const uint8_t *p, size_t len)
{
	size_t n;

	for (; len > 0; p += n, len -= n) {
		if (k->resize) {
			screen_feed(k->screen, p, 1);
			n = 1;
		} else
			n = screen_feed_some(k->screen, p, len);
		k->offset += n;
		resize_if_due(k);
		say_busy(k);
	}
}

/* What is to make a person look, of the bytes that were just read. */
static void
say_notices(struct keeper *k)
{
	const struct screen_notices *n = screen_notices(k->screen);
	const struct msg_screen_notice m = { n->bell, n->note, n->title,
		n->text };

	if (n->bell == 0 && n->note == 0)
		return;
	say(k, MSG_SCREEN_NOTICE, 0, &m);
	screen_notices_clear(k->screen);
}

/* Safe whatever is in the ring: its reader trusts nothing there. */
static void
on_feed(struct keeper *k, const struct msg *m)
{
	static uint8_t slice[SLICE];
	const struct msg_screen_feed *body = m->body;
	struct msg_screen_fed fed;
	uint64_t oldest;
	size_t want;
	ssize_t n;

	k->told = now_ms();
	while (k->offset < body->upto) {
		want = body->upto - k->offset < SLICE
			   ? (size_t)(body->upto - k->offset)
			   : SLICE;
		n = ring_read(k->ring, k->offset, slice, want, &oldest);
		if (n == RL_ERR_TOOBIG)
			_exit(EXIT_LAPPED);
		if (n <= 0)
			_exit(EXIT_CHANNEL);
		feed(k, slice, (size_t)n);
	}
	say_notices(k);
	fed.offset = k->offset;
	say(k, MSG_SCREEN_FED, m->hdr.id, &fed);
}

static void
on_size(struct keeper *k, const struct msg *m)
{
	const struct msg_screen_size *body = m->body;

	/* One that still waits is overtaken: nothing was drawn in it. */
	if (!k->resize)
		k->resize_at = k->offset;
	k->resize = true;
	k->cols = (unsigned int)body->cols;
	k->rows = (unsigned int)body->rows;
	resize_if_due(k);
}

static void
on_save(struct keeper *k, struct msg *m)
{
	struct buf *out = buf_new(SNAPSHOT_MAX);
	struct msg_screen_saved saved;
	int fd = msg_take_fd(m, 0), ret;

	ret = screen_snapshot(k->screen, out);
	if (ret == RL_ERR_TOOBIG) {
		/* A screen full of links, each with its address. */
		buf_reset(out);
		ret = screen_snapshot_plain(k->screen, out);
	}
	if (ret != 0 || paths_write_all(fd, buf_ptr(out), buf_len(out)) != 0)
		_exit(EXIT_WRITE);
	fd_close(fd);
	saved.offset = k->offset - screen_pending(k->screen);
	saved.size = buf_len(out);
	buf_free(out);
	say(k, MSG_SCREEN_SAVED, m->hdr.id, &saved);
}

/* What was written before is read as a terminal would read it. */
static void
start(struct keeper *k, struct msg *m)
{
	const struct msg_screen_start *body = m->body;
	int ring_fd = msg_take_fd(m, 0), state_fd = msg_take_fd(m, 1);
	const uint8_t *p;
	size_t len;

	if (m->hdr.type != MSG_SCREEN_START || state_fd == -1 ||
	    body->version != MSG_VERSION ||
	    ring_reader_new(ring_fd, &k->ring) != 0 ||
	    snapshot_map(state_fd, &p, &len) != 0)
		_exit(EXIT_CHANNEL);
	fd_close(ring_fd);
	fd_close(state_fd);
	k->screen =
	    screen_new((unsigned int)body->cols, (unsigned int)body->rows);
	screen_feed(k->screen, p, len);
	snapshot_unmap(p, len);
	k->offset = body->offset;
	screen_notices_from(k->screen, k->offset);
}

static void
obey(struct keeper *k, struct msg *m)
{
	static const struct {
		uint16_t type;
		size_t nfds;
	} known[] = {
		{ MSG_SCREEN_FEED, 0 },
		{ MSG_SCREEN_SIZE, 0 },
		{ MSG_SCREEN_SAVE, 1 },
	};
	size_t i = 0;

	while (i < 3 && known[i].type != m->hdr.type)
		i++;
	if (i == 3 || m->hdr.nfds != known[i].nfds)
		_exit(EXIT_CHANNEL);
	if (m->hdr.type == MSG_SCREEN_FEED)
		on_feed(k, m);
	else if (m->hdr.type == MSG_SCREEN_SIZE)
		on_size(k, m);
	else
		on_save(k, m);
}

int
main(int argc, char **argv)
{
	struct keeper k = { .ring = NULL };
	const char *why;
	struct msg m;
	int ret;

	if (argc != 2 || strcmp(argv[1], "-Z") != 0)
		usage();
	log_init("ringlet-screen", LOGL_WARN);
	proc_child_begin();
	if (confine_enter(&why) != 0) {
		log_error("cannot be confined: %s", why);
		_exit(EXIT_CONFINE);
	}
	if (msg_read(PROC_CHANNEL_FD, -1, &m) != 0)
		_exit(EXIT_CHANNEL);
	start(&k, &m);
	msg_clear(&m);
	while ((ret = msg_read(PROC_CHANNEL_FD, -1, &m)) == 0) {
		obey(&k, &m);
		msg_clear(&m);
	}
	_exit(ret == RL_ERR_EOF ? 0 : EXIT_CHANNEL);
}
