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

#include "bwrapflags.h"
#include "err.h"
#include "fdpass.h"
#include "jailplan.h"
#include "keychain.h"
#include "log.h"
#include "manifest.h"
#include "monitor.h"
#include "profile-home.h"
#include "profile.h"
#include "run.h"
#include "session.h"
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
	bool cli; /* the person at the machine asks */
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
	char why[WHY_MAX], text[WHY_MAX];

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
		session_remove(env, s);
		refuse(st, err, why);
		return;
	}
	log_info("session %s of profile %s: started as pid %llu, %s", s->id,
	    s->alias, (unsigned long long)s->pid,
	    s->sandboxed ? s->tier : "without a jail");
	if (profile_touch(
		&env->paths, s->alias, time(NULL), text, sizeof(text)) != 0)
		log_warn("%s", text);
	if (p != NULL) {
		session_to_msg(s, &body);
		peer_reply(p, st->asker.id, MSG_SESSION, &body, NULL, 0);
	}
	starting_free(st);
}

/*
 * Where it starts: as asked, else as the profile says, else at home.  With the
 * token alone nobody may choose a folder that is a way out of the jail; nor
 * may an agent, by a link where a profile's working folder was.
 */
static int
open_cwd(struct starting *st, const struct run *r, char **real, char *why,
    size_t size)
{
	const struct paths *paths = &st->env->paths;
	const char *path = st->cwd;
	int fd, err;

	if (path[0] == '\0')
		path = r->profile->working_dir;
	if (path[0] == '\0')
		path = r->plan.home;
	fd = jailplan_open_cwd(paths, r->plan.home, path, real, why, size);
	if (fd < 0 || (st->cli && strcmp(path, *real) == 0))
		return fd;
	err = jailplan_may_offer(paths, r->plan.home, fd, *real, why, size);
	if (err == 0)
		return fd;
	fd_close(fd);
	free(*real);
	*real = NULL;
	return err;
}

/* Fills the message for the sandboxer and sends it with its descriptors. */
static int
send_jail(struct starting *st, struct session *s, const struct run *r,
    const struct jailplan *jp, const int fds[3])
{
	struct msg_jail_start js = {
		.id = s->id,
		.sandboxed = s->sandboxed,
		.path = r->binary.path,
		.argv = { (const char **)r->plan.argv, r->plan.nargv },
		.env = { r->plan.env, r->plan.nenv },
		.cwd = s->cwd,
		.home = r->plan.home,
		.cols = s->cols,
		.rows = s->rows,
	};

	if (s->sandboxed) {
		js.binds.v = (void *)(uintptr_t)jp->binds;
		js.binds.n = jp->nbinds;
		js.flags.v = (const char **)st->flags.words;
		js.flags.n = st->flags.nwords;
		js.unshare_net = st->flags.unshare_net;
		js.proofs.v = (const char **)st->flags.proofs;
		js.proofs.n = st->flags.nproofs;
	}
	return peer_call(st->env->sandboxer.client.peer, MSG_JAIL_START, &js,
	    fds, 3, START_TIMEOUT, on_started, st, NULL);
}

static int
check_number(const struct env *env, char *why, size_t size)
{
	if (session_count(env, NULL) < env->conf.max_sessions)
		return 0;
	snprintf(why, size, "%u sessions run already (MaxSessions)",
	    env->conf.max_sessions);
	return RL_ERR_LIMIT;
}

