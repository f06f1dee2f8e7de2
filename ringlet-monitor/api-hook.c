/*
 * Requests about hooks, and reports of their runs.
 *
 * A hook is a command that an agent runs by itself.  Who has a token may put
 * one into a profile, as he may put arguments there; that it runs is said by
 * the person at the machine alone, of the very text that was shown.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "audit.h"
#include "err.h"
#include "hookrun.h"
#include "log.h"
#include "manifest.h"
#include "monitor.h"
#include "policy.h"
#include "profile.h"
#include "session.h"
#include "tokens.h"
#include "valid.h"
#include "xmalloc.h"

#define WHY_MAX 1024

/* --- as messages --- */

/* What is told of one; hash and refused are made for it. */
static void
fill(const struct env *env, const struct hooks *hs, size_t i,
    struct msg_hook *to, char hash[HOOK_HASH_LEN + 1], char **refused)
{
	char why[WHY_MAX];
	const struct hook *h = &hs->v[i];
	const struct hook_approval *a = &h->approved;
	const struct msg_hook_text text = hook_text(h);

	hook_hash(&text, hash);
	*to = (struct msg_hook){ .event = h->event,
		.index = hooks_index(hs, i),
		.matcher = h->matcher,
		.command = h->command,
		.timeout = (uint64_t)h->timeout,
		.hash = hash,
		.added_at = h->added_at,
		.added_by = h->added_by,
		.approved = hook_is_approved(h) };
	if (policy_may_hook(env->policy, h->command, why, sizeof(why)) != 0)
		to->refused = *refused = xstrdup(why);
	if (a->hash == NULL)
		return;
	to->approved_at = a->at;
	to->was_event = a->event;
	to->was_matcher = a->matcher;
	to->was_command = a->command;
	to->was_timeout = (uint64_t)a->timeout;
}

/* Answers with n of the profile's hooks, from that one on. */
static void
reply_hooks(struct peer *p, const struct msg *m, const struct profile *pr,
    size_t from, size_t n)
{
	struct msg_hook *list = xcalloc(n + 1, sizeof(*list));
	char(*hash)[HOOK_HASH_LEN + 1] = xcalloc(n + 1, sizeof(*hash));
	char **refused = xcalloc(n + 1, sizeof(*refused));
	const struct msg_hooks body = { .alias = pr->alias,
		.list = { list, n } };

	for (size_t i = 0; i < n; i++)
		fill(peer_env(p), &pr->hooks, from + i, &list[i], hash[i],
		    &refused[i]);
	peer_reply(p, m->hdr.id, MSG_HOOKS, &body, NULL, 0);
	for (size_t i = 0; i < n; i++)
		free(refused[i]);
	free(refused);
	free(hash);
	free(list);
}

/* Hostile ringletd: what a profile would have its agent run is no secret. */
int
on_HOOK_LIST(struct peer *p, struct msg *m)
{
	const struct msg_alias *req = m->body;
	struct profile *pr;
	char why[WHY_MAX];
	int err;

	err = profile_load(
	    &peer_env(p)->paths, req->alias, &pr, why, sizeof(why));
	if (err != 0) {
		peer_reply_error(p, m->hdr.id, err, "%s", why);
		return 0;
	}
	reply_hooks(p, m, pr, 0, pr->hooks.n);
	profile_free(pr);
	return 0;
}

/* --- changes --- */

/* One change of a profile's hooks, from reading its file to writing it. */
struct change {
	struct env *env;
	struct peer *peer;
	const struct msg *m;
	const char *alias;
	struct profile *pr;
	char why[WHY_MAX];
};

/* Reads the profile, which then nobody else changes.  0, or an error. */
static int
change_begin(
    struct change *c, struct peer *p, const struct msg *m, const char *alias)
{
	int err;

