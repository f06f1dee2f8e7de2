/*
 * Numbers in settings, with their units.
 */

#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "confkey.h"

/* A table of units ends with NULL. */
struct unit {
	const char *name;
	long long factor;
};

static const struct unit count_units[] = { { "", 1 }, { NULL, 0 } };
static const struct unit size_units[] = {
	{ "", 1 },
	{ "k", 1024 },
	{ "m", 1024 * 1024 },
	{ "g", 1024 * 1024 * 1024 },
	{ NULL, 0 },
};
static const struct unit time_units[] = {
	{ "", 1000 },
	{ "ms", 1 },
	{ "s", 1000 },
	{ "m", 60 * 1000 },
	{ NULL, 0 },
};
static const struct unit period_units[] = {
	{ "", 1 },
	{ "s", 1 },
	{ "m", 60 },
	{ "h", 3600 },
	{ "d", 24 * 3600 },
	{ NULL, 0 },
};

static const struct unit *
units_of(enum conf_kind kind)
{
	switch (kind) {
	case CK_SIZE:
		return size_units;
	case CK_TIME:
		return time_units;
	case CK_PERIOD:
		return period_units;
	default:
		return count_units;
	}
}

bool
conf_number(const struct conf_keyword *k, const char *s, long long *out)
{
	const struct unit *u;
	const char *errstr;
	char digits[20];
	size_t n;

	n = strspn(s, "0123456789");
	if (n == 0 || n >= sizeof(digits))
		return false;
	memcpy(digits, s, n);
	digits[n] = '\0';
	for (u = units_of(k->kind); u->name != NULL; u++)
		if (strcasecmp(s + n, u->name) == 0)
			break;
	if (u->name == NULL)
		return false;
	*out = strtonum(digits, 0, k->max / u->factor, &errstr);
	if (errstr != NULL)
		return false;
	*out *= u->factor;
	return *out >= k->min;
}
