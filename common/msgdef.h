#ifndef COMMON_MSGDEF_H
#define COMMON_MSGDEF_H
/*
 * Every message of Ringlet: its number and its struct, some of them in
 * msgdef-*.h, which are included below.  msgtab-*.c hold the field tables,
 * PROTOCOL.ipc the prose.  Numbers are explicit and are never
 * used again for something else; fields are positional, so a record changes
 * only together with MSG_VERSION.
 *
 * Requests whose first field is `token` come from the CLI (who leaves it
 * empty: its authority is the socket's peer uid) and from ringletd (who
 * copies it from the HTTP request: the monitor judges it).
 */

#include "msg.h"

#define MSG_VERSION 7

enum msg_number {
	/* any daemon: its life */
	MSG_INIT = 1,	   /* monitor to child: who and how you are */
	MSG_READY = 2,	   /* child to monitor: set up, nothing foreign read */
	MSG_LOG = 3,	   /* child to monitor: one log entry */
	MSG_ERROR = 4,	   /* reply: the request failed */
	MSG_OK = 5,	   /* reply: done, nothing more to say */
	MSG_LISTENERS = 6, /* monitor to ringletd: one listening socket */
	MSG_HANDOVER = 7,  /* a monitor to itself, across its own exec */
	MSG_SETTINGS = 8,  /* monitor to child: settings that have changed */
	MSG_ALIVE = 280,   /* monitor to child: does its loop turn? -> OK */

	/* CLI and ringletd to monitor: the daemon */
	MSG_AUTH_CHECK = 20, /* is this token good? -> OK */
	MSG_STATUS_GET = 21, /* -> STATUS */
	MSG_STATUS = 22,
	MSG_STOP = 23,	     /* -> OK, then everything ends */
	MSG_PUBKEY_GET = 24, /* -> PUBKEY: seal API keys to it */
	MSG_PUBKEY = 25,
	MSG_RESTART = 26,    /* CLI only -> OK, then it executes itself */
	MSG_CONN_CHECK = 27, /* ringletd only: is it this user's? -> OK */

	/* monitor to ringletd */
	MSG_EVENT = 230, /* something has happened */

	/* CLI and ringletd to monitor: tokens */
	MSG_TOKEN_CREATE = 220, /* CLI only -> TOKEN_MADE */
	MSG_TOKEN_MADE = 221,
	MSG_TOKEN_LIST = 222, /* CLI only -> TOKENS */
	MSG_TOKENS = 223,
	MSG_TOKEN_REVOKE = 224, /* CLI only -> OK */
	MSG_TOKEN_ROTATE = 225, /* CLI only -> OK */
	MSG_TOKEN_SELF = 226,	/* ringletd only -> TOKENS, of one */
	MSG_TOKEN_END = 227,	/* ringletd only: revoke itself -> OK */
	MSG_TOKEN_GONE = 228,	/* to ringletd: it is good no longer */

	/* one-time codes, and what they are exchanged for */
	MSG_CODE_CREATE = 215, /* CLI only -> CODE_MADE */
	MSG_CODE_MADE = 216,
	MSG_TOKEN_EXCHANGE = 217, /* ringletd only -> TOKEN_TAKEN */
	MSG_TOKEN_TAKEN = 218,

	/* CLI and ringletd to monitor: profiles */
	MSG_PROFILE_CREATE = 40, /* -> PROFILE */
	MSG_PROFILE_LIST = 41,	 /* -> PROFILES */
	MSG_PROFILE_GET = 42,	 /* -> PROFILE */
	MSG_PROFILE_DELETE = 43, /* -> OK */
	MSG_PROFILE_ENV = 44,	 /* CLI only -> RUN_PLAN */
	MSG_PROFILE_RUN = 45,	 /* CLI only -> RUN_PLAN */
	MSG_PROFILE = 46,
	MSG_PROFILES = 47,
	MSG_RUN_PLAN = 48,
	MSG_AGENT_LIST = 49, /* -> AGENTS */
	MSG_AGENTS = 50,
	MSG_PROVIDER_LIST = 51, /* -> PROVIDERS */
	MSG_PROVIDERS = 52,
	MSG_PROFILE_ENDPOINT = 53, /* CLI only -> PROFILE */
	/* monitor to a process of its own, which asks a program in a jail */
	MSG_VERSION_ASK = 56, /* -> VERSION_SAID */
	MSG_VERSION_SAID = 57,

