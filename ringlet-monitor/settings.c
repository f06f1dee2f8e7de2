/*
 * The settings: ringlet.conf(5) and the options -o, read at the start and at
 * each SIGHUP.  They hold as a whole or not at all.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "audit.h"
#include "buf.h"
#include "err.h"
#include "keychain.h"
#include "log.h"
#include "monitor.h"
#include "policy.h"
#include "service.h"
#include "vault.h"

#define CONF_FILE_MAX (256 * 1024)
#define NAMES_MAX     4096 /* bytes of the names of all keywords */

int
settings_read(const struct env *env, struct conf *c, char *why, size_t size)
{
	const struct given *given = &env->given;
	const char *file =
	    given->file != NULL ? given->file : env->paths.conf_file;
	char *text;
	size_t len;
	int r;

	conf_defaults(c);
	r = paths_read_file(file, CONF_FILE_MAX, &text, &len);
	if (r == 0) {
		r = conf_parse(c, text, len, file, why, size);
		free(text);
	} else if (r == RL_ERR_NOTFOUND && given->file == NULL)
		r = 0;
	else
		(void)snprintf(why, size, "%s: %s", file, rl_strerror(r));
	for (size_t i = 0; i < given->noptions && r == 0; i++)
		r = conf_parse_option(c, given->options[i], why, size);
	if (r != 0)
		conf_free(c);
	else
		policy_apply(env->policy, c);
	return r;
}

static void
on_told(const char *keyword, const char *value, enum conf_when when, void *arg)
{
	struct buf *names = arg;

	/* Names that do not fit are in the log. */
	(void)buf_putf(names, "%s%s", buf_len(names) > 0 ? " " : "", keyword);
	switch (when) {
	case CONF_AT_ONCE:
		log_info("settings: %s is now %s", keyword, value);
		break;
	case CONF_AT_RESTART:
		log_warn("settings: %s %s holds after 'ringlet daemon "
			 "restart'",
		    keyword, value);
		break;
	case CONF_AT_START:
		log_warn("settings: %s %s holds after 'ringlet daemon stop' "
			 "and a new start",
		    keyword, value);
		break;
	}
}

/*
 * What the policy forbids ends now, also where the user's settings would need a
 * start: ringletd is given what is left.
 */
static void
tighten(struct env *env)
{
	int same_user = env->conf.require_same_user;
	bool full_seal = env->conf.require_full_seal;

	policy_apply(env->policy, &env->conf);
	listen_tighten(env);
	if (env->conf.require_same_user != same_user ||
	    env->conf.require_full_seal != full_seal)
		child_condemn(&env->ringletd, NULL);
	policy_tell(env);
}

/* Takes over what may change; NULL: the policy alone may have. */
static void
take(struct env *env, const struct conf *fresh)
{
	int destination = env->conf.log_destination;
	int facility = env->conf.syslog_facility;
	struct buf *names = buf_new(NAMES_MAX);
	char why[512];

	/* At the level that says more, or nobody learns of the change. */
	if (fresh != NULL && fresh->log_level > env->conf.log_level)
		log_set_level((enum log_level)fresh->log_level);
	if (fresh != NULL &&
	    conf_update(&env->conf, fresh, on_told, names) != 0)
		log_error("settings: they are too long");
	tighten(env);
	if ((env->conf.log_destination != destination ||
		env->conf.syslog_facility != facility) &&
	    logfile_open(env, why, sizeof(why)) != 0) {
		log_error("%s: it stays where it was", why);
		env->conf.log_destination = destination;
		env->conf.syslog_facility = facility;
	}
	log_set_level((enum log_level)env->conf.log_level);
	keychain_set_timeout(env->keychain, env->conf.keychain_timeout_ms,
	    env->conf.keychain_prompt_ms);
	vault_settings(env->vault);
	supervise_settings(env);
	session_keep(env);
	token_watch(env);
	audit_settings(env);
	registry_reload(env);
	(void)buf_put(names, "", 1);
	if (buf_len(names) > 1)
		(void)audit_event(env, &audit_monitor, AUDIT_SETTINGS,
		    "ringlet.conf", AUDIT_OK, "changed",
		    (const char *)buf_ptr(names), NULL);
	buf_free(names);
}

void
settings_reload(struct env *env)
{
	struct conf fresh;
	char why[1024];
	bool told;

	if (env->stopping)
		return;
	told = service_reloading(env);
	if (logfile_open(env, why, sizeof(why)) != 0)
		log_error("%s: it stays where it was", why);
	log_info("settings: reading them again");
	(void)policy_reload(env);
	if (settings_read(env, &fresh, why, sizeof(why)) != 0) {
		log_error("%s: the settings stay as they are", why);
		(void)audit_event(env, &audit_monitor, AUDIT_SETTINGS,
		    "ringlet.conf", AUDIT_FAILED, "why", why, NULL);
		/* A mistake in them must not keep a policy from holding. */
		take(env, NULL);
	} else {
		take(env, &fresh);
		conf_free(&fresh);
	}
	if (told)
		service_ready(env);
}
