/*
 * keychain-service.c: reaching the Secret Service without its ways to wait.
 *
 * Used by keychain-secret.c alone, in the one-shot program ringlet-keychain.
 * It must never activate a service or start a bus: so it chooses the bus
 * itself, and asks it who owns the service's name before anything else.  A
 * prompt is opened for those alone who sit where they can see it.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/stat.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib-unix.h>

#include "err.h"
#include "keychain-service.h"

#define SECRETS_NAME "org.freedesktop.secrets"

/* How long one question to the bus itself may take, in milliseconds. */
#define BUS_TIMEOUT 5000

/*
 * How long a prompt that should show nothing may take without anybody at a
 * display, and then to admit that it was dismissed, in milliseconds.
 */
#define FORMALITY_TIMEOUT 2000
#define DISMISS_TIMEOUT	  1000

/*
 * A SecretService that prompts only when it may.  A prompt would wait for a
 * window that nobody sees on a machine reached by ssh, so needing one is
 * "locked" unless whoever asks sits at a display.
 */
typedef struct {
	SecretService parent;
	const struct kc_reach *reach; /* NULL: nobody is asked */
	bool formality;
	bool asked;	 /* by the latest prompt */
	char owner[256]; /* the bus's name of who keeps secrets */
} PromptService;
typedef struct {
	SecretServiceClass parent_class;
} PromptServiceClass;
GType prompt_service_get_type(void);
G_DEFINE_TYPE(PromptService, prompt_service, SECRET_TYPE_SERVICE)

/* Errors of our own, which libsecret hands through. */
enum prompt_error {
	PROMPT_REFUSED,	  /* it wants to ask, and may not */
	PROMPT_DISMISSED, /* it has asked, and was sent away */
	PROMPT_LOST	  /* who asked has ended meanwhile */
};

static GQuark
prompt_error_quark(void)
{
	return g_quark_from_static_string("ringlet-prompt");
}

static bool owner_is(const char *);

struct performance {
	GMainLoop *loop;
	GCancellable *stop;
	GVariant *value;
	GError *error;
	bool done;
};

static void
on_performed(GObject *prompt, GAsyncResult *result, gpointer arg)
{
	struct performance *p = arg;

	p->value = secret_prompt_perform_finish(
	    SECRET_PROMPT(prompt), result, &p->error);
	p->done = true;
	g_main_loop_quit(p->loop);
}

/* Dismisses the prompt, or, when that does not end it, ends the wait. */
static gboolean
on_patience(gpointer arg)
{
	struct performance *p = arg;
	GSource *source;

	if (g_cancellable_is_cancelled(p->stop)) {
		g_main_loop_quit(p->loop);
		return G_SOURCE_REMOVE;
	}
	g_cancellable_cancel(p->stop);
	source = g_timeout_source_new(DISMISS_TIMEOUT);
	g_source_set_callback(source, on_patience, p, NULL);
	g_source_attach(source, g_main_loop_get_context(p->loop));
	g_source_unref(source);
	return G_SOURCE_REMOVE;
}

static gboolean
on_asker(gint fd, GIOCondition condition, gpointer arg)
{
	(void)on_patience(arg);
	return G_SOURCE_REMOVE;
}

/*
 * Has the prompt shown and waits until it has ended, at most limit
 * milliseconds if that is not 0, and else as long as somebody waits for the
 * answer.  NULL and an error if it was not completed.
 */
