/*
 * What is counted of an HTTP/2 client's frames, by a clock of the test's, and
 * which streams are remembered.  What comes of it to a client is
 * test_http2_limits.c's.
 */

#include "config.h"

#include <string.h>

#include <check.h>
#include <nghttp2/nghttp2.h>

#include "ringletd/http2.h"
#include "suites.h"

static const char *
watch(
    struct h2_watch *w, unsigned type, unsigned flags, size_t len, uint64_t now)
{
	static const uint8_t payload[H2_BLOCK_MAX + 1];
	uint8_t head[9] = { (uint8_t)(len >> 16), (uint8_t)(len >> 8),
		(uint8_t)len, (uint8_t)type, (uint8_t)flags };
	struct h2_fault fault = { 0, NULL };
	size_t i;

	for (i = 0; i < sizeof(head) && fault.why == NULL; i++)
		(void)h2_watch_input(w, head + i, 1, now, &fault);
	if (fault.why == NULL)
		(void)h2_watch_input(w, payload, len, now, &fault);
	return fault.why;
}

static void
watch_new(struct h2_watch *w)
{
	struct h2_fault fault;

	h2_watch_init(w, 0);
	ck_assert_uint_eq(h2_watch_input(w,
			      (const uint8_t *)NGHTTP2_CLIENT_MAGIC, 24, 0,
			      &fault),
	    24);
	ck_assert_ptr_null(fault.why);
}

START_TEST(counts_by_the_period)
{
	struct h2_watch w;
	uint64_t now = 0;
	unsigned i, round;

	watch_new(&w);
	for (round = 0; round < 5; round++) {
		for (i = 0; i < H2_FAULTS_MAX; i++)
			ck_assert_ptr_null(
			    watch(&w, NGHTTP2_RST_STREAM, 0, 4, now));
		for (i = 0; i < H2_CHATTER_MAX; i++)
			ck_assert_ptr_null(watch(&w, NGHTTP2_PING, 0, 8, now));
		now += H2_WATCH_MS;
	}
	for (i = 0; i < H2_FAULTS_MAX; i++)
		ck_assert_ptr_null(h2_watch_reset(&w, now));
	ck_assert_ptr_nonnull(h2_watch_reset(&w, now));
}
END_TEST

/* A client that reads much says so often. */
START_TEST(gives_credit_for_work)
{
	struct h2_watch w;
	unsigned i;

	watch_new(&w);
	for (i = 0; i < 100000; i++) {
		h2_watch_sent(&w);
		ck_assert_ptr_null(watch(&w, NGHTTP2_WINDOW_UPDATE, 0, 4, 0));
		ck_assert_ptr_null(watch(&w, NGHTTP2_WINDOW_UPDATE, 0, 4, 0));
	}
	h2_watch_sent(&w);
	for (i = 0; i < H2_CREDIT_MAX + H2_CHATTER_MAX; i++)
		ck_assert_ptr_null(watch(&w, NGHTTP2_WINDOW_UPDATE, 0, 4, 0));
	ck_assert_ptr_nonnull(watch(&w, NGHTTP2_WINDOW_UPDATE, 0, 4, 0));
}
END_TEST

START_TEST(measures_header_blocks)
{
	struct h2_watch w;

	watch_new(&w);
	ck_assert_ptr_null(watch(&w, NGHTTP2_HEADERS, 0, 10, 100));
	ck_assert_uint_eq(h2_watch_block_ms(&w, 150), 50);
	ck_assert_ptr_null(watch(&w, NGHTTP2_CONTINUATION, 0, 10, 200));
	ck_assert_uint_eq(h2_watch_block_ms(&w, 250), 150);
	ck_assert_ptr_null(
	    watch(&w, NGHTTP2_CONTINUATION, NGHTTP2_FLAG_END_HEADERS, 10, 300));
	ck_assert_uint_eq(h2_watch_block_ms(&w, 350), 0);
	/* The next is counted from its beginning. */
	ck_assert_ptr_null(watch(&w, NGHTTP2_HEADERS, 0, H2_BLOCK_MAX, 400));
	ck_assert_ptr_nonnull(watch(&w, NGHTTP2_CONTINUATION, 0, 1, 400));
}
END_TEST

