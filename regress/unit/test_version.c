/*
 * What a program's words say of its version, and the memory of it.
 */

#include "config.h"

#include <sys/stat.h>
#include <check.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "detect.h"
#include "err.h"
#include "version.h"
#include "xmalloc.h"

static char dir[] = "/tmp/test_version.XXXXXX";

/* --- what is printed --- */

static const struct {
	const char *text;
	const char *version; /* NULL: none */
} texts[] = {
	{ "2.1.14 (Claude Code)\n", "2.1.14" },
	{ "codex-cli 0.169.0\n", "0.169.0" },
	{ "1.0.3", "1.0.3" },
	{ "v22.11.0\r\n", "22.11.0" },
	{ "GNU bash, version 5.2.15(1)-release (x86_64-pc-linux-gnu)\n",
	    "5.2.15" },
	{ "@scope/agent@1.2.3-beta.4+build.5\n", "1.2.3-beta.4+build.5" },
	{ "agent/1.2 linux\n", "1.2" },
	{ "\n\nagent:\t1.2.3, of today\n", "1.2.3" },
	{ "warning: old\nagent 3.0.1\n", "3.0.1" },
	{ "1.2.3.4.5\n", "1.2.3.4.5" },
	{ "", NULL },
	{ "agent\n", NULL },
	{ "7\n", NULL },
	{ "1.2.\n", NULL },
	{ ".1.2\n", NULL },
	{ "1.2.3.4.5.6\n", NULL },
	{ "1.2.3-\n", NULL },
	{ "1.2x\n", NULL },
	{ "1.2_3\n", NULL },
	{ "12345678901.2\n", NULL },
	{ "\033[31m1.2.3\033[0m\n", NULL },
	{ "1.2.3\a\n", NULL },
	{ "\xc3\xa4 1.2.3\n", NULL },
	{ "1\n2\n3\n4\n5\n1.2.3\n", NULL },
	{ "1.2.3-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  "aaaaaaaa\n",
	    NULL },
};

START_TEST(test_texts)
{
	char out[VERSION_MAX + 1] = "";
	const char *text = texts[_i].text;
	int r = version_find(text, strlen(text), out, sizeof(out));

	if (texts[_i].version == NULL) {
		ck_assert_msg(r == RL_ERR_NOTFOUND, "\"%s\" is %s", text, out);
		return;
	}
	ck_assert_msg(r == 0, "\"%s\" is none", text);
	ck_assert_str_eq(out, texts[_i].version);
}
END_TEST

/* The bytes are no string: it must not look beyond them. */
START_TEST(test_bytes)
{
	char out[VERSION_MAX + 1], *exact;
	char line[400];

	ck_assert_int_eq(
	    version_find("1.2.3\0", 6, out, sizeof(out)), RL_ERR_NOTFOUND);
	ck_assert_int_eq(version_find("1.2.345", 5, out, sizeof(out)), 0);
	ck_assert_str_eq(out, "1.2.3");
	exact = xmalloc(5);
	memcpy(exact, "1.2.3", 5);
	ck_assert_int_eq(version_find(exact, 5, out, sizeof(out)), 0);
	free(exact);
	/* A line that is too long is passed over as a whole. */
	memset(line, 'a', sizeof(line));
	memcpy(line, "1.2.3 ", 6);
	memcpy(line + 390, "\n4.5.6\n", 7);
	ck_assert_int_eq(version_find(line, 397, out, sizeof(out)), 0);
	ck_assert_str_eq(out, "4.5.6");
	/* Nor is it cut to the room that there is. */
	ck_assert_int_eq(version_find("1.2.3", 5, out, 5), RL_ERR_NOTFOUND);
}
END_TEST

/* --- the memory --- */

static char *
make_file(const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", dir, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, text, strlen(text)), (int)strlen(text));
	close(fd);
	return path;
}

START_TEST(test_program)
{
	struct detect_cache c = { .n = 0 };
	struct detect_entry *e;
	struct detect_key k, other;
	char *path = make_file("program", "one");

	ck_assert_int_eq(detect_key(&k, path, "--version"), 0);
	e = detect_get(&c, &k);
	ck_assert(detect_is_stale(e, 1000));
	detect_set(e, "1.2.3", NULL, 1000);
	ck_assert(!detect_is_stale(e, 1001));
	ck_assert(!detect_is_stale(e, 1000 + 86399));
	ck_assert(detect_is_stale(e, 1000 + 86400));
	ck_assert_msg(detect_is_stale(e, 999), "a clock that was set back");
	ck_assert_ptr_eq(detect_get(&c, &k), e);
	/* Each part of what it is known by. */
	for (int i = 0; i < 7; i++) {
		other = k;
		switch (i) {
		case 0:
			other.path = "/elsewhere";
			break;
		case 1:
			other.argument = "-V";
			break;
		case 2:
			other.dev++;
			break;
		case 3:
			other.ino++;
			break;
		case 4:
			other.mtime_s++;
			break;
		case 5:
			other.mtime_ns++;
			break;
		case 6:
			other.size++;
			break;
		}
		ck_assert_msg(detect_find(&c, &other) == NULL, "part %d", i);
	}
	/* Another program at that name: what the old one said is forgotten. */
	other = k;
	other.size++;
	e = detect_get(&c, &other);
	ck_assert_ptr_null(e->version);
	ck_assert_uint_eq(c.n, 1);
	detect_set(e, NULL, "it fails", 1000);
	ck_assert(!detect_is_stale(e, 1000 + 3599));
	ck_assert(detect_is_stale(e, 1000 + 3600));
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(detect_key(&k, path, "x"), RL_ERR_NOTFOUND);
	detect_clear(&c);
	free(path);
}
END_TEST

