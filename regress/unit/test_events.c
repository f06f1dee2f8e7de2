/*
 * Subscribers: each gets what it chose, one that does not read is told how
 * much it missed, and holds up nobody.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "front.h"
#include "suites.h"

#define FIN_TEXT 0x81
#define PING                                                                   \
	"GET /api/ping HTTP/1.1\r\nHost: localhost\r\n"                        \
	"Authorization: Bearer good\r\n\r\n"

static char head[4096];
static struct frame frame;

static int
subscribe(const char *topics)
{
	int fd = front_connect();
	const char *request = FRONT_WS("/ws");

	ck_assert(front_send(fd, request, strlen(request)));
	ck_assert_int_eq(front_reply(fd, head, sizeof(head), NULL, 0), 101);
	if (topics != NULL) {
		ck_assert(front_frame(fd, FIN_TEXT, topics, strlen(topics)));
		ck_assert(front_event(fd, &frame, "subscribed"));
	}
	return fd;
}

static void
next_is(int fd, const char *text)
{
	front_next(fd, &frame);
	ck_assert_uint_eq(frame.op, 1);
	ck_assert_msg(frame.len >= strlen(text) &&
			  memcmp(frame.data, text, strlen(text)) == 0,
	    "%.*s", (int)frame.len, (char *)frame.data);
}

#define FIRST                                                                  \
	"{\"type\":\"event\",\"event\":{\"type\":\"test.event\","              \
	"\"data\":{\"n\":0,"

START_TEST(tells_who_wants_it)
{
	int all, topic, star, other, none;

	front_start();
	all = subscribe(NULL);
	topic = subscribe(
	    "{\"type\":\"subscribe\",\"topics\":[\"a.b\",\"test.event\"]}");
	star = subscribe("{\"type\":\"subscribe\",\"topics\":[\"test.*\"]}");
	other = subscribe("{\"type\":\"subscribe\",\"topics\":[\"test.eve\"]}");
	none = subscribe("{\"type\":\"unsubscribe\",\"topics\":[]}");
	/* Whoever never said anything has been let in by now as well. */
	ck_assert(front_frame(all, FIN_TEXT, "{\"type\":\"ping\"}", 15));
	ck_assert(front_event(all, &frame, "pong"));
	front_events();
	next_is(all, FIRST);
	next_is(topic, FIRST);
	next_is(star, FIRST);
	ck_assert(front_frame(other, FIN_TEXT, "{\"type\":\"ping\"}", 15));
	next_is(other, "{\"type\":\"pong\"}");
	ck_assert(front_frame(none, FIN_TEXT, "{\"type\":\"ping\"}", 15));
	next_is(none, "{\"type\":\"pong\"}");
	close(all);
	close(topic);
	close(star);
	close(other);
	close(none);
	front_stop();
}
END_TEST

/* The number behind name in the frame. */
static unsigned long
number(const char *name)
{
	const char *text = (char *)frame.data, *at;

	ck_assert_uint_lt(frame.len, sizeof(frame.data));
	frame.data[frame.len] = '\0';
	at = strstr(text, name);
	ck_assert_msg(at != NULL, "%s", text);
	return strtoul(at + strlen(name), NULL, 10);
}

START_TEST(tells_what_was_missed)
{
	unsigned long n, next = 0, dropped = 0;
	int lazy, quick;

	front_start();
	lazy = subscribe("{\"type\":\"subscribe\",\"topics\":[\"*\"]}");
	front_events();
	/* Nobody else waits for it. */
	quick = front_connect();
	ck_assert(front_send(quick, PING, strlen(PING)));
	ck_assert_int_eq(front_reply(quick, head, sizeof(head), NULL, 0), 200);
	/* In order, none twice; where some are missing the count says so. */
	do {
		front_next(lazy, &frame);
		ck_assert_uint_eq(frame.op, 1);
		if (memmem(frame.data, frame.len, "\"dropped\"", 9) != NULL) {
			dropped = number("\"count\":");
			break;
		}
		n = number("{\"n\":");
		ck_assert_uint_eq(n, next);
		next++;
	} while (next < FRONT_EVENTS);
	ck_assert_uint_gt(dropped, 0);
	ck_assert_uint_eq(next + dropped, FRONT_EVENTS);
	/* And from then on it is as any other. */
	front_events();
	next_is(lazy, FIRST);
	close(lazy);
	close(quick);
	front_stop();
}
END_TEST

Suite *
suite_events(void)
{
	Suite *s = suite_create("events");
	TCase *tc = tcase_create("subscribers");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, tells_who_wants_it);
	tcase_add_test(tc, tells_what_was_missed);
	suite_add_tcase(s, tc);
	return s;
}