/* What comes before a faulty frame may be acted on, however it is cut. */
START_TEST(finds_where_it_is_wrong)
{
	static const uint8_t good[] = "\0\0\x08\6\0\0\0\0\0"
				      "12345678"
				      "\0\0\5\2\0\0\0\0\1"
				      "\0\0\0\3\xff";
	static const uint8_t bad[] = "\0\0\5\2\0\0\0\0\1"
				     "\x80\0\0\1\xff";
	uint8_t both[sizeof(good) + sizeof(bad) - 2];
	struct h2_watch w;
	struct h2_fault fault = { 0, NULL };
	size_t cut, n;

	memcpy(both, good, sizeof(good) - 1);
	memcpy(both + sizeof(good) - 1, bad, sizeof(bad) - 1);
	for (cut = 0; cut <= sizeof(both); cut++) {
		watch_new(&w);
		n = h2_watch_input(&w, both, cut, 0, &fault);
		if (fault.why == NULL) {
			ck_assert_uint_eq(n, cut);
			n += h2_watch_input(
			    &w, both + cut, sizeof(both) - cut, 0, &fault);
		}
		ck_assert_ptr_nonnull(fault.why);
		ck_assert_uint_eq(fault.code, NGHTTP2_PROTOCOL_ERROR);
		/* A head that has been begun with is in the library already. */
		ck_assert_uint_ge(n, sizeof(good) - 1);
		ck_assert_uint_le(n, sizeof(both) - 1);
		if (cut < sizeof(good))
			ck_assert_uint_eq(n, sizeof(good) - 1);
	}
}
END_TEST

/* Streams that are over, left out, or too long ago to be known. */
START_TEST(remembers_streams)
{
	struct h2_ids ids;
	uint32_t id;

#define HEADS(id) h2_ids_frame(&ids, NGHTTP2_HEADERS, 0, id)
#define ENDS(id)  h2_ids_frame(&ids, NGHTTP2_DATA, 1, id)
#define DROPS(id) h2_ids_frame(&ids, NGHTTP2_RST_STREAM, 0, id)
	h2_ids_init(&ids);
	ck_assert_uint_eq(HEADS(1), NGHTTP2_NO_ERROR);
	ck_assert_uint_eq(HEADS(9), NGHTTP2_NO_ERROR);
	ck_assert_uint_eq(HEADS(1), NGHTTP2_NO_ERROR); /* trailers */
	ck_assert_uint_eq(HEADS(3), NGHTTP2_PROTOCOL_ERROR);
	ck_assert_uint_eq(ENDS(7), NGHTTP2_PROTOCOL_ERROR);
	ck_assert_uint_eq(DROPS(7), NGHTTP2_NO_ERROR);
	ck_assert_uint_eq(HEADS(7), NGHTTP2_PROTOCOL_ERROR);
	ck_assert_uint_eq(ENDS(1), NGHTTP2_NO_ERROR);
	ck_assert_uint_eq(ENDS(1), NGHTTP2_STREAM_CLOSED);
	ck_assert_uint_eq(DROPS(9), NGHTTP2_NO_ERROR);
	ck_assert_uint_eq(HEADS(9), NGHTTP2_STREAM_CLOSED);
	/* What is idle, or no stream of a client's, is the library's affair. */
	ck_assert_uint_eq(ENDS(11), NGHTTP2_NO_ERROR);
	ck_assert_uint_eq(HEADS(2), NGHTTP2_NO_ERROR);
	ck_assert_uint_eq(HEADS(0), NGHTTP2_NO_ERROR);
	ck_assert_uint_eq(ENDS(1), NGHTTP2_STREAM_CLOSED);
	for (id = 11; id < 11 + 2 * (H2_IDS_MAX - 5); id += 2)
		ck_assert_uint_eq(HEADS(id), NGHTTP2_NO_ERROR);
	ck_assert_uint_eq(HEADS(1), NGHTTP2_STREAM_CLOSED);
	ck_assert_uint_eq(HEADS(id), NGHTTP2_NO_ERROR);
	ck_assert_uint_eq(HEADS(1), NGHTTP2_NO_ERROR);
	ck_assert_uint_eq(HEADS(3), NGHTTP2_PROTOCOL_ERROR);
	/* One leap over all. */
	ck_assert_uint_eq(HEADS(0x7fffffff), NGHTTP2_NO_ERROR);
	ck_assert_uint_eq(HEADS(0x7ffffffd), NGHTTP2_PROTOCOL_ERROR);
	ck_assert_uint_eq(
	    HEADS(0x7fffffff - 2 * (H2_IDS_MAX - 1)), NGHTTP2_PROTOCOL_ERROR);
	ck_assert_uint_eq(
	    HEADS(0x7fffffff - 2 * H2_IDS_MAX), NGHTTP2_NO_ERROR);
	ck_assert_uint_eq(ENDS(0x7fffffff), NGHTTP2_NO_ERROR);
	ck_assert_uint_eq(ENDS(0x7fffffff), NGHTTP2_STREAM_CLOSED);
}
END_TEST

Suite *
suite_h2watch(void)
{
	Suite *s = suite_create("h2watch");
	TCase *tc = tcase_create("frames");

	tcase_add_test(tc, counts_by_the_period);
	tcase_add_test(tc, gives_credit_for_work);
	tcase_add_test(tc, measures_header_blocks);
	tcase_add_test(tc, finds_where_it_is_wrong);
	tcase_add_test(tc, remembers_streams);
	suite_add_tcase(s, tc);
	return s;
}
