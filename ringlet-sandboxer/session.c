/*
 * One session, from a checked plan to the proof that nothing of it is left.
 *
 * Four events move it, and they come in any order: records of the jail init
 * (report.c), the end of the init, the end of our child, which is bwrap or the
 * unjailed init (reap.c), the end of the terminal (pump.c).  Each sets its own
 * field and calls session_check(), the only place that decides that a session
 * is over.
 *
 * A session is over when our child is reaped, the report socket is at its
 * end, and the jail's process 1 is dead: the kernel reports that death only
 * once no process is left in its pid namespace.  Only then is the rest of the
 * terminal read, and only after that the state changed, so whoever sees the
 * state "terminated" can already see the last byte.
 */

#include "config.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "err.h"
#include "fdpass.h"
#include "jail.h"
#include "log.h"
#include "loop.h"
#include "msgdef.h"
#include "peer.h"
#include "proc.h"
#include "pty.h"
#include "reason.h"
#include "ring-write.h"
#include "ring.h"
#include "sandboxer.h"
#include "xmalloc.h"

/* A session whose end nobody saw is told as killed. */
#define STATUS_LOST SIGKILL

struct session *
session_find(struct env *env, const char *id)
{
	struct session *s;

	TAILQ_FOREACH (s, &env->sessions, link) {
		if (strcmp(s->id, id) == 0)
			return s;
	}
	return NULL;
}

/* --- deadlines: one runs at a time --- */

static void
on_timer(void *arg)
{
	struct session *s = arg;

	s->expired(s);
}

static void
deadline(struct session *s, uint64_t ms, void (*expired)(struct session *))
{
	s->expired = expired;
	loop_timer_arm(s->timer, ms);
}

/* --- the end --- */

static void
answer_kills(struct session *s, bool ended)
{
	struct msg_killed killed = {
		.ended = ended, .proven = s->proven, .text = s->proof_text
	};

	while (s->nkills > 0)
		(void)peer_reply(s->env->monitor, s->kills[--s->nkills],
		    MSG_KILLED, &killed, NULL, 0);
}

/* It was killed, and still something is left of it. */
static void
on_unproven(struct session *s)
{
	log_error("session %s: processes are left %d s after SIGKILL", s->id,
	    PROOF_MS / 1000);
	s->proof_text = "the process tree is not known to be empty";
	answer_kills(s, s->reported);
}

/* The agent has ended long ago, and its jail has not. */
static void
on_overdue(struct session *s)
{
	log_warn("session %s: its jail does not end by itself", s->id);
	session_kill_now(s);
}

/* What a person should read when the agent was never started. */
static void
failure_text(struct session *s, char *dst, size_t size)
{
	char status[64];

	if (s->failure != NULL)
		(void)snprintf(dst, size, "%s", s->failure);
	else if (!report_words(s, dst, size))
		(void)snprintf(dst, size, "%s %s before the agent ran",
		    s->sandboxed ? "bwrap" : "its init",
		    proc_describe(s->child_status, status, sizeof(status)));
}

/* The jail was not built, or the agent not started: there is no session. */
static void
session_fail(struct session *s)
{
	struct env *env;
	char text[LOG_LINE_MAX + PROBE_TEXT_MAX + 2];
	size_t len;

	failure_text(s, text, LOG_LINE_MAX);
	/* bwrap itself failed: what it says seldom says what to do. */
	if (s->sandboxed && s->failure == NULL) {
		probe_again(s->env);
		len = strlen(text);
		if (s->env->probe.tier == TIER_UNAVAILABLE)
			(void)snprintf(text + len, sizeof(text) - len, ": %s",
			    s->env->probe.text);
	}
	log_warn("session %s: not started: %s", s->id, text);
	ring_writer_end(s->ring, STATUS_LOST);
	(void)peer_reply_error(
	    s->env->monitor, s->start_id, RL_ERR_JAIL, "%s", text);
	answer_kills(s, true);
	env = s->env;
	session_free(s);
	dispatch_idle(env);
}

/*
 * What may still be read begins amid the output: whoever reads it from now on
 * gets the oldest screen that it can begin with.
 */
