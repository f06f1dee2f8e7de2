/*
 * A peer and its rules.  At the other end sits the test, with a plain socket
 * and hand-made frames, so that it can say what an honest peer cannot.  Each
 * violation must end that channel, name itself, and reach no handler.
 */

#include "config.h"

#include <sys/socket.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "err.h"
#include "fdpass.h"
#include "log.h"
#include "loop.h"
#include "msgdef.h"
#include "peer.h"
#include "regress/peer/msggen.h"
#include "regress/peer/rawmsg.h"
#include "suites.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))
#define GUARD_MS 20000 /* nothing here takes so long */

static struct {
	struct loop *loop;
	struct loop_timer *guard;
	struct peer *peer;
	int fd; /* the other end */
	int fds_before;
	struct msggen *gen;

	/* what has happened */
	unsigned handled; /* handlers that ran */
	uint16_t last;	  /* type of the last message handled */
	uint32_t last_id;
	char text[200]; /* of the last LOG */
	unsigned judged; /* tokens */
	bool judged_control;
	size_t judged_len;
	unsigned answers;
	int answer_err;
	uint16_t answer_type;
	unsigned closed;
	int closed_err;
	char closed_why[128];
	unsigned answers_at_close;
	int nfds_seen;

	/* what handlers are to do */
	unsigned stop_after; /* stop the loop after so many were handled */
	int handler_result;
	int verdict; /* of authorise */
	bool free_in_handler;
	bool free_in_closed;
	bool take_fds;
	bool pause_in_handler;
} t;

static int
count_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		if (fcntl(fd, F_GETFD) != -1)
			n++;
	return n;
}

static void
drop_peer(void)
{
	peer_free(t.peer);
	t.peer = NULL;
}

static int
on_any(struct peer *p, struct msg *m)
{
	t.handled++;
	t.last = m->hdr.type;
	t.last_id = m->hdr.id;
	for (size_t i = 0; i < MSG_MAX_FDS; i++) {
		if (m->fds[i] == -1)
			continue;
		t.nfds_seen++;
		if (fcntl(m->fds[i], F_GETFD) != FD_CLOEXEC)
			abort();
	}
	if (t.take_fds)
		close(msg_take_fd(m, 0));
	if (m->hdr.type == MSG_LOG)
		strlcpy(t.text, ((struct msg_log *)m->body)->text,
		    sizeof(t.text));
	if (m->hdr.type == MSG_READY)
		peer_set_state(p, PST_SERVING);
	if (t.pause_in_handler)
		peer_pause(p, true);
	if (t.free_in_handler)
		drop_peer();
	if (t.handled == t.stop_after)
		loop_stop(t.loop);
	return t.handler_result;
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
	t.judged++;
	t.judged_control = control;
	t.judged_len = token->len;
	return t.verdict;
}

static void
on_closed(struct peer *p, int err, const char *why)
{
	ck_assert_ptr_eq(p, t.peer);
	t.closed++;
	t.closed_err = err;
	strlcpy(t.closed_why, why, sizeof(t.closed_why));
	t.answers_at_close = t.answers;
	if (t.free_in_closed)
		drop_peer();
	loop_stop(t.loop);
}

static void
on_answer(void *arg, struct msg *m, int err)
{
	t.answers++;
	t.answer_err = err;
	t.answer_type = m == NULL ? 0 : m->hdr.type;
	if (t.free_in_handler)
		drop_peer();
	loop_stop(t.loop);
}

#define D FROM_RINGLETD
#define S PST_SERVING

static const struct msg_rule rules[] = {
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
	.rules = rules,
	.nrules = NELEM(rules),
	.authorise = authorise,
	.closed = on_closed,
};

static void
on_guard(void *arg)
{
	ck_abort_msg("nothing happened for %d s", GUARD_MS / 1000);
}

static void
setup(void)
{
	memset(&t, 0, sizeof(t));
	t.fd = -1;
	t.fds_before = count_fds();
	t.loop = loop_new();
	t.guard = loop_timer_new(t.loop, on_guard, NULL);
	t.gen = msggen_new(7);
	t.free_in_closed = true;
}

/* Everything is freed, and no descriptor is left over. */
static void
teardown(void)
{
	drop_peer();
	if (t.fd != -1)
		close(t.fd);
	loop_timer_free(t.guard);
	loop_free(t.loop);
	msggen_free(t.gen);
	ck_assert_int_eq(count_fds(), t.fds_before);
}

static void
start(uint16_t from, uint16_t state)
{
	int sv[2];

	drop_peer();
	if (t.fd != -1)
		close(t.fd);
	ck_assert_int_eq(fd_pair(sv), 0);
	t.peer = peer_new(t.loop, sv[0], from, state, "test", &ops, &t);
	t.fd = sv[1];
	t.handled = t.closed = t.judged = t.answers = 0;
	t.nfds_seen = 0;
}

/* Runs the loop until a callback stops it. */
static void
run(void)
{
	loop_timer_arm(t.guard, GUARD_MS);
	ck_assert_int_eq(loop_run(t.loop), 0);
	loop_timer_disarm(t.guard);
}

static void
run_until_handled(unsigned n)
{
	t.stop_after = n;
	while (t.handled < n && t.closed == 0)
		run();
	ck_assert_msg(t.closed == 0, "closed: %s", t.closed_why);
}

