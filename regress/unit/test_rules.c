/*
 * Who may say what to the monitor: its real rule rows, driven by a real peer,
 * held against a second opinion that is written down here.  Every message
 * type there is, from each side and in each state, must run exactly the
 * handler that is expected, or end the channel.  A row that is widened by
 * mistake fails here; one that is meant to be there is added here, too.
 */

#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "fdpass.h"
#include "loop.h"
#include "regress/peer/msggen.h"
#include "regress/peer/rawmsg.h"
#include "ringlet-monitor/monitor.h"
#include "suites.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

/* A token is wanted from ringletd: none, any, or one with control. */
enum need { NONE, VIEW, CONTROL };

static const struct {
	uint16_t type;
	const char *handler;
	uint16_t from;
	uint16_t states;
	enum need need;
} permitted[] = {
#define CLI  FROM_CLI
#define D    FROM_RINGLETD
#define SB   FROM_SANDBOXER
#define INIT PST_INIT
#define SERV PST_SERVING
	{ MSG_READY, "READY", D | SB, INIT, NONE },
	{ MSG_LOG, "LOG", D | SB, INIT | SERV, NONE },
	{ MSG_AUTH_CHECK, "AUTH_CHECK", D, SERV, VIEW },
	/* Asked before a byte is read, so before there is a token. */
	{ MSG_CONN_CHECK, "CONN_CHECK", D, SERV, NONE },
	/* Names of folders are no view of what Ringlet has. */
	{ MSG_FS_LIST, "FS_LIST", D, SERV, CONTROL },
	{ MSG_FS_COMPLETE, "FS_COMPLETE", D, SERV, CONTROL },
	{ MSG_STATUS_GET, "STATUS_GET", D | CLI, SERV, VIEW },
	/* Who has one token must not make himself another. */
	{ MSG_TOKEN_CREATE, "TOKEN_CREATE", CLI, SERV, NONE },
	{ MSG_TOKEN_LIST, "TOKEN_LIST", D | CLI, SERV, CONTROL },
	{ MSG_TOKEN_REVOKE, "TOKEN_REVOKE", D | CLI, SERV, CONTROL },
	{ MSG_TOKEN_ROTATE, "TOKEN_ROTATE", CLI, SERV, NONE },
	{ MSG_TOKEN_SELF, "TOKEN_SELF", D, SERV, VIEW },
	{ MSG_TOKEN_END, "TOKEN_END", D, SERV, VIEW },
	/* A code is good for a token, so the same; who uses it has none yet. */
	{ MSG_CODE_CREATE, "CODE_CREATE", CLI, SERV, NONE },
	{ MSG_TOKEN_EXCHANGE, "TOKEN_EXCHANGE", D, SERV, NONE },
	{ MSG_STOP, "STOP", D | CLI, SERV, CONTROL },
	/* It executes a program: never over the network. */
	{ MSG_RESTART, "RESTART", CLI, SERV, NONE },
	{ MSG_PUBKEY_GET, "PUBKEY_GET", D | CLI, SERV, VIEW },
	{ MSG_AGENT_LIST, "AGENT_LIST", D | CLI, SERV, VIEW },
	{ MSG_PROVIDER_LIST, "PROVIDER_LIST", D | CLI, SERV, VIEW },
	{ MSG_PROFILE_CREATE, "PROFILE_CREATE", D | CLI, SERV, CONTROL },
	{ MSG_PROFILE_LIST, "PROFILE_LIST", D | CLI, SERV, VIEW },
	{ MSG_PROFILE_GET, "PROFILE_GET", D | CLI, SERV, VIEW },
	{ MSG_PROFILE_DELETE, "PROFILE_DELETE", D | CLI, SERV, CONTROL },
	{ MSG_PROFILE_REKEY, "PROFILE_REKEY", D | CLI, SERV, CONTROL },
	/* These two hand out a key: never over the network. */
	{ MSG_PROFILE_ENV, "PROFILE_RUN", CLI, SERV, NONE },
	{ MSG_PROFILE_RUN, "PROFILE_RUN", CLI, SERV, NONE },
	/* And these two look around, and loosen jails. */
	{ MSG_JAIL_EXPLAIN, "JAIL_EXPLAIN", CLI, SERV, NONE },
	/* No question about a path, and the rules of a session of ringletd. */
	{ MSG_JAIL_SHOW, "JAIL_SHOW", D, SERV, CONTROL },
	{ MSG_PROFILE_ENDPOINT, "PROFILE_ENDPOINT", CLI, SERV, NONE },
	{ MSG_PROFILE_GRANT, "PROFILE_GRANT", CLI, SERV, NONE },
	/* These tell which keys there are, and delete those of nobody. */
	{ MSG_KEYS_CHECK, "KEYS_CHECK", CLI, SERV, NONE },
	{ MSG_ORPHAN_DELETE, "ORPHAN_DELETE", CLI, SERV, NONE },
	/* It opens a window on a display: never over the network. */
	{ MSG_PROMPT_ALLOW, "PROMPT_ALLOW", CLI, SERV, NONE },
	{ MSG_SESSION_CREATE, "SESSION_CREATE", D | CLI, SERV, CONTROL },
	/* It reads no key, and may leave the jail out: for the CLI alone. */
	{ MSG_SANDBOX_CHECK, "SANDBOX_CHECK", CLI, SERV, NONE },
	{ MSG_SESSION_LIST, "SESSION_LIST", D | CLI, SERV, VIEW },
	{ MSG_SESSION_GET, "SESSION_GET", D | CLI, SERV, VIEW },
	{ MSG_SESSION_KILL, "SESSION_KILL", D | CLI, SERV, CONTROL },
	{ MSG_SESSION_CLEANUP, "SESSION_CLEANUP", D | CLI, SERV, CONTROL },
	{ MSG_SESSION_ATTACH, "SESSION_ATTACH", D | CLI, SERV, VIEW },
	/* What an agent is shown is as good as typed. */
	{ MSG_UPLOAD_BEGIN, "UPLOAD_BEGIN", D | CLI, SERV, CONTROL },
	{ MSG_UPLOAD_MORE, "UPLOAD_MORE", D | CLI, SERV, CONTROL },
	{ MSG_UPLOAD_DROP, "UPLOAD_DROP", D | CLI, SERV, CONTROL },
	/* Entries name programs and files: not for whoever may only look. */
	{ MSG_AUDIT_READ, "AUDIT_READ", D | CLI, SERV, CONTROL },
	{ MSG_AUDIT_VERIFY, "AUDIT_VERIFY", CLI, SERV, NONE },
	/* It names the administrator's rules. */
	{ MSG_POLICY_SHOW, "POLICY_SHOW", D | CLI, SERV, CONTROL },
	{ MSG_JAIL_TIER, "JAIL_TIER", SB, SERV, NONE },
	/* Passphrases, and where keys are: never over the network. */
	{ MSG_KEYCHAIN_STATUS, "KEYCHAIN_STATUS", CLI, SERV, NONE },
	{ MSG_KEYCHAIN_UNLOCK, "KEYCHAIN_UNLOCK", CLI, SERV, NONE },
	{ MSG_KEYCHAIN_LOCK, "KEYCHAIN_LOCK", CLI, SERV, NONE },
	{ MSG_KEYCHAIN_PASSPHRASE, "KEYCHAIN_PASSPHRASE", CLI, SERV, NONE },
	{ MSG_KEYCHAIN_MIGRATE, "KEYCHAIN_MIGRATE", CLI, SERV, NONE },
	{ MSG_REGISTRY_GET, "REGISTRY_GET", D | CLI, SERV, VIEW },
	{ MSG_REGISTRY_PIN, "REGISTRY_PIN", D | CLI, SERV, CONTROL },
	/* A folder is shown by who has a file system; the other way round
	   somebody else fetches. */
	{ MSG_REGISTRY_INSTALL, "REGISTRY_INSTALL", CLI, SERV, NONE },
	{ MSG_REGISTRY_SYNC, "REGISTRY_SYNC", D, SERV, CONTROL },
	{ MSG_HOOK_LIST, "HOOK_LIST", D | CLI, SERV, VIEW },
	{ MSG_HOOK_ADD, "HOOK_ADD", D | CLI, SERV, CONTROL },
	{ MSG_HOOK_REMOVE, "HOOK_REMOVE", D | CLI, SERV, CONTROL },
	{ MSG_HOOK_IMPORT, "HOOK_IMPORT", D | CLI, SERV, CONTROL },
	/* Whoever has a token may propose what runs, not decide it. */
	{ MSG_HOOK_APPROVE, "HOOK_APPROVE", CLI, SERV, NONE },
	{ MSG_HOOK_RUN, "HOOK_RUN", CLI, SERV, NONE },
	{ MSG_JAIL_HOOK, "JAIL_HOOK", SB, SERV, NONE },
	{ MSG_JAIL_STATE, "JAIL_STATE", SB, SERV, NONE },
	{ MSG_JAIL_SCREEN, "JAIL_SCREEN", SB, SERV, NONE },
	{ MSG_JAIL_NOTICE, "JAIL_NOTICE", SB, SERV, NONE },
	{ MSG_VIEWER_GONE, "VIEWER_GONE", SB, SERV, NONE },
};

