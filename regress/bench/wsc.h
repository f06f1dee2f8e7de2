#ifndef REGRESS_WSC_H
#define REGRESS_WSC_H
/*
 * A WebSocket client that costs little: payload is handed out where it was
 * received, in pieces as they come.  One that measures a server must not
 * be what is measured.  Out of memory, and a server that breaks the protocol,
 * end the program: these are tests.
 */

#include <sys/types.h>
#include <stddef.h>
#include <stdint.h>

enum wsc_event {
	WSC_MORE,  /* nothing is left of what was received: wsc_fill() */
	WSC_DATA,  /* a piece of a binary message */
	WSC_TEXT,  /* a whole text message, with a NUL behind it */
	WSC_CLOSED /* a Close frame; see wsc_code() */
};

struct wsc;

/* How many bytes connections from now on take in before they are read. */
void wsc_receive(int bytes);
/*
 * Connections from now on are to a ttyd, which starts its command for each.
 * Its messages have a letter in front that says what they are: that is put in
 * front of what is sent, which is taken as typed, and of what comes only the
 * terminal's output is handed out.
 */
void wsc_ttyd(void);
/*
 * Connects to HOST:PORT and shakes hands for path.  token may be NULL.
 * Returns NULL if that fails, and *status is the HTTP status of the answer, or
 * 0 if there was none.
 */
struct wsc *wsc_open(const char *address, const char *path, const char *token,
    int *status);
void wsc_free(struct wsc *);

/*
 * POSTs JSON to HOST:PORT, over a connection of its own that is there before
 * *asked, the time of the request.  Copies the answer's body, which must have
 * a Content-Length and fit in, with a NUL behind it.  Returns the HTTP status,
 * or 0 if no answer came.
 */
int wsc_post(const char *address, const char *path, const char *token,
    const char *json, char *body, size_t size, double *asked);

int wsc_fd(const struct wsc *);
/* When the request had been written: CLOCK_MONOTONIC, in seconds. */
double wsc_asked(const struct wsc *);
/*
 * Receives once; flags as recv(2)'s.  More than 0: something came; 0: nothing
 * is there (MSG_DONTWAIT); -1: the server has gone.
 */
ssize_t wsc_fill(struct wsc *, int flags);
/* The next thing received; *p is valid until the next call. */
enum wsc_event wsc_next(struct wsc *, const void **p, size_t *len);
/* The code of the Close frame, or 0. */
unsigned int wsc_code(const struct wsc *);
/* Sends a binary message of at most 124 bytes.  0, or -1: it has gone. */
int wsc_send(struct wsc *, const void *p, size_t len);
/* Whether a text message of Ringlet's is of that type. */
int wsc_is(const char *text, const char *type);
/* One of its members that is a number; one that is not there ends us. */
uint64_t wsc_number(const char *text, const char *name);
/* The first line of a file, which the caller frees. */
char *wsc_token(const char *file);

/* CLOCK_MONOTONIC, in seconds. */
double wsc_now(void);

#endif /* REGRESS_WSC_H */
