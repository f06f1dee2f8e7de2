/*
 * Tries on processes: on one outside that waits to be found, on what
 * processes share, and on outliving the session.
 */

#include "config.h"

#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jail-check.h"

#define NELEM(v) (sizeof(v) / sizeof((v)[0]))

#define ID_MAX	     32
#define LIFE_SECONDS 60 /* of what is left, should it really survive */

#ifndef PR_SET_PTRACER
#define PR_SET_PTRACER	   0x59616d61
#define PR_SET_PTRACER_ANY ((unsigned long)-1)
#endif
#ifndef SYS_pidfd_open /* one number on every architecture */
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

static int
result(long ret)
{
	return ret == -1 ? errno : 0;
}

/*
 * Outside: waits until standard input ends.  Says where its secret is, and
 * which signals it got, as numbers above SIGRTMIN.
 */
void
victim_main(const char *id)
{
	static char memory[ID_MAX];
	struct signalfd_siginfo si;
	struct pollfd pfd[2];
	sigset_t set;
	int fd, sigfd;

	if (strlen(id) >= sizeof(memory))
		_exit(2);
	memcpy(memory, id, strlen(id) + 1);
	sigfillset(&set);
	fd = memfd_create("ringlet-check", MFD_CLOEXEC);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 ||
	    sigprocmask(SIG_SETMASK, &set, NULL) == -1 ||
	    (sigfd = signalfd(-1, &set, SFD_CLOEXEC)) == -1 || fd == -1 ||
	    pwrite(fd, id, strlen(id), 0) == -1)
		_exit(2);
	/* Where Yama has it that only parents trace: let everybody try. */
	(void)prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	dprintf(STDOUT_FILENO, "ready %d %#lx\n", fd,
	    (unsigned long)(uintptr_t)memory);
	pfd[0].fd = STDIN_FILENO;
	pfd[1].fd = sigfd;
	pfd[0].events = pfd[1].events = POLLIN;
	for (;;) {
		if (poll(pfd, 2, -1) == -1 && errno != EINTR)
			_exit(1);
		if (pfd[1].revents != 0 &&
		    read(sigfd, &si, sizeof(si)) == sizeof(si))
			dprintf(STDOUT_FILENO, "signal %d\n",
			    (int)si.ssi_signo - SIGRTMIN);
		else if (pfd[0].revents != 0)
			_exit(0);
	}
}

/* 0 if that number is the victim; in a jail it may be a process of ours. */
static int
is_victim(pid_t *pid)
{
	char path[64];

	*pid = (pid_t)target_number("victim");
	if (*pid <= 0)
		return ABSENT;
	(void)snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)*pid);
	return file_has_id(path);
}

static int
try_seen(const struct attempt *a)
{
	pid_t pid;

	return is_victim(&pid);
}

static int
one_has_id(const struct attempt *a, const char *path)
{
	return file_has_id(path);
}

static int
try_has_id(const struct attempt *a)
{
	return target_any(a, one_has_id);
}

