/*
 * A viewer against a sandboxer of our own making: pipes for its terminal, a
 * real ring, a channel that behaves or does not.
 */
#include "config.h"

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fdpass.h"
#include "ring.h"
#include "ringlet.h"
#include "secret.h"
#include "view.h"

#define CAPACITY RING_CAPACITY_MIN
#define PATIENCE 20000 /* ms */

static struct ring_header *hdr;
static uint8_t *data;
static int ring, channel, event, in, out, err;
static pid_t viewer;

/* What the child's exit status says about how it ended. */
#define ENDED(code) (code)
#define HOW(end)    (100 + (int)(end))

static void
append(const void *p, size_t len)
{
	uint64_t head = atomic_load(&hdr->head);

	if (head + len - atomic_load(&hdr->tail) > CAPACITY)
		atomic_store(&hdr->tail, head + len - CAPACITY);
	for (size_t i = 0; i < len; i++)
		data[(head + i) % CAPACITY] = ((const uint8_t *)p)[i];
	atomic_store(&hdr->head, head + len);
}

/*
 * Starts a viewer of a session that has printed before; ended: and has ended,
 * so that there is no channel.
 */
static void
start(bool read_only, bool ended, const char *before)
{
	const struct cli cli = { 0 };
	struct view view = { .cli = &cli,
		.id = "0123456789abcdef",
		.channel = -1,
		.event = -1,
		.read_only = read_only };
	struct ring_reader *reader;
	int pin[2], pout[2], perr[2], sv[2];

	ck_assert_int_ge(ring = ring_create(CAPACITY), 0);
	hdr = mmap(NULL, RING_HEADER_SIZE + CAPACITY, PROT_READ | PROT_WRITE,
	    MAP_SHARED, ring, 0);
	ck_assert(hdr != MAP_FAILED);
	data = (uint8_t *)hdr + RING_HEADER_SIZE;
	append(before, strlen(before));
	ck_assert_int_ge(event = eventfd(0, EFD_NONBLOCK), 0);
	ck_assert(pipe(pin) == 0 && pipe(pout) == 0 && pipe(perr) == 0);
	/* Far less than the ring, so that output can get stuck. */
	ck_assert_int_ge(fcntl(pout[1], F_SETPIPE_SZ, 4096), 0);
	ck_assert_int_eq(fd_pair(sv), 0);
	if ((viewer = fork()) == 0) {
		dup2(pin[0], 0);
		dup2(pout[1], 1);
		dup2(perr[1], 2);
		close(pin[1]);
		close(pout[0]);
		close(perr[0]);
		close(sv[0]);
		if (ring_reader_new(ring, &reader) != 0)
			_exit(99);
		view.ring = reader;
		if (!ended) {
			view.channel = sv[1];
			view.event = event;
		}
		view_run(&view);
		_exit(view.end == VIEW_ENDED ? (int)view.exit_code
					     : HOW(view.end));
	}
	close(pin[0]);
	close(pout[1]);
	close(perr[1]);
	close(sv[1]);
	in = pin[1];
	out = pout[0];
	err = perr[0];
	channel = sv[0];
}

static void
wake(void)
{
	const uint64_t one = 1;

	ck_assert_int_eq(write(event, &one, sizeof(one)), sizeof(one));
}

static void
end_session(int64_t exit_code)
{
	const struct msg_viewer_state s = { .state = SST_TERMINATED,
		.exit_code = exit_code };

	ck_assert_int_eq(
	    msg_write(channel, MSG_VIEWER_STATE, 0, &s, NULL, 0), 0);
}

/* The next message from the viewer, which must be of that type. */
static void
expect(uint16_t type, struct msg *m)
{
	ck_assert_int_eq(msg_read(channel, PATIENCE, m), 0);
	ck_assert_str_eq(m->type->name, msg_type_get(type)->name);
}

static void
expect_at(uint64_t offset)
{
	struct msg m;

	expect(MSG_VIEWER_AT, &m);
	ck_assert_uint_eq(((struct msg_viewer_at *)m.body)->offset, offset);
	msg_clear(&m);
}

static void
expect_text(int fd, const char *want)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	char got[4096];
	size_t len = 0, n = strlen(want);
	ssize_t r;

	ck_assert_uint_lt(n, sizeof(got));
	while (len < n) {
		ck_assert_int_eq(poll(&pfd, 1, PATIENCE), 1);
		ck_assert_int_gt(r = read(fd, got + len, n - len), 0);
		len += (size_t)r;
	}
	got[len] = '\0';
	ck_assert_str_eq(got, want);
}

/* Its exit status, or 1000 and the signal. */
static int
result(void)
{
	int status;

	ck_assert_int_eq(waitpid(viewer, &status, 0), viewer);
	return WIFEXITED(status) ? WEXITSTATUS(status)
				 : 1000 + WTERMSIG(status);
}

