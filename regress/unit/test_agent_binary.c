/*
 * Finding an agent's program in a home that has every way of installing it:
 * what is bound is enough and never the home; what others, or a jailed agent,
 * could have put there is passed over.
 */
#include "config.h"

#include <sys/types.h>
#include <sys/stat.h>
#include <check.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent-binary.h"
#include "err.h"
#include "manifest.h"

/* What a native program begins with. */
#define ELF "\x7f\x45LF"

static char home[PATH_MAX];
static char why[1024];
static struct agent_binary b;

/* No file of that name is in a system folder of any machine. */
static const struct manifest_agent agent = {
	.id = "probe",
	.name = "Probe",
	.binary = "ringlet-unit-probe",
	.install = "install the probe",
};

static void
setup(void)
{
	char temp[] = "/tmp/agent-binary.XXXXXX";

	ck_assert_ptr_nonnull(mkdtemp(temp));
	ck_assert_ptr_nonnull(realpath(temp, home));
}

static void
teardown(void)
{
	char cmd[PATH_MAX + 16];

	agent_binary_clear(&b);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", home);
	ck_assert_int_eq(system(cmd), 0);
}

/* home/FMT... , in one of many buffers. */
static const char *__attribute__((__format__(printf, 1, 2)))
in_home(const char *fmt, ...)
{
	static char bufs[64][PATH_MAX];
	static unsigned n;
	char *p = bufs[n++ % 64];
	va_list ap;
	int len;

	len = snprintf(p, PATH_MAX, "%s/", home);
	va_start(ap, fmt);
	vsnprintf(p + len, (size_t)(PATH_MAX - len), fmt, ap);
	va_end(ap);
	return p;
}

/* Makes a file with its folders. */
static void
put(const char *path, const char *text, mode_t mode)
{
	char dir[PATH_MAX], *p;
	FILE *f;

	snprintf(dir, sizeof(dir), "%s", path);
	for (p = dir + 1; (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		mkdir(dir, 0755);
		*p = '/';
	}
	ck_assert_ptr_nonnull(f = fopen(path, "w"));
	fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
}

static void
link_to(const char *path, const char *target)
{
	put(path, "", 0644);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink(target, path), 0);
}

static int
find(const char *const *search)
{
	int r;

	agent_binary_clear(&b);
	why[0] = '\0';
	r = agent_binary_find(&agent, home, search, &b, why, sizeof(why));
	ck_assert((r == RL_OK) == (why[0] == '\0'));
	for (size_t i = 0; i < b.nbinds; i++) {
		/* Whatever happens. */
		ck_assert_str_ne(b.binds[i], home);
		ck_assert_str_ne(b.binds[i], "/tmp");
		ck_assert_str_ne(b.binds[i], "/");
	}
	return r;
}

START_TEST(finds_natives)
{
	static const char *const natives[] = { "@vendor/probe-none/probe",
		"@vendor/probe-here/probe", NULL };
	struct manifest_agent with = agent;
	const char *search[] = { in_home("w/node_modules/.bin"), NULL };
	const char *native = "w/node_modules/@vendor/probe-here";
	const char *nested =
	    "w/node_modules/probe/node_modules/@vendor/probe-here";

	/* What --ignore-scripts leaves: a text that is no script. */
	put(in_home("w/node_modules/probe/bin/probe.exe"),
	    "echo not installed >&2\n", 0755);
	link_to(in_home("w/node_modules/.bin/%s", agent.binary),
	    "../probe/bin/probe.exe");
	ck_assert_int_eq(find(search), RL_ERR_NOTFOUND);
	ck_assert_ptr_nonnull(strstr(why, "not complete"));

	/* Nothing that is not a program either is taken instead. */
	with.natives = natives;
	put(in_home("%s/probe", native), "text", 0755);
	ck_assert_int_eq(
	    agent_binary_find(&with, home, search, &b, why, sizeof(why)),
	    RL_ERR_NOTFOUND);
	put(in_home("%s/probe", native), ELF, 0755);
	put(in_home("%s/package.json", native), "{\"version\":\"3.1\"}", 0644);
	ck_assert_int_eq(
	    agent_binary_find(&with, home, search, &b, why, sizeof(why)),
	    RL_OK);
	ck_assert_str_eq(b.path, in_home("%s/probe", native));
	ck_assert_str_eq(b.version, "3.1");
	ck_assert_str_eq(
	    b.found, in_home("w/node_modules/.bin/%s", agent.binary));
	ck_assert_uint_eq(b.nbinds, 1);
	ck_assert_str_eq(b.binds[0], in_home("w/node_modules"));
	agent_binary_clear(&b);

	ck_assert_int_eq(unlink(in_home("%s/probe", native)), 0);
	put(in_home("%s/probe", nested), ELF, 0755);
	ck_assert_int_eq(
	    agent_binary_find(&with, home, search, &b, why, sizeof(why)),
	    RL_OK);
	ck_assert_str_eq(b.path, in_home("%s/probe", nested));
}
END_TEST

