/*
 * msgtab-daemon.c: fields of messages.
 *
 * The daemon itself: its processes, its state, tokens, events, the audit log.
 */

#include "config.h"

#include <stddef.h>
#include <stdint.h>

#include "msgdef.h"
#include "msgtab.h"
#include "tier.h"

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
	STRS(msg_status, trouble, 8),
	STR(msg_status, manager, NAME_MAX_LEN),
	BOOL(msg_status, handed),
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

static const struct msg_field f_msg_code_create[] = {
	SECRET_BIN(msg_code_create, token, TOKEN_MAX),
	BOOL(msg_code_create, control),
	U64(msg_code_create, lifetime, CODE_TOKEN_MAX),
};
REC(msg_code_create);

static const struct msg_field f_msg_code_made[] = {
	SECRET_BIN(msg_code_made, code, TOKEN_MAX),
	U64(msg_code_made, seconds, UINT32_MAX),
};
REC(msg_code_made);

static const struct msg_field f_msg_token_exchange[] = {
	SECRET_BIN(msg_token_exchange, code, TOKEN_MAX),
};
REC(msg_token_exchange);

static const struct msg_field f_msg_token_taken[] = {
	STR(msg_token_taken, id, NAME_MAX_LEN),
	SECRET_BIN(msg_token_taken, value, TOKEN_MAX),
	BOOL(msg_token_taken, control),
	I64(msg_token_taken, expires_at, INT64_MAX),
};
REC(msg_token_taken);

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

static const struct msg_field f_msg_policy_setting[] = {
	STR(msg_policy_setting, keyword, NAME_MAX_LEN),
	STR(msg_policy_setting, value, 8192),
	STR(msg_policy_setting, origin, 2 * PATH_MAX_LEN),
	BOOL(msg_policy_setting, forced),
};
REC(msg_policy_setting);

static const struct msg_field f_msg_policy_rule[] = {
	STR(msg_policy_rule, keyword, NAME_MAX_LEN),
	STR(msg_policy_rule, value, 8192),
	U64(msg_policy_rule, line, UINT32_MAX),
};
REC(msg_policy_rule);

static const struct msg_field f_msg_policy[] = {
	STR(msg_policy, file, PATH_MAX_LEN),
	BOOL(msg_policy, there),
	STR(msg_policy, hash, NAME_MAX_LEN),
	STR(msg_policy, trouble, TEXT_MAX_LEN),
	RECS(msg_policy, settings, 64, rec_msg_policy_setting),
	RECS(msg_policy, rules, 64, rec_msg_policy_rule),
};
REC(msg_policy);

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

static const struct msg_type types[] = {
	TYPE(INIT, rec_msg_init),
	TYPE(READY, rec_msg_ready),
	TYPE(LOG, rec_msg_log),
	TYPE(ERROR, rec_msg_error),
	TYPE(OK, msgtab_empty),
	TYPE(LISTENERS, rec_msg_listeners),
	TYPE(SETTINGS, rec_msg_settings),
	TYPE(ALIVE, msgtab_empty),
	TYPE(AUTH_CHECK, msgtab_token_only),
	TYPE(STATUS_GET, msgtab_token_only),
	TYPE(STATUS, rec_msg_status),
	TYPE(STOP, msgtab_token_only),
	TYPE(PUBKEY_GET, msgtab_token_only),
	TYPE(PUBKEY, rec_msg_pubkey),
	TYPE(RESTART, msgtab_token_only),
	TYPE(CONN_CHECK, msgtab_empty),
	TYPE(EVENT, rec_msg_event),
	TYPE(TOKEN_CREATE, rec_msg_token_create),
	TYPE(TOKEN_MADE, rec_msg_token_made),
	TYPE(TOKEN_LIST, msgtab_token_only),
	TYPE(TOKENS, rec_msg_tokens),
	TYPE(TOKEN_REVOKE, rec_msg_token_revoke),
	TYPE(TOKEN_ROTATE, msgtab_token_only),
	TYPE(TOKEN_SELF, msgtab_token_only),
	TYPE(TOKEN_END, msgtab_token_only),
	TYPE(TOKEN_GONE, rec_msg_token_gone),
	TYPE(CODE_CREATE, rec_msg_code_create),
	TYPE(CODE_MADE, rec_msg_code_made),
	TYPE(TOKEN_EXCHANGE, rec_msg_token_exchange),
	TYPE(TOKEN_TAKEN, rec_msg_token_taken),
	TYPE(AUDIT_READ, rec_msg_audit_read),
	TYPE(AUDIT_PIECE, rec_msg_audit_piece),
	TYPE(AUDIT_VERIFY, msgtab_token_only),
	TYPE(AUDIT_VERDICT, rec_msg_audit_verdict),
	TYPE(HTTP_LIMITS, rec_msg_http_limits),
	TYPE(POLICY_SHOW, msgtab_token_only),
	TYPE(POLICY, rec_msg_policy),
};

const struct msgtab_group msgtab_daemon = { types, NELEM(types) };
