/*
 * The end of sessions: killing them, and what is left when the agent, its
 * init, bwrap, the sandboxer or the monitor goes.  Nothing may be left.
 */

#include "config.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rig.h"
#include "xmalloc.h"

static bool jails; /* bwrap works here */

/* Detached, deaf to signals, and holding the FIFO "held". */
#define DAEMON                                                                 \
	"setsid sh -c 'trap \"\" TERM HUP; exec 9>held; echo x >&9; "          \
	"sleep 300' </dev/null >/dev/null 2>&1 & "

/*
 * Every way to get out of the reach of a signal to the agent, its process
 * group, its session or its terminal.  Each holds the FIFO.
 */
static const char *const escapees[] = {
	DAEMON,
	/* Twice forked: nobody's child that the agent could know. */
	"(( trap '' TERM HUP INT QUIT; exec 9>held; echo x >&9; sleep 300 "
	"</dev/null >/dev/null 2>&1 & ) & ); ",
	/* A process group of its own. */
	"set -m; sh -c 'exec 9>held; echo x >&9; sleep 300' </dev/null "
	">/dev/null 2>&1 & set +m; ",
	/* Stopped, so that it takes no leave. */
	"sh -c 'exec 9>held; echo x >&9; kill -STOP $$' </dev/null & ",
	/* Never the same process for long. */
	"echo '(sleep 0.02; exec sh ./hop) &' >hop; "
	"(exec 9>held; echo x >&9; setsid sh ./hop </dev/null >/dev/null "
	"2>&1); ",
	/* A parent of orphans itself. */
	"setsid sh -c 'exec 9>held; echo x >&9; trap \"\" TERM; "
	"(setsid sleep 300 & ); while :; do sleep 300; done' </dev/null "
	">/dev/null 2>&1 & "
};

START_TEST(test_escapees)
{
	struct rig *r = rig_start();
	char *script = xstrdup("trap '' TERM HUP; "), *more;
	struct rig_plan p = { .unjailed = _i == 1 };
	const struct msg_killed *killed;
	struct msg_jail_kill k = { .grace_ms = 200 };
	struct rig_session s;
	struct msg m;
	int fifo = rig_fifo(r, "held");
	size_t i;

	for (i = 0; i < sizeof(escapees) / sizeof(escapees[0]); i++) {
		more = xasprintf("%s%s", script, escapees[i]);
		free(script);
		script = more;
	}
	more = xasprintf("%s echo up; while :; do sleep 300; done", script);
	p.script = more;
	rig_must_run(r, &p, &s);
	for (i = 0; i < sizeof(escapees) / sizeof(escapees[0]); i++)
		rig_fifo_held(fifo);
	rig_wait_output(&s, "up");
	ck_assert(!rig_fifo_free(fifo, 0));
	k.id = s.id;
	rig_send(r, MSG_JAIL_KILL, &k);
	rig_wait_end(r, &s, &m);
	msg_clear(&m);
	rig_expect(r, MSG_KILLED, &m);
	ck_assert(rig_fifo_free(fifo, 0));
	killed = m.body;
	ck_assert(killed->ended && killed->proven);
	/* Without a jail others may have been asked to start something. */
	ck_assert_int_eq(strstr(killed->text, "not known") != NULL, _i == 1);
	msg_clear(&m);
	close(fifo);
	free(script);
	free(more);
	rig_session_done(&s);
	rig_stop(r);
}
END_TEST

START_TEST(test_kill)
{
	struct rig *r = rig_start();
	struct rig_plan p = { .unjailed = _i == 1,
		.script = DAEMON "trap '' TERM HUP; echo up; "
				 "while :; do sleep 300; done" };
	const struct msg_jail_state *state;
	const struct msg_killed *killed;
	struct msg_jail_kill k = { .grace_ms = 200 };
	struct rig_session s;
	struct msg m;
	int fifo = rig_fifo(r, "held");

	rig_must_run(r, &p, &s);
	rig_fifo_held(fifo);
	rig_wait_output(&s, "up");
	ck_assert(!rig_fifo_free(fifo, 0));
	k.id = s.id;
	rig_send(r, MSG_JAIL_KILL, &k);
	rig_wait_end(r, &s, &m);
	state = m.body;
	ck_assert_uint_eq(state->signal, SIGKILL);
	ck_assert_str_eq(state->reason, "kill");
	msg_clear(&m);
	rig_expect(r, MSG_KILLED, &m);
	/* Proven when it is said, not soon after. */
	ck_assert(rig_fifo_free(fifo, 0));
	killed = m.body;
	ck_assert(killed->ended && killed->proven);
	ck_assert_str_ne(killed->text, "");
	msg_clear(&m);
	/* A second kill tells the same. */
	rig_send(r, MSG_JAIL_KILL, &k);
	rig_expect(r, MSG_KILLED, &m);
	killed = m.body;
	ck_assert(killed->ended && killed->proven);
	msg_clear(&m);
	close(fifo);
	rig_session_done(&s);
	rig_stop(r);
}
END_TEST

