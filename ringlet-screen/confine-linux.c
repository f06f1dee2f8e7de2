/*
 * confine-linux.c: see confine.h.  Layers, each of which holds alone:
 *
 *   limits	no new file, process or core, and so much memory
 *   Landlock	no file, no TCP port, no abstract socket, no signal; where the
 *		kernel has it
 *   seccomp	the few system calls that the work takes
 *
 * There are no namespaces: they would take longer to make than most keepers
 * live, and hide nothing that is not out of reach already.
 */

#include "config.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <seccomp.h>

#include "confine.h"
#include "err.h"
#include "landlock-abi.h"
#include "snapshot.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

/* Twice the largest screen, once more while its size changes, and its text. */
#define MEMORY_MAX (128 * 1024 * 1024)
#define FILES_MAX  16

/*
 * A system call that no rule names is one that we never make, and the end.
 * The sanitizers' run-time libraries would make some, to say what they found.
 */
#ifdef WITH_SANITIZERS
#define UNLISTED SCMP_ACT_ERRNO(ENOSYS)
#else
#define UNLISTED SCMP_ACT_KILL_PROCESS
#endif

static int
set_limit(int which, rlim_t n)
{
	struct rlimit now, want = { n, n };

	if (getrlimit((__rlimit_resource_t)which, &now) == -1)
		return -1;
	if (now.rlim_max < n)
		want.rlim_cur = want.rlim_max = now.rlim_max;
	return setrlimit((__rlimit_resource_t)which, &want);
}

static int
limit(const char **why)
{
	*why = "setting limits";
	if (set_limit(RLIMIT_CORE, 0) == -1 ||
	    set_limit(RLIMIT_NPROC, 0) == -1 ||
	    set_limit(RLIMIT_NOFILE, FILES_MAX) == -1 ||
	    set_limit(RLIMIT_FSIZE, SNAPSHOT_MAX) == -1 ||
	    set_limit(RLIMIT_MEMLOCK, 0) == -1)
		return RL_ERR_SYSTEM;
#ifndef WITH_SANITIZERS
	if (set_limit(RLIMIT_DATA, MEMORY_MAX) == -1)
		return RL_ERR_SYSTEM;
#endif
	/* Started by a descriptor, it would be named by that. */
	*why = "its name";
	if (prctl(PR_SET_NAME, "ringlet-screen", 0, 0, 0) == -1)
		return RL_ERR_SYSTEM;
	*why = "giving up privileges";
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		return RL_ERR_SYSTEM;
	return 0;
}

/*
 * Standard error may be a terminal: what is written there is read by whoever
 * sits at it, and what is typed could be read.
 */
static int
leave_terminal(const char **why)
{
	int fd;

	*why = "opening /dev/null";
	if ((fd = open("/dev/null", O_RDWR | O_CLOEXEC)) == -1)
		return RL_ERR_SYSTEM;
	for (int std = STDIN_FILENO; std <= STDERR_FILENO; std++)
		if (dup2(fd, std) == -1)
			return RL_ERR_SYSTEM;
	(void)close(fd);
	return 0;
}

static int
enter_landlock(const char **why)
{
	struct landlock_attr attr;
	int abi = landlock_abi(), fd, r;

	if (abi < LANDLOCK_ABI_FS)
		return 0;
	/* Handled and without a rule: forbidden. */
	memset(&attr, 0, sizeof(attr));
	attr.handled_access_fs = LANDLOCK_ACCESS_FS_REFER - 1;
	if (abi >= 2)
		attr.handled_access_fs |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		attr.handled_access_fs |= LANDLOCK_ACCESS_FS_TRUNCATE;
	if (abi >= 5)
		attr.handled_access_fs |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
	if (abi >= LANDLOCK_ABI_NET)
		attr.handled_access_net = LANDLOCK_ACCESS_NET_BIND_TCP |
					  LANDLOCK_ACCESS_NET_CONNECT_TCP;
	if (abi >= LANDLOCK_ABI_SCOPE)
		attr.scoped =
		    LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | LANDLOCK_SCOPE_SIGNAL;
	*why = "Landlock";
	if ((fd = landlock_create(&attr)) == -1)
		return RL_ERR_SYSTEM;
	r = landlock_restrict(fd);
	(void)close(fd);
	if (r == -1)
		return RL_ERR_SYSTEM;
	/* Before seccomp hides whether this layer holds. */
	*why = "a folder can be opened in spite of Landlock";
	return open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC) == -1
		   ? 0
		   : RL_ERR_STATE;
}

/* With any arguments. */
static const int allowed[] = {
	/* the channel, and the file that a screen is written into */
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(write),
	SCMP_SYS(close),
	SCMP_SYS(fstat),
	SCMP_SYS(fstat64),
	SCMP_SYS(restart_syscall),
	/* where the kernel's page for it has no clock */
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_gettime64),
	/* memory */
	SCMP_SYS(brk),
	SCMP_SYS(mremap),
	SCMP_SYS(munmap),
	SCMP_SYS(madvise),
	/* an end, also that of an abort() */
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	/* sanitizers insist; to anybody else it is of no use */
	SCMP_SYS(sigaltstack),
};

/* What is tried below: it fails, where all else would kill. */
static const int refused[] = {
	SCMP_SYS(open),
	SCMP_SYS(openat),
	SCMP_SYS(openat2),
	SCMP_SYS(socket),
	SCMP_SYS(connect),
	SCMP_SYS(clone),
	SCMP_SYS(clone3),
	SCMP_SYS(execve),
	SCMP_SYS(ptrace),
	SCMP_SYS(kill),
	SCMP_SYS(memfd_create),
	SCMP_SYS(mprotect),
	SCMP_SYS(prctl),
};