START_TEST(says_what_is_missing)
{
	ck_assert_int_eq(find(NULL), RL_ERR_NOTFOUND);
	ck_assert_ptr_nonnull(strstr(why, agent.binary));
	ck_assert_ptr_nonnull(strstr(why, agent.install));
}
END_TEST

START_TEST(finds_npm_packages)
{
	const char *pkg = ".npm-global/lib/node_modules/@vendor/probe";

	put(in_home("%s/bin/probe.exe", pkg), ELF, 0755);
	put(in_home("%s/package.json", pkg), "{\"version\":\"1.20.3\"}", 0644);
	link_to(in_home(".npm-global/bin/%s", agent.binary),
	    "../lib/node_modules/@vendor/probe/bin/probe.exe");
	ck_assert_int_eq(find(NULL), RL_OK);
	ck_assert_str_eq(b.found, in_home(".npm-global/bin/%s", agent.binary));
	ck_assert_str_eq(b.path, in_home("%s/bin/probe.exe", pkg));
	ck_assert_str_eq(b.version, "1.20.3");
	ck_assert_uint_eq(b.nbinds, 1);
	ck_assert_str_eq(b.binds[0], in_home(".npm-global/lib/node_modules"));
	ck_assert_ptr_null(b.interp_dir);

	/* Packages inside packages: the outermost tree. */
	put(in_home("w/node_modules/a/node_modules/b/x"), ELF, 0755);
	put(in_home("w/node_modules/a/node_modules/b/package.json"),
	    "{\"version\":\"2.0.0\"}", 0644);
	link_to(in_home("w/node_modules/.bin/%s", agent.binary),
	    "../a/node_modules/b/x");
	{
		const char *search[] = { in_home("w/node_modules/.bin"), NULL };

		ck_assert_int_eq(find(search), RL_OK);
	}
	ck_assert_str_eq(b.version, "2.0.0");
	ck_assert_uint_eq(b.nbinds, 1);
	ck_assert_str_eq(b.binds[0], in_home("w/node_modules"));
}
END_TEST

START_TEST(finds_versioned_files)
{
	put(in_home(".local/share/probe/versions/2.1.197"), ELF, 0755);
	link_to(in_home(".local/bin/%s", agent.binary),
	    "../share/probe/versions/2.1.197");
	ck_assert_int_eq(find(NULL), RL_OK);
	ck_assert_str_eq(b.version, "2.1.197");
	ck_assert_uint_eq(b.nbinds, 1);
	ck_assert_str_eq(b.binds[0], in_home(".local/share/probe/versions"));
}
END_TEST

