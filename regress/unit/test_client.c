/*
 * The client against monitors that answer, refuse, break off or are somebody
 * else's, and which exit status each is.
 */
#include "config.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apikey.h"
#include "keysource.h"
#include "ringlet.h"
#include "secret.h"
#include "xmalloc.h"

static char dir[64];
static struct cli cli;
static pid_t monitor;
static const struct command no_start = {
	.group = "profiles", .usage = "", .flags = CMD_NO_START
};

static void
setup(void)
{
	static char sock[128], lock[128], absent[128];

	snprintf(dir, sizeof(dir), "/tmp/test_client.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(sock, sizeof(sock), "%s/control.sock", dir);
	snprintf(lock, sizeof(lock), "%s/lock", dir);
	snprintf(absent, sizeof(absent), "%s/absent", dir);
	memset(&cli, 0, sizeof(cli));
	cli.json = true;
	cli.fd = -1;
	cli.cmd = &no_start;
	cli.paths.runtime_dir = dir;
	cli.paths.control_sock = sock;
	cli.paths.lock_file = lock;
	cli.paths.log_file = absent;
	cli.paths.monitor = absent;
	monitor = 0;
}

static void
teardown(void)
{
	client_close(&cli);
	if (monitor > 0) {
		kill(monitor, SIGKILL);
		waitpid(monitor, NULL, 0);
	}
	unlink(cli.paths.control_sock);
	unlink(cli.paths.lock_file);
	rmdir(dir);
}

/* A monitor that answers one request by answer(). */
static void
serve(void (*answer)(int fd, const struct msg *))
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct msg m;
	int s = socket(AF_UNIX, SOCK_STREAM, 0), fd;

	strlcpy(sun.sun_path, cli.paths.control_sock, sizeof(sun.sun_path));
	ck_assert_int_eq(bind(s, (struct sockaddr *)&sun, sizeof(sun)), 0);
	ck_assert_int_eq(listen(s, 1), 0);
	if ((monitor = fork()) == 0) {
		if ((fd = accept(s, NULL, NULL)) != -1 &&
		    msg_read(fd, 10000, &m) == 0)
			answer(fd, &m);
		_exit(0);
	}
	close(s);
}

/* Asks for the status; the exit status that comes of it. */
static int
ask(void)
{
	const struct msg_token_only req = { 0 };
	struct msg m;
	int r;

	r = client_call(&cli, MSG_STATUS_GET, &req, MSG_STATUS, &m);
	if (r == 0)
		msg_clear(&m);
	return r;
}

static void
answer_status(int fd, const struct msg *m)
{
	const struct msg_status s = { .version = "x", .pid = 7 };

	msg_write(fd, MSG_STATUS, m->hdr.id, &s, NULL, 0);
}

START_TEST(answers)
{
	serve(answer_status);
	ck_assert_int_eq(ask(), 0);
}
END_TEST

static int64_t code;

static void
answer_error(int fd, const struct msg *m)
{
	const struct msg_error e = { .code = code, .text = "no\033[31m" };

	msg_write(fd, MSG_ERROR, m->hdr.id, &e, NULL, 0);
}

START_TEST(maps_errors)
{
	static const struct {
		int err, status;
	} rows[] = {
		{ RL_ERR_NOTFOUND, 4 },
		{ RL_ERR_DENIED, 5 },
		{ RL_ERR_AUTH, 5 },
		{ RL_ERR_INVALID, 1 },
		{ RL_ERR_LOCKED, 1 },
		{ RL_ERR_JAIL, 1 },
		{ RL_ERR_LIMIT, 1 },
	};

	code = rows[_i].err;
	serve(answer_error);
	ck_assert_int_eq(ask(), rows[_i].status);
}
END_TEST

static const char *text_of_error;

static void
answer_member(int fd, const struct msg *m)
{
	const struct msg_error e = { .code = code, .text = text_of_error };

	msg_write(fd, MSG_ERROR, m->hdr.id, &e, NULL, 0);
}

