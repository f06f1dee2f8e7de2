/*
 * A profile as the message that tells of it, and the answers to requests that
 * change or show one.  There is no field for a key in it.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "grant.h"
#include "manifest.h"
#include "monitor.h"
#include "profile-home.h"
#include "profile-msg.h"
#include "profile.h"
#include "xmalloc.h"

#define WHY_MAX 1024

/* Above what msgpack puts around a string. */
#define ITEM_SIZE 5
#define LIST_MAX  (MSG_MAX_BODY - 1024)

void
profile_msg_clear(struct profile_msg *pm)
{
	for (size_t i = 0; pm->env_names != NULL && pm->env_names[i]; i++)
		free(pm->env_names[i]);
	free(pm->env_names);
	strlist_clear(&pm->pass_env);
	free(pm->home);
	free(pm->url);
	free(pm->manifest_url);
	free(pm->notice);
}

static size_t
count(char *const *list)
{
	size_t n = 0;

	while (list != NULL && list[n] != NULL)
		n++;
	return n;
}

/* Names of variables that a jail takes over from who asks. */
static void
fill_pass_env(const struct env *env, struct profile_msg *pm,
    const struct profile *pr)
{
	struct grant g;
	char why[WHY_MAX];

	strlist_copy(&pm->pass_env, &env->conf.jail_env);
	for (size_t i = 0; i < count(pr->grants); i++)
		if (grant_parse(pr->grants[i], &g, why, sizeof(why)) == 0 &&
		    g.kind == GRANT_ENV && !strlist_has(&pm->pass_env, g.value))
			strlist_add(&pm->pass_env, g.value);
	pm->body.pass_env.v = (const char **)pm->pass_env.v;
	pm->body.pass_env.n = pm->pass_env.n;
}

void
profile_msg_fill(struct env *env, struct profile_msg *pm,
    const struct profile *pr)
{
	const struct manifest_agent *agent =
	    manifest_agent(env->manifests, pr->agent_id);
	const struct manifest_provider *provider =
	    manifest_provider(env->manifests, pr->provider_id);
	struct msg_profile *to = &pm->body;
	size_t nenv = count(pr->env);
	const char *url;
	char why[WHY_MAX];

	memset(pm, 0, sizeof(*pm));
	to->alias = pr->alias;
	to->agent_id = pr->agent_id;
	to->provider_id = pr->provider_id;
	to->endpoint_id = pr->endpoint_id;
	to->model = pr->model;
	to->working_dir = pr->working_dir;
	to->keychain = pr->keychain;
	to->args.v = (const char **)pr->args;
	to->args.n = count(pr->args);
	pm->env_names = xcalloc(nenv + 1, sizeof(char *));
	for (size_t i = 0; i < nenv; i++)
		pm->env_names[i] =
		    xstrndup(pr->env[i], strcspn(pr->env[i], "="));
	to->env.v = (const char **)pm->env_names;
	to->env.n = nenv;
	to->grants.v = (const char **)pr->grants;
	to->grants.n = count(pr->grants);
	fill_pass_env(env, pm, pr);
	if (agent != NULL)
		to->home = pm->home =
		    profile_home_path(&env->paths, agent, pr->alias);
	if (provider == NULL || manifest_endpoint(provider, pr->endpoint_id,
				    &url, why, sizeof(why)) != 0)
		url = "";
	to->endpoint_url = pm->url =
	    xstrdup(*pr->endpoint_url != '\0' ? pr->endpoint_url : url);
	if (*url != '\0' && strcmp(url, pm->url) != 0)
		to->manifest_url = pm->manifest_url = xstrdup(url);
	to->created_at = pr->created_at;
	to->last_used = pr->last_used;
	to->total_runs = pr->total_runs;
	to->notice = pm->notice = policy_profile_notice(env, pr);
	to->has_key = strcmp(pr->keychain, "none") != 0;
}

static size_t
strs_size(const struct msg_strs *list)
{
	size_t size = 0;

	for (size_t i = 0; i < list->n; i++)
		size += strlen(list->v[i]) + ITEM_SIZE;
	return size;
}

size_t
profile_msg_size(struct env *env, const struct profile *pr)
{
	struct profile_msg pm;
	const struct msg_profile *p = &pm.body;
	size_t size;

	profile_msg_fill(env, &pm, pr);
	size = PROFILE_MSG_SIZE + strlen(p->alias) + strlen(p->agent_id) +
	    strlen(p->provider_id) + strlen(p->endpoint_id) +
	    strlen(p->model) + strlen(p->working_dir) + strlen(p->keychain) +
	    strs_size(&p->args) + strs_size(&p->env) +
	    strs_size(&p->grants) + strs_size(&p->pass_env);
	size += pm.home == NULL ? 0 : strlen(pm.home);
	size += pm.url == NULL ? 0 : strlen(pm.url);
	size += pm.manifest_url == NULL ? 0 : strlen(pm.manifest_url);
	size += pm.notice == NULL ? 0 : strlen(pm.notice) + ITEM_SIZE;
	profile_msg_clear(&pm);
	return size;
}

void
profile_msg_reply(struct env *env, const struct asker *a,
    const struct profile *pr)
{
	struct peer *p = asker_peer(env, a);
	struct profile_msg pm;

	if (p == NULL)
		return;
	profile_msg_fill(env, &pm, pr);
	peer_reply(p, a->id, MSG_PROFILE, &pm.body, NULL, 0);
	profile_msg_clear(&pm);
}

void
profile_msg_refuse(struct env *env, const struct asker *a, int err, const char *why)
{
	struct peer *p = asker_peer(env, a);

	if (p != NULL)
		peer_reply_error(p, a->id, err, "%s", why);
}

/*
 * All profiles are told in one message.  Whoever may make some must not be
 * able to make so many that nobody can see them any more.
 */
int
profile_msg_fits(struct env *env, const struct profile *pr, size_t more,
    char *why, size_t size)
{
	struct profile_entry *list;
	size_t n, sum = profile_msg_size(env, pr) + more;
	int err;

	err = profile_list(&env->paths, &list, &n, why, size);
	if (err != 0)
		return err;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(list[i].alias, pr->alias) == 0)
			continue; /* it is what changes */
		sum += list[i].profile != NULL
		    ? profile_msg_size(env, list[i].profile)
		    : PROFILE_MSG_SIZE + strlen(list[i].alias) +
			strlen(list[i].damage);
	}
	profile_list_free(list, n);
	if (sum <= LIST_MAX)
		return 0;
	snprintf(why, size, "with this one the %zu profiles that there are, "
	    "and their arguments, would be too long for a list: delete some",
	    n);
	return RL_ERR_LIMIT;
}
