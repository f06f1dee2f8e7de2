/*
 * profiles create, list, inspect, env, delete.  profiles run is cmd_run.c,
 * profiles rekey cmd_keys.c.
 */

#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "keysource.h"
#include "ringlet.h"
#include "secret.h"
#include "xmalloc.h"

#define ENV_TEXT_MAX (4 * 1024 * 1024) /* above any answer, quoted */

static json_t *
profile_json(const struct msg_profile *p)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:I}", "alias",
	    p->alias, "agent_id", p->agent_id, "provider_id", p->provider_id,
	    "endpoint_id", json_text(p->endpoint_id), "model",
	    json_text(p->model), "last_used", json_time(p->last_used),
	    "total_runs", (json_int_t)p->total_runs);
}

static json_t *
profile_json_whole(const struct msg_profile *p)
{
	json_t *o = profile_json(p);

	json_object_set_new(o, "endpoint_url", json_text(p->endpoint_url));
	json_object_set_new(o, "manifest_url", json_text(p->manifest_url));
	json_object_set_new(o, "args", json_strs(&p->args));
	json_object_set_new(o, "env", json_strs(&p->env));
	if (*p->notice != '\0')
		json_object_set_new(o, "notice", json_text(p->notice));
	json_object_set_new(o, "grants", json_strs(&p->grants));
	json_object_set_new(o, "working_dir", json_text(p->working_dir));
	json_object_set_new(o, "home", json_text(p->home));
	json_object_set_new(o, "keychain", json_text(p->keychain));
	json_object_set_new(o, "has_key", json_boolean(p->has_key));
	json_object_set_new(o, "created_at", json_time(p->created_at));
	json_object_set_new(o, "damage", json_text(p->damage));
	return o;
}

static void
print_list(const char *name, const struct msg_strs *s)
{
	for (size_t i = 0; i < s->n; i++)
		print_field(name, "%s", s->v[i]);
}

static void
print_profile(const struct msg_profile *p)
{
	char when[64];

	print_field("Alias", "%s", p->alias);
	print_field("Agent", "%s", p->agent_id);
	print_field("Provider", "%s", p->provider_id);
	if (*p->endpoint_url != '\0')
		print_field("Endpoint", "%s (%s)", p->endpoint_url,
		    *p->endpoint_id != '\0' ? p->endpoint_id : "default");
	if (*p->manifest_url != '\0')
		print_field("Manifest",
		    "says %s: 'ringlet profiles endpoint "
		    "%s' would take that",
		    p->manifest_url, p->alias);
	if (*p->model != '\0')
		print_field("Model", "%s", p->model);
	print_field("API Key", "%s", p->has_key ? "****...****" : "none");
	if (p->has_key)
		print_field("Keychain", "%s", p->keychain);
	print_field("Home", "%s", p->home);
	if (*p->working_dir != '\0')
		print_field("Working folder", "%s", p->working_dir);
	print_list("Argument", &p->args);
	print_list("Variable", &p->env);
	print_list("Grant", &p->grants);
	if (p->created_at != 0)
		print_field("Created", "%s",
		    text_time(when, sizeof(when), p->created_at));
	print_field(
	    "Last used", "%s", text_time(when, sizeof(when), p->last_used));
	print_field("Runs", "%llu", (unsigned long long)p->total_runs);
	if (*p->notice != '\0')
		print_field("Notice", "%s", p->notice);
	if (*p->damage != '\0')
		print_field("Damaged", "%s", p->damage);
}

/*
 * Asks for the key that the provider takes: 0 and *key (NULL: it takes none),
 * or reports.  Whatever else of req would be refused is so before: nobody is
 * asked for a key in vain.
 */
static int
ask_key(struct cli *cli, const struct args *args,
    const struct msg_profile_create *req, const struct msg_provider *p,
    struct secret **key)
{
	struct msg_profile_create trial = *req;
	char *question;
	struct msg m;
	int r;

	if (*p->auth_variable == '\0') {
		if (key_source_given(args))
			return fail_usage(cli,
			    "provider '%s' takes no API key" HINT "leave out "
			    "--api-key-file, --from-env and --from-agent",
			    p->id);
		return 0;
	}
	if (req->dry_run)
		return 0;
	trial.dry_run = true;
	r = client_call(cli, MSG_PROFILE_CREATE, &trial, MSG_PROFILE, &m);
	if (r != 0)
		return r;
	msg_clear(&m);
	question = xasprintf("API key for %s (%s): ", p->id, p->auth_variable);
	r = key_source_get(cli, args, req->agent_id, p, question, key);
	free(question);
	return r;
}

