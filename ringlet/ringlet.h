#ifndef RINGLET_H
#define RINGLET_H
/*
 * The private header of the ringlet(1) command.
 *
 * A command's handler gets what the user asked for as struct args, speaks to
 * the monitor through client_call(), prints by the functions of output.c, and
 * returns the process's exit status.  A function that "reports" has printed
 * its error already, and returns the status to exit with.
 */

#include <sys/types.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "err.h"
#include "msgdef.h"
#include "paths.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

/* Exit statuses, part of the interface: see ringlet(1). */
enum status {
	STATUS_DONE = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_UNREACHABLE = 3, /* the daemon */
	STATUS_NOTFOUND = 4,
	STATUS_DENIED = 5
};

struct args;
struct command;

/* What is waited for; see progress.c. */
struct progress {
	const char *what; /* NULL: nothing */
	uint64_t begun;	  /* by loop_now() */
	uint64_t drawn;
};

/* What the monitor calls a part of a request, and what the user calls it. */
struct member {
	const char *name; /* NULL: the end of a table */
	const char *word; /* an option, or an operand of the usage */
	bool usage;	  /* one that cannot be is wrong usage */
};

/* One run of the program; made by main(). */
struct cli {
	bool json;
	bool quiet;
	bool verbose;
	bool prompt_allowed; /* of the connection: client.c */
	struct paths paths;
	bool no_pager;
	struct progress progress;
	const struct command *cmd; /* NULL until it is known */
	const struct args *args;   /* its own; NULL until they are parsed */
	const char *key_variable;  /* of --from-env: no daemon gets it */
	const struct member *members; /* of the command's request, or NULL */
	int fd;			   /* to the monitor; -1: not connected */
	uint32_t last_id;	   /* of a request */
};

/* --- opt.c: options and operands --- */

#define OPT_MANY  0x1 /* may be given more than once */
#define OPT_EMPTY 0x2 /* its argument may be empty */

struct opt {
	int key;	  /* the letter, or a number above 255 */
	const char *name; /* the long name */
	const char *arg;  /* what its argument is called; NULL: it has none */
	const char *help;
	unsigned flags;
};

struct optval {
	int key;
	const char *value; /* NULL: an option without argument */
};

struct args {
	struct optval *opts; /* in the order given */
	size_t nopts;
	char **v; /* operands */
	size_t n;
	char **rest; /* what follows "--", for OPT_REST */
	size_t nrest;
};

#define OPT_REST 0x1 /* the words after "--" are kept apart */
#define OPT_STOP 0x2 /* options end at the first operand */

/*
 * Parses argv[1] .. argv[argc - 1] by the table, permuting argv.  Long names
 * are taken whole only: an abbreviation would mean something else once an
 * option is added, and "--no" could come to loosen a jail.  The strings stay
 * argv's.  RL_ERR_INVALID: why (size bytes) says what is wrong.  Free with
 * args_free() in either case.
 */
int opt_parse(const struct opt *table, size_t n, unsigned flags, int argc,
    char **argv, struct args *out, char *why, size_t size);
void args_free(struct args *);
bool opt_has(const struct args *, int key);
/* The option's argument, or NULL if it was not given. */
const char *opt_get(const struct args *, int key);
/* All its arguments, a NULL-terminated block that the caller frees. */
const char **opt_all(const struct args *, int key, size_t *n);

/* --- text.c: pure functions over text --- */

/* The word of list nearest to what was typed, or NULL if none is near. */
const char *text_suggest(const char *typed, const char *const *list, size_t n);
/* s with control characters escaped, whole; the caller frees it. */
char *text_safe(const char *s);
/* Columns that s takes on a terminal. */
size_t text_width(const char *s);
struct buf;
/*
 * s, or the beginning of it and a mark of what is left out, that width at
 * most; the caller frees it.
 */
char *text_cut(const char *s, size_t width);
/*
 * s with the middle of words that nobody would read to their end left out,
 * a mark in its place; the caller frees it.
 */
