/*
 * profile-env.c: the environment and the arguments of an agent.
 *
 * Nothing of the monitor's own environment gets in, and of the asker's only
 * names and values that fit a grammar.  The key goes into the environment, into
 * guarded memory, and nowhere else; a template in an argument has no ${key}.
 */

#include "config.h"

#include <sys/types.h>

#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent-binary.h"
#include "buf.h"
#include "err.h"
#include "manifest.h"
#include "paths.h"
#include "profile.h"
#include "profile-env.h"
#include "profile-home.h"
#include "secret.h"
#include "valid.h"
#include "xmalloc.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

#define DEFAULT_PATH                                                           \
	"/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
#define DEFAULT_TERM "xterm-256color"
#define DEFAULT_LANG "C.UTF-8"

#define ENV_MAX	  (2 * ARGS_MAX)     /* variables of one agent */
#define ENV_SIZE  (16 * 1024 * 1024) /* bytes of them all */
#define VALUE_MAX 256		     /* bytes of a value from the asker */

/* What an asker may hand on, and which characters the value may have. */
static const struct {
	const char *name;  /* with '*': all names that begin so */
	const char *extra; /* besides letters and digits */
} handed_on[] = {
	{ "TERM", "._+-" },
	{ "COLORTERM", "._+-" },
	/* No slash: a locale or zone is named, never a file. */
	{ "LANG", "._@+-" },
	{ "LANGUAGE", "._@+:-" },
	{ "LC_*", "._@+-" },
	/* "Area/City" is a name, "/file" and "../file" are not. */
	{ "TZ", "_+,:/-" },
};

/* The environment while it grows: K=V texts, each followed by a NUL. */
struct env_list {
	struct buf *text;
	struct {
		size_t off;
		size_t name; /* bytes of the name */
	} v[ENV_MAX];
	size_t n;
};

static bool
name_is(const char *pattern, const char *name, size_t len)
{
	size_t n = strlen(pattern);

	if (n > 0 && pattern[n - 1] == '*')
		return len >= n - 1 && strncmp(pattern, name, n - 1) == 0;
	return n == len && strncmp(pattern, name, len) == 0;
}

/* Whether an agent's or provider's table gives name something to protect. */
static bool
table_owns(const struct manifest_env *e, const char *name, size_t len)
{
	for (; e->value != NULL; e++) {
		if (e->name != NULL && name_is(e->name, name, len) &&
		    (manifest_template_uses(e->value, "endpoint") ||
			manifest_template_uses(e->value, "key")))
			return true;
	}
	return false;
}

bool
profile_env_allowed(const struct manifest_set *set, const char *agent_id,
    const char *provider_id, const char *name, size_t len, char *why,
    size_t size)
{
	const struct manifest_agent *agent;
	const struct manifest_provider *provider, *const *all;
	size_t i, n;

	if (valid_env_is_dangerous(name, len)) {
		snprintf(why, size,
		    "refused, as it can make programs load "
		    "code or redirect them");
		return false;
	}
	if (valid_env_is_ours(name, len)) {
		snprintf(why, size, "is set by Ringlet");
		return false;
	}
	if (set == NULL)
		return true;
	all = manifest_providers(set, &n);
	for (i = 0; i < n; i++) {
		if (all[i]->auth_variable != NULL &&
		    name_is(all[i]->auth_variable, name, len)) {
			snprintf(why, size,
			    "holds an API key, which belongs "
			    "into the keychain: profiles create asks for it");
			return false;
		}
	}
	agent = manifest_agent(set, agent_id);
	provider = manifest_provider(set, provider_id);
	if ((agent != NULL && table_owns(agent->env, name, len)) ||
	    (provider != NULL && table_owns(provider->env, name, len))) {
		snprintf(why, size,
		    "says where the key is sent: use "
		    "--endpoint");
		return false;
	}
	return true;
}

/* --- environment -----------------------------------------------------------
 */

/* Begins a variable: what had that name is dropped. */
static int
env_begin(struct env_list *l, const char *name, size_t len)
{
	const char *text = (const char *)buf_ptr(l->text);
	size_t i;
	int r;

	for (i = 0; i < l->n; i++) {
		if (l->v[i].name == len &&
		    memcmp(text + l->v[i].off, name, len) == 0) {
			memmove(&l->v[i], &l->v[i + 1],
			    (l->n - i - 1) * sizeof(l->v[0]));
			l->n--;
			break;
		}
	}
	if (l->n == ENV_MAX)
		return RL_ERR_TOOBIG;
	l->v[l->n].off = buf_len(l->text);
	l->v[l->n].name = len;
	l->n++;
	if ((r = buf_put(l->text, name, len)) == RL_OK)
		r = buf_puts(l->text, "=");
	return r;
}

