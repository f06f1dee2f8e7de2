/*
 * The seal on Linux: see seal.h.  Layers, each of which holds alone:
 *
 *   namespaces  the monitor has cloned us into new user, mount, pid, network,
 *		 ipc and uts namespaces; here the root becomes an empty
 *		 read-only tmpfs, and every capability goes
 *   Landlock	 no file, no TCP port, no abstract socket, no signal
 *   seccomp	 the few system calls that serving needs
 *
 * Where the kernel gives an ordinary user no namespaces, or has no Landlock,
 * the seal is reduced, and says so; without seccomp there is no seal.
 *
 * Then the test: what a stranger who has taken us over would do next is
 * tried (seal-probe-linux.c), and if any of it works we do not serve.
 */
#include "config.h"

#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <seccomp.h>

#include "err.h"
#include "landlock-abi.h"
#include "seal.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

#ifndef SO_PEERPIDFD /* Linux 6.5 */
#define SO_PEERPIDFD 77
#endif

/*
 * What happens on a system call that no rule names.  It is the end, for we
 * would never make it.  The sanitizers' run-time libraries would: to print
 * a report they look at /proc/self/maps and more.  A build with them is for
 * tests, and a test that fails must say why rather than be killed.  Not
 * EPERM: libseccomp takes no rule whose action is that of the rest.
 */
#ifdef WITH_SANITIZERS
#define UNLISTED SCMP_ACT_ERRNO(ENOSYS)
#else
#define UNLISTED SCMP_ACT_KILL_PROCESS
#endif

static void __attribute__((__format__(printf, 2, 3)))
add_text(struct seal *s, const char *fmt, ...)
{
	size_t n = strlen(s->text);
	va_list ap;

	if (n > 0 && n + 2 < sizeof(s->text)) {
		memcpy(s->text + n, "; ", 3);
		n += 2;
	}
	va_start(ap, fmt);
	(void)vsnprintf(s->text + n, sizeof(s->text) - n, fmt, ap);
	va_end(ap);
}

/* --- namespaces --- */

/* An empty, read-only root instead of the system's.  0, or what failed. */
static const char *
empty_root(void)
{
	const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
		return "making the mounts private";
	/* Any folder will do: it is only where the new root stands. */
	if (mount("ringletd", "/tmp", "tmpfs", flags,
		"size=4k,nr_inodes=1,mode=0555") == -1)
		return "mounting an empty root";
	/* The new root goes on top of the old one, and the old one away. */
	if (chdir("/tmp") == -1 || syscall(SYS_pivot_root, ".", ".") == -1 ||
	    umount2(".", MNT_DETACH) == -1 || chdir("/") == -1)
		return "leaving the old root";
	if (mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | flags,
		NULL) == -1)
		return "making the root read-only";
	return NULL;
}

static bool
root_is_empty(void)
{
	struct dirent *e;
	bool empty = true;
	DIR *d;

	if ((d = opendir("/")) == NULL)
		return false;
	while ((e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			empty = false;
	}
	closedir(d);
	return empty;
}

static int
seal_namespaces(struct seal *s)
{
	const char *failed;

	/* The clone into all of them is one call: we have all or none. */
	if (getpid() != 1) {
		s->full = false;
		add_text(s, "no namespaces: the kernel refuses them to "
			    "ordinary users");
		return 0;
	}
	if ((failed = empty_root()) != NULL) {
		s->full = false;
		add_text(s, "%s: %s", failed, strerror(errno));
		return 0;
	}
	if (!root_is_empty()) {
		add_text(s, "the root is not empty");
		return RL_ERR_STATE;
	}
	return 0;
}

static int
drop_capabilities(struct seal *s)
{
	struct __user_cap_header_struct header;
	struct __user_cap_data_struct data[2];
	int cap;

	/* In our own user namespace we have all of them, else none. */
	if (prctl(PR_CAPBSET_READ, 0) == 1 && geteuid() == 0) {
		for (cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++) {
			if (prctl(PR_CAPBSET_DROP, cap) == -1) {
				add_text(s, "dropping capability %d: %s", cap,
				    strerror(errno));
				return RL_ERR_SYSTEM;
			}
		}
		/* An exec as uid 0 would not bring them back either. */
		if (prctl(PR_SET_SECUREBITS,
			SECBIT_NOROOT | SECBIT_NOROOT_LOCKED |
			    SECBIT_NO_SETUID_FIXUP |
			    SECBIT_NO_SETUID_FIXUP_LOCKED |
			    SECBIT_KEEP_CAPS_LOCKED |
			    SECBIT_NO_CAP_AMBIENT_RAISE |
			    SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED) == -1) {
			add_text(s, "setting securebits: %s", strerror(errno));
			return RL_ERR_SYSTEM;
		}
	}
	memset(&header, 0, sizeof(header));
	memset(data, 0, sizeof(data));
	header.version = _LINUX_CAPABILITY_VERSION_3;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == -1 ||
	    syscall(SYS_capset, &header, data) == -1) {
		add_text(s, "dropping capabilities: %s", strerror(errno));
		return RL_ERR_SYSTEM;
	}
	return 0;
}

