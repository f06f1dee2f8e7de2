/*
 * Routes about agents and providers: what profiles can be made of.
 */
#include "config.h"

#include <string.h>

#include "err.h"
#include "msgdef.h"
#include "ringletd.h"

static const struct reply_member agent_members[] = {
	{ "id", "string" },
	{ "name", "string" },
	{ "installed", "boolean" },
	{ "version", "string?" },
	{ "version_from", "string?" },
	{ "version_why", "string?" },
	{ "binary_path", "string?" },
	{ "profile_count", "integer" },
	{ "source", "string?" },
	{ "shadows", "strings" },
	{ "damage", "string?" },
	{ "provider_types", "strings" },
	{ "install", "string?" },
};
const struct reply_table agent_reply = REPLY_TABLE(agent_members);

static json_t *
agent_json(const struct msg_agent *a)
{
	return json_pack("{s:s, s:s, s:b, s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:o,"
	    " s:o, s:o}",
	    "id", a->id,
	    "name", a->name,
	    "installed", a->installed ? 1 : 0,
	    "version", reply_text(a->version),
	    "version_from", reply_text(a->version_from),
	    "version_why", reply_text(a->version_why),
	    "binary_path", reply_text(a->binary_path),
	    "profile_count", (json_int_t)a->profile_count,
	    "source", reply_text(a->source),
	    "shadows", reply_strings(&a->shadows),
	    "damage", reply_text(a->damage),
	    "provider_types", reply_strings(&a->provider_types),
	    "install", reply_text(a->install));
}

/* All of them, or, where the path names one, that one. */
static void
on_agents(struct request *r, struct msg *m)
{
	const struct msg_agents *list = m->body;
	const struct msg_agent *a = list->list.v;
	json_t *all;
	size_t i;

	if (r->params[0][0] != '\0') {
		for (i = 0; i < list->list.n; i++) {
			if (strcmp(a[i].id, r->params[0]) == 0) {
				reply_data(r, 200, agent_json(&a[i]));
				return;
			}
		}
		reply_failure(r, RL_ERR_NOTFOUND, "no such agent");
		return;
	}
	all = json_array();
	for (i = 0; i < list->list.n; i++)
		json_array_append_new(all, agent_json(&a[i]));
	reply_data(r, 200, all);
}

void
api_agents(struct request *r)
{
	struct msg_agent_list m = { .token = request_token_bin(r) };

	request_call(r, MSG_AGENT_LIST, &m, on_agents);
}

static const struct reply_member provider_members[] = {
	{ "id", "string" },
	{ "name", "string" },
	{ "type", "string" },
	{ "endpoints", "object" },
	{ "default_endpoint", "string?" },
	{ "auth_variable", "string?" },
	{ "models", "strings" },
	{ "source", "string?" },
	{ "shadows", "strings" },
	{ "damage", "string?" },
};
const struct reply_table provider_reply = REPLY_TABLE(provider_members);

static json_t *
provider_json(const struct msg_provider *p)
{
	const struct msg_endpoint *e = p->endpoints.v;
	json_t *endpoints = json_object();
	size_t i;

	for (i = 0; i < p->endpoints.n; i++)
		json_object_set_new(endpoints, e[i].id,
		    json_string(e[i].url));
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
	    "id", p->id,
	    "name", p->name,
	    "type", p->type,
	    "endpoints", endpoints,
	    "default_endpoint", reply_text(p->default_endpoint),
	    "auth_variable", reply_text(p->auth_variable),
	    "models", reply_strings(&p->models),
	    "source", reply_text(p->source),
	    "shadows", reply_strings(&p->shadows),
	    "damage", reply_text(p->damage));
}

static void
on_providers(struct request *r, struct msg *m)
{
	const struct msg_providers *list = m->body;
	const struct msg_provider *p = list->list.v;
	json_t *all;
	size_t i;

	if (r->params[0][0] != '\0') {
		for (i = 0; i < list->list.n; i++) {
			if (strcmp(p[i].id, r->params[0]) == 0) {
				reply_data(r, 200, provider_json(&p[i]));
				return;
			}
		}
		reply_failure(r, RL_ERR_NOTFOUND, "no such provider");
		return;
	}
	all = json_array();
	for (i = 0; i < list->list.n; i++)
		json_array_append_new(all, provider_json(&p[i]));
	reply_data(r, 200, all);
}

void
api_providers(struct request *r)
{
	struct msg_token_only m = { request_token_bin(r) };

	request_call(r, MSG_PROVIDER_LIST, &m, on_providers);
}
