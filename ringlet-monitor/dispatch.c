/*
 * Who may say what to the monitor.  Read these rows first: a message that no
 * row names, from that side and in that state, with that many descriptors and
 * at most that long, never reaches a handler.
 *
 * ringletd is taken to be hostile.  What it may ask is what a holder of the
 * bearer token may ask, each message carries the token, and RULE_TOKEN has it
 * judged before the handler runs; one message carries a code that is good for
 * a token.  What only a person at the machine may do
 * (reveal a key, start without a jail) has rows for the CLI alone, or is
 * refused in the handler by peer_is_cli().
 */

#include "config.h"

#include "err.h"
#include "log.h"
#include "monitor.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

#define SMALL  1024
#define MEDIUM (64 * 1024)
#define LARGE  (256 * 1024)

#define BOTH  (FROM_CLI | FROM_RINGLETD)
#define VIEW  RULE_TOKEN
#define CTRL  (RULE_TOKEN | RULE_CONTROL)
#define CODE  0 /* a code instead of a token: the handler judges it */
#define SERVE PST_SERVING

/* Requests: the same rows for the CLI and ringletd. */
#define REQUESTS                                                             \
	{ MSG_AUTH_CHECK, FROM_RINGLETD, SERVE, 0, SMALL, VIEW, 0,           \
		on_AUTH_CHECK },                                             \
	{ MSG_STATUS_GET, BOTH, SERVE, 0, SMALL, VIEW, 0, on_STATUS_GET },   \
	{ MSG_STOP, BOTH, SERVE, 0, SMALL, CTRL, 0, on_STOP },               \
	{ MSG_PUBKEY_GET, BOTH, SERVE, 0, SMALL, VIEW, 0, on_PUBKEY_GET },   \
	{ MSG_AGENT_LIST, BOTH, SERVE, 0, MEDIUM, VIEW, 0, on_AGENT_LIST },  \
	{ MSG_PROVIDER_LIST, BOTH, SERVE, 0, SMALL, VIEW, 0,                 \
		on_PROVIDER_LIST },                                          \
	{ MSG_PROFILE_CREATE, BOTH, SERVE, 0, LARGE, CTRL, 0,                \
		on_PROFILE_CREATE },                                         \
	{ MSG_PROFILE_LIST, BOTH, SERVE, 0, SMALL, VIEW, 0,                  \
		on_PROFILE_LIST },                                           \
	{ MSG_PROFILE_GET, BOTH, SERVE, 0, SMALL, VIEW, 0, on_PROFILE_GET }, \
	{ MSG_PROFILE_DELETE, BOTH, SERVE, 0, SMALL, CTRL, 0,                \
		on_PROFILE_DELETE },                                         \
	{ MSG_PROFILE_REKEY, BOTH, SERVE, 0, MEDIUM, CTRL, 0,                \
		on_PROFILE_REKEY },                                          \
	{ MSG_SESSION_CREATE, BOTH, SERVE, 0, LARGE, CTRL, 0,                \
		on_SESSION_CREATE },                                         \
	{ MSG_SESSION_LIST, BOTH, SERVE, 0, SMALL, VIEW, 0,                  \
		on_SESSION_LIST },                                           \
	{ MSG_SESSION_GET, BOTH, SERVE, 0, SMALL, VIEW, 0, on_SESSION_GET }, \
	{ MSG_SESSION_KILL, BOTH, SERVE, 0, SMALL, CTRL, 0,                  \
		on_SESSION_KILL },                                           \
	{ MSG_SESSION_CLEANUP, BOTH, SERVE, 0, SMALL, CTRL, 0,               \
		on_SESSION_CLEANUP },                                        \
	{ MSG_SESSION_ATTACH, BOTH, SERVE, 0, SMALL, VIEW, 0,                \
		on_SESSION_ATTACH },                                         \
	{ MSG_HOOK_LIST, BOTH, SERVE, 0, SMALL, VIEW, 0, on_HOOK_LIST },     \
	{ MSG_HOOK_ADD, BOTH, SERVE, 0, MEDIUM, CTRL, 0, on_HOOK_ADD },      \
	{ MSG_HOOK_REMOVE, BOTH, SERVE, 0, SMALL, CTRL, 0, on_HOOK_REMOVE }, \
	{ MSG_HOOK_IMPORT, BOTH, SERVE, 0, LARGE, CTRL, 0, on_HOOK_IMPORT }, \
	/* What an agent is shown is as good as typed. */                    \
	{ MSG_UPLOAD_BEGIN, BOTH, SERVE, 0, LARGE, CTRL, 0,                  \
		on_UPLOAD_BEGIN },                                           \
	{ MSG_UPLOAD_MORE, BOTH, SERVE, 0, LARGE, CTRL, 0,                   \
		on_UPLOAD_MORE },                                            \
	{ MSG_UPLOAD_DROP, BOTH, SERVE, 0, SMALL, CTRL, 0,                   \
		on_UPLOAD_DROP },                                            \
	/* Entries name programs and files: not for whoever may only look. */ \
	{ MSG_AUDIT_READ, BOTH, SERVE, 0, SMALL, CTRL, 0, on_AUDIT_READ },   \
	{ MSG_REGISTRY_GET, BOTH, SERVE, 0, SMALL, VIEW, 0,                  \
		on_REGISTRY_GET },                                           \
	{ MSG_REGISTRY_PIN, BOTH, SERVE, 0, SMALL, CTRL, 0,                  \
		on_REGISTRY_PIN },                                           \
	/* What tokens there are, and fewer of them; never one more. */      \
	{ MSG_TOKEN_LIST, BOTH, SERVE, 0, SMALL, CTRL, 0, on_TOKEN_LIST },   \
	{ MSG_TOKEN_REVOKE, BOTH, SERVE, 0, SMALL, CTRL, 0,                  \
		on_TOKEN_REVOKE },                                           \
	/* It names the administrator's rules, and what is set where. */     \
	{ MSG_POLICY_SHOW, BOTH, SERVE, 0, SMALL, CTRL, 0, on_POLICY_SHOW }

