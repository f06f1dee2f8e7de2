/*
 * Where a viewer reads the ring.
 *
 * One that begins at a byte which is there, and whose terminal is as it should
 * be at that byte, just goes on.  For all others there is no place in the
 * output where a terminal could begin, but those for which a screen was saved:
 * it draws that one, and reads every byte from there.  So two viewers show the
 * same, whenever they came.
 */

#include "config.h"

#include "err.h"
#include "msgdef.h"
#include "peer.h"
#include "ring-write.h"
#include "sandboxer.h"

#define UNREAD_MAX 1024 /* bytes that a viewer which asks has not read */

/*
 * The changes of the size that come after where the viewer begins.  It is told
 * before it may read there: else it could read on beyond one of them.
 */
static void
send_sizes(struct viewer *v, uint64_t offset, unsigned int cols,
    unsigned int rows)
{
	const struct screens *sc = &v->session->screens;
	struct msg_viewer_size size;
	size_t i;

	for (i = 0; i < sc->nsizes; i++) {
		size.offset = sc->sizes[i].offset;
		size.cols = sc->sizes[i].cols;
		size.rows = sc->sizes[i].rows;
		if (size.offset < offset ||
		    (size.cols == cols && size.rows == rows))
			continue;
		(void)peer_send(v->peer, MSG_VIEWER_SIZE, &size, NULL, 0);
		cols = sc->sizes[i].cols;
		rows = sc->sizes[i].rows;
	}
}

static void
send_screen(struct viewer *v, uint32_t id, const struct screen *at)
{
	const struct msg_viewer_screen m = { .offset = at->offset,
		.cols = at->cols,
		.rows = at->rows,
		.exact = at->exact };

	v->seeking = false;
	v->at = at->offset;
	send_sizes(v, at->offset, at->cols, at->rows);
	(void)peer_reply(v->peer, id, MSG_VIEWER_SCREEN, &m, &at->fd, 1);
}

static void
send_from(struct viewer *v, uint32_t id, uint64_t offset)
{
	struct msg_viewer_from m = { .offset = offset };
	unsigned int cols, rows;

	screens_size(&v->session->screens, offset, &cols, &rows);
	m.cols = cols;
	m.rows = rows;
	v->at = offset;
	send_sizes(v, offset, cols, rows);
	(void)peer_reply(v->peer, id, MSG_VIEWER_FROM, &m, NULL, 0);
}

static int
no_screen(struct viewer *v, uint32_t id)
{
	v->seeking = false;
	return peer_reply_error(v->peer, id, RL_ERR_UNAVAILABLE,
	    "session %s: what its terminal shows is not known: its screen "
	    "keeper has failed",
	    v->session->id);
}

/*
 * Where to read.  Safe: an offset is only compared.  What is asked for twice
 * at once is a violation, so a viewer costs one screen at a time; so is to ask
 * without reading the answers, each of which holds a descriptor of ours.
 */
int
on_viewer_seek(struct peer *p, struct msg *m)
{
	struct viewer *v = peer_arg(p);
	struct session *s = v->session;
	const struct msg_viewer_seek *seek = m->body;
	const struct screen *at;
	uint64_t head, tail;

	if (v->seeking || seek->offset < SEEK_SCREEN ||
	    peer_backlog(p) > UNREAD_MAX)
		return RL_ERR_INVALID;
	if (s->ring == NULL)
		return peer_reply_error(p, m->hdr.id, RL_ERR_STATE,
		    "session %s has ended", s->id);
	keeper_retry(s);
	head = ring_writer_head(s->ring);
	tail = ring_writer_tail(s->ring);
	if (seek->offset == SEEK_SCREEN) {
		at = screens_newest(&s->screens);
		if (!keeper_works(s))
			return no_screen(v, m->hdr.id);
		if (at->offset == head) {
			send_screen(v, m->hdr.id, at);
			return 0;
		}
		v->seeking = true;
		v->wanted = head;
		v->seek_id = m->hdr.id;
		keeper_save(s);
		return 0;
	}
	if (seek->offset >= 0 && (uint64_t)seek->offset > head)
		return peer_reply_error(p, m->hdr.id, RL_ERR_INVALID,
		    "offset %lld is beyond the %llu bytes that there are",
		    (long long)seek->offset, (unsigned long long)head);
	if (seek->offset >= 0 && (uint64_t)seek->offset >= tail) {
		send_from(v, m->hdr.id, (uint64_t)seek->offset);
		pump_flow(s);
		return 0;
	}
	if (seek->offset == SEEK_OLDEST && tail == 0) {
		send_from(v, m->hdr.id, 0);
		pump_flow(s);
		return 0;
	}
	/* Not one that is about to leave the ring. */
	at = screens_from(
	    &s->screens, tail + ring_writer_capacity(s->ring) / 8);
	if (at == NULL)
		at = screens_newest(&s->screens);
	if (at->offset < tail)
		return no_screen(v, m->hdr.id);
	send_screen(v, m->hdr.id, at);
	pump_flow(s);
	return 0;
}

void
viewers_screen(struct session *s, uint64_t upto)
{
	struct viewer *v;

	TAILQ_FOREACH (v, &s->viewers, link) {
		if (v->seeking && v->wanted <= upto)
			send_screen(
			    v, v->seek_id, screens_newest(&s->screens));
	}
}

void
viewers_no_screen(struct session *s)
{
	struct viewer *v;

	TAILQ_FOREACH (v, &s->viewers, link) {
		if (v->seeking)
			(void)no_screen(v, v->seek_id);
	}
}

bool
viewers_want_screen(const struct session *s)
{
	const struct viewer *v;

	TAILQ_FOREACH (v, &s->viewers, link) {
		if (v->seeking)
			return true;
	}
	return false;
}
