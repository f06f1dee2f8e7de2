/*
 * Requests about one-time codes: the command has one made, and a page
 * exchanges it, through ringletd, for a token of its own.
 *
 * The exchange is the one request over HTTP that brings no token.  What it
 * brings instead is judged here, and grants what the command has said.
 */

#include "config.h"

#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "codes.h"
#include "err.h"
#include "log.h"
#include "monitor.h"
#include "policy.h"
#include "platform.h"
#include "secret.h"
#include "tokens.h"

#define WHY_MAX 1024
#define LABEL	"dashboard" /* of the tokens that are made here */

static const char *
scope_name(bool control)
{
	return control ? "control" : "view";
}

/* 0, or why no code can be made. */
static int
make_code(struct env *env, const struct code_offer *offer,
    char text[CODE_LEN + 1], char *why, size_t size)
{
	uint64_t now = platform_boot_ms();
	int r;

	/* A code that can then not be exchanged would be a false promise. */
	if (tokens_room(env->tokens) <= codes_waiting(env->codes, now)) {
		snprintf(why, size,
		    "there are %d tokens already, codes that wait included: "
		    "'ringlet token list' shows them, 'ringlet token revoke' "
		    "ends one",
		    TOKENS_MAX);
		return RL_ERR_LIMIT;
	}
	if ((r = codes_make(env->codes, now, offer, text)) != 0)
		snprintf(why, size,
		    "%d codes wait to be used: each ends when it is used, or "
		    "after %d seconds",
		    CODES_MAX, CODE_LIFE_MS / 1000);
	return r;
}

int
on_CODE_CREATE(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	const struct msg_code_create *q = m->body;
	const struct audit_who *who = audit_who_of(p);
	const struct code_offer offer = { .control = q->control,
		.lifetime = (long long)q->lifetime };
	struct msg_code_made made = { .seconds = CODE_LIFE_MS / 1000 };
	const char *scope = scope_name(q->control);
	char text[CODE_LEN + 1], why[WHY_MAX];
	int r;

	/* A dashboard's token must not outlive everybody's memory of it. */
	if (q->lifetime == 0) {
		peer_reply_error(p, m->hdr.id, RL_ERR_INVALID,
		    "a dashboard's token must expire");
		return 0;
	}
	/* Whoever will have it may do more than before. */
	r = audit_event(
	    env, who, AUDIT_TOKEN_CODE, "", AUDIT_INTENT, "scope", scope, NULL);
	if (r != 0)
		strlcpy(why, audit_trouble(env), sizeof(why));
	else {
		r = make_code(env, &offer, text, why, sizeof(why));
		(void)audit_event(env, who, AUDIT_TOKEN_CODE, "",
		    r == 0 ? AUDIT_OK : AUDIT_FAILED, "scope", scope, "why",
		    r != 0 ? why : NULL, NULL);
	}
	if (r != 0) {
		peer_reply_error(p, m->hdr.id, r, "%s", why);
		return 0;
	}
	log_info("a one-time code was made, scope %s", scope);
	made.code.p = (const uint8_t *)text;
	made.code.len = CODE_LEN;
	peer_reply(p, m->hdr.id, MSG_CODE_MADE, &made, NULL, 0);
	secret_wipe(text, sizeof(text));
	return 0;
}

/*
 * Hostile ringletd: it can guess codes, at the price of a message each, and
 * each has 192 random bits.  It sees those that pass through it, as it does
 * tokens, and could keep one from its page and take what it is good for; then
 * the page is refused, and the token is in the list.
 */
int
on_TOKEN_EXCHANGE(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	const struct msg_token_exchange *q = m->body;
	struct token_offer offer = { .label = LABEL, .by = "code" };
	struct msg_token_taken taken;
	const struct token *t;
	struct code_offer code;
	char text[TOKEN_LEN + 1], why[WHY_MAX];
	unsigned line;
	long long most;
	int r;

	auth_nobody(p);
	r = codes_use(
	    env->codes, platform_boot_ms(), q->code.p, q->code.len, &code);
	most = policy_token_age(env->policy, &line);
	if (r != 0) {
		auth_wrong(env);
		peer_reply_error(p, m->hdr.id, r, "%s",
		    r == RL_ERR_LIMIT
			? "too many wrong codes have come: 'ringlet "
			  "dashboard' makes one that is taken at once"
			: "the code is wrong, was used before, or is over a "
			  "minute old: 'ringlet dashboard' makes another");
		return 0;
	}
	offer.control = code.control;
	offer.expires_at =
	    token_time().wall +
	    (most != 0 && most < code.lifetime ? most : code.lifetime);
	/* It is used up even so: good once means tried once. */
	r = token_issue(
	    env, audit_who_of(p), &offer, text, &t, why, sizeof(why));
	if (r != 0) {
		peer_reply_error(p, m->hdr.id, r, "%s", why);
		return 0;
	}
	taken = (struct msg_token_taken){ .id = t->id,
		.value = { (const uint8_t *)text, TOKEN_LEN },
		.control = t->control,
		.expires_at = t->expires_at };
	peer_reply(p, m->hdr.id, MSG_TOKEN_TAKEN, &taken, NULL, 0);
	secret_wipe(text, sizeof(text));
	token_watch(env);
	return 0;
}
