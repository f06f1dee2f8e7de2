/*
 * The logic of macOS's seal, on Linux: sandbox_init() is ours, and refuses,
 * does nothing, or makes a filter that forbids what a sandbox would.
 */
#include "config.h"

#include <sys/wait.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>
#include <sandbox.h>
#include <seccomp.h>

#include "err.h"
#include "ringletd/seal.h"

static enum {
	REFUSES,
	DOES_NOTHING,
	LEAKS, /* forbids all but running programs */
	HOLDS
} sandbox;

static const char *const forbidden[] = { "bind", "clone", "clone3", "connect",
	"execve", "fork", "kill", "open", "openat", "vfork" };

static int
forbid(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	size_t i;
	int nr, r = ctx == NULL ? -1 : 0;

	for (i = 0; r == 0 && i < sizeof(forbidden) / sizeof(*forbidden); i++) {
		if (sandbox == LEAKS && strcmp(forbidden[i], "execve") == 0)
			continue;
		nr = seccomp_syscall_resolve_name(forbidden[i]);
		r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), nr, 0);
	}
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

START_TEST(a_refusal_is_told)
{
	struct seal s;

	sandbox = REFUSES;
	ck_assert_int_eq(seal_enter(&s), RL_ERR_SYSTEM);
	ck_assert_str_eq(s.text, "sandbox_init: no such luck");
}
END_TEST

START_TEST(a_sandbox_that_holds_nothing_is_noticed)
{
	const struct seal_probe *probes;
	struct seal s;
	size_t i, n;

	sandbox = DOES_NOTHING;
	ck_assert_int_eq(seal_enter(&s), RL_ERR_STATE);
	probes = seal_probes(&n);
	ck_assert_uint_gt(n, 1);
	/* But for the last, running a program: we are still here. */
	for (i = 0; i + 1 < n; i++)
		ck_assert_msg(strstr(s.text, probes[i].what) != NULL,
		    "'%s' is not in '%s'", probes[i].what, s.text);
}
END_TEST

/* The wait status of a process that enters the seal. */
static int
enter(void)
{
	struct seal s;
	int status;
	pid_t pid;

	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		/* Of a program that runs and finds no library. */
		close(STDERR_FILENO);
		_exit(seal_enter(&s) == 0 && s.full ? 0 : 2);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

START_TEST(a_sandbox_that_holds_is_full)
{
	int status;

	sandbox = HOLDS;
	status = enter();
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "status %#x", status);
}
END_TEST

/* It has become false(1), as far as that gets, and serves nobody. */
START_TEST(who_can_run_programs_does_not_serve)
{
	int status;

	sandbox = LEAKS;
	status = enter();
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) != 0 &&
			  WEXITSTATUS(status) != 2,
	    "status %#x", status);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("seal-darwin");
	TCase *tc = tcase_create("darwin");
	SRunner *sr;
	int failed;

	tcase_add_test(tc, a_refusal_is_told);
	tcase_add_test(tc, a_sandbox_that_holds_nothing_is_noticed);
	tcase_add_test(tc, a_sandbox_that_holds_is_full);
	tcase_add_test(tc, who_can_run_programs_does_not_serve);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
