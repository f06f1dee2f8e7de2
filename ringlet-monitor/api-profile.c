/*
 * Requests about profiles.
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

#include "err.h"
#include "grant.h"
#include "jailcheck.h"
#include "keychain.h"
#include "log.h"
#include "manifest.h"
#include "monitor.h"
#include "profile-env.h"
#include "profile-home.h"
#include "profile.h"
#include "run.h"
#include "secret.h"
#include "valid.h"
#include "xmalloc.h"

#define WHY_MAX 1024

/* Above what msgpack puts around a string, and around a profile. */
#define ITEM_SIZE    5
#define PROFILE_SIZE 160
#define LIST_MAX     (MSG_MAX_BODY - 1024)

bool
alias_reserve(struct env *env, const char *alias)
{
	struct busy_alias *b;

	LIST_FOREACH(b, &env->busy, link)
		if (strcmp(b->alias, alias) == 0)
			return false;
	b = xcalloc(1, sizeof(*b));
	b->alias = xstrdup(alias);
	LIST_INSERT_HEAD(&env->busy, b, link);
	return true;
}

void
alias_release(struct env *env, const char *alias)
{
	struct busy_alias *b;

	LIST_FOREACH(b, &env->busy, link)
		if (strcmp(b->alias, alias) == 0)
			break;
	if (b == NULL)
		return;
	LIST_REMOVE(b, link);
	free(b->alias);
	free(b);
}

/* --- a profile as a message --- */

/* Points *to into *from; env_names and home are for profile_msg_clear(). */
struct profile_msg {
	struct msg_profile body;
	char **env_names;
	struct strlist pass_env;
	char *home;
	char *url;
};

static void
profile_msg_clear(struct profile_msg *pm)
{
	for (size_t i = 0; pm->env_names != NULL && pm->env_names[i]; i++)
		free(pm->env_names[i]);
	free(pm->env_names);
	strlist_clear(&pm->pass_env);
	free(pm->home);
	free(pm->url);
}

static size_t
count(char *const *list)
{
	size_t n = 0;

	while (list != NULL && list[n] != NULL)
		n++;
	return n;
}

/* Names of variables that a jail takes over from who asks. */
static void
fill_pass_env(const struct env *env, struct profile_msg *pm,
    const struct profile *pr)
{
	struct grant g;
	char why[WHY_MAX];

	strlist_copy(&pm->pass_env, &env->conf.jail_env);
	for (size_t i = 0; i < count(pr->grants); i++)
		if (grant_parse(pr->grants[i], &g, why, sizeof(why)) == 0 &&
		    g.kind == GRANT_ENV && !strlist_has(&pm->pass_env, g.value))
			strlist_add(&pm->pass_env, g.value);
	pm->body.pass_env.v = (const char **)pm->pass_env.v;
	pm->body.pass_env.n = pm->pass_env.n;
}

static void
profile_msg_fill(struct env *env, struct profile_msg *pm,
    const struct profile *pr)
{
	const struct manifest_agent *agent = manifest_agent(pr->agent_id);
	const struct manifest_provider *provider =
	    manifest_provider(pr->provider_id);
	struct msg_profile *to = &pm->body;
	size_t nenv = count(pr->env);
	const char *url;
	char why[WHY_MAX];

	memset(pm, 0, sizeof(*pm));
	to->alias = pr->alias;
	to->agent_id = pr->agent_id;
	to->provider_id = pr->provider_id;
	to->endpoint_id = pr->endpoint_id;
	to->model = pr->model;
	to->working_dir = pr->working_dir;
	to->keychain = pr->keychain;
	to->args.v = (const char **)pr->args;
	to->args.n = count(pr->args);
	pm->env_names = xcalloc(nenv + 1, sizeof(char *));
	for (size_t i = 0; i < nenv; i++)
		pm->env_names[i] =
		    xstrndup(pr->env[i], strcspn(pr->env[i], "="));
	to->env.v = (const char **)pm->env_names;
	to->env.n = nenv;
	to->grants.v = (const char **)pr->grants;
	to->grants.n = count(pr->grants);
	fill_pass_env(env, pm, pr);
	if (agent != NULL)
		to->home = pm->home =
		    profile_home_path(&env->paths, agent, pr->alias);
	if (provider != NULL && manifest_endpoint(provider, pr->endpoint_id,
				    &url, why, sizeof(why)) == 0)
		to->endpoint_url = pm->url = xstrdup(url);
	to->created_at = pr->created_at;
	to->last_used = pr->last_used;
	to->total_runs = pr->total_runs;
	to->has_key = strcmp(pr->keychain, "none") != 0;
}

