/*
 * Screens for viewers: when one is drawn, which one, and what becomes of a
 * session whose keeper lies or fails.
 */

#include "config.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "loop.h"
#include "rig.h"
#include "xmalloc.h"

static bool jails;

/* 9 MB: a ring is filled twice. */
#define FLOOD	    "seq -w 1000000"
#define FLOOD_BYTES 8000000

static void
run(struct rig *r, struct rig_session *s, const char *script)
{
	struct rig_plan p = { .script = script, .unjailed = !jails };

	rig_must_run(r, &p, s);
}

/* Ends the session and with it the sandboxer. */
static void
done(struct rig *r, struct rig_session *s, struct rig_viewer *v)
{
	if (v != NULL)
		rig_view_done(v);
	rig_session_done(s);
	rig_stop(r);
}

static uint64_t
offset_of(const struct msg *m)
{
	if (m->hdr.type == MSG_VIEWER_FROM)
		return ((const struct msg_viewer_from *)m->body)->offset;
	ck_assert_uint_eq(m->hdr.type, MSG_VIEWER_SCREEN);
	return ((const struct msg_viewer_screen *)m->body)->offset;
}

/* While all is in the ring there is nothing to draw. */
START_TEST(begins_at_the_beginning)
{
	struct rig *r = rig_start_hostile_screen("die");
	struct rig_session s;
	struct rig_viewer v;
	struct msg m;

	run(r, &s, "echo up; read x");
	rig_wait_output(&s, "up\r\n");
	rig_attach(r, &s, true, &v);
	rig_seek(&v, SEEK_OLDEST, &m);
	ck_assert_uint_eq(m.hdr.type, MSG_VIEWER_FROM);
	ck_assert_uint_eq(offset_of(&m), 0);
	ck_assert_uint_eq(((struct msg_viewer_from *)m.body)->cols, 80);
	msg_clear(&m);
	rig_seek(&v, 2, &m);
	ck_assert_uint_eq(m.hdr.type, MSG_VIEWER_FROM);
	ck_assert_uint_eq(offset_of(&m), 2);
	msg_clear(&m);
	rig_seek(&v, 5, &m);
	ck_assert_uint_eq(m.hdr.type, MSG_ERROR);
	ck_assert_int_eq(((struct msg_error *)m.body)->code, RL_ERR_INVALID);
	msg_clear(&m);
	done(r, &s, &v);
}
END_TEST

/* What is shown now is drawn by a keeper that has read all there is. */
START_TEST(draws_what_is_shown)
{
	struct rig *r = rig_start_hostile_screen("honest");
	struct rig_session s;
	struct rig_viewer v;
	struct msg m;
	char *text;
	int i;

	run(r, &s, "stty -echo; echo up; read x; echo more; read x");
	rig_wait_output(&s, "up\r\n");
	rig_attach(r, &s, false, &v);
	for (i = 0; i < 2; i++) {
		rig_seek(&v, SEEK_SCREEN, &m);
		ck_assert_uint_eq(offset_of(&m), 4);
		ck_assert(((struct msg_viewer_screen *)m.body)->exact);
		text = rig_screen(&m);
		ck_assert_str_eq(text, "4");
		free(text);
		msg_clear(&m);
	}
	rig_view_type(&v, "x\r");
	rig_wait_output(&s, "more\r\n");
	rig_seek(&v, SEEK_SCREEN, &m);
	ck_assert_uint_eq(offset_of(&m), 10);
	text = rig_screen(&m);
	ck_assert_str_eq(text, "10");
	free(text);
	msg_clear(&m);
	done(r, &s, &v);
}
END_TEST

/*
 * Once output has left the ring there is always a screen to begin with, whose
 * bytes are all there; also after the end.
 */
START_TEST(a_screen_for_every_quarter)
{
	struct rig *r = rig_start_hostile_screen("honest");
	struct rig_session s;
	struct rig_viewer v;
	struct msg m;
	struct msg_jail_screen *js;
	char *text, *want;
	uint64_t offset;

	run(r, &s, "stty -echo; " FLOOD "; echo up; read x");
	rig_wait_output(&s, "up\r\n");
	rig_attach(r, &s, false, &v);
	rig_seek(&v, SEEK_OLDEST, &m);
	offset = offset_of(&m);
	ck_assert_uint_ge(offset, ring_reader_tail(s.ring));
	/* Not much of what the ring has is left out. */
	ck_assert_uint_le(
	    offset, ring_reader_tail(s.ring) + RING_CAPACITY / 2);
	text = rig_screen(&m);
	want = xasprintf("%llu", (unsigned long long)offset);
	ck_assert_str_eq(text, want);
	free(text);
	free(want);
	msg_clear(&m);
	rig_view_type(&v, "x\r");
	rig_expect(r, MSG_JAIL_SCREEN, &m);
	js = m.body;
	ck_assert_str_eq(js->id, s.id);
	ck_assert_uint_ge(js->offset, ring_reader_tail(s.ring));
	msg_clear(&m);
	done(r, &s, &v);
}
END_TEST

