/*
 * macOS: only unix sockets tell who is at the other end.
 */

#include "config.h"

#include <sys/socket.h>

#include "conn-user.h"
#include "err.h"
#include "platform.h"

static int
family_of(int sock)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (getsockname(sock, (struct sockaddr *)&ss, &len) == -1)
		return -1;
	return ss.ss_family;
}

int
conn_user(int sock, uid_t *uid)
{
	if (family_of(sock) != AF_UNIX || platform_peer_uid(sock, uid) != 0)
		return RL_ERR_UNAVAILABLE;
	return 0;
}

int
conn_user_probe(int listener)
{
	return family_of(listener) == AF_UNIX ? 0 : RL_ERR_UNAVAILABLE;
}
