/*
 * Fields of the messages about pictures for a session.
 */

#include "config.h"

#include <stddef.h>
#include <stdint.h>

#include "msgdef.h"
#include "msgtab.h"
#include "valid.h"

static const struct msg_field f_msg_upload_begin[] = {
	SECRET_BIN(msg_upload_begin, token, TOKEN_MAX),
	STR(msg_upload_begin, id, SESSION_ID_LEN),
	U64(msg_upload_begin, size, UINT32_MAX),
	SECRET_BIN(msg_upload_begin, data, UPLOAD_PIECE_MAX),
};
REC(msg_upload_begin);

static const struct msg_field f_msg_upload_more[] = {
	SECRET_BIN(msg_upload_more, token, TOKEN_MAX),
	STR(msg_upload_more, id, SESSION_ID_LEN),
	STR(msg_upload_more, name, NAME_MAX_LEN),
	U64(msg_upload_more, offset, UINT32_MAX),
	SECRET_BIN(msg_upload_more, data, UPLOAD_PIECE_MAX),
};
REC(msg_upload_more);

static const struct msg_field f_msg_upload_drop[] = {
	SECRET_BIN(msg_upload_drop, token, TOKEN_MAX),
	STR(msg_upload_drop, id, SESSION_ID_LEN),
	STR(msg_upload_drop, name, NAME_MAX_LEN),
};
REC(msg_upload_drop);

static const struct msg_field f_msg_upload_state[] = {
	STR(msg_upload_state, id, SESSION_ID_LEN),
	STR(msg_upload_state, name, NAME_MAX_LEN),
	STR(msg_upload_state, path, PATH_MAX_LEN),
	STR(msg_upload_state, type, NAME_MAX_LEN),
	U64(msg_upload_state, size, UINT32_MAX),
	U64(msg_upload_state, received, UINT32_MAX),
	U64(msg_upload_state, piece, UPLOAD_PIECE_MAX),
	U64(msg_upload_state, left, UINT64_MAX),
};
REC(msg_upload_state);

static const struct msg_type types[] = {
	TYPE(UPLOAD_BEGIN, rec_msg_upload_begin),
	TYPE(UPLOAD_MORE, rec_msg_upload_more),
	TYPE(UPLOAD_DROP, rec_msg_upload_drop),
	TYPE(UPLOAD_STATE, rec_msg_upload_state),
};

const struct msgtab_group msgtab_upload = { types, NELEM(types) };
