/*
 * Requests about the daemon itself, and about what it knows.
 *
 * Hostile ringletd: every row here carries a token that has been judged;
 * nothing here reveals a secret, and no name that it sends is looked at.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent-binary.h"
#include "audit.h"
#include "detect.h"
#include "log.h"
#include "manifest-msg.h"
#include "manifest.h"
#include "monitor.h"
#include "profile.h"
#include "service.h"
#include "xmalloc.h"

/* Unknown after a takeover until it is ready for the first time. */
static const char *
level_of(const struct child *c)
{
	return c->level != NULL ? c->level : "unknown";
}

/* Hostile ringletd: it asks for what it shows anyway; there is no secret. */
int
on_STATUS_GET(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	const struct child *all[] = { &env->ringletd, &env->sandboxer };
	const char *listen[CONF_LISTEN_MAX], *trouble[8];
	char *text;
	struct msg_status s = {
		.version = PACKAGE_VERSION,
		.pid = (uint64_t)getpid(),
		.uptime = (uint64_t)(time(NULL) - env->started),
		.profiles = profile_count(&env->paths),
		.sessions = session_count(env, NULL),
		.listen = { listen, env->nlisteners },
		.seal = level_of(&env->ringletd),
		.jail = level_of(&env->sandboxer),
		.token_file = env->paths.token_file,
		.ringletd_pid = (uint64_t)env->ringletd.proc.pid,
		.sandboxer_pid = (uint64_t)env->sandboxer.proc.pid,
		.restarts = env->restarts,
		.trouble = { trouble, 0 },
		.manager = service_manager(env),
	};

	for (size_t i = 0; i < env->nlisteners; i++) {
		listen[i] = env->listeners[i].address;
		s.handed = s.handed || env->listeners[i].handed;
	}
	if (env->registry_problem != NULL)
		trouble[s.trouble.n++] = xasprintf(
		    "the registry is not used: %s", env->registry_problem);
	for (size_t i = 0; i < 2; i++)
		if ((text = child_trouble(all[i])) != NULL)
			trouble[s.trouble.n++] = text;
	if (env->sandboxer.ready && env->sandboxer.lacks != NULL)
		trouble[s.trouble.n++] = xasprintf("jails are of tier %s: %s",
		    level_of(&env->sandboxer), env->sandboxer.lacks);
	if ((text = watchdog_trouble(env)) != NULL)
		trouble[s.trouble.n++] = text;
	if ((text = listen_trouble(env)) != NULL)
		trouble[s.trouble.n++] = text;
	peer_reply(p, m->hdr.id, MSG_STATUS, &s, NULL, 0);
	while (s.trouble.n > 0)
		free((char *)(uintptr_t)trouble[--s.trouble.n]);
	return 0;
}

/*
 * Hostile ringletd: with a control token that it has seen it can end the
 * daemon, as that token's owner could.  Who it was is written down.
 */
int
on_STOP(struct peer *p, struct msg *m)
{
	log_info("%s asks to stop", peer_name(p));
	(void)audit_event(peer_env(p), audit_who_of(p), AUDIT_STOP, "daemon",
	    AUDIT_INTENT, NULL);
	peer_reply(p, m->hdr.id, MSG_OK, NULL, NULL, 0);
	monitor_stop(peer_env(p));
	return 0;
}

static uint64_t
count_profiles(const struct profile_entry *list, size_t n, const char *agent)
{
	uint64_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += list[i].profile != NULL &&
		    strcmp(list[i].profile->agent_id, agent) == 0;
	return count;
}

/* What there is to say of an agent's manifest, in told and the message. */
static void
fill_manifest(const struct env *env, const struct manifest_agent *from,
    struct manifest_told *told, struct msg_agent *to)
{
	size_t n = 0;

	manifest_tell(env->manifests, MANIFEST_AGENT, from->id, told);
	while (from->types[n] != NULL)
		n++;
	to->id = from->id;
	to->name = from->name;
	to->provider_types =
	    (struct msg_strs){ (const char **)(uintptr_t)from->types, n };
	to->install = from->install;
	to->source = told->source;
	to->shadows = told->strs;
	to->damage = told->damage;
}

/*
 * Hostile ringletd: it learns which programs there are.  Those that are run for
 * their version are found by us, and each but once a day.
 */
