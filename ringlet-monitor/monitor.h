#ifndef MONITOR_H
#define MONITOR_H
/*
 * The monitor's private header: its one struct env and what its files offer
 * each other.
 *
 *	main.c		arguments, start-up, shutdown
 *	settings.c	ringlet.conf, at the start and later
 *	manifests.c	agents and providers, the same
 *	supervise.c	the other daemons: start, INIT and READY, restart
 *	restart.c	from a request to the exec of the installed monitor
 *	handover.c	what outlives that exec
 *	event.c		what subscribers over HTTP are told
 *	listen.c	the HTTP listeners
 *	stranger.c	connections of other users
 *	control.c	the control socket and its clients
 *	dispatch.c	who may say what: the rule rows; handlers.h
 *	auth.c		tokens
 *	api-token.c	requests about tokens
 *	api-code.c	requests about one-time codes: codes.c
 *	prompt.c	the keychain's own prompt
 *	api-daemon.c	requests about the daemon
 *	api-policy.c	the administrator's policy: policy*.c
 *	api-fs.c	folders for a picker: browse.c, beside the loop
 *	detect.c	versions of agents, asked for beside the loop
 *	api-profile.c	requests about profiles
 *	api-profile-create.c	the one that makes one
 *	api-key.c	keys as requests bring them, and the one that replaces one
 *	sealbox.c	those that come sealed
 *	api-doctor.c	whether keychains and profiles go together
 *	profile-msg.c	a profile as a message
 *	api-endpoint.c	where their keys go
 *	api-grant.c	what their jails get beyond the default
 *	api-hook.c	what their agents run at events: hooks.c, hookrun.c
 *	api-keychain.c	requests about the vault
 *	vault.c		its key while it is open, and until when
 *	keystore.c	which store gets a new key
 *	migrate.c	keys from one store to another
 *	home-removal.c	a profile's home, removed beside the loop
 *	run.c		from a profile to what is started
 *	session.c	requests about sessions, and their ends for all
 *	session-table.c the table of sessions
 *	api-upload.c	pictures for them: uploads.c
 *	session-end.c	their ends, and how long they are kept
 *	jailmake.c	from a request to a jail's description
 *	jailplan.c	what a jail is made of: jailmount.c, jailcheck.c, repo.c
 *	jail-explain.c	the same, to be looked at: jailview.c
 *	jailnote.c	what is remembered of a jail that runs
 *	bwrapflags.c	the words of --bwrap-flags
 *	api-registry.c	requests about the registry: registry-store.h
 *	registry-told.c	what a version of it means for what is here
 *	registry-fetch.c	the process that fetches one
 *	audit.h		the audit log: audit*.c, api-audit.c
 *	logfile.c	where the log goes
 *	logsocket.c	the socket of the system's log
 *	logline.c	lines of the log, and how many a child may have
 *	service.h	the service manager that runs the daemon, if one does
 */

#include <sys/queue.h>
#include <sys/types.h>
#include <stdbool.h>
#include <stdint.h>

#include "audit-line.h"
#include "conf.h"
#include "handlers.h"
#include "logline.h"
#include "msgdef.h"
#include "paths.h"
#include "peer.h"
#include "proc.h"
#include "sealbox.h"
#include "strlist.h"
#include "token.h"

struct agent_binary;
struct audit;
struct busy_alias;
struct codes;
struct detect;
struct env;
struct fs;
struct keychain;
struct keychain_call;
struct loop;
struct manifest_agent;
struct manifest_provider;
struct manifest_set;
struct migration;
struct policy;
struct profile;
struct registry_bundle;
struct registry_fetch;
struct registry_trust;
struct secret;
struct service;
struct strlist;
struct token;
struct tokens;
struct vault;
struct watchdog;

