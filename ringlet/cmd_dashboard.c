/*
 * dashboard: a browser is signed in by a one-time code.
 *
 * The code is in the URL's fragment, which a browser sends to nobody.  It must
 * not be in an argument list either, which every user of the machine can read:
 * so what is opened is a file of ours, in the runtime folder that nobody else
 * may enter, and that sends the browser on.  What is left in it afterwards is
 * a code that was used, or is over within a minute.
 */

#include "config.h"

#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop.h"
#include "ringlet.h"
#include "secret.h"
#include "units.h"
#include "xmalloc.h"

#define LIFETIME  "12h" /* of the token, if it is not said */
#define OPEN_MS	  3000	/* in which a program that cannot open has ended */
#define PAGE_NAME "dashboard.html"

/* What is asked for. */
struct wish {
	bool control;
	uint64_t lifetime; /* seconds */
	char *base;	   /* of the URL, without the slash at its end */
};

/* 0, or reports. */
static int
read_wish(const struct cli *cli, const struct args *args, struct wish *w)
{
	const char *scope = opt_get(args, OPT_SCOPE);
	const char *expires = opt_get(args, OPT_EXPIRES);
	const char *url = opt_get(args, OPT_URL);
	long long span;

	w->control = scope == NULL || strcmp(scope, "control") == 0;
	if (!w->control && strcmp(scope, "view") != 0)
		return fail_usage(
		    cli, "--scope: '%s' is neither view nor control", scope);
	if (expires == NULL)
		expires = LIFETIME;
	if (!units_parse(expires, units_span, 1, CODE_TOKEN_MAX, &span))
		return fail_usage(cli,
		    "--expires: '%s' is no time such as 30m, 12h or 7d, of at "
		    "most 30d",
		    expires);
	w->lifetime = (uint64_t)span;
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
		    "the daemon listens on %s alone, which no browser opens: "
		    "'ssh -L 8765:%s HOST' from where the browser is, then "
		    "'ringlet dashboard --print --url http://127.0.0.1:8765' "
		    "here; or give ListenAddress in ringlet.conf a port",
		    local != NULL ? local : "nothing",
		    local != NULL ? local : "SOCKET");
	msg_clear(&m);
	return r;
}

/* What opens a browser here; NULL: nothing does. */
static const char *
find_opener(void)
{
	const char *browser = getenv("BROWSER");

	/* A bare name would be looked for in folders that others may write. */
	if (browser == NULL || browser[0] != '/')
		browser = PATH_XDG_OPEN;
	return access(browser, X_OK) == 0 ? browser : NULL;
}

static void __attribute__((__noreturn__))
run_opener(char **argv)
{
	int null = open("/dev/null", O_RDWR);

	/* The browser that it may become outlives this terminal. */
	setsid();
	if (null == -1 || dup2(null, STDIN_FILENO) == -1 ||
	    dup2(null, STDOUT_FILENO) == -1 || dup2(null, STDERR_FILENO) == -1)
		_exit(126);
	closefrom(STDERR_FILENO + 1);
	execv(argv[0], argv);
	_exit(127);
}

/* Whether the program has taken it; one that goes on running has. */
static bool
open_file(const char *opener, const char *path)
{
	char *url = url_of_file(path);
	char *argv[] = { (char *)(uintptr_t)opener, url, NULL };
	uint64_t end = loop_now() + OPEN_MS;
	int status = 0;
	pid_t pid, done;

	fflush(NULL);
	if ((pid = fork()) == 0)
		run_opener(argv);
	free(url);
	if (pid == -1)
		return false;
	while ((done = waitpid(pid, &status, WNOHANG)) == 0 && loop_now() < end)
		poll(NULL, 0, 20);
	return done == 0 || (done == pid && status == 0);
}

/* Has a browser open the URL; false: it cannot be done here. */
static bool
open_url(const struct cli *cli, const char *url)
{
	const char *opener = find_opener();
	char *path, *page;
	bool opened;

	if (opener == NULL)
		return false;
	path = xasprintf("%s/%s", cli->paths.runtime_dir, PAGE_NAME);
	/* Of what is in the URL nothing means anything to HTML. */
	page = xasprintf(
	    "<!DOCTYPE html>\n"
	    "<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	    "<meta name=\"referrer\" content=\"no-referrer\">\n"
	    "<meta http-equiv=\"refresh\" content=\"0;url=%s\">\n"
	    "<title>Ringlet</title></head>\n"
	    "<body><a href=\"%s\">Ringlet's dashboard</a></body></html>\n",
	    url, url);
	/* Mode 0600, and complete from the instant it has that name. */
	opened = paths_write_file(path, page, strlen(page)) == 0 &&
		 open_file(opener, path);
	/* Nobody will come for it. */
	if (!opened)
		(void)unlink(path);
	secret_wipe(page, strlen(page));
	free(page);
	free(path);
	return opened;
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
	char *url;
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
	    open_url(cli, url))
		hint(cli, "the dashboard was opened in a browser; if it shows "
			  "nothing: 'ringlet dashboard --print'");
	else
		print_url(cli, &w, url, made);
	secret_wipe(url, strlen(url));
	free(url);
	msg_clear(&m);
	r = STATUS_DONE;
out:
	free(w.base);
	return r;
}
