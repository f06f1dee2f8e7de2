/*
 * From a request to a running session: authority, folders, the agent and its
 * key, the plan of the jail, the ring; then the sandboxer is asked to build
 * it.  If any step fails, nothing has been started.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "audit.h"
#include "buf.h"
#include "bwrapflags.h"
#include "err.h"
#include "fdpass.h"
#include "jailmake.h"
#include "keychain.h"
#include "log.h"
#include "manifest.h"
#include "monitor.h"
#include "platform.h"
#include "policy.h"
#include "profile-use.h"
#include "profile.h"
#include "run.h"
#include "service.h"
#include "session.h"
#include "tier.h"
#include "xmalloc.h"

#define WHY_MAX	     1024
#define START_TIMEOUT 30000 /* ms for a jail to be built */
#define COLS_DEFAULT 80
#define ROWS_DEFAULT 24

/* A request on its way to become a session. */
struct starting {
	struct env *env;
	struct asker asker;
	char *cwd; /* as asked, or "" */
	unsigned cols;
	unsigned rows;
	bool no_sandbox;
	bool cli;   /* the person at the machine asks */
	bool check; /* the jail's test runs in the agent's place */
	struct bwrap_flags flags;
	char id[SESSION_ID_LEN + 1]; /* once it is in the table */
};

static void
starting_free(struct starting *st)
{
	free(st->cwd);
	bwrap_flags_clear(&st->flags);
	free(st);
}

static void
refuse(struct starting *st, int err, const char *why)
{
	struct peer *p = asker_peer(st->env, &st->asker);

	if (p != NULL)
		peer_reply_error(p, st->asker.id, err, "%s", why);
	starting_free(st);
}

static struct session *
starting_session(struct starting *st)
{
	struct session *s;

	TAILQ_FOREACH(s, &st->env->sessions, link)
		if (strcmp(s->id, st->id) == 0)
			return s;
	return NULL;
}

/* Gives viewers a descriptor that is read-only in itself. */
static int
keep_ring(struct session *s, int fd)
{
	char name[64];

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	s->ring_fd = open(name, O_RDONLY | O_CLOEXEC);
	return s->ring_fd == -1 ? RL_ERR_SYSTEM : 0;
}

/*
 * Hostile sandboxer: a ring that it has not sealed could be changed by a
 * viewer; such a session is not shown to anybody.
 */
static int
accept_jail(struct session *s, const struct msg_jail_started *js)
{
	int r;

	if (!ring_is_sealed(s->ring_fd))
		return RL_ERR_PROTOCOL;
	if ((r = ring_reader_new(s->ring_fd, &s->ring)) != 0)
		return r;
	s->pid = js->pid;
	session_set(&s->tier, js->tier);
	session_set(&s->limits, js->limits);
	/* A very short agent may have ended before this answer came. */
	if (s->state == SST_STARTING)
		s->state = SST_RUNNING;
	return 0;
}

static void
on_abandoned(void *arg, struct msg *reply, int err)
{
	(void)arg;
	(void)reply;
	(void)err;
}

/*
 * The sandboxer may have built, or may yet build, a jail that nobody will
 * know of any more: it must not run on.
 */
static void
abandon(struct env *env, const struct session *s)
{
	struct msg_jail_kill kill = { .id = s->id, .signal = SIGKILL };

	if (env->sandboxer.ready)
		peer_call(env->sandboxer.client.peer, MSG_JAIL_KILL, &kill,
		    NULL, 0, START_TIMEOUT, on_abandoned, NULL, NULL);
}

