/*
 * profile-check.c: what a profile may say.
 *
 * Called for every profile that is about to be stored, and for every one that
 * was read: a file may have been edited, and what it says ends up in a jail's
 * environment and arguments.  An error names the member, and never shows the
 * value of a variable.
 */

#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "err.h"
#include "grant.h"
#include "manifest.h"
#include "profile-env.h"
#include "profile.h"
#include "valid.h"

#define TEXT_LEN   4096 /* bytes of a working folder's name */
#define GRANTS_MAX 64
#define NAMED_MAX  400 /* bytes of an error that names what there is */

static int
check_args(const struct profile *p, char *why, size_t size)
{
	size_t i, len;

	for (i = 0; p->args != NULL && p->args[i] != NULL; i++) {
		len = strlen(p->args[i]);
		if (i >= ARGS_MAX) {
			snprintf(why, size, "args: more than %d", ARGS_MAX);
			return RL_ERR_INVALID;
		}
		if (len > ARG_MAX_LEN || !valid_utf8(p->args[i], len)) {
			snprintf(why, size,
			    "args: number %zu is longer than "
			    "%d bytes or not UTF-8 text",
			    i + 1, ARG_MAX_LEN);
			return RL_ERR_INVALID;
		}
	}
	return RL_OK;
}

static int
check_env(const struct manifest_set *set, const struct profile *p, char *why,
    size_t size)
{
	char reason[256], shown[256];
	const char *eq;
	size_t i, j, len;

	for (i = 0; p->env != NULL && p->env[i] != NULL; i++) {
		if (i >= ARGS_MAX) {
			snprintf(why, size, "env: more than %d", ARGS_MAX);
			return RL_ERR_INVALID;
		}
		/* The value may be a secret after all: only the name is told.
		 */
		eq = strchr(p->env[i], '=');
		len = eq != NULL ? (size_t)(eq - p->env[i]) : 0;
		if (eq == NULL || !valid_env_name(p->env[i], len)) {
			snprintf(why, size,
			    "env: number %zu is not NAME=VALUE "
			    "with a name of letters, digits and _",
			    i + 1);
			return RL_ERR_INVALID;
		}
		(void)snprintf(
		    shown, sizeof(shown), "%.*s", (int)len, p->env[i]);
		if (!profile_env_allowed(set, p->agent_id, p->provider_id,
			p->env[i], len, reason, sizeof(reason))) {
			snprintf(why, size, "env: %s: %s", shown, reason);
			return RL_ERR_INVALID;
		}
		if (!valid_env_assignment(p->env[i]) ||
		    !valid_utf8(eq + 1, strlen(eq + 1))) {
			snprintf(why, size,
			    "env: %s: the value is longer than "
			    "%d bytes or not UTF-8 text",
			    shown, ARG_MAX_LEN);
			return RL_ERR_INVALID;
		}
		for (j = 0; j < i; j++) {
			if (strncmp(p->env[j], p->env[i], len + 1) == 0) {
				snprintf(
				    why, size, "env: %s: comes twice", shown);
				return RL_ERR_INVALID;
			}
		}
	}
	return RL_OK;
}

/* What a path may be is judged when it is granted, and at each start. */
static int
check_grants(const struct manifest_set *set, const struct profile *p,
    char *why, size_t size)
{
	char reason[256];
	struct grant g;
	size_t i, j;

	for (i = 0; p->grants != NULL && p->grants[i] != NULL; i++) {
		if (i >= GRANTS_MAX) {
			snprintf(why, size, "grants: more than %d",
			    GRANTS_MAX);
			return RL_ERR_INVALID;
		}
		if (grant_parse(p->grants[i], &g, reason, sizeof(reason)) !=
		    RL_OK) {
			snprintf(why, size, "grants: number %zu: %s", i + 1,
			    reason);
			return RL_ERR_INVALID;
		}
		if (g.kind == GRANT_ENV &&
		    !profile_env_allowed(set, p->agent_id, p->provider_id,
			g.value, strlen(g.value), reason, sizeof(reason))) {
			snprintf(why, size, "grants: env %s: %s", g.value,
			    reason);
			return RL_ERR_INVALID;
		}
		for (j = 0; j < i; j++)
			if (grant_same(p->grants[j], p->grants[i])) {
				snprintf(why, size, "grants: number %zu says "
				    "again what number %zu says", i + 1,
				    j + 1);
				return RL_ERR_INVALID;
			}
	}
	return RL_OK;
}

