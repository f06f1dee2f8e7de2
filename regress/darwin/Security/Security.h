#ifndef REGRESS_DARWIN_SECURITY_H
#define REGRESS_DARWIN_SECURITY_H
/*
 * What ringlet-monitor/keychain-darwin.c needs of macOS's <Security/
 * Security.h>, so that it can be compiled, and run, on other systems; by
 * Apple's documentation.  regress/keychain/fake-security.c does what is
 * declared.
 */

#include <stdint.h>

#include <CoreFoundation/CoreFoundation.h>

typedef int32_t OSStatus;
typedef const struct fake_cf *SecKeychainRef;
typedef uint32_t SecKeychainStatus;

enum { kSecUnlockStateStatus = 1 };

enum {
	errSecSuccess = 0,
	errSecWrPerm = -61,
	errSecUserCanceled = -128,
	errSecMissingEntitlement = -34018,
	errSecNotAvailable = -25291,
	errSecAuthFailed = -25293,
	errSecNoSuchKeychain = -25294,
	errSecDuplicateItem = -25299,
	errSecItemNotFound = -25300,
	errSecNoDefaultKeychain = -25307,
	errSecInteractionNotAllowed = -25308,
	errSecInteractionRequired = -25315
};

extern const CFStringRef kSecClass, kSecClassGenericPassword;
extern const CFStringRef kSecAttrService, kSecAttrAccount, kSecAttrLabel,
    kSecAttrGeneric, kSecValueData;
extern const CFStringRef kSecMatchLimit, kSecMatchLimitOne, kSecMatchLimitAll,
    kSecReturnAttributes, kSecReturnData;

OSStatus SecItemAdd(CFDictionaryRef attributes, CFTypeRef *result);
OSStatus SecItemCopyMatching(CFDictionaryRef query, CFTypeRef *result);
OSStatus SecItemUpdate(CFDictionaryRef query, CFDictionaryRef attributes);
OSStatus SecItemDelete(CFDictionaryRef query);
CFStringRef SecCopyErrorMessageString(OSStatus, void *reserved);
OSStatus SecKeychainSetUserInteractionAllowed(Boolean);
OSStatus SecKeychainCopyDefault(SecKeychainRef *);
OSStatus SecKeychainGetStatus(SecKeychainRef, SecKeychainStatus *);

#endif /* REGRESS_DARWIN_SECURITY_H */
