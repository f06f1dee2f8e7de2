/*
 * Sockets that a service manager hands over: how many, and which are taken.
 */

#include "config.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "err.h"
#include "ringlet-monitor/policy-int.h"
#include "ringlet-monitor/policy.h"
#include "ringlet-monitor/service.h"
#include "suites.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

static char why[512], folder[64];
static struct conf conf;

static void
setup(void)
{
	strcpy(folder, "/tmp/ringlet-handed.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	conf_defaults(&conf);
}

static void
teardown(void)
{
	char name[80];

	snprintf(name, sizeof(name), "%s/s", folder);
	(void)unlink(name);
	ck_assert_int_eq(rmdir(folder), 0);
	conf_free(&conf);
}

/* --- how many --- */

START_TEST(counts)
{
	static const struct {
		const char *pid;
		const char *fds;
		int n; /* -1: an error */
	} rows[] = {
		{ NULL, NULL, 0 },
		{ NULL, "1", 0 },
		{ "7", NULL, 0 },
		{ "7", "1", 1 },
		{ "7", "8", 8 },
		/* For somebody else: whatever it says. */
		{ "8", "1", 0 },
		{ "8", "x", 0 },
		{ "7", "0", -1 },
		{ "7", "9", -1 },
		{ "7", "-1", -1 },
		{ "7", "1x", -1 },
		{ "7", "", -1 },
		{ "7", "99999999999999999999", -1 },
		{ "", "1", -1 },
		{ "x", "1", -1 },
		{ "0", "1", -1 },
	};
	size_t n;

	for (size_t i = 0; i < NELEM(rows); i++) {
		int r = handed_count(
		    rows[i].pid, rows[i].fds, 7, &n, why, sizeof(why));

		ck_assert_msg(
		    (r == 0) == (rows[i].n != -1), "row %zu: %d", i, r);
		if (r == 0)
			ck_assert_uint_eq(n, (size_t)rows[i].n);
		else
			ck_assert_ptr_nonnull(strstr(why, "LISTEN_"));
	}
}
END_TEST

/* --- which --- */

enum { LISTEN = 1 };

static int
tcp(int family, const char *host, int type, int flags)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	int fd = socket(family, type, 0), r;

	ck_assert_int_ge(fd, 0);
	if (family == AF_INET) {
		ck_assert_int_eq(inet_pton(family, host, &in.sin_addr), 1);
		r = bind(fd, (struct sockaddr *)&in, sizeof(in));
	} else {
		ck_assert_int_eq(inet_pton(family, host, &in6.sin6_addr), 1);
		r = bind(fd, (struct sockaddr *)&in6, sizeof(in6));
	}
	ck_assert_int_eq(r, 0);
	if (flags & LISTEN)
		ck_assert_int_eq(listen(fd, 1), 0);
	return fd;
}

/* name: "s" in our folder, "@..." in no file system, "" none. */
static int
local(const char *name, int type, mode_t mode)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(sun);
	int fd = socket(AF_UNIX, type, 0);
	mode_t old = umask(0777 & ~mode);

	if (name[0] == 's')
		snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/s", folder);
	else {
		memcpy(sun.sun_path + 1, name, strlen(name));
		len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				  (name[0] != '\0' ? strlen(name) + 1 : 0));
	}
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sun, len), 0);
	umask(old);
	if (type != SOCK_DGRAM)
		ck_assert_int_eq(listen(fd, 1), 0);
	return fd;
}

static void
taken(int fd, const struct policy *p, const char *begins)
{
	char *address;

	ck_assert_msg(
	    handed_judge(fd, &conf, p, &address, why, sizeof(why)) == 0,
	    "%s: %s", begins, why);
	ck_assert_msg(strncmp(address, begins, strlen(begins)) == 0,
	    "%s is not %s", address, begins);
	free(address);
	close(fd);
}

static void
refused(int fd, const struct policy *p, const char *says)
{
	char *address = why;

	ck_assert_msg(handed_judge(fd, &conf, p, &address, why, sizeof(why)) ==
			  RL_ERR_DENIED,
	    "taken: %s", says);
	ck_assert_ptr_null(address);
	ck_assert_msg(strstr(why, says) != NULL, "%s: not in: %s", says, why);
	close(fd);
}

