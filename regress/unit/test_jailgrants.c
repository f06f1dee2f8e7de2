/*
 * What settings, grants and flags add to a plan, and what is refused of them.
 */

#include "config.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "msgdef.h"
#include "regress/unit/jailworld.h"
#include "ringlet-monitor/bwrapflags.h"
#include "ringlet-monitor/jailview.h"
#include "suites.h"
#include "xmalloc.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

/* --- settings and grants --- */

START_TEST(plan_settings)
{
	put_dir(w.base, "data");
	put_dir(w.base, "data/inner");
	put_dir(w.base, "data/secret");
	put_file(w.base, "data/file", "x");
	strlist_addf(&w.conf.jail_read_only, "%s/data", w.base);
	strlist_addf(&w.conf.jail_read_write, "%s/data/inner", w.base);
	strlist_addf(&w.conf.jail_hide, "%s/data/secret", w.base);
	strlist_addf(&w.conf.jail_hide, "%s/data/file", w.base);
	strlist_add(&w.conf.jail_read_only, "~/project");
	strlist_addf(&w.conf.jail_read_only, "%s/absent", w.base);
	plan_is("ro @/data JailReadOnly\n"
		"ro @/data/file from /dev/null JailHide\n"
		"rw @/data/inner JailReadWrite\n"
		"hide @/data/secret JailHide\n"
		HOME_RW
		"ro @/home/project JailReadOnly\n"
		WORK_RW);
}
END_TEST

/* What lies in another comes after it, and what changes nothing is left out. */
START_TEST(plan_nested)
{
	put_dir(w.base, "work/a");
	put_dir(w.base, "work/a/b");
	strlist_addf(&w.grants, "rw %s/work/a", w.base);
	strlist_addf(&w.grants, "ro %s/work/a/b", w.base);
	/* The folder on the way is fixed in its place. */
	plan_is(HOME_RW WORK_RW
		"rw @/work/a pin\n"
		"ro @/work/a/b grant ro\n");
}
END_TEST

/* A path is shown under its own name, whatever link led to it. */
START_TEST(plan_link)
{
	char *link = xasprintf("%s/link", w.base);

	put_dir(w.base, "data");
	ck_assert_int_eq(symlink("data", link), 0);
	strlist_addf(&w.grants, "ro %s", link);
	plan_is("ro @/data grant ro\n" HOME_RW WORK_RW);
	free(link);
}
END_TEST

/* None of these may be granted, by any name. */
START_TEST(plan_refused)
{
	static const char *const hidden[] = { "home", "home/config",
		"home/state", "home/data", "runtime", "home/.ssh",
		"home/.claude-profiles", "home/.claude-profiles/other",
		"home/.claude-profiles/mine", "" };
	static const char *const ways[] = { "ro", "rw" };
	char *link = xasprintf("%s/way", w.base), *to;

	for (size_t i = 0; i < NELEM(hidden); i++) {
		to = xasprintf("%s/%s", w.base, hidden[i]);
		if (*hidden[i] == '\0')
			to[strlen(to) - 1] = '\0';
		ck_assert_int_eq(symlink(to, link), 0);
		for (size_t k = 0; k < NELEM(ways); k++) {
			strlist_addf(&w.grants, "%s %s", ways[k], to);
			plan_says(RL_ERR_DENIED, ways[k]);
			strlist_clear(&w.grants);
			strlist_addf(&w.grants, "%s %s", ways[k], link);
			plan_says(RL_ERR_DENIED, ways[k]);
			strlist_clear(&w.grants);
		}
		strlist_add(&w.conf.jail_read_only, to);
		plan_says(RL_ERR_DENIED, "JailReadOnly");
		strlist_clear(&w.conf.jail_read_only);
		ck_assert_int_eq(unlink(link), 0);
		free(to);
	}
	free(link);
}
END_TEST

