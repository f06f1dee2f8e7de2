/*
 * What jails can be had now: tried at the start, and again when it may have
 * changed.  The monitor is told of every change, so that what it shows is
 * true.
 */

#include "config.h"

#include <stdio.h>
#include <string.h>

#include "err.h"
#include "log.h"
#include "loop.h"
#include "msgdef.h"
#include "peer.h"
#include "sandboxer.h"

#define AGAIN_MS                                                               \
	1000 /* who asks for sessions in a row has not one each tried */

void
probe_start(struct env *env)
{
	const struct jail_probe_with with = { .bwrap = PATH_BWRAP,
		.init = env->jail_init,
		.sys = "/proc/sys",
		.landlock = env->landlock };

	jail_probe(&with, &env->probe);
	env->probed_at = loop_now();
	if (env->probe.tier != TIER_FULL)
		log_warn("jails are of tier %s: %s", tier_name(env->probe.tier),
		    env->probe.text);
}

void
probe_tell(struct env *env)
{
	const struct msg_jail_tier m = { .level = tier_name(env->probe.tier),
		.text = env->probe.text };

	(void)peer_send(env->monitor, MSG_JAIL_TIER, &m, NULL, 0);
}

void
probe_again(struct env *env)
{
	enum jail_tier before = env->probe.tier;

	if (loop_now() - env->probed_at < AGAIN_MS)
		return;
	probe_start(env);
	if (env->probe.tier == before)
		return;
	log_info("jails were of tier %s and are of tier %s now",
	    tier_name(before), tier_name(env->probe.tier));
	probe_tell(env);
}

int
probe_permit(struct env *env, char *why, size_t size)
{
	if (env->probe.tier == TIER_UNAVAILABLE ||
	    env->probe.tier < env->minimum)
		probe_again(env);
	if (env->probe.tier == TIER_UNAVAILABLE) {
		(void)snprintf(why, size, "no jail can be built here: %s",
		    env->probe.text);
		return RL_ERR_JAIL;
	}
	if (env->probe.tier < env->minimum) {
		(void)snprintf(why, size,
		    "a jail here would be of tier %s, and JailMinimum wants "
		    "%s: %s",
		    tier_name(env->probe.tier), tier_name(env->minimum),
		    env->probe.text);
		return RL_ERR_DENIED;
	}
	return 0;
}
