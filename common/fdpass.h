#ifndef COMMON_FDPASS_H
#define COMMON_FDPASS_H
/*
 * Descriptors over a unix socket: the only place that calls sendmsg(2) and
 * recvmsg(2) with control data.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define FDPASS_MAX 4 /* descriptors in one call */

enum fd_kind {
	FD_SOCKET = 1,	/* unix stream socket, connected */
	FD_LISTENER,	/* listening stream socket of any family */
	FD_DIR,		/* directory, O_PATH or not */
	FD_MEM,		/* regular file without a link: a memfd */
	FD_EVENT	/* eventfd, or anything with an anonymous inode */
};

/*
 * Sends len (> 0) bytes and nfds (<= FDPASS_MAX) descriptors, which stay the
 * caller's.  Returns the bytes sent; the descriptors went with the first of
 * them.  RL_ERR_AGAIN, RL_ERR_EOF (the peer is gone; no SIGPIPE), or
 * RL_ERR_SYSTEM.
 */
ssize_t fdpass_send(
    int sock, const void *p, size_t len, const int *fds, size_t nfds);

/*
 * Receives up to len bytes and up to *nfds descriptors (close-on-exec, now
 * the caller's; *nfds becomes their count).  More descriptors than there was
 * room for, or truncated control data: all are closed and RL_ERR_PROTOCOL is
 * returned.  Else as fdpass_send(); an orderly close is RL_ERR_EOF.
 */
ssize_t fdpass_recv(int sock, void *p, size_t len, int *fds, size_t *nfds);

/* Whether fd is of that kind, judged by fstat(2) and getsockopt(2). */
bool fd_is(int fd, enum fd_kind);

/* Closes fd if it is >= 0 and keeps errno. */
void fd_close(int fd);
/* Sets O_NONBLOCK; RL_ERR_SYSTEM on failure. */
int fd_nonblock(int fd);
/*
 * Opens /dev/null on each of the descriptors 0, 1 and 2 that is closed, so
 * that no file or socket takes its number and is read or written as if it were
 * standard.  Output cannot be written, as if it were closed still: it would be
 * lost, and nobody would be told.  The first call in a program that anybody
 * may start.
 * RL_ERR_SYSTEM on failure.
 */
int fd_fill_standard(void);
/* A connected pair of close-on-exec stream sockets. */
int fd_pair(int sv[2]);

#endif /* COMMON_FDPASS_H */
