/*
 * From a request to a jail's description.  Folders are opened once, here; what
 * is started, compares what it sees with what was opened.
 */

#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "agent-search.h"
#include "buf.h"
#include "err.h"
#include "fdpass.h"
#include "jailcheck.h"
#include "jailmake.h"
#include "manifest.h"
#include "monitor.h"
#include "policy.h"
#include "profile-home.h"
#include "profile.h"
#include "ringlet-sandboxer/jail.h"
#include "run.h"
#include "session.h"
#include "tier.h"
#include "strlist.h"
#include "uploads.h"
#include "xmalloc.h"

/*
 * Where it starts: as asked, else as the profile says, else at home.  With the
 * token alone nobody may choose a folder that is a way out of the jail; nor
 * may an agent, by a link where a profile's working folder was.
 */
static int
open_cwd(struct env *env, const struct run *r, const struct jail_ask *ask,
    char **real, char *why, size_t size)
{
	const struct paths *paths = &env->paths;
	const char *path = ask->cwd;
	int fd, err;

	if (path[0] == '\0')
		path = r->profile->working_dir;
	if (path[0] == '\0')
		path = r->plan.home;
	fd = jailcheck_open_cwd(paths, r->plan.home, path, real, why, size);
	if (fd < 0 || (ask->cli && strcmp(path, *real) == 0))
		return fd;
	err = jailcheck_may_offer(paths, r->plan.home, fd, *real, why, size);
	if (err == 0)
		return fd;
	fd_close(fd);
	free(*real);
	*real = NULL;
	return err;
}

/* The jails that run, for what of a plan is in their reach. */
static size_t
running(const struct env *env, const struct jailnote **list)
{
	const struct session *s;
	size_t n = 0;

	TAILQ_FOREACH(s, &env->sessions, link)
		if (s->state != SST_TERMINATED)
			list[n++] = &s->note;
	return n;
}

static int
plan(struct env *env, const struct run *r, const struct manifest_agent *agent,
    const struct jail_ask *ask, struct jailmake *out, char *why, size_t size)
{
	const struct jailnote **others =
	    xcalloc(env->nsessions + 1, sizeof(*others));
	const struct jailplan_in in = {
		.paths = &env->paths,
		.home = r->plan.home,
		.cwd = out->cwd,
		.binary = &r->binary,
		.agent_binds = agent->binds,
		.conf = &env->conf,
		.grants = r->profile->grants,
		.policy = env->policy,
		.auth_sock = r->auth_sock,
		.unix_sockets = tier_has_scope(env->sandboxer.level),
		.others = others,
		.nothers = running(env, others),
		.hooks = r->hooks.any ? &r->hooks : NULL,
		.uploads = ask->uploads,
	};
	int err;

	if ((err = jailplan_make(&in, &out->plan, why, size)) == 0 &&
	    (err = jailplan_may_add(&out->plan, ask->flags, why, size)) == 0)
		jailplan_note(&out->plan, &out->note);
	free(others);
	return err;
}

static void
fill_jail(struct jailmake *out, const struct policy *policy,
    const struct jail_ask *ask)
{
	const struct bwrap_flags *f = ask->flags;
	struct msg_jail_start *js = &out->start;

	js->binds.v = out->plan.binds;
	js->binds.n = out->plan.nbinds;
	for (size_t i = 0; i < f->nwords; i++)
		strlist_add(&out->flags, f->words[i]);
	jailplan_close(&out->plan, f, &out->flags);
	js->flags.v = (const char **)out->flags.v;
	js->flags.n = out->flags.n;
	js->unshare_net = f->unshare_net || policy_no_network(policy);
	strlist_copy(&out->proofs, &out->plan.proofs);
	for (size_t i = 0; i < f->nproofs; i++)
		strlist_add(&out->proofs, f->proofs[i]);
	js->proofs.v = (const char **)out->proofs.v;
	js->proofs.n = out->proofs.n;
	js->nesting = out->plan.nesting;
	js->limit_memory = out->plan.memory;
	js->limit_processes = out->plan.processes;
	js->limit_files = out->plan.files;
	js->limit_cpu = out->plan.cpu;
}

