/*
 * Requests about the registry of manifests.  Whoever asks brings at most the
 * descriptor of a folder: which keys count, which channel and which version
 * may be taken is said by our settings and by registry.lock.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "err.h"
#include "fdpass.h"
#include "log.h"
#include "monitor.h"
#include "policy.h"
#include "registry-store.h"
#include "strlist.h"
#include "xmalloc.h"

#define WHY_MAX 1536

int
registry_may_sync(struct env *env, const struct audit_who *who,
    const struct registry_trust *t, char *why, size_t size)
{
	int r;

	r = policy_check_registry(env, who, t->url, why, size);
	if (r != 0 || t->nkeys > 0 || t->refused.n == 0)
		return r;
	(void)strlcpy(why, t->refused.v[0], size);
	return policy_verdict(env, who, "registry", RL_ERR_DENIED, why);
}

/*
 * Whether what is installed may be used: neither where it came from nor where
 * the next one would come from is refused.  0 also if nothing is installed, or
 * the lock cannot be read, which is told when it is to be used.
 */
static int
may_use(struct env *env, const struct registry_trust *t, char *why, size_t size)
{
	struct registry_lock l;
	char other[WHY_MAX];
	int r = 0;

	if (registry_lock_load(&env->paths, &l, other, sizeof(other)) == 0 &&
	    l.nversions > 0) {
		r = policy_check_registry(env, NULL, l.url, why, size);
		if (r == 0 && *t->url != '\0')
			r = policy_check_registry(env, NULL, t->url, why, size);
	}
	registry_lock_free(&l);
	return r;
}

/* Says why what is installed is not used, once as long as it is the same. */
static void
tell_problem(
    struct env *env, const char *before, bool by_policy, const char *why)
{
	env->registry_problem = xstrdup(why);
	if (before != NULL && strcmp(before, why) == 0)
		return;
	log_warn("registry: %s: it is not used", why);
	if (by_policy)
		(void)policy_verdict(
		    env, &audit_monitor, "registry", RL_ERR_DENIED, why);
}

void
registry_reload(struct env *env)
{
	char *before = env->registry_problem;
	struct registry_bundle *b = NULL;
	struct registry_trust t;
	char why[WHY_MAX];
	int r;

	registry_bundle_free(env->registry);
	env->registry = NULL;
	env->registry_problem = NULL;
	registry_trust_init(&t, &env->conf, env->policy);
	for (size_t i = 0; i < t.refused.n; i++)
		log_warn("registry: a key is left out: %s", t.refused.v[i]);
	if (may_use(env, &t, why, sizeof(why)) != 0)
		tell_problem(env, before, true, why);
	else if ((r = registry_current(
		      &env->paths, &t, &b, why, sizeof(why))) == 0) {
		log_info("registry: version %s (%s) is used", b->index.version,
		    b->index.id);
		env->registry = b;
	} else if (r != RL_ERR_NOTFOUND)
		tell_problem(env, before, registry_trust_told(&t, why), why);
	registry_trust_free(&t);
	free(before);
	manifests_load(env);
}

static struct msg_strs
strs_of(const struct strlist *l)
{
	return (struct msg_strs){ (const char **)(uintptr_t)l->v, l->n };
}

/* The manifests of the version that is used. */
static void
manifests_of(const struct env *env, struct strlist *out)
{
	for (size_t i = 0;
	     env->registry != NULL && i < env->registry->index.nfiles; i++)
		strlist_add(out, env->registry->index.files[i].path);
}

/* --- what there is --- */

static void
send_state(struct env *env, struct peer *p, uint32_t id,
    const struct registry_lock *l, const struct registry_trust *t)
{
	struct strlist keys = { NULL, 0 }, all = { NULL, 0 },
		       shadowed = { NULL, 0 };
	struct msg_registry_version v[REGISTRY_KEEP + 1];
	struct msg_registry_state s = { .url = t->url,
		.channel = t->channel,
		.timeout_ms = env->conf.registry_timeout_ms,
		.pin = l->pin,
		.problem = env->registry_problem,
		.used = env->registry != NULL,
		.versions = { v, l->nversions } };
	char text[MINISIGN_ID_TEXT], why[WHY_MAX];

	if ((*t->url != '\0' || t->refused.n > 0) &&
	    registry_may_sync(env, NULL, t, why, sizeof(why)) != 0)
		s.refused = why;
	for (size_t i = 0; i < l->nversions; i++) {
		const struct registry_version *is = &l->versions[i];

		v[i] = (struct msg_registry_version){ .id = is->id,
			.name = is->name,
			.version = is->version,
			.channel = is->channel,
			.sha256 = is->sha256,
			.key_id = is->key,
			.serial = (uint64_t)is->serial,
			.installed_at = is->installed_at };
	}
	for (size_t i = 0; i < t->nkeys; i++)
		strlist_add(&keys, minisign_id_text(t->keys[i].id, text));
	manifests_of(env, &all);
	registry_shadowed(env, &shadowed);
	s.keys = strs_of(&keys);
	s.manifests = strs_of(&all);
	s.shadowed = strs_of(&shadowed);
	peer_reply_long(p, id, MSG_REGISTRY_STATE, &s,
	    "the state of the registry does not fit a message");
	strlist_clear(&keys);
	strlist_clear(&all);
	strlist_clear(&shadowed);
}

