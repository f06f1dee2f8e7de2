/*
 * The last step of `ringlet init`: a first profile.
 *
 * Which providers an agent can use the daemon says, by being asked to make a
 * profile without making it.  The key is asked for without echo, as `profiles
 * create` does, and only once all else is right.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "init.h"
#include "secret.h"
#include "shim.h"
#include "valid.h"
#include "xmalloc.h"

#define TRIES	  5 /* answers to one question */
#define ALIAS_MAX 64
#define ID_MAX	  128
#define WHY_MAX	  1024

/* What the profile is to be. */
struct plan {
	const struct msg_agent *agent;
	const struct msg_provider *provider;
	char alias[ALIAS_MAX + 1];
};

/* --- profiles that there are --- */

/* How many; each goes to in->profiles. */
static size_t
count(struct init *in, bool *known)
{
	const struct msg_token_only req = { 0 };
	const struct msg_profiles *list;
	const struct msg_profile *p;
	char why[WHY_MAX];
	struct msg m;
	size_t n;

	*known = init_ask(
	    in, MSG_PROFILE_LIST, &req, MSG_PROFILES, &m, why, sizeof(why));
	if (!*known) {
		init_say(in, "profile", INIT_FAILED, "%s", why);
		return 0;
	}
	list = m.body;
	p = list->list.v;
	n = list->list.n;
	for (size_t i = 0; i < n; i++)
		json_array_append_new(in->profiles, json_string(p[i].alias));
	msg_clear(&m);
	return n;
}

/* --- choosing --- */

/* The first that is no shell, else the shell; NULL: nothing is there. */
static const struct msg_agent *
first_agent(const struct msg_agents *agents)
{
	const struct msg_agent *a = agents->list.v, *shell = NULL;

	for (size_t i = 0; i < agents->list.n; i++) {
		if (!a[i].installed)
			continue;
		if (*a[i].binary != '\0')
			return &a[i];
		if (shell == NULL)
			shell = &a[i];
	}
	return shell;
}

/* Whether a profile of them could be made; else why[size]. */
static bool
would_do(struct init *in, const struct msg_agent *a,
    const struct msg_provider *p, const char *alias, char *why, size_t size)
{
	struct msg_profile_create req = { .agent_id = a->id,
		.alias = alias,
		.provider_id = p->id,
		.dry_run = true };
	struct msg m;

	if (!init_ask(in, MSG_PROFILE_CREATE, &req, MSG_PROFILE, &m, why, size))
		return false;
	msg_clear(&m);
	return true;
}

/* A name that no profile has: "work", "work2", ... */
static void
free_alias(const struct init *in, char *alias)
{
	const json_t *name;
	size_t i;
	bool taken = true;

	for (unsigned n = 1; taken; n++) {
		if (n == 1)
			(void)strlcpy(alias, "work", ALIAS_MAX + 1);
		else
			(void)snprintf(alias, ALIAS_MAX + 1, "work%u", n);
		taken = false;
		json_array_foreach(in->profiles, i, name)
		{
			if (strcmp(json_string_value(name), alias) == 0)
				taken = true;
		}
	}
}

/* Whether they go together, wherever the key may be kept then. */
static bool
goes_with(struct init *in, const struct msg_agent *a,
    const struct msg_provider *p, const char *alias)
{
	char why[WHY_MAX];

	return would_do(in, a, p, alias, why, sizeof(why)) ||
	       in->error != RL_ERR_INVALID;
}

/* The first provider that the agent can use, or NULL. */
static const struct msg_provider *
first_provider(struct init *in, const struct msg_agent *a,
    const struct msg_providers *all, const char *alias)
{
	const struct msg_provider *p = all->list.v, *keyless = NULL;

	for (size_t i = 0; i < all->list.n; i++) {
		if (!goes_with(in, a, &p[i], alias))
			continue;
		/* A shell needs no key: it is for looking around. */
		if (*a->binary != '\0' && *p[i].auth_variable != '\0')
			return &p[i];
		if (keyless == NULL && *p[i].auth_variable == '\0')
			keyless = &p[i];
	}
	return keyless;
}

/* --- asking --- */

