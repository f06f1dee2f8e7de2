/*
 * The key from a variable (--from-env) or from where the agent itself keeps
 * one (--from-agent), in the user's own home.  Such a file is read, never
 * changed; one that is no regular file of the user's is not read at all, and
 * what is wrong with it is told without a word of what is in it.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "apikey.h"
#include "keysource.h"
#include "ringlet.h"
#include "secret.h"
#include "valid.h"
#include "xmalloc.h"

#define FILE_MAX (32 * 1024 * 1024) /* bytes; claude keeps its history there   \
				     */

/*
 * The files that agents keep a key in, the first that has one counts.
 *
 *	member	the way to the key; PROVIDER stands for the provider's id
 *	type	what the member "type" beside the key must be, or NULL
 *	moved	a member that sends the key elsewhere than to provider
 */
#define PROVIDER "*"

static const struct agent_file {
	const char *agent;
	const char *provider; /* whose key it is; NULL: member says */
	const char *name;     /* below the home */
	const char *member[2];
	const char *type;
	const char *moved[2];
} agent_files[] = {
	{ "claude", "anthropic", ".claude/settings.json",
	    { "env", "ANTHROPIC_API_KEY" }, NULL,
	    { "env", "ANTHROPIC_BASE_URL" } },
	{ "claude", "anthropic", ".claude.json", { "primaryApiKey", NULL },
	    NULL, { NULL, NULL } },
	{ "codex", "openai", ".codex/auth.json", { "OPENAI_API_KEY", NULL },
	    NULL, { NULL, NULL } },
	{ "opencode", NULL, ".local/share/opencode/auth.json",
	    { PROVIDER, "key" }, "api", { NULL, NULL } },
};

int
key_source_check(struct cli *cli, const struct args *args)
{
	const char *name = opt_get(args, OPT_FROM_ENV);
	int n = (opt_get(args, OPT_API_KEY_FILE) != NULL) + (name != NULL) +
		opt_has(args, OPT_FROM_AGENT);

	if (n > 1)
		return fail_usage(cli,
		    "the API key can come from one place alone" HINT
		    "give one of --api-key-file, --from-env and "
		    "--from-agent");
	/* What stands there may be the key itself: it is not repeated. */
	if (name != NULL && !valid_env_name(name, strlen(name)))
		return fail_usage(cli,
		    "--from-env: what follows is not the name of a "
		    "variable" HINT
		    "give the name, without $, and not the key");
	cli->key_variable = name;
	return 0;
}

bool
key_source_given(const struct args *args)
{
	return opt_get(args, OPT_API_KEY_FILE) != NULL ||
	       opt_get(args, OPT_FROM_ENV) != NULL ||
	       opt_has(args, OPT_FROM_AGENT);
}

/* Takes a key that was found in source: 0 and *out, or reports. */
static int
accept_key(const struct cli *cli, const char *source, const char *p,
    struct secret **out)
{
	char why[256];

	if (apikey_check(p, strlen(p), why, sizeof(why)) != 0)
		return fail_usage(cli,
		    "the API key (%s) %s" HINT "give one line, the key alone",
		    source, why);
	*out = secret_new(p, strlen(p));
	return 0;
}

static int
from_env(const struct cli *cli, const char *name, const struct msg_provider *p,
    struct secret **out)
{
	const char *value = getenv(name);

	if (value == NULL || *value == '\0')
		return fail_error(cli, RL_ERR_INVALID,
		    "--from-env: the variable %s is %s" HINT
		    "export it first, or "
		    "give the key another way",
		    name, value == NULL ? "not set" : "empty");
	if (strcmp(name, p->auth_variable) != 0)
		hint(cli,
		    "%s is not what programs read a key of %s from, which is "
		    "%s: it is taken as you say",
		    name, p->id, p->auth_variable);
	return accept_key(cli, name, value, out);
}

/* --- the agent's own file --- */

/* A member and one inside it, or NULL. */
static const json_t *
find(const json_t *obj, const char *const member[2], const char *provider)
{
	for (int i = 0; i < 2 && member[i] != NULL; i++)
		obj = json_object_get(obj,
		    strcmp(member[i], PROVIDER) == 0 ? provider : member[i]);
	return obj;
}