/* Answers with how things are. */
static void
reply_state(struct peer *p, uint32_t id)
{
	struct env *env = peer_env(p);
	struct registry_trust t;
	struct registry_lock l;
	char why[WHY_MAX];
	int r;

	registry_trust_init(&t, &env->conf, env->policy);
	r = registry_lock_load(&env->paths, &l, why, sizeof(why));
	if (r == 0)
		send_state(env, p, id, &l, &t);
	else
		peer_reply_error(p, id, r, "%s", why);
	registry_lock_free(&l);
	registry_trust_free(&t);
}

/*
 * Hostile ringletd: it learns what settings say of the registry, and names of
 * manifests, as any token does.  Only a CLI has all of it read again.
 */
int
on_REGISTRY_GET(struct peer *p, struct msg *m)
{
	const struct msg_registry_get *req = m->body;

	if (req->verify && peer_is_cli(p))
		registry_reload(peer_env(p));
	reply_state(p, m->hdr.id);
	return 0;
}

/* --- a version comes --- */

static void
answer(struct env *env, const struct asker *asker, bool unchanged,
    const struct strlist *endpoints)
{
	struct peer *p = asker_peer(env, asker);
	struct strlist all = { NULL, 0 }, shadowed = { NULL, 0 };
	const struct registry_index *x = &env->registry->index;
	struct msg_registry_installed out = { .id = x->id,
		.name = x->name,
		.version = x->version,
		.channel = x->channel,
		.key_id = env->registry->key,
		.serial = (uint64_t)x->serial,
		.unchanged = unchanged,
		.endpoints = strs_of(endpoints) };
	char why[WHY_MAX];

	if (p == NULL)
		return;
	manifests_of(env, &all);
	registry_shadowed(env, &shadowed);
	out.manifests = strs_of(&all);
	out.shadowed = strs_of(&shadowed);
	(void)snprintf(why, sizeof(why),
	    "version %s is installed, but what there is to say of it does not "
	    "fit a message",
	    x->version);
	peer_reply_long(p, asker->id, MSG_REGISTRY_INSTALLED, &out, why);
	strlist_clear(&all);
	strlist_clear(&shadowed);
}

void
registry_refuse(
    struct env *env, const struct asker *asker, int err, const char *why)
{
	struct peer *p = asker_peer(env, asker);

	if (p == NULL)
		return;
	/* Over HTTP these would be said of the request, which is good. */
	if (!peer_is_cli(p) &&
	    (err == RL_ERR_INVALID || err == RL_ERR_TOOBIG ||
		err == RL_ERR_NOTFOUND || err == RL_ERR_DAMAGED))
		err = RL_ERR_UNAVAILABLE;
	peer_reply_error(p, asker->id, err, "%s", why);
}

static void
tell_audit(struct env *env, const struct asker *asker, int err,
    const struct registry_bundle *b, bool unchanged, const char *why)
{
	(void)audit_event(env, &asker->who, AUDIT_REGISTRY,
	    b != NULL ? b->index.id : "registry",
	    err == 0		   ? AUDIT_OK
	    : err == RL_ERR_SYSTEM ? AUDIT_FAILED
				   : AUDIT_REFUSED,
	    "version", b != NULL ? b->index.version : NULL, "signed_by",
	    b != NULL ? b->key : NULL, "unchanged", unchanged ? "yes" : NULL,
	    "why", err != 0 ? why : NULL, NULL);
}

