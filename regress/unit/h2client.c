/*
 * The client of h2client.h: see there.
 */
#include "config.h"

#include <sys/socket.h>
#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "front.h"
#include "h2client.h"

#define FIELDS_MAX 100

static struct h2_answer *
answer_of(struct h2_client *c, int32_t id)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		if (c->answers[i].id == id)
			return &c->answers[i];
	}
	return NULL;
}

/* --- callbacks --- */

static int
on_header(nghttp2_session *session, const nghttp2_frame *frame,
    const uint8_t *name, size_t name_len, const uint8_t *value, size_t len,
    uint8_t flags, void *arg)
{
	struct h2_answer *a = answer_of(arg, frame->hd.stream_id);
	size_t n;

	(void)session;
	(void)flags;
	ck_assert_ptr_nonnull(a);
	/* An interim one is not kept. */
	if (name_len == 7 && memcmp(name, ":status", 7) == 0) {
		a->status = atoi((const char *)value);
		a->head[0] = '\0';
	}
	n = strlen(a->head);
	ck_assert_int_lt(snprintf(a->head + n, sizeof(a->head) - n,
			     "%.*s: %.*s\n", (int)name_len, (const char *)name,
			     (int)len, (const char *)value),
	    (int)(sizeof(a->head) - n));
	return 0;
}

static int
on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *p,
    size_t len, void *arg)
{
	struct h2_client *c = arg;
	struct h2_answer *a = answer_of(c, id);

	(void)flags;
	a->body = realloc(a->body, a->len + len + 1);
	ck_assert_ptr_nonnull(a->body);
	memcpy(a->body + a->len, p, len);
	a->len += len;
	a->body[a->len] = '\0';
	if (!c->hoards)
		nghttp2_session_consume(session, id, len);
	return 0;
}

static int
on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct h2_client *c = arg;

	(void)session;
	if (frame->hd.type == NGHTTP2_GOAWAY)
		c->goaway = frame->goaway.error_code;
	return 0;
}

static int
on_close(nghttp2_session *session, int32_t id, uint32_t code, void *arg)
{
	struct h2_answer *a = answer_of(arg, id);

	(void)session;
	a->closed = true;
	a->code = code;
	return 0;
}

static ssize_t
on_read(nghttp2_session *session, int32_t id, uint8_t *buf, size_t len,
    uint32_t *flags, nghttp2_data_source *source, void *arg)
{
	struct h2_answer *a = answer_of(arg, id);
	size_t n = a->up_len - a->up_sent;

	(void)session;
	(void)source;
	if (n > len)
		n = len;
	memcpy(buf, a->up + a->up_sent, n);
	a->up_sent += n;
	if (a->up_sent == a->up_len) {
		if (!a->up_open)
			*flags |= NGHTTP2_DATA_FLAG_EOF;
		else if (n == 0)
			return NGHTTP2_ERR_DEFERRED;
	}
	return (ssize_t)n;
}

/* --- the session --- */

void
h2_open(struct h2_client *c, uint32_t window)
{
	nghttp2_settings_entry iv = { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE,
		window };
	nghttp2_session_callbacks *cbs;
	nghttp2_option *opt;

	memset(c, 0, sizeof(*c));
	c->fd = front_connect();
	c->goaway = H2_NOTHING;
	c->hoards = window != 0;
	ck_assert_int_eq(nghttp2_session_callbacks_new(&cbs), 0);
	nghttp2_session_callbacks_set_on_header_callback(cbs, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cbs, on_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cbs, on_frame);
	nghttp2_session_callbacks_set_on_stream_close_callback(cbs, on_close);
	ck_assert_int_eq(nghttp2_option_new(&opt), 0);
	nghttp2_option_set_no_auto_window_update(opt, 1);
	ck_assert_int_eq(
	    nghttp2_session_client_new2(&c->session, cbs, c, opt), 0);
	nghttp2_option_del(opt);
	nghttp2_session_callbacks_del(cbs);
	ck_assert_int_eq(
	    nghttp2_submit_settings(c->session, 0, &iv, window != 0 ? 1 : 0),
	    0);
}

void
h2_close(struct h2_client *c)
{
	size_t i;

	nghttp2_session_del(c->session);
	for (i = 0; i < c->n; i++) {
		free(c->answers[i].body);
		free(c->answers[i].up);
	}
	close(c->fd);
}

/* Reads what has come within ms.  False: nothing has. */
static bool
take(struct h2_client *c, int ms)
{
	struct pollfd pfd = { c->fd, POLLIN, 0 };
	uint8_t buf[65536];
	ssize_t n;

	if (c->eof || poll(&pfd, 1, ms) != 1)
		return false;
	n = recv(c->fd, buf, sizeof(buf), 0);
	if (n <= 0) {
		c->eof = true;
		return true;
	}
	ck_assert_int_eq(
	    nghttp2_session_mem_recv(c->session, buf, (size_t)n), n);
	return true;
}

