/*
 * What `ringlet attach` makes of what is typed, and of what it leaves behind
 * in a terminal: its escapes, and modes to be undone.
 */
#include "config.h"

#include <check.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "buf.h"
#include "escape.h"
#include "ringlet.h"
#include "termmode.h"

/* --- the escapes of attach --- */

/*
 * Feeds text in pieces of step bytes until it detaches; what goes to the
 * session is in typed, and other actions are counted.
 */
static enum escape_action
feed(const char *text, size_t step, char *typed, int *helps, int *stops)
{
	struct escape e = { 0 };
	const uint8_t *p = (const uint8_t *)text;
	size_t left = strlen(text), n, outlen, used;
	enum escape_action a = ESCAPE_NONE;
	uint8_t out[64];

	*typed = '\0';
	*helps = *stops = 0;
	while (left > 0 && a != ESCAPE_DETACH) {
		n = left < step ? left : step;
		a = escape_feed(&e, p, n, out, &outlen, &used);
		ck_assert_uint_le(used, n);
		ck_assert_uint_le(outlen, n + 1);
		strncat(typed, (const char *)out, outlen);
		*helps += a == ESCAPE_HELP;
		*stops += a == ESCAPE_SUSPEND;
		p += used;
		left -= used;
	}
	return a == ESCAPE_DETACH ? a : ESCAPE_NONE;
}

START_TEST(escapes)
{
	static const struct {
		const char *in, *typed;
		bool detach;
		int helps, stops;
	} rows[] = {
		{ "ls\r", "ls\r", false, 0, 0 },
		{ "~.", "", true, 0, 0 },
		{ "~d", "", true, 0, 0 },
		{ "ls\r~.rest", "ls\r", true, 0, 0 },
		{ "ls\n~d", "ls\n", true, 0, 0 },
		{ "ls~.", "ls~.", false, 0, 0 },
		{ "a ~d\r", "a ~d\r", false, 0, 0 },
		{ "~~", "~", false, 0, 0 },
		{ "~~.", "~.", false, 0, 0 },
		{ "~~~.", "~~.", false, 0, 0 },
		{ "~x", "~x", false, 0, 0 },
		{ "~\r~.", "~\r", true, 0, 0 },
		{ "~?", "", false, 1, 0 },
		{ "~?~.", "", true, 1, 0 },
		{ "~?ls\r", "ls\r", false, 1, 0 },
		{ "~/x\r~?", "~/x\r", false, 1, 0 },
		{ "~", "", false, 0, 0 },
		{ "\r\r~.", "\r\r", true, 0, 0 },
		{ "\x7f~.", "\x7f~.", false, 0, 0 },
		{ "~\x1a", "", false, 0, 1 },
		{ "ls\r~\x1a~.", "ls\r", true, 0, 1 },
		{ "a~\x1a", "a~\x1a", false, 0, 0 },
		{ "\x1a~.", "\x1a~.", false, 0, 0 },
	};
	char typed[64];
	int helps, stops;

	for (size_t i = 0; i < NELEM(rows); i++) {
		for (size_t step = 1; step <= 16; step++) {
			enum escape_action a =
			    feed(rows[i].in, step, typed, &helps, &stops);

			ck_assert_str_eq(typed, rows[i].typed);
			ck_assert_int_eq(a == ESCAPE_DETACH, rows[i].detach);
			ck_assert_int_eq(helps, rows[i].helps);
			ck_assert_int_eq(stops, rows[i].stops);
		}
	}
}
END_TEST

/* --- modes of the terminal --- */

START_TEST(undoes_modes)
{
	static const struct {
		const char *out, *undo;
	} rows[] = {
		{ "plain text\r\n", "" },
		{ "\033[?1049h", "\033[?1049l" },
		{ "\033[?1049h\033[?1049l", "" },
		{ "\033[?1047h", "\033[?1047l\0338" },
		{ "\033[?47h", "\033[?47l\0338" },
		/* There is one alternate screen. */
		{ "\033[?1047h\033[?1049l", "" },
		{ "\033[?1047h\033[?1049h", "\033[?1049l" },
		{ "\033[?1049h\033[?47l\033[?1047h", "\033[?1047l\0338" },
		{ "\033[?25l", "\033[?25h" },
		{ "\033[?25l\033[?25h", "" },
		{ "\033[?1000;1006h", "\033[?1000l\033[?1006l" },
		{ "\033[?2004hx\033[?1004h", "\033[?1004l\033[?2004l" },
		{ "\033[31mred", "\033[0m" },
		{ "\033[31mred\033[0m", "" },
		{ "\033[31mred\033[m", "" },
		{ "\033[2;10r", "\0337\033[r\0338" },
		{ "\033[2;10r\033[r", "" },
		{ "\033[3 q", "\033[0 q" },
		{ "\033=", "\033>" },
		{ "\033=\033>", "" },
		{ "\033[>1u\033[>5u", "\033[<2u" },
		{ "\033[>1u\033[<u", "" },
		{ "\033[>1u\033[<9u", "" },
		{ "\033[>4;2m", "\033[>4m" },
		{ "\033[?1049h\033[?1003h\033c", "" },
		/* Text inside strings is not a sequence. */
		{ "\033]0;\033\\", "" },
		{ "\033]0;[?1049h\a", "" },
		{ "\033P[?25l\033\\", "" },
		{ "\033]0;title\a\033[?25l", "\033[?25h" },
		{ "\033]8;;u\033\\\033[?25l", "\033[?25h" },
		/* Broken off, endless, and without meaning. */
		{ "\033[?104", "" },
		{ "\033[?99999999999999999999h", "" },
		{ "\033[1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17;18m",
		    "\033[0m" },
		{ "\033[?1049$p\033[?u\033[c", "" },
		{ "\033[12\033[?25l", "\033[?25h" },
	};

	for (size_t i = 0; i < NELEM(rows); i++) {
		size_t len = strlen(rows[i].out);

		for (size_t step = 1; step <= len; step++) {
			struct termmode t = { 0 };
			struct buf *b = buf_new(1024);

			for (size_t k = 0; k < len; k += step)
				termmode_feed(&t,
				    (const uint8_t *)rows[i].out + k,
				    len - k < step ? len - k : step);
			ck_assert_int_eq(termmode_undo(&t, b), 0);
			ck_assert_uint_eq(buf_len(b), strlen(rows[i].undo));
			ck_assert_mem_eq(buf_ptr(b), rows[i].undo, buf_len(b));
			buf_free(b);
		}
	}
}
END_TEST

/* Everything at once fits what view.c sets aside. */
START_TEST(undo_fits)
{
	struct termmode t = { .changed = UINT32_MAX,
		.attributes = true,
		.region = true,
		.cursor_shape = true,
		.keypad = true,
		.other_keys = true,
		.keyboards = UINT_MAX };
	struct buf *b = buf_new(1024);

	ck_assert_int_eq(termmode_undo(&t, b), 0);
	buf_free(b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("escape");
	TCase *tc = tcase_create("pure");
	SRunner *sr;
	int failed;

	tcase_add_test(tc, escapes);
	tcase_add_test(tc, undoes_modes);
	tcase_add_test(tc, undo_fits);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
