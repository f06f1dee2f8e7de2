/*
 * Screen keepers: processes that know what a session's terminal shows.
 *
 * What a late viewer must see was often drawn by bytes that have left the ring
 * long ago.  So before a quarter of a ring has gone by since the last screen
 * that was saved, a keeper (ringlet-screen) reads those bytes and saves the
 * next one.  It is started for that, or when a viewer asks what is shown now,
 * and ended when it has had nothing to do for a while: a session that is
 * silent has none.
 *
 * A keeper parses what agents write, and may be taken over by one.  It has the
 * ring of its own session to read and a file to write a screen into, so it can
 * show this session's viewers what it likes, as the agent can.  What it says
 * are numbers and the text of notices, which are checked here; the bytes of a
 * screen are never looked at in this process.
 *
 * No byte is overwritten before a screen is saved that comes after it: reading
 * the terminal pauses while the newest is more than seven eighths of a ring
 * old.  A keeper that has not got on in KEEPER_MS is killed; after
 * KEEPER_FAILS in a row the session goes on without screens, and whoever asks
 * for one is told.  What broke them may pass, a limit on processes say: whoever
 * asks KEEPER_RETRY_MS later has it tried again.
 */

#include "config.h"

#include <sys/socket.h>
#include <sys/wait.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "fdpass.h"
#include "log.h"
#include "loop.h"
#include "msgdef.h"
#include "peer.h"
#include "proc.h"
#include "ring-write.h"
#include "sandboxer.h"
#include "snapshot.h"
#include "xmalloc.h"

#define KEEPER_MS	5000  /* until it has got on */
#define KEEPER_IDLE_MS	3000  /* without work, before it is ended */
#define KEEPER_RETRY_MS 15000 /* without screens, before the next attempt */
#define KEEPER_FAILS	3     /* in a row */
#define KEEPER_LAG	8192  /* bytes of a sequence that is not complete */

extern char **environ;

/* One process.  It outlives its session until it is reaped. */
struct keeper {
	struct env *env;
	struct session *session; /* NULL: given up */
	struct proc proc;
	struct peer *peer;
	uint64_t asked;	     /* told to read up to here */
	uint64_t fed;	     /* has read up to here */
	uint64_t noticed;    /* its last notice was here */
	struct size_at size; /* the last that it knows */
	int saving;	     /* the file that it writes, or -1 */
	struct loop_timer *timer; /* saving: KEEPER_MS; else KEEPER_IDLE_MS */
	TAILQ_ENTRY(keeper) link;
};

static void on_closed(struct peer *, int, const char *);
static int on_busy(struct peer *, struct msg *);
static int on_notice(struct peer *, struct msg *);

static const struct msg_rule rules[] = {
	{ MSG_SCREEN_FED, FROM_SCREEN, PST_SERVING, 0, 16, 0, MSG_SCREEN_FEED,
	    NULL },
	{ MSG_SCREEN_SAVED, FROM_SCREEN, PST_SERVING, 0, 32, 0, MSG_SCREEN_SAVE,
	    NULL },
	{ MSG_SCREEN_BUSY, FROM_SCREEN, PST_SERVING, 0, 16, 0, 0, on_busy },
	{ MSG_SCREEN_NOTICE, FROM_SCREEN, PST_SERVING, 0, 1024, 0, 0,
	    on_notice },
};

static const struct peer_ops ops = {
	.rules = rules,
	.nrules = sizeof(rules) / sizeof(rules[0]),
	.closed = on_closed,
};

/* --- the process --- */

/* Its session has nothing to do with it from now on. */
static void
keeper_leave(struct keeper *k)
{
	if (k->session == NULL)
		return;
	k->session->keeper = NULL;
	k->session = NULL;
	peer_free(k->peer);
	k->peer = NULL;
	loop_timer_free(k->timer);
	k->timer = NULL;
	fd_close(k->saving);
	k->saving = -1;
}

