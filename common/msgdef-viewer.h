#ifndef COMMON_MSGDEF_VIEWER_H
#define COMMON_MSGDEF_VIEWER_H
/*
 * Bodies of messages about viewers of a session, and the keeper of its screen.
 * Part of msgdef.h, which includes it.
 */

/* --- viewer and sandboxer --- */

struct msg_viewer_input { /* INPUT, ANSWER */
	struct msg_bin data;
};

struct msg_viewer_resize {
	uint64_t cols;
	uint64_t rows;
};

struct msg_viewer_size {
	uint64_t offset; /* from this byte of the output on */
	uint64_t cols;
	uint64_t rows;
};

struct msg_viewer_signal {
	uint64_t signal; /* 2, 3, 9, 15 */
};

/*
 * Sent when all there is has been read, and on the way at the latest after
 * every eighth of the ring: a viewer that says nothing counts as stalled.
 */
struct msg_viewer_at {
	uint64_t offset; /* all before it has been read; wake me past it */
};

struct msg_viewer_seek {
	int64_t offset; /* of the next byte wanted, or SEEK_* */
};

struct msg_viewer_from {
	uint64_t offset; /* read from here */
	uint64_t cols;	 /* of the terminal there */
	uint64_t rows;
};

struct msg_viewer_screen {
	uint64_t offset; /* draw the screen, then read from here */
	uint64_t cols;	 /* of the terminal there */
	uint64_t rows;
	bool exact;	 /* false: some output was never seen by a keeper */
};

struct msg_viewer_state {
	uint64_t state;
	int64_t exit_code;
	uint64_t signal;
	const char *reason;
	const char *text;
};

/* --- sandboxer and screen keeper --- */

struct msg_screen_start {
	uint64_t version; /* MSG_VERSION */
	uint64_t offset;  /* the screen is that before this byte */
	uint64_t cols;
	uint64_t rows;
};

struct msg_screen_feed {
	uint64_t upto; /* the ring's bytes before this one */
};

struct msg_screen_size {
	uint64_t cols;
	uint64_t rows;
};

struct msg_screen_fed {
	uint64_t offset;
};

struct msg_screen_saved {
	uint64_t offset; /* the screen is that before this byte */
	uint64_t size;	 /* bytes written */
};

struct msg_screen_busy {
	uint64_t offset; /* read up to here */
};

/* See struct screen_notices of ringlet-screen/screen.h. */
struct msg_screen_notice {
	uint64_t bell; /* offset behind the last bell; 0: none */
	uint64_t note; /* likewise of a notification */
	const char *title;
	const char *text;
};

#endif /* COMMON_MSGDEF_VIEWER_H */
