/*
 * Finding a command by its words, and saying how commands are used.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "ringlet.h"
#include "words.h"
#include "xmalloc.h"

#define PAGE_WIDTH    79
#define EXAMPLE_WIDTH 44 /* columns of an example, with what it does behind */
#define HELP_COLUMN   33 /* what an option does */
#define LESS_INDENT   15 /* as far as "usage: ringlet" */
#define USAGE_MAX     4096

/* Words in what is left of a line from HELP_COLUMN on, and in more lines. */
static void
print_beside(const char *text)
{
	size_t column = HELP_COLUMN, len;

	for (bool first = true; *text != '\0'; first = false) {
		len = strcspn(text, " ");
		if (!first && column + 1 + len > PAGE_WIDTH) {
			printf("\n%*s", HELP_COLUMN, "");
			column = HELP_COLUMN;
		} else if (!first) {
			putchar(' ');
			column++;
		}
		printf("%.*s", (int)len, text);
		column += len;
		text += len;
		text += strspn(text, " ");
	}
	putchar('\n');
}

static void
print_opts(const struct opt *o, size_t n)
{
	char name[64];

	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%s%c%s--%s%s%s",
		    o[i].key < 256 ? "-" : "", o[i].key < 256 ? o[i].key : ' ',
		    o[i].key < 256 ? ", " : "   ", o[i].name,
		    o[i].arg != NULL ? " " : "",
		    o[i].arg != NULL ? o[i].arg : "");
		printf("  %-*s ", HELP_COLUMN - 3, name);
		print_beside(o[i].help);
	}
}

/* The page that says all of a command and of those beside it. */
static void
print_page(const char *group)
{
	if (strcmp(group, "help") == 0)
		printf("\nringlet(1) says more.\n");
	else
		printf("\nringlet-%s(1) says more.\n", group);
}

/* Words on lines of a page; what is in brackets stays together. */
static void
put_wrapped(struct buf *b, const char *text, size_t column, size_t indent)
{
	size_t len;
	int depth;

	while (*text != '\0') {
		depth = 0;
		for (len = 0; text[len] != '\0'; len++) {
			depth += text[len] == '[';
			depth -= text[len] == ']';
			if (text[len] == ' ' && depth == 0)
				break;
		}
		if (column + 1 + len > PAGE_WIDTH && column > indent) {
			/* What is too long even so begins further left. */
			column =
			    indent + len <= PAGE_WIDTH ? indent : LESS_INDENT;
			(void)buf_putf(b, "\n%*s", (int)column, "");
		} else {
			(void)buf_puts(b, " ");
			column++;
		}
		(void)buf_put(b, text, len);
		column += len;
		text += len + (text[len] == ' ');
	}
}

char *
command_usage(const struct command *c)
{
	struct buf *b = buf_new(USAGE_MAX);
	char *text;

	(void)buf_putf(b, "usage: ringlet %s%s%s", c->group,
	    c->verb != NULL ? " " : "", c->verb != NULL ? c->verb : "");
	put_wrapped(b, c->usage, buf_len(b), buf_len(b) + 1);
	text = xstrndup((const char *)buf_ptr(b), buf_len(b));
	buf_free(b);
	return text;
}

static bool
is_of(const struct example *e, const struct command *c)
{
	return strcmp(e->group, c->group) == 0 &&
	       (e->verb == NULL
		       ? c->verb == NULL
		       : c->verb != NULL && strcmp(e->verb, c->verb) == 0);
}

static void
print_examples(const struct command *c)
{
	const struct example *e = examples;
	size_t line;

	printf("\nexamples:\n");
	for (size_t i = 0; i < nexamples; i++, e++) {
		if (!is_of(e, c))
			continue;
		line = strlen("  ringlet ") + strlen(e->line);
		printf("  ringlet %s", e->line);
		if (*e->what == '\0')
			printf("\n");
		else if (line <= EXAMPLE_WIDTH &&
			 EXAMPLE_WIDTH + 2 + strlen(e->what) <= PAGE_WIDTH)
			printf("%*s%s\n", (int)(EXAMPLE_WIDTH + 2 - line), "",
			    e->what);
		else
			printf("\n      %s\n", e->what);
	}
}

