/*
 * Files of a working folder that programs outside execute: what a plan does
 * about them, and what is told of them when a session has ended.
 */

#include "config.h"

#include <sys/stat.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "msgdef.h"
#include "regress/unit/jailworld.h"
#include "ringlet-monitor/jailnote.h"
#include "suites.h"
#include "valid.h"
#include "xmalloc.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

/* --- what is planned --- */

static void
put_repo(void)
{
	put_dir(w.work, ".git");
	put_dir(w.work, ".git/hooks");
	put_file(w.work, ".git/config", "[core]\n");
	put_file(w.work, ".envrc", "");
	put_dir(w.work, ".claude");
	put_file(w.work, ".claude/settings.json", "{}");
}

#define REPO                                                                   \
	"rw @/work/.claude pin\n"                                              \
	"ro @/work/.claude/settings.json JailProtectRepo\n"                    \
	"ro @/work/.envrc JailProtectRepo\n"                                   \
	"rw @/work/.git pin\n"                                                 \
	"ro @/work/.git/config JailProtectRepo\n"                              \
	"ro @/work/.git/hooks JailProtectRepo\n"

START_TEST(plan_repo)
{
	struct jailplan jp;
	char why[512], dev[24], ino[24];
	struct stat st;
	char *config = xasprintf("%s/.git/config", w.work);
	bool proven = false;

	put_repo();
	plan_is(HOME_RW WORK_RW REPO);
	/* Each is compared inside with what was looked at. */
	ck_assert_int_eq(stat(config, &st), 0);
	snprintf(dev, sizeof(dev), "%ju", (uintmax_t)st.st_dev);
	snprintf(ino, sizeof(ino), "%ju", (uintmax_t)st.st_ino);
	ck_assert_int_eq(
	    world_plan(w.work, &nothing, &jp, why, sizeof(why)), 0);
	for (size_t i = 0; i < jp.proofs.n; i += 3)
		proven |= strcmp(jp.proofs.v[i], config) == 0 &&
		    strcmp(jp.proofs.v[i + 1], dev) == 0 &&
		    strcmp(jp.proofs.v[i + 2], ino) == 0;
	ck_assert(proven);
	jailplan_clear(&jp);
	/* A grant of the file itself is the user's word. */
	strlist_addf(&w.grants, "rw %s", config);
	ck_assert_int_eq(
	    world_plan(w.work, &nothing, &jp, why, sizeof(why)), 0);
	ck_assert(world_find(&jp, config) == NULL ||
	    world_find(&jp, config)->kind == BIND_RW);
	jailplan_clear(&jp);
	strlist_clear(&w.grants);
	w.conf.jail_protect_repo = false;
	plan_is(HOME_RW WORK_RW);
	free(config);
}
END_TEST

/* Links, and names that cannot be said, are passed over and told. */
START_TEST(plan_repo_hostile)
{
	struct jailplan jp;
	char why[512], *link = xasprintf("%s/.envrc", w.work);

	put_dir(w.work, ".git");
	put_dir(w.work, ".git/modules");
	put_dir(w.work, ".git/modules/\xff\n");
	put_file(w.work, ".git/modules/\xff\n/config", "");
	ck_assert_int_eq(symlink("/etc/passwd", link), 0);
	free(link);
	link = xasprintf("%s/.claude", w.work);
	ck_assert_int_eq(symlink(w.paths.config_dir, link), 0);
	free(link);
	ck_assert_int_eq(
	    world_plan(w.work, &nothing, &jp, why, sizeof(why)), 0);
	ck_assert(jp.left_out.n >= 3);
	for (size_t i = 0; i < jp.left_out.n; i++)
		ck_assert(valid_utf8(
		    jp.left_out.v[i], strlen(jp.left_out.v[i])));
	jailplan_clear(&jp);
	plan_is(HOME_RW WORK_RW);
}
END_TEST

/* A folder of git's that is granted has the same files at its top. */
START_TEST(plan_repo_granted)
{
	put_dir(w.base, "main.git");
	put_dir(w.base, "main.git/objects");
	put_dir(w.base, "main.git/hooks");
	put_file(w.base, "main.git/HEAD", "ref: refs/heads/main\n");
	put_file(w.base, "main.git/config", "");
	strlist_addf(&w.grants, "rw %s/main.git", w.base);
	put_file(w.work, ".git", "gitdir: elsewhere\n");
	plan_is(HOME_RW
		"rw @/main.git grant rw\n"
		"ro @/main.git/config JailProtectRepo\n"
		"ro @/main.git/hooks JailProtectRepo\n"
		WORK_RW
		"ro @/work/.git JailProtectRepo\n");
}
END_TEST

/*
 * Another session runs in the same folder.  What is a mount in it, too, it
 * cannot put a link in place of; with anything else it could have bwrap follow
 * one, so that is not mounted.
 */
