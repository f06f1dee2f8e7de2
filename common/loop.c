/*
 * The event loop, over libevent's core.
 */

#include "config.h"

#include <sys/queue.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include <event2/event.h>

#include "err.h"
#include "fdpass.h"
#include "log.h"
#include "loop.h"
#include "platform.h"
#include "xmalloc.h"

struct loop {
	struct event_base *base;
	TAILQ_HEAD(, loop_signal) signals; /* told by sigfd */
	sigset_t sigset;
	int sigfd; /* -1: none yet */
	struct loop_io *sig_io;
};

struct loop_io {
	struct event *ev;
	struct event_base *base;
	unsigned want;
	void (*cb)(int, unsigned, void *);
	void *arg;
};

struct loop_timer {
	struct event *ev;
	void (*cb)(void *);
	void *arg;
};

struct loop_signal {
	struct loop *loop;
	int signo;
	struct event *ev; /* NULL: told by the loop's sigfd */
	void (*cb)(int, void *);
	void *arg;
	TAILQ_ENTRY(loop_signal) link;
};

struct loop *
loop_new(void)
{
	struct loop *l = xcalloc(1, sizeof(*l));
	struct event_config *cfg;

	if ((cfg = event_config_new()) == NULL)
		fatal("libevent could not start");
	/* One thread uses a loop: no locks. */
	event_config_set_flag(
	    cfg, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV);
	l->base = event_base_new_with_config(cfg);
	event_config_free(cfg);
	if (l->base == NULL)
		fatal("libevent could not start");
	TAILQ_INIT(&l->signals);
	sigemptyset(&l->sigset);
	l->sigfd = -1;
	return l;
}

void
loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	loop_io_free(l->sig_io);
	fd_close(l->sigfd);
	event_base_free(l->base);
	free(l);
}

int
loop_run(struct loop *l)
{
	/* Without anything to wait for it would spin: that is a mistake. */
	return event_base_loop(l->base, EVLOOP_NO_EXIT_ON_EMPTY) == -1
	    ? RL_ERR_SYSTEM
	    : 0;
}

void
loop_stop(struct loop *l)
{
	event_base_loopbreak(l->base);
}

static void
on_io(evutil_socket_t fd, short what, void *arg)
{
	struct loop_io *io = arg;
	unsigned events = 0;

	if (what & EV_READ)
		events |= LOOP_READ;
	if (what & EV_WRITE)
		events |= LOOP_WRITE;
	io->cb((int)fd, events, io->arg);
}

struct loop_io *
loop_io_new(struct loop *l, int fd,
    void (*cb)(int fd, unsigned events, void *arg), void *arg)
{
	struct loop_io *io = xcalloc(1, sizeof(*io));

	io->base = l->base;
	io->cb = cb;
	io->arg = arg;
	if ((io->ev = event_new(l->base, fd, EV_PERSIST, on_io, io)) == NULL)
		fatal("out of memory (event)");
	return io;
}

void
loop_io_want(struct loop_io *io, unsigned events)
{
	evutil_socket_t fd = event_get_fd(io->ev);
	short what = EV_PERSIST;

	if (events == io->want)
		return;
	if (io->want != 0)
		event_del(io->ev);
	io->want = events;
	if (events == 0)
		return;
	if (events & LOOP_READ)
		what |= EV_READ;
	if (events & LOOP_WRITE)
		what |= EV_WRITE;
	if (event_assign(io->ev, io->base, fd, what, on_io, io) == -1 ||
	    event_add(io->ev, NULL) == -1)
		fatal("cannot watch descriptor %d", (int)fd);
}

void
loop_io_free(struct loop_io *io)
{
	if (io == NULL)
		return;
	event_free(io->ev);
	free(io);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct loop_timer *t = arg;

	(void)fd;
	(void)what;
	t->cb(t->arg);
}

struct loop_timer *
loop_timer_new(struct loop *l, void (*cb)(void *arg), void *arg)
{
	struct loop_timer *t = xcalloc(1, sizeof(*t));

	t->cb = cb;
	t->arg = arg;
	if ((t->ev = evtimer_new(l->base, on_timer, t)) == NULL)
		fatal("out of memory (timer)");
	return t;
}

