/*
 * What settings, grants and flags add to a plan, what is refused of them, and
 * the files that programs outside execute.
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
#include "ringlet-monitor/jailnote.h"
#include "ringlet-monitor/jailview.h"
#include "suites.h"
#include "valid.h"
#include "xmalloc.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

/* --- settings and grants --- */

static void
put_file(const char *dir, const char *below, const char *text)
{
	char *path = xasprintf("%s/%s", dir, below);
	FILE *f = fopen(path, "w");

	ck_assert_msg(f != NULL, "%s", path);
	fputs(text, f);
	fclose(f);
	free(path);
}

static void
put_dir(const char *dir, const char *below)
{
	char *path = xasprintf("%s/%s", dir, below);

	ck_assert_msg(mkdir(path, 0700) == 0, "%s", path);
	free(path);
}

static const struct agent_binary nothing = { .nbinds = 0 };

/*
 * The mounts beyond those of every jail as text, names below base shortened:
 * "ro @/x RULE" a line.
 */
static char *
text_of(const struct jailplan *jp)
{
	static const char *const kinds[] = { [BIND_RO] = "ro",
		[BIND_RW] = "rw", [BIND_EMPTY] = "hide" };
	char *text = xstrdup(""), *more;
	size_t len = strlen(w.base);

	for (size_t i = jp->nsystem; i < jp->nbinds; i++) {
		const struct msg_bind *b = &jp->binds[i];
		bool below = strncmp(b->dst, w.base, len) == 0;

		more = xasprintf("%s%s %s%s%s%s %s\n", text, kinds[b->kind],
		    below ? "@" : "", b->dst + (below ? len : 0),
		    strcmp(b->src, b->dst) != 0 ? " from " : "",
		    strcmp(b->src, b->dst) == 0 ? ""
		    : strncmp(b->src, w.base, len) == 0 ? "@" : b->src,
		    jp->rules[i]);
		free(text);
		text = more;
	}
	return text;
}

/* The plan for work must be that text. */
static void
plan_is(const char *want)
{
	struct jailplan jp;
	char why[512], *text;

	ck_assert_msg(world_plan(w.work, &nothing, &jp, why, sizeof(why)) == 0,
	    "%s", why);
	text = text_of(&jp);
	ck_assert_str_eq(text, want);
	free(text);
	jailplan_clear(&jp);
}

/* The plan for work must be refused with those words. */
static void
plan_says(int err, const char *words)
{
	struct jailplan jp;
	char why[512] = "";

	ck_assert_int_eq(
	    world_plan(w.work, &nothing, &jp, why, sizeof(why)), err);
	ck_assert_msg(strstr(why, words) != NULL, "'%s', not '%s'", why, words);
	jailplan_clear(&jp);
}

#define HOME_RW "rw @/home/.claude-profiles/mine profile's home\n"
#define WORK_RW "rw @/work working folder\n"

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
	ck_assert(jp.nesting);
	jailplan_clear(&jp);
}
END_TEST

/* --- what programs outside execute --- */

static void
put_repo(void)
{
	put_dir(w.work, ".git");
	put_dir(w.work, ".git/hooks");
	put_file(w.work, ".git/config", "[core]\n");
	put_file(w.work, ".envrc", "");
	put_dir(w.work, ".claude");
	put_file(w.work, ".claude/settings.json", "{}");
}

#define REPO                                                                   \
	"rw @/work/.claude pin\n"                                              \
	"ro @/work/.claude/settings.json JailProtectRepo\n"                    \
	"ro @/work/.envrc JailProtectRepo\n"                                   \
	"rw @/work/.git pin\n"                                                 \
	"ro @/work/.git/config JailProtectRepo\n"                              \
	"ro @/work/.git/hooks JailProtectRepo\n"

START_TEST(plan_repo)
{
	struct jailplan jp;
	char why[512], dev[24], ino[24];
	struct stat st;
	char *config = xasprintf("%s/.git/config", w.work);
	bool proven = false;

	put_repo();
	plan_is(HOME_RW WORK_RW REPO);
	/* Each is compared inside with what was looked at. */
	ck_assert_int_eq(stat(config, &st), 0);
	snprintf(dev, sizeof(dev), "%ju", (uintmax_t)st.st_dev);
	snprintf(ino, sizeof(ino), "%ju", (uintmax_t)st.st_ino);
	ck_assert_int_eq(
	    world_plan(w.work, &nothing, &jp, why, sizeof(why)), 0);
	for (size_t i = 0; i < jp.proofs.n; i += 3)
		proven |= strcmp(jp.proofs.v[i], config) == 0 &&
		    strcmp(jp.proofs.v[i + 1], dev) == 0 &&
		    strcmp(jp.proofs.v[i + 2], ino) == 0;
	ck_assert(proven);
	jailplan_clear(&jp);
	/* A grant of the file itself is the user's word. */
	strlist_addf(&w.grants, "rw %s", config);
	ck_assert_int_eq(
	    world_plan(w.work, &nothing, &jp, why, sizeof(why)), 0);
	ck_assert(world_find(&jp, config) == NULL ||
	    world_find(&jp, config)->kind == BIND_RW);
	jailplan_clear(&jp);
	strlist_clear(&w.grants);
	w.conf.jail_protect_repo = false;
	plan_is(HOME_RW WORK_RW);
	free(config);
}
END_TEST

