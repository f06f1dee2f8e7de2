/*
 * profiles run: the agent on this terminal, or a session in the daemon.
 *
 * On this terminal the command becomes the agent: the key is in the new
 * environment and nowhere else, and terminal, signals and exit status are the
 * agent's own.
 */

#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record.h"
#include "ringlet.h"
#include "valid.h"
#include "xmalloc.h"

/* What has a meaning for a session alone. */
static int
check_local(const struct cli *cli, const struct args *args)
{
	static const struct {
		int key;
		const char *name;
	} remote[] = {
		{ OPT_ATTACH, "attach" },
		{ OPT_RECORD, "record" },
		{ OPT_COLS, "cols" },
		{ OPT_ROWS, "rows" },
		{ OPT_SANDBOX, "sandbox" },
		{ OPT_NO_SANDBOX, "no-sandbox" },
		{ OPT_BWRAP_FLAGS, "bwrap-flags" },
	};

	for (size_t i = 0; i < NELEM(remote); i++)
		if (opt_has(args, remote[i].key))
			return fail_usage(cli,
			    "--%s needs --remote" HINT "without it the "
			    "agent runs on this terminal, in no jail",
			    remote[i].name);
	if (cli->json)
		return fail_usage(cli,
		    "the agent writes to this terminal, not JSON" HINT
		    "leave out "
		    "--json or add --remote");
	return 0;
}

static void
hint_hooks(const struct cli *cli, const struct msg_strs *left_out)
{
	for (size_t i = 0; i < left_out->n; i++)
		hint(cli, "left out: %s", left_out->v[i]);
}

static int
run_local(struct cli *cli, const struct args *args)
{
	struct msg_profile_run req = { .alias = args->v[0] };
	const char *dir = opt_get(args, 'C');
	const struct msg_run_plan *plan;
	char *hold;
	struct msg m;
	int r;

	if ((r = check_local(cli, args)) != 0)
		return r;
	req.args.v = (const char **)args->rest;
	req.args.n = args->nrest;
	req.client_env = session_client_env();
	req.search_path = session_search_path(&hold);
	r = client_call(cli, MSG_PROFILE_RUN, &req, MSG_RUN_PLAN, &m);
	free(req.client_env.v);
	free(req.search_path.v);
	free(hold);
	if (r != 0)
		return r;
	plan = m.body;
	if (dir == NULL && *plan->working_dir != '\0')
		dir = plan->working_dir;
	if (dir != NULL && chdir(dir) == -1) {
		r = fail_file(cli, dir, "-C DIR names another folder");
		goto out;
	}
	hint_hooks(cli, &plan->hooks_left_out);
	verbose(cli, "starting %s with HOME=%s", plan->path, plan->home);
	fflush(NULL);
	/* NULL-terminated by msg_decode(). */
	execve(plan->path, (char *const *)plan->argv.v,
	    (char *const *)plan->env.v);
	r = fail_error(cli, RL_ERR_SYSTEM, "%s: could not be started: %s",
	    plan->path, strerror(errno));
out:
	msg_clear(&m);
	return r;
}

static int
get_size(const struct cli *cli, const struct args *args, int key,
    const char *name, uint64_t *out)
{
	const char *s = opt_get(args, key), *why;

	if (s == NULL)
		return 0;
	*out = (uint64_t)strtonum(s, 1, TERM_SIZE_MAX, &why);
	if (why != NULL)
		return fail_usage(cli,
		    "--%s '%s': %s" HINT "give a number from 1 to %d", name, s,
		    why, TERM_SIZE_MAX);
	return 0;
}

/* Whether the folder st is home or one above it. */
static bool
holds_home(const struct stat *st, const char *home)
{
	char path[PATH_MAX];
	struct stat above;
	char *slash;

	if (realpath(home, path) == NULL)
		return false;
	for (;;) {
		if (stat(path, &above) == 0 && above.st_dev == st->st_dev &&
		    above.st_ino == st->st_ino)
			return true;
		if (strcmp(path, "/") == 0)
			return false;
		slash = strrchr(path, '/');
		slash[slash == path ? 1 : 0] = '\0';
	}
}

/*
 * The folder a session works in unless -C or the profile says: the current
 * one, as a user expects of a command, but never one that would hand the agent
 * the user's home or belongs to someone else.  NULL: the profile's home.
 */
static char *
default_folder(const struct cli *cli)
{
	struct stat st;

	if (stat(".", &st) == -1 || st.st_uid != geteuid() ||
	    holds_home(&st, cli->paths.home))
		return NULL;
	return getcwd(NULL, 0);
}

/* What of the profile decides what is asked: 0, or reports. */
static int
look_at_profile(struct cli *cli, const struct args *args,
    struct run_request *run)
{
	const struct msg_alias req = { .alias = args->v[0] };
	const struct msg_profile *p;
	struct msg m;
	int r;

	r = client_call(cli, MSG_PROFILE_GET, &req, MSG_PROFILE, &m);
	if (r != 0)
		return r;
	p = m.body;
	if (opt_get(args, 'C') == NULL && *p->working_dir == '\0')
		run->folder = default_folder(cli);
	if (*p->notice != '\0')
		hint(cli, "warning: %s", p->notice);
	run->create.pass_env = session_pass_env(&p->pass_env);
	for (size_t i = 0; i < p->grants.n; i++)
		if (strcmp(p->grants.v[i], "ssh-agent") == 0)
			run->wants_agent = true;
	msg_clear(&m);
	return 0;
}

