/*
 * From a checked plan to sandbox-exec(1)'s profile and command: what
 * jail-bwrap.c is on Linux.
 *
 * The profile denies what it does not allow.  Names of folders come from
 * users, and a quote or a parenthesis in one would be a rule: so none is ever
 * written into the profile.  The rules name parameters, whose values
 * sandbox-exec takes as arguments of their own (-D NAME=VALUE) and never
 * parses.
 *
 * There are no namespaces: other processes can be seen by number, but neither
 * signalled nor looked into, and the agent's init ends what is left of a
 * session as it does without a jail.
 */

#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "jail-darwin.h"
#include "jail-words.h"
#include "jail.h"
#include "xmalloc.h"

#define SANDBOX_EXEC "/usr/bin/sandbox-exec"
#define PROFILE_MAX  (512 * 1024) /* above any plan's */
#define FLAG_SHOW    "--ro-bind"
#define FLAG_NET     "--unshare-net"

/* What every jail has. */
static const char base[] =
    "(version 1)\n"
    "(deny default)\n"
    /* Processes: its own alone. */
    "(allow process-fork)\n"
    "(allow process-info* (target same-sandbox))\n"
    "(allow signal (target same-sandbox))\n"
    "(allow sysctl-read)\n"
    /* The system, which holds nothing of the user's. */
    "(allow file-read* process-exec file-map-executable\n"
    "    (subpath \"/System\") (subpath \"/usr\") (subpath \"/bin\")\n"
    "    (subpath \"/sbin\") (subpath \"/opt/homebrew\")\n"
    "    (subpath \"/Library/Developer\") (subpath \"/Library/Apple\"))\n"
    "(allow file-read* (subpath \"/private/etc\")\n"
    "    (subpath \"/private/var/db/timezone\")\n"
    "    (literal \"/\") (literal \"/etc\") (literal \"/tmp\")\n"
    "    (literal \"/var\") (literal \"/private\"))\n"
    "(allow file-read* file-write-data file-ioctl\n"
    "    (literal \"/dev/null\") (literal \"/dev/zero\")\n"
    "    (literal \"/dev/random\") (literal \"/dev/urandom\")\n"
    "    (literal \"/dev/tty\"))\n"
    "(allow pseudo-tty)\n"
    "(allow file-read* file-write* file-ioctl (literal \"/dev/ptmx\"))\n"
    /* Names and times of users and hosts; not SecurityServer, which is the
       keychain. */
    "(allow mach-lookup\n"
    "    (global-name \"com.apple.system.opendirectoryd.libinfo\")\n"
    "    (global-name \"com.apple.SystemConfiguration.DNSConfiguration\")\n"
    "    (global-name \"com.apple.trustd.agent\"))\n"
    "(allow ipc-posix-shm-read-data\n"
    "    (ipc-posix-name \"apple.shm.notification_center\"))\n";

/* Without --unshare-net.  Sockets in the file system have rules of their own.
 */
static const char net[] = "(allow network-outbound (remote ip))\n"
			  "(allow network-outbound\n"
			  "    (literal \"/private/var/run/mDNSResponder\"))\n"
			  "(allow network-inbound network-bind (local ip))\n"
			  "(allow system-socket)\n";

static const char ours[] =
    "(allow file-read* process-exec file-map-executable\n"
    "    (literal (param \"INIT\")))\n";

static int
wrong(char *why, size_t size, const char *what, const char *name)
{
	(void)snprintf(why, size, "%s: %s", name, what);
	return RL_ERR_INVALID;
}

int
jail_darwin_check(const struct msg_jail_start *plan, char *why, size_t size)
{
	const struct msg_bind *b = plan->binds.v;
	size_t i;

	for (i = 0; i < plan->binds.n; i++) {
		if ((b[i].kind == BIND_RO || b[i].kind == BIND_RW) &&
		    strcmp(b[i].src, b[i].dst) != 0)
			return wrong(why, size,
			    "macOS shows nothing at another place than its own",
			    b[i].dst);
	}
	for (i = 0; i < plan->flags.n; i++) {
		if (strcmp(plan->flags.v[i], FLAG_NET) == 0)
			continue;
		if (strcmp(plan->flags.v[i], FLAG_SHOW) != 0)
			return wrong(why, size, "macOS has nothing like it",
			    plan->flags.v[i]);
		/* jail_check() has seen that two words follow. */
		if (strcmp(plan->flags.v[i + 1], plan->flags.v[i + 2]) != 0)
			return wrong(why, size,
			    "macOS shows nothing at another place than its own",
			    plan->flags.v[i + 2]);
		i += 2;
	}
	return 0;
}

/*
 * One folder or file.  Those above it can be looked up and nothing more, as a
 * program that resolves its own name does.  The last rule that fits decides,
 * as the last mount does: what is read-only within a writable folder is so.
 */
