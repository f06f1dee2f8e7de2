/*
 * The writing side of a ring: see common/ring.h for the layout and the rule.
 *
 * The writer's own offsets live outside the ring.  Nobody else can write to
 * it once it is sealed, but then nothing here has to rely on that.
 */

#include "config.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "ring-write.h"
#include "ring.h"
#include "xmalloc.h"

struct ring_writer {
	struct ring_header *hdr;
	uint8_t *data;
	uint64_t capacity;
	uint64_t head;
};

int
ring_writer_new(int fd, struct ring_writer **out)
{
	struct ring_writer *w;
	struct ring_header *hdr;
	struct stat st;
	uint64_t capacity;
	size_t size;

	*out = NULL;
	if (fstat(fd, &st) == -1)
		return RL_ERR_SYSTEM;
	if (!S_ISREG(st.st_mode) ||
	    st.st_size < RING_HEADER_SIZE + RING_CAPACITY_MIN ||
	    st.st_size > RING_HEADER_SIZE + RING_CAPACITY_MAX)
		return RL_ERR_INVALID;
	size = (size_t)st.st_size;
	capacity = size - RING_HEADER_SIZE;
	hdr = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (hdr == MAP_FAILED)
		return RL_ERR_SYSTEM;
	if (hdr->magic != RING_MAGIC || hdr->version != RING_VERSION ||
	    hdr->capacity != capacity || (capacity & (capacity - 1)) != 0 ||
	    atomic_load(&hdr->head) != 0 || atomic_load(&hdr->tail) != 0) {
		(void)munmap(hdr, size);
		return RL_ERR_INVALID;
	}
	/* Children have no use for it, and a fork is cheaper without. */
	if (madvise(hdr, size, MADV_DONTFORK) == -1 ||
	    fcntl(fd, F_ADD_SEALS,
		F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW |
		    F_SEAL_SEAL) == -1) {
		(void)munmap(hdr, size);
		return RL_ERR_SYSTEM;
	}
	w = xcalloc(1, sizeof(*w));
	w->hdr = hdr;
	w->data = (uint8_t *)hdr + RING_HEADER_SIZE;
	w->capacity = capacity;
	*out = w;
	return 0;
}

void
ring_writer_free(struct ring_writer *w)
{
	if (w == NULL)
		return;
	(void)munmap(w->hdr, (size_t)(RING_HEADER_SIZE + w->capacity));
	free(w);
}

void
ring_writer_append(struct ring_writer *w, const void *p, size_t len)
{
	const uint8_t *src = p;
	uint64_t end = w->head + len;
	size_t at, first;

	/* What would be overwritten at once is never written. */
	if (len > w->capacity) {
		src += len - w->capacity;
		len = (size_t)w->capacity;
	}
	/* The tail goes first: a reader that copies bytes while they are
	   being overwritten finds them behind the tail afterwards. */
	if (end > w->capacity) {
		atomic_store_explicit(
		    &w->hdr->tail, end - w->capacity, memory_order_relaxed);
		atomic_thread_fence(memory_order_release);
	}
	at = (size_t)((end - len) & (w->capacity - 1));
	first = (size_t)w->capacity - at;
	if (first > len)
		first = len;
	memcpy(w->data + at, src, first);
	memcpy(w->data, src + first, len - first);
	w->head = end;
	atomic_store_explicit(&w->hdr->head, end, memory_order_release);
}

uint64_t
ring_writer_head(const struct ring_writer *w)
{
	return w->head;
}

uint64_t
ring_writer_tail(const struct ring_writer *w)
{
	return w->head > w->capacity ? w->head - w->capacity : 0;
}

uint64_t
ring_writer_capacity(const struct ring_writer *w)
{
	return w->capacity;
}

void
ring_writer_set_size(
    struct ring_writer *w, unsigned int cols, unsigned int rows)
{
	atomic_store_explicit(
	    &w->hdr->size, (uint32_t)(cols << 16 | rows), memory_order_release);
}

void
ring_writer_set_running(struct ring_writer *w)
{
	atomic_store_explicit(
	    &w->hdr->state, SST_RUNNING, memory_order_release);
}

void
ring_writer_end(struct ring_writer *w, int status)
{
	atomic_store_explicit(
	    &w->hdr->exit_status, status, memory_order_relaxed);
	atomic_store_explicit(
	    &w->hdr->state, SST_TERMINATED, memory_order_release);
}
