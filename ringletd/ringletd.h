#ifndef RINGLETD_RINGLETD_H
#define RINGLETD_RINGLETD_H
/*
 * Private to ringletd: what its files offer one another, in the order in
 * which a request passes through them.
 */

#include <sys/queue.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "peer.h"
#include "request.h"
#include "route.h"
#include "wipe.h"

struct asset;
struct buf;
struct carrier;
struct conn;
struct listener;
struct loop;
struct loop_timer;
struct msg;
struct peer;
struct subscriber;
struct term;
struct ws;

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

/*
 * Limits.  A connection's input is bounded by HTTP1_REQUEST_MAX and its output
 * by OUT_MAX, so the most that clients can make us hold is known.  What HTTP/2
 * adds is in http2.h.
 */
#define CONN_MAX   512		     /* connections, WebSockets included */
#define WRONG_MAX  3   /* wrong tokens on a connection without a good one */
#define GONE_MAX   128 /* tokens that ended, remembered */
#define ADMIT_MAX  64  /* connections that wait for the monitor's word */
/*
 * Calls to the monitor that clients have open: the rest is for admitting them.
 * Those on whose connection no token was good share a part, and a long body
 * waits for a channel that has room.
 */
#define ASKED_MAX	(PEER_CALLS_MAX - ADMIT_MAX)
#define ASKED_STRANGE	(PEER_CALLS_MAX / 4 * 3)
#define BODY_SHORT	4096
#define QUEUE_LONG	(PEER_CALLS_BYTES / 2) /* bytes that the monitor owes */
#define OUT_MAX	   (4 * 1024 * 1024) /* bytes of replies not yet sent */
#define OWED_MAX   (DATA_MAX / 16)   /* ... of all clients together */
#define OWED_FREE  1024 /* a reply this short is sent all the same: errors */
#define READ_SIZE  (16 * 1024)	     /* bytes taken from a socket at a time */
#define FIRST_MS   10000  /* from accept to the end of a first request */
#define REQUEST_MS 15000  /* from a request's first byte to its last */
#define IDLE_MS	   60000  /* between two requests */
#define WRITE_MS   30000  /* a reply makes no progress */
#define LINGER_MS  2000	  /* from our last byte to the client's */
#define WS_PING_MS 30000  /* silence before we ask a WebSocket */
#define WS_DEAD_PINGS 10     /* times that, before we give it up */
#define CALL_MS	   60000  /* the monitor's time for an answer */
#define SUBSCRIBERS_MAX 512    /* to events, however they come */
#define NOFILE_MAX 2048	  /* descriptors: 3 for each viewer */
/*
 * Bytes of memory, rings apart.  A client's input, and what a WebSocket or
 * stream has untaken, are half a MiB at most, for each of CONN_MAX; replies of
 * all are OWED_MAX, in blocks of up to twice that.
 */
#define DATA_MAX (1024UL * 1024 * 1024)

/* What the settings make of these (HTTP_LIMITS); none is over its bound. */
struct limits {
	unsigned connections; /* CONN_MAX */
	unsigned streams;     /* H2_STREAMS_MAX */
	size_t head;	      /* HTTP1_HEAD_MAX */
	size_t body;	      /* HTTP1_BODY_MAX */
	uint64_t first_ms;
	uint64_t request_ms;
	uint64_t idle_ms;
	uint64_t write_ms;
	uint64_t ping_ms; /* and WS_DEAD_PINGS times that: it is given up */
};

TAILQ_HEAD(conn_list, conn);
TAILQ_HEAD(listener_list, listener);
TAILQ_HEAD(subscriber_list, subscriber);

struct env {
	struct loop *loop;
	struct peer *monitor;
	struct listener_list listeners;
	struct loop_timer *accept_timer; /* armed: accepting is paused */
	bool accepting;
	struct conn_list conns;
	unsigned nconns;
	size_t owed; /* bytes of replies that are not taken yet: OWED_MAX */
	unsigned nadmitting; /* connections that wait for the monitor */
	bool same_user;	     /* each is shown to it */
	struct limits limits;
	/* Tokens that ended last: a call that they made may still be open. */
	uint8_t gone[GONE_MAX][TOKEN_DIGEST];
	unsigned ngone;
	struct subscriber_list subscribers;
	unsigned nsubscribers;
	uint64_t nevents;      /* told so far */
	struct conn_list dead; /* to be freed by reap_timer */
	struct loop_timer *reap_timer;
	struct loop_timer *tick; /* once a second: looks for deadlines */
	char date[32];		 /* value of the Date field ... */
	uint64_t date_at;	 /* ... and when it was made */
};

