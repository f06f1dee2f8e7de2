/*
 * What goes through a peer: descriptors with their messages, queues that fill
 * and drain, and peers that are freed in the middle of it.  Calls are
 * test_peer_calls.c's; which messages may pass is test_peer.c's.
 */

#include "config.h"

#include <sys/socket.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "err.h"
#include "fdpass.h"
#include "log.h"
#include "peer_rig.h"
#include "suites.h"

/* --- descriptors --- */

START_TEST(descriptors_arrive)
{
	struct msg_viewer_add add = { .id = "0" };
	int fds[] = { 0, 1 };

	pt_start(D, PST_SERVING);
	for (unsigned i = 1; i <= 50; i++) {
		pt.take_fds = i % 2 == 0;
		ck_assert_int_eq(
		    msg_write(pt.fd, MSG_VIEWER_ADD, 0, &add, fds, 2), 0);
		pt_run_until_handled(i);
		ck_assert_int_eq(pt.nfds_seen, 2 * (int)i);
	}
}
END_TEST

/*
 * Two messages with descriptors at once, the first so long that it comes in
 * pieces: the second's descriptors arrive while the first is still unread.
 */
START_TEST(descriptors_of_two_messages)
{
	struct msg_jail_start jail = { .id = "0" };
	struct msg_viewer_add add = { .id = "0" };
	struct raw body = { 0 }, frame = { 0 };
	const char *env[8];
	int fds[] = { 0, 1, 2 };
	size_t cut = (size_t)_i;

	for (size_t i = 0; i < NELEM(env); i++)
		env[i] = msggen_str(pt.gen, MSG_STR_MAX);
	jail.env.v = env;
	jail.env.n = cut < 100 ? 0 : NELEM(env);
	raw_record(&body, msg_type_get(MSG_JAIL_START)->rec, &jail);
	raw_frame(&frame, MSG_JAIL_START, 3, 0, &body);
	pt_start(D, PST_SERVING);
	ck_assert_int_eq(fd_nonblock(pt.fd), 0);
	/* The beginning, with descriptors; then let the peer read it. */
	ck_assert_int_eq(
	    fdpass_send(pt.fd, frame.p, cut, fds, 3), (ssize_t)cut);
	{
		struct loop_timer *tick = loop_timer_new(
		    pt.loop, (void (*)(void *))loop_stop, pt.loop);
		ssize_t n;

		loop_timer_arm(tick, 1);
		pt_run();
		/* The rest, and at once the next message with its own. */
		while (cut < frame.len) {
			n = send(pt.fd, frame.p + cut, frame.len - cut,
			    MSG_NOSIGNAL);
			if (n == -1) {
				loop_timer_arm(tick, 1);
				pt_run();
				continue;
			}
			cut += (size_t)n;
		}
		loop_timer_free(tick);
	}
	ck_assert_int_eq(msg_write(pt.fd, MSG_VIEWER_ADD, 0, &add, fds, 2), 0);
	ck_assert_int_eq(msg_write(pt.fd, MSG_VIEWER_ADD, 0, &add, fds, 2), 0);
	pt_run_until_handled(3);
	ck_assert_int_eq(pt.nfds_seen, 7);
	raw_free(&body);
	raw_free(&frame);
}
END_TEST

/* More than one call may carry is refused by the receiver as well. */
START_TEST(surplus_descriptors)
{
	union {
		struct cmsghdr hdr;
		char room[CMSG_SPACE(sizeof(int) * 200)];
	} control;
	struct msghdr mh = { 0 };
	struct iovec iov;
	struct cmsghdr *c;
	struct raw body = { 0 }, frame = { 0 };
	struct msg_viewer_add add = { .id = "0" };
	size_t n = _i == 0 ? 5 : _i == 1 ? 6 : 200;

	raw_record(&body, msg_type_get(MSG_VIEWER_ADD)->rec, &add);
	raw_frame(&frame, MSG_VIEWER_ADD, 2, 0, &body);
	pt_start(D, PST_SERVING);
	iov.iov_base = frame.p;
	iov.iov_len = frame.len;
	mh.msg_iov = &iov;
	mh.msg_iovlen = 1;
	mh.msg_control = &control;
	mh.msg_controllen = CMSG_SPACE(sizeof(int) * n);
	memset(&control, 0, sizeof(control));
	c = CMSG_FIRSTHDR(&mh);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int) * n);
	ck_assert_int_eq(sendmsg(pt.fd, &mh, 0), (ssize_t)frame.len);
	pt_run_until_closed();
	ck_assert_int_eq(pt.closed_err, RL_ERR_PROTOCOL);
	ck_assert_uint_eq(pt.handled, 0);
	raw_free(&body);
	raw_free(&frame);
}
END_TEST