/*
 * Agent and provider are known, and the key is there: 0, or reports.  *install
 * becomes what to do first if the agent's program is not there, for free().
 */
static int
complete(struct cli *cli, const struct args *args,
    const struct msg_profile_create *req, struct secret **key, char **install)
{
	const struct msg_token_only ask = { 0 };
	const struct msg_provider *p;
	struct msg m;
	int r;

	if ((r = agent_must_be_known(cli, req->agent_id, install)) != 0)
		return r;
	r = client_call(cli, MSG_PROVIDER_LIST, &ask, MSG_PROVIDERS, &m);
	if (r != 0)
		return r;
	if ((p = provider_find(m.body, req->provider_id)) == NULL)
		r = fail_no_provider(cli, m.body, req->provider_id);
	else if (*p->source == '\0')
		r = fail_error(cli, RL_ERR_INVALID,
		    "the manifest of provider '%s' is wrong: %s", p->id,
		    p->damage);
	else
		r = ask_key(cli, args, req, p, key);
	msg_clear(&m);
	return r;
}

/* A folder named by the user, absolute and without links; the caller frees. */
int
resolve_folder(const struct cli *cli, const char *dir, char **out)
{
	if ((*out = realpath(dir, NULL)) != NULL)
		return 0;
	return fail_file(cli, dir, "name a folder that is there");
}

/* As profile-check.c has them; who goes with whom it alone knows. */
static const struct member create_members[] = {
	{ "alias", "ALIAS", true },
	{ "agent_id", "AGENT", false },
	{ "provider_id", "-p", false },
	{ "endpoint_id", "--endpoint", true },
	{ "model", "--model", true },
	{ "working_dir", "--working-dir", true },
	{ "args", "--arg", true },
	{ "env", "--env", true },
	{ NULL, NULL, false },
};

int
cmd_profiles_create(struct cli *cli, const struct args *args)
{
	struct msg_profile_create req = { 0 };
	const char *dir = opt_get(args, OPT_WORKING_DIR);
	char *folder = NULL, *hold = NULL, *install = NULL;
	struct secret *key = NULL;
	struct msg m;
	int r;

	if (opt_get(args, 'p') == NULL)
		return fail_usage(cli, "-p PROVIDER is missing" HINT
				       "'ringlet providers list' shows "
				       "all");
	if ((r = key_source_check(cli, args)) != 0)
		return r;
	if (dir != NULL && (r = resolve_folder(cli, dir, &folder)) != 0)
		return r;
	req.agent_id = args->v[0];
	req.alias = args->v[1];
	req.provider_id = opt_get(args, 'p');
	req.endpoint = opt_get(args, OPT_ENDPOINT);
	req.model = opt_get(args, OPT_MODEL);
	req.working_dir = folder;
	req.args.v = opt_all(args, OPT_ARG, &req.args.n);
	req.env.v = opt_all(args, OPT_ENV, &req.env.n);
	req.search_path = session_search_path(&hold);
	req.dry_run = opt_has(args, OPT_DRY_RUN);
	cli->members = create_members;
	if ((r = complete(cli, args, &req, &key, &install)) != 0)
		goto out;
	if (key != NULL) {
		req.key.p = (const uint8_t *)secret_ptr(key);
		req.key.len = secret_len(key);
	}
	r = client_call(cli, MSG_PROFILE_CREATE, &req, MSG_PROFILE, &m);
	if (r != 0)
		goto out;
	if (cli->json)
		r = print_json(cli, profile_json_whole(m.body));
	else {
		print_profile(m.body);
		if (req.dry_run)
			hint(cli, "nothing was made: --dry-run");
		else if (install != NULL)
			hint(cli, "%s", install);
		else
			hint(cli,
			    "'ringlet profiles run %s --remote' starts it",
			    req.alias);
	}
	msg_clear(&m);
out:
	secret_free(key);
	free(req.args.v);
	free(req.env.v);
	free(req.search_path.v);
	free(install);
	free(hold);
	free(folder);
	return r;
}

