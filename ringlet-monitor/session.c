/*
 * Requests about sessions: to see them, end them, forget them, and look on.
 * session-table.c has the table; session-start.c makes sessions,
 * session-end.c ends and forgets them.
 */

#include "config.h"

#include <sys/eventfd.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit.h"
#include "err.h"
#include "log.h"
#include "monitor.h"
#include "session.h"
#include "snapshot.h"
#include "xmalloc.h"

#define CALL_TIMEOUT 10000 /* ms for the sandboxer to answer */
#define STOP_GRACE   5000  /* ms of KillGrace at the daemon's end, at most */

/* --- requests --- */

struct session *
session_asked(struct peer *p, const struct msg *m, const char *id)
{
	struct env *env = peer_env(p);
	struct session *s, *found = NULL;

	if (!valid_session_prefix(id)) {
		peer_reply_error(p, m->hdr.id, RL_ERR_INVALID,
		    "session '%s': an id is 1 to 16 hex digits", id);
		return NULL;
	}
	TAILQ_FOREACH(s, &env->sessions, link) {
		if (strncmp(s->id, id, strlen(id)) != 0)
			continue;
		if (found != NULL) {
			peer_reply_error(p, m->hdr.id, RL_ERR_INVALID,
			    "session '%s': more than one id begins so", id);
			return NULL;
		}
		found = s;
	}
	if (found == NULL)
		peer_reply_error(p, m->hdr.id, RL_ERR_NOTFOUND,
		    "no session %s: 'ringlet terminal list' shows them", id);
	return found;
}

/*
 * Hostile ringletd: the row has a token judged; what is listed is what the
 * token's holder may see, and holds no key and no environment.
 */
int
on_SESSION_LIST(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	struct msg_session *list = xcalloc(env->nsessions + 1, sizeof(*list));
	struct msg_sessions body = { .list = { list, 0 } };
	struct session *s;

	TAILQ_FOREACH(s, &env->sessions, link)
		if (session_is_listed(s))
			session_to_msg(s, &list[body.list.n++]);
	peer_reply(p, m->hdr.id, MSG_SESSIONS, &body, NULL, 0);
	free(list);
	return 0;
}

/*
 * Hostile ringletd: a prefix finds no more than the list shows, or a test of a
 * jail that has ended, of which nothing is hidden.
 */
int
on_SESSION_GET(struct peer *p, struct msg *m)
{
	const struct msg_session_id *req = m->body;
	struct session *s = session_asked(p, m, req->id);
	struct msg_session body;

	if (s != NULL) {
		session_to_msg(s, &body);
		/* A list of all sessions would have no room for these. */
		session_msg_lists(s, &body);
		peer_reply(p, m->hdr.id, MSG_SESSION, &body, NULL, 0);
	}
	return 0;
}

/*
 * Hostile ringletd: with a control token it may forget what has ended, as the
 * token's holder may; a session that runs is not touched.
 */
int
on_SESSION_CLEANUP(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	struct msg_cleaned body = { 0 };
	struct session *s, *next;

	for (s = TAILQ_FIRST(&env->sessions); s != NULL; s = next) {
		next = TAILQ_NEXT(s, link);
		if (s->state != SST_TERMINATED)
			continue;
		body.count += session_is_listed(s);
		session_remove(env, s);
	}
	peer_reply(p, m->hdr.id, MSG_CLEANED, &body, NULL, 0);
	return 0;
}

/* --- kill --- */

struct pending {
	struct env *env;
	struct asker asker;
	char id[SESSION_ID_LEN + 1];
	/* attach */
	int viewer_fd;
	int event_fd;
	int64_t wanted;
	uint64_t offset;
	bool read_only;
};

static struct pending *
pending_new(struct peer *p, const struct msg *m, const struct session *s)
{
	struct pending *pe = xcalloc(1, sizeof(*pe));

	pe->env = peer_env(p);
	pe->asker = asker_of(p, m);
	memcpy(pe->id, s->id, sizeof(pe->id));
	pe->viewer_fd = pe->event_fd = -1;
	return pe;
}

static void
pending_free(struct pending *pe)
{
	fd_close(pe->viewer_fd);
	fd_close(pe->event_fd);
	free(pe);
}

/* Answers with the sandboxer's error, if that is what came. */
static bool
pending_failed(struct pending *pe, const struct msg *reply, int err)
{
	struct peer *p = asker_peer(pe->env, &pe->asker);
	const struct msg_error *e;

	if (err == 0 && reply->hdr.type != MSG_ERROR)
		return false;
	if (p == NULL)
		return true;
	if (err != 0)
		peer_reply_error(p, pe->asker.id, RL_ERR_UNAVAILABLE,
		    "session %s: the sandboxer does not answer: %s", pe->id,
		    rl_strerror(err));
	else {
		e = reply->body;
		peer_reply_error(
		    p, pe->asker.id, (int)e->code, "%s", e->text);
	}
	return true;
}