/* A document; NULL: there is no such file (*status 0), or reports. */
static json_t *
read_document(const struct cli *cli, const char *path, int *status)
{
	json_error_t error;
	json_t *doc;
	char *text;
	size_t len;
	int err;

	*status = 0;
	err = paths_read_file(path, FILE_MAX, &text, &len);
	if (err == RL_ERR_NOTFOUND)
		return NULL;
	if (err != 0) {
		*status = fail_error(cli, err,
		    "%s: %s" HINT "give the key another "
		    "way",
		    path,
		    err == RL_ERR_DENIED ? "not a regular file of yours"
					 : rl_strerror(err));
		return NULL;
	}
	doc = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	secret_wipe(text, len);
	free(text);
	/* Its own text would quote from the file. */
	if (!json_is_object(doc)) {
		*status = fail_error(cli, RL_ERR_INVALID,
		    "%s: line %d: not a JSON object" HINT
		    "give the key another way",
		    path, doc != NULL ? 1 : error.line);
		json_decref(doc);
		return NULL;
	}
	return doc;
}

/* The key in one file: 0, with or without *out, or reports. */
static int
from_file(const struct cli *cli, const struct agent_file *f,
    const char *provider, struct secret **out)
{
	char *path = xasprintf("%s/%s", cli->paths.home, f->name);
	const char *type;
	json_t *doc;
	const json_t *key, *parent;
	int r;

	if ((doc = read_document(cli, path, &r)) == NULL)
		goto out;
	key = find(doc, f->member, provider);
	parent = json_object_get(doc, provider);
	type = json_string_value(json_object_get(parent, "type"));
	if (!json_is_string(key) || *json_string_value(key) == '\0' ||
	    (f->type != NULL && (type == NULL || strcmp(type, f->type) != 0)))
		goto out;
	if (f->moved[0] != NULL && find(doc, f->moved, provider) != NULL) {
		r = fail_error(cli, RL_ERR_DENIED,
		    "%s sends its key to an address of its own (%s)" HINT
		    "give the "
		    "key with --api-key-file, and the address with --endpoint",
		    path, f->moved[1]);
		goto out;
	}
	if ((r = accept_key(cli, path, json_string_value(key), out)) == 0)
		hint(cli, "the key was read from %s, which stays as it is",
		    path);
out:
	json_decref(doc);
	free(path);
	return r;
}

static int
from_agent(const struct cli *cli, const char *agent,
    const struct msg_provider *p, struct secret **out)
{
	const struct agent_file *f;
	char *names = NULL, *longer;
	bool known = false;
	int r = 0;

	for (size_t i = 0; i < NELEM(agent_files) && *out == NULL; i++) {
		f = &agent_files[i];
		if (strcmp(f->agent, agent) != 0)
			continue;
		known = true;
		/* Nobody's key may go to somebody else. */
		if (f->provider != NULL && strcmp(f->provider, p->id) != 0)
			continue;
		if ((r = from_file(cli, f, p->id, out)) != 0)
			goto out;
		longer = xasprintf("%s%s~/%s", names != NULL ? names : "",
		    names != NULL ? ", " : "", f->name);
		free(names);
		names = longer;
	}
	if (*out != NULL)
		goto out;
	if (!known)
		r = fail_error(cli, RL_ERR_INVALID,
		    "--from-agent: it is not known where %s keeps a key" HINT
		    "give "
		    "it another way",
		    agent);
	else if (names == NULL)
		r = fail_error(cli, RL_ERR_INVALID,
		    "--from-agent: what %s keeps is no key of provider %s" HINT
		    "give one another way",
		    agent, p->id);
	else
		r = fail_error(cli, RL_ERR_NOTFOUND,
		    "--from-agent: no API key of %s in %s" HINT
		    "give it another "
		    "way",
		    p->id, names);
out:
	free(names);
	return r;
}

int
key_source_get(struct cli *cli, const struct args *args, const char *agent_id,
    const struct msg_provider *p, const char *question, struct secret **out)
{
	const char *name = opt_get(args, OPT_FROM_ENV);

	*out = NULL;
	if (name != NULL)
		return from_env(cli, name, p, out);
	if (opt_has(args, OPT_FROM_AGENT))
		return from_agent(cli, agent_id, p, out);
	return prompt_key(cli, question, opt_get(args, OPT_API_KEY_FILE), out);
}
