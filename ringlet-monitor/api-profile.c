/*
 * Requests about profiles, but for making one (api-profile-create.c).
 *
 * Hostile ringletd: with a control token it may make and delete profiles, as
 * the token's holder may.  It gets no key back: PROFILE_ENV and PROFILE_RUN
 * have no row for it, and msg_profile has no field for a key.
 */

#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "audit.h"
#include "err.h"
#include "grant.h"
#include "jailcheck.h"
#include "keychain.h"
#include "keystore.h"
#include "log.h"
#include "manifest.h"
#include "monitor.h"
#include "profile-env.h"
#include "profile-home.h"
#include "profile-msg.h"
#include "profile-use.h"
#include "profile.h"
#include "run.h"
#include "secret.h"
#include "valid.h"
#include "vault.h"
#include "xmalloc.h"

#define WHY_MAX 1024

/* A profile that is being changed: one change at a time. */
struct busy_alias {
	char *alias;
	bool leaving; /* it is being deleted */
	LIST_ENTRY(busy_alias) link;
};

static struct busy_alias *
busy_find(const struct env *env, const char *alias)
{
	struct busy_alias *b;

	LIST_FOREACH (b, &env->busy, link)
		if (strcmp(b->alias, alias) == 0)
			return b;
	return NULL;
}

bool
alias_reserve(struct env *env, const char *alias)
{
	struct busy_alias *b;

	if (busy_find(env, alias) != NULL)
		return false;
	b = xcalloc(1, sizeof(*b));
	b->alias = xstrdup(alias);
	LIST_INSERT_HEAD(&env->busy, b, link);
	return true;
}

void
alias_release(struct env *env, const char *alias)
{
	struct busy_alias *b = busy_find(env, alias);

	if (b == NULL)
		return;
	LIST_REMOVE(b, link);
	free(b->alias);
	free(b);
}

bool
alias_is_busy(const struct env *env, const char *alias)
{
	return busy_find(env, alias) != NULL;
}

void
alias_leave(struct env *env, const char *alias)
{
	struct busy_alias *b = busy_find(env, alias);

	if (b != NULL)
		b->leaving = true;
}

bool
alias_is_leaving(const struct env *env, const char *alias)
{
	const struct busy_alias *b = busy_find(env, alias);

	return b != NULL && b->leaving;
}

int
keychain_room(struct peer *p, char *why, size_t size)
{
	if (peer_is_cli(p) || !keychain_is_crowded(peer_env(p)->keychain))
		return 0;
	snprintf(
	    why, size, "too many requests wait for the keychain: try again");
	return RL_ERR_LIMIT;
}

/* --- list, get --- */

/* Hostile ringletd: metadata alone; msg_profile has no field for a key. */
int
on_PROFILE_LIST(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	struct profile_entry *list;
	struct profile_msg *pms;
	struct msg_profile *out;
	struct msg_profiles body;
	char why[WHY_MAX];
	size_t n;
	int err;

	profile_use_write(env);
	err = profile_list(&env->paths, &list, &n, why, sizeof(why));
	if (err != 0) {
		peer_reply_error(p, m->hdr.id, err, "%s", why);
		return 0;
	}
	pms = xcalloc(n + 1, sizeof(*pms));
	out = xcalloc(n + 1, sizeof(*out));
	for (size_t i = 0; i < n; i++) {
		if (list[i].profile != NULL)
			profile_msg_fill(env, &pms[i], list[i].profile);
		else {
			pms[i].body.alias = list[i].alias;
			pms[i].body.damage = list[i].damage;
		}
		out[i] = pms[i].body;
	}
	body.list = (struct msg_recs){ out, n };
	/* A list that does not fit is answered with an error by peersend.c. */
	peer_reply(p, m->hdr.id, MSG_PROFILES, &body, NULL, 0);
	for (size_t i = 0; i < n; i++)
		profile_msg_clear(&pms[i]);
	free(pms);
	free(out);
	profile_list_free(list, n);
	return 0;
}

void
profile_reply(struct env *env, const struct asker *a, const char *alias)
{
	struct profile *pr;
	char why[WHY_MAX];
	int err;

	profile_use_write(env);
	err = profile_load(&env->paths, alias, &pr, why, sizeof(why));
	if (err != 0) {
		profile_msg_refuse(env, a, err, why);
		return;
	}
	profile_msg_reply(env, a, pr);
	profile_free(pr);
}

