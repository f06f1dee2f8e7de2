/*
 * terminal list, info, attach, kill, cleanup.
 */

#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ring.h"
#include "ringlet.h"
#include "valid.h"
#include "xmalloc.h"

static enum colour
state_colour(uint64_t state)
{
	switch (state) {
	case SST_RUNNING:
		return COLOUR_GOOD;
	case SST_TERMINATED:
		return COLOUR_FAINT;
	default:
		return COLOUR_NONE;
	}
}

/* How it ended, "exit 3" or "signal 9", into dst. */
static char *
describe_end(const struct msg_session *s, char *dst, size_t size)
{
	if (s->state != SST_TERMINATED)
		*dst = '\0';
	else if (s->signal != 0)
		snprintf(
		    dst, size, "signal %llu", (unsigned long long)s->signal);
	else if (s->exit_code >= 0)
		snprintf(dst, size, "exit %lld", (long long)s->exit_code);
	else
		snprintf(dst, size, "%s", s->reason);
	return dst;
}

/* In a word or two: that it runs, or how it ended, or else why. */
static char *
describe_state(const struct msg_session *s, char *dst, size_t size)
{
	if (s->state != SST_TERMINATED)
		snprintf(dst, size, "%s", session_state_name(s->state));
	else if (strcmp(s->reason, "exit") == 0)
		describe_end(s, dst, size);
	else if (strcmp(s->reason, "kill") == 0)
		snprintf(dst, size, "killed");
	else
		snprintf(dst, size, "%s", s->reason);
	return dst;
}

/* A tier's name, where there is no room for all of it. */
static const char *
short_tier(const struct msg_session *s)
{
	if (!s->sandboxed)
		return "none";
	return strcmp(s->tier, "full") == 0 ? "full" : "reduced";
}

int
cmd_terminal_list(struct cli *cli, const struct args *args)
{
	static const char *const headings[] = { "ID", "PROFILE", "STATE", "AGE",
		"SIZE", "VIEWERS", "JAIL" };
	const struct msg_token_only req = { 0 };
	const struct msg_sessions *sessions;
	const struct msg_session *s;
	int64_t now = time(NULL);
	struct table *t;
	char text[64];
	struct msg m;
	json_t *list;
	int r;

	r = client_call(cli, MSG_SESSION_LIST, &req, MSG_SESSIONS, &m);
	if (r != 0)
		return r;
	sessions = m.body;
	s = sessions->list.v;
	if (cli->json) {
		list = json_array();
		for (size_t i = 0; i < sessions->list.n; i++)
			json_array_append_new(list, session_json(&s[i]));
		r = print_json(cli, list);
		goto out;
	}
	t = table_new(headings, NELEM(headings));
	table_shrink(t, 1);
	for (size_t i = 0; i < sessions->list.n; i++, s++) {
		table_cell(t, COLOUR_NONE, "%s", s->id);
		table_cell(t, COLOUR_NONE, "%s", s->profile_alias);
		table_cell(t, state_colour(s->state), "%s",
		    describe_state(s, text, sizeof(text)));
		table_cell(t, COLOUR_NONE, "%s",
		    text_age(text, sizeof(text), now - s->created_at));
		table_cell(t, COLOUR_NONE, "%llux%llu",
		    (unsigned long long)s->cols, (unsigned long long)s->rows);
		table_cell(t, COLOUR_NONE, "%llu",
		    (unsigned long long)s->client_count);
		table_cell(t, s->sandboxed ? COLOUR_NONE : COLOUR_BAD, "%s",
		    short_tier(s));
	}
	table_print(t);
	table_free(t);
out:
	msg_clear(&m);
	return r;
}

