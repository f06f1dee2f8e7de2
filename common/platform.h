#ifndef COMMON_PLATFORM_H
#define COMMON_PLATFORM_H
/*
 * What operating systems do differently.  One sibling file an OS, chosen by
 * configure.
 */

#include <sys/types.h>

/*
 * Keeps other processes of the same user from reading this one's memory by
 * /proc or ptrace, and the kernel from dumping it.  0 or RL_ERR_SYSTEM.
 */
int platform_hide_process(void);

/* A close-on-exec pidfd of a child of ours, or -1 where there are none. */
int platform_pidfd(pid_t pid);

/* The uid at the other end of a connected unix socket, or RL_ERR_SYSTEM. */
int platform_peer_uid(int sock, uid_t *uid);

struct stat;

/*
 * fstat(2), by a system call that takes no name.  The C library may use one
 * that does, which a seal would have to allow with every name there is.
 * 0, or -1 with errno.
 */
int platform_fstat(int fd, struct stat *);

#endif /* COMMON_PLATFORM_H */
