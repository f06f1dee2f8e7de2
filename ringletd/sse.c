/*
 * The format of server-sent events.  A line's end in what is told would begin
 * a field of its own, so data is cut there, and a type that has one is refused.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "sse.h"

#define ENDS "\r\n"

static int
put_line(struct buf *out, const char *field, const char *p, size_t len)
{
	if (buf_put(out, field, strlen(field)) != 0 ||
	    buf_put(out, p, len) != 0 || buf_put(out, "\n", 1) != 0)
		return RL_ERR_TOOBIG;
	return 0;
}

int
sse_event(struct buf *out, uint64_t id, const char *type, const char *data)
{
	char number[24];
	size_t n;
	int ret;

	if (type[0] == '\0' || strpbrk(type, ENDS) != NULL)
		return RL_ERR_INVALID;
	(void)snprintf(number, sizeof(number), "%llu", (unsigned long long)id);
	if (id != 0 &&
	    (ret = put_line(out, "id: ", number, strlen(number))) != 0)
		return ret;
	if ((ret = put_line(out, "event: ", type, strlen(type))) != 0)
		return ret;
	for (;;) {
		n = strcspn(data, ENDS);
		if ((ret = put_line(out, "data: ", data, n)) != 0)
			return ret;
		data += n;
		if (*data == '\0')
			break;
		data += data[0] == '\r' && data[1] == '\n' ? 2 : 1;
	}
	return buf_put(out, "\n", 1) != 0 ? RL_ERR_TOOBIG : 0;
}

int
sse_comment(struct buf *out, const char *text)
{
	int ret = put_line(out, ": ", text, strcspn(text, ENDS));

	if (ret == 0 && buf_put(out, "\n", 1) != 0)
		ret = RL_ERR_TOOBIG;
	return ret;
}
