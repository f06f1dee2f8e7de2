/*
 * keychain-secret.c: API keys in the Secret Service (GNOME Keyring, KeePassXC,
 * KWallet) by way of libsecret.
 *
 * The only file that knows libsecret and GLib.  It is linked into the one-shot
 * program ringlet-keychain, never into a daemon: libsecret starts threads, and
 * a bus that is silent blocks it for ever.
 *
 * It must never activate a service, open a prompt, or take "locked" for
 * "absent".  So it asks the bus who owns the service's name before anything
 * else, answers every prompt with an error, and searches locked items too.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECRET_API_SUBJECT_TO_CHANGE
#include <libsecret/secret.h>

#include "err.h"
#include "keychain-backend.h"

#define SECRETS_NAME "org.freedesktop.secrets"

/* How long one question to the bus itself may take, in milliseconds. */
#define BUS_TIMEOUT 5000

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
 * A SecretService that never prompts.  A prompt would wait for a window that
 * nobody sees on a machine reached by ssh, so needing one is reported as
 * "locked" instead.
 */
typedef struct {
	SecretService parent;
} QuietService;
typedef struct {
	SecretServiceClass parent_class;
} QuietServiceClass;
GType quiet_service_get_type(void);
G_DEFINE_TYPE(QuietService, quiet_service, SECRET_TYPE_SERVICE)

static GError *
prompt_error(void)
{
	return g_error_new(SECRET_ERROR, SECRET_ERROR_IS_LOCKED,
	    "it wants to ask for a password or a confirmation first");
}

static GVariant *
quiet_prompt_sync(SecretService *self, SecretPrompt *prompt,
    GCancellable *cancellable, const GVariantType *type, GError **error)
{
	g_propagate_error(error, prompt_error());
	return NULL;
}

static void
quiet_prompt_async(SecretService *self, SecretPrompt *prompt,
    const GVariantType *type, GCancellable *cancellable,
    GAsyncReadyCallback callback, gpointer arg)
{
	GTask *task;

	task = g_task_new(self, cancellable, callback, arg);
	g_task_return_error(task, prompt_error());
	g_object_unref(task);
}

static GVariant *
quiet_prompt_finish(SecretService *self, GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}

static void
quiet_service_class_init(QuietServiceClass *class)
{
	SecretServiceClass *sc = SECRET_SERVICE_CLASS(class);

	sc->prompt_sync = quiet_prompt_sync;
	sc->prompt_async = quiet_prompt_async;
	sc->prompt_finish = quiet_prompt_finish;
}

static void
quiet_service_init(QuietService *self)
{
}

/* Map what GLib, the bus or the service said to the errors we tell apart. */
static int
error_code(const GError *error)
{
	char *remote;
	int r = RL_ERR_UNAVAILABLE;

	if (g_error_matches(error, SECRET_ERROR, SECRET_ERROR_IS_LOCKED))
		return RL_ERR_LOCKED;
	if (g_error_matches(
		error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
	    g_error_matches(
		error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER) ||
	    g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_DISCONNECTED) ||
	    g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CLOSED) ||
	    g_error_matches(error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE))
		return RL_ERR_NOSERVICE;
	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT) ||
	    g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_TIMEOUT) ||
	    g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_TIMED_OUT) ||
	    g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY))
		return RL_ERR_TIMEOUT;
	if (g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED) ||
	    g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_AUTH_FAILED) ||
	    g_error_matches(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
		return RL_ERR_DENIED;
	if ((remote = g_dbus_error_get_remote_error(error)) != NULL) {
		if (strcmp(remote, "org.freedesktop.Secret.Error.IsLocked") ==
		    0)
			r = RL_ERR_LOCKED;
		g_free(remote);
	}
	return r;
}

/*
 * Turn *error into a code and a text, and free it.  what says what was being
 * done.  libsecret reports a dismissed or refused step without any error.
 */
static int
fail(GError **error, const char *what, char *why, size_t whysz)
{
	int r;

	if (*error == NULL) {
		snprintf(why, whysz, "%s: refused by the Secret Service", what);
		return RL_ERR_DENIED;
	}
	r = error_code(*error);
	g_dbus_error_strip_remote_error(*error);
	snprintf(why, whysz, "%s: %s", what, (*error)->message);
	g_clear_error(error);
	return r;
}

/*
 * Settle which bus is used, before GLib chooses: left alone, it would try to
 * start one by dbus-launch.  Only unix sockets are taken: a session bus is
 * one, and other transports can make GLib run a program or reach a network.
 */
static int
bus_choose(char *why, size_t whysz)
{
	const char *addr, *dir;
	char **list, *path, *made;
	struct stat st;
	size_t i;
	int r = RL_OK;

	addr = getenv("DBUS_SESSION_BUS_ADDRESS");
	if (addr == NULL || *addr == '\0') {
		dir = getenv("XDG_RUNTIME_DIR");
		if (dir == NULL || *dir != '/') {
			snprintf(why, whysz,
			    "no Secret Service: neither "
			    "DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is "
			    "set");
			return RL_ERR_NOSERVICE;
		}
		path = g_build_filename(dir, "bus", NULL);
		if (stat(path, &st) == -1 || !S_ISSOCK(st.st_mode)) {
			snprintf(why, whysz,
			    "no Secret Service: "
			    "DBUS_SESSION_BUS_ADDRESS is not set and %s is no "
			    "socket",
			    path);
			r = RL_ERR_NOSERVICE;
		} else {
			char *escaped = g_dbus_address_escape_value(path);

			made = g_strconcat("unix:path=", escaped, NULL);
			g_setenv("DBUS_SESSION_BUS_ADDRESS", made, TRUE);
			g_free(made);
			g_free(escaped);
		}
		g_free(path);
		return r;
	}
	list = g_strsplit(addr, ";", -1);
	for (i = 0; list[i] != NULL; i++) {
		if (strncmp(list[i], "unix:", 5) != 0) {
			snprintf(why, whysz,
			    "DBUS_SESSION_BUS_ADDRESS names "
			    "something else than a unix socket");
			r = RL_ERR_NOSERVICE;
			break;
		}
	}
	g_strfreev(list);
	return r;
}

