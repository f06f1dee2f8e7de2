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

#include <stdio.h>
#include <string.h>

#include "err.h"
#include "keychain-backend.h"
#include "keychain-service.h"
#include "strlist.h"

static const SecretSchema schema = {
	.name = "org.ringlet.ApiKey",
	.flags = SECRET_SCHEMA_NONE,
	.attributes = {
	    { "service", SECRET_SCHEMA_ATTRIBUTE_STRING },
	    { "profile", SECRET_SCHEMA_ATTRIBUTE_STRING },
	    { "provider", SECRET_SCHEMA_ATTRIBUTE_STRING },
	},
};

/*
 * The collection that new items go to.  On RL_OK *cp is an unlocked one, to be
 * released by g_object_unref().  If there is none, libsecret would make one,
 * which means a prompt.
 */
static int
collection_open(
    SecretService *s, SecretCollection **cp, char *why, size_t whysz)
{
	GError *error = NULL;

	*cp = secret_collection_for_alias_sync(
	    s, SECRET_COLLECTION_DEFAULT, SECRET_COLLECTION_NONE, NULL, &error);
	if (*cp == NULL) {
		if (error != NULL)
			return service_fail(
			    &error, "finding the default keyring", why, whysz);
		snprintf(why, whysz,
		    "the Secret Service has no default "
		    "keyring: it was never unlocked");
		return RL_ERR_LOCKED;
	}
	if (secret_collection_get_locked(*cp)) {
		g_clear_object(cp);
		snprintf(why, whysz, "the default keyring is locked");
		return RL_ERR_LOCKED;
	}
	return RL_OK;
}

/*
 * All items of a profile, or of Ringlet if that is NULL, locked ones too,
 * narrowed to one provider if that is not NULL.  On RL_OK *listp is NULL or a
 * list for items_free().
 */
static int
items_find(SecretService *s, const char *profile, const char *provider,
    GList **listp, char *why, size_t whysz)
{
	GHashTable *attrs;
	GError *error = NULL;

	attrs = secret_attributes_build(&schema, "service", "ringlet", NULL);
	if (profile != NULL)
		g_hash_table_replace(
		    attrs, g_strdup("profile"), g_strdup(profile));
	if (provider != NULL)
		g_hash_table_replace(
		    attrs, g_strdup("provider"), g_strdup(provider));
	*listp = secret_service_search_sync(
	    s, &schema, attrs, SECRET_SEARCH_ALL, NULL, &error);
	g_hash_table_unref(attrs);
	if (error != NULL)
		return service_fail(
		    &error, "searching the keyring", why, whysz);
	return RL_OK;
}

static void
items_free(GList *list)
{
	g_list_free_full(list, g_object_unref);
}

/* Whether any of the items is locked; says so in why. */
static int
items_locked(GList *list, char *why, size_t whysz)
{
	for (; list != NULL; list = list->next) {
		if (secret_item_get_locked(list->data)) {
			snprintf(why, whysz,
			    "the key is in a keyring that is "
			    "locked");
			return 1;
		}
	}
	return 0;
}

/*
 * Nothing was found.  A locked keyring may hide what it holds (KeePassXC does),
 * so "absent" is only said when the default one is open, or there is none.
 */
