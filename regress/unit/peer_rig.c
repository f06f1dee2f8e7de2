/*
 * A peer with rules for tests.
 */

#include "config.h"

#include <sys/socket.h>
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fdpass.h"
#include "log.h"
#include "peer_rig.h"

struct peer_test pt;

static int
count_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		if (fcntl(fd, F_GETFD) != -1)
			n++;
	return n;
}

void
pt_drop(void)
{
	peer_free(pt.peer);
	pt.peer = NULL;
}

static int
on_any(struct peer *p, struct msg *m)
{
	pt.handled++;
	pt.last = m->hdr.type;
	pt.last_id = m->hdr.id;
	for (size_t i = 0; i < MSG_MAX_FDS; i++) {
		if (m->fds[i] == -1)
			continue;
		pt.nfds_seen++;
		if (fcntl(m->fds[i], F_GETFD) != FD_CLOEXEC)
			abort();
	}
	if (pt.take_fds)
		close(msg_take_fd(m, 0));
	if (m->hdr.type == MSG_LOG)
		strlcpy(pt.text, ((struct msg_log *)m->body)->text,
		    sizeof(pt.text));
	if (m->hdr.type == MSG_READY)
		peer_set_state(p, PST_SERVING);
	if (pt.pause_in_handler)
		peer_pause(p, true);
	if (pt.free_in_handler)
		pt_drop();
	if (pt.handled == pt.stop_after)
		loop_stop(pt.loop);
	return pt.handler_result;
}

static int
on_get(struct peer *p, struct msg *m)
{
	struct msg_profile body = { .alias = "it" };

	peer_reply(p, m->hdr.id, MSG_PROFILE, &body, NULL, 0);
	return on_any(p, m);
}

static int
authorise(struct peer *p, const struct msg_bin *token, bool control)
{
	pt.judged++;
	pt.judged_control = control;
	pt.judged_len = token->len;
	return pt.verdict;
}

static void
on_closed(struct peer *p, int err, const char *why)
{
	ck_assert_ptr_eq(p, pt.peer);
	pt.closed++;
	pt.closed_err = err;
	strlcpy(pt.closed_why, why, sizeof(pt.closed_why));
	pt.answers_at_close = pt.answers;
	if (pt.free_in_closed)
		pt_drop();
	loop_stop(pt.loop);
}

void
pt_on_answer(void *arg, struct msg *m, int err)
{
	pt.answers++;
	pt.answer_err = err;
	pt.answer_type = m == NULL ? 0 : m->hdr.type;
	if (pt.free_in_handler)
		pt_drop();
	loop_stop(pt.loop);
}

const struct msg_rule pt_rules[PT_NRULES] = {
	{ MSG_READY, D, PST_INIT, 0, 1024, RULE_ONCE, 0, on_any },
	{ MSG_LOG, D | FROM_CLI, PST_INIT | S, 0, 65536, 0, 0, on_any },
	{ MSG_PROFILE_GET, D | FROM_CLI, S, 0, 1024, RULE_TOKEN, 0, on_get },
	{ MSG_STOP, D | FROM_CLI, S, 0, 1024, RULE_TOKEN | RULE_CONTROL, 0,
	    on_any },
	{ MSG_JAIL_START, D, S, 3, 512 * 1024, 0, 0, on_any },
	{ MSG_VIEWER_ADD, D, S, 2, 1024, 0, 0, on_any },
	{ MSG_KILLED, FROM_SANDBOXER, S, 0, 1024, 0, 0, on_any },
	{ MSG_STATUS, D, S, 0, 1024, 0, MSG_STATUS_GET, NULL },
	{ MSG_ERROR, D, S, 0, 1024, 0, MSG_STATUS_GET, NULL },
	{ MSG_ATTACHED, D, S, 3, 1024, 0, MSG_SESSION_ATTACH, NULL },
};

static const struct peer_ops ops = {
	.rules = pt_rules,
	.nrules = PT_NRULES,
	.authorise = authorise,
	.closed = on_closed,
};

static void
on_guard(void *arg)
{
	ck_abort_msg("nothing happened for %d s", PT_GUARD_MS / 1000);
}

void
pt_setup(void)
{
	memset(&pt, 0, sizeof(pt));
	pt.fd = -1;
	pt.fds_before = count_fds();
	pt.loop = loop_new();
	pt.guard = loop_timer_new(pt.loop, on_guard, NULL);
	pt.gen = msggen_new(7);
	pt.free_in_closed = true;
}

/* Everything is freed, and no descriptor is left over. */
void
pt_teardown(void)
{
	pt_drop();
	if (pt.fd != -1)
		close(pt.fd);
	loop_timer_free(pt.guard);
	loop_free(pt.loop);
	msggen_free(pt.gen);
	ck_assert_int_eq(count_fds(), pt.fds_before);
}

void
pt_start(uint16_t from, uint16_t state)
{
	int sv[2];

	pt_drop();
	if (pt.fd != -1)
		close(pt.fd);
	ck_assert_int_eq(fd_pair(sv), 0);
	pt.peer = peer_new(pt.loop, sv[0], from, state, "test", &ops, &pt);
	pt.fd = sv[1];
	pt.handled = pt.closed = pt.judged = pt.answers = 0;
	pt.nfds_seen = 0;
}

/* Runs the loop until a callback stops it. */
void
pt_run(void)
{
	loop_timer_arm(pt.guard, PT_GUARD_MS);
	ck_assert_int_eq(loop_run(pt.loop), 0);
	loop_timer_disarm(pt.guard);
}

void
pt_run_until_handled(unsigned n)
{
	pt.stop_after = n;
	while (pt.handled < n && pt.closed == 0)
		pt_run();
	ck_assert_msg(pt.closed == 0, "closed: %s", pt.closed_why);
}

void
pt_run_until_closed(void)
{
	pt.stop_after = 0;
	while (pt.closed == 0)
		pt_run();
	ck_assert_uint_eq(pt.closed, 1);
}

/* Writes what the peer is to read; big pieces need the loop to run. */
void
pt_write(const void *p, size_t len)
{
	ck_assert_int_eq(send(pt.fd, p, len, MSG_NOSIGNAL), (ssize_t)len);
}

void
pt_say(uint16_t type, uint32_t id, const void *body)
{
	ck_assert_int_eq(msg_write(pt.fd, type, id, body, NULL, 0), 0);
}

void
pt_say_log(const char *text)
{
	struct msg_log body = { LOGL_INFO, text };

	pt_say(MSG_LOG, 0, &body);
}

/* What the peer has sent. */
uint16_t
pt_hear(uint32_t id)
{
	uint16_t type;
	struct msg m;

	ck_assert_int_eq(msg_read(pt.fd, PT_GUARD_MS, &m), 0);
	ck_assert_uint_eq(m.hdr.id, id);
	type = m.hdr.type;
	msg_clear(&m);
	return type;
}

uint32_t
pt_call(uint64_t timeout_ms)
{
	struct msg_token_only body = { { NULL, 0 } };
	uint32_t id = 0;

	ck_assert_int_eq(peer_call(pt.peer, MSG_STATUS_GET, &body, NULL, 0,
			     timeout_ms, pt_on_answer, NULL, &id),
	    0);
	ck_assert_uint_ne(id, 0);
	ck_assert_uint_eq(pt_hear(id), MSG_STATUS_GET);
	return id;
}

void
pt_say_status(uint32_t id)
{
	struct msg_status body = { .version = "1" };

	pt_say(MSG_STATUS, id, &body);
}
