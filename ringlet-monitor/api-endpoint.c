/*
 * PROFILE_ENDPOINT: where a profile's key goes.  A profile keeps that itself,
 * so that no manifest can move it; this is the one way to change it.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "err.h"
#include "log.h"
#include "manifest.h"
#include "monitor.h"
#include "profile-msg.h"
#include "profile.h"
#include "xmalloc.h"

#define WHY_MAX 1024

/* The profile as it is, and as it would be. */
static int
find(struct env *env, const struct msg_profile_endpoint *req,
    struct profile **pr, char **from, char *why, size_t size)
{
	const struct manifest_provider *provider;
	const char *id, *url;
	int err;

	if ((err = profile_load(&env->paths, req->alias, pr, why, size)) != 0)
		return err;
	provider = manifest_provider(env->manifests, (*pr)->provider_id);
	if (provider == NULL) {
		snprintf(why, size, "provider %s is not known",
		    (*pr)->provider_id);
		return RL_ERR_NOTFOUND;
	}
	id = *req->endpoint != '\0' ? req->endpoint : (*pr)->endpoint_id;
	err = manifest_endpoint(provider, id, &url, why, size);
	if (err != 0)
		return err;
	if (*url == '\0') {
		snprintf(why, size, "provider %s has no endpoints",
		    provider->id);
		return RL_ERR_INVALID;
	}
	if (*req->expect != '\0' && strcmp(req->expect, url) != 0) {
		snprintf(why, size, "the manifest of provider %s has just "
		    "changed: try again", provider->id);
		return RL_ERR_STATE;
	}
	*from = (*pr)->endpoint_url;
	(*pr)->endpoint_url = xstrdup(url);
	if (id != (*pr)->endpoint_id) {
		free((*pr)->endpoint_id);
		(*pr)->endpoint_id = xstrdup(id);
	}
	return profile_msg_fits(env, *pr, 0, why, size);
}

/* Written down before it is done: from then on the key goes elsewhere. */
static int
change(struct env *env, const struct audit_who *who, const struct profile *pr,
    const char *from, char *why, size_t size)
{
	int err;

	if (!alias_reserve(env, pr->alias)) {
		snprintf(why, size, "profile %s is being changed by another "
		    "request: try again", pr->alias);
		return RL_ERR_STATE;
	}
	err = audit_event(env, who, AUDIT_ENDPOINT, pr->alias, AUDIT_INTENT,
	    "from", from, "to", pr->endpoint_url, NULL);
	if (err != 0)
		strlcpy(why, audit_trouble(env), size);
	else {
		err = profile_set_endpoint(&env->paths, pr->alias,
		    pr->endpoint_id, pr->endpoint_url, why, size);
		(void)audit_event(env, who, AUDIT_ENDPOINT, pr->alias,
		    err == 0 ? AUDIT_OK : AUDIT_FAILED, "from", from, "to",
		    pr->endpoint_url, "why", err != 0 ? why : NULL, NULL);
	}
	alias_release(env, pr->alias);
	return err;
}

/*
 * From the CLI alone: whoever holds a token must not have a key sent where he
 * listens.
 */
int
on_PROFILE_ENDPOINT(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	const struct msg_profile_endpoint *req = m->body;
	struct asker a = asker_of(p, m);
	struct profile *pr = NULL;
	char why[WHY_MAX] = "", *from = NULL;
	int err;

	err = find(env, req, &pr, &from, why, sizeof(why));
	if (err == 0)
		err = policy_check_profile(env, &a.who, pr, why, sizeof(why));
	if (err == 0 && !req->dry_run)
		err = change(env, &a.who, pr, from, why, sizeof(why));
	if (err != 0)
		peer_reply_error(p, m->hdr.id, err, "%s", why);
	else {
		if (!req->dry_run) {
			log_info("profile %s: its key goes to %s", pr->alias,
			    pr->endpoint_url);
			event_profile(env, "changed", pr->alias);
		}
		profile_msg_reply(env, &a, pr);
	}
	free(from);
	profile_free(pr);
	return 0;
}
