/*
 * The request parser against requests that are right, and against every
 * kind of malformed one that has been used to smuggle a second request or
 * to hold a server's memory.  Each row is fed in one piece, cut in two at every
 * offset, and byte by byte, and must bring the same verdict at the same
 * byte.  Every piece lies in memory of exactly its size, so that a sanitizer
 * or valgrind sees a read beyond what has arrived.
 */
#include "config.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ringletd/http1.h"
#include "suites.h"

#define HOST "Host: 127.0.0.1:8765\r\n"
#define GET  "GET / HTTP/1.1\r\n" HOST
#define POST "POST /api/profiles HTTP/1.1\r\n" HOST

struct row {
	const char *name;
	int status; /* 0: complete */
	const char *bytes;
	size_t len;
};
#define ROW(name, status, bytes) { name, status, bytes, sizeof(bytes) - 1 }

static const struct row bad_rows[] = {
	/* Two lengths, or one that can be read in two ways. */
	ROW("content-length and transfer-encoding", 400,
	    POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "0\r\n\r\n"),
	ROW("transfer-encoding and content-length", 400,
	    POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"
	    "0\r\n\r\n"),
	ROW("two equal content-lengths", 400,
	    POST "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"),
	ROW("two different content-lengths", 400,
	    POST "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
	ROW("content-lengths that differ in case", 400,
	    POST "Content-Length: 2\r\nCONTENT-LENGTH: 2\r\n\r\n{}"),
	ROW("content-length list, equal", 400,
	    POST "Content-Length: 2, 2\r\n\r\n{}"),
	ROW("content-length list, different", 400,
	    POST "Content-Length: 2, 3\r\n\r\n{}"),
	ROW("content-length with a plus", 400,
	    POST "Content-Length: +2\r\n\r\n{}"),
	ROW("content-length below zero", 400,
	    POST "Content-Length: -2\r\n\r\n{}"),
	ROW("content-length in hexadecimal", 400,
	    POST "Content-Length: 0x2\r\n\r\n{}"),
	ROW("content-length with a leading zero", 400,
	    POST "Content-Length: 02\r\n\r\n{}"),
	ROW("content-length with a fraction", 400,
	    POST "Content-Length: 2.0\r\n\r\n{}"),
	ROW("content-length with an inner space", 400,
	    POST "Content-Length: 1 0\r\n\r\n{}"),
	ROW("empty content-length", 400, POST "Content-Length:\r\n\r\n"),
	ROW("quoted content-length", 400,
	    POST "Content-Length: \"2\"\r\n\r\n{}"),
	ROW("content-length beyond the limit", 413,
	    POST "Content-Length: 65537\r\n\r\n"),
	ROW("content-length of 2^32", 413,
	    POST "Content-Length: 4294967296\r\n\r\n"),
	ROW("content-length of 2^64", 413,
	    POST "Content-Length: 18446744073709551616\r\n\r\n"),
	ROW("content-length of 40 digits", 413,
	    POST "Content-Length: 9999999999999999999999999999999999999999"
	    "\r\n\r\n"),

	/* Transfer codings. */
	ROW("two transfer-encodings", 400,
	    POST "Transfer-Encoding: chunked\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	ROW("transfer-encoding identity", 400,
	    POST "Transfer-Encoding: identity\r\n\r\n"),
	ROW("transfer-encoding gzip, chunked", 400,
	    POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
	ROW("transfer-encoding chunked, identity", 400,
	    POST "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
	ROW("transfer-encoding chunked, chunked", 400,
	    POST "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
	ROW("transfer-encoding xchunked", 400,
	    POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
	ROW("transfer-encoding quoted", 400,
	    POST "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n"),
	ROW("transfer-encoding with a parameter", 400,
	    POST "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n"),
	ROW("transfer-encoding with a vertical tab", 400,
	    POST "Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n"),
	ROW("transfer-encoding with a comma before it", 400,
	    POST "Transfer-Encoding: , chunked\r\n\r\n0\r\n\r\n"),
	ROW("empty transfer-encoding", 400,
	    POST "Transfer-Encoding: \r\n\r\n0\r\n\r\n"),
	ROW("transfer-encoding in HTTP/1.0", 400,
	    "POST / HTTP/1.0\r\n" HOST
	    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),

	/* White space and lines. */
	ROW("space before the colon", 400,
	    POST "Content-Length : 2\r\n\r\n{}"),
	ROW("tab before the colon", 400,
	    POST "Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n"),
	ROW("folded line", 400, GET "X-A: 1\r\n b\r\n\r\n"),
	ROW("folded line with a tab", 400, GET "X-A: 1\r\n\tb\r\n\r\n"),
	ROW("space before the first field", 400,
	    "GET / HTTP/1.1\r\n " HOST "\r\n"),
	ROW("line of white space", 400, GET " \r\n\r\n"),
	ROW("LF ends the request line", 400, "GET / HTTP/1.1\n" HOST "\r\n"),
	ROW("LF ends a field", 400, GET "X-A: 1\nX-B: 2\r\n\r\n"),
	ROW("LF ends the head", 400, GET "\n"),
	ROW("CR ends a field", 400, GET "X-A: 1\rX-B: 2\r\n\r\n"),
	ROW("two CR before LF", 400, GET "X-A: 1\r\r\n\r\n"),
	ROW("CR in the request line", 400,
	    "GET /\r HTTP/1.1\r\n" HOST "\r\n"),
	ROW("NUL in a value", 400, GET "X-A: a\0b\r\n\r\n"),
	ROW("NUL in a name", 400, GET "X\0A: b\r\n\r\n"),
	ROW("NUL in the target", 400, "GET /\0 HTTP/1.1\r\n" HOST "\r\n"),
	ROW("control character in a value", 400, GET "X-A: a\001b\r\n\r\n"),
	ROW("escape character in a value", 400, GET "X-A: \033[2J\r\n\r\n"),
	ROW("DEL in a value", 400, GET "X-A: a\177b\r\n\r\n"),
	ROW("form feed in a value", 400, GET "X-A: a\fb\r\n\r\n"),
	ROW("field without a colon", 400, GET "X-A\r\n\r\n"),
	ROW("field without a name", 400, GET ": 1\r\n\r\n"),
	ROW("space in a field name", 400, GET "X A: 1\r\n\r\n"),
	ROW("parenthesis in a field name", 400, GET "X(A): 1\r\n\r\n"),
	ROW("byte above 127 in a field name", 400, GET "X-\303\204: 1\r\n\r\n"),
	ROW("quote in a field name", 400, GET "\"Host\": 1\r\n\r\n"),
	ROW("empty line first", 400, "\r\n" GET "\r\n"),
	ROW("space before the method", 400, " " GET "\r\n"),

	/* Request line. */
	ROW("HTTP/0.9", 400, "GET /\r\n"),
	ROW("method alone", 400, "GET\r\n\r\n"),
	ROW("HTTP/0.9 spelled out", 505, "GET / HTTP/0.9\r\n" HOST "\r\n"),
	ROW("HTTP/1.2", 505, "GET / HTTP/1.2\r\n" HOST "\r\n"),
	ROW("HTTP/2.0", 505, "GET / HTTP/2.0\r\n" HOST "\r\n"),
	ROW("the preface of HTTP/2", 400,
	    "PRI * HTTP/2.0x\r\n\r\nSM\r\n\r\n"),
	ROW("HTTP/1.10", 400, "GET / HTTP/1.10\r\n" HOST "\r\n"),
	ROW("HTTP/01.1", 400, "GET / HTTP/01.1\r\n" HOST "\r\n"),
	ROW("HTTP/1", 400, "GET / HTTP/1\r\n" HOST "\r\n"),
	ROW("HTTP/1,1", 400, "GET / HTTP/1,1\r\n" HOST "\r\n"),
	ROW("version in lower case", 400, "GET / http/1.1\r\n" HOST "\r\n"),
	ROW("version of something else", 400, "GET / ICAP/1.0\r\n" HOST "\r\n"),
	ROW("space after the version", 400, "GET / HTTP/1.1 \r\n" HOST "\r\n"),
	ROW("two spaces before the target", 400,
	    "GET  / HTTP/1.1\r\n" HOST "\r\n"),
	ROW("two spaces before the version", 400,
	    "GET /  HTTP/1.1\r\n" HOST "\r\n"),
	ROW("tab before the target", 400, "GET\t/ HTTP/1.1\r\n" HOST "\r\n"),
	ROW("space in the target", 400, "GET /a b HTTP/1.1\r\n" HOST "\r\n"),
	ROW("fragment in the target", 400, "GET /#a HTTP/1.1\r\n" HOST "\r\n"),
	ROW("backslash in the target", 400,
	    "GET /a\\b HTTP/1.1\r\n" HOST "\r\n"),
	ROW("byte above 127 in the target", 400,
	    "GET /\303\204 HTTP/1.1\r\n" HOST "\r\n"),
	ROW("percent without digits", 400, "GET /%zz HTTP/1.1\r\n" HOST "\r\n"),
	ROW("percent at the end", 400, "GET /%4 HTTP/1.1\r\n" HOST "\r\n"),
	ROW("target without a slash", 400, "GET api HTTP/1.1\r\n" HOST "\r\n"),
	ROW("star for GET", 400, "GET * HTTP/1.1\r\n" HOST "\r\n"),
	ROW("star for another method", 400,
	    "CONNECT * HTTP/1.1\r\n" HOST "\r\n"),
	ROW("authority as the target", 400,
	    "CONNECT 127.0.0.1:22 HTTP/1.1\r\n" HOST "\r\n"),
	ROW("target of another scheme", 400,
	    "GET https://127.0.0.1:8765/ HTTP/1.1\r\n" HOST "\r\n"),
	ROW("target of another host", 400,
	    "GET http://evil.example/ HTTP/1.1\r\n" HOST "\r\n"),
	ROW("target of another port", 400,
	    "GET http://127.0.0.1:80/ HTTP/1.1\r\n" HOST "\r\n"),
	ROW("target of a longer host", 400,
	    "GET http://127.0.0.1:87655/ HTTP/1.1\r\n" HOST "\r\n"),
	ROW("target with a user", 400,
	    "GET http://127.0.0.1:8765@evil.example/ HTTP/1.1\r\n" HOST "\r\n"),
	ROW("target without a host", 400,
	    "GET http:/// HTTP/1.1\r\n" HOST "\r\n"),
	ROW("empty method", 400, " / HTTP/1.1\r\n" HOST "\r\n"),
	ROW("method with a bracket", 400, "GE[T / HTTP/1.1\r\n" HOST "\r\n"),
	ROW("method that is too long", 400,
	    "ABCDEFGHIJKLMNOPQ / HTTP/1.1\r\n" HOST "\r\n"),
	ROW("the first bytes of TLS", 400,
	    "\026\003\001\002\000\001\000\001\374\003\003"),

	/* Host and other single fields. */
	ROW("no host", 400, "GET / HTTP/1.1\r\n\r\n"),
	ROW("no host in HTTP/1.0", 400, "GET / HTTP/1.0\r\n\r\n"),
	ROW("two hosts", 400, GET HOST "\r\n"),
	ROW("two different hosts", 400, GET "host: evil.example\r\n\r\n"),
	ROW("empty host", 400, "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
	ROW("list of hosts", 400,
	    "GET / HTTP/1.1\r\nHost: 127.0.0.1, evil.example\r\n\r\n"),
	ROW("user in host", 400,
	    "GET / HTTP/1.1\r\nHost: a@127.0.0.1\r\n\r\n"),
	ROW("path in host", 400,
	    "GET / HTTP/1.1\r\nHost: 127.0.0.1/a\r\n\r\n"),
	ROW("two authorizations", 400,
	    GET "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n"),
	ROW("two origins", 400,
	    GET "Origin: http://127.0.0.1\r\nOrigin: null\r\n\r\n"),
	ROW("two content-types", 400,
	    POST "Content-Type: application/json\r\n"
	    "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}"),
	ROW("two subprotocol fields", 400,
	    GET "Sec-WebSocket-Protocol: bearer\r\n"
	    "Sec-WebSocket-Protocol: a\r\n\r\n"),
	ROW("unknown expectation", 417,
	    POST "Expect: 200-ok\r\nContent-Length: 2\r\n\r\n{}"),

	/* Chunks. */
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"
	ROW("chunk size with 0x", 400, CHUNKED "0x2\r\n{}\r\n0\r\n\r\n"),
	ROW("chunk size with a plus", 400, CHUNKED "+2\r\n{}\r\n0\r\n\r\n"),
	ROW("chunk size below zero", 400, CHUNKED "-2\r\n{}\r\n0\r\n\r\n"),
	ROW("chunk size with a space before", 400,
	    CHUNKED " 2\r\n{}\r\n0\r\n\r\n"),
	ROW("chunk size with a space after", 400,
	    CHUNKED "2 \r\n{}\r\n0\r\n\r\n"),
	ROW("chunk size that is no number", 400,
	    CHUNKED "g\r\n{}\r\n0\r\n\r\n"),
	ROW("no chunk size", 400, CHUNKED "\r\n{}\r\n0\r\n\r\n"),
	ROW("no chunk size, as if it were zero", 400, CHUNKED "\r\n\r\n"),
	ROW("chunk size of nine digits", 400,
	    CHUNKED "000000002\r\n{}\r\n0\r\n\r\n"),
	ROW("chunk size that wraps 32 bits", 400,
	    CHUNKED "100000002\r\n{}\r\n0\r\n\r\n"),
	ROW("chunk beyond the body limit", 413, CHUNKED "10001\r\n"),
	ROW("largest chunk size", 413, CHUNKED "ffffffff\r\n"),
	ROW("second chunk beyond the body limit", 413,
	    CHUNKED "2\r\n{}\r\nffff\r\n"),
	ROW("chunk extension", 400, CHUNKED "2;a=b\r\n{}\r\n0\r\n\r\n"),
	ROW("chunk extension without a name", 400,
	    CHUNKED "2;\r\n{}\r\n0\r\n\r\n"),
	ROW("extension on the last chunk", 400, CHUNKED "0;a\r\n\r\n"),
	ROW("LF after the chunk size", 400, CHUNKED "2\n{}\r\n0\r\n\r\n"),
	ROW("CR after the chunk size", 400, CHUNKED "2\r{}\r\n0\r\n\r\n"),
	ROW("NUL in the chunk size", 400, CHUNKED "2\0\r\n{}\r\n0\r\n\r\n"),
	ROW("LF after the chunk", 400, CHUNKED "2\r\n{}\n0\r\n\r\n"),
	ROW("nothing after the chunk", 400, CHUNKED "2\r\n{}0\r\n\r\n"),
	ROW("chunk shorter than its data", 400, CHUNKED "1\r\n{}\r\n0\r\n\r\n"),
	ROW("CR after the chunk, then no LF", 400,
	    CHUNKED "2\r\n{}\rx0\r\n\r\n"),
	ROW("trailer field", 400, CHUNKED "2\r\n{}\r\n0\r\nX-A: 1\r\n\r\n"),
	ROW("trailer that frames", 400,
	    CHUNKED "0\r\nContent-Length: 5\r\n\r\n"),
	ROW("LF after the last chunk", 400, CHUNKED "0\r\n\n"),
	ROW("CR after the last chunk, then no LF", 400, CHUNKED "0\r\n\rX"),
};

static const struct {
	const char *name;
	const char *bytes;
	const char *rest; /* of bytes: what belongs to the next request */
	const char *path;
	const char *query; /* NULL: no '?' */
	const char *body;
	unsigned int flags;
} good_rows[] = {
	{ "plain", GET "\r\n", "", "/", NULL, "", HTTP1_F_KEEP_ALIVE },
	{ "no value and blanks", GET "X-A:\r\nX-B: \t \r\nX-C:c\t\r\n\r\n", "",
	    "/", NULL, "", HTTP1_F_KEEP_ALIVE },
	{ "bytes above 127 in a value", GET "X-A: \303\204\r\n\r\n", "", "/",
	    NULL, "", HTTP1_F_KEEP_ALIVE },
	{ "query", "GET /a/b?c=%2F&d=? HTTP/1.1\r\n" HOST "\r\n", "", "/a/b",
	    "c=%2F&d=?", "", HTTP1_F_KEEP_ALIVE | HTTP1_F_QUERY },
	{ "empty query", "GET /? HTTP/1.1\r\n" HOST "\r\n", "", "/", "", "",
	    HTTP1_F_KEEP_ALIVE | HTTP1_F_QUERY },
	{ "absolute target", "GET HTTP://LocalHost:1/a?b HTTP/1.1\r\n"
	    "Host: localhost:1\r\n\r\n", "", "/a", "b", "",
	    HTTP1_F_KEEP_ALIVE | HTTP1_F_QUERY },
	{ "star", "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", "", "*", NULL, "",
	    HTTP1_F_KEEP_ALIVE },
	{ "HTTP/1.0", "GET / HTTP/1.0\r\n" HOST "\r\n", "", "/", NULL, "",
	    HTTP1_F_HTTP10 },
	{ "HTTP/1.0 keep-alive",
	    "GET / HTTP/1.0\r\n" HOST "Connection: Keep-Alive\r\n\r\n", "",
	    "/", NULL, "", HTTP1_F_HTTP10 | HTTP1_F_KEEP_ALIVE },
	{ "close", GET "Connection: x,, Close \r\n\r\n", "", "/", NULL, "",
	    0 },
	{ "close and keep-alive", GET "Connection: close, keep-alive\r\n\r\n",
	    "", "/", NULL, "", 0 },
	{ "close is a part of a word", GET "Connection: closed\r\n\r\n", "",
	    "/", NULL, "", HTTP1_F_KEEP_ALIVE },
	{ "upgrade", GET "Connection: keep-alive, Upgrade\r\n\r\n", "", "/",
	    NULL, "", HTTP1_F_KEEP_ALIVE | HTTP1_F_UPGRADE },
	{ "body", POST "content-LENGTH: \t2 \r\n\r\n{}", "", "/api/profiles",
	    NULL, "{}", HTTP1_F_KEEP_ALIVE | HTTP1_F_LENGTH },
	{ "empty body", POST "Content-Length: 0\r\n\r\n", "",
	    "/api/profiles", NULL, "", HTTP1_F_KEEP_ALIVE | HTTP1_F_LENGTH },
	{ "two requests", POST "Content-Length: 2\r\n\r\n{}" GET "\r\n",
	    GET "\r\n", "/api/profiles", NULL, "{}",
	    HTTP1_F_KEEP_ALIVE | HTTP1_F_LENGTH },
	{ "body ends, rubbish follows", POST "Content-Length: 1\r\n\r\n{\001",
	    "\001", "/api/profiles", NULL, "{",
	    HTTP1_F_KEEP_ALIVE | HTTP1_F_LENGTH },
	{ "expectation",
	    POST "Expect: 100-Continue\r\nContent-Length: 2\r\n\r\n{}", "",
	    "/api/profiles", NULL, "{}", HTTP1_F_KEEP_ALIVE | HTTP1_F_LENGTH |
	    HTTP1_F_CONTINUE },
	{ "expectation without a body", GET "Expect: 100-continue\r\n\r\n", "",
	    "/", NULL, "", HTTP1_F_KEEP_ALIVE },
	{ "one chunk", CHUNKED "2\r\n{}\r\n0\r\n\r\n", "", "/api/profiles",
	    NULL, "{}", HTTP1_F_KEEP_ALIVE | HTTP1_F_CHUNKED },
	{ "chunks", CHUNKED "1\r\n{\r\n00A\r\n\"a\":\r\n\r\n\"b\r\n1\r\n\"\r\n"
	    "1\r\n}\r\n000\r\n\r\nGET", "GET", "/api/profiles", NULL,
	    "{\"a\":\r\n\r\n\"b\"}", HTTP1_F_KEEP_ALIVE | HTTP1_F_CHUNKED },
	{ "no chunks", CHUNKED "0\r\n\r\n", "", "/api/profiles", NULL, "",
	    HTTP1_F_KEEP_ALIVE | HTTP1_F_CHUNKED },
};

/* A parser and the bytes it has been given so far. */
struct feed {
	struct http1 h;
	uint8_t *buf;
	size_t len;
	enum http1_verdict verdict;
};

/* Shows the parser the first len of bytes, in memory of that size. */
static void
feed(struct feed *f, const char *bytes, size_t len)
{
	free(f->buf);
	ck_assert_ptr_nonnull(f->buf = malloc(len != 0 ? len : 1));
	memcpy(f->buf, bytes, len);
	f->len = len;
	f->verdict = http1_parse(&f->h, f->buf, len);
}

/* How many of the bytes it takes until the verdict is not HTTP1_MORE. */
static size_t
feed_bytewise(struct feed *f, const char *bytes, size_t len)
{
	size_t n = 0;

	memset(f, 0, sizeof(*f));
	http1_init(&f->h);
	do {
		feed(f, bytes, n);
	} while (f->verdict == HTTP1_MORE && n++ < len);
	return n;
}

static int
slice_is(const struct feed *f, const struct http1_slice *s, const char *text)
{
	return s->len == strlen(text) &&
	    memcmp(f->buf + s->off, text, s->len) == 0;
}

static void
check_same(const char *name, const struct feed *a, const struct feed *b)
{
	ck_assert_msg(a->verdict == b->verdict, "%s: verdict", name);
	ck_assert_msg(a->h.status == b->h.status, "%s: status", name);
	ck_assert_msg(a->h.reason == b->h.reason, "%s: %s or %s", name,
	    a->h.reason, b->h.reason);
	ck_assert_msg(a->h.flags == b->h.flags, "%s: flags", name);
	ck_assert_msg(a->h.end == b->h.end, "%s: end", name);
	ck_assert_msg(a->h.head_end == b->h.head_end, "%s: head_end", name);
	ck_assert_msg(a->h.body_len == b->h.body_len, "%s: body_len", name);
}

/* The row in one piece, bytewise, and in two pieces cut everywhere. */
static void
feed_all_ways(const char *name, const char *bytes, size_t len,
    struct feed *whole)
{
	struct feed f;
	size_t cut, n;

	memset(whole, 0, sizeof(*whole));
	http1_init(&whole->h);
	feed(whole, bytes, len);

	n = feed_bytewise(&f, bytes, len);
	ck_assert_msg(n <= len || whole->verdict == HTTP1_MORE,
	    "%s: undecided bytewise", name);
	check_same(name, whole, &f);
	free(f.buf);

	for (cut = 0; cut <= len; cut++) {
		memset(&f, 0, sizeof(f));
		http1_init(&f.h);
		feed(&f, bytes, cut);
		/* Never before the byte that decides, never after it. */
		ck_assert_msg((f.verdict == HTTP1_MORE) == (cut < n),
		    "%s: verdict at byte %zu, not %zu", name, cut, n);
		feed(&f, bytes, len);
		check_same(name, whole, &f);
		free(f.buf);
	}
}

START_TEST(refuses_malformed)
{
	const struct row *r = &bad_rows[_i];
	struct feed f;

	feed_all_ways(r->name, r->bytes, r->len, &f);
	ck_assert_msg(f.verdict == HTTP1_BAD, "%s: was taken", r->name);
	ck_assert_msg(f.h.status == r->status, "%s: %d (%s), not %d", r->name,
	    f.h.status, f.h.reason, r->status);
	ck_assert_msg(f.h.reason != NULL && f.h.reason[0] != '\0',
	    "%s: no reason", r->name);
	/* It stays refused, whatever comes. */
	ck_assert(http1_parse(&f.h, f.buf, f.len) == HTTP1_BAD);
	free(f.buf);
}
END_TEST

START_TEST(takes_wellformed)
{
	const char *name = good_rows[_i].name, *bytes = good_rows[_i].bytes;
	struct feed f;
	const uint8_t *body;
	uint8_t *room;

	feed_all_ways(name, bytes, strlen(bytes), &f);
	ck_assert_msg(f.verdict == HTTP1_COMPLETE, "%s: %d (%s)", name,
	    f.h.status, f.h.reason);
	ck_assert_str_eq(bytes + f.h.end, good_rows[_i].rest);
	ck_assert_msg(slice_is(&f, &f.h.path, good_rows[_i].path), "%s: path",
	    name);
	if (good_rows[_i].query != NULL)
		ck_assert_msg(slice_is(&f, &f.h.query, good_rows[_i].query),
		    "%s: query", name);
	ck_assert_msg(f.h.flags == good_rows[_i].flags, "%s: flags %#x", name,
	    f.h.flags);
	ck_assert_msg(f.h.body_len == strlen(good_rows[_i].body),
	    "%s: body of %zu bytes", name, f.h.body_len);
	ck_assert_ptr_nonnull(room = malloc(f.h.body_len + 1));
	body = http1_body(&f.h, f.buf, room);
	ck_assert_msg((body == NULL) == (f.h.body_len == 0), "%s: body", name);
	if (body != NULL)
		ck_assert_msg(memcmp(body, good_rows[_i].body,
		    f.h.body_len) == 0, "%s: body", name);
	free(room);
	free(f.buf);
}
END_TEST

START_TEST(finds_fields)
{
	static const char bytes[] = GET
	    "AUTHORIZATION: Bearer abc\r\n"
	    "Sec-WebSocket-Key:dGhlIHNhbXBsZSBub25jZQ==\r\n"
	    "X-Authorization: Bearer no\r\n"
	    "Sec-WebSocket-Protocol: bearer, abc \r\n\r\n";
	struct feed f;

	feed_all_ways("fields", bytes, sizeof(bytes) - 1, &f);
	ck_assert(f.verdict == HTTP1_COMPLETE);
	ck_assert(slice_is(&f, &f.h.method, "GET"));
	ck_assert(slice_is(&f, &f.h.field[HTTP1_HOST], "127.0.0.1:8765"));
	ck_assert(slice_is(&f, &f.h.field[HTTP1_AUTHORIZATION],
	    "Bearer abc"));
	ck_assert(slice_is(&f, &f.h.field[HTTP1_WS_KEY],
	    "dGhlIHNhbXBsZSBub25jZQ=="));
	ck_assert(slice_is(&f, &f.h.field[HTTP1_WS_PROTOCOL], "bearer, abc"));
	ck_assert(!http1_has(&f.h, HTTP1_ORIGIN));
	ck_assert(http1_has(&f.h, HTTP1_HOST));
	free(f.buf);
}
END_TEST

/* Feeds head, then n times fill, then tail, in one piece and bytewise. */
static int
status_of(const char *head, const char *fill, size_t n, const char *tail)
{
	size_t hlen = strlen(head), flen = strlen(fill), tlen = strlen(tail);
	size_t len = hlen + n * flen + tlen, i;
	struct http1 h, whole;
	enum http1_verdict v, vw;
	char *bytes;

	ck_assert_ptr_nonnull(bytes = malloc(len));
	memcpy(bytes, head, hlen);
	for (i = 0; i < n; i++)
		memcpy(bytes + hlen + i * flen, fill, flen);
	memcpy(bytes + hlen + n * flen, tail, tlen);

	http1_init(&whole);
	vw = http1_parse(&whole, (uint8_t *)bytes, len);
	http1_init(&h);
	for (i = 0, v = HTTP1_MORE; v == HTTP1_MORE && i <= len; i++)
		v = http1_parse(&h, (uint8_t *)bytes, i);
	ck_assert_int_eq(v, vw);
	ck_assert_int_eq(h.status, whole.status);
	ck_assert_uint_eq(h.end, whole.end);
	if (v == HTTP1_COMPLETE)
		ck_assert_uint_le(h.end, HTTP1_REQUEST_MAX);
	free(bytes);
	return v == HTTP1_COMPLETE ? 200 : v == HTTP1_BAD ? h.status : 0;
}

START_TEST(limits_are_exact)
{
	static const char line_tail[] = " HTTP/1.1\r\n" HOST "\r\n";
	/* "GET /" and " HTTP/1.1" are in the line. */
	const size_t line = HTTP1_LINE_MAX - 5 - 9;
	/* Host, "A: " CRLF around the value, and the empty line. */
	const size_t head = HTTP1_HEAD_MAX - (sizeof(HOST) - 1) - 5 - 2;

	ck_assert_int_eq(status_of("GET /", "a", line, line_tail), 200);
	ck_assert_int_eq(status_of("GET /", "a", line + 1, line_tail), 414);
	ck_assert_int_eq(status_of("", "a", HTTP1_LINE_MAX, ""), 0);
	ck_assert_int_eq(status_of("", "a", HTTP1_LINE_MAX + 1, ""), 414);

	ck_assert_int_eq(status_of(GET "A: ", "a", head, "\r\n\r\n"), 200);
	ck_assert_int_eq(status_of(GET "A: ", "a", head + 1, "\r\n\r\n"), 431);
	ck_assert_int_eq(status_of(GET "A: ", "a", HTTP1_HEAD_MAX, ""), 431);

	/* Host is one of them. */
	ck_assert_int_eq(status_of(GET, "A:\r\n", HTTP1_FIELDS_MAX - 1,
	    "\r\n"), 200);
	ck_assert_int_eq(status_of(GET, "A:\r\n", HTTP1_FIELDS_MAX, "\r\n"),
	    431);

	ck_assert_int_eq(status_of(POST "Content-Length: 65536\r\n\r\n", "a",
	    HTTP1_BODY_MAX, ""), 200);
	ck_assert_int_eq(status_of(CHUNKED "10000\r\n", "a", HTTP1_BODY_MAX,
	    "\r\n0\r\n\r\n"), 200);
	/* Six bytes a chunk: five of them are none of the body's. */
	ck_assert_int_eq(status_of(CHUNKED, "1\r\na\r\n",
	    HTTP1_CHUNKED_MAX / 5 - 4, "0\r\n\r\n"), 200);
	ck_assert_int_eq(status_of(CHUNKED, "1\r\na\r\n",
	    HTTP1_CHUNKED_MAX / 5 + 1, "0\r\n\r\n"), 413);
	ck_assert_int_eq(status_of(CHUNKED, "00000001\r\na\r\n",
	    HTTP1_BODY_MAX, "0\r\n\r\n"), 413);
}
END_TEST

Suite *
suite_http1(void)
{
	Suite *s = suite_create("http1");
	TCase *tc = tcase_create("parser");

	tcase_add_loop_test(tc, refuses_malformed, 0,
	    (int)(sizeof(bad_rows) / sizeof(bad_rows[0])));
	tcase_add_loop_test(tc, takes_wellformed, 0,
	    (int)(sizeof(good_rows) / sizeof(good_rows[0])));
	tcase_add_test(tc, finds_fields);
	tcase_add_test(tc, limits_are_exact);
	suite_add_tcase(s, tc);
	return s;
}
