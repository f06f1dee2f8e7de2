#ifndef UNIT_JAILWORLD_H
#define UNIT_JAILWORLD_H
/*
 * What tests of plans share: a small world, base/home with Ringlet's folders
 * and a profile's home, and base/work, which is outside of it all.
 */

#include <stdbool.h>
#include <stddef.h>

#include "conf.h"
#include "paths.h"
#include "ringlet-monitor/agent-binary.h"
#include "ringlet-monitor/jailplan.h"
#include "strlist.h"

struct jailnote;

extern struct jailworld {
	char *base;
	struct paths paths;
	char *home; /* of the profile */
	char *work;
	struct conf conf;
	struct strlist grants;
	const char *auth_sock;
	bool no_sockets;
	const struct jailnote *others[2];
	size_t nothers;
} w;

/* An agent whose program every jail has. */
extern const struct agent_binary nothing;

/* A fixture. */
void world_setup(void);
void world_teardown(void);
/* Makes a folder below base; its name is for free(). */
char *world_make(const char *below);
/* A plan for the profile in cwd, with the settings and grants of w. */
int world_plan(const char *cwd, const struct agent_binary *,
    struct jailplan *out, char *why, size_t size);
/* The last bind at dst, or NULL. */
const struct msg_bind *world_find(const struct jailplan *, const char *dst);

/* Makes a file with that text, or a folder, below dir. */
void put_file(const char *dir, const char *below, const char *text);
void put_dir(const char *dir, const char *below);

/*
 * The plan for the working folder must be that text: the mounts beyond those
 * of every jail, names below base shortened, "ro @/x RULE" a line.  Or it must
 * be refused with that error and those words.
 */
void plan_is(const char *want);
void plan_says(int err, const char *words);

#define HOME_RW "rw @/home/.claude-profiles/mine profile's home\n"
#define WORK_RW "rw @/work working folder\n"

#endif /* UNIT_JAILWORLD_H */
