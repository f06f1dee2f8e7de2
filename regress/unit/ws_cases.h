#ifndef UNIT_WS_CASES_H
#define UNIT_WS_CASES_H
/*
 * What a WebSocket's client may send, as tables: ws_cases.c has them,
 * test_ws_cases.c runs them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a frame's head is written. */
#define HEAD_PLAIN 0 /* as it should be */
#define HEAD_BARE  1 /* without a mask */
#define HEAD_WIDE  2 /* the length in two bytes more than it needs */
#define HEAD_HUGE  3 /* the length in eight bytes, with the highest bit */

struct ws_put {
	unsigned first; /* FIN, RSV, opcode; 0 with times 0: no frame */
	const char *p;	/* NULL: len bytes of 'a' */
	size_t len;
	unsigned times; /* that it is sent; 0 is 1 */
	unsigned head;
};

enum ws_want {
	WANT_CLOSE = 1, /* Close with a code, 0 for none, and the end */
	WANT_ERROR,	/* a message of type "error": the text was taken */
	WANT_ECHO,	/* the session's bytes hold the text */
	WANT_PONG,	/* Pong with the text */
	WANT_NOTHING	/* no answer */
};

#define WS_PUTS 12

struct ws_case {
	const char *id;
	enum ws_want want;
	unsigned code;
	const char *text;
	size_t chop; /* bytes that are sent at a time; 0: all */
	struct ws_put puts[WS_PUTS];
};

struct ws_utf8 {
	const char *id;
	const char *p;
	size_t len;
	bool right;
};

extern const struct ws_case ws_cases[];
extern const size_t ws_ncases;
extern const struct ws_utf8 ws_utf8[];
extern const size_t ws_nutf8;

#endif /* UNIT_WS_CASES_H */
