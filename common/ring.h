#ifndef COMMON_RING_H
#define COMMON_RING_H
/*
 * A session's output: a memfd that the sandboxer alone writes and viewers map
 * read-only.  Bytes are addressed by their offset since the session began;
 * byte N lies at data[N % capacity] while tail <= N < head.
 *
 * The writer appends data, then moves head; before it overwrites old bytes it
 * moves tail past them.  A reader copies a slice, reads tail again, and keeps
 * the slice only if tail has not passed its beginning.  A reader trusts
 * nothing in the header: the sandboxer may have been taken over.
 */

#include <sys/types.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING_MAGIC	 0x52494e47u /* "RING" */
#define RING_VERSION	 1
#define RING_HEADER_SIZE 4096 /* data starts here, page-aligned */
#define RING_CAPACITY	 (4 * 1024 * 1024) /* default, bytes */
#define RING_CAPACITY_MIN (64 * 1024)
#define RING_CAPACITY_MAX (256 * 1024 * 1024)

enum session_state {
	SST_STARTING = 1,
	SST_RUNNING = 2,
	SST_TERMINATED = 3
};

struct ring_header {
	uint32_t magic;
	uint32_t version;
	uint64_t capacity; /* bytes of data; a power of two */
	_Atomic uint64_t head;
	_Atomic uint64_t tail;
	_Atomic uint32_t state; /* enum session_state */
	_Atomic uint32_t size;	/* columns << 16 | rows */
	_Atomic int32_t exit_status; /* as wait(2)'s; valid once terminated */
};

/* A reader's view. */
struct ring_reader;

/*
 * A new ring memfd of that capacity (a power of two within the bounds),
 * header filled in, state starting, its size sealed but its content not yet.
 * Returns the descriptor or RL_ERR_INVALID, RL_ERR_SYSTEM.
 */
int ring_create(uint64_t capacity);
/*
 * Whether fd carries all four seals (future write, grow, shrink, seal), so
 * that no holder but the one writer can change it.
 */
bool ring_is_sealed(int fd);

/*
 * Maps fd read-only; fd stays the caller's.  RL_ERR_INVALID: size or header
 * make no sense, or its size is not sealed; RL_ERR_SYSTEM.
 */
int ring_reader_new(int fd, struct ring_reader **out);
void ring_reader_free(struct ring_reader *);

uint64_t ring_reader_head(const struct ring_reader *);
uint64_t ring_reader_tail(const struct ring_reader *);
uint64_t ring_reader_capacity(const struct ring_reader *);
uint32_t ring_reader_state(const struct ring_reader *);
int ring_reader_status(const struct ring_reader *);
/* The terminal's size now, columns << 16 | rows, as the sandboxer says. */
uint32_t ring_reader_size(const struct ring_reader *);

/*
 * Copies up to len bytes that start at offset into p.  Returns the number
 * copied; 0: nothing there yet; RL_ERR_INVALID: offset is beyond head;
 * RL_ERR_TOOBIG: those bytes are gone, and *oldest is the first that is
 * still there (a gap is [offset, *oldest)).
 */
ssize_t ring_read(const struct ring_reader *, uint64_t offset, void *p,
    size_t len, uint64_t *oldest);

#endif /* COMMON_RING_H */
