/*
 * The token's file: what is made has the grammar and mode that are promised
 * and replaces nothing; what is loaded is refused for every way in which it
 * could be somebody else's, known to others, or damaged.
 */
#include "config.h"

#include <sys/types.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <check.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "err.h"
#include "secret.h"
#include "tokens.h"

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
	uint8_t digest[TOKEN_DIGEST];
	int r;

	why[0] = '\0';
	r = token_load(path, digest, why, sizeof(why));
	ck_assert((r == RL_OK) == (why[0] == '\0'));
	return r;
}

START_TEST(makes_a_token)
{
	uint8_t digest[TOKEN_DIGEST], other[TOKEN_DIGEST];
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

	ck_assert_int_eq(token_load(path, digest, why, sizeof(why)), RL_OK);
	token_digest(text, TOKEN_LEN, other);
	ck_assert_mem_eq(digest, other, TOKEN_DIGEST);
	token_digest(GOOD, TOKEN_LEN, other);
	ck_assert_mem_ne(digest, other, TOKEN_DIGEST);
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

/* --- the table ---
 */

#define NOW  1000000
#define BOOT 5000000 /* ms on the other clock, at that time */

static struct tokens *ts;
static char table[128];

static int
reopen_at(long long wall, uint64_t boot)
{
	const struct token_time now = { wall, boot };

	tokens_free(ts);
	why[0] = '\0';
	return tokens_open(path, table, &now, &ts, why, sizeof(why));
}

static int
reopen(void)
{
	return reopen_at(NOW, BOOT);
}

static void
setup_table(void)
{
	setup();
	snprintf(table, sizeof(table), "%s/tokens.json", dir);
	ts = NULL;
	ck_assert_int_eq(reopen(), 0);
}

static void
teardown_table(void)
{
	tokens_free(ts);
	teardown();
}

/* Both clocks have gone on together. */
static struct token_time
at(long long wall)
{
	return (struct token_time){ wall,
		(uint64_t)(BOOT + (wall - NOW) * 1000) };
}

static const struct token *
find(const char *text, long long wall)
{
	const struct token_time now = at(wall);

	return tokens_find(ts, text, strlen(text), &now);
}

/* What a clock says that was set is another matter. */
static bool
is_good(const char *text, long long wall, uint64_t boot)
{
	const struct token_time now = { wall, boot };

	return tokens_find(ts, text, strlen(text), &now) != NULL;
}

static const struct token *
add(bool control, const char *label, long long expires_at, char *text)
{
	const struct token_time now = at(NOW);
	const struct token *t = NULL;

	ck_assert_int_eq(tokens_add(ts, control, label, &now, expires_at, text,
			     &t, why, sizeof(why)),
	    0);
	ck_assert_ptr_nonnull(t);
	return t;
}

static void
main_text(char text[TOKEN_LEN + 1])
{
	int fd = open(path, O_RDONLY);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(read(fd, text, TOKEN_LEN), TOKEN_LEN);
	text[TOKEN_LEN] = '\0';
	close(fd);
}

START_TEST(finds_each)
{
	char view[TOKEN_LEN + 1], control[TOKEN_LEN + 1], main_one[TOKEN_LEN + 1];
	const struct token_time now = at(NOW);
	const struct token *t;
	struct stat st;
	FILE *f;
	char buf[8192];
	size_t n;

	main_text(main_one);
	add(false, "wall display", 0, view);
	add(true, "script", NOW + 60, control);
	for (int i = 0; i < 2; i++) {
		t = find(main_one, NOW);
		ck_assert_str_eq(t->id, TOKEN_MAIN);
		ck_assert(t->control);
		t = find(view, NOW);
		ck_assert_str_eq(t->label, "wall display");
		ck_assert(!t->control);
		ck_assert(t == tokens_get(ts, 1));
		t = find(control, NOW + 59);
		ck_assert(t->control);
		ck_assert_int_eq(t->created_at, NOW);
		ck_assert_ptr_null(find(control, NOW + 60));
		ck_assert_ptr_null(find(GOOD, NOW));
		ck_assert_ptr_null(find("", NOW));
		view[3] ^= 1;
		ck_assert_ptr_null(find(view, NOW));
		view[3] ^= 1;
		ck_assert_ptr_null(
		    tokens_find(ts, view, TOKEN_LEN - 1, &now));
		ck_assert_ptr_null(tokens_get(ts, 3));
		/* And again, as the file has them. */
		ck_assert_msg(reopen() == 0, "%s", why);
	}
	ck_assert_int_eq(stat(table, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
	ck_assert_ptr_nonnull(f = fopen(table, "r"));
	n = fread(buf, 1, sizeof(buf) - 1, f);
	buf[n] = '\0';
	fclose(f);
	ck_assert_ptr_null(strstr(buf, view));
	ck_assert_ptr_null(strstr(buf, control));
}
END_TEST

START_TEST(revokes)
{
	char a[TOKEN_LEN + 1], b[TOKEN_LEN + 1], id[TOKEN_ID_LEN + 1];
	uint8_t digest[TOKEN_DIGEST], want[TOKEN_DIGEST];

	add(true, "", 0, a);
	(void)strlcpy(id, add(true, "", 0, b)->id, sizeof(id));
	ck_assert_int_eq(
	    tokens_revoke(ts, TOKEN_MAIN, digest, why, sizeof(why)),
	    RL_ERR_DENIED);
	ck_assert_int_eq(tokens_revoke(ts, "", digest, why, sizeof(why)),
	    RL_ERR_NOTFOUND);
	ck_assert_int_eq(tokens_revoke(ts, "xyz", digest, why, sizeof(why)),
	    RL_ERR_NOTFOUND);
	ck_assert_int_eq(tokens_revoke(ts, id, digest, why, sizeof(why)), 0);
	token_digest(b, TOKEN_LEN, want);
	ck_assert_mem_eq(digest, want, TOKEN_DIGEST);
	ck_assert_ptr_null(find(b, NOW));
	ck_assert_ptr_nonnull(find(a, NOW));
	ck_assert_int_eq(reopen(), 0);
	ck_assert_ptr_null(find(b, NOW));
	ck_assert_ptr_nonnull(find(a, NOW));
	/* A prefix does where it is that of one. */
	(void)strlcpy(id, tokens_get(ts, 1)->id, sizeof(id));
	id[6] = '\0';
	ck_assert_int_eq(tokens_revoke(ts, id, digest, why, sizeof(why)), 0);
	ck_assert_ptr_null(find(a, NOW));
}
END_TEST

START_TEST(expires)
{
	char a[TOKEN_LEN + 1], b[TOKEN_LEN + 1], c[TOKEN_LEN + 1];
	uint8_t digest[TOKEN_DIGEST], want[TOKEN_DIGEST];
	struct token_time now = at(NOW);

	ck_assert_int_eq(tokens_next_expiry(ts, &now), -1);
	add(true, "", 0, a);
	add(true, "", NOW + 20, b);
	add(true, "", NOW + 10, c);
	ck_assert_int_eq(tokens_next_expiry(ts, &now), 10000);
	now = at(NOW + 9);
	ck_assert(!tokens_expire(ts, &now, digest));
	ck_assert_int_eq(tokens_next_expiry(ts, &now), 1000);
	now = at(NOW + 10);
	ck_assert_int_eq(tokens_next_expiry(ts, &now), 0);
	ck_assert(tokens_expire(ts, &now, digest));
	token_digest(c, TOKEN_LEN, want);
	ck_assert_mem_eq(digest, want, TOKEN_DIGEST);
	ck_assert(!tokens_expire(ts, &now, digest));
	ck_assert_int_eq(tokens_next_expiry(ts, &now), 10000);
	ck_assert_ptr_nonnull(find(a, NOW + 1000));
}
END_TEST

/* The wall clock is set back: what was to last an hour lasts no longer. */
START_TEST(no_clock_set_back_keeps_one)
{
	uint8_t digest[TOKEN_DIGEST];
	struct token_time now;
	char a[TOKEN_LEN + 1], never[TOKEN_LEN + 1];

	add(true, "", 0, never);
	add(true, "", NOW + 3600, a);
	ck_assert(is_good(a, NOW - 86400, BOOT + 3599 * 1000));
	ck_assert(!is_good(a, NOW - 86400, BOOT + 3600 * 1000));
	ck_assert(is_good(never, NOW - 86400, BOOT + 3600 * 1000));
	now = (struct token_time){ NOW - 86400, BOOT + 1000 };
	ck_assert_int_eq(tokens_next_expiry(ts, &now), 3599 * 1000);
	now.boot = BOOT + 3600 * 1000;
	ck_assert_int_eq(tokens_next_expiry(ts, &now), 0);
	ck_assert(tokens_expire(ts, &now, digest));
	ck_assert(!tokens_expire(ts, &now, digest));
}
END_TEST

/* It is set on: the token ends when it says that it does. */
START_TEST(a_clock_set_on_ends_one)
{
	char a[TOKEN_LEN + 1];

	add(true, "", NOW + 3600, a);
	ck_assert(is_good(a, NOW + 3599, BOOT + 1000));
	ck_assert(!is_good(a, NOW + 3600, BOOT + 1000));
	/* And is good again when it is set right, until somebody looked. */
	ck_assert(is_good(a, NOW + 1, BOOT + 2000));
}
END_TEST

/* Over a start the file is all that is known: its whole time is the most. */
START_TEST(a_start_gives_no_more_than_its_whole_time)
{
	char a[TOKEN_LEN + 1];

	add(true, "", NOW + 3600, a);
	ck_assert_int_eq(reopen_at(NOW + 600, 1000), 0);
	ck_assert(is_good(a, NOW + 3599, 1000 + 2999 * 1000));
	ck_assert(!is_good(a, NOW, 1000 + 3000 * 1000));
	/* A machine that wakes up in 1970. */
	ck_assert_int_eq(reopen_at(1, 1000), 0);
	ck_assert(is_good(a, 2, 2000));
	ck_assert(!is_good(a, 3, 1000 + 3600 * 1000));
	ck_assert_int_eq(reopen_at(NOW + 3600, 1000), 0);
	ck_assert(!is_good(a, 1, 1000));
}
END_TEST

/* What has expired leaves the file, so that no clock brings it back. */
START_TEST(what_expires_leaves_the_file)
{
	uint8_t digest[TOKEN_DIGEST];
	struct token_time now = at(NOW + 10);
	char a[TOKEN_LEN + 1], b[TOKEN_LEN + 1];

	add(true, "", NOW + 10, a);
	add(true, "", NOW + 20, b);
	ck_assert_int_eq(tokens_tidy(ts, why, sizeof(why)), 0);
	ck_assert(tokens_expire(ts, &now, digest));
	/* The control: the file still has it. */
	ck_assert_int_eq(reopen(), 0);
	ck_assert_ptr_nonnull(find(a, NOW));
	ck_assert(tokens_expire(ts, &now, digest));
	if (chmod(dir, 0500) == 0 && access(dir, W_OK) == -1) {
		ck_assert_int_eq(
		    tokens_tidy(ts, why, sizeof(why)), RL_ERR_SYSTEM);
		ck_assert_ptr_nonnull(strstr(why, table));
	}
	ck_assert_int_eq(chmod(dir, 0700), 0);
	ck_assert_int_eq(tokens_tidy(ts, why, sizeof(why)), 0);
	ck_assert_int_eq(reopen(), 0);
	ck_assert_ptr_null(find(a, NOW));
	ck_assert_ptr_nonnull(find(b, NOW));
}
END_TEST

static bool
is_old(const struct token *t, long long wall)
{
	struct token_time now = at(wall);

	return tokens_is_old(ts, t, &now);
}

/* A policy ends what the files call good; what is of the future is none's. */
START_TEST(grows_old)
{
	char view[TOKEN_LEN + 1], id[TOKEN_ID_LEN + 1];
	uint8_t digest[TOKEN_DIGEST];
	const struct token *main_one, *t;
	struct token_time now = at(NOW), late = at(NOW + 51);
	struct timeval times[2] = { { NOW - 100, 0 }, { NOW - 100, 0 } };

	ck_assert_int_eq(utimes(path, times), 0);
	ck_assert_int_eq(reopen(), 0);
	add(false, "view", 0, view);
	(void)strlcpy(id, tokens_get(ts, 1)->id, sizeof(id));
	main_one = tokens_get(ts, 0);
	t = tokens_get(ts, 1);
	ck_assert(!is_old(t, NOW + 1000000));
	tokens_max_age(ts, 50);
	ck_assert_int_eq(tokens_next_expiry(ts, &now), 0);
	ck_assert(is_old(main_one, NOW));
	ck_assert(!is_old(t, NOW + 50));
	ck_assert(is_old(t, NOW + 51));
	ck_assert(is_old(t, NOW - 200000));
	/* Each is told of once. */
	ck_assert(tokens_outdated(ts, &now, digest));
	ck_assert_mem_eq(digest, main_one->digest, TOKEN_DIGEST);
	ck_assert(!tokens_outdated(ts, &now, digest));
	ck_assert_int_eq(tokens_next_expiry(ts, &now), 51 * 1000);
	ck_assert(tokens_outdated(ts, &late, digest));
	ck_assert(!tokens_outdated(ts, &late, digest));
	ck_assert_int_eq(tokens_next_expiry(ts, &now), -1);
	/* Another main one is young. */
	ck_assert_int_eq(tokens_rotate(ts, digest, why, sizeof(why)), 0);
	ck_assert(!is_old(tokens_get(ts, 0), time(NULL)));
	tokens_max_age(ts, 0);
	ck_assert(!is_old(tokens_get(ts, 1), NOW + 1000000));
}
END_TEST

START_TEST(rotates)
{
	char before[TOKEN_LEN + 1], after[TOKEN_LEN + 1];
	uint8_t digest[TOKEN_DIGEST], want[TOKEN_DIGEST];

	main_text(before);
	ck_assert_int_eq(tokens_rotate(ts, digest, why, sizeof(why)), 0);
	token_digest(before, TOKEN_LEN, want);
	ck_assert_mem_eq(digest, want, TOKEN_DIGEST);
	main_text(after);
	ck_assert_ptr_null(find(before, NOW));
	ck_assert_ptr_nonnull(find(after, NOW));
	ck_assert_int_eq(reopen(), 0);
	ck_assert_ptr_nonnull(find(after, NOW));
}
END_TEST

START_TEST(refuses_to_add)
{
	char text[TOKEN_LEN + 1], label[TOKEN_LABEL_MAX + 2];
	const struct token_time now = at(NOW);
	const struct token *t;

	memset(label, 'x', sizeof(label) - 1);
	label[sizeof(label) - 1] = '\0';
#define ADD(label, expires) \
	tokens_add(ts, true, label, &now, expires, text, &t, why, sizeof(why))
	ck_assert_int_eq(ADD(label, 0), RL_ERR_INVALID);
	ck_assert_int_eq(ADD("a\033[31mb", 0), RL_ERR_INVALID);
	ck_assert_int_eq(ADD("\xff", 0), RL_ERR_INVALID);
	ck_assert_int_eq(ADD("", NOW), RL_ERR_INVALID);
	for (int i = 0; i < TOKENS_MAX; i++) {
		ck_assert_uint_eq(tokens_room(ts), (size_t)(TOKENS_MAX - i));
		ck_assert_int_eq(ADD("", 0), 0);
	}
	ck_assert_uint_eq(tokens_room(ts), 0);
	ck_assert_int_eq(ADD("", 0), RL_ERR_LIMIT);
	ck_assert_int_eq(reopen(), 0);
	/* What cannot be written down is not true either. */
	ck_assert_int_eq(tokens_revoke(ts, tokens_get(ts, 1)->id,
			     (uint8_t[TOKEN_DIGEST]){ 0 }, why, sizeof(why)),
	    0);
	ck_assert_int_eq(chmod(dir, 0500), 0);
	if (access(dir, W_OK) == -1) {
		ck_assert_int_eq(ADD("", 0), RL_ERR_SYSTEM);
		ck_assert_ptr_null(tokens_get(ts, TOKENS_MAX));
		ck_assert_ptr_null(find(text, NOW));
		ck_assert_int_eq(tokens_revoke(ts, tokens_get(ts, 1)->id,
				     (uint8_t[TOKEN_DIGEST]){ 0 }, why,
				     sizeof(why)),
		    RL_ERR_SYSTEM);
		ck_assert_ptr_nonnull(tokens_get(ts, TOKENS_MAX - 1));
	}
	ck_assert_int_eq(chmod(dir, 0700), 0);
}
END_TEST

#define ONE                                                                    \
	"\"id\":\"0123abcd\",\"digest\":\"" GOOD "\",\"scope\":\"view\","          \
	"\"created_at\":1"
static const struct {
	const char *text;
	const char *says;
} tables[] = {
	{ "", "tokens.json" },
	{ "[]", "tokens.json" },
	{ "{\"version\":2,\"tokens\":[]}", "version 1" },
	{ "{\"version\":1}", "version 1" },
	{ "{\"version\":1,\"tokens\":[],\"x\":1}", "version 1" },
	{ "{\"version\":1,\"tokens\":[1]}", "token 1" },
	{ "{\"version\":1,\"tokens\":[{" ONE ",\"x\":1}]}", "token 1: " },
	{ "{\"version\":1,\"tokens\":[{" ONE "},{\"id\":\"a\"}]}",
	    "token 2: " },
	{ "{\"version\":1,\"tokens\":[{\"id\":\"0123abcX\",\"digest\":\"" GOOD
	  "\",\"scope\":\"view\",\"created_at\":1}]}",
	    "id" },
	{ "{\"version\":1,\"tokens\":[{\"id\":\"0123abcd\",\"digest\":\"12\","
	  "\"scope\":\"view\",\"created_at\":1}]}",
	    "digest" },
	{ "{\"version\":1,\"tokens\":[{\"id\":\"0123abcd\",\"digest\":\"" GOOD
	  "\",\"scope\":\"all\",\"created_at\":1}]}",
	    "scope" },
	/* It is shown in tables and logs. */
	{ "{\"version\":1,\"tokens\":[{" ONE ",\"label\":\"a\\nb\"}]}",
	    "label" },
};

START_TEST(refuses_a_damaged_table)
{
	FILE *f = fopen(table, "w");
	struct stat before, after;

	ck_assert_ptr_nonnull(f);
	fputs(tables[_i].text, f);
	fclose(f);
	ck_assert_int_eq(stat(table, &before), 0);
	ck_assert_int_ne(reopen(), 0);
	ck_assert_ptr_null(ts);
	ck_assert_msg(strstr(why, tables[_i].says) != NULL, "%s", why);
	ck_assert_int_eq(stat(table, &after), 0);
	ck_assert_int_eq(before.st_size, after.st_size);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("token");
	TCase *tc = tcase_create("file"), *tt = tcase_create("table");
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
	tcase_add_checked_fixture(tt, setup_table, teardown_table);
	tcase_add_test(tt, finds_each);
	tcase_add_test(tt, revokes);
	tcase_add_test(tt, expires);
	tcase_add_test(tt, no_clock_set_back_keeps_one);
	tcase_add_test(tt, a_clock_set_on_ends_one);
	tcase_add_test(tt, a_start_gives_no_more_than_its_whole_time);
	tcase_add_test(tt, what_expires_leaves_the_file);
	tcase_add_test(tt, grows_old);
	tcase_add_test(tt, rotates);
	tcase_add_test(tt, refuses_to_add);
	tcase_add_loop_test(tt, refuses_a_damaged_table, 0,
	    (int)(sizeof(tables) / sizeof(tables[0])));
	suite_add_tcase(s, tt);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
