#ifndef RINGLETD_CONN_H
#define RINGLETD_CONN_H
/*
 * Private to conn.c (a connection's life and its bytes), conn-http1.c (what it
 * says in HTTP/1.1) and conn-token.c (which tokens have come on it).
 */

#include <sys/queue.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http1.h"
#include "ringletd.h"

#define CONN_TOKENS 4 /* whose digests a connection remembers */

enum conn_state {
	CONN_READING,  /* waits for a request, or for the rest of one */
	CONN_WORKING,  /* a handler owes the reply */
	CONN_UPGRADED, /* ops runs it */
	CONN_CLOSING,  /* what is in out is our last word */
	CONN_LINGER,   /* all is said: waits for the client to close */
	CONN_DEAD
};

struct conn {
	struct carrier carrier; /* first: see conn_of() */
	TAILQ_ENTRY(conn) link;
	struct env *env;
	int fd;
	struct loop_io *io;
	unsigned watched; /* LOOP_*: what io waits for */
	enum conn_state state;
	struct buf *in; /* secret: tokens and keys pass through it */
	struct http1 http1;
	struct request req;
	uint8_t *body; /* of req, where it came in several chunks */
	size_t body_size;
	const uint8_t *fixed; /* a reply's body that was not copied ... */
	size_t fixed_len;     /* ... and what is left of it, behind out */
	size_t owed;	      /* its part of env.owed */
	const struct conn_ops *ops;
	void *arg;
	uint64_t deadline; /* loop_now() at which it is given up; 0: none */
	uint64_t heard_at; /* when the last byte came */
	uint64_t stuck_at; /* since when the socket takes nothing; 0: it does */
	bool busy;	   /* conn_pump() is up the stack */
	bool first;	   /* no whole request has come yet */
	bool begun;	   /* a part of a later one has, and has its deadline */
	bool checked;	   /* the head has passed; its body is to come */
	bool last;	   /* the reply owed ends the connection */
	bool trusted;	   /* a token that came here was good */
	unsigned wrong;	   /* tokens that were not */
	/* Good ones; a proxy may bring those of several clients. */
	uint8_t digests[CONN_TOKENS][TOKEN_DIGEST];
	unsigned ndigests; /* more than CONN_TOKENS: not all are known */
	bool paused;
	bool hungry; /* there is more to send than one turn may */
	bool oneway; /* a stream: the client has nothing to say */
};

/* --- conn.c --- */

/* From now on we speak and the client does not: a stream begins. */
void conn_listens(struct conn *);

/* --- conn-http1.c --- */

/* The connection as a carrier of HTTP/1.1. */
extern const struct carrier_ops conn_http1_ops;
/* Does what can be done with the input.  False: more of it is needed. */
bool conn_next_request(struct conn *);
/* A body that was put together for the handler is wiped. */
void conn_forget_body(struct conn *);

#endif /* RINGLETD_CONN_H */
