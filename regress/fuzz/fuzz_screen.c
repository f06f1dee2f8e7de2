/*
 * Fuzz target: a terminal's screen.
 *
 * Input: columns, rows, two bytes for where the stream is cut, two for the
 * size that it gets at the end, then the stream.  At the cut a second screen
 * is made of a snapshot of the first, as a keeper is that goes on; both must
 * be the same in every field, then and after the rest of the stream, which one
 * of them reads without the short cut for floods; and both must notice the same
 * in that rest, and nothing again that was before.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "ringlet-screen/screen.h"

#define HEADER	     6
#define SNAPSHOT_MAX (64 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
same(const struct screen *s, const struct screen *t, const char *when)
{
	const char *what = screen_differ(s, t);

	if (what == NULL)
		return;
	fprintf(stderr, "%s: they differ: %s\n", when, what);
	abort();
}

static void
check_snapshot(struct screen *s, struct screen *t, const uint8_t *p, size_t cut)
{
	struct buf *b = buf_new(SNAPSHOT_MAX);
	size_t pending = screen_pending(s);

	if (pending > cut || pending > SCREEN_PENDING_MAX)
		abort();
	if (screen_snapshot(s, b) != 0)
		abort();
	screen_feed(t, buf_ptr(b), buf_len(b));
	screen_notices_from(t, cut - pending);
	screen_feed(t, p + cut - pending, pending);
	if (screen_notices(t)->bell != 0 || screen_notices(t)->note != 0)
		abort();
	same(s, t, "from a snapshot");
	buf_free(b);
}

static void
check_notices(const struct screen *s, const struct screen *t, size_t len)
{
	const struct screen_notices *a = screen_notices(s);
	const struct screen_notices *b = screen_notices(t);

	if (a->bell != b->bell || a->note != b->note || a->bell > len ||
	    a->note > len || strcmp(a->title, b->title) != 0 ||
	    strcmp(a->text, b->text) != 0 || !valid_line(a->title) ||
	    !valid_line(a->text))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct screen *s, *t;
	size_t len, cut;

	if (size < HEADER)
		return 0;
	s = screen_new(data[0] % 100, data[1] % 40);
	t = screen_new(data[0] % 100, data[1] % 40);
	len = size - HEADER;
	cut = len == 0 ? 0 : (data[2] | (size_t)data[3] << 8) % (len + 1);
	screen_feed(s, data + HEADER, cut);
	check_snapshot(s, t, data + HEADER, cut);
	screen_notices_clear(s);
	screen_feed(s, data + HEADER + cut, len - cut);
	screen_feed_slowly(t, data + HEADER + cut, len - cut);
	check_notices(s, t, len);
	same(s, t, "at the end");
	screen_resize(s, data[4] % 100, data[5] % 40);
	screen_resize(t, data[4] % 100, data[5] % 40);
	same(s, t, "in another size");
	screen_free(t);
	t = screen_new(screen_cols(s), screen_rows(s));
	check_snapshot(s, t, data + HEADER, len);
	screen_free(s);
	screen_free(t);
	return 0;
}