/* Keyrings stay hidden where a variable has moved them to. */
START_TEST(plan_refused_moved)
{
	static const struct {
		const char *variable, *below, *asked;
	} rows[] = {
		{ "XDG_DATA_HOME", "moved", "moved/keyrings" },
		{ "XDG_DATA_HOME", "moved", "moved/kwalletd" },
		{ "XDG_DATA_HOME", "moved", "moved" },
		{ "GNUPGHOME", "moved", "moved" },
		{ "GNUPGHOME", "moved/keyrings", "moved" },
		{ "PASSWORD_STORE_DIR", "moved", "moved/kwalletd" },
		{ "XDG_RUNTIME_DIR", "moved", "moved" },
	};
	char *value, *was;

	put_dir(w.base, "moved");
	put_dir(w.base, "moved/keyrings");
	put_dir(w.base, "moved/kwalletd");
	for (size_t i = 0; i < NELEM(rows); i++) {
		was = getenv(rows[i].variable);
		was = was == NULL ? NULL : xstrdup(was);
		value = xasprintf("%s/%s", w.base, rows[i].below);
		setenv(rows[i].variable, value, 1);
		strlist_addf(&w.grants, "ro %s/%s", w.base, rows[i].asked);
		plan_says(RL_ERR_DENIED, "which a jail never shows");
		strlist_clear(&w.grants);
		if (was != NULL)
			setenv(rows[i].variable, was, 1);
		else
			unsetenv(rows[i].variable);
		free(was);
		free(value);
	}
}
END_TEST

START_TEST(plan_refused_system)
{
	static const char *const never[] = { "/run", "/proc", "/sys", "/dev",
		"/var/run", "/tmp", "/var", "/etc", "/usr", "/home" };
	static const char *const unhidden[] = { "/usr", "/etc", "/proc",
		"/dev", "/run", "/tmp" };

	for (size_t i = 0; i < NELEM(never); i++) {
		strlist_addf(&w.grants, "ro %s", never[i]);
		plan_says(RL_ERR_DENIED, "grant ro: ");
		strlist_clear(&w.grants);
	}
	for (size_t i = 0; i < NELEM(unhidden); i++) {
		strlist_add(&w.conf.jail_hide, unhidden[i]);
		plan_says(RL_ERR_DENIED, "JailHide: ");
		strlist_clear(&w.conf.jail_hide);
	}
	strlist_add(&w.conf.jail_hide, w.work);
	plan_says(RL_ERR_DENIED, "working folder");
}
END_TEST

/* What is run at the next login may be shown, and never be written. */
START_TEST(plan_refused_writable)
{
	static const char *const files[] = { "home/.bashrc", "home/.gitconfig",
		"home/bin" };

	for (size_t i = 0; i < NELEM(files); i++) {
		put_file(w.base, files[i], "");
		strlist_addf(&w.grants, "rw %s/%s", w.base, files[i]);
		plan_says(RL_ERR_DENIED, "run or obey");
		strlist_clear(&w.grants);
	}
	for (size_t i = 0; i < NELEM(files); i++)
		strlist_addf(&w.grants, "ro %s/%s", w.base, files[i]);
	plan_is("ro @/home/.bashrc grant ro\n" HOME_RW
		"ro @/home/.gitconfig grant ro\n"
		"ro @/home/bin grant ro\n" WORK_RW);
}
END_TEST

static int
make_socket(const char *below)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/%s", w.base, below);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	return fd;
}

START_TEST(plan_sockets)
{
	int fd;

	put_dir(w.base, "sockets");
	fd = make_socket("sockets/s");
	strlist_addf(&w.grants, "ro %s/sockets", w.base);
	plan_says(RL_ERR_DENIED, "holds the socket s");
	strlist_clear(&w.grants);
	strlist_addf(&w.grants, "ro %s/sockets/s", w.base);
	plan_says(RL_ERR_DENIED, "neither a folder nor a regular file");
	close(fd);
}
END_TEST

