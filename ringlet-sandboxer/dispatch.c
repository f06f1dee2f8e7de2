/*
 * What the monitor may say.  It is the parent and is trusted; the checks here
 * are against mistakes, and against a hole in it being one in every jail.
 */

#include "config.h"

#include <stdlib.h>

#include "err.h"
#include "fdpass.h"
#include "jail.h"
#include "log.h"
#include "loop.h"
#include "msgdef.h"
#include "peer.h"
#include "sandboxer.h"

#define WHY_MAX                                                                \
	(PROBE_TEXT_MAX + 128) /* bytes of a reason in an error reply          \
				*/

static int on_init(struct peer *, struct msg *);
static int on_settings(struct peer *, struct msg *);
static int on_alive(struct peer *, struct msg *);
static int on_jail_start(struct peer *, struct msg *);
static int on_jail_kill(struct peer *, struct msg *);
static int on_jail_drop(struct peer *, struct msg *);
static int on_viewer_add(struct peer *, struct msg *);
static void on_closed(struct peer *, int, const char *);

static const struct msg_rule rules[] = {
	{ MSG_INIT, FROM_MONITOR, PST_INIT, 0, 512, RULE_ONCE, 0, on_init },
	{ MSG_SETTINGS, FROM_MONITOR, PST_SERVING, 0, 16, 0, 0, on_settings },
	{ MSG_ALIVE, FROM_MONITOR, PST_SERVING, 0, 16, 0, 0, on_alive },
	{ MSG_JAIL_START, FROM_MONITOR, PST_SERVING, 3, MSG_MAX_BODY, 0, 0,
	    on_jail_start },
	{ MSG_JAIL_KILL, FROM_MONITOR, PST_SERVING, 0, 64, 0, 0, on_jail_kill },
	{ MSG_JAIL_DROP, FROM_MONITOR, PST_SERVING, 0, 64, 0, 0, on_jail_drop },
	{ MSG_VIEWER_ADD, FROM_MONITOR, PST_SERVING, 2, 64, 0, 0,
	    on_viewer_add },
};

static const struct peer_ops ops = {
	.rules = rules,
	.nrules = sizeof(rules) / sizeof(rules[0]),
	.closed = on_closed,
};

void
dispatch_start(struct env *env, int fd)
{
	env->monitor = peer_new(
	    env->loop, fd, FROM_MONITOR, PST_INIT, "monitor", &ops, env);
}

void
dispatch_log(enum log_level level, const char *text, void *arg)
{
	struct env *env = arg;
	struct msg_log entry = { .level = level, .text = text };

	(void)peer_send(env->monitor, MSG_LOG, &entry, NULL, 0);
}

static void
on_leave_timeout(void *arg)
{
	struct env *env = arg;

	log_error("processes of sessions are left");
	loop_stop(env->loop);
}

void
dispatch_idle(struct env *env)
{
	const struct session *s;

	if (env->leaving == NULL)
		return;
	TAILQ_FOREACH (s, &env->sessions, link) {
		if (s->phase != SP_ENDED)
			return;
	}
	loop_stop(env->loop);
}

/*
 * The monitor is gone, and so is the reason for every jail.  They are killed,
 * and we stay until they are seen to be gone, because orphans become ours.
 */
static void
on_closed(struct peer *p, int err, const char *why)
{
	struct env *env = peer_arg(p);
	struct session *s;

	log_set_sink(NULL, NULL);
	if (err != RL_ERR_EOF)
		log_error("the channel to the monitor broke: %s", why);
	env->leaving = loop_timer_new(env->loop, on_leave_timeout, env);
	loop_timer_arm(env->leaving, LEAVE_MS);
	TAILQ_FOREACH (s, &env->sessions, link)
		session_kill_now(s);
	dispatch_idle(env);
}

static int
on_init(struct peer *p, struct msg *m)
{
	struct env *env = peer_arg(p);
	const struct msg_init *init = m->body;
	struct msg_ready ready = { .version = MSG_VERSION,
		.package = PACKAGE_VERSION,
		.level = spawn_tier(env, true),
		.text = env->probe.text };

	if (init->version != MSG_VERSION || init->log_level > LOGL_TRACE ||
	    init->jail_minimum > TIER_MAX)
		return RL_ERR_INVALID;
	log_set_level((enum log_level)init->log_level);
	env->minimum = (enum jail_tier)init->jail_minimum;
	peer_set_state(p, PST_SERVING);
	return peer_reply(p, m->hdr.id, MSG_READY, &ready, NULL, 0);
}

