/*
 * Which streams of an HTTP/2 connection the client has opened, and has ended.
 *
 * Identifiers of streams only grow (RFC 9113 5.1.1).  The library that parses
 * the frames forgets a stream that is closed, and drops what still comes for
 * it, or for one that was left out: it cannot know whether its own reset was on
 * the way.  Here it is known for the last H2_IDS_MAX streams, so that a client
 * that breaks the rule is told, and one that could not know is not.
 *
 * It is a pure function over the heads of frames; h2watch.c calls it for each.
 */
#include "config.h"

#include <string.h>

#include "http2.h"

enum {
	ID_SKIPPED, /* never opened, and a greater one was */
	ID_OPENED,
	ID_ENDED /* by the client: nothing more may come from it */
};

void
h2_ids_init(struct h2_ids *ids)
{
	memset(ids, 0, sizeof(*ids));
}

/* The place of the nth stream that a client can open. */
static uint8_t *
place(struct h2_ids *ids, uint32_t n)
{
	return &ids->state[n % H2_IDS_MAX];
}

static void
open_stream(struct h2_ids *ids, uint32_t n)
{
	uint32_t i;

	for (i = 1; i <= n - ids->next && i < H2_IDS_MAX; i++)
		*place(ids, n - i) = ID_SKIPPED;
	*place(ids, n) = ID_OPENED;
	ids->next = n + 1;
}

uint32_t
h2_ids_frame(struct h2_ids *ids, uint8_t type, uint8_t flags, uint32_t id)
{
	uint32_t n = id / 2;
	uint8_t *state;

	/* Even ones are the server's; on any other frame the library judges. */
	if (id % 2 != 1 || (type != NGHTTP2_HEADERS && type != NGHTTP2_DATA &&
			       type != NGHTTP2_RST_STREAM))
		return NGHTTP2_NO_ERROR;
	if (n >= ids->next) {
		if (type != NGHTTP2_HEADERS)
			return NGHTTP2_NO_ERROR;
		open_stream(ids, n);
	}
	if (ids->next - n > H2_IDS_MAX)
		return NGHTTP2_NO_ERROR;
	state = place(ids, n);
	if (type == NGHTTP2_RST_STREAM) {
		if (*state == ID_OPENED)
			*state = ID_ENDED;
		return NGHTTP2_NO_ERROR;
	}
	if (*state == ID_SKIPPED)
		return NGHTTP2_PROTOCOL_ERROR;
	if (*state == ID_ENDED)
		return NGHTTP2_STREAM_CLOSED;
	if (flags & NGHTTP2_FLAG_END_STREAM)
		*state = ID_ENDED;
	return NGHTTP2_NO_ERROR;
}
