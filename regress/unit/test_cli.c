/*
 * The command line's pure functions: options by table, suggestions, quoting,
 * escaping, recordings, URLs.  Those of attach are test_escape.c's.
 */
#include "config.h"

#include <check.h>
#include <limits.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "record.h"
#include "ringlet.h"

/* --- options --- */

static const struct opt table[] = {
	{ 'p', "provider", "PROVIDER", "", 0 },
	{ 'y', "yes", NULL, "", 0 },
	{ OPT_ARG, "arg", "ARG", "", OPT_MANY },
	{ OPT_NO_SANDBOX, "no-sandbox", NULL, "", 0 },
	{ OPT_COLS, "cols", "N", "", 0 },
	{ 'l', "label", "TEXT", "", OPT_EMPTY },
	{ OPT_JSON, "json", NULL, "", 0 },
};

static char *words[16];
static struct args args;
static char why[256];

/* Parses the words up to NULL behind a command's name. */
static int
parse(unsigned flags, ...)
{
	va_list ap;
	int n = 0;

	words[n++] = (char *)"command";
	va_start(ap, flags);
	while ((words[n] = va_arg(ap, char *)) != NULL)
		n++;
	va_end(ap);
	why[0] = '\0';
	args_free(&args);
	return opt_parse(
	    table, NELEM(table), flags, n, words, &args, why, sizeof(why));
}

START_TEST(takes_options)
{
	size_t n;
	const char **all;

	ck_assert_int_eq(parse(0, "-p", "self", "one", "--arg=a", "two", "-y",
			     "--arg", "--b", NULL),
	    0);
	ck_assert_str_eq(opt_get(&args, 'p'), "self");
	ck_assert(opt_has(&args, 'y'));
	ck_assert(!opt_has(&args, OPT_NO_SANDBOX));
	ck_assert_uint_eq(args.n, 2);
	ck_assert_str_eq(args.v[0], "one");
	ck_assert_str_eq(args.v[1], "two");
	all = opt_all(&args, OPT_ARG, &n);
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(all[0], "a");
	ck_assert_str_eq(all[1], "--b");
	ck_assert_ptr_null(all[2]);
	free(all);

	/* A letter behind a long option: which is which must not mix. */
	ck_assert_int_eq(parse(0, "--json", "-yp", "x", NULL), 0);
	ck_assert(opt_has(&args, OPT_JSON));
	ck_assert(opt_has(&args, 'y'));
	ck_assert_str_eq(opt_get(&args, 'p'), "x");
	ck_assert_int_eq(parse(0, "--label=", NULL), 0);
	ck_assert_str_eq(opt_get(&args, 'l'), "");
}
END_TEST

START_TEST(keeps_the_rest)
{
	/* Arguments for the agent are never looked at. */
	ck_assert_int_eq(parse(OPT_REST, "work", "-y", "--", "-p", "say hi",
			     "--", "-z", NULL),
	    0);
	ck_assert_uint_eq(args.n, 1);
	ck_assert_str_eq(args.v[0], "work");
	ck_assert_uint_eq(args.nrest, 4);
	ck_assert_str_eq(args.rest[0], "-p");
	ck_assert_str_eq(args.rest[2], "--");
	ck_assert(!opt_has(&args, 'p'));

	/* Without that flag, -- ends options and what follows are operands. */
	ck_assert_int_eq(parse(0, "--", "-y", NULL), 0);
	ck_assert_uint_eq(args.n, 1);
	ck_assert_str_eq(args.v[0], "-y");
	ck_assert(!opt_has(&args, 'y'));
}
END_TEST

START_TEST(stops_at_the_command)
{
	ck_assert_int_eq(
	    parse(OPT_STOP, "--json", "profiles", "--bad", NULL), 0);
	ck_assert(opt_has(&args, OPT_JSON));
	ck_assert_uint_eq(args.n, 2);
	ck_assert_str_eq(args.v[1], "--bad");
}
END_TEST

