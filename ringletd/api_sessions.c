/*
 * Routes about terminal sessions.  What a request may loosen in its jail is
 * not decided here: the flags go to the monitor as they are, which refuses
 * over HTTP whatever its settings do not allow there.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "json.h"
#include "msgdef.h"
#include "ring.h"
#include "ringletd.h"

struct create {
	char *profile_alias;
	char *working_dir;
	char **args;
	char **bwrap_flags;
	long long cols;
	long long rows;
	bool no_sandbox;
};

#define PATH_LEN 4096 /* bytes of a file name */

static const struct json_member create_members[] = {
	{ "profile_alias", JK_STRING, offsetof(struct create, profile_alias),
	    ALIAS_MAX, 0, 0, JSONF_REQUIRED, NULL },
	{ "working_dir", JK_STRING, offsetof(struct create, working_dir),
	    PATH_LEN, 0, 0, 0, NULL },
	{ "args", JK_STRINGS, offsetof(struct create, args), ARGS_MAX, 0, 0, 0,
	    NULL },
	{ "bwrap_flags", JK_STRINGS, offsetof(struct create, bwrap_flags),
	    ARGS_MAX, 0, 0, JSONF_ONE, NULL },
	{ "cols", JK_INT, offsetof(struct create, cols), 0, 1, TERM_SIZE_MAX, 0,
	    NULL },
	{ "rows", JK_INT, offsetof(struct create, rows), 0, 1, TERM_SIZE_MAX, 0,
	    NULL },
	{ "no_sandbox", JK_BOOL, offsetof(struct create, no_sandbox), 0, 0, 0,
	    0, NULL },
};
const struct json_table session_create_body = BODY_TABLE(create_members);

const char *
session_state_name(uint64_t state)
{
	switch (state) {
	case SST_STARTING:
		return "starting";
	case SST_RUNNING:
		return "running";
	default:
		return "terminated";
	}
}

static const struct reply_member session_members[] = {
	{ "id", "string" },
	{ "profile_alias", "string" },
	{ "state", "string" },
	{ "exit_code", "integer?" },
	{ "signal", "integer?" },
	{ "reason", "string?" },
	{ "text", "string?" },
	{ "created_at", "string?" },
	{ "ended_at", "string?" },
	{ "pid", "integer?" },
	{ "cols", "integer" },
	{ "rows", "integer" },
	{ "client_count", "integer" },
	{ "output_bytes", "integer" },
	{ "output_offset", "integer" },
	{ "sandboxed", "boolean" },
	{ "tier", "string" },
	{ "limits", "string?" },
	{ "working_dir", "string" },
	{ "changed", "strings" },
	{ "hooks_left_out", "strings" },
};
const struct reply_table session_reply = REPLY_TABLE(session_members);

static json_t *
session_json(const struct msg_session *s)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o,"
	    " s:I, s:I, s:I, s:I, s:I, s:b, s:s, s:o, s:s, s:o, s:o}",
	    "id", s->id,
	    "profile_alias", s->profile_alias,
	    "state", session_state_name(s->state),
	    "exit_code", s->exit_code >= 0 ? json_integer(s->exit_code) :
	    json_null(),
	    "signal", s->signal != 0 ? json_integer((json_int_t)s->signal) :
	    json_null(),
	    "reason", reply_text(s->reason),
	    "text", reply_text(s->text),
	    "created_at", reply_time(s->created_at),
	    "ended_at", reply_time(s->ended_at),
	    "pid", s->pid != 0 ? json_integer((json_int_t)s->pid) :
	    json_null(),
	    "cols", (json_int_t)s->cols,
	    "rows", (json_int_t)s->rows,
	    "client_count", (json_int_t)s->client_count,
	    "output_bytes", (json_int_t)s->output,
	    "output_offset", (json_int_t)s->oldest,
	    "sandboxed", s->sandboxed ? 1 : 0,
	    "tier", s->tier,
	    "limits", reply_text(s->limits),
	    "working_dir", s->working_dir,
	    "changed", reply_strings(&s->changed),
	    "hooks_left_out", reply_strings(&s->hooks_left_out));
}

static void
on_sessions(struct request *r, struct msg *m)
{
	const struct msg_sessions *list = m->body;
	const struct msg_session *s = list->list.v;
	json_t *a = json_array();
	size_t i;

	for (i = 0; i < list->list.n; i++)
		json_array_append_new(a, session_json(&s[i]));
	reply_data(r, 200, a);
}

void
api_session_list(struct request *r)
{
	struct msg_token_only m = { request_token_bin(r) };

	request_call(r, MSG_SESSION_LIST, &m, on_sessions);
}

static void
on_session(struct request *r, struct msg *m)
{
	reply_data(r, 200, session_json(m->body));
}

