/*
 * Shims: their text, their folder, their record, and what they would hide.
 */

#include "config.h"

#include <sys/stat.h>
#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ringlet.h"
#include "shim.h"
#include "shimtext.h"
#include "xmalloc.h"

static char dir[PATH_MAX];

static char *
under(const char *name)
{
	return xasprintf("%s/%s", dir, name);
}

static void
put_file(const char *name, const char *text, mode_t mode)
{
	char *path = under(name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, text, strlen(text)), (int)strlen(text));
	ck_assert_int_eq(fchmod(fd, mode), 0);
	close(fd);
	free(path);
}

static void
make_dir(const char *name, mode_t mode)
{
	char *path = under(name);

	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
	free(path);
}

START_TEST(test_text)
{
	struct shim s = { (char[]){ "work" }, (char[]){ "/home/u/bin" },
		(char[]){ "/opt/it's/ringlet" } };
	char *text = shim_text(&s);

	ck_assert_str_eq(text, SHIM_BEGIN
	    "exec '/opt/it'\\''s/ringlet' profiles run 'work' -- \"$@\"\n");
	free(text);
}
END_TEST

START_TEST(test_state)
{
	struct shim s = { (char[]){ "a" }, dir, (char[]){ "/bin/ringlet" } };
	char why[512], *path = under("a"), *other = under("b"), *text;
	int fd = shim_open_dir(dir, why, sizeof(why));

	ck_assert_msg(fd >= 0, "%s", why);
	ck_assert_int_eq(shim_state(&s), SHIM_GONE);
	ck_assert_int_eq(shim_write(fd, &s, false), 0);
	ck_assert_int_eq(shim_state(&s), SHIM_INTACT);
	ck_assert_int_eq(shim_write(fd, &s, false), RL_ERR_EXISTS);
	s.ringlet = (char[]){ "/bin/other" };
	ck_assert_int_eq(shim_state(&s), SHIM_CHANGED);
	ck_assert_int_eq(shim_write(fd, &s, true), 0);
	ck_assert_int_eq(shim_state(&s), SHIM_INTACT);
	/* Another mode, another name, a link, a folder: not ours. */
	ck_assert_int_eq(chmod(path, 0777), 0);
	ck_assert_int_eq(shim_state(&s), SHIM_CHANGED);
	ck_assert_int_eq(chmod(path, 0755), 0);
	ck_assert_int_eq(link(path, other), 0);
	ck_assert_int_eq(shim_state(&s), SHIM_CHANGED);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink(other, path), 0);
	ck_assert_int_eq(shim_state(&s), SHIM_CHANGED);
	ck_assert_int_eq(shim_write(fd, &s, false), RL_ERR_EXISTS);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	ck_assert_int_eq(shim_state(&s), SHIM_CHANGED);
	ck_assert_int_eq(rmdir(path), 0);
	text = shim_text(&s);
	text[strlen(text) - 1] = ' ';
	put_file("a", text, 0755);
	ck_assert_int_eq(shim_state(&s), SHIM_CHANGED);
	/* A link that leads nowhere is something, too. */
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink("/nowhere", path), 0);
	ck_assert_int_eq(shim_state(&s), SHIM_CHANGED);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(unlink(other), 0);
	free(text);
	close(fd);
	free(path);
	free(other);
}
END_TEST

/* The folder, and what is wrong with it. */
static void
dir_is(const char *path, int wanted, const char *says)
{
	char why[512] = "";
	int fd = shim_open_dir(path, why, sizeof(why));

	if (wanted == 0) {
		ck_assert_msg(fd >= 0, "%s", why);
		close(fd);
		return;
	}
	ck_assert_msg(fd == wanted, "%s: %d %s", path, fd, why);
	ck_assert_msg(strstr(why, says) != NULL, "%s: %s", path, why);
}

START_TEST(test_folder)
{
	char *inner, *link, *path;

	make_dir("good", 0755);
	make_dir("group", 0775);
	make_dir("world", 0757);
	make_dir("sticky", 01777);
	make_dir("group/inner", 0755);
	make_dir("sticky/inner", 0755);
	put_file("file", "", 0755);
	link = under("link");
	ck_assert_int_eq(symlink("good", link), 0);
	make_dir("good/inner", 0755);
	inner = under("link/inner");
	path = under("good");
	dir_is(path, 0, "");
	free(path);
	dir_is(path = under("good/inner"), 0, "");
	free(path);
	dir_is(path = under("sticky/inner"), 0, "");
	free(path);
	dir_is(path = under("group"), RL_ERR_DENIED, "written by others");
	free(path);
	dir_is(path = under("world"), RL_ERR_DENIED, "written by others");
	free(path);
	dir_is(path = under("sticky"), RL_ERR_DENIED, "written by others");
	free(path);
	dir_is(path = under("group/inner"), RL_ERR_DENIED, "group can be");
	free(path);
	dir_is(path = under("file"), RL_ERR_DENIED, "no folder");
	free(path);
	dir_is(path = under("none"), RL_ERR_NOTFOUND, "make it first");
	free(path);
	dir_is(link, RL_ERR_DENIED, "link");
	dir_is(inner, RL_ERR_DENIED, "link");
	dir_is("relative", RL_ERR_INVALID, "no folder for shims");
	dir_is("/", RL_ERR_INVALID, "no folder for shims");
	dir_is("/tmp/../tmp", RL_ERR_INVALID, "no folder for shims");
	if (geteuid() != 0)
		dir_is("/usr/bin", RL_ERR_DENIED, "belongs to somebody else");
	free(inner);
	free(link);
}
END_TEST

