#ifndef COMMON_BUF_H
#define COMMON_BUF_H
/*
 * A byte queue with a hard upper bound: bytes are put at the end and consumed
 * from the front.  A secret buffer wipes whatever it frees, moves or consumes.
 */

#include <stddef.h>
#include <stdint.h>

struct buf;

/* An empty buffer that will hold at most max bytes.  Free with buf_free(). */
struct buf *buf_new(size_t max);
/* The same, wiping its memory; for anything that may carry a key or token. */
struct buf *buf_new_secret(size_t max);
/* From now on it is one of those. */
void buf_make_secret(struct buf *);
void buf_free(struct buf *);

/* Bytes waiting, and a pointer to them (valid until the next buf_ call). */
size_t buf_len(const struct buf *);
const uint8_t *buf_ptr(const struct buf *);
/* How many bytes may still be put. */
size_t buf_room(const struct buf *);

/* Appends len bytes of p.  RL_ERR_TOOBIG (nothing put) past the bound. */
int buf_put(struct buf *, const void *p, size_t len);
/* Appends a NUL-terminated string without its NUL. */
int buf_puts(struct buf *, const char *s);
/* Appends formatted text without a NUL. */
int buf_putf(struct buf *, const char *fmt, ...)
    __attribute__((__format__(printf, 2, 3)));
/*
 * Makes room for len more bytes and sets *p to where they go; they count only
 * after buf_commit() of at most len.  RL_ERR_TOOBIG past the bound.
 */
int buf_reserve(struct buf *, size_t len, uint8_t **p);
void buf_commit(struct buf *, size_t len);
/* Drops the first len bytes; more than buf_len() is a broken invariant. */
void buf_consume(struct buf *, size_t len);
/* Drops all bytes. */
void buf_reset(struct buf *);

#endif /* COMMON_BUF_H */
