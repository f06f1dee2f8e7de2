#ifndef UNIT_VAULTRIG_H
#define UNIT_VAULTRIG_H
/*
 * A vault in a folder of its own, for tests, and the system calls of the code
 * under test: a process can end, or be refused, at each of them.  The program
 * is linked so that they come by here (--wrap).
 */

#include <stddef.h>
#include <stdint.h>

#include "keychain-backend.h"

#define PASS "correct horse"
#define DIED 77 /* status of a process that ended at a call */

/* What happens at call number stop_at of this process. */
enum stop { NOTHING, DIE, FAIL };
extern enum stop stop_how;
extern unsigned stop_at;
/* A file that another program makes just before ours gets its name. */
extern const char *appears;

/* The store under test, the vault's folder, file and key, the last cause. */
extern const struct keychain_backend *const b;
extern char folder[64], path[80], why[512];
extern uint8_t key[KC_VAULT_KEY_LEN];

/* Makes the vault, with the key "sk-work" of work; and removes it all. */
void vault_setup(void);
void vault_teardown(void);

/* How the vault is reached with this key, NULL: locked. */
struct kc_reach reach(const uint8_t *k);
/* Calls of the store, by its key; the provider is openai. */
int store(const char *profile, const char *value);
int drop(const char *profile);
/* The key of a profile, "" if there is none; fails the test on all else. */
const char *lookup(const char *profile);
uint64_t generation(void);
/* Calls with a passphrase. */
int unlock(const char *pass, uint8_t *k);
int make(uint8_t *k);

/* The file, in bytes of the caller's; and whether it is still the same. */
struct bytes {
	uint8_t *p;
	size_t len;
};
struct bytes slurp(void);
void spill(const uint8_t *p, size_t len);
void is_still(const struct bytes *);
/* Fails the test unless the last cause has these words. */
void says(const char *words);

#endif /* UNIT_VAULTRIG_H */
