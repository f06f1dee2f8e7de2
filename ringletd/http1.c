/*
 * Strict HTTP/1.1 request parser: see http1.h for what it promises.
 *
 * Called by conn.c with bytes straight from the network, in the sealed
 * process.  Every byte of the head is looked at once, in order, and refused
 * at once if it can't be right; a line is taken apart when its CRLF is there.
 * There is no state besides struct http1, so a hostile sender can only choose
 * which bytes come; offsets are never computed from numbers in them, except
 * body lengths, which are range-checked where they are read.
 */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "http1.h"
#include "span.h"

enum {
	PHASE_REQUEST_LINE,
	PHASE_FIELDS,
	PHASE_BODY,
	PHASE_CHUNK_SIZE,
	PHASE_CHUNK_DATA,
	PHASE_CHUNK_CRLF,
	PHASE_LAST_CRLF,
	PHASE_COMPLETE,
	PHASE_BAD
};

/* Character classes (RFC 9110 5.6.2, RFC 3986 2). */
#define C_TOKEN	 0x01 /* tchar: methods, field names */
#define C_TARGET 0x02 /* pchar, '/', '?': a request target; '%' also */
#define C_HOST	 0x04 /* what a host and its port are made of */
#define C_DIGIT	 0x08

static const uint8_t cclass[256] = {
	['!'] = C_TOKEN | C_TARGET,
	['#'] = C_TOKEN,
	['$'] = C_TOKEN | C_TARGET,
	['%'] = C_TOKEN | C_TARGET,
	['&'] = C_TOKEN | C_TARGET,
	['\''] = C_TOKEN | C_TARGET,
	['('] = C_TARGET,
	[')'] = C_TARGET,
	['*'] = C_TOKEN | C_TARGET,
	['+'] = C_TOKEN | C_TARGET,
	[','] = C_TARGET,
	['-'] = C_TOKEN | C_TARGET | C_HOST,
	['.'] = C_TOKEN | C_TARGET | C_HOST,
	['/'] = C_TARGET,
	['0' ... '9'] = C_TOKEN | C_TARGET | C_HOST | C_DIGIT,
	[':'] = C_TARGET | C_HOST,
	[';'] = C_TARGET,
	['='] = C_TARGET,
	['?'] = C_TARGET,
	['@'] = C_TARGET,
	['A' ... 'Z'] = C_TOKEN | C_TARGET | C_HOST,
	['['] = C_HOST,
	[']'] = C_HOST,
	['^'] = C_TOKEN,
	['_'] = C_TOKEN | C_TARGET | C_HOST,
	['`'] = C_TOKEN,
	['a' ... 'z'] = C_TOKEN | C_TARGET | C_HOST,
	['|'] = C_TOKEN,
	['~'] = C_TOKEN | C_TARGET,
};

static const struct {
	const char *name;
	const char *doubled; /* NULL: the first one counts */
} known[HTTP1_FIELD_COUNT] = {
#define KNOWN(name) { name, "more than one " name " field" }
	[HTTP1_HOST] = KNOWN("Host"),
	[HTTP1_AUTHORIZATION] = KNOWN("Authorization"),
	[HTTP1_CONNECTION] = KNOWN("Connection"),
	[HTTP1_CONTENT_LENGTH] = KNOWN("Content-Length"),
	[HTTP1_CONTENT_TYPE] = KNOWN("Content-Type"),
	[HTTP1_EXPECT] = KNOWN("Expect"),
	[HTTP1_ORIGIN] = KNOWN("Origin"),
	[HTTP1_TRANSFER_ENCODING] = KNOWN("Transfer-Encoding"),
	[HTTP1_UPGRADE] = KNOWN("Upgrade"),
	[HTTP1_WS_KEY] = KNOWN("Sec-WebSocket-Key"),
	[HTTP1_WS_PROTOCOL] = KNOWN("Sec-WebSocket-Protocol"),
	[HTTP1_WS_VERSION] = KNOWN("Sec-WebSocket-Version"),
	[HTTP1_ACCEPT_ENCODING] = { "Accept-Encoding", NULL },
	[HTTP1_IF_NONE_MATCH] = { "If-None-Match", NULL },
#undef KNOWN
};

