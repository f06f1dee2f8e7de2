/*
 * One-time codes: good once, for a minute, a few at a time; and nothing that
 * is wrong, however often it comes, changes that for one that is right.
 */

#include "config.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "codes.h"
#include "err.h"
#include "secret.h"

#define NOW 5000000 /* ms since the machine's start */

static struct codes *cs;
static struct code_offer got;

static void
setup(void)
{
	secret_init();
	cs = codes_new();
	memset(&got, 0xff, sizeof(got));
}

static void
teardown(void)
{
	codes_free(cs);
}

static void
make(bool control, long long lifetime, uint64_t now, char *text)
{
	const struct code_offer offer = { control, lifetime };

	ck_assert_int_eq(codes_make(cs, now, &offer, text), 0);
}

static int
use(const char *text, uint64_t now)
{
	return codes_use(cs, now, text, strlen(text), &got);
}

START_TEST(is_base64url_and_never_the_same)
{
	char a[CODE_LEN + 1], b[CODE_LEN + 1];

	make(true, 60, NOW, a);
	make(true, 60, NOW, b);
	ck_assert_uint_eq(strlen(a), CODE_LEN);
	ck_assert_uint_eq(strspn(a, "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"),
	    CODE_LEN);
	ck_assert_str_ne(a, b);
}
END_TEST

START_TEST(is_good_once)
{
	char a[CODE_LEN + 1];

	make(false, 77, NOW, a);
	ck_assert_int_eq(use(a, NOW + 1), 0);
	ck_assert(!got.control);
	ck_assert_int_eq(got.lifetime, 77);
	ck_assert_int_eq(use(a, NOW + 1), RL_ERR_AUTH);
	ck_assert_uint_eq(codes_waiting(cs, NOW + 1), 0);
}
END_TEST

START_TEST(is_good_for_a_minute)
{
	char a[CODE_LEN + 1], b[CODE_LEN + 1];

	make(true, 1, NOW, a);
	make(true, 1, NOW, b);
	ck_assert_uint_eq(codes_waiting(cs, NOW + CODE_LIFE_MS - 1), 2);
	ck_assert_int_eq(use(a, NOW + CODE_LIFE_MS - 1), 0);
	ck_assert_int_eq(use(b, NOW + CODE_LIFE_MS), RL_ERR_AUTH);
	ck_assert_uint_eq(codes_waiting(cs, NOW + CODE_LIFE_MS), 0);
}
END_TEST

/* Each has its own offer and its own end, in whatever order. */
START_TEST(two_at_a_time)
{
	char a[CODE_LEN + 1], b[CODE_LEN + 1], c[CODE_LEN + 1];

	make(true, 1, NOW, a);
	make(false, 2, NOW + 10, b);
	make(true, 3, NOW + 20, c);
	ck_assert_int_eq(use(b, NOW + 30), 0);
	ck_assert(!got.control);
	ck_assert_int_eq(got.lifetime, 2);
	ck_assert_int_eq(use(c, NOW + CODE_LIFE_MS + 10), 0);
	ck_assert(got.control);
	ck_assert_int_eq(got.lifetime, 3);
	ck_assert_int_eq(use(a, NOW + CODE_LIFE_MS + 10), RL_ERR_AUTH);
}
END_TEST

START_TEST(a_few_at_a_time)
{
	const struct code_offer offer = { true, 1 };
	char first[CODE_LEN + 1], text[CODE_LEN + 1];

	make(true, 1, NOW, first);
	for (int i = 1; i < CODES_MAX; i++)
		make(true, 1, NOW + 1, text);
	ck_assert_int_eq(codes_make(cs, NOW + 1, &offer, text), RL_ERR_LIMIT);
	/* None that somebody has been told was given up for it. */
	ck_assert_uint_eq(codes_waiting(cs, NOW + 1), CODES_MAX);
	ck_assert_int_eq(use(first, NOW + 2), 0);
	make(true, 1, NOW + 2, text);
	ck_assert_int_eq(codes_make(cs, NOW + 2, &offer, text), RL_ERR_LIMIT);
	/* Nor does one that has ended take a place. */
	make(true, 1, NOW + 1 + CODE_LIFE_MS, text);
	ck_assert_uint_eq(codes_waiting(cs, NOW + 1 + CODE_LIFE_MS), 2);
}
END_TEST

START_TEST(wrong_ones_use_nothing_up)
{
	char a[CODE_LEN + 1], near[CODE_LEN + 2];

	make(true, 9, NOW, a);
	for (size_t i = 0; i < CODE_LEN; i++) {
		(void)strlcpy(near, a, sizeof(near));
		near[i] = near[i] == 'x' ? 'y' : 'x';
		ck_assert_int_ne(use(near, NOW), 0);
		near[i] = '\0';
		ck_assert_int_ne(use(near, NOW), 0);
	}
	(void)snprintf(near, sizeof(near), "%s=", a);
	ck_assert_int_ne(use(near, NOW), 0);
	ck_assert_int_eq(got.lifetime, -1);
	ck_assert_int_eq(use(a, NOW), 0);
}
END_TEST

/* After many others like it a wrong one is told to wait; a right one never. */
START_TEST(a_right_one_is_never_locked_out)
{
	char a[CODE_LEN + 1], b[CODE_LEN + 1];
	int i;

	make(true, 1, NOW, a);
	for (i = 0; i < CODES_WRONG; i++)
		ck_assert_int_eq(use("wrong", NOW + 1), RL_ERR_AUTH);
	for (i = 0; i < 10000; i++)
		ck_assert_int_eq(use("wrong", NOW + 1), RL_ERR_LIMIT);
	ck_assert_int_eq(use(a, NOW + 1), 0);
	make(true, 1, NOW + 1, b);
	ck_assert_int_eq(use(a, NOW + 2), RL_ERR_LIMIT);
	ck_assert_int_eq(use(b, NOW + 2), 0);
	ck_assert_int_eq(use("wrong", NOW + CODES_WRONG_MS), RL_ERR_LIMIT);
	ck_assert_int_eq(use("wrong", NOW + 1 + CODES_WRONG_MS), RL_ERR_AUTH);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("codes");
	TCase *tc = tcase_create("codes");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, is_base64url_and_never_the_same);
	tcase_add_test(tc, is_good_once);
	tcase_add_test(tc, is_good_for_a_minute);
	tcase_add_test(tc, two_at_a_time);
	tcase_add_test(tc, a_few_at_a_time);
	tcase_add_test(tc, wrong_ones_use_nothing_up);
	tcase_add_test(tc, a_right_one_is_never_locked_out);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
