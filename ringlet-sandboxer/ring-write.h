#ifndef RINGLET_SANDBOXER_RING_WRITE_H
#define RINGLET_SANDBOXER_RING_WRITE_H
/*
 * The writing side of a ring (common/ring.h tells its layout).
 */

#include <stddef.h>
#include <stdint.h>

struct ring_writer;

/*
 * Maps fd, a fresh memfd of ring_create(), and seals it, so that this mapping
 * stays the only one that can write.  fd stays the caller's and may be
 * closed.  RL_ERR_INVALID: it is not such a ring; RL_ERR_SYSTEM.
 */
int ring_writer_new(int fd, struct ring_writer **out);
/* Unmaps it; what was written stays for its readers. */
void ring_writer_free(struct ring_writer *);

/* Appends len bytes; the oldest give way.  Visible to readers on return. */
void ring_writer_append(struct ring_writer *, const void *p, size_t len);
/* The offset of the next byte to be appended. */
uint64_t ring_writer_head(const struct ring_writer *);
/* The offset of the oldest byte that is there. */
uint64_t ring_writer_tail(const struct ring_writer *);
uint64_t ring_writer_capacity(const struct ring_writer *);

void ring_writer_set_size(
    struct ring_writer *, unsigned int cols, unsigned int rows);
void ring_writer_set_running(struct ring_writer *);
/*
 * The session has ended with that status, as wait(2)'s.  A reader who sees
 * the state sees the status and every byte that was appended before.
 */
void ring_writer_end(struct ring_writer *, int status);

#endif /* RINGLET_SANDBOXER_RING_WRITE_H */
