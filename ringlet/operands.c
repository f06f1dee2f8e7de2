/*
 * What stands where in a command: for shells that complete words, and for
 * suggestions.  A unit test compares the rows with the table of commands.
 */

#include "config.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ringlet.h"
#include "strlist.h"
#include "valid.h"
#include "words.h"
#include "xmalloc.h"

#define OPERANDS_MAX 4
#define EVENTS	     "PreToolUse|PostToolUse|Notification|Stop"
#define SCOPES	     "view|control"
#define SIGNALS	     "HUP|INT|QUIT|KILL|USR1|USR2|TERM|CONT|STOP|TSTP"

struct operands {
	const char *group, *verb;
	struct {
		enum operand kind;
		const char *words;
	} v[OPERANDS_MAX];
};

#define ONE(kind)                                                              \
	{                                                                      \
		{                                                              \
			kind, NULL                                             \
		}                                                              \
	}
#define PROFILE                                                                \
	{                                                                      \
		OPERAND_PROFILE, NULL                                          \
	}
#define TEXT                                                                   \
	{                                                                      \
		OPERAND_TEXT, NULL                                             \
	}

static const struct operands rows[] = {
	{ "profiles", "create", { { OPERAND_AGENT, NULL }, TEXT } },
	{ "profiles", "inspect", ONE(OPERAND_PROFILE) },
	{ "profiles", "env", ONE(OPERAND_PROFILE) },
	{ "profiles", "run", ONE(OPERAND_PROFILE) },
	{ "profiles", "rekey", ONE(OPERAND_PROFILE) },
	{ "profiles", "delete", ONE(OPERAND_PROFILE) },
	{ "profiles", "endpoint", { PROFILE, TEXT } },
	{ "profiles", "grant",
	    { PROFILE,
		{ OPERAND_WORDS, "ro|rw|env|ssh-agent|nested-sandbox|limit" },
		{ OPERAND_FILE, NULL } } },
	{ "hooks", "add", { PROFILE, { OPERAND_WORDS, EVENTS }, TEXT, TEXT } },
	{ "hooks", "list", ONE(OPERAND_PROFILE) },
	{ "hooks", "review", ONE(OPERAND_PROFILE) },
	{ "hooks", "approve", { PROFILE, { OPERAND_WORDS, EVENTS }, TEXT } },
	{ "hooks", "remove", { PROFILE, { OPERAND_WORDS, EVENTS }, TEXT } },
	{ "hooks", "import", { PROFILE, { OPERAND_FILE, NULL } } },
	{ "hooks", "export", ONE(OPERAND_PROFILE) },
	{ "sandbox", "check", ONE(OPERAND_PROFILE) },
	{ "sandbox", "explain", { PROFILE, { OPERAND_FILE, NULL } } },
	{ "terminal", "info", ONE(OPERAND_SESSION) },
	{ "terminal", "attach", ONE(OPERAND_SESSION) },
	{ "terminal", "kill", ONE(OPERAND_SESSION) },
	{ "terminal", "upload",
	    { { OPERAND_SESSION, NULL }, { OPERAND_FILE, NULL } } },
	{ "agents", "inspect", ONE(OPERAND_AGENT) },
	{ "providers", "inspect", ONE(OPERAND_PROVIDER) },
	{ "aliases", "install", ONE(OPERAND_PROFILE) },
	{ "aliases", "uninstall", ONE(OPERAND_PROFILE) },
	{ "keychain", "migrate",
	    { { OPERAND_WORDS, "secret-service|vault" } } },
	{ "registry", "pin", { TEXT } },
	{ "registry", "lint", ONE(OPERAND_DIR) },
	{ "registry", "sign", ONE(OPERAND_DIR) },
	{ "token", "revoke", ONE(OPERAND_TOKEN) },
	{ "tunnel", NULL, ONE(OPERAND_HOST) },
	{ "help", NULL, ONE(OPERAND_COMMAND) },
};