static json_t *
letter_json(const struct opt *o)
{
	const char letter[2] = { (char)o->key, '\0' };

	return o->key < 256 ? json_string(letter) : json_null();
}

static json_t *
opts_json(const struct opt *o, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list,
		    json_pack("{s:s, s:o, s:o, s:b, s:s}", "name", o[i].name,
			"letter", letter_json(&o[i]), "argument",
			o[i].arg != NULL ? json_string(o[i].arg) : json_null(),
			"repeatable", (o[i].flags & OPT_MANY) != 0, "help",
			o[i].help));
	return list;
}

static json_t *
command_json(const struct command *c)
{
	json_t *list = json_array();
	char *name, *line;
	json_t *o;

	for (size_t i = 0; i < nexamples; i++) {
		if (!is_of(&examples[i], c))
			continue;
		line = xasprintf("ringlet %s", examples[i].line);
		json_array_append_new(
		    list, json_pack("{s:s, s:o}", "line", line, "text",
			      json_text(examples[i].what)));
		free(line);
	}
	name = xasprintf("%s%s%s", c->group, c->verb != NULL ? " " : "",
	    c->verb != NULL ? c->verb : "");
	o = json_pack("{s:s, s:s, s:s, s:o, s:o}", "command", name, "usage",
	    c->usage, "help", c->help, "options", opts_json(c->opts, c->nopts),
	    "examples", list);
	free(name);
	return o;
}

/* Those of a group (NULL: of all), or one; then what all of them take. */
static void
print_json_help(
    const struct cli *cli, const char *group, const struct command *one)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ncommands; i++)
		if (one != NULL ? one == &commands[i]
				: group == NULL ||
				      strcmp(group, commands[i].group) == 0)
			json_array_append_new(list, command_json(&commands[i]));
	print_json(cli, json_pack("{s:o, s:o}", "commands", list, "options",
			    opts_json(global_opts, nglobal_opts)));
}

void
print_command_help(const struct cli *cli, const struct command *c)
{
	char *usage;

	if (cli->json) {
		print_json_help(cli, NULL, c);
		return;
	}
	usage = command_usage(c);
	printf("%s\n\n  %s\n\n", usage, c->help);
	free(usage);
	print_opts(c->opts, c->nopts);
	print_opts(global_opts, nglobal_opts);
	print_examples(c);
	print_page(c->group);
}

static void
print_commands(const char *group)
{
	char name[64];

	for (size_t i = 0; i < ncommands; i++) {
		const struct command *c = &commands[i];

		if (group != NULL && strcmp(group, c->group) != 0)
			continue;
		snprintf(name, sizeof(name), "%s %s", c->group,
		    c->verb != NULL ? c->verb : "");
		printf("  %-20s %s\n", name, c->help);
	}
}

static void
print_group_help(const struct cli *cli, const char *group)
{
	if (cli->json) {
		print_json_help(cli, group, NULL);
		return;
	}
	print_commands(group);
	printf("\n'ringlet help %s COMMAND' has examples.\n", group);
	print_page(group);
}

void
print_help(const struct cli *cli)
{
	if (cli->json) {
		print_json_help(cli, NULL, NULL);
		return;
	}
	printf("usage: ringlet [-H HOST] [--json] [-q] [-v] COMMAND "
	       "[ARGUMENTS]\n\n");
	print_commands(NULL);
	printf("\n");
	print_opts(global_opts, nglobal_opts);
	print_opts(version_opts, nversion_opts);
	printf("\n'ringlet help COMMAND' says more, with examples; ringlet(1) "
	       "names all pages.\n");
}

/* --- finding the command --- */