void
http1_init(struct http1 *h)
{
	*h = (struct http1){ .phase = PHASE_REQUEST_LINE,
		.head_max = HTTP1_HEAD_MAX,
		.body_max = HTTP1_BODY_MAX };
}

int
http1_has(const struct http1 *h, enum http1_field f)
{
	return (h->present >> f) & 1;
}

static int
bad(struct http1 *h, int status, const char *reason)
{
	h->phase = PHASE_BAD;
	h->status = status;
	h->reason = reason;
	return -1;
}

static int
is_class(const uint8_t *p, size_t len, uint8_t class)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if ((cclass[p[i]] & class) == 0)
			return 0;
	}
	return 1;
}

static int
is_text(const uint8_t *p, size_t len, const char *text)
{
	return len == strlen(text) &&
	       strncasecmp((const char *)p, text, len) == 0;
}

static int
hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/*
 * Looks for the CRLF that ends the line at h->line.  limit is the offset
 * that the line, without its CRLF, must not go beyond.  Returns 1 and
 * the line's length, 0 if more bytes are needed, -1 if the line is bad.
 */
static int
line_take(struct http1 *h, const uint8_t *buf, size_t len, size_t limit,
    int status, const char *reason, size_t *line_len)
{
	size_t at = h->scan; /* h is not written to for each byte */
	uint8_t c;

	for (; at < len; at++) {
		c = buf[at];
		if (c >= 0x20 && c != 0x7f && at < limit)
			continue;
		h->scan = at;
		if (c == '\r') {
			if (h->scan + 1 == len)
				return 0;
			/* Some read a lone CR as a line's end: some don't. */
			if (buf[h->scan + 1] != '\n')
				return bad(h, 400, "CR without LF");
			*line_len = h->scan - h->line;
			h->scan += 2;
			return 1;
		}
		if (c == '\n')
			return bad(h, 400, "LF without CR");
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return bad(h, 400, "control character in the head");
		if (at >= limit)
			return bad(h, status, reason);
	}
	h->scan = at;
	return 0;
}

/* Path and query of a target; p[0] is the path's '/'. */
int
http1_take_path(struct http1 *h, const uint8_t *buf, size_t off, size_t len)
{
	const uint8_t *p = buf + off, *question;
	size_t i;

	for (i = 0; i < len; i++) {
		if ((cclass[p[i]] & C_TARGET) == 0)
			return bad(h, 400,
			    "character in the target that must be encoded");
		if (p[i] == '%' && (len - i < 3 || hex_value(p[i + 1]) < 0 ||
				       hex_value(p[i + 2]) < 0))
			return bad(
			    h, 400, "bad percent-encoding in the target");
	}
	h->path.off = off;
	h->path.len = len;
	if ((question = memchr(p, '?', len)) != NULL) {
		h->flags |= HTTP1_F_QUERY;
		h->path.len = (size_t)(question - p);
		h->query.off = off + h->path.len + 1;
		h->query.len = len - h->path.len - 1;
	}
	return 0;
}

/*
 * The target is a path, or the same with http:// and an authority, which
 * parse_end() compares with Host: a proxy in front could have chosen by either.
 */
static int
parse_target(struct http1 *h, const uint8_t *buf, size_t off, size_t len)
{
	static const char scheme[] = "http://";
	const size_t slen = sizeof(scheme) - 1;
	const uint8_t *p = buf + off, *slash;

	if (len == 0)
		return bad(h, 400, "no target in the request line");
	if (p[0] == '/')
		return http1_take_path(h, buf, off, len);
	if (len == 1 && p[0] == '*') {
		if (h->method.len != 7 ||
		    memcmp(buf + h->method.off, "OPTIONS", 7) != 0)
			return bad(h, 400, "target * is for OPTIONS");
		h->path.off = off;
		h->path.len = 1;
		return 0;
	}
	if (len > slen && strncasecmp((const char *)p, scheme, slen) == 0 &&
	    (slash = memchr(p + slen, '/', len - slen)) != NULL) {
		h->authority.off = off + slen;
		h->authority.len = (size_t)(slash - p) - slen;
		if (h->authority.len == 0)
			return bad(h, 400, "no host in the target");
		return http1_take_path(h, buf, off + (size_t)(slash - p),
		    len - (size_t)(slash - p));
	}
	return bad(h, 400, "target is not a path");
}

