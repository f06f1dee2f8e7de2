/*
 * sandbox check: a test of the jail, from inside.
 *
 * The daemon runs ringlet-jail-check in the agent's place, in a real jail and
 * without one.  What that tried it tells in lines (battery.h); what it left
 * outside is looked for here (stage.h).  An attempt holds if it failed in the
 * jail; that it works without one shows that it would have been noticed.
 */

#include "config.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "battery.h"
#include "fdpass.h"
#include "loop.h"
#include "ring.h"
#include "ringlet.h"
#include "stage.h"
#include "xmalloc.h"

#define RUN_TIMEOUT_MS (120 * 1000)
#define LOOK_MS	       5
#define OUTPUT_MAX     (64 * 1024)
#define TEMPORARY      "sandbox-check-" /* and a process id: a profile */

/* One run of the attempts. */
struct battery_run {
	struct battery_result *results;
	bool *through; /* of each attempt */
	char *tier;
};

struct check {
	struct cli *cli;
	size_t n;
	const struct battery_attempt *attempts;
	char *alias;
	char *home; /* the profile's */
	char *work;
	bool temporary; /* profile and folder are ours */
	struct msg_strs flags;
	struct battery_run jailed, open;
	char *no_control; /* why there is no run without a jail, or NULL */
};

static void
run_init(const struct check *c, struct battery_run *r)
{
	r->results = xcalloc(c->n, sizeof(*r->results));
	r->through = xcalloc(c->n, sizeof(*r->through));
}

static void
run_clear(struct battery_run *r)
{
	free(r->results);
	free(r->through);
	free(r->tier);
}

/* --- one session --- */

/* Waits for the end of a session by its viewer's channel. */
static int
wait_for_end(struct cli *cli, int channel)
{
	const struct msg_viewer_state *state;
	bool ended = false;
	struct msg m;
	int r, left;

	progress_begin(cli, "the test's session to end");
	while (!ended) {
		left = progress_wait(cli, channel, RUN_TIMEOUT_MS);
		r = msg_read(channel, left, &m);
		if (r == RL_ERR_EOF)
			break;
		if (r != 0)
			return fail_error(cli, r,
			    "the test's session does not end: %s after %d "
			    "seconds" HINT "see %s",
			    rl_strerror(r), RUN_TIMEOUT_MS / 1000,
			    cli->paths.log_file);
		state = m.body;
		ended = m.hdr.type == MSG_VIEWER_STATE &&
			state->state == SST_TERMINATED;
		msg_clear(&m);
	}
	progress_end(cli);
	return 0;
}

/*
 * A viewer hears of the end from the sandboxer, and so before the monitor may:
 * until that has, the profile is in use and the session in lists.
 */
static int
wait_until_known(struct cli *cli, const char *id)
{
	const struct msg_session_id req = { .id = id };
	uint64_t end = loop_now() + RUN_TIMEOUT_MS;
	bool ended;
	struct msg m;
	int r;

	do {
		r = client_call(cli, MSG_SESSION_GET, &req, MSG_SESSION, &m);
		if (r != 0)
			return r;
		ended = ((const struct msg_session *)m.body)->state ==
			SST_TERMINATED;
		msg_clear(&m);
		if (ended)
			return 0;
		poll(NULL, 0, LOOK_MS);
	} while (loop_now() < end);
	return fail_error(cli, RL_ERR_TIMEOUT,
	    "the test's session has ended, but not for the daemon" HINT
	    "see %s",
	    cli->paths.log_file);
}

/* All that the session has printed, which the caller frees. */
static int
read_output(const struct cli *cli, int ring_fd, char **out, size_t *len)
{
	struct ring_reader *ring = NULL;
	uint64_t at, head, oldest;
	ssize_t n;
	int r;

	*out = NULL;
	*len = 0;
	if ((r = ring_reader_new(ring_fd, &ring)) != 0)
		return fail_error(
		    cli, r, "the test's output: %s", rl_strerror(r));
	at = ring_reader_tail(ring);
	head = ring_reader_head(ring);
	*out = xmalloc(OUTPUT_MAX);
	while (at + *len < head && *len < OUTPUT_MAX) {
		n = ring_read(
		    ring, at + *len, *out + *len, OUTPUT_MAX - *len, &oldest);
		if (n <= 0)
			break;
		*len += (size_t)n;
	}
	ring_reader_free(ring);
	return 0;
}

