/*
 * What somebody who has taken ringletd over would try, tried.  Each attack
 * runs in a process of its own, with descriptors such as ringletd has, three
 * times: free, where it must work or it would prove nothing; sealed; and with
 * all of the seal but its seccomp filter, where those that namespaces,
 * capabilities or Landlock forbid must fail as well.
 */
#include "config.h"

#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <linux/userfaultfd.h>
#include <netinet/in.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <check.h>
#include <seccomp.h>

#include "landlock-abi.h"
#include "ringletd/seal.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif

#define NAMESPACES                                                             \
	(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET |           \
	    CLONE_NEWIPC | CLONE_NEWUTS)

#define SECRET "told to nobody"

/* A child's verdict. */
enum { HELD = 0, WORKED = 1, NOT_SEALED = 2, NOT_NOTICED = 3 };

/* --- the scene: made anew for each process --- */

static struct {
	char dir[64];  /* a folder with a file named secret */
	char path[96]; /* that file */
	int dirfd;     /* the folder, inherited */
	int nsfd;      /* the tester's own mount namespace, inherited */
	int listener;  /* on loopback: ringletd's */
	int victim;    /* on loopback: somebody else's */
	struct sockaddr_in victim_addr;
	int abstract; /* somebody's abstract socket */
	struct sockaddr_un abstract_addr;
	socklen_t abstract_len;
	int event;     /* that the sandboxer writes to, and must not wait at */
	int channel;   /* to the monitor */
	int far_end;   /* the monitor's own */
	int tty;       /* a terminal that somebody types at */
	pid_t monitor; /* a process of the same user */
	char own[32];  /* in the monitor's memory, too: SECRET */
	bool filter;   /* what seccomp_load() below does */
	bool *ready;   /* shared: the attack has begun */
} scene = { .filter = true };

/*
 * Stands before the library's, so that the seal calls it.  Without a filter
 * what lies below has to hold alone.
 */
int
seccomp_load(const scmp_filter_ctx ctx)
{
	union {
		void *object;
		int (*function)(const scmp_filter_ctx);
	} real;

	if (!scene.filter)
		return 0;
	real.object = dlsym(RTLD_NEXT, "seccomp_load");
	return real.object == NULL ? -ENOSYS : real.function(ctx);
}

static int
tcp_listener(struct sockaddr_in *sin)
{
	socklen_t len = sizeof(*sin);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	memset(sin, 0, sizeof(*sin));
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)sin, sizeof(*sin)), 0);
	ck_assert_int_eq(listen(fd, 8), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)sin, &len), 0);
	return fd;
}

static void
abstract_listener(void)
{
	struct sockaddr_un *sun = &scene.abstract_addr;

	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	snprintf(sun->sun_path + 1, sizeof(sun->sun_path) - 1,
	    "ringlet-attack-%d", (int)getpid());
	scene.abstract_len =
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			strlen(sun->sun_path + 1));
	scene.abstract = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(
	    bind(scene.abstract, (struct sockaddr *)sun, scene.abstract_len),
	    0);
	ck_assert_int_eq(listen(scene.abstract, 8), 0);
}

/* A process of the same user that is to be left alone. */
static void
start_monitor(void)
{
	ck_assert_int_ne(scene.monitor = fork(), -1);
	if (scene.monitor == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		/* Where only descendants may be traced, too. */
		prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
		for (;;)
			pause();
	}
}

static void
set_scene(void)
{
	struct sockaddr_in own;
	int fd, sv[2];

	snprintf(scene.own, sizeof(scene.own), "%s", SECRET);
	snprintf(scene.dir, sizeof(scene.dir), "/tmp/ringlet-attack.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(scene.dir));
	snprintf(scene.path, sizeof(scene.path), "%s/secret", scene.dir);
	fd = open(scene.path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, SECRET, sizeof(SECRET)), sizeof(SECRET));
	close(fd);
	scene.dirfd = open(scene.dir, O_RDONLY | O_DIRECTORY);
	scene.nsfd = open("/proc/self/ns/mnt", O_RDONLY);
	scene.listener = tcp_listener(&own);
	scene.victim = tcp_listener(&scene.victim_addr);
	abstract_listener();
	scene.event = eventfd(0, EFD_NONBLOCK);
	ck_assert_int_ne(scene.event, -1);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	scene.channel = sv[0];
	scene.far_end = sv[1];
	scene.tty = posix_openpt(O_RDWR | O_NOCTTY);
	ck_assert_int_ne(scene.tty, -1);
	start_monitor();
}

