/*
 * What a viewer shows: a session as it goes on, its screen, an answer that is
 * late or hostile, a terminal that is as it was afterwards, a recording.
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

START_TEST(shows_and_ends)
{
	rig_start(false, false, "");
	rig_expect_at(0);
	rig_append("one\n", 4);
	rig_wake();
	rig_expect_text(out, "one\n");
	rig_expect_at(4);
	/* The end may be told before the last bytes are noticed. */
	rig_append("two\n", 4);
	rig_end_session(3);
	rig_expect_text(out, "two\n");
	ck_assert_int_eq(rig_result(), ENDED(3));
	ck_assert_int_eq(read(err, &(char){ 0 }, 1), 0);
}
END_TEST

START_TEST(writes_all_before_it_ends)
{
	static uint8_t big[CAPACITY], got[CAPACITY + 1];
	size_t len = 0;
	ssize_t n;

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t)(i * 7 + i / 251);
	rig_start(false, false, "");
	/* The pipe holds less than that: it ends when we have read. */
	ck_assert_int_ge(fcntl(out, F_SETPIPE_SZ, 4096), 4096);
	rig_append(big, sizeof(big));
	rig_end_session(0);
	ck_assert_int_eq(waitpid(viewer, &(int){ 0 }, WNOHANG), 0);
	while ((n = read(out, got + len, sizeof(got) - len)) > 0)
		len += (size_t)n;
	ck_assert_uint_eq(len, sizeof(big));
	ck_assert_mem_eq(got, big, sizeof(big));
	ck_assert_int_eq(rig_result(), ENDED(0));
}
END_TEST

START_TEST(tells_a_gap)
{
	static uint8_t filler[CAPACITY];

	memset(filler, 'f', sizeof(filler));
	rig_start(false, false, "");
	rig_expect_at(0);
	rig_append("lost", 4);
	rig_append(filler, sizeof(filler));
	/* Nobody is left to say where a clean point is. */
	rig_end_session(0);
	rig_expect_text(err, "ringlet: output was missed: 4 bytes, from 0 to 4\n");
	close(out);
	rig_result();
}
END_TEST

/* The sandboxer knows where it goes on. */
START_TEST(goes_on_as_told)
{
	static uint8_t filler[CAPACITY];

	memset(filler, 'f', sizeof(filler));
	rig_start(false, false, "");
	rig_expect_at(0);
	rig_append("lost", 4);
	rig_append(filler, sizeof(filler) - 5);
	rig_append("clean", 5);
	rig_append("more", 4);
	rig_wake();
	/* A pipe gets no screen, but the bytes from there on. */
	rig_answer_screen(
	    rig_expect_seek(0), CAPACITY - 1, rig_screen_of("no picture"), false);
	rig_expect_text(
	    err, "ringlet: output was missed: 65535 bytes, from 0 to 65535\n");
	rig_expect_text(out, "cleanmore");
	rig_expect_at(CAPACITY + 8);
	rig_append("!", 1);
	rig_end_session(0);
	rig_expect_text(out, "!");
	ck_assert_int_eq(rig_result(), ENDED(0));
	ck_assert_int_eq(read(err, &(char){ 0 }, 1), 0);
}
END_TEST

START_TEST(comes_late)
{
	with.silent = true;
	with.tail = 10;
	rig_start(false, false, "0123456789abcdefghij");
	rig_answer_screen(
	    rig_expect_seek(SEEK_OLDEST), 15, rig_screen_of("no picture"), true);
	rig_expect_text(
	    err, "ringlet: output was missed: 15 bytes, from 0 to 15\n");
	rig_expect_text(out, "fghij");
	rig_end_session(0);
	ck_assert_int_eq(rig_result(), ENDED(0));
}
END_TEST

START_TEST(draws_a_screen)
{
	uint32_t id;

	with.tty = true;
	rig_start(false, false, "0123456789");
	/* The size comes first, so that the screen is one of that size. */
	rig_expect_size();
	id = rig_expect_seek(SEEK_SCREEN);
	rig_answer_screen(id, 8, rig_screen_of("<picture>"), _i == 0);
	rig_expect_text(out, "<picture>89");
	rig_expect_at(10);
	rig_append("!", 1);
	rig_end_session(0);
	rig_expect_text(out, "!");
	ck_assert_int_eq(rig_result(), ENDED(0));
	/* What may have been wrong is said on a standard error of its own. */
	if (_i == 0)
		ck_assert_int_eq(read(err, &(char){ 0 }, 1), 0);
	else
		rig_expect_text(err, "\r\nringlet: the screen may differ from "
				 "what the session has shown");
}
END_TEST

