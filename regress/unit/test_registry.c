/*
 * Registries: registry.json and its names, the store of versions, and that an
 * installation which is stopped at any call leaves the version before or the
 * new one.
 */

#include "config.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "err.h"
#include "paths.h"
#include "registry-store.h"
#include "secret.h"
#include "xmalloc.h"

/* --- a stop at the n-th call that changes something --- */

static long calls;   /* so far */
static long stop_at; /* 0: never */

static void
step(void)
{
	if (stop_at != 0 && ++calls == stop_at)
		(void)kill(getpid(), SIGKILL);
}

#define NAMED(name) __asm__(name)

int real_openat(int, const char *, int, ...) NAMED("__real_openat");
int wrap_openat(int, const char *, int, ...) NAMED("__wrap_openat");
ssize_t real_write(int, const void *, size_t) NAMED("__real_write");
ssize_t wrap_write(int, const void *, size_t) NAMED("__wrap_write");
int real_fsync(int) NAMED("__real_fsync");
int wrap_fsync(int) NAMED("__wrap_fsync");
int real_mkdirat(int, const char *, mode_t) NAMED("__real_mkdirat");
int wrap_mkdirat(int, const char *, mode_t) NAMED("__wrap_mkdirat");
int real_renameat(int, const char *, int, const char *)
    NAMED("__real_renameat");
int wrap_renameat(int, const char *, int, const char *)
    NAMED("__wrap_renameat");
int real_unlinkat(int, const char *, int) NAMED("__real_unlinkat");
int wrap_unlinkat(int, const char *, int) NAMED("__wrap_unlinkat");

