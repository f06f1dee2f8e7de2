#ifndef VIEW_H
#define VIEW_H
/*
 * A viewer on this terminal: one session's output to standard output, and
 * standard input to the session, until one of them ends.
 */

#include <stdbool.h>
#include <stdint.h>

struct cli;
struct record;
struct ring_reader;

enum view_end {
	VIEW_ENDED,	/* the session: exit_code, signal, text say how */
	VIEW_DETACHED,	/* the user asked for it */
	VIEW_LOST,	/* the channel broke: error and text say how */
	VIEW_SIGNALLED, /* this process was sent signo */
	VIEW_OUTPUT,	/* standard output failed: error is its errno */
	VIEW_RECORD	/* the recording alone was wanted, and failed */
};

struct view {
	/* What to show; all of it stays the caller's. */
	const char *id;
	const struct ring_reader *ring;
	uint64_t offset; /* wanted first, or VIEW_FRESH */
	int channel;	 /* to the sandboxer, or -1: it has ended already */
	int event;	 /* wakes us, or -1 likewise */
	int screen;	 /* once ended: what was shown before clean, or -1 */
	uint64_t clean;
	bool read_only;
	bool silent;	       /* nothing to standard output, nothing typed */
	struct record *record; /* all that is shown goes there too, or NULL */
	/*
	 * The channel broke: makes another, in channel and event.  0;
	 * RL_ERR_AGAIN: not yet; RL_ERR_STATE: the session has ended, and
	 * screen, clean, exit_code, signal and text are filled in; another
	 * error: there is no way, and text says why.  NULL: there is none.
	 */
	int (*again)(struct view *);
	struct cli *cli; /* again()'s, and whom a silent one shows its wait */

	/* How it came to its end. */
	enum view_end end;
	int64_t exit_code;
	uint64_t signal;
	char *text; /* the caller frees it; may be NULL */
	int signo;
	int error; /* RL_ERR_*, or an errno */
};

#define VIEW_FRESH UINT64_MAX /* whatever suits where it is shown */

/*
 * Shows it.  All output that there is by then has been written when the end
 * is VIEW_ENDED or VIEW_LOST.  The terminal is as it was before.
 */
void view_run(struct view *);

#endif /* VIEW_H */