/* Descriptors hoarded by messages that do not claim them are not kept. */
START_TEST(hoarded_descriptors)
{
	struct raw body = { 0 }, frame = { 0 };
	struct msg_log log = { LOGL_INFO, "x" };
	int fds[] = { 0, 1, 2, 0 };

	raw_record(&body, msg_type_get(MSG_LOG)->rec, &log);
	raw_frame(&frame, MSG_LOG, 0, 0, &body);
	/* A beginning of the next keeps the input from being empty. */
	raw_header(&frame, 10, MSG_LOG, 0, 0, 0);
	pt_start(D, PST_SERVING);
	ck_assert_int_eq(
	    fdpass_send(pt.fd, frame.p, frame.len, fds, 4), (ssize_t)frame.len);
	ck_assert_int_eq(fdpass_send(pt.fd, "1234567890", 10, fds, 4), 10);
	pt_run_until_closed();
	ck_assert_int_eq(pt.closed_err, RL_ERR_PROTOCOL);
	ck_assert_int_eq(pt.nfds_seen, 0);
	raw_free(&body);
	raw_free(&frame);
}
END_TEST

/* The other way: what peer_send() sends arrives with its own descriptors. */
START_TEST(sends_descriptors)
{
	struct msg_attached body = { .id = "0" };
	struct msg_log log = { LOGL_INFO, "between" };
	int fds[] = { 0, 1, 2 }, kept = dup(0);
	struct msg m;

	pt_start(D, PST_SERVING);
	for (int i = 0; i < 20; i++) {
		/* The caller keeps its own, and may close them at once. */
		fds[0] = dup(0);
		ck_assert_int_eq(
		    peer_reply(pt.peer, 3, MSG_ATTACHED, &body, fds, 3), 0);
		ck_assert_int_eq(close(fds[0]), 0);
		ck_assert_int_eq(peer_send(pt.peer, MSG_LOG, &log, NULL, 0), 0);
		ck_assert_int_eq(msg_read(pt.fd, PT_GUARD_MS, &m), 0);
		ck_assert_uint_eq(m.hdr.type, MSG_ATTACHED);
		ck_assert_uint_eq(m.hdr.nfds, 3);
		ck_assert(fcntl(m.fds[2], F_GETFD) == FD_CLOEXEC);
		msg_clear(&m);
		ck_assert_uint_eq(pt_hear(0), MSG_LOG);
	}
	fds[1] = 250; /* not open */
	ck_assert_int_eq(
	    peer_reply(pt.peer, 3, MSG_ATTACHED, &body, fds, 3), RL_ERR_SYSTEM);
	ck_assert_int_eq(errno, EBADF);
	/* Whoever asked is told, and does not wait. */
	ck_assert_uint_eq(pt_hear(3), MSG_ERROR);
	ck_assert_uint_eq(peer_backlog(pt.peer), 0);
	close(kept);
}
END_TEST

/* --- flow --- */

START_TEST(a_peer_that_does_not_read)
{
	struct msg_log log = { LOGL_INFO, msggen_str(pt.gen, 2000) };
	size_t sent = 0;
	int r;

	pt_start(D, PST_SERVING);
	pt_call(0);
	while ((r = peer_send(pt.peer, MSG_LOG, &log, NULL, 0)) == 0)
		ck_assert_uint_lt(sent += 2000, 64u << 20);
	ck_assert_int_eq(r, RL_ERR_LIMIT);
	ck_assert_uint_le(peer_backlog(pt.peer), PEER_QUEUE_MAX);
	/* Not from inside peer_send(): on the next turn. */
	ck_assert_uint_eq(pt.closed, 0);
	pt_run_until_closed();
	ck_assert_int_eq(pt.closed_err, RL_ERR_LIMIT);
	ck_assert_int_eq(pt.answer_err, RL_ERR_LIMIT);
}
END_TEST

/* Whoever says much at once is not heard before all others have been. */
START_TEST(a_flood_is_taken_in_parts)
{
	struct msg_log body = { LOGL_INFO, "x" };
	struct loop_timer *tick =
	    loop_timer_new(pt.loop, (void (*)(void *))loop_stop, pt.loop);
	struct raw one = { 0 }, frame = { 0 }, many = { 0 };
	unsigned before, turns = 0;

	raw_record(&one, msg_type_get(MSG_LOG)->rec, &body);
	raw_frame(&frame, MSG_LOG, 0, 0, &one);
	for (unsigned i = 0; i < 50 * PEER_TURN_MAX; i++)
		raw_put(&many, frame.p, frame.len);
	pt_start(D, PST_SERVING);
	pt_write(many.p, many.len);
	/* All of it is there by now: nothing else makes the peer go on. */
	while (pt.handled < 50 * PEER_TURN_MAX) {
		before = pt.handled;
		loop_timer_arm(tick, 0);
		pt_run();
		ck_assert_uint_le(pt.handled - before, 2 * PEER_TURN_MAX);
		ck_assert_uint_lt(turns++, 100000);
	}
	ck_assert_uint_eq(pt.closed, 0);
	loop_timer_free(tick);
	raw_free(&one);
	raw_free(&frame);
	raw_free(&many);
}
END_TEST