static int
env_set(struct env_list *l, const char *name, const char *value)
{
	int r;

	if ((r = env_begin(l, name, strlen(name))) == RL_OK)
		r = buf_put(l->text, value, strlen(value) + 1);
	return r;
}

/* A whole "K=V". */
static int
env_put(struct env_list *l, const char *assignment)
{
	size_t len = strcspn(assignment, "=");
	const char *value = assignment + len + 1;
	int r;

	if ((r = env_begin(l, assignment, len)) == RL_OK)
		r = buf_put(l->text, value, strlen(value) + 1);
	return r;
}

/* The variables of a manifest, those without a value left out. */
static int
env_templates(struct env_list *l, const struct manifest_env *e,
    const struct manifest_vars *vars)
{
	const char *name;
	struct buf *value;
	int r = RL_OK;

	value = buf_new_secret(ARG_MAX_LEN);
	for (; r >= 0 && e->value != NULL; e++) {
		name = e->name != NULL ? e->name : vars->auth_variable;
		if (name == NULL ||
		    !manifest_is_for(e->types, vars->provider_type))
			continue;
		buf_reset(value);
		if ((r = manifest_expand(e->value, vars, value)) != 1)
			continue;
		if ((r = env_begin(l, name, strlen(name))) == RL_OK &&
		    (r = buf_put(l->text, buf_ptr(value), buf_len(value))) ==
			RL_OK)
			r = buf_put(l->text, "", 1);
	}
	buf_free(value);
	return r < 0 ? r : RL_OK;
}

/* Whether an asker's variable may be handed on as it is. */
static bool
may_hand_on(const char *assignment)
{
	const char *value, *p;
	size_t len = strcspn(assignment, "="), i;

	if (assignment[len] != '=' || !valid_env_name(assignment, len))
		return false;
	value = assignment + len + 1;
	/* A colon before it changes nothing: ":/file" is a file, too. */
	if (*value == '\0' || value[strspn(value, ":")] == '/' ||
	    strlen(value) > VALUE_MAX || strstr(value, "..") != NULL)
		return false;
	for (i = 0; i < NELEM(handed_on); i++) {
		if (!name_is(handed_on[i].name, assignment, len))
			continue;
		for (p = value; *p != '\0'; p++) {
			if (!(*p >= 'a' && *p <= 'z') &&
			    !(*p >= 'A' && *p <= 'Z') &&
			    !(*p >= '0' && *p <= '9') &&
			    strchr(handed_on[i].extra, *p) == NULL)
				return false;
		}
		return true;
	}
	return false;
}

/* One more folder of PATH, unless it is there: the first is what counts. */
static int
path_add(struct buf *b, const char *dir, size_t len)
{
	const char *p = (const char *)buf_ptr(b), *colon;
	size_t left = buf_len(b), n;
	int r;

	while (left > 0) {
		colon = memchr(p, ':', left);
		n = colon != NULL ? (size_t)(colon - p) : left;
		if (n == len && memcmp(p, dir, len) == 0)
			return RL_OK;
		n += colon != NULL;
		p += n;
		left -= n;
	}
	if (buf_len(b) > 0 && (r = buf_put(b, ":", 1)) != RL_OK)
		return r;
	return buf_put(b, dir, len);
}

/*
 * PATH.  In a jail there are only the usual folders; outside, the asker's are
 * kept.  A script's interpreter comes first if neither has it.
 */
static int
env_path(struct env_list *l, const struct profile_run *run)
{
	const char *dir = DEFAULT_PATH;
	struct buf *b;
	size_t i, len;
	int r = RL_OK;

	b = buf_new(ARG_MAX_LEN);
	if (run->binary->interp_dir != NULL)
		r = path_add(b, run->binary->interp_dir,
		    strlen(run->binary->interp_dir));
	for (i = 0; r == RL_OK && !run->jailed && run->search != NULL &&
		    run->search[i] != NULL;
	     i++) {
		if (run->search[i][0] == '/' &&
		    strchr(run->search[i], ':') == NULL)
			r = path_add(b, run->search[i], strlen(run->search[i]));
	}
	for (; r == RL_OK && *dir != '\0'; dir += len + (dir[len] == ':')) {
		len = strcspn(dir, ":");
		r = path_add(b, dir, len);
	}
	if (r == RL_OK && (r = env_begin(l, "PATH", 4)) == RL_OK &&
	    (r = buf_put(l->text, buf_ptr(b), buf_len(b))) == RL_OK)
		r = buf_put(l->text, "", 1);
	buf_free(b);
	return r;
}

