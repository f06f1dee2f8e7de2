/*
 * Where things are, by every variable that has a say; folders that must be
 * private; files replaced whole or not at all.  Each test has its own folder.
 */

#include "config.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "paths.h"
#include "suites.h"

static char top[] = "/tmp/ringlet-paths-XXXXXX";

static const char *const vars[] = { "HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME",
	"XDG_STATE_HOME", "XDG_RUNTIME_DIR", "RINGLET_CONFIG_DIR",
	"RINGLET_DATA_DIR", "RINGLET_STATE_DIR", "RINGLET_RUNTIME_DIR",
	"RINGLET_LIBEXEC_DIR" };

static void
setup(void)
{
	for (size_t i = 0; i < sizeof(vars) / sizeof(*vars); i++)
		unsetenv(vars[i]);
	umask(022);
	ck_assert_ptr_nonnull(mkdtemp(top));
	ck_assert_int_eq(chdir(top), 0);
}

static void
teardown(void)
{
	char cmd[64];

	ck_assert_int_eq(chdir("/"), 0);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", top);
	ck_assert_int_eq(system(cmd), 0);
}

/* A name inside the test's folder; the last four stay valid. */
static const char *
in_top(const char *name)
{
	static char s[4][4096];
	static unsigned i;

	i = (i + 1) % 4;
	snprintf(s[i], sizeof(s[i]), "%s/%s", top, name);
	return s[i];
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	ck_assert_msg(lstat(path, &st) == 0, "%s: %s", path, strerror(errno));
	return st.st_mode & 07777;
}

static void
put_file(const char *path, const char *text)
{
	FILE *f;

	ck_assert_ptr_nonnull(f = fopen(path, "w"));
	fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
}

/* How many entries dir has, hidden ones included. */
static int
count_entries(const char *dir)
{
	DIR *d;
	int n = 0;

	ck_assert_ptr_nonnull(d = opendir(dir));
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 2;
}

START_TEST(defaults)
{
	struct paths p;
	const char *bad;

	setenv("HOME", "/home/u", 1);
	setenv("XDG_RUNTIME_DIR", "/run/u", 1);
	ck_assert_int_eq(paths_init(&p, &bad), 0);
	ck_assert_str_eq(p.home, "/home/u");
	ck_assert_str_eq(p.config_dir, "/home/u/.config/ringlet");
	ck_assert_str_eq(p.data_dir, "/home/u/.local/share/ringlet");
	ck_assert_str_eq(p.state_dir, "/home/u/.local/state/ringlet");
	ck_assert_str_eq(p.runtime_dir, "/run/u/ringlet");
	ck_assert_str_eq(p.conf_file, "/home/u/.config/ringlet/ringlet.conf");
	ck_assert_str_eq(p.token_file, "/home/u/.config/ringlet/http_token");
	ck_assert_str_eq(p.profile_dir, "/home/u/.config/ringlet/profiles");
	ck_assert_str_eq(
	    p.log_file, "/home/u/.local/state/ringlet/ringlet.log");
	ck_assert_str_eq(p.control_sock, "/run/u/ringlet/control.sock");
	ck_assert_str_eq(p.lock_file, "/run/u/ringlet/ringlet.lock");
	ck_assert_str_eq(p.libexec_dir, RINGLET_LIBEXECDIR);
	ck_assert_str_eq(p.ringletd, RINGLET_SBINDIR "/ringletd");
	ck_assert_str_eq(p.monitor, RINGLET_LIBEXECDIR "/ringlet-monitor");
	ck_assert_str_eq(p.sandboxer, RINGLET_LIBEXECDIR "/ringlet-sandboxer");
	ck_assert_str_eq(p.jail_init, RINGLET_LIBEXECDIR "/ringlet-jail-init");
	ck_assert_str_eq(
	    p.jail_check, RINGLET_LIBEXECDIR "/ringlet-jail-check");
	ck_assert_str_eq(p.keychain, RINGLET_LIBEXECDIR "/ringlet-keychain");
	paths_free(&p);
	paths_free(&p);
	paths_free(NULL);
}
END_TEST

