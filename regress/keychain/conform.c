/*
 * The claims of ringlet-monitor/keychain-backend.h, one after the other.  Each
 * begins with none of its names in the store and leaves none.
 */
#include "config.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conform.h"
#include "err.h"
#include "strlist.h"

#define PREFIX "conform"
#define LONGEST                                                                \
	"conform-A.b_c-0123456789012345678901234567890123456789-ABCDEFGHI"

static struct conform_store *st;
static unsigned failed;
static char why[512];
static char got[KC_SECRET_MAX + 1];
static size_t gotlen;

static void __attribute__((__format__(printf, 2, 3)))
claim(bool ok, const char *fmt, ...)
{
	va_list ap;

	printf("%s ", ok ? "ok" : "not ok");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("%s%s\n", ok ? "" : ": ", ok ? "" : why);
	(void)fflush(stdout);
	failed += !ok;
}

/* --- calls ------------------------------------------------------------------
 */

static int
judge(int r)
{
	/* A cause, terminated, for whatever failed. */
	if (r != RL_OK && (why[0] == '\0' || memchr(why, '\0', 512) == NULL))
		claim(false, "error %d has no cause", r);
	return r;
}

static int
store_n(const char *profile, const char *provider, const char *key, size_t len)
{
	const struct kc_item item = { profile, provider };

	why[0] = '\0';
	return judge(
	    st->backend->store(&st->reach, &item, key, len, why, sizeof(why)));
}

static int
store(const char *profile, const char *provider, const char *key)
{
	return store_n(profile, provider, key, strlen(key));
}

static int
lookup(const char *profile, const char *provider)
{
	const struct kc_item item = { profile, provider };

	memset(got, 'x', sizeof(got));
	gotlen = 77;
	why[0] = '\0';
	return judge(st->backend->lookup(
	    &st->reach, &item, got, sizeof(got), &gotlen, why, sizeof(why)));
}

static int
drop(const char *profile)
{
	const struct kc_item item = { profile, "" };

	why[0] = '\0';
	return judge(st->backend->remove(&st->reach, &item, why, sizeof(why)));
}

static int
status(void)
{
	why[0] = '\0';
	return judge(st->backend->status(&st->reach, why, sizeof(why)));
}

static int
list(struct strlist *items)
{
	why[0] = '\0';
	return judge(st->backend->list(&st->reach, items, why, sizeof(why)));
}

/* Whether the key of profile and provider is this one, and terminated. */
static bool
has(const char *profile, const char *provider, const char *key)
{
	return lookup(profile, provider) == RL_OK && gotlen == strlen(key) &&
	       memcmp(got, key, gotlen) == 0 && got[gotlen] == '\0';
}

/* How many of our names are listed, or -1; all of them to *all, if not NULL. */
static int
listed(struct strlist *all)
{
	struct strlist items = { NULL, 0 };
	int n = 0;
	size_t i;

	if (list(&items) != RL_OK)
		n = -1;
	for (i = 0; n != -1 && i < items.n; i++) {
		if (strncmp(items.v[i], PREFIX, strlen(PREFIX)) != 0 &&
		    strncmp(items.v[i], KC_AUDIT_PROFILE, 6) != 0)
			continue;
		n++;
		if (all != NULL)
			strlist_add(all, items.v[i]);
	}
	strlist_clear(&items);
	return n;
}

/* --- claims ------------------------------------------------------------------
 */

static void
absent_things(void)
{
	claim(status() == RL_OK && why[0] != '\0',
	    "it is open and says where keys go");
	claim(lookup("conform-a", "openai") == RL_ERR_NOTFOUND && gotlen == 0,
	    "what is not there is absent");
	claim(drop("conform-a") == RL_ERR_NOTFOUND, "also to remove");
	claim(listed(NULL) == 0, "nothing of it is listed");
}

