/*
 * The cases of test_ws_cases.c, which says what their numbers mean.
 */
#include "config.h"

#include "ws_cases.h"

#define S(s) (s), sizeof(s) - 1

/* Frames: whole messages, their beginnings, and what goes on with them. */
#define TEXT(s)                                                                \
	{                                                                      \
		.first = 0x81, S(s)                                            \
	}
#define TEXT_(s)                                                               \
	{                                                                      \
		.first = 0x01, S(s)                                            \
	}
#define BINARY(s)                                                              \
	{                                                                      \
		.first = 0x82, S(s)                                            \
	}
#define BINARY_(s)                                                             \
	{                                                                      \
		.first = 0x02, S(s)                                            \
	}
#define MORE(s)                                                                \
	{                                                                      \
		.first = 0x80, S(s)                                            \
	}
#define MORE_(s)                                                               \
	{                                                                      \
		.first = 0x00, S(s), .times = 1                                \
	}
#define CLOSE(s)                                                               \
	{                                                                      \
		.first = 0x88, S(s)                                            \
	}
#define PING(s)                                                                \
	{                                                                      \
		.first = 0x89, S(s)                                            \
	}
#define PONG(s)                                                                \
	{                                                                      \
		.first = 0x8a, S(s)                                            \
	}
#define FRAME(first, s)                                                        \
	{                                                                      \
		(first), S(s), 1, HEAD_PLAIN                                   \
	}
/* n bytes of 'a', so often. */
#define FILL(first, n, times)                                                  \
	{                                                                      \
		(first), NULL, (n), (times), HEAD_PLAIN                        \
	}

/* A control message, and what the session says to it. */
#define SIGNAL	"{\"type\":\"signal\",\"signal\":2}"
#define SIGNALS "signal 2\n"
#define B10	"          "
#define B100	B10 B10 B10 B10 B10 B10 B10 B10 B10 B10
#define B1000	B100 B100 B100 B100 B100 B100 B100 B100 B100 B100
#define X25	"xxxxxxxxxxxxxxxxxxxxxxxxx"
#define X123	X25 X25 X25 X25 "xxxxxxxxxxxxxxxxxxxxxxx"
#define X125	X123 "xx"