/* Whoever may send requests: a CLI connection, ringletd, the sandboxer. */
struct client {
	struct env *env;
	struct peer *peer;
	uint64_t serial; /* never used again in this process */
	struct child *child; /* NULL: a CLI connection */
	/* Of the message in hand, judged by auth_token(); else NULL. */
	const struct token *token;
	bool too_old; /* its token, by the policy */
	bool prompt; /* who is there could see a prompt of the keychain */
	struct audit_who who; /* for the audit log */
	TAILQ_ENTRY(client) link;
};
TAILQ_HEAD(client_list, client);

/*
 * A request that is answered later.  The client may be gone by then: its
 * serial says so, where a pointer could not.
 */
struct asker {
	uint64_t client;
	uint32_t id;
	struct audit_who who;
};

/* One of the two daemons that the monitor starts. */
struct child {
	struct env *env;
	const char *name;
	const char *path;
	uint16_t from; /* FROM_RINGLETD or FROM_SANDBOXER */
	bool seal;
	struct proc proc;
	struct client client;
	struct loop_timer *timer; /* READY's deadline, or the restart */
	uint64_t started; /* loop_now() */
	uint64_t delay; /* ms before the next restart */
	uint64_t due; /* loop_now() of that restart */
	unsigned ends; /* how often it ended unasked, under this monitor */
	char ended[160]; /* how, the last time; empty: never */
	bool ready;
	char *level; /* of the seal, or of jails, as it reported */
	char *lacks; /* what is missing from the best one, or NULL */
	char *words; /* why it does not get ready, or NULL */
	struct log_limit limit; /* of its entries in the log */
	struct loop_timer *limit_timer; /* tells of those left out */
};

/* What a name led to: whether it still does is asked before it is removed. */
struct named {
	dev_t dev;
	ino_t ino; /* 0: nothing */
};

struct listener {
	int fd;
	char *address; /* the real one: a port 0 is resolved */
	char *unlink; /* the name of a unix socket of our own, else NULL */
	struct named named; /* then: the socket */
	bool local;
	bool handed; /* by the service manager, whose it is */
	char *unit;  /* then: that has it; NULL: not known any more */
};

struct session;
TAILQ_HEAD(session_list, session);

/* The settings of the command line. */
struct given {
	const char *file; /* -f, or NULL */
	const char **options; /* -o */
	size_t noptions;
};

struct env {
	struct paths paths;
	struct given given;
	struct conf conf; /* with the policy applied */
	struct policy *policy; /* NULL: none */
	char refusal[512]; /* auth_refusal() */
	struct strlist still_open;  /* addresses that we have closed, ... */
	struct strlist still_units; /* ... and which units have them open */
	char *policy_trouble; /* why it could not be read again, or NULL */
	struct loop *loop;
	time_t started;
	int lock_fd;
	int ready_fd; /* to whoever started us; -1 once told */
	bool foreground; /* -D */
	int log_fd; /* the log file, or -1 */
	size_t log_size; /* bytes in that file */
	struct logsocket *log_socket; /* the system's log, or NULL */
	struct manifest_set *manifests; /* of agents and providers */
	struct tokens *tokens;
	struct codes *codes; /* one-time, for tokens */
	struct loop_timer *token_timer; /* the next one expires */
	struct audit *audit;
	struct keychain *keychain;
	struct sealbox box; /* of sealed API keys, for this boot */
	struct vault *vault;
	struct migration *migration; /* one is under way, or NULL */
	struct fs *fs; /* processes that look for folders, or NULL */
	struct detect *detect; /* what is known of agents, or NULL */
	struct registry_bundle *registry; /* verified and used, or NULL ... */
	char *registry_problem; /* ... why not, or NULL: there is none */
	struct registry_fetch *fetch; /* a process fetches one, or NULL */
	struct listener listeners[CONF_LISTEN_MAX];
	size_t nlisteners;
	bool users_known; /* the kernel tells whose a connection is */
	uint64_t strangers; /* connections of others, not yet in the log */
	uint64_t strangers_told; /* loop_now() when last told, 0: never */
	int control_fd;
	struct named control;	 /* the socket by its name */
	struct runtime *runtime; /* looks for that, or NULL */
	struct loop_io *control_io;
	struct loop_timer *control_timer; /* until it is looked at again */
	bool control_waits;		  /* nobody could be accepted */
	struct client_list clients;
	uint64_t next_serial;
	struct child ringletd;
	struct child sandboxer;
	uint64_t restarts;
	uint64_t wrong_tokens;	/* not yet told in the log */
	uint64_t wrong_told;	/* loop_now() when last told, 0: never */
	struct session_list sessions;
	size_t nsessions;
	struct loop_timer *keep_timer; /* of ended sessions; NULL: no need */
	LIST_HEAD(, busy_alias) busy;  /* see alias_reserve() */
	struct profile_uses *uses; /* runs to be counted, or NULL: none yet */
	bool stopping;
	size_t ending; /* sessions that a stop waits for */
	struct loop_timer *stop_timer;
	struct restart *restart; /* one is under way, or NULL */
	struct service *service; /* the service manager, or NULL */
	struct watchdog *watchdog; /* of the same, or NULL */
	char **argv; /* our own, without -R */
	int status; /* exit status of the process */
};

