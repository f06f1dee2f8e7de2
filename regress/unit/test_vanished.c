/*
 * A client whose machine has gone, without a word: on a network of our own,
 * which can be switched off.
 */
#include "config.h"

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <net/if.h>
#include <check.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "front.h"
#include "suites.h"

#define GET                                                                    \
	"GET /api/events HTTP/1.1\r\nHost: localhost\r\n"                      \
	"Authorization: Bearer good\r\n\r\n"
#define PING "8\r\n: ping\n\n\r\n" /* a chunk */

/* Switches the loopback interface. */
static void
loopback(bool on)
{
	struct ifreq req = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ioctl(fd, SIOCGIFFLAGS, &req), 0);
	req.ifr_flags = (short)(on ? req.ifr_flags | IFF_UP
				   : req.ifr_flags & ~IFF_UP);
	ck_assert_int_eq(ioctl(fd, SIOCSIFFLAGS, &req), 0);
	close(fd);
}

/* Reads until that has come. */
static void
hear(int fd, const char *want)
{
	struct pollfd pfd = { fd, POLLIN, 0 };
	char text[4096];
	size_t len = 0;

	do {
		ck_assert_uint_lt(len, sizeof(text) - 1);
		ck_assert_int_eq(poll(&pfd, 1, 10000), 1);
		ck_assert_int_eq(recv(fd, text + len, 1, 0), 1);
		text[++len] = '\0';
	} while (strstr(text, want) == NULL);
}

/*
 * Nothing comes from it any more, not even that it has got what is sent: the
 * kernel would try for a quarter of an hour.
 */
START_TEST(listener)
{
	unsigned before;
	int fd, i;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) == -1) {
		perror("skip: a network of our own");
		return;
	}
	loopback(true);
	front_pings(100);
	front_start();
	/* It is there: it has answered. */
	fd = front_connect();
	ck_assert(front_send(fd, GET, strlen(GET)));
	hear(fd, ": listening\n");
	before = front_fds();
	/* One that is there is kept, for longer than that. */
	for (i = 0; i < 3; i++)
		hear(fd, PING);
	ck_assert_uint_eq(front_fds(), before);
	loopback(false);
	for (i = 0; i < 1000 && front_fds() == before; i++)
		(void)poll(NULL, 0, 20);
	ck_assert_uint_eq(front_fds(), before - 1);
	close(fd);
	front_stop();
}
END_TEST

Suite *
suite_vanished(void)
{
	Suite *s = suite_create("vanished");
	TCase *tc = tcase_create("vanished");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, listener);
	suite_add_tcase(s, tc);
	return s;
}