const struct ws_case ws_cases[] = {
	/* 1: framing */
	{ "1.1.1", WANT_ERROR, 0, NULL, 0, { TEXT("") } },
	{ "1.1.2", WANT_ECHO, 0, SIGNALS, 0,
	    { TEXT(B10 B10 B10 B10 B10 B10 B10 B10 B10 "       " SIGNAL) } },
	{ "1.1.3", WANT_ECHO, 0, SIGNALS, 0,
	    { TEXT(B10 B10 B10 B10 B10 B10 B10 B10 B10 "        " SIGNAL) } },
	{ "1.1.4", WANT_ECHO, 0, SIGNALS, 0,
	    { TEXT(B10 B10 B10 B10 B10 B10 B10 B10 B10 "         " SIGNAL) } },
	{ "1.1.5", WANT_ECHO, 0, SIGNALS, 0,
	    { TEXT(B10 B10 B10 B10 B10 B10 B10 B10 B10 B10 SIGNAL) } },
	{ "1.1.6", WANT_CLOSE, 1009, NULL, 0, { FILL(0x81, 65535, 1) } },
	{ "1.1.7", WANT_CLOSE, 1009, NULL, 0, { FILL(0x81, 65536, 1) } },
	{ "1.1.8", WANT_ECHO, 0, SIGNALS, 7, { TEXT(B1000 SIGNAL) } },
	{ "1.2.1", WANT_NOTHING, 0, NULL, 0, { BINARY("") } },
	{ "1.2.2", WANT_ECHO, 0, "aaaend", 0,
	    { FILL(0x82, 125, 1), BINARY("end") } },
	{ "1.2.3", WANT_ECHO, 0, "aaaend", 0,
	    { FILL(0x82, 126, 1), BINARY("end") } },
	{ "1.2.4", WANT_ECHO, 0, "aaaend", 0,
	    { FILL(0x82, 127, 1), BINARY("end") } },
	{ "1.2.5", WANT_ECHO, 0, "aaaend", 0,
	    { FILL(0x82, 128, 1), BINARY("end") } },
	{ "1.2.6", WANT_ECHO, 0, "aaaend", 0,
	    { FILL(0x82, 65535, 1), BINARY("end") } },
	{ "1.2.7", WANT_ECHO, 0, "aaaend", 0,
	    { FILL(0x82, 65536, 1), BINARY("end") } },
	{ "1.2.8", WANT_ECHO, 0, "aaaend", 997,
	    { FILL(0x82, 65536, 1), BINARY("end") } },
	{ "1.10", WANT_CLOSE, 1002, NULL, 0,
	    { { 0x81, S(SIGNAL), 1, HEAD_BARE } } },
	{ "1.11", WANT_CLOSE, 1002, NULL, 0,
	    { { 0x89, S("ping"), 1, HEAD_BARE } } },
	{ "1.12", WANT_CLOSE, 1002, NULL, 0,
	    { { 0x82, S("x"), 1, HEAD_WIDE } } },
	{ "1.13", WANT_CLOSE, 1002, NULL, 0,
	    { { 0x82, S("x"), 1, HEAD_HUGE } } },
	/* 2: pings and pongs */
	{ "2.1", WANT_PONG, 0, "", 0, { PING("") } },
	{ "2.2", WANT_PONG, 0, "ping", 0, { PING("ping") } },
	{ "2.3", WANT_PONG, 0, "\377\376\375\374", 0,
	    { PING("\377\376\375\374") } },
	{ "2.4", WANT_PONG, 0, X125, 0, { PING(X125) } },
	{ "2.5", WANT_CLOSE, 1002, NULL, 0, { PING(X125 "x") } },
	{ "2.6", WANT_PONG, 0, X125, 1, { PING(X125) } },
	{ "2.7", WANT_NOTHING, 0, NULL, 0, { PONG("") } },
	{ "2.8", WANT_NOTHING, 0, NULL, 0, { PONG("pong") } },
	{ "2.9", WANT_PONG, 0, "ping", 0, { PONG("pong"), PING("ping") } },
	{ "2.10", WANT_PONG, 0, "last", 0,
	    { FILL(0x89, 4, 10), PING("last") } },
	{ "2.11", WANT_PONG, 0, "last", 1,
	    { FILL(0x89, 4, 10), PING("last") } },
	{ "2.12", WANT_CLOSE, 1002, NULL, 0, { PONG(X125 "x") } },
	/* 3: reserved bits */
	{ "3.1", WANT_CLOSE, 1002, NULL, 0, { FRAME(0xc1, SIGNAL) } },
	{ "3.2", WANT_CLOSE, 1002, NULL, 0,
	    { TEXT(SIGNAL), FRAME(0xa1, SIGNAL), PING("") } },
	{ "3.3", WANT_CLOSE, 1002, NULL, 0,
	    { TEXT(SIGNAL), FRAME(0xb1, SIGNAL), PING("") } },
	{ "3.4", WANT_CLOSE, 1002, NULL, 1,
	    { TEXT(SIGNAL), FRAME(0xc1, SIGNAL), PING("") } },
	{ "3.5", WANT_CLOSE, 1002, NULL, 0, { FRAME(0xd2, "x") } },
	{ "3.6", WANT_CLOSE, 1002, NULL, 0, { FRAME(0xe9, "x") } },
	{ "3.7", WANT_CLOSE, 1002, NULL, 0, { FRAME(0xf8, "\3\350") } },
	/* 4: opcodes */
	{ "4.1.1", WANT_CLOSE, 1002, NULL, 0, { FRAME(0x83, ""), PING("") } },
	{ "4.1.2", WANT_CLOSE, 1002, NULL, 0, { FRAME(0x84, "x"), PING("") } },
	{ "4.1.3", WANT_CLOSE, 1002, NULL, 0,
	    { TEXT(SIGNAL), FRAME(0x85, "x"), PING("") } },
	{ "4.1.4", WANT_CLOSE, 1002, NULL, 1,
	    { TEXT(SIGNAL), FRAME(0x86, "x"), PING("") } },
	{ "4.1.5", WANT_CLOSE, 1002, NULL, 0,
	    { TEXT(SIGNAL), FRAME(0x87, "x"), PING("") } },
	{ "4.2.1", WANT_CLOSE, 1002, NULL, 0, { FRAME(0x8b, ""), PING("") } },
	{ "4.2.2", WANT_CLOSE, 1002, NULL, 0, { FRAME(0x8c, "x"), PING("") } },
	{ "4.2.3", WANT_CLOSE, 1002, NULL, 0,
	    { TEXT(SIGNAL), FRAME(0x8d, "x"), PING("") } },
	{ "4.2.4", WANT_CLOSE, 1002, NULL, 1,
	    { TEXT(SIGNAL), FRAME(0x8e, "x"), PING("") } },
	{ "4.2.5", WANT_CLOSE, 1002, NULL, 0,
	    { TEXT(SIGNAL), FRAME(0x8f, "x"), PING("") } },
	/* 5: fragmentation */
	{ "5.1", WANT_CLOSE, 1002, NULL, 0, { FRAME(0x09, "pi"), MORE("ng") } },
	{ "5.2", WANT_CLOSE, 1002, NULL, 0, { FRAME(0x0a, "po"), MORE("ng") } },
	{ "5.3", WANT_ECHO, 0, SIGNALS, 0,
	    { TEXT_("{\"type\":\"signal\","), MORE("\"signal\":2}") } },
	{ "5.4", WANT_ECHO, 0, SIGNALS, 12,
	    { TEXT_("{\"type\":\"signal\","), MORE("\"signal\":2}") } },
	{ "5.5", WANT_ECHO, 0, SIGNALS, 1,
	    { TEXT_("{\"type\":\"signal\","), MORE("\"signal\":2}") } },
	{ "5.6", WANT_ECHO, 0, SIGNALS, 0,
	    { TEXT_("{\"type\":\"signal\","), PING("between"),
		MORE("\"signal\":2}") } },
	{ "5.7", WANT_ECHO, 0, SIGNALS, 12,
	    { TEXT_("{\"type\":\"signal\","), PING("between"),
		MORE("\"signal\":2}") } },
	{ "5.8", WANT_ECHO, 0, SIGNALS, 1,
	    { TEXT_("{\"type\":\"signal\","), PING("between"),
		MORE("\"signal\":2}") } },
	{ "5.9", WANT_CLOSE, 1002, NULL, 0, { MORE("x"), TEXT(SIGNAL) } },
	{ "5.10", WANT_CLOSE, 1002, NULL, 12, { MORE("x"), TEXT(SIGNAL) } },
	{ "5.11", WANT_CLOSE, 1002, NULL, 1, { MORE("x"), TEXT(SIGNAL) } },
	{ "5.12", WANT_CLOSE, 1002, NULL, 0, { MORE_("x"), TEXT(SIGNAL) } },
	{ "5.13", WANT_CLOSE, 1002, NULL, 12, { MORE_("x"), TEXT(SIGNAL) } },
	{ "5.14", WANT_CLOSE, 1002, NULL, 1, { MORE_("x"), TEXT(SIGNAL) } },
	{ "5.15", WANT_CLOSE, 1002, NULL, 0,
	    { TEXT_("{\"type\":\"signal\","), MORE("\"signal\":2}"), MORE_("x"),
		TEXT(SIGNAL) } },
	{ "5.16", WANT_CLOSE, 1002, NULL, 0,
	    { MORE_("x"), TEXT(SIGNAL), MORE("x") } },
	{ "5.17", WANT_CLOSE, 1002, NULL, 0,
	    { MORE("x"), TEXT(SIGNAL), MORE("x") } },
	{ "5.18", WANT_CLOSE, 1002, NULL, 0, { TEXT_("a"), TEXT_("b") } },
	{ "5.19", WANT_ECHO, 0, "onetwothreefour", 0,
	    { BINARY_("one"), MORE_("two"), PING(""), MORE_("three"), MORE_(""),
		PING(""), MORE("four") } },
	{ "5.20", WANT_ECHO, 0, "onetwothreefour", 1,
	    { BINARY_("one"), MORE_("two"), PING(""), MORE_("three"), MORE_(""),
		PING(""), MORE("four") } },
	{ "5.21", WANT_CLOSE, 1002, NULL, 0, { BINARY_("a"), TEXT(SIGNAL) } },
	/* 6: UTF-8 in pieces; see below for the rest */
	{ "6.1.1", WANT_ERROR, 0, NULL, 0, { TEXT("") } },
	{ "6.1.2", WANT_ERROR, 0, NULL, 0, { TEXT_(""), MORE_(""), MORE("") } },
	{ "6.1.3", WANT_ERROR, 0, NULL, 0,
	    { TEXT_(""), MORE_("middle"), MORE("") } },
	{ "6.2.1", WANT_ERROR, 0, NULL, 0,
	    { TEXT_("\302\265@\303\237"), PING(""),
		MORE("\303\266\303\244") } },
	{ "6.2.2", WANT_ERROR, 0, NULL, 1,
	    { TEXT_("\302\265@\303"), PING(""),
		MORE("\237\303\266\303\244") } },
	/* 7: closing */
	{ "7.1.1", WANT_ECHO, 0, SIGNALS, 0, { TEXT(SIGNAL) } },
	{ "7.1.2", WANT_CLOSE, 1000, NULL, 0,
	    { CLOSE("\3\350"), CLOSE("\3\350") } },
	{ "7.1.3", WANT_CLOSE, 1000, NULL, 0,
	    { CLOSE("\3\350"), PING("late") } },
	{ "7.1.4", WANT_CLOSE, 1000, NULL, 0,
	    { CLOSE("\3\350"), TEXT(SIGNAL) } },
	{ "7.1.5", WANT_CLOSE, 1000, NULL, 0,
	    { TEXT_("{"), CLOSE("\3\350"), MORE("}") } },
	{ "7.1.6", WANT_CLOSE, 1000, NULL, 0,
	    { FILL(0x82, 262144, 1), CLOSE("\3\350"), PING("late") } },
	{ "7.3.1", WANT_CLOSE, 0, NULL, 0, { CLOSE("") } },
	{ "7.3.2", WANT_CLOSE, 1002, NULL, 0, { CLOSE("\3") } },
	{ "7.3.3", WANT_CLOSE, 1000, NULL, 0, { CLOSE("\3\350") } },
	{ "7.3.4", WANT_CLOSE, 1000, NULL, 0,
	    { CLOSE("\3\350"
		    "good-bye") } },
	{ "7.3.5", WANT_CLOSE, 1000, NULL, 0, { CLOSE("\3\350" X123) } },
	{ "7.3.6", WANT_CLOSE, 1002, NULL, 0, { CLOSE("\3\350" X123 "x") } },
	{ "7.5.1", WANT_CLOSE, 1007, NULL, 0,
	    { CLOSE("\3\350"
		    "\316\272\355\240\200x") } },
	{ "7.5.2", WANT_CLOSE, 1007, NULL, 1,
	    { CLOSE("\3\350"
		    "\316\272\355\240\200x") } },
	{ "7.5.3", WANT_CLOSE, 1007, NULL, 0,
	    { CLOSE("\3\350"
		    "x\316") } },
	{ "7.5.4", WANT_CLOSE, 1007, NULL, 3,
	    { CLOSE("\3\350"
		    "x\316") } },
	{ "7.5.5", WANT_CLOSE, 1000, NULL, 1, { CLOSE("\3\350" X123) } },
	{ "7.7.1", WANT_CLOSE, 1000, NULL, 0, { CLOSE("\3\350") } },
	{ "7.7.2", WANT_CLOSE, 1001, NULL, 0, { CLOSE("\3\351") } },
	{ "7.7.3", WANT_CLOSE, 1002, NULL, 0, { CLOSE("\3\352") } },
	{ "7.7.4", WANT_CLOSE, 1003, NULL, 0, { CLOSE("\3\353") } },
	{ "7.7.5", WANT_CLOSE, 1007, NULL, 0, { CLOSE("\3\357") } },
	{ "7.7.6", WANT_CLOSE, 1008, NULL, 0, { CLOSE("\3\360") } },
	{ "7.7.7", WANT_CLOSE, 1009, NULL, 0, { CLOSE("\3\361") } },
	{ "7.7.8", WANT_CLOSE, 1010, NULL, 0, { CLOSE("\3\362") } },
	{ "7.7.9", WANT_CLOSE, 1011, NULL, 0, { CLOSE("\3\363") } },
	{ "7.7.10", WANT_CLOSE, 3000, NULL, 0, { CLOSE("\13\270") } },
	{ "7.7.11", WANT_CLOSE, 3999, NULL, 0, { CLOSE("\17\237") } },
	{ "7.7.12", WANT_CLOSE, 4000, NULL, 0, { CLOSE("\17\240") } },
	{ "7.7.13", WANT_CLOSE, 4999, NULL, 0, { CLOSE("\23\207") } },
	{ "7.9.1", WANT_CLOSE, 1002, NULL, 0, { CLOSE("\0\0") } },
	{ "7.9.2", WANT_CLOSE, 1002, NULL, 0, { CLOSE("\3\347") } },
	{ "7.9.3", WANT_CLOSE, 1002, NULL, 0, { CLOSE("\3\354") } },
	{ "7.9.4", WANT_CLOSE, 1002, NULL, 0, { CLOSE("\3\355") } },
	{ "7.9.5", WANT_CLOSE, 1002, NULL, 0, { CLOSE("\3\356") } },
	{ "7.9.6", WANT_CLOSE, 1002, NULL, 0, { CLOSE("\3\370") } },
	{ "7.9.7", WANT_CLOSE, 1002, NULL, 0, { CLOSE("\4\114") } },
	{ "7.9.8", WANT_CLOSE, 1002, NULL, 0, { CLOSE("\7\320") } },
	{ "7.9.9", WANT_CLOSE, 1002, NULL, 0, { CLOSE("\13\267") } },
	{ "7.13.1", WANT_CLOSE, 1002, NULL, 0, { CLOSE("\23\210") } },
	{ "7.13.2", WANT_CLOSE, 1002, NULL, 0, { CLOSE("\377\377") } },
	{ "7.14", WANT_CLOSE, 1002, NULL, 1, { CLOSE("\0\0") } },
	/* 9: limits */
	{ "9.1.1", WANT_ECHO, 0, SIGNALS, 0,
	    { TEXT(B1000 B1000 B1000 B1000 B10 B10 B10 B10 B10 B10
		"        " SIGNAL) } },
	{ "9.1.2", WANT_CLOSE, 1009, NULL, 0, { FILL(0x81, 4097, 1) } },
	{ "9.1.3", WANT_CLOSE, 1009, NULL, 0,
	    { FILL(0x01, 1024, 1), FILL(0x00, 1024, 3), FILL(0x80, 1, 1) } },
	{ "9.2.1", WANT_ECHO, 0, "aaaend", 0,
	    { FILL(0x82, 1048576, 1), BINARY("end") } },
	{ "9.2.2", WANT_CLOSE, 1009, NULL, 0, { FILL(0x82, 1048577, 1) } },
	{ "9.4.1", WANT_ECHO, 0, "aaaend", 0,
	    { FILL(0x02, 64, 1), FILL(0x00, 64, 1000), FILL(0x80, 64, 1),
		BINARY("end") } },
	{ "9.4.2", WANT_CLOSE, 1009, NULL, 0,
	    { FILL(0x02, 65536, 1), FILL(0x00, 65536, 15), FILL(0x80, 1, 1) } },
	/* 10: fragments made by a machine */
	{ "10.1.1", WANT_ECHO, 0, "aaaend", 0,
	    { FILL(0x02, 1300, 1), FILL(0x00, 1300, 49), FILL(0x80, 536, 1),
		BINARY("end") } },
};