static int
env_base(struct env_list *l, const struct profile_run *run, const char *home)
{
	const struct passwd *pw = getpwuid(geteuid());
	char number[32], *shell;
	const char *user;
	size_t i;
	int r;

	(void)snprintf(number, sizeof(number), "%lu", (unsigned long)geteuid());
	user = pw != NULL ? pw->pw_name : number;
	shell = agent_binary_shell();
	if ((r = env_path(l, run)) == RL_OK &&
	    (r = env_set(l, "HOME", home)) == RL_OK &&
	    (r = env_set(l, "USER", user)) == RL_OK &&
	    (r = env_set(l, "LOGNAME", user)) == RL_OK &&
	    (r = env_set(l, "SHELL", shell)) == RL_OK &&
	    (r = env_set(l, "TERM", DEFAULT_TERM)) == RL_OK)
		r = env_set(l, "LANG", DEFAULT_LANG);
	free(shell);
	for (i = 0; r == RL_OK && run->client_env != NULL &&
		    run->client_env[i] != NULL;
	     i++) {
		if (may_hand_on(run->client_env[i]))
			r = env_put(l, run->client_env[i]);
	}
	return r;
}

static int
env_make(const struct profile_run *run, const struct manifest_agent *agent,
    const struct manifest_provider *provider, const struct manifest_vars *vars,
    struct profile_plan *out)
{
	struct env_list l;
	const char *text;
	size_t i;
	int r;

	memset(&l, 0, sizeof(l));
	l.text = buf_new_secret(ENV_SIZE);
	if ((r = env_base(&l, run, vars->home)) != RL_OK)
		goto out;
	/* Before the manifest's, so that none of them is replaced. */
	for (i = 0; run->pass_env != NULL && run->pass_env[i] != NULL; i++) {
		if ((r = env_put(&l, run->pass_env[i])) != RL_OK)
			goto out;
	}
	if (run->auth_sock != NULL &&
	    (r = env_set(&l, "SSH_AUTH_SOCK", run->auth_sock)) != RL_OK)
		goto out;
	if ((r = env_templates(&l, agent->env, vars)) != RL_OK ||
	    (r = env_templates(&l, provider->env, vars)) != RL_OK)
		goto out;
	/* profile_check() has seen to it that none of ours is among them. */
	for (i = 0; run->profile->env != NULL && run->profile->env[i] != NULL;
	     i++) {
		if ((r = env_put(&l, run->profile->env[i])) != RL_OK)
			goto out;
	}
	for (i = 0; run->hook_env != NULL && run->hook_env[i] != NULL; i++) {
		if ((r = env_put(&l, run->hook_env[i])) != RL_OK)
			goto out;
	}
	out->env_memory = secret_new(buf_ptr(l.text), buf_len(l.text));
	text = secret_ptr(out->env_memory);
	out->env = xcalloc(l.n + 1, sizeof(*out->env));
	for (i = 0; i < l.n; i++)
		out->env[i] = text + l.v[i].off;
	out->nenv = l.n;
out:
	buf_free(l.text);
	return r;
}

/* --- arguments
 * ---------------------------------------------------------------- */

static void
argv_add(struct profile_plan *out, char *arg)
{
	out->argv =
	    xreallocarray(out->argv, out->nargv + 2, sizeof(*out->argv));
	out->argv[out->nargv++] = arg;
	out->argv[out->nargv] = NULL;
}

static int
argv_templates(struct profile_plan *out, const struct manifest_arg *a,
    const struct manifest_vars *vars, bool jailed)
{
	struct buf *b;
	int r = RL_OK;

	b = buf_new(ARG_MAX_LEN);
	for (; r >= 0 && a->text != NULL; a++) {
		if ((a->jailed && !jailed) ||
		    !manifest_is_for(a->types, vars->provider_type) ||
		    (a->needs != NULL && !manifest_has(vars, a->needs)))
			continue;
		buf_reset(b);
		if ((r = manifest_expand(a->text, vars, b)) == 1)
			argv_add(out,
			    xstrndup((const char *)buf_ptr(b), buf_len(b)));
	}
	buf_free(b);
	return r < 0 ? r : RL_OK;
}

