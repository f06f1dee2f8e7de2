/*
 * keychain-secret.c: API keys in the Secret Service (GNOME Keyring, KeePassXC,
 * KWallet) by way of libsecret.
 *
 * With keychain-service.c the only file that knows libsecret and GLib.  It is
 * linked into the one-shot program ringlet-keychain, never into a daemon:
 * libsecret starts threads, and a bus that is silent blocks it for ever.  It
 * must never take "locked" for "absent": locked items are searched too.
 */

#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "err.h"
#include "keychain-backend.h"
#include "keychain-service.h"
#include "strlist.h"

#define SEARCH_TRIES 16 /* while items go away */

static const SecretSchema schema = {
	.name = "org.ringlet.ApiKey",
	.flags = SECRET_SCHEMA_NONE,
	.attributes = {
	    { "service", SECRET_SCHEMA_ATTRIBUTE_STRING },
	    { "profile", SECRET_SCHEMA_ATTRIBUTE_STRING },
	    { "provider", SECRET_SCHEMA_ATTRIBUTE_STRING },
	},
};

static int
say_locked(char *why, size_t whysz, const char *what)
{
	snprintf(why, whysz, "%s is locked" SERVICE_UNLOCK, what);
	return RL_ERR_LOCKED;
}

/*
 * The collection that new items go to.  On RL_OK *cp is it, to be released by
 * g_object_unref(), or NULL if there is none: libsecret would make one.
 */
static int
collection_find(
    SecretService *s, SecretCollection **cp, char *why, size_t whysz)
{
	GError *error = NULL;

	*cp = secret_collection_for_alias_sync(
	    s, SECRET_COLLECTION_DEFAULT, SECRET_COLLECTION_NONE, NULL, &error);
	if (error != NULL)
		return service_fail(
		    &error, "finding the default keyring", why, whysz);
	return RL_OK;
}

/* The same, unlocked if it can be, and there for RL_OK. */
static int
collection_open(
    SecretService *s, SecretCollection **cp, char *why, size_t whysz)
{
	GList one = { NULL, NULL, NULL };
	int r;

	if ((r = collection_find(s, cp, why, whysz)) != RL_OK)
		return r;
	if (*cp != NULL && secret_collection_get_locked(*cp)) {
		one.data = *cp;
		r = service_unlock(s, &one, why, whysz);
		g_clear_object(cp);
		if (r != RL_OK ||
		    (r = collection_find(s, cp, why, whysz)) != RL_OK)
			return r;
	}
	if (*cp == NULL) {
		snprintf(why, whysz,
		    "the Secret Service has no default keyring: make one with "
		    "its own program (KeePassXC: open a database and expose a "
		    "group of it), or unlock it for the first time");
		return RL_ERR_LOCKED;
	}
	if (secret_collection_get_locked(*cp)) {
		g_clear_object(cp);
		return say_locked(why, whysz, "the default keyring");
	}
	return RL_OK;
}

static void
items_free(GList *list)
{
	g_list_free_full(list, g_object_unref);
}

/* What the keyrings have with attrs, as items_find() says, once. */
static GList *
items_search(SecretService *s, GHashTable *attrs, GError **error)
{
	GList *keyrings, *l, *found = NULL;

	(void)secret_service_load_collections_sync(s, NULL, error);
	keyrings = *error == NULL ? secret_service_get_collections(s) : NULL;
	for (l = keyrings; l != NULL && *error == NULL; l = l->next)
		found = g_list_concat(
		    found, secret_collection_search_sync(l->data, &schema,
			       attrs, SECRET_SEARCH_ALL, NULL, error));
	items_free(keyrings);
	if (*error != NULL)
		g_clear_pointer(&found, items_free);
	return found;
}

/*
 * All items of a profile, or of Ringlet if that is NULL, locked ones too,
 * narrowed to one provider if that is not NULL.  On RL_OK *listp is NULL or a
 * list for items_free().
 *
 * Each keyring is searched by itself: asked for all, KeePassXC by default opens
 * a window for each database that is locked, and answers when that is closed.
 */