/* Also after a takeover: the new monitor does not know what READY said. */
static int
on_settings(struct peer *p, struct msg *m)
{
	struct env *env = peer_arg(p);
	const struct msg_settings *s = m->body;

	if (s->jail_minimum > TIER_MAX)
		return RL_ERR_INVALID;
	log_set_level((enum log_level)s->log_level);
	env->minimum = (enum jail_tier)s->jail_minimum;
	probe_tell(env);
	return 0;
}

static int
on_alive(struct peer *p, struct msg *m)
{
	(void)peer_reply(p, m->hdr.id, MSG_OK, NULL, NULL, 0);
	return 0;
}

static int
on_jail_start(struct peer *p, struct msg *m)
{
	struct env *env = peer_arg(p);
	const struct msg_jail_start *plan = m->body;
	char why[WHY_MAX] = "";
	int ret;

	if ((ret = jail_check(plan, why, sizeof(why))) != 0)
		return peer_reply_error(p, m->hdr.id, ret, "%s", why);
	if (plan->sandboxed &&
	    (ret = probe_permit(env, why, sizeof(why))) != 0) {
		log_warn("session %s: not started: %s", plan->id, why);
		return peer_reply_error(p, m->hdr.id, ret, "%s", why);
	}
	if (!fd_is(m->fds[0], FD_MEM) || !fd_is(m->fds[1], FD_DIR) ||
	    !fd_is(m->fds[2], FD_DIR))
		return peer_reply_error(p, m->hdr.id, RL_ERR_INVALID,
		    "a descriptor of the jail is of the wrong kind");
	if (session_find(env, plan->id) != NULL)
		return peer_reply_error(
		    p, m->hdr.id, RL_ERR_EXISTS, "session %s exists", plan->id);
	ret = session_start(env, plan, m->hdr.id, m->fds[0], m->fds[1],
	    m->fds[2], why, sizeof(why));
	if (ret != 0) {
		log_warn("session %s: not started: %s", plan->id, why);
		return peer_reply_error(p, m->hdr.id, RL_ERR_JAIL, "%s", why);
	}
	return 0;
}

static int
on_jail_kill(struct peer *p, struct msg *m)
{
	const struct msg_jail_kill *kill = m->body;
	struct session *s = session_find(peer_arg(p), kill->id);

	if (s == NULL)
		return peer_reply_error(p, m->hdr.id, RL_ERR_NOTFOUND,
		    "there is no session %s", kill->id);
	session_kill(s, m->hdr.id, (int)kill->signal, kill->grace_ms);
	return 0;
}

static int
on_jail_drop(struct peer *p, struct msg *m)
{
	const struct msg_jail_drop *drop = m->body;
	struct session *s = session_find(peer_arg(p), drop->id);

	if (s == NULL)
		return peer_reply_error(p, m->hdr.id, RL_ERR_NOTFOUND,
		    "there is no session %s", drop->id);
	if (s->phase != SP_ENDED)
		return peer_reply_error(p, m->hdr.id, RL_ERR_STATE,
		    "session %s has not ended", drop->id);
	session_free(s);
	return peer_reply(p, m->hdr.id, MSG_OK, NULL, NULL, 0);
}

static int
on_viewer_add(struct peer *p, struct msg *m)
{
	const struct msg_viewer_add *add = m->body;
	struct session *s = session_find(peer_arg(p), add->id);
	int ret;

	if (s == NULL)
		return peer_reply_error(p, m->hdr.id, RL_ERR_NOTFOUND,
		    "there is no session %s", add->id);
	if (!fd_is(m->fds[0], FD_SOCKET) || !fd_is(m->fds[1], FD_EVENT))
		return peer_reply_error(p, m->hdr.id, RL_ERR_INVALID,
		    "a descriptor of the viewer is of the wrong kind");
	ret = viewer_add(s, add->viewer, add->read_only, msg_take_fd(m, 0),
	    msg_take_fd(m, 1));
	if (ret != 0)
		return peer_reply_error(
		    p, m->hdr.id, ret, "session %s has ended", add->id);
	return peer_reply(p, m->hdr.id, MSG_OK, NULL, NULL, 0);
}