/* Nor do flags show a folder of sockets. */
START_TEST(flags_sockets)
{
	struct bwrap_flags f;
	char why[512], *text = xasprintf("--ro-bind %s/sockets /s", w.base);
	const char *v[] = { text };
	const struct msg_strs given = { v, 1 };
	int fd;

	put_dir(w.base, "sockets");
	ck_assert_int_eq(
	    bwrap_flags_parse(&w.paths, &given, &f, why, sizeof(why)), 0);
	bwrap_flags_clear(&f);
	fd = make_socket("sockets/s");
	ck_assert_int_eq(bwrap_flags_parse(
			     &w.paths, &given, &f, why, sizeof(why)),
	    RL_ERR_DENIED);
	ck_assert_ptr_nonnull(strstr(why, "holds the socket s"));
	bwrap_flags_clear(&f);
	close(fd);
	free(text);
}
END_TEST

/* The agent's program is compared inside with what was looked at. */
START_TEST(plan_program)
{
	struct agent_binary b = { .nbinds = 1 };
	struct jailplan jp;
	char why[512];

	put_dir(w.base, "agent");
	b.binds[0] = xasprintf("%s/agent", w.base);
	ck_assert_int_eq(world_plan(w.work, &b, &jp, why, sizeof(why)), 0);
	ck_assert_uint_eq(jp.proofs.n, 3);
	ck_assert_str_eq(jp.proofs.v[0], b.binds[0]);
	jailplan_clear(&jp);
	free(b.binds[0]);
}
END_TEST

/* An agent of keys: its socket alone, at a place of its own. */
START_TEST(plan_agent_socket)
{
	struct jailplan jp;
	char why[512], *path = xasprintf("%s/agent.1", w.base);
	int fd = make_socket("agent.1"), own = make_socket("runtime/control");

	strlist_add(&w.grants, "ssh-agent");
	plan_is(HOME_RW WORK_RW);
	w.auth_sock = path;
	ck_assert_msg(world_plan(w.work, &nothing, &jp, why, sizeof(why)) == 0,
	    "%s", why);
	ck_assert_str_eq(world_find(&jp, JAILPLAN_AGENT)->src, path);
	ck_assert_int_eq((int)world_find(&jp, JAILPLAN_AGENT)->kind, BIND_RO);
	ck_assert_str_eq(jp.proofs.v[0], JAILPLAN_AGENT);
	ck_assert(jp.ssh_agent);
	jailplan_clear(&jp);
	/* Without a way to confine unix sockets there is none, and no jail. */
	w.no_sockets = true;
	plan_says(RL_ERR_DENIED, "no-landlock-scope");
	w.no_sockets = false;
	w.auth_sock = w.work;
	plan_says(RL_ERR_DENIED, "no socket of yours");
	free(path);
	w.auth_sock = path = xasprintf("%s/runtime/control", w.base);
	plan_says(RL_ERR_DENIED, "no socket of an agent");
	/* Not granted: not there, whatever the asker has. */
	strlist_clear(&w.grants);
	plan_is(HOME_RW WORK_RW);
	free(path);
	close(fd);
	close(own);
}
END_TEST

START_TEST(plan_limits)
{
	struct jailplan jp;
	char why[512];

	strlist_add(&w.grants, "limit memory=4G");
	strlist_add(&w.grants, "limit processes=200");
	strlist_add(&w.grants, "limit files=1024");
	strlist_add(&w.grants, "limit cpu=2h");
	strlist_add(&w.grants, "limit tmp=64M");
	strlist_add(&w.grants, "nested-sandbox");
	ck_assert_int_eq(
	    world_plan(w.work, &nothing, &jp, why, sizeof(why)), 0);
	ck_assert_uint_eq(jp.memory, 4ULL << 30);
	ck_assert_uint_eq(jp.processes, 200);
	ck_assert_uint_eq(jp.files, 1024);
	ck_assert_uint_eq(jp.cpu, 7200);
	ck_assert_uint_eq(world_find(&jp, "/tmp")->size, 64 << 20);
	ck_assert_uint_eq(world_find(&jp, "/var/tmp")->size, 64 << 20);
	ck_assert_uint_eq(world_find(&jp, "/dev/shm")->size, 64 << 20);
	ck_assert(jp.nesting);
	jailplan_clear(&jp);
}
END_TEST

