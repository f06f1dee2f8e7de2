/*
 * Byte queues: what goes in comes out in order, the bound holds, and a secret
 * one leaves nothing behind.
 */

#include "config.h"

#include <sys/wait.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "err.h"
#include "regress/peer/msggen.h"
#include "suites.h"

START_TEST(puts_and_consumes)
{
	struct buf *b = buf_new(100);

	ck_assert_uint_eq(buf_len(b), 0);
	ck_assert_uint_eq(buf_room(b), 100);
	ck_assert_ptr_nonnull(buf_ptr(b));
	ck_assert_int_eq(buf_put(b, "abc", 3), 0);
	ck_assert_int_eq(buf_puts(b, "def"), 0);
	ck_assert_int_eq(buf_putf(b, "%d-%s", 42, "x"), 0);
	ck_assert_int_eq(buf_put(b, NULL, 0), 0);
	ck_assert_int_eq(buf_puts(b, ""), 0);
	ck_assert_uint_eq(buf_len(b), 10);
	ck_assert_int_eq(memcmp(buf_ptr(b), "abcdef42-x", 10), 0);
	buf_consume(b, 0);
	buf_consume(b, 4);
	ck_assert_int_eq(memcmp(buf_ptr(b), "ef42-x", 6), 0);
	ck_assert_uint_eq(buf_room(b), 94);
	buf_reset(b);
	ck_assert_uint_eq(buf_len(b), 0);
	ck_assert_uint_eq(buf_room(b), 100);
	buf_free(b);
	buf_free(NULL);
}
END_TEST

START_TEST(bound_is_exact)
{
	struct buf *b = buf_new(10);
	uint8_t *p;

	ck_assert_int_eq(buf_put(b, "12345678901", 11), RL_ERR_TOOBIG);
	ck_assert_uint_eq(buf_len(b), 0);
	ck_assert_int_eq(buf_put(b, "1234567890", 10), 0);
	ck_assert_uint_eq(buf_room(b), 0);
	ck_assert_int_eq(buf_put(b, "x", 1), RL_ERR_TOOBIG);
	ck_assert_int_eq(buf_putf(b, "%s", "x"), RL_ERR_TOOBIG);
	ck_assert_int_eq(buf_reserve(b, 1, &p), RL_ERR_TOOBIG);
	ck_assert_int_eq(buf_reserve(b, SIZE_MAX, &p), RL_ERR_TOOBIG);
	ck_assert_int_eq(memcmp(buf_ptr(b), "1234567890", 10), 0);
	buf_consume(b, 5);
	ck_assert_int_eq(buf_put(b, "abcdef", 6), RL_ERR_TOOBIG);
	ck_assert_int_eq(buf_put(b, "abcde", 5), 0);
	ck_assert_int_eq(memcmp(buf_ptr(b), "67890abcde", 10), 0);
	buf_free(b);
	b = buf_new(0);
	ck_assert_int_eq(buf_put(b, "x", 1), RL_ERR_TOOBIG);
	buf_free(b);
}
END_TEST

START_TEST(reserve_and_commit)
{
	struct buf *b = buf_new(5000);
	uint8_t *p;

	ck_assert_int_eq(buf_puts(b, "head"), 0);
	ck_assert_int_eq(buf_reserve(b, 4000, &p), 0);
	memset(p, 'x', 4000);
	ck_assert_uint_eq(buf_len(b), 4); /* not yet */
	buf_commit(b, 10);
	ck_assert_uint_eq(buf_len(b), 14);
	ck_assert_int_eq(memcmp(buf_ptr(b), "headxxxxxxxxxx", 14), 0);
	buf_commit(b, 0);
	ck_assert_uint_eq(buf_len(b), 14);
	buf_free(b);
}
END_TEST

/* Against a plain array that never forgets. */
START_TEST(long_run)
{
	static uint8_t all[4u << 20];
	struct buf *b = _i == 0 ? buf_new(100000) : buf_new_secret(100000);
	struct msggen *g = msggen_new(3);
	size_t in = 0, out = 0, n;

	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (uint8_t)(i * 2654435761u >> 24);
	while (in < sizeof(all)) {
		n = (size_t)msggen_below(
		    g, msggen_below(g, 10) == 0 ? 90000 : 3000);
		if (n > sizeof(all) - in)
			n = sizeof(all) - in;
		if (n > buf_room(b)) {
			if (buf_put(b, all + in, n) != RL_ERR_TOOBIG)
				ck_abort_msg("the bound was passed");
		} else {
			if (buf_put(b, all + in, n) != 0)
				ck_abort_msg("room was promised");
			in += n;
		}
		if (buf_len(b) != in - out ||
		    memcmp(buf_ptr(b), all + out, in - out) != 0)
			ck_abort_msg("wrong content at %zu", out);
		n = (size_t)msggen_below(g, buf_len(b) + 1);
		buf_consume(b, n);
		out += n;
	}
	msggen_free(g);
	buf_free(b);
}
END_TEST

/*
 * What was consumed, and what lay at an old place before it moved, is gone.
 * Only the block in use can be looked at; the same code frees the old ones.
 */
START_TEST(secret_is_wiped)
{
	struct buf *b = buf_new_secret(100000);
	const uint8_t *p;

	ck_assert_int_eq(buf_puts(b, "CANARY-CANARY"), 0);
	p = buf_ptr(b);
	buf_consume(b, 7);
	ck_assert_int_eq(memcmp(p, "\0\0\0\0\0\0\0CANARY", 13), 0);
	buf_consume(b, 6);
	for (int i = 0; i < 13; i++)
		ck_assert_uint_eq(p[i], 0);
	/* Compacting moves the rest to the front: its old place is wiped. */
	for (int i = 0; i < 500; i++)
		ck_assert_int_eq(buf_puts(b, "x"), 0);
	p = buf_ptr(b);
	buf_consume(b, 495);
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(buf_puts(b, "y"), 0);
	for (size_t i = buf_len(b); i < 400; i++)
		ck_assert_msg(buf_ptr(b) != p || p[i] == 0, "byte %zu", i);
	buf_free(b);
}
END_TEST

static int
status_of(void (*fn)(struct buf *))
{
	struct buf *b;
	int status;
	pid_t pid;

	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(9);
		b = buf_new(10);
		(void)buf_puts(b, "abc");
		fn(b);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
consume_more(struct buf *b)
{
	buf_consume(b, 4);
}

static void
commit_more(struct buf *b)
{
	uint8_t *p;

	(void)buf_reserve(b, 1, &p);
	buf_commit(b, 100000);
}

/* A broken invariant ends the process; it does not go on with it. */
START_TEST(broken_invariants)
{
	ck_assert_int_eq(status_of(consume_more), 1);
	ck_assert_int_eq(status_of(commit_more), 1);
}
END_TEST

Suite *
suite_buf(void)
{
	Suite *s = suite_create("buf");
	TCase *tc = tcase_create("buf");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, puts_and_consumes);
	tcase_add_test(tc, bound_is_exact);
	tcase_add_test(tc, reserve_and_commit);
	tcase_add_loop_test(tc, long_run, 0, 2);
	tcase_add_test(tc, secret_is_wiped);
	tcase_add_test(tc, broken_invariants);
	suite_add_tcase(s, tc);
	return s;
}