/* Hostile ringletd: as PROFILE_LIST; the alias is checked by profile_load(). */
int
on_PROFILE_GET(struct peer *p, struct msg *m)
{
	const struct msg_alias *req = m->body;
	struct asker a = asker_of(p, m);

	profile_reply(peer_env(p), &a, req->alias);
	return 0;
}

/* --- delete --- */

struct deletion {
	struct env *env;
	struct asker asker;
	char *alias;
	const char *stores[2]; /* that may have its key; NULL: no more */
	char *store;	       /* the first of them, if its file names it */
	char *homes; /* the folder of its home; NULL: not known */
	bool keep_home;
};

static void
deletion_free(struct deletion *d)
{
	alias_release(d->env, d->alias);
	free(d->alias);
	free(d->store);
	free(d->homes);
	free(d);
}

/*
 * The key is gone, and the home.  The file goes last: while it is there,
 * whatever failed can be tried again.
 */
static void
on_home_removed(void *arg, int err, const char *text)
{
	struct deletion *d = arg;
	struct env *env = d->env;
	struct peer *p;
	char why[WHY_MAX];

	snprintf(why, sizeof(why), "%s", text);
	if (err == 0)
		err =
		    profile_remove(&env->paths, d->alias, why, sizeof(why));
	if (err != 0) {
		log_error("profile %s: its key is deleted, but: %s", d->alias,
		    why);
		profile_msg_refuse(env, &d->asker, err, why);
	} else {
		log_info("profile %s: deleted", d->alias);
		hook_run_forget(env, d->alias);
		event_profile(env, "deleted", d->alias);
		if ((p = asker_peer(env, &d->asker)) != NULL)
			peer_reply(p, d->asker.id, MSG_OK, NULL, NULL, 0);
	}
	deletion_free(d);
}

static void
delete_finish(struct deletion *d)
{
	if (d->homes == NULL || d->keep_home)
		on_home_removed(d, 0, "");
	else if (home_removal_start(d->env, d->homes, d->alias,
		     on_home_removed, d) != 0)
		on_home_removed(d, RL_ERR_UNAVAILABLE, strerror(errno));
}

static void delete_key(struct deletion *);

static void
on_deleted(void *arg, int err, struct secret *key, const char *text)
{
	struct deletion *d = arg;
	char why[WHY_MAX];

	(void)key;
	/* Where there is a vault instead, there need be no Secret Service. */
	if (err == RL_ERR_NOSERVICE && d->stores[1] != NULL)
		err = 0;
	(void)audit_event(d->env, &d->asker.who, AUDIT_KEY_DELETE, d->alias,
	    err == 0 ? AUDIT_OK : AUDIT_FAILED, "why", err != 0 ? text : NULL,
	    NULL);
	if (err != 0 && err != RL_ERR_NOTFOUND) {
		snprintf(why, sizeof(why), "profile %s is kept, for its key "
		    "could not be deleted: keychain: %s%s", d->alias, text,
		    key_advice(d->stores[0], err));
		profile_msg_refuse(d->env, &d->asker, err, why);
		deletion_free(d);
		return;
	}
	d->stores[0] = d->stores[1];
	d->stores[1] = NULL;
	delete_key(d);
}

/* From the next store that may have it; then all else. */
static void
delete_key(struct deletion *d)
{
	char why[WHY_MAX];
	int err;

	if (d->stores[0] == NULL) {
		delete_finish(d);
		return;
	}
	err = keystore_ready(d->env, d->stores[0], why, sizeof(why));
	if (err != 0)
		on_deleted(d, err, NULL, why);
	else
		prompt_allow(d->env,
		    keychain_delete(d->env->keychain, d->stores[0], d->alias,
			on_deleted, d),
		    &d->asker);
}

/* A damaged profile may have a key, and does not say where. */
static void
find_stores(struct deletion *d, const struct profile *pr)
{
	if (pr == NULL) {
		d->stores[0] = KEYCHAIN_SECRET_SERVICE;
		if (vault_is_there(d->env->vault))
			d->stores[1] = KEYCHAIN_VAULT;
	} else if (strcmp(pr->keychain, KEYCHAIN_NONE) != 0) {
		d->store = xstrdup(pr->keychain);
		d->stores[0] = d->store;
	}
}

