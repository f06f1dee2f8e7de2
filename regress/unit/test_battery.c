/*
 * The lines in which attempts are told: read as they are meant, and nothing
 * else is.  They come from inside a jail.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "battery.h"
#include "buf.h"
#include "err.h"
#include "suites.h"
#include "xmalloc.h"

static struct battery_result *results;
static char why[256];

/* All attempts as refused, but for line number at, which is instead. */
static struct buf *
lines(size_t at, const char *instead, const char *eol)
{
	const struct battery_attempt *a;
	struct buf *b = buf_new(65536);
	char line[128];
	size_t i, n;

	a = battery_attempts(&n);
	results = xreallocarray(results, n, sizeof(*results));
	for (i = 0; i <= n; i++) {
		if (i == at)
			(void)snprintf(line, sizeof(line), "%s", instead);
		else if (i < n)
			(void)snprintf(line, sizeof(line),
			    "RJC1 %s refused 13%s", a[i].name, eol);
		else
			(void)snprintf(
			    line, sizeof(line), "RJC1 end %zu%s", n, eol);
		ck_assert_int_eq(buf_put(b, line, strlen(line)), 0);
	}
	return b;
}

static int
parse(struct buf *b)
{
	int r = battery_parse(
	    (const char *)buf_ptr(b), buf_len(b), results, why, sizeof(why));

	buf_free(b);
	return r;
}

START_TEST(test_good)
{
	const struct battery_attempt *a;
	char line[128];
	size_t n;

	a = battery_attempts(&n);
	ck_assert_int_eq(parse(lines(SIZE_MAX, "", "\n")), 0);
	ck_assert_int_eq(parse(lines(SIZE_MAX, "", "\r\n")), 0);
	ck_assert_int_eq(results[0].verdict, BV_REFUSED);
	ck_assert_int_eq(results[0].number, 13);
	(void)snprintf(line, sizeof(line), "RJC1 %s reached\r\n", a[2].name);
	ck_assert_int_eq(parse(lines(2, line, "\n")), 0);
	ck_assert_int_eq(results[2].verdict, BV_REACHED);
	(void)snprintf(
	    line, sizeof(line), "RJC1 %s killed 31\n", a[n - 1].name);
	ck_assert_int_eq(parse(lines(n - 1, line, "\n")), 0);
	ck_assert_int_eq(results[n - 1].verdict, BV_KILLED);
	ck_assert_int_eq(results[n - 1].number, 31);
}
END_TEST

/* %s is the name of the attempt that the line stands for. */
static const char *const bad[] = {
	"",
	"\n",
	"RJC1 %s reached", /* and the next line in the same */
	"RJC2 %s reached\n",
	" RJC1 %s reached\n",
	"RJC1  %s reached\n",
	"RJC1 %s\n",
	"RJC1 %s held\n",
	"RJC1 %s reached 1\n",
	"RJC1 %s absent 1\n",
	"RJC1 %s refused\n",
	"RJC1 %s refused 0\n",
	"RJC1 %s refused -1\n",
	"RJC1 %s refused 1000\n",
	"RJC1 %s refused 99999999999999999999\n",
	"RJC1 %s refused 0x1\n",
	"RJC1 %s refused 13 14\n",
	"RJC1 %s refused 13 \n",
	"RJC1 %s killed x\n",
	"RJC1 %s reached\nRJC1 %s reached\n",
	"RJC1 nothing reached\n",
	"RJC1 end 1\n",
	"RJC1 %s reached\n\033[2J\n",
	"RJC1 %s reached                                                  \n",
};

START_TEST(test_bad)
{
	const struct battery_attempt *a;
	const char *name, *p;
	char line[256];
	size_t n, len = 0, at;

	a = battery_attempts(&n);
	for (at = 0; at < n; at += n / 3) {
		name = a[at].name;
		len = 0;
		/* A format must be a literal. */
		for (p = bad[_i]; *p != '\0'; p++) {
			if (p[0] != '%') {
				line[len++] = *p;
				continue;
			}
			memcpy(line + len, name, strlen(name));
			len += strlen(name);
			p++;
		}
		line[len] = '\0';
		ck_assert_msg(parse(lines(at, line, "\n")) == RL_ERR_INVALID,
		    "taken: %s", line);
		ck_assert_uint_gt(strlen(why), 0);
	}
}
END_TEST

START_TEST(test_cut)
{
	struct buf *b = lines(SIZE_MAX, "", "\n");
	char *text;
	size_t len = buf_len(b), i;

	text = xmalloc(len + 8);
	memcpy(text, buf_ptr(b), len);
	buf_free(b);
	for (i = 0; i < len; i++)
		ck_assert_int_eq(
		    battery_parse(text, i, results, why, sizeof(why)),
		    RL_ERR_INVALID);
	ck_assert_int_eq(
	    battery_parse(text, len, results, why, sizeof(why)), 0);
	memcpy(text + len, "RJC1\n", 5);
	ck_assert_int_eq(
	    battery_parse(text, len + 5, results, why, sizeof(why)),
	    RL_ERR_INVALID);
	text[3] = '\0';
	ck_assert_int_eq(battery_parse(text, len, results, why, sizeof(why)),
	    RL_ERR_INVALID);
	free(text);
}
END_TEST

/* What people read, and what programs look up. */
START_TEST(test_table)
{
	const struct battery_attempt *a;
	size_t groups[BG_COUNT] = { 0 }, i, k, n;

	a = battery_attempts(&n);
	ck_assert_uint_ge(n, 60);
	for (i = 0; i < n; i++) {
		groups[a[i].group]++;
		ck_assert_uint_lt(strlen(a[i].name), 20);
		/* A line of the table has 80 columns. */
		ck_assert_msg(strlen(a[i].what) <= 38, "%s", a[i].what);
		for (k = 0; k < i; k++)
			ck_assert_str_ne(a[k].name, a[i].name);
	}
	for (i = 0; i < BG_COUNT; i++)
		ck_assert_uint_gt(groups[i], 8);
}
END_TEST

Suite *
suite_battery(void)
{
	Suite *s = suite_create("battery");
	TCase *t = tcase_create("battery");

	tcase_add_test(t, test_good);
	tcase_add_loop_test(
	    t, test_bad, 0, (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(t, test_cut);
	tcase_add_test(t, test_table);
	suite_add_tcase(s, t);
	return s;
}
