/*
 * The shape of a body, before msgpack-c sees it: one walk over its headers,
 * which allocates nothing and believes no count that the bytes do not bear out.
 */

#include "config.h"

#include <string.h>

#include "err.h"
#include "msg.h"

#define SCAN_DEPTH 5

/* One msgpack header: how many bytes follow it, or how many elements. */
struct item {
	size_t hdr;   /* bytes of the header itself */
	size_t bytes; /* of payload */
	size_t elems; /* of an array */
	bool array;
};

/* The big-endian number of n bytes that follows a header's first byte. */
static int
scan_number(const uint8_t *p, size_t len, size_t n, size_t *v)
{
	size_t x = 0;

	if (len < 1 + n)
		return RL_ERR_PROTOCOL;
	for (size_t i = 0; i < n; i++)
		x = x << 8 | p[1 + i];
	*v = x;
	return 0;
}

/* Nil, floats, maps and extensions are never used and are refused. */
static int
scan_item(const uint8_t *p, size_t len, struct item *it)
{
	static const uint8_t int_size[] = { 1, 2, 4, 8, 1, 2, 4, 8 };
	uint8_t c = p[0];
	size_t n;

	memset(it, 0, sizeof(*it));
	it->hdr = 1;
	if (c <= 0x7f || c >= 0xe0 || c == 0xc2 || c == 0xc3)
		return 0; /* fixint, negative fixint, false, true */
	if (c >= 0x90 && c <= 0x9f) {
		it->array = true;
		it->elems = c & 0x0f;
		return 0;
	}
	if (c >= 0xa0 && c <= 0xbf) {
		it->bytes = c & 0x1f;
		return 0;
	}
	if (c >= 0xcc && c <= 0xd3) { /* uint8..uint64, int8..int64 */
		it->bytes = int_size[c - 0xcc];
		return 0;
	}
	switch (c) {
	case 0xc4: /* bin8 */
	case 0xd9: /* str8 */
		n = 1;
		break;
	case 0xc5: /* bin16 */
	case 0xda: /* str16 */
	case 0xdc: /* array16 */
		n = 2;
		break;
	case 0xc6: /* bin32 */
	case 0xdb: /* str32 */
	case 0xdd: /* array32 */
		n = 4;
		break;
	default:
		return RL_ERR_PROTOCOL;
	}
	it->hdr = 1 + n;
	it->array = c == 0xdc || c == 0xdd;
	return scan_number(p, len, n, it->array ? &it->elems : &it->bytes);
}

int
msg_scan(const uint8_t *p, size_t len)
{
	size_t left[SCAN_DEPTH], depth = 0;
	struct item it;

	do {
		if (len == 0 || scan_item(p, len, &it) != 0 ||
		    it.hdr > len || it.bytes > len - it.hdr)
			return RL_ERR_PROTOCOL;
		p += it.hdr + it.bytes;
		len -= it.hdr + it.bytes;
		if (depth == 0 && !it.array)
			return RL_ERR_PROTOCOL;
		if (depth > 0)
			left[depth - 1]--;
		if (it.array) {
			/* An element takes at least one byte. */
			if (it.elems > len || depth == SCAN_DEPTH)
				return RL_ERR_PROTOCOL;
			left[depth++] = it.elems;
		}
		while (depth > 0 && left[depth - 1] == 0)
			depth--;
	} while (depth > 0);
	return len == 0 ? 0 : RL_ERR_PROTOCOL;
}
