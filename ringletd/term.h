#ifndef RINGLETD_TERM_H
#define RINGLETD_TERM_H
/*
 * Private to a viewer's files:
 *
 *	term.c		its life, its bytes, its messages
 *	termseek.c	where it reads
 *	termsize.c	sizes that are yet to be told
 */

#include <stdbool.h>
#include <stdint.h>

#include "msgdef.h"
#include "termsize.h"
#include "valid.h"

#define REASON_MAX 128 /* bytes: the bound of the message's field */

/* A screen that is being sent. */
struct drawing {
	struct msg_viewer_screen screen; /* what is told of it */
	const uint8_t *p;		 /* mapped; NULL: it is empty */
	size_t len;
	size_t sent;
	bool open; /* it is not complete */
	bool begun;
};

struct term {
	struct env *env;
	struct ws *ws;
	struct ring_reader *ring;
	struct peer *viewer; /* to the sandboxer; NULL: the session is over */
	int event;	     /* -1: the session is over */
	struct loop_io *event_io;
	struct loop_timer *stream_timer;
	struct loop_timer *input_timer;
	char id[SESSION_ID_LEN + 1];
	int64_t wanted;	   /* the offset that was asked for, or SEEK_* */
	uint64_t clean;	   /* ended: what was shown before it is in ... */
	int screen;	   /* ... this; -1: still live */
	uint64_t offset;   /* of the next byte to be sent */
	uint64_t reported; /* the offset of our last AT */
	uint64_t woken_at; /* loop_now() of the last wake-up */
	uint64_t cols;
	uint64_t rows;
	uint64_t state; /* enum session_state */
	int64_t exit_code;
	uint64_t signal;
	char reason[REASON_MAX + 1];
	struct termsizes sizes; /* to be told once their byte is sent */
	struct drawing drawing;
	bool read_only;
	bool greeted;	/* "connected" has been sent */
	bool seeking;	/* a SEEK is out */
	bool waiting;	/* an AT is out: the eventfd will tell */
	bool streaming; /* stream_timer will tell */
	bool typed;	/* and no wake-up has come since */
	bool lost;	/* the sandboxer has gone without a word */
	bool told_read_only;
};

/* --- termseek.c --- */

/* Asks the sandboxer where to read; then output goes on. */
void term_seek(struct term *, int64_t offset);
/* Decides that where the session has ended. */
void term_begin_ended(struct term *);
/* The next byte has left the ring.  False: the answer is awaited. */
bool term_catch_up(struct term *);
/* Sends a piece of t->drawing.  False: there is no room now. */
bool term_send_drawing(struct term *);
/* Forgets what is left of it. */
void term_drop_drawing(struct term *);
/* The terminal has this size; nothing is sent if it had before. */
void term_send_resized(struct term *, uint64_t cols, uint64_t rows);
void term_send_error(struct term *, const char *text);

#endif /* RINGLETD_TERM_H */
