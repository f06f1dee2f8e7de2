/*
 * The format of server-sent events: a line's end in what is told begins no
 * field of its own.
 */
#include "config.h"

#include <check.h>
#include <stdint.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "ringletd/ringletd.h"
#include "ringletd/sse.h"
#include "suites.h"

static const struct {
	uint64_t id;
	const char *type;
	const char *data;
	const char *want; /* NULL: refused */
} formats[] = {
	{ 1, "a.b", "{}", "id: 1\nevent: a.b\ndata: {}\n\n" },
	{ UINT64_MAX, "a", "x",
	    "id: 18446744073709551615\nevent: a\ndata: x\n\n" },
	{ 0, "a", "", "event: a\ndata: \n\n" },
	{ 0, "a", "1\n2", "event: a\ndata: 1\ndata: 2\n\n" },
	{ 0, "a", "1\r\n2\r3\n",
	    "event: a\ndata: 1\ndata: 2\ndata: 3\ndata: \n\n" },
	{ 0, "a", "\n\nevent: b",
	    "event: a\ndata: \ndata: \ndata: event: b\n\n" },
	{ 0, "a\nid: 9", "x", NULL },
	{ 0, "a\r", "x", NULL },
	{ 0, "", "x", NULL },
};

START_TEST(is_formatted)
{
	struct buf *b = buf_new(200), *small = buf_new(20);
	int ret =
	    sse_event(b, formats[_i].id, formats[_i].type, formats[_i].data);

	if (formats[_i].want == NULL)
		ck_assert_int_eq(ret, RL_ERR_INVALID);
	else {
		ck_assert_int_eq(ret, 0);
		ck_assert_uint_eq(buf_len(b), strlen(formats[_i].want));
		ck_assert_mem_eq(
		    buf_ptr(b), formats[_i].want, strlen(formats[_i].want));
	}
	buf_reset(b);
	ck_assert_int_eq(sse_comment(b, "a\nb"), 0);
	ck_assert_uint_eq(buf_len(b), 5);
	ck_assert_mem_eq(buf_ptr(b), ": a\n\n", 5);
	ck_assert_int_eq(
	    sse_event(small, 1, "a", "longer than that"), RL_ERR_TOOBIG);
	buf_free(small);
	buf_free(b);
}
END_TEST

Suite *
suite_sse_format(void)
{
	Suite *s = suite_create("sse-format");
	TCase *tc = tcase_create("format");

	tcase_add_loop_test(tc, is_formatted, 0, NELEM(formats));
	suite_add_tcase(s, tc);
	return s;
}
