/*
 * `ringlet daemon restart`: the monitor executes the installed program in its
 * own place, with sessions, listeners and the channel to the sandboxer kept
 * (handover.c).  Its pid, and with it the sandboxer's parent, stays.
 *
 * Before that, the installed program is asked whether it can take over, with
 * the same settings; all calls to the sandboxer and the keychain must have
 * been answered.  ringletd is started afresh.  So is the sandboxer, unless
 * sessions run: they live on with the one that they have.
 */

#include "config.h"

#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit.h"
#include "detect.h"
#include "err.h"
#include "keychain.h"
#include "log.h"
#include "loop.h"
#include "monitor.h"
#include "proc.h"
#include "profile-use.h"
#include "service.h"
#include "tokens.h"
#include "xmalloc.h"

#define PROBE_TIMEOUT 5000  /* ms for the installed program to answer -Q */
#define IDLE_TIMEOUT  10000 /* ms for calls under way to be answered */
#define IDLE_POLL     10    /* ms between two looks */
#define ASKERS_MAX    256   /* who wait for the same restart */

struct restart {
	struct env *env;
	struct asker askers[ASKERS_MAX]; /* the first is whose it is */
	size_t naskers;
	struct loop_timer *timer;
	uint64_t deadline; /* loop_now() */
};

/* --- whether the installed program can take over --- */

#define VERSIONS "takes over: protocol %d, handover %d\n"

void
restart_print_versions(void)
{
	printf("ringlet-monitor %s\n" VERSIONS, PACKAGE_VERSION, MSG_VERSION,
	    HANDOVER_VERSION);
}

/* A copy of argv with two more words; the caller frees the array alone. */
static char **
argv_with(char *const *argv, const char *a, const char *b)
{
	char **v;
	size_t n = 0;

	while (argv[n] != NULL)
		n++;
	v = xcalloc(n + 3, sizeof(*v));
	memcpy(v, argv, n * sizeof(*v));
	v[n++] = (char *)(uintptr_t)a;
	v[n] = (char *)(uintptr_t)b;
	return v;
}

/* Reads what comes from fd until its end, at most size - 1 bytes. */
static bool
read_answer(int fd, char *dst, size_t size, uint64_t end)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	uint64_t now;
	size_t len = 0;
	ssize_t n;

	for (;;) {
		dst[len] = '\0';
		if ((now = loop_now()) >= end)
			return false;
		if (poll(&pfd, 1, (int)(end - now)) <= 0)
			continue;
		n = read(fd, dst + len, size - 1 - len);
		if (n <= 0)
			return n == 0;
		len += (size_t)n;
		if (len == size - 1)
			return true;
	}
}

/* Whether pid has ended by then; it may have closed its output and stayed. */
static bool
wait_end(pid_t pid, int *status, uint64_t end)
{
	while (waitpid(pid, status, WNOHANG) == 0) {
		if (loop_now() >= end)
			return false;
		poll(NULL, 0, 5);
	}
	return true;
}

/*
 * Runs the installed monitor with -Q.  True if it ended well; answer is what
 * it said, or else, if it said nothing, what became of it.
 */
static bool
ask_installed(struct env *env, char *answer, size_t size)
{
	extern char **environ;
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	sigset_t none;
	char **argv = argv_with(env->argv, "-Q", NULL), text[128];
	uint64_t end = loop_now() + PROBE_TIMEOUT;
	int p[2], status = 0, r;
	bool in_time;
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) == -1) {
		snprintf(answer, size, "%s", strerror(errno));
		free(argv);
		return false;
	}
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, p[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&fa, p[1], STDERR_FILENO);
	/* It must not inherit the signals that our loop blocks. */
	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigmask(&attr, &none);
	r = posix_spawn(&pid, env->paths.monitor, &fa, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&fa);
	free(argv);
	close(p[1]);
	if (r != 0) {
		close(p[0]);
		snprintf(answer, size, "%s", strerror(r));
		return false;
	}
	in_time = read_answer(p[0], answer, size, end) &&
	    wait_end(pid, &status, end);
	close(p[0]);
	if (!in_time) {
		kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
			;
		snprintf(answer, size, "it did not answer within %d s",
		    PROBE_TIMEOUT / 1000);
		return false;
	}
	if (status != 0 && (answer[0] == '\0' || WIFSIGNALED(status)))
		snprintf(answer, size, "it %s",
		    proc_describe(status, text, sizeof(text)));
	return status == 0;
}

/* 0, or RL_ERR_STATE and why. */
static int
can_take_over(struct env *env, char *why, size_t size)
{
	const struct token_time now = token_time();
	char answer[512], wanted[128];
	struct tokens *tokens;

	snprintf(wanted, sizeof(wanted), VERSIONS, MSG_VERSION,
	    HANDOVER_VERSION);
	if (!ask_installed(env, answer, sizeof(answer))) {
		answer[strcspn(answer, "\n")] = '\0';
		snprintf(why, size, "%s: %s", env->paths.monitor, answer);
		return RL_ERR_STATE;
	}
	if (strstr(answer, wanted) == NULL) {
		answer[strcspn(answer, "\n")] = '\0';
		snprintf(why, size, "%s (%s) cannot take over from version "
		    "%s: 'ringlet daemon restart --force' ends the sessions "
		    "and starts it", env->paths.monitor, answer,
		    PACKAGE_VERSION);
		return RL_ERR_STATE;
	}
	/* Without it the program would end, and all sessions with it. */
	if (tokens_open(env->paths.token_file, env->paths.tokens_file, &now,
		&tokens, why, size) != 0)
		return RL_ERR_STATE;
	tokens_free(tokens);
	return 0;
}

