/*
 * Refusals that come again: the first is written, the others are counted, and
 * no count is lost.
 */

#include "config.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "ringlet-monitor/audit-repeat.h"
#include "suites.h"

#define MINUTE AUDIT_REPEAT_MS

static const struct audit_who look = { .kind = AUDIT_HTTP, .token = "look" };
static const struct audit_who other = { .kind = AUDIT_HTTP, .token = "other" };
static const char *const why[] = { "why", "it may only look", NULL };
static const char *const more[] = { "why", "it may only look", "x", "y", NULL };
static const char *const none[] = { NULL };

static struct {
	struct audit_repeat *r;
	bool full; /* the disk is */
	unsigned told;
	uint64_t times;	   /* of the last that was told ... */
	uint64_t sum;	   /* ... and of all */
	char object[64];   /* likewise */
	char details[128]; /* likewise */
} t;

static int
on_told(void *arg, const struct audit_saying *e, uint64_t times)
{
	ck_assert_ptr_eq(arg, &t);
	if (t.full)
		return -1;
	t.told++;
	t.times = times;
	t.sum += times;
	(void)snprintf(t.object, sizeof(t.object), "%s", e->object);
	t.details[0] = '\0';
	for (size_t i = 0; e->details[i] != NULL; i++) {
		strlcat(t.details, e->details[i], sizeof(t.details));
		strlcat(t.details, ";", sizeof(t.details));
	}
	return 0;
}

static void
setup(void)
{
	memset(&t, 0, sizeof(t));
	t.r = audit_repeat_new(on_told, &t);
}

static void
teardown(void)
{
	audit_repeat_free(t.r);
}

static struct audit_saying
saying(const struct audit_who *who, const char *object,
    const char *const *details)
{
	return (struct audit_saying){ who, "token.refuse", object, "refused",
		details };
}

/* It comes once more.  Whether it is to be written, and then it is. */
static bool
comes(const struct audit_who *who, const char *object,
    const char *const *details, uint64_t now)
{
	const struct audit_saying e = saying(who, object, details);

	if (audit_repeat_counts(t.r, &e, now))
		return false;
	audit_repeat_written(t.r, &e, now);
	return true;
}

START_TEST(counts_the_same)
{
	ck_assert(comes(&look, "a", why, 1000));
	for (int i = 0; i < 99; i++)
		ck_assert(!comes(&look, "a", why, 1000 + (uint64_t)i));
	ck_assert_uint_eq(audit_repeat_tell(t.r, 2000, false), MINUTE - 1000);
	ck_assert_uint_eq(t.told, 0);
	/* When the minute is over the count is told, and a new one begins. */
	ck_assert_uint_eq(
	    audit_repeat_tell(t.r, 1000 + MINUTE, false), MINUTE);
	ck_assert_uint_eq(t.told, 1);
	ck_assert_uint_eq(t.times, 99);
	ck_assert_str_eq(t.object, "a");
	ck_assert_str_eq(t.details, "why;it may only look;");
	ck_assert(!comes(&look, "a", why, 1001 + MINUTE));
	ck_assert_uint_eq(
	    audit_repeat_tell(t.r, 1000 + 2 * MINUTE, false), MINUTE);
	ck_assert_uint_eq(t.told, 2);
	ck_assert_uint_eq(t.times, 1);
	/* A minute without one: it is as if it had never been. */
	ck_assert_uint_eq(audit_repeat_tell(t.r, 1000 + 3 * MINUTE, false), 0);
	ck_assert_uint_eq(t.told, 2);
	ck_assert(comes(&look, "a", why, 1001 + 3 * MINUTE));
}
END_TEST

/* Nobody looks at the clock in time: it is written, not counted. */
START_TEST(is_written_after_a_minute)
{
	ck_assert(comes(&look, "a", why, 1));
	ck_assert(!comes(&look, "a", why, MINUTE));
	ck_assert(!comes(&look, "a", why, 2 * MINUTE));
	(void)audit_repeat_tell(t.r, 2 * MINUTE, false);
	ck_assert_uint_eq(t.times, 2);
	ck_assert(comes(&look, "a", why, 3 * MINUTE));
	ck_assert(comes(&look, "b", why, 3 * MINUTE));
}
END_TEST

