/*
 * A default keychain with generic passwords, as Security.framework has them: an
 * item is one by service and account; a locked keychain is searched, but gives
 * and takes no key, and would ask somebody unless that was switched off.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include <Security/Security.h>

#include "conform.h"
#include "err.h"
#include "fake-security.h"

#define NAME(n)                                                                \
	static const struct fake_cf obj_##n = { .kind = FAKE_OTHER };          \
	const CFStringRef n = &obj_##n

NAME(kSecClass);
NAME(kSecClassGenericPassword);
NAME(kSecAttrService);
NAME(kSecAttrAccount);
NAME(kSecAttrLabel);
NAME(kSecAttrGeneric);
NAME(kSecValueData);
NAME(kSecMatchLimit);
NAME(kSecMatchLimitOne);
NAME(kSecMatchLimitAll);
NAME(kSecReturnAttributes);
NAME(kSecReturnData);

static struct fake_cf *items; /* an array of dictionaries */
static int is_locked, interaction = 1;
static unsigned windows; /* that would have been opened */
static OSStatus next_status;

void
fake_security_lock(int locked)
{
	is_locked = locked;
}

void
fake_security_fail(int32_t status)
{
	next_status = status;
}

OSStatus
SecKeychainSetUserInteractionAllowed(Boolean state)
{
	interaction = state;
	return errSecSuccess;
}

OSStatus
SecKeychainCopyDefault(SecKeychainRef *out)
{
	*out = fake_cf_new(FAKE_OTHER);
	return errSecSuccess;
}

OSStatus
SecKeychainGetStatus(SecKeychainRef k, SecKeychainStatus *out)
{
	if (k == NULL || k->kind != FAKE_OTHER)
		abort();
	*out = is_locked ? 0 : kSecUnlockStateStatus;
	return errSecSuccess;
}

CFStringRef
SecCopyErrorMessageString(OSStatus status, void *reserved)
{
	/* The real one does not know them all. */
	if (reserved != NULL || status == errSecMissingEntitlement)
		return NULL;
	return CFStringCreateWithCString(
	    NULL, "as the system says it", kCFStringEncodingUTF8);
}

/* The status of a call that needs the keychain to be open, or not. */
static OSStatus
enter(int open)
{
	OSStatus status = next_status;

	next_status = errSecSuccess;
	if (items == NULL)
		items = fake_cf_new(FAKE_ARRAY);
	if (interaction)
		windows++;
	if (status == errSecSuccess && open && is_locked)
		status = errSecInteractionNotAllowed;
	return status;
}

/* Whether an item has every attribute that the query names. */
static int
matches(const struct fake_cf *item, CFDictionaryRef q)
{
	const struct fake_cf *v;
	size_t i;

	if (CFDictionaryGetValue(q, kSecClass) != kSecClassGenericPassword)
		abort();
	for (i = 0; i < q->len; i++) {
		if (q->keys[i] == kSecMatchLimit ||
		    q->keys[i] == kSecReturnAttributes ||
		    q->keys[i] == kSecReturnData)
			continue;
		v = CFDictionaryGetValue(item, q->keys[i]);
		if (v == NULL || !fake_cf_equal(v, q->v[i]))
			return 0;
	}
	return 1;
}

OSStatus
SecItemAdd(CFDictionaryRef d, CFTypeRef *result)
{
	CFMutableDictionaryRef names, item;
	OSStatus status = enter(1);
	size_t i;

	if (status != errSecSuccess)
		return status;
	names = CFDictionaryCreateMutable(NULL, 0,
	    &kCFTypeDictionaryKeyCallBacks, &kCFTypeDictionaryValueCallBacks);
	CFDictionarySetValue(
	    names, kSecClass, CFDictionaryGetValue(d, kSecClass));
	CFDictionarySetValue(
	    names, kSecAttrService, CFDictionaryGetValue(d, kSecAttrService));
	CFDictionarySetValue(
	    names, kSecAttrAccount, CFDictionaryGetValue(d, kSecAttrAccount));
	for (i = 0; i < items->len; i++)
		if (matches(items->v[i], names))
			status = errSecDuplicateItem;
	CFRelease(names);
	if (status != errSecSuccess)
		return status;
	item = CFDictionaryCreateMutable(NULL, 0,
	    &kCFTypeDictionaryKeyCallBacks, &kCFTypeDictionaryValueCallBacks);
	for (i = 0; i < d->len; i++)
		CFDictionarySetValue(item, d->keys[i], d->v[i]);
	fake_cf_append(items, item);
	CFRelease(item);
	return errSecSuccess;
}

