/*
 * What is set, where, and what the administrator has the last word on: read
 * only, for settings are files of the user's and of root's.
 */
#include "config.h"

#include "msgdef.h"
#include "ringletd.h"

static const struct reply_member settings_members[] = {
	{ "policy_file", "string" },
	{ "policy_there", "boolean" },
	{ "policy_hash", "string?" },
	{ "policy_trouble", "string?" },
	{ "settings", "objects" },
	{ "rules", "objects" },
};
const struct reply_table settings_reply = REPLY_TABLE(settings_members);

static json_t *
settings_json(const struct msg_recs *l)
{
	const struct msg_policy_setting *s = l->v;
	json_t *a = json_array();

	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(
		    a, json_pack("{s:s, s:s, s:s, s:b}", "keyword",
			   s[i].keyword, "value", s[i].value, "origin",
			   s[i].origin, "forced", s[i].forced ? 1 : 0));
	return a;
}

/* Those that are set. */
static json_t *
rules_json(const struct msg_recs *l)
{
	const struct msg_policy_rule *rule = l->v;
	json_t *a = json_array();

	for (size_t i = 0; i < l->n; i++)
		if (rule[i].line != 0)
			json_array_append_new(
			    a, json_pack("{s:s, s:s, s:I}", "keyword",
				   rule[i].keyword, "value", rule[i].value,
				   "line", (json_int_t)rule[i].line));
	return a;
}

static void
on_policy(struct request *r, struct msg *m)
{
	const struct msg_policy *p = m->body;

	reply_data(r, 200,
	    json_pack("{s:s, s:b, s:o, s:o, s:o, s:o}", "policy_file", p->file,
		"policy_there", p->there ? 1 : 0, "policy_hash",
		p->there ? reply_text(p->hash) : json_null(), "policy_trouble",
		reply_text(p->trouble), "settings", settings_json(&p->settings),
		"rules", rules_json(&p->rules)));
}

void
api_settings(struct request *r)
{
	struct msg_token_only m = { request_token_bin(r) };

	request_call(r, MSG_POLICY_SHOW, &m, on_policy);
}
