/*
 * The service manager's watchdog (WatchdogSec of systemd.service(5)).  What is
 * told in time is told by a timer of the loop, so the loop turns; and only once
 * ringletd and the sandboxer have each answered a question (ALIVE) that was
 * asked in this round, so theirs do.  A child that has ended is not asked: it
 * is being started again (supervise.c), and sessions may live on meanwhile; nor
 * is ringletd while a restart waits, which takes 10 seconds at most.
 *
 * A ringletd that does not answer is killed after half of the time, because
 * sessions outlive that.  With a sandboxer that does not answer they are lost
 * anyway: it has the whole time, and then the service manager ends everything.
 */

#include "config.h"

#include <stdlib.h>

#include "log.h"
#include "loop.h"
#include "monitor.h"
#include "service.h"
#include "xmalloc.h"

#define ROUNDS 4 /* in the time that the service manager waits */
/*
 * A disk that is busy, a jail that is built or a machine that has just woken
 * may keep any of the three from its loop for seconds, and then the service
 * manager would end every session.
 */
#define LEAST_MS 10000

struct watched {
	struct watchdog *wd;
	struct child *child;
	bool asked;	 /* a question is open */
	bool heard;	 /* in this round */
	unsigned missed; /* rounds in a row */
};

struct watchdog {
	struct env *env;
	struct loop_timer *timer;
	uint64_t every; /* ms */
	struct watched all[2];
};

/* While a restart waits nothing that ringletd says is read (restart.c). */
static bool
can_be_heard(const struct watched *w)
{
	return w->child->ready &&
	       (w->child->from != FROM_RINGLETD || w->wd->env->restart == NULL);
}

static void
tell_if_alive(struct watchdog *wd)
{
	for (size_t i = 0; i < 2; i++)
		if (can_be_heard(&wd->all[i]) && !wd->all[i].heard)
			return;
	service_alive(wd->env);
}

/* err: its channel is over, which supervise.c sees to. */
static void
on_answer(void *arg, struct msg *reply, int err)
{
	struct watched *w = arg;

	w->asked = false;
	if (err != 0 || reply == NULL)
		return;
	w->heard = true;
	if (w->missed > 0) {
		log_info("%s answers again", w->child->name);
		w->missed = 0;
		service_status(w->wd->env);
	}
	tell_if_alive(w->wd);
}

static bool
ask(struct watched *w)
{
	w->asked = peer_call(w->child->client.peer, MSG_ALIVE, NULL, NULL, 0, 0,
		       on_answer, w, NULL) == 0;
	return w->asked;
}

static void
miss(struct watched *w)
{
	struct watchdog *wd = w->wd;
	uint64_t ms = ++w->missed * wd->every;

	log_warn("%s has not answered for %llu ms", w->child->name,
	    (unsigned long long)ms);
	service_say(wd->env, "%s has not answered for %llu ms", w->child->name,
	    (unsigned long long)ms);
	if (w->child->from == FROM_RINGLETD && w->missed >= ROUNDS / 2)
		child_condemn(w->child, "it does not answer");
}

static void
on_round(void *arg)
{
	struct watchdog *wd = arg;

	for (size_t i = 0; i < 2; i++) {
		struct watched *w = &wd->all[i];

		w->heard = false;
		if (!can_be_heard(w))
			w->missed = 0;
		else if (w->asked || !ask(w))
			miss(w);
	}
	loop_timer_arm(wd->timer, wd->every);
	tell_if_alive(wd);
}

char *
watchdog_trouble(const struct env *env)
{
	uint64_t ms = service_watchdog(env);

	if (ms == 0 || ms >= LEAST_MS)
		return NULL;
	return xasprintf("WatchdogSec is %llu ms, and a daemon that is alive "
			 "may take longer to say so: systemd would end all "
			 "sessions then: 10s is the least, 2min is what "
			 "Ringlet's own unit has: systemctl --user edit "
			 "ringlet.service",
	    (unsigned long long)ms);
}

void
watchdog_start(struct env *env)
{
	struct child *all[] = { &env->ringletd, &env->sandboxer };
	uint64_t ms = service_watchdog(env);
	struct watchdog *wd;
	char *trouble;

	if (ms == 0)
		return;
	if ((trouble = watchdog_trouble(env)) != NULL)
		log_warn("%s", trouble);
	free(trouble);
	wd = xcalloc(1, sizeof(*wd));
	wd->env = env;
	wd->every = ms / ROUNDS > 0 ? ms / ROUNDS : 1;
	for (size_t i = 0; i < 2; i++)
		wd->all[i] = (struct watched){ .wd = wd, .child = all[i] };
	wd->timer = loop_timer_new(env->loop, on_round, wd);
	loop_timer_arm(wd->timer, wd->every);
	env->watchdog = wd;
}

void
watchdog_stop(struct env *env)
{
	struct watchdog *wd = env->watchdog;

	if (wd == NULL)
		return;
	loop_timer_free(wd->timer);
	free(wd);
	env->watchdog = NULL;
}
