/*
 * The audit log.  The monitor gives its bytes; each line becomes a member of a
 * list.  Anybody who can write the file may have written them, so a line that
 * is no JSON object is passed on as one that says so.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "json.h"
#include "msgdef.h"
#include "ringletd.h"

#define PIECE 32768 /* bytes of the log in one answer; more is asked for */

const struct route_query audit_query[] = {
	{ "offset", "integer", false, "from this byte of the log on" },
	{ "since", "string", false, "a time: leaves out what is older" },
	{ NULL, NULL, false, NULL },
};

static const struct reply_member audit_members[] = {
	{ "entries", "objects" },
	{ "next", "integer" },
	{ "size", "integer" },
};
const struct reply_table audit_reply = REPLY_TABLE(audit_members);

/* A time as entries have it, or its beginning, to the day at least. */
static bool
get_since(const struct span *value, char *dst, size_t size)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd.dddZ";

	if (value->len < 10 || value->len > sizeof(form) - 1 ||
	    value->len >= size)
		return false;
	for (size_t i = 0; i < value->len; i++)
		/* A 'Z' may end it earlier, where there is no fraction. */
		if (form[i] == 'd' ? value->p[i] < '0' || value->p[i] > '9'
				   : value->p[i] != form[i] &&
					 !(i == 19 && value->len == 20 &&
					     value->p[i] == 'Z'))
			return false;
	memcpy(dst, value->p, value->len);
	dst[value->len] = '\0';
	/* The text up to the second is a beginning of all times within it. */
	if (value->len == 20)
		dst[19] = '\0';
	return true;
}

static void
add_line(json_t *list, const char *since, const char *p, size_t len)
{
	json_error_t err;
	json_t *e = json_loadb(p, len, JSON_REJECT_DUPLICATES, &err);
	const char *time = json_string_value(json_object_get(e, "time"));

	if (!json_is_object(e)) {
		json_decref(e);
		e = json_pack("{s:b}", "damaged", 1);
	} else if (time != NULL && strcmp(time, since) < 0) {
		json_decref(e);
		return;
	}
	json_array_append_new(list, e);
}

static void
on_piece(struct request *r, struct msg *m)
{
	const struct msg_audit_piece *piece = m->body;
	const char *p = (const char *)piece->lines.p, *nl;
	size_t len = piece->lines.len;
	json_t *list = json_array();

	while (len > 0 && (nl = memchr(p, '\n', len)) != NULL) {
		add_line(list, r->params[0], p, (size_t)(nl - p));
		len -= (size_t)(nl + 1 - p);
		p = nl + 1;
	}
	/* Its end may yet come: then it is asked for again. */
	reply_data(r, 200,
	    json_pack("{s:o, s:I, s:I}", "entries", list, "next",
		(json_int_t)(piece->next == piece->size ? piece->next - len
							: piece->next),
		"size", (json_int_t)piece->size));
}

void
api_audit(struct request *r)
{
	struct span query = r->query, name, value;
	struct msg_audit_read m = { .length = PIECE };
	int64_t offset = -1;
	bool since = false, good = true;

	r->params[0][0] = '\0';
	while (good && request_query_next(&query, &name, &value)) {
		if (span_is(&name, "offset") && offset == -1)
			good = span_number(&value, INT64_MAX, &offset);
		else if (span_is(&name, "since") && !since)
			good = since = get_since(
			    &value, r->params[0], sizeof(r->params[0]));
		else
			good = false;
	}
	if (!good) {
		reply_error(r, 400, RL_ERR_INVALID,
		    "the query may have offset=NUMBER and "
		    "since=2026-01-31T23:59:59Z, each once");
		return;
	}
	m.token = request_token_bin(r);
	m.offset = offset == -1 ? 0 : (uint64_t)offset;
	request_call(r, MSG_AUDIT_READ, &m, on_piece);
}
