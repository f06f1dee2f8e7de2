#ifndef COMMON_PEERINT_H
#define COMMON_PEERINT_H
/*
 * What the files of a peer share, and nobody else includes:
 *
 *	peer.c		its life, and the dispatcher: what comes in
 *	peersend.c	its queue of messages and descriptors: what goes out
 *	peercall.c	calls that wait for their answers
 */

#include <sys/queue.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "peer.h"

/* Descriptors that go with the frame that starts at stream position pos. */
struct fdmark {
	uint64_t pos;
	int fds[MSG_MAX_FDS];
	size_t nfds;
	TAILQ_ENTRY(fdmark) link;
};

struct call {
	struct peer *peer;
	uint32_t id;
	uint16_t type;
	peer_cb cb;
	void *arg;
	struct loop_timer *timer; /* NULL: no limit */
	TAILQ_ENTRY(call) link;
};

struct peer {
	struct loop *loop;
	int fd;
	uint16_t from;
	uint16_t state;
	char *name;
	const struct peer_ops *ops;
	void *arg;
	struct loop_io *io;
	struct loop_timer *fail_timer; /* reports err on the next turn */
	struct loop_timer *more_timer; /* goes on with in, likewise */
	struct loop_timer *gather_timer; /* sends calls at its end; or NULL */
	struct loop_timer *stall_timer; /* in_step: it takes nothing */
	uint64_t stall_ms;
	struct buf *in;
	int in_fds[MSG_MAX_FDS];
	size_t nin_fds;
	struct buf *out;
	uint64_t out_pos; /* stream position of out's first byte */
	TAILQ_HEAD(, fdmark) marks;
	TAILQ_HEAD(, call) calls;
	unsigned ncalls;
	uint32_t next_id;
	bool *said; /* one for each rule row: RULE_ONCE */
	bool gathering; /* gather_timer will fire */
	bool paused;
	bool in_step; /* not read while much waits for it ... */
	bool held;    /* ... which has left messages in in */
	bool timed;   /* stall_timer runs */
	bool gone;  /* the other side has closed; its last words are unread */
	bool freed; /* peer_free() came while busy */
	unsigned busy; /* callbacks in progress */
	int err; /* the channel is over */
	const char *why;
};

/* --- peer.c --- */

/* Whether it has to take what waits for it before it is read. */
bool peer_is_ahead(const struct peer *);
/* It has, or has not, taken something: see to stall_timer. */
void peer_time_stall(struct peer *, bool taken);
/* Reads and writes as its state and its queue want it. */
void peer_want(struct peer *);
/* The channel is over; closed() is called on the next turn of the loop. */
void peer_fail(struct peer *, int err, const char *why);
/*
 * Around a callback, which may call peer_free(): that waits until the last one
 * is done.  peer_leave() returns whether the peer is still there.
 */
void peer_enter(struct peer *);
bool peer_leave(struct peer *);

/* --- peersend.c --- */

/* Sends what the socket takes. */
void peer_flush(struct peer *);
/* Forgets what has not been sent, and closes its descriptors. */
void peer_drop_output(struct peer *);
/* peer_send() with a request id. */
int peer_queue(struct peer *, uint16_t type, uint32_t id, const void *body,
    const int *fds, size_t nfds);
/* Writes one message to the log, if LogLevel wants that. */
void peer_trace(const struct peer *, const char *arrow, uint16_t type,
    uint32_t id, const void *body);

/* --- peercall.c --- */

/* The open call of that id, or NULL. */
struct call *peer_call_find(struct peer *, uint32_t id);
void peer_call_free(struct call *);
/* Ends all open calls with that error. */
void peer_calls_end(struct peer *, int err);

#endif /* COMMON_PEERINT_H */
