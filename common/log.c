/*
 * One line an entry, escaped and bounded, to standard error or to a sink.
 * This is the only state of common/ that is not in an object: a process has
 * one log.
 */

#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "valid.h"

static struct {
	const char *process;
	enum log_level level;
	log_sink sink;
	void *arg;
} state = { "ringlet", LOGL_INFO, NULL, NULL };

static const char *const level_names[] = { "error", "warn", "info", "debug",
	"trace" };

void
log_init(const char *process, enum log_level level)
{
	state.process = process;
	state.level = level;
}

void
log_set_level(enum log_level level)
{
	state.level = level;
}

enum log_level
log_get_level(void)
{
	return state.level;
}

void
log_set_sink(log_sink sink, void *arg)
{
	state.sink = sink;
	state.arg = arg;
}

int
log_level_parse(const char *name)
{
	for (size_t i = 0; i < sizeof(level_names) / sizeof(*level_names); i++)
		if (strcmp(name, level_names[i]) == 0)
			return (int)i;
	return -1;
}

const char *
log_level_name(enum log_level level)
{
	return level_names[level];
}

/* One write(2), so that lines of two processes do not mix. */
static void
to_stderr(const char *process, enum log_level level, const char *text)
{
	char line[LOG_LINE_MAX + 64];
	int n;

	n = snprintf(line, sizeof(line), "%s: %s: %s\n", process,
	    level_names[level], text);
	if (n < 0)
		return;
	if ((size_t)n >= sizeof(line))
		n = (int)sizeof(line) - 1;
	if (write(STDERR_FILENO, line, (size_t)n) == -1)
		return; /* nowhere left to say so */
}

static void
emit(const char *process, enum log_level level, const char *raw)
{
	char text[LOG_LINE_MAX];
	int saved = errno;

	text_escape(text, sizeof(text), raw);
	if (state.sink != NULL)
		state.sink(level, text, state.arg);
	else
		to_stderr(process, level, text);
	errno = saved;
}

static void __attribute__((__format__(printf, 2, 0)))
vlog(enum log_level level, const char *fmt, va_list ap)
{
	char raw[LOG_LINE_MAX];

	if (level > state.level)
		return;
	vsnprintf(raw, sizeof(raw), fmt, ap);
	emit(state.process, level, raw);
}

#define LOG_FUNCTION(name, level)          \
	void name(const char *fmt, ...)    \
	{                                  \
		va_list ap;                \
		va_start(ap, fmt);         \
		vlog(level, fmt, ap);      \
		va_end(ap);                \
	}

LOG_FUNCTION(log_error, LOGL_ERROR)
LOG_FUNCTION(log_warn, LOGL_WARN)
LOG_FUNCTION(log_info, LOGL_INFO)
LOG_FUNCTION(log_debug, LOGL_DEBUG)
LOG_FUNCTION(log_trace, LOGL_TRACE)

void
log_foreign(const char *process, enum log_level level, const char *text)
{
	char raw[LOG_LINE_MAX];

	if (level > state.level)
		return;
	if (state.sink != NULL) {
		snprintf(raw, sizeof(raw), "%s: %s", process, text);
		emit(process, level, raw);
	} else
		emit(process, level, text);
}

void
fatal(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vlog(LOGL_ERROR, fmt, ap);
	va_end(ap);
	exit(1);
}
