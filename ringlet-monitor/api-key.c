/*
 * API keys as requests bring them: opened where they are sealed, and judged;
 * and PROFILE_REKEY, which puts another one in a profile's place.
 *
 * The store replaces a key in one step, so that there is always one: the old
 * or the new.  Where a store does not say how that ended, it is asked.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "apikey.h"
#include "audit.h"
#include "err.h"
#include "keychain.h"
#include "keystore.h"
#include "log.h"
#include "manifest.h"
#include "monitor.h"
#include "policy.h"
#include "profile-msg.h"
#include "profile.h"
#include "secret.h"
#include "session.h"
#include "xmalloc.h"

#define WHY_MAX 1024

/*
 * Hostile ringletd: it can offer a key of its own, which is then that of the
 * profile in question; it cannot open what it forwards, nor have it opened
 * twice, nor use a bound one for another profile.
 */
int
key_open(struct peer *p, const struct key_offer *offer, struct secret **out,
    char *why, size_t size)
{
	struct env *env = peer_env(p);
	bool demanded = env->conf.require_sealed_keys && !peer_is_cli(p);
	char by[512];

	*out = NULL;
	if (offer->sealed->len == 0) {
		if (offer->key->len == 0)
			return 0;
		if (demanded) {
			snprintf(why, size,
			    "api_key is refused over HTTP by %s: send "
			    "sealed_key",
			    policy_setting(
				env, "RequireSealedKeys", by, sizeof(by)));
			return RL_ERR_DENIED;
		}
		*out = secret_new(offer->key->p, offer->key->len);
		return 0;
	}
	if (offer->key->len > 0) {
		strlcpy(
		    why, "give one of api_key and sealed_key, not both", size);
		return RL_ERR_INVALID;
	}
	return sealbox_open(&env->box, offer->sealed_id, offer->sealed->p,
	    offer->sealed->len, &offer->use, demanded, out, why, size);
}

int
key_check(const struct manifest_provider *provider, const struct secret *key,
    char *why, size_t size)
{
	char what[256];

	if (provider->auth_variable == NULL) {
		if (key == NULL)
			return 0;
		snprintf(
		    why, size, "provider %s takes no API key", provider->id);
		return RL_ERR_INVALID;
	}
	if (key == NULL) {
		snprintf(
		    why, size, "API key: provider %s needs one", provider->id);
		return RL_ERR_INVALID;
	}
	if (apikey_check(
		secret_ptr(key), secret_len(key), what, sizeof(what)) == 0)
		return 0;
	snprintf(why, size, "the API key %s", what);
	return RL_ERR_INVALID;
}

const char *
key_advice(const char *store, int err)
{
	if (strcmp(store, KEYCHAIN_VAULT) == 0)
		return "";
	switch (err) {
	case RL_ERR_LOCKED:
		return ": unlock your keyring, and try again";
	case RL_ERR_NOSERVICE:
		return ": start one in this session, and try again";
	case RL_ERR_TIMEOUT:
		return ": it may be asking something on the desktop; try "
		       "again";
	default:
		return "";
	}
}

/* --- another key --- */

struct rekey {
	struct env *env;
	struct asker asker;
	struct profile *profile;
	struct secret *key;
	int err; /* how storing it ended */
	char *text;
};

static void
rekey_free(struct rekey *k)
{
	alias_release(k->env, k->profile->alias);
	profile_free(k->profile);
	secret_free(k->key);
	free(k->text);
	free(k);
}

/* Sessions whose environment has the former key: those that have not ended. */
static void
rekey_reply(struct rekey *k)
{
	struct env *env = k->env;
	struct peer *p = asker_peer(env, &k->asker);
	struct msg_rekeyed body = { .alias = k->profile->alias,
		.keychain = *k->profile->keychain != '\0'
				? k->profile->keychain
				: KEYCHAIN_SECRET_SERVICE };
	const char **ids = xcalloc(env->nsessions + 1, sizeof(*ids));
	char why[WHY_MAX];
	const struct session *s;

	/* The file's own time would be that of the former key. */
	if (profile_set_key_time(&env->paths, k->profile->alias, time(NULL),
		why, sizeof(why)) != 0)
		log_error("%s", why);
	TAILQ_FOREACH (s, &env->sessions, link)
		if (s->state != SST_TERMINATED &&
		    strcmp(s->alias, k->profile->alias) == 0)
			ids[body.sessions.n++] = s->id;
	body.sessions.v = ids;
	(void)audit_event(env, &k->asker.who, AUDIT_KEY_REPLACE,
	    k->profile->alias, AUDIT_OK, "provider", k->profile->provider_id,
	    NULL);
	log_info("profile %s: has another key; %zu sessions go on with the "
		 "former one",
	    k->profile->alias, body.sessions.n);
	event_profile(env, "rekeyed", k->profile->alias);
	if (p != NULL)
		peer_reply(p, k->asker.id, MSG_REKEYED, &body, NULL, 0);
	free(ids);
	rekey_free(k);
}

