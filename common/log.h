#ifndef COMMON_LOG_H
#define COMMON_LOG_H
/*
 * Logging.  The monitor writes entries to its log; the other daemons hand
 * theirs to the monitor through a sink.  One entry is one line: control
 * characters are escaped, length is bounded.  A caller never passes a secret
 * or raw bytes of a peer.
 */

enum log_level {
	LOGL_ERROR = 0,
	LOGL_WARN = 1,
	LOGL_INFO = 2,
	LOGL_DEBUG = 3,
	LOGL_TRACE = 4
};

#define LOG_LINE_MAX 1024 /* bytes of one entry, escapes included */

/* Receives each entry that passes the level; text has no newline. */
typedef void (*log_sink)(enum log_level, const char *text, void *arg);

/*
 * Names the process in entries (a static string).  Until a sink is set,
 * entries go to standard error.
 */
void log_init(const char *process, enum log_level);
void log_set_level(enum log_level);
enum log_level log_get_level(void);
/* sink NULL: back to standard error. */
void log_set_sink(log_sink sink, void *arg);
/* A level by its name (error, warn, info, debug, trace), or -1. */
int log_level_parse(const char *name);
/* The static name of a level. */
const char *log_level_name(enum log_level);

void log_error(const char *fmt, ...)
    __attribute__((__format__(printf, 1, 2)));
void log_warn(const char *fmt, ...)
    __attribute__((__format__(printf, 1, 2)));
void log_info(const char *fmt, ...)
    __attribute__((__format__(printf, 1, 2)));
void log_debug(const char *fmt, ...)
    __attribute__((__format__(printf, 1, 2)));
void log_trace(const char *fmt, ...)
    __attribute__((__format__(printf, 1, 2)));
/* An entry of another process: process and text are escaped again. */
void log_foreign(const char *process, enum log_level, const char *text);

/*
 * Logs and exits with status 1.  For start-up, memory, broken invariants and
 * a bad parent; never because of what a peer or client sent.
 */
void fatal(const char *fmt, ...)
    __attribute__((__noreturn__, __format__(printf, 1, 2)));

#endif /* COMMON_LOG_H */