static int
start(struct starting *st, const struct run *r, char *why, size_t size)
{
	struct env *env = st->env;
	struct jailplan jp = { .nbinds = 0 };
	int fds[3] = { -1, -1, -1 }; /* ring, working folder, home */
	struct session *s = NULL;
	char *cwd = NULL;
	int err;

	/* Again: others may have started while the key was looked up. */
	if ((err = check_number(env, why, size)) != 0 ||
	    (err = fds[1] = open_cwd(st, r, &cwd, why, size)) < 0 ||
	    (err = fds[2] = profile_home_open(&env->paths, r->agent,
		 r->profile->alias, why, size)) < 0)
		goto out;
	if ((err = jailplan_may_mount(r->plan.home, cwd, st->flags.proofs,
		 st->flags.nproofs, why, size)) != 0)
		goto out;
	if (!st->no_sandbox &&
	    (err = jailplan_make(&env->paths, r->plan.home, cwd, &r->binary,
		 &jp, why, size)) != 0)
		goto out;
	snprintf(why, size, "no memory for the session's output");
	if ((err = fds[0] = ring_create(env->conf.scrollback)) < 0)
		goto out;
	s = session_add(env, r->profile->alias);
	session_set(&s->cwd, cwd);
	s->sandboxed = !st->no_sandbox;
	s->cols = st->cols;
	s->rows = st->rows;
	memcpy(st->id, s->id, sizeof(st->id));
	if ((err = keep_ring(s, fds[0])) != 0)
		goto out;
	snprintf(why, size, env->stopping
		? "the daemon is stopping"
		: "the sandboxer is starting: try again");
	err = env->sandboxer.ready && !env->stopping
	    ? send_jail(st, s, r, &jp, fds)
	    : RL_ERR_UNAVAILABLE;
	if (err == RL_ERR_INVALID)
		snprintf(why, size, "a path, argument or variable of the "
		    "session is not UTF-8, or all of it is too long");
out:
	if (err < 0 && s != NULL)
		session_remove(env, s);
	for (size_t i = 0; i < 3; i++)
		fd_close(fds[i]);
	free(cwd);
	jailplan_clear(&jp);
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
	if ((err = start(st, r, why, sizeof(why))) != 0)
		refuse(st, err, why);
	run_free(r);
}

/* What only the person at the machine may ask for. */
static int
check_authority(struct peer *p, const struct msg_session_create *req,
    const struct bwrap_flags *flags, char *why, size_t size)
{
	if (peer_is_cli(p))
		return 0;
	if (req->no_sandbox) {
		snprintf(why, size, "no_sandbox: refused over HTTP: use "
		    "'ringlet profiles run --remote --no-sandbox'");
		return RL_ERR_DENIED;
	}
	if (flags->widens) {
		snprintf(why, size, "bwrap_flags: options that show the agent "
		    "more are refused over HTTP: use 'ringlet profiles run'");
		return RL_ERR_DENIED;
	}
	return 0;
}

/*
 * Hostile ringletd: it starts only what the token's holder could start, always
 * in a jail, and never with more shown than the defaults.  Names and paths are
 * resolved and checked here; the session's id is made here.  Folders in which
 * to look for the agent, and variables, are taken from the CLI alone: they
 * would choose the program that gets the key.
 */
int
on_SESSION_CREATE(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	const struct msg_session_create *req = m->body;
	struct starting *st = xcalloc(1, sizeof(*st));
	const struct msg_strs none = { NULL, 0 };
	bool cli = peer_is_cli(p);
	char why[WHY_MAX];
	int err;

	st->env = env;
	st->asker = asker_of(p, m);
	st->cwd = xstrdup(req->working_dir);
	st->cols = req->cols > 0 ? (unsigned)req->cols : COLS_DEFAULT;
	st->rows = req->rows > 0 ? (unsigned)req->rows : ROWS_DEFAULT;
	st->no_sandbox = req->no_sandbox;
	st->cli = cli;
	err = bwrap_flags_parse(&env->paths, &req->bwrap_flags, &st->flags,
	    why, sizeof(why));
	/* What may not be asked for is not explained: it names files. */
	if (check_authority(p, req, &st->flags, why, sizeof(why)) != 0)
		err = RL_ERR_DENIED;
	if (err == 0 && req->no_sandbox && req->bwrap_flags.n > 0) {
		snprintf(why, sizeof(why), "--bwrap-flags and --no-sandbox "
		    "do not go together");
		err = RL_ERR_INVALID;
	}
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
		return 0;
	}
	run_prepare(env, req->alias, &req->args,
	    cli ? &req->client_env : &none, cli ? &req->search_path : &none,
	    !st->no_sandbox, on_run_ready, st);
	return 0;
}
