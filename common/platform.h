#ifndef COMMON_PLATFORM_H
#define COMMON_PLATFORM_H
/*
 * What operating systems do differently.  One sibling file an OS, chosen by
 * configure.
 */

#include <sys/types.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Keeps other processes of the same user from reading this one's memory by
 * /proc or ptrace, and the kernel from dumping it.  0 or RL_ERR_SYSTEM.
 */
int platform_hide_process(void);

/*
 * The absolute name of the program that runs, in exe[size].  RL_ERR_NOTFOUND:
 * it has none any more; RL_ERR_TOOBIG.
 */
int platform_self(char *exe, size_t size);

/* A close-on-exec pidfd of a child of ours, or -1 where there are none. */
int platform_pidfd(pid_t pid);

/*
 * Has the signals of set, and no others, told by a descriptor instead of a
 * handler; they must be blocked.  fd is one from here, to be changed, or -1
 * for a new one (non-blocking, close-on-exec).  Returns it, or -1 where the
 * system has no such thing.
 */
int platform_signal_fd(int fd, const sigset_t *set);
/* The next signal that has come, or 0. */
int platform_signal_next(int fd);

/*
 * Milliseconds on a clock that nobody sets and that goes on while the machine
 * sleeps.
 */
uint64_t platform_boot_ms(void);

/* The uid at the other end of a connected unix socket, or RL_ERR_SYSTEM. */
int platform_peer_uid(int sock, uid_t *uid);

/*
 * Who is at the other end: its pid, and by that number, its program's absolute
 * name and what it calls itself, each "" where that cannot be seen.  The
 * process may have ended since it connected; where the system can tell, the
 * names are those of that process and no other's.
 */
void platform_peer_process(int sock, pid_t *pid, char *exe, size_t exe_size,
    char *comm, size_t comm_size);

/*
 * renameat(2) that never takes the place of anything, in one step.  0, or -1
 * and errno: EEXIST, or EINVAL where the file's system cannot do that.
 */
int platform_rename_new(
    int fromdir, const char *from, int todir, const char *to);

/* Whether a jail can show a file at another place than its own. */
bool platform_moves_mounts(void);

struct stat;

/*
 * fstat(2), by a system call that takes no name.  The C library may use one
 * that does, which a seal would have to allow with every name there is.
 * 0, or -1 with errno.
 */
int platform_fstat(int fd, struct stat *);

#endif /* COMMON_PLATFORM_H */
