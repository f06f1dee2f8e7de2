/*
 * doctor: looks at all that Ringlet needs, says what is wrong, and how to mend
 * it.  It changes nothing but what --remove-orphans deletes, starts no daemon,
 * and goes on where something fails.
 */

#include "config.h"

#include <sys/stat.h>
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "fdpass.h"
#include "ringlet-sandboxer/jail-landlock.h"
#include "ringlet-sandboxer/jail-probe.h"
#include "ringlet.h"
#include "strlist.h"
#include "tier.h"
#include "xmalloc.h"

#define ASK_MS	 (180 * 1000) /* as for any request; keychains may be slow */
#define CONF_MAX (1024 * 1024)

enum verdict { FINE, WARN, FAIL };

struct doctor {
	struct cli *cli;
	json_t *checks;
	json_t *orphans;
	json_t *missing;
	struct strlist agents, providers; /* ids of those that there are */
	unsigned failed;
};

static void __attribute__((__format__(printf, 4, 5)))
say(struct doctor *d, enum verdict v, const char *what, const char *fmt, ...)
{
	static const char *const words[] = { "ok", "warn", "FAIL" };
	char *raw, *safe;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&raw, fmt, ap) == -1)
		raw = xstrdup("out of memory");
	va_end(ap);
	safe = text_safe(raw);
	if (v == FAIL)
		d->failed++;
	if (d->cli->json)
		json_array_append_new(
		    d->checks, json_pack("{s:s, s:s, s:s}", "verdict", words[v],
				   "what", what, "text", safe));
	else
		printf("%-4s %s: %s\n", words[v], what, safe);
	free(safe);
	free(raw);
}

/* --- files --- */

/* Whether it is ours, and closed to others as far as mask says. */
static bool
check_owner(struct doctor *d, const char *what, const char *path,
    const struct stat *st, mode_t mask)
{
	if (st->st_uid != geteuid())
		say(d, FAIL, what, "%s: belongs to uid %lu: give it to you",
		    path, (unsigned long)st->st_uid);
	else if ((st->st_mode & mask) != 0)
		say(d, FAIL, what, "%s: open to other users: chmod %s %s", path,
		    S_ISDIR(st->st_mode) ? "700" : "600", path);
	else
		return true;
	return false;
}

static void
check_folder(struct doctor *d, const char *what, const char *path)
{
	struct stat st;

	if (lstat(path, &st) == -1) {
		if (errno == ENOENT)
			say(d, FINE, what, "%s: is made when it is needed",
			    path);
		else
			say(d, FAIL, what, "%s: %s", path, strerror(errno));
	} else if (!S_ISDIR(st.st_mode))
		say(d, FAIL, what, "%s: not a folder: move it away", path);
	else if (check_owner(d, what, path, &st, 077))
		say(d, FINE, what, "%s", path);
}

/* A file that may be missing; true: it is there, and well. */
static bool
check_file(struct doctor *d, const char *what, const char *path, mode_t mask)
{
	struct stat st;

	if (lstat(path, &st) == -1) {
		if (errno == ENOENT)
			say(d, FINE, what, "%s: there is none yet", path);
		else
			say(d, FAIL, what, "%s: %s", path, strerror(errno));
		return false;
	}
	if (!S_ISREG(st.st_mode)) {
		say(d, FAIL, what, "%s: not a regular file: move it away",
		    path);
		return false;
	}
	return check_owner(d, what, path, &st, mask);
}

static void
check_settings(struct doctor *d)
{
	const char *path = d->cli->paths.conf_file;
	char why[1024], *text;
	struct conf c;
	size_t len;
	int r;

	if (!check_file(d, "settings", path, 022))
		return;
	if ((r = paths_read_file(path, CONF_MAX, &text, &len)) != 0) {
		say(d, FAIL, "settings", "%s: %s", path, rl_strerror(r));
		return;
	}
	conf_defaults(&c);
	if (conf_parse(&c, text, len, path, why, sizeof(why)) != 0)
		say(d, FAIL, "settings", "%s", why);
	else
		say(d, FINE, "settings", "%s", path);
	conf_free(&c);
	free(text);
}

