/*
 * What a request is worth: the bearer token, and API keys that were sealed to
 * this boot's public key so that ringletd forwards what it cannot read.
 */

#include "config.h"

#include <string.h>
#include <time.h>

#include <sodium.h>

#include "err.h"
#include "log.h"
#include "loop.h"
#include "monitor.h"
#include "secret.h"
#include "tokens.h"

#define WRONG_TOLD_MS 60000 /* between two entries about wrong tokens */

void
auth_open(struct env *env)
{
	uint8_t sk[crypto_box_SECRETKEYBYTES], id[8];
	char why[1024];

	if (tokens_open(env->paths.token_file, env->paths.tokens_file,
		&env->tokens, why, sizeof(why)) != 0)
		fatal("%s", why);

	if (env->box_key != NULL)
		goto name; /* handed over: keys sealed to it stay good */
	_Static_assert(sizeof(env->box_public) == crypto_box_PUBLICKEYBYTES,
	    "size of a crypto_box public key");
	crypto_box_keypair(env->box_public, sk);
	env->box_key = secret_new(sk, sizeof(sk));
	secret_wipe(sk, sizeof(sk));
name:
	crypto_generichash(id, sizeof(id), env->box_public,
	    sizeof(env->box_public), NULL, 0);
	sodium_bin2hex(env->box_id, sizeof(env->box_id), id, sizeof(id));
}

/* Leaves a trace of guessing, once a minute: it must not fill the log. */
static void
note_wrong_token(struct env *env)
{
	uint64_t now = loop_now();

	env->wrong_tokens++;
	if (env->wrong_told != 0 && now - env->wrong_told < WRONG_TOLD_MS)
		return;
	log_warn("HTTP: wrong tokens since the last such entry: %llu",
	    (unsigned long long)env->wrong_tokens);
	env->wrong_tokens = 0;
	env->wrong_told = now;
}

/*
 * Hostile ringletd: it can guess tokens, at the price of a message each; each
 * has 256 random bits, and the comparison takes the same time for all.
 */
int
auth_token(struct peer *p, const struct msg_bin *token, bool control)
{
	struct client *c = peer_arg(p);
	const struct token *t;

	c->token = NULL;
	t = tokens_find(c->env->tokens, token->p, token->len, time(NULL));
	if (t == NULL) {
		note_wrong_token(c->env);
		return RL_ERR_AUTH;
	}
	if (control && !t->control)
		return RL_ERR_DENIED;
	/* For the handler of this message, which runs now. */
	c->token = t;
	return 0;
}

bool
auth_may_control(struct peer *p)
{
	const struct client *c = peer_arg(p);

	return peer_is_cli(p) || (c->token != NULL && c->token->control);
}

int
auth_open_key(struct env *env, const struct msg_profile_create *req,
    struct secret **out, char *why, size_t size)
{
	uint8_t key[8192];
	size_t len;

	*out = NULL;
	if (req->sealed_key.len == 0) {
		if (req->key.len > 0)
			*out = secret_new(req->key.p, req->key.len);
		return 0;
	}
	if (req->key.len > 0) {
		strlcpy(why, "give one of api_key and sealed_key, not both",
		    size);
		return RL_ERR_INVALID;
	}
	if (strcmp(req->sealed_key_id, env->box_id) != 0) {
		strlcpy(why, "sealed_key: key_id is not this daemon's: fetch "
			     "the public key again", size);
		return RL_ERR_INVALID;
	}
	len = req->sealed_key.len;
	if (len <= crypto_box_SEALBYTES ||
	    len - crypto_box_SEALBYTES > sizeof(key) ||
	    crypto_box_seal_open(key, req->sealed_key.p, len, env->box_public,
		(const uint8_t *)secret_ptr(env->box_key)) != 0) {
		strlcpy(why, "sealed_key: ciphertext does not open with this "
			     "daemon's key", size);
		return RL_ERR_INVALID;
	}
	*out = secret_new(key, len - crypto_box_SEALBYTES);
	secret_wipe(key, sizeof(key));
	return 0;
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
		.key_id = env->box_id,
		.key = { env->box_public, sizeof(env->box_public) },
	};

	peer_reply(p, m->hdr.id, MSG_PUBKEY, &body, NULL, 0);
	return 0;
}
