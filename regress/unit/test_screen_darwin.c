/*
 * The logic of a screen keeper's confinement on macOS, on Linux: sandbox_init()
 * is ours, and refuses, does nothing, or forbids what a sandbox would.
 */

#include "config.h"

#include <sys/wait.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>
#include <sandbox.h>
#include <seccomp.h>

#include "err.h"
#include "ringlet-screen/confine.h"

static enum { REFUSES, DOES_NOTHING, HOLDS } sandbox;

static int
forbid(void)
{
	static const char *const calls[] = { "clone", "clone3", "connect",
		"fork", "open", "openat", "vfork" };
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int r = ctx == NULL ? -1 : 0;

	for (size_t i = 0; r == 0 && i < sizeof(calls) / sizeof(calls[0]); i++)
		r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM),
		    seccomp_syscall_resolve_name(calls[i]), 0);
	if (r == 0)
		r = seccomp_load(ctx);
	seccomp_release(ctx);
	return r == 0 ? 0 : -1;
}

int
sandbox_init(const char *profile, uint64_t flags, char **error)
{
	if (sandbox == REFUSES || flags != 0 ||
	    strstr(profile, "(deny default)") == NULL) {
		*error = strdup("no such luck");
		return -1;
	}
	return sandbox == DOES_NOTHING ? 0 : forbid();
}

void
sandbox_free_error(char *error)
{
	free(error);
}

/* What confine_enter() returns, in a process of its own. */
static int
enter(void)
{
	const char *why;
	int status;
	pid_t pid;

	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		/* Failing says why. */
		status = -confine_enter(&why);
		_exit((status != 0) == (why != NULL) ? status : 100);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return -WEXITSTATUS(status);
}

START_TEST(a_refusal_is_told)
{
	sandbox = REFUSES;
	ck_assert_int_eq(enter(), RL_ERR_SYSTEM);
}
END_TEST

START_TEST(a_sandbox_that_holds_nothing_is_noticed)
{
	sandbox = DOES_NOTHING;
	ck_assert_int_eq(enter(), RL_ERR_STATE);
}
END_TEST

START_TEST(one_that_holds_is_enough)
{
	sandbox = HOLDS;
	ck_assert_int_eq(enter(), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("screen-darwin");
	TCase *tc = tcase_create("logic");
	SRunner *sr;
	int failed;

	tcase_add_test(tc, a_refusal_is_told);
	tcase_add_test(tc, a_sandbox_that_holds_nothing_is_noticed);
	tcase_add_test(tc, one_that_holds_is_enough);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