START_TEST(variables)
{
	struct paths p;
	const char *bad;

	setenv("HOME", "/home/u", 1);
	setenv("XDG_CONFIG_HOME", "/x//config/./", 1);
	setenv("XDG_DATA_HOME", "/", 1);
	setenv("XDG_STATE_HOME", "", 1);
	setenv("RINGLET_RUNTIME_DIR", "/tmp/r/", 1);
	setenv("RINGLET_LIBEXEC_DIR", "/tree/build", 1);
	ck_assert_int_eq(paths_init(&p, &bad), 0);
	ck_assert_str_eq(p.config_dir, "/x/config/ringlet");
	ck_assert_str_eq(p.data_dir, "/ringlet");
	ck_assert_str_eq(p.state_dir, "/home/u/.local/state/ringlet");
	ck_assert_str_eq(p.runtime_dir, "/tmp/r");
	ck_assert_str_eq(p.ringletd, "/tree/build/ringletd");
	ck_assert_str_eq(p.monitor, "/tree/build/ringlet-monitor");
	ck_assert_str_eq(p.keychain, "/tree/build/ringlet-keychain");
	paths_free(&p);

	setenv("RINGLET_CONFIG_DIR", "/over/ride", 1);
	ck_assert_int_eq(paths_init(&p, &bad), 0);
	ck_assert_str_eq(p.config_dir, "/over/ride");
	ck_assert_str_eq(p.token_file, "/over/ride/http_token");
	paths_free(&p);
}
END_TEST

START_TEST(refuses_relative)
{
	struct paths p;
	const char *bad, *name = vars[_i];
	static const char *const values[] = { "x", "./x", "../x", "/a/../b",
		"/..", "~" };

	setenv("HOME", "/home/u", 1);
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		setenv(name, values[i], 1);
		ck_assert_int_eq(paths_init(&p, &bad), RL_ERR_INVALID);
		ck_assert_str_eq(bad, name);
	}
}
END_TEST

/* A HOME that cannot be meant gives way to the password file. */
START_TEST(home_from_password_file)
{
	struct paths p;
	const char *bad;

	setenv("HOME", "relative", 1);
	ck_assert_int_eq(paths_init(&p, &bad), 0);
	ck_assert_int_eq(p.home[0], '/');
	ck_assert_ptr_null(strstr(p.home, "relative"));
	paths_free(&p);
	unsetenv("HOME");
	ck_assert_int_eq(paths_init(&p, &bad), 0);
	ck_assert_int_eq(p.home[0], '/');
	paths_free(&p);
}
END_TEST

START_TEST(runtime_without_xdg)
{
	struct paths p;
	struct stat st;
	char run[64], want[128];
	const char *bad;

	setenv("RINGLET_STATE_DIR", "/st", 1);
	snprintf(run, sizeof(run), "/run/user/%u", (unsigned)geteuid());
	if (lstat(run, &st) == 0 && S_ISDIR(st.st_mode) &&
	    st.st_uid == geteuid())
		snprintf(want, sizeof(want), "%s/ringlet", run);
	else
		snprintf(want, sizeof(want), "/st/run");
	ck_assert_int_eq(paths_init(&p, &bad), 0);
	ck_assert_str_eq(p.runtime_dir, want);
	paths_free(&p);
}
END_TEST

START_TEST(makes_private_dir)
{
	ck_assert_int_eq(paths_make_private_dir(in_top("a/b/c")), 0);
	ck_assert_uint_eq(mode_of(in_top("a")), 0700);
	ck_assert_uint_eq(mode_of(in_top("a/b")), 0700);
	ck_assert_uint_eq(mode_of(in_top("a/b/c")), 0700);
	ck_assert_int_eq(paths_make_private_dir(in_top("a/b/c")), 0);
	ck_assert_int_eq(paths_make_private_dir(in_top("a//b/./c/")), 0);
	/* Parents are the user's business: a link, open to others. */
	ck_assert_int_eq(chmod(in_top("a"), 0755), 0);
	ck_assert_int_eq(symlink(in_top("a"), in_top("link")), 0);
	ck_assert_int_eq(paths_make_private_dir(in_top("link/d")), 0);
	ck_assert_uint_eq(mode_of(in_top("a/d")), 0700);
}
END_TEST

