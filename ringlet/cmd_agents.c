/*
 * agents and providers: what profiles can be made of.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "init.h"
#include "ringlet.h"
#include "xmalloc.h"

static json_t *
agent_json(const struct msg_agent *a)
{
	return json_pack("{s:s, s:s, s:b, s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:o,"
	    " s:o, s:o}",
	    "id", a->id, "name", a->name, "installed", (int)a->installed,
	    "version", json_text(a->version), "version_from",
	    json_text(a->version_from), "version_why",
	    json_text(a->version_why), "binary_path",
	    json_text(a->binary_path), "profile_count",
	    (json_int_t)a->profile_count, "source", json_text(a->source),
	    "shadows", json_strs(&a->shadows), "damage", json_text(a->damage),
	    "provider_types", json_strs(&a->provider_types), "install",
	    json_text(a->install));
}

static json_t *
provider_json(const struct msg_provider *p)
{
	const struct msg_endpoint *e = p->endpoints.v;
	json_t *endpoints = json_array();

	for (size_t i = 0; i < p->endpoints.n; i++)
		json_array_append_new(endpoints,
		    json_pack("{s:s, s:s}", "id", e[i].id, "url", e[i].url));
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
	    "id", p->id, "name", p->name, "type", p->type, "endpoints",
	    endpoints, "default_endpoint", json_text(p->default_endpoint),
	    "auth_variable", json_text(p->auth_variable), "models",
	    json_strs(&p->models), "source", json_text(p->source), "shadows",
	    json_strs(&p->shadows), "damage", json_text(p->damage));
}

/* In a list there is room for a word: inspect tells the rest. */
static const char *
source_word(const char *source, const char *damage)
{
	if (*damage != '\0')
		return "BROKEN";
	return strncmp(source, "user ", 5) == 0 ? "user"
	    : strncmp(source, "registry ", 9) == 0 ? "registry"
						   : source;
}

static void
print_manifest(const char *source, const struct msg_strs *shadows,
    const char *damage)
{
	if (*source != '\0')
		print_field("Manifest", "%s", source);
	for (size_t i = 0; i < shadows->n; i++)
		print_field("Shadows", "%s", shadows->v[i]);
	if (*damage != '\0')
		print_field("Left out", "%s", damage);
}

/* Asks which agents there are, looking where a run from here would look. */
static int
agents_get(struct cli *cli, struct msg *m)
{
	struct msg_agent_list req = { .token = { NULL, 0 } };
	char *hold;
	int r;

	req.search_path = session_search_path(&hold);
	r = client_call(cli, MSG_AGENT_LIST, &req, MSG_AGENTS, m);
	free(req.search_path.v);
	free(hold);
	return r;
}

/* What a table has for a version. */
static const char *
version_text(const struct msg_agent *a)
{
	return strcmp(a->version_from, "pending") == 0 ? "..." : a->version;
}

static void
print_version(const struct msg_agent *a)
{
	if (strcmp(a->version_from, "pending") == 0)
		print_field("Version", "not known yet: the program is asked");
	else if (*a->version != '\0')
		print_field("Version", "%s (%s)", a->version,
		    strcmp(a->version_from, "program") == 0
			? "the program says so"
			: "its package says so");
	else if (*a->version_why != '\0')
		print_field("Version", "not known: %s", a->version_why);
}

int
cmd_agents_list(struct cli *cli, const struct args *args)
{
	static const char *const headings[] = { "ID", "NAME", "INSTALLED",
		"VERSION", "PROFILES", "MANIFEST", "PATH" };
	const struct msg_agents *agents;
	const struct msg_agent *a;
	struct table *t;
	struct msg m;
	json_t *list;
	int r;

	r = agents_get(cli, &m);
	if (r != 0)
		return r;
	agents = m.body;
	a = agents->list.v;
	if (cli->json) {
		list = json_array();
		for (size_t i = 0; i < agents->list.n; i++)
			json_array_append_new(list, agent_json(&a[i]));
		r = print_json(cli, list);
		goto out;
	}
	t = table_new(headings, NELEM(headings));
	for (size_t i = 0; i < agents->list.n; i++) {
		table_cell(t, COLOUR_NONE, "%s", a[i].id);
		table_cell(t, COLOUR_NONE, "%s", a[i].name);
		table_cell(t, a[i].installed ? COLOUR_GOOD : COLOUR_FAINT, "%s",
		    a[i].installed ? "yes" : "no");
		table_cell(t, COLOUR_NONE, "%s", version_text(&a[i]));
		table_cell(t, COLOUR_NONE, "%llu",
		    (unsigned long long)a[i].profile_count);
		table_cell(t, *a[i].damage != '\0' ? COLOUR_BAD : COLOUR_NONE,
		    "%s", source_word(a[i].source, a[i].damage));
		table_cell(t, COLOUR_NONE, "%s", a[i].binary_path);
	}
	table_print(t);
	table_free(t);
out:
	msg_clear(&m);
	return r;
}

