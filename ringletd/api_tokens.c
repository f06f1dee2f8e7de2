/*
 * Routes about tokens: what there are, and their ends.  None makes one, for who
 * has a token must not make himself another; and none tells one's text.
 */
#include "config.h"

#include <string.h>

#include "err.h"
#include "msgdef.h"
#include "ringletd.h"

static const struct reply_member token_members[] = {
	{ "id", "string" },
	{ "scope", "string" },
	{ "label", "string?" },
	{ "created_at", "string?" },
	{ "expires_at", "string?" },
};
const struct reply_table token_reply = REPLY_TABLE(token_members);

static json_t *
token_json(const struct msg_token *t)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:o}", "id", t->id, "scope",
	    t->control ? "control" : "view", "label", reply_text(t->label),
	    "created_at", reply_time(t->created_at), "expires_at",
	    reply_time(t->expires_at));
}

static void
on_token(struct request *r, struct msg *m)
{
	const struct msg_tokens *list = m->body;

	if (list->list.n != 1)
		reply_failure(r, RL_ERR_INTERNAL, "");
	else
		reply_data(r, 200, token_json(list->list.v));
}

/* What the token that came along may do. */
void
api_token(struct request *r)
{
	struct msg_token_only m = { request_token_bin(r) };

	request_call(r, MSG_TOKEN_SELF, &m, on_token);
}

static void
on_token_end(struct request *r, struct msg *m)
{
	(void)m;
	reply_data(r, 200, NULL);
}

/* Signs out: the token is good no longer, and this connection ends too. */
void
api_token_end(struct request *r)
{
	struct msg_token_only m = { request_token_bin(r) };

	request_call(r, MSG_TOKEN_END, &m, on_token_end);
}

static void
on_tokens(struct request *r, struct msg *m)
{
	const struct msg_tokens *list = m->body;
	const struct msg_token *t = list->list.v;
	json_t *a = json_array();

	for (size_t i = 0; i < list->list.n; i++)
		json_array_append_new(a, token_json(&t[i]));
	reply_data(r, 200, a);
}

void
api_token_list(struct request *r)
{
	struct msg_token_only m = { request_token_bin(r) };

	request_call(r, MSG_TOKEN_LIST, &m, on_tokens);
}

/* The monitor also takes prefixes of ids; over HTTP an id is one name. */
static bool
is_id(const char *s)
{
	return strcmp(s, "main") == 0 ||
	       (strlen(s) == 8 && strspn(s, "0123456789abcdef") == 8);
}

void
api_token_revoke(struct request *r)
{
	struct msg_token_revoke m = { request_token_bin(r), r->params[0] };

	if (is_id(r->params[0]))
		request_call(r, MSG_TOKEN_REVOKE, &m, on_token_end);
	else
		reply_failure(r, RL_ERR_NOTFOUND, "no such token");
}
