/*
 * Ends of sessions, and how long an ended one stays readable: until it is
 * cleaned up, or SessionKeep is over, or ENDED_MAX others have ended since.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "audit.h"
#include "err.h"
#include "log.h"
#include "loop.h"
#include "monitor.h"
#include "service.h"
#include "session.h"

#define CALL_TIMEOUT 10000 /* ms for the sandboxer to answer */
#define ENDED_MAX    100   /* ended sessions that stay readable */
#define CHECK_KEEP   600   /* seconds for a test's output to be read */
/* The clock may be set, and stands still while the machine sleeps. */
#define KEEP_LOOK 3600 /* seconds until looking again, at most */

/*
 * Forgets the session that ended longest ago if there are too many, never the
 * one that has ended just now, however long ago it began.
 */
static void
drop_old(struct env *env, const struct session *just_ended)
{
	struct session *s, *oldest = NULL;

	if (env->nsessions - session_count(env, NULL) <= ENDED_MAX)
		return;
	TAILQ_FOREACH (s, &env->sessions, link)
		if (s != just_ended && s->state == SST_TERMINATED &&
		    (oldest == NULL || s->ended_at < oldest->ended_at))
			oldest = s;
	if (oldest != NULL)
		session_remove(env, oldest);
}

/* How long an ended one is kept. */
static int64_t
keep_time(const struct env *env, const struct session *s)
{
	int64_t all = env->conf.session_keep_s;

	return s->check && all > CHECK_KEEP ? CHECK_KEEP : all;
}

static void
on_keep_timer(void *arg)
{
	session_keep(arg);
}

void
session_keep(struct env *env)
{
	int64_t now = time(NULL), left, next = KEEP_LOOK;
	struct session *s, *after;

	for (s = TAILQ_FIRST(&env->sessions); s != NULL; s = after) {
		after = TAILQ_NEXT(s, link);
		if (s->state != SST_TERMINATED)
			continue;
		left = s->ended_at + keep_time(env, s) - now;
		if (left <= 0) {
			log_debug("session %s: its time is over", s->id);
			session_remove(env, s);
		} else if (left < next)
			next = left;
	}
	if (env->keep_timer == NULL)
		env->keep_timer = loop_timer_new(env->loop, on_keep_timer, env);
	loop_timer_arm(env->keep_timer, (uint64_t)next * 1000);
}

/*
 * What programs outside will execute and is not as it was: the person who
 * runs them wants to look first.
 */
static void
tell_changed(struct session *s)
{
	jailnote_compare(&s->note);
	for (size_t i = 0; i < s->note.changed.n; i++)
		log_warn("session %s: executed outside: %s", s->id,
		    s->note.changed.v[i]);
}

static void
session_end(
    struct env *env, struct session *s, const char *reason, const char *text)
{
	char status[16], signo[16];

	s->state = SST_TERMINATED;
	s->ended_at = time(NULL);
	s->viewers = 0;
	session_set(&s->reason, reason);
	session_set(&s->text, text);
	log_info("session %s: ended (%s, status %d, signal %u)", s->id, reason,
	    s->exit_code, s->signal);
	snprintf(status, sizeof(status), "%d", s->exit_code);
	snprintf(signo, sizeof(signo), "%u", s->signal);
	(void)audit_event(env, &audit_monitor, AUDIT_SESSION_END, s->id,
	    AUDIT_OK, "profile", s->alias, "reason", reason, "exit", status,
	    "signal", signo, NULL);
	tell_changed(s);
	session_end_hooks(s);
	uploads_remove(&s->uploads);
	event_session(env, "ended", s);
	service_status(env);
	drop_old(env, s);
	session_keep(env);
}

static struct session *
first_living(const struct env *env)
{
	struct session *s;

	TAILQ_FOREACH (s, &env->sessions, link)
		if (s->state != SST_TERMINATED)
			return s;
	return NULL;
}

void
session_all_lost(struct env *env)
{
	struct session *s;

	/* From the top each time: the end of one may forget another. */
	while ((s = first_living(env)) != NULL)
		session_end(env, s, "lost",
		    env->stopping ? "the daemon was stopped"
				  : "the sandboxer died, and the jail with "
				    "it");
}

static void
on_dropped(void *arg, struct msg *reply, int err)
{
	(void)arg;
	if (err == 0 && reply->hdr.type == MSG_ERROR)
		log_warn("the sandboxer could not forget a session");
}

/*
 * Hostile sandboxer: it can end sessions, which it could by killing them, and
 * cannot bring one back or touch another field.  Nor can it fill our memory
 * with what it is asked to forget.
 */
int
on_JAIL_STATE(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	const struct msg_jail_state *js = m->body;
	struct session *s = session_find(env, js->id);
	struct msg_jail_drop drop;

	if (js->state != SST_TERMINATED)
		return 0;
	if (s != NULL && s->state != SST_TERMINATED) {
		s->exit_code = (int)js->exit_code;
		s->signal = (unsigned)js->signal;
		session_end(env, s, js->reason, js->text);
	}
	/* Even one that we gave up: the sandboxer keeps it until told. */
	drop.id = js->id;
	if (peer_call(p, MSG_JAIL_DROP, &drop, NULL, 0, CALL_TIMEOUT,
		on_dropped, NULL, NULL) != RL_ERR_LIMIT)
		return 0;
	log_error("%s: it answers nothing", peer_name(p));
	return RL_ERR_PROTOCOL;
}