/* Links, and names that cannot be said, are passed over and told. */
START_TEST(plan_repo_hostile)
{
	struct jailplan jp;
	char why[512], *link = xasprintf("%s/.envrc", w.work), *text;

	put_dir(w.work, ".git");
	put_dir(w.work, ".git/modules");
	put_dir(w.work, ".git/modules/\xff\n");
	put_file(w.work, ".git/modules/\xff\n/config", "");
	ck_assert_int_eq(symlink("/etc/passwd", link), 0);
	free(link);
	link = xasprintf("%s/.claude", w.work);
	ck_assert_int_eq(symlink(w.paths.config_dir, link), 0);
	free(link);
	ck_assert_int_eq(
	    world_plan(w.work, &nothing, &jp, why, sizeof(why)), 0);
	text = text_of(&jp);
	ck_assert_str_eq(text, HOME_RW WORK_RW);
	ck_assert(jp.left_out.n >= 3);
	for (size_t i = 0; i < jp.left_out.n; i++)
		ck_assert(valid_utf8(
		    jp.left_out.v[i], strlen(jp.left_out.v[i])));
	free(text);
	jailplan_clear(&jp);
}
END_TEST

/* A folder of git's that is granted has the same files at its top. */
START_TEST(plan_repo_granted)
{
	put_dir(w.base, "main.git");
	put_dir(w.base, "main.git/objects");
	put_dir(w.base, "main.git/hooks");
	put_file(w.base, "main.git/HEAD", "ref: refs/heads/main\n");
	put_file(w.base, "main.git/config", "");
	strlist_addf(&w.grants, "rw %s/main.git", w.base);
	put_file(w.work, ".git", "gitdir: elsewhere\n");
	plan_is(HOME_RW
		"rw @/main.git grant rw\n"
		"ro @/main.git/config JailProtectRepo\n"
		"ro @/main.git/hooks JailProtectRepo\n"
		WORK_RW
		"ro @/work/.git JailProtectRepo\n");
}
END_TEST

/*
 * Another session runs in the same folder.  What is a mount in it, too, it
 * cannot put a link in place of; with anything else it could have bwrap follow
 * one, so that is not mounted.
 */
START_TEST(plan_reach)
{
	struct jailnote other = { .writable = { NULL, 0 } };
	struct jailplan jp;
	char why[512];

	put_repo();
	ck_assert_int_eq(
	    world_plan(w.work, &nothing, &jp, why, sizeof(why)), 0);
	jailplan_note(&jp, &other);
	jailplan_clear(&jp);
	w.others[0] = &other;
	w.nothers = 1;
	plan_is(HOME_RW WORK_RW REPO);
	/* It has made this file since. */
	put_file(w.work, ".npmrc", "");
	plan_is(HOME_RW WORK_RW REPO);
	/* What must not be seen cannot be left out. */
	strlist_addf(&w.conf.jail_hide, "%s/.npmrc", w.work);
	plan_says(RL_ERR_DENIED, "another session");
	strlist_clear(&w.conf.jail_hide);
	/* One that works in a folder inside cannot reach what lies beside. */
	strlist_clear(&other.writable);
	strlist_clear(&other.mounts);
	strlist_addf(&other.writable, "%s/.claude", w.work);
	strlist_addf(&other.mounts, "%s/.claude", w.work);
	plan_is(HOME_RW WORK_RW
		"ro @/work/.envrc JailProtectRepo\n"
		"rw @/work/.git pin\n"
		"ro @/work/.git/config JailProtectRepo\n"
		"ro @/work/.git/hooks JailProtectRepo\n"
		"ro @/work/.npmrc JailProtectRepo\n");
	/* One above reaches all of it. */
	strlist_clear(&other.writable);
	strlist_clear(&other.mounts);
	strlist_add(&other.writable, w.base);
	plan_is(HOME_RW WORK_RW);
	jailnote_clear(&other);
}
END_TEST