static int
items_find(SecretService *s, const char *profile, const char *provider,
    GList **listp, char *why, size_t whysz)
{
	GHashTable *attrs;
	GError *error = NULL;
	GList *found;
	int tries = SEARCH_TRIES;

	attrs = secret_attributes_build(&schema, "service", "ringlet", NULL);
	if (profile != NULL)
		g_hash_table_replace(
		    attrs, g_strdup("profile"), g_strdup(profile));
	if (provider != NULL)
		g_hash_table_replace(
		    attrs, g_strdup("provider"), g_strdup(provider));
	do {
		g_clear_error(&error);
		found = items_search(s, attrs, &error);
	} while (error != NULL && service_item_gone(error) && --tries > 0);
	g_hash_table_unref(attrs);
	if (error != NULL)
		return service_fail(
		    &error, "searching the keyring", why, whysz);
	*listp = found;
	return RL_OK;
}

/*
 * Order by age: by time of last change, of making, and, as those count whole
 * seconds, by the number that ends the object's path.
 */
static int
item_newer(SecretItem *a, SecretItem *b)
{
	const char *pa, *pb;
	guint64 ta, tb;

	ta = secret_item_get_modified(a);
	tb = secret_item_get_modified(b);
	if (ta != tb)
		return ta > tb;
	ta = secret_item_get_created(a);
	tb = secret_item_get_created(b);
	if (ta != tb)
		return ta > tb;
	pa = g_dbus_proxy_get_object_path(G_DBUS_PROXY(a));
	pb = g_dbus_proxy_get_object_path(G_DBUS_PROXY(b));
	if (strlen(pa) != strlen(pb))
		return strlen(pa) > strlen(pb);
	return strcmp(pa, pb) > 0;
}

/*
 * Those of the items that are locked, or, if newest is set, the newest one if
 * it is.  The list is the caller's, the items are not.
 */
static GList *
items_locked(GList *list, bool newest)
{
	GList *locked = NULL, *l;
	SecretItem *best = NULL;

	for (l = list; l != NULL; l = l->next) {
		if (best == NULL || item_newer(l->data, best))
			best = l->data;
		if (!newest && secret_item_get_locked(l->data))
			locked = g_list_prepend(locked, l->data);
	}
	if (newest && best != NULL && secret_item_get_locked(best))
		locked = g_list_prepend(locked, best);
	return locked;
}

/* Whether a keyring is locked that could hold what was not found. */
static bool
any_locked(SecretService *s)
{
	GList *list, *l;
	bool locked = false;

	/* They are loaded: something was searched for. */
	list = secret_service_get_collections(s);
	for (l = list; l != NULL; l = l->next) {
		if (secret_collection_get_locked(l->data))
			locked = true;
	}
	items_free(list);
	return locked;
}

/*
 * Nothing was found.  A locked keyring may hide what it holds (KeePassXC does),
 * so "absent" is only said when the default one is open, or there is none.
 */
static int
nothing_found(SecretService *s, char *why, size_t whysz)
{
	SecretCollection *c;
	int r;

	if ((r = collection_find(s, &c, why, whysz)) != RL_OK)
		return r;
	if (c != NULL && secret_collection_get_locked(c))
		r = say_locked(why, whysz, "the default keyring");
	else {
		snprintf(why, whysz, "the keyring holds no such key%s",
		    any_locked(s) ? "; one that is locked may: unlock it with "
				    "its own program to see"
				  : "");
		r = RL_ERR_NOTFOUND;
	}
	g_clear_object(&c);
	return r;
}

/*
 * As items_find(), with all of them, or the newest, unlocked if they can be.
 * RL_ERR_NOTFOUND if there is none, RL_ERR_LOCKED if that cannot be known.
 */
