/*
 * A viewer against a sandboxer of our own making: pipes for its terminal, a
 * real ring, a channel that behaves or does not.
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
#include "view.h"

#define CAPACITY RING_CAPACITY_MIN
#define PATIENCE 20000 /* ms */

/* What start() does otherwise than most tests want it. */
static struct {
	bool tty;		  /* standard input and output are a terminal */
	bool silent;		  /* the first SEEK is not answered */
	const char *screen;	  /* of a session that had ended before */
	const char *ended_screen; /* and of one that ends */
	uint64_t clean;
	uint64_t tail;	    /* this much has left the ring */
	const char *record; /* a file: nothing is shown */
	int channels;	    /* that replace a broken one */
	bool gone;	    /* the session's last words are said already */
} with;
static int others[4][2], nothers;

static struct ring_header *hdr;
static uint8_t *data;
static int ring, channel, event, in, out, err, slave;
static pid_t viewer;

/* What the child's exit status says about how it ended. */
#define ENDED(code) (code)
#define HOW(end)    (100 + (int)(end))

static void end_session(int64_t);

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

/* A sealed memory file with that text. */
static int
screen_of(const char *text)
{
	int fd = snapshot_new();

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(snapshot_seal(fd, strlen(text)), 0);
	return fd;
}

/* The next message from the viewer, which must be of that type. */
static void
expect(uint16_t type, struct msg *m)
{
	ck_assert_int_eq(msg_read(channel, PATIENCE, m), 0);
	ck_assert_str_eq(m->type->name, msg_type_get(type)->name);
}

static void
expect_size(void)
{
	struct msg m;

	expect(MSG_VIEWER_RESIZE, &m);
	msg_clear(&m);
}

/* Returns the id that its answer must have. */
static uint32_t
expect_seek(int64_t offset)
{
	struct msg m;
	uint32_t id;

	expect(MSG_VIEWER_SEEK, &m);
	ck_assert_int_eq(((struct msg_viewer_seek *)m.body)->offset, offset);
	id = m.hdr.id;
	msg_clear(&m);
	return id;
}

static void
answer_from(uint32_t id, uint64_t offset)
{
	const struct msg_viewer_from f = {
		.offset = offset, .cols = 80, .rows = 24
	};

	ck_assert_int_eq(
	    msg_write(channel, MSG_VIEWER_FROM, id, &f, NULL, 0), 0);
}

static void
answer_screen(uint32_t id, uint64_t offset, int fd, bool exact)
{
	const struct msg_viewer_screen s = {
		.offset = offset, .cols = 80, .rows = 24, .exact = exact
	};

	ck_assert_int_eq(
	    msg_write(channel, MSG_VIEWER_SCREEN, id, &s, &fd, 1), 0);
	close(fd);
}

static int
on_again(struct view *view)
{
	if (with.ended_screen != NULL) {
		view->screen = screen_of(with.ended_screen);
		view->clean = with.clean;
		return RL_ERR_STATE;
	}
	if (nothers == with.channels) {
		view->text = strdup("no more");
		return RL_ERR_NOTFOUND;
	}
	close(view->channel);
	view->channel = others[nothers++][1];
	/* The first time it takes a while. */
	return nothers == 1 && with.silent ? RL_ERR_AGAIN : 0;
}

static void
open_standard(int *pin, int *pout)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };

	if (!with.tty) {
		ck_assert(pipe(pin) == 0 && pipe(pout) == 0);
		/* Far less than the ring, so that output can get stuck. */
		ck_assert_int_ge(fcntl(pout[1], F_SETPIPE_SZ, 4096), 0);
		return;
	}
	ck_assert_int_eq(openpty(&pin[1], &slave, NULL, NULL, &size), 0);
	ck_assert_int_ge(pin[0] = pout[1] = dup(slave), 0);
	ck_assert_int_ge(pout[0] = dup(pin[1]), 0);
}

