/*
 * What terminals say by themselves, and what comes from keys.
 */

#include "config.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "ringlet/answer.h"
#include "suites.h"

static const char *const answers[] = {
	"\033[?62;22c", "\033[?1;2c", "\033[>41;351;0c", "\033[=0c",
	"\033[0n", "\033[?13n", "\033[24;80R", "\033[?12;40R", "\033[2;5R",
	"\033[1;20R", "\033[?2026;2$y", "\033[4;1$y", "\033[8;24;80t",
	"\033[3;0;0t", "\033[?1u", "\033[?0u", "\033[?1;0;256S", "\033[I",
	"\033[O", "\033]11;rgb:0000/0000/0000\033\\",
	"\033]10;rgb:ffff/ffff/ffff\007", "\033]4;1;rgb:cd/00/00\033\\",
	"\033]52;c;aGVsbG8=\007", "\033]ltitle\033\\", "\033]Licon\033\\",
	"\033P>|XTerm(379)\033\\", "\033P1$r0m\033\\", "\033P1+r544e=\033\\",
	"\033P!|00000000\033\\",
};

static const char *const keys[] = {
	"a", "\r", "\033", "\033\033", "\033[A", "\033OA", "\033[1;5C",
	"\033[3~", "\033[15;2~", "\033[200~", "\033[201~", "\033[1;2R",
	"\033[1;8R", "\033[1;16R", "\033OR", "\033[R", "\033[97;5u",
	"\033[27;5;13~", "\033[<0;10;20M", "\033[<0;10;20m", "\033[M !!",
	"\033[Z", "\033]", "\033]x", "\033P", "\033Pq", "\033[", "\033[2",
	"\033[2;", "\033]11;rgb:00", "\033]11;x\033", "\033P>|X", "\033[S",
	"\033[c", "\033[t", "\033[n", "\303\244", "\033]1\r\007",
};

START_TEST(knows_answers)
{
	const uint8_t *p = (const uint8_t *)answers[_i];
	size_t len = strlen(answers[_i]);
	char text[128];
	bool is;

	ck_assert_uint_eq(answer_part(p, len, &is), len);
	ck_assert(is);
	/* Each way of cutting it short is no answer. */
	for (size_t n = 1; n < len; n++) {
		ck_assert_uint_eq(answer_part(p, n, &is), n);
		ck_assert_msg(!is, "%zu bytes", n);
	}
	/* Between keys it is found. */
	(void)snprintf(text, sizeof(text), "ls\r%s~.", answers[_i]);
	p = (const uint8_t *)text;
	ck_assert_uint_eq(answer_part(p, strlen(text), &is), 3);
	ck_assert(!is);
	ck_assert_uint_eq(answer_part(p + 3, strlen(text) - 3, &is), len);
	ck_assert(is);
	ck_assert_uint_eq(answer_part(p + 3 + len, 2, &is), 2);
	ck_assert(!is);
}
END_TEST

START_TEST(takes_keys_for_keys)
{
	const uint8_t *p = (const uint8_t *)keys[_i];
	size_t len = strlen(keys[_i]);
	bool is;

	ck_assert_uint_eq(answer_part(p, len, &is), len);
	ck_assert(!is);
}
END_TEST

Suite *
suite_answer(void)
{
	Suite *s = suite_create("answer");
	TCase *tc = tcase_create("answer");

	tcase_add_loop_test(tc, knows_answers, 0,
	    (int)(sizeof(answers) / sizeof(answers[0])));
	tcase_add_loop_test(tc, takes_keys_for_keys, 0,
	    (int)(sizeof(keys) / sizeof(keys[0])));
	suite_add_tcase(s, tc);
	return s;
}