START_TEST(backlog_drains)
{
	struct msg_log log = { LOGL_INFO, msggen_str(pt.gen, 2000) };
	static char b[65536];
	struct loop_timer *tick =
	    loop_timer_new(pt.loop, (void (*)(void *))loop_stop, pt.loop);
	struct buf *one = buf_new(4096);
	size_t left = 0;
	ssize_t n;

	ck_assert_int_eq(msg_encode(one, MSG_LOG, 0, 0, &log), 0);
	pt_start(D, PST_SERVING);
	while (peer_backlog(pt.peer) < 500000) {
		ck_assert_int_eq(peer_send(pt.peer, MSG_LOG, &log, NULL, 0), 0);
		left += buf_len(one);
	}
	while (left > 0) {
		loop_timer_arm(tick, 0);
		pt_run();
		n = recv(pt.fd, b, sizeof(b), MSG_DONTWAIT);
		if (n == -1 && errno == EAGAIN)
			continue;
		ck_assert_int_gt(n, 0);
		ck_assert_uint_le((size_t)n, left);
		left -= (size_t)n;
	}
	ck_assert_uint_eq(peer_backlog(pt.peer), 0);
	loop_timer_free(tick);
	buf_free(one);
}
END_TEST

START_TEST(pause_holds_everything)
{
	struct loop_timer *tick =
	    loop_timer_new(pt.loop, (void (*)(void *))loop_stop, pt.loop);

	pt_start(D, PST_SERVING);
	pt.pause_in_handler = true;
	for (int i = 0; i < 10; i++)
		pt_say_log("x");
	pt_run_until_handled(1);
	loop_timer_arm(tick, 20);
	pt_run();
	ck_assert_uint_eq(pt.handled, 1);
	/* Each resumption lets one through, since it pauses again. */
	peer_pause(pt.peer, false);
	ck_assert_uint_eq(pt.handled, 2);
	pt.pause_in_handler = false;
	pt.stop_after = 10;
	peer_pause(pt.peer, false);
	pt_run_until_handled(10);
	peer_pause(pt.peer, false);
	loop_timer_free(tick);
}
END_TEST

/* While it drains nothing more is read. */
START_TEST(closing_drains)
{
	struct loop_timer *tick =
	    loop_timer_new(pt.loop, (void (*)(void *))loop_stop, pt.loop);
	struct msg_log log = { LOGL_INFO, "bye" };

	pt_start(D, PST_SERVING);
	ck_assert_int_eq(peer_send(pt.peer, MSG_LOG, &log, NULL, 0), 0);
	peer_set_state(pt.peer, PST_CLOSING);
	pt_say_log("late");
	loop_timer_arm(tick, 20);
	pt_run();
	ck_assert_uint_eq(pt.handled, 0);
	ck_assert_uint_eq(pt_hear(0), MSG_LOG);
	loop_timer_free(tick);
}
END_TEST

/* --- being freed in the middle --- */

START_TEST(freed_in_handler)
{
	pt_start(D, PST_SERVING);
	pt.free_in_handler = true;
	pt_say_log("one");
	pt_say_log("two");
	pt_run_until_handled(1);
	ck_assert_ptr_null(pt.peer);
	ck_assert_uint_eq(pt.handled, 1);
	ck_assert_uint_eq(pt.closed, 0);
}
END_TEST

START_TEST(freed_in_answer)
{
	pt_start(D, PST_SERVING);
	pt.free_in_handler = true;
	pt_say_status(pt_call(0));
	pt_run();
	ck_assert_uint_eq(pt.answers, 1);
	ck_assert_ptr_null(pt.peer);

	/* In the first of several that end with the channel. */
	pt_start(D, PST_SERVING);
	pt_call(0);
	pt_call(0);
	pt_call(0);
	close(pt.fd);
	pt.fd = -1;
	while (pt.answers == 0)
		pt_run();
	ck_assert_uint_eq(pt.answers, 3);
	ck_assert_ptr_null(pt.peer);

	/* In a time-out. */
	pt_start(D, PST_SERVING);
	pt_call(5);
	pt_call(0);
	pt_run();
	ck_assert_uint_eq(pt.answers, 2);
	ck_assert_ptr_null(pt.peer);
}
END_TEST

Suite *
suite_peer_flow(void)
{
	Suite *s = suite_create("peer-flow");
	TCase *tc = tcase_create("peer-flow");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, pt_setup, pt_teardown);
	tcase_add_test(tc, descriptors_arrive);
	tcase_add_loop_test(tc, descriptors_of_two_messages, 1, 3);
	tcase_add_loop_test(tc, descriptors_of_two_messages, 12, 14);
	tcase_add_loop_test(tc, descriptors_of_two_messages, 5000, 5001);
	tcase_add_loop_test(tc, surplus_descriptors, 0, 3);
	tcase_add_test(tc, hoarded_descriptors);
	tcase_add_test(tc, sends_descriptors);
	tcase_add_test(tc, a_peer_that_does_not_read);
	tcase_add_test(tc, a_flood_is_taken_in_parts);
	tcase_add_test(tc, backlog_drains);
	tcase_add_test(tc, pause_holds_everything);
	tcase_add_test(tc, closing_drains);
	tcase_add_test(tc, freed_in_handler);
	tcase_add_test(tc, freed_in_answer);
	suite_add_tcase(s, tc);
	return s;
}