static int
items_open(SecretService *s, const char *profile, const char *provider,
    bool newest, GList **listp, char *why, size_t whysz)
{
	SecretCollection *c = NULL;
	GList *locked;
	bool again;
	int r;

	for (again = false;; again = true) {
		r = items_find(s, profile, provider, listp, why, whysz);
		if (r != RL_OK)
			return r;
		if (*listp == NULL) {
			r = nothing_found(s, why, whysz);
			if (r != RL_ERR_LOCKED || again)
				return r;
			if ((r = collection_open(s, &c, why, whysz)) != RL_OK)
				return r;
			g_clear_object(&c);
			continue;
		}
		if ((locked = items_locked(*listp, newest)) == NULL)
			return RL_OK;
		r = again ? say_locked(why, whysz, "the key's keyring")
			  : service_unlock(s, locked, why, whysz);
		g_list_free(locked);
		if (r != RL_OK)
			return r;
		items_free(*listp);
		*listp = NULL;
	}
}

/* Removes the items, but for the one at path, which may be NULL. */
static int
items_remove(const struct kc_reach *reach, SecretService *s, GList *list,
    const char *path, const char *what, char *why, size_t whysz)
{
	GError *error = NULL;
	int r = RL_OK;

	/* KeePassXC has a prompt for this, which shows what one has it show. */
	service_formality(s, reach->command);
	for (; list != NULL && r == RL_OK; list = list->next) {
		if (path != NULL &&
		    strcmp(path, g_dbus_proxy_get_object_path(
				     G_DBUS_PROXY(list->data))) == 0)
			continue;
		if (!secret_item_delete_sync(list->data, NULL, &error))
			r = service_fail(&error, what, why, whysz);
	}
	service_formality(s, false);
	return r;
}

/*
 * Whether the item has the key that was just put there: only then may former
 * ones go.  A keyring that asks before it shows anything is taken at its word.
 */
static int
item_holds(
    SecretItem *item, const char *secret, size_t len, char *why, size_t whysz)
{
	SecretValue *value;
	GError *error = NULL;
	const char *p = NULL;
	gsize n = 0;
	int r;

	if (!secret_item_load_secret_sync(item, NULL, &error)) {
		r = service_fail(
		    &error, "reading the stored key back", why, whysz);
		return r == RL_ERR_LOCKED ? RL_OK : r;
	}
	if ((value = secret_item_get_secret(item)) != NULL)
		p = secret_value_get(value, &n);
	if (p != NULL && n == len && memcmp(p, secret, len) == 0)
		r = RL_OK;
	else {
		snprintf(why, whysz,
		    "the keyring said that it stored the key, and gives "
		    "another one back; former ones are kept: look at it with "
		    "its own program");
		r = RL_ERR_UNAVAILABLE;
	}
	if (value != NULL)
		secret_value_unref(value);
	return r;
}

/* "text/plain", with or without parameters. */
static int
type_ok(const char *type)
{
	static const char plain[] = "text/plain";
	size_t n = sizeof(plain) - 1;

	return type != NULL && g_ascii_strncasecmp(type, plain, n) == 0 &&
	       (type[n] == '\0' || type[n] == ';' || type[n] == ' ');
}

/* The newest of the items that is for that provider, or NULL; borrowed. */
static SecretItem *
item_of(GList *list, const char *provider)
{
	SecretItem *best = NULL;
	GHashTable *attrs;
	const char *p;

	for (; list != NULL; list = list->next) {
		attrs = secret_item_get_attributes(list->data);
		p = g_hash_table_lookup(attrs, "provider");
		if (p != NULL && strcmp(p, provider) == 0 &&
		    (best == NULL || item_newer(list->data, best)))
			best = list->data;
		g_hash_table_unref(attrs);
	}
	return best;
}

