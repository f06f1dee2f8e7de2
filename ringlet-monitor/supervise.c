/*
 * The daemons that the monitor starts: INIT, READY, and what happens when one
 * dies.  A child that dies, breaks the protocol or does not get ready is
 * killed and started again, at first after 100 ms, later up to 10 s.
 *
 * When ringletd dies, sessions live on.  When the sandboxer dies, its jails
 * die with it (the kernel sees to that) and their sessions say so.
 */

#include "config.h"

#include <sys/wait.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit.h"
#include "err.h"
#include "log.h"
#include "loop.h"
#include "monitor.h"
#include "platform.h"
#include "service.h"
#include "xmalloc.h"

#define READY_TIMEOUT 30000 /* ms from exec to READY */
#define DEAF_MS	      8000  /* it takes no answer, and there are many */
#define DELAY_FIRST   100   /* ms before the first restart */
#define DELAY_MAX     10000
#define DELAY_RESET   60000 /* a child that lived so long starts anew */
#define LIMIT_TELL    1000  /* ms from an entry left out to saying so */

static void child_start(struct child *);

/*
 * What a child may see of our environment: where the programs are, if that
 * was overridden, and what sanitizers are told by.  Nothing else.
 */
static const char *const handed_on[] = {
	"RINGLET_LIBEXEC_DIR",
#ifdef WITH_SANITIZERS
	"ASAN_OPTIONS",
	"LSAN_OPTIONS",
	"UBSAN_OPTIONS",
#endif
};

static char **
child_environment(void)
{
	size_t n = 0, all = sizeof(handed_on) / sizeof(*handed_on);
	char **envp = xcalloc(all + 1, sizeof(*envp));
	const char *value;

	for (size_t i = 0; i < all; i++)
		if ((value = getenv(handed_on[i])) != NULL)
			envp[n++] = xasprintf("%s=%s", handed_on[i], value);
	return envp;
}

static void
free_environment(char **envp)
{
	for (size_t i = 0; envp[i] != NULL; i++)
		free(envp[i]);
	free(envp);
}

static void
child_drop_channel(struct child *c)
{
	struct peer *p = c->client.peer;

	/* Whoever looks at ready may use the channel without a further look. */
	c->ready = false;
	if (p == NULL)
		return;
	client_remove(&c->client);
	peer_free(p);
}

void
child_condemn(struct child *c, const char *why)
{
	if (why != NULL)
		log_error("%s: %s: killing it", c->name, why);
	child_drop_channel(c);
	if (c->proc.pid != 0 && proc_signal(&c->proc, SIGKILL) != 0)
		log_error("%s: cannot kill pid %d: %s", c->name,
		    (int)c->proc.pid, strerror(errno));
}

/* Either it has not become ready in time, or its restart is due. */
static void
on_child_timer(void *arg)
{
	struct child *c = arg;

	if (c->proc.pid != 0) {
		if (!c->ready)
			child_condemn(c, "not ready in time");
	} else if (!c->env->stopping)
		child_start(c);
}

/* Arms the next start; each one in a row is waited for longer. */
static void
child_retry(struct child *c)
{
	loop_timer_arm(c->timer, c->delay);
	c->due = loop_now() + c->delay;
	c->delay = c->delay * 2 > DELAY_MAX ? DELAY_MAX : c->delay * 2;
}

/*
 * Without a program there is no start.  Later it may be missing for a moment,
 * or memory or descriptors may: sessions must not end for that.
 */
static void
start_failed(struct child *c, const char *why)
{
	if (c->env->ready_fd != -1)
		fatal("%s: %s", c->path, why);
	log_error("%s: %s: trying again in %llu ms", c->path, why,
	    (unsigned long long)c->delay);
	snprintf(c->ended, sizeof(c->ended), "cannot be started: %s", why);
	child_retry(c);
	/* After a takeover nobody else could be told. */
	control_accept(c->env);
}

