/*
 * screen-cuts: what a screen holds after so many bytes of a recording.
 *
 * usage: screen-cuts FILE COLUMNS ROWS OFFSET...
 *
 * For each offset, which must not decrease: a line "cut OFFSET FROM DUMP
 * SNAPSHOT", then as many bytes of a dump and of a snapshot as the last two
 * numbers say.  FROM is the byte that the snapshot is the state before.  The
 * bytes are fed in small pieces of different sizes.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "ringlet-screen/screen.h"
#include "snapshot.h"

#define FILE_MAX (16 * 1024 * 1024)

static void __attribute__((__noreturn__)) die(const char *why)
{
	fprintf(stderr, "screen-cuts: %s\n", why);
	exit(1);
}

static void
feed(struct screen *s, const uint8_t *p, size_t from, size_t to)
{
	size_t n;

	for (; from < to; from += n) {
		n = 1 + from * 31 % 97;
		if (n > to - from)
			n = to - from;
		screen_feed(s, p + from, n);
	}
}

int
main(int argc, char **argv)
{
	static uint8_t data[FILE_MAX];
	struct buf *dump = buf_new(SNAPSHOT_MAX);
	struct buf *snapshot = buf_new(SNAPSHOT_MAX);
	struct screen *s;
	size_t len, at = 0, cut;
	FILE *f;

	if (argc < 5)
		die("usage: screen-cuts FILE COLUMNS ROWS OFFSET...");
	if ((f = fopen(argv[1], "re")) == NULL)
		die("no such file");
	len = fread(data, 1, sizeof(data), f);
	(void)fclose(f);
	s = screen_new((unsigned int)strtoul(argv[2], NULL, 10),
	    (unsigned int)strtoul(argv[3], NULL, 10));
	for (int i = 4; i < argc; i++) {
		cut = strtoul(argv[i], NULL, 10);
		if (cut < at || cut > len)
			die("no such offset");
		feed(s, data, at, cut);
		at = cut;
		buf_reset(dump);
		buf_reset(snapshot);
		if (screen_dump(s, dump) != 0 ||
		    screen_snapshot(s, snapshot) != 0)
			die("the screen is too large");
		printf("cut %zu %zu %zu %zu\n", cut, cut - screen_pending(s),
		    buf_len(dump), buf_len(snapshot));
		fwrite(buf_ptr(dump), 1, buf_len(dump), stdout);
		fwrite(buf_ptr(snapshot), 1, buf_len(snapshot), stdout);
	}
	screen_free(s);
	buf_free(dump);
	buf_free(snapshot);
	return 0;
}
