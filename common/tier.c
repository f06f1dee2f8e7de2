/*
 * Names of a jail's tiers.
 */

#include "config.h"

#include <string.h>

#include "tier.h"

const char *
tier_name(enum jail_tier tier)
{
	switch (tier) {
	case TIER_FULL:
		return "full";
	case TIER_NO_LANDLOCK_SCOPE:
		return "no-landlock-scope";
	case TIER_NO_FRESH_PROC:
		return "no-fresh-proc";
	case TIER_MINIMAL:
		return "minimal";
	case TIER_UNAVAILABLE:
		break;
	}
	return "unavailable";
}

static bool
is(const char *name, enum jail_tier tier)
{
	return name != NULL && strcmp(name, tier_name(tier)) == 0;
}

bool
tier_has_scope(const char *name)
{
	return !is(name, TIER_NO_LANDLOCK_SCOPE) && !is(name, TIER_MINIMAL);
}

bool
tier_has_proc(const char *name)
{
	return !is(name, TIER_NO_FRESH_PROC) && !is(name, TIER_MINIMAL);
}
