/*
 * The cases of test_h2spec.c, which says what their numbers mean.
 */
#include "config.h"

#include "h2client.h"
#include "h2spec.h"

#define S(s) (s), sizeof(s) - 1
/* A frame of a type; ES, EH, PAD and PRIO are flags. */
#define FRAME(type, flags, id, s)                                              \
	{                                                                      \
		NGHTTP2_##type, flags, id, S(s)                                \
	}
#define ES   NGHTTP2_FLAG_END_STREAM
#define EH   NGHTTP2_FLAG_END_HEADERS
#define PAD  NGHTTP2_FLAG_PADDED
#define PRIO NGHTTP2_FLAG_PRIORITY

/* A whole request without a body, and one that is open for a body. */
#define ASK(block)  FRAME(HEADERS, ES | EH, 1, block)
#define OPEN(block) FRAME(HEADERS, EH, 1, block)
#define BODY(flags) FRAME(DATA, flags, 1, "test")
#define CANCEL	    FRAME(RST_STREAM, 0, 1, "\0\0\0\x08")
#define GROW(id, s) FRAME(WINDOW_UPDATE, 0, id, s)
#define PING	    FRAME(PING, 0, 0, "h2spec\0\0")
#define WINDOW(s)   FRAME(SETTINGS, 0, 0, "\0\4\0\0\0" s)
#define RAW(s)                                                                 \
	{                                                                      \
		STEP_RAW, 0, 0, S(s)                                           \
	}
#define BARE(s)                                                                \
	{                                                                      \
		STEP_BARE, 0, 0, S(s)                                          \
	}
#define WAIT(what)                                                             \
	{                                                                      \
		STEP_##what, 0, 0, NULL, 0                                     \
	}
#define LARGE(len)                                                             \
	{                                                                      \
		STEP_LARGE, 0, 0, NULL, len                                    \
	}
#define MANY(n)                                                                \
	{                                                                      \
		STEP_MANY, 0, 0, NULL, n                                       \
	}

/* Header blocks. */
#define REST			 "\x86\x84\x01\x09localhost" /* all but the method */
#define GET			 "\x82" REST
#define POST			 "\x83" REST
#define HEAD			 "\x02\x04HEAD" REST
#define FIELD(n, name, v, value) "\0" n name v value
#define X_TEST			 FIELD("\x06", "x-test", "\x02", "ok")
#define X10			 "xxxxxxxxxx"
#define X100			 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10
#define X1000			 X100 X100 X100 X100 X100 X100 X100 X100 X100 X100
/* A field of 4000 bytes. */
#define DUMMY "\0\x08x-dummy0\x7f\xa1\x1e" X1000 X1000 X1000 X1000

#define CODE(code) (1U << NGHTTP2_##code)
#define PROTOCOL   CODE(PROTOCOL_ERROR)
#define CLOSED	   CODE(STREAM_CLOSED)
#define SIZE	   CODE(FRAME_SIZE_ERROR)
#define FLOW	   CODE(FLOW_CONTROL_ERROR)
#define PACKING	   CODE(COMPRESSION_ERROR)
#define REFUSED	   CODE(REFUSED_STREAM)

#define PREFACE	       "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define EMPTY_SETTINGS "\0\0\0\4\0\0\0\0\0"

/* A window of 2 for all streams, then 2 more for the first. */
#define SHRINK                                                                 \
	"\0\0\6\4\0\0\0\0\0"                                                   \
	"\0\4\0\0\0\2"                                                         \
	"\0\0\4\x08\0\0\0\0\1"                                                 \
	"\0\0\0\2"

