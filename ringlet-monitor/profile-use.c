/*
 * profile-use.c: counts runs of profiles, a moment later.
 *
 * A profile's file is written to the disk before anything else goes on, which
 * can take longer than starting a jail does.  So a session's start only notes
 * that it was one.  If this process is killed within the second, or the machine
 * goes down, the profile is as it was and that run is not counted.
 */

#include "config.h"

#include <sys/queue.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "loop.h"
#include "monitor.h"
#include "profile.h"
#include "profile-use.h"
#include "xmalloc.h"

#define WHY_MAX	 1024
#define WRITE_MS 1000 /* after a run has been noted */

struct use {
	TAILQ_ENTRY(use) link;
	char *alias;
	long long at; /* the last one */
	long long runs;
};

struct profile_uses {
	struct loop_timer *timer;
	TAILQ_HEAD(, use) uses; /* one for each profile */
};

static void
on_time(void *arg)
{
	profile_use_write(arg);
}

void
profile_use_note(struct env *env, const char *alias, long long now)
{
	struct profile_uses *pu = env->uses;
	struct use *u;

	if (pu == NULL) {
		pu = env->uses = xcalloc(1, sizeof(*pu));
		pu->timer = loop_timer_new(env->loop, on_time, env);
		TAILQ_INIT(&pu->uses);
	}
	/* Later ones do not put it off. */
	if (TAILQ_EMPTY(&pu->uses))
		loop_timer_arm(pu->timer, WRITE_MS);
	TAILQ_FOREACH (u, &pu->uses, link)
		if (strcmp(u->alias, alias) == 0)
			break;
	if (u == NULL) {
		u = xcalloc(1, sizeof(*u));
		u->alias = xstrdup(alias);
		TAILQ_INSERT_TAIL(&pu->uses, u, link);
	}
	u->at = now;
	u->runs++;
}

void
profile_use_write(struct env *env)
{
	struct profile_uses *pu = env->uses;
	struct use *u;
	char why[WHY_MAX];

	if (pu == NULL)
		return;
	while ((u = TAILQ_FIRST(&pu->uses)) != NULL) {
		TAILQ_REMOVE(&pu->uses, u, link);
		if (profile_touch(&env->paths, u->alias, u->at, u->runs, why,
			sizeof(why)) != 0)
			log_warn("%s", why);
		free(u->alias);
		free(u);
	}
	loop_timer_disarm(pu->timer);
}

void
profile_use_close(struct env *env)
{
	if (env->uses == NULL)
		return;
	profile_use_write(env);
	loop_timer_free(env->uses->timer);
	free(env->uses);
	env->uses = NULL;
}
