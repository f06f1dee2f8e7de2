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
 * The words of bwrap that a plan may add, with how many words follow each.
 * Not here, and so refused: whatever takes a descriptor (it would name one of
 * ours), --args (an unchecked list), --cap-add, --lock-file and --exec-label,
 * and "--", which would end the options.
 */
static const struct flag {
	const char *name;
	int nargs;
} flags[] = {
	{ "--bind", 2 },
	{ "--bind-try", 2 },
	{ "--cap-drop", 1 },
	{ "--chdir", 1 },
	{ "--chmod", 2 },
	{ "--clearenv", 0 },
	{ "--dev", 1 },
	{ "--dev-bind", 2 },
	{ "--dev-bind-try", 2 },
	{ "--die-with-parent", 0 },
	{ "--dir", 1 },
	{ "--disable-userns", 0 },
	{ "--hostname", 1 },
	{ "--mqueue", 1 },
	{ "--new-session", 0 },
	{ "--perms", 1 },
	{ "--proc", 1 },
	{ "--remount-ro", 1 },
	{ "--ro-bind", 2 },
	{ "--ro-bind-try", 2 },
	{ "--setenv", 2 },
	{ "--size", 1 },
	{ "--symlink", 2 },
	{ "--tmpfs", 1 },
	{ "--unsetenv", 1 },
	{ "--unshare-cgroup", 0 },
	{ "--unshare-cgroup-try", 0 },
	{ "--unshare-ipc", 0 },
	{ "--unshare-net", 0 },
	{ "--unshare-pid", 0 },
	{ "--unshare-user", 0 },
	{ "--unshare-user-try", 0 },
	{ "--unshare-uts", 0 },
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

static int
check_flags(const struct msg_strs *words, char *why, size_t size)
{
	size_t i, k;

	for (i = 0; i < words->n; i++) {
		for (k = 0; k < sizeof(flags) / sizeof(flags[0]); k++) {
			if (strcmp(words->v[i], flags[k].name) == 0)
				break;
		}
		if (k == sizeof(flags) / sizeof(flags[0]))
			return wrong(why, size,
			    "bwrap's \"%s\" is not "
			    "allowed here",
			    words->v[i]);
		if ((size_t)flags[k].nargs > words->n - i - 1)
			return wrong(why, size,
			    "bwrap's %s needs %d more "
			    "words",
			    flags[k].name, flags[k].nargs);
		/* LD_PRELOAD would run the agent's code in our init. */
		if (strcmp(flags[k].name, "--setenv") == 0 &&
		    (!valid_env_name(
			 words->v[i + 1], strlen(words->v[i + 1])) ||
			valid_env_is_dangerous(
			    words->v[i + 1], strlen(words->v[i + 1]))))
			return wrong(why, size,
			    "the variable \"%s\" is not "
			    "allowed",
			    words->v[i + 1]);
		i += (size_t)flags[k].nargs;
	}
	return 0;
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
		return 0;
	default:
		return wrong(why, size, "mount kind %llu is unknown",
		    (unsigned long long)b->kind);
	}
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
