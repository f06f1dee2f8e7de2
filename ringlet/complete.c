/*
 * Completion of words for shells, from the tables that help is printed from.
 *
 * A line is a word and, behind a tab, what it means; or ":file", ":dir" or
 * ":host", which the shell knows more about.  A shell calls this while the
 * user types: no daemon is started, and whatever goes wrong is no word.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ringlet.h"
#include "strlist.h"
#include "valid.h"
#include "words.h"
#include "xmalloc.h"

#define ASK_MS 1000

struct completion {
	struct cli *cli;
	const char *before; /* of each word: "--scope=" */
	const char *typed;  /* what is there of the word */
	bool remote;	    /* names are those of another machine */
};

static void
put(const struct completion *c, const char *word, const char *what)
{
	char *safe;

	if (strncmp(word, c->typed, strlen(c->typed)) != 0)
		return;
	safe = text_safe(what);
	printf("%s%s%s%s\n", c->before, word, *safe != '\0' ? "\t" : "", safe);
	free(safe);
}

/* Words with | between. */
static void
put_words(const struct completion *c, const char *words)
{
	char *copy = xstrdup(words), *rest = copy, *word;

	while ((word = strsep(&rest, "|")) != NULL)
		put(c, word, "");
	free(copy);
}

/* --- names that the daemon knows --- */

/* False: it does not run, or does not answer. */
static bool
ask(const struct completion *c, uint16_t type, const void *req, uint16_t want,
    struct msg *m)
{
	char why[512];

	if (c->remote ||
	    (c->cli->fd == -1 &&
		client_connect(c->cli, why, sizeof(why)) != 0) ||
	    client_ask(c->cli, type, req, ASK_MS, m) != 0)
		return false;
	if (m->hdr.type == want)
		return true;
	msg_clear(m);
	return false;
}

static void
put_profiles(const struct completion *c)
{
	struct strlist names = { 0 };

	if (!c->remote)
		profile_names(&c->cli->paths, &names);
	for (size_t i = 0; i < names.n; i++)
		put(c, names.v[i], "");
	strlist_clear(&names);
}

static void
put_agents(const struct completion *c)
{
	struct msg_agent_list req = { .token = { NULL, 0 } };
	const struct msg_agents *agents;
	const struct msg_agent *a;
	struct msg m;
	char *hold;

	req.search_path = session_search_path(&hold);
	if (ask(c, MSG_AGENT_LIST, &req, MSG_AGENTS, &m)) {
		agents = m.body;
		a = agents->list.v;
		for (size_t i = 0; i < agents->list.n; i++)
			if (valid_alias(a[i].id))
				put(c, a[i].id, a[i].name);
		msg_clear(&m);
	}
	free(req.search_path.v);
	free(hold);
}

static void
put_providers(const struct completion *c)
{
	const struct msg_token_only req = { 0 };
	const struct msg_providers *providers;
	const struct msg_provider *p;
	struct msg m;

	if (!ask(c, MSG_PROVIDER_LIST, &req, MSG_PROVIDERS, &m))
		return;
	providers = m.body;
	p = providers->list.v;
	for (size_t i = 0; i < providers->list.n; i++)
		if (valid_alias(p[i].id))
			put(c, p[i].id, p[i].name);
	msg_clear(&m);
}

static void
put_sessions(const struct completion *c)
{
	const struct msg_token_only req = { 0 };
	const struct msg_sessions *sessions;
	const struct msg_session *s;
	struct msg m;
	char *what;

	if (!ask(c, MSG_SESSION_LIST, &req, MSG_SESSIONS, &m))
		return;
	sessions = m.body;
	s = sessions->list.v;
	for (size_t i = 0; i < sessions->list.n; i++) {
		what = xasprintf("%s, %s", s[i].profile_alias,
		    session_state_name(s[i].state));
		if (valid_session_prefix(s[i].id))
			put(c, s[i].id, what);
		free(what);
	}
	msg_clear(&m);
}

static void
put_tokens(const struct completion *c)
{
	const struct msg_token_only req = { 0 };
	const struct msg_tokens *tokens;
	const struct msg_token *t;
	struct msg m;

	if (!ask(c, MSG_TOKEN_LIST, &req, MSG_TOKENS, &m))
		return;
	tokens = m.body;
	t = tokens->list.v;
	for (size_t i = 0; i < tokens->list.n; i++)
		if (valid_alias(t[i].id))
			put(c, t[i].id, t[i].label);
	msg_clear(&m);
}

/* --- by kind --- */

static void
put_groups(const struct completion *c)
{
	for (size_t i = 0; i < ncommands; i++) {
		bool first = true;

		for (size_t k = 0; k < i; k++)
			if (strcmp(commands[k].group, commands[i].group) == 0)
				first = false;
		if (first)
			put(c, commands[i].group,
			    commands[i].verb == NULL ? commands[i].help : "");
	}
}

static void
put_verbs(const struct completion *c, const char *group)
{
	for (size_t i = 0; i < ncommands; i++)
		if (commands[i].verb != NULL &&
		    strcmp(commands[i].group, group) == 0)
			put(c, commands[i].verb, commands[i].help);
}

