#ifndef LOGLINE_H
#define LOGLINE_H
/*
 * What an entry looks like in each place that it may go to, and how many of
 * them another process may have.
 */

#include <sys/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "log.h"

#define LOGLINE_MAX (LOG_LINE_MAX + 128) /* bytes that each of these takes */

/*
 * These write one entry to dst (LOGLINE_MAX bytes) and return its length.
 * text is escaped and has no newline.
 */
/* "2026-01-31T23:59:59Z [PID] LEVEL: TEXT", UTC, with a newline. */
size_t logline_file(
    char *dst, enum log_level, const char *text, time_t now, pid_t pid);
/* "<PRIORITY>TEXT" with a newline: the journal knows the rest. */
size_t logline_journal(char *dst, enum log_level, const char *text);
/* "<N>Jan 31 23:59:59 TAG[PID]: TEXT", local time, as syslog(3) sends it. */
size_t logline_syslog(char *dst, int facility, enum log_level, const char *text,
    time_t now, const char *tag, pid_t pid);

/*
 * Whether fd is what systemd connected to its journal: stream is
 * JOURNAL_STREAM, "DEVICE:INODE", or NULL.
 */
bool logline_is_journal(int fd, const char *stream);

/*
 * A process may have BURST entries at once and RATE a second in the long run.
 * At 1 KiB each that is 100 KiB a second of somebody else's choosing.
 */
#define LOG_LIMIT_BURST 1000
#define LOG_LIMIT_RATE	100

/* All zero: nothing was logged yet. */
struct log_limit {
	uint64_t when;	   /* ms, of the last entry */
	uint64_t used;	   /* thousandths of an entry, of the burst */
	uint64_t left_out; /* entries that nobody was told of */
};

/* Whether one more may be logged; if not, it is counted. now: loop_now(). */
bool log_limit_take(struct log_limit *, uint64_t now);

/* logsocket.c: the socket of the system's log. */
struct logsocket;
/* Connects to the datagram socket at path; NULL and errno if it cannot. */
struct logsocket *logsocket_new(const char *path, int facility);
void logsocket_free(struct logsocket *);
/*
 * Sends one entry and never waits.  What the socket does not take is lost;
 * how much, is the first thing that it is told once it takes something.  0, or
 * -1: it is lost.
 */
int logsocket_send(struct logsocket *, enum log_level, const char *text);

#endif /* LOGLINE_H */
