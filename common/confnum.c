/*
 * Numbers in settings, with their units.
 */

#include "config.h"

#include <stdbool.h>

#include "confkey.h"
#include "units.h"

static const struct unit *
units_of(enum conf_kind kind)
{
	switch (kind) {
	case CK_SIZE:
		return units_size;
	case CK_TIME:
		return units_time;
	case CK_PERIOD:
		return units_period;
	default:
		return units_count;
	}
}

bool
conf_number(const struct conf_keyword *k, const char *s, long long *out)
{
	return units_parse(s, units_of(k->kind), k->min, k->max, out);
}