char *text_shorten(const char *s);
/* What printf() would print; the caller frees it. */
char *text_vformat(const char *fmt, va_list)
    __attribute__((__format__(printf, 1, 0)));
/* Appends s in single quotes, such that a POSIX shell reads s again. */
int text_put_shell(struct buf *, const char *s);
/* Appends s as a JSON string.  s must be UTF-8. */
int text_put_json(struct buf *, const char *s);
/* Seconds since 1970 as local time, "never" for 0, into dst.  Returns dst. */
char *text_time(char *dst, size_t size, int64_t when);
/* Seconds in one unit, rounded down, "3m", and in two, "3m 7s".  Return dst. */
char *text_age(char *dst, size_t size, int64_t seconds);
char *text_duration(char *dst, size_t size, int64_t seconds);
/* A signal by number or name (TERM, SIGTERM, term); -1 if there is none. */
int text_signal(const char *);

/* --- url.c: URLs of the dashboard; the caller frees them --- */

/*
 * url without a slash at its end, if it is http:// and a loopback name with or
 * without a port; else NULL.  A code goes to nobody else.
 */
char *url_base(const char *url);
/*
 * That of a listener, of those that have a port: one at a loopback address if
 * there is one.  NULL: they are unix sockets.
 */
char *url_of_listeners(const struct msg_strs *addresses);
/* file:// and the absolute path, escaped. */
char *url_of_file(const char *path);

/* --- when.c --- */

/*
 * A point in time, in ms since 1970: "10m" (or s, h, d, w) before now_ms, now,
 * today, yesterday, a day, or a day and a time with or without a zone, as
 * RFC 3339 has it; without, it is meant where we are.  0 or RL_ERR_INVALID.
 */
int text_when(const char *, int64_t now_ms, int64_t *ms);

/* --- output.c: what the user sees --- */

/*
 * Report a failure as "ringlet: " and the text, control characters escaped,
 * or as a JSON document; of a very long word the middle is left out.  The text
 * is "what went wrong: what to do about it"; with HINT in the place of the
 * colon JSON has the two apart.
 */
#define HINT ": \036"
int fail_error(const struct cli *, int err, const char *fmt, ...)
    __attribute__((__format__(printf, 3, 4)));
int fail_usage(const struct cli *, const char *fmt, ...)
    __attribute__((__format__(printf, 2, 3)));
int fail_daemon(const struct cli *, const char *fmt, ...)
    __attribute__((__format__(printf, 2, 3)));
/* The same of a file or folder that the user has named, from errno. */
int fail_file(const struct cli *, const char *name, const char *todo);

/* A line on standard error, unless -q; only with -v. */
void hint(const struct cli *, const char *fmt, ...)
    __attribute__((__format__(printf, 2, 3)));
void verbose(const struct cli *, const char *fmt, ...)
    __attribute__((__format__(printf, 2, 3)));

/* Whether it is a terminal that knows more than lines, as TERM says. */
bool terminal_is_smart(int fd);
/*
 * Standard output, or what it was before it was kept for a pager: whether
 * colour is wanted there, and the size it has if it is any terminal.
 */
bool output_colour(void);
bool output_size(uint64_t *cols, uint64_t *rows);

/* Prints {"success":true,"data":data}, which it frees; NULL: no data. */
int print_json(const struct cli *, json_t *data);
/* Shows it, by a pager if there is one; reports what could not be written. */
int output_end(const struct cli *, int status);

/* --- pager.c: long output by pages --- */

/*
 * Keeps what is printed from now on until pager_end(), if standard output is
 * a terminal and the user has a pager.
 */
void pager_begin(void);
/* Shows what is kept: 0, or -1 and errno. */
int pager_end(void);
/* Shows it without a pager, at once, as something else has to be said. */
void pager_let_go(void);
/* The descriptor that standard output is, or was before pager_begin(). */
int output_fd(void);

/* --- progress.c: that something takes long --- */