/* --- the exec --- */

static void
pause_clients(struct env *env, bool paused)
{
	struct client *c;

	TAILQ_FOREACH(c, &env->clients, link)
		if (c->child != &env->sandboxer)
			peer_pause(c->peer, paused);
}

/* Answers all who wait: MSG_OK, or an error and why. */
static void
answer(struct restart *rs, int err, const char *why)
{
	struct peer *p;

	for (size_t i = 0; i < rs->naskers; i++) {
		if ((p = asker_peer(rs->env, &rs->askers[i])) == NULL)
			continue;
		if (err == 0)
			peer_reply(p, rs->askers[i].id, MSG_OK, NULL, NULL, 0);
		else
			peer_reply_error(
			    p, rs->askers[i].id, err, "%s", why);
	}
}

static void
restart_free(struct restart *rs)
{
	rs->env->restart = NULL;
	loop_timer_free(rs->timer);
	free(rs);
}

/* Comes back only if it failed. */
static void
take_our_place(struct env *env, int fd)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction old = { .sa_handler = SIG_IGN };
	char number[16], **argv;

	snprintf(number, sizeof(number), "%d", fd);
	argv = argv_with(env->argv, "-R", number);
	/* Its default would end the next one before that has taken it. */
	if (sigaction(SIGHUP, &ignore, &old) == -1)
		log_error("SIGHUP: %s", strerror(errno));
	service_hand_on(env, true);
	execv(env->paths.monitor, argv);
	log_error("%s: %s", env->paths.monitor, strerror(errno));
	service_hand_on(env, false);
	if (sigaction(SIGHUP, &old, NULL) == -1)
		log_error("SIGHUP: %s", strerror(errno));
	free(argv);
}

/* There is none, which the audit log then tells; it has the intent. */
static void
tell_failed(struct restart *rs, const char *why)
{
	(void)audit_event(rs->env, &rs->askers[0].who, AUDIT_RESTART, "daemon",
	    AUDIT_FAILED, "why", why, NULL);
}

static void
restart_now(struct restart *rs)
{
	struct env *env = rs->env;
	char why[128];
	int fd;

	(void)service_reloading(env);
	child_end(&env->ringletd);
	/* One that does not serve is dying, and so are its jails. */
	if (!env->sandboxer.ready || session_count(env, NULL) == 0) {
		child_end(&env->sandboxer);
		session_all_lost(env);
	}
	profile_use_write(env);
	if ((fd = handover_save(env)) >= 0) {
		log_info("executing %s", env->paths.monitor);
		answer(rs, 0, NULL);
		take_our_place(env, fd);
		handover_undo(env, fd);
		tell_failed(rs, "the program cannot be executed");
	} else {
		(void)snprintf(why, sizeof(why),
		    "the state cannot be handed over: %s", rl_strerror(fd));
		log_error("restart: %s", why);
		answer(rs, fd, why);
		tell_failed(rs, "the state cannot be handed over");
	}
	supervise_start(env);
	pause_clients(env, false);
	restart_free(rs);
}

static void
on_look(void *arg)
{
	struct restart *rs = arg;
	struct env *env = rs->env;
	struct peer *sb = env->sandboxer.client.peer;
	char why[128];

	/* Who ends the daemon meanwhile means it. */
	if (env->stopping) {
		restart_free(rs);
		return;
	}
	if (!keychain_is_busy(env->keychain) && env->migration == NULL &&
	    LIST_EMPTY(&env->busy) && !fs_is_busy(env) && !detect_is_busy(env) &&
	    !registry_is_busy(env) &&
	    (sb == NULL || peer_is_idle(sb))) {
		restart_now(rs);
		return;
	}
	if (loop_now() < rs->deadline) {
		loop_timer_arm(rs->timer, IDLE_POLL);
		return;
	}
	(void)snprintf(why, sizeof(why),
	    "requests are still under way after %d seconds: try again",
	    IDLE_TIMEOUT / 1000);
	answer(rs, RL_ERR_TIMEOUT, why);
	tell_failed(rs, "requests are still under way");
	pause_clients(env, false);
	restart_free(rs);
}

/* From the CLI alone.  What is executed is named by the build, not by it. */
int
on_RESTART(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	struct restart *rs;
	char why[1024];
	int r;

	/*
	 * A child that does not get ready is no obstacle: it may be of the
	 * build that is to take over, and refused for that.
	 */
	if (env->stopping) {
		peer_reply_error(
		    p, m->hdr.id, RL_ERR_STATE, "the daemon is stopping");
		return 0;
	}
	/* One is under way, whose program and settings are not read yet. */
	if ((rs = env->restart) != NULL) {
		if (rs->naskers < ASKERS_MAX)
			rs->askers[rs->naskers++] = asker_of(p, m);
		else
			peer_reply_error(p, m->hdr.id, RL_ERR_LIMIT,
			    "%d wait for a restart already: try again",
			    ASKERS_MAX);
		return 0;
	}
	if ((r = can_take_over(env, why, sizeof(why))) != 0) {
		peer_reply_error(p, m->hdr.id, r, "%s", why);
		return 0;
	}
	rs = xcalloc(1, sizeof(*rs));
	rs->env = env;
	rs->askers[rs->naskers++] = asker_of(p, m);
	rs->deadline = loop_now() + IDLE_TIMEOUT;
	rs->timer = loop_timer_new(env->loop, on_look, rs);
	env->restart = rs;
	(void)audit_event(env, audit_who_of(p), AUDIT_RESTART, "daemon",
	    AUDIT_INTENT, NULL);
	audit_pause(env);
	pause_clients(env, true);
	loop_timer_arm(rs->timer, 0);
	return 0;
}
