/*
 * See record.h.  Each event is one line and written at once, so that a
 * recording that is cut short can be played up to there.
 */

#include "config.h"

#include <sys/types.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "err.h"
#include "fdpass.h"
#include "loop.h"
#include "record.h"
#include "ringlet.h"
#include "valid.h"
#include "xmalloc.h"

#define PIECE	  (16 * 1024) /* bytes of output in one event, at most */
#define BYTE_MAX  9	      /* what one byte may become, with a part before */
#define LINE_SIZE (PIECE * BYTE_MAX + 8192)
#define VALUE_MAX 1024 /* bytes of a variable */

static const uint8_t replaced[] = { 0xef, 0xbf, 0xbd }; /* U+FFFD */

struct record {
	char *path;
	char *title;
	int fd;
	int error;
	bool begun;  /* the first line is written */
	off_t whole; /* bytes of whole lines */
	uint64_t start;
	uint64_t cols, rows;
	struct utf8 utf8;
	struct buf *line;
};

/* --- text --- */

/*
 * How many bytes a character has that begins so, and the bounds of its second;
 * 0: none begins so.
 */
static size_t
utf8_length(uint8_t c, uint8_t *low, uint8_t *high)
{
	*low = 0x80;
	*high = 0xbf;
	if (c < 0x80)
		return 1;
	if (c >= 0xc2 && c <= 0xdf)
		return 2;
	if (c >= 0xe0 && c <= 0xef) {
		if (c == 0xe0) /* shorter forms exist */
			*low = 0xa0;
		else if (c == 0xed) /* halves of surrogate pairs */
			*high = 0x9f;
		return 3;
	}
	if (c >= 0xf0 && c <= 0xf4) {
		if (c == 0xf0)
			*low = 0x90;
		else if (c == 0xf4) /* beyond U+10FFFF */
			*high = 0x8f;
		return 4;
	}
	return 0;
}

/* Puts a character, or the one that stands for none, at o: bytes put. */
static size_t
put_character(uint8_t *o, const uint8_t *p, size_t n)
{
	static const char hex[] = "0123456789abcdef";
	static const uint8_t control[] = { '\\', 'u', '0', '0' };

	if (n == 1 && (*p == '"' || *p == '\\')) {
		o[0] = '\\';
		o[1] = *p;
		return 2;
	}
	if (n == 1 && (*p < 0x20 || *p == 0x7f)) {
		memcpy(o, control, sizeof(control));
		o[4] = (uint8_t)hex[*p >> 4];
		o[5] = (uint8_t)hex[*p & 15];
		return 6;
	}
	memcpy(o, p, n);
	return n;
}

static size_t
put_replaced(struct utf8 *u, uint8_t *o)
{
	u->n = 0;
	memcpy(o, replaced, sizeof(replaced));
	return sizeof(replaced);
}

/* The next byte: at most BYTE_MAX bytes go to o. */
static size_t
put_byte(struct utf8 *u, uint8_t c, uint8_t *o)
{
	uint8_t low, high;
	size_t want, n = 0;

	if (u->n > 0) {
		want = utf8_length(u->seen[0], &low, &high);
		if (u->n > 1) {
			low = 0x80;
			high = 0xbf;
		}
		if (c >= low && c <= high) {
			u->seen[u->n++] = c;
			if (u->n < want)
				return 0;
			u->n = 0;
			return put_character(o, u->seen, want);
		}
		/* One for all of the part, as terminals do. */
		n = put_replaced(u, o);
	}
	want = utf8_length(c, &low, &high);
	if (want == 0)
		return n + put_replaced(u, o + n);
	if (want == 1)
		return n + put_character(o + n, &c, 1);
	u->seen[u->n++] = c;
	return n;
}

int
utf8_put_json(struct utf8 *u, const uint8_t *p, size_t len, struct buf *b)
{
	uint8_t *o;
	size_t n = 0;
	int r;

	if (len > PIECE)
		return RL_ERR_TOOBIG;
	if ((r = buf_reserve(b, len * BYTE_MAX, &o)) != 0)
		return r;
	for (size_t i = 0; i < len; i++)
		n += put_byte(u, p[i], o + n);
	buf_commit(b, n);
	return 0;
}

int
utf8_end(struct utf8 *u, struct buf *b)
{
	bool cut = u->n > 0;

	u->n = 0;
	return cut ? buf_put(b, replaced, sizeof(replaced)) : 0;
}

/* --- the file --- */

