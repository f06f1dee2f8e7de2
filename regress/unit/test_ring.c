/*
 * Rings: what is written is read back at its offset, what is gone is told,
 * and a header that lies is refused at once or read without harm.  The writer
 * here is a few lines that do what ring.h says a writer does.
 */

#include "config.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "ring.h"
#include "suites.h"

#define CAP ((uint64_t)RING_CAPACITY_MIN)

struct writer {
	int fd;
	struct ring_header *hdr;
	uint8_t *data;
};

static void
writer_open(struct writer *w, uint64_t capacity)
{
	ck_assert_int_ge(w->fd = ring_create(capacity), 0);
	w->hdr = mmap(NULL, RING_HEADER_SIZE + capacity, PROT_READ | PROT_WRITE,
	    MAP_SHARED, w->fd, 0);
	ck_assert_ptr_ne(w->hdr, MAP_FAILED);
	w->data = (uint8_t *)w->hdr + RING_HEADER_SIZE;
}

static void
writer_seal(struct writer *w)
{
	ck_assert_int_eq(fcntl(w->fd, F_ADD_SEALS,
			     F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW |
				 F_SEAL_SEAL),
	    0);
}

static void
writer_close(struct writer *w)
{
	munmap(w->hdr, RING_HEADER_SIZE + w->hdr->capacity);
	close(w->fd);
}

/* Byte n of the stream. */
static uint8_t
stream_byte(uint64_t n)
{
	return (uint8_t)((n * 0x9e3779b97f4a7c15u) >> 56);
}

/* Appends the next len bytes of the stream. */
static void
writer_put(struct writer *w, uint64_t len)
{
	uint64_t head = atomic_load(&w->hdr->head);

	if (head + len > w->hdr->capacity)
		atomic_store(&w->hdr->tail, head + len - w->hdr->capacity);
	atomic_thread_fence(memory_order_seq_cst);
	for (uint64_t i = 0; i < len; i++)
		w->data[(head + i) % w->hdr->capacity] = stream_byte(head + i);
	atomic_store(&w->hdr->head, head + len);
}

static void
is_stream(const uint8_t *p, size_t len, uint64_t offset)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] != stream_byte(offset + i))
			ck_abort_msg("wrong byte at offset %llu",
			    (unsigned long long)(offset + i));
}

START_TEST(creates)
{
	ck_assert_int_eq(ring_create(0), RL_ERR_INVALID);
	ck_assert_int_eq(ring_create(CAP / 2), RL_ERR_INVALID);
	ck_assert_int_eq(ring_create(CAP + 1), RL_ERR_INVALID);
	ck_assert_int_eq(
	    ring_create((uint64_t)RING_CAPACITY_MAX * 2), RL_ERR_INVALID);
	ck_assert_int_eq(ring_create(UINT64_MAX), RL_ERR_INVALID);
	ck_assert_int_eq(
	    ring_create(UINT64_MAX - RING_HEADER_SIZE + 1), RL_ERR_INVALID);
}
END_TEST

