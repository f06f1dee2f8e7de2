/*
 * Output without end: a connection sends a bounded part of it, others get their
 * turn, and it goes on by itself.
 */
#include "config.h"

#include <sys/socket.h>
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "fdpass.h"
#include "loop.h"
#include "ringletd/conn.h"
#include "suites.h"

#define LARGE  (64 * 1024)
#define PIECES 3000 /* short ones, after which it ends */
#define TURN   16   /* no turn has more of them */

static struct env env;
static char bytes[LARGE];

/* One that has output, and one that has input. */
static struct side {
	struct conn *conn;
	int fd; /* the client's */
	size_t piece;
	size_t pieces; /* that were asked for */
	size_t got;    /* bytes that its client has read */
	size_t heard;  /* pieces of the other when its input came */
} talks, hears;

/* Its client reads what there is: a socket holds few short pieces. */
static void
take(struct side *s)
{
	char got[4096];
	ssize_t n;

	while ((n = recv(s->fd, got, sizeof(got), 0)) > 0)
		s->got += (size_t)n;
}

static bool
on_output(void *arg)
{
	struct side *s = arg;

	take(s);
	if (s->piece == 0)
		return false;
	if (s->pieces == PIECES) {
		loop_stop(env.loop);
		return false;
	}
	s->pieces++;
	ck_assert_int_eq(buf_put(conn_out(s->conn), bytes, s->piece), 0);
	return true;
}

static void
on_input(void *arg, const uint8_t *p, size_t len)
{
	struct side *s = arg;

	(void)p;
	(void)len;
	s->heard = talks.pieces;
}

static void
on_tick(void *arg, uint64_t silent_ms)
{
	(void)arg;
	(void)silent_ms;
}

static void
on_free(void *arg)
{
	(void)arg;
}

static const struct conn_ops ops = {
	.input = on_input, .output = on_output, .tick = on_tick, .free = on_free
};

static void
join(struct side *s, size_t piece)
{
	int sv[2];

	memset(s, 0, sizeof(*s));
	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv), 0);
	conn_new(&env, sv[0]);
	s->fd = sv[1];
	s->piece = piece;
	s->conn = TAILQ_LAST(&env.conns, conn_list);
	conn_upgrade(s->conn, &ops, s);
}

static void
leave(struct side *s)
{
	conn_abort(s->conn);
	close(s->fd);
}

static void
setup(void)
{
	memset(&env, 0, sizeof(env));
	env.loop = loop_new();
	TAILQ_INIT(&env.listeners);
	body_init();
	conn_init(&env);
}

START_TEST(large_pieces)
{
	join(&talks, LARGE);
	ck_assert_uint_eq(talks.pieces, 1);
	leave(&talks);
}
END_TEST

/* However short they are, they are not sent until there are no more. */
START_TEST(short_pieces)
{
	join(&hears, 0);
	join(&talks, 1);
	ck_assert_uint_gt(talks.pieces, 1);
	ck_assert_uint_le(talks.pieces, TURN);
	ck_assert_int_eq(send(hears.fd, "x", 1, 0), 1);
	/* Nothing comes from its client: what is left comes by itself. */
	ck_assert_int_eq(loop_run(env.loop), 0);
	ck_assert_uint_eq(talks.pieces, PIECES);
	ck_assert_uint_gt(hears.heard, 0);
	ck_assert_uint_le(hears.heard, 2 * TURN);
	take(&talks);
	ck_assert_uint_eq(talks.got, PIECES);
	leave(&talks);
	leave(&hears);
}
END_TEST

Suite *
suite_conn_turn(void)
{
	Suite *s = suite_create("conn-turn");
	TCase *tc = tcase_create("conn-turn");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, large_pieces);
	tcase_add_test(tc, short_pieces);
	suite_add_tcase(s, tc);
	return s;
}
