/*
 * Points in time as people write them: what is meant, and what is none.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ringlet/ringlet.h"
#include "suites.h"

#define NOW 1700000000123 /* 2023-11-14T22:13:20.123Z */

static void
zone(const char *name)
{
	ck_assert_int_eq(setenv("TZ", name, 1), 0);
	tzset();
}

START_TEST(times)
{
	static const struct {
		const char *text;
		int64_t ms;
	} rows[] = {
		{ "now", NOW },
		{ "0s", NOW },
		{ "30s", NOW - 30000 },
		{ "10m", NOW - 600000 },
		{ "2h", NOW - 7200000 },
		{ "1d", NOW - 86400000 },
		{ "1w", NOW - 604800000 },
		/* The zone is two hours to the east. */
		{ "today", 1699999200000 },
		{ "yesterday", 1699912800000 },
		{ "2023-11-14", 1699912800000 },
		{ "2023-11-14T22:13", 1699992780000 },
		{ "2023-11-14T22:13:20", 1699992800000 },
		{ "2023-11-14 22:13:20", 1699992800000 },
		{ "2023-11-14T22:13:20Z", 1700000000000 },
		{ "2023-11-14t22:13:20z", 1700000000000 },
		{ "2023-11-14T22:13:20.123Z", NOW },
		{ "2023-11-14T22:13:20.1Z", 1700000000100 },
		{ "2023-11-14T22:13:20.123456Z", NOW },
		{ "2023-11-14T22:13:20+00:00", 1700000000000 },
		{ "2023-11-14T23:43:20+01:30", 1700000000000 },
		{ "2023-11-14T17:13:20-05:00", 1700000000000 },
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2024-02-29T00:00:00Z", 1709164800000 },
	};
	int64_t ms;

	zone("XXX-2");
	for (size_t i = 0; i < NELEM(rows); i++) {
		ck_assert_msg(
		    text_when(rows[i].text, NOW, &ms) == 0, "%s", rows[i].text);
		ck_assert_msg(
		    ms == rows[i].ms, "%s: %lld", rows[i].text, (long long)ms);
	}
}
END_TEST

START_TEST(no_times)
{
	static const char *const rows[] = { "", "soon", "10", "m", "10x",
		"-10m", "10m ", " 10m", "9999999999s", "1h30m", "Today", "2023",
		"2023-11", "2023-1-1", "2023-13-01", "2023-00-10", "2023-02-30",
		"2023-02-29", "2023-11-31", "2023-11-00", "2023-11-14T",
		"2023-11-14T2", "2023-11-14T22", "2023-11-14T24:00",
		"2023-11-14T22:60", "2023-11-14T22:13:60",
		"2023-11-14T22:13:20.", "2023-11-14T22:13:20.Z",
		"2023-11-14T22:13:20Zx", "2023-11-14T22:13:20+1",
		"2023-11-14T22:13:20+24:00", "2023-11-14T22:13:20+01:60",
		"2023-11-14T22:13:20+0100", "2023-11-14x", "+2023-11-14",
		"20231114" };
	int64_t ms;

	zone("UTC0");
	for (size_t i = 0; i < NELEM(rows); i++)
		ck_assert_msg(
		    text_when(rows[i], NOW, &ms) != 0, "'%s'", rows[i]);
}
END_TEST

Suite *
suite_when(void)
{
	Suite *s = suite_create("when");
	TCase *tc = tcase_create("when");

	tcase_add_test(tc, times);
	tcase_add_test(tc, no_times);
	suite_add_tcase(s, tc);
	return s;
}