static const struct msg_rule control_rules[] = {
	REQUESTS,
	/* It ends ringletd, and all requests that are under way. */
	{ MSG_RESTART, FROM_CLI, SERVE, 0, SMALL, 0, 0, on_RESTART },
	/* It starts a session without a jail, where that is asked for. */
	{ MSG_SANDBOX_CHECK, FROM_CLI, SERVE, 0, LARGE, 0, 0,
	    on_SANDBOX_CHECK },
	/* These hand out a key, so there is no row for ringletd. */
	{ MSG_PROFILE_ENV, FROM_CLI, SERVE, 0, MEDIUM, 0, 0, on_PROFILE_RUN },
	{ MSG_PROFILE_RUN, FROM_CLI, SERVE, 0, LARGE, 0, 0, on_PROFILE_RUN },
	/* Who has one token must not make himself another. */
	{ MSG_TOKEN_CREATE, FROM_CLI, SERVE, 0, SMALL, 0, 0, on_TOKEN_CREATE },
	{ MSG_TOKEN_ROTATE, FROM_CLI, SERVE, 0, SMALL, 0, 0, on_TOKEN_ROTATE },
	{ MSG_CODE_CREATE, FROM_CLI, SERVE, 0, SMALL, 0, 0, on_CODE_CREATE },
	/* These tell which files there are, and loosen jails. */
	{ MSG_JAIL_EXPLAIN, FROM_CLI, SERVE, 0, LARGE, 0, 0, on_JAIL_EXPLAIN },
	{ MSG_PROFILE_ENDPOINT, FROM_CLI, SERVE, 0, MEDIUM, 0, 0,
		on_PROFILE_ENDPOINT },
	{ MSG_PROFILE_GRANT, FROM_CLI, SERVE, 0, MEDIUM, 0, 0,
		on_PROFILE_GRANT },
	/* These tell which keys there are, and delete some. */
	{ MSG_KEYS_CHECK, FROM_CLI, SERVE, 0, SMALL, 0, 0,
	    on_KEYS_CHECK },
	{ MSG_ORPHAN_DELETE, FROM_CLI, SERVE, 0, SMALL, 0, 0,
	    on_ORPHAN_DELETE },
	/* Nobody over the network may have a window opened here. */
	{ MSG_PROMPT_ALLOW, FROM_CLI, SERVE, 0, SMALL, 0, 0, on_PROMPT_ALLOW },
	/* These open the vault, and move keys. */
	{ MSG_KEYCHAIN_STATUS, FROM_CLI, SERVE, 0, SMALL, 0, 0,
	    on_KEYCHAIN_STATUS },
	{ MSG_KEYCHAIN_UNLOCK, FROM_CLI, SERVE, 0, MEDIUM, 0, 0,
	    on_KEYCHAIN_UNLOCK },
	{ MSG_KEYCHAIN_LOCK, FROM_CLI, SERVE, 0, SMALL, 0, 0,
	    on_KEYCHAIN_LOCK },
	{ MSG_KEYCHAIN_PASSPHRASE, FROM_CLI, SERVE, 0, MEDIUM, 0, 0,
	    on_KEYCHAIN_PASSPHRASE },
	{ MSG_KEYCHAIN_MIGRATE, FROM_CLI, SERVE, 0, SMALL, 0, 0,
	    on_KEYCHAIN_MIGRATE },
	/* Over HTTP nobody has a folder to show: REGISTRY_SYNC. */
	{ MSG_REGISTRY_INSTALL, FROM_CLI, SERVE, 1, SMALL, 0, 0,
	    on_REGISTRY_INSTALL },
	/* Who has a token must not have his own commands run. */
	{ MSG_HOOK_APPROVE, FROM_CLI, SERVE, 0, SMALL, 0, 0,
	    on_HOOK_APPROVE },
	/* From ringlet-jail-hook, where there is no jail. */
	{ MSG_HOOK_RUN, FROM_CLI, SERVE, 0, SMALL, 0, 0, on_HOOK_RUN },
	/* It reads the whole log, beside other requests. */
	{ MSG_AUDIT_VERIFY, FROM_CLI, SERVE, 0, SMALL, 0, 0, on_AUDIT_VERIFY },
};