/* Starts the program; *channel is our end of it.  0 or RL_ERR_SYSTEM. */
static int
child_spawn(struct child *c, int *channel)
{
	char *const argv[] = { (char *)(uintptr_t)c->name, (char[]){ "-Z" },
		NULL };
	char **envp = child_environment();
	struct proc_spec spec = { .path = c->path, .argv = argv,
		.envp = envp, .seal = c->seal };
	int sv[2] = { -1, -1 }, r;

	if ((r = fd_pair(sv)) == 0) {
		spec.channel = sv[1];
		r = proc_spawn(&spec, &c->proc);
	}
	fd_close(sv[1]);
	if (r != 0)
		fd_close(sv[0]);
	*channel = sv[0];
	free_environment(envp);
	return r;
}

static void
child_start(struct child *c)
{
	struct env *env = c->env;
	struct msg_init init = {
		.version = MSG_VERSION,
		.package = PACKAGE_VERSION,
		.log_level = log_get_level(),
		.require_full_seal = env->conf.require_full_seal,
		.jail_minimum = (uint64_t)env->conf.jail_minimum,
		.same_user = env->conf.require_same_user != CONF_SAME_NO,
	};
	int fd;

	if (child_spawn(c, &fd) != 0) {
		start_failed(c, strerror(errno));
		return;
	}
	c->started = loop_now();
	c->client.child = c;
	client_add(env, &c->client);
	c->client.peer = peer_new(env->loop, fd, c->from, PST_INIT, c->name,
	    c->from == FROM_RINGLETD ? &ringletd_ops : &sandboxer_ops,
	    &c->client);
	/* Its clients choose how much it asks, and how long the answers are. */
	if (c->from == FROM_RINGLETD)
		peer_in_step(c->client.peer, DEAF_MS);
	peer_send(c->client.peer, MSG_INIT, &init, NULL, 0);
	loop_timer_arm(c->timer, READY_TIMEOUT);
	log_debug("%s: started as pid %d", c->name, (int)c->proc.pid);
}

/* Says how many entries of a child were left out, if any were. */
static void
tell_left_out(void *arg)
{
	struct child *c = arg;

	loop_timer_disarm(c->limit_timer);
	if (c->limit.left_out > 0)
		log_warn("%s: %llu entries left out: more than %d a second",
		    c->name, (unsigned long long)c->limit.left_out,
		    LOG_LIMIT_RATE);
	c->limit.left_out = 0;
}

/*
 * Says what may have changed since INIT.  Channels keep their order, so a
 * child that is not ready yet has had INIT when it gets there.
 */
static void
child_settings(struct child *c)
{
	struct msg_settings s = { .log_level = log_get_level(),
		.jail_minimum = (uint64_t)c->env->conf.jail_minimum };

	if (c->client.peer != NULL)
		(void)peer_send(c->client.peer, MSG_SETTINGS, &s, NULL, 0);
}

/* What clients may take; no byte of theirs is read before. */
static void
http_limits(struct child *c)
{
	const struct conf_http *h = &c->env->conf.http;
	struct msg_http_limits m = { .connections = h->connections,
		.streams = h->streams,
		.header = h->header,
		.body = h->body,
		.first_ms = h->first_ms,
		.request_ms = h->request_ms,
		.idle_ms = h->idle_ms,
		.write_ms = h->write_ms,
		.ping_ms = h->ping_ms };

	if (c->client.peer != NULL && c->ready)
		(void)peer_send(c->client.peer, MSG_HTTP_LIMITS, &m, NULL, 0);
}

void
supervise_settings(struct env *env)
{
	child_settings(&env->sandboxer);
	child_settings(&env->ringletd);
	http_limits(&env->ringletd);
}