/* Whatever differs is another. */
START_TEST(tells_them_apart)
{
	struct audit_saying e = saying(&look, "a", why);

	ck_assert(comes(&look, "a", why, 1));
	ck_assert(comes(&other, "a", why, 1));
	ck_assert(comes(&look, "b", why, 1));
	ck_assert(comes(&look, "a", more, 1));
	ck_assert(comes(&look, "a", none, 1));
	e.event = "policy.refuse";
	ck_assert(!audit_repeat_counts(t.r, &e, 1));
	e.event = "token.refuse";
	e.outcome = "failed";
	ck_assert(!audit_repeat_counts(t.r, &e, 1));
	ck_assert(!comes(&look, "a", more, 2));
	ck_assert(!comes(&look, "a", none, 2));
	ck_assert(!comes(&other, "a", why, 2));
	ck_assert(!comes(&other, "a", why, 2));
	(void)audit_repeat_tell(t.r, 3, true);
	ck_assert_uint_eq(t.told, 3);
	ck_assert_uint_eq(t.sum, 4);
}
END_TEST

/* The end of the daemon, or its restart: all that was counted is told, once. */
START_TEST(tells_all_at_an_end)
{
	char name[16];

	for (int i = 0; i < 5; i++) {
		(void)snprintf(name, sizeof(name), "%d", i);
		for (int n = 0; n <= i; n++)
			ck_assert(comes(&look, name, why, 1) == (n == 0));
	}
	(void)audit_repeat_tell(t.r, 2, true);
	ck_assert_uint_eq(t.told, 4);
	ck_assert_uint_eq(t.sum, 1 + 2 + 3 + 4);
	(void)audit_repeat_tell(t.r, 3, true);
	ck_assert_uint_eq(t.told, 4);
	/* And it goes on. */
	ck_assert(!comes(&look, "4", why, 4));
}
END_TEST

/* More than are remembered: the oldest count is told, none is lost. */
START_TEST(loses_no_count)
{
	uint64_t written = 0, all = 0;
	char name[16];

	for (int round = 0; round < 3; round++)
		for (int i = 0; i < 3 * AUDIT_REPEAT_MAX; i++) {
			(void)snprintf(name, sizeof(name), "%d", i);
			for (int n = 0; n < 3; n++, all++)
				written += comes(&look, name, why, 1);
		}
	(void)audit_repeat_tell(t.r, 2, true);
	ck_assert_uint_eq(written + t.sum, all);
	ck_assert_uint_eq(written, all / 3);
}
END_TEST

/* A disk that is full: counts wait for it. */
START_TEST(waits_for_the_disk)
{
	char name[16];

	ck_assert(comes(&look, "a", why, 1));
	ck_assert(!comes(&look, "a", why, 1));
	t.full = true;
	ck_assert_uint_eq(
	    audit_repeat_tell(t.r, 1 + MINUTE, false), MINUTE);
	ck_assert(!comes(&look, "a", why, 2 + MINUTE));
	/* No room for others, which are written each time. */
	for (int i = 0; i < AUDIT_REPEAT_MAX; i++) {
		(void)snprintf(name, sizeof(name), "%d", i);
		ck_assert(comes(&look, name, why, 3 + MINUTE));
	}
	ck_assert(comes(&look, name, why, 4 + MINUTE));
	t.full = false;
	(void)audit_repeat_tell(t.r, 1 + 2 * MINUTE, false);
	ck_assert_uint_eq(t.told, 1);
	ck_assert_uint_eq(t.times, 2);
	ck_assert_str_eq(t.object, "a");
}
END_TEST

Suite *
suite_audit_repeat(void)
{
	Suite *s = suite_create("audit-repeat");
	TCase *tc = tcase_create("audit-repeat");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, counts_the_same);
	tcase_add_test(tc, is_written_after_a_minute);
	tcase_add_test(tc, tells_them_apart);
	tcase_add_test(tc, tells_all_at_an_end);
	tcase_add_test(tc, loses_no_count);
	tcase_add_test(tc, waits_for_the_disk);
	suite_add_tcase(s, tc);
	return s;
}
