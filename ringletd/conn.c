/*
 * One client's connection: bytes in, one request at a time, bytes out, and an
 * end in good time.  HTTP/1.1 is spoken here; what begins with the preface of
 * HTTP/2 is handed to http2.c, as a WebSocket is to ws.c.
 *
 * Called by the event loop with what a stranger sends.  A connection reads
 * nothing while it has a reply to make or to send, so that what it holds is
 * bounded by one request and one reply, and a client that does not read its
 * replies cannot ask for more.  A connection that ends is marked dead
 * and freed on the next turn of the loop: its callers up the stack still look
 * at it.
 */
#include "config.h"

#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "err.h"
#include "fdpass.h"
#include "http1.h"
#include "log.h"
#include "loop.h"
#include "ringletd.h"
#include "secret.h"
#include "xmalloc.h"

#define CONN_TOKENS   4 /* whose digests a connection remembers */
#define ANSWERS_MAX   (192 * 1024) /* bytes untaken: no more is read */
#define OUTPUT_ROUNDS 4 /* refills of the output before others get a turn */

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
	const struct conn_ops *ops;
	void *arg;
	uint64_t deadline; /* loop_now() at which it is given up; 0: none */
	uint64_t heard_at; /* when the last byte came */
	uint64_t stuck_at; /* since when the socket takes nothing; 0: it does */
	bool busy;	   /* conn_go() is up the stack */
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

static void
conn_watch(struct conn *c, unsigned want)
{
	c->watched = want;
	loop_io_want(c->io, want);
}

static void
conn_want(struct conn *c)
{
	unsigned want = 0;

	if (c->state == CONN_DEAD)
		return;
	if (buf_len(c->carrier.out) > 0 || c->hungry)
		want = LOOP_WRITE;
	switch (c->state) {
	case CONN_READING:
		if (want == 0)
			want = LOOP_READ;
		break;
	case CONN_UPGRADED:
		/* What it reads has answers, which it must take first. */
		if (!c->paused && buf_len(c->carrier.out) < ANSWERS_MAX)
			want |= LOOP_READ;
		break;
	case CONN_LINGER:
		want = LOOP_READ;
		break;
	case CONN_WORKING:
		/*
		 * Nothing is read now.  But hardly any client sends before it
		 * has its reply, so the watch is only given up when one does:
		 * that saves two system calls for each request.
		 */
		if (c->watched == LOOP_READ)
			return;
		break;
	default:
		break;
	}
	conn_watch(c, want);
}

static void
body_wipe(struct conn *c)
{
	if (c->body != NULL)
		secret_wipe(c->body, c->body_size);
	free(c->body);
	c->body = NULL;
}

static void
conn_free(struct conn *c)
{
	if (c->ops != NULL)
		c->ops->free(c->arg);
	loop_io_free(c->io);
	body_wipe(c);
	buf_free(c->in);
	buf_free(c->carrier.out);
	free(c);
}

static void
on_reap(void *arg)
{
	struct env *env = arg;
	struct conn *c;

	while ((c = TAILQ_FIRST(&env->dead)) != NULL) {
		TAILQ_REMOVE(&env->dead, c, link);
		conn_free(c);
	}
}

/* It is over: the socket closes now, memory goes on the next turn. */
static void
conn_kill(struct conn *c)
{
	struct env *env = c->env;

	if (c->state == CONN_DEAD)
		return;
	request_cancel(&c->req);
	c->state = CONN_DEAD;
	conn_watch(c, 0);
	fd_close(c->fd);
	c->fd = -1;
	TAILQ_REMOVE(&env->conns, c, link);
	TAILQ_INSERT_TAIL(&env->dead, c, link);
	env->nconns--;
	loop_timer_arm(env->reap_timer, 0);
	listen_resume(env);
}

/*
 * Closing now, with input unread, would reset the connection and could
 * destroy the reply on its way: so only our half closes.
 */
static void
conn_linger(struct conn *c)
{
	c->state = CONN_LINGER;
	c->deadline = loop_now() + LINGER_MS;
	buf_reset(c->in);
	if (shutdown(c->fd, SHUT_WR) == -1)
		conn_kill(c);
}

/*
 * The client has taken something.  An interim reply, amid a request, changes
 * nothing for that.
 */
static void
conn_sent(struct conn *c)
{
	const struct limits *l = &c->env->limits;

	if (c->state != CONN_UPGRADED && !c->checked)
		c->deadline =
		    loop_now() +
		    (buf_len(c->carrier.out) > 0 ? l->write_ms : l->idle_ms);
}