	/* CLI and ringletd to monitor: sessions */
	MSG_SESSION_CREATE = 60,  /* -> SESSION */
	MSG_SESSION_LIST = 61,	  /* -> SESSIONS */
	MSG_SESSION_GET = 62,	  /* -> SESSION */
	MSG_SESSION_KILL = 63,	  /* -> KILLED */
	MSG_SESSION_CLEANUP = 64, /* -> CLEANED */
	MSG_SESSION_ATTACH = 65,  /* -> ATTACHED or ATTACHED_ENDED */
	MSG_SESSION = 66,
	MSG_SESSIONS = 67,
	MSG_KILLED = 68,
	MSG_CLEANED = 69,
	MSG_ATTACHED = 70,	 /* 3 descriptors: viewer socket, ring, event */
	MSG_ATTACHED_ENDED = 71, /* 2 descriptors: ring, screen */

	/* monitor and sandboxer */
	MSG_JAIL_START = 80, /* 3 descriptors: ring, working folder, home
				-> JAIL_STARTED */
	MSG_JAIL_STARTED = 81,
	MSG_JAIL_KILL = 82,   /* -> KILLED */
	MSG_JAIL_DROP = 83,   /* forget an ended session -> OK */
	MSG_VIEWER_ADD = 84,  /* 2 descriptors: socket, event -> OK */
	MSG_JAIL_STATE = 85,  /* sandboxer to monitor, unasked */
	MSG_VIEWER_GONE = 86, /* sandboxer to monitor, unasked */
	MSG_JAIL_SCREEN = 87, /* the same; 1 descriptor: screen */
	MSG_JAIL_NOTICE = 88, /* sandboxer to monitor, unasked */

	/* viewer and sandboxer, over the viewer's own socket */
	MSG_VIEWER_INPUT = 100,
	MSG_VIEWER_RESIZE = 101,
	MSG_VIEWER_SIGNAL = 102,
	MSG_VIEWER_AT = 103,
	MSG_VIEWER_STATE = 104,
	MSG_VIEWER_SIZE = 105,
	MSG_VIEWER_SEEK = 106, /* -> VIEWER_FROM, VIEWER_SCREEN */
	MSG_VIEWER_FROM = 107,
	MSG_VIEWER_SCREEN = 108, /* 1 descriptor: screen */
	MSG_VIEWER_ANSWER = 109,

	/* monitor and keychain helper */
	MSG_KC_REQUEST = 120, /* -> KC_REPLY */
	MSG_KC_REPLY = 121,

	/* sandboxer and screen keeper */
	MSG_SCREEN_START = 130, /* 2 descriptors: ring, screen */
	MSG_SCREEN_FEED = 131,	/* -> SCREEN_FED */
	MSG_SCREEN_SIZE = 132,
	MSG_SCREEN_SAVE = 133, /* 1 descriptor: screen -> SCREEN_SAVED */
	MSG_SCREEN_FED = 134,
	MSG_SCREEN_SAVED = 135,
	MSG_SCREEN_BUSY = 136,
	MSG_SCREEN_NOTICE = 137, /* keeper to sandboxer, unasked */

	/* CLI alone to monitor: jails */
	MSG_JAIL_EXPLAIN = 140, /* -> EXPLAINED */
	MSG_EXPLAINED = 141,
	MSG_PROFILE_GRANT = 142, /* -> PROFILE */