/* Hostile ringletd: the alias is checked by profile_load(). */
int
on_PROFILE_DELETE(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	const struct msg_profile_delete *req = m->body;
	const struct manifest_agent *agent;
	struct deletion *d;
	struct profile *pr = NULL;
	char why[WHY_MAX];
	size_t running;
	bool has_key;
	int err;

	/* One of that name that is made later has not run. */
	profile_use_write(env);
	/*
	 * Of a damaged one nobody knows the agent: its home stays; so does
	 * that of one whose agent has no manifest any more.
	 */
	err = profile_load(&env->paths, req->alias, &pr, why, sizeof(why));
	if (!(err == RL_ERR_INVALID && valid_alias(req->alias)) &&
	    (err != 0 || (err = keychain_room(p, why, sizeof(why))) != 0)) {
		peer_reply_error(p, m->hdr.id, err, "%s", why);
		profile_free(pr);
		return 0;
	}
	if ((running = session_count(env, req->alias)) > 0) {
		peer_reply_error(p, m->hdr.id, RL_ERR_STATE,
		    "profile %s has %zu running session%s: end %s first with "
		    "'ringlet terminal kill'",
		    req->alias, running, running == 1 ? "" : "s",
		    running == 1 ? "it" : "them");
		profile_free(pr);
		return 0;
	}
	has_key = pr == NULL || strcmp(pr->keychain, KEYCHAIN_NONE) != 0;
	if (!alias_reserve(env, req->alias)) {
		peer_reply_error(p, m->hdr.id, RL_ERR_STATE,
		    "profile %s is being changed by another request: try "
		    "again", req->alias);
		profile_free(pr);
		return 0;
	}
	if (has_key &&
	    audit_event(env, audit_who_of(p), AUDIT_KEY_DELETE, req->alias,
		AUDIT_INTENT, NULL) != 0) {
		peer_reply_error(
		    p, m->hdr.id, RL_ERR_DENIED, "%s", audit_trouble(env));
		alias_release(env, req->alias);
		profile_free(pr);
		return 0;
	}
	/* The keychain takes its time: a session would lose its home. */
	alias_leave(env, req->alias);
	d = xcalloc(1, sizeof(*d));
	d->env = env;
	d->asker = asker_of(p, m);
	d->alias = xstrdup(req->alias);
	agent = pr == NULL ? NULL
			   : manifest_agent(env->manifests, pr->agent_id);
	d->homes = agent == NULL ? NULL : xstrdup(agent->homes);
	d->keep_home = req->keep_home;
	find_stores(d, pr);
	if (pr == NULL)
		log_warn("profile %s: deleting it, damaged as it is (%s); its "
			 "home stays", req->alias, why);
	profile_free(pr);
	delete_key(d);
	return 0;
}

/* --- run and env: the CLI alone --- */

struct local_run {
	struct env *env;
	struct asker asker;
	bool count; /* a run, not a look at the environment */
};

static void
on_local_run(void *arg, struct run *r, int err, const char *why)
{
	struct local_run *l = arg;
	struct peer *p = asker_peer(l->env, &l->asker);
	struct msg_run_plan body;
	char text[WHY_MAX];

	if (err != 0) {
		profile_msg_refuse(l->env, &l->asker, err, why);
		free(l);
		return;
	}
	if (l->count && profile_touch(&l->env->paths, r->profile->alias,
			    time(NULL), 1, text, sizeof(text)) != 0)
		log_warn("%s", text);
	memset(&body, 0, sizeof(body));
	body.path = r->binary.path;
	body.argv =
	    (struct msg_strs){ (const char **)r->plan.argv, r->plan.nargv };
	body.env = (struct msg_strs){ r->plan.env, r->plan.nenv };
	body.home = r->plan.home;
	body.working_dir = r->profile->working_dir;
	body.hooks_left_out = (struct msg_strs){
		(const char **)r->hooks.left_out.v, r->hooks.left_out.n };
	if (p != NULL)
		peer_reply(p, l->asker.id, MSG_RUN_PLAN, &body, NULL, 0);
	run_free(r);
	free(l);
}

/* PROFILE_RUN and PROFILE_ENV. */
int
on_PROFILE_RUN(struct peer *p, struct msg *m)
{
	const struct msg_profile_run *req = m->body;
	struct local_run *l = xcalloc(1, sizeof(*l));
	const struct asker asker = asker_of(p, m);
	const struct run_ask ask = { .alias = req->alias,
		.asker = &asker,
		.args = req->args,
		.client_env = req->client_env,
		.search = req->search_path,
		.who = audit_who_of(p),
		.purpose = m->hdr.type == MSG_PROFILE_RUN ? "run" : "env",
		.cli = true,
		.hooks = HOOK_LOCAL };

	l->env = peer_env(p);
	l->asker = asker;
	l->count = m->hdr.type == MSG_PROFILE_RUN;
	run_prepare(l->env, &ask, on_local_run, l);
	return 0;
}