static void
put_opts(const struct completion *c, const struct opt *o, size_t n)
{
	char *word;

	for (size_t i = 0; i < n; i++) {
		word = xasprintf("--%s", o[i].name);
		put(c, word, o[i].help);
		free(word);
	}
}

static void
put_kind(const struct completion *c, enum operand kind, const char *words)
{
	switch (kind) {
	case OPERAND_WORDS:
		put_words(c, words);
		break;
	case OPERAND_PROFILE:
		put_profiles(c);
		break;
	case OPERAND_AGENT:
		put_agents(c);
		break;
	case OPERAND_PROVIDER:
		put_providers(c);
		break;
	case OPERAND_SESSION:
		put_sessions(c);
		break;
	case OPERAND_TOKEN:
		put_tokens(c);
		break;
	case OPERAND_FILE:
		printf(":file\n");
		break;
	case OPERAND_DIR:
		printf(":dir\n");
		break;
	case OPERAND_HOST:
		printf(":host\n");
		break;
	default:
		break;
	}
}

/* --- where it stands --- */

/* The option that a word is, of two tables; NULL: none. */
static const struct opt *
find_opt(const char *word, const struct opt *a, size_t na, const struct opt *b,
    size_t nb)
{
	size_t len = strcspn(word, "=");

	for (size_t i = 0; i < na + nb; i++) {
		const struct opt *o = i < na ? &a[i] : &b[i - na];

		if (strncmp(word, "--", 2) == 0 && strlen(o->name) == len - 2 &&
		    strncmp(word + 2, o->name, len - 2) == 0)
			return o;
		if (word[0] == '-' && word[1] == o->key && word[2] == '\0')
			return o;
	}
	return NULL;
}

/*
 * Skips options from word *i on, of which the last is not whole yet.  True:
 * that is an option's argument, whose words were printed.
 */
static bool
take_option(struct completion *c, size_t n, char **words, size_t *i,
    const struct opt *a, size_t na, const struct opt *b, size_t nb)
{
	const struct opt *o = find_opt(words[*i], a, na, b, nb);
	const char *value = strchr(words[*i], '='), *choice = NULL;
	enum operand kind;
	char *before;

	if (o != NULL && o->key == 'H')
		c->remote = true;
	if (o == NULL || o->arg == NULL)
		return false;
	kind = option_kind(o, &choice);
	if (value == NULL && *i + 1 < n - 1)
		++*i; /* its argument */
	else if (value == NULL && *i + 1 == n - 1) {
		put_kind(c, kind, choice);
		return true;
	} else if (value != NULL && *i == n - 1) {
		before = xstrndup(words[*i], (size_t)(value + 1 - words[*i]));
		c->before = before;
		c->typed = value + 1;
		put_kind(c, kind, choice);
		free(before);
		return true;
	}
	return false;
}

static void
complete_command(struct completion *c, const struct command *cmd, size_t n,
    char **words, size_t i)
{
	const char *choice = NULL;
	size_t operands = 0;

	for (; i < n - 1 || (i < n && strchr(words[i], '=') != NULL); i++) {
		if (strcmp(words[i], "--") == 0) {
			if (cmd->flags & CMD_REST)
				printf(":file\n");
			return;
		}
		if (*words[i] != '-' && i == n - 1)
			break;
		if (*words[i] != '-')
			operands++;
		else if (take_option(c, n, words, &i, cmd->opts, cmd->nopts,
			     global_opts, nglobal_opts))
			return;
	}
	if (*c->typed == '-') {
		put_opts(c, cmd->opts, cmd->nopts);
		put_opts(c, global_opts, nglobal_opts);
		return;
	}
	if (operand_kind(cmd, operands, &choice) == OPERAND_COMMAND) {
		if (operands == 0)
			put_groups(c);
		else
			put_verbs(c, words[i - 1]);
		return;
	}
	put_kind(c, operand_kind(cmd, operands, &choice), choice);
}

int
cmd_complete(struct cli *cli, size_t n, char **words)
{
	struct completion c = { .cli = cli, .before = "" };
	const struct command *cmd;
	const char *bad;
	size_t i;

	if (n == 0 || paths_init(&cli->paths, &bad) != 0)
		return STATUS_DONE;
	c.typed = words[n - 1];
	for (i = 0; i < n && *words[i] == '-'; i++) {
		if (take_option(&c, n, words, &i, version_opts, nversion_opts,
			global_opts, nglobal_opts))
			goto out;
		if (i == n - 1) {
			put_opts(&c, global_opts, nglobal_opts);
			put_opts(&c, version_opts, nversion_opts);
			goto out;
		}
	}
	if (i >= n - 1) {
		put_groups(&c);
		goto out;
	}
	if (i + 1 < n - 1 &&
	    (cmd = command_find(words[i], words[i + 1])) != NULL) {
		complete_command(&c, cmd, n, words, i + 2);
		goto out;
	}
	if (i + 1 == n - 1 && *c.typed != '-')
		put_verbs(&c, words[i]);
	if ((cmd = command_find(words[i], NULL)) != NULL)
		complete_command(&c, cmd, n, words, i + 1);
out:
	paths_free(&cli->paths);
	return STATUS_DONE;
}