struct record *
record_new(const char *path)
{
	struct record *r;
	int fd;

	fd = open(path,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC,
	    0600);
	if (fd == -1)
		return NULL;
	r = xcalloc(1, sizeof(*r));
	r->path = xstrdup(path);
	r->fd = fd;
	r->line = buf_new(LINE_SIZE);
	return r;
}

void
record_free(struct record *r)
{
	if (r == NULL)
		return;
	fd_close(r->fd);
	buf_free(r->line);
	free(r->title);
	free(r->path);
	free(r);
}

void
record_title(struct record *r, const char *title)
{
	free(r->title);
	r->title = xstrdup(title);
}

int
record_error(const struct record *r)
{
	return r->error;
}

const char *
record_path(const struct record *r)
{
	return r->path;
}

/* A line that cannot be written whole is taken back: no player likes parts. */
static void
write_line(struct record *r)
{
	size_t len = buf_len(r->line);
	ssize_t n;

	while (r->error == 0 && buf_len(r->line) > 0) {
		n = write(r->fd, buf_ptr(r->line), buf_len(r->line));
		if (n > 0)
			buf_consume(r->line, (size_t)n);
		else if (n == -1 && errno != EINTR)
			r->error = errno;
	}
	if (r->error == 0)
		r->whole += (off_t)len;
	else
		(void)!ftruncate(r->fd, r->whole);
	buf_reset(r->line);
}

static void
put_environment(struct buf *b)
{
	static const char *const names[] = { "TERM", "SHELL" };
	const char *value, *comma = "";

	buf_puts(b, ", \"env\": {");
	for (size_t i = 0; i < NELEM(names); i++) {
		value = getenv(names[i]);
		if (value == NULL || strlen(value) > VALUE_MAX ||
		    !valid_utf8(value, strlen(value)))
			continue;
		buf_putf(b, "%s\"%s\": ", comma, names[i]);
		text_put_json(b, value);
		comma = ", ";
	}
	buf_puts(b, "}");
}

static void
begin(struct record *r)
{
	struct buf *b = r->line;

	if (r->begun)
		return;
	r->begun = true;
	r->start = loop_now();
	buf_putf(b,
	    "{\"version\": 2, \"width\": %llu, \"height\": %llu, "
	    "\"timestamp\": %lld",
	    (unsigned long long)(r->cols != 0 ? r->cols : 80),
	    (unsigned long long)(r->rows != 0 ? r->rows : 24),
	    (long long)time(NULL));
	if (r->title != NULL) {
		buf_puts(b, ", \"title\": ");
		text_put_json(b, r->title);
	}
	put_environment(b);
	buf_puts(b, "}\n");
	write_line(r);
}

/* The beginning of an event's line; its string is open. */
static void
begin_event(struct record *r, char kind)
{
	uint64_t ms;

	begin(r);
	ms = loop_now() - r->start;
	buf_putf(r->line, "[%llu.%03llu, \"%c\", \"",
	    (unsigned long long)(ms / 1000), (unsigned long long)(ms % 1000),
	    kind);
}

static void
end_event(struct record *r)
{
	buf_puts(r->line, "\"]\n");
	write_line(r);
}

void
record_size(struct record *r, uint64_t cols, uint64_t rows)
{
	if (cols == 0 || rows == 0 || (r->cols == cols && r->rows == rows))
		return;
	r->cols = cols;
	r->rows = rows;
	if (!r->begun)
		return;
	begin_event(r, 'r');
	buf_putf(r->line, "%llux%llu", (unsigned long long)cols,
	    (unsigned long long)rows);
	end_event(r);
}

void
record_output(struct record *r, const void *data, size_t len)
{
	const uint8_t *p = data;
	size_t n, head;

	while (len > 0 && r->error == 0) {
		n = len < PIECE ? len : PIECE;
		begin_event(r, 'o');
		head = buf_len(r->line);
		(void)utf8_put_json(&r->utf8, p, n, r->line);
		if (buf_len(r->line) > head)
			end_event(r);
		else
			buf_reset(r->line); /* part of one character */
		p += n;
		len -= n;
	}
}

int
record_end(struct record *r)
{
	if (r->fd == -1)
		return r->error;
	begin(r);
	if (r->utf8.n > 0) {
		begin_event(r, 'o');
		(void)utf8_end(&r->utf8, r->line);
		end_event(r);
	}
	/* Some file systems tell only now. */
	if (close(r->fd) == -1 && r->error == 0 && errno != EINTR)
		r->error = errno;
	r->fd = -1;
	return r->error;
}

void
record_discard(const struct record *r)
{
	if (r != NULL)
		(void)unlink(r->path);
}