	/* ringletd to monitor: the jail that a session would get */
	MSG_JAIL_SHOW = 270, /* -> EXPLAINED */

	/* CLI to monitor: the jail's test */
	MSG_SANDBOX_CHECK = 150, /* -> SESSION */

	/* sandboxer to monitor: what jails can be had, when that changes */
	MSG_JAIL_TIER = 151,

	/* CLI and ringletd to monitor: the key of a profile */
	MSG_PROFILE_REKEY = 170, /* -> REKEYED */
	MSG_REKEYED = 171,

	/* CLI alone to monitor: keychains and profiles that do not agree */
	MSG_KEYS_CHECK = 172, /* -> KEYS_CHECKED */
	MSG_KEYS_CHECKED = 173,
	MSG_ORPHAN_DELETE = 174, /* -> OK */

	/* the keychain's own prompt */
	MSG_PROMPT_ALLOW = 190, /* CLI to monitor -> OK */
	MSG_PROMPT_OPEN = 191,	/* monitor to CLI, before the answer */
	MSG_KC_PROMPT = 192,	/* keychain helper to monitor */

	/* CLI alone to monitor: where keys are kept */
	MSG_KEYCHAIN_STATUS = 160, /* -> KEYCHAIN_STATE */
	MSG_KEYCHAIN_STATE = 161,
	MSG_KEYCHAIN_UNLOCK = 162, /* -> KEYCHAIN_UNLOCKED */
	MSG_KEYCHAIN_UNLOCKED = 163,
	MSG_KEYCHAIN_LOCK = 164,       /* -> OK */
	MSG_KEYCHAIN_PASSPHRASE = 165, /* -> OK */
	MSG_KEYCHAIN_MIGRATE = 166,    /* -> KEYCHAIN_MOVED */
	MSG_KEYCHAIN_MOVED = 167,

	/* CLI to monitor, the first from ringletd, too: the audit log */
	MSG_AUDIT_READ = 180, /* -> AUDIT_PIECE */
	MSG_AUDIT_PIECE = 181,
	MSG_AUDIT_VERIFY = 182, /* -> AUDIT_VERDICT */
	MSG_AUDIT_VERDICT = 183,

	/* CLI alone to monitor: the administrator's policy */
	MSG_POLICY_SHOW = 260, /* -> POLICY */
	MSG_POLICY = 261,

	/* ringletd to monitor: folders for a picker */
	MSG_FS_LIST = 210,     /* -> FS_FOLDERS */
	MSG_FS_COMPLETE = 211, /* -> FS_FOLDERS */
	MSG_FS_FOLDERS = 212,
	/* monitor to the process that looks for them */
	MSG_FS_BROWSE = 213, /* -> FS_FOLDERS */

	/* monitor to ringletd: what clients may take */
	MSG_HTTP_LIMITS = 214,

	/* CLI and ringletd to monitor: the registry of manifests */
	MSG_REGISTRY_GET = 240, /* -> REGISTRY_STATE */
	MSG_REGISTRY_STATE = 241,
	MSG_REGISTRY_INSTALL = 242, /* CLI only; 1 descriptor: folder
				       -> REGISTRY_INSTALLED */
	MSG_REGISTRY_INSTALLED = 243,
	MSG_REGISTRY_SYNC = 244, /* ringletd only -> REGISTRY_INSTALLED */
	MSG_REGISTRY_PIN = 245,	 /* -> REGISTRY_STATE */
	/* monitor to the process that fetches one */
	MSG_REGISTRY_FETCH = 246,  /* -> REGISTRY_FETCHED */
	MSG_REGISTRY_FETCHED = 247, /* 1 descriptor: folder */
	/* CLI and ringletd to monitor: hooks */
	MSG_HOOK_LIST = 250, /* -> HOOKS */
	MSG_HOOKS = 251,
	MSG_HOOK_ADD = 252,	/* -> HOOKS, of one */
	MSG_HOOK_REMOVE = 253,	/* -> OK */
	MSG_HOOK_IMPORT = 254,	/* -> HOOKS, of the new ones */
	MSG_HOOK_APPROVE = 255, /* CLI only -> OK */
	/* a hook without a jail to monitor: it runs, it ran */
	MSG_HOOK_RUN = 256, /* CLI only -> OK */
	/* sandboxer to monitor, unasked: the same in a jail */
	MSG_JAIL_HOOK = 89,
	/* CLI and ringletd to monitor: pictures for a session */
	MSG_UPLOAD_BEGIN = 290, /* -> UPLOAD_STATE */
	MSG_UPLOAD_MORE = 291,	/* -> UPLOAD_STATE */
	MSG_UPLOAD_DROP = 292,	/* -> OK */
	MSG_UPLOAD_STATE = 293
};

