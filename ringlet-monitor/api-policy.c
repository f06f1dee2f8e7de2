/*
 * The policy in the running monitor: when it is read, where it is asked, what
 * is written down of it, and the request that shows it.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "audit.h"
#include "err.h"
#include "grant.h"
#include "log.h"
#include "manifest.h"
#include "monitor.h"
#include "policy.h"
#include "profile.h"
#include "xmalloc.h"

#define WHY_MAX	  1024
#define SHOWN_MAX 8192 /* bytes of a value */
#define STATE_MAX 256  /* bytes of the file with the last hash */

/* --- reading it --- */

int
policy_load(struct env *env, char *why, size_t size)
{
	struct policy *fresh;
	int r;

	if ((r = policy_read(env->paths.policy_file, 0, &fresh, why, size)) !=
	    0)
		return r;
	policy_free(env->policy);
	env->policy = fresh;
	return 0;
}

void
policy_tell(struct env *env)
{
	const char *keyword;
	char *value;

	if (env->policy == NULL)
		return;
	log_info("policy: %s holds", policy_file(env->policy));
	for (size_t i = 0; i < CONF_KEYWORDS_MAX; i++) {
		if (env->conf.from[i].policy == 0)
			continue;
		if ((value = conf_value(&env->conf, i, &keyword)) != NULL)
			log_info("policy: %s is %s (%s line %u)", keyword,
			    value, policy_file(env->policy),
			    env->conf.from[i].policy);
		free(value);
	}
}

void
policy_note(struct env *env)
{
	const char *hash = policy_hash(env->policy);
	const char *file = env->paths.policy_state;
	char *was = NULL;
	size_t len;

	if (paths_read_file(file, STATE_MAX, &was, &len) != 0)
		was = NULL;
	else
		was[strcspn(was, "\n")] = '\0';
	/* That there is none, as always, is no news. */
	if (strcmp(was != NULL ? was : "none", hash) != 0) {
		log_info("policy: it has changed since it was last read");
		(void)audit_event(env, &audit_monitor, AUDIT_POLICY,
		    env->paths.policy_file, AUDIT_OK, "hash", hash, "was",
		    was != NULL ? was : "none", NULL);
		if (paths_write_file(file, hash, strlen(hash)) != 0)
			log_warn("%s: cannot be written", file);
	}
	free(was);
}

int
policy_reload(struct env *env)
{
	char why[WHY_MAX];

	if (policy_load(env, why, sizeof(why)) != 0) {
		log_error("%s: the policy stays as it was", why);
		(void)audit_event(env, &audit_monitor, AUDIT_POLICY,
		    env->paths.policy_file, AUDIT_FAILED, "why", why, NULL);
		free(env->policy_trouble);
		env->policy_trouble = xstrdup(why);
		return RL_ERR_INVALID;
	}
	free(env->policy_trouble);
	env->policy_trouble = NULL;
	policy_note(env);
	return 0;
}

/* --- asking it --- */

int
policy_verdict(struct env *env, const struct audit_who *who, const char *object,
    int err, const char *why)
{
	if (err == RL_ERR_DENIED && who != NULL)
		(void)audit_event(env, who, AUDIT_POLICY_REFUSE, object,
		    AUDIT_REFUSED, "why", why, NULL);
	return err;
}

const char *
policy_setting(
    const struct env *env, const char *keyword, char *text, size_t size)
{
	unsigned line = env->conf.from[conf_keyword_find(keyword)].policy;

	if (line == 0)
		snprintf(text, size, "the setting %s", keyword);
	else
		snprintf(text, size, "%s (%s line %u)", keyword,
		    policy_file(env->policy), line);
	return text;
}

static int
may_manifest(struct env *env, enum manifest_kind kind, const char *id,
    char *why, size_t size)
{
	const char *source =
	    manifest_source(env->manifests, kind, id, 0, NULL);

	return source == NULL
		   ? 0
		   : policy_may_manifest(env->policy, id, source, why, size);
}

