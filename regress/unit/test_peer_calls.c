/*
 * Calls and their answers: each ends once, however the channel does, and
 * whoever asked is not left waiting.
 */

#include "config.h"

#include <sys/socket.h>
#include <stdlib.h>
#include <unistd.h>

#include "err.h"
#include "log.h"
#include "peer_rig.h"
#include "suites.h"

START_TEST(calls_are_answered)
{
	struct msg_error error = { RL_ERR_STATE, "no" };
	uint32_t a, b;

	pt_start(D, PST_SERVING);
	a = pt_call(0);
	b = pt_call(PT_GUARD_MS);
	ck_assert_uint_ne(a, b);
	ck_assert_uint_eq(pt.answers, 0);
	/* In any order. */
	pt_say_status(b);
	pt_run();
	ck_assert_uint_eq(pt.answers, 1);
	ck_assert_int_eq(pt.answer_err, 0);
	ck_assert_uint_eq(pt.answer_type, MSG_STATUS);
	pt_say(MSG_ERROR, a, &error);
	pt_run();
	ck_assert_uint_eq(pt.answers, 2);
	ck_assert_int_eq(pt.answer_err, 0);
	ck_assert_uint_eq(pt.answer_type, MSG_ERROR);
	/* Each once. */
	pt_say_status(a);
	pt_run_until_closed();
	ck_assert_int_eq(pt.closed_err, RL_ERR_PROTOCOL);
	ck_assert_uint_eq(pt.answers, 2);
}
END_TEST

static uint32_t
call_unheard(void)
{
	struct msg_token_only body = { { NULL, 0 } };
	uint32_t id = 0;

	ck_assert_int_eq(peer_call(pt.peer, MSG_STATUS_GET, &body, NULL, 0, 0,
			     pt_on_answer, NULL, &id),
	    0);
	return id;
}

/* What a turn of the loop does, and that it has. */
struct turn {
	int wake[2]; /* a pipe: who reads it does so in the next turn */
	uint32_t ids[3];
};

static void
make_calls(void *arg)
{
	struct turn *turn = arg;
	char c = 0;
	size_t i;

	/* To whoever waits there is something to do at once. */
	ck_assert_int_eq(write(turn->wake[1], &c, 1), 1);
	for (i = 0; i < 3; i++)
		turn->ids[i] = call_unheard();
	ck_assert_int_eq(recv(pt.fd, &c, 1, MSG_PEEK | MSG_DONTWAIT), -1);
}

static void
after_calls(int fd, unsigned events, void *arg)
{
	char c;

	(void)events;
	(void)arg;
	ck_assert_int_eq(read(fd, &c, 1), 1);
	ck_assert_int_eq(recv(pt.fd, &c, 1, MSG_PEEK | MSG_DONTWAIT), 1);
	loop_stop(pt.loop);
}

/* Those of one turn go together, at its end and not in the next one. */
START_TEST(calls_are_gathered)
{
	struct msg_log log = { LOGL_INFO, "x" };
	struct loop_timer *tick;
	struct loop_io *next;
	struct turn turn;
	uint32_t more;
	int round;
	size_t i;

	pt_start(D, PST_SERVING);
	peer_gather(pt.peer);
	ck_assert_int_eq(pipe(turn.wake), 0);
	next = loop_io_new(pt.loop, turn.wake[0], after_calls, NULL);
	loop_io_want(next, LOOP_READ);
	tick = loop_timer_new(pt.loop, make_calls, &turn);
	for (round = 0; round < 2; round++) {
		loop_timer_arm(tick, 0);
		pt_run();
		for (i = 0; i < 3; i++)
			ck_assert_uint_eq(pt_hear(turn.ids[i]), MSG_STATUS_GET);
	}
	/* Another message takes along what waits. */
	more = call_unheard();
	ck_assert_int_eq(peer_send(pt.peer, MSG_LOG, &log, NULL, 0), 0);
	ck_assert_uint_eq(pt_hear(more), MSG_STATUS_GET);
	ck_assert_uint_eq(pt_hear(0), MSG_LOG);
	loop_timer_free(tick);
	loop_io_free(next);
	close(turn.wake[0]);
	close(turn.wake[1]);
}
END_TEST

