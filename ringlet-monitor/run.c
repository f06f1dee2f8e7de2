/*
 * From a profile's name to what is started.  The one place where a key leaves
 * the keychain; it goes into the environment of the plan and nowhere else.
 */

#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "bwrapflags.h"
#include "err.h"
#include "fdpass.h"
#include "grant.h"
#include "jailplan.h"
#include "keychain.h"
#include "keystore.h"
#include "log.h"
#include "manifest.h"
#include "profile-files.h"
#include "profile-home.h"
#include "profile.h"
#include "run.h"
#include "secret.h"
#include "valid.h"
#include "xmalloc.h"

#define WHY_MAX 1024
#define NO_KEY	"this-is-no-key"
#define CHECK	"/run/ringlet/jail-check" /* its place in a jail */

static void
copy_list(struct strlist *to, const struct msg_strs *from)
{
	for (size_t i = 0; i < from->n; i++)
		strlist_add(to, from->v[i]);
}

void
run_free(struct run *r)
{
	if (r == NULL)
		return;
	profile_plan_clear(&r->plan);
	hook_run_clear(&r->hooks);
	agent_binary_clear(&r->binary);
	profile_free(r->profile);
	free(r->auth_sock);
	strlist_clear(&r->args);
	strlist_clear(&r->client_env);
	strlist_clear(&r->search);
	strlist_clear(&r->pass_env);
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

/* What the environment and the arguments are made from. */
static struct profile_run
profile_run_of(const struct run *r, const struct secret *key)
{
	return (struct profile_run){
		.manifests = r->env->manifests,
		.profile = r->profile,
		.binary = &r->binary,
		.key = key,
		.jailed = r->jailed,
		.args = (const char *const *)r->args.v,
		.client_env = (const char *const *)r->client_env.v,
		.pass_env = (const char *const *)r->pass_env.v,
		.hook_env = (const char *const *)r->hooks.env.v,
		.auth_sock = r->auth_sock != NULL ? JAILPLAN_AGENT : NULL,
		.search = (const char *const *)r->search.v,
	};
}

static void
make_plan(struct run *r, const struct secret *key)
{
	struct profile_run in = profile_run_of(r, key);
	char why[WHY_MAX];
	int err;

	err = profile_plan_make(
	    &r->env->paths, &in, &r->plan, why, sizeof(why));
	finish(r, err, why);
}

/* Whether the key was moved to another store meanwhile. */
static bool
was_moved(struct run *r)
{
	struct profile *now;
	char why[WHY_MAX];
	bool moved;

	if (profile_load(&r->env->paths, r->profile->alias, &now, why,
		sizeof(why)) != 0)
		return false;
	moved = strcmp(now->keychain, r->profile->keychain) != 0;
	if (moved) {
		free(r->profile->keychain);
		r->profile->keychain = xstrdup(now->keychain);
	}
	profile_free(now);
	return moved;
}

static void look_up(struct run *);

static void
on_key(void *arg, int err, struct secret *key, const char *text)
{
	struct run *r = arg;
	char why[WHY_MAX];

	if (err == RL_ERR_NOTFOUND && was_moved(r)) {
		look_up(r);
		return;
	}
	/* Its deletion began meanwhile, and found no session. */
	if (err == 0 && alias_is_leaving(r->env, r->profile->alias)) {
		secret_free(key);
		key = NULL;
		err = RL_ERR_STATE;
		text = "the profile is being deleted";
	}
	if (err != 0) {
		log_warn("profile %s: key not read: %s", r->profile->alias,
		    text);
		(void)audit_event(r->env, &r->who, AUDIT_KEY_READ,
		    r->profile->alias, AUDIT_FAILED, "for", r->purpose, "why",
		    text, NULL);
		snprintf(why, sizeof(why), "API key of profile %s: %s",
		    r->profile->alias, text);
		finish(r, err, why);
		return;
	}
	/* Before it goes anywhere. */
	err = audit_event(r->env, &r->who, AUDIT_KEY_READ, r->profile->alias,
	    AUDIT_OK, "for", r->purpose, NULL);
	if (err != 0)
		finish(r, err, audit_trouble(r->env));
	else {
		log_info("profile %s: key read", r->profile->alias);
		/* The keychain is open: the log's own key may be had, too. */
		audit_key_retry(r->env);
		make_plan(r, key);
	}
	secret_free(key);
}

/* In the store that the profile names, and in no other. */
static void
look_up(struct run *r)
{
	const struct profile *pr = r->profile;
	struct keychain_call *call;
	char why[WHY_MAX];
	int err;

	err = keystore_ready(r->env, pr->keychain, why, sizeof(why));
	if (err != 0) {
		on_key(r, err, NULL, why);
		return;
	}
	call = keychain_lookup(r->env->keychain, pr->keychain, pr->alias,
	    pr->provider_id, on_key, r);
	if (r->asks)
		prompt_allow(r->env, call, &r->asker);
}

/* --- variables that are passed on --- */

/* The asker's K=V of that name, or our own where nobody at the machine asks. */
static char *
find_variable(const struct run_ask *ask, const char *name)
{
	size_t len = strlen(name);
	const char *own;

	for (size_t i = 0; i < ask->pass_env.n; i++)
		if (strncmp(ask->pass_env.v[i], name, len) == 0 &&
		    ask->pass_env.v[i][len] == '=')
			return xstrdup(ask->pass_env.v[i]);
	if (ask->cli || (own = getenv(name)) == NULL)
		return NULL;
	return xasprintf("%s=%s", name, own);
}

static int
pass(struct run *r, const struct run_ask *ask, const char *rule,
    const char *name, char *why, size_t size)
{
	char reason[256], *kv;

	if (!profile_env_allowed(r->env->manifests, r->profile->agent_id,
		r->profile->provider_id, name, strlen(name), reason,
		sizeof(reason))) {
		snprintf(why, size, "%s %s: %s", rule, name, reason);
		return RL_ERR_DENIED;
	}
	if ((kv = find_variable(ask, name)) != NULL &&
	    valid_env_assignment(kv) && valid_utf8(kv, strlen(kv)))
		strlist_add(&r->pass_env, kv);
	free(kv);
	return 0;
}

/* What settings and grants take over from the asker. */
static int
take_from_asker(struct run *r, const struct run_ask *ask, char *why,
    size_t size)
{
	const struct strlist *names = &r->env->conf.jail_env;
	char *const *grants = r->profile->grants;
	struct grant g;
	int err = 0;

	if (!r->jailed)
		return 0;
	for (size_t i = 0; i < names->n && err == 0; i++)
		err = pass(r, ask, "JailEnv", names->v[i], why, size);
	for (size_t i = 0; grants != NULL && grants[i] != NULL && err == 0;
	     i++) {
		if ((err = grant_parse(grants[i], &g, why, size)) != 0)
			break;
		if (g.kind == GRANT_ENV)
			err = pass(r, ask, "grant env", g.value, why, size);
		else if (g.kind == GRANT_SSH_AGENT && ask->auth_sock != NULL &&
		    *ask->auth_sock != '\0' && r->auth_sock == NULL)
			r->auth_sock = xstrdup(ask->auth_sock);
	}
	return err;
}

/* --- all but the key --- */

/*
 * Where the key goes, of a profile from before that was kept.  A manifest that
 * is built in is what it went by then; any other could send it anywhere.
 */
static int
find_endpoint(struct run *r, const struct manifest_provider *provider,
    char *why, size_t size)
{
	struct profile *pr = r->profile;
	enum manifest_source source = MANIFEST_USER;
	const char *url;
	int err;

	if (*pr->endpoint_url != '\0')
		return 0;
	err = manifest_endpoint(provider, pr->endpoint_id, &url, why, size);
	if (err != 0 || *url == '\0')
		return err;
	(void)manifest_source(r->env->manifests, MANIFEST_PROVIDER,
	    provider->id, 0, &source);
	if (source != MANIFEST_BUILTIN && url != pr->endpoint_id) {
		snprintf(why, size, "profile %s does not say where its key "
		    "goes, and the manifest of provider %s is not the built-in "
		    "one: look at 'ringlet providers inspect %s', and say it "
		    "with 'ringlet profiles endpoint %s'", pr->alias,
		    provider->id, provider->id, pr->alias);
		return RL_ERR_DENIED;
	}
	free(pr->endpoint_url);
	pr->endpoint_url = xstrdup(url);
	r->endpoint_found = true;
	return 0;
}

/* Writes down what find_endpoint() found. */
static int
keep_endpoint(const struct run *r, char *why, size_t size)
{
	const struct profile *pr = r->profile;
	struct profile *old;
	int err;

	if (!r->endpoint_found)
		return 0;
	err = profile_load(&r->env->paths, pr->alias, &old, why, size);
	if (err != 0)
		return err;
	if (strcmp(old->endpoint_url, pr->endpoint_url) != 0)
		err = profile_set_endpoint(&r->env->paths, pr->alias,
		    pr->endpoint_id, pr->endpoint_url, why, size);
	profile_free(old);
	return err;
}

static int
prepare(struct run *r, const struct run_ask *ask,
    const struct manifest_agent **agent,
    const struct manifest_provider **provider, char *why, size_t size)
{
	const struct manifest_set *set = r->env->manifests;
	const struct policy_run how = { .jailed = ask->jailed,
		.cli = ask->cli,
		.check = ask->no_key };
	int err;

	r->jailed = ask->jailed;
	copy_list(&r->args, &ask->args);
	copy_list(&r->client_env, &ask->client_env);
	copy_list(&r->search, &ask->search);
	err = profile_load(
	    &r->env->paths, ask->alias, &r->profile, why, size);
	if (err != 0)
		return err;
	if (alias_is_leaving(r->env, ask->alias)) {
		snprintf(why, size, "profile %s is being deleted", ask->alias);
		return RL_ERR_STATE;
	}
	*agent = manifest_agent(set, r->profile->agent_id);
	*provider = manifest_provider(set, r->profile->provider_id);
	if (*agent == NULL || *provider == NULL) {
		snprintf(why, size, "profile %s: agent %s or provider "
		    "%s is not known any more", ask->alias,
		    r->profile->agent_id, r->profile->provider_id);
		return RL_ERR_INVALID;
	}
	if ((err = find_endpoint(r, *provider, why, size)) != 0 ||
	    (err = policy_check_run(
		 r->env, ask->who, r->profile, &how, why, size)) != 0 ||
	    (err = take_from_asker(r, ask, why, size)) != 0)
		return err;
	return agent_binary_find(*agent, r->env->paths.home,
	    (const char *const *)r->search.v, &r->binary, why, size);
}

/*
 * Makes the home and what the manifest puts into it.  Before the key is looked
 * up: an agent whose settings cannot be made as they should be is not started.
 */
static int
make_home(const struct run *r, const struct manifest_agent *agent,
    const struct manifest_provider *provider, char *why, size_t size)
{
	const struct paths *paths = &r->env->paths;
	const char *alias = r->profile->alias;
	struct manifest_vars vars;
	char reason[WHY_MAX / 2], *path;
	int fd = -1, err;

	path = profile_home_path(paths, agent, alias);
	if ((err = profile_home_make(paths, agent, alias, why, size)) != 0 ||
	    (err = profile_vars(
		 r->profile, provider, path, &vars, why, size)) != 0)
		goto out;
	if ((fd = profile_home_open(paths, agent, alias, why, size)) < 0) {
		err = fd;
		goto out;
	}
	err = profile_files_write(fd, agent, &vars, reason, sizeof(reason));
	if (err != 0)
		snprintf(why, size, "profile %s is not started, as its agent's "
		    "settings cannot be made: %s/%s: mend that file, or remove "
		    "it", alias, path, reason);
out:
	fd_close(fd);
	free(path);
	return err;
}

void
run_prepare(
    struct env *env, const struct run_ask *ask, run_cb cb, void *arg)
{
	struct run *r = xcalloc(1, sizeof(*r));
	const struct manifest_agent *agent;
	const struct manifest_provider *provider;
	struct secret *none;
	char why[WHY_MAX];
	int err;

	r->env = env;
	r->who = *ask->who;
	r->purpose = ask->purpose;
	r->cb = cb;
	r->arg = arg;
	r->asks = ask->asker != NULL;
	if (r->asks)
		r->asker = *ask->asker;
	if ((err = prepare(r, ask, &agent, &provider, why, sizeof(why))) == 0)
		err = keep_endpoint(r, why, sizeof(why));
	if (err == 0)
		err = make_home(r, agent, provider, why, sizeof(why));
	if (err == 0 && ask->hooks != 0)
		err = hook_run_make(env, r->profile, agent, ask->hooks,
		    &r->hooks, why, sizeof(why));
	if (err != 0)
		finish(r, err, why);
	else if (provider->auth_variable == NULL)
		make_plan(r, NULL);
	else if (ask->no_key) {
		none = secret_new(NO_KEY, sizeof(NO_KEY) - 1);
		make_plan(r, none);
		secret_free(none);
	} else if ((err = audit_may(env)) != 0)
		finish(r, err, audit_trouble(env));
	else
		look_up(r);
}

int
run_explain(struct env *env, const struct run_ask *ask, struct run **out,
    char *why, size_t size)
{
	static const char hide[] = "<secret>";
	struct run *r = xcalloc(1, sizeof(*r));
	const struct manifest_agent *agent;
	const struct manifest_provider *provider;
	struct secret *key = secret_new(hide, sizeof(hide) - 1);
	struct profile_run in;
	int err;

	*out = NULL;
	r->env = env;
	if ((err = prepare(r, ask, &agent, &provider, why, size)) == 0) {
		if (ask->hooks != 0)
			hook_run_plan(
			    env, r->profile, agent, ask->hooks, &r->hooks);
		in = profile_run_of(r,
		    provider->auth_variable == NULL ? NULL : key);
		err = profile_plan_make(
		    &env->paths, &in, &r->plan, why, size);
		if (err == 0)
			profile_plan_hide(&r->plan, &in, hide);
	}
	secret_free(key);
	if (err == 0)
		*out = r;
	else
		run_free(r);
	return err;
}

int
run_become_check(
    struct run *r, struct bwrap_flags *flags, char *why, size_t size)
{
	const char *path = r->env->paths.jail_check;
	struct stat st;
	size_t n;

	if (stat(path, &st) == -1) {
		snprintf(why, size, "%s: %s", path, strerror(errno));
		return RL_ERR_UNAVAILABLE;
	}
	for (n = 0; n < r->plan.nargv; n++)
		free(r->plan.argv[n]);
	free(r->plan.argv);
	r->plan.argv = xcalloc(r->args.n + 2, sizeof(*r->plan.argv));
	r->plan.nargv = r->args.n + 1;
	r->plan.argv[0] = xstrdup("ringlet-jail-check");
	for (n = 0; n < r->args.n; n++)
		r->plan.argv[n + 1] = xstrdup(r->args.v[n]);
	free(r->binary.path);
	r->binary.path = xstrdup(r->jailed ? CHECK : path);
	if (r->jailed)
		bwrap_flags_show(flags, path, CHECK, &st);
	return 0;
}