static int
try_memory(const struct attempt *a)
{
	char path[64];
	pid_t pid;
	int ret;

	if ((ret = is_victim(&pid)) != 0)
		return ret;
	(void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	return result(open(path, O_RDWR | O_CLOEXEC));
}

static int
try_vm(const struct attempt *a)
{
	const char *id = target("id");
	char text[ID_MAX] = "";
	struct iovec here = { text, sizeof(text) - 1 }, there;
	long pid = target_number("victim"), at = target_number("vmem");

	if (pid <= 0 || at <= 0 || id == NULL)
		return ABSENT;
	there.iov_base = (void *)(uintptr_t)at;
	there.iov_len = sizeof(text) - 1;
	if (process_vm_readv((pid_t)pid, &here, 1, &there, 1, 0) == -1)
		return errno;
	return strcmp(text, id) == 0 ? 0 : ESRCH;
}

static int
try_trace(const struct attempt *a)
{
	pid_t pid;
	int ret;

	if ((ret = is_victim(&pid)) != 0)
		return ret;
	return result(ptrace(PTRACE_SEIZE, pid, NULL, NULL));
}

static int
try_take_fd(const struct attempt *a)
{
	long pid = target_number("victim"), number = target_number("vfd");
	int pidfd, fd;

	if (pid <= 0 || number < 0)
		return ABSENT;
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd == -1)
		return errno;
	fd = (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
	if (fd == -1)
		return errno;
	(void)lseek(fd, 0, SEEK_SET);
	return is_secret(fd);
}

static int
one_fdlink(const struct attempt *a, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd == -1 ? errno : is_secret(fd);
}

static int
try_fdlink(const struct attempt *a)
{
	return target_any(a, one_fdlink);
}

/* --- signals, each by a number of its own --- */

static int
signal_owner(pid_t pid, int signo)
{
	int p[2];

	if (pipe(p) == -1 || fcntl(p[0], F_SETOWN, pid) == -1 ||
	    fcntl(p[0], F_SETSIG, signo) == -1 ||
	    fcntl(p[0], F_SETFL, O_ASYNC | O_NONBLOCK) == -1 ||
	    write(p[1], "x", 1) != 1)
		return errno;
	return 0;
}

static int
try_signal(const struct attempt *a)
{
	pid_t pid = (pid_t)target_number("victim");
	int signo = SIGRTMIN + a->a, fd;

	if (pid <= 0)
		return ABSENT;
	switch (a->a) {
	case 1:
		return result(kill(pid, signo));
	case 2:
		return result(syscall(SYS_tgkill, pid, pid, signo));
	case 3:
		fd = (int)syscall(SYS_pidfd_open, pid, 0);
		if (fd == -1)
			return errno;
		return result(
		    syscall(SYS_pidfd_send_signal, fd, signo, NULL, 0));
	case 4:
		return result(kill(-pid, signo));
	default:
		return signal_owner(pid, signo);
	}
}

static int
try_priority(const struct attempt *a)
{
	long pid = target_number("victim");

	if (pid <= 0)
		return ABSENT;
	return result(setpriority(PRIO_PROCESS, (id_t)pid, a->a));
}

static int
try_limits(const struct attempt *a)
{
	long pid = target_number("victim");
	struct rlimit rl;

	if (pid <= 0)
		return ABSENT;
	if (prlimit((pid_t)pid, RLIMIT_NOFILE, NULL, &rl) == -1)
		return errno;
	rl.rlim_cur = (rlim_t)a->a;
	return result(prlimit((pid_t)pid, RLIMIT_NOFILE, &rl, NULL));
}

/* --- what processes share --- */

static int
try_shm(const struct attempt *a)
{
	long key = target_number(a->on);
	const char *id = target("id"), *p;
	int shm;

	if (key <= 0 || id == NULL)
		return ABSENT;
	if (a->a)
		return result(
		    shmget((key_t)key, 4096, IPC_CREAT | IPC_EXCL | 0600));
	if ((shm = shmget((key_t)key, 0, 0)) == -1)
		return errno;
	p = shmat(shm, NULL, SHM_RDONLY);
	if (p == (const char *)-1)
		return errno;
	return strcmp(p, id) == 0 ? 0 : ENODATA;
}

static int
try_msg(const struct attempt *a)
{
	long key = target_number(a->on);
	struct {
		long type;
		char text[1];
	} m = { 1, { 'x' } };
	int queue;

	if (key <= 0)
		return ABSENT;
	if ((queue = msgget((key_t)key, 0)) == -1)
		return errno;
	return result(msgsnd(queue, &m, 1, IPC_NOWAIT));
}

static int
one_mq(const struct attempt *a, const char *name)
{
	return result(syscall(SYS_mq_open, name, O_RDWR | a->a, 0600, NULL));
}

static int
try_mq(const struct attempt *a)
{
	return target_any(a, one_mq);
}

/* --- what is to be seen --- */

/* The first word of /proc/NAME/comm. */
static int
comm_of(const char *name, char comm[32])
{
	char path[300];
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%s/comm", name);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return errno;
	n = read(fd, comm, 31);
	close(fd);
	if (n <= 0)
		return ESRCH;
	comm[n] = '\0';
	comm[strcspn(comm, "\n")] = '\0';
	return 0;
}

static int
try_first(const struct attempt *a)
{
	char comm[32];
	int ret;

	if ((ret = comm_of("1", comm)) != 0)
		return ret;
	return strcmp(comm, "jail-init") != 0 ? 0 : ESRCH;
}

static int
try_daemons(const struct attempt *a)
{
	char comm[32];
	struct dirent *e;
	DIR *d;
	int ret = ESRCH;

	if ((d = opendir("/proc")) == NULL)
		return errno;
	while (ret != 0 && (e = readdir(d)) != NULL) {
		if (e->d_name[0] < '1' || e->d_name[0] > '9' ||
		    comm_of(e->d_name, comm) != 0)
			continue;
		if (strncmp(comm, "ringlet-monitor", 15) == 0 ||
		    strncmp(comm, "ringlet-sandbox", 15) == 0)
			ret = 0;
	}
	closedir(d);
	return ret;
}

static int
try_init(const struct attempt *a)
{
	int fd = open("/proc/1/mem", O_RDWR | O_CLOEXEC);

	if (fd == -1)
		fd = open("/proc/1/environ", O_RDONLY | O_CLOEXEC);
	if (fd != -1 || ptrace(PTRACE_SEIZE, 1, NULL, NULL) == 0)
		return 0;
	return errno;
}

static int
try_descriptors(const struct attempt *a)
{
	return had_descriptors() ? 0 : EBADF;
}

static int
try_environment(const struct attempt *a)
{
	static const char *const names[] = { "DBUS_SESSION_BUS_ADDRESS",
		"XDG_RUNTIME_DIR", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY" };
	size_t i;

	for (i = 0; i < NELEM(names); i++) {
		if (getenv(names[i]) != NULL)
			return 0;
	}
	return ENODATA;
}

static int
one_terminal(const struct attempt *a, const char *path)
{
	int fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);

	return fd != -1 && write(fd, "x", 1) == 1 ? 0 : errno;
}

static int
try_terminal(const struct attempt *a)
{
	return target_any(a, one_terminal);
}

/* --- what outlives the session --- */

/* Waits for its end, which is near, or for the removal of its lock. */
static void
linger(int lock)
{
	struct stat st;
	int i;

	for (i = 0; i < LIFE_SECONDS * 20; i++) {
		if (fstat(lock, &st) == -1 || st.st_nlink == 0)
			_exit(0);
		(void)poll(NULL, 0, 50);
	}
}

/* Two, each of which starts the other anew when it ends. */
static void __attribute__((__noreturn__)) linger_in_pairs(int lock)
{
	char byte;
	int p[2], i;
	pid_t pid;

	for (i = 0; i < LIFE_SECONDS; i++) {
		if (pipe(p) == -1 || (pid = fork()) == -1)
			break;
		if (pid == 0) {
			/* The end of the other is the end of this pipe. */
			close(p[1]);
			(void)setsid();
			if (read(p[0], &byte, 1) != 0)
				_exit(0);
			close(p[0]);
			continue;
		}
		close(p[0]);
		linger(lock);
		_exit(0);
	}
	_exit(0);
}

static void __attribute__((__noreturn__)) survive(int how, int lock, int ready)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd, signo;

	(void)setsid();
	for (fd = 0; fd < 256; fd++) {
		if (fd != lock && fd != ready)
			close(fd);
	}
	if (how == 1) {
		for (signo = 1; signo < NSIG; signo++)
			(void)signal(signo, SIG_IGN);
	}
	/* The kernel tells outside which process holds it. */
	if (fcntl(lock, F_SETLK, &fl) == -1 || write(ready, "x", 1) != 1)
		_exit(1);
	close(ready);
	if (how == 2)
		(void)raise(SIGSTOP);
	if (how == 3)
		linger_in_pairs(lock);
	linger(lock);
	_exit(0);
}