/* method SP target SP version, with exactly these two spaces. */
static int
parse_request_line(struct http1 *h, const uint8_t *buf, size_t len)
{
	const uint8_t *p = buf + h->line, *sp1, *sp2, *v;
	size_t vlen;

	if (len == 0)
		return bad(h, 400, "empty line before the request line");
	if ((sp1 = memchr(p, ' ', len)) == NULL)
		return bad(h, 400, "no target in the request line");
	h->method.off = h->line;
	h->method.len = (size_t)(sp1 - p);
	if (h->method.len == 0 || h->method.len > HTTP1_METHOD_MAX ||
	    !is_class(p, h->method.len, C_TOKEN))
		return bad(h, 400, "bad method");
	if ((sp2 = memchr(sp1 + 1, ' ', len - h->method.len - 1)) == NULL)
		return bad(h, 400, "no version in the request line");

	v = sp2 + 1;
	vlen = len - (size_t)(v - p);
	if (vlen != 8 || memcmp(v, "HTTP/", 5) != 0 ||
	    !is_class(v + 5, 1, C_DIGIT) || v[6] != '.' ||
	    !is_class(v + 7, 1, C_DIGIT))
		return bad(h, 400, "bad version in the request line");
	if (v[5] != '1' || (v[7] != '1' && v[7] != '0'))
		return bad(h, 505, "only HTTP/1.1 and HTTP/1.0 are spoken");
	if (v[7] == '0')
		h->flags |= HTTP1_F_HTTP10;
	return parse_target(
	    h, buf, h->line + h->method.len + 1, (size_t)(sp2 - sp1) - 1);
}

int
http1_take_field(struct http1 *h, const uint8_t *name, size_t name_len,
    size_t off, size_t len)
{
	int f;

	for (f = 0; f < HTTP1_FIELD_COUNT; f++) {
		if (!is_text(name, name_len, known[f].name))
			continue;
		if (http1_has(h, f))
			return known[f].doubled != NULL
			    ? bad(h, 400, known[f].doubled)
			    : 0;
		h->present |= 1U << f;
		h->field[f] = (struct http1_slice){ off, len };
		return 1;
	}
	return 0;
}

/* name ':' OWS value OWS; the bytes were checked by line_take(). */
static int
parse_field(struct http1 *h, const uint8_t *buf, size_t len)
{
	const uint8_t *p = buf + h->line, *colon;
	size_t nlen, off, end;

	/* A folded line: a continuation to some, a field to others. */
	if (p[0] == ' ' || p[0] == '\t')
		return bad(h, 400, "folded header line");
	if (++h->fields > HTTP1_FIELDS_MAX)
		return bad(h, 431, "too many header fields");
	if ((colon = memchr(p, ':', len)) == NULL)
		return bad(h, 400, "header line without a colon");
	nlen = (size_t)(colon - p);
	/* This also refuses white space between the name and the colon. */
	if (nlen == 0 || !is_class(p, nlen, C_TOKEN))
		return bad(h, 400, "bad header field name");

	off = nlen + 1;
	end = len;
	while (off < end && (p[off] == ' ' || p[off] == '\t'))
		off++;
	while (end > off && (p[end - 1] == ' ' || p[end - 1] == '\t'))
		end--;

	return http1_take_field(h, p, nlen, h->line + off, end - off);
}

/*
 * How long the body is, by exactly one of the two ways or none of them.
 * Everything here that is refused has made two servers disagree about
 * where one request ends: that is what request smuggling lives on.
 */
static int
parse_framing(struct http1 *h, const uint8_t *buf)
{
	const struct http1_slice *cl = &h->field[HTTP1_CONTENT_LENGTH];
	const struct http1_slice *te = &h->field[HTTP1_TRANSFER_ENCODING];
	size_t i;

	if (http1_has(h, HTTP1_TRANSFER_ENCODING)) {
		if (http1_has(h, HTTP1_CONTENT_LENGTH))
			return bad(h, 400,
			    "both Content-Length and Transfer-Encoding");
		if (h->flags & HTTP1_F_HTTP10)
			return bad(h, 400, "Transfer-Encoding in HTTP/1.0");
		if (!is_text(buf + te->off, te->len, "chunked"))
			return bad(
			    h, 400, "Transfer-Encoding is not exactly chunked");
		h->flags |= HTTP1_F_CHUNKED;
		return 0;
	}
	if (!http1_has(h, HTTP1_CONTENT_LENGTH))
		return 0;
	if (cl->len == 0 || !is_class(buf + cl->off, cl->len, C_DIGIT) ||
	    (cl->len > 1 && buf[cl->off] == '0'))
		return bad(h, 400, "Content-Length is not a number");
	for (i = 0; i < cl->len; i++) {
		h->body_len = h->body_len * 10 + (buf[cl->off + i] - '0');
		if (h->body_len > h->body_max)
			return bad(h, 413, "body is too long");
	}
	h->chunk_left = h->body_len;
	h->flags |= HTTP1_F_LENGTH;
	return 0;
}

