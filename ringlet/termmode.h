#ifndef TERMMODE_H
#define TERMMODE_H
/*
 * What a session has switched on in the viewer's terminal, so that it can be
 * switched off when the viewer leaves: the alternate screen, mouse reports,
 * bracketed paste, a hidden cursor, colours, keyboard protocols.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

#define TERMMODE_PARAMS 16

struct termmode {
	uint32_t changed; /* a bit for each row of the table */
	bool attributes;  /* colours or the like */
	bool region;	  /* of scrolling */
	bool cursor_shape;
	bool keypad;
	bool other_keys;    /* xterm's modifyOtherKeys */
	unsigned keyboards; /* pushed by kitty's protocol */

	/* The parser's state. */
	int state;
	char prefix; /* after CSI: ? > < = or 0 */
	char middle; /* intermediate byte, or 0 */
	unsigned params[TERMMODE_PARAMS];
	size_t nparams;
};

/* Follows len bytes of output.  A zeroed struct is the beginning. */
void termmode_feed(struct termmode *, const uint8_t *p, size_t len);
/* Appends what undoes all of it; nothing if there is nothing to undo. */
int termmode_undo(const struct termmode *, struct buf *out);

#endif /* TERMMODE_H */