int
on_AGENT_LIST(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	const struct msg_agent_list *req = m->body;
	struct profile_entry *profiles = NULL;
	struct agent_binary *found;
	struct manifest_told *told;
	struct msg_agent *list;
	struct msg_agents body;
	size_t n, most, nprofiles = 0;
	const struct manifest_agent *const *agents =
	    manifest_agents(env->manifests, &n);
	const char *const *search = NULL;
	struct detected *d;
	char why[512];

	if (peer_is_cli(p))
		search = (const char *const *)req->search_path.v;

	if (profile_list(&env->paths, &profiles, &nprofiles, why,
		sizeof(why)) != 0)
		log_warn("%s", why);
	most = n + 2 * MANIFESTS_MAX; /* and those that are broken */
	list = xcalloc(most, sizeof(*list));
	found = xcalloc(n, sizeof(*found));
	told = xcalloc(most, sizeof(*told));
	d = xcalloc(n, sizeof(*d));
	for (size_t i = 0; i < n; i++) {
		fill_manifest(env, agents[i], &told[i], &list[i]);
		list[i].binary = agents[i]->binary;
		list[i].profile_count =
		    count_profiles(profiles, nprofiles, agents[i]->id);
		list[i].installed = agent_binary_find(agents[i],
					env->paths.home, search, &found[i],
					why, sizeof(why)) == 0;
		if (list[i].installed) {
			list[i].binary_path = found[i].path;
			detect_version(env, agents[i], &found[i], &d[i]);
			list[i].version = d[i].version;
			list[i].version_from = d[i].from;
			list[i].version_why = d[i].why;
		}
	}
	body.list = (struct msg_recs){ list, n };
	while (body.list.n < most &&
	    manifest_tell_broken(env->manifests, MANIFEST_AGENT,
		body.list.n - n, &told[body.list.n])) {
		list[body.list.n].id = told[body.list.n].id;
		list[body.list.n].damage = told[body.list.n].damage;
		body.list.n++;
	}
	peer_reply(p, m->hdr.id, MSG_AGENTS, &body, NULL, 0);
	for (size_t i = 0; i < n; i++)
		agent_binary_clear(&found[i]);
	for (size_t i = 0; i < body.list.n; i++)
		manifest_told_clear(&told[i]);
	free(told);
	free(found);
	free(d);
	free(list);
	profile_list_free(profiles, nprofiles);
	return 0;
}

static void
fill_provider(const struct env *env, struct msg_provider *to,
    struct manifest_told *told, const struct manifest_provider *from)
{
	struct msg_endpoint *ep;
	size_t n = 0;

	to->id = from->id;
	to->name = from->name;
	to->type = from->type;
	to->default_endpoint = from->default_endpoint;
	to->auth_variable = from->auth_variable;
	while (from->endpoints != NULL && from->endpoints[n].id != NULL)
		n++;
	ep = xcalloc(n + 1, sizeof(*ep));
	for (size_t i = 0; i < n; i++) {
		ep[i].id = from->endpoints[i].id;
		ep[i].url = from->endpoints[i].url;
	}
	to->endpoints = (struct msg_recs){ ep, n };
	for (n = 0; from->models != NULL && from->models[n] != NULL;)
		n++;
	to->models = (struct msg_strs){
		(const char **)(uintptr_t)from->models, n
	};
	manifest_tell(env->manifests, MANIFEST_PROVIDER, from->id, told);
	to->source = told->source;
	to->shadows = told->strs;
	to->damage = told->damage;
}

/* Hostile ringletd: nothing of it is used, and manifests hold no secret. */
int
on_PROVIDER_LIST(struct peer *p, struct msg *m)
{
	const struct env *env = peer_env(p);
	size_t n, most;
	const struct manifest_provider *const *from =
	    manifest_providers(env->manifests, &n);
	struct msg_provider *list;
	struct manifest_told *told;
	struct msg_providers body;

	most = n + 2 * MANIFESTS_MAX;
	list = xcalloc(most, sizeof(*list));
	told = xcalloc(most, sizeof(*told));
	for (size_t i = 0; i < n; i++)
		fill_provider(env, &list[i], &told[i], from[i]);
	body.list = (struct msg_recs){ list, n };
	while (body.list.n < most &&
	    manifest_tell_broken(env->manifests, MANIFEST_PROVIDER,
		body.list.n - n, &told[body.list.n])) {
		list[body.list.n].id = told[body.list.n].id;
		list[body.list.n].damage = told[body.list.n].damage;
		body.list.n++;
	}
	peer_reply(p, m->hdr.id, MSG_PROVIDERS, &body, NULL, 0);
	for (size_t i = 0; i < body.list.n; i++) {
		free(list[i].endpoints.v);
		manifest_told_clear(&told[i]);
	}
	free(told);
	free(list);
	return 0;
}