static void __attribute__((__noreturn__))
run_viewer(bool read_only, bool ended, int sock)
{
	struct cli cli = { .fd = -1, .quiet = true };
	struct view view = { .id = "0123456789abcdef",
		.cli = &cli,
		.channel = -1,
		.event = -1,
		.screen = -1,
		.offset = VIEW_FRESH,
		.clean = ended ? with.clean : 0,
		.read_only = read_only };
	struct ring_reader *reader;

	if (ring_reader_new(ring, &reader) != 0)
		_exit(99);
	view.ring = reader;
	if (!ended) {
		view.channel = sock;
		view.event = event;
	} else if (with.screen != NULL)
		view.screen = screen_of(with.screen);
	if (with.channels > 0)
		view.again = on_again;
	if (with.record != NULL) {
		view.silent = !with.tty;
		view.record = record_new(with.record);
	}
	view_run(&view);
	if (view.record != NULL && record_end(view.record) != 0)
		_exit(98);
	_exit(view.end == VIEW_ENDED ? (int)view.exit_code : HOW(view.end));
}

/*
 * Starts a viewer of a session that has printed before; ended: and has ended,
 * so that there is no channel.
 */
static void
start(bool read_only, bool ended, const char *before)
{
	int pin[2], pout[2], perr[2], sv[2];

	ck_assert_int_ge(ring = ring_create(CAPACITY), 0);
	hdr = mmap(NULL, RING_HEADER_SIZE + CAPACITY, PROT_READ | PROT_WRITE,
	    MAP_SHARED, ring, 0);
	ck_assert(hdr != MAP_FAILED);
	data = (uint8_t *)hdr + RING_HEADER_SIZE;
	append(before, strlen(before));
	atomic_store(&hdr->tail, with.tail);
	ck_assert_int_ge(event = eventfd(0, EFD_NONBLOCK), 0);
	ck_assert_int_eq(pipe(perr), 0);
	open_standard(pin, pout);
	ck_assert_int_eq(fd_pair(sv), 0);
	for (int i = 0; i < with.channels; i++)
		ck_assert_int_eq(fd_pair(others[i]), 0);
	if (with.gone) {
		channel = sv[0];
		end_session(3);
		close(sv[0]);
	}
	if ((viewer = fork()) == 0) {
		dup2(pin[0], 0);
		dup2(pout[1], 1);
		dup2(perr[1], 2);
		close(pin[1]);
		close(pout[0]);
		close(perr[0]);
		close(sv[0]);
		for (int i = 0; i < with.channels; i++)
			close(others[i][0]);
		run_viewer(read_only, ended, sv[1]);
	}
	close(pin[0]);
	if (pout[1] != pin[0])
		close(pout[1]);
	close(perr[1]);
	close(sv[1]);
	for (int i = 0; i < with.channels; i++)
		close(others[i][1]);
	in = pin[1];
	out = pout[0];
	err = perr[0];
	channel = sv[0];
	if (!ended && !with.silent && !with.tty && !with.gone)
		answer_from(expect_seek(SEEK_OLDEST), 0);
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
	/* Nobody is left to say where a clean point is. */
	end_session(0);
	expect_text(err, "ringlet: output was missed: 4 bytes, from 0 to 4\n");
	close(out);
	result();
}
END_TEST

/* The sandboxer knows where it goes on. */
START_TEST(goes_on_as_told)
{
	static uint8_t filler[CAPACITY];

	memset(filler, 'f', sizeof(filler));
	start(false, false, "");
	expect_at(0);
	append("lost", 4);
	append(filler, sizeof(filler) - 5);
	append("clean", 5);
	append("more", 4);
	wake();
	/* A pipe gets no screen, but the bytes from there on. */
	answer_screen(
	    expect_seek(0), CAPACITY - 1, screen_of("no picture"), false);
	expect_text(
	    err, "ringlet: output was missed: 65535 bytes, from 0 to 65535\n");
	expect_text(out, "cleanmore");
	expect_at(CAPACITY + 8);
	append("!", 1);
	end_session(0);
	expect_text(out, "!");
	ck_assert_int_eq(result(), ENDED(0));
	ck_assert_int_eq(read(err, &(char){ 0 }, 1), 0);
}
END_TEST

