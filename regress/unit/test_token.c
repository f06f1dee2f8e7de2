/*
 * The token's file: what is made has the grammar and mode that are promised
 * and replaces nothing; what is loaded is refused for every way in which it
 * could be somebody else's, known to others, or damaged.
 */
#include "config.h"

#include <sys/types.h>
#include <sys/stat.h>
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "secret.h"
#include "token.h"

#define GOOD "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static char dir[64];
static char path[128];
static char why[512];

static void
setup(void)
{
	secret_init();
	snprintf(dir, sizeof(dir), "/tmp/token.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/http_token", dir);
}

static void
teardown(void)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	ck_assert_int_eq(system(cmd), 0);
}

static void
put(const char *text, mode_t mode)
{
	FILE *f;

	unlink(path);
	ck_assert_ptr_nonnull(f = fopen(path, "w"));
	fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
}

static int
load(void)
{
	struct token *t;
	int r;

	why[0] = '\0';
	r = token_load(path, &t, why, sizeof(why));
	ck_assert((r == RL_OK) == (t != NULL));
	ck_assert((r == RL_OK) == (why[0] == '\0'));
	token_free(t);
	return r;
}

START_TEST(makes_a_token)
{
	struct token *t;
	struct stat st;
	char text[80];
	FILE *f;
	size_t n;

	/* Whatever the umask. */
	umask(0);
	ck_assert_int_eq(token_make(path, why, sizeof(why)), RL_OK);
	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert(S_ISREG(st.st_mode));
	ck_assert_int_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(st.st_size, TOKEN_LEN + 1);
	ck_assert_int_eq(st.st_nlink, 1);
	ck_assert_ptr_nonnull(f = fopen(path, "r"));
	n = fread(text, 1, sizeof(text), f);
	fclose(f);
	ck_assert_uint_eq(n, TOKEN_LEN + 1);
	ck_assert_int_eq(text[TOKEN_LEN], '\n');
	ck_assert_uint_eq(strspn(text, "0123456789abcdef"), TOKEN_LEN);

	ck_assert_int_eq(token_load(path, &t, why, sizeof(why)), RL_OK);
	ck_assert(token_verify(t, text, TOKEN_LEN));
	ck_assert(!token_verify(t, text, TOKEN_LEN + 1));
	ck_assert(!token_verify(t, text, TOKEN_LEN - 1));
	ck_assert(!token_verify(t, text, 0));
	ck_assert(!token_verify(t, GOOD, TOKEN_LEN));
	text[TOKEN_LEN - 1] ^= 1;
	ck_assert(!token_verify(t, text, TOKEN_LEN));
	token_free(t);
}
END_TEST

START_TEST(two_are_different)
{
	char a[TOKEN_LEN], b[TOKEN_LEN];
	int fd, i;

	for (i = 0; i < 2; i++) {
		unlink(path);
		ck_assert_int_eq(token_make(path, why, sizeof(why)), RL_OK);
		ck_assert_int_ge(fd = open(path, O_RDONLY), 0);
		ck_assert_int_eq(read(fd, i ? b : a, TOKEN_LEN), TOKEN_LEN);
		close(fd);
	}
	ck_assert_mem_ne(a, b, TOKEN_LEN);
}
END_TEST

START_TEST(replaces_nothing)
{
	char target[160];
	struct stat st;

	put("mine\n", 0644);
	ck_assert_int_eq(token_make(path, why, sizeof(why)), RL_ERR_EXISTS);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_size, 5);

	/* Nor is a link followed, dangling or not. */
	snprintf(target, sizeof(target), "%s/elsewhere", dir);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink(target, path), 0);
	ck_assert_int_eq(token_make(path, why, sizeof(why)), RL_ERR_EXISTS);
	ck_assert_int_eq(lstat(target, &st), -1);
	ck_assert_int_eq(load(), RL_ERR_DENIED);

	/* What it tried with is gone. */
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(rmdir(dir), 0);
	ck_assert_int_eq(mkdir(dir, 0700), 0);
}
END_TEST

START_TEST(needs_its_folder)
{
	snprintf(path, sizeof(path), "%s/not/there", dir);
	ck_assert_int_eq(token_make(path, why, sizeof(why)), RL_ERR_SYSTEM);
	ck_assert_ptr_nonnull(strstr(why, dir));
	ck_assert_int_eq(load(), RL_ERR_NOTFOUND);
}
END_TEST

START_TEST(refuses_what_others_may_know)
{
	put(GOOD "\n", 0600);
	ck_assert_int_eq(load(), RL_OK);
	put(GOOD "\n", 0400);
	ck_assert_int_eq(load(), RL_OK);
	put(GOOD "\n", 0640);
	ck_assert_int_eq(load(), RL_ERR_DENIED);
	ck_assert_ptr_nonnull(strstr(why, "0640"));
	put(GOOD "\n", 0604);
	ck_assert_int_eq(load(), RL_ERR_DENIED);
	put(GOOD "\n", 0610);
	ck_assert_int_eq(load(), RL_ERR_DENIED);
}
END_TEST

START_TEST(refuses_what_is_no_file)
{
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(load(), RL_ERR_DENIED);
	ck_assert_int_eq(rmdir(path), 0);
	/* A fifo that nobody writes must not stop the monitor. */
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(load(), RL_ERR_DENIED);
}
END_TEST

static const char *const malformed[] = {
	"",
	"\n",
	GOOD,
	GOOD "\n\n",
	GOOD "\r\n",
	GOOD "0\n",
	" " GOOD "\n",
	"0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef\n",
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\n",
	"0123456789abcdeg0123456789abcdef0123456789abcdef0123456789abcdef\n",
};

START_TEST(refuses_malformed)
{
	put(malformed[_i], 0600);
	ck_assert_int_eq(load(), RL_ERR_INVALID);
	/* The error names the file and tells nothing of what is in it. */
	ck_assert_ptr_nonnull(strstr(why, path));
	ck_assert_ptr_null(strstr(why, "0123456789"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("token");
	TCase *tc = tcase_create("file");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, makes_a_token);
	tcase_add_test(tc, two_are_different);
	tcase_add_test(tc, replaces_nothing);
	tcase_add_test(tc, needs_its_folder);
	tcase_add_test(tc, refuses_what_others_may_know);
	tcase_add_test(tc, refuses_what_is_no_file);
	tcase_add_loop_test(tc, refuses_malformed, 0,
	    (int)(sizeof(malformed) / sizeof(malformed[0])));
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
