/*
 * What goes out on a channel: one bounded queue of bytes, and the descriptors
 * that go with the first byte of their frame and with no other.  A peer that
 * does not read its channel loses it; nobody waits for one.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "log.h"
#include "loop.h"
#include "msgdef.h"
#include "peerint.h"
#include "valid.h"
#include "xmalloc.h"

void
peer_trace(const struct peer *p, const char *arrow, uint16_t type, uint32_t id,
    const void *body)
{
	const struct msg_type *t;
	char text[LOG_LINE_MAX / 2];

	if (log_get_level() < LOGL_TRACE || type == MSG_LOG ||
	    (t = msg_type_get(type)) == NULL)
		return;
	log_trace("%s %s %s #%u %s", p->name, arrow, t->name, id,
	    msg_print(t, body, text, sizeof(text)));
}

/* How many bytes may go in one call, and with which descriptors. */
static size_t
sendable(const struct peer *p, const int **fds, size_t *nfds)
{
	const struct fdmark *m = TAILQ_FIRST(&p->marks);
	size_t len = buf_len(p->out);

	*fds = NULL;
	*nfds = 0;
	if (m != NULL && m->pos == p->out_pos) {
		*fds = m->fds;
		*nfds = m->nfds;
		m = TAILQ_NEXT(m, link);
	}
	if (m != NULL && m->pos - p->out_pos < len)
		len = (size_t)(m->pos - p->out_pos);
	return len;
}

static void
mark_free(struct peer *p, struct fdmark *m)
{
	TAILQ_REMOVE(&p->marks, m, link);
	while (m->nfds > 0)
		fd_close(m->fds[--m->nfds]);
	free(m);
}

void
peer_drop_output(struct peer *p)
{
	while (!TAILQ_EMPTY(&p->marks))
		mark_free(p, TAILQ_FIRST(&p->marks));
	p->out_pos += buf_len(p->out);
	buf_reset(p->out);
}

void
peer_flush(struct peer *p)
{
	uint64_t before = p->out_pos;
	const int *fds;
	size_t len, nfds;
	ssize_t n;

	while (p->err == 0 && buf_len(p->out) > 0) {
		len = sendable(p, &fds, &nfds);
		n = fdpass_send(p->fd, buf_ptr(p->out), len, fds, nfds);
		if (n == RL_ERR_AGAIN)
			break;
		if (n == RL_ERR_EOF && !p->paused && p->state != PST_CLOSING) {
			/*
			 * It may have said why before it closed: that is
			 * read first, and the end of file after it is the end.
			 */
			p->gone = true;
			peer_drop_output(p);
			break;
		}
		if (n < 0) {
			peer_fail(p, (int)n, "cannot send");
			return;
		}
		if (nfds > 0)
			mark_free(p, TAILQ_FIRST(&p->marks));
		buf_consume(p->out, (size_t)n);
		p->out_pos += (uint64_t)n;
	}
	peer_time_stall(p, p->out_pos != before);
	if (p->held && !peer_is_ahead(p)) {
		p->held = false;
		loop_timer_arm(p->more_timer, 0);
	}
	peer_want(p);
}

int
peer_queue(struct peer *p, uint16_t type, uint32_t id, const void *body,
    const int *fds, size_t nfds)
{
	struct fdmark *m = NULL;
	uint64_t pos = p->out_pos + buf_len(p->out);
	int r;

	if (p->err != 0 || p->gone || p->freed)
		return RL_ERR_EOF;
	if (nfds > MSG_MAX_FDS)
		return RL_ERR_INVALID;
	if (nfds > 0) {
		m = xcalloc(1, sizeof(*m));
		m->pos = pos;
		TAILQ_INSERT_TAIL(&p->marks, m, link);
		for (; m->nfds < nfds; m->nfds++) {
			int fd = fcntl(fds[m->nfds], F_DUPFD_CLOEXEC, 3);

			if (fd == -1) {
				mark_free(p, m);
				return RL_ERR_SYSTEM;
			}
			m->fds[m->nfds] = fd;
		}
	}
	if ((r = msg_encode(p->out, type, id, nfds, body)) != 0) {
		if (m != NULL)
			mark_free(p, m);
		if (r == RL_ERR_TOOBIG) {
			peer_fail(p, RL_ERR_LIMIT, "does not read its channel");
			r = RL_ERR_LIMIT;
		}
		return r;
	}
	peer_trace(p, "<-", type, id, body);
	if (p->busy == 0)
		peer_flush(p);
	return 0;
}

int
peer_send(struct peer *p, uint16_t type, const void *body, const int *fds,
    size_t nfds)
{
	return peer_queue(p, type, 0, body, fds, nfds);
}

/* Whoever asked must not wait for an answer that cannot be sent. */
int
peer_reply(struct peer *p, uint32_t id, uint16_t type, const void *body,
    const int *fds, size_t nfds)
{
	int r = peer_queue(p, type, id, body, fds, nfds), saved = errno;

	if (r == RL_ERR_INVALID)
		peer_reply_error(p, id, RL_ERR_INTERNAL,
		    "the answer does not fit a message");
	else if (r == RL_ERR_SYSTEM)
		peer_reply_error(p, id, RL_ERR_UNAVAILABLE,
		    "no descriptor for the answer: %s", strerror(saved));
	errno = saved;
	return r;
}

void
peer_reply_long(struct peer *p, uint32_t id, uint16_t type, const void *body,
    const char *why)
{
	if (peer_queue(p, type, id, body, NULL, 0) == RL_ERR_INVALID)
		peer_reply_error(p, id, RL_ERR_TOOBIG, "%s", why);
}

int
peer_reply_error(struct peer *p, uint32_t id, int err, const char *fmt, ...)
{
	struct msg_error body = { .code = err };
	char text[512], safe[2 * sizeof(text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* It may quote a file's name, or have been cut within a character. */
	body.text = valid_utf8(text, strlen(text))
	    ? text
	    : text_escape(safe, sizeof(safe), text);
	return peer_queue(p, MSG_ERROR, id, &body, NULL, 0);
}
