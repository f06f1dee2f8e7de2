/*
 * Viewers of a session: what they type, see and are told; and hostile ones,
 * who may at worst lose their own channel.
 */

#include "config.h"

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "fdpass.h"
#include "loop.h"
#include "rig.h"
#include "xmalloc.h"

static bool jails;

static void
run(struct rig *r, struct rig_session *s, const char *script)
{
	struct rig_plan p = { .script = script, .unjailed = !jails };

	rig_must_run(r, &p, s);
}

static void
end(struct rig *r, struct rig_session *s)
{
	struct msg_jail_kill k = { .id = s->id, .signal = SIGKILL };
	struct msg_jail_drop drop = { .id = s->id };
	struct msg m;

	rig_send(r, MSG_JAIL_KILL, &k);
	rig_wait_end(r, s, &m);
	msg_clear(&m);
	rig_expect(r, MSG_KILLED, &m);
	msg_clear(&m);
	rig_send(r, MSG_JAIL_DROP, &drop);
	rig_expect(r, MSG_OK, &m);
	msg_clear(&m);
	/* It is forgotten. */
	rig_send(r, MSG_JAIL_DROP, &drop);
	rig_expect(r, MSG_ERROR, &m);
	ck_assert_int_eq(((struct msg_error *)m.body)->code, RL_ERR_NOTFOUND);
	msg_clear(&m);
	rig_session_done(s);
}

static void
expect_gone(struct rig *r, const struct rig_viewer *v)
{
	struct msg m;

	rig_expect(r, MSG_VIEWER_GONE, &m);
	ck_assert_uint_eq(
	    ((struct msg_viewer_gone *)m.body)->viewer, v->number);
	msg_clear(&m);
}

static void
send_size(const struct rig_viewer *v, unsigned int cols, unsigned int rows)
{
	struct msg_viewer_resize size = { cols, rows };

	rig_view_send(v, MSG_VIEWER_RESIZE, &size);
}

static void
expect_size(const struct rig_viewer *v, unsigned int cols, unsigned int rows)
{
	struct msg m;

	ck_assert_int_eq(msg_read(v->sock, RIG_WAIT_MS, &m), 0);
	ck_assert_uint_eq(m.hdr.type, MSG_VIEWER_SIZE);
	ck_assert_uint_eq(((struct msg_viewer_size *)m.body)->cols, cols);
	ck_assert_uint_eq(((struct msg_viewer_size *)m.body)->rows, rows);
	msg_clear(&m);
}

static void
send_at(const struct rig_viewer *v, uint64_t offset)
{
	struct msg_viewer_at at = { offset };

	rig_view_send(v, MSG_VIEWER_AT, &at);
}

#define WAKE_ECHO (UINT64_C(1) << 32) /* more comes without an AT */

/* What the event says within ms; 0: it does not fire. */
static uint64_t
wake_number(const struct rig_viewer *v, int ms)
{
	struct pollfd pfd = { v->event, POLLIN, 0 };
	uint64_t n = 0;

	if (poll(&pfd, 1, ms) != 1 ||
	    read(v->event, &n, sizeof(n)) != (ssize_t)sizeof(n))
		return 0;
	return n;
}

static bool
woken(const struct rig_viewer *v, int ms)
{
	return wake_number(v, ms) != 0;
}

START_TEST(test_type)
{
	struct rig *r = rig_start();
	struct rig_session s;
	struct rig_viewer v;

	run(r, &s, "while read x; do echo \"<$x>\"; done");
	rig_attach(r, &s, false, &v);
	rig_view_type(&v, "one\r");
	rig_wait_output(&s, "<one>");
	rig_view_type(&v, "two\x7f\x7fwenty\r");
	rig_wait_output(&s, "<twenty>");
	rig_view_done(&v);
	expect_gone(r, &v);
	end(r, &s);
	rig_stop(r);
}
END_TEST

