/*
 * msgtab-registry.c: fields of messages about the registry of manifests.
 */

#include "config.h"

#include <stddef.h>
#include <stdint.h>

#include "msgdef.h"
#include "msgtab.h"

#define FILES_MAX 100 /* in a registry */

static const struct msg_field f_msg_registry_get[] = {
	SECRET_BIN(msg_registry_get, token, TOKEN_MAX),
	BOOL(msg_registry_get, verify),
};
REC(msg_registry_get);

static const struct msg_field f_msg_registry_version[] = {
	STR(msg_registry_version, id, NAME_MAX_LEN),
	STR(msg_registry_version, name, NAME_MAX_LEN),
	STR(msg_registry_version, version, NAME_MAX_LEN),
	STR(msg_registry_version, channel, NAME_MAX_LEN),
	STR(msg_registry_version, sha256, NAME_MAX_LEN),
	STR(msg_registry_version, key_id, NAME_MAX_LEN),
	U64(msg_registry_version, serial, INT32_MAX),
	I64(msg_registry_version, installed_at, INT64_MAX),
};
REC(msg_registry_version);

static const struct msg_field f_msg_registry_state[] = {
	STR(msg_registry_state, url, PATH_MAX_LEN),
	STR(msg_registry_state, channel, NAME_MAX_LEN),
	STRS(msg_registry_state, keys, 64),
	U64(msg_registry_state, timeout_ms, UINT32_MAX),
	STR(msg_registry_state, pin, NAME_MAX_LEN),
	STR(msg_registry_state, problem, TEXT_MAX_LEN),
	STR(msg_registry_state, refused, TEXT_MAX_LEN),
	BOOL(msg_registry_state, used),
	RECS(msg_registry_state, versions, 8, rec_msg_registry_version),
	STRS(msg_registry_state, manifests, FILES_MAX),
	STRS(msg_registry_state, shadowed, FILES_MAX),
};
REC(msg_registry_state);

static const struct msg_field f_msg_registry_install[] = {
	SECRET_BIN(msg_registry_install, token, TOKEN_MAX),
	STR(msg_registry_install, pin, NAME_MAX_LEN),
	BOOL(msg_registry_install, force),
};
REC(msg_registry_install);

static const struct msg_field f_msg_registry_installed[] = {
	STR(msg_registry_installed, id, NAME_MAX_LEN),
	STR(msg_registry_installed, name, NAME_MAX_LEN),
	STR(msg_registry_installed, version, NAME_MAX_LEN),
	STR(msg_registry_installed, channel, NAME_MAX_LEN),
	STR(msg_registry_installed, key_id, NAME_MAX_LEN),
	U64(msg_registry_installed, serial, INT32_MAX),
	BOOL(msg_registry_installed, unchanged),
	STRS(msg_registry_installed, manifests, FILES_MAX),
	STRS(msg_registry_installed, shadowed, FILES_MAX),
	STRS(msg_registry_installed, endpoints, LIST_MAX),
};
REC(msg_registry_installed);

static const struct msg_field f_msg_registry_pin[] = {
	SECRET_BIN(msg_registry_pin, token, TOKEN_MAX),
	STR(msg_registry_pin, ref, NAME_MAX_LEN),
};
REC(msg_registry_pin);

static const struct msg_field f_msg_registry_fetch[] = {
	STR(msg_registry_fetch, url, PATH_MAX_LEN),
	STR(msg_registry_fetch, channel, NAME_MAX_LEN),
	U64(msg_registry_fetch, timeout_ms, UINT32_MAX),
};
REC(msg_registry_fetch);

static const struct msg_type types[] = {
	TYPE(REGISTRY_GET, rec_msg_registry_get),
	TYPE(REGISTRY_STATE, rec_msg_registry_state),
	TYPE(REGISTRY_INSTALL, rec_msg_registry_install),
	TYPE(REGISTRY_INSTALLED, rec_msg_registry_installed),
	TYPE(REGISTRY_SYNC, msgtab_token_only),
	TYPE(REGISTRY_PIN, rec_msg_registry_pin),
	TYPE(REGISTRY_FETCH, rec_msg_registry_fetch),
	TYPE(REGISTRY_FETCHED, msgtab_empty),
};

const struct msgtab_group msgtab_registry = { types, NELEM(types) };