START_TEST(refuses_open_dir)
{
	ck_assert_int_eq(mkdir(in_top("open"), 0755), 0);
	ck_assert_int_eq(paths_make_private_dir(in_top("open")), RL_ERR_DENIED);
	ck_assert_uint_eq(mode_of(in_top("open")), 0755);
	ck_assert_int_eq(chmod(in_top("open"), 0710), 0);
	ck_assert_int_eq(paths_make_private_dir(in_top("open")), RL_ERR_DENIED);
	ck_assert_int_eq(mkdir(in_top("real"), 0700), 0);
	ck_assert_int_eq(symlink(in_top("real"), in_top("link")), 0);
	ck_assert_int_eq(paths_make_private_dir(in_top("link")), RL_ERR_DENIED);
	ck_assert_int_eq(symlink("nowhere", in_top("dangling")), 0);
	ck_assert_int_eq(
	    paths_make_private_dir(in_top("dangling")), RL_ERR_DENIED);
	put_file(in_top("file"), "");
	ck_assert_int_eq(paths_make_private_dir(in_top("file")), RL_ERR_DENIED);
	ck_assert_int_eq(
	    paths_make_private_dir(in_top("file/x")), RL_ERR_SYSTEM);
	ck_assert_int_eq(errno, ENOTDIR);
	ck_assert_int_eq(paths_make_private_dir("rel"), RL_ERR_INVALID);
	ck_assert_int_eq(
	    paths_make_private_dir(in_top("x/../y")), RL_ERR_INVALID);
	ck_assert_int_eq(access(in_top("x"), F_OK), -1);
	/* Somebody else's, however private. */
	if (geteuid() == 0) {
		ck_assert_int_eq(chown(in_top("real"), 65534, 65534), 0);
		ck_assert_int_eq(
		    paths_make_private_dir(in_top("real")), RL_ERR_DENIED);
	} else
		ck_assert_int_eq(paths_make_private_dir("/"), RL_ERR_DENIED);
}
END_TEST

START_TEST(writes_and_reads)
{
	char *text;
	size_t len;
	const char *f = in_top("f");

	umask(0);
	ck_assert_int_eq(paths_write_file(f, "one\0two", 7), 0);
	ck_assert_uint_eq(mode_of(f), 0600);
	ck_assert_int_eq(paths_read_file(f, 7, &text, &len), 0);
	ck_assert_uint_eq(len, 7);
	ck_assert_int_eq(memcmp(text, "one\0two\0", 8), 0);
	free(text);
	umask(0377);
	ck_assert_int_eq(paths_write_file(f, "", 0), 0);
	ck_assert_uint_eq(mode_of(f), 0600);
	ck_assert_int_eq(paths_read_file(f, 0, &text, &len), 0);
	ck_assert_uint_eq(len, 0);
	ck_assert_str_eq(text, "");
	free(text);
	/* Relative to the working folder, too. */
	ck_assert_int_eq(paths_write_file("g", "x", 1), 0);
	ck_assert_int_eq(count_entries(top), 2);
}
END_TEST

START_TEST(replaces_atomically)
{
	const char *f = in_top("f"), *other = in_top("other");
	char *text;
	size_t len;
	int fd;

	put_file(other, "other");
	/* A link in its place is replaced, not followed. */
	ck_assert_int_eq(symlink(other, f), 0);
	ck_assert_int_eq(paths_write_file(f, "new", 3), 0);
	ck_assert_int_eq(paths_read_file(other, 99, &text, &len), 0);
	ck_assert_str_eq(text, "other");
	free(text);
	/* Whoever has the old file open goes on reading the old content. */
	ck_assert_int_ge(fd = open(f, O_RDONLY), 0);
	ck_assert_int_eq(paths_write_file(f, "newer", 5), 0);
	{
		char b[8] = "";

		ck_assert_int_eq((int)read(fd, b, sizeof(b)), 3);
		ck_assert_str_eq(b, "new");
	}
	close(fd);
	ck_assert_int_eq(count_entries(top), 2);
}
END_TEST

/* By a folder's descriptor, with another mode; and only where nothing is. */
START_TEST(writes_into_folders)
{
	const char *f = in_top("f");
	char *text;
	size_t len;
	int dir;

	ck_assert_int_ge(dir = open(top, O_RDONLY | O_DIRECTORY), 0);
	umask(077);
	ck_assert_int_eq(paths_place_at(dir, "f", 0755, "one", 3), 0);
	ck_assert_uint_eq(mode_of(f), 0755);
	ck_assert_int_eq(
	    paths_place_at(dir, "f", 0600, "two", 3), RL_ERR_EXISTS);
	ck_assert_uint_eq(mode_of(f), 0755);
	ck_assert_int_eq(paths_read_file(f, 9, &text, &len), 0);
	ck_assert_str_eq(text, "one");
	free(text);
	ck_assert_int_eq(paths_replace_at(dir, "f", 0644, "three", 5), 0);
	ck_assert_uint_eq(mode_of(f), 0644);
	/* Nothing is placed through a link to nowhere, nor in its place. */
	ck_assert_int_eq(symlink(in_top("nowhere"), in_top("link")), 0);
	ck_assert_int_eq(
	    paths_place_at(dir, "link", 0600, "x", 1), RL_ERR_EXISTS);
	ck_assert_int_eq(
	    paths_place_at(dir, "none/f", 0600, "x", 1), RL_ERR_SYSTEM);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(count_entries(top), 2);
	close(dir);
}
END_TEST

