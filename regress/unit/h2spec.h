#ifndef UNIT_H2SPEC_H
#define UNIT_H2SPEC_H
/*
 * What a client of HTTP/2 may do wrong, or right in an odd way, as a table:
 * frames to be sent, and what must come back.  h2spec_cases.c is the table,
 * test_h2spec.c runs it.
 */

#include <stddef.h>
#include <stdint.h>

/* Beside the types of frames, what a step may be. */
#define STEP_RAW   0x100 /* bytes as they are */
#define STEP_ACK   0x101 /* waits for SETTINGS with ACK */
#define STEP_END   0x102 /* waits for a frame with END_STREAM */
#define STEP_DATA  0x103 /* waits for DATA */
#define STEP_LARGE 0x104 /* DATA for stream 1 with len bytes */
#define STEP_MANY  0x105 /* len requests on new streams */
#define STEP_BARE  0x106 /* the first: bytes without a handshake before */

struct h2spec_step {
	unsigned type;
	uint8_t flags;
	uint32_t id;
	const char *p;
	size_t len;
};

enum h2spec_verdict {
	WANT_CONN = 1, /* GOAWAY with one of the codes, and the end */
	WANT_STREAM,   /* RST_STREAM or GOAWAY with one of the codes */
	WANT_GOAWAY,   /* GOAWAY with one of the codes */
	WANT_RESET,    /* RST_STREAM for stream 1 with one of the codes */
	WANT_CLOSE,    /* the end of the connection */
	WANT_HEADERS,  /* HEADERS of stream 1 */
	WANT_DATA,     /* DATA */
	WANT_BYTE,     /* DATA of one byte */
	WANT_PONG,     /* PING with ACK and the bytes "h2spec\0\0" */
	WANT_ACK,      /* SETTINGS with ACK */
	WANT_SETTINGS  /* SETTINGS without ACK as the very first frame */
};

#define H2SPEC_STEPS 6

struct h2spec_case {
	const char *id;
	const char *name;
	enum h2spec_verdict want;
	uint32_t codes; /* bits: 1 << code */
	struct h2spec_step steps[H2SPEC_STEPS];
};

extern const struct h2spec_case h2spec_cases[];
extern const size_t h2spec_ncases;

#endif /* UNIT_H2SPEC_H */
