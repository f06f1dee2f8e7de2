/*
 * Landlock's scope around a jail: see jail-landlock.h.  Called by the session
 * code: once at start-up, then in every jail's child just before bwrap.
 */

#include "config.h"

#include <sys/prctl.h>

#include "err.h"
#include "jail-landlock.h"
#include "landlock-abi.h"

int
jail_landlock_open(void)
{
	const struct landlock_attr attr = {
		.scoped =
		    LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | LANDLOCK_SCOPE_SIGNAL
	};
	int fd;

	if (landlock_abi() < LANDLOCK_ABI_SCOPE)
		return RL_ERR_UNAVAILABLE;
	if ((fd = landlock_create(&attr)) == -1)
		return RL_ERR_SYSTEM;
	return fd;
}

int
jail_landlock_enter(int ruleset)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    landlock_restrict(ruleset) == -1)
		return RL_ERR_SYSTEM;
	return 0;
}
