/*
 * Messages: every type goes out and comes back the same; whatever else a peer
 * may send in its place is refused, and refused without harm.  Bodies under
 * test lie in memory of exactly their size, so that a sanitizer sees a read
 * beyond the end.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "buf.h"
#include "err.h"
#include "msgdef.h"
#include "regress/peer/msggen.h"
#include "regress/peer/rawmsg.h"
#include "suites.h"

static size_t ntypes;
static struct msggen *gen;
static struct buf *out;
static struct raw raw;

static void
setup(void)
{
	ntypes = msg_type_count();
	gen = msggen_new(1);
	out = buf_new(MSG_HDR_LEN + MSG_MAX_BODY);
}

static void
teardown(void)
{
	raw_free(&raw);
	buf_free(out);
	msggen_free(gen);
}

static void
msg_begin(struct msg *m, uint16_t type)
{
	memset(m, 0, sizeof(*m));
	m->hdr.type = type;
	for (size_t i = 0; i < MSG_MAX_FDS; i++)
		m->fds[i] = -1;
}

/* Decodes a copy of exactly len bytes. */
static int
decode(struct msg *m, uint16_t type, const uint8_t *p, size_t len)
{
	uint8_t *exact = malloc(len + (len == 0));
	const char *why = NULL;
	int r;

	memcpy(exact, p, len);
	msg_begin(m, type);
	r = msg_decode(m, exact, len, &why);
	free(exact);
	/* Not ck_assert: it is slow, and this runs a million times. */
	if (r != 0 && (r != RL_ERR_PROTOCOL || why == NULL || m->body != NULL ||
			  m->arena != NULL))
		ck_abort_msg("type %u: a refusal that is not whole", type);
	return r;
}

static void
refused(uint16_t type, const uint8_t *p, size_t len, const char *what)
{
	struct msg m;

	if (decode(&m, type, p, len) == 0)
		ck_abort_msg("type %u: %s was taken", type, what);
	msg_clear(&m);
}

/* Bodies of one type: empty, then random ones. */
static const void *
body_of(const struct msg_type *t, int i)
{
	return i == 0 ? msggen_empty(gen, t->rec) : msggen_random(gen, t->rec);
}

START_TEST(tables_make_sense)
{
	for (size_t i = 0; i < ntypes; i++) {
		const struct msg_type *t = msg_type_at(i);

		ck_assert_ptr_eq(msg_type_get(t->type), t);
		for (size_t k = 0; k < i; k++) {
			ck_assert_uint_ne(msg_type_at(k)->type, t->type);
			ck_assert_str_ne(msg_type_at(k)->name, t->name);
		}
		for (size_t k = 0; k < t->rec->nfields; k++) {
			const struct msg_field *f = &t->rec->fields[k];

			ck_assert_uint_lt(f->off, t->rec->size);
			ck_assert((f->kind == MF_RECS) == (f->rec != NULL));
			/* What peer.c looks for is always in its place. */
			if (strcmp(f->name, "token") == 0) {
				ck_assert_uint_eq(k, 0);
				ck_assert_uint_eq(f->off, 0);
				ck_assert_int_eq(f->kind, MF_BIN);
				ck_assert_uint_eq(f->flags, MFF_SECRET);
			}
		}
	}
	ck_assert_ptr_null(msg_type_get(0));
	ck_assert_ptr_null(msg_type_get(UINT16_MAX));
}
END_TEST

START_TEST(round_trip)
{
	struct msg_hdr h;
	struct msg m;

	for (size_t i = 0; i < ntypes; i++)
		for (int k = 0; k < 40; k++) {
			const struct msg_type *t = msg_type_at(i);
			const void *body = body_of(t, k);

			buf_reset(out);
			ck_assert_int_eq(
			    msg_encode(out, t->type, 0x01020304u, 2, body), 0);
			ck_assert_int_eq(
			    msg_hdr_parse(buf_ptr(out), buf_len(out), &h), 0);
			ck_assert_uint_eq(h.len, buf_len(out) - MSG_HDR_LEN);
			ck_assert_uint_eq(h.type, t->type);
			ck_assert_uint_eq(h.nfds, 2);
			ck_assert_uint_eq(h.id, 0x01020304u);
			ck_assert_int_eq(
			    msg_scan(buf_ptr(out) + MSG_HDR_LEN, h.len), 0);
			ck_assert_msg(
			    decode(&m, t->type, buf_ptr(out) + MSG_HDR_LEN,
				h.len) == 0,
			    "%s", t->name);
			ck_assert_ptr_eq(m.type, t);
			ck_assert_msg(msggen_equal(t->rec, body, m.body),
			    "%s body %d", t->name, k);
			msg_clear(&m);
			msg_clear(&m);
		}
}
END_TEST

