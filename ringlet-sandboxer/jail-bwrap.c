/*
 * From a checked plan to bwrap's argument list.  Whoever builds this list
 * owns the policy: everything that holds the agent, but for seccomp and
 * Landlock, is a word written here.
 *
 * Order matters to bwrap: mounts are made in the order in which they are
 * named, so a later one can hide an earlier one.  The plan's mounts come
 * first, then the user's own flags, and last our init, which nothing may
 * hide.  The environment and so the key go through a pipe (--args), never
 * through argv, which every process of the machine can read.
 */

#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "jail-words.h"
#include "jail.h"

#define NUMBER_MAX 24 /* bytes of a 64-bit number in decimal, and its NUL */

/*
 * What every jail has.
 *
 * --unshare-user	without capabilities outside, and what makes the rest
 *			possible for an ordinary user
 * --unshare-pid	no process outside can be seen or signalled, and all
 *			inside die with process 1
 * --unshare-ipc	System V and POSIX shared memory of the host
 * --unshare-uts	the host's name
 * --unshare-cgroup-try	where it is in the host's cgroup tree
 * --disable-userns	no user namespace inside, hence no capabilities in one
 * --cap-drop ALL	nothing left of those that built the jail
 * --as-pid-1		our init is process 1; bwrap puts none of its own there
 * --clearenv		bwrap's environment is empty already; say so
 *
 * There is no --die-with-parent, although the jail dies with the sandboxer.
 * bwrap clones its child and only later tells it to go on; killed in between,
 * it leaves that child waiting for ever, outside any jail and with nobody to
 * end it.  So bwrap is left alone to finish, and our init, which sees the
 * sandboxer's socket close, ends the jail before or while the agent runs.
 *
 * There is no --new-session: it would take the terminal away, and with it ^C
 * and the window's size.  The init gives the agent a session of its own.
 */
static const char *const fixed[] = {
	"--unshare-user",
	"--unshare-pid",
	"--unshare-ipc",
	"--unshare-uts",
	"--unshare-cgroup-try",
	"--cap-drop",
	"ALL",
	"--as-pid-1",
	"--clearenv",
};

/* Appends one word with its NUL. */
static int
put(struct buf *out, const char *word)
{
	return buf_put(out, word, strlen(word) + 1);
}

static int
put2(struct buf *out, const char *a, const char *b)
{
	int ret;

	return (ret = put(out, a)) != 0 ? ret : put(out, b);
}

static int
put3(struct buf *out, const char *a, const char *b, const char *c)
{
	int ret;

	return (ret = put(out, a)) != 0 ? ret : put2(out, b, c);
}

static int
put_number(struct buf *out, const char *word, uint64_t n)
{
	char number[NUMBER_MAX];

	(void)snprintf(number, sizeof(number), "%llu", (unsigned long long)n);
	return put2(out, word, number);
}

static int
put_bind(struct buf *out, const struct msg_bind *b)
{
	int ret;

	switch (b->kind) {
	case BIND_RO:
		return put3(out, "--ro-bind", b->src, b->dst);
	case BIND_RW:
		return put3(out, "--bind", b->src, b->dst);
	case BIND_TMPFS:
		if (b->size != 0 &&
		    (ret = put_number(out, "--size", b->size)) != 0)
			return ret;
		return put2(out, "--tmpfs", b->dst);
	case BIND_DIR:
		return put2(out, "--dir", b->dst);
	case BIND_SYMLINK:
		return put3(out, "--symlink", b->src, b->dst);
	case BIND_DEV:
		return put2(out, "--dev", b->dst);
	case BIND_PROC:
		return put2(out, "--proc", b->dst);
	case BIND_EMPTY:
		if ((ret = put2(out, "--tmpfs", b->dst)) != 0)
			return ret;
		return put2(out, "--remount-ro", b->dst);
	default:
		return RL_ERR_INVALID;
	}
}

/* "K=V" as --setenv K V; jail_check() has seen that there is a '='. */
static int
put_env(struct buf *out, const char *assignment)
{
	const char *eq = strchr(assignment, '=');
	int ret;

	if (eq == NULL)
		return RL_ERR_INVALID;
	if ((ret = put(out, "--setenv")) != 0 ||
	    (ret = buf_put(out, assignment, (size_t)(eq - assignment))) != 0 ||
	    (ret = buf_put(out, "", 1)) != 0)
		return ret;
	return put(out, eq + 1);
}

/*
 * The root itself is a tmpfs, and so is what bwrap makes of /dev.  Writable,
 * they would take files that vanish with the session, and memory without a
 * bound.  What is mounted in them stays as it is: devices, /dev/pts, and
 * /dev/shm, which the plan has with its size.
 */
static int
put_closed(struct buf *out, const struct msg_bind *binds, size_t n)
{
	int ret;

	for (size_t i = 0; i < n; i++) {
		if (binds[i].kind == BIND_DEV &&
		    (ret = put2(out, "--remount-ro", binds[i].dst)) != 0)
			return ret;
	}
	return put2(out, "--remount-ro", "/");
}

int
jail_bwrap_args(const struct jail *j, struct buf *out)
{
	const struct msg_jail_start *plan = j->plan;
	const struct msg_bind *binds = plan->binds.v;
	size_t i;
	int ret;

	for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		if ((ret = put(out, fixed[i])) != 0)
			return ret;
	}
	/* It writes below /proc, too; the agent's filter says the same. */
	if (!plan->nesting && !j->no_proc &&
	    (ret = put(out, "--disable-userns")) != 0)
		return ret;
	if (plan->unshare_net && (ret = put(out, "--unshare-net")) != 0)
		return ret;
	for (i = 0; i < plan->binds.n; i++) {
		if (binds[i].kind == BIND_PROC && j->no_proc)
			ret = put2(out, "--dir", binds[i].dst);
		else if (j->no_proc && strncmp(binds[i].dst, "/proc/", 6) == 0)
			continue; /* what it covers is not there */
		else
			ret = put_bind(out, &binds[i]);
		if (ret != 0)
			return ret;
	}
	for (i = 0; i < plan->env.n; i++) {
		if ((ret = put_env(out, plan->env.v[i])) != 0)
			return ret;
	}
	if ((ret = put2(out, "--chdir", plan->cwd)) != 0)
		return ret;
	for (i = 0; i < plan->flags.n; i++) {
		if ((ret = put(out, plan->flags.v[i])) != 0)
			return ret;
	}
	/* A pipe can be written to on a read-only mount, and not renamed. */
	if (plan->hook_report != NULL && plan->hook_report[0] != '\0' &&
	    (ret = put3(out, "--ro-bind", plan->hook_report,
		 JAIL_HOOK_REPORT)) != 0)
		return ret;
	if ((ret = put3(out, "--ro-bind", j->init, JAIL_INIT_INSIDE)) != 0)
		return ret;
	if ((ret = put_closed(out, binds, plan->binds.n)) != 0)
		return ret;
	return put_number(out, "--seccomp", JAIL_FD_SECCOMP);
}

char **
jail_command(const struct jail *j)
{
	struct jail_words w;

	jail_words_begin(&w);
	if (j->plan->sandboxed) {
		jail_words_add(&w, PATH_BWRAP);
		jail_words_add(&w, "--args");
		jail_words_number(&w, JAIL_FD_ARGS);
		jail_words_add(&w, "--");
		jail_words_add(&w, JAIL_INIT_INSIDE);
	} else {
		jail_words_add(&w, j->init);
		jail_words_add(&w, "-u");
	}
	jail_words_init(&w, j);
	return jail_words_end(&w);
}
