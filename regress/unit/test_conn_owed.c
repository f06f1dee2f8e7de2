/*
 * Replies over HTTP/1.1 that nobody reads: what they take is bounded for all
 * clients together, and given back.
 */
#include "config.h"

#include <sys/socket.h>
#include <check.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "fdpass.h"
#include "loop.h"
#include "ringletd/conn.h"
#include "suites.h"
#include "xmalloc.h"

#define LONG (1024 * 1024) /* bytes of a reply */
#define MOST ((int)(OWED_MAX / LONG))

static struct env env;
static char body[LONG];
static int fds[MOST + 1]; /* the clients' ends */
static struct conn *conns[MOST + 1];

static void
setup(void)
{
	memset(&env, 0, sizeof(env));
	memset(body, 'x', sizeof(body));
	env.loop = loop_new();
	TAILQ_INIT(&env.listeners);
	body_init();
	conn_init(&env);
}

/* A client whose request is at work. */
static void
join(int i)
{
	int sv[2], small = 4096;

	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv), 0);
	ck_assert_int_eq(setsockopt(sv[0], SOL_SOCKET, SO_SNDBUF, &small,
			     sizeof(small)),
	    0);
	conn_new(&env, sv[0]);
	fds[i] = sv[1];
	conns[i] = TAILQ_LAST(&env.conns, conn_list);
	conns[i]->state = CONN_WORKING;
	conns[i]->req.env = &env;
	conns[i]->req.via = &conns[i]->carrier;
}

static void
answer(int i, const struct reply *reply)
{
	conns[i]->carrier.ops->reply(&conns[i]->carrier, reply);
}

/* The status that it has got. */
static int
status(int i)
{
	char head[16] = "";

	ck_assert_int_eq(recv(fds[i], head, 12, 0), 12);
	ck_assert_int_eq(strncmp(head, "HTTP/1.1 ", 9), 0);
	return atoi(head + 9);
}

/* Reads all that there is for it, as the server sends it. */
static size_t
take(int i)
{
	static char text[65536];
	size_t len = 0;
	ssize_t n;

	do {
		while ((n = recv(fds[i], text, sizeof(text), 0)) > 0)
			len += (size_t)n;
		conn_pump(conns[i]);
		n = recv(fds[i], text, sizeof(text), 0);
		len += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	return len;
}

static const struct reply big = { .status = 200, .body = body, .len = LONG };

static void
fill(void)
{
	for (int i = 0; i < MOST; i++) {
		join(i);
		answer(i, &big);
		/* The first byte of each is there, and little more. */
		ck_assert_int_eq(status(i), 200);
	}
	ck_assert_uint_le(env.owed, OWED_MAX);
	ck_assert_uint_gt(env.owed, OWED_MAX - MOST * 128 * 1024);
}

/* One that is too many is told so, and goes on. */
static void
one_more(int i, int want)
{
	join(i);
	answer(i, &big);
	ck_assert_int_eq(status(i), want);
}

START_TEST(bounds_all)
{
	size_t room = OWED_MAX;

	fill();
	/* What sockets have taken is not owed any more. */
	for (int i = 0; i < MOST; i++)
		room -= buf_len(conns[i]->carrier.out);
	ck_assert_uint_eq(env.owed, OWED_MAX - room);
	ck_assert_uint_lt(room, LONG);
	one_more(MOST, 503);
	ck_assert_int_eq(conns[MOST]->state, CONN_READING);
	ck_assert_uint_gt(take(MOST), 0);
	/* A short one is sent. */
	conns[MOST]->state = CONN_WORKING;
	answer(MOST,
	    &(struct reply){ .status = 404, .body = "{}", .len = 2 });
	ck_assert_int_eq(status(MOST), 404);
}
END_TEST

/* Who reads makes room for others. */
START_TEST(is_given_back)
{
	fill();
	ck_assert_uint_gt(take(3), LONG - 1024);
	ck_assert_uint_eq(conns[3]->owed, 0);
	one_more(MOST, 200);
	ck_assert_uint_gt(take(MOST), LONG - 1024);
}
END_TEST

/* As does who goes. */
START_TEST(is_given_back_at_an_end)
{
	fill();
	conn_abort(conns[5]);
	one_more(MOST, 200);
	for (int i = 0; i <= MOST; i++)
		if (i != 5)
			conn_abort(conns[i]);
	ck_assert_uint_eq(env.owed, 0);
}
END_TEST

/* HEAD has no body to wait. */
START_TEST(head_alone)
{
	fill();
	join(MOST);
	answer(MOST,
	    &(struct reply){
		.status = 200, .body = body, .len = LONG, .head = true });
	ck_assert_int_eq(status(MOST), 200);
}
END_TEST

/*
 * A file of the dashboard, for which nobody needs a token, takes no room; it
 * comes whole all the same, behind its head.
 */
START_TEST(files_are_free)
{
	static const struct reply file = {
		.status = 200, .body = body, .len = LONG, .fixed = true
	};
	size_t before;

	fill();
	before = env.owed;
	join(MOST);
	answer(MOST, &file);
	ck_assert_int_eq(status(MOST), 200);
	ck_assert_uint_le(env.owed, before + 4096);
	ck_assert_uint_eq(
	    take(MOST) + 12, strlen("HTTP/1.1 200 OK\r\n\r\n") + LONG);
	ck_assert_uint_eq(env.owed, before);
	ck_assert_int_eq(conns[MOST]->state, CONN_READING);
}
END_TEST

Suite *
suite_conn_owed(void)
{
	Suite *s = suite_create("conn-owed");
	TCase *tc = tcase_create("conn-owed");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, bounds_all);
	tcase_add_test(tc, is_given_back);
	tcase_add_test(tc, is_given_back_at_an_end);
	tcase_add_test(tc, head_alone);
	tcase_add_test(tc, files_are_free);
	suite_add_tcase(s, tc);
	return s;
}
