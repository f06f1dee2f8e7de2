/*
 * Fuzzes the request parser.  The input is a stream of bytes as a client may
 * send it: its first byte says how to cut the rest into reads.  Whatever the
 * bytes are, the parser must bring the same verdict for the cut stream as for
 * the whole one, point only into the bytes that arrived, and stay within the
 * limits that its header promises; then the same for the pipelined rest.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http1.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
require(int cond)
{
	if (!cond)
		abort();
}

/* Parses what is in a block of exactly len bytes, so that ASan sees all. */
static enum http1_verdict
parse(struct http1 *h, uint8_t **block, const uint8_t *data, size_t len)
{
	free(*block);
	if ((*block = malloc(len != 0 ? len : 1)) == NULL)
		abort();
	if (len != 0)
		memcpy(*block, data, len);
	return http1_parse(h, *block, len);
}

static void
check_slice(const struct http1_slice *s, size_t end)
{
	require(s->off <= end && s->len <= end - s->off);
}

static void
check_complete(const struct http1 *h, const uint8_t *block, size_t len)
{
	const uint8_t *body;
	uint8_t *room;
	int i;

	require(h->head_end != 0 && h->head_end <= h->end && h->end <= len);
	require(h->end <= HTTP1_REQUEST_MAX);
	require(h->body_len <= HTTP1_BODY_MAX);
	check_slice(&h->method, h->head_end);
	check_slice(&h->path, h->head_end);
	check_slice(&h->query, h->head_end);
	for (i = 0; i < HTTP1_FIELD_COUNT; i++)
		check_slice(&h->field[i], h->head_end);
	require(http1_has(h, HTTP1_HOST) && h->path.len > 0);
	require(block[h->path.off] == '/' || block[h->path.off] == '*');
	require(!http1_has(h, HTTP1_CONTENT_LENGTH) ||
	    !http1_has(h, HTTP1_TRANSFER_ENCODING));

	if ((room = malloc(h->body_len + 1)) == NULL)
		abort();
	body = http1_body(h, block, room);
	require((body == NULL) == (h->body_len == 0));
	/* Touch every byte of it. */
	if (body != NULL && body != room)
		memcpy(room, body, h->body_len);
	free(room);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct http1 whole, cut;
	enum http1_verdict vw, vc;
	uint8_t *wblock = NULL, *cblock = NULL;
	size_t step, n;

	if (len == 0)
		return 0;
	step = data[0] % 61 + 1;
	data++;
	len--;

	do {
		http1_init(&whole);
		vw = parse(&whole, &wblock, data, len);

		http1_init(&cut);
		for (n = 0;; n = len - n < step ? len : n + step) {
			vc = parse(&cut, &cblock, data, n);
			if (vc != HTTP1_MORE || n == len)
				break;
		}
		require(vw == vc);
		require(whole.status == cut.status);
		require(whole.reason == cut.reason);
		require(whole.end == cut.end);
		require(whole.body_len == cut.body_len);
		require(whole.flags == cut.flags);

		if (vw == HTTP1_BAD)
			require(whole.status >= 400 && whole.reason != NULL);
		if (vw == HTTP1_COMPLETE) {
			check_complete(&whole, wblock, len);
			check_complete(&cut, cblock, n);
			data += whole.end;
			len -= whole.end;
		}
	} while (vw == HTTP1_COMPLETE && len > 0);
	free(wblock);
	free(cblock);
	return 0;
}
