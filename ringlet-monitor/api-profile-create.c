/*
 * PROFILE_CREATE: checks, then the choice of a keychain, the key into it, then
 * the file; and back again if one of them fails.
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
#include "jailcheck.h"
#include "keychain.h"
#include "keystore.h"
#include "log.h"
#include "manifest.h"
#include "monitor.h"
#include "profile-env.h"
#include "profile-home.h"
#include "profile-msg.h"
#include "profile.h"
#include "secret.h"
#include "valid.h"
#include "xmalloc.h"

#define WHY_MAX 1024

struct creation {
	struct env *env;
	struct asker asker;
	struct profile *profile;
	struct secret *key;
	bool dry_run; /* the alias is not reserved then */
};

static void
creation_free(struct creation *c)
{
	if (!c->dry_run)
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

static void
on_undone(void *arg, int err, struct secret *key, const char *text)
{
	struct creation *c = arg;

	(void)key;
	(void)audit_event(c->env, &c->asker.who, AUDIT_KEY_DELETE,
	    c->profile->alias, err == 0 ? AUDIT_OK : AUDIT_FAILED, "why",
	    err != 0 ? text : NULL, NULL);
	if (err != 0 && err != RL_ERR_NOTFOUND)
		log_error("profile %s: its key may stay in the keychain "
			  "without a profile, which 'ringlet doctor' shows: %s",
		    c->profile->alias, text);
	creation_free(c);
}

/*
 * There will be no profile: takes its key out again.  The name stays reserved
 * until then, for the next key under it must not go the same way.  Whether it
 * may is not asked: without that the key would stay.
 */
static void
creation_undo(struct creation *c)
{
	prompt_allow(c->env,
	    keychain_delete(c->env->keychain, c->profile->keychain,
		c->profile->alias, on_undone, c),
	    &c->asker);
}

/* The key is stored, or none is due: now the file, then the home. */
static void
create_finish(struct creation *c)
{
	struct env *env = c->env;
	struct profile *pr = c->profile;
	char why[WHY_MAX];
	int err;

	err = profile_create(&env->paths, env->manifests, pr, why, sizeof(why));
	if (err == 0) {
		/* It is there: profile_create() has looked. */
		err = profile_home_make(&env->paths,
		    manifest_agent(env->manifests, pr->agent_id), pr->alias,
		    why, sizeof(why));
		if (err != 0) {
			char more[WHY_MAX];

			profile_remove(
			    &env->paths, pr->alias, more, sizeof(more));
		}
	}
	if (err != 0) {
		profile_msg_refuse(env, &c->asker, err, why);
		if (c->key != NULL) {
			creation_undo(c);
			return;
		}
	} else {
		log_info("profile %s: created", pr->alias);
		event_profile(env, "created", pr->alias);
		profile_msg_reply(env, &c->asker, pr);
	}
	creation_free(c);
}

static void
on_stored(void *arg, int err, struct secret *key, const char *text)
{
	struct creation *c = arg;
	char why[WHY_MAX];

	(void)key;
	(void)audit_event(c->env, &c->asker.who, AUDIT_KEY_STORE,
	    c->profile->alias, err == 0 ? AUDIT_OK : AUDIT_FAILED, "provider",
	    c->profile->provider_id, "why", err != 0 ? text : NULL, NULL);
	if (err == 0)
		audit_key_retry(c->env);
	if (err != 0) {
		snprintf(why, sizeof(why), "keychain: %s%s", text,
		    key_advice(c->profile->keychain, err));
		profile_msg_refuse(c->env, &c->asker, err, why);
		/* It may have got there nevertheless. */
		if (err == RL_ERR_TIMEOUT || err == RL_ERR_UNAVAILABLE)
			creation_undo(c);
		else
			creation_free(c);
		return;
	}
	c->profile->key_set_at = time(NULL);
	create_finish(c);
}

/* Where the key goes is known, or why it can go nowhere. */
static void
on_chosen(void *arg, int err, const char *store, const char *text)
{
	struct creation *c = arg;
	struct profile *pr = c->profile;
	char why[WHY_MAX];

	if (err != 0) {
		if (c->key != NULL && !c->dry_run)
			(void)audit_event(c->env, &c->asker.who,
			    AUDIT_KEY_STORE, pr->alias, AUDIT_FAILED,
			    "provider", pr->provider_id, "why", text, NULL);
		snprintf(why, sizeof(why), "keychain: %s", text);
		profile_msg_refuse(c->env, &c->asker, err, why);
		creation_free(c);
		return;
	}
	if (c->key != NULL) {
		set(&pr->keychain, store);
		set(&pr->keychain_item, pr->alias);
	}
	if (c->dry_run) {
		profile_msg_reply(c->env, &c->asker, pr);
		creation_free(c);
	} else
		prompt_allow(c->env,
		    keychain_store(c->env->keychain, store, pr->alias,
			pr->provider_id, c->key, on_stored, c),
		    &c->asker);
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
	home = profile_home_path(&env->paths,
	    manifest_agent(env->manifests, pr->agent_id), pr->alias);
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

/* Where the key goes is settled once, now: manifests may change. */
static int
keep_endpoint(const struct env *env, struct profile *pr, char *why, size_t size)
{
	const char *url;
	int err;

	err = manifest_endpoint(
	    manifest_provider(env->manifests, pr->provider_id), pr->endpoint_id,
	    &url, why, size);
	if (err == 0)
		set(&pr->endpoint_url, url);
	return err;
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
	const struct key_offer offer = { .key = &req->key,
		.sealed_id = req->sealed_key_id,
		.sealed = &req->sealed_key,
		.use = { pr->alias, pr->agent_id, pr->provider_id,
		    pr->endpoint_id } };
	struct creation *c;
	char why[WHY_MAX];
	int err;

	if ((err = profile_check(env->manifests, pr, why, sizeof(why))) != 0 ||
	    (err = keep_endpoint(env, pr, why, sizeof(why))) != 0 ||
	    (err = policy_check_profile(
		 env, audit_who_of(p), pr, why, sizeof(why))) != 0 ||
	    (!peer_is_cli(p) &&
		(err = check_offered_cwd(env, pr, why, sizeof(why))) != 0) ||
	    (err = keychain_room(p, why, sizeof(why))) != 0 ||
	    (err = key_open(p, &offer, &key, why, sizeof(why))) != 0 ||
	    /* A dry run may be of everything but the key. */
	    ((key != NULL || !req->dry_run) &&
		(err = key_check(
		     manifest_provider(env->manifests, pr->provider_id), key,
		     why, sizeof(why))) != 0))
		goto refuse;
	err = profile_load(&env->paths, pr->alias, &old, why, sizeof(why));
	profile_free(old);
	if (err != RL_ERR_NOTFOUND) {
		snprintf(why, sizeof(why), "profile %s exists already",
		    pr->alias);
		err = RL_ERR_EXISTS;
		goto refuse;
	}
	if ((err = profile_msg_fits(env, pr, 0, why, sizeof(why))) != 0)
		goto refuse;
	if (!req->dry_run && !alias_reserve(env, pr->alias)) {
		snprintf(why, sizeof(why), "profile %s is being changed by "
		    "another request: try again", pr->alias);
		err = RL_ERR_STATE;
		goto refuse;
	}
	/* A dry run stores nothing, and has reserved nothing. */
	if (key != NULL && !req->dry_run &&
	    (err = audit_event(env, audit_who_of(p), AUDIT_KEY_STORE, pr->alias,
		 AUDIT_INTENT, "provider", pr->provider_id, NULL)) != 0) {
		strlcpy(why, audit_trouble(env), sizeof(why));
		alias_release(env, pr->alias);
		goto refuse;
	}
	c = xcalloc(1, sizeof(*c));
	c->env = env;
	c->asker = asker_of(p, m);
	c->profile = pr;
	c->key = key;
	c->dry_run = req->dry_run;
	/* Nobody is asked for a key that could not be kept. */
	if (manifest_provider(env->manifests, pr->provider_id)->auth_variable !=
	    NULL)
		keystore_choose(env, on_chosen, c);
	else if (c->dry_run) {
		profile_msg_reply(env, &c->asker, pr);
		creation_free(c);
	} else
		create_finish(c);
	return 0;
refuse:
	peer_reply_error(p, m->hdr.id, err, "%s", why);
	profile_free(pr);
	secret_free(key);
	return 0;
}
