/*
 * Fuzzes message bodies of every type.  The first two bytes are the type's
 * number (an unknown one stands for some other, so that no input is wasted),
 * the rest is the body.  What decodes must encode again, and decode to the
 * same; what does not must leave nothing behind.  The bytes are also tried as a
 * header.
 */

#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "msgdef.h"
#include "regress/peer/msggen.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
require(int cond)
{
	if (!cond)
		abort();
}

static int
decode(struct msg *m, uint16_t type, const uint8_t *body, size_t len)
{
	const char *why = NULL;
	int r;

	memset(m, 0, sizeof(*m));
	for (size_t i = 0; i < MSG_MAX_FDS; i++)
		m->fds[i] = -1;
	m->hdr.type = type;
	r = msg_decode(m, body, len, &why);
	require(r == 0 || (r == RL_ERR_PROTOCOL && why != NULL &&
			      m->body == NULL && m->arena == NULL));
	return r;
}

static void
check_decoded(const struct msg_type *t, const struct msg *m)
{
	struct buf *out = buf_new(MSG_HDR_LEN + MSG_MAX_BODY);
	struct msg again;
	char text[400];

	msg_print(t, m->body, text, sizeof(text));
	require(strlen(text) < sizeof(text));
	require(msg_encode(out, t->type, 1, 0, m->body) == 0);
	require(decode(&again, t->type, buf_ptr(out) + MSG_HDR_LEN,
		    buf_len(out) - MSG_HDR_LEN) == 0);
	require(msggen_equal(t->rec, m->body, again.body));
	msg_clear(&again);
	buf_free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct msg_type *t;
	struct msg_hdr h;
	struct msg m;
	uint16_t number;
	int r;

	r = msg_hdr_parse(data, len, &h);
	require(r == 0 ||
		r == (len < MSG_HDR_LEN ? RL_ERR_AGAIN : RL_ERR_PROTOCOL));
	require(r != 0 || (h.len <= MSG_MAX_BODY && h.nfds <= MSG_MAX_FDS));
	if (len < 2)
		return 0;
	number = (uint16_t)(data[0] | data[1] << 8);
	data += 2;
	len -= 2;
	if ((t = msg_type_get(number)) == NULL)
		t = msg_type_at(number % msg_type_count());
	if (decode(&m, t->type, data, len) == 0) {
		require(msg_scan(data, len) == 0);
		check_decoded(t, &m);
	}
	msg_clear(&m);
	return 0;
}
