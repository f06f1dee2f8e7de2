/*
 * Names that are accepted, names that are not, and text made safe to show.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suites.h"
#include "valid.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

static char *
repeat(char c, size_t n)
{
	static char s[ARG_MAX_LEN + 64];

	ck_assert(n < sizeof(s));
	memset(s, c, n);
	s[n] = '\0';
	return s;
}

START_TEST(aliases)
{
	static const char *const good[] = { "a", "Z", "9", "work", "a.b_c-d",
		"client-2.staging", "0-" };
	static const char *const bad[] = { "", ".", "..", "-a", "_a", ".a",
		"a/b", "a b", "a\n", "a\tb", "\xc3\xa4", "a\x7f", "a:b", "a\\b",
		"a*", "a$" };

	for (size_t i = 0; i < NELEM(good); i++)
		ck_assert_msg(valid_alias(good[i]), "%s", good[i]);
	for (size_t i = 0; i < NELEM(bad); i++)
		ck_assert_msg(!valid_alias(bad[i]), "%s", bad[i]);
	ck_assert(valid_alias(repeat('a', ALIAS_MAX)));
	ck_assert(!valid_alias(repeat('a', ALIAS_MAX + 1)));
}
END_TEST

START_TEST(idents)
{
	ck_assert(valid_ident("claude"));
	ck_assert(valid_ident("z.ai-2_x"));
	ck_assert(!valid_ident("Claude"));
	ck_assert(!valid_ident("claudE"));
	ck_assert(!valid_ident("-claude"));
	ck_assert(!valid_ident(""));
	ck_assert(valid_ident(repeat('z', 64)));
	ck_assert(!valid_ident(repeat('z', 65)));
}
END_TEST

START_TEST(session_ids)
{
	ck_assert(valid_session_id("0123456789abcdef"));
	ck_assert(!valid_session_id("0123456789abcde"));
	ck_assert(!valid_session_id("0123456789abcdef0"));
	ck_assert(!valid_session_id("0123456789abcdeF"));
	ck_assert(!valid_session_id("0123456789abcdeg"));
	ck_assert(!valid_session_id(""));
	ck_assert(valid_session_prefix("0"));
	ck_assert(valid_session_prefix("0123456789abcdef"));
	ck_assert(!valid_session_prefix("0123456789abcdef0"));
	ck_assert(!valid_session_prefix(""));
	ck_assert(!valid_session_prefix("../x"));
	ck_assert(!valid_session_prefix("A"));
}
END_TEST

static bool
env_name(const char *s)
{
	return valid_env_name(s, strlen(s));
}

START_TEST(env_names)
{
	ck_assert(env_name("A"));
	ck_assert(env_name("_"));
	ck_assert(env_name("a_B9"));
	ck_assert(!env_name(""));
	ck_assert(!env_name("9A"));
	ck_assert(!env_name("A-B"));
	ck_assert(!env_name("A=B"));
	ck_assert(!env_name("A B"));
	ck_assert(!env_name("BASH_FUNC_x%%"));
	ck_assert(!valid_env_name("A\0B", 3));
	ck_assert(valid_env_name("AB=C", 2));
	ck_assert(env_name(repeat('A', ENV_NAME_MAX)));
	ck_assert(!env_name(repeat('A', ENV_NAME_MAX + 1)));
}
END_TEST

START_TEST(dangerous_env)
{
	static const char *const bad[] = { "LD_PRELOAD", "LD_AUDIT", "LD_",
		"LD_LIBRARY_PATH", "GCONV_PATH", "BASH_ENV", "ENV", "IFS",
		"GLIBC_TUNABLES", "PYTHONSTARTUP", "PYTHONPATH", "NODE_OPTIONS",
		"PERL5LIB", "PERL5OPT", "DYLD_INSERT_LIBRARIES",
		"PROMPT_COMMAND", "ZDOTDIR", "GIT_CONFIG_COUNT",
		"GIT_SSH_COMMAND", "LESSOPEN", "_JAVA_OPTIONS" };
	static const char *const personal[] = { "HTTPS_PROXY", "https_proxy",
		"All_Proxy", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE",
		"NODE_TLS_REJECT_UNAUTHORIZED", "SSLKEYLOGFILE",
		"GIT_EXTERNAL_DIFF", "GIT_TEMPLATE_DIR", "GIT_SSL_NO_VERIFY",
		"npm_config_script_shell", "PAGER", "SSH_ASKPASS" };
	static const char *const good[] = { "L", "LD", "LDX", "ENVX", "EN",
		"ANTHROPIC_API_KEY", "OPENAI_BASE_URL", "TERM", "LANG",
		"GIT_AUTHOR_NAME", "NODE_ENV", "XLD_PRELOAD", "HTTPS_PROXY",
		"" };

	for (size_t i = 0; i < NELEM(bad); i++)
		ck_assert_msg(valid_env_is_dangerous(bad[i], strlen(bad[i])),
		    "%s", bad[i]);
	for (size_t i = 0; i < NELEM(good); i++)
		ck_assert_msg(!valid_env_is_dangerous(good[i], strlen(good[i])),
		    "%s", good[i]);
	for (size_t i = 0; i < NELEM(personal); i++) {
		ck_assert_msg(
		    valid_env_is_personal(personal[i], strlen(personal[i])),
		    "%s", personal[i]);
		ck_assert(
		    !valid_env_is_dangerous(personal[i], strlen(personal[i])));
	}
	ck_assert(!valid_env_is_personal("ANTHROPIC_API_KEY", 17));
	ck_assert(!valid_env_is_personal("GIT_AUTHOR_NAME", 15));
	ck_assert(!valid_env_is_personal("PROXY", 5));
	/* Judged by its length: what follows is the value. */
	ck_assert(valid_env_is_dangerous("LD_PRELOAD=/x", 10));
	ck_assert(valid_env_is_dangerous("ENV=/x", 3));
}
END_TEST