/*
 * What the terminal answers by itself goes its own way; and is nothing typed,
 * so that an escape after it is still one at the beginning of a line.
 */
START_TEST(answers_are_not_typed)
{
	static const char keys[] = "l\r\033[?62;22c\033]11;rgb:0/0/0\033\\~.";
	static const struct {
		uint16_t type;
		const char *bytes;
	} said[] = {
		{ MSG_VIEWER_INPUT, "l\r" },
		{ MSG_VIEWER_ANSWER, "\033[?62;22c" },
		{ MSG_VIEWER_ANSWER, "\033]11;rgb:0/0/0\033\\" },
	};
	const struct msg_viewer_input *got;
	struct msg m;

	with.tty = true;
	rig_start(false, false, "");
	rig_expect(MSG_VIEWER_RESIZE, &m);
	msg_clear(&m);
	rig_answer_from(rig_expect_seek(SEEK_SCREEN), 0);
	rig_expect_at(0);
	ck_assert_int_eq(
	    write(in, keys, sizeof(keys) - 1), (ssize_t)sizeof(keys) - 1);
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		rig_expect(said[i].type, &m);
		got = m.body;
		ck_assert_uint_eq(got->data.len, strlen(said[i].bytes));
		ck_assert_mem_eq(got->data.p, said[i].bytes, got->data.len);
		msg_clear(&m);
	}
	ck_assert_int_eq(rig_result(), HOW(VIEW_DETACHED));
}
END_TEST

START_TEST(redraws_after_a_stop)
{
	with.tty = true;
	rig_start(false, false, "");
	rig_expect_size();
	rig_answer_from(rig_expect_seek(SEEK_SCREEN), 0);
	rig_expect_at(0);
	rig_append("\033[?2004hx", 9);
	rig_wake();
	rig_expect_text(out, "\033[?2004hx");
	rig_expect_at(9);
	kill(viewer, SIGTSTP);
	ck_assert_int_eq(waitpid(viewer, &(int){ 0 }, WUNTRACED), viewer);
	/* Whoever has the terminal meanwhile finds it as it was. */
	rig_expect_text(out, "\033[?2004l");
	kill(viewer, SIGCONT);
	rig_expect_size();
	rig_answer_screen(
	    rig_expect_seek(SEEK_SCREEN), 9, rig_screen_of("<picture>"), true);
	rig_expect_text(out, "<picture>");
	rig_end_session(0);
	ck_assert_int_eq(rig_result(), ENDED(0));
}
END_TEST

START_TEST(seek_fails)
{
	const struct msg_error e = { .code = -1, .text = "no\033 keeper" };

	with.silent = true;
	with.tail = 4;
	rig_start(false, false, "0123456789");
	ck_assert_int_eq(msg_write(channel, MSG_ERROR, rig_expect_seek(SEEK_OLDEST),
			     &e, NULL, 0),
	    0);
	rig_expect_text(err, "ringlet: no\\x1b keeper\n"
			 "ringlet: output was missed: 4 bytes, from 0 to 4\n");
	rig_expect_text(out, "456789");
	rig_expect_at(10);
	rig_end_session(0);
	ck_assert_int_eq(rig_result(), ENDED(0));
}
END_TEST

/* Nobody is there to ask by the time that it comes. */
START_TEST(ends_before_it_seeks)
{
	with.gone = true;
	with.tty = _i != 0;
	rig_start(false, false, "0123456789");
	rig_expect_text(out, "0123456789");
	ck_assert_int_eq(rig_result(), ENDED(3));
}
END_TEST

START_TEST(ends_while_it_seeks)
{
	uint32_t id;

	with.silent = true;
	with.tail = 4;
	rig_start(false, false, "0123456789");
	id = rig_expect_seek(SEEK_OLDEST);
	rig_end_session(3);
	if (_i == 0) /* the answer may come all the same */
		rig_answer_from(id, 6);
	else
		close(channel);
	rig_expect_text(out, _i == 0 ? "6789" : "456789");
	ck_assert_int_eq(rig_result(), ENDED(3));
}
END_TEST

START_TEST(hostile_answer)
{
	uint32_t id;
	int fd;

	with.tty = true;
	rig_start(false, false, "0123456789");
	rig_expect_size();
	id = rig_expect_seek(SEEK_SCREEN);
	switch (_i) {
	case 0: /* a byte that is not there */
		rig_answer_from(id, 11);
		break;
	case 1: /* a file that could change, or shrink, while it is drawn */
		ck_assert_int_ge(fd = snapshot_new(), 0);
		ck_assert_int_eq(write(fd, "bad", 3), 3);
		rig_answer_screen(id, 0, fd, true);
		rig_expect_text(out, "0123456789");
		close(channel);
		break;
	case 2: /* an answer twice */
		rig_answer_from(id, 0);
		rig_answer_from(id, 0);
		break;
	case 3: /* a screen without its file */
		msg_write(channel, MSG_VIEWER_SCREEN, id,
		    &(struct msg_viewer_screen){ .offset = 1 }, NULL, 0);
		break;
	}
	ck_assert_int_eq(rig_result(), HOW(VIEW_LOST));
}
END_TEST

