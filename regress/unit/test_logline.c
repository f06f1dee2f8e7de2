/*
 * What entries look like in a file, in the journal and in the system's log;
 * what happens when that log does not read; how many entries a process has.
 */

#include "config.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "ringlet-monitor/logline.h"
#include "suites.h"

static char line[LOGLINE_MAX];

START_TEST(lines)
{
	static const struct {
		enum log_level level;
		int priority;
	} rows[] = { { LOGL_ERROR, 3 }, { LOGL_WARN, 4 }, { LOGL_INFO, 6 },
		{ LOGL_DEBUG, 7 }, { LOGL_TRACE, 7 } };
	char wanted[200];
	size_t n;

	setenv("TZ", "UTC0", 1);
	tzset();
	n = logline_file(line, LOGL_WARN, "x: y", 951782399, 42);
	ck_assert_str_eq(line, "2000-02-28T23:59:59Z [42] warn: x: y\n");
	ck_assert_uint_eq(n, strlen(line));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		n = logline_journal(line, rows[i].level, "x");
		snprintf(wanted, sizeof(wanted), "<%d>x\n", rows[i].priority);
		ck_assert_str_eq(line, wanted);
		ck_assert_uint_eq(n, strlen(line));
		n = logline_syslog(line, LOG_LOCAL7, rows[i].level, "x: y",
		    951782399, "tag", 42);
		snprintf(wanted, sizeof(wanted),
		    "<%d>Feb 28 23:59:59 tag[42]: x: y",
		    23 * 8 + rows[i].priority);
		ck_assert_str_eq(line, wanted);
		ck_assert_uint_eq(n, strlen(line));
	}
}
END_TEST

/* Longer than log.c makes them: cut, and still one line. */
START_TEST(long_lines)
{
	static char text[2 * LOGLINE_MAX];
	size_t n;

	memset(text, 'x', sizeof(text) - 1);
	n = logline_file(line, LOGL_INFO, text, 0, 1);
	ck_assert_uint_eq(n, LOGLINE_MAX - 1);
	ck_assert_uint_eq(strlen(line), n);
	ck_assert_ptr_eq(strchr(line, '\n'), line + n - 1);
	n = logline_journal(line, LOGL_INFO, text);
	ck_assert_uint_eq(n, LOGLINE_MAX - 1);
	ck_assert_ptr_eq(strchr(line, '\n'), line + n - 1);
	n = logline_syslog(line, LOG_USER, LOGL_INFO, text, 0, "t", 1);
	ck_assert_uint_eq(n, LOGLINE_MAX - 1);
	ck_assert_uint_eq(strlen(line), n);
}
END_TEST

