/*
 * keychain-stores-darwin.c: the keychains that ringlet-keychain has on macOS.
 */

#include "config.h"

#include "keychain-backend.h"

const struct keychain_backend *const keychain_backends[] = {
	&keychain_darwin,
	&keychain_vault,
	NULL,
};
