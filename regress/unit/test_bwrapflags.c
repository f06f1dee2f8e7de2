/*
 * --bwrap-flags: both forms of the manual work, everything is added and
 * nothing taken away, and what is refused is named.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "msg.h"
#include "paths.h"
#include "ringlet-monitor/bwrapflags.h"
#include "suites.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

static const struct paths paths = {
	.home = (char[]){ "/home/u" },
	.config_dir = (char[]){ "/home/u/.config/ringlet" },
	.data_dir = (char[]){ "/home/u/.local/share/ringlet" },
	.state_dir = (char[]){ "/home/u/.local/state/ringlet" },
	.runtime_dir = (char[]){ "/run/user/1000/ringlet" },
};

static int
parse(const char *a, const char *b, struct bwrap_flags *out, char *why)
{
	const char *v[2] = { a, b };
	struct msg_strs given = { v, b == NULL ? 1 : 2 };

	why[0] = '\0';
	return bwrap_flags_parse(&paths, &given, out, why, 512);
}

/* The words that come out, joined by spaces. */
static const char *
joined(const struct bwrap_flags *f)
{
	static char text[4096];

	text[0] = '\0';
	for (size_t i = 0; i < f->nwords; i++) {
		if (i > 0)
			strlcat(text, " ", sizeof(text));
		strlcat(text, f->words[i], sizeof(text));
	}
	return text;
}

/* What a policy judges: each option that came, whatever becomes of it. */
START_TEST(options_are_named)
{
	static const char *const want[] = { "--new-session", "--ro-bind-try",
		"--unshare-all", "--unshare-net", "--hostname" };
	struct bwrap_flags f;
	char why[512];

	ck_assert_int_eq(parse("--new-session --ro-bind-try /no-such-file /x",
			     "--unshare-all,--hostname box", &f, why),
	    0);
	ck_assert_uint_eq(f.noptions, NELEM(want));
	for (size_t i = 0; i < NELEM(want); i++)
		ck_assert_str_eq(f.options[i], want[i]);
	bwrap_flags_clear(&f);
	ck_assert(bwrap_flags_know("--bind"));
	ck_assert(!bwrap_flags_know("--bnd"));
}
END_TEST

START_TEST(accepted)
{
	static const struct {
		const char *given;
		const char *words;
		bool net, widens;
	} rows[] = {
		{ "", "", false, false },
		{ "  \t\n", "", false, false },
		{ "--unshare-net", "", true, false },
		{ "--unshare-all", "", true, false },
		{ "--unshare-pid", "", false, false },
		{ "--ro-bind /etc /data", "--ro-bind /etc /data", false,
		    true },
		{ "--ro-bind '/etc' \"/da ta\"", "--ro-bind /etc /da ta",
		    false, true },
		{ "--ro-bind /etc /da\\ ta", "--ro-bind /etc /da ta", false,
		    true },
		{ "--unshare-net,--ro-bind /etc /data",
		    "--ro-bind /etc /data", true, true },
		{ "--hostname jail", "--hostname jail", false, false },
		{ "--new-session --cap-drop CAP_KILL --as-pid-1", "", false,
		    false },
		{ "--unshare-cgroup --assert-userns-disabled",
		    "--unshare-cgroup --assert-userns-disabled", false, false },
		/* What hides is closed at once: it would be writable. */
		{ "--tmpfs /opt/secret",
		    "--tmpfs /opt/secret --remount-ro /opt/secret", false,
		    false },
		{ "--dir /new --symlink /etc/x /link --remount-ro /tmp",
		    "--dir /new --symlink /etc/x /link --remount-ro /tmp",
		    false, false },
		/* As on the page that describes all this, in order. */
		{ "--unshare-net --ro-bind /etc /a --tmpfs /b --ro-bind /usr "
		  "/c",
		    "--ro-bind /etc /a --tmpfs /b --remount-ro /b --ro-bind "
		    "/usr /c", true, true },
		{ "--ro-bind-try /nonexistent-source /data", "", false,
		    true },
		{ "--ro-bind /usr/../etc /data", NULL, false, false },
	};
	struct bwrap_flags f;
	char why[512];

	for (size_t i = 0; i < NELEM(rows); i++) {
		int r = parse(rows[i].given, NULL, &f, why);

		if (rows[i].words == NULL) {
			ck_assert_int_eq(r, RL_ERR_INVALID);
		} else {
			ck_assert_msg(r == 0, "%s: %s", rows[i].given, why);
			ck_assert_str_eq(joined(&f), rows[i].words);
			ck_assert_int_eq(f.unshare_net, rows[i].net);
			ck_assert_int_eq(f.widens, rows[i].widens);
		}
		bwrap_flags_clear(&f);
	}
}
END_TEST

