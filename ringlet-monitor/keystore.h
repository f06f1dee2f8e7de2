#ifndef KEYSTORE_H
#define KEYSTORE_H
/*
 * Which store keeps a key.  A profile remembers its store, and is asked for
 * nowhere else; only for a new key there is something to choose.
 */

#include <stddef.h>

struct env;

/*
 * err 0: store (static) is to take the key, and why says what speaks for it.
 * Else why says what to do, and err is one of those of keychain_cb.
 */
typedef void (*keystore_cb)(
    void *arg, int err, const char *store, const char *why);

/*
 * Chooses by the setting Keychain; with auto the Secret Service is asked
 * first.  Calls cb once, perhaps before it returns.  One that is locked is
 * chosen all the same: keys never go elsewhere for that.
 */
void keystore_choose(struct env *, keystore_cb, void *arg);

/*
 * The same as a choice of keystore_choose(), from what the Secret Service said
 * of itself: err and text of its status call.  Pure but for the vault's state.
 */
int keystore_judge(struct env *, int err, const char *text, const char **store,
    char *why, size_t size);

/* The value of the setting Keychain as a word. */
const char *keystore_setting(const struct env *);

/*
 * Before a call: locks a vault whose time is over.  If store is a vault that is
 * not there or locked, or no store at all, an error and why[size] with what to
 * type.
 */
int keystore_ready(struct env *, const char *store, char *why, size_t size);

#endif /* KEYSTORE_H */
