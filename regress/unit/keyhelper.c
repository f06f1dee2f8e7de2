/*
 * The helper of keyhelper.h: see there.
 */
#include "config.h"

#include <sys/types.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "keychain-call.h"
#include "keyhelper.h"
#include "msgdef.h"
#include "proc.h"
#include "secret.h"

static void
helper_answer(
    const struct msg *m, int result, const char *text, const char *value)
{
	struct msg_kc_reply reply;

	memset(&reply, 0, sizeof(reply));
	reply.result = result;
	reply.text = text;
	if (value != NULL) {
		reply.value.p = (const uint8_t *)value;
		reply.value.len = strlen(value);
	}
	_exit(msg_write(PROC_CHANNEL_FD, MSG_KC_REPLY, m->hdr.id, &reply, NULL,
		  0) != 0);
}

static void
helper_lie(const struct msg *m, const char *how)
{
	struct msg_error error = { .code = RL_ERR_DENIED, .text = "x" };
	static const char noise[64] = "not a frame at all";

	if (strcmp(how, "noise") == 0)
		(void)!write(PROC_CHANNEL_FD, noise, sizeof(noise));
	else if (strcmp(how, "othertype") == 0)
		msg_write(
		    PROC_CHANNEL_FD, MSG_ERROR, m->hdr.id, &error, NULL, 0);
	else if (strcmp(how, "otherid") == 0) {
		struct msg other = *m;

		other.hdr.id++;
		helper_answer(&other, RL_OK, "", CANARY);
	}
	/* Staying alive: the monitor must not wait for our end. */
	for (;;)
		pause();
}

/*
 * What is asked of the vault: answered with the generation 7 and, as text, how
 * it is reached.
 */
static void
helper_vault(const struct msg *m, const struct msg_kc_request *q)
{
	static const char *items[] = { "one anthropic", "two openai" };
	struct msg_kc_reply reply;
	char text[256];

	snprintf(text, sizeof(text), "%s %s %llu", q->vault,
	    q->vault_key.len == 0 ? "locked"
	    : q->vault_key.len == strlen(VKEY) &&
		    memcmp(q->vault_key.p, VKEY, strlen(VKEY)) == 0
		? "open"
		: "wrong",
	    (unsigned long long)q->generation);
	memset(&reply, 0, sizeof(reply));
	reply.text = text;
	reply.generation = 7;
	if (q->op == KC_UNLOCK || q->op == KC_VAULT_NEW) {
		if (q->value.len == 4 && memcmp(q->value.p, "slow", 4) == 0)
			(void)usleep(900 * 1000);
		if (q->value.len == 4 && q->value.p[0] != 'P') {
			reply.value.p = (const uint8_t *)VKEY;
			reply.value.len = strlen(VKEY);
		} else if (q->value.len == 5) {
			/* Not as long as keys are. */
			reply.value.p = (const uint8_t *)VKEY;
			reply.value.len = 5;
		} else
			reply.result = RL_ERR_PASSPHRASE;
	}
	if (q->op == KC_LIST) {
		reply.items.v = items;
		reply.items.n = 2;
	}
	if (q->op == KC_LOOKUP && strcmp(q->profile, "old") == 0) {
		reply.result = RL_ERR_DAMAGED;
		reply.generation = 99; /* of an error nothing is learnt */
	}
	if (q->op == KC_LOOKUP) {
		reply.value.p = (const uint8_t *)CANARY;
		reply.value.len = strlen(CANARY);
	}
	_exit(msg_write(PROC_CHANNEL_FD, MSG_KC_REPLY, m->hdr.id, &reply, NULL,
		  0) != 0);
}

/* Asks the person, as how says: completes, asks twice, or never ends. */
static void
helper_ask(const struct msg *m, const char *how)
{
	const struct msg_kc_request *q = m->body;
	struct msg_kc_prompt body = { .open = true };

	if (q->ask != KC_ASK_PERSON && strcmp(how, "unasked") != 0)
		helper_answer(m, RL_ERR_LOCKED, "nobody to ask", NULL);
	(void)msg_write(PROC_CHANNEL_FD, MSG_KC_PROMPT, 0, &body, NULL, 0);
	if (strcmp(how, "twice") == 0)
		(void)msg_write(
		    PROC_CHANNEL_FD, MSG_KC_PROMPT, 0, &body, NULL, 0);
	if (strcmp(how, "never") == 0) {
		/* Its window goes when nobody waits any more. */
		(void)!read(PROC_CHANNEL_FD, &body, 1);
		_exit(1);
	}
	while (strcmp(how, "done") != 0)
		pause();
	body.open = false;
	(void)msg_write(PROC_CHANNEL_FD, MSG_KC_PROMPT, 0, &body, NULL, 0);
	helper_answer(m, RL_OK, "", CANARY);
}

int
keyhelper_main(void)
{
	const struct msg_kc_request *q;
	struct msg m;
	extern char **environ;
	char text[512];
	int i;

	if (msg_read(PROC_CHANNEL_FD, 20000, &m) != 0 ||
	    m.hdr.type != MSG_KC_REQUEST)
		return 1;
	q = m.body;
	if (strcmp(q->backend, KEYCHAIN_VAULT) == 0)
		helper_vault(&m, q);
	/* Who has no use for it does not get it. */
	if (strcmp(q->backend, STORE) != 0 || *q->vault != '\0' ||
	    q->vault_key.len != 0 || q->generation != 0)
		_exit(4);
	if (strcmp(q->profile, "hang") == 0) {
		for (;;)
			pause();
	}
	if (strcmp(q->profile, "die") == 0)
		_exit(3);
	if (strncmp(q->profile, "ask-", 4) == 0)
		helper_ask(&m, q->profile + 4);
	if (strncmp(q->profile, "lie-", 4) == 0)
		helper_lie(&m, q->profile + 4);
	if (strcmp(q->profile, "locked") == 0)
		helper_answer(&m, RL_ERR_LOCKED, "it is locked", NULL);
	if (strcmp(q->profile, "badresult") == 0)
		helper_answer(&m, -77, "", NULL);
	if (strcmp(q->profile, "empty") == 0)
		helper_answer(&m, RL_OK, "", "");
	if (strcmp(q->profile, "unasked") == 0)
		helper_answer(&m, RL_ERR_LOCKED, "", CANARY);
	if (strcmp(q->profile, "environ") == 0) {
		text[0] = '\0';
		for (i = 0; environ[i] != NULL; i++) {
			strlcat(text, environ[i], sizeof(text));
			strlcat(text, "\n", sizeof(text));
		}
		helper_answer(&m, RL_OK, text, CANARY);
	}
	if (q->op == KC_STORE) {
		if (q->value.len == strlen(CANARY) &&
		    memcmp(q->value.p, CANARY, q->value.len) == 0 &&
		    strcmp(q->provider, "anthropic") == 0)
			helper_answer(&m, RL_OK, "", NULL);
		helper_answer(&m, RL_ERR_INVALID, "not what was meant", NULL);
	}
	helper_answer(&m, RL_OK, "", CANARY);
	return 1;
}
