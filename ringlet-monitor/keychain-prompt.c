/*
 * keychain-prompt.c: how long a call may take, and that of a person it asks.
 *
 * A store may ask the person by a window of its own, and then has as long as a
 * person needs; calls that wait for their turn do not wait for that.  It may
 * do so only in calls for which somebody said that it can be seen.
 */

#include "config.h"

#include <string.h>

#include "err.h"
#include "keychain-call.h"
#include "keychain.h"
#include "loop.h"

bool
keychain_call_is_vault(const struct keychain_call *c)
{
	return strcmp(c->backend, KEYCHAIN_VAULT) == 0;
}

void
keychain_on_deadline(void *arg)
{
	struct keychain_call *c = arg;

	if (c->prompting)
		keychain_call_end(c, RL_ERR_TIMEOUT, NULL, NULL,
		    "nobody answered the keychain's window in time: try again, "
		    "and look for it on the machine's display");
	else if (keychain_call_is_vault(c))
		keychain_call_end(c, RL_ERR_TIMEOUT, NULL, NULL,
		    "the keychain did not answer in time: try again, with a "
		    "longer KeychainTimeout if the machine is slow");
	else
		keychain_call_end(c, RL_ERR_TIMEOUT, NULL, NULL,
		    "the keychain did not answer in time: see whether your "
		    "keyring's own program answers; if not, end it and start "
		    "it again");
}

/* Its window is taken away on the next turn of the loop. */
static void
end_gone(struct keychain_call *c)
{
	keychain_call_fail(c, RL_ERR_DISMISSED,
	    "whoever asked has gone while the keychain's window was open");
}

/*
 * Hostile helper: it gets more time, within bounds, where the person who asks
 * could see a prompt, and nowhere else.  Time starts afresh after a prompt; a
 * helper that opens one after the other still ends when the asker goes.
 */
int
on_KC_PROMPT(struct peer *p, struct msg *m)
{
	struct keychain_call *c = peer_arg(p);
	struct keychain *kc = c->kc;
	const struct msg_kc_prompt *body = m->body;

	if (c->dead)
		return 0;
	if (c->ask != KC_ASK_PERSON || body->open == c->prompting)
		return RL_ERR_PROTOCOL;
	c->prompting = body->open;
	if (c->prompting) {
		/* A person's time is not that of calls which wait. */
		kc->nrunning--;
		kc->nprompting++;
		loop_timer_arm(c->deadline, kc->prompt_timeout);
		if (c->gone)
			end_gone(c);
		else if (kc->on_prompt != NULL)
			kc->on_prompt(kc->prompt_arg, c->client, c->id);
		keychain_start_waiting(kc);
	} else {
		kc->nprompting--;
		kc->nrunning++;
		loop_timer_arm(c->deadline, kc->timeout);
	}
	return 0;
}

void
keychain_may_ask(
    struct keychain_call *c, bool person, uint64_t client, uint32_t id)
{
	c->ask = person ? KC_ASK_PERSON : KC_ASK_NOTHING;
	c->client = client;
	c->id = id;
}

void
keychain_client_gone(struct keychain *kc, uint64_t client)
{
	struct keychain_call *c;

	if (kc == NULL)
		return;
	TAILQ_FOREACH (c, &kc->calls, link) {
		if (c->client != client)
			continue;
		c->gone = true;
		if (c->prompting)
			end_gone(c);
	}
}

void
keychain_set_timeout(struct keychain *kc, uint64_t ms, uint64_t prompt_ms)
{
	kc->timeout = ms;
	kc->prompt_timeout = prompt_ms;
}

void
keychain_on_prompt(struct keychain *kc, keychain_prompt_cb cb, void *arg)
{
	kc->on_prompt = cb;
	kc->prompt_arg = arg;
}
