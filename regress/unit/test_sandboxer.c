/*
 * The sandboxer's promises to the monitor: what it starts, what it refuses to
 * start, and how it tells the end.  A real sandboxer, real bwrap, /bin/sh as
 * the agent.
 */

#include "config.h"

#include <sys/resource.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "fdpass.h"
#include "rig.h"
#include "tier.h"
#include "xmalloc.h"

static bool jails; /* bwrap works here */

/* Runs script to its end and returns its output. */
static char *
run_script(
    struct rig *r, const struct rig_plan *p, int64_t code, uint64_t signo)
{
	const struct msg_jail_state *state;
	struct rig_session s;
	struct msg m;
	char *out;

	rig_must_run(r, p, &s);
	rig_wait_end(r, &s, &m);
	state = m.body;
	out = rig_output(&s);
	ck_assert_msg(state->exit_code == code && state->signal == signo,
	    "code %lld signal %llu after \"%s\"", (long long)state->exit_code,
	    (unsigned long long)state->signal, out);
	ck_assert_str_eq(state->reason, "exit");
	ck_assert_int_eq(ring_reader_status(s.ring),
	    signo != 0 ? (int)signo : (int)code << 8);
	msg_clear(&m);
	rig_session_done(&s);
	return out;
}

/* A plan that must be refused, with these words in the reason. */
static void
refused(struct rig *r, const struct rig_plan *p, int want, const char *words)
{
	struct rig_session s;
	char text[1024];
	int err;

	ck_assert_msg(
	    !rig_run(r, p, &s, &err, text, sizeof(text)), "it was started");
	ck_assert_int_eq(err, want);
	ck_assert_msg(
	    strstr(text, words) != NULL, "\"%s\" lacks \"%s\"", text, words);
}

static bool
exists(const struct rig *r, const char *name)
{
	char *path = xasprintf("%s/%s", r->work, name);
	bool yes = access(path, F_OK) == 0;

	free(path);
	return yes;
}

START_TEST(test_output_and_status)
{
	struct rig *r = rig_start();
	struct rig_plan p = { .script = "echo hello; exit 3",
		.unjailed = _i == 1 };
	char *out = run_script(r, &p, 3, 0);

	ck_assert_str_eq(out, "hello\r\n");
	free(out);
	p.script = "kill -9 $$";
	free(run_script(r, &p, -1, SIGKILL));
	rig_stop(r);
}
END_TEST

START_TEST(test_terminal)
{
	struct rig *r = rig_start();
	struct rig_plan p = { .unjailed = _i == 1,
		.script =
		    "test -t 0 && test -t 1 && test -t 2 && stty size && "
		    "stty -a | grep -o ' iutf8' && "
		    "(exec 3<>/dev/tty) && echo controlling && "
		    "test $(ps -o sid= -p $$) -eq $$ && echo leading && "
		    "trap && "
		    /* By the shell alone: a pipe would be counted, or not. */
		    "i=0 n=0; while [ $i -lt 256 ]; do "
		    "[ ! -e /proc/$$/fd/$i ] || n=$((n + 1)); "
		    "i=$((i + 1)); done; echo $n" };
	char *out = run_script(r, &p, 0, 0);

	ck_assert_ptr_nonnull(strstr(out, "24 80\r\n"));
	ck_assert_ptr_nonnull(strstr(out, " iutf8"));
	ck_assert_ptr_nonnull(strstr(out, "controlling"));
	ck_assert_ptr_nonnull(strstr(out, "leading")); /* its session */
	ck_assert_ptr_nonnull(strstr(out, "\n3\r\n")); /* 0, 1, 2 */
	free(out);
	rig_stop(r);
}
END_TEST

