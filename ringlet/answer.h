#ifndef ANSWER_H
#define ANSWER_H
/*
 * What a terminal says by itself: answers to a program's questions, and that
 * its window got the focus.  It comes between what is typed.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The length of the part that p (len bytes, at least one) begins with, and
 * whether it is an answer.  Everything that is not a whole answer counts as
 * typed: a key may be ESC and what follows.
 */
size_t answer_part(const uint8_t *p, size_t len, bool *is_answer);

#endif /* ANSWER_H */
