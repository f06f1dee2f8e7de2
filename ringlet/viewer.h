#ifndef VIEWER_H
#define VIEWER_H
/*
 * What the files of a viewer share: view.c begins and ends it, view-out.c is
 * its output, view-in.c its input, view-channel.c its channel, view-record.c
 * its recording.
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

	/* The channel. */
	struct peer *peer; /* NULL: gone, or never there */
	struct loop_io *event;
	bool seeking;	/* a SEEK is open */
	int64_t sought; /* what it asks for */
	bool redraw;	/* ask again, for the screen, once it is answered */
	uint64_t told;	/* the sandboxer knows that we are here */
	uint64_t cols;	/* of the session's terminal, as far as is known */
	uint64_t rows;
	uint64_t sized; /* the byte from which it has that size */
	struct loop_timer *again_timer;
	struct loop_timer *wait_timer; /* of a silent one; NULL: none */
	uint64_t again_until; /* of the attempts to get another channel */
	bool again_told;
	char *again_why; /* what broke, until it is mended; else NULL */

	/* Output. */
	int out;
	size_t out_max;		/* bytes in one write */
	struct loop_io *out_io; /* NULL: a file, always ready */
	struct loop_timer *out_timer;
	bool out_tty;	  /* one that can draw a screen */
	bool placed;	  /* view->offset is where to read on */
	const uint8_t *p; /* what is to be written: of block, or of screen */
	size_t left;
	const uint8_t *screen; /* mapped, or NULL */
	size_t screen_len;
	uint8_t block[BLOCK_SIZE];
	struct termmode modes;
	bool escapes;	 /* what was shown may have asked our terminal */
	uint64_t missed; /* bytes; told at the end, where a terminal shows */
	uint64_t recorded; /* all before it, or what stands for that */
	bool recording_failed;
	bool fetched; /* the monitor was asked for an ended one's screen */
	bool inexact; /* likewise: a screen may not have been right */

	/* Input. */
	int in; /* -1: not read (any more) */
	struct loop_io *in_io;
	struct loop_timer *in_timer;
	struct escape escape;
	struct buf *held; /* typed while there is no channel */
	bool in_tty;	  /* raw; escapes mean something */

	bool replay; /* it had ended before */
	bool over;   /* no more output than what is in the ring */
	bool finished;
	enum view_end how; /* once over */
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
void view_close_output(struct viewer *);
/* Decides what output waits for. */
void view_go_on(struct viewer *);
/*
 * Reads on at an offset.  Before that a screen (common/snapshot.h) is drawn,
 * where fd is not -1 and something draws.  0, or RL_ERR_INVALID: that screen
 * cannot be used.
 */
int view_place(struct viewer *, uint64_t offset, int fd);
/*
 * The same without a sandboxer to ask: at the wanted byte, or else at the
 * first from which on all is there.
 */
void view_place_alone(struct viewer *, uint64_t wanted);
/* Bytes that are not shown; that a screen may not be right. */
void view_missed(struct viewer *, uint64_t from, uint64_t to);
void view_inexact(struct viewer *);
/* Drops what is in hand, to draw the screen anew. */
void view_drop(struct viewer *);
/* Switches off what the session has switched on in our terminal. */
void view_undo_modes(struct viewer *);

/* --- view-record.c --- */

/* Records those bytes of the output, but for what has been recorded. */
void view_record(
    struct viewer *, uint64_t offset, const uint8_t *p, size_t len);
/*
 * The same with all before offset: byte by byte from the ring, or else by the
 * screen (-1: none).
 */
void view_record_until(struct viewer *, uint64_t offset, int fd);

/* --- view-in.c --- */

void view_open_input(struct viewer *);
void view_close_input(struct viewer *);
/* Decides what input waits for; what was typed without a channel is sent. */
void view_wait_for_input(struct viewer *);
/* Waits until the terminal has answered all that the output asked it. */
void view_drain_input(struct viewer *);

/* --- view-channel.c --- */

void view_open_channel(struct viewer *);
void view_close_channel(struct viewer *);
/* Asks the sandboxer where to read: VIEWER_SEEK. */
void view_seek(struct viewer *, int64_t offset);
/* Has the screen drawn anew, if this is a terminal and the session lives. */
void view_redraw(struct viewer *);
/* Tells the sandboxer how far we are, and so to wake us past it. */
void view_send_at(struct viewer *);
/* Tells it our window's size, where we have one and may. */
void view_send_size(struct viewer *);

#endif /* VIEWER_H */
