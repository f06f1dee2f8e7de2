/*
 * Routes about hooks.  What is added here waits for a person at the machine:
 * there is no route that approves.
 */
#include "config.h"

#include <string.h>

#include "err.h"
#include "hook.h"
#include "json.h"
#include "msgdef.h"
#include "ringletd.h"

struct hook_body {
	char *event;
	char *matcher;
	char *command;
	long long timeout;
	long long index;
};

static const struct json_member add_members[] = {
	{ "event", JK_STRING, offsetof(struct hook_body, event), HOOK_EVENT_MAX,
	    0, 0, JSONF_REQUIRED, NULL },
	{ "matcher", JK_STRING, offsetof(struct hook_body, matcher),
	    HOOK_MATCHER_MAX, 0, 0, 0, NULL },
	{ "command", JK_STRING, offsetof(struct hook_body, command),
	    HOOK_COMMAND_MAX, 0, 0, JSONF_REQUIRED, NULL },
	{ "timeout", JK_INT, offsetof(struct hook_body, timeout), 0, 1,
	    HOOK_TIMEOUT_MAX, 0, NULL },
	{ "index", JK_INT, offsetof(struct hook_body, index), 0, 0,
	    HOOKS_MAX - 1, 0, NULL },
};
const struct json_table hook_add_body = BODY_TABLE(add_members);

struct import_body {
	json_t *hooks;
};

static const struct json_member import_members[] = {
	{ "hooks", JK_ANY_OBJECT, offsetof(struct import_body, hooks), 0, 0, 0,
	    JSONF_REQUIRED, NULL },
};
const struct json_table hook_import_body = BODY_TABLE(import_members);

static const struct reply_member hook_members[] = {
	{ "event", "string" },
	{ "index", "integer" },
	{ "matcher", "string" },
	{ "command", "string" },
	{ "timeout", "integer" },
	{ "hash", "string" },
	{ "added_at", "string?" },
	{ "added_by", "string" },
	{ "approved", "boolean" },
	{ "approved_at", "string?" },
	{ "refused", "string?" },
	{ "was", "object?" },
};
const struct reply_table hook_reply = REPLY_TABLE(hook_members);

static const struct reply_member export_members[] = {
	{ "hooks", "object" },
};
const struct reply_table hook_export_reply = REPLY_TABLE(export_members);

/* What was approved, where that is not what there is. */
static json_t *
was_json(const struct msg_hook *h)
{
	if (h->approved_at == 0 || h->approved)
		return json_null();
	return json_pack("{s:s, s:s, s:s, s:I}", "event", h->was_event,
	    "matcher", h->was_matcher, "command", h->was_command, "timeout",
	    (json_int_t)h->was_timeout);
}

static json_t *
hook_json(const struct msg_hook *h)
{
	return json_pack("{s:s, s:I, s:s, s:s, s:I, s:s, s:o, s:s, s:b, s:o,"
			 " s:o, s:o}",
	    "event", h->event, "index", (json_int_t)h->index, "matcher",
	    h->matcher, "command", h->command, "timeout",
	    (json_int_t)h->timeout, "hash", h->hash, "added_at",
	    reply_time(h->added_at), "added_by", h->added_by, "approved",
	    h->approved ? 1 : 0, "approved_at", reply_time(h->approved_at),
	    "refused", reply_text(h->refused), "was", was_json(h));
}

/* Answers with all hooks that the message tells of. */
static void
reply_list(struct request *r, const struct msg *m, int status)
{
	const struct msg_hooks *hooks = m->body;
	const struct msg_hook *h = hooks->list.v;
	json_t *a = json_array();
	size_t i;

	for (i = 0; i < hooks->list.n; i++)
		json_array_append_new(a, hook_json(&h[i]));
	reply_data(r, status, a);
}

static void
on_list(struct request *r, struct msg *m)
{
	reply_list(r, m, 200);
}

static void
on_export(struct request *r, struct msg *m)
{
	const struct msg_hooks *hooks = m->body;
	const struct msg_hook *h = hooks->list.v;
	struct msg_hook_text v[HOOKS_MAX];
	size_t i;

	for (i = 0; i < hooks->list.n && i < HOOKS_MAX; i++)
		v[i] = (struct msg_hook_text){ h[i].event, h[i].matcher,
			h[i].command, h[i].timeout };
	reply_data(r, 200, json_pack("{s:o}", "hooks", hook_texts_json(v, i)));
}

static void
on_added(struct request *r, struct msg *m)
{
	const struct msg_hooks *hooks = m->body;

	if (hooks->list.n == 1)
		reply_data(r, 201, hook_json(hooks->list.v));
	else
		reply_failure(r, RL_ERR_INTERNAL, "the hook is gone");
}

static void
on_imported(struct request *r, struct msg *m)
{
	reply_list(r, m, 201);
}

static void
on_removed(struct request *r, struct msg *m)
{
	(void)m;
	reply_data(r, 200, json_null());
}

void
api_hook_list(struct request *r)
{
	struct msg_alias m = { request_token_bin(r), r->params[0] };

	if (request_names_profile(r))
		request_call(r, MSG_HOOK_LIST, &m, on_list);
}

void
api_hook_export(struct request *r)
{
	struct msg_alias m = { request_token_bin(r), r->params[0] };

	if (request_names_profile(r))
		request_call(r, MSG_HOOK_LIST, &m, on_export);
}

void
api_hook_add(struct request *r)
{
	struct hook_body b = { NULL, NULL, NULL, HOOK_TIMEOUT_DEFAULT, -1 };
	struct msg_hook_add m;

	if (!request_names_profile(r))
		return;
	if (body_members(r, &b)) {
		m = (struct msg_hook_add){ request_token_bin(r), r->params[0],
			b.event, b.matcher, b.command, (uint64_t)b.timeout,
			b.index };
		request_call(r, MSG_HOOK_ADD, &m, on_added);
	}
	json_free_members(add_members, NELEM(add_members), &b);
}

void
api_hook_import(struct request *r)
{
	struct import_body b = { NULL };
	struct msg_hook_import m;
	struct msg_hook_text *v;
	char why[512];
	size_t n;
	int err;

	if (!request_names_profile(r))
		return;
	if (body_members(r, &b)) {
		err = hook_texts_read(b.hooks, &v, &n, why, sizeof(why));
		if (err != 0)
			reply_error(r, 400, err, "the body: %s", why);
		else {
			m = (struct msg_hook_import){ request_token_bin(r),
				r->params[0], { v, n } };
			request_call(r, MSG_HOOK_IMPORT, &m, on_imported);
			hook_texts_free(v, n);
		}
	}
	json_free_members(import_members, NELEM(import_members), &b);
}

void
api_hook_remove(struct request *r)
{
	struct msg_hook_remove m = { request_token_bin(r), r->params[0],
		r->params[1], 0 };
	const char *why;

	if (!request_names_profile(r))
		return;
	m.index = (uint64_t)strtonum(r->params[2], 0, HOOKS_MAX - 1, &why);
	if (why != NULL || hook_event_find(r->params[1]) == 0)
		reply_failure(r, RL_ERR_NOTFOUND, "no such hook");
	else
		request_call(r, MSG_HOOK_REMOVE, &m, on_removed);
}