bool
keeper_reaped(struct env *env, pid_t pid, int status)
{
	struct keeper *k;
	char text[64];

	TAILQ_FOREACH (k, &env->keepers, link) {
		if (k->proc.pid != pid)
			continue;
		/* One that was ended here has said why it had to be. */
		if (status != 0 &&
		    (k->session != NULL || !WIFSIGNALED(status) ||
			WTERMSIG(status) != SIGKILL))
			log_debug("the screen keeper %d %s", (int)pid,
			    proc_describe(status, text, sizeof(text)));
		/* Its channel tells the rest. */
		proc_release(&k->proc);
		if (k->session == NULL) {
			TAILQ_REMOVE(&env->keepers, k, link);
			free(k);
		}
		return true;
	}
	return false;
}

void
keeper_forget_all(struct env *env)
{
	struct keeper *k;

	while ((k = TAILQ_FIRST(&env->keepers)) != NULL) {
		keeper_leave(k);
		proc_release(&k->proc);
		TAILQ_REMOVE(&env->keepers, k, link);
		free(k);
	}
}

bool
keeper_is(const struct env *env, pid_t pid)
{
	const struct keeper *k;

	TAILQ_FOREACH (k, &env->keepers, link) {
		if (k->proc.pid == pid)
			return true;
	}
	return false;
}

/* Ends it for good, whatever it is doing. */
static void
keeper_kill(struct keeper *k)
{
	struct env *env = k->env;

	keeper_leave(k);
	if (k->proc.pid != 0) {
		(void)proc_signal(&k->proc, SIGKILL);
		return; /* freed when it is reaped */
	}
	TAILQ_REMOVE(&env->keepers, k, link);
	free(k);
}

/*
 * What is known is as old as the newest screen.  If the bytes since then are
 * not all there any more, it is not known what is shown.
 */
static void
forget_lapped(struct session *s)
{
	int fd;

	if (screens_newest(&s->screens)->offset < ring_writer_tail(s->ring) &&
	    (fd = snapshot_blank()) >= 0)
		screens_lost(&s->screens, ring_writer_head(s->ring), fd);
}

static void
keeper_failed(struct session *s, const char *why)
{
	log_warn("session %s: its screen keeper failed: %s", s->id, why);
	if (s->keeper != NULL)
		keeper_kill(s->keeper);
	if (s->ring == NULL)
		return;
	forget_lapped(s);
	if (++s->keeper_fails >= KEEPER_FAILS) {
		s->keeper_failed_at = loop_now();
		log_error("session %s: what its terminal shows is not known "
			  "any more",
		    s->id);
		viewers_no_screen(s);
	} else if (viewers_want_screen(s))
		keeper_save(s);
	pump_flow(s);
}

void
keeper_retry(struct session *s)
{
	if (s->keeper_fails < KEEPER_FAILS ||
	    loop_now() - s->keeper_failed_at < KEEPER_RETRY_MS)
		return;
	s->keeper_fails = KEEPER_FAILS - 1;
	forget_lapped(s);
	pump_flow(s);
}

static void
on_closed(struct peer *p, int err, const char *why)
{
	struct keeper *k = peer_arg(p);

	(void)err;
	keeper_failed(k->session, why);
}

/*
 * It stands still amid its work, or has had none for a while.  The end of its
 * channel would be enough for an honest one.
 */
static void
on_timer(void *arg)
{
	struct keeper *k = arg;

	if (k->saving != -1)
		keeper_failed(k->session, "it does not answer");
	else
		keeper_kill(k);
}

static int
keeper_spawn(struct keeper *k, const char *path, char *why, size_t size)
{
	char *const argv[] = { (char *)(uintptr_t) "ringlet-screen",
		(char *)(uintptr_t) "-Z", NULL };
	struct proc_spec spec = { .path = path, .argv = argv, .envp = environ };
	int sv[2];

	if (fd_pair(sv) != 0) {
		(void)snprintf(why, size, "a channel: %s", strerror(errno));
		return RL_ERR_SYSTEM;
	}
	spec.channel = sv[1];
	if (k->env->screen_fd > 0)
		spec.program = k->env->screen_fd;
	if (proc_spawn(&spec, &k->proc) != 0) {
		(void)snprintf(why, size, "%s: %s", path, strerror(errno));
		fd_close(sv[0]);
		fd_close(sv[1]);
		return RL_ERR_SYSTEM;
	}
	fd_close(sv[1]);
	k->peer = peer_new(k->env->loop, sv[0], FROM_SCREEN, PST_SERVING,
	    "screen keeper", &ops, k);
	return 0;
}

