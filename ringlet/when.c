/*
 * Points in time as people write them: a pure function over text.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ringlet.h"
#include "units.h"

#define AGO_MAX (100 * 366 * 24 * 3600LL) /* seconds */

/* Midnight of the day that is so many days before, where we are. */
static int64_t
midnight(int64_t now_ms, int before)
{
	time_t t = (time_t)(now_ms / 1000);
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL)
		return now_ms;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_mday -= before;
	tm.tm_isdst = -1;
	return (int64_t)mktime(&tm) * 1000;
}

/* "10m": so long ago.  0 or RL_ERR_INVALID. */
static int
ago(const char *s, int64_t now_ms, int64_t *ms)
{
	long long span;

	if (!units_parse(s, units_span, 0, AGO_MAX, &span))
		return RL_ERR_INVALID;
	*ms = now_ms - (int64_t)span * 1000;
	return 0;
}

/* Exactly n digits at *s, which moves on; -1: there are others. */
static int
digits(const char **s, int n)
{
	int value = 0;

	for (; n > 0; n--, (*s)++) {
		if (**s < '0' || **s > '9')
			return -1;
		value = value * 10 + (**s - '0');
	}
	return value;
}

static bool
skip(const char **s, const char *any)
{
	if (**s == '\0' || strchr(any, **s) == NULL)
		return false;
	(*s)++;
	return true;
}

/* HH:MM, :SS and a fraction.  False: it is none. */
static bool
clock_time(const char **s, struct tm *tm, int *ms)
{
	if ((tm->tm_hour = digits(s, 2)) == -1 || !skip(s, ":") ||
	    (tm->tm_min = digits(s, 2)) == -1)
		return false;
	if (!skip(s, ":"))
		return true;
	if ((tm->tm_sec = digits(s, 2)) == -1)
		return false;
	if (!skip(s, "."))
		return true;
	if (strspn(*s, "0123456789") == 0)
		return false;
	for (int scale = 100; **s >= '0' && **s <= '9'; scale /= 10, (*s)++)
		*ms += (**s - '0') * scale;
	return true;
}

/* Z, or +HH:MM: seconds to the east.  False: there is none. */
static bool
zone(const char **s, int *east)
{
	int sign = **s == '-' ? -1 : 1, h, m;

	*east = 0;
	if (skip(s, "Zz"))
		return true;
	if (!skip(s, "+-"))
		return false;
	if ((h = digits(s, 2)) == -1 || !skip(s, ":") ||
	    (m = digits(s, 2)) == -1 || h > 23 || m > 59) {
		*s = "?"; /* nothing that could be its end */
		return true;
	}
	*east = sign * (h * 3600 + m * 60);
	return true;
}

static int
absolute(const char *s, int64_t *ms)
{
	struct tm tm = { .tm_isdst = -1 }, was;
	int east, fraction = 0;
	bool zoned = false;
	time_t t;

	if ((tm.tm_year = digits(&s, 4)) == -1 || !skip(&s, "-") ||
	    (tm.tm_mon = digits(&s, 2)) == -1 || !skip(&s, "-") ||
	    (tm.tm_mday = digits(&s, 2)) == -1)
		return RL_ERR_INVALID;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	if (skip(&s, "Tt ")) {
		if (!clock_time(&s, &tm, &fraction))
			return RL_ERR_INVALID;
		zoned = zone(&s, &east);
	}
	if (*s != '\0' || tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 59)
		return RL_ERR_INVALID;
	was = tm;
	t = zoned ? timegm(&tm) - east : mktime(&tm);
	/* The 31st of a month that has none is no day. */
	if (tm.tm_mday != was.tm_mday || tm.tm_mon != was.tm_mon ||
	    tm.tm_year != was.tm_year)
		return RL_ERR_INVALID;
	*ms = (int64_t)t * 1000 + fraction;
	return 0;
}

int
text_when(const char *s, int64_t now_ms, int64_t *ms)
{
	if (strcmp(s, "now") == 0)
		*ms = now_ms;
	else if (strcmp(s, "today") == 0)
		*ms = midnight(now_ms, 0);
	else if (strcmp(s, "yesterday") == 0)
		*ms = midnight(now_ms, 1);
	else if (ago(s, now_ms, ms) != 0)
		return absolute(s, ms);
	return 0;
}
