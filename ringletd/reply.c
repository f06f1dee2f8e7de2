/*
 * Replies: the status, the fields that every reply has, and the JSON envelope;
 * and all of it as HTTP/1.1 text.  Only here is a reply composed.  No byte of
 * a request goes into its head; in a body such bytes go through jansson.
 */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "assets.h"
#include "buf.h"
#include "err.h"
#include "log.h"
#include "loop.h"
#include "ringletd.h"

#define CSP_NOTHING "default-src 'none'; frame-ancestors 'none'"

#define TYPE_JSON "application/json"

static const struct {
	int status;
	const char *phrase;
} phrases[] = {
	{ 200, "OK" },
	{ 201, "Created" },
	{ 304, "Not Modified" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 406, "Not Acceptable" },
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
	{ RL_ERR_STALE, 409 },
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

/* Made anew at most once a second. */
const char *
reply_date(struct env *env)
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

void
reply_field(struct reply *reply, const char *name, const char *value)
{
	if (reply->nfields == REPLY_FIELDS_MAX)
		fatal("a reply has too many fields");
	reply->fields[reply->nfields].name = name;
	reply->fields[reply->nfields++].value = value;
}

/* For the browser: nothing is to be kept, framed, steered or guessed at. */
static void
add_defences(struct reply *reply, const char *csp)
{
	reply_field(reply, "Cache-Control",
	    reply->cache != NULL ? reply->cache : "no-store");
	reply_field(reply, "Content-Security-Policy", csp);
	reply_field(reply, "X-Content-Type-Options", "nosniff");
	reply_field(reply, "X-Frame-Options", "DENY");
	reply_field(reply, "Referrer-Policy", "no-referrer");
	reply_field(reply, "Cross-Origin-Opener-Policy", "same-origin");
	reply_field(reply, "Cross-Origin-Resource-Policy", "same-origin");
}

/*
 * Sends a whole reply.  extra is one more field, or NULL.  A reply that does
 * not fit is our own mistake (OUT_MAX): the client gets 503.
 */
static void
put(struct carrier *via, struct reply *reply, const char *type, const char *csp,
    const struct field *extra)
{
	if (reply->len > OUT_MAX / 2) {
		log_error("a reply of %zu bytes is too long", reply->len);
		reply->status = 503;
		reply->body = "{\"success\":false,\"error\":\"the reply is too "
			      "long\",\"code\":\"TOO_BIG\"}";
		reply->len = strlen(reply->body);
	}
	(void)snprintf(reply->length, sizeof(reply->length), "%zu", reply->len);
	reply_field(reply, "Date", reply_date(via->env));
	reply_field(reply, "Content-Type", type);
	reply_field(reply, "Content-Length", reply->length);
	add_defences(reply, csp);
	if (extra != NULL)
		reply_field(reply, extra->name, extra->value);
	via->ops->reply(via, reply);
}

static void
stream_head(struct request *r, struct reply *reply, const char *type)
{
	reply_field(reply, "Date", reply_date(r->env));
	reply_field(reply, "Content-Type", type);
	add_defences(reply, CSP_NOTHING);
}

void
reply_stream(
    struct request *r, const char *type, const struct conn_ops *ops, void *arg)
{
	struct reply reply = { .status = 200, .body = "" };

	stream_head(r, &reply, type);
	r->via->ops->stream(r->via, &reply, ops, arg);
}

void
reply_stream_head(struct request *r, const char *type)
{
	struct reply reply = { .status = 200, .body = "", .head = true };

	stream_head(r, &reply, type);
	r->via->ops->reply(r->via, &reply);
}

bool
carrier_put(struct carrier *via, const void *p, size_t len)
{
	char head[24] = "";

	if (len == 0)
		return true;
	if (buf_room(via->out) < len + sizeof(head) + 2)
		return false;
	if (via->chunked)
		(void)snprintf(head, sizeof(head), "%zx\r\n", len);
	return buf_put(via->out, head, strlen(head)) == 0 &&
	       buf_put(via->out, p, len) == 0 &&
	       (!via->chunked || buf_put(via->out, "\r\n", 2) == 0);
}

/* The head of a reply, which is at most that long. */
struct head {
	char text[2048];
	size_t len;
};

static void
head_add(struct head *h, const char *text)
{
	size_t n = strlen(text);

	if (n > sizeof(h->text) - h->len)
		fatal(
		    "a reply's head is longer than %zu bytes", sizeof(h->text));
	memcpy(h->text + h->len, text, n);
	h->len += n;
}

bool
reply_write(const struct reply *reply, struct buf *out, bool last)
{
	struct head h;
	char status[8];
	size_t i;

	h.len = 0;
	(void)snprintf(status, sizeof(status), "%d ", reply->status);
	head_add(&h, "HTTP/1.1 ");
	head_add(&h, status);
	head_add(&h, phrase_of(reply->status));
	/* Every reply of HTTP/1.1 comes through here: no formats. */
	for (i = 0; i < reply->nfields; i++) {
		head_add(&h, "\r\n");
		head_add(&h, reply->fields[i].name);
		head_add(&h, ": ");
		head_add(&h, reply->fields[i].value);
	}
	head_add(&h, last ? "\r\nConnection: close\r\n\r\n" : "\r\n\r\n");
	return buf_put(out, h.text, h.len) == 0 &&
	       (reply->head || reply->fixed ||
		   buf_put(out, reply->body, reply->len) == 0);
}

static struct reply
reply_to(const struct request *r, int status)
{
	return (struct reply){ .status = status, .head = r->head };
}

static void
put_json(struct request *r, struct reply *reply, const struct field *extra,
    const char *text, size_t len)
{
	reply->body = text;
	reply->len = len;
	put(r->via, reply, TYPE_JSON, CSP_NOTHING, extra);
}

void
reply_json(struct request *r, int status, const char *data)
{
	struct reply reply = reply_to(r, status);
	char text[512];
	int n;

	n = snprintf(text, sizeof(text), "{\"success\":true,\"data\":%s}",
	    data);
	if (n < 0 || (size_t)n >= sizeof(text))
		fatal("reply_json: %zu bytes", strlen(data));
	put_json(r, &reply, NULL, text, (size_t)n);
}

/* obj is taken; NULL, from an argument that is not UTF-8, is our mistake. */
static void
put_object(struct request *r, struct reply *reply, const struct field *extra,
    json_t *obj)
{
	char *text;

	text = obj != NULL ? json_dumps(obj, JSON_COMPACT) : NULL;
	json_decref(obj);
	if (text == NULL) {
		reply_failure(r, RL_ERR_INTERNAL, "");
		return;
	}
	put_json(r, reply, extra, text, strlen(text));
	body_free(text);
}

void
reply_data(struct request *r, int status, json_t *data)
{
	struct reply reply = reply_to(r, status);

	put_object(r, &reply, NULL,
	    json_pack("{s:b,s:o}", "success", 1, "data",
		data != NULL ? data : json_null()));
}

void
reply_secret(struct request *r, int status, json_t *data)
{
	struct reply reply = reply_to(r, status);

	reply.secret = true;
	put_object(r, &reply, NULL,
	    json_pack("{s:b,s:o}", "success", 1, "data", data));
}

void
reply_document(struct request *r, json_t *document)
{
	struct reply reply = reply_to(r, 200);

	put_object(r, &reply, NULL, document);
}

void
reply_error(struct request *r, int status, int err, const char *fmt, ...)
{
	static const struct field authenticate = { "WWW-Authenticate",
		"Bearer realm=\"ringlet\"" };
	static const struct field retry = { "Retry-After", "1" };
	const struct field *extra = NULL;
	struct reply reply = reply_to(r, status);
	char text[1024];
	va_list ap;
	json_t *obj;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (status == 401)
		extra = &authenticate;
	else if (status == 429 || status == 503)
		extra = &retry;
	obj = json_pack("{s:b,s:s,s:s}", "success", 0, "error", text, "code",
	    rl_errname(err));
	/* The text was cut in the middle of a character. */
	if (obj == NULL)
		obj = json_pack("{s:b,s:s,s:s}", "success", 0, "error",
		    rl_strerror(err), "code", rl_errname(err));
	put_object(r, &reply, extra, obj);
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
	char methods[80];
	const struct field extra = { "Allow", methods };
	struct reply reply = reply_to(r, 405);

	(void)snprintf(methods, sizeof(methods), "%s%s%s%s",
	    allow & METHOD_GET ? "GET, HEAD, " : "",
	    allow & METHOD_POST ? "POST, " : "",
	    allow & METHOD_PUT ? "PUT, " : "",
	    allow & METHOD_DELETE ? "DELETE, " : "");
	/* Without the last comma. */
	methods[strlen(methods) - 2] = '\0';
	put_object(r, &reply, &extra,
	    json_pack("{s:b,s:s,s:s}", "success", 0, "error",
		"this route does not take that method", "code",
		rl_errname(RL_ERR_INVALID)));
}

void
reply_page(struct request *r, const char *type, const char *csp,
    const void *p, size_t len)
{
	struct reply reply = reply_to(r, 200);

	reply.body = p;
	reply.len = len;
	put(r->via, &reply, type, csp, NULL);
}

void
reply_asset(struct request *r, const struct asset *a, const char *cache,
    const char *csp, bool known)
{
	struct reply reply = { .status = known ? 304 : 200,
		.head = r->head || known,
		.fixed = true,
		.cache = cache,
		.body = a->gzip,
		.len = a->len };

	reply_field(&reply, "Content-Encoding", "gzip");
	reply_field(&reply, "ETag", a->etag);
	reply_field(&reply, "Vary", "Accept-Encoding");
	put(r->via, &reply, a->type, csp, NULL);
}

void
reply_bad(struct carrier *via, int status, const char *reason)
{
	struct reply reply = { .status = status, .last = true };
	char text[256];
	int n;

	/* reason is one of http1.c's: nothing in it needs escaping. */
	n = snprintf(text, sizeof(text),
	    "{\"success\":false,\"error\":\"%s\",\"code\":\"%s\"}", reason,
	    rl_errname(RL_ERR_INVALID));
	if (n < 0 || (size_t)n >= sizeof(text))
		fatal("reply_bad: %s", reason);
	reply.body = text;
	reply.len = (size_t)n;
	put(via, &reply, TYPE_JSON, CSP_NOTHING, NULL);
}

void
reply_switch(const struct request *r, struct buf *out)
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
	    reply_date(r->env), r->ws_accept,
	    /* The word alone: the token is not said back. */
	    r->ws_bearer ? "Sec-WebSocket-Protocol: bearer\r\n" : "");
	if (n < 0 || (size_t)n >= sizeof(h) || buf_put(out, h, (size_t)n) != 0)
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

json_t *
reply_strings(const struct msg_strs *s)
{
	json_t *a = json_array();
	size_t i;

	for (i = 0; i < s->n; i++)
		json_array_append_new(a, json_string(s->v[i]));
	return a;
}
