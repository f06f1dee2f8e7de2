/*
 * Our part of files in a profile's home: members that are not ours stay, a
 * file that cannot be read as it should is left as it is and told, nothing is
 * written that would change nothing, and no link, FIFO, size or depth that an
 * agent left leads anywhere.
 */
#include "config.h"

#include <sys/types.h>
#include <sys/stat.h>

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "home-file.h"
#include "json.h"

static char top[] = "/tmp/home-file.XXXXXX";
static char why[1024];
static int home;

static void
setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(top));
	ck_assert_int_eq(chdir(top), 0);
	ck_assert_int_eq(mkdir("home", 0700), 0);
	home = open("home", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(home, 0);
	why[0] = '\0';
}

static void
teardown(void)
{
	char cmd[PATH_MAX + 64];

	close(home);
	snprintf(cmd, sizeof(cmd), "chmod -R u+rwx %s; rm -rf %s", top, top);
	ck_assert_int_eq(system(cmd), 0);
}

static void
put(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

/* The file's text; "" if there is none. */
static const char *
text_of(const char *name)
{
	static char text[65536];
	FILE *f = fopen(name, "r");
	size_t n = 0;

	if (f != NULL) {
		n = fread(text, 1, sizeof(text) - 1, f);
		fclose(f);
	}
	text[n] = '\0';
	return text;
}

/* How many names are in a folder: none is left behind. */
static int
names_in(const char *dir)
{
	struct dirent *e;
	DIR *d = opendir(dir);
	int n = 0;

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL)
		n += strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0;
	closedir(d);
	return n;
}

static int
merge_whole(const char *path, const char *ours, const char *const *whole)
{
	json_t *v = json_loads(ours, 0, NULL);
	int r;

	ck_assert_ptr_nonnull(v);
	r = home_file_merge(home, path, v, whole, why, sizeof(why));
	json_decref(v);
	return r;
}

static int
merge(const char *path, const char *ours)
{
	return merge_whole(path, ours, NULL);
}

static void
holds(const char *name, const char *json)
{
	json_t *want = json_loads(json, JSON_ALLOW_NUL, NULL);
	json_t *have = json_loads(text_of(name), JSON_ALLOW_NUL, NULL);

	ck_assert_ptr_nonnull(want);
	ck_assert_msg(json_equal(want, have), "%s: %s, not %s", name,
	    text_of(name), json);
	json_decref(want);
	json_decref(have);
}

