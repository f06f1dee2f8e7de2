/*
 * Lines of the log, and the limit that keeps another process from filling the
 * disk or from hiding what matters among what does not.  No I/O.
 */

#include "config.h"

#include <sys/stat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "logline.h"

static const int priorities[] = {
	[LOGL_ERROR] = LOG_ERR,
	[LOGL_WARN] = LOG_WARNING,
	[LOGL_INFO] = LOG_INFO,
	[LOGL_DEBUG] = LOG_DEBUG,
	[LOGL_TRACE] = LOG_DEBUG,
};

/* The length of what snprintf() left in a line; n is what it returned. */
static size_t
line_len(int n)
{
	if (n < 0)
		return 0;
	return n < LOGLINE_MAX ? (size_t)n : LOGLINE_MAX - 1;
}

static size_t
with_newline(char *dst, int n)
{
	size_t len = line_len(n);

	if (len > 0)
		dst[len - 1] = '\n';
	return len;
}

size_t
logline_file(
    char *dst, enum log_level level, const char *text, time_t now, pid_t pid)
{
	char when[32];
	struct tm tm;

	if (gmtime_r(&now, &tm) == NULL ||
	    strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		strlcpy(when, "-", sizeof(when));
	return with_newline(
	    dst, snprintf(dst, LOGLINE_MAX, "%s [%d] %s: %s\n", when, (int)pid,
		     log_level_name(level), text));
}

size_t
logline_journal(char *dst, enum log_level level, const char *text)
{
	return with_newline(dst,
	    snprintf(dst, LOGLINE_MAX, "<%d>%s\n", priorities[level], text));
}

size_t
logline_syslog(char *dst, int facility, enum log_level level, const char *text,
    time_t now, const char *tag, pid_t pid)
{
	char when[32];
	struct tm tm;

	if (localtime_r(&now, &tm) == NULL ||
	    strftime(when, sizeof(when), "%b %e %H:%M:%S", &tm) == 0)
		strlcpy(when, "Jan  1 00:00:00", sizeof(when));
	return line_len(snprintf(dst, LOGLINE_MAX, "<%d>%s %s[%d]: %s",
	    facility | priorities[level], when, tag, (int)pid, text));
}

bool
logline_is_journal(int fd, const char *stream)
{
	char is[64];
	struct stat st;

	if (stream == NULL || fstat(fd, &st) == -1)
		return false;
	(void)snprintf(is, sizeof(is), "%llu:%llu",
	    (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	return strcmp(is, stream) == 0;
}

bool
log_limit_take(struct log_limit *l, uint64_t now)
{
	/* A millisecond gives back RATE thousandths of an entry. */
	uint64_t past = now - l->when;
	bool idle = past >= LOG_LIMIT_BURST * 1000 / LOG_LIMIT_RATE;

	l->when = now;
	if (idle || l->used <= past * LOG_LIMIT_RATE)
		l->used = 0;
	else
		l->used -= past * LOG_LIMIT_RATE;
	if (l->used + 1000 > LOG_LIMIT_BURST * 1000) {
		l->left_out++;
		return false;
	}
	l->used += 1000;
	return true;
}