START_TEST(env_assignments)
{
	char *s;

	ck_assert(valid_env_assignment("A="));
	ck_assert(valid_env_assignment("A=b=c"));
	ck_assert(valid_env_assignment("A=\n\x01"));
	ck_assert(!valid_env_assignment("A"));
	ck_assert(!valid_env_assignment("=b"));
	ck_assert(!valid_env_assignment(""));
	ck_assert(!valid_env_assignment("A B=c"));
	ck_assert(!valid_env_assignment("LD_PRELOAD=/tmp/x.so"));
	s = repeat('x', ARG_MAX_LEN + 2);
	memcpy(s, "A=", 2);
	ck_assert(valid_env_assignment(s));
	s = repeat('x', ARG_MAX_LEN + 3);
	memcpy(s, "A=", 2);
	ck_assert(!valid_env_assignment(s));
}
END_TEST

START_TEST(abs_paths)
{
	static const char *const good[] = { "/", "/a", "/a/b", "/a/.b",
		"/a/..b", "/a/b..", "/...", "/a b/c" };
	static const char *const bad[] = { "", "a", "./a", "../a", "/.", "/..",
		"/a/", "/a//b", "//", "//a", "/a/.", "/a/..", "/a/./b",
		"/a/../b" };

	for (size_t i = 0; i < NELEM(good); i++)
		ck_assert_msg(valid_abs_path(good[i]), "%s", good[i]);
	for (size_t i = 0; i < NELEM(bad); i++)
		ck_assert_msg(!valid_abs_path(bad[i]), "%s", bad[i]);
}
END_TEST

START_TEST(utf8)
{
	static const struct {
		const char *s;
		size_t len;
		bool ok;
	} rows[] = {
		{ "", 0, true },
		{ "abc", 3, true },
		{ "\xc3\xa4", 2, true },
		{ "\xe2\x82\xac", 3, true },
		{ "\xf0\x9f\x98\x80", 4, true },
		{ "\xf4\x8f\xbf\xbf", 4, true },
		{ "a\0b", 3, false },
		{ "\xc3", 1, false }, /* cut short */
		{ "\xe2\x82", 2, false },
		{ "\xf0\x9f\x98", 3, false },
		{ "\x80", 1, false }, /* continuation alone */
		{ "\xc3(", 2, false },
		{ "\xc0\xaf", 2, false }, /* overlong '/' */
		{ "\xe0\x80\xaf", 3, false },
		{ "\xf0\x80\x80\xaf", 4, false },
		{ "\xc0\x80", 2, false },	  /* overlong NUL */
		{ "\xed\xa0\x80", 3, false },	  /* surrogate */
		{ "\xf4\x90\x80\x80", 4, false }, /* beyond U+10FFFF */
		{ "\xf8\x88\x80\x80\x80", 5, false },
		{ "\xff", 1, false },
	};
	char *exact;

	for (size_t i = 0; i < NELEM(rows); i++) {
		/* Of exactly its size, so that a sanitizer sees overreads. */
		exact = malloc(rows[i].len + (rows[i].len == 0));
		memcpy(exact, rows[i].s, rows[i].len);
		ck_assert_msg(
		    valid_utf8(exact, rows[i].len) == rows[i].ok, "row %zu", i);
		free(exact);
	}
}
END_TEST

static void
escapes_to(const char *in, const char *want)
{
	char out[256];

	ck_assert_ptr_eq(text_escape(out, sizeof(out), in), out);
	ck_assert_str_eq(out, want);
}