/* main.c */
/* Begins an orderly end: sessions are ended, then the daemons. */
void monitor_stop(struct env *);
/* The other daemons serve: open the doors and tell who waits. */
void monitor_ready(struct env *);
/* Ends the loop if nothing of ours runs any more. */
void monitor_maybe_done(struct env *);

/* logfile.c */
#define LOG_FILE_MAX (16 * 1024 * 1024) /* bytes; then a new one begins */

/*
 * Opens the log that conf names, afresh if it was open; entries go there from
 * now on.  Else an error, why[size], and they go where they went before.
 */
int logfile_open(struct env *, char *why, size_t size);
/* The same after a handover; what was handed over is used if that fails. */
void logfile_take_over(struct env *);
/* What libraries say on standard error goes to the log file, or nowhere. */
void logfile_stderr(struct env *);

/* settings.c */
/*
 * Reads what the command line (env->given) says into c, which is then the
 * caller's to free.  Else an error, and why[size] has file and line.
 */
int settings_read(
    const struct env *, struct conf *c, char *why, size_t size);
/*
 * Opens the log again and reads the settings again.  What may change does,
 * also in the other daemons; settings with a mistake change nothing.
 */
void settings_reload(struct env *);

/* manifests.c */
/*
 * Reads all manifests into a new env->manifests, and frees the old set: what
 * was borrowed from it is gone.  What is wrong is in the log and in the set.
 */
void manifests_load(struct env *);

/* supervise.c */
/* Fills in what both are; starts neither. */
void supervise_setup(struct env *);
/*
 * Starts those that do not run; at the start of the monitor itself, fatal() if
 * a program cannot be executed.
 */
void supervise_start(struct env *);
/* Reaps what has ended. */
void supervise_reap(struct env *);
/* Kills the child for what it did; it is started again with back-off. */
void child_condemn(struct child *, const char *why);
/* Asks both to end by closing their channels. */
void supervise_stop(struct env *);
/* SIGKILLs those who have not ended. */
void supervise_kill(struct env *);
/* Tells both what may have changed since they were started. */
void supervise_settings(struct env *);
/* Why the child does not serve; the caller frees it.  NULL: it does. */
char *child_trouble(const struct child *);
/* Kills the child and waits for its end. */
void child_end(struct child *);
/* Takes over the sandboxer that pid is and fd leads to. */
void child_adopt(struct child *, pid_t pid, int fd, const char *level);

/* restart.c */
/* What a monitor says to -Q: its own version and those of its protocols. */
void restart_print_versions(void);

/* handover.c */
/*
 * Changes with every change of struct msg_handover or of what it means: a
 * monitor takes over from one of the same number alone.
 */
#define HANDOVER_VERSION 8
/*
 * Writes down what outlives an exec and lets its descriptors do so.  Returns
 * the memory file's descriptor, or RL_ERR_INVALID (it does not fit a message)
 * or RL_ERR_SYSTEM, and then nothing is changed.
 */