/* --- limits.c --- */

/* What holds before the monitor has said what the settings say. */
void limits_default(struct limits *);
/*
 * A reply waits to be taken: from now on part, which is its share of
 * env->owed, is len bytes.
 */
void limits_owe(struct env *, size_t *part, size_t len);
/* Whether a reply of len bytes may wait beside those that do. */
bool limits_may_owe(const struct env *, size_t len);

/* --- listen.c: listeners, and when not to accept --- */

/* Takes ownership of fd, a listening socket; address is for the log. */
void listener_add(struct env *, int fd, const char *address);
/* Whether a Host is the address of a listener. */
bool listener_has_host(const struct env *, const struct span *host);
/* A connection has ended: accepting goes on if it was paused for that. */
void listen_resume(struct env *);

/* --- admit.c: whose connection it is --- */

/*
 * Takes ownership of fd, a connected non-blocking socket: has the monitor
 * judge whose it is, if it must, and makes a connection of it or closes it.
 */
void admit(struct env *, int fd);

/* --- carriers: where a request came from, and its reply goes --- */

/*
 * What runs a carrier after it has been upgraded, or while its reply is a
 * stream without end.  input gets bytes as they
 * come.  output is called when all that was put into the carrier's output is
 * on its way: it puts more and returns true, or false if there is nothing.
 * tick is called about once a second with the time since the last byte came.
 * free is called when the carrier is over, from the loop and not from within
 * a call of ours.  working, which may be NULL: whether a request that came
 * waits for the monitor.
 */
struct conn_ops {
	void (*input)(void *arg, const uint8_t *p, size_t len);
	bool (*output)(void *arg);
	void (*tick)(void *arg, uint64_t silent_ms);
	void (*free)(void *arg);
	bool (*working)(void *arg);
};

struct field {
	const char *name;
	const char *value;
};

#define REPLY_FIELDS_MAX 14

/* A whole reply; what it points to is good for the call. */
struct reply {
	int status;
	struct field fields[REPLY_FIELDS_MAX];
	size_t nfields;
	char length[24]; /* value of Content-Length */
	const char *cache; /* value of Cache-Control; NULL: no-store */
	const void *body;
	size_t len;
	bool head; /* to HEAD: the body is left out */
	bool secret; /* the body is wiped wherever it was */
	bool fixed;  /* the body is ours for ever: it is not copied */
	bool last; /* nothing can follow it on an HTTP/1.1 connection */
};

/*
 * A connection that speaks HTTP/1.1, or one stream of HTTP/2.
 *
 *	reply	 sends it; the request is over
 *	trust	 the monitor has accepted a token that came here, by its digest
 *	distrust	it has refused one
 *	trusted	 whether it has accepted one on this connection
 *	upgrade	 opens the WebSocket that r asked for: from now on ops and arg
 *		 run the carrier
 *	stream	 sends the reply's head; its body is what carrier_put() is given
 *		 from now on, when ops and arg run the carrier.  What the client
 *		 still sends has no meaning
 *	pump	 sends what there is in out; the ops' output is asked for more
 *	pause	 stops or resumes taking the client's bytes
 *	finish	 sends what is in out, then ends in an orderly way
 */
struct carrier_ops {
	void (*reply)(struct carrier *, const struct reply *);
	void (*trust)(struct carrier *, const uint8_t digest[TOKEN_DIGEST]);
	void (*distrust)(struct carrier *);
	bool (*trusted)(const struct carrier *);
	void (*upgrade)(struct carrier *, const struct request *r,
	    const struct conn_ops *ops, void *arg);
	void (*stream)(struct carrier *, struct reply *,
	    const struct conn_ops *ops, void *arg);
	void (*pump)(struct carrier *);
	void (*pause)(struct carrier *, bool paused);
	void (*finish)(struct carrier *);
};

