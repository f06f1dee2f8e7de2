#ifndef REGRESS_PATTERN_H
#define REGRESS_PATTERN_H
/*
 * Output in which every byte follows from its offset, so that whoever gets a
 * piece of it can tell whether it is the right one.
 *
 * It is made of units.  Each begins with its own number, as a title that a
 * terminal is given, and is full of characters of 2, 3 and 4 bytes and of
 * escape sequences.  A unit's length is prime: wherever somebody cuts, in
 * blocks of whatever size, in time each place of a unit is cut.
 */

#include <stddef.h>
#include <stdint.h>

#define PATTERN_UNIT 4093 /* bytes */

/* Writes the len bytes from offset on to p. */
void pattern_fill(uint64_t offset, void *p, size_t len);
/*
 * Compares len bytes with those from offset on.  Returns how many are right:
 * len, or the index of the first that is wrong.
 */
size_t pattern_check(uint64_t offset, const void *p, size_t len);

#endif /* REGRESS_PATTERN_H */
