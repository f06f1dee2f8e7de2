/*
 * A build without the dashboard: the page at / says so (assets.c).
 */
#include "config.h"

#include "assets.h"

const struct asset assets[] = {
	{ NULL, NULL, NULL, NULL, 0 },
};
const size_t nassets = 0;
