#ifndef RINGLET_SANDBOXER_SANDBOXER_H
#define RINGLET_SANDBOXER_SANDBOXER_H
/*
 * The sandboxer's private header: its state and what its files offer each
 * other.
 *
 *	main.c		start-up, the environment of it all
 *	dispatch.c	what the monitor may say
 *	session.c	one session from start to end
 *	report.c	what comes back from a jail
 *	limit.c		what a session may use
 *	probe.c		what jails can be had
 *	spawn.c		the child that becomes bwrap
 *	pump.c		bytes between terminal, ring and input queue
 *	attach.c	viewers
 *	seek.c		where they read
 *	hooks.c		what hooks report
 *	keeper.c	screen keepers
 *	screens.c	what they have saved
 *	notice.c	what an agent wants its person to see
 *	reap.c		children and orphans
 */

#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <stdbool.h>
#include <stdint.h>

#include "cgroup.h"
#include "jail-probe.h"
#include "jail-seccomp.h"
#include "log.h"
#include "notice.h"
#include "screens.h"
#include "strlist.h"
#include "valid.h"

struct buf;
struct env;
struct jail;
struct jail_limits;
struct loop;
struct loop_io;
struct loop_signal;
struct loop_timer;
struct msg;
struct msg_jail_start;
struct peer;
struct ring_writer;
struct session;

#define INPUT_MAX  (64 * 1024) /* bytes typed and not yet read by the agent */
#define WORDS_MAX  2048	       /* bytes kept of what bwrap says */
#define KILLS_MAX  8	       /* kill requests that wait for one end */
#define WAKE_BYTES (64 * 1024) /* of new output wake viewers before WAKE_MS */
#define STALL_BYTES (64 * 1024) /* less in STALL_MS is standing still */

/* Deadlines, milliseconds. */
#define BUILD_MS 20000 /* from fork to the agent's exec */
#define EXIT_MS	 5000  /* from the agent's end to an empty process tree */
#define PROOF_MS 5000  /* from SIGKILL to an empty process tree */
#define LEAVE_MS 1500  /* from the monitor's end to our own */
#define DRAIN_MS 1000  /* a terminal held open by nobody that we know */
#define RESIZE_MS 50   /* between two sizes of a terminal */
#define WAKE_MS	 2     /* between wake-ups of viewers in a stream of output */
#define STALL_MS 1000  /* a viewer that stands still stops nobody longer */
#define RETURN_MS 3000 /* one that has left may come back as long */

struct hook_pipe;
struct keeper;

struct viewer {
	struct session *session;
	struct peer *peer;
	uint64_t number; /* the monitor's */
	int event;	 /* eventfd */
	uint64_t at;	 /* read by it, as it says */
	uint64_t mark;	 /* at when the pause began, or a STALL_MS ago */
	bool armed;	 /* wants to be woken past at */
	bool reads;	 /* has said how far it is */
	bool stalled;	 /* stood still in a pause: not waited for */
	bool read_only;
	unsigned int cols; /* its own window; 0: not told */
	unsigned int rows;
	struct buf *held; /* input that found no room, or NULL */
	bool seeking;	  /* waits for a screen ... */
	uint64_t wanted;  /* ... that is not older than this byte */
	uint32_t seek_id; /* its request */
	TAILQ_ENTRY(viewer) link;
};

enum session_phase {
	SP_BUILDING = 1, /* forked; the agent does not run yet */
	SP_RUNNING,
	SP_ENDING, /* the agent ended, or everything was killed */
	SP_ENDED
};

struct session {
	struct env *env;
	char id[SESSION_ID_LEN + 1];
	enum session_phase phase;
	bool sandboxed;
	const char *tier;
	char *path;	   /* the agent's program, for messages */
	/* Working folder, home, what else is compared: likewise. */
	struct strlist proofs;
	uint32_t start_id; /* the monitor's request, until answered */

