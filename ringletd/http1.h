#ifndef RINGLETD_HTTP1_H
#define RINGLETD_HTTP1_H
/*
 * HTTP/1.1 requests, parsed strictly (RFC 9112).
 *
 * The parser is a pure function over the caller's buffer: it allocates
 * nothing, keeps no pointer, and describes what it found by offsets into
 * that buffer.  Whoever owns the connection owns the bytes.
 *
 * Its verdict on a sequence of bytes depends on nothing but these bytes:
 * however they are cut into reads, the same byte brings the same verdict.
 *
 * "Strict" means that whatever two implementations could read in two ways
 * is refused, also where RFC 9112 permits a recipient to be lenient; see
 * PROTOCOL.http for the list.
 */

#include <stddef.h>
#include <stdint.h>

#define HTTP1_LINE_MAX	  8192	/* request line without CRLF; else 414 */
#define HTTP1_HEAD_MAX	  16384 /* header block with its CRLFs; else 431 */
#define HTTP1_FIELDS_MAX  64	/* header fields; else 431 */
#define HTTP1_METHOD_MAX  16	/* bytes of the method; else 400 */
#define HTTP1_BODY_MAX	  65536 /* body, decoded; else 413 */
#define HTTP1_CHUNKED_MAX 16384 /* what chunked coding may add; else 413 */

/* No request, whatever it is, takes more bytes than this. */
#define HTTP1_REQUEST_MAX                                                      \
	(HTTP1_LINE_MAX + 2 + HTTP1_HEAD_MAX + HTTP1_BODY_MAX +                \
	    HTTP1_CHUNKED_MAX)

enum http1_verdict {
	HTTP1_MORE,	/* no fault so far; append bytes and call again */
	HTTP1_COMPLETE, /* a whole request: the first http1.end bytes */
	HTTP1_BAD	/* http1.status and http1.reason say why; close */
};

/*
 * The fields that this server acts on.  Each may come once: a second one is
 * refused, for two values let two readers choose differently.  The last two
 * choose but how a page is sent, and only their first counts.  Other fields
 * are checked for their syntax, counted, and forgotten.
 */
enum http1_field {
	HTTP1_HOST,
	HTTP1_AUTHORIZATION,
	HTTP1_CONNECTION,
	HTTP1_CONTENT_LENGTH,
	HTTP1_CONTENT_TYPE,
	HTTP1_EXPECT,
	HTTP1_ORIGIN,
	HTTP1_TRANSFER_ENCODING,
	HTTP1_UPGRADE,
	HTTP1_WS_KEY,
	HTTP1_WS_PROTOCOL,
	HTTP1_WS_VERSION,
	HTTP1_ACCEPT_ENCODING,
	HTTP1_IF_NONE_MATCH,
	HTTP1_FIELD_COUNT
};

/* len bytes of the caller's buffer, from offset off. */
struct http1_slice {
	size_t off;
	size_t len;
};

/* http1.flags; all of them are final once head_end is not zero. */
#define HTTP1_F_KEEP_ALIVE 0x01 /* the client may send another request */
#define HTTP1_F_CONTINUE   0x02 /* the client waits for 100 (Continue) */
#define HTTP1_F_CHUNKED	   0x04 /* the body is in chunked coding */
#define HTTP1_F_LENGTH	   0x08 /* there was a Content-Length */
#define HTTP1_F_QUERY	   0x10 /* there was a '?', maybe nothing after it */
#define HTTP1_F_UPGRADE	   0x20 /* "Connection: upgrade" was asked for */
#define HTTP1_F_HTTP10	   0x40 /* the version was HTTP/1.0 */

struct http1 {
	/* For the caller: valid once head_end is not zero. */
	struct http1_slice method;
	struct http1_slice path;  /* begins with '/', or is "*" */
	struct http1_slice query; /* what follows '?'; not decoded */
	struct http1_slice field[HTTP1_FIELD_COUNT]; /* trimmed values */
	uint32_t present; /* bit 1 << HTTP1_x: that field was there */
	unsigned int flags;
	size_t head_end; /* offset after the header block; 0: not there yet */

	/* For the caller: valid after HTTP1_COMPLETE. */
	size_t end; /* offset after the request: what follows is the next */
	size_t body_len; /* decoded length of the body */

	/* For the caller: valid after HTTP1_BAD. */
	int status;	    /* HTTP status that says so to the client */
	const char *reason; /* static text without any byte of the peer */

	/* http1_init() sets them to their MAX; the caller may lower them. */
	size_t head_max; /* bytes of the header block with its CRLFs */
	size_t body_max; /* bytes of the body */

	/* Private. */
	int phase;
	size_t line;	   /* where the line being read begins */
	size_t scan;	   /* first byte not looked at yet */
	size_t fields_off; /* where the header block begins */
	size_t chunk_left; /* bytes of body still to come, in this chunk */
	unsigned int fields;
	struct http1_slice authority; /* of an absolute-form target */
};

/* Makes h ready for the first byte of a request. */
void http1_init(struct http1 *h);

/*
 * Goes on parsing.  buf holds the request from its first byte, and len is
 * never less than in the call before; the buffer itself may have moved.
 * After HTTP1_COMPLETE or HTTP1_BAD further calls return the same.
 */
enum http1_verdict http1_parse(struct http1 *h, const uint8_t *buf, size_t len);

/*
 * For HTTP/2, whose fields come one by one, into a buffer of the caller: they
 * must keep the same rules.  Offsets are into that buffer.  Each returns -1
 * when it has found a fault: http1.status and http1.reason say which.
 *
 * http1_take_field: 1 if it is a field to be kept, whose value of len bytes is
 * at off, or will be; else 0.  http1_take_path: the value of :path, which is
 * in buf and begins with '/'.  http1_take_end: the last field was taken;
 * authority is where :authority is, of length 0 if there was none.
 */
int http1_take_field(struct http1 *h, const uint8_t *name, size_t name_len,
    size_t off, size_t len);
int http1_take_path(
    struct http1 *h, const uint8_t *buf, size_t off, size_t len);
int http1_take_end(
    struct http1 *h, const uint8_t *buf, const struct http1_slice *authority);

/* Whether the field f was in the header block. */
int http1_has(const struct http1 *h, enum http1_field f);

/*
 * After HTTP1_COMPLETE: where the body is, without its chunked coding.  A
 * body that is in one piece in buf is returned as it is there.  One in several
 * chunks is copied to out, which has room for h->body_len bytes, and out
 * is returned.  NULL if there is no body.
 */
const uint8_t *http1_body(
    const struct http1 *h, const uint8_t *buf, uint8_t *out);

#endif
