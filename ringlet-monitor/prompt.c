/*
 * The keychain's own prompt: for whom one may be opened, and that they are
 * told.
 *
 * A locked keyring can ask for its password by a window.  Whoever sends HTTP
 * requests must not have windows opened that ask the person for a password, and
 * one that nobody sees would only make them wait: so only a CLI connection that
 * says that somebody sits at the display has prompts.
 */

#include "config.h"

#include "keychain.h"
#include "log.h"
#include "monitor.h"

/* From the CLI alone: it has no row for ringletd. */
int
on_PROMPT_ALLOW(struct peer *p, struct msg *m)
{
	struct client *c = peer_arg(p);

	c->prompt = true;
	peer_reply(p, m->hdr.id, MSG_OK, NULL, NULL, 0);
	return 0;
}

void
prompt_allow(struct env *env, struct keychain_call *call, const struct asker *a)
{
	struct peer *p = asker_peer(env, a);
	const struct client *c;

	if (p == NULL || !peer_is_cli(p))
		return;
	c = peer_arg(p);
	keychain_may_ask(call, c->prompt, a->client, a->id);
}

void
prompt_open(void *arg, uint64_t client, uint32_t id)
{
	struct env *env = arg;
	struct asker a = { .client = client, .id = id };
	struct peer *p = asker_peer(env, &a);
	struct msg_prompt_open body = {
		.seconds = (env->conf.keychain_prompt_ms + 999) / 1000,
	};

	log_info("the keychain asks the person at the display");
	if (p != NULL)
		peer_reply(p, id, MSG_PROMPT_OPEN, &body, NULL, 0);
}