START_TEST(escaping)
{
	escapes_to("", "");
	escapes_to("plain text", "plain text");
	escapes_to("back\\slash", "back\\\\slash");
	escapes_to("\x1b[31mred\n", "\\x1b[31mred\\x0a");
	escapes_to("\x7f\x01\t", "\\x7f\\x01\\x09");
	escapes_to("\xc3\xa4\xe2\x82\xac", "\xc3\xa4\xe2\x82\xac");
	escapes_to("\xc2\x9b"
		   "31m",
	    "\\xc2\\x9b31m"); /* C1 CSI */
	escapes_to("\xff\xc3", "\\xff\\xc3");
	escapes_to("\xc3(", "\\xc3(");
	/* Right-to-left override, line separator, isolate. */
	escapes_to("a\xe2\x80\xae"
		   "b",
	    "a\\xe2\\x80\\xaeb");
	escapes_to("\xe2\x80\xa8", "\\xe2\\x80\\xa8");
	escapes_to("\xe2\x81\xa6", "\\xe2\\x81\\xa6");
	/* A zero-width joiner is part of honest text. */
	escapes_to("\xe2\x80\x8d", "\xe2\x80\x8d");
}
END_TEST

START_TEST(escaping_truncates)
{
	static const char in[] = "ab\x1b\xc3\xa4\\ \xe2\x82\xac\xffxyz";
	static const char whole[] = "ab\\x1b\xc3\xa4\\\\ \xe2\x82\xac\\xffxyz";
	char out[64];
	size_t n;

	for (size_t size = 0; size <= sizeof(whole) + 2; size++) {
		memset(out, 'X', sizeof(out));
		text_escape(out, size, in);
		ck_assert_int_eq(out[size], 'X');
		if (size == 0)
			continue;
		n = strlen(out);
		ck_assert_uint_lt(n, size);
		ck_assert(valid_utf8(out, n));
		if (size >= sizeof(whole)) {
			ck_assert_str_eq(out, whole);
			continue;
		}
		/* The rest is told by dots, after a whole escape. */
		if (size > 3) {
			ck_assert_str_eq(out + n - 3, "...");
			n -= 3;
		} else {
			ck_assert_uint_eq(strspn(out, "."), n);
			n = 0;
		}
		ck_assert_int_eq(memcmp(out, whole, n), 0);
		out[n] = '\0';
		ck_assert(n < 1 || out[n - 1] != '\\' || out[n - 2] == '\\');
		ck_assert(n < 2 || strcmp(out + n - 2, "\\x") != 0);
	}
}
END_TEST

START_TEST(lines)
{
	static const struct {
		const char *s;
		bool line;
		const char *clean; /* in 9 bytes */
	} cases[] = {
		{ "", true, "" },
		{ "a b", true, "a b" },
		{ "a\\", true, "a\\" },
		{ "a\n", false, "a" },
		{ "\033[2J", false, "[2J" },
		{ "\177a", false, "a" },
		{ "\302\205a", false, "a" },
		{ "\342\200\256a", false, "a" },
		{ "\341x\200", false, "x" },
		{ "12345678", true, "12345678" },
		{ "1234567890", true, "12345678" },
		{ "1234567\303\251", true, "1234567" },
		{ "  a  ", true, "  a" },
		{ "1234567  9", true, "1234567" },
	};
	char out[9];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		ck_assert_msg(
		    valid_line(cases[i].s) == cases[i].line, "%zu", i);
		ck_assert_uint_eq(text_clean(out, sizeof(out), cases[i].s,
				      strlen(cases[i].s)),
		    strlen(cases[i].clean));
		ck_assert_str_eq(out, cases[i].clean);
	}
	ck_assert_uint_eq(text_clean(out, sizeof(out), "a\0b", 3), 2);
	ck_assert_str_eq(out, "ab");
	ck_assert_uint_eq(text_clean(out, 1, "a", 1), 0);
}
END_TEST

Suite *
suite_valid(void)
{
	Suite *s = suite_create("valid");
	TCase *tc = tcase_create("valid");

	tcase_add_test(tc, aliases);
	tcase_add_test(tc, idents);
	tcase_add_test(tc, session_ids);
	tcase_add_test(tc, env_names);
	tcase_add_test(tc, dangerous_env);
	tcase_add_test(tc, env_assignments);
	tcase_add_test(tc, abs_paths);
	tcase_add_test(tc, utf8);
	tcase_add_test(tc, escaping);
	tcase_add_test(tc, escaping_truncates);
	tcase_add_test(tc, lines);
	suite_add_tcase(s, tc);
	return s;
}