START_TEST(journal)
{
	char stream[64];
	struct stat st;
	int p[2];

	ck_assert_int_eq(pipe(p), 0);
	ck_assert_int_eq(fstat(p[1], &st), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu",
	    (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	ck_assert(logline_is_journal(p[1], stream));
	ck_assert(!logline_is_journal(p[1], NULL));
	ck_assert(!logline_is_journal(p[1], ""));
	ck_assert(!logline_is_journal(p[1], "0:0"));
	strlcat(stream, "1", sizeof(stream));
	ck_assert(!logline_is_journal(p[1], stream));
	stream[strlen(stream) - 2] = '\0';
	ck_assert(!logline_is_journal(p[1], stream));
	close(p[0]);
	close(p[1]);
	ck_assert(!logline_is_journal(p[1], "0:0"));
}
END_TEST

/* --- the system's log --- */

static char folder[] = "/tmp/ringlet-logline.XXXXXX";
static char path[sizeof(folder) + 10];

/* A log daemon's socket; -1 if there is one already. */
static int
log_daemon(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	ck_assert_int_ne(fd, -1);
	strlcpy(sun.sun_path, path, sizeof(sun.sun_path));
	unlink(path);
	ck_assert_int_eq(
	    bind(fd, (const struct sockaddr *)&sun, sizeof(sun)), 0);
	return fd;
}

/* The next entry after its tag, or "" if there is none. */
static const char *
next(int fd)
{
	ssize_t n = recv(fd, line, sizeof(line) - 1, 0);
	const char *text;

	line[n < 0 ? 0 : n] = '\0';
	if (n <= 0)
		return line;
	ck_assert_ptr_null(strchr(line, '\n'));
	ck_assert_ptr_nonnull(text = strstr(line, " ringlet["));
	ck_assert_ptr_nonnull(text = strstr(text, "]: "));
	return text + 3;
}

static void
setup(void)
{
	strlcpy(folder + strlen(folder) - 6, "XXXXXX", 7);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/log", folder);
}

static void
teardown(void)
{
	unlink(path);
	rmdir(folder);
}

START_TEST(system_log)
{
	struct logsocket *ls;
	int fd;

	ck_assert_ptr_null(logsocket_new(path, LOG_DAEMON));
	ck_assert_int_eq(errno, ENOENT);
	fd = log_daemon();
	ck_assert_ptr_nonnull(ls = logsocket_new(path, LOG_DAEMON));
	logsocket_send(ls, LOGL_ERROR, "one");
	ck_assert_str_eq(next(fd), "one");
	ck_assert_int_eq(strncmp(line, "<27>", 4), 0);

	/* Started afresh, as at an upgrade: nothing is lost. */
	close(fd);
	fd = log_daemon();
	logsocket_send(ls, LOGL_INFO, "two");
	ck_assert_str_eq(next(fd), "two");

	/* Gone for a while. */
	close(fd);
	unlink(path);
	ck_assert_int_eq(logsocket_send(ls, LOGL_INFO, "three"), -1);
	ck_assert_int_eq(logsocket_send(ls, LOGL_INFO, "four"), -1);
	fd = log_daemon();
	ck_assert_int_eq(logsocket_send(ls, LOGL_INFO, "five"), 0);
	ck_assert_str_eq(
	    next(fd), "2 entries are lost: the system's log did not take them");
	ck_assert_str_eq(next(fd), "five");
	ck_assert_str_eq(next(fd), "");
	logsocket_free(ls);
	logsocket_free(NULL);
	close(fd);
}
END_TEST

/* It does not read: we do not wait, and count. */
START_TEST(system_log_stalled)
{
	struct logsocket *ls;
	unsigned got = 0, lost;
	const char *s;
	int fd = log_daemon();

	ck_assert_ptr_nonnull(ls = logsocket_new(path, LOG_DAEMON));
	for (unsigned i = 0; i < 5000; i++)
		logsocket_send(ls, LOGL_INFO, "x");
	while (strcmp(next(fd), "x") == 0)
		got++;
	ck_assert_uint_gt(got, 0);
	ck_assert_uint_lt(got, 5000);
	logsocket_send(ls, LOGL_INFO, "y");
	s = next(fd);
	ck_assert_int_eq(sscanf(s, "%u entries are lost", &lost), 1);
	ck_assert_uint_eq(got + lost, 5000);
	ck_assert_str_eq(next(fd), "y");
	logsocket_free(ls);
	close(fd);
}
END_TEST

/* --- the limit --- */

static unsigned
take(struct log_limit *l, uint64_t now, unsigned n)
{
	unsigned taken = 0;

	while (n-- > 0)
		if (log_limit_take(l, now))
			taken++;
	return taken;
}

START_TEST(limit)
{
	struct log_limit l = { 0 };
	uint64_t now = 123456789;

	ck_assert_uint_eq(take(&l, now, 5000), LOG_LIMIT_BURST);
	ck_assert_uint_eq(l.left_out, 5000 - LOG_LIMIT_BURST);
	l.left_out = 0;
	/* From then on so many a second, however they come. */
	ck_assert_uint_eq(take(&l, now + 1000, 5000), LOG_LIMIT_RATE);
	now += 1000;
	for (unsigned i = 0, n = 0; i < 1000; i++) {
		n += take(&l, ++now, 10);
		if (i == 999)
			ck_assert_uint_eq(n, LOG_LIMIT_RATE);
	}
	ck_assert_uint_eq(
	    l.left_out, 5000 - LOG_LIMIT_RATE + 10000 - LOG_LIMIT_RATE);
	/* Quiet for long: a whole burst again, not more. */
	ck_assert_uint_eq(take(&l, now + 3600 * 1000, 5000), LOG_LIMIT_BURST);
	ck_assert_uint_eq(take(&l, UINT64_MAX, 5000), LOG_LIMIT_BURST);
	/* One that keeps below it is never cut. */
	memset(&l, 0, sizeof(l));
	for (unsigned i = 0; i < 100; i++)
		ck_assert_uint_eq(
		    take(&l, 1000 + i * 1000, LOG_LIMIT_RATE), LOG_LIMIT_RATE);
	ck_assert_uint_eq(l.left_out, 0);
}
END_TEST

Suite *
suite_logline(void)
{
	Suite *s = suite_create("logline");
	TCase *tc = tcase_create("lines");

	tcase_add_test(tc, lines);
	tcase_add_test(tc, long_lines);
	tcase_add_test(tc, journal);
	tcase_add_test(tc, limit);
	suite_add_tcase(s, tc);
	tc = tcase_create("system's log");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, system_log);
	tcase_add_test(tc, system_log_stalled);
	suite_add_tcase(s, tc);
	return s;
}