	pid_t child; /* bwrap, or the unjailed init; 0: reaped */
	int child_status;
	int init; /* pidfd of the jail init, -1: none yet */
	struct loop_io *init_io;
	bool init_gone;
	int agent; /* pidfd, -1: none yet */
	uint64_t agent_pid;
	int report; /* socket to the jail init, -1: closed */
	struct loop_io *report_io;
	int words; /* standard error of bwrap, -1: closed */
	struct loop_io *words_io;
	struct buf *text;

	int master; /* -1: closed */
	struct loop_io *master_io;
	struct ring_writer *ring; /* NULL once ended */
	struct buf *input;
	unsigned int cols;
	unsigned int rows;
	uint64_t resized_at; /* loop_now() of the last change */
	unsigned int next_cols; /* what resize_timer sets */
	unsigned int next_rows;
	struct loop_timer *resize_timer; /* NULL: never needed */

	TAILQ_HEAD(, viewer) viewers;
	struct viewer *owner; /* typed last: its window decides */
	size_t holding;	      /* viewers with held input */
	uint64_t woke;	      /* when viewers were woken last */
	uint64_t woke_head;   /* and where the ring was then */
	bool wake_waits;      /* wake_timer is armed */
	bool typed;	      /* and nobody has been woken since */
	struct loop_timer *wake_timer;
	uint64_t pause_at; /* stop reading when head is past it */
	bool paused;
	bool behind; /* it is the viewers who are waited for */
	bool left;	  /* one has left and may come back ... */
	uint64_t left_at; /* ... for this byte */
	struct loop_timer *left_timer;
	struct loop_timer *stall_timer;

	int ring_fd; /* for keepers */
	struct hook_pipe *hooks; /* NULL: it has none */
	struct screens screens;
	struct keeper *keeper; /* NULL: none is needed now */
	unsigned int keeper_fails; /* in a row */
	uint64_t keeper_failed_at; /* loop_now() of the last that counted */
	uint64_t check_at; /* a screen is due when head is past it */
	struct notice notice;

	struct loop_timer *timer; /* the deadline that is running */
	void (*expired)(struct session *);
	bool reported;	 /* status is the agent's own */
	int status;	 /* as wait(2)'s */
	char *failure;	 /* why the agent was not started, or NULL */
	bool kill_asked; /* TERM or KILL was asked for */
	bool killed;	 /* SIGKILL was sent */
	uint64_t oom_kills; /* by the kernel, when the agent began */
	struct cgroup_session *cgroup; /* NULL: none */
	char *limits;		       /* for people */
	uint64_t cpu_limit; /* microseconds of all its processes, 0: none */
	bool cpu_out;	    /* it has reached that */
	struct loop_timer *cpu_timer;
	bool proven;	 /* nothing of it is left */
	const char *proof_text;
	uint32_t kills[KILLS_MAX]; /* requests to answer at the end */
	size_t nkills;
	TAILQ_ENTRY(session) link;
};

struct filter {
	uint8_t *prog;
	size_t len;
};

struct env {
	struct loop *loop;
	struct peer *monitor;
	struct loop_signal *sigchld;
	struct loop_timer *leaving; /* the monitor is gone; else NULL */
	char *jail_init;			      /* absolute name */
	char *screen;				      /* likewise */
	/*
	 * That program, open, so that sessions which outlive an upgrade have
	 * screens; -1: it was not there.
	 */
	int screen_fd;
	int landlock;				      /* ruleset, or -1 */
	struct jail_probe probe;		      /* what can be had */
	uint64_t probed_at;			      /* loop_now() */
	enum jail_tier minimum;			      /* as is set */
	struct cgroup cgroup;			      /* the daemon's */
	struct filter filters[JAIL_SECCOMP_VARIANTS]; /* made when needed */
	struct rlimit nofile; /* as we found it, for the agents */
	TAILQ_HEAD(, session) sessions;
	TAILQ_HEAD(, keeper) keepers;
};

