/*
 * What a request is worth: the bearer token.  And the public key that API keys
 * may be sealed to, which anybody with a token may ask for.
 */

#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "audit.h"
#include "codes.h"
#include "err.h"
#include "log.h"
#include "loop.h"
#include "monitor.h"
#include "policy.h"
#include "secret.h"
#include "tokens.h"

#define WRONG_TOLD_MS 60000 /* between two entries about wrong tokens */

void
auth_open(struct env *env)
{
	const struct token_time now = token_time();
	char why[1024];
	bool fresh = access(env->paths.token_file, F_OK) == -1;

	if (tokens_open(env->paths.token_file, env->paths.tokens_file, &now,
		&env->tokens, why, sizeof(why)) != 0)
		fatal("%s", why);
	/* None is handed over: each is good for a minute of one process. */
	env->codes = codes_new();
	if (fresh)
		(void)audit_event(env, &audit_monitor, AUDIT_TOKEN_MAKE,
		    TOKEN_MAIN, AUDIT_OK, NULL);

	/* One that was handed over stays good, and so what is sealed to it. */
	if (env->box.secret == NULL)
		sealbox_make(&env->box);
}

void
auth_tell_wrong(struct env *env)
{
	const struct audit_who nobody = { .kind = AUDIT_HTTP };
	char n[32];

	if (env->wrong_tokens == 0)
		return;
	snprintf(n, sizeof(n), "%llu", (unsigned long long)env->wrong_tokens);
	log_warn("HTTP: wrong tokens since the last such entry: %s", n);
	(void)audit_event(env, &nobody, AUDIT_TOKEN_REFUSE, "", AUDIT_REFUSED,
	    "count", n, NULL);
	env->wrong_tokens = 0;
	env->wrong_told = loop_now();
}

/* Once a minute: it must not fill the log. */
void
auth_wrong(struct env *env)
{
	env->wrong_tokens++;
	if (env->wrong_told == 0 ||
	    loop_now() - env->wrong_told >= WRONG_TOLD_MS)
		auth_tell_wrong(env);
}

void
auth_nobody(struct peer *p)
{
	struct client *c = peer_arg(p);

	c->token = NULL;
	c->who.token[0] = '\0';
}

/*
 * Hostile ringletd: it can guess tokens, at the price of a message each; each
 * has 256 random bits, and the comparison takes the same time for all.
 */
int
auth_token(struct peer *p, const struct msg_bin *token, bool control)
{
	const struct token_time now = token_time();
	struct client *c = peer_arg(p);
	const struct token *t;

	auth_nobody(p);
	c->too_old = false;
	t = tokens_find(c->env->tokens, token->p, token->len, &now);
	if (t == NULL) {
		auth_wrong(c->env);
		return RL_ERR_AUTH;
	}
	strlcpy(c->who.token, t->id, sizeof(c->who.token));
	if (tokens_is_old(c->env->tokens, t, &now)) {
		c->too_old = true;
		return policy_verdict(
		    c->env, &c->who, t->id, RL_ERR_DENIED, auth_refusal(p));
	}
	if (control && !t->control) {
		(void)audit_event(c->env, &c->who, AUDIT_TOKEN_REFUSE, t->id,
		    AUDIT_REFUSED, "why", "it may only look", NULL);
		return RL_ERR_DENIED;
	}
	/* For the handler of this message, which runs now. */
	c->token = t;
	return 0;
}

const char *
auth_refusal(struct peer *p)
{
	const struct client *c = peer_arg(p);
	struct env *env = c->env;
	unsigned line = 0;

	if (!c->too_old)
		return NULL;
	(void)policy_token_age(env->policy, &line);
	snprintf(env->refusal, sizeof(env->refusal),
	    "the token is too old: refused by "
	    "MaxTokenAge (%s line %u): 'ringlet token rotate' replaces the "
	    "main one",
	    policy_file(env->policy), line);
	return env->refusal;
}

bool
auth_may_control(struct peer *p)
{
	const struct client *c = peer_arg(p);

	return peer_is_cli(p) || (c->token != NULL && c->token->control);
}

/* The rule row has had the token judged: nothing is left to do. */
int
on_AUTH_CHECK(struct peer *p, struct msg *m)
{
	peer_reply(p, m->hdr.id, MSG_OK, NULL, NULL, 0);
	return 0;
}

/* Hostile ringletd: the key is public, and it learns nothing else. */
int
on_PUBKEY_GET(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	struct msg_pubkey body = {
		.key_id = env->box.id,
		.key = { env->box.public, sizeof(env->box.public) },
	};

	peer_reply(p, m->hdr.id, MSG_PUBKEY, &body, NULL, 0);
	return 0;
}