static const struct {
	const char *name;
	uint16_t from;
	const struct peer_ops *ops;
} sides[] = {
	{ "the CLI", CLI, &control_ops },
	{ "ringletd", D, &ringletd_ops },
	{ "the sandboxer", SB, &sandboxer_ops },
};

/* --- the monitor's other files, as far as its rows need them --- */

static struct {
	const char *ran; /* the handler */
	unsigned runs;
	unsigned judged;
	bool judged_control;
	int verdict;
	unsigned closed;
	struct loop *loop;
} t;

#define HANDLER(name)                                                          \
	int on_##name(struct peer *p, struct msg *m)                           \
	{                                                                      \
		t.ran = #name;                                                 \
		t.runs++;                                                      \
		loop_stop(t.loop);                                             \
		return 0;                                                      \
	}
HANDLER(READY)
HANDLER(LOG)
HANDLER(AUTH_CHECK)
HANDLER(TOKEN_CREATE)
HANDLER(TOKEN_LIST)
HANDLER(TOKEN_REVOKE)
HANDLER(TOKEN_ROTATE)
HANDLER(TOKEN_SELF)
HANDLER(TOKEN_END)
HANDLER(CODE_CREATE)
HANDLER(TOKEN_EXCHANGE)
HANDLER(CONN_CHECK)
HANDLER(FS_LIST)
HANDLER(FS_COMPLETE)
HANDLER(PUBKEY_GET)
HANDLER(STATUS_GET)
HANDLER(STOP)
HANDLER(RESTART)
HANDLER(AGENT_LIST)
HANDLER(PROVIDER_LIST)
HANDLER(PROFILE_CREATE)
HANDLER(PROFILE_LIST)
HANDLER(PROFILE_GET)
HANDLER(PROFILE_DELETE)
HANDLER(PROFILE_REKEY)
HANDLER(KEYS_CHECK)
HANDLER(ORPHAN_DELETE)
HANDLER(PROFILE_RUN)
HANDLER(JAIL_EXPLAIN)
HANDLER(JAIL_SHOW)
HANDLER(PROFILE_ENDPOINT)
HANDLER(PROFILE_GRANT)
HANDLER(PROMPT_ALLOW)
HANDLER(AUDIT_READ)
HANDLER(AUDIT_VERIFY)
HANDLER(JAIL_TIER)
HANDLER(POLICY_SHOW)
HANDLER(SANDBOX_CHECK)
HANDLER(SESSION_CREATE)
HANDLER(SESSION_LIST)
HANDLER(SESSION_GET)
HANDLER(SESSION_KILL)
HANDLER(SESSION_CLEANUP)
HANDLER(SESSION_ATTACH)
HANDLER(JAIL_STATE)
HANDLER(JAIL_SCREEN)
HANDLER(JAIL_NOTICE)
HANDLER(VIEWER_GONE)
HANDLER(REGISTRY_GET)
HANDLER(REGISTRY_PIN)
HANDLER(REGISTRY_INSTALL)
HANDLER(REGISTRY_SYNC)
HANDLER(KEYCHAIN_STATUS)
HANDLER(KEYCHAIN_UNLOCK)
HANDLER(KEYCHAIN_LOCK)
HANDLER(KEYCHAIN_PASSPHRASE)
HANDLER(KEYCHAIN_MIGRATE)
HANDLER(HOOK_LIST)
HANDLER(HOOK_ADD)
HANDLER(HOOK_REMOVE)
HANDLER(HOOK_IMPORT)
HANDLER(HOOK_APPROVE)
HANDLER(HOOK_RUN)
HANDLER(JAIL_HOOK)
HANDLER(UPLOAD_BEGIN)
HANDLER(UPLOAD_MORE)
HANDLER(UPLOAD_DROP)

