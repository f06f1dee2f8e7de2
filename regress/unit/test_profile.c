/*
 * The store of profiles and their homes: damaged files are told and kept, files
 * are closed to others, nothing follows a link that an agent could have left,
 * and a home that an agent made hard to remove is removed all the same, without
 * touching what is outside.
 */
#include "config.h"

#include <sys/types.h>
#include <sys/stat.h>
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "manifest.h"
#include "paths.h"
#include "profile-home.h"
#include "profile.h"
#include "xmalloc.h"

static struct paths paths;
static char why[2048];
static struct manifest_set *manifests;
static const struct manifest_agent *claude;

static void
setup(void)
{
	char temp[] = "/tmp/profile.XXXXXX";
	const char *bad;

	ck_assert_ptr_nonnull(mkdtemp(temp));
	setenv("HOME", temp, 1);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("RINGLET_CONFIG_DIR");
	ck_assert_int_eq(paths_init(&paths, &bad), RL_OK);
	ck_assert_str_eq(paths.home, temp);
	manifests = manifest_set_new();
	claude = manifest_agent(manifests, "claude");
}

static void
teardown(void)
{
	char cmd[PATH_MAX + 64];

	snprintf(cmd, sizeof(cmd), "chmod -R u+rwx %s; rm -rf %s", paths.home,
	    paths.home);
	ck_assert_int_eq(system(cmd), 0);
	paths_free(&paths);
	manifest_set_free(manifests);
}

static const char *__attribute__((__format__(printf, 1, 2)))
in_home(const char *fmt, ...)
{
	static char bufs[64][PATH_MAX];
	static unsigned n;
	char *p = bufs[n++ % 64];
	va_list ap;
	int len;

	len = snprintf(p, PATH_MAX, "%s/", paths.home);
	va_start(ap, fmt);
	vsnprintf(p + len, (size_t)(PATH_MAX - len), fmt, ap);
	va_end(ap);
	return p;
}

static void
put(const char *path, const char *text)
{
	FILE *f;

	ck_assert_ptr_nonnull(f = fopen(path, "w"));
	fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
}

static bool
exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static void
set(char **field, const char *value)
{
	free(*field);
	*field = xstrdup(value);
}

static char **
list_of(const char *one)
{
	char **v = xcalloc(2, sizeof(*v));

	v[0] = xstrdup(one);
	return v;
}

static struct profile *
sample(const char *alias)
{
	struct profile *p = profile_new();

	set(&p->alias, alias);
	set(&p->agent_id, "claude");
	set(&p->provider_id, "anthropic");
	set(&p->keychain, "secret-service");
	p->created_at = 1700000000;
	p->key_set_at = 1700000001;
	return p;
}

static int
create(struct profile *p)
{
	int r;

	why[0] = '\0';
	r = profile_create(&paths, manifests, p, why, sizeof(why));
	ck_assert((r == RL_OK) == (why[0] == '\0'));
	profile_free(p);
	return r;
}

static int
load(const char *alias, struct profile **out)
{
	int r;

	why[0] = '\0';
	r = profile_load(&paths, alias, out, why, sizeof(why));
	ck_assert((r == RL_OK) == (*out != NULL));
	return r;
}

/* --- the store ---------------------------------------------------------------
 */