START_TEST(comes_late)
{
	with.silent = true;
	with.tail = 10;
	start(false, false, "0123456789abcdefghij");
	answer_screen(
	    expect_seek(SEEK_OLDEST), 15, screen_of("no picture"), true);
	expect_text(
	    err, "ringlet: output was missed: 15 bytes, from 0 to 15\n");
	expect_text(out, "fghij");
	end_session(0);
	ck_assert_int_eq(result(), ENDED(0));
}
END_TEST

START_TEST(draws_a_screen)
{
	uint32_t id;

	with.tty = true;
	start(false, false, "0123456789");
	/* The size comes first, so that the screen is one of that size. */
	expect_size();
	id = expect_seek(SEEK_SCREEN);
	answer_screen(id, 8, screen_of("<picture>"), _i == 0);
	expect_text(out, "<picture>89");
	expect_at(10);
	append("!", 1);
	end_session(0);
	expect_text(out, "!");
	ck_assert_int_eq(result(), ENDED(0));
	/* What may have been wrong is said on a standard error of its own. */
	if (_i == 0)
		ck_assert_int_eq(read(err, &(char){ 0 }, 1), 0);
	else
		expect_text(err, "\r\nringlet: the screen may differ from "
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
	start(false, false, "");
	expect(MSG_VIEWER_RESIZE, &m);
	msg_clear(&m);
	answer_from(expect_seek(SEEK_SCREEN), 0);
	expect_at(0);
	ck_assert_int_eq(
	    write(in, keys, sizeof(keys) - 1), (ssize_t)sizeof(keys) - 1);
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		expect(said[i].type, &m);
		got = m.body;
		ck_assert_uint_eq(got->data.len, strlen(said[i].bytes));
		ck_assert_mem_eq(got->data.p, said[i].bytes, got->data.len);
		msg_clear(&m);
	}
	ck_assert_int_eq(result(), HOW(VIEW_DETACHED));
}
END_TEST

START_TEST(redraws_after_a_stop)
{
	with.tty = true;
	start(false, false, "");
	expect_size();
	answer_from(expect_seek(SEEK_SCREEN), 0);
	expect_at(0);
	append("\033[?2004hx", 9);
	wake();
	expect_text(out, "\033[?2004hx");
	expect_at(9);
	kill(viewer, SIGTSTP);
	ck_assert_int_eq(waitpid(viewer, &(int){ 0 }, WUNTRACED), viewer);
	/* Whoever has the terminal meanwhile finds it as it was. */
	expect_text(out, "\033[?2004l");
	kill(viewer, SIGCONT);
	expect_size();
	answer_screen(
	    expect_seek(SEEK_SCREEN), 9, screen_of("<picture>"), true);
	expect_text(out, "<picture>");
	end_session(0);
	ck_assert_int_eq(result(), ENDED(0));
}
END_TEST

START_TEST(seek_fails)
{
	const struct msg_error e = { .code = -1, .text = "no\033 keeper" };

	with.silent = true;
	with.tail = 4;
	start(false, false, "0123456789");
	ck_assert_int_eq(msg_write(channel, MSG_ERROR, expect_seek(SEEK_OLDEST),
			     &e, NULL, 0),
	    0);
	expect_text(err, "ringlet: no\\x1b keeper\n"
			 "ringlet: output was missed: 4 bytes, from 0 to 4\n");
	expect_text(out, "456789");
	expect_at(10);
	end_session(0);
	ck_assert_int_eq(result(), ENDED(0));
}
END_TEST

/* Nobody is there to ask by the time that it comes. */
START_TEST(ends_before_it_seeks)
{
	with.gone = true;
	with.tty = _i != 0;
	start(false, false, "0123456789");
	expect_text(out, "0123456789");
	ck_assert_int_eq(result(), ENDED(3));
}
END_TEST

START_TEST(ends_while_it_seeks)
{
	uint32_t id;

	with.silent = true;
	with.tail = 4;
	start(false, false, "0123456789");
	id = expect_seek(SEEK_OLDEST);
	end_session(3);
	if (_i == 0) /* the answer may come all the same */
		answer_from(id, 6);
	else
		close(channel);
	expect_text(out, _i == 0 ? "6789" : "456789");
	ck_assert_int_eq(result(), ENDED(3));
}
END_TEST

