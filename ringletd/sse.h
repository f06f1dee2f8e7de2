#ifndef RINGLETD_SSE_H
#define RINGLETD_SSE_H
/*
 * The format of server-sent events (WHATWG HTML 9.2), as pure functions.
 */

#include <stddef.h>
#include <stdint.h>

struct buf;

#define SSE_TYPE "text/event-stream"

/*
 * Appends one event: its number as id (0: none), its type, and its data, a
 * line each for those that there are.  What ends a line is CR LF, LF or CR; it
 * is LF at a client.  RL_ERR_INVALID: type is empty or has a line's end;
 * RL_ERR_TOOBIG: there is no room, and out has a part of it.
 */
int sse_event(struct buf *out, uint64_t id, const char *type, const char *data);
/* Appends a comment, which has no line's end in it. */
int sse_comment(struct buf *out, const char *text);

#endif /* RINGLETD_SSE_H */
