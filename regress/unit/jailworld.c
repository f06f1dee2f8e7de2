/*
 * The world that plans of jails are tested in.
 */

#include "config.h"

#include <sys/stat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "msgdef.h"
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

void
put_file(const char *dir, const char *below, const char *text)
{
	char *path = xasprintf("%s/%s", dir, below);
	FILE *f = fopen(path, "w");

	ck_assert_msg(f != NULL, "%s", path);
	fputs(text, f);
	fclose(f);
	free(path);
}

void
put_dir(const char *dir, const char *below)
{
	char *path = xasprintf("%s/%s", dir, below);

	ck_assert_msg(mkdir(path, 0700) == 0, "%s", path);
	free(path);
}

const struct agent_binary nothing = { .nbinds = 0 };

/*
 * The mounts beyond those of every jail as text, names below base shortened:
 * "ro @/x RULE" a line.
 */
static char *
text_of(const struct jailplan *jp)
{
	static const char *const kinds[] = { [BIND_RO] = "ro",
		[BIND_RW] = "rw", [BIND_EMPTY] = "hide" };
	char *text = xstrdup(""), *more;
	size_t len = strlen(w.base);

	for (size_t i = jp->nsystem; i < jp->nbinds; i++) {
		const struct msg_bind *b = &jp->binds[i];
		bool below = strncmp(b->dst, w.base, len) == 0;

		more = xasprintf("%s%s %s%s%s%s %s\n", text, kinds[b->kind],
		    below ? "@" : "", b->dst + (below ? len : 0),
		    strcmp(b->src, b->dst) != 0 ? " from " : "",
		    strcmp(b->src, b->dst) == 0 ? ""
		    : strncmp(b->src, w.base, len) == 0 ? "@" : b->src,
		    jp->rules[i]);
		free(text);
		text = more;
	}
	return text;
}

void
plan_is(const char *want)
{
	struct jailplan jp;
	char why[512], *text;

	ck_assert_msg(world_plan(w.work, &nothing, &jp, why, sizeof(why)) == 0,
	    "%s", why);
	text = text_of(&jp);
	ck_assert_str_eq(text, want);
	free(text);
	jailplan_clear(&jp);
}

void
plan_says(int err, const char *words)
{
	struct jailplan jp;
	char why[512] = "";

	ck_assert_int_eq(
	    world_plan(w.work, &nothing, &jp, why, sizeof(why)), err);
	ck_assert_msg(strstr(why, words) != NULL, "'%s', not '%s'", why, words);
	jailplan_clear(&jp);
}