static void
print_agents(const struct msg_agents *agents)
{
	const struct msg_agent *a = agents->list.v;

	fprintf(stderr, "Agents:");
	for (size_t i = 0; i < agents->list.n; i++)
		if (a[i].installed)
			fprintf(stderr, " %s", a[i].id);
	fprintf(stderr, "  (- leaves this out)\n");
}

/* NULL: it is to be left out. */
static const struct msg_agent *
ask_agent(const struct msg_agents *agents)
{
	const struct msg_agent *a = agents->list.v;
	const struct msg_agent *first = first_agent(agents);
	char line[ID_MAX + 1];

	print_agents(agents);
	for (int n = 0; n < TRIES; n++) {
		if (!prompt_line("Agent", first->id, line, sizeof(line)) ||
		    strcmp(line, "-") == 0)
			return NULL;
		for (size_t i = 0; i < agents->list.n; i++)
			if (strcmp(a[i].id, line) == 0 && a[i].installed)
				return &a[i];
		fprintf(stderr, "There is no such agent here.\n");
	}
	return NULL;
}

static const struct msg_provider *
ask_provider(struct init *in, const struct msg_agent *a,
    const struct msg_providers *all, const char *alias)
{
	const struct msg_provider *p = all->list.v;
	const struct msg_provider *first = first_provider(in, a, all, alias);
	char line[ID_MAX + 1], why[WHY_MAX], *safe;
	const struct msg_provider *chosen;

	fprintf(stderr, "Providers that %s can use:", a->id);
	for (size_t i = 0; i < all->list.n; i++)
		if (goes_with(in, a, &p[i], alias))
			fprintf(stderr, " %s%s", p[i].id,
			    *p[i].auth_variable == '\0' ? " (no key)" : "");
	fputc('\n', stderr);
	for (int n = 0; n < TRIES; n++) {
		if (!prompt_line("Provider", first != NULL ? first->id : NULL,
			line, sizeof(line)) ||
		    strcmp(line, "-") == 0)
			return NULL;
		chosen = provider_find(all, line);
		if (chosen == NULL) {
			fprintf(stderr, "There is no such provider.\n");
			continue;
		}
		if (would_do(in, a, chosen, alias, why, sizeof(why)))
			return chosen;
		safe = text_safe(why);
		fprintf(stderr, "%s\n", safe);
		free(safe);
	}
	return NULL;
}

/* False: it is to be left out. */
static bool
ask_alias(struct init *in, struct plan *plan)
{
	char preset[ALIAS_MAX + 1], line[ID_MAX + 1], why[WHY_MAX], *safe;

	(void)strlcpy(preset, plan->alias, sizeof(preset));
	for (int n = 0; n < TRIES; n++) {
		if (!prompt_line(
			"Name of the profile", preset, line, sizeof(line)) ||
		    strcmp(line, "-") == 0)
			return false;
		if (!valid_alias(line)) {
			fprintf(stderr, "A name is 1 to 64 letters, digits, "
					"dots, underscores and hyphens, and "
					"begins with a letter or digit.\n");
			continue;
		}
		if (would_do(in, plan->agent, plan->provider, line, why,
			sizeof(why))) {
			(void)strlcpy(plan->alias, line, sizeof(plan->alias));
			return true;
		}
		safe = text_safe(why);
		fprintf(stderr, "%s\n", safe);
		free(safe);
	}
	return false;
}

/* --- making it --- */

/* A record that cannot be read is for `aliases` to tell of. */
static bool
has_shim(const struct init *in, const char *alias)
{
	struct shims all;
	char why[WHY_MAX];
	bool found;

	if (shims_open(&all, in->cli->paths.state_dir, false, why,
		sizeof(why)) != 0)
		return false;
	found = shims_find(&all, alias) != NULL;
	shims_close(&all);
	return found;
}

static void
tell_next(struct init *in, const char *alias)
{
	if (!in->jailless)
		init_next(
		    in, "ringlet profiles run %s --remote --attach", alias);
	init_next(in, "ringlet profiles run %s", alias);
	if (!has_shim(in, alias))
		init_next(in, "ringlet aliases install %s", alias);
}