	memset(c, 0, sizeof(*c));
	c->env = peer_env(p);
	c->peer = p;
	c->m = m;
	c->alias = alias;
	err =
	    profile_load(&c->env->paths, alias, &c->pr, c->why, sizeof(c->why));
	if (err == 0 && !alias_reserve(c->env, alias)) {
		snprintf(c->why, sizeof(c->why),
		    "profile %s is being changed "
		    "by another request: try again",
		    alias);
		err = RL_ERR_STATE;
		profile_free(c->pr);
		c->pr = NULL;
	}
	return err;
}

static int
change_write(struct change *c)
{
	return profile_write(&c->env->paths, c->pr, c->why, sizeof(c->why));
}

/* Lets go; err, if there is one, is answered. */
static void
change_end(struct change *c, int err)
{
	if (err != 0)
		peer_reply_error(c->peer, c->m->hdr.id, err, "%s", c->why);
	if (c->pr == NULL)
		return;
	alias_release(c->env, c->alias);
	profile_free(c->pr);
}

static int
check_agent(struct change *c)
{
	if (hook_run_supports(manifest_agent(
		c->env->manifests, c->pr->agent_id)))
		return 0;
	snprintf(c->why, sizeof(c->why),
	    "profile %s: agent %s has no hooks "
	    "that Ringlet could give it",
	    c->alias, c->pr->agent_id);
	return RL_ERR_INVALID;
}

/* Who asks, for a person who is to approve it. */
static void
asker_name(struct peer *p, char *dst, size_t size)
{
	const struct client *c = peer_arg(p);
	char label[128];

	if (peer_is_cli(p) || c->token == NULL)
		strlcpy(dst, "cli", size);
	else if (*c->token->label != '\0')
		snprintf(dst, size, "http, token %s (%s)", c->token->id,
		    text_escape(label, sizeof(label), c->token->label));
	else
		snprintf(dst, size, "http, token %s", c->token->id);
}

/* As audit_event(). */
static int
audit_hook(struct change *c, const char *event, const char *outcome,
    const struct msg_hook_text *t, uint64_t index)
{
	char name[HOOK_EVENT_MAX + 32], hash[HOOK_HASH_LEN + 1] = "";

	snprintf(
	    name, sizeof(name), "%s %llu", t->event, (unsigned long long)index);
	if (t->command != NULL)
		hook_hash(t, hash);
	return audit_event(c->env, audit_who_of(c->peer), event, c->alias,
	    outcome, "hook", name, "content", hash[0] != '\0' ? hash : NULL,
	    "command", t->command, "why", c->why[0] != '\0' ? c->why : NULL,
	    NULL);
}

/* Of n new hooks from that one on. */
static void
tell_added(struct change *c, size_t from, size_t n)
{
	for (size_t i = from; i < from + n; i++) {
		const struct msg_hook_text t = hook_text(&c->pr->hooks.v[i]);
		uint64_t index = hooks_index(&c->pr->hooks, i);

		c->why[0] = '\0';
		(void)audit_hook(c, AUDIT_HOOK_ADD, AUDIT_OK, &t, index);
		event_hook(c->env, "added", c->alias, t.event, index);
		log_info("profile %s: hook %s %llu was added, and waits for "
			 "approval",
		    c->alias, t.event, (unsigned long long)index);
	}
}

/*
 * Hostile ringletd: it can add what the token's holder could.  The hook does
 * not run before a person at the machine has seen and approved it.
 */
int
on_HOOK_ADD(struct peer *p, struct msg *m)
{
	const struct msg_hook_add *req = m->body;
	const struct msg_hook_text text = { req->event, req->matcher,
		req->command, req->timeout };
	struct change c;
	char by[256];
	size_t at;
	int err;

	asker_name(p, by, sizeof(by));
	if ((err = change_begin(&c, p, m, req->alias)) == 0 &&
	    (err = check_agent(&c)) == 0 &&
	    (err = hooks_add(&c.pr->hooks, &text, req->index, time(NULL), by,
		 &at, c.why, sizeof(c.why))) == 0 &&
	    (err = change_write(&c)) == 0) {
		tell_added(&c, at, 1);
		reply_hooks(p, m, c.pr, at, 1);
	}
	change_end(&c, err);
	return 0;
}

