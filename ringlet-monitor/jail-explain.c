/*
 * `ringlet sandbox explain`, and the dashboard's view of a jail: its plan as
 * data, by the very functions that start one.  Nothing is made, nothing is
 * started, no key is read.
 */

#include "config.h"

#include <sys/stat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "jailmake.h"
#include "jailview.h"
#include "monitor.h"
#include "platform.h"
#include "policy.h"
#include "profile.h"
#include "ringlet-sandboxer/jail.h"
#include "run.h"
#include "tier.h"
#include "uploads.h"
#include "xmalloc.h"

#define WHY_MAX	   1024
#define ARGS_BYTES (1024 * 1024) /* the sandboxer's own bound */

/* An answer while it is made. */
struct answer {
	struct msg_explained body;
	struct jailmake make;
	struct msg_jail_mount *mounts;
	struct strlist arguments, env, filter, namespaces;
	char **command;
	struct jailview view;
};

/* The words that jail_bwrap_args() has put behind each other. */
static int
split_words(const struct jail *jail, struct strlist *out)
{
	struct buf *b = buf_new_secret(ARGS_BYTES);
	const char *p, *end;
	int r;

	if ((r = jail_bwrap_args(jail, b)) == 0) {
		p = (const char *)buf_ptr(b);
		for (end = p + buf_len(b); p < end; p += strlen(p) + 1)
			strlist_add(out, p);
	}
	buf_free(b);
	return r;
}

static void
mount_add(struct answer *a, uint64_t kind, const char *src, const char *dst,
    uint64_t size, const char *rule)
{
	struct msg_recs *l = &a->body.mounts;

	a->mounts = xreallocarray(a->mounts, l->n + 1, sizeof(*a->mounts));
	l->v = a->mounts;
	a->mounts[l->n++] = (struct msg_jail_mount){ .kind = kind,
		.src = src, .dst = dst, .size = size, .rule = rule };
}

/* Without a fresh /proc the sandboxer makes an empty folder of it. */
static void
empty_proc(struct answer *a)
{
	size_t n = 0;

	for (size_t i = 0; i < a->body.mounts.n; i++) {
		if (strncmp(a->mounts[i].dst, "/proc/", 6) == 0)
			continue;
		a->mounts[n] = a->mounts[i];
		if (a->mounts[n].kind == BIND_PROC)
			a->mounts[n].kind = BIND_EMPTY;
		n++;
	}
	a->body.mounts.n = n;
}

static void
fill_mounts(struct answer *a, const char *init, bool no_proc)
{
	a->mounts = jailview_mounts(&a->make.plan, &a->make.start.flags,
	    &a->body.mounts.n);
	if (no_proc)
		empty_proc(a);
	if (*a->make.start.hook_report != '\0')
		mount_add(a, BIND_RO, a->make.start.hook_report,
		    JAIL_HOOK_REPORT, 0, "hooks");
	mount_add(a, BIND_RO, init, JAIL_INIT_INSIDE, 0, "first process");
}

/* What holds the agent besides mounts. */
static void
fill_walls(struct answer *a, const char *tier)
{
	static const char *const own[] = { "user", "pid", "ipc", "uts",
		"cgroup", "mount" };
	const struct msg_jail_start *js = &a->make.start;

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		strlist_add(&a->namespaces, own[i]);
	if (js->unshare_net)
		strlist_add(&a->namespaces, "net");
	strlist_add(&a->filter, "agent");
	if (js->nesting)
		strlist_add(&a->filter, "nested-sandbox");
	if (!tier_has_scope(tier))
		strlist_add(&a->filter, "no-unix-sockets");
}

static int
set_proof(struct jail_proof *p, const char *path, int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return RL_ERR_SYSTEM;
	p->path = path;
	p->dev = st.st_dev;
	p->ino = st.st_ino;
	return 0;
}

static struct msg_strs
strs_of(const struct strlist *l)
{
	return (struct msg_strs){ (const char **)l->v, l->n };
}

static int
fill(struct env *env, struct answer *a)
{
	const struct msg_jail_start *js = &a->make.start;
	struct jail jail = { .plan = js,
		.init = env->paths.jail_init,
		.no_proc = !tier_has_proc(env->sandboxer.level) };
	const char *tier = env->sandboxer.level == NULL ? ""
	    : env->sandboxer.level;
	struct msg_explained *b = &a->body;
	int r;

	if ((r = set_proof(&jail.proof[0], js->cwd, a->make.cwd_fd)) != 0 ||
	    (r = set_proof(&jail.proof[1], js->home, a->make.home_fd)) != 0)
		return r;
	if (js->sandboxed) {
		if ((r = split_words(&jail, &a->arguments)) != 0)
			return r;
		fill_mounts(a, jail.init, jail.no_proc);
		fill_walls(a, tier);
	} else
		mount_add(a, BIND_RW, "/", "/", 0, "no jail");
	for (size_t i = 0; i < js->env.n; i++)
		strlist_addf(&a->env, "%.*s", (int)strcspn(js->env.v[i], "="),
		    js->env.v[i]);
	a->command = jail_command(&jail);
	b->command.v = (const char **)a->command;
	while (a->command[b->command.n] != NULL)
		b->command.n++;
	b->sandboxed = js->sandboxed;
	b->tier = js->sandboxed ? tier : "none";
	b->program = js->path;
	b->argv = js->argv;
	b->home = js->home;
	b->working_dir = js->cwd;
	b->namespaces = strs_of(&a->namespaces);
	b->env = strs_of(&a->env);
	b->filter = strs_of(&a->filter);
	b->limit_memory = js->limit_memory;
	b->limit_processes = js->limit_processes;
	b->limit_files = js->limit_files;
	b->limit_cpu = js->limit_cpu;
	b->left_out = strs_of(&a->make.plan.left_out);
	b->arguments = strs_of(&a->arguments);
	return 0;
}