static size_t
strs_size(const struct msg_strs *list)
{
	size_t size = 0;

	for (size_t i = 0; i < list->n; i++)
		size += strlen(list->v[i]) + ITEM_SIZE;
	return size;
}

/* At most so many bytes it takes of a list of profiles. */
static size_t
listed_size(struct env *env, const struct profile *pr)
{
	struct profile_msg pm;
	const struct msg_profile *p = &pm.body;
	size_t size;

	profile_msg_fill(env, &pm, pr);
	size = PROFILE_SIZE + strlen(p->alias) + strlen(p->agent_id) +
	    strlen(p->provider_id) + strlen(p->endpoint_id) +
	    strlen(p->model) + strlen(p->working_dir) + strlen(p->keychain) +
	    strs_size(&p->args) + strs_size(&p->env);
	size += pm.home == NULL ? 0 : strlen(pm.home);
	size += pm.url == NULL ? 0 : strlen(pm.url);
	profile_msg_clear(&pm);
	return size;
}

static void
reply_profile(struct env *env, const struct asker *a,
    const struct profile *pr)
{
	struct peer *p = asker_peer(env, a);
	struct profile_msg pm;

	if (p == NULL)
		return;
	profile_msg_fill(env, &pm, pr);
	peer_reply(p, a->id, MSG_PROFILE, &pm.body, NULL, 0);
	profile_msg_clear(&pm);
}

static void
reply_error(struct env *env, const struct asker *a, int err, const char *why)
{
	struct peer *p = asker_peer(env, a);

	if (p != NULL)
		peer_reply_error(p, a->id, err, "%s", why);
}

/* --- create --- */

struct creation {
	struct env *env;
	struct asker asker;
	struct profile *profile;
	struct secret *key;
};

static void
creation_free(struct creation *c)
{
	alias_release(c->env, c->profile->alias);
	profile_free(c->profile);
	secret_free(c->key);
	free(c);
}

static char **
copy_strs(const struct msg_strs *from)
{
	char **to;

	if (from->n == 0)
		return NULL;
	to = xcalloc(from->n + 1, sizeof(*to));
	for (size_t i = 0; i < from->n; i++)
		to[i] = xstrdup(from->v[i]);
	return to;
}

static void
set(char **to, const char *from)
{
	free(*to);
	*to = xstrdup(from);
}

static struct profile *
profile_from(const struct msg_profile_create *req)
{
	struct profile *pr = profile_new();

	set(&pr->alias, req->alias);
	set(&pr->agent_id, req->agent_id);
	set(&pr->provider_id, req->provider_id);
	set(&pr->endpoint_id, req->endpoint);
	set(&pr->model, req->model);
	set(&pr->working_dir, req->working_dir);
	set(&pr->keychain, "none");
	pr->args = copy_strs(&req->args);
	pr->env = copy_strs(&req->env);
	pr->created_at = time(NULL);
	return pr;
}

/* What profile_check() cannot know: whether a key is due, and is a key. */
static int
check_key(const struct profile *pr, const struct secret *key, char *why,
    size_t size)
{
	const struct manifest_provider *provider =
	    manifest_provider(pr->provider_id);
	const char *p;
	size_t len;

	if (provider->auth_variable == NULL) {
		if (key == NULL)
			return 0;
		snprintf(why, size, "provider %s takes no API key",
		    provider->id);
		return RL_ERR_INVALID;
	}
	if (key == NULL || (len = secret_len(key)) == 0) {
		snprintf(why, size, "API key: provider %s needs one",
		    provider->id);
		return RL_ERR_INVALID;
	}
	p = secret_ptr(key);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)p[i] < 0x20 || p[i] == 0x7f) {
			snprintf(why, size, "API key: has a control "
			    "character at byte %zu", i + 1);
			return RL_ERR_INVALID;
		}
	if (p[0] == ' ' || p[len - 1] == ' ') {
		snprintf(why, size, "API key: begins or ends with a space: "
		    "copied with too much around it?");
		return RL_ERR_INVALID;
	}
	return 0;
}

static void
on_undone(void *arg, int err, struct secret *key, const char *text)
{
	char *alias = arg;

	(void)key;
	if (err != 0 && err != RL_ERR_NOTFOUND)
		log_error("profile %s: its key stays in the keychain without "
			  "a profile: %s", alias, text);
	free(alias);
}

