/*
 * Reading a whole audit log without holding up the loop.
 */

#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit-scan.h"
#include "fdpass.h"
#include "loop.h"
#include "xmalloc.h"

#define PIECE (64 * 1024) /* bytes a turn: a millisecond or two */

struct audit_scan {
	int fd;
	off_t at;
	off_t size;
	struct audit_verify *v;
	struct loop_timer *timer;
	audit_scan_cb cb;
	void *arg;
};

static void
scan_free(struct audit_scan *s)
{
	fd_close(s->fd);
	loop_timer_free(s->timer);
	audit_verify_free(s->v);
	free(s);
}

static void
finish(struct audit_scan *s)
{
	audit_scan_cb cb = s->cb;
	struct audit_verify *v = s->v;
	void *arg = s->arg;

	s->v = NULL;
	scan_free(s);
	cb(arg, v);
}

static void
on_turn(void *arg)
{
	struct audit_scan *s = arg;
	size_t want = PIECE;
	char piece[PIECE];
	ssize_t n;

	if (s->size - s->at < PIECE)
		want = (size_t)(s->size - s->at);
	n = want > 0 ? pread(s->fd, piece, want, s->at) : 0;
	if (n == -1 && errno != EINTR) {
		audit_verify_add(
		    s->v, "file", "cannot be read: %s", strerror(errno));
		n = 0;
	}
	if (n > 0) {
		audit_verify_feed(s->v, piece, (size_t)n);
		s->at += n;
	}
	if (n == 0)
		finish(s);
	else
		loop_timer_arm(s->timer, 0);
}

struct audit_scan *
audit_scan_start(struct loop *loop, int fd, off_t size, struct audit_verify *v,
    audit_scan_cb cb, void *arg)
{
	struct audit_scan *s = xcalloc(1, sizeof(*s));

	s->fd = fd;
	s->size = size;
	s->v = v;
	s->cb = cb;
	s->arg = arg;
	s->timer = loop_timer_new(loop, on_turn, s);
	loop_timer_arm(s->timer, 0);
	return s;
}

void
audit_scan_cancel(struct audit_scan *s)
{
	if (s != NULL)
		scan_free(s);
}
