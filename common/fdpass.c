/*
 * Descriptors over unix sockets.  What went wrong elsewhere and is checked
 * here: truncated control data that leaks descriptors into the receiver, and
 * more descriptors than the receiver made room for.
 */

#include "config.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "fdpass.h"
#include "platform.h"

/* Room for more than FDPASS_MAX, so that a surplus arrives and is closed. */
#define RECV_FDS (FDPASS_MAX + 1)

union control {
	struct cmsghdr hdr; /* for alignment */
	char room[CMSG_SPACE(sizeof(int) * RECV_FDS)];
};

static int
io_error(void)
{
	switch (errno) {
	case EAGAIN:
	case EINTR:
		return RL_ERR_AGAIN;
	case EPIPE:
	case ECONNRESET:
		return RL_ERR_EOF;
	default:
		return RL_ERR_SYSTEM;
	}
}

ssize_t
fdpass_send(int sock, const void *p, size_t len, const int *fds, size_t nfds)
{
	union control control;
	struct msghdr mh;
	struct iovec iov;
	struct cmsghdr *c;
	ssize_t n;

	if (nfds > FDPASS_MAX || len == 0) {
		errno = EINVAL;
		return RL_ERR_SYSTEM;
	}
	memset(&mh, 0, sizeof(mh));
	iov.iov_base = (void *)(uintptr_t)p;
	iov.iov_len = len;
	mh.msg_iov = &iov;
	mh.msg_iovlen = 1;
	if (nfds > 0) {
		memset(&control, 0, sizeof(control));
		mh.msg_control = control.room;
		mh.msg_controllen = CMSG_SPACE(sizeof(int) * nfds);
		c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * nfds);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * nfds);
	}
	n = sendmsg(sock, &mh, MSG_NOSIGNAL);
	return n == -1 ? io_error() : n;
}

ssize_t
fdpass_recv(int sock, void *p, size_t len, int *fds, size_t *nfds)
{
	union control control;
	struct msghdr mh;
	struct iovec iov;
	struct cmsghdr *c;
	int got[RECV_FDS];
	size_t room = *nfds, ngot = 0;
	bool bad = false;
	ssize_t n;

	*nfds = 0;
	memset(&mh, 0, sizeof(mh));
	iov.iov_base = p;
	iov.iov_len = len;
	mh.msg_iov = &iov;
	mh.msg_iovlen = 1;
	mh.msg_control = control.room;
	mh.msg_controllen = sizeof(control.room);
	if ((n = recvmsg(sock, &mh, MSG_CMSG_CLOEXEC)) == -1)
		return io_error();

	for (c = CMSG_FIRSTHDR(&mh); c != NULL; c = CMSG_NXTHDR(&mh, c)) {
		size_t k;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) {
			bad = true;
			continue;
		}
		k = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < k; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int),
			    sizeof(fd));
			if (ngot < RECV_FDS)
				got[ngot++] = fd;
			else
				close(fd);
		}
	}
	if (mh.msg_flags & MSG_CTRUNC || ngot > room)
		bad = true;
	if (bad) {
		while (ngot > 0)
			close(got[--ngot]);
		return RL_ERR_PROTOCOL;
	}
	if (n == 0)
		return RL_ERR_EOF;
	memcpy(fds, got, ngot * sizeof(int));
	*nfds = ngot;
	return n;
}

static bool
socket_is(int fd, bool listener)
{
	int type = 0, accepting = 0;
	socklen_t len = sizeof(int);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == -1 ||
	    type != SOCK_STREAM)
		return false;
	len = sizeof(int);
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepting, &len) == -1)
		return false;
	if (!listener) {
		struct sockaddr_storage ss;

		len = sizeof(ss);
		if (getsockname(fd, (struct sockaddr *)&ss, &len) == -1 ||
		    ss.ss_family != AF_UNIX)
			return false;
	}
	return (accepting != 0) == listener;
}

bool
fd_is(int fd, enum fd_kind kind)
{
	struct stat st;

	if (platform_fstat(fd, &st) == -1)
		return false;
	switch (kind) {
	case FD_SOCKET:
		return S_ISSOCK(st.st_mode) && socket_is(fd, false);
	case FD_LISTENER:
		return S_ISSOCK(st.st_mode) && socket_is(fd, true);
	case FD_DIR:
		return S_ISDIR(st.st_mode);
	case FD_MEM:
		return S_ISREG(st.st_mode) && st.st_nlink == 0;
	case FD_EVENT:
		return (st.st_mode & S_IFMT) == 0;
	}
	return false;
}

void
fd_close(int fd)
{
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
}

int
fd_nonblock(int fd)
{
	int fl;

	if ((fl = fcntl(fd, F_GETFL)) == -1 ||
	    fcntl(fd, F_SETFL, fl | O_NONBLOCK) == -1)
		return RL_ERR_SYSTEM;
	return 0;
}

int
fd_fill_standard(void)
{
	int got;

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) != -1)
			continue;
		/* The lowest number that is free is taken, which is fd. */
		got = open(
		    "/dev/null", fd == STDOUT_FILENO ? O_RDONLY : O_RDWR);
		if (got != fd) {
			fd_close(got);
			return RL_ERR_SYSTEM;
		}
	}
	return 0;
}

int
fd_pair(int sv[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1)
		return RL_ERR_SYSTEM;
	return 0;
}
