#ifndef VAULT_H
#define VAULT_H
/*
 * The vault's data key, while the vault is open: in guarded memory, and gone
 * at `ringlet keychain lock`, when its time is over, and with the process.
 * The vault's file is read and written by ringlet-keychain alone.
 */

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct asker;
struct env;
struct secret;
struct vault;

/* Makes the keychain's vault known to it; locked. */
struct vault *vault_new(struct env *);
/* Locks it.  Before keychain_free(). */
void vault_free(struct vault *);

/* Whether there is a file; whether its key is here. */
bool vault_is_there(const struct vault *);
bool vault_is_open(const struct vault *);
/* The absolute name of the file. */
const char *vault_file(const struct vault *);
/* The highest generation that was seen, 0: none. */
uint64_t vault_generation(const struct vault *);
/* When it locks by itself, seconds since 1970; 0: it does not, or is locked. */
time_t vault_locks_at(const struct vault *);

/* How a passphrase is given, and what for. */
struct vault_unlock {
	const struct secret *passphrase; /* copied */
	bool make;			 /* a new vault, never over a file */
	bool own_time;	     /* lock_after counts, not VaultLockAfter */
	uint64_t lock_after; /* seconds; 0: not by itself */
};

/*
 * Opens or makes it; cb is called once, later.  RL_ERR_STATE (another
 * passphrase is being tried), RL_ERR_NOTFOUND, RL_ERR_EXISTS, RL_ERR_SYSTEM:
 * why[size] says what to do, and cb is not called.
 */
typedef void (*vault_cb)(void *arg, int err, const char *why);
int vault_unlock(struct vault *, const struct vault_unlock *, vault_cb,
    void *arg, char *why, size_t size);
/*
 * Gives it another passphrase if old is right; it is open afterwards if it
 * was.  As vault_unlock().
 */
int vault_change(struct vault *, const struct secret *old,
    const struct secret *fresh, vault_cb, void *arg, char *why, size_t size);
/*
 * Opens it with the passphrase that systemd's LoadCredential put below
 * CREDENTIALS_DIRECTORY, if there is one.  Whatever goes wrong is logged.
 * Until it is done vault_is_starting().
 */
void vault_take_credential(struct vault *);
bool vault_is_starting(const struct vault *);

/* RL_ERR_STATE while somebody holds it; why[size]. */
int vault_lock(struct vault *, char *why, size_t size);
/* It stays open for work that must not end half done; nests. */
void vault_hold(struct vault *);
void vault_release(struct vault *);

/* Locks it if its time is over: before it is used. */
void vault_check(struct vault *);
/*
 * Remembers the generation, so that a file which is put back is noticed.  Where
 * that cannot be written, the next call tries again.
 */
void vault_note(struct vault *);
/* VaultLockAfter may have changed. */
void vault_settings(struct vault *);

#endif /* VAULT_H */
