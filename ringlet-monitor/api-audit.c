/*
 * Requests about the audit log.  Entries name programs and files, so that it
 * takes a token with the control scope to read them.  The whole log is checked
 * a piece a turn of the loop, for the CLI alone.
 */

#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit-int.h"
#include "err.h"
#include "fdpass.h"
#include "loop.h"
#include "xmalloc.h"

#define PIECE_MAX     (128 * 1024) /* bytes of one answer; of the field too */
#define VERIFYING_MAX 4		   /* checks at once */
#define KEY_LOOK      20	   /* ms between looks for the key */

/*
 * Gives bytes of the log, whole lines where there are any, of one file at a
 * time.  Hostile ringletd: it reads what a holder of a control token may; an
 * offset is compared with the files before it is used, and the length is
 * bounded by its field.
 */
int
on_AUDIT_READ(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	const struct msg_audit_read *req = m->body;
	struct msg_audit_piece body = { 0 };
	char why[256], *piece = NULL;
	const char *end;
	struct audit_place place;
	ssize_t n;
	int fd;

	fd = audit_turn_find(env->audit, req->offset, &place, why, sizeof(why));
	if (fd < 0) {
		peer_reply_error(
		    p, m->hdr.id, fd, "%s: %s", env->paths.audit_file, why);
		return 0;
	}
	if (place.number > place.end) {
		peer_reply_error(p, m->hdr.id, RL_ERR_STATE,
		    "%s: it is shorter than it was: 'ringlet audit verify' "
		    "tells more",
		    env->paths.audit_file);
		goto out;
	}
	piece = xmalloc(PIECE_MAX);
	n = pread(fd, piece,
	    req->length > 0 && req->length < PIECE_MAX ? (size_t)req->length
						       : PIECE_MAX,
	    place.at);
	if (n == -1) {
		peer_reply_error(p, m->hdr.id, RL_ERR_SYSTEM, "%s: %s",
		    env->paths.audit_file, strerror(errno));
		goto out;
	}
	if (n > 0 && (end = memrchr(piece, '\n', (size_t)n)) != NULL)
		n = end + 1 - piece;
	body.lines.p = (const uint8_t *)piece;
	body.lines.len = (size_t)n;
	body.next = place.number + (uint64_t)n;
	body.size = place.end;
	peer_reply(p, m->hdr.id, MSG_AUDIT_PIECE, &body, NULL, 0);
out:
	free(piece);
	fd_close(fd);
	return 0;
}

/* --- verify --- */

struct verifying {
	LIST_ENTRY(verifying) link;
	struct env *env;
	struct audit_scan *scan; /* NULL: not begun */
	struct asker asker;
	struct loop_timer *timer;
	uint64_t deadline;	/* loop_now() */
	struct audit_link head; /* when the check began */
	bool there;		/* the file could be opened */
};

static void
verifying_free(struct verifying *ve)
{
	LIST_REMOVE(ve, link);
	ve->env->audit->verifying--;
	loop_timer_free(ve->timer);
	free(ve);
}

static void
on_verified(void *arg, struct audit_verify *v)
{
	struct verifying *ve = arg;
	struct audit *a = ve->env->audit;
	const struct audit_result *r =
	    audit_verify_end(v, ve->there ? &ve->head : NULL);
	struct msg_audit_finding list[AUDIT_FINDINGS_MAX];
	struct msg_audit_verdict body = {
		.file = ve->env->paths.audit_file,
		.entries = r->entries,
		.last = r->last.seq,
		.keyed = r->keyed,
		.uncovered = r->uncovered,
		.key_id = a->key != NULL ? a->keyid : "",
		.no_key = a->no_key,
		.checkpoint = a->known.seq,
		.partial = r->partial_bytes,
		.nfindings = r->nfindings,
		.findings = { list, 0 },
	};
	struct peer *p = asker_peer(ve->env, &ve->asker);

	for (size_t i = 0; i < r->nfindings && i < AUDIT_FINDINGS_MAX; i++)
		list[body.findings.n++] = (struct msg_audit_finding){
			.line = r->findings[i].line,
			.seq = r->findings[i].seq,
			.time = r->findings[i].time,
			.kind = r->findings[i].kind,
			.text = r->findings[i].text,
		};
	if (p != NULL)
		peer_reply(p, ve->asker.id, MSG_AUDIT_VERDICT, &body, NULL, 0);
	audit_verify_free(v);
	verifying_free(ve);
}

void
audit_verify_none(struct audit *a)
{
	struct verifying *ve;

	while ((ve = LIST_FIRST(&a->verifyings)) != NULL) {
		audit_scan_cancel(ve->scan);
		verifying_free(ve);
	}
}

/* Checks what there is now, with the key if it is there. */
static void
begin(void *arg)
{
	struct verifying *ve = arg;
	struct audit *a = ve->env->audit;
	struct audit_verify *v;
	char why[256];
	off_t size = 0;
	int fd;

	/* Right after the start the key is on its way. */
	if (audit_key_pending(a) && loop_now() < ve->deadline) {
		loop_timer_arm(ve->timer, KEY_LOOK);
		return;
	}
	v = audit_verify_new(a->key, a->key != NULL ? &a->known : NULL);
	fd = audit_open_path(a, &size, why, sizeof(why));
	if (fd < 0)
		audit_verify_add(v, "file", "%s", why);
	else if (a->fd != -1 && size != a->size)
		audit_verify_add(v, "file",
		    "has %lld bytes, and the daemon "
		    "has written %lld",
		    (long long)size, (long long)a->size);
	ve->head = a->head;
	ve->there = fd >= 0;
	ve->scan =
	    audit_turn_scan(a, fd < 0 ? -1 : fd, size, v, on_verified, ve);
}

/* From the CLI alone, and few at once: each reads the whole log. */
int
on_AUDIT_VERIFY(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	struct audit *a = env->audit;
	struct verifying *ve;

	if (a->verifying >= VERIFYING_MAX) {
		peer_reply_error(p, m->hdr.id, RL_ERR_LIMIT,
		    "%u checks are under way already: try again",
		    VERIFYING_MAX);
		return 0;
	}
	ve = xcalloc(1, sizeof(*ve));
	ve->env = env;
	ve->asker = asker_of(p, m);
	ve->deadline = loop_now() + env->conf.keychain_timeout_ms;
	ve->timer = loop_timer_new(env->loop, begin, ve);
	LIST_INSERT_HEAD(&a->verifyings, ve, link);
	a->verifying++;
	begin(ve);
	return 0;
}