int
jailmake_make(struct env *env, const struct run *r,
    const struct jail_ask *ask, struct jailmake *out, char *why, size_t size)
{
	const struct manifest_agent *agent;
	int err;

	memset(out, 0, sizeof(*out));
	out->cwd_fd = out->home_fd = -1;
	agent = manifest_agent(env->manifests, r->profile->agent_id);
	if (agent == NULL) {
		/* The key took its time, and meanwhile it went. */
		snprintf(why, size, "agent %s is not known any more",
		    r->profile->agent_id);
		return RL_ERR_INVALID;
	}
	err = out->cwd_fd = open_cwd(env, r, ask, &out->cwd, why, size);
	if (err < 0)
		return err;
	err = out->home_fd = profile_home_open(
	    &env->paths, agent, r->profile->alias, why, size);
	if (err < 0)
		return err;
	if (!ask->no_sandbox &&
	    (err = plan(env, r, agent, ask, out, why, size)) != 0)
		return err;
	out->start = (struct msg_jail_start){
		.sandboxed = !ask->no_sandbox,
		.path = r->binary.path,
		.argv = { (const char **)r->plan.argv, r->plan.nargv },
		.env = { r->plan.env, r->plan.nenv },
		.cwd = out->cwd,
		.home = r->plan.home,
		.hook_report = r->hooks.any ? r->hooks.report : "",
	};
	if (!ask->no_sandbox)
		fill_jail(out, env->policy, ask);
	return 0;
}

/* A copy in which a folder that is made for one session has no name. */
static struct msg_bind *
hash_binds(struct msg_recs *binds)
{
	struct msg_bind *copy = xcalloc(binds->n + 1, sizeof(*copy));

	if (binds->n > 0)
		memcpy(copy, binds->v, binds->n * sizeof(*copy));
	for (size_t i = 0; i < binds->n; i++)
		if (strcmp(copy[i].dst, UPLOADS_PLACE) == 0)
			copy[i].src = UPLOADS_PLACE;
	binds->v = copy;
	return copy;
}

void
jailmake_hash(const struct jailmake *m, char hex[JAIL_HASH_LEN + 1])
{
	struct msg_jail_start js = m->start;
	struct buf *body = buf_new(MSG_HDR_LEN + MSG_MAX_BODY);
	struct strlist names = { NULL, 0 };
	uint8_t hash[JAIL_HASH_LEN / 2];
	struct msg_bind *binds;
	size_t len = 0;
	char *name;

	for (size_t i = 0; i < js.env.n; i++) {
		name = xstrndup(js.env.v[i], strcspn(js.env.v[i], "="));
		strlist_add(&names, name);
		free(name);
	}
	js.env = (struct msg_strs){ (const char **)names.v, names.n };
	js.id = "";
	js.hook_report = *js.hook_report != '\0' ? JAIL_HOOK_REPORT : "";
	binds = hash_binds(&js.binds);
	/* What cannot be encoded is not started either. */
	if (msg_encode(body, MSG_JAIL_START, 0, 0, &js) == 0)
		len = buf_len(body) - MSG_HDR_LEN;
	crypto_generichash(hash, sizeof(hash),
	    len > 0 ? buf_ptr(body) + MSG_HDR_LEN : NULL, len, NULL, 0);
	sodium_bin2hex(hex, JAIL_HASH_LEN + 1, hash, sizeof(hash));
	strlist_clear(&names);
	free(binds);
	buf_free(body);
}

/* The home is the agent's own, and what is in it runs in a jail. */
void
jailmake_scan(struct jailmake *out)
{
	const struct strlist *w = &out->note.writable;

	if (strcmp(out->cwd, out->start.home) != 0)
		jailnote_scan(&out->note, out->cwd);
	for (size_t i = 0; i < w->n; i++)
		if (!path_is_below(w->v[i], out->cwd) &&
		    !path_is_below(w->v[i], out->start.home))
			jailnote_scan(&out->note, w->v[i]);
}

void
jailmake_clear(struct jailmake *m)
{
	fd_close(m->cwd_fd);
	fd_close(m->home_fd);
	jailplan_clear(&m->plan);
	jailnote_clear(&m->note);
	strlist_clear(&m->proofs);
	strlist_clear(&m->flags);
	free(m->cwd);
}