START_TEST(test_resize)
{
	struct rig *r = rig_start();
	struct rig_session s;
	struct rig_viewer a, b;

	run(r, &s, "trap 'stty size' WINCH; echo up; while :; do read x; done");
	rig_wait_output(&s, "up");
	rig_attach(r, &s, false, &a);
	rig_attach(r, &s, false, &b);
	send_size(&a, 100, 40);
	rig_wait_output(&s, "40 100\r\n");
	expect_size(&a, 100, 40);
	expect_size(&b, 100, 40);
	/* The other's window does not count while it has not typed. */
	send_size(&b, 120, 50);
	expect_size(&b, 100, 40);
	rig_view_type(&b, "\r");
	rig_wait_output(&s, "50 120\r\n");
	expect_size(&a, 120, 50);
	expect_size(&b, 120, 50);
	/* It is told, too, that it has its own size again. */
	rig_view_type(&a, "\r");
	expect_size(&a, 100, 40);
	expect_size(&b, 100, 40);
	/* Who stays decides again. */
	rig_view_done(&b);
	expect_gone(r, &b);
	send_size(&a, 90, 30);
	rig_wait_output(&s, "30 90\r\n");
	rig_view_done(&a);
	expect_gone(r, &a);
	end(r, &s);
	rig_stop(r);
}
END_TEST

static void
answer(const struct rig_viewer *v, const char *text)
{
	struct msg_viewer_input in = { { (const uint8_t *)text,
	    strlen(text) } };

	rig_view_send(v, MSG_VIEWER_ANSWER, &in);
}

/*
 * Every viewer's terminal answers a question of the agent: one answer counts,
 * that of the window that decides, and answering is not typing.
 */
START_TEST(test_answers)
{
	struct rig *r = rig_start();
	struct rig_session s;
	struct rig_viewer a, b;
	char *out;

	run(r, &s,
	    "trap 'stty size' WINCH; stty -echo; echo up; "
	    "while :; do read x && echo \"<$x>\"; done");
	rig_wait_output(&s, "up");
	rig_attach(r, &s, false, &a);
	rig_attach(r, &s, false, &b);
	send_size(&a, 100, 40);
	rig_wait_output(&s, "40 100\r\n");
	send_size(&b, 120, 50);
	expect_size(&b, 100, 40);
	answer(&b, "answer of b\r");
	answer(&b, "again\r");
	answer(&a, "answer of a\r");
	rig_wait_output(&s, "<answer of a>");
	/* b's came before, on a channel that has been read since. */
	rig_view_type(&b, "typed\r");
	rig_wait_output(&s, "<typed>");
	out = rig_output(&s);
	ck_assert_ptr_null(strstr(out, "answer of b"));
	ck_assert_ptr_null(strstr(out, "again"));
	free(out);
	/* Now it is b's window that decides. */
	rig_wait_output(&s, "50 120\r\n");
	answer(&b, "heard\r");
	rig_wait_output(&s, "<heard>");
	rig_view_done(&a);
	rig_view_done(&b);
	expect_gone(r, &a);
	expect_gone(r, &b);
	end(r, &s);
	rig_stop(r);
}
END_TEST

/*
 * A window whose edge is dragged: the agent is told a few times, not a
 * thousand, and of the last size for sure.
 */
START_TEST(test_storm)
{
	struct rig *r = rig_start();
	struct rig_session s;
	struct rig_viewer v, other;
	unsigned int i, told = 0;
	struct msg m;
	bool last = false;

	run(r, &s, "trap 'stty size' WINCH; echo up; while :; do read x; done");
	rig_wait_output(&s, "up");
	rig_attach(r, &s, false, &v);
	rig_attach(r, &s, true, &other);
	for (i = 0; i < 4000; i++)
		send_size(&v, 100 + i % 7, 40);
	send_size(&v, 111, 33);
	while (!last) {
		ck_assert_int_eq(msg_read(other.sock, RIG_WAIT_MS, &m), 0);
		ck_assert_uint_eq(m.hdr.type, MSG_VIEWER_SIZE);
		last = ((struct msg_viewer_size *)m.body)->cols == 111;
		msg_clear(&m);
		told++;
	}
	ck_assert_uint_lt(told, 1000);
	rig_wait_output(&s, "33 111\r\n");
	rig_view_done(&v);
	rig_view_done(&other);
	expect_gone(r, &v);
	expect_gone(r, &other);
	end(r, &s);
	rig_stop(r);
}
END_TEST

