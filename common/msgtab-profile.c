/*
 * msgtab-profile.c: fields of messages.
 *
 * Profiles, their keys and grants, and the agents and providers there are.
 */

#include "config.h"

#include <stddef.h>
#include <stdint.h>

#include "msgdef.h"
#include "msgtab.h"
#include "valid.h"

static const struct msg_field f_msg_profile[] = {
	STR(msg_profile, alias, NAME_MAX_LEN),
	STR(msg_profile, agent_id, NAME_MAX_LEN),
	STR(msg_profile, provider_id, NAME_MAX_LEN),
	STR(msg_profile, endpoint_id, PATH_MAX_LEN),
	STR(msg_profile, endpoint_url, PATH_MAX_LEN),
	STR(msg_profile, model, NAME_MAX_LEN),
	STR(msg_profile, working_dir, PATH_MAX_LEN),
	STR(msg_profile, home, PATH_MAX_LEN),
	STR(msg_profile, keychain, NAME_MAX_LEN),
	STR(msg_profile, damage, TEXT_MAX_LEN),
	STRS(msg_profile, args, ARGS_MAX),
	STRS(msg_profile, env, ARGS_MAX),
	I64(msg_profile, created_at, INT64_MAX),
	I64(msg_profile, last_used, INT64_MAX),
	U64(msg_profile, total_runs, UINT64_MAX),
	BOOL(msg_profile, has_key),
	STRS(msg_profile, grants, ARGS_MAX),
	STRS(msg_profile, pass_env, ARGS_MAX),
	STR(msg_profile, manifest_url, PATH_MAX_LEN),
	STR(msg_profile, notice, TEXT_MAX_LEN),
};
REC(msg_profile);

static const struct msg_field f_msg_agent[] = {
	STR(msg_agent, id, NAME_MAX_LEN),
	STR(msg_agent, name, NAME_MAX_LEN),
	STR(msg_agent, version, NAME_MAX_LEN),
	STR(msg_agent, binary_path, PATH_MAX_LEN),
	U64(msg_agent, profile_count, UINT32_MAX),
	BOOL(msg_agent, installed),
	STR(msg_agent, source, PATH_MAX_LEN + 16),
	STRS(msg_agent, shadows, 4),
	STR(msg_agent, damage, TEXT_MAX_LEN),
	STRS(msg_agent, provider_types, 64),
	STR(msg_agent, install, 512),
	STR(msg_agent, version_from, NAME_MAX_LEN),
	STR(msg_agent, version_why, TEXT_MAX_LEN),
	STR(msg_agent, binary, NAME_MAX_LEN),
};
REC(msg_agent);

static const struct msg_field f_msg_endpoint[] = {
	STR(msg_endpoint, id, NAME_MAX_LEN),
	STR(msg_endpoint, url, PATH_MAX_LEN),
};
REC(msg_endpoint);

static const struct msg_field f_msg_provider[] = {
	STR(msg_provider, id, NAME_MAX_LEN),
	STR(msg_provider, name, NAME_MAX_LEN),
	STR(msg_provider, type, NAME_MAX_LEN),
	STR(msg_provider, default_endpoint, NAME_MAX_LEN),
	STR(msg_provider, auth_variable, ENV_NAME_MAX),
	RECS(msg_provider, endpoints, 64, rec_msg_endpoint),
	STRS(msg_provider, models, ARGS_MAX),
	STR(msg_provider, source, PATH_MAX_LEN + 16),
	STRS(msg_provider, shadows, 4),
	STR(msg_provider, damage, TEXT_MAX_LEN),
};
REC(msg_provider);

static const struct msg_field f_msg_profile_create[] = {
	SECRET_BIN(msg_profile_create, token, TOKEN_MAX),
	STR(msg_profile_create, alias, NAME_MAX_LEN),
	STR(msg_profile_create, agent_id, NAME_MAX_LEN),
	STR(msg_profile_create, provider_id, NAME_MAX_LEN),
	STR(msg_profile_create, endpoint, PATH_MAX_LEN),
	STR(msg_profile_create, model, NAME_MAX_LEN),
	STR(msg_profile_create, working_dir, PATH_MAX_LEN),
	STRS(msg_profile_create, args, ARGS_MAX),
	SECRET_STRS(msg_profile_create, env, ARGS_MAX),
	SECRET_BIN(msg_profile_create, key, KEY_MAX),
	STR(msg_profile_create, sealed_key_id, NAME_MAX_LEN),
	SECRET_BIN(msg_profile_create, sealed_key, SEALED_MAX),
	STRS(msg_profile_create, search_path, ARGS_MAX),
	BOOL(msg_profile_create, dry_run),
};
REC(msg_profile_create);

static const struct msg_field f_msg_alias[] = {
	SECRET_BIN(msg_alias, token, TOKEN_MAX),
	STR(msg_alias, alias, NAME_MAX_LEN),
};
REC(msg_alias);

static const struct msg_field f_msg_profile_delete[] = {
	SECRET_BIN(msg_profile_delete, token, TOKEN_MAX),
	STR(msg_profile_delete, alias, NAME_MAX_LEN),
	BOOL(msg_profile_delete, keep_home),
};
REC(msg_profile_delete);