START_TEST(refuses_options)
{
	ck_assert_int_eq(parse(0, "--colums", "3", NULL), RL_ERR_INVALID);
	ck_assert_str_eq(why, "unknown option --colums: did you mean --cols?");
	ck_assert_int_eq(parse(0, "-z", NULL), RL_ERR_INVALID);
	ck_assert_str_eq(why, "unknown option -z: '--help' shows all");
	ck_assert_int_eq(parse(0, "-p", NULL), RL_ERR_INVALID);
	ck_assert_str_eq(why, "--provider needs an argument: PROVIDER");
	ck_assert_int_eq(parse(0, "--cols", NULL), RL_ERR_INVALID);
	ck_assert_str_eq(why, "--cols needs an argument: N");
	ck_assert_int_eq(parse(0, "--yes=no", NULL), RL_ERR_INVALID);
	ck_assert_str_eq(
	    why, "--yes takes no argument: leave out what follows '='");
	ck_assert_int_eq(
	    parse(0, "--cols", "1", "--cols=2", NULL), RL_ERR_INVALID);
	ck_assert_str_eq(why, "--cols was given twice: leave one out");
	/* What a script meant to fill in must not count as left out. */
	ck_assert_int_eq(parse(0, "--provider=", NULL), RL_ERR_INVALID);
	ck_assert_str_eq(why,
	    "--provider has an empty argument: give PROVIDER, or leave it out");
	ck_assert_int_eq(parse(0, "-p", "", NULL), RL_ERR_INVALID);
	/* What was typed may be hostile: it came from a script's input. */
	ck_assert_int_eq(parse(0, "--\033[31m", NULL), RL_ERR_INVALID);
	ck_assert_ptr_null(strchr(why, '\033'));
}
END_TEST

START_TEST(refuses_abbreviations)
{
	/* Each is unique now, and would mean something else one day. */
	static const char *const short_names[] = { "--no", "--no-sand", "--js",
		"--prov", "--prov=x", "--ye" };

	for (size_t i = 0; i < NELEM(short_names); i++)
		ck_assert_int_eq(
		    parse(0, short_names[i], "x", NULL), RL_ERR_INVALID);
}
END_TEST

START_TEST(never_suggests_the_opposite)
{
	ck_assert_int_eq(parse(0, "--sandbox", NULL), RL_ERR_INVALID);
	ck_assert_str_eq(why, "unknown option --sandbox: '--help' shows all");
}
END_TEST

/* --- commands --- */

START_TEST(commands_are_whole)
{
	for (size_t i = 0; i < ncommands; i++) {
		const struct command *c = &commands[i];

		ck_assert_ptr_nonnull(c->run);
		ck_assert_uint_le(c->min, c->max);
		ck_assert_ptr_nonnull(c->help);
		for (size_t k = 0; k < c->nopts; k++) {
			ck_assert_ptr_nonnull(c->opts[k].name);
			/* A global option must not mean two things. */
			for (size_t g = 0; g < nglobal_opts; g++) {
				ck_assert_int_ne(
				    c->opts[k].key, global_opts[g].key);
				ck_assert_str_ne(
				    c->opts[k].name, global_opts[g].name);
			}
		}
		for (size_t k = i + 1; k < ncommands; k++)
			ck_assert(
			    strcmp(c->group, commands[k].group) != 0 ||
			    (c->verb == NULL) != (commands[k].verb == NULL) ||
			    strcmp(c->verb, commands[k].verb) != 0);
	}
}
END_TEST

static const struct command *
found(const char *a, const char *b, size_t *nwords)
{
	struct cli cli = { .json = true, .fd = -1 };
	char *argv[] = { (char *)a, (char *)b, NULL };
	int status = 0;

	return find_command(&cli, b != NULL ? 2 : 1, argv, nwords, &status);
}

START_TEST(finds_commands)
{
	size_t n;

	ck_assert_str_eq(found("profiles", "list", &n)->verb, "list");
	ck_assert_uint_eq(n, 2);
	ck_assert_ptr_null(found("daemon", NULL, &n)->verb);
	ck_assert_uint_eq(n, 1);
	ck_assert_ptr_null(found("daemon", "--foreground", &n)->verb);
	ck_assert_uint_eq(n, 1);
	ck_assert_ptr_null(found("daemon", "sttus", &n));
	ck_assert_ptr_null(found("profile", "list", &n));
	ck_assert_ptr_null(found("profiles", NULL, &n));
	ck_assert_ptr_nonnull(found("help", "profiles", &n));
}
END_TEST

