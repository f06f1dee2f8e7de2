/*
 * keychain.c: calls to the credential stores, each in a helper process.
 *
 * A call waits in a queue, gets a helper and a channel, and ends once: with
 * the helper's reply, at its deadline, or with the channel.  However it ends,
 * the helper is killed and reaped; nothing that the store does can hold up the
 * monitor.  The helper is ours, but its libraries speak to programs that are
 * not, so its reply is judged like any peer's.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/queue.h>

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "fdpass.h"
#include "keychain-call.h"
#include "keychain.h"
#include "loop.h"
#include "msgdef.h"
#include "peer.h"
#include "proc.h"
#include "secret.h"
#include "strlist.h"
#include "xmalloc.h"

/* Bytes: a key, a text, 2048 items, and their headers. */
#define REPLY_MAX (300 * 1024)

/* The variables that a helper needs to find the session bus. */
static const char *const handed_on[KEYCHAIN_HANDED] = {
	"DBUS_SESSION_BUS_ADDRESS",
	"HOME",
	"XDG_RUNTIME_DIR",
};

static void on_closed(struct peer *, int, const char *);

static const struct msg_rule rules[] = {
	{
	    .type = MSG_KC_REPLY,
	    .from = FROM_KEYCHAIN,
	    .states = PST_SERVING,
	    .maxlen = REPLY_MAX,
	    .answers = MSG_KC_REQUEST,
	},
	{
	    .type = MSG_KC_PROMPT,
	    .from = FROM_KEYCHAIN,
	    .states = PST_SERVING,
	    .maxlen = 1024,
	    .handler = on_KC_PROMPT,
	},
};

static const struct peer_ops ops = {
	.rules = rules,
	.nrules = sizeof(rules) / sizeof(rules[0]),
	.closed = on_closed,
};

bool
keychain_is_busy(const struct keychain *kc)
{
	return !TAILQ_EMPTY(&kc->calls) || !TAILQ_EMPTY(&kc->remains);
}

bool
keychain_is_crowded(const struct keychain *kc)
{
	return kc->nwaiting >= KEYCHAIN_WAITING / 2;
}

/* --- helpers and their end --------------------------------------------------
 */

static void
remains_free(struct keychain *kc, struct remains *r)
{
	TAILQ_REMOVE(&kc->remains, r, link);
	loop_timer_free(r->kill);
	proc_release(&r->proc);
	free(r);
}

static void
on_child(int signo, void *arg)
{
	struct keychain *kc = arg;
	struct remains *r, *next;
	int status;

	for (r = TAILQ_FIRST(&kc->remains); r != NULL; r = next) {
		next = TAILQ_NEXT(r, link);
		/* Ended, or not ours to wait for any more. */
		if (proc_reap(&r->proc, &status) == 0)
			continue;
		remains_free(kc, r);
	}
}

static void
on_patience(void *arg)
{
	struct remains *r = arg;

	(void)proc_signal(&r->proc, SIGKILL);
}

/*
 * Kills a helper, if it is still there, and has it reaped.  Its channel is
 * closed; one with a window open sees that, and has the window taken away.
 */
static void
bury(struct keychain *kc, struct proc *p, bool prompting)
{
	struct remains *r;

	if (p->pid == 0)
		return;
	r = xcalloc(1, sizeof(*r));
	r->proc = *p;
	if (prompting) {
		r->kill = loop_timer_new(kc->loop, on_patience, r);
		loop_timer_arm(r->kill, KEYCHAIN_DISMISS_TIMEOUT);
	} else
		(void)proc_signal(p, SIGKILL);
	memset(p, 0, sizeof(*p));
	p->pidfd = -1;
	TAILQ_INSERT_TAIL(&kc->remains, r, link);
	/* Its SIGCHLD may have come before it was in the list. */
	on_child(SIGCHLD, kc);
}