/* --- dispatch.c --- */

/* Starts to listen to the monitor on the channel fd, which it takes. */
void dispatch_start(struct env *, int fd);
/* A session has ended.  Ends the loop if it was the last we waited for. */
void dispatch_idle(struct env *);
/* Sends log entries to the monitor: a log_sink. */
void dispatch_log(enum log_level, const char *text, void *env);

/* --- session.c --- */

struct session *session_find(struct env *, const char *id);
/*
 * Starts a session as a checked plan says.  The descriptors stay the
 * caller's.  The request id is answered by the session later; on a negative
 * return the caller answers, with *why (size bytes).
 */
int session_start(struct env *, const struct msg_jail_start *, uint32_t id,
    int ring, int cwd, int home, char *why, size_t size);
/*
 * Asks a session to end, or sends a signal (0: TERM, grace, KILL).  The
 * request is answered now or at the end.
 */
void session_kill(struct session *, uint32_t id, int signo, uint64_t grace_ms);
/* A viewer's signal: 2, 3, 9 or 15. */
void session_signal(struct session *, int signo);
/* Sends SIGKILL to all of it at once. */
void session_kill_now(struct session *);
/*
 * Looks whether the session has come to its end, and ends it.  One that was
 * never started is freed.
 */
void session_check(struct session *);
/* Why the agent is not started; the first to say so counts. */
void session_blame(struct session *, const char *what, const char *why);
/* The agent runs; it ended with that status, as wait(2)'s. */
void session_started(struct session *);
void session_agent_ended(struct session *, int status);
/* Frees it with its viewers, without a word to anybody. */
void session_free(struct session *);

/* --- limit.c --- */

/*
 * Decides how the plan's limits are kept: sets s->limits, makes the session's
 * cgroup where there can be one, and leaves in *each what the agent's own
 * process has to be bounded by.  RL_ERR_SYSTEM with *why (size bytes).
 */
int limit_prepare(struct session *, const struct msg_jail_start *,
    struct jail_limits *each, char *why, size_t size);
/* The agent runs. */
void limit_started(struct session *);
/* All of it has ended. */
void limit_end(struct session *);

/* --- probe.c --- */

/* Tries what jails can be had. */
void probe_start(struct env *);
/* The same while serving, unless it was tried a moment ago. */
void probe_again(struct env *);
/* Tells the monitor. */
void probe_tell(struct env *);
/*
 * Whether a jail may be built: 0, RL_ERR_JAIL or RL_ERR_DENIED (it would be
 * less than is set) with *why (size bytes).
 */
int probe_permit(struct env *, char *why, size_t size);

/* --- spawn.c --- */

struct spawn {
	const struct jail *jail;
	int slave;  /* of the terminal */
	int cwd;    /* working folder */
	int cgroup; /* to join, -1: none */
	pid_t pid;  /* out: the child */
	int report; /* out: our end of the socket, non-blocking */
	int words;  /* out: read end of its standard error, non-blocking */
};

/*
 * Forks the child that becomes bwrap (or the unjailed init).  0, or a
 * negative error and *why (size bytes).
 */
int spawn_child(struct env *, struct spawn *, char *why, size_t size);
/* The tier that jails get on this machine; static. */
const char *spawn_tier(const struct env *, bool sandboxed);

/* --- report.c --- */

/* Starts watching the session's report socket and bwrap's standard error. */
void report_start(struct session *);
/*
 * All that bwrap said before the agent ran, as one line into dst; it names
 * paths, so control characters are escaped.  False: it said nothing.  To be
 * called once bwrap is dead.
 */
bool report_words(struct session *, char *dst, size_t size);

/* --- hooks.c --- */

/*
 * Opens the pipe in which the session's hooks report, and watches it.
 * RL_ERR_SYSTEM, RL_ERR_INVALID (it is no pipe of ours) with *why (size bytes).
 */
