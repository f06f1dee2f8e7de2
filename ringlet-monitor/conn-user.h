#ifndef CONN_USER_H
#define CONN_USER_H
/*
 * Whose process is at the other end of a connection.  One sibling file an OS.
 */

#include <sys/types.h>

/*
 * Sets *uid to the user whose process has made the other end of sock, a
 * connected socket: of a unix socket, or of TCP within this machine.  It stays
 * that user's, whoever it has been handed on to since; nobody but root can give
 * one to another user.
 *	RL_ERR_NOTFOUND		the other end is on another machine
 *	RL_ERR_EOF		it is on this one, and has gone
 *	RL_ERR_UNAVAILABLE	the kernel does not tell
 */
int conn_user(int sock, uid_t *uid);

/*
 * Whether the kernel tells of TCP at all: asks it about listener, a listening
 * socket of our own.  0 or RL_ERR_UNAVAILABLE.  A unix socket is always 0.
 */
int conn_user_probe(int listener);

#endif /* CONN_USER_H */
