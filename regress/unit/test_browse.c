/*
 * What a picker of folders is offered: nothing outside of the roots, whatever
 * links an agent has made there, and nothing that a session could not have.
 */
#include "config.h"

#include <sys/stat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "fdpass.h"
#include "jailworld.h"
#include "ringlet-monitor/browse.h"
#include "ringlet-monitor/jailcheck.h"
#include "suites.h"
#include "xmalloc.h"

static struct browse b;
static struct strlist roots;
static struct strlist bounds;
static char why[1024];

/* Asks for a name below base, or one that begins with '/' and "//" as it is. */
static int
ask(const char *below, bool complete)
{
	char *path = below[0] == '/' && below[1] == '/'
			 ? xstrdup(below + 1)
			 : xasprintf("%s/%s", w.base, below);
	int r;

	browse_free(&b);
	why[0] = '\0';
	r = browse(
	    &w.paths, &roots, &bounds, path, complete, &b, why, sizeof(why));
	free(path);
	return r;
}

/* The names of the answer, those that are not usable with a '!' before. */
static const char *
names(void)
{
	static char text[4096];

	text[0] = '\0';
	for (size_t i = 0; i < b.n; i++) {
		strlcat(text, i > 0 ? " " : "", sizeof(text));
		strlcat(text, b.folders[i].usable ? "" : "!", sizeof(text));
		strlcat(text, b.folders[i].name, sizeof(text));
	}
	return text;
}

static void
link_to(const char *to, const char *below)
{
	char *path = xasprintf("%s/%s", w.base, below);

	ck_assert_int_eq(symlink(to, path), 0);
	free(path);
}

static void
setup(void)
{
	world_setup();
	strlist_add(&roots, w.paths.home);
	put_dir(w.paths.home, "bin");
	put_dir(w.paths.home, ".config");
	put_dir(w.paths.home, ".local");
	put_dir(w.paths.home, "project/src");
	put_dir(w.paths.home, "project/.git");
	put_dir(w.paths.home, "project/srv");
	put_file(w.paths.home, "project/sro", "a file");
	put_dir(w.base, "outside");
	put_dir(w.base, "outside/secret");
}

static void
teardown(void)
{
	browse_free(&b);
	strlist_clear(&roots);
	strlist_clear(&bounds);
	world_teardown();
}

START_TEST(lists)
{
	ck_assert_int_eq(ask("home", false), 0);
	/* Ringlet's own, hidden folders and bin are not there. */
	ck_assert_str_eq(names(), "project");
	ck_assert_str_eq(b.path, w.paths.home);
	/* The home itself is no working folder, and leads to some. */
	ck_assert(!b.usable);
	ck_assert_str_ne(b.why, "");
	ck_assert_int_eq(ask("home/project", false), 0);
	ck_assert_str_eq(names(), "src srv");
	ck_assert(b.usable);
	ck_assert_str_eq(b.why, "");
	ck_assert_int_eq(ask("home/project/src", false), 0);
	ck_assert_uint_eq(b.n, 0);
	/* Without a name: the first root. */
	browse_free(&b);
	ck_assert_int_eq(
	    browse(&w.paths, &roots, NULL, "", false, &b, why, sizeof(why)), 0);
	ck_assert_str_eq(names(), "project");
}
END_TEST

START_TEST(completes)
{
	char *base = xasprintf("/%s", w.base);

	ck_assert_int_eq(ask("home/project/s", true), 0);
	ck_assert_str_eq(names(), "src srv");
	ck_assert_int_eq(ask("home/project/src", true), 0);
	ck_assert_str_eq(names(), "src");
	ck_assert_int_eq(ask("home/project/", true), 0);
	ck_assert_str_eq(names(), "src srv");
	ck_assert_int_eq(ask("home/project/.", true), 0);
	ck_assert_str_eq(names(), ".git");
	ck_assert_int_eq(ask("home/project/x", true), 0);
	ck_assert_str_eq(names(), "");
	ck_assert_int_eq(ask("home/.", true), 0);
	ck_assert_str_eq(names(), "");
	/* Above the roots only the way to them is shown. */
	ck_assert_int_eq(ask("//", true), 0);
	ck_assert_uint_eq(b.n, 1);
	ck_assert_str_eq(b.folders[0].name, w.paths.home);
	ck_assert_str_eq(b.path, "");
	ck_assert_int_eq(ask("ho", true), 0);
	ck_assert_str_eq(b.folders[0].name, w.paths.home);
	ck_assert_int_eq(ask("o", true), 0);
	ck_assert_uint_eq(b.n, 0);
	ck_assert_int_eq(ask(base, true), 0);
	free(base);
}
END_TEST

