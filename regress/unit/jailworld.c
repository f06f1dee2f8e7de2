/*
 * The world that plans of jails are tested in.
 */

#include "config.h"

#include <sys/stat.h>
#include <stdlib.h>
#include <string.h>

#include "regress/unit/jailworld.h"
#include "suites.h"
#include "xmalloc.h"

struct jailworld w;


char *
world_make(const char *below)
{
	char *path = xasprintf("%s/%s", w.base, below);

	ck_assert_msg(mkdir(path, 0700) == 0, "%s", path);
	return path;
}

void
world_setup(void)
{
	/* Not /tmp itself: a jail has a /tmp of its own. */
	char dir[] = "/var/tmp/ringlet-unit-XXXXXX", *real;

	ck_assert(mkdtemp(dir) != NULL);
	real = realpath(dir, NULL);
	w.base = xstrdup(real);
	free(real);
	w.paths.home = world_make("home");
	w.paths.config_dir = world_make("home/config");
	w.paths.data_dir = world_make("home/data");
	w.paths.state_dir = world_make("home/state");
	w.paths.runtime_dir = world_make("runtime");
	free(world_make("home/.ssh"));
	free(world_make("home/.claude-profiles"));
	free(world_make("home/.claude-profiles/other"));
	w.home = world_make("home/.claude-profiles/mine");
	w.work = world_make("work");
	free(world_make("home/project"));
	conf_defaults(&w.conf);
}

void
world_teardown(void)
{
	char *cmd = xasprintf("rm -rf '%s'", w.base);

	ck_assert_int_eq(system(cmd), 0);
	free(cmd);
	free(w.base);
	free(w.home);
	free(w.work);
	free(w.paths.home);
	free(w.paths.config_dir);
	free(w.paths.data_dir);
	free(w.paths.state_dir);
	free(w.paths.runtime_dir);
	conf_free(&w.conf);
	strlist_clear(&w.grants);
	memset(&w, 0, sizeof(w));
}

const struct msg_bind *
world_find(const struct jailplan *jp, const char *dst)
{
	const struct msg_bind *b = NULL;

	for (size_t i = 0; i < jp->nbinds; i++)
		if (strcmp(jp->binds[i].dst, dst) == 0)
			b = &jp->binds[i];
	return b;
}

int
world_plan(const char *cwd, const struct agent_binary *binary,
    struct jailplan *jp, char *why, size_t size)
{
	const struct jailplan_in in = { .paths = &w.paths,
		.home = w.home,
		.cwd = cwd,
		.binary = binary,
		.conf = &w.conf,
		.grants = w.grants.v,
		.auth_sock = w.auth_sock,
		.unix_sockets = !w.no_sockets,
		.others = w.others,
		.nothers = w.nothers };

	return jailplan_make(&in, jp, why, size);
}