/* The empty line after the fields was read: what they say together. */
static int
parse_end(struct http1 *h, const uint8_t *buf)
{
	const struct http1_slice *host = &h->field[HTTP1_HOST];
	const struct http1_slice *conn = &h->field[HTTP1_CONNECTION];
	const struct http1_slice *expect = &h->field[HTTP1_EXPECT];
	const struct span options = { (const char *)buf + conn->off,
		conn->len };

	if (!http1_has(h, HTTP1_HOST))
		return bad(h, 400, "no Host field");
	if (host->len == 0 || !is_class(buf + host->off, host->len, C_HOST))
		return bad(h, 400, "Host is not a host and port");
	if (h->authority.len != 0 &&
	    (h->authority.len != host->len ||
		strncasecmp((const char *)buf + h->authority.off,
		    (const char *)buf + host->off, host->len) != 0))
		return bad(h, 400, "host in the target is not that of Host");

	if (parse_framing(h, buf) == -1)
		return -1;

	if ((h->flags & HTTP1_F_HTTP10) == 0)
		h->flags |= HTTP1_F_KEEP_ALIVE;
	if (http1_has(h, HTTP1_CONNECTION)) {
		if (span_list_has(options, "keep-alive"))
			h->flags |= HTTP1_F_KEEP_ALIVE;
		if (span_list_has(options, "upgrade"))
			h->flags |= HTTP1_F_UPGRADE;
		if (span_list_has(options, "close"))
			h->flags &= ~HTTP1_F_KEEP_ALIVE;
	}
	if (http1_has(h, HTTP1_EXPECT) && (h->flags & HTTP1_F_HTTP10) == 0) {
		if (!is_text(buf + expect->off, expect->len, "100-continue"))
			return bad(h, 417, "unknown expectation");
		if (h->flags & (HTTP1_F_CHUNKED | HTTP1_F_LENGTH))
			h->flags |= HTTP1_F_CONTINUE;
	}
	h->head_end = h->scan;
	return 0;
}

int
http1_take_end(
    struct http1 *h, const uint8_t *buf, const struct http1_slice *authority)
{
	h->authority = *authority;
	if (!http1_has(h, HTTP1_HOST) && authority->len != 0) {
		h->field[HTTP1_HOST] = *authority;
		h->present |= 1U << HTTP1_HOST;
	}
	return parse_end(h, buf);
}

/*
 * A chunk's size: hexadecimal digits and nothing else.  Chunk extensions
 * are refused: nobody sends any, and parsers disagree about their ends.
 */
static int
parse_chunk_size(struct http1 *h, const uint8_t *buf, size_t len)
{
	size_t i, size = 0;
	int v;

	if (len == 0)
		return bad(h, 400, "no chunk size");
	for (i = 0; i < len; i++) {
		if ((v = hex_value(buf[h->line + i])) == -1)
			return bad(h, 400, "bad chunk size");
		size = size * 16 + (size_t)v;
	}
	if (size > h->body_max - h->body_len)
		return bad(h, 413, "body is too long");
	h->body_len += size;
	h->chunk_left = size;
	return 0;
}

/* The fixed bytes CRLF at h->scan: 1 if there, 0 more, -1 something else. */
static int
crlf_take(struct http1 *h, const uint8_t *buf, size_t len, const char *reason)
{
	if (h->scan == len)
		return 0;
	if (buf[h->scan] != '\r')
		return bad(h, 400, reason);
	if (h->scan + 1 == len)
		return 0;
	if (buf[h->scan + 1] != '\n')
		return bad(h, 400, reason);
	h->scan += 2;
	return 1;
}