START_TEST(test_inside)
{
	struct rig *r = rig_start();
	struct rig_plan p = {
		.script =
		    "pwd; ls -d /proc/[0-9]* | wc -l; "
		    "grep -E '^(Seccomp|NoNewPrivs|CapEff|CapBnd):' "
		    "/proc/self/status; cat /proc/1/environ /proc/1/maps; "
		    "ls /proc/1/fd; ls /; ls /home /root /var; "
		    "unshare -U true; kill -STOP 1; kill -9 1; echo alive"
	};
	char *out = run_script(r, &p, 0, 0);
	char *pwd = xasprintf("%s\r\n", r->work);

	ck_assert_msg(strncmp(out, pwd, strlen(pwd)) == 0, "%s", out);
	ck_assert_ptr_nonnull(strstr(out, "NoNewPrivs:\t1"));
	ck_assert_ptr_nonnull(strstr(out, "Seccomp:\t2"));
	ck_assert_ptr_nonnull(strstr(out, "CapEff:\t0000000000000000"));
	ck_assert_ptr_nonnull(strstr(out, "CapBnd:\t0000000000000000"));
	ck_assert_ptr_nonnull(strstr(out, "/proc/1/environ: Permission"));
	ck_assert_ptr_nonnull(strstr(out, "/proc/1/maps: Permission"));
	ck_assert_ptr_nonnull(strstr(out, "'/proc/1/fd': Permission"));
	ck_assert_ptr_nonnull(strstr(out, "'/home': No such"));
	ck_assert_ptr_nonnull(strstr(out, "unshare failed"));
	ck_assert_ptr_nonnull(strstr(out, "alive"));
	free(pwd);
	free(out);
	rig_stop(r);
}
END_TEST

/* The key goes to the agent's environment, and to no argument list. */
START_TEST(test_environment)
{
	static const char *const env[] = { "PATH=/usr/bin:/bin",
		"API_KEY=canary-4711", "EMPTY=", "SPACED= a b=c ",
		"UMLAUT=\xc3\xa4" };
	struct rig *r = rig_start();
	struct rig_plan p = { .unjailed = _i == 1,
		.env = env,
		.nenv = 5,
		.script = "env | sort; umask; ulimit -c" };
	struct rig_session s;
	char *out = run_script(r, &p, 0, 0);

	ck_assert_ptr_nonnull(strstr(out, "API_KEY=canary-4711\r\n"));
	ck_assert_ptr_nonnull(strstr(out, "EMPTY=\r\n"));
	ck_assert_ptr_nonnull(strstr(out, "SPACED= a b=c \r\n"));
	ck_assert_ptr_nonnull(strstr(out, "UMLAUT=\xc3\xa4\r\n"));
	ck_assert_ptr_null(strstr(out, "RINGLET"));
	ck_assert_ptr_null(strstr(out, "HOME="));
	ck_assert_ptr_nonnull(strstr(out, "0022\r\n0\r\n"));
	free(out);

	p.script = "echo ready; read x";
	rig_must_run(r, &p, &s);
	rig_wait_output(&s, "ready");
	/* [4], so that this command does not find itself. */
	ck_assert_int_eq(system("cat /proc/[0-9]*/cmdline 2>/dev/null | "
				"grep -qa canary-[4]711"),
	    1 << 8);
	rig_session_done(&s);
	rig_stop(r);
}
END_TEST

START_TEST(test_not_built)
{
	struct rig *r = rig_start();
	struct rig_plan p = { .script = "touch ran",
		.bad_bind = "/nonexistent/thing" };
	static const char *const bind[] = { "--ro-bind", "/nowhere", "/x" };

	refused(r, &p, RL_ERR_JAIL, "/nonexistent/thing");
	p.bad_bind = NULL;
	p.flags = bind;
	p.nflags = 3;
	refused(r, &p, RL_ERR_JAIL, "/nowhere");
	p.nflags = 0;
	p.path = "/nonexistent/agent";
	refused(r, &p, RL_ERR_JAIL,
	    "/nonexistent/agent: No such file or directory");
	p.path = "/etc/passwd";
	refused(r, &p, RL_ERR_JAIL, "/etc/passwd: Permission denied");
	ck_assert(!exists(r, "ran"));
	rig_stop(r);
}
END_TEST

/*
 * The folder that the monitor opened is exchanged for another one before
 * bwrap binds its name.
 */
START_TEST(test_exchanged)
{
	struct rig *r = rig_start();
	struct rig_plan p = { .script = "touch ran" };
	char *old = xasprintf("%s/old", r->home);

	ck_assert_int_eq(rename(r->work, old), 0);
	ck_assert_int_eq(mkdir(r->work, 0700), 0);
	refused(r, &p, RL_ERR_JAIL, "another folder has taken its place");
	ck_assert_int_eq(rmdir(r->work), 0);
	ck_assert_int_eq(symlink("old", r->work), 0);
	refused(r, &p, RL_ERR_JAIL, "work");
	ck_assert_int_eq(unlink(r->work), 0);
	refused(r, &p, RL_ERR_JAIL, "work");
	ck_assert(!exists(r, "ran"));
	/* Put back, it is the one that was opened. */
	ck_assert_int_eq(rename(old, r->work), 0);
	free(run_script(r, &p, 0, 0));
	ck_assert(exists(r, "ran"));
	free(old);
	rig_stop(r);
}
END_TEST