static int
session_output(struct cli *cli, const char *id, char **out, size_t *len)
{
	const struct msg_session_attach req = {
		.id = id, .offset = -1, .read_only = true
	};
	int r, channel = -1, ring = -1;
	struct msg m;

	r = client_call(cli, MSG_SESSION_ATTACH, &req, 0, &m);
	if (r != 0)
		return r;
	if (m.hdr.type == MSG_ATTACHED) {
		channel = msg_take_fd(&m, 0);
		ring = msg_take_fd(&m, 1);
	} else if (m.hdr.type == MSG_ATTACHED_ENDED)
		ring = msg_take_fd(&m, 0);
	if (ring == -1 || (m.hdr.type == MSG_ATTACHED && channel == -1))
		r = fail_error(cli, RL_ERR_PROTOCOL,
		    "the daemon's answer cannot be used: it may be of another "
		    "version" HINT "'ringlet daemon restart'");
	else if (channel != -1)
		r = wait_for_end(cli, channel);
	if (r == 0)
		r = wait_until_known(cli, id);
	if (r == 0)
		r = read_output(cli, ring, out, len);
	fd_close(channel);
	fd_close(ring);
	msg_clear(&m);
	return r;
}

static void
judge(const struct check *c, struct stage *s, struct battery_run *r)
{
	for (size_t i = 0; i < c->n; i++)
		r->through[i] = c->attempts[i].outside
				    ? stage_left(s, c->attempts[i].name)
				    : r->results[i].verdict == BV_REACHED;
}

/* Runs the attempts once, on that stage. */
static int
run_on(
    const struct check *c, struct stage *s, bool jailed, struct battery_run *to)
{
	struct msg_sandbox_check req = { .alias = c->alias,
		.targets = { (const char **)s->targets, s->ntargets },
		.working_dir = c->work,
		.no_sandbox = !jailed };
	char *hold, *out = NULL, *id, why[512];
	const struct msg_session *session;
	size_t len = 0;
	struct msg m;
	int r;

	if (jailed)
		req.bwrap_flags = c->flags;
	req.search_path = session_search_path(&hold);
	r = client_call(c->cli, MSG_SANDBOX_CHECK, &req, MSG_SESSION, &m);
	free(req.search_path.v);
	free(hold);
	if (r != 0)
		return r;
	session = m.body;
	id = xstrdup(session->id);
	to->tier = xstrdup(session->tier);
	verbose(c->cli, "session %s, tier %s", id, to->tier);
	msg_clear(&m);
	r = session_output(c->cli, id, &out, &len);
	if (r == 0 &&
	    battery_parse(out, len, to->results, why, sizeof(why)) != 0)
		r = fail_error(c->cli, RL_ERR_PROTOCOL,
		    "session %s: %s" HINT
		    "'ringlet terminal attach %s' shows what "
		    "it said",
		    id, why, id);
	if (r == 0)
		judge(c, s, to);
	free(out);
	free(id);
	return r;
}

static int
run(struct check *c, bool jailed, struct battery_run *to)
{
	struct stage s;
	char why[PATH_MAX + 128] = "it cannot be prepared";
	int r;

	run_init(c, to);
	r = stage_begin(&s, &c->cli->paths, c->home, c->work, why, sizeof(why));
	if (r != 0)
		r = fail_error(c->cli, r, "the test: %s", why);
	else
		r = run_on(c, &s, jailed, to);
	stage_end(&s);
	return r;
}

/* --- what is told --- */

static const char *
number_name(const struct battery_result *r, char *dst, size_t size)
{
	const char *name = r->verdict == BV_KILLED ? sigabbrev_np(r->number)
						   : strerrorname_np(r->number);

	if (name == NULL)
		snprintf(dst, size, "%d", r->number);
	else
		snprintf(dst, size, "%s%s",
		    r->verdict == BV_KILLED ? "SIG" : "", name);
	return dst;
}

/* How an attempt that did not get through was met. */
static const char *
how(const struct battery_result *r, char *dst, size_t size)
{
	switch (r->verdict) {
	case BV_REFUSED:
	case BV_KILLED:
		return number_name(r, dst, size);
	case BV_REACHED:
		return "nothing is left";
	case BV_ABSENT:
	case BV_NONE:
		break;
	}
	return "no target";
}

/* What had no target was not tried, which is not to hold. */
static const char *
verdict(const struct battery_run *r, size_t i)
{
	return r->through[i]			    ? "through"
	       : r->results[i].verdict == BV_ABSENT ? "not tried"
						    : "held";
}