/* A new item; NULL, and *error, if there could be none. */
static SecretItem *
item_make(SecretService *s, SecretCollection *c, const struct kc_item *item,
    SecretValue *value, GError **error)
{
	SecretItem *made;
	GHashTable *attrs;
	char *label;

	label =
	    g_strdup_printf("Ringlet: %s (%s)", item->profile, item->provider);
	attrs = secret_attributes_build(&schema, "service", "ringlet",
	    "profile", item->profile, "provider", item->provider, NULL);
	/* KeePassXC has a prompt for this, which shows nothing. */
	service_formality(s, true);
	made = secret_item_create_sync(c, &schema, attrs, label, value,
	    SECRET_ITEM_CREATE_NONE, NULL, error);
	service_formality(s, false);
	g_hash_table_unref(attrs);
	g_free(label);
	return made;
}

/*
 * The key goes into the item that there is, if there is one: so it is replaced
 * in one step, without anything to confirm.  (KeePassXC 2.7.4 never ends the
 * prompt of a new item that is to replace one.)
 */
static int
secret_store(struct kc_reach *reach, const struct kc_item *item,
    const char *secret, size_t len, char *why, size_t whysz)
{
	static const char storing[] = "storing the key";
	SecretService *s = NULL;
	SecretCollection *c = NULL;
	SecretItem *made = NULL, *there;
	SecretValue *value = NULL;
	GError *error = NULL;
	GList *old = NULL;
	int r;

	if ((r = kc_value_check(secret, len, why, whysz)) != RL_OK)
		return r;
	if ((r = service_open(&s, reach, why, whysz)) != RL_OK)
		goto out;
	/* One that could not be removed later must stop us now. */
	r = items_open(s, item->profile, NULL, false, &old, why, whysz);
	if (r != RL_OK && r != RL_ERR_NOTFOUND)
		goto out;
	*why = '\0';
	/* A SecretValue lives in memory that is not paged, and is wiped. */
	value = secret_value_new(secret, (gssize)len, "text/plain");
	if ((there = item_of(old, item->provider)) != NULL) {
		if (secret_item_set_secret_sync(there, value, NULL, &error))
			made = g_object_ref(there);
	} else {
		if ((r = collection_open(s, &c, why, whysz)) != RL_OK)
			goto out;
		made = item_make(s, c, item, value, &error);
	}
	if (made == NULL) {
		r = service_fail(&error, storing, why, whysz);
		goto out;
	}
	if ((r = item_holds(made, secret, len, why, whysz)) == RL_OK)
		r = items_remove(reach, s, old,
		    g_dbus_proxy_get_object_path(G_DBUS_PROXY(made)),
		    "removing the former key", why, whysz);
out:
	items_free(old);
	if (value != NULL)
		secret_value_unref(value);
	g_clear_object(&made);
	g_clear_object(&c);
	g_clear_object(&s);
	return r;
}

static int
secret_lookup(struct kc_reach *reach, const struct kc_item *item, char *buf,
    size_t cap, size_t *lenp, char *why, size_t whysz)
{
	SecretService *s = NULL;
	SecretItem *best = NULL;
	SecretValue *value = NULL;
	GError *error = NULL;
	GList *list = NULL, *l;
	const char *p;
	char bad[128] = "it is empty";
	gsize len;
	int r;

	*lenp = 0;
	if ((r = service_open(&s, reach, why, whysz)) != RL_OK ||
	    (r = items_open(s, item->profile, item->provider, true, &list, why,
		 whysz)) != RL_OK)
		goto out;
	for (l = list; l != NULL; l = l->next) {
		if (best == NULL || item_newer(l->data, best))
			best = l->data;
	}
	if (!secret_item_load_secret_sync(best, NULL, &error)) {
		r = service_fail(&error, "reading the key", why, whysz);
		goto out;
	}
	if ((value = secret_item_get_secret(best)) == NULL) {
		snprintf(why, whysz,
		    "the keyring gave the item but not its key: look at it "
		    "with the keyring's own program");
		r = RL_ERR_UNAVAILABLE;
		goto out;
	}
	if (!type_ok(secret_value_get_content_type(value))) {
		snprintf(why, whysz,
		    "the stored key is not marked as plain text, as Ringlet's "
		    "are: another program has changed it; give the profile its "
		    "key again");
		r = RL_ERR_UNAVAILABLE;
		goto out;
	}
	p = secret_value_get(value, &len);
	if (p == NULL || kc_value_check(p, len, bad, sizeof(bad)) != RL_OK ||
	    len >= cap) {
		snprintf(why, whysz,
		    "what is stored cannot be a key (%s): another program has "
		    "changed it; give the profile its key again",
		    bad);
		r = RL_ERR_UNAVAILABLE;
		goto out;
	}
	memcpy(buf, p, len);
	buf[len] = '\0';
	*lenp = len;
out:
	if (value != NULL)
		secret_value_unref(value);
	items_free(list);
	g_clear_object(&s);
	return r;
}