static void
give_screen(struct session *s)
{
	uint64_t tail = ring_writer_tail(s->ring);
	const struct screen *at = screens_from(&s->screens, tail);
	struct msg_jail_screen m = { .id = s->id };

	if (tail == 0 || at == NULL)
		return;
	m.offset = at->offset;
	(void)peer_send(s->env->monitor, MSG_JAIL_SCREEN, &m, &at->fd, 1);
}

/* In its own group, where it has one: others may run out of memory, too. */
static uint64_t
oom_kills(const struct session *s)
{
	return s->cgroup != NULL ? cgroup_session_oom(s->cgroup)
				 : reason_oom_kills("");
}

static void
session_finish(struct session *s)
{
	struct msg_jail_state state = {
		.id = s->id, .state = SST_TERMINATED, .exit_code = -1
	};
	struct ending ending;
	struct reason reason;

	if (!s->reported)
		s->status = STATUS_LOST;
	if (WIFEXITED(s->status))
		state.exit_code = WEXITSTATUS(s->status);
	else
		state.signal = (uint64_t)WTERMSIG(s->status);
	ending = (struct ending){ .reported = s->reported,
		.status = s->status,
		.kill_asked = s->kill_asked,
		.killed = s->killed,
		.oom_before = s->oom_kills,
		.oom_after = oom_kills(s),
		.cpu_out = s->cpu_out };
	reason_of(&ending, &reason);
	state.reason = reason.word;
	state.text = reason.text;

	s->phase = SP_ENDED;
	loop_timer_disarm(s->timer);
	limit_end(s);
	hooks_end(s);
	ring_writer_end(s->ring, s->status);
	notice_end(s);
	keeper_end(s);
	/* The last screen, and the bytes since, for those who wait for one. */
	viewers_screen(s, UINT64_MAX);
	give_screen(s);
	viewers_end(s, state.exit_code, state.signal, state.reason, state.text);
	ring_writer_free(s->ring);
	s->ring = NULL;
	loop_io_free(s->init_io);
	s->init_io = NULL;
	fd_close(s->init);
	fd_close(s->agent);
	s->init = s->agent = -1;
	log_info("session %s: ended (%s)", s->id, state.reason);
	(void)peer_send(s->env->monitor, MSG_JAIL_STATE, &state, NULL, 0);
	answer_kills(s, true);
	dispatch_idle(s->env);
}

/* Nobody of ours holds the terminal any more, and yet it is open. */
static void
on_undrained(struct session *s)
{
	(void)pump_drain(s);
	if (s->master != -1)
		pump_stop(s);
	session_finish(s);
}

/* Whether every process is gone; sets what is known about it. */
static bool
is_empty(struct session *s)
{
	if (s->child != 0 || s->report != -1)
		return false;
	if (s->init != -1 && !s->init_gone)
		return false;
	if (s->sandboxed) {
		s->proven = true;
		s->proof_text =
		    s->init == -1
			? "every holder of the jail's socket is gone"
			: "process 1 of the jail's pid namespace is dead";
	} else if (WIFEXITED(s->child_status) &&
		   WEXITSTATUS(s->child_status) == 0) {
		s->proven = true;
		/* A service manager may run what it was asked to. */
		s->proof_text = "its reaper found none; what it had others "
				"start is not known";
	} else {
		s->proven = false;
		s->proof_text = "its reaper could not end every process";
	}
	return true;
}

void
session_check(struct session *s)
{
	if (s->phase == SP_ENDED)
		return;
	if (!is_empty(s)) {
		/* Without bwrap, or an init, nobody ends the rest. */
		if (s->child == 0 && !s->killed)
			session_kill_now(s);
		return;
	}
	if (s->phase == SP_BUILDING) {
		session_fail(s);
		return;
	}
	if (s->phase != SP_ENDING) {
		s->phase = SP_ENDING;
		pump_flow(s);
	}
	if (pump_drain(s))
		session_finish(s);
	else if (s->expired != on_undrained)
		deadline(s, DRAIN_MS, on_undrained);
}

/* --- what the reports say --- */

void
session_blame(struct session *s, const char *what, const char *why)
{
	if (s->failure == NULL)
		s->failure = xasprintf("%s: %s", what, why);
}

