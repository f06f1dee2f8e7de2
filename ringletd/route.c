/*
 * Which request goes where, and what it must bring: one table, read from top
 * to bottom.  route_check() judges by the head alone, so that a request that
 * will be refused is refused before its body is read; a handler runs only
 * for a request that has passed.
 */
#include "config.h"

#include <string.h>

#include "err.h"
#include "ringletd.h"

static const struct route routes[] = {
	{ METHOD_GET, "/", 0, api_page },
	{ METHOD_GET, "/api/ping", ROUTE_TOKEN, api_ping },
	{ METHOD_GET, "/api/daemon/status", ROUTE_TOKEN, api_status },
	{ METHOD_POST, "/api/shutdown", ROUTE_TOKEN, api_shutdown },
	{ METHOD_GET, "/api/token", ROUTE_TOKEN, api_token },
	{ METHOD_DELETE, "/api/token", ROUTE_TOKEN, api_token_end },
	{ METHOD_GET, "/api/agents", ROUTE_TOKEN, api_agents },
	{ METHOD_GET, "/api/agents/*", ROUTE_TOKEN, api_agents },
	{ METHOD_GET, "/api/providers", ROUTE_TOKEN, api_providers },
	{ METHOD_GET, "/api/providers/*", ROUTE_TOKEN, api_providers },
	{ METHOD_GET, "/api/keychain/public-key", ROUTE_TOKEN, api_public_key },
	{ METHOD_GET, "/api/profiles", ROUTE_TOKEN, api_profile_list },
	{ METHOD_POST, "/api/profiles", ROUTE_TOKEN | ROUTE_JSON,
	    api_profile_create },
	{ METHOD_GET, "/api/profiles/*", ROUTE_TOKEN, api_profile_get },
	{ METHOD_DELETE, "/api/profiles/*", ROUTE_TOKEN, api_profile_delete },
	{ METHOD_PUT, "/api/profiles/*/key", ROUTE_TOKEN | ROUTE_JSON,
	    api_profile_rekey },
	{ METHOD_GET, "/api/terminal/sessions", ROUTE_TOKEN, api_session_list },
	{ METHOD_POST, "/api/terminal/sessions", ROUTE_TOKEN | ROUTE_JSON,
	    api_session_create },
	{ METHOD_GET, "/api/terminal/sessions/*", ROUTE_TOKEN,
	    api_session_get },
	{ METHOD_DELETE, "/api/terminal/sessions/*", ROUTE_TOKEN,
	    api_session_delete },
	{ METHOD_POST, "/api/terminal/cleanup", ROUTE_TOKEN,
	    api_session_cleanup },
	{ METHOD_GET, "/api/audit", ROUTE_TOKEN | ROUTE_QUERY, api_audit },
	{ METHOD_GET, "/ws", ROUTE_TOKEN | ROUTE_WS, api_events },
	{ METHOD_GET, "/ws/terminal/*", ROUTE_TOKEN | ROUTE_WS | ROUTE_QUERY,
	    api_terminal },
};

/*
 * Compares byte by byte: nothing is decoded or normalised, so a path has one
 * spelling.  What '*' matches is not empty, has no '/' and no '%'.
 */
static bool
matches(const char *pattern, const struct span *path, struct span *param)
{
	const char *star = strchr(pattern, '*');
	size_t n, tail;

	param->p = NULL;
	param->len = 0;
	if (star == NULL)
		return span_is(path, pattern);
	n = (size_t)(star - pattern);
	tail = strlen(star + 1);
	if (path->len <= n + tail || memcmp(path->p, pattern, n) != 0 ||
	    memcmp(path->p + path->len - tail, star + 1, tail) != 0)
		return false;
	param->p = path->p + n;
	param->len = path->len - n - tail;
	return memchr(param->p, '/', param->len) == NULL &&
	       memchr(param->p, '%', param->len) == NULL;
}

const struct route *
route_find(unsigned method, const struct span *path, char *param, size_t size,
    unsigned *allow)
{
	struct span star;
	size_t i;

	*allow = 0;
	param[0] = '\0';
	for (i = 0; i < NELEM(routes); i++) {
		if (!matches(routes[i].pattern, path, &star))
			continue;
		/* Longer than any name: there is no such thing. */
		if (star.len >= size)
			continue;
		*allow |= routes[i].method;
		if (routes[i].method != method)
			continue;
		if (star.len > 0)
			memcpy(param, star.p, star.len);
		param[star.len] = '\0';
		return &routes[i];
	}
	return NULL;
}

/* What a request for this route must bring besides Host and Origin. */
static bool
check_route(struct request *r)
{
	unsigned flags = r->route->flags;
	const char *why;
	int status;

	/* A tunnel to anything else would be opened by its 200. */
	if (r->connect && (flags & ROUTE_WS) == 0) {
		reply_error(
		    r, 400, RL_ERR_INVALID, "this route is no WebSocket");
		return false;
	}
	if (flags & ROUTE_TOKEN &&
	    (status = request_token(r, (flags & ROUTE_WS) != 0, &why)) != 0) {
		reply_error(r, status,
		    status == 401 ? RL_ERR_AUTH : RL_ERR_INVALID, "%s", why);
		return false;
	}
	if (r->has_query && (flags & ROUTE_QUERY) == 0) {
		reply_error(
		    r, 400, RL_ERR_INVALID, "this route takes no query");
		return false;
	}
	if (flags & ROUTE_WS && (status = ws_handshake(r, &why)) != 0) {
		reply_error(r, status, RL_ERR_INVALID, "%s", why);
		return false;
	}
	if ((flags & ROUTE_JSON) == 0) {
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
	r->route =
	    route_find(r->method, &r->path, r->param, sizeof(r->param), &allow);
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
