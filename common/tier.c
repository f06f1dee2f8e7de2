/*
 * Names of a jail's tiers.
 */

#include "config.h"

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
