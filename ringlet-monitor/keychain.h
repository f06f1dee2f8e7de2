#ifndef KEYCHAIN_H
#define KEYCHAIN_H
/*
 * The monitor's way to the credential stores.  Each call runs in a process of
 * its own (ringlet-keychain): one request, one reply, a deadline, SIGKILL.
 * Whatever the store or its bus does, the monitor's loop goes on, and it never
 * opens the vault's file itself.
 */

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct secret;
struct strlist;
struct keychain;
struct keychain_call;

#define KEYCHAIN_TIMEOUT 10000 /* ms for one call, once it has started */
/* Milliseconds until a window must be gone. */
#define KEYCHAIN_DISMISS_TIMEOUT 3000
/* Milliseconds more while it asks a person, and how many may at once. */
#define KEYCHAIN_PROMPT_TIMEOUT	60000
#define KEYCHAIN_PROMPTING	4 /* besides those that run */
/*
 * The least that a call with a passphrase gets: what it waits for is a
 * processor, not somebody else's program.
 */
#define KEYCHAIN_PASSPHRASE_TIMEOUT 20000
#define KEYCHAIN_RUNNING	    4  /* helpers at once; further calls wait */
#define KEYCHAIN_WAITING	    64 /* calls that may wait for one */

/* The names of the stores, which profile files remember. */
#define KEYCHAIN_SECRET_SERVICE "secret-service"
#define KEYCHAIN_VAULT		"vault"
#define KEYCHAIN_NONE		"none" /* no key: never asked */

/* The key of the audit log is kept like a profile's of this name. */
#define KEYCHAIN_AUDIT_PROFILE	".audit"
#define KEYCHAIN_AUDIT_PROVIDER "ringlet"

#define KEYCHAIN_VAULT_KEY_LEN	32   /* bytes */
#define KEYCHAIN_PASSPHRASE_MAX 1024 /* bytes, at least one */

/*
 * How the vault is reached.  Belongs to whoever unlocks and locks, and is
 * looked at when a call's helper starts.
 */
struct keychain_vault {
	const char *path;   /* absolute name of its file */
	struct secret *key; /* KEYCHAIN_VAULT_KEY_LEN bytes; NULL: locked */
	/*
	 * The highest generation that was seen: a file with a lower one was
	 * put back, and is refused.  Answers raise it; 0 accepts any.
	 */
	uint64_t generation;
};

/*
 * The answer to a call: exactly once, never from inside the function that made
 * it.  err is RL_OK or
 *	RL_ERR_LOCKED		the keychain is locked
 *	RL_ERR_DISMISSED	it asked the person, who sent it away or left
 *	RL_ERR_NOTFOUND		it is open and holds no such key; the vault:
 *				there is none yet
 *	RL_ERR_NOSERVICE	no bus, or nobody on it keeps secrets
 *	RL_ERR_TIMEOUT		no answer before the deadline
 *	RL_ERR_DENIED		it refused
 *	RL_ERR_INVALID		the key is not 1 to 8192 bytes of text, or
 *				there is no such store
 *	RL_ERR_PASSPHRASE	the vault has another passphrase
 *	RL_ERR_DAMAGED		the vault's file was cut, altered or put back;
 *				it is left as it is
 *	RL_ERR_EXISTS		there is a vault already
 *	RL_ERR_LIMIT		too many calls are waiting; the store is full
 *	RL_ERR_UNAVAILABLE	anything else
 * text says why in words, "" for RL_OK (for a status call: where keys go); it
 * lives until the callback returns.  key is the key that was looked up, or the
 * vault's, now the callback's to free, and NULL in all other cases.
 */
typedef void (*keychain_cb)(
    void *arg, int err, struct secret *key, const char *text);
/* The same for a list; items live until the callback returns. */
typedef void (*keychain_list_cb)(
    void *arg, int err, const struct strlist *items, const char *text);

/*
 * helper is the absolute name of ringlet-keychain.  Its environment is reduced
 * to what finding the session bus needs, taken from the monitor's own now.
 * Helpers are reaped through a SIGCHLD watch of this module's own, by pid.
 */
