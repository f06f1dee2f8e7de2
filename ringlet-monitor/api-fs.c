/*
 * Folders for the dashboard's picker.  A file system may not answer for
 * minutes (a server that is gone), so nothing here touches one: each request
 * is given to a process of its own, the monitor's own program run with -B,
 * which has FS_MS.  Then it is killed.  One that the kernel does not let die
 * keeps its place until it does, so there are never more than FS_CALLS.
 */

#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent-search.h"
#include "aside.h"
#include "browse.h"
#include "err.h"
#include "jailcheck.h"
#include "log.h"
#include "loop.h"
#include "monitor.h"
#include "policy.h"
#include "proc.h"
#include "strlist.h"
#include "xmalloc.h"

#define FS_CALLS    4	 /* processes at once */
#define FS_MS	    5000 /* that each has to answer */
#define REQUEST_MS  5000 /* that it waits for its request */
#define LAST_RESORT 30	 /* seconds until it ends whatever happens */

struct fs_call {
	struct env *env;
	struct aside aside; /* none: the place is free */
	struct asker asker;
};

struct fs {
	struct fs_call calls[FS_CALLS];
	struct loop_signal *child;
};

/* --- the process --- */

static void
reply_folders(const struct msg *q, const struct msg_fs_browse *req,
    const struct browse *b)
{
	struct msg_fs_folders out;
	struct msg_fs_folder *v = xcalloc(b->n + 1, sizeof(*v));

	for (size_t i = 0; i < b->n; i++) {
		v[i].name = b->folders[i].name;
		v[i].usable = b->folders[i].usable;
	}
	memset(&out, 0, sizeof(out));
	out.path = b->path;
	out.usable = b->usable;
	out.why = b->why;
	out.folders.v = v;
	out.folders.n = b->n;
	out.truncated = b->truncated;
	out.skipped = b->skipped;
	out.roots = req->roots;
	if (msg_write(
		PROC_CHANNEL_FD, MSG_FS_FOLDERS, q->hdr.id, &out, NULL, 0) != 0)
		fatal("cannot answer");
	free(v);
}

/*
 * It asks for nothing and changes nothing.  What it is told comes from the
 * monitor; what it reads are names, which an agent may have made.
 */
void
fs_browse_main(const struct paths *paths)
{
	const struct msg_fs_browse *req;
	struct msg_error wrong = { 0, NULL };
	struct strlist roots = { NULL, 0 }, bounds = { NULL, 0 };
	struct browse b;
	char why[1024] = "";
	struct msg m;

	proc_child_begin();
	(void)alarm(LAST_RESORT);
	if (msg_read(PROC_CHANNEL_FD, REQUEST_MS, &m) != 0 ||
	    m.hdr.type != MSG_FS_BROWSE)
		fatal("no request came");
	req = m.body;
	for (size_t i = 0; i < req->roots.n; i++)
		strlist_add(&roots, req->roots.v[i]);
	for (size_t i = 0; i < req->bounds.n; i++)
		strlist_add(&bounds, req->bounds.v[i]);
	wrong.code = browse(paths, &roots, &bounds, req->path, req->complete,
	    &b, why, sizeof(why));
	wrong.text = why;
	if (wrong.code == 0)
		reply_folders(&m, req, &b);
	else if (msg_write(PROC_CHANNEL_FD, MSG_ERROR, m.hdr.id, &wrong, NULL,
		     0) != 0)
		fatal("cannot answer");
	exit(0);
}

/* --- the monitor --- */

static void fs_closed(struct peer *, int err, const char *why);

static const struct msg_rule rules[] = {
	{ MSG_FS_FOLDERS, FROM_BROWSER, PST_SERVING, 0, MSG_MAX_BODY, 0,
	    MSG_FS_BROWSE, NULL },
	{ MSG_ERROR, FROM_BROWSER, PST_SERVING, 0, 4096, 0, MSG_FS_BROWSE,
	    NULL },
};

static const struct peer_ops ops = {
	.rules = rules,
	.nrules = sizeof(rules) / sizeof(rules[0]),
	.closed = fs_closed,
};

static void
on_child(int signo, void *arg)
{
	struct fs *fs = arg;

	(void)signo;
	for (size_t i = 0; i < FS_CALLS; i++)
		(void)aside_reap(&fs->calls[i].aside);
}

/* Who is bound by the policy is told where that is written. */
static void
refuse(struct fs_call *c, struct peer *p, int err, const char *why)
{
	struct env *env = c->env;
	char by[512];

	if (err == RL_ERR_DENIED && policy_browse_bounds(env->policy) != NULL)
		peer_reply_error(p, c->asker.id, err, "%s: bounded by %s", why,
		    policy_setting(env, "BrowseRoots", by, sizeof(by)));
	else
		peer_reply_error(p, c->asker.id, err, "%s", why);
}

static void
fs_answer(void *arg, struct msg *m, int err)
{
	struct fs_call *c = arg;
	struct peer *p;
	const struct msg_error *e;

	if (c->aside.peer == NULL)
		return; /* being freed */
	if ((p = asker_peer(c->env, &c->asker)) == NULL)
		;
	else if (m == NULL)
		peer_reply_error(p, c->asker.id,
		    err == RL_ERR_TIMEOUT ? err : RL_ERR_UNAVAILABLE, "%s",
		    err == RL_ERR_TIMEOUT
			? "the file system does not answer"
			: "looking for folders has failed: try again");
	else if (m->hdr.type == MSG_ERROR) {
		e = m->body;
		refuse(c, p, e->code < 0 ? (int)e->code : RL_ERR_INTERNAL,
		    e->text);
	} else
		peer_reply_long(p, c->asker.id, MSG_FS_FOLDERS, m->body,
		    "there are too many folders");
	aside_end(&c->aside, SIGKILL);
}

