/*
 * What ringletd has behind it in front.h: a monitor that judges tokens by their
 * names, and the sandboxer's side of its sessions.
 */
#include "config.h"

#include <sys/eventfd.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "err.h"
#include "fdpass.h"
#include "front-monitor.h"
#include "front.h"
#include "log.h"
#include "loop.h"
#include "msgdef.h"
#include "peer.h"
#include "ring.h"
#include "snapshot.h"
#include "ringlet-sandboxer/ring-write.h"
#include "ringletd/ringletd.h"
#include "secret.h"
#include "xmalloc.h"

uint8_t
pattern_byte(uint64_t offset)
{
	return (uint8_t)(offset * 7 + offset / 251);
}

/* --- the sandboxer's side of one session --- */

struct fake {
	const char *id;
	struct ring_writer *ring;
	struct peer *viewer;
	int event;
	bool armed;
	uint64_t at;
	unsigned int ats; /* how often it was told */
};

#define WAKE_ECHO (UINT64_C(1) << 32) /* it is woken again without an AT */

static void
fake_wake_by(struct fake *f, uint64_t number)
{
	if (f->armed && ring_writer_head(f->ring) > f->at) {
		f->armed = number == WAKE_ECHO;
		if (write(f->event, &number, sizeof(number)) == -1)
			abort();
	}
}

static void
fake_wake(struct fake *f)
{
	fake_wake_by(f, 1);
}

static void
fake_write(struct fake *f, const void *p, size_t len)
{
	ring_writer_append(f->ring, p, len);
	fake_wake(f);
}

static void
fake_pattern(struct fake *f, size_t len)
{
	uint8_t block[1000];
	uint64_t offset = ring_writer_head(f->ring);
	size_t i, n;

	for (; len > 0; len -= n) {
		n = len < sizeof(block) ? len : sizeof(block);
		for (i = 0; i < n; i++)
			block[i] = pattern_byte(offset++);
		fake_write(f, block, n);
	}
}

static void
fake_exit(struct fake *f, const char *reason)
{
	struct msg_viewer_state state = { .state = SST_TERMINATED,
		.exit_code = 7, .reason = reason, .text = "" };

	fake_write(f, "last words", 10);
	ring_writer_end(f->ring, 7 << 8);
	peer_send(f->viewer, MSG_VIEWER_STATE, &state, NULL, 0);
}

static void
fake_free(struct fake *f)
{
	fd_close(f->event);
	ring_writer_free(f->ring);
	free(f);
}

static int
on_fake_input(struct peer *p, struct msg *m)
{
	struct fake *f = peer_arg(p);
	const struct msg_viewer_input *in = m->body;
	char text[32];

#define TYPED(s) (in->data.len == strlen(s) && \
	    memcmp(in->data.p, s, strlen(s)) == 0)
	if (TYPED("exit\n"))
		fake_exit(f, "exit");
	else if (TYPED("blather\n"))
		fake_exit(f, LONG_REASON);
	else if (TYPED("vanish\n")) {
		peer_free(p);
		fake_free(f);
	} else if (TYPED("echo\n")) {
		ring_writer_append(f->ring, in->data.p, in->data.len);
		fake_wake_by(f, WAKE_ECHO);
	} else if (TYPED("twice\n")) {
		/* As if it had not looked between two wake-ups. */
		ring_writer_append(f->ring, in->data.p, in->data.len);
		fake_wake_by(f, 2);
	} else if (TYPED("ats\n")) {
		snprintf(text, sizeof(text), "%u ats\n", f->ats);
		fake_write(f, text, strlen(text));
	} else if (TYPED("go") && strcmp(f->id, FLOOD) == 0)
		fake_pattern(f, FLOOD_LEN);
	else
		fake_write(f, in->data.p, in->data.len);
	return 0;
}

static int
on_fake_resize(struct peer *p, struct msg *m)
{
	const struct msg_viewer_resize *s = m->body;
	const struct msg_viewer_size now = { .cols = s->cols,
		.rows = s->rows };

	peer_send(p, MSG_VIEWER_SIZE, &now, NULL, 0);
	return 0;
}

static int
fake_screen(const struct fake *f)
{
	static uint8_t drawn[DRAWN_LEN];
	const void *p = SCREEN;
	size_t i, len = strlen(SCREEN);
	int fd = snapshot_new();

	if (strcmp(f->id, DRAWN) == 0) {
		for (i = 0; i < DRAWN_LEN; i++)
			drawn[i] = pattern_byte(i);
		p = drawn;
		len = DRAWN_LEN;
	}
	if (write(fd, p, len) != (ssize_t)len || snapshot_seal(fd, len) != 0)
		abort();
	return fd;
}

