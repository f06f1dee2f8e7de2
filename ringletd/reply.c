/*
 * Replies: the status line, the fields that every reply has, and the JSON
 * envelope.  Only here is a reply's text composed.  No byte of a request
 * goes into its head; in a body such bytes go through jansson.
 */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "buf.h"
#include "err.h"
#include "log.h"
#include "loop.h"
#include "ringletd.h"

#define CSP_NOTHING "default-src 'none'; frame-ancestors 'none'"

/* For the browser: nothing of the API is to be kept, framed or guessed at. */
#define FIELDS_ALWAYS \
	"X-Content-Type-Options: nosniff\r\n" \
	"X-Frame-Options: DENY\r\n" \
	"Referrer-Policy: no-referrer\r\n" \
	"Cross-Origin-Resource-Policy: same-origin\r\n"

#define TYPE_JSON "application/json"

static const struct {
	int status;
	const char *phrase;
} phrases[] = {
	{ 200, "OK" },
	{ 201, "Created" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 409, "Conflict" },
	{ 411, "Length Required" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 417, "Expectation Failed" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 503, "Service Unavailable" },
	{ 505, "HTTP Version Not Supported" },
};

/* What the monitor's errors are in HTTP. */
static const struct {
	int err;
	int status;
} statuses[] = {
	{ RL_ERR_INVALID, 400 },
	{ RL_ERR_TOOBIG, 413 },
	{ RL_ERR_AUTH, 401 },
	{ RL_ERR_DENIED, 403 },
	{ RL_ERR_NOTFOUND, 404 },
	{ RL_ERR_EXISTS, 409 },
	{ RL_ERR_STATE, 409 },
	{ RL_ERR_LIMIT, 429 },
};

static const char *
phrase_of(int status)
{
	size_t i;

	for (i = 0; i < NELEM(phrases); i++) {
		if (phrases[i].status == status)
			return phrases[i].phrase;
	}
	return "Unknown";
}

/* The Date field's value, made anew at most once a second. */
static const char *
date(struct env *env)
{
	uint64_t now = loop_now() / 1000 + 1;
	struct tm tm;
	time_t t;

	if (env->date_at != now) {
		t = time(NULL);
		gmtime_r(&t, &tm);
		strftime(env->date, sizeof(env->date),
		    "%a, %d %b %Y %H:%M:%S GMT", &tm);
		env->date_at = now;
	}
	return env->date;
}

/*
 * Puts a whole reply.  extra is more fields, each with its CRLF.  A reply that
 * does not fit is our own mistake (OUT_MAX): the client gets 503.
 */
static void
put(struct env *env, struct conn *c, bool head, int status, const char *type,
    const char *csp, const char *extra, const void *body, size_t len,
    bool last)
{
	struct buf *out = conn_out(c);
	char h[1024];
	int n;

	if (len > OUT_MAX / 2) {
		log_error("a reply of %zu bytes is too long", len);
		status = 503;
		body = "{\"success\":false,\"error\":\"the reply is too long\","
		    "\"code\":\"TOO_BIG\"}";
		len = strlen(body);
	}
	n = snprintf(h, sizeof(h),
	    "HTTP/1.1 %d %s\r\n"
	    "Date: %s\r\n"
	    "Content-Type: %s\r\n"
	    "Content-Length: %zu\r\n"
	    "Cache-Control: no-store\r\n"
	    "Content-Security-Policy: %s\r\n"
	    FIELDS_ALWAYS "%s%s\r\n",
	    status, phrase_of(status), date(env), type, len, csp, extra,
	    last ? "Connection: close\r\n" : "");
	if (n < 0 || (size_t)n >= sizeof(h))
		fatal("a reply's head is longer than %zu bytes", sizeof(h));
	if (buf_put(out, h, (size_t)n) != 0 ||
	    (!head && buf_put(out, body, len) != 0)) {
		/* The reply before this one is not taken: give up. */
		buf_reset(out);
		last = true;
	}
	conn_replied(c, last);
}

static void
put_json(struct request *r, int status, const char *extra, const char *text,
    size_t len)
{
	put(r->env, r->conn, r->head, status, TYPE_JSON, CSP_NOTHING, extra,
	    text, len, conn_is_last(r->conn));
}

void
reply_json(struct request *r, int status, const char *data)
{
	char text[512];
	int n;

	n = snprintf(text, sizeof(text), "{\"success\":true,\"data\":%s}",
	    data);
	if (n < 0 || (size_t)n >= sizeof(text))
		fatal("reply_json: %zu bytes", strlen(data));
	put_json(r, status, "", text, (size_t)n);
}

