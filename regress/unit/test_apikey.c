/*
 * What may be an API key, what may not, and that the error says why without
 * repeating it.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "apikey.h"
#include "err.h"
#include "suites.h"
#include "xmalloc.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))
#define TEXT(s)	 s, sizeof(s) - 1

static const struct {
	const char *p;
	size_t len;
	const char *says; /* NULL: it is a key */
} rows[] = {
	{ TEXT("s"), NULL },
	{ TEXT("sk-ant-0123456789_AZaz"), NULL },
	{ TEXT("a b"), NULL },
	{ TEXT("gr\xc3\xbc\xc3\x9f"), NULL },
	{ TEXT("\xf0\x9f\x94\x91"), NULL },
	{ TEXT(""), "empty" },
	{ TEXT(" sk"), "begins with a space" },
	{ TEXT("sk "), "ends with a space" },
	{ TEXT(" "), "a space" },
	{ TEXT("\tsk"), "begins with a tab" },
	{ TEXT("sk\t"), "ends with a tab" },
	{ TEXT("sk\n"), "ends with a line break" },
	{ TEXT("\nsk"), "begins with a line break" },
	{ TEXT("sk\r"), "ends with a carriage return" },
	{ TEXT("sk\xc2\xa0"), "ends with a no-break space" },
	{ TEXT("\xc2\xa0sk"), "begins with a no-break space" },
	{ TEXT("\xef\xbb\xbfsk"), "begins with a byte order mark" },
	{ TEXT("sk\xe2\x80\x8b"), "ends with a space of no width" },
	{ TEXT("sk\xe2\x80\x83"), "ends with a wide space" },
	{ TEXT("sk\xe3\x80\x80"), "ends with a wide space" },
	{ TEXT("sk\nsk"), "a line break at byte 3" },
	{ TEXT("sk\x01sk"), "a control character at byte 3" },
	{ TEXT("sk\x7f"), "a control character at byte 3" },
	{ TEXT("sk\x1b[A"), "a control character at byte 3" },
	{ TEXT("sk\xc2\x9bk"), "a control character at byte 3" },
	{ TEXT("sk\xe2\x80\xaek"), "a control character at byte 3" },
	{ TEXT("sk\xe2\x80\xa8k"), "a line break at byte 3" },
	{ TEXT("sk\0sk"), "NUL" },
	{ TEXT("sk\xff"), "UTF-8" },
	{ TEXT("\xc3"), "UTF-8" },
	{ TEXT("\x80"), "UTF-8" },
};

START_TEST(judges)
{
	char why[256] = "";
	int r = apikey_check(rows[_i].p, rows[_i].len, why, sizeof(why));

	if (rows[_i].says == NULL) {
		ck_assert_int_eq(r, 0);
		return;
	}
	ck_assert_int_eq(r, RL_ERR_INVALID);
	ck_assert_msg(strstr(why, rows[_i].says) != NULL, "%s", why);
	ck_assert_ptr_null(strstr(why, "sk"));
}
END_TEST

START_TEST(has_a_longest)
{
	char *p = xmalloc(APIKEY_MAX + 1), why[256];

	memset(p, 'k', APIKEY_MAX + 1);
	ck_assert_int_eq(apikey_check(p, APIKEY_MAX, why, sizeof(why)), 0);
	ck_assert_int_eq(
	    apikey_check(p, APIKEY_MAX + 1, why, sizeof(why)), RL_ERR_INVALID);
	ck_assert_str_eq(why, "is longer than 8192 bytes");
	free(p);
}
END_TEST

/* No byte is read behind the end: the block is exactly as long. */
START_TEST(reads_no_further)
{
	char *p, why[256];

	for (size_t i = 0; i < NELEM(rows); i++)
		for (size_t len = 0; len <= rows[i].len; len++) {
			p = xmalloc(len + 1);
			p = realloc(p, len > 0 ? len : 1);
			memcpy(p, rows[i].p, len);
			apikey_check(p, len, why, sizeof(why));
			free(p);
		}
}
END_TEST

Suite *
suite_apikey(void)
{
	Suite *s = suite_create("apikey");
	TCase *tc = tcase_create("apikey");

	tcase_add_loop_test(tc, judges, 0, NELEM(rows));
	tcase_add_test(tc, has_a_longest);
	tcase_add_test(tc, reads_no_further);
	suite_add_tcase(s, tc);
	return s;
}
