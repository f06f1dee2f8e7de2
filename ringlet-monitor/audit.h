#ifndef AUDIT_H
#define AUDIT_H
/*
 * The audit log: who has used a key, started a session, loosened a jail, or
 * changed who may.  Any file of the monitor's that does such a thing calls
 * audit_event() before it, and once more when it knows what came of it.
 *
 *	audit.c		 entries, and what must not happen without one
 *	audit-file.c	 the file, and the state of the chain
 *	audit-repeat.c	 refusals that come again and again
 *	audit-key.c	 the chain's key, in the keychain
 *	audit-turn.c	 another file, when one is long enough
 *	audit-files.c	 which files there are
 *	audit-scan.c	 all of them, a piece a turn of the loop
 *	audit-line.c	 one entry as text
 *	audit-verify.c	 whether a log is as it was written
 *	api-audit.c	 requests about it
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit-line.h"

struct env;
struct audit;
struct loop;
struct peer;

/* Events.  A new one needs a name here, and a line in ringlet-audit(5). */
#define AUDIT_START	   "daemon.start"
#define AUDIT_STOP	   "daemon.stop"
#define AUDIT_RESTART	   "daemon.restart"
#define AUDIT_CHILD_END	   "daemon.child"
#define AUDIT_SETTINGS	   "settings.change"
#define AUDIT_POLICY	   "policy.change"
#define AUDIT_POLICY_REFUSE "policy.refuse"
#define AUDIT_KEY_STORE	   "key.store"
#define AUDIT_KEY_READ	   "key.read"
#define AUDIT_KEY_REPLACE  "key.replace"
#define AUDIT_KEY_DELETE   "key.delete"
#define AUDIT_UNLOCK	   "keychain.unlock"
#define AUDIT_LOCK	   "keychain.lock"
#define AUDIT_PASSPHRASE   "keychain.passphrase"
#define AUDIT_MIGRATE	   "keychain.migrate"
#define AUDIT_SESSION	   "session.start"
#define AUDIT_SESSION_KILL "session.kill"
#define AUDIT_SESSION_END  "session.end"
#define AUDIT_UPLOAD	   "session.upload"
#define AUDIT_LOOSEN	   "jail.loosen"
#define AUDIT_ENDPOINT	   "profile.endpoint"
#define AUDIT_GRANT	   "jail.grant"
#define AUDIT_REVOKE	   "jail.revoke"
#define AUDIT_TOKEN_MAKE   "token.make"
#define AUDIT_TOKEN_ROTATE "token.rotate"
#define AUDIT_TOKEN_REVOKE "token.revoke"
#define AUDIT_TOKEN_EXPIRE "token.expire"
#define AUDIT_TOKEN_REFUSE "token.refuse"
#define AUDIT_TOKEN_CODE   "token.code"
#define AUDIT_STRANGER	   "http.refuse"
#define AUDIT_HOOK_ADD	   "hook.add"
#define AUDIT_HOOK_REMOVE  "hook.remove"
#define AUDIT_HOOK_APPROVE "hook.approve"
#define AUDIT_HOOK_RUN	   "hook.run"
#define AUDIT_REGISTRY	   "registry.sync"
#define AUDIT_REGISTRY_PIN "registry.pin"
/* Of the log itself. */
#define AUDIT_SEALED	"audit.seal"
#define AUDIT_KEY_MADE	"audit.key"
#define AUDIT_KEY_LOST	"audit.key-lost"
#define AUDIT_RECOVERED "audit.recovered"
#define AUDIT_TURNED	"audit.rotate"
#define AUDIT_PRUNED	"audit.prune"
#define AUDIT_DAMAGED	"audit.damaged"
#define AUDIT_LOST	"audit.lost"

/* Outcomes. */
#define AUDIT_OK      "ok"
#define AUDIT_INTENT  "intent" /* about to be done; what came of it follows */
#define AUDIT_REFUSED "refused"
#define AUDIT_FAILED  "failed"

/* The monitor as the one who does it. */
extern const struct audit_who audit_monitor;
/* Whoever has sent the request: a CLI, or over HTTP the token. */
const struct audit_who *audit_who_of(const struct peer *);

/*
 * Writes an entry: who has done event to object (a profile, a session's id, a
 * file), what came of it, and details as pairs of strings, name and value,
 * ended by NULL; a pair with the value NULL is left out.  No string may hold a
 * secret.
 *
 * 0, or RL_ERR_DENIED if it could not be written and AuditFull says that
 * then nothing may be done; audit_trouble() is what to tell the asker.  Who
 * tells of what is done already need not look.
 */
int audit_event(struct env *, const struct audit_who *who, const char *event,
    const char *object, const char *outcome, ...) __attribute__((__sentinel__));
/*
 * The same question without an entry, for what must not begin: looks whether
 * entries that were lost can be made up for.
 */
int audit_may(struct env *);
/* Why not, and what to do; static until the next call. */
const char *audit_trouble(struct env *);

/*
 * Opens the log and says that the daemon starts; detail is how.  It goes on
 * without if the file cannot be had: what needs an entry is refused then.
 */
void audit_open(struct env *, const char *how);
/* The loop and the keychain are there: asks for the chain's key. */
void audit_begin(struct env *);
/* Settings may have changed. */
void audit_settings(struct env *);
/* The keychain may have been opened: asks for the key, if there is none. */
void audit_key_retry(struct env *);
/*
 * Keys are about to be moved, and the log's with them: it is neither read nor
 * written from now on.  Then: it is in that store now.  And: it is over.
 */
void audit_key_hold(struct env *);
void audit_key_moved(struct env *, const char *store);
void audit_key_release(struct env *);
/*
 * The last entry, and what the keychain must know of it.  True: done.  False:
 * monitor_maybe_done() is called once it is; that is within a few seconds.
 */
bool audit_finish(struct env *);
/* An exec is to come: no call of ours may be under way for long. */
void audit_pause(struct env *);
void audit_free(struct audit *);

#endif /* AUDIT_H */
