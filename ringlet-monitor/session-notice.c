/*
 * Agents that want their person to look: from the sandboxer to whoever has
 * subscribed.  What an agent says of itself is passed on and never acted upon.
 */

#include "config.h"

#include "err.h"
#include "loop.h"
#include "monitor.h"
#include "session.h"

/* The sandboxer says one a second; somewhat sooner it may arrive. */
#define WANTED_MS 500

/*
 * Hostile sandboxer: it can make up what an agent is said to want, as every
 * agent can of itself, not more often than it may, and not with text that would
 * lead a terminal astray.
 */
int
on_JAIL_NOTICE(struct peer *p, struct msg *m)
{
	const struct msg_jail_notice *n = m->body;
	struct env *env = peer_env(p);
	struct session *s = session_find(env, n->id);
	uint64_t now = loop_now();

	if (n->kind == 0 || !valid_line(n->title) || !valid_line(n->text))
		return RL_ERR_INVALID;
	if (s == NULL || s->state != SST_RUNNING ||
	    (s->wanted_at != 0 && now - s->wanted_at < WANTED_MS))
		return 0;
	s->wanted_at = now;
	event_input_wanted(env, s,
	    n->kind == NOTICE_BELL ? "bell" : "notification", n->title,
	    n->text);
	return 0;
}
