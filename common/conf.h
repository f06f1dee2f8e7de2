#ifndef COMMON_CONF_H
#define COMMON_CONF_H
/*
 * ringlet.conf(5): "Keyword value" lines.  Pure parsing over a buffer; the
 * monitor reads the file.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "strlist.h"

#define CONF_LISTEN_MAX	  8
#define CONF_KEYWORDS_MAX 64

/* LogDestination. */
enum conf_log {
	CONF_LOG_AUTO = 0, /* stderr in the foreground, else file */
	CONF_LOG_FILE,
	CONF_LOG_STDERR,
	CONF_LOG_SYSLOG
};

/* RequireSameUser. */
enum conf_same_user {
	CONF_SAME_AUTO = 0, /* where the kernel tells */
	CONF_SAME_YES,
	CONF_SAME_NO
};

/* Keychain: which store takes the key of a new profile. */
enum conf_keychain {
	CONF_KEYCHAIN_AUTO = 0, /* the Secret Service, else the vault */
	CONF_KEYCHAIN_SERVICE,
	CONF_KEYCHAIN_VAULT
};

/* NoSandbox: for whom there are sessions without a jail; tighter is less. */
enum conf_no_sandbox {
	CONF_UNJAILED_NEVER = 0,
	CONF_UNJAILED_CLI,
	CONF_UNJAILED_HTTP
};

/* AuditFull. */
enum conf_audit {
	CONF_AUDIT_DENY = 0, /* what cannot be written down does not happen */
	CONF_AUDIT_WARN
};

/* From when on a setting that was changed holds. */
enum conf_when {
	CONF_AT_ONCE = 1,
	CONF_AT_RESTART, /* `ringlet daemon restart` */
	CONF_AT_START	 /* a stop and a start */
};

/* Who has set a keyword. */
enum conf_source {
	CONF_FROM_DEFAULT = 0,
	CONF_FROM_FILE,
	CONF_FROM_OPTION /* -o */
};

struct conf_from {
	int source;	 /* enum conf_source */
	unsigned line;	 /* the first, of a file */
	unsigned policy; /* the policy's line that overrides it; 0: none */
};

/* What clients over HTTP may take: places, bytes, milliseconds. */
struct conf_http {
	unsigned connections;
	unsigned streams; /* of one HTTP/2 connection */
	uint64_t header;  /* block of a request */
	uint64_t body;
	unsigned first_ms;   /* from connecting to the first request's end */
	unsigned request_ms; /* from a request's first byte to its last */
	unsigned idle_ms;    /* between two */
	unsigned write_ms;   /* a reply makes no progress */
	unsigned ping_ms;    /* silence before a WebSocket is asked */
};

struct conf {
	char *listen[CONF_LISTEN_MAX]; /* "127.0.0.1:8765", "[::1]:0" (numeric
					  and canonical), or a unix socket's
					  absolute path */
	size_t nlisten;		       /* 0: ListenAddress none */
	bool allow_remote;
	bool require_full_seal;
	int require_same_user; /* enum conf_same_user */
	int jail_minimum;	 /* enum jail_tier */
	int no_sandbox;		 /* enum conf_no_sandbox */
	int log_level;		 /* enum log_level */
	int log_destination;	 /* enum conf_log */
	int syslog_facility;	 /* LOG_DAEMON and others of syslog(3) */
	uint64_t scrollback;	 /* bytes of a session's ring */
	unsigned max_sessions;
	unsigned max_viewers;	 /* of one session */
	unsigned kill_grace_ms;
	unsigned session_keep_s; /* how long an ended session is kept */
	unsigned keychain_timeout_ms;
	unsigned keychain_prompt_ms;
	bool require_sealed_keys; /* over HTTP, and bound */
	int keychain;		 /* enum conf_keychain */
	unsigned vault_lock_s;	 /* how long the vault stays open; 0: until it
				    is locked */
	struct strlist jail_read_only; /* absolute paths, or "~/..." */
	struct strlist jail_read_write;
	struct strlist jail_hide;
	struct strlist jail_env; /* names of variables */
	bool jail_protect_repo;
	bool allow_uploads;    /* pictures for agents ... */
	uint64_t upload_max;   /* ... bytes of one ... */
	uint64_t upload_quota; /* ... and of all of a session */
	int audit_full; /* enum conf_audit */
	bool audit_syslog;
	uint64_t audit_max_size; /* bytes; then another file begins */
	unsigned audit_keep;	 /* files before that one; 0: all */
	struct strlist browse_roots; /* the same, or "~/" */
	struct strlist registry_url;	 /* one at most: see registry.h */
	struct strlist registry_key;	 /* of minisign, in base64 */
	struct strlist registry_channel; /* one at most */
	unsigned registry_timeout_ms;	 /* for all that a sync fetches */
	struct conf_http http;
	struct conf_from from[CONF_KEYWORDS_MAX]; /* in the table's order */
};

#define CONF_LIST_MAX 64 /* values of one keyword that is a list */

/* What holds when nothing is said. */
void conf_defaults(struct conf *);
void conf_free(struct conf *);

/*
 * Applies the settings in text (len bytes) to c.  On error c is unchanged
 * and why (size bytes) is "FILE line N: what"; RL_ERR_INVALID.  The first
 * ListenAddress of a call replaces those set before, and so does the first of
 * a keyword that is a list; any other keyword may come once in a call.  An
 * address that other machines can reach is an error
 * unless AllowRemote is yes by the end of the call.
 */
int conf_parse(struct conf *c, const char *text, size_t len,
    const char *file, char *why, size_t size);
/*
 * One "Keyword=value", as -o takes it; errors name "-o".  Each is a call of
 * its own, so AllowRemote=yes stands before the ListenAddress that needs it.
 */
int conf_parse_option(
    struct conf *c, const char *option, char *why, size_t size);
/* Whether other machines can reach it, in the form of conf.listen. */
bool conf_is_remote(const char *address);
/*
 * Makes what may change in a running daemon as it is in fresh, which stays
 * the caller's.  Calls told for each keyword whose setting differs, with what
 * fresh has (several values are joined by blanks); those that are not
 * CONF_AT_ONCE keep in c what they were.  0 or RL_ERR_TOOBIG, and then c is
 * unchanged.
 */
int conf_update(struct conf *c, const struct conf *fresh,
    void (*told)(const char *keyword, const char *value, enum conf_when,
	void *arg),
    void *arg);
/*
 * Prints the effective settings as a file that conf_parse() takes.  0, or
 * RL_ERR_TOOBIG.
 */
struct buf;
int conf_print(const struct conf *, struct buf *out);
/*
 * The keyword of that number, from 0, and what is set, as conf_update() tells
 * it; for free().  NULL past the last, or if it is too long.
 */
char *conf_value(const struct conf *, size_t i, const char **keyword);
/* The number of a keyword; that past the last if there is none. */
size_t conf_keyword_find(const char *name);

#endif /* COMMON_CONF_H */