static void
run_until_closed(void)
{
	t.stop_after = 0;
	while (t.closed == 0)
		run();
	ck_assert_uint_eq(t.closed, 1);
}

/* Writes what the peer is to read; big pieces need the loop to run. */
static void
write_raw(const void *p, size_t len)
{
	ck_assert_int_eq(send(t.fd, p, len, MSG_NOSIGNAL), (ssize_t)len);
}

static void
say(uint16_t type, uint32_t id, const void *body)
{
	ck_assert_int_eq(msg_write(t.fd, type, id, body, NULL, 0), 0);
}

static void
say_log(const char *text)
{
	struct msg_log body = { LOGL_INFO, text };

	say(MSG_LOG, 0, &body);
}

/* What the peer has sent. */
static uint16_t
hear(uint32_t id)
{
	uint16_t type;
	struct msg m;

	ck_assert_int_eq(msg_read(t.fd, GUARD_MS, &m), 0);
	ck_assert_uint_eq(m.hdr.id, id);
	type = m.hdr.type;
	msg_clear(&m);
	return type;
}

START_TEST(serves)
{
	struct msg_ready ready = { .level = "full" };
	struct msg_alias get = { .alias = "it" };
	struct msg_token_only only = { { (const uint8_t *)"tok", 3 } };

	start(D, PST_INIT);
	ck_assert_ptr_eq(peer_arg(t.peer), &t);
	ck_assert_str_eq(peer_name(t.peer), "test");
	ck_assert_uint_eq(peer_from(t.peer), D);
	ck_assert_uint_eq(peer_state(t.peer), PST_INIT);
	say(MSG_READY, 0, &ready);
	run_until_handled(1);
	ck_assert_uint_eq(peer_state(t.peer), PST_SERVING);
	say(MSG_PROFILE_GET, 77, &get);
	run_until_handled(2);
	ck_assert_uint_eq(t.last_id, 77);
	ck_assert_uint_eq(t.judged, 1);
	ck_assert(!t.judged_control);
	ck_assert_uint_eq(hear(77), MSG_PROFILE);
	say(MSG_STOP, 78, &only);
	run_until_handled(3);
	ck_assert_uint_eq(t.judged, 2);
	ck_assert_uint_eq(t.judged_len, 3);
	ck_assert(t.judged_control);
	close(t.fd);
	t.fd = -1;
	run_until_closed();
	ck_assert_int_eq(t.closed_err, RL_ERR_EOF);
}
END_TEST

/* The CLI's authority is its uid: nothing is asked about its token. */
START_TEST(cli_needs_no_token)
{
	struct msg_alias get = { .alias = "it" };

	t.verdict = RL_ERR_AUTH;
	start(FROM_CLI, PST_SERVING);
	say(MSG_PROFILE_GET, 1, &get);
	run_until_handled(1);
	ck_assert_uint_eq(t.judged, 0);
	ck_assert_uint_eq(hear(1), MSG_PROFILE);
}
END_TEST

START_TEST(bad_token_reaches_no_handler)
{
	static const int verdicts[] = { RL_ERR_AUTH, RL_ERR_DENIED,
		RL_ERR_LIMIT, -1 };
	struct msg_alias get = { .alias = "it" };
	const struct msg_error *e;
	struct msg m;

	start(D, PST_SERVING);
	for (size_t i = 0; i < NELEM(verdicts); i++) {
		t.verdict = verdicts[i];
		say(MSG_PROFILE_GET, 5, &get);
		say_log("fence");
		run_until_handled((unsigned)i + 1);
		ck_assert_uint_eq(t.last, MSG_LOG);
		ck_assert_int_eq(msg_read(t.fd, GUARD_MS, &m), 0);
		ck_assert_uint_eq(m.hdr.type, MSG_ERROR);
		ck_assert_uint_eq(m.hdr.id, 5);
		e = m.body;
		ck_assert_int_eq(e->code, verdicts[i]);
		ck_assert_str_ne(e->text, "");
		msg_clear(&m);
	}
	ck_assert_uint_eq(t.closed, 0);
}
END_TEST

/* --- violations --- */

struct violation {
	const char *name;
	uint16_t from;
	uint16_t state;
	uint16_t type;
	uint8_t claims;	 /* descriptors, says the header */
	uint8_t carries; /* descriptors */
	uint32_t id;
	int length; /* -1: the body's own; else what the header says */
	const char *why;
};

