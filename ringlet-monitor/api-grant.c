/*
 * What profiles' jails get beyond the default: asked for by the CLI alone.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "err.h"
#include "fdpass.h"
#include "grant.h"
#include "jailcheck.h"
#include "log.h"
#include "monitor.h"
#include "policy.h"
#include "profile-msg.h"
#include "profile.h"
#include "xmalloc.h"

#define WHY_MAX 1024

/*
 * The text under which the grant is kept: a path by its own name, so that a
 * link that is put there later means nothing.  For free(), or NULL.
 */
static char *
settle(struct env *env, const char *text, const struct grant *g, int *err,
    char *why, size_t size)
{
	char *real = NULL, *kept = NULL;
	int fd;

	if (g->kind != GRANT_RO && g->kind != GRANT_RW)
		return xstrdup(text);
	fd = open(g->value, O_PATH | O_CLOEXEC);
	if (fd == -1 || (real = jailcheck_real_name(fd)) == NULL) {
		*err = errno == ENOENT ? RL_ERR_NOTFOUND : RL_ERR_INVALID;
		snprintf(why, size, "%s: %s", g->value, strerror(errno));
	} else if ((*err = jailcheck_may_grant(&env->paths, fd, real,
			g->kind == GRANT_RW, why, size)) == 0)
		kept = xasprintf(
		    "%s %s", g->kind == GRANT_RW ? "rw" : "ro", real);
	fd_close(fd);
	free(real);
	return kept;
}

/* What a start would refuse, or not give, is not granted either. */
static int
check_policy(struct env *env, const struct asker *a, const char *alias,
    const struct grant *g, char *why, size_t size)
{
	int err;

	err = policy_may_grant(env->policy, g, why, size);
	if (err == 0 && g->kind == GRANT_LIMIT)
		err = policy_may_limit(
		    env->policy, g->limit, g->number, why, size);
	return policy_verdict(env, &a->who, alias, err, why);
}

/* A name that was mistyped is told before what else may be wrong. */
static int
check_there(struct env *env, const char *alias, char *why, size_t size)
{
	struct profile *pr = NULL;
	int err = profile_load(&env->paths, alias, &pr, why, size);

	profile_free(pr);
	return err;
}

/* Whether there is room for one more where profiles are listed. */
static int
check_room(struct env *env, const char *alias, const char *text, char *why,
    size_t size)
{
	struct profile *pr;
	int err;

	if ((err = profile_load(&env->paths, alias, &pr, why, size)) != 0)
		return err;
	err = profile_msg_fits(env, pr, strlen(text) + 8, why, size);
	profile_free(pr);
	return err;
}

/* Does it, once it is written down that it is about to be done. */
static int
change(struct env *env, const struct asker *a,
    const struct msg_profile_grant *req, const char *text, char *why,
    size_t size)
{
	/* What makes jails tighter needs nobody's leave. */
	if (!req->revoke &&
	    audit_event(env, &a->who, AUDIT_GRANT, req->alias, AUDIT_INTENT,
		"grant", text, NULL) != 0) {
		strlcpy(why, audit_trouble(env), size);
		return RL_ERR_DENIED;
	}
	return profile_grant(&env->paths, env->manifests, req->alias, text,
	    req->revoke, why, size);
}

/*
 * From the CLI alone: whoever holds a token must not loosen jails.  A grant
 * that would uncover what jails hide is refused here, and again at each start.
 */
int
on_PROFILE_GRANT(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	const struct msg_profile_grant *req = m->body;
	struct asker a = asker_of(p, m);
	char why[WHY_MAX] = "", *text = NULL;
	struct grant g;
	int err;

	err = grant_parse(req->grant, &g, why, sizeof(why));
	if (err == 0)
		err = check_there(env, req->alias, why, sizeof(why));
	if (err == 0 && req->revoke)
		text = xstrdup(req->grant);
	else if (err == 0 && (err = check_policy(env, &a, req->alias, &g, why,
				  sizeof(why))) == 0)
		text = settle(env, req->grant, &g, &err, why, sizeof(why));
	if (err == 0 && !req->revoke)
		err = check_room(env, req->alias, text, why, sizeof(why));
	if (err == 0 && !alias_reserve(env, req->alias)) {
		snprintf(why, sizeof(why), "profile %s is being changed by "
		    "another request: try again", req->alias);
		err = RL_ERR_STATE;
	} else if (err == 0) {
		err = change(env, &a, req, text, why, sizeof(why));
		alias_release(env, req->alias);
	}
	(void)audit_event(env, &a.who, req->revoke ? AUDIT_REVOKE : AUDIT_GRANT,
	    req->alias, err == 0 ? AUDIT_OK : AUDIT_FAILED, "grant",
	    text != NULL ? text : req->grant, "why", err != 0 ? why : NULL,
	    NULL);
	if (err != 0)
		peer_reply_error(p, m->hdr.id, err, "%s", why);
	else {
		log_info("profile %s: %s: %s", req->alias,
		    req->revoke ? "revoked" : "granted", text);
		profile_reply(env, &a, req->alias);
	}
	free(text);
	return 0;
}