static GVariant *
perform(PromptService *self, SecretPrompt *prompt, const GVariantType *type,
    guint limit, GError **error)
{
	/* Not on the stack: a prompt that is given up may end later. */
	struct performance *p = g_new0(struct performance, 1);
	GMainContext *context = g_main_context_new();
	GSource *source;

	g_main_context_push_thread_default(context);
	p->loop = g_main_loop_new(context, FALSE);
	p->stop = g_cancellable_new();
	secret_prompt_perform(prompt, NULL, type, p->stop, on_performed, p);
	if (limit != 0) {
		source = g_timeout_source_new(limit);
		g_source_set_callback(source, on_patience, p, NULL);
	} else {
		source = g_unix_fd_source_new(
		    self->reach->asker, G_IO_IN | G_IO_HUP);
		g_source_set_callback(source, G_SOURCE_FUNC(on_asker), p, NULL);
	}
	g_source_attach(source, context);
	g_source_unref(source);
	g_main_loop_run(p->loop);
	g_main_context_pop_thread_default(context);
	if (g_cancellable_is_cancelled(p->stop))
		g_set_error(error, prompt_error_quark(), PROMPT_REFUSED,
		    "it wants to ask for a password or a confirmation first");
	else if (p->error != NULL)
		g_propagate_error(error, p->error);
	else if (p->value == NULL && !owner_is(self->owner))
		g_set_error(error, prompt_error_quark(), PROMPT_LOST,
		    "the Secret Service ended while it asked");
	else if (p->value == NULL)
		g_set_error(error, prompt_error_quark(), PROMPT_DISMISSED,
		    "its window was dismissed");
	return p->value;
}

static GVariant *
prompt_sync(SecretService *service, SecretPrompt *prompt,
    GCancellable *cancellable, const GVariantType *type, GError **error)
{
	PromptService *self = (PromptService *)service;
	GVariant *value;

	if (self->reach != NULL && self->reach->prompting != NULL) {
		self->asked = true;
		self->reach->prompting(true);
		value = perform(self, prompt, type, 0, error);
		self->reach->prompting(false);
		return value;
	}
	if (self->formality)
		return perform(self, prompt, type, FORMALITY_TIMEOUT, error);
	g_set_error(error, prompt_error_quark(), PROMPT_REFUSED,
	    "it wants to ask for a password or a confirmation first");
	return NULL;
}

/* One request a process: there is nothing to go on with meanwhile. */
static void
prompt_async(SecretService *self, SecretPrompt *prompt,
    const GVariantType *type, GCancellable *cancellable,
    GAsyncReadyCallback callback, gpointer arg)
{
	GError *error = NULL;
	GVariant *value;
	GTask *task;

	task = g_task_new(self, cancellable, callback, arg);
	value = prompt_sync(self, prompt, cancellable, type, &error);
	if (error != NULL)
		g_task_return_error(task, error);
	else
		g_task_return_pointer(
		    task, value, (GDestroyNotify)g_variant_unref);
	g_object_unref(task);
}

static GVariant *
prompt_finish(SecretService *self, GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}

static void
prompt_service_class_init(PromptServiceClass *class)
{
	SecretServiceClass *sc = SECRET_SERVICE_CLASS(class);

	sc->prompt_sync = prompt_sync;
	sc->prompt_async = prompt_async;
	sc->prompt_finish = prompt_finish;
}

static void
prompt_service_init(PromptService *self)
{
}

/* Map what GLib, the bus or the service said to the errors we tell apart. */
static int
error_code(const GError *error)
{
	char *remote;
	int r = RL_ERR_UNAVAILABLE;

	if (g_error_matches(error, SECRET_ERROR, SECRET_ERROR_IS_LOCKED) ||
	    g_error_matches(error, prompt_error_quark(), PROMPT_REFUSED))
		return RL_ERR_LOCKED;
	if (g_error_matches(error, prompt_error_quark(), PROMPT_DISMISSED))
		return RL_ERR_DISMISSED;
	/* The bus says so when whoever was asked disconnects. */
	if (g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY) ||
	    g_error_matches(error, prompt_error_quark(), PROMPT_LOST) ||
	    g_error_matches(
		error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
	    g_error_matches(
		error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER) ||
	    g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_DISCONNECTED) ||
	    g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CLOSED) ||
	    g_error_matches(error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE))
		return RL_ERR_NOSERVICE;
	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT) ||
	    g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_TIMEOUT) ||
	    g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_TIMED_OUT))
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

