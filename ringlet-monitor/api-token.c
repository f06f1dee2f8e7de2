/*
 * Requests about tokens, and their ends.
 *
 * A token that is good no longer is refused from the next request on; that
 * ends nothing which was let in before.  So ringletd is told the digest of
 * each such token, and closes what it had opened.
 */

#include "config.h"

#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "codes.h"
#include "err.h"
#include "log.h"
#include "loop.h"
#include "monitor.h"
#include "policy.h"
#include "secret.h"
#include "tokens.h"
#include "xmalloc.h"

#define WHY_MAX 1024
/* Longest sleep: the clock may be set, and the loop's stands in a sleep. */
#define LOOK_MS 30000

static void
tell_gone(struct env *env, uint8_t digest[TOKEN_DIGEST])
{
	const struct msg_token_gone gone = { { digest, TOKEN_DIGEST } };

	/* One that is not there, or not ready, has let nothing in. */
	if (env->ringletd.ready && env->ringletd.client.peer != NULL)
		(void)peer_send(env->ringletd.client.peer, MSG_TOKEN_GONE,
		    &gone, NULL, 0);
}

/* --- expiry --- */

static void
on_look(void *arg)
{
	struct env *env = arg;
	const struct token_time now = token_time();
	uint8_t digest[TOKEN_DIGEST];
	char why[WHY_MAX];
	bool expired = false;
	long long next;
	int r;

	while (tokens_expire(env->tokens, &now, digest)) {
		expired = true;
		log_info("a token has expired");
		(void)audit_event(env, &audit_monitor, AUDIT_TOKEN_EXPIRE, "",
		    AUDIT_OK, NULL);
		tell_gone(env, digest);
	}
	while (tokens_outdated(env->tokens, &now, digest)) {
		log_info("a token has become too old for the policy");
		tell_gone(env, digest);
	}
	r = tokens_tidy(env->tokens, why, sizeof(why));
	if (r != 0 && expired)
		log_warn("%s: tokens that have expired are tried to be taken "
			 "out of it again",
		    why);
	next = tokens_next_expiry(env->tokens, &now);
	if (r != 0 || next > LOOK_MS)
		next = LOOK_MS;
	if (next != -1)
		loop_timer_arm(env->token_timer, (uint64_t)next);
}

void
token_watch(struct env *env)
{
	unsigned line;

	tokens_max_age(env->tokens, policy_token_age(env->policy, &line));
	if (env->token_timer == NULL)
		env->token_timer = loop_timer_new(env->loop, on_look, env);
	on_look(env);
}

void
token_close(struct env *env)
{
	codes_free(env->codes);
	env->codes = NULL;
	loop_timer_free(env->token_timer);
	env->token_timer = NULL;
	tokens_free(env->tokens);
	env->tokens = NULL;
}

/* --- requests --- */

static struct msg_token
describe(const struct token *t)
{
	return (struct msg_token){ .id = t->id, .control = t->control,
		.label = t->label, .created_at = t->created_at,
		.expires_at = t->expires_at };
}

/* One that says it is good for longer than it is would mislead. */
static int
may_live(struct env *env, long long expires_at, char *why, size_t size)
{
	unsigned line = 0;
	long long most = policy_token_age(env->policy, &line);

	if (most == 0 ||
	    (expires_at != 0 && expires_at <= token_time().wall + most))
		return 0;
	snprintf(why, size,
	    "a token that lives so long: refused by "
	    "MaxTokenAge (%s line %u): use --expires %llds, or less",
	    policy_file(env->policy), line, most);
	return RL_ERR_DENIED;
}

int
token_issue(struct env *env, const struct audit_who *who,
    const struct token_offer *o, char text[TOKEN_LEN + 1],
    const struct token **out, char *why, size_t size)
{
	const struct token_time now = token_time();
	const char *scope = o->control ? "control" : "view";
	int r;

	/* Whoever will have it may do more than before. */
	r = audit_event(env, who, AUDIT_TOKEN_MAKE, "", AUDIT_INTENT, "scope",
	    scope, "label", o->label, "by", o->by, NULL);
	if (r != 0) {
		strlcpy(why, audit_trouble(env), size);
		return r;
	}
	r = tokens_add(env->tokens, o->control, o->label, &now, o->expires_at,
	    text, out, why, size);
	(void)audit_event(env, who, AUDIT_TOKEN_MAKE, r == 0 ? (*out)->id : "",
	    r == 0 ? AUDIT_OK : AUDIT_FAILED, "scope", scope, "label", o->label,
	    "by", o->by, "why", r != 0 ? why : NULL, NULL);
	if (r == 0)
		log_info("token %s: made, scope %s", (*out)->id, scope);
	return r;
}