static void
on_killed(void *arg, struct msg *reply, int err)
{
	struct pending *pe = arg;
	struct peer *p = asker_peer(pe->env, &pe->asker);

	if (!pending_failed(pe, reply, err) && p != NULL)
		peer_reply(
		    p, pe->asker.id, MSG_KILLED, reply->body, NULL, 0);
	pending_free(pe);
}

static bool
sandboxer_ready(struct env *env, struct peer *p, const struct msg *m)
{
	if (env->sandboxer.ready && !env->stopping)
		return true;
	peer_reply_error(p, m->hdr.id, RL_ERR_UNAVAILABLE,
	    env->stopping ? "the daemon is stopping"
			  : "the sandboxer is starting: try again");
	return false;
}

/*
 * Hostile ringletd: with a control token it may end any session, as the
 * token's holder may.  The signal is bounded by its field, the grace is the
 * settings', and which process gets it the sandboxer knows by pidfd.
 */
int
on_SESSION_KILL(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	const struct msg_session_kill *req = m->body;
	struct session *s = session_asked(p, m, req->id);
	struct msg_jail_kill kill;
	struct pending *pe;
	char signo[16];

	if (s == NULL)
		return 0;
	if (s->state == SST_TERMINATED) {
		struct msg_killed done = { .ended = true, .proven = true,
			.text = "it had ended before" };

		peer_reply(p, m->hdr.id, MSG_KILLED, &done, NULL, 0);
		return 0;
	}
	if (!sandboxer_ready(env, p, m))
		return 0;
	log_info("session %s: %s asks to send signal %u", s->id,
	    peer_name(p), (unsigned)req->signal);
	snprintf(signo, sizeof(signo), "%u", (unsigned)req->signal);
	(void)audit_event(env, audit_who_of(p), AUDIT_SESSION_KILL, s->id,
	    AUDIT_INTENT, "profile", s->alias, "signal", signo, NULL);
	kill = (struct msg_jail_kill){ .id = s->id, .signal = req->signal,
		.grace_ms = env->conf.kill_grace_ms };
	pe = pending_new(p, m, s);
	if (peer_call(env->sandboxer.client.peer, MSG_JAIL_KILL, &kill, NULL,
		0, kill.grace_ms + CALL_TIMEOUT, on_killed, pe, NULL) != 0)
		on_killed(pe, NULL, RL_ERR_UNAVAILABLE);
	return 0;
}

/* --- the daemon's end --- */

static void
on_one_ended(void *arg, struct msg *reply, int err)
{
	struct env *env = arg;

	(void)reply;
	(void)err;
	if (--env->ending == 0)
		supervise_stop(env);
}

void
session_end_all(struct env *env)
{
	struct msg_jail_kill kill = { .grace_ms = env->conf.kill_grace_ms };
	struct session *s;

	if (kill.grace_ms > STOP_GRACE)
		kill.grace_ms = STOP_GRACE;
	env->ending = 1;
	TAILQ_FOREACH(s, &env->sessions, link) {
		kill.id = s->id;
		if (s->state != SST_TERMINATED && env->sandboxer.ready &&
		    peer_call(env->sandboxer.client.peer, MSG_JAIL_KILL, &kill,
			NULL, 0, 0, on_one_ended, env, NULL) == 0)
			env->ending++;
	}
	on_one_ended(env, NULL, 0);
}

/* --- attach --- */

static void
attached_fill(const struct session *s, const struct pending *pe,
    struct msg_attached *a)
{
	*a = (struct msg_attached){ .id = s->id, .offset = pe->offset,
		.cols = s->cols, .rows = s->rows, .state = s->state,
		.exit_code = s->exit_code, .signal = s->signal,
		.read_only = pe->read_only, .wanted = pe->wanted,
		.clean = s->clean };
	session_size(s, &a->cols, &a->rows);
}

static void
attach_ended(struct pending *pe, const struct session *s)
{
	struct peer *p = asker_peer(pe->env, &pe->asker);
	struct msg_attached a;
	int fds[2] = { s->ring_fd, s->screen_fd }, blank = -1;

	if (p == NULL)
		return;
	attached_fill(s, pe, &a);
	if (fds[1] == -1 && (fds[1] = blank = snapshot_blank()) < 0)
		peer_reply_error(p, pe->asker.id, RL_ERR_SYSTEM,
		    "session %s: a memory file: %s", s->id, strerror(errno));
	else
		peer_reply(
		    p, pe->asker.id, MSG_ATTACHED_ENDED, &a, fds, 2);
	fd_close(blank);
}