/* What cannot be read any more is drawn, at the ring's tail. */
static int
on_fake_seek(struct peer *p, struct msg *m)
{
	struct fake *f = peer_arg(p);
	const struct msg_viewer_seek *seek = m->body;
	struct msg_viewer_from from = { .cols = 80, .rows = 24 };
	struct msg_viewer_screen screen = { .cols = 100, .rows = 30,
		.exact = true };
	uint64_t tail = ring_writer_tail(f->ring);
	int fd;

	if (strcmp(f->id, DEAF) == 0)
		peer_pause(p, true);
	if (seek->offset >= 0 ? (uint64_t)seek->offset >= tail : tail == 0) {
		from.offset = seek->offset >= 0 ? (uint64_t)seek->offset : 0;
		return peer_reply(
		    p, m->hdr.id, MSG_VIEWER_FROM, &from, NULL, 0);
	}
	screen.offset = tail;
	fd = fake_screen(f);
	peer_reply(p, m->hdr.id, MSG_VIEWER_SCREEN, &screen, &fd, 1);
	close(fd);
	return 0;
}

static int
on_fake_signal(struct peer *p, struct msg *m)
{
	const struct msg_viewer_signal *s = m->body;
	char text[32];

	snprintf(text, sizeof(text), "signal %u\n", (unsigned)s->signal);
	fake_write(peer_arg(p), text, strlen(text));
	return 0;
}

static int
on_fake_at(struct peer *p, struct msg *m)
{
	struct fake *f = peer_arg(p);
	const struct msg_viewer_at *at = m->body;

	f->at = at->offset;
	f->armed = true;
	f->ats++;
	fake_wake(f);
	return 0;
}

static const struct msg_rule viewer_rules[] = {
	{ MSG_VIEWER_INPUT, FROM_VIEWER, PST_SERVING, 0, 70000, 0, 0,
	    on_fake_input },
	{ MSG_VIEWER_RESIZE, FROM_VIEWER, PST_SERVING, 0, 64, 0, 0,
	    on_fake_resize },
	{ MSG_VIEWER_SIGNAL, FROM_VIEWER, PST_SERVING, 0, 64, 0, 0,
	    on_fake_signal },
	{ MSG_VIEWER_AT, FROM_VIEWER, PST_SERVING, 0, 64, 0, 0, on_fake_at },
	{ MSG_VIEWER_SEEK, FROM_VIEWER, PST_SERVING, 0, 64, 0, 0,
	    on_fake_seek },
};

static void
on_viewer_closed(struct peer *p, int err, const char *why)
{
	struct fake *f = peer_arg(p);

	(void)err;
	(void)why;
	peer_free(p);
	fake_free(f);
}

static const struct peer_ops viewer_ops = { .rules = viewer_rules,
	.nrules = NELEM(viewer_rules), .closed = on_viewer_closed };

/* --- the monitor --- */

static struct loop *loop;
static uint32_t late; /* a request that waits for the next */

static bool
bin_is(const struct msg_bin *b, const char *text)
{
	return b->len == strlen(text) && memcmp(b->p, text, b->len) == 0;
}

void
front_monitor_ends(struct peer *p, const char *token)
{
	uint8_t digest[TOKEN_DIGEST];
	struct msg_token_gone gone = { { digest, sizeof(digest) } };

	(void)crypto_generichash(digest, sizeof(digest),
	    (const uint8_t *)token, strlen(token), NULL, 0);
	peer_send(p, MSG_TOKEN_GONE, &gone, NULL, 0);
}

static bool
judge(struct peer *p, uint32_t id, const struct msg_bin *token)
{
	if (bin_is(token, "good") || bin_is(token, "brief") ||
	    (token->len > 5 && memcmp(token->p, "good-", 5) == 0))
		return true;
	if (bin_is(token, "racing")) {
		front_monitor_ends(p, "racing");
		return true;
	}
	peer_reply_error(p, id, RL_ERR_AUTH, "no");
	return false;
}

static int
on_auth(struct peer *p, struct msg *m)
{
	const struct msg_token_only *t = m->body;

	/* "slow": an answer that never comes. */
	if (t->token.len == 4 && memcmp(t->token.p, "slow", 4) == 0)
		return 0;
	/* "late": one that comes before the next good one's. */
	if (t->token.len == 4 && memcmp(t->token.p, "late", 4) == 0) {
		late = m->hdr.id;
		return 0;
	}
	if (!judge(p, m->hdr.id, &t->token))
		return 0;
	if (late != 0)
		peer_reply(p, late, MSG_OK, NULL, NULL, 0);
	late = 0;
	peer_reply(p, m->hdr.id, MSG_OK, NULL, NULL, 0);
	return 0;
}

static int
on_exchange(struct peer *p, struct msg *m)
{
	const struct msg_token_exchange *q = m->body;
	const struct msg_token_taken taken = { .id = "0a0a0a0a",
		.value = { (const uint8_t *)"good", 4 },
		.control = true,
		.expires_at = 1000000000 };
	static unsigned used;

	if (bin_is(&q->code, "many"))
		peer_reply_error(p, m->hdr.id, RL_ERR_LIMIT, "too many");
	else if (bin_is(&q->code, "code") && used++ == 0)
		peer_reply(p, m->hdr.id, MSG_TOKEN_TAKEN, &taken, NULL, 0);
	else
		peer_reply_error(p, m->hdr.id, RL_ERR_AUTH, "no");
	return 0;
}

