/*
 * Removing a profile's home, in a process of its own: an agent may have filled
 * it with millions of files, and the monitor must answer others meanwhile.
 *
 * The process is the monitor's own program, run with -X.  It ends with one
 * word or one sentence on its channel: "removed", or what went wrong.
 */

#include "config.h"

#include <sys/wait.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "log.h"
#include "loop.h"
#include "monitor.h"
#include "profile-home.h"
#include "xmalloc.h"

#define DONE	 "removed"
#define TEXT_MAX 1024

struct home_removal {
	struct proc proc;
	int fd;
	struct loop_io *io;
	char text[TEXT_MAX];
	size_t len;
	void (*cb)(void *arg, int err, const char *why);
	void *arg;
};

/* --- the process --- */

void
home_removal_main(const struct paths *paths, const char *homes,
    const char *alias)
{
	char why[TEXT_MAX - 1];
	int err;

	proc_child_begin();
	err = profile_home_remove(paths, homes, alias, why, sizeof(why));
	if (err == RL_ERR_NOTFOUND)
		err = 0; /* that is what was wanted */
	if (err == 0)
		strlcpy(why, DONE, sizeof(why));
	if (write(PROC_CHANNEL_FD, why, strlen(why)) == -1)
		fatal("cannot answer: %s", strerror(errno));
	exit(err == 0 ? 0 : 1);
}

/* --- the monitor --- */

static void
finish(struct home_removal *hr)
{
	void (*cb)(void *, int, const char *) = hr->cb;
	void *arg = hr->arg;
	char why[TEXT_MAX + 64];
	bool done;

	hr->text[hr->len] = '\0';
	done = strcmp(hr->text, DONE) == 0;
	snprintf(why, sizeof(why), "%s",
	    hr->len > 0 ? hr->text
			: "removing the home was interrupted: try again");
	/* It has said its last word, or cannot say one any more. */
	(void)proc_signal(&hr->proc, SIGKILL);
	while (waitpid(hr->proc.pid, NULL, 0) == -1 && errno == EINTR)
		;
	proc_release(&hr->proc);
	loop_io_free(hr->io);
	fd_close(hr->fd);
	free(hr);
	cb(arg, done ? 0 : RL_ERR_UNAVAILABLE, done ? "" : why);
}

static void
on_text(int fd, unsigned events, void *arg)
{
	struct home_removal *hr = arg;
	ssize_t n;

	(void)events;
	n = read(fd, hr->text + hr->len, sizeof(hr->text) - 1 - hr->len);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		hr->len += (size_t)n;
	else
		finish(hr);
}

int
home_removal_start(struct env *env, const char *homes, const char *alias,
    void (*cb)(void *arg, int err, const char *why), void *arg)
{
	extern char **environ;
	char *const argv[] = { (char[]){ "ringlet-monitor" },
		(char[]){ "-X" }, (char *)(uintptr_t)homes,
		(char *)(uintptr_t)alias, NULL };
	struct proc_spec spec = { .path = env->paths.monitor, .argv = argv,
		.envp = environ };
	struct home_removal *hr = xcalloc(1, sizeof(*hr));
	int sv[2], r;

	if ((r = fd_pair(sv)) != 0)
		goto fail;
	spec.channel = sv[1];
	r = proc_spawn(&spec, &hr->proc);
	fd_close(sv[1]);
	if (r == 0 && (r = fd_nonblock(sv[0])) != 0)
		(void)proc_signal(&hr->proc, SIGKILL);
	if (r != 0) {
		fd_close(sv[0]);
		goto fail;
	}
	hr->fd = sv[0];
	hr->cb = cb;
	hr->arg = arg;
	hr->io = loop_io_new(env->loop, hr->fd, on_text, hr);
	loop_io_want(hr->io, LOOP_READ);
	return 0;
fail:
	free(hr);
	return r;
}