START_TEST(test_signals)
{
	struct rig *r = rig_start();
	struct rig_session s;
	struct rig_viewer v;
	struct msg_viewer_signal sig = { SIGINT };
	struct msg m;

	run(r, &s,
	    "trap 'echo interrupted' INT; trap 'echo term' TERM; "
	    "echo up; while :; do sleep 0.05; done");
	rig_wait_output(&s, "up");
	rig_attach(r, &s, false, &v);
	rig_view_send(&v, MSG_VIEWER_SIGNAL, &sig);
	rig_wait_output(&s, "interrupted");
	sig.signal = SIGTERM;
	rig_view_send(&v, MSG_VIEWER_SIGNAL, &sig);
	rig_wait_output(&s, "term");
	/* As a key, too. */
	rig_view_type(&v, "\x03");
	rig_wait_output(&s, "^C");
	sig.signal = SIGKILL;
	rig_view_send(&v, MSG_VIEWER_SIGNAL, &sig);
	rig_wait_end(r, &s, &m);
	ck_assert_str_eq(((struct msg_jail_state *)m.body)->reason, "kill");
	msg_clear(&m);
	/* The viewer is told. */
	ck_assert_int_eq(msg_read(v.sock, RIG_WAIT_MS, &m), 0);
	ck_assert_uint_eq(m.hdr.type, MSG_VIEWER_STATE);
	ck_assert_uint_eq(((struct msg_viewer_state *)m.body)->signal, SIGKILL);
	msg_clear(&m);
	rig_view_done(&v);
	expect_gone(r, &v);
	rig_session_done(&s);
	rig_stop(r);
}
END_TEST

/*
 * One wake-up for each AT, when there is something to read; but one by what was
 * typed says that another will come without.
 */
START_TEST(test_wake)
{
	struct rig *r = rig_start();
	struct rig_session s;
	struct rig_viewer v, idle;
	uint64_t head;

	run(r, &s,
	    "stty -echo; trap 'echo size' WINCH; echo up; "
	    "while :; do read x && echo \"<$x>\"; done");
	rig_wait_output(&s, "up\r\n");
	rig_attach(r, &s, false, &v);
	rig_attach(r, &s, true, &idle);
	send_at(&v, 0); /* there is more already */
	ck_assert_uint_eq(wake_number(&v, RIG_WAIT_MS), 1);
	head = ring_reader_head(s.ring);
	send_at(&v, head);
	rig_view_type(&v, "a\r");
	ck_assert_uint_eq(wake_number(&v, RIG_WAIT_MS), WAKE_ECHO);
	rig_wait_output(&s, "<a>\r\n");
	rig_view_type(&v, "b\r");
	ck_assert_uint_eq(wake_number(&v, RIG_WAIT_MS), WAKE_ECHO);
	rig_wait_output(&s, "<b>\r\n");
	send_size(&v, 100, 40);
	ck_assert_uint_eq(wake_number(&v, RIG_WAIT_MS), 1);
	rig_wait_output(&s, "size\r\n");
	/* Not armed again: silence. */
	rig_view_type(&v, "c\r");
	rig_wait_output(&s, "<c>\r\n");
	ck_assert(!woken(&v, 100));
	send_at(&v, head);
	ck_assert(woken(&v, RIG_WAIT_MS));
	ck_assert(!woken(&idle, 0));
	rig_view_done(&v);
	expect_gone(r, &v);
	rig_view_done(&idle);
	expect_gone(r, &idle);
	end(r, &s);
	rig_stop(r);
}
END_TEST

