/*
 * The jail that a session of a profile would get.  What may be told of it is
 * the monitor's affair; here its plan becomes JSON, with the names that
 * `ringlet sandbox explain --json` has.
 */
#include "config.h"

#include <limits.h>
#include <string.h>

#include "bindkind.h"
#include "err.h"
#include "msgdef.h"
#include "ringletd.h"

const struct route_query jail_query[] = {
	{ "working_dir", "string", false,
	    "a folder; else the profile's, or its home" },
	{ NULL, NULL, false, NULL },
};

static const struct reply_member jail_members[] = {
	{ "profile_alias", "string" },
	{ "tier", "string" },
	{ "program", "string" },
	{ "argv", "strings" },
	{ "home", "string" },
	{ "working_dir", "string" },
	{ "mounts", "objects" },
	{ "namespaces", "strings" },
	{ "environment", "strings" },
	{ "filter", "strings" },
	{ "limits", "object" },
	{ "left_out", "strings" },
};
const struct reply_table jail_reply = REPLY_TABLE(jail_members);

/* A number where 0 says that there is none. */
static json_t *
number_json(uint64_t n)
{
	return n != 0 ? json_integer((json_int_t)n) : json_null();
}

static json_t *
mounts_json(const struct msg_recs *l)
{
	const struct msg_jail_mount *m = l->v;
	json_t *a = json_array();

	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(
		    a, json_pack("{s:s, s:o, s:s, s:o, s:s}", "kind",
			   bind_kind_name(m[i].kind), "source",
			   reply_text(m[i].src), "destination", m[i].dst,
			   "size_bytes", number_json(m[i].size), "rule",
			   m[i].rule));
	return a;
}

static json_t *
limits_json(const struct msg_explained *e)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "memory_bytes",
	    number_json(e->limit_memory), "processes",
	    number_json(e->limit_processes), "files",
	    number_json(e->limit_files), "cpu_seconds",
	    number_json(e->limit_cpu));
}

static void
on_explained(struct request *r, struct msg *m)
{
	const struct msg_explained *e = m->body;

	reply_data(r, 200,
	    json_pack("{s:s, s:s, s:s, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o,"
		      " s:o}",
		"profile_alias", e->alias, "tier", e->tier, "program",
		e->program, "argv", reply_strings(&e->argv), "home", e->home,
		"working_dir", e->working_dir, "mounts",
		mounts_json(&e->mounts), "namespaces",
		reply_strings(&e->namespaces), "environment",
		reply_strings(&e->env), "filter", reply_strings(&e->filter),
		"limits", limits_json(e), "left_out",
		reply_strings(&e->left_out)));
}

void
api_jail(struct request *r)
{
	struct msg_jail_show m = { request_token_bin(r), r->params[0], "" };
	char dir[PATH_MAX], why[160];

	if (!valid_alias(r->params[0]))
		reply_failure(r, RL_ERR_NOTFOUND, "no such profile");
	else if (!request_query_text(r, dir, sizeof(dir), why, sizeof(why)))
		reply_error(r, 400, RL_ERR_INVALID, "the query: %s", why);
	else {
		m.working_dir = dir;
		request_call(r, MSG_JAIL_SHOW, &m, on_explained);
	}
}
