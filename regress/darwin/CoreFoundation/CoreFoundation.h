#ifndef REGRESS_DARWIN_COREFOUNDATION_H
#define REGRESS_DARWIN_COREFOUNDATION_H
/*
 * What ringlet-monitor/keychain-darwin.c needs of macOS's <CoreFoundation/
 * CoreFoundation.h>, so that it can be compiled, and run, on other systems; by
 * Apple's documentation.  regress/keychain/fake-cf.c does what is declared.
 */

#include <stddef.h>
#include <stdint.h>

typedef long CFIndex;
typedef unsigned long CFTypeID;
typedef unsigned char Boolean;
typedef uint32_t CFStringEncoding;
typedef const void *CFTypeRef;
typedef const struct fake_cf *CFAllocatorRef;
typedef const struct fake_cf *CFStringRef;
typedef const struct fake_cf *CFDataRef;
typedef const struct fake_cf *CFArrayRef;
typedef const struct fake_cf *CFDictionaryRef;
typedef struct fake_cf *CFMutableDictionaryRef;
typedef const struct fake_cf *CFBooleanRef;
typedef struct {
	CFIndex version;
} CFDictionaryKeyCallBacks;
typedef struct {
	CFIndex version;
} CFDictionaryValueCallBacks;

#define kCFStringEncodingUTF8 0x08000100

extern const CFDictionaryKeyCallBacks kCFTypeDictionaryKeyCallBacks;
extern const CFDictionaryValueCallBacks kCFTypeDictionaryValueCallBacks;
extern const CFBooleanRef kCFBooleanTrue;

void CFRelease(CFTypeRef);
CFTypeID CFGetTypeID(CFTypeRef);
CFTypeID CFArrayGetTypeID(void);
CFTypeID CFDataGetTypeID(void);
CFTypeID CFDictionaryGetTypeID(void);
CFTypeID CFStringGetTypeID(void);
CFStringRef CFStringCreateWithCString(
    CFAllocatorRef, const char *, CFStringEncoding);
Boolean CFStringGetCString(CFStringRef, char *, CFIndex, CFStringEncoding);
CFDataRef CFDataCreate(CFAllocatorRef, const uint8_t *, CFIndex);
const uint8_t *CFDataGetBytePtr(CFDataRef);
CFIndex CFDataGetLength(CFDataRef);
CFIndex CFArrayGetCount(CFArrayRef);
const void *CFArrayGetValueAtIndex(CFArrayRef, CFIndex);
CFMutableDictionaryRef CFDictionaryCreateMutable(CFAllocatorRef, CFIndex,
    const CFDictionaryKeyCallBacks *, const CFDictionaryValueCallBacks *);
void CFDictionarySetValue(CFMutableDictionaryRef, const void *, const void *);
const void *CFDictionaryGetValue(CFDictionaryRef, const void *);

#endif /* REGRESS_DARWIN_COREFOUNDATION_H */