/* A megabyte typed at an agent that does not read yet: all of it arrives. */
START_TEST(test_much_input)
{
	enum { BLOCK = 60000, BLOCKS = 17 };
	struct rig *r = rig_start();
	struct rig_session s;
	struct rig_viewer v, w;
	struct msg_viewer_input in;
	char *block = xmalloc(BLOCK), *want;
	int i;

	memset(block, 'i', BLOCK);
	in.data.p = (const uint8_t *)block;
	in.data.len = BLOCK;
	want = xasprintf("got %d\r\n", BLOCK * BLOCKS);
	run(r, &s,
	    "stty raw -echo; echo up; sleep 1; "
	    "n=$(head -c 1020000 | tr -d '\\n' | wc -c); "
	    "stty sane; echo got $n; sleep 300");
	rig_wait_output(&s, "up");
	rig_attach(r, &s, false, &v);
	rig_attach(r, &s, false, &w);
	/* The socket takes some; the rest waits for its reader. */
	for (i = 0; i < BLOCKS; i++)
		rig_view_send(&v, MSG_VIEWER_INPUT, &in);
	rig_wait_output(&s, want);
	free(want);
	free(block);
	/* Nobody is stuck. */
	send_size(&w, 33, 44);
	rig_view_done(&v);
	expect_gone(r, &v);
	rig_view_done(&w);
	expect_gone(r, &w);
	end(r, &s);
	rig_stop(r);
}
END_TEST

/* --- flow --- */

/* Long lines: a terminal takes each newline by itself, and slowly. */
#define LINES  "seq -f '%098.0f' 0 107999"
#define NLINES 108000
#define WIDTH  100 /* bytes, with CR and LF */
#define TOTAL  ((uint64_t)NLINES * WIDTH)

/* Reads output to the byte end as a viewer that says AT now and then. */
static void
follow(struct rig_session *s, struct rig_viewer *v, uint64_t at, uint64_t end,
    unsigned int usec)
{
	char block[65536], line[WIDTH + 1];
	uint64_t said = at, oldest, n = at / WIDTH;
	size_t fill = 0, i;
	ssize_t got;

	while (at < end) {
		got = ring_read(s->ring, at, block,
		    end - at < sizeof(block) ? (size_t)(end - at)
					     : sizeof(block),
		    &oldest);
		ck_assert_msg(got >= 0, "lost %llu bytes at %llu",
		    (unsigned long long)(oldest - at), (unsigned long long)at);
		if (got == 0 || at - said >= RING_CAPACITY / 8) {
			send_at(v, at);
			said = at;
			if (got == 0)
				ck_assert(woken(v, RIG_WAIT_MS));
		}
		for (i = 0; i < (size_t)got; i++) {
			/* Each ck_assert is a system call: not here. */
			if (fill == WIDTH)
				ck_abort_msg("line %llu is too long",
				    (unsigned long long)n);
			line[fill++] = block[i];
			if (block[i] != '\n')
				continue;
			line[fill] = '\0';
			ck_assert_uint_eq(fill, WIDTH);
			ck_assert_uint_eq(strtoull(line, NULL, 10), n);
			n++;
			fill = 0;
		}
		at += (uint64_t)got;
		if (usec > 0 && got > 0)
			(void)usleep(usec);
	}
	ck_assert_uint_eq(n, end / WIDTH);
}

/*
 * A viewer that keeps up loses nothing, nor does one that is slower than the
 * agent: the agent waits for it.
 */
