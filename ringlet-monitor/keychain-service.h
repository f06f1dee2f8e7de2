#ifndef KEYCHAIN_SERVICE_H
#define KEYCHAIN_SERVICE_H
/*
 * The Secret Service of the session bus, reached so that nothing is started
 * and nobody is prompted who cannot see it.
 */

#include <stdbool.h>
#include <stddef.h>

#define SECRET_API_SUBJECT_TO_CHANGE
#include <libsecret/secret.h>

#include "keychain-backend.h"

/* The ends of texts: what to do. */
#define SERVICE_UNLOCK                                                         \
	": unlock it with its own program, or type the command at the "        \
	"machine's display, where it can ask you; without a display end it, "  \
	"and 'gnome-keyring-daemon --unlock --components=secrets' starts "     \
	"one with the password on its standard input"
/* Where no bus is found; not to be freed. */
const char *service_bus_advice(void);

/*
 * Connects.  On RL_OK *sp is a service to be released by g_object_unref().
 * Its prompts are opened if reach says that they may be, else whatever would
 * prompt fails as locked; NULL: they may not.  reach must live as long.
 * RL_ERR_NOSERVICE: there is no bus, or nobody on it has the service's name;
 * else as service_fail().
 */
int service_open(
    SecretService **sp, const struct kc_reach *reach, char *why, size_t whysz);

/*
 * Whether what is done next is known to ask nothing, though it may come with a
 * prompt: such a one is let through without anybody at a display, and dismissed
 * unless it is over within seconds.
 */
void service_formality(SecretService *, bool on);

/*
 * Unlocks collections or items (proxies), by the service's own prompt where it
 * may be opened.  What the proxies then say may be old: fetch them again.
 */
int service_unlock(SecretService *, GList *objects, char *why, size_t whysz);

/*
 * Turns *error into an error of keychain-backend.h, with a text in why[whysz]
 * that begins with what (what was being done) and ends with what to do, and
 * frees it.  *error may be NULL: libsecret reports a refused step without any.
 */
int service_fail(GError **error, const char *what, char *why, size_t whysz);
/*
 * Whether an item has gone that was there a moment ago: a search looks at all
 * that keyrings hold, and other programs, and other calls of ours, remove some.
 */
bool service_item_gone(const GError *);

#endif /* KEYCHAIN_SERVICE_H */