START_TEST(several)
{
	struct bwrap_flags f;
	char why[512];

	ck_assert_int_eq(parse("--ro-bind /etc /one", "--unshare-net "
			     "--ro-bind /usr /two", &f, why), 0);
	ck_assert_str_eq(joined(&f), "--ro-bind /etc /one --ro-bind /usr /two");
	ck_assert(f.unshare_net);
	bwrap_flags_clear(&f);
	/* An option does not reach into the next element's words... */
	ck_assert_int_eq(
	    parse("--hostname", "jail", &f, why), 0);
	/* ...but elements are one list, as the words of a command are. */
	ck_assert_str_eq(joined(&f), "--hostname jail");
	bwrap_flags_clear(&f);
}
END_TEST

START_TEST(refused)
{
	static const struct {
		const char *given;
		int err;
		const char *names;
	} rows[] = {
		{ "--tmpfs", RL_ERR_INVALID, "--tmpfs" },
		{ "--tmpfs tmp", RL_ERR_INVALID, "--tmpfs" },
		{ "--tmpfs /usr", RL_ERR_DENIED, "--tmpfs" },
		{ "--tmpfs /proc", RL_ERR_DENIED, "--tmpfs" },
		{ "--tmpfs /run/ringlet", RL_ERR_DENIED, "--tmpfs" },
		{ "--tmpfs /tmp", RL_ERR_DENIED, "--tmpfs" },
		{ "--remount-ro /run", RL_ERR_DENIED, "--remount-ro" },
		{ "--dir /etc/x", RL_ERR_DENIED, "--dir" },
		{ "--dir /", RL_ERR_DENIED, "--dir" },
		{ "--symlink x /usr/bin/ls", RL_ERR_DENIED, "--symlink" },
		{ "--symlink '' /x", RL_ERR_INVALID, "--symlink" },
		{ "--symlink /x", RL_ERR_INVALID, "--symlink" },
		{ "--hostname -x", RL_ERR_INVALID, "--hostname" },
		{ "--hostname a/b", RL_ERR_INVALID, "--hostname" },
		{ "--bind / /", RL_ERR_DENIED, "--bind" },
		{ "--dev-bind / /", RL_ERR_DENIED, "--dev-bind" },
		{ "--share-net", RL_ERR_DENIED, "--share-net" },
		{ "--cap-add ALL", RL_ERR_DENIED, "--cap-add" },
		{ "--setenv LD_PRELOAD /x", RL_ERR_DENIED, "--setenv" },
		{ "--args 5", RL_ERR_DENIED, "--args" },
		{ "--seccomp 5", RL_ERR_DENIED, "--seccomp" },
		{ "--nonsense", RL_ERR_INVALID, "--nonsense" },
		{ "data", RL_ERR_INVALID, "data" },
		{ "--", RL_ERR_INVALID, "--" },
		{ "--ro-bind", RL_ERR_INVALID, "--ro-bind" },
		{ "--ro-bind /etc", RL_ERR_INVALID, "--ro-bind" },
		{ "--ro-bind etc /data", RL_ERR_INVALID, "etc" },
		{ "--ro-bind /etc data", RL_ERR_INVALID, "data" },
		{ "--ro-bind /nonexistent-source /data", RL_ERR_INVALID,
		    "/nonexistent-source" },
		{ "--ro-bind '/etc /data", RL_ERR_INVALID, "quote" },
		{ "--ro-bind /etc /data\\", RL_ERR_INVALID, "backslash" },
		/* What a jail hides stays hidden. */
		{ "--ro-bind / /data", RL_ERR_DENIED, "/" },
		{ "--ro-bind /run /data", RL_ERR_DENIED, "/run" },
		{ "--ro-bind /proc /data", RL_ERR_DENIED, "/proc" },
		{ "--ro-bind /dev /data", RL_ERR_DENIED, "/dev" },
		/* And what holds the jail together is not covered. */
		{ "--ro-bind /etc /", RL_ERR_DENIED, "/" },
		{ "--ro-bind /etc /proc", RL_ERR_DENIED, "/proc" },
		{ "--ro-bind /etc /run/ringlet", RL_ERR_DENIED, "/run" },
		{ "--ro-bind /etc /usr/bin", RL_ERR_DENIED, "/usr" },
	};
	struct bwrap_flags f;
	char why[512];

	for (size_t i = 0; i < NELEM(rows); i++) {
		int r = parse(rows[i].given, NULL, &f, why);

		ck_assert_msg(r == rows[i].err, "%s: %d, %s", rows[i].given,
		    r, why);
		ck_assert_msg(strstr(why, rows[i].names) != NULL,
		    "%s: '%s' does not name it", rows[i].given, why);
		bwrap_flags_clear(&f);
	}
}
END_TEST

