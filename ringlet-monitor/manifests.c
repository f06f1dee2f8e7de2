/*
 * manifests.c: which agents and providers there are, from the start and again
 * at each SIGHUP.  A file that is wrong is told and left out; nothing that a
 * file says keeps the daemon from serving.
 */

#include "config.h"

#include <stdio.h>

#include "log.h"
#include "manifest.h"
#include "monitor.h"
#include "valid.h"

void
manifests_load(struct env *env)
{
	struct manifest_set *fresh = manifest_set_new();
	const struct manifest_broken *b;
	char shown[512], why[512];
	size_t i;

	manifest_set_add_user(fresh, &env->paths);
	for (i = 0; (b = manifest_broken(fresh, i)) != NULL; i++)
		log_error("manifest %s is left out: %s",
		    text_escape(shown, sizeof(shown), b->where),
		    text_escape(why, sizeof(why), b->why));
	manifest_set_free(env->manifests);
	env->manifests = fresh;
}
