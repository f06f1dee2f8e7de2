/*
 * See escape.h.
 */

#include "config.h"

#include "escape.h"

#define CTRL_Z 0x1a

/* What ~ and c ask for. */
static enum escape_action
action_of(uint8_t c)
{
	switch (c) {
	case '.':
	case 'd':
		return ESCAPE_DETACH;
	case CTRL_Z:
		return ESCAPE_SUSPEND;
	case '?':
		return ESCAPE_HELP;
	default:
		return ESCAPE_NONE;
	}
}

enum escape_action
escape_feed(struct escape *e, const uint8_t *in, size_t len, uint8_t *out,
    size_t *outlen, size_t *used)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		uint8_t c = in[i];

		if (e->tilde) {
			e->tilde = false;
			if (action_of(c) != ESCAPE_NONE) {
				*outlen = n;
				*used = i + 1;
				return action_of(c);
			}
			if (c != '~')
				out[n++] = '~';
		} else if (c == '~' && !e->middle) {
			e->tilde = true;
			continue;
		}
		out[n++] = c;
		e->middle = c != '\r' && c != '\n';
	}
	*outlen = n;
	*used = len;
	return ESCAPE_NONE;
}
