/*
 * The plan of a jail: what it shows, what it never shows, and which working
 * folders it takes.
 */

#include "config.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "regress/unit/jailworld.h"
#include "ringlet-monitor/jailcheck.h"
#include "suites.h"
#include "xmalloc.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

static int
open_cwd(const char *path, char **real, char *why)
{
	int fd = jailcheck_open_cwd(
	    &w.paths, w.home, path, real, why, 512);

	if (fd >= 0)
		close(fd);
	return fd;
}

START_TEST(cwd_good)
{
	static const char *const below[] = { "work", "home/project",
		"home/.claude-profiles/mine" };
	char why[512], *real, *path;

	for (size_t i = 0; i < NELEM(below); i++) {
		path = xasprintf("%s/%s", w.base, below[i]);
		ck_assert_msg(open_cwd(path, &real, why) >= 0, "%s", why);
		ck_assert_str_eq(real, path);
		free(real);
		free(path);
	}
}
END_TEST

START_TEST(cwd_bad)
{
	static const struct {
		const char *below;
		int err;
	} rows[] = {
		{ "missing", RL_ERR_NOTFOUND },
		{ "home", RL_ERR_DENIED },
		{ "", RL_ERR_DENIED }, /* holds the home */
		{ "home/config", RL_ERR_DENIED },
		{ "home/state", RL_ERR_DENIED },
		{ "home/.ssh", RL_ERR_DENIED },
		{ "home/.claude-profiles", RL_ERR_DENIED },
		{ "home/.claude-profiles/other", RL_ERR_DENIED },
		{ "runtime", RL_ERR_DENIED },
		{ "file", RL_ERR_INVALID },
	};
	char why[512], *real, *path;
	FILE *f;

	path = xasprintf("%s/file", w.base);
	ck_assert((f = fopen(path, "w")) != NULL);
	fclose(f);
	free(path);
	for (size_t i = 0; i < NELEM(rows); i++) {
		path = xasprintf("%s/%s", w.base, rows[i].below);
		ck_assert_msg(open_cwd(path, &real, why) == rows[i].err,
		    "%s: %s", path, why);
		ck_assert_ptr_null(real);
		ck_assert_msg(strlen(why) > 0, "%s", path);
		free(path);
	}
	ck_assert_int_eq(open_cwd("work", &real, why), RL_ERR_INVALID);
	ck_assert_int_eq(open_cwd("/proc/self", &real, why), RL_ERR_DENIED);
	if (geteuid() != 0)
		ck_assert_int_eq(open_cwd("/usr", &real, why), RL_ERR_DENIED);
}
END_TEST

/* A link is judged by where it leads. */
START_TEST(cwd_link)
{
	char why[512], *real, *good, *bad;

	good = xasprintf("%s/good", w.base);
	bad = xasprintf("%s/work/bad", w.base);
	ck_assert_int_eq(symlink(w.work, good), 0);
	ck_assert_int_eq(symlink(w.paths.config_dir, bad), 0);
	ck_assert_msg(open_cwd(good, &real, why) >= 0, "%s", why);
	ck_assert_str_eq(real, w.work);
	free(real);
	ck_assert_int_eq(open_cwd(bad, &real, why), RL_ERR_DENIED);
	free(good);
	free(bad);
}
END_TEST

/*
 * The home itself is reached by a link, as on machines that move homes: what
 * is hidden is so by either name.
 */
START_TEST(cwd_linked_home)
{
	static const char *const hidden[] = { "", "/.ssh", "/config",
		"/.claude-profiles", "/.claude-profiles/other" };
	static const char *const shown[] = { "/project",
		"/.claude-profiles/mine" };
	static const char *const ways[] = { "home", "link" };
	char why[512], *real, *path, *link = xasprintf("%s/link", w.base);
	struct paths linked = w.paths;
	char *mine = xasprintf("%s/.claude-profiles/mine", link);
	int fd;

	ck_assert_int_eq(symlink(w.paths.home, link), 0);
	linked.home = link;
	linked.config_dir = xasprintf("%s/config", link);
	for (size_t k = 0; k < NELEM(ways); k++) {
		for (size_t i = 0; i < NELEM(hidden); i++) {
			path = xasprintf(
			    "%s/%s%s", w.base, ways[k], hidden[i]);
			fd = jailcheck_open_cwd(
			    &linked, mine, path, &real, why, sizeof(why));
			ck_assert_msg(fd == RL_ERR_DENIED, "%s", path);
			free(path);
		}
		for (size_t i = 0; i < NELEM(shown); i++) {
			path = xasprintf(
			    "%s/%s%s", w.base, ways[k], shown[i]);
			fd = jailcheck_open_cwd(
			    &linked, mine, path, &real, why, sizeof(why));
			ck_assert_msg(fd >= 0, "%s: %s", path, why);
			close(fd);
			free(real);
			free(path);
		}
	}
	free(linked.config_dir);
	free(mine);
	free(link);
}
END_TEST

