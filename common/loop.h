#ifndef COMMON_LOOP_H
#define COMMON_LOOP_H
/*
 * The event loop.  loop.c is the only file that knows libevent.
 *
 * Objects made here must be freed before the loop.  An object may be freed
 * inside its own callback.
 */

#include <stdint.h>

struct loop;
struct loop_io;
struct loop_timer;
struct loop_signal;

#define LOOP_READ  0x1
#define LOOP_WRITE 0x2

struct loop *loop_new(void);
void loop_free(struct loop *);
/* Runs until loop_stop().  Returns 0, or RL_ERR_SYSTEM. */
int loop_run(struct loop *);
/* Makes loop_run() return once the current callbacks are done. */
void loop_stop(struct loop *);

/*
 * Watches fd (which stays the caller's and must stay open) once
 * loop_io_want() has said for what; events is a mask of LOOP_*.
 */
struct loop_io *loop_io_new(struct loop *, int fd,
    void (*cb)(int fd, unsigned events, void *arg), void *arg);
/* Replaces what is waited for; 0 waits for nothing.  Level-triggered. */
void loop_io_want(struct loop_io *, unsigned events);
void loop_io_free(struct loop_io *);

/* A one-shot timer, disarmed at first. */
struct loop_timer *loop_timer_new(
    struct loop *, void (*cb)(void *arg), void *arg);
/* Fires once after ms milliseconds; arming again moves it.  0: next turn. */
void loop_timer_arm(struct loop_timer *, uint64_t ms);
/*
 * Fires at the end of this turn, after all else that has something to do in it:
 * without another look at descriptors.  So it must not go on and on.
 */
void loop_timer_soon(struct loop_timer *);
void loop_timer_disarm(struct loop_timer *);
void loop_timer_free(struct loop_timer *);

/*
 * Calls cb, from the loop, when signo has come.  Where the system can tell
 * signals by a descriptor, signo is blocked meanwhile: what is executed
 * inherits that, so proc_spawn() and the like start with an empty mask.
 */
struct loop_signal *loop_signal_new(struct loop *, int signo,
    void (*cb)(int signo, void *arg), void *arg);
void loop_signal_free(struct loop_signal *);

/* Milliseconds of CLOCK_MONOTONIC. */
uint64_t loop_now(void);

#endif /* COMMON_LOOP_H */
