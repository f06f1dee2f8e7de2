#ifndef KEYCHAIN_H
#define KEYCHAIN_H
/*
 * The monitor's way to the credential store.  Each call runs in a process of
 * its own (ringlet-keychain): one request, one reply, a deadline, SIGKILL.
 * Whatever the store or its bus does, the monitor's loop goes on.
 */

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct secret;
struct keychain;
struct keychain_call;

#define KEYCHAIN_TIMEOUT 10000 /* ms for one call, once it has started */
#define KEYCHAIN_RUNNING 4     /* helpers at once; further calls wait */
#define KEYCHAIN_WAITING 64    /* calls that may wait for one */

/*
 * The answer to a call: exactly once, never from inside the function that made
 * it.  err is RL_OK or
 *	RL_ERR_LOCKED		the keychain is locked
 *	RL_ERR_NOTFOUND		it is open and holds no such key
 *	RL_ERR_NOSERVICE	no bus, or nobody on it keeps secrets
 *	RL_ERR_TIMEOUT		no answer before the deadline
 *	RL_ERR_DENIED		it refused
 *	RL_ERR_INVALID		the key is not 1 to 8192 bytes of text
 *	RL_ERR_LIMIT		too many calls are waiting
 *	RL_ERR_UNAVAILABLE	anything else
 * text says why in words, "" for RL_OK (for a status call: where keys go); it
 * lives until the callback returns.  key is the key that was looked up, now
 * the callback's to free, and NULL in all other cases.
 */
typedef void (*keychain_cb)(
    void *arg, int err, struct secret *key, const char *text);

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
/* Replaces KEYCHAIN_TIMEOUT for calls that start from now on. */
void keychain_set_timeout(struct keychain *, uint64_t ms);
/* Whether a call runs or waits. */
bool keychain_is_busy(const struct keychain *);
/* The name of the store, for profile files: "secret-service". */
const char *keychain_backend(const struct keychain *);

/*
 * Keeps key as the only key of profile, for provider.  key is copied.  The
 * returned handle is good until the callback begins; it may be ignored.
 */
struct keychain_call *keychain_store(struct keychain *, const char *profile,
    const char *provider, const struct secret *key, keychain_cb, void *arg);
/* Hands the key of profile, if it is for provider, to the callback. */
struct keychain_call *keychain_lookup(struct keychain *, const char *profile,
    const char *provider, keychain_cb, void *arg);
/* Removes every key of profile. */
struct keychain_call *keychain_delete(
    struct keychain *, const char *profile, keychain_cb, void *arg);
/* Whether a key could be stored now, and where it would go. */
struct keychain_call *keychain_status(
    struct keychain *, keychain_cb, void *arg);
/* Forgets the call; its helper is killed, its callback never called. */
void keychain_cancel(struct keychain_call *);

#endif /* KEYCHAIN_H */
