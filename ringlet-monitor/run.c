/*
 * From a profile's name to what is started.  The one place where a key leaves
 * the keychain; it goes into the environment of the plan and nowhere else.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "err.h"
#include "keychain.h"
#include "log.h"
#include "manifest.h"
#include "profile-home.h"
#include "profile.h"
#include "run.h"
#include "secret.h"
#include "xmalloc.h"

#define WHY_MAX 1024

static char **
copy_list(const struct msg_strs *from)
{
	char **to = xcalloc(from->n + 1, sizeof(*to));

	for (size_t i = 0; i < from->n; i++)
		to[i] = xstrdup(from->v[i]);
	return to;
}

static void
free_list(char **list)
{
	for (size_t i = 0; list != NULL && list[i] != NULL; i++)
		free(list[i]);
	free(list);
}

void
run_free(struct run *r)
{
	if (r == NULL)
		return;
	profile_plan_clear(&r->plan);
	agent_binary_clear(&r->binary);
	profile_free(r->profile);
	free_list(r->args);
	free_list(r->client_env);
	free_list(r->search);
	free(r);
}

static void
finish(struct run *r, int err, const char *why)
{
	run_cb cb = r->cb;
	void *arg = r->arg;

	if (err != 0) {
		run_free(r);
		r = NULL;
	}
	cb(arg, r, err, why);
}

static void
make_plan(struct run *r, const struct secret *key)
{
	struct profile_run in = {
		.profile = r->profile,
		.binary = &r->binary,
		.key = key,
		.jailed = r->jailed,
		.args = (const char *const *)r->args,
		.client_env = (const char *const *)r->client_env,
		.search = (const char *const *)r->search,
	};
	char why[WHY_MAX];
	int err;

	err = profile_plan_make(
	    &r->env->paths, &in, &r->plan, why, sizeof(why));
	finish(r, err, why);
}

static void
on_key(void *arg, int err, struct secret *key, const char *text)
{
	struct run *r = arg;
	char why[WHY_MAX];

	if (err != 0) {
		log_warn("profile %s: key not read: %s", r->profile->alias,
		    text);
		snprintf(why, sizeof(why), "API key of profile %s: %s",
		    r->profile->alias, text);
		finish(r, err, why);
		return;
	}
	log_info("profile %s: key read", r->profile->alias);
	make_plan(r, key);
	secret_free(key);
}

void
run_prepare(struct env *env, const char *alias, const struct msg_strs *args,
    const struct msg_strs *client_env, const struct msg_strs *search,
    bool jailed, run_cb cb, void *arg)
{
	struct run *r = xcalloc(1, sizeof(*r));
	const struct manifest_provider *provider;
	char why[WHY_MAX];
	int err;

	r->env = env;
	r->jailed = jailed;
	r->cb = cb;
	r->arg = arg;
	r->args = copy_list(args);
	r->client_env = copy_list(client_env);
	r->search = copy_list(search);
	err = profile_load(&env->paths, alias, &r->profile, why, sizeof(why));
	if (err != 0)
		goto fail;
	r->agent = manifest_agent(r->profile->agent_id);
	provider = manifest_provider(r->profile->provider_id);
	if (r->agent == NULL || provider == NULL) {
		snprintf(why, sizeof(why), "profile %s: agent %s or provider "
		    "%s is not known any more", alias, r->profile->agent_id,
		    r->profile->provider_id);
		err = RL_ERR_INVALID;
		goto fail;
	}
	err = agent_binary_find(r->agent, env->paths.home,
	    (const char *const *)r->search, &r->binary, why, sizeof(why));
	if (err != 0)
		goto fail;
	err = profile_home_make(
	    &env->paths, r->agent, alias, why, sizeof(why));
	if (err != 0)
		goto fail;
	if (provider->auth_variable == NULL)
		make_plan(r, NULL);
	else
		keychain_lookup(env->keychain, alias,
		    r->profile->provider_id, on_key, r);
	return;
fail:
	finish(r, err, why);
}
