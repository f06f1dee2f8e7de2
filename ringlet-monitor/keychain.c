/*
 * keychain.c: calls to the credential store, each in a helper process.
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
#include "keychain.h"
#include "loop.h"
#include "msgdef.h"
#include "peer.h"
#include "proc.h"
#include "secret.h"
#include "xmalloc.h"

#define REPLY_MAX (16 * 1024) /* bytes: a key, a text, and their headers */

/* The variables that a helper needs to find the session bus. */
static const char *const handed_on[] = {
	"DBUS_SESSION_BUS_ADDRESS",
	"HOME",
	"XDG_RUNTIME_DIR",
};

#define NHANDED (sizeof(handed_on) / sizeof(handed_on[0]))

/* A helper that was killed, or ends by itself, and has not been reaped. */
struct remains {
	struct proc proc;
	TAILQ_ENTRY(remains) link;
};

struct keychain_call {
	struct keychain *kc;
	enum kc_op op;
	char *profile;
	char *provider;
	struct secret *key; /* of a store call */
	keychain_cb cb;
	void *arg;
	bool running;
	struct proc proc;
	struct peer *peer;
	/* Reports what went wrong before there was a channel. */
	struct loop_timer *failed;
	int err;
	const char *text;
	TAILQ_ENTRY(keychain_call) link;
};

struct keychain {
	struct loop *loop;
	char *helper;
	char *envp[NHANDED + 1];
	uint64_t timeout;
	unsigned nrunning;
	unsigned nwaiting;
	TAILQ_HEAD(call_list, keychain_call) calls; /* oldest first */
	TAILQ_HEAD(, remains) remains;
	struct loop_signal *child;
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
		TAILQ_REMOVE(&kc->remains, r, link);
		proc_release(&r->proc);
		free(r);
	}
}

/* Kills a helper, if it is still there, and has it reaped. */
static void
bury(struct keychain *kc, struct proc *p)
{
	struct remains *r;

	if (p->pid == 0)
		return;
	(void)proc_signal(p, SIGKILL);
	r = xcalloc(1, sizeof(*r));
	r->proc = *p;
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
	if (c->running)
		kc->nrunning--;
	else
		kc->nwaiting--;
	/* No callback may come out of the channel's end. */
	c->cb = NULL;
	peer_free(c->peer);
	bury(kc, &c->proc);
	loop_timer_free(c->failed);
	secret_free(c->key);
	free(c->profile);
	free(c->provider);
	free(c);
}

static void start_waiting(struct keychain *);

/* The call has its answer.  key goes to the callback. */
static void
call_end(struct keychain_call *c, int err, struct secret *key, const char *text)
{
	struct keychain *kc = c->kc;
	keychain_cb cb = c->cb;
	void *arg = c->arg;
	char *copy = xstrdup(text);

	call_free(c);
	start_waiting(kc);
	/* From here on, whatever the callback does, nothing of ours is used. */
	cb(arg, err, key, copy);
	free(copy);
}

static void
on_failed(void *arg)
{
	struct keychain_call *c = arg;

	call_end(c, c->err, NULL, c->text);
}

/* Ends the call with an error on the next turn of the loop. */
static void
call_fail(struct keychain_call *c, int err, const char *text)
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
	case RL_ERR_NOTFOUND:
	case RL_ERR_NOSERVICE:
	case RL_ERR_TIMEOUT:
	case RL_ERR_DENIED:
	case RL_ERR_INVALID:
	case RL_ERR_UNAVAILABLE:
		return true;
	default:
		return false;
	}
}