/* What needs no manifest; set is for check_env() and check_grants(). */
static int
check_form(const struct manifest_set *set, const struct profile *p, char *why,
    size_t size)
{
	int r;

	if (*p->model != '\0' && !manifest_model_ok(p->model)) {
		snprintf(why, size,
		    "model: must be 1 to 128 letters, digits "
		    "and . _ : / @ + - and not start with -");
		return RL_ERR_INVALID;
	}
	if (*p->working_dir != '\0' &&
	    (!valid_abs_path(p->working_dir) ||
		strlen(p->working_dir) > TEXT_LEN ||
		!valid_utf8(p->working_dir, strlen(p->working_dir)))) {
		snprintf(why, size,
		    "working_dir: must be an absolute path "
		    "without . or .. parts");
		return RL_ERR_INVALID;
	}
	if ((r = check_args(p, why, size)) != RL_OK)
		return r;
	if ((r = check_env(set, p, why, size)) != RL_OK)
		return r;
	return check_grants(set, p, why, size);
}

static int
check_alias(const struct profile *p, char *why, size_t size)
{
	if (valid_alias(p->alias))
		return RL_OK;
	snprintf(why, size,
	    "alias: must be 1 to %d of A-Z a-z 0-9 "
	    ". _ - and start with a letter or digit",
	    ALIAS_MAX);
	return RL_ERR_INVALID;
}

int
profile_check_form(const struct profile *p, char *why, size_t size)
{
	char reason[128];
	int r;

	if ((r = check_alias(p, why, size)) != RL_OK)
		return r;
	if (!valid_ident(p->agent_id) || !valid_ident(p->provider_id)) {
		snprintf(why, size, "%s: must be 1 to 64 of a-z 0-9 . _ - and "
		    "start with a letter or digit",
		    valid_ident(p->agent_id) ? "provider_id" : "agent_id");
		return RL_ERR_INVALID;
	}
	if (*p->endpoint_id != '\0' && !valid_ident(p->endpoint_id) &&
	    !manifest_url_ok(p->endpoint_id, reason, sizeof(reason))) {
		snprintf(why, size, "endpoint_id: %s", reason);
		return RL_ERR_INVALID;
	}
	if (*p->endpoint_url != '\0' &&
	    !manifest_url_ok(p->endpoint_url, reason, sizeof(reason))) {
		snprintf(why, size, "endpoint_url: %s", reason);
		return RL_ERR_INVALID;
	}
	if (*p->endpoint_url != '\0' && strstr(p->endpoint_id, "://") != NULL &&
	    strcmp(p->endpoint_id, p->endpoint_url) != 0) {
		snprintf(why, size, "endpoint_url: is not the address that "
		    "endpoint_id is");
		return RL_ERR_INVALID;
	}
	return check_form(NULL, p, why, size);
}

/*
 * Whether a provider leaves alone what its agent takes the key and its address
 * from: its variables come last.  The same text may be said twice.
 */
static bool
leaves_address(const struct manifest_agent *agent,
    const struct manifest_provider *provider, char *why, size_t size)
{
	const struct manifest_env *e, *own;

	for (e = provider->env; e->value != NULL; e++)
		for (own = agent->env; own->value != NULL; own++) {
			if (own->name == NULL ||
			    strcmp(own->name, e->name) != 0 ||
			    strcmp(own->value, e->value) == 0 ||
			    (!manifest_template_uses(own->value, "endpoint") &&
				!manifest_template_uses(own->value, "key")))
				continue;
			snprintf(why, size,
			    "provider_id: the manifest of provider %s sets %s, "
			    "which says where agent %s sends the key",
			    provider->id, e->name, agent->id);
			return false;
		}
	return true;
}

