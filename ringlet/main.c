/*
 * ringlet: the command line.  Finds the command in the table, parses its
 * options, and runs its handler.  It speaks to the monitor alone, over the
 * control socket, and has no network code.
 */

#include "config.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fdpass.h"
#include "log.h"
#include "ringlet.h"
#include "secret.h"
#include "ssh.h"
#include "valid.h"
#include "wipe.h"
#include "words.h"
#include "xmalloc.h"

/* a, then b, in a block that the caller frees. */
static struct opt *
join(const struct opt *a, size_t na, const struct opt *b, size_t nb)
{
	struct opt *all = xcalloc(na + nb, sizeof(*all));

	if (na > 0)
		memcpy(all, a, na * sizeof(*all));
	memcpy(all + na, b, nb * sizeof(*all));
	return all;
}

static void
apply_globals(struct cli *cli, const struct args *args)
{
	cli->json |= opt_has(args, OPT_JSON);
	cli->quiet |= opt_has(args, 'q');
	cli->verbose |= opt_has(args, 'v');
	cli->no_pager |= opt_has(args, OPT_NO_PAGER);
}

/* What is waited for, or handed to another program, is not kept. */
static bool
wants_pager(const struct cli *cli, const struct args *args)
{
	return !cli->json && !cli->no_pager && cli->cmd->flags & CMD_PAGES &&
	       !opt_has(args, OPT_FOLLOW);
}

/* Too few words: what the usage calls the next. */
static int
fail_few(const struct cli *cli, const struct args *args)
{
	const char *word = cli->cmd->usage;

	for (size_t i = 0; i < args->n; i++) {
		word += strcspn(word, " ");
		word += strspn(word, " ");
	}
	return fail_usage(cli, "an argument is missing" HINT "give %.*s",
	    (int)strcspn(word, " "), word);
}

/*
 * Too many words: which one it is, not what it says.  It may be a key, which
 * would stay on the screen and in a log.
 */
static int
fail_many(const struct cli *cli, const struct args *args)
{
	const struct command *c = cli->cmd;

	if (c->flags & CMD_REST)
		return fail_usage(cli,
		    "argument %zu is one too many" HINT
		    "arguments for the agent stand after --",
		    c->max + 1);
	if (c->max == 0)
		return fail_usage(cli,
		    "'%s%s%s' takes no arguments" HINT "leave %s out", c->group,
		    c->verb != NULL ? " " : "", c->verb != NULL ? c->verb : "",
		    args->n == 1 ? "it" : "them");
	return fail_usage(cli,
	    "argument %zu is one too many" HINT
	    "leave it out, or put quotes around what has blanks in it",
	    c->max + 1);
}

/*
 * Operands that can name nothing, whatever there is: 0, or reports.  An empty
 * one is mostly a variable of a script that was not set.
 */
static int
check_operands(const struct cli *cli, const struct args *args)
{
	const char *words, *what;
	enum operand kind;

	for (size_t i = 0; i < args->n; i++) {
		kind = operand_kind(cli->cmd, i, &words);
		if (kind == OPERAND_PROFILE && !valid_alias(args->v[i]))
			return fail_usage(cli,
			    "'%s' is no profile's name" HINT
			    "'ringlet profiles list' shows all",
			    args->v[i]);
		if (cli->cmd->run == cmd_profiles_grant)
			what = "what is granted";
		else
			what = kind == OPERAND_DIR ? "the name of a folder"
						   : "the name of a file";
		if ((kind == OPERAND_FILE || kind == OPERAND_DIR) &&
		    *args->v[i] == '\0')
			return fail_usage(cli,
			    "argument %zu is empty" HINT "give %s", i + 1,
			    what);
	}
	return 0;
}

/* --- running it --- */