const size_t ws_ncases = sizeof(ws_cases) / sizeof(ws_cases[0]);

const struct ws_utf8 ws_utf8[] = {
	{ "6.2.3", S("\316\272\341\275\271\317\203\316\274\316\265"), true },
	{ "6.6.1", S("\316"), false },
	{ "6.6.2", S("\316\272"), true },
	{ "6.6.3", S("\316\272\341"), false },
	{ "6.6.4", S("\316\272\341\275"), false },
	{ "6.6.5", S("\316\272\341\275\271"), true },
	{ "6.6.6", S("\316\272\341\275\271\317"), false },
	{ "6.6.7", S("\316\272\341\275\271\317\203"), true },
	{ "6.6.8", S("\316\272\341\275\271\317\203\316"), false },
	{ "6.6.9", S("\316\272\341\275\271\317\203\316\274"), true },
	{ "6.6.10", S("\316\272\341\275\271\317\203\316\274\316"), false },
	{ "6.6.11", S("\316\272\341\275\271\317\203\316\274\316\265"), true },
	{ "6.3.1",
	    S("\316\272\341\275\271\317\203\316\274\316\265\355\240\200edited"),
	    false },
	{ "6.4.1",
	    S("\316\272\341\275\271\317\203\316\274\316\265\364\220\200\200edit"
	      "ed"),
	    false },
	{ "6.5.1",
	    S("Hello-\302\265@\303\237\303\266\303\244\303\274\303\240\303\241-"
	      "UTF-8!!"),
	    true },
	{ "6.7.1", S("\000"), true },
	{ "6.7.2", S("\302\200"), true },
	{ "6.7.3", S("\340\240\200"), true },
	{ "6.7.4", S("\360\220\200\200"), true },
	{ "6.8.1", S("\370\210\200\200\200"), false },
	{ "6.8.2", S("\374\204\200\200\200\200"), false },
	{ "6.9.1", S("\177"), true },
	{ "6.9.2", S("\337\277"), true },
	{ "6.9.3", S("\357\277\277"), true },
	{ "6.9.4", S("\364\217\277\277"), true },
	{ "6.10.1", S("\367\277\277\277"), false },
	{ "6.10.2", S("\373\277\277\277\277"), false },
	{ "6.10.3", S("\375\277\277\277\277\277"), false },
	{ "6.11.1", S("\355\237\277"), true },
	{ "6.11.2", S("\356\200\200"), true },
	{ "6.11.3", S("\357\277\275"), true },
	{ "6.11.4", S("\364\217\277\277"), true },
	{ "6.11.5", S("\364\220\200\200"), false },
	{ "6.12.1", S("\200"), false },
	{ "6.12.2", S("\277"), false },
	{ "6.12.3", S("\200\277"), false },
	{ "6.12.4", S("\200\277\200"), false },
	{ "6.12.5", S("\200\277\200\277"), false },
	{ "6.12.6", S("\200\277\200\277\200"), false },
	{ "6.12.7", S("\200\277\200\277\200\277"), false },
	{ "6.12.8", S("\200\277\200\277\200\277\200"), false },
	{ "6.13.1", S("\300 \301 \302 \337 "), false },
	{ "6.13.2", S("\340 \347 \357 "), false },
	{ "6.13.3", S("\360 \367 "), false },
	{ "6.13.4", S("\370 \373 "), false },
	{ "6.13.5", S("\374 \375 "), false },
	{ "6.14.1", S("\300"), false },
	{ "6.14.2", S("\340\200"), false },
	{ "6.14.3", S("\360\200\200"), false },
	{ "6.14.4", S("\370\200\200\200"), false },
	{ "6.14.5", S("\374\200\200\200\200"), false },
	{ "6.14.6", S("\337"), false },
	{ "6.14.7", S("\357\277"), false },
	{ "6.14.8", S("\367\277\277"), false },
	{ "6.14.9", S("\373\277\277\277"), false },
	{ "6.14.10", S("\375\277\277\277\277"), false },
	{ "6.15.1", S("\300\340\200\360\200\200\337\357\277\367\277\277"),
	    false },
	{ "6.16.1", S("\376"), false },
	{ "6.16.2", S("\377"), false },
	{ "6.16.3", S("\376\376\377\377"), false },
	{ "6.17.1", S("\300\257"), false },
	{ "6.17.2", S("\340\200\257"), false },
	{ "6.17.3", S("\360\200\200\257"), false },
	{ "6.17.4", S("\370\200\200\200\257"), false },
	{ "6.17.5", S("\374\200\200\200\200\257"), false },
	{ "6.18.1", S("\301\277"), false },
	{ "6.18.2", S("\340\237\277"), false },
	{ "6.18.3", S("\360\217\277\277"), false },
	{ "6.18.4", S("\370\207\277\277\277"), false },
	{ "6.18.5", S("\374\203\277\277\277\277"), false },
	{ "6.19.1", S("\300\200"), false },
	{ "6.19.2", S("\340\200\200"), false },
	{ "6.19.3", S("\360\200\200\200"), false },
	{ "6.19.4", S("\370\200\200\200\200"), false },
	{ "6.19.5", S("\374\200\200\200\200\200"), false },
	{ "6.20.1", S("\355\240\200"), false },
	{ "6.20.2", S("\355\255\277"), false },
	{ "6.20.3", S("\355\256\200"), false },
	{ "6.20.4", S("\355\257\277"), false },
	{ "6.20.5", S("\355\260\200"), false },
	{ "6.20.6", S("\355\276\200"), false },
	{ "6.20.7", S("\355\277\277"), false },
	{ "6.21.1", S("\355\240\200\355\260\200"), false },
	{ "6.21.2", S("\355\240\200\355\277\277"), false },
	{ "6.21.3", S("\355\255\277\355\260\200"), false },
	{ "6.21.4", S("\355\255\277\355\277\277"), false },
	{ "6.21.5", S("\355\256\200\355\260\200"), false },
	{ "6.21.6", S("\355\256\200\355\277\277"), false },
	{ "6.21.7", S("\355\257\277\355\260\200"), false },
	{ "6.21.8", S("\355\257\277\355\277\277"), false },
	{ "6.22.1", S("\357\277\276"), true },
	{ "6.22.2", S("\357\277\277"), true },
	{ "6.22.3", S("\360\237\277\276"), true },
	{ "6.22.4", S("\360\237\277\277"), true },
	{ "6.22.5", S("\360\257\277\276"), true },
	{ "6.22.6", S("\360\257\277\277"), true },
	{ "6.22.7", S("\360\277\277\276"), true },
	{ "6.22.8", S("\360\277\277\277"), true },
	{ "6.22.9", S("\361\217\277\276"), true },
	{ "6.22.10", S("\361\217\277\277"), true },
	{ "6.22.11", S("\361\237\277\276"), true },
	{ "6.22.12", S("\361\237\277\277"), true },
	{ "6.22.13", S("\361\257\277\276"), true },
	{ "6.22.14", S("\361\257\277\277"), true },
	{ "6.22.15", S("\361\277\277\276"), true },
	{ "6.22.16", S("\361\277\277\277"), true },
	{ "6.22.17", S("\362\217\277\276"), true },
	{ "6.22.18", S("\362\217\277\277"), true },
	{ "6.22.19", S("\362\237\277\276"), true },
	{ "6.22.20", S("\362\237\277\277"), true },
	{ "6.22.21", S("\362\257\277\276"), true },
	{ "6.22.22", S("\362\257\277\277"), true },
	{ "6.22.23", S("\362\277\277\276"), true },
	{ "6.22.24", S("\362\277\277\277"), true },
	{ "6.22.25", S("\363\217\277\276"), true },
	{ "6.22.26", S("\363\217\277\277"), true },
	{ "6.22.27", S("\363\237\277\276"), true },
	{ "6.22.28", S("\363\237\277\277"), true },
	{ "6.22.29", S("\363\257\277\276"), true },
	{ "6.22.30", S("\363\257\277\277"), true },
	{ "6.22.31", S("\363\277\277\276"), true },
	{ "6.22.32", S("\363\277\277\277"), true },
	{ "6.22.33", S("\364\217\277\276"), true },
	{ "6.22.34", S("\364\217\277\277"), true },
	{ "6.23.1", S("\357\277\271"), true },
	{ "6.23.2", S("\357\277\272"), true },
	{ "6.23.3", S("\357\277\273"), true },
	{ "6.23.4", S("\357\277\274"), true },
	{ "6.23.5", S("\357\277\275"), true },
	{ "6.23.6", S("\357\277\276"), true },
	{ "6.23.7", S("\357\277\277"), true },
};

const size_t ws_nutf8 = sizeof(ws_utf8) / sizeof(ws_utf8[0]);