/*
 * One more that could be meant; names are idents.  What does not fit ends the
 * list, which is then only a beginning.
 */
static void
add_name(char *why, size_t size, const char *before, unsigned *n,
    const char *name)
{
	size_t len = strlen(why);

	if (size > NAMED_MAX)
		size = NAMED_MAX;
	if (len > 3 && strcmp(why + len - 3, "...") == 0)
		return;
	if (len + strlen(before) + strlen(name) + sizeof(", , ...") > size)
		(void)strlcat(why, ", ...", size);
	else
		(void)snprintf(why + len, size - len, "%s%s",
		    (*n)++ == 0 ? before : ", ", name);
}

static int
no_agent(const struct manifest_set *set, char *why, size_t size)
{
	const struct manifest_agent *const *v;
	unsigned named = 0;
	size_t n;

	v = manifest_agents(set, &n);
	(void)strlcpy(why,
	    "agent_id: there is no such agent; "
	    "'ringlet agents list' names them", size);
	for (size_t i = 0; i < n; i++)
		add_name(why, size, ": ", &named, v[i]->id);
	return RL_ERR_INVALID;
}

/* None, or none of those, that the agent can use: others are no help. */
static int
no_provider(const struct manifest_set *set, const struct manifest_agent *agent,
    char *why, size_t size)
{
	const struct manifest_provider *const *v;
	unsigned named = 0;
	char before[128];
	size_t n;

	(void)snprintf(
	    before, sizeof(before), "; agent %s can use ", agent->id);
	v = manifest_providers(set, &n);
	for (size_t i = 0; i < n; i++)
		if (manifest_supports(agent, v[i]))
			add_name(why, size, before, &named, v[i]->id);
	return RL_ERR_INVALID;
}

/* An address holds for itself: then its own fault is all that there is. */
static void
name_endpoints(const struct manifest_provider *provider, const char *wanted,
    char *why, size_t size)
{
	unsigned named = 0;

	if (strstr(wanted, "://") != NULL)
		return;
	for (size_t i = 0; provider->endpoints[i].id != NULL; i++)
		add_name(
		    why, size, ": it has ", &named, provider->endpoints[i].id);
}

int
profile_check(const struct manifest_set *set, const struct profile *p,
    char *why, size_t size)
{
	const struct manifest_agent *agent;
	const struct manifest_provider *provider;
	const char *url;
	char reason[256];
	int r;

	if ((r = check_alias(p, why, size)) != RL_OK)
		return r;
	if ((agent = manifest_agent(set, p->agent_id)) == NULL)
		return no_agent(set, why, size);
	if ((provider = manifest_provider(set, p->provider_id)) == NULL) {
		snprintf(why, size,
		    "provider_id: there is no such provider; "
		    "'ringlet providers list' names them");
		return no_provider(set, agent, why, size);
	}
	if (!manifest_supports(agent, provider)) {
		snprintf(why, size,
		    "provider_id: agent %s cannot use provider "
		    "%s",
		    agent->id, provider->id);
		return no_provider(set, agent, why, size);
	}
	if (!leaves_address(agent, provider, why, size))
		return RL_ERR_INVALID;
	/* One that is kept holds, whatever its id is now. */
	if (*p->endpoint_url == '\0' &&
	    (r = manifest_endpoint(provider, p->endpoint_id, &url, reason,
		 sizeof(reason))) != RL_OK) {
		snprintf(why, size, "endpoint_id: %s", reason);
		name_endpoints(provider, p->endpoint_id, why, size);
		return r;
	}
	return check_form(set, p, why, size);
}