/*
 * A file of --bwrap-flags is exchanged after the monitor has judged it: its
 * place shows another one, by name or by a link.
 */
START_TEST(test_exchanged_bind)
{
	struct rig *r = rig_start();
	char dev[24], ino[24];
	char *shown = xasprintf("%s/shown", r->work);
	char *other = xasprintf("%s/other", r->work);
	const char *flags[] = { "--ro-bind", shown, "/data" };
	const char *proofs[] = { "/data", dev, ino };
	struct rig_plan p = { .script = "touch ran",
		.flags = flags,
		.nflags = 3,
		.proofs = proofs,
		.nproofs = 3 };
	struct stat st;

	ck_assert_int_eq(mkdir(shown, 0700), 0);
	ck_assert_int_eq(stat(shown, &st), 0);
	(void)snprintf(dev, sizeof(dev), "%ju", (uintmax_t)st.st_dev);
	(void)snprintf(ino, sizeof(ino), "%ju", (uintmax_t)st.st_ino);
	ck_assert_int_eq(rename(shown, other), 0);
	ck_assert_int_eq(mkdir(shown, 0700), 0);
	refused(r, &p, RL_ERR_JAIL,
	    "/data: another file has taken its place");
	ck_assert_int_eq(rmdir(shown), 0);
	ck_assert_int_eq(symlink("/etc", shown), 0);
	refused(r, &p, RL_ERR_JAIL, "another file has taken its place");
	ck_assert(!exists(r, "ran"));
	ck_assert_int_eq(unlink(shown), 0);
	ck_assert_int_eq(rename(other, shown), 0);
	free(run_script(r, &p, 0, 0));
	ck_assert(exists(r, "ran"));
	free(shown);
	free(other);
	rig_stop(r);
}
END_TEST

START_TEST(test_refused)
{
	static const char *const fd[] = { "--bind-data", "0", "/x" };
	static const char *const end[] = { "--", "/bin/sh" };
	static const char *const evil[] = { "LD_PRELOAD=/tmp/x.so" };
	struct rig *r = rig_start();
	struct rig_plan p = { .script = "touch ran" };

	p.flags = fd;
	p.nflags = 3;
	refused(r, &p, RL_ERR_INVALID, "--bind-data");
	p.flags = end;
	p.nflags = 2;
	refused(r, &p, RL_ERR_INVALID, "\"--\"");
	p.nflags = 0;
	p.env = evil;
	p.nenv = 1;
	refused(r, &p, RL_ERR_INVALID, "variable 1");
	p.env = NULL;
	p.path = "bin/sh";
	refused(r, &p, RL_ERR_INVALID, "bin/sh");
	p.path = NULL;
	p.cwd_fd = r->fd; /* a socket */
	refused(r, &p, RL_ERR_INVALID, "wrong kind");
	ck_assert(!exists(r, "ran"));
	rig_stop(r);
}
END_TEST

/* Below what is set there is no jail; without one nothing is asked of it. */
START_TEST(test_minimum)
{
	struct msg_settings settings = { .jail_minimum = TIER_FULL };
	const struct msg_jail_tier *t;
	struct rig *r = rig_start_old_kernel();
	struct rig_plan p = { .script = "touch ran" };
	struct msg m;

	(void)rig_send(r, MSG_SETTINGS, &settings);
	rig_expect(r, MSG_JAIL_TIER, &m);
	t = m.body;
	ck_assert_str_eq(t->level, "no-landlock-scope");
	ck_assert_ptr_nonnull(strstr(t->text, "Linux 6.12"));
	msg_clear(&m);
	refused(r, &p, RL_ERR_DENIED, "JailMinimum wants full");
	ck_assert(!exists(r, "ran"));
	p.unjailed = true;
	free(run_script(r, &p, 0, 0));
	ck_assert(exists(r, "ran"));
	p.unjailed = false;
	settings.jail_minimum = TIER_NO_LANDLOCK_SCOPE;
	(void)rig_send(r, MSG_SETTINGS, &settings);
	rig_expect(r, MSG_JAIL_TIER, &m);
	msg_clear(&m);
	free(run_script(r, &p, 0, 0));
	rig_stop(r);
}
END_TEST