static int
one_survivor(const struct attempt *a, const char *path)
{
	char byte;
	int lock, p[2];
	pid_t pid;

	lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lock == -1 || pipe(p) == -1 || (pid = fork()) == -1)
		return errno;
	if (pid == 0) {
		/* Its parent ends before it, so it is nobody's child. */
		if ((pid = fork()) == 0)
			survive(a->a, lock, p[1]);
		_exit(pid == -1 ? 1 : 0);
	}
	close(p[1]);
	return read(p[0], &byte, 1) == 1 ? 0 : EPERM;
}

static int
try_survivor(const struct attempt *a)
{
	return target_any(a, one_survivor);
}

#define ME "ringlet-check-{id}"

const struct attempt check_procs[] = {
	{ "process-seen", try_seen, NULL, 0, 0, 0 },
	{ "process-environ", try_has_id, "/proc/{victim}/environ", 0, 0, 0 },
	{ "process-memory", try_memory, NULL, 0, 0, 0 },
	{ "process-vm", try_vm, NULL, 0, 0, 0 },
	{ "process-trace", try_trace, NULL, 0, 0, 0 },
	{ "process-fd", try_take_fd, NULL, 0, 0, 0 },
	{ "process-fdlink", try_fdlink, "/proc/{victim}/fd/{vfd}", 0, 0, 0 },
	{ "signal-kill", try_signal, NULL, 1, 0, 0 },
	{ "signal-thread", try_signal, NULL, 2, 0, 0 },
	{ "signal-pidfd", try_signal, NULL, 3, 0, 0 },
	{ "signal-group", try_signal, NULL, 4, 0, 0 },
	{ "signal-owner", try_signal, NULL, 5, 0, 0 },
	{ "priority", try_priority, NULL, 19, 0, 0 },
	{ "limits", try_limits, NULL, 77, 0, 0 },
	{ "shared-memory", try_shm, "shm", 0, 0, 0 },
	{ "message-queue", try_msg, "msq", 0, 0, 0 },
	{ "posix-queue", try_mq, ME, 0, 0, 0 },
	{ "first-process", try_first, NULL, 0, 0, 0 },
	{ "daemon-seen", try_daemons, NULL, 0, 0, 0 },
	{ "init-memory", try_init, NULL, 0, 0, 0 },
	{ "descriptors", try_descriptors, NULL, 0, 0, 0 },
	{ "environment", try_environment, NULL, 0, 0, 0 },
	{ "terminal", try_terminal, "{pty}", 0, 0, 0 },

	{ "memory-left", try_shm, "shmleft", 1, 0, 0 },
	{ "queue-left", try_mq, ME ".left", O_CREAT, 0, 0 },
	{ "survivor", try_survivor, ME ".lock0", 0, 0, 0 },
	{ "survivor-deaf", try_survivor, ME ".lock1", 1, 0, 0 },
	{ "survivor-stopped", try_survivor, ME ".lock2", 2, 0, 0 },
	{ "survivor-pair", try_survivor, ME ".lock3", 3, 0, 0 },
};
const size_t check_nprocs = NELEM(check_procs);
