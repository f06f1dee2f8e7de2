/*
 * A plan as a jail of macOS: the profile word for word, names that would be
 * rules if they were pasted into it, and what that system cannot do.  Whether
 * its kernel keeps it is for a machine with one to show.
 */

#include "config.h"

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "jail-darwin.h"
#include "jail.h"
#include "xmalloc.h"

#define INIT	 "/usr/local/libexec/ringlet/ringlet-jail-init"
#define PARAM_INIT "INIT=" INIT
#define NELEM(v) (sizeof(v) / sizeof((v)[0]))

static const char *argv[] = { "claude", "-p", "hi" };
static const char *env[] = { "KEY=secret-of-the-environment" };

static struct msg_jail_start
plan_of(struct msg_bind *binds, size_t n)
{
	return (struct msg_jail_start){ .id = "0123456789abcdef",
		.sandboxed = true,
		.path = "/opt/claude",
		.argv = { argv, 3 },
		.env = { env, 1 },
		.cwd = "/Users/u/src",
		.home = "/Users/u/.claude-profiles/x",
		.binds = { binds, n },
		.cols = 80,
		.rows = 24 };
}

static struct jail
jail_of(const struct msg_jail_start *plan)
{
	return (struct jail){ .plan = plan,
		.init = INIT,
		.proof = { { plan->cwd, 1, 2 }, { plan->home, 3, 4 } } };
}

static char *
profile_of(const struct msg_jail_start *plan)
{
	struct jail j = jail_of(plan);
	struct buf *out = buf_new(1 << 20);
	char *text;

	ck_assert_int_eq(jail_darwin_profile(&j, out), 0);
	text = xstrndup((const char *)buf_ptr(out), buf_len(out));
	buf_free(out);
	return text;
}

/* It is one list after the other, and nothing else. */
static void
must_be_whole(const char *profile)
{
	int depth = 0;
	bool quoted = false;
	const char *p;

	for (p = profile; *p != '\0'; p++) {
		ck_assert(*p == '\n' || (*p >= ' ' && *p < 0x7f));
		if (*p == '"')
			quoted = !quoted;
		else if (!quoted)
			depth += (*p == '(') - (*p == ')');
		ck_assert_int_ge(depth, 0);
		ck_assert(*p != '\\' && *p != ';');
	}
	ck_assert_int_eq(depth, 0);
	ck_assert(!quoted);
}

static const char base[] =
    "(version 1)\n"
    "(deny default)\n"
    "(allow process-fork)\n"
    "(allow process-info* (target same-sandbox))\n"
    "(allow signal (target same-sandbox))\n"
    "(allow sysctl-read)\n"
    "(allow file-read* process-exec file-map-executable\n"
    "    (subpath \"/System\") (subpath \"/usr\") (subpath \"/bin\")\n"
    "    (subpath \"/sbin\") (subpath \"/opt/homebrew\")\n"
    "    (subpath \"/Library/Developer\") (subpath \"/Library/Apple\"))\n"
    "(allow file-read* (subpath \"/private/etc\")\n"
    "    (subpath \"/private/var/db/timezone\")\n"
    "    (literal \"/\") (literal \"/etc\") (literal \"/tmp\")\n"
    "    (literal \"/var\") (literal \"/private\"))\n"
    "(allow file-read* file-write-data file-ioctl\n"
    "    (literal \"/dev/null\") (literal \"/dev/zero\")\n"
    "    (literal \"/dev/random\") (literal \"/dev/urandom\")\n"
    "    (literal \"/dev/tty\"))\n"
    "(allow pseudo-tty)\n"
    "(allow file-read* file-write* file-ioctl (literal \"/dev/ptmx\"))\n"
    "(allow mach-lookup\n"
    "    (global-name \"com.apple.system.opendirectoryd.libinfo\")\n"
    "    (global-name \"com.apple.SystemConfiguration.DNSConfiguration\")\n"
    "    (global-name \"com.apple.trustd.agent\"))\n"
    "(allow ipc-posix-shm-read-data\n"
    "    (ipc-posix-name \"apple.shm.notification_center\"))\n"
    "(allow file-read* process-exec file-map-executable\n"
    "    (literal (param \"INIT\")))\n";
static const char net[] = "(allow network-outbound (remote ip))\n"
			  "(allow network-outbound\n"
			  "    (literal \"/private/var/run/mDNSResponder\"))\n"
			  "(allow network-inbound network-bind (local ip))\n"
			  "(allow system-socket)\n";