START_TEST(suggests)
{
	static const char *const list[] = { "profiles", "terminal", "agents",
		"providers", "daemon", "list", "inspect" };
	static const struct {
		const char *typed, *near;
	} rows[] = {
		{ "profile", "profiles" },
		{ "prof", "profiles" },
		{ "porfiles", "profiles" },
		{ "terminl", "terminal" },
		{ "agnets", "agents" },
		{ "provider", "providers" },
		{ "deamon", "daemon" },
		{ "lst", "list" },
		{ "insepct", "inspect" },
		{ "x", NULL },
		{ "", NULL },
		{ "ls", NULL },
		{ "rm", NULL },
		{ "something", NULL },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL },
	};

	for (size_t i = 0; i < NELEM(rows); i++) {
		const char *s = text_suggest(rows[i].typed, list, NELEM(list));

		if (rows[i].near == NULL)
			ck_assert_msg(s == NULL, "%s: %s", rows[i].typed, s);
		else
			ck_assert_pstr_eq(s, rows[i].near);
	}
}
END_TEST

/* --- text --- */

static const char *
quoted(int (*put)(struct buf *, const char *), const char *s)
{
	static char text[256];
	struct buf *b = buf_new(sizeof(text) - 1);

	ck_assert_int_eq(put(b, s), 0);
	memcpy(text, buf_ptr(b), buf_len(b));
	text[buf_len(b)] = '\0';
	buf_free(b);
	return text;
}

START_TEST(quotes)
{
	ck_assert_str_eq(quoted(text_put_shell, "plain"), "'plain'");
	ck_assert_str_eq(quoted(text_put_shell, ""), "''");
	ck_assert_str_eq(quoted(text_put_shell, "a'b"), "'a'\\''b'");
	ck_assert_str_eq(quoted(text_put_shell, "$(id) `id` \\ \" !\n"),
	    "'$(id) `id` \\ \" !\n'");
	ck_assert_str_eq(quoted(text_put_json, "a\"b\\c\n\x01/é"),
	    "\"a\\\"b\\\\c\\u000a\\u0001/é\"");
}
END_TEST

/* What a shell reads from it is what went in. */
START_TEST(shell_agrees)
{
	static const char *const values[] = { "a'b", "'", "''", "\\", "\n\n",
		"$HOME", "*", "a\tb", "--", "'\\''" };

	for (size_t i = 0; i < NELEM(values); i++) {
		char command[512], got[64];
		size_t n;
		FILE *f;

		snprintf(command, sizeof(command), "x=%s; printf %%s \"$x\"",
		    quoted(text_put_shell, values[i]));
		ck_assert_ptr_nonnull(f = popen(command, "r"));
		n = fread(got, 1, sizeof(got) - 1, f);
		got[n] = '\0';
		ck_assert_int_eq(pclose(f), 0);
		ck_assert_str_eq(got, values[i]);
	}
}
END_TEST

START_TEST(makes_text_safe)
{
	char *s = text_safe("a\033]0;x\a\nb\x80\\");

	for (const char *p = s; *p != '\0'; p++)
		ck_assert((unsigned char)*p >= 0x20 && *p != 0x7f);
	free(s);
	/* Whole, however long it gets. */
	s = text_safe("\001\001\001\001\001\001\001\001\001\001\001\001");
	ck_assert_uint_eq(strlen(s), 12 * strlen("\\x01"));
	free(s);
}
END_TEST

START_TEST(measures_text)
{
	ck_assert_uint_eq(text_width("abc"), 3);
	ck_assert_uint_eq(text_width(""), 0);
	ck_assert_uint_eq(text_width("é"), 1);
	if (setlocale(LC_CTYPE, "C.UTF-8") != NULL) {
		ck_assert_uint_eq(text_width("é"), 1);
		ck_assert_uint_eq(text_width("日本"), 4);
		ck_assert_uint_eq(text_width("e\xcc\x81"), 1);
		ck_assert_uint_eq(text_width("\xff"), 1);
	}
}
END_TEST

START_TEST(reads_signals)
{
	ck_assert_int_eq(text_signal("TERM"), 15);
	ck_assert_int_eq(text_signal("sigkill"), 9);
	ck_assert_int_eq(text_signal("2"), 2);
	ck_assert_int_eq(text_signal("0"), -1);
	ck_assert_int_eq(text_signal("65"), -1);
	ck_assert_int_eq(text_signal("9x"), -1);
	ck_assert_int_eq(text_signal("SIG"), -1);
	ck_assert_int_eq(text_signal(""), -1);
}
END_TEST

START_TEST(tells_a_status)
{
	ck_assert_int_eq(session_status(3, 0), 3);
	ck_assert_int_eq(session_status(0, 0), 0);
	ck_assert_int_eq(session_status(-1, 9), 137);
	ck_assert_int_eq(session_status(-1, 0), -1);
}
END_TEST