/* Whatever ends it, the terminal is as it was. */
START_TEST(restores_the_terminal)
{
	static const int signals[] = { SIGTERM, SIGHUP, SIGINT, SIGQUIT,
		SIGABRT, SIGSEGV, SIGBUS };
	struct termios was = { 0 }, raw, is = { 0 };
	struct sigaction old;
	int status;

	/* A sanitizer has handlers of its own for some. */
	ck_assert_int_eq(sigaction(signals[_i], NULL, &old), 0);
	if (old.sa_handler != SIG_DFL)
		return;
	with.tty = true;
	rig_start(false, false, "");
	rig_expect_size();
	ck_assert_int_eq(tcgetattr(slave, &raw), 0);
	ck_assert_int_eq(raw.c_lflag & (ICANON | ECHO | ISIG), 0);
	rig_answer_from(rig_expect_seek(SEEK_SCREEN), 0);
	rig_expect_at(0);
	rig_append("\033[?25lx", 7);
	rig_wake();
	rig_expect_text(out, "\033[?25lx");
	kill(viewer, signals[_i]);
	ck_assert_int_eq(waitpid(viewer, &status, 0), viewer);
	if (signals[_i] == SIGABRT || signals[_i] == SIGSEGV ||
	    signals[_i] == SIGBUS) {
		rig_expect_text(out, "\033[0m\033[?25h");
		/* A sanitizer makes an exit of it. */
		ck_assert(
		    !WIFSIGNALED(status) || WTERMSIG(status) == signals[_i]);
	} else {
		rig_expect_text(out, "\033[?25h");
		ck_assert_int_eq(WEXITSTATUS(status), HOW(VIEW_SIGNALLED));
	}
	ck_assert_int_eq(tcgetattr(slave, &is), 0);
	ck_assert_int_eq(openpty(&(int){ 0 }, &slave, NULL, NULL, NULL), 0);
	ck_assert_int_eq(tcgetattr(slave, &was), 0);
	ck_assert_mem_eq(&is, &was, sizeof(is));
}
END_TEST

/* ^Z by an escape: the same as from outside. */
START_TEST(stops_by_escape)
{
	with.tty = true;
	rig_start(false, false, "");
	rig_expect_size();
	rig_answer_from(rig_expect_seek(SEEK_SCREEN), 0);
	rig_expect_at(0);
	ck_assert_int_eq(write(in, "~\x1a", 2), 2);
	ck_assert_int_eq(waitpid(viewer, &(int){ 0 }, WUNTRACED), viewer);
	kill(viewer, SIGCONT);
	rig_expect_size();
	rig_answer_from(rig_expect_seek(SEEK_SCREEN), 0);
	rig_expect_at(0);
	ck_assert_int_eq(write(in, "~.", 2), 2);
	ck_assert_int_eq(rig_result(), HOW(VIEW_DETACHED));
}
END_TEST

/* It fell out of the ring, and the session has ended since. */
START_TEST(too_slow_for_the_end)
{
	with.tty = true;
	with.channels = 1;
	with.ended_screen = "<picture>";
	with.clean = 100;
	rig_start(false, false, "");
	rig_expect_size();
	rig_answer_from(rig_expect_seek(SEEK_SCREEN), 0);
	rig_expect_at(0);
	for (int i = 0; i < 98; i++)
		rig_append("x", 1);
	rig_append("--end", 5);
	atomic_store(&hdr->tail, 50);
	rig_end_session(3);
	rig_expect_text(out, "<picture>end");
	ck_assert_int_eq(rig_result(), ENDED(3));
	rig_expect_text(
	    err, "\r\nringlet: output was missed: 100 bytes, from 0 to 100");
}
END_TEST

/*
 * What a terminal draws instead of the past is not a second past, and one that
 * begins a little earlier, amid an escape sequence, repeats nothing.
 */
