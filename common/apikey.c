/*
 * The rules for API keys.  A key ends in an environment and in a header line
 * of HTTP, so nothing in it may end a line, and nothing may be at its ends
 * that cannot be seen: such a key is refused by its provider, days later, and
 * nobody knows why.
 */

#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "apikey.h"
#include "err.h"
#include "valid.h"

/* The character that begins at p, of well-formed UTF-8, and its length. */
static uint32_t
character(const char *p, size_t *len)
{
	const uint8_t *u = (const uint8_t *)p;

	if (u[0] < 0x80) {
		*len = 1;
		return u[0];
	}
	if (u[0] < 0xe0) {
		*len = 2;
		return (u[0] & 0x1fu) << 6 | (u[1] & 0x3fu);
	}
	if (u[0] < 0xf0) {
		*len = 3;
		return (u[0] & 0x0fu) << 12 | (u[1] & 0x3fu) << 6 |
		       (u[2] & 0x3fu);
	}
	*len = 4;
	return (u[0] & 0x07u) << 18 | (u[1] & 0x3fu) << 12 |
	       (u[2] & 0x3fu) << 6 | (u[3] & 0x3fu);
}

/* Its name, if it is white space or shows as nothing; else NULL. */
static const char *
space_name(uint32_t c)
{
	switch (c) {
	case ' ':
		return "a space";
	case '\t':
		return "a tab";
	case '\n':
	case '\v':
	case '\f':
	case 0x85:
	case 0x2028:
	case 0x2029:
		return "a line break";
	case '\r':
		return "a carriage return";
	case 0xa0:
	case 0x202f:
		return "a no-break space";
	case 0x200b:
	case 0x2060:
		return "a space of no width";
	case 0xfeff:
		return "a byte order mark";
	case 0x1680:
	case 0x205f:
	case 0x3000:
		return "a wide space";
	default:
		return c >= 0x2000 && c <= 0x200a ? "a wide space" : NULL;
	}
}

/* Ends a line, drives a terminal, or turns the direction of text. */
static bool
is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 ||
	       c == 0x2029 || c == 0x200e || c == 0x200f || c == 0x61c ||
	       (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static int
refuse_end(const char *which, const char *name, char *why, size_t size)
{
	snprintf(why, size,
	    "%s with %s: copy it again, without what is around it", which,
	    name);
	return RL_ERR_INVALID;
}

int
apikey_check(const char *p, size_t len, char *why, size_t size)
{
	const char *name;
	size_t i, n;
	uint32_t c;

	if (len == 0) {
		snprintf(why, size, "is empty");
		return RL_ERR_INVALID;
	}
	if (len > APIKEY_MAX) {
		snprintf(why, size, "is longer than %d bytes", APIKEY_MAX);
		return RL_ERR_INVALID;
	}
	if (memchr(p, '\0', len) != NULL) {
		snprintf(why, size, "has a NUL byte in it");
		return RL_ERR_INVALID;
	}
	if (!valid_utf8(p, len)) {
		snprintf(why, size, "is not UTF-8 text");
		return RL_ERR_INVALID;
	}
	if ((name = space_name(character(p, &n))) != NULL)
		return refuse_end("begins", name, why, size);
	for (i = len - 1; i > 0 && ((uint8_t)p[i] & 0xc0) == 0x80; i--)
		continue;
	if ((name = space_name(character(p + i, &n))) != NULL)
		return refuse_end("ends", name, why, size);
	for (i = 0; i < len; i += n) {
		c = character(p + i, &n);
		if (!is_control(c))
			continue;
		snprintf(why, size, "has %s at byte %zu",
		    (name = space_name(c)) != NULL ? name
						   : "a control character",
		    i + 1);
		return RL_ERR_INVALID;
	}
	return 0;
}
