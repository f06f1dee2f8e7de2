/*
 * Which request goes where, and what it must bring, by the table in routes.c.
 * route_check() judges by the head alone, so that a request that will be
 * refused is refused before its body is read; a handler runs only for a
 * request that has passed.
 */
#include "config.h"

#include <string.h>

#include "err.h"
#include "ringletd.h"

bool
route_matches(const char *pattern, const struct span *path,
    struct span params[ROUTE_PARAMS])
{
	const char *p = path->p, *end = path->p + path->len;
	size_t n, count = 0;

	while (*pattern != '\0') {
		if (*pattern != '{') {
			if (p == end || *p++ != *pattern++)
				return false;
			continue;
		}
		for (n = 0; p + n < end && p[n] != '/' && p[n] != '%'; n++)
			continue;
		if (n == 0 || n > ALIAS_MAX || count == ROUTE_PARAMS)
			return false;
		params[count].p = p;
		params[count++].len = n;
		p += n;
		pattern = strchr(pattern, '}') + 1;
	}
	return p == end;
}

const struct route *
route_find(unsigned method, const struct span *path,
    char params[ROUTE_PARAMS][ALIAS_MAX + 1], unsigned *allow)
{
	struct span found[ROUTE_PARAMS];
	const struct route *row;
	size_t i, k;

	*allow = 0;
	for (k = 0; k < ROUTE_PARAMS; k++)
		params[k][0] = '\0';
	for (i = 0; (row = route_get(i)) != NULL; i++) {
		memset(found, 0, sizeof(found));
		if (!route_matches(row->pattern, path, found))
			continue;
		*allow |= row->method;
		if (row->method != method)
			continue;
		for (k = 0; k < ROUTE_PARAMS && found[k].len > 0; k++) {
			memcpy(params[k], found[k].p, found[k].len);
			params[k][found[k].len] = '\0';
		}
		return row;
	}
	return NULL;
}

/* Whether a route is for those who have a token. */
static bool
wants_token(const struct route *row)
{
	return row->scope == SCOPE_VIEW || row->scope == SCOPE_CONTROL;
}

/* What a request for this route must bring besides Host and Origin. */
static bool
check_route(struct request *r)
{
	bool ws = (r->route->flags & ROUTE_WS) != 0;
	const char *why;
	int status;

	/* A tunnel to anything else would be opened by its 200. */
	if (r->connect && !ws) {
		reply_error(
		    r, 400, RL_ERR_INVALID, "this route is no WebSocket");
		return false;
	}
	if (wants_token(r->route) &&
	    (status = request_token(r, ws, &why)) != 0) {
		reply_error(r, status,
		    status == 401 ? RL_ERR_AUTH : RL_ERR_INVALID, "%s", why);
		return false;
	}
	if (r->has_query && r->route->query == NULL) {
		reply_error(
		    r, 400, RL_ERR_INVALID, "this route takes no query");
		return false;
	}
	if (ws && (status = ws_handshake(r, &why)) != 0) {
		reply_error(r, status, RL_ERR_INVALID, "%s", why);
		return false;
	}
	if (r->route->body == NULL) {
		/* Caches and proxies disagree about these bodies. */
		if (r->method == METHOD_GET && r->has_body) {
			reply_error(
			    r, 400, RL_ERR_INVALID, "this route takes no body");
			return false;
		}
		return true;
	}
	if (!r->has_length) {
		reply_error(
		    r, 411, RL_ERR_INVALID, "the body's length is missing");
		return false;
	}
	/*
	 * A page of another origin can send a body without asking first, but
	 * only with a type that HTML forms have: never this one.
	 */
	if (!span_is_nocase(&r->content_type, "application/json") &&
	    !span_is_nocase(
		&r->content_type, "application/json; charset=utf-8") &&
	    !span_is_nocase(
		&r->content_type, "application/json;charset=utf-8")) {
		reply_error(r, 415, RL_ERR_INVALID,
		    "Content-Type must be application/json");
		return false;
	}
	return true;
}

bool
route_check(struct request *r)
{
	unsigned allow;

	if (!host_is_local(&r->host) && !listener_has_host(r->env, &r->host)) {
		reply_error(r, 403, RL_ERR_DENIED,
		    "Host is not a name of this machine's loopback: use "
		    "127.0.0.1, localhost or [::1]");
		return false;
	}
	if (r->origin.p != NULL && !origin_is_host(&r->origin, &r->host)) {
		reply_error(
		    r, 403, RL_ERR_DENIED, "Origin is not that of this server");
		return false;
	}
	if (request_query_has_token(r)) {
		reply_error(r, 401, RL_ERR_AUTH,
		    "a token does not belong in a URL: send it in "
		    "Authorization, and replace this one");
		return false;
	}
	r->route = route_find(r->method, &r->path, r->params, &allow);
	if (r->route == NULL) {
		if (allow == 0)
			reply_error(r, 404, RL_ERR_NOTFOUND, "no such route");
		else
			reply_not_allowed(r, allow);
		return false;
	}
	return check_route(r);
}

void
route_run(struct request *r)
{
	r->route->handler(r);
}