static void
fill_view(struct answer *a, const char *path)
{
	struct msg_explained *b = &a->body;

	jailview_look(a->mounts, b->mounts.n, path, &a->view);
	b->path = path;
	b->inside = a->view.inside;
	b->outside = a->view.outside;
	b->there = a->view.there;
	b->readable = a->view.readable;
	b->writable = a->view.writable;
	b->rule = a->view.rule;
	b->text = a->view.text;
}

static void
answer_clear(struct answer *a)
{
	jailview_clear(&a->view);
	free(a->command);
	free(a->mounts);
	strlist_clear(&a->arguments);
	strlist_clear(&a->env);
	strlist_clear(&a->filter);
	strlist_clear(&a->namespaces);
	jailmake_clear(&a->make);
}

/* path: what is asked about, or "". */
static int
explain(struct peer *p, const struct msg *m, const struct run *r,
    const struct jail_ask *ask, const char *path, char *why, size_t size)
{
	struct env *env = peer_env(p);
	struct jail_ask how = *ask;
	struct uploads uploads = { 0 };
	struct answer a;
	int err;

	memset(&a, 0, sizeof(a));
	a.body.alias = r->profile->alias;
	if (env->conf.allow_uploads) {
		uploads_plan(&uploads, env->paths.runtime_dir,
		    !ask->no_sandbox && platform_moves_mounts());
		how.uploads = &uploads;
	}
	if ((err = jailmake_make(env, r, &how, &a.make, why, size)) == 0 &&
	    (err = fill(env, &a)) == 0) {
		if (*path != '\0')
			fill_view(&a, path);
		if (!ask->cli) {
			a.body.command.n = 0;
			a.body.arguments.n = 0;
		}
		peer_reply_long(p, m->hdr.id, MSG_EXPLAINED, &a.body,
		    "the jail has too many mounts, or too long ones, to be "
		    "shown");
	}
	if (err != 0 && *why == '\0')
		snprintf(why, size, "the jail cannot be explained: %s",
		    rl_strerror(err));
	answer_clear(&a);
	uploads_forget(&uploads);
	return err;
}

/*
 * From the CLI alone: it tells which files there are.  What is asked is judged
 * as for a session.
 */
int
on_JAIL_EXPLAIN(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	const struct msg_jail_explain *req = m->body;
	const struct run_ask ask = { .alias = req->alias,
		.args = req->args,
		.client_env = req->client_env,
		.search = req->search_path,
		.pass_env = req->pass_env,
		.auth_sock = req->auth_sock,
		.jailed = !req->no_sandbox,
		.cli = true,
		.hooks = req->no_sandbox ? HOOK_SESSION : HOOK_JAILED };
	struct bwrap_flags flags;
	const struct jail_ask how = { .cwd = req->working_dir,
		.no_sandbox = req->no_sandbox,
		.cli = true,
		.flags = &flags };
	struct run *r = NULL;
	char why[WHY_MAX] = "";
	int err;

	err = bwrap_flags_parse(
	    &env->paths, &req->bwrap_flags, &flags, why, sizeof(why));
	if (err == 0 && *req->path != '\0' && *req->path != '/') {
		snprintf(why, sizeof(why), "'%s' is not an absolute path",
		    req->path);
		err = RL_ERR_INVALID;
	}
	if (err == 0 && req->no_sandbox && req->bwrap_flags.n > 0) {
		snprintf(why, sizeof(why), "--bwrap-flags and --no-sandbox "
		    "do not go together");
		err = RL_ERR_INVALID;
	}
	if (err == 0)
		err = policy_may_flags(env->policy, flags.options,
		    flags.noptions, why, sizeof(why));
	if (err == 0)
		err = run_explain(env, &ask, &r, why, sizeof(why));
	if (err == 0)
		err = explain(p, m, r, &how, req->path, why, sizeof(why));
	if (err != 0)
		peer_reply_error(p, m->hdr.id, err, "%s", why);
	run_free(r);
	bwrap_flags_clear(&flags);
	return 0;
}

/*
 * Hostile ringletd: it sees the jail that SESSION_CREATE would start for it, by
 * the same rules and with the same refusals, and can ask about no path: what it
 * learns of files is which of them the plan shows.
 */
int
on_JAIL_SHOW(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	const struct msg_jail_show *req = m->body;
	const struct run_ask ask = { .alias = req->alias, .jailed = true };
	struct bwrap_flags flags;
	const struct jail_ask how = { .cwd = req->working_dir,
		.flags = &flags };
	const struct msg_strs none = { NULL, 0 };
	struct run *r = NULL;
	char why[WHY_MAX] = "";
	int err;

	err = bwrap_flags_parse(&env->paths, &none, &flags, why, sizeof(why));
	if (err == 0)
		err = policy_may_flags(env->policy, flags.options,
		    flags.noptions, why, sizeof(why));
	if (err == 0)
		err = run_explain(env, &ask, &r, why, sizeof(why));
	if (err == 0)
		err = explain(p, m, r, &how, "", why, sizeof(why));
	if (err != 0)
		peer_reply_error(p, m->hdr.id, err, "%s", why);
	run_free(r);
	bwrap_flags_clear(&flags);
	return 0;
}