struct carrier {
	const struct carrier_ops *ops;
	struct env *env;
	struct buf *out; /* a WebSocket's frames, or a stream's bytes */
	bool chunked;	 /* the stream's body is in chunks */
};

/* Puts a piece of a stream's body.  False if there is no room for it. */
bool carrier_put(struct carrier *, const void *p, size_t len);

/* --- conn.c and its siblings: a client's connection (conn.h) --- */

/* Prepares env for connections. */
void conn_init(struct env *);
/* Takes ownership of fd, a connected non-blocking socket. */
void conn_new(struct env *, int fd);
/*
 * Makes room for one more connection by ending the one that has been waiting
 * longest without having shown a good token.  False if there is none.
 */
bool conn_evict(struct env *);
/* What is to be sent; then call conn_pump(). */
struct buf *conn_out(struct conn *);
/* The monitor has accepted a token that came on this connection. */
void conn_trust(struct conn *, const uint8_t digest[TOKEN_DIGEST]);
/* Whether it has. */
bool conn_is_trusted(const struct conn *);
/*
 * It has refused one.  True: that was the last try, for WRONG_MAX have come and
 * no good one; after the reply the connection is to end.
 */
bool conn_distrust(struct conn *);
/* A token is good no longer: what came with it ends. */
void conn_token_gone(struct env *, const uint8_t digest[TOKEN_DIGEST]);
/* From now on ops and arg run the connection; they get what came already. */
void conn_upgrade(struct conn *, const struct conn_ops *ops, void *arg);
/* Sends what there is; ops->output is asked for more. */
void conn_pump(struct conn *);
/* Stops or resumes reading from an upgraded connection. */
void conn_pause(struct conn *, bool paused);
/* Sends what is in conn_out(), then closes in an orderly way. */
void conn_finish(struct conn *);
/* How long the socket has not taken what there is to send; 0: it does. */
uint64_t conn_stuck_ms(const struct conn *);
/* Closes at once. */
void conn_abort(struct conn *);

/* --- http2.c --- */

#define HTTP2_PREFACE_LEN 24

/* Whether a connection's first bytes are HTTP/2's preface, or begin as it. */
bool http2_preface(const uint8_t *p, size_t len);
/*
 * From now on the connection speaks HTTP/2.  deadline: until when a first
 * request must have come.
 */
void http2_start(struct conn *, struct env *, uint64_t deadline);

/* --- hostcheck.c --- */

/* Whether a Host is a loopback name: 127.0.0.1, localhost, [::1]; any port. */
bool host_is_local(const struct span *host);
/* Whether a Host is that of address, HOST:PORT as a listener has it. */
bool host_is_address(const struct span *host, const char *address);
/* Whether an Origin is http:// and that Host. */
bool origin_is_host(const struct span *origin, const struct span *host);

/* --- route.c --- */

/*
 * Whether the path is one of the pattern; found are what the names in it stand
 * for, and what is left over stays as it is.  Compares byte by byte: nothing is
 * decoded or normalised, so a path has one spelling.  What a name stands for is
 * not empty, has no '/' and no '%', and is no longer than any name of ours.
 */
bool route_matches(const char *pattern, const struct span *path,
    struct span found[ROUTE_PARAMS]);
/*
 * Finds the row for a method and path, and copies what the names in its
 * pattern matched to params.  NULL: *allow has the methods that this path does
 * take, 0 if there is no such path.
 */
const struct route *route_find(unsigned method, const struct span *path,
    char params[ROUTE_PARAMS][ALIAS_MAX + 1], unsigned *allow);
/*
 * Judges a request by its head alone: Host, Origin, route, token, query,
 * content type.  True: it may go on.  False: the client has got its error.
 */
bool route_check(struct request *);
/* Runs the handler of a request that route_check() has passed. */
void route_run(struct request *);

/* --- assets.c --- */

/* Whether a value of Accept-Encoding, or none (p NULL), lets gzip through. */
bool asset_takes_gzip(const struct span *accept);

/* --- reply.c --- */

