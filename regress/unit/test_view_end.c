/*
 * A viewer whose channel breaks, whose session has ended, that types, and that
 * is lied to.
 */
#include "config.h"

#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "fdpass.h"
#include "record.h"
#include "ring.h"
#include "ringlet.h"
#include "secret.h"
#include "snapshot.h"
#include "viewrig.h"

/* --- another channel --- */

START_TEST(attaches_again)
{
	struct msg m;

	with.channels = 2;
	with.silent = true; /* on_again() fails the first time */
	rig_start(false, false, "");
	rig_answer_from(rig_expect_seek(SEEK_OLDEST), 0);
	rig_expect_at(0);
	rig_append("before", 6);
	rig_wake();
	rig_expect_text(out, "before");
	rig_expect_at(6);
	close(channel);
	rig_expect_text(err, "ringlet: the channel to session 0123456789abcdef is "
			 "broken (closed): trying to get "
			 "another\n");
	/* Neither input nor output is lost meanwhile. */
	ck_assert_int_eq(write(in, "typed", 5), 5);
	rig_append("between", 7);
	channel = others[1][0];
	rig_answer_from(rig_expect_seek(6), 6);
	rig_expect_text(out, "between");
	do { /* AT and INPUT, in either order */
		ck_assert_int_eq(msg_read(channel, PATIENCE, &m), 0);
		if (m.hdr.type == MSG_VIEWER_INPUT)
			break;
		msg_clear(&m);
	} while (true);
	ck_assert_mem_eq(
	    ((struct msg_viewer_input *)m.body)->data.p, "typed", 5);
	msg_clear(&m);
	rig_append("after", 5);
	rig_end_session(5);
	rig_expect_text(out, "after");
	ck_assert_int_eq(rig_result(), ENDED(5));
	ck_assert_int_eq(read(out, &(char){ 0 }, 1), 0);
	rig_expect_text(err, "ringlet: session 0123456789abcdef: attached again, "
			 "after: closed\n");
}
END_TEST

/* Whoever was to tell where to read is gone: another is asked the same. */
START_TEST(attaches_again_while_it_seeks)
{
	with.channels = 1;
	with.silent = true;
	rig_start(false, false, "");
	rig_expect_seek(SEEK_OLDEST);
	close(channel);
	channel = others[0][0];
	ck_assert_int_eq(rig_result(), HOW(VIEW_LOST)); /* the only one is gone */
}
END_TEST

START_TEST(gives_up)
{
	with.channels = 1;
	rig_start(false, false, "x");
	rig_expect_text(out, "x");
	close(channel);
	channel = others[0][0];
	rig_answer_from(rig_expect_seek(1), 1);
	close(channel);
	ck_assert_int_eq(rig_result(), HOW(VIEW_LOST));
}
END_TEST

/* --- ended sessions --- */

START_TEST(ended_beyond_the_ring)
{
	with.tty = _i != 0;
	with.tail = 4;
	with.clean = _i == 2 ? 3 : 6; /* 2: older than the ring */
	with.screen = "<picture>";
	rig_start(true, true, "0123456789");
	if (_i == 0) {
		rig_expect_text(out, "6789");
		rig_expect_text(
		    err, "ringlet: output was missed: 6 bytes, from 0 to 6\n");
	} else
		rig_expect_text(out, _i == 1 ? "<picture>6789" : "456789");
	ck_assert_int_eq(rig_result(), ENDED(0));
}
END_TEST

/*
 * What it asked the terminal, it asks again, and nobody waits for the answers
 * any more: they must not be typed into the user's shell.
 */
START_TEST(answers_are_taken_away)
{
	int n = -1;

	with.tty = true;
	rig_start(false, true, "a\033[c\033[6nz");
	rig_expect_text(out, "a\033[c\033[6nz");
	ck_assert_int_eq(write(in, "\033[?62c", 7), 7);
	rig_expect_text(out, "\033[5n");
	ck_assert_int_eq(write(in, "\033[1;3R\033[0n", 10), 10);
	ck_assert_int_eq(rig_result(), ENDED(0));
	ck_assert_int_eq(ioctl(slave, FIONREAD, &n), 0);
	ck_assert_int_eq(n, 0);
}
END_TEST

/* Plain text has asked nothing, so that nothing is waited for. */
START_TEST(plain_text_asks_nothing)
{
	with.tty = true;
	rig_start(false, true, "plain\r\n");
	rig_expect_text(out, "plain\r\n");
	ck_assert_int_eq(rig_result(), ENDED(0));
	ck_assert_int_eq(
	    poll(&(struct pollfd){ .fd = out, .events = POLLIN }, 1, 0), 0);
}
END_TEST

START_TEST(types)
{
	struct msg m;

	rig_start(false, false, "");
	rig_expect_at(0);
	ck_assert_int_eq(write(in, "~.x\n", 4), 4);
	rig_expect(MSG_VIEWER_INPUT, &m);
	/* Not a terminal: no escapes. */
	ck_assert_uint_eq(((struct msg_viewer_input *)m.body)->data.len, 4);
	ck_assert_mem_eq(
	    ((struct msg_viewer_input *)m.body)->data.p, "~.x\n", 4);
	msg_clear(&m);
	/* The end of input is not the end of watching. */
	close(in);
	rig_append("late\n", 5);
	rig_wake();
	rig_expect_text(out, "late\n");
	rig_expect_at(5);
	rig_end_session(0);
	ck_assert_int_eq(rig_result(), ENDED(0));
}
END_TEST