/*
 * An agent that may make namespaces can move what is mounted in a folder that
 * it can write: nothing must depend on its staying there.
 */
START_TEST(plan_nesting)
{
	struct jailnote other = { .writable = { NULL, 0 } };
	struct jailplan jp;
	char why[512];

	put_repo();
	put_dir(w.work, "secret");
	strlist_add(&w.grants, "nested-sandbox");
	ck_assert_int_eq(
	    world_plan(w.work, &nothing, &jp, why, sizeof(why)), 0);
	/* It may want a /proc of its own, which hides nothing. */
	ck_assert_ptr_null(world_find(&jp, "/proc/keys"));
	ck_assert_uint_eq(jp.left_out.n, 4);
	ck_assert_ptr_nonnull(strstr(jp.left_out.v[0], "can move it"));
	jailplan_note(&jp, &other);
	jailplan_clear(&jp);
	plan_is(HOME_RW WORK_RW REPO);
	/* Beside it, nobody else mounts there. */
	strlist_clear(&w.grants);
	w.others[0] = &other;
	w.nothers = 1;
	plan_is(HOME_RW WORK_RW);
	w.nothers = 0;
	jailnote_clear(&other);
	strlist_addf(&w.conf.jail_hide, "%s/secret", w.work);
	ck_assert_int_eq(
	    world_plan(w.work, &nothing, &jp, why, sizeof(why)), 0);
	if (access("/proc/keys", F_OK) == 0)
		ck_assert_str_eq(
		    world_find(&jp, "/proc/keys")->src, "/dev/null");
	jailplan_clear(&jp);
	strlist_add(&w.grants, "nested-sandbox");
	plan_says(RL_ERR_DENIED, "nested-sandbox could move it");
	strlist_clear(&w.conf.jail_hide);
	strlist_addf(&w.grants, "ro %s/secret", w.work);
	plan_says(RL_ERR_DENIED, "nested-sandbox could move it");
}
END_TEST

/* A file with a second name is read-only by one of them alone: that is said. */
START_TEST(plan_repo_hard_link)
{
	struct jailplan jp;
	char why[512];
	char *config = xasprintf("%s/.git/config", w.work);
	char *other = xasprintf("%s/innocent", w.work);

	put_repo();
	ck_assert_int_eq(link(config, other), 0);
	plan_is(HOME_RW WORK_RW REPO);
	ck_assert_int_eq(
	    world_plan(w.work, &nothing, &jp, why, sizeof(why)), 0);
	ck_assert_uint_eq(jp.left_out.n, 1);
	ck_assert_ptr_nonnull(strstr(jp.left_out.v[0], "another name"));
	jailplan_clear(&jp);
	free(config);
	free(other);
}
END_TEST

/* The settings of submodules, also of those in submodules. */
START_TEST(plan_repo_modules)
{
	put_dir(w.work, ".git");
	put_dir(w.work, ".git/modules");
	put_dir(w.work, ".git/modules/a");
	put_dir(w.work, ".git/modules/a/modules");
	put_dir(w.work, ".git/modules/a/modules/b");
	put_file(w.work, ".git/modules/a/modules/b/config", "");
	put_dir(w.work, ".git/worktrees");
	put_dir(w.work, ".git/worktrees/t");
	put_file(w.work, ".git/worktrees/t/commondir", "../..\n");
	plan_is(HOME_RW WORK_RW
		"rw @/work/.git pin\n"
		"rw @/work/.git/modules pin\n"
		"rw @/work/.git/modules/a pin\n"
		"rw @/work/.git/modules/a/modules pin\n"
		"rw @/work/.git/modules/a/modules/b pin\n"
		"ro @/work/.git/modules/a/modules/b/config JailProtectRepo\n"
		"rw @/work/.git/worktrees pin\n"
		"rw @/work/.git/worktrees/t pin\n"
		"ro @/work/.git/worktrees/t/commondir JailProtectRepo\n");
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
	};
	struct jailplan jp;
	struct bwrap_flags f;
	char why[512], text[1024], *to;
	int r;

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