int
auth_token(struct peer *p, const struct msg_bin *token, bool control)
{
	t.judged++;
	t.judged_control = control;
	if (t.verdict != 0)
		loop_stop(t.loop);
	return t.verdict;
}

const char *
auth_refusal(struct peer *p)
{
	return NULL;
}

void
control_closed(struct peer *p, int err, const char *why)
{
	t.closed++;
	loop_stop(t.loop);
}

void
child_condemn(struct child *c, const char *why)
{
	/* NULL would mean that it merely went away. */
	ck_assert_ptr_nonnull(why);
	t.closed++;
	loop_stop(t.loop);
}

/* --- */

static struct client client;
static struct msggen *gen;

static void
setup(void)
{
	memset(&t, 0, sizeof(t));
	t.loop = loop_new();
	gen = msggen_new(1);
}

static void
teardown(void)
{
	msggen_free(gen);
	loop_free(t.loop);
}

/* Sends one empty message of that type and runs until something happens. */
static void
send_one(size_t side, uint16_t state, const struct msg_type *type, uint8_t nfds,
    uint32_t id)
{
	struct raw body = { 0 }, frame = { 0 };
	const int fds[MSG_MAX_FDS] = { 0, 1, 2, 0 };
	struct peer *p;
	int sv[2];

	t.ran = NULL;
	t.runs = t.judged = t.closed = 0;
	ck_assert_int_eq(fd_pair(sv), 0);
	p = peer_new(t.loop, sv[0], sides[side].from, state, "x",
	    sides[side].ops, &client);
	raw_record(&body, type->rec, msggen_empty(gen, type->rec));
	raw_frame(&frame, type->type, nfds, id, &body);
	ck_assert_int_eq(fdpass_send(sv[1], frame.p, frame.len, fds, nfds),
	    (ssize_t)frame.len);
	ck_assert_int_eq(loop_run(t.loop), 0);
	peer_free(p);
	close(sv[1]);
	raw_free(&body);
	raw_free(&frame);
}