#define RULE(name, verb)                                                       \
	"(allow file-read-metadata\n"                                          \
	"    (path-ancestors (param \"" name "\")))\n"                         \
	"(allow file-read* process-exec file-map-executable\n"                 \
	"    (subpath (param \"" name "\")))\n"                                \
	"(" verb " file-write* network-bind network-outbound\n"                \
	"    (subpath (param \"" name "\")))\n"

START_TEST(test_profile)
{
	struct msg_bind binds[] = {
		{ BIND_PROC, "", "/proc", 0 },
		{ BIND_RO, "/opt/claude", "/opt/claude", 0 },
		{ BIND_TMPFS, "", "/tmp", 1 << 20 },
		{ BIND_RW, "/Users/u/src", "/Users/u/src", 0 },
		{ BIND_RO, "/Users/u/src/.git/hooks", "/Users/u/src/.git/hooks",
		    0 },
		{ BIND_DIR, "", "/Users/u/src/hidden", 0 },
	};
	static const char *const flags[] = { "--ro-bind", "/data", "/data" };
	struct msg_jail_start plan = plan_of(binds, NELEM(binds));
	char *got, *want;

	want = xasprintf("%s%s%s%s%s%s%s%s", base, net, RULE("BIND_1", "deny"),
	    "(deny file* process-exec network-bind network-outbound\n"
	    "    (subpath (param \"BIND_2\")))\n",
	    RULE("BIND_3", "allow"), RULE("BIND_4", "deny"),
	    "(deny file* process-exec network-bind network-outbound\n"
	    "    (subpath (param \"BIND_5\")))\n",
	    RULE("SHOW_0", "deny"));
	plan.flags.v = (const char **)(uintptr_t)flags;
	plan.flags.n = 3;
	got = profile_of(&plan);
	ck_assert_str_eq(got, want);
	must_be_whole(got);
	free(got);
	free(want);

	/* Without network there is no rule of it, and no other is changed. */
	plan.binds.n = plan.flags.n = 0;
	plan.unshare_net = true;
	got = profile_of(&plan);
	ck_assert_str_eq(got, base);
	free(got);
	plan.unshare_net = false;
	got = profile_of(&plan);
	want = xasprintf("%s%s", base, net);
	ck_assert_str_eq(got, want);
	free(got);
	free(want);
}
END_TEST

/* --unshare-net is a word only where a word is due. */
START_TEST(test_words_of_flags)
{
	static const char *const folder[] = { "--ro-bind", "--unshare-net",
		"--unshare-net" };
	static const char *const word[] = { "--ro-bind", "/d", "/d",
		"--unshare-net" };
	struct msg_jail_start plan = plan_of(NULL, 0);
	char *got;

	plan.flags.v = (const char **)(uintptr_t)folder;
	plan.flags.n = 3;
	got = profile_of(&plan);
	ck_assert_ptr_nonnull(strstr(got, "(remote ip)"));
	free(got);
	plan.flags.v = (const char **)(uintptr_t)word;
	plan.flags.n = 4;
	got = profile_of(&plan);
	ck_assert_ptr_null(strstr(got, "(remote ip)"));
	free(got);
}
END_TEST

/* Each would be a rule, the end of one, or another parameter. */
static const char *const hostile[] = {
	"/Users/u/a\")) (allow default) (allow file* (subpath \"/",
	"/Users/u/quote\"",
	"/Users/u/apostrophe'",
	"/Users/u/(parenthesis",
	"/Users/u/parenthesis)",
	"/Users/u/back\\slash\\",
	"/Users/u/new\nline\n(allow default)",
	"/Users/u/comment ; (allow default)",
	"/Users/u/#\"regex\"",
	"/Users/u/BIND_1=/etc",
	"/Users/u/-D BIND_1=/",
	"/Users/u/(param \"INIT\")",
	"/Users/u/ leading and trailing ",
	"/Users/u/tab\tbell\a",
	"/Users/u/\xc3\xa4\xe2\x80\xae",
	"/Users/u/$(touch x)`touch y`${z}",
};

