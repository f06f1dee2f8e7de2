/*
 * keychain-service.c: reaching the Secret Service without its ways to wait.
 *
 * Used by keychain-secret.c alone, in the one-shot program ringlet-keychain.
 * It must never activate a service, start a bus or open a prompt: so it chooses
 * the bus itself, asks it who owns the service's name before anything else, and
 * answers every prompt with an error.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "keychain-service.h"

#define SECRETS_NAME "org.freedesktop.secrets"

/* How long one question to the bus itself may take, in milliseconds. */
#define BUS_TIMEOUT 5000

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

int
service_fail(GError **error, const char *what, char *why, size_t whysz)
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
	return service_fail(
	    &error, "asking the session bus for " SECRETS_NAME, why, whysz);
}

int
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
		r = service_fail(
		    &error, "connecting to the session bus", why, whysz);
		/* Whatever the reason, there is nobody to talk to. */
		return r == RL_ERR_UNAVAILABLE ? RL_ERR_NOSERVICE : r;
	}
	g_dbus_connection_set_exit_on_close(bus, FALSE);
	if ((r = owner_check(bus, why, whysz)) == RL_OK) {
		*sp = secret_service_open_sync(quiet_service_get_type(), NULL,
		    SECRET_SERVICE_OPEN_SESSION, NULL, &error);
		if (*sp == NULL)
			r = service_fail(
			    &error, "opening the Secret Service", why, whysz);
	}
	g_object_unref(bus);
	return r;
}
