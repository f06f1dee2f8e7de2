/*
 * What a sealed process must not be able to do, on Linux: see seal.h.
 *
 * Each probe tries one thing and returns whether the filter let it through to
 * the kernel.  The arguments are such that the kernel, asked, would do it, or
 * would fail in another way than with EPERM, wherever it is not the kernel
 * that says EPERM before it looks at them (those come last).
 */
#include "config.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "proc.h"
#include "seal.h"

/* Linux has one number for these on every architecture. */
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif
#ifndef SO_PEERPIDFD /* Linux 6.5 */
#define SO_PEERPIDFD 77
#endif

static bool
is_refused(long r)
{
	return r == -1 && errno == EPERM;
}

static bool
try_open(void)
{
	return !is_refused(open("/etc/passwd", O_RDONLY | O_CLOEXEC)) ||
	       !is_refused(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) ||
	       !is_refused(open("/proc/self/fd/3", O_RDONLY | O_CLOEXEC)) ||
#ifdef SYS_open /* which no new architecture has, nor those below */
	       !is_refused(syscall(SYS_open, "/", O_RDONLY)) ||
#endif
	       !is_refused(syscall(SYS_openat2, AT_FDCWD, "/", NULL, 0));
}

static bool
try_creat(void)
{
	return !is_refused(open("/ringletd-seal",
		   O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) ||
#ifdef SYS_creat
	       !is_refused(syscall(SYS_creat, "", 0600)) ||
#endif
	       !is_refused(mkdir("", 0700)) || !is_refused(symlink("", ""));
}

/* Also by the call that other flags make an fstat(2). */
static bool
try_stat(void)
{
	struct stat st;

	return !is_refused(fstatat(AT_FDCWD, "/", &st, 0)) ||
	       !is_refused(fstatat(AT_FDCWD, "/", &st, AT_EMPTY_PATH)) ||
	       !is_refused(syscall(SYS_statx, AT_FDCWD, "/", 0, 0, NULL));
}

static bool
try_unlink(void)
{
	return !is_refused(unlink("")) || !is_refused(rmdir(""));
}

static bool
try_memfd(void)
{
	return !is_refused(syscall(SYS_memfd_create, NULL, 0));
}

static bool
try_socket(void)
{
	int sv[2];

	return !is_refused(socket(AF_INET, SOCK_STREAM, 0)) ||
	       !is_refused(socket(AF_UNIX, SOCK_STREAM, 0)) ||
	       !is_refused(socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
}

static bool
try_bind(void)
{
	struct sockaddr_un sun;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	return !is_refused(bind(-1, (struct sockaddr *)&sun, sizeof(sun))) ||
	       !is_refused(listen(-1, 1));
}

/* By each of the ways there are; fast open is one. */
static bool
try_connect(void)
{
	struct sockaddr_un sun;
	struct sockaddr_in sin;
	struct msghdr mh;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	memset(&mh, 0, sizeof(mh));
	mh.msg_name = &sin;
	mh.msg_namelen = sizeof(sin);
	return !is_refused(connect(
		   PROC_CHANNEL_FD, (struct sockaddr *)&sun, sizeof(sun))) ||
	       !is_refused(sendto(
		   -1, "", 0, 0, (struct sockaddr *)&sin, sizeof(sin))) ||
	       !is_refused(sendto(-1, "", 0, MSG_FASTOPEN, NULL, 0)) ||
	       !is_refused(sendmsg(-1, &mh, MSG_FASTOPEN));
}

/* Changing what others have in common with us, so that they wait. */
static bool
try_make_wait(void)
{
	return !is_refused(fcntl(-1, F_SETFL, 0));
}

static bool
try_hold_peer(void)
{
	int fd;
	socklen_t len = sizeof(fd);

	return !is_refused(
	    getsockopt(-1, SOL_SOCKET, SO_PEERPIDFD, &fd, &len));
}

static bool
try_stop_listener(void)
{
	return !is_refused(shutdown(-1, SHUT_RD)) ||
	       !is_refused(shutdown(-1, SHUT_RDWR));
}

static bool
try_fork(void)
{
	long pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid == 0)
		_exit(0);
#ifdef SYS_fork
	if (is_refused(pid) && (pid = syscall(SYS_fork)) == 0)
		_exit(0);
#endif
	return !is_refused(pid) || !is_refused(syscall(SYS_clone3, NULL, 0));
}

static bool
try_exec(void)
{
	char *const none[] = { NULL };

	return !is_refused(execve("", none, none)) ||
	       !is_refused(syscall(SYS_execveat, -1, "", none, none, 0));
}

static bool
try_ptrace(void)
{
	return !is_refused(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static bool
try_memory(void)
{
	return !is_refused(syscall(
		   SYS_process_vm_readv, getpid(), NULL, 0, NULL, 0, 0)) ||
	       !is_refused(syscall(
		   SYS_process_vm_writev, getpid(), NULL, 0, NULL, 0, 0));
}

static bool
try_kill(void)
{
	/* Signal 0 to everybody: whether it could be sent. */
	return !is_refused(kill(-1, 0)) ||
	       !is_refused(syscall(SYS_tkill, 0, 0)) ||
	       !is_refused(syscall(SYS_tgkill, 0, 0, 0)) ||
	       !is_refused(syscall(SYS_pidfd_open, 0, 0)) ||
	       !is_refused(syscall(SYS_pidfd_send_signal, -1, 0, NULL, 0)) ||
	       !is_refused(syscall(SYS_pidfd_getfd, -1, 0, 0));
}

static bool
try_mount(void)
{
	return !is_refused(mount("", "", NULL, 0, NULL)) ||
	       !is_refused(chroot(""));
}

static bool
try_unshare(void)
{
	return !is_refused(unshare(0)) || !is_refused(setns(-1, 0));
}

static bool
try_exec_memory(void)
{
	void *p;
	bool could;

	p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
	    -1, 0);
	if (p != MAP_FAILED || errno != EPERM)
		return true;
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return true;
	could = !is_refused(mprotect(p, 4096, PROT_READ | PROT_EXEC)) ||
		!is_refused(syscall(
		    SYS_pkey_mprotect, p, 4096, PROT_READ | PROT_EXEC, -1));
	(void)munmap(p, 4096);
	return could;
}

static bool
try_shared_memory(void)
{
	return !is_refused((long)mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0)) ||
	       !is_refused(syscall(SYS_shmat, -1, NULL, 0)) ||
	       !is_refused(syscall(SYS_shmget, 0, 0, 0));
}

/* Asking for all later readable memory to be executable, too. */
static bool
try_personality(void)
{
	return !is_refused(syscall(SYS_personality, 0xffffffff));
}

static bool
try_terminal(void)
{
	char c = 'x';

	return !is_refused(ioctl(PROC_CHANNEL_FD, TIOCSTI, &c));
}

static bool
try_unseal(void)
{
	struct rlimit now;

	return !is_refused(prctl(PR_GET_DUMPABLE)) ||
	       !is_refused(
		   syscall(SYS_prlimit64, 0, RLIMIT_NPROC, NULL, &now)) ||
	       !is_refused(syscall(SYS_seccomp, -1, 0, NULL));
}

/* Parts of the kernel with a history, none of which serving needs. */
static bool
try_io_uring(void)
{
	return !is_refused(syscall(SYS_io_uring_setup, 0, NULL));
}

static bool
try_userfaultfd(void)
{
	return !is_refused(syscall(SYS_userfaultfd, ~0U));
}

static bool
try_bpf(void)
{
	return !is_refused(syscall(SYS_bpf, -1, NULL, 0)) ||
	       !is_refused(syscall(SYS_perf_event_open, NULL, 0, 0, -1, 0));
}

static bool
try_keys(void)
{
	return !is_refused(syscall(SYS_keyctl, -1, 0, 0, 0, 0)) ||
	       !is_refused(syscall(SYS_add_key, NULL, NULL, NULL, 0, 0));
}

static bool
try_handle(void)
{
	return !is_refused(syscall(SYS_open_by_handle_at, -1, NULL, 0));
}

static const struct seal_probe probes[] = {
	{ "open a file", try_open },
	{ "create a file", try_creat },
	{ "look at a file", try_stat },
	{ "delete a file", try_unlink },
	{ "make a memory file", try_memfd },
	{ "make a socket", try_socket },
	{ "listen", try_bind },
	{ "connect", try_connect },
	{ "stop a listener", try_stop_listener },
	{ "have others wait", try_make_wait },
	{ "get hold of its peer", try_hold_peer },
	{ "start a process", try_fork },
	{ "run a program", try_exec },
	{ "trace a process", try_ptrace },
	{ "read a process's memory", try_memory },
	{ "send a signal", try_kill },
	{ "mount", try_mount },
	{ "make or enter a namespace", try_unshare },
	{ "execute memory it has written", try_exec_memory },
	{ "share memory", try_shared_memory },
	{ "change its personality", try_personality },
	{ "type into a terminal", try_terminal },
	{ "change its limits", try_unseal },
	{ "use io_uring", try_io_uring },
	{ "use userfaultfd", try_userfaultfd },
	{ "use bpf or perf", try_bpf },
	{ "use the kernel's keys", try_keys },
	{ "open a file by its handle", try_handle },
};

const struct seal_probe *
seal_probes(size_t *n)
{
	*n = sizeof(probes) / sizeof(probes[0]);
	return probes;
}
