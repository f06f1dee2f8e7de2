/*
 * What a version of the registry means for what is here: manifests that the
 * user has, too, and profiles whose provider is said to be elsewhere.  A
 * registry changes neither; whoever syncs is told.
 */

#include "config.h"

#include <string.h>

#include "manifest.h"
#include "monitor.h"
#include "profile.h"
#include "registry.h"
#include "strlist.h"
#include "valid.h"

/* Whether a file of the user's holds; *where becomes which one. */
static bool
is_users(const struct env *env, enum manifest_kind kind, const char *id,
    const char **where)
{
	enum manifest_source source;

	*where = manifest_source(env->manifests, kind, id, 0, &source);
	return *where != NULL && source == MANIFEST_USER;
}

void
registry_shadowed(const struct env *env, struct strlist *out)
{
	const struct registry_index *x;
	char id[REGISTRY_PATH_MAX];
	const char *where;

	if (env->registry == NULL)
		return;
	x = &env->registry->index;
	for (size_t i = 0; i < x->nfiles; i++) {
		const char *path = x->files[i].path;

		if (is_users(env, registry_path_kind(path),
			registry_path_id(path, id, sizeof(id)), &where))
			strlist_addf(out, "%s: %s", path, where);
	}
}

/* The address that a profile's endpoint stands for, or "". */
static const char *
url_of(const struct manifest_provider *provider, const struct profile *p)
{
	const char *url = "";
	char why[256];

	if (provider == NULL || manifest_endpoint(provider, p->endpoint_id,
				    &url, why, sizeof(why)) != 0)
		return "";
	return url;
}

static void
compare(const struct env *env, const struct manifest_provider *new,
    const struct profile *p, struct strlist *out)
{
	const char *says = url_of(new, p), *has = p->endpoint_url;

	/* One that was made before profiles kept theirs. */
	if (*has == '\0')
		has = url_of(
		    manifest_provider(env->manifests, p->provider_id), p);
	if (*has != '\0' && strcmp(has, says) != 0)
		strlist_addf(out, "%s: stays with %s; %s says %s", p->alias,
		    has, p->provider_id,
		    *says != '\0' ? says : "nothing of that endpoint");
}

/* Profiles of one provider, of which text is a manifest that comes. */
static void
compare_all(const struct env *env, const struct registry_bundle *b, size_t i,
    const struct profile_entry *list, size_t n, struct strlist *out)
{
	const struct registry_file *f = &b->index.files[i];
	const struct manifest_provider *new;
	char id[REGISTRY_PATH_MAX], why[512];
	const char *where;
	struct manifest *m;

	registry_path_id(f->path, id, sizeof(id));
	if (registry_path_kind(f->path) != MANIFEST_PROVIDER ||
	    is_users(env, MANIFEST_PROVIDER, id, &where) ||
	    manifest_parse(b->texts[i], f->size, MANIFEST_PROVIDER, &m, why,
		sizeof(why)) != 0)
		return;
	new = manifest_get_provider(m);
	for (size_t k = 0; k < n; k++)
		if (list[k].profile != NULL &&
		    strcmp(list[k].profile->provider_id, id) == 0)
			compare(env, new, list[k].profile, out);
	manifest_free(m);
}

void
registry_endpoints(
    const struct env *env, const struct registry_bundle *b, struct strlist *out)
{
	struct profile_entry *list;
	char why[512];
	size_t n;

	if (profile_list(&env->paths, &list, &n, why, sizeof(why)) != 0)
		return;
	for (size_t i = 0; i < b->index.nfiles; i++)
		compare_all(env, b, i, list, n, out);
	profile_list_free(list, n);
}