static int
may_profile(struct env *env, const struct profile *pr, char *why, size_t size)
{
	const struct manifest_provider *provider =
	    manifest_provider(env->manifests, pr->provider_id);
	const char *url = pr->endpoint_url;

	if (policy_may_agent(env->policy, pr->agent_id, why, size) != 0 ||
	    policy_may_provider(env->policy, pr->provider_id, why, size) != 0)
		return RL_ERR_DENIED;
	if (provider == NULL)
		return 0; /* which is told elsewhere */
	if (may_manifest(env, MANIFEST_AGENT, pr->agent_id, why, size) != 0 ||
	    may_manifest(env, MANIFEST_PROVIDER, pr->provider_id, why, size) !=
		0)
		return RL_ERR_DENIED;
	if (*url == '\0' && manifest_endpoint(provider, pr->endpoint_id, &url, why, size) != 0)
		return RL_ERR_INVALID;
	return policy_may_endpoint(env->policy, url, why, size);
}

int
policy_check_profile(struct env *env, const struct audit_who *who,
    const struct profile *pr, char *why, size_t size)
{
	return policy_verdict(
	    env, who, pr->alias, may_profile(env, pr, why, size), why);
}

int
policy_check_unjailed(struct env *env, bool cli, char *why, size_t size)
{
	char by[WHY_MAX];

	if (env->conf.no_sandbox == CONF_UNJAILED_HTTP ||
	    (cli && env->conf.no_sandbox == CONF_UNJAILED_CLI))
		return 0;
	policy_setting(env, "NoSandbox", by, sizeof(by));
	if (cli)
		snprintf(why, size,
		    "an agent without a jail: refused by %s: "
		    "'ringlet profiles run --remote' starts it in one",
		    by);
	else if (env->conf.no_sandbox == CONF_UNJAILED_NEVER)
		snprintf(why, size, "no_sandbox: refused by %s", by);
	else
		snprintf(why, size,
		    "no_sandbox: refused over HTTP by %s: use "
		    "'ringlet profiles run --remote --no-sandbox'",
		    by);
	return RL_ERR_DENIED;
}

/*
 * What the manifest of its agent has shown is a grant of whoever wrote it,
 * unless it is built in: a user can write one, and sign a registry.
 */
static int
may_binds(struct env *env, const char *agent_id, char *why, size_t size)
{
	const struct manifest_agent *agent =
	    manifest_agent(env->manifests, agent_id);
	const char *const *b = agent == NULL ? NULL : agent->binds;
	enum manifest_source source = MANIFEST_USER;
	struct grant g = { .kind = GRANT_RO };
	int r = 0;

	(void)manifest_source(
	    env->manifests, MANIFEST_AGENT, agent_id, 0, &source);
	for (; r == 0 && source != MANIFEST_BUILTIN && b != NULL && *b != NULL;
	     b++) {
		g.value = (char *)(uintptr_t)*b;
		r = policy_may_grant(env->policy, &g, why, size);
	}
	return r;
}

static int
may_grants(struct env *env, const struct profile *pr, char *why, size_t size)
{
	struct grant g;
	int r = may_binds(env, pr->agent_id, why, size);

	for (size_t i = 0;
	     r == 0 && pr->grants != NULL && pr->grants[i] != NULL; i++)
		if ((r = grant_parse(pr->grants[i], &g, why, size)) == 0)
			r = policy_may_grant(env->policy, &g, why, size);
	return r;
}

static int
may_key(struct env *env, const struct profile *pr, char *why, size_t size)
{
	const struct manifest_provider *provider =
	    manifest_provider(env->manifests, pr->provider_id);
	int r;

	if (provider == NULL || provider->auth_variable == NULL)
		return 0;
	if ((r = policy_may_keychain(env->policy, pr->keychain, why, size)) !=
	    0)
		return r;
	return policy_may_key(env->policy, pr->alias, profile_key_time(pr),
	    time(NULL), why, size);
}