/* The key, or NULL where none is taken; false: it was not given. */
static bool
get_key(struct init *in, const struct plan *plan, struct secret **key)
{
	char *question;
	int r;

	*key = NULL;
	if (*plan->provider->auth_variable == '\0')
		return true;
	question = xasprintf("API key for %s (%s): ", plan->provider->id,
	    plan->provider->auth_variable);
	r = prompt_key(in->cli, question, NULL, key);
	free(question);
	return r == 0;
}

static void
make(struct init *in, const struct plan *plan)
{
	struct msg_profile_create req = { .agent_id = plan->agent->id,
		.alias = plan->alias,
		.provider_id = plan->provider->id };
	struct secret *key = NULL;
	char why[WHY_MAX];
	struct msg m;
	bool made;

	if (in->asks && !get_key(in, plan, &key)) {
		init_say(in, "profile", INIT_LEFT, "no key was given");
		return;
	}
	if (key != NULL) {
		req.key.p = (const uint8_t *)secret_ptr(key);
		req.key.len = secret_len(key);
	}
	if (in->asks) {
		/* It may have the keychain ask; what fails it reports. */
		made = client_call(in->cli, MSG_PROFILE_CREATE, &req,
			   MSG_PROFILE, &m) == 0;
		(void)strlcpy(why, "it was not made", sizeof(why));
	} else
		made = init_ask(in, MSG_PROFILE_CREATE, &req, MSG_PROFILE, &m,
		    why, sizeof(why));
	secret_free(key);
	if (!made) {
		init_say(
		    in, "profile", INIT_FAILED, "%s: %s", plan->alias, why);
		return;
	}
	msg_clear(&m);
	json_array_append_new(in->profiles, json_string(plan->alias));
	init_say(in, "profile", INIT_DONE, "%s was made, of %s and %s",
	    plan->alias, plan->agent->id, plan->provider->id);
	tell_next(in, plan->alias);
}

static void
plan_and_make(struct init *in, const struct msg_agents *agents,
    const struct msg_providers *providers)
{
	struct plan plan = { .agent = NULL };

	free_alias(in, plan.alias);
	plan.agent = in->asks ? ask_agent(agents) : first_agent(agents);
	plan.provider =
	    plan.agent == NULL ? NULL
	    : in->asks
		? ask_provider(in, plan.agent, providers, plan.alias)
		: first_provider(in, plan.agent, providers, plan.alias);
	if (in->asks && (plan.provider == NULL || !ask_alias(in, &plan))) {
		init_say(in, "profile", INIT_SKIPPED,
		    "'ringlet profiles create' makes one later");
		return;
	}
	if (plan.agent == NULL || plan.provider == NULL)
		init_say(in, "profile", INIT_LEFT,
		    "no provider goes with an agent that is here: 'ringlet "
		    "providers list' shows all");
	else if (!in->asks && *plan.provider->auth_variable != '\0') {
		init_say(in, "profile", INIT_LEFT,
		    "none was made, as its API key has to be asked for");
		init_next(in, "ringlet profiles create %s %s -p %s",
		    plan.agent->id, plan.alias, plan.provider->id);
	} else
		make(in, &plan);
}

void
init_profile(struct init *in, const struct msg_agents *agents)
{
	const struct msg_token_only req = { 0 };
	char why[WHY_MAX];
	struct msg m;
	bool known;
	size_t n = count(in, &known);

	if (!known)
		return;
	if (n > 0) {
		init_say(in, "profile", INIT_DONE,
		    n == 1 ? "there is %s"
			   : "there is %s, and there are others",
		    json_string_value(json_array_get(in->profiles, 0)));
		if (!in->asks || !prompt_yes("Make another profile?")) {
			tell_next(in,
			    json_string_value(json_array_get(in->profiles, 0)));
			return;
		}
	}
	if (first_agent(agents) == NULL) {
		init_say(in, "profile", INIT_LEFT, "there is no agent");
		return;
	}
	if (!init_ask(in, MSG_PROVIDER_LIST, &req, MSG_PROVIDERS, &m, why,
		sizeof(why))) {
		init_say(in, "profile", INIT_FAILED, "%s", why);
		return;
	}
	plan_and_make(in, agents, m.body);
	msg_clear(&m);
}