void
registry_take(struct env *env, const struct asker *asker, int dir,
    const char *want, bool force)
{
	struct strlist endpoints = { NULL, 0 };
	struct registry_bundle *b = NULL;
	struct registry_done done = { .unchanged = false };
	struct registry_trust t;
	char why[WHY_MAX];
	int r;

	if (audit_may(env) != 0) {
		registry_refuse(env, asker, RL_ERR_DENIED, audit_trouble(env));
		return;
	}
	registry_trust_init(&t, &env->conf, env->policy);
	/* Whoever shows a folder need not have fetched what settings say. */
	r = registry_may_sync(env, &asker->who, &t, why, sizeof(why));
	if (r == 0) {
		r = registry_install(&env->paths, &t, dir, want, force, &done,
		    &b, why, sizeof(why));
		if (r != 0 && registry_trust_told(&t, why))
			(void)policy_verdict(
			    env, &asker->who, "registry", RL_ERR_DENIED, why);
	}
	registry_trust_free(&t);
	tell_audit(env, asker, r, b, r == 0 && done.unchanged, why);
	if (r != 0) {
		log_warn("registry: not installed: %s", why);
		registry_refuse(env, asker, r, why);
		return;
	}
	/* What profiles have is known from the manifests before. */
	registry_endpoints(env, b, &endpoints);
	registry_bundle_free(b);
	registry_reload(env);
	if (!done.unchanged)
		event_registry(env);
	if (env->registry != NULL)
		answer(env, asker, done.unchanged, &endpoints);
	else
		/* It was good a moment ago: somebody has changed it since. */
		registry_refuse(env, asker, RL_ERR_DAMAGED,
		    env->registry_problem != NULL ? env->registry_problem
						  : "it is gone again");
	strlist_clear(&endpoints);
}

/*
 * Hostile CLI: it is the same user, yet nothing that it shows is believed.  The
 * folder is read through its descriptor, each file once and within bounds, and
 * counts only if a key of ours has signed it; the pin that it brings can only
 * forbid.
 */
int
on_REGISTRY_INSTALL(struct peer *p, struct msg *m)
{
	const struct msg_registry_install *req = m->body;
	struct asker asker = asker_of(p, m);

	if (!fd_is(m->fds[0], FD_DIR))
		peer_reply_error(
		    p, m->hdr.id, RL_ERR_INVALID, "it is no folder");
	else
		registry_take(
		    peer_env(p), &asker, m->fds[0], req->pin, req->force);
	return 0;
}

/* --- pins --- */

/*
 * Hostile ringletd: with a token that may control it stops later versions, or
 * lets them in.  It cannot go back to one that was signed by our keys and had a
 * fault: only the command can.
 */
int
on_REGISTRY_PIN(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	const struct msg_registry_pin *req = m->body;
	struct registry_trust t;
	char why[WHY_MAX];
	bool switched;
	int r;

	if (!peer_is_cli(p) &&
	    (r = registry_pin_keeps(
		 &env->paths, req->ref, why, sizeof(why))) != 0) {
		(void)audit_event(env, audit_who_of(p), AUDIT_REGISTRY_PIN,
		    "registry", AUDIT_REFUSED, "why", why, NULL);
		peer_reply_error(p, m->hdr.id, r, "%s", why);
		return 0;
	}
	if (audit_may(env) != 0) {
		peer_reply_error(
		    p, m->hdr.id, RL_ERR_DENIED, "%s", audit_trouble(env));
		return 0;
	}
	registry_trust_init(&t, &env->conf, env->policy);
	r = registry_pin(
	    &env->paths, &t, req->ref, &switched, why, sizeof(why));
	if (r != 0 && registry_trust_told(&t, why))
		(void)policy_verdict(
		    env, audit_who_of(p), "registry", RL_ERR_DENIED, why);
	registry_trust_free(&t);
	(void)audit_event(env, audit_who_of(p), AUDIT_REGISTRY_PIN,
	    r != 0 || *req->ref == '\0' ? "registry" : req->ref,
	    r == 0 ? AUDIT_OK : AUDIT_REFUSED, "pinned",
	    *req->ref == '\0' ? "no" : "yes", "switched",
	    switched ? "yes" : NULL, "why", r != 0 ? why : NULL, NULL);
	if (r != 0) {
		peer_reply_error(p, m->hdr.id, r, "%s", why);
		return 0;
	}
	if (switched) {
		registry_reload(env);
		event_registry(env);
	}
	event_registry_pin(env, req->ref);
	reply_state(p, m->hdr.id);
	return 0;
}