/* What an agent did to such files is told, whatever their names are. */
START_TEST(note_changes)
{
	struct jailnote note = { .writable = { NULL, 0 } }, kept;
	char *path;
	int fd;

	put_repo();
	put_file(w.work, ".git/hooks/old", "1");
	jailnote_scan(&note, w.work);
	/* By way of a memory file, as over a restart. */
	ck_assert((fd = jailnote_save(&note)) >= 0);
	ck_assert_int_eq(jailnote_load(&kept, fd), 0);
	close(fd);
	jailnote_clear(&note);
	put_file(w.work, ".git/config", "[core]\n\thooksPath = x\n");
	put_file(w.work, ".git/hooks/pre\ncommit\xff", "#!/bin/sh\n");
	put_file(w.work, ".mcp.json", "{}");
	path = xasprintf("%s/.git/hooks/old", w.work);
	ck_assert_int_eq(unlink(path), 0);
	free(path);
	/* The same content again is no change. */
	put_file(w.work, ".envrc", "");
	jailnote_compare(&kept);
	ck_assert_uint_eq(kept.changed.n, 4);
	for (size_t i = 0; i < kept.changed.n; i++)
		ck_assert(valid_utf8(
		    kept.changed.v[i], strlen(kept.changed.v[i])));
	path = xasprintf("changed %s/.git/config", w.work);
	ck_assert(strlist_has(&kept.changed, path));
	free(path);
	path = xasprintf("new %s/.mcp.json", w.work);
	ck_assert(strlist_has(&kept.changed, path));
	free(path);
	path = xasprintf("new %s/.git/hooks/pre\\x0acommit\\xff", w.work);
	ck_assert(strlist_has(&kept.changed, path));
	free(path);
	path = xasprintf("removed %s/.git/hooks/old", w.work);
	ck_assert(strlist_has(&kept.changed, path));
	free(path);
	ck_assert_uint_eq(kept.files.n, 0);
	jailnote_clear(&kept);
}
END_TEST

/* Git takes its settings from elsewhere, or from a repository in a folder. */
START_TEST(note_git_elsewhere)
{
	static const char *const new[] = { ".git/commondir", "sub/.git/config",
		"file/.git", "link/.git" };
	struct jailnote note = { .writable = { NULL, 0 } };
	char *path, *to = xasprintf("%s/link/.git", w.work);

	put_repo();
	jailnote_scan(&note, w.work);
	put_file(w.work, ".git/commondir", "../evil\n");
	put_dir(w.work, "sub");
	put_dir(w.work, "sub/.git");
	put_file(w.work, "sub/.git/config", "");
	put_dir(w.work, "file");
	put_file(w.work, "file/.git", "gitdir: ../evil\n");
	put_dir(w.work, "link");
	ck_assert_int_eq(symlink("../evil", to), 0);
	free(to);
	/* A link that is nothing of git's. */
	to = xasprintf("%s/plain", w.work);
	ck_assert_int_eq(symlink("sub", to), 0);
	free(to);
	jailnote_compare(&note);
	for (size_t i = 0; i < NELEM(new); i++) {
		path = xasprintf("new %s/%s", w.work, new[i]);
		ck_assert_msg(strlist_has(&note.changed, path), "%s", path);
		free(path);
	}
	ck_assert_uint_eq(note.changed.n, NELEM(new));
	jailnote_clear(&note);
}
END_TEST

/* However much there is, what is told stays small. */
START_TEST(note_bounded)
{
	struct jailnote note = { .writable = { NULL, 0 } };
	char name[300];

	put_repo();
	jailnote_scan(&note, w.work);
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), ".git/hooks/%0200d", i);
		put_file(w.work, name, "");
	}
	jailnote_compare(&note);
	ck_assert_uint_eq(note.changed.n, JAILNOTE_CHANGED_MAX);
	ck_assert_str_eq(
	    note.changed.v[JAILNOTE_CHANGED_MAX - 1], "and 37 more");
	for (size_t i = 0; i < note.changed.n; i++)
		ck_assert(strlen(note.changed.v[i]) <= 300);
	jailnote_clear(&note);
}
END_TEST

Suite *
suite_jailgrants(void)
{
	Suite *s = suite_create("jailgrants");
	TCase *tc = tcase_create("plan");

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
	tcase_add_test(tc, plan_repo);
	tcase_add_test(tc, plan_repo_hostile);
	tcase_add_test(tc, plan_repo_granted);
	tcase_add_test(tc, plan_reach);
	tcase_add_test(tc, plan_nesting);
	tcase_add_test(tc, plan_repo_hard_link);
	tcase_add_test(tc, plan_repo_modules);
	tcase_add_test(tc, flags_never_widen);
	tcase_add_test(tc, flags_places);
	tcase_add_test(tc, note_changes);
	tcase_add_test(tc, note_git_elsewhere);
	tcase_add_test(tc, note_bounded);
	suite_add_tcase(s, tc);
	return s;
}