void
session_started(struct session *s)
{
	struct msg_jail_started started = {
		.pid = s->agent_pid, .tier = s->tier, .limits = s->limits
	};

	s->phase = SP_RUNNING;
	s->oom_kills = oom_kills(s);
	limit_started(s);
	loop_timer_disarm(s->timer);
	s->expired = NULL;
	ring_writer_set_running(s->ring);
	(void)peer_reply(
	    s->env->monitor, s->start_id, MSG_JAIL_STARTED, &started, NULL, 0);
	log_info("session %s: process %llu runs, tier %s", s->id,
	    (unsigned long long)s->agent_pid, s->tier);
}

void
session_agent_ended(struct session *s, int status)
{
	s->reported = true;
	s->status = status;
	s->phase = SP_ENDING;
	pump_flow(s);
	if (!s->killed)
		deadline(s, EXIT_MS, on_overdue);
}

/* --- killing --- */

void
session_kill_now(struct session *s)
{
	if (s->phase == SP_ENDED)
		return;
	s->killed = true;
	/*
	 * An unjailed agent has no pid namespace that would die with one
	 * process: its init must live to find the others, unless it has had
	 * its time for that.
	 */
	if (!s->sandboxed && s->agent != -1 && !s->reported)
		(void)reap_signal(s->agent, SIGKILL);
	else if (s->init != -1)
		(void)reap_signal(s->init, SIGKILL);
	else if (s->child != 0)
		(void)kill(s->child, SIGKILL);
	/* All at once, and also what has left its jail behind somehow. */
	if (s->cgroup != NULL && (s->sandboxed || s->reported))
		cgroup_session_kill(s->cgroup);
	deadline(s, PROOF_MS, on_unproven);
}

static void
on_grace_over(struct session *s)
{
	log_info("session %s: its grace is over", s->id);
	session_kill_now(s);
}

static void
on_build_timeout(struct session *s)
{
	session_blame(s, s->path, "the jail was not built in time");
	session_kill_now(s);
}

void
session_signal(struct session *s, int signo)
{
	if (s->phase != SP_RUNNING)
		return;
	if (signo == SIGKILL) {
		s->kill_asked = true;
		session_kill_now(s);
	} else if (signo == SIGINT || signo == SIGQUIT) {
		/* As the keys do: to whatever is in the foreground. */
		(void)pty_signal(s->master, signo);
	} else
		(void)reap_signal(s->agent, signo);
}

void
session_kill(struct session *s, uint32_t id, int signo, uint64_t grace_ms)
{
	struct msg_killed now = {
		.ended = false, .proven = false, .text = "the signal was sent"
	};

	if (s->phase == SP_ENDED || s->nkills == KILLS_MAX) {
		now.ended = s->phase == SP_ENDED;
		now.proven = s->proven;
		now.text = now.ended ? s->proof_text : "it is being killed";
		(void)peer_reply(
		    s->env->monitor, id, MSG_KILLED, &now, NULL, 0);
		return;
	}
	if (signo != 0 && signo != SIGKILL) {
		if (reap_signal(s->agent, signo) != 0)
			now.text = "there is no process to signal";
		(void)peer_reply(
		    s->env->monitor, id, MSG_KILLED, &now, NULL, 0);
		return;
	}
	s->kills[s->nkills++] = id;
	if (!s->reported)
		s->kill_asked = true;
	/* A deadline is running, and asking again does not move it. */
	if (s->killed || (signo == 0 && s->expired == on_grace_over))
		return;
	if (signo == 0 && s->phase == SP_RUNNING &&
	    reap_signal(s->agent, SIGTERM) == 0) {
		/* A stopped process cannot take its leave. */
		(void)reap_signal(s->agent, SIGCONT);
		deadline(s, grace_ms, on_grace_over);
		return;
	}
	if (s->phase == SP_BUILDING)
		session_blame(s, s->path, "it was killed before it ran");
	session_kill_now(s);
}

/* --- the start --- */

static int
prove(struct jail_proof *proof, const char *path, int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return RL_ERR_SYSTEM;
	proof->path = path;
	proof->dev = (uint64_t)st.st_dev;
	proof->ino = (uint64_t)st.st_ino;
	return 0;
}