static void
one_key(void)
{
	claim(store("conform-a", "openai", "sk-one") == RL_OK && *why == '\0',
	    "a key is stored");
	claim(has("conform-a", "openai", "sk-one"), "and found as it was");
	claim(has("conform-a", "openai", "sk-one"), "more than once");
	claim(lookup("conform-a", "zai") == RL_ERR_NOTFOUND,
	    "not for another provider");
	claim(lookup("conform-A", "openai") == RL_ERR_NOTFOUND,
	    "nor a profile of other letters");
	claim(lookup("conform", "openai") == RL_ERR_NOTFOUND &&
		  lookup("conform-ab", "openai") == RL_ERR_NOTFOUND,
	    "nor one that only begins alike");
	claim(drop("conform-A") == RL_ERR_NOTFOUND &&
		  drop("conform") == RL_ERR_NOTFOUND,
	    "nor is it removed by those names");
	claim(has("conform-a", "openai", "sk-one"), "it is still there");
	claim(drop("conform-a") == RL_OK, "it is removed");
	claim(lookup("conform-a", "openai") == RL_ERR_NOTFOUND, "and absent");
	claim(drop("conform-a") == RL_ERR_NOTFOUND, "and not removed twice");
}

static void
replacing(void)
{
	struct strlist all = { NULL, 0 };

	claim(store("conform-a", "openai", "sk-one") == RL_OK &&
		  store("conform-b", "openai", "sk-b") == RL_OK &&
		  store("conform-a", "openai", "sk-two-longer") == RL_OK,
	    "a key is replaced");
	claim(has("conform-a", "openai", "sk-two-longer"),
	    "the new one is found");
	claim(listed(NULL) == 2, "the former is gone");
	claim(store("conform-a", "zai", "sk-3") == RL_OK,
	    "also by one for another provider");
	claim(has("conform-a", "zai", "sk-3"), "which is found");
	claim(lookup("conform-a", "openai") == RL_ERR_NOTFOUND,
	    "the former provider has none");
	claim(listed(&all) == 2 && strlist_has(&all, "conform-a zai") &&
		  strlist_has(&all, "conform-b openai"),
	    "each profile has one key, and is listed by both names");
	strlist_clear(&all);
	claim(drop("conform-a") == RL_OK && has("conform-b", "openai", "sk-b"),
	    "removing one leaves the other");
	claim(drop("conform-b") == RL_OK && listed(NULL) == 0, "all are gone");
}

static void
values(void)
{
	static const char *const good[] = { "k",
		"k\"e\\y $(x) `y` 'z' %s %n =;#", " space at both ends ",
		"\xc3\xbc\xe2\x82\xac\xf0\x9f\x94\x91",
		"a\xcc\x88 is not \xc3\xa4" };
	static const struct {
		const char *p;
		size_t len;
		const char *what;
	} bad[] = { { "", 0, "an empty one" }, { "a\nb", 3, "a line end" },
		{ "a\0b", 3, "a zero byte" }, { "a\x1b", 2, "an escape" },
		{ "a\x7f", 2, "a delete" }, { "\xff", 1, "no UTF-8" },
		{ "\xed\xa0\x80", 3, "half of a character" },
		{ "a\xc3", 2, "a character that is cut" } };
	static char big[KC_SECRET_MAX + 2];
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		claim(store("conform-v", "openai", good[i]) == RL_OK &&
			  has("conform-v", "openai", good[i]),
		    "a key of other characters comes back (%zu)", i);
	memset(big, 'k', KC_SECRET_MAX);
	claim(store("conform-v", "openai", big) == RL_OK &&
		  has("conform-v", "openai", big),
	    "so does the longest");
	big[KC_SECRET_MAX] = 'k';
	claim(store("conform-v", "openai", big) == RL_ERR_INVALID,
	    "one that is longer is refused");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		claim(store_n("conform-v", "openai", bad[i].p, bad[i].len) ==
			  RL_ERR_INVALID,
		    "so is %s", bad[i].what);
	big[KC_SECRET_MAX] = '\0';
	claim(has("conform-v", "openai", big), "which leaves the former key");
	claim(drop("conform-v") == RL_OK, "it can be removed");
}

