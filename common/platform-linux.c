/*
 * Linux.
 */

#include "config.h"

#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "err.h"
#include "log.h"
#include "platform.h"

int
platform_hide_process(void)
{
	return prctl(PR_SET_DUMPABLE, 0) == -1 ? RL_ERR_SYSTEM : 0;
}

int
platform_pidfd(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

int
platform_signal_fd(int fd, const sigset_t *set)
{
	return signalfd(fd, set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int
platform_signal_next(int fd)
{
	struct signalfd_siginfo si;

	return read(fd, &si, sizeof(si)) == sizeof(si) ? (int)si.ssi_signo
						       : 0;
}

uint64_t
platform_boot_ms(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_BOOTTIME, &ts) == -1)
		fatal("clock_gettime: no clock since the machine's start");
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

int
platform_peer_uid(int sock, uid_t *uid)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1)
		return RL_ERR_SYSTEM;
	*uid = cred.uid;
	return 0;
}

int
platform_fstat(int fd, struct stat *st)
{
#ifdef SYS_fstat64 /* where offsets of 64 bits came later */
	return (int)syscall(SYS_fstat64, fd, st);
#else
	return (int)syscall(SYS_fstat, fd, st);
#endif
}