START_TEST(plan_reach)
{
	struct jailnote other = { .writable = { NULL, 0 } };
	struct jailplan jp;
	char why[512];

	put_repo();
	ck_assert_int_eq(
	    world_plan(w.work, &nothing, &jp, why, sizeof(why)), 0);
	jailplan_note(&jp, &other);
	jailplan_clear(&jp);
	w.others[0] = &other;
	w.nothers = 1;
	plan_is(HOME_RW WORK_RW REPO);
	/* It has made this file since. */
	put_file(w.work, ".npmrc", "");
	plan_is(HOME_RW WORK_RW REPO);
	/* What must not be seen cannot be left out. */
	strlist_addf(&w.conf.jail_hide, "%s/.npmrc", w.work);
	plan_says(RL_ERR_DENIED, "another session");
	strlist_clear(&w.conf.jail_hide);
	/* One that works in a folder inside cannot reach what lies beside. */
	strlist_clear(&other.writable);
	strlist_clear(&other.mounts);
	strlist_addf(&other.writable, "%s/.claude", w.work);
	strlist_addf(&other.mounts, "%s/.claude", w.work);
	plan_is(HOME_RW WORK_RW
		"ro @/work/.envrc JailProtectRepo\n"
		"rw @/work/.git pin\n"
		"ro @/work/.git/config JailProtectRepo\n"
		"ro @/work/.git/hooks JailProtectRepo\n"
		"ro @/work/.npmrc JailProtectRepo\n");
	/* One above reaches all of it. */
	strlist_clear(&other.writable);
	strlist_clear(&other.mounts);
	strlist_add(&other.writable, w.base);
	plan_is(HOME_RW WORK_RW);
	jailnote_clear(&other);
}
END_TEST

/*
 * An agent that may make namespaces can move what is mounted in a folder that
 * it can write: nothing must depend on its staying there.
 */
START_TEST(plan_nesting)
{
	struct jailnote other = { .writable = { NULL, 0 } };
	struct jailplan jp;
	char why[512];

	put_repo();
	put_dir(w.work, "secret");
	strlist_add(&w.grants, "nested-sandbox");
	ck_assert_int_eq(
	    world_plan(w.work, &nothing, &jp, why, sizeof(why)), 0);
	/* It may want a /proc of its own, which hides nothing. */
	ck_assert_ptr_null(world_find(&jp, "/proc/keys"));
	ck_assert_uint_eq(jp.left_out.n, 4);
	ck_assert_ptr_nonnull(strstr(jp.left_out.v[0], "can move it"));
	jailplan_note(&jp, &other);
	jailplan_clear(&jp);
	plan_is(HOME_RW WORK_RW REPO);
	/* Beside it, nobody else mounts there. */
	strlist_clear(&w.grants);
	w.others[0] = &other;
	w.nothers = 1;
	plan_is(HOME_RW WORK_RW);
	w.nothers = 0;
	jailnote_clear(&other);
	strlist_addf(&w.conf.jail_hide, "%s/secret", w.work);
	ck_assert_int_eq(
	    world_plan(w.work, &nothing, &jp, why, sizeof(why)), 0);
	if (access("/proc/keys", F_OK) == 0)
		ck_assert_str_eq(
		    world_find(&jp, "/proc/keys")->src, "/dev/null");
	jailplan_clear(&jp);
	strlist_add(&w.grants, "nested-sandbox");
	plan_says(RL_ERR_DENIED, "nested-sandbox could move it");
	strlist_clear(&w.conf.jail_hide);
	strlist_addf(&w.grants, "ro %s/secret", w.work);
	plan_says(RL_ERR_DENIED, "nested-sandbox could move it");
}
END_TEST

/* A file with a second name is read-only by one of them alone: that is said. */
START_TEST(plan_repo_hard_link)
{
	struct jailplan jp;
	char why[512];
	char *config = xasprintf("%s/.git/config", w.work);
	char *other = xasprintf("%s/innocent", w.work);

	put_repo();
	ck_assert_int_eq(link(config, other), 0);
	plan_is(HOME_RW WORK_RW REPO);
	ck_assert_int_eq(
	    world_plan(w.work, &nothing, &jp, why, sizeof(why)), 0);
	ck_assert_uint_eq(jp.left_out.n, 1);
	ck_assert_ptr_nonnull(strstr(jp.left_out.v[0], "another name"));
	jailplan_clear(&jp);
	free(config);
	free(other);
}
END_TEST

/* The settings of submodules, also of those in submodules. */
START_TEST(plan_repo_modules)
{
	put_dir(w.work, ".git");
	put_dir(w.work, ".git/modules");
	put_dir(w.work, ".git/modules/a");
	put_dir(w.work, ".git/modules/a/modules");
	put_dir(w.work, ".git/modules/a/modules/b");
	put_file(w.work, ".git/modules/a/modules/b/config", "");
	put_dir(w.work, ".git/worktrees");
	put_dir(w.work, ".git/worktrees/t");
	put_file(w.work, ".git/worktrees/t/commondir", "../..\n");
	plan_is(HOME_RW WORK_RW
		"rw @/work/.git pin\n"
		"rw @/work/.git/modules pin\n"
		"rw @/work/.git/modules/a pin\n"
		"rw @/work/.git/modules/a/modules pin\n"
		"rw @/work/.git/modules/a/modules/b pin\n"
		"ro @/work/.git/modules/a/modules/b/config JailProtectRepo\n"
		"rw @/work/.git/worktrees pin\n"
		"rw @/work/.git/worktrees/t pin\n"
		"ro @/work/.git/worktrees/t/commondir JailProtectRepo\n");
}
END_TEST