static int
find_permitted(uint16_t type, uint16_t from, uint16_t state)
{
	for (size_t i = 0; i < NELEM(permitted); i++)
		if (permitted[i].type == type && permitted[i].from & from &&
		    permitted[i].states & state)
			return (int)i;
	return -1;
}

/* Of all that comes to the monitor, these alone carry a descriptor. */
static uint8_t
fds_of(uint16_t type)
{
	return type == MSG_JAIL_SCREEN || type == MSG_CONN_CHECK ||
	    type == MSG_REGISTRY_INSTALL
	    ? 1
	    : 0;
}

START_TEST(only_what_is_permitted)
{
	static const uint16_t states[] = { PST_INIT, PST_SERVING };
	const struct msg_type *type;
	size_t side = (size_t)_i;

	for (size_t s = 0; s < NELEM(states); s++)
		for (size_t i = 0; (type = msg_type_at(i)) != NULL; i++) {
			int k = find_permitted(
			    type->type, sides[side].from, states[s]);

			send_one(side, states[s], type, fds_of(type->type), 7);
			if (k == -1) {
				if (t.runs != 0 || t.closed != 1)
					ck_abort_msg("%s may say %s (%s)",
					    sides[side].name, type->name,
					    s == 0 ? "INIT" : "SERVING");
				continue;
			}
			if (t.runs != 1 || t.closed != 0)
				ck_abort_msg("%s may not say %s (%s)",
				    sides[side].name, type->name,
				    s == 0 ? "INIT" : "SERVING");
			ck_assert_str_eq(t.ran, permitted[k].handler);
			if (sides[side].from != D) {
				ck_assert_uint_eq(t.judged, 0);
				continue;
			}
			ck_assert_msg(t.judged == (permitted[k].need != NONE),
			    "%s", type->name);
			if (t.judged != 0)
				ck_assert_msg(
				    t.judged_control ==
					(permitted[k].need == CONTROL),
				    "%s", type->name);
		}
}
END_TEST

