/*
 * Every command and every option, and who handles it.
 */

#include "config.h"

#include "ringlet.h"

#define OPTS(table) table, NELEM(table)
#define NO_OPTS	    NULL, 0
#define ANY_NUMBER  ((size_t)-1)

const struct opt global_opts[] = {
	{ OPT_JSON, "json", NULL, "print one JSON document", 0 },
	{ 'q', "quiet", NULL, "print no hints", 0 },
	{ 'v', "verbose", NULL, "say what is being done", 0 },
	{ OPT_NO_PAGER, "no-pager", NULL, "print long output at once", 0 },
	{ OPT_HELP, "help", NULL, "print how the command is used", 0 },
};
const size_t nglobal_opts = NELEM(global_opts);

const struct opt version_opts[] = {
	{ 'H', "host", "HOST", "run the command on HOST, by ssh", 0 },
	{ 'V', "version", NULL, "print the version", 0 },
};
const size_t nversion_opts = NELEM(version_opts);

/* Where the API key is; else it is asked for. */
#define KEY_OPTS                                                             \
	{ OPT_API_KEY_FILE, "api-key-file", "FILE",                          \
	    "read the key from FILE, - is standard input", 0 },              \
	{ OPT_FROM_ENV, "from-env", "NAME", "take it from a variable", 0 },  \
	{ OPT_FROM_AGENT, "from-agent", NULL,                                \
	    "take it from the agent's own file", 0 }

static const struct opt create_opts[] = {
	{ 'p', "provider", "PROVIDER", "whose API the agent uses", 0 },
	{ OPT_ENDPOINT, "endpoint", "ID", "endpoint's id or URL", 0 },
	{ OPT_MODEL, "model", "MODEL", "model for the agent", 0 },
	{ OPT_WORKING_DIR, "working-dir", "DIR", "where it works", 0 },
	{ OPT_ARG, "arg", "ARG", "argument for each run",
	    OPT_MANY | OPT_EMPTY },
	{ OPT_ENV, "env", "NAME=VALUE", "variable for each run", OPT_MANY },
	KEY_OPTS,
	{ OPT_DRY_RUN, "dry-run", NULL, "check all, make nothing", 0 },
};

static const struct opt rekey_opts[] = { KEY_OPTS };

static const struct opt list_opts[] = {
	{ OPT_AGENT, "agent", "ID", "only profiles of that agent", 0 },
};

static const struct opt delete_opts[] = {
	{ OPT_KEEP_HOME, "keep-home", NULL, "leave the profile's home", 0 },
	{ 'y', "yes", NULL, "do not ask", 0 },
};

static const struct opt run_opts[] = {
	{ OPT_REMOTE, "remote", NULL, "a jailed session in the daemon", 0 },
	{ OPT_ATTACH, "attach", NULL, "show the session at once", 0 },
	{ OPT_RECORD, "record", "FILE", "record it as an asciicast", 0 },
	{ 'C', "directory", "DIR", "work in DIR", 0 },
	{ OPT_COLS, "cols", "N", "columns of the session's terminal", 0 },
	{ OPT_ROWS, "rows", "N", "its rows", 0 },
	{ OPT_BWRAP_FLAGS, "bwrap-flags", "FLAGS", "add to the jail's rules",
	    OPT_MANY },
	{ OPT_SANDBOX, "sandbox", NULL, "in a jail: so it is without it", 0 },
	{ OPT_NO_SANDBOX, "no-sandbox", NULL, "no jail at all", 0 },
};

static const struct opt init_opts[] = {
	{ OPT_SKIP, "skip", "STEP", "agents, keychain, jail or profile",
	    OPT_MANY },
	{ 'y', "yes", NULL, "do not ask: take what needs no answer", 0 },
};

static const struct opt doctor_opts[] = {
	{ OPT_REMOVE_ORPHANS, "remove-orphans", NULL,
	    "delete keys that no profile has", 0 },
	{ 'y', "yes", NULL, "do not ask", 0 },
};

static const struct opt endpoint_opts[] = {
	{ 'y', "yes", NULL, "do not ask", 0 },
};

