/*
 * The sandboxer's own look at a jail's plan.  The monitor has planned and
 * judged it already; this second check makes one mistake, or one hole, there
 * not enough.  Pure functions over the message.
 */

#include "config.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "err.h"
#include "jail.h"
#include "valid.h"

/*
 * The words of bwrap that a plan may add, with how many words follow each:
 * those that take from the agent or show it a place read-only, and no other.
 * The rest of what the monitor takes from a user every jail has already.
 */
static const struct flag {
	const char *name;
	size_t nargs;
} flags[] = {
	{ "--assert-userns-disabled", 0 },
	{ "--dir", 1 },
	{ "--hostname", 1 },
	{ "--remount-ro", 1 },
	{ "--ro-bind", 2 },
	{ "--symlink", 2 },
	{ "--tmpfs", 1 },
	{ "--unshare-cgroup", 0 },
	{ "--unshare-net", 0 },
};

static int __attribute__((__format__(printf, 3, 4)))
wrong(char *why, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, size, fmt, ap);
	va_end(ap);
	return RL_ERR_INVALID;
}

/* The init would end for a word that it cannot read, and not say which. */
static int
check_proofs(const struct msg_strs *words, char *why, size_t size)
{
	const char *word;
	size_t i;

	for (i = 0; i < words->n; i++) {
		word = words->v[i];
		if (i % 3 == 0 ? !valid_abs_path(word)
			       : word[0] == '\0' ||
			    word[strspn(word, "0123456789")] != '\0')
			return wrong(why, size,
			    "\"%s\" is no place, device or inode number",
			    word);
	}
	if (words->n % 3 != 0)
		return wrong(why, size, "a device or inode number is missing");
	return 0;
}

static int
check_bind(const struct msg_bind *b, char *why, size_t size)
{
	/* A mount over / would hide the whole plan. */
	if (!valid_abs_path(b->dst) || strcmp(b->dst, "/") == 0)
		return wrong(
		    why, size, "\"%s\" cannot be a place in a jail", b->dst);
	switch (b->kind) {
	case BIND_RO:
	case BIND_RW:
		/* All of the machine is no jail, be it read-only. */
		if (!valid_abs_path(b->src) || strcmp(b->src, "/") == 0)
			return wrong(why, size,
			    "\"%s\" cannot be put into a "
			    "jail",
			    b->src);
		return 0;
	case BIND_SYMLINK:
		if (b->src[0] == '\0')
			return wrong(
			    why, size, "the link %s has no target", b->dst);
		return 0;
	case BIND_TMPFS:
	case BIND_DIR:
	case BIND_DEV:
	case BIND_PROC:
	case BIND_EMPTY:
		return 0;
	default:
		return wrong(why, size, "mount kind %llu is unknown",
		    (unsigned long long)b->kind);
	}
}

static int
check_flags(const struct msg_strs *words, char *why, size_t size)
{
	struct msg_bind b = { .kind = BIND_RO };
	size_t i, k;
	int ret;

	for (i = 0; i < words->n; i += 1 + flags[k].nargs) {
		for (k = 0; k < sizeof(flags) / sizeof(flags[0]); k++) {
			if (strcmp(words->v[i], flags[k].name) == 0)
				break;
		}
		if (k == sizeof(flags) / sizeof(flags[0]))
			return wrong(why, size,
			    "bwrap's \"%s\" is not "
			    "allowed here",
			    words->v[i]);
		if (flags[k].nargs > words->n - i - 1)
			return wrong(why, size,
			    "bwrap's %s needs %zu more "
			    "words",
			    flags[k].name, flags[k].nargs);
		if (flags[k].nargs == 0 ||
		    strcmp(flags[k].name, "--hostname") == 0)
			continue;
		/* What they make is read-only, or a link that is one inside. */
		b.kind = strcmp(flags[k].name, "--ro-bind") == 0 ? BIND_RO
		    : strcmp(flags[k].name, "--symlink") == 0	 ? BIND_SYMLINK
								 : BIND_EMPTY;
		b.src = words->v[i + 1];
		b.dst = words->v[i + flags[k].nargs];
		if ((ret = check_bind(&b, why, size)) != 0)
			return ret;
		if (strcmp(flags[k].name, "--tmpfs") == 0 &&
		    (words->n - i < 4 ||
			strcmp(words->v[i + 2], "--remount-ro") != 0 ||
			strcmp(words->v[i + 3], b.dst) != 0))
			return wrong(why, size,
			    "bwrap's --tmpfs %s stays writable", b.dst);
	}
	return 0;
}

int
jail_check(const struct msg_jail_start *plan, char *why, size_t size)
{
	const struct msg_bind *binds = plan->binds.v;
	size_t i;
	int ret;

	if (!valid_session_id(plan->id))
		return wrong(why, size, "the session id is malformed");
	if (!valid_abs_path(plan->path))
		return wrong(why, size,
		    "the agent's program \"%s\" is not an "
		    "absolute path",
		    plan->path);
	if (plan->argv.n == 0)
		return wrong(why, size, "the agent has no argument list");
	if (!valid_abs_path(plan->cwd) || !valid_abs_path(plan->home))
		return wrong(why, size,
		    "\"%s\" or \"%s\" is not an absolute "
		    "path",
		    plan->cwd, plan->home);
	if (plan->hook_report != NULL && plan->hook_report[0] != '\0' &&
	    !valid_abs_path(plan->hook_report))
		return wrong(why, size,
		    "the hooks' pipe \"%s\" is not an absolute path",
		    plan->hook_report);
	if (plan->cols == 0 || plan->cols > TERM_SIZE_MAX || plan->rows == 0 ||
	    plan->rows > TERM_SIZE_MAX)
		return wrong(why, size, "a terminal cannot have that size");
	for (i = 0; i < plan->env.n; i++) {
		/* Never show the variable: its value may be a key. */
		if (!valid_env_assignment(plan->env.v[i]))
			return wrong(why, size,
			    "variable %zu of the "
			    "environment is not acceptable",
			    i + 1);
	}
	if (!plan->sandboxed) {
		if (plan->binds.n != 0 || plan->flags.n != 0 ||
		    plan->unshare_net || plan->proofs.n != 0)
			return wrong(why, size,
			    "an agent without a jail "
			    "cannot have mounts or bwrap's flags");
		return 0;
	}
	for (i = 0; i < plan->binds.n; i++) {
		if ((ret = check_bind(&binds[i], why, size)) != 0)
			return ret;
	}
	if ((ret = check_proofs(&plan->proofs, why, size)) != 0)
		return ret;
	return check_flags(&plan->flags, why, size);
}