static void
on_started(void *arg, struct msg *reply, int err)
{
	struct starting *st = arg;
	struct env *env = st->env;
	struct session *s = starting_session(st);
	struct peer *p = asker_peer(env, &st->asker);
	const struct msg_error *e;
	struct msg_session body;
	char why[WHY_MAX], pid[32];

	if (s == NULL) {
		refuse(st, RL_ERR_INTERNAL, "the session is gone");
		return;
	}
	if (err == 0 && reply->hdr.type == MSG_ERROR) {
		e = reply->body;
		err = (int)e->code;
		snprintf(why, sizeof(why), "%s", e->text);
	} else {
		if (err == 0)
			err = accept_jail(s, reply->body);
		if (err != 0)
			abandon(env, s);
		snprintf(why, sizeof(why), "the sandboxer failed: %s",
		    rl_strerror(err));
	}
	if (err != 0) {
		log_error("session %s of profile %s: not started: %s", s->id,
		    s->alias, why);
		(void)audit_event(env, &st->asker.who, AUDIT_SESSION, s->id,
		    AUDIT_FAILED, "profile", s->alias, "why", why, NULL);
		session_remove(env, s);
		refuse(st, err, why);
		return;
	}
	log_info("session %s of profile %s: started as pid %llu, %s", s->id,
	    s->alias, (unsigned long long)s->pid,
	    s->sandboxed ? s->tier : "without a jail");
	event_session(env, "started", s);
	service_status(env);
	snprintf(pid, sizeof(pid), "%llu", (unsigned long long)s->pid);
	(void)audit_event(env, &st->asker.who, AUDIT_SESSION, s->id, AUDIT_OK,
	    "profile", s->alias, "tier", s->sandboxed ? s->tier : "none",
	    "pid", pid, NULL);
	/* A test is no run of the agent's. */
	if (!st->check)
		profile_use_note(env, s->alias, time(NULL));
	if (p != NULL) {
		session_to_msg(s, &body);
		session_msg_lists(s, &body);
		peer_reply(p, st->asker.id, MSG_SESSION, &body, NULL, 0);
	}
	starting_free(st);
}

/* Completes the message for the sandboxer and sends it. */
static int
send_jail(struct starting *st, struct session *s, struct jailmake *jm,
    int ring)
{
	const int fds[3] = { ring, jm->cwd_fd, jm->home_fd };

	jm->start.id = s->id;
	jm->start.cols = s->cols;
	jm->start.rows = s->rows;
	return peer_call(st->env->sandboxer.client.peer, MSG_JAIL_START,
	    &jm->start, fds, 3, START_TIMEOUT, on_started, st, NULL);
}

static int
check_number(const struct env *env, char *why, size_t size)
{
	char by[512];

	if (session_count(env, NULL) < env->conf.max_sessions)
		return 0;
	snprintf(why, size, "%u sessions run already: refused by %s",
	    env->conf.max_sessions,
	    policy_setting(env, "MaxSessions", by, sizeof(by)));
	return RL_ERR_LIMIT;
}

/* What of a jail is looser than the default, for the audit log; or NULL. */
static const char *
loosened(const struct starting *st, struct buf *words)
{
	if (st->no_sandbox)
		return "no-sandbox";
	if (!st->flags.widens)
		return NULL;
	(void)buf_puts(words, "bwrap-flags:");
	for (size_t i = 0; i < st->flags.nwords; i++)
		if (buf_room(words) > strlen(st->flags.words[i]) + 2)
			(void)buf_putf(words, " %s", st->flags.words[i]);
	(void)buf_put(words, "", 1);
	return (const char *)buf_ptr(words);
}

/* In the audit log, before it happens.  0, or RL_ERR_DENIED: it must not. */
static int
write_down(struct starting *st, const struct run *r, const struct session *s,
    const struct jailmake *jm)
{
	struct env *env = st->env;
	const struct audit_who *who = &st->asker.who;
	struct buf *words = buf_new(AUDIT_TEXT_MAX);
	const char *loose = loosened(st, words);
	char hash[JAIL_HASH_LEN + 1];
	int err = 0;

	jailmake_hash(jm, hash);
	if (loose != NULL)
		err = audit_event(env, who, AUDIT_LOOSEN, s->id, AUDIT_INTENT,
		    "profile", s->alias, "what", loose, NULL);
	if (err == 0)
		err = audit_event(env, who, AUDIT_SESSION, s->id,
		    AUDIT_INTENT, "profile", s->alias, "agent",
		    r->profile->agent_id,
		    "jail", hash, "sandboxed", s->sandboxed ? "yes" : "no",
		    "folder", s->cwd, "check", st->check ? "yes" : NULL, NULL);
	buf_free(words);
	return err;
}

