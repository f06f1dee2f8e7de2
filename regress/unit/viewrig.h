#ifndef UNIT_VIEWRIG_H
#define UNIT_VIEWRIG_H
/*
 * A viewer against a sandboxer of our own making: pipes for its terminal, or a
 * real one, a real ring, a channel that behaves or does not.
 */

#include <sys/types.h>
#include <stdbool.h>
#include <stdint.h>

#include "msgdef.h"
#include "ring.h"
#include "view.h"

#define CAPACITY RING_CAPACITY_MIN
#define PATIENCE 20000 /* ms */

/* What rig_start() does otherwise than most tests want it. */
struct viewrig {
	bool tty;		  /* standard input and output are a terminal */
	bool silent;		  /* the first SEEK is not answered */
	const char *screen;	  /* of a session that had ended before */
	const char *ended_screen; /* and of one that ends */
	uint64_t clean;
	uint64_t tail;	    /* this much has left the ring */
	const char *record; /* a file: nothing is shown */
	int channels;	    /* that replace a broken one */
	bool gone;	    /* the session's last words are said already */
};
extern struct viewrig with;
/* The channels that replace a broken one; our ends are the first. */
extern int others[4][2], nothers;

/* The session: its ring, our end of the viewer's channel, its event. */
extern struct ring_header *hdr;
extern int ring, channel, event;
/* The viewer: its standard files' other ends, and its terminal if it has one.
 */
extern int in, out, err, slave;
extern pid_t viewer;

/* What the child's exit status says about how it ended. */
#define ENDED(code) (code)
#define HOW(end)    (100 + (int)(end))

/*
 * Starts a viewer of a session that has printed before; ended: and has ended,
 * so that there is no channel.
 */
void rig_start(bool read_only, bool ended, const char *before);
/* Its exit status, or 1000 and the signal. */
int rig_result(void);

/* The session prints; then wakes its viewer. */
void rig_append(const void *p, size_t len);
void rig_wake(void);
void rig_end_session(int64_t exit_code);

/* The next message from the viewer, which must be of that type. */
void rig_expect(uint16_t type, struct msg *m);
void rig_expect_size(void);
void rig_expect_at(uint64_t offset);
/* Returns the id that its answer must have. */
uint32_t rig_expect_seek(int64_t offset);
void rig_answer_from(uint32_t id, uint64_t offset);
/* Takes fd. */
void rig_answer_screen(uint32_t id, uint64_t offset, int fd, bool exact);
/* A sealed memory file with that text. */
int rig_screen_of(const char *text);

/* Text that must come next from fd. */
void rig_expect_text(int fd, const char *want);

#endif /* UNIT_VIEWRIG_H */
