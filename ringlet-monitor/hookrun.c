/*
 * hookrun.c: from approved hooks to what an agent runs.
 *
 * The settings file in the home belongs to the agent as much as to us: it may
 * have written anything there, and links besides.  home-file.h sees to that.
 * Its member `hooks` is ours alone, and is made anew for each run.
 */

#include "config.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>
#include <sodium.h>

#include "audit.h"
#include "buf.h"
#include "err.h"
#include "fdpass.h"
#include "home-file.h"
#include "hookrun.h"
#include "json.h"
#include "log.h"
#include "manifest.h"
#include "monitor.h"
#include "policy.h"
#include "profile-home.h"
#include "profile.h"
#include "ringlet-sandboxer/jail.h"
#include "valid.h"
#include "xmalloc.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

#define CALL	     "\"$RINGLET_HOOK\" " /* how our commands begin */
#define TIMEOUT_MORE 5		  /* seconds: its own time-out comes first */
#define KEPT_MAX     (256 * 1024) /* bytes kept of others' hooks */
#define FILE_MAX     (HOOK_COMMAND_MAX + HOOK_MATCHER_MAX + 512)

/*
 * Files of the home that Claude Code takes hooks from; the second where the
 * home is the working folder.  Ours go into the first.
 */
static const struct {
	const char *path;
	const char *kept; /* where others' hooks go */
} settings[] = {
	{ ".claude/settings.json", "/left-out.json" },
	{ ".claude/settings.local.json", "/left-out-local.json" },
};

bool
hook_run_supports(const struct manifest_agent *agent)
{
	return agent != NULL && agent->hooks != NULL &&
	    strcmp(agent->hooks, "claude") == 0;
}

static char *
folder_of(const struct env *env, const char *alias, const char *name)
{
	return xasprintf("%s/hooks/%s%s", env->paths.data_dir, alias, name);
}

/* Whether it is approved, and the policy says nothing against it. */
static bool
may_run(const struct env *env, const struct hook *h)
{
	char why[512];

	return hook_is_approved(h) &&
	       policy_may_hook(env->policy, h->command, why, sizeof(why)) == 0;
}

static size_t
count_running(const struct env *env, const struct profile *pr)
{
	size_t n = 0;

	for (size_t i = 0; i < pr->hooks.n; i++)
		n += may_run(env, &pr->hooks.v[i]);
	return n;
}

/* --- what each executes --- */

/*
 * The file of one: ringlet-sandboxer/jail-hook.c reads it.  A session that is
 * about to start waits for no disk: the next one makes it again if need be.
 */
static int
write_file(const struct env *env, const struct profile *pr, size_t i,
    const char *dir, char *why, size_t size)
{
	const struct hook *h = &pr->hooks.v[i];
	const struct msg_hook_text text = hook_text(h);
	char hash[HOOK_HASH_LEN + 1], *path, *old = NULL;
	struct buf *b = buf_new(FILE_MAX);
	size_t len = 0;
	int r;

	(void)env;
	hook_hash(&text, hash);
	path = xasprintf("%s/%s", dir, hash);
	r = buf_putf(b, "%s%c%s%c%llu%c%lld%c%s%c", pr->alias, 0, h->event, 0,
	    (unsigned long long)hooks_index(&pr->hooks, i), 0, h->timeout, 0,
	    h->matcher, 0);
	if (r == 0)
		r = buf_puts(b, h->command);
	if (r == 0 &&
	    (paths_read_file(path, FILE_MAX, &old, &len) != 0 ||
		len != buf_len(b) || memcmp(old, buf_ptr(b), len) != 0))
		r = paths_write_cache(path, buf_ptr(b), buf_len(b));
	if (r != 0)
		snprintf(why, size, "%s: %s", path, rl_strerror(r));
	free(old);
	free(path);
	buf_free(b);
	return r;
}

static bool
is_hash(const struct env *env, const struct profile *pr, const char *name)
{
	for (size_t i = 0; i < pr->hooks.n; i++)
		if (may_run(env, &pr->hooks.v[i]) &&
		    strcmp(pr->hooks.v[i].approved.hash, name) == 0)
			return true;
	return false;
}

/* Files of hooks that are no more; pr NULL: all. */
static void
sweep_files(const struct env *env, const char *dir, const struct profile *pr)
{
	struct dirent *e;
	DIR *d;

	if ((d = opendir(dir)) == NULL)
		return;
	while ((e = readdir(d)) != NULL)
		if (hook_hash_ok(e->d_name) &&
		    (pr == NULL || !is_hash(env, pr, e->d_name)))
			(void)unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
}