static int
put_rule(struct buf *out, const char *name, size_t i, bool writable)
{
	/* A socket is reached by connecting, whatever may be written. */
	return buf_putf(out,
	    "(allow file-read-metadata\n"
	    "    (path-ancestors (param \"%s_%zu\")))\n"
	    "(allow file-read* process-exec file-map-executable\n"
	    "    (subpath (param \"%s_%zu\")))\n"
	    "(%s file-write* network-bind network-outbound\n"
	    "    (subpath (param \"%s_%zu\")))\n",
	    name, i, name, i, writable ? "allow" : "deny", name, i);
}

/* What would be mounted over a place hides it. */
static int
put_hidden(struct buf *out, size_t i)
{
	return buf_putf(out,
	    "(deny file* process-exec network-bind network-outbound\n"
	    "    (subpath (param \"BIND_%zu\")))\n",
	    i);
}

/* The name that a bind is about, or NULL: it has no meaning here. */
static const char *
bind_name(const struct msg_bind *b)
{
	switch (b->kind) {
	case BIND_RO:
	case BIND_RW:
		return b->src;
	case BIND_PROC:
	case BIND_DEV:
	case BIND_SYMLINK:
		return NULL;
	default:
		return b->dst;
	}
}

/* Whether the words have it; those that follow a --ro-bind are no words. */
static bool
has_flag(const struct msg_strs *flags, const char *flag)
{
	size_t i;

	for (i = 0; i < flags->n; i++) {
		if (strcmp(flags->v[i], flag) == 0)
			return true;
		if (strcmp(flags->v[i], FLAG_SHOW) == 0)
			i += 2;
	}
	return false;
}

int
jail_darwin_profile(const struct jail *j, struct buf *out)
{
	const struct msg_jail_start *plan = j->plan;
	const struct msg_bind *b = plan->binds.v;
	size_t i, shown = 0;
	int ret;

	if ((ret = buf_puts(out, base)) != 0 ||
	    (ret = buf_puts(out, ours)) != 0)
		return ret;
	if (!plan->unshare_net && !has_flag(&plan->flags, FLAG_NET) &&
	    (ret = buf_puts(out, net)) != 0)
		return ret;
	for (i = 0; i < plan->binds.n; i++) {
		if (bind_name(&b[i]) == NULL)
			continue;
		if (b[i].kind == BIND_RO || b[i].kind == BIND_RW)
			ret = put_rule(out, "BIND", i, b[i].kind == BIND_RW);
		else
			ret = put_hidden(out, i);
		if (ret != 0)
			return ret;
	}
	for (i = 0; i < plan->flags.n; i++) {
		if (strcmp(plan->flags.v[i], FLAG_SHOW) != 0)
			continue;
		if ((ret = put_rule(out, "SHOW", shown++, false)) != 0)
			return ret;
		i += 2;
	}
	return 0;
}

static void
add_param(struct jail_words *w, const char *name, size_t i, const char *value)
{
	char *text = xasprintf("%s_%zu=%s", name, i, value);

	jail_words_add(w, "-D");
	jail_words_add(w, text);
	free(text);
}

static void
add_params(struct jail_words *w, const struct jail *j)
{
	const struct msg_jail_start *plan = j->plan;
	const struct msg_bind *b = plan->binds.v;
	char *init = xasprintf("INIT=%s", j->init);
	size_t i, shown = 0;

	jail_words_add(w, "-D");
	jail_words_add(w, init);
	free(init);
	for (i = 0; i < plan->binds.n; i++) {
		if (bind_name(&b[i]) != NULL)
			add_param(w, "BIND", i, bind_name(&b[i]));
	}
	for (i = 0; i < plan->flags.n; i++) {
		if (strcmp(plan->flags.v[i], FLAG_SHOW) != 0)
			continue;
		add_param(w, "SHOW", shown++, plan->flags.v[i + 1]);
		i += 2;
	}
}

char **
jail_command(const struct jail *j)
{
	struct jail_words w;
	struct buf *profile;
	char *text;

	jail_words_begin(&w);
	if (j->plan->sandboxed) {
		profile = buf_new(PROFILE_MAX);
		(void)jail_darwin_profile(j, profile);
		text =
		    xstrndup((const char *)buf_ptr(profile), buf_len(profile));
		buf_free(profile);
		jail_words_add(&w, SANDBOX_EXEC);
		jail_words_add(&w, "-p");
		jail_words_add(&w, text);
		free(text);
		add_params(&w, j);
	}
	/* No pid namespace ends with it: it looks after the rest itself. */
	jail_words_add(&w, j->init);
	jail_words_add(&w, "-u");
	jail_words_init(&w, j);
	return jail_words_end(&w);
}
