/*
 * The log file, state_dir/ringlet.log: one line an entry, with the time in
 * UTC.  Entries are escaped and bounded before they get here (log.c).
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "monitor.h"

static void
to_file(enum log_level level, const char *text, void *arg)
{
	struct env *env = arg;
	char line[LOG_LINE_MAX + 128], when[32];
	time_t now = time(NULL);
	struct tm tm;
	int n;

	if (gmtime_r(&now, &tm) == NULL ||
	    strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		strlcpy(when, "-", sizeof(when));
	n = snprintf(line, sizeof(line), "%s [%d] %s: %s\n", when,
	    (int)getpid(), log_level_name(level), text);
	if (n < 0)
		return;
	if ((size_t)n >= sizeof(line)) {
		n = (int)sizeof(line) - 1;
		line[n - 1] = '\n';
	}
	/* Whoever waits for the start sees no file, and must learn of it. */
	if (env->ready_fd != -1 && level == LOGL_ERROR)
		dprintf(STDERR_FILENO, "ringlet-monitor: error: %s\n", text);
	if (write(env->log_fd, line, (size_t)n) == -1)
		return; /* a full disk must not end sessions */
}

void
logfile_open(struct env *env)
{
	const char *name = env->paths.log_file;

	if (env->log_fd == -1)
		env->log_fd = open(name, O_WRONLY | O_APPEND | O_CREAT |
			O_NOFOLLOW | O_CLOEXEC, 0600);
	if (env->log_fd == -1)
		fatal("%s: cannot open the log: %s", name, strerror(errno));
	log_set_sink(to_file, env);
}