/* VIEWER_SEEK, SESSION_ATTACH: places that have no number. */
#define SEEK_OLDEST (-1) /* the oldest byte that a screen can be drawn for */
#define SEEK_SCREEN (-2) /* only what the screen shows now */

/* --- records used inside others --- */

struct msg_profile {
	const char *alias;
	const char *agent_id;
	const char *provider_id;
	const char *endpoint_id;
	const char *endpoint_url;
	const char *model;
	const char *working_dir;
	const char *home;
	const char *keychain; /* backend that holds the key, "none" */
	const char *damage;   /* what is wrong with the file, or "" */
	struct msg_strs args;
	struct msg_strs env; /* names only */
	int64_t created_at;  /* seconds since 1970 */
	int64_t last_used;   /* the same, 0: never */
	uint64_t total_runs;
	bool has_key;
	struct msg_strs grants;	  /* see ringlet-monitor/grant.h */
	struct msg_strs pass_env; /* names that a jail takes over from the
				     asker's environment */
	const char *manifest_url; /* what the provider's manifest says now,
				     where that is another; else "" */
	const char *notice; /* what its user should know, or "" */
};

struct msg_session {
	const char *id;
	const char *profile_alias;
	const char *working_dir;
	const char *tier;   /* of the jail, as tier.h names them, or none */
	const char *reason; /* exit, kill, limit, memory, lost; "" */
	const char *text;   /* for people: why it ended, or "" */
	uint64_t state;	    /* enum session_state */
	int64_t exit_code;  /* -1: none (yet) */
	uint64_t signal;    /* 0: none */
	int64_t created_at;
	int64_t ended_at;   /* 0: not yet */
	uint64_t pid;	    /* of the agent, seen from outside; 0: none */
	uint64_t cols;
	uint64_t rows;
	uint64_t client_count;
	uint64_t output;    /* bytes since it began */
	uint64_t oldest;    /* of them: the first that is kept */
	bool sandboxed;
	struct msg_strs changed; /* once ended: "new PATH", "changed PATH" ...
				    of files that programs outside execute;
				    not in lists of sessions */
	const char *limits; /* what it may use, and how that is kept; "" */
	struct msg_strs hooks_left_out; /* and why; not in lists of sessions */
};

struct msg_jail_mount {
	uint64_t kind; /* enum bind_kind */
	const char *src;
	const char *dst;
	uint64_t size;
	const char *rule; /* why it is there */
};

struct msg_agent {
	const char *id;
	const char *name;
	const char *version;	 /* "" where not known */
	const char *binary_path; /* "" where not installed */
	uint64_t profile_count;
	bool installed;
	const char *source;	 /* of its manifest; "": it is broken */
	struct msg_strs shadows; /* sources that would hold without it */
	const char *damage;	 /* "": no file of its name is broken */
	struct msg_strs provider_types;
	const char *install; /* how one gets it, or "" */
	/*
	 * Who says the version: "package", "program"; "pending": the program is
	 * being asked; "": nobody.
	 */
	const char *version_from;
	const char *version_why; /* why it is not known, "" else */
	const char *binary;	 /* the name it is looked for by, "" for a shell */
};