/* So there is as soon as any has, though the keeper be late. */
START_TEST(a_screen_from_a_late_keeper)
{
	struct rig *r = rig_start_hostile_screen("late");
	struct rig_session s;
	struct rig_viewer v;
	struct msg m;

	run(r, &s, "stty -echo; " FLOOD "; echo up; read x");
	while (ring_reader_tail(s.ring) == 0)
		(void)usleep(1000);
	rig_attach(r, &s, true, &v);
	rig_seek(&v, 0, &m);
	ck_assert_uint_gt(offset_of(&m), 0);
	msg_clear(&m);
	done(r, &s, &v);
}
END_TEST

/* The window's changes come after the answer, each with its offset. */
START_TEST(sizes_come_with_their_offsets)
{
	struct rig *r = rig_start_hostile_screen("die");
	struct msg_viewer_resize to = { 100, 30 };
	struct rig_session s;
	struct rig_viewer v, late;
	const struct msg_viewer_seek oldest = { SEEK_OLDEST };
	struct msg m;
	struct msg_viewer_size *size;

	run(r, &s, "stty -echo; echo up; read x; echo more; read x");
	rig_wait_output(&s, "up\r\n");
	rig_attach(r, &s, false, &v);
	rig_view_send(&v, MSG_VIEWER_RESIZE, &to);
	rig_view_type(&v, "x\r");
	rig_wait_output(&s, "more\r\n");
	rig_attach(r, &s, true, &late);
	/* It knows all sizes before it may read. */
	ck_assert_int_eq(
	    msg_write(late.sock, MSG_VIEWER_SEEK, 7, &oldest, NULL, 0), 0);
	ck_assert_int_eq(msg_read(late.sock, RIG_WAIT_MS, &m), 0);
	ck_assert_uint_eq(m.hdr.type, MSG_VIEWER_SIZE);
	size = m.body;
	ck_assert_uint_eq(size->offset, 4);
	ck_assert_uint_eq(size->cols, 100);
	ck_assert_uint_eq(size->rows, 30);
	msg_clear(&m);
	ck_assert_int_eq(msg_read(late.sock, RIG_WAIT_MS, &m), 0);
	ck_assert_uint_eq(m.hdr.type, MSG_VIEWER_FROM);
	ck_assert_uint_eq(offset_of(&m), 0);
	ck_assert_uint_eq(((struct msg_viewer_from *)m.body)->cols, 80);
	msg_clear(&m);
	rig_view_done(&late);
	done(r, &s, &v);
}
END_TEST

static const char *const lies[] = { "die", "ahead", "back", "beyond", "size",
	"mapped", "unasked", "types", "silent", "crawls", "again", "early",
	"escape" };

/*
 * A keeper that lies is ended.  Who asked is told that there is no screen, and
 * the session goes on, however much it writes.
 */
START_TEST(a_lying_keeper_is_ended)
{
	struct rig *r = rig_start_hostile_screen(lies[_i]);
	struct rig_session s;
	struct rig_viewer v;
	struct msg m;

	run(r, &s, "stty -echo; echo up; while read x; do echo \"<$x>\"; "
		   "[ $x != go ] || " FLOOD "; done");
	rig_wait_output(&s, "up\r\n");
	rig_attach(r, &s, false, &v);
	if (strcmp(lies[_i], "back") == 0) {
		/* There must be one to go back from. */
		rig_view_type(&v, "go\r");
		while (ring_reader_head(s.ring) < FLOOD_BYTES)
			(void)usleep(1000);
	}
	rig_seek(&v, SEEK_SCREEN, &m);
	if (strcmp(lies[_i], "back") != 0) {
		ck_assert_uint_eq(m.hdr.type, MSG_ERROR);
		ck_assert_int_eq(
		    ((struct msg_error *)m.body)->code, RL_ERR_UNAVAILABLE);
	}
	msg_clear(&m);
	rig_view_type(&v, "on\r");
	rig_wait_output(&s, "<on>");
	rig_view_type(&v, "go\r");
	while (ring_reader_head(s.ring) < FLOOD_BYTES)
		(void)usleep(1000);
	rig_view_type(&v, "again\r");
	rig_wait_output(&s, "<again>");
	/* What has left the ring is gone, and that is said. */
	rig_seek(&v, 0, &m);
	ck_assert_uint_eq(m.hdr.type, MSG_ERROR);
	msg_clear(&m);
	done(r, &s, &v);
}
END_TEST

