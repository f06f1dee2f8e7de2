/*
 * Routes about pictures for a session's agent.  A picture comes in pieces, each
 * a body of its own: there is one kind of body here, and one bound for all of
 * them.  Which file it becomes, and whether it is a picture, is the monitor's
 * affair.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "json.h"
#include "msgdef.h"
#include "ringletd.h"
#include "secret.h"

struct piece {
	char *data;
	long long size;
	long long offset;
};

#define DATA_LEN (64 * 1024 - 128) /* characters: what a body has room for */

static const struct json_member begin_members[] = {
	{ "size", JK_INT, offsetof(struct piece, size), 0, 1, UINT32_MAX,
	    JSONF_REQUIRED, NULL },
	{ "data", JK_STRING, offsetof(struct piece, data), DATA_LEN, 0, 0,
	    JSONF_REQUIRED, NULL },
};
const struct json_table upload_begin_body = BODY_TABLE(begin_members);

static const struct json_member more_members[] = {
	{ "offset", JK_INT, offsetof(struct piece, offset), 0, 1, UINT32_MAX,
	    JSONF_REQUIRED, NULL },
	{ "data", JK_STRING, offsetof(struct piece, data), DATA_LEN, 0, 0,
	    JSONF_REQUIRED, NULL },
};
const struct json_table upload_more_body = BODY_TABLE(more_members);

static const struct reply_member upload_members[] = {
	{ "name", "string" },
	{ "path", "string" },
	{ "type", "string" },
	{ "size", "integer" },
	{ "received", "integer" },
	{ "piece", "integer" },
	{ "left", "integer" },
	{ "complete", "boolean" },
};
const struct reply_table upload_reply = REPLY_TABLE(upload_members);

static json_t *
state_json(const struct msg_upload_state *s)
{
	return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:b}", "name",
	    s->name, "path", s->path, "type", s->type, "size",
	    (json_int_t)s->size, "received", (json_int_t)s->received, "piece",
	    (json_int_t)s->piece, "left", (json_int_t)s->left, "complete",
	    s->received == s->size ? 1 : 0);
}

static void
on_begun(struct request *r, struct msg *m)
{
	reply_data(r, 201, state_json(m->body));
}

static void
on_more(struct request *r, struct msg *m)
{
	reply_data(r, 200, state_json(m->body));
}

/* The bytes of a piece, for free(); NULL after the answer. */
static uint8_t *
bytes_of(struct request *r, const struct piece *p, size_t *len)
{
	uint8_t *bytes = base64_decode(p->data, strlen(p->data), len);

	if (bytes == NULL)
		reply_error(
		    r, 400, RL_ERR_INVALID, "the body: data is not base64");
	return bytes;
}

void
api_upload_begin(struct request *r)
{
	struct msg_upload_begin m = { request_token_bin(r), r->params[0], 0,
		{ NULL, 0 } };
	struct piece p = { 0 };
	uint8_t *bytes = NULL;
	size_t len;

	if (body_members(r, &p) && request_names_session(r) &&
	    (bytes = bytes_of(r, &p, &len)) != NULL) {
		m.size = (uint64_t)p.size;
		m.data = (struct msg_bin){ bytes, len };
		request_call(r, MSG_UPLOAD_BEGIN, &m, on_begun);
		secret_wipe(bytes, len);
	}
	free(bytes);
	json_free_members(begin_members, NELEM(begin_members), &p);
}

void
api_upload_more(struct request *r)
{
	struct msg_upload_more m = { request_token_bin(r), r->params[0],
		r->params[1], 0, { NULL, 0 } };
	struct piece p = { 0 };
	uint8_t *bytes = NULL;
	size_t len;

	if (body_members(r, &p) && request_names_session(r) &&
	    (bytes = bytes_of(r, &p, &len)) != NULL) {
		m.offset = (uint64_t)p.offset;
		m.data = (struct msg_bin){ bytes, len };
		request_call(r, MSG_UPLOAD_MORE, &m, on_more);
		secret_wipe(bytes, len);
	}
	free(bytes);
	json_free_members(more_members, NELEM(more_members), &p);
}

static void
on_dropped(struct request *r, struct msg *m)
{
	(void)m;
	reply_data(r, 200, json_null());
}

void
api_upload_drop(struct request *r)
{
	struct msg_upload_drop m = { request_token_bin(r), r->params[0],
		r->params[1] };

	if (request_names_session(r))
		request_call(r, MSG_UPLOAD_DROP, &m, on_dropped);
}