static void
on_viewer_added(void *arg, struct msg *reply, int err)
{
	struct pending *pe = arg;
	struct env *env = pe->env;
	struct session *s = session_find(env, pe->id);
	struct peer *p = asker_peer(env, &pe->asker);
	struct msg_attached a;

	/* It may have ended in the meantime: then only the ring is left. */
	if (s != NULL && s->state == SST_TERMINATED)
		attach_ended(pe, s);
	else if (pending_failed(pe, reply, err)) {
		/* After a time-out it may yet come: VIEWER_GONE will tell. */
		if (s != NULL && s->viewers > 0 && err != RL_ERR_TIMEOUT)
			s->viewers--;
	} else if (s != NULL && p != NULL) {
		int fds[3] = { pe->viewer_fd, s->ring_fd, pe->event_fd };

		attached_fill(s, pe, &a);
		peer_reply(p, pe->asker.id, MSG_ATTACHED, &a, fds, 3);
		event_session(env, "viewer_joined", s);
	}
	pending_free(pe);
}

/* The viewer's channel to the sandboxer, and the event that wakes it. */
static int
viewer_open(struct env *env, struct session *s, struct pending *pe)
{
	struct msg_viewer_add add = { .id = s->id,
		.viewer = ++s->next_viewer, .read_only = pe->read_only };
	int sv[2], fds[2], r;

	if (fd_pair(sv) != 0)
		return RL_ERR_SYSTEM;
	pe->viewer_fd = sv[0];
	pe->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (pe->event_fd == -1) {
		fd_close(sv[1]);
		return RL_ERR_SYSTEM;
	}
	fds[0] = sv[1];
	fds[1] = pe->event_fd;
	r = peer_call(env->sandboxer.client.peer, MSG_VIEWER_ADD, &add, fds,
	    2, CALL_TIMEOUT, on_viewer_added, pe, NULL);
	fd_close(sv[1]);
	return r;
}

/*
 * Hostile ringletd: what it gets is what the token's holder may see: a ring
 * that it can only read, and a channel to this one session.
 */
int
on_SESSION_ATTACH(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	const struct msg_session_attach *req = m->body;
	struct session *s = session_asked(p, m, req->id);
	struct pending *pe;
	int r;

	if (s == NULL)
		return 0;
	if (s->ring == NULL) {
		peer_reply_error(p, m->hdr.id, RL_ERR_STATE,
		    "session %s is still starting: try again", s->id);
		return 0;
	}
	if (req->offset < SEEK_SCREEN) {
		peer_reply_error(p, m->hdr.id, RL_ERR_INVALID,
		    "there is no offset %lld", (long long)req->offset);
		return 0;
	}
	if (req->offset >= 0 &&
	    (uint64_t)req->offset > ring_reader_head(s->ring)) {
		peer_reply_error(p, m->hdr.id, RL_ERR_INVALID,
		    "offset %lld is beyond the %llu bytes that there are",
		    (long long)req->offset,
		    (unsigned long long)ring_reader_head(s->ring));
		return 0;
	}
	if (s->viewers >= env->conf.max_viewers) {
		peer_reply_error(p, m->hdr.id, RL_ERR_LIMIT,
		    "session %s has %u viewers already (MaxViewers)", s->id,
		    env->conf.max_viewers);
		return 0;
	}
	pe = pending_new(p, m, s);
	/* A token that may only look can watch, and not type. */
	pe->read_only = req->read_only || !auth_may_control(p);
	pe->wanted = req->offset;
	pe->offset = req->offset >= 0 ? (uint64_t)req->offset
				      : ring_reader_tail(s->ring);
	if (s->state == SST_TERMINATED) {
		attach_ended(pe, s);
		pending_free(pe);
		return 0;
	}
	if (!sandboxer_ready(env, p, m)) {
		pending_free(pe);
		return 0;
	}
	/* Counted from now on, so that no burst of requests passes the limit. */
	s->viewers++;
	if ((r = viewer_open(env, s, pe)) != 0)
		on_viewer_added(pe, NULL, r);
	return 0;
}

/* --- what the sandboxer says --- */

/*
 * Hostile sandboxer: it can show viewers of its own session what it likes,
 * which it can by the ring; a file that could still change is refused.
 */
int
on_JAIL_SCREEN(struct peer *p, struct msg *m)
{
	const struct msg_jail_screen *js = m->body;
	struct session *s = session_find(peer_env(p), js->id);
	const uint8_t *map;
	size_t len;

	if (snapshot_map(m->fds[0], &map, &len) != 0)
		return RL_ERR_INVALID;
	snapshot_unmap(map, len);
	if (s == NULL || s->state == SST_TERMINATED)
		return 0;
	fd_close(s->screen_fd);
	s->screen_fd = msg_take_fd(m, 0);
	s->clean = js->offset;
	return 0;
}

/*
 * Hostile sandboxer: it can make the count of viewers too low, which is shown
 * and bounds how many more may come; it cannot make it wrap.
 */
int
on_VIEWER_GONE(struct peer *p, struct msg *m)
{
	const struct msg_viewer_gone *vg = m->body;
	struct session *s = session_find(peer_env(p), vg->id);

	if (s != NULL && s->viewers > 0) {
		s->viewers--;
		event_session(peer_env(p), "viewer_left", s);
	}
	return 0;
}