static int
nothing_found(SecretService *s, char *why, size_t whysz)
{
	SecretCollection *c;
	GError *error = NULL;
	int r = RL_ERR_NOTFOUND;

	c = secret_collection_for_alias_sync(
	    s, SECRET_COLLECTION_DEFAULT, SECRET_COLLECTION_NONE, NULL, &error);
	if (error != NULL)
		return service_fail(
		    &error, "finding the default keyring", why, whysz);
	if (c != NULL && secret_collection_get_locked(c)) {
		snprintf(why, whysz, "the default keyring is locked");
		r = RL_ERR_LOCKED;
	} else
		snprintf(why, whysz, "the keyring holds no such key");
	g_clear_object(&c);
	return r;
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

/* "text/plain", with or without parameters. */
static int
type_ok(const char *type)
{
	static const char plain[] = "text/plain";
	size_t n = sizeof(plain) - 1;

	return type != NULL && g_ascii_strncasecmp(type, plain, n) == 0 &&
	       (type[n] == '\0' || type[n] == ';' || type[n] == ' ');
}

static int
secret_store(struct kc_reach *reach, const struct kc_item *item,
    const char *secret, size_t len, char *why, size_t whysz)
{
	SecretService *s = NULL;
	SecretCollection *c = NULL;
	SecretItem *made = NULL;
	SecretValue *value = NULL;
	GHashTable *attrs = NULL;
	GError *error = NULL;
	GList *old = NULL, *l;
	const char *path;
	char *label = NULL;
	int r;

	if ((r = kc_value_check(secret, len, why, whysz)) != RL_OK)
		return r;
	if ((r = service_open(&s, why, whysz)) != RL_OK ||
	    (r = collection_open(s, &c, why, whysz)) != RL_OK ||
	    (r = items_find(s, item->profile, NULL, &old, why, whysz)) != RL_OK)
		goto out;
	/* One that could not be removed later must stop us now. */
	if (items_locked(old, why, whysz)) {
		r = RL_ERR_LOCKED;
		goto out;
	}
	label =
	    g_strdup_printf("Ringlet: %s (%s)", item->profile, item->provider);
	attrs = secret_attributes_build(&schema, "service", "ringlet",
	    "profile", item->profile, "provider", item->provider, NULL);
	/* A SecretValue lives in memory that is not paged, and is wiped. */
	value = secret_value_new(secret, (gssize)len, "text/plain");
	made = secret_item_create_sync(c, &schema, attrs, label, value,
	    SECRET_ITEM_CREATE_REPLACE, NULL, &error);
	if (made == NULL) {
		r = service_fail(&error, "storing the key", why, whysz);
		goto out;
	}
	path = g_dbus_proxy_get_object_path(G_DBUS_PROXY(made));
	for (l = old; l != NULL; l = l->next) {
		/* The service may have put the new key into the old item. */
		if (strcmp(path, g_dbus_proxy_get_object_path(
				     G_DBUS_PROXY(l->data))) == 0)
			continue;
		if (!secret_item_delete_sync(l->data, NULL, &error)) {
			r = service_fail(
			    &error, "removing the former key", why, whysz);
			goto out;
		}
	}
out:
	items_free(old);
	if (attrs != NULL)
		g_hash_table_unref(attrs);
	if (value != NULL)
		secret_value_unref(value);
	g_free(label);
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
	gsize len;
	int r;

	*lenp = 0;
	if ((r = service_open(&s, why, whysz)) != RL_OK ||
	    (r = items_find(
		 s, item->profile, item->provider, &list, why, whysz)) != RL_OK)
		goto out;
	if (list == NULL) {
		r = nothing_found(s, why, whysz);
		goto out;
	}
	for (l = list; l != NULL; l = l->next) {
		if (best == NULL || item_newer(l->data, best))
			best = l->data;
	}
	if (secret_item_get_locked(best)) {
		snprintf(why, whysz, "the key is in a keyring that is locked");
		r = RL_ERR_LOCKED;
		goto out;
	}
	if (!secret_item_load_secret_sync(best, NULL, &error)) {
		r = service_fail(&error, "reading the key", why, whysz);
		goto out;
	}
	if ((value = secret_item_get_secret(best)) == NULL) {
		snprintf(why, whysz,
		    "the keyring gave the item but not its "
		    "key");
		r = RL_ERR_UNAVAILABLE;
		goto out;
	}
	if (!type_ok(secret_value_get_content_type(value))) {
		snprintf(why, whysz,
		    "the stored key is not marked as plain "
		    "text");
		r = RL_ERR_UNAVAILABLE;
		goto out;
	}
	p = secret_value_get(value, &len);
	if (p == NULL || len >= cap ||
	    kc_value_check(p, len, why, whysz) != RL_OK) {
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
	GError *error = NULL;
	GList *list = NULL, *l;
	int r;

	if ((r = service_open(&s, why, whysz)) != RL_OK ||
	    (r = items_find(s, item->profile, NULL, &list, why, whysz)) !=
		RL_OK)
		goto out;
	if (list == NULL) {
		r = nothing_found(s, why, whysz);
		goto out;
	}
	if (items_locked(list, why, whysz)) {
		r = RL_ERR_LOCKED;
		goto out;
	}
	for (l = list; l != NULL; l = l->next) {
		if (!secret_item_delete_sync(l->data, NULL, &error)) {
			r = service_fail(
			    &error, "removing the key", why, whysz);
			goto out;
		}
	}
out:
	items_free(list);
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

	if ((r = service_open(&s, why, whysz)) == RL_OK &&
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

	if ((r = service_open(&s, why, whysz)) == RL_OK &&
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