int handover_save(struct env *);
/* The exec failed: takes back what handover_save() did; fd is closed. */
void handover_undo(struct env *, int fd);
/* Takes over what fd, the memory file, says; closes it.  fatal(). */
void handover_load(struct env *, int fd);

/* listen.c */
/*
 * Takes what the service manager hands over, else opens every ListenAddress;
 * fatal() where one cannot be had.
 */
void listen_open(struct env *);
void listen_close(struct env *);
/* Closes those that the policy does not allow any more. */
void listen_tighten(struct env *);
/* Which of these systemd still has open, for free(), or NULL. */
char *listen_trouble(const struct env *);
/*
 * Makes those unix sockets of ours again that are not there any more, and has a
 * fresh ringletd serve them.
 */
void listen_again(struct env *);
/* Hands them to ringletd. */
void listen_give(struct env *);

/* stranger.c */
/*
 * Finds out whether the kernel tells whose a connection is; fatal() where
 * RequireSameUser wants that and it does not.  After listen_open().
 */
void stranger_setup(struct env *);

/* runtime.c */
/*
 * Looks, from here on, whether the control socket is still found by its name,
 * and makes it again if not.
 */
void runtime_watch(struct env *);
/* Looks now. */
void runtime_look(struct env *);
void runtime_close(struct env *);
/* Whether the name leads to what it led to; and to what it leads now. */
bool named_is(const char *path, const struct named *);
struct named named_now(const char *path);

/* control.c */
/* Makes the control socket (not yet accepting); fatal(). */
void control_open(struct env *);
/* Starts accepting. */
void control_accept(struct env *);
/*
 * Makes another in its place, in a folder whose lock is ours; connections stay.
 * 0 or -1 and why[size]: then all is as it was.
 */
int control_again(struct env *, char *why, size_t size);
void control_close(struct env *);
/* closed() of a CLI connection. */
void control_closed(struct peer *, int err, const char *why);
/* Registers a client whose peer is set by the caller afterwards. */
void client_add(struct env *, struct client *);
void client_remove(struct client *);
/* The request in hand, to be answered later. */
struct asker asker_of(struct peer *, const struct msg *);
/* The peer to answer to, or NULL if it has gone. */
struct peer *asker_peer(struct env *, const struct asker *);

/* dispatch.c */
extern const struct peer_ops control_ops;
extern const struct peer_ops ringletd_ops;
extern const struct peer_ops sandboxer_ops;
struct env *peer_env(const struct peer *);
/* Whether the peer is a CLI: the only one that may loosen and reveal. */
bool peer_is_cli(const struct peer *);

/* auth.c */
/* Loads the token file, or makes it first; fatal() with what to do. */
void auth_open(struct env *);
/* Says how many wrong tokens came that nobody was told of. */
void auth_tell_wrong(struct env *);
/* A wrong token or code has come: leaves a trace of guessing. */
void auth_wrong(struct env *);
int auth_token(struct peer *, const struct msg_bin *token, bool control);
/* The message in hand has no token: that of the one before is forgotten. */
void auth_nobody(struct peer *);
/* Why it has refused the last, where that needs words of its own; or NULL. */
const char *auth_refusal(struct peer *);
/*
 * Whether the message in hand comes from somebody who may change things: the
 * CLI, or a token of the control scope.  In its handler only.
 */
bool auth_may_control(struct peer *);

/* event.c */
struct session;
/* Tells subscribers over HTTP of a profile: "created", "rekeyed" ... */
void event_profile(struct env *, const char *what, const char *alias);
/* Tells them of the vault: "locked", "unlocked". */
void event_keychain(struct env *, const char *what);
/* Tells them that another version of the registry is used. */
void event_registry(struct env *);
/* Tells them what it is pinned to; "": nothing. */
void event_registry_pin(struct env *, const char *ref);
/* Tells them of a hook: "added", "approved", "removed". */
void event_hook(struct env *, const char *what, const char *alias,
    const char *event, uint64_t index);
