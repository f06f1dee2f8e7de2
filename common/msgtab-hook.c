/*
 * msgtab-hook.c: fields of messages about hooks.
 */

#include "config.h"

#include <stddef.h>
#include <stdint.h>

#include "hook.h"
#include "msgdef.h"
#include "msgtab.h"
#include "valid.h"

static const struct msg_field f_msg_hook_text[] = {
	STR(msg_hook_text, event, HOOK_EVENT_MAX),
	STR(msg_hook_text, matcher, HOOK_MATCHER_MAX),
	STR(msg_hook_text, command, HOOK_COMMAND_MAX),
	U64(msg_hook_text, timeout, HOOK_TIMEOUT_MAX),
};
REC(msg_hook_text);

static const struct msg_field f_msg_hook[] = {
	STR(msg_hook, event, HOOK_EVENT_MAX),
	U64(msg_hook, index, HOOKS_MAX),
	STR(msg_hook, matcher, HOOK_MATCHER_MAX),
	STR(msg_hook, command, HOOK_COMMAND_MAX),
	U64(msg_hook, timeout, HOOK_TIMEOUT_MAX),
	STR(msg_hook, hash, HOOK_HASH_LEN),
	I64(msg_hook, added_at, INT64_MAX),
	STR(msg_hook, added_by, NAME_MAX_LEN * 2),
	BOOL(msg_hook, approved),
	STR(msg_hook, refused, TEXT_MAX_LEN),
	I64(msg_hook, approved_at, INT64_MAX),
	STR(msg_hook, was_event, HOOK_EVENT_MAX),
	STR(msg_hook, was_matcher, HOOK_MATCHER_MAX),
	STR(msg_hook, was_command, HOOK_COMMAND_MAX),
	U64(msg_hook, was_timeout, HOOK_TIMEOUT_MAX),
};
REC(msg_hook);

static const struct msg_field f_msg_hook_list[] = {
	SECRET_BIN(msg_alias, token, TOKEN_MAX),
	STR(msg_alias, alias, NAME_MAX_LEN),
};
static const struct msg_rec rec_msg_hook_list = { sizeof(struct msg_alias),
	f_msg_hook_list, NELEM(f_msg_hook_list) };

static const struct msg_field f_msg_hooks[] = {
	STR(msg_hooks, alias, NAME_MAX_LEN),
	RECS(msg_hooks, list, HOOKS_MAX, rec_msg_hook),
};
REC(msg_hooks);

static const struct msg_field f_msg_hook_add[] = {
	SECRET_BIN(msg_hook_add, token, TOKEN_MAX),
	STR(msg_hook_add, alias, NAME_MAX_LEN),
	STR(msg_hook_add, event, HOOK_EVENT_MAX),
	STR(msg_hook_add, matcher, HOOK_MATCHER_MAX),
	STR(msg_hook_add, command, HOOK_COMMAND_MAX),
	U64(msg_hook_add, timeout, HOOK_TIMEOUT_MAX),
	I64(msg_hook_add, index, HOOKS_MAX),
};
REC(msg_hook_add);

static const struct msg_field f_msg_hook_remove[] = {
	SECRET_BIN(msg_hook_remove, token, TOKEN_MAX),
	STR(msg_hook_remove, alias, NAME_MAX_LEN),
	STR(msg_hook_remove, event, HOOK_EVENT_MAX),
	U64(msg_hook_remove, index, HOOKS_MAX),
};
REC(msg_hook_remove);

static const struct msg_field f_msg_hook_import[] = {
	SECRET_BIN(msg_hook_import, token, TOKEN_MAX),
	STR(msg_hook_import, alias, NAME_MAX_LEN),
	RECS(msg_hook_import, list, HOOKS_MAX, rec_msg_hook_text),
};
REC(msg_hook_import);

static const struct msg_field f_msg_hook_approve[] = {
	SECRET_BIN(msg_hook_approve, token, TOKEN_MAX),
	STR(msg_hook_approve, alias, NAME_MAX_LEN),
	STR(msg_hook_approve, event, HOOK_EVENT_MAX),
	U64(msg_hook_approve, index, HOOKS_MAX),
	STR(msg_hook_approve, hash, HOOK_HASH_LEN),
};
REC(msg_hook_approve);

static const struct msg_field f_msg_hook_run[] = {
	SECRET_BIN(msg_hook_run, token, TOKEN_MAX),
	STR(msg_hook_run, alias, NAME_MAX_LEN),
	STR(msg_hook_run, event, HOOK_EVENT_MAX),
	U64(msg_hook_run, index, HOOKS_MAX),
	STR(msg_hook_run, hash, HOOK_HASH_LEN),
	U64(msg_hook_run, phase, HOOK_ENDED),
	I64(msg_hook_run, status, 255),
};
REC(msg_hook_run);

static const struct msg_field f_msg_jail_hook[] = {
	STR(msg_jail_hook, id, SESSION_ID_LEN),
	U64(msg_jail_hook, event, HOOK_EVENT_END - 1),
	U64(msg_jail_hook, index, HOOKS_MAX),
	STR(msg_jail_hook, hash, HOOK_HASH_LEN),
	U64(msg_jail_hook, phase, HOOK_ENDED),
	I64(msg_jail_hook, status, 255),
	U64(msg_jail_hook, lost, UINT32_MAX),
};
REC(msg_jail_hook);

static const struct msg_type types[] = {
	TYPE(HOOK_LIST, rec_msg_hook_list),
	TYPE(HOOKS, rec_msg_hooks),
	TYPE(HOOK_ADD, rec_msg_hook_add),
	TYPE(HOOK_REMOVE, rec_msg_hook_remove),
	TYPE(HOOK_IMPORT, rec_msg_hook_import),
	TYPE(HOOK_APPROVE, rec_msg_hook_approve),
	TYPE(HOOK_RUN, rec_msg_hook_run),
	TYPE(JAIL_HOOK, rec_msg_jail_hook),
};

const struct msgtab_group msgtab_hook = { types, NELEM(types) };
