/*
 * Secrets: kept in memory that other processes, core dumps and neighbours in
 * the heap do not see.
 */

#include "config.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "secret.h"
#include "suites.h"

START_TEST(holds)
{
	static const char bytes[] = "a\0b\xff";
	struct secret *s, *d;

	secret_init();
	s = secret_new(bytes, 4);
	ck_assert_uint_eq(secret_len(s), 4);
	ck_assert_int_eq(memcmp(secret_ptr(s), "a\0b\xff", 5), 0);
	d = secret_dup(s);
	ck_assert_ptr_ne(secret_ptr(d), secret_ptr(s));
	secret_free(s);
	ck_assert(secret_equal(d, bytes, 4));
	ck_assert(!secret_equal(d, bytes, 3));
	ck_assert(!secret_equal(d, "a\0b\xfe", 4));
	ck_assert(!secret_equal(d, "", 0));
	secret_free(d);
	secret_free(NULL);

	s = secret_new(NULL, 0);
	ck_assert_uint_eq(secret_len(s), 0);
	ck_assert_str_eq(secret_ptr(s), "");
	ck_assert(secret_equal(s, "", 0));
	secret_free(s);
}
END_TEST

START_TEST(wipes)
{
	char b[] = "CANARY";

	secret_init();
	secret_wipe(b, 3);
	ck_assert_int_eq(memcmp(b, "\0\0\0ARY", 7), 0);
	secret_wipe(b, 0);
}
END_TEST

START_TEST(process_is_hidden)
{
	struct rlimit r;

	secret_init();
	ck_assert_int_eq(prctl(PR_GET_DUMPABLE), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_CORE, &r), 0);
	ck_assert_uint_eq(r.rlim_cur, 0);
	ck_assert_uint_eq(r.rlim_max, 0);
	secret_init(); /* a second time is harmless */
}
END_TEST

/* Reading on past a secret, or after it was freed, ends the process. */
START_TEST(guard_pages)
{
	const struct rlimit none = { 0, 0 };
	volatile const char *p;
	struct secret *s;
	int status;
	pid_t pid;

	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &none);
		signal(SIGSEGV, SIG_DFL);
		secret_init();
		s = secret_new("CANARY", 6);
		p = secret_ptr(s);
		if (_i == 0)
			secret_free(s);
		else
			p += 4096;
		_exit(*p == 'C' ? 1 : 2);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
}
END_TEST

Suite *
suite_secret(void)
{
	Suite *s = suite_create("secret");
	TCase *tc = tcase_create("secret");

	tcase_add_test(tc, holds);
	tcase_add_test(tc, wipes);
	tcase_add_test(tc, process_is_hidden);
	tcase_add_loop_test(tc, guard_pages, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}
