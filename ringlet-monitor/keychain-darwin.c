/*
 * keychain-darwin.c: API keys in the keychain of macOS, by Security.framework.
 *
 * A key is a generic password of the default keychain: service "org.ringlet",
 * account the profile, generic attribute the provider.  Service and account
 * are what makes an item one, so that a profile's key is replaced in place.
 * It must never let a window be opened: whoever reaches this machine by ssh
 * would not see it, and the helper would wait for it.
 */

#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CoreFoundation/CoreFoundation.h>
#include <Security/Security.h>

#include "err.h"
#include "keychain-backend.h"
#include "xmalloc.h"

#define SERVICE "org.ringlet"

/*
 * The calls that tell whether a keychain is locked, and keep it from asking,
 * are marked as going away, without anything in their place.
 */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

static void
release(CFTypeRef p)
{
	if (p != NULL)
		CFRelease(p);
}

/* --- errors ------------------------------------------------------------------
 */

static int
error_code(OSStatus status)
{
	switch (status) {
	case errSecItemNotFound:
		return RL_ERR_NOTFOUND;
	case errSecInteractionNotAllowed:
	case errSecInteractionRequired:
		return RL_ERR_LOCKED;
	case errSecAuthFailed:
	case errSecUserCanceled:
	case errSecMissingEntitlement:
	case errSecWrPerm:
		return RL_ERR_DENIED;
	case errSecNotAvailable:
	case errSecNoDefaultKeychain:
	case errSecNoSuchKeychain:
		return RL_ERR_NOSERVICE;
	default:
		return RL_ERR_UNAVAILABLE;
	}
}

/* Says what failed; a status is no secret. */
static int
failed(OSStatus status, const char *what, char *why, size_t whysz)
{
	CFStringRef text = SecCopyErrorMessageString(status, NULL);
	char cause[256];

	if (text == NULL || !CFStringGetCString(text, cause, sizeof(cause),
				kCFStringEncodingUTF8))
		snprintf(cause, sizeof(cause), "error %d", (int)status);
	release(text);
	snprintf(why, whysz, "%s: %s", what, cause);
	return error_code(status);
}

static int
absent(char *why, size_t whysz)
{
	snprintf(why, whysz, "the keychain holds no such key");
	return RL_ERR_NOTFOUND;
}

/*
 * Keeps the keychain from asking anybody anything, and finds out whether it is
 * open: a locked one finds items, and would say of others that they are absent.
 */
static int
begin(char *why, size_t whysz)
{
	SecKeychainRef keychain = NULL;
	SecKeychainStatus state = 0;
	OSStatus status;
	int r;

	if ((status = SecKeychainSetUserInteractionAllowed(false)) !=
		errSecSuccess ||
	    (status = SecKeychainCopyDefault(&keychain)) != errSecSuccess ||
	    (status = SecKeychainGetStatus(keychain, &state)) != errSecSuccess)
		r = failed(status, "opening the default keychain", why, whysz);
	else if ((state & kSecUnlockStateStatus) == 0) {
		snprintf(why, whysz,
		    "the default keychain is locked: 'security "
		    "unlock-keychain'");
		r = RL_ERR_LOCKED;
	} else
		r = RL_OK;
	release(keychain);
	return r;
}

/* --- queries -----------------------------------------------------------------
 */

static void
put_string(CFMutableDictionaryRef d, CFTypeRef name, const char *value)
{
	CFStringRef s =
	    CFStringCreateWithCString(NULL, value, kCFStringEncodingUTF8);

	CFDictionarySetValue(d, name, s);
	release(s);
}

static void
put_data(CFMutableDictionaryRef d, CFTypeRef name, const void *p, size_t len)
{
	CFDataRef data = CFDataCreate(NULL, p, (CFIndex)len);

	CFDictionarySetValue(d, name, data);
	release(data);
}

static CFMutableDictionaryRef
dictionary(void)
{
	return CFDictionaryCreateMutable(NULL, 0,
	    &kCFTypeDictionaryKeyCallBacks, &kCFTypeDictionaryValueCallBacks);
}

