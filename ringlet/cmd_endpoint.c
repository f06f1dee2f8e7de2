/*
 * profiles endpoint: where a profile's key goes.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ringlet.h"
#include "xmalloc.h"

/* Asks; 0 to go on, or the exit status. */
static int
confirm(struct cli *cli, const char *alias, const char *from, const char *to)
{
	char *raw, *question;
	int r = 0;

	if (!isatty(STDIN_FILENO))
		return fail_usage(cli,
		    "there is no terminal to ask on" HINT
		    "give -y to send the key "
		    "of '%s' to %s",
		    alias, to);
	raw = xasprintf("The key of %s goes to %s.  Send it to %s from now on?",
	    alias, *from != '\0' ? from : "a place that is not known", to);
	question = text_safe(raw);
	if (!prompt_yes(question))
		r = fail_error(cli, RL_ERR_STATE, "nothing was changed");
	free(question);
	free(raw);
	return r;
}

/* Where the key goes; the caller frees it.  0, or reports. */
static int
get_url(struct cli *cli, const char *alias, char **out)
{
	const struct msg_alias req = { .alias = alias };
	struct msg m;
	int r;

	r = client_call(cli, MSG_PROFILE_GET, &req, MSG_PROFILE, &m);
	if (r != 0)
		return r;
	*out = xstrdup(((const struct msg_profile *)m.body)->endpoint_url);
	msg_clear(&m);
	return 0;
}

int
cmd_profiles_endpoint(struct cli *cli, const struct args *args)
{
	struct msg_profile_endpoint req = { .alias = args->v[0],
		.endpoint = args->n > 1 ? args->v[1] : "", .dry_run = true };
	const struct msg_profile *p;
	char *from = NULL, *to = NULL;
	struct msg m;
	int r;

	/* It would mean the manifest's own, and be a variable not set. */
	if (args->n > 1 && *args->v[1] == '\0')
		return fail_usage(cli,
		    "argument 2 is empty" HINT
		    "give an endpoint's id or URL, or leave it out");
	if ((r = get_url(cli, req.alias, &from)) != 0)
		return r;
	r = client_call(cli, MSG_PROFILE_ENDPOINT, &req, MSG_PROFILE, &m);
	if (r != 0)
		goto out;
	p = m.body;
	to = xstrdup(p->endpoint_url);
	msg_clear(&m);
	if (!opt_has(args, 'y') && strcmp(from, to) != 0 &&
	    (r = confirm(cli, req.alias, from, to)) != 0)
		goto out;
	/* What was said yes to, and nothing else. */
	req.expect = to;
	req.dry_run = false;
	r = client_call(cli, MSG_PROFILE_ENDPOINT, &req, MSG_PROFILE, &m);
	if (r != 0)
		goto out;
	p = m.body;
	if (cli->json)
		r = print_json(cli, json_pack("{s:s, s:s}", "alias", p->alias,
				       "endpoint_url", p->endpoint_url));
	else
		hint(cli, "%s: its key goes to %s: it holds for new runs",
		    p->alias, p->endpoint_url);
	msg_clear(&m);
out:
	free(to);
	free(from);
	return r;
}