/* What to do about it, or "". */
static const char *
advice(int err)
{
	switch (err) {
	case RL_ERR_LOCKED:
		return SERVICE_UNLOCK;
	case RL_ERR_DISMISSED:
		return ": try again, and answer it";
	case RL_ERR_NOSERVICE:
		return ": see that your keyring runs, and try again";
	case RL_ERR_TIMEOUT:
		return ": see whether your keyring's own program answers; if "
		       "not, end it and start it again";
	case RL_ERR_DENIED:
		return ": allow Ringlet in the settings of your keyring's own "
		       "program";
	case RL_ERR_UNAVAILABLE:
		return ": this is no answer of a sound keyring: end it, start "
		       "it again, and try again";
	default:
		return "";
	}
}

bool
service_item_gone(const GError *error)
{
	/* The last is what libsecret says of an item without properties. */
	return g_error_matches(
		   error, SECRET_ERROR, SECRET_ERROR_NO_SUCH_OBJECT) ||
	       g_error_matches(
		   error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT) ||
	       g_error_matches(
		   error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD);
}

int
service_fail(GError **error, const char *what, char *why, size_t whysz)
{
	int r;

	if (*error == NULL) {
		r = RL_ERR_DENIED;
		snprintf(why, whysz, "%s: refused by the Secret Service%s",
		    what, advice(r));
		return r;
	}
	r = error_code(*error);
	g_dbus_error_strip_remote_error(*error);
	/* Long words of a service must not push out what to do. */
	snprintf(
	    why, whysz, "%s: %.400s%s", what, (*error)->message, advice(r));
	g_clear_error(error);
	return r;
}

/* A login over ssh may not name the bus that systemd has started. */
const char *
service_bus_advice(void)
{
	static char text[160];
	struct stat st;
	char path[64];

	(void)snprintf(
	    path, sizeof(path), "/run/user/%lu/bus", (unsigned long)geteuid());
	if (stat(path, &st) == -1 || !S_ISSOCK(st.st_mode))
		return ": log in to the desktop, or set 'Keychain vault' in "
		       "ringlet.conf";
	(void)snprintf(text, sizeof(text),
	    ": export DBUS_SESSION_BUS_ADDRESS=unix:path=%s, then 'ringlet "
	    "daemon stop', and try again",
	    path);
	return text;
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
			    "set%s",
			    service_bus_advice());
			return RL_ERR_NOSERVICE;
		}
		path = g_build_filename(dir, "bus", NULL);
		if (stat(path, &st) == -1 || !S_ISSOCK(st.st_mode)) {
			snprintf(why, whysz,
			    "no Secret Service: "
			    "DBUS_SESSION_BUS_ADDRESS is not set and %s is no "
			    "socket%s",
			    path, service_bus_advice());
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
			    "no Secret Service: DBUS_SESSION_BUS_ADDRESS names "
			    "something else than a unix socket%s",
			    service_bus_advice());
			r = RL_ERR_NOSERVICE;
			break;
		}
	}
	g_strfreev(list);
	return r;
}

/* Who owns the service's name, to be freed; never starts the service. */
static char *
owner_find(GDBusConnection *bus, GError **error)
{
	GVariant *reply;
	char *owner;

	reply = g_dbus_connection_call_sync(bus, "org.freedesktop.DBus",
	    "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetNameOwner",
	    g_variant_new("(s)", SECRETS_NAME), G_VARIANT_TYPE("(s)"),
	    G_DBUS_CALL_FLAGS_NO_AUTO_START, BUS_TIMEOUT, NULL, error);
	if (reply == NULL)
		return NULL;
	g_variant_get(reply, "(s)", &owner);
	g_variant_unref(reply);
	return owner;
}