/* Takes the call out of all lists and frees it; says nothing to anybody. */
static void
call_free(struct keychain_call *c)
{
	struct keychain *kc = c->kc;

	TAILQ_REMOVE(&kc->calls, c, link);
	if (c->prompting)
		kc->nprompting--;
	else if (c->running)
		kc->nrunning--;
	else
		kc->nwaiting--;
	/* No callback may come out of the channel's end. */
	c->dead = true;
	peer_free(c->peer);
	bury(kc, &c->proc, c->prompting);
	loop_timer_free(c->deadline);
	loop_timer_free(c->failed);
	secret_free(c->value);
	free(c->backend);
	free(c->profile);
	free(c->provider);
	free(c);
}

void
keychain_call_end(struct keychain_call *c, int err, struct secret *key,
    const struct msg_strs *items, const char *text)
{
	struct keychain *kc = c->kc;
	keychain_cb cb = c->cb;
	keychain_list_cb list_cb = c->list_cb;
	void *arg = c->arg;
	char *copy = xstrdup(text);
	struct strlist list = { NULL, 0 };
	size_t i;

	for (i = 0; items != NULL && i < items->n; i++)
		strlist_add(&list, items->v[i]);
	call_free(c);
	keychain_start_waiting(kc);
	/* From here on, whatever the callback does, nothing of ours is used. */
	if (list_cb != NULL)
		list_cb(arg, err, &list, copy);
	else
		cb(arg, err, key, copy);
	strlist_clear(&list);
	free(copy);
}

static void
on_failed(void *arg)
{
	struct keychain_call *c = arg;

	keychain_call_end(c, c->err, NULL, NULL, c->text);
}

void
keychain_call_fail(struct keychain_call *c, int err, const char *text)
{
	c->err = err;
	c->text = text;
	if (c->failed == NULL)
		c->failed = loop_timer_new(c->kc->loop, on_failed, c);
	loop_timer_arm(c->failed, 0);
}

/* --- the answer -------------------------------------------------------------
 */

/* Whether the helper may give this result. */
static bool
result_ok(int64_t result)
{
	switch (result) {
	case RL_OK:
	case RL_ERR_LOCKED:
	case RL_ERR_DISMISSED:
	case RL_ERR_NOTFOUND:
	case RL_ERR_NOSERVICE:
	case RL_ERR_TIMEOUT:
	case RL_ERR_DENIED:
	case RL_ERR_INVALID:
	case RL_ERR_PASSPHRASE:
	case RL_ERR_DAMAGED:
	case RL_ERR_EXISTS:
	case RL_ERR_LIMIT:
	case RL_ERR_UNAVAILABLE:
		return true;
	default:
		return false;
	}
}

/*
 * What is wrong with a helper's RL_OK, or NULL.  *keyp is the key that the call
 * brings, if it brings one.
 */
static const char *
take_value(const struct keychain_call *c, const struct msg_kc_reply *reply,
    struct secret **keyp)
{
	const struct msg_bin *v = &reply->value;

	switch (c->op) {
	case KC_LOOKUP:
		if (v->len == 0)
			return "ringlet-keychain found an empty key";
		break;
	case KC_UNLOCK:
	case KC_VAULT_NEW:
		if (v->len != KEYCHAIN_VAULT_KEY_LEN)
			return "ringlet-keychain gave no key of a vault";
		break;
	default:
		return NULL;
	}
	*keyp = secret_new(v->p, v->len);
	return NULL;
}