/* The next message is an error with this code. */
static void
answers_error(struct rig *r, int code)
{
	struct msg m;

	rig_expect(r, MSG_ERROR, &m);
	ck_assert_int_eq(((struct msg_error *)m.body)->code, code);
	msg_clear(&m);
}

/* Adds a viewer with these descriptors. */
static void
add_viewer(struct rig *r, const char *id, int sock, int event)
{
	struct msg_viewer_add add = { .id = id, .viewer = 99 };
	int fds[2] = { sock, event };

	ck_assert_int_eq(
	    msg_write(r->fd, MSG_VIEWER_ADD, ++r->next_id, &add, fds, 2), 0);
}

/* What does not fit a session is answered, and no session takes harm. */
START_TEST(test_out_of_place)
{
	struct rig *r = rig_start();
	struct rig_plan p = { .unjailed = true,
		.script = "echo ready; read x" };
	struct msg_jail_kill unknown = { .id = "ffffffffffffffff",
		.signal = SIGTERM };
	struct msg_jail_drop drop = { .id = unknown.id };
	struct msg_settings settings = { .log_level = 2 };
	struct rig_session s;
	struct rig_viewer v;
	struct msg m;
	int sv[2], event = eventfd(0, EFD_CLOEXEC);

	ck_assert_int_ge(event, 0);
	ck_assert_int_eq(fd_pair(sv), 0);
	rig_send(r, MSG_ALIVE, NULL);
	rig_expect(r, MSG_OK, &m);
	msg_clear(&m);
	rig_send(r, MSG_SETTINGS, &settings);
	rig_must_run(r, &p, &s);
	rig_send(r, MSG_JAIL_KILL, &unknown);
	answers_error(r, RL_ERR_NOTFOUND);
	rig_send(r, MSG_JAIL_DROP, &drop);
	answers_error(r, RL_ERR_NOTFOUND);
	drop.id = s.id;
	rig_send(r, MSG_JAIL_DROP, &drop);
	answers_error(r, RL_ERR_STATE);
	add_viewer(r, unknown.id, sv[0], event);
	answers_error(r, RL_ERR_NOTFOUND);
	add_viewer(r, s.id, event, sv[0]);
	answers_error(r, RL_ERR_INVALID);
	p.id = s.id;
	refused(r, &p, RL_ERR_EXISTS, "exists");

	rig_attach(r, &s, false, &v);
	rig_wait_output(&s, "ready");
	rig_view_type(&v, "\r");
	rig_wait_end(r, &s, &m);
	msg_clear(&m);
	add_viewer(r, s.id, sv[0], event);
	answers_error(r, RL_ERR_STATE);
	rig_view_done(&v);
	rig_session_done(&s);
	close(sv[0]);
	close(sv[1]);
	close(event);
	rig_stop(r);
}
END_TEST

/* A monitor that does not speak the protocol is none: everything ends. */
START_TEST(test_broken_channel)
{
	static const uint8_t noise[64] = { 0xff, 0xff, 0xff, 0xff };
	struct rig *r = rig_start();
	struct rig_plan p = { .unjailed = true,
		.script = "echo ready; read x" };
	struct rig_session s;

	rig_must_run(r, &p, &s);
	rig_wait_output(&s, "ready");
	ck_assert_int_eq(
	    write(r->fd, noise, sizeof(noise)), (ssize_t)sizeof(noise));
	rig_session_done(&s);
	rig_stop(r);
}
END_TEST

START_TEST(test_flags)
{
	static const char *const flags[] = { "--unshare-net", "--ro-bind",
		"/var", "/data" };
	struct rig *r = rig_start();
	struct rig_plan p = {
		.script = "ls -d /data/lib; cat /proc/net/dev | grep -c :"
	};
	char *out;

	p.flags = flags;
	p.nflags = 4;
	out = run_script(r, &p, 0, 0);
	ck_assert_msg(
	    strcmp(out, "/data/lib\r\n1\r\n") == 0, "got \"%s\"", out);
	free(out);
	rig_stop(r);
}
END_TEST

