/*
 * The jail in which a program says its version: not on this system, whose
 * jails are not built by bwrap.  See version.h.
 */

#include "config.h"

#include <stdio.h>

#include "err.h"
#include "version.h"

int
version_jail_run(const struct msg_version_ask *ask, const char *bwrap,
    int channel, char *out, size_t *len, char *why, size_t size)
{
	(void)ask;
	(void)bwrap;
	(void)channel;
	(void)out;
	*len = 0;
	(void)snprintf(
	    why, size, "programs are not run for their version on this system");
	return RL_ERR_UNAVAILABLE;
}
