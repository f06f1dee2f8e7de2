#ifndef COMMON_PEER_H
#define COMMON_PEER_H
/*
 * A peer is one end of a channel in an event loop: queues, message rules,
 * calls that wait for their answers.  The dispatcher in peer.c alone decides
 * what a peer may say: a message that no row permits never reaches a handler.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "msg.h"

struct loop;
struct peer;

/* Who is at the other end.  A mask in rule rows, one bit for a peer. */
#define FROM_MONITOR   0x01
#define FROM_RINGLETD  0x02
#define FROM_SANDBOXER 0x04
#define FROM_CLI       0x08
#define FROM_VIEWER    0x10
#define FROM_KEYCHAIN  0x20
#define FROM_SCREEN    0x40
#define FROM_BROWSER   0x80
#define FROM_PROBER    0x100
#define FROM_FETCHER   0x200

/* States of a peer: a mask in rule rows.  A process may add its own bits. */
#define PST_INIT    0x01 /* started, has not said READY */
#define PST_SERVING 0x02
#define PST_CLOSING 0x04 /* its queue drains, nothing more is read */

#define RULE_TOKEN   0x01 /* from FROM_RINGLETD only with a valid token */
#define RULE_CONTROL 0x02 /* that token needs the control scope */
#define RULE_ONCE    0x04 /* at most once in a peer's life */

/*
 * One row.  A row with answers set describes a reply: it has no handler, and
 * its message is legal only while a call of type answers with that request
 * id is open.  A handler returns 0, or a negative error when the message is a
 * violation, upon which the peer is closed.  It may take the message's
 * descriptors; everything else of the message is gone when it returns.
 */
struct msg_rule {
	uint16_t type;
	uint16_t from;	 /* mask of FROM_* */
	uint16_t states; /* mask of PST_* */
	uint8_t nfds;	 /* exactly so many descriptors */
	uint32_t maxlen; /* bytes of body */
	uint16_t flags;	 /* RULE_* */
	uint16_t answers;
	int (*handler)(struct peer *, struct msg *);
};

struct peer_ops {
	const struct msg_rule *rules;
	size_t nrules;
	/*
	 * Judges the token (first field of the body) of a row with RULE_TOKEN
	 * from FROM_RINGLETD.  Returns 0 to let the handler run; a negative
	 * error is sent back as MSG_ERROR.  NULL where no row has the flag.
	 */
	int (*authorise)(struct peer *, const struct msg_bin *token,
	    bool control);
	/*
	 * Why authorise() has refused the last, for people; NULL, or a NULL
	 * function: the error's own words.
	 */
	const char *(*refusal)(struct peer *);
	/*
	 * The channel is over: err is RL_ERR_EOF, RL_ERR_PROTOCOL,
	 * RL_ERR_LIMIT (its queue overflowed) or RL_ERR_SYSTEM; why is static
	 * text.  Open calls have been ended with that error before.  The
	 * owner calls peer_free(), here or later.
	 */
	void (*closed)(struct peer *, int err, const char *why);
};

/*
 * Takes ownership of fd (a unix stream socket; made non-blocking) and starts
 * reading.  name is shown in traces and copied.  arg is for peer_arg().
 */
struct peer *peer_new(struct loop *, int fd, uint16_t from,
    uint16_t state, const char *name, const struct peer_ops *ops, void *arg);
/* Closes the channel.  Open calls end with RL_ERR_EOF.  No closed() call. */
void peer_free(struct peer *);

void *peer_arg(const struct peer *);
const char *peer_name(const struct peer *);
uint16_t peer_from(const struct peer *);
uint16_t peer_state(const struct peer *);
void peer_set_state(struct peer *, uint16_t state);
int peer_fd(const struct peer *);
/* Bytes waiting to be sent. */
size_t peer_backlog(const struct peer *);
/* Calls without an answer, those that were given up included. */
unsigned peer_calls(const struct peer *);
/*
 * Handles all that has arrived, without waiting for the loop: the last words
 * of a process that has ended.  It may end in closed() as reading ever may.
 */
void peer_drain(struct peer *);
/* Whether nothing is under way: no open call, no part of a message. */
bool peer_is_idle(const struct peer *);
/* Stops or resumes reading: backpressure towards this peer alone. */
void peer_pause(struct peer *, bool paused);
/*
 * From now on it is not read while PEER_STEP_BYTES wait for it: who asks faster
 * than it reads the answers is slowed down, and closed (RL_ERR_LIMIT) only if it
 * then takes nothing for stall_ms.  Only one of a channel's two ends may do so,
 * or each could wait for the other.
 */
void peer_in_step(struct peer *, uint64_t stall_ms);

/*
 * Queue a message; descriptors are duplicated, so the caller keeps its own.
 * The queue is bounded (PEER_QUEUE_MAX): a peer that does not read is closed
 * with RL_ERR_LIMIT on the next turn of the loop.  Return 0, RL_ERR_LIMIT,
 * RL_ERR_INVALID (own mistake, logged by the caller) or RL_ERR_SYSTEM.
 */
int peer_send(struct peer *, uint16_t type, const void *body, const int *fds,
    size_t nfds);
/*
 * The same; where the answer cannot be made, an error is the answer, and the
 * caller must not send another.
 */
int peer_reply(struct peer *, uint32_t id, uint16_t type, const void *body,
    const int *fds, size_t nfds);
/* An answer that may be too long for a message: then that is, and why. */
void peer_reply_long(struct peer *, uint32_t id, uint16_t type,
    const void *body, const char *why);
/* MSG_ERROR with a text for people; err is negative. */
int peer_reply_error(struct peer *, uint32_t id, int err, const char *fmt, ...)
    __attribute__((__format__(printf, 4, 5)));

#define PEER_QUEUE_MAX (4 * 1024 * 1024)
#define PEER_CALLS_MAX 1024 /* without an answer */
/* Bytes in the queue at which no call is taken. */
#define PEER_CALLS_BYTES (PEER_QUEUE_MAX / 2)
/* Bytes of answers that wait at which no question is read; peer_in_step(). */
#define PEER_STEP_BYTES (PEER_QUEUE_MAX / 4)
#define PEER_TURN_MAX  16   /* messages handled before others have a turn */

/*
 * The answer to a call, exactly once and never from inside peer_call():
 * either reply (err 0; may be MSG_ERROR, see its body) or reply NULL and err.
 */
typedef void (*peer_cb)(void *arg, struct msg *reply, int err);

/*
 * Sends a request and calls cb with its answer, or RL_ERR_TIMEOUT after
 * timeout_ms (0: no limit), or the error the channel ended with.  Returns 0,
 * or an error as peer_send(), in which case cb is not called.  RL_ERR_LIMIT,
 * too, while PEER_CALLS_MAX have no answer, those that were given up included,
 * or PEER_CALLS_BYTES wait to be sent: the channel lives on.
 * *call, if not NULL, is the handle for peer_call_cancel().
 */
int peer_call(struct peer *, uint16_t type, const void *body, const int *fds,
    size_t nfds, uint64_t timeout_ms, peer_cb cb, void *arg, uint32_t *call);
/*
 * From now on the calls of a turn of the loop go when it is over, in one system
 * call.
 */
void peer_gather(struct peer *);
/* Forgets the call: cb will not be called; a late answer is dropped. */
void peer_call_cancel(struct peer *, uint32_t call);

#endif /* COMMON_PEER_H */
