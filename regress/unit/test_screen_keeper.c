/*
 * The program ringlet-screen, with the test in the sandboxer's place: what it
 * saves is what the library says, it goes on from there, it ends with a status
 * that says why, and it is confined.
 */

#include "config.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "buf.h"
#include "err.h"
#include "fdpass.h"
#include "msg.h"
#include "msgdef.h"
#include "proc.h"
#include "ring.h"
#include "ringlet-screen/confine.h"
#include "ringlet-screen/screen.h"
#include "screen_streams.h"
#include "snapshot.h"

#define CAP	  ((uint64_t)RING_CAPACITY_MIN)
#define ANSWER_MS 20000

struct rig {
	pid_t pid;
	int fd; /* our end of its channel */
	int ring_fd;
	struct ring_header *hdr;
	uint8_t *data;
	uint32_t id;
};

/* --- a ring, and its writer --- */

static void
ring_open(struct rig *r)
{
	ck_assert_int_ge(r->ring_fd = ring_create(CAP), 0);
	r->hdr = mmap(NULL, RING_HEADER_SIZE + CAP, PROT_READ | PROT_WRITE,
	    MAP_SHARED, r->ring_fd, 0);
	ck_assert_ptr_ne(r->hdr, MAP_FAILED);
	r->data = (uint8_t *)r->hdr + RING_HEADER_SIZE;
}

static void
ring_put(struct rig *r, const void *p, size_t len)
{
	uint64_t head = atomic_load(&r->hdr->head);

	if (head + len > CAP)
		atomic_store(&r->hdr->tail, head + len - CAP);
	for (size_t i = 0; i < len; i++)
		r->data[(head + i) % CAP] = ((const uint8_t *)p)[i];
	atomic_store(&r->hdr->head, head + len);
}

/* --- the program --- */

static void
run(struct rig *r)
{
	char *const argv[] = { (char *)(uintptr_t) "ringlet-screen",
		(char *)(uintptr_t) "-Z", NULL };
	char *const envp[] = { NULL };
	int sv[2];

	ck_assert_int_eq(fd_pair(sv), 0);
	ck_assert_int_ne(r->pid = fork(), -1);
	if (r->pid == 0) {
		if (dup2(sv[1], PROC_CHANNEL_FD) == PROC_CHANNEL_FD)
			(void)execve(SCREEN_PATH, argv, envp);
		_exit(99);
	}
	close(sv[1]);
	r->fd = sv[0];
}

static void
say(struct rig *r, uint16_t type, const void *body, const int *fds, size_t n)
{
	ck_assert_int_eq(msg_write(r->fd, type, ++r->id, body, fds, n), 0);
}

static void
start_from(struct rig *r, uint64_t offset, unsigned int cols, unsigned int rows,
    int state)
{
	struct msg_screen_start m = { .version = MSG_VERSION,
		.offset = offset,
		.cols = cols,
		.rows = rows };
	int fds[2] = { r->ring_fd, state };

	run(r);
	say(r, MSG_SCREEN_START, &m, fds, 2);
}

static void
start(struct rig *r, unsigned int cols, unsigned int rows)
{
	int blank = snapshot_blank();

	ck_assert_int_ge(blank, 0);
	ring_open(r);
	start_from(r, 0, cols, rows, blank);
	close(blank);
}

static int
end(struct rig *r)
{
	int status;

	close(r->fd);
	ck_assert_int_eq(waitpid(r->pid, &status, 0), r->pid);
	return status;
}

static void
ends_with(struct rig *r, int want)
{
	struct msg m;
	int status;

	ck_assert_int_eq(msg_read(r->fd, ANSWER_MS, &m), RL_ERR_EOF);
	status = end(r);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == want,
	    "status %#x, not exit %d", status, want);
}

/* Notices before it are left out. */
static void
answer(struct rig *r, uint16_t type, struct msg *m)
{
	ck_assert_int_eq(msg_read(r->fd, ANSWER_MS, m), 0);
	if (m->hdr.type == MSG_SCREEN_NOTICE) {
		msg_clear(m);
		ck_assert_int_eq(msg_read(r->fd, ANSWER_MS, m), 0);
	}
	ck_assert_int_eq(m->hdr.type, type);
	ck_assert_uint_eq(m->hdr.id, r->id);
}

static void
feed_upto(struct rig *r, uint64_t upto)
{
	struct msg_screen_feed body = { upto };
	struct msg m;

	say(r, MSG_SCREEN_FEED, &body, NULL, 0);
	answer(r, MSG_SCREEN_FED, &m);
	ck_assert_uint_eq(((struct msg_screen_fed *)m.body)->offset, upto);
	msg_clear(&m);
}