static const struct opt grant_opts[] = {
	{ OPT_REVOKE, "revoke", NULL, "take it away again", 0 },
};

static const struct opt attach_opts[] = {
	{ OPT_READ_ONLY, "read-only", NULL, "watch, type nothing", 0 },
};

static const struct opt kill_opts[] = {
	{ OPT_SIGNAL, "signal", "SIGNAL", "send this one alone", 0 },
};

static const struct opt check_opts[] = {
	{ 'C', "directory", "DIR", "work in DIR", 0 },
	{ OPT_BWRAP_FLAGS, "bwrap-flags", "FLAGS", "add to the jail's rules",
	    OPT_MANY },
	{ OPT_NO_SANDBOX, "no-sandbox", NULL, "try it without a jail alone",
	    0 },
};

static const struct opt token_opts[] = {
	{ OPT_SCOPE, "scope", "SCOPE", "view: look and watch; control: all",
	    0 },
	{ OPT_EXPIRES, "expires", "TIME", "30m, 12h, 7d ...; never", 0 },
	{ OPT_LABEL, "label", "TEXT", "what it is for", OPT_EMPTY },
};

static const struct opt dashboard_opts[] = {
	{ OPT_PRINT, "print", NULL, "print the URL, open nothing", 0 },
	{ OPT_URL, "url", "URL", "where the dashboard is, of a tunnel", 0 },
	{ OPT_SCOPE, "scope", "SCOPE", "view: look and watch; control: all",
	    0 },
	{ OPT_EXPIRES, "expires", "TIME", "signed in for 30m, 12h, 7d ...",
	    0 },
};

static const struct opt tunnel_opts[] = {
	{ OPT_PORT, "port", "N", "this end's port on 127.0.0.1", 0 },
	{ OPT_PRINT, "print", NULL, "print the URL, open nothing", 0 },
	{ OPT_SCOPE, "scope", "SCOPE", "view: look and watch; control: all",
	    0 },
	{ OPT_EXPIRES, "expires", "TIME", "signed in for 30m, 12h, 7d ...",
	    0 },
};

static const struct opt daemon_opts[] = {
	{ OPT_FOREGROUND, "foreground", NULL, "stay on this terminal", 0 },
	{ 'f', "config", "FILE", "settings from FILE", 0 },
	{ 'o', "option", "KEYWORD=VALUE", "one setting", OPT_MANY },
};

static const struct opt restart_opts[] = {
	{ OPT_FORCE, "force", NULL, "end sessions, and it", 0 },
	{ 'f', "config", "FILE", "settings from FILE", 0 },
	{ 'o', "option", "KEYWORD=VALUE", "one setting", OPT_MANY },
};

static const struct opt unlock_opts[] = {
	{ OPT_PASSPHRASE_FILE, "passphrase-file", "FILE",
	    "read the passphrase from FILE, - is standard input", 0 },
	{ OPT_LOCK_AFTER, "lock-after", "TIME",
	    "lock again after TIME, 0 is never", 0 },
	{ OPT_NEW, "new", NULL, "make the vault, whatever else there is", 0 },
};

static const struct opt passphrase_opts[] = {
	{ OPT_PASSPHRASE_FILE, "passphrase-file", "FILE",
	    "read the old passphrase from FILE, - is standard input", 0 },
	{ OPT_NEW_PASSPHRASE_FILE, "new-passphrase-file", "FILE",
	    "read the new one from FILE", 0 },
};

static const struct opt audit_show_opts[] = {
	{ OPT_SINCE, "since", "TIME", "only entries from then on", 0 },
	{ OPT_UNTIL, "until", "TIME", "only entries until then", 0 },
	{ OPT_EVENT, "event", "EVENT", "only these, such as key or key.read",
	    OPT_MANY },
	{ OPT_OBJECT, "object", "OBJECT", "only of that profile or session",
	    0 },
	{ 'n', "lines", "N", "only the last N", 0 },
	{ OPT_FOLLOW, "follow", NULL, "wait for more", 0 },
};

static const struct opt audit_verify_opts[] = {
	{ OPT_SINCE, "since", "TIME",
	    "leave out what the log itself tells of before then", 0 },
};

