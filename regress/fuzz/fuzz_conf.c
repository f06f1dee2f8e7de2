/*
 * Fuzzes ringlet.conf.  What is refused must leave the settings as they were
 * and say where; what is taken must print as a file that brings the same
 * settings again, and never listen beyond this machine unasked.
 */

#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "conf.h"
#include "err.h"
#include "ring.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
require(int cond)
{
	if (!cond)
		abort();
}

static struct buf *
printed(const struct conf *c)
{
	struct buf *b = buf_new(64 * 1024);

	require(conf_print(c, b) == 0);
	return b;
}

static int
same(const struct buf *a, const struct buf *b)
{
	return buf_len(a) == buf_len(b) &&
	       memcmp(buf_ptr(a), buf_ptr(b), buf_len(a)) == 0;
}

static int
is_local(const char *address)
{
	return address[0] == '/' || strncmp(address, "127.", 4) == 0 ||
	       strncmp(address, "[::1]:", 6) == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct conf c, again;
	struct buf *before, *after, *twice;
	char why[300] = "";
	int r;

	conf_defaults(&c);
	before = printed(&c);
	r = conf_parse(&c, (const char *)data, len, "FILE", why, sizeof(why));
	after = printed(&c);
	if (r != 0) {
		require(r == RL_ERR_INVALID);
		require(strncmp(why, "FILE line ", 10) == 0);
		require(same(before, after));
	} else {
		for (size_t i = 0; i < c.nlisten; i++)
			require(c.allow_remote || is_local(c.listen[i]));
		require(c.scrollback >= RING_CAPACITY_MIN &&
			c.scrollback <= RING_CAPACITY_MAX &&
			(c.scrollback & (c.scrollback - 1)) == 0);
		require(c.max_sessions >= 1 && c.max_viewers >= 1);
		conf_defaults(&again);
		require(conf_parse(&again, (const char *)buf_ptr(after),
			    buf_len(after), "FILE", why, sizeof(why)) == 0);
		twice = printed(&again);
		require(same(after, twice));
		buf_free(twice);
		conf_free(&again);
	}
	buf_free(before);
	buf_free(after);
	conf_free(&c);
	return 0;
}