START_TEST(makes_a_file)
{
	struct stat st;

	ck_assert_int_eq(merge(".a/b/c.json", "{\"x\":{\"y\":1}}"), RL_OK);
	holds("home/.a/b/c.json", "{\"x\":{\"y\":1}}");
	ck_assert_int_eq(stat("home/.a/b/c.json", &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(stat("home/.a", &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0700);
	ck_assert_int_eq(names_in("home/.a/b"), 1);
	/* Nothing to say makes no file. */
	ck_assert_int_eq(merge("none.json", "{}"), RL_OK);
	ck_assert_int_eq(access("home/none.json", F_OK), -1);
	put("home/empty", "");
	ck_assert_int_eq(merge("empty", "{\"x\":1}"), RL_OK);
	holds("home/empty", "{\"x\":1}");
}
END_TEST

START_TEST(keeps_the_rest)
{
	struct stat st;

	put("home/f", "{\"z\":[1,2],\"o\":{\"a\":1,\"b\":{\"c\":2}},"
	    "\"s\":\"old\",\"nul\":\"a\\u0000b\",\"r\":0.1,\"l\":[3]}");
	ck_assert_int_eq(chmod("home/f", 0640), 0);
	ck_assert_int_eq(merge("f", "{\"o\":{\"b\":{\"d\":3},\"a\":{\"n\":1}},"
	    "\"s\":null,\"l\":[4]}"), RL_OK);
	holds("home/f", "{\"z\":[1,2],\"o\":{\"a\":{\"n\":1},\"b\":{\"c\":2,"
	    "\"d\":3}},\"s\":null,\"nul\":\"a\\u0000b\",\"r\":0.1,\"l\":[4]}");
	ck_assert_int_eq(stat("home/f", &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0640);
	/* The order of a person's file is the person's. */
	ck_assert_ptr_nonnull(strstr(strstr(text_of("home/f"), "\"z\""),
	    "\"o\""));
	ck_assert_int_eq(names_in("home"), 1);
}
END_TEST

START_TEST(writes_nothing_for_nothing)
{
	static const char text[] = "{ \"a\":1,\n\n \"b\" : {\"c\":[]} }";
	struct stat before, after;

	put("home/f", text);
	ck_assert_int_eq(stat("home/f", &before), 0);
	ck_assert_int_eq(merge("f", "{\"b\":{\"c\":[]}}"), RL_OK);
	ck_assert_int_eq(stat("home/f", &after), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
	ck_assert_str_eq(text_of("home/f"), text);
}
END_TEST

START_TEST(replaces_whole_members)
{
	static const char *const whole[] = { "hooks", "gone", NULL };

	put("home/f", "{\"hooks\":{\"A\":1,\"B\":2},\"gone\":{},\"k\":{\"x\":1}}");
	ck_assert_int_eq(merge_whole(
	    "f", "{\"hooks\":{\"A\":3},\"k\":{\"y\":2}}", whole), RL_OK);
	holds("home/f", "{\"hooks\":{\"A\":3},\"k\":{\"x\":1,\"y\":2}}");
	ck_assert_int_eq(merge_whole("f", "{}", whole), RL_OK);
	holds("home/f", "{\"k\":{\"x\":1,\"y\":2}}");
}
END_TEST

static const struct {
	const char *text;
	const char *why;
} unreadable[] = {
	{ "{\"a\":1,}", "f: line 1 column 8: not valid JSON" },
	{ "{\"a\":1", "f: line 1 column 6, member 'a': the text ends" },
	{ "// a comment\n{}", "f: line 1 column 1: not valid JSON" },
	{ "[]", "f: not a JSON object" },
	{ "{\"a\":1,\"a\":2}", "it comes twice" },
	{ "{\"a\":\"\xff\"}", "not UTF-8" },
	{ "{\"a\":123456789012345678901234567890}", "too large" },
};

START_TEST(leaves_what_it_cannot_read)
{
	json_t *v;

	put("home/f", unreadable[_i].text);
	ck_assert_int_eq(merge("f", "{\"x\":1}"), RL_ERR_INVALID);
	ck_assert_msg(strstr(why, unreadable[_i].why) != NULL, "%s", why);
	ck_assert_str_eq(text_of("home/f"), unreadable[_i].text);
	ck_assert_int_eq(names_in("home"), 1);
	ck_assert_int_eq(
	    home_file_read(home, "f", &v, why, sizeof(why)), RL_ERR_INVALID);
	ck_assert_ptr_null(v);
}
END_TEST

/* n arrays within each other, in a member. */
static const char *
nested(int n)
{
	static char text[1024];
	char *p = text + snprintf(text, sizeof(text), "{\"a\":");

	memset(p, '[', (size_t)n);
	memset(p + n, ']', (size_t)n);
	snprintf(p + 2 * n, 2, "}");
	return text;
}

START_TEST(bounds_size_and_depth)
{
	FILE *f;

	put("home/f", nested(HOME_FILE_DEPTH - 1));
	ck_assert_int_eq(merge("f", "{\"x\":1}"), RL_OK);
	put("home/f", nested(HOME_FILE_DEPTH));
	ck_assert_int_eq(merge("f", "{\"x\":1}"), RL_ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(why, "nested more than 64 deep"));
	f = fopen("home/f", "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(ftruncate(fileno(f), HOME_FILE_MAX + 1), 0);
	fclose(f);
	ck_assert_int_eq(merge("f", "{\"x\":1}"), RL_ERR_TOOBIG);
	ck_assert_ptr_nonnull(strstr(why, "f: is larger than 4 MiB"));
}
END_TEST

/* A member with n numbers, or empty arrays or objects, in what is a string. */
static void
put_many(const char *name, const char *one, size_t n)
{
	FILE *f = fopen(name, "w");

	ck_assert_ptr_nonnull(f);
	fputs("{\"text\":\"\\\",,,[[[{{{\",\"a\":[", f);
	for (size_t i = 0; i < n; i++)
		fprintf(f, "%s%s", i > 0 ? "," : "", one);
	fputs("]}", f);
	ck_assert_int_eq(fclose(f), 0);
}

/* Each takes many times its own length in memory, and its time. */
START_TEST(bounds_how_many_values)
{
	static const char *const ones[] = { "1", "[]", "{}", "{\"b\":[]}" };

	for (size_t i = 0; i < sizeof(ones) / sizeof(ones[0]); i++) {
		put_many("home/f", ones[i], JSON_FOREIGN_VALUES + 1);
		ck_assert_int_eq(merge("f", "{\"x\":1}"), RL_ERR_INVALID);
		ck_assert_ptr_nonnull(strstr(why, "f: has more than"));
	}
	put_many("home/f", "1", JSON_FOREIGN_VALUES - 10);
	ck_assert_int_eq(merge("f", "{\"x\":1}"), RL_OK);
}
END_TEST

static const char *const bad_paths[] = { "", "/etc/passwd", "..", "../f",
	"a/../f", "a//b", "a/", ".", "./a", "a/.", "a\nb", "a\x1b[0m", "\xff",
	"1/2/3/4/5/6/7/8/9" };

START_TEST(refuses_paths)
{
	ck_assert_int_eq(merge(bad_paths[_i], "{\"x\":1}"), RL_ERR_INVALID);
	ck_assert_int_eq(home_file_place(home, bad_paths[_i], "x", 1, why,
	    sizeof(why)), RL_ERR_INVALID);
	ck_assert_int_eq(names_in("home"), 0);
}
END_TEST

START_TEST(follows_no_link)
{
	json_t *v;

	put("outside", "{\"secret\":1}");
	ck_assert_int_eq(mkdir("folder", 0755), 0);
	ck_assert_int_eq(symlink("../outside", "home/f"), 0);
	ck_assert_int_eq(symlink("../folder", "home/d"), 0);
	ck_assert_int_eq(symlink("../new", "home/n"), 0);

	ck_assert_int_eq(merge("f", "{\"x\":1}"), RL_ERR_DENIED);
	ck_assert_ptr_nonnull(strstr(why, "f: is a symbolic link"));
	ck_assert_int_eq(
	    home_file_read(home, "f", &v, why, sizeof(why)), RL_ERR_DENIED);
	ck_assert_int_eq(merge("d/f", "{\"x\":1}"), RL_ERR_DENIED);
	ck_assert_ptr_nonnull(strstr(why, "d is not a folder"));
	ck_assert_int_eq(
	    home_file_place(home, "n", "x", 1, why, sizeof(why)),
	    RL_ERR_DENIED);
	ck_assert_int_eq(
	    home_file_place(home, "d/n", "x", 1, why, sizeof(why)),
	    RL_ERR_DENIED);
	ck_assert_str_eq(text_of("outside"), "{\"secret\":1}");
	ck_assert_int_eq(names_in("folder"), 0);
	ck_assert_int_eq(access("new", F_OK), -1);
}
END_TEST

START_TEST(waits_for_no_fifo)
{
	ck_assert_int_eq(mkfifo("home/f", 0600), 0);
	ck_assert_int_eq(merge("f", "{\"x\":1}"), RL_ERR_DENIED);
	ck_assert_int_eq(mkdir("home/d", 0700), 0);
	ck_assert_int_eq(merge("d", "{\"x\":1}"), RL_ERR_DENIED);
	ck_assert_int_eq(
	    home_file_place(home, "d", "x", 1, why, sizeof(why)),
	    RL_ERR_DENIED);
}
END_TEST

START_TEST(places_what_is_missing)
{
	json_t *v;

	ck_assert_int_eq(
	    home_file_place(home, ".c/t.toml", "a = 1\n", 6, why, sizeof(why)),
	    RL_OK);
	ck_assert_str_eq(text_of("home/.c/t.toml"), "a = 1\n");
	ck_assert_int_eq(names_in("home/.c"), 1);
	put("home/.c/t.toml", "mine");
	ck_assert_int_eq(
	    home_file_place(home, ".c/t.toml", "a = 2\n", 6, why, sizeof(why)),
	    RL_OK);
	ck_assert_str_eq(text_of("home/.c/t.toml"), "mine");
	ck_assert_int_eq(
	    home_file_read(home, "no/f", &v, why, sizeof(why)),
	    RL_ERR_NOTFOUND);
	ck_assert_int_eq(
	    home_file_read(home, "f", &v, why, sizeof(why)), RL_ERR_NOTFOUND);
}
END_TEST

START_TEST(tells_a_folder_that_takes_nothing)
{
	ck_assert_int_eq(mkdir("home/d", 0700), 0);
	put("home/d/f", "{\"a\":1}");
	ck_assert_int_eq(chmod("home/d", 0500), 0);
	if (access("home/d", W_OK) == 0)
		return; /* root */
	ck_assert_int_eq(merge("d/f", "{\"x\":1}"), RL_ERR_SYSTEM);
	ck_assert_ptr_nonnull(strstr(why, "d/f: cannot be written"));
	ck_assert_str_eq(text_of("home/d/f"), "{\"a\":1}");
	/* One that was closed to its owner altogether is opened again. */
	ck_assert_int_eq(chmod("home/d", 0), 0);
	ck_assert_int_eq(merge("d/f", "{\"x\":1}"), RL_OK);
	holds("home/d/f", "{\"a\":1,\"x\":1}");
}
END_TEST

#define NELEM(a) (int)(sizeof(a) / sizeof((a)[0]))

int
main(void)
{
	Suite *s = suite_create("home-file");
	TCase *tc = tcase_create("home-file");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, makes_a_file);
	tcase_add_test(tc, keeps_the_rest);
	tcase_add_test(tc, writes_nothing_for_nothing);
	tcase_add_test(tc, replaces_whole_members);
	tcase_add_loop_test(
	    tc, leaves_what_it_cannot_read, 0, NELEM(unreadable));
	tcase_add_test(tc, bounds_size_and_depth);
	tcase_add_test(tc, bounds_how_many_values);
	tcase_add_loop_test(tc, refuses_paths, 0, NELEM(bad_paths));
	tcase_add_test(tc, follows_no_link);
	tcase_add_test(tc, waits_for_no_fifo);
	tcase_add_test(tc, places_what_is_missing);
	tcase_add_test(tc, tells_a_folder_that_takes_nothing);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