START_TEST(test_look)
{
	char where[PATH_MAX], *a, *b, *path;
	bool on_path;

	make_dir("la", 0755);
	make_dir("lb", 0755);
	put_file("lb/ringlet-test-cmd", "", 0755);
	put_file("la/ringlet-test-data", "", 0644);
	put_file("lb/ringlet-test-data", "", 0644);
	a = under("la");
	b = under("lb");
#define LOOK(n, p) shim_look(n, a, p, &on_path, where, sizeof(where))
	ck_assert_int_eq(LOOK("ringlet-test-none", NULL), SHIM_NOWHERE);
	ck_assert(!on_path);
	path = xasprintf("%s:%s", a, b);
	ck_assert_int_eq(LOOK("ringlet-test-none", path), SHIM_NOWHERE);
	ck_assert(on_path);
	ck_assert_int_eq(LOOK("ringlet-test-cmd", path), SHIM_BEHIND);
	ck_assert(strstr(where, "lb/ringlet-test-cmd") != NULL);
	ck_assert_int_eq(LOOK("ringlet-test-data", path), SHIM_NOWHERE);
	free(path);
	path = xasprintf("%s:relative::%s", b, a);
	ck_assert_int_eq(LOOK("ringlet-test-cmd", path), SHIM_BEFORE);
	ck_assert(on_path);
	free(path);
	/* Not in PATH: it may be put in front. */
	ck_assert_int_eq(LOOK("ringlet-test-cmd", b), SHIM_BEHIND);
	ck_assert(!on_path);
	/* What the system has counts even if PATH does not name it. */
	ck_assert_int_eq(LOOK("ls", a), SHIM_BEHIND);
	ck_assert_int_eq(LOOK("sh", NULL), SHIM_BEHIND);
	free(a);
	free(b);
	ck_assert(shim_is_shell_word("cd"));
	ck_assert(shim_is_shell_word("while"));
	ck_assert(shim_is_shell_word("help"));
	ck_assert(!shim_is_shell_word("work"));
}
END_TEST

START_TEST(test_record)
{
	struct shims all, again;
	char why[512] = "", *state = under("state");

	ck_assert_int_eq(shims_open(&all, state, false, why, sizeof(why)), 0);
	ck_assert_uint_eq(all.n, 0);
	shims_close(&all);
	ck_assert_msg(access(state, F_OK) == -1, "a look makes nothing");
	ck_assert_int_eq(shims_open(&all, state, true, why, sizeof(why)), 0);
	shims_note(&all, "a", "/one", "/bin/ringlet");
	shims_note(&all, "b", "/two", "/bin/ringlet");
	shims_note(&all, "a", "/three", all.v[0].ringlet);
	shims_forget(&all, "none");
	ck_assert_uint_eq(all.n, 2);
	ck_assert_int_eq(shims_save(&all), 0);
	shims_close(&all);
	ck_assert_int_eq(shims_open(&again, state, false, why, sizeof(why)), 0);
	ck_assert_uint_eq(again.n, 2);
	ck_assert_str_eq(shims_find(&again, "a")->dir, "/three");
	shims_close(&again);
	free(state);
}
END_TEST

static const char *const wrong[] = {
	"",
	"[]",
	"{\"schema\":1}",
	"{\"schema\":2,\"aliases\":[]}",
	"{\"schema\":1,\"aliases\":[{\"alias\":\"../x\",\"dir\":\"/a\","
	"\"ringlet\":\"/b\"}]}",
	"{\"schema\":1,\"aliases\":[{\"alias\":\"x\",\"dir\":\"a\","
	"\"ringlet\":\"/b\"}]}",
	"{\"schema\":1,\"aliases\":[{\"alias\":\"x\",\"dir\":\"/a/../b\","
	"\"ringlet\":\"/b\"}]}",
	"{\"schema\":1,\"aliases\":[{\"alias\":\"x\",\"dir\":\"/a\"}]}",
	"{\"schema\":1,\"aliases\":[{\"alias\":\"x\",\"dir\":\"/a\","
	"\"ringlet\":\"/b\"},{\"alias\":\"x\",\"dir\":\"/a\","
	"\"ringlet\":\"/b\"}]}",
};

START_TEST(test_wrong_record)
{
	struct shims all;
	char why[512] = "", *state;

	make_dir("bad", 0700);
	put_file("bad/aliases.json", wrong[_i], 0600);
	state = under("bad");
	ck_assert_msg(
	    shims_open(&all, state, false, why, sizeof(why)) == RL_ERR_INVALID,
	    "%s", wrong[_i]);
	ck_assert_msg(strstr(why, "aliases.json: ") != NULL, "%s", why);
	free(state);
}
END_TEST

static void
setup(void)
{
	char made[] = "/var/tmp/test_shim.XXXXXX";

	umask(022);
	ck_assert_ptr_nonnull(mkdtemp(made));
	ck_assert_ptr_nonnull(realpath(made, dir));
}

static void
teardown(void)
{
	char *command = xasprintf("rm -rf %s", dir);

	ck_assert_int_eq(system(command), 0);
	free(command);
}

int
main(void)
{
	Suite *s = suite_create("shim");
	TCase *tc = tcase_create("shim");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_text);
	tcase_add_test(tc, test_state);
	tcase_add_test(tc, test_folder);
	tcase_add_test(tc, test_look);
	tcase_add_test(tc, test_record);
	tcase_add_loop_test(tc, test_wrong_record, 0, (int)NELEM(wrong));
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