START_TEST(read_only_types_nothing)
{
	rig_start(true, false, "");
	rig_expect_at(0);
	ck_assert_int_eq(write(in, "x\n", 2), 2);
	rig_append("y", 1);
	rig_wake();
	rig_expect_text(out, "y");
	rig_expect_at(1); /* and no input before it */
	rig_end_session(0);
	ck_assert_int_eq(rig_result(), ENDED(0));
}
END_TEST

START_TEST(input_passes_stuck_output)
{
	static uint8_t filler[CAPACITY];
	struct msg m;

	memset(filler, 'f', sizeof(filler));
	rig_start(false, false, "");
	rig_expect_at(0);
	rig_append(filler, sizeof(filler));
	rig_wake();
	/* Nobody reads the output; typing must get through all the same. */
	ck_assert_int_eq(write(in, "\x03", 1), 1);
	do {
		ck_assert_int_eq(msg_read(channel, PATIENCE, &m), 0);
		if (m.hdr.type == MSG_VIEWER_INPUT)
			break;
		ck_assert_str_eq(m.type->name, "VIEWER_AT");
		msg_clear(&m);
	} while (true);
	msg_clear(&m);
	kill(viewer, SIGKILL);
	rig_result();
}
END_TEST

START_TEST(shows_what_has_ended)
{
	rig_start(false, true, "all of it\n");
	rig_expect_text(out, "all of it\n");
	ck_assert_int_eq(rig_result(), ENDED(0));
}
END_TEST

START_TEST(shows_an_end_without_output)
{
	rig_start(false, true, "");
	ck_assert_int_eq(rig_result(), ENDED(0));
	ck_assert_int_eq(read(out, &(char){ 0 }, 1), 0);
}
END_TEST

START_TEST(lost_channel)
{
	rig_start(false, false, "");
	rig_expect_at(0);
	rig_append("last\n", 5);
	close(channel);
	rig_expect_text(out, "last\n");
	ck_assert_int_eq(rig_result(), HOW(VIEW_LOST));
}
END_TEST

START_TEST(hostile_channel)
{
	const struct msg_viewer_at at = { 0 };

	rig_start(false, false, "");
	rig_expect_at(0);
	switch (_i) {
	case 0: /* bytes that are no message */
		ck_assert_int_eq(write(channel, "GET / HTTP/1.1\r\n", 16), 16);
		break;
	case 1: /* a message that only a viewer may send */
		msg_write(channel, MSG_VIEWER_AT, 0, &at, NULL, 0);
		break;
	case 2: /* an error, which answers no call of ours */
		msg_write(channel, MSG_ERROR, 5,
		    &(struct msg_error){ .code = -1 }, NULL, 0);
		break;
	}
	ck_assert_int_eq(rig_result(), HOW(VIEW_LOST));
}
END_TEST

START_TEST(hostile_ring)
{
	rig_start(false, false, "");
	rig_expect_at(0);
	switch (_i) {
	case 0: /* the end goes back behind what was read */
		rig_append("x", 1);
		rig_wake();
		rig_expect_text(out, "x");
		rig_expect_at(1);
		atomic_store(&hdr->head, 0);
		break;
	case 1: /* the beginning is behind the end */
		atomic_store(&hdr->tail, 100);
		atomic_store(&hdr->head, 50);
		break;
	case 2: /* more than it can hold */
		atomic_store(&hdr->head, UINT64_MAX);
		break;
	}
	rig_wake();
	/* Whatever it makes of it, it neither crashes nor hangs. */
	close(channel);
	close(out);
	ck_assert_int_ge(rig_result(), HOW(VIEW_LOST));
}
END_TEST

START_TEST(dies_of_signals)
{
	rig_start(false, false, "");
	rig_expect_at(0);
	kill(viewer, SIGTERM);
	ck_assert_int_eq(rig_result(), HOW(VIEW_SIGNALLED));
}
END_TEST

START_TEST(broken_output)
{
	rig_start(false, false, "");
	rig_expect_at(0);
	close(out);
	rig_append("x", 1);
	rig_wake();
	ck_assert_int_eq(rig_result(), HOW(VIEW_OUTPUT));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("view-end");
	TCase *tc = tcase_create("viewer");
	SRunner *sr;
	int failed;

	signal(SIGPIPE, SIG_IGN);
	secret_init();
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, attaches_again);
	tcase_add_test(tc, attaches_again_while_it_seeks);
	tcase_add_test(tc, gives_up);
	tcase_add_loop_test(tc, ended_beyond_the_ring, 0, 3);
	tcase_add_test(tc, answers_are_taken_away);
	tcase_add_test(tc, plain_text_asks_nothing);
	tcase_add_test(tc, types);
	tcase_add_test(tc, read_only_types_nothing);
	tcase_add_test(tc, input_passes_stuck_output);
	tcase_add_test(tc, shows_what_has_ended);
	tcase_add_test(tc, shows_an_end_without_output);
	tcase_add_test(tc, lost_channel);
	tcase_add_loop_test(tc, hostile_channel, 0, 3);
	tcase_add_loop_test(tc, hostile_ring, 0, 3);
	tcase_add_test(tc, dies_of_signals);
	tcase_add_test(tc, broken_output);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