static const struct violation violations[] = {
	{ "unknown type", D, S, 0xffff, 0, 0, 0, -1, "may not send" },
	{ "type zero", D, S, 0, 0, 0, 0, -1, "may not send" },
	{ "no row", D, S, MSG_INIT, 0, 0, 0, -1, "may not send" },
	{ "wrong direction", D, S, MSG_KILLED, 0, 0, 0, -1, "may not send" },
	{ "wrong direction, too", FROM_SANDBOXER, S, MSG_LOG, 0, 0, 0, -1,
	    "may not send" },
	{ "before READY", D, PST_INIT, MSG_PROFILE_GET, 0, 0, 0, -1,
	    "out of its state" },
	{ "READY when serving", D, S, MSG_READY, 0, 0, 0, -1,
	    "out of its state" },
	{ "in a state of no row", D, 0x80, MSG_LOG, 0, 0, 0, -1,
	    "out of its state" },
	{ "reply as a request", D, S, MSG_STATUS, 0, 0, 0, -1,
	    "an answer to no question" },
	{ "reply with an id", D, S, MSG_STATUS, 0, 0, 9, -1,
	    "an answer to no question" },
	{ "error to nothing", D, S, MSG_ERROR, 0, 0, 1, -1,
	    "an answer to no question" },
	{ "reply that needs descriptors", D, S, MSG_ATTACHED, 3, 3, 1, -1,
	    "an answer to no question" },
	{ "longer than its row", D, S, MSG_STOP, 0, 0, 0, 1025,
	    "too long" },
	{ "longer than any", D, S, MSG_LOG, 0, 0, 0, MSG_MAX_BODY + 1,
	    "malformed header" },
	{ "as long as a number goes", D, S, MSG_LOG, 0, 0, 0, INT32_MAX,
	    "malformed header" },
	{ "a descriptor too many", D, S, MSG_LOG, 1, 1, 0, -1,
	    "wrong number of descriptors" },
	{ "a descriptor too few", D, S, MSG_VIEWER_ADD, 1, 1, 0, -1,
	    "wrong number of descriptors" },
	{ "no descriptor", D, S, MSG_VIEWER_ADD, 0, 0, 0, -1,
	    "wrong number of descriptors" },
	{ "more than any message", D, S, MSG_VIEWER_ADD, 5, 0, 0, -1,
	    "malformed header" },
	{ "claimed, not carried", D, S, MSG_VIEWER_ADD, 2, 0, 0, -1,
	    "without its descriptors" },
	{ "claimed, one carried", D, S, MSG_VIEWER_ADD, 2, 1, 0, -1,
	    "without its descriptors" },
	{ "claimed, three carried", D, S, MSG_VIEWER_ADD, 2, 3, 0, -1,
	    "descriptors" },
	{ "carried, not claimed", D, S, MSG_LOG, 0, 1, 0, -1,
	    "descriptors" },
	{ "empty body", D, S, MSG_LOG, 0, 0, 0, 0, "malformed body" },
};

START_TEST(violation)
{
	const struct violation *v = &violations[_i];
	const struct msg_type *type = msg_type_get(v->type);
	struct raw body = { 0 }, frame = { 0 };
	int fds[] = { 0, 1, 2, 0, 1 };

	if (type == NULL)
		raw_byte(&body, 0x90);
	else
		raw_record(
		    &body, type->rec, msggen_empty(t.gen, type->rec));
	raw_header(&frame, v->length == -1 ? (uint32_t)body.len :
					     (uint32_t)v->length,
	    v->type, v->claims, 0, v->id);
	if (v->length != 0)
		raw_put(&frame, body.p, body.len);
	start(v->from, v->state);
	ck_assert_int_eq(fdpass_send(t.fd, frame.p, frame.len, fds,
	    v->carries), (ssize_t)frame.len);
	run_until_closed();
	ck_assert_int_eq(t.closed_err, RL_ERR_PROTOCOL);
	ck_assert_msg(strstr(t.closed_why, v->why) != NULL, "%s: %s", v->name,
	    t.closed_why);
	/* One surplus descriptor is noticed after the message it hides in. */
	if (v->claims == 0 && v->carries > 0)
		ck_assert_uint_le(t.handled, 1);
	else
		ck_assert_uint_eq(t.handled, 0);
	ck_assert_int_eq(t.nfds_seen, 0);
	raw_free(&body);
	raw_free(&frame);
}
END_TEST

/* Of every type there is, only what the rows permit arrives. */
START_TEST(every_type_in_every_state)
{
	static const uint16_t states[] = { PST_INIT, PST_SERVING };
	static const uint16_t froms[] = { D, FROM_CLI, FROM_SANDBOXER,
		FROM_VIEWER, FROM_KEYCHAIN, FROM_MONITOR };
	const struct msg_type *types;
	struct raw body = { 0 }, frame = { 0 };
	int fds[MSG_MAX_FDS] = { 0, 1, 2, 0 };
	size_t n;

	types = msg_type_all(&n);
	for (size_t i = 0; i < n; i++)
		for (size_t f = 0; f < NELEM(froms); f++)
			for (size_t s = 0; s < NELEM(states); s++) {
				const struct msg_rule *r = NULL;
				uint8_t nfds = 0;

				for (size_t k = 0; k < NELEM(rules); k++)
					if (rules[k].type == types[i].type)
						r = &rules[k];
				if (r != NULL)
					nfds = r->nfds;
				if (r != NULL && (!(r->from & froms[f]) ||
				    !(r->states & states[s]) ||
				    r->answers != 0))
					r = NULL;
				raw_reset(&body);
				raw_reset(&frame);
				raw_record(&body, types[i].rec,
				    msggen_empty(t.gen, types[i].rec));
				raw_frame(&frame, types[i].type, nfds, 1,
				    &body);
				start(froms[f], states[s]);
				ck_assert_int_eq(fdpass_send(t.fd, frame.p,
				    frame.len, fds, nfds),
				    (ssize_t)frame.len);
				if (r != NULL) {
					run_until_handled(1);
					continue;
				}
				run_until_closed();
				ck_assert_int_eq(
				    t.closed_err, RL_ERR_PROTOCOL);
				ck_assert_uint_eq(t.handled, 0);
			}
	raw_free(&body);
	raw_free(&frame);
}
END_TEST