const struct h2spec_case h2spec_cases[] = {
	/* generic */
	{ "generic/1/1", "the preface", WANT_SETTINGS, 0,
	    { BARE(PREFACE EMPTY_SETTINGS) } },
	{ "generic/2/1", "PRIORITY, idle", WANT_PONG, 0,
	    { FRAME(PRIORITY, 0, 1, "\0\0\0\0\xff"), PING } },
	{ "generic/2/2", "WINDOW_UPDATE, half-closed", WANT_DATA, 0,
	    { WINDOW("\0"), ASK(GET), GROW(1, "\0\0\0\1") } },
	{ "generic/2/3", "PRIORITY, half-closed", WANT_DATA, 0,
	    { WINDOW("\0"), ASK(GET), FRAME(PRIORITY, 0, 1, "\0\0\0\0\xff"),
		GROW(1, "\0\0\0\1") } },
	{ "generic/2/4", "RST_STREAM, half-closed", WANT_PONG, 0,
	    { ASK(GET), CANCEL, PING } },
	{ "generic/2/5", "PRIORITY, closed", WANT_PONG, 0,
	    { ASK(GET), WAIT(END), FRAME(PRIORITY, 0, 1, "\0\0\0\0\xff"),
		PING } },
	{ "generic/3.1/1", "DATA", WANT_HEADERS, 0, { OPEN(POST), BODY(ES) } },
	{ "generic/3.1/2", "DATA twice", WANT_HEADERS, 0,
	    { OPEN(POST), BODY(0), BODY(ES) } },
	{ "generic/3.1/3", "DATA with padding", WANT_HEADERS, 0,
	    { OPEN(POST), FRAME(DATA, ES | PAD, 1,
			      "\6"
			      "test\0\0\0\0\0\0") } },
	{ "generic/3.2/1", "HEADERS", WANT_HEADERS, 0, { ASK(GET) } },
	{ "generic/3.2/2", "HEADERS with padding", WANT_HEADERS, 0,
	    { FRAME(
		HEADERS, ES | EH | PAD, 1, "\x08" GET "\0\0\0\0\0\0\0\0") } },
	{ "generic/3.2/3", "HEADERS with priority", WANT_HEADERS, 0,
	    { FRAME(HEADERS, ES | EH | PRIO, 1, "\0\0\0\0\xff" GET) } },
	{ "generic/3.3/1", "PRIORITY 1", WANT_HEADERS, 0,
	    { FRAME(PRIORITY, 0, 1, "\0\0\0\0\0"), ASK(GET) } },
	{ "generic/3.3/2", "PRIORITY 256", WANT_HEADERS, 0,
	    { FRAME(PRIORITY, 0, 1, "\0\0\0\0\xff"), ASK(GET) } },
	{ "generic/3.3/3", "PRIORITY with a dependency", WANT_HEADERS, 0,
	    { FRAME(PRIORITY, 0, 3, "\0\0\0\1\0"), ASK(GET) } },
	{ "generic/3.3/4", "PRIORITY, exclusive", WANT_HEADERS, 0,
	    { FRAME(PRIORITY, 0, 1, "\x80\0\0\0\0"), ASK(GET) } },
	{ "generic/3.3/5", "PRIORITY of a later stream", WANT_HEADERS, 0,
	    { FRAME(PRIORITY, 0, 3, "\0\0\0\0\xff"), ASK(GET) } },
	{ "generic/3.4/1", "RST_STREAM", WANT_PONG, 0,
	    { OPEN(GET), CANCEL, PING } },
	{ "generic/3.5/1", "SETTINGS", WANT_ACK, 0,
	    { FRAME(SETTINGS, 0, 0,
		"\0\1\0\0\x10\0"
		"\0\2\0\0\0\1"
		"\0\3\0\0\0\x64"
		"\0\4\0\0\xff\xff"
		"\0\5\0\0\x40\0"
		"\0\6\0\0\0\x64") } },
	{ "generic/3.7/1", "PING", WANT_PONG, 0, { PING } },
	{ "generic/3.8/1", "GOAWAY", WANT_CLOSE, 0,
	    { FRAME(GOAWAY, 0, 0,
		"\0\0\0\0\0\0\0\0"
		"bye") } },
	{ "generic/3.9/1", "WINDOW_UPDATE, connection", WANT_PONG, 0,
	    { GROW(0, "\0\0\0\1"), PING } },
	{ "generic/3.9/2", "WINDOW_UPDATE, stream", WANT_HEADERS, 0,
	    { ASK(GET), GROW(1, "\0\0\0\1") } },
	{ "generic/3.10/1", "CONTINUATION", WANT_HEADERS, 0,
	    { FRAME(HEADERS, ES, 1, "\x82\x86"),
		FRAME(CONTINUATION, EH, 1, "\x84\x01\x09localhost") } },
	{ "generic/3.10/2", "CONTINUATION twice", WANT_HEADERS, 0,
	    { FRAME(HEADERS, ES, 1, "\x82\x86"),
		FRAME(CONTINUATION, 0, 1, "\x84\x01\x09lo"),
		FRAME(CONTINUATION, EH, 1, "calhost") } },
	{ "generic/4/1", "GET", WANT_HEADERS, 0, { ASK(GET) } },
	{ "generic/4/2", "HEAD", WANT_HEADERS, 0, { ASK(HEAD) } },
	{ "generic/4/3", "POST", WANT_HEADERS, 0, { OPEN(POST), BODY(ES) } },
	{ "generic/4/4", "POST with trailers", WANT_HEADERS, 0,
	    { OPEN(POST FIELD("\x07", "trailer", "\x06", "x-test")), BODY(0),
		ASK(X_TEST) } },
	{ "generic/5/1", "indexed", WANT_HEADERS, 0, { ASK(GET "\xba") } },
	{ "generic/5/2", "incremental, known name", WANT_HEADERS, 0,
	    { ASK(GET "\x7a\x07"
		      "ringlet") } },
	{ "generic/5/3", "incremental, known name, Huffman", WANT_HEADERS, 0,
	    { ASK(GET "\x7a\x85\xb0\xd5\x4d\x41\x53") } },
	{ "generic/5/4", "incremental, new name", WANT_HEADERS, 0,
	    { ASK(GET "\x40\x06"
		      "x-test"
		      "\x07"
		      "ringlet") } },
	{ "generic/5/5", "incremental, new name, Huffman", WANT_HEADERS, 0,
	    { ASK(
		GET "\x40\x85\xf2\xb2\x4a\x84\xff\x85\xb0\xd5\x4d\x41\x53") } },
	{ "generic/5/6", "no indexing, known name", WANT_HEADERS, 0,
	    { ASK(GET "\x0f\x2b\x07"
		      "ringlet") } },
	{ "generic/5/7", "no indexing, known name, Huffman", WANT_HEADERS, 0,
	    { ASK(GET "\x0f\x2b\x85\xb0\xd5\x4d\x41\x53") } },
	{ "generic/5/8", "no indexing, new name", WANT_HEADERS, 0,
	    { ASK(GET "\x00\x06"
		      "x-test"
		      "\x07"
		      "ringlet") } },
	{ "generic/5/9", "no indexing, new name, Huffman", WANT_HEADERS, 0,
	    { ASK(
		GET "\x00\x85\xf2\xb2\x4a\x84\xff\x85\xb0\xd5\x4d\x41\x53") } },
	{ "generic/5/10", "never indexed, known name", WANT_HEADERS, 0,
	    { ASK(GET "\x1f\x2b\x07"
		      "ringlet") } },
	{ "generic/5/11", "never indexed, known name, Huffman", WANT_HEADERS, 0,
	    { ASK(GET "\x1f\x2b\x85\xb0\xd5\x4d\x41\x53") } },
	{ "generic/5/12", "never indexed, new name", WANT_HEADERS, 0,
	    { ASK(GET "\x10\x06"
		      "x-test"
		      "\x07"
		      "ringlet") } },
	{ "generic/5/13", "never indexed, new name, Huffman", WANT_HEADERS, 0,
	    { ASK(
		GET "\x10\x85\xf2\xb2\x4a\x84\xff\x85\xb0\xd5\x4d\x41\x53") } },
	{ "generic/5/14", "a table's size", WANT_HEADERS, 0,
	    { ASK("\x20" GET) } },
	{ "generic/5/15", "a table's size, twice", WANT_HEADERS, 0,
	    { ASK("\x20\x3f\xe1\x1f" GET) } },
	/* http2 */
	{ "http2/3.5/1", "the preface", WANT_SETTINGS, 0,
	    { BARE(PREFACE EMPTY_SETTINGS) } },
	{ "http2/3.5/2", "no preface", WANT_CLOSE, 0,
	    { BARE("INVALID CONNECTION PREFACE\r\n\r\n") } },
	{ "http2/4.1/1", "a frame of no kind", WANT_PONG, 0,
	    { RAW("\0\0\x08\x16\0\0\0\0\0"
		  "\0\0\0\0\0\0\0\0"),
		PING } },
	{ "http2/4.1/2", "flags of no meaning", WANT_PONG, 0,
	    { FRAME(PING, 0x16, 0, "h2spec\0\0") } },
	{ "http2/4.1/3", "the reserved bit", WANT_PONG, 0,
	    { FRAME(PING, 0x16, 0x80000000, "h2spec\0\0") } },
	{ "http2/4.2/1", "DATA of 2^14 bytes", WANT_HEADERS, 0,
	    { OPEN(POST), LARGE(16384) } },
	{ "http2/4.2/2", "DATA that is too long", WANT_STREAM, SIZE,
	    { OPEN(POST), LARGE(16385) } },
	{ "http2/4.2/3", "HEADERS that is too long", WANT_CONN, SIZE,
	    { ASK(GET DUMMY DUMMY DUMMY DUMMY DUMMY) } },
	{ "http2/4.3/1", "a broken header block", WANT_CONN, PACKING,
	    { ASK("\x40") } },
	{ "http2/4.3/2", "PRIORITY in a header block", WANT_CONN, PROTOCOL,
	    { FRAME(HEADERS, 0, 1, GET), FRAME(PRIORITY, 0, 1, "\0\0\0\0\xff"),
		FRAME(CONTINUATION, EH, 1, DUMMY) } },
	{ "http2/4.3/3", "HEADERS in another's block", WANT_CONN, PROTOCOL,
	    { FRAME(HEADERS, 0, 1, GET), FRAME(HEADERS, ES | EH, 3, GET),
		FRAME(CONTINUATION, EH, 1, DUMMY) } },
	{ "http2/5.1/1", "idle: DATA", WANT_CONN, PROTOCOL, { BODY(ES) } },
	{ "http2/5.1/2", "idle: RST_STREAM", WANT_CONN, PROTOCOL, { CANCEL } },
	{ "http2/5.1/3", "idle: WINDOW_UPDATE", WANT_CONN, PROTOCOL,
	    { GROW(1, "\0\0\0\x64") } },
	{ "http2/5.1/4", "idle: CONTINUATION", WANT_CONN, PROTOCOL,
	    { FRAME(CONTINUATION, EH, 1, GET) } },
	{ "http2/5.1/5", "half-closed: DATA", WANT_STREAM, CLOSED,
	    { ASK(GET), BODY(ES) } },
	{ "http2/5.1/6", "half-closed: HEADERS", WANT_STREAM, CLOSED,
	    { ASK(GET), ASK(GET) } },
	{ "http2/5.1/7", "half-closed: CONTINUATION", WANT_STREAM,
	    CLOSED | PROTOCOL, { ASK(GET), FRAME(CONTINUATION, EH, 1, GET) } },
	{ "http2/5.1/8", "reset: DATA", WANT_STREAM, CLOSED,
	    { OPEN(GET), CANCEL, BODY(ES) } },
	{ "http2/5.1/9", "reset: HEADERS", WANT_STREAM, CLOSED,
	    { OPEN(GET), CANCEL, ASK(GET) } },
	{ "http2/5.1/10", "reset: CONTINUATION", WANT_STREAM, CLOSED | PROTOCOL,
	    { OPEN(GET), CANCEL, FRAME(CONTINUATION, EH, 1, DUMMY) } },
	{ "http2/5.1/11", "closed: DATA", WANT_CONN, CLOSED,
	    { ASK(GET), WAIT(END), BODY(ES) } },
	{ "http2/5.1/12", "closed: HEADERS", WANT_CONN, CLOSED,
	    { ASK(GET), WAIT(END), ASK(GET) } },
	{ "http2/5.1/13", "closed: CONTINUATION", WANT_CONN, CLOSED | PROTOCOL,
	    { ASK(GET), WAIT(END), FRAME(CONTINUATION, EH, 1, DUMMY) } },
	{ "http2/5.1.1/1", "an even stream", WANT_CONN, PROTOCOL,
	    { FRAME(HEADERS, ES | EH, 2, GET) } },
	{ "http2/5.1.1/2", "a stream before the last", WANT_CONN, PROTOCOL,
	    { FRAME(HEADERS, ES | EH, 5, GET),
		FRAME(HEADERS, ES | EH, 3, GET) } },
	{ "http2/5.1.2/1", "too many streams", WANT_STREAM, PROTOCOL | REFUSED,
	    { WINDOW("\0"), MANY(65) } },
	{ "http2/5.3.1/1", "HEADERS that depends on itself", WANT_STREAM,
	    PROTOCOL,
	    { FRAME(HEADERS, ES | EH | PRIO, 1, "\0\0\0\1\xff" GET) } },
	{ "http2/5.3.1/2", "PRIORITY that depends on itself", WANT_STREAM,
	    PROTOCOL, { FRAME(PRIORITY, 0, 1, "\0\0\0\1\xff") } },
	{ "http2/5.4.1/1", "the end after an error", WANT_CLOSE, 0,
	    { FRAME(PING, 0, 3, "\0\0\0\0\0\0\0\0") } },
	{ "http2/5.4.1/2", "GOAWAY before the end", WANT_GOAWAY, PROTOCOL,
	    { FRAME(PING, 0, 3, "\0\0\0\0\0\0\0\0") } },
	{ "http2/5.5/1", "a frame of no kind", WANT_PONG, 0,
	    { RAW("\0\0\x08\x16\0\0\0\0\0"
		  "\0\0\0\0\0\0\0\0"),
		PING } },
	{ "http2/5.5/2", "a frame of no kind in a block", WANT_CONN, PROTOCOL,
	    { FRAME(HEADERS, ES, 1, GET), RAW("\0\0\x08\x16\0\0\0\0\0"
					      "\0\0\0\0\0\0\0\0") } },
	{ "http2/6.1/1", "DATA on stream 0", WANT_CONN, PROTOCOL,
	    { FRAME(DATA, ES, 0, "test") } },
	{ "http2/6.1/2", "DATA on a stream that is ended", WANT_STREAM, CLOSED,
	    { ASK(POST), BODY(ES) } },
	{ "http2/6.1/3", "DATA with too much padding", WANT_CONN, PROTOCOL,
	    { OPEN(POST FIELD("\x0e", "content-length", "\1", "4")),
		FRAME(DATA, ES | PAD, 1,
		    "\6"
		    "Test") } },
	{ "http2/6.2/1", "HEADERS, then PRIORITY", WANT_CONN, PROTOCOL,
	    { FRAME(HEADERS, 0, 1, GET), FRAME(PRIORITY, 0, 1, "\0\0\0\0\xff"),
		FRAME(CONTINUATION, EH, 1, DUMMY) } },
	{ "http2/6.2/2", "HEADERS, then another's", WANT_CONN, PROTOCOL,
	    { FRAME(HEADERS, 0, 1, GET), FRAME(HEADERS, ES | EH, 3, GET),
		FRAME(CONTINUATION, EH, 1, DUMMY) } },
	{ "http2/6.2/3", "HEADERS on stream 0", WANT_CONN, PROTOCOL,
	    { FRAME(HEADERS, ES | EH, 0, GET) } },
	{ "http2/6.2/4", "HEADERS with too much padding", WANT_STREAM, PROTOCOL,
	    { FRAME(HEADERS, ES | EH | PAD, 1, "\x10" GET) } },
	{ "http2/6.3/1", "PRIORITY on stream 0", WANT_CONN, PROTOCOL,
	    { FRAME(PRIORITY, 0, 0, "\0\0\0\0\xff") } },
	{ "http2/6.3/2", "PRIORITY of 4 bytes", WANT_STREAM, SIZE,
	    { ASK(GET), FRAME(PRIORITY, 0, 1, "\x80\0\0\1") } },
	{ "http2/6.4/1", "RST_STREAM on stream 0", WANT_CONN, PROTOCOL,
	    { FRAME(RST_STREAM, 0, 0, "\0\0\0\x08") } },
	{ "http2/6.4/2", "RST_STREAM, idle", WANT_CONN, PROTOCOL, { CANCEL } },
	{ "http2/6.4/3", "RST_STREAM of 3 bytes", WANT_STREAM, SIZE,
	    { ASK(GET), FRAME(RST_STREAM, 0, 1, "\0\0\0") } },
	{ "http2/6.5/1", "SETTINGS, ACK with a payload", WANT_CONN, SIZE,
	    { FRAME(SETTINGS, 1, 0, "\0") } },
	{ "http2/6.5/2", "SETTINGS on stream 1", WANT_CONN, PROTOCOL,
	    { FRAME(SETTINGS, 0, 1, "\0\3\0\0\0\x64") } },
	{ "http2/6.5/3", "SETTINGS of 9 bytes", WANT_STREAM, PROTOCOL | SIZE,
	    { FRAME(SETTINGS, 0, 0, "\0\3\0\0\0\x64\0\2\0") } },
	{ "http2/6.5.2/1", "ENABLE_PUSH 2", WANT_CONN, PROTOCOL,
	    { FRAME(SETTINGS, 0, 0, "\0\2\0\0\0\2") } },
	{ "http2/6.5.2/2", "INITIAL_WINDOW_SIZE 2^31", WANT_CONN, FLOW,
	    { FRAME(SETTINGS, 0, 0, "\0\4\x80\0\0\0") } },
	{ "http2/6.5.2/3", "MAX_FRAME_SIZE 16383", WANT_CONN, PROTOCOL,
	    { FRAME(SETTINGS, 0, 0, "\0\5\0\0\x3f\xff") } },
	{ "http2/6.5.2/4", "MAX_FRAME_SIZE 2^24", WANT_CONN, PROTOCOL,
	    { FRAME(SETTINGS, 0, 0, "\0\5\1\0\0\0") } },
	{ "http2/6.5.2/5", "a setting of no meaning", WANT_PONG, 0,
	    { FRAME(SETTINGS, 0, 0, "\0\xff\0\0\0\1"), PING } },
	{ "http2/6.5.3/1", "a setting twice, in order", WANT_BYTE, 0,
	    { FRAME(SETTINGS, 0, 0,
		  "\0\4\0\0\0\x64"
		  "\0\4\0\0\0\1"),
		WAIT(ACK), ASK(GET) } },
	{ "http2/6.5.3/2", "SETTINGS is acknowledged", WANT_ACK, 0,
	    { FRAME(SETTINGS, 0, 0, "\0\2\0\0\0\0") } },
	{ "http2/6.7/1", "PING", WANT_PONG, 0, { PING } },
	{ "http2/6.7/2", "PING with ACK", WANT_PONG, 0,
	    { FRAME(PING, 1, 0, "invalid\0"), PING } },
	{ "http2/6.7/3", "PING on a stream", WANT_CONN, PROTOCOL,
	    { FRAME(PING, 0, 1, "\0\0\0\0\0\0\0\0") } },
	{ "http2/6.7/4", "PING of 6 bytes", WANT_CONN, SIZE,
	    { FRAME(PING, 0, 0, "\0\0\0\0\0\0") } },
	{ "http2/6.8/1", "GOAWAY on a stream", WANT_CONN, PROTOCOL,
	    { FRAME(GOAWAY, 0, 1, "\0\0\0\0\0\0\0\0") } },
	{ "http2/6.9/1", "WINDOW_UPDATE of 0", WANT_CONN, PROTOCOL,
	    { GROW(0, "\0\0\0\0") } },
	{ "http2/6.9/2", "WINDOW_UPDATE of 0, stream", WANT_STREAM, PROTOCOL,
	    { OPEN(GET), GROW(1, "\0\0\0\0") } },
	{ "http2/6.9/3", "WINDOW_UPDATE of 3 bytes", WANT_CONN, SIZE,
	    { GROW(0, "\0\0\1") } },
	{ "http2/6.9.1/1", "a window of 1", WANT_BYTE, 0,
	    { WINDOW("\1"), WAIT(ACK), ASK(GET) } },
	{ "http2/6.9.1/2", "a window over 2^31-1", WANT_GOAWAY, FLOW,
	    { GROW(0, "\x7f\xff\xff\xff"), GROW(0, "\x7f\xff\xff\xff") } },
	{ "http2/6.9.1/3", "a stream's window over 2^31-1", WANT_RESET, FLOW,
	    { OPEN(GET), GROW(1, "\x7f\xff\xff\xff"),
		GROW(1, "\x7f\xff\xff\xff") } },
	{ "http2/6.9.2/1", "windows follow the setting", WANT_BYTE, 0,
	    { WINDOW("\0"), WAIT(ACK), ASK(GET), WINDOW("\1"), WAIT(ACK) } },
	{ "http2/6.9.2/2", "a window below 0", WANT_BYTE, 0,
	    { WINDOW("\3"), WAIT(ACK), ASK(GET), WAIT(DATA), RAW(SHRINK) } },
	{ "http2/6.9.2/3", "INITIAL_WINDOW_SIZE 2^31", WANT_CONN, FLOW,
	    { FRAME(SETTINGS, 0, 0, "\0\4\x80\0\0\0") } },
	{ "http2/6.10/1", "CONTINUATION twice", WANT_HEADERS, 0,
	    { FRAME(HEADERS, ES, 1, GET), FRAME(CONTINUATION, 0, 1, DUMMY),
		FRAME(CONTINUATION, EH, 1, DUMMY) } },
	{ "http2/6.10/2", "CONTINUATION, then DATA", WANT_CONN, PROTOCOL,
	    { FRAME(HEADERS, 0, 1, POST), FRAME(CONTINUATION, 0, 1, DUMMY),
		BODY(ES) } },
	{ "http2/6.10/3", "CONTINUATION on stream 0", WANT_CONN, PROTOCOL,
	    { FRAME(HEADERS, ES, 1, GET), FRAME(CONTINUATION, EH, 0, DUMMY) } },
	{ "http2/6.10/4", "CONTINUATION after a whole head", WANT_CONN,
	    PROTOCOL, { ASK(GET), FRAME(CONTINUATION, EH, 1, DUMMY) } },
	{ "http2/6.10/5", "CONTINUATION after the last", WANT_CONN, PROTOCOL,
	    { FRAME(HEADERS, ES, 1, GET), FRAME(CONTINUATION, EH, 1, DUMMY),
		FRAME(CONTINUATION, EH, 1, DUMMY) } },
	{ "http2/6.10/6", "CONTINUATION after DATA", WANT_CONN, PROTOCOL,
	    { FRAME(HEADERS, 0, 1, POST), BODY(ES),
		FRAME(CONTINUATION, 0, 1, DUMMY),
		FRAME(CONTINUATION, EH, 0, DUMMY) } },
	{ "http2/7/1", "GOAWAY, an error of no meaning", WANT_CLOSE, 0,
	    { FRAME(GOAWAY, 0, 0, "\0\0\0\0\0\0\0\xff") } },
	{ "http2/7/2", "RST_STREAM, an error of no meaning", WANT_PONG, 0,
	    { OPEN(POST), FRAME(RST_STREAM, 0, 1, "\0\0\0\xff"), PING } },
	{ "http2/8.1/1", "trailers that do not end", WANT_STREAM, PROTOCOL,
	    { OPEN(POST), BODY(0), OPEN(X_TEST) } },
	{ "http2/8.1.2/1", "a name in capitals", WANT_STREAM, PROTOCOL,
	    { ASK(GET FIELD("\6", "X-TEST", "\2", "ok")) } },
	{ "http2/8.1.2.1/1", "an unknown pseudo-field", WANT_STREAM, PROTOCOL,
	    { ASK(GET FIELD("\5", ":test", "\2", "ok")) } },
	{ "http2/8.1.2.1/2", "a reply's pseudo-field", WANT_STREAM, PROTOCOL,
	    { ASK(GET "\x88") } },
	{ "http2/8.1.2.1/3", "a pseudo-field as a trailer", WANT_STREAM,
	    PROTOCOL, { OPEN(POST), BODY(0), OPEN("\x83") } },
	{ "http2/8.1.2.1/4", "a pseudo-field after others", WANT_STREAM,
	    PROTOCOL, { ASK(X_TEST GET) } },
	{ "http2/8.1.2.2/1", "Connection", WANT_STREAM, PROTOCOL,
	    { ASK(GET FIELD("\x0a", "connection", "\x0a", "keep-alive")) } },
	{ "http2/8.1.2.2/2", "TE that is not trailers", WANT_STREAM, PROTOCOL,
	    { ASK(GET FIELD("\x08", "trailers", "\4", "test")
		    FIELD("\2", "te", "\x11", "trailers, deflate")) } },
	{ "http2/8.1.2.3/1", "an empty path", WANT_STREAM, PROTOCOL,
	    { ASK("\x82\x86\x04\x00\x01\x09localhost") } },
	{ "http2/8.1.2.3/2", "no method", WANT_STREAM, PROTOCOL,
	    { ASK(REST) } },
	{ "http2/8.1.2.3/3", "no scheme", WANT_STREAM, PROTOCOL,
	    { ASK("\x82\x84\x01\x09localhost") } },
	{ "http2/8.1.2.3/4", "no path", WANT_STREAM, PROTOCOL,
	    { ASK("\x82\x86\x01\x09localhost") } },
	{ "http2/8.1.2.3/5", "two methods", WANT_STREAM, PROTOCOL,
	    { ASK(GET "\x82") } },
	{ "http2/8.1.2.3/6", "two schemes", WANT_STREAM, PROTOCOL,
	    { ASK(GET "\x86") } },
	{ "http2/8.1.2.3/7", "two paths", WANT_STREAM, PROTOCOL,
	    { ASK(GET "\x84") } },
	{ "http2/8.1.2.6/1", "another Content-Length", WANT_STREAM, PROTOCOL,
	    { OPEN(POST FIELD("\x0e", "content-length", "\1", "1")),
		BODY(ES) } },
	{ "http2/8.1.2.6/2", "another Content-Length, in parts", WANT_STREAM,
	    PROTOCOL,
	    { OPEN(POST FIELD("\x0e", "content-length", "\1", "1")), BODY(0),
		BODY(ES) } },
	{ "http2/8.2/1", "PUSH_PROMISE", WANT_CONN, PROTOCOL,
	    { FRAME(PUSH_PROMISE, EH, 1, "\0\0\0\3" GET) } },
	/* hpack */
	{ "hpack/2.3.3/1", "an index beyond the tables", WANT_CONN, PACKING,
	    { ASK(GET "\xc6") } },
	{ "hpack/2.3.3/2", "a name's index beyond the tables", WANT_CONN,
	    PACKING, { ASK(GET "\x7f\x07\x00") } },
	{ "hpack/4.2/1", "a table's size at the end", WANT_CONN, PACKING,
	    { ASK(GET "\x21") } },
	{ "hpack/5.2/1", "Huffman, a byte of padding", WANT_CONN, PACKING,
	    { ASK(GET "\x00\x85\xf2\xb2\x4a\x84\xff\x84\x49\x50\x9f\xff") } },
	{ "hpack/5.2/2", "Huffman, padding of zeros", WANT_CONN, PACKING,
	    { ASK(GET "\x00\x85\xf2\xb2\x4a\x84\xff\x83\x49\x50\x90") } },
	{ "hpack/5.2/3", "Huffman, the end in the middle", WANT_CONN, PACKING,
	    { ASK(GET "\x00\x85\xf2\xb2\x4a\x84\xff\x87\x49\x7f\xff\xff\xff\x42"
		      "\x7f") } },
	{ "hpack/6.1/1", "index 0", WANT_CONN, PACKING, { ASK(GET "\x80") } },
	{ "hpack/6.3/1", "a table that is too large", WANT_CONN, PACKING,
	    { ASK("\x3f\xe2\x1f" GET) } },
};

const size_t h2spec_ncases = sizeof(h2spec_cases) / sizeof(h2spec_cases[0]);