int
policy_check_run(struct env *env, const struct audit_who *who,
    const struct profile *pr, const struct policy_run *run, char *why,
    size_t size)
{
	int r;

	r = may_profile(env, pr, why, size);
	if (r == 0 && !run->jailed && !run->check)
		r = policy_check_unjailed(env, run->cli, why, size);
	if (r == 0 && run->jailed)
		r = may_grants(env, pr, why, size);
	if (r == 0 && !run->check && (r = may_key(env, pr, why, size)) == 1) {
		log_warn("%s", why);
		r = 0;
	}
	return policy_verdict(env, who, pr->alias, r, why);
}

int
policy_check_registry(struct env *env, const struct audit_who *who,
    const char *url, char *why, size_t size)
{
	static const char file[] = "file://";
	const char *name = url;
	char *real = NULL;
	int r;

	if (strncmp(url, file, sizeof(file) - 1) == 0)
		name += sizeof(file) - 1;
	/* One that is not there is asked of by the name that it was given. */
	if (*name == '/')
		real = realpath(name, NULL);
	r = policy_may_registry(
	    env->policy, real != NULL ? real : url, NULL, why, size);
	free(real);
	return policy_verdict(env, who, "registry", r, why);
}

char *
policy_profile_notice(struct env *env, const struct profile *pr)
{
	char why[WHY_MAX];

	return may_key(env, pr, why, sizeof(why)) == 0 ? NULL : xstrdup(why);
}

/* --- showing it --- */

/* What a setting is from, for people. */
static char *
origin(const struct env *env, const struct conf_from *from)
{
	const char *file =
	    env->given.file != NULL ? env->given.file : env->paths.conf_file;
	char *user, *both;

	if (from->source == CONF_FROM_FILE)
		user = xasprintf("%s line %u", file, from->line);
	else
		user = xstrdup(
		    from->source == CONF_FROM_OPTION ? "-o" : "default");
	if (from->policy == 0)
		return user;
	both = xasprintf(
	    "%s line %u, over %s", env->paths.policy_file, from->policy, user);
	free(user);
	return both;
}

/* A list that is longer than a field ends in dots. */
static char *
shorten(char *value)
{
	size_t at = SHOWN_MAX - 3;

	if (strlen(value) <= SHOWN_MAX)
		return value;
	while (at > 0 && ((unsigned char)value[at] & 0xc0) == 0x80)
		at--;
	memcpy(value + at, "...", 4);
	return value;
}

/*
 * Hostile ringletd: with a token that may do all it learns what is set, and by
 * which file; no setting is a secret.
 */
int
on_POLICY_SHOW(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	struct msg_policy_setting settings[CONF_KEYWORDS_MAX];
	struct msg_policy_rule rules[PK_MAX];
	char *held[2 * CONF_KEYWORDS_MAX + PK_MAX];
	struct msg_policy body = { .file = env->paths.policy_file,
		.there = env->policy != NULL,
		.hash = policy_hash(env->policy),
		.trouble = env->policy_trouble };
	size_t n = 0, nheld = 0;
	const char *keyword;
	unsigned line;
	char *value;

	for (; n < CONF_KEYWORDS_MAX &&
	       (value = conf_value(&env->conf, n, &keyword)) != NULL;
	     n++) {
		held[nheld++] = shorten(value);
		held[nheld++] = origin(env, &env->conf.from[n]);
		settings[n] = (struct msg_policy_setting){ .keyword = keyword,
			.value = value,
			.origin = held[nheld - 1],
			.forced = env->conf.from[n].policy != 0 };
	}
	for (size_t k = 0; k < PK_MAX; k++) {
		line = 0;
		if ((value = policy_value(env->policy, k, &line)) != NULL)
			held[nheld++] = shorten(value);
		rules[k] =
		    (struct msg_policy_rule){ .keyword = policy_keyword_name(k),
			    .value = value,
			    .line = line };
	}
	body.settings = (struct msg_recs){ settings, n };
	body.rules = (struct msg_recs){ rules, PK_MAX };
	peer_reply_long(p, m->hdr.id, MSG_POLICY, &body,
	    "the policy and the settings are too long to be shown");
	while (nheld > 0)
		free(held[--nheld]);
	return 0;
}