/* {"success":true,"data":data}; data is taken, NULL is null. */
void reply_data(struct request *, int status, json_t *data);
/* The same for data that holds a secret. */
void reply_secret(struct request *, int status, json_t *data);
/* The same as reply_data() with text that is JSON already. */
void reply_json(struct request *, int status, const char *data);
/* {"success":false,"error":...,"code":...}; err is an RL_ERR_*. */
void reply_error(struct request *, int status, int err, const char *fmt, ...)
    __attribute__((__format__(printf, 4, 5)));
/* The same with the status that err has; text "": rl_strerror(). */
void reply_failure(struct request *, int err, const char *text);
/* A whole document that is JSON, without the envelope; it is taken. */
void reply_document(struct request *, json_t *document);
/* Adds a field; what it points to must be good as long as the reply. */
void reply_field(struct reply *, const char *name, const char *value);
/* A stream of that type, which ops and arg run: see carrier_ops. */
void reply_stream(
    struct request *, const char *type, const struct conn_ops *ops, void *arg);
/* Its head alone, for HEAD. */
void reply_stream_head(struct request *, const char *type);
/* 405 with Allow. */
void reply_not_allowed(struct request *, unsigned allow);
/* A page: no data, no token; csp is its Content-Security-Policy. */
void reply_page(struct request *, const char *type, const char *csp,
    const void *p, size_t len);
/*
 * A file of the dashboard, as it is embedded; known: the client has it already.
 * cache and csp are values of Cache-Control and Content-Security-Policy.
 */
void reply_asset(struct request *, const struct asset *, const char *cache,
    const char *csp, bool known);
/* An error for something that was no request; ends the connection. */
void reply_bad(struct carrier *, int status, const char *reason);
/*
 * Puts a reply as HTTP/1.1 has it, but for a body that is fixed; last: the
 * connection ends after it.  False if there is no room.
 */
bool reply_write(const struct reply *, struct buf *out, bool last);
/* Puts 101, with r->ws_accept and maybe the subprotocol. */
void reply_switch(const struct request *r, struct buf *out);
/* The value of the Date field now. */
const char *reply_date(struct env *);
/* Seconds since 1970 as RFC 3339 text; 0 is null. */
json_t *reply_time(int64_t);
/* An array of strings. */
json_t *reply_strings(const struct msg_strs *);
/* A text; "" is null, for that is how a message says that there is none. */
json_t *reply_text(const char *);

/* --- api_*.c: one handler for each row of the route table --- */

void api_ping(struct request *);
void api_status(struct request *);
void api_shutdown(struct request *);
void api_public_key(struct request *);
void api_token(struct request *);
void api_token_end(struct request *);
void api_token_list(struct request *);
void api_token_revoke(struct request *);
void api_exchange(struct request *);
void api_jail(struct request *);
void api_settings(struct request *);
void api_page(struct request *);
void api_asset(struct request *);
void api_openapi(struct request *);
void api_agents(struct request *);
void api_providers(struct request *);
void api_profile_list(struct request *);
void api_profile_create(struct request *);
void api_profile_get(struct request *);
void api_profile_delete(struct request *);
void api_profile_rekey(struct request *);
void api_hook_add(struct request *);
void api_hook_export(struct request *);
void api_hook_import(struct request *);
void api_hook_list(struct request *);
void api_hook_remove(struct request *);
void api_audit(struct request *);
void api_registry(struct request *);
void api_registry_pin(struct request *);
void api_registry_sync(struct request *);
void api_fs_list(struct request *);
void api_fs_complete(struct request *);
void api_session_list(struct request *);
void api_session_create(struct request *);
void api_session_get(struct request *);
void api_session_delete(struct request *);
void api_session_cleanup(struct request *);
void api_upload_begin(struct request *);
void api_upload_more(struct request *);
void api_upload_drop(struct request *);
void api_terminal(struct request *);
void api_events(struct request *);
void api_events_ws(struct request *);

/* starting, running, terminated: enum session_state as clients see it. */
const char *session_state_name(uint64_t state);

/* --- openapi.c: the table of routes, for programs --- */

/* The description of all routes, as OpenAPI 3.1 has it. */
json_t *openapi_document(void);

/* --- body.c: JSON bodies --- */

/* Makes jansson wipe whatever it frees: a body may hold an API key. */
void body_init(void);
/* Frees a text that json_dumps() has made. */
void body_free(char *text);
/*
 * Parses the body as one JSON object.  NULL: the client has got its 400.
 * json_decref() it.
 */