static const struct opt alias_opts[] = {
	{ OPT_BIN_DIR, "bin-dir", "DIR", "the folder for it", 0 },
};

static const struct opt sync_opts[] = {
	{ OPT_FORCE, "force", NULL, "write it anew, even if it is in use", 0 },
	{ OPT_OFFLINE, "offline", NULL, "fetch nothing, verify what is here",
	    0 },
};

static const struct opt sign_opts[] = {
	{ OPT_SECRET_KEY, "secret-key", "FILE",
	    "minisign's secret key; else ~/.minisign/minisign.key", 0 },
	{ OPT_PASSPHRASE_FILE, "passphrase-file", "FILE",
	    "read its passphrase from FILE, - is standard input", 0 },
	{ OPT_NAME, "name", "NAME", "what the registry is called", 0 },
	{ OPT_CHANNEL, "channel", "CHANNEL", "which of its channels it is",
	    0 },
	{ OPT_SERIAL, "serial", "N", "its serial; else the next one", 0 },
	{ 'V', "registry-version", "VERSION",
	    "its version; else the serial", 0 },
};

static const struct opt hook_add_opts[] = {
	{ OPT_TIMEOUT, "timeout", "S", "seconds until it is ended", 0 },
	{ OPT_REPLACE, "replace", "INDEX", "in the place of that one", 0 },
};

static const struct opt hook_approve_opts[] = {
	{ OPT_HASH, "hash", "HASH", "only if its hash is or begins so", 0 },
	{ 'y', "yes", NULL, "do not ask", 0 },
};