/*
 * From _begin() to _end(), _tick() shows on a terminal what has been waited
 * for for longer than a moment.  Whoever prints on standard error meanwhile
 * calls _hide() before.
 */
void progress_begin(struct cli *, const char *what);
void progress_tick(struct cli *);
void progress_hide(void);
void progress_end(struct cli *);
/* Waits until fd can be read, and shows it: how much of the time is left. */
int progress_wait(struct cli *, int fd, int timeout_ms);

/* --- table.c --- */

enum colour { COLOUR_NONE, COLOUR_GOOD, COLOUR_BAD, COLOUR_FAINT };

/*
 * A table: rows of ncols cells, or "Name: value" lines of two.  Cells are
 * copied, and escaped when printed.
 */
struct table;
struct table *table_new(const char *const *headings, size_t ncols);
void table_free(struct table *);
/* The next cell of the current row; a full row begins the next. */
void table_cell(struct table *, enum colour, const char *fmt, ...)
    __attribute__((__format__(printf, 3, 4)));
/*
 * On a terminal that is too narrow that column is cut down before all others;
 * else the widest are, but never the first.
 */
void table_shrink(struct table *, size_t column);
void table_print(const struct table *);

/* --- output.c again --- */

/* One "Name: value" line. */
void print_field(const char *name, const char *fmt, ...)
    __attribute__((__format__(printf, 2, 3)));

/* NULL-terminated or counted strings as a JSON array. */
json_t *json_strs(const struct msg_strs *);
/* What the HTTP API has for "": null. */
json_t *json_text(const char *);
/* RFC 3339 in UTC, null for 0. */
json_t *json_time(int64_t when);

/* --- client.c: the monitor --- */

/*
 * Sends a request and reads its answer, connecting first and starting the
 * daemon if the command may.  want is the type of the answer, 0 for any.
 * Reports and returns the exit status if the answer is an error or there is
 * none; reply then needs no msg_clear().  0 is success.
 */
int client_call(struct cli *, uint16_t type, const void *body, uint16_t want,
    struct msg *reply);
/*
 * The same, but that the daemon's end before its answer is no failure: 0 and
 * *closed, without a reply.  Somebody else has stopped or replaced it.
 */
int client_call_unless_closed(struct cli *, uint16_t type, const void *body,
    uint16_t want, struct msg *reply, bool *closed);
/* The same with a descriptor, which stays the caller's. */
int client_call_with(struct cli *, uint16_t type, const void *body, int fd,
    uint16_t want, struct msg *reply);
/*
 * The same on a connection that there is, without a word to the user: 0 and
 * whatever the answer is, or a negative error.
 */
int client_ask(struct cli *, uint16_t type, const void *body, int timeout_ms,
    struct msg *reply);
/* Connects without starting anything: 0, RL_ERR_NOTFOUND (none runs), or
 * another error with why[size]. */
int client_connect(struct cli *, char *why, size_t size);
/*
 * Starts the daemon, with those further arguments (as daemon_start()), or if
 * there are none has another that has just been started be it; connects once it
 * serves.  Else as client_connect(), with why[size].
 */
int client_start(
    struct cli *, const char *const *extra, char *why, size_t size);
void client_close(struct cli *);
/*
 * Whether a window that opens on this machine's display would be seen: over
 * ssh a display is another machine's, or nobody's who asks.
 */
bool client_sees_display(void);
/* Waits at most timeout_ms until the monitor has closed the connection. */
bool client_wait_close(struct cli *, int timeout_ms);

/* Whether a monitor holds the lock: it serves, or is about to. */
bool daemon_is_locked(const struct cli *);
/*
 * Runs the daemon's program with those further arguments (NULL-terminated; NULL:
 * none) and waits until it serves, or with -t has looked at its settings.
 * RL_ERR_UNAVAILABLE with why[size].
 */
int daemon_start(
    struct cli *, const char *const *extra, char *why, size_t size);

/* --- unit.c: the user's own systemd --- */