START_TEST(once_is_once)
{
	struct msg_ready ready = { .level = "full" };

	start(D, PST_INIT);
	say(MSG_READY, 0, &ready);
	run_until_handled(1);
	peer_set_state(t.peer, PST_INIT); /* even if the state allowed it */
	say(MSG_READY, 0, &ready);
	run_until_closed();
	ck_assert_int_eq(t.closed_err, RL_ERR_PROTOCOL);
	ck_assert_str_eq(
	    t.closed_why, "a second message of a kind it may send once");
	ck_assert_uint_eq(t.handled, 1);
}
END_TEST

/* Nothing behind a violation in the same write is looked at. */
START_TEST(nothing_after_a_violation)
{
	struct raw body = { 0 }, frame = { 0 };
	struct msg_log log = { LOGL_INFO, "x" };
	const struct msg_rec *rec = msg_type_get(MSG_LOG)->rec;

	raw_record(&body, rec, &log);
	raw_frame(&frame, MSG_LOG, 0, 0, &body);
	raw_frame(&frame, MSG_KILLED, 0, 0, &body);
	raw_frame(&frame, MSG_LOG, 0, 0, &body);
	start(D, PST_SERVING);
	write_raw(frame.p, frame.len);
	run_until_closed();
	ck_assert_uint_eq(t.handled, 1);
	/* And what is sent later is not read. */
	raw_free(&body);
	raw_free(&frame);
}
END_TEST

START_TEST(handler_finds_a_violation)
{
	start(D, PST_SERVING);
	t.handler_result = RL_ERR_INVALID;
	say_log("x");
	run_until_closed();
	ck_assert_int_eq(t.closed_err, RL_ERR_PROTOCOL);
	ck_assert_str_eq(t.closed_why, "a message that makes no sense");
	ck_assert_uint_eq(t.handled, 1);
}
END_TEST

/* A frame of each size that arrives in pieces is handled once, when whole. */
START_TEST(pieces)
{
	struct raw body = { 0 }, frame = { 0 };
	struct msg_log log = { LOGL_INFO, "in pieces" };

	raw_record(&body, msg_type_get(MSG_LOG)->rec, &log);
	raw_frame(&frame, MSG_LOG, 0, 0, &body);
	for (size_t cut = 0; cut <= frame.len; cut++) {
		start(D, PST_SERVING);
		t.text[0] = '\0';
		if (cut > 0)
			write_raw(frame.p, cut);
		/* The loop sees the first part alone. */
		loop_timer_arm(t.guard, GUARD_MS);
		if (cut > 0 && cut < frame.len) {
			struct loop_timer *tick = loop_timer_new(
			    t.loop, (void (*)(void *))loop_stop, t.loop);

			loop_timer_arm(tick, 1);
			ck_assert_int_eq(loop_run(t.loop), 0);
			loop_timer_free(tick);
			ck_assert_uint_eq(t.handled, 0);
		}
		if (cut < frame.len)
			write_raw(frame.p + cut, frame.len - cut);
		run_until_handled(1);
		ck_assert_str_eq(t.text, "in pieces");
	}
	raw_free(&body);
	raw_free(&frame);
}
END_TEST

START_TEST(many_in_one_write)
{
	struct raw body = { 0 }, frame = { 0 };
	struct msg_log log = { LOGL_INFO, "x" };

	raw_record(&body, msg_type_get(MSG_LOG)->rec, &log);
	for (int i = 0; i < 1000; i++)
		raw_frame(&frame, MSG_LOG, 0, 0, &body);
	start(D, PST_SERVING);
	write_raw(frame.p, frame.len);
	run_until_handled(1000);
	raw_free(&body);
	raw_free(&frame);
}
END_TEST

/* Ten thousand streams of noise, and of noise behind a good beginning. */
START_TEST(noise)
{
	struct raw frame = { 0 };
	struct msg_log log = { LOGL_INFO, "x" };
	struct raw body = { 0 };

	raw_record(&body, msg_type_get(MSG_LOG)->rec, &log);
	for (int i = 0; i < 3000; i++) {
		raw_reset(&frame);
		if (i % 3 == 1)
			raw_header(&frame,
			    (uint32_t)msggen_below(t.gen, 200), MSG_LOG, 0, 0,
			    0);
		if (i % 3 == 2) {
			raw_frame(&frame, MSG_LOG, 0, 0, &body);
			frame.p[msggen_below(t.gen, frame.len)] ^=
			    (uint8_t)(1 << msggen_below(t.gen, 8));
		}
		for (uint64_t k = msggen_below(t.gen, 300) + 250; k > 0; k--)
			raw_byte(&frame, (unsigned)msggen_below(t.gen, 256));
		start(D, PST_SERVING);
		write_raw(frame.p, frame.len);
		shutdown(t.fd, SHUT_WR);
		run_until_closed();
		ck_assert(t.closed_err == RL_ERR_PROTOCOL ||
		    t.closed_err == RL_ERR_EOF);
	}
	raw_free(&body);
	raw_free(&frame);
}
END_TEST

/* --- descriptors --- */

