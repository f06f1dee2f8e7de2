/*
 * A WebSocket client (RFC 6455) for benchmarks and bursts: see wsc.h.  It
 * reads what servers send and little more: no extension, no long messages of
 * its own, and the mask that it must apply is zero.
 */

#include "config.h"

#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "wsc.h"

#define BLOCK	 (256 * 1024)
#define TEXT_MAX (64 * 1024 * 1024)

/* What begins ttyd's messages. */
#define TTYD_INPUT  '0'
#define TTYD_OUTPUT '0'
#define TTYD_HELLO  "{\"AuthToken\":\"\",\"columns\":80,\"rows\":24}"

#define OP_CONTINUATION 0x0
#define OP_TEXT		0x1
#define OP_BINARY	0x2
#define OP_CLOSE	0x8
#define OP_PING		0x9
#define OP_PONG		0xa

struct wsc {
	int fd;
	uint8_t *block; /* what was received is at [off, end) */
	size_t off;
	size_t end;
	uint64_t left;	 /* bytes of the frame's payload to come */
	uint8_t frame;	 /* its opcode */
	uint8_t message; /* the opcode of the message it belongs to */
	bool inside;	 /* a frame's payload comes next, not a head */
	bool final;	 /* it is the last of its message */
	bool ttyd;	 /* the server is one */
	uint8_t letter;	 /* of a ttyd's message; 0: it has not come */
	uint8_t *text;	 /* of a message that is coming in */
	size_t text_len;
	size_t text_size;
	unsigned int code;
	double asked;
};

double
wsc_now(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		err(1, "clock_gettime");
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

char *
wsc_token(const char *file)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	FILE *f;

	if ((f = fopen(file, "r")) == NULL ||
	    (n = getline(&line, &size, f)) <= 0)
		err(1, "%s", file);
	if (line[n - 1] == '\n')
		line[n - 1] = '\0';
	(void)fclose(f);
	return line;
}

int
wsc_is(const char *text, const char *type)
{
	char member[64];

	(void)snprintf(member, sizeof(member), "\"type\":\"%s\"", type);
	return strstr(text, member) != NULL;
}

uint64_t
wsc_number(const char *text, const char *name)
{
	char member[64], *end;
	const char *p;
	unsigned long long n;

	(void)snprintf(member, sizeof(member), "\"%s\":", name);
	if ((p = strstr(text, member)) == NULL)
		errx(1, "no %s in %s", name, text);
	p += strlen(member);
	n = strtoull(p, &end, 10);
	if (end == p)
		errx(1, "%s is no number in %s", name, text);
	return n;
}

static int receive_buffer; /* bytes; 0: what the kernel gives */

void
wsc_receive(int bytes)
{
	receive_buffer = bytes;
}

static bool to_ttyd;

void
wsc_ttyd(void)
{
	to_ttyd = true;
}

static int
dial(const char *address)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *all;
	char *host = strdup(address), *port;
	int fd, on = 1;

	if (host == NULL || (port = strrchr(host, ':')) == NULL)
		errx(2, "%s: not HOST:PORT", address);
	*port++ = '\0';
	if (getaddrinfo(host, port, &hints, &all) != 0)
		errx(1, "%s: no such address", address);
	free(host);
	fd = socket(all->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		err(1, "socket");
	/* Afterwards the window that was offered could not shrink. */
	if (receive_buffer != 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer,
		sizeof(receive_buffer)) == -1)
		err(1, "SO_RCVBUF");
	if (connect(fd, all->ai_addr, all->ai_addrlen) == -1) {
		(void)close(fd);
		fd = -1;
	} else if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) ==
		   -1)
		err(1, "TCP_NODELAY");
	freeaddrinfo(all);
	return fd;
}

