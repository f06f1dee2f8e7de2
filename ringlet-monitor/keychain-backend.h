#ifndef KEYCHAIN_BACKEND_H
#define KEYCHAIN_BACKEND_H
/*
 * What a credential store must offer Ringlet: one table of functions for each
 * store.  Called by keychain-helper.c only, in a process that serves one
 * request and ends, so a call may block: whoever started that process holds
 * the clock.  regress/keychain/conform.c tries what is said here on every
 * store there is.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strlist;

/* Longest key that is stored or handed back, in bytes. */
#define KC_SECRET_MAX 8192
/* Longest passphrase of a vault, in bytes. */
#define KC_PASSPHRASE_MAX 1024
/* Most keys that can be listed. */
#define KC_ITEMS_MAX 2048
/* Bytes of the key that a vault's contents are sealed with. */
#define KC_VAULT_KEY_LEN 32

/* Names one key.  Both strings are checked by the caller (kc_item_ok()). */
struct kc_item {
	const char *profile;  /* alias of the profile that owns the key */
	const char *provider; /* id of the provider the key is for */
};

/*
 * Called with true before a store asks the person something by a window of its
 * own, which may take as long as that person does, and with false after.
 */
typedef void (*kc_prompting)(bool open);

/* How a store is reached.  What it has no use for, it does not look at. */
struct kc_reach {
	const char *vault;	  /* absolute name of the vault's file */
	const uint8_t *vault_key; /* KC_VAULT_KEY_LEN bytes; NULL: locked */
	/*
	 * The lowest generation of the vault that is accepted.  After RL_OK
	 * it is that of the file as it was read or written.
	 */
	uint64_t generation;
	bool command; /* a person typed a command, wherever that is */
	/* NULL: nobody sits where such a window could be seen. */
	kc_prompting prompting;
	int asker; /* a descriptor that closes when nobody waits any more */
};

/*
 * Every function of the table returns RL_OK or one of
 *	RL_ERR_LOCKED		the store is there, but locked, or wants to ask
 *				the person something before it goes on
 *	RL_ERR_DISMISSED	the store asked the person, who sent it away
 *	RL_ERR_NOTFOUND		the store is open and holds no such key; for a
 *				vault also: there is no file yet
 *	RL_ERR_NOSERVICE	there is no bus, or nobody on it keeps secrets
 *	RL_ERR_TIMEOUT		the store did not answer
 *	RL_ERR_DENIED		the store refused
 *	RL_ERR_INVALID		the key is not what kc_value_check() accepts
 *	RL_ERR_PASSPHRASE	the passphrase, or the key, is another one
 *	RL_ERR_DAMAGED		what is stored was cut, altered or rolled back
 *	RL_ERR_EXISTS		there is a vault already
 *	RL_ERR_LIMIT		it is full, or holds too much to be listed
 *	RL_ERR_UNAVAILABLE	anything else
 * and, unless it returns RL_OK, a cause for people in why[whysz], which never
 * holds a secret and is always terminated.  After any error the store is as it
 * was, but for what store() and remove() say.
 */
struct keychain_backend {
	/* For messages and profile files ("secret-service"). */
	const char *name;

	/*
	 * Keep the len bytes at secret as the one key of item->profile: a key
	 * that was kept under that name before is gone afterwards, and not
	 * before the new one is in place.  Nothing is changed if any of them
	 * cannot be replaced.  The caller still owns secret.
	 */
	int (*store)(struct kc_reach *, const struct kc_item *item,
	    const char *secret, size_t len, char *why, size_t whysz);

	/*
	 * Copy the key of item into buf (cap bytes, at least KC_SECRET_MAX +
	 * 1) and its length into *lenp; buf is terminated too.  If the store
	 * holds several that match, the newest is taken.  The caller wipes
	 * buf, also after errors.
	 */
	int (*lookup)(struct kc_reach *, const struct kc_item *item, char *buf,
	    size_t cap, size_t *lenp, char *why, size_t whysz);

	/*
	 * Remove every key of item->profile, whatever provider it was for.
	 * RL_ERR_NOTFOUND if there was none.
	 */
	int (*remove)(struct kc_reach *, const struct kc_item *item, char *why,
	    size_t whysz);

	/*
	 * Whether a key could be stored now.  On RL_OK, why says where it
	 * would go.
	 */
	int (*status)(struct kc_reach *, char *why, size_t whysz);

	/*
	 * Append "PROFILE PROVIDER" for each key that the store holds for
	 * Ringlet, in any order, none twice; an empty store is RL_OK.  Names
	 * that Ringlet could not have given are left out.
	 */
	int (*list)(
	    struct kc_reach *, struct strlist *items, char *why, size_t whysz);

	/*
	 * The following are NULL for a store that has no passphrase of its
	 * own.  pass has len bytes, 1 to KC_PASSPHRASE_MAX, and may hold
	 * anything.
	 */

	/* Make the vault; never over a file.  Its key goes to key. */
	int (*make)(struct kc_reach *, const char *pass, size_t len,
	    uint8_t key[KC_VAULT_KEY_LEN], char *why, size_t whysz);
	/* Find the vault's key by its passphrase. */
	int (*unlock)(struct kc_reach *, const char *pass, size_t len,
	    uint8_t key[KC_VAULT_KEY_LEN], char *why, size_t whysz);
	/* Give the vault that reach->vault_key opens another passphrase. */
	int (*passphrase)(struct kc_reach *, const char *pass, size_t len,
	    char *why, size_t whysz);
};

/* The Secret Service of the session bus (keychain-secret.c). */
extern const struct keychain_backend keychain_secret_service;
/* The keychain of macOS (keychain-darwin.c). */
extern const struct keychain_backend keychain_darwin;
/* Ringlet's own file, for where there is none (keychain-vault.c). */
extern const struct keychain_backend keychain_vault;
/* Those that this system has, NULL at the end (keychain-stores-*.c). */
extern const struct keychain_backend *const keychain_backends[];

/* --- what all of them share (keychain-item.c) --- */

/* The item that is no profile's: the key of the audit log. */
#define KC_AUDIT_PROFILE  ".audit"
#define KC_AUDIT_PROVIDER "ringlet"

/*
 * Whether Ringlet gives such names: a profile's alias and a provider's id, or
 * the audit log's.  provider may be NULL: any.
 */
int kc_item_ok(const char *profile, const char *provider);

/*
 * Whether len bytes may be a key: 1 to KC_SECRET_MAX bytes of UTF-8 without
 * control characters.  Tried before storing, and on what a store hands back:
 * it may come from a program that is not ours, and will go into an environment
 * and a header line.  RL_ERR_INVALID, and why in words.
 */
int kc_value_check(const char *p, size_t len, char *why, size_t whysz);

/*
 * Appends "PROFILE PROVIDER" unless the names are not ours or it is there
 * already.  RL_ERR_LIMIT: there are KC_ITEMS_MAX.
 */
int kc_list_add(struct strlist *, const char *profile, const char *provider,
    char *why, size_t whysz);

#endif /* KEYCHAIN_BACKEND_H */
