/*
 * What every handler does with a request: take its token and query apart, and
 * ask the monitor.  And how a request comes to be: out of a parsed head.
 *
 * The request is hostile until the monitor has accepted its token, and the
 * monitor judges that anew for every message: nothing here remembers a token
 * or decides that one is good.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sodium.h>

#include "err.h"
#include "http1.h"
#include "msgdef.h"
#include "peer.h"
#include "ringletd.h"
#include "xmalloc.h"

#define TOKEN_MAX 256 /* bytes; ours has 64 */

static struct span
span_of(const uint8_t *buf, const struct http1_slice *s)
{
	struct span out = { (const char *)buf + s->off, s->len };

	return out;
}

static struct span
field_of(const struct http1 *h, const uint8_t *buf, enum http1_field f)
{
	struct span none = { NULL, 0 };

	return http1_has(h, f) ? span_of(buf, &h->field[f]) : none;
}

static unsigned
method_of(const struct span *s)
{
	if (span_is(s, "GET") || span_is(s, "HEAD"))
		return METHOD_GET;
	if (span_is(s, "POST"))
		return METHOD_POST;
	if (span_is(s, "DELETE"))
		return METHOD_DELETE;
	if (span_is(s, "PUT"))
		return METHOD_PUT;
	return 0;
}

void
request_begin(struct http1 *h, const struct env *env)
{
	http1_init(h);
	h->head_max = env->limits.head;
	h->body_max = env->limits.body;
}

void
request_fill(struct request *r, struct carrier *via, const struct http1 *h,
    const uint8_t *buf)
{
	struct span method = span_of(buf, &h->method);

	memset(r, 0, sizeof(*r));
	r->env = via->env;
	r->via = via;
	r->method = method_of(&method);
	r->head = span_is(&method, "HEAD");
	r->has_query = (h->flags & HTTP1_F_QUERY) != 0;
	r->has_length = (h->flags & (HTTP1_F_LENGTH | HTTP1_F_CHUNKED)) != 0;
	r->has_body = h->body_len > 0 || (h->flags & HTTP1_F_CHUNKED) != 0;
	r->upgrade = (h->flags & HTTP1_F_UPGRADE) != 0 &&
		     (h->flags & HTTP1_F_HTTP10) == 0;
	r->http10 = (h->flags & HTTP1_F_HTTP10) != 0;
	r->path = span_of(buf, &h->path);
	r->query = span_of(buf, &h->query);
	r->host = field_of(h, buf, HTTP1_HOST);
	r->origin = field_of(h, buf, HTTP1_ORIGIN);
	r->authorization = field_of(h, buf, HTTP1_AUTHORIZATION);
	r->content_type = field_of(h, buf, HTTP1_CONTENT_TYPE);
	r->upgrade_to = field_of(h, buf, HTTP1_UPGRADE);
	r->ws_key = field_of(h, buf, HTTP1_WS_KEY);
	r->ws_version = field_of(h, buf, HTTP1_WS_VERSION);
	r->ws_protocol = field_of(h, buf, HTTP1_WS_PROTOCOL);
	r->accept_encoding = field_of(h, buf, HTTP1_ACCEPT_ENCODING);
	r->if_none_match = field_of(h, buf, HTTP1_IF_NONE_MATCH);
}

/* token68 of RFC 9110, which is also a token of RFC 6455's list but for '/'. */
static bool
is_token(const struct span *s)
{
	size_t i;
	char c;

	if (s->len == 0 || s->len > TOKEN_MAX)
		return false;
	for (i = 0; i < s->len; i++) {
		c = s->p[i];
		if ((c < 'A' || c > 'Z') && (c < 'a' || c > 'z') &&
		    (c < '0' || c > '9') && strchr("-._~+/=", c) == NULL)
			return false;
	}
	return true;
}

/* "Bearer TOKEN" */
static bool
token_of_authorization(const struct span *s, struct span *token)
{
	static const char scheme[] = "Bearer ";
	size_t n = sizeof(scheme) - 1;

	if (s->len <= n || strncasecmp(s->p, scheme, n) != 0)
		return false;
	while (n < s->len && s->p[n] == ' ')
		n++;
	token->p = s->p + n;
	token->len = s->len - n;
	return is_token(token);
}