static void
on_reply(void *arg, struct msg *m, int err)
{
	struct keychain_call *c = arg;
	const struct msg_kc_reply *reply;
	struct keychain_vault *vault = c->kc->vault;
	struct secret *key = NULL;
	const char *wrong = NULL;

	if (c->dead)
		return; /* being freed */
	if (m == NULL) {
		keychain_call_end(c, RL_ERR_UNAVAILABLE, NULL, NULL,
		    "ringlet-keychain ended without an answer: see the log");
		return;
	}
	reply = m->body;
	if (!result_ok(reply->result))
		wrong = "ringlet-keychain gave a result that does not exist";
	else if (reply->result == RL_OK)
		wrong = take_value(c, reply, &key);
	if (wrong != NULL) {
		keychain_call_end(c, RL_ERR_UNAVAILABLE, NULL, NULL, wrong);
		return;
	}
	if (reply->result == RL_OK && vault != NULL && keychain_call_is_vault(c) &&
	    reply->generation > vault->generation)
		vault->generation = reply->generation;
	keychain_call_end(c, (int)reply->result, key,
	    c->op == KC_LIST ? &reply->items : NULL, reply->text);
}

/* Only reached if the channel ends without an open call: there is always one.
 */
static void
on_closed(struct peer *p, int err, const char *why)
{
	on_reply(peer_arg(p), NULL, err);
}

/* --- starting ----------------------------------------------------------------
 */

/* The request of a call; it points into the call and the vault's key. */
static void
request_fill(const struct keychain_call *c, struct msg_kc_request *q)
{
	const struct keychain_vault *vault = c->kc->vault;

	memset(q, 0, sizeof(*q));
	q->op = c->op;
	q->backend = c->backend;
	q->profile = c->profile;
	q->provider = c->provider;
	if (c->value != NULL) {
		q->value.p = (const uint8_t *)secret_ptr(c->value);
		q->value.len = secret_len(c->value);
	}
	q->ask = c->ask;
	/* Nobody would see it. */
	if (c->gone && c->ask == KC_ASK_PERSON)
		q->ask = KC_ASK_NOTHING;
	if (c->kc->nprompting >= KEYCHAIN_PROMPTING && c->ask == KC_ASK_PERSON)
		q->ask = KC_ASK_NOTHING;
	/* Nobody else needs the vault's key. */
	if (vault == NULL || !keychain_call_is_vault(c))
		return;
	q->vault = vault->path;
	q->generation = vault->generation;
	if (vault->key != NULL && c->op != KC_UNLOCK && c->op != KC_VAULT_NEW) {
		q->vault_key.p = (const uint8_t *)secret_ptr(vault->key);
		q->vault_key.len = secret_len(vault->key);
	}
}

static uint64_t
timeout_of(const struct keychain_call *c)
{
	uint64_t ms = c->kc->timeout;

	if ((c->op == KC_UNLOCK || c->op == KC_VAULT_NEW ||
		c->op == KC_VAULT_PASSPHRASE) &&
	    ms < KEYCHAIN_PASSPHRASE_TIMEOUT)
		ms = KEYCHAIN_PASSPHRASE_TIMEOUT;
	return ms;
}

static void
call_start(struct keychain_call *c)
{
	static const char cannot[] = "cannot start ringlet-keychain";
	struct keychain *kc = c->kc;
	char name[] = "ringlet-keychain";
	char *argv[] = { name, NULL };
	struct msg_kc_request q;
	struct proc_spec spec;
	int sv[2];

	kc->nwaiting--;
	kc->nrunning++;
	c->running = true;
	if (fd_pair(sv) != RL_OK) {
		keychain_call_fail(c, RL_ERR_UNAVAILABLE, cannot);
		return;
	}
	memset(&spec, 0, sizeof(spec));
	spec.path = kc->helper;
	spec.argv = argv;
	spec.envp = kc->envp;
	spec.channel = sv[1];
	if (proc_spawn(&spec, &c->proc) != RL_OK) {
		fd_close(sv[0]);
		fd_close(sv[1]);
		keychain_call_fail(c, RL_ERR_UNAVAILABLE, cannot);
		return;
	}
	fd_close(sv[1]);
	c->peer = peer_new(
	    kc->loop, sv[0], FROM_KEYCHAIN, PST_SERVING, "keychain", &ops, c);
	request_fill(c, &q);
	c->ask = q.ask;
	c->deadline = loop_timer_new(kc->loop, keychain_on_deadline, c);
	loop_timer_arm(c->deadline, timeout_of(c));
	if (peer_call(c->peer, MSG_KC_REQUEST, &q, NULL, 0, 0, on_reply, c,
		NULL) != RL_OK)
		keychain_call_fail(c, RL_ERR_INVALID,
		    "the key or a name does not fit a request");
	secret_free(c->value);
	c->value = NULL;
}

