/*
 * The rig of viewrig.h: see there.
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
#include "viewrig.h"

struct viewrig with;
int others[4][2], nothers;

struct ring_header *hdr;
int ring, channel, event, in, out, err, slave;
pid_t viewer;

static uint8_t *data;

void
rig_append(const void *p, size_t len)
{
	uint64_t head = atomic_load(&hdr->head);

	if (head + len - atomic_load(&hdr->tail) > CAPACITY)
		atomic_store(&hdr->tail, head + len - CAPACITY);
	for (size_t i = 0; i < len; i++)
		data[(head + i) % CAPACITY] = ((const uint8_t *)p)[i];
	atomic_store(&hdr->head, head + len);
}

/* A sealed memory file with that text. */
int
rig_screen_of(const char *text)
{
	int fd = snapshot_new();

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(snapshot_seal(fd, strlen(text)), 0);
	return fd;
}

/* The next message from the viewer, which must be of that type. */
void
rig_expect(uint16_t type, struct msg *m)
{
	ck_assert_int_eq(msg_read(channel, PATIENCE, m), 0);
	ck_assert_str_eq(m->type->name, msg_type_get(type)->name);
}

void
rig_expect_size(void)
{
	struct msg m;

	rig_expect(MSG_VIEWER_RESIZE, &m);
	msg_clear(&m);
}

/* Returns the id that its answer must have. */
uint32_t
rig_expect_seek(int64_t offset)
{
	struct msg m;
	uint32_t id;

	rig_expect(MSG_VIEWER_SEEK, &m);
	ck_assert_int_eq(((struct msg_viewer_seek *)m.body)->offset, offset);
	id = m.hdr.id;
	msg_clear(&m);
	return id;
}

void
rig_answer_from(uint32_t id, uint64_t offset)
{
	const struct msg_viewer_from f = {
		.offset = offset, .cols = 80, .rows = 24
	};

	ck_assert_int_eq(
	    msg_write(channel, MSG_VIEWER_FROM, id, &f, NULL, 0), 0);
}

void
rig_answer_screen(uint32_t id, uint64_t offset, int fd, bool exact)
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
		view->screen = rig_screen_of(with.ended_screen);
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
		view.screen = rig_screen_of(with.screen);
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
void
rig_start(bool read_only, bool ended, const char *before)
{
	int pin[2], pout[2], perr[2], sv[2];

	ck_assert_int_ge(ring = ring_create(CAPACITY), 0);
	hdr = mmap(NULL, RING_HEADER_SIZE + CAPACITY, PROT_READ | PROT_WRITE,
	    MAP_SHARED, ring, 0);
	ck_assert(hdr != MAP_FAILED);
	data = (uint8_t *)hdr + RING_HEADER_SIZE;
	rig_append(before, strlen(before));
	atomic_store(&hdr->tail, with.tail);
	ck_assert_int_ge(event = eventfd(0, EFD_NONBLOCK), 0);
	ck_assert_int_eq(pipe(perr), 0);
	open_standard(pin, pout);
	ck_assert_int_eq(fd_pair(sv), 0);
	for (int i = 0; i < with.channels; i++)
		ck_assert_int_eq(fd_pair(others[i]), 0);
	if (with.gone) {
		channel = sv[0];
		rig_end_session(3);
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
		rig_answer_from(rig_expect_seek(SEEK_OLDEST), 0);
}

void
rig_wake(void)
{
	const uint64_t one = 1;

	ck_assert_int_eq(write(event, &one, sizeof(one)), sizeof(one));
}

void
rig_end_session(int64_t exit_code)
{
	const struct msg_viewer_state s = { .state = SST_TERMINATED,
		.exit_code = exit_code };

	ck_assert_int_eq(
	    msg_write(channel, MSG_VIEWER_STATE, 0, &s, NULL, 0), 0);
}

void
rig_expect_at(uint64_t offset)
{
	struct msg m;

	rig_expect(MSG_VIEWER_AT, &m);
	ck_assert_uint_eq(((struct msg_viewer_at *)m.body)->offset, offset);
	msg_clear(&m);
}

void
rig_expect_text(int fd, const char *want)
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
int
rig_result(void)
{
	int status;

	ck_assert_int_eq(waitpid(viewer, &status, 0), viewer);
	return WIFEXITED(status) ? WEXITSTATUS(status)
				 : 1000 + WTERMSIG(status);
}