/* Starts one that goes on from the newest screen. */
static struct keeper *
keeper_start(struct session *s, char *why, size_t size)
{
	const struct screen *from = screens_newest(&s->screens);
	struct msg_screen_start start = { .version = MSG_VERSION,
		.offset = from->offset,
		.cols = from->cols,
		.rows = from->rows };
	int fds[2] = { s->ring_fd, from->fd };
	struct keeper *k;

	k = xcalloc(1, sizeof(*k));
	k->env = s->env;
	k->saving = -1;
	k->asked = k->fed = k->noticed = from->offset;
	k->size = (struct size_at){ from->offset, from->cols, from->rows };
	if (keeper_spawn(k, s->env->screen, why, size) != 0) {
		free(k);
		return NULL;
	}
	k->session = s;
	k->timer = loop_timer_new(s->env->loop, on_timer, k);
	TAILQ_INSERT_TAIL(&s->env->keepers, k, link);
	(void)peer_send(k->peer, MSG_SCREEN_START, &start, fds, 2);
	return k;
}

/* --- work --- */

/*
 * It has read so far.  A number that it was not asked for is a lie, and would
 * let bytes be overwritten that it never saw.
 */
static void
on_fed(void *arg, struct msg *reply, int err)
{
	struct keeper *k = arg;
	const struct msg_screen_fed *fed;

	if (err != 0)
		return; /* on_closed() tells */
	fed = reply->body;
	if (fed->offset < k->fed || fed->offset > k->asked) {
		keeper_failed(k->session, "it has read what it was not told");
		return;
	}
	k->fed = fed->offset;
	notice_read(k->session, k->fed);
	loop_timer_arm(k->timer, KEEPER_MS);
}

/*
 * Its agent wants its person to look.  Safe from a keeper that was taken over:
 * it can say what the agent could print.  Each must be further on than the one
 * before, and none beyond what it was told to read, so there is an end to them;
 * text that could lead a terminal astray ends it.
 */
static int
on_notice(struct peer *p, struct msg *m)
{
	struct keeper *k = peer_arg(p);
	const struct msg_screen_notice *n = m->body;
	uint64_t at = n->bell > n->note ? n->bell : n->note;

	if (k->saving == -1 || at <= k->noticed || at > k->asked ||
	    !valid_line(n->title) || !valid_line(n->text))
		return RL_ERR_INVALID;
	k->noticed = at;
	notice_found(k->session, n->bell, n->note, n->title, n->text);
	return 0;
}

/*
 * It takes long, but has got on.  Safe from one that was taken over: it may
 * so hold up the agent that has taken it over, byte by byte.
 */
static int
on_busy(struct peer *p, struct msg *m)
{
	struct keeper *k = peer_arg(p);
	const struct msg_screen_busy *busy = m->body;

	if (k->saving == -1 || busy->offset <= k->fed ||
	    busy->offset > k->asked)
		return RL_ERR_INVALID;
	k->fed = busy->offset;
	loop_timer_arm(k->timer, KEEPER_MS);
	return 0;
}

/* Tells it to read up to an offset. */
static void
feed(struct keeper *k, uint64_t upto)
{
	const struct msg_screen_feed m = { .upto = upto };

	if (upto <= k->asked)
		return;
	k->asked = upto;
	(void)peer_call(
	    k->peer, MSG_SCREEN_FEED, &m, NULL, 0, 0, on_fed, k, NULL);
}