START_TEST(stays_in_the_roots)
{
	static const struct {
		const char *path;
		int err;
	} rows[] = {
		{ "", RL_ERR_INVALID }, /* base with a slash behind it */
		{ "outside", RL_ERR_DENIED },
		{ "outside/nothing", RL_ERR_DENIED },
		{ "homes", RL_ERR_DENIED },
		{ "//", RL_ERR_DENIED },
		{ "//etc", RL_ERR_DENIED },
		{ "//proc/self/root", RL_ERR_DENIED },
		{ "home/..", RL_ERR_INVALID },
		{ "home/../outside", RL_ERR_INVALID },
		{ "home/./project", RL_ERR_INVALID },
		{ "home//project", RL_ERR_INVALID },
		{ "home/project/", RL_ERR_INVALID },
		{ "home/nothing", RL_ERR_NOTFOUND },
		{ "home/project/sro", RL_ERR_DENIED },
		{ "home/out", RL_ERR_DENIED },
		{ "home/out/secret", RL_ERR_DENIED },
		{ "home/project/up", RL_ERR_DENIED },
		{ "home/project/up/outside", RL_ERR_DENIED },
		{ "home/same", RL_ERR_DENIED },
		{ "home/.ssh", RL_ERR_DENIED },
		{ "home/.config", RL_ERR_DENIED },
		{ "home/bin", RL_ERR_DENIED },
		{ "home/config", RL_ERR_DENIED },
		{ "home/.claude-profiles", RL_ERR_DENIED },
		{ "home/.claude-profiles/mine", RL_ERR_DENIED },
	};
	char *outside = xasprintf("%s/outside", w.base);

	link_to(outside, "home/out");
	link_to("../..", "home/project/up");
	link_to("project", "home/same");
	free(outside);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert_msg(ask(rows[i].path, false) == rows[i].err, "%s: %s",
		    rows[i].path, why);
		ck_assert_ptr_null(b.folders);
		ck_assert_str_ne(why, "");
	}
	ck_assert_int_eq(ask("home", false), 0);
	ck_assert_str_eq(names(), "project");
	ck_assert_int_eq(ask("home/project/u", true), 0);
	ck_assert_str_eq(names(), "");
	/* Not whether it is there: it is the same answer for both. */
	ck_assert_int_eq(ask("outside/s", true), 0);
	ck_assert_uint_eq(b.n, 0);
	ck_assert_int_eq(
	    ask("home/project/../../outside/s", true), RL_ERR_INVALID);
	ck_assert_int_eq(ask("home/out/s", true), RL_ERR_DENIED);
}
END_TEST

/* A root may be a link; the names in it are then those of the link. */
/* What the policy bounds, no root of the user's gets around. */
START_TEST(stays_in_the_bounds)
{
	char *way = xasprintf("%s/way", w.base);

	link_to(w.paths.home, "way");
	strlist_add(&roots, way);
	strlist_add(&roots, "/");
	ck_assert_int_eq(ask("outside", false), 0);
	ck_assert_int_eq(ask("way/project", false), 0);
	strlist_addf(&bounds, "%s/project", w.paths.home);
	ck_assert_int_eq(ask("home/project", false), 0);
	ck_assert_str_eq(names(), "src srv");
	ck_assert_int_eq(ask("way/project/src", false), 0);
	ck_assert_int_eq(ask("outside", false), RL_ERR_DENIED);
	ck_assert_ptr_nonnull(strstr(why, "the policy's BrowseRoots"));
	ck_assert_int_eq(ask("home", false), RL_ERR_DENIED);
	ck_assert_int_eq(ask("way", false), RL_ERR_DENIED);
	ck_assert_int_eq(ask("home/pro", true), RL_ERR_DENIED);
	/* A bound that is not there bounds all the same. */
	strlist_clear(&bounds);
	strlist_addf(&bounds, "%s/none", w.base);
	ck_assert_int_eq(ask("home/project", false), RL_ERR_DENIED);
	free(way);
}
END_TEST

