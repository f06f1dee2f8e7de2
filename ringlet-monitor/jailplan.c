/*
 * The planner.  The root of a jail is an allow-list: what is not named here is
 * not there.
 *
 * Root is nobody's: an empty file system that bwrap makes, with
 *	/usr /etc /opt /nix/store	read-only, where they exist
 *	/bin /sbin /lib*		as they are outside: links, or read-only
 *	/proc /dev			fresh and minimal
 *	/tmp /var/tmp /dev/shm /run	empty and private, of a size
 * and then, in the order of their names, so that what lies in another comes
 * after it:
 *	the agent's program		read-only at its own place
 *	the profile's home		read-write at its own place
 *	the working folder		read-write at its own place
 *	what settings and grants name	read-only, read-write, or hidden
 *	what programs outside execute	read-only, in folders that are writable
 */

#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent-binary.h"
#include "agent-search.h"
#include "bwrapflags.h"
#include "conf.h"
#include "err.h"
#include "fdpass.h"
#include "hookrun.h"
#include "jailcheck.h"
#include "jailmount.h"
#include "jailnote.h"
#include "jailplan.h"
#include "paths.h"
#include "policy.h"
#include "uploads.h"
#include "xmalloc.h"

#define TMP_SIZE (2ULL * 1024 * 1024 * 1024) /* bytes, each of these */
#define RUN_SIZE (16ULL * 1024 * 1024)

/* Folders of the system that every jail shows, if they exist. */
static const char *const system_dirs[] = { "/usr", "/etc", "/opt",
	"/nix/store", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32" };

static const char *
keep_string(struct jailplan *jp, const char *s)
{
	strlist_add(&jp->strings, s);
	return jp->strings.v[jp->strings.n - 1];
}

static int
add(struct jailplan *jp, enum bind_kind kind, const char *src,
    const char *dst, uint64_t bytes, const char *rule)
{
	struct msg_bind *b;

	if (jp->nbinds == JAILPLAN_BINDS_MAX)
		return RL_ERR_LIMIT;
	jp->rules[jp->nbinds] = rule;
	b = &jp->binds[jp->nbinds++];
	b->kind = kind;
	b->src = keep_string(jp, src);
	b->dst = keep_string(jp, dst);
	b->size = bytes;
	return 0;
}

/* A folder of the system: a link stays a link (/bin -> usr/bin). */
static int
add_system(struct jailplan *jp, const char *dir)
{
	struct stat st;
	char target[PATH_MAX];
	ssize_t n;

	if (lstat(dir, &st) == -1)
		return 0;
	if (S_ISDIR(st.st_mode))
		return add(jp, BIND_RO, dir, dir, 0, "system");
	if (!S_ISLNK(st.st_mode))
		return 0;
	n = readlink(dir, target, sizeof(target) - 1);
	if (n <= 0)
		return RL_ERR_SYSTEM;
	target[n] = '\0';
	return add(jp, BIND_SYMLINK, target, dir, 0, "system");
}

/* /etc/resolv.conf often is a link into /run: that one file is shown. */
static int
add_resolv_conf(struct jailplan *jp)
{
	char real[PATH_MAX];

	if (realpath("/etc/resolv.conf", real) == NULL ||
	    !path_is_below(real, "/run"))
		return 0;
	return add(jp, BIND_RO, real, real, 0, "resolver");
}

/*
 * The kernel lists keys by uid, not by namespace: the names of the user's would
 * be there.  A sandbox inside can mount a /proc of its own only where nothing
 * of this one is covered.
 */
static int
hide_keys(struct jailplan *jp)
{
	static const char *const files[] = { "/proc/keys", "/proc/key-users" };
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(files) / sizeof(*files); i++)
		if (!jp->nesting && access(files[i], F_OK) == 0)
			r = add(jp, BIND_RO, "/dev/null", files[i], 0,
			    "private");
	return r;
}

/* What every jail has, whatever it is for. */
static int
plan_system(struct jailplan *jp, uint64_t tmp)
{
	int r = 0;

	for (size_t i = 0;
	     r == 0 && i < sizeof(system_dirs) / sizeof(*system_dirs); i++)
		r = add_system(jp, system_dirs[i]);
	if (r != 0 ||
	    (r = add(jp, BIND_PROC, "", "/proc", 0, "private")) != 0 ||
	    (r = hide_keys(jp)) != 0 ||
	    (r = add(jp, BIND_DEV, "", "/dev", 0, "private")) != 0 ||
	    (r = add(jp, BIND_TMPFS, "", "/dev/shm", tmp, "private")) != 0 ||
	    (r = add(jp, BIND_TMPFS, "", "/tmp", tmp, "private")) != 0 ||
	    (r = add(jp, BIND_TMPFS, "", "/var/tmp", tmp, "private")) != 0 ||
	    (r = add(jp, BIND_TMPFS, "", "/run", RUN_SIZE, "private")) != 0)
		return r;
	r = add_resolv_conf(jp);
	jp->nsystem = jp->nbinds;
	return r;
}

