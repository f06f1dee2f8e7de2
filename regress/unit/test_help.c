/*
 * What is told beside the table of commands: each has an example that would
 * be taken, words that shells complete, help within a page; text that is cut.
 */
#include "config.h"

#include <check.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ringlet.h"
#include "valid.h"
#include "words.h"
#include "xmalloc.h"

#define WORDS_MAX 24

/* Words as a shell has them, without what it would expand; *hold is freed. */
static int
split(const char *line, char **words, char **hold)
{
	char *out = xmalloc(strlen(line) + 1), quote = '\0';
	int n = 0;

	*hold = out;
	words[n++] = out;
	for (; *line != '\0'; line++) {
		if (quote == '\0' && (*line == '\'' || *line == '"'))
			quote = *line;
		else if (*line == quote)
			quote = '\0';
		else if (*line == ' ' && quote == '\0') {
			*out++ = '\0';
			ck_assert_int_lt(n, WORDS_MAX);
			words[n++] = out;
		} else
			*out++ = *line;
	}
	*out = '\0';
	words[n] = NULL;
	return n;
}

static void
check_example(const struct example *e)
{
	const struct command *c = command_find(e->group, e->verb);
	char *words[WORDS_MAX + 1], *hold, why[256];
	struct opt all[64];
	size_t named, nall;
	struct args args;
	int n, status;

	ck_assert_msg(c != NULL, "%s", e->line);
	n = split(e->line, words, &hold);
	ck_assert_msg(find_command(&(const struct cli){ .fd = -1 }, (size_t)n,
			  words, &named, &status) == c,
	    "%s", e->line);
	if (c->nopts > 0)
		memcpy(all, c->opts, c->nopts * sizeof(*all));
	memcpy(all + c->nopts, global_opts, nglobal_opts * sizeof(*all));
	nall = c->nopts + nglobal_opts;
	ck_assert_msg(opt_parse(all, nall, c->flags & CMD_REST ? OPT_REST : 0,
			  n - (int)named + 1, words + named - 1, &args, why,
			  sizeof(why)) == 0,
	    "%s: %s", e->line, why);
	ck_assert_msg(args.n >= c->min && args.n <= c->max, "%s", e->line);
	args_free(&args);
	free(hold);
}

START_TEST(examples_are_right)
{
	for (size_t i = 0; i < nexamples; i++)
		check_example(&examples[i]);
}
END_TEST

START_TEST(all_have_examples)
{
	for (size_t i = 0; i < ncommands; i++) {
		const struct command *c = &commands[i];
		bool has = false;

		for (size_t k = 0; k < nexamples; k++)
			has |= command_find(
				   examples[k].group, examples[k].verb) == c;
		ck_assert_msg(
		    has, "%s %s", c->group, c->verb != NULL ? c->verb : "");
	}
}
END_TEST

START_TEST(operands_are_known)
{
	for (size_t i = 0; i < ncommands; i++) {
		const struct command *c = &commands[i];
		const char *words = NULL;
		size_t max = c->max > 8 ? 8 : c->max;

		for (size_t n = 0; n < max; n++) {
			enum operand kind = operand_kind(c, n, &words);

			ck_assert_msg(kind != OPERAND_NONE, "%s %s %zu",
			    c->group, c->verb != NULL ? c->verb : "", n);
			ck_assert(kind != OPERAND_WORDS || words != NULL);
		}
		ck_assert_int_eq(operand_kind(c, c->max, &words), OPERAND_NONE);
	}
}
END_TEST

START_TEST(usage_fits_a_page)
{
	for (size_t i = 0; i < ncommands; i++) {
		char *usage = command_usage(&commands[i]), *rest = usage;
		const char *line;

		while ((line = strsep(&rest, "\n")) != NULL)
			ck_assert_msg(strlen(line) <= 80, "%s", line);
		free(usage);
	}
}
END_TEST

START_TEST(cuts_text)
{
	static const struct {
		const char *text;
		size_t width;
		const char *cut;
	} rows[] = {
		{ "abcdef", 6, "abcdef" },
		{ "abcdef", 5, "abcd\xe2\x80\xa6" },
		{ "abcdef", 1, "\xe2\x80\xa6" },
		{ "", 4, "" },
		/* Two columns each, which are not cut through. */
		{ "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2", 6,
		    "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2" },
		{ "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2", 5,
		    "\xe6\xbc\xa2\xe5\xad\x97\xe2\x80\xa6" },
		{ "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2", 4,
		    "\xe6\xbc\xa2\xe2\x80\xa6" },
		/* A letter and what stands above it. */
		{ "a\xcc\x88"
		  "bc",
		    2, "a\xcc\x88\xe2\x80\xa6" },
	};
	char *cut;

	ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
	for (size_t i = 0; i < NELEM(rows); i++) {
		cut = text_cut(rows[i].text, rows[i].width);
		ck_assert_str_eq(cut, rows[i].cut);
		free(cut);
	}
	ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C"));
	cut = text_cut("abcdef", 5);
	ck_assert_str_eq(cut, "abc..");
	free(cut);
}
END_TEST

/* A word that is too long has its ends, in whole characters; the rest stays. */
START_TEST(shortens_words)
{
	static const char end[] = "' is: \036there";
	char *text = xmalloc(4096), *s, *at;
	size_t max = 0, len;

	ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
	s = text_shorten("  some\twords:\n none long ");
	ck_assert_str_eq(s, "  some\twords:\n none long ");
	free(s);
	/* At every place of a character of three bytes. */
	for (int shift = 0; shift < 3; shift++) {
		at = text + sprintf(text, "file %.*s", shift, "abc");
		for (size_t i = 0; i < 1000; i++)
			at = stpcpy(at, "\xe6\xbc\xa2");
		strcpy(at, end);
		s = text_shorten(text);
		len = strlen(s);
		ck_assert_uint_lt(len, 330);
		ck_assert_uint_gt(len, 280);
		ck_assert(valid_utf8(s, len));
		ck_assert_int_eq(strncmp(s, text, 190), 0);
		ck_assert_ptr_nonnull(strstr(s, "\xe2\x80\xa6\xe6\xbc\xa2"));
		ck_assert_str_eq(s + len - strlen(end), end);
		free(s);
	}
	/* What is no longer than that stays. */
	for (len = 298; len <= 302; len++) {
		memset(text, 'a', len);
		text[len] = '\0';
		s = text_shorten(text);
		max = strcmp(s, text) == 0 ? len : max;
		free(s);
	}
	ck_assert_uint_eq(max, 300);
	ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C"));
	s = text_shorten(text);
	ck_assert_ptr_nonnull(strstr(s, "aaa..aaa"));
	free(s);
	free(text);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("help");
	TCase *tc = tcase_create("tables");
	SRunner *sr;
	int failed;

	tcase_add_test(tc, examples_are_right);
	tcase_add_test(tc, all_have_examples);
	tcase_add_test(tc, operands_are_known);
	tcase_add_test(tc, usage_fits_a_page);
	tcase_add_test(tc, cuts_text);
	tcase_add_test(tc, shortens_words);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