/* Profiles say what is run with a key: nobody else may write them. */
static void
check_profile_files(struct doctor *d)
{
	const char *folder = d->cli->paths.profile_dir;
	const struct dirent *e;
	struct stat st;
	unsigned n = 0, bad = 0;
	char *path;
	DIR *dir;

	check_folder(d, "profiles", folder);
	if ((dir = opendir(folder)) == NULL)
		return;
	while ((e = readdir(dir)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		path = xasprintf("%s/%s", folder, e->d_name);
		n++;
		if (lstat(path, &st) == 0 &&
		    !check_owner(d, "profiles", path, &st, 022))
			bad++;
		free(path);
	}
	closedir(dir);
	if (bad == 0)
		say(d, FINE, "profiles", "%u of them", n);
}

static void
check_files(struct doctor *d)
{
	const struct paths *p = &d->cli->paths;

	check_folder(d, "settings folder", p->config_dir);
	check_folder(d, "data folder", p->data_dir);
	check_folder(d, "state folder", p->state_dir);
	check_folder(d, "runtime folder", p->runtime_dir);
	check_settings(d);
	if (check_file(d, "token", p->token_file, 077))
		say(d, FINE, "token", "%s", p->token_file);
	if (check_file(d, "further tokens", p->tokens_file, 077))
		say(d, FINE, "further tokens", "%s", p->tokens_file);
	check_profile_files(d);
}

/* --- jails --- */

static void
check_jail(struct doctor *d)
{
	struct jail_probe_with with = { .bwrap = PATH_BWRAP,
		.init = d->cli->paths.jail_init,
		.sys = "/proc/sys",
		.landlock = jail_landlock_open() };
	struct jail_probe p;

	if (access(PATH_BWRAP, X_OK) == -1) {
		say(d, FAIL, "bwrap", "%s: %s: install bubblewrap", PATH_BWRAP,
		    strerror(errno));
		goto out;
	}
	say(d, FINE, "bwrap", "%s", PATH_BWRAP);
	jail_probe(&with, &p);
	if (p.tier == TIER_UNAVAILABLE)
		say(d, FAIL, "jail", "none can be built here: %s", p.text);
	else if (p.tier != TIER_FULL)
		say(d, WARN, "jail", "tier %s: %s", tier_name(p.tier), p.text);
	else
		say(d, FINE, "jail",
		    "one was built, of tier full: user "
		    "namespaces can be used");
out:
	if (with.landlock >= 0)
		fd_close(with.landlock);
}

/* --- what the daemon knows --- */

/* Asks it: true and *m for msg_clear(), or says why not. */
static bool
ask(struct doctor *d, uint16_t type, const void *body, uint16_t want,
    const char *what, struct msg *m)
{
	const struct msg_error *e;
	int r;

	if ((r = client_ask(d->cli, type, body, ASK_MS, m)) != 0) {
		say(d, FAIL, what,
		    "the daemon does not answer (%s): it may be of another "
		    "version: `ringlet daemon restart`, and see %s",
		    rl_strerror(r), d->cli->paths.log_file);
		return false;
	}
	if (m->hdr.type == want)
		return true;
	e = m->hdr.type == MSG_ERROR ? m->body : NULL;
	say(d, FAIL, what, "the daemon says: %s",
	    e != NULL ? e->text : m->type->name);
	msg_clear(m);
	return false;
}

static void
check_status(struct doctor *d)
{
	const struct msg_token_only req = { 0 };
	const struct msg_status *s;
	struct msg m;

	if (!ask(d, MSG_STATUS_GET, &req, MSG_STATUS, "daemon", &m))
		return;
	s = m.body;
	say(d, FINE, "daemon", "process %llu, version %s",
	    (unsigned long long)s->pid, s->version);
	if (strcmp(s->seal, "full") != 0)
		say(d, WARN, "front-end", "its seal is %s: see ringletd(8)",
		    s->seal);
	for (size_t i = 0; i < s->trouble.n; i++)
		say(d, FAIL, "daemon", "%s", s->trouble.v[i]);
	msg_clear(&m);
}

/* A profile whose manifests are gone or left out can be seen, but not run. */
static void
check_profile(struct doctor *d, const struct msg_profile *p)
{
	/* Some are built in: none at all means that nobody has said. */
	bool agent = d->agents.n == 0 || strlist_has(&d->agents, p->agent_id);
	bool provider = d->providers.n == 0 ||
	    strlist_has(&d->providers, p->provider_id);

	if (*p->damage != '\0')
		say(d, FAIL, "profiles",
		    "%s is damaged: %s: mend its file, or `ringlet "
		    "profiles delete %s`",
		    p->alias, p->damage, p->alias);
	else if (!agent || !provider)
		say(d, FAIL, "profiles",
		    "%s cannot run, as there is no %s '%s': bring its manifest "
		    "back, or `ringlet profiles delete %s`",
		    p->alias, agent ? "provider" : "agent",
		    agent ? p->provider_id : p->agent_id, p->alias);
}

static void
check_profiles(struct doctor *d)
{
	const struct msg_token_only req = { 0 };
	const struct msg_profiles *list;
	const struct msg_profile *p;
	struct msg m;

	if (!ask(d, MSG_PROFILE_LIST, &req, MSG_PROFILES, "profiles", &m))
		return;
	list = m.body;
	p = list->list.v;
	for (size_t i = 0; i < list->list.n; i++)
		check_profile(d, &p[i]);
	msg_clear(&m);
}

/* One that is left out, and one that would hold without the user's. */
static void
check_manifest(struct doctor *d, const char *kind, const char *id,
    const char *source, const struct msg_strs *shadows, const char *damage)
{
	if (*damage != '\0')
		say(d, FAIL, "manifests",
		    "%s: it is left out%s: mend it, see ringlet-manifest(5), "
		    "and send the daemon a SIGHUP", damage,
		    *source != '\0' ? ", and another of its id holds" : "");
	for (size_t i = 0; i < shadows->n; i++)
		if (strcmp(shadows->v[i], "built-in") != 0)
			say(d, WARN, "manifests",
			    "%s %s: %s holds, and not %s", kind, id, source,
			    shadows->v[i]);
}

static void
check_manifests(struct doctor *d)
{
	const struct msg_agent_list all = { .token = { NULL, 0 } };
	const struct msg_token_only req = { 0 };
	const struct msg_agents *agents;
	const struct msg_agent *a;
	const struct msg_providers *providers;
	const struct msg_provider *p;
	struct msg m;

	if (ask(d, MSG_AGENT_LIST, &all, MSG_AGENTS, "manifests", &m)) {
		agents = m.body;
		a = agents->list.v;
		for (size_t i = 0; i < agents->list.n; i++) {
			check_manifest(d, "agent", a[i].id, a[i].source,
			    &a[i].shadows, a[i].damage);
			if (*a[i].source != '\0')
				strlist_add(&d->agents, a[i].id);
		}
		msg_clear(&m);
	}
	if (ask(d, MSG_PROVIDER_LIST, &req, MSG_PROVIDERS, "manifests", &m)) {
		providers = m.body;
		p = providers->list.v;
		for (size_t i = 0; i < providers->list.n; i++) {
			check_manifest(d, "provider", p[i].id, p[i].source,
			    &p[i].shadows, p[i].damage);
			if (*p[i].source != '\0')
				strlist_add(&d->providers, p[i].id);
		}
		msg_clear(&m);
	}
}

/* What to do about a keychain that does not tell. */
static const char *
keychain_advice(const struct msg_keys_store *k)
{
	switch (k->code) {
	case RL_ERR_LOCKED:
		/* How the vault is unlocked, its own words say. */
		return strcmp(k->name, "vault") == 0
			   ? ": what it holds is unknown"
			   : ": unlock it; what it holds is unknown";
	case RL_ERR_NOSERVICE:
		return ": start a Secret Service in this session";
	case RL_ERR_TIMEOUT:
		return ": it may be asking something on the desktop";
	default:
		return "";
	}
}

/* One that no profile uses need not be there, if another is. */
static void
print_store(
    struct doctor *d, const struct msg_keys_store *k, bool another_works)
{
	char *what = xasprintf("keychain %s", k->name);
	enum verdict v;

	if (k->code == 0)
		say(d, FINE, what, "%s: keys: %llu, profiles: %llu", k->text,
		    (unsigned long long)k->keys,
		    (unsigned long long)k->profiles);
	else if (k->profiles == 0 && another_works)
		say(d, FINE, what, "not used by any profile: %s", k->text);
	else {
		v = k->profiles == 0 || k->code == RL_ERR_LOCKED ? WARN : FAIL;
		say(d, v, what, "%s%s (profiles: %llu)", k->text,
		    keychain_advice(k), (unsigned long long)k->profiles);
	}
	free(what);
}

static void
print_stores(struct doctor *d, const struct msg_recs *recs)
{
	const struct msg_keys_store *k = recs->v;
	size_t works = 0;

	for (size_t i = 0; i < recs->n; i++)
		works += k[i].code == 0;
	for (size_t i = 0; i < recs->n; i++)
		print_store(d, &k[i], works > 0);
}

static json_t *
item_json(const struct msg_keys_item *i)
{
	return json_pack("{s:s, s:s, s:s, s:b}", "keychain", i->keychain,
	    "profile", i->profile, "provider", i->provider, "in_use",
	    i->in_use ? 1 : 0);
}

/* Deletes what is nobody's, each after asking. */
static void
remove_orphan(
    struct doctor *d, const struct args *args, const struct msg_keys_item *i)
{
	const struct msg_orphan_delete req = { .keychain = i->keychain,
		.profile = i->profile };
	char *raw, *question;
	bool yes = opt_has(args, 'y');
	struct msg m;

	if (!yes) {
		raw = xasprintf("Delete the key of %s for %s in %s?",
		    i->profile, i->provider, i->keychain);
		question = text_safe(raw);
		yes = prompt_yes(question);
		free(question);
		free(raw);
	}
	if (!yes) {
		say(d, WARN, "orphan", "the key of %s for %s stays in %s",
		    i->profile, i->provider, i->keychain);
		return;
	}
	if (!ask(d, MSG_ORPHAN_DELETE, &req, MSG_OK, "orphan", &m))
		return;
	msg_clear(&m);
	say(d, FINE, "orphan", "the key of %s was deleted from %s", i->profile,
	    i->keychain);
}

static void
check_orphans(
    struct doctor *d, const struct args *args, const struct msg_recs *recs)
{
	const struct msg_keys_item *i = recs->v;

	for (size_t n = 0; n < recs->n; n++, i++) {
		json_array_append_new(d->orphans, item_json(i));
		if (i->in_use)
			say(d, WARN, "orphan",
			    "%s has in %s a key for %s, which its profile "
			    "does not use: `ringlet profiles rekey %s` "
			    "removes it",
			    i->profile, i->keychain, i->provider, i->profile);
		else if (opt_has(args, OPT_REMOVE_ORPHANS))
			remove_orphan(d, args, i);
		else
			say(d, WARN, "orphan",
			    "%s has a key of %s for %s, and no profile uses "
			    "it: `ringlet doctor --remove-orphans` deletes it",
			    i->keychain, i->profile, i->provider);
	}
}

/* Where the next key goes, by the setting Keychain. */
static void
check_choice(struct doctor *d)
{
	const struct msg_keychain_status req = { .brief = false };
	const struct msg_keychain_state *s;
	struct msg m;
	bool good;

	if (!ask(d, MSG_KEYCHAIN_STATUS, &req, MSG_KEYCHAIN_STATE, "new keys",
		&m))
		return;
	s = m.body;
	good = strcmp(s->store, "vault") == 0 ? s->vault_there && s->vault_open
					      : s->service == 0;
	if (*s->store == '\0')
		say(d, WARN, "new keys", "have no place: %s", s->text);
	else
		say(d, good ? FINE : WARN, "new keys", "go to %s: %s", s->store,
		    s->text);
	msg_clear(&m);
}

static void
check_keychains(struct doctor *d, const struct args *args)
{
	const struct msg_token_only req = { 0 };
	const struct msg_keys_checked *k;
	const struct msg_keys_item *i;
	struct msg m;

	if (!ask(d, MSG_KEYS_CHECK, &req, MSG_KEYS_CHECKED, "keychain", &m))
		return;
	k = m.body;
	print_stores(d, &k->stores);
	check_choice(d);
	i = k->missing.v;
	for (size_t n = 0; n < k->missing.n; n++) {
		json_array_append_new(d->missing, item_json(&i[n]));
		say(d, FAIL, "profiles",
		    "the key of %s is not in %s: `ringlet profiles rekey %s` "
		    "puts one there",
		    i[n].profile, i[n].keychain, i[n].profile);
	}
	check_orphans(d, args, &k->orphans);
	msg_clear(&m);
}

static void
check_daemon(struct doctor *d, const struct args *args)
{
	char why[1024] = "";
	int r;

	r = client_connect(d->cli, why, sizeof(why));
	if (r == RL_ERR_NOTFOUND)
		say(d, WARN, "daemon",
		    "it does not run, so no keychain was looked into: "
		    "`ringlet daemon` starts it");
	else if (r != 0)
		say(d, FAIL, "daemon", "it cannot be reached: %s",
		    *why != '\0' ? why : rl_strerror(r));
	if (r != 0)
		return;
	check_status(d);
	check_manifests(d);
	check_profiles(d);
	check_keychains(d, args);
}

int
cmd_doctor(struct cli *cli, const struct args *args)
{
	struct doctor d = { .cli = cli };
	bool removing = opt_has(args, OPT_REMOVE_ORPHANS);

	if (opt_has(args, 'y') && !removing)
		return fail_usage(cli, "-y is for --remove-orphans");
	if (removing && !opt_has(args, 'y') && !isatty(STDIN_FILENO))
		return fail_usage(cli,
		    "there is no terminal to ask on: give -y to delete "
		    "orphans");
	d.checks = json_array();
	d.orphans = json_array();
	d.missing = json_array();
	if (geteuid() == 0)
		say(&d, FAIL, "user",
		    "root: Ringlet refuses it: be an ordinary user");
	check_files(&d);
	check_jail(&d);
	check_daemon(&d, args);
	if (cli->json)
		print_json(cli, json_pack("{s:O, s:O, s:O, s:I}", "checks",
				    d.checks, "orphans", d.orphans, "missing",
				    d.missing, "failed", (json_int_t)d.failed));
	json_decref(d.checks);
	json_decref(d.orphans);
	json_decref(d.missing);
	strlist_clear(&d.agents);
	strlist_clear(&d.providers);
	return d.failed == 0 ? STATUS_DONE : STATUS_FAILED;
}