/* What the user has typed wrongly is wrong usage; what only looks so is not. */
START_TEST(errors_of_members)
{
	static const struct member members[] = { { "env", "--env", true },
		{ "agent_id", "AGENT", false }, { NULL, NULL, false } };
	static const struct {
		const char *text;
		int err, status;
	} rows[] = {
		{ "env: number 1 is wrong", RL_ERR_INVALID, STATUS_USAGE },
		{ "env: number 1 is wrong", RL_ERR_DENIED, STATUS_DENIED },
		{ "agent_id: is wrong", RL_ERR_INVALID, STATUS_FAILED },
		{ "environment: is wrong", RL_ERR_INVALID, STATUS_FAILED },
		{ "env:is wrong", RL_ERR_INVALID, STATUS_FAILED },
		{ "env", RL_ERR_INVALID, STATUS_FAILED },
	};

	cli.members = members;
	code = rows[_i].err;
	text_of_error = rows[_i].text;
	serve(answer_member);
	ck_assert_int_eq(ask(), rows[_i].status);
}
END_TEST

static void
answer_other(int fd, const struct msg *m)
{
	msg_write(fd, MSG_OK, m->hdr.id, NULL, NULL, 0);
}

static void
answer_wrong_id(int fd, const struct msg *m)
{
	const struct msg_status s = { .version = "x" };

	msg_write(fd, MSG_STATUS, m->hdr.id + 1, &s, NULL, 0);
}

static void
answer_nonsense(int fd, const struct msg *m)
{
	ck_assert_int_eq(write(fd, "HTTP/1.1 200 OK\r\n\r\n", 19), 19);
}

static void
answer_nothing(int fd, const struct msg *m)
{
}

START_TEST(bad_answers_are_3)
{
	static void (*const rows[])(int, const struct msg *) = { answer_other,
		answer_wrong_id, answer_nonsense, answer_nothing };

	serve(rows[_i]);
	ck_assert_int_eq(ask(), STATUS_UNREACHABLE);
}
END_TEST

/* The daemon's end in place of an answer, where that is no failure. */
START_TEST(an_end_is_told)
{
	static const struct {
		void (*answer)(int, const struct msg *);
		int status;
		bool closed;
	} rows[] = {
		{ answer_nothing, 0, true },
		{ answer_status, 0, false },
		{ answer_other, STATUS_UNREACHABLE, false },
		{ answer_nonsense, STATUS_UNREACHABLE, false },
	};
	const struct msg_token_only req = { 0 };
	bool closed = !rows[_i].closed;
	struct msg m;
	int r;

	serve(rows[_i].answer);
	r = client_call_unless_closed(
	    &cli, MSG_STATUS_GET, &req, MSG_STATUS, &m, &closed);
	ck_assert_int_eq(r, rows[_i].status);
	ck_assert_int_eq(closed, rows[_i].closed);
	if (closed)
		ck_assert_int_eq(cli.fd, -1);
	else if (r == 0)
		msg_clear(&m);
}
END_TEST

START_TEST(no_daemon_is_3)
{
	ck_assert_int_eq(ask(), STATUS_UNREACHABLE);
	/* A socket that nobody listens at is none either. */
	serve(answer_nothing);
	kill(monitor, SIGKILL);
	waitpid(monitor, NULL, 0);
	monitor = 0;
	ck_assert_int_eq(ask(), STATUS_UNREACHABLE);
}
END_TEST

START_TEST(open_folder_is_refused)
{
	char why[512] = "";

	serve(answer_status);
	ck_assert_int_eq(chmod(dir, 0770), 0);
	ck_assert_int_eq(client_connect(&cli, why, sizeof(why)), RL_ERR_DENIED);
	ck_assert_ptr_nonnull(strstr(why, dir));
	ck_assert_int_eq(chmod(dir, 0700), 0);
	ck_assert_int_eq(client_connect(&cli, why, sizeof(why)), 0);
}
END_TEST

START_TEST(linked_folder_is_refused)
{
	char why[512] = "", link[128];

	snprintf(link, sizeof(link), "%s.link", dir);
	ck_assert_int_eq(symlink(dir, link), 0);
	cli.paths.runtime_dir = link;
	ck_assert_int_eq(client_connect(&cli, why, sizeof(why)), RL_ERR_DENIED);
	unlink(link);
	cli.paths.runtime_dir = dir;
}
END_TEST