static void
clear_scene(void)
{
	kill(scene.monitor, SIGKILL);
	waitpid(scene.monitor, NULL, 0);
	close(scene.dirfd);
	close(scene.nsfd);
	close(scene.listener);
	close(scene.victim);
	close(scene.abstract);
	close(scene.event);
	close(scene.channel);
	close(scene.far_end);
	close(scene.tty);
	unlink(scene.path);
	rmdir(scene.dir);
}

/* --- files --- */

static bool
reads(int fd)
{
	char c;

	return fd != -1 && read(fd, &c, 1) == 1;
}

static bool
open_file(void)
{
	return reads(open(scene.path, O_RDONLY)) ||
	       reads(open("/etc/passwd", O_RDONLY));
}

static bool
create_file(void)
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "%s/new", scene.dir);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	unlink(path);
	return fd != -1 || mkdir("/tmp/ringlet-attack.d", 0700) == 0;
}

static bool
inherited_folder(void)
{
	return reads(openat(scene.dirfd, "secret", O_RDONLY));
}

static bool
descriptor_path(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d/secret", scene.dirfd);
	return reads(open(path, O_RDONLY));
}

static bool
proc_files(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)scene.monitor);
	return reads(open(path, O_RDONLY)) ||
	       reads(open("/proc/self/maps", O_RDONLY));
}

static bool
look_at_file(void)
{
	struct stat st;

	return fstatat(AT_FDCWD, scene.path, &st, AT_EMPTY_PATH) == 0;
}

static bool
delete_file(void)
{
	return unlink(scene.path) == 0 ||
	       unlinkat(scene.dirfd, "secret", 0) == 0;
}

static bool
memory_file(void)
{
	return memfd_create("x", 0) != -1;
}

/* --- connections --- */

static bool
connect_tcp(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd != -1 && connect(fd, (struct sockaddr *)&scene.victim_addr,
			       sizeof(scene.victim_addr)) == 0;
}

static bool
connect_abstract(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	return fd != -1 && connect(fd, (struct sockaddr *)&scene.abstract_addr,
			       scene.abstract_len) == 0;
}

static bool
stop_listener(void)
{
	return shutdown(scene.listener, SHUT_RD) == 0 ||
	       shutdown(scene.listener, SHUT_RDWR) == 0;
}

/* The listener, in the network that it was made in, becomes a client. */
static bool
fast_open(void)
{
	struct iovec iov = { (char[]){ "hello" }, 5 };
	struct msghdr mh;

	memset(&mh, 0, sizeof(mh));
	mh.msg_name = &scene.victim_addr;
	mh.msg_namelen = sizeof(scene.victim_addr);
	mh.msg_iov = &iov;
	mh.msg_iovlen = 1;
	(void)shutdown(scene.listener, SHUT_RD);
	return sendmsg(scene.listener, &mh, MSG_FASTOPEN | MSG_NOSIGNAL) > 0;
}

/* The same without leave to shut anything down, by the other call. */
static bool
fast_open_sendto(void)
{
	(void)shutdown(scene.listener, SHUT_RD);
	return sendto(scene.listener, "hello", 5, MSG_FASTOPEN | MSG_NOSIGNAL,
		   (struct sockaddr *)&scene.victim_addr,
		   sizeof(scene.victim_addr)) > 0;
}

static bool
socket_pair(void)
{
	int sv[2];

	return socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0;
}

/* What is set on a descriptor that is shared holds for all who have it. */
static bool
make_wait(void)
{
	return fcntl(scene.event, F_SETFL, 0) == 0;
}

static bool
make_asynchronous(void)
{
	return fcntl(scene.channel, F_SETFL, O_NONBLOCK | O_ASYNC) == 0;
}

static bool
urgent_data(void)
{
	struct iovec iov = { (char[]){ "x" }, 1 };
	struct msghdr mh;

	memset(&mh, 0, sizeof(mh));
	mh.msg_iov = &iov;
	mh.msg_iovlen = 1;
	return send(scene.channel, "x", 1, MSG_OOB | MSG_NOSIGNAL) == 1 ||
	       sendmsg(scene.channel, &mh, MSG_OOB | MSG_NOSIGNAL) == 1;
}

static bool
hold_peer(void)
{
	int fd = -1;
	socklen_t len = sizeof(fd);

	return getsockopt(scene.channel, SOL_SOCKET, SO_PEERPIDFD, &fd, &len) ==
	       0;
}

