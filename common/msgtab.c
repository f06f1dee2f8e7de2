/*
 * The field tables of all messages: how each struct of msgdef.h lies in a
 * body, and the bound of each field.  Nothing here decides who may send what;
 * that is each process's rule rows.
 */

#include "config.h"

#include <stddef.h>
#include <stdint.h>

#include "msgdef.h"
#include "ring.h"
#include "tier.h"
#include "valid.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

#define STR(s, f, m)  { #f, MF_STR, offsetof(struct s, f), m, 0, NULL }
#define STRS(s, f, m) { #f, MF_STRS, offsetof(struct s, f), m, 0, NULL }
#define U64(s, f, m)  { #f, MF_U64, offsetof(struct s, f), m, 0, NULL }
#define I64(s, f, m)  { #f, MF_I64, offsetof(struct s, f), m, 0, NULL }
#define BOOL(s, f)    { #f, MF_BOOL, offsetof(struct s, f), 1, 0, NULL }
#define BIN(s, f, m)  { #f, MF_BIN, offsetof(struct s, f), m, 0, NULL }
#define RECS(s, f, m, r) { #f, MF_RECS, offsetof(struct s, f), m, 0, &r }
#define SECRET_BIN(s, f, m) \
	{ #f, MF_BIN, offsetof(struct s, f), m, MFF_SECRET, NULL }
#define SECRET_STRS(s, f, m) \
	{ #f, MF_STRS, offsetof(struct s, f), m, MFF_SECRET, NULL }
#define REC(s) \
	static const struct msg_rec rec_##s = { sizeof(struct s), f_##s, \
		NELEM(f_##s) }

#define NAME_MAX_LEN 128  /* ids, aliases, versions */
#define PATH_MAX_LEN 4096 /* file names, URLs */
#define TEXT_MAX_LEN 2048 /* text for people */
#define TOKEN_MAX    256
#define KEY_MAX	     8192
#define SEALED_MAX   (KEY_MAX + 5 * 1024) /* with what it is bound to */
#define LIST_MAX     4096 /* records in one reply */

static const struct msg_rec rec_empty = { 0, NULL, 0 };

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
};
REC(msg_profile);

static const struct msg_field f_msg_session[] = {
	STR(msg_session, id, SESSION_ID_LEN),
	STR(msg_session, profile_alias, NAME_MAX_LEN),
	STR(msg_session, working_dir, PATH_MAX_LEN),
	STR(msg_session, tier, NAME_MAX_LEN),
	STR(msg_session, reason, NAME_MAX_LEN),
	STR(msg_session, text, TEXT_MAX_LEN),
	U64(msg_session, state, SST_TERMINATED),
	I64(msg_session, exit_code, 255),
	U64(msg_session, signal, 255),
	I64(msg_session, created_at, INT64_MAX),
	I64(msg_session, ended_at, INT64_MAX),
	U64(msg_session, pid, INT32_MAX),
	U64(msg_session, cols, TERM_SIZE_MAX),
	U64(msg_session, rows, TERM_SIZE_MAX),
	U64(msg_session, client_count, UINT32_MAX),
	U64(msg_session, output, UINT64_MAX),
	U64(msg_session, oldest, UINT64_MAX),
	BOOL(msg_session, sandboxed),
	STRS(msg_session, changed, ARGS_MAX),
	STR(msg_session, limits, NAME_MAX_LEN * 2),
};
REC(msg_session);

static const struct msg_field f_msg_agent[] = {
	STR(msg_agent, id, NAME_MAX_LEN),
	STR(msg_agent, name, NAME_MAX_LEN),
	STR(msg_agent, version, NAME_MAX_LEN),
	STR(msg_agent, binary_path, PATH_MAX_LEN),
	U64(msg_agent, profile_count, UINT32_MAX),
	BOOL(msg_agent, installed),
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
};
REC(msg_provider);

static const struct msg_field f_msg_bind[] = {
	U64(msg_bind, kind, BIND_EMPTY),
	STR(msg_bind, src, PATH_MAX_LEN),
	STR(msg_bind, dst, PATH_MAX_LEN),
	U64(msg_bind, size, UINT64_MAX),
};
REC(msg_bind);

static const struct msg_field f_msg_init[] = {
	U64(msg_init, version, UINT32_MAX),
	STR(msg_init, package, NAME_MAX_LEN),
	U64(msg_init, log_level, 4),
	BOOL(msg_init, require_full_seal),
	U64(msg_init, jail_minimum, TIER_MAX),
	BOOL(msg_init, same_user),
};
REC(msg_init);

static const struct msg_field f_msg_settings[] = {
	U64(msg_settings, log_level, 4),
	U64(msg_settings, jail_minimum, TIER_MAX),
};
REC(msg_settings);

static const struct msg_field f_msg_ready[] = {
	U64(msg_ready, version, UINT32_MAX),
	STR(msg_ready, package, NAME_MAX_LEN),
	STR(msg_ready, level, NAME_MAX_LEN),
	STR(msg_ready, text, TEXT_MAX_LEN),
};
REC(msg_ready);

static const struct msg_field f_msg_log[] = {
	U64(msg_log, level, 4),
	STR(msg_log, text, TEXT_MAX_LEN),
};
REC(msg_log);

static const struct msg_field f_msg_error[] = {
	I64(msg_error, code, 255),
	STR(msg_error, text, TEXT_MAX_LEN),
};
REC(msg_error);

static const struct msg_field f_msg_listeners[] = {
	STR(msg_listeners, address, NAME_MAX_LEN),
	BOOL(msg_listeners, local_socket),
};
REC(msg_listeners);

static const struct msg_field f_msg_held_listener[] = {
	STR(msg_held_listener, address, PATH_MAX_LEN),
	U64(msg_held_listener, fd, INT32_MAX),
	BOOL(msg_held_listener, local),
};
REC(msg_held_listener);

static const struct msg_field f_msg_held_ring[] = {
	U64(msg_held_ring, fd, INT32_MAX),
	I64(msg_held_ring, screen_fd, INT32_MAX),
	U64(msg_held_ring, note_fd, INT32_MAX),
	U64(msg_held_ring, clean, UINT64_MAX),
	U64(msg_held_ring, next_viewer, UINT64_MAX),
};
REC(msg_held_ring);

static const struct msg_field f_msg_handover[] = {
	U64(msg_handover, version, UINT32_MAX),
	U64(msg_handover, lock_fd, INT32_MAX),
	U64(msg_handover, control_fd, INT32_MAX),
	I64(msg_handover, log_fd, INT32_MAX),
	I64(msg_handover, started, INT64_MAX),
	U64(msg_handover, restarts, UINT64_MAX),
	SECRET_BIN(msg_handover, box_key, 32),
	BIN(msg_handover, box_public, 32),
	BIN(msg_handover, box_used, 4096),
	U64(msg_handover, sandboxer_pid, INT32_MAX),
	U64(msg_handover, sandboxer_fd, INT32_MAX),
	STR(msg_handover, sandboxer_level, NAME_MAX_LEN),
	RECS(msg_handover, listeners, 16, rec_msg_held_listener),
	RECS(msg_handover, sessions, LIST_MAX, rec_msg_session),
	RECS(msg_handover, rings, LIST_MAX, rec_msg_held_ring),
};
REC(msg_handover);

static const struct msg_field f_msg_token_only[] = {
	SECRET_BIN(msg_token_only, token, TOKEN_MAX),
};
REC(msg_token_only);

static const struct msg_field f_msg_status[] = {
	STR(msg_status, version, NAME_MAX_LEN),
	U64(msg_status, pid, INT32_MAX),
	U64(msg_status, uptime, UINT64_MAX),
	U64(msg_status, profiles, UINT32_MAX),
	U64(msg_status, sessions, UINT32_MAX),
	STRS(msg_status, listen, 16),
	STR(msg_status, seal, NAME_MAX_LEN),
	STR(msg_status, jail, NAME_MAX_LEN),
	STR(msg_status, token_file, PATH_MAX_LEN),
	U64(msg_status, ringletd_pid, INT32_MAX),
	U64(msg_status, sandboxer_pid, INT32_MAX),
	U64(msg_status, restarts, UINT64_MAX),
	STRS(msg_status, trouble, 2),
};
REC(msg_status);

static const struct msg_field f_msg_pubkey[] = {
	STR(msg_pubkey, key_id, NAME_MAX_LEN),
	BIN(msg_pubkey, key, 32),
};
REC(msg_pubkey);

static const struct msg_field f_msg_event[] = {
	STR(msg_event, type, NAME_MAX_LEN),
	STR(msg_event, details, 8192),
};
REC(msg_event);

static const struct msg_field f_msg_token[] = {
	STR(msg_token, id, NAME_MAX_LEN),
	BOOL(msg_token, control),
	STR(msg_token, label, NAME_MAX_LEN),
	I64(msg_token, created_at, INT64_MAX),
	I64(msg_token, expires_at, INT64_MAX),
};
REC(msg_token);

static const struct msg_field f_msg_token_create[] = {
	SECRET_BIN(msg_token_create, token, TOKEN_MAX),
	BOOL(msg_token_create, control),
	STR(msg_token_create, label, NAME_MAX_LEN),
	I64(msg_token_create, expires_at, INT64_MAX),
};
REC(msg_token_create);

static const struct msg_field f_msg_token_made[] = {
	STR(msg_token_made, id, NAME_MAX_LEN),
	SECRET_BIN(msg_token_made, value, TOKEN_MAX),
	I64(msg_token_made, expires_at, INT64_MAX),
};
REC(msg_token_made);

static const struct msg_field f_msg_tokens[] = {
	RECS(msg_tokens, list, 128, rec_msg_token),
};
REC(msg_tokens);

static const struct msg_field f_msg_token_revoke[] = {
	SECRET_BIN(msg_token_revoke, token, TOKEN_MAX),
	STR(msg_token_revoke, id, NAME_MAX_LEN),
};
REC(msg_token_revoke);

static const struct msg_field f_msg_token_gone[] = {
	BIN(msg_token_gone, digest, 32),
};
REC(msg_token_gone);

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

static const struct msg_field f_msg_keys_store[] = {
	STR(msg_keys_store, name, NAME_MAX_LEN),
	I64(msg_keys_store, code, 255),
	STR(msg_keys_store, text, TEXT_MAX_LEN),
	U64(msg_keys_store, keys, UINT32_MAX),
	U64(msg_keys_store, profiles, UINT32_MAX),
};
REC(msg_keys_store);

static const struct msg_field f_msg_keys_item[] = {
	STR(msg_keys_item, keychain, NAME_MAX_LEN),
	STR(msg_keys_item, profile, NAME_MAX_LEN),
	STR(msg_keys_item, provider, NAME_MAX_LEN),
	BOOL(msg_keys_item, in_use),
};
REC(msg_keys_item);

static const struct msg_field f_msg_keys_checked[] = {
	RECS(msg_keys_checked, stores, 8, rec_msg_keys_store),
	RECS(msg_keys_checked, orphans, LIST_MAX, rec_msg_keys_item),
	RECS(msg_keys_checked, missing, LIST_MAX, rec_msg_keys_item),
};
REC(msg_keys_checked);

static const struct msg_field f_msg_orphan_delete[] = {
	SECRET_BIN(msg_orphan_delete, token, TOKEN_MAX),
	STR(msg_orphan_delete, keychain, NAME_MAX_LEN),
	STR(msg_orphan_delete, profile, NAME_MAX_LEN),
};
REC(msg_orphan_delete);

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

static const struct msg_field f_msg_session_create[] = {
	SECRET_BIN(msg_session_create, token, TOKEN_MAX),
	STR(msg_session_create, alias, NAME_MAX_LEN),
	STRS(msg_session_create, args, ARGS_MAX),
	U64(msg_session_create, cols, TERM_SIZE_MAX),
	U64(msg_session_create, rows, TERM_SIZE_MAX),
	STR(msg_session_create, working_dir, PATH_MAX_LEN),
	BOOL(msg_session_create, no_sandbox),
	STRS(msg_session_create, bwrap_flags, ARGS_MAX),
	STRS(msg_session_create, client_env, ARGS_MAX),
	STRS(msg_session_create, search_path, ARGS_MAX),
	SECRET_STRS(msg_session_create, pass_env, ARGS_MAX),
	STR(msg_session_create, auth_sock, PATH_MAX_LEN),
};
REC(msg_session_create);

static const struct msg_field f_msg_jail_explain[] = {
	SECRET_BIN(msg_jail_explain, token, TOKEN_MAX),
	STR(msg_jail_explain, alias, NAME_MAX_LEN),
	STRS(msg_jail_explain, args, ARGS_MAX),
	STR(msg_jail_explain, working_dir, PATH_MAX_LEN),
	BOOL(msg_jail_explain, no_sandbox),
	STRS(msg_jail_explain, bwrap_flags, ARGS_MAX),
	STRS(msg_jail_explain, client_env, ARGS_MAX),
	STRS(msg_jail_explain, search_path, ARGS_MAX),
	SECRET_STRS(msg_jail_explain, pass_env, ARGS_MAX),
	STR(msg_jail_explain, auth_sock, PATH_MAX_LEN),
	STR(msg_jail_explain, path, PATH_MAX_LEN),
};
REC(msg_jail_explain);

static const struct msg_field f_msg_jail_mount[] = {
	U64(msg_jail_mount, kind, BIND_EMPTY),
	STR(msg_jail_mount, src, PATH_MAX_LEN),
	STR(msg_jail_mount, dst, PATH_MAX_LEN),
	U64(msg_jail_mount, size, UINT64_MAX),
	STR(msg_jail_mount, rule, NAME_MAX_LEN),
};
REC(msg_jail_mount);

static const struct msg_field f_msg_explained[] = {
	STR(msg_explained, alias, NAME_MAX_LEN),
	BOOL(msg_explained, sandboxed),
	STR(msg_explained, tier, NAME_MAX_LEN),
	STR(msg_explained, program, PATH_MAX_LEN),
	STRS(msg_explained, argv, 2 * ARGS_MAX),
	STR(msg_explained, home, PATH_MAX_LEN),
	STR(msg_explained, working_dir, PATH_MAX_LEN),
	RECS(msg_explained, mounts, LIST_MAX, rec_msg_jail_mount),
	STRS(msg_explained, namespaces, 16),
	STRS(msg_explained, env, 2 * ARGS_MAX),
	STRS(msg_explained, filter, 16),
	U64(msg_explained, limit_memory, INT64_MAX),
	U64(msg_explained, limit_processes, INT32_MAX),
	U64(msg_explained, limit_files, INT32_MAX),
	U64(msg_explained, limit_cpu, INT32_MAX),
	STRS(msg_explained, left_out, LIST_MAX),
	STRS(msg_explained, command, LIST_MAX),
	STRS(msg_explained, arguments, LIST_MAX),
	STR(msg_explained, path, PATH_MAX_LEN),
	STR(msg_explained, inside, PATH_MAX_LEN),
	STR(msg_explained, outside, PATH_MAX_LEN),
	BOOL(msg_explained, there),
	BOOL(msg_explained, readable),
	BOOL(msg_explained, writable),
	STR(msg_explained, rule, NAME_MAX_LEN),
	STR(msg_explained, text, TEXT_MAX_LEN),
};
REC(msg_explained);

static const struct msg_field f_msg_profile_grant[] = {
	SECRET_BIN(msg_profile_grant, token, TOKEN_MAX),
	STR(msg_profile_grant, alias, NAME_MAX_LEN),
	STR(msg_profile_grant, grant, PATH_MAX_LEN + 16),
	BOOL(msg_profile_grant, revoke),
};
REC(msg_profile_grant);

static const struct msg_field f_msg_session_id[] = {
	SECRET_BIN(msg_session_id, token, TOKEN_MAX),
	STR(msg_session_id, id, SESSION_ID_LEN),
};
REC(msg_session_id);

static const struct msg_field f_msg_session_kill[] = {
	SECRET_BIN(msg_session_kill, token, TOKEN_MAX),
	STR(msg_session_kill, id, SESSION_ID_LEN),
	U64(msg_session_kill, signal, 64),
};
REC(msg_session_kill);

static const struct msg_field f_msg_killed[] = {
	BOOL(msg_killed, ended),
	BOOL(msg_killed, proven),
	STR(msg_killed, text, TEXT_MAX_LEN),
};
REC(msg_killed);

static const struct msg_field f_msg_cleaned[] = {
	U64(msg_cleaned, count, UINT32_MAX),
};
REC(msg_cleaned);

static const struct msg_field f_msg_sessions[] = {
	RECS(msg_sessions, list, LIST_MAX, rec_msg_session),
};
REC(msg_sessions);

static const struct msg_field f_msg_session_attach[] = {
	SECRET_BIN(msg_session_attach, token, TOKEN_MAX),
	STR(msg_session_attach, id, SESSION_ID_LEN),
	I64(msg_session_attach, offset, INT64_MAX),
	BOOL(msg_session_attach, read_only),
};
REC(msg_session_attach);

static const struct msg_field f_msg_attached[] = {
	STR(msg_attached, id, SESSION_ID_LEN),
	U64(msg_attached, offset, UINT64_MAX),
	U64(msg_attached, cols, TERM_SIZE_MAX),
	U64(msg_attached, rows, TERM_SIZE_MAX),
	U64(msg_attached, state, SST_TERMINATED),
	I64(msg_attached, exit_code, 255),
	U64(msg_attached, signal, 255),
	BOOL(msg_attached, read_only),
	I64(msg_attached, wanted, INT64_MAX),
	U64(msg_attached, clean, UINT64_MAX),
};
REC(msg_attached);

static const struct msg_field f_msg_jail_start[] = {
	STR(msg_jail_start, id, SESSION_ID_LEN),
	BOOL(msg_jail_start, sandboxed),
	STR(msg_jail_start, path, PATH_MAX_LEN),
	STRS(msg_jail_start, argv, 2 * ARGS_MAX),
	SECRET_STRS(msg_jail_start, env, 2 * ARGS_MAX),
	STR(msg_jail_start, cwd, PATH_MAX_LEN),
	STR(msg_jail_start, home, PATH_MAX_LEN),
	RECS(msg_jail_start, binds, ARGS_MAX, rec_msg_bind),
	STRS(msg_jail_start, flags, ARGS_MAX),
	BOOL(msg_jail_start, unshare_net),
	U64(msg_jail_start, cols, TERM_SIZE_MAX),
	U64(msg_jail_start, rows, TERM_SIZE_MAX),
	BOOL(msg_jail_start, nesting),
	STRS(msg_jail_start, proofs, 4 * ARGS_MAX),
	U64(msg_jail_start, limit_memory, INT64_MAX),
	U64(msg_jail_start, limit_processes, INT32_MAX),
	U64(msg_jail_start, limit_files, INT32_MAX),
	U64(msg_jail_start, limit_cpu, INT32_MAX),
};
REC(msg_jail_start);

static const struct msg_field f_msg_jail_started[] = {
	U64(msg_jail_started, pid, INT32_MAX),
	STR(msg_jail_started, tier, NAME_MAX_LEN),
	STR(msg_jail_started, limits, NAME_MAX_LEN * 2),
};
REC(msg_jail_started);

static const struct msg_field f_msg_jail_tier[] = {
	STR(msg_jail_tier, level, NAME_MAX_LEN),
	STR(msg_jail_tier, text, TEXT_MAX_LEN),
};
REC(msg_jail_tier);

static const struct msg_field f_msg_jail_kill[] = {
	STR(msg_jail_kill, id, SESSION_ID_LEN),
	U64(msg_jail_kill, signal, 64),
	U64(msg_jail_kill, grace_ms, 600000),
};
REC(msg_jail_kill);

static const struct msg_field f_msg_jail_drop[] = {
	STR(msg_jail_drop, id, SESSION_ID_LEN),
};
REC(msg_jail_drop);

static const struct msg_field f_msg_viewer_add[] = {
	STR(msg_viewer_add, id, SESSION_ID_LEN),
	U64(msg_viewer_add, viewer, UINT64_MAX),
	BOOL(msg_viewer_add, read_only),
};
REC(msg_viewer_add);

static const struct msg_field f_msg_jail_state[] = {
	STR(msg_jail_state, id, SESSION_ID_LEN),
	U64(msg_jail_state, state, SST_TERMINATED),
	I64(msg_jail_state, exit_code, 255),
	U64(msg_jail_state, signal, 255),
	STR(msg_jail_state, reason, NAME_MAX_LEN),
	STR(msg_jail_state, text, TEXT_MAX_LEN),
};
REC(msg_jail_state);

static const struct msg_field f_msg_viewer_gone[] = {
	STR(msg_viewer_gone, id, SESSION_ID_LEN),
	U64(msg_viewer_gone, viewer, UINT64_MAX),
};
REC(msg_viewer_gone);

static const struct msg_field f_msg_jail_screen[] = {
	STR(msg_jail_screen, id, SESSION_ID_LEN),
	U64(msg_jail_screen, offset, UINT64_MAX),
};
REC(msg_jail_screen);

static const struct msg_field f_msg_viewer_input[] = {
	SECRET_BIN(msg_viewer_input, data, 64 * 1024),
};
REC(msg_viewer_input);

static const struct msg_field f_msg_viewer_resize[] = {
	U64(msg_viewer_resize, cols, TERM_SIZE_MAX),
	U64(msg_viewer_resize, rows, TERM_SIZE_MAX),
};
REC(msg_viewer_resize);

static const struct msg_field f_msg_viewer_size[] = {
	U64(msg_viewer_size, offset, UINT64_MAX),
	U64(msg_viewer_size, cols, TERM_SIZE_MAX),
	U64(msg_viewer_size, rows, TERM_SIZE_MAX),
};
REC(msg_viewer_size);

static const struct msg_field f_msg_viewer_signal[] = {
	U64(msg_viewer_signal, signal, 64),
};
REC(msg_viewer_signal);

static const struct msg_field f_msg_viewer_at[] = {
	U64(msg_viewer_at, offset, UINT64_MAX),
};
REC(msg_viewer_at);

static const struct msg_field f_msg_viewer_seek[] = {
	I64(msg_viewer_seek, offset, INT64_MAX),
};
REC(msg_viewer_seek);

static const struct msg_field f_msg_viewer_from[] = {
	U64(msg_viewer_from, offset, UINT64_MAX),
	U64(msg_viewer_from, cols, TERM_SIZE_MAX),
	U64(msg_viewer_from, rows, TERM_SIZE_MAX),
};
REC(msg_viewer_from);

static const struct msg_field f_msg_viewer_screen[] = {
	U64(msg_viewer_screen, offset, UINT64_MAX),
	U64(msg_viewer_screen, cols, TERM_SIZE_MAX),
	U64(msg_viewer_screen, rows, TERM_SIZE_MAX),
	BOOL(msg_viewer_screen, exact),
};
REC(msg_viewer_screen);

static const struct msg_field f_msg_viewer_state[] = {
	U64(msg_viewer_state, state, SST_TERMINATED),
	I64(msg_viewer_state, exit_code, 255),
	U64(msg_viewer_state, signal, 255),
	STR(msg_viewer_state, reason, NAME_MAX_LEN),
	STR(msg_viewer_state, text, TEXT_MAX_LEN),
};
REC(msg_viewer_state);

static const struct msg_field f_msg_kc_request[] = {
	U64(msg_kc_request, op, KC_VAULT_PASSPHRASE),
	STR(msg_kc_request, backend, NAME_MAX_LEN),
	STR(msg_kc_request, profile, NAME_MAX_LEN),
	STR(msg_kc_request, provider, NAME_MAX_LEN),
	SECRET_BIN(msg_kc_request, value, KEY_MAX),
	STR(msg_kc_request, vault, PATH_MAX_LEN),
	SECRET_BIN(msg_kc_request, vault_key, 32),
	U64(msg_kc_request, generation, UINT64_MAX),
	U64(msg_kc_request, ask, KC_ASK_PERSON),
};
REC(msg_kc_request);

static const struct msg_field f_msg_kc_reply[] = {
	I64(msg_kc_reply, result, 255),
	STR(msg_kc_reply, text, TEXT_MAX_LEN),
	SECRET_BIN(msg_kc_reply, value, KEY_MAX),
	STRS(msg_kc_reply, items, 2048),
	U64(msg_kc_reply, generation, UINT64_MAX),
};
REC(msg_kc_reply);

static const struct msg_field f_msg_prompt_open[] = {
	U64(msg_prompt_open, seconds, 86400),
};
REC(msg_prompt_open);

static const struct msg_field f_msg_kc_prompt[] = {
	BOOL(msg_kc_prompt, open),
};
REC(msg_kc_prompt);

static const struct msg_field f_msg_screen_start[] = {
	U64(msg_screen_start, version, UINT32_MAX),
	U64(msg_screen_start, offset, UINT64_MAX),
	U64(msg_screen_start, cols, TERM_SIZE_MAX),
	U64(msg_screen_start, rows, TERM_SIZE_MAX),
};
REC(msg_screen_start);

static const struct msg_field f_msg_screen_feed[] = {
	U64(msg_screen_feed, upto, UINT64_MAX),
};
REC(msg_screen_feed);

static const struct msg_field f_msg_screen_size[] = {
	U64(msg_screen_size, cols, TERM_SIZE_MAX),
	U64(msg_screen_size, rows, TERM_SIZE_MAX),
};
REC(msg_screen_size);

static const struct msg_field f_msg_screen_fed[] = {
	U64(msg_screen_fed, offset, UINT64_MAX),
};
REC(msg_screen_fed);

static const struct msg_field f_msg_screen_saved[] = {
	U64(msg_screen_saved, offset, UINT64_MAX),
	U64(msg_screen_saved, size, UINT32_MAX),
};
REC(msg_screen_saved);

static const struct msg_field f_msg_screen_busy[] = {
	U64(msg_screen_busy, offset, UINT64_MAX),
};
REC(msg_screen_busy);

static const struct msg_field f_msg_sandbox_check[] = {
	SECRET_BIN(msg_sandbox_check, token, TOKEN_MAX),
	STR(msg_sandbox_check, alias, NAME_MAX_LEN),
	STRS(msg_sandbox_check, targets, 64),
	STR(msg_sandbox_check, working_dir, PATH_MAX_LEN),
	BOOL(msg_sandbox_check, no_sandbox),
	STRS(msg_sandbox_check, bwrap_flags, ARGS_MAX),
	STRS(msg_sandbox_check, search_path, ARGS_MAX),
};
REC(msg_sandbox_check);

static const struct msg_field f_msg_keychain_status[] = {
	SECRET_BIN(msg_keychain_status, token, TOKEN_MAX),
	BOOL(msg_keychain_status, brief),
};
REC(msg_keychain_status);

static const struct msg_field f_msg_keychain_count[] = {
	STR(msg_keychain_count, store, NAME_MAX_LEN),
	U64(msg_keychain_count, profiles, UINT32_MAX),
};
REC(msg_keychain_count);

static const struct msg_field f_msg_keychain_state[] = {
	STR(msg_keychain_state, setting, NAME_MAX_LEN),
	STR(msg_keychain_state, store, NAME_MAX_LEN),
	STR(msg_keychain_state, text, TEXT_MAX_LEN),
	I64(msg_keychain_state, service, 255),
	STR(msg_keychain_state, service_text, TEXT_MAX_LEN),
	STR(msg_keychain_state, vault_file, PATH_MAX_LEN),
	BOOL(msg_keychain_state, vault_there),
	BOOL(msg_keychain_state, vault_open),
	U64(msg_keychain_state, generation, UINT64_MAX),
	I64(msg_keychain_state, locks_at, INT64_MAX),
	RECS(msg_keychain_state, counts, 16, rec_msg_keychain_count),
};
REC(msg_keychain_state);

static const struct msg_field f_msg_keychain_unlock[] = {
	SECRET_BIN(msg_keychain_unlock, token, TOKEN_MAX),
	SECRET_BIN(msg_keychain_unlock, passphrase, PASSPHRASE_MAX),
	BOOL(msg_keychain_unlock, make),
	BOOL(msg_keychain_unlock, own_time),
	U64(msg_keychain_unlock, lock_after, INT32_MAX),
};
REC(msg_keychain_unlock);

static const struct msg_field f_msg_keychain_unlocked[] = {
	BOOL(msg_keychain_unlocked, made),
	U64(msg_keychain_unlocked, generation, UINT64_MAX),
	I64(msg_keychain_unlocked, locks_at, INT64_MAX),
};
REC(msg_keychain_unlocked);

static const struct msg_field f_msg_keychain_passphrase[] = {
	SECRET_BIN(msg_keychain_passphrase, token, TOKEN_MAX),
	SECRET_BIN(msg_keychain_passphrase, old, PASSPHRASE_MAX),
	SECRET_BIN(msg_keychain_passphrase, fresh, PASSPHRASE_MAX),
};
REC(msg_keychain_passphrase);

static const struct msg_field f_msg_keychain_migrate[] = {
	SECRET_BIN(msg_keychain_migrate, token, TOKEN_MAX),
	STR(msg_keychain_migrate, target, NAME_MAX_LEN),
};
REC(msg_keychain_migrate);

static const struct msg_field f_msg_keychain_moved[] = {
	STR(msg_keychain_moved, target, NAME_MAX_LEN),
	U64(msg_keychain_moved, moved, UINT32_MAX),
	U64(msg_keychain_moved, there, UINT32_MAX),
	STRS(msg_keychain_moved, left, LIST_MAX),
};
REC(msg_keychain_moved);

static const struct msg_field f_msg_audit_read[] = {
	SECRET_BIN(msg_audit_read, token, TOKEN_MAX),
	U64(msg_audit_read, offset, INT64_MAX),
	U64(msg_audit_read, length, 128 * 1024),
};
REC(msg_audit_read);

static const struct msg_field f_msg_audit_piece[] = {
	BIN(msg_audit_piece, lines, 128 * 1024),
	U64(msg_audit_piece, next, INT64_MAX),
	U64(msg_audit_piece, size, INT64_MAX),
};
REC(msg_audit_piece);

static const struct msg_field f_msg_audit_finding[] = {
	U64(msg_audit_finding, line, INT64_MAX),
	U64(msg_audit_finding, seq, INT64_MAX),
	STR(msg_audit_finding, time, NAME_MAX_LEN),
	STR(msg_audit_finding, kind, NAME_MAX_LEN),
	STR(msg_audit_finding, text, TEXT_MAX_LEN),
};
REC(msg_audit_finding);

static const struct msg_field f_msg_audit_verdict[] = {
	STR(msg_audit_verdict, file, PATH_MAX_LEN),
	U64(msg_audit_verdict, entries, INT64_MAX),
	U64(msg_audit_verdict, last, INT64_MAX),
	U64(msg_audit_verdict, keyed, INT64_MAX),
	U64(msg_audit_verdict, uncovered, INT64_MAX),
	STR(msg_audit_verdict, key_id, NAME_MAX_LEN),
	STR(msg_audit_verdict, no_key, TEXT_MAX_LEN),
	U64(msg_audit_verdict, checkpoint, INT64_MAX),
	U64(msg_audit_verdict, partial, INT64_MAX),
	U64(msg_audit_verdict, nfindings, INT64_MAX),
	RECS(msg_audit_verdict, findings, 64, rec_msg_audit_finding),
};
REC(msg_audit_verdict);

static const struct msg_field f_msg_fs_path[] = {
	SECRET_BIN(msg_fs_path, token, TOKEN_MAX),
	STR(msg_fs_path, path, PATH_MAX_LEN),
};
REC(msg_fs_path);

static const struct msg_field f_msg_fs_folder[] = {
	STR(msg_fs_folder, name, PATH_MAX_LEN),
	BOOL(msg_fs_folder, usable),
};
REC(msg_fs_folder);

static const struct msg_field f_msg_fs_folders[] = {
	STR(msg_fs_folders, path, PATH_MAX_LEN),
	BOOL(msg_fs_folders, usable),
	STR(msg_fs_folders, why, TEXT_MAX_LEN),
	RECS(msg_fs_folders, folders, 1000, rec_msg_fs_folder),
	BOOL(msg_fs_folders, truncated),
	U64(msg_fs_folders, skipped, UINT32_MAX),
	STRS(msg_fs_folders, roots, 64),
};
REC(msg_fs_folders);

static const struct msg_field f_msg_fs_browse[] = {
	STR(msg_fs_browse, path, PATH_MAX_LEN),
	BOOL(msg_fs_browse, complete),
	STRS(msg_fs_browse, roots, 64),
};
REC(msg_fs_browse);

static const struct msg_field f_msg_http_limits[] = {
	U64(msg_http_limits, connections, 512),
	U64(msg_http_limits, streams, 64),
	U64(msg_http_limits, header, 16 * 1024),
	U64(msg_http_limits, body, 64 * 1024),
	U64(msg_http_limits, first_ms, 60 * 1000),
	U64(msg_http_limits, request_ms, 120 * 1000),
	U64(msg_http_limits, idle_ms, 600 * 1000),
	U64(msg_http_limits, write_ms, 600 * 1000),
	U64(msg_http_limits, ping_ms, 600 * 1000),
};
REC(msg_http_limits);

#define TYPE(name, rec) { MSG_##name, #name, &rec }

static const struct msg_type types[] = {
	TYPE(INIT, rec_msg_init),
	TYPE(READY, rec_msg_ready),
	TYPE(LOG, rec_msg_log),
	TYPE(ERROR, rec_msg_error),
	TYPE(OK, rec_empty),
	TYPE(LISTENERS, rec_msg_listeners),
	TYPE(HANDOVER, rec_msg_handover),
	TYPE(SETTINGS, rec_msg_settings),
	TYPE(AUTH_CHECK, rec_msg_token_only),
	TYPE(STATUS_GET, rec_msg_token_only),
	TYPE(STATUS, rec_msg_status),
	TYPE(STOP, rec_msg_token_only),
	TYPE(PUBKEY_GET, rec_msg_token_only),
	TYPE(PUBKEY, rec_msg_pubkey),
	TYPE(RESTART, rec_msg_token_only),
	TYPE(CONN_CHECK, rec_empty),
	TYPE(EVENT, rec_msg_event),
	TYPE(TOKEN_CREATE, rec_msg_token_create),
	TYPE(TOKEN_MADE, rec_msg_token_made),
	TYPE(TOKEN_LIST, rec_msg_token_only),
	TYPE(TOKENS, rec_msg_tokens),
	TYPE(TOKEN_REVOKE, rec_msg_token_revoke),
	TYPE(TOKEN_ROTATE, rec_msg_token_only),
	TYPE(TOKEN_SELF, rec_msg_token_only),
	TYPE(TOKEN_END, rec_msg_token_only),
	TYPE(TOKEN_GONE, rec_msg_token_gone),
	TYPE(PROFILE_CREATE, rec_msg_profile_create),
	TYPE(PROFILE_LIST, rec_msg_token_only),
	TYPE(PROFILE_GET, rec_msg_alias),
	TYPE(PROFILE_DELETE, rec_msg_profile_delete),
	TYPE(PROFILE_ENV, rec_msg_profile_run),
	TYPE(PROFILE_RUN, rec_msg_profile_run),
	TYPE(PROFILE, rec_msg_profile),
	TYPE(PROFILES, rec_msg_profiles),
	TYPE(RUN_PLAN, rec_msg_run_plan),
	TYPE(AGENT_LIST, rec_msg_agent_list),
	TYPE(AGENTS, rec_msg_agents),
	TYPE(PROVIDER_LIST, rec_msg_token_only),
	TYPE(PROVIDERS, rec_msg_providers),
	TYPE(SESSION_CREATE, rec_msg_session_create),
	TYPE(SESSION_LIST, rec_msg_token_only),
	TYPE(SESSION_GET, rec_msg_session_id),
	TYPE(SESSION_KILL, rec_msg_session_kill),
	TYPE(SESSION_CLEANUP, rec_msg_token_only),
	TYPE(SESSION_ATTACH, rec_msg_session_attach),
	TYPE(SESSION, rec_msg_session),
	TYPE(SESSIONS, rec_msg_sessions),
	TYPE(KILLED, rec_msg_killed),
	TYPE(CLEANED, rec_msg_cleaned),
	TYPE(ATTACHED, rec_msg_attached),
	TYPE(ATTACHED_ENDED, rec_msg_attached),
	TYPE(JAIL_START, rec_msg_jail_start),
	TYPE(JAIL_STARTED, rec_msg_jail_started),
	TYPE(JAIL_KILL, rec_msg_jail_kill),
	TYPE(JAIL_DROP, rec_msg_jail_drop),
	TYPE(VIEWER_ADD, rec_msg_viewer_add),
	TYPE(JAIL_STATE, rec_msg_jail_state),
	TYPE(VIEWER_GONE, rec_msg_viewer_gone),
	TYPE(JAIL_SCREEN, rec_msg_jail_screen),
	TYPE(VIEWER_INPUT, rec_msg_viewer_input),
	TYPE(VIEWER_RESIZE, rec_msg_viewer_resize),
	TYPE(VIEWER_SIGNAL, rec_msg_viewer_signal),
	TYPE(VIEWER_AT, rec_msg_viewer_at),
	TYPE(VIEWER_STATE, rec_msg_viewer_state),
	TYPE(VIEWER_SIZE, rec_msg_viewer_size),
	TYPE(VIEWER_SEEK, rec_msg_viewer_seek),
	TYPE(VIEWER_FROM, rec_msg_viewer_from),
	TYPE(VIEWER_SCREEN, rec_msg_viewer_screen),
	TYPE(VIEWER_ANSWER, rec_msg_viewer_input),
	TYPE(KC_REQUEST, rec_msg_kc_request),
	TYPE(KC_REPLY, rec_msg_kc_reply),
	TYPE(SCREEN_START, rec_msg_screen_start),
	TYPE(SCREEN_FEED, rec_msg_screen_feed),
	TYPE(SCREEN_SIZE, rec_msg_screen_size),
	TYPE(SCREEN_SAVE, rec_empty),
	TYPE(SCREEN_FED, rec_msg_screen_fed),
	TYPE(SCREEN_SAVED, rec_msg_screen_saved),
	TYPE(SCREEN_BUSY, rec_msg_screen_busy),
	TYPE(JAIL_EXPLAIN, rec_msg_jail_explain),
	TYPE(EXPLAINED, rec_msg_explained),
	TYPE(PROFILE_GRANT, rec_msg_profile_grant),
	TYPE(SANDBOX_CHECK, rec_msg_sandbox_check),
	TYPE(JAIL_TIER, rec_msg_jail_tier),
	TYPE(PROFILE_REKEY, rec_msg_profile_rekey),
	TYPE(REKEYED, rec_msg_rekeyed),
	TYPE(KEYS_CHECK, rec_msg_token_only),
	TYPE(KEYS_CHECKED, rec_msg_keys_checked),
	TYPE(ORPHAN_DELETE, rec_msg_orphan_delete),
	TYPE(PROMPT_ALLOW, rec_empty),
	TYPE(PROMPT_OPEN, rec_msg_prompt_open),
	TYPE(KC_PROMPT, rec_msg_kc_prompt),
	TYPE(KEYCHAIN_STATUS, rec_msg_keychain_status),
	TYPE(KEYCHAIN_STATE, rec_msg_keychain_state),
	TYPE(KEYCHAIN_UNLOCK, rec_msg_keychain_unlock),
	TYPE(KEYCHAIN_UNLOCKED, rec_msg_keychain_unlocked),
	TYPE(KEYCHAIN_LOCK, rec_msg_token_only),
	TYPE(KEYCHAIN_PASSPHRASE, rec_msg_keychain_passphrase),
	TYPE(KEYCHAIN_MIGRATE, rec_msg_keychain_migrate),
	TYPE(KEYCHAIN_MOVED, rec_msg_keychain_moved),
	TYPE(AUDIT_READ, rec_msg_audit_read),
	TYPE(AUDIT_PIECE, rec_msg_audit_piece),
	TYPE(AUDIT_VERIFY, rec_msg_token_only),
	TYPE(AUDIT_VERDICT, rec_msg_audit_verdict),
	TYPE(FS_LIST, rec_msg_fs_path),
	TYPE(FS_COMPLETE, rec_msg_fs_path),
	TYPE(FS_FOLDERS, rec_msg_fs_folders),
	TYPE(FS_BROWSE, rec_msg_fs_browse),
	TYPE(HTTP_LIMITS, rec_msg_http_limits),
};

const struct msg_type *
msg_type_get(uint16_t type)
{
	for (size_t i = 0; i < NELEM(types); i++)
		if (types[i].type == type)
			return &types[i];
	return NULL;
}

const struct msg_type *
msg_type_all(size_t *n)
{
	*n = NELEM(types);
	return types;
}
