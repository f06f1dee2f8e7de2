/*
 * chance: streams made by chance, for a recording.
 *
 * usage: chance SEED...
 *
 * The streams of these seeds (regress/unit/screen_streams.h), each followed by
 * a full reset and what a reset leaves.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "regress/unit/screen_streams.h"

int
main(int argc, char **argv)
{
	static uint8_t data[STREAM_MAX];
	unsigned int cols, rows;
	size_t len;

	for (int i = 1; i < argc; i++) {
		len = stream_random(
		    strtoull(argv[i], NULL, 10), data, &cols, &rows);
		fwrite(data, 1, len, stdout);
		printf("\030\033\\\033c\033[?25h\033[?12l\033[20l\033[1;1H");
	}
	return 0;
}