START_TEST(descriptors_arrive)
{
	struct msg_viewer_add add = { .id = "0" };
	int fds[] = { 0, 1 };

	start(D, PST_SERVING);
	for (unsigned i = 1; i <= 50; i++) {
		t.take_fds = i % 2 == 0;
		ck_assert_int_eq(
		    msg_write(t.fd, MSG_VIEWER_ADD, 0, &add, fds, 2), 0);
		run_until_handled(i);
		ck_assert_int_eq(t.nfds_seen, 2 * (int)i);
	}
}
END_TEST

/*
 * Two messages with descriptors at once, the first so long that it comes in
 * pieces: the second's descriptors arrive while the first is still unread.
 */
START_TEST(descriptors_of_two_messages)
{
	struct msg_jail_start jail = { .id = "0" };
	struct msg_viewer_add add = { .id = "0" };
	struct raw body = { 0 }, frame = { 0 };
	const char *env[8];
	int fds[] = { 0, 1, 2 };
	size_t cut = (size_t)_i;

	for (size_t i = 0; i < NELEM(env); i++)
		env[i] = msggen_str(t.gen, MSG_STR_MAX);
	jail.env.v = env;
	jail.env.n = cut < 100 ? 0 : NELEM(env);
	raw_record(&body, msg_type_get(MSG_JAIL_START)->rec, &jail);
	raw_frame(&frame, MSG_JAIL_START, 3, 0, &body);
	start(D, PST_SERVING);
	ck_assert_int_eq(fd_nonblock(t.fd), 0);
	/* The beginning, with descriptors; then let the peer read it. */
	ck_assert_int_eq(
	    fdpass_send(t.fd, frame.p, cut, fds, 3), (ssize_t)cut);
	{
		struct loop_timer *tick = loop_timer_new(
		    t.loop, (void (*)(void *))loop_stop, t.loop);
		ssize_t n;

		loop_timer_arm(tick, 1);
		run();
		/* The rest, and at once the next message with its own. */
		while (cut < frame.len) {
			n = send(t.fd, frame.p + cut, frame.len - cut,
			    MSG_NOSIGNAL);
			if (n == -1) {
				loop_timer_arm(tick, 1);
				run();
				continue;
			}
			cut += (size_t)n;
		}
		loop_timer_free(tick);
	}
	ck_assert_int_eq(
	    msg_write(t.fd, MSG_VIEWER_ADD, 0, &add, fds, 2), 0);
	ck_assert_int_eq(
	    msg_write(t.fd, MSG_VIEWER_ADD, 0, &add, fds, 2), 0);
	run_until_handled(3);
	ck_assert_int_eq(t.nfds_seen, 7);
	raw_free(&body);
	raw_free(&frame);
}
END_TEST

/* More than one call may carry is refused by the receiver as well. */
START_TEST(surplus_descriptors)
{
	union {
		struct cmsghdr hdr;
		char room[CMSG_SPACE(sizeof(int) * 200)];
	} control;
	struct msghdr mh = { 0 };
	struct iovec iov;
	struct cmsghdr *c;
	struct raw body = { 0 }, frame = { 0 };
	struct msg_viewer_add add = { .id = "0" };
	size_t n = _i == 0 ? 5 : _i == 1 ? 6 : 200;

	raw_record(&body, msg_type_get(MSG_VIEWER_ADD)->rec, &add);
	raw_frame(&frame, MSG_VIEWER_ADD, 2, 0, &body);
	start(D, PST_SERVING);
	iov.iov_base = frame.p;
	iov.iov_len = frame.len;
	mh.msg_iov = &iov;
	mh.msg_iovlen = 1;
	mh.msg_control = &control;
	mh.msg_controllen = CMSG_SPACE(sizeof(int) * n);
	memset(&control, 0, sizeof(control));
	c = CMSG_FIRSTHDR(&mh);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int) * n);
	ck_assert_int_eq(sendmsg(t.fd, &mh, 0), (ssize_t)frame.len);
	run_until_closed();
	ck_assert_int_eq(t.closed_err, RL_ERR_PROTOCOL);
	ck_assert_uint_eq(t.handled, 0);
	raw_free(&body);
	raw_free(&frame);
}
END_TEST

/* Descriptors hoarded by messages that do not claim them are not kept. */
START_TEST(hoarded_descriptors)
{
	struct raw body = { 0 }, frame = { 0 };
	struct msg_log log = { LOGL_INFO, "x" };
	int fds[] = { 0, 1, 2, 0 };

	raw_record(&body, msg_type_get(MSG_LOG)->rec, &log);
	raw_frame(&frame, MSG_LOG, 0, 0, &body);
	/* A beginning of the next keeps the input from being empty. */
	raw_header(&frame, 10, MSG_LOG, 0, 0, 0);
	start(D, PST_SERVING);
	ck_assert_int_eq(fdpass_send(t.fd, frame.p, frame.len, fds, 4),
	    (ssize_t)frame.len);
	ck_assert_int_eq(fdpass_send(t.fd, "1234567890", 10, fds, 4), 10);
	run_until_closed();
	ck_assert_int_eq(t.closed_err, RL_ERR_PROTOCOL);
	ck_assert_int_eq(t.nfds_seen, 0);
	raw_free(&body);
	raw_free(&frame);
}
END_TEST

