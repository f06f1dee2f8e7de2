/*
 * The pattern: see pattern.h.  The fake agent prints it, viewers of tests
 * hold what they get against it.
 */

#include "config.h"

#include <stdio.h>
#include <string.h>

#include "pattern.h"

#define TITLE_LEN 15 /* ESC ] 0 ; 10 digits BEL */

/* What a unit is filled with, over and over. */
static const char fill[] = "plain \xc3\xbc\xc3\x9f "
			   "\033[1;38;5;196m\xe6\xbc\xa2\xe5\xad\x97\033[0m "
			   "\xf0\x9f\xa6\x8a\033[7m\xe2\x94\x80\033[27m "
			   "\033[38;2;1;22;133mabcdefg\033[39m\r\n";

/* Unit number n.  Only its title differs from the last one's. */
static void
make_unit(char *unit, uint64_t n)
{
	char title[TITLE_LEN + 1];
	size_t i;

	if (unit[PATTERN_UNIT - 1] == '\0')
		for (i = 0; i < PATTERN_UNIT; i++)
			unit[i] = fill[i % (sizeof(fill) - 1)];
	(void)snprintf(title, sizeof(title), "\033]0;%010llu\a",
	    (unsigned long long)(n % 10000000000ULL));
	memcpy(unit, title, TITLE_LEN);
}

void
pattern_fill(uint64_t offset, void *p, size_t len)
{
	char unit[PATTERN_UNIT] = "";
	char *to = p;
	size_t at = (size_t)(offset % PATTERN_UNIT), n;
	uint64_t number = offset / PATTERN_UNIT;

	for (; len > 0; len -= n, to += n, at = 0) {
		make_unit(unit, number++);
		n = PATTERN_UNIT - at < len ? PATTERN_UNIT - at : len;
		memcpy(to, unit + at, n);
	}
}

size_t
pattern_check(uint64_t offset, const void *p, size_t len)
{
	char unit[PATTERN_UNIT] = "";
	const char *from = p;
	size_t at = (size_t)(offset % PATTERN_UNIT), done, n, i;
	uint64_t number = offset / PATTERN_UNIT;

	for (done = 0; done < len; done += n, at = 0) {
		make_unit(unit, number++);
		n = PATTERN_UNIT - at < len - done ? PATTERN_UNIT - at :
						     len - done;
		if (memcmp(from + done, unit + at, n) == 0)
			continue;
		for (i = 0; from[done + i] == unit[at + i]; i++)
			;
		return done + i;
	}
	return len;
}
