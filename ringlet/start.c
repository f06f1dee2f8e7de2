/*
 * Starting the daemon: ringlet-monitor in a process session of its own, so
 * that it outlives the terminal it was started from.  It puts itself into the
 * background and its first process ends once it serves; until then its
 * standard error is a file, whose text is the reason if it ends otherwise.
 */

#include "config.h"

#include <sys/file.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fdpass.h"
#include "proc.h"
#include "ringlet.h"
#include "xmalloc.h"

#define LOOK_MS 10 /* how often the start is looked at */

/*
 * By taking the lock for an instant, shared: flock(2) cannot be asked.  So
 * this is called only when nobody answers and somebody should.
 */
bool
daemon_is_locked(const struct cli *cli)
{
	bool locked;
	int fd;

	fd = open(cli->paths.lock_file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return false;
	locked = flock(fd, LOCK_SH | LOCK_NB) == -1 && errno == EWOULDBLOCK;
	close(fd);
	return locked;
}

static void __attribute__((__noreturn__))
run_monitor(const char *path, char **argv, int errfd, const char *hidden)
{
	int null;

	setsid();
	null = open("/dev/null", O_RDWR);
	if (null == -1 || dup2(null, STDIN_FILENO) == -1 ||
	    dup2(null, STDOUT_FILENO) == -1 || dup2(errfd, STDERR_FILENO) == -1)
		_exit(126);
	closefrom(STDERR_FILENO + 1);
	/* It would stay there for as long as the daemon runs. */
	if (hidden != NULL)
		(void)unsetenv(hidden);
	execv(path, argv);
	dprintf(STDERR_FILENO, "%s: %s\n", path, strerror(errno));
	_exit(127);
}

/*
 * Why the monitor ended: the last error it wrote, without what its log puts
 * before it, else its last line.
 */
static void
read_reason(FILE *f, int status, char *why, size_t size)
{
	static const char mark[] = ": error: ";
	bool is_error = false;
	char line[1024], *text;

	*why = '\0';
	rewind(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		text = strstr(line, mark);
		if (text != NULL)
			text += strlen(mark);
		else if (is_error || *line == '\0')
			continue;
		is_error = text != NULL;
		snprintf(why, size, "%s", is_error ? text : line);
	}
	if (*why == '\0') {
		proc_describe(status, line, sizeof(line));
		snprintf(why, size, "ringlet-monitor %s", line);
	}
}

/* Until the first process has ended: how it has. */
static int
wait_for_start(struct cli *cli, pid_t pid)
{
	int status = 0;
	pid_t r;

	progress_begin(cli, "the daemon to start");
	while ((r = waitpid(pid, &status, WNOHANG)) != pid) {
		if (r == -1 && errno != EINTR)
			break;
		poll(NULL, 0, LOOK_MS);
		progress_tick(cli);
	}
	progress_end(cli);
	return status;
}

int
daemon_start(struct cli *cli, const char *const *extra, char *why, size_t size)
{
	char **argv;
	size_t n = 0;
	int status;
	FILE *errors;
	pid_t pid;

	if ((errors = tmpfile()) == NULL) {
		snprintf(why, size, "a temporary file: %s", strerror(errno));
		return RL_ERR_UNAVAILABLE;
	}
	while (extra != NULL && extra[n] != NULL)
		n++;
	argv = xcalloc(n + 2, sizeof(*argv));
	argv[0] = cli->paths.monitor;
	for (size_t i = 0; i < n; i++)
		argv[i + 1] = (char *)extra[i];
	fflush(NULL);
	if ((pid = fork()) == 0)
		run_monitor(cli->paths.monitor, argv, fileno(errors),
		    cli->key_variable);
	free(argv);
	if (pid == -1) {
		snprintf(why, size, "fork: %s", strerror(errno));
		fclose(errors);
		return RL_ERR_UNAVAILABLE;
	}
	status = wait_for_start(cli, pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		*why = '\0';
	else
		read_reason(errors, status, why, size);
	fclose(errors);
	return *why == '\0' ? 0 : RL_ERR_UNAVAILABLE;
}
