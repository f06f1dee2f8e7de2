/*
 * REGISTRY_SYNC, for clients over HTTP: the monitor has no network code, so
 * ringlet-fetch fetches, a process that is told where and has a deadline.  What
 * it shows is a folder, and is judged as any.
 */

#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "fdpass.h"
#include "log.h"
#include "loop.h"
#include "monitor.h"
#include "proc.h"
#include "registry-store.h"
#include "xmalloc.h"

#define WHY_MAX	 1024
#define GRACE_MS 5000 /* beyond RegistryTimeout: to start, and to answer */

struct registry_fetch {
	struct env *env;
	struct proc proc;  /* pid 0: none */
	struct peer *peer; /* NULL: it has been answered, and is dying */
	struct asker asker;
	struct loop_signal *child;
};

static void fetch_closed(struct peer *, int err, const char *why);

static const struct msg_rule rules[] = {
	{ MSG_REGISTRY_FETCHED, FROM_FETCHER, PST_SERVING, 1, 16, 0,
	    MSG_REGISTRY_FETCH, NULL },
	{ MSG_ERROR, FROM_FETCHER, PST_SERVING, 0, 4096, 0, MSG_REGISTRY_FETCH,
	    NULL },
};

static const struct peer_ops ops = {
	.rules = rules,
	.nrules = sizeof(rules) / sizeof(rules[0]),
	.closed = fetch_closed,
};

static void
on_child(int signo, void *arg)
{
	struct registry_fetch *f = arg;
	int status;

	(void)signo;
	if (f->peer == NULL && f->proc.pid != 0 &&
	    proc_reap(&f->proc, &status) != 0)
		proc_release(&f->proc);
}

/*
 * It has said what it had to.  Its channel closes, upon which it removes what
 * it fetched and ends; signo, if not 0, is for one that does not look.
 */
static void
fetch_end(struct registry_fetch *f, int signo)
{
	struct peer *p = f->peer;

	f->peer = NULL;
	peer_free(p);
	if (signo != 0)
		(void)proc_signal(&f->proc, signo);
	on_child(SIGCHLD, f);
}

static void
fetch_answer(void *arg, struct msg *m, int err)
{
	struct registry_fetch *f = arg;
	struct env *env = f->env;
	const struct msg_error *e;

	if (f->peer == NULL)
		return; /* being freed */
	if (m == NULL && err == RL_ERR_TIMEOUT)
		registry_refuse(env, &f->asker, err,
		    "the registry did not come within RegistryTimeout");
	else if (m == NULL)
		registry_refuse(env, &f->asker, RL_ERR_UNAVAILABLE,
		    "fetching the registry has failed: try 'ringlet registry "
		    "sync'");
	else if (m->hdr.type == MSG_ERROR) {
		e = m->body;
		registry_refuse(env, &f->asker,
		    e->code < 0 ? (int)e->code : RL_ERR_INTERNAL, e->text);
	} else if (!fd_is(m->fds[0], FD_DIR))
		registry_refuse(
		    env, &f->asker, RL_ERR_INVALID, "it is no folder");
	else
		registry_take(env, &f->asker, m->fds[0], "", false);
	fetch_end(f, m == NULL ? SIGKILL : 0);
}

/* Only reached if the channel ends without an open call. */
static void
fetch_closed(struct peer *p, int err, const char *why)
{
	(void)why;
	fetch_answer(peer_arg(p), NULL, err);
}

static int
fetch_start(struct registry_fetch *f, const struct msg_registry_fetch *q)
{
	extern char **environ;
	char *const argv[] = { (char[]){ "ringlet-fetch" }, NULL };
	struct proc_spec spec = {
		.path = f->env->paths.fetch, .argv = argv, .envp = environ
	};
	int sv[2], r;

	if ((r = fd_pair(sv)) != 0)
		return r;
	spec.channel = sv[1];
	r = proc_spawn(&spec, &f->proc);
	fd_close(sv[1]);
	if (r != 0) {
		fd_close(sv[0]);
		memset(&f->proc, 0, sizeof(f->proc));
		return r;
	}
	f->peer = peer_new(
	    f->env->loop, sv[0], FROM_FETCHER, PST_SERVING, "fetcher", &ops, f);
	r = peer_call(f->peer, MSG_REGISTRY_FETCH, q, NULL, 0,
	    q->timeout_ms + GRACE_MS, fetch_answer, f, NULL);
	if (r != 0)
		fetch_end(f, SIGKILL);
	return r;
}

/*
 * Hostile ringletd: it can have fetched what the settings name, one at a time,
 * and only with a token that may control.  It names nothing itself.
 */
int
on_REGISTRY_SYNC(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	struct registry_fetch *f = env->fetch;
	struct registry_trust t;
	struct msg_registry_fetch q;
	char why[WHY_MAX];
	int r;

	if (f == NULL) {
		f = env->fetch = xcalloc(1, sizeof(*f));
		f->env = env;
		f->child = loop_signal_new(env->loop, SIGCHLD, on_child, f);
	}
	if (f->proc.pid != 0) {
		/* The last one has answered, and should have ended. */
		if (f->peer == NULL)
			(void)proc_signal(&f->proc, SIGKILL);
		peer_reply_error(p, m->hdr.id, RL_ERR_LIMIT,
		    "a registry is being fetched: try again later");
		return 0;
	}
	registry_trust_init(&t, &env->conf, env->policy);
	q.url = t.url;
	q.channel = t.channel;
	q.timeout_ms = env->conf.registry_timeout_ms;
	f->asker = asker_of(p, m);
	if (*t.url == '\0')
		peer_reply_error(p, m->hdr.id, RL_ERR_STATE,
		    "RegistryURL is not set: see ringlet.conf(5)");
	else if ((r = registry_may_sync(
		      env, &f->asker.who, &t, why, sizeof(why))) != 0)
		peer_reply_error(p, m->hdr.id, r, "%s", why);
	else if ((r = fetch_start(f, &q)) != 0)
		peer_reply_error(p, m->hdr.id, RL_ERR_UNAVAILABLE,
		    "%s cannot be started: %s", env->paths.fetch,
		    rl_strerror(r));
	registry_trust_free(&t);
	return 0;
}

bool
registry_is_busy(const struct env *env)
{
	return env->fetch != NULL && env->fetch->peer != NULL;
}

void
registry_fetch_free(struct env *env)
{
	if (env->fetch == NULL)
		return;
	if (env->fetch->peer != NULL)
		fetch_end(env->fetch, SIGKILL);
	if (env->fetch->proc.pid != 0)
		proc_release(&env->fetch->proc);
	loop_signal_free(env->fetch->child);
	free(env->fetch);
	env->fetch = NULL;
}