/* One that gets on may take as long as it needs. */
START_TEST(a_slow_keeper_is_waited_for)
{
	struct rig *r = rig_start_hostile_screen("slow");
	struct rig_session s;
	struct rig_viewer v;
	struct msg m;
	char *text;

	run(r, &s, "stty -echo; echo up and ready; read x");
	rig_wait_output(&s, "ready\r\n");
	rig_attach(r, &s, true, &v);
	rig_seek(&v, SEEK_SCREEN, &m);
	ck_assert_uint_eq(offset_of(&m), 14);
	text = rig_screen(&m);
	ck_assert_str_eq(text, "14");
	free(text);
	msg_clear(&m);
	done(r, &s, &v);
}
END_TEST

/* Screen keepers that the sandboxer has, zombies not counted. */
static unsigned int
count_keepers(const struct rig *r)
{
	char path[64], name[32], state;
	unsigned int n = 0;
	FILE *list, *stat;
	int pid;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children",
	    (int)r->pid, (int)r->pid);
	ck_assert_ptr_nonnull(list = fopen(path, "re"));
	while (fscanf(list, "%d", &pid) == 1) {
		(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		if ((stat = fopen(path, "re")) == NULL)
			continue;
		if (fscanf(stat, "%*d (%31[^)]) %c", name, &state) == 2 &&
		    strstr(name, "screen") != NULL && state != 'Z')
			n++;
		(void)fclose(stat);
	}
	(void)fclose(list);
	return n;
}

/* When it has nothing to do it ends, though it does not want to. */
START_TEST(an_idle_keeper_is_ended)
{
	struct rig *r = rig_start_hostile_screen("stays");
	struct rig_session s;
	struct rig_viewer v;
	struct msg m;
	int i;

	run(r, &s, "stty -echo; echo up; read x");
	rig_wait_output(&s, "up\r\n");
	rig_attach(r, &s, true, &v);
	rig_seek(&v, SEEK_SCREEN, &m);
	ck_assert_uint_eq(offset_of(&m), 4);
	msg_clear(&m);
	ck_assert_uint_eq(count_keepers(r), 1);
	for (i = 0; i < RIG_WAIT_MS && count_keepers(r) > 0; i += 10)
		(void)usleep(10000);
	ck_assert_uint_eq(count_keepers(r), 0);
	done(r, &s, &v);
}
END_TEST

/* What kept it from working passes, and so does that there are no screens. */
START_TEST(a_keeper_is_tried_again)
{
	char file[] = "/tmp/ringlet-keeper.XXXXXX";
	struct rig_session s;
	struct rig_viewer v;
	struct rig *r;
	struct msg m;
	int fd, i;

	ck_assert_int_ge(fd = mkstemp(file), 0);
	ck_assert_int_eq(unlink(file), 0);
	r = rig_start_hostile_screen(file);
	run(r, &s, "stty -echo; echo up; read x");
	rig_wait_output(&s, "up\r\n");
	rig_attach(r, &s, true, &v);
	rig_seek(&v, SEEK_SCREEN, &m);
	ck_assert_uint_eq(m.hdr.type, MSG_ERROR);
	msg_clear(&m);
	close(fd);
	ck_assert_int_ge(fd = open(file, O_WRONLY | O_CREAT, 0600), 0);
	for (i = 0; i < RIG_WAIT_MS; i += 100) {
		rig_seek(&v, SEEK_SCREEN, &m);
		if (m.hdr.type != MSG_ERROR)
			break;
		msg_clear(&m);
		(void)usleep(100000);
	}
	ck_assert_uint_eq(offset_of(&m), 4);
	ck_assert(((struct msg_viewer_screen *)m.body)->exact);
	msg_clear(&m);
	close(fd);
	(void)unlink(file);
	done(r, &s, &v);
}
END_TEST

/* An upgrade brings a keeper that speaks otherwise: this session has its own.
 */
