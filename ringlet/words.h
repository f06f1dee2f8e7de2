#ifndef WORDS_H
#define WORDS_H
/*
 * What is told beside the table of commands: examples of each, and what its
 * words can be, for help, for suggestions, and for shells that complete them.
 */

#include "ringlet.h"

/* --- examples.c: how they are used, for help and ringlet(1) --- */

struct example {
	const char *group;
	const char *verb; /* as in struct command */
	const char *line; /* words behind "ringlet", quoted as for a shell */
	const char *what; /* it does */
};
extern const struct example examples[];
extern const size_t nexamples;

/* --- operands.c: what stands where, for completion and suggestions --- */

enum operand {
	OPERAND_NONE,  /* there is none */
	OPERAND_TEXT,  /* whatever the user makes up */
	OPERAND_WORDS, /* one of a few words */
	OPERAND_PROFILE,
	OPERAND_AGENT,
	OPERAND_PROVIDER,
	OPERAND_SESSION,
	OPERAND_TOKEN,
	OPERAND_FILE,
	OPERAND_DIR,
	OPERAND_HOST,
	OPERAND_COMMAND /* words of a command */
};

/* What operand n is; of OPERAND_WORDS *words becomes them, with | between. */
enum operand operand_kind(const struct command *, size_t n, const char **words);
/* The same of an option's argument. */
enum operand option_kind(const struct opt *, const char **words);
/* Aliases of all profiles there are, as files; for strlist_clear(). */
struct strlist;
void profile_names(const struct paths *, struct strlist *);
/*
 * What to do where the daemon knows no such thing, or has it already: another
 * name that is near, or what lists all.  For free(); NULL: nothing is known.
 */
char *suggest_operand(const struct cli *, int err);

/* --- complete.c --- */

#define COMPLETE "__complete" /* a hidden command: what shells call */
/*
 * Prints what the last of the words behind "ringlet" could become.  Starts no
 * daemon, asks nobody, says nothing of what is wrong.
 */
int cmd_complete(struct cli *, size_t n, char **words);

#endif /* WORDS_H */
