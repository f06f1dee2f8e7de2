/*
 * Prints what the manual must say, from the tables that the command uses.  One
 * fact a line:
 *
 *	command GROUP [VERB]
 *	option LETTER NAME [ARGUMENT]	of the command above it; - is no letter
 *	global LETTER NAME [ARGUMENT]
 *	code NAME			of an error, as JSON has it
 *	status NUMBER			with which the command exits
 *	file PATH			below /home/me, with XDG_RUNTIME_DIR /run
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "ringlet/ringlet.h"

#define CODES 64 /* more than there are */

static void
print_opts(const char *what, const struct opt *o, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("%s %c %s%s%s\n", what, o[i].key < 256 ? o[i].key : '-',
		    o[i].name, o[i].arg != NULL ? " " : "",
		    o[i].arg != NULL ? o[i].arg : "");
}

static void
print_files(void)
{
	struct paths p;
	const char *bad;

	if (setenv("HOME", "/home/me", 1) == -1 ||
	    setenv("XDG_RUNTIME_DIR", "/run", 1) == -1 ||
	    paths_init(&p, &bad) != 0)
		exit(1);
	printf("file %s\nfile %s\nfile %s\nfile %s\nfile %s\n", p.conf_file,
	    p.token_file, p.tokens_file, p.profile_dir, p.policy_file);
	printf("file %s\nfile %s\nfile %s\nfile %s\nfile %s\n", p.policy_state,
	    p.log_file, p.registry_dir, p.registry_lock, p.audit_file);
	printf("file %s\nfile %s\nfile %s\n", p.audit_state, p.control_sock,
	    p.lock_file);
	paths_free(&p);
}

int
main(void)
{
	const struct command *c;

	for (c = commands; c < commands + ncommands; c++) {
		printf("command %s%s%s\n", c->group, c->verb != NULL ? " " : "",
		    c->verb != NULL ? c->verb : "");
		print_opts("option", c->opts, c->nopts);
	}
	print_opts("global", global_opts, nglobal_opts);
	print_opts("global", version_opts, nversion_opts);
	for (int err = 1; err < CODES; err++)
		if (strcmp(rl_errname(-err), "UNKNOWN") != 0)
			printf("code %s\n", rl_errname(-err));
	for (int status = STATUS_DONE; status <= STATUS_DENIED; status++)
		printf("status %d\n", status);
	print_files();
	return 0;
}