/* The other way: what peer_send() sends arrives with its own descriptors. */
START_TEST(sends_descriptors)
{
	struct msg_attached body = { .id = "0" };
	struct msg_log log = { LOGL_INFO, "between" };
	int fds[] = { 0, 1, 2 }, kept = dup(0);
	struct msg m;

	start(D, PST_SERVING);
	for (int i = 0; i < 20; i++) {
		/* The caller keeps its own, and may close them at once. */
		fds[0] = dup(0);
		ck_assert_int_eq(peer_reply(t.peer, 3, MSG_ATTACHED, &body,
		    fds, 3), 0);
		ck_assert_int_eq(close(fds[0]), 0);
		ck_assert_int_eq(
		    peer_send(t.peer, MSG_LOG, &log, NULL, 0), 0);
		ck_assert_int_eq(msg_read(t.fd, GUARD_MS, &m), 0);
		ck_assert_uint_eq(m.hdr.type, MSG_ATTACHED);
		ck_assert_uint_eq(m.hdr.nfds, 3);
		ck_assert(fcntl(m.fds[2], F_GETFD) == FD_CLOEXEC);
		msg_clear(&m);
		ck_assert_uint_eq(hear(0), MSG_LOG);
	}
	fds[1] = 250; /* not open */
	ck_assert_int_eq(peer_reply(t.peer, 3, MSG_ATTACHED, &body, fds, 3),
	    RL_ERR_SYSTEM);
	ck_assert_int_eq(errno, EBADF);
	ck_assert_uint_eq(peer_backlog(t.peer), 0);
	close(kept);
}
END_TEST

/* --- calls --- */

static uint32_t
call(uint64_t timeout_ms)
{
	struct msg_token_only body = { { NULL, 0 } };
	uint32_t id = 0;

	ck_assert_int_eq(peer_call(t.peer, MSG_STATUS_GET, &body, NULL, 0,
	    timeout_ms, on_answer, NULL, &id), 0);
	ck_assert_uint_ne(id, 0);
	ck_assert_uint_eq(hear(id), MSG_STATUS_GET);
	return id;
}

static void
say_status(uint32_t id)
{
	struct msg_status body = { .version = "1" };

	say(MSG_STATUS, id, &body);
}

START_TEST(calls_are_answered)
{
	struct msg_error error = { RL_ERR_STATE, "no" };
	uint32_t a, b;

	start(D, PST_SERVING);
	a = call(0);
	b = call(GUARD_MS);
	ck_assert_uint_ne(a, b);
	ck_assert_uint_eq(t.answers, 0);
	/* In any order. */
	say_status(b);
	run();
	ck_assert_uint_eq(t.answers, 1);
	ck_assert_int_eq(t.answer_err, 0);
	ck_assert_uint_eq(t.answer_type, MSG_STATUS);
	say(MSG_ERROR, a, &error);
	run();
	ck_assert_uint_eq(t.answers, 2);
	ck_assert_int_eq(t.answer_err, 0);
	ck_assert_uint_eq(t.answer_type, MSG_ERROR);
	/* Each once. */
	say_status(a);
	run_until_closed();
	ck_assert_int_eq(t.closed_err, RL_ERR_PROTOCOL);
	ck_assert_uint_eq(t.answers, 2);
}
END_TEST

/* The answer to another call of the same id is no answer. */
START_TEST(answer_of_another_kind)
{
	struct msg_session_id body = { .id = "0" };
	uint32_t id;

	start(D, PST_SERVING);
	ck_assert_int_eq(peer_call(t.peer, MSG_SESSION_GET, &body, NULL, 0, 0,
	    on_answer, NULL, &id), 0);
	say_status(id);
	run_until_closed();
	ck_assert_int_eq(t.closed_err, RL_ERR_PROTOCOL);
	ck_assert_uint_eq(t.answers, 1);
	ck_assert_int_eq(t.answer_err, RL_ERR_PROTOCOL);
	ck_assert_uint_eq(t.answers_at_close, 1);
}
END_TEST

START_TEST(calls_time_out)
{
	uint32_t id;

	start(D, PST_SERVING);
	id = call(10);
	run();
	ck_assert_uint_eq(t.answers, 1);
	ck_assert_int_eq(t.answer_err, RL_ERR_TIMEOUT);
	ck_assert_uint_eq(t.answer_type, 0);
	/* Its answer comes late: dropped, and no violation. */
	say_status(id);
	say_log("fence");
	run_until_handled(1);
	ck_assert_uint_eq(t.answers, 1);
	/* Once. */
	say_status(id);
	run_until_closed();
	ck_assert_int_eq(t.closed_err, RL_ERR_PROTOCOL);
}
END_TEST

START_TEST(calls_are_cancelled)
{
	uint32_t a, b;

	start(D, PST_SERVING);
	a = call(10);
	b = call(0);
	peer_call_cancel(t.peer, a);
	peer_call_cancel(t.peer, b);
	peer_call_cancel(t.peer, b);
	peer_call_cancel(t.peer, 12345);
	say_status(b);
	say_log("fence");
	run_until_handled(1);
	ck_assert_uint_eq(t.answers, 0);
	/* One is still open, and ends with the channel in silence. */
	close(t.fd);
	t.fd = -1;
	run_until_closed();
	ck_assert_uint_eq(t.answers, 0);
}
END_TEST

