#ifndef REGRESS_PEER_RAWMSG_H
#define REGRESS_PEER_RAWMSG_H
/*
 * Frames and bodies written by hand, without the library under test and
 * without its checks: so that a test can say what an honest peer cannot.
 */

#include <stddef.h>
#include <stdint.h>

#include "msg.h"

struct raw {
	uint8_t *p;
	size_t len;
	size_t size;
};

/* A struct raw of zeroes is empty. */
void raw_free(struct raw *);
void raw_reset(struct raw *);
void raw_put(struct raw *, const void *p, size_t len);
void raw_byte(struct raw *, unsigned c);
/* A first byte and then n bytes of v, big-endian. */
void raw_head(struct raw *, unsigned c, uint64_t v, size_t n);

/* msgpack in its shortest form. */
void raw_array(struct raw *, uint64_t n);
void raw_u64(struct raw *, uint64_t v);
void raw_i64(struct raw *, int64_t v);
void raw_bool(struct raw *, int v);
void raw_str(struct raw *, const char *p, size_t len);
void raw_bin(struct raw *, const void *p, size_t len);

/* One field's value, and a whole record, bounds not looked at. */
void raw_field(struct raw *, const struct msg_field *f, const void *body);
void raw_record(struct raw *, const struct msg_rec *, const void *body);

/* A frame header; all of it as told, the fourth byte included. */
void raw_header(struct raw *, uint32_t len, uint16_t type, uint8_t nfds,
    uint8_t zero, uint32_t id);
/* A header that is right for body, and body. */
void raw_frame(struct raw *, uint16_t type, uint8_t nfds, uint32_t id,
    const struct raw *body);

#endif /* REGRESS_PEER_RAWMSG_H */