/* --- processes --- */

static bool
start_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid != -1;
}

static bool
start_vfork(void)
{
	long pid =
	    syscall(SYS_clone, CLONE_VFORK | SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid == 0)
		_exit(0);
	return pid != -1;
}

/* An exec that works does not return: the program's own status tells. */
static bool
run_program(void)
{
	char *const argv[] = { (char[]){ "sh" }, (char[]){ "-c" },
		(char[]){ "exit 1" }, NULL };

	(void)execv("/bin/sh", argv);
	return false;
}

static bool
run_memory(void)
{
	static const char script[] = "#!/bin/sh\nexit 1\n";
	char *const argv[] = { (char[]){ "x" }, NULL };
	int fd = memfd_create("x", 0);

	if (fd == -1 || write(fd, script, sizeof(script) - 1) == -1)
		return false;
	(void)syscall(SYS_execveat, fd, "", argv, argv, AT_EMPTY_PATH);
	/* A script needs /proc to be found: without it the call did go on. */
	return errno == ENOENT;
}

static bool
trace(void)
{
	return ptrace(PTRACE_SEIZE, scene.monitor, NULL, NULL) == 0;
}

static bool
read_memory(void)
{
	char got[sizeof(SECRET)];
	struct iovec to = { got, sizeof(got) };
	struct iovec from = { scene.own, sizeof(got) };

	return process_vm_readv(scene.monitor, &to, 1, &from, 1, 0) > 0;
}

static bool
signal_monitor(void)
{
	return kill(scene.monitor, SIGCONT) == 0 ||
	       syscall(SYS_tkill, scene.monitor, SIGCONT) == 0 ||
	       syscall(SYS_tgkill, scene.monitor, scene.monitor, SIGCONT) == 0;
}

static bool
signal_by_descriptor(void)
{
	long fd = syscall(SYS_pidfd_open, scene.monitor, 0);

	return fd != -1 &&
	       syscall(SYS_pidfd_send_signal, fd, SIGCONT, NULL, 0) == 0;
}

static bool
signal_by_owner(void)
{
	return fcntl(scene.listener, F_SETOWN, scene.monitor) == 0;
}

static bool
queue_signal(void)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_code = SI_QUEUE;
	return syscall(SYS_rt_sigqueueinfo, scene.monitor, SIGCONT, &info) == 0;
}

/* --- what would undo the seal --- */

static bool
mount_something(void)
{
	return mount("x", "/", "tmpfs", 0, NULL) == 0;
}

static bool
new_namespace(void)
{
	return unshare(CLONE_NEWUSER) == 0;
}

static bool
enter_namespace(void)
{
	return setns(scene.nsfd, CLONE_NEWNS) == 0;
}

static bool
dumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0;
}

static bool
limits(void)
{
	struct rlimit now;

	return prlimit(0, RLIMIT_CORE, NULL, &now) == 0;
}

static bool
terminal_input(void)
{
	char c = 'x';

	return ioctl(scene.tty, TIOCSTI, &c) == 0;
}

static bool
terminal_settings(void)
{
	struct termios now;

	return tcgetattr(scene.tty, &now) == 0;
}