static void
print_info(const struct msg_session *s)
{
	char text[64];

	print_field("ID", "%s", s->id);
	print_field("Profile", "%s", s->profile_alias);
	print_field("State", "%s", session_state_name(s->state));
	if (s->state == SST_TERMINATED) {
		print_field(
		    "Ended by", "%s", describe_end(s, text, sizeof(text)));
		print_field("Reason", "%s", s->reason);
	}
	if (*s->text != '\0')
		print_field("Message", "%s", s->text);
	print_field("Sandboxed", "%s", s->sandboxed ? "yes" : "no");
	print_field("Jail", "%s", s->tier);
	if (*s->limits != '\0')
		print_field("Limits", "%s", s->limits);
	print_field("Working folder", "%s", s->working_dir);
	if (s->pid != 0)
		print_field("Process", "%llu", (unsigned long long)s->pid);
	print_field("Size", "%llux%llu", (unsigned long long)s->cols,
	    (unsigned long long)s->rows);
	print_field("Viewers", "%llu", (unsigned long long)s->client_count);
	print_field("Output", "%llu bytes, kept from byte %llu on",
	    (unsigned long long)s->output, (unsigned long long)s->oldest);
	print_field(
	    "Created", "%s", text_time(text, sizeof(text), s->created_at));
	if (s->ended_at != 0)
		print_field(
		    "Ended", "%s", text_time(text, sizeof(text), s->ended_at));
	print_field("Duration", "%s",
	    text_duration(text, sizeof(text),
		(s->ended_at != 0 ? s->ended_at : time(NULL)) - s->created_at));
	for (size_t i = 0; i < s->changed.n; i++)
		print_field("Executed outside", "%s", s->changed.v[i]);
}

static int
check_id(const struct cli *cli, const char *id)
{
	if (valid_session_prefix(id))
		return 0;
	return fail_usage(cli,
	    "'%s' is not a session's id" HINT
	    "'ringlet terminal list' shows all",
	    id);
}

int
cmd_terminal_info(struct cli *cli, const struct args *args)
{
	const struct msg_session_id req = { .id = args->v[0] };
	struct msg m;
	int r;

	if ((r = check_id(cli, req.id)) != 0)
		return r;
	r = client_call(cli, MSG_SESSION_GET, &req, MSG_SESSION, &m);
	if (r != 0)
		return r;
	if (cli->json)
		r = print_json(cli, session_json(m.body));
	else
		print_info(m.body);
	msg_clear(&m);
	return r;
}

int
cmd_terminal_attach(struct cli *cli, const struct args *args)
{
	struct attach how = { 0 };
	int r;

	if (cli->json)
		return fail_usage(cli,
		    "attach shows the session itself, not JSON" HINT
		    "leave out "
		    "--json");
	if ((r = check_id(cli, args->v[0])) != 0)
		return r;
	how.id = args->v[0];
	how.read_only = opt_has(args, OPT_READ_ONLY);
	return attach_session(cli, &how);
}

int
cmd_terminal_kill(struct cli *cli, const struct args *args)
{
	struct msg_session_kill req = { .id = args->v[0] };
	const char *name = opt_get(args, OPT_SIGNAL);
	const struct msg_killed *k;
	struct msg m;
	int signo, r;

	if ((r = check_id(cli, req.id)) != 0)
		return r;
	if (name != NULL) {
		if ((signo = text_signal(name)) == -1)
			return fail_usage(cli,
			    "'%s' is not a signal" HINT
			    "TERM, KILL, INT, QUIT, "
			    "HUP or a number",
			    name);
		req.signal = (uint64_t)signo;
	}
	r = client_call(cli, MSG_SESSION_KILL, &req, MSG_KILLED, &m);
	if (r != 0)
		return r;
	k = m.body;
	/* Any other signal may be one that the agent lives on after. */
	if ((req.signal == 0 || req.signal == SIGKILL) &&
	    !(k->ended && k->proven))
		r = fail_error(cli, RL_ERR_STATE, "session %s: %s: %s", req.id,
		    k->ended ? "not all of its processes are known to be gone"
			     : "it has not ended",
		    *k->text != '\0' ? k->text : "try --signal KILL");
	else if (cli->json)
		r = print_json(
		    cli, json_pack("{s:b, s:b, s:s}", "ended", (int)k->ended,
			     "proven", (int)k->proven, "message", k->text));
	else
		print_field(req.id, "%s%s",
		    k->ended && k->proven ? "ended, no process is left: " : "",
		    k->text);
	msg_clear(&m);
	return r;
}

int
cmd_terminal_cleanup(struct cli *cli, const struct args *args)
{
	const struct msg_token_only req = { 0 };
	const struct msg_cleaned *c;
	struct msg m;
	int r;

	r = client_call(cli, MSG_SESSION_CLEANUP, &req, MSG_CLEANED, &m);
	if (r != 0)
		return r;
	c = m.body;
	if (cli->json)
		print_json(
		    cli, json_pack("{s:I}", "count", (json_int_t)c->count));
	else
		printf("%llu ended %s removed\n", (unsigned long long)c->count,
		    c->count == 1 ? "session" : "sessions");
	msg_clear(&m);
	return STATUS_DONE;
}
