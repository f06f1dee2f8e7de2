/*
 * Linux: the kernel is asked for the client's socket by its two addresses
 * (sock_diag(7)) and says whose it is.
 *
 * One question, one answer, and neither waits for anything but the kernel.
 * The answer must name the very two addresses: asked for a connection that has
 * gone, the kernel answers with a listener at the client's address if there is
 * one, and that may be anybody's.
 */

#include "config.h"

#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "conn-user.h"
#include "err.h"
#include "fdpass.h"
#include "platform.h"

struct ends {
	int family;
	struct inet_diag_sockid id; /* as the client's socket has it */
};

static void
put_address(const struct sockaddr_storage *ss, __be32 *address, __be16 *port)
{
	const struct sockaddr_in6 *in6 = (const void *)ss;
	const struct sockaddr_in *in = (const void *)ss;

	if (ss->ss_family == AF_INET) {
		memcpy(address, &in->sin_addr, sizeof(in->sin_addr));
		*port = in->sin_port;
	} else {
		memcpy(address, &in6->sin6_addr, sizeof(in6->sin6_addr));
		*port = in6->sin6_port;
	}
}

static bool
is_inet(const struct sockaddr_storage *ss)
{
	return ss->ss_family == AF_INET || ss->ss_family == AF_INET6;
}

/* near: of the socket that is asked for; far: of its other end, or NULL. */
static void
ends_of(const struct sockaddr_storage *near,
    const struct sockaddr_storage *far, struct ends *e)
{
	memset(e, 0, sizeof(*e));
	e->family = near->ss_family;
	put_address(near, e->id.idiag_src, &e->id.idiag_sport);
	if (far != NULL)
		put_address(far, e->id.idiag_dst, &e->id.idiag_dport);
	e->id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
	e->id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
	/* Link-local addresses need their interface. */
	if (near->ss_family == AF_INET6)
		e->id.idiag_if =
		    ((const struct sockaddr_in6 *)(const void *)near)
			->sin6_scope_id;
}

static bool
same_ends(const struct inet_diag_sockid *a, const struct inet_diag_sockid *b)
{
	return a->idiag_sport == b->idiag_sport &&
	       a->idiag_dport == b->idiag_dport &&
	       memcmp(a->idiag_src, b->idiag_src, sizeof(a->idiag_src)) == 0 &&
	       memcmp(a->idiag_dst, b->idiag_dst, sizeof(a->idiag_dst)) == 0;
}

/*
 * Whether a socket in that state can be the other end of one that was accepted.
 * One that only asks to be connected is a later one: some kernels let it have
 * the two addresses again while ours has not heard that its client has gone,
 * and it may be anybody's.
 */
static bool
is_other_end(uint8_t state)
{
	return state == TCP_ESTABLISHED || state == TCP_FIN_WAIT1 ||
	       state == TCP_FIN_WAIT2 || state == TCP_CLOSE_WAIT ||
	       state == TCP_LAST_ACK || state == TCP_CLOSING;
}

/* The answer in len bytes at buf: 0, RL_ERR_NOTFOUND or _UNAVAILABLE. */
static int
read_answer(const void *buf, size_t len, const struct ends *e, uid_t *uid)
{
	const struct nlmsghdr *h = buf;
	const struct nlmsgerr *err = NLMSG_DATA(h);
	const struct inet_diag_msg *d = NLMSG_DATA(h);

	if (!NLMSG_OK(h, len))
		return RL_ERR_UNAVAILABLE;
	if (h->nlmsg_type == NLMSG_ERROR)
		return h->nlmsg_len >= NLMSG_LENGTH(sizeof(*err)) &&
			       err->error == -ENOENT
			   ? RL_ERR_NOTFOUND
			   : RL_ERR_UNAVAILABLE;
	if (h->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    h->nlmsg_len < NLMSG_LENGTH(sizeof(*d)))
		return RL_ERR_UNAVAILABLE;
	/* Without an inode no process has it any more, and the uid is root's. */
	if (!same_ends(&d->id, &e->id) || d->idiag_inode == 0)
		return RL_ERR_NOTFOUND;
	/* A listener, that a probe asks about, has no other end. */
	if (e->id.idiag_dport != 0 && !is_other_end(d->idiag_state))
		return RL_ERR_NOTFOUND;
	*uid = d->idiag_uid;
	return 0;
}

