/*
 * Bodies: from struct to msgpack and back, by field table.  Pure functions
 * over buffers; the only file that knows msgpack-c.
 *
 * Everything decoded is hostile until proven otherwise: msg_scan() has
 * checked the shape before msgpack-c is called, decode_field() checks each
 * value against its row, and what a caller sees is a copy of our own.
 */

#include "config.h"

#include <sys/types.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <msgpack.h>

#include "buf.h"
#include "err.h"
#include "msg.h"
#include "secret.h"
#include "valid.h"
#include "xmalloc.h"

#define ARENA_CHUNK 1024 /* bytes of the first block */

/* --- arena: the memory of one decoded body, wiped as a whole --- */

struct arena {
	struct arena *next;
	size_t size; /* of data */
	size_t used;
	_Alignas(16) unsigned char data[];
};

static void *
arena_alloc(void **head, size_t len)
{
	struct arena *a = *head;
	size_t size;
	void *p;

	len = (len + 15) & ~(size_t)15;
	if (a == NULL || len > a->size - a->used) {
		size = a == NULL ? ARENA_CHUNK : a->size * 2;
		if (size < len)
			size = len;
		a = xmalloc(sizeof(*a) + size);
		a->next = *head;
		a->size = size;
		a->used = 0;
		*head = a;
	}
	p = a->data + a->used;
	a->used += len;
	memset(p, 0, len);
	return p;
}

static void
arena_free(void *head)
{
	struct arena *a = head, *next;

	for (; a != NULL; a = next) {
		next = a->next;
		secret_wipe(a->data, a->used);
		free(a);
	}
}

int
msg_take_fd(struct msg *m, size_t i)
{
	int fd;

	if (i >= MSG_MAX_FDS)
		return -1;
	fd = m->fds[i];
	m->fds[i] = -1;
	return fd;
}

void
msg_clear(struct msg *m)
{
	for (size_t i = 0; i < MSG_MAX_FDS; i++)
		fd_close(msg_take_fd(m, i));
	arena_free(m->arena);
	m->arena = NULL;
	m->body = NULL;
}

/* --- header --- */

int
msg_hdr_parse(const uint8_t *p, size_t len, struct msg_hdr *h)
{
	uint32_t len32, id32;
	uint16_t type16;

	if (len < MSG_HDR_LEN)
		return RL_ERR_AGAIN;
	memcpy(&len32, p, 4);
	memcpy(&type16, p + 4, 2);
	memcpy(&id32, p + 8, 4);
	h->len = le32toh(len32);
	h->type = le16toh(type16);
	h->nfds = p[6];
	h->id = le32toh(id32);
	if (p[7] != 0 || h->len > MSG_MAX_BODY || h->nfds > MSG_MAX_FDS)
		return RL_ERR_PROTOCOL;
	return 0;
}

static void
hdr_write(uint8_t *p, const struct msg_hdr *h)
{
	uint32_t len32 = htole32(h->len), id32 = htole32(h->id);
	uint16_t type16 = htole16(h->type);

	memcpy(p, &len32, 4);
	memcpy(p + 4, &type16, 2);
	p[6] = h->nfds;
	p[7] = 0;
	memcpy(p + 8, &id32, 4);
}

/* --- encoding --- */

static int
to_buf(void *arg, const char *p, size_t len)
{
	return buf_put(arg, p, len) == 0 ? 0 : -1;
}

static int encode_record(
    msgpack_packer *, const struct msg_rec *, const unsigned char *);

static int
encode_str(msgpack_packer *pk, const char *s, uint64_t max)
{
	size_t len = s == NULL ? 0 : strlen(s);

	if (len > max || !valid_utf8(s == NULL ? "" : s, len))
		return RL_ERR_INVALID;
	if (msgpack_pack_str(pk, len) != 0 ||
	    (len > 0 && msgpack_pack_str_body(pk, s, len) != 0))
		return RL_ERR_TOOBIG;
	return 0;
}

static int
encode_bin(msgpack_packer *pk, const struct msg_bin *bin, uint64_t max)
{
	if (bin->len > max)
		return RL_ERR_INVALID;
	if (msgpack_pack_bin(pk, bin->len) != 0 ||
	    (bin->len > 0 && msgpack_pack_bin_body(pk, bin->p, bin->len) != 0))
		return RL_ERR_TOOBIG;
	return 0;
}

static int
encode_strs(msgpack_packer *pk, const struct msg_strs *strs, uint64_t max)
{
	int r;

	if (strs->n > max)
		return RL_ERR_INVALID;
	if (msgpack_pack_array(pk, strs->n) != 0)
		return RL_ERR_TOOBIG;
	for (size_t i = 0; i < strs->n; i++)
		if ((r = encode_str(pk, strs->v[i], MSG_STR_MAX)) != 0)
			return r;
	return 0;
}