/* A run has left out so many that nobody has approved. */
void event_hooks_waiting(struct env *, const char *alias, size_t n);
/* Tells them of a session, as it is now: "started", "ended" ... */
void event_session(struct env *, const char *what, const struct session *);
/*
 * An agent wants its person to look; kind is bell or notification, title and
 * text are its own words, without control characters.
 */
void event_input_wanted(struct env *, const struct session *, const char *kind,
    const char *title, const char *text);

/* api-token.c */
/* What a token will be. */
struct token_offer {
	bool control;
	const char *label;
	long long expires_at; /* seconds since 1970; 0: never */
	const char *by;	      /* what it is made in exchange for, or NULL */
};
/*
 * Makes one for who, with entries in the audit log; as tokens_add().
 * RL_ERR_DENIED: the log cannot be written.
 */
int token_issue(struct env *, const struct audit_who *who,
    const struct token_offer *, char text[TOKEN_LEN + 1],
    const struct token **out, char *why, size_t size);
/* Sees to it that tokens end when their time is over: after auth_open(). */
void token_watch(struct env *);
void token_close(struct env *);

/* prompt.c */
/*
 * The call is made for that request: if a CLI sent it, the keychain may have
 * prompts that show nothing; if that has said that somebody could see them,
 * any.
 */
void prompt_allow(
    struct env *, struct keychain_call *, const struct asker *);
/* A prompt opens for the request id of that client (keychain_on_prompt()). */
void prompt_open(void *env, uint64_t client, uint32_t id);

/* api-policy.c */
/* How an agent is to run, as far as the policy asks. */
struct policy_run {
	bool jailed;
	bool cli;   /* the person at the machine asks */
	bool check; /* a test of the jail: no agent, no key */
};
/*
 * Reads the policy; what was read before stays where that fails: why[size].
 */
int policy_load(struct env *, char *why, size_t size);
/* The same in a running daemon: logged, and written down. */
int policy_reload(struct env *);
/* Logs what it has made of the settings. */
void policy_tell(struct env *);
/* Writes down if it is another than the last that was read. */
void policy_note(struct env *);
/*
 * Writes down that err, a verdict of the policy's, refuses who something about
 * object; err.  who NULL: it was only asked.
 */
int policy_verdict(struct env *, const struct audit_who *who,
    const char *object, int err, const char *why);
/* The setting of that name, with the policy's line if that has set it. */
const char *policy_setting(
    const struct env *, const char *keyword, char *text, size_t size);
/* Whether there may be such a profile.  0, or RL_ERR_DENIED and why[size]. */
int policy_check_profile(struct env *, const struct audit_who *who,
    const struct profile *, char *why, size_t size);
/* Whether there may be an agent without a jail.  As above; not written down. */
int policy_check_unjailed(struct env *, bool cli, char *why, size_t size);
/* Whether its agent may be started so.  As policy_check_profile(). */
int policy_check_run(struct env *, const struct audit_who *who,
    const struct profile *, const struct policy_run *, char *why, size_t size);
/* What is wrong, or soon will be, with its key; for free(), or NULL. */
char *policy_profile_notice(struct env *, const struct profile *);
/*
 * Whether a registry may come from there: a URL or a folder, which is asked of
 * by its name without links; "" is somewhere unknown.  As
 * policy_check_profile().
 */
int policy_check_registry(struct env *, const struct audit_who *who,
    const char *url, char *why, size_t size);

/* api-profile.c */
/*
 * Reserves alias for a change of its file, key or home; false: another one is
 * under way.
 */
bool alias_reserve(struct env *, const char *alias);
void alias_release(struct env *, const char *alias);
bool alias_is_busy(const struct env *, const char *alias);
/* A reserved one is being deleted: nothing may start with it any more. */
void alias_leave(struct env *, const char *alias);
bool alias_is_leaving(const struct env *, const char *alias);
/*
 * Whether a request of this peer may wait for the keychain: over HTTP they
 * leave room for those of the command.  0, or RL_ERR_LIMIT and why[size].
 */
