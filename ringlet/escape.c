/*
 * See escape.h.
 */

#include "config.h"

#include "escape.h"

enum escape_action
escape_feed(struct escape *e, const uint8_t *in, size_t len, uint8_t *out,
    size_t *outlen, size_t *used)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		uint8_t c = in[i];

		if (e->tilde) {
			e->tilde = false;
			if (c == '.' || c == 'd' || c == '?') {
				*outlen = n;
				*used = i + 1;
				return c == '?' ? ESCAPE_HELP : ESCAPE_DETACH;
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
