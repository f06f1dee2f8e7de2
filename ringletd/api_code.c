/*
 * POST /api/token/exchange: a page that was opened with a one-time code in its
 * URL gets a token of its own for it.
 *
 * The one route below /api that takes no token.  The code goes to the monitor,
 * who judges it as it would a token, and a wrong one counts as a wrong token
 * on its connection.  Neither code nor token is kept or logged here: what held
 * them is wiped.
 */
#include "config.h"

#include <stddef.h>
#include <string.h>

#include "json.h"
#include "msgdef.h"
#include "ringletd.h"

#define CODE_MAX 256 /* bytes; ours has 32 */

struct exchange {
	char *code;
};

static const struct json_member exchange_members[] = {
	{ "code", JK_STRING, offsetof(struct exchange, code), CODE_MAX, 0, 0,
	    JSONF_REQUIRED, NULL },
};
const struct json_table exchange_body = BODY_TABLE(exchange_members);

static const struct reply_member taken_members[] = {
	{ "token", "string" },
	{ "id", "string" },
	{ "scope", "string" },
	{ "expires_at", "string" },
};
const struct reply_table exchange_reply = REPLY_TABLE(taken_members);

static void
on_taken(struct request *r, struct msg *m)
{
	const struct msg_token_taken *t = m->body;

	reply_secret(r, 201,
	    json_pack("{s:s%, s:s, s:s, s:o}", "token",
		(const char *)t->value.p, t->value.len, "id", t->id, "scope",
		t->control ? "control" : "view", "expires_at",
		reply_time(t->expires_at)));
}

void
api_exchange(struct request *r)
{
	struct exchange e = { NULL };
	struct msg_token_exchange m = { .code = { NULL, 0 } };

	if (body_members(r, &e)) {
		m.code.p = (const uint8_t *)e.code;
		m.code.len = strlen(e.code);
		request_call(r, MSG_TOKEN_EXCHANGE, &m, on_taken);
	}
	json_free_members(exchange_members, NELEM(exchange_members), &e);
}