static bool
owner_is(const char *name)
{
	GDBusConnection *bus = g_bus_get_sync(G_BUS_TYPE_SESSION, NULL, NULL);
	char *owner = bus != NULL ? owner_find(bus, NULL) : NULL;
	bool is = owner != NULL && strcmp(owner, name) == 0;

	g_free(owner);
	if (bus != NULL)
		g_object_unref(bus);
	return is;
}

/* Fail unless somebody owns the service's name. */
static int
owner_check(
    GDBusConnection *bus, char *name, size_t size, char *why, size_t whysz)
{
	GError *error = NULL;
	char *owner;

	if ((owner = owner_find(bus, &error)) != NULL) {
		snprintf(name, size, "%s", owner);
		g_free(owner);
		return RL_OK;
	}
	if (g_error_matches(
		error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER)) {
		g_clear_error(&error);
		snprintf(why, whysz,
		    "no Secret Service: nobody on the session bus "
		    "is " SECRETS_NAME ": start your keyring, or install one "
		    "(gnome-keyring, keepassxc)");
		return RL_ERR_NOSERVICE;
	}
	return service_fail(
	    &error, "asking the session bus for " SECRETS_NAME, why, whysz);
}

int
service_open(
    SecretService **sp, const struct kc_reach *reach, char *why, size_t whysz)
{
	GDBusConnection *bus;
	GError *error = NULL;
	char owner[256];
	int r;

	*sp = NULL;
	if ((r = bus_choose(why, whysz)) != RL_OK)
		return r;
	bus = g_bus_get_sync(G_BUS_TYPE_SESSION, NULL, &error);
	if (bus == NULL) {
		/* Whatever the reason, there is nobody to talk to. */
		snprintf(why, whysz,
		    "no Secret Service: connecting to the session bus: "
		    "%.400s%s",
		    error->message, service_bus_advice());
		r = error_code(error);
		g_clear_error(&error);
		return r == RL_ERR_TIMEOUT ? r : RL_ERR_NOSERVICE;
	}
	g_dbus_connection_set_exit_on_close(bus, FALSE);
	if ((r = owner_check(bus, owner, sizeof(owner), why, whysz)) == RL_OK) {
		*sp = secret_service_open_sync(prompt_service_get_type(), NULL,
		    SECRET_SERVICE_OPEN_SESSION, NULL, &error);
		if (*sp == NULL)
			r = service_fail(
			    &error, "opening the Secret Service", why, whysz);
	}
	if (r == RL_OK) {
		PromptService *self = (PromptService *)*sp;

		self->reach = reach;
		memcpy(self->owner, owner, sizeof(owner));
	}
	g_object_unref(bus);
	return r;
}

void
service_formality(SecretService *s, bool on)
{
	((PromptService *)s)->formality = on;
}

int
service_unlock(SecretService *s, GList *objects, char *why, size_t whysz)
{
	PromptService *self = (PromptService *)s;
	GError *error = NULL;
	gint n;

	self->asked = false;
	n = secret_service_unlock_sync(s, objects, NULL, NULL, &error);
	if (g_error_matches(error, prompt_error_quark(), PROMPT_REFUSED)) {
		g_clear_error(&error);
		snprintf(why, whysz, "the keyring is locked" SERVICE_UNLOCK);
		return RL_ERR_LOCKED;
	}
	if (error != NULL)
		return service_fail(
		    &error, "unlocking the keyring", why, whysz);
	/* Some say of a window that was dismissed that nothing was unlocked. */
	if (n <= 0 && self->asked) {
		snprintf(why, whysz,
		    "unlocking the keyring: its window was dismissed%s",
		    advice(RL_ERR_DISMISSED));
		return RL_ERR_DISMISSED;
	}
	if (n <= 0) {
		snprintf(
		    why, whysz, "the keyring is still locked" SERVICE_UNLOCK);
		return RL_ERR_LOCKED;
	}
	return RL_OK;
}
