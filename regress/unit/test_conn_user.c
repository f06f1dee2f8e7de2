/*
 * Whose a connection is.  The other user of these claims is same-user.sh's
 * affair: here there is but one.
 */

#include "config.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "ringlet-monitor/conn-user.h"
#include "err.h"

static struct sockaddr_storage address;
static socklen_t address_len;

static int
listening(int family)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address;
	struct sockaddr_in *in = (struct sockaddr_in *)&address;
	int fd;

	memset(&address, 0, sizeof(address));
	address.ss_family = (sa_family_t)family;
	if (family == AF_INET) {
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		address_len = sizeof(*in);
	} else {
		in6->sin6_addr = in6addr_loopback;
		address_len = sizeof(*in6);
	}
	if ((fd = socket(family, SOCK_STREAM, 0)) == -1 ||
	    bind(fd, (struct sockaddr *)&address, address_len) == -1)
		return -1; /* no IPv6 here */
	ck_assert_int_eq(listen(fd, 4), 0);
	ck_assert_int_eq(
	    getsockname(fd, (struct sockaddr *)&address, &address_len), 0);
	return fd;
}

static int
connected(void)
{
	int fd = socket(address.ss_family, SOCK_STREAM, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(
	    connect(fd, (struct sockaddr *)&address, address_len), 0);
	return fd;
}

static int
accepted(int listener)
{
	int fd = accept(listener, NULL, NULL);

	ck_assert_int_ge(fd, 0);
	return fd;
}

/* A reset: nothing of it stays in the kernel. */
static void
vanish(int fd)
{
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };

	ck_assert_int_eq(
	    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
	close(fd);
}

static const int families[] = { AF_INET, AF_INET6 };

START_TEST(tells_of_tcp)
{
	int listener = listening(families[_i]), client, server;
	uid_t uid = (uid_t)-1;

	if (listener == -1)
		return;
	client = connected();
	server = accepted(listener);
	ck_assert_int_eq(conn_user_probe(listener), 0);
	ck_assert_int_eq(conn_user(server, &uid), 0);
	ck_assert_uint_eq(uid, getuid());
	close(client);
	close(server);
	close(listener);
}
END_TEST

START_TEST(tells_of_unix_sockets)
{
	uid_t uid = (uid_t)-1;
	int sv[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	ck_assert_int_eq(conn_user_probe(sv[0]), 0);
	ck_assert_int_eq(conn_user(sv[0], &uid), 0);
	ck_assert_uint_eq(uid, getuid());
	close(sv[0]);
	close(sv[1]);
}
END_TEST

/*
 * Makes other listen where the client of server was; false: it is taken.  The
 * client has its port by bind(): one that connect() chooses may be that of
 * connections of before, which linger and let nobody listen there.
 */
static bool
takes_its_place(int listener, int *server, int *other)
{
	struct sockaddr_in was = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(was);
	int client = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	ck_assert_int_eq(bind(client, (struct sockaddr *)&was, len), 0);
	ck_assert_int_eq(getsockname(client, (struct sockaddr *)&was, &len), 0);
	ck_assert_int_eq(
	    connect(client, (struct sockaddr *)&address, address_len), 0);
	*server = accepted(listener);
	vanish(client);
	*other = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(
	    setsockopt(*other, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	if (bind(*other, (struct sockaddr *)&was, len) == 0)
		return true;
	close(*other);
	close(*server);
	return false;
}

/* The client's address is free again, and somebody listens there. */
START_TEST(is_not_misled_by_who_came_after)
{
	int listener = listening(AF_INET), server, other, tries = 0;
	uid_t uid = (uid_t)-1;

	/* Any program may come to have that port meanwhile. */
	while (!takes_its_place(listener, &server, &other))
		ck_assert_int_lt(++tries, 20);
	ck_assert_int_eq(listen(other, 1), 0);
	ck_assert_int_eq(conn_user(server, &uid), RL_ERR_EOF);
	ck_assert_uint_eq(uid, (uid_t)-1);
	close(other);
	close(server);
	close(listener);
}
END_TEST

/* It has said all it had to say, and closed. */
START_TEST(knows_who_has_gone)
{
	int listener = listening(AF_INET), client, server;
	uid_t uid = (uid_t)-1;

	client = connected();
	server = accepted(listener);
	close(client);
	ck_assert_int_eq(conn_user(server, &uid), RL_ERR_EOF);
	ck_assert_uint_eq(uid, (uid_t)-1);
	close(server);
	close(listener);
}
END_TEST

/* It has said its last word and waits for ours. */
START_TEST(tells_of_who_has_said_all)
{
	int listener = listening(families[_i]), client, server;
	uid_t uid = (uid_t)-1;

	if (listener == -1)
		return;
	client = connected();
	server = accepted(listener);
	ck_assert_int_eq(shutdown(client, SHUT_WR), 0);
	ck_assert_int_eq(conn_user(server, &uid), 0);
	ck_assert_uint_eq(uid, getuid());
	/* Both have. */
	uid = (uid_t)-1;
	ck_assert_int_eq(shutdown(server, SHUT_WR), 0);
	ck_assert_int_ne(conn_user(server, &uid), RL_ERR_NOTFOUND);
	close(client);
	ck_assert_int_eq(conn_user(server, &uid), RL_ERR_EOF);
	close(server);
	close(listener);
}
END_TEST

/* Whoever has it now: it stays that of who has made it. */
START_TEST(tells_who_has_made_it)
{
	int listener = listening(AF_INET), client, server, status;
	uid_t uid = (uid_t)-1;
	pid_t pid;

	client = connected();
	server = accepted(listener);
	/* Nobody can give one away, by which he would pass for another. */
	if (getuid() != 0)
		ck_assert_int_eq(fchown(client, getuid() + 1, (gid_t)-1), -1);
	ck_assert_int_ge(pid = fork(), 0);
	if (pid == 0) {
		/* Only this process has it from now on. */
		char c;

		close(server);
		_exit(read(client, &c, 1) == 1 ? 0 : 1);
	}
	close(client);
	ck_assert_int_eq(conn_user(server, &uid), 0);
	ck_assert_uint_eq(uid, getuid());
	ck_assert_int_eq(write(server, "x", 1), 1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(conn_user(server, &uid), RL_ERR_EOF);
	close(server);
	close(listener);
}
END_TEST

/*
 * The client has closed, and another of the same address is on its way: an
 * instant later a reset of ours ends both, but until then the kernel has that
 * one at the address.  Where the kernel does not let it there is nothing to
 * try.
 */
START_TEST(is_not_misled_by_who_comes_again)
{
	int listener = listening(AF_INET), client, server, other, on = 1;
	struct sockaddr_in was;
	socklen_t len = sizeof(was);
	uid_t uid = (uid_t)-1;

	client = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(
	    setsockopt(client, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	ck_assert_int_eq(
	    connect(client, (struct sockaddr *)&address, address_len), 0);
	server = accepted(listener);
	ck_assert_int_eq(getsockname(client, (struct sockaddr *)&was, &len), 0);
	close(client);
	other = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(
	    setsockopt(other, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	if (bind(other, (struct sockaddr *)&was, len) == 0)
		(void)connect(other, (struct sockaddr *)&address, address_len);
	ck_assert_int_eq(conn_user(server, &uid), RL_ERR_EOF);
	ck_assert_uint_eq(uid, (uid_t)-1);
	close(other);
	close(server);
	close(listener);
}
END_TEST

START_TEST(does_not_guess)
{
	uid_t uid = (uid_t)-1;
	int pipes[2];

	ck_assert_int_eq(pipe(pipes), 0);
	ck_assert_int_eq(conn_user(pipes[0], &uid), RL_ERR_UNAVAILABLE);
	ck_assert_int_eq(conn_user(-1, &uid), RL_ERR_UNAVAILABLE);
	ck_assert_int_eq(conn_user_probe(pipes[0]), RL_ERR_UNAVAILABLE);
	ck_assert_uint_eq(uid, (uid_t)-1);
	close(pipes[0]);
	close(pipes[1]);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("conn-user");
	TCase *tc = tcase_create("conn-user");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc, tells_of_tcp, 0, 2);
	tcase_add_test(tc, tells_of_unix_sockets);
	tcase_add_test(tc, is_not_misled_by_who_came_after);
	tcase_add_test(tc, knows_who_has_gone);
	tcase_add_loop_test(tc, tells_of_who_has_said_all, 0, 2);
	tcase_add_test(tc, tells_who_has_made_it);
	tcase_add_test(tc, is_not_misled_by_who_comes_again);
	tcase_add_test(tc, does_not_guess);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