static struct session *
session_new(struct env *env, const struct msg_jail_start *plan, uint32_t id)
{
	struct session *s;
	size_t i;

	s = xcalloc(1, sizeof(*s));
	s->env = env;
	memcpy(s->id, plan->id, SESSION_ID_LEN);
	s->phase = SP_BUILDING;
	s->sandboxed = plan->sandboxed;
	s->tier = spawn_tier(env, plan->sandboxed);
	s->path = xstrdup(plan->path);
	strlist_add(&s->proofs, plan->cwd);
	strlist_add(&s->proofs, plan->home);
	for (i = 0; i < plan->proofs.n; i += 3)
		strlist_add(&s->proofs, plan->proofs.v[i]);
	s->start_id = id;
	s->init = s->agent = s->report = s->words = s->master = -1;
	s->ring_fd = -1;
	s->text = buf_new(WORDS_MAX);
	s->input = buf_new_secret(INPUT_MAX);
	s->cols = (unsigned int)plan->cols;
	s->rows = (unsigned int)plan->rows;
	s->proof_text = "";
	s->limits = xstrdup("");
	s->timer = loop_timer_new(env->loop, on_timer, s);
	TAILQ_INIT(&s->viewers);
	TAILQ_INSERT_TAIL(&env->sessions, s, link);
	return s;
}

void
session_free(struct session *s)
{
	TAILQ_REMOVE(&s->env->sessions, s, link);
	viewers_free(s);
	limit_end(s);
	hooks_end(s);
	free(s->limits);
	loop_io_free(s->init_io);
	loop_io_free(s->report_io);
	loop_io_free(s->words_io);
	loop_io_free(s->master_io);
	loop_timer_free(s->timer);
	loop_timer_free(s->stall_timer);
	loop_timer_free(s->wake_timer);
	loop_timer_free(s->left_timer);
	loop_timer_free(s->resize_timer);
	fd_close(s->init);
	fd_close(s->agent);
	fd_close(s->report);
	fd_close(s->words);
	fd_close(s->master);
	ring_writer_free(s->ring);
	keeper_end(s);
	notice_clear(s);
	screens_clear(&s->screens);
	fd_close(s->ring_fd);
	buf_free(s->text);
	buf_free(s->input);
	free(s->failure);
	free(s->path);
	strlist_clear(&s->proofs);
	free(s);
}

int
session_start(struct env *env, const struct msg_jail_start *plan, uint32_t id,
    int ring, int cwd, int home, char *why, size_t size)
{
	struct session *s;
	struct jail jail = { .plan = plan,
		.init = env->jail_init,
		.no_proc = env->probe.tier < TIER_NO_LANDLOCK_SCOPE };
	struct spawn sp = { .jail = &jail, .cwd = cwd };
	struct pty pty;
	int ret;

	if (prove(&jail.proof[0], plan->cwd, cwd) != 0 ||
	    prove(&jail.proof[1], plan->home, home) != 0) {
		(void)snprintf(why, size, "%s or %s: %s", plan->cwd, plan->home,
		    strerror(errno));
		return RL_ERR_SYSTEM;
	}
	s = session_new(env, plan, id);
	if ((ret = ring_writer_new(ring, &s->ring)) != 0) {
		(void)snprintf(why, size, "the ring: %s", rl_strerror(ret));
		goto failed;
	}
	if ((s->ring_fd = fcntl(ring, F_DUPFD_CLOEXEC, 3)) == -1 ||
	    screens_init(&s->screens, s->cols, s->rows) != 0) {
		(void)snprintf(
		    why, size, "a memory file: %s", strerror(errno));
		ret = RL_ERR_SYSTEM;
		goto failed;
	}
	if (plan->hook_report[0] != '\0' &&
	    (ret = hooks_start(s, plan->hook_report, why, size)) != 0)
		goto failed;
	if ((ret = limit_prepare(s, plan, &jail.limits, why, size)) != 0)
		goto failed;
	if ((ret = pty_open(&pty, s->cols, s->rows)) != 0) {
		(void)snprintf(why, size, "a terminal: %s", strerror(errno));
		goto failed;
	}
	s->master = pty.master;
	ring_writer_set_size(s->ring, s->cols, s->rows);
	sp.slave = pty.slave;
	sp.cgroup = s->cgroup != NULL ? cgroup_session_procs(s->cgroup) : -1;
	ret = spawn_child(env, &sp, why, size);
	fd_close(pty.slave);
	if (ret != 0)
		goto failed;
	s->child = sp.pid;
	s->report = sp.report;
	s->words = sp.words;
	report_start(s);
	pump_start(s);
	deadline(s, BUILD_MS, on_build_timeout);
	return 0;
failed:
	session_free(s);
	return ret;
}