static json_t *
attempt_json(const struct check *c, size_t i)
{
	const struct battery_attempt *a = &c->attempts[i];
	char text[64];
	json_t *o;

	o = json_pack("{s:s, s:s, s:s}", "name", a->name, "group",
	    battery_group(a->group), "attempt", a->what);
	if (c->jailed.results != NULL) {
		json_object_set_new(
		    o, "jail", json_string(verdict(&c->jailed, i)));
		json_object_set_new(o, "jail_how",
		    c->jailed.through[i]
			? json_null()
			: json_string(
			      how(&c->jailed.results[i], text, sizeof(text))));
	}
	if (c->no_control != NULL)
		return o;
	json_object_set_new(o, "control", json_boolean(c->open.through[i]));
	json_object_set_new(o, "control_how",
	    c->open.through[i]
		? json_null()
		: json_string(how(&c->open.results[i], text, sizeof(text))));
	return o;
}

static void
print_group(const struct check *c, enum battery_group group)
{
	bool jailed = c->jailed.results != NULL;
	const char *const headings[] = { battery_group(group),
		jailed ? "IN THE JAIL" : "", "WITHOUT IT" };
	struct table *t = table_new(headings, 3);
	char text[64];

	for (size_t i = 0; i < c->n; i++) {
		if (c->attempts[i].group != group)
			continue;
		table_cell(t, COLOUR_NONE, "%s", c->attempts[i].what);
		if (!jailed)
			table_cell(t, COLOUR_FAINT, "-");
		else if (c->jailed.through[i])
			table_cell(t, COLOUR_BAD, "GOT THROUGH");
		else
			table_cell(
			    t, COLOUR_GOOD, "%s", verdict(&c->jailed, i));
		if (c->no_control != NULL)
			table_cell(t, COLOUR_FAINT, "-");
		else if (c->open.through[i])
			table_cell(t, COLOUR_NONE, "works");
		else
			table_cell(t, COLOUR_FAINT, "not here: %s",
			    how(&c->open.results[i], text, sizeof(text)));
	}
	table_print(t);
	table_free(t);
	putchar('\n');
}

static size_t
count_absent(const struct check *c, const struct battery_run *r)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		n += !r->through[i] && r->results[i].verdict == BV_ABSENT;
	return n;
}

static size_t
count(const struct check *c, const struct battery_run *r)
{
	size_t n = 0;

	for (size_t i = 0; r->through != NULL && i < c->n; i++)
		n += r->through[i];
	return n;
}

/* Prints it; what got through decides on the status. */
static int
tell(const struct check *c)
{
	const bool jailed = c->jailed.results != NULL;
	const struct battery_run *run = jailed ? &c->jailed : &c->open;
	size_t through = count(c, run), absent = count_absent(c, run);
	size_t controls = c->no_control == NULL ? count(c, &c->open) : 0;
	json_t *list;

	if (c->cli->json) {
		list = json_array();
		for (size_t i = 0; i < c->n; i++)
			json_array_append_new(list, attempt_json(c, i));
		print_json(c->cli,
		    json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:o, s:o}",
			"tier", run->tier, "working_dir", c->work, "held",
			(json_int_t)(c->n - through - absent), "through",
			(json_int_t)through, "not_tried", (json_int_t)absent,
			"controls", (json_int_t)controls, "no_control",
			c->no_control != NULL ? json_string(c->no_control)
					      : json_null(),
			"attempts", list));
	} else {
		for (int g = 0; g < BG_COUNT; g++)
			print_group(c, (enum battery_group)g);
		if (jailed)
			print_field("Jail", "tier %s", c->jailed.tier);
		print_field("Attempts",
		    "%zu: %zu held, %zu got through, %zu not tried", c->n,
		    c->n - through - absent, through, absent);
		if (c->no_control != NULL)
			print_field(
			    "Without a jail", "not tried: %s", c->no_control);
		else if (jailed)
			print_field(
			    "Without a jail", "%zu of them work", controls);
	}
	return through == 0 ? STATUS_DONE : STATUS_FAILED;
}

/* --- whose jail it is --- */

/*
 * A profile for this test alone.  One that an earlier test left behind, whose
 * process is gone, is removed on this occasion.
 */
static int
make_temporary(struct check *c)
{
	struct msg_profile_create req = { .agent_id = "shell",
		.provider_id = "self",
		.endpoint = "",
		.model = "",
		.working_dir = "",
		.sealed_key_id = "" };
	struct msg m;
	int r;

	c->alias = xasprintf(TEMPORARY "%d", (int)getpid());
	req.alias = c->alias;
	req.search_path.v = NULL;
	r = client_call(c->cli, MSG_PROFILE_CREATE, &req, MSG_PROFILE, &m);
	if (r != 0)
		return r;
	c->temporary = true;
	c->home = xstrdup(((const struct msg_profile *)m.body)->home);
	msg_clear(&m);
	c->work = xasprintf("%s/ringlet-check-XXXXXX", c->cli->paths.home);
	if (mkdtemp(c->work) == NULL) {
		r = fail_error(
		    c->cli, RL_ERR_SYSTEM, "%s: %s", c->work, strerror(errno));
		free(c->work);
		c->work = NULL;
	}
	return r;
}