/* Prints the aliases of an agent's profiles on one line. */
static int
print_profiles_of(struct cli *cli, const char *agent)
{
	const struct msg_token_only req = { 0 };
	const struct msg_profiles *profiles;
	const struct msg_profile *p;
	char *safe;
	bool any = false;
	struct msg m;
	int r;

	r = client_call(cli, MSG_PROFILE_LIST, &req, MSG_PROFILES, &m);
	if (r != 0)
		return r;
	profiles = m.body;
	p = profiles->list.v;
	printf("Profiles:");
	for (size_t i = 0; i < profiles->list.n; i++) {
		if (strcmp(p[i].agent_id, agent) != 0)
			continue;
		safe = text_safe(p[i].alias);
		printf(" %s", safe);
		free(safe);
		any = true;
	}
	printf("%s\n", any ? "" : " none");
	msg_clear(&m);
	return 0;
}

static const struct msg_agent *
agent_find(const struct msg_agents *list, const char *id)
{
	const struct msg_agent *a = list->list.v;

	for (size_t i = 0; i < list->list.n; i++)
		if (strcmp(a[i].id, id) == 0)
			return &a[i];
	return NULL;
}

static int
fail_no_agent(
    const struct cli *cli, const struct msg_agents *list, const char *id)
{
	const struct msg_agent *a = list->list.v;
	const char **ids = xcalloc(list->list.n + 1, sizeof(*ids)), *near;

	for (size_t i = 0; i < list->list.n; i++)
		ids[i] = a[i].id;
	near = text_suggest(id, ids, list->list.n);
	free(ids);
	if (near != NULL)
		return fail_error(cli, RL_ERR_NOTFOUND,
		    "there is no agent '%s'" HINT "did you mean '%s'?", id,
		    near);
	return fail_error(cli, RL_ERR_NOTFOUND,
	    "there is no agent '%s'" HINT "'ringlet agents list' shows all",
	    id);
}

int
agent_must_be_known(struct cli *cli, const char *id, char **install)
{
	const struct msg_agent *a;
	struct msg m;
	char *how;
	int r;

	if ((r = agents_get(cli, &m)) != 0)
		return r;
	if ((a = agent_find(m.body, id)) == NULL)
		r = fail_no_agent(cli, m.body, id);
	else if (*a->source == '\0')
		r = fail_error(cli, RL_ERR_INVALID,
		    "the manifest of agent '%s' is wrong: %s", id, a->damage);
	else if (install != NULL && !a->installed && *a->install != '\0') {
		how = init_install(a->install);
		*install =
		    xasprintf("%s is not installed yet: %s", a->name, how);
		free(how);
	}
	msg_clear(&m);
	return r;
}

int
cmd_agents_inspect(struct cli *cli, const struct args *args)
{
	const struct msg_agent *a;
	struct msg m;
	char *how;
	int r;

	r = agents_get(cli, &m);
	if (r != 0)
		return r;
	if ((a = agent_find(m.body, args->v[0])) == NULL)
		r = fail_no_agent(cli, m.body, args->v[0]);
	else if (cli->json)
		r = print_json(cli, agent_json(a));
	else {
		print_field("ID", "%s", a->id);
		if (*a->name != '\0')
			print_field("Name", "%s", a->name);
		print_manifest(a->source, &a->shadows, a->damage);
		for (size_t i = 0; i < a->provider_types.n; i++)
			print_field("Provider type", "%s",
			    a->provider_types.v[i]);
		print_field("Installed", "%s", a->installed ? "yes" : "no");
		if (!a->installed && *a->install != '\0') {
			how = init_install(a->install);
			print_field("Install by", "%s", how);
			free(how);
		}
		print_version(a);
		if (*a->binary_path != '\0')
			print_field("Path", "%s", a->binary_path);
		r = print_profiles_of(cli, a->id);
	}
	msg_clear(&m);
	return r;
}