/* --- Landlock --- */

static int
seal_landlock(struct seal *s)
{
	struct landlock_attr attr;
	int abi = landlock_abi(), fd, r;

	if (abi < LANDLOCK_ABI_FS) {
		s->full = false;
		add_text(s, "no Landlock: the kernel lacks it or has it "
			    "switched off");
		return 0;
	}
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
	if ((fd = landlock_create(&attr)) == -1) {
		add_text(s, "landlock_create_ruleset: %s", strerror(errno));
		return RL_ERR_SYSTEM;
	}
	r = landlock_restrict(fd);
	if (r == -1)
		add_text(s, "landlock_restrict_self: %s", strerror(errno));
	(void)close(fd);
	if (r == -1)
		return RL_ERR_SYSTEM;
	/* Before seccomp hides whether this layer holds. */
	if ((fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) != -1) {
		add_text(s, "a folder can be opened in spite of Landlock");
		return RL_ERR_STATE;
	}
	return 0;
}

/* --- seccomp --- */

/* What serving takes, with any arguments. */
static const char *const allowed[] = {
	/* the event loop */
	"clock_gettime",
	"epoll_ctl",
	"epoll_pwait",
	"epoll_pwait2",
	"epoll_wait",
	"gettimeofday",
	"restart_syscall",
	"time",
	/* sockets that are there, and those that come out of them */
	"accept4",
	"close",
	"getsockname",
	"read",
	"write",
	"fstat",
	"fstat64",
	/* memory */
	"brk",
	"madvise",
	"mremap",
	"munmap",
	"futex",
	"getrandom",
	/* an end, also that of an abort() */
	"exit",
	"exit_group",
	"getpid",
	"gettid",
	"rt_sigaction",
	"rt_sigprocmask",
	"rt_sigreturn",
	/* sanitizers insist; to anybody else it is of no use */
	"sigaltstack",
};

/*
 * What the test below tries, and what libraries may try without need: these
 * fail, where all else would kill.
 */
static const char *const refused[] = {
	"access",
	"add_key",
	"bind",
	"bpf",
	"chroot",
	"clone",
	"clone3",
	"connect",
	"creat",
	"execve",
	"execveat",
	"faccessat",
	"fork",
	"fstatat64",
	"getcwd",
	"io_uring_setup",
	"ioctl",
	"keyctl",
	"kill",
	"listen",
	"memfd_create",
	"mkdir",
	"mkdirat",
	"mount",
	"newfstatat",
	"open",
	"open_by_handle_at",
	"openat",
	"openat2",
	"perf_event_open",
	"personality",
	"pidfd_getfd",
	"pidfd_open",
	"pidfd_send_signal",
	"pkey_mprotect",
	"prctl",
	"prlimit64",
	"process_vm_readv",
	"process_vm_writev",
	"ptrace",
	"readlink",
	"readlinkat",
	"rmdir",
	"seccomp",
	"setns",
	"setrlimit",
	"shmat",
	"shmget",
	"socket",
	"socketpair",
	"statx",
	"symlink",
	"symlinkat",
	"tkill",
	"unlink",
	"unlinkat",
	"unshare",
	"userfaultfd",
	"vfork",
};

/* fcntl(2): no signals, no locks, no leases. */
static const int fcntl_allowed[] = { F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC,
	F_GET_SEALS };

/* getsockopt(2): SO_PEERPIDFD, for one, would give us hold of the monitor. */
static const int sockopt_allowed[] = { SO_TYPE, SO_ACCEPTCONN, SO_ERROR };

/* setsockopt(2) of TCP. */
static const int tcp_allowed[] = { TCP_NODELAY, TCP_USER_TIMEOUT };

/* Flags of sending and receiving; urgent data are none of our protocols'. */
#define SEND_FLAGS (MSG_NOSIGNAL | MSG_DONTWAIT)
#define RECV_FLAGS (MSG_NOSIGNAL | MSG_DONTWAIT | MSG_PEEK | MSG_CMSG_CLOEXEC)
#define NONE_BUT(flags) ((scmp_datum_t)(uint32_t) ~(flags))

/* What fcntl(2) may set on a descriptor. */
#define SETFL_ALL \
	(O_APPEND | O_ASYNC | O_DIRECT | O_NOATIME | O_NONBLOCK)

/* A rule that holds when argument number arg compares so. */
static int
add_if(scmp_filter_ctx ctx, uint32_t action, int nr, unsigned arg,
    enum scmp_compare op, scmp_datum_t a, scmp_datum_t b)
{
	const struct scmp_arg_cmp cmp = { arg, op, a, b };