enum operand
operand_kind(const struct command *c, size_t n, const char **words)
{
	const struct operands *row = NULL;

	for (size_t i = 0; row == NULL && i < NELEM(rows); i++)
		if (command_find(rows[i].group, rows[i].verb) == c)
			row = &rows[i];
	if (row == NULL || n >= c->max)
		return OPERAND_NONE;
	/* As many words of a command as there are. */
	if (row->v[0].kind == OPERAND_COMMAND)
		return OPERAND_COMMAND;
	if (n >= OPERANDS_MAX)
		return OPERAND_NONE;
	*words = row->v[n].words;
	return row->v[n].kind;
}

enum operand
option_kind(const struct opt *o, const char **words)
{
	static const struct {
		const char *arg; /* what the table calls it */
		enum operand kind;
		const char *words;
	} args[] = {
		{ "FILE", OPERAND_FILE, NULL },
		{ "DIR", OPERAND_DIR, NULL },
		{ "HOST", OPERAND_HOST, NULL },
		{ "PROVIDER", OPERAND_PROVIDER, NULL },
		{ "SCOPE", OPERAND_WORDS, SCOPES },
		{ "SIGNAL", OPERAND_WORDS, SIGNALS },
		{ "STEP", OPERAND_WORDS, "agents|keychain|jail|profile" },
	};

	if (o->arg == NULL)
		return OPERAND_NONE;
	if (o->key == OPT_AGENT)
		return OPERAND_AGENT;
	if (o->key == OPT_OBJECT)
		return OPERAND_PROFILE;
	for (size_t i = 0; i < NELEM(args); i++)
		if (strcmp(args[i].arg, o->arg) == 0) {
			*words = args[i].words;
			return args[i].kind;
		}
	return OPERAND_TEXT;
}

void
profile_names(const struct paths *paths, struct strlist *out)
{
	static const char end[] = ".json";
	struct dirent *e;
	size_t len;
	char *name;
	DIR *d;

	if (paths->profile_dir == NULL ||
	    (d = opendir(paths->profile_dir)) == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		len = strlen(e->d_name);
		if (len < sizeof(end) ||
		    strcmp(e->d_name + len - strlen(end), end) != 0)
			continue;
		name = xstrndup(e->d_name, len - strlen(end));
		if (valid_alias(name))
			strlist_add(out, name);
		free(name);
	}
	closedir(d);
}

static char *
suggest_alias(const struct cli *cli, const char *typed)
{
	struct strlist names = { 0 };
	const char *near;
	char *text;

	profile_names(&cli->paths, &names);
	if (strlist_has(&names, typed))
		text = NULL;
	else if ((near = text_suggest(
		      typed, (const char *const *)names.v, names.n)) != NULL)
		text = xasprintf("did you mean '%s'?", near);
	else if (names.n == 0)
		text = xstrdup("'ringlet profiles create' makes one");
	else
		text = xstrdup("'ringlet profiles list' shows all");
	strlist_clear(&names);
	return text;
}

char *
suggest_operand(const struct cli *cli, int err)
{
	const char *words;
	char *text;

	if (cli->cmd == NULL || cli->args == NULL)
		return NULL;
	if (err == RL_ERR_EXISTS && cli->cmd->run == cmd_profiles_create)
		return xasprintf("take another name, or 'ringlet profiles "
				 "delete %s' first",
		    cli->args->v[1]);
	if (err != RL_ERR_NOTFOUND)
		return NULL;
	for (size_t i = 0; i < cli->args->n; i++)
		switch (operand_kind(cli->cmd, i, &words)) {
		case OPERAND_PROFILE:
			text = suggest_alias(cli, cli->args->v[i]);
			if (text != NULL)
				return text;
			break;
		case OPERAND_SESSION:
			return xstrdup("'ringlet terminal list' shows all");
		case OPERAND_TOKEN:
			return xstrdup("'ringlet token list' shows all");
		default:
			break;
		}
	return NULL;
}