static void
size(struct rig *r, unsigned int cols, unsigned int rows)
{
	struct msg_screen_size body = { cols, rows };

	say(r, MSG_SCREEN_SIZE, &body, NULL, 0);
}

/* Has a screen saved and sealed; its offset into *at. */
static int
save(struct rig *r, uint64_t *at)
{
	int fd = snapshot_new();
	struct msg_screen_saved *saved;
	struct msg m;

	ck_assert_int_ge(fd, 0);
	say(r, MSG_SCREEN_SAVE, NULL, &fd, 1);
	answer(r, MSG_SCREEN_SAVED, &m);
	saved = m.body;
	*at = saved->offset;
	ck_assert_int_eq(snapshot_seal(fd, saved->size), 0);
	msg_clear(&m);
	return fd;
}

static void
same_file(int fd, const struct screen *s)
{
	struct buf *b = buf_new(SNAPSHOT_MAX);
	const uint8_t *p;
	size_t len;

	ck_assert_int_eq(screen_snapshot(s, b), 0);
	ck_assert_int_eq(snapshot_map(fd, &p, &len), 0);
	ck_assert_uint_eq(len, buf_len(b));
	ck_assert_int_eq(memcmp(p, buf_ptr(b), len), 0);
	snapshot_unmap(p, len);
	buf_free(b);
}

START_TEST(saves_what_is_shown)
{
	static uint8_t data[STREAM_MAX];
	struct rig r = { 0 };
	struct screen *s;
	unsigned int cols, rows;
	uint64_t at;
	size_t len, half;
	int fd;

	len = stream_random(300 + (uint64_t)_i, data, &cols, &rows);
	half = len / 2;
	start(&r, cols, rows);
	ring_put(&r, data, len);
	feed_upto(&r, half);
	fd = save(&r, &at);
	s = screen_new(cols, rows);
	screen_feed(s, data, half);
	ck_assert_uint_eq(at, half - screen_pending(s));
	same_file(fd, s);
	ck_assert_int_eq(end(&r), 0);

	/* Another goes on from what the first one saved. */
	start_from(&r, at, cols, rows, fd);
	close(fd);
	feed_upto(&r, len);
	fd = save(&r, &at);
	screen_feed(s, data + half, len - half);
	ck_assert_uint_eq(at, len - screen_pending(s));
	same_file(fd, s);
	close(fd);
	screen_free(s);
	ck_assert_int_eq(end(&r), 0);
}
END_TEST

START_TEST(reads_round_the_ring)
{
	struct screen *s = screen_new(80, 24);
	struct rig r = { 0 };
	char line[64];
	uint64_t at, total = 0;
	int fd, n;

	start(&r, 80, 24);
	for (int i = 0; i < 20000; i++) {
		n = snprintf(line, sizeof(line), "\033[3%dm%d\r\n", i % 8, i);
		ring_put(&r, line, (size_t)n);
		screen_feed(s, (uint8_t *)line, (size_t)n);
		total += (uint64_t)n;
		if (i % 1000 == 0)
			feed_upto(&r, total);
	}
	feed_upto(&r, total);
	fd = save(&r, &at);
	same_file(fd, s);
	close(fd);
	screen_free(s);
	ck_assert_int_eq(end(&r), 0);
}
END_TEST

/*
 * A size that comes amid a sequence: the screen is the one before that, in the
 * size before, and whoever starts from it is told the size again.
 */
START_TEST(size_amid_a_sequence)
{
	struct screen *s = screen_new(20, 5);
	struct rig r = { 0 };
	uint64_t at;
	int fd;

	start(&r, 20, 5);
	ring_put(&r, "some text\033[3", 12);
	feed_upto(&r, 12);
	size(&r, 40, 2);
	fd = save(&r, &at);
	ck_assert_uint_eq(at, 9);
	screen_feed(s, (const uint8_t *)"some text", 9);
	same_file(fd, s);
	close(fd);
	ring_put(&r, "1mred", 5);
	feed_upto(&r, 17);
	fd = save(&r, &at);
	ck_assert_uint_eq(at, 17);
	screen_feed(s, (const uint8_t *)"\033[31m", 5);
	screen_resize(s, 40, 2);
	screen_feed(s, (const uint8_t *)"red", 3);
	same_file(fd, s);
	close(fd);
	screen_free(s);
	ck_assert_int_eq(end(&r), 0);
}
END_TEST

