/*
 * The grammar of grants, and what a path leads to inside a jail.
 */

#include "config.h"

#include <sys/stat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "msgdef.h"
#include "ringlet-monitor/grant.h"
#include "ringlet-monitor/jailview.h"
#include "suites.h"
#include "xmalloc.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

START_TEST(good)
{
	static const struct {
		const char *text;
		enum grant_kind kind;
		const char *value;
		uint64_t number;
	} rows[] = {
		{ "ro /srv/data", GRANT_RO, "/srv/data", 0 },
		{ "rw /srv/a b", GRANT_RW, "/srv/a b", 0 },
		{ "env EDITOR", GRANT_ENV, "EDITOR", 0 },
		{ "ssh-agent", GRANT_SSH_AGENT, "", 0 },
		{ "nested-sandbox", GRANT_NESTED, "", 0 },
		{ "limit memory=64M", GRANT_LIMIT, "memory=64M", 64 << 20 },
		{ "limit memory=2g", GRANT_LIMIT, "memory=2g", 2ULL << 30 },
		{ "limit processes=16", GRANT_LIMIT, "processes=16", 16 },
		{ "limit files=64", GRANT_LIMIT, "files=64", 64 },
		{ "limit cpu=90", GRANT_LIMIT, "cpu=90", 90 },
		{ "limit cpu=2h", GRANT_LIMIT, "cpu=2h", 7200 },
		{ "limit tmp=1T", GRANT_LIMIT, "tmp=1T", 1ULL << 40 },
	};
	struct grant g;
	char why[256];

	for (size_t i = 0; i < NELEM(rows); i++) {
		ck_assert_msg(
		    grant_parse(rows[i].text, &g, why, sizeof(why)) == 0,
		    "%s: %s", rows[i].text, why);
		ck_assert_int_eq(g.kind, rows[i].kind);
		ck_assert_str_eq(g.value, rows[i].value);
		ck_assert_uint_eq(g.number, rows[i].number);
	}
}
END_TEST

START_TEST(bad)
{
	static const char *const rows[] = { "", " ", "ro", "ro ", "ro data",
		"ro /a/../b", "ro /a/", "rw //a", "ro /\xff", "env", "env ",
		"env A=B", "env 1A", "ssh-agent x", "ssh-agent ",
		"nested-sandbox yes", "limit", "limit memory", "limit memory=",
		"limit memory=1", "limit memory=-1", "limit memory=1.5G",
		"limit memory=99999999999999999999", "limit memory=1Z",
		"limit memory=16777216T", "limit processes=15",
		"limit processes=4194305", "limit files=1K", "limit cpu=0",
		"limit cpu=1d", "limit tmp=2T", "limit disk=1G", "all", "r" };
	struct grant g;
	char why[256];

	for (size_t i = 0; i < NELEM(rows); i++) {
		why[0] = '\0';
		ck_assert_msg(grant_parse(rows[i], &g, why, sizeof(why)) ==
		    RL_ERR_INVALID, "%s", rows[i]);
		ck_assert_msg(why[0] != '\0', "%s", rows[i]);
	}
}
END_TEST

START_TEST(same)
{
	ck_assert(grant_same("ro /a", "rw /a"));
	ck_assert(grant_same("limit tmp=1M", "limit tmp=2M"));
	ck_assert(grant_same("ssh-agent", "ssh-agent"));
	ck_assert(!grant_same("ro /a", "ro /b"));
	ck_assert(!grant_same("limit tmp=1M", "limit memory=1G"));
	ck_assert(!grant_same("env A", "env B"));
	ck_assert(!grant_same("env A", "nonsense"));
}
END_TEST

/* --- paths inside --- */

static char base[] = "/var/tmp/ringlet-unit-XXXXXX";

static void
setup(void)
{
	char *cmd;

	ck_assert(mkdtemp(base) != NULL);
	cmd = xasprintf("cd %s && mkdir -p sys work/in secret && "
	    "echo x >sys/file && echo x >work/file && echo x >secret/key && "
	    "ln -s ../secret/key work/out && ln -s file work/near && "
	    "ln -s loop work/loop && ln -s /sys2/file work/there && "
	    "ln -s /nowhere work/dangling && chmod 600 secret/key", base);
	ck_assert_int_eq(system(cmd), 0);
	free(cmd);
}