/* What is hidden is so also to a process that can open nothing more. */
START_TEST(show_no_descriptor)
{
	char why[512], *link = xasprintf("%s/link", w.base), *path;
	struct paths linked = w.paths;
	struct rlimit old, none;
	int lowest, r;

	ck_assert_int_eq(symlink(w.paths.home, link), 0);
	linked.home = link;
	linked.config_dir = xasprintf("%s/config", link);
	path = xasprintf("%s/home/config", w.base);
	ck_assert_int_ge(lowest = open("/", O_RDONLY | O_CLOEXEC), 0);
	close(lowest);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = old;
	none.rlim_cur = (rlim_t)lowest;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	r = jailcheck_may_show(&linked, path, why, sizeof(why));
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &old), 0);
	ck_assert_int_eq(r, RL_ERR_DENIED);
	free(path);
	free(linked.config_dir);
	free(link);
}
END_TEST

START_TEST(plan)
{
	struct agent_binary binary = { .nbinds = 0 };
	struct jailplan jp;
	char why[512];
	size_t writable = 0;

	ck_assert_int_eq(world_plan(w.work, &binary, &jp, why,
			     sizeof(why)), 0);
	ck_assert_int_eq((int)world_find(&jp, "/usr")->kind, BIND_RO);
	ck_assert_int_eq((int)world_find(&jp, "/etc")->kind, BIND_RO);
	ck_assert_int_eq((int)world_find(&jp, "/proc")->kind, BIND_PROC);
	ck_assert_int_eq((int)world_find(&jp, "/dev")->kind, BIND_DEV);
	ck_assert_int_eq((int)world_find(&jp, "/tmp")->kind, BIND_TMPFS);
	/* bwrap's own, in the file system of /dev, has no size. */
	ck_assert_int_eq((int)world_find(&jp, "/dev/shm")->kind, BIND_TMPFS);
	ck_assert_uint_eq(
	    world_find(&jp, "/dev/shm")->size, world_find(&jp, "/tmp")->size);
	ck_assert_int_eq((int)world_find(&jp, "/run")->kind, BIND_TMPFS);
	ck_assert_int_eq((int)world_find(&jp, w.home)->kind, BIND_RW);
	ck_assert_int_eq((int)world_find(&jp, w.work)->kind, BIND_RW);
	ck_assert_ptr_null(world_find(&jp, "/"));
	ck_assert_ptr_null(world_find(&jp, "/home"));
	ck_assert_ptr_null(world_find(&jp, w.paths.home));
	for (size_t i = 0; i < jp.nbinds; i++)
		writable += jp.binds[i].kind == BIND_RW;
	ck_assert_int_eq((int)writable, 2);
	jailplan_clear(&jp);
}
END_TEST

/* A working folder inside the home needs no mount of its own. */
START_TEST(plan_cwd_in_home)
{
	struct agent_binary binary = { .nbinds = 0 };
	struct jailplan jp;
	char why[512], *cwd = xasprintf("%s/src", w.home);
	size_t writable = 0;

	ck_assert_int_eq(world_plan(cwd, &binary, &jp, why,
			     sizeof(why)), 0);
	for (size_t i = 0; i < jp.nbinds; i++)
		writable += jp.binds[i].kind == BIND_RW;
	ck_assert_int_eq((int)writable, 1);
	jailplan_clear(&jp);
	free(cwd);
}
END_TEST

/* An agent that lies where a jail must not look is an error, not a hole. */
START_TEST(plan_agent)
{
	struct agent_binary binary = { .nbinds = 1 };
	struct jailplan jp;
	char why[512];

	binary.binds[0] = xasprintf("%s/tool", w.base);
	ck_assert_int_eq(world_plan(w.work, &binary, &jp, why,
			     sizeof(why)), 0);
	ck_assert_int_eq((int)world_find(&jp, binary.binds[0])->kind, BIND_RO);
	jailplan_clear(&jp);
	free(binary.binds[0]);

	binary.binds[0] = w.paths.config_dir;
	ck_assert_int_eq(world_plan(w.work, &binary, &jp, why,
			     sizeof(why)), RL_ERR_DENIED);
	ck_assert_ptr_nonnull(strstr(why, w.paths.config_dir));
	jailplan_clear(&jp);
}
END_TEST

Suite *
suite_jailplan(void)
{
	Suite *s = suite_create("jailplan");
	TCase *tc = tcase_create("plan");

	tcase_add_checked_fixture(tc, world_setup, world_teardown);
	tcase_add_test(tc, cwd_good);
	tcase_add_test(tc, cwd_bad);
	tcase_add_test(tc, cwd_link);
	tcase_add_test(tc, cwd_linked_home);
	tcase_add_test(tc, show_no_descriptor);
	tcase_add_test(tc, plan);
	tcase_add_test(tc, plan_cwd_in_home);
	tcase_add_test(tc, plan_agent);
	suite_add_tcase(s, tc);
	return s;
}