static int
encode_recs(msgpack_packer *pk, const struct msg_recs *recs,
    const struct msg_field *f)
{
	int r;

	if (recs->n > f->max)
		return RL_ERR_INVALID;
	if (msgpack_pack_array(pk, recs->n) != 0)
		return RL_ERR_TOOBIG;
	for (size_t i = 0; i < recs->n; i++) {
		const unsigned char *at = recs->v;

		r = encode_record(pk, f->rec, at + i * f->rec->size);
		if (r != 0)
			return r;
	}
	return 0;
}

static int
encode_u64(msgpack_packer *pk, uint64_t v, uint64_t max)
{
	if (v > max)
		return RL_ERR_INVALID;
	return msgpack_pack_uint64(pk, v) == 0 ? 0 : RL_ERR_TOOBIG;
}

static int
encode_i64(msgpack_packer *pk, int64_t v, uint64_t max)
{
	if (v > (int64_t)max || v < -(int64_t)max - 1)
		return RL_ERR_INVALID;
	return msgpack_pack_int64(pk, v) == 0 ? 0 : RL_ERR_TOOBIG;
}

static int
encode_field(
    msgpack_packer *pk, const struct msg_field *f, const unsigned char *body)
{
	const void *at = body + f->off;

	switch (f->kind) {
	case MF_U64:
		return encode_u64(pk, *(const uint64_t *)at, f->max);
	case MF_I64:
		return encode_i64(pk, *(const int64_t *)at, f->max);
	case MF_BOOL:
		return (*(const bool *)at ? msgpack_pack_true(pk)
					  : msgpack_pack_false(pk)) == 0
		    ? 0
		    : RL_ERR_TOOBIG;
	case MF_STR:
		return encode_str(pk, *(const char *const *)at, f->max);
	case MF_BIN:
		return encode_bin(pk, at, f->max);
	case MF_STRS:
		return encode_strs(pk, at, f->max);
	case MF_RECS:
		return encode_recs(pk, at, f);
	}
	return RL_ERR_INVALID;
}

static int
encode_record(msgpack_packer *pk, const struct msg_rec *rec,
    const unsigned char *body)
{
	int r;

	if (msgpack_pack_array(pk, rec->nfields) != 0)
		return RL_ERR_TOOBIG;
	for (size_t i = 0; i < rec->nfields; i++)
		if ((r = encode_field(pk, &rec->fields[i], body)) != 0)
			return r;
	return 0;
}

int
msg_encode(struct buf *out, uint16_t type, uint32_t id, size_t nfds,
    const void *body)
{
	const struct msg_type *t = msg_type_get(type);
	struct msg_hdr h;
	struct buf *tmp;
	msgpack_packer pk;
	uint8_t *at;
	int r;

	if (t == NULL || nfds > MSG_MAX_FDS ||
	    (body == NULL && t->rec->nfields > 0))
		return RL_ERR_INVALID;
	tmp = buf_new_secret(MSG_MAX_BODY);
	msgpack_packer_init(&pk, tmp, to_buf);
	if ((r = encode_record(&pk, t->rec, body)) != 0) {
		if (r == RL_ERR_TOOBIG) /* tmp is full, not out */
			r = RL_ERR_INVALID;
		goto out;
	}
	h.len = (uint32_t)buf_len(tmp);
	h.type = type;
	h.nfds = (uint8_t)nfds;
	h.id = id;
	if ((r = buf_reserve(out, MSG_HDR_LEN + h.len, &at)) != 0)
		goto out;
	hdr_write(at, &h);
	memcpy(at + MSG_HDR_LEN, buf_ptr(tmp), h.len);
	buf_commit(out, MSG_HDR_LEN + h.len);
out:
	buf_free(tmp);
	return r;
}

/* --- decoding --- */

struct decoder {
	void **arena;
	const char *why;
};

static int decode_record(struct decoder *, const struct msg_rec *,
    const msgpack_object *, unsigned char *);

static int
refuse(struct decoder *d, const char *why)
{
	d->why = why;
	return RL_ERR_PROTOCOL;
}

static int
decode_str(struct decoder *d, const msgpack_object *o, uint64_t max,
    const char **out)
{
	char *s;

	if (o->type != MSGPACK_OBJECT_STR)
		return refuse(d, "a field is not a string");
	if (o->via.str.size > max)
		return refuse(d, "a string is too long");
	if (!valid_utf8(o->via.str.ptr, o->via.str.size))
		return refuse(d, "a string is not UTF-8");
	s = arena_alloc(d->arena, (size_t)o->via.str.size + 1);
	if (o->via.str.size > 0) /* else msgpack-c may leave NULL */
		memcpy(s, o->via.str.ptr, o->via.str.size);
	*out = s;
	return 0;
}

static int
decode_bin(struct decoder *d, const msgpack_object *o, uint64_t max,
    struct msg_bin *out)
{
	uint8_t *p;

	if (o->type != MSGPACK_OBJECT_BIN)
		return refuse(d, "a field is not a binary");
	if (o->via.bin.size > max)
		return refuse(d, "a binary is too long");
	/* A NUL follows the bytes, for the sake of careless readers. */
	p = arena_alloc(d->arena, (size_t)o->via.bin.size + 1);
	if (o->via.bin.size > 0)
		memcpy(p, o->via.bin.ptr, o->via.bin.size);
	out->p = p;
	out->len = o->via.bin.size;
	return 0;
}