struct msg_endpoint {
	const char *id;
	const char *url;
};

struct msg_provider {
	const char *id;
	const char *name;
	const char *type;
	const char *default_endpoint;
	const char *auth_variable;
	struct msg_recs endpoints; /* struct msg_endpoint */
	struct msg_strs models;
	const char *source; /* as in AGENT */
	struct msg_strs shadows;
	const char *damage;
};

enum bind_kind {
	BIND_RO = 1,	 /* src read-only at dst */
	BIND_RW = 2,	 /* src read-write at dst */
	BIND_TMPFS = 3,	 /* an empty tmpfs of size bytes (0: default) */
	BIND_DIR = 4,	 /* an empty folder */
	BIND_SYMLINK = 5, /* dst is a link to src */
	BIND_DEV = 6,	 /* a minimal /dev */
	BIND_PROC = 7,	 /* a fresh /proc */
	BIND_EMPTY = 8	 /* an empty read-only folder over dst */
};

struct msg_bind {
	uint64_t kind; /* enum bind_kind */
	const char *src;
	const char *dst;
	uint64_t size;
};

/* --- daemons --- */

struct msg_init {
	uint64_t version; /* MSG_VERSION: both sides must agree */
	const char *package; /* PACKAGE_VERSION of the monitor */
	uint64_t log_level;
	bool require_full_seal;
	uint64_t jail_minimum; /* enum jail_tier */
	bool same_user; /* ringletd: show each connection (CONN_CHECK) */
};

struct msg_settings {
	uint64_t log_level;
	uint64_t jail_minimum; /* enum jail_tier */
};

struct msg_ready {
	uint64_t version;
	const char *package;
	const char *level; /* of the seal: full, reduced, none */
	const char *text;  /* what is missing from full, for the log */
};

struct msg_log {
	uint64_t level; /* enum log_level */
	const char *text;
};

struct msg_error {
	int64_t code; /* enum rl_err */
	const char *text;
};

struct msg_listeners {
	const char *address; /* as it is logged */
	bool local_socket;   /* a unix socket rather than TCP */
};

/*
 * What outlives an exec of the monitor.  It is written to a memory file, never
 * to a channel.  Descriptors are numbers that the exec keeps.
 */
struct msg_held_listener {
	const char *address;
	uint64_t fd;
	bool local;
	bool handed; /* by the service manager, whose it is */
};

struct msg_held_ring { /* of the session of the same index */
	uint64_t fd;
	int64_t screen_fd; /* -1: none */
	uint64_t note_fd;  /* what is remembered of its jail */
	uint64_t clean;	   /* the screen is that before this byte */
	uint64_t next_viewer;
	const char *uploads; /* name of its folder for pictures, or "" */
	uint64_t uploads_used;
	uint64_t uploads_files;
};

struct msg_handover {
	uint64_t version; /* HANDOVER_VERSION: both sides must agree */
	uint64_t lock_fd;
	uint64_t control_fd;
	int64_t log_fd; /* -1: none */
	int64_t started;
	uint64_t restarts;
	struct msg_bin box_key;
	struct msg_bin box_public;
	struct msg_bin box_used; /* hashes of what was sealed to it */
	uint64_t sandboxer_pid; /* 0: none was kept */
	uint64_t sandboxer_fd;
	const char *sandboxer_level;
	struct msg_recs listeners; /* struct msg_held_listener */
	struct msg_recs sessions;  /* struct msg_session */
	struct msg_recs rings;	   /* struct msg_held_ring */
};

/* --- requests about the daemon --- */

struct msg_token_only { /* AUTH_CHECK STATUS_GET STOP PUBKEY_GET
			   KEYS_CHECK
			   RESTART PROFILE_LIST PROVIDER_LIST
			   SESSION_LIST SESSION_CLEANUP AUDIT_VERIFY
			   POLICY_SHOW */
	struct msg_bin token;
};