/* Hostile ringletd: as HOOK_ADD, for some at once: all of them or none. */
int
on_HOOK_IMPORT(struct peer *p, struct msg *m)
{
	const struct msg_hook_import *req = m->body;
	const struct msg_hook_text *v = req->list.v;
	struct change c;
	size_t before = 0;
	char by[256];
	int err;

	asker_name(p, by, sizeof(by));
	if ((err = change_begin(&c, p, m, req->alias)) == 0 &&
	    (err = check_agent(&c)) == 0) {
		before = c.pr->hooks.n;
		for (size_t i = 0; err == 0 && i < req->list.n; i++) {
			err = hooks_add(&c.pr->hooks, &v[i], -1, time(NULL), by,
			    NULL, c.why, sizeof(c.why));
			/* What is there need not come again. */
			if (err == RL_ERR_EXISTS)
				err = 0;
		}
	}
	if (err == 0 &&
	    (c.pr->hooks.n == before || (err = change_write(&c)) == 0)) {
		tell_added(&c, before, c.pr->hooks.n - before);
		reply_hooks(p, m, c.pr, before, c.pr->hooks.n - before);
	}
	change_end(&c, err);
	return 0;
}

static int
no_such(struct change *c, const char *event, uint64_t index)
{
	char shown[HOOK_EVENT_MAX * 4];

	snprintf(c->why, sizeof(c->why),
	    "profile %s has no hook %s %llu: "
	    "'ringlet hooks list %s' shows them",
	    c->alias, text_escape(shown, sizeof(shown), event),
	    (unsigned long long)index, c->alias);
	return RL_ERR_NOTFOUND;
}

/* Hostile ringletd: it can take out what the token's holder could. */
int
on_HOOK_REMOVE(struct peer *p, struct msg *m)
{
	const struct msg_hook_remove *req = m->body;
	const struct msg_hook_text named = { req->event, "", NULL, 0 };
	struct change c;
	int err;

	if ((err = change_begin(&c, p, m, req->alias)) == 0) {
		if (hooks_remove(&c.pr->hooks, req->event, req->index) != 0)
			err = no_such(&c, req->event, req->index);
		else if ((err = change_write(&c)) == 0) {
			(void)audit_hook(&c, AUDIT_HOOK_REMOVE, AUDIT_OK,
			    &named, req->index);
			event_hook(c.env, "removed", req->alias, req->event,
			    req->index);
			peer_reply(p, m->hdr.id, MSG_OK, NULL, NULL, 0);
		}
	}
	change_end(&c, err);
	return 0;
}

static int
may_approve(struct change *c, const struct hook *h)
{
	return policy_verdict(c->env, audit_who_of(c->peer), c->alias,
	    policy_may_hook(c->env->policy, h->command, c->why, sizeof(c->why)),
	    c->why);
}

/*
 * From the CLI alone.  The hash is of what the person was shown: of a hook
 * that has changed since, or moved, nothing is approved.
 */
int
on_HOOK_APPROVE(struct peer *p, struct msg *m)
{
	const struct msg_hook_approve *req = m->body;
	const struct hook *h;
	struct msg_hook_text text;
	struct change c;
	int err;

	if ((err = change_begin(&c, p, m, req->alias)) != 0) {
		change_end(&c, err);
		return 0;
	}
	h = hooks_at(&c.pr->hooks, req->event, req->index);
	if (h == NULL)
		err = no_such(&c, req->event, req->index);
	else if ((err = may_approve(&c, h)) == 0) {
		text = hook_text(h);
		err = hooks_approve(&c.pr->hooks, req->event, req->index,
		    req->hash, time(NULL));
		if (err != 0)
			snprintf(c.why, sizeof(c.why),
			    "hook %s %llu of %s is "
			    "not what was shown: 'ringlet hooks review %s' "
			    "shows what it is now",
			    req->event, (unsigned long long)req->index,
			    req->alias, req->alias);
		else if (audit_hook(&c, AUDIT_HOOK_APPROVE, AUDIT_INTENT, &text,
			     req->index) != 0) {
			strlcpy(c.why, audit_trouble(c.env), sizeof(c.why));
			err = RL_ERR_DENIED;
		} else
			err = change_write(&c);
		(void)audit_hook(&c, AUDIT_HOOK_APPROVE,
		    err == 0 ? AUDIT_OK : AUDIT_FAILED, &text, req->index);
	}
	if (err == 0) {
		log_info("profile %s: hook %s %llu is approved", req->alias,
		    req->event, (unsigned long long)req->index);
		event_hook(
		    c.env, "approved", req->alias, req->event, req->index);
		peer_reply(p, m->hdr.id, MSG_OK, NULL, NULL, 0);
	}
	change_end(&c, err);
	return 0;
}

