/*
 * Routes about the daemon itself, and the page at "/".
 *
 * A handler runs for a request whose token nobody has judged yet: it puts
 * the token into its message, and the monitor answers only if it is good.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "msgdef.h"
#include "ringletd.h"

/* Sends a message that has nothing but the token. */
static void
call_with_token(struct request *r, uint16_t type, request_cb done)
{
	struct msg_token_only m = { request_token_bin(r) };

	request_call(r, type, &m, done);
}

static const struct reply_member ping_members[] = {
	{ "status", "string" },
	{ "version", "string" },
};
const struct reply_table ping_reply = REPLY_TABLE(ping_members);

static void
on_ping(struct request *r, struct msg *m)
{
	(void)m;
	reply_json(r, 200,
	    "{\"status\":\"ok\",\"version\":\"" PACKAGE_VERSION "\"}");
}

void
api_ping(struct request *r)
{
	call_with_token(r, MSG_AUTH_CHECK, on_ping);
}

static const struct reply_member status_members[] = {
	{ "status", "string" },
	{ "version", "string" },
	{ "pid", "integer" },
	{ "uptime_secs", "integer" },
	{ "profiles_count", "integer" },
	{ "sessions", "integer" },
	{ "listen", "strings" },
	{ "seal", "string" },
	{ "jail", "string" },
	{ "restarts", "integer" },
};
const struct reply_table status_reply = REPLY_TABLE(status_members);

static void
on_status(struct request *r, struct msg *m)
{
	const struct msg_status *s = m->body;
	json_t *listen = json_array();
	size_t i;

	for (i = 0; i < s->listen.n; i++)
		json_array_append_new(listen, json_string(s->listen.v[i]));
	reply_data(r, 200, json_pack(
	    "{s:s, s:s, s:I, s:I, s:I, s:I, s:o, s:s, s:s, s:I}",
	    "status", "running",
	    "version", s->version,
	    "pid", (json_int_t)s->pid,
	    "uptime_secs", (json_int_t)s->uptime,
	    "profiles_count", (json_int_t)s->profiles,
	    "sessions", (json_int_t)s->sessions,
	    "listen", listen,
	    "seal", s->seal,
	    "jail", s->jail,
	    "restarts", (json_int_t)s->restarts));
}

void
api_status(struct request *r)
{
	call_with_token(r, MSG_STATUS_GET, on_status);
}

static const struct reply_member shutdown_members[] = {
	{ "status", "string" },
};
const struct reply_table shutdown_reply = REPLY_TABLE(shutdown_members);

static void
on_shutdown(struct request *r, struct msg *m)
{
	(void)m;
	reply_json(r, 200, "{\"status\":\"stopping\"}");
}

void
api_shutdown(struct request *r)
{
	call_with_token(r, MSG_STOP, on_shutdown);
}

static const struct reply_member pubkey_members[] = {
	{ "key_id", "string" },
	{ "public_key", "string" },
};
const struct reply_table pubkey_reply = REPLY_TABLE(pubkey_members);

static void
on_public_key(struct request *r, struct msg *m)
{
	const struct msg_pubkey *k = m->body;
	char *text = base64_encode(k->key.p, k->key.len);

	reply_data(r, 200, json_pack("{s:s, s:s}", "key_id", k->key_id,
	    "public_key", text));
	free(text);
}

void
api_public_key(struct request *r)
{
	call_with_token(r, MSG_PUBKEY_GET, on_public_key);
}

static void
on_openapi(struct request *r, struct msg *m)
{
	(void)m;
	reply_document(r, openapi_document());
}

void
api_openapi(struct request *r)
{
	call_with_token(r, MSG_AUTH_CHECK, on_openapi);
}