int keychain_room(struct peer *, char *why, size_t size);
/* Answers with the profile of that name, or with why there is none. */
void profile_reply(struct env *, const struct asker *, const char *alias);

/* api-key.c */
/* An API key as a request brings it. */
struct key_offer {
	const struct msg_bin *key;
	const char *sealed_id;
	const struct msg_bin *sealed;
	struct sealbox_use use; /* what it is for */
};
/*
 * The key of a request from that peer: as it is, or opened, or NULL if there
 * is none.  As sealbox_open(); RL_ERR_DENIED where it must come sealed.
 */
int key_open(struct peer *, const struct key_offer *, struct secret **out,
    char *why, size_t size);
/*
 * Whether provider takes a key, and key (NULL: none) is one: 0, or
 * RL_ERR_INVALID and why[size].  The only judge of keys that are offered.
 */
int key_check(const struct manifest_provider *, const struct secret *key,
    char *why, size_t size);
/*
 * What a person can do about an error of that store, begins with ": "; or "",
 * where the error's own text says it.
 */
const char *key_advice(const char *store, int err);

/* api-registry.c */
/*
 * Reads what is installed and verifies it: env->registry and
 * env->registry_problem are as it is now, and so are env->manifests.
 */
void registry_reload(struct env *);
/*
 * Whether the policy lets a registry come from where settings say, signed by a
 * key that they name.  As policy_check_profile().
 */
int registry_may_sync(struct env *, const struct audit_who *who,
    const struct registry_trust *, char *why, size_t size);
/*
 * Installs what lies in the folder dir as registry_install() does, for whoever
 * asked, and answers; writes it down, and tells of it.
 */
void registry_take(struct env *, const struct asker *, int dir,
    const char *want, bool force);
/* Tells whoever asked for a registry that it cannot be used. */
void registry_refuse(
    struct env *, const struct asker *, int err, const char *why);

/* registry-told.c */
/* Which of the manifests that are used a file of the user's stands before. */
void registry_shadowed(const struct env *, struct strlist *out);
/*
 * Which profiles have another address than the manifest of their provider in a
 * version says that is about to be used.
 */
void registry_endpoints(const struct env *, const struct registry_bundle *,
    struct strlist *out);

/* registry-fetch.c */
/* Whether a process fetches a registry. */
bool registry_is_busy(const struct env *);
void registry_fetch_free(struct env *);

/* home-removal.c */
/*
 * Removes ~/homes/alias, the home of a profile, in a process of its own; cb is
 * called once it is done, with 0 or an error and what went wrong.
 * RL_ERR_SYSTEM: it could not be started, and cb is not called.
 */
int home_removal_start(struct env *, const char *homes, const char *alias,
    void (*cb)(void *arg, int err, const char *why), void *arg);
/* That process: what the monitor does with -X. */
void home_removal_main(const struct paths *, const char *homes,
    const char *alias) __attribute__((__noreturn__));

/* api-fs.c */
/* Whether a process looks for folders. */
bool fs_is_busy(const struct env *);
void fs_free(struct env *);
/* That process: what the monitor does with -B. */
void fs_browse_main(const struct paths *) __attribute__((__noreturn__));

/* session.c */
/*
 * Ends all sessions as `terminal kill` does, with a shorter grace; then calls
 * supervise_stop().
 */
void session_end_all(struct env *);

/* api-upload.c */
/* Removes folders for pictures of sessions that are not in the table. */
void upload_sweep(struct env *);

/* session-table.c */
/* Sessions that have not ended, of alias or (NULL) of all. */
size_t session_count(const struct env *, const char *alias);
void session_free_all(struct env *);

/* session-end.c */
/* The sandboxer died: so did every jail. */
void session_all_lost(struct env *);
/*
 * Forgets what ended SessionKeep ago, and sees to it that the others are
 * forgotten in time: to be called when that setting may have changed.
 */
void session_keep(struct env *);

#endif /* MONITOR_H */
