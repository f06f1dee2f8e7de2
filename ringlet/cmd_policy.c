/*
 * policy: what is set, and by whom.
 */

#include "config.h"

#include <stdio.h>

#include "ringlet.h"

static json_t *
policy_json(const struct msg_policy *p)
{
	const struct msg_policy_setting *settings = p->settings.v;
	const struct msg_policy_rule *rules = p->rules.v;
	json_t *s = json_array(), *r = json_array();

	for (size_t i = 0; i < p->settings.n; i++)
		json_array_append_new(
		    s, json_pack("{s:s, s:o, s:o, s:b}", "keyword",
			   settings[i].keyword, "value",
			   json_text(settings[i].value), "origin",
			   json_text(settings[i].origin), "forced",
			   settings[i].forced));
	for (size_t i = 0; i < p->rules.n; i++)
		json_array_append_new(
		    r, json_pack("{s:s, s:o, s:o}", "keyword", rules[i].keyword,
			   "value",
			   rules[i].line != 0 ? json_text(rules[i].value)
					      : json_null(),
			   "line",
			   rules[i].line != 0
			       ? json_integer((json_int_t)rules[i].line)
			       : json_null()));
	return json_pack("{s:o, s:b, s:s, s:o, s:o, s:o}", "file",
	    json_text(p->file), "there", p->there, "hash", p->hash, "trouble",
	    *p->trouble != '\0' ? json_text(p->trouble) : json_null(),
	    "settings", s, "rules", r);
}

static void
print_rules(const struct msg_policy *p)
{
	static const char *const headings[] = { "RULE", "VALUE", "LINE" };
	const struct msg_policy_rule *rules = p->rules.v;
	struct table *t;

	if (!p->there)
		return;
	t = table_new(headings, NELEM(headings));
	for (size_t i = 0; i < p->rules.n; i++) {
		if (rules[i].line == 0)
			continue;
		table_cell(t, COLOUR_NONE, "%s", rules[i].keyword);
		table_cell(t, COLOUR_NONE, "%s", rules[i].value);
		table_cell(
		    t, COLOUR_NONE, "%llu", (unsigned long long)rules[i].line);
	}
	table_shrink(t, 1);
	table_print(t);
	table_free(t);
	printf("\n");
}

static void
print_settings(const struct msg_policy *p)
{
	static const char *const headings[] = { "SETTING", "VALUE", "SET BY" };
	const struct msg_policy_setting *s = p->settings.v;
	struct table *t = table_new(headings, NELEM(headings));

	for (size_t i = 0; i < p->settings.n; i++) {
		table_cell(t, COLOUR_NONE, "%s", s[i].keyword);
		table_cell(t, COLOUR_NONE, "%s", s[i].value);
		table_cell(t, COLOUR_NONE, "%s", s[i].origin);
	}
	table_print(t);
	table_free(t);
}

int
cmd_policy_show(struct cli *cli, const struct args *args)
{
	const struct msg_token_only req = { 0 };
	const struct msg_policy *p;
	struct msg m;
	int r;

	(void)args;
	r = client_call(cli, MSG_POLICY_SHOW, &req, MSG_POLICY, &m);
	if (r != 0)
		return r;
	p = m.body;
	if (cli->json)
		print_json(cli, policy_json(p));
	else {
		print_field("Policy", "%s%s", p->file,
		    p->there ? "" : " (there is none)");
		if (*p->trouble != '\0')
			print_field("Not read again", "%s", p->trouble);
		printf("\n");
		print_rules(p);
		print_settings(p);
	}
	msg_clear(&m);
	return STATUS_DONE;
}