/* The key is stored, or none is due: now the file, then the home. */
static void
create_finish(struct creation *c)
{
	struct env *env = c->env;
	struct profile *pr = c->profile;
	char why[WHY_MAX];
	int err;

	err = profile_create(&env->paths, pr, why, sizeof(why));
	if (err == 0) {
		err = profile_home_make(&env->paths,
		    manifest_agent(pr->agent_id), pr->alias, why,
		    sizeof(why));
		if (err != 0) {
			char more[WHY_MAX];

			profile_remove(
			    &env->paths, pr->alias, more, sizeof(more));
		}
	}
	if (err != 0) {
		if (c->key != NULL)
			keychain_delete(env->keychain, pr->alias, on_undone,
			    xstrdup(pr->alias));
		reply_error(env, &c->asker, err, why);
	} else {
		log_info("profile %s: created", pr->alias);
		reply_profile(env, &c->asker, pr);
	}
	creation_free(c);
}

static void
on_stored(void *arg, int err, struct secret *key, const char *text)
{
	struct creation *c = arg;
	char why[WHY_MAX];

	(void)key;
	if (err != 0) {
		snprintf(why, sizeof(why), "keychain: %s", text);
		reply_error(c->env, &c->asker, err, why);
		creation_free(c);
		return;
	}
	create_finish(c);
}

/*
 * A working folder that comes over HTTP is judged now: a later run by the CLI
 * would take the profile's word for the person's.
 */
static int
check_offered_cwd(struct env *env, const struct profile *pr, char *why,
    size_t size)
{
	char *home, *real = NULL;
	int fd, err;

	if (pr->working_dir[0] == '\0')
		return 0;
	home = profile_home_path(
	    &env->paths, manifest_agent(pr->agent_id), pr->alias);
	err = fd = jailcheck_open_cwd(
	    &env->paths, home, pr->working_dir, &real, why, size);
	if (fd >= 0)
		err = jailcheck_may_offer(
		    &env->paths, home, fd, real, why, size);
	fd_close(fd);
	free(real);
	free(home);
	return err;
}

/*
 * All profiles are told in one message.  Whoever may make some must not be
 * able to make so many that nobody can see them any more.
 */
static int
check_list(struct env *env, const struct profile *pr, char *why, size_t size)
{
	struct profile_entry *list;
	size_t n, sum = listed_size(env, pr);
	int err;

	err = profile_list(&env->paths, &list, &n, why, size);
	if (err != 0)
		return err;
	for (size_t i = 0; i < n; i++)
		sum += list[i].profile != NULL
		    ? listed_size(env, list[i].profile)
		    : PROFILE_SIZE + strlen(list[i].alias) +
			strlen(list[i].damage);
	profile_list_free(list, n);
	if (sum <= LIST_MAX)
		return 0;
	snprintf(why, size, "with this one the %zu profiles that there are, "
	    "and their arguments, would be too long for a list: delete some",
	    n);
	return RL_ERR_LIMIT;
}

/* Over HTTP requests must leave room for those of the command. */
static int
check_room(struct peer *p, char *why, size_t size)
{
	if (peer_is_cli(p) || !keychain_is_crowded(peer_env(p)->keychain))
		return 0;
	snprintf(
	    why, size, "too many requests wait for the keychain: try again");
	return RL_ERR_LIMIT;
}

/*
 * Hostile ringletd: everything it gives is checked by profile_check(), and a
 * working folder as if a session were to start there; an existing profile is
 * never touched.
 */
int
on_PROFILE_CREATE(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	const struct msg_profile_create *req = m->body;
	struct profile *old = NULL, *pr = profile_from(req);
	struct secret *key = NULL;
	struct creation *c;
	char why[WHY_MAX];
	int err;

	if ((err = profile_check(pr, why, sizeof(why))) != 0 ||
	    (!peer_is_cli(p) &&
		(err = check_offered_cwd(env, pr, why, sizeof(why))) != 0) ||
	    (err = check_room(p, why, sizeof(why))) != 0 ||
	    (err = auth_open_key(env, req, &key, why, sizeof(why))) != 0 ||
	    /* A dry run may be of everything but the key. */
	    ((key != NULL || !req->dry_run) &&
		(err = check_key(pr, key, why, sizeof(why))) != 0))
		goto refuse;
	err = profile_load(&env->paths, pr->alias, &old, why, sizeof(why));
	profile_free(old);
	if (err != RL_ERR_NOTFOUND) {
		snprintf(why, sizeof(why), "profile %s exists already",
		    pr->alias);
		err = RL_ERR_EXISTS;
		goto refuse;
	}
	if ((err = check_list(env, pr, why, sizeof(why))) != 0)
		goto refuse;
	if (key != NULL) {
		set(&pr->keychain, keychain_backend(env->keychain));
		set(&pr->keychain_item, pr->alias);
	}
	if (req->dry_run) {
		struct asker a = asker_of(p, m);

		reply_profile(env, &a, pr);
		profile_free(pr);
		secret_free(key);
		return 0;
	}
	if (!alias_reserve(env, pr->alias)) {
		snprintf(why, sizeof(why), "profile %s is being changed by "
		    "another request: try again", pr->alias);
		err = RL_ERR_STATE;
		goto refuse;
	}
	c = xcalloc(1, sizeof(*c));
	c->env = env;
	c->asker = asker_of(p, m);
	c->profile = pr;
	c->key = key;
	if (key != NULL)
		keychain_store(env->keychain, pr->alias, pr->provider_id, key,
		    on_stored, c);
	else
		create_finish(c);
	return 0;
refuse:
	peer_reply_error(p, m->hdr.id, err, "%s", why);
	profile_free(pr);
	secret_free(key);
	return 0;
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

	err = profile_load(&env->paths, alias, &pr, why, sizeof(why));
	if (err != 0) {
		reply_error(env, a, err, why);
		return;
	}
	reply_profile(env, a, pr);
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
	const struct manifest_agent *agent; /* NULL: not known, no home */
	bool keep_home;
};