/* The answer to another call of the same id is no answer. */
START_TEST(answer_of_another_kind)
{
	struct msg_session_id body = { .id = "0" };
	uint32_t id;

	pt_start(D, PST_SERVING);
	ck_assert_int_eq(peer_call(pt.peer, MSG_SESSION_GET, &body, NULL, 0, 0,
			     pt_on_answer, NULL, &id),
	    0);
	pt_say_status(id);
	pt_run_until_closed();
	ck_assert_int_eq(pt.closed_err, RL_ERR_PROTOCOL);
	ck_assert_uint_eq(pt.answers, 1);
	ck_assert_int_eq(pt.answer_err, RL_ERR_PROTOCOL);
	ck_assert_uint_eq(pt.answers_at_close, 1);
}
END_TEST

START_TEST(calls_time_out)
{
	uint32_t id;

	pt_start(D, PST_SERVING);
	id = pt_call(10);
	pt_run();
	ck_assert_uint_eq(pt.answers, 1);
	ck_assert_int_eq(pt.answer_err, RL_ERR_TIMEOUT);
	ck_assert_uint_eq(pt.answer_type, 0);
	/* Its answer comes late: dropped, and no violation. */
	pt_say_status(id);
	pt_say_log("fence");
	pt_run_until_handled(1);
	ck_assert_uint_eq(pt.answers, 1);
	/* Once. */
	pt_say_status(id);
	pt_run_until_closed();
	ck_assert_int_eq(pt.closed_err, RL_ERR_PROTOCOL);
}
END_TEST

START_TEST(calls_are_cancelled)
{
	uint32_t a, b;

	pt_start(D, PST_SERVING);
	a = pt_call(10);
	b = pt_call(0);
	peer_call_cancel(pt.peer, a);
	peer_call_cancel(pt.peer, b);
	peer_call_cancel(pt.peer, b);
	peer_call_cancel(pt.peer, 12345);
	pt_say_status(b);
	pt_say_log("fence");
	pt_run_until_handled(1);
	ck_assert_uint_eq(pt.answers, 0);
	/* One is still open, and ends with the channel in silence. */
	close(pt.fd);
	pt.fd = -1;
	pt_run_until_closed();
	ck_assert_uint_eq(pt.answers, 0);
}
END_TEST

/* One that reads and never answers must not fill our memory. */
START_TEST(calls_are_bounded)
{
	struct msg_token_only body = { { NULL, 0 } };
	uint32_t first;
	int r = 0;

	pt_start(D, PST_SERVING);
	first = pt_call(10);
	/* A caller that has given up is no answer. */
	pt_run();
	ck_assert_int_eq(pt.answer_err, RL_ERR_TIMEOUT);
	for (unsigned i = 1; i < PEER_CALLS_MAX; i++)
		(void)pt_call(0);
	r = peer_call(pt.peer, MSG_STATUS_GET, &body, NULL, 0, 0, pt_on_answer,
	    NULL, NULL);
	ck_assert_int_eq(r, RL_ERR_LIMIT);
	ck_assert_uint_eq(peer_backlog(pt.peer), 0);
	pt_say_status(first);
	pt_say_log("fence");
	pt_run_until_handled(1);
	(void)pt_call(0);
	ck_assert_uint_eq(pt.closed, 0);
}
END_TEST

START_TEST(calls_end_with_the_channel)
{
	pt_start(D, PST_SERVING);
	pt_call(0);
	pt_call(5000);
	close(pt.fd);
	pt.fd = -1;
	pt_run_until_closed();
	/* Before closed(), and each once. */
	ck_assert_uint_eq(pt.answers_at_close, 2);
	ck_assert_uint_eq(pt.answers, 2);
	ck_assert_int_eq(pt.answer_err, RL_ERR_EOF);

	pt_start(D, PST_SERVING);
	pt_call(0);
	pt_drop();
	ck_assert_uint_eq(pt.answers, 1);
	ck_assert_int_eq(pt.answer_err, RL_ERR_EOF);
	ck_assert_uint_eq(pt.closed, 0);
}
END_TEST

