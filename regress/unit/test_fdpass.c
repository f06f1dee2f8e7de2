/*
 * Descriptors over sockets: they arrive close-on-exec, never more than there
 * is room for, and none stays behind when something is wrong.
 */

#include "config.h"

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "fdpass.h"
#include "suites.h"

static int sv[2];
static int fds_before;

static int
count_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 600; fd++)
		if (fcntl(fd, F_GETFD) != -1)
			n++;
	return n;
}

static void
setup(void)
{
	fds_before = count_fds();
	ck_assert_int_eq(fd_pair(sv), 0);
}

static void
teardown(void)
{
	fd_close(sv[0]);
	fd_close(sv[1]);
	ck_assert_int_eq(count_fds(), fds_before);
}

/* sendmsg(2) with n copies of descriptor 0, however many. */
static void
send_many(size_t n)
{
	union {
		struct cmsghdr hdr;
		char room[CMSG_SPACE(sizeof(int) * 253)];
	} control;
	struct msghdr mh = { 0 };
	struct iovec iov = { (void *)"x", 1 };
	struct cmsghdr *c;

	mh.msg_iov = &iov;
	mh.msg_iovlen = 1;
	mh.msg_control = &control;
	mh.msg_controllen = CMSG_SPACE(sizeof(int) * n);
	memset(&control, 0, sizeof(control));
	c = CMSG_FIRSTHDR(&mh);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int) * n);
	ck_assert_int_eq(sendmsg(sv[0], &mh, 0), 1);
}

START_TEST(round_trip)
{
	int p[2], got[FDPASS_MAX];
	char b[16];

	ck_assert_int_eq(fcntl(sv[0], F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(pipe(p), 0);
	for (size_t n = 0; n <= FDPASS_MAX; n++) {
		int fds[FDPASS_MAX] = { p[0], p[1], p[0], p[1] };
		size_t k = FDPASS_MAX;

		ck_assert_int_eq(fdpass_send(sv[0], "hello", 5, fds, n), 5);
		ck_assert_int_eq(fdpass_recv(sv[1], b, sizeof(b), got, &k), 5);
		ck_assert_int_eq(memcmp(b, "hello", 5), 0);
		ck_assert_uint_eq(k, n);
		for (size_t i = 0; i < n; i++) {
			ck_assert_int_eq(fcntl(got[i], F_GETFD), FD_CLOEXEC);
			ck_assert_int_ne(got[i], p[0]);
			close(got[i]);
		}
	}
	close(p[0]);
	close(p[1]);
}
END_TEST

START_TEST(send_refuses)
{
	int fds[FDPASS_MAX + 1] = { 0 };

	ck_assert_int_eq(
	    fdpass_send(sv[0], "x", 1, fds, FDPASS_MAX + 1), RL_ERR_SYSTEM);
	ck_assert_int_eq(fdpass_send(sv[0], "x", 0, fds, 1), RL_ERR_SYSTEM);
	fds[0] = -1;
	ck_assert_int_eq(fdpass_send(sv[0], "x", 1, fds, 1), RL_ERR_SYSTEM);
	ck_assert_int_eq(errno, EBADF);
	close(sv[1]);
	sv[1] = -1;
	/* No SIGPIPE. */
	ck_assert_int_eq(fdpass_send(sv[0], "x", 1, NULL, 0), RL_ERR_EOF);
}
END_TEST

/* From none to more than control data can hold: MSG_CTRUNC. */
START_TEST(surplus_is_closed)
{
	int got[FDPASS_MAX], before = count_fds();
	size_t room = (size_t)_i % 5, sent, k;
	static const size_t counts[] = { 1, 2, 4, 5, 6, 7, 100, 253 };
	char b[4];

	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		sent = counts[i];
		send_many(sent);
		k = room;
		if (sent <= room) {
			ck_assert_int_eq(
			    fdpass_recv(sv[1], b, sizeof(b), got, &k), 1);
			ck_assert_uint_eq(k, sent);
			while (k > 0)
				close(got[--k]);
		} else {
			ck_assert_int_eq(
			    fdpass_recv(sv[1], b, sizeof(b), got, &k),
			    RL_ERR_PROTOCOL);
			ck_assert_uint_eq(k, 0);
		}
		ck_assert_int_eq(count_fds(), before);
	}
}
END_TEST

START_TEST(other_control_data)
{
	int on = 1, got[FDPASS_MAX];
	size_t k = FDPASS_MAX;
	char b[4];

	/* Credentials that nobody asked for are no part of the protocol. */
	ck_assert_int_eq(
	    setsockopt(sv[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)), 0);
	ck_assert_int_eq(fdpass_send(sv[0], "x", 1, NULL, 0), 1);
	ck_assert_int_eq(
	    fdpass_recv(sv[1], b, sizeof(b), got, &k), RL_ERR_PROTOCOL);
	ck_assert_uint_eq(k, 0);
}
END_TEST

START_TEST(again_and_eof)
{
	int got[FDPASS_MAX];
	size_t k = FDPASS_MAX;
	char b[4096];

	ck_assert_int_eq(fd_nonblock(sv[0]), 0);
	ck_assert_int_eq(fd_nonblock(sv[1]), 0);
	ck_assert_int_eq(
	    fdpass_recv(sv[1], b, sizeof(b), got, &k), RL_ERR_AGAIN);
	ck_assert_uint_eq(k, 0);
	memset(b, 'x', sizeof(b));
	for (;;) {
		ssize_t n = fdpass_send(sv[0], b, sizeof(b), NULL, 0);

		if (n < 0) {
			ck_assert_int_eq(n, RL_ERR_AGAIN);
			break;
		}
	}
	shutdown(sv[0], SHUT_WR);
	do
		k = FDPASS_MAX;
	while (fdpass_recv(sv[1], b, sizeof(b), got, &k) > 0);
	k = FDPASS_MAX;
	ck_assert_int_eq(fdpass_recv(sv[1], b, sizeof(b), got, &k), RL_ERR_EOF);
	ck_assert_int_eq(fd_nonblock(-1), RL_ERR_SYSTEM);
	ck_assert_int_eq(fdpass_recv(-1, b, sizeof(b), got, &k), RL_ERR_SYSTEM);
}
END_TEST

START_TEST(tells_kinds)
{
	enum {
		SOCK,
		LISTEN,
		DIR,
		OPATH,
		MEM,
		EVENT,
		PIPE,
		FILE_,
		DEV,
		DGRAM,
		INET,
		BOUND,
		NFDS
	};
	/* One row a descriptor: the kind it is, or 0 for none of them. */
	static const int want[NFDS] = { [SOCK] = FD_SOCKET,
		[LISTEN] = FD_LISTENER,
		[DIR] = FD_DIR,
		[OPATH] = FD_DIR,
		[MEM] = FD_MEM,
		[EVENT] = FD_EVENT };
	static const enum fd_kind kinds[] = { FD_SOCKET, FD_LISTENER, FD_DIR,
		FD_MEM, FD_EVENT };
	int fd[NFDS], p[2], d[2];

	fd[SOCK] = dup(sv[0]);
	ck_assert_int_ge(fd[LISTEN] = socket(AF_INET, SOCK_STREAM, 0), 0);
	ck_assert_int_eq(listen(fd[LISTEN], 1), 0);
	fd[DIR] = open("/", O_RDONLY | O_DIRECTORY);
	fd[OPATH] = open("/", O_PATH | O_DIRECTORY);
	fd[MEM] = memfd_create("x", MFD_CLOEXEC);
	fd[EVENT] = eventfd(0, EFD_CLOEXEC);
	ck_assert_int_eq(pipe(p), 0);
	fd[PIPE] = p[0];
	close(p[1]);
	fd[FILE_] = open("/etc/passwd", O_RDONLY);
	fd[DEV] = open("/dev/null", O_RDONLY);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, d), 0);
	fd[DGRAM] = d[0];
	close(d[1]);
	fd[INET] = socket(AF_INET, SOCK_STREAM, 0);
	fd[BOUND] = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	for (size_t i = 0; i < NFDS; i++) {
		ck_assert_int_ge(fd[i], 0);
		for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++)
			ck_assert_msg(fd_is(fd[i], kinds[k]) ==
					  (want[i] == (int)kinds[k]),
			    "descriptor %zu as kind %d", i, (int)kinds[k]);
		close(fd[i]);
	}
	ck_assert(!fd_is(-1, FD_SOCKET));
	ck_assert(!fd_is(fd[MEM], FD_MEM));
}
END_TEST