/* Our own writer agrees with the library's about what a body is. */
START_TEST(understands_any_width)
{
	struct msg m;

	for (size_t i = 0; i < ntypes; i++)
		for (int k = 0; k < 5; k++) {
			const void *body = body_of(msg_type_at(i), k);

			raw_reset(&raw);
			raw_record(&raw, msg_type_at(i)->rec, body);
			ck_assert_int_eq(
			    decode(&m, msg_type_at(i)->type, raw.p, raw.len),
			    0);
			ck_assert(
			    msggen_equal(msg_type_at(i)->rec, body, m.body));
			msg_clear(&m);
		}
}
END_TEST

/* Strings that decode to NULL would crash handlers; none may. */
START_TEST(empty_is_never_null)
{
	const struct msg_profile_create *pc;
	struct msg m;

	raw_record(&raw, msg_type_get(MSG_PROFILE_CREATE)->rec,
	    msggen_empty(gen, msg_type_get(MSG_PROFILE_CREATE)->rec));
	ck_assert_int_eq(decode(&m, MSG_PROFILE_CREATE, raw.p, raw.len), 0);
	pc = m.body;
	ck_assert_str_eq(pc->alias, "");
	ck_assert_str_eq(pc->model, "");
	ck_assert_ptr_nonnull(pc->token.p);
	ck_assert_uint_eq(pc->token.len, 0);
	ck_assert_ptr_nonnull(pc->args.v);
	ck_assert_ptr_null(pc->args.v[0]);
	msg_clear(&m);
}
END_TEST

START_TEST(bounds_are_exact)
{
	struct msg m;

	for (size_t i = 0; i < ntypes; i++) {
		const struct msg_type *t = msg_type_at(i);

		for (size_t k = 0; k < t->rec->nfields; k++) {
			const struct msg_field *f = &t->rec->fields[k];
			void *body = msggen_empty(gen, t->rec);

			ck_assert(msggen_set_bound(gen, f, body, 0));
			buf_reset(out);
			ck_assert_msg(msg_encode(out, t->type, 1, 0, body) == 0,
			    "%s.%s", t->name, f->name);
			ck_assert_msg(
			    decode(&m, t->type, buf_ptr(out) + MSG_HDR_LEN,
				buf_len(out) - MSG_HDR_LEN) == 0,
			    "%s.%s", t->name, f->name);
			ck_assert(msggen_equal(t->rec, body, m.body));
			msg_clear(&m);

			if (!msggen_set_bound(gen, f, body, 1))
				continue;
			buf_reset(out);
			ck_assert_msg(msg_encode(out, t->type, 1, 0, body) ==
					  RL_ERR_INVALID,
			    "%s.%s", t->name, f->name);
			ck_assert_uint_eq(buf_len(out), 0);
			raw_reset(&raw);
			raw_record(&raw, t->rec, body);
			refused(t->type, raw.p, raw.len, f->name);
		}
	}
}
END_TEST

START_TEST(numbers_have_signs)
{
	struct msg m;

	/* i64: -max-1 is the last, u64 has none below 0. */
	raw_array(&raw, 2);
	raw_head(&raw, 0xd1, (uint64_t)-256, 2);
	raw_str(&raw, "x", 1);
	ck_assert_int_eq(decode(&m, MSG_ERROR, raw.p, raw.len), 0);
	ck_assert_int_eq(((struct msg_error *)m.body)->code, -256);
	msg_clear(&m);
	raw_reset(&raw);
	raw_array(&raw, 2);
	raw_head(&raw, 0xd1, (uint64_t)-257, 2);
	raw_str(&raw, "x", 1);
	refused(MSG_ERROR, raw.p, raw.len, "-257");
	raw_reset(&raw);
	raw_array(&raw, 1);
	raw_byte(&raw, 0xff);
	refused(MSG_VIEWER_AT, raw.p, raw.len, "-1");
	raw_reset(&raw);
	raw_array(&raw, 2);
	raw_head(&raw, 0xcf, UINT64_MAX, 8);
	raw_str(&raw, "x", 1);
	refused(MSG_ERROR, raw.p, raw.len, "2^64-1 as signed");
}
END_TEST