/* Of what it reads it says the last bell and notification, once, and where. */
START_TEST(says_what_it_notices)
{
	static const char first[] = "\a\033]9;one\a\a.",
			  second[] = "\033]777;"
				     "notify;T;two\a\033]9;3",
			  third[] = ".\a";
	struct msg_screen_feed body = { sizeof(first) - 1 };
	const struct msg_screen_notice *n;
	struct rig r = { 0 };
	struct msg m;
	uint64_t at;
	int fd;

	start(&r, 80, 24);
	ring_put(&r, first, sizeof(first) - 1);
	say(&r, MSG_SCREEN_FEED, &body, NULL, 0);
	ck_assert_int_eq(msg_read(r.fd, ANSWER_MS, &m), 0);
	ck_assert_uint_eq(m.hdr.type, MSG_SCREEN_NOTICE);
	n = m.body;
	ck_assert_uint_eq(n->bell, sizeof(first) - 2);
	ck_assert_uint_eq(n->note, sizeof(first) - 3);
	ck_assert_str_eq(n->title, "");
	ck_assert_str_eq(n->text, "one");
	msg_clear(&m);
	answer(&r, MSG_SCREEN_FED, &m);
	msg_clear(&m);
	fd = save(&r, &at);
	ck_assert_int_eq(end(&r), 0);
	/* The one that goes on from there. */
	ring_put(&r, second, sizeof(second) - 1);
	start_from(&r, at, 80, 24, fd);
	close(fd);
	body.upto += sizeof(second) - 1;
	say(&r, MSG_SCREEN_FEED, &body, NULL, 0);
	ck_assert_int_eq(msg_read(r.fd, ANSWER_MS, &m), 0);
	ck_assert_uint_eq(m.hdr.type, MSG_SCREEN_NOTICE);
	n = m.body;
	ck_assert_uint_eq(n->bell, 0);
	ck_assert_uint_eq(n->note, body.upto - 5);
	ck_assert_str_eq(n->title, "T");
	ck_assert_str_eq(n->text, "two");
	msg_clear(&m);
	answer(&r, MSG_SCREEN_FED, &m);
	msg_clear(&m);
	fd = save(&r, &at);
	ck_assert_uint_eq(at, body.upto - 5);
	ck_assert_int_eq(end(&r), 0);
	/* And one that begins within the sequence. */
	ring_put(&r, third, sizeof(third) - 1);
	start_from(&r, at, 80, 24, fd);
	close(fd);
	body.upto += sizeof(third) - 1;
	say(&r, MSG_SCREEN_FEED, &body, NULL, 0);
	ck_assert_int_eq(msg_read(r.fd, ANSWER_MS, &m), 0);
	ck_assert_uint_eq(m.hdr.type, MSG_SCREEN_NOTICE);
	n = m.body;
	ck_assert_uint_eq(n->note, body.upto);
	ck_assert_str_eq(n->text, "3.");
	msg_clear(&m);
	answer(&r, MSG_SCREEN_FED, &m);
	msg_clear(&m);
	ck_assert_int_eq(end(&r), 0);
}
END_TEST

START_TEST(ends_when_it_was_lapped)
{
	static uint8_t junk[CAP + 100];
	struct msg_screen_feed body = { 10 };
	struct rig r = { 0 };

	start(&r, 80, 24);
	ring_put(&r, junk, CAP);
	ring_put(&r, junk, 100);
	say(&r, MSG_SCREEN_FEED, &body, NULL, 0);
	ends_with(&r, 3);
}
END_TEST

