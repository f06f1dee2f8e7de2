/*
 * Why a session ended, and what is known of the kernel's killing.
 */
#include "config.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ringlet-sandboxer/reason.h"
#include "suites.h"
#include "xmalloc.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))
#define EXIT(n)	 W_EXITCODE(n, 0)
#define SIG(n)	 W_EXITCODE(0, n)

START_TEST(words)
{
	static const struct {
		struct ending e;
		const char *word;
		bool text;
	} rows[] = {
		/* reported, status, kill_asked, killed, before, after,
		   cpu_out */
		{ { true, EXIT(0), false, false, 0, 0, false }, "exit", false },
		{ { true, EXIT(137), false, false, 0, 9, false }, "exit",
		    false },
		{ { true, SIG(SIGSEGV), false, false, 3, 4, false }, "exit",
		    false },
		{ { true, SIG(SIGTERM), true, false, 0, 0, false }, "kill",
		    false },
		{ { true, SIG(SIGKILL), true, true, 3, 4, false }, "kill",
		    false },
		{ { false, 0, true, true, 3, 4, false }, "kill", false },
		{ { true, SIG(SIGXCPU), false, false, 0, 0, false }, "limit",
		    true },
		{ { true, SIG(SIGXFSZ), false, false, 3, 4, false }, "limit",
		    true },
		{ { true, SIG(SIGXCPU), true, false, 0, 0, false }, "kill",
		    false },
		{ { true, EXIT(SIGXCPU), false, false, 0, 0, false }, "exit",
		    false },
		/* SIGKILL, and the kernel counted one meanwhile */
		{ { true, SIG(SIGKILL), false, false, 3, 4, false }, "memory",
		    true },
		/* the same without: somebody else sent it */
		{ { true, SIG(SIGKILL), false, false, 4, 4, false }, "exit",
		    false },
		/* a counter that went back is another one */
		{ { true, SIG(SIGKILL), false, false, 4, 0, false }, "exit",
		    false },
		/* we sent it, for a jail that would not end */
		{ { true, SIG(SIGKILL), false, true, 3, 4, false }, "exit",
		    false },
		{ { false, 0, false, false, 3, 4, false }, "memory", true },
		{ { false, 0, false, true, 3, 4, false }, "lost", true },
		/* all of it has used more than it may */
		{ { false, 0, false, true, 3, 4, true }, "limit", true },
		{ { true, SIG(SIGKILL), false, true, 0, 0, true }, "limit",
		    true },
		{ { false, 0, true, true, 0, 0, true }, "kill", false },
		{ { false, 0, false, false, 4, 4, false }, "lost", true },
	};
	struct reason r;

	for (size_t i = 0; i < NELEM(rows); i++) {
		reason_of(&rows[i].e, &r);
		ck_assert_msg(strcmp(r.word, rows[i].word) == 0, "row %zu: %s",
		    i, r.word);
		ck_assert_int_eq(*r.text != '\0', rows[i].text);
	}
}
END_TEST

static char root[] = "/tmp/test_reason.XXXXXX";

static void
put(const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", root, name);
	FILE *fp = fopen(path, "w");

	ck_assert_ptr_nonnull(fp);
	ck_assert_int_ge(fputs(text, fp), 0);
	ck_assert_int_eq(fclose(fp), 0);
	free(path);
}

START_TEST(counts)
{
	char cmd[256];

	ck_assert_ptr_nonnull(mkdtemp(root));
	ck_assert_uint_eq(reason_oom_kills(root), 0);
	(void)snprintf(cmd, sizeof(cmd),
	    "mkdir -p %s/proc/self %s/sys/fs/cgroup/a/b", root, root);
	ck_assert_int_eq(system(cmd), 0);
	put("proc/vmstat", "oom_kills_x 9\nxoom_kill 8\noom_kill 7\n");
	ck_assert_uint_eq(reason_oom_kills(root), 7);
	/* Version 1 has other lines; its root has no file. */
	put("proc/self/cgroup", "4:memory:/a/b\n0::/\n");
	ck_assert_uint_eq(reason_oom_kills(root), 7);
	put("proc/self/cgroup", "0::/a/b\n");
	ck_assert_uint_eq(reason_oom_kills(root), 7);
	put("sys/fs/cgroup/a/b/memory.events",
	    "low 1\noom 5\noom_kill 2\noom_group_kill 3\n");
	ck_assert_uint_eq(reason_oom_kills(root), 2);
	put("sys/fs/cgroup/a/b/memory.events", "oom_kill many\n");
	ck_assert_uint_eq(reason_oom_kills(root), 7);
	put("proc/self/cgroup", "0::/a/b"); /* cut short */
	ck_assert_uint_eq(reason_oom_kills(root), 7);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", root);
	ck_assert_int_eq(system(cmd), 0);
}
END_TEST

Suite *
suite_reason(void)
{
	Suite *s = suite_create("reason");
	TCase *tc = tcase_create("reason");

	tcase_add_test(tc, words);
	tcase_add_test(tc, counts);
	suite_add_tcase(s, tc);
	return s;
}
