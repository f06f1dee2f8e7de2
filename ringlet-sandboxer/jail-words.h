#ifndef RINGLET_SANDBOXER_JAIL_WORDS_H
#define RINGLET_SANDBOXER_JAIL_WORDS_H
/*
 * A command's words while they are put together, and those that every system's
 * jail ends with: the init's, and the agent's.
 */

#include <stddef.h>
#include <stdint.h>

struct buf;
struct jail;

struct jail_words {
	struct buf *text; /* each word with its NUL */
	size_t n;
};

void jail_words_begin(struct jail_words *);
void jail_words_add(struct jail_words *, const char *);
void jail_words_number(struct jail_words *, uint64_t);
/*
 * What follows the init's own name: limits, the report's descriptor, for a
 * sandboxed plan what is to be compared, and the agent with its arguments.
 */
void jail_words_init(struct jail_words *, const struct jail *);
/* One block, NULL-terminated, with its strings: free() it. */
char **jail_words_end(struct jail_words *);

#endif /* RINGLET_SANDBOXER_JAIL_WORDS_H */
