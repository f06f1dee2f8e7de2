/*
 * RequireSameUser: connections of other users of this machine are refused
 * before a byte of theirs is read.
 *
 * ringletd shows each connection that it has accepted.  Nothing that it says
 * is believed: whose the connection is, the kernel says of the descriptor.
 */

#include "config.h"

#include <stdio.h>
#include <unistd.h>

#include "audit.h"
#include "conn-user.h"
#include "err.h"
#include "log.h"
#include "loop.h"
#include "monitor.h"

#define TOLD_MS 60000 /* between two entries about strangers */

void
stranger_setup(struct env *env)
{
	size_t i;

	if (env->conf.require_same_user == CONF_SAME_NO)
		return;
	env->users_known = true;
	for (i = 0; i < env->nlisteners && env->users_known; i++)
		env->users_known = conn_user_probe(env->listeners[i].fd) == 0;
	if (env->users_known)
		return;
	if (env->conf.require_same_user == CONF_SAME_YES)
		fatal("RequireSameUser: this kernel does not tell whose a "
		      "connection to %s is (sock_diag): use a unix socket as "
		      "ListenAddress, or RequireSameUser auto",
		    env->listeners[i - 1].address);
	log_warn("the kernel does not tell whose a connection to %s is: other "
		 "users of this machine are kept out by the token alone",
	    env->listeners[i - 1].address);
}

/* Once a minute: whoever it is must not fill the log. */
static void
note_stranger(struct env *env, uid_t uid)
{
	const struct audit_who nobody = { .kind = AUDIT_HTTP };
	uint64_t now = loop_now();
	char n[32], id[32];

	env->strangers++;
	if (env->strangers_told != 0 && now - env->strangers_told < TOLD_MS)
		return;
	log_warn("HTTP: refused %llu connections of other users, the last one "
		 "of uid %llu",
	    (unsigned long long)env->strangers, (unsigned long long)uid);
	snprintf(n, sizeof(n), "%llu", (unsigned long long)env->strangers);
	snprintf(id, sizeof(id), "%llu", (unsigned long long)uid);
	(void)audit_event(env, &nobody, AUDIT_STRANGER, "", AUDIT_REFUSED,
	    "count", n, "uid", id, NULL);
	env->strangers = 0;
	env->strangers_told = now;
}

/* Whether the connection may be served. */
static bool
is_welcome(struct env *env, int sock)
{
	uid_t uid = 0;

	switch (conn_user(sock, &uid)) {
	case 0:
		if (uid == getuid())
			return true;
		note_stranger(env, uid);
		return false;
	case RL_ERR_NOTFOUND:
		/* From another machine: AllowRemote has let it come. */
		return true;
	case RL_ERR_UNAVAILABLE:
		return !env->users_known;
	default:
		return false; /* it has gone */
	}
}

/*
 * Hostile ringletd: it can have any socket of its own judged, which tells it
 * no more than whether that is ours; or it asks nothing and serves a stranger,
 * who then still has no token.
 */
int
on_CONN_CHECK(struct peer *p, struct msg *m)
{
	if (is_welcome(peer_env(p), m->fds[0]))
		peer_reply(p, m->hdr.id, MSG_OK, NULL, NULL, 0);
	else
		peer_reply_error(
		    p, m->hdr.id, RL_ERR_DENIED, "not this user's connection");
	return 0;
}