/* argv[0] is the command's last word. */
static int
run_command(struct cli *cli, int argc, char **argv)
{
	const struct command *c = cli->cmd;
	struct opt *all = join(c->opts, c->nopts, global_opts, nglobal_opts);
	struct args args;
	char why[512];
	int r;

	if (opt_parse(all, c->nopts + nglobal_opts,
		c->flags & CMD_REST ? OPT_REST : 0, argc, argv, &args, why,
		sizeof(why)) != 0) {
		r = fail_usage(cli, "%s", why);
		goto out;
	}
	apply_globals(cli, &args);
	cli->args = &args;
	if (opt_has(&args, OPT_HELP)) {
		if (!cli->json && !cli->no_pager)
			pager_begin();
		print_command_help(cli, c);
		r = STATUS_DONE;
	} else if (args.n > c->max)
		r = fail_many(cli, &args);
	else if (args.n < c->min)
		r = fail_few(cli, &args);
	else if ((r = check_operands(cli, &args)) == 0) {
		if (wants_pager(cli, &args))
			pager_begin();
		r = c->run(cli, &args);
	}
out:
	cli->args = NULL;
	args_free(&args);
	free(all);
	return r;
}

/* Global options, then the command: argv[0] is the program's name. */
static int
run(struct cli *cli, int argc, char **argv)
{
	struct opt *all =
	    join(global_opts, nglobal_opts, version_opts, nversion_opts);
	struct args args;
	const char *bad, *host;
	char why[512];
	size_t words;
	int r;

	for (int i = 1; i < argc; i++)
		if (!valid_utf8(argv[i], strlen(argv[i]))) {
			free(all);
			return fail_usage(cli,
			    "argument %d is not UTF-8" HINT
			    "names and paths must be",
			    i);
		}
	r = opt_parse(all, nglobal_opts + nversion_opts, OPT_STOP, argc, argv,
	    &args, why, sizeof(why));
	free(all);
	if (r != 0) {
		r = fail_usage(cli, "%s", why);
		goto out;
	}
	apply_globals(cli, &args);
	host = opt_get(&args, 'H');
	if (host != NULL &&
	    (args.n > 0 || opt_has(&args, 'V') || opt_has(&args, OPT_HELP))) {
		r = ssh_run(cli, host, &args);
		goto out;
	}
	if (opt_has(&args, 'V')) {
		if (cli->json)
			print_json(cli,
			    json_pack("{s:s}", "version", PACKAGE_VERSION));
		else
			printf("ringlet %s\n", PACKAGE_VERSION);
		goto out;
	}
	if (opt_has(&args, OPT_HELP)) {
		if (!cli->json && !cli->no_pager)
			pager_begin();
		print_help(cli);
		goto out;
	}
	if (args.n == 0) {
		r = fail_usage(cli,
		    "a command is missing" HINT "'ringlet help' lists all");
		goto out;
	}
	cli->cmd = find_command(cli, args.n, args.v, &words, &r);
	if (cli->cmd == NULL)
		goto out;
	if (paths_init(&cli->paths, &bad) != 0) {
		r = fail_usage(cli,
		    "%s is not an absolute path" HINT "mend the variable "
		    "or unset it",
		    bad);
		goto out;
	}
	r = run_command(cli, (int)(args.n - words + 1), args.v + words - 1);
	paths_free(&cli->paths);
out:
	args_free(&args);
	return r;
}

/* Asked for anywhere, so that even an error in the options is JSON. */
static bool
wants_json(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--json") == 0)
			return true;
	return false;
}

int
main(int argc, char **argv)
{
	struct cli cli = { .fd = -1, .json = wants_json(argc, argv) };
	int status;

	if (fd_fill_standard() != 0)
		return STATUS_FAILED;
	/* Width of characters only: nothing that is printed may vary. */
	setlocale(LC_CTYPE, "");
	log_init("ringlet", LOGL_WARN);
	secret_init();
	/* A file that a key is taken from goes through jansson. */
	json_set_alloc_funcs(wipe_alloc, wipe_free);
	if (argc > 1 && strcmp(argv[1], OVER_SSH) == 0) {
		over_ssh();
		argv[1] = argv[0];
		argc--;
		argv++;
		cli.json = wants_json(argc, argv);
	}
	if (argc > 1 && strcmp(argv[1], COMPLETE) == 0)
		status = cmd_complete(&cli, (size_t)argc - 2, argv + 2);
	else
		status = run(&cli, argc, argv);
	fd_close(cli.fd);
	return output_end(&cli, status);
}