/* "bearer, TOKEN": these two, in this order, and no third. */
static bool
token_of_protocols(const struct span *s, struct span *token)
{
	static const char name[] = "bearer";
	size_t n = sizeof(name) - 1;

	if (s->len <= n || memcmp(s->p, name, n) != 0)
		return false;
	while (n < s->len && span_is_blank(s->p[n]))
		n++;
	if (n == s->len || s->p[n] != ',')
		return false;
	n++;
	while (n < s->len && span_is_blank(s->p[n]))
		n++;
	token->p = s->p + n;
	token->len = s->len - n;
	return is_token(token);
}

static int
find_token(struct request *r, bool websocket, const char **why)
{
	if (r->authorization.p != NULL) {
		/* Two tokens: which one would be judged? */
		if (websocket && r->ws_protocol.p != NULL) {
			*why = "a token in Authorization and subprotocols";
			return 400;
		}
		*why = "Authorization is not Bearer with a token";
		return token_of_authorization(&r->authorization, &r->token)
			   ? 0
			   : 401;
	}
	if (websocket && r->ws_protocol.p != NULL) {
		*why = "the subprotocols are not bearer and a token";
		r->ws_bearer = token_of_protocols(&r->ws_protocol, &r->token);
		return r->ws_bearer ? 0 : 401;
	}
	*why = websocket
		   ? "a token is needed: offer the subprotocols bearer, TOKEN"
		   : "a token is needed: Authorization: Bearer TOKEN";
	return 401;
}

int
request_token(struct request *r, bool websocket, const char **why)
{
	int status = find_token(r, websocket, why);

	if (status == 0)
		(void)crypto_generichash(r->digest, sizeof(r->digest),
		    (const uint8_t *)r->token.p, r->token.len, NULL, 0);
	return status;
}

struct msg_bin
request_token_bin(const struct request *r)
{
	struct msg_bin b = { (const uint8_t *)r->token.p, r->token.len };

	return b;
}

bool
request_query_next(struct span *query, struct span *name, struct span *value)
{
	const char *end, *eq;
	size_t n;

	if (query->len == 0)
		return false;
	end = memchr(query->p, '&', query->len);
	n = end != NULL ? (size_t)(end - query->p) : query->len;
	name->p = query->p;
	name->len = n;
	value->p = query->p + n;
	value->len = 0;
	if ((eq = memchr(query->p, '=', n)) != NULL) {
		name->len = (size_t)(eq - query->p);
		value->p = eq + 1;
		value->len = n - name->len - 1;
	}
	if (end != NULL)
		n++;
	query->p += n;
	query->len -= n;
	return true;
}

