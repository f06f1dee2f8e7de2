/*
 * Blocking I/O of single messages, for programs that have one channel and
 * nothing else to wait for.
 */

#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "loop.h"
#include "msg.h"
#include "secret.h"
#include "xmalloc.h"

static int
wait_for(int fd, short events, uint64_t deadline)
{
	struct pollfd pfd = { .fd = fd, .events = events };
	int ms = -1, n;

	do {
		if (deadline != 0) {
			uint64_t now = loop_now();

			ms = now >= deadline ? 0 : (int)(deadline - now);
		}
		n = poll(&pfd, 1, ms);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		return RL_ERR_SYSTEM;
	return n == 0 ? RL_ERR_TIMEOUT : 0;
}

int
msg_write(int fd, uint16_t type, uint32_t id, const void *body,
    const int *fds, size_t nfds)
{
	struct buf *out = buf_new_secret(MSG_HDR_LEN + MSG_MAX_BODY);
	ssize_t n;
	int r;

	if ((r = msg_encode(out, type, id, nfds, body)) != 0)
		goto out;
	while (buf_len(out) > 0) {
		n = fdpass_send(fd, buf_ptr(out), buf_len(out), fds, nfds);
		if (n == RL_ERR_AGAIN)
			r = wait_for(fd, POLLOUT, 0);
		else if (n < 0)
			r = (int)n;
		else {
			buf_consume(out, (size_t)n);
			nfds = 0; /* they went with the first byte */
		}
		if (r != 0)
			break;
	}
out:
	buf_free(out);
	return r;
}

/* Fills p with exactly len bytes, and with the descriptors that come. */
static int
read_exactly(int fd, uint8_t *p, size_t len, uint64_t deadline, int *fds,
    size_t room, size_t *nfds)
{
	size_t k;
	ssize_t n;
	int r;

	while (len > 0) {
		if ((r = wait_for(fd, POLLIN, deadline)) != 0)
			return r;
		k = room - *nfds;
		n = fdpass_recv(fd, p, len, fds + *nfds, &k);
		if (n == RL_ERR_AGAIN)
			continue;
		if (n < 0)
			return (int)n;
		*nfds += k;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int
msg_read(int fd, int timeout_ms, struct msg *m)
{
	uint64_t deadline =
	    timeout_ms < 0 ? 0 : loop_now() + (uint64_t)timeout_ms;
	uint8_t hdr[MSG_HDR_LEN], *body = NULL;
	const char *why;
	size_t nfds = 0;
	int r;

	memset(m, 0, sizeof(*m));
	for (size_t i = 0; i < MSG_MAX_FDS; i++)
		m->fds[i] = -1;
	r = read_exactly(
	    fd, hdr, sizeof(hdr), deadline, m->fds, MSG_MAX_FDS, &nfds);
	if (r == 0)
		r = msg_hdr_parse(hdr, sizeof(hdr), &m->hdr);
	if (r != 0)
		goto fail;
	body = xmalloc((size_t)m->hdr.len + 1);
	/* Descriptors come with the header's first byte or not at all. */
	r = read_exactly(fd, body, m->hdr.len, deadline, m->fds, nfds, &nfds);
	if (r == 0 && nfds != m->hdr.nfds)
		r = RL_ERR_PROTOCOL;
	if (r == 0)
		r = msg_decode(m, body, m->hdr.len, &why);
	secret_wipe(body, (size_t)m->hdr.len + 1);
	free(body);
fail:
	if (r != 0)
		msg_clear(m);
	return r;
}