int
on_TOKEN_CREATE(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	const struct msg_token_create *q = m->body;
	const struct token_offer offer = { .control = q->control,
		.label = q->label,
		.expires_at = q->expires_at };
	struct msg_token_made made = { .expires_at = q->expires_at };
	const struct token *t;
	char text[TOKEN_LEN + 1], why[WHY_MAX];
	int r;

	r = policy_verdict(env, audit_who_of(p), q->label,
	    may_live(env, q->expires_at, why, sizeof(why)), why);
	if (r == 0)
		r = token_issue(
		    env, audit_who_of(p), &offer, text, &t, why, sizeof(why));
	if (r != 0) {
		peer_reply_error(p, m->hdr.id, r, "%s", why);
		return 0;
	}
	made.id = t->id;
	made.value.p = (const uint8_t *)text;
	made.value.len = TOKEN_LEN;
	peer_reply(p, m->hdr.id, MSG_TOKEN_MADE, &made, NULL, 0);
	secret_wipe(text, sizeof(text));
	token_watch(env);
	return 0;
}

/* Hostile ringletd: with a token that may do all it learns no other's text. */
int
on_TOKEN_LIST(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	struct msg_token list[1 + TOKENS_MAX];
	struct msg_tokens body = { { list, 0 } };
	const struct token *t;

	while ((t = tokens_get(env->tokens, body.list.n)) != NULL)
		list[body.list.n++] = describe(t);
	peer_reply(p, m->hdr.id, MSG_TOKENS, &body, NULL, 0);
	return 0;
}

/* Revokes one and answers. */
static void
revoke(struct peer *p, const struct msg *m, const char *id)
{
	struct env *env = peer_env(p);
	uint8_t digest[TOKEN_DIGEST];
	char why[WHY_MAX];
	int r;

	r = tokens_revoke(env->tokens, id, digest, why, sizeof(why));
	(void)audit_event(env, audit_who_of(p), AUDIT_TOKEN_REVOKE, id,
	    r == 0 ? AUDIT_OK : AUDIT_FAILED, "why", r != 0 ? why : NULL,
	    NULL);
	if (r != 0) {
		peer_reply_error(p, m->hdr.id, r, "%s", why);
		return;
	}
	log_info("a token was revoked");
	/* The answer first: it may go to a connection that ends now. */
	peer_reply(p, m->hdr.id, MSG_OK, NULL, NULL, 0);
	tell_gone(env, digest);
}

/*
 * Hostile ringletd: with a token that may do all it can end the others, which
 * is less than to shut down; it is written down whose token that was.
 */
int
on_TOKEN_REVOKE(struct peer *p, struct msg *m)
{
	const struct msg_token_revoke *q = m->body;

	revoke(p, m, q->id);
	return 0;
}

int
on_TOKEN_ROTATE(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	uint8_t digest[TOKEN_DIGEST];
	char why[WHY_MAX];
	int r;

	r = tokens_rotate(env->tokens, digest, why, sizeof(why));
	(void)audit_event(env, audit_who_of(p), AUDIT_TOKEN_ROTATE, TOKEN_MAIN,
	    r == 0 ? AUDIT_OK : AUDIT_FAILED, "why", r != 0 ? why : NULL,
	    NULL);
	if (r != 0) {
		peer_reply_error(p, m->hdr.id, r, "%s", why);
		return 0;
	}
	log_info("the main token was replaced");
	peer_reply(p, m->hdr.id, MSG_OK, NULL, NULL, 0);
	tell_gone(env, digest);
	return 0;
}

/* Hostile ringletd: it learns of a token that it has what it may do. */
int
on_TOKEN_SELF(struct peer *p, struct msg *m)
{
	const struct client *c = peer_arg(p);
	struct msg_token one = describe(c->token);
	struct msg_tokens body = { { &one, 1 } };

	peer_reply(p, m->hdr.id, MSG_TOKENS, &body, NULL, 0);
	return 0;
}

/* Hostile ringletd: it can end a token that it has, and no other. */
int
on_TOKEN_END(struct peer *p, struct msg *m)
{
	const struct client *c = peer_arg(p);
	char id[TOKEN_ID_LEN + 1];

	(void)strlcpy(id, c->token->id, sizeof(id));
	revoke(p, m, id);
	return 0;
}