START_TEST(a_dead_channel_says_so)
{
	struct msg_token_only body = { { NULL, 0 } };
	struct msg_log log = { LOGL_INFO, "x" };

	pt.free_in_closed = false;
	pt_start(D, PST_SERVING);
	close(pt.fd);
	pt.fd = -1;
	pt_run_until_closed();
	ck_assert_int_eq(
	    peer_send(pt.peer, MSG_LOG, &log, NULL, 0), RL_ERR_EOF);
	ck_assert_int_eq(
	    peer_reply_error(pt.peer, 1, RL_ERR_STATE, "x"), RL_ERR_EOF);
	ck_assert_int_eq(peer_call(pt.peer, MSG_STATUS_GET, &body, NULL, 0, 0,
			     pt_on_answer, NULL, NULL),
	    RL_ERR_EOF);
	ck_assert_uint_eq(pt.answers, 0);
}
END_TEST

/* It says its last words and closes, while we are about to say something. */
START_TEST(last_words_are_heard)
{
	struct msg_token_only only = { { (const uint8_t *)"t", 1 } };

	pt_start(D, PST_SERVING);
	pt_say_log("last words");
	close(pt.fd);
	pt.fd = -1;
	ck_assert_int_eq(peer_send(pt.peer, MSG_STATUS_GET, &only, NULL, 0), 0);
	ck_assert_int_eq(
	    peer_send(pt.peer, MSG_STATUS_GET, &only, NULL, 0), RL_ERR_EOF);
	pt_run_until_closed();
	ck_assert_int_eq(pt.closed_err, RL_ERR_EOF);
	ck_assert_uint_eq(pt.handled, 1);
	ck_assert_str_eq(pt.text, "last words");
}
END_TEST

START_TEST(own_mistakes_are_told)
{
	struct msg_log log = { 99, "x" }; /* a level beyond its bound */
	const struct msg_error *e;
	struct msg m;

	pt_start(D, PST_SERVING);
	ck_assert_int_eq(
	    peer_send(pt.peer, MSG_LOG, &log, NULL, 0), RL_ERR_INVALID);
	ck_assert_int_eq(
	    peer_send(pt.peer, 0xffff, &log, NULL, 0), RL_ERR_INVALID);
	/* Whoever asked gets an answer all the same. */
	ck_assert_int_eq(
	    peer_reply(pt.peer, 4, MSG_LOG, &log, NULL, 0), RL_ERR_INVALID);
	ck_assert_uint_eq(pt_hear(4), MSG_ERROR);
	/* Once: a second one would answer no question. */
	peer_reply_long(pt.peer, 8, MSG_LOG, &log, "it is too long");
	ck_assert_int_eq(msg_read(pt.fd, PT_GUARD_MS, &m), 0);
	ck_assert_uint_eq(m.hdr.id, 8);
	e = m.body;
	ck_assert_int_eq((int)e->code, RL_ERR_TOOBIG);
	ck_assert_str_eq(e->text, "it is too long");
	msg_clear(&m);
	/* Error texts may quote anything. */
	ck_assert_int_eq(peer_reply_error(pt.peer, 5, RL_ERR_NOTFOUND, "%s",
			     "a\xff"
			     "b"),
	    0);
	ck_assert_uint_eq(pt_hear(5), MSG_ERROR);
	ck_assert_int_eq(peer_reply_error(pt.peer, 6, RL_ERR_NOTFOUND, "%s",
			     msggen_str(pt.gen, 9000)),
	    0);
	ck_assert_uint_eq(pt_hear(6), MSG_ERROR);
}
END_TEST

Suite *
suite_peer_calls(void)
{
	Suite *s = suite_create("peer-calls");
	TCase *tc = tcase_create("peer-calls");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, pt_setup, pt_teardown);
	tcase_add_test(tc, calls_are_answered);
	tcase_add_test(tc, calls_are_gathered);
	tcase_add_test(tc, answer_of_another_kind);
	tcase_add_test(tc, calls_time_out);
	tcase_add_test(tc, calls_are_cancelled);
	tcase_add_test(tc, calls_are_bounded);
	tcase_add_test(tc, calls_end_with_the_channel);
	tcase_add_test(tc, a_dead_channel_says_so);
	tcase_add_test(tc, last_words_are_heard);
	tcase_add_test(tc, own_mistakes_are_told);
	suite_add_tcase(s, tc);
	return s;
}