static int
write_files(struct env *env, const struct profile *pr, const char *dir,
    char *why, size_t size)
{
	int r;

	if ((r = paths_make_private_dir(dir)) != 0) {
		snprintf(why, size, "%s: %s", dir, rl_strerror(r));
		return r;
	}
	/* A session that runs keeps what it began with. */
	if (session_count(env, pr->alias) == 0)
		sweep_files(env, dir, pr);
	for (size_t i = 0; r == 0 && i < pr->hooks.n; i++)
		if (may_run(env, &pr->hooks.v[i]))
			r = write_file(env, pr, i, dir, why, size);
	return r;
}

void
hook_run_forget(struct env *env, const char *alias)
{
	char *dir = folder_of(env, alias, "/run");
	char *top = folder_of(env, alias, ""), *kept;

	sweep_files(env, dir, NULL);
	(void)rmdir(dir);
	for (size_t i = 0; i < NELEM(settings); i++) {
		kept = folder_of(env, alias, settings[i].kept);
		(void)unlink(kept);
		free(kept);
	}
	if (rmdir(top) == -1 && errno != ENOENT)
		log_warn("%s: %s", top, strerror(errno));
	free(top);
	free(dir);
}

/* --- the agent's settings --- */

/* The member `hooks` that calls those that may run; NULL: there are none. */
static json_t *
render(const struct env *env, const struct profile *pr)
{
	struct msg_hook_text *v = xcalloc(pr->hooks.n + 1, sizeof(*v));
	char hash[HOOK_HASH_LEN + 1];
	json_t *hooks = NULL;
	size_t n = 0;

	for (size_t i = 0; i < pr->hooks.n; i++) {
		if (!may_run(env, &pr->hooks.v[i]))
			continue;
		v[n] = hook_text(&pr->hooks.v[i]);
		hook_hash(&v[n], hash);
		/* A name of ours, an event's and hex digits: no text of his. */
		v[n].command = xasprintf(CALL "%s %s", v[n].event, hash);
		v[n++].timeout += TIMEOUT_MORE;
	}
	if (n > 0)
		hooks = hook_texts_json(v, n);
	while (n > 0)
		free((char *)(uintptr_t)v[--n].command);
	free(v);
	return hooks;
}

static bool
is_ours(const json_t *hook)
{
	const char *command =
	    json_string_value(json_object_get(hook, "command"));

	return command != NULL && strncmp(command, CALL, strlen(CALL)) == 0;
}

/* Takes our own out of an event's list; what is left is another's. */
static size_t
drop_ours(json_t *list)
{
	json_t *entry, *inner;
	size_t left = 0;

	if (!json_is_array(list))
		return 1;
	for (size_t i = json_array_size(list); i-- > 0;) {
		entry = json_array_get(list, i);
		inner = json_object_get(entry, "hooks");
		if (!json_is_array(inner)) {
			left++;
			continue;
		}
		for (size_t k = json_array_size(inner); k-- > 0;)
			if (is_ours(json_array_get(inner, k)))
				json_array_remove(inner, k);
		left += json_array_size(inner);
		if (json_array_size(inner) == 0)
			json_array_remove(list, i);
	}
	return left;
}

/*
 * Keeps hooks that were in the settings and are not the profile's, which are
 * about to be taken out there, where they can be imported from.
 */
static void
keep_others(struct env *env, const struct profile *pr, size_t file, json_t *obj,
    struct strlist *left_out)
{
	json_t *hooks = json_object_get(obj, "hooks"), *doc;
	const char *name = settings[file].path;
	char *path = NULL, *text = NULL;
	size_t left = 0;
	void *it, *next;

	if (hooks == NULL)
		return;
	for (it = json_object_iter(hooks); it != NULL; it = next) {
		const char *event = json_object_iter_key(it);
		size_t n = drop_ours(json_object_iter_value(it));

		next = json_object_iter_next(hooks, it);
		left += n;
		if (n == 0)
			json_object_del(hooks, event);
	}
	if (json_is_object(hooks) && left == 0)
		return;
	doc = json_pack("{s:O}", "hooks", hooks);
	path = folder_of(env, pr->alias, "");
	if (doc != NULL && paths_make_private_dir(path) == 0 &&
	    (text = json_text_of(doc)) != NULL &&
	    strlen(text) <= KEPT_MAX) {
		free(path);
		path = folder_of(env, pr->alias, settings[file].kept);
		if (paths_write_file(path, text, strlen(text)) == 0)
			strlist_addf(left_out,
			    "hooks that were put into ~/%s, "
			    "and not into the profile: 'ringlet hooks import "
			    "%s %s' adds them",
			    name, pr->alias, path);
		else
			strlist_addf(left_out,
			    "hooks that were put into ~/%s, "
			    "and not into the profile",
			    name);
	} else
		strlist_addf(left_out,
		    "hooks that were put into ~/%s, and not "
		    "into the profile; they are too many to keep",
		    name);
	free(text);
	free(path);
	json_decref(doc);
}