int
cmd_profiles_list(struct cli *cli, const struct args *args)
{
	static const char *const headings[] = { "ALIAS", "AGENT", "PROVIDER",
		"MODEL", "RUNS", "LAST USED" };
	const char *agent = opt_get(args, OPT_AGENT);
	const struct msg_token_only req = { 0 };
	const struct msg_profiles *profiles;
	const struct msg_profile *p;
	struct table *t;
	char when[64];
	struct msg m;
	size_t found = 0;
	json_t *list;
	int r;

	r = client_call(cli, MSG_PROFILE_LIST, &req, MSG_PROFILES, &m);
	if (r != 0)
		return r;
	profiles = m.body;
	p = profiles->list.v;
	list = json_array();
	t = table_new(headings, NELEM(headings));
	for (size_t i = 0; i < profiles->list.n; i++) {
		if (agent != NULL && strcmp(agent, p[i].agent_id) != 0)
			continue;
		found++;
		if (cli->json) {
			json_array_append_new(list, profile_json(&p[i]));
			continue;
		}
		table_cell(t, COLOUR_NONE, "%s", p[i].alias);
		if (*p[i].damage != '\0')
			table_cell(t, COLOUR_BAD, "(damaged)");
		else
			table_cell(t, COLOUR_NONE, "%s", p[i].agent_id);
		table_cell(t, COLOUR_NONE, "%s", p[i].provider_id);
		table_cell(t, COLOUR_NONE, "%s", p[i].model);
		table_cell(t, COLOUR_NONE, "%llu",
		    (unsigned long long)p[i].total_runs);
		table_cell(t, COLOUR_NONE, "%s",
		    text_time(when, sizeof(when), p[i].last_used));
	}
	msg_clear(&m);
	/* None of an agent that nobody knows is a name that was mistyped. */
	if (agent != NULL && found == 0)
		r = agent_must_be_known(cli, agent, NULL);
	if (r == 0 && cli->json)
		print_json(cli, json_incref(list));
	else if (r == 0)
		table_print(t);
	table_free(t);
	json_decref(list);
	return r;
}

int
cmd_profiles_inspect(struct cli *cli, const struct args *args)
{
	const struct msg_alias req = { .alias = args->v[0] };
	struct msg m;
	int r;

	r = client_call(cli, MSG_PROFILE_GET, &req, MSG_PROFILE, &m);
	if (r != 0)
		return r;
	if (cli->json)
		r = print_json(cli, profile_json_whole(m.body));
	else
		print_profile(m.body);
	msg_clear(&m);
	return r;
}

/* A path cannot be found, which is of interest if the profile can. */
static int
fail_path(struct cli *cli, const char *alias, const char *path)
{
	const struct msg_alias req = { .alias = alias };
	int saved = errno, r;
	struct msg m;

	r = client_call(cli, MSG_PROFILE_GET, &req, MSG_PROFILE, &m);
	if (r != 0)
		return r;
	msg_clear(&m);
	errno = saved;
	return fail_file(cli, path, "name a file or folder that is there");
}

/*
 * The text of a grant from its words, into *text, for free(); or a status after
 * reporting.  A path is made absolute here, where the current folder is known;
 * what is not there any more can still be revoked by its name.
 */
static int
grant_text(struct cli *cli, const struct args *args, char **text)
{
	const char *kind = args->v[1];
	const char *value = args->n > 2 ? args->v[2] : NULL;
	char *real = NULL;

	if (value == NULL) {
		*text = xstrdup(kind);
		return 0;
	}
	if ((strcmp(kind, "ro") == 0 || strcmp(kind, "rw") == 0) &&
	    (real = realpath(value, NULL)) == NULL &&
	    !opt_has(args, OPT_REVOKE))
		return fail_path(cli, args->v[0], value);
	*text = xasprintf("%s %s", kind, real != NULL ? real : value);
	free(real);
	return 0;
}

int
cmd_profiles_grant(struct cli *cli, const struct args *args)
{
	struct msg_profile_grant req = { .alias = args->v[0],
		.revoke = opt_has(args, OPT_REVOKE) };
	struct msg m;
	char *text;
	int r;

	if ((r = grant_text(cli, args, &text)) != 0)
		return r;
	req.grant = text;
	r = client_call(cli, MSG_PROFILE_GRANT, &req, MSG_PROFILE, &m);
	if (r == 0) {
		if (cli->json)
			r = print_json(cli, profile_json_whole(m.body));
		else
			hint(cli, "%s: %s %s: it holds for new sessions",
			    req.alias, text,
			    req.revoke ? "was revoked" : "is granted");
		msg_clear(&m);
	}
	free(text);
	return r;
}