/* The server may have stopped reading: then it is read from first. */
static void
give(struct h2_client *c)
{
	struct pollfd pfd = { c->fd, POLLOUT, 0 };
	const uint8_t *p;
	ssize_t n, sent;

	while ((n = nghttp2_session_mem_send(c->session, &p)) > 0) {
		while (n > 0) {
			if (poll(&pfd, 1, 0) != 1) {
				if (!take(c, 1000))
					return;
				continue;
			}
			sent = send(
			    c->fd, p, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT);
			if (sent < 0) {
				c->eof = true;
				return;
			}
			p += sent;
			n -= sent;
		}
	}
	ck_assert_int_eq(n, 0);
}

bool
h2_until(
    struct h2_client *c, bool (*done)(const void *), const void *arg, int ms)
{
	give(c);
	while (!done(arg)) {
		if (!take(c, ms))
			return done(arg);
		give(c);
	}
	return true;
}

static bool
is_closed(const void *arg)
{
	const struct h2_answer *a = arg;

	return a->closed;
}

static bool
has_head(const void *arg)
{
	const struct h2_answer *a = arg;

	return a->closed || a->status >= 200;
}

static bool
has_status(const void *arg)
{
	const struct h2_answer *a = arg;

	return a->closed || a->status != 0;
}

static bool
is_over(const void *arg)
{
	const struct h2_client *c = arg;

	return c->eof;
}

bool
h2_finish(struct h2_client *c, struct h2_answer *a)
{
	return h2_until(c, is_closed, a, 5000);
}

bool
h2_head(struct h2_client *c, struct h2_answer *a)
{
	return h2_until(c, has_head, a, 5000);
}

bool
h2_interim(struct h2_client *c, struct h2_answer *a)
{
	return h2_until(c, has_status, a, 5000);
}

void
h2_turn(struct h2_client *c)
{
	give(c);
	(void)take(c, 0);
}

bool
h2_end(struct h2_client *c)
{
	return h2_until(c, is_over, c, 5000);
}

/* --- requests --- */

static size_t
put_nv(nghttp2_nv *nv, size_t n, const char *name, const char *value)
{
	size_t i;

	for (i = 0; name[0] == ':' && i < n; i++) {
		if (nv[i].namelen == strlen(name) &&
		    memcmp(nv[i].name, name, nv[i].namelen) == 0)
			break;
	}
	if (name[0] != ':')
		i = n;
	if (value[0] == '\0' && name[0] == ':') {
		if (i == n)
			return n;
		memmove(nv + i, nv + i + 1, (n - i - 1) * sizeof(*nv));
		return n - 1;
	}
	ck_assert_uint_lt(i, FIELDS_MAX);
	nv[i] = (nghttp2_nv){ (uint8_t *)(uintptr_t)name,
		(uint8_t *)(uintptr_t)value, strlen(name), strlen(value), 0 };
	return i == n ? n + 1 : n;
}

static struct h2_answer *
ask(struct h2_client *c, const char *method, const char *path,
    const char *const *fields, const void *p, size_t len, bool open)
{
	nghttp2_data_provider provider = { { .ptr = NULL }, on_read };
	nghttp2_nv nv[FIELDS_MAX];
	struct h2_answer *a;
	size_t n = 0;

	ck_assert_uint_lt(c->n, H2_ANSWERS);
	a = &c->answers[c->n++];
	n = put_nv(nv, n, ":method", method);
	n = put_nv(nv, n, ":scheme", "http");
	n = put_nv(nv, n, ":path", path);
	n = put_nv(nv, n, ":authority", "localhost");
	for (; fields != NULL && fields[0] != NULL; fields += 2)
		n = put_nv(nv, n, fields[0], fields[1]);
	a->up_open = open;
	if (p != NULL) {
		ck_assert_ptr_nonnull(a->up = malloc(len + 1));
		memcpy(a->up, p, len);
		a->up_len = len;
	}
	a->id = nghttp2_submit_request(
	    c->session, NULL, nv, n, p != NULL ? &provider : NULL, NULL);
	ck_assert_int_gt(a->id, 0);
	return a;
}

struct h2_answer *
h2_ask(struct h2_client *c, const char *method, const char *path,
    const char *const *fields, const char *body)
{
	return ask(c, method, path, fields, body,
	    body != NULL ? strlen(body) : 0, false);
}

struct h2_answer *
h2_ask_open(struct h2_client *c, const char *method, const char *path,
    const char *const *fields, const void *p, size_t len)
{
	return ask(c, method, path, fields, p, len, true);
}

void
h2_more(struct h2_client *c, struct h2_answer *a, const void *p, size_t len)
{
	ck_assert_ptr_nonnull(a->up = realloc(a->up, a->up_len + len + 1));
	memcpy(a->up + a->up_len, p, len);
	a->up_len += len;
	(void)nghttp2_session_resume_data(c->session, a->id);
}

void
h2_no_more(struct h2_client *c, struct h2_answer *a)
{
	a->up_open = false;
	(void)nghttp2_session_resume_data(c->session, a->id);
}