static void
deletion_free(struct deletion *d)
{
	alias_release(d->env, d->alias);
	free(d->alias);
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
		reply_error(env, &d->asker, err, why);
	} else {
		log_info("profile %s: deleted", d->alias);
		if ((p = asker_peer(env, &d->asker)) != NULL)
			peer_reply(p, d->asker.id, MSG_OK, NULL, NULL, 0);
	}
	deletion_free(d);
}

static void
delete_finish(struct deletion *d)
{
	if (d->agent == NULL || d->keep_home)
		on_home_removed(d, 0, "");
	else if (home_removal_start(d->env, d->agent->id, d->alias,
		     on_home_removed, d) != 0)
		on_home_removed(d, RL_ERR_UNAVAILABLE, strerror(errno));
}

static void
on_deleted(void *arg, int err, struct secret *key, const char *text)
{
	struct deletion *d = arg;
	char why[WHY_MAX];

	(void)key;
	if (err != 0 && err != RL_ERR_NOTFOUND) {
		snprintf(why, sizeof(why), "profile %s is kept, for its key "
		    "could not be deleted: %s", d->alias, text);
		reply_error(d->env, &d->asker, err, why);
		deletion_free(d);
		return;
	}
	delete_finish(d);
}

/* Hostile ringletd: the alias is checked by profile_load(). */
int
on_PROFILE_DELETE(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	const struct msg_profile_delete *req = m->body;
	struct deletion *d;
	struct profile *pr = NULL;
	char why[WHY_MAX];
	size_t running;
	bool has_key;
	int err;

	/* Of a damaged one nobody knows the agent: its home stays. */
	err = profile_load(&env->paths, req->alias, &pr, why, sizeof(why));
	if (!(err == RL_ERR_INVALID && valid_alias(req->alias)) &&
	    (err != 0 || (err = check_room(p, why, sizeof(why))) != 0)) {
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
	if (!alias_reserve(env, req->alias)) {
		peer_reply_error(p, m->hdr.id, RL_ERR_STATE,
		    "profile %s is being changed by another request: try "
		    "again", req->alias);
		profile_free(pr);
		return 0;
	}
	d = xcalloc(1, sizeof(*d));
	d->env = env;
	d->asker = asker_of(p, m);
	d->alias = xstrdup(req->alias);
	d->agent = pr == NULL ? NULL : manifest_agent(pr->agent_id);
	d->keep_home = req->keep_home;
	has_key = pr == NULL || strcmp(pr->keychain, "none") != 0;
	if (pr == NULL)
		log_warn("profile %s: deleting it, damaged as it is (%s); its "
			 "home stays", req->alias, why);
	profile_free(pr);
	if (has_key)
		keychain_delete(env->keychain, d->alias, on_deleted, d);
	else
		delete_finish(d);
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
		reply_error(l->env, &l->asker, err, why);
		free(l);
		return;
	}
	if (l->count && profile_touch(&l->env->paths, r->profile->alias,
			    time(NULL), text, sizeof(text)) != 0)
		log_warn("%s", text);
	memset(&body, 0, sizeof(body));
	body.path = r->binary.path;
	body.argv =
	    (struct msg_strs){ (const char **)r->plan.argv, r->plan.nargv };
	body.env = (struct msg_strs){ r->plan.env, r->plan.nenv };
	body.home = r->plan.home;
	body.working_dir = r->profile->working_dir;
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
	const struct run_ask ask = { .alias = req->alias,
		.args = req->args,
		.client_env = req->client_env,
		.search = req->search_path,
		.cli = true };

	l->env = peer_env(p);
	l->asker = asker_of(p, m);
	l->count = m->hdr.type == MSG_PROFILE_RUN;
	run_prepare(l->env, &ask, on_local_run, l);
	return 0;
}