static void
on_reply(void *arg, struct msg *m, int err)
{
	struct keychain_call *c = arg;
	const struct msg_kc_reply *reply;
	struct secret *key = NULL;

	if (c->cb == NULL)
		return; /* being freed */
	if (m == NULL) {
		if (err == RL_ERR_TIMEOUT)
			call_end(c, RL_ERR_TIMEOUT, NULL,
			    "the keychain did not answer in time");
		else
			call_end(c, RL_ERR_UNAVAILABLE, NULL,
			    "ringlet-keychain ended without an answer");
		return;
	}
	reply = m->body;
	if (!result_ok(reply->result)) {
		call_end(c, RL_ERR_UNAVAILABLE, NULL,
		    "ringlet-keychain gave a result that does not exist");
		return;
	}
	if (reply->result == RL_OK && c->op == KC_LOOKUP) {
		if (reply->value.len == 0) {
			call_end(c, RL_ERR_UNAVAILABLE, NULL,
			    "ringlet-keychain found an empty key");
			return;
		}
		key = secret_new(reply->value.p, reply->value.len);
	}
	call_end(c, (int)reply->result, key, reply->text);
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
		call_fail(c, RL_ERR_UNAVAILABLE, cannot);
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
		call_fail(c, RL_ERR_UNAVAILABLE, cannot);
		return;
	}
	fd_close(sv[1]);
	c->peer = peer_new(
	    kc->loop, sv[0], FROM_KEYCHAIN, PST_SERVING, "keychain", &ops, c);
	memset(&q, 0, sizeof(q));
	q.op = c->op;
	q.profile = c->profile;
	q.provider = c->provider;
	if (c->key != NULL) {
		q.value.p = (const uint8_t *)secret_ptr(c->key);
		q.value.len = secret_len(c->key);
	}
	if (peer_call(c->peer, MSG_KC_REQUEST, &q, NULL, 0, kc->timeout,
		on_reply, c, NULL) != RL_OK)
		call_fail(c, RL_ERR_INVALID,
		    "the key or a name does not fit a request");
	secret_free(c->key);
	c->key = NULL;
}

static void
start_waiting(struct keychain *kc)
{
	struct keychain_call *c;

	TAILQ_FOREACH (c, &kc->calls, link) {
		if (kc->nrunning >= KEYCHAIN_RUNNING)
			return;
		if (!c->running && c->err == RL_OK)
			call_start(c);
	}
}

static struct keychain_call *
call_new(struct keychain *kc, enum kc_op op, const char *profile,
    const char *provider, const struct secret *key, keychain_cb cb, void *arg)
{
	struct keychain_call *c = xcalloc(1, sizeof(*c));

	c->kc = kc;
	c->op = op;
	c->profile = xstrdup(profile);
	c->provider = xstrdup(provider);
	c->key = key != NULL ? secret_dup(key) : NULL;
	c->cb = cb;
	c->arg = arg;
	c->proc.pidfd = -1;
	kc->nwaiting++;
	TAILQ_INSERT_TAIL(&kc->calls, c, link);
	if (kc->nwaiting > KEYCHAIN_WAITING)
		call_fail(c, RL_ERR_LIMIT,
		    "too many calls to the keychain are waiting");
	else
		start_waiting(kc);
	return c;
}

struct keychain_call *
keychain_store(struct keychain *kc, const char *profile, const char *provider,
    const struct secret *key, keychain_cb cb, void *arg)
{
	return call_new(kc, KC_STORE, profile, provider, key, cb, arg);
}

struct keychain_call *
keychain_lookup(struct keychain *kc, const char *profile, const char *provider,
    keychain_cb cb, void *arg)
{
	return call_new(kc, KC_LOOKUP, profile, provider, NULL, cb, arg);
}

struct keychain_call *
keychain_delete(
    struct keychain *kc, const char *profile, keychain_cb cb, void *arg)
{
	return call_new(kc, KC_DELETE, profile, "", NULL, cb, arg);
}

struct keychain_call *
keychain_status(struct keychain *kc, keychain_cb cb, void *arg)
{
	return call_new(kc, KC_STATUS, "", "", NULL, cb, arg);
}

void
keychain_cancel(struct keychain_call *c)
{
	struct keychain *kc = c->kc;

	call_free(c);
	start_waiting(kc);
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
	TAILQ_INIT(&kc->calls);
	TAILQ_INIT(&kc->remains);
	for (i = 0; i < NHANDED; i++) {
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
	/* Killed already; init reaps what is left. */
	while ((r = TAILQ_FIRST(&kc->remains)) != NULL) {
		TAILQ_REMOVE(&kc->remains, r, link);
		proc_release(&r->proc);
		free(r);
	}
	loop_signal_free(kc->child);
	for (i = 0; i < NHANDED; i++)
		free(kc->envp[i]);
	free(kc->helper);
	free(kc);
}

void
keychain_set_timeout(struct keychain *kc, uint64_t ms)
{
	kc->timeout = ms;
}

const char *
keychain_backend(const struct keychain *kc)
{
	return "secret-service";
}