static void
rekey_refuse(struct rekey *k, const char *outcome)
{
	char why[WHY_MAX];

	snprintf(why, sizeof(why), "profile %s %s: keychain: %s%s",
	    k->profile->alias, outcome, k->text,
	    key_advice(k->profile->keychain, k->err));
	log_warn("%s", why);
	(void)audit_event(k->env, &k->asker.who, AUDIT_KEY_REPLACE,
	    k->profile->alias, AUDIT_FAILED, "why", why, NULL);
	profile_msg_refuse(k->env, &k->asker, k->err, why);
	rekey_free(k);
}

/* What the store has, after it did not say how storing ended. */
static void
on_looked(void *arg, int err, struct secret *key, const char *text)
{
	struct rekey *k = arg;
	bool same = err == 0 &&
		    secret_equal(key, secret_ptr(k->key), secret_len(k->key));

	secret_free(key);
	if (same) {
		log_warn("profile %s: the keychain has the new key, but said: "
			 "%s",
		    k->profile->alias, k->text);
		rekey_reply(k);
	} else if (err == 0)
		rekey_refuse(k, "keeps its former key");
	else if (err == RL_ERR_NOTFOUND)
		rekey_refuse(k, "has no key now");
	else
		rekey_refuse(k, "may have its former key or the new one");
}

static void
on_stored(void *arg, int err, struct secret *key, const char *text)
{
	struct rekey *k = arg;

	(void)key;
	if (err == 0) {
		rekey_reply(k);
		return;
	}
	k->err = err;
	k->text = xstrdup(text);
	if (err == RL_ERR_TIMEOUT || err == RL_ERR_UNAVAILABLE)
		prompt_allow(k->env,
		    keychain_lookup(k->env->keychain, k->profile->keychain,
			k->profile->alias, k->profile->provider_id, on_looked,
			k),
		    &k->asker);
	else
		rekey_refuse(k, "keeps its former key");
}

/* All but the key: whether there can be another. */
static int
rekey_load(struct env *env, const char *alias, struct profile **pr,
    const struct manifest_provider **provider, char *why, size_t size)
{
	int err;

	if ((err = profile_load(&env->paths, alias, pr, why, size)) != 0)
		return err;
	*provider = manifest_provider(env->manifests, (*pr)->provider_id);
	if (*provider == NULL) {
		snprintf(why, size,
		    "profile %s: provider %s is not known any "
		    "more",
		    alias, (*pr)->provider_id);
		return RL_ERR_INVALID;
	}
	if ((*provider)->auth_variable == NULL) {
		snprintf(why, size,
		    "profile %s has no API key: provider %s "
		    "takes none",
		    alias, (*provider)->id);
		return RL_ERR_INVALID;
	}
	if (strcmp((*pr)->keychain, KEYCHAIN_NONE) == 0) {
		snprintf(why, size,
		    "profile %s: its file says that it has no "
		    "key: delete it with --keep-home, and make it again",
		    alias);
		return RL_ERR_STATE;
	}
	return 0;
}

/*
 * Hostile ringletd: with a control token it may replace a profile's key by one
 * that it knows, as the token's holder may; the old one is not told to it.
 */
int
on_PROFILE_REKEY(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	const struct msg_profile_rekey *req = m->body;
	const struct manifest_provider *provider;
	struct key_offer offer = { .key = &req->key,
		.sealed_id = req->sealed_key_id,
		.sealed = &req->sealed_key };
	struct profile *pr = NULL;
	struct secret *key = NULL;
	struct rekey *k;
	char why[WHY_MAX];
	int err;

	if ((err = rekey_load(
		 env, req->alias, &pr, &provider, why, sizeof(why))) != 0 ||
	    (err = policy_check_profile(
		 env, audit_who_of(p), pr, why, sizeof(why))) != 0 ||
	    (err = policy_verdict(env, audit_who_of(p), pr->alias,
		 policy_may_keychain(
		     env->policy, pr->keychain, why, sizeof(why)),
		 why)) != 0 ||
	    (err = keychain_room(p, why, sizeof(why))) != 0 ||
	    (err = keystore_ready(env, pr->keychain, why, sizeof(why))) != 0)
		goto refuse;
	offer.use = (struct sealbox_use){ pr->alias, pr->agent_id,
		pr->provider_id, pr->endpoint_id };
	if ((err = key_open(p, &offer, &key, why, sizeof(why))) != 0 ||
	    (err = key_check(provider, key, why, sizeof(why))) != 0)
		goto refuse;
	if (!alias_reserve(env, pr->alias)) {
		snprintf(why, sizeof(why),
		    "profile %s is being changed by "
		    "another request: try again",
		    pr->alias);
		err = RL_ERR_STATE;
		goto refuse;
	}
	if ((err = audit_event(env, audit_who_of(p), AUDIT_KEY_REPLACE,
		 pr->alias, AUDIT_INTENT, "provider", pr->provider_id,
		 NULL)) != 0) {
		strlcpy(why, audit_trouble(env), sizeof(why));
		alias_release(env, pr->alias);
		goto refuse;
	}
	k = xcalloc(1, sizeof(*k));
	k->env = env;
	k->asker = asker_of(p, m);
	k->profile = pr;
	k->key = key;
	prompt_allow(env,
	    keychain_store(env->keychain, pr->keychain, pr->alias,
		pr->provider_id, key, on_stored, k),
	    &k->asker);
	return 0;
refuse:
	peer_reply_error(p, m->hdr.id, err, "%s", why);
	profile_free(pr);
	secret_free(key);
	return 0;
}