START_TEST(test_term_is_heard)
{
	struct rig *r = rig_start();
	struct rig_plan p = { .script =
				  "trap 'echo bye; exit 7' TERM; "
				  "echo up; while :; do sleep 0.1; done" };
	const struct msg_jail_state *state;
	struct msg_jail_kill k = { .grace_ms = RIG_WAIT_MS };
	struct rig_session s;
	struct msg m;

	rig_must_run(r, &p, &s);
	rig_wait_output(&s, "up");
	k.id = s.id;
	rig_send(r, MSG_JAIL_KILL, &k);
	rig_wait_end(r, &s, &m);
	state = m.body;
	ck_assert_int_eq(state->exit_code, 7);
	msg_clear(&m);
	rig_wait_output(&s, "bye");
	rig_expect(r, MSG_KILLED, &m);
	msg_clear(&m);
	rig_session_done(&s);
	rig_stop(r);
}
END_TEST

/* What the agent leaves behind ends with it. */
START_TEST(test_leftovers)
{
	struct rig *r = rig_start();
	struct rig_plan p = { .unjailed = _i == 1,
		.script = DAEMON "read x <held2; exit 5" };
	struct rig_session s;
	struct msg m;
	int fifo = rig_fifo(r, "held"), go;
	char *path = xasprintf("%s/held2", r->work);

	ck_assert_int_eq(mkfifo(path, 0600), 0);
	rig_must_run(r, &p, &s);
	rig_fifo_held(fifo);
	go = open(path, O_WRONLY | O_CLOEXEC);
	ck_assert_int_eq(write(go, "\n", 1), 1);
	rig_wait_end(r, &s, &m);
	ck_assert_int_eq(((struct msg_jail_state *)m.body)->exit_code, 5);
	ck_assert(rig_fifo_free(fifo, 0));
	msg_clear(&m);
	close(go);
	close(fifo);
	free(path);
	rig_session_done(&s);
	rig_stop(r);
}
END_TEST

/* kill -9 of the sandboxer, or of its monitor, leaves nothing. */
START_TEST(test_sandboxer_dies)
{
	bool unjailed = _i % 2 == 1, by_kill = _i / 2 == 1;
	struct rig *r = rig_start();
	struct rig_plan p = { .unjailed = unjailed,
		.script = DAEMON "exec 8>held8; echo x >&8; "
				 "trap '' TERM HUP; "
				 "while :; do sleep 300; done" };
	struct rig_session s;
	int fifo = rig_fifo(r, "held"), fifo8 = rig_fifo(r, "held8");
	int status;

	rig_must_run(r, &p, &s);
	rig_fifo_held(fifo);
	rig_fifo_held(fifo8);
	if (by_kill) {
		ck_assert_int_eq(kill(r->pid, SIGKILL), 0);
		ck_assert_int_eq(waitpid(r->pid, &status, 0), r->pid);
		r->pid = 0;
	} else
		ck_assert_int_eq(shutdown(r->fd, SHUT_RDWR), 0);
	ck_assert(rig_fifo_free(fifo, RIG_WAIT_MS));
	ck_assert(rig_fifo_free(fifo8, RIG_WAIT_MS));
	close(fifo);
	close(fifo8);
	rig_session_done(&s);
	rig_stop(r);
}
END_TEST

/* Whoever kills the init, or the bwrap above it, kills all of the session. */
START_TEST(test_init_killed)
{
	struct rig *r = rig_start();
	struct rig_plan p = { .unjailed = _i == 1,
		.script = DAEMON "while :; do sleep 300; done" };
	struct rig_session s;
	struct msg m;
	char *cmd;
	int fifo = rig_fifo(r, "held");

	rig_must_run(r, &p, &s);
	rig_fifo_held(fifo);
	/* The agent's parent is the init, and the init's is bwrap. */
	if (_i == 2)
		cmd = xasprintf(
		    "kill -9 $(ps -o ppid= -p $(ps -o ppid= -p %llu))",
		    (unsigned long long)s.pid);
	else
		cmd = xasprintf("kill -9 $(ps -o ppid= -p %llu)",
		    (unsigned long long)s.pid);
	ck_assert_int_eq(system(cmd), 0);
	rig_wait_end(r, &s, &m);
	ck_assert_str_eq(((struct msg_jail_state *)m.body)->reason, "lost");
	msg_clear(&m);
	ck_assert(rig_fifo_free(fifo, RIG_WAIT_MS));
	close(fifo);
	free(cmd);
	rig_session_done(&s);
	rig_stop(r);
}
END_TEST

/*
 * Whether in time nothing is left of r's jails.  All that bwrap starts has the
 * working folder's name in its arguments.
 */