START_TEST(fresh_ring)
{
	struct ring_reader *r;
	struct writer w;
	uint64_t oldest;
	uint8_t b[4];

	writer_open(&w, CAP);
	ck_assert_int_eq(fcntl(w.fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(ring_reader_new(w.fd, &r), 0);
	ck_assert_uint_eq(ring_reader_capacity(r), CAP);
	ck_assert_uint_eq(ring_reader_head(r), 0);
	ck_assert_uint_eq(ring_reader_tail(r), 0);
	ck_assert_uint_eq(ring_reader_state(r), SST_STARTING);
	ck_assert_int_eq(ring_read(r, 0, b, sizeof(b), &oldest), 0);
	ck_assert_int_eq(ring_read(r, 1, b, 1, &oldest), RL_ERR_INVALID);
	atomic_store(&w.hdr->state, SST_TERMINATED);
	atomic_store(&w.hdr->exit_status, 3 << 8);
	ck_assert_uint_eq(ring_reader_state(r), SST_TERMINATED);
	ck_assert_int_eq(WEXITSTATUS(ring_reader_status(r)), 3);
	ring_reader_free(r);
	ring_reader_free(NULL);
	writer_close(&w);
}
END_TEST

/* Every step size meets the end of the ring in another place. */
START_TEST(reads_what_was_written)
{
	static const size_t steps[] = { 1, 7, 4096, 65535, 65536 };
	size_t step = steps[_i];
	static uint8_t b[2 * CAP];
	struct ring_reader *r;
	struct writer w;
	uint64_t at = 0, oldest;
	ssize_t n;

	writer_open(&w, CAP);
	writer_seal(&w);
	ck_assert_int_eq(ring_reader_new(w.fd, &r), 0);
	for (int i = 0; i < 40; i++) {
		writer_put(&w, step);
		while ((n = ring_read(r, at, b, sizeof(b), &oldest)) > 0) {
			is_stream(b, (size_t)n, at);
			at += (uint64_t)n;
		}
		ck_assert_int_eq(n, 0);
		ck_assert_uint_eq(at, ring_reader_head(r));
	}
	ring_reader_free(r);
	writer_close(&w);
}
END_TEST

START_TEST(tells_what_is_gone)
{
	static uint8_t b[2 * CAP];
	struct ring_reader *r;
	struct writer w;
	uint64_t oldest = 77;

	writer_open(&w, CAP);
	ck_assert_int_eq(ring_reader_new(w.fd, &r), 0);
	writer_put(&w, CAP);
	ck_assert_int_eq(ring_read(r, 0, b, sizeof(b), &oldest), (ssize_t)CAP);
	is_stream(b, CAP, 0);
	writer_put(&w, 10);
	ck_assert_int_eq(ring_read(r, 0, b, 1, &oldest), RL_ERR_TOOBIG);
	ck_assert_uint_eq(oldest, 10);
	ck_assert_int_eq(ring_read(r, 9, b, 1, &oldest), RL_ERR_TOOBIG);
	ck_assert_int_eq(ring_read(r, 10, b, sizeof(b), &oldest), (ssize_t)CAP);
	is_stream(b, CAP, 10);
	/* Nothing is asked for, nothing is touched. */
	ck_assert_int_eq(ring_read(r, 10, NULL, 0, &oldest), 0);
	ring_reader_free(r);
	writer_close(&w);
}
END_TEST

/* Whatever a hostile writer puts into head and tail, b is not overrun. */
START_TEST(survives_lies)
{
	static const uint64_t lies[] = { 0, 1, CAP - 1, CAP, CAP + 1, 2 * CAP,
		UINT64_MAX / 2, UINT64_MAX - CAP, UINT64_MAX - 1, UINT64_MAX };
	const size_t n = sizeof(lies) / sizeof(*lies);
	struct ring_reader *r;
	struct writer w;
	uint64_t oldest;
	uint8_t *b;
	ssize_t got;

	writer_open(&w, CAP);
	ck_assert_int_eq(ring_reader_new(w.fd, &r), 0);
	ck_assert_ptr_nonnull(b = malloc(100));
	/* The header's own capacity is not believed after the start. */
	w.hdr->capacity = UINT64_MAX;
	for (size_t i = 0; i < n * n * n; i++) {
		atomic_store(&w.hdr->head, lies[i % n]);
		atomic_store(&w.hdr->tail, lies[i / n % n]);
		got = ring_read(r, lies[i / n / n], b, 100, &oldest);
		ck_assert(got <= 100);
		ck_assert(
		    got >= 0 || got == RL_ERR_INVALID || got == RL_ERR_TOOBIG);
	}
	/* More between them than fits in the ring: not an honest one. */
	atomic_store(&w.hdr->tail, 0);
	atomic_store(&w.hdr->head, CAP + 1);
	ck_assert_int_eq(ring_read(r, 0, b, 100, &oldest), RL_ERR_INVALID);
	w.hdr->capacity = CAP;
	free(b);
	ring_reader_free(r);
	writer_close(&w);
}
END_TEST

static void
refuses_header(void (*spoil)(struct ring_header *))
{
	struct ring_reader *r = (void *)&r;
	struct writer w;

	writer_open(&w, CAP);
	spoil(w.hdr);
	ck_assert_int_eq(ring_reader_new(w.fd, &r), RL_ERR_INVALID);
	ck_assert_ptr_null(r);
	w.hdr->capacity = CAP;
	writer_close(&w);
}

static void
spoil_magic(struct ring_header *h)
{
	h->magic++;
}

static void
spoil_version(struct ring_header *h)
{
	h->version++;
}

static void
spoil_capacity(struct ring_header *h)
{
	h->capacity *= 2;
}

static void
spoil_by_zero(struct ring_header *h)
{
	h->capacity = 0;
}

/* A memfd whose size a writer may still change would bring SIGBUS. */
static int
memfd(off_t size, int seals)
{
	struct ring_header h = {
		.magic = RING_MAGIC, .version = RING_VERSION, .capacity = CAP
	};
	int fd;

	fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq((int)pwrite(fd, &h, sizeof(h), 0), (int)sizeof(h));
	ck_assert_int_eq(ftruncate(fd, size), 0);
	if (seals != 0)
		ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static void
refuses_fd(int fd)
{
	struct ring_reader *r;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ring_reader_new(fd, &r), RL_ERR_INVALID);
	close(fd);
}

START_TEST(refuses_what_is_no_ring)
{
	struct ring_reader *r;
	int seals = F_SEAL_SHRINK | F_SEAL_GROW;

	refuses_header(spoil_magic);
	refuses_header(spoil_version);
	refuses_header(spoil_capacity);
	refuses_header(spoil_by_zero);
	refuses_fd(memfd(RING_HEADER_SIZE + CAP, 0));
	refuses_fd(memfd(RING_HEADER_SIZE + CAP, F_SEAL_GROW));
	refuses_fd(memfd(RING_HEADER_SIZE + CAP - 1, seals));
	refuses_fd(memfd(RING_HEADER_SIZE, seals));
	refuses_fd(memfd(10, seals));
	refuses_fd(open("/dev/null", O_RDONLY));
	refuses_fd(open("/", O_RDONLY | O_DIRECTORY));
	ck_assert_int_eq(ring_reader_new(-1, &r), RL_ERR_SYSTEM);
	ck_assert_int_eq(errno, EBADF);
}
END_TEST

START_TEST(seals)
{
	struct ring_reader *r;
	struct writer w;
	void *p;

	writer_open(&w, CAP);
	ck_assert(!ring_is_sealed(w.fd));
	/* From the start nobody can change its size. */
	ck_assert_int_eq(ftruncate(w.fd, 0), -1);
	ck_assert_int_eq(ftruncate(w.fd, 1 << 30), -1);
	writer_seal(&w);
	ck_assert(ring_is_sealed(w.fd));
	/* Afterwards only the mapping made before can write. */
	p = mmap(NULL, CAP, PROT_READ | PROT_WRITE, MAP_SHARED, w.fd, 0);
	ck_assert_ptr_eq(p, MAP_FAILED);
	ck_assert_int_eq((int)pwrite(w.fd, "x", 1, 0), -1);
	ck_assert_int_eq(fcntl(w.fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
	p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, w.fd, 0);
	ck_assert_ptr_ne(p, MAP_FAILED);
	ck_assert_int_eq(mprotect(p, 4096, PROT_READ | PROT_WRITE), -1);
	munmap(p, 4096);
	ck_assert_int_eq(ring_reader_new(w.fd, &r), 0);
	writer_put(&w, 5);
	ck_assert_uint_eq(ring_reader_head(r), 5);
	ring_reader_free(r);
	writer_close(&w);
	ck_assert(!ring_is_sealed(-1));
	ck_assert(!ring_is_sealed(STDERR_FILENO));
}
END_TEST

/*
 * A writer at full speed in another process: each slice that a reader keeps
 * is whole, though the writer laps it again and again.
 */
START_TEST(never_keeps_a_torn_slice)
{
	static uint8_t b[CAP];
	struct ring_reader *r;
	struct writer w;
	uint64_t at = 0, oldest, kept = 0, gaps = 0;
	const uint64_t total = 2000 * CAP;
	ssize_t n;
	int status;
	pid_t pid;

	writer_open(&w, CAP);
	ck_assert_int_eq(ring_reader_new(w.fd, &r), 0);
	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		while (atomic_load(&w.hdr->head) < total)
			writer_put(&w, 4096 + 13);
		_exit(0);
	}
	while (at < total) {
		n = ring_read(r, at, b, 16384, &oldest);
		if (n == RL_ERR_TOOBIG) {
			ck_assert_uint_gt(oldest, at);
			at = oldest;
			gaps++;
			continue;
		}
		ck_assert_int_ge(n, 0);
		is_stream(b, (size_t)n, at);
		at += (uint64_t)n;
		kept += (uint64_t)n;
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_gt(kept, 0);
	ring_reader_free(r);
	writer_close(&w);
}
END_TEST

Suite *
suite_ring(void)
{
	Suite *s = suite_create("ring");
	TCase *tc = tcase_create("ring");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, creates);
	tcase_add_test(tc, fresh_ring);
	tcase_add_loop_test(tc, reads_what_was_written, 0, 5);
	tcase_add_test(tc, tells_what_is_gone);
	tcase_add_test(tc, survives_lies);
	tcase_add_test(tc, refuses_what_is_no_ring);
	tcase_add_test(tc, seals);
	tcase_add_test(tc, never_keeps_a_torn_slice);
	suite_add_tcase(s, tc);
	return s;
}