	return seccomp_rule_add_array(ctx, action, nr, 1, &cmp);
}

/* The same for two arguments that must compare both. */
static int
add_if_both(scmp_filter_ctx ctx, uint32_t action, int nr,
    struct scmp_arg_cmp first, struct scmp_arg_cmp second)
{
	const struct scmp_arg_cmp cmp[] = { first, second };

	return seccomp_rule_add_array(ctx, action, nr, NELEM(cmp), cmp);
}

#define MASKED(arg, mask, value) \
	((struct scmp_arg_cmp){ arg, SCMP_CMP_MASKED_EQ, mask, value })
#define EQUALS(arg, value) \
	((struct scmp_arg_cmp){ arg, SCMP_CMP_EQ, (scmp_datum_t)(value), 0 })

/*
 * Memory that can be executed is how injected code would come.  What is shared
 * must have a file, a ring: RLIMIT_DATA counts only memory of our own.
 */
static int
add_memory(scmp_filter_ctx ctx)
{
	const uint32_t allow = SCMP_ACT_ALLOW, eperm = SCMP_ACT_ERRNO(EPERM);
	const scmp_datum_t both = MAP_SHARED | MAP_ANONYMOUS;
	const scmp_datum_t kinds[] = { 0, MAP_SHARED, MAP_ANONYMOUS };

	for (size_t i = 0; i < NELEM(kinds); i++) {
		if (add_if_both(ctx, allow, SCMP_SYS(mmap),
			MASKED(2, PROT_EXEC, 0), MASKED(3, both, kinds[i])) !=
		    0)
			return -1;
	}
	if (add_if(ctx, eperm, SCMP_SYS(mmap), 2, SCMP_CMP_MASKED_EQ, PROT_EXEC,
		PROT_EXEC) != 0 ||
	    add_if(ctx, eperm, SCMP_SYS(mmap), 3, SCMP_CMP_MASKED_EQ, both,
		both) != 0 ||
	    add_if(ctx, allow, SCMP_SYS(mprotect), 2, SCMP_CMP_MASKED_EQ,
		PROT_EXEC, 0) != 0)
		return -1;
	return add_if(ctx, eperm, SCMP_SYS(mprotect), 2, SCMP_CMP_MASKED_EQ,
	    PROT_EXEC, PROT_EXEC);
}

/*
 * Some descriptors have an open file in common with another process, and the
 * file's flags are that process's, too: an eventfd that is full, and waits
 * rather than fails, would stop the sandboxer for good at the next write.  So
 * O_NONBLOCK can be set and not cleared, and O_ASYNC cannot be set.
 */
static int
add_descriptors(scmp_filter_ctx ctx)
{
	const uint32_t allow = SCMP_ACT_ALLOW, eperm = SCMP_ACT_ERRNO(EPERM);

	for (size_t i = 0; i < NELEM(fcntl_allowed); i++) {
		if (add_if(ctx, allow, SCMP_SYS(fcntl), 1, SCMP_CMP_EQ,
			(scmp_datum_t)fcntl_allowed[i], 0) != 0)
			return -1;
	}
	if (add_if_both(ctx, allow, SCMP_SYS(fcntl), EQUALS(1, F_SETFL),
		MASKED(2, SETFL_ALL, O_NONBLOCK)) != 0)
		return -1;
	return add_if_both(ctx, eperm, SCMP_SYS(fcntl), EQUALS(1, F_SETFL),
	    MASKED(2, O_NONBLOCK, 0));
}