/* Every option that bwrap 0.8 to 0.11 has, by how many words follow it. */
START_TEST(all_known)
{
	static const char *const names[] = {
		"add-seccomp-fd args argv0 assert-userns-disabled as-pid-1 "
		"bind bind-data bind-fd bind-try block-fd cap-add cap-drop "
		"chdir chmod clearenv dev dev-bind dev-bind-try "
		"die-with-parent dir disable-userns exec-label file "
		"file-label gid help hostname info-fd json-status-fd "
		"level-prefix lock-file mqueue new-session overlay "
		"overlay-src perms pidns proc remount-ro ro-bind ro-bind-data "
		"ro-bind-fd ro-bind-try ro-overlay seccomp setenv share-net "
		"size symlink sync-fd tmpfs tmp-overlay uid unsetenv "
		"unshare-all unshare-cgroup unshare-cgroup-try unshare-ipc "
		"unshare-net unshare-pid unshare-user unshare-user-try "
		"unshare-uts userns userns2 userns-block-fd version"
	};
	char *all = strdup(names[0]), *next = all, *name, flag[64], why[512];
	struct bwrap_flags f;
	size_t n = 0;
	int r;

	while ((name = strsep(&next, " ")) != NULL) {
		snprintf(flag, sizeof(flag), "--%s", name);
		r = parse(flag, NULL, &f, why);
		/* Classed one way or the other, and named if not taken. */
		ck_assert_msg(r == 0 || strstr(why, flag) != NULL, "%s: %s",
		    flag, why);
		ck_assert_msg(strstr(why, "is not an option") == NULL, "%s",
		    flag);
		bwrap_flags_clear(&f);
		n++;
	}
	ck_assert_uint_eq(n, 67);
	free(all);
}
END_TEST

Suite *
suite_bwrapflags(void)
{
	Suite *s = suite_create("bwrapflags");
	TCase *tc = tcase_create("flags");

	tcase_add_test(tc, options_are_named);
	tcase_add_test(tc, accepted);
	tcase_add_test(tc, several);
	tcase_add_test(tc, refused);
	tcase_add_test(tc, all_known);
	suite_add_tcase(s, tc);
	return s;
}