/* Whether a variable has other programs run than those of a hook, or none. */
static bool
is_about_hooks(const char *name)
{
	static const char *const begins[] = { "RINGLET_", "CLAUDE_CODE_SHELL",
		"CLAUDE_CODE_SIMPLE" };
	size_t len = strlen(name);

	for (size_t i = 0; i < NELEM(begins); i++)
		if (strncmp(name, begins[i], strlen(begins[i])) == 0)
			return true;
	return valid_env_is_dangerous(name, len) ||
	    valid_env_is_ours(name, len) || strcmp(name, "PATH") == 0;
}

/*
 * The agent sets the variables in its settings before it starts a hook: ours
 * among them would name another program to be it, and those of loaders and
 * shells would make it one.  False: there are none of these; else ours gets
 * the others.
 */
static bool
drop_variables(const json_t *old, size_t file, json_t *ours,
    struct strlist *left_out)
{
	json_t *env = json_deep_copy(json_object_get(old, "env"));
	char shown[128];
	void *it, *next;
	bool any = false;

	for (it = json_object_iter(env); it != NULL; it = next) {
		const char *name = json_object_iter_key(it);

		next = json_object_iter_next(env, it);
		if (!is_about_hooks(name))
			continue;
		strlist_addf(left_out,
		    "\"env\" in ~/%s: %s: the profile has approved hooks",
		    settings[file].path,
		    text_escape(shown, sizeof(shown), name));
		json_object_del(env, name);
		any = true;
	}
	if (any)
		json_object_set(ours, "env", env);
	json_decref(env);
	return any;
}

/*
 * Makes the hooks of one file what they are to be; NULL: it has none.  With
 * hooks of ours, a switch that turns all off goes, too: an agent could
 * otherwise be rid of its guards by the next session.
 *
 * What cannot be read is an error, also where the profile has no hooks: the
 * agent follows links, and may read what we do not.
 */
static int
write_settings(struct env *env, const struct profile *pr, int home, size_t file,
    json_t *hooks, struct strlist *left_out, char *why, size_t size)
{
	const char *whole[] = { "hooks", NULL, NULL, NULL };
	const char *path = settings[file].path;
	bool guarded = count_running(env, pr) > 0;
	json_t *old = NULL, *ours;
	char reason[512];
	int r;

	r = home_file_read(home, path, &old, reason, sizeof(reason));
	if (r == 0) {
		keep_others(env, pr, file, old, left_out);
		if (guarded &&
		    json_is_true(json_object_get(old, "disableAllHooks")))
			strlist_addf(left_out,
			    "\"disableAllHooks\" in ~/%s: "
			    "the profile has approved hooks",
			    path);
	}
	if (r == 0 || (r == RL_ERR_NOTFOUND && hooks != NULL)) {
		ours = hooks != NULL ? json_pack("{s:O}", "hooks", hooks)
				     : json_object();
		if (guarded) {
			whole[1] = "disableAllHooks";
			if (drop_variables(old, file, ours, left_out))
				whole[2] = "env";
		}
		r = home_file_merge(
		    home, path, ours, whole, reason, sizeof(reason));
		json_decref(ours);
	} else if (r == RL_ERR_NOTFOUND)
		r = 0;
	json_decref(old);
	if (r != 0)
		snprintf(why, size,
		    "profile %s is not started, as nobody can tell which hooks "
		    "its agent has: ~/%s: mend that file, or remove it",
		    pr->alias, reason);
	return r;
}

static int
write_all(struct env *env, const struct profile *pr,
    const struct manifest_agent *agent, struct strlist *left_out, char *why,
    size_t size)
{
	json_t *hooks;
	int home, r = 0;

	home = profile_home_open(&env->paths, agent, pr->alias, why, size);
	if (home < 0)
		return home;
	hooks = render(env, pr);
	for (size_t i = 0; r == 0 && i < NELEM(settings); i++)
		r = write_settings(env, pr, home, i, i == 0 ? hooks : NULL,
		    left_out, why, size);
	json_decref(hooks);
	close(home);
	return r;
}

/* --- the whole --- */

static void
tell_waiting(
    struct env *env, const struct profile *pr, struct strlist *left_out)
{
	char why[512];
	size_t n = 0;

