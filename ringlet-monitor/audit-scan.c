/*
 * Reading all files of the audit log without holding up the loop.
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
	int dir;
	struct audit_files files;
	size_t next; /* of them */
	int last;    /* the file after them ... */
	off_t last_size;
	bool ended; /* ... which is read, or has been */
	int fd;	    /* what is being read */
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
	fd_close(s->dir);
	fd_close(s->last);
	fd_close(s->fd);
	audit_files_clear(&s->files);
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

/* Goes on to the next file.  False: there is none. */
static bool
next_file(struct audit_scan *s)
{
	const struct audit_file *f;

	fd_close(s->fd);
	s->fd = -1;
	s->at = s->size = 0;
	if (s->next < s->files.n) {
		f = &s->files.v[s->next++];
		audit_verify_file(s->v, f->name);
		s->fd = audit_files_open(s->dir, f->name);
		if (s->fd == -1)
			audit_verify_add(s->v, "file", "cannot be opened: %s",
			    strerror(errno));
		else
			s->size = (off_t)f->size;
		return true;
	}
	if (s->ended)
		return false;
	s->ended = true;
	audit_verify_file(s->v, "");
	s->fd = s->last;
	s->size = s->last_size;
	s->last = -1;
	return true;
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
	if (n == 0 && !next_file(s))
		finish(s);
	else
		loop_timer_arm(s->timer, 0);
}

struct audit_scan *
audit_scan_start(struct loop *loop, int dir, struct audit_files *files, int fd,
    off_t size, struct audit_verify *v, audit_scan_cb cb, void *arg)
{
	struct audit_scan *s = xcalloc(1, sizeof(*s));

	s->dir = dir;
	s->files = *files;
	memset(files, 0, sizeof(*files));
	s->last = fd;
	s->last_size = fd != -1 ? size : 0;
	s->fd = -1;
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