static void
add_proof(struct jailplan *jp, const char *dst, uint64_t dev, uint64_t ino)
{
	strlist_add(&jp->proofs, dst);
	strlist_addf(&jp->proofs, "%ju", (uintmax_t)dev);
	strlist_addf(&jp->proofs, "%ju", (uintmax_t)ino);
}

/* --- grants that are no mounts of folders --- */

static void
take_limit(struct jailplan *jp, const struct grant *g, uint64_t *tmp)
{
	switch (g->limit) {
	case LIMIT_MEMORY:
		jp->memory = g->number;
		break;
	case LIMIT_PROCESSES:
		jp->processes = g->number;
		break;
	case LIMIT_FILES:
		jp->files = g->number;
		break;
	case LIMIT_CPU:
		jp->cpu = g->number;
		break;
	case LIMIT_TMP:
		*tmp = g->number;
		break;
	}
}

/*
 * The socket of the asker's agent of ssh-add(1), under a name of its own.  Its
 * folder is never shown: others may be in there.
 */
static int
add_agent(const struct jailplan_in *in, struct jailplan *jp, char *why,
    size_t size)
{
	char *real = NULL, more[512];
	struct stat st;
	int fd = -1, r = RL_ERR_DENIED;

	if (!in->unix_sockets) {
		snprintf(why, size, "ssh-agent is granted, but this kernel "
		    "cannot confine unix sockets (tier no-landlock-scope), so "
		    "an agent gets none: revoke the grant to start it");
		return RL_ERR_DENIED;
	}
	if (in->auth_sock == NULL || *in->auth_sock == '\0') {
		strlist_add(&jp->left_out,
		    "ssh-agent: who asks has no SSH_AUTH_SOCK");
		return 0;
	}
	fd = open(in->auth_sock, O_PATH | O_CLOEXEC);
	if (fd == -1 || fstat(fd, &st) == -1 ||
	    (real = jailcheck_real_name(fd)) == NULL)
		snprintf(why, size, "ssh-agent: SSH_AUTH_SOCK %s: %s",
		    in->auth_sock, strerror(errno));
	else if (!S_ISSOCK(st.st_mode) || st.st_uid != geteuid())
		snprintf(why, size, "ssh-agent: SSH_AUTH_SOCK %s: is no "
		    "socket of yours", in->auth_sock);
	else if (jailcheck_may_be_agent(in->paths, real, more,
		     sizeof(more)) != 0)
		snprintf(why, size, "ssh-agent: SSH_AUTH_SOCK %s", more);
	else if ((r = add(jp, BIND_RO, real, JAILPLAN_AGENT, 0,
		      "grant ssh-agent")) == 0) {
		add_proof(jp, JAILPLAN_AGENT, st.st_dev, st.st_ino);
		jp->ssh_agent = true;
	}
	fd_close(fd);
	free(real);
	return r;
}

/*
 * The program of hooks, and what each of them is to execute: read-only, and
 * from a folder that no jail can write, so that what runs is what was
 * approved.  The folder need not be there to be looked at.
 */
static int
add_hooks(const struct jailplan_in *in, struct jailplan *jp, char *why,
    size_t size)
{
	const struct hook_run *h = in->hooks;
	const char *const what[2][2] = { { h->program, HOOKRUN_PROGRAM },
		{ h->dir, HOOKRUN_DIR } };
	struct stat st;
	int r = 0;

	for (size_t i = 0; r == 0 && i < 2; i++) {
		r = add(jp, BIND_RO, what[i][0], what[i][1], 0, "hooks");
		if (r == 0 && lstat(what[i][0], &st) == 0)
			add_proof(jp, what[i][1], st.st_dev, st.st_ino);
		else if (r == 0 && h->made) {
			snprintf(why, size, "hooks: %s: %s", what[i][0],
			    strerror(errno));
			r = RL_ERR_UNAVAILABLE;
		}
	}
	return r;
}

static int
take_grants(const struct jailplan_in *in, struct jailplan *jp,
    struct mounts *ms, uint64_t *tmp, bool *agent, char *why, size_t size)
{
	struct grant g;
	int r = 0;