void
loop_timer_arm(struct loop_timer *t, uint64_t ms)
{
	struct timeval tv;

	tv.tv_sec = (time_t)(ms / 1000);
	tv.tv_usec = (suseconds_t)(ms % 1000) * 1000;
	if (evtimer_add(t->ev, &tv) == -1)
		fatal("cannot arm a timer");
}

void
loop_timer_soon(struct loop_timer *t)
{
	/* libevent runs what becomes active last, before it waits again. */
	event_active(t->ev, EV_TIMEOUT, 0);
}

void
loop_timer_disarm(struct loop_timer *t)
{
	evtimer_del(t->ev);
}

void
loop_timer_free(struct loop_timer *t)
{
	if (t == NULL)
		return;
	event_free(t->ev);
	free(t);
}

/* --- signals --- */

/*
 * By a descriptor where there is one: a handler would have the kernel save the
 * registers on our stack, and with them pieces of whatever was just copied,
 * such as a key.
 */

static void
on_signal_event(evutil_socket_t signo, short what, void *arg)
{
	struct loop_signal *s = arg;

	(void)what;
	s->cb((int)signo, s->arg);
}

static void
on_signal_fd(int fd, unsigned events, void *arg)
{
	struct loop *l = arg;
	struct loop_signal *s, *next;
	int signo;

	(void)events;
	while ((signo = platform_signal_next(fd)) != 0)
		for (s = TAILQ_FIRST(&l->signals); s != NULL; s = next) {
			next = TAILQ_NEXT(s, link);
			if (s->signo == signo)
				s->cb(signo, s->arg);
		}
}

static bool
is_watched(const struct loop *l, int signo)
{
	const struct loop_signal *s;

	TAILQ_FOREACH(s, &l->signals, link)
		if (s->signo == signo)
			return true;
	return false;
}

/* Blocks or unblocks one signal and has the descriptor tell it, or not. */
static bool
tell_by_fd(struct loop *l, int signo, bool told)
{
	sigset_t one;
	int fd;

	sigemptyset(&one);
	sigaddset(&one, signo);
	if (told)
		sigaddset(&l->sigset, signo);
	else
		sigdelset(&l->sigset, signo);
	if ((fd = platform_signal_fd(l->sigfd, &l->sigset)) == -1) {
		sigdelset(&l->sigset, signo);
		return false;
	}
	if (l->sigfd == -1) {
		l->sigfd = fd;
		l->sig_io = loop_io_new(l, fd, on_signal_fd, l);
		loop_io_want(l->sig_io, LOOP_READ);
	}
	if (sigprocmask(told ? SIG_BLOCK : SIG_UNBLOCK, &one, NULL) == -1)
		fatal("sigprocmask: signal %d", signo);
	return true;
}

struct loop_signal *
loop_signal_new(struct loop *l, int signo,
    void (*cb)(int signo, void *arg), void *arg)
{
	struct loop_signal *s = xcalloc(1, sizeof(*s));

	s->loop = l;
	s->signo = signo;
	s->cb = cb;
	s->arg = arg;
	if (is_watched(l, signo) || tell_by_fd(l, signo, true)) {
		TAILQ_INSERT_TAIL(&l->signals, s, link);
		return s;
	}
	s->ev = evsignal_new(l->base, signo, on_signal_event, s);
	if (s->ev == NULL || event_add(s->ev, NULL) == -1)
		fatal("cannot watch signal %d", signo);
	return s;
}

void
loop_signal_free(struct loop_signal *s)
{
	if (s == NULL)
		return;
	if (s->ev != NULL)
		event_free(s->ev);
	else {
		TAILQ_REMOVE(&s->loop->signals, s, link);
		if (!is_watched(s->loop, s->signo))
			tell_by_fd(s->loop, s->signo, false);
	}
	free(s);
}

uint64_t
loop_now(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		fatal("clock_gettime: no monotonic clock");
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}
