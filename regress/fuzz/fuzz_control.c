/*
 * Fuzzes the text messages of a terminal's viewer.  What control_parse() lets
 * through must be in range, and what it does not must say why in text that
 * can go back to the client: UTF-8 that ends within the room it was given.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ringletd.h"
#include "valid.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
require(int cond)
{
	if (!cond)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct control c;
	char why[200];

	if (len > WS_TEXT_MAX)
		return 0;
	memset(why, 'x', sizeof(why));
	if (control_parse((const char *)data, len, &c, why, sizeof(why)) !=
	    0) {
		require(memchr(why, '\0', sizeof(why)) != NULL);
		require(why[0] != '\0' && valid_utf8(why, strlen(why)));
		return 0;
	}
	switch (c.type) {
	case CONTROL_RESIZE:
		require(c.cols >= 1 && c.cols <= TERM_SIZE_MAX);
		require(c.rows >= 1 && c.rows <= TERM_SIZE_MAX);
		break;
	case CONTROL_SIGNAL:
		require(c.signal == 2 || c.signal == 3 || c.signal == 9 ||
		    c.signal == 15);
		break;
	default:
		abort();
	}
	return 0;
}