START_TEST(calls_end_with_the_channel)
{
	start(D, PST_SERVING);
	call(0);
	call(5000);
	close(t.fd);
	t.fd = -1;
	run_until_closed();
	/* Before closed(), and each once. */
	ck_assert_uint_eq(t.answers_at_close, 2);
	ck_assert_uint_eq(t.answers, 2);
	ck_assert_int_eq(t.answer_err, RL_ERR_EOF);

	start(D, PST_SERVING);
	call(0);
	drop_peer();
	ck_assert_uint_eq(t.answers, 1);
	ck_assert_int_eq(t.answer_err, RL_ERR_EOF);
	ck_assert_uint_eq(t.closed, 0);
}
END_TEST

START_TEST(a_dead_channel_says_so)
{
	struct msg_token_only body = { { NULL, 0 } };
	struct msg_log log = { LOGL_INFO, "x" };

	t.free_in_closed = false;
	start(D, PST_SERVING);
	close(t.fd);
	t.fd = -1;
	run_until_closed();
	ck_assert_int_eq(
	    peer_send(t.peer, MSG_LOG, &log, NULL, 0), RL_ERR_EOF);
	ck_assert_int_eq(peer_reply_error(t.peer, 1, RL_ERR_STATE, "x"),
	    RL_ERR_EOF);
	ck_assert_int_eq(peer_call(t.peer, MSG_STATUS_GET, &body, NULL, 0, 0,
	    on_answer, NULL, NULL), RL_ERR_EOF);
	ck_assert_uint_eq(t.answers, 0);
}
END_TEST

/* It says its last words and closes, while we are about to say something. */
START_TEST(last_words_are_heard)
{
	struct msg_token_only only = { { (const uint8_t *)"t", 1 } };

	start(D, PST_SERVING);
	say_log("last words");
	close(t.fd);
	t.fd = -1;
	ck_assert_int_eq(
	    peer_send(t.peer, MSG_STATUS_GET, &only, NULL, 0), 0);
	ck_assert_int_eq(peer_send(t.peer, MSG_STATUS_GET, &only, NULL, 0),
	    RL_ERR_EOF);
	run_until_closed();
	ck_assert_int_eq(t.closed_err, RL_ERR_EOF);
	ck_assert_uint_eq(t.handled, 1);
	ck_assert_str_eq(t.text, "last words");
}
END_TEST

START_TEST(own_mistakes_are_told)
{
	struct msg_log log = { 99, "x" }; /* a level beyond its bound */

	start(D, PST_SERVING);
	ck_assert_int_eq(
	    peer_send(t.peer, MSG_LOG, &log, NULL, 0), RL_ERR_INVALID);
	ck_assert_int_eq(
	    peer_send(t.peer, 0xffff, &log, NULL, 0), RL_ERR_INVALID);
	/* Whoever asked gets an answer all the same. */
	ck_assert_int_eq(peer_reply(t.peer, 4, MSG_LOG, &log, NULL, 0),
	    RL_ERR_INVALID);
	ck_assert_uint_eq(hear(4), MSG_ERROR);
	/* Error texts may quote anything. */
	ck_assert_int_eq(peer_reply_error(t.peer, 5, RL_ERR_NOTFOUND,
	    "%s", "a\xff" "b"), 0);
	ck_assert_uint_eq(hear(5), MSG_ERROR);
	ck_assert_int_eq(peer_reply_error(t.peer, 6, RL_ERR_NOTFOUND, "%s",
	    msggen_str(t.gen, 9000)), 0);
	ck_assert_uint_eq(hear(6), MSG_ERROR);
}
END_TEST

/* --- flow --- */

START_TEST(a_peer_that_does_not_read)
{
	struct msg_log log = { LOGL_INFO, msggen_str(t.gen, 2000) };
	size_t sent = 0;
	int r;

	start(D, PST_SERVING);
	call(0);
	while ((r = peer_send(t.peer, MSG_LOG, &log, NULL, 0)) == 0)
		ck_assert_uint_lt(sent += 2000, 64u << 20);
	ck_assert_int_eq(r, RL_ERR_LIMIT);
	ck_assert_uint_le(peer_backlog(t.peer), PEER_QUEUE_MAX);
	/* Not from inside peer_send(): on the next turn. */
	ck_assert_uint_eq(t.closed, 0);
	run_until_closed();
	ck_assert_int_eq(t.closed_err, RL_ERR_LIMIT);
	ck_assert_int_eq(t.answer_err, RL_ERR_LIMIT);
}
END_TEST

START_TEST(backlog_drains)
{
	struct msg_log log = { LOGL_INFO, msggen_str(t.gen, 2000) };
	static char b[65536];
	struct loop_timer *tick = loop_timer_new(
	    t.loop, (void (*)(void *))loop_stop, t.loop);
	struct buf *one = buf_new(4096);
	size_t left = 0;
	ssize_t n;

	ck_assert_int_eq(msg_encode(one, MSG_LOG, 0, 0, &log), 0);
	start(D, PST_SERVING);
	while (peer_backlog(t.peer) < 500000) {
		ck_assert_int_eq(
		    peer_send(t.peer, MSG_LOG, &log, NULL, 0), 0);
		left += buf_len(one);
	}
	while (left > 0) {
		loop_timer_arm(tick, 0);
		run();
		n = recv(t.fd, b, sizeof(b), MSG_DONTWAIT);
		if (n == -1 && errno == EAGAIN)
			continue;
		ck_assert_int_gt(n, 0);
		ck_assert_uint_le((size_t)n, left);
		left -= (size_t)n;
	}
	ck_assert_uint_eq(peer_backlog(t.peer), 0);
	loop_timer_free(tick);
	buf_free(one);
}
END_TEST