START_TEST(hostile_answer)
{
	uint32_t id;
	int fd;

	with.tty = true;
	start(false, false, "0123456789");
	expect_size();
	id = expect_seek(SEEK_SCREEN);
	switch (_i) {
	case 0: /* a byte that is not there */
		answer_from(id, 11);
		break;
	case 1: /* a file that could change, or shrink, while it is drawn */
		ck_assert_int_ge(fd = snapshot_new(), 0);
		ck_assert_int_eq(write(fd, "bad", 3), 3);
		answer_screen(id, 0, fd, true);
		expect_text(out, "0123456789");
		close(channel);
		break;
	case 2: /* an answer twice */
		answer_from(id, 0);
		answer_from(id, 0);
		break;
	case 3: /* a screen without its file */
		msg_write(channel, MSG_VIEWER_SCREEN, id,
		    &(struct msg_viewer_screen){ .offset = 1 }, NULL, 0);
		break;
	}
	ck_assert_int_eq(result(), HOW(VIEW_LOST));
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
	start(false, false, "");
	expect_size();
	ck_assert_int_eq(tcgetattr(slave, &raw), 0);
	ck_assert_int_eq(raw.c_lflag & (ICANON | ECHO | ISIG), 0);
	answer_from(expect_seek(SEEK_SCREEN), 0);
	expect_at(0);
	append("\033[?25lx", 7);
	wake();
	expect_text(out, "\033[?25lx");
	kill(viewer, signals[_i]);
	ck_assert_int_eq(waitpid(viewer, &status, 0), viewer);
	if (signals[_i] == SIGABRT || signals[_i] == SIGSEGV ||
	    signals[_i] == SIGBUS) {
		expect_text(out, "\033[0m\033[?25h");
		/* A sanitizer makes an exit of it. */
		ck_assert(
		    !WIFSIGNALED(status) || WTERMSIG(status) == signals[_i]);
	} else {
		expect_text(out, "\033[?25h");
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
	start(false, false, "");
	expect_size();
	answer_from(expect_seek(SEEK_SCREEN), 0);
	expect_at(0);
	ck_assert_int_eq(write(in, "~\x1a", 2), 2);
	ck_assert_int_eq(waitpid(viewer, &(int){ 0 }, WUNTRACED), viewer);
	kill(viewer, SIGCONT);
	expect_size();
	answer_from(expect_seek(SEEK_SCREEN), 0);
	expect_at(0);
	ck_assert_int_eq(write(in, "~.", 2), 2);
	ck_assert_int_eq(result(), HOW(VIEW_DETACHED));
}
END_TEST

/* It fell out of the ring, and the session has ended since. */
START_TEST(too_slow_for_the_end)
{
	with.tty = true;
	with.channels = 1;
	with.ended_screen = "<picture>";
	with.clean = 100;
	start(false, false, "");
	expect_size();
	answer_from(expect_seek(SEEK_SCREEN), 0);
	expect_at(0);
	for (int i = 0; i < 98; i++)
		append("x", 1);
	append("--end", 5);
	atomic_store(&hdr->tail, 50);
	end_session(3);
	expect_text(out, "<picture>end");
	ck_assert_int_eq(result(), ENDED(3));
	expect_text(
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
	start(false, false, "");
	expect_size();
	answer_from(expect_seek(SEEK_OLDEST), 0);
	expect_at(0);
	append("one\033[3", 6);
	wake();
	expect_text(out, "one\033[3");
	expect_at(6);
	kill(viewer, SIGTSTP);
	ck_assert_int_eq(waitpid(viewer, &(int){ 0 }, WUNTRACED), viewer);
	if (_i == 1)
		append("1mtwo", 5);
	kill(viewer, SIGCONT);
	expect_size();
	answer_screen(expect_seek(SEEK_SCREEN), _i == 1 ? 11 : 3,
	    screen_of("<picture>"), true);
	expect_text(out, _i == 1 ? "<picture>" : "<picture>\033[3");
	if (_i == 0)
		append("1mtwo", 5);
	append("three", 5);
	wake();
	expect_text(out, _i == 1 ? "three" : "1mtwothree");
	end_session(0);
	ck_assert_int_eq(result(), ENDED(0));
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
	start(true, false, "begin\n");
	expect_at(6);
	append(filler, sizeof(filler) - 5);
	append("clean", 5);
	append("end\n", 4);
	wake();
	answer_screen(
	    expect_seek(6), CAPACITY + 1, screen_of("<pic\303\251>"), true);
	expect_text(
	    err, "ringlet: output was missed: 65531 bytes, from 6 to 65537\n");
	end_session(0);
	ck_assert_int_eq(result(), ENDED(0));
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

/* --- another channel --- */

START_TEST(attaches_again)
{
	struct msg m;

	with.channels = 2;
	with.silent = true; /* on_again() fails the first time */
	start(false, false, "");
	answer_from(expect_seek(SEEK_OLDEST), 0);
	expect_at(0);
	append("before", 6);
	wake();
	expect_text(out, "before");
	expect_at(6);
	close(channel);
	expect_text(err, "ringlet: the channel to session 0123456789abcdef is "
			 "broken (closed): trying to get "
			 "another\n");
	/* Neither input nor output is lost meanwhile. */
	ck_assert_int_eq(write(in, "typed", 5), 5);
	append("between", 7);
	channel = others[1][0];
	answer_from(expect_seek(6), 6);
	expect_text(out, "between");
	do { /* AT and INPUT, in either order */
		ck_assert_int_eq(msg_read(channel, PATIENCE, &m), 0);
		if (m.hdr.type == MSG_VIEWER_INPUT)
			break;
		msg_clear(&m);
	} while (true);
	ck_assert_mem_eq(
	    ((struct msg_viewer_input *)m.body)->data.p, "typed", 5);
	msg_clear(&m);
	append("after", 5);
	end_session(5);
	expect_text(out, "after");
	ck_assert_int_eq(result(), ENDED(5));
	ck_assert_int_eq(read(out, &(char){ 0 }, 1), 0);
	expect_text(err, "ringlet: session 0123456789abcdef: attached again, "
			 "after: closed\n");
}
END_TEST

/* Whoever was to tell where to read is gone: another is asked the same. */
START_TEST(attaches_again_while_it_seeks)
{
	with.channels = 1;
	with.silent = true;
	start(false, false, "");
	expect_seek(SEEK_OLDEST);
	close(channel);
	channel = others[0][0];
	ck_assert_int_eq(result(), HOW(VIEW_LOST)); /* the only one is gone */
}
END_TEST

START_TEST(gives_up)
{
	with.channels = 1;
	start(false, false, "x");
	expect_text(out, "x");
	close(channel);
	channel = others[0][0];
	answer_from(expect_seek(1), 1);
	close(channel);
	ck_assert_int_eq(result(), HOW(VIEW_LOST));
}
END_TEST

/* --- ended sessions --- */

START_TEST(ended_beyond_the_ring)
{
	with.tty = _i != 0;
	with.tail = 4;
	with.clean = _i == 2 ? 3 : 6; /* 2: older than the ring */
	with.screen = "<picture>";
	start(true, true, "0123456789");
	if (_i == 0) {
		expect_text(out, "6789");
		expect_text(
		    err, "ringlet: output was missed: 6 bytes, from 0 to 6\n");
	} else
		expect_text(out, _i == 1 ? "<picture>6789" : "456789");
	ck_assert_int_eq(result(), ENDED(0));
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
	start(false, true, "a\033[c\033[6nz");
	expect_text(out, "a\033[c\033[6nz");
	ck_assert_int_eq(write(in, "\033[?62c", 7), 7);
	expect_text(out, "\033[5n");
	ck_assert_int_eq(write(in, "\033[1;3R\033[0n", 10), 10);
	ck_assert_int_eq(result(), ENDED(0));
	ck_assert_int_eq(ioctl(slave, FIONREAD, &n), 0);
	ck_assert_int_eq(n, 0);
}
END_TEST

/* Plain text has asked nothing, so that nothing is waited for. */
START_TEST(plain_text_asks_nothing)
{
	with.tty = true;
	start(false, true, "plain\r\n");
	expect_text(out, "plain\r\n");
	ck_assert_int_eq(result(), ENDED(0));
	ck_assert_int_eq(
	    poll(&(struct pollfd){ .fd = out, .events = POLLIN }, 1, 0), 0);
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