/* All items of a profile, or of Ringlet if that is NULL. */
static CFMutableDictionaryRef
query(const char *profile)
{
	CFMutableDictionaryRef q = dictionary();

	CFDictionarySetValue(q, kSecClass, kSecClassGenericPassword);
	put_string(q, kSecAttrService, SERVICE);
	if (profile != NULL)
		put_string(q, kSecAttrAccount, profile);
	return q;
}

/* What a key's item has beside its names. */
static CFMutableDictionaryRef
contents(const struct kc_item *item, const char *secret, size_t len)
{
	CFMutableDictionaryRef d = dictionary();
	char *label;

	label = xasprintf("Ringlet: %s (%s)", item->profile, item->provider);
	put_string(d, kSecAttrLabel, label);
	free(label);
	put_data(d, kSecAttrGeneric, item->provider, strlen(item->provider));
	put_data(d, kSecValueData, secret, len);
	return d;
}

/* Copies text out of an item; false: it is not there, or not text. */
static bool
get_string(CFDictionaryRef d, CFTypeRef name, char *buf, size_t size)
{
	CFTypeRef s = CFDictionaryGetValue(d, name);

	return s != NULL && CFGetTypeID(s) == CFStringGetTypeID() &&
	       CFStringGetCString(s, buf, (CFIndex)size, kCFStringEncodingUTF8);
}

/* The same for bytes, of which the text was made. */
static bool
get_data(
    CFDictionaryRef d, CFTypeRef name, char *buf, size_t size, size_t *lenp)
{
	CFTypeRef data = CFDictionaryGetValue(d, name);
	CFIndex len;

	if (data == NULL || CFGetTypeID(data) != CFDataGetTypeID())
		return false;
	len = CFDataGetLength(data);
	if (len < 0 || (size_t)len >= size)
		return false;
	memcpy(buf, CFDataGetBytePtr(data), (size_t)len);
	buf[len] = '\0';
	*lenp = (size_t)len;
	return strlen(buf) == *lenp;
}

/* --- calls ------------------------------------------------------------------
 */

/* Replaces the profile's key in its item, or adds an item. */
static OSStatus
put_key(const struct kc_item *item, const char *secret, size_t len)
{
	CFMutableDictionaryRef q = query(item->profile);
	CFMutableDictionaryRef d = contents(item, secret, len);
	OSStatus status;

	status = SecItemUpdate(q, d);
	if (status == errSecItemNotFound) {
		CFDictionarySetValue(d, kSecClass, kSecClassGenericPassword);
		put_string(d, kSecAttrService, SERVICE);
		put_string(d, kSecAttrAccount, item->profile);
		status = SecItemAdd(d, NULL);
	}
	release(q);
	release(d);
	return status;
}

static int
darwin_store(struct kc_reach *reach, const struct kc_item *item,
    const char *secret, size_t len, char *why, size_t whysz)
{
	OSStatus status;
	int r;

	if ((r = kc_value_check(secret, len, why, whysz)) != RL_OK ||
	    (r = begin(why, whysz)) != RL_OK)
		return r;
	/* Another program may have added it between our two tries. */
	status = put_key(item, secret, len);
	if (status == errSecDuplicateItem)
		status = put_key(item, secret, len);
	return status == errSecSuccess
		   ? RL_OK
		   : failed(status, "storing the key", why, whysz);
}

/*
 * Takes a key out of what was found.  Several keychains may have one of the
 * same names; the first in the user's order of keychains was taken.
 */
static int
take_key(CFTypeRef found, const char *provider, char *buf, size_t cap,
    size_t *lenp, char *why, size_t whysz)
{
	char has[256];
	size_t n;

	if (found == NULL || CFGetTypeID(found) != CFDictionaryGetTypeID()) {
		snprintf(why, whysz, "the keychain gave something else");
		return RL_ERR_UNAVAILABLE;
	}
	if (!get_data(found, kSecAttrGeneric, has, sizeof(has), &n) ||
	    strcmp(has, provider) != 0)
		return absent(why, whysz);
	if (!get_data(found, kSecValueData, buf, cap, lenp) ||
	    kc_value_check(buf, *lenp, why, whysz) != RL_OK) {
		*lenp = 0;
		snprintf(why, whysz, "the stored key is not text");
		return RL_ERR_UNAVAILABLE;
	}
	return RL_OK;
}

