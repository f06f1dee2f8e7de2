#ifndef RINGLETD_HTTP2_H
#define RINGLETD_HTTP2_H
/*
 * Private to http2.c (the connection), h2stream.c (its streams), h2request.c
 * (what comes in on one), h2watch.c (what is counted of a client's frames) and
 * h2ids.c (which streams it has opened): the only files that know nghttp2.
 */

#include <sys/queue.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nghttp2/nghttp2.h>

#include "http1.h"
#include "ringletd.h"

/*
 * Limits.  What one client can make us hold is about H2_HELD_MAX of requests,
 * H2_OWED_MAX of replies, a viewer's frame and a window of input for each of
 * its WebSockets, and H2_OUT_MARK bytes on their way to the socket.
 */

/* A page asks for a handful of things at once; a viewer is one stream. */
#define H2_STREAMS_MAX 64
/* The protocol's own first values: more is of no use on loopback. */
#define H2_WINDOW    65535
#define H2_FRAME_MAX 16384
/* Name, value and 32 for each field (RFC 9113 6.5.2), as HTTP1_HEAD_MAX. */
#define H2_LIST_MAX HTTP1_HEAD_MAX
/* Fields beyond that are skipped for the 431, but not without end. */
#define H2_LIST_STOP (4 * H2_LIST_MAX)
/*
 * The dynamic table of what a client sends has the protocol's own first size,
 * 4096, until a head comes that may hold a token: it would stay there as long
 * as the connection.  From then on this; see http2_drop_table().
 */
#define H2_TABLE_IN 0
/* For what we send, which is the same few fields each time. */
#define H2_TABLE_OUT 4096
/* Heads and bodies of requests whose handler has not run: all streams. */
#define H2_HELD_MAX (256 * 1024)
/* Bodies of replies that the client's windows do not let out: all streams. */
#define H2_OWED_MAX OUT_MAX
/*
 * Requests that the monitor has to judge at once for a connection on which no
 * token was good: the others wait, so that not all of a client's streams are a
 * guess each before the third wrong one has ended it.
 */
#define H2_STRANGE_MAX 8
/* Bytes that are framed ahead of the socket. */
#define H2_OUT_MARK (64 * 1024)
/* Bytes of answers to a WebSocket's frames at which it is not read on. */
#define H2_STREAM_MARK (16 * 1024)
/* Frames that wait to be sent: beyond, the client is not read. */
#define H2_QUEUE_MAX 256
/* Entries in a client's SETTINGS; there are fewer than ten settings. */
#define H2_SETTINGS_MAX 32

/* --- h2ids.c --- */

#define H2_IDS_MAX 256 /* streams that are remembered */

/* All members are private. */
struct h2_ids {
	uint32_t next; /* the nth stream is the least that can be opened */
	uint8_t state[H2_IDS_MAX];
};

void h2_ids_init(struct h2_ids *);
/*
 * A frame of the client's begins.  NGHTTP2_NO_ERROR, or what the connection is
 * to be ended with: the stream is not the client's to send this on.
 */
uint32_t h2_ids_frame(
    struct h2_ids *, uint8_t type, uint8_t flags, uint32_t id);

/* --- h2watch.c --- */

/* In so many milliseconds ... */
#define H2_WATCH_MS 10000
/*
 * ... a client may cancel, or make us reset, so many streams: a page that is
 * left cancels what it waits for, but not this often ...
 */
#define H2_FAULTS_MAX 100
/*
 * ... and send so many frames that ask for nothing: PING, SETTINGS, PRIORITY,
 * WINDOW_UPDATE, empty or padded DATA, and what has no meaning.
 */
#define H2_CHATTER_MAX 1000
/* Frames of that kind that go with a request, or with DATA of ours ... */
#define H2_CHATTER_CREDIT 4
/* ... and may come in so many together. */
#define H2_CREDIT_MAX 4000
/* A header block: bytes as they come, and the frames after the first. */
#define H2_BLOCK_MAX	     (24 * 1024)
#define H2_CONTINUATIONS_MAX 8

#define H2_FRAME_HEAD	9 /* bytes before every frame's payload */
#define H2_PRIORITY_LEN 5
#define H2_PRIORITY_ON	4 /* of them: the stream that it depends on */

/* All members are private. */
struct h2_watch {
	uint8_t head[H2_FRAME_HEAD + H2_PRIORITY_ON];
	size_t have; /* bytes of head */
	size_t skip; /* bytes of payload, or of the preface, still to come */
	bool in_block;
	size_t block_bytes;
	unsigned continuations;
	uint64_t block_at;  /* when the open block began */
	uint64_t period_at; /* when the period began */
	unsigned faults;
	int chatter;
	struct h2_ids ids;
};

/* What is wrong with a client's frames; why is static, NULL: nothing. */
struct h2_fault {
	uint32_t code; /* what the connection is to be ended with */
	const char *why;
};

void h2_watch_init(struct h2_watch *, uint64_t now);
/*
 * Judges the frames that begin in the next len bytes of the client's.  Returns
 * how many of these may be acted on: all, or those before the faulty frame.
 */
size_t h2_watch_input(struct h2_watch *, const uint8_t *p, size_t len,
    uint64_t now, struct h2_fault *);
