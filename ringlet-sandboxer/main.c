/*
 * ringlet-sandboxer: builds jails, owns their terminals and their output.
 *
 * Started by the monitor alone, with the channel on descriptor 3.  It parses
 * nothing that an agent or a peer on the network wrote: the monitor sends
 * finished plans, viewers send six small messages, terminals' bytes pass
 * through unread.  No seccomp, no Landlock and no no_new_privs on this
 * process: every jail would inherit them.
 */

#include "config.h"

#include <sys/resource.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "fdpass.h"
#include "jail-landlock.h"
#include "log.h"
#include "loop.h"
#include "paths.h"
#include "peer.h"
#include "proc.h"
#include "sandboxer.h"
#include "secret.h"
#include "xmalloc.h"

static void __attribute__((__noreturn__)) usage(void)
{
	fprintf(stderr,
	    "ringlet-sandboxer is started by ringlet-monitor, not by hand; "
	    "see ringlet-sandboxer(8)\n");
	exit(2);
}

/*
 * Each viewer costs two descriptors and each session some; agents get back
 * the limit that we found.
 */
static void
raise_limit(struct env *env)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &env->nofile) == -1)
		fatal("getrlimit: %s", strerror(errno));
	rl = env->nofile;
	rl.rlim_cur = rl.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &rl) == -1)
		log_warn("cannot raise the limit on open files: %s",
		    strerror(errno));
}

int
main(int argc, char **argv)
{
	struct env env = { .landlock = -1 };
	struct session *s;
	struct paths paths;
	const char *bad, *why;
	size_t i;
	int ret;

	if (argc != 2 || strcmp(argv[1], "-Z") != 0)
		usage();
	log_init("sandboxer", LOGL_INFO);
	proc_child_begin();
	proc_child_log();
	/* Environments of agents, and so keys, pass through here. */
	secret_init();
	(void)signal(SIGPIPE, SIG_IGN);
	if (paths_init(&paths, &bad) != 0)
		fatal("%s is not an absolute path", bad);
	env.jail_init = xstrdup(paths.jail_init);
	env.screen = xstrdup(paths.screen);
	env.screen_fd = open(env.screen, O_RDONLY | O_CLOEXEC);
	paths_free(&paths);
	TAILQ_INIT(&env.sessions);
	TAILQ_INIT(&env.keepers);
	raise_limit(&env);
	env.landlock = jail_landlock_open();
	if (env.landlock < 0) {
		if (env.landlock != RL_ERR_UNAVAILABLE)
			fatal("Landlock: %s", strerror(errno));
		env.landlock = -1;
	}

	/* Before anything is started that would be in the way there. */
	cgroup_find(&env.cgroup, "", &why);
	if (env.cgroup.dir == NULL)
		log_debug("limits are of single processes: %s", why);
	else
		log_info("sessions have cgroups in %s", env.cgroup.dir);
	probe_start(&env);

	env.loop = loop_new();
	reap_start(&env);
	dispatch_start(&env, PROC_CHANNEL_FD);
	log_set_sink(dispatch_log, &env);
	ret = loop_run(env.loop);

	log_set_sink(NULL, NULL);
	while ((s = TAILQ_FIRST(&env.sessions)) != NULL)
		session_free(s);
	keeper_forget_all(&env);
	peer_free(env.monitor);
	loop_signal_free(env.sigchld);
	loop_timer_free(env.leaving);
	loop_free(env.loop);
	for (i = 0; i < JAIL_SECCOMP_VARIANTS; i++)
		free(env.filters[i].prog);
	free(env.jail_init);
	free(env.screen);
	fd_close(env.screen_fd);
	cgroup_clear(&env.cgroup);
	return ret == 0 ? 0 : 1;
}