/* obj is taken; NULL, from an argument that is not UTF-8, is our mistake. */
static void
put_object(struct request *r, int status, const char *extra, json_t *obj)
{
	char *text;

	text = obj != NULL ? json_dumps(obj, JSON_COMPACT) : NULL;
	json_decref(obj);
	if (text == NULL) {
		reply_failure(r, RL_ERR_INTERNAL, "");
		return;
	}
	put_json(r, status, extra, text, strlen(text));
	body_free(text);
}

void
reply_data(struct request *r, int status, json_t *data)
{
	put_object(r, status, "", json_pack("{s:b,s:o}", "success", 1, "data",
	    data != NULL ? data : json_null()));
}

void
reply_error(struct request *r, int status, int err, const char *fmt, ...)
{
	const char *extra = "";
	char text[1024];
	va_list ap;
	json_t *obj;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (status == 401)
		extra = "WWW-Authenticate: Bearer realm=\"ringlet\"\r\n";
	else if (status == 429 || status == 503)
		extra = "Retry-After: 1\r\n";
	obj = json_pack("{s:b,s:s,s:s}", "success", 0, "error", text, "code",
	    rl_errname(err));
	/* The text was cut in the middle of a character. */
	if (obj == NULL)
		obj = json_pack("{s:b,s:s,s:s}", "success", 0, "error",
		    rl_strerror(err), "code", rl_errname(err));
	put_object(r, status, extra, obj);
}

void
reply_failure(struct request *r, int err, const char *text)
{
	int status = 503;
	size_t i;

	for (i = 0; i < NELEM(statuses); i++) {
		if (statuses[i].err == err)
			status = statuses[i].status;
	}
	reply_error(r, status, err, "%s",
	    text[0] != '\0' ? text : rl_strerror(err));
}

void
reply_not_allowed(struct request *r, unsigned allow)
{
	char extra[80];

	(void)snprintf(extra, sizeof(extra), "Allow: %s%s%s%s\r\n",
	    allow & METHOD_GET ? "GET, HEAD, " : "",
	    allow & METHOD_POST ? "POST, " : "",
	    allow & METHOD_PUT ? "PUT, " : "",
	    allow & METHOD_DELETE ? "DELETE, " : "");
	/* Without the last comma. */
	memcpy(extra + strlen(extra) - 4, "\r\n", 3);
	put_object(r, 405, extra, json_pack("{s:b,s:s,s:s}", "success", 0,
	    "error", "this route does not take that method", "code",
	    rl_errname(RL_ERR_INVALID)));
}

void
reply_page(struct request *r, const char *type, const char *csp,
    const void *p, size_t len)
{
	put(r->env, r->conn, r->head, 200, type, csp, "", p, len,
	    conn_is_last(r->conn));
}

void
reply_bad(struct env *env, struct conn *c, int status, const char *reason)
{
	char text[256];
	int n;

	/* reason is one of http1.c's: nothing in it needs escaping. */
	n = snprintf(text, sizeof(text),
	    "{\"success\":false,\"error\":\"%s\",\"code\":\"%s\"}", reason,
	    rl_errname(RL_ERR_INVALID));
	if (n < 0 || (size_t)n >= sizeof(text))
		fatal("reply_bad: %s", reason);
	put(env, c, false, status, TYPE_JSON, CSP_NOTHING, "", text,
	    (size_t)n, true);
}

void
reply_switch(struct request *r)
{
	char h[512];
	int n;

	n = snprintf(h, sizeof(h),
	    "HTTP/1.1 101 Switching Protocols\r\n"
	    "Date: %s\r\n"
	    "Upgrade: websocket\r\n"
	    "Connection: Upgrade\r\n"
	    "Sec-WebSocket-Accept: %s\r\n"
	    "%s\r\n",
	    date(r->env), r->ws_accept,
	    /* The word alone: the token is not said back. */
	    r->ws_bearer ? "Sec-WebSocket-Protocol: bearer\r\n" : "");
	if (n < 0 || (size_t)n >= sizeof(h) ||
	    buf_put(conn_out(r->conn), h, (size_t)n) != 0)
		fatal("reply_switch: no room");
}

json_t *
reply_time(int64_t seconds)
{
	char text[32];
	struct tm tm;
	time_t t = (time_t)seconds;

	if (seconds == 0 || gmtime_r(&t, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return json_null();
	return json_string(text);
}

json_t *
reply_text(const char *s)
{
	return s[0] != '\0' ? json_string(s) : json_null();
}
