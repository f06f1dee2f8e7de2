/*
 * Numbers with a unit: see units.h.
 */

#include "config.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "units.h"

const struct unit units_count[] = { { "", 1 }, { NULL, 0 } };

const struct unit units_size[] = {
	{ "", 1 },
	{ "k", 1024 },
	{ "m", 1024 * 1024 },
	{ "g", 1024 * 1024 * 1024 },
	{ NULL, 0 },
};

const struct unit units_time[] = {
	{ "", 1000 },
	{ "ms", 1 },
	{ "s", 1000 },
	{ "m", 60 * 1000 },
	{ NULL, 0 },
};

const struct unit units_period[] = {
	{ "", 1 },
	{ "s", 1 },
	{ "m", 60 },
	{ "h", 3600 },
	{ "d", 24 * 3600 },
	{ NULL, 0 },
};

const struct unit units_span[] = {
	{ "s", 1 },
	{ "m", 60 },
	{ "h", 3600 },
	{ "d", 24 * 3600 },
	{ "w", 7 * 24 * 3600 },
	{ NULL, 0 },
};

bool
units_parse(const char *s, const struct unit *units, long long min,
    long long max, long long *out)
{
	const struct unit *u;
	const char *errstr;
	char digits[20];
	long long n;
	size_t len;

	len = strspn(s, "0123456789");
	if (len == 0 || len >= sizeof(digits))
		return false;
	memcpy(digits, s, len);
	digits[len] = '\0';
	for (u = units; u->name != NULL; u++)
		if (strcasecmp(s + len, u->name) == 0)
			break;
	if (u->name == NULL)
		return false;
	n = strtonum(digits, 0, max / u->factor, &errstr);
	if (errstr != NULL || n * u->factor < min)
		return false;
	*out = n * u->factor;
	return true;
}
