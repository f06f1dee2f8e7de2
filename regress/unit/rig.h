#ifndef REGRESS_UNIT_RIG_H
#define REGRESS_UNIT_RIG_H
/*
 * A real ringlet-sandboxer with the test in the monitor's place.  Everything
 * runs as an ordinary user; a failure of the rig itself ends the test.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "msgdef.h"
#include "ring.h"

#define RIG_WAIT_MS 30000 /* longer than anything here takes */

struct rig {
	pid_t pid; /* the sandboxer */
	int fd;	   /* our end of its channel */
	uint32_t next_id;
	const char *tier; /* as its READY said: full, no-landlock-scope */
	char *bin;	  /* a folder with its programs */
	char *home;	  /* a folder of the test, also the agent's home */
	char *work;	  /* home/work, the working folder */
	int home_fd;
	int work_fd;
};

/* A plan with the parts that tests change; the rest is filled in. */
struct rig_plan {
	const char *id;	    /* NULL: a new one */
	const char *script; /* for /bin/sh -c */
	const char *path;   /* instead: this program with */
	const char *const *argv;
	size_t argc;
	bool unjailed;
	bool unshare_net;
	bool nesting;
	const char *bad_bind; /* a source that is not there */
	const char *const *flags;
	size_t nflags;
	const char *const *proofs; /* of the flags' binds */
	size_t nproofs;
	const char *const *env;
	size_t nenv;
	const char *cwd; /* NULL: rig's work */
	int cwd_fd;	 /* 0: rig's work_fd */
	uint64_t memory; /* limits, as in JAIL_START */
	uint64_t processes;
	uint64_t files;
	uint64_t cpu;
};

/* One session as its monitor and its readers see it. */
struct rig_session {
	char id[17];
	int ring_fd;
	struct ring_reader *ring;
	uint64_t pid;
	char limits[256]; /* as it was answered */
};

struct rig_viewer {
	int sock;
	int event;
	uint64_t number;
};

/*
 * To be called first in main(): becomes an ordinary user if this is root, and
 * ends with status 77 (skipped) if that user cannot get at the programs.
 * Returns whether bwrap can build jails here.
 */
bool rig_begin(int argc, char **argv);

struct rig *rig_start(void);
/* The same on a kernel that has no Landlock, as far as it can tell. */
struct rig *rig_start_old_kernel(void);
/* The same with a screen keeper that lies, as regress/peer/hostile-screen.c */
struct rig *rig_start_hostile_screen(const char *mode);
/* Closes the channel; the sandboxer must end with status 0. */
void rig_stop(struct rig *);

/*
 * Starts a session.  True and *s is filled in, or false and err and text
 * (size bytes) are those of the error reply.
 */
bool rig_run(struct rig *, const struct rig_plan *, struct rig_session *s,
    int *err, char *text, size_t size);
/* Asks for a session and waits for no answer; returns its id (static). */
const char *rig_request(struct rig *, const struct rig_plan *);
/* As rig_run() where a failure fails the test. */
void rig_must_run(struct rig *, const struct rig_plan *, struct rig_session *s);
void rig_session_done(struct rig_session *);

/* Waits for the end of s.  m is the caller's to clear. */
void rig_wait_end(struct rig *, const struct rig_session *s, struct msg *m);
/*
 * Waits for any message of that type; skips log entries, screens and notices
 * alone.
 */
void rig_expect(struct rig *, uint16_t type, struct msg *m);
/* Sends a request without descriptors; returns its id. */
uint32_t rig_send(struct rig *, uint16_t type, const void *body);

/* All of the output so far, NUL-terminated; the caller frees it. */
char *rig_output(const struct rig_session *);
/* Waits until the output contains text. */
void rig_wait_output(const struct rig_session *, const char *text);

void rig_attach(struct rig *, const struct rig_session *, bool read_only,
    struct rig_viewer *);
/* Asks where to read, and waits for the answer; m is the caller's to clear. */
void rig_seek(const struct rig_viewer *, int64_t offset, struct msg *m);
/* What is in the screen that came with m; the caller frees it. */
char *rig_screen(const struct msg *m);
void rig_view_send(const struct rig_viewer *, uint16_t type, const void *body);
void rig_view_type(const struct rig_viewer *, const char *text);
/* Waits until the sandboxer has closed it, whatever it sends before. */
void rig_view_closed(const struct rig_viewer *);
void rig_view_done(struct rig_viewer *);

/*
 * A FIFO rig->work/name, opened here for reading.  While a process has it
 * open for writing, rig_fifo_free() is false.
 */
int rig_fifo(const struct rig *, const char *name);
/* Waits for a byte from it: a writer is there. */
void rig_fifo_held(int fd);
/* Waits at most ms for all writers to be gone. */
bool rig_fifo_free(int fd, int ms);

#endif /* REGRESS_UNIT_RIG_H */
