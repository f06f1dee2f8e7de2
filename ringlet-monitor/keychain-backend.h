#ifndef KEYCHAIN_BACKEND_H
#define KEYCHAIN_BACKEND_H
/*
 * What a credential store must offer Ringlet.  Implemented once for each
 * store (keychain-secret.c: the Secret Service of the session bus).  Called by
 * keychain-helper.c only, in a process that serves one request and ends, so a
 * call may block: whoever started that process holds the clock.
 */

#include <stddef.h>

/* Longest key that is stored or handed back, in bytes. */
#define KC_SECRET_MAX 8192

/* Names one key.  Both strings are checked by the caller (common/valid.h). */
struct kc_item {
	const char *profile;  /* alias of the profile that owns the key */
	const char *provider; /* id of the provider the key is for */
};

/*
 * Every function below returns RL_OK or one of
 *	RL_ERR_LOCKED		the store is there, but locked, or wants to ask
 *				the person something before it goes on
 *	RL_ERR_NOTFOUND		the store is open and holds no such key
 *	RL_ERR_NOSERVICE	there is no bus, or nobody on it keeps secrets
 *	RL_ERR_TIMEOUT		the store did not answer
 *	RL_ERR_DENIED		the store refused
 *	RL_ERR_INVALID		the key is not text of 1 to KC_SECRET_MAX
 *				bytes
 *	RL_ERR_UNAVAILABLE	anything else
 * and, unless it returns RL_OK, a cause for people in why[whysz], which never
 * holds a secret and is always terminated.
 */

/* Name of the store for messages and profile files ("secret-service"). */
const char *keychain_backend_name(void);

/*
 * Keep the len bytes at secret as the one key of item->profile: a key that
 * was kept under that name before is gone afterwards.  Nothing is changed if
 * any of them cannot be replaced.  The caller still owns secret.
 */
int keychain_backend_store(const struct kc_item *item, const char *secret,
    size_t len, char *why, size_t whysz);

/*
 * Copy the key of item into buf (cap bytes, at least KC_SECRET_MAX + 1) and
 * its length into *lenp; buf is terminated too.  If the store holds several
 * that match, the newest is taken.  The caller wipes buf, also after errors.
 */
int keychain_backend_lookup(const struct kc_item *item, char *buf, size_t cap,
    size_t *lenp, char *why, size_t whysz);

/*
 * Remove every key of item->profile, whatever provider it was for.
 * RL_ERR_NOTFOUND if there was none.
 */
int keychain_backend_delete(
    const struct kc_item *item, char *why, size_t whysz);

/*
 * Whether a key could be stored now.  On RL_OK, why says where it would go.
 */
int keychain_backend_status(char *why, size_t whysz);

#endif /* KEYCHAIN_BACKEND_H */
