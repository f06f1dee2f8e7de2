/*
 * A channel between two that mean well and have much to say: whoever asks
 * without end is refused or slowed down, and neither loses the channel.
 */
#include "config.h"

#include <sys/socket.h>
#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "err.h"
#include "log.h"
#include "peer_rig.h"
#include "suites.h"

/* A turn of the loop in which nothing need happen. */
static void
turn(void)
{
	struct loop_timer *tick =
	    loop_timer_new(pt.loop, (void (*)(void *))loop_stop, pt.loop);

	loop_timer_arm(tick, 0);
	pt_run();
	loop_timer_free(tick);
}

/* Takes what the peer has sent until it has no more. */
static void
take_all(void)
{
	static char b[65536];

	while (peer_backlog(pt.peer) > 0) {
		if (recv(pt.fd, b, sizeof(b), MSG_DONTWAIT) == -1)
			ck_assert_int_eq(errno, EAGAIN);
		turn();
	}
}

/* One call of a profile with long arguments. */
static int
call_long(const char *text)
{
	struct msg_profile_create body = { .alias = "a", .agent_id = "b",
		.provider_id = "c" };
	const char *args[] = { text, text };

	body.args.v = args;
	body.args.n = NELEM(args);
	return peer_call(pt.peer, MSG_PROFILE_CREATE, &body, NULL, 0, 0,
	    pt_on_answer, NULL, NULL);
}

/* Calls that nobody reads are refused; what must be said has room left. */
START_TEST(calls_leave_room)
{
	const char *text = msggen_str(pt.gen, 30000);
	struct msg_log log = { LOGL_INFO, "x" };
	unsigned n = 0;
	int r;

	pt_start(D, PST_SERVING);
	if (_i == 1)
		peer_gather(pt.peer);
	while ((r = call_long(text)) == 0)
		ck_assert_uint_lt(n++, PEER_CALLS_MAX);
	ck_assert_int_eq(r, RL_ERR_LIMIT);
	ck_assert_uint_gt(n, 10);
	ck_assert_uint_le(peer_backlog(pt.peer), PEER_QUEUE_MAX / 4 * 3);
	ck_assert_int_eq(peer_send(pt.peer, MSG_LOG, &log, NULL, 0), 0);
	turn();
	ck_assert_uint_eq(pt.closed, 0);
	take_all();
	ck_assert_int_eq(call_long(text), 0);
	ck_assert_uint_eq(pt.closed, 0);
}
END_TEST

#define MANY (50 * PEER_TURN_MAX)

/*
 * Who does not take its answers is not read on, what has come of it already
 * included, and goes on where it was once it takes them.
 */
START_TEST(answers_come_first)
{
	struct msg_log log = { LOGL_INFO, "x" };
	struct msg_log answer = { LOGL_INFO, msggen_str(pt.gen, 2000) };
	struct raw one = { 0 }, frame = { 0 }, many = { 0 };
	unsigned before;

	raw_record(&one, msg_type_get(MSG_LOG)->rec, &log);
	raw_frame(&frame, MSG_LOG, 0, 0, &one);
	for (unsigned i = 0; i < MANY; i++)
		raw_put(&many, frame.p, frame.len);
	pt_start(D, PST_SERVING);
	peer_in_step(pt.peer, PT_GUARD_MS);
	pt_write(many.p, many.len);
	pt_run_until_handled(PEER_TURN_MAX);
	before = pt.handled;
	ck_assert_uint_lt(before, MANY);
	while (peer_backlog(pt.peer) <= PEER_STEP_BYTES)
		ck_assert_int_eq(
		    peer_send(pt.peer, MSG_LOG, &answer, NULL, 0), 0);
	pt_say_log("y");
	for (unsigned i = 0; i < 10; i++)
		turn();
	ck_assert_uint_eq(pt.handled, before);
	take_all();
	pt_run_until_handled(MANY + 1);
	ck_assert_str_eq(pt.text, "y");
	ck_assert_uint_eq(pt.closed, 0);
	raw_free(&one);
	raw_free(&frame);
	raw_free(&many);
}
END_TEST

/* One that takes nothing at all is given up. */
START_TEST(the_deaf_are_given_up)
{
	struct msg_log answer = { LOGL_INFO, msggen_str(pt.gen, 2000) };

	pt_start(D, PST_SERVING);
	peer_in_step(pt.peer, 20);
	while (peer_backlog(pt.peer) <= PEER_STEP_BYTES)
		ck_assert_int_eq(
		    peer_send(pt.peer, MSG_LOG, &answer, NULL, 0), 0);
	ck_assert_uint_eq(pt.closed, 0);
	pt_run_until_closed();
	ck_assert_int_eq(pt.closed_err, RL_ERR_LIMIT);
	ck_assert_str_eq(pt.closed_why, "does not read its channel");
}
END_TEST

Suite *
suite_peer_pace(void)
{
	Suite *s = suite_create("peer-pace");
	TCase *tc = tcase_create("peer-pace");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, pt_setup, pt_teardown);
	tcase_add_loop_test(tc, calls_leave_room, 0, 2);
	tcase_add_test(tc, answers_come_first);
	tcase_add_test(tc, the_deaf_are_given_up);
	suite_add_tcase(s, tc);
	return s;
}