struct keychain *keychain_new(struct loop *, const char *helper);
/*
 * Ends every call without calling back and kills the helpers.  Never from
 * inside a callback.
 */
void keychain_free(struct keychain *);
/*
 * Whether half of the calls that may wait do: from then on a request over HTTP
 * is refused, so that it cannot keep out the person at the machine.
 */
bool keychain_is_crowded(const struct keychain *);
/*
 * Replaces KEYCHAIN_TIMEOUT and KEYCHAIN_PROMPT_TIMEOUT for calls that start,
 * and prompts that open, from now on.
 */
void keychain_set_timeout(
    struct keychain *, uint64_t ms, uint64_t prompt_ms);

/*
 * The call is for a command that a person typed: prompts that should show
 * nothing are let through.  person: the keychain may ask by a window of its
 * own, for somebody is where it can be seen.  To be said at once, before the
 * loop turns.  client and id are the caller's names for who asked, and mean
 * nothing here.
 */
void keychain_may_ask(
    struct keychain_call *, bool person, uint64_t client, uint32_t id);
/* Sets what is called when a window opens for a call. */
typedef void (*keychain_prompt_cb)(void *arg, uint64_t client, uint32_t id);
void keychain_on_prompt(struct keychain *, keychain_prompt_cb, void *arg);
/*
 * Nobody waits any more: ends the client's calls whose window is open, or would
 * open.  Those that need none go on, so that nothing ends half done.  No
 * keychain, NULL, has none.
 */
void keychain_client_gone(struct keychain *, uint64_t client);
/* Whether a call runs or waits. */
bool keychain_is_busy(const struct keychain *);
/*
 * From now on the vault is reached so; NULL: there is none.  It must stay as
 * long as the keychain, or be taken back by NULL.
 */
void keychain_set_vault(struct keychain *, struct keychain_vault *);

/*
 * In each call backend is a name from above; a profile's own is in its file,
 * and "" there is the Secret Service.  KEYCHAIN_NONE finds nothing.
 * The handle that is returned is good until the callback begins; it may be
 * ignored.  Keys and passphrases are copied.
 */

/* Keeps key as the only key of profile, for provider. */
struct keychain_call *keychain_store(struct keychain *, const char *backend,
    const char *profile, const char *provider, const struct secret *key,
    keychain_cb, void *arg);
/* Hands the key of profile, if it is for provider, to the callback. */
struct keychain_call *keychain_lookup(struct keychain *, const char *backend,
    const char *profile, const char *provider, keychain_cb, void *arg);
/* Removes every key of profile. */
struct keychain_call *keychain_delete(struct keychain *, const char *backend,
    const char *profile, keychain_cb, void *arg);
/* Whether a key could be stored now, and where it would go. */
struct keychain_call *keychain_status(
    struct keychain *, const char *backend, keychain_cb, void *arg);
/* "PROFILE PROVIDER" for each key that the store has of Ringlet. */
struct keychain_call *keychain_list(
    struct keychain *, const char *backend, keychain_list_cb, void *arg);

/*
 * The vault's passphrase; RL_ERR_INVALID if the store has none of its own.
 * The vault's key goes to the callback of the first two, which may put it into
 * the struct keychain_vault; that is not done here.
 */
struct keychain_call *keychain_unlock(struct keychain *, const char *backend,
    const struct secret *passphrase, keychain_cb, void *arg);
/* Makes the vault, never over a file. */
struct keychain_call *keychain_vault_new(struct keychain *, const char *backend,
    const struct secret *passphrase, keychain_cb, void *arg);
/* Gives the vault, which must be unlocked, another passphrase. */
struct keychain_call *keychain_vault_passphrase(struct keychain *,
    const char *backend, const struct secret *passphrase, keychain_cb,
    void *arg);

/* Forgets the call; its helper is killed, its callback never called. */
void keychain_cancel(struct keychain_call *);

#endif /* KEYCHAIN_H */