static void
child_setup(struct env *env, struct child *c, const char *name,
    const char *path, uint16_t from, bool seal)
{
	c->env = env;
	c->name = name;
	c->path = path;
	c->from = from;
	c->seal = seal;
	c->delay = DELAY_FIRST;
	/* Who is behind it, each message's token says: auth_token(). */
	c->client.who.kind =
	    from == FROM_RINGLETD ? AUDIT_HTTP : AUDIT_MONITOR;
	c->timer = loop_timer_new(env->loop, on_child_timer, c);
	c->limit_timer = loop_timer_new(env->loop, tell_left_out, c);
}

void
supervise_setup(struct env *env)
{
	child_setup(env, &env->sandboxer, "ringlet-sandboxer",
	    env->paths.sandboxer, FROM_SANDBOXER, false);
	child_setup(env, &env->ringletd, "ringletd", env->paths.ringletd,
	    FROM_RINGLETD, true);
}

static void
keep_words(struct child *c, const char *text)
{
	free(c->words);
	c->words = xstrdup(text);
}

void
supervise_start(struct env *env)
{
	struct child *all[] = { &env->sandboxer, &env->ringletd };

	for (size_t i = 0; i < 2; i++)
		if (all[i]->proc.pid == 0)
			child_start(all[i]);
}

void
child_end(struct child *c)
{
	if (c->proc.pid == 0)
		return;
	child_condemn(c, NULL);
	loop_timer_disarm(c->timer);
	while (waitpid(c->proc.pid, NULL, 0) == -1 && errno == EINTR)
		;
	proc_release(&c->proc);
}

void
child_adopt(struct child *c, pid_t pid, int fd, const char *level)
{
	struct env *env = c->env;

	c->proc.pid = pid;
	c->proc.pidfd = platform_pidfd(pid);
	c->started = loop_now();
	c->client.child = c;
	client_add(env, &c->client);
	c->client.peer = peer_new(env->loop, fd, c->from, PST_SERVING,
	    c->name, &sandboxer_ops, &c->client);
	c->level = xstrdup(level);
	c->ready = true;
	child_settings(c);
}

static void
keep_level(struct child *c, const char *level, const char *lacks)
{
	free(c->level);
	free(c->lacks);
	c->level = xstrdup(level);
	c->lacks = *lacks != '\0' ? xstrdup(lacks) : NULL;
}

static void
tell_tier(const struct child *c)
{
	if (c->lacks == NULL)
		log_info("%s: ready, jails of tier %s", c->name, c->level);
	else
		log_warn("%s: ready, jails of tier %s: %s", c->name, c->level,
		    c->lacks);
}

/*
 * Hostile sandboxer: the words are shown, and nothing is decided by them.
 */
int
on_JAIL_TIER(struct peer *p, struct msg *m)
{
	const struct client *cl = peer_arg(p);
	const struct msg_jail_tier *t = m->body;
	struct child *c = cl->child;
	bool changed = c->level == NULL || strcmp(c->level, t->level) != 0;

	keep_level(c, t->level, t->text);
	if (changed)
		tell_tier(c);
	return 0;
}

/* Its first words.  A child of another build is refused, not guessed at. */
int
on_READY(struct peer *p, struct msg *m)
{
	struct client *cl = peer_arg(p);
	struct child *c = cl->child;
	const struct msg_ready *r = m->body;
	char text[256];

	if (r->version != MSG_VERSION ||
	    strcmp(r->package, PACKAGE_VERSION) != 0) {
		snprintf(text, sizeof(text), "it is of version %s, the "
		    "monitor of %s: install both from one build",
		    r->package, PACKAGE_VERSION);
		log_error("%s: %s", c->name, text);
		keep_words(c, text);
		return RL_ERR_PROTOCOL;
	}
	c->ready = true;
	free(c->words);
	c->words = NULL;
	keep_level(c, r->level, r->text);
	loop_timer_disarm(c->timer);
	peer_set_state(p, PST_SERVING);
	if (c->from == FROM_RINGLETD) {
		if (strcmp(r->level, "full") == 0)
			log_info("%s: ready, seal full", c->name);
		else
			log_warn("%s: ready, seal %s: %s", c->name, r->level,
			    r->text);
		http_limits(c);
		listen_give(c->env);
	} else
		tell_tier(c);
	if (c->env->ringletd.ready && c->env->sandboxer.ready)
		monitor_ready(c->env);
	return 0;
}