START_TEST(failed_start_says_why)
{
	char why[512] = "", script[128];
	FILE *f;

	/* There is no such program. */
	ck_assert_int_eq(
	    daemon_start(&cli, NULL, why, sizeof(why)), RL_ERR_UNAVAILABLE);
	ck_assert_ptr_nonnull(strstr(why, cli.paths.monitor));

	/* One that gives its reason among other lines. */
	snprintf(script, sizeof(script), "%s/monitor", dir);
	ck_assert_ptr_nonnull(f = fopen(script, "w"));
	fprintf(f, "#!/bin/sh\n"
		   "echo 'ringlet-monitor: info: hello' >&2\n"
		   "echo 'ringlet-monitor: error: the moon: wait' >&2\n"
		   "echo 'ringlet-monitor: info: bye' >&2\n"
		   "exit 1\n");
	fclose(f);
	ck_assert_int_eq(chmod(script, 0700), 0);
	cli.paths.monitor = script;
	ck_assert_int_eq(
	    daemon_start(&cli, NULL, why, sizeof(why)), RL_ERR_UNAVAILABLE);
	ck_assert_str_eq(why, "the moon: wait");

	/* One that ends without a word. */
	ck_assert_ptr_nonnull(f = fopen(script, "w"));
	fprintf(f, "#!/bin/sh\nexit 9\n");
	fclose(f);
	ck_assert_int_eq(
	    daemon_start(&cli, NULL, why, sizeof(why)), RL_ERR_UNAVAILABLE);
	ck_assert_ptr_nonnull(strstr(why, "9"));
	unlink(script);
}
END_TEST

/* The key comes as it is, without its newline, from a file or a pipe. */
START_TEST(reads_keys)
{
	static const struct {
		const char *text;
		size_t len;
		const char *key; /* NULL: refused */
	} rows[] = {
		{ "sk-1\n", 5, "sk-1" },
		{ "sk-1", 4, "sk-1" },
		{ "sk-1\r\n", 6, "sk-1" },
		{ "a b\n", 4, "a b" },
		{ "", 0, NULL },
		{ "\n", 1, NULL },
		{ "sk-1\n\n", 6, NULL },
		{ "sk\0x\n", 5, NULL },
		{ "sk\033[A\n", 6, NULL },
		{ "sk-1 \n", 6, NULL },
		{ "\xc2\xa0sk-1\n", 7, NULL },
		{ "sk\xff\n", 4, NULL },
	};
	struct secret *key;
	char file[128];
	FILE *f;
	int r;

	snprintf(file, sizeof(file), "%s/key", dir);
	ck_assert_ptr_nonnull(f = fopen(file, "w"));
	fwrite(rows[_i].text, 1, rows[_i].len, f);
	fclose(f);
	r = prompt_key(&cli, "?", file, &key);
	if (rows[_i].key != NULL) {
		ck_assert_int_eq(r, 0);
		ck_assert_str_eq(secret_ptr(key), rows[_i].key);
	} else {
		ck_assert_int_eq(r, STATUS_USAGE);
		ck_assert_ptr_null(key);
	}
	secret_free(key);

	ck_assert_ptr_nonnull(freopen(file, "r", stdin));
	r = prompt_key(&cli, "?", "-", &key);
	ck_assert_int_eq(r == 0, rows[_i].key != NULL);
	secret_free(key);
	unlink(file);
}
END_TEST

START_TEST(long_keys_are_refused)
{
	struct secret *key;
	char file[128], *text = xmalloc(APIKEY_MAX + 2);
	FILE *f;

	snprintf(file, sizeof(file), "%s/key", dir);
	memset(text, 'k', APIKEY_MAX + 2);
	for (size_t len = APIKEY_MAX; len <= APIKEY_MAX + 2; len++) {
		ck_assert_ptr_nonnull(f = fopen(file, "w"));
		fwrite(text, 1, len, f);
		fclose(f);
		ck_assert_int_eq(prompt_key(&cli, "?", file, &key),
		    len <= APIKEY_MAX ? 0 : STATUS_USAGE);
		secret_free(key);
	}
	free(text);
	unlink(file);
}
END_TEST

