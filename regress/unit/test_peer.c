/*
 * A peer and its rules.  At the other end sits the test, with a plain socket
 * and hand-made frames, so that it can say what an honest peer cannot.  Each
 * violation must end that channel, name itself, and reach no handler.
 */

#include "config.h"

#include <sys/socket.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "fdpass.h"
#include "log.h"
#include "peer_rig.h"
#include "suites.h"

START_TEST(serves)
{
	struct msg_ready ready = { .level = "full" };
	struct msg_alias get = { .alias = "it" };
	struct msg_token_only only = { { (const uint8_t *)"tok", 3 } };

	pt_start(D, PST_INIT);
	ck_assert_ptr_eq(peer_arg(pt.peer), &pt);
	ck_assert_str_eq(peer_name(pt.peer), "test");
	ck_assert_uint_eq(peer_from(pt.peer), D);
	ck_assert_uint_eq(peer_state(pt.peer), PST_INIT);
	pt_say(MSG_READY, 0, &ready);
	pt_run_until_handled(1);
	ck_assert_uint_eq(peer_state(pt.peer), PST_SERVING);
	pt_say(MSG_PROFILE_GET, 77, &get);
	pt_run_until_handled(2);
	ck_assert_uint_eq(pt.last_id, 77);
	ck_assert_uint_eq(pt.judged, 1);
	ck_assert(!pt.judged_control);
	ck_assert_uint_eq(pt_hear(77), MSG_PROFILE);
	pt_say(MSG_STOP, 78, &only);
	pt_run_until_handled(3);
	ck_assert_uint_eq(pt.judged, 2);
	ck_assert_uint_eq(pt.judged_len, 3);
	ck_assert(pt.judged_control);
	close(pt.fd);
	pt.fd = -1;
	pt_run_until_closed();
	ck_assert_int_eq(pt.closed_err, RL_ERR_EOF);
}
END_TEST

/* The CLI's authority is its uid: nothing is asked about its token. */
START_TEST(cli_needs_no_token)
{
	struct msg_alias get = { .alias = "it" };

	pt.verdict = RL_ERR_AUTH;
	pt_start(FROM_CLI, PST_SERVING);
	pt_say(MSG_PROFILE_GET, 1, &get);
	pt_run_until_handled(1);
	ck_assert_uint_eq(pt.judged, 0);
	ck_assert_uint_eq(pt_hear(1), MSG_PROFILE);
}
END_TEST

START_TEST(bad_token_reaches_no_handler)
{
	static const int verdicts[] = { RL_ERR_AUTH, RL_ERR_DENIED,
		RL_ERR_LIMIT, -1 };
	struct msg_alias get = { .alias = "it" };
	const struct msg_error *e;
	struct msg m;

	pt_start(D, PST_SERVING);
	for (size_t i = 0; i < NELEM(verdicts); i++) {
		pt.verdict = verdicts[i];
		pt_say(MSG_PROFILE_GET, 5, &get);
		pt_say_log("fence");
		pt_run_until_handled((unsigned)i + 1);
		ck_assert_uint_eq(pt.last, MSG_LOG);
		ck_assert_int_eq(msg_read(pt.fd, PT_GUARD_MS, &m), 0);
		ck_assert_uint_eq(m.hdr.type, MSG_ERROR);
		ck_assert_uint_eq(m.hdr.id, 5);
		e = m.body;
		ck_assert_int_eq(e->code, verdicts[i]);
		ck_assert_str_ne(e->text, "");
		msg_clear(&m);
	}
	ck_assert_uint_eq(pt.closed, 0);
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
	{ "longer than its row", D, S, MSG_STOP, 0, 0, 0, 1025, "too long" },
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
	{ "carried, not claimed", D, S, MSG_LOG, 0, 1, 0, -1, "descriptors" },
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
		raw_record(&body, type->rec, msggen_empty(pt.gen, type->rec));
	raw_header(&frame,
	    v->length == -1 ? (uint32_t)body.len : (uint32_t)v->length, v->type,
	    v->claims, 0, v->id);
	if (v->length != 0)
		raw_put(&frame, body.p, body.len);
	pt_start(v->from, v->state);
	ck_assert_int_eq(
	    fdpass_send(pt.fd, frame.p, frame.len, fds, v->carries),
	    (ssize_t)frame.len);
	pt_run_until_closed();
	ck_assert_int_eq(pt.closed_err, RL_ERR_PROTOCOL);
	ck_assert_msg(strstr(pt.closed_why, v->why) != NULL, "%s: %s", v->name,
	    pt.closed_why);
	/* One surplus descriptor is noticed after the message it hides in. */
	if (v->claims == 0 && v->carries > 0)
		ck_assert_uint_le(pt.handled, 1);
	else
		ck_assert_uint_eq(pt.handled, 0);
	ck_assert_int_eq(pt.nfds_seen, 0);
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
	const struct msg_type *type;
	struct raw body = { 0 }, frame = { 0 };
	int fds[MSG_MAX_FDS] = { 0, 1, 2, 0 };

	for (size_t i = 0; (type = msg_type_at(i)) != NULL; i++)
		for (size_t f = 0; f < NELEM(froms); f++)
			for (size_t s = 0; s < NELEM(states); s++) {
				const struct msg_rule *r = NULL;
				uint8_t nfds = 0;

				for (size_t k = 0; k < PT_NRULES; k++)
					if (pt_rules[k].type == type->type)
						r = &pt_rules[k];
				if (r != NULL)
					nfds = r->nfds;
				if (r != NULL && (!(r->from & froms[f]) ||
						     !(r->states & states[s]) ||
						     r->answers != 0))
					r = NULL;
				raw_reset(&body);
				raw_reset(&frame);
				raw_record(&body, type->rec,
				    msggen_empty(pt.gen, type->rec));
				raw_frame(&frame, type->type, nfds, 1, &body);
				pt_start(froms[f], states[s]);
				ck_assert_int_eq(fdpass_send(pt.fd, frame.p,
						     frame.len, fds, nfds),
				    (ssize_t)frame.len);
				if (r != NULL) {
					pt_run_until_handled(1);
					continue;
				}
				pt_run_until_closed();
				ck_assert_int_eq(
				    pt.closed_err, RL_ERR_PROTOCOL);
				ck_assert_uint_eq(pt.handled, 0);
			}
	raw_free(&body);
	raw_free(&frame);
}
END_TEST

