/*
 * What is said to ssh: which hosts are any, words that come out of every shell
 * as they went in, and where a tunnel leads.
 */

#include "config.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ringlet.h"
#include "ssh.h"
#include "xmalloc.h"

/* --- hosts --- */

static const struct {
	const char *host;
	bool ok;
} hosts[] = {
	{ "host", true },
	{ "host.example.org", true },
	{ "me@host", true },
	{ "me@corp.example@host", true },
	{ "CORP\\me@host", true },
	{ "192.0.2.1", true },
	{ "2001:db8::1", true },
	{ "fe80::1%eth0", true },
	{ "ssh://me@host:2222", true },
	{ "a-b_c", true },
	{ "h\xc3\xb6st", true },
	/* Options, and what would become one behind a user's name. */
	{ "-", false },
	{ "--", false },
	{ "-oProxyCommand=touch /tmp/x", false },
	{ "-oProxyCommand=x", false },
	{ "-F/tmp/config", false },
	{ "me@-oProxyCommand=x", false },
	{ "me@there@-oProxyCommand=x", false },
	{ "-oProxyCommand=x@host", false },
	{ "ssh://-oProxyCommand=x", false },
	{ "ssh://me@-oProxyCommand=x", false },
	{ "SSH://-oProxyCommand=x", false },
	/* No name at all. */
	{ "", false },
	{ "@", false },
	{ "@host", false },
	{ "me@", false },
	{ "ssh://", false },
	/* More than one word, or line. */
	{ "a b", false },
	{ " host", false },
	{ "host ", false },
	{ "a\tb", false },
	{ "a\nb", false },
	{ "a\rb", false },
	{ "a\033[2Jb", false },
	{ "a\x7f", false },
	/* ssh's configuration may put a name into a shell's command. */
	{ "$(id)", false },
	{ "`id`", false },
	{ "a;id", false },
	{ "a|id", false },
	{ "a&id", false },
	{ "a>b", false },
	{ "a<b", false },
	{ "a'b", false },
	{ "a\"b", false },
	{ "a\\b", false },
	{ "${HOME}", false },
	{ "a(b)", false },
	{ "`id`@host", false },
	{ "a;b@host", false },
};

START_TEST(test_hosts)
{
	ck_assert_msg(ssh_host_ok(hosts[_i].host) == hosts[_i].ok,
	    "'%s' is %s host", hosts[_i].host, hosts[_i].ok ? "a" : "no");
}
END_TEST

START_TEST(test_long_host)
{
	char host[1026];

	memset(host, 'a', sizeof(host) - 1);
	host[sizeof(host) - 1] = '\0';
	ck_assert(!ssh_host_ok(host));
	host[1024] = '\0';
	ck_assert(ssh_host_ok(host));
}
END_TEST

/* --- words --- */

static char dir[PATH_MAX];

/* What a shell prints that is given the command. */
struct said {
	char text[64 * 1024];
	size_t len;
	int status; /* its exit status; -1: it has died */
};