/* --- what is told --- */

/* What an agent did to such files is told, whatever their names are. */
START_TEST(note_changes)
{
	struct jailnote note = { .writable = { NULL, 0 } }, kept;
	char *path;
	int fd;

	put_repo();
	put_file(w.work, ".git/hooks/old", "1");
	jailnote_scan(&note, w.work);
	/* By way of a memory file, as over a restart. */
	ck_assert((fd = jailnote_save(&note)) >= 0);
	ck_assert_int_eq(jailnote_load(&kept, fd), 0);
	close(fd);
	jailnote_clear(&note);
	put_file(w.work, ".git/config", "[core]\n\thooksPath = x\n");
	put_file(w.work, ".git/hooks/pre\ncommit\xff", "#!/bin/sh\n");
	put_file(w.work, ".mcp.json", "{}");
	path = xasprintf("%s/.git/hooks/old", w.work);
	ck_assert_int_eq(unlink(path), 0);
	free(path);
	/* The same content again is no change. */
	put_file(w.work, ".envrc", "");
	jailnote_compare(&kept);
	ck_assert_uint_eq(kept.changed.n, 4);
	for (size_t i = 0; i < kept.changed.n; i++)
		ck_assert(valid_utf8(
		    kept.changed.v[i], strlen(kept.changed.v[i])));
	path = xasprintf("changed %s/.git/config", w.work);
	ck_assert(strlist_has(&kept.changed, path));
	free(path);
	path = xasprintf("new %s/.mcp.json", w.work);
	ck_assert(strlist_has(&kept.changed, path));
	free(path);
	path = xasprintf("new %s/.git/hooks/pre\\x0acommit\\xff", w.work);
	ck_assert(strlist_has(&kept.changed, path));
	free(path);
	path = xasprintf("removed %s/.git/hooks/old", w.work);
	ck_assert(strlist_has(&kept.changed, path));
	free(path);
	ck_assert_uint_eq(kept.files.n, 0);
	jailnote_clear(&kept);
}
END_TEST

/* Git takes its settings from elsewhere, or from a repository in a folder. */
START_TEST(note_git_elsewhere)
{
	static const char *const new[] = { ".git/commondir", "sub/.git/config",
		"file/.git", "link/.git" };
	struct jailnote note = { .writable = { NULL, 0 } };
	char *path, *to = xasprintf("%s/link/.git", w.work);

	put_repo();
	jailnote_scan(&note, w.work);
	put_file(w.work, ".git/commondir", "../evil\n");
	put_dir(w.work, "sub");
	put_dir(w.work, "sub/.git");
	put_file(w.work, "sub/.git/config", "");
	put_dir(w.work, "file");
	put_file(w.work, "file/.git", "gitdir: ../evil\n");
	put_dir(w.work, "link");
	ck_assert_int_eq(symlink("../evil", to), 0);
	free(to);
	/* A link that is nothing of git's. */
	to = xasprintf("%s/plain", w.work);
	ck_assert_int_eq(symlink("sub", to), 0);
	free(to);
	jailnote_compare(&note);
	for (size_t i = 0; i < NELEM(new); i++) {
		path = xasprintf("new %s/%s", w.work, new[i]);
		ck_assert_msg(strlist_has(&note.changed, path), "%s", path);
		free(path);
	}
	ck_assert_uint_eq(note.changed.n, NELEM(new));
	jailnote_clear(&note);
}
END_TEST

/* However much there is, what is told stays small. */
START_TEST(note_bounded)
{
	struct jailnote note = { .writable = { NULL, 0 } };
	char name[300];

	put_repo();
	jailnote_scan(&note, w.work);
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), ".git/hooks/%0200d", i);
		put_file(w.work, name, "");
	}
	jailnote_compare(&note);
	ck_assert_uint_eq(note.changed.n, JAILNOTE_CHANGED_MAX);
	ck_assert_str_eq(
	    note.changed.v[JAILNOTE_CHANGED_MAX - 1], "and 37 more");
	for (size_t i = 0; i < note.changed.n; i++)
		ck_assert(strlen(note.changed.v[i]) <= 300);
	jailnote_clear(&note);
}
END_TEST

Suite *
suite_jailrepo(void)
{
	Suite *s = suite_create("jailrepo");
	TCase *tc = tcase_create("repo");

	tcase_add_checked_fixture(tc, world_setup, world_teardown);
	tcase_add_test(tc, plan_repo);
	tcase_add_test(tc, plan_repo_hostile);
	tcase_add_test(tc, plan_repo_granted);
	tcase_add_test(tc, plan_reach);
	tcase_add_test(tc, plan_nesting);
	tcase_add_test(tc, plan_repo_hard_link);
	tcase_add_test(tc, plan_repo_modules);
	tcase_add_test(tc, note_changes);
	tcase_add_test(tc, note_git_elsewhere);
	tcase_add_test(tc, note_bounded);
	suite_add_tcase(s, tc);
	return s;
}