bool
request_query_has_token(const struct request *r)
{
	static const char *const names[] = { "token", "access_token", "bearer",
		"authorization", "auth", "api_key", "http_token" };
	struct span query = r->query, name, value;
	size_t i;

	while (request_query_next(&query, &name, &value)) {
		for (i = 0; i < NELEM(names); i++) {
			if (span_is_nocase(&name, names[i]))
				return true;
		}
	}
	return false;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* NULL, or what is wrong with the value of a parameter. */
static const char *
decode(const struct span *s, char *out, size_t size)
{
	size_t i, n = 0;
	int high, low;

	for (i = 0; i < s->len; i++) {
		if (n + 1 >= size)
			return "is too long";
		if (s->p[i] == '+')
			return "has a '+': write %2B, or %20 for a blank";
		if (s->p[i] != '%') {
			out[n++] = s->p[i];
			continue;
		}
		high = i + 2 < s->len ? hex_digit(s->p[i + 1]) : -1;
		low = i + 2 < s->len ? hex_digit(s->p[i + 2]) : -1;
		if (high == -1 || low == -1)
			return "has a '%' without two hexadecimal digits";
		out[n++] = (char)(high << 4 | low);
		i += 2;
	}
	out[n] = '\0';
	/* A NUL is no part of it. */
	return valid_utf8(out, n) ? NULL : "is not UTF-8 without NUL";
}

bool
request_query_text(
    const struct request *r, char *out, size_t size, char *why, size_t wsize)
{
	const struct route_query *q = r->route->query;
	struct span query = r->query, name, value;
	const char *wrong = NULL;
	bool seen = false;

	out[0] = '\0';
	while (wrong == NULL && request_query_next(&query, &name, &value)) {
		if (!span_is(&name, q->name)) {
			(void)snprintf(why, wsize,
			    "it may have %s, and nothing else", q->name);
			return false;
		}
		wrong = seen ? "comes twice" : decode(&value, out, size);
		seen = true;
	}
	if (wrong == NULL && !seen && q->required)
		wrong = "is missing";
	if (wrong != NULL)
		(void)snprintf(why, wsize, "%s %s", q->name, wrong);
	return wrong == NULL;
}

bool
request_names_profile(struct request *r)
{
	if (valid_alias(r->params[0]))
		return true;
	reply_failure(r, RL_ERR_NOTFOUND, "no such profile");
	return false;
}

/* The monitor also takes prefixes of ids; over HTTP an id is one name. */
bool
request_names_session(struct request *r)
{
	if (valid_session_id(r->params[0]))
		return true;
	reply_failure(r, RL_ERR_NOTFOUND, "no such session");
	return false;
}

void
request_forget(struct request *r)
{
	struct span none = { NULL, 0 };

	r->path = r->query = r->host = r->origin = none;
	r->authorization = r->content_type = r->upgrade_to = none;
	r->accept_encoding = r->if_none_match = none;
	r->ws_key = r->ws_version = r->ws_protocol = none;
	r->body = r->token = none;
}

void
request_keep(struct request *r, const char *text)
{
	free(r->kept);
	r->kept = xstrdup(text);
}

char *
request_kept(struct request *r)
{
	char *text = r->kept;

	r->kept = NULL;
	return text;
}

static void
on_answer(void *arg, struct msg *m, int err)
{
	struct request *r = arg;
	const struct msg_error *e;

	r->calling = false;
	/* Once it is answered, r may be the next request. */
	if (err != 0 || m->hdr.type == MSG_ERROR)
		free(request_kept(r));
	if (err != 0) {
		reply_failure(r,
		    err == RL_ERR_TIMEOUT ? err : RL_ERR_UNAVAILABLE,
		    err == RL_ERR_TIMEOUT
			? "the daemon did not answer in time"
			: "the daemon is restarting: try again");
		return;
	}
	if (m->hdr.type == MSG_ERROR) {
		e = m->body;
		/* Of codes there may have been too many to say more. */
		if (e->code == RL_ERR_AUTH ||
		    (e->code == RL_ERR_LIMIT && r->route->scope == SCOPE_CODE))
			r->via->ops->distrust(r->via);
		reply_failure(r, (int)e->code, e->text);
		return;
	}
	/* A code is used up: it makes nothing more of the connection. */
	if (r->route->scope != SCOPE_CODE)
		r->via->ops->trust(r->via, r->digest);
	r->done(r, m);
}

/*
 * Whether the monitor may be asked for it now.  Who has shown no good token
 * must not take what those who have need.
 */
static bool
may_call(const struct request *r)
{
	const struct peer *monitor = r->env->monitor;
	unsigned most =
	    r->via->ops->trusted(r->via) ? ASKED_MAX : ASKED_STRANGE;

	return peer_calls(monitor) < most &&
	       (r->body.len <= BODY_SHORT ||
		   peer_backlog(monitor) < QUEUE_LONG);
}

void
request_call(
    struct request *r, uint16_t type, const void *body, request_cb done)
{
	int err = RL_ERR_LIMIT;

	r->done = done;
	if (may_call(r))
		err = peer_call(r->env->monitor, type, body, NULL, 0, CALL_MS,
		    on_answer, r, &r->call);
	if (err == 0) {
		r->calling = true;
		return;
	}
	free(request_kept(r));
	/* A value that is over its field's bound: the client chose it. */
	if (err == RL_ERR_INVALID)
		reply_failure(r, err, "a value is too long");
	else
		reply_failure(
		    r, RL_ERR_UNAVAILABLE, "the daemon is busy: try again");
}

void
request_cancel(struct request *r)
{
	if (r->calling)
		peer_call_cancel(r->env->monitor, r->call);
	r->calling = false;
	free(request_kept(r));
}