START_TEST(test_follow)
{
	struct rig *r = rig_start();
	struct rig_session s;
	struct rig_viewer v, stalled;
	char *script = xasprintf(
	    "while [ ! -e %s/go ]; do sleep 0.05; done; %s", r->work, LINES);
	char *go = xasprintf("touch %s/go", r->work);
	struct msg m;

	run(r, &s, script);
	/* One that never says a word must stop nobody. */
	rig_attach(r, &s, true, &stalled);
	rig_attach(r, &s, true, &v);
	ck_assert_int_eq(system(go), 0);
	follow(&s, &v, 0, TOTAL, _i == 0 ? 0 : 20000);
	rig_wait_end(r, &s, &m);
	msg_clear(&m);
	rig_view_done(&v);
	rig_view_done(&stalled);
	free(script);
	free(go);
	rig_session_done(&s);
	rig_stop(r);
}
END_TEST

/* Whoever leaves is waited for, and comes back for the next byte. */
START_TEST(test_return)
{
	const uint64_t left = 10000 * WIDTH;
	struct rig *r = rig_start();
	struct rig_session s;
	struct rig_viewer v, w;
	char *script = xasprintf(
	    "while [ ! -e %s/go ]; do sleep 0.05; done; %s", r->work, LINES);
	char *go = xasprintf("touch %s/go", r->work);
	struct msg m;

	run(r, &s, script);
	rig_attach(r, &s, true, &v);
	ck_assert_int_eq(system(go), 0);
	follow(&s, &v, 0, left, 0);
	send_at(&v, left);
	rig_view_done(&v);
	expect_gone(r, &v);
	while (ring_reader_head(s.ring) < left + RING_CAPACITY / 2)
		(void)poll(NULL, 0, 10);
	/* Time enough to go on, if it were not stopped. */
	(void)poll(NULL, 0, 200);
	ck_assert_uint_le(
	    ring_reader_head(s.ring), left + RING_CAPACITY / 2 + 65536);
	rig_attach(r, &s, true, &w);
	rig_seek(&w, (int64_t)left, &m);
	ck_assert_uint_eq(m.hdr.type, MSG_VIEWER_FROM);
	msg_clear(&m);
	/* Still stopped: it is as far behind as the one that left. */
	(void)poll(NULL, 0, 200);
	ck_assert_uint_le(
	    ring_reader_head(s.ring), left + RING_CAPACITY / 2 + 65536);
	follow(&s, &w, left, TOTAL, 0);
	rig_wait_end(r, &s, &m);
	msg_clear(&m);
	rig_view_done(&w);
	free(script);
	free(go);
	rig_session_done(&s);
	rig_stop(r);
}
END_TEST

/*
 * With none but a dead viewer, with none, or with one that has left, the agent
 * runs to its end.
 */
START_TEST(test_free_run)
{
	struct rig *r = rig_start();
	struct rig_session s;
	struct rig_viewer v;
	struct msg m;
	char *out;

	run(r, &s, LINES "; echo the end");
	if (_i > 0)
		rig_attach(r, &s, true, &v);
	if (_i == 2) {
		rig_view_done(&v);
		expect_gone(r, &v);
	}
	rig_wait_end(r, &s, &m);
	ck_assert_int_eq(((struct msg_jail_state *)m.body)->exit_code, 0);
	msg_clear(&m);
	ck_assert_uint_eq(ring_reader_head(s.ring), TOTAL + 9);
	ck_assert_uint_eq(ring_reader_tail(s.ring), TOTAL + 9 - RING_CAPACITY);
	out = rig_output(&s);
	ck_assert_ptr_nonnull(strstr(out, "107999\r\nthe end\r\n"));
	free(out);
	if (_i == 1)
		rig_view_done(&v);
	rig_session_done(&s);
	rig_stop(r);
}
END_TEST

/* Nor does one that comes and goes without reading. */
START_TEST(test_flapping)
{
	struct rig *r = rig_start();
	struct rig_session s;
	struct rig_viewer v;
	uint64_t until = loop_now() + 20000;

	run(r, &s, LINES "; read x");
	while (ring_reader_head(s.ring) < TOTAL) {
		ck_assert_msg(loop_now() < until, "the agent is held up");
		rig_attach(r, &s, true, &v);
		rig_view_done(&v);
		expect_gone(r, &v);
		/* Longer than anything takes that it could be waited for. */
		(void)poll(NULL, 0, 10);
	}
	end(r, &s);
	rig_stop(r);
}
END_TEST

