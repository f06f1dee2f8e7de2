#ifndef KEYCHAIN_SERVICE_H
#define KEYCHAIN_SERVICE_H
/*
 * The Secret Service of the session bus, reached so that nothing is started
 * and nobody is prompted.
 */

#include <stddef.h>

#define SECRET_API_SUBJECT_TO_CHANGE
#include <libsecret/secret.h>

/*
 * Connects.  On RL_OK *sp is a service to be released by g_object_unref(), on
 * which whatever would prompt fails as locked.  RL_ERR_NOSERVICE: there is no
 * bus, or nobody on it has the service's name; else as service_fail().
 */
int service_open(SecretService **sp, char *why, size_t whysz);

/*
 * Turns *error into an error of keychain-backend.h, with a text in why[whysz]
 * that begins with what (what was being done), and frees it.  *error may be
 * NULL: libsecret reports a dismissed or refused step without any.
 */
int service_fail(GError **error, const char *what, char *why, size_t whysz);

#endif /* KEYCHAIN_SERVICE_H */