static bool
is_group(const char *word)
{
	for (size_t i = 0; i < ncommands; i++)
		if (strcmp(commands[i].group, word) == 0)
			return true;
	return false;
}

static bool
has_verbs(const char *group)
{
	for (size_t i = 0; i < ncommands; i++)
		if (strcmp(commands[i].group, group) == 0 &&
		    commands[i].verb != NULL)
			return true;
	return false;
}

const struct command *
command_find(const char *group, const char *verb)
{
	for (size_t i = 0; i < ncommands; i++) {
		const struct command *c = &commands[i];

		if (strcmp(c->group, group) != 0)
			continue;
		if (verb == NULL
			? c->verb == NULL
			: c->verb != NULL && strcmp(c->verb, verb) == 0)
			return c;
	}
	return NULL;
}

/* The words that may stand where this one does, for a suggestion. */
static int
fail_unknown(const struct cli *cli, const char *group, const char *word)
{
	const char **list = xcalloc(ncommands, sizeof(*list)), *near;
	size_t n = 0;

	for (size_t i = 0; i < ncommands; i++) {
		if (group == NULL)
			list[n++] = commands[i].group;
		else if (strcmp(commands[i].group, group) == 0 &&
			 commands[i].verb != NULL)
			list[n++] = commands[i].verb;
	}
	near = text_suggest(word, list, n);
	free(list);
	if (group == NULL && strcmp(word, "version") == 0)
		return fail_usage(cli, "unknown command 'version'" HINT
				       "did you mean 'ringlet --version'?");
	if (near != NULL)
		return fail_usage(cli,
		    "unknown command '%s%s%s'" HINT
		    "did you mean 'ringlet %s%s%s'?",
		    group != NULL ? group : "", group != NULL ? " " : "", word,
		    group != NULL ? group : "", group != NULL ? " " : "", near);
	return fail_usage(cli,
	    "unknown command '%s%s%s'" HINT "'ringlet help%s%s' lists all",
	    group != NULL ? group : "", group != NULL ? " " : "", word,
	    group != NULL ? " " : "", group != NULL ? group : "");
}

static bool
is_help_option(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

const struct command *
find_command(
    const struct cli *cli, size_t argc, char **argv, size_t *words, int *status)
{
	const struct command *alone = command_find(argv[0], NULL), *c;

	if (!is_group(argv[0])) {
		*status = fail_unknown(cli, NULL, argv[0]);
		return NULL;
	}
	if (argc > 1 && (c = command_find(argv[0], argv[1])) != NULL) {
		*words = 2;
		return c;
	}
	*words = 1;
	if (alone != NULL && (argc == 1 || *argv[1] == '-' || alone->max > 0 ||
				 !has_verbs(argv[0])))
		return alone;
	if (argc > 1 && *argv[1] != '-')
		*status = fail_unknown(cli, argv[0], argv[1]);
	else if (argc > 1 && is_help_option(argv[1])) {
		print_group_help(cli, argv[0]);
		*status = STATUS_DONE;
	} else
		*status = fail_usage(cli,
		    "'%s' is not a whole command" HINT
		    "'ringlet help %s' lists what there is",
		    argv[0], argv[0]);
	return NULL;
}

int
cmd_help(struct cli *cli, const struct args *args)
{
	const struct command *c;
	size_t words;
	int status;

	if (args->n == 0)
		print_help(cli);
	else if (args->n == 1 && is_group(args->v[0]) &&
		 command_find(args->v[0], NULL) == NULL)
		print_group_help(cli, args->v[0]);
	else {
		c = find_command(cli, args->n, args->v, &words, &status);
		if (c == NULL)
			return status;
		print_command_help(cli, c);
		/* daemon is a command, and begins others as well. */
		if (!cli->json && words == 1 && has_verbs(c->group)) {
			printf("\n");
			print_commands(c->group);
		}
	}
	return STATUS_DONE;
}