/* --- --bwrap-flags --- */

static unsigned
below(unsigned n)
{
	static uint64_t state = 0x9e3779b97f4a7c15;

	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (unsigned)((state * 0x2545f4914f6cdd1d) >> 40) % n;
}

/* Places that options may be about, and that are then looked at. */
static const char *const places[] = { "/", "/tmp", "/tmp/a", "/tmp/a/b",
	"/var/tmp", "/run", "/run/x", "/usr", "/usr/bin", "/etc", "/opt",
	"/opt/x", "/dev", "/proc", "/new", "/new/deep", "/home", "@",
	"@/data", "@/data/in", "@/work", "@/work/sub", "@/work/new",
	"@/home", "@/home/.ssh", "@/home/.claude-profiles/mine",
	"@/home/.claude-profiles/mine/x", "@/granted", "@/granted/x" };

static char *
place(size_t i)
{
	bool at = places[i][0] == '@';

	return xasprintf("%s%s", at ? w.base : "", places[i] + at);
}

/* A random list of options, most of which could be accepted. */
static char *
random_flags(void)
{
	static const struct {
		const char *name;
		unsigned paths;
	} options[] = { { "--tmpfs", 1 }, { "--remount-ro", 1 }, { "--dir", 1 },
		{ "--symlink", 2 }, { "--ro-bind", 2 }, { "--ro-bind-try", 2 },
		{ "--unshare-net", 0 }, { "--hostname x", 0 },
		{ "--cap-drop ALL", 0 }, { "--bind", 2 }, { "--overlay", 2 },
		{ "--unshare-all", 0 }, { "--size 1", 0 } };
	char *text = xstrdup(""), *more, *p;

	for (unsigned n = 1 + below(4); n > 0; n--) {
		/* The last few are refused: seldom, or little is tried. */
		unsigned k = below(10) != 0 ? below(9) : below(NELEM(options));

		more = xasprintf("%s %s", text, options[k].name);
		free(text);
		text = more;
		for (unsigned i = 0; i < options[k].paths; i++) {
			p = place(below(NELEM(places)));
			more = xasprintf("%s %s", text, p);
			free(text);
			free(p);
			text = more;
		}
	}
	return text;
}

/* Which places can be written, a bit each. */
static uint64_t
writable_places(const struct jailplan *jp, const struct msg_strs *words)
{
	struct msg_jail_mount *mounts;
	struct jailview view;
	uint64_t set = 0;
	size_t n;
	char *p;

	mounts = jailview_mounts(jp, words, &n);
	for (size_t i = 0; i < NELEM(places); i++) {
		p = place(i);
		jailview_look(mounts, n, p, &view);
		/* By a link it is another place that can be written. */
		if (view.writable &&
		    strncmp(p, view.inside, strlen(view.inside)) == 0)
			set |= 1ULL << i;
		jailview_clear(&view);
		free(p);
	}
	free(mounts);
	return set;
}

/* Whatever is accepted, no place can be written that could not be before. */
START_TEST(flags_never_widen)
{
	const struct msg_strs none = { NULL, 0 };
	struct jailplan jp;
	struct bwrap_flags f;
	uint64_t before, after;
	char why[512], *text;
	unsigned accepted = 0, fewer = 0;

	put_dir(w.base, "data");
	put_dir(w.base, "data/in");
	put_dir(w.base, "granted");
	put_dir(w.work, "sub");
	strlist_addf(&w.grants, "rw %s/granted", w.base);
	ck_assert_int_eq(
	    world_plan(w.work, &nothing, &jp, why, sizeof(why)), 0);
	before = writable_places(&jp, &none);
	ck_assert_uint_ne(before, 0);
	for (int i = 0; i < 20000; i++) {
		text = random_flags();
		{
			const char *v[] = { text };
			const struct msg_strs given = { v, 1 };
			int r = bwrap_flags_parse(
			    &w.paths, &given, &f, why, sizeof(why));

			if (r == 0)
				r = jailplan_may_add(
				    &jp, &f, why, sizeof(why));
			if (r == 0) {
				const struct msg_strs words = {
					(const char **)f.words, f.nwords
				};

				accepted++;
				after = writable_places(&jp, &words);
				ck_assert_msg((after & ~before) == 0,
				    "%s: makes %llx writable", text,
				    (unsigned long long)(after & ~before));
				fewer += after != before;
			}
			bwrap_flags_clear(&f);
		}
		free(text);
	}
	/* It was tried, and there was something to see. */
	ck_assert_uint_gt(accepted, 1000);
	ck_assert_uint_gt(fewer, 50);
	jailplan_clear(&jp);
}
END_TEST

