/*
 * What a session may use.  Where the daemon has a cgroup of its own, memory,
 * processes and processor time are bounded for all processes together; else
 * the kernel's limits of a single process take their place, and the session
 * says so.  Whoever reads "memory 2G each process" knows what it is worth.
 *
 * Memory without a cgroup is RLIMIT_DATA: private memory that can be written.
 * RLIMIT_AS would count what run-times reserve and never touch, and end node
 * at its start.
 */

#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup.h"
#include "err.h"
#include "jail.h"
#include "log.h"
#include "loop.h"
#include "msgdef.h"
#include "sandboxer.h"
#include "xmalloc.h"

#define CPU_LOOK_MS 500
#define USEC	    1000000

static void __attribute__((__format__(printf, 2, 3)))
add(struct session *s, const char *fmt, ...)
{
	char text[64], *all;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	all = xasprintf(
	    "%s%s%s", s->limits, *s->limits != '\0' ? ", " : "", text);
	free(s->limits);
	s->limits = all;
}

static void
add_size(struct session *s, uint64_t bytes, const char *how)
{
	if (bytes % (1024 * 1024) == 0)
		add(s, "memory %lluM %s",
		    (unsigned long long)(bytes / (1024 * 1024)), how);
	else
		add(s, "memory %llu %s", (unsigned long long)bytes, how);
}

/* The words for people, and what is left to the limits of a process. */
static void
divide(struct session *s, const struct msg_jail_start *plan,
    struct jail_limits *each)
{
	const struct cgroup *c = &s->env->cgroup;
	bool group = s->cgroup != NULL;

	if (plan->limit_memory != 0) {
		if (!group || !c->memory)
			each->memory = plan->limit_memory;
		add_size(s, plan->limit_memory,
		    group && c->memory ? "in all" : "each process");
	}
	if (plan->limit_processes != 0) {
		if (group && c->pids)
			add(s, "processes %llu",
			    (unsigned long long)plan->limit_processes);
		else if (plan->sandboxed) {
			/* The kernel counts by user namespace. */
			each->processes = plan->limit_processes;
			add(s, "processes %llu by its user",
			    (unsigned long long)plan->limit_processes);
		} else
			/* It would count all that the user runs. */
			add(s, "processes not bounded without a jail");
	}
	if (plan->limit_files != 0) {
		each->files = plan->limit_files;
		add(s, "files %llu each process",
		    (unsigned long long)plan->limit_files);
	}
	if (plan->limit_cpu != 0) {
		if (!group)
			each->cpu = plan->limit_cpu;
		add(s, "processor %llus %s",
		    (unsigned long long)plan->limit_cpu,
		    group ? "in all" : "each process");
	}
}

int
limit_prepare(struct session *s, const struct msg_jail_start *plan,
    struct jail_limits *each, char *why, size_t size)
{
	const struct cgroup *c = &s->env->cgroup;

	if (c->dir != NULL) {
		s->cgroup = cgroup_session_new(c, s->id,
		    c->memory ? plan->limit_memory : 0,
		    c->pids ? plan->limit_processes : 0);
		if (s->cgroup == NULL) {
			(void)snprintf(why, size, "the session's cgroup: %s",
			    strerror(errno));
			return RL_ERR_SYSTEM;
		}
	}
	if (s->cgroup != NULL)
		s->cpu_limit = plan->limit_cpu * USEC;
	divide(s, plan, each);
	return 0;
}

static void
on_cpu_look(void *arg)
{
	struct session *s = arg;

	if (s->cgroup == NULL || s->phase != SP_RUNNING)
		return;
	if (cgroup_session_cpu(s->cgroup) < s->cpu_limit) {
		loop_timer_arm(s->cpu_timer, CPU_LOOK_MS);
		return;
	}
	log_info("session %s: it has used its processor time", s->id);
	s->cpu_out = true;
	session_kill_now(s);
}

void
limit_started(struct session *s)
{
	if (s->cpu_limit == 0)
		return;
	s->cpu_timer = loop_timer_new(s->env->loop, on_cpu_look, s);
	loop_timer_arm(s->cpu_timer, CPU_LOOK_MS);
}

void
limit_end(struct session *s)
{
	loop_timer_free(s->cpu_timer);
	s->cpu_timer = NULL;
	cgroup_session_free(s->cgroup);
	s->cgroup = NULL;
}