START_TEST(test_hostile_names)
{
	const char *name = hostile[_i];
	struct msg_bind binds[] = {
		{ BIND_RO, name, name, 0 },
		{ BIND_RW, name, name, 0 },
		{ BIND_TMPFS, "", name, 0 },
	};
	struct msg_bind harmless[] = {
		{ BIND_RO, "/a", "/a", 0 },
		{ BIND_RW, "/a", "/a", 0 },
		{ BIND_TMPFS, "", "/a", 0 },
	};
	const char *flags[] = { "--ro-bind", name, name };
	struct msg_jail_start plan = plan_of(binds, 3),
			      plain = plan_of(harmless, 3);
	const char *const names[] = {
		"BIND_0=", "BIND_1=", "BIND_2=", "SHOW_0="
	};
	struct jail j;
	char *a, *b, **words, *want;
	char why[256];
	size_t i;

	plan.cwd = plan.home = name;
	plan.flags.v = plain.flags.v = flags;
	plan.flags.n = plain.flags.n = 3;
	ck_assert_int_eq(jail_darwin_check(&plan, why, sizeof(why)), 0);
	a = profile_of(&plan);
	b = profile_of(&plain);
	ck_assert_str_eq(a, b);
	must_be_whole(a);
	j = jail_of(&plan);
	words = jail_command(&j);
	ck_assert_str_eq(words[0], "/usr/bin/sandbox-exec");
	ck_assert_str_eq(words[1], "-p");
	ck_assert_str_eq(words[2], a);
	ck_assert_str_eq(words[4], PARAM_INIT);
	for (i = 0; i < NELEM(names); i++) {
		ck_assert_str_eq(words[5 + 2 * i], "-D");
		want = xasprintf("%s%s", names[i], name);
		ck_assert_str_eq(words[6 + 2 * i], want);
		free(want);
	}
	ck_assert_str_eq(words[5 + 2 * NELEM(names)], INIT);
	ck_assert_str_eq(words[6 + 2 * NELEM(names)], "-u");
	free(words);
	free(a);
	free(b);
}
END_TEST

START_TEST(test_command)
{
	static const char *const rest[] = { INIT, "-u", "-l", "1", "0", "0",
		"0", "3", "/Users/u/src", "1", "2",
		"/Users/u/.claude-profiles/x", "3", "4", "--", "/opt/claude",
		"claude", "-p", "hi" };
	struct msg_jail_start plan = plan_of(NULL, 0);
	struct jail j = jail_of(&plan);
	char **words;
	size_t i, k;

	j.limits.memory = 1;
	words = jail_command(&j);
	for (i = 0; i < NELEM(rest); i++)
		ck_assert_str_eq(words[5 + i], rest[i]);
	ck_assert_ptr_null(words[5 + i]);
	/* The environment, and so the key, is in no argument. */
	for (k = 0; words[k] != NULL; k++)
		ck_assert_ptr_null(strstr(words[k], "secret"));
	free(words);
	plan.sandboxed = false;
	words = jail_command(&j);
	ck_assert_str_eq(words[0], INIT);
	ck_assert_str_eq(words[1], "-u");
	free(words);
}
END_TEST

START_TEST(test_refused)
{
	struct msg_bind moved[] = { { BIND_RO, "/a", "/b", 0 } };
	static const char *const host[] = { "--hostname", "x" };
	static const char *const show[] = { "--ro-bind", "/a", "/b" };
	struct msg_jail_start plan = plan_of(moved, 1);
	char why[256];

	ck_assert_int_eq(
	    jail_darwin_check(&plan, why, sizeof(why)), RL_ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(why, "/b: "));
	plan.binds.n = 0;
	ck_assert_int_eq(jail_darwin_check(&plan, why, sizeof(why)), 0);
	plan.flags.v = (const char **)(uintptr_t)host;
	plan.flags.n = 2;
	ck_assert_int_eq(
	    jail_darwin_check(&plan, why, sizeof(why)), RL_ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(why, "--hostname"));
	plan.flags.v = (const char **)(uintptr_t)show;
	plan.flags.n = 3;
	ck_assert_int_eq(
	    jail_darwin_check(&plan, why, sizeof(why)), RL_ERR_INVALID);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("jail_darwin");
	TCase *t = tcase_create("jail_darwin");
	SRunner *sr;
	int failed;

	tcase_add_test(t, test_profile);
	tcase_add_test(t, test_words_of_flags);
	tcase_add_loop_test(t, test_hostile_names, 0, (int)NELEM(hostile));
	tcase_add_test(t, test_command);
	tcase_add_test(t, test_refused);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
