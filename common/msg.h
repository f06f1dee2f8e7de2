#ifndef COMMON_MSG_H
#define COMMON_MSG_H
/*
 * Frames and their bodies.
 *
 * A frame is a 12-byte header, little-endian { u32 body length, u16 type,
 * u8 descriptor count, u8 zero, u32 request id }, then the body: one msgpack
 * array whose elements are, in order, the fields of the type's record.
 * msg.c is the only file that knows msgpack-c.  Before that sees a body, a
 * scan over its headers (msgscan.c) has checked every count against the bytes
 * left, the depth, and the set of types in use: msgpack-c would otherwise
 * reserve gigabytes on the word of five bytes.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fdpass.h"

struct buf;

#define MSG_HDR_LEN  12
#define MSG_MAX_BODY (512 * 1024) /* bytes; rule rows set tighter bounds */
#define MSG_MAX_FDS  FDPASS_MAX

/* How a field lies in its C struct. */
enum msg_kind {
	MF_U64 = 1, /* uint64_t, at most max */
	MF_I64,	    /* int64_t, -max-1 .. max */
	MF_BOOL,    /* bool */
	MF_STR,	    /* const char *: UTF-8 without NUL, <= max bytes, never
		       NULL after decoding; NULL encodes as "" */
	MF_BIN,	    /* struct msg_bin, <= max bytes */
	MF_STRS,    /* struct msg_strs, <= max elements, each as MF_STR of at
		       most MSG_STR_MAX bytes */
	MF_RECS	    /* struct msg_recs of rec, <= max elements */
};

#define MSG_STR_MAX (32 * 1024) /* bytes of one element of MF_STRS */

struct msg_bin {
	const uint8_t *p;
	size_t len;
};

struct msg_strs {
	const char **v; /* NULL-terminated after decoding */
	size_t n;
};

struct msg_recs {
	void *v; /* array of the record's struct */
	size_t n;
};

#define MFF_SECRET 0x1 /* prints as <secret>; memory is wiped */

struct msg_rec;

struct msg_field {
	const char *name;
	enum msg_kind kind;
	size_t off;   /* offsetof in the record's struct */
	uint64_t max; /* bound; its unit depends on kind */
	unsigned flags;
	const struct msg_rec *rec; /* of MF_RECS */
};

struct msg_rec {
	size_t size; /* sizeof the struct */
	const struct msg_field *fields;
	size_t nfields;
};

struct msg_type {
	uint16_t type;
	const char *name; /* without MSG_ */
	const struct msg_rec *rec;
};

/* The description of a type (msgtab.c), or NULL for an unknown number. */
const struct msg_type *msg_type_get(uint16_t type);
/* How many types there are, and the i-th; NULL past the last. */
size_t msg_type_count(void);
const struct msg_type *msg_type_at(size_t i);

struct msg_hdr {
	uint32_t len;
	uint16_t type;
	uint8_t nfds;
	uint32_t id;
};

/* A received message.  All that body points to lives until msg_clear(). */
struct msg {
	struct msg_hdr hdr;
	const struct msg_type *type;
	void *body;	      /* the record's struct */
	int fds[MSG_MAX_FDS]; /* ours until taken; -1 where there is none */
	void *arena;	      /* private */
};

/* Moves descriptor i out of m; -1 if there is none (any more). */
int msg_take_fd(struct msg *m, size_t i);
/* Closes descriptors that were not taken; wipes and frees the body. */
void msg_clear(struct msg *m);

/*
 * Reads a header.  RL_ERR_AGAIN: fewer than MSG_HDR_LEN bytes;
 * RL_ERR_PROTOCOL: the zero byte is not zero, or a bound is exceeded.
 */
int msg_hdr_parse(const uint8_t *p, size_t len, struct msg_hdr *h);

/*
 * Appends a whole frame to out.  body is the record's struct of that type
 * (NULL for a record without fields).  RL_ERR_INVALID: a value breaks its own
 * field's bound, the body passes MSG_MAX_BODY, or the type is unknown;
 * RL_ERR_TOOBIG: out is full.  Nothing
 * is appended on error.
 */
int msg_encode(struct buf *out, uint16_t type, uint32_t id, size_t nfds,
    const void *body);

/*
 * Decodes len bytes as the body of a message of type h->type into m (whose
 * fds it leaves alone).  All bytes must be eaten.  RL_ERR_PROTOCOL otherwise,
 * and *why (static) says what broke.
 */
int msg_decode(
    struct msg *m, const uint8_t *body, size_t len, const char **why);

/*
 * Checks that len bytes are exactly one msgpack array of scalars, strings,
 * binaries and arrays, nested at most 5 deep, whose every count fits the
 * bytes that follow it.  0 or RL_ERR_PROTOCOL.
 */
int msg_scan(const uint8_t *p, size_t len);

/*
 * Prints a body for a trace, "name=value ..." with secrets as <secret> and
 * text escaped, into dst (size bytes, truncated with "...").  Returns dst.
 */
char *msg_print(const struct msg_type *, const void *body, char *dst,
    size_t size);

/*
 * Blocking I/O of one message, for the CLI and the keychain helper.
 * msg_write() sends all of it; the descriptors stay the caller's.
 * msg_read() waits at most timeout_ms (-1: for ever): RL_ERR_TIMEOUT,
 * RL_ERR_EOF, RL_ERR_PROTOCOL, RL_ERR_SYSTEM.  It never reads past the
 * message's own bytes.
 */
int msg_write(int fd, uint16_t type, uint32_t id, const void *body,
    const int *fds, size_t nfds);
int msg_read(int fd, int timeout_ms, struct msg *m);

#endif /* COMMON_MSG_H */