void
h2_frame(struct h2_client *c, struct h2_answer *a, unsigned first,
    const void *p, size_t len)
{
	const uint8_t *from = p;
	uint8_t head[8], *b;
	size_t n = 0, i;

	ck_assert_uint_lt(len, 65536);
	head[n++] = (uint8_t)first;
	if (len < 126)
		head[n++] = (uint8_t)(0x80 | len);
	else {
		head[n++] = 0x80 | 126;
		head[n++] = (uint8_t)(len >> 8);
		head[n++] = (uint8_t)len;
	}
	memcpy(head + n, "mask", 4);
	ck_assert_ptr_nonnull(b = malloc(n + 4 + len));
	memcpy(b, head, n);
	memcpy(b + n, "mask", 4);
	for (i = 0; i < len; i++)
		b[n + 4 + i] = from[i] ^ (uint8_t) "mask"[i % 4];
	h2_more(c, a, b, n + 4 + len);
	free(b);
}

/* The length of the frame at v->at, 0 if it is not whole. */
static size_t
frame_len(const struct h2_view *v, size_t *head)
{
	size_t left = v->a->len - v->at, n;
	const uint8_t *p;

	if (left < 2)
		return 0;
	p = v->a->body + v->at;
	ck_assert_uint_eq(p[0] & 0x70, 0);
	ck_assert_uint_lt(p[1], 127);
	*head = p[1] == 126 ? 4 : 2;
	if (left < *head)
		return 0;
	n = *head + (p[1] == 126 ? (size_t)p[2] << 8 | p[3] : p[1]);
	return left < n ? 0 : n;
}

static bool
has_frame(const void *arg)
{
	const struct h2_view *v = arg;
	size_t head;

	return v->a->closed || frame_len(v, &head) != 0;
}

void
h2_next(struct h2_view *v, struct frame *f)
{
	size_t head, n;

	f->op = 0;
	f->len = 0;
	if (!h2_until(v->c, has_frame, v, 5000) ||
	    (n = frame_len(v, &head)) == 0)
		return;
	f->op = v->a->body[v->at] & 0x0f;
	f->len = n - head;
	memcpy(f->data, v->a->body + v->at + head, f->len);
	f->data[f->len] = '\0';
	v->at += n;
}

void
h2_grant(struct h2_client *c, struct h2_answer *a, size_t len)
{
	ck_assert_int_eq(nghttp2_session_consume(c->session, a->id, len), 0);
}

/* --- by hand --- */

bool
h2_raw_frame(int fd, unsigned type, unsigned flags, uint32_t id, const void *p,
    size_t len)
{
	uint8_t b[9 + 24000];

	ck_assert_uint_le(len, sizeof(b) - 9);
	b[0] = (uint8_t)(len >> 16);
	b[1] = (uint8_t)(len >> 8);
	b[2] = (uint8_t)len;
	b[3] = (uint8_t)type;
	b[4] = (uint8_t)flags;
	b[5] = (uint8_t)(id >> 24);
	b[6] = (uint8_t)(id >> 16);
	b[7] = (uint8_t)(id >> 8);
	b[8] = (uint8_t)id;
	if (len > 0)
		memcpy(b + 9, p, len);
	return front_send(fd, b, 9 + len);
}

int
h2_raw(void)
{
	int fd = front_connect();

	ck_assert(
	    front_send(fd, NGHTTP2_CLIENT_MAGIC, NGHTTP2_CLIENT_MAGIC_LEN));
	ck_assert(h2_raw_frame(fd, NGHTTP2_SETTINGS, 0, 0, NULL, 0));
	return fd;
}

static bool
read_exactly(int fd, uint8_t *p, size_t len)
{
	struct pollfd pfd = { fd, POLLIN, 0 };
	ssize_t n;

	for (; len > 0; p += n, len -= (size_t)n) {
		if (poll(&pfd, 1, 20000) != 1 || (n = recv(fd, p, len, 0)) <= 0)
			return false;
	}
	return true;
}

/* Reads a frame into p (16384 bytes); returns its type, or -1. */
static int
read_frame(int fd, uint8_t *p, size_t *len)
{
	uint8_t head[9];

	if (!read_exactly(fd, head, sizeof(head)))
		return -1;
	*len = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
	ck_assert_uint_le(*len, 16384);
	return read_exactly(fd, p, *len) ? head[3] : -1;
}

uint32_t
h2_raw_error(int fd, unsigned type)
{
	uint8_t p[16384];
	size_t len, at = type == NGHTTP2_GOAWAY ? 4 : 0;
	int got;

	while ((got = read_frame(fd, p, &len)) != -1) {
		if (got == (int)type && len >= at + 4)
			return (uint32_t)p[at] << 24 |
			       (uint32_t)p[at + 1] << 16 |
			       (uint32_t)p[at + 2] << 8 | p[at + 3];
	}
	return H2_NOTHING;
}

bool
h2_raw_comes(int fd, unsigned type)
{
	uint8_t p[16384];
	size_t len;
	int got;

	while ((got = read_frame(fd, p, &len)) != -1) {
		if (got == (int)type)
			return true;
	}
	return false;
}

bool
h2_raw_has(int fd, const char *text)
{
	uint8_t p[16384];
	size_t len;

	return read_frame(fd, p, &len) != -1 &&
	       memmem(p, len, text, strlen(text)) != NULL;
}
