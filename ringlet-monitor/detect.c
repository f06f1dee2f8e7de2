/*
 * Which versions agents' programs have, found out beside the loop.
 *
 * Where the package says it, it is read (agent-package.c).  Else the program
 * is asked, by a process of its own, the monitor's program run with -A, in a
 * jail, one program after the other.  Nobody waits for that: a listing has
 * what is known by then.  What was said is remembered (detect.h) and asked for
 * again when the program changes, or after a day.
 */

#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent-binary.h"
#include "aside.h"
#include "detect.h"
#include "err.h"
#include "log.h"
#include "loop.h"
#include "manifest.h"
#include "monitor.h"
#include "strlist.h"
#include "xmalloc.h"

#define ASK_MS	 15000 /* it has 5 seconds itself, twice at most */
#define LEAVE_MS 2000  /* that it has to end what it started */
#define WAITING	 32    /* programs that may wait for their turn */

/* A program to be asked. */
struct job {
	struct detect_key key; /* strings are the job's */
	char *interp_dir;
	struct strlist binds;
};

struct detect {
	struct env *env;
	struct detect_cache cache;
	char *file;
	struct job queue[WAITING];
	size_t nqueue;
	struct aside aside;
	struct loop_signal *child;
	struct loop_timer *timer; /* the next one, out of callbacks */
};

static void detect_closed(struct peer *, int err, const char *why);

/*
 * Hostile prober: what it asked was hostile, and it may have been taken over.
 * It can say one version, which is text of a grammar, or one error, which is
 * escaped where it is shown.
 */
static const struct msg_rule rules[] = {
	{ MSG_VERSION_SAID, FROM_PROBER, PST_SERVING, 0, 1024, 0,
	    MSG_VERSION_ASK, NULL },
	{ MSG_ERROR, FROM_PROBER, PST_SERVING, 0, 4096, 0, MSG_VERSION_ASK,
	    NULL },
};

static const struct peer_ops ops = {
	.rules = rules,
	.nrules = sizeof(rules) / sizeof(rules[0]),
	.closed = detect_closed,
};

static void
job_clear(struct job *j)
{
	free((char *)(uintptr_t)j->key.path);
	free((char *)(uintptr_t)j->key.argument);
	free(j->interp_dir);
	strlist_clear(&j->binds);
	memset(j, 0, sizeof(*j));
}

/* The first in the queue has been asked, or cannot be. */
static void
queue_next(struct detect *d)
{
	job_clear(&d->queue[0]);
	memmove(
	    &d->queue[0], &d->queue[1], sizeof(d->queue[0]) * (d->nqueue - 1));
	memset(&d->queue[--d->nqueue], 0, sizeof(d->queue[0]));
	if (d->nqueue > 0)
		loop_timer_arm(d->timer, 0);
}

static void
on_child(int signo, void *arg)
{
	struct detect *d = arg;

	(void)signo;
	if (aside_reap(&d->aside) && d->nqueue > 0)
		loop_timer_arm(d->timer, 0);
}

/* The first in the queue said a version, or why is why it did not. */
static void
finish(struct detect *d, const char *version, const char *why)
{
	struct detect_key *k = &d->queue[0].key;
	struct detect_entry *e = detect_find(&d->cache, k);
	struct detect_key now;
	int r;

	/* Another one may lie there by now, and may be the one that spoke. */
	if (detect_key(&now, k->path, k->argument) != 0 ||
	    detect_find(&d->cache, &now) != e)
		e = NULL;

	if (version != NULL)
		log_debug("%s says that its version is %s", k->path, version);
	else
		log_info("%s does not say its version: %s", k->path, why);
	if (e != NULL) {
		detect_set(e, version, version != NULL ? NULL : why,
		    (int64_t)time(NULL));
		if ((r = detect_save(&d->cache, d->file)) != 0)
			log_warn("%s: %s", d->file, rl_strerror(r));
	}
	queue_next(d);
}