void
api_session_get(struct request *r)
{
	struct msg_session_id m = { request_token_bin(r), r->params[0] };

	if (request_names_session(r))
		request_call(r, MSG_SESSION_GET, &m, on_session);
}

static const struct reply_member session_killed_members[] = {
	{ "ended", "boolean" },
	{ "proven", "boolean" },
	{ "message", "string" },
};
const struct reply_table session_killed_reply =
    REPLY_TABLE(session_killed_members);

static void
on_killed(struct request *r, struct msg *m)
{
	const struct msg_killed *k = m->body;

	reply_data(r, 200, json_pack("{s:b, s:b, s:s}",
	    "ended", k->ended ? 1 : 0,
	    "proven", k->proven ? 1 : 0,
	    "message", k->text));
}

void
api_session_delete(struct request *r)
{
	struct msg_session_kill m = { request_token_bin(r), r->params[0], 0 };

	if (request_names_session(r))
		request_call(r, MSG_SESSION_KILL, &m, on_killed);
}

static const struct reply_member session_cleaned_members[] = {
	{ "count", "integer" },
};
const struct reply_table session_cleaned_reply =
    REPLY_TABLE(session_cleaned_members);

static void
on_cleaned(struct request *r, struct msg *m)
{
	const struct msg_cleaned *c = m->body;

	reply_data(r, 200, json_pack("{s:I}", "count", (json_int_t)c->count));
}

void
api_session_cleanup(struct request *r)
{
	struct msg_token_only m = { request_token_bin(r) };

	request_call(r, MSG_SESSION_CLEANUP, &m, on_cleaned);
}

static const struct reply_member session_created_members[] = {
	{ "session_id", "string" },
	{ "ws_url", "string" },
	{ "hooks_left_out", "strings" },
};
const struct reply_table session_created_reply =
    REPLY_TABLE(session_created_members);

static void
on_created(struct request *r, struct msg *m)
{
	const struct msg_session *s = m->body;

	reply_data(r, 201, json_pack("{s:s, s:s+, s:o}",
	    "session_id", s->id,
	    "ws_url", "/ws/terminal/", s->id,
	    "hooks_left_out", reply_strings(&s->hooks_left_out)));
}

static void
create(struct request *r, const struct create *c)
{
	struct msg_session_create m;

	memset(&m, 0, sizeof(m));
	m.token = request_token_bin(r);
	m.alias = c->profile_alias;
	m.args = body_strings(c->args);
	m.cols = (uint64_t)c->cols;
	m.rows = (uint64_t)c->rows;
	m.working_dir = c->working_dir;
	m.no_sandbox = c->no_sandbox;
	m.bwrap_flags = body_strings(c->bwrap_flags);
	request_call(r, MSG_SESSION_CREATE, &m, on_created);
}

void
api_session_create(struct request *r)
{
	struct create c;

	memset(&c, 0, sizeof(c));
	if (body_members(r, &c))
		create(r, &c);
	json_free_members(create_members, NELEM(create_members), &c);
}

const struct route_query terminal_query[] = {
	{ "offset", "integer", false, "begin with the output's byte N" },
	{ "screen", "1", false, "begin with what the terminal shows now" },
	{ "read_only", "1", false, "do not type" },
	{ NULL, NULL, false, NULL },
};

/* "?offset=N" or "?screen=1", and "?read_only=1", each at most once. */
static bool
parse_attach(const struct request *r, struct msg_session_attach *m)
{
	struct span query = r->query, name, value;
	int64_t offset = -1, read_only = -1, screen = -1;

	while (request_query_next(&query, &name, &value)) {
		if (span_is(&name, "offset") && offset == -1 &&
		    span_number(&value, INT64_MAX, &offset))
			continue;
		if (span_is(&name, "read_only") && read_only == -1 &&
		    span_number(&value, 1, &read_only))
			continue;
		if (span_is(&name, "screen") && screen == -1 &&
		    span_number(&value, 1, &screen))
			continue;
		return false;
	}
	if (screen == 1) {
		if (offset != -1)
			return false;
		offset = SEEK_SCREEN;
	}
	m->offset = offset;
	m->read_only = read_only == 1;
	return true;
}

void
api_terminal(struct request *r)
{
	struct msg_session_attach m;

	if (!request_names_session(r))
		return;
	if (!parse_attach(r, &m)) {
		reply_error(r, 400, RL_ERR_INVALID,
		    "the query may have offset=NUMBER or screen=1, and "
		    "read_only=1, each once");
		return;
	}
	m.token = request_token_bin(r);
	m.id = r->params[0];
	request_call(r, MSG_SESSION_ATTACH, &m, term_attached);
}
