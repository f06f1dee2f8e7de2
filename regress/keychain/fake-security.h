#ifndef REGRESS_KEYCHAIN_FAKE_SECURITY_H
#define REGRESS_KEYCHAIN_FAKE_SECURITY_H
/*
 * A small Security.framework: enough of it to run keychain-darwin.c.  It is
 * strict where the real one is, and where a mistake would not show: an object
 * that is not released, a window that would have been opened, are counted.
 */

#include <CoreFoundation/CoreFoundation.h>

/* Objects of the fake: all kinds in one struct (fake-cf.c). */
enum fake_kind {
	FAKE_STRING = 1,
	FAKE_DATA,
	FAKE_ARRAY,
	FAKE_DICTIONARY,
	FAKE_OTHER
};

struct fake_cf {
	enum fake_kind kind;
	unsigned refs;		     /* 0: a constant, never freed */
	char *bytes;		     /* of a string (terminated) or data */
	size_t len;		     /* bytes, or objects */
	const struct fake_cf **keys; /* of a dictionary */
	const struct fake_cf **v;    /* of a dictionary or an array */
};

/* How many objects there are. */
long fake_cf_count(void);
struct fake_cf *fake_cf_new(enum fake_kind);
const struct fake_cf *fake_cf_retain(const void *);
/* Appends to an array, or sets in a dictionary. */
void fake_cf_append(struct fake_cf *array, const void *);
int fake_cf_equal(const struct fake_cf *, const struct fake_cf *);

/* Locks the default keychain, or opens it. */
void fake_security_lock(int locked);
/* The next call on items returns this status, once. */
void fake_security_fail(int32_t status);
/* Claims about how the fake was used; prints them, returns how many failed. */
unsigned fake_security_judge(void);

#endif /* REGRESS_KEYCHAIN_FAKE_SECURITY_H */