START_TEST(shows_and_ends)
{
	start(false, false, "");
	expect_at(0);
	append("one\n", 4);
	wake();
	expect_text(out, "one\n");
	expect_at(4);
	/* The end may be told before the last bytes are noticed. */
	append("two\n", 4);
	end_session(3);
	expect_text(out, "two\n");
	ck_assert_int_eq(result(), ENDED(3));
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
	start(false, false, "");
	/* The pipe holds less than that: it ends when we have read. */
	ck_assert_int_ge(fcntl(out, F_SETPIPE_SZ, 4096), 4096);
	append(big, sizeof(big));
	end_session(0);
	ck_assert_int_eq(waitpid(viewer, &(int){ 0 }, WNOHANG), 0);
	while ((n = read(out, got + len, sizeof(got) - len)) > 0)
		len += (size_t)n;
	ck_assert_uint_eq(len, sizeof(big));
	ck_assert_mem_eq(got, big, sizeof(big));
	ck_assert_int_eq(result(), ENDED(0));
}
END_TEST

START_TEST(tells_a_gap)
{
	static uint8_t filler[CAPACITY];

	memset(filler, 'f', sizeof(filler));
	start(false, false, "");
	expect_at(0);
	append("lost", 4);
	append(filler, sizeof(filler));
	wake();
	expect_text(err, "ringlet: output was missed: 4 bytes, from 0 to 4\n");
	end_session(0);
	close(out);
	result();
}
END_TEST

START_TEST(types)
{
	struct msg m;

	start(false, false, "");
	expect_at(0);
	ck_assert_int_eq(write(in, "~.x\n", 4), 4);
	expect(MSG_VIEWER_INPUT, &m);
	/* Not a terminal: no escapes. */
	ck_assert_uint_eq(((struct msg_viewer_input *)m.body)->data.len, 4);
	ck_assert_mem_eq(
	    ((struct msg_viewer_input *)m.body)->data.p, "~.x\n", 4);
	msg_clear(&m);
	/* The end of input is not the end of watching. */
	close(in);
	append("late\n", 5);
	wake();
	expect_text(out, "late\n");
	expect_at(5);
	end_session(0);
	ck_assert_int_eq(result(), ENDED(0));
}
END_TEST

START_TEST(read_only_types_nothing)
{
	start(true, false, "");
	expect_at(0);
	ck_assert_int_eq(write(in, "x\n", 2), 2);
	append("y", 1);
	wake();
	expect_text(out, "y");
	expect_at(1); /* and no input before it */
	end_session(0);
	ck_assert_int_eq(result(), ENDED(0));
}
END_TEST

START_TEST(input_passes_stuck_output)
{
	static uint8_t filler[CAPACITY];
	struct msg m;

	memset(filler, 'f', sizeof(filler));
	start(false, false, "");
	expect_at(0);
	append(filler, sizeof(filler));
	wake();
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
	result();
}
END_TEST

START_TEST(shows_what_has_ended)
{
	start(false, true, "all of it\n");
	expect_text(out, "all of it\n");
	ck_assert_int_eq(result(), ENDED(0));
}
END_TEST

START_TEST(shows_an_end_without_output)
{
	start(false, true, "");
	ck_assert_int_eq(result(), ENDED(0));
	ck_assert_int_eq(read(out, &(char){ 0 }, 1), 0);
}
END_TEST

START_TEST(lost_channel)
{
	start(false, false, "");
	expect_at(0);
	append("last\n", 5);
	close(channel);
	expect_text(out, "last\n");
	ck_assert_int_eq(result(), HOW(VIEW_LOST));
}
END_TEST

START_TEST(hostile_channel)
{
	const struct msg_viewer_at at = { 0 };

	start(false, false, "");
	expect_at(0);
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
	ck_assert_int_eq(result(), HOW(VIEW_LOST));
}
END_TEST

START_TEST(hostile_ring)
{
	start(false, false, "");
	expect_at(0);
	switch (_i) {
	case 0: /* the end goes back behind what was read */
		append("x", 1);
		wake();
		expect_text(out, "x");
		expect_at(1);
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
	wake();
	/* Whatever it makes of it, it neither crashes nor hangs. */
	close(channel);
	close(out);
	ck_assert_int_ge(result(), HOW(VIEW_LOST));
}
END_TEST

START_TEST(dies_of_signals)
{
	start(false, false, "");
	expect_at(0);
	kill(viewer, SIGTERM);
	ck_assert_int_eq(result(), HOW(VIEW_SIGNALLED));
}
END_TEST

START_TEST(broken_output)
{
	start(false, false, "");
	expect_at(0);
	close(out);
	append("x", 1);
	wake();
	ck_assert_int_eq(result(), HOW(VIEW_OUTPUT));
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
