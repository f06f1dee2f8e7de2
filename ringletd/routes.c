/*
 * Every route: one table, read from top to bottom.  What is not in it is not
 * there.
 */
#include "config.h"

#include "msgdef.h"
#include "ringletd.h"

const struct reply_table null_reply = { NULL, 0 };

static const struct route routes[] = {
	{ METHOD_GET, "/", SCOPE_NONE, 0, NULL, NULL, api_page, 0, 200, NULL,
	    false, "The dashboard's page, which holds no data" },
	{ METHOD_GET, "/assets/{name}", SCOPE_NONE, 0, NULL, NULL, api_asset, 0,
	    200, NULL, false, "A file of the dashboard" },
	{ METHOD_GET, "/api/openapi.json", SCOPE_VIEW, 0, NULL, NULL,
	    api_openapi, MSG_AUTH_CHECK, 200, NULL, false,
	    "This description of all routes" },

	{ METHOD_GET, "/api/ping", SCOPE_VIEW, 0, NULL, NULL, api_ping,
	    MSG_AUTH_CHECK, 200, &ping_reply, false,
	    "Whether the daemon answers and the token is good" },
	{ METHOD_GET, "/api/daemon/status", SCOPE_VIEW, 0, NULL, NULL,
	    api_status, MSG_STATUS_GET, 200, &status_reply, false,
	    "How the daemon does" },
	{ METHOD_POST, "/api/shutdown", SCOPE_CONTROL, 0, NULL, NULL,
	    api_shutdown, MSG_STOP, 200, &shutdown_reply, false,
	    "End all sessions and the daemon" },

	{ METHOD_GET, "/api/token", SCOPE_VIEW, 0, NULL, NULL, api_token,
	    MSG_TOKEN_SELF, 200, &token_reply, false,
	    "What the token that came along is" },
	{ METHOD_DELETE, "/api/token", SCOPE_VIEW, 0, NULL, NULL, api_token_end,
	    MSG_TOKEN_END, 200, &null_reply, false,
	    "End the token that came along" },
	{ METHOD_POST, "/api/token/exchange", SCOPE_CODE, 0, &exchange_body,
	    NULL, api_exchange, MSG_TOKEN_EXCHANGE, 201, &exchange_reply, false,
	    "A token for a one-time code" },

	{ METHOD_GET, "/api/agents", SCOPE_VIEW, 0, NULL, NULL, api_agents,
	    MSG_AGENT_LIST, 200, &agent_reply, true,
	    "Agents that profiles can be made of" },
	{ METHOD_GET, "/api/agents/{id}", SCOPE_VIEW, 0, NULL, NULL, api_agents,
	    MSG_AGENT_LIST, 200, &agent_reply, false, "One agent" },
	{ METHOD_GET, "/api/providers", SCOPE_VIEW, 0, NULL, NULL,
	    api_providers, MSG_PROVIDER_LIST, 200, &provider_reply, true,
	    "Providers that profiles can be made of" },
	{ METHOD_GET, "/api/providers/{id}", SCOPE_VIEW, 0, NULL, NULL,
	    api_providers, MSG_PROVIDER_LIST, 200, &provider_reply, false,
	    "One provider" },

	{ METHOD_GET, "/api/keychain/public-key", SCOPE_VIEW, 0, NULL, NULL,
	    api_public_key, MSG_PUBKEY_GET, 200, &pubkey_reply, false,
	    "The public key that API keys are sealed to" },
	{ METHOD_GET, "/api/profiles", SCOPE_VIEW, 0, NULL, NULL,
	    api_profile_list, MSG_PROFILE_LIST, 200, &profile_reply, true,
	    "All profiles" },
	{ METHOD_POST, "/api/profiles", SCOPE_CONTROL, 0, &profile_create_body,
	    NULL, api_profile_create, MSG_PROFILE_CREATE, 201, &profile_reply,
	    false, "Make a profile" },
	{ METHOD_GET, "/api/profiles/{alias}", SCOPE_VIEW, 0, NULL, NULL,
	    api_profile_get, MSG_PROFILE_GET, 200, &profile_reply, false,
	    "One profile" },
	{ METHOD_DELETE, "/api/profiles/{alias}", SCOPE_CONTROL, 0, NULL, NULL,
	    api_profile_delete, MSG_PROFILE_DELETE, 200, &profile_deleted_reply,
	    false, "Delete a profile with its key and home" },
	{ METHOD_PUT, "/api/profiles/{alias}/key", SCOPE_CONTROL, 0,
	    &profile_rekey_body, NULL, api_profile_rekey, MSG_PROFILE_REKEY,
	    200, &profile_rekeyed_reply, false,
	    "Give a profile another API key" },

	{ METHOD_GET, "/api/fs/list", SCOPE_CONTROL, 0, NULL, fs_list_query,
	    api_fs_list, MSG_FS_LIST, 200, &folders_reply, false,
	    "The folders in a folder" },
	{ METHOD_GET, "/api/fs/complete", SCOPE_CONTROL, 0, NULL,
	    fs_complete_query, api_fs_complete, MSG_FS_COMPLETE, 200,
	    &folders_reply, false, "The folders whose names begin so" },

	{ METHOD_GET, "/api/terminal/sessions", SCOPE_VIEW, 0, NULL, NULL,
	    api_session_list, MSG_SESSION_LIST, 200, &session_reply, true,
	    "All sessions" },
	{ METHOD_POST, "/api/terminal/sessions", SCOPE_CONTROL, 0,
	    &session_create_body, NULL, api_session_create, MSG_SESSION_CREATE,
	    201, &session_created_reply, false, "Start a session" },
	{ METHOD_GET, "/api/terminal/sessions/{id}", SCOPE_VIEW, 0, NULL, NULL,
	    api_session_get, MSG_SESSION_GET, 200, &session_reply, false,
	    "One session" },
	{ METHOD_DELETE, "/api/terminal/sessions/{id}", SCOPE_CONTROL, 0, NULL,
	    NULL, api_session_delete, MSG_SESSION_KILL, 200,
	    &session_killed_reply, false, "End a session" },
	{ METHOD_POST, "/api/terminal/cleanup", SCOPE_CONTROL, 0, NULL, NULL,
	    api_session_cleanup, MSG_SESSION_CLEANUP, 200,
	    &session_cleaned_reply, false, "Forget sessions that have ended" },
	{ METHOD_GET, "/api/audit", SCOPE_CONTROL, 0, NULL, audit_query,
	    api_audit, MSG_AUDIT_READ, 200, &audit_reply, false,
	    "Entries of the audit log" },
	{ METHOD_GET, "/api/registry", SCOPE_VIEW, 0, NULL, NULL, api_registry,
	    MSG_REGISTRY_GET, 200, &registry_reply, false,
	    "The registry of manifests" },
	{ METHOD_POST, "/api/registry/sync", SCOPE_CONTROL, 0, NULL, NULL,
	    api_registry_sync, MSG_REGISTRY_SYNC, 200,
	    &registry_installed_reply, false,
	    "Fetch, verify and use what the registry has now" },
	{ METHOD_POST, "/api/registry/pin", SCOPE_CONTROL, 0,
	    &registry_pin_body, NULL, api_registry_pin, MSG_REGISTRY_PIN, 200,
	    &registry_reply, false, "Use a version and no other" },
	{ METHOD_GET, "/api/events", SCOPE_VIEW, ROUTE_EVENTS, NULL,
	    events_query, api_events, MSG_AUTH_CHECK, 200, NULL, false,
	    "What happens, as it does: server-sent events" },
	{ METHOD_GET, "/ws", SCOPE_VIEW, ROUTE_WS, NULL, NULL, api_events_ws,
	    MSG_AUTH_CHECK, 101, NULL, false, "What happens, as it does" },
	{ METHOD_GET, "/ws/terminal/{id}", SCOPE_VIEW, ROUTE_WS, NULL,
	    terminal_query, api_terminal, MSG_SESSION_ATTACH, 101, NULL, false,
	    "See a session's terminal, and type into it" },
};

const struct route *
route_get(size_t i)
{
	return i < NELEM(routes) ? &routes[i] : NULL;
}