static const struct msg_field f_msg_profile_rekey[] = {
	SECRET_BIN(msg_profile_rekey, token, TOKEN_MAX),
	STR(msg_profile_rekey, alias, NAME_MAX_LEN),
	SECRET_BIN(msg_profile_rekey, key, KEY_MAX),
	STR(msg_profile_rekey, sealed_key_id, NAME_MAX_LEN),
	SECRET_BIN(msg_profile_rekey, sealed_key, SEALED_MAX),
};
REC(msg_profile_rekey);

static const struct msg_field f_msg_rekeyed[] = {
	STR(msg_rekeyed, alias, NAME_MAX_LEN),
	STR(msg_rekeyed, keychain, NAME_MAX_LEN),
	STRS(msg_rekeyed, sessions, LIST_MAX),
};
REC(msg_rekeyed);

static const struct msg_field f_msg_profiles[] = {
	RECS(msg_profiles, list, LIST_MAX, rec_msg_profile),
};
REC(msg_profiles);

static const struct msg_field f_msg_profile_run[] = {
	SECRET_BIN(msg_profile_run, token, TOKEN_MAX),
	STR(msg_profile_run, alias, NAME_MAX_LEN),
	STRS(msg_profile_run, args, ARGS_MAX),
	STRS(msg_profile_run, client_env, ARGS_MAX),
	STRS(msg_profile_run, search_path, ARGS_MAX),
};
REC(msg_profile_run);

static const struct msg_field f_msg_run_plan[] = {
	STR(msg_run_plan, path, PATH_MAX_LEN),
	STRS(msg_run_plan, argv, 2 * ARGS_MAX),
	SECRET_STRS(msg_run_plan, env, 2 * ARGS_MAX),
	STR(msg_run_plan, home, PATH_MAX_LEN),
	STR(msg_run_plan, working_dir, PATH_MAX_LEN),
	STRS(msg_run_plan, hooks_left_out, ARGS_MAX),
};
REC(msg_run_plan);

static const struct msg_field f_msg_agent_list[] = {
	SECRET_BIN(msg_agent_list, token, TOKEN_MAX),
	STRS(msg_agent_list, search_path, ARGS_MAX),
};
REC(msg_agent_list);

static const struct msg_field f_msg_agents[] = {
	RECS(msg_agents, list, LIST_MAX, rec_msg_agent),
};
REC(msg_agents);

static const struct msg_field f_msg_providers[] = {
	RECS(msg_providers, list, LIST_MAX, rec_msg_provider),
};
REC(msg_providers);

static const struct msg_field f_msg_profile_grant[] = {
	SECRET_BIN(msg_profile_grant, token, TOKEN_MAX),
	STR(msg_profile_grant, alias, NAME_MAX_LEN),
	STR(msg_profile_grant, grant, PATH_MAX_LEN + 16),
	BOOL(msg_profile_grant, revoke),
};
REC(msg_profile_grant);

static const struct msg_field f_msg_profile_endpoint[] = {
	SECRET_BIN(msg_profile_endpoint, token, TOKEN_MAX),
	STR(msg_profile_endpoint, alias, NAME_MAX_LEN),
	STR(msg_profile_endpoint, endpoint, PATH_MAX_LEN),
	STR(msg_profile_endpoint, expect, PATH_MAX_LEN),
	BOOL(msg_profile_endpoint, dry_run),
};
REC(msg_profile_endpoint);

static const struct msg_field f_msg_version_ask[] = {
	STR(msg_version_ask, path, PATH_MAX_LEN),
	STR(msg_version_ask, argument, NAME_MAX_LEN),
	STR(msg_version_ask, interp_dir, PATH_MAX_LEN),
	STRS(msg_version_ask, binds, 16),
};
REC(msg_version_ask);

static const struct msg_field f_msg_version_said[] = {
	STR(msg_version_said, version, NAME_MAX_LEN),
};
REC(msg_version_said);

static const struct msg_type types[] = {
	TYPE(PROFILE_CREATE, rec_msg_profile_create),
	TYPE(PROFILE_LIST, msgtab_token_only),
	TYPE(PROFILE_GET, rec_msg_alias),
	TYPE(PROFILE_DELETE, rec_msg_profile_delete),
	TYPE(PROFILE_ENV, rec_msg_profile_run),
	TYPE(PROFILE_RUN, rec_msg_profile_run),
	TYPE(PROFILE, rec_msg_profile),
	TYPE(PROFILES, rec_msg_profiles),
	TYPE(RUN_PLAN, rec_msg_run_plan),
	TYPE(AGENT_LIST, rec_msg_agent_list),
	TYPE(AGENTS, rec_msg_agents),
	TYPE(PROVIDER_LIST, msgtab_token_only),
	TYPE(PROVIDERS, rec_msg_providers),
	TYPE(PROFILE_ENDPOINT, rec_msg_profile_endpoint),
	TYPE(PROFILE_GRANT, rec_msg_profile_grant),
	TYPE(PROFILE_REKEY, rec_msg_profile_rekey),
	TYPE(REKEYED, rec_msg_rekeyed),
	TYPE(VERSION_ASK, rec_msg_version_ask),
	TYPE(VERSION_SAID, rec_msg_version_said),
};

const struct msgtab_group msgtab_profile = { types, NELEM(types) };
