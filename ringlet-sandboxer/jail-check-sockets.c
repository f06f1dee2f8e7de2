/*
 * Tries on sockets and buses.
 */

#include "config.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "jail-check.h"

#define NELEM(v) (sizeof(v) / sizeof((v)[0]))

/* A name that begins with '@' is an abstract one. */
static bool
address(const char *name, struct sockaddr_un *sun, socklen_t *len)
{
	size_t n = strlen(name);

	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	if (n == 0 || n >= sizeof(sun->sun_path))
		return false;
	memcpy(sun->sun_path, name, n);
	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	if (name[0] == '@')
		sun->sun_path[0] = '\0';
	else
		*len += 1;
	return true;
}

/* Connects a socket of type a->a. */
static int
one_connect(const struct attempt *a, const char *name)
{
	struct sockaddr_un sun;
	socklen_t len;
	int fd;

	if (!address(name, &sun, &len))
		return ENAMETOOLONG;
	fd = socket(AF_UNIX, a->a | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1 || connect(fd, (struct sockaddr *)&sun, len) == -1)
		return errno;
	close(fd);
	return 0;
}

static int
try_connect(const struct attempt *a)
{
	return target_any(a, one_connect);
}

/* Sends one datagram; with a->a from one end of a pair. */
static int
one_send(const struct attempt *a, const char *name)
{
	struct sockaddr_un sun;
	socklen_t len;
	int sv[2];

	if (!address(name, &sun, &len))
		return ENAMETOOLONG;
	if (a->a ? socketpair(AF_UNIX, SOCK_DGRAM, 0, sv) == -1
		 : (sv[0] = socket(AF_UNIX, SOCK_DGRAM, 0)) == -1)
		return errno;
	return sendto(sv[0], "x", 1, MSG_DONTWAIT, (struct sockaddr *)&sun,
		   len) == 1
		   ? 0
		   : errno;
}

static int
try_send(const struct attempt *a)
{
	return target_any(a, one_send);
}

static int
one_fifo(const struct attempt *a, const char *path)
{
	int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	return fd != -1 && write(fd, "x", 1) == 1 ? 0 : errno;
}

static int
try_fifo(const struct attempt *a)
{
	return target_any(a, one_fifo);
}

static int
try_socket(const struct attempt *a)
{
	return socket(a->a, a->b | SOCK_CLOEXEC, a->c) != -1 ? 0 : errno;
}

#define ME     "ringlet-check-{id}"
#define STREAM SOCK_STREAM

const struct attempt check_sockets[] = {
	{ "control-socket", try_connect, "{control}", STREAM, 0, 0 },
	{ "session-bus", try_connect, "{bus}|{xdg}/bus", STREAM, 0, 0 },
	{ "system-bus", try_connect,
	    "/run/dbus/system_bus_socket|/var/run/dbus/system_bus_socket",
	    STREAM, 0, 0 },
	{ "systemd-user", try_connect, "{xdg}/systemd/private", STREAM, 0, 0 },
	{ "keyring-socket", try_connect, "{xdg}/keyring/control", STREAM, 0,
	    0 },
	{ "ssh-agent", try_connect, "{sshagent}|{xdg}/keyring/ssh", STREAM, 0,
	    0 },
	{ "gpg-agent", try_connect,
	    "{xdg}/gnupg/S.gpg-agent|{home}/.gnupg/S.gpg-agent", STREAM, 0, 0 },
	{ "display", try_connect,
	    "{xdg}/wayland-0|@/tmp/.X11-unix/X0|/tmp/.X11-unix/X0|"
	    "@/tmp/.X11-unix/X1|/tmp/.X11-unix/X1",
	    STREAM, 0, 0 },
	{ "containers", try_connect,
	    "/run/docker.sock|/run/podman/podman.sock|{xdg}/podman/podman.sock|"
	    "/run/containerd/containerd.sock|{xdg}/docker.sock",
	    STREAM, 0, 0 },
	{ "journal", try_connect,
	    "/run/systemd/journal/socket|/dev/log|/run/systemd/journal/dev-log",
	    SOCK_DGRAM, 0, 0 },
	{ "home-stream", try_connect, "{secret}/stream", STREAM, 0, 0 },
	{ "home-dgram", try_send, "{secret}/dgram", 0, 0, 0 },
	{ "home-fifo", try_fifo, "{secret}/fifo", 0, 0, 0 },
	{ "tmp-stream", try_connect, "/tmp/" ME ".sock", STREAM, 0, 0 },
	{ "abstract-stream", try_connect, "@" ME "-stream", STREAM, 0, 0 },
	{ "abstract-seqpacket", try_connect, "@" ME "-seqpacket",
	    SOCK_SEQPACKET, 0, 0 },
	{ "abstract-dgram", try_send, "@" ME "-dgram", 0, 0, 0 },
	{ "abstract-pair", try_send, "@" ME "-pair", 1, 0, 0 },
	{ "netlink-uevent", try_socket, NULL, AF_NETLINK, SOCK_RAW,
	    NETLINK_KOBJECT_UEVENT },
	{ "netlink-audit", try_socket, NULL, AF_NETLINK, SOCK_RAW,
	    NETLINK_AUDIT },
	{ "netlink-netfilter", try_socket, NULL, AF_NETLINK, SOCK_RAW,
	    NETLINK_NETFILTER },
	{ "netlink-generic", try_socket, NULL, AF_NETLINK, SOCK_RAW,
	    NETLINK_GENERIC },
	{ "packet-socket", try_socket, NULL, AF_PACKET, SOCK_RAW, 0 },
	{ "packet-old", try_socket, NULL, AF_INET, SOCK_PACKET, 0 },
	{ "raw-socket", try_socket, NULL, AF_INET, SOCK_RAW, IPPROTO_ICMP },
	{ "vsock-socket", try_socket, NULL, AF_VSOCK, SOCK_STREAM, 0 },
	{ "alg-socket", try_socket, NULL, AF_ALG, SOCK_SEQPACKET, 0 },
	{ "sctp-socket", try_socket, NULL, AF_INET, SOCK_STREAM, IPPROTO_SCTP },
};
const size_t check_nsockets = NELEM(check_sockets);