int
cmd_providers_list(struct cli *cli, const struct args *args)
{
	static const char *const headings[] = { "ID", "NAME", "TYPE",
		"AUTH VARIABLE", "MANIFEST", "ENDPOINT" };
	const struct msg_token_only req = { 0 };
	const struct msg_providers *providers;
	const struct msg_provider *p;
	struct table *t;
	struct msg m;
	json_t *list;
	int r;

	r = client_call(cli, MSG_PROVIDER_LIST, &req, MSG_PROVIDERS, &m);
	if (r != 0)
		return r;
	providers = m.body;
	p = providers->list.v;
	if (cli->json) {
		list = json_array();
		for (size_t i = 0; i < providers->list.n; i++)
			json_array_append_new(list, provider_json(&p[i]));
		r = print_json(cli, list);
		goto out;
	}
	t = table_new(headings, NELEM(headings));
	for (size_t i = 0; i < providers->list.n; i++) {
		table_cell(t, COLOUR_NONE, "%s", p[i].id);
		table_cell(t, COLOUR_NONE, "%s", p[i].name);
		table_cell(t, COLOUR_NONE, "%s", p[i].type);
		table_cell(t, COLOUR_NONE, "%s", p[i].auth_variable);
		table_cell(t, *p[i].damage != '\0' ? COLOUR_BAD : COLOUR_NONE,
		    "%s", source_word(p[i].source, p[i].damage));
		table_cell(t, COLOUR_NONE, "%s", p[i].default_endpoint);
	}
	table_shrink(t, 1);
	table_print(t);
	table_free(t);
out:
	msg_clear(&m);
	return r;
}

static void
print_provider(const struct msg_provider *p)
{
	const struct msg_endpoint *e = p->endpoints.v;

	print_field("ID", "%s", p->id);
	if (*p->source == '\0') {
		print_manifest(p->source, &p->shadows, p->damage);
		return;
	}
	print_field("Name", "%s", p->name);
	print_manifest(p->source, &p->shadows, p->damage);
	print_field("Type", "%s", p->type);
	print_field("Auth variable", "%s",
	    *p->auth_variable != '\0' ? p->auth_variable : "none");
	for (size_t i = 0; i < p->endpoints.n; i++)
		print_field("Endpoint", "%s %s%s", e[i].id, e[i].url,
		    strcmp(e[i].id, p->default_endpoint) == 0 ? " (default)"
							      : "");
	for (size_t i = 0; i < p->models.n; i++)
		print_field("Model", "%s", p->models.v[i]);
}

int
cmd_providers_inspect(struct cli *cli, const struct args *args)
{
	const struct msg_token_only req = { 0 };
	const struct msg_providers *providers;
	const struct msg_provider *p;
	struct msg m;
	int r;

	r = client_call(cli, MSG_PROVIDER_LIST, &req, MSG_PROVIDERS, &m);
	if (r != 0)
		return r;
	providers = m.body;
	if ((p = provider_find(providers, args->v[0])) == NULL)
		r = fail_no_provider(cli, providers, args->v[0]);
	else if (cli->json)
		r = print_json(cli, provider_json(p));
	else
		print_provider(p);
	msg_clear(&m);
	return r;
}

const struct msg_provider *
provider_find(const struct msg_providers *list, const char *id)
{
	const struct msg_provider *p = list->list.v;

	for (size_t i = 0; i < list->list.n; i++)
		if (strcmp(p[i].id, id) == 0)
			return &p[i];
	return NULL;
}

int
fail_no_provider(
    const struct cli *cli, const struct msg_providers *list, const char *id)
{
	const struct msg_provider *p = list->list.v;
	const char **ids = xcalloc(list->list.n + 1, sizeof(*ids)), *near;

	for (size_t i = 0; i < list->list.n; i++)
		ids[i] = p[i].id;
	near = text_suggest(id, ids, list->list.n);
	free(ids);
	if (near != NULL)
		return fail_error(cli, RL_ERR_NOTFOUND,
		    "there is no provider '%s'" HINT "did you mean '%s'?", id,
		    near);
	return fail_error(cli, RL_ERR_NOTFOUND,
	    "there is no provider '%s'" HINT
	    "'ringlet providers list' shows all",
	    id);
}
