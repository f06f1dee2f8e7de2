/*
 * The log: one entry is one line, whatever was in it, and no longer than it
 * may be; levels hold.
 */

#include "config.h"

#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "log.h"
#include "suites.h"
#include "valid.h"

static char got[LOG_LINE_MAX + 10];
static enum log_level got_level;
static unsigned entries;

static void
sink(enum log_level level, const char *text, void *arg)
{
	ck_assert_ptr_eq(arg, got);
	got_level = level;
	entries++;
	ck_assert_uint_lt(strlcpy(got, text, sizeof(got)), LOG_LINE_MAX);
	errno = EDOM;
}

static void
setup(void)
{
	entries = 0;
	log_init("test", LOGL_INFO);
	log_set_sink(sink, got);
}

START_TEST(levels)
{
	static const char *const names[] = { "error", "warn", "info", "debug",
		"trace" };

	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(log_level_parse(names[i]), i);
		ck_assert_str_eq(log_level_name((enum log_level)i), names[i]);
		log_set_level((enum log_level)i);
		ck_assert_int_eq((int)log_get_level(), i);
		entries = 0;
		log_error("x");
		log_warn("x");
		log_info("x");
		log_debug("x");
		log_trace("x");
		ck_assert_uint_eq(entries, (unsigned)i + 1);
	}
	ck_assert_int_eq(log_level_parse("loud"), -1);
	ck_assert_int_eq(log_level_parse(""), -1);
	ck_assert_int_eq(log_level_parse("INFO"), -1);
}
END_TEST

START_TEST(one_line)
{
	log_warn("a\nb\r\x1b[2Jc\\ %s", "\xc3\xa4\xff");
	ck_assert_uint_eq(entries, 1);
	ck_assert_int_eq(got_level, LOGL_WARN);
	ck_assert_str_eq(got, "a\\x0ab\\x0d\\x1b[2Jc\\\\ \xc3\xa4\\xff");
}
END_TEST

START_TEST(long_entries)
{
	static char text[5000];

	for (size_t n = LOG_LINE_MAX - 40; n < LOG_LINE_MAX + 40; n++) {
		memset(text, 'x', sizeof(text));
		text[n] = '\0';
		log_info("%s", text);
		ck_assert_uint_lt(strlen(got), LOG_LINE_MAX);
	}
	/* Each of these takes four bytes when escaped. */
	memset(text, '\n', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_info("%s", text);
	ck_assert_uint_lt(strlen(got), LOG_LINE_MAX);
	ck_assert_ptr_null(strchr(got, '\n'));
	ck_assert_str_eq(got + strlen(got) - 3, "...");
	/* Cut within a character: what is left is UTF-8 all the same. */
	for (size_t i = 0; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xa4", 3);
	log_info("%s", text);
	log_info("x%s", text);
	ck_assert(valid_utf8(got, strlen(got)));
}
END_TEST

START_TEST(errno_survives)
{
	errno = ENOENT;
	log_info("x");
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(foreign_entries)
{
	log_foreign("ringletd", LOGL_ERROR, "it\nsaid");
	ck_assert_str_eq(got, "ringletd: it\\x0asaid");
	ck_assert_int_eq(got_level, LOGL_ERROR);
	log_foreign("ringletd", LOGL_DEBUG, "quiet");
	ck_assert_uint_eq(entries, 1);
}
END_TEST

/* What a child writes to standard error. */
static char *
stderr_of(void (*fn)(void), int *status)
{
	static char b[4 * LOG_LINE_MAX];
	ssize_t n, used = 0;
	int p[2];
	pid_t pid;

	ck_assert_int_eq(pipe(p), 0);
	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		dup2(p[1], STDERR_FILENO);
		close(p[0]);
		close(p[1]);
		log_set_sink(NULL, NULL);
		fn();
		_exit(0);
	}
	close(p[1]);
	while ((n = read(p[0], b + used, sizeof(b) - 1 - (size_t)used)) > 0)
		used += n;
	close(p[0]);
	b[used] = '\0';
	ck_assert_int_eq(waitpid(pid, status, 0), pid);
	return b;
}

static void
say_two(void)
{
	log_info("one\n");
	log_foreign("other", LOGL_WARN, "two");
}

static void
say_fatal(void)
{
	fatal("gone: %s", "x\n");
}

START_TEST(standard_error)
{
	int status;

	ck_assert_str_eq(stderr_of(say_two, &status),
	    "test: info: one\\x0a\nother: warn: two\n");
	ck_assert_int_eq(status, 0);
	ck_assert_str_eq(
	    stderr_of(say_fatal, &status), "test: error: gone: x\\x0a\n");
	ck_assert_int_eq(WEXITSTATUS(status), 1);
}
END_TEST

START_TEST(errors_have_names)
{
	for (int e = 0; e >= -18; e--) {
		ck_assert_str_ne(rl_strerror(e), "");
		ck_assert_str_ne(rl_errname(e), "");
		for (int f = 0; f > e; f--)
			ck_assert_str_ne(rl_errname(e), rl_errname(f));
	}
	ck_assert_ptr_nonnull(rl_strerror(-9999));
	ck_assert_ptr_nonnull(rl_errname(-9999));
	ck_assert_ptr_nonnull(rl_errname(12));
	errno = ENOENT;
	ck_assert_str_eq(rl_strerror(RL_ERR_SYSTEM), strerror(ENOENT));
}
END_TEST

Suite *
suite_log(void)
{
	Suite *s = suite_create("log");
	TCase *tc = tcase_create("log");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, levels);
	tcase_add_test(tc, one_line);
	tcase_add_test(tc, long_entries);
	tcase_add_test(tc, errno_survives);
	tcase_add_test(tc, foreign_entries);
	tcase_add_test(tc, standard_error);
	tcase_add_test(tc, errors_have_names);
	suite_add_tcase(s, tc);
	return s;
}
