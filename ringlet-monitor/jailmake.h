#ifndef JAILMAKE_H
#define JAILMAKE_H
/*
 * From what is asked to the whole description of a jail, checked: what a
 * session is started with, and what `sandbox explain` shows.
 */

#include <stdbool.h>
#include <stddef.h>

#include "bwrapflags.h"
#include "jailnote.h"
#include "jailplan.h"
#include "msgdef.h"

struct env;
struct run;
struct uploads;

struct jail_ask {
	const char *cwd; /* as asked, or "" */
	bool no_sandbox;
	bool cli; /* the person at the machine asks */
	const struct bwrap_flags *flags;
	const struct uploads *uploads; /* NULL: it takes no pictures */
};

struct jailmake {
	struct msg_jail_start start; /* without id and size of the terminal */
	struct jailplan plan;
	struct strlist proofs;
	struct strlist flags;
	struct jailnote note; /* without what is in files */
	char *cwd;
	int cwd_fd;
	int home_fd;
};

/*
 * Fills *out, whose message points into it, into run and into ask.
 * RL_ERR_DENIED, RL_ERR_NOTFOUND, RL_ERR_INVALID ...: why[size].  Free with
 * jailmake_clear() in any case.
 */
int jailmake_make(struct env *, const struct run *, const struct jail_ask *,
    struct jailmake *out, char *why, size_t size);
void jailmake_clear(struct jailmake *);

/*
 * A hash of the jail as the sandboxer gets it, but without the id, the size of
 * the terminal, the names of its hooks' pipe and of its folder for pictures, and
 * the values of variables: hex digits and a NUL.
 */
#define JAIL_HASH_LEN 64
void jailmake_hash(const struct jailmake *, char hex[JAIL_HASH_LEN + 1]);

/* Notes the files that a session of this jail may change. */
void jailmake_scan(struct jailmake *);

#endif /* JAILMAKE_H */