/* The same, with the changes of the size on the way. */
static void
feed_all(struct session *s, struct keeper *k, uint64_t upto)
{
	const struct size_at *at;
	struct msg_screen_size m;
	size_t i;

	for (i = 0; i < s->screens.nsizes; i++) {
		at = &s->screens.sizes[i];
		if (at->offset < k->size.offset ||
		    (at->cols == k->size.cols && at->rows == k->size.rows))
			continue;
		feed(k, at->offset);
		k->size = *at;
		m.cols = at->cols;
		m.rows = at->rows;
		(void)peer_send(k->peer, MSG_SCREEN_SIZE, &m, NULL, 0);
	}
	feed(k, upto);
}

/*
 * A screen has been written.  Safe from a keeper that was taken over: the
 * offset must be one that it has read since the last screen, and the file is
 * sealed before anybody sees it.  What is drawn is its own session's affair.
 */
static void
on_saved(void *arg, struct msg *reply, int err)
{
	struct keeper *k = arg;
	struct session *s = k->session;
	const struct msg_screen_saved *saved;
	const struct screen *last;

	if (err != 0)
		return; /* on_closed() tells */
	saved = reply->body;
	last = screens_newest(&s->screens);
	/* One that does not get on would hold up the agent for ever. */
	if (saved->offset < last->offset || saved->offset > k->fed ||
	    k->asked - saved->offset > KEEPER_LAG ||
	    snapshot_seal(k->saving, saved->size) != 0) {
		keeper_failed(s, "its screen makes no sense");
		return;
	}
	screens_add(&s->screens, saved->offset, k->saving, last->exact,
	    ring_writer_capacity(s->ring) / 4);
	k->saving = -1;
	s->keeper_fails = 0;
	screens_trim(&s->screens, ring_writer_tail(s->ring));
	loop_timer_arm(k->timer, KEEPER_IDLE_MS);
	viewers_screen(s, k->asked);
	if (s->keeper == k && viewers_want_screen(s))
		keeper_save(s);
	pump_flow(s);
}

void
keeper_save(struct session *s)
{
	struct keeper *k = s->keeper;
	char why[160];

	if (s->keeper_fails >= KEEPER_FAILS || s->ring == NULL ||
	    (k != NULL && k->saving != -1))
		return;
	if (k == NULL &&
	    (k = s->keeper = keeper_start(s, why, sizeof(why))) == NULL) {
		keeper_failed(s, why);
		return;
	}
	if ((k->saving = snapshot_new()) < 0) {
		k->saving = -1;
		keeper_failed(s, strerror(errno));
		return;
	}
	feed_all(s, k, ring_writer_head(s->ring));
	(void)peer_call(k->peer, MSG_SCREEN_SAVE, NULL, &k->saving, 1, 0,
	    on_saved, k, NULL);
	loop_timer_arm(k->timer, KEEPER_MS);
}

void
keeper_resized(struct session *s, unsigned int cols, unsigned int rows)
{
	screens_resize(&s->screens, ring_writer_head(s->ring), cols, rows);
	if (screens_unsaved(&s->screens) > SIZES_MAX / 2)
		keeper_save(s);
}

uint64_t
keeper_check(struct session *s)
{
	uint64_t capacity = ring_writer_capacity(s->ring);
	uint64_t known = screens_newest(&s->screens)->offset;

	if (s->keeper_fails >= KEEPER_FAILS)
		return UINT64_MAX;
	if (ring_writer_head(s->ring) - known >= capacity / 4)
		keeper_save(s);
	if (s->keeper_fails >= KEEPER_FAILS)
		return UINT64_MAX;
	return screens_newest(&s->screens)->offset + capacity / 8 * 7;
}

uint64_t
keeper_due(const struct session *s)
{
	if (s->keeper_fails >= KEEPER_FAILS ||
	    (s->keeper != NULL && s->keeper->saving != -1))
		return UINT64_MAX;
	return screens_newest(&s->screens)->offset +
	       ring_writer_capacity(s->ring) / 4;
}

bool
keeper_is_busy(const struct session *s)
{
	return s->keeper != NULL && s->keeper->saving != -1;
}

bool
keeper_works(const struct session *s)
{
	return s->keeper_fails < KEEPER_FAILS;
}

void
keeper_end(struct session *s)
{
	if (s->keeper != NULL)
		keeper_kill(s->keeper);
}