/*
 * Whether it has opened ringlet.socket, and so would start the daemon.  False
 * where variables for tests give the daemon other folders.
 */
bool unit_has_socket(void);
/* Has it start ringlet.service, which serves then; or RL_ERR_UNAVAILABLE and
 * why[size]. */
int unit_start(char *why, size_t size);

/* --- prompt.c: asking the user --- */

struct secret;
/*
 * The API key of a profile: from file ("-" or, unless standard input is a
 * terminal, NULL: standard input), else asked for without echo.  One newline
 * at the end is not part of it; keysource.h has the other ways.  Reports and
 * returns the exit status, or 0 and *out for secret_free().
 */
int prompt_key(const struct cli *, const char *question, const char *file,
    struct secret **out);
/* Asks a yes-or-no question; anything but y or yes is no. */
bool prompt_yes(const char *question);
/*
 * Asks for one line, which is given without blanks at its ends; nothing is
 * preset (NULL: "").  False: the input has ended, or the line is too long.
 */
bool prompt_line(
    const char *question, const char *preset, char *line, size_t size);
/*
 * Reads at most size bytes of a file, to its end: how many, or -1 with errno.
 * A file that others may read is told of.
 */
ssize_t prompt_read_file(
    const struct cli *, const char *file, char *p, size_t size);

/* --- passphrase.c: asking for the vault's passphrase --- */

/*
 * From file ("-": standard input), or asked for: on the terminal, or by the
 * program that RINGLET_ASKPASS or SSH_ASKPASS names, as ssh-add does.  again
 * is the second question about a new passphrase; NULL: it is one that there
 * is.  Reports and returns the exit status, or 0 and *out for secret_free().
 */
int passphrase_get(const struct cli *, const char *question, const char *again,
    const char *file, struct secret **out);

/* --- attach.c: watching a session --- */

struct record;
struct attach {
	const char *id;
	bool read_only;
	bool silent;	       /* nothing is shown or typed: record alone */
	struct record *record; /* stays the caller's; NULL: none */
};
/* Returns the session's own status, or reports. */
int attach_session(struct cli *, const struct attach *);

/* --- session.c: what sessions and requests for them have in common --- */

/* Name of an enum session_state, as in the HTTP API. */
const char *session_state_name(uint64_t state);
json_t *session_json(const struct msg_session *);
/* Exit status for a session that ended so; -1 if it ended without one. */
int session_status(int64_t exit_code, uint64_t signal);
/* TERM, COLORTERM, LANG, LC_*, TZ; absolute folders of PATH.  Blocks that the
 * caller frees; the strings are borrowed from the environment or *hold. */
struct msg_strs session_client_env(void);
struct msg_strs session_search_path(char **hold);
/* NAME=VALUE of the names that are set; strings and block are the caller's. */
struct msg_strs session_pass_env(const struct msg_strs *names);
/* Size of the terminal this runs on, or false. */
bool session_terminal_size(uint64_t *cols, uint64_t *rows);

/* --- cmd_run.c: what `profiles run` and `sandbox explain` ask --- */

struct run_request {
	struct msg_session_create create; /* without the terminal's size */
	bool wants_agent; /* the profile may use an ssh-agent */
	/* Private. */
	char *folder;
	char *hold;
};
/* 0 and *out for run_request_free(), or reports. */
int run_request_make(
    struct cli *, const struct args *, struct run_request *out);
void run_request_free(struct run_request *);

/* --- cmd_dashboard.c: what `tunnel` asks, too --- */

/* What --scope and --expires say, in seconds; 0, or reports. */
int dashboard_options(const struct cli *, const struct args *, bool *control,
    uint64_t *lifetime);

/* --- browser.c --- */

/*
 * Has a browser open url, which is of characters that mean nothing to HTML,
 * by a file in dir, a folder of ours that nobody else may enter; its name
 * becomes *file, for the caller to free, if there is one afterwards, else
 * NULL.  False: it cannot be done here.
 */