	for (size_t i = 0; in->grants != NULL && in->grants[i] != NULL; i++) {
		if ((r = grant_parse(in->grants[i], &g, why, size)) != 0)
			return r;
		if (g.kind == GRANT_RO || g.kind == GRANT_RW)
			r = mounts_grant(ms, g.value, g.kind == GRANT_RW,
			    g.kind == GRANT_RW ? "grant rw" : "grant ro", why,
			    size);
		else if (g.kind == GRANT_LIMIT)
			take_limit(jp, &g, tmp);
		else if (g.kind == GRANT_NESTED)
			jp->nesting = ms->nesting = true;
		else if (g.kind == GRANT_SSH_AGENT)
			*agent = true;
		if (r != 0)
			return r;
	}
	return 0;
}

/* Neither a grant nor its absence gives more than the policy. */
static void
bound_limits(const struct policy *p, struct jailplan *jp, uint64_t *tmp)
{
	(void)policy_limit(p, LIMIT_MEMORY, &jp->memory);
	(void)policy_limit(p, LIMIT_PROCESSES, &jp->processes);
	(void)policy_limit(p, LIMIT_FILES, &jp->files);
	(void)policy_limit(p, LIMIT_CPU, &jp->cpu);
	(void)policy_limit(p, LIMIT_TMP, tmp);
}

/* --- the whole --- */

static int
take_settings(const struct jailplan_in *in, struct mounts *ms, char *why,
    size_t size)
{
	const struct conf *c = in->conf;
	char *path;
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->jail_read_only.n; i++) {
		path = jailcheck_setting(in->paths, c->jail_read_only.v[i]);
		r = mounts_grant(ms, path, false, "JailReadOnly", why, size);
		free(path);
	}
	for (size_t i = 0; r == 0 && i < c->jail_read_write.n; i++) {
		path = jailcheck_setting(in->paths, c->jail_read_write.v[i]);
		r = mounts_grant(ms, path, true, "JailReadWrite", why, size);
		free(path);
	}
	for (size_t i = 0; r == 0 && i < c->jail_hide.n; i++) {
		path = jailcheck_setting(in->paths, c->jail_hide.v[i]);
		r = mounts_hide(ms, path, why, size);
		free(path);
	}
	return r;
}

static int
take_agent(const struct jailplan_in *in, struct mounts *ms, char *why,
    size_t size)
{
	int r;

	for (size_t i = 0; i < in->binary->nbinds; i++) {
		const char *b = in->binary->binds[i];

		if ((r = jailcheck_may_show(in->paths, b, why, size)) != 0)
			return r;
		mounts_add(ms, MP_AGENT, b, "agent's program");
	}
	return 0;
}

/* What its manifest asks for, which is no more than a setting may show. */
static int
take_agent_binds(const struct jailplan_in *in, struct mounts *ms, char *why,
    size_t size)
{
	const char *const *b = in->agent_binds;
	char *path;
	int r = 0;

	for (; r == 0 && b != NULL && *b != NULL; b++) {
		path = jailcheck_setting(in->paths, *b);
		r = mounts_grant(ms, path, false, "agent's manifest", why,
		    size);
		free(path);
	}
	return r;
}

/* Writes the mounts that were settled on into the plan. */
static int
emit(struct jailplan *jp, const struct mounts *ms)
{
	int r = 0;

	for (size_t i = 0; i < ms->n && r == 0; i++) {
		const struct mount_wish *w = &ms->v[i];

		r = add(jp, w->kind, w->src, w->path, 0, w->rule);
		if (r == 0 && w->proof)
			add_proof(jp, w->path, w->dev, w->ino);
	}
	return r;
}

int
jailplan_make(const struct jailplan_in *in, struct jailplan *jp, char *why,
    size_t size)
{
	struct mounts ms = { .in = in, .left_out = &jp->left_out };
	uint64_t tmp = TMP_SIZE;
	bool agent = false;
	int r;

	memset(jp, 0, sizeof(*jp));
	*why = '\0';
	mounts_add(&ms, MP_OWN, in->home, "profile's home");
	if (!path_is_below(in->cwd, in->home))
		mounts_add(&ms, MP_OWN, in->cwd, "working folder");
	if ((r = take_agent(in, &ms, why, size)) == 0 &&
	    (r = take_agent_binds(in, &ms, why, size)) == 0 &&
	    (r = take_grants(in, jp, &ms, &tmp, &agent, why, size)) == 0 &&
	    (r = take_settings(in, &ms, why, size)) == 0)
		r = mounts_settle(&ms, why, size);
	bound_limits(in->policy, jp, &tmp);
	if (r == 0 && (r = plan_system(jp, tmp)) == 0 && agent)
		r = add_agent(in, jp, why, size);
	if (r == 0 && in->hooks != NULL)
		r = add_hooks(in, jp, why, size);
	/* Read-only, so that its agent can put nothing in our way there. */
	if (r == 0 && in->uploads != NULL)
		r = add(jp, BIND_RO, in->uploads->path, in->uploads->place, 0,
		    "pictures");
	if (r == 0)
		r = emit(jp, &ms);
	mounts_clear(&ms);
	if (r != 0 && *why == '\0')
		snprintf(why, size, "the jail cannot be planned: %s",
		    rl_strerror(r));
	return r;
}

