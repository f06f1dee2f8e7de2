/*
 * msgtab-viewer.c: fields of messages.
 *
 * Viewers of a session, and the keeper of its screen.
 */

#include "config.h"

#include <stddef.h>
#include <stdint.h>

#include "msgdef.h"
#include "msgtab.h"
#include "ring.h"
#include "valid.h"

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

static const struct msg_field f_msg_screen_notice[] = {
	U64(msg_screen_notice, bell, UINT64_MAX),
	U64(msg_screen_notice, note, UINT64_MAX),
	STR(msg_screen_notice, title, NOTICE_MAX),
	STR(msg_screen_notice, text, NOTICE_MAX),
};
REC(msg_screen_notice);

static const struct msg_type types[] = {
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
	TYPE(SCREEN_START, rec_msg_screen_start),
	TYPE(SCREEN_FEED, rec_msg_screen_feed),
	TYPE(SCREEN_SIZE, rec_msg_screen_size),
	TYPE(SCREEN_SAVE, msgtab_empty),
	TYPE(SCREEN_FED, rec_msg_screen_fed),
	TYPE(SCREEN_SAVED, rec_msg_screen_saved),
	TYPE(SCREEN_BUSY, rec_msg_screen_busy),
	TYPE(SCREEN_NOTICE, rec_msg_screen_notice),
};

const struct msgtab_group msgtab_viewer = { types, NELEM(types) };