	for (size_t i = 0; i < pr->hooks.n; i++) {
		const struct hook *h = &pr->hooks.v[i];

		if (policy_may_hook(
			env->policy, h->command, why, sizeof(why)) != 0) {
			(void)policy_verdict(
			    env, &audit_monitor, pr->alias, RL_ERR_DENIED, why);
			strlist_addf(left_out, "hook %s %llu: %s", h->event,
			    (unsigned long long)hooks_index(&pr->hooks, i),
			    why);
			continue;
		}
		if (hook_is_approved(h))
			continue;
		n++;
		strlist_addf(left_out,
		    "hook %s %llu: %s: 'ringlet hooks "
		    "review %s' shows it",
		    h->event, (unsigned long long)hooks_index(&pr->hooks, i),
		    h->approved.hash != NULL ? "changed since it was approved"
					     : "is not approved",
		    pr->alias);
	}
	if (n > 0)
		event_hooks_waiting(env, pr->alias, n);
}

/* Pipes of sessions that a monitor before us left. */
static void
sweep_pipes(struct env *env, const char *dir)
{
	struct dirent *e;
	struct stat st;
	DIR *d;

	if (session_count(env, NULL) > 0 || (d = opendir(dir)) == NULL)
		return;
	while ((e = readdir(d)) != NULL)
		if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) ==
			0 &&
		    S_ISFIFO(st.st_mode) && st.st_mtime < time(NULL) - 3600)
			(void)unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
}

static int
make_pipe(struct env *env, struct hook_run *out, char *why, size_t size)
{
	char *dir = xasprintf("%s/hooks", env->paths.runtime_dir);
	uint8_t random[8];
	char name[2 * sizeof(random) + 1];
	int r = 0;

	/* It may have gone: see runtime.c, which alone makes it again. */
	if (faccessat(AT_FDCWD, env->paths.runtime_dir, F_OK, 0) == -1)
		r = RL_ERR_SYSTEM;
	if (r != 0 || (r = paths_make_private_dir(dir)) != 0)
		snprintf(why, size, "%s: %s", dir, rl_strerror(r));
	else {
		sweep_pipes(env, dir);
		randombytes_buf(random, sizeof(random));
		sodium_bin2hex(name, sizeof(name), random, sizeof(random));
		free(out->report);
		out->report = xasprintf("%s/%s", dir, name);
		if (mkfifo(out->report, 0600) == -1) {
			snprintf(
			    why, size, "%s: %s", out->report, strerror(errno));
			r = RL_ERR_SYSTEM;
		} else
			out->made = true;
	}
	free(dir);
	return r;
}

static void
set_env(struct hook_run *out, enum hook_where where)
{
	bool jailed = where == HOOK_JAILED;

	strlist_clear(&out->env);
	strlist_addf(&out->env, "RINGLET_HOOK=%s",
	    jailed ? HOOKRUN_PROGRAM : out->program);
	strlist_addf(
	    &out->env, "RINGLET_HOOKS=%s", jailed ? HOOKRUN_DIR : out->dir);
	strlist_addf(&out->env, "RINGLET_HOOK_REPORT=%s",
	    jailed ? JAIL_HOOK_REPORT : out->report);
}

void
hook_run_plan(struct env *env, const struct profile *pr,
    const struct manifest_agent *agent, enum hook_where where,
    struct hook_run *out)
{
	memset(out, 0, sizeof(*out));
	out->any = hook_run_supports(agent) && count_running(env, pr) > 0;
	if (!out->any)
		return;
	out->dir = folder_of(env, pr->alias, "/run");
	out->program = xstrdup(env->paths.jail_hook);
	out->report = where == HOOK_LOCAL ? xstrdup(env->paths.control_sock)
					  : xasprintf("%s/hooks/SESSION",
						env->paths.runtime_dir);
	set_env(out, where);
}

int
hook_run_make(struct env *env, const struct profile *pr,
    const struct manifest_agent *agent, enum hook_where where,
    struct hook_run *out, char *why, size_t size)
{
	int r;

	hook_run_plan(env, pr, agent, where, out);
	if (!hook_run_supports(agent))
		return 0;
	tell_waiting(env, pr, &out->left_out);
	r = write_all(env, pr, agent, &out->left_out, why, size);
	if (r == 0 && out->any)
		r = write_files(env, pr, out->dir, why, size);
	if (r == 0 && out->any && where != HOOK_LOCAL &&
	    (r = make_pipe(env, out, why, size)) == 0)
		set_env(out, where);
	for (size_t i = 0; r == 0 && i < out->left_out.n; i++)
		log_info(
		    "profile %s: left out: %s", pr->alias, out->left_out.v[i]);
	return r;
}

void
hook_run_clear(struct hook_run *h)
{
	if (h->made)
		(void)unlink(h->report);
	free(h->dir);
	free(h->program);
	free(h->report);
	strlist_clear(&h->env);
	strlist_clear(&h->left_out);
	memset(h, 0, sizeof(*h));
}
