/*
 * What is counted of a client's HTTP/2 frames.
 *
 * Each kind of frame that a server must answer, or take note of, has been used
 * to keep one busy: a stream that is reset as soon as it is opened, or made to
 * be reset; a header block without an end; pings and settings by the thousand.
 * The library that parses the frames answers them all, so they are counted
 * before it sees them.  http2.c passes every byte through here first and ends
 * the connection at the first word of complaint.
 *
 * It is a pure function over bytes and a clock.  It looks at the frames' nine
 * bytes of head and at nothing else, and takes no length from them but to skip
 * the payload: what is wrong with a frame is the library's affair.
 */
#include "config.h"

#include <string.h>

#include "http2.h"

void
h2_watch_init(struct h2_watch *w, uint64_t now)
{
	memset(w, 0, sizeof(*w));
	w->skip = HTTP2_PREFACE_LEN;
	w->period_at = now;
}

/* What was to the client's credit stays; what was against it is forgotten. */
static void
new_period(struct h2_watch *w, uint64_t now)
{
	if (now - w->period_at < H2_WATCH_MS)
		return;
	w->period_at = now;
	w->faults = 0;
	if (w->chatter > 0)
		w->chatter = 0;
}

static void
credit(struct h2_watch *w)
{
	w->chatter -= H2_CHATTER_CREDIT;
	if (w->chatter < -H2_CREDIT_MAX)
		w->chatter = -H2_CREDIT_MAX;
}

/* A frame of a header block; what is no CONTINUATION in one is an error. */
static const char *
judge_block(
    struct h2_watch *w, size_t len, uint8_t type, uint8_t flags, uint64_t now)
{
	if (type == NGHTTP2_HEADERS) {
		w->in_block = true;
		w->block_bytes = 0;
		w->continuations = 0;
		w->block_at = now;
	} else if (!w->in_block)
		return NULL;
	else if (type != NGHTTP2_CONTINUATION ||
		 ++w->continuations > H2_CONTINUATIONS_MAX)
		return "a header block in too many frames";
	w->block_bytes += len;
	if (w->block_bytes > H2_BLOCK_MAX)
		return "a header block that is too long";
	if (flags & NGHTTP2_FLAG_END_HEADERS)
		w->in_block = false;
	return NULL;
}

static const char *
judge(struct h2_watch *w, uint64_t now)
{
	const uint8_t *p = w->head;
	size_t len = (size_t)p[0] << 16 | (size_t)p[1] << 8 | p[2];
	uint8_t type = p[3], flags = p[4];
	const char *why;

	w->skip = len;
	new_period(w, now);
	if ((why = judge_block(w, len, type, flags, now)) != NULL)
		return why;
	switch (type) {
	case NGHTTP2_DATA:
		/* Padding makes many bytes of nothing. */
		if ((len == 0 && (flags & NGHTTP2_FLAG_END_STREAM) == 0) ||
		    flags & NGHTTP2_FLAG_PADDED)
			w->chatter++;
		break;
	case NGHTTP2_HEADERS:
		credit(w);
		break;
	case NGHTTP2_RST_STREAM:
		return h2_watch_reset(w, now);
	default:
		w->chatter++;
		break;
	}
	return w->chatter > H2_CHATTER_MAX ? "frames that ask for nothing"
					   : NULL;
}

const char *
h2_watch_input(struct h2_watch *w, const uint8_t *p, size_t len, uint64_t now)
{
	const char *why;
	size_t n;

	while (len > 0) {
		if (w->skip > 0) {
			n = len < w->skip ? len : w->skip;
			w->skip -= n;
		} else {
			n = sizeof(w->head) - w->have;
			n = len < n ? len : n;
			memcpy(w->head + w->have, p, n);
			w->have += n;
		}
		p += n;
		len -= n;
		if (w->have < sizeof(w->head))
			continue;
		w->have = 0;
		if ((why = judge(w, now)) != NULL)
			return why;
	}
	return NULL;
}

void
h2_watch_sent(struct h2_watch *w)
{
	credit(w);
}

const char *
h2_watch_reset(struct h2_watch *w, uint64_t now)
{
	new_period(w, now);
	return ++w->faults > H2_FAULTS_MAX ? "streams that are reset" : NULL;
}

uint64_t
h2_watch_block_ms(const struct h2_watch *w, uint64_t now)
{
	return w->in_block ? now - w->block_at : 0;
}