/* What the child that has closed those descriptors finds; 0: all is well. */
static int
look_at_filled(void)
{
	char c = 'x';

	for (int fd = 0; fd < 3; fd++)
		close(fd);
	if (fd_fill_standard() != 0)
		return 1;
	/* Nothing else was opened, and a second call opens nothing. */
	if (fd_fill_standard() != 0 || fcntl(3, F_GETFD) != -1)
		return 2;
	if (read(STDIN_FILENO, &c, 1) != 0 || write(STDERR_FILENO, &c, 1) != 1)
		return 3;
	return write(STDOUT_FILENO, &c, 1) == -1 && errno == EBADF ? 0 : 4;
}

START_TEST(fills_standard)
{
	int status = 0;
	pid_t pid = fork();

	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		closefrom(3);
		_exit(look_at_filled());
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

START_TEST(close_keeps_errno)
{
	errno = EDOM;
	fd_close(-1);
	ck_assert_int_eq(errno, EDOM);
	fd_close(599);
	ck_assert_int_eq(errno, EDOM);
}
END_TEST

Suite *
suite_fdpass(void)
{
	Suite *s = suite_create("fdpass");
	TCase *tc = tcase_create("fdpass");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, round_trip);
	tcase_add_test(tc, send_refuses);
	tcase_add_loop_test(tc, surplus_is_closed, 0, 5);
	tcase_add_test(tc, other_control_data);
	tcase_add_test(tc, again_and_eof);
	tcase_add_test(tc, tells_kinds);
	tcase_add_test(tc, fills_standard);
	tcase_add_test(tc, close_keeps_errno);
	suite_add_tcase(s, tc);
	return s;
}