int hooks_start(struct session *, const char *path, char *why, size_t size);
/* Passes on what is still in it, and lets go. */
void hooks_end(struct session *);

/* --- pump.c --- */

/* Starts watching the terminal's master. */
void pump_start(struct session *);
/*
 * Queues bytes for the terminal.  RL_ERR_TOOBIG: there is no room for all of
 * them, and none was taken.
 */
int pump_input(struct session *, const void *p, size_t len);
/*
 * Reads what is left once every process is dead.  True: the terminal is at
 * its end; false: somebody still holds it open.
 */
bool pump_drain(struct session *);
/* Decides anew whether reading the terminal pauses. */
void pump_flow(struct session *);
/*
 * Applies a window size to terminal, ring and viewers: at once, or RESIZE_MS
 * after the last one.
 */
void pump_resize(struct session *, unsigned int cols, unsigned int rows);
/* Applies what pump_resize has put off. */
void pump_resize_now(struct session *);
/* Closes the terminal. */
void pump_stop(struct session *);

/* --- attach.c --- */

/*
 * Adds a viewer; takes both descriptors.  RL_ERR_STATE: the session has
 * ended.
 */
int viewer_add(
    struct session *, uint64_t number, bool read_only, int sock, int event);
/* The ring has grown to head: wakes the viewers that asked for it. */
void viewers_wake(struct session *, uint64_t head);
/* Room in the input queue: takes in what was held back. */
void viewers_resume(struct session *);
/* Tells every viewer the window's size, or that the session has ended. */
void viewers_size(struct session *);
void viewers_end(struct session *, int64_t code, uint64_t signo,
    const char *reason, const char *text);
void viewers_free(struct session *);

/* --- seek.c --- */

/* The handler of a viewer's VIEWER_SEEK. */
int on_viewer_seek(struct peer *, struct msg *);
/*
 * A screen has been saved: answers those who wait for one that is not older
 * than upto.
 */
void viewers_screen(struct session *, uint64_t upto);
/* No screen can be had any more: tells those who wait. */
void viewers_no_screen(struct session *);
bool viewers_want_screen(const struct session *);

/* --- keeper.c --- */

/*
 * Has what the terminal shows by now saved, by a keeper that is started if
 * none runs.  Then viewers_screen() is called, or viewers_no_screen().
 */
void keeper_save(struct session *);
/* The terminal's size has changed. */
void keeper_resized(struct session *, unsigned int cols, unsigned int rows);
/*
 * Has a screen saved if one is due.  Returns the offset past which nothing
 * may be written to the ring by now, since the keeper has not read so far.
 */
uint64_t keeper_check(struct session *);
/* The offset at which keeper_check() has something to do. */
uint64_t keeper_due(const struct session *);
/* Whether one is being saved, so that keeper_save() would do nothing. */
bool keeper_is_busy(const struct session *);
/* Whether screens can be had. */
bool keeper_works(const struct session *);
/* If they can not, since a while: lets it be tried again. */
void keeper_retry(struct session *);
/* Ends the keeper of this session, if there is one. */
void keeper_end(struct session *);
/* A child was reaped.  False: it was no keeper. */
bool keeper_reaped(struct env *, pid_t pid, int status);
/* Forgets those that still run; they end by themselves. */
void keeper_forget_all(struct env *);
/* Whether pid is a keeper. */
bool keeper_is(const struct env *, pid_t pid);

/* --- reap.c --- */

/* Watches for the end of children; makes us the parent of orphans. */
void reap_start(struct env *);
/* pidfd_send_signal(2); 0 or RL_ERR_SYSTEM. */
int reap_signal(int pidfd, int signo);
/*
 * The number of a pidfd's process, seen from here, or 0 if it has been reaped
 * already.  RL_ERR_INVALID: that is no pidfd; RL_ERR_SYSTEM.
 */
int reap_pid(int pidfd, uint64_t *pid);

#endif /* RINGLET_SANDBOXER_SANDBOXER_H */