START_TEST(no_other_descriptors)
{
	const struct msg_type *type;
	size_t side = (size_t)_i;

	for (size_t i = 0; (type = msg_type_at(i)) != NULL; i++)
		for (uint8_t nfds = 0; nfds <= MSG_MAX_FDS; nfds++) {
			if (nfds == fds_of(type->type))
				continue;
			send_one(side, PST_SERVING, type, nfds, 7);
			ck_assert_uint_eq(t.runs, 0);
			ck_assert_uint_eq(t.closed, 1);
			ck_assert_uint_eq(t.judged, 0);
		}
}
END_TEST

START_TEST(a_bad_token_runs_nothing)
{
	t.verdict = RL_ERR_AUTH;
	for (size_t i = 0; i < NELEM(permitted); i++) {
		if (permitted[i].need == NONE)
			continue;
		send_one(1, PST_SERVING, msg_type_get(permitted[i].type), 0, 7);
		ck_assert_uint_eq(t.runs, 0);
		ck_assert_uint_eq(t.judged, 1);
		ck_assert_uint_eq(t.closed, 0);
	}
}
END_TEST

/*
 * No row lets anybody send half a megabyte, nor a request be an answer; and
 * ringletd is asked but one thing.
 */
START_TEST(rows_are_sane)
{
	for (size_t s = 0; s < NELEM(sides); s++)
		for (size_t i = 0; i < sides[s].ops->nrules; i++) {
			const struct msg_rule *r = &sides[s].ops->rules[i];

			ck_assert_ptr_nonnull(msg_type_get(r->type));
			ck_assert_uint_le(r->maxlen, MSG_MAX_BODY / 2);
			ck_assert_uint_gt(r->maxlen, 0);
			ck_assert_uint_ne(r->states, 0);
			ck_assert_uint_eq(
			    r->states & ~(PST_INIT | PST_SERVING), 0);
			ck_assert((r->handler == NULL) == (r->answers != 0));
			ck_assert(!(r->flags & RULE_CONTROL) ||
				  r->flags & RULE_TOKEN);
			if (r->answers == 0)
				continue;
			ck_assert_uint_eq(r->from,
			    sides[s].from == D ? D : SB);
			if (r->from == D)
				ck_assert(r->answers == MSG_ALIVE &&
					  r->maxlen == 16);
		}
	ck_assert_ptr_nonnull(ringletd_ops.authorise);
}
END_TEST

Suite *
suite_rules(void)
{
	Suite *s = suite_create("rules");
	TCase *tc = tcase_create("monitor");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, only_what_is_permitted, 0, NELEM(sides));
	tcase_add_loop_test(tc, no_other_descriptors, 0, NELEM(sides));
	tcase_add_test(tc, a_bad_token_runs_nothing);
	tcase_add_test(tc, rows_are_sane);
	suite_add_tcase(s, tc);
	return s;
}
