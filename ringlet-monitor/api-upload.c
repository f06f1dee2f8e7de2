/*
 * Requests about pictures for a session: who may give one to which, how much,
 * and what is written down of it.  uploads.c has the files.
 *
 * Nothing of a picture is looked at but its first bytes, and those only to
 * name it.
 */

#include "config.h"

#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "err.h"
#include "log.h"
#include "loop.h"
#include "monitor.h"
#include "session.h"
#include "uploads.h"

#define WHY_MAX 1024

/* Of a request over HTTP, what is no picture: members, quotes, braces. */
#define BODY_EXTRA 128

/*
 * The bytes that fit into a body of HTTP, in base64.  The command sends no more
 * either: one bound for all.
 */
static uint64_t
piece_max(const struct env *env)
{
	return (env->conf.http.body - BODY_EXTRA) / 4 * 3;
}

/* The session that may take a picture now, or NULL after answering why not. */
static struct session *
session_that_takes(struct peer *p, const struct msg *m, const char *id)
{
	struct env *env = peer_env(p);
	struct session *s;
	char by[512];

	if ((s = session_asked(p, m, id)) == NULL)
		return NULL;
	if (!env->conf.allow_uploads)
		peer_reply_error(p, m->hdr.id, RL_ERR_DENIED,
		    "sessions take no pictures: refused by %s",
		    policy_setting(env, "AllowUploads", by, sizeof(by)));
	else if (s->state != SST_RUNNING)
		peer_reply_error(p, m->hdr.id, RL_ERR_STATE,
		    s->state == SST_STARTING
			? "session %s is still starting: try again"
			: "session %s has ended: there is nobody to look at a "
			  "picture",
		    s->id);
	else if (s->uploads.id == NULL)
		peer_reply_error(p, m->hdr.id, RL_ERR_STATE,
		    "session %s was started without a folder for pictures",
		    s->id);
	else
		return s;
	return NULL;
}

/*
 * Writes down what the agent is about to see, and shows it.  What cannot be
 * written down is not shown.
 */
static int
finish(struct peer *p, struct session *s, char *why, size_t size)
{
	struct env *env = peer_env(p);
	struct upload *f = s->uploads.now;
	char hash[UPLOAD_HASH_LEN + 1], name[UPLOADS_NAME_LEN], bytes[32];
	int r;

	upload_hash(f, hash);
	snprintf(name, sizeof(name), "%s", upload_name(f));
	snprintf(
	    bytes, sizeof(bytes), "%llu", (unsigned long long)upload_size(f));
	r = audit_event(env, audit_who_of(p), AUDIT_UPLOAD, s->id, AUDIT_INTENT,
	    "profile", s->alias, "file", name, "type", upload_type(f), "size",
	    bytes, "sha256", hash, NULL);
	if (r != 0) {
		snprintf(why, size, "%s", audit_trouble(env));
		(void)upload_drop(&s->uploads, name, hash, sizeof(hash));
		return r;
	}
	r = upload_finish(&s->uploads, why, size);
	(void)audit_event(env, audit_who_of(p), AUDIT_UPLOAD, s->id,
	    r == 0 ? AUDIT_OK : AUDIT_FAILED, "file", name, "why",
	    r == 0 ? NULL : why, NULL);
	if (r == 0)
		log_info("session %s: %s has given it %s, %s bytes", s->id,
		    peer_name(p), name, bytes);
	return r;
}

/* A piece has come: answers how far it is, and shows what is whole. */
static int
go_on(struct peer *p, const struct msg *m, struct session *s, char *why,
    size_t size)
{
	struct env *env = peer_env(p);
	const struct upload *f = s->uploads.now;
	char path[sizeof(UPLOADS_PLACE) + UPLOADS_NAME_LEN + 4096];
	char name[UPLOADS_NAME_LEN];
	struct msg_upload_state body = { .id = s->id,
		.name = name,
		.path = path,
		.type = upload_type(f),
		.size = upload_size(f),
		.received = upload_received(f),
		.piece = piece_max(env) };
	uint64_t used;
	int r = 0;

	snprintf(name, sizeof(name), "%s", upload_name(f));
	snprintf(path, sizeof(path), "%s/%s", s->uploads.place, name);
	if (body.received == body.size)
		r = finish(p, s, why, size);
	if (r != 0)
		return r;
	used = s->uploads.used;
	body.left =
	    used < env->conf.upload_quota ? env->conf.upload_quota - used : 0;
	peer_reply(p, m->hdr.id, MSG_UPLOAD_STATE, &body, NULL, 0);
	return 0;
}

static bool
is_of_session(void *arg, const char *id)
{
	const struct env *env = arg;
	const struct session *s;

	TAILQ_FOREACH (s, &env->sessions, link)
		if (s->uploads.id != NULL && strcmp(s->uploads.id, id) == 0)
			return true;
	return false;
}

void
upload_sweep(struct env *env)
{
	uploads_sweep(env->paths.runtime_dir, is_of_session, env);
}

/*
 * Hostile ringletd: with a control token it may show pictures to an agent that
 * it could type to.  The name is made here and the folder is the session's own;
 * what it says of a file are its bytes and how many they are, which is bounded
 * for each and for all of a session.
 */
int
on_UPLOAD_BEGIN(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	const struct msg_upload_begin *req = m->body;
	const struct upload_bounds bounds = { env->conf.upload_max,
		env->conf.upload_quota };
	struct session *s;
	char why[WHY_MAX] = "";
	int r;

	if ((s = session_that_takes(p, m, req->id)) == NULL)
		return 0;
	r = upload_begin(&s->uploads, &bounds, req->size, req->data.p,
	    req->data.len, loop_now(), why, sizeof(why));
	if (r == 0)
		r = go_on(p, m, s, why, sizeof(why));
	if (r != 0)
		peer_reply_error(p, m->hdr.id, r, "%s", why);
	return 0;
}

/*
 * Hostile ringletd: the name is compared with that of the one file that is
 * under way, and is no part of a path; the offset must be where that has got
 * to.
 */
int
on_UPLOAD_MORE(struct peer *p, struct msg *m)
{
	const struct msg_upload_more *req = m->body;
	struct session *s;
	char why[WHY_MAX] = "";
	int r;

	if ((s = session_that_takes(p, m, req->id)) == NULL)
		return 0;
	r = upload_more(&s->uploads, req->name, req->offset, req->data.p,
	    req->data.len, loop_now(), why, sizeof(why));
	if (r == 0)
		r = go_on(p, m, s, why, sizeof(why));
	if (r != 0)
		peer_reply_error(p, m->hdr.id, r, "%s", why);
	return 0;
}

/* Hostile ringletd: it gives up what it could leave unfinished. */
int
on_UPLOAD_DROP(struct peer *p, struct msg *m)
{
	const struct msg_upload_drop *req = m->body;
	struct session *s;
	char why[WHY_MAX] = "";
	int r;

	if ((s = session_asked(p, m, req->id)) == NULL)
		return 0;
	r = upload_drop(&s->uploads, req->name, why, sizeof(why));
	if (r == 0)
		peer_reply(p, m->hdr.id, MSG_OK, NULL, NULL, 0);
	else
		peer_reply_error(p, m->hdr.id, r, "%s", why);
	return 0;
}
