/*
 * keychain-stores-linux.c: the keychains that ringlet-keychain has on Linux.
 */

#include "config.h"

#include "keychain-backend.h"

const struct keychain_backend *const keychain_backends[] = {
	&keychain_secret_service,
	&keychain_vault,
	NULL,
};