void
jailplan_clear(struct jailplan *jp)
{
	strlist_clear(&jp->strings);
	strlist_clear(&jp->proofs);
	strlist_clear(&jp->left_out);
	memset(jp, 0, sizeof(*jp));
}

static bool
has_mount(const struct jailplan *jp, const char *dst)
{
	for (size_t i = 0; i < jp->nbinds; i++)
		if (strcmp(jp->binds[i].dst, dst) == 0 &&
		    jp->binds[i].kind != BIND_SYMLINK)
			return true;
	return false;
}

static bool
is_place(const struct bwrap_flags *f, const char *place)
{
	for (size_t i = 0; i < f->nplaces; i++)
		if (strcmp(f->places[i], place) == 0)
			return true;
	return false;
}

/* What JailHide names is not shown by another name either. */
static int
check_hidden(const struct jailplan *jp, const char *src, char *why, size_t size)
{
	for (size_t k = jp->nsystem; k < jp->nbinds; k++) {
		const char *dst = jp->binds[k].dst;

		if (strcmp(jp->rules[k], MOUNT_HIDE) != 0 ||
		    (!path_is_below(src, dst) && !path_is_below(dst, src)))
			continue;
		snprintf(why, size, "--bwrap-flags: %s: is, holds or lies in "
		    "%s, which JailHide hides", src, dst);
		return RL_ERR_DENIED;
	}
	return 0;
}

/*
 * bwrap makes what is missing of a place and follows links on the way, while
 * the old root still is there: a link in a folder of the agent's would have it
 * make a file anywhere outside.
 */
int
jailplan_may_add(const struct jailplan *jp, const struct bwrap_flags *f,
    char *why, size_t size)
{
	for (size_t i = 0; i < f->nplaces; i++) {
		const char *place = f->places[i], *in = NULL;

		for (size_t k = jp->nsystem; in == NULL && k < jp->nbinds; k++)
			if (path_is_below(place, jp->binds[k].dst) &&
			    (jp->binds[k].kind == BIND_RW ||
				strcmp(place, jp->binds[k].dst) != 0))
				in = jp->binds[k].dst;
		for (size_t k = 0; in == NULL && k < i; k++)
			if (strcmp(place, f->places[k]) != 0 &&
			    path_is_below(place, f->places[k]))
				in = f->places[k];
		if (in != NULL) {
			snprintf(why, size, "--bwrap-flags: %s: nothing may "
			    "be mounted in %s, where an agent may have put "
			    "links", place, in);
			return RL_ERR_DENIED;
		}
		for (size_t k = jp->nsystem; k < jp->nbinds; k++)
			if (path_is_below(jp->binds[k].dst, place)) {
				snprintf(why, size, "--bwrap-flags: %s: would "
				    "hide %s (%s)", place, jp->binds[k].dst,
				    jp->rules[k]);
				return RL_ERR_DENIED;
			}
	}
	for (size_t i = 0; i + 1 < f->nwords; i++)
		if (strcmp(f->words[i], "--ro-bind") == 0 &&
		    check_hidden(jp, f->words[i + 1], why, size) != 0)
			return RL_ERR_DENIED;
	for (size_t i = 0; i < f->nclosed; i++)
		if (!has_mount(jp, f->closed[i]) &&
		    !is_place(f, f->closed[i])) {
			snprintf(why, size, "--bwrap-flags: --remount-ro %s: "
			    "is no mount of the jail", f->closed[i]);
			return RL_ERR_DENIED;
		}
	return 0;
}

void
jailplan_close(const struct jailplan *jp, const struct bwrap_flags *f,
    struct strlist *words)
{
	for (size_t i = 0; i < f->nclosed; i++)
		for (size_t k = jp->nsystem; k < jp->nbinds; k++) {
			const struct msg_bind *b = &jp->binds[k];

			if (strcmp(jp->rules[k], MOUNT_PIN) != 0 ||
			    !path_is_below(b->dst, f->closed[i]))
				continue;
			strlist_add(words, "--remount-ro");
			strlist_add(words, b->dst);
		}
}

void
jailplan_note(const struct jailplan *jp, struct jailnote *note)
{
	for (size_t i = jp->nsystem; i < jp->nbinds; i++) {
		const struct msg_bind *b = &jp->binds[i];

		/* See jailmount.c: to such an agent they are no hindrance. */
		if (!jp->nesting)
			strlist_add(&note->mounts, b->dst);
		if (b->kind == BIND_RW)
			strlist_add(&note->writable, b->dst);
	}
}