START_TEST(strings_are_utf8)
{
	static const char *const bad[] = { "\xff", "\xc3", "\xc0\x80",
		"\xed\xa0\x80" };
	struct msg_alias body = { .alias = NULL };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		body.alias = bad[i];
		ck_assert_int_eq(msg_encode(out, MSG_PROFILE_GET, 1, 0, &body),
		    RL_ERR_INVALID);
		raw_reset(&raw);
		raw_record(&raw, msg_type_get(MSG_PROFILE_GET)->rec, &body);
		refused(MSG_PROFILE_GET, raw.p, raw.len, bad[i]);
	}
	raw_reset(&raw);
	raw_array(&raw, 2);
	raw_bin(&raw, "", 0);
	raw_str(&raw, "a\0b", 3);
	refused(MSG_PROFILE_GET, raw.p, raw.len, "a NUL in a string");
}
END_TEST

/* A value of every kind in the place of every field. */
START_TEST(types_do_not_mix)
{
	static const struct {
		const char *name;
		const char *bytes;
		size_t len;
		enum msg_kind kind; /* that it is right for; 0: none */
	} values[] = {
		{ "nil", "\xc0", 1, 0 },
		{ "never used", "\xc1", 1, 0 },
		{ "true", "\xc3", 1, MF_BOOL },
		{ "1", "\x01", 1, MF_U64 },
		{ "-1", "\xff", 1, MF_I64 },
		{ "float", "\xca\x3f\x80\x00\x00", 5, 0 },
		{ "double", "\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00", 9, 0 },
		{ "string", "\xa1x", 2, MF_STR },
		{ "binary", "\xc4\x01x", 3, MF_BIN },
		{ "array", "\x91\xa1x", 3, MF_STRS },
		{ "array of arrays", "\x91\x91\xa1x", 4, MF_RECS },
		{ "map", "\x81\x01\x01", 3, 0 },
		{ "empty map", "\x80", 1, 0 },
		{ "map16", "\xde\x00\x00", 3, 0 },
		{ "fixext1", "\xd4\x01x", 3, 0 },
		{ "fixext16", "\xd8\x01xxxxxxxxxxxxxxxx", 18, 0 },
		{ "ext8", "\xc7\x00\x01", 3, 0 },
		{ "ext32", "\xc9\x00\x00\x00\x00\x01", 6, 0 },
	};

	for (size_t i = 0; i < ntypes; i++) {
		const struct msg_rec *rec = msg_type_at(i)->rec;
		const void *body = msggen_empty(gen, rec);

		for (size_t k = 0; k < rec->nfields; k++)
			for (size_t v = 0; v < sizeof(values) / sizeof(*values);
			     v++) {
				enum msg_kind kind = rec->fields[k].kind;

				if (values[v].kind == kind ||
				    (values[v].kind == MF_U64 &&
					kind == MF_I64))
					continue;
				raw_reset(&raw);
				raw_array(&raw, rec->nfields);
				for (size_t j = 0; j < rec->nfields; j++)
					if (j == k)
						raw_put(&raw, values[v].bytes,
						    values[v].len);
					else
						raw_field(&raw, &rec->fields[j],
						    body);
				refused(msg_type_at(i)->type, raw.p, raw.len,
				    values[v].name);
			}
	}
}
END_TEST

START_TEST(field_count_is_exact)
{
	for (size_t i = 0; i < ntypes; i++) {
		const struct msg_rec *rec = msg_type_at(i)->rec;
		const void *body = msggen_empty(gen, rec);

		raw_reset(&raw);
		raw_array(&raw, rec->nfields + 1);
		for (size_t j = 0; j < rec->nfields; j++)
			raw_field(&raw, &rec->fields[j], body);
		raw_byte(&raw, 0x01);
		refused(
		    msg_type_at(i)->type, raw.p, raw.len, "a field too many");
		if (rec->nfields == 0)
			continue;
		raw_reset(&raw);
		raw_array(&raw, rec->nfields - 1);
		for (size_t j = 0; j + 1 < rec->nfields; j++)
			raw_field(&raw, &rec->fields[j], body);
		refused(
		    msg_type_at(i)->type, raw.p, raw.len, "a field too few");
	}
}
END_TEST