/* What a version may look like is judged again: see version.h. */
static bool
said_ok(const char *version)
{
	return *version >= '0' && *version <= '9' &&
	       strspn(version, "0123456789.+-abcdefghijklmnopqrstuvwxyz"
			       "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == strlen(version);
}

static void
on_answer(void *arg, struct msg *m, int err)
{
	struct detect *d = arg;
	const struct msg_version_said *said;
	const struct msg_error *e;

	if (d->aside.peer == NULL)
		return; /* being freed */
	if (m == NULL)
		finish(d, NULL,
		    err == RL_ERR_TIMEOUT ? "it takes too long"
					  : "asking it has failed");
	else if (m->hdr.type == MSG_ERROR) {
		e = m->body;
		finish(d, NULL, *e->text != '\0' ? e->text : "unknown");
	} else {
		said = m->body;
		if (said_ok(said->version))
			finish(d, said->version, NULL);
		else
			finish(d, NULL, "it says what is no version");
	}
	/*
	 * It sees its channel close, kills what it has started and ends; if it
	 * is killed itself, that dies with it.  Only one that does not answer
	 * gets so far.
	 */
	aside_end(&d->aside, SIGKILL);
	if (d->aside.proc.pid == 0 && d->nqueue > 0)
		loop_timer_arm(d->timer, 0);
}

/* Only reached if the channel ends without an open call. */
static void
detect_closed(struct peer *p, int err, const char *why)
{
	(void)why;
	on_answer(peer_arg(p), NULL, err);
}

/* Starts the process and asks it.  0, or an error and nothing runs. */
static int
start(struct detect *d, const struct msg_version_ask *q)
{
	static char *no_env[] = { NULL };
	char *const argv[] = { (char[]){ "ringlet-monitor" }, (char[]){ "-A" },
		NULL };
	const struct aside_ask ask = { .path = d->env->paths.monitor,
		.argv = argv,
		.envp = no_env,
		.from = FROM_PROBER,
		.name = "prober",
		.ops = &ops,
		.type = MSG_VERSION_ASK,
		.body = q,
		.timeout_ms = ASK_MS,
		.cb = on_answer,
		.arg = d };

	return aside_start(&d->aside, d->env->loop, &ask);
}

static void
on_timer(void *arg)
{
	struct detect *d = arg;
	struct job *j = &d->queue[0];
	struct msg_version_ask q = { 0 };
	int r;

	if (d->nqueue == 0 || d->aside.proc.pid != 0 || d->env->stopping)
		return;
	q.path = j->key.path;
	q.argument = j->key.argument;
	q.interp_dir = j->interp_dir;
	q.binds.v = (const char **)(uintptr_t)j->binds.v;
	q.binds.n = j->binds.n;
	if ((r = start(d, &q)) != 0)
		finish(d, NULL, rl_strerror(r));
}

static void
enqueue(struct detect *d, const struct detect_entry *e,
    const struct agent_binary *b)
{
	struct job *j;

	if (d->nqueue == WAITING)
		return; /* the next listing asks for it again */
	j = &d->queue[d->nqueue++];
	j->key = e->key;
	j->key.path = xstrdup(e->key.path);
	j->key.argument = xstrdup(e->key.argument);
	j->interp_dir = xstrdup(b->interp_dir != NULL ? b->interp_dir : "");
	for (size_t i = 0; i < b->nbinds; i++)
		strlist_add(&j->binds, b->binds[i]);
	if (d->aside.proc.pid == 0)
		loop_timer_arm(d->timer, 0);
}

static bool
is_queued(const struct detect *d, const struct detect_entry *e)
{
	for (size_t i = 0; i < d->nqueue; i++)
		if (strcmp(d->queue[i].key.path, e->key.path) == 0 &&
		    strcmp(d->queue[i].key.argument, e->key.argument) == 0)
			return true;
	return false;
}

void
detect_version(struct env *env, const struct manifest_agent *agent,
    const struct agent_binary *b, struct detected *out)
{
	struct detect *d = env->detect;
	const struct detect_entry *e;
	struct detect_key k;

	memset(out, 0, sizeof(*out));
	out->from = "";
	if (b->version != NULL) {
		(void)strlcpy(out->version, b->version, sizeof(out->version));
		out->from = "package";
		return;
	}
	if (agent->version_arg == NULL || d == NULL ||
	    detect_key(&k, b->path, agent->version_arg) != 0)
		return;
	e = detect_get(&d->cache, &k);
	if (detect_is_stale(e, (int64_t)time(NULL)) && !is_queued(d, e))
		enqueue(d, e, b);
	if (e->version != NULL) {
		(void)strlcpy(out->version, e->version, sizeof(out->version));
		out->from = "program";
	} else if (is_queued(d, e))
		out->from = "pending";
	else if (e->why != NULL)
		(void)strlcpy(out->why, e->why, sizeof(out->why));
}

void
detect_start(struct env *env)
{
	struct detect *d = xcalloc(1, sizeof(*d));
	const struct manifest_agent *const *agents;
	struct agent_binary found;
	struct detected unused;
	char why[1024];
	size_t n;

	env->detect = d;
	d->env = env;
	d->file = xasprintf("%s/agents.json", env->paths.state_dir);
	d->child = loop_signal_new(env->loop, SIGCHLD, on_child, d);
	d->timer = loop_timer_new(env->loop, on_timer, d);
	if (detect_load(&d->cache, d->file, why, sizeof(why)) != 0)
		log_warn("%s: the versions in it are asked for again", why);
	agents = manifest_agents(env->manifests, &n);
	for (size_t i = 0; i < n; i++) {
		if (agent_binary_find(agents[i], env->paths.home, NULL, &found,
			why, sizeof(why)) == 0)
			detect_version(env, agents[i], &found, &unused);
		agent_binary_clear(&found);
	}
}

bool
detect_is_busy(const struct env *env)
{
	const struct detect *d = env->detect;

	return d != NULL && aside_is_busy(&d->aside);
}

void
detect_free(struct env *env)
{
	struct detect *d = env->detect;

	if (d == NULL)
		return;
	/* bwrap, killed while it is new, leaves what it has just made. */
	aside_leave(&d->aside, LEAVE_MS);
	while (d->nqueue > 0)
		job_clear(&d->queue[--d->nqueue]);
	detect_clear(&d->cache);
	loop_signal_free(d->child);
	loop_timer_free(d->timer);
	free(d->file);
	free(d);
	env->detect = NULL;
}