START_TEST(tcp_sockets)
{
	taken(
	    tcp(AF_INET, "127.0.0.1", SOCK_STREAM, LISTEN), NULL, "127.0.0.1:");
	taken(tcp(AF_INET6, "::1", SOCK_STREAM, LISTEN), NULL, "[::1]:");
	refused(tcp(AF_INET, "0.0.0.0", SOCK_STREAM, LISTEN), NULL,
	    "AllowRemote yes");
	refused(tcp(AF_INET6, "::", SOCK_STREAM, LISTEN), NULL,
	    "other machines can reach [::]:");
	refused(tcp(AF_INET6, "::ffff:0.0.0.0", SOCK_STREAM, LISTEN), NULL,
	    "other machines");
	refused(tcp(AF_INET, "127.0.0.1", SOCK_STREAM, 0), NULL,
	    "not a listening stream socket");
	refused(tcp(AF_INET, "127.0.0.1", SOCK_DGRAM, 0), NULL,
	    "not a listening stream socket");
	conf.allow_remote = true;
	taken(tcp(AF_INET, "0.0.0.0", SOCK_STREAM, LISTEN), NULL, "0.0.0.0:");
}
END_TEST

START_TEST(unix_sockets)
{
	char name[80];

	snprintf(name, sizeof(name), "%s/s", folder);
	taken(local("s", SOCK_STREAM, 0600), NULL, name);
	unlink(name);
	refused(local("s", SOCK_STREAM, 0660), NULL, "SocketMode=0600");
	unlink(name);
	refused(local("s", SOCK_STREAM, 0602), NULL, "open to other users");
	unlink(name);
	refused(local("s", SOCK_SEQPACKET, 0600), NULL, "not a listening");
	unlink(name);
	refused(local("s", SOCK_DGRAM, 0600), NULL, "not a listening");
	unlink(name);
	refused(local("ringlet-handed-test", SOCK_STREAM, 0600), NULL,
	    "open to every user");
	refused(local("", SOCK_STREAM, 0600), NULL, "open to every user");
}
END_TEST

/* The name is there, but what it leads to is not the socket. */
START_TEST(names)
{
	char name[80];
	int fd;

	snprintf(name, sizeof(name), "%s/s", folder);
	fd = local("s", SOCK_STREAM, 0600);
	unlink(name);
	refused(fd, NULL, "No such file");
	fd = local("s", SOCK_STREAM, 0600);
	unlink(name);
	close(open(name, O_CREAT | O_WRONLY, 0600));
	refused(fd, NULL, "not a socket of yours");
	unlink(name);
	fd = local("s", SOCK_STREAM, 0600);
	unlink(name);
	ck_assert_int_eq(symlink("/dev/null", name), 0);
	refused(fd, NULL, "not a socket of yours");
}
END_TEST

START_TEST(no_sockets)
{
	int p[2], sv[2];

	ck_assert_int_eq(pipe(p), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	refused(p[0], NULL, "not a listening stream socket");
	refused(sv[0], NULL, "not a listening stream socket");
	refused(open("/dev/null", O_RDWR), NULL, "not a listening");
	refused(p[0], NULL, "not a listening"); /* closed */
	close(p[1]);
	close(sv[1]);
}
END_TEST

START_TEST(policies)
{
	static const char text[] = "LockListenAddress unix\n";
	struct policy *p;
	char name[80];

	ck_assert_int_eq(
	    policy_parse(text, strlen(text), "/p", &p, why, sizeof(why)), 0);
	snprintf(name, sizeof(name), "%s/s", folder);
	taken(local("s", SOCK_STREAM, 0600), p, name);
	refused(tcp(AF_INET, "127.0.0.1", SOCK_STREAM, LISTEN), p,
	    "refused by LockListenAddress (/p line 1)");
	policy_free(p);
}
END_TEST

/* What is typed to close one; names come from units, which may say anything. */
START_TEST(units)
{
	static const struct {
		const char *name, *unit;
	} rows[] = {
		{ "http", "ringlet.socket" },
		{ "?", "ringlet.socket" },
		{ "", "ringlet.socket" },
		{ ".socket", "ringlet.socket" },
		{ "my-own@1.socket", "my-own@1.socket" },
		{ "a;reboot;.socket", "ringlet.socket" },
		{ "$(x).socket", "ringlet.socket" },
		{ "a b.socket", "ringlet.socket" },
		{ "-H.socket", "ringlet.socket" },
		{ "x.socket\n", "ringlet.socket" },
	};
	char *unit;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit = handed_unit(rows[i].name);
		ck_assert_str_eq(unit, rows[i].unit);
		free(unit);
	}
}
END_TEST

Suite *
suite_handed(void)
{
	Suite *s = suite_create("handed");
	TCase *tc = tcase_create("handed");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, counts);
	tcase_add_test(tc, tcp_sockets);
	tcase_add_test(tc, unix_sockets);
	tcase_add_test(tc, names);
	tcase_add_test(tc, no_sockets);
	tcase_add_test(tc, policies);
	tcase_add_test(tc, units);
	suite_add_tcase(s, tc);
	return s;
}