/* Memory that RLIMIT_DATA does not count. */
static bool
shared_memory(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

/* --- code of one's own --- */

static bool
exec_mmap(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool
exec_mprotect(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p != MAP_FAILED && mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0;
}

static bool
exec_pkey(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p != MAP_FAILED && syscall(SYS_pkey_mprotect, p, 4096,
				      PROT_READ | PROT_EXEC, -1) == 0;
}

static bool
exec_personality(void)
{
	return syscall(SYS_personality, 0x0400000 /* READ_IMPLIES_EXEC */) !=
	       -1;
}

static bool
other_numbers(void)
{
#ifdef __x86_64__
	long r;

	/* 20 is getpid(2) for 32-bit programs, and writev(2) for us. */
	__asm__ volatile("int $0x80" : "=a"(r) : "a"(20L) : "memory");
	return r > 0;
#else
	return false;
#endif
}

/* --- the kernel's corners --- */

static bool
io_uring(void)
{
	unsigned char params[256];

	memset(params, 0, sizeof(params));
	return syscall(SYS_io_uring_setup, 1, params) != -1;
}

static bool
user_faults(void)
{
	return syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY) != -1;
}

static bool
keys(void)
{
	return syscall(SYS_keyctl, 0, -3, 1, 0, 0) != -1;
}

static bool
host_name(void)
{
	char name[65];

	return gethostname(name, sizeof(name)) == 0;
}

/* What holds without seccomp, and what the tester may lack for a control. */
#define NAMESPACE 1 /* namespaces or the lack of capabilities forbid it */
#define LANDLOCK  2 /* Landlock forbids it */
#define SOMETIMES 4 /* not every kernel or user could do it free */

static const struct attack {
	const char *what;
	bool (*worked)(void);
	int flags;
} attacks[] = {
	{ "open a file", open_file, NAMESPACE },
	{ "create a file", create_file, NAMESPACE },
	{ "open in an inherited folder", inherited_folder, LANDLOCK },
	{ "open by a descriptor's path", descriptor_path, NAMESPACE },
	{ "read /proc", proc_files, NAMESPACE },
	{ "look at a file", look_at_file, NAMESPACE },
	{ "delete a file", delete_file, LANDLOCK },
	{ "make a memory file", memory_file, 0 },
	{ "connect", connect_tcp, NAMESPACE },
	{ "connect to an abstract socket", connect_abstract, NAMESPACE },
	{ "stop a listener", stop_listener, 0 },
	{ "connect by fast open", fast_open, SOMETIMES },
	{ "connect by fast open and sendto", fast_open_sendto, SOMETIMES },
	{ "make a pair of sockets", socket_pair, 0 },
	{ "have others wait at a descriptor", make_wait, 0 },
	{ "have signals sent by one", make_asynchronous, 0 },
	{ "send urgent data", urgent_data, SOMETIMES },
	{ "get hold of its peer", hold_peer, SOMETIMES },
	{ "start a process", start_process, 0 },
	{ "start a process in its stead", start_vfork, 0 },
	{ "run a program", run_program, NAMESPACE },
	{ "run a program from memory", run_memory, 0 },
	{ "trace the monitor", trace, NAMESPACE | SOMETIMES },
	{ "read the monitor's memory", read_memory, NAMESPACE | SOMETIMES },
	{ "signal the monitor", signal_monitor, NAMESPACE },
	{ "signal it by descriptor", signal_by_descriptor, NAMESPACE },
	{ "have the kernel signal it", signal_by_owner, NAMESPACE },
	{ "queue a signal", queue_signal, NAMESPACE },
	{ "mount", mount_something, NAMESPACE | SOMETIMES },
	{ "make a user namespace", new_namespace, SOMETIMES },
	{ "enter a namespace", enter_namespace, NAMESPACE | SOMETIMES },
	{ "become dumpable", dumpable, 0 },
	{ "ask for limits", limits, 0 },
	{ "type into a terminal", terminal_input, NAMESPACE | SOMETIMES },
	{ "ask a terminal", terminal_settings, 0 },
	{ "take memory past its limit", shared_memory, 0 },
	{ "map executable memory", exec_mmap, 0 },
	{ "make memory executable", exec_mprotect, 0 },
	{ "make it so with a key", exec_pkey, SOMETIMES },
	{ "have all memory executable", exec_personality, SOMETIMES },
	{ "use another ABI's numbers", other_numbers, SOMETIMES },
	{ "use io_uring", io_uring, SOMETIMES },
	{ "use userfaultfd", user_faults, SOMETIMES },
	{ "use the kernel's keys", keys, SOMETIMES },
	{ "ask for the host's name", host_name, 0 },
};

/* --- the test --- */

enum mode {
	FREE,	    /* as any process */
	UNFILTERED, /* sealed but for seccomp */
	REDUCED,    /* sealed without namespaces */
	FULL
};

static bool
put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd == -1 ? -1 : write(fd, text, strlen(text));

	close(fd);
	return n == (ssize_t)strlen(text);
}

static void __attribute__((__noreturn__)) attacker(
    const struct attack *a, enum mode mode, const char *uid, const char *gid)
{
	struct seal seal;

	if ((mode == FULL || mode == UNFILTERED) &&
	    (!put("/proc/self/setgroups", "deny") ||
		!put("/proc/self/uid_map", uid) ||
		!put("/proc/self/gid_map", gid)))
		_exit(NOT_SEALED);
	scene.filter = mode != UNFILTERED;
	/* Without a filter its own test cannot but fail, and must. */
	if (mode != FREE && (seal_enter(&seal) == 0) == (mode == UNFILTERED))
		_exit(mode == UNFILTERED ? NOT_NOTICED : NOT_SEALED);
	*scene.ready = true;
	_exit(a->worked() ? WORKED : HELD);
}