OSStatus
SecItemUpdate(CFDictionaryRef q, CFDictionaryRef d)
{
	OSStatus status = enter(1), r = errSecItemNotFound;
	size_t i, k;

	if (status != errSecSuccess)
		return status;
	for (i = 0; i < items->len; i++) {
		if (!matches(items->v[i], q))
			continue;
		for (k = 0; k < d->len; k++)
			CFDictionarySetValue(
			    (CFMutableDictionaryRef)(uintptr_t)items->v[i],
			    d->keys[k], d->v[k]);
		r = errSecSuccess;
	}
	return r;
}

OSStatus
SecItemDelete(CFDictionaryRef q)
{
	OSStatus status = enter(0), r = errSecItemNotFound;
	size_t i = 0, k;

	if (status != errSecSuccess)
		return status;
	while (i < items->len) {
		if (!matches(items->v[i], q)) {
			i++;
			continue;
		}
		CFRelease(items->v[i]);
		for (k = i + 1; k < items->len; k++)
			items->v[k - 1] = items->v[k];
		items->len--;
		r = errSecSuccess;
	}
	return r;
}

/* What is handed out of an item: its key only when that was asked for. */
static CFDictionaryRef
shown(const struct fake_cf *item, int data)
{
	CFMutableDictionaryRef d = CFDictionaryCreateMutable(NULL, 0,
	    &kCFTypeDictionaryKeyCallBacks, &kCFTypeDictionaryValueCallBacks);
	size_t i;

	for (i = 0; i < item->len; i++)
		if (data || item->keys[i] != kSecValueData)
			CFDictionarySetValue(d, item->keys[i], item->v[i]);
	return d;
}

OSStatus
SecItemCopyMatching(CFDictionaryRef q, CFTypeRef *result)
{
	int data = CFDictionaryGetValue(q, kSecReturnData) != NULL;
	int all = CFDictionaryGetValue(q, kSecMatchLimit) == kSecMatchLimitAll;
	OSStatus status = enter(data);
	struct fake_cf *found;
	CFDictionaryRef d;
	size_t i;

	if (status != errSecSuccess)
		return status;
	if (all && data)
		return -50; /* errSecParam: not for passwords */
	found = fake_cf_new(FAKE_ARRAY);
	for (i = 0; i < items->len && (all || found->len == 0); i++) {
		if (!matches(items->v[i], q))
			continue;
		d = shown(items->v[i], data);
		fake_cf_append(found, d);
		CFRelease(d);
	}
	if (found->len == 0)
		status = errSecItemNotFound;
	else
		*result = fake_cf_retain(all ? found : found->v[0]);
	CFRelease(found);
	return status;
}

/* --- claims ------------------------------------------------------------------
 */

static unsigned
claim(int ok, const char *what)
{
	printf("%s %s\n", ok ? "ok" : "not ok", what);
	return !ok;
}

/* What a call that meets this status becomes. */
static unsigned
becomes(OSStatus status, int want, const char *what)
{
	const struct keychain_backend *b = &keychain_darwin;
	const struct kc_item item = { "conform-x", "openai" };
	struct kc_reach reach = { .vault = "" };
	char buf[KC_SECRET_MAX + 1], why[256] = "";
	size_t len;
	int r;

	fake_security_fail(status);
	r = b->lookup(&reach, &item, buf, sizeof(buf), &len, why, sizeof(why));
	if (r != want)
		printf("# %d: %s\n", r, why);
	return claim(r == want && why[0] != '\0', what);
}

unsigned
fake_security_judge(void)
{
	unsigned failed = 0;

	failed += becomes(errSecInteractionNotAllowed, RL_ERR_LOCKED,
	    "an item that wants to ask is locked");
	failed += becomes(
	    errSecAuthFailed, RL_ERR_DENIED, "one that refuses is refused");
	failed += becomes(errSecUserCanceled, RL_ERR_DENIED,
	    "so is one that somebody refuses");
	failed += becomes(errSecMissingEntitlement, RL_ERR_DENIED,
	    "and one that needs an entitlement");
	failed += becomes(
	    errSecNotAvailable, RL_ERR_NOSERVICE, "no keychain is no service");
	failed += becomes(-1, RL_ERR_UNAVAILABLE, "anything else fails");
	failed += claim(windows == 0, "no window would have been opened");
	failed += claim(items->len == 0 && fake_cf_count() == 1,
	    "every object was released");
	return failed;
}