START_TEST(ends_at_messages_that_make_no_sense)
{
	struct msg_screen_start no = {
		.version = MSG_VERSION + 1, .cols = 80, .rows = 24
	};
	struct msg_screen_feed beyond = { 10 };
	struct msg_screen_size sz = { 80, 24 };
	struct rig r = { 0 };
	int fds[2], null;

	ck_assert_int_ge(null = open("/dev/null", O_RDWR | O_CLOEXEC), 0);
	switch (_i) {
	case 0: /* not the first message */
		run(&r);
		say(&r, MSG_SCREEN_SIZE, &sz, NULL, 0);
		break;
	case 1: /* another version */
		ring_open(&r);
		run(&r);
		fds[0] = r.ring_fd;
		fds[1] = snapshot_blank();
		say(&r, MSG_SCREEN_START, &no, fds, 2);
		break;
	case 2: /* not a ring */
		run(&r);
		no.version = MSG_VERSION;
		fds[0] = null;
		fds[1] = snapshot_blank();
		say(&r, MSG_SCREEN_START, &no, fds, 2);
		break;
	case 3: /* a file that could still be cut short */
		ring_open(&r);
		run(&r);
		no.version = MSG_VERSION;
		fds[0] = r.ring_fd;
		fds[1] = snapshot_new();
		say(&r, MSG_SCREEN_START, &no, fds, 2);
		break;
	case 4: /* bytes that are not there */
		start(&r, 80, 24);
		say(&r, MSG_SCREEN_FEED, &beyond, NULL, 0);
		break;
	case 5: /* no file to write to */
		start(&r, 80, 24);
		say(&r, MSG_SCREEN_SAVE, NULL, NULL, 0);
		break;
	case 6: /* an answer */
		start(&r, 80, 24);
		say(&r, MSG_SCREEN_FED, &beyond, NULL, 0);
		break;
	case 7: /* no message at all */
		start(&r, 80, 24);
		ck_assert_int_eq(write(r.fd,
				     "\377\377\377\377\377\377\377\377"
				     "\377\377\377\377",
				     12),
		    12);
		break;
	}
	ends_with(&r, 4);
	close(null);
}
END_TEST

START_TEST(ends_when_it_cannot_write)
{
	struct rig r = { 0 };
	int fd;

	start(&r, 80, 24);
	ck_assert_int_ge(fd = open("/dev/null", O_RDONLY | O_CLOEXEC), 0);
	say(&r, MSG_SCREEN_SAVE, NULL, &fd, 1);
	ends_with(&r, 5);
	close(fd);
}
END_TEST

/* More links than a file may hold: they are left out, and no more. */
START_TEST(leaves_links_out_at_last)
{
	struct screen *s = screen_new(200, 100);
	struct buf *plain = buf_new(SNAPSHOT_MAX);
	struct rig r = { 0 };
	static char text[2048];
	const uint8_t *p;
	uint64_t at, total = 0;
	size_t len;
	int fd, n;

	start(&r, 200, 100);
	memset(text, 'u', sizeof(text));
	for (int i = 0; i < 20000; i++) {
		n = snprintf(
		    text, sizeof(text), "\033]8;;http://h/%d/", i % 99);
		memset(text + n, 'u', 1000);
		memcpy(text + n + 1000, "\033\\x", 3);
		ring_put(&r, text, (size_t)n + 1003);
		total += (uint64_t)n + 1003;
		screen_feed(s, (uint8_t *)text, (size_t)n + 1003);
		feed_upto(&r, total);
	}
	fd = save(&r, &at);
	ck_assert_int_eq(screen_snapshot_plain(s, plain), 0);
	ck_assert_int_eq(snapshot_map(fd, &p, &len), 0);
	ck_assert_uint_eq(len, buf_len(plain));
	ck_assert_int_eq(memcmp(p, buf_ptr(plain), len), 0);
	snapshot_unmap(p, len);
	buf_free(plain);
	close(fd);
	screen_free(s);
	ck_assert_int_eq(end(&r), 0);
}
END_TEST

START_TEST(is_not_started_by_hand)
{
	int status;
	pid_t pid;

	for (int with = 0; with < 2; with++) {
		ck_assert_int_ne(pid = fork(), -1);
		if (pid == 0) {
			close(STDERR_FILENO);
			close(PROC_CHANNEL_FD);
			(void)execl(SCREEN_PATH, "ringlet-screen",
			    with ? "-Z" : NULL, NULL);
			_exit(99);
		}
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert(WIFEXITED(status));
		ck_assert_int_ne(WEXITSTATUS(status), 0);
		ck_assert_int_ne(WEXITSTATUS(status), 99);
	}
}
END_TEST

/* --- confinement --- */

static void
status_has(pid_t pid, const char *line)
{
	char path[64], text[256];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	ck_assert_ptr_nonnull(f = fopen(path, "r"));
	while (fgets(text, sizeof(text), f) != NULL)
		if (strcmp(text, line) == 0)
			found = true;
	fclose(f);
	ck_assert_msg(found, "no %s", line);
}

/* It has answered, so it has read from the ring: it is confined by then. */
START_TEST(program_is_confined)
{
	struct rig r = { 0 };

	start(&r, 80, 24);
	ring_put(&r, "x", 1);
	feed_upto(&r, 1);
	status_has(r.pid, "Seccomp:\t2\n");
	status_has(r.pid, "NoNewPrivs:\t1\n");
	ck_assert_int_eq(end(&r), 0);
}
END_TEST

