/*
 * The log file, state_dir/ringlet.log: one line an entry, with the time in
 * UTC.  Entries are escaped and bounded before they get here (log.c).
 *
 * Other processes have entries written here, and one of them may be hostile.
 * So the file is bounded: a full one becomes ringlet.log.1, in place of the
 * one before, and a new one begins.
 */

#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "monitor.h"
#include "xmalloc.h"

/*
 * The file, for appending; -1 and errno.  A pipe without a reader would hold
 * the monitor for ever: it is ENXIO instead.
 */
static int
open_log(const struct env *env)
{
	return open(env->paths.log_file,
	    O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK |
		O_CLOEXEC,
	    0600);
}

/* If anything fails, the old file goes on. */
static void
change_file(struct env *env)
{
	char *old = xasprintf("%s.1", env->paths.log_file);
	int fd;

	env->log_size = 0; /* not before as much has been written again */
	if (rename(env->paths.log_file, old) == 0 &&
	    (fd = open_log(env)) != -1) {
		/* Standard error goes there too: see monitor_ready(). */
		if (env->ready_fd == -1)
			(void)dup2(fd, STDERR_FILENO);
		close(env->log_fd);
		env->log_fd = fd;
	}
	free(old);
}

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
	env->log_size += (size_t)n;
	if (env->log_size >= LOG_FILE_MAX)
		change_file(env);
}

void
logfile_open(struct env *env)
{
	const char *name = env->paths.log_file;
	struct stat st;

	if (env->log_fd == -1)
		env->log_fd = open_log(env);
	if (env->log_fd == -1 && errno != ENXIO)
		fatal("%s: cannot open the log: %s", name, strerror(errno));
	if (env->log_fd == -1 || fstat(env->log_fd, &st) == -1 ||
	    !S_ISREG(st.st_mode))
		fatal("%s: cannot open the log: it is not a regular file: "
		      "remove it", name);
	env->log_size = (size_t)st.st_size;
	log_set_sink(to_file, env);
}