/* Cut at every length, and with something behind. */
START_TEST(every_byte_is_eaten)
{
	for (size_t i = 0; i < ntypes; i++) {
		const struct msg_rec *rec = msg_type_at(i)->rec;
		void *body = msggen_empty(gen, rec);
		size_t len;

		for (size_t k = 0; k < rec->nfields; k++)
			if (rec->fields[k].kind == MF_STRS ||
			    rec->fields[k].kind == MF_STR)
				continue;
			else if (rec->fields[k].max < 100)
				msggen_set_bound(gen, &rec->fields[k], body, 0);
		raw_reset(&raw);
		raw_record(&raw, rec, body);
		len = raw.len;
		for (size_t n = 0; n < len; n++)
			refused(msg_type_at(i)->type, raw.p, n, "a cut body");
		for (unsigned c = 0; c < 256; c++) {
			raw.len = len;
			raw_byte(&raw, c);
			refused(msg_type_at(i)->type, raw.p, raw.len,
			    "a byte behind the body");
		}
	}
}
END_TEST

/*
 * Counts that lie.  msgpack-c would reserve memory for them; so little is
 * allowed here that it would fail.
 */
START_TEST(counts_that_lie)
{
#ifndef WITH_SANITIZERS
	const struct rlimit limit = { 512u << 20, 512u << 20 };
#endif
	static const unsigned heads[] = { 0xc4, 0xc5, 0xc6, 0xd9, 0xda, 0xdb,
		0xdc, 0xdd, 0xde, 0xdf, 0xc7, 0xc8, 0xc9 };
	static const size_t widths[] = { 1, 2, 4, 1, 2, 4, 2, 4, 2, 4, 1, 2,
		4 };
	static const uint64_t counts[] = { 0x7f, 0xff, 0x7fff, 0xffff,
		0x0fffffff, 0x7fffffff, 0xfffffffe, 0xffffffff };

#ifndef WITH_SANITIZERS
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
#endif
	for (size_t h = 0; h < sizeof(heads) / sizeof(*heads); h++)
		for (size_t c = 0; c < sizeof(counts) / sizeof(*counts); c++)
			for (size_t depth = 0; depth < 4; depth++) {
				raw_reset(&raw);
				for (size_t d = 0; d < depth; d++)
					raw_byte(&raw, 0x91);
				raw_head(&raw, heads[h], counts[c], widths[h]);
				for (size_t i = 0; i < 40; i++) {
					if (msg_scan(raw.p, raw.len) == 0)
						ck_abort_msg("a false count");
					for (size_t t = 0; t < ntypes; t += 7)
						refused(msg_type_at(t)->type,
						    raw.p, raw.len,
						    "a false count");
					raw_byte(&raw, 0);
				}
			}
}
END_TEST

START_TEST(depth_is_bounded)
{
	uint8_t deep[64];

	memset(deep, 0x91, sizeof(deep));
	for (size_t n = 1; n < sizeof(deep); n++) {
		deep[n] = 0x01;
		ck_assert_int_eq(
		    msg_scan(deep, n + 1), n <= 5 ? 0 : RL_ERR_PROTOCOL);
		deep[n] = 0x90;
		ck_assert_int_eq(
		    msg_scan(deep, n + 1), n <= 4 ? 0 : RL_ERR_PROTOCOL);
		deep[n] = 0x91;
	}
}
END_TEST

START_TEST(scan_knows_every_first_byte)
{
	uint8_t b[2 + 300];

	for (unsigned c = 0; c < 256; c++) {
		bool ok = c <= 0x7f || c >= 0xe0 || c == 0xc2 || c == 0xc3 ||
			  c == 0x90 || c == 0xa0;

		b[0] = 0x91;
		b[1] = (uint8_t)c;
		ck_assert_msg(
		    (msg_scan(b, 2) == 0) == ok, "first byte %02x", c);
		/* With enough behind it, only the known ones pass. */
		memset(b + 2, 0, sizeof(b) - 2);
		ok = false;
		for (size_t len = 2; len <= sizeof(b); len++)
			ok |= msg_scan(b, len) == 0;
		ck_assert_msg(ok == !(c == 0xc0 || c == 0xc1 ||
					(c >= 0xc7 && c <= 0xcb) ||
					(c >= 0xd4 && c <= 0xd8) || c == 0xde ||
					c == 0xdf || (c >= 0x80 && c <= 0x8f)),
		    "first byte %02x", c);
	}
	ck_assert_int_eq(msg_scan(b, 0), RL_ERR_PROTOCOL);
	b[0] = 0x01; /* not an array */
	ck_assert_int_eq(msg_scan(b, 1), RL_ERR_PROTOCOL);
}
END_TEST