static int
argv_make(const struct profile_run *run, const struct manifest_agent *agent,
    const struct manifest_vars *vars, struct profile_plan *out)
{
	const char *name = strrchr(run->binary->found, '/');
	size_t i;
	int r;

	argv_add(out, xstrdup(name != NULL ? name + 1 : run->binary->found));
	if ((r = argv_templates(out, agent->args, vars, run->jailed)) != RL_OK)
		return r;
	for (i = 0; run->profile->args != NULL && run->profile->args[i] != NULL;
	     i++)
		argv_add(out, xstrdup(run->profile->args[i]));
	for (i = 0; run->args != NULL && run->args[i] != NULL; i++)
		argv_add(out, xstrdup(run->args[i]));
	return RL_OK;
}

int
profile_vars(const struct profile *p, const struct manifest_provider *provider,
    const char *home, struct manifest_vars *vars, char *why, size_t size)
{
	memset(vars, 0, sizeof(*vars));
	vars->alias = p->alias;
	vars->home = home;
	vars->provider = provider->id;
	vars->provider_type = provider->type;
	vars->auth_variable = provider->auth_variable;
	vars->model = *p->model != '\0' ? p->model : provider->default_model;
	if (*p->endpoint_url != '\0') {
		vars->endpoint = p->endpoint_url;
		return RL_OK;
	}
	return manifest_endpoint(
	    provider, p->endpoint_id, &vars->endpoint, why, size);
}

int
profile_plan_make(const struct paths *paths, const struct profile_run *run,
    struct profile_plan *out, char *why, size_t size)
{
	const struct profile *p = run->profile;
	const struct manifest_agent *agent;
	const struct manifest_provider *provider;
	struct manifest_vars vars;
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = profile_check(run->manifests, p, why, size)) != RL_OK)
		return r;
	agent = manifest_agent(run->manifests, p->agent_id);
	provider = manifest_provider(run->manifests, p->provider_id);
	if (provider->auth_variable != NULL && run->key == NULL) {
		snprintf(why, size,
		    "profile %s has no API key, and provider "
		    "%s needs one",
		    p->alias, provider->id);
		return RL_ERR_NOTFOUND;
	}
	out->home = profile_home_path(paths, agent, p->alias);
	if ((r = profile_vars(p, provider, out->home, &vars, why, size)) !=
	    RL_OK)
		return r;
	/* Arguments are expanded while there is no ${key}. */
	if ((r = argv_make(run, agent, &vars, out)) == RL_OK) {
		if (provider->auth_variable != NULL)
			vars.key = secret_ptr(run->key);
		r = env_make(run, agent, provider, &vars, out);
	}
	if (r != RL_OK)
		snprintf(why, size,
		    "profile %s: its arguments or variables "
		    "are too large, or its manifest is wrong: %s",
		    p->alias, rl_strerror(r));
	return r;
}

/* Whether a list of K=V has a variable of the name that ends at eq. */
static bool
has_name(const char *const *list, const char *name, size_t len)
{
	size_t i;

	for (i = 0; list != NULL && list[i] != NULL; i++)
		if (strncmp(list[i], name, len) == 0 && list[i][len] == '=')
			return true;
	return false;
}

void
profile_plan_hide(struct profile_plan *plan, const struct profile_run *run,
    const char *hide)
{
	struct secret *old = plan->env_memory;
	struct buf *b = buf_new_secret(ENV_SIZE);
	const char *text;
	size_t i, len, *off = xcalloc(plan->nenv + 1, sizeof(*off));

	for (i = 0; i < plan->nenv; i++) {
		const char *kv = plan->env[i];

		len = strcspn(kv, "=");
		off[i] = buf_len(b);
		if (has_name((const char *const *)run->profile->env, kv,
			len) || has_name(run->pass_env, kv, len))
			(void)buf_putf(b, "%.*s=%s", (int)len, kv, hide);
		else
			(void)buf_puts(b, kv);
		(void)buf_put(b, "", 1);
	}
	plan->env_memory = secret_new(buf_ptr(b), buf_len(b));
	text = secret_ptr(plan->env_memory);
	for (i = 0; i < plan->nenv; i++)
		plan->env[i] = text + off[i];
	buf_free(b);
	free(off);
	secret_free(old);
}

void
profile_plan_clear(struct profile_plan *plan)
{
	size_t i;

	for (i = 0; i < plan->nargv; i++)
		free(plan->argv[i]);
	free(plan->argv);
	free(plan->env);
	secret_free(plan->env_memory);
	free(plan->home);
	memset(plan, 0, sizeof(*plan));
}