#define FLAGS(given) ((scmp_datum_t)(uint32_t) ~(uint32_t)(given))

static int
add(scmp_filter_ctx ctx, uint32_t action, int nr, unsigned int n,
    struct scmp_arg_cmp a, struct scmp_arg_cmp b)
{
	const struct scmp_arg_cmp cmp[] = { a, b };

	return seccomp_rule_add_array(ctx, action, nr, n, cmp);
}

/*
 * Memory of our own that is written and never executed, and what others share
 * to be read: a file that somebody could still write cannot be sealed.
 */
static int
add_memory(scmp_filter_ctx ctx)
{
	const struct scmp_arg_cmp data =
	    SCMP_A2_64(SCMP_CMP_EQ, PROT_READ | PROT_WRITE);
	const struct scmp_arg_cmp read = SCMP_A2_64(SCMP_CMP_EQ, PROT_READ);
	const struct scmp_arg_cmp exec =
	    SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC);
	const struct scmp_arg_cmp own = SCMP_A3_64(SCMP_CMP_MASKED_EQ,
	    MAP_TYPE | MAP_ANONYMOUS, MAP_PRIVATE | MAP_ANONYMOUS);
	const struct scmp_arg_cmp shared = SCMP_A3_64(SCMP_CMP_EQ, MAP_SHARED);
	int mmap_nr = SCMP_SYS(mmap);

	if (add(ctx, SCMP_ACT_ALLOW, mmap_nr, 2, data, own) != 0 ||
	    add(ctx, SCMP_ACT_ALLOW, mmap_nr, 2, read, shared) != 0)
		return -1;
	return add(ctx, SCMP_ACT_ERRNO(EPERM), mmap_nr, 1, exec, exec);
}

static int
add_calls(scmp_filter_ctx ctx)
{
	const struct scmp_arg_cmp sent = SCMP_A2_64(
	    SCMP_CMP_MASKED_EQ, FLAGS(MSG_NOSIGNAL | MSG_DONTWAIT), 0);
	const struct scmp_arg_cmp received = SCMP_A2_64(SCMP_CMP_MASKED_EQ,
	    FLAGS(MSG_NOSIGNAL | MSG_DONTWAIT | MSG_CMSG_CLOEXEC), 0);
	const struct scmp_arg_cmp seals = SCMP_A1_64(SCMP_CMP_EQ, F_GET_SEALS);
	const struct scmp_arg_cmp self =
	    SCMP_A0_64(SCMP_CMP_EQ, (scmp_datum_t)getpid());

	for (size_t i = 0; i < NELEM(allowed); i++)
		if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0) != 0)
			return -1;
	for (size_t i = 0; i < NELEM(refused); i++)
		if (seccomp_rule_add(
			ctx, SCMP_ACT_ERRNO(EPERM), refused[i], 0) != 0)
			return -1;
	if (add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(sendmsg), 1, sent, sent) != 0 ||
	    add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(recvmsg), 1, received,
		received) != 0 ||
	    add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, seals, seals) != 0 ||
	    add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, self, self) != 0)
		return -1;
	return add_memory(ctx);
}

static int
enter_seccomp(const char **why)
{
	scmp_filter_ctx ctx;
	int r;

	*why = "seccomp";
	if ((ctx = seccomp_init(UNLISTED)) == NULL)
		return RL_ERR_SYSTEM;
	r = seccomp_attr_set(
	    ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (r == 0)
		r = add_calls(ctx);
	if (r == 0)
		r = seccomp_load(ctx);
	seccomp_release(ctx);
	return r == 0 ? 0 : RL_ERR_SYSTEM;
}

static bool
is_refused(long r)
{
	return r == -1 && errno == EPERM;
}

static bool
try_open(void)
{
	return !is_refused(open("/etc/passwd", O_RDONLY | O_CLOEXEC)) ||
	       !is_refused(open("/dev/null", O_WRONLY | O_CLOEXEC));
}

static bool
try_socket(void)
{
	return !is_refused(socket(AF_UNIX, SOCK_STREAM, 0)) ||
	       !is_refused(socket(AF_INET, SOCK_STREAM, 0));
}

static bool
try_fork(void)
{
	long pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid == 0)
		_exit(0);
	return !is_refused(pid);
}

static bool
try_exec(void)
{
	char *const none[] = { NULL };

	return !is_refused(execve("", none, none));
}

static bool
try_kill(void)
{
	return !is_refused(kill(-1, 0));
}

static bool
try_memory(void)
{
	void *p;

	p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
	    -1, 0);
	return p != MAP_FAILED || errno != EPERM;
}

static const struct confine_probe probes[] = {
	{ "it could open a file", try_open },
	{ "it could make a socket", try_socket },
	{ "it could start a process", try_fork },
	{ "it could run a program", try_exec },
	{ "it could send a signal", try_kill },
	{ "it could execute memory", try_memory },
};

const struct confine_probe *
confine_probes(size_t *n)
{
	*n = NELEM(probes);
	return probes;
}

int
confine_enter(const char **why)
{
	int r;

	if ((r = limit(why)) != 0 || (r = leave_terminal(why)) != 0 ||
	    (r = enter_landlock(why)) != 0 || (r = enter_seccomp(why)) != 0)
		return r;
	for (size_t i = 0; i < NELEM(probes); i++)
		if (probes[i].could()) {
			*why = probes[i].what;
			return RL_ERR_STATE;
		}
	*why = NULL;
	return 0;
}