/* Sends what the socket takes.  False: the connection is dead. */
static bool
conn_flush(struct conn *c)
{
	ssize_t n;

	while (c->state != CONN_DEAD && buf_len(c->carrier.out) > 0) {
		n = send(c->fd, buf_ptr(c->carrier.out),
		    buf_len(c->carrier.out), MSG_NOSIGNAL);
		if (n >= 0) {
			c->stuck_at = 0;
			buf_consume(c->carrier.out, (size_t)n);
			conn_sent(c);
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			if (c->stuck_at == 0)
				c->stuck_at = loop_now();
			break;
		} else if (errno != EINTR)
			conn_kill(c);
	}
	return c->state != CONN_DEAD;
}

/* --- requests --- */

/*
 * The head is there, the body is not: a request that will be refused is
 * refused now, and one that waits for 100 (Continue) gets it.  Returns
 * whether there is something to send.
 */
static bool
check_head(struct conn *c)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

	if (c->checked || c->http1.head_end == 0)
		return false;
	request_fill(&c->req, &c->carrier, &c->http1, buf_ptr(c->in));
	/* If it is refused its body stays unread: nothing can follow it. */
	c->last = true;
	c->state = CONN_WORKING;
	if (!route_check(&c->req))
		return true;
	c->state = CONN_READING;
	c->checked = true;
	if ((c->http1.flags & HTTP1_F_CONTINUE) == 0)
		return false;
	return buf_put(c->carrier.out, go_on, sizeof(go_on) - 1) == 0;
}

/* A whole request is at the front of the input. */
static void
run_request(struct conn *c)
{
	struct http1 *h = &c->http1;
	struct request *r = &c->req;

	c->first = c->checked = c->begun = false;
	c->last = (h->flags & HTTP1_F_KEEP_ALIVE) == 0;
	c->state = CONN_WORKING;
	c->deadline = 0; /* the monitor has its own */
	request_fill(&c->req, &c->carrier, &c->http1, buf_ptr(c->in));
	if ((h->flags & HTTP1_F_CHUNKED) != 0 && h->body_len > 0) {
		c->body_size = h->body_len;
		c->body = xmalloc(c->body_size);
	}
	r->body.p = (const char *)http1_body(h, buf_ptr(c->in), c->body);
	r->body.len = h->body_len;
	if (route_check(r))
		route_run(r);
	request_forget(r);
	body_wipe(c);
	buf_consume(c->in, h->end);
	request_begin(h, c->env);
}

/* Does what can be done with the input.  False: more of it is needed. */
static bool
next_request(struct conn *c)
{
	if (buf_len(c->in) == 0)
		return false;
	if (c->first && http2_preface(buf_ptr(c->in), buf_len(c->in))) {
		if (buf_len(c->in) < HTTP2_PREFACE_LEN)
			return false;
		http2_start(c, c->env, c->deadline);
		return true;
	}
	switch (http1_parse(&c->http1, buf_ptr(c->in), buf_len(c->in))) {
	case HTTP1_COMPLETE:
		run_request(c);
		return true;
	case HTTP1_BAD:
		c->state = CONN_WORKING;
		reply_bad(&c->carrier, c->http1.status, c->http1.reason);
		return true;
	case HTTP1_MORE:
		break;
	}
	return check_head(c);
}

/* --- the connection's turn --- */

/* The time for a later request runs from its first byte. */
static void
await_rest(struct conn *c)
{
	if (c->first || c->begun || buf_len(c->in) == 0)
		return;
	c->begun = true;
	c->deadline = loop_now() + c->env->limits.request_ms;
}

/*
 * Goes on with whatever can go on: sends, runs requests, asks for more
 * output.  What runs below it may put output and change the state, but does
 * not come back in here.
 */
static void
conn_go(struct conn *c)
{
	unsigned rounds = 0;

	if (c->busy)
		return;
	c->busy = true;
	c->hungry = false;
	while (conn_flush(c) && buf_len(c->carrier.out) == 0) {
		if (c->state == CONN_READING) {
			if (!next_request(c)) {
				await_rest(c);
				break;
			}
		} else if (c->state == CONN_UPGRADED) {
			if (rounds++ == OUTPUT_ROUNDS) {
				c->hungry = true;
				break;
			}
			if (!c->ops->output(c->arg))
				break;
		} else {
			if (c->state == CONN_CLOSING)
				conn_linger(c);
			break;
		}
	}
	c->busy = false;
	/* It may have been put into the last moment of a round. */
	if (c->state == CONN_CLOSING && buf_len(c->carrier.out) == 0)
		conn_linger(c);
	conn_want(c);
}