/* A child's verdict: 0 is good, else the number of what was wrong. */
static int
child(int (*function)(void))
{
	int status;
	pid_t pid;

	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0)
		_exit(function());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

static int
run_true(void)
{
	int status;
	pid_t pid = fork();

	if (pid == -1)
		return -1;
	if (pid == 0) {
		(void)execl("/bin/true", "true", NULL);
		_exit(1);
	}
	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -1;
}

/* Free, each attempt must work, or its failing would prove nothing. */
static int
attempts_work(void)
{
	int sv[2];
	void *p;

	if (open("/etc/passwd", O_RDONLY | O_CLOEXEC) == -1)
		return 1;
	if (socket(AF_INET, SOCK_STREAM, 0) == -1)
		return 2;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == -1)
		return 3;
	if (run_true() == -1)
		return 4;
	if (kill(getppid(), 0) == -1)
		return 5;
	p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
	    -1, 0);
	if (p == MAP_FAILED)
		return 6;
	if (syscall(SYS_memfd_create, "x", 0) == -1)
		return 7;
	return 0;
}

static bool
refused(long r)
{
	return r == -1 && errno == EPERM;
}

static int
attempts_fail(void)
{
	const pid_t parent = getppid();
	char *const none[] = { NULL };
	const char *why;
	char *p;

	if (confine_enter(&why) != 0)
		return 20;
	/* What it needs still works. */
	if ((p = malloc(4 * 1024 * 1024)) == NULL)
		return 21;
	memset(p, 1, 4 * 1024 * 1024);
	free(p);
	if (!refused(open("/etc/passwd", O_RDONLY | O_CLOEXEC)))
		return 1;
	if (!refused(socket(AF_INET, SOCK_STREAM, 0)))
		return 2;
	if (!refused(socket(AF_UNIX, SOCK_STREAM, 0)))
		return 3;
	if (!refused(fork()) || !refused(execve("/bin/true", none, none)))
		return 4;
	if (!refused(kill(parent, 0)))
		return 5;
	if (!refused((long)mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)))
		return 6;
	if (!refused(syscall(SYS_memfd_create, "x", 0)))
		return 7;
	if (!refused(connect(0, NULL, 0)) ||
	    !refused(syscall(SYS_ptrace, 0, 0, 0, 0)))
		return 8;
	return 0;
}

START_TEST(confined_it_can_do_nothing)
{
	int status;

	status = child(attempts_work);
	ck_assert_msg(status == 0, "free: status %#x", status);
	status = child(attempts_fail);
	ck_assert_msg(status == 0, "confined: status %#x", status);
}
END_TEST

/* The probes that it tries itself would notice. */
static int
probes_work(void)
{
	const struct confine_probe *probes;
	size_t n;

	probes = confine_probes(&n);
	for (size_t i = 0; i < n; i++)
		if (!probes[i].could())
			return (int)i + 1;
	return 0;
}

START_TEST(probes_notice)
{
	int status = child(probes_work);

	/* One of them sends a signal to all, of number 0. */
	ck_assert_msg(status == 0, "status %#x", status);
}
END_TEST

#ifndef WITH_SANITIZERS
static int
unlisted(void)
{
	const char *why;

	if (confine_enter(&why) != 0)
		return 1;
	(void)syscall(SYS_getcwd, NULL, 0);
	return 2;
}

START_TEST(anything_else_kills)
{
	int status = child(unlisted);

	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS,
	    "status %#x", status);
}
END_TEST
#endif

static Suite *
suite_keeper(void)
{
	Suite *s = suite_create("screen-keeper");
	TCase *tc = tcase_create("program");

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, saves_what_is_shown, 0, 20);
	tcase_add_test(tc, reads_round_the_ring);
	tcase_add_test(tc, size_amid_a_sequence);
	tcase_add_test(tc, says_what_it_notices);
	tcase_add_test(tc, ends_when_it_was_lapped);
	tcase_add_loop_test(tc, ends_at_messages_that_make_no_sense, 0, 8);
	tcase_add_test(tc, ends_when_it_cannot_write);
	tcase_add_test(tc, leaves_links_out_at_last);
	tcase_add_test(tc, is_not_started_by_hand);
	suite_add_tcase(s, tc);
	tc = tcase_create("confinement");
	tcase_add_test(tc, program_is_confined);
	tcase_add_test(tc, confined_it_can_do_nothing);
	tcase_add_test(tc, probes_notice);
#ifndef WITH_SANITIZERS
	tcase_add_test(tc, anything_else_kills);
#endif
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	SRunner *sr = srunner_create(suite_keeper());
	int failed;

	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
