#ifndef VAULT_FILE_H
#define VAULT_FILE_H
/*
 * The vault's file on disk: read whole, replaced whole, by one writer at a
 * time.  Used by keychain-vault.c alone, in the one-shot program
 * ringlet-keychain; a wait for another writer ends with that program.
 */

#include <stddef.h>
#include <stdint.h>

struct vault_file;

/*
 * Opens the folder of path, which must be ours and writable by nobody else.
 * Errors of all functions: RL_ERR_NOTFOUND, there is no such file;
 * RL_ERR_DENIED, it is not one that we may trust; RL_ERR_DAMAGED, too large for
 * a vault; RL_ERR_EXISTS; RL_ERR_UNAVAILABLE, with the system's cause.  On
 * RL_OK *out is for vault_file_close().
 */
int vault_file_open(
    const char *path, struct vault_file **out, char *why, size_t whysz);
/* Gives the lock up, if it was taken. */
void vault_file_close(struct vault_file *);

/* Waits until no other writer is at work; held until the end. */
int vault_file_lock(struct vault_file *, char *why, size_t whysz);

/*
 * Reads the file.  *p has *len bytes, for free().  It must be a plain file of
 * ours that nobody else may read.
 */
int vault_file_read(
    struct vault_file *, uint8_t **p, size_t *len, char *why, size_t whysz);

/*
 * Puts len bytes in the file's place: written beside it, synced, renamed, and
 * the folder synced.  After an error the former file is there, but when the
 * last of these failed: then the new one is, and may not survive a loss of
 * power.  The lock must be held.
 */
int vault_file_replace(
    struct vault_file *, const uint8_t *p, size_t len, char *why, size_t whysz);
/* The same for a file that is not there; RL_ERR_EXISTS if anything is. */
int vault_file_create(
    struct vault_file *, const uint8_t *p, size_t len, char *why, size_t whysz);

#endif /* VAULT_FILE_H */
