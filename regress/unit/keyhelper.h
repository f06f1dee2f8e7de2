#ifndef UNIT_KEYHELPER_H
#define UNIT_KEYHELPER_H
/*
 * A keychain helper that answers, hangs, dies, or lies, as the profile's name
 * in the request says.
 */

#include "keychain.h"

#define STORE  KEYCHAIN_SECRET_SERVICE
#define CANARY "sk-unit-4d1c8a"
#define VKEY   "0123456789abcdef0123456789abcdef" /* a vault's */

/* One request, and then the end; the exit status if there was none. */
int keyhelper_main(void);

#endif /* UNIT_KEYHELPER_H */
