/*
 * One client's connection: bytes in, bytes out, and an end in good time.  What
 * the bytes mean is conn-http1.c's, until http2.c, ws.c or a stream takes over
 * (conn_upgrade()); which tokens have come is conn-token.c's.
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
#include "conn.h"
#include "fdpass.h"
#include "loop.h"
#include "xmalloc.h"

#define ANSWERS_MAX (192 * 1024) /* bytes untaken: no more is read */
#define OUTPUT_TURN (32 * 1024)	 /* bytes sent before others get a turn */
#define PIECE_LEAST 4096	 /* that a piece counts for, however short */

/* Bytes that the socket has not taken. */
static size_t
unsent(const struct conn *c)
{
	return buf_len(c->carrier.out) + c->fixed_len;
}

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
	if (unsent(c) > 0 || c->hungry)
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
conn_free(struct conn *c)
{
	if (c->ops != NULL)
		c->ops->free(c->arg);
	loop_io_free(c->io);
	conn_forget_body(c);
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
void
conn_abort(struct conn *c)
{
	struct env *env = c->env;

	if (c->state == CONN_DEAD)
		return;
	request_cancel(&c->req);
	limits_owe(env, &c->owed, 0);
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
		conn_abort(c);
}

/*
 * The client has taken n bytes.  An interim reply, amid a request, changes
 * nothing for its time.
 */
static void
conn_sent(struct conn *c, size_t n)
{
	const struct limits *l = &c->env->limits;

	if (buf_len(c->carrier.out) > 0)
		buf_consume(c->carrier.out, n);
	else {
		c->fixed += n;
		c->fixed_len -= n;
	}
	if (c->owed > buf_len(c->carrier.out))
		limits_owe(c->env, &c->owed, buf_len(c->carrier.out));
	if (c->state != CONN_UPGRADED && !c->checked)
		c->deadline =
		    loop_now() + (unsent(c) > 0 ? l->write_ms : l->idle_ms);
}

/* Sends what the socket takes.  False: the connection is dead. */
static bool
conn_flush(struct conn *c)
{
	ssize_t n;

	while (c->state != CONN_DEAD && unsent(c) > 0) {
		if (buf_len(c->carrier.out) > 0)
			n = send(c->fd, buf_ptr(c->carrier.out),
			    buf_len(c->carrier.out), MSG_NOSIGNAL);
		else
			n = send(c->fd, c->fixed, c->fixed_len, MSG_NOSIGNAL);
		if (n >= 0) {
			c->stuck_at = 0;
			conn_sent(c, (size_t)n);
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			if (c->stuck_at == 0)
				c->stuck_at = loop_now();
			break;
		} else if (errno != EINTR)
			conn_abort(c);
	}
	return c->state != CONN_DEAD;
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
 * not come back in here.  After one large piece of output others get their
 * turn: a key and its echo both wait for as many of them as there are viewers
 * of floods.  So they do after some small ones, which each take a call to send,
 * and may come as fast as they go.
 */
void
conn_pump(struct conn *c)
{
	size_t turn = 0, piece;

	if (c->busy)
		return;
	c->busy = true;
	c->hungry = false;
	while (conn_flush(c) && unsent(c) == 0) {
		if (c->state == CONN_READING) {
			if (!conn_next_request(c)) {
				await_rest(c);
				break;
			}
		} else if (c->state == CONN_UPGRADED) {
			if (turn >= OUTPUT_TURN) {
				c->hungry = true;
				break;
			}
			if (!c->ops->output(c->arg))
				break;
			piece = unsent(c);
			turn += piece > PIECE_LEAST ? piece : PIECE_LEAST;
		} else {
			if (c->state == CONN_CLOSING)
				conn_linger(c);
			break;
		}
	}
	c->busy = false;
	/* It may have been put into the last moment of a round. */
	if (c->state == CONN_CLOSING && unsent(c) == 0)
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
		conn_abort(c);
		return false;
	}
	n = recv(c->fd, to, room, 0);
	if (n == -1 &&
	    (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return true;
	if (n <= 0) {
		conn_abort(c);
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
	conn_pump(c);
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
				conn_abort(c);
			else
				c->ops->tick(c->arg, now - c->heard_at);
		} else if (c->deadline != 0 && now > c->deadline)
			conn_abort(c);
	}
	loop_timer_arm(env->tick, 1000);
}

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
	c->carrier.ops = &conn_http1_ops;
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

struct buf *
conn_out(struct conn *c)
{
	return c->carrier.out;
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
	conn_pump(c);
}

/*
 * Who only listens is never asked to answer.  What it is told now and then is
 * acknowledged by its machine, as long as that is there: if not, the kernel
 * ends the connection after the time for which a WebSocket may be silent.  It
 * would try for a quarter of an hour else.  On AF_UNIX it fails, where an end
 * cannot be lost.
 */
void
conn_listens(struct conn *c)
{
	unsigned ms = (unsigned)(WS_DEAD_PINGS * c->env->limits.ping_ms);

	c->oneway = true;
	(void)setsockopt(
	    c->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
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
	conn_pump(c);
}

uint64_t
conn_stuck_ms(const struct conn *c)
{
	return c->stuck_at != 0 ? loop_now() - c->stuck_at : 0;
}