START_TEST(keeps_profiles)
{
	struct profile *p = sample("work"), *q;
	struct stat st;

	set(&p->endpoint_id, "http://127.0.0.1:8080");
	set(&p->model, "claude-opus-4-5");
	set(&p->working_dir, "/srv/work");
	set(&p->keychain_item, "ringlet/work");
	p->args = list_of("--verbose \"quoted\" \xc3\xa9\n");
	p->env = list_of("COLOUR=gr\"een=1");
	ck_assert_int_eq(create(p), RL_OK);
	ck_assert_int_eq(
	    stat(in_home(".config/ringlet/profiles/work.json"), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(stat(in_home(".config/ringlet/profiles"), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0700);

	ck_assert_int_eq(load("work", &q), RL_OK);
	ck_assert_str_eq(q->alias, "work");
	ck_assert_str_eq(q->agent_id, "claude");
	ck_assert_str_eq(q->provider_id, "anthropic");
	ck_assert_str_eq(q->endpoint_id, "http://127.0.0.1:8080");
	ck_assert_str_eq(q->model, "claude-opus-4-5");
	ck_assert_str_eq(q->working_dir, "/srv/work");
	ck_assert_str_eq(q->keychain, "secret-service");
	ck_assert_str_eq(q->keychain_item, "ringlet/work");
	ck_assert_str_eq(q->args[0], "--verbose \"quoted\" \xc3\xa9\n");
	ck_assert_ptr_null(q->args[1]);
	ck_assert_str_eq(q->env[0], "COLOUR=gr\"een=1");
	ck_assert_int_eq(q->created_at, 1700000000);
	ck_assert_int_eq(profile_key_time(q), 1700000001);
	q->key_set_at = 0;
	ck_assert_int_eq(profile_key_time(q), 1700000000);
	ck_assert_int_eq(q->last_used, 0);
	ck_assert_int_eq(q->total_runs, 0);
	profile_free(q);

	ck_assert_int_eq(
	    profile_touch(&paths, "work", 1700000005, 2, why, sizeof(why)),
	    RL_OK);
	ck_assert_int_eq(load("work", &q), RL_OK);
	ck_assert_int_eq(q->last_used, 1700000005);
	ck_assert_int_eq(q->total_runs, 2);
	ck_assert_str_eq(q->model, "claude-opus-4-5");
	profile_free(q);

	ck_assert_int_eq(create(sample("work")), RL_ERR_EXISTS);
	ck_assert_int_eq(
	    profile_remove(&paths, "work", why, sizeof(why)), RL_OK);
	ck_assert_int_eq(load("work", &q), RL_ERR_NOTFOUND);
	ck_assert_int_eq(
	    profile_remove(&paths, "work", why, sizeof(why)), RL_ERR_NOTFOUND);
	ck_assert_int_eq(profile_touch(&paths, "work", 1, 1, why, sizeof(why)),
	    RL_ERR_NOTFOUND);
}
END_TEST

#define DIR_NAME ".config/ringlet/profiles"
#define REST                                                                   \
	"\"alias\":\"x\",\"agent_id\":\"claude\",\"provider_id\":"             \
	"\"anthropic\""

static const struct {
	const char *text;
	const char *says;
} damaged[] = {
	{ "", "" },
	{ "{", "" },
	{ "[]", "object" },
	{ "{" REST "}", "version" },
	{ "{\"version\":2," REST "}", "version" },
	{ "{\"version\":\"1\"," REST "}", "version" },
	{ "{\"version\":1,\"version\":1," REST "}", "twice" },
	{ "{\"version\":1," REST ",\"api_key\":\"sk-1\"}", "api_key" },
	{ "{\"version\":1," REST ",\"model\":7}", "model" },
	{ "{\"version\":1," REST ",\"model\":\"a b\"}", "model" },
	{ "{\"version\":1," REST ",\"args\":\"-x\"}", "args" },
	{ "{\"version\":1," REST ",\"args\":[1]}", "args" },
	{ "{\"version\":1," REST ",\"env\":[\"LD_PRELOAD=/x\"]}",
	    "LD_PRELOAD" },
	{ "{\"version\":1," REST ",\"endpoint_id\":\"http://evil.example\"}",
	    "endpoint_id" },
	{ "{\"version\":1," REST ",\"endpoint_url\":\"http://evil.example\"}",
	    "endpoint_url" },
	{ "{\"version\":1," REST ",\"endpoint_id\":\"https://a\","
	  "\"endpoint_url\":\"https://b\"}",
	    "endpoint_url" },
	{ "{\"version\":1," REST ",\"working_dir\":\"relative\"}",
	    "working_dir" },
	{ "{\"version\":1," REST ",\"working_dir\":\"/a/../b\"}",
	    "working_dir" },
	{ "{\"version\":1," REST ",\"total_runs\":-1}", "total_runs" },
	{ "{\"version\":1," REST ",\"total_runs\":1.5}", "total_runs" },
	{ "{\"version\":1," REST "} x", "" },
	{ "{\"version\":1,\"alias\":\"y\",\"agent_id\":\"claude\","
	  "\"provider_id\":\"anthropic\"}",
	    "alias" },
	{ "{\"version\":1,\"alias\":\"x\",\"agent_id\":\"No Such\","
	  "\"provider_id\":\"anthropic\"}",
	    "agent_id" },
	{ "{\"version\":1,\"alias\":\"x\",\"agent_id\":\"claude\","
	  "\"provider_id\":\"../anthropic\"}",
	    "provider_id" },
};

START_TEST(tells_damage)
{
	struct profile_entry *list;
	struct profile *p;
	struct stat before, after;
	const char *file;
	size_t n;

	ck_assert_int_eq(create(sample("a")), RL_OK);
	ck_assert_int_eq(create(sample("z")), RL_OK);
	file = in_home(DIR_NAME "/x.json");
	put(file, damaged[_i].text);
	ck_assert_int_eq(stat(file, &before), 0);

	ck_assert_int_eq(load("x", &p), RL_ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(why, file));
	ck_assert_msg(strstr(why, damaged[_i].says) != NULL, "%s", why);
	/* The others are listed, and so is this one. */
	ck_assert_int_eq(
	    profile_list(&paths, &list, &n, why, sizeof(why)), RL_OK);
	ck_assert_uint_eq(n, 3);
	ck_assert_str_eq(list[0].alias, "a");
	ck_assert_str_eq(list[1].alias, "x");
	ck_assert_str_eq(list[2].alias, "z");
	ck_assert_ptr_nonnull(list[0].profile);
	ck_assert_ptr_null(list[1].profile);
	ck_assert_ptr_nonnull(list[1].damage);
	ck_assert_ptr_nonnull(list[2].profile);
	profile_list_free(list, n);
	ck_assert_uint_eq(profile_count(&paths), 3);

	/* Nothing but an explicit removal takes it away. */
	ck_assert_int_eq(create(sample("x")), RL_ERR_EXISTS);
	ck_assert_int_eq(
	    profile_touch(&paths, "x", 1, 1, why, sizeof(why)), RL_ERR_INVALID);
	ck_assert_int_eq(stat(file, &after), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
	ck_assert_int_eq(before.st_size, after.st_size);
	ck_assert_int_eq(profile_remove(&paths, "x", why, sizeof(why)), RL_OK);
}
END_TEST

/* What manifests alone can tell is told when it is run or made. */
static const struct {
	const char *text;
	const char *says;
} not_to_run[] = {
	{ "{\"version\":1," REST ",\"env\":[\"ANTHROPIC_API_KEY=k\"]}",
	    "ANTHROPIC_API_KEY" },
	{ "{\"version\":1," REST ",\"endpoint_id\":\"nosuch\"}",
	    "endpoint_id: provider anthropic has no endpoint of that id, and "
	    "it is no https:// address: it has " },
	{ "{\"version\":1," REST ",\"grants\":[\"env ANTHROPIC_BASE_URL\"]}",
	    "ANTHROPIC_BASE_URL" },
	{ "{\"version\":1,\"alias\":\"x\",\"agent_id\":\"nosuch\","
	  "\"provider_id\":\"anthropic\"}",
	    "agent_id: there is no such agent; 'ringlet agents list' names "
	    "them: claude, codex, " },
	{ "{\"version\":1,\"alias\":\"x\",\"agent_id\":\"claude\","
	  "\"provider_id\":\"nosuch\"}",
	    "provider_id: there is no such provider; 'ringlet providers list' "
	    "names them; agent claude can use anthropic, " },
	{ "{\"version\":1,\"alias\":\"x\",\"agent_id\":\"claude\","
	  "\"provider_id\":\"openai\"}",
	    "provider_id: agent claude cannot use provider openai; agent "
	    "claude can use anthropic, " },
};

START_TEST(reads_what_cannot_run)
{
	struct profile *p;

	ck_assert_int_eq(create(sample("a")), RL_OK);
	put(in_home(DIR_NAME "/x.json"), not_to_run[_i].text);
	ck_assert_msg(load("x", &p) == RL_OK, "%s", why);
	ck_assert_int_eq(
	    profile_check(manifests, p, why, sizeof(why)), RL_ERR_INVALID);
	ck_assert_msg(strstr(why, not_to_run[_i].says) != NULL, "%s", why);
	profile_free(p);
	ck_assert_int_eq(profile_touch(&paths, "x", 1, 1, why, sizeof(why)),
	    RL_OK);
	ck_assert_int_eq(profile_remove(&paths, "x", why, sizeof(why)), RL_OK);
}
END_TEST

START_TEST(lists_profiles_alone)
{
	struct profile_entry *list;
	size_t n;

	ck_assert_int_eq(
	    profile_list(&paths, &list, &n, why, sizeof(why)), RL_OK);
	ck_assert_uint_eq(n, 0);
	profile_list_free(list, n);
	ck_assert_int_eq(create(sample("b.c")), RL_OK);
	put(in_home(DIR_NAME "/.new-0123"), "half");
	put(in_home(DIR_NAME "/notes.txt"), "x");
	put(in_home(DIR_NAME "/.json"), "x");
	put(in_home(DIR_NAME "/a b.json"), "x");
	ck_assert_int_eq(
	    profile_list(&paths, &list, &n, why, sizeof(why)), RL_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(list[0].alias, "b.c");
	profile_list_free(list, n);
}
END_TEST

START_TEST(follows_no_link)
{
	struct profile *p;
	const char *file, *elsewhere = in_home("elsewhere");

	ck_assert_int_eq(create(sample("a")), RL_OK);
	ck_assert_int_eq(rename(in_home(DIR_NAME "/a.json"), elsewhere), 0);
	file = in_home(DIR_NAME "/a.json");
	ck_assert_int_eq(symlink(elsewhere, file), 0);
	ck_assert_int_eq(load("a", &p), RL_ERR_DENIED);
	ck_assert_int_eq(create(sample("a")), RL_ERR_EXISTS);
	ck_assert_int_eq(unlink(file), 0);
	ck_assert_int_eq(symlink("/nonexistent", file), 0);
	ck_assert_int_eq(create(sample("a")), RL_ERR_EXISTS);
	ck_assert_int_eq(unlink(file), 0);
	/* A folder that others can write is not used. */
	ck_assert_int_eq(chmod(in_home(DIR_NAME), 0777), 0);
	ck_assert_int_eq(create(sample("a")), RL_ERR_DENIED);
}
END_TEST

static const char *const bad_aliases[] = {
	"",
	".",
	"..",
	"../x",
	".hidden",
	"-x",
	"a/b",
	"a b",
	"a\n",
	"\xc3\xa9",
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
};

START_TEST(refuses_aliases)
{
	const char *alias = bad_aliases[_i];
	struct profile *p;

	ck_assert_int_eq(create(sample(alias)), RL_ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(why, "alias"));
	ck_assert_int_eq(load(alias, &p), RL_ERR_INVALID);
	ck_assert_int_eq(
	    profile_remove(&paths, alias, why, sizeof(why)), RL_ERR_INVALID);
	ck_assert_int_eq(
	    profile_home_make(&paths, claude, alias, why, sizeof(why)),
	    RL_ERR_INVALID);
	ck_assert_int_eq(
	    profile_home_open(&paths, claude, alias, why, sizeof(why)),
	    RL_ERR_INVALID);
	ck_assert_int_eq(
	    profile_home_remove(&paths, claude->homes, alias, why, sizeof(why)),
	    RL_ERR_INVALID);
}
END_TEST

static const char *const bad_env[] = {
	"",
	"=x",
	"NOVALUE",
	"1A=x",
	"A-B=x",
	"A B=x",
	"HOME=/x",
	"USER=x",
	"LD_PRELOAD=x",
	"LD_LIBRARY_PATH=x",
	"GLIBC_TUNABLES=x",
	"GCONV_PATH=x",
	"BASH_ENV=x",
	"ENV=x",
	"NODE_OPTIONS=x",
	"PYTHONSTARTUP=x",
	"ANTHROPIC_API_KEY=sk-canary",
	"OPENAI_API_KEY=sk-canary",
	"ANTHROPIC_AUTH_TOKEN=sk-canary",
	"ANTHROPIC_BASE_URL=https://evil.example",
	"A=\xff",
};

START_TEST(refuses_variables)
{
	struct profile *p = sample("a");

	p->env = list_of(bad_env[_i]);
	ck_assert_int_eq(create(p), RL_ERR_INVALID);
	ck_assert_int_eq(strncmp(why, "env: ", 5), 0);
	/* An error never shows a value. */
	ck_assert_ptr_null(strstr(why, "canary"));
	ck_assert(!exists(in_home(DIR_NAME "/a.json")));
}
END_TEST

START_TEST(refuses_the_rest)
{
	struct profile *p;
	char *big;

	p = sample("a");
	p->env = xcalloc(3, sizeof(*p->env));
	p->env[0] = xstrdup("A=1");
	p->env[1] = xstrdup("A=2");
	ck_assert_int_eq(create(p), RL_ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(why, "twice"));

	big = xmalloc(40000);
	memset(big, 'a', 39999);
	big[39999] = '\0';
	p = sample("a");
	p->args = list_of(big);
	ck_assert_int_eq(create(p), RL_ERR_INVALID);
	free(big);

	p = sample("a");
	set(&p->provider_id, "openai");
	ck_assert_int_eq(create(p), RL_ERR_INVALID);
	p = sample("a");
	set(&p->endpoint_id, "nosuch");
	ck_assert_int_eq(create(p), RL_ERR_INVALID);
	p = sample("a");
	set(&p->model, "--x");
	ck_assert_int_eq(create(p), RL_ERR_INVALID);
	ck_assert(!exists(in_home(DIR_NAME)));
}
END_TEST

/* --- homes -------------------------------------------------------------------
 */

static int
make_home(void)
{
	why[0] = '\0';
	return profile_home_make(&paths, claude, "work", why, sizeof(why));
}

static int
remove_home(void)
{
	why[0] = '\0';
	return profile_home_remove(&paths, claude->homes, "work", why, sizeof(why));
}

START_TEST(makes_homes)
{
	struct stat st;
	char *path;
	int fd;

	umask(0);
	ck_assert_int_eq(make_home(), RL_OK);
	path = profile_home_path(&paths, claude, "work");
	ck_assert_str_eq(path, in_home(".claude-profiles/work"));
	free(path);
	ck_assert_int_eq(lstat(in_home(".claude-profiles"), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0700);
	ck_assert_int_eq(lstat(in_home(".claude-profiles/work"), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0700);

	fd = profile_home_open(&paths, claude, "work", why, sizeof(why));
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(close(fd), 0);
	ck_assert_int_eq(
	    profile_home_open(&paths, claude, "other", why, sizeof(why)),
	    RL_ERR_NOTFOUND);
}
END_TEST

START_TEST(homes_are_no_links)
{
	struct stat st;

	ck_assert_int_eq(mkdir(in_home("victim"), 0755), 0);
	put(in_home("victim/file"), "x");
	ck_assert_int_eq(mkdir(in_home(".claude-profiles"), 0700), 0);
	ck_assert_int_eq(
	    symlink(in_home("victim"), in_home(".claude-profiles/work")), 0);
	ck_assert_int_eq(make_home(), RL_ERR_DENIED);
	ck_assert_int_lt(
	    profile_home_open(&paths, claude, "work", why, sizeof(why)), 0);
	ck_assert_int_eq(remove_home(), RL_ERR_DENIED);
	ck_assert(exists(in_home("victim/file")));
	ck_assert_int_eq(stat(in_home("victim"), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0755);

	/* Nor is the folder above. */
	ck_assert_int_eq(unlink(in_home(".claude-profiles/work")), 0);
	ck_assert_int_eq(rmdir(in_home(".claude-profiles")), 0);
	ck_assert_int_eq(mkdir(in_home("victim/work"), 0700), 0);
	ck_assert_int_eq(symlink("victim", in_home(".claude-profiles")), 0);
	ck_assert_int_eq(make_home(), RL_ERR_DENIED);
	ck_assert_int_eq(remove_home(), RL_ERR_DENIED);
	ck_assert(exists(in_home("victim/work")));
}
END_TEST

START_TEST(removes_what_agents_leave)
{
	const char *home;
	struct stat st;

	ck_assert_int_eq(remove_home(), RL_ERR_NOTFOUND);
	ck_assert_int_eq(make_home(), RL_OK);
	home = in_home(".claude-profiles/work");
	ck_assert_int_eq(mkdir(in_home("victim"), 0755), 0);
	put(in_home("victim/file"), "x");
	ck_assert_int_eq(chmod(in_home("victim/file"), 0640), 0);

	/* Links to outside, folders without permissions, odd kinds. */
	ck_assert_int_eq(symlink(in_home("victim"),
			     in_home(".claude-profiles/work/dirlink")),
	    0);
	ck_assert_int_eq(symlink(in_home("victim/file"),
			     in_home(".claude-profiles/work/filelink")),
	    0);
	ck_assert_int_eq(link(in_home("victim/file"),
			     in_home(".claude-profiles/work/hardlink")),
	    0);
	ck_assert_int_eq(mkfifo(in_home(".claude-profiles/work/fifo"), 0), 0);
	ck_assert_int_eq(mkdir(in_home(".claude-profiles/work/d"), 0700), 0);
	ck_assert_int_eq(mkdir(in_home(".claude-profiles/work/d/e"), 0700), 0);
	put(in_home(".claude-profiles/work/d/e/f"), "x");
	ck_assert_int_eq(chmod(in_home(".claude-profiles/work/d/e"), 0), 0);
	ck_assert_int_eq(chmod(in_home(".claude-profiles/work/d"), 0), 0);
	ck_assert_int_eq(chmod(home, 0), 0);
	ck_assert_int_eq(remove_home(), RL_OK);
	ck_assert(!exists(in_home(".claude-profiles/work")));
	ck_assert(exists(in_home(".claude-profiles")));
	ck_assert_int_eq(stat(in_home("victim"), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0755);
	ck_assert_int_eq(stat(in_home("victim/file"), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0640);
	ck_assert_int_eq(remove_home(), RL_ERR_NOTFOUND);
}
END_TEST

START_TEST(removes_deep_trees)
{
	int fd, next, i;

	ck_assert_int_eq(make_home(), RL_OK);
	fd = open(in_home(".claude-profiles/work"), O_RDONLY | O_DIRECTORY);
	ck_assert_int_ge(fd, 0);
	/* A name that the removal would choose itself. */
	ck_assert_int_eq(mkdirat(fd, ".ringlet-removed-0", 0700), 0);
	/* Deeper than descriptors, or a path name, would reach. */
	for (i = 0; i < 5000; i++) {
		ck_assert_int_eq(mkdirat(fd, "d", 0700), 0);
		next = openat(fd, "d", O_RDONLY | O_DIRECTORY);
		ck_assert_int_ge(next, 0);
		if (i % 100 == 0) {
			int f = openat(fd, "f", O_CREAT | O_WRONLY, 0600);

			ck_assert_int_ge(f, 0);
			close(f);
		}
		close(fd);
		fd = next;
	}
	close(fd);
	ck_assert_msg(remove_home() == RL_OK, "%s", why);
	ck_assert(!exists(in_home(".claude-profiles/work")));
}
END_TEST

START_TEST(removes_wide_trees)
{
	char name[32];
	int fd, f, i;

	ck_assert_int_eq(make_home(), RL_OK);
	fd = open(in_home(".claude-profiles/work"), O_RDONLY | O_DIRECTORY);
	ck_assert_int_ge(fd, 0);
	for (i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		f = openat(fd, name, O_CREAT | O_WRONLY, 0600);
		ck_assert_int_ge(f, 0);
		close(f);
	}
	close(fd);
	ck_assert_int_eq(remove_home(), RL_OK);
	ck_assert(!exists(in_home(".claude-profiles/work")));
}
END_TEST

#define NELEM(a) (int)(sizeof(a) / sizeof((a)[0]))

int
main(void)
{
	Suite *s = suite_create("profile");
	TCase *tc = tcase_create("profile");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, keeps_profiles);
	tcase_add_loop_test(tc, tells_damage, 0, NELEM(damaged));
	tcase_add_loop_test(tc, reads_what_cannot_run, 0, NELEM(not_to_run));
	tcase_add_test(tc, lists_profiles_alone);
	tcase_add_test(tc, follows_no_link);
	tcase_add_loop_test(tc, refuses_aliases, 0, NELEM(bad_aliases));
	tcase_add_loop_test(tc, refuses_variables, 0, NELEM(bad_env));
	tcase_add_test(tc, refuses_the_rest);
	tcase_add_test(tc, makes_homes);
	tcase_add_test(tc, homes_are_no_links);
	tcase_add_test(tc, removes_what_agents_leave);
	tcase_add_test(tc, removes_deep_trees);
	tcase_add_test(tc, removes_wide_trees);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