/* Its end, also if it has asked to be traced. */
static int
await(pid_t pid)
{
	int status;

	for (;;) {
		ck_assert_int_eq(waitpid(pid, &status, __WALL), pid);
		if (!WIFSTOPPED(status))
			return status;
		(void)ptrace(PTRACE_CONT, pid, NULL, NULL);
	}
}

/* One attack: HELD, WORKED, or NOT_SEALED where there are no namespaces. */
static int
attack(const struct attack *a, enum mode mode)
{
	unsigned long flags =
	    mode == FULL || mode == UNFILTERED ? NAMESPACES : 0;
	char uid[32], gid[32];
	bool began;
	int status;
	pid_t pid;

	set_scene();
	scene.ready = mmap(NULL, sizeof(*scene.ready), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert(scene.ready != MAP_FAILED);
	snprintf(uid, sizeof(uid), "0 %u 1", (unsigned)geteuid());
	snprintf(gid, sizeof(gid), "0 %u 1", (unsigned)getegid());
	pid =
	    (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid == 0)
		attacker(a, mode, uid, gid);
	status = pid == -1 ? NOT_SEALED << 8 : await(pid);
	clear_scene();
	began = *scene.ready;
	munmap(scene.ready, sizeof(*scene.ready));
	/* The filter kills for what no rule names. */
	if (began && WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS &&
	    (mode == FULL || mode == REDUCED))
		return HELD;
	ck_assert_msg(WIFEXITED(status), "%s: status %#x", a->what, status);
	return WEXITSTATUS(status);
}

static const struct attack *
attack_get(int i)
{
	return &attacks[i];
}

START_TEST(works_when_free)
{
	const struct attack *a = attack_get(_i);

	if (!(a->flags & SOMETIMES))
		ck_assert_msg(attack(a, FREE) == WORKED,
		    "nothing is proved: a free process cannot %s", a->what);
}
END_TEST

START_TEST(fails_when_sealed)
{
	const struct attack *a = attack_get(_i);
	int r = attack(a, FULL);

	/* Where there are no namespaces the next test is the one. */
	if (r != NOT_SEALED)
		ck_assert_msg(r == HELD, "a sealed process can %s", a->what);
}
END_TEST

START_TEST(fails_when_reduced)
{
	const struct attack *a = attack_get(_i);

	ck_assert_msg(attack(a, REDUCED) == HELD,
	    "a process with a reduced seal can %s", a->what);
}
END_TEST

START_TEST(fails_without_filter)
{
	const struct attack *a = attack_get(_i);
	int r;

	if (!(a->flags & NAMESPACE) &&
	    !((a->flags & LANDLOCK) && landlock_abi() >= LANDLOCK_ABI_FS))
		return;
	if ((r = attack(a, UNFILTERED)) == NOT_SEALED)
		return;
	ck_assert_msg(r != NOT_NOTICED, "the seal's own test finds no fault");
	ck_assert_msg(r == HELD, "without its filter it can %s", a->what);
}
END_TEST

/* Each probe of the seal's own test, where it should succeed. */
START_TEST(probes_mean_something)
{
	const struct seal_probe *probes;
	size_t i, n;
	int status;
	pid_t pid;

	probes = seal_probes(&n);
	for (i = 0; i < n; i++) {
		/* A library of the sanitizers might look at descriptor 3. */
		ck_assert_int_ne(pid = fork(), -1);
		if (pid == 0)
			_exit(probes[i].could() ? WORKED : HELD);
		status = await(pid);
		ck_assert_msg(
		    WIFEXITED(status) && WEXITSTATUS(status) == WORKED,
		    "nothing is proved: a free process cannot %s",
		    probes[i].what);
	}
}
END_TEST

int
main(void)
{
	const int n = (int)(sizeof(attacks) / sizeof(attacks[0]));
	Suite *s = suite_create("attack");
	TCase *tc = tcase_create("ringletd");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, works_when_free, 0, n);
	tcase_add_loop_test(tc, fails_when_sealed, 0, n);
	tcase_add_loop_test(tc, fails_when_reduced, 0, n);
	tcase_add_loop_test(tc, fails_without_filter, 0, n);
	tcase_add_test(tc, probes_mean_something);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