START_TEST(takes_along_little)
{
	struct msg_strs s;
	char *hold;

	setenv("TERM", "xterm", 1);
	setenv("LC_TIME", "C", 1);
	setenv("LD_PRELOAD_X", "evil", 1);
	setenv("ANTHROPIC_API_KEY", "another profile's", 1);
	setenv("LC_BAD", "\xff\xfe", 1);
	s = session_client_env();
	for (size_t i = 0; i < s.n; i++) {
		ck_assert(strncmp(s.v[i], "TERM=", 5) == 0 ||
			  strncmp(s.v[i], "COLORTERM=", 10) == 0 ||
			  strncmp(s.v[i], "LANG=", 5) == 0 ||
			  strncmp(s.v[i], "TZ=", 3) == 0 ||
			  strncmp(s.v[i], "LC_", 3) == 0);
		ck_assert_str_ne(s.v[i], "LC_BAD=\xff\xfe");
	}
	ck_assert_uint_ge(s.n, 2);
	free(s.v);

	setenv("PATH", "/usr/bin::.:rel/bin:/a/../b:/opt/x/:/", 1);
	s = session_search_path(&hold);
	ck_assert_uint_eq(s.n, 3);
	ck_assert_str_eq(s.v[0], "/usr/bin");
	ck_assert_str_eq(s.v[1], "/opt/x");
	ck_assert_str_eq(s.v[2], "/");
	free(s.v);
	free(hold);
}
END_TEST

/* --- recordings --- */

START_TEST(joins_characters)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "plain", "plain" },
		{ "\"\\\033[m\177", "\\\"\\\\\\u001b[m\\u007f" },
		{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
		    "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" },
		{ "\xff", "\xef\xbf\xbd" },
		{ "\xc3", "\xef\xbf\xbd" },	  /* cut off */
		{ "\xe2\x82", "\xef\xbf\xbd" },	  /* one for both */
		{ "\xe2\x82x", "\xef\xbf\xbdx" }, /* the x is kept */
		{ "\xe2\x82\xc3\xa9", "\xef\xbf\xbd\xc3\xa9" },
		{ "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd" }, /* too long */
		{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xf4\x90z",
		    "\xef\xbf\xbd\xef\xbf\xbdz" }, /* beyond U+10FFFF */
	};

	for (size_t i = 0; i < NELEM(rows); i++) {
		const uint8_t *p = (const uint8_t *)rows[i].in;

		for (size_t step = 1; step <= 4; step++) {
			struct buf *b = buf_new(4096);
			struct utf8 u = { 0 };

			for (size_t n, at = 0; at < strlen(rows[i].in);
			     at += n) {
				n = strlen(rows[i].in) - at;
				n = n < step ? n : step;
				ck_assert_int_eq(
				    utf8_put_json(&u, p + at, n, b), 0);
			}
			ck_assert_int_eq(utf8_end(&u, b), 0);
			ck_assert_uint_eq(buf_len(b), strlen(rows[i].out));
			ck_assert_mem_eq(buf_ptr(b), rows[i].out, buf_len(b));
			buf_free(b);
		}
	}
}
END_TEST

START_TEST(ages)
{
	static const struct {
		int64_t seconds;
		const char *age, *duration;
	} rows[] = {
		{ -5, "0s", "0s" }, /* a clock that was set back */
		{ 0, "0s", "0s" },
		{ 59, "59s", "59s" },
		{ 60, "1m", "1m 0s" },
		{ 3599, "59m", "59m 59s" },
		{ 3600, "1h", "1h 0m" },
		{ 86399, "23h", "23h 59m" },
		{ 86400, "1d", "1d 0h" },
		{ 5 * 86400 + 7201, "5d", "5d 2h" },
		{ INT64_MAX, "106751991167300d", "106751991167300d 15h" },
	};
	char text[64];

	for (size_t i = 0; i < NELEM(rows); i++) {
		ck_assert_str_eq(
		    text_age(text, sizeof(text), rows[i].seconds), rows[i].age);
		ck_assert_str_eq(
		    text_duration(text, sizeof(text), rows[i].seconds),
		    rows[i].duration);
	}
}
END_TEST

/* --- URLs of the dashboard --- */