static int
darwin_lookup(struct kc_reach *reach, const struct kc_item *item, char *buf,
    size_t cap, size_t *lenp, char *why, size_t whysz)
{
	CFMutableDictionaryRef q;
	CFTypeRef found = NULL;
	OSStatus status;
	int r;

	*lenp = 0;
	if ((r = begin(why, whysz)) != RL_OK)
		return r;
	q = query(item->profile);
	CFDictionarySetValue(q, kSecMatchLimit, kSecMatchLimitOne);
	CFDictionarySetValue(q, kSecReturnAttributes, kCFBooleanTrue);
	CFDictionarySetValue(q, kSecReturnData, kCFBooleanTrue);
	status = SecItemCopyMatching(q, &found);
	if (status == errSecItemNotFound)
		r = absent(why, whysz);
	else if (status != errSecSuccess)
		r = failed(status, "reading the key", why, whysz);
	else
		r = take_key(found, item->provider, buf, cap, lenp, why, whysz);
	release(found);
	release(q);
	return r;
}

static int
darwin_remove(
    struct kc_reach *reach, const struct kc_item *item, char *why, size_t whysz)
{
	CFMutableDictionaryRef q;
	OSStatus status;
	int r;

	if ((r = begin(why, whysz)) != RL_OK)
		return r;
	q = query(item->profile);
	status = SecItemDelete(q);
	release(q);
	if (status == errSecItemNotFound)
		return absent(why, whysz);
	return status == errSecSuccess
		   ? RL_OK
		   : failed(status, "removing the key", why, whysz);
}

static int
darwin_status(struct kc_reach *reach, char *why, size_t whysz)
{
	int r = begin(why, whysz);

	if (r == RL_OK)
		snprintf(why, whysz, "the default keychain of macOS");
	return r;
}

static int
list_item(struct strlist *items, CFTypeRef item, char *why, size_t whysz)
{
	char profile[256], provider[256];
	size_t n;

	if (item == NULL || CFGetTypeID(item) != CFDictionaryGetTypeID() ||
	    !get_string(item, kSecAttrAccount, profile, sizeof(profile)) ||
	    !get_data(item, kSecAttrGeneric, provider, sizeof(provider), &n))
		return RL_OK;
	return kc_list_add(items, profile, provider, why, whysz);
}

static int
darwin_list(
    struct kc_reach *reach, struct strlist *items, char *why, size_t whysz)
{
	CFMutableDictionaryRef q;
	CFTypeRef found = NULL;
	OSStatus status;
	CFIndex i, n;
	int r;

	if ((r = begin(why, whysz)) != RL_OK)
		return r;
	q = query(NULL);
	CFDictionarySetValue(q, kSecMatchLimit, kSecMatchLimitAll);
	CFDictionarySetValue(q, kSecReturnAttributes, kCFBooleanTrue);
	status = SecItemCopyMatching(q, &found);
	release(q);
	if (status != errSecSuccess && status != errSecItemNotFound)
		r = failed(status, "listing the keys", why, whysz);
	if (status == errSecSuccess && found != NULL &&
	    CFGetTypeID(found) == CFArrayGetTypeID()) {
		n = CFArrayGetCount(found);
		for (i = 0; i < n && r == RL_OK; i++)
			r = list_item(items, CFArrayGetValueAtIndex(found, i),
			    why, whysz);
	}
	release(found);
	return r;
}

const struct keychain_backend keychain_darwin = {
	.name = "keychain",
	.store = darwin_store,
	.lookup = darwin_lookup,
	.remove = darwin_remove,
	.status = darwin_status,
	.list = darwin_list,
};