/* One that creeps on byte by byte stops the agent no longer than a dead one. */
START_TEST(test_creeping)
{
	struct rig *r = rig_start();
	struct rig_session s;
	struct rig_viewer v;
	struct pollfd pfd = { r->fd, POLLIN, 0 };
	struct msg m;
	uint64_t at, until;
	char *script = xasprintf(
	    "while [ ! -e %s/go ]; do sleep 0.05; done; %s", r->work, LINES);
	char *go = xasprintf("touch %s/go", r->work);

	run(r, &s, script);
	rig_attach(r, &s, true, &v);
	ck_assert_int_eq(system(go), 0);
	while (ring_reader_head(s.ring) < RING_CAPACITY / 2)
		(void)poll(NULL, 0, 10);
	until = loop_now() + 10000;
	for (at = 1; ring_reader_state(s.ring) != SST_TERMINATED; at++) {
		ck_assert_msg(loop_now() < until, "the agent is held up");
		send_at(&v, at);
		(void)poll(&pfd, 1, 100);
	}
	rig_wait_end(r, &s, &m);
	msg_clear(&m);
	rig_view_done(&v);
	free(script);
	free(go);
	rig_session_done(&s);
	rig_stop(r);
}
END_TEST

/* --- hostile viewers --- */

struct frame {
	const char *name;
	const char *bytes;
	size_t len;
	int nfds;
	bool read_only; /* legal for one that may type */
};
#define FRAME(name, bytes)                                                     \
	{                                                                      \
		name, bytes, sizeof(bytes) - 1, 0, false                       \
	}
#define HDR(len, type) len "\0\0\0" type "\0\0\0\0\0\0\0"