START_TEST(urls)
{
	static const struct {
		const char *url;
		const char *base; /* NULL: it is refused */
	} bases[] = {
		{ "http://127.0.0.1:9000", "http://127.0.0.1:9000" },
		{ "http://127.0.0.1:9000/", "http://127.0.0.1:9000" },
		{ "http://localhost:1", "http://localhost:1" },
		{ "http://[::1]:65535/", "http://[::1]:65535" },
		{ "http://localhost", "http://localhost" },
		{ "http://localhost/", "http://localhost" },
		/* Whose page would get the code there? */
		{ "http://evil.example:9000", NULL },
		{ "http://127.0.0.1.evil.example", NULL },
		{ "http://localhost.evil.example:1", NULL },
		{ "http://127.0.0.1:9000@evil.example/", NULL },
		{ "http://user@127.0.0.1:9000", NULL },
		{ "http://[::1]evil.example", NULL },
		{ "http://0.0.0.0:9000", NULL },
		{ "https://127.0.0.1:9000", NULL },
		{ "HTTP://127.0.0.1:9000", NULL },
		{ "127.0.0.1:9000", NULL },
		{ "http://127.0.0.1:", NULL },
		{ "http://127.0.0.1:0", NULL },
		{ "http://127.0.0.1:65536", NULL },
		{ "http://127.0.0.1:123456", NULL },
		{ "http://127.0.0.1:-1", NULL },
		{ "http://127.0.0.1:9000/x", NULL },
		{ "http://127.0.0.1:9000//", NULL },
		{ "http://127.0.0.1:9000?x", NULL },
		{ "http://127.0.0.1:9000#x", NULL },
		{ "http://127.0.0.1:9000\"", NULL },
		{ "http://", NULL },
		{ "", NULL },
	};
	static const struct {
		const char *addresses[4];
		const char *url;
	} listeners[] = {
		{ { "127.0.0.1:8765" }, "http://127.0.0.1:8765" },
		{ { "[::1]:8765" }, "http://[::1]:8765" },
		{ { "0.0.0.0:80" }, "http://127.0.0.1:80" },
		{ { "[::]:80" }, "http://[::1]:80" },
		{ { "192.0.2.7:8765" }, "http://192.0.2.7:8765" },
		{ { "192.0.2.7:1", "192.0.2.8:2" }, "http://192.0.2.7:1" },
		{ { "192.0.2.7:1", "/a", "[::1]:2" }, "http://[::1]:2" },
		{ { "127.0.0.1:1", "[::1]:2" }, "http://127.0.0.1:1" },
		{ { "/run/user/1000/http.sock" }, NULL },
		{ { "/a:1", "/b" }, NULL },
		{ { NULL }, NULL },
	};
	struct msg_strs list;
	char *got;

	for (size_t i = 0; i < NELEM(bases); i++) {
		got = url_base(bases[i].url);
		ck_assert_msg((got == NULL) == (bases[i].base == NULL), "%s",
		    bases[i].url);
		if (got != NULL)
			ck_assert_str_eq(got, bases[i].base);
		free(got);
	}
	for (size_t i = 0; i < NELEM(listeners); i++) {
		list = (struct msg_strs){ (const char **)(uintptr_t)
					      listeners[i].addresses,
			0 };
		while (list.v[list.n] != NULL)
			list.n++;
		got = url_of_listeners(&list);
		ck_assert_msg(
		    (got == NULL) == (listeners[i].url == NULL), "%zu", i);
		if (got != NULL)
			ck_assert_str_eq(got, listeners[i].url);
		free(got);
	}
	got = url_of_file("/run/a b/\303\244?#%\"<.html");
	ck_assert_str_eq(got, "file:///run/a%20b/%C3%A4%3F%23%25%22%3C.html");
	free(got);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("cli");
	TCase *tc = tcase_create("pure");
	SRunner *sr;
	int failed;

	tcase_add_test(tc, takes_options);
	tcase_add_test(tc, keeps_the_rest);
	tcase_add_test(tc, stops_at_the_command);
	tcase_add_test(tc, refuses_options);
	tcase_add_test(tc, refuses_abbreviations);
	tcase_add_test(tc, never_suggests_the_opposite);
	tcase_add_test(tc, commands_are_whole);
	tcase_add_test(tc, finds_commands);
	tcase_add_test(tc, suggests);
	tcase_add_test(tc, quotes);
	tcase_add_test(tc, shell_agrees);
	tcase_add_test(tc, makes_text_safe);
	tcase_add_test(tc, measures_text);
	tcase_add_test(tc, reads_signals);
	tcase_add_test(tc, tells_a_status);
	tcase_add_test(tc, takes_along_little);
	tcase_add_test(tc, joins_characters);
	tcase_add_test(tc, ages);
	tcase_add_test(tc, urls);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