int
wrap_openat(int dir, const char *name, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if (flags & O_CREAT) {
		step();
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	return real_openat(dir, name, flags, mode);
}

ssize_t
wrap_write(int fd, const void *p, size_t len)
{
	step();
	return real_write(fd, p, len);
}

int
wrap_fsync(int fd)
{
	step();
	return real_fsync(fd);
}

int
wrap_mkdirat(int dir, const char *name, mode_t mode)
{
	step();
	return real_mkdirat(dir, name, mode);
}

int
wrap_renameat(int a, const char *from, int b, const char *to)
{
	step();
	return real_renameat(a, from, b, to);
}

int
wrap_unlinkat(int dir, const char *name, int flags)
{
	step();
	return real_unlinkat(dir, name, flags);
}

/* --- a world --- */

static struct {
	char root[64];
	struct paths paths;
	struct registry_trust trust;
	struct minisign_key key;
	uint8_t sk[crypto_sign_SECRETKEYBYTES];
	char why[2048];
} w;

static void
setup(void)
{
	memset(&w, 0, sizeof(w));
	strlcpy(w.root, "/tmp/ringlet-registry-XXXXXX", sizeof(w.root));
	ck_assert_ptr_nonnull(mkdtemp(w.root));
	w.paths.registry_dir = xasprintf("%s/store", w.root);
	w.paths.registry_lock = xasprintf("%s/store/registry.lock", w.root);
	crypto_sign_keypair(w.key.key, w.sk);
	randombytes_buf(w.key.id, sizeof(w.key.id));
	w.trust.keys = &w.key;
	w.trust.nkeys = 1;
	w.trust.url = "/somewhere";
	w.trust.channel = "";
}

static void
teardown(void)
{
	char *command[] = { (char[]){ "rm" }, (char[]){ "-rf" }, w.root, NULL };
	pid_t pid = fork();

	if (pid == 0) {
		execv("/bin/rm", command);
		_exit(127);
	}
	(void)waitpid(pid, NULL, 0);
	free(w.paths.registry_dir);
	free(w.paths.registry_lock);
}

static void
put(const char *name, const char *text, size_t len)
{
	char *path = xasprintf("%s/%s", w.root, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(paths_write_all(fd, text, len), 0);
	close(fd);
	free(path);
}

/* The signature of a text, in the older form; for free(). */
static char *
sign(const char *text)
{
	uint8_t raw[2 + 8 + 64], both[64 + 1], global[64];
	char a[128], b[128];

	memcpy(raw, "Ed", 2);
	memcpy(raw + 2, w.key.id, 8);
	crypto_sign_detached(
	    raw + 10, NULL, (const uint8_t *)text, strlen(text), w.sk);
	memcpy(both, raw + 10, 64);
	both[64] = 'x';
	crypto_sign_detached(global, NULL, both, sizeof(both), w.sk);
	sodium_bin2base64(
	    a, sizeof(a), raw, sizeof(raw), sodium_base64_VARIANT_ORIGINAL);
	sodium_bin2base64(b, sizeof(b), global, sizeof(global),
	    sodium_base64_VARIANT_ORIGINAL);
	return xasprintf(
	    "untrusted comment: y\n%s\ntrusted comment: x\n%s\n", a, b);
}

static const char agent[] =
    "{\"schema\":1,\"id\":\"acme\",\"name\":\"Acme\",\"binary\":\"acme\","
    "\"home_folder\":\".acme-profiles\",\"provider_types\":[\"anthropic\"],"
    "\"environment\":[{\"value\":\"${key}\"}]}";

/*
 * Puts version serial into the folder in/, and opens that.  extra makes the
 * content another one.
 */
static int
publish(long long serial, const char *channel, const char *extra)
{
	struct registry_file files[2] = { { .size = 0 } };
	struct registry_index x = { .name = (char[]){ "acme" },
		.channel = xstrdup(channel),
		.version = xasprintf("v%lld", serial),
		.serial = serial,
		.files = files,
		.nfiles = 2 };
	char *dir = xasprintf("%s/in", w.root), *sub, *text, *sig, *more;
	int fd;

	more =
	    xasprintf("{\"schema\":1,\"id\":\"more\",\"name\":\"More%s %lld\","
		      "\"type\":\"anthropic\",\"auth_variable\":\"K\","
		      "\"endpoints\":[{\"id\":\"x\",\"url\":"
		      "\"https://x.example\"}],\"default_endpoint\":\"x\"}",
		extra, serial);
	(void)mkdir(dir, 0700);
	for (int i = 0; i < 2; i++) {
		sub = xasprintf("%s/%s", dir, i == 0 ? "agents" : "providers");
		(void)mkdir(sub, 0700);
		free(sub);
	}
	put("in/agents/acme.json", agent, strlen(agent));
	put("in/providers/more.json", more, strlen(more));
	strlcpy(files[0].path, "agents/acme.json", sizeof(files[0].path));
	strlcpy(files[1].path, "providers/more.json", sizeof(files[1].path));
	registry_file_hash(&files[0], agent, strlen(agent));
	registry_file_hash(&files[1], more, strlen(more));
	text = registry_index_format(&x);
	sig = sign(text);
	put("in/" REGISTRY_INDEX, text, strlen(text));
	put("in/" REGISTRY_SIG, sig, strlen(sig));
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ne(fd, -1);
	free(more);
	free(text);
	free(sig);
	free(x.version);
	free(x.channel);
	free(dir);
	return fd;
}

static int
install(int dir, const char *want, bool force, bool *unchanged)
{
	struct registry_bundle *b = NULL;
	struct registry_done done;
	int r;

	w.why[0] = '\0';
	r = registry_install(&w.paths, &w.trust, dir, want, force, &done, &b,
	    w.why, sizeof(w.why));
	ck_assert((r == 0) == (b != NULL));
	ck_assert((r != 0) == (w.why[0] != '\0'));
	if (unchanged != NULL)
		*unchanged = done.unchanged;
	registry_bundle_free(b);
	close(dir);
	return r;
}

/* The serial of what is used: 0 for none, negative for an error. */
static long long
used(void)
{
	struct registry_bundle *b;
	long long serial;
	int r;

	r = registry_current(&w.paths, &w.trust, &b, w.why, sizeof(w.why));
	if (r != 0)
		return r == RL_ERR_NOTFOUND ? 0 : r;
	serial = b->index.serial;
	registry_bundle_free(b);
	return serial;
}

static int
pin(const char *ref)
{
	bool switched;

	return registry_pin(
	    &w.paths, &w.trust, ref, &switched, w.why, sizeof(w.why));
}

/* How many versions lie in the store, half ones among them. */
static int
folders(void)
{
	char *command =
	    xasprintf("exit $(ls -A '%s' | grep -vc '^registry.lock')",
		w.paths.registry_dir);
	int status = system(command);

	free(command);
	return WEXITSTATUS(status);
}

/* --- the store --- */

START_TEST(comes_and_goes)
{
	bool unchanged;

	ck_assert_int_eq(used(), 0);
	for (long long i = 1; i <= 5; i++) {
		ck_assert_int_eq(
		    install(publish(i, "stable", ""), "", false, &unchanged),
		    0);
		ck_assert(!unchanged);
		ck_assert_int_eq(used(), i);
		ck_assert_int_eq(
		    folders(), i < REGISTRY_KEEP ? (int)i : REGISTRY_KEEP);
	}
	ck_assert_int_eq(
	    install(publish(5, "stable", ""), "", false, &unchanged), 0);
	ck_assert(unchanged);
	ck_assert_int_eq(
	    install(publish(5, "stable", ""), "", true, &unchanged), 0);
	ck_assert(!unchanged);
	ck_assert_int_eq(used(), 5);
	ck_assert_int_eq(folders(), REGISTRY_KEEP);
}
END_TEST

START_TEST(never_back)
{
	ck_assert_int_eq(install(publish(2, "stable", ""), "", false, NULL), 0);
	ck_assert_int_eq(
	    install(publish(1, "stable", ""), "", false, NULL), RL_ERR_DENIED);
	ck_assert_int_eq(
	    install(publish(1, "stable", ""), "", true, NULL), RL_ERR_DENIED);
	/* A pin of the asker permits nothing. */
	ck_assert_int_eq(install(publish(1, "stable", ""), "v1", false, NULL),
	    RL_ERR_DENIED);
	ck_assert_int_eq(
	    install(publish(2, "stable", "x"), "", false, NULL), RL_ERR_DENIED);
	ck_assert_ptr_nonnull(strstr(w.why, "other content"));
	/* Nor does the channel of another change it unsaid. */
	ck_assert_int_eq(
	    install(publish(9, "beta", ""), "", false, NULL), RL_ERR_DENIED);
	w.trust.channel = "stable";
	ck_assert_int_eq(
	    install(publish(9, "beta", ""), "", false, NULL), RL_ERR_DENIED);
	w.trust.channel = "beta";
	ck_assert_int_eq(install(publish(1, "beta", ""), "", false, NULL), 0);
	w.trust.channel = "stable";
	ck_assert_int_eq(
	    install(publish(1, "stable", ""), "", false, NULL), RL_ERR_DENIED);
	ck_assert_int_eq(install(publish(2, "stable", ""), "", false, NULL), 0);
	ck_assert_int_eq(used(), 2);
}
END_TEST

START_TEST(pins)
{
	ck_assert_int_eq(install(publish(1, "stable", ""), "", false, NULL), 0);
	ck_assert_int_eq(install(publish(2, "stable", ""), "", false, NULL), 0);
	ck_assert_int_eq(pin("../x"), RL_ERR_INVALID);
	ck_assert_int_eq(pin("1"), 0);
	ck_assert_int_eq(used(), 1);
	ck_assert_int_eq(
	    install(publish(3, "stable", ""), "", false, NULL), RL_ERR_DENIED);
	ck_assert_int_eq(install(publish(1, "stable", ""), "", false, NULL), 0);
	ck_assert_int_eq(install(publish(1, "stable", ""), "v2", false, NULL),
	    RL_ERR_DENIED);
	ck_assert_int_eq(pin(""), 0);
	/* It is used already, so it is no step back. */
	ck_assert_int_eq(install(publish(1, "stable", ""), "", false, NULL), 0);
	ck_assert_int_eq(install(publish(3, "stable", ""), "", false, NULL), 0);
	ck_assert_int_eq(
	    install(publish(1, "stable", ""), "", false, NULL), RL_ERR_DENIED);
	ck_assert_int_eq(used(), 3);
	/* What cannot be verified is not pinned to: what is used stays. */
	w.trust.nkeys = 0;
	ck_assert_int_eq(pin("v2"), RL_ERR_DENIED);
	w.trust.nkeys = 1;
	ck_assert_int_eq(used(), 3);
}
END_TEST

START_TEST(keys)
{
	struct minisign_key other = w.key;

	w.trust.nkeys = 0;
	ck_assert_int_eq(
	    install(publish(1, "stable", ""), "", false, NULL), RL_ERR_DENIED);
	ck_assert_ptr_nonnull(strstr(w.why, "RegistryKey is not set"));
	w.trust.nkeys = 1;
	ck_assert_int_eq(install(publish(1, "stable", ""), "", false, NULL), 0);
	/* Of the same id, and another key. */
	other.key[0] ^= 1;
	w.trust.keys = &other;
	ck_assert_int_eq(used(), RL_ERR_DAMAGED);
	other.id[0] ^= 1;
	ck_assert_int_eq(used(), RL_ERR_DENIED);
	w.trust.nkeys = 0;
	ck_assert_int_eq(used(), RL_ERR_DENIED);
}
END_TEST

/* The folder of the version that was installed i-th from last; for free(). */
static char *
folder_of(size_t i)
{
	struct registry_lock l;
	char *path;

	ck_assert_int_eq(
	    registry_lock_load(&w.paths, &l, w.why, sizeof(w.why)), 0);
	ck_assert_uint_lt(i, l.nversions);
	path = xasprintf("%s/%s", w.paths.registry_dir, l.versions[i].folder);
	registry_lock_free(&l);
	return path;
}

/* An old version, whole and signed, in the folder of the one that is used. */
START_TEST(exchanged)
{
	char *new, *old, *aside = xasprintf("%s/aside", w.root);

	ck_assert_int_eq(install(publish(1, "stable", ""), "", false, NULL), 0);
	ck_assert_int_eq(install(publish(2, "stable", ""), "", false, NULL), 0);
	new = folder_of(0);
	old = folder_of(1);
	ck_assert_int_eq(rename(new, aside), 0);
	ck_assert_int_eq(used(), RL_ERR_SYSTEM);
	ck_assert_int_eq(rename(old, new), 0);
	ck_assert_int_eq(used(), RL_ERR_DAMAGED);
	ck_assert_ptr_nonnull(strstr(w.why, "another version"));
	ck_assert_int_eq(pin("v1"), RL_ERR_SYSTEM);
	/* Another installation mends it. */
	ck_assert_int_eq(install(publish(2, "stable", ""), "", false, NULL), 0);
	ck_assert_int_eq(used(), 2);
	free(new);
	free(old);
	free(aside);
}
END_TEST

/* Any call that changes the file system may be the last. */
START_TEST(stopped_anywhere)
{
	int status, dir;
	long n;
	pid_t pid;

	ck_assert_int_eq(install(publish(1, "stable", ""), "", false, NULL), 0);
	for (n = 1;; n++) {
		long long now, was = used(), next = was + 1;

		ck_assert_int_ge(was, 1);
		dir = publish(next, "stable", "");
		if ((pid = fork()) == 0) {
			stop_at = n;
			_exit(install(dir, "", false, NULL) == 0 ? 0 : 1);
		}
		close(dir);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		now = used();
		if (now != was && now != next)
			ck_abort_msg("after a stop at call %ld: %lld (%s)", n,
			    now, w.why);
		/* And it does not stand in the way of the next one. */
		ck_assert_int_eq(
		    install(publish(next, "stable", ""), "", false, NULL), 0);
		ck_assert_int_eq(used(), next);
		ck_assert_int_le(folders(), REGISTRY_KEEP);
		if (WIFEXITED(status)) {
			ck_assert_int_eq(WEXITSTATUS(status), 0);
			break;
		}
		ck_assert_int_eq(WTERMSIG(status), SIGKILL);
	}
	/* Folders, files, their syncs, two renames, what is removed. */
	ck_assert_int_ge(n, 20);
}
END_TEST

START_TEST(lock_is_strict)
{
	static const char *const bad[] = { "", "{}", "[]",
		"{\"schema\":1,\"pin\":\"\",\"url\":\"\",\"versions\":[]}",
		"{\"schema\":2,\"pin\":\"\",\"url\":\"\",\"versions\":[],"
		"\"marks\":[]}",
		"{\"schema\":1,\"pin\":\"../x\",\"url\":\"\",\"versions\":[],"
		"\"marks\":[]}",
		"{\"schema\":1,\"pin\":\"\",\"url\":\"\",\"versions\":[7],"
		"\"marks\":[]}",
		"{\"schema\":1,\"pin\":\"\",\"url\":\"\",\"versions\":[{}],"
		"\"marks\":[]}",
		"{\"schema\":1,\"pin\":\"\",\"url\":\"\",\"versions\":[{"
		"\"folder\":\"..\",\"id\":\"1-00000000\",\"name\":\"a\","
		"\"version\":\"1\",\"channel\":\"a\",\"sha256\":\"0\","
		"\"key\":\"0\",\"serial\":1,\"installed_at\":0}],"
		"\"marks\":[]}" };
	struct registry_lock l;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		w.why[0] = '\0';
		if (registry_lock_parse(bad[i], strlen(bad[i]), &l, w.why,
			sizeof(w.why)) != RL_ERR_DAMAGED ||
		    w.why[0] == '\0')
			ck_abort_msg("%s", bad[i]);
		registry_lock_free(&l);
	}
	ck_assert_int_eq(install(publish(1, "stable", ""), "", false, NULL), 0);
	put("store/registry.lock", "{", 1);
	ck_assert_int_eq(used(), RL_ERR_DAMAGED);
	ck_assert_int_eq(
	    install(publish(2, "stable", ""), "", false, NULL), RL_ERR_DAMAGED);
	ck_assert_ptr_nonnull(strstr(w.why, "registry.lock"));
}
END_TEST

/* --- names --- */

START_TEST(paths_in_it)
{
	static const char *const good[] = { "agents/a.json",
		"providers/minimax-openai.json", "agents/a.b_c-1.json" };
	static const char *const bad[] = { "", "agents", "agents/",
		"agents/.json", "agents/../x.json", "../agents/x.json",
		"/agents/x.json", "agents//x.json", "agents/x.json/",
		"agents/x.JSON", "agents/X.json", "agents/x", "x.json",
		"agents/a/b.json", "agents/.x.json", "agents/x y.json",
		"agents/x\n.json", "agents/\xe2\x80\xae.json", "Agents/x.json",
		"agents\\x.json", "registry.json", "agents/-x.json" };
	char name[400], id[65];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ck_assert_msg(registry_path_ok(good[i]), "%s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!registry_path_ok(bad[i]), "%s", bad[i]);
	for (int n = 60; n < 320; n++) {
		snprintf(name, sizeof(name), "agents/%0*d.json", n, 0);
		ck_assert_int_eq(registry_path_ok(name), n <= 64);
	}
	ck_assert_str_eq(
	    registry_path_id("providers/x.y.json", id, sizeof(id)), "x.y");
}
END_TEST

START_TEST(places)
{
	static const struct {
		const char *url;
		enum registry_where where;
	} rows[] = {
		{ "https://reg.example/x", REGISTRY_HTTPS },
		{ "https://reg.example:8443", REGISTRY_HTTPS },
		{ "https://[2001:db8::1]:1/x", REGISTRY_HTTPS },
		{ "http://127.0.0.1:80/x", REGISTRY_HTTP },
		{ "http://[::1]:80/x", REGISTRY_HTTP },
		{ "http://localhost/x", REGISTRY_HTTP },
		{ "file:///srv/x", REGISTRY_FILE },
		{ "/srv/x", REGISTRY_FOLDER },
		{ "", REGISTRY_NOWHERE },
		{ "https://", REGISTRY_NOWHERE },
		{ "https:///x", REGISTRY_NOWHERE },
		{ "HTTPS://x/", REGISTRY_NOWHERE },
		{ "https://u@x/", REGISTRY_NOWHERE },
		{ "https://x/?q", REGISTRY_NOWHERE },
		{ "https://x/#f", REGISTRY_NOWHERE },
		{ "https://x y/", REGISTRY_NOWHERE },
		{ "https://x/a/../b", REGISTRY_NOWHERE },
		{ "https://x:/", REGISTRY_NOWHERE },
		{ "https://x:123456/", REGISTRY_NOWHERE },
		{ "https://x:1a/", REGISTRY_NOWHERE },
		{ "https://x\\y/", REGISTRY_NOWHERE },
		{ "https://\xc3\xa9/", REGISTRY_NOWHERE },
		{ "http://x/", REGISTRY_NOWHERE },
		{ "http://127.0.0.1.x/", REGISTRY_NOWHERE },
		{ "http://localhost.x/", REGISTRY_NOWHERE },
		{ "http://127.0.0.1@x/", REGISTRY_NOWHERE },
		{ "http://127.0.0.2/", REGISTRY_NOWHERE },
		{ "file://srv/x", REGISTRY_NOWHERE },
		{ "file:///srv/../x", REGISTRY_NOWHERE },
		{ "ftp://x/", REGISTRY_NOWHERE },
		{ "srv/x", REGISTRY_NOWHERE },
		{ "/srv/../x", REGISTRY_NOWHERE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(registry_url_where(rows[i].url) == rows[i].where,
		    "%s", rows[i].url);
}
END_TEST

START_TEST(references)
{
	const char *sha = "0123456789abcdef0123456789abcdef"
			  "0123456789abcdef0123456789abcdef";

	ck_assert(registry_ref_is("v1", "v1", 12, "12-01234567", sha));
	ck_assert(registry_ref_is("12", "v1", 12, "12-01234567", sha));
	ck_assert(registry_ref_is("12-01234567", "v1", 12, "12-01234567", sha));
	ck_assert(registry_ref_is(sha, "v1", 12, "12-01234567", sha));
	ck_assert(!registry_ref_is("1", "v1", 12, "12-01234567", sha));
	ck_assert(!registry_ref_is("12-0", "v1", 12, "12-01234567", sha));
	ck_assert(!registry_ref_is("", "v1", 12, "12-01234567", sha));
	ck_assert(registry_ref_ok(sha));
	ck_assert(!registry_ref_ok(""));
	ck_assert(!registry_ref_ok("a/b"));
	ck_assert(!registry_ref_ok("TYPO"));
	ck_assert(registry_ref_ok("v1"));
}
END_TEST

/* A text with what `from` is replaced by `to`; for free(). */
static char *
replaced(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);

	ck_assert_ptr_nonnull(at);
	return xasprintf(
	    "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

START_TEST(index_is_strict)
{
	static const char *const changes[][2] = {
		{ "\"schema\": 1", "\"schema\": 2" },
		{ "\"serial\": 7", "\"serial\": 0" },
		{ "\"serial\": 7", "\"serial\": -1" },
		{ "\"serial\": 7", "\"serial\": 1e3" },
		{ "\"serial\": 7", "\"serial\": 99999999999" },
		{ "\"name\": \"acme\"", "\"name\": \"a b\"" },
		{ "\"name\": \"acme\"", "\"name\": \"\"" },
		{ "\"version\": \"v7\"", "\"version\": \"../7\"" },
		{ "\"channel\": \"stable\"", "\"channel\": \"a/b\"" },
		{ "\"channel\": \"stable\"", "\"chanel\": \"stable\"" },
		{ "agents/acme.json", "agents/../acme.json" },
		{ "agents/acme.json", "/etc/passwd" },
		{ "agents/acme.json", "agents/a\\u0000.json" },
		{ "agents/acme.json", "providers/more.json" },
		{ "\"size\": ", "\"size\": 13107300" },
		{ "\"size\": ", "\"size\": -" },
		{ "\"sha256\": \"", "\"sha256\": \"0" },
		{ "\"blake2b\": \"", "\"blake2b\": \"G" },
		{ "\"files\": [", "\"files\": [[]," },
		{ "\"files\": [", "\"x\": [" },
		{ "{", "{\"name\": \"twice\"," },
	};
	struct registry_index x;
	char *path = xasprintf("%s/in/" REGISTRY_INDEX, w.root), *text, *bad;
	size_t len;

	close(publish(7, "stable", ""));
	ck_assert_int_eq(paths_read_file(path, 65536, &text, &len), 0);
	ck_assert_int_eq(
	    registry_index_parse(text, len, &x, w.why, sizeof(w.why)), 0);
	ck_assert_int_eq(x.nfiles, 2);
	ck_assert_int_eq(strncmp(x.id, "7-", 2), 0);
	registry_index_free(&x);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		bad = replaced(text, changes[i][0], changes[i][1]);
		if (registry_index_parse(bad, strlen(bad), &x, w.why,
			sizeof(w.why)) != RL_ERR_INVALID)
			ck_abort_msg("%s", changes[i][1]);
		registry_index_free(&x);
		free(bad);
	}
	for (size_t i = 0; i < len - 2; i++) {
		ck_assert_int_ne(
		    registry_index_parse(text, i, &x, w.why, sizeof(w.why)), 0);
		registry_index_free(&x);
	}
	free(text);
	free(path);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("registry");
	TCase *tc = tcase_create("registry");
	SRunner *sr;
	int failed;

	secret_init();
	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, comes_and_goes);
	tcase_add_test(tc, never_back);
	tcase_add_test(tc, pins);
	tcase_add_test(tc, keys);
	tcase_add_test(tc, exchanged);
	tcase_add_test(tc, stopped_anywhere);
	tcase_add_test(tc, lock_is_strict);
	tcase_add_test(tc, paths_in_it);
	tcase_add_test(tc, places);
	tcase_add_test(tc, references);
	tcase_add_test(tc, index_is_strict);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