static int
secret_delete(
    struct kc_reach *reach, const struct kc_item *item, char *why, size_t whysz)
{
	SecretService *s = NULL;
	GList *list = NULL, *left = NULL;
	int r;

	if ((r = service_open(&s, reach, why, whysz)) != RL_OK ||
	    (r = items_open(
		 s, item->profile, NULL, false, &list, why, whysz)) != RL_OK ||
	    (r = items_remove(reach, s, list, NULL, "removing the key", why,
		 whysz)) != RL_OK ||
	    (r = items_find(s, item->profile, NULL, &left, why, whysz)) !=
		RL_OK)
		goto out;
	if (left != NULL) {
		snprintf(why, whysz,
		    "the keyring said that it removed the key, and still has "
		    "it: remove it with the keyring's own program, and try "
		    "again");
		r = RL_ERR_UNAVAILABLE;
	}
out:
	items_free(list);
	items_free(left);
	g_clear_object(&s);
	return r;
}

static int
secret_status(struct kc_reach *reach, char *why, size_t whysz)
{
	SecretService *s = NULL;
	SecretCollection *c = NULL;
	char *label;
	int r;

	/* Nobody asked for anything that is worth a prompt. */
	if ((r = service_open(&s, NULL, why, whysz)) == RL_OK &&
	    (r = collection_open(s, &c, why, whysz)) == RL_OK) {
		label = secret_collection_get_label(c);
		snprintf(why, whysz, "keyring \"%s\" of the Secret Service",
		    label != NULL ? label : "");
		g_free(label);
	}
	g_clear_object(&c);
	g_clear_object(&s);
	return r;
}

/* The names of one item, which another program may have given it. */
static int
list_item(struct strlist *items, SecretItem *item, char *why, size_t whysz)
{
	GHashTable *attrs = secret_item_get_attributes(item);
	const char *profile, *provider;
	int r = RL_OK;

	profile = g_hash_table_lookup(attrs, "profile");
	provider = g_hash_table_lookup(attrs, "provider");
	if (profile != NULL && provider != NULL)
		r = kc_list_add(items, profile, provider, why, whysz);
	g_hash_table_unref(attrs);
	return r;
}

/* Of a locked keyring nobody knows whether it shows all that it holds. */
static int
secret_list(
    struct kc_reach *reach, struct strlist *items, char *why, size_t whysz)
{
	SecretService *s = NULL;
	GList *list = NULL, *l;
	int r;

	if ((r = service_open(&s, NULL, why, whysz)) == RL_OK &&
	    (r = nothing_found(s, why, whysz)) == RL_ERR_NOTFOUND)
		r = items_find(s, NULL, NULL, &list, why, whysz);
	if (r == RL_OK)
		*why = '\0';
	for (l = list; l != NULL && r == RL_OK; l = l->next)
		r = list_item(items, l->data, why, whysz);
	items_free(list);
	g_clear_object(&s);
	return r;
}

const struct keychain_backend keychain_secret_service = {
	.name = "secret-service",
	.store = secret_store,
	.lookup = secret_lookup,
	.remove = secret_delete,
	.status = secret_status,
	.list = secret_list,
};