START_TEST(roots_of_all_kinds)
{
	char *outside = xasprintf("%s/outside", w.base);
	char *link = xasprintf("%s/link", w.base);

	link_to(outside, "link");
	strlist_clear(&roots);
	ck_assert_int_eq(ask("home", false), RL_ERR_DENIED);
	ck_assert_ptr_nonnull(strstr(why, "BrowseRoots"));
	strlist_add(&roots, link);
	strlist_add(&roots, w.paths.home);
	ck_assert_int_eq(ask("link", false), 0);
	ck_assert_str_eq(names(), "secret");
	ck_assert(b.usable);
	ck_assert_int_eq(ask("outside", false), 0);
	ck_assert_str_eq(names(), "secret");
	ck_assert_int_eq(ask("home/project", false), 0);
	ck_assert_int_eq(ask("work", false), RL_ERR_DENIED);
	/* One that is not there is no reason to refuse another. */
	strlist_clear(&roots);
	strlist_add(&roots, "/nonexistent/root");
	strlist_add(&roots, outside);
	ck_assert_int_eq(ask("outside", false), 0);
	/* One above everything offers no more than a session takes. */
	strlist_clear(&roots);
	strlist_add(&roots, w.base);
	ck_assert_int_eq(ask("outside/secret", false), 0);
	ck_assert_int_eq(ask("home", false), 0);
	ck_assert_str_eq(names(), "project");
	ck_assert_int_eq(ask("runtime", false), RL_ERR_DENIED);
	ck_assert_int_eq(ask("h", true), 0);
	ck_assert_str_eq(names(), "!home");
	free(outside);
	free(link);
}
END_TEST

START_TEST(hostile_names)
{
	static const char *const bad[] = { "\xff", "a\xc0\xaf", "a\nb",
		"\x1b[2J", "\x7f", "\xed\xa0\x80" };
	static const char *const good[] = { "\xc3\xa4", "%2e%2e", "a b", "\"",
		"<b>", "\\", "..." };
	char name[300], dir[64];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		snprintf(name, sizeof(name), "project/src/%s", bad[i]);
		put_dir(w.paths.home, name);
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		snprintf(name, sizeof(name), "project/src/%s", good[i]);
		put_dir(w.paths.home, name);
	}
	ck_assert_int_eq(ask("home/project/src", false), 0);
	ck_assert_uint_eq(b.skipped, sizeof(bad) / sizeof(*bad));
	ck_assert_str_eq(names(), "\" %2e%2e <b> \\ a b \xc3\xa4");
	ck_assert(!b.truncated);
	ck_assert_int_eq(ask("home/project/src/..", true), 0);
	ck_assert_str_eq(names(), "...");
	ck_assert_int_eq(ask("home/project/src/\xff", false), RL_ERR_INVALID);
	/* A name that is too long for any file system, and a long path. */
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	snprintf(dir, sizeof(dir), "home/project/%.40s", name);
	ck_assert_int_eq(ask(dir, false), RL_ERR_NOTFOUND);
	memcpy(name, "home/", 5);
	ck_assert_int_eq(ask(name, false), RL_ERR_DENIED);
}
END_TEST

START_TEST(many)
{
	char name[64];

	for (unsigned i = 0; i <= BROWSE_MAX; i++) {
		snprintf(name, sizeof(name), "project/src/d%05u", i);
		put_dir(w.paths.home, name);
	}
	ck_assert_int_eq(ask("home/project/src", false), 0);
	ck_assert_uint_eq(b.n, BROWSE_MAX);
	ck_assert(b.truncated);
	for (size_t i = 1; i < b.n; i++)
		ck_assert_int_lt(
		    strcmp(b.folders[i - 1].name, b.folders[i].name), 0);
	ck_assert_int_eq(ask("home/project/src/d0000", true), 0);
	ck_assert_uint_eq(b.n, 10);
	ck_assert(!b.truncated);
}
END_TEST

/* Whatever is usable, a session over HTTP takes; and nothing else. */
START_TEST(agrees_with_sessions)
{
	static const char *const dirs[] = { "home", "home/project",
		"home/project/src", "home/project/.git", "outside", "work",
		"home/nested" };
	char *path, *real, text[512];
	bool taken;
	int fd;

	put_dir(w.paths.home, "nested");
	put_file(w.paths.home, "nested/x", "");
	strlist_add(&roots, w.base);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		ck_assert_msg(ask(dirs[i], false) == 0, "%s", why);
		path = xasprintf("%s/%s", w.base, dirs[i]);
		fd = jailcheck_open_cwd(
		    &w.paths, w.home, path, &real, text, sizeof(text));
		taken = fd >= 0 && jailcheck_may_offer(&w.paths, w.home, fd,
				       real, text, sizeof(text)) == 0;
		ck_assert_msg(taken == b.usable, "%s: %s", dirs[i], b.why);
		if (fd >= 0) {
			fd_close(fd);
			free(real);
		}
		free(path);
	}
}
END_TEST

Suite *
suite_browse(void)
{
	Suite *s = suite_create("browse");
	TCase *tc = tcase_create("folders");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, lists);
	tcase_add_test(tc, completes);
	tcase_add_test(tc, stays_in_the_roots);
	tcase_add_test(tc, stays_in_the_bounds);
	tcase_add_test(tc, roots_of_all_kinds);
	tcase_add_test(tc, hostile_names);
	tcase_add_test(tc, many);
	tcase_add_test(tc, agrees_with_sessions);
	suite_add_tcase(s, tc);
	return s;
}