/* --- runs --- */

static int
write_run(struct env *env, const struct audit_who *who, const char *object,
    const char *alias, const struct msg_jail_hook *r, bool jailed)
{
	char name[HOOK_EVENT_MAX + 32], status[24], lost[24];

	snprintf(name, sizeof(name), "%s %llu",
	    hook_event_name((unsigned)r->event), (unsigned long long)r->index);
	snprintf(status, sizeof(status), "%lld", (long long)r->status);
	snprintf(lost, sizeof(lost), "%llu", (unsigned long long)r->lost);
	return audit_event(env, who, AUDIT_HOOK_RUN, object,
	    r->phase == HOOK_BEGINS ? AUDIT_INTENT
	    : r->status == 0	    ? AUDIT_OK
				    : AUDIT_FAILED,
	    "profile", alias, "hook", name, "content", r->hash, "exit",
	    r->phase == HOOK_ENDED ? status : NULL, "lost",
	    r->lost > 0 ? lost : NULL, "says", jailed ? "the jail" : NULL,
	    NULL);
}

/*
 * Only the CLI's side has a row for it: who may say it is the user anyway.  The
 * hook waits for the answer before it begins.
 */
int
on_HOOK_RUN(struct peer *p, struct msg *m)
{
	const struct msg_hook_run *req = m->body;
	const struct msg_jail_hook as = { .event = hook_event_find(req->event),
		.index = req->index,
		.hash = req->hash,
		.phase = req->phase,
		.status = req->status };

	if (as.event == 0 || !hook_hash_ok(req->hash) || req->phase == 0 ||
	    req->status < 0 || !valid_alias(req->alias))
		peer_reply_error(p, m->hdr.id, RL_ERR_INVALID,
		    "that is no "
		    "report of a hook");
	else if (write_run(peer_env(p), audit_who_of(p), req->alias, req->alias,
		     &as, false) != 0)
		peer_reply_error(p, m->hdr.id, RL_ERR_DENIED, "%s",
		    audit_trouble(peer_env(p)));
	else
		peer_reply(p, m->hdr.id, MSG_OK, NULL, NULL, 0);
	return 0;
}

/*
 * Hostile sandboxer, and hostile agent behind it: whatever is said becomes one
 * entry of the log, whose fields are numbers and hex digits, of a session that
 * there is.  The entry says that it is the jail's word.
 */
int
on_JAIL_HOOK(struct peer *p, struct msg *m)
{
	const struct msg_jail_hook *r = m->body;
	struct env *env = peer_env(p);
	const struct session *s = session_find(env, r->id);
	char lost[24];

	if (r->phase == 0
		? r->lost == 0
		: r->event == 0 || r->status < 0 || !hook_hash_ok(r->hash))
		return RL_ERR_PROTOCOL;
	/* It may have been forgotten meanwhile. */
	if (s == NULL)
		return 0;
	if (r->phase == 0) {
		snprintf(
		    lost, sizeof(lost), "%llu", (unsigned long long)r->lost);
		(void)audit_event(env, &audit_monitor, AUDIT_HOOK_RUN, s->id,
		    AUDIT_FAILED, "profile", s->alias, "lost", lost, NULL);
	} else
		(void)write_run(
		    env, &audit_monitor, s->id, s->alias, r, s->sandboxed);
	return 0;
}
