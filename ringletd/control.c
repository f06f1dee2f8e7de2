/*
 * Text messages of a terminal's viewer: {"type":"resize","cols":,"rows":}
 * and {"type":"signal","signal":}.  A pure function over bytes that come from
 * a client; what it lets through is in range.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "err.h"
#include "json.h"
#include "ringletd.h"
#include "valid.h"

struct text {
	char *type;
	long long cols;
	long long rows;
	long long signal;
};

#define TYPE_MAX 32 /* bytes */

static const struct json_member resize_members[] = {
	{ "type", JK_STRING, offsetof(struct text, type), TYPE_MAX, 0, 0,
	    JSONF_REQUIRED, NULL },
	{ "cols", JK_INT, offsetof(struct text, cols), 0, 1, TERM_SIZE_MAX,
	    JSONF_REQUIRED, NULL },
	{ "rows", JK_INT, offsetof(struct text, rows), 0, 1, TERM_SIZE_MAX,
	    JSONF_REQUIRED, NULL },
};

static const struct json_member signal_members[] = {
	{ "type", JK_STRING, offsetof(struct text, type), TYPE_MAX, 0, 0,
	    JSONF_REQUIRED, NULL },
	{ "signal", JK_INT, offsetof(struct text, signal), 0, 1, 64,
	    JSONF_REQUIRED, NULL },
};

/* Ways to interrupt or end an agent; not ways to stop or confuse it. */
static bool
signal_is_known(long long signo)
{
	return signo == 2 || signo == 3 || signo == 9 || signo == 15;
}

static int
parse_resize(const json_t *obj, struct control *out, char *why, size_t size)
{
	struct text t = { NULL, 0, 0, 0 };
	int r;

	r = json_get_members(
	    obj, resize_members, NELEM(resize_members), &t, why, size);
	json_free_members(resize_members, NELEM(resize_members), &t);
	out->type = CONTROL_RESIZE;
	out->cols = (unsigned)t.cols;
	out->rows = (unsigned)t.rows;
	return r;
}

static int
parse_signal(const json_t *obj, struct control *out, char *why, size_t size)
{
	struct text t = { NULL, 0, 0, 0 };
	int r;

	r = json_get_members(
	    obj, signal_members, NELEM(signal_members), &t, why, size);
	json_free_members(signal_members, NELEM(signal_members), &t);
	if (r == 0 && !signal_is_known(t.signal)) {
		(void)snprintf(
		    why, size, "member 'signal' must be 2, 3, 9 or 15");
		r = RL_ERR_INVALID;
	}
	out->type = CONTROL_SIGNAL;
	out->signal = (unsigned)t.signal;
	return r;
}

int
control_parse(
    const char *p, size_t len, struct control *out, char *why, size_t size)
{
	const char *type;
	json_t *obj;
	int r = RL_ERR_INVALID;

	memset(out, 0, sizeof(*out));
	if ((obj = json_parse_object(p, len, why, size)) == NULL)
		return RL_ERR_INVALID;
	type = json_string_value(json_object_get(obj, "type"));
	if (type == NULL)
		(void)snprintf(why, size, "member 'type' is not a string");
	else if (strcmp(type, "resize") == 0)
		r = parse_resize(obj, out, why, size);
	else if (strcmp(type, "signal") == 0)
		r = parse_signal(obj, out, why, size);
	else
		(void)snprintf(
		    why, size, "member 'type' must be resize or signal");
	json_decref(obj);
	return r;
}