START_TEST(records_each_byte_once)
{
	char path[] = "/tmp/test_view.XXXXXX", got[4096];
	ssize_t n;
	int fd;

	ck_assert_int_ge(fd = mkstemp(path), 0);
	ck_assert_int_eq(unlink(path), 0);
	close(fd);
	with.record = path;
	with.tty = true;
	rig_start(false, false, "");
	rig_expect_size();
	rig_answer_from(rig_expect_seek(SEEK_OLDEST), 0);
	rig_expect_at(0);
	rig_append("one\033[3", 6);
	rig_wake();
	rig_expect_text(out, "one\033[3");
	rig_expect_at(6);
	kill(viewer, SIGTSTP);
	ck_assert_int_eq(waitpid(viewer, &(int){ 0 }, WUNTRACED), viewer);
	if (_i == 1)
		rig_append("1mtwo", 5);
	kill(viewer, SIGCONT);
	rig_expect_size();
	rig_answer_screen(rig_expect_seek(SEEK_SCREEN), _i == 1 ? 11 : 3,
	    rig_screen_of("<picture>"), true);
	rig_expect_text(out, _i == 1 ? "<picture>" : "<picture>\033[3");
	if (_i == 0)
		rig_append("1mtwo", 5);
	rig_append("three", 5);
	rig_wake();
	rig_expect_text(out, _i == 1 ? "three" : "1mtwothree");
	rig_end_session(0);
	ck_assert_int_eq(rig_result(), ENDED(0));
	ck_assert_int_ge(fd = open(path, O_RDONLY), 0);
	ck_assert_int_gt(n = read(fd, got, sizeof(got) - 1), 0);
	close(fd);
	got[n] = '\0';
	unlink(path);
	ck_assert_ptr_null(strstr(got, "picture"));
	for (const char *const *word = (const char *const[]){ "one\\u001b[3",
		 "1mtwo", "three", NULL };
	     *word != NULL; word++) {
		ck_assert_ptr_nonnull(strstr(got, *word));
		ck_assert_ptr_null(strstr(strstr(got, *word) + 1, *word));
	}
}
END_TEST

/* A recording goes on with what a terminal would show. */
START_TEST(records_a_screen)
{
	static uint8_t filler[CAPACITY];
	char path[] = "/tmp/test_view.XXXXXX", got[4096];
	ssize_t n;
	int fd;

	memset(filler, 'f', sizeof(filler));
	ck_assert_int_ge(fd = mkstemp(path), 0);
	ck_assert_int_eq(unlink(path), 0);
	close(fd);
	with.record = path;
	rig_start(true, false, "begin\n");
	rig_expect_at(6);
	rig_append(filler, sizeof(filler) - 5);
	rig_append("clean", 5);
	rig_append("end\n", 4);
	rig_wake();
	rig_answer_screen(
	    rig_expect_seek(6), CAPACITY + 1, rig_screen_of("<pic\303\251>"), true);
	rig_expect_text(
	    err, "ringlet: output was missed: 65531 bytes, from 6 to 65537\n");
	rig_end_session(0);
	ck_assert_int_eq(rig_result(), ENDED(0));
	ck_assert_int_eq(read(out, got, 1), 0);
	ck_assert_int_ge(fd = open(path, O_RDONLY), 0);
	ck_assert_int_gt(n = read(fd, got, sizeof(got) - 1), 0);
	got[n] = '\0';
	unlink(path);
	ck_assert_ptr_nonnull(strstr(got, "\"o\", \"begin\\u000a\"]\n["));
	ck_assert_ptr_nonnull(strstr(got, "\"o\", \"<pic\303\251>\"]\n["));
	ck_assert_ptr_nonnull(strstr(got, "\"o\", \"cleanend\\u000a\"]\n"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("view");
	TCase *tc = tcase_create("viewer");
	SRunner *sr;
	int failed;

	signal(SIGPIPE, SIG_IGN);
	secret_init();
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, shows_and_ends);
	tcase_add_test(tc, writes_all_before_it_ends);
	tcase_add_test(tc, tells_a_gap);
	tcase_add_test(tc, goes_on_as_told);
	tcase_add_test(tc, comes_late);
	tcase_add_loop_test(tc, draws_a_screen, 0, 2);
	tcase_add_test(tc, answers_are_not_typed);
	tcase_add_test(tc, redraws_after_a_stop);
	tcase_add_test(tc, seek_fails);
	tcase_add_loop_test(tc, ends_before_it_seeks, 0, 2);
	tcase_add_loop_test(tc, ends_while_it_seeks, 0, 2);
	tcase_add_loop_test(tc, hostile_answer, 0, 4);
	tcase_add_loop_test(tc, restores_the_terminal, 0, 7);
	tcase_add_test(tc, stops_by_escape);
	tcase_add_test(tc, too_slow_for_the_end);
	tcase_add_test(tc, records_a_screen);
	tcase_add_loop_test(tc, records_each_byte_once, 0, 2);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
