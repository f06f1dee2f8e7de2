/*
 * What is counted of a client's HTTP/2 frames, and what is wrong with them
 * that the library which parses them lets pass.
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
 * the payload: what is wrong with a frame is the library's affair.  Only frames
 * that the library drops unread are judged here: those for streams that are
 * over (h2ids.c), and PRIORITY, which has no effect.
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
	h2_ids_init(&w->ids);
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

/* A frame of a header block; another kind in one the library refuses. */
static const char *
judge_block(
    struct h2_watch *w, size_t len, uint8_t type, uint8_t flags, uint64_t now)
{
	if (type == NGHTTP2_HEADERS) {
		w->in_block = true;
		w->block_bytes = 0;
		w->continuations = 0;
		w->block_at = now;
	} else if (!w->in_block || type != NGHTTP2_CONTINUATION)
		return NULL;
	else if (++w->continuations > H2_CONTINUATIONS_MAX)
		return "a header block in too many frames";
	w->block_bytes += len;
	if (w->block_bytes > H2_BLOCK_MAX)
		return "a header block that is too long";
	if (flags & NGHTTP2_FLAG_END_HEADERS)
		w->in_block = false;
	return NULL;
}

static uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

/* Identifiers and lengths; the bit above a stream's identifier is nothing. */
static size_t
frame_len(const struct h2_watch *w)
{
	return be32(w->head) >> 8;
}

static uint32_t
stream_id(const uint8_t *p)
{
	return be32(p) & 0x7fffffff;
}

/* Bytes of a frame that are looked at. */
static size_t
head_len(const struct h2_watch *w)
{
	bool priority = w->have >= H2_FRAME_HEAD &&
			w->head[3] == NGHTTP2_PRIORITY &&
			frame_len(w) == H2_PRIORITY_LEN;

	return priority ? H2_FRAME_HEAD + H2_PRIORITY_ON : H2_FRAME_HEAD;
}

/* How often: what ENHANCE_YOUR_CALM is said for. */
static const char *
count(struct h2_watch *w, uint64_t now)
{
	size_t len = frame_len(w);
	uint8_t type = w->head[3], flags = w->head[4];
	const char *why;

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

static void
judge(struct h2_watch *w, uint64_t now, struct h2_fault *fault)
{
	uint32_t id = stream_id(w->head + 5);

	w->skip = frame_len(w) - (w->have - H2_FRAME_HEAD);
	fault->code = NGHTTP2_ENHANCE_YOUR_CALM;
	if ((fault->why = count(w, now)) != NULL)
		return;
	fault->code = h2_ids_frame(&w->ids, w->head[3], w->head[4], id);
	if (fault->code != NGHTTP2_NO_ERROR) {
		fault->why = "a frame for a stream that is over or left out";
		return;
	}
	if (w->head[3] != NGHTTP2_PRIORITY)
		return;
	fault->code = NGHTTP2_PROTOCOL_ERROR;
	if (id == 0)
		fault->why = "PRIORITY for no stream";
	else if (w->have > H2_FRAME_HEAD &&
		 stream_id(w->head + H2_FRAME_HEAD) == id)
		fault->why = "PRIORITY for a stream that depends on itself";
}

size_t
h2_watch_input(struct h2_watch *w, const uint8_t *p, size_t len, uint64_t now,
    struct h2_fault *fault)
{
	size_t done = 0, start = 0, n;

	fault->why = NULL;
	while (done < len) {
		n = len - done;
		if (w->skip > 0) {
			n = n < w->skip ? n : w->skip;
			w->skip -= n;
			done += n;
			start = done;
			continue;
		}
		if (n > head_len(w) - w->have)
			n = head_len(w) - w->have;
		memcpy(w->head + w->have, p + done, n);
		w->have += n;
		done += n;
		/* The first nine bytes tell whether more are wanted. */
		if (w->have < head_len(w))
			continue;
		judge(w, now, fault);
		w->have = 0;
		if (fault->why != NULL)
			return start;
		if (w->skip == 0)
			start = done;
	}
	return len;
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