START_TEST(the_keeper_of_the_same_build)
{
	struct rig *r = rig_start_hostile_screen("honest");
	struct rig_session s;
	struct rig_viewer v;
	struct msg m;
	char *path;

	path = xasprintf("%s/ringlet-screen", r->bin);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink("/bin/false", path), 0);
	run(r, &s, "stty -echo; echo up; read x");
	rig_wait_output(&s, "up\r\n");
	rig_attach(r, &s, true, &v);
	rig_seek(&v, SEEK_SCREEN, &m);
	ck_assert_uint_eq(offset_of(&m), 4);
	msg_clear(&m);
	free(path);
	done(r, &s, &v);
}
END_TEST

/* A second question before the first is answered ends that viewer alone. */
START_TEST(one_question_at_a_time)
{
	struct rig *r = rig_start_hostile_screen("silent");
	const struct msg_viewer_seek seek = { SEEK_SCREEN };
	struct rig_session s;
	struct rig_viewer v, other;
	struct msg m;

	run(r, &s, "echo up; read x");
	rig_wait_output(&s, "up\r\n");
	rig_attach(r, &s, true, &v);
	rig_attach(r, &s, true, &other);
	rig_view_send(&v, MSG_VIEWER_SEEK, &seek);
	rig_view_send(&v, MSG_VIEWER_SEEK, &seek);
	rig_view_closed(&v);
	rig_seek(&other, SEEK_OLDEST, &m);
	ck_assert_uint_eq(offset_of(&m), 0);
	msg_clear(&m);
	rig_view_done(&other);
	done(r, &s, &v);
}
END_TEST

/* Who does not read the answers, and so the screens in them, is not given more. */
START_TEST(answers_must_be_read)
{
	struct rig *r = rig_start_hostile_screen("honest");
	const struct msg_viewer_seek seek = { SEEK_SCREEN };
	struct rig_session s;
	struct rig_viewer v, other;
	struct msg m;
	unsigned int n = 0;
	int ret;

	run(r, &s, "stty -echo; read x; echo up; read x");
	rig_attach(r, &s, true, &v);
	for (int i = 0; i < 20000; i++)
		if (msg_write(v.sock, MSG_VIEWER_SEEK, 1, &seek, NULL, 0) != 0)
			break;
	while ((ret = msg_read(v.sock, RIG_WAIT_MS, &m)) == 0) {
		n++;
		msg_clear(&m);
	}
	ck_assert(ret == RL_ERR_EOF || ret == RL_ERR_SYSTEM);
	ck_assert_uint_lt(n, 2000);
	rig_expect(r, MSG_VIEWER_GONE, &m);
	msg_clear(&m);
	rig_attach(r, &s, false, &other);
	rig_view_type(&other, "x\r");
	rig_wait_output(&s, "up\r\n");
	rig_view_done(&other);
	done(r, &s, &v);
}
END_TEST

static void
expect_notice(struct rig *r, const struct rig_session *s, enum notice_kind kind,
    const char *title, const char *text)
{
	const struct msg_jail_notice *n;
	struct msg m;

	rig_expect(r, MSG_JAIL_NOTICE, &m);
	n = m.body;
	ck_assert_str_eq(n->id, s->id);
	ck_assert_uint_eq(n->kind, kind);
	ck_assert_str_eq(n->title, title);
	ck_assert_str_eq(n->text, text);
	msg_clear(&m);
}

/*
 * An agent that wants its person to look is heard, though nobody watches; and
 * once, however often a keeper reads what it wrote.
 */
START_TEST(an_agent_rings)
{
	struct rig *r = rig_start();
	struct msg_viewer_resize to = { 100, 30 };
	struct rig_session s;
	struct rig_viewer v;
	struct msg m;

	run(r, &s,
	    "stty -echo; printf 'up\\a'; read x; "
	    "printf '\\033]777;notify;Done;all;of it\\a'; read x; "
	    "printf '\\033]9;split\\033'; read x; printf '\\\\'; "
	    "read x; printf '\\033]2;title\\a\\033]9;4;1;50\\a'; "
	    "read x; printf '\\a'; read x");
	expect_notice(r, &s, NOTICE_BELL, "", "");
	rig_attach(r, &s, false, &v);
	rig_view_type(&v, "x\r");
	expect_notice(r, &s, NOTICE_NOTIFICATION, "Done", "all;of it");
	/* What is in a sequence that has not ended is not lost. */
	rig_view_type(&v, "x\r");
	rig_wait_output(&s, "split");
	rig_seek(&v, SEEK_SCREEN, &m);
	msg_clear(&m);
	rig_view_type(&v, "x\r");
	expect_notice(r, &s, NOTICE_NOTIFICATION, "", "split");
	/* A late viewer, another size, titles and progress are no news. */
	rig_view_send(&v, MSG_VIEWER_RESIZE, &to);
	rig_view_type(&v, "x\r");
	rig_wait_output(&s, "50\a");
	rig_seek(&v, SEEK_SCREEN, &m);
	msg_clear(&m);
	/* Not even to a keeper that is started anew. */
	while (count_keepers(r) > 0)
		(void)usleep(10000);
	rig_seek(&v, SEEK_SCREEN, &m);
	msg_clear(&m);
	rig_view_type(&v, "x\r");
	expect_notice(r, &s, NOTICE_BELL, "", "");
	done(r, &s, &v);
}
END_TEST