static int
ask(const struct ends *e, uid_t *uid)
{
	struct {
		struct nlmsghdr h;
		struct inet_diag_req_v2 q;
	} m;
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	union {
		struct nlmsghdr align;
		char bytes[4096];
	} buf;
	ssize_t n;
	int nl, r = RL_ERR_UNAVAILABLE;

	nl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    NETLINK_SOCK_DIAG);
	if (nl == -1)
		return RL_ERR_UNAVAILABLE;
	memset(&m, 0, sizeof(m));
	m.h.nlmsg_len = sizeof(m);
	m.h.nlmsg_type = SOCK_DIAG_BY_FAMILY;
	m.h.nlmsg_flags = NLM_F_REQUEST;
	m.q.sdiag_family = (uint8_t)e->family;
	m.q.sdiag_protocol = IPPROTO_TCP;
	m.q.idiag_states = ~0U;
	m.q.id = e->id;
	/* The kernel answers before sendto() returns. */
	if (sendto(nl, &m, sizeof(m), 0, (struct sockaddr *)&kernel,
		sizeof(kernel)) == (ssize_t)sizeof(m) &&
	    (n = recv(nl, &buf, sizeof(buf), 0)) > 0)
		r = read_answer(&buf, (size_t)n, e, uid);
	fd_close(nl);
	return r;
}

/* Whether an address is one that only this machine can have. */
static bool
is_loopback(const struct sockaddr_storage *ss)
{
	const struct sockaddr_in6 *in6 = (const void *)ss;
	const struct sockaddr_in *in = (const void *)ss;

	if (ss->ss_family == AF_INET)
		return ntohl(in->sin_addr.s_addr) >> 24 == 127;
	return IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
}

static bool
same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	__be32 x[4] = { 0 }, y[4] = { 0 };
	__be16 port;

	put_address(a, x, &port);
	put_address(b, y, &port);
	return memcmp(x, y, sizeof(x)) == 0;
}

int
conn_user(int sock, uid_t *uid)
{
	struct sockaddr_storage ours, theirs;
	socklen_t len = sizeof(ours), other = sizeof(theirs);
	struct ends e;
	int r;

	if (getsockname(sock, (struct sockaddr *)&ours, &len) == -1)
		return RL_ERR_UNAVAILABLE;
	if (ours.ss_family == AF_UNIX)
		return platform_peer_uid(sock, uid) == 0 ? 0
							 : RL_ERR_UNAVAILABLE;
	if (!is_inet(&ours))
		return RL_ERR_UNAVAILABLE;
	if (getpeername(sock, (struct sockaddr *)&theirs, &other) == -1)
		return errno == ENOTCONN ? RL_ERR_EOF : RL_ERR_UNAVAILABLE;
	ends_of(&theirs, &ours, &e);
	r = ask(&e, uid);
	if (r == RL_ERR_NOTFOUND &&
	    (is_loopback(&theirs) || same_host(&theirs, &ours)))
		return RL_ERR_EOF;
	return r;
}

int
conn_user_probe(int listener)
{
	struct sockaddr_storage ours;
	socklen_t len = sizeof(ours);
	struct ends e;
	uid_t uid;

	if (getsockname(listener, (struct sockaddr *)&ours, &len) == -1)
		return RL_ERR_UNAVAILABLE;
	if (ours.ss_family == AF_UNIX)
		return 0;
	if (!is_inet(&ours))
		return RL_ERR_UNAVAILABLE;
	ends_of(&ours, NULL, &e);
	return ask(&e, &uid) == 0 ? 0 : RL_ERR_UNAVAILABLE;
}
