/*
 * What subscribers over HTTP are told (PROTOCOL.http, section 7).
 *
 * An event says what has changed and, of a session, how it is now.  It goes to
 * every subscriber with any token, so it holds what a token that may only look
 * can see anyway.  One, session.input_wanted, has text that an agent has
 * written: without control characters, and said to be the agent's word.
 */

#include "config.h"

#include <stdlib.h>

#include <jansson.h>

#include "log.h"
#include "monitor.h"
#include "registry.h"
#include "session.h"
#include "xmalloc.h"

/* Sends KIND.WHAT; data is taken. */
static void
tell(struct env *env, const char *kind, const char *what, json_t *data)
{
	struct msg_event e;
	char *type, *text;

	text = data != NULL ? json_dumps(data, JSON_COMPACT) : NULL;
	json_decref(data);
	type = xasprintf("%s.%s", kind, what);
	e.type = type;
	e.details = text;
	if (text == NULL)
		log_error("event %s: cannot be formatted", type);
	/* Who is not there yet asks how things are once it is. */
	else if (env->ringletd.ready && env->ringletd.client.peer != NULL)
		(void)peer_send(
		    env->ringletd.client.peer, MSG_EVENT, &e, NULL, 0);
	free(type);
	free(text);
}

void
event_profile(struct env *env, const char *what, const char *alias)
{
	tell(env, "profile", what, json_pack("{s:s}", "alias", alias));
}

void
event_keychain(struct env *env, const char *what)
{
	tell(env, "keychain", what, json_pack("{s:s}", "keychain", "vault"));
}

void
event_registry(struct env *env)
{
	const struct registry_index *x;

	if (env->registry == NULL)
		return;
	x = &env->registry->index;
	tell(env, "registry", "synced",
	    json_pack("{s:s, s:s, s:s, s:I, s:s}", "id", x->id, "name", x->name,
		"version", x->version, "serial", (json_int_t)x->serial,
		"channel", x->channel));
}

void
event_registry_pin(struct env *env, const char *ref)
{
	tell(env, "registry", "pinned",
	    json_pack("{s:o}", "ref",
		*ref != '\0' ? json_string(ref) : json_null()));
}

void
event_hook(struct env *env, const char *what, const char *alias,
    const char *event, uint64_t index)
{
	tell(env, "hook", what,
	    json_pack("{s:s, s:s, s:I}", "profile_alias", alias, "event",
		event, "index", (json_int_t)index));
}

void
event_hooks_waiting(struct env *env, const char *alias, size_t n)
{
	tell(env, "hook", "waiting",
	    json_pack("{s:s, s:I}", "profile_alias", alias, "count",
		(json_int_t)n));
}

static const char *
state_name(enum session_state state)
{
	switch (state) {
	case SST_STARTING:
		return "starting";
	case SST_RUNNING:
		return "running";
	default:
		return "terminated";
	}
}

void
event_session(struct env *env, const char *what, const struct session *s)
{
	tell(env, "session", what,
	    json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:I}", "id", s->id,
		"profile_alias", s->alias, "state", state_name(s->state),
		"exit_code",
		s->exit_code >= 0 ? json_integer(s->exit_code) : json_null(),
		"signal",
		s->signal != 0 ? json_integer((json_int_t)s->signal)
			       : json_null(),
		"reason",
		s->reason != NULL && s->reason[0] != '\0'
		    ? json_string(s->reason)
		    : json_null(),
		"client_count", (json_int_t)s->viewers));
}

void
event_input_wanted(struct env *env, const struct session *s, const char *kind,
    const char *title, const char *text)
{
	tell(env, "session", "input_wanted",
	    json_pack("{s:s, s:s, s:s, s:s, s:s}", "id", s->id, "profile_alias",
		s->alias, "kind", kind, "title", title, "text", text));
}