/* What the dashboard alone has a use for: the command has a file system. */
#define FOLDERS                                                              \
	{ MSG_FS_LIST, FROM_RINGLETD, SERVE, 0, MEDIUM, CTRL, 0,             \
		on_FS_LIST },                                                \
	{ MSG_FS_COMPLETE, FROM_RINGLETD, SERVE, 0, MEDIUM, CTRL, 0,         \
		on_FS_COMPLETE }

static const struct msg_rule ringletd_rules[] = {
	{ MSG_READY, FROM_RINGLETD, PST_INIT, 0, MEDIUM, RULE_ONCE, 0,
		on_READY },
	{ MSG_LOG, FROM_RINGLETD, PST_INIT | SERVE, 0, MEDIUM, 0, 0, on_LOG },
	/* Before any byte of the connection is read: there is no token yet. */
	{ MSG_CONN_CHECK, FROM_RINGLETD, SERVE, 1, 16, 0, 0, on_CONN_CHECK },
	/* What it is, and its end: of the token that comes along. */
	{ MSG_TOKEN_SELF, FROM_RINGLETD, SERVE, 0, SMALL, VIEW, 0,
	    on_TOKEN_SELF },
	{ MSG_TOKEN_END, FROM_RINGLETD, SERVE, 0, SMALL, VIEW, 0,
	    on_TOKEN_END },
	/* Who signs in has no token yet. */
	{ MSG_TOKEN_EXCHANGE, FROM_RINGLETD, SERVE, 0, SMALL, CODE, 0,
	    on_TOKEN_EXCHANGE },
	/* From where the settings say; what comes is judged as any. */
	{ MSG_REGISTRY_SYNC, FROM_RINGLETD, SERVE, 0, SMALL, CTRL, 0,
	    on_REGISTRY_SYNC },
	REQUESTS,
	FOLDERS,
	/* Rules and folders of jails: not for whoever may only look. */
	{ MSG_JAIL_SHOW, FROM_RINGLETD, SERVE, 0, MEDIUM, CTRL, 0,
	    on_JAIL_SHOW },
	{ MSG_OK, FROM_RINGLETD, SERVE, 0, 16, 0, MSG_ALIVE, NULL },
};