const struct command commands[] = {
	{ "profiles", "create", "AGENT ALIAS -p PROVIDER [options]",
	    "make a profile and store its API key", 2, 2, 0, OPTS(create_opts),
	    cmd_profiles_create },
	{ "profiles", "list", "[--agent ID]", "list profiles", 0, 0, CMD_PAGES,
	    OPTS(list_opts), cmd_profiles_list },
	{ "profiles", "inspect", "ALIAS", "show a profile", 1, 1, CMD_PAGES,
	    NO_OPTS, cmd_profiles_inspect },
	{ "profiles", "env", "ALIAS",
	    "print its environment, key included, for a shell", 1, 1, 0,
	    NO_OPTS, cmd_profiles_env },
	{ "profiles", "run", "ALIAS [options] [-- ARGS]",
	    "run its agent here, or with --remote in a jailed session", 1, 1,
	    CMD_REST, OPTS(run_opts), cmd_profiles_run },
	{ "profiles", "rekey",
	    "ALIAS [--api-key-file FILE | --from-env NAME | --from-agent]",
	    "put another API key in place of a profile's", 1, 1, 0,
	    OPTS(rekey_opts), cmd_profiles_rekey },
	{ "profiles", "delete", "ALIAS [--keep-home] [-y]",
	    "remove a profile, its key and its home", 1, 1, 0,
	    OPTS(delete_opts), cmd_profiles_delete },

	{ "profiles", "endpoint", "ALIAS [ID|URL] [-y]",
	    "say where a profile's key goes", 1, 2, 0, OPTS(endpoint_opts),
	    cmd_profiles_endpoint },
	{ "profiles", "grant",
	    "ALIAS ro|rw PATH | env NAME | ssh-agent | nested-sandbox | "
	    "limit NAME=VALUE [--revoke]",
	    "give its jails more, or less", 2, 3, 0, OPTS(grant_opts),
	    cmd_profiles_grant },

	{ "init", NULL, "[-y] [--skip STEP]...",
	    "look around, and make a first profile", 0, 0, 0, OPTS(init_opts),
	    cmd_init },
	{ "hooks", "add", "ALIAS EVENT MATCHER COMMAND [options]",
	    "have a profile's agent run a command at an event", 4, 4, 0,
	    OPTS(hook_add_opts), cmd_hooks_add },
	{ "hooks", "list", "ALIAS", "list a profile's hooks", 1, 1, CMD_PAGES,
	    NO_OPTS, cmd_hooks_list },
	{ "hooks", "review", "ALIAS",
	    "show hooks as they would run, and what has changed", 1, 1,
	    CMD_PAGES, NO_OPTS, cmd_hooks_review },
	{ "hooks", "approve", "ALIAS [EVENT INDEX] [--hash HASH] [-y]",
	    "let hooks run, as they are shown", 1, 3, 0,
	    OPTS(hook_approve_opts), cmd_hooks_approve },
	{ "hooks", "remove", "ALIAS EVENT INDEX", "remove a hook", 3, 3, 0,
	    NO_OPTS, cmd_hooks_remove },
	{ "hooks", "import", "ALIAS FILE",
	    "add the hooks of a settings file of Claude Code", 2, 2, 0, NO_OPTS,
	    cmd_hooks_import },
	{ "hooks", "export", "ALIAS", "print hooks as such a file", 1, 1,
	    CMD_PAGES, NO_OPTS, cmd_hooks_export },

	{ "doctor", NULL, "[--remove-orphans [-y]]",
	    "look for what is wrong, and say how to mend it", 0, 0,
	    CMD_NO_START, OPTS(doctor_opts), cmd_doctor },

	{ "sandbox", "check", "[ALIAS] [options]", "test the jail from inside",
	    0, 1, 0, OPTS(check_opts), cmd_sandbox_check },
	{ "sandbox", "explain", "ALIAS [PATH] [run's options] [-- ARGS]",
	    "show the jail of a run, or what it does with PATH", 1, 2,
	    CMD_NO_START | CMD_REST | CMD_PAGES, OPTS(run_opts),
	    cmd_sandbox_explain },

	{ "terminal", "list", "", "list sessions", 0, 0, CMD_PAGES, NO_OPTS,
	    cmd_terminal_list },
	{ "terminal", "info", "ID", "show all about a session", 1, 1, CMD_PAGES,
	    NO_OPTS, cmd_terminal_info },
	{ "terminal", "attach", "ID [--read-only]",
	    "watch a session and type into it", 1, 1, 0, OPTS(attach_opts),
	    cmd_terminal_attach },
	{ "terminal", "kill", "ID [--signal SIGNAL]",
	    "end a session and all its processes", 1, 1, 0, OPTS(kill_opts),
	    cmd_terminal_kill },
	{ "terminal", "cleanup", "", "forget ended sessions", 0, 0, 0, NO_OPTS,
	    cmd_terminal_cleanup },
	{ "terminal", "upload", "ID FILE",
	    "show a session's agent a picture, - is standard input", 2, 2, 0,
	    NO_OPTS, cmd_terminal_upload },

	{ "agents", "list", "", "list agents", 0, 0, CMD_PAGES, NO_OPTS,
	    cmd_agents_list },
	{ "agents", "inspect", "ID", "show an agent", 1, 1, CMD_PAGES, NO_OPTS,
	    cmd_agents_inspect },
	{ "providers", "list", "", "list providers", 0, 0, CMD_PAGES, NO_OPTS,
	    cmd_providers_list },
	{ "providers", "inspect", "ID", "show a provider", 1, 1, CMD_PAGES,
	    NO_OPTS, cmd_providers_inspect },

	{ "aliases", "install", "ALIAS [--bin-dir DIR]",
	    "make a command of a profile's name", 1, 1, 0, OPTS(alias_opts),
	    cmd_aliases_install },
	{ "aliases", "uninstall", "ALIAS", "remove it again", 1, 1,
	    CMD_NO_START, NO_OPTS, cmd_aliases_uninstall },
	{ "aliases", "list", "", "list them, and how they are", 0, 0,
	    CMD_NO_START | CMD_PAGES, NO_OPTS, cmd_aliases_list },

	{ "keychain", "status", "", "show where keys are kept", 0, 0, 0,
	    NO_OPTS, cmd_keychain_status },
	{ "keychain", "unlock",
	    "[--passphrase-file FILE] [--lock-after TIME] [--new]",
	    "unlock the vault, or make it", 0, 0, 0, OPTS(unlock_opts),
	    cmd_keychain_unlock },
	{ "keychain", "lock", "", "lock the vault", 0, 0, 0, NO_OPTS,
	    cmd_keychain_lock },
	{ "keychain", "passphrase",
	    "[--passphrase-file FILE] [--new-passphrase-file FILE]",
	    "change the vault's passphrase", 0, 0, 0, OPTS(passphrase_opts),
	    cmd_keychain_passphrase },
	{ "keychain", "migrate", "secret-service|vault", "move all keys there",
	    1, 1, 0, NO_OPTS, cmd_keychain_migrate },

	{ "registry", "sync", "[--force] [--offline]",
	    "fetch manifests, verify and use them", 0, 0, 0, OPTS(sync_opts),
	    cmd_registry_sync },
	{ "registry", "inspect", "", "show what is installed", 0, 0, CMD_PAGES,
	    NO_OPTS, cmd_registry_inspect },
	{ "registry", "pin", "REF", "use that version and no other", 1, 1, 0,
	    NO_OPTS, cmd_registry_pin },
	{ "registry", "unpin", "", "let newer ones in again", 0, 0, 0, NO_OPTS,
	    cmd_registry_unpin },
	{ "registry", "lint", "DIR", "check a registry's folder", 1, 1,
	    CMD_NO_START | CMD_PAGES, NO_OPTS, cmd_registry_lint },
	{ "registry", "sign", "DIR [options]",
	    "make a folder's registry.json, and sign it", 1, 1, CMD_NO_START,
	    OPTS(sign_opts), cmd_registry_sign },

	{ "daemon", NULL, "[--foreground] [-f FILE] [-o KEYWORD=VALUE]",
	    "start the daemon", 0, 0, CMD_NO_START, OPTS(daemon_opts),
	    cmd_daemon },
	{ "daemon", "status", "", "show how it is", 0, 0, CMD_NO_START, NO_OPTS,
	    cmd_daemon_status },
	{ "daemon", "stop", "", "end it and every session", 0, 0, CMD_NO_START,
	    NO_OPTS, cmd_daemon_stop },
	{ "daemon", "restart", "[--force] [-f FILE] [-o KEYWORD=VALUE]",
	    "replace it; sessions live on", 0, 0, CMD_NO_START,
	    OPTS(restart_opts), cmd_daemon_restart },
	{ "token", "path", "", "print the name of the main token's file", 0, 0,
	    0, NO_OPTS, cmd_token_path },
	{ "token", "create", "--scope view|control [options]",
	    "make a token for the HTTP port and print it", 0, 0, 0,
	    OPTS(token_opts), cmd_token_create },
	{ "token", "list", "", "list tokens", 0, 0, CMD_PAGES, NO_OPTS,
	    cmd_token_list },
	{ "token", "revoke", "ID", "end a token and what used it", 1, 1, 0,
	    NO_OPTS, cmd_token_revoke },
	{ "token", "rotate", "", "replace the main token", 0, 0, 0, NO_OPTS,
	    cmd_token_rotate },

	{ "dashboard", NULL,
	    "[--print] [--url URL] [--scope view|control] [--expires TIME]",
	    "sign a browser in, by a code that is good once", 0, 0, 0,
	    OPTS(dashboard_opts), cmd_dashboard },

	{ "tunnel", NULL,
	    "HOST [--port N] [--print] [--scope view|control] "
	    "[--expires TIME]",
	    "open the dashboard of another machine, through ssh", 1, 1,
	    CMD_NO_START, OPTS(tunnel_opts), cmd_tunnel },

	{ "policy", "show", "", "show what is set, and by whom", 0, 0,
	    CMD_PAGES, NO_OPTS, cmd_policy_show },

	{ "audit", "show",
	    "[--since TIME] [--until TIME] [--event EVENT]... "
	    "[--object OBJECT] [-n N] [--follow]",
	    "show the audit log", 0, 0, CMD_PAGES, OPTS(audit_show_opts),
	    cmd_audit_show },
	{ "audit", "verify", "[--since TIME]",
	    "check that nobody has changed the audit log", 0, 0, CMD_PAGES,
	    OPTS(audit_verify_opts), cmd_audit_verify },

	{ "help", NULL, "[COMMAND]", "print how commands are used", 0,
	    ANY_NUMBER, CMD_NO_START | CMD_PAGES, NO_OPTS, cmd_help },
};
const size_t ncommands = NELEM(commands);
