#ifndef VIEWER_H
#define VIEWER_H
/*
 * What the files of a viewer share: view.c begins and ends it, view-out.c is
 * its output, view-in.c its input, view-channel.c its channel.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "escape.h"
#include "loop.h"
#include "termmode.h"
#include "view.h"

struct peer;

#define BLOCK_SIZE (64 * 1024)

#define VIEW_SIGNALS 7

struct viewer {
	struct view *view;
	struct loop *loop;
	struct loop_signal *signals[VIEW_SIGNALS];
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

/* --- view.c --- */

/* A line of ours between the session's output. */
void view_say(const struct viewer *, const char *fmt, ...)
    __attribute__((__format__(printf, 2, 3)));
/* Ends the loop; the first to say why counts. */
void view_finish(struct viewer *, enum view_end);
/* Whether one can wait for fd: others are always ready. */
bool view_can_wait(int fd);

/* --- view-out.c --- */

void view_open_output(struct viewer *);
/* Decides what output waits for. */
void view_go_on(struct viewer *);
/* Switches off what the session has switched on in our terminal. */
void view_undo_modes(struct viewer *);

/* --- view-in.c --- */

void view_open_input(struct viewer *);

/* --- view-channel.c --- */

void view_open_channel(struct viewer *);
/* Tells the sandboxer how far we are, and so to wake us past it. */
void view_send_at(struct viewer *);
/* Tells it our window's size, where we have one and may. */
void view_send_size(struct viewer *);

#endif /* VIEWER_H */
