/*
 * The objects of CoreFoundation that keychain-darwin.c uses, counted.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "fake-security.h"
#include "xmalloc.h"

const CFDictionaryKeyCallBacks kCFTypeDictionaryKeyCallBacks = { 0 };
const CFDictionaryValueCallBacks kCFTypeDictionaryValueCallBacks = { 0 };
static const struct fake_cf yes = { .kind = FAKE_OTHER };
const CFBooleanRef kCFBooleanTrue = &yes;

static long count;

long
fake_cf_count(void)
{
	return count;
}

struct fake_cf *
fake_cf_new(enum fake_kind kind)
{
	struct fake_cf *o = xcalloc(1, sizeof(*o));

	o->kind = kind;
	o->refs = 1;
	count++;
	return o;
}

const struct fake_cf *
fake_cf_retain(const void *p)
{
	struct fake_cf *o = (struct fake_cf *)(uintptr_t)p;

	if (o->refs > 0)
		o->refs++;
	return o;
}

void
CFRelease(CFTypeRef p)
{
	struct fake_cf *o = (struct fake_cf *)(uintptr_t)p;
	size_t i;

	if (o == NULL)
		abort(); /* as the real one does */
	if (o->refs == 0 || --o->refs > 0)
		return;
	for (i = 0; (o->kind == FAKE_ARRAY || o->kind == FAKE_DICTIONARY) &&
		    i < o->len;
	     i++) {
		CFRelease(o->v[i]);
		if (o->kind == FAKE_DICTIONARY)
			CFRelease(o->keys[i]);
	}
	free(o->bytes);
	free(o->keys);
	free(o->v);
	free(o);
	count--;
}

CFTypeID
CFGetTypeID(CFTypeRef p)
{
	return ((const struct fake_cf *)p)->kind;
}

CFTypeID
CFArrayGetTypeID(void)
{
	return FAKE_ARRAY;
}

CFTypeID
CFDataGetTypeID(void)
{
	return FAKE_DATA;
}

CFTypeID
CFDictionaryGetTypeID(void)
{
	return FAKE_DICTIONARY;
}

CFTypeID
CFStringGetTypeID(void)
{
	return FAKE_STRING;
}

static struct fake_cf *
with_bytes(enum fake_kind kind, const void *p, size_t len)
{
	struct fake_cf *o = fake_cf_new(kind);

	o->bytes = xcalloc(1, len + 1);
	memcpy(o->bytes, p, len);
	o->len = len;
	return o;
}

CFStringRef
CFStringCreateWithCString(CFAllocatorRef a, const char *s, CFStringEncoding e)
{
	if (e != kCFStringEncodingUTF8)
		abort();
	return with_bytes(FAKE_STRING, s, strlen(s));
}

Boolean
CFStringGetCString(CFStringRef s, char *buf, CFIndex size, CFStringEncoding e)
{
	if (s->kind != FAKE_STRING || e != kCFStringEncodingUTF8)
		abort();
	if (size < 0 || s->len >= (size_t)size)
		return 0;
	memcpy(buf, s->bytes, s->len + 1);
	return 1;
}

CFDataRef
CFDataCreate(CFAllocatorRef a, const uint8_t *p, CFIndex len)
{
	return with_bytes(FAKE_DATA, p, (size_t)len);
}

const uint8_t *
CFDataGetBytePtr(CFDataRef d)
{
	if (d->kind != FAKE_DATA)
		abort();
	return (const uint8_t *)d->bytes;
}

CFIndex
CFDataGetLength(CFDataRef d)
{
	if (d->kind != FAKE_DATA)
		abort();
	return (CFIndex)d->len;
}

CFIndex
CFArrayGetCount(CFArrayRef a)
{
	if (a->kind != FAKE_ARRAY)
		abort();
	return (CFIndex)a->len;
}

const void *
CFArrayGetValueAtIndex(CFArrayRef a, CFIndex i)
{
	if (a->kind != FAKE_ARRAY || i < 0 || (size_t)i >= a->len)
		abort();
	return a->v[i];
}

void
fake_cf_append(struct fake_cf *o, const void *p)
{
	o->v = xreallocarray(o->v, o->len + 1, sizeof(*o->v));
	o->v[o->len++] = fake_cf_retain(p);
}

int
fake_cf_equal(const struct fake_cf *a, const struct fake_cf *b)
{
	if (a == b)
		return 1;
	return a->kind == b->kind &&
	       (a->kind == FAKE_STRING || a->kind == FAKE_DATA) &&
	       a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

CFMutableDictionaryRef
CFDictionaryCreateMutable(CFAllocatorRef a, CFIndex capacity,
    const CFDictionaryKeyCallBacks *k, const CFDictionaryValueCallBacks *v)
{
	/* With others the real one would keep nothing alive. */
	if (k != &kCFTypeDictionaryKeyCallBacks ||
	    v != &kCFTypeDictionaryValueCallBacks)
		abort();
	return fake_cf_new(FAKE_DICTIONARY);
}

void
CFDictionarySetValue(
    CFMutableDictionaryRef d, const void *key, const void *value)
{
	size_t i;

	if (d->kind != FAKE_DICTIONARY || key == NULL || value == NULL)
		abort();
	for (i = 0; i < d->len; i++)
		if (fake_cf_equal(d->keys[i], key)) {
			(void)fake_cf_retain(value);
			CFRelease(d->v[i]);
			d->v[i] = value;
			return;
		}
	d->keys = xreallocarray(d->keys, d->len + 1, sizeof(*d->keys));
	d->keys[d->len] = fake_cf_retain(key);
	fake_cf_append(d, value);
}

const void *
CFDictionaryGetValue(CFDictionaryRef d, const void *key)
{
	size_t i;

	if (d->kind != FAKE_DICTIONARY)
		abort();
	for (i = 0; i < d->len; i++)
		if (fake_cf_equal(d->keys[i], key))
			return d->v[i];
	return NULL;
}