/* A flipped bit is refused, or it is a body like any other. */
START_TEST(bit_flips)
{
	struct msg m, again;
	const char *why;

	for (size_t i = 0; i < ntypes; i++) {
		const struct msg_type *t = msg_type_at(i);
		size_t len;

		raw_reset(&raw);
		raw_record(&raw, t->rec, msggen_random(gen, t->rec));
		len = raw.len < 300 ? raw.len : 300;
		for (size_t bit = 0; bit < len * 8; bit++) {
			raw.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
			if (decode(&m, t->type, raw.p, raw.len) == 0) {
				buf_reset(out);
				ck_assert_int_eq(
				    msg_encode(out, t->type, 0, 0, m.body), 0);
				msg_begin(&again, t->type);
				ck_assert_int_eq(
				    msg_decode(&again,
					buf_ptr(out) + MSG_HDR_LEN,
					buf_len(out) - MSG_HDR_LEN, &why),
				    0);
				ck_assert(
				    msggen_equal(t->rec, m.body, again.body));
				msg_clear(&again);
			}
			msg_clear(&m);
			raw.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
}
END_TEST

START_TEST(headers)
{
	struct msg_hdr h;

	raw_header(&raw, MSG_MAX_BODY, 0xabcd, MSG_MAX_FDS, 0, 0xdeadbeef);
	for (size_t n = 0; n < MSG_HDR_LEN; n++)
		ck_assert_int_eq(msg_hdr_parse(raw.p, n, &h), RL_ERR_AGAIN);
	ck_assert_int_eq(msg_hdr_parse(raw.p, MSG_HDR_LEN, &h), 0);
	ck_assert_uint_eq(h.len, MSG_MAX_BODY);
	ck_assert_uint_eq(h.type, 0xabcd);
	ck_assert_uint_eq(h.nfds, MSG_MAX_FDS);
	ck_assert_uint_eq(h.id, 0xdeadbeef);

	raw_reset(&raw);
	raw_header(&raw, MSG_MAX_BODY + 1, 1, 0, 0, 0);
	ck_assert_int_eq(msg_hdr_parse(raw.p, raw.len, &h), RL_ERR_PROTOCOL);
	raw_reset(&raw);
	raw_header(&raw, 0, 1, MSG_MAX_FDS + 1, 0, 0);
	ck_assert_int_eq(msg_hdr_parse(raw.p, raw.len, &h), RL_ERR_PROTOCOL);
	raw_reset(&raw);
	raw_header(&raw, 0, 1, 0, 1, 0);
	ck_assert_int_eq(msg_hdr_parse(raw.p, raw.len, &h), RL_ERR_PROTOCOL);
}
END_TEST

START_TEST(encode_refuses)
{
	struct msg_recs many = { NULL, 0 };
	struct msg_alias alias = { .alias = "a" };
	struct msg_session *sessions;
	struct buf *small = buf_new(20);
	size_t before;

	ck_assert_int_eq(msg_encode(out, 0xffff, 1, 0, &alias), RL_ERR_INVALID);
	ck_assert_int_eq(
	    msg_encode(out, MSG_PROFILE_GET, 1, 0, NULL), RL_ERR_INVALID);
	ck_assert_int_eq(
	    msg_encode(out, MSG_PROFILE_GET, 1, MSG_MAX_FDS + 1, &alias),
	    RL_ERR_INVALID);
	ck_assert_int_eq(msg_encode(out, MSG_OK, 1, 0, NULL), 0);
	before = buf_len(out);
	/* A full queue leaves nothing behind. */
	ck_assert_int_eq(msg_encode(small, MSG_OK, 1, 0, NULL), 0);
	ck_assert_int_eq(msg_encode(small, MSG_OK, 1, 0, NULL), RL_ERR_TOOBIG);
	ck_assert_uint_eq(buf_len(small), before);
	buf_free(small);
	/* Each field within its bound, the whole beyond a body's: ours. */
	many.n = 4096;
	many.v = sessions = msggen_alloc(gen, many.n * sizeof(*sessions));
	for (size_t i = 0; i < many.n; i++)
		sessions[i].text = msggen_str(gen, 1000);
	ck_assert_int_eq(
	    msg_encode(out, MSG_SESSIONS, 1, 0, &many), RL_ERR_INVALID);
	ck_assert_uint_eq(buf_len(out), before);
}
END_TEST

START_TEST(traces_hide_secrets)
{
	struct msg_profile_create body = { .alias = "al\x1bias",
		.agent_id = "claude" };
	const char *env[] = { "A=CANARY", NULL };
	const char *args[] = { "--flag", "two", NULL };
	char text[2000];

	body.token.p = body.key.p = body.sealed_key.p =
	    (const uint8_t *)"CANARY";
	body.token.len = body.key.len = body.sealed_key.len = 6;
	body.env.v = env;
	body.env.n = 1;
	body.args.v = args;
	body.args.n = 2;
	ck_assert_ptr_eq(msg_print(msg_type_get(MSG_PROFILE_CREATE), &body,
			     text, sizeof(text)),
	    text);
	ck_assert_ptr_null(strstr(text, "CANARY"));
	ck_assert_ptr_null(strchr(text, '\x1b'));
	ck_assert_ptr_nonnull(strstr(text, "token=<secret>"));
	ck_assert_ptr_nonnull(strstr(text, "key=<secret>"));
	ck_assert_ptr_nonnull(strstr(text, "env=<secret>"));
	ck_assert_ptr_nonnull(strstr(text, "alias=\"al\\x1bias\""));
	ck_assert_ptr_nonnull(strstr(text, "args=[\"--flag\", \"two\"]"));
}
END_TEST

START_TEST(traces_fit)
{
	char text[600];

	for (size_t i = 0; i < ntypes; i++)
		for (size_t size = 1; size < 500; size += 13) {
			memset(text, 'X', sizeof(text));
			msg_print(msg_type_at(i),
			    msggen_random(gen, msg_type_at(i)->rec), text,
			    size);
			ck_assert_int_eq(text[size], 'X');
			ck_assert_uint_lt(strlen(text), size);
		}
}
END_TEST

/* Every field that may carry a key, a token or what is typed is marked. */
START_TEST(secrets_are_marked)
{
	static const char *const names[] = { "token", "key", "sealed_key",
		"value", "data" };

	for (size_t i = 0; i < ntypes; i++)
		for (size_t k = 0; k < msg_type_at(i)->rec->nfields; k++) {
			const struct msg_field *f =
			    &msg_type_at(i)->rec->fields[k];

			if (msg_type_at(i)->type == MSG_PUBKEY)
				continue; /* anybody may know it */
			for (size_t n = 0; n < sizeof(names) / sizeof(*names);
			     n++)
				if (strcmp(f->name, names[n]) == 0)
					ck_assert_msg(f->flags & MFF_SECRET,
					    "%s.%s", msg_type_at(i)->name,
					    f->name);
		}
	for (size_t i = 0; i < 3; i++) {
		static const uint16_t with_env[] = { MSG_PROFILE_CREATE,
			MSG_RUN_PLAN, MSG_JAIL_START };
		const struct msg_rec *rec = msg_type_get(with_env[i])->rec;
		bool found = false;

		for (size_t k = 0; k < rec->nfields; k++)
			if (strcmp(rec->fields[k].name, "env") == 0)
				found =
				    (rec->fields[k].flags & MFF_SECRET) != 0;
		ck_assert(found);
	}
}
END_TEST

Suite *
suite_msg(void)
{
	Suite *s = suite_create("msg");
	TCase *tc = tcase_create("msg");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, tables_make_sense);
	tcase_add_test(tc, round_trip);
	tcase_add_test(tc, understands_any_width);
	tcase_add_test(tc, empty_is_never_null);
	tcase_add_test(tc, bounds_are_exact);
	tcase_add_test(tc, numbers_have_signs);
	tcase_add_test(tc, strings_are_utf8);
	tcase_add_test(tc, types_do_not_mix);
	tcase_add_test(tc, field_count_is_exact);
	tcase_add_test(tc, every_byte_is_eaten);
	tcase_add_test(tc, counts_that_lie);
	tcase_add_test(tc, depth_is_bounded);
	tcase_add_test(tc, scan_knows_every_first_byte);
	tcase_add_test(tc, bit_flips);
	tcase_add_test(tc, headers);
	tcase_add_test(tc, encode_refuses);
	tcase_add_test(tc, traces_hide_secrets);
	tcase_add_test(tc, traces_fit);
	tcase_add_test(tc, secrets_are_marked);
	suite_add_tcase(s, tc);
	return s;
}