static bool
nothing_left(const struct rig *r)
{
	/* The [/] keeps the command from finding itself. */
	char *cmd = xasprintf("for i in $(seq %d); do "
			      "pgrep -f '[/]%s' >/dev/null || exit 0; "
			      "sleep 0.2; done; ps -ef; exit 1",
	    RIG_WAIT_MS / 200, r->work + 1);
	int status = system(cmd);

	free(cmd);
	return status == 0;
}

/*
 * kill -9 of the sandboxer at any moment of a jail's building leaves neither
 * the agent nor a half-built jail.
 */
START_TEST(test_killed_while_building)
{
	struct rig *r;
	struct rig_plan p = { .script = "sleep 300" };
	int i, status;

	for (i = 0; i < 60; i++) {
		r = rig_start();
		rig_request(r, &p);
		(void)usleep((useconds_t)(i * 75));
		ck_assert_int_eq(kill(r->pid, SIGKILL), 0);
		ck_assert_int_eq(waitpid(r->pid, &status, 0), r->pid);
		r->pid = 0;
		ck_assert(nothing_left(r));
		rig_stop(r);
	}
}
END_TEST

/* A kill at any moment of a jail's building ends it, and says so. */
START_TEST(test_kill_while_building)
{
	struct rig *r = rig_start();
	struct rig_plan p = { .script = "sleep 300" };
	struct msg_jail_kill k = { .signal = SIGKILL };
	struct msg m;
	char id[17];
	bool killed;
	int i;

	k.id = id;
	for (i = 0; i < 60; i++) {
		(void)snprintf(id, sizeof(id), "%s", rig_request(r, &p));
		(void)usleep((useconds_t)(i * 75));
		rig_send(r, MSG_JAIL_KILL, &k);
		/* It was started and ended, or failed to start. */
		do {
			ck_assert_int_eq(msg_read(r->fd, RIG_WAIT_MS, &m), 0);
			killed = m.hdr.type == MSG_KILLED;
			if (killed) {
				const struct msg_killed *now = m.body;

				ck_assert(now->ended && now->proven);
			}
			msg_clear(&m);
		} while (!killed);
		ck_assert(nothing_left(r));
	}
	rig_stop(r);
}
END_TEST

/* Which signals a process blocks, as the kernel says it; for free(). */
static char *
blocked_signals(pid_t pid)
{
	char *path = xasprintf("/proc/%d/status", (int)pid), *found = NULL;
	char line[256];
	FILE *fp = fopen(path, "re");

	ck_assert_ptr_nonnull(fp);
	while (found == NULL && fgets(line, sizeof(line), fp) != NULL)
		if (strncmp(line, "SigBlk:", 7) == 0)
			found = xstrdup(line);
	fclose(fp);
	free(path);
	ck_assert_ptr_nonnull(found);
	return found;
}

/*
 * They are blocked while a session's processes are made in the memory of their
 * parents: for the agent they are not, and for the sandboxer no longer.
 */
START_TEST(test_no_signal_blocked)
{
	static const char *const argv[] = { "grep",
		"^SigBlk:", "/proc/self/status" };
	struct rig *r = rig_start();
	struct rig_plan p = { .unjailed = _i == 1,
		.path = "/usr/bin/grep",
		.argv = argv,
		.argc = 3 };
	char *before = blocked_signals(r->pid), *after, *out;
	struct rig_session s;
	struct msg m;

	rig_must_run(r, &p, &s);
	after = blocked_signals(r->pid);
	ck_assert_str_eq(before, after);
	rig_wait_end(r, &s, &m);
	msg_clear(&m);
	out = rig_output(&s);
	ck_assert_str_eq(out, "SigBlk:\t0000000000000000\r\n");
	rig_session_done(&s);
	free(before);
	free(after);
	free(out);
	rig_stop(r);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("kill");
	TCase *t = tcase_create("kill");
	int from = jails ? 0 : 1; /* 1 is the unjailed half */

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, test_kill, from, 2);
	tcase_add_loop_test(t, test_escapees, from, 2);
	tcase_add_loop_test(t, test_no_signal_blocked, from, 2);
	tcase_add_loop_test(t, test_leftovers, from, 2);
	tcase_add_loop_test(t, test_init_killed, from, jails ? 3 : 2);
	if (jails) {
		tcase_add_test(t, test_term_is_heard);
		tcase_add_loop_test(t, test_sandboxer_dies, 0, 4);
		tcase_add_test(t, test_killed_while_building);
		tcase_add_test(t, test_kill_while_building);
	}
	suite_add_tcase(s, t);
	return s;
}

int
main(int argc, char **argv)
{
	SRunner *sr;
	int failed;

	if (!(jails = rig_begin(argc, argv)))
		fprintf(stderr, "bwrap cannot build jails here: only what "
				"runs without one is tested\n");
	sr = srunner_create(suite());
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
