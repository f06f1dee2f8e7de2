/*
 * Rings: making one (the monitor) and reading one (viewers, the monitor).
 * The writing side is the sandboxer's own.
 *
 * A reader believes nothing that lies in the ring: its capacity is taken once
 * and held against the size of the file, offsets are range-checked at every
 * read, and the file cannot shrink under the mapping because of its seals.
 * The worst that a hostile writer achieves is output of its own making, which
 * it may write anyway.
 */

#include "config.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "fdpass.h"
#include "platform.h"
#include "ring.h"
#include "xmalloc.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

#define SEALS_OF_SIZE  (F_SEAL_SHRINK | F_SEAL_GROW)
#define SEALS_OF_SHARE (SEALS_OF_SIZE | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL)

_Static_assert(sizeof(struct ring_header) <= RING_HEADER_SIZE,
    "the header must fit before the data");
/* Else an atomic load from a read-only mapping could be done by writing. */
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "64-bit loads must be plain");

struct ring_reader {
	struct ring_header *hdr; /* mapped read-only */
	const uint8_t *data;
	uint64_t capacity; /* as checked; the header's is not looked at again */
};

static bool
capacity_ok(uint64_t n)
{
	return n >= RING_CAPACITY_MIN && n <= RING_CAPACITY_MAX &&
	       (n & (n - 1)) == 0;
}

int
ring_create(uint64_t capacity)
{
	struct ring_header hdr;
	int fd;

	if (!capacity_ok(capacity))
		return RL_ERR_INVALID;
	fd = memfd_create(
	    "ringlet-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
	if (fd == -1 && errno == EINVAL) /* Linux before 6.3 */
		fd = memfd_create(
		    "ringlet-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd == -1)
		return RL_ERR_SYSTEM;

	memset(&hdr, 0, sizeof(hdr));
	hdr.magic = RING_MAGIC;
	hdr.version = RING_VERSION;
	hdr.capacity = capacity;
	atomic_init(&hdr.state, SST_STARTING);
	/* The size is final from now on: nobody's mapping can be cut short. */
	if (ftruncate(fd, (off_t)(RING_HEADER_SIZE + capacity)) == -1 ||
	    pwrite(fd, &hdr, sizeof(hdr), 0) != (ssize_t)sizeof(hdr) ||
	    fcntl(fd, F_ADD_SEALS, SEALS_OF_SIZE) == -1) {
		fd_close(fd);
		return RL_ERR_SYSTEM;
	}
	return fd;
}

bool
ring_is_sealed(int fd)
{
	int seals;

	seals = fcntl(fd, F_GET_SEALS);
	return seals != -1 && (seals & SEALS_OF_SHARE) == SEALS_OF_SHARE;
}

int
ring_reader_new(int fd, struct ring_reader **out)
{
	struct ring_reader *r;
	struct ring_header *hdr;
	struct stat st;
	uint64_t capacity;
	int seals;

	*out = NULL;
	/* Only a memfd has seals; without them a read could end in SIGBUS. */
	seals = fcntl(fd, F_GET_SEALS);
	if (seals == -1)
		return errno == EINVAL ? RL_ERR_INVALID : RL_ERR_SYSTEM;
	if ((seals & SEALS_OF_SIZE) != SEALS_OF_SIZE)
		return RL_ERR_INVALID;
	if (platform_fstat(fd, &st) == -1)
		return RL_ERR_SYSTEM;
	if (st.st_size < RING_HEADER_SIZE)
		return RL_ERR_INVALID;
	capacity = (uint64_t)st.st_size - RING_HEADER_SIZE;
	if (!capacity_ok(capacity))
		return RL_ERR_INVALID;

	hdr = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (hdr == MAP_FAILED)
		return RL_ERR_SYSTEM;
	if (hdr->magic != RING_MAGIC || hdr->version != RING_VERSION ||
	    hdr->capacity != capacity) {
		(void)munmap(hdr, (size_t)st.st_size);
		return RL_ERR_INVALID;
	}
	r = xcalloc(1, sizeof(*r));
	r->hdr = hdr;
	r->data = (const uint8_t *)hdr + RING_HEADER_SIZE;
	r->capacity = capacity;
	*out = r;
	return 0;
}

void
ring_reader_free(struct ring_reader *r)
{
	if (r == NULL)
		return;
	(void)munmap(r->hdr, (size_t)(RING_HEADER_SIZE + r->capacity));
	free(r);
}

uint64_t
ring_reader_head(const struct ring_reader *r)
{
	return atomic_load_explicit(&r->hdr->head, memory_order_acquire);
}

uint64_t
ring_reader_tail(const struct ring_reader *r)
{
	return atomic_load_explicit(&r->hdr->tail, memory_order_acquire);
}

uint64_t
ring_reader_capacity(const struct ring_reader *r)
{
	return r->capacity;
}

uint32_t
ring_reader_state(const struct ring_reader *r)
{
	return atomic_load_explicit(&r->hdr->state, memory_order_acquire);
}

int
ring_reader_status(const struct ring_reader *r)
{
	return atomic_load_explicit(&r->hdr->exit_status, memory_order_acquire);
}

uint32_t
ring_reader_size(const struct ring_reader *r)
{
	return atomic_load_explicit(&r->hdr->size, memory_order_acquire);
}

ssize_t
ring_read(const struct ring_reader *r, uint64_t offset, void *p, size_t len,
    uint64_t *oldest)
{
	uint64_t head, tail, n, at, first;

	/*
	 * Head before tail: the writer moves them in the other order, so an
	 * honest ring never shows more than a capacity between the two.
	 */
	head = ring_reader_head(r);
	tail = ring_reader_tail(r);
	if (offset > head)
		return RL_ERR_INVALID;
	if (tail > offset)
		goto gone;
	n = head - offset;
	if (n > r->capacity)
		return RL_ERR_INVALID;
	if (n > len)
		n = len;
	if (n == 0)
		return 0;

	at = offset & (r->capacity - 1);
	first = r->capacity - at;
	if (first > n)
		first = n;
	memcpy(p, r->data + at, (size_t)first);
	memcpy((uint8_t *)p + first, r->data, (size_t)(n - first));

	/* Whatever was overwritten while we copied is behind the tail now. */
	atomic_thread_fence(memory_order_acquire);
	tail = ring_reader_tail(r);
	if (tail > offset)
		goto gone;
	return (ssize_t)n;
gone:
	*oldest = tail;
	return RL_ERR_TOOBIG;
}
