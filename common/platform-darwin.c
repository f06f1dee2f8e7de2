/*
 * macOS.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <mach-o/dyld.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "err.h"
#include "log.h"
#include "platform.h"

int
platform_hide_process(void)
{
	return ptrace(PT_DENY_ATTACH, 0, NULL, 0) == -1 ? RL_ERR_SYSTEM : 0;
}

int
platform_self(char *exe, size_t size)
{
	uint32_t room = (uint32_t)size;

	return _NSGetExecutablePath(exe, &room) == -1 ? RL_ERR_TOOBIG : 0;
}

int
platform_pidfd(pid_t pid)
{
	(void)pid;
	return -1;
}

int
platform_signal_fd(int fd, const sigset_t *set)
{
	(void)fd;
	(void)set;
	return -1;
}

int
platform_signal_next(int fd)
{
	(void)fd;
	return 0;
}

uint64_t
platform_boot_ms(void)
{
	struct timespec ts;

	/* Here this one goes on while the machine sleeps. */
	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		fatal("clock_gettime: no monotonic clock");
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

int
platform_peer_uid(int sock, uid_t *uid)
{
	gid_t gid;

	return getpeereid(sock, uid, &gid) == -1 ? RL_ERR_SYSTEM : 0;
}

/* No names: they would be those of whatever has that number by now. */
void
platform_peer_process(int sock, pid_t *pid, char *exe, size_t exe_size,
    char *comm, size_t comm_size)
{
	socklen_t len = sizeof(*pid);

	(void)exe_size;
	(void)comm_size;
	exe[0] = comm[0] = '\0';
	if (getsockopt(sock, SOL_LOCAL, LOCAL_PEERPID, pid, &len) == -1)
		*pid = 0;
}

int
platform_rename_new(int fromdir, const char *from, int todir, const char *to)
{
	if (renameatx_np(fromdir, from, todir, to, RENAME_EXCL) == 0)
		return 0;
	if (errno == ENOTSUP)
		errno = EINVAL;
	return -1;
}

bool
platform_moves_mounts(void)
{
	return false;
}

int
platform_fstat(int fd, struct stat *st)
{
	return fstat(fd, st);
}