static const struct msg_rule sandboxer_rules[] = {
	{ MSG_READY, FROM_SANDBOXER, PST_INIT, 0, MEDIUM, RULE_ONCE, 0,
	    on_READY },
	{ MSG_LOG, FROM_SANDBOXER, PST_INIT | SERVE, 0, MEDIUM, 0, 0, on_LOG },
	{ MSG_JAIL_TIER, FROM_SANDBOXER, SERVE, 0, MEDIUM, 0, 0, on_JAIL_TIER },
	{ MSG_JAIL_STATE, FROM_SANDBOXER, SERVE, 0, MEDIUM, 0, 0,
	    on_JAIL_STATE },
	{ MSG_JAIL_SCREEN, FROM_SANDBOXER, SERVE, 1, SMALL, 0, 0,
	    on_JAIL_SCREEN },
	{ MSG_JAIL_NOTICE, FROM_SANDBOXER, SERVE, 0, SMALL, 0, 0,
	    on_JAIL_NOTICE },
	{ MSG_JAIL_HOOK, FROM_SANDBOXER, SERVE, 0, SMALL, 0, 0, on_JAIL_HOOK },
	{ MSG_VIEWER_GONE, FROM_SANDBOXER, SERVE, 0, SMALL, 0, 0,
	    on_VIEWER_GONE },
	{ MSG_JAIL_STARTED, FROM_SANDBOXER, SERVE, 0, SMALL, 0, MSG_JAIL_START,
	    NULL },
	{ MSG_KILLED, FROM_SANDBOXER, SERVE, 0, MEDIUM, 0, MSG_JAIL_KILL,
	    NULL },
	{ MSG_OK, FROM_SANDBOXER, SERVE, 0, SMALL, 0, MSG_JAIL_DROP, NULL },
	{ MSG_OK, FROM_SANDBOXER, SERVE, 0, SMALL, 0, MSG_VIEWER_ADD, NULL },
	{ MSG_OK, FROM_SANDBOXER, SERVE, 0, 16, 0, MSG_ALIVE, NULL },
	{ MSG_ERROR, FROM_SANDBOXER, SERVE, 0, MEDIUM, 0, MSG_JAIL_START,
	    NULL },
	{ MSG_ERROR, FROM_SANDBOXER, SERVE, 0, MEDIUM, 0, MSG_JAIL_KILL, NULL },
	{ MSG_ERROR, FROM_SANDBOXER, SERVE, 0, MEDIUM, 0, MSG_JAIL_DROP, NULL },
	{ MSG_ERROR, FROM_SANDBOXER, SERVE, 0, MEDIUM, 0, MSG_VIEWER_ADD,
	    NULL },
};

/*
 * A daemon that breaks the protocol is taken for taken over: it is killed at
 * once and started afresh.  One that merely closed has died or is dying.
 */
static void
child_closed(struct peer *p, int err, const char *why)
{
	struct client *c = peer_arg(p);

	child_condemn(c->child, err == RL_ERR_EOF ? NULL : why);
}

const struct peer_ops control_ops = {
	.rules = control_rules,
	.nrules = NELEM(control_rules),
	.closed = control_closed,
};

const struct peer_ops ringletd_ops = {
	.rules = ringletd_rules,
	.nrules = NELEM(ringletd_rules),
	.authorise = auth_token,
	.refusal = auth_refusal,
	.closed = child_closed,
};

const struct peer_ops sandboxer_ops = {
	.rules = sandboxer_rules,
	.nrules = NELEM(sandboxer_rules),
	.closed = child_closed,
};

struct env *
peer_env(const struct peer *p)
{
	struct client *c = peer_arg(p);

	return c->env;
}

bool
peer_is_cli(const struct peer *p)
{
	return peer_from(p) == FROM_CLI;
}
