/*
 * What jails can be had, and what is said where it is not all: with the real
 * bwrap, with programs in its place that fail as it does, and with settings of
 * the kernel that are a folder of the test's.
 */

#include "config.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <check.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jail-landlock.h"
#include "jail-probe.h"
#include "xmalloc.h"

#define NOBODY 65534

static char dir[] = "/tmp/ringlet-probe.XXXXXX";
static struct jail_probe_with with;
static struct jail_probe got;

static char *
put(const char *name, const char *text, mode_t mode)
{
	char *path = xasprintf("%s/%s", dir, name);
	FILE *fp = fopen(path, "w");

	ck_assert_ptr_nonnull(fp);
	ck_assert_int_ge(fputs(text, fp), 0);
	ck_assert_int_eq(fclose(fp), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
	return path;
}

static void
setup(void)
{
	char *sub;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	sub = xasprintf("%s/kernel", dir);
	ck_assert_int_eq(mkdir(sub, 0700), 0);
	free(sub);
	with.bwrap = PATH_BWRAP;
	with.init = "/bin/true";
	with.sys = dir;
	with.landlock = jail_landlock_open();
	if (with.landlock < 0)
		with.landlock = -1;
}

static void
teardown(void)
{
	char *command[] = { (char[]){ "rm" }, (char[]){ "-rf" }, dir, NULL };
	pid_t pid;

	if ((pid = fork()) == 0) {
		execv("/bin/rm", command);
		_exit(127);
	}
	(void)waitpid(pid, NULL, 0);
}

static void
unavailable(const char *bwrap, const char *says)
{
	with.bwrap = bwrap;
	jail_probe(&with, &got);
	ck_assert_msg(got.tier == TIER_UNAVAILABLE, "tier %d", (int)got.tier);
	ck_assert_msg(
	    strstr(got.text, says) != NULL, "\"%s\" in: %s", says, got.text);
}

START_TEST(test_real)
{
	int landlock = with.landlock;

	jail_probe(&with, &got);
	ck_assert_msg(
	    got.tier == (landlock == -1 ? TIER_NO_LANDLOCK_SCOPE : TIER_FULL),
	    "tier %d: %s", (int)got.tier, got.text);
	if (landlock != -1)
		ck_assert_str_eq(got.text, "");
	with.landlock = -1;
	jail_probe(&with, &got);
	ck_assert_int_eq(got.tier, TIER_NO_LANDLOCK_SCOPE);
	ck_assert_ptr_nonnull(strstr(got.text, "Linux 6.12"));
	with.landlock = landlock;
	/* It is the end of what is inside that counts. */
	with.init = "/bin/false";
	jail_probe(&with, &got);
	ck_assert_int_eq(got.tier, TIER_UNAVAILABLE);
}
END_TEST

START_TEST(test_none)
{
	char *path = xasprintf("%s/nothing", dir);

	unavailable(path, "apt install bubblewrap");
	ck_assert_ptr_nonnull(strstr(got.text, path));
	free(path);
	path = put("text", "this is no program", 0600);
	unavailable(path, "cannot be run");
	free(path);
}
END_TEST

START_TEST(test_old)
{
	char *path = put("bwrap",
	    "#!/bin/sh\n"
	    "[ \"$1\" = --version ] && echo 'bubblewrap 0.4.1' && exit 0\n"
	    "echo 'bwrap: Unknown option --disable-userns' >&2\n"
	    "exit 1\n",
	    0700);

	unavailable(path, "bubblewrap 0.4 is too old: 0.8 or later");
	free(path);
	/* One that is new enough and fails is not told to be old. */
	path = put("bwrap2",
	    "#!/bin/sh\n"
	    "[ \"$1\" = --version ] && echo 'bubblewrap 0.11.0' && exit 0\n"
	    "echo 'bwrap: some \033[31mtrouble' >&2\n"
	    "exit 1\n",
	    0700);
	unavailable(path, "cannot build a jail here: bwrap: some");
	/* What it says is shown to people. */
	ck_assert_ptr_null(strchr(got.text, '\033'));
	free(path);
}
END_TEST

START_TEST(test_apparmor)
{
	char *path = put("bwrap",
	    "#!/bin/sh\n"
	    "echo 'bwrap: setting up uid map: Permission denied' >&2\n"
	    "exit 1\n",
	    0700);

	free(put("kernel/apparmor_restrict_unprivileged_userns", "1\n", 0600));
	unavailable(path, RINGLET_DATADIR "/apparmor");
	ck_assert_ptr_nonnull(strstr(got.text, "setting up uid map"));
	free(put("kernel/apparmor_restrict_unprivileged_userns", "0\n", 0600));
	unavailable(path, "cannot build a jail here");
	free(path);
}
END_TEST

/* As in a container: all works but for /proc. */
START_TEST(test_masked_proc)
{
	char *path = put("bwrap",
	    "#!/bin/sh\n"
	    "for word; do\n"
	    "	if [ \"$word\" = --proc ]; then\n"
	    "		echo \"bwrap: Can't mount proc on /newroot/proc:"
	    " Operation not permitted\" >&2\n"
	    "		exit 1\n"
	    "	fi\n"
	    "done\n",
	    0700);

	with.bwrap = path;
	with.landlock = -1;
	jail_probe(&with, &got);
	ck_assert_int_eq(got.tier, TIER_MINIMAL);
	ck_assert_ptr_nonnull(strstr(got.text, "systempaths=unconfined"));
	ck_assert_ptr_nonnull(strstr(got.text, "no unix sockets"));
	if ((with.landlock = jail_landlock_open()) >= 0) {
		jail_probe(&with, &got);
		ck_assert_int_eq(got.tier, TIER_NO_FRESH_PROC);
		ck_assert_ptr_null(strstr(got.text, "no unix sockets"));
	}
	free(path);
}
END_TEST

/* One that never ends is ended, with what it started. */
START_TEST(test_hangs)
{
	char *path = put("bwrap",
	    "#!/bin/sh\n"
	    "[ \"$1\" = --version ] && echo 'bubblewrap 0.8.0' && exit 0\n"
	    "echo waiting\n"
	    "sleep 1000\n",
	    0700);

	unavailable(path, "does not end; so far it has said \"waiting\"");
	free(path);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("probe");
	TCase *t = tcase_create("probe");
	SRunner *sr;
	int failed;

	/* Root can build a jail where nobody else can. */
	if (getuid() == 0 &&
	    (setgroups(0, NULL) == -1 || setgid(NOBODY) == -1 ||
		setuid(NOBODY) == -1)) {
		perror("cannot become an ordinary user");
		return 1;
	}
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	if (access(PATH_BWRAP, X_OK) == 0)
		tcase_add_test(t, test_real);
	tcase_add_test(t, test_none);
	tcase_add_test(t, test_old);
	tcase_add_test(t, test_apparmor);
	tcase_add_test(t, test_masked_proc);
	tcase_add_test(t, test_hangs);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