/* Reads once.  False: the connection is dead. */
static bool
conn_read(struct conn *c)
{
	size_t room = buf_room(c->in);
	uint8_t *to;
	ssize_t n;

	if (room > READ_SIZE)
		room = READ_SIZE;
	/* The parser has refused before it is full; see HTTP1_REQUEST_MAX. */
	if (room == 0 || buf_reserve(c->in, room, &to) != 0) {
		conn_kill(c);
		return false;
	}
	n = recv(c->fd, to, room, 0);
	if (n == -1 &&
	    (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return true;
	if (n <= 0) {
		conn_kill(c);
		return false;
	}
	buf_commit(c->in, (size_t)n);
	c->heard_at = loop_now();
	switch (c->state) {
	case CONN_READING:
		break;
	case CONN_UPGRADED:
		c->busy = true;
		c->ops->input(c->arg, buf_ptr(c->in), buf_len(c->in));
		c->busy = false;
		buf_reset(c->in);
		break;
	default:
		buf_reset(c->in);
		break;
	}
	return true;
}

static void
on_io(int fd, unsigned events, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	if (c->state == CONN_DEAD)
		return;
	if (c->state == CONN_WORKING) {
		conn_watch(c, 0);
		return;
	}
	if (events & LOOP_READ && !conn_read(c))
		return;
	conn_go(c);
}

static void
on_tick(void *arg)
{
	struct env *env = arg;
	struct conn *c, *next;
	uint64_t now = loop_now();

	TAILQ_FOREACH_SAFE (c, &env->conns, link, next) {
		if (c->state == CONN_UPGRADED) {
			if (!c->oneway &&
			    now - c->heard_at >
				WS_DEAD_PINGS * c->env->limits.ping_ms)
				conn_kill(c);
			else
				c->ops->tick(c->arg, now - c->heard_at);
		} else if (c->deadline != 0 && now > c->deadline)
			conn_kill(c);
	}
	loop_timer_arm(env->tick, 1000);
}

/* --- the connection as a carrier of HTTP/1.1 --- */

static struct conn *
conn_of(struct carrier *via)
{
	return (struct conn *)(void *)via;
}

/* The reply is whole. */
static void
on_reply(struct carrier *via, const struct reply *reply)
{
	struct conn *c = conn_of(via);
	bool last = c->last || reply->last;

	if (reply->secret)
		buf_make_secret(via->out);
	if (!reply_write(reply, via->out, last)) {
		/* The reply before this one is not taken: give up. */
		buf_reset(via->out);
		last = true;
	}
	if (c->state != CONN_WORKING)
		return;
	c->state = last ? CONN_CLOSING : CONN_READING;
	c->deadline = loop_now() + c->env->limits.write_ms;
	conn_go(c);
}

static void
on_trust(struct carrier *via, const uint8_t digest[TOKEN_DIGEST])
{
	conn_trust(conn_of(via), digest);
}

static bool
on_trusted(const struct carrier *via)
{
	return conn_is_trusted((const struct conn *)(const void *)via);
}

static void
on_distrust(struct carrier *via)
{
	struct conn *c = conn_of(via);

	if (conn_distrust(c))
		c->last = true;
}

static void
on_upgrade(struct carrier *via, const struct request *r,
    const struct conn_ops *ops, void *arg)
{
	reply_switch(r, via->out);
	conn_upgrade(conn_of(via), ops, arg);
}

/*
 * The body ends with the connection: nothing can follow.  It is in chunks all
 * the same, so that a client sees whether it was cut amid one.
 */
static void
on_stream(struct carrier *via, struct reply *reply, const struct conn_ops *ops,
    void *arg)
{
	struct conn *c = conn_of(via);

	via->chunked = !c->req.http10;
	if (via->chunked)
		reply_field(reply, "Transfer-Encoding", "chunked");
	c->oneway = true;
	if (!reply_write(reply, via->out, true))
		fatal("a stream's head finds no room");
	conn_upgrade(c, ops, arg);
}

static void
on_pump(struct carrier *via)
{
	conn_pump(conn_of(via));
}

static void
on_pause(struct carrier *via, bool paused)
{
	conn_pause(conn_of(via), paused);
}

static void
on_finish(struct carrier *via)
{
	conn_finish(conn_of(via));
}

static const struct carrier_ops carrier_ops = {
	.reply = on_reply,
	.trust = on_trust,
	.distrust = on_distrust,
	.trusted = on_trusted,
	.upgrade = on_upgrade,
	.stream = on_stream,
	.pump = on_pump,
	.pause = on_pause,
	.finish = on_finish,
};

/* --- for the other files --- */

void
conn_init(struct env *env)
{
	TAILQ_INIT(&env->conns);
	TAILQ_INIT(&env->subscribers);
	limits_default(&env->limits);
	TAILQ_INIT(&env->dead);
	env->reap_timer = loop_timer_new(env->loop, on_reap, env);
	env->tick = loop_timer_new(env->loop, on_tick, env);
	loop_timer_arm(env->tick, 1000);
}

void
conn_new(struct env *env, int fd)
{
	struct conn *c = xcalloc(1, sizeof(*c));
	int on = 1;

	/* Keystrokes must not wait for one another; on AF_UNIX it fails. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	c->env = env;
	c->fd = fd;
	c->state = CONN_READING;
	c->first = true;
	c->in = buf_new_secret(HTTP1_REQUEST_MAX + READ_SIZE);
	c->carrier.ops = &carrier_ops;
	c->carrier.env = env;
	c->carrier.out = buf_new(OUT_MAX);
	c->heard_at = loop_now();
	c->deadline = c->heard_at + c->env->limits.first_ms;
	request_begin(&c->http1, env);
	c->io = loop_io_new(env->loop, fd, on_io, c);
	TAILQ_INSERT_TAIL(&env->conns, c, link);
	env->nconns++;
	conn_want(c);
}

/* The monitor has been asked, and may say that a token is good. */
static bool
is_working(struct conn *c)
{
	if (c->state == CONN_UPGRADED && c->ops->working != NULL)
		return c->ops->working(c->arg);
	return c->state == CONN_WORKING;
}

bool
conn_evict(struct env *env)
{
	struct conn *c;

	/* The list is in the order of accepting. */
	TAILQ_FOREACH (c, &env->conns, link) {
		if (!c->trusted && !is_working(c)) {
			conn_kill(c);
			return true;
		}
	}
	return false;
}

struct buf *
conn_out(struct conn *c)
{
	return c->carrier.out;
}

void
conn_trust(struct conn *c, const uint8_t digest[TOKEN_DIGEST])
{
	unsigned i;

	c->trusted = true;
	for (i = 0; i < c->ndigests && i < CONN_TOKENS; i++)
		if (memcmp(c->digests[i], digest, TOKEN_DIGEST) == 0)
			return;
	/* It was good when it was judged, and has ended since. */
	for (i = 0; i < GONE_MAX; i++)
		if (memcmp(c->env->gone[i], digest, TOKEN_DIGEST) == 0) {
			conn_kill(c);
			return;
		}
	if (c->ndigests < CONN_TOKENS)
		memcpy(c->digests[c->ndigests], digest, TOKEN_DIGEST);
	if (c->ndigests <= CONN_TOKENS)
		c->ndigests++;
}

bool
conn_is_trusted(const struct conn *c)
{
	return c->trusted;
}

bool
conn_distrust(struct conn *c)
{
	return ++c->wrong >= WRONG_MAX && !c->trusted;
}

/* Whether it may have brought that token. */
static bool
brought(const struct conn *c, const uint8_t digest[TOKEN_DIGEST])
{
	unsigned i;

	for (i = 0; i < c->ndigests && i < CONN_TOKENS; i++)
		if (memcmp(c->digests[i], digest, TOKEN_DIGEST) == 0)
			return true;
	return c->ndigests > CONN_TOKENS;
}

void
conn_token_gone(struct env *env, const uint8_t digest[TOKEN_DIGEST])
{
	struct conn *c, *next;

	memcpy(env->gone[env->ngone++ % GONE_MAX], digest, TOKEN_DIGEST);
	for (c = TAILQ_FIRST(&env->conns); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		if (brought(c, digest))
			conn_kill(c);
	}
}

void
conn_upgrade(struct conn *c, const struct conn_ops *ops, void *arg)
{
	bool busy = c->busy;

	c->ops = ops;
	c->arg = arg;
	/* Its token has ended while the monitor made the answer. */
	if (c->state == CONN_DEAD)
		return;
	c->state = CONN_UPGRADED;
	c->deadline = 0;
	/* A client may have sent its first frame without waiting for 101. */
	if (buf_len(c->in) > 0) {
		c->busy = true;
		ops->input(arg, buf_ptr(c->in), buf_len(c->in));
		c->busy = busy;
		buf_reset(c->in);
	}
	conn_go(c);
}

void
conn_pump(struct conn *c)
{
	conn_go(c);
}

void
conn_pause(struct conn *c, bool paused)
{
	if (c->paused == paused)
		return;
	c->paused = paused;
	/* Otherwise it comes at the end of what is under way. */
	if (!c->busy)
		conn_want(c);
}

void
conn_finish(struct conn *c)
{
	if (c->state == CONN_DEAD || c->state == CONN_LINGER)
		return;
	c->state = CONN_CLOSING;
	c->deadline = loop_now() + c->env->limits.write_ms;
	conn_go(c);
}

uint64_t
conn_stuck_ms(const struct conn *c)
{
	return c->stuck_at != 0 ? loop_now() - c->stuck_at : 0;
}

void
conn_abort(struct conn *c)
{
	conn_kill(c);
}
