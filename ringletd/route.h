#ifndef RINGLETD_ROUTE_H
#define RINGLETD_ROUTE_H
/*
 * What a route is: a row that says what a request for it must bring, who may
 * ask, what runs it, and what it answers.  routes.c has the rows, route.c
 * judges by them, openapi.c describes them to programs, and PROTOCOL.http to
 * people; contrib/check-http holds the last two together.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_table;
struct request;

/*
 * What a token must be good for.  The monitor decides, by the rule that the
 * message of `asks` has there; this says it to clients.
 */
enum route_scope {
	SCOPE_NONE = 0, /* no token: there is no data */
	SCOPE_CODE,	/* none either: the body has a one-time code */
	SCOPE_VIEW,
	SCOPE_CONTROL
};

#define ROUTE_WS     0x01 /* a WebSocket's handshake */
#define ROUTE_EVENTS 0x02 /* it answers with server-sent events */
#define ROUTE_FILE   0x04 /* it answers with a file, of whatever type */

/* A parameter of a query.  An array of them ends with the name NULL. */
struct route_query {
	const char *name;
	const char *kind; /* string, integer, or 1: a switch that is on */
	bool required;
	const char *says; /* for people */
};

/*
 * A member of an answer's data.  kind: string, integer, boolean, strings,
 * object or objects; a '?' behind it: or null.
 */
struct reply_member {
	const char *name;
	const char *kind;
};

struct reply_table {
	const struct reply_member *members;
	size_t n;
};

#define ROUTE_PARAMS 3 /* names in a pattern, at most */

struct route {
	unsigned method;
	/* A path; {name} stands for one segment, which is not empty. */
	const char *pattern;
	enum route_scope scope;
	unsigned flags;
	const struct json_table *body;	 /* NULL: it takes none */
	const struct route_query *query; /* NULL: it takes none */
	void (*handler)(struct request *);
	uint16_t asks; /* the message to the monitor; 0: none */
	int status;    /* of the answer, when all is well */
	const struct reply_table *reply; /* NULL: no JSON in our envelope */
	bool list;			 /* the data is an array of those */
	const char *summary;		 /* for people */
};

/* The row of that number, or NULL past the last. */
const struct route *route_get(size_t i);

/* --- what bodies and answers are made of: in api_*.c --- */

extern const struct json_table exchange_body;
extern const struct json_table profile_create_body;
extern const struct json_table profile_rekey_body;
extern const struct json_table session_create_body;
extern const struct json_table registry_pin_body;
extern const struct json_table hook_add_body;
extern const struct json_table hook_import_body;
extern const struct json_table upload_begin_body;
extern const struct json_table upload_more_body;

extern const struct route_query audit_query[];
extern const struct route_query events_query[];
extern const struct route_query fs_complete_query[];
extern const struct route_query fs_list_query[];
extern const struct route_query jail_query[];
extern const struct route_query terminal_query[];

extern const struct reply_table null_reply; /* the data is null */
extern const struct reply_table ping_reply;
extern const struct reply_table status_reply;
extern const struct reply_table shutdown_reply;
extern const struct reply_table pubkey_reply;
extern const struct reply_table token_reply;
extern const struct reply_table exchange_reply;
extern const struct reply_table agent_reply;
extern const struct reply_table provider_reply;
extern const struct reply_table folders_reply;
extern const struct reply_table jail_reply;
extern const struct reply_table settings_reply;
extern const struct reply_table profile_reply;
extern const struct reply_table profile_deleted_reply;
extern const struct reply_table profile_rekeyed_reply;
extern const struct reply_table hook_reply;
extern const struct reply_table hook_export_reply;
extern const struct reply_table audit_reply;
extern const struct reply_table registry_reply;
extern const struct reply_table registry_installed_reply;
extern const struct reply_table session_reply;
extern const struct reply_table session_created_reply;
extern const struct reply_table session_killed_reply;
extern const struct reply_table session_cleaned_reply;
extern const struct reply_table upload_reply;

/* A table of the array `members`. */
#define REPLY_TABLE(members)                                                   \
	{                                                                      \
		(members), sizeof(members) / sizeof(*(members))                \
	}
#define BODY_TABLE(members)                                                    \
	{                                                                      \
		(members), sizeof(members) / sizeof(*(members))                \
	}

#endif /* RINGLETD_ROUTE_H */