static void
names(void)
{
	struct strlist all = { NULL, 0 };

	claim(store(LONGEST, "a.b_c-0", "sk-long") == RL_OK &&
		  has(LONGEST, "a.b_c-0", "sk-long"),
	    "the longest alias has a key");
	claim(store(KC_AUDIT_PROFILE, KC_AUDIT_PROVIDER, "sk-audit") == RL_OK &&
		  has(KC_AUDIT_PROFILE, KC_AUDIT_PROVIDER, "sk-audit"),
	    "the audit log has one");
	strlist_add(&all, "what was there");
	claim(listed(&all) == 2 && strlist_has(&all, LONGEST " a.b_c-0") &&
		  strlist_has(&all, KC_AUDIT_PROFILE " " KC_AUDIT_PROVIDER),
	    "both are listed");
	strlist_clear(&all);
	claim(drop(LONGEST) == RL_OK && drop(KC_AUDIT_PROFILE) == RL_OK,
	    "and can be removed");
}

static void
many(void)
{
	enum { N = 40 };
	struct strlist all = { NULL, 0 };
	char name[64], key[64];
	int i, ok = 0;

	for (i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "conform-many-%d", i);
		snprintf(key, sizeof(key), "sk-%d", i * i);
		ok += store(name, "openai", key) == RL_OK;
	}
	claim(ok == N, "%d profiles have keys", N);
	claim(listed(&all) == N, "all are listed, none twice");
	strlist_clear(&all);
	for (i = 0, ok = 0; i < N; i++) {
		snprintf(name, sizeof(name), "conform-many-%d", i);
		snprintf(key, sizeof(key), "sk-%d", i * i);
		ok += has(name, "openai", key);
		ok += drop(name) == RL_OK;
	}
	claim(ok == 2 * N, "each is found and removed");
	claim(listed(NULL) == 0, "none is left");
}

/* A cause that does not fit is cut, and still ends. */
static void
small_room(void)
{
	const struct kc_item item = { "conform-none", "openai" };
	char tiny[4] = "abc";
	int r;

	r = st->backend->lookup(
	    &st->reach, &item, got, sizeof(got), &gotlen, tiny, 1);
	claim(r == RL_ERR_NOTFOUND && tiny[0] == '\0' && tiny[1] == 'b',
	    "a cause is cut to its room");
}

unsigned
conform_locked(struct conform_store *store_)
{
	struct strlist items = { NULL, 0 };

	st = store_;
	failed = 0;
	claim(status() == RL_ERR_LOCKED, "locked: status says so");
	claim(lookup("conform-l", "openai") == RL_ERR_LOCKED && gotlen == 0,
	    "locked: no key is looked up");
	claim(lookup("conform-none", "openai") == RL_ERR_LOCKED,
	    "locked: nobody says what is absent");
	claim(store("conform-l", "openai", "sk-new") == RL_ERR_LOCKED,
	    "locked: no key is stored");
	claim(store("conform-new", "openai", "sk-new") == RL_ERR_LOCKED,
	    "locked: nor a new one");
	claim(drop("conform-l") == RL_ERR_LOCKED, "locked: none is removed");
	claim(list(&items) == RL_ERR_LOCKED && items.n == 0,
	    "locked: none is listed");
	strlist_clear(&items);
	return failed;
}

static void
locking(void)
{
	unsigned before;

	claim(store("conform-l", "openai", "sk-l") == RL_OK,
	    "a key is stored before it is locked");
	if (st->lock != NULL) {
		before = failed;
		st->lock(st);
		failed = before + conform_locked(st);
		st->unlock(st);
	}
	claim(has("conform-l", "openai", "sk-l"), "it is there afterwards");
	claim(listed(NULL) == 1, "and no other");
	claim(drop("conform-l") == RL_OK, "and can be removed");
}

unsigned
conform_open(struct conform_store *store_)
{
	const struct keychain_backend *b = store_->backend;

	st = store_;
	failed = 0;
	claim((b->make == NULL) == (b->unlock == NULL) &&
		  (b->make == NULL) == (b->passphrase == NULL),
	    "it has a passphrase of its own, or not");
	absent_things();
	one_key();
	replacing();
	values();
	names();
	many();
	small_room();
	locking();
	return failed;
}