/* Who rings all the time is heard once a second; a bell hides no text. */
START_TEST(ringing_is_bounded)
{
	struct rig *r = rig_start();
	uint64_t began = loop_now();
	struct rig_session s;
	struct rig_viewer v;
	unsigned int n = 0;
	struct msg m;

	run(r, &s,
	    "stty -echo; i=0; while [ $i -lt 50 ]; do i=$((i + 1)); "
	    "printf '\\a'; sleep 0.02; done; "
	    "printf '\\033]9;last\\a\\a'; echo up; read x");
	rig_attach(r, &s, false, &v);
	for (;;) {
		rig_expect(r, MSG_JAIL_NOTICE, &m);
		n++;
		if (((struct msg_jail_notice *)m.body)->kind ==
		    NOTICE_NOTIFICATION)
			break;
		msg_clear(&m);
	}
	ck_assert_str_eq(((struct msg_jail_notice *)m.body)->text, "last");
	msg_clear(&m);
	/* However long this machine has taken for the 50. */
	ck_assert_uint_le(n, 2 + (loop_now() - began) / 1000);
	done(r, &s, &v);
}
END_TEST

/* What a keeper says is passed on when it makes sense. */
START_TEST(a_keeper_rings)
{
	struct rig *r = rig_start_hostile_screen("rings");
	struct rig_session s;
	struct rig_viewer v;
	struct msg m;

	run(r, &s, "stty -echo; echo up; read x");
	rig_wait_output(&s, "up\r\n");
	rig_attach(r, &s, true, &v);
	rig_seek(&v, SEEK_SCREEN, &m);
	ck_assert_uint_eq(m.hdr.type, MSG_VIEWER_SCREEN);
	msg_clear(&m);
	expect_notice(r, &s, NOTICE_BELL, "", "");
	done(r, &s, &v);
}
END_TEST

/* The real one: what it saves draws what was written. */
START_TEST(the_real_keeper)
{
	struct rig *r = rig_start();
	struct rig_session s;
	struct rig_viewer v;
	struct msg m;
	char *text;

	run(r, &s, "stty -echo; " FLOOD "; printf '\\033]2;title\\007"
		   "\\033[2J\\033[5;7Hhere'; read x");
	rig_wait_output(&s, "here");
	rig_attach(r, &s, false, &v);
	rig_seek(&v, SEEK_SCREEN, &m);
	text = rig_screen(&m);
	ck_assert_ptr_nonnull(strstr(text, "here"));
	ck_assert_ptr_nonnull(strstr(text, "title"));
	ck_assert_ptr_null(strstr(text, "999999"));
	ck_assert(((struct msg_viewer_screen *)m.body)->exact);
	free(text);
	msg_clear(&m);
	done(r, &s, &v);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("keeper");
	TCase *t = tcase_create("keeper");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, begins_at_the_beginning);
	tcase_add_test(t, draws_what_is_shown);
	tcase_add_test(t, a_screen_for_every_quarter);
	tcase_add_test(t, a_screen_from_a_late_keeper);
	tcase_add_test(t, sizes_come_with_their_offsets);
	tcase_add_loop_test(
	    t, a_lying_keeper_is_ended, 0, (int)(sizeof(lies) / sizeof(*lies)));
	tcase_add_test(t, a_slow_keeper_is_waited_for);
	tcase_add_test(t, an_idle_keeper_is_ended);
	tcase_add_test(t, a_keeper_is_tried_again);
	tcase_add_test(t, the_keeper_of_the_same_build);
	tcase_add_test(t, one_question_at_a_time);
	tcase_add_test(t, answers_must_be_read);
	tcase_add_test(t, an_agent_rings);
	tcase_add_test(t, ringing_is_bounded);
	tcase_add_test(t, a_keeper_rings);
	tcase_add_test(t, the_real_keeper);
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
