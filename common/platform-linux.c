/*
 * Linux.
 */

#include "config.h"

#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
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
platform_self(char *exe, size_t size)
{
	static const char gone[] = " (deleted)";
	ssize_t n = readlink("/proc/self/exe", exe, size);
	size_t len;

	if (n <= 0)
		return RL_ERR_NOTFOUND;
	if ((size_t)n >= size)
		return RL_ERR_TOOBIG;
	exe[n] = '\0';
	len = (size_t)n;
	if (len >= sizeof(gone) &&
	    strcmp(exe + len - (sizeof(gone) - 1), gone) == 0)
		return RL_ERR_NOTFOUND;
	return 0;
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

/* Not in older headers. */
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

static void
read_comm(pid_t pid, char *comm, size_t size)
{
	char name[64];
	ssize_t n = -1;
	int fd;

	snprintf(name, sizeof(name), "/proc/%ld/comm", (long)pid);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd != -1) {
		n = read(fd, comm, size - 1);
		close(fd);
	}
	comm[n > 0 ? n : 0] = '\0';
	comm[strcspn(comm, "\n")] = '\0';
}

void
platform_peer_process(int sock, pid_t *pid, char *exe, size_t exe_size,
    char *comm, size_t comm_size)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	char name[64];
	int pidfd = -1;
	ssize_t n;

	*pid = 0;
	exe[0] = comm[0] = '\0';
	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1)
		return;
	*pid = cred.pid;
	len = sizeof(pidfd);
	if (getsockopt(sock, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &len) == -1)
		pidfd = -1;
	snprintf(name, sizeof(name), "/proc/%ld/exe", (long)cred.pid);
	n = readlink(name, exe, exe_size);
	/* A part of a name would be another's. */
	exe[n > 0 && (size_t)n < exe_size ? n : 0] = '\0';
	read_comm(cred.pid, comm, comm_size);
	/* If it has ended, the number may be another process's by now. */
	if (pidfd != -1 &&
	    syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0) == -1)
		exe[0] = comm[0] = '\0';
	if (pidfd != -1)
		close(pidfd);
}

int
platform_rename_new(int fromdir, const char *from, int todir, const char *to)
{
	return renameat2(fromdir, from, todir, to, RENAME_NOREPLACE);
}

bool
platform_moves_mounts(void)
{
	return true;
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
