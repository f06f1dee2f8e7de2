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
#include "registry.h"
#include "valid.h"

/* Those of the version in use, which has been verified. */
static void
add_registry(struct manifest_set *set, const struct registry_bundle *b)
{
	char id[REGISTRY_PATH_MAX], why[512];

	for (size_t i = 0; i < b->index.nfiles; i++) {
		const struct registry_file *f = &b->index.files[i];

		(void)manifest_set_add(set, registry_path_kind(f->path),
		    MANIFEST_REGISTRY, b->index.version,
		    registry_path_id(f->path, id, sizeof(id)), b->texts[i],
		    f->size, why, sizeof(why));
	}
}

void
manifests_load(struct env *env)
{
	struct manifest_set *fresh = manifest_set_new();
	const struct manifest_broken *b;
	char shown[512], why[512];
	size_t i;

	/* First, or a registry with many could leave no room for them. */
	manifest_set_add_user(fresh, &env->paths);
	if (env->registry != NULL)
		add_registry(fresh, env->registry);
	for (i = 0; (b = manifest_broken(fresh, i)) != NULL; i++)
		log_error("manifest %s is left out: %s",
		    text_escape(shown, sizeof(shown), b->where),
		    text_escape(why, sizeof(why), b->why));
	manifest_set_free(env->manifests);
	env->manifests = fresh;
}
