/*
 * msgtab-keychain.c: fields of messages.
 *
 * Keychains: the helper that asks one, the vault, keys that do not agree.
 */

#include "config.h"

#include <stddef.h>
#include <stdint.h>

#include "msgdef.h"
#include "msgtab.h"

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

static const struct msg_type types[] = {
	TYPE(KC_REQUEST, rec_msg_kc_request),
	TYPE(KC_REPLY, rec_msg_kc_reply),
	TYPE(KEYS_CHECK, msgtab_token_only),
	TYPE(KEYS_CHECKED, rec_msg_keys_checked),
	TYPE(ORPHAN_DELETE, rec_msg_orphan_delete),
	TYPE(PROMPT_ALLOW, msgtab_empty),
	TYPE(PROMPT_OPEN, rec_msg_prompt_open),
	TYPE(KC_PROMPT, rec_msg_kc_prompt),
	TYPE(KEYCHAIN_STATUS, rec_msg_keychain_status),
	TYPE(KEYCHAIN_STATE, rec_msg_keychain_state),
	TYPE(KEYCHAIN_UNLOCK, rec_msg_keychain_unlock),
	TYPE(KEYCHAIN_UNLOCKED, rec_msg_keychain_unlocked),
	TYPE(KEYCHAIN_LOCK, msgtab_token_only),
	TYPE(KEYCHAIN_PASSPHRASE, rec_msg_keychain_passphrase),
	TYPE(KEYCHAIN_MIGRATE, rec_msg_keychain_migrate),
	TYPE(KEYCHAIN_MOVED, rec_msg_keychain_moved),
};

const struct msgtab_group msgtab_keychain = { types, NELEM(types) };