/* Skips body bytes that are there; 1 if all of them were. */
static int
data_skip(struct http1 *h, size_t len)
{
	size_t n = len - h->scan;

	if (n > h->chunk_left)
		n = h->chunk_left;
	h->scan += n;
	h->chunk_left -= n;
	return h->chunk_left == 0;
}

/* One step of the state machine: 1 go on, 0 more bytes needed, -1 bad. */
static int
step(struct http1 *h, const uint8_t *buf, size_t len)
{
	size_t n;
	int r;

	switch (h->phase) {
	case PHASE_REQUEST_LINE:
		r = line_take(h, buf, len, HTTP1_LINE_MAX, 414,
		    "request line is too long", &n);
		if (r != 1)
			return r;
		if (parse_request_line(h, buf, n) == -1)
			return -1;
		h->fields_off = h->line = h->scan;
		h->phase = PHASE_FIELDS;
		return 1;
	case PHASE_FIELDS:
		/* The block ends with two CRLF: hence the 4. */
		r = line_take(h, buf, len, h->fields_off + h->head_max - 4, 431,
		    "header block is too long", &n);
		if (r != 1)
			return r;
		if (n != 0) {
			if (parse_field(h, buf, n) == -1)
				return -1;
			h->line = h->scan;
			return 1;
		}
		if (parse_end(h, buf) == -1)
			return -1;
		h->line = h->scan;
		h->phase =
		    h->flags & HTTP1_F_CHUNKED ? PHASE_CHUNK_SIZE : PHASE_BODY;
		return 1;
	case PHASE_BODY:
		if (!data_skip(h, len))
			return 0;
		h->phase = PHASE_COMPLETE;
		return 1;
	case PHASE_CHUNK_SIZE:
		r = line_take(
		    h, buf, len, h->line + 8, 400, "bad chunk size", &n);
		if (r != 1)
			return r;
		if (parse_chunk_size(h, buf, n) == -1)
			return -1;
		h->line = h->scan;
		if (h->chunk_left == 0)
			h->phase = PHASE_LAST_CRLF;
		else if (h->scan - h->head_end >
			 h->body_len - h->chunk_left + HTTP1_CHUNKED_MAX - 16)
			return bad(h, 413, "too many small chunks");
		else
			h->phase = PHASE_CHUNK_DATA;
		return 1;
	case PHASE_CHUNK_DATA:
		if (!data_skip(h, len))
			return 0;
		h->phase = PHASE_CHUNK_CRLF;
		return 1;
	case PHASE_CHUNK_CRLF:
		r = crlf_take(h, buf, len, "chunk is longer than its size");
		if (r != 1)
			return r;
		h->line = h->scan;
		h->phase = PHASE_CHUNK_SIZE;
		return 1;
	case PHASE_LAST_CRLF:
		/* A trailer could bring a field after it was judged. */
		r = crlf_take(h, buf, len, "trailer fields are not taken");
		if (r != 1)
			return r;
		h->phase = PHASE_COMPLETE;
		return 1;
	}
	return 0;
}

enum http1_verdict
http1_parse(struct http1 *h, const uint8_t *buf, size_t len)
{
	while (h->phase != PHASE_COMPLETE && h->phase != PHASE_BAD) {
		if (step(h, buf, len) == 0)
			return HTTP1_MORE;
	}
	if (h->phase == PHASE_BAD)
		return HTTP1_BAD;
	h->end = h->scan;
	return HTTP1_COMPLETE;
}

const uint8_t *
http1_body(const struct http1 *h, const uint8_t *buf, uint8_t *out)
{
	size_t off = h->head_end, done = 0, size;
	int v;

	if (h->body_len == 0)
		return NULL;
	if ((h->flags & HTTP1_F_CHUNKED) == 0)
		return buf + h->head_end;
	/* The parser has been here: sizes, CRLFs and the end are right. */
	for (;;) {
		for (size = 0; (v = hex_value(buf[off])) != -1; off++)
			size = size * 16 + (size_t)v;
		off += 2;
		if (size == 0)
			return out;
		if (size == h->body_len)
			return buf + off;
		memcpy(out + done, buf + off, size);
		done += size;
		off += size + 2;
	}
}