bool browser_open(const char *dir, const char *url, char **file);

/* --- cmd_aliases.c --- */

struct shim;
/* Removes the shim of a profile that is no more, if it has one; tells. */
void alias_take_away(const struct cli *, const char *alias);
/* "intact", or what is wrong: gone, changed, no-profile, no-ringlet. */
const char *alias_state(const struct cli *, const struct shim *);
/* --- shared by commands --- */

/*
 * 0, or reports that there is no such agent and returns the exit status.  If its
 * program is not there *install, unless NULL, becomes how to get it, for free().
 */
int agent_must_be_known(struct cli *, const char *id, char **install);
/* The provider of that id in a list, or NULL. */
const struct msg_provider *provider_find(
    const struct msg_providers *, const char *id);
int fail_no_provider(
    const struct cli *, const struct msg_providers *, const char *id);
/*
 * *out becomes the folder's absolute name without links, for the caller to
 * free; 0, or reports.
 */
int resolve_folder(const struct cli *, const char *dir, char **out);

/* --- commands.c: what there is --- */

/* Keys of options that have no letter. */
enum opt_key {
	OPT_HELP = 'h',
	OPT_JSON = 256,
	OPT_API_KEY_FILE,
	OPT_ARG,
	OPT_ATTACH,
	OPT_BIN_DIR,
	OPT_BWRAP_FLAGS,
	OPT_CHANNEL,
	OPT_COLS,
	OPT_DRY_RUN,
	OPT_ENDPOINT,
	OPT_ENV,
	OPT_EVENT,
	OPT_AGENT,
	OPT_FOLLOW,
	OPT_FORCE,
	OPT_FOREGROUND,
	OPT_FROM_AGENT,
	OPT_FROM_ENV,
	OPT_HASH,
	OPT_KEEP_HOME,
	OPT_LOCK_AFTER,
	OPT_MODEL,
	OPT_NAME,
	OPT_NEW,
	OPT_NEW_PASSPHRASE_FILE,
	OPT_NO_PAGER,
	OPT_NO_SANDBOX,
	OPT_OBJECT,
	OPT_OFFLINE,
	OPT_PASSPHRASE_FILE,
	OPT_PORT,
	OPT_PRINT,
	OPT_READ_ONLY,
	OPT_RECORD,
	OPT_REMOTE,
	OPT_REMOVE_ORPHANS,
	OPT_REPLACE,
	OPT_REVOKE,
	OPT_ROWS,
	OPT_SECRET_KEY,
	OPT_SERIAL,
	OPT_SIGNAL,
	OPT_SANDBOX,
	OPT_SCOPE,
	OPT_EXPIRES,
	OPT_LABEL,
	OPT_SINCE,
	OPT_SKIP,
	OPT_TIMEOUT,
	OPT_UNTIL,
	OPT_URL,
	OPT_WORKING_DIR
};

#define CMD_NO_START 0x1 /* never starts the daemon */
#define CMD_REST     0x2 /* takes words after "--" */
#define CMD_PAGES    0x4 /* long output goes through the pager */

struct command {
	const char *group;
	const char *verb;  /* NULL: the group alone */
	const char *usage; /* operands, for help */
	const char *help;  /* one line */
	size_t min, max;   /* operands */
	unsigned flags;	   /* CMD_* */
	const struct opt *opts;
	size_t nopts;
	int (*run)(struct cli *, const struct args *);
};

extern const struct command commands[];
extern const size_t ncommands;
/* The options that every command takes. */
extern const struct opt global_opts[];
extern const size_t nglobal_opts;

/* Those that stand before any command alone. */
extern const struct opt version_opts[];
extern const size_t nversion_opts;

/* The command of those words (verb NULL: the group alone), or NULL. */
const struct command *command_find(const char *group, const char *verb);
/* "usage: ringlet ..." in lines of a page; the caller frees it. */
char *command_usage(const struct command *);

/*
 * The command that argv (argc words, at least one) begins with; *words
 * becomes how many of them name it.  NULL: there is none, and *status is what
 * to exit with after what was reported or printed.
 */
