/*
 * Where the log goes: state_dir/ringlet.log, standard error (with priorities
 * where that is systemd's journal) or the system's log.  Entries are escaped
 * and bounded before they get here (log.c).
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
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "err.h"
#include "fdpass.h"
#include "log.h"
#include "logline.h"
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
	    O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
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
		if (!env->foreground && env->ready_fd == -1)
			(void)dup2(fd, STDERR_FILENO);
		close(env->log_fd);
		env->log_fd = fd;
	}
	free(old);
}

/* One write(2) an entry; a full disk must not end sessions. */
static void
write_line(int fd, const char *line, size_t len)
{
	if (write(fd, line, len) == -1)
		return; /* nowhere left to say so */
}

static void
to_log(enum log_level level, const char *text, void *arg)
{
	struct env *env = arg;
	char line[LOGLINE_MAX];
	size_t len;

	/* Whoever waits for the start sees no log, and must learn of it. */
	if (env->ready_fd != -1 && level == LOGL_ERROR &&
	    (env->log_fd != -1 || env->log_socket != NULL))
		dprintf(STDERR_FILENO, "ringlet-monitor: error: %s\n", text);
	if (env->log_socket != NULL)
		(void)logsocket_send(env->log_socket, level, text);
	else if (env->log_fd != -1) {
		len = logline_file(line, level, text, time(NULL), getpid());
		write_line(env->log_fd, line, len);
		env->log_size += len;
		if (env->log_size >= LOG_FILE_MAX)
			change_file(env);
	} else
		write_line(
		    STDERR_FILENO, line, logline_journal(line, level, text));
}

/* Entries go to what is open. */
static void
use(struct env *env)
{
	if (env->log_fd == -1 && env->log_socket == NULL &&
	    !logline_is_journal(STDERR_FILENO, getenv("JOURNAL_STREAM")))
		log_set_sink(NULL, NULL);
	else
		log_set_sink(to_log, env);
	if (!env->foreground && env->ready_fd == -1)
		logfile_stderr(env);
}

void
logfile_stderr(struct env *env)
{
	int fd = env->log_fd;

	if (fd == -1)
		fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (fd == -1 || dup2(fd, STDERR_FILENO) == -1)
		log_error("standard error: %s", strerror(errno));
	if (fd != env->log_fd)
		fd_close(fd);
}

static enum conf_log
destination(const struct env *env)
{
	if (env->conf.log_destination != CONF_LOG_AUTO)
		return (enum conf_log)env->conf.log_destination;
	return env->foreground ? CONF_LOG_STDERR : CONF_LOG_FILE;
}

int
logfile_open(struct env *env, char *why, size_t size)
{
	struct logsocket *ls = NULL;
	const char *name = NULL;
	struct stat st = { 0 };
	int fd = -1;

	switch (destination(env)) {
	case CONF_LOG_AUTO:
	case CONF_LOG_STDERR:
		if (env->foreground)
			break;
		strlcpy(why,
		    "LogDestination: stderr is for -D: in the "
		    "background use file or syslog",
		    size);
		return RL_ERR_INVALID;
	case CONF_LOG_FILE:
		name = env->paths.log_file;
		fd = open_log(env);
		break;
	case CONF_LOG_SYSLOG:
		name = _PATH_LOG;
		ls = logsocket_new(name, env->conf.syslog_facility);
		break;
	}
	if ((fd == -1 && name != NULL && ls == NULL && errno == ENXIO) ||
	    (fd != -1 && (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)))) {
		(void)snprintf(why, size,
		    "%s: cannot open the log: it is not "
		    "a regular file: remove it",
		    name);
		fd_close(fd);
		return RL_ERR_INVALID;
	}
	if (name != NULL && fd == -1 && ls == NULL) {
		(void)snprintf(why, size, "%s: cannot open the log: %s", name,
		    strerror(errno));
		return RL_ERR_SYSTEM;
	}
	if (env->log_fd != -1)
		fd_close(env->log_fd);
	logsocket_free(env->log_socket);
	env->log_fd = fd;
	env->log_size = (size_t)st.st_size;
	env->log_socket = ls;
	use(env);
	return 0;
}

void
logfile_take_over(struct env *env)
{
	char why[512];

	if (logfile_open(env, why, sizeof(why)) == 0)
		return;
	use(env);
	log_error("%s: it stays where it was", why);
}