static int
start(struct starting *st, struct run *r, char *why, size_t size)
{
	struct env *env = st->env;
	struct jail_ask ask = { .cwd = st->cwd,
		.no_sandbox = st->no_sandbox,
		.cli = st->cli,
		.flags = &st->flags };
	struct uploads uploads = { 0 };
	struct jailmake jm;
	struct session *s = NULL;
	bool written = false;
	int ring = -1, err;

	/* Again: others may have started while the key was looked up. */
	if ((err = check_number(env, why, size)) != 0)
		return err;
	/* A test of the jail has no use for pictures. */
	if (env->conf.allow_uploads && !st->check &&
	    (err = uploads_make(&uploads, env->paths.runtime_dir,
		 !st->no_sandbox && platform_moves_mounts(), why, size)) != 0)
		return err;
	ask.uploads = uploads.id != NULL ? &uploads : NULL;
	if ((err = jailmake_make(env, r, &ask, &jm, why, size)) < 0)
		goto out;
	snprintf(why, size, "no memory for the session's output");
	if ((err = ring = ring_create(env->conf.scrollback)) < 0)
		goto out;
	s = session_add(env, r->profile->alias);
	session_set(&s->cwd, jm.cwd);
	s->sandboxed = !st->no_sandbox;
	s->check = st->check;
	s->cols = st->cols;
	s->rows = st->rows;
	memcpy(st->id, s->id, sizeof(st->id));
	s->uploads = uploads;
	memset(&uploads, 0, sizeof(uploads));
	strlist_copy(&s->hooks_left_out, &r->hooks.left_out);
	if (r->hooks.made) {
		s->hook_report = xstrdup(r->hooks.report);
		r->hooks.made = false;
	}
	if ((err = keep_ring(s, ring)) != 0)
		goto out;
	if ((err = write_down(st, r, s, &jm)) != 0) {
		strlcpy(why, audit_trouble(env), size);
		goto out;
	}
	written = true;
	/* Before anything of it can run. */
	jailmake_scan(&jm);
	snprintf(why, size, env->stopping
		? "the daemon is stopping"
		: "the sandboxer is starting: try again");
	err = env->sandboxer.ready && !env->stopping
	    ? send_jail(st, s, &jm, ring)
	    : RL_ERR_UNAVAILABLE;
	if (err == RL_ERR_INVALID)
		snprintf(why, size, "a path, argument or variable of the "
		    "session is not UTF-8, or all of it is too long");
	if (err == 0)
		jailnote_move(&s->note, &jm.note);
out:
	if (err < 0 && written)
		(void)audit_event(env, &st->asker.who, AUDIT_SESSION, s->id,
		    AUDIT_FAILED, "why", why, NULL);
	if (err < 0 && s != NULL)
		session_remove(env, s);
	fd_close(ring);
	for (size_t i = 0; i < jm.plan.left_out.n; i++)
		log_info("profile %s: left out: %s", r->profile->alias,
		    jm.plan.left_out.v[i]);
	jailmake_clear(&jm);
	uploads_remove(&uploads);
	return err < 0 ? err : 0;
}

static void
on_run_ready(void *arg, struct run *r, int err, const char *text)
{
	struct starting *st = arg;
	char why[WHY_MAX];

	if (err != 0) {
		refuse(st, err, text);
		return;
	}
	if ((st->check && (err = run_become_check(
			       r, &st->flags, why, sizeof(why))) != 0) ||
	    (err = start(st, r, why, sizeof(why))) != 0)
		refuse(st, err, why);
	run_free(r);
}

/* The sandboxer would refuse it, too, and not know whose rule it is. */
static int
check_tier(struct env *env, const char *alias, const struct audit_who *who,
    char *why, size_t size)
{
	const char *level = env->sandboxer.level;
	int tier = TIER_MAX;
	char by[512];

	if (level == NULL ||
	    env->conf.from[conf_keyword_find("JailMinimum")].policy == 0)
		return 0;
	while (tier > 0 && strcmp(tier_name((enum jail_tier)tier), level) != 0)
		tier--;
	if (tier >= env->conf.jail_minimum)
		return 0;
	snprintf(why, size, "a jail here would be of tier %s: refused by %s",
	    level, policy_setting(env, "JailMinimum", by, sizeof(by)));
	return policy_verdict(env, who, alias, RL_ERR_DENIED, why);
}

/* One loosening that is refused is one entry: a rule's is policy_verdict()'s. */
static int
note_loosening(struct peer *p, const char *alias, const char *why)
{
	(void)audit_event(peer_env(p), audit_who_of(p), AUDIT_LOOSEN, alias,
	    AUDIT_REFUSED, "why", why, NULL);
	return RL_ERR_DENIED;
}

