/*
 * The socket of the system's log.  Not syslog(3), which waits for ever for a
 * log daemon that does not read: sessions must not stand still for that.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "logline.h"
#include "xmalloc.h"

#define TAG "ringlet"

struct logsocket {
	int fd; /* -1: to be connected again */
	int facility;
	char *path;
	unsigned long long lost;
};

/* 0 or -1 and errno. */
static int
connect_it(struct logsocket *ls)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int saved;

	if (strlcpy(sun.sun_path, ls->path, sizeof(sun.sun_path)) >=
	    sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (ls->fd != -1)
		close(ls->fd);
	ls->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (ls->fd == -1)
		return -1;
	if (connect(ls->fd, (struct sockaddr *)&sun, sizeof(sun)) == 0)
		return 0;
	saved = errno;
	close(ls->fd);
	ls->fd = -1;
	errno = saved;
	return -1;
}

struct logsocket *
logsocket_new(const char *path, int facility)
{
	struct logsocket *ls = xcalloc(1, sizeof(*ls));
	int saved;

	ls->fd = -1;
	ls->facility = facility;
	ls->path = xstrdup(path);
	if (connect_it(ls) == 0)
		return ls;
	saved = errno;
	logsocket_free(ls);
	errno = saved;
	return NULL;
}

void
logsocket_free(struct logsocket *ls)
{
	if (ls == NULL)
		return;
	if (ls->fd != -1)
		close(ls->fd);
	free(ls->path);
	free(ls);
}

/* Whether the socket took it; a log daemon may have been started afresh. */
static int
send_one(struct logsocket *ls, enum log_level level, const char *text)
{
	char line[LOGLINE_MAX];
	size_t len = logline_syslog(
	    line, ls->facility, level, text, time(NULL), TAG, getpid());

	if (ls->fd != -1) {
		if (send(ls->fd, line, len, MSG_NOSIGNAL) != -1)
			return 0;
		if (errno == EAGAIN || errno == ENOBUFS)
			return -1;
	}
	if (connect_it(ls) != 0)
		return -1;
	return send(ls->fd, line, len, MSG_NOSIGNAL) == -1 ? -1 : 0;
}

int
logsocket_send(struct logsocket *ls, enum log_level level, const char *text)
{
	char told[80];

	if (ls->lost > 0) {
		(void)snprintf(told, sizeof(told),
		    "%llu entries are lost: the system's log did not take "
		    "them",
		    ls->lost);
		if (send_one(ls, LOGL_WARN, told) != 0) {
			ls->lost++;
			return -1;
		}
		ls->lost = 0;
	}
	if (send_one(ls, level, text) == 0)
		return 0;
	ls->lost++;
	return -1;
}