/* Each way of installing is found without a PATH, and enough of it is bound. */
START_TEST(finds_every_layout)
{
	static const struct {
		const char *real, *link, *target, *bind;
	} rows[] = {
		{ ".cargo/bin/ringlet-unit-probe", NULL, NULL, ".cargo/bin" },
		{ ".local/share/pnpm/ringlet-unit-probe", NULL, NULL,
		    ".local/share/pnpm" },
		{ ".opencode/bin/ringlet-unit-probe", NULL, NULL,
		    ".opencode/bin" },
		{ ".local/bin/ringlet-unit-probe", NULL, NULL, ".local/bin" },
		{ ".bun/install/global/node_modules/probe/cli",
		    ".bun/bin/ringlet-unit-probe",
		    "../install/global/node_modules/probe/cli",
		    ".bun/install/global/node_modules" },
		{ ".nvm/versions/node/v22.0.1/lib/node_modules/probe/cli",
		    ".nvm/versions/node/v22.0.1/bin/ringlet-unit-probe",
		    "../lib/node_modules/probe/cli",
		    ".nvm/versions/node/v22.0.1/lib/node_modules" },
		{ ".local/share/probe/1.2.3/bin/probe",
		    ".local/bin/ringlet-unit-probe",
		    "../share/probe/1.2.3/bin/probe",
		    ".local/share/probe/1.2.3/bin" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *found =
		    rows[i].link != NULL ? rows[i].link : rows[i].real;

		put(in_home("%s", rows[i].real), ELF, 0755);
		if (rows[i].link != NULL)
			link_to(in_home("%s", rows[i].link), rows[i].target);
		ck_assert_msg(find(NULL) == RL_OK, "%s: %s", found, why);
		ck_assert_str_eq(b.found, in_home("%s", found));
		ck_assert_str_eq(b.path, in_home("%s", rows[i].real));
		ck_assert_uint_eq(b.nbinds, 1);
		ck_assert_str_eq(b.binds[0], in_home("%s", rows[i].bind));
		ck_assert_int_eq(unlink(in_home("%s", found)), 0);
	}
}
END_TEST

START_TEST(never_binds_the_home)
{
	const char *search[] = { home, NULL };

	put(in_home("%s", agent.binary), ELF, 0755);
	ck_assert_int_eq(find(search), RL_OK);
	ck_assert_uint_eq(b.nbinds, 1);
	ck_assert_str_eq(b.binds[0], in_home("%s", agent.binary));

	/* Nor by way of another name of it. */
	{
		char other[PATH_MAX + 8];
		const char *by_link[] = { other, NULL };

		snprintf(other, sizeof(other), "%s.link", home);
		ck_assert_int_eq(symlink(home, other), 0);
		agent_binary_clear(&b);
		ck_assert_int_eq(agent_binary_find(&agent, other, by_link, &b,
				     why, sizeof(why)),
		    RL_OK);
		ck_assert_int_eq(unlink(other), 0);
		ck_assert_uint_eq(b.nbinds, 1);
		ck_assert_str_eq(b.binds[0], in_home("%s", agent.binary));
	}
}
END_TEST

START_TEST(finds_interpreters)
{
	const char *node = ".nvm/versions/node";
	const char *search[] = { in_home("tools"), NULL };

	put(in_home("tools/%s", agent.binary),
	    "#!/usr/bin/env ringlet-unit-node\nx", 0755);
	ck_assert_int_eq(find(search), RL_ERR_NOTFOUND);
	ck_assert_ptr_nonnull(strstr(why, "ringlet-unit-node"));

	put(in_home("%s/v9.11.0/bin/ringlet-unit-node", node), ELF, 0755);
	put(in_home("%s/v20.1.0/bin/ringlet-unit-node", node), ELF, 0755);
	ck_assert_int_eq(find(search), RL_OK);
	ck_assert_str_eq(b.interp_dir, in_home("%s/v20.1.0/bin", node));
	ck_assert_uint_eq(b.nbinds, 2);
	ck_assert_str_eq(b.binds[0], in_home("tools"));
	ck_assert_str_eq(b.binds[1], in_home("%s/v20.1.0", node));

	/* With arguments and settings before the name. */
	put(in_home("tools/%s", agent.binary),
	    "#!/usr/bin/env -S A=1 ringlet-unit-node --flag\nx", 0755);
	ck_assert_int_eq(find(search), RL_OK);
	ck_assert_str_eq(b.interp_dir, in_home("%s/v20.1.0/bin", node));

	/* One of the system is there anyway. */
	put(in_home("tools/%s", agent.binary), "#!/bin/sh\nx", 0755);
	ck_assert_int_eq(find(search), RL_OK);
	ck_assert_ptr_null(b.interp_dir);
	ck_assert_uint_eq(b.nbinds, 1);

	put(in_home("tools/%s", agent.binary), "#!/no/such/thing\nx", 0755);
	ck_assert_int_eq(find(search), RL_ERR_NOTFOUND);
	ck_assert_ptr_nonnull(strstr(why, "/no/such/thing"));
	put(in_home("tools/%s", agent.binary), "#!", 0755);
	ck_assert_int_eq(find(search), RL_OK);
}
END_TEST

START_TEST(searches_in_order)
{
	const char *search[] = { "relative", "", in_home("none"),
		in_home("first"), in_home("second"), NULL };
	char own[3 * PATH_MAX], *saved = strdup(getenv("PATH"));

	put(in_home(".local/bin/%s", agent.binary), ELF, 0755);
	ck_assert_int_eq(find(search), RL_OK);
	ck_assert_str_eq(b.path, in_home(".local/bin/%s", agent.binary));
	/* Our own PATH, with what can be wrong in one. */
	put(in_home("own/%s", agent.binary), ELF, 0755);
	snprintf(own, sizeof(own), "::none:/nonexistent:%s:%s", in_home("own"),
	    in_home("second"));
	setenv("PATH", own, 1);
	ck_assert_int_eq(find(search), RL_OK);
	ck_assert_str_eq(b.path, in_home("own/%s", agent.binary));
	put(in_home("second/%s", agent.binary), ELF, 0755);
	ck_assert_int_eq(find(search), RL_OK);
	ck_assert_str_eq(b.path, in_home("second/%s", agent.binary));
	put(in_home("first/%s", agent.binary), ELF, 0755);
	ck_assert_int_eq(find(search), RL_OK);
	ck_assert_str_eq(b.path, in_home("first/%s", agent.binary));
	/* teardown() needs its tools. */
	setenv("PATH", saved, 1);
	free(saved);
}
END_TEST

START_TEST(passes_over_what_is_not_safe)
{
	const char *search[] = { in_home("bin1"), NULL };
	const char *prog = in_home("bin1/%s", agent.binary);
	static const char *const homes[] = { ".claude-profiles",
		".whoever-1.x-profiles" };
	size_t i;

	put(prog, ELF, 0644);
	ck_assert_int_eq(find(search), RL_ERR_NOTFOUND);
	ck_assert_ptr_nonnull(strstr(why, "executed"));
	put(prog, ELF, 0757);
	ck_assert_int_eq(find(search), RL_ERR_NOTFOUND);
	ck_assert_ptr_nonnull(strstr(why, "written by others"));
	put(prog, ELF, 0755);
	ck_assert_int_eq(chmod(in_home("bin1"), 0777), 0);
	ck_assert_int_eq(find(search), RL_ERR_NOTFOUND);
	ck_assert_int_eq(chmod(in_home("bin1"), 0755), 0);
	ck_assert_int_eq(find(search), RL_OK);
	ck_assert_int_eq(unlink(prog), 0);
	ck_assert_int_eq(mkdir(prog, 0755), 0);
	ck_assert_int_eq(find(search), RL_ERR_NOTFOUND);
	ck_assert_int_eq(rmdir(prog), 0);

	/* A jailed agent writes its own home, and could plant a program. */
	for (i = 0; i < sizeof(homes) / sizeof(homes[0]); i++) {
		put(in_home("%s/evil/%s", homes[i], agent.binary), "x", 0755);
		link_to(prog, in_home("%s/evil/%s", homes[i], agent.binary));
		ck_assert_int_eq(find(search), RL_ERR_NOTFOUND);
		ck_assert_ptr_nonnull(strstr(why, "profile's home"));
		ck_assert_int_eq(unlink(prog), 0);
	}
}
END_TEST

START_TEST(distrusts_versions)
{
	const char *pkg = "t/node_modules/probe";
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"{\"version\":3}",
		"{\"version\":\"\"}",
		"{\"version\":\"1.0\\u001b[31m\"}",
		"{\"version\":\"x1\"}",
	};
	const char *search[] = { in_home("%s", pkg), NULL };
	size_t i;

	put(in_home("%s/%s", pkg, agent.binary), ELF, 0755);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		put(in_home("%s/package.json", pkg), texts[i], 0644);
		ck_assert_int_eq(find(search), RL_OK);
		ck_assert_ptr_null(b.version);
	}
}
END_TEST