/* Only reached if the channel ends without an open call. */
static void
fs_closed(struct peer *p, int err, const char *why)
{
	(void)why;
	fs_answer(peer_arg(p), NULL, err);
}

static struct fs_call *
free_place(struct env *env)
{
	if (env->fs == NULL) {
		env->fs = xcalloc(1, sizeof(*env->fs));
		env->fs->child =
		    loop_signal_new(env->loop, SIGCHLD, on_child, env->fs);
	}
	for (size_t i = 0; i < FS_CALLS; i++)
		if (env->fs->calls[i].aside.proc.pid == 0)
			return &env->fs->calls[i];
	return NULL;
}

/* Starts the process and asks it.  0, or an error and nothing runs. */
static int
fs_start(struct fs_call *c, const struct msg_fs_browse *q)
{
	extern char **environ;
	char *const argv[] = { (char[]){ "ringlet-monitor" }, (char[]){ "-B" },
		NULL };
	const struct aside_ask ask = { .path = c->env->paths.monitor,
		.argv = argv,
		.envp = environ,
		.from = FROM_BROWSER,
		.name = "browser",
		.ops = &ops,
		.type = MSG_FS_BROWSE,
		.body = q,
		.timeout_ms = FS_MS,
		.cb = fs_answer,
		.arg = c };

	return aside_start(&c->aside, c->env->loop, &ask);
}

/* The folders of a setting by their absolute names. */
static void
name_all(struct env *env, const struct strlist *said, struct strlist *out)
{
	char *root;
	size_t n;

	for (size_t i = 0; i < said->n; i++) {
		root = jailcheck_setting(&env->paths, said->v[i]);
		/* "~/" itself */
		for (n = strlen(root); n > 1 && root[n - 1] == '/'; n--)
			root[n - 1] = '\0';
		strlist_add(out, root);
		free(root);
	}
}

/*
 * Roots that lie around a bound become it.  That is for the person's sake
 * alone: who looks compares what it has opened with the bounds.
 */
static void
narrow(const struct strlist *bounds, struct strlist *roots)
{
	struct strlist out = { NULL, 0 };
	bool found;

	for (size_t i = 0; i < roots->n; i++) {
		found = false;
		for (size_t k = 0; k < bounds->n; k++)
			if (path_is_below(bounds->v[k], roots->v[i])) {
				found = true;
				if (!strlist_has(&out, bounds->v[k]))
					strlist_add(&out, bounds->v[k]);
			}
		if (!found && !strlist_has(&out, roots->v[i]))
			strlist_add(&out, roots->v[i]);
	}
	strlist_copy(roots, &out);
	strlist_clear(&out);
}

/*
 * Hostile ringletd: it learns the names of folders, in the roots that the
 * settings name, with a token that may start sessions there; and it can keep
 * FS_CALLS processes busy.
 */
static int
fs_ask(struct peer *p, struct msg *m, bool complete)
{
	struct env *env = peer_env(p);
	const struct msg_fs_path *req = m->body;
	const struct strlist *bound = policy_browse_bounds(env->policy);
	struct msg_fs_browse q = { .path = req->path, .complete = complete };
	struct strlist roots = { NULL, 0 }, bounds = { NULL, 0 };
	struct fs_call *c;
	int r;

	if ((c = free_place(env)) == NULL) {
		peer_reply_error(p, m->hdr.id, RL_ERR_LIMIT,
		    "%d requests for folders are under way: try again later",
		    FS_CALLS);
		return 0;
	}
	name_all(env, &env->conf.browse_roots, &roots);
	if (bound != NULL) {
		name_all(env, bound, &bounds);
		narrow(&bounds, &roots);
	}
	q.bounds.v = (const char **)(uintptr_t)bounds.v;
	q.bounds.n = bounds.n;
	q.roots.v = (const char **)(uintptr_t)roots.v;
	q.roots.n = roots.n;
	c->env = env;
	c->asker = asker_of(p, m);
	if ((r = fs_start(c, &q)) != 0)
		peer_reply_error(p, m->hdr.id, RL_ERR_UNAVAILABLE,
		    "cannot look for folders: %s", rl_strerror(r));
	strlist_clear(&roots);
	strlist_clear(&bounds);
	return 0;
}

/*
 * Hostile ringletd: it sees names of folders within BrowseRoots, as the holder
 * of a control token may.  The roots are ours; what it sends is only a path,
 * which a process of its own judges step by step, and which opens nothing.
 */
int
on_FS_LIST(struct peer *p, struct msg *m)
{
	return fs_ask(p, m, false);
}

/* Hostile ringletd: as on_FS_LIST(); a prefix is the same path, cut. */
int
on_FS_COMPLETE(struct peer *p, struct msg *m)
{
	return fs_ask(p, m, true);
}

bool
fs_is_busy(const struct env *env)
{
	for (size_t i = 0; env->fs != NULL && i < FS_CALLS; i++)
		if (aside_is_busy(&env->fs->calls[i].aside))
			return true;
	return false;
}

void
fs_free(struct env *env)
{
	if (env->fs == NULL)
		return;
	for (size_t i = 0; i < FS_CALLS; i++)
		aside_clear(&env->fs->calls[i].aside);
	loop_signal_free(env->fs->child);
	free(env->fs);
	env->fs = NULL;
}