void
keychain_start_waiting(void *arg)
{
	struct keychain *kc = arg;
	struct keychain_call *c;

	TAILQ_FOREACH (c, &kc->calls, link) {
		if (kc->nrunning >= KEYCHAIN_RUNNING)
			return;
		if (!c->running && c->err == RL_OK)
			call_start(c);
	}
}

struct keychain_call *
keychain_call_new(struct keychain *kc, enum kc_op op, const char *backend,
    const char *profile, const char *provider, const struct secret *value)
{
	struct keychain_call *c = xcalloc(1, sizeof(*c));

	c->kc = kc;
	c->op = op;
	/* A profile's file that does not say is of one store's time. */
	c->backend =
	    xstrdup(*backend != '\0' ? backend : KEYCHAIN_SECRET_SERVICE);
	c->profile = xstrdup(profile);
	c->provider = xstrdup(provider);
	c->value = value != NULL ? secret_dup(value) : NULL;
	c->proc.pidfd = -1;
	kc->nwaiting++;
	TAILQ_INSERT_TAIL(&kc->calls, c, link);
	if (kc->nwaiting + kc->nrunning > KEYCHAIN_WAITING + KEYCHAIN_RUNNING)
		keychain_call_fail(c, RL_ERR_LIMIT,
		    "too many calls to the keychain are waiting");
	else if (strcmp(c->backend, KEYCHAIN_NONE) == 0)
		keychain_call_fail(c, RL_ERR_NOTFOUND, "there is no key in a keychain");
	else
		loop_timer_arm(kc->start, 0);
	return c;
}

void
keychain_cancel(struct keychain_call *c)
{
	struct keychain *kc = c->kc;

	call_free(c);
	keychain_start_waiting(kc);
}

/* --- life --------------------------------------------------------------------
 */

struct keychain *
keychain_new(struct loop *loop, const char *helper)
{
	struct keychain *kc = xcalloc(1, sizeof(*kc));
	const char *value;
	size_t i, n = 0;

	kc->loop = loop;
	kc->helper = xstrdup(helper);
	kc->timeout = KEYCHAIN_TIMEOUT;
	kc->prompt_timeout = KEYCHAIN_PROMPT_TIMEOUT;
	kc->start = loop_timer_new(loop, keychain_start_waiting, kc);
	TAILQ_INIT(&kc->calls);
	TAILQ_INIT(&kc->remains);
	for (i = 0; i < KEYCHAIN_HANDED; i++) {
		if ((value = getenv(handed_on[i])) != NULL)
			kc->envp[n++] = xasprintf("%s=%s", handed_on[i], value);
	}
	kc->child = loop_signal_new(loop, SIGCHLD, on_child, kc);
	return kc;
}

void
keychain_free(struct keychain *kc)
{
	struct keychain_call *c;
	struct remains *r;
	size_t i;

	if (kc == NULL)
		return;
	while ((c = TAILQ_FIRST(&kc->calls)) != NULL)
		call_free(c);
	/* Killed already, or about to end; init reaps what is left. */
	while ((r = TAILQ_FIRST(&kc->remains)) != NULL)
		remains_free(kc, r);
	loop_signal_free(kc->child);
	loop_timer_free(kc->start);
	for (i = 0; i < KEYCHAIN_HANDED; i++)
		free(kc->envp[i]);
	free(kc->helper);
	free(kc);
}

void
keychain_set_vault(struct keychain *kc, struct keychain_vault *vault)
{
	kc->vault = vault;
}
