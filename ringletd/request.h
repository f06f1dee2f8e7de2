#ifndef RINGLETD_REQUEST_H
#define RINGLETD_REQUEST_H
/*
 * One request, whatever version of HTTP it came in.  A carrier has at most
 * one at a time and owns it; routes and handlers see nothing else of the
 * connection.
 *
 * Spans point into the carrier's input: they are good until the handler
 * returns.  What a handler needs after its call to the monitor is in param
 * and the plain members.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "msg.h"
#include "route.h"
#include "span.h"
#include "valid.h"

struct carrier;
struct env;
struct http1;
struct request;

/* Methods, as bits for the routes' Allow. */
#define METHOD_GET    0x01 /* HEAD is GET with head set */
#define METHOD_POST   0x02
#define METHOD_DELETE 0x04
#define METHOD_PUT    0x08

#define TOKEN_DIGEST  32 /* bytes of BLAKE2b: the monitor's name for a token */
#define WS_ACCEPT_LEN 28 /* characters of Sec-WebSocket-Accept */

/* The answer to a call; never NULL, and never MSG_ERROR. */
typedef void (*request_cb)(struct request *, struct msg *);

struct request {
	struct env *env;
	struct carrier *via;
	const struct route *route;
	unsigned method; /* METHOD_*; 0: one that no route has */
	bool head;	 /* HEAD: the reply's body is left out */
	bool has_query;	 /* there was a '?' */
	bool has_length; /* the body's length is known, maybe 0 */
	bool has_body;	 /* it is chunked, or longer than 0 */
	bool upgrade;	 /* "Connection: upgrade" in HTTP/1.1 */
	bool connect;	 /* HTTP/2: CONNECT for a WebSocket, with method GET */
	bool http10;	 /* HTTP/1.0, which knows no chunks */

	struct span path;
	struct span query;
	struct span host;
	struct span origin;
	struct span authorization;
	struct span content_type;
	struct span accept_encoding;
	struct span if_none_match;
	struct span upgrade_to;
	struct span ws_key;
	struct span ws_version;
	struct span ws_protocol;
	struct span body;
	struct span token; /* after request_token(), with its digest */
	uint8_t digest[TOKEN_DIGEST];

	char params[ROUTE_PARAMS][ALIAS_MAX + 1]; /* as the pattern names */
	char *kept;				  /* see request_keep() */
	bool ws_bearer;		   /* the subprotocol bearer was offered */
	char ws_accept[WS_ACCEPT_LEN + 1];

	request_cb done; /* of the call under way */
	uint32_t call;
	bool calling;
};

/* Makes h ready for a request, of the size that the settings allow. */
void request_begin(struct http1 *h, const struct env *);
/*
 * Makes a request of a head in h, whose offsets are into buf: all but the
 * body.
 */
void request_fill(struct request *r, struct carrier *via, const struct http1 *h,
    const uint8_t *buf);

/*
 * Finds the request's token: "Authorization: Bearer TOKEN", or for a
 * WebSocket the subprotocols "bearer, TOKEN"; sets r->token, r->digest and
 * r->ws_bearer.
 * Returns 0; or the HTTP status (401, or 400 when it comes both ways) and
 * *why (static).  Whether the token is right is not known here.
 */
int request_token(struct request *r, bool websocket, const char **why);

/* The token as a message's field. */
struct msg_bin request_token_bin(const struct request *r);

/*
 * Whether the query holds something that looks like a token.  A URL ends up
 * in histories, logs and Referer fields, so such a request is refused even
 * when it has a good token elsewhere.
 */
bool request_query_has_token(const struct request *r);

/*
 * Takes the next NAME=VALUE of *query off it.  False at its end.  VALUE is
 * empty where there is no '='; nothing is decoded.
 */
bool request_query_next(
    struct span *query, struct span *name, struct span *value);

/*
 * Takes a query of at most one parameter, the one that the route's row names,
 * and decodes its value into out (size bytes).  It is required as the row says;
 * absent, out is "".  Decoding is strict: each '%' is followed by two
 * hexadecimal digits, what comes out is UTF-8 without NUL, and '+', which
 * readers do not agree about, is refused.  False: why[wsize] says what is
 * wrong.
 */
bool request_query_text(
    const struct request *, char *out, size_t size, char *why, size_t wsize);

/*
 * Whether the first name in the path can be a profile's.  False: the client has
 * got its 404.
 */
bool request_names_profile(struct request *r);
/* The same of a session's id. */
bool request_names_session(struct request *r);

/*
 * Asks the monitor.  done gets the answer; when there is none, or it is
 * MSG_ERROR, the client gets the error and done is not called.  body is
 * encoded before this returns.
 */
void request_call(
    struct request *r, uint16_t type, const void *body, request_cb done);
/*
 * Keeps a copy of a text for the handler's request_cb, which must take it.  It
 * is freed where the request_cb is not called.
 */
void request_keep(struct request *r, const char *text);
/* Takes that text, which the caller frees; NULL: there is none. */
char *request_kept(struct request *r);
/* The input goes: clears every span. */
void request_forget(struct request *r);
/* Forgets the call under way, if there is one: the client has gone. */
void request_cancel(struct request *r);

#endif /* RINGLETD_REQUEST_H */
