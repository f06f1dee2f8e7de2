/*
 * dashboard: a browser is signed in by a one-time code.
 *
 * The code is in the URL's fragment, which a browser sends to nobody.  What
 * opens one is in browser.c.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ringlet.h"
#include "secret.h"
#include "units.h"
#include "xmalloc.h"

#define LIFETIME "12h" /* of the token, if it is not said */

/* What is asked for. */
struct wish {
	bool control;
	uint64_t lifetime; /* seconds */
	char *base;	   /* of the URL, without the slash at its end */
};

int
dashboard_options(const struct cli *cli, const struct args *args,
    bool *control, uint64_t *lifetime)
{
	const char *scope = opt_get(args, OPT_SCOPE);
	const char *expires = opt_get(args, OPT_EXPIRES);
	long long span;

	*control = scope == NULL || strcmp(scope, "control") == 0;
	if (!*control && strcmp(scope, "view") != 0)
		return fail_usage(
		    cli, "--scope: '%s' is neither view nor control", scope);
	if (expires == NULL)
		expires = LIFETIME;
	if (!units_parse(expires, units_span, 1, CODE_TOKEN_MAX, &span))
		return fail_usage(cli,
		    "--expires: '%s' is no time such as 30m, 12h or 7d, of at "
		    "most 30d",
		    expires);
	*lifetime = (uint64_t)span;
	return 0;
}

/* 0, or reports. */
static int
read_wish(const struct cli *cli, const struct args *args, struct wish *w)
{
	const char *url = opt_get(args, OPT_URL);
	int r;

	if ((r = dashboard_options(cli, args, &w->control, &w->lifetime)) != 0)
		return r;
	if (url != NULL && (w->base = url_base(url)) == NULL)
		return fail_usage(cli,
		    "--url: '%s' is not http:// and 127.0.0.1, localhost or "
		    "[::1], with the port at this end of a tunnel",
		    url);
	return 0;
}

/* Where the daemon listens, if --url has not said it.  0, or reports. */
static int
find_base(struct cli *cli, struct wish *w)
{
	const struct msg_token_only req = { 0 };
	const struct msg_status *s;
	const char *local = NULL;
	struct msg m;
	int r;

	if (w->base != NULL)
		return 0;
	if ((r = client_call(cli, MSG_STATUS_GET, &req, MSG_STATUS, &m)) != 0)
		return r;
	s = m.body;
	w->base = url_of_listeners(&s->listen);
	if (s->listen.n > 0)
		local = s->listen.v[0];
	if (w->base == NULL)
		r = fail_error(cli, RL_ERR_UNAVAILABLE,
		    "the daemon listens on %s alone, which no browser "
		    "opens" HINT
		    "'ringlet tunnel HOST' from where the browser is; or "
		    "'ssh -L 8765:%s HOST' there, then "
		    "'ringlet dashboard --print --url http://127.0.0.1:8765' "
		    "here; or give ListenAddress in ringlet.conf a port",
		    local != NULL ? local : "nothing",
		    local != NULL ? local : "SOCKET");
	msg_clear(&m);
	return r;
}

static void
print_url(const struct cli *cli, const struct wish *w, const char *url,
    const struct msg_code_made *made)
{
	const char *scope = w->control ? "control" : "view";
	char span[64];

	if (cli->json) {
		print_json(
		    cli, json_pack("{s:s, s:I, s:s, s:I}", "url", url,
			     "valid_secs", (json_int_t)made->seconds, "scope",
			     scope, "lifetime_secs", (json_int_t)w->lifetime));
		return;
	}
	printf("%s\n", url);
	hint(cli,
	    "good once, for %llu seconds, from where that port leads to this "
	    "daemon; signed in for %s, scope %s",
	    (unsigned long long)made->seconds,
	    text_duration(span, sizeof(span), (int64_t)w->lifetime), scope);
}

int
cmd_dashboard(struct cli *cli, const struct args *args)
{
	struct wish w = { .base = NULL };
	struct msg_code_create req = { .lifetime = 0 };
	const struct msg_code_made *made;
	struct msg m;
	char *url, *file = NULL;
	int r;

	if ((r = read_wish(cli, args, &w)) != 0 ||
	    (r = find_base(cli, &w)) != 0)
		goto out;
	req.control = w.control;
	req.lifetime = w.lifetime;
	if ((r = client_call(cli, MSG_CODE_CREATE, &req, MSG_CODE_MADE, &m)) !=
	    0)
		goto out;
	made = m.body;
	url = xasprintf("%s/#code=%.*s", w.base, (int)made->code.len,
	    (const char *)made->code.p);
	if (!cli->json && !opt_has(args, OPT_PRINT) && client_sees_display() &&
	    browser_open(cli->paths.runtime_dir, url, &file))
		hint(cli, "the dashboard was opened in a browser; if it shows "
			  "nothing: 'ringlet dashboard --print'");
	else
		print_url(cli, &w, url, made);
	secret_wipe(url, strlen(url));
	free(url);
	free(file);
	msg_clear(&m);
	r = STATUS_DONE;
out:
	free(w.base);
	return r;
}
