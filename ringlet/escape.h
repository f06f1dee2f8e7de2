#ifndef ESCAPE_H
#define ESCAPE_H
/*
 * The escapes of `terminal attach`, as ssh(1) has them: at the beginning of a
 * line, ~ followed by a character.  A pure state machine over what was typed.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct escape {
	bool middle; /* of a line: ~ is an ordinary character */
	bool tilde;  /* a ~ is kept until it is known what follows */
};

enum escape_action {
	ESCAPE_NONE,	/* everything was taken */
	ESCAPE_DETACH,	/* ~. or ~d */
	ESCAPE_SUSPEND, /* ~^Z */
	ESCAPE_HELP	/* ~? */
};

/*
 * Takes len bytes of in.  What is meant for the session goes to out (len + 1
 * bytes), *outlen of them; *used is how many of in were taken: fewer than
 * len only if an action has to come first.  A zeroed struct escape is the
 * beginning.
 */
enum escape_action escape_feed(struct escape *, const uint8_t *in, size_t len,
    uint8_t *out, size_t *outlen, size_t *used);

#endif /* ESCAPE_H */
