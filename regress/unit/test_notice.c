/*
 * Notices in the sandboxer: which bytes have a keeper look, how often it is
 * told to, what of its words is news, and how often the monitor is told.
 */
#include "config.h"

#include <check.h>
#include <string.h>
#include <unistd.h>

#include "fdpass.h"
#include "loop.h"
#include "msg.h"
#include "msgdef.h"
#include "peer.h"
#include "ringlet-sandboxer/sandboxer.h"
#include "suites.h"

static struct env env;
static struct session s;
static int monitor; /* our end of its channel */
static bool busy;
static unsigned int saves;

/* In keeper.c's place. */

void
keeper_save(struct session *who)
{
	ck_assert_ptr_eq(who, &s);
	saves++;
	loop_stop(env.loop);
}

bool
keeper_is_busy(const struct session *who)
{
	ck_assert_ptr_eq(who, &s);
	return busy;
}

static void
on_closed(struct peer *p, int err, const char *why)
{
	(void)p;
	(void)err;
	(void)why;
}

static const struct msg_rule rules[] = {
	{ MSG_OK, FROM_MONITOR, PST_SERVING, 0, 16, 0, MSG_LOG, NULL },
};

static const struct peer_ops ops = {
	.rules = rules, .nrules = 1, .closed = on_closed
};

static void
setup(void)
{
	int sv[2];

	memset(&env, 0, sizeof(env));
	memset(&s, 0, sizeof(s));
	busy = false;
	saves = 0;
	ck_assert_int_eq(fd_pair(sv), 0);
	env.loop = loop_new();
	env.monitor = peer_new(
	    env.loop, sv[0], FROM_MONITOR, PST_SERVING, "monitor", &ops, NULL);
	monitor = sv[1];
	s.env = &env;
	memcpy(s.id, "0123456789abcdef", SESSION_ID_LEN);
}

static void
teardown(void)
{
	notice_clear(&s);
	peer_free(env.monitor);
	loop_free(env.loop);
	close(monitor);
}

static void
output(const char *bytes, size_t len)
{
	notice_output(&s, (const uint8_t *)bytes, len);
}

static void
on_deadline(void *arg)
{
	loop_stop(arg);
}

/* Lets time pass, until a keeper is told to look or so long. */
static void
turn(uint64_t ms)
{
	struct loop_timer *t = loop_timer_new(env.loop, on_deadline, env.loop);

	loop_timer_arm(t, ms);
	ck_assert_int_eq(loop_run(env.loop), 0);
	loop_timer_free(t);
}

static void
heard(enum notice_kind kind, const char *title, const char *text)
{
	const struct msg_jail_notice *n;
	struct msg m;

	ck_assert_int_eq(msg_read(monitor, 0, &m), 0);
	ck_assert_uint_eq(m.hdr.type, MSG_JAIL_NOTICE);
	n = m.body;
	ck_assert_str_eq(n->id, s.id);
	ck_assert_uint_eq(n->kind, kind);
	ck_assert_str_eq(n->title, title);
	ck_assert_str_eq(n->text, text);
	msg_clear(&m);
}

static void
silence(void)
{
	struct msg m;

	ck_assert_int_ne(msg_read(monitor, 0, &m), 0);
}

static const struct {
	const char *bytes;
	bool hint;
} endings[] = {
	{ "a\ab", true },
	{ "x\033\\y", true },
	{ "x\302\234y", true },
	{ "\\\\\033\033\\", true },
	{ "plain text \\ and more\r\n", false },
	{ "\033[1m\\", false },
	{ "\033x\\", false },
	{ "\303\234\234\302x", false },
};

/* In parts that are cut anywhere. */
START_TEST(what_is_a_hint)
{
	const char *bytes = endings[_i].bytes;
	size_t len = strlen(bytes);

	for (size_t cut = 0; cut <= len; cut++) {
		output("\n", 1);
		output(bytes, cut);
		output(bytes + cut, len - cut);
		ck_assert_msg(
		    s.notice.hinted == endings[_i].hint, "cut at %zu", cut);
		notice_end(&s);
	}
}
END_TEST

/* Soon, and then not again for a while; one that is busy is waited for. */
START_TEST(looks_are_bounded)
{
	uint64_t began;

	output("\a", 1);
	turn(5000);
	ck_assert_uint_eq(saves, 1);
	began = s.notice.looked_at;
	busy = true;
	for (int i = 0; i < 1000; i++)
		output("\a", 1);
	ck_assert(s.notice.hinted);
	turn(1500);
	ck_assert_uint_eq(saves, 1);
	ck_assert(s.notice.hinted);
	busy = false;
	turn(5000);
	ck_assert_uint_eq(saves, 2);
	ck_assert(!s.notice.hinted);
	ck_assert_uint_ge(s.notice.looked_at - began, 1000);
	notice_end(&s);
}
END_TEST

START_TEST(old_is_no_news)
{
	notice_read(&s, 100);
	notice_found(&s, 100, 99, "old", "old");
	silence();
	notice_read(&s, 50); /* a keeper that began anew */
	notice_found(&s, 60, 100, "old", "old");
	silence();
	notice_found(&s, 101, 100, "old", "old");
	heard(NOTICE_BELL, "", "");
	silence();
}
END_TEST

/* The last one counts; a bell takes no notification's place. */
START_TEST(words_are_bounded)
{
	notice_found(&s, 1, 0, "", "");
	heard(NOTICE_BELL, "", "");
	notice_found(&s, 2, 0, "", "");
	notice_found(&s, 2, 3, "a", "first");
	notice_found(&s, 0, 4, "", "second");
	notice_found(&s, 5, 0, "", "");
	silence();
	turn(1500);
	heard(NOTICE_NOTIFICATION, "", "second");
	silence();
	turn(1500);
	silence();
	notice_found(&s, 6, 0, "", "");
	heard(NOTICE_BELL, "", "");
	/* Nobody cares for what is left at the end. */
	notice_found(&s, 7, 0, "", "");
	notice_end(&s);
	turn(1500);
	silence();
}
END_TEST

Suite *
suite_notice(void)
{
	Suite *suite = suite_create("notice");
	TCase *tc = tcase_create("notice");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(
	    tc, what_is_a_hint, 0, (int)(sizeof(endings) / sizeof(*endings)));
	tcase_add_test(tc, looks_are_bounded);
	tcase_add_test(tc, old_is_no_news);
	tcase_add_test(tc, words_are_bounded);
	suite_add_tcase(suite, tc);
	return suite;
}