/* What only the person at the machine may ask for. */
static int
check_authority(struct peer *p, const struct msg_session_create *req,
    const struct bwrap_flags *flags, char *why, size_t size)
{
	struct env *env = peer_env(p);

	if (policy_verdict(env, audit_who_of(p), req->alias,
		policy_may_flags(env->policy, flags->options,
		    flags->noptions, why, size),
		why) != 0)
		return RL_ERR_DENIED;
	if (peer_is_cli(p))
		return 0;
	/* Whoever may do without a jail may as well have a wider one. */
	if (req->no_sandbox)
		return policy_check_unjailed(env, false, why, size) == 0
			   ? 0
			   : note_loosening(p, req->alias, why);
	if (flags->widens && env->conf.no_sandbox != CONF_UNJAILED_HTTP) {
		snprintf(why, size, "bwrap_flags: options that show the agent "
		    "more are refused over HTTP: use 'ringlet profiles run'");
		return note_loosening(p, req->alias, why);
	}
	return 0;
}

/* Starts what was asked for, or refuses it: every asker's way. */
static void
create(struct peer *p, struct msg *m, const struct msg_session_create *req,
    bool check)
{
	struct env *env = peer_env(p);
	struct starting *st = xcalloc(1, sizeof(*st));
	const struct msg_strs none = { NULL, 0 };
	bool cli = peer_is_cli(p);
	struct run_ask ask;
	char why[WHY_MAX];
	int err;

	st->env = env;
	st->asker = asker_of(p, m);
	st->cwd = xstrdup(req->working_dir);
	st->cols = req->cols > 0 ? (unsigned)req->cols : COLS_DEFAULT;
	st->rows = req->rows > 0 ? (unsigned)req->rows : ROWS_DEFAULT;
	st->no_sandbox = req->no_sandbox;
	st->cli = cli;
	st->check = check;
	err = bwrap_flags_parse(&env->paths, &req->bwrap_flags, &st->flags,
	    why, sizeof(why));
	/* What may not be asked for is not explained: it names files. */
	if (check_authority(p, req, &st->flags, why, sizeof(why)) != 0)
		err = RL_ERR_DENIED;
	else if (err == RL_ERR_DENIED)
		(void)note_loosening(p, req->alias, why);
	if (err == 0 && req->no_sandbox && req->bwrap_flags.n > 0) {
		snprintf(why, sizeof(why), "--bwrap-flags and --no-sandbox "
		    "do not go together");
		err = RL_ERR_INVALID;
	}
	if (err == 0 && !req->no_sandbox && !check)
		err = check_tier(
		    env, req->alias, audit_who_of(p), why, sizeof(why));
	if (err == 0)
		err = check_number(env, why, sizeof(why));
	if (err == 0 && !cli && keychain_is_crowded(env->keychain)) {
		snprintf(why, sizeof(why), "too many requests wait for the "
		    "keychain: try again");
		err = RL_ERR_LIMIT;
	}
	if (err == 0 && (!env->sandboxer.ready || env->stopping)) {
		snprintf(why, sizeof(why), "the sandboxer is not running: "
		    "try again");
		err = RL_ERR_UNAVAILABLE;
	}
	if (err != 0) {
		refuse(st, err, why);
		return;
	}
	ask = (struct run_ask){ .alias = req->alias,
		.asker = &st->asker,
		.args = req->args,
		.client_env = cli ? req->client_env : none,
		.search = cli ? req->search_path : none,
		.pass_env = cli ? req->pass_env : none,
		.auth_sock = cli ? req->auth_sock : NULL,
		.who = audit_who_of(p),
		.purpose = "session",
		.jailed = !st->no_sandbox,
		.cli = cli,
		.no_key = check,
		.hooks = check ? 0
		    : st->no_sandbox ? HOOK_SESSION
				     : HOOK_JAILED };
	run_prepare(env, &ask, on_run_ready, st);
}

/*
 * Hostile ringletd: it starts only what the token's holder could start, always
 * in a jail, and never with more shown than the defaults.  Names and paths are
 * resolved and checked here; the session's id is made here.  Folders in which
 * to look for the agent, variables, and the socket of an agent of keys, are
 * taken from the CLI alone: they would choose the program that gets the key.
 */
int
on_SESSION_CREATE(struct peer *p, struct msg *m)
{
	create(p, m, m->body, false);
	return 0;
}

/*
 * Only the CLI has a row for it: it starts a program of Ringlet's, and reads
 * no key.
 */
int
on_SANDBOX_CHECK(struct peer *p, struct msg *m)
{
	const struct msg_sandbox_check *req = m->body;
	struct msg_session_create as = { .alias = req->alias,
		.args = req->targets,
		.working_dir = req->working_dir,
		.no_sandbox = req->no_sandbox,
		.bwrap_flags = req->bwrap_flags,
		.search_path = req->search_path };

	create(p, m, &as, true);
	return 0;
}
