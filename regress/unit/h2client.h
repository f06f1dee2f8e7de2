#ifndef UNIT_H2CLIENT_H
#define UNIT_H2CLIENT_H
/*
 * A client of HTTP/2 for front.h: requests by nghttp2, and frames by hand for
 * what no library would send.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nghttp2/nghttp2.h>

#include "front.h"

#define H2_ANSWERS 128
#define H2_NOTHING UINT32_MAX /* no GOAWAY has come */

struct h2_answer {
	int32_t id;
	int status;	 /* 0: no head yet */
	char head[2048]; /* "name: value\n" and so on */
	uint8_t *body;
	size_t len;
	bool closed;
	uint32_t code; /* why it was closed */
	uint8_t *up;   /* what is to be sent */
	size_t up_len, up_sent;
	bool up_open; /* more may come */
};

struct h2_client {
	int fd;
	nghttp2_session *session;
	struct h2_answer answers[H2_ANSWERS];
	size_t n;
	uint32_t goaway; /* its error, or H2_NOTHING */
	bool eof;
	bool hoards; /* gives no window for what has come */
};

/* Connects.  window: what the server may send on a stream; 0: as usual. */
void h2_open(struct h2_client *, uint32_t window);
void h2_close(struct h2_client *);
/*
 * Asks.  fields: names and values by turns, up to a NULL; those that begin
 * with ':' replace what is usual, and "" leaves it out.  body NULL: none.
 */
struct h2_answer *h2_ask(struct h2_client *, const char *method,
    const char *path, const char *const *fields, const char *body);
/* The same, with len bytes of body of which more may come by h2_more(). */
struct h2_answer *h2_ask_open(struct h2_client *, const char *method,
    const char *path, const char *const *fields, const void *p, size_t len);
void h2_more(struct h2_client *, struct h2_answer *, const void *, size_t);
/* Nothing more comes. */
void h2_no_more(struct h2_client *, struct h2_answer *);
/* A frame of a WebSocket, masked; first is FIN, RSV and opcode. */
void h2_frame(struct h2_client *, struct h2_answer *, unsigned first,
    const void *p, size_t len);
/* A WebSocket on a stream: how far its frames have been looked at. */
struct h2_view {
	struct h2_client *c;
	struct h2_answer *a;
	size_t at;
};
/* Its next frame; op 0 if none comes. */
void h2_next(struct h2_view *, struct frame *);
/* Gives the window for len bytes more, to a client that hoards. */
void h2_grant(struct h2_client *, struct h2_answer *, size_t len);

/*
 * Sends and reads until done(arg) says so; false if it does not, though
 * nothing has come for ms.
 */
bool h2_until(
    struct h2_client *, bool (*done)(const void *), const void *arg, int ms);
/* Sends what there is, and reads what is there. */
void h2_turn(struct h2_client *);
/* Until the stream is closed; or has its head; or any, 100 too. */
bool h2_finish(struct h2_client *, struct h2_answer *);
bool h2_head(struct h2_client *, struct h2_answer *);
bool h2_interim(struct h2_client *, struct h2_answer *);
/* Until the server has closed. */
bool h2_end(struct h2_client *);

/* --- by hand --- */

/* Connects, says the preface and SETTINGS. */
int h2_raw(void);
/* One frame; false if the server has closed. */
bool h2_raw_frame(int fd, unsigned type, unsigned flags, uint32_t id,
    const void *p, size_t len);
/* A request for "/" without a body as a header block. */
#define H2_GET	   "\x82\x86\x84\x01\x09localhost"
#define H2_GET_LEN (sizeof(H2_GET) - 1)
/* Reads on; the error of the first frame of that type, or H2_NOTHING. */
uint32_t h2_raw_error(int fd, unsigned type);
/* Reads on: whether a frame of that type comes. */
bool h2_raw_comes(int fd, unsigned type);
/* Reads one frame: whether text is in it. */
bool h2_raw_has(int fd, const char *text);

#endif /* UNIT_H2CLIENT_H */
