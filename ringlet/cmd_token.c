/*
 * token: who may use the HTTP port.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "err.h"
#include "ringlet.h"
#include "secret.h"
#include "units.h"

#define FOREVER (100LL * 365 * 24 * 3600) /* seconds: nobody means more */

int
cmd_token_path(struct cli *cli, const struct args *args)
{
	const struct msg_token_only req = { 0 };
	const struct msg_status *s;
	struct msg m;
	int r;

	/* The daemon makes the file, so that it is there once it answers. */
	if ((r = client_call(cli, MSG_STATUS_GET, &req, MSG_STATUS, &m)) != 0)
		return r;
	s = m.body;
	if (cli->json)
		print_json(cli, json_pack("{s:s}", "path", s->token_file));
	else
		printf("%s\n", s->token_file);
	msg_clear(&m);
	return STATUS_DONE;
}

/*
 * When a token made now ends: "never", or a number with a unit.  Seconds since
 * 1970, 0 for never; -1: it is neither.
 */
static int64_t
expiry(const char *s)
{
	long long span;

	if (strcmp(s, "never") == 0)
		return 0;
	return units_parse(s, units_span, 1, FOREVER, &span)
		   ? (int64_t)time(NULL) + span
		   : -1;
}

static const char *
scope_name(bool control)
{
	return control ? "control" : "view";
}

int
cmd_token_create(struct cli *cli, const struct args *args)
{
	struct msg_token_create req = { .label = "" };
	const char *scope = opt_get(args, OPT_SCOPE);
	const char *expires = opt_get(args, OPT_EXPIRES);
	const struct msg_token_made *made;
	char when[64];
	struct msg m;
	int r;

	if (scope == NULL)
		return fail_usage(cli, "--scope: view or control is needed");
	req.control = strcmp(scope, "control") == 0;
	if (!req.control && strcmp(scope, "view") != 0)
		return fail_usage(
		    cli, "--scope: '%s' is neither view nor control", scope);
	if (expires != NULL && (req.expires_at = expiry(expires)) == -1)
		return fail_usage(cli,
		    "--expires: '%s' is no time such as 30m, 12h or 7d, nor "
		    "never",
		    expires);
	if (opt_has(args, OPT_LABEL))
		req.label = opt_get(args, OPT_LABEL);
	if ((r = client_call(cli, MSG_TOKEN_CREATE, &req, MSG_TOKEN_MADE,
		 &m)) != 0)
		return r;
	made = m.body;
	if (cli->json) {
		print_json(cli,
		    json_pack("{s:s, s:s%, s:s, s:o}", "id", made->id, "token",
			(const char *)made->value.p, made->value.len, "scope",
			scope_name(req.control), "expires_at",
			json_time(made->expires_at)));
	} else {
		printf("%.*s\n", (int)made->value.len,
		    (const char *)made->value.p);
		hint(cli,
		    "token %s, scope %s, expires %s: it is not shown again; "
		    "'ringlet token revoke %s' ends it",
		    made->id, scope_name(req.control),
		    text_time(when, sizeof(when), made->expires_at), made->id);
	}
	msg_clear(&m);
	return STATUS_DONE;
}

static json_t *
token_json(const struct msg_token *t)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:o}", "id", t->id, "scope",
	    scope_name(t->control), "label", json_text(t->label), "created_at",
	    json_time(t->created_at), "expires_at", json_time(t->expires_at));
}

int
cmd_token_list(struct cli *cli, const struct args *args)
{
	static const char *const headings[] = { "ID", "SCOPE", "CREATED",
		"EXPIRES", "LABEL" };
	const struct msg_token_only req = { 0 };
	const struct msg_tokens *tokens;
	const struct msg_token *list;
	char when[64];
	struct table *t;
	json_t *a;
	struct msg m;
	int r;

	if ((r = client_call(cli, MSG_TOKEN_LIST, &req, MSG_TOKENS, &m)) != 0)
		return r;
	tokens = m.body;
	list = tokens->list.v;
	if (cli->json) {
		a = json_array();
		for (size_t i = 0; i < tokens->list.n; i++)
			json_array_append_new(a, token_json(&list[i]));
		print_json(cli, a);
		msg_clear(&m);
		return STATUS_DONE;
	}
	t = table_new(headings, NELEM(headings));
	for (size_t i = 0; i < tokens->list.n; i++) {
		table_cell(t, COLOUR_NONE, "%s", list[i].id);
		table_cell(t, COLOUR_NONE, "%s", scope_name(list[i].control));
		table_cell(t, COLOUR_NONE, "%s",
		    list[i].created_at == 0
			? "-"
			: text_time(when, sizeof(when), list[i].created_at));
		table_cell(t, COLOUR_NONE, "%s",
		    text_time(when, sizeof(when), list[i].expires_at));
		table_cell(t, COLOUR_NONE, "%s", list[i].label);
	}
	table_shrink(t, 4);
	table_print(t);
	table_free(t);
	msg_clear(&m);
	return STATUS_DONE;
}

/* Sends a request that is answered by OK. */
static int
simple(struct cli *cli, uint16_t type, const void *req)
{
	struct msg m;
	int r;

	if ((r = client_call(cli, type, req, MSG_OK, &m)) != 0)
		return r;
	msg_clear(&m);
	if (cli->json)
		print_json(cli, NULL);
	return STATUS_DONE;
}

int
cmd_token_revoke(struct cli *cli, const struct args *args)
{
	const struct msg_token_revoke req = { .id = args->v[0] };

	return simple(cli, MSG_TOKEN_REVOKE, &req);
}

int
cmd_token_rotate(struct cli *cli, const struct args *args)
{
	const struct msg_token_only req = { 0 };
	int r;

	if ((r = simple(cli, MSG_TOKEN_ROTATE, &req)) == STATUS_DONE)
		hint(cli,
		    "the file that 'ringlet token path' names has a new "
		    "token; what used the old one has been disconnected");
	return r;
}