START_TEST(flags_places)
{
	static const struct {
		const char *flags, *words;
	} rows[] = {
		{ "--tmpfs @/work", "@/work" },
		{ "--tmpfs @/work/sub", "links" },
		{ "--dir @/work/sub", "links" },
		{ "--symlink /x @/home/.claude-profiles/mine/x", "links" },
		{ "--tmpfs @/home/.claude-profiles", "would hide" },
		{ "--tmpfs @", "would hide" },
		{ "--ro-bind /etc @/home", "would hide" },
		{ "--remount-ro @/data", "is no mount" },
		{ "--remount-ro /bin", "/bin" },
		{ "--ro-bind /etc /a --tmpfs /a/b", "links" },
		{ "--ro-bind @/data /data", "JailHide" },
		{ "--ro-bind @/data/secret /data", "JailHide" },
		{ "--ro-bind @/data/secret/in /data", "JailHide" },
	};
	struct jailplan jp;
	struct bwrap_flags f;
	char why[512], text[1024], *to;
	int r;

	put_dir(w.base, "data");
	put_dir(w.base, "data/secret");
	put_dir(w.base, "data/secret/in");
	strlist_addf(&w.conf.jail_hide, "%s/data/secret", w.base);
	ck_assert_int_eq(
	    world_plan(w.work, &nothing, &jp, why, sizeof(why)), 0);
	for (size_t i = 0; i < NELEM(rows); i++) {
		const char *v[] = { text };
		const struct msg_strs given = { v, 1 };

		to = text;
		for (const char *p = rows[i].flags; *p != '\0'; p++)
			to += *p == '@' ? sprintf(to, "%s", w.base)
					: sprintf(to, "%c", *p);
		r = bwrap_flags_parse(&w.paths, &given, &f, why, sizeof(why));
		if (r == 0)
			r = jailplan_may_add(&jp, &f, why, sizeof(why));
		ck_assert_msg(r == RL_ERR_DENIED, "%s", text);
		ck_assert_msg(strstr(why, rows[i].words[0] == '@'
			? w.work : rows[i].words) != NULL,
		    "%s: %s", text, why);
		bwrap_flags_clear(&f);
	}
	jailplan_clear(&jp);
}
END_TEST

Suite *
suite_jailgrants(void)
{
	Suite *s = suite_create("jailgrants");
	TCase *tc = tcase_create("plan");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, world_setup, world_teardown);
	tcase_add_test(tc, plan_settings);
	tcase_add_test(tc, plan_nested);
	tcase_add_test(tc, plan_link);
	tcase_add_test(tc, plan_refused);
	tcase_add_test(tc, plan_refused_moved);
	tcase_add_test(tc, plan_refused_system);
	tcase_add_test(tc, plan_refused_writable);
	tcase_add_test(tc, plan_sockets);
	tcase_add_test(tc, flags_sockets);
	tcase_add_test(tc, plan_program);
	tcase_add_test(tc, plan_agent_socket);
	tcase_add_test(tc, plan_limits);
	tcase_add_test(tc, flags_never_widen);
	tcase_add_test(tc, flags_places);
	suite_add_tcase(s, tc);
	return s;
}
