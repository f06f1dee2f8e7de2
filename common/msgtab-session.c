/*
 * msgtab-session.c: fields of messages.
 *
 * Sessions, the folders and jails they run in, and what outlives an exec.
 */

#include "config.h"

#include <stddef.h>
#include <stdint.h>

#include "msgdef.h"
#include "msgtab.h"
#include "ring.h"
#include "tier.h"
#include "valid.h"

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
	STRS(msg_session, hooks_left_out, ARGS_MAX),
};
REC(msg_session);

static const struct msg_field f_msg_bind[] = {
	U64(msg_bind, kind, BIND_EMPTY),
	STR(msg_bind, src, PATH_MAX_LEN),
	STR(msg_bind, dst, PATH_MAX_LEN),
	U64(msg_bind, size, UINT64_MAX),
};
REC(msg_bind);

static const struct msg_field f_msg_held_listener[] = {
	STR(msg_held_listener, address, PATH_MAX_LEN),
	U64(msg_held_listener, fd, INT32_MAX),
	BOOL(msg_held_listener, local),
	BOOL(msg_held_listener, handed),
};
REC(msg_held_listener);

static const struct msg_field f_msg_held_ring[] = {
	U64(msg_held_ring, fd, INT32_MAX),
	I64(msg_held_ring, screen_fd, INT32_MAX),
	U64(msg_held_ring, note_fd, INT32_MAX),
	U64(msg_held_ring, clean, UINT64_MAX),
	U64(msg_held_ring, next_viewer, UINT64_MAX),
	STR(msg_held_ring, uploads, NAME_MAX_LEN),
	U64(msg_held_ring, uploads_used, UINT64_MAX),
	U64(msg_held_ring, uploads_files, UINT32_MAX),
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

static const struct msg_field f_msg_jail_show[] = {
	SECRET_BIN(msg_jail_show, token, TOKEN_MAX),
	STR(msg_jail_show, alias, NAME_MAX_LEN),
	STR(msg_jail_show, working_dir, PATH_MAX_LEN),
};
REC(msg_jail_show);

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
	STR(msg_jail_start, hook_report, PATH_MAX_LEN),
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

static const struct msg_field f_msg_jail_notice[] = {
	STR(msg_jail_notice, id, SESSION_ID_LEN),
	U64(msg_jail_notice, kind, NOTICE_NOTIFICATION),
	STR(msg_jail_notice, title, NOTICE_MAX),
	STR(msg_jail_notice, text, NOTICE_MAX),
};
REC(msg_jail_notice);

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
	STRS(msg_fs_browse, bounds, 64),
};
REC(msg_fs_browse);

static const struct msg_type types[] = {
	TYPE(HANDOVER, rec_msg_handover),
	TYPE(SESSION_CREATE, rec_msg_session_create),
	TYPE(SESSION_LIST, msgtab_token_only),
	TYPE(SESSION_GET, rec_msg_session_id),
	TYPE(SESSION_KILL, rec_msg_session_kill),
	TYPE(SESSION_CLEANUP, msgtab_token_only),
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
	TYPE(JAIL_NOTICE, rec_msg_jail_notice),
	TYPE(JAIL_EXPLAIN, rec_msg_jail_explain),
	TYPE(JAIL_SHOW, rec_msg_jail_show),
	TYPE(EXPLAINED, rec_msg_explained),
	TYPE(SANDBOX_CHECK, rec_msg_sandbox_check),
	TYPE(JAIL_TIER, rec_msg_jail_tier),
	TYPE(FS_LIST, rec_msg_fs_path),
	TYPE(FS_COMPLETE, rec_msg_fs_path),
	TYPE(FS_FOLDERS, rec_msg_fs_folders),
	TYPE(FS_BROWSE, rec_msg_fs_browse),
};

const struct msgtab_group msgtab_session = { types, NELEM(types) };
