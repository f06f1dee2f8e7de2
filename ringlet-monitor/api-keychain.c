/*
 * Requests about the vault: open it, lock it, another passphrase.
 *
 * Only the CLI has rows for them.  A passphrase is in the message's buffer,
 * which is wiped, and in guarded memory until the helper has it.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "err.h"
#include "monitor.h"
#include "secret.h"
#include "vault.h"
#include "xmalloc.h"

#define WHY_MAX 1024

struct asked {
	struct env *env;
	struct asker asker;
	bool make;
};

static struct asked *
asked_new(struct peer *p, const struct msg *m)
{
	struct asked *a = xcalloc(1, sizeof(*a));

	a->env = peer_env(p);
	a->asker = asker_of(p, m);
	return a;
}

/* Whether it can be a passphrase; fresh: a new one. */
static int
check_passphrase(const struct msg_bin *pass, bool fresh, char *why, size_t size)
{
	size_t least = fresh ? PASSPHRASE_MIN : 1;

	if (pass->len >= least)
		return 0;
	snprintf(why, size, "the %spassphrase must have %zu bytes at least",
	    fresh ? "new " : "", least);
	return RL_ERR_INVALID;
}

static void
tell_audit(const struct asked *a, const char *event, int err, const char *why)
{
	(void)audit_event(a->env, &a->asker.who, event, "vault",
	    err == 0			 ? AUDIT_OK
	    : err == RL_ERR_PASSPHRASE ? AUDIT_REFUSED
				       : AUDIT_FAILED,
	    "made", err == 0 && a->make ? "yes" : NULL, "why",
	    err != 0 ? why : NULL, NULL);
}

static void
on_opened(void *arg, int err, const char *why)
{
	struct asked *a = arg;
	struct vault *v = a->env->vault;
	struct peer *p = asker_peer(a->env, &a->asker);
	struct msg_keychain_unlocked body;

	tell_audit(a, AUDIT_UNLOCK, err, why);
	if (err == 0)
		audit_key_retry(a->env);
	if (p != NULL && err != 0)
		peer_reply_error(p, a->asker.id, err, "%s", why);
	else if (p != NULL) {
		body.made = a->make;
		body.generation = vault_generation(v);
		body.locks_at = vault_locks_at(v);
		peer_reply(
		    p, a->asker.id, MSG_KEYCHAIN_UNLOCKED, &body, NULL, 0);
	}
	free(a);
}

int
on_KEYCHAIN_UNLOCK(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	const struct msg_keychain_unlock *req = m->body;
	struct vault_unlock u = { .make = req->make,
		.own_time = req->own_time,
		.lock_after = req->lock_after };
	struct secret *pass = NULL;
	struct asked *a = asked_new(p, m);
	char why[WHY_MAX];
	int err;

	a->make = req->make;
	err = check_passphrase(&req->passphrase, req->make, why, sizeof(why));
	if (err == 0) {
		u.passphrase = pass =
		    secret_new(req->passphrase.p, req->passphrase.len);
		err = vault_unlock(
		    env->vault, &u, on_opened, a, why, sizeof(why));
	}
	secret_free(pass);
	if (err != 0) {
		peer_reply_error(p, m->hdr.id, err, "%s", why);
		free(a);
	}
	return 0;
}

int
on_KEYCHAIN_LOCK(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	char why[WHY_MAX];
	int err;

	err = vault_lock(env->vault, why, sizeof(why));
	if (err == 0)
		(void)audit_event(env, audit_who_of(p), AUDIT_LOCK, "vault",
		    AUDIT_OK, NULL);
	if (err != 0)
		peer_reply_error(p, m->hdr.id, err, "%s", why);
	else
		peer_reply(p, m->hdr.id, MSG_OK, NULL, NULL, 0);
	return 0;
}

static void
on_changed(void *arg, int err, const char *why)
{
	struct asked *a = arg;
	struct peer *p = asker_peer(a->env, &a->asker);

	tell_audit(a, AUDIT_PASSPHRASE, err, why);
	if (p != NULL && err != 0)
		peer_reply_error(p, a->asker.id, err, "%s", why);
	else if (p != NULL)
		peer_reply(p, a->asker.id, MSG_OK, NULL, NULL, 0);
	free(a);
}

int
on_KEYCHAIN_PASSPHRASE(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	const struct msg_keychain_passphrase *req = m->body;
	struct secret *old = NULL, *fresh = NULL;
	struct asked *a = asked_new(p, m);
	char why[WHY_MAX];
	int err;

	if ((err = check_passphrase(&req->old, false, why, sizeof(why))) == 0)
		err = check_passphrase(&req->fresh, true, why, sizeof(why));
	if (err == 0) {
		old = secret_new(req->old.p, req->old.len);
		fresh = secret_new(req->fresh.p, req->fresh.len);
		err = vault_change(
		    env->vault, old, fresh, on_changed, a, why, sizeof(why));
	}
	secret_free(old);
	secret_free(fresh);
	if (err != 0) {
		peer_reply_error(p, m->hdr.id, err, "%s", why);
		free(a);
	}
	return 0;
}