static const struct {
	const char *text;
	int status;
	const char *key;
} opencode[] = {
	{ "{\"anthropic\":{\"type\":\"api\",\"key\":\"sk-1\"}}", 0, "sk-1" },
	{ "{\"openai\":{\"type\":\"api\",\"key\":\"sk-1\"}}",
	    STATUS_NOTFOUND, NULL },
	/* No key, but what a login has left. */
	{ "{\"anthropic\":{\"type\":\"oauth\",\"key\":\"sk-1\"}}",
	    STATUS_NOTFOUND, NULL },
	{ "{\"anthropic\":{\"key\":\"sk-1\"}}", STATUS_NOTFOUND, NULL },
	{ "{\"anthropic\":\"sk-1\"}", STATUS_NOTFOUND, NULL },
	{ "{\"anthropic\":{\"type\":\"api\",\"key\":7}}", STATUS_NOTFOUND,
	    NULL },
	{ "{\"anthropic\":{\"type\":\"api\",\"key\":\"sk-1 \"}}",
	    STATUS_USAGE, NULL },
	{ "{\"anthropic\":{\"type\":\"api\",\"key\":\"a\",\"key\":\"b\"}}",
	    STATUS_FAILED, NULL },
	{ "[]", STATUS_FAILED, NULL },
	{ "", STATUS_FAILED, NULL },
};

/* A key that the agent has, for this provider alone. */
START_TEST(takes_the_agents_key)
{
	const struct msg_provider p = { .id = "anthropic",
		.auth_variable = "ANTHROPIC_API_KEY" };
	struct optval opt = { OPT_FROM_AGENT, NULL };
	const struct args args = { .opts = &opt, .nopts = 1 };
	char *home = cli.paths.home, *path = xstrdup(dir);
	static const char *const below[] = { "/.local", "/share", "/opencode",
		"/auth.json" };
	struct secret *key;

	for (size_t i = 0; i < NELEM(below); i++) {
		char *longer = xasprintf("%s%s", path, below[i]);

		free(path);
		path = longer;
		if (i + 1 < NELEM(below))
			(void)mkdir(path, 0700);
	}
	cli.paths.home = dir;
	ck_assert_int_eq(
	    key_source_get(&cli, &args, "opencode", &p, "?", &key),
	    STATUS_NOTFOUND);
	ck_assert_int_eq(paths_write_file(path, opencode[_i].text,
			     strlen(opencode[_i].text)),
	    0);
	ck_assert_int_eq(
	    key_source_get(&cli, &args, "opencode", &p, "?", &key),
	    opencode[_i].status);
	if (opencode[_i].key != NULL)
		ck_assert_str_eq(secret_ptr(key), opencode[_i].key);
	else
		ck_assert_ptr_null(key);
	secret_free(key);
	unlink(path);
	for (size_t i = 1; i < NELEM(below); i++) {
		*strrchr(path, '/') = '\0';
		rmdir(path);
	}
	free(path);
	cli.paths.home = home;
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("client");
	TCase *tc = tcase_create("monitor");
	SRunner *sr;
	int failed;

	secret_init();
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, answers);
	tcase_add_loop_test(tc, maps_errors, 0, 7);
	tcase_add_loop_test(tc, errors_of_members, 0, 6);
	tcase_add_loop_test(tc, bad_answers_are_3, 0, 4);
	tcase_add_loop_test(tc, an_end_is_told, 0, 4);
	tcase_add_test(tc, no_daemon_is_3);
	tcase_add_test(tc, open_folder_is_refused);
	tcase_add_test(tc, linked_folder_is_refused);
	tcase_add_test(tc, failed_start_says_why);
	tcase_add_loop_test(tc, reads_keys, 0, 12);
	tcase_add_test(tc, long_keys_are_refused);
	tcase_add_loop_test(tc, takes_the_agents_key, 0, NELEM(opencode));
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
