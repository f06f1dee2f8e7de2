/*
 * Frames and bodies written by hand.
 */

#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "rawmsg.h"
#include "xmalloc.h"

void
raw_free(struct raw *r)
{
	free(r->p);
	memset(r, 0, sizeof(*r));
}

void
raw_reset(struct raw *r)
{
	r->len = 0;
}

void
raw_put(struct raw *r, const void *p, size_t len)
{
	if (len == 0)
		return;
	if (len > r->size - r->len) {
		r->size = (r->size + len) * 2;
		r->p = xreallocarray(r->p, r->size, 1);
	}
	memcpy(r->p + r->len, p, len);
	r->len += len;
}

void
raw_byte(struct raw *r, unsigned c)
{
	uint8_t b = (uint8_t)c;

	raw_put(r, &b, 1);
}

void
raw_head(struct raw *r, unsigned c, uint64_t v, size_t n)
{
	raw_byte(r, c);
	while (n-- > 0)
		raw_byte(r, (unsigned)(v >> 8 * n & 0xff));
}

void
raw_array(struct raw *r, uint64_t n)
{
	if (n < 16)
		raw_byte(r, 0x90 | (unsigned)n);
	else if (n <= UINT16_MAX)
		raw_head(r, 0xdc, n, 2);
	else
		raw_head(r, 0xdd, n, 4);
}

void
raw_u64(struct raw *r, uint64_t v)
{
	if (v < 0x80)
		raw_byte(r, (unsigned)v);
	else
		raw_head(r, 0xcf, v, 8);
}

void
raw_i64(struct raw *r, int64_t v)
{
	raw_head(r, 0xd3, (uint64_t)v, 8);
}

void
raw_bool(struct raw *r, int v)
{
	raw_byte(r, v ? 0xc3 : 0xc2);
}

void
raw_str(struct raw *r, const char *p, size_t len)
{
	if (len < 32)
		raw_byte(r, 0xa0 | (unsigned)len);
	else
		raw_head(r, 0xdb, len, 4);
	raw_put(r, p, len);
}

void
raw_bin(struct raw *r, const void *p, size_t len)
{
	raw_head(r, 0xc6, len, 4);
	raw_put(r, p, len);
}

void
raw_field(struct raw *r, const struct msg_field *f, const void *body)
{
	const void *at = (const unsigned char *)body + f->off;
	const struct msg_strs *strs = at;
	const struct msg_recs *recs = at;
	const struct msg_bin *bin = at;
	const char *s;

	switch (f->kind) {
	case MF_U64:
		raw_u64(r, *(const uint64_t *)at);
		break;
	case MF_I64:
		raw_i64(r, *(const int64_t *)at);
		break;
	case MF_BOOL:
		raw_bool(r, *(const bool *)at);
		break;
	case MF_STR:
		s = *(const char *const *)at;
		raw_str(r, s, s == NULL ? 0 : strlen(s));
		break;
	case MF_BIN:
		raw_bin(r, bin->p, bin->len);
		break;
	case MF_STRS:
		raw_array(r, strs->n);
		for (size_t i = 0; i < strs->n; i++)
			raw_str(r, strs->v[i], strlen(strs->v[i]));
		break;
	case MF_RECS:
		raw_array(r, recs->n);
		for (size_t i = 0; i < recs->n; i++)
			raw_record(r, f->rec,
			    (const unsigned char *)recs->v + i * f->rec->size);
		break;
	}
}

void
raw_record(struct raw *r, const struct msg_rec *rec, const void *body)
{
	raw_array(r, rec->nfields);
	for (size_t i = 0; i < rec->nfields; i++)
		raw_field(r, &rec->fields[i], body);
}

void
raw_header(struct raw *r, uint32_t len, uint16_t type, uint8_t nfds,
    uint8_t zero, uint32_t id)
{
	for (int i = 0; i < 4; i++)
		raw_byte(r, len >> 8 * i & 0xff);
	raw_byte(r, type & 0xff);
	raw_byte(r, type >> 8);
	raw_byte(r, nfds);
	raw_byte(r, zero);
	for (int i = 0; i < 4; i++)
		raw_byte(r, id >> 8 * i & 0xff);
}

void
raw_frame(struct raw *r, uint16_t type, uint8_t nfds, uint32_t id,
    const struct raw *body)
{
	raw_header(r, (uint32_t)body->len, type, nfds, 0, id);
	raw_put(r, body->p, body->len);
}