/* We have sent a DATA frame. */
void h2_watch_sent(struct h2_watch *);
/*
 * We have reset a stream for what the client did.  NULL, or what is too much
 * (static).
 */
const char *h2_watch_reset(struct h2_watch *, uint64_t now);
/* How long a header block has been waiting for its end; 0: none has. */
uint64_t h2_watch_block_ms(const struct h2_watch *, uint64_t now);

/* --- http2.c --- */

TAILQ_HEAD(h2_stream_list, h2_stream);

struct http2 {
	struct env *env;
	struct conn *conn;
	nghttp2_session *session;
	struct h2_stream_list streams;
	struct h2_stream_list dead; /* closed: reap_timer frees them */
	struct loop_timer *reap_timer;
	struct loop_timer *next_timer; /* runs those that wait */
	struct h2_watch watch;
	unsigned nstreams;
	unsigned nsockets; /* of them: WebSockets and streams without end */
	unsigned noneway;  /* of these: streams */
	size_t held;	   /* bytes: see H2_HELD_MAX */
	size_t owed;	   /* bytes: see H2_OWED_MAX */
	uint64_t deadline; /* without streams: when it is over */
	bool busy;	   /* within input or tick: what is queued goes later */
	bool ending;	   /* GOAWAY is queued: the client is not heard */
	bool tableless;	   /* the client has been told to keep no table */
	bool secret;	   /* a reply was: what is sent is wiped behind it */
	bool pinged;	   /* since it was last heard */
	bool waiting;	   /* a request may be: see H2_STRANGE_MAX */
};

/* Says GOAWAY with an error; what the client sends from now on is dropped. */
void http2_end(struct http2 *, uint32_t code, const char *why);
/* Tells the client to keep nothing of what it sends in a table. */
void http2_drop_table(struct http2 *);

/* --- h2stream.c --- */

struct h2_stream {
	struct carrier carrier; /* first: see stream_of() */
	TAILQ_ENTRY(h2_stream) link;
	struct http2 *h;
	int32_t id;
	struct request req;
	/* The request, as it comes. */
	struct http1 head;
	struct http1_slice authority;
	struct http1_slice scheme;
	struct http1_slice protocol;
	struct buf *in;	  /* secret: the values of its fields */
	struct buf *body; /* secret */
	size_t held;	  /* its part of http2.held */
	size_t list;	  /* length of its header list */
	unsigned fields;
	int status; /* what is wrong with it, in HTTP; 0: nothing */
	const char *reason;
	bool ended;   /* the client has sent all of it */
	bool ran;     /* the handler has got it, or will ... */
	bool waiting; /* ... when others have been judged */
	bool replied; /* and has answered, or somebody else has */
	bool dead;
	/* The reply, or a WebSocket. */
	const struct conn_ops *ops; /* who runs the WebSocket or stream */
	void *arg;
	const uint8_t *fixed; /* a reply's body that was not copied ... */
	size_t fixed_len;     /* ... and what is left of it */
	size_t owed;	      /* its part of http2.owed and env.owed */
	size_t untaken; /* bytes that came and for which no window is given */
	bool paused;	/* ... because the WebSocket wants no more */
	bool oneway;	/* a stream: the client has nothing to say */
	bool pulling;	/* ops->output is on the stack */
	bool finished;	/* what is in carrier.out is the rest */
	bool said_all;	/* it has been sent: waits for the client to end */
	uint64_t heard_at; /* loop_now() of its last byte */
	uint64_t deadline; /* loop_now() at which it is reset; 0: none */
};

/* A stream for a request that begins. */
struct h2_stream *h2_stream_new(struct http2 *, int32_t id);
/* Bytes of its body, or of its WebSocket. */
void h2_stream_data(struct h2_stream *, const uint8_t *p, size_t len);
/* The client has sent all of it. */
void h2_stream_end(struct h2_stream *);
/* We have sent a frame of it; end: the last. */
void h2_stream_sent(struct h2_stream *, bool end);
/* nghttp2 has forgotten it. */
void h2_stream_closed(struct h2_stream *);
/* Looks for what takes too long. */
void h2_stream_tick(struct h2_stream *, uint64_t now);
/* Whether it waits for the monitor. */
bool h2_stream_working(const struct h2_stream *);
/* Frees those that were closed. */
void h2_stream_reap(struct http2 *);

/* --- h2request.c --- */

/* One field.  -1: that is more than anybody needs; end the connection. */
int h2_request_field(struct h2_stream *, const uint8_t *name, size_t name_len,
    const uint8_t *value, size_t len);
/* The head is whole; end: so is the request. */
void h2_request_head(struct h2_stream *, bool end);
/* Bytes of the body.  True: they are taken, and more may come. */
bool h2_request_body(struct h2_stream *, const uint8_t *p, size_t len);
/* The body is whole. */
void h2_request_end(struct h2_stream *);
/* Fields after the body, which nothing takes. */
void h2_request_trailers(struct h2_stream *);
/* Its bytes are not needed any more. */
void h2_request_forget(struct h2_stream *);
/* Runs those that wait for others, as many as may be. */
void h2_request_next(struct http2 *);

#endif /* RINGLETD_HTTP2_H */
