#ifndef AUDIT_INT_H
#define AUDIT_INT_H
/*
 * What audit.c, audit-file.c, audit-key.c and api-audit.c share.
 */

#include <sys/queue.h>
#include <sys/types.h>
#include <stdbool.h>
#include <stdint.h>

#include "audit.h"
#include "audit-files.h"
#include "audit-repeat.h"
#include "audit-scan.h"
#include "logline.h"
#include "monitor.h"

struct buf;
struct keychain_call;

struct audit {
	struct env *env;
	/* The file; -1: it cannot be had. */
	int fd;
	dev_t dev;
	ino_t ino;
	off_t size;	/* that it must have */
	uint64_t base;	/* number of its first byte: see audit-files.h */
	bool turned;	/* it is new, and does not say so yet ... */
	char before[AUDIT_NAME_LEN]; /* ... and which file is before it */
	uint64_t turn_at;	     /* loop_now() at which it is tried again */
	bool dangling;	/* it ends within a line */
	size_t partial; /* bytes of that, if it is our own */
	struct audit_link head;
	const char *wrong; /* with the file, and not told yet; or NULL */
	off_t wrong_size;  /* that it should have had then */
	bool taken;	/* the chain was taken up from a file */
	uint64_t began; /* number of the last entry before our first */
	struct buf *line;
	/* Entries that could not be written since, and why. */
	uint64_t lost;
	char why[256];
	uint64_t told_at; /* loop_now() when the log last told; 0: never */
	char trouble[1024];
	struct log_limit limit; /* of what is refused to holders of a token */
	struct audit_repeat *repeats; /* such that came again; NULL: none */
	struct loop_timer *repeat_timer;
	struct logsocket *syslog;
	bool in_syslog; /* it took the last entry */

	/* audit-key.c */
	struct secret *key; /* NULL: none (yet) */
	char no_key[256];   /* then: why */
	char store[32];	    /* that has it, or will */
	bool settled;	    /* the state file says so, or it has it */
	bool choosing;	    /* which store it is to be */
	bool held;	    /* keys are being moved: it is left alone */
	char keyid[AUDIT_KEYID_LEN + 1];
	char was_keyid[AUDIT_KEYID_LEN + 1]; /* in the state file, or "" */
	char was_store[32];		     /* likewise */
	struct secret *fresh;		     /* read or made, not in use yet */
	struct audit_link known;	     /* what the keychain knows */
	struct keychain_call *call;
	struct audit_scan *scan;
	struct audit_link telling; /* what it is being told */
	struct loop_timer *retry;
	struct loop_timer *checkpoint;
	bool armed;
	uint64_t checked_at; /* loop_now() of the last checkpoint */
	bool finishing;
	bool finished;
	struct loop_timer *patience;	   /* of a stop */
	LIST_HEAD(, verifying) verifyings; /* that clients wait for */
	unsigned verifying;
};

/* audit.c */
/* Writes an entry without looking back.  0 or -1, and why is set. */
int audit_write(struct audit *, const struct audit_who *who, const char *event,
    const char *object, const char *outcome, const char *const *details);
/* Refusals that are counted, and not told yet, are written now. */
void audit_repeats_end(struct audit *);

/* audit-file.c */
/* Opens it, and takes the chain up where it ends; a->fd is -1 if it cannot. */
void audit_file_open(struct audit *);
/* Opens it again if it is not ours any more, and says so.  0 or -1, and why. */
int audit_file_mend(struct audit *);
/* All of it or nothing: a piece of a line is taken back.  0 or -1, and why. */
int audit_file_put(struct audit *, const void *p, size_t len);
void audit_file_close(struct audit *);
/* The last entry in the first size bytes of fd; false: there is none. */
bool audit_file_last(int fd, off_t size, struct audit_entry *);
/*
 * Opens the file that is there by its name, for reading.  A descriptor, or
 * RL_ERR_NOTFOUND, RL_ERR_DENIED, RL_ERR_SYSTEM and why[size].
 */
int audit_open_path(const struct audit *, off_t *size, char *why, size_t size_);

/* audit-turn.c */
struct stat;
/*
 * The file st was opened: if a crash has left it put aside, and also here, it
 * is put aside; true: it was, and another must be begun.
 */
bool audit_turn_finish(struct audit *, const struct stat *st);
/*
 * The file was opened: which place it has, and whether the chain goes on.  It
 * is fresh if no entry is in it, and none was.
 */
void audit_turn_begin(struct audit *, bool fresh);
/*
 * Before an entry: begins another file if this one is long enough, and tells
 * so.  0, or -1 and why: what must be told cannot be written.
 */
int audit_turn(struct audit *);
/* Where in which file a byte of the log is. */
struct audit_place {
	off_t at;	 /* in the file */
	uint64_t number; /* of that byte, or of the next one that is left */
	uint64_t end;	 /* of the log */
};
/*
 * Opens the file that has that byte, for reading.  A descriptor, or an error
 * and why[size].
 */
int audit_turn_find(struct audit *, uint64_t number, struct audit_place *,
    char *why, size_t size);
/*
 * Checks all files with v, which is cb's then: audit-scan.h.  fd and size are
 * those of the one that is written; -1: it cannot be read.
 */
struct audit_scan *audit_turn_scan(struct audit *, int fd, off_t size,
    struct audit_verify *v, audit_scan_cb cb, void *arg);

/* audit-key.c */
/* Whether the keychain may yet give the key that there is not. */
bool audit_key_pending(const struct audit *);
void audit_key_free(struct audit *);
/*
 * The log is there only now: the key is asked for anew, so that the log is
 * checked with it first.
 */
void audit_key_again(struct audit *);
/* An entry was written: the keychain must know of it, in a while. */
void audit_key_note(struct audit *);

/* api-audit.c */
/* Forgets the checks that are under way. */
void audit_verify_none(struct audit *);

#endif /* AUDIT_INT_H */