const struct command *find_command(
    const struct cli *, size_t argc, char **argv, size_t *words, int *status);
/* All commands; one: as text, or as JSON. */
void print_help(const struct cli *);
void print_command_help(const struct cli *, const struct command *);

int cmd_agents_list(struct cli *, const struct args *);
int cmd_agents_inspect(struct cli *, const struct args *);
int cmd_aliases_install(struct cli *, const struct args *);
int cmd_aliases_list(struct cli *, const struct args *);
int cmd_aliases_uninstall(struct cli *, const struct args *);
int cmd_audit_show(struct cli *, const struct args *);
int cmd_audit_verify(struct cli *, const struct args *);
int cmd_daemon(struct cli *, const struct args *);
int cmd_daemon_status(struct cli *, const struct args *);
int cmd_daemon_stop(struct cli *, const struct args *);
int cmd_daemon_restart(struct cli *, const struct args *);
int cmd_dashboard(struct cli *, const struct args *);
int cmd_doctor(struct cli *, const struct args *);
int cmd_help(struct cli *, const struct args *);
int cmd_hooks_add(struct cli *, const struct args *);
int cmd_hooks_approve(struct cli *, const struct args *);
int cmd_hooks_export(struct cli *, const struct args *);
int cmd_hooks_import(struct cli *, const struct args *);
int cmd_hooks_list(struct cli *, const struct args *);
int cmd_hooks_remove(struct cli *, const struct args *);
int cmd_hooks_review(struct cli *, const struct args *);
int cmd_init(struct cli *, const struct args *);
int cmd_keychain_lock(struct cli *, const struct args *);
int cmd_keychain_migrate(struct cli *, const struct args *);
int cmd_keychain_passphrase(struct cli *, const struct args *);
int cmd_keychain_status(struct cli *, const struct args *);
int cmd_keychain_unlock(struct cli *, const struct args *);
int cmd_profiles_create(struct cli *, const struct args *);
int cmd_profiles_delete(struct cli *, const struct args *);
int cmd_profiles_env(struct cli *, const struct args *);
int cmd_profiles_endpoint(struct cli *, const struct args *);
int cmd_profiles_grant(struct cli *, const struct args *);
int cmd_profiles_inspect(struct cli *, const struct args *);
int cmd_profiles_list(struct cli *, const struct args *);
int cmd_profiles_rekey(struct cli *, const struct args *);
int cmd_profiles_run(struct cli *, const struct args *);
int cmd_providers_list(struct cli *, const struct args *);
int cmd_providers_inspect(struct cli *, const struct args *);
int cmd_registry_inspect(struct cli *, const struct args *);
int cmd_registry_lint(struct cli *, const struct args *);
int cmd_registry_pin(struct cli *, const struct args *);
int cmd_registry_sign(struct cli *, const struct args *);
int cmd_registry_sync(struct cli *, const struct args *);
int cmd_registry_unpin(struct cli *, const struct args *);
int cmd_sandbox_check(struct cli *, const struct args *);
int cmd_sandbox_explain(struct cli *, const struct args *);
int cmd_terminal_attach(struct cli *, const struct args *);
int cmd_terminal_cleanup(struct cli *, const struct args *);
int cmd_terminal_upload(struct cli *, const struct args *);
int cmd_terminal_info(struct cli *, const struct args *);
int cmd_terminal_kill(struct cli *, const struct args *);
int cmd_terminal_list(struct cli *, const struct args *);
int cmd_token_path(struct cli *, const struct args *);
int cmd_token_create(struct cli *, const struct args *);
int cmd_token_list(struct cli *, const struct args *);
int cmd_token_revoke(struct cli *, const struct args *);
int cmd_token_rotate(struct cli *, const struct args *);
int cmd_tunnel(struct cli *, const struct args *);
int cmd_policy_show(struct cli *, const struct args *);

#endif /* RINGLET_H */
