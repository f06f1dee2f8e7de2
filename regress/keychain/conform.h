#ifndef REGRESS_KEYCHAIN_CONFORM_H
#define REGRESS_KEYCHAIN_CONFORM_H
/*
 * What every keychain must do, tried on one: ringlet-monitor/keychain-backend.h
 * as claims.  Names begin with "conform", so that a keychain of somebody's own
 * loses nothing else by it.
 */

#include "keychain-backend.h"

struct conform_store {
	const struct keychain_backend *backend;
	struct kc_reach reach;
	/*
	 * Locks and unlocks the store; NULL if that is only possible from
	 * outside, where conform_locked() is run for itself.
	 */
	void (*lock)(struct conform_store *);
	void (*unlock)(struct conform_store *);
};

/* All claims on a store that is open; prints each, returns how many failed. */
unsigned conform_open(struct conform_store *);
/* Those on one that is locked, with or without keys in it. */
unsigned conform_locked(struct conform_store *);

/* A store in memory, for the comparison (memory.c). */
extern const struct keychain_backend keychain_memory;
void memory_lock(int locked);

#endif /* REGRESS_KEYCHAIN_CONFORM_H */
