/*
 * The lists of a session's saved screens and of its sizes.
 */
#include "config.h"

#include <stdlib.h>

#include "ringlet-sandboxer/screens.h"
#include "snapshot.h"
#include "suites.h"

#define SPACE 1000

static struct screens sc;

static void
save(uint64_t offset)
{
	int fd = snapshot_blank();

	ck_assert_int_ge(fd, 0);
	screens_add(&sc, offset, fd, screens_newest(&sc)->exact, SPACE);
}

static void
expect_size(uint64_t offset, unsigned int cols, unsigned int rows)
{
	unsigned int c, r;

	screens_size(&sc, offset, &c, &r);
	ck_assert_msg(c == cols && r == rows, "at %llu: %ux%u, not %ux%u",
	    (unsigned long long)offset, c, r, cols, rows);
}

/* Who comes back for a byte that is there gets the size that it had there. */
START_TEST(sizes_of_all_that_is_there)
{
	ck_assert_int_eq(screens_init(&sc, 80, 24), 0);
	expect_size(0, 80, 24);
	screens_resize(&sc, 100, 90, 30);
	screens_resize(&sc, 1500, 100, 40);
	save(2000);
	ck_assert_uint_eq(screens_newest(&sc)->cols, 100);
	/* The oldest screen is behind the oldest byte. */
	screens_trim(&sc, 1400);
	expect_size(1400, 90, 30);
	expect_size(1499, 90, 30);
	expect_size(1500, 100, 40);
	screens_trim(&sc, 1500);
	ck_assert_uint_eq(sc.nsizes, 1);
	expect_size(1500, 100, 40);
	/* One at a screen's own offset, after it was saved. */
	screens_resize(&sc, 2000, 70, 20);
	screens_trim(&sc, 2000);
	ck_assert_uint_eq(screens_newest(&sc)->cols, 100);
	expect_size(2000, 70, 20);
	ck_assert_uint_eq(screens_unsaved(&sc), 0);
	screens_resize(&sc, 2001, 71, 20);
	ck_assert_uint_eq(screens_unsaved(&sc), 1);
	screens_clear(&sc);
}
END_TEST

/* Sizes before the newest screen are not needed for it, whatever is lost. */
START_TEST(sizes_until_a_screen_is_saved)
{
	ck_assert_int_eq(screens_init(&sc, 80, 24), 0);
	screens_resize(&sc, 100, 90, 30);
	/* The ring has gone on without a screen. */
	screens_trim(&sc, 5000);
	ck_assert_uint_eq(sc.nsizes, 2);
	screens_lost(&sc, 6000, snapshot_blank());
	ck_assert_uint_eq(sc.n, 1);
	ck_assert_uint_eq(screens_newest(&sc)->cols, 90);
	ck_assert(!screens_newest(&sc)->exact);
	screens_trim(&sc, 5000);
	ck_assert_uint_eq(sc.nsizes, 1);
	expect_size(6000, 90, 30);
	screens_clear(&sc);
}
END_TEST

/* Of too many the first go: the last one is what the terminal has now. */
START_TEST(too_many_sizes)
{
	unsigned int i;

	ck_assert_int_eq(screens_init(&sc, 80, 24), 0);
	for (i = 1; i < SIZES_MAX; i++)
		screens_resize(&sc, i, i, i);
	expect_size(0, 80, 24);
	screens_resize(&sc, i, i, i);
	ck_assert_uint_eq(sc.nsizes, SIZES_MAX);
	expect_size(i, i, i);
	expect_size(1, 1, 1);
	/* Nobody can draw now what came after the first screen. */
	ck_assert(!screens_newest(&sc)->exact);
	screens_resize(&sc, i, 7, 7);
	expect_size(i, 7, 7);
	screens_clear(&sc);
	/* A screen in time, and all that is forgotten is the past. */
	ck_assert_int_eq(screens_init(&sc, 80, 24), 0);
	for (i = 1; i < SIZES_MAX; i++)
		screens_resize(&sc, i, i, i);
	save(SIZES_MAX / 2);
	screens_resize(&sc, i, i, i);
	expect_size(i, i, i);
	ck_assert(screens_newest(&sc)->exact);
	ck_assert_uint_eq(screens_newest(&sc)->cols, SIZES_MAX / 2);
	screens_clear(&sc);
}
END_TEST

/* Neither gaps longer than SPACE, nor more screens than that takes. */
START_TEST(screens_are_spaced)
{
	uint64_t offset;
	size_t i;

	ck_assert_int_eq(screens_init(&sc, 80, 24), 0);
	for (offset = SPACE / 4; offset <= 4 * SPACE; offset += SPACE / 4)
		save(offset);
	ck_assert_uint_eq(screens_newest(&sc)->offset, 4 * SPACE);
	for (i = 0; i + 1 < sc.n; i++) {
		ck_assert_uint_le(
		    sc.saved[i + 1].offset - sc.saved[i].offset, SPACE);
		ck_assert(i + 2 == sc.n ||
			  sc.saved[i + 2].offset - sc.saved[i].offset >= SPACE);
	}
	for (; offset <= 99 * SPACE; offset += SPACE)
		save(offset);
	ck_assert_uint_eq(sc.n, SCREENS_MAX);
	ck_assert_ptr_null(screens_from(&sc, offset));
	screens_trim(&sc, 200 * SPACE);
	ck_assert_uint_eq(sc.n, 1);
	screens_clear(&sc);
}
END_TEST

Suite *
suite_screens(void)
{
	Suite *s = suite_create("screens");
	TCase *tc = tcase_create("screens");

	tcase_add_test(tc, sizes_of_all_that_is_there);
	tcase_add_test(tc, sizes_until_a_screen_is_saved);
	tcase_add_test(tc, too_many_sizes);
	tcase_add_test(tc, screens_are_spaced);
	suite_add_tcase(s, tc);
	return s;
}