/* Says back what came: the alias is in the agent's place and so on. */
static int
on_create(struct peer *p, struct msg *m)
{
	const struct msg_profile_create *c = m->body;
	struct msg_profile out;

	if (!judge(p, m->hdr.id, &c->token))
		return 0;
	memset(&out, 0, sizeof(out));
	out.alias = c->alias;
	out.agent_id = c->agent_id;
	out.provider_id = c->provider_id;
	out.model = c->model;
	out.home = "/home/x";
	out.has_key = c->key.len > 0 || c->sealed_key.len > 0;
	peer_reply(p, m->hdr.id, MSG_PROFILE, &out, NULL, 0);
	return 0;
}

/* The alias comes back, and whether there was a key. */
static int
on_rekey(struct peer *p, struct msg *m)
{
	const struct msg_profile_rekey *k = m->body;
	const char *id = "0123456789abcdef";
	struct msg_rekeyed out = { .alias = k->alias,
		.keychain = k->sealed_key.len > 0 ? "sealed" : "plain",
		.sessions = { &id, 1 } };

	if (judge(p, m->hdr.id, &k->token))
		peer_reply(p, m->hdr.id, MSG_REKEYED, &out, NULL, 0);
	return 0;
}

static void
attach_ended(struct peer *p, uint32_t id, struct fake *f, int ring,
    struct msg_attached *a)
{
	int fds[2] = { ring, snapshot_blank() };

	fake_write(f, "it was", 6);
	ring_writer_end(f->ring, 3 << 8);
	a->state = SST_TERMINATED;
	a->exit_code = 3;
	peer_reply(p, id, MSG_ATTACHED_ENDED, a, fds, 2);
	fd_close(fds[1]);
	ring_writer_free(f->ring);
	free(f);
}

static int
on_attach(struct peer *p, struct msg *m)
{
	const struct msg_session_attach *q = m->body;
	struct msg_attached a = { .id = q->id, .cols = 80, .rows = 24,
		.state = SST_RUNNING, .exit_code = -1,
		.read_only = q->read_only };
	struct fake *f;
	int sv[2], fds[3], ring;

	if (!judge(p, m->hdr.id, &q->token))
		return 0;
	if (strcmp(q->id, MISSING) == 0) {
		peer_reply_error(p, m->hdr.id, RL_ERR_NOTFOUND, "not here");
		return 0;
	}
	f = xcalloc(1, sizeof(*f));
	f->id = xstrdup(q->id);
	ring = ring_create(FRONT_RING);
	if (strcmp(q->id, FORGED) == 0) {
		fds[1] = ring;
		free(f);
	} else if (ring_writer_new(ring, &f->ring) != 0)
		abort();
	a.offset = q->offset >= 0 ? (uint64_t)q->offset : 0;
	a.wanted = q->offset;
	if (strcmp(q->id, ENDED) == 0) {
		attach_ended(p, m->hdr.id, f, ring, &a);
		close(ring);
		return 0;
	}
	if (fd_pair(sv) != 0)
		abort();
	fds[0] = sv[0];
	fds[1] = ring;
	fds[2] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	peer_reply(p, m->hdr.id, MSG_ATTACHED, &a, fds, 3);
	close(sv[0]);
	close(ring);
	if (strcmp(q->id, FORGED) == 0) {
		close(fds[2]);
		close(sv[1]);
		return 0;
	}
	f->event = fds[2];
	f->viewer = peer_new(loop, sv[1], FROM_VIEWER, PST_SERVING, "viewer",
	    &viewer_ops, f);
	if (strcmp(q->id, LIVE) == 0)
		fake_write(f, GREETING, strlen(GREETING));
	if (strcmp(q->id, LAPPED) == 0 || strcmp(q->id, DRAWN) == 0)
		fake_pattern(f, 3 * FRONT_RING);
	return 0;
}

static const struct msg_rule monitor_rules[] = {
	{ MSG_AUTH_CHECK, FROM_RINGLETD, PST_SERVING, 0, 512, 0, 0, on_auth },
	{ MSG_TOKEN_EXCHANGE, FROM_RINGLETD, PST_SERVING, 0, 512, 0, 0,
	    on_exchange },
	{ MSG_PROFILE_CREATE, FROM_RINGLETD, PST_SERVING, 0, 200000, 0, 0,
	    on_create },
	{ MSG_PROFILE_REKEY, FROM_RINGLETD, PST_SERVING, 0, 200000, 0, 0,
	    on_rekey },
	{ MSG_SESSION_ATTACH, FROM_RINGLETD, PST_SERVING, 0, 512, 0, 0,
	    on_attach },
};

static void
on_closed(struct peer *p, int err, const char *why)
{
	(void)p;
	fprintf(stderr, "front: channel: %s: %s\n", rl_strerror(err), why);
	abort();
}

static const struct peer_ops monitor_ops = { .rules = monitor_rules,
	.nrules = NELEM(monitor_rules), .closed = on_closed };

struct peer *
front_monitor_new(struct loop *l, int fd)
{
	loop = l;
	return peer_new(loop, fd, FROM_RINGLETD, PST_SERVING, "ringletd",
	    &monitor_ops, NULL);
}