/* Appends one K=V as an export line or as a JSON member. */
static int
put_variable(const struct cli *cli, struct buf *b, const char *kv, bool first)
{
	size_t len = strcspn(kv, "=");
	char *name = xstrndup(kv, len);
	const char *value = kv[len] == '=' ? kv + len + 1 : "";
	int r;

	if (cli->json) {
		r = first ? 0 : buf_puts(b, ",");
		if (r == 0)
			r = text_put_json(b, name);
		if (r == 0)
			r = buf_puts(b, ":");
		if (r == 0)
			r = text_put_json(b, value);
	} else {
		r = buf_putf(b, "export %s=", name);
		if (r == 0)
			r = text_put_shell(b, value);
		if (r == 0)
			r = buf_puts(b, "\n");
	}
	free(name);
	return r;
}

/* Past stdio, whose buffer would keep the key. */
static int
write_out(const struct cli *cli, struct buf *b)
{
	if (paths_write_all(STDOUT_FILENO, buf_ptr(b), buf_len(b)) != 0)
		return fail_error(cli, RL_ERR_SYSTEM, "standard output: %s",
		    strerror(errno));
	return STATUS_DONE;
}

int
cmd_profiles_env(struct cli *cli, const struct args *args)
{
	struct msg_profile_run req = { .alias = args->v[0] };
	const struct msg_run_plan *plan;
	struct buf *b;
	char *hold;
	struct msg m;
	int r;

	req.client_env = session_client_env();
	req.search_path = session_search_path(&hold);
	r = client_call(cli, MSG_PROFILE_ENV, &req, MSG_RUN_PLAN, &m);
	free(req.client_env.v);
	free(req.search_path.v);
	free(hold);
	if (r != 0)
		return r;
	plan = m.body;
	b = buf_new_secret(ENV_TEXT_MAX);
	if (cli->json)
		r = buf_puts(b, "{\"success\":true,\"data\":{\"env\":{");
	for (size_t i = 0; r == 0 && i < plan->env.n; i++)
		r = put_variable(cli, b, plan->env.v[i], i == 0);
	if (r == 0 && cli->json)
		r = buf_puts(b, "}}}\n");
	if (r != 0)
		r = fail_error(
		    cli, r, "the environment of '%s' is too big", args->v[0]);
	else
		r = write_out(cli, b);
	buf_free(b);
	msg_clear(&m);
	return r;
}

/* Asks; 0 to go on, or the exit status. */
static int
confirm_delete(struct cli *cli, const char *alias, bool keep_home)
{
	const struct msg_alias req = { .alias = alias };
	const struct msg_profile *p;
	char *raw, *question;
	struct msg m;
	int r;

	if (!isatty(STDIN_FILENO))
		return fail_usage(cli,
		    "there is no terminal to ask on" HINT
		    "give -y to delete '%s'",
		    alias);
	r = client_call(cli, MSG_PROFILE_GET, &req, MSG_PROFILE, &m);
	if (r != 0)
		return r;
	p = m.body;
	if (keep_home)
		raw = xasprintf("Delete profile %s and its API key?", alias);
	else
		raw = xasprintf("Delete profile %s, its API key, and "
				"everything in %s?",
		    alias, p->home);
	question = text_safe(raw);
	if (!prompt_yes(question))
		r = fail_error(
		    cli, RL_ERR_STATE, "'%s' was not deleted", alias);
	free(question);
	free(raw);
	msg_clear(&m);
	return r;
}

int
cmd_profiles_delete(struct cli *cli, const struct args *args)
{
	const struct msg_profile_delete req = { .alias = args->v[0],
		.keep_home = opt_has(args, OPT_KEEP_HOME) };
	struct msg m;
	int r;

	if (!opt_has(args, 'y') &&
	    (r = confirm_delete(cli, req.alias, req.keep_home)) != 0)
		return r;
	r = client_call(cli, MSG_PROFILE_DELETE, &req, MSG_OK, &m);
	if (r != 0)
		return r;
	msg_clear(&m);
	alias_take_away(cli, req.alias);
	if (cli->json)
		return print_json(cli, NULL);
	hint(cli, "'%s' was deleted, and no key of it is in the keychain",
	    req.alias);
	return STATUS_DONE;
}