START_TEST(test_full)
{
	struct detect_cache c = { .n = 0 };
	struct detect_key k = { .argument = "-v" };
	char path[32];

	for (int i = 0; i < DETECT_MAX + 8; i++) {
		(void)snprintf(path, sizeof(path), "/bin/p%d", i);
		k.path = path;
		detect_set(detect_get(&c, &k), "1.0", NULL, 100 + i);
	}
	ck_assert_uint_eq(c.n, DETECT_MAX);
	k.path = "/bin/p0";
	ck_assert_ptr_null(detect_find(&c, &k));
	k.path = "/bin/p8";
	ck_assert_ptr_nonnull(detect_find(&c, &k));
	detect_clear(&c);
}
END_TEST

START_TEST(test_file)
{
	struct detect_cache c = { .n = 0 }, again = { .n = 0 };
	struct detect_key k = { "/bin/a b\"\\", "--version", UINT64_MAX, 2, -3,
		4, 5 };
	struct detect_key never = { "/bin/b", "-v", 1, 2, 3, 4, 5 };
	char *file = xasprintf("%s/agents.json", dir), why[512] = "";
	struct detect_entry *e;

	ck_assert_int_eq(detect_load(&again, file, why, sizeof(why)), 0);
	ck_assert_uint_eq(again.n, 0);
	detect_set(detect_get(&c, &k), "1.2.3", NULL, 77);
	(void)detect_get(&c, &never);
	k.path = "/bin/c";
	detect_set(detect_get(&c, &k), NULL, "no \"jail\"", 78);
	k.path = "/bin/a b\"\\";
	ck_assert_int_eq(detect_save(&c, file), 0);
	ck_assert_msg(
	    detect_load(&again, file, why, sizeof(why)) == 0, "%s", why);
	ck_assert_uint_eq(again.n, 2);
	e = detect_find(&again, &k);
	ck_assert_ptr_nonnull(e);
	ck_assert_str_eq(e->version, "1.2.3");
	ck_assert_int_eq(e->asked, 77);
	ck_assert_ptr_null(detect_find(&again, &never));
	detect_clear(&c);
	detect_clear(&again);
	free(file);
}
END_TEST

#define ROW(more)                                                              \
	"{\"schema\":1,\"programs\":[{\"path\":\"/a\",\"argument\":\"-v\","    \
	"\"dev\":1,\"ino\":1,\"mtime_s\":1,\"mtime_ns\":1,\"size\":1,"         \
	"\"asked\":1" more "}]}"

static const char *const wrong[] = {
	"",
	"{",
	"[]",
	"{}",
	"{\"schema\":2,\"programs\":[]}",
	"{\"schema\":1,\"programs\":{}}",
	"{\"schema\":1,\"programs\":[],\"more\":1}",
	"{\"schema\":1,\"programs\":[1]}",
	"{\"schema\":1,\"programs\":[{\"path\":\"/a\"}]}",
	ROW(""),
	ROW(",\"version\":\"1.2\",\"why\":\"both\""),
	ROW(",\"version\":\"none\""),
	ROW(",\"version\":\"x 1.2\""),
	ROW(",\"version\":\"1.2\",\"other\":1"),
	ROW(",\"version\":\"1.2\",\"version\":\"1.3\""),
	"{\"schema\":1,\"programs\":[{\"path\":\"a/../b\",\"argument\":\"-v\","
	"\"dev\":1,\"ino\":1,\"mtime_s\":1,\"mtime_ns\":1,\"size\":1,"
	"\"asked\":1,\"version\":\"1.2\"}]}",
};

#define NWRONG ((int)(sizeof(wrong) / sizeof(wrong[0])))

START_TEST(test_wrong_file)
{
	struct detect_cache c = { .n = 0 };
	char *file = make_file("wrong.json", wrong[_i]), why[512] = "";
	struct detect_key k = { .path = "/x", .argument = "y" };

	(void)detect_get(&c, &k);
	ck_assert_msg(detect_load(&c, file, why, sizeof(why)) == RL_ERR_INVALID,
	    "%s", wrong[_i]);
	ck_assert_msg(strncmp(why, file, strlen(file)) == 0, "%s", why);
	ck_assert_uint_eq(c.n, 0);
	free(file);
}
END_TEST

START_TEST(test_right_file)
{
	struct detect_cache c = { .n = 0 };
	char *file = make_file("right.json", ROW(",\"version\":\"1.2\""));
	char why[512] = "", *other = xasprintf("%s/link", dir);

	ck_assert_int_eq(detect_load(&c, file, why, sizeof(why)), 0);
	ck_assert_uint_eq(c.n, 1);
	ck_assert_int_eq(symlink(file, other), 0);
	ck_assert_int_ne(detect_load(&c, other, why, sizeof(why)), 0);
	ck_assert_uint_eq(c.n, 0);
	free(file);
	free(other);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("version");
	TCase *tc = tcase_create("version");
	SRunner *sr;
	char *command;
	int failed;

	if (mkdtemp(dir) == NULL)
		return 1;
	tcase_add_loop_test(
	    tc, test_texts, 0, (int)(sizeof(texts) / sizeof(texts[0])));
	tcase_add_test(tc, test_bytes);
	tcase_add_test(tc, test_program);
	tcase_add_test(tc, test_full);
	tcase_add_test(tc, test_file);
	tcase_add_loop_test(tc, test_wrong_file, 0, NWRONG);
	tcase_add_test(tc, test_right_file);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	command = xasprintf("rm -rf %s", dir);
	if (system(command) != 0)
		failed++;
	free(command);
	return failed == 0 ? 0 : 1;
}