static int
decode_strs(struct decoder *d, const msgpack_object *o, uint64_t max,
    struct msg_strs *out)
{
	size_t n;
	int r;

	if (o->type != MSGPACK_OBJECT_ARRAY)
		return refuse(d, "a field is not an array");
	if ((n = o->via.array.size) > max)
		return refuse(d, "an array is too long");
	out->v = arena_alloc(d->arena, (n + 1) * sizeof(*out->v));
	out->n = n;
	for (size_t i = 0; i < n; i++) {
		r = decode_str(
		    d, &o->via.array.ptr[i], MSG_STR_MAX, &out->v[i]);
		if (r != 0)
			return r;
	}
	return 0;
}

static int
decode_recs(struct decoder *d, const msgpack_object *o,
    const struct msg_field *f, struct msg_recs *out)
{
	unsigned char *at;
	size_t n;
	int r;

	if (o->type != MSGPACK_OBJECT_ARRAY)
		return refuse(d, "a field is not an array");
	if ((n = o->via.array.size) > f->max)
		return refuse(d, "an array is too long");
	out->v = at = arena_alloc(d->arena, (n + 1) * f->rec->size);
	out->n = n;
	for (size_t i = 0; i < n; i++, at += f->rec->size) {
		r = decode_record(d, f->rec, &o->via.array.ptr[i], at);
		if (r != 0)
			return r;
	}
	return 0;
}

static int
decode_u64(
    struct decoder *d, const msgpack_object *o, uint64_t max, uint64_t *out)
{
	if (o->type != MSGPACK_OBJECT_POSITIVE_INTEGER || o->via.u64 > max)
		return refuse(d, "a number is out of range");
	*out = o->via.u64;
	return 0;
}

static int
decode_i64(
    struct decoder *d, const msgpack_object *o, uint64_t max, int64_t *out)
{
	if (o->type == MSGPACK_OBJECT_POSITIVE_INTEGER && o->via.u64 <= max)
		*out = (int64_t)o->via.u64;
	else if (o->type == MSGPACK_OBJECT_NEGATIVE_INTEGER &&
	    o->via.i64 >= -(int64_t)max - 1)
		*out = o->via.i64;
	else
		return refuse(d, "a number is out of range");
	return 0;
}

static int
decode_field(struct decoder *d, const struct msg_field *f,
    const msgpack_object *o, unsigned char *body)
{
	void *at = body + f->off;

	switch (f->kind) {
	case MF_U64:
		return decode_u64(d, o, f->max, at);
	case MF_I64:
		return decode_i64(d, o, f->max, at);
	case MF_BOOL:
		if (o->type != MSGPACK_OBJECT_BOOLEAN)
			return refuse(d, "a field is not a boolean");
		*(bool *)at = o->via.boolean;
		return 0;
	case MF_STR:
		return decode_str(d, o, f->max, at);
	case MF_BIN:
		return decode_bin(d, o, f->max, at);
	case MF_STRS:
		return decode_strs(d, o, f->max, at);
	case MF_RECS:
		return decode_recs(d, o, f, at);
	}
	return refuse(d, "unknown kind of field");
}

static int
decode_record(struct decoder *d, const struct msg_rec *rec,
    const msgpack_object *o, unsigned char *body)
{
	int r;

	if (o->type != MSGPACK_OBJECT_ARRAY ||
	    o->via.array.size != rec->nfields)
		return refuse(d, "wrong number of fields");
	for (size_t i = 0; i < rec->nfields; i++) {
		r = decode_field(
		    d, &rec->fields[i], &o->via.array.ptr[i], body);
		if (r != 0)
			return r;
	}
	return 0;
}

int
msg_decode(
    struct msg *m, const uint8_t *body, size_t len, const char **why)
{
	const struct msg_type *t = msg_type_get(m->hdr.type);
	struct decoder d = { &m->arena, NULL };
	msgpack_unpacked up;
	size_t off = 0;
	int r;

	if (t == NULL) {
		*why = "unknown message type";
		return RL_ERR_PROTOCOL;
	}
	if (msg_scan(body, len) != 0) {
		*why = "malformed body";
		return RL_ERR_PROTOCOL;
	}
	m->type = t;
	m->body = arena_alloc(&m->arena, t->rec->size + 1);
	msgpack_unpacked_init(&up);
	if (msgpack_unpack_next(&up, (const char *)body, len, &off) !=
		MSGPACK_UNPACK_SUCCESS ||
	    off != len)
		r = refuse(&d, "malformed body");
	else
		r = decode_record(&d, t->rec, &up.data, m->body);
	msgpack_unpacked_destroy(&up);
	if (r != 0) {
		*why = d.why;
		arena_free(m->arena);
		m->arena = NULL;
		m->body = NULL;
	}
	return r;
}