/* What cannot be written whole leaves the old content and no litter. */
START_TEST(failed_write_changes_nothing)
{
	struct rlimit saved, limit;
	char *text;
	size_t len;
	int r, e;

	ck_assert_int_eq(mkdir(in_top("d"), 0700), 0);
	put_file(in_top("d/keep"), "");
	ck_assert_int_eq(paths_write_file(in_top("d"), "x", 1), RL_ERR_SYSTEM);
	ck_assert_int_eq(count_entries(top), 1);
	ck_assert_int_eq(
	    paths_write_file(in_top("none/f"), "x", 1), RL_ERR_SYSTEM);
	ck_assert_int_eq(errno, ENOENT);
	/* No room, as on a full disk: a limit on the size of files. */
	ck_assert_int_eq(paths_write_file(in_top("f"), "old", 3), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &saved), 0);
	signal(SIGXFSZ, SIG_IGN);
	limit.rlim_cur = 2;
	limit.rlim_max = saved.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	r = paths_write_file(in_top("f"), "newer", 5);
	e = errno;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &saved), 0);
	ck_assert_int_eq(r, RL_ERR_SYSTEM);
	ck_assert_int_eq(e, EFBIG);
	ck_assert_int_eq(count_entries(top), 2);
	ck_assert_int_eq(paths_read_file(in_top("f"), 9, &text, &len), 0);
	ck_assert_str_eq(text, "old");
	free(text);
}
END_TEST

START_TEST(refuses_to_read)
{
	char *text = (char *)top;
	size_t len;

	put_file(in_top("f"), "12345678");
	ck_assert_int_eq(
	    paths_read_file(in_top("f"), 7, &text, &len), RL_ERR_TOOBIG);
	ck_assert_ptr_null(text);
	ck_assert_int_eq(
	    paths_read_file(in_top("none"), 7, &text, &len), RL_ERR_NOTFOUND);
	ck_assert_int_eq(symlink("f", in_top("link")), 0);
	ck_assert_int_eq(
	    paths_read_file(in_top("link"), 99, &text, &len), RL_ERR_DENIED);
	ck_assert_int_eq(paths_read_file(top, 99, &text, &len), RL_ERR_DENIED);
	ck_assert_int_eq(mkfifo(in_top("fifo"), 0600), 0);
	ck_assert_int_eq(
	    paths_read_file(in_top("fifo"), 99, &text, &len), RL_ERR_DENIED);
	ck_assert_int_eq(
	    paths_read_file("/dev/null", 99, &text, &len), RL_ERR_DENIED);
	/* Somebody else's file. */
	if (geteuid() == 0)
		ck_assert_int_eq(chown(in_top("f"), 65534, 65534), 0);
	ck_assert_int_eq(
	    paths_read_file(geteuid() == 0 ? in_top("f") : "/etc/passwd",
		1 << 20, &text, &len),
	    RL_ERR_DENIED);
}
END_TEST

/* /proc files claim to be empty: a file may be longer than fstat said. */
START_TEST(reads_a_growing_file)
{
	char *text;
	size_t len;

	ck_assert_int_eq(
	    paths_read_file("/proc/self/status", 1 << 20, &text, &len), 0);
	ck_assert_uint_gt(len, 100);
	ck_assert_uint_eq(strlen(text), len);
	free(text);
	ck_assert_int_eq(paths_read_file("/proc/self/status", 100, &text, &len),
	    RL_ERR_TOOBIG);
}
END_TEST

Suite *
suite_paths(void)
{
	Suite *s = suite_create("paths");
	TCase *tc = tcase_create("paths");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, defaults);
	tcase_add_test(tc, variables);
	tcase_add_loop_test(
	    tc, refuses_relative, 1, sizeof(vars) / sizeof(*vars));
	tcase_add_test(tc, home_from_password_file);
	tcase_add_test(tc, runtime_without_xdg);
	tcase_add_test(tc, makes_private_dir);
	tcase_add_test(tc, refuses_open_dir);
	tcase_add_test(tc, writes_and_reads);
	tcase_add_test(tc, replaces_atomically);
	tcase_add_test(tc, writes_into_folders);
	tcase_add_test(tc, failed_write_changes_nothing);
	tcase_add_test(tc, refuses_to_read);
	tcase_add_test(tc, reads_a_growing_file);
	suite_add_tcase(s, tc);
	return s;
}