START_TEST(pause_holds_everything)
{
	struct loop_timer *tick = loop_timer_new(
	    t.loop, (void (*)(void *))loop_stop, t.loop);

	start(D, PST_SERVING);
	t.pause_in_handler = true;
	for (int i = 0; i < 10; i++)
		say_log("x");
	run_until_handled(1);
	loop_timer_arm(tick, 20);
	run();
	ck_assert_uint_eq(t.handled, 1);
	/* Each resumption lets one through, since it pauses again. */
	peer_pause(t.peer, false);
	ck_assert_uint_eq(t.handled, 2);
	t.pause_in_handler = false;
	t.stop_after = 10;
	peer_pause(t.peer, false);
	run_until_handled(10);
	peer_pause(t.peer, false);
	loop_timer_free(tick);
}
END_TEST

/* While it drains nothing more is read. */
START_TEST(closing_drains)
{
	struct loop_timer *tick = loop_timer_new(
	    t.loop, (void (*)(void *))loop_stop, t.loop);
	struct msg_log log = { LOGL_INFO, "bye" };

	start(D, PST_SERVING);
	ck_assert_int_eq(peer_send(t.peer, MSG_LOG, &log, NULL, 0), 0);
	peer_set_state(t.peer, PST_CLOSING);
	say_log("late");
	loop_timer_arm(tick, 20);
	run();
	ck_assert_uint_eq(t.handled, 0);
	ck_assert_uint_eq(hear(0), MSG_LOG);
	loop_timer_free(tick);
}
END_TEST

/* --- being freed in the middle --- */

START_TEST(freed_in_handler)
{
	start(D, PST_SERVING);
	t.free_in_handler = true;
	say_log("one");
	say_log("two");
	run_until_handled(1);
	ck_assert_ptr_null(t.peer);
	ck_assert_uint_eq(t.handled, 1);
	ck_assert_uint_eq(t.closed, 0);
}
END_TEST

START_TEST(freed_in_answer)
{
	start(D, PST_SERVING);
	t.free_in_handler = true;
	say_status(call(0));
	run();
	ck_assert_uint_eq(t.answers, 1);
	ck_assert_ptr_null(t.peer);

	/* In the first of several that end with the channel. */
	start(D, PST_SERVING);
	call(0);
	call(0);
	call(0);
	close(t.fd);
	t.fd = -1;
	while (t.answers == 0)
		run();
	ck_assert_uint_eq(t.answers, 3);
	ck_assert_ptr_null(t.peer);

	/* In a time-out. */
	start(D, PST_SERVING);
	call(5);
	call(0);
	run();
	ck_assert_uint_eq(t.answers, 2);
	ck_assert_ptr_null(t.peer);
}
END_TEST

Suite *
suite_peer(void)
{
	Suite *s = suite_create("peer");
	TCase *tc = tcase_create("peer");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, serves);
	tcase_add_test(tc, cli_needs_no_token);
	tcase_add_test(tc, bad_token_reaches_no_handler);
	tcase_add_loop_test(tc, violation, 0, NELEM(violations));
	tcase_add_test(tc, every_type_in_every_state);
	tcase_add_test(tc, once_is_once);
	tcase_add_test(tc, nothing_after_a_violation);
	tcase_add_test(tc, handler_finds_a_violation);
	tcase_add_test(tc, pieces);
	tcase_add_test(tc, many_in_one_write);
	tcase_add_test(tc, noise);
	tcase_add_test(tc, descriptors_arrive);
	tcase_add_loop_test(tc, descriptors_of_two_messages, 1, 3);
	tcase_add_loop_test(tc, descriptors_of_two_messages, 12, 14);
	tcase_add_loop_test(tc, descriptors_of_two_messages, 5000, 5001);
	tcase_add_loop_test(tc, surplus_descriptors, 0, 3);
	tcase_add_test(tc, hoarded_descriptors);
	tcase_add_test(tc, sends_descriptors);
	tcase_add_test(tc, calls_are_answered);
	tcase_add_test(tc, answer_of_another_kind);
	tcase_add_test(tc, calls_time_out);
	tcase_add_test(tc, calls_are_cancelled);
	tcase_add_test(tc, calls_end_with_the_channel);
	tcase_add_test(tc, a_dead_channel_says_so);
	tcase_add_test(tc, last_words_are_heard);
	tcase_add_test(tc, own_mistakes_are_told);
	tcase_add_test(tc, a_peer_that_does_not_read);
	tcase_add_test(tc, backlog_drains);
	tcase_add_test(tc, pause_holds_everything);
	tcase_add_test(tc, closing_drains);
	tcase_add_test(tc, freed_in_handler);
	tcase_add_test(tc, freed_in_answer);
	suite_add_tcase(s, tc);
	return s;
}