static const struct frame frames[] = {
	FRAME("noise", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
	FRAME("type 0", HDR("\1", "\0") "\x90"),
	FRAME("the monitor's JAIL_KILL", HDR("\1", "\x52") "\x90"),
	FRAME("a message to viewers", HDR("\1", "\x68") "\x90"),
	FRAME("length of 4 GiB", "\xff\xff\xff\xff\x64\0\0\0\0\0\0\0"),
	FRAME("length above the row's", "\x00\x02\0\0\x67\0\0\0\0\0\0\0"),
	FRAME("non-zero zero byte", "\1\0\0\0\x67\0\0\1\0\0\0\0\x90"),
	FRAME("body of another kind", HDR("\2", "\x67") "\x91\xa0"),
	FRAME("no field", HDR("\1", "\x67") "\x90"),
	FRAME("a field too many", HDR("\3", "\x67") "\x92\0\0"),
	FRAME("bytes after the body", HDR("\3", "\x67") "\x91\0\0"),
	FRAME("array of 4 billion", HDR("\5", "\x64") "\xdd\xff\xff\xff\xff"),
	FRAME("binary of 4 GiB", HDR("\6", "\x64") "\x91\xc6\xff\xff\xff\xff"),
	FRAME("negative offset", HDR("\2", "\x67") "\x91\xff"),
	FRAME("offset beyond the end",
	    HDR("\x0a", "\x67") "\x91\xcf\1\0\0\0\0\0\0\0"),
	FRAME("signal 19", HDR("\2", "\x66") "\x91\x13"),
	FRAME("signal 0", HDR("\2", "\x66") "\x91\0"),
	FRAME("no columns", HDR("\3", "\x65") "\x92\0\x18"),
	FRAME("4097 columns", HDR("\5", "\x65") "\x92\xcd\x10\x01\x18"),
	FRAME("descriptors announced", "\2\0\0\0\x67\0\1\0\0\0\0\0\x91\0"),
	{ "descriptors sent", HDR("\2", "\x67") "\x91\0", 14, 1, false },
	{ "too many descriptors", HDR("\2", "\x67") "\x91\0", 14, 4, false },
	{ "typing", HDR("\4", "\x64") "\x91\xc4\1!", 16, 0, true },
	{ "resizing", HDR("\3", "\x65") "\x92\x18\x18", 15, 0, true },
	{ "interrupting", HDR("\2", "\x66") "\x91\2", 14, 0, true },
	{ "killing", HDR("\2", "\x66") "\x91\x09", 14, 0, true },
};

START_TEST(test_hostile)
{
	struct rig *r = rig_start();
	struct rig_session s;
	struct rig_viewer good, bad;
	int fds[4];
	size_t i, k;
	char line[64];

	run(r, &s, "stty -echo; echo up; while read x; do echo \"<$x>\"; done");
	rig_wait_output(&s, "up\r\n");
	rig_attach(r, &s, false, &good);
	for (i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		const struct frame *f = &frames[i];

		rig_attach(r, &s, f->read_only, &bad);
		for (k = 0; k < 4; k++)
			fds[k] = bad.event;
		ck_assert_int_eq(fdpass_send(bad.sock, f->bytes, f->len, fds,
				     (size_t)f->nfds),
		    (ssize_t)f->len);
		rig_view_closed(&bad);
		expect_gone(r, &bad);
		rig_view_done(&bad);
		/* The session and the other viewer are as they were. */
		(void)snprintf(line, sizeof(line), "after %s\r", f->name);
		rig_view_type(&good, line);
		(void)snprintf(line, sizeof(line), "<after %s>\r\n", f->name);
		rig_wait_output(&s, line);
	}
	/* A frame that never ends holds up nobody. */
	rig_attach(r, &s, false, &bad);
	ck_assert_int_eq(write(bad.sock, HDR("\x09", "\x64") "\x91", 13), 13);
	rig_view_type(&good, "last\r");
	rig_wait_output(&s, "<last>");
	rig_view_done(&bad);
	expect_gone(r, &bad);
	rig_view_done(&good);
	expect_gone(r, &good);
	end(r, &s);
	rig_stop(r);
}
END_TEST

/* A viewer that never reads what it is told is dropped, not waited for. */
START_TEST(test_deaf)
{
	struct rig *r = rig_start();
	struct rig_session s;
	struct rig_viewer good, deaf;
	int i;

	run(r, &s, "stty -echo; echo up; while read x; do echo \"<$x>\"; done");
	rig_wait_output(&s, "up\r\n");
	rig_attach(r, &s, false, &good);
	rig_attach(r, &s, false, &deaf);
	for (i = 0; i < 2000; i++)
		send_size(&good, 80 + (unsigned int)(i & 1), 24);
	rig_view_type(&good, "on\r");
	rig_wait_output(&s, "<on>");
	rig_view_done(&deaf);
	expect_gone(r, &deaf);
	rig_view_done(&good);
	expect_gone(r, &good);
	end(r, &s);
	rig_stop(r);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("viewers");
	TCase *t = tcase_create("viewers");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, test_type);
	tcase_add_test(t, test_resize);
	tcase_add_test(t, test_answers);
	tcase_add_test(t, test_storm);
	tcase_add_test(t, test_signals);
	tcase_add_test(t, test_wake);
	tcase_add_test(t, test_much_input);
	tcase_add_loop_test(t, test_follow, 0, 2);
	tcase_add_test(t, test_return);
	tcase_add_loop_test(t, test_free_run, 0, 3);
	tcase_add_test(t, test_creeping);
	tcase_add_test(t, test_flapping);
	tcase_add_test(t, test_hostile);
	tcase_add_test(t, test_deaf);
	suite_add_tcase(s, t);
	return s;
}

int
main(int argc, char **argv)
{
	SRunner *sr;
	int failed;

	jails = rig_begin(argc, argv);
	sr = srunner_create(suite());
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