/*
 * Sixty sessions with a viewer each, under a limit that the descriptors of
 * six would exceed: none is kept.  The agents get the limit that was.
 */
START_TEST(test_no_leak)
{
	const struct rlimit low = { 40, 60 };
	struct rig *r;
	struct rig_plan p = { .script = "ulimit -n; read x", .unjailed = _i };
	struct msg_jail_drop drop;
	struct rig_session s;
	struct rig_viewer v;
	struct msg m;
	int i;

	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
	r = rig_start();
	for (i = 0; i < 60; i++) {
		rig_must_run(r, &p, &s);
		rig_attach(r, &s, false, &v);
		rig_wait_output(&s, "40\r\n");
		rig_view_type(&v, "\r");
		rig_wait_end(r, &s, &m);
		msg_clear(&m);
		drop.id = s.id;
		rig_send(r, MSG_JAIL_DROP, &drop);
		rig_expect(r, MSG_OK, &m);
		msg_clear(&m);
		rig_view_closed(&v);
		rig_view_done(&v);
		rig_session_done(&s);
	}
	rig_stop(r);
}
END_TEST

/* --- abstract sockets: run again inside as a probe --- */

static int
abstract_socket(const char *name, bool listening)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	socklen_t len =
	    offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	/* The probe calls this outside any test and so must assert nothing. */
	if (fd == -1 || strlen(name) >= sizeof(sun.sun_path) - 1)
		return -1;
	memcpy(sun.sun_path + 1, name, strlen(name));
	if (!listening)
		return connect(fd, (struct sockaddr *)&sun, len);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sun, len), 0);
	ck_assert_int_eq(listen(fd, 8), 0);
	return fd;
}

/* With Landlock's scope, and with the filter that stands in for it. */
START_TEST(test_abstract)
{
	char name[64];
	const char *argv[] = { "test_sandboxer", "-c", name };
	struct rig *r = _i == 0 ? rig_start() : rig_start_old_kernel();
	struct rig_plan p = {
		.path = "/run/test/test_sandboxer", .argv = argv, .argc = 3
	};
	char *out;
	int fd;

	/* Abstract names are the whole machine's: another run has its own. */
	snprintf(name, sizeof(name), "ringlet-test-%08x%08x", arc4random(),
	    arc4random());
	fd = abstract_socket(name, true);
	out = run_script(r, &p, 0, 0);

	if (_i == 1)
		ck_assert_str_eq(r->tier, "no-landlock-scope");
	ck_assert_str_eq(out, "connect: Operation not permitted\r\n");
	free(out);
	/* Without a jail it is there: the control. */
	p.unjailed = true;
	p.path = TEST_DIR "/test_sandboxer";
	out = run_script(r, &p, 0, 0);
	ck_assert_str_eq(out, "connect: Success\r\n");
	free(out);
	close(fd);
	rig_stop(r);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("sandboxer");
	TCase *t = tcase_create("sessions");
	int from = jails ? 0 : 1; /* 1 is the unjailed half */

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, test_output_and_status, from, 2);
	tcase_add_loop_test(t, test_terminal, from, 2);
	tcase_add_loop_test(t, test_environment, from, 2);
	tcase_add_loop_test(t, test_no_leak, from, 2);
	tcase_add_test(t, test_refused);
	tcase_add_test(t, test_out_of_place);
	tcase_add_test(t, test_broken_channel);
	if (jails) {
		tcase_add_test(t, test_inside);
		tcase_add_test(t, test_not_built);
		tcase_add_test(t, test_exchanged);
		tcase_add_test(t, test_exchanged_bind);
		tcase_add_test(t, test_flags);
		tcase_add_test(t, test_minimum);
		tcase_add_loop_test(t, test_abstract, 0, 2);
	}
	suite_add_tcase(s, t);
	return s;
}

int
main(int argc, char **argv)
{
	SRunner *sr;
	int failed;

	if (argc == 3 && strcmp(argv[1], "-c") == 0) {
		errno = 0;
		(void)abstract_socket(argv[2], false);
		printf("connect: %s\n", strerror(errno));
		return 0;
	}
	if (!(jails = rig_begin(argc, argv)))
		fprintf(stderr, "bwrap cannot build jails here: only what "
				"runs without one is tested\n");
	sr = srunner_create(suite());
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