static int
add_sockets(scmp_filter_ctx ctx)
{
	const uint32_t allow = SCMP_ACT_ALLOW, eperm = SCMP_ACT_ERRNO(EPERM);

	/*
	 * send(2): to where the socket is connected, nowhere else.  Fast open
	 * is a connect(2) by another name: out of a listener that has been
	 * shut down, and into the network that the listener belongs to, which
	 * is not ours.  Landlock does not see it.
	 */
	if (add_if_both(ctx, allow, SCMP_SYS(sendto),
		MASKED(3, NONE_BUT(SEND_FLAGS), 0), EQUALS(4, 0)) != 0 ||
	    add_if(ctx, eperm, SCMP_SYS(sendto), 4, SCMP_CMP_NE, 0, 0) != 0 ||
	    add_if(ctx, eperm, SCMP_SYS(sendto), 3, SCMP_CMP_MASKED_EQ,
		MSG_FASTOPEN, MSG_FASTOPEN) != 0 ||
	    add_if(ctx, allow, SCMP_SYS(sendmsg), 2, SCMP_CMP_MASKED_EQ,
		NONE_BUT(SEND_FLAGS), 0) != 0 ||
	    add_if(ctx, eperm, SCMP_SYS(sendmsg), 2, SCMP_CMP_MASKED_EQ,
		MSG_FASTOPEN, MSG_FASTOPEN) != 0 ||
	    add_if(ctx, allow, SCMP_SYS(recvfrom), 3, SCMP_CMP_MASKED_EQ,
		NONE_BUT(RECV_FLAGS), 0) != 0 ||
	    add_if(ctx, allow, SCMP_SYS(recvmsg), 2, SCMP_CMP_MASKED_EQ,
		NONE_BUT(RECV_FLAGS), 0) != 0)
		return -1;
	/*
	 * The end of what we send.  The other half would stop a listener, for
	 * whoever comes after us too: it is the monitor's.
	 */
	if (add_if(ctx, allow, SCMP_SYS(shutdown), 1, SCMP_CMP_EQ, SHUT_WR,
		0) != 0 ||
	    add_if(ctx, eperm, SCMP_SYS(shutdown), 1, SCMP_CMP_NE, SHUT_WR,
		0) != 0)
		return -1;
	for (size_t i = 0; i < NELEM(sockopt_allowed); i++) {
		if (add_if_both(ctx, allow, SCMP_SYS(getsockopt),
			EQUALS(1, SOL_SOCKET), EQUALS(2, sockopt_allowed[i])) !=
		    0)
			return -1;
	}
	if (add_if_both(ctx, eperm, SCMP_SYS(getsockopt), EQUALS(1, SOL_SOCKET),
		EQUALS(2, SO_PEERPIDFD)) != 0)
		return -1;
	for (size_t i = 0; i < NELEM(tcp_allowed); i++) {
		if (add_if_both(ctx, allow, SCMP_SYS(setsockopt),
			EQUALS(1, IPPROTO_TCP), EQUALS(2, tcp_allowed[i])) !=
		    0)
			return -1;
	}
	return 0;
}

/* Rules that look at arguments. */
static int
add_conditions(scmp_filter_ctx ctx)
{
	const scmp_datum_t self = (scmp_datum_t)getpid();

	if (add_memory(ctx) != 0 || add_descriptors(ctx) != 0 ||
	    add_sockets(ctx) != 0)
		return -1;
	/* raise(3) and abort(3): signals to ourselves. */
	if (add_if(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 0, SCMP_CMP_EQ, self,
		0) != 0)
		return -1;
	return add_if(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(tgkill), 0,
	    SCMP_CMP_NE, self, 0);
}

static int
add_names(
    scmp_filter_ctx ctx, uint32_t action, const char *const *names, size_t n)
{
	size_t i;
	int nr;

	for (i = 0; i < n; i++) {
		/* A name that this architecture or library has not: skip. */
		nr = seccomp_syscall_resolve_name(names[i]);
		if (nr == __NR_SCMP_ERROR)
			continue;
		if (seccomp_rule_add(ctx, action, nr, 0) != 0)
			return -1;
	}
	return 0;
}

static int
seal_seccomp(struct seal *s)
{
	scmp_filter_ctx ctx;
	int r = RL_ERR_SYSTEM;

	if ((ctx = seccomp_init(UNLISTED)) == NULL) {
		add_text(s, "seccomp_init");
		return RL_ERR_SYSTEM;
	}
	/* A call for another architecture's numbers is an attack. */
	if (seccomp_attr_set(
		ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) != 0 ||
	    /* A tree rather than a list: some calls come often. */
	    seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2) != 0 ||
	    add_names(ctx, SCMP_ACT_ALLOW, allowed, NELEM(allowed)) != 0 ||
	    add_names(ctx, SCMP_ACT_ERRNO(EPERM), refused, NELEM(refused)) !=
		0 ||
	    add_conditions(ctx) != 0)
		add_text(s, "building the seccomp filter");
	else if ((r = seccomp_load(ctx)) != 0) {
		add_text(s, "seccomp_load: %s", strerror(-r));
		r = RL_ERR_SYSTEM;
	}
	seccomp_release(ctx);
	return r;
}

/* --- the test --- */

static int
seal_test(struct seal *s)
{
	const struct seal_probe *probes;
	size_t i, n;
	int r = 0;

	probes = seal_probes(&n);
	for (i = 0; i < n; i++) {
		if (probes[i].could()) {
			add_text(s, "it could %s", probes[i].what);
			r = RL_ERR_STATE;
		}
	}
	return r;
}

int
seal_enter(struct seal *s)
{
	int r;

	memset(s, 0, sizeof(*s));
	s->full = true;
	if ((r = seal_namespaces(s)) != 0 || (r = drop_capabilities(s)) != 0)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1) {
		add_text(s, "prctl: %s", strerror(errno));
		return RL_ERR_SYSTEM;
	}
	if ((r = seal_landlock(s)) != 0 || (r = seal_seccomp(s)) != 0)
		return r;
	return seal_test(s);
}