int
run_request_make(
    struct cli *cli, const struct args *args, struct run_request *run)
{
	struct msg_session_create *req = &run->create;
	int r;

	memset(run, 0, sizeof(*run));
	if (opt_has(args, OPT_SANDBOX) && opt_has(args, OPT_NO_SANDBOX))
		return fail_usage(cli,
		    "--sandbox and --no-sandbox do not go together" HINT
		    "leave one out");
	if (opt_get(args, 'C') != NULL &&
	    (r = resolve_folder(cli, opt_get(args, 'C'), &run->folder)) != 0)
		return r;
	if ((r = look_at_profile(cli, args, run)) != 0) {
		free(run->folder);
		return r;
	}
	req->alias = args->v[0];
	req->args.v = (const char **)args->rest;
	req->args.n = args->nrest;
	req->working_dir = run->folder;
	req->no_sandbox = opt_has(args, OPT_NO_SANDBOX);
	req->bwrap_flags.v =
	    opt_all(args, OPT_BWRAP_FLAGS, &req->bwrap_flags.n);
	req->client_env = session_client_env();
	req->search_path = session_search_path(&run->hold);
	if (run->wants_agent) {
		req->auth_sock = getenv("SSH_AUTH_SOCK");
		if (!req->no_sandbox &&
		    (req->auth_sock == NULL || *req->auth_sock == '\0'))
			hint(cli, "%s may use an ssh-agent, but SSH_AUTH_SOCK "
				  "is not set", req->alias);
	}
	return 0;
}

void
run_request_free(struct run_request *run)
{
	for (size_t i = 0; i < run->create.pass_env.n; i++)
		free((char *)(uintptr_t)run->create.pass_env.v[i]);
	free(run->create.pass_env.v);
	free(run->create.bwrap_flags.v);
	free(run->create.client_env.v);
	free(run->create.search_path.v);
	free(run->hold);
	free(run->folder);
}

static void
print_session(const struct cli *cli, const struct msg_session *s, bool attach)
{
	json_t *o;

	if (cli->json) {
		o = session_json(s);
		json_object_set_new(o, "session_id", json_string(s->id));
		print_json(cli, o);
		return;
	}
	if (!attach)
		printf("%s\n", s->id);
	hint(cli, "session %s works in %s", s->id, s->working_dir);
	if (!s->sandboxed)
		hint(cli, "warning: no jail: the agent can read and change "
			  "all that you can");
	else if (strcmp(s->tier, "full") != 0)
		hint(cli, "the jail is of tier %s", s->tier);
	hint_hooks(cli, &s->hooks_left_out);
	if (!attach)
		hint(cli, "'ringlet terminal attach %s' shows it", s->id);
}

/* Before there is a session: it would have no recording. */
static int
open_record(const struct cli *cli, const struct args *args, struct record **out)
{
	const char *path = opt_get(args, OPT_RECORD);

	*out = NULL;
	if (path == NULL)
		return 0;
	if (strcmp(path, "-") == 0)
		return fail_usage(cli,
		    "--record cannot write to standard output, which has the "
		    "session's id" HINT "give the name of a file; ./- is one");
	if ((*out = record_new(path)) != NULL) {
		record_title(*out, args->v[0]);
		return 0;
	}
	if (errno == EEXIST)
		return fail_error(cli, RL_ERR_EXISTS,
		    "%s exists already" HINT
		    "remove it, or give --record another "
		    "name",
		    path);
	return fail_file(
	    cli, path, "give --record the name of a file that can be made");
}

static int
create_session(struct cli *cli, const struct args *args, struct msg *m)
{
	struct run_request run;
	uint64_t cols = 0, rows = 0;
	int r;

	session_terminal_size(&cols, &rows);
	if ((r = get_size(cli, args, OPT_COLS, "cols", &cols)) != 0 ||
	    (r = get_size(cli, args, OPT_ROWS, "rows", &rows)) != 0 ||
	    (r = run_request_make(cli, args, &run)) != 0)
		return r;
	run.create.cols = cols;
	run.create.rows = rows;
	r = client_call(
	    cli, MSG_SESSION_CREATE, &run.create, MSG_SESSION, m);
	run_request_free(&run);
	return r;
}

static int
run_remote(struct cli *cli, const struct args *args)
{
	bool attach = opt_has(args, OPT_ATTACH);
	struct attach how = { .read_only = !attach, .silent = !attach };
	const struct msg_session *s;
	struct msg m;
	int r;

	if (attach && cli->json)
		return fail_usage(cli,
		    "--attach shows the session itself, not JSON" HINT
		    "leave out "
		    "one of --attach and --json");
	if ((r = open_record(cli, args, &how.record)) != 0)
		return r;
	if ((r = create_session(cli, args, &m)) != 0) {
		record_discard(how.record);
		record_free(how.record);
		return r;
	}
	s = m.body;
	print_session(cli, s, attach);
	fflush(stdout);
	how.id = s->id;
	if (how.record != NULL)
		record_size(how.record, s->cols, s->rows);
	if (attach || how.record != NULL)
		r = attach_session(cli, &how);
	record_free(how.record);
	msg_clear(&m);
	return r;
}

int
cmd_profiles_run(struct cli *cli, const struct args *args)
{
	if (opt_has(args, OPT_REMOTE))
		return run_remote(cli, args);
	return run_local(cli, args);
}
