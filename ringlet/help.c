/*
 * Finding a command by its words, and saying how commands are used.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ringlet.h"
#include "xmalloc.h"

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
		printf("  %-30s %s\n", name, o[i].help);
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

void
print_command_help(const struct command *c)
{
	printf("usage: ringlet %s%s%s%s%s\n\n", c->group,
	    c->verb != NULL ? " " : "", c->verb != NULL ? c->verb : "",
	    *c->usage != '\0' ? " " : "", c->usage);
	printf("  %s\n\n", c->help);
	print_opts(c->opts, c->nopts);
	print_opts(global_opts, nglobal_opts);
	print_page(c->group);
}

static void
print_group_help(const char *group)
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
	if (group != NULL)
		print_page(group);
}

void
print_help(void)
{
	printf("usage: ringlet [-H HOST] [--json] [-q] [-v] COMMAND "
	       "[ARGUMENTS]\n\n");
	print_group_help(NULL);
	printf("\n");
	print_opts(global_opts, nglobal_opts);
	print_opts(version_opts, nversion_opts);
	printf("\n`ringlet help COMMAND` says more; ringlet(1) names all pages.\n");
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
	if (near != NULL)
		return fail_usage(cli,
		    "unknown command '%s%s%s': did you mean `ringlet "
		    "%s%s%s`?",
		    group != NULL ? group : "", group != NULL ? " " : "", word,
		    group != NULL ? group : "", group != NULL ? " " : "", near);
	return fail_usage(cli,
	    "unknown command '%s%s%s': `ringlet help` lists all",
	    group != NULL ? group : "", group != NULL ? " " : "", word);
}

int
fail_help_json(const struct cli *cli)
{
	return fail_usage(cli, "help is text: leave out --json");
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
	const struct command *alone = NULL;

	if (!is_group(argv[0])) {
		*status = fail_unknown(cli, NULL, argv[0]);
		return NULL;
	}
	for (size_t i = 0; i < ncommands; i++) {
		const struct command *c = &commands[i];

		if (strcmp(c->group, argv[0]) != 0)
			continue;
		if (c->verb == NULL)
			alone = c;
		else if (argc > 1 && strcmp(c->verb, argv[1]) == 0) {
			*words = 2;
			return c;
		}
	}
	*words = 1;
	if (alone != NULL && (argc == 1 || *argv[1] == '-' || alone->max > 0))
		return alone;
	if (argc > 1 && *argv[1] != '-')
		*status = fail_unknown(cli, argv[0], argv[1]);
	else if (argc > 1 && is_help_option(argv[1]) && cli->json)
		*status = fail_help_json(cli);
	else if (argc > 1 && is_help_option(argv[1])) {
		print_group_help(argv[0]);
		*status = STATUS_DONE;
	} else
		*status = fail_usage(cli,
		    "'%s' is not a whole command: `ringlet help %s` lists "
		    "what there is",
		    argv[0], argv[0]);
	return NULL;
}

int
cmd_help(struct cli *cli, const struct args *args)
{
	const struct command *c;
	size_t words;
	int status;

	if (cli->json)
		return fail_help_json(cli);
	if (args->n == 0)
		print_help();
	else if (args->n == 1 && is_group(args->v[0]))
		print_group_help(args->v[0]);
	else {
		c = find_command(cli, args->n, args->v, &words, &status);
		if (c == NULL)
			return status;
		print_command_help(c);
	}
	return STATUS_DONE;
}