static void
run(const char *shell, const char *command, struct said *s)
{
	char *path = xasprintf("PATH=%s/bin:/usr/bin:/bin", dir);
	char *home = xasprintf("HOME=%s", dir);
	char *const envp[] = { path, home, NULL };
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_ge(pid = fork(), 0);
	if (pid == 0) {
		(void)dup2(fds[1], STDOUT_FILENO);
		(void)close(fds[0]);
		(void)close(fds[1]);
		(void)execle(shell, shell, "-c", command, (char *)NULL, envp);
		_exit(127);
	}
	close(fds[1]);
	for (s->len = 0; (n = read(fds[0], s->text + s->len,
			      sizeof(s->text) - s->len)) > 0;)
		s->len += (size_t)n;
	close(fds[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	s->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	free(path);
	free(home);
}

/* A program there that prints its arguments, each with a NUL. */
static void
put_ringlet(const char *folder)
{
	static const char text[] =
	    "#!/bin/sh\nfor a; do printf '%s\\0' \"$a\"; done\nexit 7\n";
	char *path = xasprintf("%s/%s", dir, folder);
	int fd;

	ck_assert_int_eq(mkdir(path, 0700), 0);
	free(path);
	path = xasprintf("%s/%s/ringlet", dir, folder);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0700);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(
	    write(fd, text, sizeof(text) - 1), (int)sizeof(text) - 1);
	close(fd);
	free(path);
}

/* sshd has the user's own, whichever it is, read the command. */
static const char *const shells[] = { "/bin/sh", "/bin/dash", "/bin/bash",
	"/bin/zsh", "/bin/ksh", "/bin/mksh", "/bin/csh", "/bin/tcsh",
	"/usr/bin/fish" };

static const char *const words[] = {
	"profiles", "run", "", "", "-", "--", "-n", "-e", "it's", "\"", "\\",
	"\\n", "\\0101", "\\\\", "a b", " lead", "trail ", "\t", "\n", "a\n",
	"a\n\n\n", "\na", "!", "!!", "a!b", "$HOME", "${HOME}", "$(id)", "`id`",
	"$1", "$@", "%s", "%b", "%", "%%", "*", "?", "[a-z]", "~", "~root",
	"{a,b}", "#", "a;id", "a&", "a|b", "<a", ">a", "(a)", "a=b", "^", "x",
	"h\xc3\xa4", "\xff\xfe", "\x01\x02\x1b\x7f", "'; id; '", "\"; id; \"",
	"'\"'\"'", "\\'", "end"
};

START_TEST(test_words)
{
	static struct said s;
	char *command = ssh_command(words, NELEM(words), "not here", _i != 0);
	const char *at;
	unsigned tried = 0;

	put_ringlet("bin");
	ck_assert_ptr_nonnull(command);
	for (size_t i = 0; i < NELEM(shells); i++) {
		if (access(shells[i], X_OK) != 0)
			continue;
		tried++;
		run(shells[i], command, &s);
		ck_assert_msg(s.status == 7, "%s: status %d: %.*s", shells[i],
		    s.status, (int)s.len, s.text);
		at = s.text;
		ck_assert_str_eq(at, OVER_SSH);
		at += strlen(at) + 1;
		for (size_t n = 0; n < NELEM(words); n++) {
			ck_assert_msg(at < s.text + s.len && strcmp(at,
				words[n]) == 0, "%s: word %zu, \"%s\", is "
				"\"%s\"", shells[i], n, words[n], at);
			at += strlen(at) + 1;
		}
		ck_assert_ptr_eq(at, s.text + s.len);
	}
	ck_assert_uint_gt(tried, 0);
	free(command);
}
END_TEST

/* Every byte but NUL, alone and beside others. */
START_TEST(test_bytes)
{
	static struct said s;
	static char one[255][4];
	const char *args[255], *at = s.text;
	char *command;

	put_ringlet("bin");
	for (int i = 0; i < 255; i++) {
		snprintf(one[i], sizeof(one[i]), "7%c7", i + 1);
		args[i] = one[i];
	}
	command = ssh_command(args, NELEM(args), "not here", false);
	ck_assert_ptr_nonnull(command);
	run("/bin/sh", command, &s);
	ck_assert_int_eq(s.status, 7);
	at += strlen(at) + 1;
	for (int i = 0; i < 255; i++, at += strlen(at) + 1)
		ck_assert_msg(strcmp(at, one[i]) == 0, "byte %d", i + 1);
	ck_assert_ptr_eq(at, s.text + s.len);
	free(command);
}
END_TEST

/* What two shells read differently is not in there. */
START_TEST(test_plain)
{
	char *command = ssh_command(words, NELEM(words), "it's \"not\" here!\n",
	    false);
	bool quoted = false;

	ck_assert_ptr_nonnull(command);
	for (const char *p = command; *p != '\0'; p++) {
		ck_assert_msg(*p >= ' ' && *p < 0x7f && *p != '!',
		    "byte %#x in %s", (unsigned)(unsigned char)*p, command);
		if (*p == '\'')
			quoted = !quoted;
		else if (!quoted)
			ck_assert_msg(strchr("abcdefghijklmnopqrstuvwxyz/- ",
					  *p) != NULL,
			    "'%c' stands without quotes", *p);
		else if (*p == '\\')
			ck_assert_msg(p[1] == '0' || p[1] == 'n',
			    "a backslash before '%c'", p[1]);
	}
	ck_assert(!quoted);
	free(command);
}
END_TEST

START_TEST(test_missing)
{
	static struct said s;
	const char *const args[] = { "agents", "list" };
	char *command = ssh_command(args, 2, "it's not \\here", true);

	ck_assert_ptr_nonnull(command);
	run("/bin/sh", command, &s);
	ck_assert_int_eq(s.status, 3);
	ck_assert_uint_eq(s.len, strlen("it's not \\here\n"));
	ck_assert_mem_eq(s.text, "it's not \\here\n", s.len);
	free(command);
	/* For people it is said on standard error. */
	command = ssh_command(args, 2, "", false);
	run("/bin/sh", command, &s);
	ck_assert_int_eq(s.status, 3);
	ck_assert_uint_eq(s.len, 0);
	free(command);
}
END_TEST

/* pip's place, which a shell that reads no profile does not search. */
START_TEST(test_local)
{
	static struct said s;
	const char *const args[] = { "a" };
	char *command = ssh_command(args, 1, "not here", false);
	char *path = xasprintf("%s/.local", dir);

	ck_assert_int_eq(mkdir(path, 0700), 0);
	put_ringlet(".local/bin");
	run("/bin/sh", command, &s);
	ck_assert_int_eq(s.status, 7);
	ck_assert_str_eq(s.text, OVER_SSH);
	free(path);
	free(command);
}
END_TEST

START_TEST(test_too_long)
{
	char *word = xmalloc(40 * 1024);
	const char *const args[] = { word, word, word };
	char *command;

	memset(word, 'a', 40 * 1024 - 1);
	word[40 * 1024 - 1] = '\0';
	ck_assert_ptr_null(ssh_command(args, 3, "", false));
	command = ssh_command(args, 2, "", false);
	ck_assert_ptr_nonnull(command);
	free(command);
	/* Each of these bytes is five. */
	memset(word, '!', 40 * 1024 - 1);
	ck_assert_ptr_null(ssh_command(args, 1, "", false));
	free(word);
}
END_TEST

/* --- where a tunnel leads --- */

static const struct {
	const char *listener;
	const char *spec; /* NULL: it cannot be */
} forwards[] = {
	{ "127.0.0.1:8765", "127.0.0.1:99:127.0.0.1:8765" },
	{ "[::1]:8765", "127.0.0.1:99:[::1]:8765" },
	{ "192.0.2.7:1", "127.0.0.1:99:192.0.2.7:1" },
	{ "0.0.0.0:8765", "127.0.0.1:99:127.0.0.1:8765" },
	{ "[::]:8765", "127.0.0.1:99:[::1]:8765" },
	{ "/run/user/1/ringlet/http.sock",
	    "127.0.0.1:99:/run/user/1/ringlet/http.sock" },
	{ "/a:b", "127.0.0.1:99:/a\\:b" },
	{ "/a%b", "127.0.0.1:99:/a%%b" },
	{ "/a\\b", "127.0.0.1:99:/a\\\\b" },
	{ "/a b", "127.0.0.1:99:/a b" },
	{ "/a$b", NULL },
	{ "/${HOME}", NULL },
	{ "/a\nb", NULL },
	{ "/a/../b", NULL },
	{ "", NULL },
	{ "a", NULL },
	{ ":1", NULL },
	{ "127.0.0.1", NULL },
	{ "127.0.0.1:", NULL },
	{ "127.0.0.1:0", NULL },
	{ "127.0.0.1:65536", NULL },
	{ "127.0.0.1:1x", NULL },
	{ "127.0.0.1:-1", NULL },
	{ "host.example.org:1", NULL },
	{ "-oProxyCommand=x:1", NULL },
	{ "127.0.0.1 -oProxyCommand=x:1", NULL },
	{ "$(id):1", NULL },
};

START_TEST(test_forward)
{
	char *spec = ssh_forward(99, forwards[_i].listener);

	if (forwards[_i].spec == NULL)
		ck_assert_msg(spec == NULL, "%s", spec);
	else
		ck_assert_pstr_eq(spec, forwards[_i].spec);
	free(spec);
}
END_TEST

START_TEST(test_listener)
{
	const char *const far[] = { "192.0.2.7:1", "bad", "198.51.100.1:2" };
	const char *const near[] = { "192.0.2.7:1", "0.0.0.0:2",
		"127.0.0.1:3" };
	const char *const sock[] = { "127.0.0.1:3", "/run/x", "/run/y" };
	const char *const bad[] = { "bad", "/a$b" };

	ck_assert_str_eq(ssh_listener(far, 3), "192.0.2.7:1");
	ck_assert_str_eq(ssh_listener(near, 3), "0.0.0.0:2");
	ck_assert_str_eq(ssh_listener(sock, 3), "/run/x");
	ck_assert_ptr_null(ssh_listener(bad, 2));
	ck_assert_ptr_null(ssh_listener(NULL, 0));
}
END_TEST

#define BASE "http://127.0.0.1:4711"

static const struct {
	const char *url;
	bool ok;
} urls[] = {
	{ BASE "/#code=abc_DEF-123", true },
	{ BASE "/#code=a", true },
	{ BASE "/#code=", false },
	{ BASE "/#code", false },
	{ BASE, false },
	{ "", false },
	{ BASE "1/#code=a", false },
	{ "http://elsewhere/#code=a", false },
	{ "javascript:alert(1)", false },
	{ BASE "/#code=a\"><script>", false },
	{ BASE "/#code=a b", false },
	{ BASE "/#code=a\n", false },
	{ BASE "/#code=a\033[2J", false },
	{ BASE "/#code=a%41", false },
	{ BASE "@elsewhere/#code=a", false },
};

START_TEST(test_url)
{
	ck_assert_msg(ssh_url_ok(urls[_i].url, BASE) == urls[_i].ok, "%s",
	    urls[_i].url);
}
END_TEST

START_TEST(test_long_code)
{
	char *url;
	char code[130];

	memset(code, 'a', sizeof(code) - 1);
	code[sizeof(code) - 1] = '\0';
	url = xasprintf(BASE "/#code=%s", code);
	ck_assert(!ssh_url_ok(url, BASE));
	url[strlen(url) - 1] = '\0';
	ck_assert(ssh_url_ok(url, BASE));
	free(url);
}
END_TEST

static void
setup(void)
{
	char made[] = "/var/tmp/test_sshtext.XXXXXX";

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
	Suite *s = suite_create("sshtext");
	TCase *tc = tcase_create("sshtext");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_hosts, 0, (int)NELEM(hosts));
	tcase_add_test(tc, test_long_host);
	tcase_add_loop_test(tc, test_words, 0, 2);
	tcase_add_test(tc, test_bytes);
	tcase_add_test(tc, test_plain);
	tcase_add_test(tc, test_missing);
	tcase_add_test(tc, test_local);
	tcase_add_test(tc, test_too_long);
	tcase_add_loop_test(tc, test_forward, 0, (int)NELEM(forwards));
	tcase_add_test(tc, test_listener);
	tcase_add_loop_test(tc, test_url, 0, (int)NELEM(urls));
	tcase_add_test(tc, test_long_code);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