START_TEST(once_is_once)
{
	struct msg_ready ready = { .level = "full" };

	pt_start(D, PST_INIT);
	pt_say(MSG_READY, 0, &ready);
	pt_run_until_handled(1);
	peer_set_state(pt.peer, PST_INIT); /* even if the state allowed it */
	pt_say(MSG_READY, 0, &ready);
	pt_run_until_closed();
	ck_assert_int_eq(pt.closed_err, RL_ERR_PROTOCOL);
	ck_assert_str_eq(
	    pt.closed_why, "a second message of a kind it may send once");
	ck_assert_uint_eq(pt.handled, 1);
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
	pt_start(D, PST_SERVING);
	pt_write(frame.p, frame.len);
	pt_run_until_closed();
	ck_assert_uint_eq(pt.handled, 1);
	/* And what is sent later is not read. */
	raw_free(&body);
	raw_free(&frame);
}
END_TEST

START_TEST(handler_finds_a_violation)
{
	pt_start(D, PST_SERVING);
	pt.handler_result = RL_ERR_INVALID;
	pt_say_log("x");
	pt_run_until_closed();
	ck_assert_int_eq(pt.closed_err, RL_ERR_PROTOCOL);
	ck_assert_str_eq(pt.closed_why, "a message that makes no sense");
	ck_assert_uint_eq(pt.handled, 1);
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
		pt_start(D, PST_SERVING);
		pt.text[0] = '\0';
		if (cut > 0)
			pt_write(frame.p, cut);
		/* The loop sees the first part alone. */
		loop_timer_arm(pt.guard, PT_GUARD_MS);
		if (cut > 0 && cut < frame.len) {
			struct loop_timer *tick = loop_timer_new(
			    pt.loop, (void (*)(void *))loop_stop, pt.loop);

			loop_timer_arm(tick, 1);
			ck_assert_int_eq(loop_run(pt.loop), 0);
			loop_timer_free(tick);
			ck_assert_uint_eq(pt.handled, 0);
		}
		if (cut < frame.len)
			pt_write(frame.p + cut, frame.len - cut);
		pt_run_until_handled(1);
		ck_assert_str_eq(pt.text, "in pieces");
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
	pt_start(D, PST_SERVING);
	pt_write(frame.p, frame.len);
	pt_run_until_handled(1000);
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
			raw_header(&frame, (uint32_t)msggen_below(pt.gen, 200),
			    MSG_LOG, 0, 0, 0);
		if (i % 3 == 2) {
			raw_frame(&frame, MSG_LOG, 0, 0, &body);
			frame.p[msggen_below(pt.gen, frame.len)] ^=
			    (uint8_t)(1 << msggen_below(pt.gen, 8));
		}
		for (uint64_t k = msggen_below(pt.gen, 300) + 250; k > 0; k--)
			raw_byte(&frame, (unsigned)msggen_below(pt.gen, 256));
		pt_start(D, PST_SERVING);
		pt_write(frame.p, frame.len);
		shutdown(pt.fd, SHUT_WR);
		pt_run_until_closed();
		ck_assert(pt.closed_err == RL_ERR_PROTOCOL ||
			  pt.closed_err == RL_ERR_EOF);
	}
	raw_free(&body);
	raw_free(&frame);
}
END_TEST

Suite *
suite_peer(void)
{
	Suite *s = suite_create("peer");
	TCase *tc = tcase_create("peer");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, pt_setup, pt_teardown);
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
	suite_add_tcase(s, tc);
	return s;
}