json_t *body_object(struct request *);
/*
 * Parses the body as the route's row says, into target.  False: the client has
 * got its 400.  json_free_members() in either case.
 */
bool body_members(struct request *, void *target);
/* A NULL-terminated array (or NULL) as a message's field; not copied. */
struct msg_strs body_strings(char **);
/*
 * Decodes padded base64 into a new block of *out_len bytes that the caller
 * frees.  NULL: it is not base64.
 */
uint8_t *base64_decode(const char *p, size_t len, size_t *out_len);
/* Encodes; the caller frees. */
char *base64_encode(const uint8_t *p, size_t len);

/* --- ws.c: WebSocket --- */

#define WS_CLOSE_NORMAL	     1000
#define WS_CLOSE_PROTOCOL    1002
#define WS_CLOSE_UNSUPPORTED 1003
#define WS_CLOSE_NOT_TEXT    1007
#define WS_CLOSE_TOO_BIG     1009
#define WS_CLOSE_INTERNAL    1011

#define WS_TEXT_MAX   4096	    /* bytes of a client's text message */
#define WS_BINARY_MAX (1024 * 1024) /* bytes of a client's binary message */
/* Payload of a frame of ours; with its head it fills a block of struct buf. */
#define WS_FRAME_MAX	 65532
#define WS_FRAME_HDR_MAX 4 /* bytes before that payload */

/*
 * What uses a WebSocket.  binary gets pieces of messages as they come; text
 * gets whole messages.  output is as in conn_ops.  free: it is over.
 */
struct ws_ops {
	void (*binary)(void *arg, const uint8_t *p, size_t len);
	void (*text)(void *arg, const char *p, size_t len);
	bool (*output)(void *arg);
	void (*free)(void *arg);
};

/*
 * Whether r is a right handshake (RFC 6455 4.2.1); fills r->ws_accept.
 * Returns 0, or an HTTP status and *why (static).
 */
int ws_handshake(struct request *r, const char **why);
/* A WebSocket for r, whose handshake is right; not started yet. */
struct ws *ws_new(struct request *r, const struct ws_ops *ops, void *arg);
/* Opens it: from now on the carrier is ws's, and frees it. */
void ws_start(struct ws *, struct request *r);
/* A text message; msg is taken. */
void ws_send_json(struct ws *, json_t *msg);
/*
 * Room for one frame: *p is where up to *max bytes of payload go.  False if
 * there is none now.  Then call ws_frame_commit() or ws_text_commit(), nothing
 * else.
 */
bool ws_frame_reserve(struct ws *, uint8_t **p, size_t *max);
/* It is a binary message of len bytes; 0 leaves it out. */
void ws_frame_commit(struct ws *, size_t len);
/*
 * It is a piece of len bytes of a text message.  Until the last one is put,
 * ws_send_json() waits with what it is given, and ws_frame_commit() must not
 * be called.
 */
void ws_text_commit(struct ws *, size_t len, bool last);
/* A Close frame; then the connection ends when the client has answered. */
void ws_close(struct ws *, uint16_t code, const char *reason);
bool ws_is_closing(const struct ws *);
/* Bytes that the client has not taken. */
size_t ws_backlog(const struct ws *);
/* Sends what there is; ops->output is asked for more. */
void ws_pump(struct ws *);
/* Stops or resumes reading. */
void ws_pause(struct ws *, bool paused);

/* --- term.c: a viewer of a session --- */

/* Answers the attach request r with what MSG_ATTACHED brought. */
void term_attached(struct request *r, struct msg *m);

/* --- events.c: subscribers to what happens --- */

/* Tells an event of that type; data is JSON. */
void events_tell(struct env *, const char *type, const char *data);

/* --- control.c: a viewer's text messages --- */

enum control_type { CONTROL_RESIZE = 1, CONTROL_SIGNAL };

struct control {
	enum control_type type;
	unsigned cols;
	unsigned rows;
	unsigned signal;
};

/*
 * Parses a client's text message.  0; or RL_ERR_INVALID and in why (size
 * bytes) what is wrong, for the client.
 */
int control_parse(
    const char *p, size_t len, struct control *out, char *why, size_t size);

#endif /* RINGLETD_RINGLETD_H */