/*
 * Hostile child: log.c escapes and bounds the text, and names the sender; and
 * it may have no more entries than its limit, so that it can neither fill the
 * disk nor drown what others say.
 */
int
on_LOG(struct peer *p, struct msg *m)
{
	const struct client *cl = peer_arg(p);
	struct child *c = cl->child;
	const struct msg_log *l = m->body;

	if (!c->ready && l->level == LOGL_ERROR)
		keep_words(c, l->text);
	if ((enum log_level)l->level > log_get_level())
		return 0;
	if (!log_limit_take(&c->limit, loop_now())) {
		if (c->limit.left_out == 1)
			loop_timer_arm(c->limit_timer, LIMIT_TELL);
		return 0;
	}
	log_foreign(peer_name(p), (enum log_level)l->level, l->text);
	return 0;
}

static void
child_ended(struct child *c, const char *text)
{
	struct env *env = c->env;

	proc_release(&c->proc);
	/* It may have said why. */
	if (c->client.peer != NULL)
		peer_drain(c->client.peer);
	child_drop_channel(c);
	tell_left_out(c);
	if (c->from == FROM_SANDBOXER)
		session_all_lost(env);
	if (env->stopping) {
		log_debug("%s: %s", c->name, text);
		loop_timer_disarm(c->timer);
		monitor_maybe_done(env);
		return;
	}
	if (env->ready_fd != -1)
		fatal("%s %s before it was ready%s%s", c->name, text,
		    c->words != NULL ? ": " : "",
		    c->words != NULL ? c->words : "");
	if (loop_now() - c->started >= DELAY_RESET)
		c->delay = DELAY_FIRST;
	env->restarts++;
	c->ends++;
	snprintf(c->ended, sizeof(c->ended), "%s", text);
	log_error("%s %s: starting it again in %llu ms", c->name, text,
	    (unsigned long long)c->delay);
	(void)audit_event(env, &audit_monitor, AUDIT_CHILD_END, c->name,
	    AUDIT_FAILED, "why", text, NULL);
	child_retry(c);
	service_status(env);
	/* After a takeover nobody else could be told. */
	control_accept(env);
}

char *
child_trouble(const struct child *c)
{
	const char *sep = c->words != NULL ? ": " : "";
	const char *words = c->words != NULL ? c->words : "";
	uint64_t now = loop_now();

	if (c->ready)
		return NULL;
	if (c->ended[0] == '\0')
		return xasprintf("%s is starting", c->name);
	if (c->proc.pid != 0)
		return xasprintf("%s is starting; before, it %s%s%s (%u "
		    "restarts)", c->name, c->ended, sep, words, c->ends);
	return xasprintf("%s %s%s%s; starts again in %llu ms (%u restarts)",
	    c->name, c->ended, sep, words,
	    (unsigned long long)(c->due > now ? c->due - now : 0), c->ends);
}

void
supervise_reap(struct env *env)
{
	struct child *all[] = { &env->ringletd, &env->sandboxer };
	char text[128];
	int status, r;

	for (size_t i = 0; i < 2; i++) {
		if (all[i]->proc.pid == 0 ||
		    (r = proc_reap(&all[i]->proc, &status)) == 0)
			continue;
		if (r == 1)
			proc_describe(status, text, sizeof(text));
		else /* whatever ran between two monitors reaped it */
			snprintf(text, sizeof(text), "has ended unseen");
		child_ended(all[i], text);
	}
}

void
supervise_stop(struct env *env)
{
	child_drop_channel(&env->ringletd);
	child_drop_channel(&env->sandboxer);
}

void
supervise_kill(struct env *env)
{
	child_condemn(&env->ringletd, NULL);
	child_condemn(&env->sandboxer, NULL);
}