static void
remove_profile(struct check *c, const char *alias)
{
	const struct msg_profile_delete req = { .alias = alias };
	bool json = c->cli->json;
	struct msg m;

	if (client_call(c->cli, MSG_PROFILE_DELETE, &req, MSG_OK, &m) == 0)
		msg_clear(&m);
	c->cli->json = json;
}

static void
remove_leftovers(struct check *c)
{
	const struct msg_token_only req = { 0 };
	const struct msg_profile *p;
	const struct msg_profiles *list;
	const char *why;
	struct msg m;
	int pid;

	if (client_call(c->cli, MSG_PROFILE_LIST, &req, MSG_PROFILES, &m) != 0)
		return;
	list = m.body;
	p = list->list.v;
	for (size_t i = 0; i < list->list.n; i++) {
		if (strncmp(p[i].alias, TEMPORARY, sizeof(TEMPORARY) - 1) != 0)
			continue;
		pid = (int)strtonum(
		    p[i].alias + sizeof(TEMPORARY) - 1, 1, INT_MAX, &why);
		if (why == NULL && kill(pid, 0) == -1 && errno == ESRCH)
			remove_profile(c, p[i].alias);
	}
	msg_clear(&m);
}

/* The profile's jail, in the folder of -C or where it works by itself. */
static int
use_profile(struct check *c, const char *alias, const char *dir)
{
	const struct msg_alias req = { .alias = alias };
	const struct msg_profile *p;
	struct msg m;
	char *work;
	int r;

	r = client_call(c->cli, MSG_PROFILE_GET, &req, MSG_PROFILE, &m);
	if (r != 0)
		return r;
	p = m.body;
	c->alias = xstrdup(alias);
	c->home = xstrdup(p->home);
	if (dir == NULL)
		dir = *p->working_dir != '\0' ? p->working_dir : p->home;
	/* The home of a profile that has never run is made by the daemon. */
	if (strcmp(dir, p->home) == 0)
		work = xstrdup(dir);
	else
		r = resolve_folder(c->cli, dir, &work);
	if (r == 0)
		c->work = work;
	msg_clear(&m);
	return r;
}

/*
 * Nobody should have to clean up after a ^C: signals that end us wait until
 * it is done.
 */
static void
hold_signals(sigset_t *before)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, before);
}

static int
run_both(struct check *c, bool no_sandbox)
{
	int r;

	if ((r = run(c, false, &c->open)) != 0 || no_sandbox)
		return r;
	return run(c, true, &c->jailed);
}

int
cmd_sandbox_check(struct cli *cli, const struct args *args)
{
	struct check c = { .cli = cli };
	const char *dir = opt_get(args, 'C');
	bool no_sandbox = opt_has(args, OPT_NO_SANDBOX);
	sigset_t before;
	int r;

	if (args->n == 0 && dir != NULL)
		return fail_usage(cli, "-C DIR needs a profile" HINT
				       "name one before it, or leave it out");
	c.attempts = battery_attempts(&c.n);
	c.flags.v = opt_all(args, OPT_BWRAP_FLAGS, &c.flags.n);
	if (no_sandbox && c.flags.n > 0) {
		free(c.flags.v);
		return fail_usage(cli, "--bwrap-flags and --no-sandbox do not "
				       "go together" HINT "leave one out");
	}
	/* It connects, and starts the daemon where none runs. */
	remove_leftovers(&c);
	if (cli->fd == -1) {
		free(c.flags.v);
		return STATUS_UNREACHABLE;
	}
	hold_signals(&before);
	r = args->n > 0 ? use_profile(&c, args->v[0], dir) : make_temporary(&c);
	if (r == 0)
		r = run_both(&c, no_sandbox);
	if (r == 0)
		r = tell(&c);
	if (c.temporary) {
		remove_profile(&c, c.alias);
		if (c.work != NULL)
			(void)rmdir(c.work);
	}
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	run_clear(&c.jailed);
	run_clear(&c.open);
	free(c.flags.v);
	free(c.alias);
	free(c.home);
	free(c.work);
	free(c.no_control);
	return r;
}