START_TEST(finds_the_shell)
{
	struct manifest_set *set = manifest_set_new();
	char *shell = agent_binary_shell();

	ck_assert_int_eq(shell[0], '/');
	ck_assert_int_eq(access(shell, X_OK), 0);
	free(shell);
	ck_assert_int_eq(agent_binary_find(manifest_agent(set, "shell"), home,
			     NULL, &b, why, sizeof(why)),
	    RL_OK);
	ck_assert_int_eq(b.path[0], '/');
	manifest_set_free(set);
	ck_assert(agent_binary_is_system("/usr"));
	ck_assert(agent_binary_is_system("/usr/bin/x"));
	ck_assert(!agent_binary_is_system("/usrx"));
	ck_assert(!agent_binary_is_system("/home/x"));
	ck_assert(!agent_binary_is_system("/"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("agent-binary");
	TCase *tc = tcase_create("find");
	SRunner *sr;
	int failed;

	umask(022);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, says_what_is_missing);
	tcase_add_test(tc, finds_natives);
	tcase_add_test(tc, finds_npm_packages);
	tcase_add_test(tc, finds_versioned_files);
	tcase_add_test(tc, finds_every_layout);
	tcase_add_test(tc, never_binds_the_home);
	tcase_add_test(tc, finds_interpreters);
	tcase_add_test(tc, searches_in_order);
	tcase_add_test(tc, passes_over_what_is_not_safe);
	tcase_add_test(tc, distrusts_versions);
	tcase_add_test(tc, finds_the_shell);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