static void
teardown(void)
{
	char *cmd = xasprintf("rm -rf '%s'", base);

	ck_assert_int_eq(system(cmd), 0);
	free(cmd);
	memcpy(base + strlen(base) - 6, "XXXXXX", 6);
}

START_TEST(looks)
{
	char *sys = xasprintf("%s/sys", base), *w = xasprintf("%s/work", base);
	char *hide = xasprintf("%s/work/in", base);
	const struct msg_jail_mount v[] = {
		{ BIND_RO, sys, "/sys2", 0, "system" },
		{ BIND_SYMLINK, "sys2", "/link", 0, "system" },
		{ BIND_PROC, "", "/proc", 0, "private" },
		{ BIND_DEV, "", "/dev", 0, "private" },
		{ BIND_TMPFS, "", "/dev/shm", 0, "private" },
		{ BIND_TMPFS, "", "/tmp", 0, "private" },
		{ BIND_RW, w, w, 0, "working folder" },
		{ BIND_EMPTY, "", hide, 0, "hidden" },
	};
	/* "@" stands for base; r, w, t: readable, writable, there. */
	static const struct {
		const char *path, *inside, *what;
	} rows[] = {
		{ "/", "/", "tr" },
		{ "/sys2/file", "/sys2/file", "tr" },
		{ "/sys2/none", "/sys2/none", "" },
		{ "/link/file", "/sys2/file", "tr" },
		{ "/link/../tmp", "/tmp", "trw" },
		{ "/sys2/../../../tmp/.", "/tmp", "trw" },
		{ "/tmp/new", "/tmp/new", "w" },
		{ "/tmp/new/deeper", "/tmp/new", "w" },
		{ "/etc", "/etc", "" },
		{ "/proc/1/mem", "/proc/1", "tr" },
		{ "/dev/null", "/dev/null", "trw" },
		{ "/dev", "/dev", "tr" },
		{ "/dev/sda", "/dev/sda", "" },
		{ "/dev/shm", "/dev/shm", "trw" },
		{ "/dev/shm/new", "/dev/shm/new", "w" },
		{ "@", "@", "tr" },
		{ "@/secret/key", "@/secret", "" },
		{ "@/work/file", "@/work/file", "trw" },
		{ "@/work/near", "@/work/file", "trw" },
		{ "@/work/new", "@/work/new", "w" },
		/* A way out of the folder ends in nothing. */
		{ "@/work/out", "@/secret", "" },
		{ "@/work/there", "/sys2/file", "tr" },
		{ "@/work/dangling", "/nowhere", "" },
		{ "@/work/in", "@/work/in", "tr" },
		{ "@/work/in/x", "@/work/in/x", "" },
	};
	struct jailview view;
	char *path, *inside;

	for (size_t i = 0; i < NELEM(rows); i++) {
		bool at = rows[i].path[0] == '@', in = rows[i].inside[0] == '@';

		path = xasprintf("%s%s", at ? base : "", rows[i].path + at);
		inside = xasprintf("%s%s", in ? base : "",
		    rows[i].inside + in);
		jailview_look(v, NELEM(v), path, &view);
		ck_assert_str_eq(view.inside, inside);
		ck_assert_msg(view.there == (strchr(rows[i].what, 't') != NULL),
		    "%s: %s", path, view.text);
		ck_assert_msg(
		    view.readable == (strchr(rows[i].what, 'r') != NULL),
		    "%s: %s", path, view.text);
		ck_assert_msg(
		    view.writable == (strchr(rows[i].what, 'w') != NULL),
		    "%s: %s", path, view.text);
		jailview_clear(&view);
		free(path);
		free(inside);
	}
	path = xasprintf("%s/loop", w);
	jailview_look(v, NELEM(v), path, &view);
	ck_assert(!view.there && !view.readable && !view.writable);
	ck_assert_ptr_nonnull(strstr(view.text, "links"));
	jailview_clear(&view);
	free(path);
	free(sys);
	free(w);
	free(hide);
}
END_TEST

Suite *
suite_grant(void)
{
	Suite *s = suite_create("grant");
	TCase *tc = tcase_create("grammar");

	tcase_add_test(tc, good);
	tcase_add_test(tc, bad);
	tcase_add_test(tc, same);
	suite_add_tcase(s, tc);
	tc = tcase_create("paths");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, looks);
	suite_add_tcase(s, tc);
	return s;
}
