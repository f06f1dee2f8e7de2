#ifndef COMMON_MSGDEF_SESSION_H
#define COMMON_MSGDEF_SESSION_H
/*
 * Bodies of messages about sessions, the folders and jails they run in.
 * Part of msgdef.h, which includes it.
 */

/* --- requests about sessions --- */

struct msg_session_create {
	struct msg_bin token;
	const char *alias;
	struct msg_strs args;
	uint64_t cols; /* 0: default */
	uint64_t rows;
	const char *working_dir; /* "": the profile's, else its home */
	bool no_sandbox;
	struct msg_strs bwrap_flags; /* each as given to --bwrap-flags */
	struct msg_strs client_env; /* these from the CLI alone */
	struct msg_strs search_path;
	struct msg_strs pass_env; /* K=V of what PROFILE names there */
	const char *auth_sock;	  /* SSH_AUTH_SOCK, or "" */
};

/* As SESSION_CREATE, but nothing is started. */
struct msg_jail_explain {
	struct msg_bin token;
	const char *alias;
	struct msg_strs args;
	const char *working_dir;
	bool no_sandbox;
	struct msg_strs bwrap_flags;
	struct msg_strs client_env;
	struct msg_strs search_path;
	struct msg_strs pass_env;
	const char *auth_sock;
	const char *path; /* what is asked about, absolute, or "" */
};

/* Less than that, for whoever has a token. */
struct msg_jail_show {
	struct msg_bin token;
	const char *alias;
	const char *working_dir;
};

struct msg_explained {
	const char *alias;
	bool sandboxed;
	const char *tier;
	const char *program;
	struct msg_strs argv;
	const char *home;
	const char *working_dir;
	struct msg_recs mounts;	    /* struct msg_jail_mount, in order */
	struct msg_strs namespaces; /* that are its own */
	struct msg_strs env;	    /* names */
	struct msg_strs filter;	    /* of system calls: its variants */
	uint64_t limit_memory;	    /* as in JAIL_START */
	uint64_t limit_processes;
	uint64_t limit_files;
	uint64_t limit_cpu;
	struct msg_strs left_out;  /* what is not there, and why */
	struct msg_strs command;   /* what is executed */
	struct msg_strs arguments; /* what bwrap reads from --args */
	const char *path;	   /* as asked, or "" */
	const char *inside;	   /* where it leads, in the jail */
	const char *outside;	   /* and what is that outside, or "" */
	bool there;
	bool readable;
	bool writable;
	const char *rule;
	const char *text; /* for people */
};

struct msg_profile_grant {
	struct msg_bin token;
	const char *alias;
	const char *grant;
	bool revoke;
};

struct msg_session_id {
	struct msg_bin token;
	const char *id; /* whole, or a unique prefix */
};

struct msg_session_kill {
	struct msg_bin token;
	const char *id;
	uint64_t signal; /* 0: TERM, a grace period, KILL */
};

struct msg_killed {
	bool ended;	  /* the agent is gone */
	bool proven;	  /* and so is every process it started */
	const char *text; /* how that is known, or what is not */
};

struct msg_cleaned {
	uint64_t count;
};

struct msg_sessions {
	struct msg_recs list; /* struct msg_session */
};

struct msg_session_attach {
	struct msg_bin token;
	const char *id;
	int64_t offset; /* -1: the oldest byte there is */
	bool read_only;
};

struct msg_attached {
	const char *id;
	uint64_t offset; /* where to start reading */
	uint64_t cols;
	uint64_t rows;
	uint64_t state;	   /* enum session_state */
	int64_t exit_code; /* -1: none */
	uint64_t signal;
	bool read_only;
	int64_t wanted;	   /* the offset as it was asked for */
	uint64_t clean;	   /* ENDED: the screen is that before this byte */
};

/* --- monitor and sandboxer --- */

struct msg_jail_start {
	const char *id;
	bool sandboxed;
	const char *path; /* absolute name of the agent, as seen inside */
	struct msg_strs argv;
	struct msg_strs env;   /* K=V, the whole environment */
	const char *cwd;
	const char *home;
	struct msg_recs binds; /* struct msg_bind, in this order */
	struct msg_strs flags; /* checked words to add to bwrap's */
	bool unshare_net;
	uint64_t cols;
	uint64_t rows;
	bool nesting; /* the agent may build a sandbox of its own inside */
	struct msg_strs proofs; /* of the flags' binds, for the init: place
				   inside, device, inode number, in turn */
	/* What the session may use, all of its processes together where that
	   can be had; 0: no bound. */
	uint64_t limit_memory;	  /* bytes */
	uint64_t limit_processes; /* processes and threads */
	uint64_t limit_files;	  /* descriptors of one process */
	uint64_t limit_cpu;	  /* seconds of processor time */
	const char *hook_report;  /* a pipe with a name, or "": no hooks */
};

struct msg_jail_started {
	uint64_t pid;	  /* of the agent, seen from outside; 0: unknown */
	const char *tier;
	const char *limits; /* as in SESSION */
};

struct msg_jail_tier {
	const char *level; /* as READY's */
	const char *text;
};

struct msg_jail_kill {
	const char *id;
	uint64_t signal; /* 0: TERM, grace, KILL */
	uint64_t grace_ms;
};

struct msg_jail_drop {
	const char *id;
};

struct msg_viewer_add {
	const char *id;
	uint64_t viewer; /* number made by the monitor */
	bool read_only;
};

struct msg_jail_state {
	const char *id;
	uint64_t state;
	int64_t exit_code;
	uint64_t signal;
	const char *reason;
	const char *text;
};

struct msg_viewer_gone {
	const char *id;
	uint64_t viewer;
};

struct msg_jail_screen {
	const char *id;
	uint64_t offset; /* the screen is that before this byte */
};

enum notice_kind { NOTICE_BELL = 1, NOTICE_NOTIFICATION = 2 };

struct msg_jail_notice {
	const char *id;
	uint64_t kind; /* enum notice_kind */
	const char *title;
	const char *text;
};

/* --- the jail's test --- */

/*
 * A session of ringlet-jail-check in the agent's place.  No key is read: the
 * variable that takes it has other text.
 */
struct msg_sandbox_check {
	struct msg_bin token;
	const char *alias;
	struct msg_strs targets; /* its arguments, KEY=VALUE */
	const char *working_dir;
	bool no_sandbox;
	struct msg_strs bwrap_flags;
	struct msg_strs search_path;
};

/* --- folders for a picker --- */

struct msg_fs_path { /* FS_LIST FS_COMPLETE */
	struct msg_bin token;
	const char *path;
};

struct msg_fs_folder {
	const char *name;
	bool usable; /* as a working folder, as far as that is known */
};

struct msg_fs_folders {
	const char *path; /* where they lie; "": the names are whole */
	bool usable;	  /* that folder itself ... */
	const char *why;  /* ... or why not */
	struct msg_recs folders; /* struct msg_fs_folder */
	bool truncated;		 /* there are more */
	uint64_t skipped;	 /* names that are no text */
	struct msg_strs roots;
};

struct msg_fs_browse {
	const char *path;
	bool complete;
	struct msg_strs roots;
	struct msg_strs bounds; /* the policy's; what is outside is none */
};

#endif /* COMMON_MSGDEF_SESSION_H */