static int
put(int fd, const void *p, size_t len)
{
	ssize_t n;

	/* Never more than a socket's buffer takes at once. */
	do
		n = send(fd, p, len, MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	return n == (ssize_t)len ? 0 : -1;
}

/* A binary message; letter, unless it is 0, comes before the rest. */
static int
put_message(int fd, char letter, const void *p, size_t len)
{
	uint8_t frame[6 + 125] = { 0x80 | OP_BINARY, 0x80 };
	size_t n = 6;

	if (len > 124)
		errx(2, "a message of %zu bytes: too long", len);
	if (letter != 0)
		frame[n++] = (uint8_t)letter;
	memcpy(frame + n, p, len);
	n += len;
	frame[1] |= (uint8_t)(n - 6);
	return put(fd, frame, n);
}

/* Reads the answer's head; what follows it stays.  Returns its status. */
static int
answer(struct wsc *w)
{
	uint8_t *end;

	for (;;) {
		end = memmem(w->block, w->end, "\r\n\r\n", 4);
		if (end != NULL)
			break;
		if (w->end == BLOCK || wsc_fill(w, 0) <= 0)
			return 0;
	}
	w->off = (size_t)(end - w->block) + 4;
	*end = '\0';
	if (w->end < 12 || strncmp((char *)w->block, "HTTP/1.1 ", 9) != 0)
		return 0;
	return atoi((char *)w->block + 9);
}

struct wsc *
wsc_open(const char *address, const char *path, const char *token, int *status)
{
	char request[1024];
	struct wsc *w;
	int n, fd;

	*status = 0;
	if ((fd = dial(address)) == -1)
		return NULL;
	if ((w = calloc(1, sizeof(*w))) == NULL ||
	    (w->block = malloc(BLOCK)) == NULL)
		err(1, "out of memory");
	w->fd = fd;
	w->ttyd = to_ttyd;
	n = snprintf(request, sizeof(request),
	    "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n%s%s%s%s\r\n",
	    path, address, w->ttyd ? "Sec-WebSocket-Protocol: tty\r\n" : "",
	    token != NULL ? "Authorization: Bearer " : "",
	    token != NULL ? token : "", token != NULL ? "\r\n" : "");
	if (n < 0 || (size_t)n >= sizeof(request))
		errx(2, "%s: too long", path);
	w->asked = wsc_now();
	if (put(fd, request, (size_t)n) == 0)
		*status = answer(w);
	if (*status == 101 && w->ttyd &&
	    put_message(w->fd, 0, TTYD_HELLO, strlen(TTYD_HELLO)) == -1)
		*status = 0;
	if (*status != 101) {
		wsc_free(w);
		return NULL;
	}
	return w;
}

void
wsc_free(struct wsc *w)
{
	if (w == NULL)
		return;
	(void)close(w->fd);
	free(w->block);
	free(w->text);
	free(w);
}

int
wsc_post(const char *address, const char *path, const char *token,
    const char *json, char *body, size_t size, double *asked)
{
	struct wsc w = { .fd = dial(address) };
	char request[1024];
	const char *field;
	size_t len = 0;
	int n, status = 0;

	if (w.fd == -1)
		return 0;
	if ((w.block = malloc(BLOCK)) == NULL)
		err(1, "out of memory");
	n = snprintf(request, sizeof(request),
	    "POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n"
	    "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
	    path, address, token, strlen(json), json);
	if (n < 0 || (size_t)n >= sizeof(request))
		errx(2, "%s: too long", path);
	*asked = wsc_now();
	if (put(w.fd, request, (size_t)n) == 0)
		status = answer(&w);
	if (status != 0 && (field = strcasestr((char *)w.block,
				"\r\nContent-Length:")) != NULL)
		len = strtoul(field + strlen("\r\nContent-Length:"), NULL, 10);
	if (len == 0 || len >= size || len > BLOCK - w.off)
		status = 0;
	while (status != 0 && w.end - w.off < len)
		if (wsc_fill(&w, 0) <= 0)
			status = 0;
	if (status != 0) {
		memcpy(body, w.block + w.off, len);
		body[len] = '\0';
	}
	(void)close(w.fd);
	free(w.block);
	return status;
}

int
wsc_fd(const struct wsc *w)
{
	return w->fd;
}

double
wsc_asked(const struct wsc *w)
{
	return w->asked;
}

unsigned int
wsc_code(const struct wsc *w)
{
	return w->code;
}

ssize_t
wsc_fill(struct wsc *w, int flags)
{
	ssize_t n;

	if (w->off == w->end)
		w->off = w->end = 0;
	else if (w->off > 0) {
		/* A head that was cut, or a text: few bytes. */
		memmove(w->block, w->block + w->off, w->end - w->off);
		w->end -= w->off;
		w->off = 0;
	}
	if (w->end == BLOCK)
		errx(1, "a head without an end");
	do
		n = recv(w->fd, w->block + w->end, BLOCK - w->end, flags);
	while (n == -1 && errno == EINTR);
	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	if (n <= 0)
		return -1;
	w->end += (size_t)n;
	return n;
}

int
wsc_send(struct wsc *w, const void *p, size_t len)
{
	return put_message(w->fd, w->ttyd ? TTYD_INPUT : 0, p, len);
}

/* Reads a frame's head.  False: it is not all there. */
static bool
take_head(struct wsc *w)
{
	const uint8_t *p = w->block + w->off;
	size_t have = w->end - w->off, need, i;

	if (have < 2)
		return false;
	need = p[1] == 127 ? 10 : p[1] == 126 ? 4 : 2;
	if (p[1] > 127 || (p[0] & 0x70) != 0)
		errx(1, "a mask or reserved bits in a server's frame");
	if (have < need)
		return false;
	w->left = need == 2 ? p[1] : 0;
	for (i = 2; i < need; i++)
		w->left = w->left << 8 | p[i];
	w->frame = p[0] & 0x0f;
	w->final = (p[0] & 0x80) != 0;
	if (w->frame == OP_TEXT || w->frame == OP_BINARY) {
		w->message = w->frame;
		w->letter = 0;
	}
	w->inside = true;
	w->off += need;
	return true;
}

/* A control frame is short, and taken whole.  False: it is not all there. */
static bool
take_control(struct wsc *w)
{
	uint8_t *p = w->block + w->off;
	uint8_t pong[6] = { 0x80 | OP_PONG, 0x80 };

	if (w->left > 125)
		errx(1, "a control frame of %llu bytes",
		    (unsigned long long)w->left);
	if (w->end - w->off < w->left)
		return false;
	if (w->frame == OP_PING)
		(void)put(w->fd, pong, sizeof(pong));
	else if (w->frame == OP_CLOSE && w->left >= 2)
		w->code = (unsigned int)p[0] << 8 | p[1];
	w->off += (size_t)w->left;
	w->inside = false;
	return true;
}

/* Adds to the text that is coming in. */
static void
take_text(struct wsc *w, size_t n)
{
	if (n > TEXT_MAX - w->text_len)
		errx(1, "a text without an end");
	if (w->text_len + n + 1 > w->text_size) {
		w->text_size = (w->text_len + n + 1) * 2;
		if ((w->text = realloc(w->text, w->text_size)) == NULL)
			err(1, "out of memory");
	}
	memcpy(w->text + w->text_len, w->block + w->off, n);
	w->text_len += n;
	w->text[w->text_len] = '\0';
}

enum wsc_event
wsc_next(struct wsc *w, const void **p, size_t *len)
{
	size_t n;

	for (;;) {
		if (!w->inside && !take_head(w))
			return WSC_MORE;
		if (w->frame >= OP_CLOSE) {
			if (!take_control(w))
				return WSC_MORE;
			if (w->frame == OP_CLOSE)
				return WSC_CLOSED;
			continue;
		}
		n = w->end - w->off;
		if (n > w->left)
			n = (size_t)w->left;
		if (n == 0 && w->left > 0)
			return WSC_MORE;
		if (w->ttyd && w->letter == 0 && n > 0) {
			w->letter = w->block[w->off++];
			w->left--;
			n--;
		}
		*p = w->block + w->off;
		*len = n;
		if (w->message == OP_TEXT)
			take_text(w, n);
		w->off += n;
		w->left -= n;
		if (w->left == 0)
			w->inside = false;
		if (w->message == OP_BINARY && n > 0 &&
		    (!w->ttyd || w->letter == TTYD_OUTPUT))
			return WSC_DATA;
		if (w->message == OP_TEXT && !w->inside && w->final) {
			*p = w->text;
			*len = w->text_len;
			w->text_len = 0;
			return WSC_TEXT;
		}
	}
}
