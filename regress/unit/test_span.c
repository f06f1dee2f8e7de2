/*
 * Pieces of a request's text: words, numbers and lists, of whatever bytes.
 */
#include "config.h"

#include <check.h>
#include <string.h>

#include "ringletd/ringletd.h"
#include "ringletd/span.h"
#include "suites.h"

static struct span
span_of(const char *text)
{
	struct span s = { text, text != NULL ? strlen(text) : 0 };

	return s;
}

START_TEST(compares)
{
	struct span none = span_of(NULL), empty = span_of("");
	struct span word = span_of("Chunked");

	ck_assert(span_is(&word, "Chunked"));
	ck_assert(!span_is(&word, "chunked"));
	ck_assert(span_is_nocase(&word, "chunked"));
	ck_assert(!span_is_nocase(&word, "chunk"));
	ck_assert(!span_is_nocase(&word, "chunked!"));
	ck_assert(span_is(&none, "") && span_is(&empty, ""));
	ck_assert(!span_is(&none, "a"));
}
END_TEST

static const struct {
	const char *text;
	int64_t max;
	int64_t value; /* -1: it is refused */
} numbers[] = {
	{ "0", 9, 0 },
	{ "9", 9, 9 },
	{ "10", 9, -1 },
	{ "007", 9, 7 },
	{ "9223372036854775807", INT64_MAX, INT64_MAX },
	{ "9223372036854775808", INT64_MAX, -1 },
	{ "99999999999999999999999", INT64_MAX, -1 },
	{ "", 9, -1 },
	{ "-1", 9, -1 },
	{ "+1", 9, -1 },
	{ " 1", 9, -1 },
	{ "1 ", 9, -1 },
	{ "0x1", 9, -1 },
};

START_TEST(reads_numbers)
{
	struct span s = span_of(numbers[_i].text);
	int64_t value = -1;

	ck_assert_msg(span_number(&s, numbers[_i].max, &value) ==
			  (numbers[_i].value >= 0),
	    "%s", numbers[_i].text);
	ck_assert_int_eq(value, numbers[_i].value);
}
END_TEST

/* Parts as they come, with a bar behind each. */
static const struct {
	const char *list; /* NULL: there is none */
	const char *parts;
} lists[] = {
	{ NULL, "" },
	{ "", "|" },
	{ "a", "a|" },
	{ "a,b", "a|b|" },
	{ " \ta b\t , c ", "a b|c|" },
	{ ",a,,", "|a|||" },
	{ "a;b", "a;b|" },
};

START_TEST(takes_lists_apart)
{
	struct span rest = span_of(lists[_i].list), part;
	char parts[64] = "";

	while (span_next(&rest, ',', &part)) {
		(void)strncat(parts, part.p, part.len);
		(void)strlcat(parts, "|", sizeof(parts));
	}
	ck_assert_str_eq(parts, lists[_i].parts);
	ck_assert(!span_next(&rest, ',', &part));
}
END_TEST

START_TEST(finds_words_in_lists)
{
#define HAS(list) span_list_has(span_of(list), "websocket")
	ck_assert(HAS("websocket"));
	ck_assert(HAS("a ,\tWebSocket\t, b"));
	ck_assert(HAS(",,websocket"));
	ck_assert(!HAS("websockets"));
	ck_assert(!HAS("web socket"));
	ck_assert(!HAS(""));
	ck_assert(!HAS(","));
	ck_assert(!HAS(NULL));
#undef HAS
}
END_TEST

Suite *
suite_span(void)
{
	Suite *s = suite_create("span");
	TCase *tc = tcase_create("span");

	tcase_add_test(tc, compares);
	tcase_add_loop_test(tc, reads_numbers, 0, (int)NELEM(numbers));
	tcase_add_loop_test(tc, takes_lists_apart, 0, (int)NELEM(lists));
	tcase_add_test(tc, finds_words_in_lists);
	suite_add_tcase(s, tc);
	return s;
}