/* Fail unless somebody owns the service's name; never start the service. */
static int
owner_check(GDBusConnection *bus, char *why, size_t whysz)
{
	GError *error = NULL;
	GVariant *reply;

	reply = g_dbus_connection_call_sync(bus, "org.freedesktop.DBus",
	    "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetNameOwner",
	    g_variant_new("(s)", SECRETS_NAME), G_VARIANT_TYPE("(s)"),
	    G_DBUS_CALL_FLAGS_NO_AUTO_START, BUS_TIMEOUT, NULL, &error);
	if (reply != NULL) {
		g_variant_unref(reply);
		return RL_OK;
	}
	if (g_error_matches(
		error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER)) {
		g_clear_error(&error);
		snprintf(why, whysz,
		    "no Secret Service: nobody on the session bus "
		    "is " SECRETS_NAME);
		return RL_ERR_NOSERVICE;
	}
	return fail(
	    &error, "asking the session bus for " SECRETS_NAME, why, whysz);
}

/*
 * Connect.  On RL_OK *sp is a service to be released by g_object_unref().
 */
static int
service_open(SecretService **sp, char *why, size_t whysz)
{
	GDBusConnection *bus;
	GError *error = NULL;
	int r;

	*sp = NULL;
	if ((r = bus_choose(why, whysz)) != RL_OK)
		return r;
	bus = g_bus_get_sync(G_BUS_TYPE_SESSION, NULL, &error);
	if (bus == NULL) {
		r = fail(&error, "connecting to the session bus", why, whysz);
		/* Whatever the reason, there is nobody to talk to. */
		return r == RL_ERR_UNAVAILABLE ? RL_ERR_NOSERVICE : r;
	}
	g_dbus_connection_set_exit_on_close(bus, FALSE);
	if ((r = owner_check(bus, why, whysz)) == RL_OK) {
		*sp = secret_service_open_sync(quiet_service_get_type(), NULL,
		    SECRET_SERVICE_OPEN_SESSION, NULL, &error);
		if (*sp == NULL)
			r = fail(
			    &error, "opening the Secret Service", why, whysz);
	}
	g_object_unref(bus);
	return r;
}

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
			return fail(
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
 * All items of a profile, locked ones too, narrowed to one provider if that is
 * not NULL.  On RL_OK *listp is NULL or a list for items_free().
 */
static int
items_find(SecretService *s, const char *profile, const char *provider,
    GList **listp, char *why, size_t whysz)
{
	GHashTable *attrs;
	GError *error = NULL;

	attrs = secret_attributes_build(
	    &schema, "service", "ringlet", "profile", profile, NULL);
	if (provider != NULL)
		g_hash_table_replace(
		    attrs, g_strdup("provider"), g_strdup(provider));
	*listp = secret_service_search_sync(
	    s, &schema, attrs, SECRET_SEARCH_ALL, NULL, &error);
	g_hash_table_unref(attrs);
	if (error != NULL)
		return fail(&error, "searching the keyring", why, whysz);
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
		return fail(&error, "finding the default keyring", why, whysz);
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

/*
 * What may be a key: printable text.  A stored value comes from a program that
 * is not ours, and will go into an environment and a header line.
 */
static int
value_ok(const char *p, size_t len, char *why, size_t whysz)
{
	size_t i;

	if (len == 0 || len > KC_SECRET_MAX) {
		snprintf(why, whysz,
		    "the key has %zu bytes; 1 to %d are "
		    "possible",
		    len, KC_SECRET_MAX);
		return 0;
	}
	for (i = 0; i < len; i++) {
		if ((unsigned char)p[i] < 0x20 || p[i] == 0x7f) {
			snprintf(why, whysz,
			    "the key holds a control "
			    "character");
			return 0;
		}
	}
	if (!g_utf8_validate(p, (gssize)len, NULL)) {
		snprintf(why, whysz, "the key is not UTF-8 text");
		return 0;
	}
	return 1;
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

const char *
keychain_backend_name(void)
{
	return "secret-service";
}

int
keychain_backend_store(const struct kc_item *item, const char *secret,
    size_t len, char *why, size_t whysz)
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

	if (!value_ok(secret, len, why, whysz))
		return RL_ERR_INVALID;
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
		r = fail(&error, "storing the key", why, whysz);
		goto out;
	}
	path = g_dbus_proxy_get_object_path(G_DBUS_PROXY(made));
	for (l = old; l != NULL; l = l->next) {
		/* The service may have put the new key into the old item. */
		if (strcmp(path, g_dbus_proxy_get_object_path(
				     G_DBUS_PROXY(l->data))) == 0)
			continue;
		if (!secret_item_delete_sync(l->data, NULL, &error)) {
			r = fail(&error, "removing the former key", why, whysz);
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

int
keychain_backend_lookup(const struct kc_item *item, char *buf, size_t cap,
    size_t *lenp, char *why, size_t whysz)
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
		r = fail(&error, "reading the key", why, whysz);
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
	if (p == NULL || !value_ok(p, len, why, whysz) || len >= cap) {
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

int
keychain_backend_delete(const struct kc_item *item, char *why, size_t whysz)
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
			r = fail(&error, "removing the key", why, whysz);
			goto out;
		}
	}
out:
	items_free(list);
	g_clear_object(&s);
	return r;
}

int
keychain_backend_status(char *why, size_t whysz)
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