struct msg_status {
	const char *version;
	uint64_t pid;
	uint64_t uptime; /* seconds */
	uint64_t profiles;
	uint64_t sessions; /* not terminated */
	struct msg_strs listen;
	const char *seal;     /* level that ringletd reached */
	const char *jail;     /* tier that sessions get */
	const char *token_file;
	uint64_t ringletd_pid;
	uint64_t sandboxer_pid;
	uint64_t restarts;    /* of either, since the start */
	struct msg_strs trouble; /* what is not as it should be, and why */
	const char *manager; /* the service manager that runs it, or "" */
	bool handed;	     /* and that has opened the listeners */
};

struct msg_pubkey {
	const char *key_id;
	struct msg_bin key; /* crypto_box public key, 32 bytes */
};

struct msg_event {
	const char *type; /* "session.started" ... */
	const char *details; /* a JSON object */
};

/* --- the version of an agent's program --- */

struct msg_version_ask {
	const char *path;	/* of the program, free of links */
	const char *argument;	/* that makes it print its version */
	const char *interp_dir; /* for PATH's front, or "" */
	struct msg_strs binds;	/* what its jail shows besides the system */
};

struct msg_version_said {
	const char *version;
};

/* --- the audit log --- */

struct msg_audit_read {
	struct msg_bin token;
	uint64_t offset; /* of the first byte wanted */
	uint64_t length; /* how many, at most; 0: as many as fit */
};

struct msg_audit_piece {
	struct msg_bin lines; /* whole ones, where there are any */
	uint64_t next;	     /* the offset after it */
	uint64_t size;	     /* of the file */
};

struct msg_audit_finding {
	uint64_t line; /* 0: of the file as a whole */
	uint64_t seq;  /* 0: of no entry */
	const char *time;
	const char *kind; /* see ringlet-monitor/audit-verify.h */
	const char *text;
};

struct msg_audit_verdict {
	const char *file;
	uint64_t entries;
	uint64_t last;	     /* number of the last */
	uint64_t keyed;	     /* entries with a key's hash that was right */
	uint64_t uncovered;  /* entries at the end that no key covers */
	const char *key_id;  /* of the key, or "" */
	const char *no_key;  /* then: why there is none */
	uint64_t checkpoint; /* entry that the keychain knows of; 0: none */
	uint64_t partial;    /* bytes of a line that has no end */
	uint64_t nfindings;  /* all there were */
	struct msg_recs findings; /* struct msg_audit_finding */
};

/* --- the administrator's policy --- */

struct msg_policy_setting { /* a record of POLICY: one of ringlet.conf(5) */
	const char *keyword;
	const char *value; /* that holds */
	const char *origin; /* file and line, "-o" or "default" */
	bool forced;	    /* the policy has the last word */
};

struct msg_policy_rule { /* likewise: one of ringlet-policy.conf(5) */
	const char *keyword;
	const char *value;
	uint64_t line; /* 0: it is not set */
};

struct msg_policy {
	const char *file;
	bool there;
	const char *hash;    /* of its text, or "none" */
	const char *trouble; /* why it could not be read again, or "" */
	struct msg_recs settings; /* struct msg_policy_setting */
	struct msg_recs rules;	  /* struct msg_policy_rule */
};

struct msg_http_limits { /* as struct conf_http */
	uint64_t connections;
	uint64_t streams;
	uint64_t header;
	uint64_t body;
	uint64_t first_ms;
	uint64_t request_ms;
	uint64_t idle_ms;
	uint64_t write_ms;
	uint64_t ping_ms;
};

#include "msgdef-hook.h"
#include "msgdef-keychain.h"
#include "msgdef-profile.h"
#include "msgdef-registry.h"
#include "msgdef-session.h"
#include "msgdef-token.h"
#include "msgdef-upload.h"
#include "msgdef-viewer.h"

#endif /* COMMON_MSGDEF_H */
